#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""method = installer: a machine whose disk Debian's installer writes, by itself or by hand; an installation that does
not come to its end is never used. The installer is a fake QEMU that prints its lines and leaves its disk."""
import os
import shutil
import signal
import subprocess
import unittest

import lib

# What the installer prints with its frontend text.
LINES = """up
serial \\nLoading additional components  ... 10%... 20%... 100%\\n
serial \\nInstalling the base system  ... 0%... 50%... 100%\\n
"""
FINISHED = LINES + """disk {}
serial \\nFinishing the installation  ... 100%\\n
E SHUTDOWN {{"guest": true, "reason": "guest-shutdown"}}
exit 0
"""
RESET = """up
disk {}
E SHUTDOWN {{"guest": true, "reason": "guest-reset"}}
exit 0
"""
COMPLAINS = """up
serial \\nLoading additional components  ... 10%\\n
serial \\n!! ERROR: Loading installer components from an installer image failed\\n\\n
serial Retrieving a package failed.\\n\\n[Press enter to continue]
serve
"""

DEBUGFS = shutil.which("debugfs", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")     # not in the PATH of users


class Installer(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.warm_template()
        return world

    def setUp(self):
        super().setUp()
        if not shutil.which("qemu-img"):
            raise unittest.SkipTest("there is no qemu-img")
        if not DEBUGFS:
            raise unittest.SkipTest("there is no debugfs")

    def disk(self, mark=True):
        """A disk as the installer leaves it; without the mark: as it leaves it when it is given up."""
        path = os.path.join(self.world.tmp, "installed" if mark else "given-up")
        if not os.path.exists(path):
            base = os.path.join(self.world.warm_template().bases()[0], "disk.raw")
            subprocess.run(["cp", "--sparse=always", base, path + ".part"], check=True)
            os.chmod(path + ".part", 0o600)
            with open(path + ".part", "rb") as image:   # the root is the second partition of the table (GPT)
                image.seek(2 * 512 + 128 + 32)
                start = int.from_bytes(image.read(8), "little")
            commands = "mkdir /var/lib/debwiz\nwrite /dev/null /var/lib/debwiz/installed\n" if mark else ""
            subprocess.run([DEBUGFS, "-w", "%s?offset=%d" % (path + ".part", start * 512)], input=commands, text=True,
                           check=True, capture_output=True)
            os.rename(path + ".part", path)
        return path

    def installer(self, script, **settings):
        box = self.box(alone=True, **{"machine_method": "installer", "firmware_mode": "direct", **settings})
        box.play(script)
        return box

    def test_automatic(self):
        """The disk is what the installer wrote; the seed waits for its first boot; it is made once."""
        for mode in ("direct", "uefi"):
            with self.subTest(mode):
                box = self.installer(FINISHED.format(self.disk()), firmware_mode=mode)
                self.world.server.fresh_log()
                result = box.prepare()
                self.good(box, result)
                steps = result.steps()
                self.assertIn("installer", steps)
                self.assertFalse({"unpack", "configure", "image"} & set(steps))
                self.assertTrue(os.path.exists(os.path.join(box.machine, "seed.iso")))
                self.assertFalse(os.path.exists(os.path.join(box.machine, "installing")))
                debs = sorted(os.path.basename(e["path"]).split("_")[0] for e in self.world.server.log()
                              if e["path"].endswith(".deb"))
                self.assertEqual(debs, ["debian-installer-12-netboot-armhf", "qemu-efi-arm"])
                base = box.bases()[0]
                self.assertFalse({"vmlinuz", "initrd-configure.img", "run.json"} & set(os.listdir(base)))
                box.play("exit 99\n")
                self.assertEqual(box.prepare("--offline").status, 0)
                os.remove(os.path.join(box.machine, "disk.qcow2"))
                self.assertEqual(box.prepare("--offline").status, 0)
                self.assertEqual(len(box.bases()), 1)
                result = box.run("command", box.ini)
                self.assertEqual(result.status, 0, str(result))
                if mode == "direct":
                    self.assertRegex(result.out, r"root=UUID=[0-9a-f]{8}-[0-9a-f-]{27} ro")
                self.assertNotIn("debian-installer", result.out)
                self.assertNotIn("netboot", result.out)

    def test_udebs(self):
        """A mirror without the installer's own packages is found out before the boot; by hand it is only a warning."""
        rule = {"match": "partman-base", "mode": "status", "status": 404}
        box = self.installer("exit 99\n")
        self.world.server.rules(rule)
        result = box.prepare()
        self.z(box, result, "installer-udebs", 4)
        self.assertIn("partman-base", result.error["text"])
        self.assertEqual(result.failed_step(), "udebs")
        box = self.installer(RESET.format(self.disk()), machine_installer="manual")
        result = box.prepare()
        self.good(box, result)
        self.assertTrue([w for w in result.warnings if "partman-base" in w], str(result))
        box = self.installer("exit 99\n")
        box.fill(self.world.warm_template(), ("cache",))
        result = box.prepare("--offline")
        self.assertIn(result.id, ("installer-offline", "offline-missing"), str(result))
        self.assertEqual(result.status, 4)

    def test_not_shared(self):
        """Another machine is installed on its own: an installed system has secrets of its own."""
        box = self.installer(FINISHED.format(self.disk()))
        self.good(box, box.prepare())
        with open(box.ini, encoding="utf-8") as text:
            box.write_ini(text.read().replace("name = m\n", "name = two\n"))
        self.good(box, box.prepare())
        self.assertEqual(len(box.bases()), 2)

    def test_unfinished(self):
        """A guest that goes down before the end leaves nothing that is used, and the next run begins again."""
        for script in (FINISHED.format(self.disk(mark=False)), "up\nE SHUTDOWN {\"guest\": true, \"reason\": \"guest-reset\"}\nexit 0\n"):
            with self.subTest(script):
                box = self.installer(script)
                result = box.prepare()
                self.z(box, result, "installer-unfinished", 1)
                self.assertEqual(result.failed_step(), "installer")
                self.assertEqual(box.bases(), [])
                self.assertFalse(os.path.exists(os.path.join(box.machine, "disk.qcow2")))
                box.play(FINISHED.format(self.disk()))
                self.recovers(box)

    def test_complains(self):
        """A complaint without an answer ends the installation, with its text and the console's file."""
        box = self.installer(COMPLAINS)
        result = box.prepare()
        self.z(box, result, "installer-failed", 1)
        self.assertIn("Loading installer components from an installer image failed", result.error["text"])
        self.assertIn("console.log", result.error["hint"])
        self.assertEqual(box.bases(), [])
        box.play(FINISHED.format(self.disk()))
        self.recovers(box)

    def test_killed(self):
        """debwiz is killed during the installation: the next run ends what is left of it and begins again."""
        box = self.installer(LINES + "serve\n")

        def kill(child):
            lib.poll(lambda: os.path.exists(os.path.join(box.machine, "installing")) and
                     any(os.path.exists(os.path.join(p, "run.json")) and '"booting"' in lib.read(os.path.join(p, "run.json"))
                         for p in lib.parts(box.home) if os.path.isdir(p)))
            os.kill(child.pid, signal.SIGKILL)

        self.assertNotEqual(box.prepare(on_start=kill).status, 0)
        self.assertTrue(box.processes())
        self.assertEqual(box.bases(), [])
        box.play(FINISHED.format(self.disk()))
        self.recovers(box)

    def test_manual(self):
        """By hand: debwiz says where the installer is, reads nothing of what it shows, and sets up nothing."""
        box = self.installer(RESET.format(self.disk()), machine_installer="manual")
        box.play(COMPLAINS.replace("serve\n", "wait 100\n") + RESET.format(self.disk()).replace("up\n", ""))
        result = box.prepare()
        self.good(box, result)
        self.assertTrue([w for w in result.warnings if "debwiz console m" in w], str(result))
        self.assertFalse(os.path.exists(os.path.join(box.machine, "seed.iso")))
        ssh = box.run("command", box.ini)
        self.assertEqual(ssh.status, 0, str(ssh))

    def test_other_architecture(self):
        """debwiz knows no installer for it."""
        box = self.installer("up\nexit 0\n", machine_arch="s390x", firmware_mode="direct")
        result = box.run("check", box.ini)
        self.assertEqual(result.status, 2, str(result))
        self.assertIn("machine.method", result.error["text"])


if __name__ == "__main__":
    lib.main()
