#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Secure Boot and the TPM of a machine, as far as no guest is needed: packages, firmware, arguments, swtpm's life."""
import json
import os
import sys

import lib
import debfile

UP = "progress 1 seed-applied\nup\nserial m login:\\x20\nprogress 1 ready kernel=6.1.0-1-amd64\n"
OBEYS = UP + 'C system_powerdown\nR\nE SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n'
# The state counts what QEMU said; "over" shows that the connection ended.
SWTPM = """import os, sys
words = " ".join(sys.argv)
folder = words.split("dir=")[1].split(",")[0]
assert "--terminate" in words and "clientfd=3" in words, words
state = os.path.join(folder, "tpm2-00.permall")
said = os.read(3, 4)
with open(state, "ab") as out:
    out.write(said)
while os.read(3, 4):
    pass
open(os.path.join(folder, "over"), "wb").close()
"""


class Firmware(lib.Case):
    plays = OBEYS

    @staticmethod
    def make():
        world = lib.World(("bookworm",), arch="amd64")
        program = os.path.join(world.tmp, "swtpm.py")
        with open(program, "w", encoding="utf-8") as out:
            out.write(SWTPM)
        world.script("swtpm", 'exec "%s" "%s" "$@"' % (sys.executable, program))
        return world

    def made(self, **settings):
        box = self.box(alone=True, **settings)
        self.recovers(box)
        self.addCleanup(self.quiet, box)
        self.addCleanup(box.run, "kill", "m")
        return box

    def argv(self, box):
        return json.loads(lib.read(os.path.join(box.machine, "request.json")))["argv"]

    def test_secure_boot(self):
        """The base has the signed boot loader, the machine the firmware and the variables with the keys."""
        plain, secure = (self.made(firmware_secure_boot=word) for word in ("no", "yes"))
        names = []
        for box, signed in ((plain, False), (secure, True)):
            with open(os.path.join(box.bases()[0], "manifest.json"), encoding="utf-8") as text:
                packages = text.read()
            self.assertEqual("shim-signed" in packages, signed)
            self.assertEqual("grub-efi-amd64-signed" in packages, signed)
            names.append(os.path.basename(box.bases()[0]))
            for file, kinds in (("QEMU_EFI-pflash.raw", ("OVMF_CODE_4M.fd", "OVMF_CODE_4M.secboot.fd")),
                                ("QEMU_VARS-pflash.raw", ("OVMF_VARS_4M.fd", "OVMF_VARS_4M.ms.fd"))):
                with open(os.path.join(box.machine, file), "rb") as image:
                    self.assertEqual(image.read(999), debfile.filler("/usr/share/OVMF/" + kinds[signed], 999), file)
            self.assertEqual(self.boot(box).status, 0)
            argv = self.argv(box)
            self.assertEqual("q35,smm=on,pflash0=code,pflash1=vars" in argv, signed, argv)
            self.assertEqual("driver=cfi.pflash01,property=secure,value=on" in argv, signed, argv)
            self.ran(box, "stop", "m")
        self.assertNotEqual(*names)

    def test_tpm(self):
        """swtpm has a connection with QEMU, ends with it, and keeps its state; snapshots and clones have it, too."""
        box = self.made(firmware_tpm="yes")
        state = os.path.join(box.machine, "tpm", "tpm2-00.permall")

        def run():
            over = os.path.join(box.machine, "tpm", "over")
            if os.path.exists(over):
                os.unlink(over)
            self.assertEqual(self.boot(box).status, 0)
            self.assertIn("socket,id=tpm,fd=3", self.argv(box))
            self.assertIn('{"driver":"tpm-tis","tpmdev":"swtpm"}', self.argv(box))
            lib.poll(lambda: os.path.exists(state))
            self.assertFalse(os.path.exists(over))
            self.ran(box, "stop", "m")
            lib.poll(lambda: os.path.exists(over))

        run()
        self.assertEqual(lib.read(state), "QEMU")
        self.assertEqual(os.stat(os.path.dirname(state)).st_mode & 0o777, 0o700)
        self.ran(box, "snapshot", "m", "create", "one")
        run()
        self.assertEqual(lib.read(state), "QEMUQEMU")
        self.ran(box, "clone", box.ini, "two")
        two = os.path.join(os.path.dirname(box.machine), "two", "tpm", "tpm2-00.permall")
        self.assertEqual(lib.read(two), "QEMUQEMU")
        self.ran(box, "snapshot", "m", "revert", "one")
        self.assertEqual(lib.read(state), "QEMU")
        result = self.ran(box, "recreate", box.ini, "--yes", "--confirm", "m", *box.settings())
        self.assertFalse(os.path.exists(state), str(result))

    def test_tpm_killed(self):
        """A supervisor that was killed leaves QEMU its TPM; both end together."""
        box = self.made(firmware_tpm="yes")
        self.assertEqual(self.boot(box, UP + "again\nserve\n").status, 0)
        over = os.path.join(box.machine, "tpm", "over")
        with open(os.path.join(box.machine, "run.json"), encoding="utf-8") as text:
            record = json.load(text)
        os.kill(record["supervisor_pid"], 9)
        self.assertFalse(os.path.exists(over))
        os.kill(record["qemu_pid"], 9)
        lib.poll(lambda: os.path.exists(over))

    def test_tpm_missing(self):
        """A host without swtpm: said before anything is downloaded, with the remedy."""
        box = self.box(alone=True, firmware_tpm="yes")
        folder = os.path.join(box.root, "path")
        os.mkdir(folder)
        for place in reversed(box.environment()["PATH"].split(":")):
            for name in os.listdir(place) if os.path.isdir(place) else ():
                target = os.path.join(folder, name)
                if name != "swtpm":
                    if os.path.lexists(target):
                        os.unlink(target)
                    os.symlink(os.path.join(place, name), target)
        box.env["PATH"] = folder
        result = box.prepare()
        self.assertEqual((result.status, result.id, result.failed_step()), (3, "tpm-missing", "accelerator"), str(result))
        self.assertIn("apt install swtpm", result.error["hint"])


if __name__ == "__main__":
    lib.main()
