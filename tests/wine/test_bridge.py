#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The bridge between Wine and the programs of this host (bridge.c, bridge.py). Skipped without Wine or its compiler."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import bridge

WINE = os.environ.get("WINE") or "wine"
LIMIT = 600
SHOWS = """#!/usr/bin/env python3
import json, os, sys
sys.stderr.write("to stderr\\n")
print(json.dumps({"argv": sys.argv[1:], "stdin": sys.stdin.read(), "drives": sorted(os.listdir("."))}))
sys.exit(7)
"""
WAITS = """#!/bin/sh
echo $$ >"$1.part" && mv "$1.part" "$1"
echo begins
exec sleep 86400
"""


class BridgeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.mkdtemp(prefix="dwbridge ")       # with a blank
        cls.exe = os.path.join(cls.tmp, "qemu-system-arm.exe")
        cls.prefix = os.environ.get("WINEPREFIX") or os.path.join(cls.tmp, "wine")
        cls.env = dict(os.environ, WINEPREFIX=cls.prefix, WINEDEBUG="-all", LC_ALL="C.UTF-8")
        if not shutil.which(WINE) or not bridge.compile_to(cls.exe):
            shutil.rmtree(cls.tmp)
            raise unittest.SkipTest("Wine or its compiler is not installed")
        subprocess.run([WINE, "wineboot", "-i"], env=cls.env, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.bridge = bridge.Bridge(cls.prefix, {"qemu-system-arm": os.path.join(cls.tmp, "program")})
        cls.env["DEBWIZ_BRIDGE"] = cls.bridge.place

    @classmethod
    def tearDownClass(cls):
        cls.bridge.close()
        shutil.rmtree(cls.tmp, ignore_errors=True)

    def program(self, text):
        path = os.path.join(self.tmp, "program")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, 0o755)

    def run_it(self, *args, **env):
        return subprocess.run([WINE, self.exe, *args], env=dict(self.env, **env), input="typed\nä\n", text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT, check=False)

    def test_passes_on(self):
        """Arguments, with drive letters replaced, standard input, both outputs and the exit status."""
        self.program(SHOWS)
        got = self.run_it("a b", "", 'say "x"', "end\\", "ä你", "file=Z:/tmp/a b,x=y", "dir=C:/users/", "http://host/", "id=z:0")
        self.assertEqual((got.returncode, got.stderr), (7, "to stderr\n"), got)
        said = json.loads(got.stdout)
        drive_c = os.path.realpath(os.path.join(self.prefix, "dosdevices", "c:"))
        self.assertEqual(said["argv"], ["a b", "", 'say "x"', "end\\", "ä你", "file=/tmp/a b,x=y", "dir=%s/users/" % drive_c,
                                        "http://host/", "id=z:0"])
        self.assertEqual(said["stdin"], "typed\nä\n")
        self.assertLessEqual({"C:", "Z:", "c:", "z:"}, set(said["drives"]))

    def test_ended(self):
        """The end of the process under Wine is that of the program."""
        self.program(WAITS)
        mark = os.path.join(self.tmp, "pid")
        with subprocess.Popen([WINE, self.exe, "Z:" + mark], env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE) as child:
            self.assertEqual(child.stdout.readline().strip(), b"begins")
            with open(mark, encoding="ascii") as file:
                pid = int(file.read())
            self.assertTrue(os.path.exists("/proc/%d" % pid))
            child.kill()
        self.assertTrue(self.bridge.idle(LIMIT))
        self.assertFalse(os.path.exists("/proc/%d" % pid))

    def test_refused(self):
        """Without the key, or under another name, nothing runs."""
        self.program(SHOWS)
        count = len(self.bridge.ran)
        got = self.run_it(DEBWIZ_BRIDGE=self.bridge.place.split(":")[0] + ":wrong")
        self.assertEqual((got.returncode, got.stdout), (125, ""), got)
        other = os.path.join(self.tmp, "sh.exe")
        shutil.copy(self.exe, other)
        got = subprocess.run([WINE, other], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=LIMIT, check=False)
        self.assertEqual((got.returncode, got.stdout), (125, b""), got)
        self.assertEqual(len(self.bridge.ran), count)


if __name__ == "__main__":
    unittest.main()
