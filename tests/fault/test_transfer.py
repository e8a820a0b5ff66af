#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bodies that do not end or are cut off, and ranges."""
import hashlib
import os

import lib

DEB = "/debian/pool/main/.*/%s_"


class Transfer(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def size_of(self, name):
        return os.path.getsize(self.pool(name))

    # ---- bodies without an end
    def endless(self, match, framing, ids, cap):
        box = self.own({"match": match, "mode": "endless", "framing": framing})
        result = box.prepare()
        if result.status == 0 and "InRelease" not in match:     # what came first was all of it, with the right digest
            self.good(box, result)
        else:
            self.z(box, result, ids, 4)
        self.assertLess(result.rss, lib.memory_limit())
        for path in lib.parts(box.home):
            if os.path.isfile(path):
                self.assertLessEqual(os.path.getsize(path), cap)
        box.server.rules()
        box.url = self.world.server.url
        self.recovers(box)

    def test_endless(self):
        inrelease, packages = "bookworm/InRelease", "binary-armhf"
        lib.together(
            lambda: self.endless(inrelease, "close", "http-large", 0),
            lambda: self.endless(inrelease, "chunked", "http-large", 0),
            lambda: self.endless(packages, "close", "mirror-updating", 65536),
            lambda: self.endless(DEB % "bash", "chunked", "mirror-updating", 8192),
            lambda: self.endless(DEB % "bash", "close", "mirror-updating", 8192))

    def test_headers_endless(self):
        box = self.own({"match": "bookworm/InRelease", "mode": "headers-endless"})
        result = box.prepare()
        self.z(box, result, ("http", "http-cut", "http-large"), 4)
        self.assertLess(result.rss, lib.memory_limit())

    def test_lengths(self):
        """A false Content-Length is an error; a missing one is not; an encoding is."""
        def wrong(delta, ids):
            box = self.own({"match": DEB % "bash", "mode": "wrong-length", "delta": delta})
            self.z(box, box.prepare(), ids, 4)

        def none():
            box = self.own({"match": "bookworm/InRelease|bash_|binary-armhf", "mode": "no-length"})
            self.good(box, box.prepare())

        def encoded(match):
            box = self.own({"match": match, "mode": "gzip"})
            self.z(box, box.prepare(), "http-encoding", 4)
        lib.together(lambda: wrong(100, ("mirror-updating", "http-size")),
                     lambda: wrong(-100, ("mirror-updating", "http-size")), none,
                     lambda: encoded("bookworm/InRelease"), lambda: encoded(DEB % "bash"))

    # ---- interrupted transfers
    def test_interrupted_and_resumed(self):
        """Each deb is broken off in another way, and then answers its range in another way."""
        first = {"apt": "reset", "bash": "short", "coreutils": "close-empty", "dpkg": "close",
                 "dash": "one-chunk-error"}
        ranges = {"systemd": "range-ignored", "udev": "range-416", "dbus": "range-wrong",
                  "passwd": "range-short", "sed": "etag-new", "tar": "longer", "grep": "no-etag"}
        rules = [{"match": DEB % n, "mode": m, "times": 1} for n, m in first.items()]
        for name, mode in ranges.items():
            rules += [{"match": DEB % name, "mode": "reset", "times": 1},
                      {"match": DEB % name, "mode": mode, "times": 1}]
        box = self.own(*rules)
        # parts that an earlier run left: half of it, another file, more than all, a whole one
        planted = {"gzip": lambda d: d[:len(d) // 2], "findutils": lambda d: d[:50] + b"x" * 70,
                   "diffutils": lambda d: d + b"more", "hostname": lambda d: d,
                   "kmod": lambda d: b"", "nano": lambda d: b"y" * len(d)}
        for name, change in planted.items():
            with open(self.pool(name), "rb") as deb:
                data = deb.read()
            path = box.cached(self.pool(name)) + ".part"
            os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
            with open(path, "wb") as part:
                part.write(change(data))
            os.chmod(path, 0o600)
        for folder, names, _ in os.walk(box.home):
            for name in names:
                if not os.path.islink(os.path.join(folder, name)):
                    os.chmod(os.path.join(folder, name), 0o700)
        self.good(box, box.prepare())
        asked = {}
        for entry in box.server.log():
            name = os.path.basename(entry["path"]).split("_")[0]
            asked.setdefault(name, []).append(entry)
        for name in list(ranges) + ["apt", "bash"]:
            self.assertTrue(asked[name][1]["range"], "%s is gone on with" % name)
            if name != "grep":
                self.assertTrue(asked[name][1]["if_range"], name)
        for name in first | ranges:
            self.assertLessEqual(len(asked[name]), 5, "one clean restart: %s" % name)
        self.assertEqual(asked["gzip"][0]["range"], "bytes=%d-" % (self.size_of("gzip") // 2))
        self.assertNotIn("hostname", asked, "a part that is whole needs no request")
        for name in list(first) + list(ranges) + list(planted):
            with open(self.pool(name), "rb") as deb:
                want = hashlib.sha256(deb.read()).hexdigest()
            self.assertTrue(os.path.exists(box.cached(self.pool(name))), name + want)

    def test_never_whole(self):
        box = self.own({"match": DEB % "bash", "mode": "corrupt"})
        self.z(box, box.prepare(), "mirror-updating", 4)
        self.assertFalse(os.path.exists(box.cached(self.pool("bash"))))
        box.server.rules({"match": DEB % "bash", "mode": "truncate", "times": 1})
        self.recovers(box)


if __name__ == "__main__":
    lib.main()
