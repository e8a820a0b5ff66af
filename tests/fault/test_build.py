#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
`debwiz build`: which source it takes and what reaches the guest. The guest is this host, as in test_ssh; sudo notes
what it was asked for and does what the script build.sh would: it leaves results.
"""
import glob
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

import lib
import test_run
import test_ssh

SUDO = """
[ "$1" = env ] || { printf '%s\\n' "$@" >"$GUEST/cleaned"; exec "$@"; }
[ "$3" = package ] || ln -s "$3" package
printf '%s\\n' "$@" >"$GUEST/sudo"
find package/ -mindepth 1 ! -name build.sh ! -name distcc.sh | sort >"$GUEST/staged"
[ -e "$GUEST/lost" ] && exit 255
mkdir package/out
cp "$GUEST/why" package/reason 2>/dev/null || : >package/reason
echo log >package/out/x.build
cat "$GUEST/phase" 2>/dev/null
if [ -e "$GUEST/hangs" ] || [ -e "$GUEST/waits" ]; then exec sleep 1000; fi
[ -e "$GUEST/second" ] && mkdir "package/out/$(cat "$GUEST/second")" && echo deb | tee package/out/x.deb >"package/out/$(cat "$GUEST/second")/x.deb"
[ -e "$GUEST/fails" ] && exit 3
if [ -e "$GUEST/meet" ]; then
	: >"$GUEST/each/here-$$"
	while [ "$(ls "$GUEST/each" | grep -c here-)" -lt 2 ]; do sleep 0.1; done
