# SPDX-License-Identifier: MIT
"""
What the tests of the full screens share: the real program on a pseudo-terminal, in a private home,
its screen read through libvterm (tests/tui/term.c).  A test types, clicks and resizes, and waits
for text, never for time.

Inputs: environment DEBWIZ (the program), TUI_TERM (the helper), srcdir.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

# Folders of the tests have the modes that debwiz would use, with any umask (002 is usual, too).
os.umask(0o022)

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.abspath(os.environ.get("srcdir") or os.path.join(HERE, "..", ".."))
DEBWIZ = os.path.abspath(os.environ.get("DEBWIZ") or "./debwiz")
TERM = os.path.abspath(os.environ.get("TUI_TERM") or
                       os.path.join(os.path.dirname(DEBWIZ), "tests", "tui", "term"))
LIMIT = 180         # seconds after which what was waited for counts as lost, on a busy host, too

KEYS = {
    "Enter": "\r", "Tab": "\t", "BackTab": "\033[Z", "Esc": "\033", "Backspace": "\x7f",
    "Up": "\033OA", "Down": "\033OB", "Right": "\033OC", "Left": "\033OD", "Home": "\033OH",
    "End": "\033OF", "PageUp": "\033[5~", "PageDown": "\033[6~", "Delete": "\033[3~",
    "Insert": "\033[2~", "Space": " ", "F1": "\033OP", "F2": "\033OQ", "F5": "\033[15~",
    "F10": "\033[21~", "WordLeft": "\033[1;5D", "WordRight": "\033[1;5C",
}
KEYS.update({"C-" + chr(c): chr(c & 0x1f) for c in range(ord("a"), ord("z") + 1)})
KEYS["C-\\"] = "\x1c"


class Home:
    """A private home folder; env is what the program sees."""

    def __init__(self, **env):
        self.root = tempfile.mkdtemp(prefix="debwiz-tui-")
        self.run = os.path.join(self.root, "run")
        os.mkdir(self.run, 0o700)
        self.env = {
            "HOME": self.root, "XDG_CONFIG_HOME": os.path.join(self.root, "config"),
            "XDG_DATA_HOME": os.path.join(self.root, "data"),
            "XDG_CACHE_HOME": os.path.join(self.root, "cache"), "XDG_RUNTIME_DIR": self.run,
            "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color", "USER": "build",
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        }
        self.env.update({k: v for k, v in os.environ.items()
                         if k.startswith(("UBSAN_", "LSAN_"))})
        # what a sanitizer says must not vanish with the screen
        self.san = os.path.join(self.root, "san")
        self.env["ASAN_OPTIONS"] = "log_path=%s:fast_unwind_on_malloc=0:%s" % (self.san, os.environ.get("ASAN_OPTIONS", ""))
        self.env["LSAN_OPTIONS"] = ("suppressions=%s/lsan.supp:print_suppressions=0:%s" %
                                    (HERE, os.environ.get("LSAN_OPTIONS", "")))
        self.set(**env)

    def set(self, **env):
        for name, value in env.items():
            self.env.pop(name, None)
            if value is not None:
                self.env[name] = value

    @property
    def machines(self):
        return os.path.join(self.root, "config", "debwiz", "machines")

    def machine(self, name, text=None, **values):
        """Writes a saved machine: values are section_key=value."""
        table = {"machine": {"format": "1", "name": name, "arch": "armhf", "release": "bookworm"}}
        for key, value in values.items():
            section, key = key.split("_", 1)
            table.setdefault(section, {})[key] = value
        if text is None:
            text = "\n".join("[%s]\n%s" % (s, "".join("%s = %s\n" % kv for kv in t.items()))
                             for s, t in table.items())
        os.makedirs(self.machines, 0o700, exist_ok=True)
        path = os.path.join(self.machines, name + ".ini")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


class Screen:
    """The program on a terminal."""

    def __init__(self, home, *args, rows=24, columns=80, program=None, wrap=()):
        self.home, self.rows, self.columns = home, rows, columns
        self.rawfile = os.path.join(home.root, "raw-%d" % time.monotonic_ns())
        self.helper = subprocess.Popen(
            [TERM, str(rows), str(columns), self.rawfile, *wrap, program or DEBWIZ, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=home.env, cwd=home.root,
            start_new_session=True)

    # ---- the helper --------------------------------------------------------------------------
    def tell(self, line):
        self.helper.stdin.write(line.encode() + b"\n")
        self.helper.stdin.flush()
        return self.answer()

    def answer(self):
        line = self.helper.stdout.readline()
        if not line:
            raise AssertionError("the terminal helper has died")
        return line.decode("utf-8", "replace").rstrip("\n")

    def block(self, line):
        return [self.answer() for _ in range(int(self.tell(line)))]

    # ---- what a person does ------------------------------------------------------------------
    def type(self, text):
        """Types text as it is."""
        data = text.encode().hex()
        for at in range(0, len(data), 65536):
            self.tell("send " + data[at:at + 65536])

    def key(self, *names):
        """Presses keys by name ("Down", "C-c") or character, one after another."""
        for name in names:
            self.type(KEYS.get(name, name))
            if name == "Esc":           # a single Esc: no key may follow immediately
                self.tell("sync 60")

    def paste(self, text):
        self.type("\033[200~" + text + "\033[201~")

    def click(self, row, column):
        self.type("\033[<0;%d;%dM\033[<0;%d;%dm" % (column + 1, row + 1, column + 1, row + 1))

    def click_text(self, text):
        """Waits for the text and clicks its first place."""
        self.wait(text)
        row, column = self.find(text)
        self.click(row, column)

    def wheel(self, row, column, up=False):
        self.type("\033[<%d;%d;%dM" % (64 if up else 65, column + 1, row + 1))

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.tell("resize %d %d" % (rows, columns))

    def signal(self, number):
        self.tell("signal %d" % number)

    def hangup(self):
        self.tell("hangup")

    # ---- what a person sees ------------------------------------------------------------------
    def lines(self):
        return [line.rstrip() for line in self.block("dump")]

    def text(self):
        return "\n".join(self.lines()) + "\n"

    def columns_of(self):
        """For each row a list with what is in each column; the second one of a wide character is empty."""
        return [line.split("\t") for line in self.block("cells")]

    def attrs(self):
        """For each row: {column: (flags, foreground, background)} of the cells that are not plain."""
        rows = []
        for line in self.block("attrs"):
            row = {}
            for run in line.split():
                first, last, how = run.split(":", 2)
                for column in range(int(first), int(last)):
                    row[column] = tuple(how.split(","))
            rows.append(row)
        return rows

    def look(self, text):
        """(flags, foreground, background) of the first character of a text on the screen."""
        row, column = self.find(text)
        return self.attrs()[row].get(column, ("", "-", "-"))

    def find(self, text):
        for row, line in enumerate(self.lines()):
            if text in line:
                return row, line.index(text)
        raise AssertionError("no %r on the screen:\n%s" % (text, self.text()))

    def has(self, text):
        return any(text in line for line in self.lines())

    def wait(self, *texts, gone=(), limit=LIMIT):
        """Until each text is on the screen and none of `gone` is; regular expressions are fine when
        compiled."""
        gone = (gone,) if isinstance(gone, str) else gone
        return self.until(lambda screen: all(t.search(screen) if isinstance(t, re.Pattern)
                                             else t in screen for t in texts) and
                          not any(t in screen for t in gone),
                          "%r%s" % (texts, " without %r" % (gone,) if gone else ""), limit)

    def until(self, fine, what, limit=LIMIT):
        end = time.monotonic() + limit
        while True:
            screen = self.text()
            if fine(screen):
                # not in the middle of a picture: the rest of it may be on its way
                for _ in range(4):
                    if self.tell("sync 25") != "changed":
                        break
                if fine(self.text()):
                    return self.text()
            state = self.tell("sync 200")
            if state == "ended" and not fine(self.text()):
                raise AssertionError("the program ended (%s) before %s:\n%s%s" %
                                     (self.status(), what, self.text(), self.complaints()))
            if time.monotonic() > end:
                raise AssertionError("not within %d s: %s; the screen is\n%s" %
                                     (limit, what, self.text()))

    def settle(self, ms=60):
        """Until nothing has been painted for a while; for looks at what must not change."""
        while self.tell("sync %d" % ms) == "changed":
            pass
        return self.text()

    def cursor(self):
        """(row, column), or None while it is hidden."""
        row, column, visible = map(int, self.tell("cursor").split())
        return (row, column) if visible else None

    def modes(self):
        """The line's modes, whether the alternate screen is on, and the mouse modes."""
        numbers = [int(n) for n in self.tell("modes").split()]
        return {"line": tuple(numbers[:4]), "alternate": bool(numbers[4]), "mouse": numbers[5]}

    def raw(self):
        with open(self.rawfile, "rb") as data:
            return data.read()

    def pid(self):
        return int(self.tell("pid"))

    def cpu(self):
        """Clock ticks that the program has used."""
        with open("/proc/%d/stat" % self.pid(), encoding="utf-8") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def rss(self):
        """Resident bytes."""
        with open("/proc/%d/statm" % self.pid(), encoding="utf-8") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def time_key(self, name, quiet=50):
        """Microseconds from a key to the first and to the last byte that it brought; -1: none."""
        text = KEYS.get(name, name)
        return tuple(int(n) for n in self.tell("key %s %d" % (text.encode().hex(), quiet)).split())

    # ---- the end -----------------------------------------------------------------------------
    def status(self):
        """None while it runs, its exit status, or minus the signal that ended it."""
        word, _, number = self.tell("status").partition(" ")
        return None if word == "running" else int(number) if word == "exit" else -int(number)

    def wait_end(self, limit=LIMIT):
        end = time.monotonic() + limit
        while self.tell("sync 200") != "ended":
            if time.monotonic() > end:
                raise AssertionError("it does not end; the screen is\n" + self.text())
        return self.status()

    def complaints(self):
        """What sanitizers wrote."""
        found = ""
        for name in os.listdir(self.home.root):
            if name.startswith("san."):
                with open(os.path.join(self.home.root, name), encoding="utf-8",
                          errors="replace") as text:
                    found += text.read()
        return found

    def close(self):
        if self.helper.poll() is None:
            self.helper.stdin.close()
            try:
                self.helper.wait(10)
            except subprocess.TimeoutExpired:
                self.helper.kill()
                self.helper.wait()
        self.helper.stdout.close()


