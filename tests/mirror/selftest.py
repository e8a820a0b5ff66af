#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Proves that the fixtures are what they say, with Debian's own tools as judges.

    python3 tests/mirror/selftest.py [-v]        all of it; unittest's output and exit status
gpgv judges signatures, dpkg-deb the packages, apt-get (with a private configuration) the whole
archive served over HTTP; a judge that is not installed is skipped.  The server's modes are in
selftest_server.py.  No network but the loopback, no root; all files are in a temporary folder.
"""
import hashlib
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import archive          # noqa: E402
import debfile          # noqa: E402
import hostile          # noqa: E402
import packages         # noqa: E402
import server           # noqa: E402
import variants         # noqa: E402

SUITE = "bookworm"
STATUS = {  # variant: what gpgv must say of it, against the pinned keyring
    "good": {"GOODSIG", "VALIDSIG"}, "sha512": {"GOODSIG", "VALIDSIG"},
    "good+other": {"GOODSIG", "VALIDSIG", "NO_PUBKEY"},
    "other+good": {"GOODSIG", "VALIDSIG", "NO_PUBKEY"},
    "good+expired": {"GOODSIG", "VALIDSIG", "EXPKEYSIG"},
    "unknown-key": {"NO_PUBKEY"}, "expired-key": {"EXPKEYSIG", "VALIDSIG"},
    "expired-key-late": {"EXPKEYSIG", "VALIDSIG"}, "revoked-key": {"REVKEYSIG", "VALIDSIG"},
    "expired-signature": {"EXPSIG", "VALIDSIG"}, "sha1": {"GOODSIG", "VALIDSIG"},
    "md5": {"ERRSIG"}, "unsigned-literal": {"NODATA"}, "unsigned-compressed": {"NODATA"},
    "signed-message": {"GOODSIG", "VALIDSIG"}, "text-changed": {"BADSIG"},
    "plain-text": {"NODATA"}, "empty-signature": {"NODATA"},
}
MEANING = {"GOODSIG", "VALIDSIG", "NO_PUBKEY", "EXPKEYSIG", "REVKEYSIG", "EXPSIG", "ERRSIG",
           "NODATA", "BADSIG"}


class Shared(unittest.TestCase):
    """One archive for all tests; each that changes it puts it back."""

    @classmethod
    def setUpClass(cls):
        if not hasattr(Shared, "archive"):
            Shared.tmp = tempfile.mkdtemp(prefix="dwmirror")
            unittest.addModuleCleanup(shutil.rmtree, Shared.tmp)
            Shared.archive = archive.build(os.path.join(cls.tmp, "a"))

    def pool(self, a=None):
        top = (a or self.archive).www
        return sorted(os.path.join(d, n) for d, _, names in os.walk(top) for n in names
                      if n.endswith(".deb"))


class Signatures(Shared):
    def verdict(self, keyring="pinned"):
        if shutil.which("gpgv") is None:
            self.skipTest("gpgv is not here")
        done = subprocess.run(["gpgv", "--status-fd", "1", "--keyring",
                               self.archive.keys.ring(keyring),
                               self.archive.dists(SUITE, "InRelease")],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        lines = [l.split() for l in done.stdout.decode("utf-8", "replace").splitlines()]
        return {l[1] for l in lines} & MEANING, lines

    def test_each_variant_is_what_it_says_and_can_be_undone(self):
        before = self.archive.good_text(SUITE)
        self.assertLessEqual(set(STATUS), set(variants.VARIANTS))
        for name in variants.VARIANTS:
            with self.subTest(variant=name):
                variants.apply(self.archive, SUITE, name)
                if name not in STATUS:
                    continue
                got, lines = self.verdict()
                if "ERRSIG" not in STATUS[name]:    # said beside NO_PUBKEY as well
                    got.discard("ERRSIG")
                self.assertEqual(STATUS[name], got)
                digest = {"sha1": "2", "good": "8", "sha512": "10"}.get(name)
                if digest:
                    self.assertIn(digest, [l[9] for l in lines if l[1] == "VALIDSIG"])
        variants.apply(self.archive, SUITE, "good")
        self.assertEqual(before, self.archive.good_text(SUITE))
        self.assertIn("GOODSIG", self.verdict()[0])

    def test_subkey_signs_and_names_its_primary(self):
        variants.apply(self.archive, SUITE, "good")
        _, lines = self.verdict()
        valid = [l for l in lines if l[1] == "VALIDSIG"][0]
        self.assertEqual(valid[11], self.archive.keys.fingerprints()["good"])
        self.assertNotEqual(valid[2], valid[11])

    def test_good_is_unknown_to_another_keyring(self):
        variants.apply(self.archive, SUITE, "good")
        got, _ = self.verdict("other")
        self.assertIn("NO_PUBKEY", got)

    def test_mutations_differ_from_the_good_file(self):
        variants.apply(self.archive, SUITE, "good")
        good = self.archive.inrelease(SUITE)
        second = self.archive.inrelease("trixie")
        text = self.archive.good_text(SUITE).encode()
        made = list(variants.mutations(good, second, text))
        self.assertGreaterEqual(len(made), 40)
        self.assertEqual(len(made), len({n for n, _, _ in made}))
        for name, expect, data in made:
            self.assertEqual(name == "control", data == good, name)
            self.assertIn(expect, ("accept", "refuse", "either"))


class Contents(Shared):
    def test_release_lists_what_lies_there(self):
        for suite in self.archive.suites:
            text = self.archive.good_text(suite)
            listed = re.findall(r"^ ([0-9a-f]{64}) +(\d+) (\S+)$", text, re.M)
            self.assertGreaterEqual(len(listed), 16)
            for digest, size, path in listed:
                place = self.archive.dists(suite, path)
                if path.endswith(("/Packages", "/Sources")):
                    self.assertFalse(os.path.exists(place))
                    continue
                with open(place, "rb") as body:
                    data = body.read()
                self.assertEqual((digest, int(size)),
                                 (hashlib.sha256(data).hexdigest(), len(data)))
                hashed = os.path.join(os.path.dirname(place), "by-hash", "SHA256", digest)
                self.assertTrue(os.path.exists(hashed))

    def test_packages_list_what_lies_there(self):
        for suite in self.archive.suites:
            base = archive.SUITES[suite].base
            for arch in self.archive.arches:
                with lzma.open(self.archive.dists(suite, f"main/binary-{arch}/Packages.xz")) as f:
                    stanzas = f.read().decode().strip().split("\n\n")
                for stanza in stanzas:
                    field = dict(re.findall(r"^([\w-]+): (.*)$", stanza, re.M))
                    path = os.path.join(self.archive.www, base, field["Filename"])
                    with open(path, "rb") as body:
                        data = body.read()
                    self.assertEqual(field["SHA256"], hashlib.sha256(data).hexdigest())
                    self.assertEqual(int(field["Size"]), len(data))
                    self.assertIn(field["Architecture"], (arch, "all"))

    def test_dpkg_deb_reads_them(self):
        if shutil.which("dpkg-deb") is None:
            self.skipTest("dpkg-deb is not here")
        chosen = [p for p in self.pool() if "_armhf" in p or "_all" in p]
        self.assertGreater(len(chosen), 100)
        seen = {"compressions": set()}
        for path in chosen:
            if "bookworm" not in path and "trixie" in path:
                continue
            with open(path, "rb") as body:
                seen["compressions"].update(re.findall(rb"data\.tar\.(\w+)", body.read(2 << 20)))
        for name in ("systemd_252", "fixture-odd-names", "base-files_12", "sudo_1.9.13p3-1+deb12u2",
                     "linux-image-6.1.0-1-armmp", "fixture-empty", "perl-base_5.36"):
            path = [p for p in chosen if os.path.basename(p).startswith(name)][0]
            done = subprocess.run(["dpkg-deb", "-c", path], stdout=subprocess.PIPE, check=True)
            seen[name] = done.stdout
        self.assertIn(rb"systemd\\x2dcryptsetup.slice", seen["systemd_252"])
        self.assertIn(b"-rwsr-xr-x root/root", seen["sudo_1.9.13p3-1+deb12u2"])
        self.assertIn(b"link to ./usr/bin/perl", seen["perl-base_5.36"])
        self.assertIn(rb"caf\351", seen["fixture-odd-names"])
        self.assertEqual(1, seen["fixture-empty"].count(b"\n"))
        self.assertIn(b"/boot/vmlinuz-6.1.0-1-armmp-lpae", seen["linux-image-6.1.0-1-armmp"])
        wanted = {b"xz", b"gz"} | ({b"zst"} if debfile.have_zstd() else set())
        self.assertEqual(wanted, seen["compressions"])

    def test_has_what_the_catalogue_names(self):
        top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../assets/catalog")
        want = {arch: set() for arch in packages.ARCHES}
        for name, keys in (("profiles", "packages|without"), ("arches", "kernel|firmware|grub")):
            path = os.path.join(top, name + ".ini")
            if not os.path.exists(path):
                self.skipTest(path + " is not here")
            with open(path, encoding="utf-8") as text:
                for part in re.split(r"^\[", text.read(), flags=re.M)[1:]:
                    found = set(re.findall(rf"^(?:{keys}) = (\S+)$", part, re.M))
                    for words in re.findall(r"^secure_boot = (.+)$", part, re.M):
                        found |= set(words.split())
                    for arch in want if name == "profiles" else set(want) & {part.split("]")[0]}:
                        want[arch] |= found
        for arch, names in want.items():
            self.assertGreater(len(names), 15)
            for release in packages.KERNELS:
                has = {p.name for p in packages.packages(release, arch)} | set(packages.UDEBS)
                self.assertEqual(set(), names - has, (arch, release))

    def test_module_names_what_it_needs(self):
        body = debfile.kernel_module("virtio_blk", ["virtio", "virtio_ring"], "6.1", 62, 64)
        self.assertIn(b"\0depends=virtio,virtio_ring\0", b"\0" + body)
        if shutil.which("readelf"):
            path = os.path.join(self.tmp, "x.ko")
            for machine, bits in ((40, 32), (183, 64), (62, 64)):
                with open(path, "wb") as out:
                    out.write(debfile.kernel_module("x", ["a"], "6.1", machine, bits))
                done = subprocess.run(["readelf", "-hSW", "-p", ".modinfo", path],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
                self.assertIn(b"depends=a", done.stdout)
                self.assertNotIn(b"arning", done.stdout)

    def test_same_time_same_bytes(self):
        again = archive.build(os.path.join(self.tmp, "again"), now=self.archive.now,
                              suites=[SUITE], arches=["armhf"])
        for path in self.pool(again):
            other = path.replace(again.www, self.archive.www)
            with open(path, "rb") as one, open(other, "rb") as two:
                self.assertEqual(one.read(), two.read(), path)

    def test_push_changes_a_copy_and_not_the_first(self):
        second = self.archive.copy(os.path.join(self.tmp, "second"))
        before = self.pool()
        second.push(SUITE)
        self.assertEqual(before, self.pool())
        self.assertNotEqual(second.inrelease(SUITE), self.archive.inrelease(SUITE))
        names = {os.path.basename(p) for p in self.pool(second)}
        self.assertIn("hello_2.10-99_armhf.deb", names)
        self.assertNotIn("hello_2.10-3_armhf.deb", names)


class Apt(Shared):
    """apt-get itself, against the served archive, with nothing of the host's configuration."""

    def setUp(self):
        if shutil.which("apt-get") is None:
            self.skipTest("apt-get is not here")
        variants.apply(self.archive, SUITE, "good")
        self.server = server.Server(self.archive.www).start()
        self.dir = tempfile.mkdtemp(dir=self.tmp)
        self.addCleanup(self.server.stop)

    def apt(self, *args, arch="armhf", release="bookworm", suites=None):
        if "update" in args:
            shutil.rmtree(os.path.join(self.dir, "state"), ignore_errors=True)
        for folder in ("state/lists/partial", "cache/archives/partial", "etc/parts", "log"):
            os.makedirs(os.path.join(self.dir, folder), exist_ok=True)
        open(os.path.join(self.dir, "state/status"), "w", encoding="ascii").close()
        ring = self.archive.keys.ring("pinned")
        with open(os.path.join(self.dir, "etc/sources.list"), "w", encoding="ascii") as out:
            for suite, info in archive.SUITES.items():
                if suite in suites if suites else info.release == release:
                    out.write(f"deb [signed-by={ring}] {self.server.url}/{info.base} "
                              f"{suite} main\n")
        with open(os.path.join(self.dir, "apt.conf"), "w", encoding="ascii") as out:
            out.write(f'Dir "{self.dir}"; Dir::State "{self.dir}/state"; '
                      f'Dir::State::status "{self.dir}/state/status"; '
                      f'Dir::Cache "{self.dir}/cache"; Dir::Etc "{self.dir}/etc"; '
                      f'Dir::Log "{self.dir}/log"; Dir::Etc::parts "{self.dir}/etc/parts"; '
                      f'Dir::Bin::dpkg "/usr/bin/dpkg"; APT::Architecture "{arch}"; '
                      f'APT::Architectures {{ "{arch}"; }}; Acquire::Languages "none"; '
                      'APT::Sandbox::User ""; Acquire::http::Proxy "DIRECT"; '
                      'Acquire::Retries "0";')
        env = dict(os.environ, APT_CONFIG=os.path.join(self.dir, "apt.conf"), LC_ALL="C")
        return subprocess.run(["apt-get", *args], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def test_update_and_solve(self):
        for arch, release in (("armhf", "bookworm"), ("arm64", "trixie"), ("amd64", "bookworm")):
            with self.subTest(arch=arch, release=release):
                done = self.apt("update", arch=arch, release=release)
                self.assertEqual(0, done.returncode, done.stdout.decode())
                self.assertNotIn(b"\nW:", done.stdout)
                names = [p.name for p in packages.packages(release, arch)
                         if p.prio in ("required", "important") or p.essential]
                names += ["usr-is-merged", "dosfstools", "build-essential", "openssh-server",
                          "sudo", "busybox-static", "ovmf",
                          "linux-image-" + packages.ARCHES[arch][2], "fixture-odd-names"]
                done = self.apt("install", "--print-uris", "-qq", "-y", *names, arch=arch,
                                release=release)
                self.assertEqual(0, done.returncode, done.stdout.decode())
                text = done.stdout.decode()
                self.assertIn("libc6_", text)
                self.assertIn("linux-image-" + packages.KERNELS[release].replace("+", "%2b"), text)
                self.assertIn("/debian-security/pool/updates/main/s/sudo/", text)

    def test_unsolvable_is_so(self):
        self.apt("update")
        for names in (["fixture-unsolvable"], ["fixture-conflict", "hello"], ["fixture-versioned"]):
            self.assertNotEqual(0, self.apt("install", "-s", *names).returncode, names)

    def test_apt_refuses_bad_states(self):
        for name in ("unknown-key", "md5", "expired-key-late", "revoked-key", "valid-until-past",
                     "date-future", "mismatch", "same-size-mismatch"):
            with self.subTest(variant=name):
                variants.apply(self.archive, SUITE, name)
                done = self.apt("-o", "APT::Update::Error-Mode=any", "update", suites=[SUITE])
                self.assertNotEqual(0, done.returncode, done.stdout.decode())
        for name in ("no-by-hash", "by-hash-only", "push"):
            with self.subTest(variant=name):
                variants.apply(self.archive, SUITE, name)
                done = self.apt("-o", "APT::Update::Error-Mode=any", "update", suites=[SUITE])
                self.assertEqual(0, done.returncode, done.stdout.decode())


class Hostile(unittest.TestCase):
    def test_index_and_judge(self):
        with tempfile.TemporaryDirectory(prefix="dwhostile") as folder:
            hostile.write_all(folder)
            with open(os.path.join(folder, "index.json"), encoding="utf-8") as text:
                index = json.load(text)
            self.assertGreaterEqual(len(index), 60)
            self.assertEqual(len(index), len({i["name"] for i in index}))
            for kind in ("paths", "members", "sizes", "broken", "control"):
                self.assertTrue(any(i["kind"] == kind for i in index))
            self.assertLess(sum(os.path.getsize(os.path.join(folder, i["file"])) for i in index),
                            4 << 20)
            with open(os.path.join(folder, "xz-dictionary-4g.deb"), "rb") as body:
                greedy = hostile.last_member(body.read())
            with self.assertRaisesRegex(lzma.LZMAError, "[Mm]emory"):
                lzma.LZMADecompressor(memlimit=3 << 30).decompress(greedy)
            if shutil.which("dpkg-deb") is None:
                self.skipTest("dpkg-deb is not here")
            for item in index:
                if item["name"].startswith("bomb") or item["name"] == "ar-extra-member":
                    continue
                done = subprocess.run(["dpkg-deb", "-I", os.path.join(folder, item["file"])],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      check=False)
                if item["expect"] == hostile.CONFINED or item["kind"] in ("paths", "members"):
                    self.assertEqual(0, done.returncode, item["name"])
            for name, needle in (("dotdot", "../escaped"), ("absolute", " /tmp/escaped"),
                                 ("pax-path", "../escaped"), ("hardlink-out", "link to etc/passwd"),
                                 ("sparse", "1099511627776"), ("device-block", "8,0")):
                done = subprocess.run(["dpkg-deb", "-c", os.path.join(folder, name + ".deb")],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
                self.assertIn(needle, done.stdout.decode())


def load_tests(loader, tests, _pattern):
    import selftest_server
    tests.addTests(loader.loadTestsFromModule(selftest_server))
    return tests


if __name__ == "__main__":
    unittest.main()
