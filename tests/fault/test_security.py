#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Security updates cannot be withheld silently: a release file of theirs that is missing is an error; lists
that do not fit it are reported until the guest has caught up, which it does by itself.
"""
import os
import shutil
import subprocess

import lib

READY = """up
serial m login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae%s
"""
LISTS = r"/debian-security/.*(Packages|by-hash)"


class Security(lib.Case):
    def look(self, *rules, more=()):
        """A run up to the first package, which the server refuses."""
        self.world.server.rules(*rules, {"match": r"/pool/", "mode": "status", "code": 403})
        self.world.server.fresh_log()
        box = self.box()
        return box, box.prepare(*more)

    def test_control(self):
        box, result = self.look()
        self.z(box, result, "http-status", 4)
        self.assertEqual(result.failed_step(), "download")
        self.assertEqual(result.warnings, [])

    def test_no_release_file(self):
        for code in (404, 410):
            rule = {"match": "/debian-security/.*InRelease", "mode": "status", "code": code}
            with self.subTest(code=code):
                box, result = self.look(rule)
                self.z(box, result, "security-absent", 5)
                self.assertEqual(result.failed_step(), "release")
                self.assertIn("bookworm-security", result.error["text"])
                self.assertIn("mirror.security = no", result.error["hint"])
                self.assertEqual([p["path"] for p in self.world.server.log() if "/pool/" in p["path"]], [])
        self.world.server.rules(rule, {"match": r"/pool/", "mode": "status", "code": 403})
        box = self.box(alone=True)          # without security updates, as asked
        result = box.prepare()
        self.z(box, result, "http-status", 4)
        self.assertEqual(result.failed_step(), "download")

    def test_offline_without_release_file(self):
        """What was never fetched is not left out either."""
        box, result = self.look({"match": "/debian-security/", "mode": "status", "code": 404})
        result = box.prepare("--offline")
        self.z(box, result, "offline-missing", 4)

    def test_release_file_is_garbage(self):
        for mode, ids, status in (("corrupt", "inrelease-bad-signature", 5), ("garbage", "http", 4),
                                  ("login", ("http-login-page",), 4)):
            with self.subTest(mode):
                box, result = self.look({"match": "/debian-security/.*InRelease", "mode": mode})
                self.z(box, result, ids, status)

    def test_strict(self):
        box, result = self.look({"match": LISTS, "mode": "status", "code": 404}, more=("--strict",))
        self.z(box, result, "mirror-updating", 4)

    # ---- lists that do not fit ---------------------------------------------------------------
    def out_of_step(self):
        box = self.box()
        self.world.server.rules({"match": LISTS, "mode": "status", "code": 404})
        result = box.prepare()
        self.good(box, result)
        self.assertEqual(len(result.warnings), 1, result.warnings)
        self.told_at_the_end(result)
        self.world.server.rules()
        return box

    def told_at_the_end(self, result):
        last = result.events[-1]
        self.assertEqual((last["event"], last["suites"]), ("updates-pending", "bookworm-security"), last)
        self.assertIn("without the updates of bookworm-security", last["text"])

    def status(self, box):
        return box.run("status", "m").events[0]

    def in_image(self, box, text):
        """Whether a block of the base begins with that text."""
        with open(os.path.join(box.bases()[0], "disk.raw"), "rb") as disk:
            at = 0
            while True:
                try:
                    at = os.lseek(disk.fileno(), at, os.SEEK_DATA)
                except OSError:
                    return False
                end = os.lseek(disk.fileno(), at, os.SEEK_HOLE)
                while at < end:
                    if os.pread(disk.fileno(), len(text) + 1, at) == text + b"\0":
                        return True
                    at += 4096

    def test_until_the_guest_has_caught_up(self):
        box = self.out_of_step()
        self.addCleanup(self.quiet, box)
        self.addCleanup(box.run, "kill", "m")
        self.assertTrue(self.in_image(box, b"bookworm-security\n"), "the guest is not told")
        self.assertEqual(self.status(box)["updates_pending"], "bookworm-security")
        for verb in (("list",), ("status", "m")):
            self.assertIn("without the updates of bookworm-security",
                          box.run(*verb, json_events=False).out)
        # a guest of an earlier version says nothing of it; rubbish is not believed
        for said in ("", " pending=%2e%2e/x%0a", " pending=bookworm-security"):
            self.told_at_the_end(self.booted(box, READY % said + "serve\n"))
            self.assertEqual(self.status(box)["updates_pending"], "bookworm-security", said)
            box.run("kill", "m")
        self.booted(box, READY % " pending=bookworm-security" +
                  "file now\nprogress 1 caught-up\nserve\n")
        self.assertEqual(self.status(box)["updates_pending"], "bookworm-security")
        open(os.path.join(self.runtime(box), "now"), "w", encoding="utf-8").close()
        lib.poll(lambda: self.status(box)["updates_pending"] == "")
        self.assertNotIn("without", box.run("list", json_events=False).out.split("\nn ")[0])
        box.run("kill", "m")
        # its disk went back to a time before: the guest reports that at its next start, and then catches up
        # both before the first is on the disk: what came last counts
        self.booted(box, READY % " pending=bookworm-security" + "progress 1 caught-up\nserve\n")
        self.assertEqual(box.run("kill", "m").status, 0)        # all is written by then
        self.assertEqual(self.status(box)["updates_pending"], "")
        for pending in ("bookworm-security", ""):
            self.booted(box, READY % (" pending=" + pending) + "serve\n")
            lib.poll(lambda want=pending: self.status(box)["updates_pending"] == want)
            box.run("kill", "m")

    def runtime(self, box):
        for folder, _, names in os.walk(box.run_dir):
            if "qmp" in names:
                return folder
        raise AssertionError("no sockets")

    def test_a_base_of_that_kind(self):
        """Another machine on that base reports the same; a later one with complete lists does not."""
        box = self.out_of_step()
        other = self.box()
        other.fill(box)
        result = other.prepare()
        self.good(other, result)
        self.assertIn("without bookworm-security", result.warnings[0])
        self.told_at_the_end(result)
        third = self.box()
        result = third.prepare()
        self.good(third, result)
        self.assertEqual(result.warnings, [])
        self.assertFalse(self.in_image(third, b"bookworm-security\n"))
        self.assertEqual(self.status(third)["updates_pending"], "")


LIST = """deb http://m/debian bookworm main
deb-src http://m/debian bookworm main
deb http://m/debian bookworm-updates main
deb [check-valid-until=no signed-by=/x] http://s/debian-security bookworm-security main non-free-firmware
deb-src http://s/debian-security bookworm-security main
# deb http://old bookworm-security main
"""
SOURCES = """Types: deb deb-src
URIs: http://m/debian
Suites: trixie trixie-updates
Components: main
Signed-By: /k

