# SPDX-License-Identifier: MIT
"""
A running machine as a person has it (issue "The running machine", its part on the real thing):
looked at and typed into on pseudo-terminals, its TUI, its supervisor and its QEMU killed, suspended,
gone back with, stopped while it is deaf. Needs the tests' terminal (tests/tui/term, libvterm).

Each check takes a Life, raises world.Failed or AssertionError, may return a text.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

import guest
from world import SRC, Failed, Machine, need, same, until

for folder in ("tui", "lib"):
    sys.path.insert(0, os.path.join(SRC, "tests", folder))
import exposure                     # noqa: E402
import lib                          # noqa: E402 the terminal of the tests

NAME = "life"
MINUTES = 60
PASSWORD = "open 7 sesame"
# A job that reports its progress, and proves that it is still the same process.
JOB = "i=0; while sleep 1; do i=$((i + 1)); echo \"$$ $i\" >~/job; echo \"tick $i\"; done"


class Life:
    """The machine, and the screens that look at it."""

    def __init__(self, world, machine):
        self.world, self.m = world, machine
        self.screens = []
        self.root = world.home      # root, env: the members of a home that lib.Screen uses
        self.env = dict(world.env, TERM="xterm-256color")

    def attach(self, rows=24, columns=80):
        self.world.use(["console", self.m.name])
        s = lib.Screen(self, "console", self.m.name, rows=rows, columns=columns)
        self.screens.append(s)
        s.wait("%s ●" % self.m.name, "^A", limit=MINUTES)
        return s

    def detach(self, s):
        s.key("C-a", "d")
        same(s.wait_end(), 0, "status of the console that was left")
        self.close(s)

    def close(self, s):
        self.screens.remove(s)
        s.close()

    def close_all(self):
        for s in list(self.screens):
            self.close(s)

    # ---- the guest ---------------------------------------------------------------------------
    def job(self):
        """(pid of the job's shell, its progress)"""
        pid, count = self.m.sh("cat job").split()
        return pid, int(count)

    def job_goes_on(self, before, seconds=120):
        """The same job, further than that."""
        def further():
            pid, count = self.job()
            same(pid, before[0], "the job's process")
            return count > before[1] and (pid, count)
        return until(further, seconds, "the job stands", 1)

    # ---- the host ----------------------------------------------------------------------------
    def qemus(self):
        """Pids of all processes of this user that have the machine's disk open."""
        disk = os.stat(os.path.join(self.m.folder, "disk.qcow2"))
        found = set()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            folder = "/proc/%s/fd" % pid
            try:
                for name in os.listdir(folder):
                    info = os.stat(os.path.join(folder, name))
                    if (info.st_dev, info.st_ino) == (disk.st_dev, disk.st_ino):
                        found.add(int(pid))
            except OSError:
                continue
        return sorted(found)

    def end_of(self, pid, seconds=60):
        until(lambda: not os.path.exists("/proc/%d" % pid), seconds, "pid %d does not end" % pid,
              0.05)


def dressed(life):
    """The programs that people look at, from the archive; a password for the login prompt."""
    m, said = life.m, None
    if m.ssh("command -v htop && command -v vim.basic").status != 0:    # else: a home that was kept
        said = guest.apt_update(m)
        m.sh(guest.QUIET + "apt-get install -y --no-install-recommends htop vim </dev/null")
    m.sh("echo '%s:%s' | sudo chpasswd" % (m.user, PASSWORD))
    return said


def logs_in(life):
    """Attached: the size is the guest's, and a login by name and password."""
    s = life.attach()
    s.key("C-c", "Enter")
    s.wait("$", limit=MINUTES)
    s.type("stty size; echo $TERM\r")
    s.wait(re.compile(r"^23 80\s*$", re.M), re.compile(r"^xterm-256color\s*$", re.M), limit=MINUTES)
    s.type("clear; exec sudo login\r")
    # login forgets what was typed before it asks
    s.wait(re.compile(r"^%s login:\s*$" % life.m.name, re.M), gone="automatic", limit=2 * MINUTES)
    s.type(life.m.user + "\r")
    s.wait("Password:", limit=2 * MINUTES)
    s.type(PASSWORD + "\r")
    s.wait(re.compile(r"%s@%s:~\$" % (life.m.user, life.m.name)), limit=2 * MINUTES)
    need(PASSWORD not in s.text(), "the password is on the screen")
    life.first = s


def runs_htop(life, s, rows):
    s.type("htop\r")
    s.wait("Load average", "PID", "F10Quit", limit=2 * MINUTES)
    lines = s.lines()[:rows]
    need(lines[-2].startswith("F1Help") or lines[-1].startswith("F1Help"),
         "htop's keys are not in its last row:\n%s", s.text())
    need(any(cell[2] != "-" for row in s.attrs() for cell in row.values()), "htop has no colours")
    s.type("q")     # an F10 that arrives in pieces is none to htop, and emulation is slow
    s.wait("$", gone="F10Quit", limit=MINUTES)


def runs_vim(life, s, rows, columns):
    name, text = "note-%d" % columns, "written at %d columns" % columns
    s.type("rm -f %s; vim -u NONE -N %s\r" % (name, name))
    s.until(lambda screen: '"%s" [New' % name in screen and
            sum(line.startswith("~") for line in screen.splitlines()) == rows - 2,
            "an empty file in vim, %d rows of it" % (rows - 2), 2 * MINUTES)
    s.type("i" + text)
    s.wait(text)
    s.key("Esc")
    s.type(":wq\r")
    s.until(lambda screen: "\n~" not in screen and "$" in screen, "the end of vim", MINUTES)
    same(life.m.sh("cat " + name), text, "what vim wrote")


def looked_at(life):
    runs_htop(life, life.first, 23)
    runs_vim(life, life.first, 23, 80)


def resized(life):
    """The window becomes larger, and the guest's screen by the resize action."""
    s = life.first
    s.resize(40, 132)
    s.wait("%s ●" % life.m.name)
    s.key("C-a", "z")
    s.wait("Type stty")
    s.key("Right", "Enter")
    s.wait("39x132", limit=MINUTES)
    s.type("clear; stty size\r")
    s.wait(re.compile(r"^39 132\s*$", re.M), limit=MINUTES)
    runs_htop(life, s, 39)
    runs_vim(life, s, 39, 132)


def left_and_back(life):
    """A job in the foreground; the console is left, and attached to from another terminal."""
    s = life.first
    s.type("clear; %s\r" % JOB)
    s.wait("tick 2", limit=MINUTES)
    life.detach(s)
    before = life.job()
    s = life.attach(40, 132)
    s.wait("tick %d" % (before[1] + 2), limit=MINUTES)
    life.first = life.attach()      # and from a third, which types from now on
    s.wait("Another console has taken the keyboard", limit=MINUTES)
    life.other = s
    return "job at %d" % life.job_goes_on(before)[1]


def tui_killed(life):
    """The TUI that types is killed: the machine keeps running, and the other TUI keeps watching."""
    before, pid = life.job(), life.m.status()["qemu_pid"]
    os.kill(life.first.pid(), signal.SIGKILL)
    same(life.first.wait_end(), -signal.SIGKILL, "how the console ended")
    life.close(life.first)
    after = life.job_goes_on(before)
    life.other.wait("tick %d" % (after[1] + 1), limit=MINUTES)
    status = life.m.status()
    same((status["state"], status["qemu_pid"], status["supervised"]), ("running", pid, True),
         "state, QEMU, supervised")


def supervisor_killed(life):
    """Another supervisor takes over the same QEMU; there is never a second one."""
    before, pid = life.job(), life.m.status()["qemu_pid"]
    old = life.m.record()["supervisor_pid"]
    same(life.qemus(), [pid], "who has the disk open")
    os.kill(old, signal.SIGKILL)
    life.end_of(old)
    status = life.m.status()        # looks, and starts nothing
    same((status["state"], status["qemu_pid"], status["supervised"]), ("running", pid, False),
         "state, QEMU, supervised without a supervisor")
    # in parallel: one of them starts the supervisor, none a QEMU
    many = [subprocess.Popen([lib.DEBWIZ, *words], env=life.world.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for words in (["boot", life.m.ini], ["snapshot", NAME, "list"], ["resume", NAME])]
    said = [p.communicate(timeout=10 * MINUTES)[0] for p in many]
    need(all(p.returncode == 0 for p in many), "what came meanwhile: %r", said)
    new = life.m.record()["supervisor_pid"]
    need(new != old, "it is the supervisor that was killed")
    status = life.m.status()
    same((status["state"], status["qemu_pid"], status["supervised"]), ("running", pid, True),
         "state, QEMU, supervised by the new one")
    same(life.qemus(), [pid], "who has the disk open afterwards")
    life.close_all()
    s = life.first = life.attach()
    s.wait("tick", limit=MINUTES)   # the screen as it was, from the log
    after = life.job_goes_on(before)
    s.wait("tick %d" % (after[1] + 1), limit=MINUTES)
    return "supervisor %d to %d, QEMU still %d" % (old, new, pid)


def exposed(life):
    """Nothing of it can be reached or read by others; each fault of that kind would be seen."""
    pids = [life.m.record()["supervisor_pid"], life.m.status()["qemu_pid"]]
    folders = [life.m.folder, os.path.join(life.world.runtime, "debwiz")]
    # a guest's own conversations have unconnected UDP sockets in QEMU, as on any host
    bad, good = exposure.listeners(pids, udp=False)
    unreadable, count = exposure.files(*folders)
    need(not bad and not unreadable, "\n".join(bad + unreadable))
    need(len(good) >= 4 and count > 10, "only seen: %r, %d files", good, count)
    return "%d listeners, %d files" % (len(good), count)


def suspended(life):
    """With the job running; the next boot resumes it."""
    before = life.job()
    life.close_all()
    begin = time.monotonic()
    life.world.debwiz("suspend", NAME).ok()
    took = time.monotonic() - begin
    status = life.m.status()
    same((status["state"], status["alive"]), ("suspended", False), "state, alive")
    same(life.qemus(), [], "who has the disk open")
    size = os.stat(os.path.join(life.m.folder, "suspend.state")).st_size
    time.sleep(10)                  # longer than the clock may be off by
    begin = time.monotonic()
    life.world.debwiz("boot", life.m.ini).ok()
    booted = time.monotonic() - begin
    s = life.first = life.attach()
    s.wait("tick", limit=MINUTES)
    after = life.job_goes_on(before)
    need(not os.path.exists(os.path.join(life.m.folder, "suspend.json")), "suspend.json is left")
    return "%.1f s to disk (%d MiB), %.1f s to running; job %d to %d; %s" % (
        took, size >> 20, booted, before[1], after[1], guest.clock(life.m))


def paused(life):
    """Longer than the clock may be off by."""
    life.world.debwiz("pause", NAME).ok()
    time.sleep(10)
    life.world.debwiz("resume", NAME).ok()
    return guest.clock(life.m)


def live_prompt(life):
    """From `resume` to a prompt that answers what is typed."""
    s = life.first
    s.key("C-c", "Enter")
    s.type("clear; echo at-the-prompt\r")
    s.wait(re.compile(r"^at-the-prompt\s*$", re.M), limit=MINUTES)
    life.close_all()
    life.world.debwiz("suspend", NAME).ok()
    begin = time.monotonic()
    life.world.debwiz("resume", NAME).ok()
    s = life.first = life.attach()
    s.type("echo live-$((6 * 7))\r")
    s.wait("live-42", limit=MINUTES)
    took = time.monotonic() - begin
    s.type("clear; %s\r" % JOB)
    s.wait("tick 2", limit=MINUTES)
    return "%.1f s" % took


def reverted(life):
    """Changes since the snapshot are gone, on disk and in memory; earlier ones exist."""
    m = life.m
    m.sh("echo before >mark; sync")
    before = life.job()
    m.world.debwiz("snapshot", NAME, "create", "early").ok()
    life.job_goes_on(before)
    m.sh("echo after >mark; echo more >later; sync; sleep 5")
    late = life.job()
    listed = m.world.debwiz("snapshot", NAME, "list", "--json").ok().events()
    same([(e["tag"], e["memory"]) for e in listed], [("early", True)], "the list of snapshots")
    m.world.debwiz("snapshot", NAME, "revert", "early").ok()
    same(m.sh("cat mark; ls later 2>/dev/null || true"), "before", "the file")
    again = life.job()
    same(again[0], before[0], "the job's process")
    need(again[1] < late[1] + 1, "the job is at %d, it was at %d", again[1], late[1])
    life.job_goes_on(again)
    guest.clock(m)
    m.world.debwiz("snapshot", NAME, "delete", "early").ok()
    return "job %d, then %d, then %d" % (before[1], late[1], again[1])


def stop_deaf(life):
    """A guest that ignores the power button is ended by the ladder's next rung, and that is said."""
    m = life.m
    m.sh("printf '[Login]\\nHandlePowerKey=ignore\\n' | sudo tee /etc/systemd/logind.conf.d/deaf.conf"
         " || { sudo mkdir -p /etc/systemd/logind.conf.d;"
         " printf '[Login]\\nHandlePowerKey=ignore\\n' |"
         " sudo tee /etc/systemd/logind.conf.d/deaf.conf; }")
    m.sh("sudo systemctl restart systemd-logind; sync")
    s, pid = life.first, m.status()["qemu_pid"]
    stop = subprocess.Popen([lib.DEBWIZ, "stop", NAME], env=life.world.env,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    said = stop.communicate(timeout=10 * MINUTES)[0]
    same(stop.returncode, 0, "status of stop: %s" % said)
    life.end_of(pid)
    status = m.status()
    same(status["state"], "off", "state")
    need("did not power off" in status["detail"], "cause: %s", status["detail"])
    need(json.dumps(said).count("quit") or "QEMU" in said, "stop does not tell its rungs: %s", said)
    s.wait("did not power off")
    life.close_all()
    return said.strip().splitlines()[-1]


def qemu_killed(life):
    """QEMU dies while a console looks on: both the console and status show the reason."""
    m = life.m
    m.up()
    s = life.attach()
    pid = m.status()["qemu_pid"]
    os.kill(pid, signal.SIGKILL)
    s.wait("signal 9", limit=MINUTES)
    s.key("C-a", "d")
    s.wait_end()
    status = m.await_state(("failed", "off"))
    same((status["state"], status["cause_id"], status["alive"]), ("failed", "qemu-killed", False),
         "state, cause, alive")
    need("signal 9" in status["detail"], "cause: %s", status["detail"])
    need(status["ended"] >= status["started"] > 0, "when: %r", status)
    return status["detail"]


def both_killed(life):
    """Supervisor and QEMU both: the next command reports it; the next boot needs no help."""
    m = life.m
    m.up()
    record = m.record()
    for key in ("supervisor_pid", "qemu_pid"):
        os.kill(record[key], signal.SIGKILL)
    life.end_of(record["qemu_pid"])
    status = m.await_state(("failed",))
    same(status["cause_id"], "lost", "cause")
    m.up()
    same(len(life.qemus()), 1, "number of QEMUs")
    m.world.debwiz("kill", NAME).ok()
    return status["detail"]


STEPS = (
    ("htop and vim are installed, a password set", dressed),
    ("attached and logged in by name and password", logs_in),
    ("htop and vim at 80x24", looked_at),
    ("resized, and the guest with it: htop and vim at 132x40", resized),
    ("detached, and attached from another terminal; a third one watches", left_and_back),
    ("the TUI is killed, the machine keeps running", tui_killed),
    ("the supervisor is killed, another one takes over", supervisor_killed),
    ("not reachable or readable by others", exposed),
    ("paused and resumed: the clock is set", paused),
    ("suspended and resumed with a running job", suspended),
    ("suspended at a prompt: answers after resume", live_prompt),
    ("a snapshot is created and reverted to", reverted),
    ("stopped while the guest ignores the power button", stop_deaf),
    ("QEMU is killed: console and status show the cause", qemu_killed),
    ("supervisor and QEMU are killed: reported, and booted again", both_killed),
)


def guarded(check, life):
    try:
        return check(life)
    except AssertionError as why:
        raise Failed(str(why)) from None


def lived(t, world, example="armhf-bookworm"):
    """All of it, on one machine; a step that fails ends it, for the next ones build on it."""
    if not os.access(lib.TERM, os.X_OK):
        t.run("a running machine", missing)
        return
    # whoever starts it may have any umask
    old = os.umask(0)
    life = Life(world, Machine(world, example, name=NAME))
    try:
        if t.run("%s: up" % NAME, lambda: life.m.up() and None):
            t.run("%s: ssh" % NAME, guest.ssh, life.m)
            for title, check in STEPS:
                if not t.run("%s: %s" % (NAME, title), guarded, check, life):
                    break
    finally:
        os.umask(old)
        life.close_all()
        world.debwiz("kill", NAME)


def missing():
    raise Failed("there is no %s: make check builds it" % lib.TERM)
