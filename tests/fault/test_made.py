#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Creating a machine, and creating it again: interrupted, with a changed file, on a base that lacks something,
with paths relative to its file.
"""
import glob
import json
import os
import shutil
import signal
import subprocess
import unittest

import lib
import shim

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpForATest me@here\n"
PRIVATE = ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABGdlaGVpbQ\n"
           "-----END OPENSSH PRIVATE KEY-----\n")


class Made(lib.Case):
    @staticmethod
    def make():
        world = lib.World()
        world.warm_template()
        return world

    @staticmethod
    def write(path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    @staticmethod
    def seed(box):
        with open(os.path.join(box.machine, "seed.iso"), "rb") as image:
            return image.read().replace(b"\0", b"").decode("latin-1")

    @staticmethod
    def disk(box):
        return os.path.join(box.machine, "disk.qcow2")

    # ---- paths
    def test_paths_of_the_file(self):
        """A relative path counts from the INI's folder, wherever the program runs."""
        box = self.box(alone=True, mirror_keyring="files/ring", system_ssh_key="files/me.pub",
                       qemu_binary="files/../fakeqemu")
        self.write(os.path.join(box.root, "files", "me.pub"), PUBLIC)
        shutil.copy(self.world.archive.keys.ring("pinned"), os.path.join(box.root, "files", "ring"))
        result = box.run("prepare", box.ini, "--trust", "--mirror", box.url + "/debian",
                         wrap=("env", "-C", "/"))
        self.good(box, result)
        self.assertIn(PUBLIC, self.seed(box))

    # ---- what was not made
    def test_unprepared_is_not_listed(self):
        """A run that failed before it created anything leaves no machine; one that created something does."""
        box = self.own({"match": "/", "mode": "close-empty"})
        failed = box.prepare()
        self.assertEqual(failed.status, 4, str(failed))
        self.assertNotIn("bookworm", box.run("list", json_events=False).out)
        self.assertNotIn("machine m", box.run("words", json_events=False).out)
        box.server.rules()
        self.good(box, box.prepare())
        self.assertRegex(box.run("list", json_events=False).out, r"(?m)^m ")

    def test_numbers_of_a_table(self):
        """The texts are English, so is their decimal point: in each locale, on a terminal and in a pipe."""
        box = self.box(alone=True)
        folder = os.path.join(box.root, "locales")
        os.makedirs(folder)
        if subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", os.path.join(folder, "de_DE.UTF-8")],
                          check=False, capture_output=True).returncode:
            self.skipTest("localedef has no German here")
        box.env.update(LOCPATH=folder, LC_ALL="de_DE.UTF-8")
        made = box.prepare("--plain", json_events=False)
        self.assertEqual(made.status, 0, str(made))
        table = box.run("list", json_events=False).out
        self.assertRegex(table, r"\d\.\d")
        self.assertNotRegex(table, r"\d,\d")
        self.assertNotRegex(made.err, r"\d,\d")

    # ---- what was made before
    def test_done_before_is_one_line(self):
        box = self.box(alone=True)
        first = box.prepare("--plain", json_events=False)
        self.assertEqual(first.status, 0, str(first))
        self.assertRegex(first.err, r"(?m)^✓ Unpack .*s\)$")
        again = box.prepare("--plain", json_events=False)
        self.assertEqual(again.status, 0, str(again))
        self.assertRegex(again.err, r"(?m)^✓ Done before  \d+ steps unchanged$")
        self.assertEqual(again.err.count("unchanged"), 1, again.err)
        all_of_them = box.prepare("--plain", "-v", json_events=False)
        self.assertNotIn("Done before", all_of_them.err)
        self.assertRegex(all_of_them.err, r"(?m)^✓ Unpack +unchanged: ")

    def test_elapsed_time_lines(self):
        """Without a terminal, a line from time to time with the elapsed time."""
        box = self.box(alone=True)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(lib.CONFIGURED.replace("progress 1 configured", "wait 23000\nprogress 1 configured"))
        result = box.prepare("--plain", json_events=False)
        self.assertEqual(result.status, 0, str(result))
        lines = [line for line in result.err.splitlines() if line.startswith("◐")]
        self.assertGreaterEqual(len(lines), 2, result.err)
        self.assertEqual(len(lines), len(set(lines)), result.err)
        for line in lines:
            self.assertRegex(line, r"\(\d\S*( \w+)* so far(, about .+ left)?\)$")

    # ---- keys
    def test_private_key(self):
        box = self.box(warm=True, system_ssh_key="id_ed25519")
        key = os.path.join(box.root, "id_ed25519")
        self.write(key, PRIVATE)
        result = box.prepare()
        self.z(box, result, "key-private", 2)
        self.assertIn("private key", result.error["text"])
        self.assertIn(key + ".pub", result.error["hint"])
        check = box.run("check", box.ini)
        self.assertEqual((check.status, check.id), (2, "key-private"), str(check))
        secret = PRIVATE.split("\n")[1].encode()
        for folder, _, names in os.walk(box.home):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(secret, file.read(1 << 20), name)
        self.write(key, PUBLIC)
        self.assertEqual(box.run("check", box.ini).status, 0)
        self.recovers(box)
        self.assertIn(PUBLIC, self.seed(box))

    def test_host_keys(self):
        """The guest's host keys are pinned before it starts; the private halves are on its seed alone."""
        def pinned():
            lines = lib.read(os.path.join(box.machine, "known_hosts")).splitlines()
            self.assertTrue(lines)
            seed = self.seed(box)
            for line in lines:
                name, kind, key = line.split()
                self.assertEqual(name, "m")
                self.assertIn("%s %s root@" % (kind, key), seed)
            self.assertIn("ssh_host_ed25519_key.pub", seed)
            return lines

        box = self.box(warm=True, alone=True)
        self.good(box, box.prepare())
        before = pinned()
        self.good(box, box.prepare())
        self.assertEqual(pinned(), before, "a seed that is right is not made again")
        self.good(box, box.prepare("--set", "system.hostname=other"))
        after = pinned()
        self.assertIn(" root@other", self.seed(box))
        if shutil.which("ssh-keygen"):
            self.assertEqual(len(after), 2)
            self.assertFalse(set(after) & set(before))
        self.assertEqual([n for n in os.listdir(box.machine) if "host_key" in n], [])
        done = box.run("clone", box.ini, "two")     # which never ran, and has its host name
        self.assertEqual(done.status, 0, str(done))
        two = os.path.join(os.path.dirname(box.machine), "two")
        done = box.run("prepare", os.path.join(box.root, "two.ini"), *box.settings(), "--set", "system.hostname=other")
        self.assertEqual(done.status, 0, str(done))
        keys = [line.split()[2] for line in lib.read(os.path.join(two, "known_hosts")).splitlines()]
        if shutil.which("ssh-keygen"):
            self.assertEqual(len(keys), 2)
            self.assertFalse(set(keys) & {line.split()[2] for line in after})

    # ---- its proxy
    def test_proxy(self):
        """The guest's apt asks through the proxy that the host asks through."""
        def proxy(*settings, **env):
            box.env.update(env)
            self.good(box, box.prepare("--offline", *settings))
            found = [line for line in self.seed(box).splitlines() if "PROXY=" in line]
            for key in env:
                del box.env[key]
            return found[0].split("=", 1)[1]

        box = self.box(warm=True)
        self.assertEqual(proxy(), "''")
        self.assertEqual(proxy("--set", "mirror.proxy=http://p.test:3128"), "'http://p.test:3128'")
        self.assertEqual(proxy(http_proxy="http://u:geheim@localhost:3128/"), "'http://10.0.2.2:3128'")
        self.assertEqual(proxy(http_proxy="p.test:3128", no_proxy="x.test,*"), "''")
        self.assertEqual(proxy("--set", "network.restrict=yes", http_proxy="p.test:3128"), "''")

    # ---- what it was made from
    def test_another_architecture(self):
        box = self.box(warm=True)
        self.recovers(box)
        before = box.state()
        for verb in ("prepare", "plan", "command", "boot"):
            result = box.run(verb, box.ini, *box.settings(), "--set", "machine.arch=arm64")
            self.assertEqual((result.status, result.id), (2, "arch-made"), str(result))
            self.assertIn("holds a system for armhf; create a new machine for arm64",
                          result.error["text"])
            self.assertIn("debwiz recreate m", result.error["hint"])
        self.assertEqual(box.state(), before)
        stamps = os.path.join(box.machine, "stamps.json")
        kept = json.loads(lib.read(stamps))
        del kept["base"]                    # not recorded: as before
        self.write(stamps, json.dumps(kept))
        result = box.run("plan", box.ini, *box.settings(), "--set", "machine.arch=arm64")
        self.assertEqual(result.status, 0, str(result))

    # ---- mirrors of the guest
    def offline(self, box, mirror, security):
        self.good(box, box.prepare("--offline", "--mirror", mirror, "--set",
                                   "mirror.security_url=" + security))

    def test_named_mirrors(self):
        """The base comes from elsewhere; the guest asks where the file says."""
        box = self.box(warm=True)
        self.offline(box, "http://one.test/debian", "http://two.test/security")
        seed = self.seed(box)
        self.assertIn("http://one.test/debian bookworm ", seed)
        self.assertIn("http://one.test/debian bookworm-updates ", seed)
        self.assertIn("http://two.test/security bookworm-security ", seed)

    def test_mirrors_of_the_base(self):
        box = self.box(warm=True)
        self.offline(box, "auto", "auto")
        self.assertIn(self.world.server.url.replace("127.0.0.1", "10.0.2.2") + "/debian bookworm ",
                      self.seed(box))

    # ---- the base's key
    def test_another_keyring(self):
        box = self.box(warm=True)
        ring = os.path.join(box.root, "ring")
        shutil.copy(self.world.archive.keys.ring("pinned"), ring)

        def has_base():
            result = box.run("plan", box.ini, *box.settings(), "--set", "mirror.keyring=" + ring)
            self.assertEqual(result.status, 0, str(result))
            done = [json.loads(line) for line in result.out.split("\n") if line.startswith("{")]
            return next(row["done"] for row in done if row["step"] == "base")
        self.assertTrue(has_base())         # of the same keys, wherever they lie
        with open(ring, "ab") as more, open(self.world.archive.keys.ring("other"), "rb") as key:
            more.write(key.read())
        self.assertFalse(has_base())

    def test_base_without_updates(self):
        box = self.box()
        self.world.server.rules({"match": "bookworm-updates/InRelease", "mode": "status", "code": 404})
        first = self.recovers(box)
        self.assertEqual(len([w for w in first.warnings if "bookworm-updates" in w]), 1,
                         first.warnings)
        self.world.server.rules()
        other = self.box()
        other.fill(box)
        strict = other.prepare("--strict")
        self.z(other, strict, "base-out-of-step", 4)
        self.assertIn("bookworm-updates", strict.error["text"])
        self.assertIn("--fresh", strict.error["hint"])
        second = self.recovers(other)
        self.assertEqual(len(second.warnings), 1, second.warnings)
        self.assertRegex(second.warnings[0], "without bookworm-updates,.*--fresh")
        self.assertEqual(self.recovers(other, "--strict").warnings, [])     # it is made
        third = self.box()
        third.fill(box)
        for path in glob.glob(os.path.join(third.data, "bases", "*.lock")):
            os.unlink(path)                 # it is the other box's
        old = third.bases()[0]
        os.rename(old, old[:-14] + "20200101000000")    # not of this very second
        self.assertEqual(self.recovers(third, "--fresh", "--strict").warnings, [])

    # ---- a stand-alone disk
    def qemu_img(self, box, body):
        """A qemu-img that does body for `convert`, and is the real one else."""
        real = shutil.which("qemu-img", path=box.environment()["PATH"])
        own = os.path.join(box.root, "bin")
        self.write(os.path.join(own, "qemu-img"),
                   '#!/bin/sh\nfor w; do part=$w; done\n[ "$1" != convert ] || {\n%s\n}\n'
                   'exec "%s" "$@"\n' % (body, real))
        os.chmod(os.path.join(own, "qemu-img"), 0o755)
        box.env["PATH"] = own + ":" + box.environment()["PATH"]

    def stands_alone(self, box):
        with open(self.disk(box), "rb") as disk:
            self.assertEqual(disk.read(16)[8:], bytes(8), "it lies over a base")
        self.assertFalse(os.path.lexists(os.path.join(box.machine, "base.raw")))
        self.assertEqual(lib.parts(box.machine), [])

    def standalone(self, body, **how):
        """A copy that fails leaves no disk; the next run creates it."""
        box = self.box(warm=True, disk_standalone="yes")
        self.qemu_img(box, body)
        result = box.prepare(**how)
        self.assertFalse(os.path.exists(self.disk(box)))
        self.quiet(box)
        del box.env["PATH"]
        self.assertEqual(box.prepare().status, 0)
        self.stands_alone(box)
        return result

    @unittest.skipUnless(shutil.which("qemu-img"), "no qemu-img that copies here")
    def test_standalone_cut_off(self):
        result = self.standalone('echo "No space left on device" >&2; exit 1')
        self.assertEqual((result.status, result.id), (1, "disk-tool"), str(result))
        result = self.standalone("kill -9 $PPID; exit 1")
        self.assertEqual(result.status, -signal.SIGKILL)

    @unittest.skipUnless(shutil.which("qemu-img"), "no qemu-img that copies here")
    def test_standalone_interrupted(self):
        """Shows its progress, and Ctrl-C ends it."""
        box = self.box(warm=True, disk_standalone="yes")
        begun = os.path.join(box.root, "begun")
        self.qemu_img(box, 'printf "    (40.00/100%%)\\r"; touch "%s"; exec tail -f /dev/null' % begun)

        def interrupt(child):
            lib.poll(lambda: os.path.exists(begun))
            lib.poll(lambda: '"share"' in lib.read(os.path.join(box.root, "out")))
            child.send_signal(signal.SIGINT)
        result = box.prepare(on_start=interrupt)
        self.assertEqual(result.status, 130, str(result))
        self.quiet(box)
        self.assertFalse(os.path.exists(self.disk(box)))
        del box.env["PATH"]
        self.assertEqual(box.prepare().status, 0)
        self.stands_alone(box)

    @unittest.skipUnless(shutil.which("qemu-img"), "no qemu-img that copies here")
    def test_flatten_interrupted(self):
        """Shows its progress; Ctrl-C cancels it without changes; the next run completes it."""
        box = self.box(warm=True)
        self.assertEqual(box.prepare().status, 0)
        before = lib.tree(box.machine)
        path = box.env.get("PATH")
        self.qemu_img(box, 'printf "    (40.00/100%%)\\r"; exec tail -f /dev/null')

        def interrupt(child):
            lib.poll(lambda: '"done":400' in lib.read(os.path.join(box.root, "out")))
            child.send_signal(signal.SIGINT)
        result = box.run("flatten", box.ini, *box.settings(), on_start=interrupt)
        self.assertEqual(result.status, 130, str(result))
        self.assertEqual(lib.tree(box.machine), before)
        self.quiet(box)
        if path is None:
            del box.env["PATH"]
        result = box.run("flatten", box.ini, *box.settings())
        self.assertEqual(result.status, 0, str(result))
        self.stands_alone(box)