Types: deb deb-src
URIs: http://s/debian-security
Suites: trixie-security
Components: main
Signed-By: /k
"""


class CatchUp(lib.unittest.TestCase):
    """The guest's script, with an apt and a dpkg that note what they are asked."""

    def setUp(self):
        self.top = lib.tempfile.mkdtemp(prefix="dwf")
        self.addCleanup(shutil.rmtree, self.top)
        self.pending = os.path.join(self.top, "pending")
        etc = os.path.join(self.top, "etc")
        os.makedirs(os.path.join(etc, "sources.list.d"))
        self.etc = etc
        text = lib.read(os.path.join(lib.SRC, "assets/guest/root/usr/local/lib/debwiz/catch-up"))
        for path, own in (("/usr/local/lib/debwiz/port.sh", self.write("port.sh", 'report() { echo "$*" '
                           '>>"%s/told"; }' % self.top)), ("/etc/apt", etc),
                          ("/var/lib/debwiz/pending", self.pending),
                          ("/run/debwiz-catch-up", os.path.join(self.top, "work"))):
            self.assertIn(path, text)
            text = text.replace(path, own)
        self.script = self.write("catch-up", text)
        self.write("bin/apt-get", '#!/bin/sh\necho "apt-get $*" >>"%s/asked"\ncase $* in *update*)\n'
                   'cat "%s"/work/parts/* >"%s/sources" ;; esac\n'
                   'case $* in *"$FAIL"*) [ -z "$FAIL" ] || exit 100 ;; esac\nexit 0' % ((self.top,) * 3))
        self.write("bin/dpkg", '#!/bin/sh\necho "dpkg $*" >>"%s/asked"' % self.top)

    def write(self, name, text):
        path = os.path.join(self.top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, 0o755)
        return path

    def run_it(self, pending, fail="", status=0):
        with open(self.pending, "w", encoding="utf-8") as out:
            out.write(pending)
        for name in ("asked", "told", "sources"):
            self.write(name, "")
        env = dict(os.environ, PATH=os.path.join(self.top, "bin") + ":" + os.environ["PATH"], FAIL=fail)
        done = subprocess.run(["/bin/sh", self.script], env=env, check=False, timeout=lib.LIMIT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, status, done)
        self.assertFalse(os.path.exists(os.path.join(self.top, "work")), "it leaves its lists")
        return [lib.read(os.path.join(self.top, name)) for name in ("asked", "sources", "told")]

    def test_list(self):
        self.write("etc/sources.list", LIST)
        asked, sources, told = self.run_it("bookworm-security\n")
        self.assertEqual(sources, LIST.split("\n")[3] + "\n")
        self.assertRegex(asked, r"(?s)Error-Mode=any update\n.*dpkg --configure -a\n.* -y .*upgrade\n")
        self.assertEqual(told, "1 caught-up\n")
        self.assertFalse(os.path.exists(self.pending))

    def test_deb822(self):
        self.write("etc/sources.list.d/debian.sources", SOURCES)
        _, sources, told = self.run_it("trixie-updates\ntrixie-security\n")
        self.assertEqual(sources, "Types: deb\nURIs: http://m/debian\nSuites: trixie-updates\n"
                         "Components: main\nSigned-By: /k\n\nTypes: deb\nURIs: http://s/debian-security\n"
                         "Suites: trixie-security\nComponents: main\nSigned-By: /k\n\n")
        self.assertEqual(told, "1 caught-up\n")

    def test_still_out_of_step(self):
        """No failed unit, nothing installed, and the next run comes."""
        self.write("etc/sources.list", LIST)
        asked, _, told = self.run_it("bookworm-security\n", fail=" update")
        self.assertNotIn("upgrade", asked)
        self.assertEqual(told, "")
        self.assertEqual(lib.read(self.pending), "bookworm-security\n")

    def test_upgrade_fails(self):
        self.write("etc/sources.list", LIST)
        _, _, told = self.run_it("bookworm-security\n", fail="upgrade", status=1)
        self.assertEqual(told, "")
        self.assertTrue(os.path.exists(self.pending))

    def test_suite_no_longer_wanted(self):
        self.write("etc/sources.list", LIST.replace("bookworm-security", "else"))
        asked, _, told = self.run_it("bookworm-security\n")
        self.assertEqual((asked, told), ("", "1 caught-up\n"))


if __name__ == "__main__":
    lib.main()
