#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Home folders of every kind: a machine is prepared, boots and stops in each, or is
refused in words."""
import os
import shutil

import lib

UP = """up
serial m login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae
serve
"""
NAMES = ("plain", "a b", "a,b", "a:b", "a'b", 'a"b', "100%s%n", "new\nline", "ä你\u200b", "x" * 200, "-S",
         "$(id)", "back\\slash")
FOLDERS = ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")


class Homes(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def at(self, name, runtime=None):
        """A box whose folders come from HOME alone, which is called so."""
        box = self.box(alone=True)
        box.home = os.path.join(box.root, name)
        box.cache = os.path.join(box.home, ".cache", "debwiz")
        box.data = os.path.join(box.home, ".local", "share", "debwiz")
        box.machine = os.path.join(box.data, "machines", "m")
        usual = box.environment

        def environment():
            env = {k: v for k, v in usual().items() if k not in FOLDERS}
            if runtime:
                env["XDG_RUNTIME_DIR"] = runtime
            return env
        box.environment = environment
        return box

    def test_report(self):
        """A report of this host has no name of the user's or of a machine; QEMU is tried."""
        box = self.at("somebody")
        programs = os.path.join(box.home, "bin")
        saved = os.path.join(box.home, ".config", "debwiz", "machines")
        for folder in (programs, saved):
            os.makedirs(folder, 0o700)
        shutil.copy(box.ini, os.path.join(saved, "payroll.ini"))
        shutil.copy(box.qemu, os.path.join(programs, "qemu-system-riscv64"))
        box.env["PATH"] = programs + ":" + box.environment()["PATH"]
        result = box.run("doctor", "--report", json_events=False)
        self.assertEqual(result.status, 0, str(result))
        rows = [line.split(None, 1) for line in result.out.splitlines()]
        self.assertIn(["ok", "qemu-system-riscv64: ~/bin/qemu-system-riscv64"], rows)
        self.assertIn(["machines", "1, running: 0"], rows)
        self.assertIn(["folders", "~/.config/debwiz, ~/.local/share/debwiz, ~/.cache/debwiz"], rows)
        self.assertRegex(dict(rows)["riscv64"], r"^QEMU 7\.2\.0 \(fake\), tcg")
        self.assertRegex(dict(rows)["libraries"], r"libuv/1\..*libcurl/[78]\.")
        for name in (box.home, "somebody", "payroll"):
            self.assertNotIn(name, result.out)
        self.assertIn("riscv64      QEMU", box.run("doctor", "--report", "--json").events[0]["report"])

    def test_usage(self):
        """What takes space on the disk, by kind: holes do not, and a file of two links does once."""
        box = self.at("somebody")
        top = os.path.join(box.home, ".local/share/debwiz")
        for kind in ("ccache", "tools/a/b", "machines/m", "bases/b"):
            os.makedirs(os.path.join(top, kind), 0o700)
        with open(os.path.join(top, "ccache/volume.raw"), "wb") as out:
            out.truncate(1 << 30)
        with open(os.path.join(top, "bases/b/disk.raw"), "wb") as out:
            out.write(os.urandom(8 << 20))
        os.link(os.path.join(top, "bases/b/disk.raw"), os.path.join(top, "machines/m/base.raw"))
        os.symlink(os.path.join(top, "bases/b/disk.raw"), os.path.join(top, "tools/a/b/link"))
        used = {e["uses"]: e["bytes"] for e in box.run("doctor", "--json").events if "uses" in e}
        self.assertEqual(set(used), {"machines", "temporary machines", "base images and layers", "templates", "compilers",
                                     "compiler caches", "downloads"})
        small = 1 << 20
        for kind, expected in (("machines", 4 << 20), ("base images and layers", 4 << 20), ("compiler caches", 0), ("compilers", 0)):
            self.assertLess(abs(used[kind] - expected), small, kind)
        rows = [line.split(None, 1) for line in box.run("doctor", json_events=False).out.splitlines()]
        self.assertTrue([text for word, text in rows if word == "uses" and text.startswith("machines  ") and text.endswith(" M")], rows)

    def lives(self, box, name):
        """From nothing to a machine that runs, and its end."""
        os.mkdir(box.home, 0o700)
        result = box.prepare()
        self.assertEqual(result.status, 0, "in %r: %s" % (name, result))
        self.sound(box)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(UP)
        result = box.run("boot", box.ini, *box.settings())
        self.assertEqual(result.status, 0, "in %r: %s" % (name, result))
        status = box.run("status", "m")
        self.assertEqual(status.events[0]["state"], "running", "in %r: %s" % (name, status))
        self.assertEqual(box.run("kill", "m").status, 0)
        self.quiet(box)
        self.assertEqual(lib.read(os.path.join(box.machine, "console.log")), "m login: ")

    def test_names(self):
        for name in NAMES:
            with self.subTest(name=name):
                box = self.at(name)
                self.lives(box, name)
                # nothing beside it: no path was cut at a character
                self.assertEqual(set(os.listdir(box.root)) - {"h", "r", "m.ini", "script", "fakeqemu",
                                                              "out", "err"}, {name})
                shutil.rmtree(box.home)

    def test_long_runtime(self):
        """Sockets have short names in every folder."""
        runtime = os.path.join(self.world.tmp, "r" * 150)
        os.mkdir(runtime, 0o700)
        self.lives(self.at("home", runtime), "a long runtime folder")

    def test_runtime_names(self):
        """The folder of the sockets, which QEMU gets in options with a syntax of their own."""
        for name in ("a,b", "a b=c:d", "100%s", 'a"b'):
            with self.subTest(name=name):
                runtime = os.path.join(self.world.tmp, name)
                os.mkdir(runtime, 0o700)
                box = self.at("home", runtime)
                self.lives(box, name)
                self.assertEqual(os.listdir(runtime), ["debwiz"])       # it was used, and nothing beside it
                shutil.rmtree(runtime)

    def refused(self, box, change):
        usual = box.environment

        def environment():
            env = usual()
            change(env)
            return env
        box.environment = environment
        before = set(os.listdir(box.root)) | {"out", "err"}
        result = box.prepare()
        self.assertIn(result.status, (1, 3), str(result))
        self.assertTrue(result.error.get("text"), str(result))
        self.quiet(box)
        self.assertEqual(set(os.listdir(box.root)) | {"out", "err"}, before)
        return result.error["text"]

    def test_missing(self):
        """A home that does not exist and cannot be created, and a home that is a file."""
        box = self.at("file")
        with open(box.home, "w", encoding="utf-8"):
            pass
        self.assertIn(box.home, self.refused(box, lambda env: None))
        below = os.path.join(box.home, "below")
        self.assertIn(box.home, self.refused(box, lambda env: env.update(HOME=below)))

    def test_relative(self):
        """A relative path is ignored (XDG's specification)."""
        box = self.at("home")
        os.mkdir(box.home, 0o700)
        usual = box.environment
        box.environment = lambda: dict(usual(), XDG_DATA_HOME="relative", XDG_CACHE_HOME="")
        self.good(box, box.prepare())
        self.assertFalse(os.path.exists(os.path.join(box.root, "relative")))


if __name__ == "__main__":
    lib.main()
