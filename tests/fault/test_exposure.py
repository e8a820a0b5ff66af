#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What other users can connect to or read while a machine runs, with any umask."""
import os
import socket
import stat
import subprocess
import sys

import lib

sys.path.insert(0, os.path.join(lib.SRC, "tests", "lib"))
import exposure  # noqa: E402

UP = """up
serial m login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae
serve
"""


class Exposure(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def setUp(self):
        super().setUp()
        self.addCleanup(os.umask, os.umask(0))

    def up(self):
        """A machine that was prepared and runs, all of it begun with umask 000."""
        box = self.box(alone=True)
        self.recovers(box)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(UP)
        self.addCleanup(self.quiet, box)
        self.addCleanup(box.run, "kill", "m")
        result = box.run("boot", box.ini, *box.settings())
        self.assertEqual(result.status, 0, str(result))
        return box

    def folders(self, box):
        return [os.path.join(box.home, "cache", "debwiz"), box.data,
                os.path.join(box.run_dir, "debwiz")]

    def test_running(self):
        box = self.up()
        watch = box.start("logs", "m", "--follow", stdout=subprocess.DEVNULL)   # and one that only watches
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        bad, good = exposure.listeners(box.processes())
        self.assertEqual(bad, [])
        names = {os.path.basename(path) for path in good}
        self.assertLessEqual({"control", "qmp"}, names)
        bad, count = exposure.files(*self.folders(box))
        self.assertEqual(bad, [])
        self.assertGreater(count, 20)
        record = os.path.join(box.machine, "run.json")
        self.assertEqual(stat.S_IMODE(os.stat(record).st_mode), 0o600)

    def test_control(self):
        """What is planted is found: each kind of it."""
        box = self.up()
        me = os.getpid()
        bad, good = exposure.listeners([me])    # the fixture's server
        self.assertEqual(bad, [])
        runtime = os.path.join(box.run_dir, "debwiz", "m")
        for family, kind, address, seen in (
                (socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0), "tcp "),
                (socket.AF_INET, socket.SOCK_DGRAM, ("0.0.0.0", 0), "udp "),
                (socket.AF_INET6, socket.SOCK_STREAM, ("::", 0), "tcp6 "),
                (socket.AF_INET6, socket.SOCK_DGRAM, ("::", 0), "udp6 "),
                (socket.AF_UNIX, socket.SOCK_STREAM, "\0planted", "no file"),
                (socket.AF_UNIX, socket.SOCK_STREAM, os.path.join(runtime, "planted"), "mode 777"),
                (socket.AF_UNIX, socket.SOCK_STREAM, os.path.join(box.root, "planted"), "mode 777"),
        ):
            with self.subTest(kind=seen, address=address):
                try:
                    planted = socket.socket(family, kind)
                    planted.bind(address)
                except OSError as why:      # a host without IPv6
                    self.assertIn(family, (socket.AF_INET6,), str(why))
                    continue
                with planted:
                    if kind == socket.SOCK_STREAM:
                        planted.listen(1)
                    bad = exposure.listeners([me])[0]
                self.assertEqual(len(bad), 1, bad)
                self.assertIn(seen, bad[0])
        with socket.create_server(("127.0.0.1", 0)):
            self.assertEqual([len(some) for some in exposure.listeners([me])], [0, len(good) + 1])
        with open(os.path.join(box.machine, "planted"), "w", encoding="utf-8"):
            bad = exposure.files(*self.folders(box))[0]
        self.assertEqual(sorted(bad), sorted(
            ["%s has mode %s" % (os.path.join(folder, "planted"), mode)
             for folder, mode in ((box.machine, "666"), (runtime, "777"))]))
        os.unlink(os.path.join(box.machine, "planted"))
        os.chmod(box.machine, 0o750)
        self.assertIn("%s has mode 750" % box.machine, exposure.files(*self.folders(box))[0])
        os.chmod(box.machine, 0o700)


if __name__ == "__main__":
    lib.main()
