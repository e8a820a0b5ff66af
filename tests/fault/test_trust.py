#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A machine's file of another person: nothing in it that can run programs or expose this host takes effect before the
user has agreed to it, and agreements are remembered."""
import glob
import os
import pty
import select
import shutil

import lib

EVIL = """#!/bin/sh
echo "$@" >>"%s"
case " $* " in
*" --version "*) echo "QEMU emulator version 7.2.0 (evil)" ;;
esac
exit 0
"""


class Trust(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def foreign(self, **settings):
        """A box whose file names a program beside it, and that notes each run of it."""
        settings.setdefault("qemu_binary", "./evil")
        box = self.box(alone=True, **settings)
        box.ran = os.path.join(box.root, "ran")
        box.evil = os.path.join(box.root, "evil")
        with open(box.evil, "w", encoding="utf-8") as out:
            out.write(EVIL % box.ran)
        os.chmod(box.evil, 0o755)
        return box

    def settings(self, box):
        """Those of the box without its QEMU, which would be the person's own word."""
        words = box.settings()
        at = next(i for i, w in enumerate(words) if w.startswith("qemu.binary="))
        return words[:at - 1] + words[at + 1:]

    def nothing_ran(self, box):
        self.assertFalse(os.path.exists(box.ran), "it was run")

    def refused(self, box, result, *keys):
        self.nothing_ran(box)
        self.assertEqual((result.status, result.id), (2, "file-not-agreed"), str(result))
        lines = result.error["text"].split("\n")
        self.assertEqual([line.split(": ")[1] for line in lines[1:]], list(keys))
        for line in lines:
            self.assertTrue(line.startswith(box.ini + ":"), line)
        self.assertIn("--trust", result.error["hint"])
        self.assertFalse(os.path.exists(box.machine), "the machine has got a folder")

    def on_terminal(self, box, answer, *args):
        """(status, what it showed) of a run on a terminal where that is answered."""
        main, side = pty.openpty()
        child = box.start(*args, stdin=side, stdout=side, stderr=side)
        os.close(side)
        shown, asked = b"", False
        while True:
            ready = select.select([main], [], [], lib.LIMIT)[0]
            self.assertTrue(ready, shown)
            try:
                data = os.read(main, 4096)
            except OSError:
                data = b""
            if not data:
                break
            shown += data
            if b"agree to that?" in shown and not asked:
                asked = True
                os.write(main, answer.encode() + b"\n")
        os.close(main)
        return child.wait(), shown.decode().replace("\r\n", "\n")

    # ---- nothing runs
    def test_every_verb(self):
        box = self.foreign()
        for verb in ("up", "prepare", "boot", "command"):
            with self.subTest(verb):
                self.refused(box, box.run(verb, box.ini, *self.settings(box)), "qemu.binary")
                self.refused(box, box.run(verb, box.ini, *self.settings(box), "--yes"), "qemu.binary")
        for verb in ("check", "plan"):
            with self.subTest(verb):
                result = box.run(verb, box.ini)
                self.assertEqual(result.status, 0, str(result))
                self.assertIn("runs the program", result.out)
                self.nothing_ran(box)
        result = box.run("edit", box.ini, "--plain", "--yes", "--offline", "--set", "cpu.memory=2G")
        self.assertEqual(result.status, 0, str(result))
        self.nothing_ran(box)
        self.refused(box, box.run("up", box.ini, *self.settings(box)), "qemu.binary")

    def test_each_kind(self):
        """What can run programs or expose this host, alone; and what cannot."""
        for settings, key, words in (
                ({"devices_share": "path=/,tag=all"}, "devices.share", "the folder / of this host, to read and write"),
                ({"devices_share": "path=x,tag=x,readonly=on"}, "devices.share", "/x of this host, to read"),
                ({"devices_drive": "path=/d,format=raw"}, "devices.drive", "the file /d of this host"),
                ({"network_forward": "0.0.0.0:8022:22"}, "network.forward",
                 "opens port 8022 of this host to the network"),
                ({"network_forward": "192.0.2.1:auto:22"}, "network.forward", "opens a port"),
                ({"qemu_extra": "-no-reboot"}, "qemu.extra", "the arguments -no-reboot"),
                ({"mirror_keyring": "ring"}, "mirror.keyring", "packages that the keys in")):
            with self.subTest(key):
                box = self.foreign(qemu_binary=None, **settings)
                words_set = [w for w in self.settings(box) if not w.startswith("mirror.keyring")]
                if len(words_set) < len(self.settings(box)):
                    words_set.remove("--set")
                result = box.run("prepare", box.ini, *words_set)
                self.refused(box, result, key)
                self.assertIn(words, result.error["text"])
                result = box.run("check", box.ini)
                risk, = [e for e in result.events if e["event"] == "risk"]
                self.assertEqual((risk["section"] + "." + risk["key"], risk["agreed"]), (key, False))
                self.assertIn(words, risk["text"])
                result = box.run("check", box.ini, json_events=False)
                self.assertIn("(not agreed to yet)", result.out)
                self.assertNotIn("nothing wrong", result.out)
        box = self.foreign(qemu_binary=None, network_forward="127.0.0.1:auto:22", system_ssh_key="~/k.pub",
                           network_restrict="no", cpu_memory="2G")
        result = box.run("check", box.ini)
        self.assertEqual([e["event"] for e in result.events], ["check"], str(result))
        for path in glob.glob(os.path.join(lib.SRC, "assets/examples/*.ini")):
            result = box.run("check", path, json_events=False)
            self.assertIn("nothing wrong", result.out, str(result))

    def test_own_values_need_no_agreement(self):
        """Values on the command line are the user's own: no question."""
        box = self.foreign(qemu_binary=None)
        result = box.run("command", box.ini, "--set", "qemu.binary=./evil",
                         "--set", "network.forward+=0.0.0.0:8022:22")
        self.assertEqual(result.status, 0, str(result))
        self.assertTrue(os.path.exists(box.ran))

    def test_drive_over_another_file(self):
        """A drive that names a backing file, which QEMU would open, is refused before anything runs."""
        box = self.foreign(qemu_binary=None, devices_drive="path=d.qcow2,format=qcow2")
        drive = os.path.join(box.root, "d.qcow2")
        name = b"/etc/passwd"
        header = bytearray(65536)
        header[:4], header[7], header[23], header[103] = b"QFI\xfb", 3, 16, 104
        header[24:32] = (1 << 20).to_bytes(8, "big")
        for offset, size, status in ((1024, len(name), 2), (0, 0, 0)):
            header[8:16], header[16:20] = offset.to_bytes(8, "big"), size.to_bytes(4, "big")
            header[1024:1024 + len(name)] = name
            with open(drive, "wb") as out:
                out.write(header)
            result = box.run("check", box.ini, json_events=False)
            self.assertEqual(result.status, status, str(result))
            if status:
                self.assertRegex(result.err, r"^%s:\d+: devices\.drive: .*has a backing file" % box.ini)
                self.assertIn("/etc/passwd", result.err)
                for verb in ("boot", "up"):
                    result = box.run(verb, box.ini, *box.settings(), "--trust")
                    self.assertEqual((result.status, result.id), (2, "drive-backing"), str(result))
                    self.assertFalse(os.path.exists(box.machine))

    def test_root(self):
        """Root gets a hint once per run that it is not required; other users do not."""
        box = self.box(warm=True, alone=True)
        for events in (False, True):
            result = box.prepare(json_events=events)
            self.assertEqual(result.status, 0, str(result))
            said = (result.out + result.err).count("running as root")
            self.assertEqual(said, 1 if os.geteuid() == 0 else 0, str(result))

    # ---- agreeing
    def test_trust(self):
        box = self.foreign(devices_share="path=/srv,tag=srv")
        result = box.run("command", box.ini, "--trust")
        self.assertEqual(result.status, 0, str(result))
        self.assertTrue(os.path.exists(box.ran))
        for change in ("", "[cpu]\nmemory = 2G\n"):     # harmless keys ask nothing again
            with open(box.ini, "a", encoding="utf-8") as out:
                out.write(change)
            self.assertEqual(box.run("command", box.ini).status, 0)
        risks = [e for e in box.run("check", box.ini).events if e["event"] == "risk"]
        self.assertEqual([r["agreed"] for r in risks], [True, True])
        # Up says it all the same.
        result = box.run("plan", box.ini)
        self.assertEqual(len([w for w in result.warnings if "the folder /srv" in w]), 1, str(result))

    def test_changed_content_asks_again(self):
        def evil(box):
            with open(box.evil, "a", encoding="utf-8") as out:
                out.write("# another one\n")

        def share(box):
            box.write_ini(qemu_binary="./evil", devices_share="path=/,tag=srv")

        def link(box):
            os.remove(os.path.join(box.root, "folder"))
            os.symlink("/", os.path.join(box.root, "folder"))

        def moved(box):
            shutil.copy(box.ini, os.path.join(box.root, "other.ini"))
            box.ini = os.path.join(box.root, "other.ini")

        for change, keys in ((evil, ["qemu.binary"]), (share, ["devices.share"]), (link, ["devices.share"]),
                             (moved, ["devices.share", "qemu.binary"])):
            with self.subTest(change.__name__):
                box = self.foreign(devices_share="path=folder,tag=srv")
                os.symlink("/srv", os.path.join(box.root, "folder"))
                self.assertEqual(box.run("check", box.ini, "--trust").status, 0)
                self.assertEqual(box.run("command", box.ini).status, 0)
                os.remove(box.ran)
                change(box)
                self.refused(box, box.run("prepare", box.ini, *self.settings(box)), *keys)

    def test_terminal(self):
        box = self.foreign(devices_share="path=/,tag=all")
        for answer in ("", "no", "x"):
            status, shown = self.on_terminal(box, answer, "command", box.ini)
            self.assertEqual(status, 2, shown)
            self.assertIn("the folder / of this host", shown)   # all that would be agreed to
            self.assertIn("runs the program", shown)
            self.assertIn("not agreed to; nothing of it was run", shown)
            self.nothing_ran(box)
        status, shown = self.on_terminal(box, "yes", "command", box.ini)
        self.assertEqual(status, 0, shown)
        self.assertTrue(os.path.exists(box.ran))
        status, shown = self.on_terminal(box, "", "command", box.ini)
        self.assertEqual(status, 0, shown)
        self.assertNotIn("agree", shown)

    def test_own_answers(self):
        """Values that the wizard wrote for this user need no agreement, also in a foreign file."""
        box = self.foreign()
        saved = os.path.join(box.home, "config", "debwiz", "machines", "w.ini")
        result = box.run("new", "--plain", "--yes", "--offline", "--set", "machine.name=w", "--set",
                         "qemu.binary=" + box.evil, "--set", "devices.share=path=/srv,tag=srv")
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(box.run("command", saved).status, 0)
        self.assertEqual(box.run("clone", "w", "v").status, 0)
        self.assertEqual(box.run("command", "v").status, 0)
        self.assertEqual(box.run("rename", "v", "u").status, 0)
        self.assertEqual(box.run("command", "u").status, 0)
        os.remove(box.ran)
        result = box.run("edit", box.ini, "--plain", "--yes", "--offline", "--set",
                         "devices.share=path=/srv,tag=srv")
        self.assertEqual(result.status, 0, str(result))
        self.refused(box, box.run("prepare", box.ini, *self.settings(box)), "qemu.binary")

    def test_earlier_version(self):
        """A saved machine that was created before agreements existed: no question. For a file elsewhere, and a later
        one, there is."""
        box = self.box(warm=True, alone=True, qemu_binary=None)
        saved = os.path.join(box.home, "config", "debwiz", "machines", "m.ini")
        agreed = os.path.join(box.data, "agreed")
        os.makedirs(os.path.dirname(saved), 0o700)
        with open(box.ini, encoding="utf-8") as text:
            ini = text.read() + "[devices]\nshare = path=/srv,tag=srv\n"
        with open(saved, "w", encoding="utf-8") as out:
            out.write(ini)
        os.chmod(saved, 0o600)
        other = self.box(warm=True, alone=True, devices_share="path=/srv,tag=srv")
        for each, path in ((box, saved), (other, other.ini)):
            result = each.run("prepare", path, *each.settings(), "--trust")
            self.assertEqual(result.status, 0, str(result))
            shutil.rmtree(os.path.join(each.data, "agreed"))
        result = box.run("prepare", saved, *box.settings())
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(len(os.listdir(agreed)), 1)
        with open(saved, "w", encoding="utf-8") as out:
            out.write(ini.replace("/srv", "/"))
        self.assertEqual(box.run("prepare", saved, *box.settings()).id, "file-not-agreed")
        self.assertEqual(other.run("prepare", other.ini, *other.settings()).id, "file-not-agreed")

    def test_agreed_machine_is_prepared(self):
        """The whole way, with a QEMU that the file names."""
        box = self.box(alone=True, qemu_binary="./fakeqemu", mirror_keyring="ring")
        shutil.copy(self.world.archive.keys.ring("pinned"), os.path.join(box.root, "ring"))
        mirror = ["--mirror", box.url + "/debian"]
        box.ran = os.path.join(box.root, "ran")
        self.refused(box, box.run("prepare", box.ini, *mirror), "mirror.keyring", "qemu.binary")
        result = box.run("prepare", box.ini, *mirror, "--trust")
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(len([w for w in result.warnings if "runs the program" in w]), 1)
        self.assertEqual(box.run("prepare", box.ini, *mirror).status, 0)


if __name__ == "__main__":
    lib.main()
