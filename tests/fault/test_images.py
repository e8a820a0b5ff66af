#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Machine disks that are damaged, incomplete or foreign."""
import json
import os
import shutil
import struct
import unittest

import lib

GIB = 1 << 30


class Images(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.warm_template()
        return world

    def made(self):
        box = self.box(warm=True, alone=True)
        self.good(box, box.prepare())
        return box, os.path.join(box.machine, "disk.qcow2")

    def argv(self, box):
        result = box.run("command", box.ini, *box.settings())
        self.assertEqual(result.status, 0, str(result))
        return [a["text"] for a in json.loads(result.out)["argv"]]

    def never_booted(self, change, ids):
        """change(path): neither prepare nor boot take the disk, and it stays as it is."""
        box, disk = self.made()
        change(disk)
        damaged = lib.content(disk)
        started = os.path.join(box.root, "started")
        with open(box.qemu, encoding="utf-8") as text:
            body = text.read()
        with open(box.qemu, "w", encoding="utf-8") as out:
            out.write(body.replace("exec ", 'touch "%s"\nexec ' % started, 1))
        for verb in ("prepare", "boot"):
            result = box.run(verb, box.ini, *box.settings())
            self.assertIn(result.id, ids, str(result))
            self.assertEqual(result.status, 1, str(result))
            self.assertTrue(result.error.get("hint"), str(result))
            self.quiet(box)
        self.assertFalse(os.path.exists(started), "QEMU was started")
        self.assertEqual(lib.content(disk), damaged, "it was replaced or changed")

    @staticmethod
    def patch(path, at, data):
        with open(path, "r+b") as disk:
            disk.seek(at)
            disk.write(data)

    # ---- images that are cut off
    def test_truncated(self):
        self.never_booted(lambda p: os.truncate(p, os.path.getsize(p) // 3), ("disk-broken",))

    def test_header_only(self):
        self.never_booted(lambda p: os.truncate(p, 60), ("disk-broken", "disk-foreign"))

    def test_zero_length(self):
        self.never_booted(lambda p: os.truncate(p, 0), ("disk-broken", "disk-foreign"))

    def test_another_magic(self):
        self.never_booted(lambda p: self.patch(p, 0, b"XXXX"), ("disk-broken", "disk-foreign"))

    def test_smaller_than_its_base(self):
        self.never_booted(lambda p: self.patch(p, 24, struct.pack(">Q", 4 * GIB)),
                          ("disk-base", "disk-broken"))

    def test_absurd_size(self):
        self.never_booted(lambda p: self.patch(p, 24, struct.pack(">Q", 1 << 62)),
                          ("disk-broken",))

    def test_base_gone(self):
        self.never_booted(lambda p: os.unlink(os.path.join(os.path.dirname(p), "base.raw")),
                          ("disk-base",))

    def test_control(self):
        box, disk = self.made()
        before = lib.content(disk)
        self.good(box, box.prepare())
        self.assertEqual(lib.content(disk), before)

    def qemu_img(self, box, body):
        """A qemu-img that does body instead, for this box alone."""
        own = os.path.join(box.root, "bin")
        os.makedirs(own, exist_ok=True)
        with open(os.path.join(own, "qemu-img"), "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\nfor w; do case $w in *.part) part=$w;; esac; done\n" + body)
        os.chmod(os.path.join(own, "qemu-img"), 0o755)
        box.env["PATH"] = own + ":" + box.environment()["PATH"]

    def create(self, body, ids):
        box = self.box(warm=True, alone=True)
        self.qemu_img(box, body)
        before = box.state()
        result = box.prepare()
        self.z(box, result, ids, result.status, before)
        self.assertEqual(result.failed_step(), "disk")
        self.assertFalse(os.path.exists(os.path.join(box.machine, "disk.qcow2")))
        del box.env["PATH"]
        self.recovers(box)

    def test_create_interrupted(self):
        for body, ids in (('printf "QFI\\373" >"$part"; kill -9 $$\n', ("disk-tool",)),
                          ('printf "QFI\\373" >"$part"; exit 0\n', ("disk-broken",)),
                          (': >"$part"; exit 0\n', ("disk-broken", "disk-foreign")),
                          ("exit 0\n", ("disk-missing", "file-write")),
                          ('echo "No space left on device" >&2; exit 1\n', ("disk-tool",)),
                          ('head -c 100000000 /dev/zero >&2; exit 1\n', ("disk-tool",))):
            with self.subTest(body):
                self.create(body, ids)

    def test_no_qemu_img(self):
        box = self.box(warm=True, alone=True)
        empty = os.path.join(box.root, "empty")
        os.mkdir(empty)
        for tool in ("sh", "ssh-keygen"):
            os.symlink(shutil.which(tool, path=self.world.bin + ":" + os.environ["PATH"]),
                       os.path.join(empty, tool))
        box.env["PATH"] = empty
        self.z(box, box.prepare(), "exec-missing", 3)
        del box.env["PATH"]
        self.recovers(box)

    def test_fake_makes_sound_disks(self):
        """The stand-in for qemu-img makes what the real one reads, where that is here."""
        path = os.path.join(self.world.tmp, "fake.qcow2")
        with open(os.path.join(self.world.tmp, "base.raw"), "wb") as base:
            base.truncate(GIB)
        tool = os.path.join(lib.HERE, "fakeqemuimg.py")
        for words in (["create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base.raw", path,
                       str(GIB)], ["resize", "-q", "-f", "qcow2", path, str(16 * GIB)]):
            lib.subprocess.run([lib.sys.executable, tool, *words], check=True)
        real = shutil.which("qemu-img")
        if not real:
            raise unittest.SkipTest("no qemu-img to compare with")
        done = lib.subprocess.run([real, "info", "--output=json", "-f", "qcow2", path], check=True,
                                  stdout=lib.subprocess.PIPE)
        info = json.loads(done.stdout)
        self.assertEqual(info["virtual-size"], 16 * GIB)
        self.assertEqual(info["backing-filename"], "base.raw")
        lib.subprocess.run([real, "check", "-q", "-f", "qcow2", path], check=True)

    # ---- formats are not guessed
    def test_raw_with_qcow2_header(self):
        """A guest may write a qcow2 header into its raw disk: the driver is never guessed."""
        box = self.box(alone=True)
        box.fill(self.world.template, ("cache", "data"))
        base = os.path.join(box.bases()[0], "disk.raw")
        self.good(box, box.prepare())
        for word in self.argv(box):
            if word.startswith("{") and '"filename"' in word:
                node = json.loads(word)
                self.assertIn(node["driver"], ("raw", "qcow2"), word)
                self.assertEqual(node["file"]["driver"], "file", word)
            self.assertFalse(word.startswith(("-drive", "-hda", "-pflash", "-cdrom")), word)
        with open(os.path.join(box.machine, "disk.qcow2"), "rb") as disk:
            head = disk.read(4096)
        self.assertIn(b"\xe2\x79\x2a\xca\0\0\0\3raw", head, "the base's format is written down")
        self.assertTrue(os.path.exists(base))

    def planted(self):
        """A qcow2 header that names a backing file of this host."""
        name = b"/etc/passwd"
        head = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 72, len(name), 16, 16 * GIB, 0, 32, 3 << 16,
                           1 << 16, 1, 0, 0)
        return (head + name).ljust(512, b"\0")

    def test_planted_in_the_base(self):
        """Through the overlay of a raw base with such a header the base's own bytes are read, also in a copy; and each
        qemu-img gets the format of what it opens."""
        real = shutil.which("qemu-img")
        if not real:
            raise unittest.SkipTest("no qemu-img")
        asked = os.path.join(self.world.tmp, "asked")
        own = self.world.script("qemu-img", 'printf "%%s\\n" "$*" >>"%s"\nexec "%s" "$@"' % (asked, real))
        self.addCleanup(os.unlink, own)
        box, disk = self.made()
        base = os.path.join(box.machine, "base.raw")
        other = base + ".new"               # not the one that machines of other tests share
        lib.subprocess.run(["cp", "--sparse=always", base, other], check=True)
        os.chmod(other, 0o600)
        os.rename(other, base)
        self.patch(base, 0, self.planted())
        with open(base, "rb") as image:
            want = image.read(4 << 20)
        result = box.run("flatten", "m", "--yes")
        self.assertEqual(result.status, 0, str(result))
        out = os.path.join(box.root, "out.raw")
        lib.subprocess.run([real, "convert", "-f", "qcow2", "-O", "raw", disk, out], check=True)
        with open(out, "rb") as flat:
            self.assertTrue(flat.read(4 << 20) == want, "other bytes than the base's")
        for line in lib.read(asked).splitlines():
            self.assertRegex(line, r"^--version|(^| )-f (raw|qcow2)( |$)|--image-opts", line)

    def test_planted_in_a_drive(self):
        """A raw drive is opened as raw, even if a guest wrote another header."""
        path = os.path.join(self.world.tmp, "data.img")
        with open(path, "wb") as out:
            out.write(self.planted())
            out.truncate(1 << 20)
        box = self.box(warm=True, alone=True, devices_drive="path=%s,format=raw" % path)
        self.good(box, box.prepare("--trust"))
        nodes = [json.loads(w) for w in self.argv(box) if w.startswith("{") and path in w]
        self.assertTrue(nodes)
        for node in nodes:
            self.assertEqual((node.get("driver"), node["file"]["driver"]), ("raw", "file"), node)

    def foreign(self, backing, fmt=b"raw", features=0):
        """A disk of the right size that lies over something else."""
        def change(path):
            name = backing.encode()
            head = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, 0, 0, 16, 16 * GIB, 0, 32,
                               3 << 16, 1 << 16, 1, 0, 0)
            head += struct.pack(">QQQII", features, 0, 0, 4, 104)
            if name:
                pad = -len(fmt) % 8
                head += struct.pack(">II", 0xE2792ACA, len(fmt)) + fmt + bytes(pad)
            if features:
                head += struct.pack(">II", 0x44415441, 11) + b"/etc/passwd" + bytes(5)
            head += struct.pack(">II", 0, 0)
            if name:
                head = head[:8] + struct.pack(">QI", len(head), len(name)) + head[20:] + name
            with open(path, "wb") as out:
                out.write(head.ljust(1 << 16, b"\0"))
                out.write(struct.pack(">Q", 2 << 16).ljust(1 << 16, b"\0"))
                out.write((struct.pack(">H", 1) * 4).ljust(1 << 16, b"\0"))
                out.write(bytes(1 << 16))
        self.never_booted(change, ("disk-foreign", "disk-base"))

    def test_foreign(self):
        for backing, fmt, features in (("/etc/passwd", b"raw", 0), ("../../secret", b"raw", 0),
                                       ("base.raw", b"qcow2", 0), ("nbd://127.0.0.1/x", b"raw", 0),
                                       ('json:{"driver":"file","filename":"/etc/passwd"}', b"raw",
                                        0), ("base.raw", b"raw", 4)):
            with self.subTest(backing, features=features):
                self.foreign(backing, fmt, features)


if __name__ == "__main__":
    lib.main()
