#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What a row of the catalogue changes for an architecture, by rows that are like those of architectures which the fixture
archive lacks.
"""
import os
import re
import shutil
import unittest

import lib
import archive as archmod       # the fixture's, found through lib

UP = """up
serial m login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae
"""


def with_row(box, section, file="arches.ini", **changes):
    """Gives the box assets of its own whose row has these values; None removes a key."""
    assets = os.path.join(box.root, "assets")
    if not os.path.exists(assets):
        shutil.copytree(os.path.join(lib.SRC, "assets"), assets)
    path = os.path.join(assets, "catalog", file)
    head, mark, rest = lib.read(path).partition("[%s]\n" % section)
    body, rest = rest.split("\n[", 1) if "\n[" in rest else (rest, None)
    for key, value in changes.items():
        body = re.sub(r"(?m)^%s = .*\n" % key, "", body)
        if value is not None:
            body = "%s = %s\n%s" % (key, value, body)
    with open(path, "w", encoding="utf-8") as out:
        out.write(head + mark + body + ("" if rest is None else "\n[" + rest))
    box.env["DEBWIZ_ASSETS"] = assets


def initrd(box):
    """The initrd of the configuring boot, which is kept when that fails."""
    parts = [n for n in os.listdir(os.path.join(box.data, "bases")) if n.endswith(".part")]
    with open(os.path.join(box.data, "bases", parts[0], "initrd-configure.img"), "rb") as image:
        return image.read().decode("utf-8", "replace")


class Rows(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",), more=("arm64",))

    def fails_to_configure(self, box, *more):
        """Everything up to the configuring boot, whose initrd stays."""
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("up\nprogress 1 failed step=x text=y\n"
                      'E SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n')
        result = box.prepare(*more)
        self.assertEqual((result.status, result.id), (1, "configure"), str(result))
        return result

    def test_release_without_firmware(self):
        """No firmware and no boot loader is fetched; the machine boots directly, and uefi is refused with the reason."""
        box = self.box(alone=True, firmware_mode="direct")
        with_row(box, "armhf", firmware_releases="trixie", firmware="qemu-efi-none", grub="grub-efi-none")
        result = self.fails_to_configure(box)
        self.assertNotIn("firmware", result.steps())
        self.assertIn("GRUB_TARGET=''\nGRUB_PACKAGE=''\n", initrd(box))
        refused = box.run("check", box.ini, "--set", "firmware.mode=uefi")
        self.assertEqual(refused.status, 2, str(refused))
        self.assertIn("bookworm has no UEFI firmware for armhf", refused.error["text"])

    def test_release_without_version(self):
        """As sid's, whose release file names none: the step has no gap in its place."""
        archive = self.world.archive
        self.addCleanup(archive.resign, "bookworm")
        archive.resign("bookworm", archmod.edit(archive.good_text("bookworm"), "Version", None))
        box = self.box(alone=True)
        result = self.fails_to_configure(box)
        step = next(e for e in reversed(result.events) if e.get("step") == "release")
        self.assertTrue(step["detail"].startswith("bookworm, signed by "), step)
        listed = box.run("releases", *box.settings())
        self.assertEqual([e["version"] for e in listed.events if e.get("codename") == "bookworm"], [""], str(listed))

    def test_untried(self):
        """What was never watched is reported before the work, and by check; what was is not."""
        words = "no machine of bookworm on armhf by UEFI was watched yet"
        box = self.box(alone=True)
        with_row(box, "armhf", untried="bookworm/uefi trixie/direct")
        result = self.fails_to_configure(box)
        self.assertTrue(result.warnings[0].startswith(words), result.warnings)
        self.assertIn(words, box.run("check", box.ini, json_events=False).out)
        self.assertTrue(box.run("check", box.ini).events[-1]["untried"])
        box = self.box(alone=True)
        with_row(box, "armhf", untried="bookworm/direct trixie/uefi")
        self.assertEqual(self.fails_to_configure(box).warnings, [])
        self.assertFalse(box.run("check", box.ini).events[-1]["untried"])

    def test_qemu_too_old(self):
        """What the firmware needs of QEMU is said by check, and by the first step, before anything is downloaded."""
        box = self.box(alone=True)
        with_row(box, "armhf", firmware_qemu_min="8.1")
        for result in (box.run("check", box.ini, *box.settings()), box.prepare()):
            self.assertEqual((result.status, result.id), (3, "qemu-old"), str(result))
            self.assertIn("armhf with mode = uefi needs at least 8.1", result.error["text"])
            self.assertIn("mode = direct", result.error["hint"])
        self.assertEqual(box.cached(), [])
        self.assertEqual(box.run("check", box.ini, "--set", "firmware.mode=direct").status, 0)

    def test_firmware_moved(self):
        """The first of the packages that the release has is the one with the firmware."""
        box = self.box(alone=True)
        with_row(box, "armhf", firmware="qemu-efi-new qemu-efi-arm")
        result = self.fails_to_configure(box)
        self.assertEqual(result.steps()["firmware"], "done")
        step = next(e for e in reversed(result.events) if e.get("step") == "firmware")
        self.assertTrue(step["detail"].startswith("qemu-efi-arm "), step)
        box = self.box(alone=True)
        with_row(box, "armhf", firmware="qemu-efi-new qemu-efi-newer")
        self.z(box, box.prepare(), "package-unknown", 2)

    def test_kernel_image(self):
        """The guest learns where the kernel is: its name differs by architecture and release."""
        box = self.box(alone=True)
        self.fails_to_configure(box)
        self.assertIn("KERNEL_IMAGE='/boot/vmlinuz-6.1.0-1-armmp-lpae'\n", initrd(box))
        self.assertNotIn("/boot/vmlinuz", lib.read(os.path.join(lib.SRC, "assets/guest/configure.sh")))

    def test_foreign_kernel(self):
        """The kernel, and no more, is of another architecture, which the guest's dpkg knows of."""
        box = self.box(alone=True, firmware_mode="direct")
        with_row(box, "armhf", kernel="linux-image-arm64", kernel_arch="arm64")
        result = self.fails_to_configure(box)
        text = initrd(box)
        self.assertIn("KERNEL_VERSION='6.1.0-1-arm64'\nKERNEL_IMAGE='/boot/vmlinuz-6.1.0-1-arm64'\n"
                      "KERNEL_ARCH='arm64'\nARCH='armhf'\n", text)
        base = [n for n in os.listdir(os.path.join(box.data, "bases")) if n.endswith(".part")]
        with open(os.path.join(box.data, "bases", base[0], "disk.raw"), "rb") as image:
            packages = re.findall(rb"\nPackage: (\S+)\n(?:[A-Z][^\n]*\n)*?Architecture: arm64\n", b"\n" + image.read(1 << 28))
        self.assertEqual(set(packages), {b"linux-image-arm64", b"linux-image-6.1.0-1-arm64"}, result)

    def test_stop_without_button(self):
        """A machine without a power button is asked on its port to power off; one that has one is not."""
        for line, asked in (("yes", "hear host 1 poweroff\n"), ("no", "")):
            box = self.box(warm=True, alone=True)
            self.addCleanup(self.quiet, box)
            self.addCleanup(box.run, "kill", "m")
            with_row(box, "armhf", power_line=line)
            with open(box.script, "w", encoding="utf-8") as out:
                out.write(UP + "C system_powerdown\nR\n" + asked +
                          'E SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n')
            result = box.run("up", box.ini, *box.settings())
            self.assertEqual(result.status, 0, str(result))
            result = box.run("stop", "m")
            self.assertEqual(result.status, 0, str(result))
            status = box.run("status", "m").events[0]
            self.assertEqual(status["state"], "off", status)


if __name__ == "__main__":
    unittest.main()
