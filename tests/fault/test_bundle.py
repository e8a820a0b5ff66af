#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A machine in a bundle and out of it again: interrupted, damaged, and made with bad intent."""
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile

import lib
import shim

# Runs until it is stopped.
BOOTED = """up
serial Debian GNU/Linux 12 m ttyAMA0\\n\\nm login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae
serve
"""
LINK = "link"


class Bundle(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        shim.make(world)
        world.warm_template()
        return world

    def setUp(self):
        super().setUp()
        for tool in ("qemu-img", "zstd"):
            if not shutil.which(tool):
                self.skipTest("there is no " + tool)

    def made(self, **settings):
        box = self.box(warm=True, alone=True, **settings)
        self.good(box, box.prepare("--trust"))
        return box

    def bundle(self, **settings):
        """A box with a machine, and its bundle."""
        box = self.made(**settings)
        result = box.run("export", box.ini, "--as", "bundle", "--out", box.root)
        self.assertEqual(result.status, 0, str(result))
        path = os.path.join(box.root, "m.debwiz")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertNotIn("disk.export", os.listdir(box.machine))
        return box, path

    @staticmethod
    def saved(box, name):
        return os.path.join(box.home, "config", "debwiz", "machines", name + ".ini")

    @staticmethod
    def folder(box, name):
        return os.path.join(box.data, "machines", name)

    def nothing_of(self, box, name):
        self.assertEqual([n for n in os.listdir(os.path.join(box.data, "machines")) if n.startswith(name)], [])
        self.assertFalse(os.path.exists(self.saved(box, name)))

    # ---- there and back
    def test_elsewhere(self):
        """On another host, without the base image and without a mirror: the same disk, ready to boot."""
        box, path = self.bundle()
        other = self.box(alone=True)
        result = other.run("import", path, "--name", "n")
        self.assertEqual(result.status, 0, str(result))
        folder = self.folder(other, "n")
        names = set(os.listdir(folder))
        self.assertLessEqual({"disk.qcow2", "QEMU_EFI-pflash.raw", "QEMU_VARS-pflash.raw", "id_ed25519"}, names)
        self.assertFalse({"base.raw", "machine.ini", "manifest.json"} & names)
        self.assertEqual(lib.parts(other.home), [])
        subprocess.run(["qemu-img", "compare", "-q", os.path.join(box.machine, "disk.qcow2"),
                        os.path.join(folder, "disk.qcow2")], check=True)
        with open(other.script, "w", encoding="utf-8") as out:
            out.write(BOOTED)
        booted = other.run("boot", "n", "--offline", "--set", "qemu.binary=" + other.qemu)
        self.assertEqual(booted.status, 0, str(booted))
        self.assertEqual(other.run("kill", "n").status, 0)
        self.assertIn("name = n\n", lib.read(self.saved(other, "n")))
        self.assertIn("hostname = m\n", lib.read(self.saved(other, "n")))

    def test_direct(self):
        """A machine whose kernel QEMU loads: with its kernel, initrd and what they were taken from."""
        box, path = self.bundle(firmware_mode="direct")
        other = self.box(alone=True)
        result = other.run("import", path, "--name", "n")
        self.assertEqual(result.status, 0, str(result))
        for name in ("vmlinuz", "initrd.img", "stamps.json"):
            self.assertEqual(lib.content(os.path.join(self.folder(other, "n"), name)),
                             lib.content(os.path.join(box.machine, name)))
        self.assertIn("/boot/vmlinuz-", lib.read(os.path.join(self.folder(other, "n"), "stamps.json")))

    def test_folder(self):
        """A file that lies in a folder of the machine's folder, as that of a TPM, is where it was."""
        path = os.path.join(self.world.tmp, "tpm.debwiz")
        tpm = "tpm/tpm2-00.permall"
        self.write(path, self.signed(self.small(self.bundle()[1]) + [(tpm, b"keys")]))
        other = self.box(alone=True)
        result = other.run("import", path)
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(lib.read(os.path.join(self.folder(other, "m"), tpm)), "keys")
        self.assertEqual(os.stat(os.path.join(self.folder(other, "m"), "tpm")).st_mode & 0o777, 0o700)

    def test_in_use(self):
        """A running machine is not packed; a name in use is not taken."""
        box, path = self.bundle()
        result = box.run("export", box.ini, "--as", "bundle", "--out", box.root)
        self.assertEqual((result.status, result.id), (2, "file-exists"), str(result))
        result = box.run("import", path)
        self.assertEqual((result.status, result.id), (2, "name-taken"), str(result))
        self.assertIn("--name", result.error["hint"])
        result = box.run("import", path, "--name", "../n")
        self.assertEqual((result.status, result.id), (2, "name-bad"), str(result))
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(BOOTED)
        self.assertEqual(box.run("boot", box.ini, *box.settings()).status, 0)
        result = box.run("export", box.ini, "--as", "bundle", "--out", box.home)
        self.assertEqual((result.status, result.id), (7, "busy"), str(result))
        self.assertIn("debwiz stop m", result.error["hint"])
        self.assertEqual(box.run("kill", "m").status, 0)

    def test_foreign_file(self):
        """What the file shares needs the agreement of who imports it, whatever was agreed to before."""
        box, path = self.bundle(devices_share="path=/etc,tag=etc")
        other = self.box(alone=True)
        result = other.run("import", path)
        self.assertEqual(result.status, 0, str(result))
        self.assertIn("/etc", result.err + result.out)
        refused = other.run("boot", "m", "--offline", "--set", "qemu.binary=" + other.qemu)
        self.assertEqual((refused.status, refused.id), (2, "file-not-agreed"), str(refused))
        self.assertEqual(other.run("import", path, "--name", "n", "--trust").status, 0)
        self.assertIn("agreed to", other.run("check", "n", json_events=False).out)
        self.assertTrue(box.machine)

    # ---- interrupted
    def test_cancelled(self):
        """Ctrl-C while the disk is copied leaves nothing; the same words work."""
        box = self.made()
        real = shutil.which("qemu-img")
        waits = os.path.join(box.root, "waits")
        tools = os.path.join(box.root, "tools")
        os.mkdir(tools)
        with open(os.path.join(tools, "qemu-img"), "w", encoding="utf-8") as out:
            out.write('#!/bin/sh\n[ "$1" != convert ] || { touch "%s"; exec tail -f /dev/null; }\nexec "%s" "$@"\n'
                      % (waits, real))
        os.chmod(os.path.join(tools, "qemu-img"), 0o755)
        before = lib.tree(box.data)
        words = ("export", box.ini, "--as", "bundle", "--out", box.root)
        box.env["PATH"] = tools + ":" + self.world.bin + ":" + os.environ["PATH"]

        def interrupt(child):
            lib.poll(lambda: os.path.exists(waits))
            child.send_signal(signal.SIGINT)
        result = box.run(*words, on_start=interrupt)
        self.assertEqual(result.status, 130, str(result))
        self.quiet(box)
        self.assertEqual(lib.tree(box.data), before)
        self.assertEqual([n for n in os.listdir(box.root) if n.startswith("m.debwiz")], [])
        del box.env["PATH"]
        self.assertEqual(box.run(*words).status, 0)

    def test_killed_import(self):
        """Before each call that creates, renames or removes a file: the same words, or the same after deleting."""
        path = os.path.join(self.world.tmp, "small.debwiz")
        self.write(path, self.signed(self.small(self.bundle()[1])))
        at = 0
        while True:
            at += 1
            other = self.box(alone=True)
            shim.arm(other, at, ops=("create", "rename", "unlink", "mkdir"))
            result = other.run("import", path)
            shim.disarm(other)
            if result.status == 0:
                break
            with self.subTest(at=at):
                self.assertEqual(result.status, -signal.SIGKILL, str(result))
                again = other.run("import", path)
                if again.id == "name-taken":
                    self.assertTrue(os.path.exists(self.saved(other, "m")))
                    self.assertEqual(other.run("delete", "m", "--yes", "--confirm", "m").status, 0)
                    again = other.run("import", path)
                self.assertEqual(again.status, 0, str(again))
                self.assertEqual(lib.parts(other.home), [])
        self.assertGreater(at, 10)

    def test_no_space(self):
        """A write that fails leaves nothing of the machine."""
        _, path = self.bundle()
        other = self.box(alone=True)
        shim.arm(other, 3, error=28, ops=("pwrite",))
        result = other.run("import", path)
        shim.disarm(other)
        self.assertEqual(result.status, 1, str(result))
        self.nothing_of(other, "m")
        self.assertEqual(other.run("import", path).status, 0)

    # ---- what is refused
    @staticmethod
    def content(path):
        """[(name, bytes)] of a bundle, in order."""
        text = subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
        with tarfile.open(fileobj=io.BytesIO(text)) as tar:
            return [(m.name, tar.extractfile(m).read()) for m in tar]

    def small(self, path):
        """Its files without the flash, which is large."""
        whole = self.content(path)
        self.assertEqual(whole[0][0], "manifest.json")
        return [(name, data) for name, data in whole[1:] if "pflash" not in name]

    @staticmethod
    def write(path, members):
        """(name, bytes), or (name, LINK, target)."""
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for name, data, *target in members:
                info = tarfile.TarInfo(name)
                if data is LINK:
                    info.type, info.linkname = target[0], target[1]
                    tar.addfile(info)
                else:
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
        subprocess.run(["zstd", "-q", "-f", "-o", path], input=raw.getvalue(), check=True)

    @staticmethod
    def signed(members, **changes):
        """The members with a manifest that fits them; changes: of the manifest."""
        files = [{"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                 for name, data, *_ in members if data is not LINK]
        manifest = {"format": "debwiz bundle", "version": 1, "name": "m", "files": files, **changes}
        return [("manifest.json", json.dumps(manifest).encode())] + members

    def test_hostile(self):
        """Nothing outside the machine's folder is touched, and nothing is left in it."""
        files = self.small(self.bundle()[1])
        whole = self.signed(files)
        by_name = dict(files)
        ini = by_name["machine.ini"]

        def but(**changed):
            return [(n, changed.get(n.split(".")[0], d)) for n, d in files]
        with_backing = os.path.join(self.world.tmp, "backing.qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd", with_backing, "8G"],
                       check=True)
        with open(with_backing, "rb") as disk:
            backing = disk.read()
        for title, members, ids in (
                ("no manifest", files, "bundle-bad"),
                ("not JSON", [("manifest.json", b"x")] + files, "bundle-bad"),
                ("later version", self.signed(files, version=2), "bundle-version"),
                ("other format", self.signed(files, format="x"), "bundle-bad"),
                ("other bytes", whole[:1] + but(machine=ini.replace(b"m", b"n")), "bundle-bad"),
                ("shorter file", whole[:1] + but(machine=ini[:-1]), "bundle-bad"),
                ("missing file", whole[:-1], "bundle-bad"),
                ("file twice", whole + whole[1:2], "bundle-bad"),
                ("further file", whole + [("run.json", b"{}")], "bundle-bad"),
                ("unknown file", self.signed(files + [("lock", b"")]), "bundle-bad"),
                ("path up", self.signed(files) + [("../evil", b"x")], "tarball-refused"),
                ("path down", self.signed(files) + [("a/b", b"x")], "bundle-bad"),
                ("path with a dot", self.signed(files) + [("tpm/./x", b"x")], "tarball-refused"),
                ("path with two dots", self.signed(files) + [("tpm/../../x", b"x")], "tarball-refused"),
                ("absolute path", self.signed(files) + [("/tmp/evil", b"x")], "tarball-refused"),
                ("symbolic link", self.signed(files) + [("vmlinuz", LINK, tarfile.SYMTYPE, "/etc/passwd")],
                 "tarball-refused"),
                ("hard link", self.signed(files) + [("vmlinuz", LINK, tarfile.LNKTYPE, "disk.qcow2")],
                 "tarball-refused"),
                ("FIFO", self.signed(files) + [("vmlinuz", LINK, tarfile.FIFOTYPE, "")], "tarball-refused"),
                ("other name", self.signed(files, name="../../evil\033[2J"), "name-bad"),
                ("stamp with a path", self.signed(but(stamps=b'{"base": "../../x"}')), "bundle-bad"),
                ("stamp with a sequence", self.signed(but(stamps=b'{"kernel-version": "\\u001b[2J"}')), "bundle-bad"),
                ("backing file", self.signed(but(disk=backing)), ("disk-foreign", "bundle-bad")),
                ("no qcow2", self.signed(but(disk=b"x" * 5000)), ("disk-foreign", "disk-broken")),
                ("bad file", self.signed(but(machine=ini + b"[cpu]\nmemory = lots\n")), "spec-bad"),
                ("bad arch", self.signed(but(machine=ini.replace(b"armhf", b"vax"))), ("spec-bad", "spec-check")),
        ):
            with self.subTest(title):
                other = self.box(alone=True)
                bad = os.path.join(other.root, "bad.debwiz")
                self.write(bad, members)
                result = other.run("import", bad)
                self.assertIn(result.id, (ids,) if isinstance(ids, str) else ids, str(result))
                self.assertIn(result.status, (1, 2), str(result))
                self.assertNotIn("\033", result.out + result.err)
                self.nothing_of(other, "m")
                self.assertFalse(os.path.exists("/tmp/evil"))

    def test_damaged(self):
        """A bundle that is cut off, or not one at all."""
        box, path = self.bundle()
        with open(path, "rb") as whole:
            data = whole.read()
        for title, text in (("cut off", data[:len(data) // 2]), ("empty", b""), ("text", b"not a bundle\n" * 99),
                            ("its end is missing", data[:-40])):
            with self.subTest(title):
                other = self.box(alone=True)
                bad = os.path.join(other.root, "bad.debwiz")
                with open(bad, "wb") as out:
                    out.write(text)
                result = other.run("import", bad)
                self.assertIn(result.id, ("tarball-bad", "bundle-bad"), str(result))
                self.nothing_of(other, "m")
        for name, ids in ((box.root, "file-type"), (os.path.join(box.root, "none"), "file-missing")):
            self.assertEqual(box.run("import", name, "--name", "n").id, ids)


if __name__ == "__main__":
    lib.main()
