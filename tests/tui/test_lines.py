# SPDX-License-Identifier: MIT
"""Command lines of a running machine on a terminal and in a pipe: progress of a suspension, Ctrl-C during it,
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
state
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

RESUMED = """caps
state
C migrate-set-capabilities
R
C migrate-set-parameters
R
C migrate-incoming
R
E MIGRATION {"status": "completed"}
C cont
E RESUME
R
serve
"""

SNAPSHOTS = '[{"node-name": "disk", "image": {"snapshots": [{"id": "1", "name": "old", "vm-state-size": ' \
            '1073741824, "date-sec": 1764000000}]}}]'
# Works until the file `go` exists beside the sockets.
JOB = """C %s
R
E STOP
%s
file go
E JOB_STATUS_CHANGE {"id": "debwiz", "status": "concluded"}
C query-jobs
R [{"id": "debwiz", "status": "concluded"}]
C job-dismiss
R
C query-status
R {"status": "running", "running": true}
"""
LISTED = "C query-named-block-nodes\nR %s\n" % SNAPSHOTS
ASKED = LISTED + "C qom-get\nR \"virt-7.2-machine\"\n"
SAVING = UP + ASKED + JOB % ("snapshot-save", "")
LOADING = UP + ASKED + JOB % ("snapshot-load", "read 629145600")


class Machine:
    """The machine NAME of this home, whose QEMU plays a script."""

    def __init__(self, home, script, name="m"):
        self.home, self.name = home, name
        home.machine(name)
        self.dir = os.path.join(home.root, "data", "debwiz", "machines", name)
        self.runtime = runtime = os.path.join(home.run, "debwiz", name)
        os.makedirs(self.dir, 0o700)
        for folder in (os.path.dirname(runtime), runtime):
            os.makedirs(folder, 0o700, exist_ok=True)
        self.play = os.path.join(runtime, "play")
        self.plays(script)
        argv = [sys.executable, os.path.join(lib.SRC, "tests", "fake", "qemu.py"), self.play]
        for port in ("qmp", "serial", "progress"):
            argv += ["-chardev", "%s,id=%s,path=%s" % ("pipe" if port == "serial" else "socket", port,
                                                  os.path.join(runtime, port))]
        request = os.path.join(runtime, "start.json")
        with open(request, "w", encoding="utf-8") as out:
            json.dump({"format": 1, "name": name, "dir": self.dir, "runtime_dir": runtime,
                       "what": "running", "accel": "tcg", "argv": argv}, out)
        self.supervisor = subprocess.Popen([lib.DEBWIZ, "supervise", request], env=home.env,
                                           stdin=subprocess.DEVNULL, start_new_session=True)

    def plays(self, script):
        """What its QEMU does when it is started next."""
        with open(self.play, "w", encoding="utf-8") as out:
            out.write(script)

    def state(self):
        try:
            with open(os.path.join(self.dir, "run.json"), encoding="utf-8") as run:
                return json.load(run)["state"]
        except OSError:
            return None

    def go_on(self):
        with open(os.path.join(self.runtime, "go"), "wb"):
            pass

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
                              capture_output=True, text=True, timeout=lib.LIMIT, check=False)
        return done

    def test_suspend_shows_progress(self):
        m = self.machine(CANCELLED)
        s = self.screen(m.home, "suspend", "m")
        s.wait("m: writing its memory, 768.0 M of 1.0 G")
        s.key("C-c")
        s.wait("suspending m was cancelled; it keeps running", gone="768.0 M")
        self.assertEqual(s.wait_end(), 130)
        self.becomes(m, "running")
        self.assertNotIn("suspend.state.part", os.listdir(m.dir))

    def test_suspend_to_the_end(self):
        m = self.machine(DONE)
        s = self.screen(m.home, "suspend", "m")
        s.wait("m is suspended; its next boot resumes it", gone="768.0 M")
        self.assertEqual(s.wait_end(), 0)
        self.assertIn(b"writing its memory, 768.0 M of 1.0 G", s.raw())

    def test_suspended_can_only_resume(self):
        """The screens refuse what the verbs refuse; a boot begins with the start."""
        m = self.machine(DONE)
        self.assertEqual(self.run_it(m, "suspend", "m").returncode, 0)
        with open(os.path.join(m.dir, "disk.qcow2"), "wb"):
            m.plays(RESUMED)
        other = ["--set", "cpu.memory=256M"]
        refused = [self.run_it(m, *words).returncode for words in (["prepare", "m"], ["boot", "m", *other])]
        self.assertEqual(refused, [7, 7])
        for words, key in ((other, "b"), ([], "p")):
            s = self.screen(m.home, "open", "m", *words)
            s.wait("suspended")
            s.key(key)
            s.wait("m is suspended: nothing may change until it was resumed", "debwiz kill m")
            s.key("Enter")
        s.wait("suspended", gone="nothing may change")
        s.key("b")
        s.wait("✓ Start", "m is up.", gone="Accelerator")
        self.leave(s)

    def test_suspend_events(self):
        m = self.machine(DONE)
        done = self.run_it(m, "suspend", "m", "--json")
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(events[0], {"event": "progress", "name": "m", "state": "suspending",
                                     "done": 805306368, "total": 1073741824})
        self.assertEqual(events[-1], {"event": "suspended", "name": "m"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_revert_shows_progress(self):
        m = self.machine(LOADING + "serve\n")
        s = self.screen(m.home, "snapshot", "m", "revert", "old")
        s.wait(re.compile(r"m: loading the snapshot, 60[0-9]\.[0-9] M of 1\.0 G"))
        m.go_on()
        s.wait("m: the snapshot old is what the machine is again", gone="loading")
        self.assertEqual(s.wait_end(), 0)

    def test_create_shows_progress(self):
        m = self.machine(SAVING + "serve\n")
        disk = os.path.join(m.dir, "disk.qcow2")
        s = self.screen(m.home, "snapshot", "m", "create", "new")
        s.wait("m: writing the snapshot, 0 B")
        with open(disk, "wb") as out:
            out.write(b"x" * (3 << 20))
        s.wait("m: writing the snapshot, 3.0 M")
        m.go_on()
        s.wait("m: the snapshot new was created", gone="writing")
        self.assertEqual(s.wait_end(), 0)

    def test_snapshot_not_waited_for(self):
        """Ctrl-C: reports what continues; nothing is left incomplete, and the next snapshot works."""
        for script, act, tag, word in ((SAVING, "create", "new", "created"), (LOADING, "revert", "old", "loaded")):
            with self.subTest(act):
                m = self.machine(script + "serve\n")
                s = self.screen(m.home, "snapshot", "m", act, tag)
                s.wait("the snapshot, ")
                s.key("C-c")
                s.wait("m: the snapshot %s is still being %s" % (tag, word), "debwiz snapshot m list",
                       gone="the snapshot, ")
                self.assertEqual(s.wait_end(), 130)
                busy = self.run_it(m, "pause", "m")
                self.assertEqual(busy.returncode, 7, busy.stderr)
                m.go_on()
                end = time.monotonic() + lib.LIMIT
                while self.run_it(m, "pause", "m").returncode:
                    self.assertLess(time.monotonic(), end)
                self.assertEqual(self.run_it(m, "status", "m", "--json").returncode, 0)

    def test_screens_show_progress(self):
        """The machine's own screen, its console and its snapshots: while it takes, and no longer."""
        m = self.machine(CANCELLED)
        look = self.screen(m.home, "console", "m", columns=100)
        look.wait("running", "^A ? keys")
        s = self.screen(m.home, "m")
        s.wait("debwiz · m", "S suspend")
        s.key("S")
        s.wait("writing its memory, 768.0 M of 1.0 G")
        look.wait("suspending", "writing its memory, 768.0 M of 1.0 G")
        cancel = self.screen(m.home, "suspend", "m")    # another's: it is busy, and that changes nothing
        self.assertEqual(cancel.wait_end(), 7, cancel.text())
        m.close()
        look.wait("killed", gone="writing its memory")
        s.wait("killed", gone="writing its memory")

    def test_snapshots_show_progress(self):
        m = self.machine(UP + LISTED + ASKED + JOB % ("snapshot-load", "read 629145600") + LISTED + "serve\n")
        s = self.screen(m.home, "m", columns=120)
        s.wait("debwiz · m", "t snapshots")
        s.key("t")
        s.wait("disk and memory, 1.0 G")
        s.key("R", "Right", "Enter")
        s.wait("Type the machine's name")
        s.type("m")
        s.key("Enter")
        s.wait(re.compile(r"The machine is being reverted … loading the snapshot, 60[0-9]\.[0-9] M of 1\.0 G"))
        m.go_on()
        s.wait("old is what the machine is again.", gone="loading")

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
