# SPDX-License-Identifier: MIT
"""Every screen of the program, one call away: for what must hold at each of them. There is a machine
`m` that runs (its guest is the test), `off`, which is only saved, and where a screen needs an archive
the fixture's, with a QEMU that does nothing for ten minutes."""
import os
import re

import world
from test_console import Guest

# name: (the machine, the keys, the text that is then on the screen)
SCREENS = {
    "home": ((), (), ("debwiz · machines", "off")),
    "help": ((), ("?",), ("Help", "The machines that")),
    "question": ((), ("End", "D"), ("Cancel", "Delete it")),
    "picker": ((), ("End", "C"), ("Clone off: the copy's name", "Enter accept")),
    "machine": (("m",), (), ("debwiz · m", "Enter console")),
    "snapshots": (("m",), ("t",), ("m · snapshots", "None yet")),
    "log": (("m",), ("l",), ("m · console log",)),
    "console": (("console", "m"), (), ("^A ? keys",)),
    "wizard": (("new", "--offline"), (), ("Which machine", "(•) armhf")),
    "review": (("edit", "off", "--offline"), ("review",), ("8 Review of 8",)),
    "text": (("edit", "off", "--offline"), ("review", "i"), ("[machine]", "/ find")),
    "progress": (None, (), ("◐ Configure",)),
}


class Case(world.Case):
    """Tests that go to any screen."""

    def somewhere(self, name):
        """A home for this screen, and what runs in it (None: nothing)."""
        if SCREENS[name][0] is None:
            home = self.world_home()
            home.plays("up\nwait 600000\n")
            return home, None
        home = self.home()
        guest = Guest(home)
        self.addCleanup(guest.close)    # twice does no harm
        home.machine("off")
        return home, guest

    def arguments(self, home, name):
        if SCREENS[name][0] is not None:
            return SCREENS[name][0]
        path = os.path.join(home.machines, "slow.ini")
        if not os.path.exists(path):
            home.machine("slow", mirror_components="main", mirror_security="no",
                         mirror_updates="no", disk_size="16G", system_profile="base")
        return ("open", "slow", *home.settings())

    def go(self, s, name):
        """From the first screen to the requested one."""
        start, keys, there = SCREENS[name]
        if start is None:
            s.wait("debwiz · slow", "Enter prepare and boot")
            s.key("Enter")
        elif start == ():
            s.wait("debwiz · machines", "off")
        elif start[0] == "edit":
            s.wait("off · edit", "Which machine")
        elif name != "console":
            s.wait("debwiz · " + ("m" if start[0] == "m" else "new machine"))
            if start[0] == "m":
                s.wait("Enter console")
        for key in keys:
            if key == "review":
                s.click_text("Review")
                s.wait("8 Review of 8")
            else:
                s.key(key)
        s.wait(*there)
        return s

    def at(self, name, home, **how):
        return self.go(self.screen(home, *self.arguments(home, name), **how), name)

    def assert_runs(self, home, guest):
        """The machine and its supervisor are what they were."""
        self.assertIsNone(guest.supervisor.poll(), "the supervisor has ended")
        s = self.screen(home, "status", "m")
        s.wait_end()
        self.assertRegex(s.text(), re.compile(r"booting|running"))
        s.close()

    def assert_there(self, s, name):
        s.wait(*SCREENS[name][2])

