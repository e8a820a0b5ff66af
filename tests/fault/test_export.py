#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A machine in the form of other programs: what is written where, and when it is refused."""
import os
import shutil
import subprocess
import xml.etree.ElementTree

import lib


class Export(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.warm_template()
        return world

    def made(self, **settings):
        box = self.box(warm=True, alone=True, **settings)
        self.good(box, box.prepare())
        return box

    def export(self, box, form, *more, **how):
        return box.run("export", box.ini, "--as", form, "--out", box.root, *more, **how)

    # ---- what is written
    def test_script(self):
        """The script passes QEMU the machine's argument list in the machine's folder, under debwiz's lock."""
        box = self.made()
        result = self.export(box, "script")
        self.assertEqual(result.status, 0, str(result))
        script = os.path.join(box.root, "m.sh")
        self.assertEqual(os.stat(script).st_mode & 0o777, 0o755)
        self.assertIn(script, result.out)
        held = os.path.join(box.root, "held")
        with open(held, "w", encoding="utf-8") as out:
            out.write('#!/bin/sh\npwd; printf "%s\\n" "$@"; read line\n')
        os.chmod(held, 0o755)
        with subprocess.Popen(["sh", script], env=dict(os.environ, QEMU=held), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as child:
            self.assertEqual(child.stdout.readline(), box.machine + "\n")
            self.assertEqual(child.stdout.readline(), "-no-user-config\n")
            if shutil.which("flock"):
                other = box.run("grow", box.ini, "999G")
                self.assertEqual((other.status, other.id), (7, "busy"), str(other))
            child.stdin.write("\n")
            child.stdin.flush()
            text = child.stdout.read()
        self.assertIn('"filename":"disk.qcow2"', text)
        self.assertIn("stdio,id=serial", text)
        self.assertNotIn(box.run_dir, text)
        self.good(box, box.prepare())

    def test_to_output(self):
        box = self.made()
        result = box.run("export", box.ini, "--as", "bat", "--out", "-", json_events=False)
        self.assertEqual(result.status, 0, str(result))
        self.assertTrue(result.out.startswith("@echo off"), result.out)
        self.assertIn("first boot", result.err)

    def checked(self, program, *words):
        """A program of the form's own accepts what was written, where it is installed."""
        if not shutil.which(program):
            self.skipTest("there is no " + program)
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False,
                              env=dict(os.environ, XDG_RUNTIME_DIR=self.world.tmp))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotRegex(done.stderr, r"(?i)unknown|ignor|fail|not executable")

    def test_libvirt(self):
        box = self.made()
        self.assertEqual(self.export(box, "libvirt").status, 0)
        path = os.path.join(box.root, "m.xml")
        domain = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual(domain.findtext("name"), "m")
        self.assertEqual(domain.findtext("os/nvram"), os.path.join(box.machine, "QEMU_VARS-pflash.raw"))
        self.assertEqual(domain.find("os/type").get("arch"), "armv7l")
        self.checked("virt-xml-validate", path)

    def test_systemd(self):
        box = self.made()
        self.assertEqual(self.export(box, "systemd").status, 0)
        path = os.path.join(box.root, "debwiz-m.service")
        self.assertIn('ExecStart="%s" boot --plain "%s"\n' % (os.path.realpath(lib.DEBWIZ), box.ini), lib.read(path))
        self.assertIn('Environment="XDG_DATA_HOME=%s"' % os.path.join(box.home, "data"), lib.read(path))
        self.checked("systemd-analyze", "verify", "--user", "--man=no", path)

    def test_suspended(self):
        """A suspended machine can only be resumed by debwiz; a unit does that."""
        box = self.made()
        for name in ("suspend.json", "suspend.state"):
            with open(os.path.join(box.machine, name), "w", encoding="utf-8") as out:
                out.write("{}\n")
        for form in ("script", "bat", "libvirt"):
            result = self.export(box, form)
            self.assertEqual((result.status, result.id), (7, "suspended"), str(result))
        self.assertEqual(self.export(box, "systemd").status, 0)

    # ---- what is refused
    def test_no_form(self):
        box = self.made()
        for more in ((), ("--as", "floppy")):
            result = box.run("export", box.ini, *more)
            self.assertEqual((result.status, result.id), (2, "option-value"), str(result))
            self.assertIn("script", result.error["text"])

    def test_not_made(self):
        box = self.box(warm=True, alone=True)
        self.z(box, self.export(box, "script"), "not-made", 1)
        self.assertEqual([n for n in os.listdir(box.root) if n.startswith("m.sh")], [])

    def test_existing_file(self):
        """A file that has the name stays as it is."""
        box = self.made()
        with open(os.path.join(box.root, "m.sh"), "w", encoding="utf-8") as out:
            out.write("mine\n")
        self.z(box, self.export(box, "script"), "file-exists", 2)
        self.assertEqual(lib.read(os.path.join(box.root, "m.sh")), "mine\n")

    def test_foreign_file(self):
        """What a foreign file would share is not exported before the user has agreed."""
        box = self.made()
        with open(box.ini, encoding="utf-8") as text:
            body = text.read()
        box.write_ini(body + "[devices]\nshare = path=/etc,tag=etc\n")
        self.z(box, self.export(box, "script"), "file-not-agreed", 2)
        self.assertFalse(os.path.exists(os.path.join(box.root, "m.sh")))
        self.assertEqual(self.export(box, "script", "--trust").status, 0)
        self.assertIn("path=/etc", lib.read(os.path.join(box.root, "m.sh")))


if __name__ == "__main__":
    lib.main()
