# SPDX-License-Identifier: MIT
"""
Shared by the end-to-end checks: a private home, the real program in it, machines by name, and the number
of checks.

Inputs: environment DEBWIZ (the program, default ./debwiz), srcdir (default: two folders up).
The archive is the one that this host's apt uses; QEMU is real. Nothing asserts a time: machines are slow and
shared. Deadlines only end what hangs.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import offered

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.abspath(os.environ.get("srcdir") or os.path.join(HERE, "..", ".."))
DEBWIZ = os.path.abspath(os.environ.get("DEBWIZ") or "./debwiz")
EXAMPLES = os.path.join(SRC, "assets", "examples")
HOUR = 3600
BOOT = "40m"                        # boot.timeout of every machine here
GIB = 1 << 30


class Failed(Exception):
    """A check did not hold; the text says what was seen."""


def need(truth, text, *values):
    if not truth:
        raise Failed(text % values if values else text)


def same(got, wanted, what):
    need(got == wanted, "%s is %r, not %r", what, got, wanted)


def until(fine, seconds, text, every=0.3):
    """What fine() gives once that is true; Failed when it never is. `text` may be a function."""
    end = time.monotonic() + seconds
    while True:
        got = fine()
        if got:
            return got
        need(time.monotonic() < end, "%s", text() if callable(text) else text)
        time.sleep(every)


class Tally:
    """Runs checks, prints a line for each, counts them."""

    def __init__(self, only=None):
        """`only`: a regular expression for the titles that choose() runs; None: all of them."""
        self.only = only and re.compile(only)
        self.passed = self.failed = 0
        self.begin = time.monotonic()
        self.seen = offered.Seen()

    def note(self, text):
        for line in str(text).splitlines():
            print("# " + line, flush=True)

    def chosen(self, titles):
        """Whether one of them is."""
        return not self.only or any(self.only.search(title) for title in titles)

    def choose(self, title, check, *args):
        """As run(), if the check was chosen."""
        return self.run(title, check, *args) if self.chosen([title]) else None

    def run(self, title, check, *args):
        """True when the check holds. It may return a text, which is shown beside its name. The table of
        what is offered (offered.py) knows it by its name; that of a wrapper's first argument counts."""
        number = self.passed + self.failed + 1
        begin = time.monotonic()
        text, why = None, None
        inner = args[0] if args and callable(args[0]) else check
        self.seen.begin("%s.%s" % (inner.__module__, inner.__name__))
        try:
            text = check(*args)
        except Failed as fault:
            why = str(fault)
        except (OSError, ValueError, KeyError, IndexError, subprocess.SubprocessError) as fault:
            why = "%s: %s" % (type(fault).__name__, fault)
        self.seen.end(not why)
        took = time.monotonic() - begin
        more = ": %s" % text if isinstance(text, str) else ""
        print("%sok %d - %s (%.1f s)%s" % ("not " if why else "", number, title, took, more),
              flush=True)
        if why:
            self.failed += 1
            self.note(why[-3000:])
        else:
            self.passed += 1
        return not why

    def offers(self, modules):
        """Prints the table of what is offered. A row whose check is in one of `modules`, all of which ran,
        must have been exercised."""
        lines, count = self.seen.table()
        for line in lines if modules else ():
            self.note(line)
        for name, check in offered.rows():
            state = self.seen.state(name, check)
            if check.split(".")[0] in modules and state in ("not run", "NOT USED"):
                self.failed += 1
                print("not ok - row of offered.py: %s: %s %s" % (name, check, state), flush=True)
        self.note("offered: " + ", ".join("%d %s" % (n, state) for state, n in sorted(count.items())))

    def close(self):
        print("# %.0f s in all" % (time.monotonic() - self.begin))
        print("%d passed, %d failed" % (self.passed, self.failed), flush=True)
        return 1 if self.failed or not self.passed else 0


class Result:
    def __init__(self, argv, status, out, err, took):
        self.argv, self.status, self.out, self.err, self.took = argv, status, out, err, took

    def ok(self, what=None):
        """Itself; Failed with what was printed when the status is not 0."""
        need(self.status == 0, "%s: status %d\n%s", what or " ".join(self.argv), self.status,
             (self.out[-1500:] + self.err[-1500:]).strip())
        return self

    def events(self):
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]


