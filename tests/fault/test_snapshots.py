#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Snapshots of a machine that is off: commands that are killed while qemu-img changes the disk, qemu-img that works
on afterwards, and what belongs to a snapshot beside the disk: the firmware's variables, and a seed that the guest
had not applied.
"""
import os
import shutil
import signal
import subprocess
import sys

import lib

UP = "up\nserial m login:\\x20\nprogress 1 seed-applied\nprogress 1 ready kernel=6.1.0-1-armmp-lpae\n"
OBEYS = UP + 'C system_powerdown\nR\nE SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n'


class Snapshots(lib.Case):
    plays = OBEYS

    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        real = shutil.which("qemu-img")
        # in a test's folder: "hold" makes a change wait for "go" with the disk open; "rc" and "says" are check's
        world.script("qemu-img", 'if [ "$1" = check ]; then\n\techo "$*" >>"$CHECK/asked"\n'
                     '\tif [ -e "$CHECK/rc" ]; then cat "$CHECK/says"; exit "$(cat "$CHECK/rc")"; fi\nfi\n'
                     'if [ "$1" = snapshot ] && [ -e "$CHECK/hold" ]; then\n\tfor disk; do :; done\n'
                     '\texec 9<"$disk"\n\t: >"$CHECK/began"\n'
                     '\t"%s" -c "import os, select\nwhile not os.path.exists(\\"$CHECK/go\\"): '
                     'select.select([], [], [], 0.01)"\nfi\nexec "%s" "$@"' % (sys.executable, real))
        return world

    def made(self):
        box = self.box(warm=True, alone=True)
        box.env["CHECK"] = box.root
        self.recovers(box)
        self.addCleanup(self.quiet, box)
        self.addCleanup(box.run, "kill", "m")
        return box

    def put(self, box, name, text=""):
        with open(os.path.join(box.root, name), "w", encoding="utf-8") as out:
            out.write(text)

    def variables(self, box, text=None):
        path = os.path.join(box.machine, "QEMU_VARS-pflash.raw")
        with open(path, "r+b") as file:
            if text:
                file.write(text)
            file.seek(0)
            return file.read(4)

    def mark(self, box):
        path = os.path.join(box.machine, "disk.qcow2.changing")
        return lib.read(path).strip() if os.path.exists(path) else None

    def cut(self, box, *words):
        """The command is killed while qemu-img is at work, which stays."""
        self.put(box, "hold")
        child = box.start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lib.poll(lambda: os.path.exists(os.path.join(box.root, "began")))
        child.send_signal(signal.SIGKILL)
        child.wait()
        os.unlink(os.path.join(box.root, "hold"))

    def let_go(self, box):
        self.put(box, "go")
        lib.poll(lambda: not box.processes())

    # ---- killed ------------------------------------------------------------------------------
    def test_orphan(self):
        """A qemu-img whose command was killed: nothing starts before it has ended, and then the disk is examined."""
        box = self.made()
        self.cut(box, "snapshot", "m", "create", "one")
        self.assertEqual(self.mark(box), "create one")
        for result in (self.boot(box), box.run("snapshot", "m", "create", "two")):
            self.assertEqual((result.status, result.id), (7, "disk-busy"), str(result))
            self.assertIn("pid", result.error["text"])
            self.assertTrue(result.error["hint"])
        self.let_go(box)
        self.assertFalse(os.path.exists(os.path.join(box.root, "asked")))
        self.assertEqual(self.boot(box).status, 0)
        self.assertIn("check -f qcow2", lib.read(os.path.join(box.root, "asked")))
        self.assertIsNone(self.mark(box))
        self.ran(box, "stop", "m")
        os.unlink(os.path.join(box.root, "asked"))
        self.assertEqual(self.boot(box).status, 0)          # the control: examined once
        self.assertFalse(os.path.exists(os.path.join(box.root, "asked")))
        self.ran(box, "stop", "m")
        self.assertEqual([e["tag"] for e in self.ran(box, "snapshot", "m", "list").events if "tag" in e], ["one"])

    def test_damaged(self):
        """An interrupted revert leaves a damaged disk: it is not started or changed, cause and remedy are reported."""
        box = self.made()
        self.cut(box, "snapshot", "m", "create", "one")
        self.let_go(box)
        self.put(box, "says", '{"corruptions": 5, "check-errors": 0}')
        self.put(box, "rc", "2")
        clone = ("clone", box.ini, "two")
        for words in (("boot", box.ini, *box.settings()), ("snapshot", "m", "create", "two"),
                      ("snapshot", "m", "delete", "one"), clone):
            result = box.run(*words)
            if words is clone and not result.status:        # a disk that was never written to is made new
                continue
            self.assertEqual((result.status, result.id), (1, "disk-corrupt"), str(result))
            self.assertIn("(create one) was cut off", result.error["text"])
            self.assertIn("qemu-img check -r all", result.error["hint"])
            self.assertEqual(self.mark(box), "create one")
        os.unlink(os.path.join(box.root, "rc"))             # repaired
        self.assertEqual(self.boot(box).status, 0)
        self.assertIsNone(self.mark(box))

    def test_half_reverted(self):
        """The disk went back and its command was killed: the next one takes the rest back, too."""
        for words in ("boot", "snapshot"):
            with self.subTest(words):
                box = self.made()
                self.variables(box, b"then")
                self.ran(box, "snapshot", "m", "create", "one")
                self.variables(box, b"now!")
                self.cut(box, "snapshot", "m", "revert", "one")
                self.let_go(box)
                self.assertEqual((self.mark(box), self.variables(box)), ("revert one", b"now!"))
                if words == "boot":
                    self.assertEqual(self.boot(box).status, 0)
                else:
                    self.ran(box, "snapshot", "m", "create", "two")
                self.assertEqual((self.mark(box), self.variables(box)), (None, b"then"))

    # ---- beside the disk ---------------------------------------------------------------------
    def test_variables(self):
        """The firmware's variables go back with the disk; a clone takes them along, a delete drops them."""
        box = self.made()
        self.variables(box, b"then")
        self.ran(box, "snapshot", "m", "create", "one")
        self.variables(box, b"now!")
        self.ran(box, "snapshot", "m", "create", "two")
        for tag, text in (("one", b"then"), ("two", b"now!"), ("one", b"then")):
            self.ran(box, "snapshot", "m", "revert", tag)
            self.assertEqual(self.variables(box), text)
        self.assertEqual(box.run("snapshot", "m", "create", "two").id, "snapshot-exists")
        self.ran(box, "snapshot", "m", "revert", "two")
        self.assertEqual(self.variables(box), b"now!")      # which did not touch those of the snapshot
        self.ran(box, "clone", box.ini, "two")
        kept = os.path.join(box.machine, "snapshots")
        self.assertIn("one.vars", os.listdir(kept))
        self.assertEqual(sorted(os.listdir(os.path.join(box.data, "machines", "two", "snapshots"))),
                         sorted(os.listdir(kept)))
        self.ran(box, "snapshot", "m", "delete", "one")
        self.ran(box, "snapshot", "m", "delete", "two")
        self.assertEqual(os.listdir(kept), [])

    def test_seed(self):
        """A guest that goes back to before its first boot is given its settings again."""
        box = self.made()
        seed = os.path.join(box.machine, "seed.iso")

        def content():
            with open(seed, "rb") as file:
                return file.read()
        before = content()
        self.ran(box, "snapshot", "m", "create", "new")
        self.assertEqual(self.boot(box).status, 0)
        lib.poll(lambda: not os.path.exists(seed))
        self.ran(box, "stop", "m")
        self.ran(box, "snapshot", "m", "create", "later")
        self.ran(box, "snapshot", "m", "revert", "new")
        self.assertEqual(content(), before)
        self.assertEqual(os.stat(seed).st_mode & 0o777, 0o600)
        self.assertEqual(self.boot(box).status, 0)
        lib.poll(lambda: not os.path.exists(seed))          # applied again


if __name__ == "__main__":
    sys.exit(77) if not shutil.which("qemu-img") else lib.main()
