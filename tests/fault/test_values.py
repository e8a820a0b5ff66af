#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hostile INI files, values on their way into QEMU, and secrets."""
import glob
import json
import os
import random
import signal
import subprocess
import threading

import lib
import faults                       # this one lies where lib says

MARKER = "GEHEIMxMARKER"
HASH = "$6$" + MARKER + "$" + "A" * 86
GATE = threading.Event()


@faults.mode("hold")
def hold(handler, _rule, file):
    while not GATE.is_set() and not handler.stopping():
        handler.wait(0.01)
    handler.serve(file)


class Ini(lib.Case):
    """Each is refused with file, line and reason, or used unchanged."""
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.checker = world.box()
        return world

    def check(self, text, mode=0o600):
        box = self.world.checker
        box.write_ini(text=text, mode=mode)
        result = box.run("check", box.ini)
        self.assertIn(result.status, (0, 2), str(result))
        if result.status == 2:
            self.assertTrue(result.id, str(result))
        self.assertLess(result.rss, lib.memory_limit())
        return result

    def refused(self, text, line=None, ids=None):
        result = self.check(text)
        self.assertEqual(result.status, 2, str(result))
        where = self.world.checker.ini + (":%d: " % line if line else "")
        self.assertIn(where, result.error["text"])
        if ids:
            self.assertIn(result.id, ids)
        return result

    HEAD = "[machine]\nname = m\narch = armhf\nrelease = bookworm\n"

    def test_control(self):
        result = self.check(self.HEAD)
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(result.warnings, [])

    def test_lines(self):
        for text, line in ((self.HEAD + "name = n\n", 5),
                           (self.HEAD + "arch=armhf\narch=armhf\n", 5),
                           (self.HEAD + "[cpu]\nmemory = 512\n", 6),
                           (self.HEAD + "[cpu]\nmemory = 1G\rx\n", 6),
                           (self.HEAD + "[boot]\ncmdline = a\x1b[2J\n", 6),
                           (self.HEAD + "no equals sign\n", 5),
                           (self.HEAD + "[cpu\n", 5),
                           (self.HEAD + "[system]\nuser = \xff\xfe\n".encode("utf-8").decode(
                               "utf-8"), 6)):
            with self.subTest(text[-30:]):
                self.refused(text, line)

    def test_bytes(self):
        for data in (self.HEAD.encode() + b"[boot]\ncmdline = a\0b\n",
                     self.HEAD.encode() + b"[boot]\ncmdline = a\xc3\n",
                     b"\0" * 100, b"\xff" * 300):
            with self.subTest(data[-20:]):
                self.refused(data)

    def test_long_lines(self):
        for size in (150, 1023, 1024, 1025, 70000):
            with self.subTest(size):
                result = self.check(self.HEAD + "[firmware]\nmode = direct\n[boot]\ncmdline = %s\n"
                                    % ("a" * size))
                if size > 200:
                    self.assertEqual(result.status, 2, "what would be cut is refused")
                    self.assertIn(":8: ", result.error["text"])
                else:
                    self.assertEqual(result.status, 0, str(result))

    def test_sizes(self):
        self.refused(self.HEAD + "; x\n" * 1000000)
        self.refused(self.HEAD + "\n" * 1000000 * 2)
        self.assertEqual(self.check(self.HEAD + "; x\n" * 10000).status, 0)

    def test_bom_and_line_ends(self):
        """What editors of other systems write is read."""
        for text in ("\ufeff" + self.HEAD, self.HEAD.replace("\n", "\r\n"),
                     "\ufeff" + self.HEAD.replace("\n", "\r\n")):
            with self.subTest(text[:3]):
                result = self.check(text)
                self.assertEqual(result.status, 0, str(result))
                self.assertEqual(json.loads(result.out.strip())["name"], "m")

    def test_unknown_keys_are_kept_and_reported(self):
        """By every verb that reads the file; with --strict each fails."""
        text = self.HEAD + "[CPU]\nmemory = 2G\n[system]\npackage = vim\n[other]\nkey = value\n"
        box = self.world.checker
        said = ["%s:%d: %s" % (box.ini, line, words) for line, words in (
            (6, "CPU.memory: ignored; did you mean cpu.memory?"),
            (8, "system.package: ignored; did you mean system.packages?"),
            (10, "other.key: ignored; unknown key"))]
        result = self.check(text)
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(result.warnings, said)
        result = box.run("check", box.ini, json_events=False)
        self.assertEqual(result.err.splitlines(), said)
        self.assertNotIn("nothing wrong", result.out)
        for verb in ("check", "plan", "prepare", "boot", "up", "command"):
            with self.subTest(verb):
                result = box.run(verb, box.ini, "--strict")
                self.assertEqual((result.status, result.id), (2, "spec-unknown"), str(result))
                self.assertEqual(result.error["text"].split("\n"), said)
        self.assertEqual(box.bases(), [])

    def test_each_line_names_its_file(self):
        box = self.world.checker
        box.write_ini(text=self.HEAD + "[cpu]\nmemory = 2048\n[disk]\nstandalone = true\n")
        result = box.run("check", box.ini, json_events=False)
        self.assertEqual(result.status, 2)
        for line, found in zip((6, 8), result.err.splitlines()):
            self.assertTrue(found.startswith("%s:%d: " % (box.ini, line)), result.err)
        self.assertIn("write 2048M (", result.err)
        self.assertIn("write yes (", result.err)
        box.write_ini(text="[machine]\nname = m\narch = x86_64\nrelease = 12\n")
        result = box.run("check", box.ini, json_events=False)
        for line, meant, found in zip((3, 4), ("amd64", "bookworm"), result.err.splitlines()):
            self.assertTrue(found.startswith("%s:%d: " % (box.ini, line)), result.err)
            self.assertIn("did you mean %s?" % meant, found)

    def test_random(self):
        rng = random.Random(45)
        whole = self.HEAD + "[cpu]\nmemory = 1G\n[network]\nforward = 127.0.0.1:auto:22\n"
        for number in range(60):
            data = bytearray(whole.encode())
            for _ in range(rng.randrange(1, 6)):
                at = rng.randrange(len(data))
                choice = rng.randrange(3)
                if choice == 0:
                    data[at] = rng.randrange(256)
                elif choice == 1:
                    del data[at:at + rng.randrange(1, 9)]
                else:
                    data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
            with self.subTest(number):
                self.check(bytes(data))
        for number in range(15):
            self.check(bytes(rng.randrange(256) for _ in range(rng.randrange(4000))))


