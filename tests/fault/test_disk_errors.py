#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
A call that changes a file of ours fails with EIO, ENOSPC, EDQUOT or EROFS, once, or
from then on. The run ends with a name for it and a hint, or goes well without; what has its final
name is whole; a file that could not be synced does not get its name; the next run needs no help.
A few of the calls; with DEBWIZ_SWEEP=1 (make check-long) every one, =N every Nth. Also: a file system
that knows no flock.
"""
import collections
import errno
import os
import threading

import lib
import faults                       # this one lies where lib says
import shim

GATE = threading.Event()
EVERY = int(os.environ.get("DEBWIZ_SWEEP") or 0)
SAMPLE = 3                          # calls of a kind, without DEBWIZ_SWEEP
OPS = ("write", "pwrite", "pwrite64", "fsync", "fdatasync", "close", "rename", "ftruncate", "fchmod",
       "mkdir", "create", "truncate", "link", "unlink")
ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@faults.mode("locked")
def locked(handler, _rule, file):
    """Serve well, but not before the test permits it."""
    while not GATE.is_set() and not handler.stopping():
        handler.wait(0.01)
    handler.serve(file)


class Errors(shim.Sweeping):
    @staticmethod
    def make():
        world = shim.Sweeping.make()
        world.times = collections.Counter(line.split("\t")[0] for line in world.calls)
        probe = world.box(alone=True)
        shim.arm(probe, 0, ops=("close",))
        result = probe.prepare()
        assert result.status == 0, str(result)
        world.times["close"] = shim.count(probe)
        return world

    def point(self, box, op, at, error, goes_on):
        shim.arm(box, at, error, goes_on, (op,))
        result = box.prepare()
        called = shim.calls(box)
        shim.disarm(box)
        if result.status == 0:
            self.good(box, result)
        else:
            self.z(box, result, result.id, result.status)
            self.assertTrue(result.id, str(result))
            self.assertIn(result.status, (1, 3, 4), str(result))
        if op == "fsync" and len(called) >= at:
            synced = [call.split("\t")[1] for call in called]
            path = synced.pop(at - 1)
            if path.endswith(".part") and path not in synced:   # else one before or after it may stand
                self.assertFalse(os.path.isfile(path[:-5]), path + " was not synced")
        self.recovers(box)
        if op != "link":                # a machine whose base is not a hard link is unchanged
            self.whole(box)
        self.world.ends[op, result.status != 0] += 1

    def points(self):
        jobs = []
        for op in OPS:
            calls = self.world.times[op]
            step = max(1, calls // SAMPLE)
            if EVERY:                   # of the many into an image that is thrown away as a whole
                step = EVERY * (16 if op in ("pwrite", "pwrite64", "mkdir") else 1)
            jobs += [(op, at, ERRORS[(n + len(op)) % len(ERRORS)], n % 3 == 2)
                     for n, at in enumerate(range(1, calls + 1, step))]
        return jobs

    def test_calls(self):
        self.world.ends = collections.Counter()
        self.sweep(self.point, self.points())
        print(dict(self.world.ends))
        for op in ("write", "pwrite64", "fsync", "close", "rename", "create"):
            self.assertGreater(self.world.ends[op, True], 0, "%s never failed a run" % op)

    def test_control(self):
        """The shim alone disturbs nothing."""
        box = self.box(alone=True)
        shim.arm(box, 0, errno.EIO, True, OPS)
        self.good(box, box.prepare())
        self.assertGreater(shim.count(box), 100)

    # ---- a file system without locks
    def test_no_flock(self):
        """Record locks are used: the second run reports the first one, as everywhere."""
        box = self.own({"match": "/bash_", "mode": "locked"})
        shim.arm(box, 1, errno.ENOLCK, True, ("flock",))
        seen = []

        def second(child):
            lib.poll(lambda: [e for e in box.server.log() if "/bash_" in e["path"]])
            other = box.start("prepare", box.ini, *box.settings(), "--json",
                              stdout=lib.subprocess.PIPE, stderr=lib.subprocess.STDOUT)
            seen.extend((other.communicate(timeout=lib.LIMIT)[0].decode(), other.returncode, child.pid))
            GATE.set()
        result = box.prepare(on_start=second)
        self.assertGreater(shim.count(box), 0, "no flock was asked for")
        shim.disarm(box)
        self.good(box, result)
        said, status, pid = seen
        self.assertEqual(status, 7, said)
        self.assertIn("pid %d" % pid, said)

    def test_no_locks_at_all(self):
        box = self.box(alone=True)
        shim.arm(box, 1, errno.ENOLCK, True, ("flock", "fcntl"))
        result = box.prepare()
        shim.disarm(box)
        self.z(box, result, "lock", 1)
        self.recovers(box)


if __name__ == "__main__":
    lib.main()
