#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
FAULTS rows F19-F22: hostile .debs, well signed: every one of hostile.py takes the place of a
package of the root, and some that of the firmware's.
"""
import hashlib
import os
import sys

import lib
import hostile                      # these two lie where lib says
import archive as archmod

# Of these the reader of single files (kernel, firmware) sees something else than the root does.
FIRMWARE = ("control-plain", "dotdot", "absolute", "symlink-write-through", "hardlink-out",
            "device-block", "fifo", "bomb-wanted", "bomb-xz", "xz-dictionary-4g",
            "zstd-window-2g", "gzip-nested", "size-lie", "ar-size-over", "no-debian-binary",
            "no-data", "cut-data", "path-8k")
# Each is named as the package whose place it takes, so that its contents are reached.
hostile.CONTROL = hostile.CONTROL.replace("hostile", "less")
VICTIM = "less"                     # a small package of every root
TARGET = "/tmp/escaped"             # where those that would get out want to write


class Hostile(lib.Case):
    share = (0, 1)                  # this part of the cases, of so many: see test_hostile2.py

    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        archive = world.archive
        world.files = archive.good_files("bookworm")
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
        files = {name: text, name + ".gz": archmod.debfile.compress(text, "gz")[1]}
        for path, body in files.items():
            archive.place("bookworm", path, body)
        archive.resign("bookworm", archive.release_text("bookworm", files))

    def box_for(self):
        box = self.box(alone=True)
        box.fill(self.world.template, ("cache",))
        return box

    def outside(self):
        return sorted(os.listdir(self.world.tmp)), os.path.lexists(TARGET)

    def look(self, name, expect, step):
        box = self.box_for()
        before = self.outside()
        result = box.prepare(wrap=("sh", "-c", 'ulimit -f 16777216; exec "$@"', "sh"))
        self.assertEqual(self.outside(), before, "nothing is written outside")
        self.assertLess(result.rss, 256 * lib.MIB, "memory")
        self.assertLess(result.took, 20)
        if expect == hostile.REFUSE:
            self.assertIn(result.failed_step(), (step, "download"), str(result))
            self.z(box, result, result.id, result.status)
            self.assertRegex(result.id, r"^(deb|root|image|firmware|fs|kernel|http|fetch)", name)
            self.assertEqual(box.bases(), [])
            self.assertNotIn("/../", result.error["text"])
        else:
            self.good(box, result)
        left = [p for p in lib.parts(box.home) if not p.endswith(".part")]
        self.assertEqual(left, [])
        lib.shutil.rmtree(box.home)     # and all of it can be removed
        return result


class Root(Hostile):
    def test_every_case(self):
        first, step = self.share
        count = 0
        for number, (name, row, expect, _extract, _note, maker) in enumerate(hostile.CASES):
            if number % step != first and row != "control":
                continue
            with self.subTest(name, row=row):
                self.replace(VICTIM, maker(), {"Package": VICTIM, "Version": "1",
                                               "Architecture": "all"})
                self.look(name, expect, "unpack")
                count += 1
        self.assertGreaterEqual(count, 80 // step)


class Firmware(Hostile):
    def test_cases(self):
        for name, row, _expect, extract, _note, maker in hostile.CASES:
            if name not in FIRMWARE:
                continue
            with self.subTest(name, row=row):
                self.replace("qemu-efi-arm", maker(), {"Version": "1"})
                result = self.look(name, hostile.REFUSE, "firmware")
                if row == "control" or extract != hostile.REFUSE:
                    # sound, but without a descriptor: the refusal is about that alone
                    self.assertEqual(result.id, "firmware-none", name)
                else:
                    self.assertNotEqual(result.id, "firmware-none", name)


if __name__ == "__main__":
    lib.main()
