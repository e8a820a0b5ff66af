# SPDX-License-Identifier: MIT
"""
Packages built in machines: by `build` with its options, and by autopkgtest and sbuild with machines from `virt-server`.
Each check takes a running world.Machine, raises world.Failed, may return a text.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import time

from world import BOOT, DEBWIZ, EXAMPLES, HOUR, need, same, until

SOURCE = {
    "debian/control": """Source: tiny
Maintainer: A Test <test@example.org>
Build-Depends: fakeroot, nowhere [sparc], nothing <cross>
Standards-Version: 4.6.2
Rules-Requires-Root: no

Package: tiny
Architecture: any
Description: a test
""",
    "debian/changelog": "tiny (1.0) unstable; urgency=low\n\n  * Test.\n\n"
                        " -- A Test <test@example.org>  Thu, 01 Jan 2026 00:00:00 +0000\n",
    "debian/rules": """#!/usr/bin/make -f
clean build build-arch build-indep:
\t! ip route | grep default
\t! sudo -n true
binary binary-arch:
\tmkdir -p debian/tiny/DEBIAN debian/tiny/usr/bin
\t$(CC) -o debian/tiny/usr/bin/tiny tiny.c
\tdpkg-gencontrol -ptiny -Pdebian/tiny
\tdpkg-deb --root-owner-group -b debian/tiny ..
""",
    "tiny.c": "int main(void) { return 0; }\n",
}


def written(m, name, files=None, change=lambda text: text):
    """Writes a source: SOURCE with further files, each changed; returns its folder and that of the results."""
    top = os.path.join(m.world.home, name)
    for part, text in dict(SOURCE, **files or {}).items():
        path = os.path.join(top, part)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(change(text))
        os.chmod(path, 0o755 if text.startswith("#!") else 0o644)
    shutil.rmtree(top + "-out", ignore_errors=True)
    return top, top + "-out"


def nothing_left(m):
    kept = os.path.join(m.world.data, "temporary", "machines")
    same([name for name in os.listdir(kept) if not name.startswith(".")], [], "what is left of its machines")


def built(m):
    """A source folder built as packages, in a machine like this one, by a user without rights and a network; and a command
    with one."""
    top, out = written(m, "tiny")
    begin = time.monotonic()
    m.world.debwiz("build", m.ini, top, "--offline", "--native", "--set", "boot.timeout=" + BOOT, "--out", out).ok()
    seconds = time.monotonic() - begin
    stem = "tiny_1.0_%s" % m.arch
    same(sorted(os.listdir(out)), [stem + end for end in (".build", ".buildinfo", ".changes", ".deb")], "results")
    need(" /usr/bin/tiny\n" in m.world.run(["dpkg-deb", "-c", os.path.join(out, stem + ".deb")]).ok().out
         .replace("./usr", "/usr"), "the package has no program")
    got = m.world.debwiz("build", m.ini, top, "--offline", "--network", "--set", "boot.timeout=" + BOOT, "--out", out,
                         "--artifact", "notes/*", "--artifact", "none", "--set", "build.jobs=2", "--",
                         "ip route | grep default && id -un && echo $DEB_BUILD_OPTIONS && mkdir notes && "
                         "echo note >notes/one && exit 5")
    same(got.status, 5, "status of the command:\n%s" % got.err[-1500:])
    with open(os.path.join(out, stem + ".artifacts/notes/one"), encoding="utf-8") as file:
        same(file.read(), "note\n", "an artifact")
    need("builder" in got.out, "its user: %s", got.out)
    need("parallel=2" in got.out, "jobs of the field: %s", got.out)
    got = m.world.debwiz("build", m.ini, top, "--offline", "--set", "boot.timeout=" + BOOT, "--set", "build.out=" + out, "--jobs", "3",
                         "--set", "build.profiles=nodoc", "--set", "build.network=yes", "--set", "build.silence=90s",
                         "--", "ip route | grep default && echo $DEB_BUILD_OPTIONS/$DEB_BUILD_PROFILES && sleep 4711")
    same(got.status, 137, "status of a silent build:\n%s" % got.err[-1500:])
    need("parallel=3/nodoc" in got.out, "jobs and profiles: %s", got.out)
    need("printed nothing for 90s and was killed; it ran sleep 4711" in got.err, "why: %s", got.err[-1500:])
    got = m.world.debwiz("build", m.ini, top, "--offline", "--set", "boot.timeout=" + BOOT, "--out", out, "--silence",
                         "never", "--", "tail /dev/zero & tail /dev/zero; r=$?; wait; exit $r")     # one has 3 GiB of addresses
    need(got.status and "ran out of memory: the guest's kernel killed tail" in got.err, "why: %s", got.err[-1500:])
    return "%.0f s" % seconds


def built_in(m):
    """The same source in this machine itself: its apt installs what is missing, and nothing else of it changes."""
    top, out = written(m, "tiny-in", change=lambda text: text.replace("fakeroot,", "fakeroot, bc,"))
    m.world.debwiz("build", "--in", m.name, top, "--native", "--out", out).ok()
    stem = "tiny_1.0_%s" % m.arch
    same(sorted(os.listdir(out)), [stem + end for end in (".build", ".buildinfo", ".changes", ".deb")], "results")
    same(m.sh("ls -d /build .debwiz-* 2>/dev/null; bc --version >/dev/null && pgrep -u debwiz-build; echo ok").split(), ["ok"],
         "what is left of it")
    got = m.world.debwiz("build", "--in", m.name, top, "--native", "--out", out, "--", "touch left; id -un; exit 6")
    same(got.status, 6, "status of the command:\n%s" % got.err[-1500:])
    need("debwiz-build" in got.out, "its user: %s", got.out)
    m.sh("test -e /build/source/left")
    got = m.world.debwiz("build", "--in", m.name, top, "--native", "--json", "--out", out, "--set", "build.profiles=nodoc", "--",
                         "test ! -e left && sudo -n true")
    need(got.status not in (0, 125), "a build with rights: %d", got.status)
    return None


def twice(m):
    """A source that gives the same twice, and one whose program has the umask and the time zone in it."""
    top, out = written(m, "twice", change=lambda text: text.replace("\tdpkg-gencontrol",
                                                                    "\tchmod -R go-w debian/tiny\n\tdpkg-gencontrol"))
    words = ["build", m.ini, top, "--offline", "--reproducible", "--set", "boot.timeout=" + BOOT, "--out", out, "--json"]
    got = m.world.debwiz(*words).ok()
    same(json.loads(got.out.splitlines()[-1])["differing"], [], "files that differ")
    with open(os.path.join(top, "debian/rules"), "a", encoding="utf-8") as file:
        file.write("\tdate -d @0 >debian/tiny/usr/bin/when; dpkg-deb --root-owner-group -b debian/tiny ..\n")
    got = m.world.debwiz(*words)
    event = json.loads(got.out.splitlines()[-1])
    same((got.status, event["id"]), (123, "build-differs"), "status:\n%s" % got.err[-1500:])
    same([(d["name"], "./usr/bin/when" in d["members"]) for d in event["differing"]], [("tiny_1.0_%s.deb" % m.arch, True)],
         "what differs")
    need(os.path.exists(os.path.join(out, "tiny_1.0_%s.second/tiny_1.0_%s.deb" % (m.arch, m.arch))), "no second package")
    return None


CROSS = """
clean build build-arch build-indep:
\t! ip route | grep default
\tfor i in 1 2 3; do $(CC) -O2 -g -DN=$$i -c -o part$$i.o tiny.c && $(CXX) -O2 -DN=$$i -c -o plus$$i.o more.cc; done
\treadelf -h part1.o plus1.o | grep Machine
"""


def compiled(m, name):
    """Writes a source whose objects are compiled separately; returns its folder and that of the results."""
    rules = SOURCE["debian/rules"].replace("\nclean build build-arch build-indep:\n\t! ip route | grep default\n", CROSS)
    return written(m, name, {"debian/rules": rules, "more.cc": "int more(int a) { return a + 1; }\n"})


def outside(m):
    """The same source compiled outside the machine and in it: objects are counted, and the packages are for its
    architecture."""
    top, out = compiled(m, "outside")
    counted = []
    for words in (["--set", "build.distcc=yes"], ["--native"]):
        got = m.world.debwiz("build", m.ini, top, "--json", "--set", "boot.timeout=" + BOOT, "--out", out, *words).ok()
        counted.append(json.loads(got.out.splitlines()[-1]).get("compiled"))
        need("%s" % m.arch in m.world.run(["dpkg-deb", "-f", os.path.join(out, "tiny_1.0_%s.deb" % m.arch), "Architecture"]).ok().out,
             "a package of another architecture")
    same(counted[1], None, "objects with --native")
    if not counted[0] or "why" in counted[0]:
        return "skipped: " + (counted[0] or {"why": "the machine is not emulated"})["why"]
    need(counted[0]["outside"] >= 3, "objects compiled outside: %s", counted[0])
    return "%d objects outside" % counted[0]["outside"]


def fetched(m):
    """On a host without distccd and cross compilers debwiz gets them into a folder of its own, which the next build uses."""
    top, out = compiled(m, "fetched")
    folder, tools = os.path.join(m.world.home, "path"), os.path.join(m.world.data, "tools")
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for where in os.environ["PATH"].split(":"):
        for name in os.listdir(where) if os.path.isdir(where) else ():
            if name != "distccd" and not re.match(".*-linux-gnu.*-(gcc|g[+][+])", name) and not os.path.lexists(os.path.join(folder, name)):
                os.symlink(os.path.join(where, name), os.path.join(folder, name))
    words = ["build", m.ini, top, "--json", "--set", "boot.timeout=" + BOOT, "--set", "build.distcc=yes", "--out", out]
    shutil.rmtree(tools, ignore_errors=True)
    m.world.use(words)
    inodes = []
    for _ in range(2):
        got = m.world.run(["env", "PATH=" + folder, DEBWIZ, *words]).ok()
        counted = json.loads(got.out.splitlines()[-1]).get("compiled")
        if not counted:
            return "skipped: the machine is not emulated"
        need(counted.get("outside", 0) >= 3, "objects compiled outside: %s", counted)
        key, = (name for name in os.listdir(tools) if os.path.isdir(os.path.join(tools, name)))
        inodes.append(os.stat(os.path.join(tools, key, "usr")).st_ino)
    same(inodes[1], inodes[0], "the folder of the second build")
    return "%s, %d objects outside" % (key, counted["outside"])


def watched(m):
    """Builds, waits, builds again after a change, and ends by Ctrl-C with nothing left of its machines."""
    top, out = compiled(m, "watched")
    told = os.path.join(m.world.home, "watched.log")
    words = ["build", "--watch", m.ini, top, "--offline", "--set", "boot.timeout=" + BOOT, "--out", out]

    def shown():
        with open(told, encoding="utf-8", errors="replace") as file:
            return file.read()
    m.world.use(words)
    with open(told, "w", encoding="utf-8") as log:
        child = subprocess.Popen([DEBWIZ, *words], env=m.world.env, cwd=m.world.home, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
    m.world.children.add(child)
    times = []
    try:
        for number in (1, 2):
            begin = time.monotonic()
            until(lambda n=number: shown().count("waits for a change") == n or child.poll() is not None, HOUR, shown)
            need(child.poll() is None, "it ended: %s", shown()[-1500:])
            times.append(time.monotonic() - begin)
            same(shown().count("tiny: built;"), number, "builds")
            if number == 1:
                with open(os.path.join(top, "tiny.c"), "a", encoding="utf-8") as file:
                    file.write("int changed;\n")
    finally:
        os.killpg(child.pid, signal.SIGINT)
        status = child.wait(600)
        m.world.children.discard(child)
    same(status, 130, "status:\n%s" % shown()[-1500:])
    nothing_left(m)
    return "%.0f s, and after a change %.0f s" % tuple(times)


def cached(m):
    """The same source twice with a compiler cache: the second time nothing is compiled; then on a damaged volume."""
    top, out = compiled(m, "cached")
    volume = os.path.join(m.world.data, "ccache", "%s-%s.raw" % (m.release, m.arch))
    if os.path.exists(volume):
        os.unlink(volume)
    seen = []
    for _ in range(3):
        if len(seen) == 2:
            with open(volume, "r+b") as file:
                file.write(b"damaged" * 10000)
        got = m.world.debwiz("build", m.ini, top, "--json", "--set", "boot.timeout=" + BOOT, "--set", "build.ccache=yes",
                             "--set", "build.ccache_size=100M", "--out", out).ok()
        seen.append(json.loads(got.out.splitlines()[-1])["ccache"])
    same(seen[0]["misses"], 2, "compiled at first, each of the two sources once: %s" % seen[0])
    same(seen[1], {"hits": seen[0]["hits"] + seen[0]["misses"], "misses": 0}, "the second build")
    same(seen[2], dict(seen[0], remade=True), "on a damaged volume")
    return "%d objects, then none; the volume takes %.1f MB" % (seen[0]["misses"], os.stat(volume).st_blocks * 512 / 1e6)


TESTED = """#!/bin/sh
set -e
test "$(id -u)" = 0
sleep 1000 &
if [ -z "$AUTOPKGTEST_REBOOT_MARK" ]; then
	cat /proc/sys/kernel/random/boot_id >/root/before
	/tmp/autopkgtest-reboot again
