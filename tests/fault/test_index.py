#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mirrors with inconsistent parts, or that change between requests."""
import os

import lib
import debfile
import variants


class Index(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm", "bookworm-updates"))

    def tearDown(self):
        for suite in ("bookworm", "bookworm-updates"):
            variants.apply(self.world.archive, suite, "good")

    def serve(self, name, suite="bookworm"):
        variants.apply(self.world.archive, suite, name)

    def asked(self, what):
        return [e["path"] for e in self.world.server.log() if what in e["path"]]

    def look(self, *more, **how):
        """A run up to the first deb, which the server refuses."""
        self.world.server.rules({"match": r"/pool/", "mode": "status", "code": 403})
        self.world.server.fresh_log()
        box = self.box(**how)
        return box, box.prepare(*more)

    def accepted(self, box, result):
        self.z(box, result, "http-status", 4)
        self.assertEqual(result.failed_step(), "download")

    def test_control(self):
        box, result = self.look(alone=True)
        self.accepted(box, result)
        lists = self.asked("Packages") + self.asked("by-hash")
        self.assertEqual(len(lists), 1, "one request by its hash")
        self.assertIn("/by-hash/SHA256/", lists[0])

    def test_by_hash_missing(self):
        self.serve("no-by-hash")
        box, result = self.look(alone=True)
        self.accepted(box, result)
        self.assertEqual(len(self.asked("/by-hash/")), 1)
        self.assertEqual(len(self.asked("/Packages.")), 1)

    def test_canonical_stale(self):
        self.serve("by-hash-only")
        box, result = self.look(alone=True)
        self.accepted(box, result)
        self.assertEqual(self.asked("/Packages."), [])

    def out_of_step(self, name):
        self.serve(name)
        box, result = self.look(alone=True)
        self.z(box, result, "mirror-updating", 4)
        self.assertEqual(result.failed_step(), "release")
        self.assertEqual(len(self.asked("InRelease")), 3, "asked once and twice again")
        self.assertEqual(box.bases(), [])
        self.serve("good")
        self.world.server.rules({"match": r"/pool/", "mode": "status", "code": 403})
        self.accepted(box, box.prepare())

    def test_other_snapshot(self):
        self.out_of_step("mismatch")

    def test_same_size_other_bytes(self):
        self.out_of_step("same-size-mismatch")

    def test_updates_left_out_or_strict(self):
        self.serve("mismatch", "bookworm-updates")
        box, result = self.look(mirror_security="no", alone=True, mirror_updates="yes")
        self.accepted(box, result)
        self.assertTrue([w for w in result.warnings if "bookworm-updates" in w], result.warnings)
        box, result = self.look("--strict", alone=True, mirror_updates="yes")
        self.z(box, result, "mirror-updating", 4)

    def test_package_of_another_component(self):
        """All names that are wrong are in one message, and where each is found, or what it may mean."""
        archive = self.world.archive
        files = archive.good_files("bookworm")
        stanza = ("Package: firmware-odd\nVersion: 1\nArchitecture: armhf\nMaintainer: x <x@x.invalid>\n"
                  "Filename: pool/non-free/f/firmware-odd_1_armhf.deb\nSize: 9\nSHA256: %s\n"
                  "Description: odd\n" % ("0" * 64)).encode()
        path = "non-free/binary-armhf/Packages.xz"
        self.addCleanup(archive.publish, "bookworm", files)
        more = dict(files, **{path: debfile.compress(stanza, "xz")[1]})
        archive.place("bookworm", path, more[path])
        archive.resign("bookworm", archive.release_text("bookworm", more))
        box, result = self.look(alone=True, system_packages="firmware-odd\npackages = bassh")
        self.z(box, result, "package-unknown", 2)
        self.assertEqual(result.error["text"], "there is no package firmware-odd, bassh")
        self.assertRegex(result.error["hint"], "^firmware-odd is in component non-free: mirror.components must "
                         "name main, non-free; did you mean bash")
        # what it was opened with, it is not looked for in; and offline the list is here already
        box, result = self.look("--offline", alone=True, system_packages="absent-xyz")
        self.assertEqual(result.id, "offline-missing", str(result))
        box, result = self.look(alone=True, system_packages="firmware-odd",
                                mirror_components="main\ncomponents = non-free")
        self.accepted(box, result)

    def test_signed_list_that_is_none(self):
        """An empty list, or a page, that the archive signed is its fault: no package is missing."""
        archive = self.world.archive
        files = archive.good_files("bookworm")
        self.addCleanup(archive.publish, "bookworm", files)
        for text, error in ((b"", "index-empty"), (b"<html>\n<body>It works!\n", "index-parse")):
            more = dict(files, **{"main/binary-armhf/Packages" + suffix: debfile.compress(text, kind)[1]
                                  for suffix, kind in ((".xz", "xz"), (".gz", "gz"))},
                        **{"main/binary-armhf/Packages": text})
            for path, data in more.items():
                archive.place("bookworm", path, data)
            archive.resign("bookworm", archive.release_text("bookworm", more))
            box, result = self.look(alone=True)
            self.z(box, result, error, 5)

    def test_unpacked_list_is_checked(self):
        """The signed size of the list itself binds, not only that of its compressed form."""
        archive = self.world.archive
        files = archive.good_files("bookworm")
        text = archive.release_text("bookworm", dict(
            files, **{"main/binary-armhf/Packages": files["main/binary-armhf/Packages"][:-9]}))
        archive.resign("bookworm", text)
        box, result = self.look(alone=True)
        self.z(box, result, "index-size", 5)
        archive.resign("bookworm")


class Push(lib.Case):
    """The archive's push happens between two of our requests."""
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        nxt = world.archive.copy(os.path.join(world.tmp, "next"))
        nxt.push("bookworm")
        world.server.next_root = nxt.www
        world.next = nxt
        return world

    def setUp(self):
        super().setUp()
        self.world.server.control({"root": "first"})

    def test_between_release_and_list(self):
        # Mirrors keep old by-hash names; here they are gone, the worst case.
        lists = os.path.join(self.world.next.www, "debian/dists/bookworm/main/binary-armhf/by-hash")
        keep = {h for h in os.listdir(os.path.join(lists, "SHA256"))}
        old = os.path.join(self.world.archive.www,
                           "debian/dists/bookworm/main/binary-armhf/by-hash/SHA256")
        for name in keep & set(os.listdir(old)):
            if name not in self.world.next.inrelease("bookworm").decode():
                os.unlink(os.path.join(lists, "SHA256", name))
        self.world.server.rules({"match": r"/binary-armhf/", "mode": "switch", "times": 1})
        box = self.box(alone=True)
        self.good(box, box.prepare())
        asked = [e for e in self.world.server.log() if e["path"].endswith("InRelease")]
        self.assertEqual(len(asked), 2, "begun again once")

    def requests(self, what):
        return [e for e in self.world.server.log() if what in e["path"]]

    def test_between_list_and_debs(self):
        """The old debs are gone: the lists are read again, and what arrived is used."""
        self.world.server.rules({"match": r"/pool/", "mode": "switch", "times": 1})
        box = self.box(alone=True)
        self.good(box, box.prepare())
        self.assertIn(404, [e["status"] for e in self.requests("/pool/")])
        self.assertEqual(len(self.requests("InRelease")), 2, "read again once")
        fetched = [e["path"] for e in self.requests("/pool/") if e["status"] == 200]
        self.assertEqual(len(fetched), len(set(fetched)), "nothing is fetched twice")

    def test_debs_never_come(self):
        self.world.server.rules({"match": r"/pool/.*/bash_", "mode": "status", "code": 404})
        box = self.box(alone=True)
        result = box.prepare()
        self.z(box, result, "mirror-updating", 4)
        self.assertEqual(box.bases(), [])
        self.assertLessEqual(len(self.requests("InRelease")), 3)
        self.world.server.rules()
        self.recovers(box)

    def test_never_settles(self):
        self.world.server.rules({"match": r"/binary-armhf/", "mode": "status", "code": 404})
        box = self.box(alone=True)
        result = box.prepare()
        self.z(box, result, "mirror-updating", 4)
        asked = [e for e in self.world.server.log() if e["path"].endswith("InRelease")]
        self.assertEqual(len(asked), 3)
        self.assertIn("updated", result.error["text"])


if __name__ == "__main__":
    lib.main()
