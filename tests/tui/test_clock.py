# SPDX-License-Identifier: MIT
"""The host's wall clock jumps by an hour and by ten years, both ways, while a machine is prepared, runs
and is stopped: what is waited for takes as long as before, and no time that is shown
is nonsense. The clock is shifted by a preloaded library, tests/tui/clock.c."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

import lib
import walk
import world

HOUR, YEARS = 3600, 10 * 365 * 86400
JUMPS = (HOUR, -HOUR, YEARS, -YEARS)
SLOW = world.faultlib.CONFIGURED.replace("progress 1 configured", "wait 1500\nprogress 1 configured")
# asked to power down it lets the first deadline pass and ends when it is asked to quit
DEAF = world.BOOTED.replace("serve\n", "C system_powerdown\nR\nC quit\nR\nexit 0\n")


class Clock(world.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(lib.DEBWIZ, "rb") as program:
            if b"__asan_init" in program.read():
                raise unittest.SkipTest("nothing can be preloaded before AddressSanitizer")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.library = os.path.join(folder.name, "clock.so")
        made = subprocess.run([*os.environ.get("CC", "cc").split(), "-shared", "-fPIC", "-o",
                               cls.library, os.path.join(lib.HERE, "clock.c"), "-ldl"],
                              check=False, capture_output=True)
        if made.returncode:
            raise unittest.SkipTest("clock.c cannot be compiled here")

    def clock_home(self):
        home = self.world_home()
        home.clock = os.path.join(home.root, "clock")
        home.set(LD_PRELOAD=self.library, TEST_CLOCK=home.clock)
        self.jump(home, 0)
        return home

    def jump(self, home, seconds):
        with open(home.clock + ".part", "w", encoding="ascii") as out:
            out.write("%d\n" % seconds)
        os.rename(home.clock + ".part", home.clock)

    def test_control_of_clock_jumps(self):
        home = self.clock_home()
        for jump in (0, *JUMPS):
            self.jump(home, jump)
            out = subprocess.run([sys.executable, "-c", "import time; print(time.time())"], check=True,
                                 env=home.env, capture_output=True, text=True).stdout
            self.assertAlmostEqual(float(out), time.time() + jump, delta=60)

    def started(self, home):
        with open(os.path.join(home.box.data, "machines", "armhf-bookworm", "run.json"),
                  encoding="utf-8") as record:
            return json.load(record)["started"]

    def test_clock_jumps_have_no_effect(self):
        for jump in JUMPS:
            with self.subTest(jump=jump):
                self.one(jump)

    def one(self, jump):
        home = self.clock_home()
        home.plays(SLOW)
        s = self.screen(home, *walk.arguments(home), "--set", "boot.timeout=60s")
        walk.questions(s, lambda name, s: None)
        s.key("Right", "Enter")
        s.wait("◐ Configure")
        self.jump(home, jump)
        s.wait("is ready to boot.")
        # how long it has taken: far less than the jump, on a busy host, too
        said = re.search(r"preparing +(?:\d\.\d s|\d\d? s|\d\d? min \d+ s)\n", s.text())
        self.assertTrue(said, s.text())
        self.assertIsNone(re.search(r" [0-9]+:[0-9]{2}| -[0-9]| h ", s.text().split("total")[0]
                                    .split("preparing", 1)[1].split("\n", 1)[1]), s.text())
        home.plays(DEAF)
        self.jump(home, 0)
        s.key("Enter")
        s.wait("Enter boot")
        s.key("Enter")
        s.wait("is up.")
        self.assertAlmostEqual(self.started(home), time.time(), delta=120)
        self.jump(home, jump)
        s.key("Enter")
        s.wait("● running", "Enter console")
        self.assertNotRegex(s.text(), r"-\d+ (min|h|days)")
        s.key("s")
        s.wait("Stopping: the power button is pressed", "at most 3 min")
        self.jump(home, -jump)          # a deadline by the wall clock would pass now, or never
        s.settle(400)
        self.assertTrue(s.has("the power button is pressed"), s.text())
        s.key("K", "Right", "Enter")
        s.wait("Enter boot")
        self.assertNotRegex(s.text(), r"-\d+ (min|h|days)")
        s.key("Esc")
        s.wait("debwiz · machines")
        self.assertNotRegex(s.text(), r"-\d+ (min|h|days)")
        s.key("C-q")
        self.assertEqual(s.wait_end(), 0)


if __name__ == "__main__":
    lib.main()
