#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
For `make check-long`, and a sample of it for `make check-sweep`: a run is ended
before each call that changes a file.

Three kinds: SIGKILL of the process that makes the call; a power cut: all processes end, and what was not
synced is lost; either, and then SIGKILL in the next run. After each of them the next run succeeds without help and
leaves a complete machine and no partial files.
Environment: DEBWIZ_SWEEP=N takes only every Nth call (default 1; power cuts every 2nd and kills in the next run every 4th of
those), DEBWIZ_SWEEP_TURN=K begins at another of them (4N turns cover every call in each row),
DEBWIZ_SWEEP_JOBS=N runs as many in parallel (default: as many as processors).
"""
import collections
import json
import os
import random
import signal

import lib
import shim

EVERY = int(os.environ.get("DEBWIZ_SWEEP") or 1)
TURN = int(os.environ.get("DEBWIZ_SWEEP_TURN") or 0)


class Sweep(shim.Sweeping):
    @staticmethod
    def lose(box):
        """What a power cut takes: the data of files that were not synced since they were written.
        Names survive, the worst case: a rename before its sync leaves an empty file."""
        dirty = {}
        for line in shim.calls(box):
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

    def point(self, box, number, power=False, again=0):
        """One point of the sweep: killed there, and again in the next run."""
        for at in (number, again):
            if at:
                shim.arm(box, at)
                box.prepare()
                self.end_all(box, power)
                if power:
                    self.lose(box)
        shim.disarm(box)
        self.recovers(box)
        self.whole(box)

    def test_f24_control(self):
        """The shim alone disturbs nothing; it sees the calls that the sweep is about."""
        seen = collections.Counter(line.split("\t")[0] for line in self.world.calls)
        print(len(self.world.calls), "calls:", dict(seen))
        for op in ("write", "fsync", "rename", "create", "unlink", "fchmod", "mkdir"):
            self.assertGreater(seen[op], 0, op)
        box = self.box(alone=True)
        shim.arm(box, 10)
        self.assertEqual(box.prepare().status, -signal.SIGKILL)
        shim.disarm(box)
        self.recovers(box)

    def points(self, share=1):
        """Numbers of the calls; of a sample, only every `share`th.  Of the many into an incomplete image, and of existing folders, every
        16th: the image is discarded as a whole."""
        picked = []
        for number, line in enumerate(self.world.calls, 1):
            op = line.split("\t")[0]
            if op not in ("pwrite", "pwrite64", "mkdir") or number % 16 == 0:
                picked.append(number)
        # Past the end as well: the number of calls differs by a few from run to run.
        last = len(self.world.calls)
        every = EVERY * share
        at = TURN % EVERY + TURN // EVERY % share * EVERY
        points = (picked + list(range(last + 1, last + 10)))[at::every]
        print("%d calls of %d, every %dth from number %d on; repeated by DEBWIZ_SWEEP=%d "
              "DEBWIZ_SWEEP_TURN=%d" % (len(points), last, every, at, EVERY, TURN), flush=True)
        self.assertGreater(len(points), 0)
        return points

    def test_f24_turns(self):
        """The turns of a sample cover every call once, in each row."""
        for share in (1, 2, 4):
            seen = collections.Counter()
            for turn in range(5 * share):
                seen.update(range(100)[turn % 5 + turn // 5 % share * 5::5 * share])
            self.assertEqual(seen, collections.Counter(range(100)))

    def test_f25_killed_at_every_call(self):
        self.sweep(self.point, [(n,) for n in self.points()])

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
        self.sweep(self.point, [(n, True) for n in self.points(2)])

    def test_f27_again_in_recovery(self):
        rng = random.Random(27 + TURN)
        self.sweep(self.point, [(n, rng.random() < 0.5, rng.randrange(1, max(2, len(self.world.calls) - n)))
                    for n in self.points(4)])


if __name__ == "__main__":
    lib.main()
