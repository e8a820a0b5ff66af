#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Limited resources: no descriptors 0, 1 and 2, few of them at
all, no further process, and calls that are interrupted over and over.
"""
import itertools
import os
import re
import shutil
import subprocess
import sys
import unittest

import lib

UP = """up
serial m login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae
serve
"""
NEEDS = 64          # descriptors with which everything works
# Calls that a signal interrupts while they wait, and those on files, which none does in practice.
WAITING = ("poll", "epoll_wait", "epoll_pwait", "wait4", "flock", "accept4", "recvmsg", "sendmsg")
# The number is the first: before it the loader opens, which takes it for a missing library.
FILES = {"pwrite64": 1, "openat": 150, "fsync": 1, "ftruncate": 1, "rename": 1}
TROUBLE = re.compile(r"[Tt]oo many open files|[Rr]esource temporarily unavailable|[Oo]ut of memory|"
                     r"cannot|does not|be started|refused")


def shell(limits):
    return ("sh", "-c", limits + '; exec "$@"', "sh")


# Where a shell has no word for it; what it starts has the limit as well.
NO_PROCESS = (sys.executable, "-c", "import os, resource, sys\n"
              "resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))\n"
              "os.execvp(sys.argv[1], sys.argv[1:])")


class Limits(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def boots(self, box, **how):
        """Boots as it should, and is ended."""
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(UP)
        result = box.run("boot", box.ini, *box.settings(), **how)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(lib.CONFIGURED)
        killed = box.run("kill", "m")
        self.quiet(box)
        return result, killed

    # ---- descriptors 0, 1, 2 -----------------------------------------------------------------
    def closed(self, numbers):
        """Whatever is closed at the start: what is written goes to where it belongs, and what cannot be printed is
        an error."""
        box = self.box(warm=True, alone=True)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(UP)
        wrap = shell("exec " + " ".join("%d>&-" % n for n in numbers))
        result = box.run("up", box.ini, *box.settings(), wrap=wrap)
        self.assertEqual(result.status, int(1 in numbers), "%s: %s" % (numbers, result))
        if 1 in numbers:
            self.assertEqual(result.out, "", numbers)
            if 2 not in numbers:
                self.assertIn("cannot write to standard output", result.err)
        else:
            self.assertEqual(result.events[-1]["event"], "up")
        self.sound(box)
        for name in ("console.log", "run.json", "ini", "stamps.json", "ports.json"):
            text = lib.read(os.path.join(box.machine, name))
            self.assertNotIn('"event"', text, "%s got what was to be said" % name)
        self.assertEqual(lib.read(os.path.join(box.machine, "console.log")), "m login: ")
        # the supervisor and QEMU have theirs, too
        for pid in box.processes():
            have = set(os.listdir("/proc/%d/fd" % pid))
            self.assertLessEqual({"0", "1", "2"}, have, "pid %d" % pid)
        self.assertEqual(box.run("kill", "m", wrap=wrap).status, int(1 in numbers))
        self.quiet(box)

    def test_closed(self):
        for count in (1, 2, 3):
            for numbers in itertools.combinations((0, 1, 2), count):
                self.closed(numbers)

    # ---- few of them -------------------------------------------------------------------------
    def few(self, box, number):
        result = box.prepare(wrap=shell("ulimit -n %d" % number))
        if result.status:
            self.assertIn(result.status, (1, 3, 4, 5), str(result))
            self.assertRegex(result.err + str(result.error), TROUBLE, "%d: %s" % (number, result))
        self.quiet(box)
        self.sound(box)
        return result.status

    def test_few_descriptors(self):
        """Every number from those that hardly let it start: a named end or a good one, and the next
        run needs no help. With NEEDS of them it is a good one: the control is that fewer are not."""
        box = self.box(alone=True)
        ends = [self.few(box, n) for n in (*range(4, 24), 26, 29, 32, 40)]
        self.assertGreater(sum(map(bool, ends)), 3, ends)
        shutil.rmtree(box.home)
        os.mkdir(box.home, 0o700)
        self.assertEqual(self.few(box, NEEDS), 0)
        self.good(box, box.prepare())

    def test_few_descriptors_boot(self):
        box = self.box(alone=True)
        self.recovers(box)
        ends = []
        for number in (*range(4, 30, 2), 40):
            result, killed = self.boots(box, wrap=shell("ulimit -n %d" % number))
            ends.append(result.status)
            if result.status:
                self.assertIn(result.status, (1, 3), "%d: %s" % (number, result))
                # a supervisor with one too few drops whoever connects while another one leaves
                self.assertRegex(result.err + str(result.error), TROUBLE.pattern + "|supervisor .* is lost",
                                 "%d: %s" % (number, result))
            self.assertIn(killed.status, (0, 1), str(killed))
            self.sound(box)
        self.assertGreater(sum(map(bool, ends)), 3, ends)
        result, _ = self.boots(box, wrap=shell("ulimit -n %d" % NEEDS))
        self.assertEqual(result.status, 0, str(result))

    # ---- no further process ------------------------------------------------------------------
    def test_no_process(self):
        """fork fails: as many processes are allowed as there are."""
        if os.geteuid() == 0:
            self.skipTest("root may always have another process")
        box = self.box(warm=True, alone=True)
        wrap = NO_PROCESS
        if subprocess.run([*wrap, "sh", "-c", "true & wait"], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0:
            self.skipTest("this host does not limit processes")
        before = box.state()
        result = box.prepare(wrap=wrap)
        self.assertIn(result.status, (1, 3), str(result))
        self.assertRegex(result.err + result.text(), TROUBLE)
        self.quiet(box)
        after = box.state()
        self.assertEqual({path: after.get(path) for path in before}, before)
        self.recovers(box)
        result, _ = self.boots(box, wrap=wrap)
        self.assertIn(result.status, (1, 3), str(result))
        self.assertRegex(result.err + result.text(), TROUBLE)
        result, _ = self.boots(box)
        self.assertEqual(result.status, 0, str(result))

    # ---- interrupted calls -------------------------------------------------------------------
    def interrupted(self, call, every):
        """True if any of that call was interrupted. Calls that wait are only restarted; one on a file may be an error,
        and the next run succeeds without help."""
        box = self.box(warm=True, alone=True)
        log = os.path.join(box.root, "trace")
        wrap = ["strace", "-f", "-qq", "-o", log, "-e", "trace=" + call,
                "-e", "inject=%s:error=EINTR:when=%s" % (call, every)]
        if subprocess.run(wrap + ["true"], stderr=subprocess.DEVNULL, check=False).returncode == 1:
            return False            # no such call here
        before = box.state()
        result = box.prepare(wrap=wrap)
        if result.status == 0 or call in WAITING:
            self.good(box, result)
        else:
            self.z(box, result, result.id, result.status, before)
            self.recovers(box)
        return "(INJECTED)" in lib.read(log)

    def test_interrupted(self):
        """EINTR from each call in turn, every third time."""
        if not lib.can_trace():
            self.skipTest("strace cannot inject here")
        counted = []
        for call in (*WAITING, *FILES):
            with self.subTest(call=call):
                if self.interrupted(call, "%d+3" % FILES.get(call, 1)):
                    counted.append(call)
        self.assertGreater(len(counted), 5, "hardly anything was interrupted")
        print("interrupted: " + " ".join(counted))


if __name__ == "__main__":
    lib.main()
