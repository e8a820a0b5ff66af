#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
`debwiz build` with a compiler cache: which volume the machine gets, who may have it, and what is reported. The guest is
this host; what it does with the volume is in test_build_script.
"""
import json
import os
import re
import signal
import subprocess

import lib
import test_build
import test_run
import test_template

SIZE = 32 << 30


class Case(test_build.Case):
    def cached(self, **settings):
        """A machine with a compiler cache, whose QEMU records the disk with the volume's serial number."""
        box = self.layered(build_ccache="yes", **settings)
        with open(box.qemu, encoding="utf-8") as file:
            text = file.read()
        with open(box.qemu, "w", encoding="utf-8") as out:
            out.write(text.replace('exec "', 'echo "$*" >>%s/starts\nexec "' % box.root))
        return box

    def disks(self, box):
        """The volume of each machine that was started since the last call, "" if it has none, in order."""
        path = os.path.join(box.root, "starts")
        lines = [line for line in lib.read(path).splitlines() if "debwiz.configure" not in line]
        os.unlink(path)
        found = [re.search('"node-name":"volume".*?"filename":"([^"]*)"', line) for line in lines]
        self.assertEqual([bool(f) for f in found], ['"serial":"debwiz-volume"' in line for line in lines])
        return [f.group(1) if f else "" for f in found]

    @staticmethod
    def volume(box):
        return os.path.join(box.data, "ccache/bookworm-armhf.raw")

    @staticmethod
    def fresh(box):
        """The guest's home is as in a new machine."""
        subprocess.run(["rm", "-rf", os.path.join(box.guest, "package")], check=True)

    def variables(self, box):
        return [w for w in self.said(box, "sudo") if w.startswith("BUILD_CCACHE")]

    def one(self, box, *words):
        """Builds while something else answers for the guests (test_template)."""
        return self.ended(box.start("build", box.ini, self.tree(box), "--trust", *box.settings(), "--out", "results", *words,
                                    cwd=box.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))


