#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Files that are changed between check and use, files planted in place of debwiz's own, and two runs in
parallel.
"""
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import threading

import lib
import faults                       # this one lies where lib says

GATE = threading.Event()


@faults.mode("gate")
def gate(handler, _rule, file):
    """Serve well, but not before the test permits it."""
    while not GATE.is_set() and not handler.stopping():
        handler.wait(0.01)
    handler.serve(file)


class Planted(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.warm_template()
        return world

    def setUp(self):
        super().setUp()
        GATE.clear()
        self.secret = os.path.join(self.world.tmp, "secret")
        with open(self.secret, "wb") as out:
            out.write(b"another's file")
        os.chmod(self.secret, 0o600)

    def tearDown(self):
        with open(self.secret, "rb") as kept:
            self.assertEqual(kept.read(), b"another's file", "something was followed")
        self.assertEqual(os.stat(self.secret).st_mode & 0o777, 0o600)

    # ---- changed while in use
    def changed_in_use(self, change):
        """change(path) is done to a verified entry while another deb is still under way."""
        box = self.own({"match": "/bash_", "mode": "gate"})
        path = box.cached(self.pool("less"))

        def swap(_child):
            lib.poll(lambda: os.path.exists(path))
            os.chmod(path, 0o600)
            change(path)
            GATE.set()
        result = box.prepare(on_start=swap)
        if result.status == 0:
            self.good(box, result)          # noticed and fetched again
        else:
            self.assertEqual(result.failed_step(), "unpack", str(result))
            self.assertIn(result.status, (1, 5), str(result))
            self.assertTrue(result.error.get("hint"))
            self.quiet(box)
            self.assertEqual(box.bases(), [])
            self.recovers(box)
        return result

    def edit(self, path):
        with open(path, "r+b") as deb:
            deb.seek(200)
            deb.write(b"!")

    def test_entry_edited(self):
        self.assertEqual(self.changed_in_use(self.edit).status, 5)

    def test_entry_swapped(self):
        def swap(path):
            other = path + ".evil"
            shutil.copyfile(self.pool("nano"), other)
            os.rename(other, path)
        self.changed_in_use(swap)

    def test_entry_truncated_and_gone(self):
        self.changed_in_use(lambda path: os.truncate(path, 10))
        GATE.clear()
        self.changed_in_use(os.unlink)

    def test_control_gate(self):
        self.assertEqual(self.changed_in_use(lambda path: None).status, 0)

    def test_cache_damaged_between_runs(self):
        box = self.box(alone=True)
        box.fill(self.world.template, ("cache",))
        for name in ("less", "nano", "qemu-efi-arm"):
            path = box.cached(self.pool(name))
            os.chmod(path, 0o600)
            self.edit(path)
        self.recovers(box)

    # ---- planted files
    def plants(self, path):
        """Ways to stand in the way at path: (name, maker, whether it is a foreign thing)."""
        def socket_at():
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as s:
                s.bind(path)
        return {
            "symlink": lambda: os.symlink(self.secret, path),
            "dangling": lambda: os.symlink(self.secret + ".new", path),
            "fifo": lambda: os.mkfifo(path, 0o600),
            "folder": lambda: os.mkdir(path, 0o700),
            "hardlink": lambda: os.link(self.secret, path),
            # that of another user; only root can plant it
            "foreign": lambda: (open(path, "wb").close(), os.chmod(path, 0o600),
                                os.chown(path, 65534, 65534)),
            "open-mode": lambda: (open(path, "wb").close(), os.chmod(path, 0o666)),
        }

    def in_the_way(self, where, names, base=("cache",), step=None):
        """Each kind of thing at where(box): refused or replaced, never followed, no hang."""
        for kind in names:
            with self.subTest(kind):
                box = self.box(alone=True)
                if base:
                    box.fill(self.world.template, base)
                path = where(box)
                os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
                if os.path.lexists(path):
                    os.unlink(path)
                self.plants(path)[kind]()
                planted = os.lstat(path)
                result = box.prepare()
                self.quiet(box)
                self.assertFalse(os.path.lexists(self.secret + ".new"), "written through a link")
                if result.status == 0:
                    # it was replaced: what has the name now is a new file of ours
                    self.assertEqual(lib.parts(box.home), [])
                    if os.path.lexists(path) and step != "lock":
                        now = os.lstat(path)
                        self.assertNotEqual(now.st_ino, planted.st_ino)
                        if path.endswith("base.raw"):
                            disk = os.path.join(box.bases()[0], "disk.raw")
                            self.assertTrue(os.path.samefile(path, disk))
                        else:
                            self.assertEqual(now.st_nlink, 1)
                else:
                    self.assertIn(result.status, (1, 5), str(result))
                    self.assertTrue(result.id and result.error.get("hint"), str(result))
                    self.assertEqual(os.lstat(path).st_ino, planted.st_ino, "not touched")
                    with contextlib.suppress(OSError):
                        os.rmdir(path)
                    with contextlib.suppress(OSError):
                        os.unlink(path)
                    self.recovers(box)

    ALL = ("symlink", "dangling", "fifo", "folder", "hardlink", "open-mode")

    def test_cache_entry(self):
        self.in_the_way(lambda box: box.cached(self.pool("less")), self.ALL)

    def test_cache_part(self):
        self.in_the_way(lambda box: box.cached(self.pool("less")) + ".part", self.ALL, base=())

    def test_lock(self):
        kinds = ("symlink", "dangling", "fifo", "folder", "hardlink")
        self.in_the_way(lambda box: os.path.join(box.machine, "lock"),
                        kinds + (("foreign",) if os.geteuid() == 0 else ()), ("cache", "data"),
                        step="lock")

    def test_machine_files(self):
        for name in ("disk.qcow2.part", "seed.iso.part", "QEMU_VARS-pflash.raw.part",
                     "stamps.json.part", "base.raw"):
            with self.subTest(name):
                self.in_the_way(lambda box, n=name: os.path.join(box.machine, n),
                                ("symlink", "fifo", "hardlink"), ("cache", "data"))

    def test_base_part(self):
        """A part folder of a base that is a link to another user's folder."""
        other = os.path.join(self.world.tmp, "others")
        os.makedirs(other, exist_ok=True)
        open(os.path.join(other, "kept"), "wb").close()
        box = self.box(alone=True)
        box.fill(self.world.template, ("cache",))
        name = os.path.basename(self.world.template.bases()[0]).rsplit("-", 1)[0]
        os.makedirs(os.path.join(box.data, "bases"), 0o700)
        os.symlink(other, os.path.join(box.data, "bases", name + ".part"))
        self.good(box, box.prepare())
        self.assertEqual(os.listdir(other), ["kept"])

    def test_sockets(self):
        """Files at the paths of QEMU's sockets are refused, or replaced if they are our own."""
        self.in_the_way(lambda box: os.path.join(box.run_dir, "debwiz"),
                        ("symlink", "fifo", "hardlink"), ("cache",))

    def test_open_folders(self):
        """Folders that others may write to are not used."""
        for part in ("data/debwiz/bases", "cache/debwiz", "data/debwiz/machines"):
            with self.subTest(part):
                box = self.box(alone=True)
                path = os.path.join(box.home, part)
                os.makedirs(path, 0o700)
                os.chmod(path, 0o777)
                self.z(box, box.prepare(), "folder-unsafe", 1)
                os.chmod(path, 0o700)
        box = self.box(alone=True)
        box.fill(self.world.template, ("cache",))
        os.mkdir(os.path.join(box.run_dir, "debwiz"))
        os.chmod(os.path.join(box.run_dir, "debwiz"), 0o777)
        self.z(box, box.prepare(), "runtime-unsafe", 1)

    # ---- two at one machine
    def test_same_machine_twice(self):
        box = self.own({"match": "/bash_", "mode": "gate"})
        seen = []

        def second(child):
            lib.poll(lambda: [e for e in box.server.log() if "/bash_" in e["path"]])
            out = os.path.join(box.root, "out2")
            with open(out, "wb") as stream:
                other = box.start("prepare", box.ini, *box.settings(), "--json", stdout=stream,
                                  stderr=stream)
                other.wait(lib.LIMIT)           # the first waits for us: it has not ended
            seen.append((other.returncode, lib.read(out), child.pid))
            GATE.set()
        self.good(box, box.prepare(on_start=second))
        status, text, pid = seen[0]
        result = lib.Result(status, text, "", 0, 0)
        self.assertEqual((status, result.id), (7, "busy"), text)
        self.assertIn("pid %d" % pid, result.error["text"])
        self.recovers(box)

    def test_holder_killed(self):
        """kill -9 of the holder: its lock is free immediately."""
        box = self.own({"match": "/bash_", "mode": "gate"})

        def kill(child):
            lib.poll(lambda: [e for e in box.server.log() if "/bash_" in e["path"]])
            os.kill(child.pid, signal.SIGKILL)
        self.assertEqual(box.prepare(on_start=kill).status, -signal.SIGKILL)
        GATE.set()
        self.recovers(box)

    def twin(self, box):
        """A second machine of the same kind, in the same folders."""
        other = lib.Box(self.world, box.root + "b", machine_name="n", mirror_updates="no",
                        mirror_security="no")
        other.home, other.alone, other.url = box.home, True, box.url
        other.cache, other.data = box.cache, box.data
        other.machine = os.path.join(box.data, "machines", "n")
        return other

    def test_base_created_by_another_process(self):
        """While one reads the lists, another makes the base: it is taken, not made again."""
        box = self.own({"match": "/InRelease", "mode": "gate", "times": 1})
        other = self.twin(box)

        def meanwhile(_child):
            lib.poll(lambda: [e for e in box.server.log() if "/InRelease" in e["path"]])
            self.assertEqual(other.prepare().status, 0)
            GATE.set()
        result = box.prepare(on_start=meanwhile)
        self.assertEqual(result.status, 0, str(result))
        self.assertTrue([w for w in result.warnings if "another run has made" in w],
                        str(result.events))
        bases = [n for n in os.listdir(os.path.join(box.data, "bases")) if "." not in n]
        self.assertEqual(len(bases), 1, bases)
        self.quiet(box)
        self.quiet(other)

    def test_one_cache_two_machines(self):
        """Two machines of one kind in parallel: one base is created, or both report its holder."""
        box = self.own()
        other = self.twin(box)
        results = []
        lib.together(*(lambda b=b: results.append(b.prepare()) for b in (box, other)))
        for result in results:
            if result.status:
                self.assertEqual((result.status, result.id), (7, "busy"), str(result))
                self.assertIn("pid ", result.error["text"])
        self.assertIn(0, [r.status for r in results])
        self.quiet(box)
        self.quiet(other)
        self.sound(box)
        self.good(box, box.prepare())
        self.good(other, other.prepare())
        self.assertLessEqual(len(box.bases()), 2)

    def test_gc_and_prepare(self):
        """gc keeps a base that a prepare has chosen, and removes it when it is unused."""
        box = self.box(alone=True)
        box.fill(self.world.template, ("cache",))
        self.recovers(box)
        shutil.rmtree(box.machine)
        base = box.bases()[0]
        with open(os.path.join(base, "lock"), "w", encoding="utf-8") as held:
            os.fchmod(held.fileno(), 0o600)
            fcntl.flock(held, fcntl.LOCK_SH)     # as a prepare does from its choice to its link
            self.assertEqual(box.run("gc").status, 0)
            self.assertEqual(box.bases(), [base])
        self.assertEqual(box.run("gc").status, 0)
        self.assertEqual(box.bases(), [])
        self.recovers(box)
        # both in parallel, repeatedly: the prepare never fails
        for _ in range(4):
            shutil.rmtree(box.machine)
            children = [box.start(*words, stdout=lib.subprocess.DEVNULL)
                        for words in (("prepare", box.ini, *box.settings(), "--json"), ("gc",))]
            self.assertEqual([c.wait(lib.LIMIT) for c in children], [0, 0])
            self.good(box, box.prepare())

    def test_many_rounds(self):
        """Two in parallel, repeatedly: exactly one has the machine, the other reports the holder."""
        box = self.box(warm=True, alone=True)
        box.prepare()
        for _ in range(int(os.environ.get("DEBWIZ_ROUNDS") or 12)):
            children = [box.start("prepare", box.ini, *box.settings(), "--json",
                                  stdout=lib.subprocess.PIPE) for _ in range(2)]
            outs = [c.communicate(timeout=lib.LIMIT)[0].decode() for c in children]
            codes = [c.returncode for c in children]
            self.assertIn(0, codes, outs)
            for code, out in zip(codes, outs):
                if code:
                    self.assertEqual(code, 7, out)
                    self.assertRegex(out, r"pid \d+")
        self.sound(box)


if __name__ == "__main__":
    lib.main()