class Locale(lib.Case):
    """What the settings need beside the profile is in the base, which is another one then."""
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def packages_of(self, **settings):
        """The packages of the base that is made with these, and its key."""
        box = self.box(alone=True, **settings)
        result = box.prepare()
        self.assertEqual(result.status, 0, str(result))
        base, = box.bases()
        with open(os.path.join(base, "manifest.json"), encoding="utf-8") as text:
            return json.load(text)["packages"], os.path.basename(base).rpartition("-")[0]

    def test_packages_of_settings(self):
        """A locale or a keyboard layout adds packages, and therefore uses another base."""
        plain = self.packages_of()
        self.assertEqual(self.packages_of(system_locale="C", system_keyboard="us"), plain)
        for package, settings in (("locales", {"system_locale": "de_DE.UTF-8"}),
                                  ("console-setup", {"system_keyboard": "de"})):
            with self.subTest(package):
                packages, key = self.packages_of(**settings)
                self.assertNotIn(package, plain[0])
                self.assertIn(package, packages)
                self.assertNotEqual(key, plain[1])


class Argv(lib.Case):
    """One value is one argument, and QEMU gets what is shown."""
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.warm_template()
        return world

    HOSTILE = ("a,b=c", "x:y", "-S", '"', "a b", "x init=/bin/sh", "a\tb", "$(id)", "`id`", "a;b",
               "../x", "%n%s", "'")

    def test_names_are_refused(self):
        """Values with a grammar of their own do not take any of these."""
        for field in ("machine.name", "system.hostname", "system.user", "cpu.model",
                      "system.locale", "system.timezone", "system.keyboard", "system.packages",
                      "mirror.components", "mirror.snapshot"):
            for value in self.HOSTILE:
                if field == "system.timezone" and value in ("../x", "-S"):
                    continue
                with self.subTest(field, value=value):
                    box = self.world.template
                    result = box.run("check", box.ini, "--set", "%s=%s" % (field, value))
                    self.assertEqual(result.status, 2, str(result))
                    self.assertIn(field, result.error["text"])

    def test_kernel_line(self):
        box = self.world.template
        for value in ("a\x01b", "a\u202eb", "a\x1b[2J"):
            result = box.run("check", box.ini, "--set", "firmware.mode=direct", "--set",
                             "boot.cmdline=" + value)
            self.assertEqual(result.status, 2, str(result))

    def test_shown_command_is_run(self):
        """Paths with every awkward character come whole into one element each."""
        box = self.box(warm=True, alone=True)
        folder = os.path.join(box.root, "a,b=c :'%n -S{}")
        os.mkdir(folder)
        image = os.path.join(folder, "d,isk=1.raw")
        with open(image, "wb") as out:
            out.truncate(lib.MIB)
        box.write_ini(**{"devices_share": "path=%s,tag=t" % folder.replace(",", ",,"),
                         "devices_drive": "path=%s,format=raw" % image.replace(",", ",,"),
                         "network_forward": "127.0.0.1:auto:22"},
                      mirror_updates="no", mirror_security="no")
        seen = os.path.join(box.root, "argv.json")
        with open(box.qemu, encoding="utf-8") as text:
            body = text.read()
        with open(box.qemu, "w", encoding="utf-8") as out:
            out.write(body.replace('exec "', '"%s" -c \'import json, sys; json.dump(sys.argv[1:],'
                                   ' open("%s", "w"))\' "$@"\nexec "' % (lib.sys.executable, seen),
                                   1))
        check = box.run("check", box.ini)
        self.assertEqual(check.status, 0, str(check))
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("up\nserve\nexit 0\n")
        result = box.run("boot", box.ini, "--trust", "--wait=none", *box.settings())
        self.assertEqual(result.status, 0, str(result))
        shown = box.run("command", box.ini, *box.settings())
        stop = box.run("kill", box.ini)
        self.assertEqual(stop.status, 0, str(stop))
        self.quiet(box)
        with open(seen, encoding="utf-8") as text:
            ran = json.load(text)
        self.assertEqual([a["text"] for a in json.loads(shown.out)["argv"]][1:], ran)
        whole = [json.loads(w) for w in ran if w.startswith("{") and "d,isk" in w]
        self.assertEqual([w["file"]["filename"] for w in whole], [image])
        self.assertTrue([w for w in ran if folder in w or folder.replace(",", ",,") in w])
        self.assertNotIn("-S{}", ran)
        for word in ran:                    # pitfalls P14, P15, P17, P23
            self.assertNotRegex(word, r"smb=|tftp=|guestfwd=|hostfwd=[a-z]+::|^tcp:|0\.0\.0\.0")


