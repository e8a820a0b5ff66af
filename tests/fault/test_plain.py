#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The wizard line by line (new --plain), and clone, rename and delete: through pipes, as a script
or a screen reader has it; and an existing file."""
import os
import re
import shlex
import subprocess
import unittest

import lib
import packages                     # these lie where lib says

HOSTILE = "\x1b[2J\x1b]0;title\x07 %n%s\u202etxt\tend"
EXPECTED = """; debwiz machine; "debwiz --help" and the man page explain every key

[machine]
format = 1
name = %(name)s
arch = armhf
release = bookworm
method = bootstrap

[mirror]
url = %(url)s/debian
updates = no
security = no
keyring = %(ring)s
components = main

[firmware]
mode = uefi

[cpu]
memory = 1G

[disk]
size = 16G

[system]
user = build
profile = base

[qemu]
binary = %(qemu)s
"""
REVIEW = ("",)                      # Enter: save


def parsed(text):
    """{section.key: [values]}"""
    section, out = "", {}
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line and not line.startswith(";"):
            key, _, value = line.partition("=")
            out.setdefault(section + "." + key.strip(), []).append(value.strip())
    return out


class Case(lib.Case):
    @staticmethod
    def make():
        if packages.TABLE[-1].name != "zz-hostile":
            packages.pkg("zz-hostile", "1.0", short=HOSTILE)
        return lib.World(("bookworm",))

    def box(self, **how):
        box = super().box(alone=True, **how)
        box.saved = os.path.join(box.home, "config", "debwiz", "machines")
        return box

    def options(self, box, *more):
        words = box.settings()
        for one in ("machine.release=bookworm", "mirror.updates=no", "mirror.security=no",
                    "mirror.components=main", "system.profile=base", "disk.size=16G",
                    "cpu.memory=1G", "system.timezone=Etc/UTC", *more):
            words += ["--set", one]
        return words

    def talk(self, box, text, *args, status=0):
        child = box.start(*args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
        try:
            out, err = child.communicate(text.encode(), timeout=lib.LIMIT)
        except subprocess.TimeoutExpired:
            box.kill(child)
            child.communicate()
            raise
        out, err = out.decode(), err.decode()
        self.assertEqual(child.returncode, status, out + err)
        self.assertNotIn("\x1b", out + err)
        return out, err

    def new(self, box, answers, *more, status=0):
        return self.talk(box, "".join(a + "\n" for a in answers), "new", "--plain",
                         *self.options(box, *more), status=status)

    def ini(self, box, name):
        return lib.read(os.path.join(box.saved, name + ".ini"))

    def expected(self, box, name):
        return EXPECTED % {"name": name, "url": box.url, "qemu": box.qemu,
                           "ring": self.world.archive.keys.ring("pinned")}


class Wizard(Case):
    prompts = 0

    def test_packages_are_searched(self):
        """Without a question too; what cannot be looked for is said."""
        box = self.box()

        def new(name, package, *more, status=0):
            return self.talk(box, "", "new", "--plain", "--yes", *more,
                             *self.options(box, "machine.name=" + name, "system.packages=" + package),
                             status=status)
        _, err = new("wrong", "local", "--offline")
        self.assertIn("is not known", err)
        self.assertTrue(os.path.exists(os.path.join(box.saved, "wrong.ini")))
        _, err = new("near", "locale", status=2)
        self.assertIn("there is no package locale", err)
        self.assertIn("did you mean locales", err)
        self.assertFalse(os.path.exists(os.path.join(box.saved, "near.ini")))
        _, err = new("right", "locales")
        self.assertEqual(err, "")
        self.assertTrue(os.path.exists(os.path.join(box.saved, "right.ini")))

    def test_enter_accepts_all_defaults(self):
        """yes '' | debwiz new --plain"""
        box = self.box()
        out, _ = self.new(box, [""] * 100)
        self.assertEqual(parsed(self.ini(box, "armhf-bookworm")),
                         parsed(self.expected(box, "armhf-bookworm")))
        for words in ("1 of 8: Machine", "7 of 8: System", "Review", "signatures verified",
                      "emulated", "not possible: not supported yet; sid changes", "Download",
                      "logs build in automatically", "Saved "):
            self.assertIn(words, out)
        # A second one gets a name of its own.
        self.new(box, [""] * 100)
        self.assertEqual(parsed(self.ini(box, "armhf-bookworm-2")),
                         parsed(self.expected(box, "armhf-bookworm-2")))

    def test_lines_are_complete_for_a_screen_reader(self):
        """Each line is complete: no columns, the possible answers, and an invalid answer repeats the question."""
        box = self.box()
        out, _ = self.new(box, ["", "", "", "maybe", "", "", "maybe", "?", ""] + [""] * 60)
        questions = out.partition("\nReview\n")[0]
        for line in questions.split("\n"):
            self.assertNotRegex(line.strip(), r"\S  ", line)
        self.assertIn("2) arm64: 64-bit ARM; emulated; UEFI, direct", out)
        self.assertIn("Ctrl-C leaves", out.partition("\n")[0])
        for title, kind in (("Security updates", "yes or no"), ("Memory", "a size like 512M or 2G"),
                            ("Disk", "a size like"), ("Password", "not shown")):
            self.assertRegex(out, r"(?m)^%s, %s.* \[" % (title, kind))
        self.assertEqual(questions.count("\nSecurity updates, yes or no [no]: maybe\n  Wrong: "), 1)
        self.assertEqual(questions.count("Security updates, yes or no [no]: "), 2)
        asked = re.findall(r"(?m)^Ask also for (.*), yes or no \[no\]: (.*)$", questions)
        self.assertEqual([a[1] for a in asked[:3]], ["maybe", "?", ""])
        self.assertEqual(len({a[0] for a in asked[:3]}), 1)
        self.assertEqual(questions.count("right for most as they are"), 2)

    def test_yes_asks_nothing(self):
        box = self.box()
        result = box.run("new", "--plain", "--yes", *self.options(box, "machine.name=auto1"))
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(result.events[-1]["event"], "saved")
        self.assertEqual(result.events[-1]["path"], os.path.join(box.saved, "auto1.ini"))
        self.assertEqual(parsed(self.ini(box, "auto1")), parsed(self.expected(box, "auto1")))
        self.assertEqual(self.world.server.log(), [])
        checked = box.run("check", "auto1")
        self.assertEqual(checked.status, 0, str(checked))
        # What --set makes wrong is refused, and the name that is taken too.
        for wrong in ("machine.name=auto1", "machine.arch=loong64", "cpu.memory=64G",
                      "disk.size=1", "nonsense.key=1", "system.ssh_key=/nowhere",
                      "boot.cmdline=quiet"):    # no such question with UEFI
            with self.subTest(wrong):
                result = box.run("new", "--plain", "--yes", *self.options(
                    box, "machine.name=other", wrong))
                self.assertEqual(result.status, 2, str(result))
                self.assertEqual(os.listdir(box.saved), ["auto1.ini"])

    def test_answers(self):
        """Help, back, wrong ones, numbers, switches, lists, packages; then prepared."""
        box = self.box()
        out, err = self.new(box, [
            "?", "loong64", "10", "2", "<", "1",                     # architecture
            "No", "box",                                            # name
            "1", "<", "bookworm", "", "", "n",                  # release, security, updates
            "direct", "no", "9", "2", "5X", "1G", "", "", "n",      # start-up, processor
            "20G", "scsi", "n",                                     # disk
            "", "127.0.0.1:x:22", "+127.0.0.1:8080:80", "-1", "", "", "", "yes", "no", "n",
            "Root!", "ann", "secret", "other", "secret", "secret",  # user, password
            "", "web", "/Berl", "Europe/Berlin", "", "",            # keys, host name, zone, profile
            "gi", "gzip", "no-such-package", "",                    # packages
            "i", "q", "2"])
        said = parsed(self.ini(box, "box"))
        hashed = said.pop("system.password_hash")[0]
        self.assertTrue(hashed.startswith("$6$"), hashed)
        self.assertNotIn("secret", out.replace("a secret", "") + err)
        want = parsed(self.expected(box, "box"))
        want.update({"firmware.mode": ["direct"], "cpu.count": ["2"], "disk.size": ["20G"],
                     "disk.bus": ["scsi"], "network.forward": ["127.0.0.1:8080:80"],
                     "devices.usb": ["yes"], "system.user": ["ann"], "system.hostname": ["web"],
                     "system.timezone": ["Europe/Berlin"], "system.packages": ["gzip"]})
        self.assertEqual(said, want)
        for words in ("Wrong: loong64", "at most 8", "the port on this host is",
                      "the two are not the same", "no package of bookworm", "[machine]",
                      "-no-user-config", "Note: Name is now arm64-bookworm"):
            self.assertIn(words, out)
        mode = os.stat(os.path.join(box.saved, "box.ini")).st_mode & 0o777
        self.assertEqual(mode, 0o600)

    def test_hostile_input(self):
        """Texts of the archive are shown sanitized (talk checks it)."""
        box = self.box()
        answers = [""] * 60
        answers[self.questions(box) - 1:] = ["zz-host", "zz-hostile", "", "1"]
        out, _ = self.new(box, answers, "machine.name=hostile")
        self.assertIn("?[2J", out)
        self.assertIn("%n%s", out)
        self.assertNotIn("\u202e", out)
        self.assertEqual(parsed(self.ini(box, "hostile"))["system.packages"], ["zz-hostile"])

    def test_prepares(self):
        """From the first question to a finished preparation."""
        box = self.box()
        out, err = self.new(box, [""] * 200, "machine.name=m", status=0)
        self.assertIn("Saved", out)
        out, err = self.talk(box, "", "prepare", "m")
        self.assertTrue(lib.is_whole(os.path.join(box.machine, "disk.qcow2")))
        self.sound(box)
        self.quiet(box)

    def test_review_prepares(self):
        box = self.box()
        answers = [""] * 60
        answers[self.questions(box)] = "2"
        out, err = self.new(box, answers, "machine.name=m")
        self.assertTrue(lib.is_whole(os.path.join(box.machine, "disk.qcow2")), out + err)
        self.quiet(box)

    def questions(self, box):
        """How many prompts there are before the review's."""
        if not self.prompts:
            out, _ = self.new(box, [""] * 100, "machine.name=count")
            out = out.partition("\nReview\n")[0]
            type(self).prompts = out.count("]: ") + out.count("empties: ")
        return self.prompts

    def test_end_of_input(self):
        box = self.box()
        out, err = self.new(box, ["", "early", "", ""], status=2)
        self.assertFalse(os.path.exists(box.saved) and os.listdir(box.saved))
        self.assertIn("the input ended before the machine was saved; nothing was written", err)
        self.assertIn("--set 'machine.name=early'", err)
        args = shlex.split(err.partition("--plain")[2].partition("\ndebwiz:")[0].replace("\\\n", " "))
        self.talk(box, "", "new", "--plain", "--yes", *args)
        self.assertEqual(parsed(self.ini(box, "early")), parsed(self.expected(box, "early")))

    def test_never_valid(self):
        """An input that never ends and is never right: it does."""
        for line in ("nonsense", "<", "?"):
            with self.subTest(line):
                box = self.box()
                _, err = self.new(box, [line] * 5000, status=2)
                self.assertIn("nothing was written", err)

    def test_offline(self):
        """The cache answers where the mirror does not."""
        box = self.box()
        self.new(box, [""] * 100, "machine.name=first")
        before = len(self.world.server.log())
        out, _ = self.talk(box, "\n" * 100, "new", "--plain", "--offline",
                           *self.options(box, "machine.name=second"))
        self.assertIn("from the cache", out)
        self.assertEqual(len(self.world.server.log()), before)
        empty = self.box()
        out, _ = self.talk(empty, "\n" * 100, "new", "--plain", "--offline",
                           *self.options(empty, "machine.name=third"))
        self.assertIn("the cache has no releases", out)
        self.assertIn("No estimate", out)
        self.assertEqual(parsed(self.ini(empty, "third")), parsed(self.expected(empty, "third")))

    def test_file_in_the_way(self):
        """An existing file is overwritten only after its difference was shown."""
        box = self.box()
        path = os.path.join(box.root, "there.ini")
        old = "; precious\n[machine]\nname = there\n"
        count = self.questions(box)
        for agree in (False, True):
            with open(path, "w", encoding="utf-8") as out:
                out.write(old)
            answers = [""] * count + ["p", path, "1", "yes" if agree else "", "x"]
            out, _ = self.new(box, answers, "machine.name=there")
            self.assertIn(path + " is another file; saving replaces it (- goes, + comes):", out)
            self.assertIn("- ; precious", out)
            self.assertIn("+ arch = armhf", out)
            if agree:
                self.assertEqual(parsed(lib.read(path)), parsed(self.expected(box, "there")))
            else:
                self.assertEqual(lib.read(path), old)
                self.assertIn("Nothing was written", out)

    def test_save_as(self):
        """~/ is the home folder; what is refused changes nothing."""
        box = self.box()
        count = self.questions(box)
        os.makedirs(os.path.join(box.home, "mine"))
        out, _ = self.new(box, [""] * count + ["p", "foo", "~/mine/there.ini", "1"],
                          "machine.name=there")
        self.assertIn("not a file name that ends in .ini", out)
        path = os.path.join(box.home, "mine", "there.ini")
        self.assertEqual(parsed(lib.read(path)), parsed(self.expected(box, "there")))
        # an existing file keeps its name and path, with or without a machine
        refused = box.run("edit", path, "--yes", "--set", "machine.name=other")
        self.assertEqual(refused.status, 2, str(refused))
        self.assertIn("debwiz rename there other", refused.error["text"])
        self.assertEqual(parsed(lib.read(path)), parsed(self.expected(box, "there")))

    def test_edit(self):
        """An existing file: its values are kept, and changes are shown with when they take effect."""
        box = self.box(warm=True)
        done = box.prepare()
        self.assertEqual(done.status, 0, str(done))
        with open(box.ini, "a", encoding="utf-8") as out:
            out.write("; the end\n")
        old = lib.read(box.ini)
        out, _ = self.talk(box, "\n" * 100, "edit", "--plain", "--offline", box.ini)
        self.assertIn("Nothing has changed", out)
        self.assertEqual(lib.read(box.ini), old)
        # By a script; and what a machine that is made cannot become.
        out, _ = self.talk(box, "", "edit", box.ini, "--yes", "--set", "cpu.memory=2G", "--set",
                           "system.packages=git")
        self.assertIn("+ memory = 2G", out)
        self.assertIn("takes effect at the next boot", out)
        self.assertIn("only for new machines", out)
        new = parsed(lib.read(box.ini))
        self.assertEqual(new.pop("cpu.memory"), ["2G"])
        self.assertEqual(new.pop("system.packages"), ["git"])
        self.assertEqual(new, parsed(old))
        self.assertIn("; the end", lib.read(box.ini))
        for wrong, why in (("disk.size=8G", "only grows"), ("machine.arch=arm64", "new machine"),
                           ("machine.name=other", "debwiz rename m other")):
            result = box.run("edit", box.ini, "--yes", "--set", wrong)
            self.assertEqual(result.status, 2, str(result))
            self.assertIn(why, result.error["text"])
        done = box.run("edit", box.ini, "--yes", "--set", "cpu.memory=2G")
        self.assertFalse(done.events[-1]["changed"], done.out)

    def test_changed_by_another_program(self):
        """Another program writes the file during the questions."""
        box = self.box()
        count = self.edit_questions(box)
        for agree in (False, True):
            box.write_ini()
            child = box.start("edit", "--plain", "--offline", box.ini, "--set", "cpu.memory=2G",
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
            said = b""
            while b"Architecture [" not in said:            # it has read the file
                said += os.read(child.stdout.fileno(), 4096)
            with open(box.ini, "a", encoding="utf-8") as out:
                out.write("[boot]\ntimeout = 7m\n")
            other = lib.read(box.ini)
            answers = [""] * 60
            answers[count:] = ["1", "yes" if agree else "no", "x"]
            out, err = child.communicate("".join(a + "\n" for a in answers).encode(),
                                         timeout=lib.LIMIT)
            out = out.decode()
            self.assertEqual(child.returncode, 0, out + err.decode())
            self.assertIn("was changed since it was read", out)
            self.assertIn("- timeout = 7m", out)
            self.assertIn("+ memory = 2G", out)
            if agree:
                self.assertNotIn("timeout", lib.read(box.ini))
                self.assertIn("memory = 2G", lib.read(box.ini))
            else:
                self.assertEqual(lib.read(box.ini), other)

    def edit_questions(self, box):
        """How many prompts editing has before the review's."""
        out, _ = self.talk(box, "\n" * 60 + "x\n", "edit", "--plain", "--offline", box.ini)
        return out.partition("\nReview\n")[0].count("]: ") + out.partition("\nReview\n")[0].count(
            "empties: ")

    def test_needs_a_terminal(self):
        box = self.box()
        _, err = self.talk(box, "", "new", status=2)
        self.assertIn("new --plain", err)


class Whole(Case):
    """clone, rename, delete."""
    def made(self):
        box = self.box(warm=True)
        done = box.prepare()
        self.assertEqual(done.status, 0, str(done))
        disk = os.path.join(box.machine, "disk.qcow2")
        self.assertTrue(lib.is_whole(disk))
        return box

    def test_url_is_not_a_file(self):
        box = self.box()
        for verb in ("up", "check", "plan"):
            result = box.run(verb, "https://example.org/m.ini")
            self.assertEqual((result.status, result.id), (2, "ini-url"), str(result))
            self.assertIn("download the file", result.error["hint"])

    def test_all(self):
        box = self.made()
        refused = box.run("clone", box.ini, "Bad")
        self.assertEqual((refused.status, refused.id), (2, "name-bad"))
        done = box.run("clone", box.ini, "two")
        self.assertEqual(done.status, 0, str(done))
        two = os.path.join(box.root, "two.ini")
        self.assertEqual(parsed(lib.read(two))["machine.name"], ["two"])
        # the disk was not written to: the copy is created again from the same base
        done = box.run("prepare", two, *box.settings())
        self.assertEqual(done.status, 0, str(done))
        self.assertEqual(len(box.bases()), 1)
        taken = box.run("rename", two, "m")
        self.assertEqual((taken.status, taken.id), (2, "name-taken"))
        done = box.run("rename", two, "three")
        self.assertEqual(done.status, 0, str(done))
        machines = os.path.join(box.data, "machines")
        self.assertEqual(sorted(os.listdir(machines)), ["m", "three"])
        plan = box.run("plan", two)
        self.assertTrue(next(e for e in plan.events if e["step"] == "disk")["done"], str(plan.out))
        self.sound(box)

    def test_delete_asks(self):
        box = self.made()
        # The disk was never written to: --yes does.
        for words in ((), ("--confirm", "other")):
            refused = box.run("delete", box.ini, *words)
            self.assertEqual((refused.status, refused.id), (2, "not-confirmed"), str(refused))
        self.written(box)
        for words in ((), ("--yes",), ("--confirm", "m"), ("--yes", "--confirm", "other")):
            refused = box.run("delete", box.ini, *words)
            self.assertEqual((refused.status, refused.id), (2, "not-confirmed"), str(refused))
            self.assertTrue(os.path.exists(os.path.join(box.machine, "disk.qcow2")))
        out, err = self.talk(box, "", "delete", box.ini, "--yes", "--confirm", "m")
        self.assertIn("m loses for good:", err)
        self.assertIn("its disk", err)
        self.assertIn("m: deleted", out)
        self.assertFalse(os.path.exists(box.machine))
        self.assertTrue(os.path.exists(box.ini))        # not one of debwiz's own

    def test_recreate_asks(self):
        box = self.made()
        self.written(box)
        refused = box.run("recreate", box.ini, "--yes")
        self.assertEqual((refused.status, refused.id), (2, "not-confirmed"), str(refused))
        done = box.run("recreate", box.ini, "--yes", "--confirm", "m")
        self.assertEqual(done.status, 0, str(done))
        self.assertFalse(os.path.exists(os.path.join(box.machine, "disk.qcow2")))

    @staticmethod
    def written(box):
        """A disk that may have data."""
        disk = os.path.join(box.machine, "disk.qcow2")
        with open(disk, "r+b") as image:
            image.write(b"x" * 512)


if __name__ == "__main__":
    unittest.main(verbosity=1)
