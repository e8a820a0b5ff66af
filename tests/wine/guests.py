#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Real machines by debwiz.exe, under Wine, with this host's QEMU and ssh by the bridge (bridge.py): prepared from the real
archive, booted by UEFI and directly, used, suspended, taken over, stopped. The image that is unpacked there has the bytes
of the one that this host's debwiz unpacks. Prints a line for each check.

    guests.py [--home DIR] [--only EXPRESSION] [--kvm]

--kvm: machines of this host's architecture (amd64) in place of armhf, which QEMU runs by KVM although debwiz.exe asks for
emulation, as Windows has no KVM: minutes in place of an hour.

Inputs: environment DEBWIZ (a debwiz.exe), DEBWIZ_LINUX (a debwiz of this host; without it images are not compared), WINE,
WINEPREFIX (default: one in the home).
Exit status 0 all checks passed, 1 not, 77 Wine or its compiler is not installed. Takes as long as the emulated boots do.
"""
import argparse
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys

import bridge

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import world                        # noqa: E402
from world import need, same        # noqa: E402

WINE = os.environ.get("WINE") or "wine"
PROGRAMS = ("qemu-system-arm", "qemu-system-x86_64", "qemu-img", "ssh", "ssh-keygen")
EXAMPLE = "armhf-bookworm"
QEMU = {"armhf": "qemu-system-arm", "amd64": "qemu-system-x86_64"}
UNAME = {"armhf": "armv7l", "amd64": "x86_64"}
# Stand in for QEMU. The first keeps a copy of the image that is about to be configured, and ends there.
UNPACKED = """#!/bin/sh
for arg; do
	disk=$(printf '%%s' "$arg" | sed -n 's/.*"filename":"\\([^"]*\\.part\\/disk\\.raw\\)".*/\\1/p')
	if [ -n "$disk" ]; then
		cp --sparse=always "$disk" %(out)s
		exit 1
	fi
done
exec %(qemu)s "$@"
"""
# Starts debwiz.exe. What Wine starts beside it, its server among that, keeps a pipe of ours open for as long as it runs.
RUNS = """#!/bin/sh
folder=$(mktemp -d) || exit 1
%(wine)s %(exe)s "$@" >"$folder/out" 2>"$folder/err"
status=$?
cat "$folder/out"
cat "$folder/err" >&2
rm -r "$folder"
exit $status
"""
BY_KVM = """#!/bin/sh
last=
for arg; do
	shift
	case $last in
	-accel) arg=kvm ;;
	-cpu) arg=host ;;
	esac
	set -- "$@" "$arg"
	last=$arg
