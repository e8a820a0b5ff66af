#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which InRelease files are accepted."""
import json
import os
import re
import shutil

import lib
import archive as archmod
import variants

# id of the refusal by variant; the others of their kinds are accepted
REFUSED = {
    "unsigned": ("http-404",), "detached-only": ("http-404",),
    "plain-text": ("inrelease-unsigned",),
    "unsigned-literal": ("inrelease-unsigned",), "unsigned-compressed": ("inrelease-unsigned",),
    "signed-message": ("inrelease-unsigned",),
    "unknown-key": ("inrelease-unknown-key",),
    "expired-key": ("inrelease-key-expired",), "expired-key-late": ("inrelease-key-expired",),
    "revoked-key": ("inrelease-key-revoked",),
    "expired-signature": ("inrelease-signature-expired",),
    "sha1": ("inrelease-weak-digest",), "md5": ("inrelease-weak-digest",),
    "malformed-signature": ("inrelease-bad-signature", "inrelease-malformed",
                            "inrelease-library", "inrelease-unknown-key"),
    "empty-signature": ("inrelease-unsigned",),
    "text-changed": ("inrelease-bad-signature",),
    "wrong-codename": ("release-suite",), "other-suite": ("release-suite",),
    "no-armhf": ("release-arch",), "no-sha256": ("release-files",),
}
KINDS = ("unsigned", "keys", "validity", "form", "fields", "control")


class Verify(lib.Case):
    @staticmethod
    def make():
        # trixie is for the suite that replaces another one
        return lib.World(("bookworm", "trixie"))

    def tearDown(self):
        variants.apply(self.world.archive, "bookworm", "good")

    def look(self):
        """A run that gets as far as the package lists: there are no debs at all."""
        self.world.server.rules({"match": r"/pool/", "mode": "status", "code": 403})
        self.world.server.fresh_log()
        box = self.box(alone=True)
        return box, box.prepare()

    def accepted(self, box, result, name):
        self.z(box, result, "http-status", 4)
        self.assertEqual(result.failed_step(), "download", name)

    def test_control_good_is_prepared(self):
        """The positive control of all kinds here: the same settings bring a machine about."""
        box = self.box(alone=True)
        self.good(box, box.prepare())

    def test_every_variant(self):
        seen = {}
        for name, variant in variants.VARIANTS.items():
            if variant.kind not in KINDS or name == "version-lower":
                continue
            with self.subTest(name, kind=variant.kind):
                variants.apply(self.world.archive, "bookworm", name)
                box, result = self.look()
                if variant.expect == "refuse":
                    self.z(box, result, REFUSED[name], 4 if name in ("unsigned", "detached-only")
                           else 5)
                    self.refused_verified(box, result)
                    seen[name] = re.sub(r"[0-9A-F]{16,40}", "", result.error["text"])
                else:
                    self.accepted(box, result, name)
        four = [seen.get(n) for n in ("expired-key", "revoked-key", "expired-signature", "sha1")]
        self.assertEqual(len(set(four)), 4, "four different texts are required")

    def test_version_below_floor(self):
        """A Version lower than one seen before, with a newer Date."""
        box, result = self.look()
        self.accepted(box, result, "floor")
        variants.apply(self.world.archive, "bookworm", "version-lower")
        before = box.state()
        again = box.prepare()
        self.z(box, again, "release-version", 5, before)
        variants.apply(self.world.archive, "bookworm", "good")
        self.accepted(box, box.prepare(), "control")


