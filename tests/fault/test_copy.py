#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
cp to a guest and from one: what stays as it is, what is said of what does not work, and that nothing half is left. The
guest is this host, as in test_ssh.py; a hostile one sends a stream of its own.
"""
import contextlib
import io
import os
import signal
import stat
import tarfile
import threading

import lib
import test_ssh

HOLE = 64 << 20


def entry(path):
    info = os.lstat(path)
    kind = stat.S_IFMT(info.st_mode)
    what = lib.content(path) if stat.S_ISREG(info.st_mode) else os.readlink(path) if stat.S_ISLNK(info.st_mode) else ""
    return kind, stat.S_IMODE(info.st_mode), info.st_mtime_ns, what


def listing(top):
    """{path below top: what it is} of everything, top itself as ''."""
    out = {"": entry(top)}
    for folder, names, files in os.walk(top):
        for name in names + files:
            path = os.path.join(folder, name)
            out[os.path.relpath(path, top)] = entry(path)
    return out


def write(path, data=b"x", mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)
    os.chmod(path, mode)
    return path


def make_tree(top):
    """Everything that a copy has to keep."""
    write(os.path.join(top, "two words"), b"a" * 100000, 0o750)
    write(os.path.join(top, "sub", "-dash\nand line"), b"")
    write(os.path.join(top, "sub", "caf\u00e9 \\ & , *"), b"1")
    write(os.path.join(os.fsencode(top), b"not \xff utf-8"), b"2")
    write(os.path.join(top, ".hidden"), b"3", 0o600)
    write(os.path.join(top, "n" * 200), b"4")
    os.symlink("two words", os.path.join(top, "link"))
    os.symlink("/nowhere/" + "d" * 150, os.path.join(top, "dangling"))
    os.symlink("sub", os.path.join(top, "link-to-folder"))
    os.link(os.path.join(top, "two words"), os.path.join(top, "sub", "hard"))
    os.mkfifo(os.path.join(top, "fifo"))
    os.makedirs(os.path.join(top, "empty"))
    with open(os.path.join(top, "holes"), "wb") as out:
        out.truncate(HOLE)
        out.seek(HOLE // 2)
        out.write(b"in the middle")
        out.truncate(HOLE)
    write(os.path.join(top, "locked", "file"))
    for number, (folder, names, files) in enumerate(os.walk(top, topdown=False)):
        for name in names + files + [""]:
            os.utime(os.path.join(folder, name), ns=(0, (1600000000 + number) * 10**9 + 123456789), follow_symlinks=False)
    os.chmod(os.path.join(top, "locked"), 0o555)
    return top


class Copy(test_ssh.Case):
    def ready(self):
        box = self.booted()
        box.here = os.path.join(box.root, "here")
        os.mkdir(box.here)
        return box

    def cp(self, box, *words, **how):
        with open(os.path.join(box.root, "logins"), "w", encoding="utf-8"):
            pass
        result = box.run("cp", *words, **how)
        for folder in (box.here, box.guest):                 # the guest's end may still be removing it
            lib.poll(lambda at=folder: not [n for n in lib_parts(at) if n.startswith(".debwiz-cp")])
        return result

    def copies(self, box, *words):
        result = self.cp(box, *words)
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(len(lib.read(os.path.join(box.root, "logins")).splitlines()), 1, "logins")
        return result

    def fails(self, box, words, *argv, ids=("copy-guest",)):
        result = self.cp(box, *argv)
        self.assertEqual(result.status, 125, str(result))
        self.assertIn(result.id, ids, str(result))
        for word in words:
            self.assertIn(word, result.error["text"])
        return result

    def same(self, one, two):
        self.assertEqual(listing(one), listing(two))
        self.assertEqual(os.stat(os.path.join(two, "sub", "hard")).st_ino,
                         os.stat(os.path.join(two, "two words")).st_ino, "hard links")
        self.assertLess(os.stat(os.path.join(two, "holes")).st_blocks * 512, HOLE // 4, "holes")

    # ---- what stays ---------------------------------------------------------------------------
    def test_keeps(self):
        """There and back: names, modes, times, links, hard links, holes; one login each way."""
        box = self.ready()
        one = make_tree(os.path.join(box.here, "one"))
        self.copies(box, one, "m:")
        there = os.path.join(box.guest, "one")
        self.same(one, there)
        self.copies(box, "m:one", os.path.join(box.here, "back"))
        self.same(one, os.path.join(box.here, "back"))
        self.copies(box, "m:one", os.path.join(box.here, "back"))       # a folder that exists: into it
        self.same(one, os.path.join(box.here, "back", "one"))
        os.chmod(os.path.join(box.here, "back", "locked"), 0o755)
        self.copies(box, "m:one/.", os.path.join(box.here, "back"))     # and what it holds: over the same
        self.assertEqual(os.stat(os.path.join(box.here, "back", "holes")).st_size, HOLE)
        self.assertIn("-oIdentitiesOnly=yes", self.argv(box))

    def test_places(self):
        """What a copy is called, as with cp -r: by the place that is named, or in it."""
        box = self.ready()
        a, b = (write(os.path.join(box.here, n), n.encode()) for n in ("a", "b"))
        guest = box.guest
        os.mkdir(os.path.join(guest, "folder"))
        self.copies(box, a, "m:new name")
        self.copies(box, a, b, "m:folder")
        self.copies(box, a, "m:~/folder/other")
        self.copies(box, a, "m:" + os.path.join(guest, "absolute"))
        self.assertEqual(sorted(os.listdir(guest)), ["absolute", "folder", "new name"])
        self.assertEqual(sorted(os.listdir(os.path.join(guest, "folder"))), ["a", "b", "other"])
        self.assertEqual(lib.read(os.path.join(guest, "folder", "other")), "a")
        back = os.path.join(box.here, "back")
        os.mkdir(back)
        self.copies(box, "m:folder/[ab]", "m:new name", back)                  # a pattern of the guest's
        self.assertEqual(sorted(os.listdir(back)), ["a", "b", "new name"])
        self.copies(box, "m:folder/o*", os.path.join(box.here, "one of it"))
        self.assertEqual(lib.read(os.path.join(box.here, "one of it")), "a")
        write(os.path.join(guest, "[ab]"), b"brackets")
        self.copies(box, "m:[ab]", back)
        self.assertEqual(lib.read(os.path.join(back, "[ab]")), "brackets")
        # a link that is named is followed
        os.symlink("folder/other", os.path.join(guest, "latest & only"))
        self.copies(box, "m:latest & only", back)
        path = os.path.join(back, "latest & only")
        self.assertEqual((os.path.islink(path), lib.read(path)), (False, "a"))
        os.symlink("a", os.path.join(box.here, "mine"))
        self.copies(box, os.path.join(box.here, "mine"), "m:")
        self.assertEqual((os.path.islink(os.path.join(guest, "mine")), lib.read(os.path.join(guest, "mine"))), (False, "a"))

    def test_merges(self):
        """Into a folder that exists: what is of the same name is replaced whole, the rest stays."""
        box = self.ready()
        for top, data in ((box.here, b"new"), (box.guest, b"old")):
            write(os.path.join(top, "d", "same"), data)
            write(os.path.join(top, "d", "sub", data.decode()), data)
        old = os.path.join(box.guest, "d", "same")
        with open(old, "rb") as held:
            self.copies(box, os.path.join(box.here, "d"), "m:")
            self.assertEqual(held.read(), b"old", "it was replaced, not written over")
        self.assertEqual(lib.read(old), "new")
        self.assertEqual(sorted(os.listdir(os.path.join(box.guest, "d", "sub"))), ["new", "old"])
        write(os.path.join(box.guest, "d", "same"), b"newer")
        self.copies(box, "m:d", box.here)
        self.assertEqual(lib.read(os.path.join(box.here, "d", "same")), "newer")
        self.assertEqual(sorted(os.listdir(os.path.join(box.here, "d", "sub"))), ["new", "old"])

    # ---- what does not work -------------------------------------------------------------------
    def test_names_the_file(self):
        box = self.ready()
        a = write(os.path.join(box.here, "a"))
        self.fails(box, ["no-such"], "m:no-such", box.here)
        self.fails(box, ["no-such"], os.path.join(box.here, "no-such"), "m:", ids=("copy-file",))
        self.fails(box, ["no-such"], a, "m:no-such/x")
        self.fails(box, ["no-such"], a, "m:no-such/")
        self.fails(box, ["no-such"], a, a, "m:no-such")
        self.fails(box, ["no/such"], "m:no-such", os.path.join(box.here, "no", "such"), ids=("copy-file",))
        write(os.path.join(box.guest, "d", "x"))
        os.mkdir(os.path.join(box.guest, "d", "y"))
        write(os.path.join(box.here, "d", "y"))
        self.fails(box, ["d/y"], "m:d", box.here, ids=("copy-file",))
        self.assertEqual(box.run("cp", "m:a", "n:b").status, 125)
        self.assertEqual(box.run("cp", "a", "b").id, "usage")
        if not os.access(write(os.path.join(box.guest, "d", "secret"), mode=0), os.R_OK):      # root may
            self.fails(box, ["secret", "ermission denied"], "m:d", os.path.join(box.here, "copy"))
            write(os.path.join(box.here, "e", "secret"), mode=0)
            self.fails(box, ["secret", "ermission denied"], os.path.join(box.here, "e"), "m:", ids=("copy-file",))
        self.assertFalse(os.path.exists(os.path.join(box.here, "copy")))
        self.assertFalse(os.path.exists(os.path.join(box.guest, "e")))

    def guest_is(self, box, script):
        """Another ssh for this box."""
        folder = os.path.join(box.root, "bin")
        os.mkdir(folder)
        path = os.path.join(folder, "ssh")
        with open(path, "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\n" + script)
        os.chmod(path, 0o755)
        box.env["PATH"] = folder + ":" + box.environment()["PATH"]

    def test_cut_off(self):
        """The connection ends during the transfer, in both directions: no file is left, and the error is reported."""
        box = self.ready()
        big = write(os.path.join(box.here, "big"), os.urandom(1 << 20))
        write(os.path.join(box.guest, "big"), os.urandom(1 << 20))
        real = os.path.join(self.world.bin, "ssh")
        self.guest_is(box, 'if [ "$WAY" = to ]; then head -c 300000 | "%s" "$@"; exit 255; fi\n'
                           '"%s" "$@" | head -c 300000; echo "lost it" >&2; exit 255\n' % (real, real))
        box.env["WAY"] = "from"
        result = self.fails(box, ["the connection to m ended", "lost it"], "m:big", os.path.join(box.here, "got"),
                            ids=("copy-cut",))
        self.assertFalse(os.path.exists(os.path.join(box.here, "got")))
        box.env["WAY"] = "to"
        result = self.fails(box, ["the connection to m ended"], big, "m:got", ids=("copy-cut",))
        self.assertIn("->", "->" + result.error.get("hint", ""))
        self.assertFalse(os.path.exists(os.path.join(box.guest, "got")))

    def test_cancelled(self):
        """Ctrl-C, wherever it is: 130, nothing half, no process."""
        for way in ("from", "to"):
            box = self.ready()
            fifo = os.path.join(box.root, "fifo")
            os.mkfifo(fifo)
            write(os.path.join(box.guest, "big"), os.urandom(1 << 20))
            big = write(os.path.join(box.here, "big"), os.urandom(1 << 20))
            real = os.path.join(self.world.bin, "ssh")
            self.guest_is(box, '"%s" "$@" | { head -c 200000; echo >"%s"; exec sleep 1000; }\n' % (real, fifo)
                          if way == "from" else
                          '{ head -c 200000; echo >"%s"; exec sleep 1000; } | "%s" "$@"\n' % (fifo, real))

            def cancel(child, fifo=fifo):
                with open(fifo, "rb") as half:
                    half.read()
                child.send_signal(signal.SIGINT)
            words = ("m:big", os.path.join(box.here, "got")) if way == "from" else (big, "m:got")
            result = box.run("cp", *words, on_start=cancel)
            self.assertEqual((result.status, result.id), (130, "interrupted"), str(result))
            for pid in box.processes():
                with contextlib.suppress(OSError), open("/proc/%d/cmdline" % pid, "rb") as line:
                    if b"sleep" in line.read():
                        os.kill(pid, signal.SIGKILL)        # the guest's, without a reader
            lib.poll(lambda: not [n for f in (box.here, box.guest) for n in lib_parts(f)
                                  if n.startswith(".debwiz-cp")])
            for folder in (box.here, box.guest):
                self.assertEqual(os.listdir(folder), ["big"])

    def test_noise(self):
        """A shell of the guest that prints at its start does no harm."""
        box = self.ready()
        write(os.path.join(box.guest, "a"), b"1")
        self.guest_is(box, 'yes "Welcome to the guest" | head -n 20000; exec "%s" "$@"\n'
                      % os.path.join(self.world.bin, "ssh"))
        self.copies(box, "m:a", box.here)
        self.assertEqual(lib.read(os.path.join(box.here, "a")), "1")

    def test_hostile(self):
        """A guest that sends what was not asked for is refused, and nothing lies outside the place that was named."""
        box = self.ready()
        outside = os.path.join(box.root, "outside")
        os.mkdir(outside)

        def link(name, to, kind=tarfile.SYMTYPE):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, to
            return info

        def file(name, **more):
            info = tarfile.TarInfo(name)
            info.size = 4
            for key, value in more.items():
                setattr(info, key, value)
            return info
        streams = {
            "another name": [file("0/.bashrc")],
            "no number": [file("wanted")],
            "a number that is not there": [file("7/wanted")],
            "absolute": [file("/" + outside + "/x")],
            "dots": [file("0/wanted/../../../outside/x")],
            "dots alone": [file("0/..")],
            "a hard link out": [link("0/wanted", outside, tarfile.LNKTYPE)],
            "a hard link up": [link("0/wanted", "0/wanted/../../../outside", tarfile.LNKTYPE)],
            "through a link": [link("0/wanted", outside), file("0/wanted/x")],
            "through a link in a folder": [link("0/wanted/l", outside), file("0/wanted/l/x")],
            "a device": [link("0/wanted", "", tarfile.CHRTYPE)],
            "no archive": None,
        }
        self.guest_is(box, 'for last; do :; done\nmark=$(printf %s "$last" | tr "\\n" " " | sed "s/.*\' cp \'//; s/\'.*//")\n'
                           'echo "$mark"\ncat "$GUEST/stream"\n')
        for what, members in streams.items():
            data = io.BytesIO()
            if members is None:
                data.write(b"this is no tar archive" * 1000)
            else:
                with tarfile.open(fileobj=data, mode="w") as tar:
                    for member in members:
                        tar.addfile(member, io.BytesIO(b"evil") if member.size else None)
            with open(os.path.join(box.root, "stream"), "wb") as out:
                out.write(data.getvalue())
            result = self.cp(box, "m:wanted", box.here)
            self.assertEqual(result.status, 125, "%s: %s" % (what, result))
            self.assertEqual((os.listdir(outside), os.listdir(box.here)), ([], []), what)
        write(os.path.join(outside, "secret"), b"mine", 0o600)
        os.chmod(outside, 0o700)
        for name, target in (("0", box.here), ("0/.", box.here), ("0", os.path.join(box.here, "new"))):
            data = io.BytesIO()                 # the entry of the folder itself is a link to a folder of this host
            with tarfile.open(fileobj=data, mode="w") as tar:
                tar.addfile(link(name, outside))
            with open(os.path.join(box.root, "stream"), "wb") as out:
                out.write(data.getvalue())
            result = self.cp(box, "m:.", target)
            self.assertEqual(result.status, 125, "%s: %s" % (name, result))
            self.assertEqual((os.listdir(outside), os.listdir(box.here)), (["secret"], []), name)
            self.assertEqual(stat.S_IMODE(os.stat(outside).st_mode), 0o700, name)
        good = io.BytesIO()
        with tarfile.open(fileobj=good, mode="w") as tar:           # the control; and no set-user-id from a guest
            tar.addfile(file("0/wanted", mode=0o6755), io.BytesIO(b"good"))
        with open(os.path.join(box.root, "stream"), "wb") as out:
            out.write(good.getvalue())
        result = self.cp(box, "m:wanted", box.here)
        self.assertEqual(result.status, 0, str(result))
        path = os.path.join(box.here, "wanted")
        self.assertEqual((lib.read(path), stat.S_IMODE(os.stat(path).st_mode)), ("good", 0o755))

    def test_device_stays(self):
        """What is neither a file nor a folder is not replaced by one."""
        box = self.ready()
        write(os.path.join(box.guest, "a"))
        fifo = os.path.join(box.here, "fifo")
        os.mkfifo(fifo)
        result = self.cp(box, "m:a", fifo)
        self.assertEqual((result.status, result.id), (125, "copy-file"), str(result))
        self.assertTrue(stat.S_ISFIFO(os.stat(fifo).st_mode))

    def test_progress(self):
        box = self.ready()
        gate = threading.Event()
        big = write(os.path.join(box.here, "big"), os.urandom(3 << 20))
        self.guest_is(box, '{ head -c 1000000; sleep 1; cat; } | "%s" "$@"\n' % os.path.join(self.world.bin, "ssh"))
        result = self.copies(box, big, "m:")
        gate.set()
        told = [e for e in result.events if e.get("event") == "progress"]
        self.assertTrue(told, result.out)
        self.assertEqual({(e["name"], e["state"], e["total"]) for e in told}, {("m", "copying", 3 << 20)})
        self.assertTrue(all(0 < e["done"] <= 3 << 20 for e in told))


def lib_parts(folder):
    return [name for _, names, files in os.walk(folder) for name in names + files]


if __name__ == "__main__":
    lib.main()
