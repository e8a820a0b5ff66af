#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An accelerator that worked in the test fails in use."""
import os
import platform
import shutil
import unittest

import lib

NATIVE = {"x86_64": "amd64", "aarch64": "arm64"}
BROKEN = """up
stderr 1 KVM internal error. Suberror: 1
E STOP
C query-status
R {"status": "internal-error", "running": false}
C quit
R
exit 0
"""
SILENT = "up\nserve\n"
UP = "progress 1 seed-applied\nup\nserial m login:\\x20\nprogress 1 ready kernel=6.1.0-1-armmp-lpae\nserve\n"


class Accelerator(lib.Case):
    @staticmethod
    def make():
        if platform.machine() not in NATIVE or not os.access("/dev/kvm", os.R_OK | os.W_OK):
            raise unittest.SkipTest("this host has no accelerator that could break down")
        return lib.World(("bookworm",), arch=NATIVE[platform.machine()])

    def qemu(self, box, kvm, other):
        """A QEMU that plays `kvm` where it is started with that accelerator, else `other`."""
        for name, text in (("kvm", kvm), ("other", other)):
            with open(os.path.join(box.root, name), "w", encoding="utf-8") as out:
                out.write(text)
        with open(box.qemu, encoding="utf-8") as program:
            lines = program.read().replace(box.script, "$script")
        lines = lines.replace("exec ", 'script="%s/other"; case " $* " in *" -accel kvm"*) '
                              'script="%s/kvm";; esac\nexec ' % (box.root, box.root), 1)
        with open(box.qemu, "w", encoding="utf-8") as out:
            out.write(lines)

    def test_configuring(self):
        """The base is created again with the next accelerator; later runs do not use the broken one."""
        box = self.box(alone=True)
        self.qemu(box, BROKEN, lib.CONFIGURED)
        result = self.recovers(box)
        self.assertEqual(len(result.warnings), 1, result.warnings)
        self.assertRegex(result.warnings[0], "kvm is no longer used.*internal error.*Suberror: 1")
        begun = [e["step"] for e in result.events if e["event"] == "step" and e["state"] == "running"]
        self.assertEqual((begun.count("accelerator"), begun.count("unpack")), (2, 2))
        shutil.rmtree(box.machine)
        shutil.rmtree(box.bases()[0])
        result = self.recovers(box)
        self.assertEqual(result.warnings, [])
        begun = [e["step"] for e in result.events if e["event"] == "step" and e["state"] == "running"]
        self.assertEqual((begun.count("accelerator"), begun.count("unpack")), (1, 1))

    def test_silent(self):
        """One that starts the guest and never runs it (seen with virtualization inside of virtualization) is given up,
        too; one that was asked for by name is the error, with what to write."""
        box = self.box(alone=True)
        box.env["DEBWIZ_DEADLINE"] = "1500"
        self.qemu(box, SILENT, lib.CONFIGURED)
        result = self.recovers(box)
        self.assertEqual(len(result.warnings), 1, result.warnings)
        self.assertRegex(result.warnings[0], "kvm is no longer used.*kvm started the guest, but .* wrote nothing")
        named = self.box(alone=True, cpu_accel="kvm")
        named.env["DEBWIZ_DEADLINE"] = "1500"
        self.qemu(named, SILENT, lib.CONFIGURED)
        result = named.prepare()
        self.assertEqual((result.status, result.id), (1, "configure"), str(result))
        self.assertIn("kvm started the guest", result.error["text"])
        self.assertIn("cpu.accel=tcg", result.error["hint"])

    def test_installer(self):
        """Debian's installer, too, is started again with the next one."""
        box = self.box(alone=True, machine_method="installer", firmware_mode="direct")
        box.env["DEBWIZ_DEADLINE"] = "1500"
        self.qemu(box, SILENT, "up\nserial \\n!! ERROR: No network\\n\\n\nserial None.\\n\\n[Press enter to continue]\nserve\n")
        result = box.prepare()
        self.assertEqual((result.status, result.id), (1, "installer-failed"), str(result))
        self.assertIn("No network", result.error["text"])
        self.assertEqual(len(result.warnings), 1, result.warnings)
        self.assertRegex(result.warnings[0], "kvm is no longer used.*kvm started the guest, but .* wrote nothing")
        self.quiet(box)
        named = self.box(alone=True, machine_method="installer", firmware_mode="direct", cpu_accel="kvm")
        named.env["DEBWIZ_DEADLINE"] = "1500"
        self.qemu(named, SILENT, lib.CONFIGURED)
        result = named.prepare()
        self.assertEqual((result.status, result.id), (1, "installer-failed"), str(result))
        self.assertIn("kvm started the guest", result.error["text"])
        self.assertIn("cpu.accel=tcg", result.error["hint"])

    def test_boot(self):
        """The machine comes up with the next one in the same run."""
        box = self.box(alone=True)
        self.qemu(box, lib.CONFIGURED, lib.CONFIGURED)
        self.recovers(box)
        self.qemu(box, BROKEN, UP)
        try:
            result = box.run("up", box.ini, *box.settings(), "--json")
            self.assertEqual(result.status, 0, str(result))
            self.assertEqual(len(result.warnings), 1, result.warnings)
            status = box.run("status", "m", "--json")
            self.assertIn('"accel":"tcg"', status.out.replace(" ", ""))
        finally:
            stopped = box.run("kill", "m")
        self.assertEqual(stopped.status, 0, str(stopped))
        self.quiet(box)

    def test_refuses(self):
        """Also if no client waits for a login."""
        box = self.box(alone=True)
        self.qemu(box, lib.CONFIGURED, lib.CONFIGURED)
        self.recovers(box)
        self.qemu(box, "stderr 1 qemu: failed to initialize kvm\nexit 1\n", UP)
        try:
            result = box.run("boot", box.ini, *box.settings(), "--wait=none", "--json")
            self.assertEqual(result.status, 0, str(result))
            self.assertEqual(len(result.warnings), 1, result.warnings)
            status = box.run("status", "m", "--json")
            self.assertIn('"accel":"tcg"', status.out.replace(" ", ""))
        finally:
            box.run("kill", "m")
        self.quiet(box)

    def test_control(self):
        """Where nothing breaks the accelerator is used; asked for by name, its end is the error."""
        box = self.box(alone=True)
        self.qemu(box, lib.CONFIGURED, "exit 3\n")
        self.assertEqual(self.recovers(box).warnings, [])
        named = self.box(alone=True, cpu_accel="kvm")
        self.qemu(named, BROKEN, lib.CONFIGURED)
        result = named.prepare()
        self.assertEqual((result.status, result.id), (1, "configure"), str(result))
        self.assertIn("internal error", result.error["text"])


if __name__ == "__main__":
    lib.main()
