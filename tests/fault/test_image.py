#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""method = image: a machine whose disk begins as an existing image, copied or not; what is refused of one."""
import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest

import lib

GIB = 1 << 30
# Its own host name, and nothing that reports to debwiz.
BOOTED = """up
serial Debian GNU/Linux 12 cloud ttyAMA0\\n\\ncloud login:\\x20
serve
"""


class Image(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.warm_template()
        return world

    def setUp(self):
        super().setUp()
        if not shutil.which("qemu-img"):
            raise unittest.SkipTest("there is no qemu-img")

    def image(self, form="qcow2"):
        """An image as another program makes one: a system of the fixture, with its EFI system partition."""
        path = os.path.join(self.world.tmp, "image." + form)
        disk = os.path.join(self.world.warm_template().bases()[0], "disk.raw")
        if not os.path.exists(path):
            more = ["-c"] if form == "qcow2" else []
            subprocess.run(["qemu-img", "convert", *more, "-f", "raw", "-O", form, disk, path], check=True)
        return path

    def imaged(self, image, **settings):
        return self.box(alone=True, machine_method="image", disk_image=image, **settings)

    @staticmethod
    def same(image, disk):
        subprocess.run(["qemu-img", "compare", "-q", image, disk], check=True)

    # ---- what is made of it
    def test_prepared(self):
        """The disk is the image's content; the firmware is Debian's; no package is installed, no seed is made."""
        for form in ("qcow2", "raw"):
            with self.subTest(form):
                image = self.image(form)
                box = self.imaged(image)
                before = lib.content(image)
                self.world.server.fresh_log()
                result = box.prepare("--trust")
                self.good(box, result)
                self.assertEqual(lib.content(image), before)
                self.same(image, os.path.join(box.machine, "disk.qcow2"))
                steps = result.steps()
                self.assertIn("image", steps)
                self.assertFalse({"unpack", "configure"} & set(steps))
                self.assertFalse(os.path.exists(os.path.join(box.machine, "seed.iso")))
                debs = [e["path"] for e in self.world.server.log() if e["path"].endswith(".deb")]
                self.assertEqual(len(debs), 1, debs)
                again = box.prepare("--offline")
                self.good(box, again)

    def test_boots(self):
        """Its login prompt has a host name of its own."""
        box = self.imaged(self.image())
        self.good(box, box.prepare("--trust"))
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(BOOTED)
        result = box.run("boot", box.ini, *box.settings())
        self.assertEqual(result.status, 0, str(result))
        ssh = box.run("ssh-config", box.ini, json_events=False).out
        self.assertIn("StrictHostKeyChecking accept-new", ssh)
        self.assertNotIn("id_ed25519", ssh)
        self.assertEqual(box.run("kill", "m").status, 0)

    def test_silent(self):
        """No login prompt on the serial port: the message names the other console, which QEMU then has."""
        box = self.imaged(self.image())
        self.good(box, box.prepare("--trust"))
        box.play("up\nserve\n")
        for console in ("serial", "virtio"):
            more = ("--set", "boot.timeout=10s", "--set", "devices.console=" + console)
            result = box.run("boot", box.ini, *box.settings(), *more)
            self.assertEqual((result.status, result.id), (8, "guest-slow"), str(result))
            self.assertEqual("console = virtio" in result.error["hint"], console == "serial", str(result))
            command = box.run("command", box.ini, *box.settings(), *more).out
            self.assertEqual("virtconsole" in command, console == "virtio", command)
            self.assertEqual(box.run("kill", "m").status, 0)

    def test_direct(self):
        """Kernel and initrd come out of the image; the kernel finds its root by the file system's UUID."""
        box = self.imaged(self.image(), firmware_mode="direct")
        result = box.prepare("--trust")
        self.good(box, result)
        self.assertIn("kernel", result.steps())
        for name in ("vmlinuz", "initrd.img"):
            self.assertTrue(os.path.getsize(os.path.join(box.machine, name)), name)
        result = box.run("command", box.ini)
        self.assertEqual(result.status, 0, str(result))
        self.assertRegex(result.out, r"root=UUID=[0-9a-f]{8}-[0-9a-f-]{27} ro")

    def test_shared_and_renewed(self):
        """A second machine of the image uses the same base; a changed image makes another one."""
        image = os.path.join(self.world.tmp, "own.qcow2")
        shutil.copy(self.image(), image)
        box = self.imaged(image)
        self.good(box, box.prepare("--trust"))
        self.assertEqual(len(box.bases()), 1)
        with open(box.ini, encoding="utf-8") as text:
            body = text.read()
        box.write_ini(body.replace("name = m\n", "name = two\n"))
        self.assertEqual(box.prepare("--offline").status, 0)
        self.assertEqual(len(box.bases()), 1)
        os.utime(image, (1, 1))
        box.write_ini(body.replace("name = m\n", "name = three\n"))
        self.assertEqual(box.prepare().status, 0)
        self.assertEqual(len(box.bases()), 2)

    # ---- the image itself as the backing file
    def own(self, folder=None):
        """A raw image of its own for a test, not read-only."""
        handle, path = tempfile.mkstemp(".raw", dir=folder or self.world.tmp)
        os.close(handle)
        subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "raw", self.image("raw"), path], check=True)
        os.chmod(path, 0o640)
        return path

    @staticmethod
    def facts(path):
        st = os.stat(path)
        return st.st_ino, st.st_mode, st.st_size, st.st_mtime_ns, lib.content(path)

    def started(self, box):
        """A file that exists after QEMU was started."""
        path = os.path.join(box.root, "started")
        with open(box.qemu, encoding="utf-8") as text:
            body = text.read()
        with open(box.qemu, "w", encoding="utf-8") as out:
            out.write(body.replace("exec ", 'touch "%s"\nexec ' % path, 1))
        return path

    def test_itself(self):
        """Linked, not copied; machines share it; the file stays as it is, and stays when its base is collected."""
        image = self.own()
        before = self.facts(image)
        box = self.imaged(image, disk_image_copy="no")
        self.good(box, box.prepare("--trust"))
        base, = box.bases()
        self.assertEqual(self.facts(os.path.join(base, "disk.raw")), before)
        self.assertEqual(os.stat(image).st_nlink, 2)
        disk = os.path.join(box.machine, "disk.qcow2")
        self.same(image, disk)
        self.assertLess(os.stat(disk).st_blocks * 512, 1 << 20)
        with open(box.ini, encoding="utf-8") as text:
            body = text.read()
        two = os.path.join(box.root, "two.ini")
        with open(two, "w", encoding="utf-8") as out:
            out.write(body.replace("name = m\n", "name = two\n"))
        for args in (("prepare", two, "--offline", "--trust", *box.settings()), ("rename", "two", "three", "--yes"),
                     ("delete", "m", "--yes", "--confirm", "m"), ("gc",), ("snapshot", "three", "create", "s"),
                     ("clone", "three", "four"), ("delete", "three", "--yes", "--confirm", "three")):
            result = box.run(*args)
            self.assertEqual(result.status, 0, str(result))
        self.assertEqual(os.stat(image).st_nlink, 2)
        for _ in range(2):
            self.assertEqual(box.run("gc").status, 0)
            self.assertEqual(box.bases(), [base])
        self.same(image, os.path.join(os.path.dirname(box.machine), "four", "disk.qcow2"))
        self.assertEqual(box.run("delete", "four", "--yes", "--confirm", "four").status, 0)
        result = box.run("gc")
        self.assertEqual([e["freed"] for e in result.events if e.get("event") == "gc"], [0], str(result))
        self.assertEqual(box.bases(), [])
        self.assertEqual((self.facts(image), os.stat(image).st_nlink), (before, 1))

    def test_itself_removed(self):
        """The link keeps the image after its user has removed it."""
        image = self.own()
        box = self.imaged(image, disk_image_copy="no", firmware_mode="direct")
        self.good(box, box.prepare("--trust"))
        os.unlink(image)
        self.good(box, box.prepare("--offline"))
        self.same(self.image("raw"), os.path.join(box.machine, "disk.qcow2"))
        self.assertEqual(box.run("flatten", "m").status, 0)
        self.assertEqual(box.run("gc").status, 0)
        self.assertEqual(box.bases(), [])
        self.same(self.image("raw"), os.path.join(box.machine, "disk.qcow2"))

    def test_itself_changed(self):
        """QEMU is not started with another content, nor is a suspended machine resumed; recreate takes what is there."""
        image = self.own()
        box = self.imaged(image, disk_image_copy="no")
        self.good(box, box.prepare("--trust"))
        started = self.started(box)
        was = os.stat(image)
        with open(image, "r+b") as out:
            out.seek(5 << 20)
            out.write(b"another")
        os.utime(image, ns=(was.st_atime_ns, was.st_mtime_ns + 1))
        suspended = os.path.join(box.machine, "suspend.json")
        for kept in (False, True):
            if kept:
                with open(suspended, "w", encoding="ascii") as out:
                    out.write("{}")
            for verb in ("prepare", "boot"):
                result = box.run(verb, box.ini, *box.settings(), "--trust")
                self.assertEqual((result.id, result.status), ("image-changed", 1), str(result))
                self.assertIn(image, result.error["text"])
                self.assertIn("debwiz recreate", result.error["hint"])
                self.quiet(box)
        os.unlink(suspended)
        self.assertFalse(os.path.exists(started), "QEMU was started")
        hint = result.error["hint"]
        subprocess.run(hint[hint.index("touch -d"):].split(), check=True)
        self.assertEqual(os.stat(image).st_mtime_ns, was.st_mtime_ns)
        self.assertEqual(box.prepare("--trust").status, 0)
        os.truncate(image, was.st_size + 512)
        os.utime(image, ns=(was.st_atime_ns, was.st_mtime_ns))
        self.assertEqual(box.prepare("--trust").id, "image-changed")
        self.assertEqual(box.run("recreate", box.ini, "--yes", "--confirm", "m").status, 0)
        self.good(box, box.prepare("--trust"))
        self.same(image, os.path.join(box.machine, "disk.qcow2"))

    def test_itself_refused(self):
        """What cannot be a backing file is never copied silently."""
        box = self.imaged(self.image(), disk_image_copy="no")
        result = box.prepare("--trust")
        self.z(box, result, "image-format", 2)
        self.assertIn("image_copy = yes", result.error["hint"])
        self.assertEqual(box.bases(), [])
        if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == os.stat(self.world.tmp).st_dev:
            raise unittest.SkipTest("there is no other file system")
        image = self.own("/dev/shm")
        try:
            before = self.facts(image)
            box = self.imaged(image, disk_image_copy="no")
            result = box.prepare("--trust")
            self.z(box, result, "image-link", 2)
            self.assertIn("another file system", result.error["text"])
            self.assertIn("image_copy = yes", result.error["hint"])
            self.assertEqual((box.bases(), self.facts(image)), ([], before))
        finally:
            os.unlink(image)

    # ---- on a server
    def served(self, sums=True):
        """The URL of the image on the fixture's server, with SHA512SUMS beside it; and its digest."""
        folder = os.path.join(self.world.archive.www, "images-listed" if sums else "images")
        os.makedirs(folder, exist_ok=True)
        name = os.path.join(folder, "cloud.qcow2")
        shutil.copy(self.image(), name)
        with open(name, "rb") as file:
            digest = hashlib.sha512(file.read()).hexdigest()
        if sums:
            with open(os.path.join(folder, "SHA512SUMS"), "w", encoding="ascii") as out:
                out.write("%s  other.qcow2\n%s  cloud.qcow2\n" % ("0" * 128, digest))
        return "%s/%s/cloud.qcow2" % (self.world.server.url, os.path.basename(folder)), digest

    def asked(self):
        return [e for e in self.world.server.log() if e["path"].endswith("/cloud.qcow2")]

    def test_url(self):
        """Checked by the list beside it; downloaded once for all machines."""
        url, digest = self.served()
        box = self.imaged(url)
        self.world.server.fresh_log()
        self.good(box, box.prepare())
        self.same(self.image(), os.path.join(box.machine, "disk.qcow2"))
        self.assertEqual(len(self.asked()), 1)
        self.assertEqual(os.listdir(os.path.join(box.cache, "files")), [digest])
        self.assertEqual(box.prepare("--offline").status, 0)

    def test_url_resumed(self):
        """What an earlier run has received is not requested again."""
        url, digest = self.served(sums=False)
        box = self.imaged(url, disk_image_digest=digest.upper())
        self.world.server.rules({"match": "cloud.qcow2", "mode": "short", "fraction": 0.5})
        self.z(box, box.prepare(), ("http-cut", "http-size"), 4)
        self.assertTrue(os.path.getsize(os.path.join(box.cache, "files", digest + ".part")))
        self.world.server.rules()
        self.world.server.fresh_log()
        self.good(box, box.prepare())
        ranges = [e["range"] for e in self.asked()]
        self.assertEqual(len(ranges), 1)
        self.assertRegex(ranges[0], r"^bytes=[1-9][0-9]*-$")
        self.same(self.image(), os.path.join(box.machine, "disk.qcow2"))

    def test_url_wrong(self):
        url, _ = self.served(sums=False)
        for settings, ids in (({"disk_image_digest": "0" * 64}, "download-digest"),
                              ({"disk_image_digest": "0" * 128}, "download-digest"), ({}, "download-unlisted")):
            with self.subTest(ids):
                box = self.imaged(url, **settings)
                self.z(box, box.prepare(), ids, 5)
                self.assertEqual(box.bases(), [])
        box = self.imaged(self.image(), disk_image_digest="0" * 64)
        self.z(box, box.prepare("--trust"), "download-digest", 5)

    # ---- what is refused
    def test_foreign_file(self):
        """A file of another person may not have a file of this host copied into its guest."""
        box = self.imaged("/etc/shadow")
        self.z(box, box.prepare(), "file-not-agreed", 2)
        self.assertEqual(box.bases(), [])

    def test_refused(self):
        tmp = self.world.tmp
        backing = os.path.join(tmp, "backing.qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd", backing, "9G"],
                       check=True)
        data = os.path.join(tmp, "data.qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file=" + os.path.join(tmp, "d.raw"), data,
                        "9G"], check=True)
        text = os.path.join(tmp, "text")
        with open(text, "wb") as out:
            out.write(b"no image\n" * 100000)
        large = os.path.join(tmp, "large.qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", large, "900G"], check=True)
        for path, ids in ((os.path.join(tmp, "none"), "drive-missing"), (tmp, "drive-bad"), (backing, "drive-backing"),
                          (data, "disk-foreign"), (text, "image-no-efi"), (large, "image-large")):
            with self.subTest(path):
                box = self.imaged(path)
                result = box.prepare("--trust")
                self.assertEqual(result.id, ids, str(result))
                self.assertIn(result.status, (1, 2), str(result))
                self.assertEqual(result.failed_step(), "image")
                self.quiet(box)
                self.assertEqual(box.bases(), [])
                box.write_ini(machine_method="image", disk_image=self.image())
                self.assertEqual(box.prepare("--trust").status, 0)
                self.assertEqual(box.run("gc").status, 0)   # the folder in which the refused one was begun
                self.sound(box)
                self.assertEqual(lib.parts(box.home), [])

    def test_checked(self):
        for settings, words in (({"disk_image": None}, "disk.image"), ({"firmware_mode": "direct", "firmware_initrd": "own"}, "firmware.initrd"),
                                ({"system_packages": "git"}, "system.packages"), ({"boot_warm": "yes"}, "boot.warm"),
                                ({"machine_method": "bootstrap"}, "disk.image")):
            with self.subTest(words):
                box = self.imaged(self.image())
                box.write_ini(**{"machine_method": "image", "disk_image": self.image(), **settings})
                result = box.run("check", box.ini)
                self.assertEqual(result.status, 2, str(result))
                self.assertIn(words, result.error["text"])


if __name__ == "__main__":
    lib.main()
