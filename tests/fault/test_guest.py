#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The guest's scripts, as far as they can run here: what a failed phase gives as its cause; and what the host
hands to them.
"""
import os
import subprocess
import tempfile
import unittest

import lib

GUEST = os.path.join(lib.SRC, "assets", "guest")
DPKG = """=== packages at 10 s
E: an earlier line that is none of apt's
=== packages at 40.21 s
Reading package lists...
(Reading database ... \r(Reading database ... 5%\r(Reading database ... 12345 files and directories currently installed.)\r
Preparing to unpack .../0-tree_2.1.0-1_armhf.deb ...\r
Setting up broken (1.0-1) ...\r
chown: invalid user: 'nobody-here'\r
dpkg: error processing package broken (--configure):\r
 installed broken package post-installation script subprocess returned error exit status 1\r
dpkg: dependency problems prevent configuration of other:\r
 other depends on broken.\r
dpkg: error processing package other (--configure):\r
 dependency problems - leaving unconfigured\r
Errors were encountered while processing:\r
 broken\r
 other\r
E: Sub-process /usr/bin/dpkg returned an error code (1)
"""
QUIET = """=== configure at 12 s
Setting up quiet (1.0-1) ...
dpkg: error processing package quiet (--configure):
 installed quiet package post-installation script subprocess returned error exit status 127
"""
APT = """=== packages at 40 s
Reading package lists...
E: Unable to locate package tree.deb
E: Couldn't find any package by glob 'tree.deb'
"""
LAST = """E: of another phase
=== bootloader at 9 s
Installing for arm-efi platform.
grub-install: error: cannot open /dev/vda1
"""
CAUSES = [
    (DPKG, "package broken: post-installation script subprocess returned error exit status 1 "
           "(chown: invalid user: 'nobody-here')"),
    (QUIET, "package quiet: post-installation script subprocess returned error exit status 127"),
    (APT, "Unable to locate package tree.deb"),
    (LAST, "grub-install: error: cannot open /dev/vda1"),
    ("=== check at 1 s\n", ""),
]


class Scripts(unittest.TestCase):
    def shell(self, script, *files):
        """What these files' functions print for a script."""
        sources = "".join(". '%s'\n" % os.path.join(GUEST, name) for name in files)
        done = subprocess.run(["sh", "-euc", sources + script], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_cause(self):
        """One sentence, without the log and its carriage returns."""
        for log, cause in CAUSES:
            with tempfile.NamedTemporaryFile("w", newline="") as out:
                out.write(log)
                out.flush()
                said = self.shell("log_cause '%s'" % out.name, "packages.sh")
            self.assertEqual(said.rstrip("\n"), cause)
            self.assertNotIn("\r", said)


class Handed(lib.Case):
    @staticmethod
    def make():
        return lib.World()

    def test_extra_packages(self):
        """The guest learns which of the user's packages nobody asked for by name; a failure's cause is the message."""
        box = self.box(system_packages="build-essential")
        cause = "apt-get install ended with status 100: package build-essential: it is broken"
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("up\nprogress 1 phase name=packages\nprogress 1 failed step=packages text=%s\n"
                      'E SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n' % cause.replace(" ", "%20"))
        result = box.prepare()
        self.assertEqual((result.status, result.id), (1, "configure"), str(result))
        self.assertTrue(result.error["text"].endswith("could not be configured: packages: " + cause), str(result))
        parts = [n for n in os.listdir(os.path.join(box.data, "bases")) if n.endswith(".part")]
        with open(os.path.join(box.data, "bases", parts[0], "initrd-configure.img"), "rb") as image:
            initrd = image.read()
        for name in ("configure.sh", "packages.sh"):
            with open(os.path.join(GUEST, name), "rb") as script:
                self.assertIn(script.read(), initrd, name)
        line = next(x for x in initrd.split(b"\n") if x.startswith(b"EXTRA_AUTO="))
        names = line.decode().partition("=")[2].strip("'").split()
        self.assertIn("gcc", names)
        self.assertIn("libc6-dev", names)
        self.assertNotIn("build-essential", names)
        self.assertNotIn("libc6", names)        # it is of the base
        self.assertIn(b"EXTRA_DEBS='1'", initrd)


if __name__ == "__main__":
    unittest.main()