class Keys(lib.Case):
    """One key of the fixture is used as Debian's own key of the catalogue; the keyring of mirror.keyring has it
    and another one."""
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def setUp(self):
        super().setUp()
        self.world.server.rules({"match": r"/pool/", "mode": "status", "code": 403})
        self.addCleanup(variants.apply, self.world.archive, "bookworm", "good")

    def debian_box(self):
        box = self.box(alone=True)
        assets = os.path.join(box.root, "assets")
        shutil.copytree(os.path.join(lib.SRC, "assets"), assets)
        path = os.path.join(assets, "catalog", "releases.ini")
        own = self.world.archive.keys.fingerprints()["good"]
        text = re.sub(r"(?m)^keys = .*$", "keys = " + own, lib.read(path))
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        box.env["DEBWIZ_ASSETS"] = assets
        return box

    def foreign(self, hours=1, version="12.99"):
        """The suite, published by another party under Debian's name: newer, and signed by a key of the user's
        keyring."""
        archive = self.world.archive
        text = archmod.edit(archive.good_text("bookworm"), "Version", version)
        text = archmod.edit(text, "Date", archmod.http_date(archive.date + hours * archmod.HOUR))
        archive.resign("bookworm", text, keys=("weak",))

    def release_text(self, box, *warnings):
        """What the step release reports; the run ends at the download, whose files are refused."""
        result = box.prepare()
        self.z(box, result, "http-status", 4)
        self.assertEqual(result.failed_step(), "download", str(result))
        self.assertEqual(len(result.warnings), len(warnings), result.warnings)
        return next(e["detail"] for e in result.events if e.get("step") == "release" and
                    e.get("state") == "done")

    def test_foreign_key_and_debians_floor(self):
        """Neither its date nor its version counts for the files that Debian's keys sign."""
        box = self.debian_box()
        self.foreign()
        self.assertIn("signed by 1 key of your keyring,", self.release_text(box))
        variants.apply(self.world.archive, "bookworm", "good")
        self.assertIn("signed by 1 Debian key,", self.release_text(box))
        self.foreign(2, "12.99")
        self.release_text(box)
        self.foreign(3, "12.1")             # its own floor binds it
        self.z(box, box.prepare(), "release-version", 5)
        variants.apply(self.world.archive, "bookworm", "version-lower")     # and Debian's its own
        self.z(box, box.prepare(), "release-version", 5)

    def test_both(self):
        box = self.debian_box()
        self.world.archive.resign("bookworm", keys=("good", "weak"))
        self.assertIn("signed by 1 Debian key and 1 key of your keyring,", self.release_text(box))

    def old_floor(self, box):
        """Takes out of the floors' files what an earlier version did not write, and names."""
        top = os.path.join(box.cache, "lists")
        for name in os.listdir(top):
            if name.startswith("floor-"):
                with open(os.path.join(top, name), encoding="utf-8") as text:
                    record = json.load(text)
                os.unlink(os.path.join(top, name))
                del record["key"]
                with open(os.path.join(top, "floor-Debian-bookworm.json"), "w",
                          encoding="utf-8") as out:
                    json.dump(record, out)

    def test_floor_of_an_earlier_version(self):
        """It binds, unless it was raised by a file that Debian's keys did not sign."""
        box = self.debian_box()
        self.release_text(box)
        self.old_floor(box)
        variants.apply(self.world.archive, "bookworm", "version-lower")
        self.z(box, box.prepare(), "release-version", 5)
        variants.apply(self.world.archive, "bookworm", "good")
        for hours, version in ((1, "12.12"), (-1, "12.99")):
            box = self.debian_box()
            self.foreign(hours, version)
            self.release_text(box)
            self.old_floor(box)
            variants.apply(self.world.archive, "bookworm", "good")
            self.release_text(box)


class Mutations(lib.Case):
    """A good InRelease, damaged in every way of variants.mutations()."""
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def test_mutations(self):
        archive = self.world.archive
        good = archive.inrelease("bookworm")
        archive.resign("bookworm")
        second = archive.inrelease("bookworm")
        text = archive.good_text("bookworm").encode()
        # One box for all: nothing that was refused may change what comes after it.
        box = self.box(alone=True)
        self.world.server.rules({"match": r"/pool/", "mode": "status", "code": 403})
        before = None
        count = 0
        for number, (name, expect, data) in enumerate(variants.mutations(good, second, text)):
            if name.startswith("truncated") and number % 4:
                continue
            with self.subTest(name):
                archive.put_inrelease("bookworm", data)
                self.world.server.fresh_log()
                fresh = self.box(alone=True) if expect != "refuse" else box
                result = fresh.prepare()
                if expect == "refuse":
                    self.assertTrue(re.match("inrelease-|release-", result.id) or
                                    (name in ("html",) and result.id == "http-login-page"),
                                    str(result))
                    self.z(box, result, result.id, 4 if result.id.startswith("http") else 5,
                           before)
                    self.refused_verified(box, result)
                    before = before or box.state()
                elif expect == "accept" or result.failed_step() == "download":
                    # the bytes used are the signed ones: the list it names was found by its hash
                    self.z(fresh, result, "http-status", 4)
                    self.assertEqual(result.failed_step(), "download", name)
                else:
                    self.z(fresh, result, result.id, 5)
                count += 1
        self.assertGreater(count, 35)


if __name__ == "__main__":
    lib.main()