fi
! cmp -s /proc/sys/kernel/random/boot_id /root/before
uname -m >"$AUTOPKGTEST_ARTIFACTS/machine"
"""


def autopkgtest(m):
    """autopkgtest with a package's test that needs root, reboots and leaves a process; then its artifacts."""
    top, out = written(m, "tested", {"debian/tests/smoke": TESTED, "debian/tests/control":
                                     "Tests: smoke\nRestrictions: needs-root, needs-reboot\nDepends:\n"})
    begin = time.monotonic()
    server = os.path.join(EXAMPLES, "..", "autopkgtest-virt-debwiz")
    m.world.use(["virt-server", "--offline"])
    got = m.world.run(["env", "PATH=" + os.path.dirname(DEBWIZ) + ":" + os.environ["PATH"], "autopkgtest",
                       "--no-built-binaries", "--output-dir", out, top, "--", server, m.ini, "--offline",
                       "--set", "boot.timeout=" + BOOT])
    seconds = time.monotonic() - begin
    same(got.status, 0, "status of autopkgtest:\n%s\n%s" % (got.out[-1500:], got.err[-1500:]))
    with open(os.path.join(out, "summary"), encoding="utf-8") as file:
        same(file.read().split(), ["smoke", "PASS"], "summary")
    with open(os.path.join(out, "artifacts/machine"), encoding="utf-8") as file:
        need(file.read().strip(), "an empty artifact")
    nothing_left(m)
    return "%.0f s" % seconds


