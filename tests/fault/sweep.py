#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
FAULTS rows F25-F27, for `make check-long`: a run is ended before each call that changes a file.

F25: SIGKILL of the process that makes the call. F26: power cut: all processes end there, and what
was not synced is lost. F27: either, and then SIGKILL in the run that follows. After each of them the
next run needs no help and leaves a whole machine and nothing half-made.
Environment: DEBWIZ_SWEEP=N takes every Nth call alone (default 1; F26 every 2nd and F27 every 4th of
those), DEBWIZ_SWEEP_JOBS=N runs so many at once (default: as many as processors).
"""
import collections
import concurrent.futures
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import unittest

import lib

EVERY = int(os.environ.get("DEBWIZ_SWEEP") or 1)
JOBS = int(os.environ.get("DEBWIZ_SWEEP_JOBS") or os.cpu_count() or 1)


class Sweep(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.shim = os.path.join(world.tmp, "shim.so")
        done = subprocess.run([os.environ.get("CC") or "cc", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC",
                               "-o", world.shim, os.path.join(lib.HERE, "shim.c"), "-ldl"],
                              check=False)
        if done.returncode:
            world.close()
            raise unittest.SkipTest("shim.c cannot be compiled here")
        probe = world.box(alone=True)
        Sweep.arm(probe, 0)
        result = probe.prepare()
        assert result.status == 0, str(result)
        world.calls = Sweep.count(probe)
        world.log = lib.read(os.path.join(probe.root, "log"))
        world.template = probe
        return world

    @staticmethod
    def arm(box, kill):
        for name, data in (("count", bytes(8)), ("log", b"")):
            with open(os.path.join(box.root, name), "wb") as out:
                out.write(data)
        box.env.update(LD_PRELOAD=box.world.shim, SHIM_DIR=box.home + "/",
                       SHIM_COUNT=os.path.join(box.root, "count"),
                       SHIM_LOG=os.path.join(box.root, "log"), SHIM_KILL=str(kill),
                       UV_THREADPOOL_SIZE="2")

    @staticmethod
    def disarm(box):
        for name in list(box.env):
            if name.startswith("SHIM_") or name in ("LD_PRELOAD", "UV_THREADPOOL_SIZE"):
                del box.env[name]

    @staticmethod
    def count(box):
        with open(os.path.join(box.root, "count"), "rb") as number:
            return int.from_bytes(number.read(), sys.byteorder)

    @staticmethod
    def end_all(box, all_die):
        """The rest of the run's processes end: by the same power cut, or on their own.  What a
        killed supervisor leaves behind is ended here: test_f25_orphan is about that."""
        if not all_die:
            with contextlib.suppress(AssertionError):
                lib.poll(lambda: not box.processes(), 5)
        while box.processes():
            for pid in box.processes():
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)

    @staticmethod
    def lose(box):
        """What a power cut takes: the data of files that were not synced since they were written.
        Names survive, the worst case: a rename before its sync leaves an empty file."""
        dirty = {}
        for line in lib.read(os.path.join(box.root, "log")).split("\n"):
            op, _, rest = line.partition("\t")
            path, _, to = rest.partition("\t")
            if op in ("write", "pwrite", "pwrite64", "ftruncate", "ftruncate64", "truncate"):
                dirty[path] = True
            elif op in ("fsync", "fdatasync"):
                dirty.pop(path, None)
            elif op in ("unlink", "unlinkat"):
                dirty.pop(path, None)
            elif op in ("rename", "renameat"):
                for old in [p for p in dirty if p == path or p.startswith(path + "/")]:
                    del dirty[old]
                    dirty[to + old[len(path):]] = True
        for path in dirty:
            if os.path.isfile(path) and not os.path.islink(path):
                mode = os.stat(path).st_mode
                os.chmod(path, 0o600)
                os.truncate(path, 0)
                os.chmod(path, mode & 0o777)
        return len(dirty)

    def point(self, number, power=False, again=0):
        """One point of the sweep; a text about what is wrong, or None."""
        box = self.box(alone=True)
        try:
            self.arm(box, number)
            box.prepare()
            self.end_all(box, power)
            if power:
                self.lose(box)
            if again:
                self.arm(box, again)
                box.prepare()
                self.end_all(box, power)
                if power:
                    self.lose(box)
            self.disarm(box)
            self.recovers(box)
            self.whole(box)
        except AssertionError as bad:
            return "call %d%s%s: %s" % (number, " (power)" if power else "",
                                        ", then %d" % again if again else "", bad)
        finally:
            for folder, names, _ in os.walk(box.root):
                for name in names:
                    os.chmod(os.path.join(folder, name), 0o700)
            shutil.rmtree(box.root, ignore_errors=True)
        return None

    def whole(self, box):
        """Every file of base and machine has the bytes that it has after an undisturbed run."""
        want = lib.tree(os.path.join(self.world.template.data))
        have = lib.tree(box.data)

        def plain(state):
            """Names without the base's time stamp."""
            out = {}
            for path, what in state.items():
                parts = path.split("/")
                if parts[0] == "bases" and len(parts) > 1:
                    parts[1] = parts[1].rsplit("-", 1)[0]
                out["/".join(parts)] = what
            return out
        want, have = plain(want), plain(have)
        for name in ("console.log", "supervisor.log", "known_hosts"):
            for state in (want, have):
                for path in [p for p in state if os.path.basename(p).startswith(name)]:
                    del state[path]
        self.assertEqual(sorted(want), sorted(have))
        for path, (kind, mode, digest) in want.items():
            self.assertEqual((kind, mode), have[path][:2], path)
            if path.endswith(("disk.raw", "base.raw", ".fd", "code.raw", "vars.raw", "pflash.raw")):
                self.assertEqual(digest, have[path][2], path)

    def sweep(self, jobs):
        bad = []
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            for number, text in enumerate(pool.map(lambda job: self.point(*job), jobs)):
                if text:
                    bad.append(text)
                    print(text, flush=True)
                if number % 100 == 99:
                    print("%d of %d" % (number + 1, len(jobs)), flush=True)
        self.assertEqual(len(bad), 0, "\n".join(bad[:20]))

    def test_f24_control(self):
        """The shim alone disturbs nothing; it sees the calls that the sweep is about."""
        seen = collections.Counter(line.split("\t")[0] for line in self.world.log.split("\n"))
        print(self.world.calls, "calls:", dict(seen))
        for op in ("write", "fsync", "rename", "create", "unlink", "fchmod", "mkdir"):
            self.assertGreater(seen[op], 0, op)
        box = self.box(alone=True)
        self.arm(box, 10)
        self.assertEqual(box.prepare().status, -signal.SIGKILL)
        self.disarm(box)
        self.recovers(box)

    def points(self):
        """Numbers of the calls.  Of the many into an image that is under way, and of the folders
        that are there already, every 16th: it is thrown away as a whole."""
        picked = []
        for number, line in enumerate(self.world.log.split("\n"), 1):
            op = line.split("\t")[0]
            if op not in ("pwrite", "pwrite64", "mkdir") or number % 16 == 0:
                picked.append(number)
        # Past the end as well: the number of calls differs by a few from run to run.
        return (picked + list(range(self.world.calls + 1, self.world.calls + 10)))[::EVERY]

    def test_f25_killed_at_every_call(self):
        self.sweep([(n,) for n in self.points()])

    def test_f25_orphan(self):
        """A supervisor that is killed during the configuring boot leaves its QEMU; the run that
        follows ends it before it takes the folder away."""
        box = self.box(alone=True)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("up\nhold\n")
        record = os.path.join(box.data, "bases")
        ended = []

        def kill(_child):
            def supervisor():
                for part in lib.parts(record):
                    path = os.path.join(part, "run.json")
                    if os.path.isfile(path):
                        run = json.loads(lib.read(path) or "{}")
                        if run.get("state") == "booting":
                            return run["supervisor_pid"], run["qemu_pid"]
                return None
            ended.extend(lib.poll(supervisor))
            os.kill(ended[0], signal.SIGKILL)
        try:
            self.assertNotEqual(box.prepare(on_start=kill).status, 0)
            self.assertIn(ended[1], box.processes())
            with open(box.script, "w", encoding="utf-8") as out:
                out.write(lib.CONFIGURED)
            self.recovers(box)
            self.assertNotIn(ended[1], box.processes())
        finally:
            self.end_all(box, True)

    def test_f26_power_cut(self):
        self.sweep([(n, True) for n in self.points()[::2]])

    def test_f27_again_in_recovery(self):
        rng = random.Random(27)
        self.sweep([(n, rng.random() < 0.5, rng.randrange(1, max(2, self.world.calls - n)))
                    for n in self.points()[::4]])


if __name__ == "__main__":
    lib.main()
