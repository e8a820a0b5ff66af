#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""With `url = auto`, what the chosen mirror does not have comes from another one."""
import os
import re
import shutil
import subprocess
import time
import unittest

import lib
import server as servermod          # this one lies where lib says

# Nothing but the mirrors of assets/catalog: this host's own apt is not asked.
INSIDE = 'mount -t tmpfs none /etc/apt && exec "$@"'


@unittest.skipUnless(lib.can_mount(), "no user name spaces with a tmpfs here")
class Mirrors(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm", "bookworm-security"))

    def prepare(self, box, *urls, security=()):
        """With these mirrors, in this order; `security`: of security updates, none without."""
        assets = os.path.join(box.root, "assets")
        shutil.copytree(os.path.join(lib.SRC, "assets"), assets)
        with open(os.path.join(assets, "catalog", "mirrors.ini"), "w", encoding="utf-8") as out:
            out.write("[debian]\n%s[debian-security]\n%s[snapshot]\nurl = http://127.0.0.1:9\n" %
                      tuple("".join("mirror = %s\n" % u for u in some)
                            for some in (urls, security or ("http://127.0.0.1:9",))))
        box.env["DEBWIZ_ASSETS"] = assets
        words = box.settings()
        at = words.index("--mirror")
        del words[at:at + 2]
        words += ["--set", "mirror.security=%s" % ("yes" if security else "no"), "--set", "mirror.updates=no"]
        begin = time.monotonic()
        done = subprocess.run(["unshare", "-Urm", "sh", "-c", INSIDE, "sh", lib.DEBWIZ, "prepare",
                               box.ini, *words, "--json"], env=box.environment(), timeout=lib.LIMIT,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return lib.Result(done.returncode, done.stdout.decode(), done.stderr.decode(),
                          time.monotonic() - begin, 0)

    def second(self):
        other = servermod.Server(self.world.archive.www).start()
        self.addCleanup(other.stop)
        return other

    def missing(self, what):
        box = self.own({"match": what, "mode": "status", "code": 404})
        other = self.second()
        result = self.prepare(box, box.url + "/debian", "http://127.0.0.1:9/debian",
                              other.url + "/debian")
        self.good(box, result)
        got = [e["path"] for e in other.log()]
        self.assertTrue(got)
        return got

    def deb(self):
        got = self.missing("/debian/pool/main/.*/bash_")
        self.assertEqual([p for p in got if "/bash_" not in p], [])

    def index(self):
        got = self.missing("Packages|by-hash")
        self.assertEqual([p for p in got if "by-hash" not in p and "Packages" not in p], [])

    def security(self):
        """One that withholds security updates, or their release file, is left for another: nothing is
        pending then."""
        other = self.second()
        for what in ("(Packages|by-hash)", "InRelease"):
            box = self.own({"match": "/debian-security/.*" + what, "mode": "status", "code": 404})
            box.write_ini()
            result = self.prepare(box, box.url + "/debian", security=[
                s.url + "/debian-security" for s in (box.server, other)])
            self.good(box, result)
            self.assertEqual(result.warnings, [])
            self.assertTrue([e for e in other.log() if re.search(what, e["path"])])

    def other_content(self):
        """What another mirror has under the name counts only with the signed digest."""
        box = self.own({"match": "/debian/pool/main/.*/bash_", "mode": "status", "code": 404})
        other = self.second()
        other.rules({"match": "/debian/pool/main/.*/bash_", "mode": "corrupt"})
        result = self.prepare(box, box.url + "/debian", other.url + "/debian")
        self.z(box, result, "mirror-updating", 4)

    def none_has_it(self):
        """Mirrors that are not there change nothing about the message."""
        box = self.own({"match": "/debian/pool/main/.*/bash_", "mode": "status", "code": 404})
        result = self.prepare(box, box.url + "/debian", "http://127.0.0.1:9/debian")
        self.z(box, result, "mirror-updating", 4)
        self.assertIn("bash_", result.error["text"])

    def slow(self):
        """A mirror that drips is left for another one."""
        box = self.own({"match": "bookworm/InRelease", "mode": "slow", "rate": 3000, "pad": 300000})
        box.env["DEBWIZ_STALL"] = "1"
        other = self.second()
        self.good(box, self.prepare(box, box.url + "/debian", other.url + "/debian"))
        self.assertTrue([e for e in other.log() if "InRelease" in e["path"]])

    def named(self):
        """A mirror that was named is the only one."""
        box = self.own({"match": "/debian/pool/main/.*/bash_", "mode": "status", "code": 404})
        self.z(box, box.prepare(), "mirror-updating", 4)

    def test_all(self):
        """In parallel: most of it is waiting for a mirror that might be in the middle of its push."""
        lib.together(self.deb, self.index, self.other_content, self.none_has_it, self.named, self.slow, self.security)


if __name__ == "__main__":
    lib.main()
