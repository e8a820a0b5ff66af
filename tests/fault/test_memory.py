#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
An allocation fails, in the most frequent verbs. The program ends in an orderly
way and reports it, or does what it does without the fault; nothing is changed by half, nothing is held.

Environment: DEBWIZ_OOM=N tries every Nth allocation of a verb (default: the first ones and about thirty
others; 1 takes hours).
"""
import fcntl
import os
import re
import signal
import subprocess
import sys
import unittest

import lib

EVERY = int(os.environ.get("DEBWIZ_OOM") or 0)
FIRST, MORE = 8, 30
UP = """up
serial m login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae
serve
"""
STATUSES = (1, 2, 3, 4, 5, 7, 8)
WORDS = re.compile(r"[Oo]ut of memory|memory")


def numbers(count, more=MORE):
    if EVERY:
        return range(1, count + 1, EVERY)
    some = {min(n, count) for n in range(1, FIRST + 1)}
    return sorted(some | {1 + count * i // more for i in range(more)})


class Memory(lib.Case):
    @staticmethod
    def make():
        if lib.is_sanitized():
            raise unittest.SkipTest("a sanitizer has allocators of its own")
        world = lib.World(("bookworm",))
        world.oom = os.path.join(world.tmp, "oom.so")
        done = subprocess.run([*lib.compiler(), "-D_GNU_SOURCE", "-O1", "-shared",
                               "-fPIC", "-o", world.oom, os.path.join(lib.HERE, "oom.c")],
                              check=False)
        if done.returncode:
            world.close()
            raise unittest.SkipTest("oom.c cannot be compiled here")
        return world

    # ---- the fault ---------------------------------------------------------------------------
    def arm(self, box, at, goes_on=False):
        count = os.path.join(box.root, "count")
        with open(count, "wb") as out:
            out.write(bytes(8))
        # with USER glibc's name service switch, which crashes when it gets no memory, is not asked
        box.env.update(LD_PRELOAD=self.world.oom, OOM_NAME=os.path.basename(lib.DEBWIZ),
                       OOM_COUNT=count, OOM_AT=str(at), USER="build")
        if goes_on:
            box.env["OOM_ON"] = "yes"

    @staticmethod
    def disarm(box):
        for name in [n for n in box.env if n.startswith("OOM_") or n == "LD_PRELOAD"]:
            del box.env[name]

    @staticmethod
    def count(box):
        with open(os.path.join(box.root, "count"), "rb") as number:
            return int.from_bytes(number.read(), sys.byteorder)

    # ---- Z -----------------------------------------------------------------------------------
    def ended_well(self, result, usual, what):
        """It failed and said so, or its output is what it is without the fault."""
        if result.status == 0:
            self.assertEqual(self.same(result.out), self.same(usual.out), "%s: another answer" % what)
        elif result.status == -signal.SIGABRT:
            # libsolv, and what is written in C++
            self.assertRegex(result.err, WORDS, "%s: aborted without a word" % what)
        else:
            self.assertIn(result.status, STATUSES, "%s: %s" % (what, result))
            self.assertTrue(result.err.strip() or result.error.get("text"), "%s: no word" % what)

    @staticmethod
    def same(text):
        """Without what differs from run to run."""
        return re.sub(r'"(elapsed_ms|took_ms|left_ms|rate|share|started|detail)": ?[^,}]+', "", text)

    def unlocked(self, box):
        with open(os.path.join(box.machine, "lock"), "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def sweep(self, verb, *words):
        """A verb that changes nothing, at many allocations; how often it failed."""
        box = self.world.reads
        self.arm(box, 0)
        usual = box.run(verb, *words)
        self.assertEqual(usual.status, 0, str(usual))
        count, before, failed = self.count(box), box.state(), 0
        for i, number in enumerate(numbers(count)):
            self.disarm(box)
            self.arm(box, number, i % 2 == 1)   # one alone, or all from then on
            what = "%s, allocation %d of %d" % (verb, number, count)
            result = box.run(verb, *words)
            self.ended_well(result, usual, what)
            self.assertEqual(box.processes(), [], what)
            self.unlocked(box)
            failed += result.status != 0
        self.disarm(box)
        self.assertEqual(box.state(), before)
        self.assertEqual(self.same(box.run(verb, *words).out), self.same(usual.out))
        print("%s: %d allocations, %d runs of %d failed" % (verb, count, failed,
                                                            len(numbers(count))))
        return failed

    def setUp(self):
        super().setUp()
        if not hasattr(self.world, "reads"):
            # a port that is chosen at boot is another one each time that a command line is asked for
            self.world.reads = self.box(alone=True, network_forward="")
            self.recovers(self.world.reads)

    # ---- the verbs ---------------------------------------------------------------------------
    def test_reading(self):
        """The control is in the count: without the fault none fails, with it most do."""
        box = self.world.reads
        for verb, words in (("check", [box.ini]), ("command", [box.ini, *box.settings()]),
                            ("list", []), ("status", ["m"]), ("plan", [box.ini, *box.settings()])):
            with self.subTest(verb=verb):
                self.assertGreater(self.sweep(verb, *words), 20)

    def test_boot(self):
        """In the face, in the supervisor: nothing is half-started, and the next boot needs no help."""
        box = self.box(alone=True)
        self.recovers(box)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(UP)
        self.addCleanup(box.run, "kill", "m")
        self.arm(box, 0)
        usual = box.run("boot", box.ini, *box.settings())
        self.assertEqual(usual.status, 0, str(usual))
        count = self.count(box)
        self.disarm(box)
        box.run("kill", "m")
        failed = 0
        for number in numbers(count, 24)[::1 if EVERY else 2]:
            what = "boot, allocation %d of %d" % (number, count)
            self.arm(box, number)
            result = box.run("boot", box.ini, *box.settings())
            self.disarm(box)
            if result.status:
                self.ended_well(result, usual, what)
                failed += 1
            # what runs is known, looked after or not; one word ends it
            lib.poll(lambda: bool(box.processes()) == box.run("status", "m").events[0]["alive"])
            if box.processes():
                self.assertEqual(box.run("kill", "m").status, 0, what)
            self.quiet(box)
            self.unlocked(box)
            self.sound(box)
        print("boot: %d allocations, %d runs failed" % (count, failed))
        self.assertGreater(failed, 5)
        again = box.run("boot", box.ini, *box.settings())
        self.assertEqual(again.status, 0, str(again))
        box.run("kill", "m")
        self.quiet(box)


if __name__ == "__main__":
    lib.main()