class Recreated(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        shim.make(world)
        world.warm_template()
        return world

    def test_killed(self):
        """Before each call that removes something; the same words finish it."""
        at = done = 0
        ended = False
        while not ended:
            at += 1
            box = self.box(warm=True, alone=True)
            self.recovers(box)
            for name in ("suspend.json", "suspend.state", "snapshots.json"):
                with open(os.path.join(box.machine, name), "w", encoding="utf-8") as out:
                    out.write("{}")
            words = ("recreate", box.ini, "--yes", "--confirm", "m")
            shim.arm(box, at, ops=("unlink",))
            result = box.run(*words)
            shim.disarm(box)
            ended = result.status == 0
            if ended:
                break
            with self.subTest(at=at):
                self.assertEqual(result.status, -signal.SIGKILL, str(result))
                left = set(os.listdir(box.machine))
                if at > 1:
                    self.assertNotIn("suspend.json", left)
                again = box.run(*words)
                if "disk.qcow2" in left:
                    self.assertEqual(again.status, 0, str(again))
                else:                   # all was done, but for its locks
                    self.assertEqual(again.id, "not-made", str(again))
                    done += 1
                self.assertFalse({"disk.qcow2", "base.raw", "QEMU_VARS-pflash.raw", "stamps.json"} &
                                 set(os.listdir(box.machine)))
                self.recovers(box)
        self.assertGreater(at - done, 6)
        self.assertLess(done, 4)


if __name__ == "__main__":
    lib.main()
