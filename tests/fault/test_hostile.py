#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Hostile .debs with valid signatures: each of hostile.py replaces a
package of the root, and some that of the firmware's.
"""
import dataclasses
import hashlib
import os
import shutil
import subprocess
import unittest.mock

import lib
import archive as archmod           # these lie where lib says
import debfile
import hostile
import packages

# Each is named as the package whose place it takes, so that its contents are reached.
VICTIM = "less"                     # a small package of every root
hostile.CONTROL = hostile.CONTROL.replace("hostile", VICTIM)
TARGET = "/tmp/escaped"             # where those that would get out want to write
ROOT_OFFSET = 65 << 20              # of the root partition in a base image

# A reader that resolves names and links within the image, whose root is theirs, as dpkg does
# within a root, has nothing to refuse here: they cannot lead anywhere else.
CONFINED_TOO = {"absolute", "absolute-double", "symlink-write-through", "symlink-dotdot-through",
                "symlink-chain", "symlink-replaced", "same-file-twice", "wanted-twice",
                "unknown-type"}
# Refused though a root could hold it in theory: 1 TiB does not go into an image of 8 GiB.
REFUSED_TOO = {"sparse"}
# Up to 1000 times its packed size is taken for honest; the image's size binds then.
WITHIN_CAP = {"bomb-gzip", "bomb-wanted"}
# No bytes at all: the signed list says a size of 0, which is refused before it is asked for.
EARLIER = {"ar-empty"}


class Hostile(lib.Case):
    share = (0, 2)                  # this part of the cases, of so many: see test_hostile2.py

    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.files = world.archive.good_files("bookworm")
        world.folder = os.path.join(world.tmp, "hostile")
        os.mkdir(world.folder)
        world.warm_template()
        return world

    def replace(self, package, data, control=None):
        """Publish data as package's deb, with its size and digest signed."""
        archive = self.world.archive
        path = os.path.join(self.world.folder, package + ".deb")
        with open(path, "wb") as out:
            out.write(data)
        name = "main/binary-armhf/Packages"
        stanzas = self.world.files[name].decode().split("\n\n")
        left = [s for s in stanzas if not s.startswith("Package: %s\n" % package)]
        old = next(s for s in stanzas if s.startswith("Package: %s\n" % package))
        fields = dict(line.split(": ", 1) for line in old.split("\n") if not line.startswith(" "))
        fields.update(control or {})
        target = os.path.join("pool/main/x", os.path.basename(path))
        archmod.write(os.path.join(archive.www, "debian", target), data)
        fields.update(Filename=target, Size=str(len(data)),
                      SHA256=hashlib.sha256(data).hexdigest())
        fields.pop("MD5sum", None)
        left.append("".join("%s: %s\n" % f for f in fields.items()))
        text = ("\n\n".join(s.strip("\n") for s in left) + "\n").encode()
        files = {name: text, name + ".gz": debfile.compress(text, "gz")[1]}
        for path, body in files.items():
            archive.place("bookworm", path, body)
        archive.resign("bookworm", archive.release_text("bookworm", files))

    def box_for(self):
        box = self.box(alone=True)
        box.fill(self.world.template, ("cache",))
        return box

    def outside(self):
        return sorted(os.listdir(self.world.tmp)), os.path.lexists(TARGET)

    def check_image(self, box):
        """The image that was made is a sound file system."""
        tool = shutil.which("e2fsck") or "/sbin/e2fsck"
        if os.path.exists(tool):
            folder = box.bases() or [p for p in lib.parts(box.data) if os.path.isdir(p)]
            image = os.path.join(folder[0], "disk.raw")
            done = subprocess.run([tool, "-fn", "%s?offset=%d" % (image, ROOT_OFFSET)],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            self.assertEqual(done.returncode, 0, done.stdout.decode())

    def look(self, name, refuse, accept, step):
        """Run it; it must end as refuse or accept allow, confined and within its limits."""
        box = self.box_for()
        if name != "control-plain":     # what follows the image is not tested here
            with open(box.script, "w", encoding="utf-8") as out:
                out.write("exit 1\n")
        before = self.outside()
        result = box.prepare()
        made = result.status == 0 or result.failed_step() == "configure"
        self.assertEqual(self.outside(), before, "nothing is written outside")
        self.assertLess(result.rss, lib.memory_limit(), "memory")
        if not made:
            self.assertTrue(refuse, "%s is sound: %s" % (name, result))
            self.assertIn(result.failed_step(), ("packages",) if name in EARLIER else (step,))
            self.z(box, result, result.id, result.status)
            self.assertRegex(result.id, r"^(deb|root|image|firmware|package)-", name)
            self.assertEqual(box.bases(), [])
        else:
            self.assertTrue(accept, "%s is accepted" % name)
            self.check_image(box)
            if not result.status:
                self.good(box, result)
        shutil.rmtree(box.home)         # all that it left can be removed by its owner
        return result


class Root(Hostile):
    def test_every_case(self):
        first, step = self.share
        count = 0
        for number, (name, kind, expect, _extract, _note, maker) in enumerate(hostile.CASES):
            if number % step != first and kind != "control":
                continue
            with self.subTest(name, kind=kind):
                self.replace(VICTIM, maker(), {"Package": VICTIM, "Version": "1",
                                               "Architecture": "all"})
                self.look(name, expect == hostile.REFUSE or name in REFUSED_TOO,
                          expect != hostile.REFUSE or name in CONFINED_TOO | WITHIN_CAP, "unpack")
                count += 1
        self.assertGreaterEqual(count, 70 // step)


class Firmware(Hostile):
    """The hostile entries behind the firmware's own files, so that these are reached."""
    def test_cases(self):
        real = [p for p in packages.packages("bookworm", "armhf") if p.name == "qemu-efi-arm"][0]
        files = debfile.with_parents(packages.entries(real, "1", "bookworm", "armhf"))
        wanted = [dataclasses.replace(e, path="." + e.path) for e in files]
        with unittest.mock.patch.object(hostile, "WANTED", wanted):
            for name, kind, _expect, _extract, _note, maker in hostile.CASES:
                if name not in FIRMWARE:
                    continue
                with self.subTest(name, kind=kind):
                    self.replace("qemu-efi-arm", maker(), {"Version": "1"})
                    # members that were not requested may be ignored; a damaged file may not
                    self.look(name, kind != "control", kind in ("control", "paths", "members") or
                              name.startswith("bomb-"), "firmware")


FIRMWARE = ("control-plain", "dotdot", "absolute", "symlink-write-through", "hardlink-out",
            "device-block", "fifo", "bomb-xz", "xz-dictionary-4g", "zstd-window-2g",
            "gzip-nested", "size-lie", "no-debian-binary", "path-8k")


if __name__ == "__main__":
    lib.main()
