#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Dates of the archive, compared with this host's clock and with earlier releases."""
import os
import re

import lib
import variants

CLOCK = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"


class Dates(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def setUp(self):
        super().setUp()
        self.world.server.rules({"match": r"/pool/", "mode": "status", "code": 403})

    def serve(self, name):
        variants.apply(self.world.archive, "bookworm", name)

    def accepted(self, box, result):
        """As far as the first deb, which the server refuses: all before it was believed."""
        self.z(box, result, "http-status", 4)
        self.assertEqual(result.failed_step(), "download")

    def refused(self, name, error_id, clocks):
        self.serve(name)
        box = self.box(alone=True)
        result = box.prepare()
        self.z(box, result, error_id, 5)
        self.refused_verified(box, result)
        if clocks:
            self.assertEqual(len(re.findall(CLOCK, result.error["text"])), 2,
                             "both times are shown: " + result.error["text"])
        self.serve("good")
        self.accepted(box, box.prepare())       # the control, and nothing stuck

    def test_valid_until_past(self):
        self.refused("valid-until-past", "release-expired", True)

    def test_date_ahead(self):
        self.refused("date-future", "release-future", True)

    def test_signature_ahead(self):
        self.refused("future-signature", "inrelease-signature-future", False)

    def test_date_is_none(self):
        self.refused("bad-date", "release-syntax", False)

    def test_no_date_warns(self):
        self.serve("no-date")
        box = self.box(alone=True)
        result = box.prepare()
        self.accepted(box, result)
        self.assertTrue([w for w in result.warnings if "no date" in w and re.search(CLOCK, w)],
                        result.warnings)
        self.serve("good")
        self.assertEqual(box.prepare().warnings, [])

    def test_older_release_keeps_the_floor(self):
        self.serve("good")
        box = self.box(alone=True)
        first = box.prepare()
        self.accepted(box, first)
        self.serve("date-older")
        result = box.prepare()
        self.accepted(box, result)
        kept = [w for w in result.warnings if len(re.findall(CLOCK, w)) == 2]
        self.assertTrue(kept, "it says which of the two dates is used: %s" % result.warnings)
        # Who never saw the newer one takes it: the floor, not the date, is the reason.
        fresh = self.box(alone=True)
        result = fresh.prepare()
        self.accepted(fresh, result)
        self.assertEqual(result.warnings, [])
        # without the bytes of the newer one there is no fallback
        for path in box.cached():
            os.unlink(path)
        self.z(box, box.prepare(), "release-older", 5)


if __name__ == "__main__":
    lib.main()