class Secrets(lib.Case):
    """Secrets are only in the INI file and on the seed disk."""
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def setUp(self):
        super().setUp()
        GATE.clear()

    def test_open_file_is_refused(self):
        for mode in (0o644, 0o640, 0o604):
            box = self.box(alone=True)
            box.write_ini(system_password_hash=HASH, mode=mode)
            os.chmod(box.ini, mode)
            result = box.prepare()
            self.z(box, result, "spec-secret", 2)
            self.assertNotIn(MARKER, result.out + result.err)

    def test_no_core(self):
        """A crash leaves no core file, where other programs leave one."""
        there = os.path.join(self.world.tmp, "cores")
        os.mkdir(there)
        wrap = ("sh", "-c", 'ulimit -c unlimited && exec "$@"', "sh")
        subprocess.run([*wrap, "sh", "-c", "kill -ABRT $$"], cwd=there, check=False)
        if not glob.glob(os.path.join(there, "core*")):
            self.skipTest("core files do not appear in the working folder here")
        box = self.own({"match": "/bash_", "mode": "hold"}, system_password_hash=HASH)

        def crash(child):
            lib.poll(lambda: [e for e in box.server.log() if "/bash_" in e["path"]])
            os.kill(child.pid, signal.SIGABRT)
            GATE.set()
        self.assertEqual(box.prepare(wrap=wrap, on_start=crash).status, -signal.SIGABRT)
        self.assertEqual(glob.glob(os.path.join(box.root, "**", "core*"), recursive=True), [])

    def test_marker_is_nowhere(self):
        box = self.own({"match": "/bash_", "mode": "hold"}, system_password_hash=HASH)
        box.env["DEBWIZ_DEBUG"] = "all,http,verify,archive,qemu,qmp,vm,plan,prep"
        log = os.path.join(box.root, "log")
        seen = []

        def look(child):
            lib.poll(lambda: [e for e in box.server.log() if "/bash_" in e["path"]])
            for pid in set(box.processes()) | {child.pid}:
                for name in ("cmdline", "environ"):
                    with open("/proc/%d/%s" % (pid, name), "rb") as text:
                        seen.append(text.read())
            GATE.set()
        result = box.prepare("--log", log, "-v", on_start=look)
        self.good(box, result)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("up\nserve\nexit 0\n")
        booted = box.run("boot", box.ini, "--wait=none", *box.settings())
        self.assertEqual(booted.status, 0, str(booted))
        shown = [box.run(v, box.ini, *box.settings()) for v in ("command", "plan", "status")]
        for pid in box.processes():
            with open("/proc/%d/cmdline" % pid, "rb") as text:
                seen.append(text.read())
        box.run("kill", box.ini)
        self.quiet(box)
        self.assertGreater(len(seen), 3)
        for text in seen + [(r.out + r.err).encode() for r in [result, booted] + shown]:
            self.assertNotIn(MARKER.encode(), text)
        holders = []
        for folder, _, names in os.walk(box.root):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and os.path.getsize(path) < 100 * lib.MIB:
                    with open(path, "rb") as body:
                        if MARKER.encode() in body.read():
                            holders.append(os.path.relpath(path, box.root))
                            self.assertEqual(os.stat(path).st_mode & 0o77, 0, path)
        self.assertIn("m.ini", holders)                     # the control: it can be found
        self.assertEqual(set(holders) - {"m.ini"},
                         {os.path.relpath(os.path.join(box.machine, "seed.iso"), box.root)})

    def test_empty_password_hash(self):
        box = self.box(alone=True)
        self.good(box, box.prepare())
        with open(os.path.join(box.machine, "seed.iso"), "rb") as seed:
            self.assertIn(b"PASSWORD_HASH=''\n", seed.read())
        firstboot = lib.read(os.path.join(lib.SRC, "assets/guest/root/usr/local/lib/debwiz",
                                          "firstboot"))
        self.assertIn("PASSWORD_HASH", firstboot)
        for name in ("id_ed25519", "seed.iso"):
            mode = os.stat(os.path.join(box.machine, name)).st_mode
            self.assertEqual(mode & 0o77, 0, name)


if __name__ == "__main__":
    lib.main()