def ini_keys(path):
    """SECTION.KEY of each line of an INI file; none if it cannot be read."""
    section, found = "", set()
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                head, key = re.match(r"\[([\w-]+)\]", line), re.match(r"([\w-]+) *=", line)
                section = head.group(1) if head else section
                if key:
                    found.add("%s.%s" % (section, key.group(1)))
    except OSError:
        pass
    return found


class World:
    """A home for machines, removed at the end with everything that still runs in it."""

    def __init__(self, tally, home=None):
        self.tally = tally
        self.keep = bool(home)
        self.home = os.path.abspath(home) if home else tempfile.mkdtemp(prefix="dw-")
        self.inis = os.path.join(self.home, "ini")
        self.runtime = os.path.join(self.home, "run")
        for folder in (self.inis, self.runtime):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(self.runtime, 0o700)
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith(("XDG_", "DEBWIZ")) and k != "SSH_AUTH_SOCK"}
        self.env.update(HOME=self.home, XDG_RUNTIME_DIR=self.runtime, LC_ALL="C.UTF-8", TERM="dumb")
        self.data = os.path.join(self.home, ".local", "share", "debwiz")
        self.children = set()

    def use(self, args):
        """Notes in the table of what is offered which verb, options and fields a command line has."""
        args = list(args)[:list(args).index("--")] if "--" in args else list(args)
        names = {a.partition("=")[0] for a in args if a.startswith("--")}
        names |= {{"-y": "--yes", "-f": "--follow", "-v": "--verbose", "-h": "--help"}[a] for a in args
                  if a in ("-y", "-f", "-v", "-h")}
        names |= {args[i + 1].partition("=")[0].rstrip("+") for i, a in enumerate(args[:-1]) if a == "--set"}
        words = [a for i, a in enumerate(args) if not a.startswith("-") and
                 (not i or args[i - 1] not in ("--set", "--mirror", "--log", "--confirm"))]
        names |= set(words[:1])
        for word in words[1:2]:
            path = word if word.endswith(".ini") else os.path.join(self.inis, word + ".ini")
            names |= ini_keys(path)
        self.tally.seen.use(names)

    def run(self, argv, timeout=HOUR, stdin=None):
        begin = time.monotonic()
        child = subprocess.Popen(argv, env=self.env, cwd=self.home, text=True, errors="replace",
                                 stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.children.add(child)
        try:
            out, err = child.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            self.children.discard(child)
            raise Failed("%s hung for %d s" % (" ".join(argv), timeout)) from None
        self.children.discard(child)        # close() ends a program that did not exit by a signal
        return Result(argv, child.returncode, out, err, time.monotonic() - begin)

    def debwiz(self, *args, **more):
        self.use(args)
        return self.run([DEBWIZ, *args], **more)

    def bases(self):
        folder = os.path.join(self.data, "bases")
        return sorted(n for n in os.listdir(folder)
                      if os.path.exists(os.path.join(folder, n, "manifest.json")))

    def machine(self, example, **changes):
        return Machine(self, example, **changes)

    def close(self):
        for child in list(self.children):
            child.send_signal(signal.SIGINT)    # so that it ends what it started
            try:
                child.wait(60)
            except subprocess.TimeoutExpired:
                child.kill()
        folder = os.path.join(self.data, "machines")
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            try:
                subprocess.run([DEBWIZ, "kill", name], env=self.env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120,
                               check=False)
            except (OSError, subprocess.SubprocessError):
                pass
        if not self.keep:
            shutil.rmtree(self.home, ignore_errors=True)


class Machine:
    """A machine by an INI file of its own, copied from an example (so that verbs may write it)."""

    def __init__(self, world, example, **changes):
        self.world, self.example = world, example
        self.ini = os.path.join(world.inis, changes.get("name", example) + ".ini")
        if not (world.keep and os.path.exists(self.ini)):
            shutil.copyfile(os.path.join(EXAMPLES, example + ".ini"), self.ini)
        for key, value in changes.items():
            self.set(key, value)
        text = self.text()
        self.name, self.arch, self.release, self.mode, self.user = (
            re.search(r"^%s = (\S+)" % key, text, re.M).group(1)
            for key in ("name", "arch", "release", "mode", "user"))
        self.hostname = self.name
        self.folder = os.path.join(world.data, "machines", self.name)

    def text(self):
        with open(self.ini, encoding="utf-8") as file:
            return file.read()

    def set(self, key, value):
        """As a person edits the file: the line of the key, or a new one behind `user =`."""
        text, found = re.subn(r"^%s = .*$" % re.escape(key), "%s = %s" % (key, value), self.text(),
                              flags=re.M)
        if not found:
            text = re.sub(r"^(user = .*)$", r"\1\n%s = %s" % (key, value), text, flags=re.M)
        with open(self.ini, "w", encoding="utf-8") as file:
            file.write(text)

    def debwiz(self, verb, *args, **more):
        return self.world.debwiz(verb, "--set", "boot.timeout=" + BOOT, self.ini, *args, **more)

    def up(self, *args, wait="login"):
        """Boots, preparing first where needed; the steps that were run as {id: last event}."""
        result = self.debwiz("boot" if wait != "login" else "up", "--json", "--wait=" + wait, *args)
        steps = {e["step"]: e for e in result.events() if e.get("event") == "step"}
        warnings = [e.get("text", "") for e in result.events() if e.get("event") == "warning"]
        need(result.status == 0, "status %d: %s\n%s\n%s", result.status, " ".join(result.argv),
             [e.get("error") or e.get("text") for e in result.events()][-3:],
             result.err[-1500:] + self.log()[-1500:])
        for warning in warnings:
            self.world.tally.note("warning: " + warning)
        return steps

    def plan(self):
        return {e["step"]: e["done"] for e in self.debwiz("plan", "--json").ok().events()
                if "step" in e}

    def command(self):
        events = self.debwiz("command", "--json").ok().events()
        return [a["text"] for a in events[-1]["argv"]]

    def status(self):
        return self.world.debwiz("status", "--json", self.name).ok().events()[0]

    def record(self):
        with open(os.path.join(self.folder, "run.json"), encoding="utf-8") as file:
            return json.load(file)

    def await_state(self, states, seconds=600):
        end = time.monotonic() + seconds
        while True:
            status = self.status()
            if status["state"] in states:
                return status
            need(time.monotonic() < end, "state is %s after %d s, not %s", status["state"], seconds,
                 " or ".join(states))
            time.sleep(0.5)

    def await_text(self, shown, text, child, seconds=HOUR):
        """Waits until shown() has the text, while a program runs."""
        end = time.monotonic() + seconds
        while text not in shown():
            need(time.monotonic() < end and child.poll() is None, "it does not show \"%s\": %s", text, shown()[-1500:])
            time.sleep(1)

    def await_login(self, seconds=600):
        end = time.monotonic() + seconds
        while not self.status()["login"]:
            need(time.monotonic() < end, "no login prompt on the console after %d s:\n%s", seconds,
                 self.log()[-1500:])
            time.sleep(1)

    def ssh(self, command, timeout=HOUR, stdin=None):
        return self.world.debwiz("ssh", self.name, "--", command, timeout=timeout, stdin=stdin)

    def sh(self, command, timeout=HOUR, stdin=None):
        """Output of a command in the guest; Failed when it fails."""
        return self.ssh(command, timeout, stdin).ok(command.strip().splitlines()[0]).out.strip()

    def log(self):
        try:
            with open(os.path.join(self.folder, "console.log"), encoding="utf-8",
                      errors="replace") as file:
                return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r", "", file.read())
        except OSError:
            return ""

    def await_ssh(self):
        self.up(wait="ssh")

    def await_log(self, pattern, seconds=600):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.log()):
            need(time.monotonic() < end, "the console shows no %s:\n%s", pattern, self.log()[-800:])
            time.sleep(0.3)

    def ssh_try(self, command, seconds=60):
        """None without an answer: a session of a guest that restarts never ends."""
        try:
            got = self.ssh(command, timeout=seconds)
        except Failed:
            return None
        return got.out.strip() if got.status == 0 else None

    def reboot_away(self, seconds=1800):
        """Restarts the guest from inside; returns when another boot answers by ssh."""
        which = "cat /proc/sys/kernel/random/boot_id"
        before = self.sh(which)
        self.ssh_try("sudo systemctl reboot")
        end = time.monotonic() + seconds
        while self.ssh_try(which) in (None, before):
            need(time.monotonic() < end, "no other boot answers after %d s", seconds)
            time.sleep(2)

    def power_off(self):
        self.ssh_try("sudo systemctl poweroff")
        status = self.await_state(("off", "failed"))
        same(status["state"], "off", "state")
        return status


def on_signals(world):
    """A run that is ended by a signal removes what it made as well."""
    def end(number, _frame):
        raise SystemExit(128 + number)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    return world
