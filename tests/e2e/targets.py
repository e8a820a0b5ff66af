#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Architectures, releases and ways to boot: each one that debwiz offers, tried for real, and a table of all of them.

    targets.py [ROW...]   ROW: ARCH/RELEASE/MODE, each a name or *: riscv64/trixie/direct, 'amd64/*/uefi'
    --list                the table alone, from what `check` reports; nothing is run
    --profile NAME        packages of the guests (base)
    --home DIR            keep the machines in DIR, and reuse what exists
    --root                run although this is root

A row is tried by: up to the login prompt, a command by ssh, a stop in which the guest powers itself off. Inputs, and what
is removed at the end: as run.py's. Exit status 0 if every row that was tried passed.
"""
import argparse
import fnmatch
import os
import re
import sys
import time

from world import Failed, Tally, World, on_signals, same

MODES = ("direct", "uefi")
INI = """[machine]
format = 1
name = %(name)s
arch = %(arch)s
release = %(release)s
method = bootstrap

[firmware]
mode = %(mode)s

[disk]
size = 12G

[system]
user = build
profile = %(profile)s
"""


# What a guest that powers itself off prints last, by the kernel or by systemd.
POWERED_OFF = re.compile(r"reboot: Power down|reboot: System halted|poweroff\.target|Power-Off")


def reason(text):
    """Of a message of `check`: the first fault, without its place and what to choose instead."""
    text = re.sub(r"^\S+:\d* ", "", text.splitlines()[0])
    return re.sub(r"^[a-z]+\.[a-z]+: |; (choose|write) .*", "", text)


class Row:
    """A kind of machine. `why`: the reason for which it is not offered; `seconds`: of up, ssh and stop."""

    def __init__(self, world, arch, release, mode, profile):
        self.world, self.arch, self.release, self.mode = world, arch, release, mode
        self.name = "-".join((arch, release, mode))
        self.ini = os.path.join(world.inis, self.name + ".ini")
        with open(self.ini, "w", encoding="utf-8") as out:
            out.write(INI % dict(vars(self), profile=profile))
        self.seconds, self.failed = {}, None
        checked = world.debwiz("check", "--json", self.ini)
        events = checked.events()
        self.why = "" if checked.status == 0 else reason(events[-1]["text"])
        self.untried = checked.status == 0 and events[-1]["untried"]

    def fits(self, patterns):
        return not patterns or any(fnmatch.fnmatchcase("/".join((self.arch, self.release, self.mode)), p)
                                   for p in patterns)

    def part(self, name, function):
        begin = time.monotonic()
        got = function()
        self.seconds[name] = time.monotonic() - begin
        return got

    def up(self):
        got = self.world.debwiz("up", "--json", "--wait=login", "--set", "boot.timeout=60m", self.ini)
        if got.status:
            errors = [e.get("text", "") for e in got.events() if e.get("event") == "error"]
            raise Failed("up: %s" % (errors or got.err[-500:]))

    def ssh(self):
        got = self.world.debwiz("ssh", self.name, "--", "dpkg --print-architecture; systemctl --failed --no-legend").ok()
        same(got.out.split("\n", 1), [self.arch, ""], "architecture, and failed units")

    def stop(self):
        """By the guest alone: QEMU is not ended from outside."""
        self.world.debwiz("stop", self.name).ok()
        status = self.world.debwiz("status", "--json", self.name).ok().events()[0]
        same(status["state"], "off", "state")
        log = os.path.join(self.world.data, "machines", self.name, "console.log")
        with open(log, encoding="utf-8", errors="replace") as file:
            if not POWERED_OFF.search(file.read()):
                raise Failed("the guest did not power off: %s" % status["detail"])

    def attempt(self):
        try:
            for name in ("up", "ssh", "stop"):
                self.part(name, getattr(self, name))
        except Failed as fault:
            self.failed = str(fault)
            self.world.debwiz("kill", self.name)
            raise
        return ", ".join("%s %.0f s" % pair for pair in self.seconds.items())

    def result(self):
        if self.why:
            return "not offered: " + self.why
        if self.failed:
            return "FAILED: " + self.failed.splitlines()[0]
        if self.seconds:
            return "login, ssh, clean stop"
        return "untried" if self.untried else "not run"


def every(world, profile):
    arches = [e for e in world.debwiz("arches", "--json", "--offline").events() if "arch" in e]
    releases = [e for e in world.debwiz("releases", "--json", "--offline").events() if "codename" in e]
    return [Row(world, a["arch"], r["codename"], mode, profile) for a in arches for r in releases for mode in MODES]


def table(rows):
    print("%-10s %-9s %-7s %5s %5s %5s  %s" % ("ARCH", "RELEASE", "BOOT", "UP", "SSH", "STOP", "RESULT"))
    told = set()
    for row in rows:
        if row.why.startswith('"%s" is ' % row.arch):       # whatever the release
            if row.arch not in told:
                print("%-10s %-9s %-7s %5s %5s %5s  %s" % (row.arch, "*", "*", "-", "-", "-", row.result()))
            told.add(row.arch)
            continue
        seconds = ["%.0f" % row.seconds[n] if n in row.seconds else "-" for n in ("up", "ssh", "stop")]
        print("%-10s %-9s %-7s %5s %5s %5s  %s" % (row.arch, row.release, row.mode, *seconds, row.result()))
    sys.stdout.flush()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--list", action="store_true")
    p.add_argument("--profile", default="base")
    p.add_argument("--home")
    p.add_argument("--root", action="store_true")
    p.add_argument("rows", nargs="*")
    args = p.parse_args()
    if os.geteuid() == 0 and not (args.root or args.list):
        print("targets.py: the end-to-end checks want an ordinary user (--root runs them all the same)", file=sys.stderr)
        return 2
    t = Tally()
    world = on_signals(World(t, args.home))
    try:
        rows = every(world, args.profile)
        offered = [row for row in rows if not row.why and row.fits(args.rows)]
        if args.list:
            table(row for row in rows if row.fits(args.rows))
            return 0
        for row in offered:
            t.run("%s %s by %s: login, ssh, stop" % (row.arch, row.release, row.mode), row.attempt)
        table(row for row in rows if row.fits(args.rows))
    finally:
        world.close()
    return t.close()


if __name__ == "__main__":
    sys.exit(main())
