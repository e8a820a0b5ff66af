# SPDX-License-Identifier: MIT
"""Command lines of a running machine on a terminal and in a pipe: how far a suspension is, Ctrl-C in it,
and `list --watch`. A supervisor with a QEMU that plays a script."""
import json
import os
import re
import select
import signal
import subprocess
import sys
import time

import lib

UP = """up
serial m login:\\x20
"""
SUSPENDING = UP + """C qom-get
R "virt-7.2-machine"
C stop
E STOP
R
C getfd
R
C migrate-set-capabilities
R
C migrate-set-parameters
R
C migrate
fill 1000
R
E MIGRATION {"status": "active"}
"""
AMOUNT = '{"status": "active", "ram": {"total": 1073741824, "remaining": 268435456}}'
CANCELLED = SUSPENDING + "until migrate_cancel %s" % AMOUNT + """
R
E MIGRATION {"status": "cancelled"}
C cont
E RESUME
R
serve
"""
DONE = SUSPENDING + """C query-migrate
R %s
C query-migrate
R %s
E MIGRATION {"status": "completed"}
C quit
R
E SHUTDOWN {"guest": false, "reason": "host-qmp-quit"}
exit 0
""" % (AMOUNT, AMOUNT)


class Machine:
    """The machine NAME of this home, whose QEMU plays a script."""

    def __init__(self, home, script, name="m"):
        self.home, self.name = home, name
        home.machine(name)
        self.dir = os.path.join(home.root, "data", "debwiz", "machines", name)
        runtime = os.path.join(home.run, name)
        os.makedirs(self.dir, 0o700)
        os.mkdir(runtime, 0o700)
        play = os.path.join(runtime, "play")
        with open(play, "w", encoding="utf-8") as out:
            out.write(script)
        argv = [sys.executable, os.path.join(lib.SRC, "tests", "fake", "qemu.py"), play]
        for port in ("qmp", "serial", "progress"):
            argv += ["-chardev", "%s,id=%s,path=%s" % ("pipe" if port == "serial" else "socket", port,
                                                  os.path.join(runtime, port))]
        request = os.path.join(runtime, "start.json")
        with open(request, "w", encoding="utf-8") as out:
            json.dump({"format": 1, "name": name, "dir": self.dir, "runtime_dir": runtime,
                       "what": "running", "accel": "tcg", "argv": argv}, out)
        self.supervisor = subprocess.Popen([lib.DEBWIZ, "supervise", request], env=home.env,
                                           stdin=subprocess.DEVNULL, start_new_session=True)

    def state(self):
        try:
            with open(os.path.join(self.dir, "run.json"), encoding="utf-8") as run:
                return json.load(run)["state"]
        except OSError:
            return None

    def close(self):
        subprocess.run([lib.DEBWIZ, "kill", self.name], env=self.home.env, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        try:
            self.supervisor.wait(lib.LIMIT)
        except subprocess.TimeoutExpired:
            self.supervisor.kill()
            self.supervisor.wait()


class Lines(lib.Case):
    def machine(self, script, home=None, name="m"):
        home = home or self.home()
        m = Machine(home, script, name)
        self.addCleanup(m.close)
        self.becomes(m, "running")
        return m

    def becomes(self, m, state):
        end = time.monotonic() + lib.LIMIT
        while m.state() != state:
            self.assertLess(time.monotonic(), end, "it is %s" % m.state())
            select.select([], [], [], 0.01)

    def run_it(self, m, *args):
        done = subprocess.run([lib.DEBWIZ, *args], env=m.home.env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        return done

    def test_suspend_shows_how_far(self):
        m = self.machine(CANCELLED)
        s = self.screen(m.home, "suspend", "m")
        s.wait("m: writing its memory, 768.0 M of 1.0 G")
        s.key("C-c")
        s.wait("suspending m was cancelled; it goes on", gone="768.0 M")
        self.assertEqual(s.wait_end(), 130)
        self.becomes(m, "running")
        self.assertNotIn("suspend.state.part", os.listdir(m.dir))

    def test_suspend_to_the_end(self):
        m = self.machine(DONE)
        s = self.screen(m.home, "suspend", "m")
        s.wait("m is suspended; its next boot goes on from here", gone="768.0 M")
        self.assertEqual(s.wait_end(), 0)
        self.assertIn(b"writing its memory, 768.0 M of 1.0 G", s.raw())

    def test_suspend_events(self):
        m = self.machine(DONE)
        done = self.run_it(m, "suspend", "m", "--json")
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(events[0], {"event": "progress", "name": "m", "state": "suspending",
                                     "done": 805306368, "total": 1073741824})
        self.assertEqual(events[-1], {"event": "suspended", "name": "m"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_watch_on_a_terminal(self):
        m = self.machine(UP + "serve\n")
        self.machine(UP + "serve\n", m.home, "a-second-one")
        s = self.screen(m.home, "list", "--watch", columns=120)
        s.wait(re.compile(r"^m .*running", re.M), "a-second-one")
        self.assertEqual(self.run_it(m, "pause", "m").returncode, 0)
        s.wait(re.compile(r"^m .*paused .*paused by request", re.M))
        self.assertEqual(s.text().count("NAME"), 1, s.text())       # in its place, once
        m.home.machine("third")
        s.wait(re.compile(r"^third ", re.M))
        s.key("C-c")
        self.assertEqual(s.wait_end(), -signal.SIGINT)
        s = self.screen(m.home, "list", "--watch", rows=6, columns=60)
        s.wait("and 2 more")        # each row takes two of the terminal's: the rest is counted
        self.assertTrue(s.text().startswith("NAME"), s.text())

    def test_watch_in_a_pipe(self):
        """A row for each change, nothing else; events as well."""
        m = self.machine(UP + "serve\n")
        for json_too in (False, True):
            watch = subprocess.Popen([lib.DEBWIZ, "list", "--watch", *(["--json"] * json_too)],
                                     env=m.home.env, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, text=True)
            self.addCleanup(watch.stdout.close)
            self.addCleanup(watch.wait)
            self.addCleanup(watch.kill)
            first = [watch.stdout.readline() for _ in range(1 if json_too else 2)][-1]
            self.assertEqual(self.run_it(m, "pause", "m").returncode, 0)
            second = watch.stdout.readline()
            self.assertEqual(self.run_it(m, "resume", "m").returncode, 0)
            third = watch.stdout.readline()
            if json_too:
                first, second, third = (json.loads(x)["state"] for x in (first, second, third))
            self.assertIn("running", first)
            self.assertIn("paused", second)
            self.assertIn("running", third)
            self.assertNotIn("\033", str([first, second, third]))


if __name__ == "__main__":
    lib.main()
