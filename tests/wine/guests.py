#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Real machines by debwiz.exe, under Wine, with this host's QEMU and ssh by the bridge (bridge.py): prepared from the real
archive, booted by UEFI and directly, used, suspended, taken over, stopped. The image that is unpacked there has the bytes
of the one that this host's debwiz unpacks. Prints a line for each check.

    guests.py [--home DIR] [--only EXPRESSION]

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
import signal
import subprocess
import sys

import bridge

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import world                        # noqa: E402
from world import need, same        # noqa: E402

WINE = os.environ.get("WINE") or "wine"
PROGRAMS = ("qemu-system-arm", "qemu-img", "ssh", "ssh-keygen")
EXAMPLES = {"uefi": "armhf-bookworm", "direct": "armhf-bookworm-direct"}
# Stands in for QEMU: keeps a copy of the image that is about to be configured for the first time.
COPIES = """#!/bin/sh
for arg; do
	disk=$(printf '%%s' "$arg" | sed -n 's/.*"filename":"\\([^"]*\\.part\\/disk\\.raw\\)".*/\\1/p')
	if [ -n "$disk" ] && [ ! -e %(out)s ]; then
		cp --sparse=always "$disk" %(out)s.part && mv %(out)s.part %(out)s
	fi
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
        write_program(self.debwiz_path, "#!/bin/sh\nexec %s %s \"$@\"\n" % (shlex.quote(WINE), shlex.quote(exe)))

    def start_bridge(self, qemu):
        self.bridge = bridge.Bridge(self.prefix, {"qemu-system-arm": qemu})
        self.env["DEBWIZ_BRIDGE"] = self.bridge.place

    def close(self):
        super().close()
        if not self.bridge.idle(60):
            self.tally.note("programs that still run: %r" % self.bridge.ran[-1])
        self.bridge.close()


def copier(home, name):
    """The path of a QEMU that keeps the fresh image, and of its copy."""
    folder = os.path.join(home, name)
    os.makedirs(folder, exist_ok=True)
    path, out = os.path.join(folder, "qemu-system-arm"), os.path.join(folder, "unpacked.raw")
    write_program(path, COPIES % {"out": shlex.quote(out), "qemu": shutil.which("qemu-system-arm")})
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
    """The base URL of the archive that this host's apt uses; one that both programs can be told."""
    got = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return next((line.rstrip("/") for line in got.stdout.splitlines() if "security" not in line), "http://ftp.debian.org/debian")


class Guests:
    def __init__(self, tally, home, exe):
        self.tally, self.home = tally, home
        self.qemu, self.copy = copier(home, "qemu-wine")
        self.world = WineWorld(tally, os.path.join(home, "w"), exe)
        self.world.start_bridge(self.qemu)
        self.changes = {"url": mirror(), "profile": "base", "size": "8G"}
        self.m = self.world.machine(EXAMPLES["uefi"], name="wine-uefi", **self.changes)
        self.direct = self.world.machine(EXAMPLES["direct"], name="wine-direct", **self.changes)

    def checked(self):
        return self.m.debwiz("check").ok().out.strip()

    def prepared(self):
        got = self.m.debwiz("prepare", "--json").ok()
        steps = {e["step"]: e for e in got.events() if e.get("event") == "step"}
        for name in ("release", "packages", "download", "unpack", "configure"):
            self.tally.note("%-10s %6.1f s  %s" % (name, steps[name].get("took_ms", 0) / 1000, steps[name]["detail"]))
        need("signed" in steps["release"]["detail"], "the release: %r", steps["release"])
        need(os.path.exists(self.copy), "QEMU was not given an image to configure")

    def same_image(self):
        """This host's debwiz unpacks an image of the same bytes: from the same release, so right afterwards."""
        qemu, copy = copier(self.home, "qemu-linux")
        other = world.World(self.tally, os.path.join(self.home, "l"))
        other.env["PATH"] = os.path.dirname(qemu) + ":" + other.env["PATH"]
        try:
            m = other.machine(EXAMPLES["uefi"], name="wine-uefi", **self.changes)
            child = subprocess.Popen([os.path.abspath(os.environ["DEBWIZ_LINUX"]), "prepare", m.ini], env=other.env,
                                     cwd=other.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            world.until(lambda: os.path.exists(copy) or child.poll() is not None, world.HOUR, "it is not unpacked", 1)
            child.send_signal(signal.SIGINT)
            output = child.communicate()[0].decode(errors="replace")
            need(os.path.exists(copy), "not unpacked: %s", output[-2000:])
        finally:
            other.close()
        ours, theirs = digest(self.copy), digest(copy)
        same(ours, theirs, "SHA-256 of the unpacked image")
        return "sha256 of both " + ours

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
        need("armv7l" in got.out, "exec: %r", got.out)
        return got.out.strip()

    def ssh(self, m):
        m.await_ssh()
        same(m.sh("id -un; uname -m").split(), [m.user, "armv7l"], "user, machine")
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
        boot = m.sh("cat /proc/sys/kernel/random/boot_id")
        self.world.debwiz("suspend", m.name).ok()
        same(m.status()["state"], "suspended", "state")
        m.up()
        same(m.sh("cat /proc/sys/kernel/random/boot_id"), boot, "boot id after the resume")

    def takeover(self, m):
        before = m.status()
        pid = m.record()["supervisor"]["pid"] if isinstance(m.record().get("supervisor"), dict) else \
            m.record()["supervisor_pid"]
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
    p.add_argument("--only", help="only checks whose title matches this regular expression")
    a = p.parse_args()
    exe = os.path.abspath(os.environ.get("DEBWIZ") or "./debwiz.exe")
    if not shutil.which(WINE) or not any(map(shutil.which, bridge.COMPILERS)):
        print("Wine or its compiler is not installed")
        return 77
    tally = world.Tally(a.only)
    home = os.path.abspath(a.home) if a.home else world.tempfile.mkdtemp(prefix="dwwine-", dir="/var/tmp")
    g = Guests(tally, home, exe)
    world.DEBWIZ = g.world.debwiz_path
    try:
        tally.choose("check", g.checked)
        tally.choose("prepare", g.prepared)
        if os.environ.get("DEBWIZ_LINUX"):
            tally.choose("image equal to that of this host", g.same_image)
        for title, m in (("uefi", g.m), ("direct", g.direct)):
            tally.choose(title + ": up to the login prompt", g.up, m)
            tally.choose(title + ": the log of its console", g.console, m)
            tally.choose(title + ": a command by the console", g.execs, m)
            tally.choose(title + ": ssh", g.ssh, m)
            if title == "direct":
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