class Case(unittest.TestCase):
    """A test with homes and screens that go away with it."""
    maxDiff = None

    def home(self, **env):
        home = Home(**env)
        self.addCleanup(home.close)
        return home

    def screen(self, home, *args, **how):
        screen = Screen(home, *args, **how)
        self.addCleanup(self.end, screen)
        return screen

    def end(self, screen):
        found = screen.complaints()
        screen.close()
        if found:
            self.fail(found)

    def leave(self, screen, *keys, status=0):
        """Leaves by these keys (Ctrl-Q) and looks that the terminal is as it was."""
        screen.key(*(keys or ("C-q",)))
        self.assertEqual(screen.wait_end(), status, screen.text())
        self.assert_given_back(screen)

    def assert_given_back(self, screen):
        modes = screen.modes()
        self.assertFalse(modes["alternate"], "still on the alternate screen")
        self.assertEqual(modes["mouse"], 0, "the mouse is still told")
        self.assertIsNotNone(screen.cursor(), "the cursor is still hidden")
        raw = screen.raw()
        self.assertGreaterEqual(raw.rfind(b"\033[?2004l"), raw.rfind(b"\033[?2004h"),
                                "pastes are still marked")

    def assert_neat(self, screen, text=None):
        """No text is cut by accident or beyond the edges."""
        for line in (text or screen.text()).split("\n"):
            self.assertLessEqual(len(line), screen.columns)


def main():
    if not os.access(TERM, os.X_OK):
        print("skipped: there is no %s (libvterm was not found)" % TERM)
        sys.exit(77)
    if not os.access(DEBWIZ, os.X_OK):
        print("there is no program %s: set DEBWIZ" % DEBWIZ)
        sys.exit(1)
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.testsRun and len(result.skipped) == result.testsRun else 0)
