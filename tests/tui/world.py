# SPDX-License-Identifier: MIT
"""The fixture archive and the fake QEMU of the fault tests, for the full screens."""
import importlib.util
import os

import lib

SPEC = importlib.util.spec_from_file_location("faultlib",
                                              os.path.join(lib.SRC, "tests", "fault", "lib.py"))
faultlib = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(faultlib)

import faults           # noqa: E402 beside the fixture archive, where faultlib has said

# A boot that reaches its login prompt and runs until it is stopped.
BOOTED = """up
serial Debian GNU/Linux 12 m ttyAMA0\\n\\nm login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae
serve
"""


class Home(lib.Home):
    """A home with a box of the fault tests in it: archive, programs, settings for the command line."""

    def __init__(self, world, **how):
        super().__init__()
        self.box = world.box(**how)
        own = {k: v for k, v in self.env.items() if k in ("ASAN_OPTIONS", "LSAN_OPTIONS")}
        self.env.update(self.box.environment())
        self.env.update(own, TERM="xterm-256color", TZ="UTC", USER="build")

    @property
    def machines(self):
        return os.path.join(self.box.home, "config", "debwiz", "machines")

    def ini(self, name):
        with open(os.path.join(self.machines, name + ".ini"), encoding="utf-8") as text:
            return text.read()

    def plays(self, script):
        """What the fake QEMU does from now on."""
        with open(self.box.script, "w", encoding="utf-8") as out:
            out.write(script)

    def settings(self):
        return self.box.settings()


class Case(lib.Case):
    world = None

    @classmethod
    def setUpClass(cls):
        cls.world = faultlib.World(suites=("bookworm",))
        cls.addClassCleanup(cls.world.close)

    def world_home(self, **how):
        how.setdefault("alone", True)
        home = Home(self.world, **how)
        self.addCleanup(home.close)
        return home

    def counted(self, match):
        """The paths that are asked of the mirror from now on, as far as they match."""
        asked = []

        def serve(handler, _rule, file):
            asked.append(handler.path)
            handler.serve(file)
        faults.MODES["counted"] = serve
        self.addCleanup(faults.MODES.pop, "counted")
        self.addCleanup(self.world.server.rules)
        self.world.server.rules({"match": match, "mode": "counted"})
        return asked