done
exec %(qemu)s "$@"
"""


def write_program(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, 0o755)


class WineWorld(world.World):
    """A home whose debwiz is the program for Windows; its folders are Z:'s."""

    def __init__(self, tally, home, exe):
        super().__init__(tally, home)
        self.programs = os.path.join(self.home, "programs")
        self.prefix = os.environ.get("WINEPREFIX") or os.path.join(self.home, "wine")
        os.makedirs(self.programs, exist_ok=True)
        for kind, folder in (("DATA", ".local/share"), ("CONFIG", ".config"), ("CACHE", ".cache")):
            self.env["XDG_%s_HOME" % kind] = "Z:" + os.path.join(self.home, folder)
        self.env.update(XDG_RUNTIME_DIR="Z:" + self.runtime, WINEPREFIX=self.prefix, WINEDEBUG="-all",
                        WINEPATH="Z:" + self.programs, WINEDLLOVERRIDES="winedbg.exe=d")
        subprocess.run([WINE, "wineboot", "-i"], env=self.env, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in PROGRAMS:
            bridge.compile_to(os.path.join(self.programs, name + ".exe"))
        self.debwiz_path = os.path.join(self.programs, "debwiz")
        write_program(self.debwiz_path, RUNS % {"wine": shlex.quote(WINE), "exe": shlex.quote(exe)})

    def start_bridge(self):
        self.bridge = bridge.Bridge(self.prefix)
        self.env["DEBWIZ_BRIDGE"] = self.bridge.place

    def close(self):
        super().close()
        if not self.bridge.idle(60):
            self.tally.note("programs that still run: %r" % self.bridge.ran[-1])
        self.bridge.close()


def stand_in(home, name, qemu, text):
    """The path of a program in place of QEMU, and of the image that it copies."""
    folder = os.path.join(home, name)
    os.makedirs(folder, exist_ok=True)
    path, out = os.path.join(folder, qemu), os.path.join(folder, "unpacked.raw")
    write_program(path, text % {"out": shlex.quote(out), "qemu": shutil.which(qemu)})
    return path, out


def digest(path):
    """SHA-256 and size of a file."""
    total, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            total.update(part)
            size += len(part)
    return "%s, %d bytes" % (total.hexdigest(), size)


def mirror():
    """The base URL of the archive that this host's apt uses; one that both programs can use."""
    got = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return next((line.rstrip("/") for line in got.stdout.splitlines() if "security" not in line), "http://ftp.debian.org/debian")


class Guests:
    def __init__(self, tally, home, exe, kvm):
        self.tally, self.home = tally, home
        self.arch = "amd64" if kvm else "armhf"
        self.name = QEMU[self.arch]
        self.qemu = stand_in(home, "kvm", self.name, BY_KVM)[0] if kvm else shutil.which(self.name)
        self.world = WineWorld(tally, os.path.join(home, "w"), exe)
        self.world.start_bridge()
        self.world.bridge.programs[self.name] = self.qemu
        self.changes = {"url": mirror(), "arch": self.arch, "profile": "base", "size": "8G"}
        self.m = self.world.machine(EXAMPLE, name="wine-uefi", **self.changes)
        self.direct = self.world.machine(EXAMPLE, name="wine-direct", **self.changes)
        text = self.direct.text().replace("[firmware]\n", "[firmware]\nmode = direct\n").replace("mode = uefi\n", "")
        write_program(self.direct.ini, text)

    def checked(self):
        return self.m.debwiz("check").ok().out.strip()

    def prepared(self):
        got = self.m.debwiz("prepare", "--json").ok()
        steps = {e["step"]: e for e in got.events() if e.get("event") == "step"}
        for name in ("release", "packages", "download", "unpack", "configure"):
            self.tally.note("%-10s %6.1f s  %s" % (name, steps[name].get("took_ms", 0) / 1000, steps[name]["detail"]))
        need("signed" in steps["release"]["detail"], "the release: %r", steps["release"])

    def same_image(self):
        """Both programs unpack an image of the same bytes. QEMU ends before it configures them, so both commands fail."""
        wine, ours = stand_in(self.home, "wine", self.name, UNPACKED)
        linux, theirs = stand_in(self.home, "linux", self.name, UNPACKED)
        self.world.bridge.programs[self.name] = wine
        failed = self.m.debwiz("prepare")
        self.world.bridge.programs[self.name] = self.qemu
        need(os.path.exists(ours), "not unpacked: %s", failed.err[-2000:])
        other = world.World(self.tally, os.path.join(self.home, "l"))
        other.env["PATH"] = os.path.dirname(linux) + ":" + other.env["PATH"]
        try:
            m = other.machine(EXAMPLE, name="wine-uefi", **self.changes)
            failed = other.run([os.path.abspath(os.environ["DEBWIZ_LINUX"]), "prepare", m.ini])
            need(os.path.exists(theirs), "not unpacked: %s", failed.err[-2000:])
        finally:
            other.close()
        found = [digest(ours), digest(theirs)]
        same(found[0], found[1], "SHA-256 of the unpacked image")
        return "SHA-256 of both: " + found[0]

    def up(self, m):
        steps = m.up()
        status = m.status()
        same((status["state"], status["alive"]), ("running", True), "state, alive")
        m.await_login()
        return "login after %.0f s" % (steps.get("login", {}).get("took_ms", 0) / 1000)

    def console(self, m):
        text = self.world.debwiz("logs", m.name).ok().out
        need("login:" in text, "the log has no prompt: %s", text[-500:])
        return text.strip().splitlines()[-1]

    def execs(self, m):
        got = self.world.debwiz("exec", m.name, "--", "uname", "-m").ok()
        need(UNAME[self.arch] in got.out, "exec: %r", got.out)
        return got.out.strip()

    def ssh(self, m):
        m.await_ssh()
        same(m.sh("id -un; uname -m").split(), [m.user, UNAME[self.arch]], "user, machine")
        m.sh("echo kept >marker; sync")

    def snapshot(self, m):
        self.world.debwiz("snapshot", m.name, "create", "one").ok()
        m.sh("echo changed >marker; sync")
        listed = self.world.debwiz("snapshot", m.name, "list").ok().out
        need("one" in listed, "the list: %s", listed)
        self.world.debwiz("snapshot", m.name, "revert", "one", "--yes").ok()
        world.until(lambda: m.ssh_try("cat marker") == "kept", 900, "the marker is not the snapshot's", 2)
        self.world.debwiz("snapshot", m.name, "delete", "one", "--yes").ok()

    def suspend(self, m):
        if tuple(map(int, re.search(r"(\d+)\.(\d+)", self.world.run([self.name, "--version"]).out).groups())) < (8, 2):
            return "skipped: before QEMU 8.2 a TCP line cannot suspend"
        boot = m.sh("cat /proc/sys/kernel/random/boot_id")
        self.world.debwiz("suspend", m.name).ok()
        same(m.status()["state"], "suspended", "state")
        m.up()
        same(m.sh("cat /proc/sys/kernel/random/boot_id"), boot, "boot id after the resume")
        return None

    def takeover(self, m):
        before = m.status()
        pid = m.record()["supervisor_pid"]
        self.world.run([WINE, "taskkill", "/f", "/pid", str(pid)]).ok()
        boot = m.sh("cat /proc/sys/kernel/random/boot_id")
        got = self.world.debwiz("exec", m.name, "--", "cat", "/proc/sys/kernel/random/boot_id").ok()
        need(boot in got.out, "another boot: %r", got.out)
        after = m.status()
        same((after["state"], after["qemu_pid"]), ("running", before["qemu_pid"]), "state, QEMU")

    def stop(self, m):
        self.world.debwiz("stop", m.name).ok()
        status = m.status()
        same((status["state"], status["alive"]), ("off", False), "state, alive")
        need(self.world.bridge.idle(60), "QEMU still runs")
        return status["detail"]

    def kill(self, m):
        self.world.debwiz("kill", m.name).ok()
        need(self.world.bridge.idle(60), "QEMU still runs")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--home", help="keep everything there; a second run continues with it")
    p.add_argument("--kvm", action="store_true", help="amd64 by KVM")
    p.add_argument("--only", help="only checks whose title matches this regular expression")
    a = p.parse_args()
    exe = os.path.abspath(os.environ.get("DEBWIZ") or "./debwiz.exe")
    if not shutil.which(WINE) or not any(map(shutil.which, bridge.COMPILERS)):
        print("Wine or its compiler is not installed")
        return 77
    tally = world.Tally(a.only)
    home = os.path.abspath(a.home) if a.home else world.tempfile.mkdtemp(prefix="dwwine-", dir="/var/tmp")
    g = Guests(tally, home, exe, a.kvm)
    world.on_signals(g.world)
    world.DEBWIZ = g.world.debwiz_path
    try:
        tally.choose("check", g.checked)
        if os.environ.get("DEBWIZ_LINUX"):
            tally.choose("image equal to that of this host", g.same_image)
        tally.choose("prepare", g.prepared)
        for title, m in (("direct", g.direct), ("uefi", g.m)):
            tally.choose(title + ": up to the login prompt", g.up, m)
            tally.choose(title + ": the log of its console", g.console, m)
            tally.choose(title + ": a command by the console", g.execs, m)
            tally.choose(title + ": ssh", g.ssh, m)
            if title == "uefi":
                tally.choose(title + ": kill", g.kill, m)
                continue
            tally.choose(title + ": snapshot, reverted", g.snapshot, m)
            tally.choose(title + ": suspend, and the boot that resumes", g.suspend, m)
            tally.choose(title + ": takeover after the supervisor was killed", g.takeover, m)
            tally.choose(title + ": stop", g.stop, m)
    finally:
        g.world.close()
        if not a.home:
            shutil.rmtree(home, ignore_errors=True)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
