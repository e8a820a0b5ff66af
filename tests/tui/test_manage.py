# SPDX-License-Identifier: MIT
"""Saved machines: opened, edited, cloned, renamed, deleted; a file that another program changes."""
import os
import re
import shutil
import signal
import subprocess
import unittest

import lib
from test_console import Guest


class Manage(lib.Case):
    def at_home(self, *names, **how):
        home = self.home()
        for name in names:
            home.machine(name, **how)
        s = self.screen(home, "--offline")
        s.wait("debwiz · machines", *names)
        return home, s

    def disk(self, home, name):
        """Gives it a disk to which something was written."""
        folder = os.path.join(home.root, "data", "debwiz", "machines", name)
        os.makedirs(folder, 0o700)
        with open(os.path.join(folder, "base.raw"), "wb") as base:
            base.truncate(1 << 20)
        disk = os.path.join(folder, "disk.qcow2")
        for argv in (["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base.raw",
                      disk, "128G"], ["qemu-io", "-c", "write -P 7 0 64k", disk]):
            subprocess.run(argv, check=True, cwd=folder, capture_output=True)
        return disk

    def test_list_moves_finds_opens(self):
        _, s = self.at_home("alpha", "beta", "gamma")
        s.wait("▸ alpha")
        s.key("Down")
        s.wait("▸ beta")
        s.key("/")
        s.type("GAM")
        s.wait("▸ gamma")
        s.key("Enter", "Enter")
        s.wait("debwiz · gamma", "not prepared yet", "Enter prepare and boot")
        s.key("Esc")
        s.wait("▸ gamma")
        s.click_text("alpha")
        s.wait("▸ alpha")
        s.click_text("alpha")
        s.wait("debwiz · alpha")
        s.key("Esc")
        self.leave(s, "q")

    def test_updates_that_are_pending(self):
        """Of a machine whose base was made without a suite, until its guest has caught up."""
        home, s = self.at_home("alpha")
        disk = self.disk(home, "alpha")
        with open(os.path.join(os.path.dirname(disk), "updates-pending"), "w", encoding="ascii") as out:
            out.write("bookworm-security\n")
        s.key("Enter")
        s.wait("debwiz · alpha", "Updates     without the updates of bookworm-security so far")
        os.unlink(os.path.join(os.path.dirname(disk), "updates-pending"))
        s.wait("debwiz · alpha", gone="without the updates")
        s.key("Esc")
        self.leave(s, "q")

    def test_edit_shows_the_difference(self):
        home, s = self.at_home("alpha")
        s.key("e")
        s.wait("alpha · edit", "1 Machine of 8")
        s.click_text("Processor")
        s.wait("Processor and memory")
        s.key("Down")
        s.type("2560M")
        s.wait(re.compile(r"▸ Memory +2560M"))
        s.click_text("Review")
        s.wait("8 Review of 8", "→ 2560M", "takes effect when the machine is prepared")
        s.key("Right", "Right", "Enter")
        s.wait("What changes in the file", "+ memory = 2560M")
        s.key("Enter")
        s.wait("debwiz · alpha", "not prepared yet", gone=("What changes", "8 Review of 8"))
        with open(os.path.join(home.machines, "alpha.ini"), encoding="utf-8") as text:
            self.assertIn("memory = 2560M\n", text.read())
        self.leave(s)

    @unittest.skipUnless(shutil.which("qemu-io"), "there is no qemu-img")
    def test_edit_shows_when_each_change_takes_effect(self):
        home, s = self.at_home("alpha", disk_size="128G")
        self.disk(home, "alpha")
        s.wait("○ ready")
        s.key("e")
        s.wait("alpha · edit")
        s.click_text("Processor")
        s.wait("Processor and memory")
        s.key("Down")
        s.type("2560M")
        s.click_text("Disk")
        s.wait("Disk of")
        s.type("200G")
        s.wait(re.compile("▸ Disk +200G"))
        s.click_text("Review")
        s.wait("128G → 200G", "grows at the next boot", "→ 2560M", "takes effect at the next boot")
        s.click_text("Disk ✓")
        s.wait("Disk of")
        s.key("C-u")
        s.type("64G")
        s.wait("✗")
        s.key("C-u")
        s.type("128G")
        s.click_text("System")
        s.wait("The system on")
        s.click_text("User")
        s.key("C-u")
        s.type("somebody")
        s.click_text("Review")
        s.wait("build → somebody", "only for new machines")
        s.key("C-q")
        s.wait("have not been saved")
        s.key("Right", "Enter")
        self.assertEqual(s.wait_end(), 0)

    def test_save_as_never_overwrites_an_unseen_file(self):
        home, s = self.at_home("alpha")
        other = os.path.join(home.root, "other.ini")
        with open(other, "w", encoding="utf-8") as text:
            text.write("; precious\n")
        s.key("n")
        s.wait("Which machine")
        s.key("Tab")
        s.type("fresh")
        s.click_text("Review")
        s.wait("8 Review of 8", "p save as")
        s.key("p")
        s.wait("Save as", "Tab complete")
        s.key("C-u")
        s.type(home.root + "/oth")
        s.key("Tab")
        s.wait("/other.ini")
        s.key("Enter")
        s.wait("Writes ~/other.ini", gone="Tab complete")
        s.key("Right", "Right", "Enter")
        s.wait("The file already exists", "is another file; writing replaces it", "- ; precious",
               "+ name = fresh")
        s.key("Enter")                  # Back is what Enter takes
        s.wait("8 Review of 8", gone="precious")
        with open(other, encoding="utf-8") as text:
            self.assertEqual(text.read(), "; precious\n")
        s.key("p")
        s.wait("Tab complete")
        s.key("C-u")
        s.type("no-ini")
        s.key("Enter")
        s.wait("not a file name that ends in .ini")
        s.key("C-u")
        s.type(home.root + "/fresh.ini")
        s.key("Enter")
        s.wait("Writes ~/fresh.ini", gone="Tab complete")
        s.key("Enter")
        s.wait("debwiz · fresh", "not prepared yet")
        self.assertTrue(os.path.exists(os.path.join(home.root, "fresh.ini")))
        self.leave(s)

    def test_file_changed_by_another(self):
        home, s = self.at_home("alpha")
        s.key("e")
        s.wait("alpha · edit", "1 Machine of 8")
        path = os.path.join(home.machines, "alpha.ini")
        os.utime(path)                  # written again unchanged: no notice
        s.settle(300)
        self.assertFalse(s.has("changed"), s.text())
        with open(path, "a", encoding="utf-8") as text:
            text.write("[cpu]\ncount = 2\n")
        s.wait("alpha · edit · the file has changed", "Another program has changed the file")
        s.click_text("Disk")
        s.wait("Disk of")
        s.type("200G")
        s.click_text("Review")
        s.wait("8 Review of 8")
        s.key("Right", "Right", "Enter")
        s.wait("The file has changed", "- count = 2")
        s.key("Enter")          # Back is what Enter takes
        s.wait("8 Review of 8", gone="The file has changed")
        with open(os.path.join(home.machines, "alpha.ini"), encoding="utf-8") as text:
            self.assertIn("count = 2\n", text.read())
        s.key("Enter")
        s.wait("The file has changed", "- count = 2")
        with open(path, "a", encoding="utf-8") as text:
            text.write("model = max\n")     # while the difference is read
        s.key("Left", "Enter")          # Write it: not over what was not shown
        s.wait("The file has changed", "- count = 2", "- model = max")
        s.key("Esc")
        s.wait("8 Review of 8", gone="The file has changed")
        with open(path, encoding="utf-8") as text:
            self.assertIn("model = max\n", text.read())
        s.key("C-q")
        s.wait("have not been saved")
        s.key("Right", "Enter")
        self.assertEqual(s.wait_end(), 0)

    def test_clone_rename_delete(self):
        home, s = self.at_home("alpha")
        s.key("C")
        s.wait("Clone alpha", "alpha-2")
        s.type("Be ta")
        s.key("Enter")
        s.wait("a name is small letters")
        s.key("C-u")
        s.type("alpha")
        s.key("Enter")
        s.wait("alpha", re.compile("taken|already|same|is used|there is"))
        s.key("C-u")
        s.type("beta")
        s.key("Enter")
        s.wait("  beta", gone="Clone alpha")
        self.assertTrue(os.path.exists(os.path.join(home.machines, "beta.ini")))
        s.key("Down", "N")
        s.wait("Rename beta")
        s.type("delta")
        s.key("Enter")
        s.wait("delta", gone="beta")
        s.key("End", "D")
        s.wait("Delete it")
        s.key("Esc")
        s.wait("delta", gone="Delete it")
        s.key("D")
        s.wait("Delete it")
        s.key("Right", "Enter")
        s.wait("alpha", gone="delta")
        self.assertFalse(os.path.exists(os.path.join(home.machines, "delta.ini")))
        self.leave(s)

    @unittest.skipUnless(shutil.which("qemu-io"), "there is no qemu-img")
    def test_large_clone_shows_progress_and_is_cancelled(self):
        home, s = self.at_home("alpha")
        disk = self.disk(home, "alpha")
        size = os.path.getsize(disk)
        os.truncate(disk, 1 << 40)      # a hole that takes long to read
        s.wait("○ ready")
        s.key("C")
        s.wait("Clone alpha")
        s.type("beta")
        s.key("Enter")
        s.wait("A copy is being made", re.compile(r"\d %"), "C cancel")
        part = os.path.join(home.root, "data", "debwiz", "machines", "beta.part")
        self.assertTrue(os.path.exists(part))
        s.key("C")
        s.wait("debwiz · machines", gone=("being made", "being stopped"))
        self.assertFalse(os.path.exists(part))
        self.assertFalse(os.path.exists(os.path.join(home.machines, "beta.ini")))
        os.truncate(disk, size)
        s.key("C")
        s.wait("Clone alpha")
        s.type("beta")
        s.key("Enter")
        s.wait("  beta", gone=("Clone alpha", "being made"))
        self.assertTrue(os.path.exists(disk.replace("alpha", "beta")))
        self.leave(s)

    @unittest.skipUnless(shutil.which("qemu-io"), "there is no qemu-img")
    def test_leaving_during_a_copy_asks_and_cancels_it(self):
        for how in ("F10", "SIGTERM"):
            home, s = self.at_home("alpha")
            os.truncate(self.disk(home, "alpha"), 1 << 40)
            s.wait("○ ready")
            s.key("C")
            s.wait("Clone alpha")
            s.type("beta")
            s.key("Enter")
            s.wait("A copy is being made", re.compile(r"\d %"))
            part = os.path.join(home.root, "data", "debwiz", "machines", "beta.part")
            self.assertTrue(os.path.exists(part))
            if how == "F10":
                s.key("F10")
                s.wait("A copy of alpha is being made", "Stop it and leave")
                s.key("Esc")
                s.wait("A copy is being made", gone="Stop it")
                s.key("Esc", "q")
                s.wait("A copy of alpha is being made", "Stop it and leave")
                s.key("Right", "Enter")
            else:
                s.signal(signal.SIGTERM)
            self.assertEqual(s.wait_end(), 130)
            self.assert_given_back(s)
            self.assertFalse(os.path.exists(part))
            self.assertFalse(os.path.exists(os.path.join(home.machines, "beta.ini")))

    def test_large_terminals_show_more_columns(self):
        home = self.home()
        for i in range(40):
            home.machine("machine-%02d" % i, cpu_memory="%dG" % (1 + i % 2))
        s = self.screen(home, "--offline", rows=40, columns=120)
        s.wait("▸ machine-00", "1.0 G memory", re.compile(r"File +~/config/debwiz/machines/machine-00.ini"))
        s.key("Down")
        s.wait("▸ machine-01", "2.0 G memory", "machines/machine-01.ini", gone="1.0 G memory")
        s.key("End")
        s.wait("▸ machine-39", "machines/machine-39.ini", "↑")
        self.assertEqual(s.text().count("machine-39"), 4, s.text())     # row, name, ssh, file
        s.resize(24, 80)
        s.wait("▸ machine-39", gone="Processor")
        s.resize(50, 132)
        s.wait("▸ machine-39", "Processor")
        home.machine("machine-39", cpu_memory="512M")   # by another program
        s.wait("512.0 M memory")
        self.leave(s)

    def test_invalid_files_are_reported(self):
        home = self.home()
        home.machine("abcdefghijklmnopqrstuvwxyz12345")
        home.machine("broken", text="[machine]\nname = broken\narch = none\n")
        home.machine("other", text="[machine]\nname = another\n")
        s = self.screen(home, "--offline")
        s.wait("abcdefghijklmnopqrstuvwxyz12345: Saved, but",
               re.compile(r"broken .*✗ invalid file"), re.compile(r"other .*✗ invalid file"))
        s.key("Down")
        s.wait("~/config/debwiz/machines/broken.ini:3: machine.arch", "choose armhf", gone="b boot")
        s.key("Enter")
        s.wait("✗ invalid file", "choose armhf, arm64, amd64", "Enter edit", gone="prepare")
        s.key("Enter")
        s.wait("broken · edit", "Machine ✗")
        s.key("Esc", "Esc", "Down")
        s.wait(re.compile(r"it is another, and the\s+file's name says other"))
        s.key("D")
        s.wait("has the machine name another", "Close")    # another is not deleted for it
        s.key("Esc", "s")
        s.wait("other does not run", "Esc close", gone=("Enter", "←→"))
        s.key("Esc", "/")
        s.type("zzz")
        s.wait('contains "zzz"')
        s.key("Esc")
        s.wait("q quit", gone="zzz")
        s.key("Home", "C")
        s.wait("abcdefghijklmnopqrstuvwxyz123-2")           # a name that can be taken
        s.key("Esc")
        self.leave(s)

    def test_of_a_running_machine(self):
        home = self.home()
        guest = Guest(home)
        self.addCleanup(guest.close)
        guest.says("Debian GNU/Linux 12 m ttyAMA0\r\n\r\n10%\r20%\r\nm login: ")
        s = self.screen(home, "m")
        s.wait("● running", "\n    20%\n    m login:", gone="10%")
        for key, title in (("C", "Clone"), ("N", "Rename"), ("X", "Recreate"), ("D", "Delete")):
            s.key(key)
            s.wait("─ %s ─" % title, "m is running", "stop it first", gone=": the")
            s.key("Esc")
            s.wait("Enter console", gone="stop it first")
        s.key("K")
        s.wait("─ Kill ─")
        s.key("Esc", "l")
        s.wait("console log", "m login:", "follows", gone="End follow")
        s.key("/")
        s.type("LOGIN")
        s.wait("Enter find", "Esc cancel", gone="Esc back")
        s.key("Enter")
        s.wait("Esc back", gone="Not found")
        s.resize(30, 100)
        s.wait("console log", "n N next", gone="Not found")
        guest.says("build\r\n")
        s.wait("m login: build")
        s.key("/")
        s.type("nowhere")
        s.key("Enter")
        s.wait("Not found: nowhere")
        s.key("Esc", "Esc")
        self.leave(s)

    def test_another_program_changes_the_list(self):
        home, s = self.at_home("alpha")
        home.machine("beta")
        s.wait("beta")
        os.unlink(os.path.join(home.machines, "beta.ini"))
        s.wait("alpha", gone="beta")
        s.key("Enter")
        s.wait("debwiz · alpha", "Enter prepare and boot")
        home.machine("alpha", cpu_memory="512M")
        s.wait("debwiz · alpha", "512.0 M memory")
        os.unlink(os.path.join(home.machines, "alpha.ini"))
        s.wait("debwiz · machines", "No machine yet")
        self.leave(s)

    def test_a_name_alone_opens_the_machine(self):
        home = self.home()
        path = home.machine("alpha")
        for ref in ("alpha", path):
            s = self.screen(home, ref)
            s.wait("debwiz · alpha", "Enter prepare and boot")
            s.key("Esc")
            s.wait("debwiz · machines")
            self.leave(s)
        s = self.screen(home, "no-such")
        self.assertEqual(s.wait_end(), 2)
        self.assertIn("there is no verb no-such", s.text())

    def test_idle_uses_no_cpu(self):
        _, s = self.at_home("alpha")
        s.settle(300)
        before = s.cpu()
        s.settle(1000)
        self.assertLessEqual(s.cpu() - before, 1)
        self.leave(s)

    def test_hostile_texts(self):
        home = self.home()
        home.machine("evil", text="[machine]\nname = evil\narch = \x1b[2J%n%s\nrelease = bookworm\n")
        home.machine("fine")
        s = self.screen(home)
        s.wait("debwiz · machines", "evil", "fine")
        s.key("Enter")
        s.wait("debwiz · evil")
        s.key("e")
        s.settle()
        self.assertNotIn(b"\033[2J%n", s.raw())
        s.key("Esc", "Esc", "Esc")
        self.leave(s)


if __name__ == "__main__":
    lib.main()