def sbuild(m):
    """sbuild with its settings from the examples builds a source package, whose results are for this architecture."""
    if not shutil.which("sbuild"):
        return "skipped: sbuild is not installed"
    top, out = written(m, "tiny-sbuild", change=lambda text: text.replace("\t! ip route | grep default\n\t! sudo -n true\n", ""))
    os.mkdir(out)
    m.world.run(["sh", "-c", 'cd "$1" && dpkg-source --build "$2"', "sh", out, top]).ok()
    with open(os.path.join(EXAMPLES, "sbuild.conf"), encoding="utf-8") as file:
        text = file.read()
    old, words = "'--arch', '%a', '--release', '%r'", [m.ini, "--offline", "--set", "boot.timeout=" + BOOT]
    need(old in text, "the example has no %s", old)
    text = text.replace(old, ", ".join("'%s'" % w for w in words))
    config = os.path.join(out, "sbuild.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    begin = time.monotonic()
    m.world.use(["virt-server", "--offline"])
    path = ":".join((os.path.dirname(DEBWIZ), os.path.dirname(EXAMPLES), os.environ["PATH"]))
    command = 'cd "$1" && exec sbuild --nolog --no-run-lintian --arch="$2" --dist="$3" tiny_1.0.dsc'
    got = m.world.run(["env", "PATH=" + path, "SBUILD_CONFIG=" + config, "sh", "-c", command, "sh", out, m.arch, m.release])
    seconds = time.monotonic() - begin
    same(got.status, 0, "status of sbuild:\n%s\n%s" % (got.out[-3000:], got.err[-1500:]))
    same(m.world.run(["dpkg-deb", "-f", os.path.join(out, "tiny_1.0_%s.deb" % m.arch), "Architecture"]).ok().out.strip(), m.arch,
         "architecture of the package")
    need(os.path.exists(os.path.join(out, "tiny_1.0_%s.changes" % m.arch)), "no .changes")
    nothing_left(m)
    return "%.0f s" % seconds


def layered(m):
    """What the base lacks is installed once, as an overlay of it, which another source with the same dependencies uses."""
    def layers():
        bases = os.path.join(m.world.data, "bases")
        return sorted(name for name in os.listdir(bases) if os.path.exists(os.path.join(bases, name, "layer.qcow2")))
    took, before = [], layers()
    for number in ("1", "2"):
        top, out = written(m, "layer" + number, change=lambda text, n=number: text.replace("fakeroot,", "fakeroot, bc,")
                           .replace("\t! sudo -n true\n", "\techo 6*7 | bc | grep 42\n").replace("tiny", "tiny" + n))
        os.rename(os.path.join(top, "tiny.c"), os.path.join(top, "tiny%s.c" % number))
        begin = time.monotonic()
        m.world.debwiz("build", m.ini, top, "--set", "boot.timeout=" + BOOT, "--out", out).ok()
        took.append(time.monotonic() - begin)
    same(len(layers()) - len(before), 1, "layers")
    return "%.0f s, with the layer %.0f s" % tuple(took)


RUNNING = (("build", built), ("build --in", built_in), ("build --reproducible", twice), ("build: a layer", layered),
           ("build: compiled outside", outside), ("build: a compiler cache", cached),
           ("build: compilers that this host lacks", fetched), ("build --watch", watched),
           ("virt-server, for autopkgtest itself", autopkgtest), ("virt-server, for sbuild itself", sbuild))
