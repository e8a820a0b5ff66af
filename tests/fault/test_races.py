#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Pairs of verbs on one machine in parallel. Each exits with 0 or 7 ("busy"), or,
if the other one had finished before, reports that there is nothing to do; at least one succeeds; and
afterwards everything is complete: no part, no lock, no partial machine, no lost answer.

DEBWIZ_ROUNDS set (make check-long): every pair, twice; else a part of them, a different one each day.
"""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time

import lib

EVERY = bool(os.environ.get("DEBWIZ_ROUNDS"))
STEP = 3                            # one of so many pairs
SERVES = "up\nserial m login:\\x20\nprogress 1 ready kernel=6.1.0-1-armmp-lpae\nserve\n"
# What a command may say that begins when the other one is done already.
AFTER = {"delete": ("machine-unknown", "ini-missing"), "rename": ("machine-unknown", "ini-missing"),
         "clone": ("name-taken",), "recreate": ("not-made",), "new": ("name-taken",),
         "create": ("snapshot-exists",), "remove": ("snapshot-missing",)}
GONE = ("machine-unknown", "ini-missing")

VERBS = {
    "up": ("up", "m", "--wait=none"),
    "prepare": ("prepare", "m"),
    "boot": ("boot", "m", "--wait=none"),
    "edit-cpus": ("edit", "m", "--yes", "--set", "cpu.count=2"),
    "edit-memory": ("edit", "m", "--yes", "--set", "cpu.memory=1536M"),
    "clone": ("clone", "m", "two"),
    "clone-three": ("clone", "m", "three"),
    "rename": ("rename", "m", "two"),
    "rename-three": ("rename", "m", "three"),
    "delete": ("delete", "m", "--yes", "--confirm", "m"),
    "recreate": ("recreate", "m", "--yes", "--confirm", "m"),
    "grow": ("grow", "m", "17G"),
    "gc": ("gc",),
    "create": ("snapshot", "m", "create", "one"),
    "remove": ("snapshot", "m", "delete", "old"),
    "revert": ("snapshot", "m", "revert", "old"),
}
PAIRS = [
    ("up", "up"), ("prepare", "prepare"), ("boot", "boot"), ("boot", "prepare"),
    ("edit-cpus", "edit-memory"), ("edit-cpus", "edit-cpus"), ("edit-cpus", "rename"), ("edit-cpus", "delete"),
    ("edit-cpus", "grow"), ("edit-cpus", "up"),
    ("clone", "clone"), ("clone", "clone-three"), ("clone", "rename"), ("clone", "delete"), ("clone", "boot"),
    ("rename", "rename"), ("rename", "rename-three"), ("rename", "delete"), ("rename", "boot"),
    ("rename", "prepare"), ("delete", "delete"), ("delete", "prepare"), ("delete", "boot"), ("delete", "gc"),
    ("recreate", "boot"), ("recreate", "recreate"), ("recreate", "delete"), ("recreate", "gc"),
    ("gc", "gc"), ("gc", "prepare"), ("gc", "up"),
    ("create", "boot"), ("create", "create"), ("create", "remove"), ("revert", "boot"), ("remove", "clone"),
    ("create", "delete"), ("grow", "boot"), ("grow", "create"),
]


class Races(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.box = box = cls.world.box(warm=True, alone=True)
        cls.saved = os.path.join(box.home, "config", "debwiz", "machines", "m.ini")
        os.makedirs(os.path.dirname(cls.saved), 0o700)
        os.rename(box.ini, cls.saved)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(SERVES)
        done = box.run("prepare", "m", *box.settings())
        assert done.status == 0, str(done)
        cls.snapshots = shutil.which("qemu-img") is not None
        if cls.snapshots:
            done = box.run("snapshot", "m", "create", "old")
            assert done.status == 0, str(done)
        cls.before = os.path.join(box.root, "before")
        subprocess.run(["cp", "-a", "--sparse=always", box.home, cls.before], check=True)

    def again(self):
        """Everything is as before, and nothing runs."""
        for pid in self.box.processes():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.quiet(self.box)
        shutil.rmtree(self.box.home)
        subprocess.run(["cp", "-a", "--sparse=always", self.before, self.box.home], check=True)

    def words(self, name):
        words = list(VERBS[name])
        if words[0] in ("up", "prepare", "boot"):
            words += self.box.settings()
        return words

    def both(self, first, second):
        """Their ends, as (status, error id, what was said)."""
        ends = [None, None]
        start = threading.Barrier(2)

        def run(at, name):
            start.wait()
            child = self.box.start(*self.words(name), "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            out, err = child.communicate(timeout=lib.LIMIT)
            events = [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]
            error = next((e for e in events if e.get("event") == "error"), {})
            ends[at] = (child.returncode, error.get("id", ""), out.decode() + err.decode())
        lib.together(lambda: run(0, first), lambda: run(1, second))
        return ends

    def allowed(self, name, other, end):
        status, error, _ = end
        if status in (0, 7):
            return True
        verb, others = name.split("-")[0], other.split("-")[0]
        later = GONE if others in ("delete", "rename") else ()
        if others in ("clone", "rename") and verb in ("clone", "rename"):
            later += ("name-taken",)
        if others == "recreate":
            later += ("not-made",)
        if verb == others or others in ("remove", "recreate"):
            later += AFTER.get(verb, ())
        if others == "create" and verb == "grow":
            later += ("disk-snapshots",)
        return status in (1, 2) and error in later

    def whole(self, names):
        """What is left is whole, and each machine can be listed and prepared."""
        box = self.box
        box.run("kill", "m")
        box.run("kill", "two")
        self.quiet(box)
        self.assertEqual(lib.parts(box.home), [], names)
        machines = os.path.join(box.data, "machines")
        self.assertEqual([n for n in os.listdir(machines) if n.endswith(".lock")], [], names)
        locks = os.path.join(box.data, "locks")
        self.assertEqual(os.listdir(locks) if os.path.isdir(locks) else [], [], names)
        listed = box.run("list").events
        folders = set(os.listdir(machines))
        files = {n[:-4] for n in os.listdir(os.path.dirname(self.saved))}
        self.assertLessEqual(folders, files, "%s: a folder without a file" % names)
        self.assertEqual({e["name"] for e in listed}, files, names)
        for name in files:
            self.assertEqual(box.run("check", name).status, 0, names)
            disk = os.path.join(machines, name, "disk.qcow2")
            if os.path.exists(disk):
                self.assertTrue(os.path.exists(os.path.join(machines, name, "base.raw")), names)
                if self.snapshots:
                    subprocess.run(["qemu-img", "check", "-q", "-f", "qcow2", disk], check=True, timeout=lib.LIMIT)

    def race(self, first, second):
        names = "%s / %s" % (first, second)
        self.again()
        if self.snapshots and "grow" in (first, second):
            self.assertEqual(self.box.run(*VERBS["remove"]).status, 0)
        ends = self.both(first, second)
        said = "%s: %s" % (names, ends)
        self.assertTrue(self.allowed(first, second, ends[0]), said)
        self.assertTrue(self.allowed(second, first, ends[1]), said)
        self.assertIn(0, (ends[0][0], ends[1][0]), said)
        if first.startswith("edit") and second.startswith("edit"):
            text = lib.read(self.saved)
            for name, end in ((first, ends[0]), (second, ends[1])):
                key = VERBS[name][-1].split(".")[1].replace("=", " = ")
                if not end[0]:
                    self.assertIn(key, text, said)
        if first == "edit-cpus" and second == "grow" and not ends[0][0] and not ends[1][0]:
            text = lib.read(self.saved)
            self.assertIn("count = 2", text, said)
            self.assertIn("size = 17G", text, said)
        self.whole(said)

    def test_pairs(self):
        jobs = [p for p in PAIRS if self.snapshots or not {"create", "remove", "revert"} & set(p)]
        jobs = jobs * 2 if EVERY else jobs[int(time.time() / 86400) % STEP::STEP]
        for first, second in jobs:
            with self.subTest("%s / %s" % (first, second)):
                self.race(first, second)

    def test_new_twice(self):
        """Two new machines of one name: one is saved."""
        self.again()
        ends = [None, None]
        words = ("new", "--yes", "--json", "--set", "machine.name=two", "--set", "machine.arch=armhf",
                 "--set", "machine.release=bookworm")

        def run(at, memory):
            child = self.box.start(*words, "--set", "cpu.memory=" + memory, *self.box.settings(),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            ends[at] = (child.communicate(timeout=lib.LIMIT)[0].decode(), child.returncode)
        lib.together(lambda: run(0, "2G"), lambda: run(1, "1G"))
        loser = [e for e in ends if e[1]]
        self.assertEqual(len(loser), 1, ends)
        if loser[0][1] != 7:            # it began when the other was done
            self.assertEqual(loser[0][1], 2, ends)
            self.assertIn("a machine named two already exists", loser[0][0])
        text = lib.read(os.path.join(os.path.dirname(self.saved), "two.ini"))
        self.assertIn("memory = " + ("2G" if ends[0][1] == 0 else "1G"), text)


if __name__ == "__main__":
    lib.main()