fi
[ -e "$GUEST/large" ] && head -c 8M /dev/urandom >package/out/large.deb
echo deb >package/out/x.deb
"""

# With the folder `each` each machine has a home of its own. With the file `waits` SIGTERM and SIGINT end the command, too.
SSH = test_ssh.SSH.replace("printf", """
home=$GUEST/home
if [ -d "$GUEST/each" ]; then
	for word; do
		case $word in -oHostKeyAlias=*) home=$GUEST/each/${word#*=} ;; esac
	done
	mkdir -p "$home"
fi
printf""", 1).replace('"$GUEST/home"', '"$home"').replace('HOME=$GUEST/home exec sh -c "$*"', """
export HOME=$home
[ -e "$GUEST/waits" ] || exec sh -c "$*"
exec 3<&0
setsid sh -c "$*" <&3 &
trap 'kill -- -$!; exit 255' TERM INT
wait $!
""")

CONTROL = "Source: pack\nMaintainer: A <a@example.org>\nBuild-Depends: %s\n\nPackage: pack\nArchitecture: any\n"
LOG = "pack (2:1.0-1) unstable; urgency=low\n\n  * x\n\n -- A <a@example.org>  Thu, 01 Jan 2026 00:00:00 +0000\n"


class Case(test_run.Case):
    @staticmethod
    def make():
        world = test_run.Case.make()
        world.script("sudo", SUDO)
        world.script("ssh", SSH)
        return world

    def made(self, **settings):
        """The profile has what each build needs; what this host could compile does not count."""
        settings = {"build_distcc": "no", **settings}
        return super().made(system_packages="build-essential\npackages = fakeroot", **settings)

    @staticmethod
    def write(path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def tree(self, box, depends="fakeroot"):
        """A folder with debian/control, an orig tarball beside it."""
        top = os.path.join(box.root, "pack-1.0")
        self.write(os.path.join(top, "debian/control"), CONTROL % depends)
        self.write(os.path.join(top, "debian/changelog"), LOG)
        self.write(os.path.join(top, "src/main.c"), "int main(void) { return 0; }\n")
        if not os.path.lexists(os.path.join(top, "src/link")):
            os.symlink("main.c", os.path.join(top, "src/link"))
        self.write(os.path.join(box.root, "pack_1.0.orig.tar.gz"), "orig")
        return top

    def dsc(self, box, depends="fakeroot"):
        data = b"tarball"
        self.write(os.path.join(box.root, "pack_1.0.tar.gz"), data.decode())
        path = os.path.join(box.root, "pack_1.0.dsc")
        self.write(path, "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSource: pack\nVersion: 1.0\n"
                   "Build-Depends: %s\nChecksums-Sha256:\n %s %d pack_1.0.tar.gz\nFiles:\n x 1 y\n"
                   % (depends, hashlib.sha256(data).hexdigest(), len(data)))
        return path

    def build(self, box, source, *words, wrap=()):
        end = self.answer_soon(box)
        child = box.start("build", box.ini, source, "--trust", *box.settings(), "--out", os.path.join(box.root, "results"),
                          *words, wrap=wrap, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        result = self.ended(child)
        end()
        return result

    def said(self, box, name):
        return lib.read(os.path.join(box.root, name)).splitlines()

    def layered(self, install=lib.CONFIGURED, **settings):
        """A base without what the build needs; QEMU's start that installs it has a script of its own."""
        box = self.made(**settings)
        self.write(os.path.join(box.root, "install"), install)
        self.write(os.path.join(box.root, "guests"), "")
        with open(box.qemu, "w", encoding="utf-8") as out:
            out.write('#!/bin/sh\ncase " $* " in\n'
                      '*" --version "*) echo "QEMU emulator version 7.2.0 (fake)"; exit 0 ;;\n'
                      '*" -qmp stdio "*) exit 0 ;;\nesac\nscript=%s\n'
                      'case " $* " in *debwiz.configure*) script=%s/install; echo "$*" >>%s/guests ;; esac\n'
                      'exec "%s" "%s/tests/fake/qemu.py" $script "$@"\n'
                      % (box.script, box.root, box.root, sys.executable, lib.SRC))
        return box

    def layers(self, box):
        return [b for b in box.bases() if os.path.exists(os.path.join(b, "layer.qcow2"))]


class Build(Case):
    def test_folder(self):
        """The folder as it is but for .git; links stay links; results and log come back."""
        box = self.made()
        top = self.tree(box)
        os.makedirs(os.path.join(top, ".git"))
        shutil.rmtree(os.path.join(top, ".git"))
        box.env["DEB_BUILD_OPTIONS"] = "nocheck"
        status, _, err = self.build(box, top)
        self.assertEqual(status, 0, err)
        self.assertEqual(self.said(box, "staged"),
                         ["package/pack_1.0.orig.tar.gz", "package/source"] +
                         ["package/source/" + n for n in ("debian", "debian/changelog", "debian/control", "src",
                                                          "src/link", "src/main.c")])
        self.assertEqual(self.said(box, "sudo"), ["env", "-C", "package", "DEB_BUILD_OPTIONS=nocheck",
                                                  "BUILD_SILENCE=9000", "sh", "build.sh",
                                                  "debian", "pack_1.0-1_armhf", "no"])
        self.assertEqual(sorted(os.listdir(os.path.join(box.root, "results"))), ["x.build", "x.deb"])
        self.assertEqual(self.left(box), [])

    def git(self, where, *words):
        env = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.org",
                   GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@example.org")
        if not shutil.which("git"):
            self.skipTest("there is no git")
        subprocess.run(["git", "-C", where, "-c", "protocol.file.allow=always", *words], env=env, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_revision(self):
        """The tree of a revision and of its submodule, byte for byte; nothing of the working tree or the configuration."""
        box = self.made()
        top = self.tree(box)
        other = os.path.join(box.root, "other")
        self.write(os.path.join(other, "below/file"), "x")
        self.write(os.path.join(top, ".gitattributes"), "* text eol=crlf export-subst filter=evil\nsrc export-ignore\n")
        for where in (other, top):
            self.git(where, "init", "-q")
            self.git(where, "add", "-A")
            self.git(where, "commit", "-qm", "x")
        self.git(top, "submodule", "--quiet", "add", other, "sub")
        self.git(top, "commit", "-qam", "x")
        self.git(top, "tag", "feature/one")
        self.git(top, "config", "filter.evil.smudge", "touch %s/evil; cat" % box.root)
        self.write(os.path.join(top, "src/main.c"), "later\n")
        self.write(os.path.join(top, "src/untracked"), "x")
        self.write(os.path.join(top, "sub/untracked"), "x")
        self.git(top, "commit", "-qam", "later")
        status, _, err = self.build(box, top + "@feature/one")
        self.assertEqual(status, 0, err)
        names = ("debian", "debian/changelog", "debian/control", "src", "src/link", "src/main.c", "sub", "sub/below",
                 "sub/below/file", ".gitattributes", ".gitmodules")
        self.assertEqual(sorted(self.said(box, "staged")),
                         sorted(["package/pack_1.0.orig.tar.gz", "package/source"] + ["package/source/" + n for n in names]))
        with open(os.path.join(box.guest, "package/source/src/main.c"), "rb") as file:
            self.assertEqual(file.read(), b"int main(void) { return 0; }\n")
        self.assertFalse(os.path.exists(os.path.join(box.root, "evil")))
        self.assertEqual(self.left(box), [])
        self.refused(box, top + "@nothing", 125, "revision-unknown", "nothing")
        self.refused(box, top + "@", 125, "revision-unknown", "log --oneline")
        self.refused(box, top + "@--help", 125, "revision-unknown", "--help")
        shutil.rmtree(os.path.join(top, "sub"))
        os.mkdir(os.path.join(top, "sub"))
        self.refused(box, top + "@HEAD", 125, "revision-submodule", "submodule update --init")

    def test_git(self):
        """What git tracks, as it is now, and what it would add; not what it ignores."""
        box = self.made()
        top = self.tree(box)
        other = os.path.join(box.root, "other")
        self.write(os.path.join(other, "below/file"), "x")
        for where in (other, top):
            self.git(where, "init", "-q")
        self.write(os.path.join(top, ".gitignore"), "*.o\n")
        for where in (other, top):
            self.git(where, "add", "-A")
            self.git(where, "commit", "-qm", "x")
        self.git(top, "submodule", "--quiet", "add", other, "sub")
        self.write(os.path.join(top, "src/main.o"), "ignored")
        self.write(os.path.join(top, "src/new.c"), "untracked")
        os.unlink(os.path.join(top, "debian/changelog"))
        self.write(os.path.join(top, "debian/changelog"), LOG + "\n")
        status, _, err = self.build(box, top)
        self.assertEqual(status, 0, err)
        staged = self.said(box, "staged")
        self.assertIn("package/source/src/new.c", staged)
        self.assertIn("package/source/sub/below/file", staged)
        self.assertNotIn("package/source/src/main.o", staged)
        self.assertFalse([p for p in staged if p.endswith("/.git")], staged)

    def test_dsc(self):
        box = self.made()
        status, _, err = self.build(box, self.dsc(box))
        self.assertEqual(status, 0, err)
        self.assertEqual(self.said(box, "staged"), ["package/pack_1.0.dsc", "package/pack_1.0.tar.gz"])

    def test_name(self):
        """The newest version of the signed index, each of its files by its digest; a folder of that name does not count."""
        box = self.made()
        os.makedirs(os.path.join(box.root, "hello/debian"))
        status, _, err = self.build(box, "hello")
        self.assertEqual(status, 0, err)
        names = ["hello_2.10-3.debian.tar.xz", "hello_2.10-3.dsc", "hello_2.10.orig.tar.gz"]
        self.assertEqual(self.said(box, "staged"), ["package/" + n for n in names])
        self.assertEqual(self.said(box, "sudo")[-3:], ["dsc", "hello_2.10-3_armhf", "no"])
        for name in names:
            path = box.cached(os.path.join(self.world.archive.www, "debian/pool/main/h/hello", name))
            self.assertTrue(os.path.exists(path), name)
        asked = [e["path"] for e in self.world.server.log() if "/source/" in e["path"]]
        self.assertEqual(len(asked), 1, asked)
        self.assertIn("/by-hash/SHA256/", asked[0])
        self.world.server.fresh_log()
        status, _, err = self.build(box, "hello=2.10-2", "--offline")
        self.assertEqual(status, 125, err)
        self.assertIn("not in the cache", err)
        status, _, err = self.build(box, "hello=2.10-3", "--offline")
        self.assertEqual(status, 0, err)
        self.assertEqual(self.world.server.log(), [])
        status, _, err = self.build(box, "hello=2.10-2")
        self.assertEqual((status, self.said(box, "sudo")[-2]), (0, "hello_2.10-2_armhf"), err)
        self.assertEqual(self.left(box), [])

    def test_name_refused(self):
        box = self.made()
        os.makedirs(os.path.join(box.root, "Any_thing"))
        self.refused(box, "hell", 125, "source-unknown", "similar names are hello")
        self.refused(box, "libc6", 125, "source-unknown", "libc6 is built from glibc")
        self.refused(box, "hello=9", 125, "source-version", "2.10-2 (bookworm), 2.10-3 (bookworm)")
        self.refused(box, "Any_thing", 125, "source-name", "./Any_thing")
        self.refused(box, "hello=", 125, "source-name", "hello=")
        self.refused(box, "hello-later", 124, "dependency", "nowhere-dev")

    def test_name_damaged(self):
        """A file that is not the one of the index, and an index that is not the one of the release file."""
        box = self.made()
        for path in ("bookworm/main/source/", "pool/main/h/hello/hello_2.10.orig.tar.gz"):
            self.world.server.rules({"match": path, "mode": "corrupt"})
            status, out, err = self.build(box, "hello", "--json")
            self.assertEqual(status, 125, (path, out, err))
            self.assertEqual((status, json.loads(out.splitlines()[-1])["id"]), (125, "mirror-updating"), out)
            self.assertEqual(self.left(box), [])
        self.sound(box)
        self.world.server.rules()
        self.assertEqual(self.build(box, "hello")[0], 0)

    def test_command(self):
        """Any folder, with a command, whose failure is ours; the log comes back all the same."""
        box = self.made()
        self.write(os.path.join(box.root, "any/Makefile"), "all:\n")
        self.write(os.path.join(box.root, "fails"), "")
        status, _, err = self.build(box, os.path.join(box.root, "any"), "--network", "--", "make", "two words")
        self.assertEqual(status, 3, err)
        self.assertEqual(self.said(box, "sudo")[-4:], ["plain", "any_armhf", "yes", "make 'two words'"])
        self.assertEqual(os.listdir(os.path.join(box.root, "results")), ["x.build"])

    FULL = ('mount -t tmpfs -o size=1m,mode=700 none results && echo old >results/x.deb || exit 90\n'
            '"$@"; status=$?; grep -r . results >held; find results >>held; exit $status\n')

    @unittest.skipUnless(lib.can_mount(), "no user name spaces with a tmpfs here")
    def test_full(self):
        """The folder of the results is on a full disk: what was there stays, and nothing else is left there."""
        box = self.made()
        os.mkdir(os.path.join(box.root, "results"), 0o700)
        self.write(os.path.join(box.root, "large"), "")
        status, _, err = self.build(box, self.tree(box), wrap=("unshare", "-Urm", "sh", "-c", self.FULL, "sh"))
        self.assertEqual(status, 125, err)
        self.assertIn("No space left", err)
        self.assertEqual(self.said(box, "held"), ["results/x.deb:old", "results", "results/x.deb"])
        self.assertEqual(self.left(box), [])

    def test_killed_build(self):
        """The next start removes what a killed build left, beside the results, too."""
        box = self.made()
        results = os.path.join(box.root, "results")
        self.answer_soon(box)
        self.write(os.path.join(box.root, "hangs"), "")
        child = box.start("build", box.ini, self.tree(box), "--trust", *box.settings(), "--out", results,
                          stderr=subprocess.DEVNULL)
        lib.poll(lambda: os.path.exists(os.path.join(box.root, "staged")))
        self.assertEqual([name.startswith(".build-") for name in os.listdir(results)], [True])
        box.kill(child)
        child.wait(lib.LIMIT)
        self.assertEqual(len(os.listdir(results)), 1)
        self.assertEqual(self.say(box, "gc").status, 0)
        self.assertEqual(os.listdir(results), [])
        self.assertEqual(self.left(box), [])

    def test_why(self):
        """What the guest found out is reported with what to do; the status stays the build's, and the log comes back."""
        box = self.made()
        top = self.tree(box)
        self.write(os.path.join(box.root, "fails"), "")
        for why, ident, text, hint in (
                ("memory cc1plus", "build-memory", "the guest's kernel killed cc1plus (cpu.memory is auto)", "--set cpu.memory"),
                ("full", "build-full", "filled the guest's disk (disk.size is 16G)", "--set disk.size"),
                ("silence cc1 \33[2Jx.c", "build-silent", "printed nothing for 150m and was killed; it ran cc1 x.c", "--silence"),
                ("", "", "the build failed", "results")):
            self.write(os.path.join(box.root, "why"), why + "\n")
            status, _, err = self.build(box, top)
            self.assertEqual(status, 3, err)
            self.assertIn(text, err)
            self.assertIn(hint, err)
            self.assertEqual(os.listdir(os.path.join(box.root, "results")), ["x.build"])
            status, out, err = self.build(box, top, "--json")
            event = json.loads(out.splitlines()[-1])
            self.assertEqual((event["event"], event["id"], event["status"], event["files"]), ("built", ident, 3, ["x.build"]), out)
            if ident:
                self.assertIn(text, event["text"])
                self.assertIn(hint, event["hint"])
        self.write(os.path.join(box.root, "lost"), "")
        status, out, _ = self.build(box, top, "--json")
        self.assertEqual((status, json.loads(out.splitlines()[-1])["id"]), (125, "build-lost"), out)
        self.assertEqual(self.left(box), [])

    def test_options(self):
        """Options and fields of [build] reach the guest; the environment comes before the profiles of the file."""
        box = self.made(build_jobs="3", build_profiles="nocheck\nprofiles = nodoc", build_silence="never", build_network="yes")
        top = self.tree(box, "fakeroot, nowhere-dev <!nocheck>")
        status, _, err = self.build(box, top)
        self.assertEqual(status, 0, err)
        self.assertEqual(self.said(box, "sudo")[3:], ["DEB_BUILD_PROFILES=nocheck nodoc", "BUILD_JOBS=3", "sh", "build.sh",
                                                      "debian", "pack_1.0-1_armhf", "yes"])
        box.env["DEB_BUILD_PROFILES"] = "nocheck cross"
        status, _, err = self.build(box, top, "--jobs", "5", "--silence", "2m")
        self.assertEqual(status, 0, err)
        self.assertEqual(self.said(box, "sudo")[3:-5], ["DEB_BUILD_PROFILES=nocheck cross", "BUILD_JOBS=5", "BUILD_SILENCE=120"])
        for words, ident in ((("--jobs", "0"), "value-bad"), (("--silence", "soon"), "value-bad"),
                             (("--shell-on-failure",), "usage"), (("--lintian",), "dependency")):
            result = self.say(box, "build", "--json", box.ini, top, "--trust", *words, *box.settings())
            self.assertEqual(result.id, ident, str(result))
        self.assertEqual(self.left(box), [])

    def answer_each(self, box):
        """Each machine's guest answers as soon as its port is known, until the end of the test."""
        def answer():
            while not done.wait(0.1):
                for path in glob.glob(os.path.join(box.data, "temporary/machines/*/ports.json")):
                    if path not in guests:
                        with open(path, encoding="utf-8") as file:
                            guests[path] = test_ssh.Guest(next(iter(json.load(file).values())))
        guests, done = {}, threading.Event()
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()

        def end():
            done.set()
            thread.join(lib.LIMIT)
            for guest in guests.values():
                guest.close()
        self.addCleanup(end)

    def several(self, box, *words):
        child = box.start("build", box.ini, self.tree(box), "hell", self.dsc(box), "--trust", *box.settings(), "--out", "results",
                          *words, cwd=box.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return self.ended(child)

    def test_several(self):
        """At the same time, a folder each; one summary, and the worst status."""
        box = self.made()
        os.mkdir(os.path.join(box.root, "each"))
        self.answer_each(box)
        if len(os.sched_getaffinity(0)) > 1:        # each waits for the other
            self.write(os.path.join(box.root, "meet"), "")
        status, out, err = self.several(box)
        self.assertEqual(status, 125, err)
        self.assertRegex(err, "debwiz: 3 builds, up to [1-3] in parallel: a machine takes up to .+, .+ are free, and this host has [0-9]+ CPU")
        self.assertIn("debwiz: pack_1.0-1: built (", err)
        self.assertIn("debwiz: hell: there is no source package hell", err)
        self.assertIn("debwiz: 2 of 3 built; results and logs are in results", err)
        lines = [line.split(None, 1)[0] for line in out.splitlines()]
        self.assertEqual(lines, ["BUILD", "pack_1.0-1", "hell", "pack_1.0"], out)
        self.assertEqual(sorted(lib.tree(os.path.join(box.root, "results"))),
                         ["hell", "pack_1.0", "pack_1.0-1", "pack_1.0-1/x.build", "pack_1.0-1/x.deb", "pack_1.0/x.build", "pack_1.0/x.deb"])
        self.assertEqual(self.left(box), [])
        self.write(os.path.join(box.root, "fails"), "")
        self.write(os.path.join(box.root, "why"), "differs x.deb ./usr/bin/x\n")
        status, out, err = self.several(box, "--json", "--reproducible")
        events = list(map(json.loads, out.splitlines()))
        self.assertEqual((events[0]["event"], events[0]["total"]), ("builds", 3), out)
        self.assertEqual(sorted(e["job"] for e in events if e["event"] == "built"), ["pack_1.0", "pack_1.0-1"])
        end = events[-1]
        self.assertEqual((status, end["event"], end["built"], end["total"], end["status"]), (125, "summary", 0, 3, 125), out)
        self.assertEqual([(j["job"], j["status"], j["id"]) for j in end["jobs"]],
                         [("pack_1.0-1", 3, "build-differs"), ("hell", 125, "source-unknown"), ("pack_1.0", 3, "build-differs")])
        self.assertIn("pack is not reproducible", end["jobs"][0]["text"])

    def test_several_refused(self):
        """What is wrong for each of them is reported once, before the first."""
        box = self.made()
        top = self.tree(box)
        for words, ident, word in ((["--arch", "armhf,z80", top], "spec-check", "z80"),
                                   ([box.ini, "--arch", "armhf", "--arch", "arm64", top], "usage", "its own architecture"),
                                   ([top, top, "--shell-on-failure"], "usage", "one build at a time")):
            result = self.say(box, "build", "--json", *words)
            self.assertEqual((result.status, result.id, len(result.out.splitlines())), (125, ident, 1), str(result))
            self.assertIn(word, result.error["text"])
        self.assertEqual(self.left(box), [])

    def test_several_stopped(self):
        """SIGTERM ends all of them; those that wait are not begun."""
        box = self.made()
        os.mkdir(os.path.join(box.root, "each"))
        self.write(os.path.join(box.root, "waits"), "")
        self.answer_each(box)
        top = self.tree(box)
        child = box.start("build", box.ini, *[top] * 6, "--trust", "--json", *box.settings(), "--out", "results", cwd=box.root,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lib.poll(lambda: glob.glob(os.path.join(box.root, "each/*/package/out/x.build")))
        child.send_signal(signal.SIGTERM)
        status, out, err = self.ended(child)
        end = json.loads(out.splitlines()[-1])
        self.assertEqual((status, end["event"], end["built"]), (130, "summary", 0), out + err)
        self.assertEqual([j["job"] for j in end["jobs"]], ["pack_1.0-1"] + ["pack_1.0-1-%d" % n for n in range(2, 7)])
        self.assertEqual({j["status"] for j in end["jobs"]}, {130}, out + err)
        self.assertEqual(end["jobs"][-1]["text"], "not begun")
        self.assertEqual(self.left(box), [])

    def test_several_phases(self):
        """What each of them does is shown while it runs, and what a failed one did last."""
        box = self.made()
        os.mkdir(os.path.join(box.root, "each"))
        self.write(os.path.join(box.root, "phase"), " debian/rules build\n   dh_auto_build -- all\n   dh_auto_building\n")
        self.write(os.path.join(box.root, "waits"), "")
        self.answer_each(box)
        told = os.path.join(box.root, "told")
        with open(told, "w", encoding="utf-8") as out:
            child = box.start("build", box.ini, *[self.tree(box)] * 2, "--trust", *box.settings(), "--out", "results", cwd=box.root,
                              stdout=subprocess.DEVNULL, stderr=out)
        lib.poll(lambda: "builds: pack_1.0-1: compiles, " in lib.read(told))
        child.send_signal(signal.SIGTERM)
        child.wait(lib.LIMIT)
        os.unlink(os.path.join(box.root, "waits"))
        self.write(os.path.join(box.root, "fails"), "")
        status, out, err = self.several(box, "--json")
        jobs = {j["job"]: j for j in json.loads(out.splitlines()[-1])["jobs"]}
        self.assertEqual([jobs[name]["text"] for name in ("pack_1.0-1", "pack_1.0")], ["the build failed; its last phase: compiles"] * 2, err)
        self.assertEqual((jobs["pack_1.0"]["phase"], status), ("compiles", 125), out)

    def test_out(self):
        """Without --out the results go to build.out, which counts from the machine's file and needs agreement."""
        box = self.made()
        top = self.tree(box)
        with open(box.ini, encoding="utf-8") as file:
            text = file.read()
        self.write(box.ini, text.replace("[build]\n", "[build]\nout = ./collected/\n"))
        where = os.path.join(os.path.dirname(box.ini), "collected")
        risk, = [e["text"] for e in box.run("check", box.ini).events if e["event"] == "risk"]
        self.assertIn("writes the packages that are built to %s/./collected/" % os.path.dirname(box.ini), risk)
        result = self.say(box, "build", "--json", box.ini, top)
        self.assertEqual((result.status, result.id), (125, "file-not-agreed"), str(result))
        end = self.answer_soon(box)
        child = box.start("build", box.ini, top, "--trust", "--json", *box.settings(), cwd=box.root,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        status, out, err = self.ended(child)
        end()
        self.assertEqual(status, 0, err)
        self.assertTrue(os.path.samefile(json.loads(out.splitlines()[-1])["out"], where))
        self.assertEqual(sorted(os.listdir(where)), ["x.build", "x.deb"])
        shutil.rmtree(os.path.join(box.guest, "package"))
        end = self.answer_soon(box)
        child = box.start("build", box.ini, top, *box.settings(), cwd=box.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        status, out, err = self.ended(child)
        end()
        self.assertEqual(status, 0, "the agreement was to the folder, which has been created since:\n" + err)
        shutil.rmtree(where)
        shutil.rmtree(os.path.join(box.guest, "package"))
        status, _, err = self.build(box, top)
        self.assertEqual((status, os.path.exists(where)), (0, False), err)
        self.assertEqual(sorted(os.listdir(os.path.join(box.root, "results"))), ["x.build", "x.deb"])
        self.assertEqual(self.left(box), [])

    def test_artifacts(self):
        """Patterns below the source's folder are passed on; others are refused."""
        box = self.made()
        top = self.tree(box)
        status, _, err = self.build(box, top, "--artifact", "tests/*.log", "--artifact", "a b")
        self.assertEqual(status, 0, err)
        at = self.said(box, "sudo").index("BUILD_ARTIFACTS=tests/*.log")
        self.assertEqual(self.said(box, "sudo")[at + 1], "a b")
        for bad in ("/etc/shadow", "a/../../b", "-x", ""):
            result = self.say(box, "build", "--json", box.ini, top, "--trust", "--artifact=" + bad, *box.settings())
            self.assertEqual((result.status, result.id), (125, "option-value"), str(result))

    def test_in(self):
        """A machine of the user's: its apt installs what is needed, nothing of it is removed, and no other machine is made."""
        box = self.booted(build_distcc="no")
        disk = os.stat(os.path.join(box.machine, "disk.qcow2")).st_ino
        top = self.tree(box, "nowhere-dev (>= 2) | a, b [sparc], c <nocheck>")
        box.env["DEB_BUILD_PROFILES"] = "nocheck"
        result = self.say(box, "build", "--in", "m", top, "--out", box.root + "/results")
        self.assertEqual(result.status, 0, str(result))
        said = self.said(box, "sudo")
        folder = said[2]
        self.assertRegex(folder, "^[.]debwiz-build-[0-9]+$")
        self.assertEqual(said[3:], ["DEB_BUILD_PROFILES=nocheck", "BUILD_SILENCE=9000", "BUILD_USER=debwiz-build", "BUILD_STAYS=yes",
                                    "BUILD_DEPENDS=build-essential, fakeroot, nowhere-dev (>= 2), c", "sh", "build.sh",
                                    "debian", "pack_1.0-1_armhf", "no"])
        self.assertIn("package/source/src/main.c", self.said(box, "staged"))
        self.assertEqual(sorted(os.listdir(os.path.join(box.root, "results"))), ["x.build", "x.deb"])
        self.assertEqual(self.said(box, "cleaned"), ["rm", "-rf", "--", folder])
        self.assertEqual(os.listdir(box.guest), ["package"])      # the link in its place here
        self.assertEqual(os.stat(os.path.join(box.machine, "disk.qcow2")).st_ino, disk)
        self.assertEqual((self.left(box), self.layers(box)), ([], []))
        self.assertEqual(box.run("status", "m").status, 0)

    def test_in_fails(self):
        """What went wrong in the user's machine is reported; what was copied goes, unless the machine is gone."""
        box = self.booted(build_distcc="no")
        top = self.tree(box)
        self.write(os.path.join(box.root, "fails"), "")
        for why, ident, word in (("busy", "build-busy", "another build"), ("taken /build", "build-taken", "/build in the machine"),
                                 ("dependencies", "build-depends", "apt cannot install")):
            self.write(os.path.join(box.root, "why"), why + "\n")
            result = self.say(box, "build", "--in", "m", top, "--json", "--out", box.root + "/results")
            event = json.loads(result.out.splitlines()[-1])
            self.assertEqual((result.status, event["id"]), (3, ident), str(result))
            self.assertIn(word, event["text"])
            self.assertEqual(os.listdir(box.guest), ["package"])
            os.unlink(os.path.join(box.guest, "package"))
        for words, ident in ((("--keep",), "usage"), (("--arch", "armhf"), "usage"), (("--release", "trixie"), "usage")):
            result = self.say(box, "build", "--in", "m", top, "--json", *words)
            self.assertEqual((result.status, result.id), (125, ident), str(result))
        self.assertEqual(box.run("kill", "m").status, 0)
        result = self.say(box, "build", "--in", "m", top, "--json")
        self.assertEqual((result.status, result.id), (125, "not-running"), str(result))
        self.assertIn("debwiz build --start", result.error["hint"])
        self.assertEqual(self.left(box), [])

    def test_keep(self):
        """The machine stays as one of the user's, also after a failed build; nothing is left of it as a temporary one."""
        box = self.made()
        self.obeys(box)
        self.write(os.path.join(box.root, "fails"), "")
        status, _, err = self.build(box, self.tree(box), "--keep")
        self.assertEqual(status, 3, err)
        name, = set(os.listdir(os.path.join(box.data, "machines"))) - {"m", "m.lock"}
        self.assertIn("kept as %s: `debwiz ssh --start %s`" % (name, name), err)
        self.assertEqual(self.left(box), [])
        states = {e["name"]: e["state"] for e in map(json.loads, self.say(box, "list", "--json").out.splitlines())}
        self.assertEqual(states.get(name), "off", states)
        self.assertEqual(self.say(box, "check", name).status, 0)
        self.assertEqual(self.say(box, "gc").status, 0)
        self.assertTrue(os.path.exists(os.path.join(box.data, "machines", name, "disk.qcow2")))
        result = self.say(box, "delete", name, "--yes", "--confirm", name)
        self.assertEqual(result.status, 0, str(result))
        status, out, err = self.build(box, self.tree(box), "--keep", "--json")
        self.assertEqual(status, 3, err)
        self.assertEqual([e["event"] for e in map(json.loads, out.splitlines()) if "event" in e][-2:], ["kept", "built"], out)

    def test_interrupted(self):
        """A signal during the build is that, not a lost connection; nothing is left, with --keep neither. SIGINT that only debwiz
        receives ends it, too."""
        box = self.made()
        self.write(os.path.join(box.root, "waits"), "")
        for number in (signal.SIGTERM, signal.SIGINT):
            end = self.answer_soon(box)
            child = box.start("build", box.ini, self.tree(box), "--trust", "--json", "--keep", *box.settings(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=box.root)
            lib.poll(lambda: os.path.exists(os.path.join(box.guest, "package/out/x.build")))
            child.send_signal(number)
            status, out, err = self.ended(child)
            end()
            self.assertEqual((status, json.loads(out.splitlines()[-1])["id"]), (130, "interrupted"), out + err)
            self.assertEqual(self.left(box), [])
            self.assertNotIn(".ini", str(os.listdir(os.path.join(box.data, "machines"))))
            shutil.rmtree(os.path.join(box.guest, "package"))

    def test_interrupted_between(self):
        """A signal while no part of the build waits for it ends the build all the same, and nothing is left."""
        box = self.made()
        top = self.tree(box)
        self.git(top, "init", "-q")
        self.git(top, "add", "-A")
        self.git(top, "commit", "-qm", "x")
        here, go = os.path.join(box.root, "here"), os.path.join(box.root, "go")
        self.world.script("git", '[ -e %s/temporary/*.owner ] && : >%s && while [ ! -e %s ]; do sleep 0.05; done; exec %s "$@"'
                          % (box.data, here, go, shutil.which("git")))
        for number, words in ((signal.SIGTERM, ()), (signal.SIGINT, ()), (signal.SIGHUP, ()), (signal.SIGTERM, ("--", "true"))):
            child = box.start("build", box.ini, top + "@HEAD", "--trust", "--json", *box.settings(), *words, cwd=box.root,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            lib.poll(lambda: os.path.exists(here))
            child.send_signal(number)
            self.write(go, "")
            status, out, err = self.ended(child)
            self.assertEqual((status, json.loads(out.splitlines()[-1])["id"]), (130, "interrupted"), out + err)
            self.assertFalse(os.path.exists(os.path.join(box.guest, "package")), "the build continued")
            self.assertEqual((self.left(box), box.processes()), ([], []))
            os.unlink(here)
            os.unlink(go)

    def test_watch(self):
        """A change builds again, one that came to nothing does not; Ctrl-C ends it, and what cannot be watched is refused."""
        box = self.made()
        top = self.tree(box)
        told = os.path.join(box.root, "told")

        def count(word):
            return lib.read(told).count(word)

        def ticks():
            return sum(int(n) for n in lib.read("/proc/%d/stat" % child.pid).rpartition(")")[2].split()[11:13])
        end = self.answer_soon(box)
        with open(told, "w", encoding="utf-8") as out:
            child = box.start("build", "--watch", box.ini, top, "--trust", *box.settings(), "--out",
                              os.path.join(box.root, "results"), stdout=subprocess.DEVNULL, stderr=out)
        lib.poll(lambda: count("waits for a change") == 1)
        end()
        self.assertEqual(count("pack: built;"), 1, lib.read(told))
        before = ticks()
        time.sleep(1)
        self.assertLess(ticks() - before, os.sysconf("SC_CLK_TCK") / 20, "it waits without using the CPU")
        source = os.path.join(top, "src/main.c")
        os.utime(source, ns=(0, os.stat(source).st_mtime_ns))          # an event, and what is built stays the same
        end = self.answer_soon(box)
        # in one step: a busy host would build what is there so far, and again when the rest has come
        self.write(os.path.join(box.root, "apart", "file.c"), "new\n")
        os.rename(os.path.join(box.root, "apart"), os.path.join(top, "new"))
        lib.poll(lambda: count("waits for a change") == 2)
        end()
        self.assertEqual(count("pack: built;"), 2, lib.read(told))
        end = self.answer_soon(box)
        self.write(os.path.join(box.root, "file.c"), "changed\n")
        os.rename(os.path.join(box.root, "file.c"), os.path.join(top, "new/file.c"))       # in a folder that came later
        lib.poll(lambda: count("waits for a change") == 3)
        end()
        os.killpg(child.pid, signal.SIGINT)
        self.assertEqual(child.wait(lib.LIMIT), 130)
        self.assertEqual(count("pack: built;"), 3, lib.read(told))
        self.assertEqual(self.left(box), [])
        for words, text in (((os.path.join(top, "."), "--out", os.path.join(top, "out")), "in the source that is watched"),
                            (("hello",), "--watch is for folders")):
            result = self.say(box, "build", "--watch", "--json", *words)
            self.assertEqual(result.status, 125, str(result))
            self.assertIn(text, result.error["text"])

    def test_reproducible(self):
        """Natively; what differs is reported, with its own status and what diffoscope finds."""
        box = self.made(build_distcc="yes")
        self.world.script("diffoscope", 'echo "$@" >"$3"; exit 1')
        top = self.tree(box)
        status, out, err = self.build(box, top, "--reproducible", "--json")
        event = json.loads(out.splitlines()[-1])
        self.assertEqual((status, event["differing"]), (0, []), out + err)
        self.assertEqual(self.said(box, "sudo")[3:-5], ["BUILD_SILENCE=9000", "BUILD_REPRODUCIBLE=yes"])
        self.assertIn("package/again.sh", self.said(box, "staged"))
        self.write(os.path.join(box.root, "why"), "differs x.deb ./usr/bin/x, ./DEBIAN/md5sums\ndiffers y.deb \n")
        self.write(os.path.join(box.root, "fails"), "")
        self.write(os.path.join(box.root, "second"), "pack_1.0-1_armhf.second")
        status, out, err = self.build(box, top, "--reproducible", "--json")
        event = json.loads(out.splitlines()[-1])
        self.assertEqual((status, event["id"], event["differing"]), (3, "build-differs", [
            {"name": "x.deb", "members": "./usr/bin/x, ./DEBIAN/md5sums"}, {"name": "y.deb", "members": ""}]), out + err)
        results = os.path.join(box.root, "results")
        self.assertIn("x.deb.diffoscope", event["files"])
        self.assertEqual(lib.read(os.path.join(results, "x.deb.diffoscope")), "--no-progress --text {0}/x.deb.diffoscope {0}/x.deb "
                         "{0}/pack_1.0-1_armhf.second/x.deb\n".format(results))
        status, _, err = self.build(box, top, "--reproducible")
        self.assertIn("debwiz: x.deb differs: ./usr/bin/x, ./DEBIAN/md5sums\ndebwiz: y.deb differs\n", err)
        self.assertIn("is not reproducible", err)
        self.write(os.path.join(box.root, "why"), "second\n")
        status, out, _ = self.build(box, top, "--reproducible", "--json")
        self.assertEqual((status, json.loads(out.splitlines()[-1])["id"]), (3, "build-second"), out)

    def refused(self, box, source, status, ident, word):
        started = os.path.exists(os.path.join(box.root, "sudo"))
        result = self.say(box, "build", "--json", box.ini, source, "--trust", *box.settings())
        self.assertEqual((result.status, result.id), (status, ident), str(result))
        self.assertIn(word, result.error["text"] + result.error.get("hint", ""))
        self.assertEqual(self.left(box), [])
        self.assertEqual(os.path.exists(os.path.join(box.root, "sudo")), started)

    def test_refused(self):
        box = self.made()
        os.makedirs(os.path.join(box.root, "any"))
        self.refused(box, os.path.join(box.root, "nowhere"), 125, "source-missing", "nowhere")
        self.refused(box, os.path.join(box.root, "any"), 125, "source-none", "debian/control")
        self.refused(box, box.ini, 125, "source-bad", "Source")
        path = self.dsc(box)
        self.write(os.path.join(box.root, "pack_1.0.tar.gz"), "tarbalk")
        self.refused(box, path, 125, "source-digest", "SHA-256")
        os.unlink(os.path.join(box.root, "pack_1.0.tar.gz"))
        self.refused(box, path, 125, "source-missing", "pack_1.0.tar.gz")
        self.refused(box, self.dsc(box, "nowhere-dev (>= 2), fakeroot (>> 99:1)"), 124, "dependency", "nowhere-dev")
        self.refused(box, self.dsc(box, "not a dependency"), 124, "dependency-bad", "not a dependency")

    # ---- layers: what a base lacks

    def installs(self, box):
        return self.said(box, "guests")

    @staticmethod
    def base_of(box):
        """The machine's."""
        with open(os.path.join(box.machine, "stamps.json"), encoding="utf-8") as file:
            return os.path.join(box.data, "bases", json.load(file)["base"])

    def test_layer(self):
        """What the base lacks is installed once, into an overlay of it; another source with the same set uses it."""
        box = self.layered()
        base = self.base_of(box)
        before = lib.tree(base)
        status, _, err = self.build(box, self.tree(box, "fakeroot, fixture-empty"))
        self.assertEqual(status, 0, err)
        layer, = self.layers(box)
        self.assertEqual(sorted(n for n in os.listdir(layer) if n not in ("lock", "supervisor.log")),
                         ["base.raw", "layer.qcow2", "manifest.json"])
        self.assertTrue(os.path.samefile(os.path.join(layer, "base.raw"), os.path.join(base, "disk.raw")))
        manifest = json.loads(lib.read(os.path.join(layer, "manifest.json")))
        self.assertEqual((manifest["parent"], manifest["added"]), (os.path.basename(base), ["fixture-empty"]))
        self.assertLessEqual({"fixture-empty", "fakeroot", "dpkg"}, set(manifest["packages"]))
        self.assertEqual(lib.tree(base), before)
        once, = self.installs(box)
        self.assertIn("medium.raw", once)
        self.assertNotIn("virtio-net", once)
        status, _, err = self.build(box, self.dsc(box, "fixture-empty"))
        self.assertEqual((status, self.layers(box), len(self.installs(box))), (0, [layer], 1), err)
        status, _, err = self.build(box, self.dsc(box, "fixture-empty, fixture-odd-names"))
        self.assertEqual((status, len(self.layers(box)), len(self.installs(box))), (0, 2, 2), err)
        status, _, err = self.build(box, self.dsc(box))
        self.assertEqual((status, len(self.installs(box))), (0, 2), err)
        self.assertEqual(self.say(box, "gc").status, 0)
        self.assertEqual(self.layers(box), [])
        self.assertIn(base, box.bases())                # of the machine m
        self.assertEqual(lib.parts(box.data), [])

    def test_layer_of_older_base(self):
        """A package of the base that the archive has in another version is part of the layer."""
        box = self.layered()
        path = os.path.join(self.base_of(box), "manifest.json")
        manifest = json.loads(lib.read(path))
        manifest["packages"]["zstd"] = "0.1"
        self.write(path, json.dumps(manifest))
        status, _, err = self.build(box, self.dsc(box, "fixture-empty"))
        self.assertEqual(status, 0, err)
        layer, = self.layers(box)
        manifest = json.loads(lib.read(os.path.join(layer, "manifest.json")))
        self.assertEqual(manifest["added"], ["fixture-empty", "zstd"])
        self.assertNotEqual(manifest["packages"]["zstd"], "0.1")
        status, _, err = self.build(box, self.dsc(box), "--offline")
        self.assertEqual((status, self.layers(box)), (0, [layer]), err)

    def test_layer_fails(self):
        """The guest reports the reason; nothing of it is used, and the next build begins again."""
        box = self.layered("up\nprogress 1 phase name=packages\nprogress 1 failed step=packages text=it%20broke\n"
                           'E SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n')
        result = self.say(box, "build", box.ini, self.dsc(box, "fixture-empty"), "--trust", *box.settings())
        self.assertEqual(result.status, 125, str(result))
        self.assertIn("it broke", result.err)
        self.assertEqual((self.layers(box), self.left(box)), ([], []))
        self.write(os.path.join(box.root, "install"), lib.CONFIGURED)
        status, _, err = self.build(box, self.dsc(box, "fixture-empty"))
        self.assertEqual((status, len(self.layers(box))), (0, 1), err)
        self.assertEqual(lib.parts(box.data), [])

    def test_layer_shared(self):
        """Of two builds that need the same layer, one makes it and the other waits for it."""
        box = self.layered("up\nfile go\n" + lib.CONFIGURED.partition("\n")[2])
        sources = [self.dsc(box, "fixture-empty"), self.tree(box, "fixture-empty")]

        def start(source, name):
            with open(os.path.join(box.root, name), "wb") as out:
                return box.start("build", box.ini, source, "--trust", *box.settings(), "--out",
                                 os.path.join(box.root, "out-" + name), stdout=out, stderr=out)
        first = start(sources[0], "first")
        lib.poll(lambda: self.installs(box))
        second = start(sources[1], "second")
        lib.poll(lambda: "making this layer" in lib.read(os.path.join(box.root, "second")))
        self.addCleanup(self.end, box, first, second)       # what follows needs a guest that answers
        folder, = [f for f in os.listdir(os.path.join(box.run_dir, "debwiz")) if f.startswith("layer-")]
        self.write(os.path.join(box.run_dir, "debwiz", folder, "go"), "")
        lib.poll(lambda: all("Disk " in lib.read(os.path.join(box.root, n)) for n in ("first", "second")))
        self.assertEqual((len(self.layers(box)), len(self.installs(box))), (1, 1))

    def end(self, box, *children):
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            child.wait(lib.LIMIT)
        self.assertEqual(self.left(box), [])

    def test_layer_killed(self):
        """A killed build leaves no layer, and no QEMU that the next one does not end."""
        box = self.layered("up\nhold\n")
        child = box.start("build", box.ini, self.dsc(box, "fixture-empty"), "--trust", *box.settings(),
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lib.poll(lambda: self.installs(box))
        child.send_signal(signal.SIGKILL)
        child.wait(lib.LIMIT)
        self.assertEqual(self.layers(box), [])
        self.write(os.path.join(box.root, "install"), lib.CONFIGURED)
        status, _, err = self.build(box, self.dsc(box, "fixture-empty"))
        self.assertEqual((status, len(self.layers(box))), (0, 1), err)
        self.assertEqual((lib.parts(box.data), self.left(box)), ([], []))


if __name__ == "__main__":
    lib.main()
