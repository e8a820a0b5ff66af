# SPDX-License-Identifier: MIT
"""The screens in README, taken from the program.

    readme.py           compares; exit 1 where README shows something else
    readme.py --write   writes them again (make readme-screens)
What depends on the host and the moment (numbers, folders) is not compared.
"""
import os
import platform
import re
import sys
import tempfile

import lib
import walk
import world

WRITE = False
README = os.path.join(lib.SRC, "README")
SHOWN = (("Debian release for armhf", "A page of the wizard"), ("progress", "A machine's preparation, done"),
         ("machine", "The machine"))
INTRO = """Screens
-------

`debwiz` on a terminal, at 80 columns. Wider ones show the INI file and QEMU's command line beside the
questions. Keys, mouse, colours for dark and light backgrounds (`theme =` in section `[face]` of debwiz.ini:
auto, dark, light, mono), NO_COLOR, and ASCII if the locale has no UTF-8.
"""


class Take(world.Case):
    """Borrows the tests' homes; makes the pictures."""
    pictures = {}

    def test_take(self):
        home = self.world_home()
        s = self.screen(home, *walk.arguments(home))

        def look(name, screen):
            if name in dict(SHOWN):
                self.pictures[name] = screen.settle()
        walk.questions(s, look)
        walk.work(home, s, look)
        self.leave(s)
        shown = section(self.pictures, home)
        with open(README, encoding="utf-8") as text:
            readme = text.read()
        if WRITE:
            with open(README, "w", encoding="utf-8") as out:
                out.write(replaced(readme, shown))
        elif platform.machine() != "x86_64":
            self.skipTest("the pictures are of an x86-64 host")
        else:
            self.assertEqual(plain(present(readme)), plain(shown),
                             "README's screens are out of date: make readme-screens")


def section(pictures, home):
    """The chapter, in names that say nothing of the test."""
    out = [INTRO]
    for name, title in SHOWN:
        text = pictures[name]
        text = text.replace("~/config", "~/.config")
        text = text.replace(home.box.url + "/debian", "http://ftp.debian.org/debian")
        text = re.sub(re.escape(tempfile.gettempdir()) + r"/\S+", "...", text)
        lines = re.sub(r"\n{4,}", "\n\n\n", text.rstrip("\n")).split("\n")
        out.append("%s:\n" % title)
        out += [("    " + line).rstrip() for line in lines]
        out.append("")
    return "\n".join(out) + "\n\n"


def place(readme):
    m = re.search(r"^Screens\n-------\n.*?(?=^Limits\n---)", readme, re.M | re.S)
    if m:
        return m.span()
    at = readme.index("Limits\n---")
    return at, at


def present(readme):
    first, last = place(readme)
    return readme[first:last]


def replaced(readme, text):
    first, last = place(readme)
    return readme[:first] + text + readme[last:]


def plain(text):
    """Without what differs between hosts and moments."""
    text = re.sub(r"\d+ min \d+(\.\d+)? s|\d+ min|\d+(\.\d+)? s\b", "TIME", text)
    text = re.sub(r"bookworm-armhf-base-\w+-\w*", "BASE", text)
    text = re.sub(r"\d+(\.\d+)?", "0", text)
    text = re.sub(r"http://\S+|~/\S+|\.\.\.", "PLACE", text)
    return re.sub(r"[ \n]+", " ", text)


if __name__ == "__main__":
    WRITE = "--write" in sys.argv
    sys.argv = sys.argv[:1]
    lib.main()