class Ccache(Case):
    def test_used(self):
        """The same volume for each build on an architecture and release, and what ccache did there."""
        box = self.cached()
        self.write(os.path.join(box.root, "why"), "cached 30 10\n")
        status, _, err = self.build(box, self.tree(box))
        self.assertEqual(status, 0, err)
        self.assertIn("debwiz: pack: 30 of 40 objects from the compiler cache\n", err)
        self.assertEqual((self.disks(box), self.variables(box)), ([self.volume(box)], ["BUILD_CCACHE=2048"]))
        self.assertIn("package/ccache.sh", self.said(box, "staged"))
        made = os.stat(self.volume(box))
        self.assertEqual((made.st_size, made.st_blocks, made.st_mode & 0o777), (SIZE, 0, 0o600))
        layer, = self.layers(box)
        self.assertEqual(json.loads(lib.read(os.path.join(layer, "manifest.json")))["added"], ["ccache"])
        self.write(os.path.join(box.root, "why"), "remade\ncached 0 1\n")
        status, out, err = self.build(box, self.dsc(box), "--json", "--set", "build.ccache_size=512M")
        self.assertEqual((status, json.loads(out.splitlines()[-1])["ccache"]), (0, {"hits": 0, "misses": 1, "remade": True}), err)
        self.assertEqual((self.disks(box), self.variables(box)), ([self.volume(box)], ["BUILD_CCACHE=512"]))
        self.assertEqual(os.stat(self.volume(box)).st_ino, made.st_ino)
        self.write(os.path.join(box.root, "why"), "uncached the volume is \33[2Jgone\n")
        status, _, err = self.build(box, self.dsc(box))
        self.assertIn("debwiz: pack: builds without the compiler cache: the volume is gone\n", err)
        self.assertEqual(self.left(box), [])

    def test_not(self):
        """Not where it is not asked for, where it would be no proof, or where the machine is another user's."""
        box = self.cached()
        for words in (("--set", "build.ccache=no"), ("--reproducible",), ("--", "true")):
            source = self.tree(box) if words != ("--", "true") else os.path.dirname(self.volume(box))
            os.makedirs(source, exist_ok=True)
            status, _, err = self.build(box, source, *words)
            self.assertEqual((status, self.disks(box), self.variables(box)), (0, [""], []), err)
        self.assertFalse(os.path.exists(self.volume(box)))

    def test_offline(self):
        """Without the network, and the package: as without it."""
        box = self.cached()
        self.assertEqual(self.build(box, self.tree(box), "--set", "build.ccache=no")[0], 0)
        status, _, err = self.build(box, self.tree(box), "--offline")
        self.assertEqual((status, self.disks(box)[1:]), (0, [""]), err)
        self.assertIn("builds without the compiler cache: the package ccache is not in the cache; build once without --offline", err)

    def test_shared(self):
        """Of two builds one has the volume; the other one's machine has the same devices, and no cache."""
        box = self.cached()
        self.assertEqual(self.build(box, self.tree(box))[0], 0)
        self.disks(box)
        self.fresh(box)
        self.write(os.path.join(box.root, "waits"), "")
        first = box.start("build", box.ini, self.tree(box), "--trust", *box.settings(), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, cwd=box.root)
        end = self.answer_soon(box)
        lib.poll(lambda: os.path.exists(os.path.join(box.guest, "package/out/x.build")))
        end()
        with open(os.path.join(box.root, "second"), "w+", encoding="utf-8") as out:
            second = box.start("build", box.ini, self.dsc(box), "--trust", *box.settings(), stdout=out, stderr=out, cwd=box.root)
            for child in (first, second):
                self.addCleanup(box.kill, child)
            lib.poll(lambda: len(lib.read(os.path.join(box.root, "starts")).splitlines()) == 2)
            out.seek(0)
            self.assertIn("debwiz: pack: builds without the compiler cache: another build for armhf bookworm uses it\n", out.read())
        disks = self.disks(box)
        self.assertEqual(disks[0], self.volume(box))
        self.assertRegex(disks[1], "^%s/temporary/build-.*/volume.raw$" % box.data)
        self.assertEqual(os.stat(disks[1]).st_size, SIZE)
        result = box.run("gc", json_events=False)
        self.assertNotIn("compiler cache", result.out)
        for child in (first, second):
            child.send_signal(signal.SIGTERM)
            child.wait(lib.LIMIT)
        self.assertEqual(self.left(box), [])

    def test_killed(self):
        """The machine of a killed build ends before another one gets the volume."""
        box = self.cached()
        self.assertEqual(self.build(box, self.tree(box))[0], 0)
        self.disks(box)
        self.fresh(box)
        before = os.stat(self.volume(box)).st_ino
        test_template.Case.answer_soon(self, box)
        self.write(os.path.join(box.root, "hangs"), "")
        child = box.start("build", box.ini, self.tree(box), "--trust", *box.settings(), stderr=subprocess.DEVNULL, cwd=box.root)
        lib.poll(lambda: os.path.exists(os.path.join(box.guest, "package/out/x.build")))
        box.kill(child)
        child.wait(lib.LIMIT)
        os.unlink(os.path.join(box.root, "hangs"))
        self.fresh(box)
        status, _, err = self.one(box)
        self.assertEqual((status, self.disks(box)), (0, [self.volume(box)] * 2), err)
        self.assertEqual((os.stat(self.volume(box)).st_ino, self.left(box), box.processes()), (before, [], []))

    def test_foreign(self):
        """Something else in the volume's place is replaced, and not written to."""
        box = self.cached()
        self.assertEqual(self.build(box, self.tree(box))[0], 0)
        victim = os.path.join(box.root, "victim")
        self.write(victim, "kept")
        os.unlink(self.volume(box))
        os.symlink(victim, self.volume(box))
        for _ in range(2):
            status, _, err = self.build(box, self.tree(box))
            self.assertEqual((status, os.path.islink(self.volume(box)), os.stat(self.volume(box)).st_size), (0, False, SIZE), err)
            self.assertIn("debwiz: pack: the compiler cache was damaged and was created again, empty\n", err)
            os.truncate(self.volume(box), 4096)
        self.assertEqual(lib.read(victim), "kept")

    def test_collected(self):
        """gc removes a volume after a long time without use."""
        box = self.cached()
        self.assertEqual(self.build(box, self.tree(box))[0], 0)
        self.assertEqual(box.run("gc", json_events=False).status, 0)
        self.assertTrue(os.path.exists(self.volume(box)))
        os.utime(self.volume(box), (1, 1))
        result = box.run("gc", json_events=False)
        self.assertIn("bookworm-armhf: a compiler cache that was not used for long", result.out)
        self.assertEqual(os.listdir(os.path.dirname(self.volume(box))), [])


class Template(test_template.Case, Case):
    make = staticmethod(test_build.Case.make)

    def made(self, **settings):
        return test_run.Case.made(self, system_packages="build-essential\npackages = fakeroot\npackages = ccache",
                                  build_distcc="no", **settings)

    def test_volume(self):
        """It is made with an empty volume of the same size, which it does not keep, and is none for machines without one."""
        box = self.warm()
        self.answer_soon(box)
        with open(box.qemu, encoding="utf-8") as file:
            text = file.read()
        with open(box.qemu, "w", encoding="utf-8") as out:
            out.write(text.replace(
                "script=%s/saves\n" % box.root, "script=%s/saves; stat -c '%%s %%b' %s/templates/*.part/volume.raw >>%s/sizes\n" % (
                    box.root, box.data, box.root)))
        for starts in (["saves", "resumes"], ["resumes"]):
            status, _, err = self.one(box, "--set", "build.ccache=yes")
            self.assertEqual((status, self.starts(box)), (0, starts), err)
        self.assertEqual(lib.read(os.path.join(box.root, "sizes")), "%d 0\n" % SIZE)
        template, = self.whole(box)
        self.assertEqual(sorted(os.listdir(os.path.join(box.data, "templates", template))),
                         ["disk.qcow2", "lock", "manifest.json", "ram", "suspend.state"])
        status, _, err = self.one(box)
        self.assertEqual((status, self.starts(box), len(self.whole(box))), (0, ["saves", "resumes"], 2), err)


if __name__ == "__main__":
    lib.main()
