#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Servers that stall, or report an error."""
import os
import signal
import time

import lib
import faults                      # these two lie where lib says
import server as servermod

DEB = "/debian/pool/main/.*/%s_"


@faults.mode("timed")
def timed(handler, rule, file):
    """Say when it was asked, into the rule's own list, and answer by another mode."""
    rule["times_asked"].append(time.monotonic())
    faults.MODES[rule["then"]](handler, rule, file)


@faults.mode("serve")
def serve(handler, _rule, file):
    handler.serve(file)


class Waiting(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    # ---- stalls
    def stalls(self, rule, step, url=None):
        box = self.own(*([rule] if rule else []))
        box.env["DEBWIZ_STALL"] = "4"
        box.url = url or box.url
        result = box.prepare()
        # two tries, each given up after the window, and the pause between them
        self.z(box, result, "http-timeout", 4)
        self.assertGreater(result.took, 4)
        self.assertEqual(result.failed_step(), step)

    def test_stalls(self):
        keep, port = servermod.black_hole()
        self.addCleanup(lambda: [s.close() for s in keep])
        lib.together(
            lambda: self.stalls({"match": DEB % "bash", "mode": "slow", "rate": 2}, "download"),
            lambda: self.stalls({"match": "bookworm/InRelease", "mode": "stall-headers"},
                                "release"),
            lambda: self.stalls({"match": DEB % "bash", "mode": "stall-body"}, "download"),
            lambda: self.stalls(None, "release", "http://127.0.0.1:%d" % port))

    def drips(self, rate):
        """A release file (of 600 K, for want of another large file) that comes at so many bytes a second,
        with windows of ten seconds."""
        box = self.own({"match": "bookworm/InRelease", "mode": "slow", "rate": rate, "pad": 600000})
        box.env["DEBWIZ_STALL"] = "1"
        return box, box.prepare()

    def test_drips(self):
        """Just above the limit of a stalled transfer, which would take minutes; and honest, though slow."""
        def dripping():
            box, result = self.drips(3000)
            self.z(box, result, "http-slow", 4)
            self.assertRegex(result.error["text"], r"127\.0\.0\.1 sends only \d{4} bytes a second")

        def honest():
            box, result = self.drips(40000)
            self.z(box, result, "inrelease-junk", 5)        # it arrived completely, and is not a release file
        lib.together(dripping, honest)

    def cancelled(self, rule, match, number):
        box = self.own(*([rule] if rule else []))
        if not rule:
            keep, port = servermod.black_hole()
            self.addCleanup(lambda: [s.close() for s in keep])
            box.url = "http://127.0.0.1:%d" % port
        box.env["DEBWIZ_STALL"] = "600"         # longer than a run may take: nothing else ends it

        def interrupt(child):
            if rule:
                lib.poll(lambda: [e for e in box.server.log() if match in e["path"]])
            else:
                lib.poll(lambda: os.path.getsize(os.path.join(box.root, "out")) and
                         "release" in lib.read(os.path.join(box.root, "out")))
            os.kill(child.pid, number)
        result = box.prepare(on_start=interrupt)
        self.assertEqual(result.status, 130, str(result))
        self.quiet(box)
        self.sound(box)
        box.server.rules()
        box.url = box.server.url
        self.recovers(box)

    def test_cancel_while_stalled(self):
        lib.together(
            lambda: self.cancelled({"match": DEB % "bash", "mode": "stall-body"}, "bash_",
                                   signal.SIGINT),
            lambda: self.cancelled({"match": "bookworm/InRelease", "mode": "stall-headers"},
                                   "InRelease", signal.SIGTERM),
            lambda: self.cancelled(None, "", signal.SIGINT))

    # ---- a mirror in trouble
    def trouble(self, ids, status, gaps, **rule):
        """gaps: least seconds between the requests, as many as there are pauses."""
        when = []
        box = self.own(dict({"match": DEB % "bash", "mode": "timed", "then": "status",
                             "times_asked": when}, **rule))
        result = box.prepare()
        if ids:
            self.z(box, result, ids, status)
        else:
            self.good(box, result)
        seen = [b - a for a, b in zip(when, when[1:])]
        self.assertGreaterEqual(len(seen), len(gaps))
        for least, real in zip(gaps, seen):
            self.assertGreaterEqual(real, least * 0.95, seen)
        if ids:
            self.assertEqual(len(seen), len(gaps), seen)

    def test_servers_in_trouble(self):
        lib.together(
            lambda: self.trouble("http-status", 4, [1, 2, 4], code=500),
            lambda: self.trouble(None, 0, [1], code=503, times=2),
            lambda: self.trouble(None, 0, [], code=429, retry_after=2, times=1),
            lambda: self.trouble("http-status", 4, [], code=503, retry_after=3600),
            lambda: self.trouble("http-status", 4, [], code=403))

    def test_retry_after_is_respected(self):
        when = []
        rule = {"match": DEB % "bash", "mode": "timed", "then": "status", "times_asked": when,
                "code": 503, "retry_after": 3, "times": 1}
        box = self.own(rule, {"match": DEB % "bash", "mode": "timed", "then": "serve",
                              "times_asked": when})
        self.good(box, box.prepare())
        self.assertGreaterEqual(when[1] - when[0], 2.9)


if __name__ == "__main__":
    lib.main()
