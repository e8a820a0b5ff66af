# SPDX-License-Identifier: MIT
"""A walk over all screens, with a look at each; for the tests of sizes, locales and colours, and for
the pictures in README."""
import re

import world

HEADINGS = ("Which machine", "Debian release for armhf", "How armhf-bookworm starts",
            "Processor and memory", "Disk of", "Network and devices", "The system on")
BOOTED = world.BOOTED.replace("serve\n", 'C system_powerdown\nR\n'
                              'E SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n')


def sign(screen, utf8):
    """The sign that the terminal's locale has for one of UTF-8."""
    ascii_twins = {"•": "*", "▸": ">", "●": "*", "○": "o", "·": "-", "✓": "+"}
    return screen if utf8 else "".join(ascii_twins.get(c, c) for c in screen)


def questions(s, look, utf8=True):
    """From the first question to the review; look(name, screen) at each page."""
    for i, heading in enumerate(HEADINGS):
        s.wait(heading)
        if i == 1:
            s.wait("signatures verified")
            s.key("Down", "Space")
            s.wait(re.compile(re.escape(sign("▸ (•) bookworm", utf8)) + " +12"))
            s.key("Tab", "Space", "Tab", "Space")
            s.wait(re.compile(r"Stable updates +\[ \]"))
        if i == 6:
            s.key(*["Tab"] * 6, "Up", "Space")
            s.wait(sign("▸ (•) base", utf8))
        if utf8:
            s.wait(heading, gone="◐")       # the results of the mirror are there
        look(heading, s)
        s.key("Enter")
    s.wait("8 Review of 8", "Next time")
    look("review", s)


def work(home, s, look, utf8=True):
    """From the review over the preparation and the boot to the machine's own screen, and home."""
    s.key("Right", "Enter")
    s.wait("is ready to boot.")
    look("progress", s)
    s.key("l")
    s.wait("all done")
    look("log", s)
    s.key("Esc")
    s.wait("is ready to boot.")
    home.plays(BOOTED)
    s.key("Enter")
    s.wait("Enter boot")
    s.key("Enter")
    s.wait("is up.")
    s.key("Enter")
    s.wait(sign("● running", utf8), "Enter console", "Debian GNU/Linux")
    look("machine", s)
    s.key("Esc")
    s.wait(sign("debwiz · machines", utf8), "running")
    look("home", s)
    s.key("?")
    s.wait("Help")
    look("help", s)
    s.key("Esc")
    s.wait("debwiz", gone="Help")
    s.key("s")
    s.wait("Enter boot")
    s.key("Esc")
    s.wait(sign("debwiz · machines", utf8))


def arguments(home):
    return ["new", *home.settings(), "--set", "mirror.components=main", "--set", "disk.size=16G"]
