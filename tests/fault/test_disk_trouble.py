#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The disk is full, or fails, at any of the places that write. With
DEBWIZ_SWEEP=1 (make check-long) disks of every size in steps of 64 KiB, =N in steps of N times that.
"""
import os
import shutil
import subprocess
import unittest

import lib

EVERY = int(os.environ.get("DEBWIZ_SWEEP") or 0)
TRACE = lib.can_trace()
MOUNT = lib.can_mount()
STEPS = ("release", "download", "firmware", "unpack", "configure", "base", "seed", "pflash",
         "disk")


class Trouble(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.warm_template()
        return world

    def refused(self, box, result, before=None):
        """It failed with a named error and a hint, and nothing got its name that is not whole."""
        self.assertNotEqual(result.status, 0, str(result))
        self.z(box, result, result.id, result.status, before)
        self.assertIn(result.status, (1, 3, 4), str(result))


@unittest.skipUnless(MOUNT, "no user name spaces with a tmpfs here")
class Full(Trouble):
    """A file system of so many bytes, everything of ours in it."""
    # The home is on the small file system, which exists only within the name space; what is
    # left there is looked at from inside, by a second run with more room and by find.
    INSIDE = r'''
set -u
home=$1 size=$2 seed=$3; shift 3
mount -t tmpfs -o size=64m,mode=700 none "$home" || exit 99
[ -z "$seed" ] || cp -a "$seed"/. "$home" || exit 98
free=$(df -k --output=avail "$home" | tail -n 1)
head -c $((free - size))k /dev/zero >"$home/ballast" || exit 97
"$@" >"$home/../out" 2>"$home/../err"
echo $? >"$home/../first"
find "$home" -name '*.part' >"$home/../parts"
rm "$home/ballast"
"$@" >"$home/../out2" 2>"$home/../err2"
echo $? >"$home/../second"
find "$home" -name '*.part' >"$home/../parts2"
cp -a --sparse=always "$home" "$home/../after"
'''

    def full(self, size, seed=""):
        box = self.box(alone=True)
        args = [lib.DEBWIZ, "prepare", box.ini, *box.settings(), "--json"]
        done = subprocess.run(
            ["unshare", "-Urm", "sh", "-c", self.INSIDE, "sh", box.home, str(size), seed, *args], env=box.environment(), timeout=lib.LIMIT, cwd=box.root, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout.decode())

        def result(number):
            name = ("first", "second")[number]
            end = "" if number == 0 else "2"
            return lib.Result(int(lib.read(os.path.join(box.root, name))),
                              lib.read(os.path.join(box.root, "out" + end)),
                              lib.read(os.path.join(box.root, "err" + end)), 0, 0)
        first, second = result(0), result(1)
        # what it left is looked at in a copy
        shutil.rmtree(box.home)
        os.rename(os.path.join(box.root, "after"), box.home)
        self.assertEqual(second.status, 0, "with room again: %s" % second)
        self.good(box, second)
        if first.status:
            self.assertTrue(first.id, str(first))
            self.assertEqual(first.status, 1, str(first))
            self.assertIn(first.error.get("status"), (1,))
            text = first.error["text"] + " " + first.error.get("hint", "")
            self.assertRegex(text, r"(?i)space|full|free", str(first))
            if first.failed_step() == "download" or first.id.startswith("image-"):
                self.assertRegex(text, r"about [\d.]+ [KMG] needed at /.*, [\d.]+ ?[BKMG]? free: free disk space")
        return first

    def test_sizes(self):
        """From next to nothing up to enough: each size fails in a step of its own, or not at all."""
        seen = {}
        sizes = (64, 128, 256, 512, 768, 1024, 2048, 4096, 8192, 12288, 16384, 24576)
        if EVERY:
            sizes = range(64, 24577, 64 * EVERY)
        for size in sizes:
            with self.subTest(kib=size):
                first = self.full(size)
                seen[first.failed_step() or ("none" if first.status else "done")] = size
        self.assertIn("done", seen, seen)
        self.assertGreaterEqual(len(seen), 3, seen)

    def test_with_cache(self):
        """The same with everything in the cache, so that the images are what does not fit."""
        for extra in (64, 512, 2048):
            with self.subTest(kib=extra):
                cache = os.path.join(self.world.tmp, "cacheonly")
                if not os.path.exists(cache):
                    shutil.copytree(os.path.join(self.world.template.home, "cache"),
                                    os.path.join(cache, "cache"))
                self.full(extra, cache)

    def test_ini_and_log(self):
        """--log on a full file system is said, or does no harm; it is never the reason of a hang."""
        box = self.box(alone=True)
        log = os.path.join(box.root, "small")
        os.mkdir(log)
        done = subprocess.run(
            ["unshare", "-Urm", "sh", "-c",
             'mount -t tmpfs -o size=4k none "$1" && f=$1/log && shift && exec "$@" --log $f', "sh",
             log, lib.DEBWIZ, "prepare", box.ini, *box.settings(), "--json"],
            env=box.environment(), timeout=lib.LIMIT, check=False, stdout=subprocess.PIPE)
        self.assertIn(done.returncode, (0, 1), done.stdout.decode())
        self.quiet(box)
        self.sound(box)


    INI = ('mount -t tmpfs -o size=16k none "$1" && cp -p "$2" "$1/m.ini" && cd "$1" || exit 90\n'
           'ini=$2 debwiz=$3; shift 3\n'
           '"$debwiz" prepare "$PWD/m.ini" "$@" >/dev/null || exit 91\n'
           'while dd if=/dev/zero bs=1k count=1 >>fill 2>/dev/null; do :; done\n'
           '"$debwiz" grow "$PWD/m.ini" 32G --json; echo "status $?"\n'
           'cmp "$ini" m.ini || exit 92\n'
           'rm fill; "$debwiz" grow "$PWD/m.ini" 32G --json || exit 93\n'
           'grep -qx "size = 32G" m.ini || exit 94; ls -A\n')

    def test_ini(self):
        """The machine's own file lies on the full disk: it stays as it was."""
        box = self.box(warm=True, alone=True)
        small = os.path.join(box.root, "small")
        os.mkdir(small, 0o700)
        done = subprocess.run(["unshare", "-Urm", "sh", "-c", self.INI, "sh", small, box.ini, lib.DEBWIZ,
                               *box.settings(), "--json"], env=box.environment(), timeout=lib.LIMIT,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.stdout.decode()
        self.assertEqual(done.returncode, 0, said)
        self.assertIn("status 1", said)
        self.assertRegex(said, r"(?i)no space|full|free")
        self.assertEqual(said.strip().split("\n")[-1], "m.ini", "nothing half-written stays")


class Failing(Trouble):
    """Calls that fail with an errno of their own."""
    def limited(self, blocks):
        """ulimit -f, in KiB: EFBIG, and SIGXFSZ must not be the end."""
        box = self.box(alone=True)
        result = box.prepare(wrap=("sh", "-c", "ulimit -f %d; exec \"$@\"" % blocks, "sh"),
                             pipe=True)
        self.refused(box, result)
        self.assertIn(result.status, (1,), str(result))
        self.recovers(box)
        return result.failed_step()

    def test_file_size_limit(self):
        # dash counts in blocks of 512 bytes
        steps = {self.limited(n) for n in (1, 40, 20000, 140000)}
        self.assertGreaterEqual(len(steps), 3, steps)

    def read_only(self, folder, ids):
        box = self.box(alone=True)
        box.fill(self.world.template, ("cache",))
        path = os.path.join(box.home, folder)
        os.makedirs(path, 0o700, exist_ok=True)
        os.chmod(path, 0o500)
        try:
            self.z(box, box.prepare(), ids, 1)
        finally:
            os.chmod(path, 0o700)
        self.recovers(box)

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_no_permission(self):
        for folder in ("data", "data/debwiz", "data/debwiz/bases", "cache/debwiz/lists"):
            with self.subTest(folder):
                self.read_only(folder, ("folder-create", "lock", "cache-write", "file-create",
                                        "file-rename", "runtime-dir"))

    @unittest.skipUnless(TRACE, "no strace that may inject here")
    def test_control(self):
        """Without a fault the traced run is good."""
        box = self.box(alone=True)
        self.good(box, box.prepare(wrap=lib.inject("fsync", "error=EIO:when=60000")))

    @unittest.skipUnless(TRACE, "no strace that may inject here")
    def test_never_renamed_after_failed_sync(self):
        """The sync of one file fails, all others succeed: that file is not renamed."""
        def of(where, ids):
            box = self.box(alone=True)
            if where.startswith("machines"):
                box.fill(self.world.template, ("cache", "data"))
            path = os.path.join(box.data, where) if where.startswith("m") else \
                box.cached(self.pool(where))
            words = lib.inject("fsync", "error=EIO")
            result = box.prepare(wrap=words + ["-P", path + ".part"])
            self.refused(box, result)
            self.assertIn(result.id, ids, str(result))
            self.assertFalse(os.path.exists(path), "%s could not be synced" % where)
            self.recovers(box)
        def closed(name):
            """Some file systems tell of a failed write only when the file is closed."""
            box = self.box(alone=True)
            box.fill(self.world.template, ("cache", "data"))
            path = os.path.join(box.machine, name)
            words = lib.inject("close", "error=EIO")
            result = box.prepare(wrap=words + ["-P", path + ".part"])
            self.refused(box, result)
            self.assertFalse(os.path.exists(path), "%s could not be closed" % name)
            self.recovers(box)
        for name in ("ini", "stamps.json"):
            with self.subTest(name):
                closed(name)
        for where, ids in (("less", ("cache-write",)), ("machines/m/disk.qcow2", ("file-sync",)),
                           ("machines/m/seed.iso", ("file-sync",)),
                           ("machines/m/QEMU_VARS-pflash.raw", ("file-sync",))):
            with self.subTest(where):
                of(where, ids)


if __name__ == "__main__":
    lib.main()
