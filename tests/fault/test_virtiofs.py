#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Folders that the guest gets by virtiofs: virtiofsd's connection, and that it ends with QEMU whatever happens."""
import json
import os
import sys

import lib

UP = "progress 1 seed-applied\nup\nserial m login:\\x20\nprogress 1 ready kernel=6.1.0-1-armmp-lpae\n"
OBEYS = UP + 'C system_powerdown\nR\nE SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n'
# What QEMU said is in the folder; "over" shows that the connection ended.
VIRTIOFSD = """import os, socket, sys
fd, option, source = sys.argv[1:]
assert (fd, option, source[:7]) == ("--fd=3", "-o", "source="), sys.argv
link = socket.socket(fileno=3).accept()[0]
with open(os.path.join(source[7:], "said"), "ab") as out:
    out.write(link.recv(4))
while link.recv(4):
    pass
open(os.path.join(source[7:], "over"), "wb").close()
"""
ELSEWHERE = ("/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd")


class Virtiofs(lib.Case):
    plays = OBEYS

    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        program = os.path.join(world.tmp, "virtiofsd.py")
        with open(program, "w", encoding="utf-8") as out:
            out.write(VIRTIOFSD)
        world.script("virtiofsd", 'exec "%s" "%s" "$@"' % (sys.executable, program))
        return world

    def made(self):
        box = self.box(alone=True)
        self.recovers(box)
        self.addCleanup(self.quiet, box)
        self.addCleanup(box.run, "kill", "m")
        self.folders = [os.path.join(box.root, name) for name in ("a b", "b")]
        for folder in self.folders:
            os.mkdir(folder)
        self.ran(box, "edit", box.ini, "--yes", "--set", "devices.share=path=%s,tag=a,driver=virtiofs" % self.folders[0],
                 "--set", "devices.share+=path=%s,tag=b,driver=virtiofs" % self.folders[1])
        return box

    def said(self, name):
        return [lib.read(path) if os.path.exists(path) else None
                for path in (os.path.join(folder, name) for folder in self.folders)]

    def test_life(self):
        """One for each folder; both end with QEMU, and the next boot has others."""
        box = self.made()
        for said in ("QEMU", "QEMUQEMU"):
            self.assertEqual(self.boot(box).status, 0)
            argv = json.loads(lib.read(os.path.join(box.machine, "request.json")))["argv"]
            self.assertIn("memory-backend=memory", argv)
            self.assertIn('{"driver":"vhost-user-fs-pci","chardev":"virtiofs1","tag":"b"}', argv)
            lib.poll(lambda now=said: self.said("said") == [now, now])
            self.assertEqual(self.said("over"), [None, None])
            self.ran(box, "stop", "m")
            lib.poll(lambda: self.said("over") == ["", ""])
            for folder in self.folders:
                os.unlink(os.path.join(folder, "over"))

    def test_killed(self):
        """A supervisor that was killed leaves QEMU its folders; all end together."""
        box = self.made()
        self.assertEqual(self.boot(box, UP + "again\nserve\n").status, 0)
        with open(os.path.join(box.machine, "run.json"), encoding="utf-8") as text:
            record = json.load(text)
        os.kill(record["supervisor_pid"], 9)
        self.assertEqual(self.said("over"), [None, None])
        os.kill(record["qemu_pid"], 9)
        lib.poll(lambda: self.said("over") == ["", ""])

    def test_no_qemu(self):
        """QEMU does not start: nothing of it is left running."""
        box = self.made()
        result = self.boot(box, "exit 1\n")
        self.assertNotEqual(result.status, 0, str(result))
        lib.poll(lambda: self.said("over") == ["", ""])

    def test_missing(self):
        """A host without virtiofsd: reported before anything is downloaded, with the remedy."""
        if any(os.path.exists(path) for path in ELSEWHERE[:2 if os.geteuid() == 0 else 1]):
            self.skipTest("this host has one")
        box = self.made()
        os.rename(os.path.join(self.world.bin, "virtiofsd"), os.path.join(self.world.bin, "gone"))
        self.addCleanup(os.rename, os.path.join(self.world.bin, "gone"), os.path.join(self.world.bin, "virtiofsd"))
        result = box.prepare()
        self.assertEqual((result.status, result.id, result.failed_step()), (3, "virtiofsd-missing", "accelerator"),
                         str(result))
        self.assertIn("apt install virtiofsd", result.error["hint"])


if __name__ == "__main__":
    lib.main()
