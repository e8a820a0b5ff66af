# SPDX-License-Identifier: MIT
"""
shim.c for a box: counts the calls of a run that change a file of ours, kills at one of them, or lets
one fail; and what sweeps over such calls share.
"""
import concurrent.futures
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import unittest

import lib

JOBS = int(os.environ.get("DEBWIZ_SWEEP_JOBS") or os.cpu_count() or 1)
# What a second run may have otherwise.
PASSING = ("console.log", "supervisor.log", "known_hosts", "used-by-")
SAME = ("disk.raw", "base.raw", ".fd", "code.raw", "vars.raw", "pflash.raw")


def make(world):
    """SkipTest without a compiler; the world is closed then."""
    world.shim = os.path.join(world.tmp, "shim.so")
    done = subprocess.run([*lib.compiler(), "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC",
                           "-o", world.shim, os.path.join(lib.HERE, "shim.c"), "-ldl"], check=False)
    if done.returncode:
        world.close()
        raise unittest.SkipTest("shim.c cannot be compiled here")


def arm(box, at, error=None, goes_on=False, ops=()):
    """The call of that number (0: none; among ops alone where some are named) ends its process, or
    fails with that errno, and with goes_on all that follow as well."""
    for name, data in (("count", bytes(8)), ("log", b"")):
        with open(os.path.join(box.root, name), "wb") as out:
            out.write(data)
    disarm(box)
    box.env.update(LD_PRELOAD=box.world.shim, SHIM_DIR=box.home + "/",
                   SHIM_COUNT=os.path.join(box.root, "count"),
                   SHIM_LOG=os.path.join(box.root, "log"), SHIM_KILL=str(at),
                   UV_THREADPOOL_SIZE="2")
    if error:
        box.env["SHIM_ERRNO"] = str(error)
    if goes_on:
        box.env["SHIM_ON"] = "yes"
    if ops:
        box.env["SHIM_OP"] = "".join(op + "," for op in ops)


def disarm(box):
    for name in list(box.env):
        if name.startswith("SHIM_") or name in ("LD_PRELOAD", "UV_THREADPOOL_SIZE"):
            del box.env[name]


def count(box):
    with open(os.path.join(box.root, "count"), "rb") as number:
        return int.from_bytes(number.read(), sys.byteorder)


def calls(box):
    """What was called, one line a call: OP, PATH, TO, with tabs between them."""
    return lib.read(os.path.join(box.root, "log")).split("\n")[:-1]


def plain(state):
    """lib.tree without the time stamp in a base's name, and without what differs from run to run."""
    out = {}
    for path, what in state.items():
        parts = path.split("/")
        if parts[0] == "bases" and len(parts) > 1:
            parts[1] = parts[1].rsplit("-", 1)[0]
        if not parts[-1].startswith(PASSING):
            out["/".join(parts)] = what
    return out


class Sweeping(lib.Case):
    """world.calls: those of a run without a fault; world.template: its box."""
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        make(world)
        probe = world.box(alone=True)
        arm(probe, 0)
        result = probe.prepare()
        assert result.status == 0, str(result)
        world.calls = calls(probe)
        world.template = probe
        disarm(probe)
        return world

    @staticmethod
    def end_all(box, at_once):
        """The rest of the run's processes end: by the same power cut, or on their own.  What a
        killed supervisor leaves behind is ended here."""
        if not at_once:
            with contextlib.suppress(AssertionError):
                lib.poll(lambda: not box.processes())
        while box.processes():
            for pid in box.processes():
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)

    def whole(self, box):
        """Every file of base and machine has the bytes that it has after an undisturbed run."""
        want, have = (plain(lib.tree(b.data)) for b in (self.world.template, box))
        self.assertEqual(sorted(want), sorted(have))
        for path, (kind, mode, digest) in want.items():
            self.assertEqual((kind, mode), have[path][:2], path)
            if path.endswith(SAME):
                self.assertEqual(digest, have[path][2], path)

    def one(self, point, job):
        """A text about what is wrong, or None; what the box held is gone."""
        box = self.box(alone=True)
        try:
            point(box, *job)
        except AssertionError as bad:
            return "%s: %s" % (job, bad)
        finally:
            for folder, names, _ in os.walk(box.root):
                for name in names:
                    if not os.path.islink(os.path.join(folder, name)):       # what it leads to is not ours
                        os.chmod(os.path.join(folder, name), 0o700)
            shutil.rmtree(box.root, ignore_errors=True)
        return None

    def sweep(self, point, jobs):
        """point(box, *job) for each job, several at a time."""
        bad = []
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            for number, text in enumerate(pool.map(lambda job: self.one(point, job), jobs)):
                if text:
                    bad.append(text)
                    print(text, flush=True)
                if number % 100 == 99:
                    print("%d of %d" % (number + 1, len(jobs)), flush=True)
        self.assertEqual(len(bad), 0, "\n".join(bad[:20]))
