# SPDX-License-Identifier: MIT
"""A machine made by the full screens, on the real archive and in a real QEMU, to its login prompt; its
console looked at, stopped and deleted. Needs the tests' terminal (tests/tui/term, libvterm)."""
import os
import sys

from world import BOOT, SRC, Failed, need

sys.path.insert(0, os.path.join(SRC, "tests", "tui"))
import lib                          # noqa: E402 the terminal of the tests

NAME = "by-screens"
PAGES = ("How %s starts" % NAME, "Processor and memory", "Disk of", "Network and devices", "The system on")
MINUTES = 60


class Home:
    """The members of a home that lib.Screen uses."""

    def __init__(self, world):
        self.root = world.home
        self.env = dict(world.env, TERM="xterm-256color")


def answers(s):
    s.wait("Which machine", "(•) armhf")
    s.key("Tab", "C-u")
    s.type(NAME)
    s.key("Enter")
    s.wait("Debian release for armhf", "signatures verified", limit=5 * MINUTES)
    s.key("Down", "Space")
    s.wait("(•) bookworm")
    s.key("Enter")
    for page in PAGES:
        s.wait(page, limit=MINUTES)
        s.key("Enter")
    s.wait("8 Review of 8", "To do", limit=5 * MINUTES)


def is_up(s):
    """Waits for it; what a mirror lacks just now is left out."""
    up, without = "%s is up." % NAME, "Continue without it"
    while True:
        s.until(lambda text: up in text or without in text, "that it is up, or what the mirror lacks", 40 * MINUTES)
        if up in s.text():
            return
        s.key("Enter")
        s.wait("preparing", gone=without)


def made(world):
    """Wizard -> armhf machine at its prompt -> console -> stop -> delete."""
    if not os.access(lib.TERM, os.X_OK):
        raise Failed("there is no %s: make check builds it" % lib.TERM)
    world.use(["new", "--set", "boot.timeout=" + BOOT])
    s = lib.Screen(Home(world), "new", "--set", "boot.timeout=" + BOOT)
    try:
        answers(s)
        s.key("Enter")
        is_up(s)
        s.key("Enter")
        s.wait("● running", "Enter console")
        s.key("Enter")
        s.wait("%s ●" % NAME, "^A")
        s.key("Enter")
        s.wait("$", limit=MINUTES)
        s.key("C-a")
        s.type("d")
        s.wait("Enter console")
        s.key("s")
        s.wait("Enter boot", limit=5 * MINUTES)
        s.key("D")
        s.wait("loses for good")
        s.key("Right", "Enter")
        s.wait("name to continue")
        s.type(NAME)
        s.key("Enter")
        s.wait("debwiz · machines", gone=NAME)
        s.key("C-q")
        need(s.wait_end() == 0, "it ended with %s", s.status())
    except AssertionError as why:
        raise Failed(str(why)) from None
    finally:
        s.close()
