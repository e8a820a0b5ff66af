# SPDX-License-Identifier: MIT
"""What the questions are answered with: lists of items, drop-downs, files with completion, a
password, check boxes, the folded questions; by keys and by mouse."""
import os
import re

import lib
import walk
import world


class Widgets(world.Case):
    def page(self, name, *more):
        home = self.world_home()
        s = self.screen(home, *walk.arguments(home), "--set", "machine.release=bookworm", *more)
        s.wait("Which machine")
        for heading in walk.HEADINGS[1:walk.HEADINGS.index(name) + 1]:
            s.key("Enter")
            s.wait(heading)
        return home, s

    def quit(self, s):
        s.key("C-q")
        s.wait("have not been saved")
        s.key("Right", "Enter")
        self.assertEqual(s.wait_end(), 0)

    def test_items_are_added_changed_removed(self):
        _, s = self.page("Network and devices")
        s.key("Down", "Down", "Space")
        s.wait("Forwarded ports", re.compile("SSH on 2222 +127.0.0.1:2222:22"), "Enter accept")
        s.type("8080")
        s.key("Enter")
        s.wait('"8080" is not a forward')
        s.key("C-u")
        s.type("127.0.0.1:8080:80")
        s.key("Enter")
        s.wait(re.compile(r"\n +127.0.0.1:8080:80\n"), gone="Enter accept")
        s.key("Up", "Enter")
        s.wait("Enter accept")
        s.key("End", "Backspace", "Backspace")
        s.type("443")
        s.key("Enter")
        s.wait("127.0.0.1:8080:443", gone="Enter accept")
        s.key("Delete")
        s.wait("127.0.0.1:auto:22", gone="8080")
        self.quit(s)

    def test_structured_items_are_completed(self):
        home, s = self.page("Network and devices")
        here = os.path.join(home.box.home, "of,mine")
        os.makedirs(os.path.join(here, "inner"))
        for name in ("disk.img", "disk.qcow2"):
            with open(os.path.join(here, name), "wb"):
                pass
        s.click_text("Shared folders")
        s.wait("path=", "~/", "Tab complete")
        s.type("~/of")
        s.key("Tab")                    # a comma within a value is doubled
        s.wait("~/of,,mine/", re.compile(r"tag= +its name"), "inner/", gone="disk.img")
        s.key("Down", "Enter")
        s.wait("of,,mine/,tag=", gone="its name")
        s.key("Enter")
        s.wait("has a bad tag", "Enter accept")
        s.type("src")
        s.wait("tag=src", re.compile("readonly= +default: off"))
        s.key("Enter")
        s.wait(re.compile(r"Shared folders +path=~/of,,mine/,tag=src\n"), gone="Enter accept")
        s.click_text("Advanced")
        s.click_text("Further drives")
        s.wait("Tab complete", "path=")
        s.type("~/of,,mine/di")
        s.wait("disk.img", "disk.qcow2", gone="inner/")
        s.key("Down", "Down", "Enter")  # what must follow is begun
        s.wait("disk.qcow2,format=", re.compile(r"\n[^\n]*raw *│\n[^\n]*qcow2 *│"))
        s.type("q")
        s.key("Tab")
        s.wait("format=qcow2", re.compile("readonly= +default: off"), gone="raw ")
        s.key("Down", "Enter", "Down", "Enter")
        s.wait(re.compile(r"Further drives +path=~/of,,mine/disk.qcow2"), gone="Enter accept")
        s.key("Up", "Enter")
        s.wait("disk.qcow2,format=qcow2,readonly=on", "Enter accept")
        s.key("Esc")
        s.wait("Further drives", gone="Enter accept")
        self.quit(s)

    def test_drop_down_by_keys_and_mouse(self):
        _, s = self.page("Network and devices")
        s.key("Space")
        s.wait("bridge", "not supported yet")
        s.key("C-c", "C-q")             # asked once, over the list
        s.wait("have not been saved")
        s.key("Esc")
        s.wait("bridge", gone="have not been")
        s.key("Down", "Down", "Enter")
        s.wait("not supported yet", "Enter accept")
        s.key("Up", "Enter")
        s.wait("‹none›", gone="Enter accept")
        s.click_text("‹none›")
        s.wait("Enter accept")
        s.type("us")
        s.wait("▸ user", gone="bridge")
        s.key("Enter")
        s.wait("‹user›")
        s.click_text("USB")
        s.wait(re.compile(r"USB +\[x\]"))
        s.click_text("Esc back")
        s.wait("Disk of")
        self.quit(s)

    def test_clicks_hit_what_is_under_them(self):
        _, s = self.page("Network and devices")
        s.resize(40, 120)
        s.wait("│ [machine]")
        row, column = s.find("USB")
        self.assertRegex(s.lines()[row], r"USB +\[ \]")
        s.click(row, 110)               # in the file beside
        s.settle()
        self.assertRegex(s.lines()[row], r"USB +\[ \]")
        s.click(row, column)
        s.wait(re.compile(r"▸ USB +\[x\]"))
        s.click_text("Machine")
        s.wait("Which machine")
        row, column = s.find("Name   armhf-bookworm")
        s.click(row, column + 12)       # before the dash; the rest of the name stays
        s.type("x")
        s.wait(re.compile("▸ Name +armhfx-bookworm"))
        s.click(row, column + 9)
        s.type("y")
        s.wait(re.compile("▸ Name +arymhfx-bookworm"))
        self.quit(s)

    def test_no_text_is_cut_beside_the_ini_file(self):
        _, s = self.page("Network and devices")
        s.resize(24, 100)
        s.wait("│ [machine]", "Isolated network and 7 more")
        s.key("Esc", "Esc")
        s.wait("auto (2)", "auto (cortex-a15)")
        s.click_text("auto (cortex")
        s.wait("▸ CPU model", "auto (cortex-a15)")
        self.quit(s)

    def test_password_is_asked_twice_and_not_shown(self):
        home, s = self.page("The system on")
        s.key("Down", "Space")
        s.wait("Password", "Enter accept")
        s.type("geheim")
        s.wait("******")
        s.key("Enter")
        s.wait("password again")
        s.type("anders")
        s.key("Enter")
        s.wait("differs from the first password")
        s.key("C-u")
        s.type("geheim")
        s.key("Enter")
        s.wait(re.compile("▸ Password +‹set"), gone="password again")
        self.assertNotIn(b"geheim", s.raw())
        # unchanged after a second look
        s.key("Space")
        s.wait("it stays as it is", "Enter accept")
        s.key("Enter")
        s.wait(re.compile("▸ Password +‹set"), "Del remove", gone="Enter accept")
        s.key("Delete")
        s.wait(re.compile("▸ Password +‹none"), gone="Del remove")
        s.key("Space")
        s.wait("Enter accept")
        s.type("geheim")
        s.key("Enter")
        s.wait("password again")
        s.type("geheim")
        s.key("Enter")
        s.wait(re.compile("▸ Password +‹set"), gone="password again")
        s.click_text("Review")
        s.wait("8 Review of 8")
        s.key("i")
        s.wait("[machine]", "─ ~/config/debwiz/machines/armhf-bookworm.ini ─")
        self.assertFalse(s.has("geheim"))
        s.key("End")
        s.key("Esc")
        self.quit(s)
        del home

    def test_folded_questions_and_files(self):
        home, s = self.page("Debian release for armhf")
        os.makedirs(os.path.join(home.root, "keys", "archive"))
        with open(os.path.join(home.root, "keys", "archive", "ring.gpg"), "wb"):
            pass
        with open(os.path.join(home.root, "keys", "a\033[2J%n\ttail\u202eevil"), "wb"):
            pass
        s.wait("signatures verified")
        s.click_text("Advanced")
        s.wait("Proxy", gone="Advanced")
        s.click_text("Further keyring")
        s.wait("F2 choose")
        s.key("F2")
        s.wait("Tab complete")
        s.key("C-u")
        s.type(home.root + "/ke")
        s.key("Tab")
        s.wait("/keys/", "a?[2J%n tail?evil")   # as harmless as any other name
        self.assertNotIn(b"\033[2J%n", s.raw())
        s.type("ar")
        s.key("Tab")
        s.wait("/keys/archive/")
        s.key("Down", "Enter")
        s.wait("ring.gpg", gone="Tab complete")
        self.quit(s)

    def test_a_refused_path_changes_nothing(self):
        home = self.home()
        os.makedirs(os.path.join(home.root, "mine"))
        s = self.screen(home, "new", "--offline")
        s.wait("Which machine")
        s.click_text("Review")
        s.wait("8 Review of 8", "Writes ~/config/debwiz/machines/")
        s.key("p")
        s.wait("Save as", "Enter accept")
        s.key("C-u")
        s.type("foo")
        s.key("Enter")
        s.wait("not a file name that ends in .ini")
        s.key("Esc")
        s.wait("Writes ~/config/debwiz/machines/", gone="Enter accept")
        s.key("p")
        s.wait("Save as", "Enter accept")
        s.key("C-u")
        s.type("~/mi")
        s.key("Tab")
        s.wait("~/mine/")
        s.type("box.ini")
        s.key("Enter")
        s.wait("Writes ~/mine/box.ini", gone="Enter accept")
        s.key("Right", "Right", "Enter")
        s.wait("Enter prepare and boot", "~/mine/box.ini")
        self.assertEqual(os.listdir(os.path.join(home.root, "mine")), ["box.ini"])
        # One file is what a machine is made from.
        s.key("e")
        s.wait("· edit")
        s.click_text("Review")
        s.key("p")
        s.wait("Save as", "Enter accept")
        s.key("C-u")
        s.type("~/mine/two.ini")
        s.key("Enter")
        s.wait("has one file, the one that is edited")
        s.key("Esc")
        s.wait("Writes ~/mine/box.ini", gone="Enter accept")
        self.leave(s)

    def test_set_of_a_hidden_question_is_reported(self):
        s = self.screen(self.home(), "new", "--offline", "--set", "boot.cmdline=quiet")
        s.wait("Which machine", "--set: boot.cmdline: with mode = uefi")
        s.click_text("Start-up")
        s.wait("How armhf", gone="--set:")
        s.key("Down", "Space")
        s.wait("(•) direct", re.compile("Kernel command line +quiet"))
        self.quit(s)

    def test_typing_filters_the_list(self):
        _, s = self.page("The system on")
        s.click_text("Time zone")
        s.wait("F2 choose")
        s.key("F2")
        s.wait("Africa/", "type to find", "Enter accept")
        s.type("erli")
        s.wait("Europe/Berlin", gone="Africa/")
        s.key("Down", "Enter")
        s.wait(re.compile("▸ Time zone +Europe/Berlin"), gone="Enter accept")
        s.key("F2")
        s.wait("Enter accept")
        s.type("nowhere")
        s.wait("nothing in the list contains it")
        s.key("Enter")                  # it is taken as typed, and what is wrong with it is said
        s.wait(re.compile("▸ Time zone +nowhere"), "is not a time zone of Debian", gone="Enter accept")
        s.click_text("Review")
        s.wait("7 System of 8", "System ✗")
        self.quit(s)

    def test_cursor_is_at_the_text(self):
        home = self.home()
        home.machine("m")
        s = self.screen(home, "--offline")

        def at(text):
            s.type(text)
            s.wait(text)
            row, column = s.find(text)
            wide = sum(2 if c > "\u2e80" else 1 for c in text)
            s.until(lambda _: s.cursor() == (row, column + wide), "the cursor behind " + text)
        s.wait("▸ m")
        s.key("/")
        at("äöü")
        s.key("Esc", "C")
        s.wait("Clone m")
        s.key("C-u")
        at("ñ中文x")
        s.key("C-u")
        s.type("x" * 100)               # longer than the field
        s.until(lambda _: s.cursor() and s.cursor()[1] <= 77, "the cursor in the field")
        s.key("Esc", "?", "/")
        at("über")
        s.key("Esc", "Esc")
        self.leave(s)

    def test_packages_of_the_release(self):
        _, s = self.page("The system on", "--set", "mirror.security=no", "--set", "mirror.updates=no")
        s.click_text("Further packages")
        s.wait("type a part of the name", "Enter accept")
        s.type("dbus-nothing")
        s.wait("no package of bookworm")
        s.key("Enter")
        s.wait('bookworm has no package "dbus-nothing"', "Enter accept")
        s.key("C-u")
        s.type("dbus")
        s.wait(re.compile(r"dbus +1\."))
        s.key("Down")
        s.wait(re.compile(r"\n  dbus 1\.\S+: "))           # completely, even if the list cuts it
        s.key("Enter")
        s.wait(re.compile(r"Further packages +dbus\n"), gone="Enter accept")
        self.quit(s)

    def test_complete_texts_are_not_cut(self):
        for offline in ([], ["--offline"]):
            with self.subTest(offline=offline):
                self.nothing_is_cut(offline)

    def nothing_is_cut(self, offline):
        if offline:                     # no --set that would show what is folded
            s = self.screen(self.home(), "new", *offline)
            s.wait("Which machine")
            s.key("Enter")
        else:
            _, s = self.page("Debian release for armhf")
        for heading in walk.HEADINGS[1:6]:
            heading = heading.replace("bookworm", "trixie") if offline else heading
            s.wait(heading, gone="◐")
            self.assertNotIn("…", "".join(s.lines()[3:-3]), s.text())
            if s.has("Advanced"):
                s.click_text("Advanced")
                s.wait(heading, gone="Advanced")
            self.assertNotIn("…", "".join(s.lines()[3:-3]), s.text())
            s.key("Home")               # a text's own, where the cursor is in one
            s.key("BackTab", "BackTab", "Enter")
        (self.leave if offline else self.quit)(s)

    def test_home_end_and_advanced(self):
        _, s = self.page("Network and devices")
        s.key("End")
        s.wait("Space show them")
        s.key("Space")
        s.wait(re.compile("▸ Isolated network"))
        s.key("End")
        s.wait(re.compile(r"▸ .* \+ add"))
        s.key("Home")
        s.wait("▸ Network")
        self.quit(s)

    def test_releases_are_requested_once(self):
        """With every architecture and other answers on the page."""
        asked = self.counted("/bookworm/InRelease")
        _, s = self.page("Which machine")
        for arch in ("arm64", "amd64", "armhf"):
            s.click_text(arch)
            s.wait("(•) " + arch)
            s.click_text("Release")
            s.wait("Debian release for " + arch, "signatures verified")
            s.click_text("Stable updates")
            s.wait("signatures verified")
            s.click_text("Machine")
            s.wait("Which machine")
        self.assertEqual(len([p for p in asked if "bookworm/" in p]), 1, asked)
        self.quit(s)

    def test_keys_and_files_are_suggested(self):
        for found in (False, True):
            with self.subTest(found=found):
                home = self.home()
                os.makedirs(os.path.join(home.root, "more"))
                os.makedirs(os.path.join(home.root, ".ssh"))
                for name in ["more/other.pub", "more/other"] + [".ssh/id_ed25519.pub"] * found:
                    with open(os.path.join(home.root, name), "w", encoding="utf-8") as key:
                        key.write("ssh-ed25519 AAAA me\n")
                s = self.screen(home, "new", "--offline")
                s.wait("Which machine", gone="◐")
                s.click_text("System")
                s.wait("The system on")
                s.click_text("SSH public keys")
                s.wait("Enter accept", "Tab complete")
                if found:
                    s.wait("~/.ssh/id_ed25519.pub")
                    s.key("Down", "Enter")
                    s.wait(re.compile(r"SSH public keys +~/.ssh/id_ed25519.pub\n"), gone="Enter accept")
                    s.wait(re.compile(r"▸ +\+ add"))
                    s.key("Space")
                    s.wait("Enter accept")
                s.type("~/mo")
                s.key("Tab")
                s.wait("~/more/", "other.pub", gone="id_ed25519.pub   ")
                self.assertFalse(re.search(r"other *│", s.text()), "a private key is offered")
                s.type("o")
                s.key("Tab", "Enter")
                s.wait(re.compile(r" ~/more/other.pub\n"), gone="Enter accept")
                self.quit(s)

    def test_relative_paths_begin_at_the_file(self):
        """As for all that read it, not from where debwiz was started; it is offered as it holds anywhere."""
        home = self.home()
        os.makedirs(os.path.join(home.machines, "disks"))
        os.makedirs(os.path.join(home.root, "disks-here"))
        for name in ("a.img", "b.img"):
            with open(os.path.join(home.machines, "disks", name), "wb"):
                pass
        s = self.screen(home, "new", "--offline")
        s.wait("Which machine")
        s.click_text("Release")
        s.click_text("Advanced")
        s.click_text("Further keyring")
        s.wait("F2 choose")
        s.key("F2")
        s.wait("Tab complete", "~/", re.compile(r"\n[^\n│]*│ +/ +│"))
        s.type("dis")
        s.wait("disks/", gone="disks-here")
        s.key("Tab")
        s.wait("~/config/debwiz/machines/disks/", "a.img", "b.img")
        s.key("Down", "Down", "Enter")
        s.wait("/config/debwiz/machines/disks/b.img", gone="Tab complete")
        self.quit(s)

    def test_warnings_are_shown_on_their_page(self):
        _, s = self.page("Processor and memory")
        s.key("C-u")
        s.type("8")
        cpus = os.cpu_count()
        if cpus < 8:
            s.wait("more CPUs than this host's %d make the machine slower" % cpus)
            s.key("C-u")
            s.type("1")
            s.wait(re.compile("▸ CPUs +1"), gone="make the machine slower")
        s.click_text("Devices")
        s.click_text("+ add")
        s.wait("Enter accept")
        s.type("0.0.0.0:8022:22")
        s.key("Enter")
        s.wait("others on your network can reach this port", gone="Enter accept")
        self.quit(s)

    def slow_qemu(self, home):
        """QEMU says its version when it is let; gives the pipe it waits for and the note of each asking."""
        hold, asked = (os.path.join(home.root, name) for name in ("hold", "asked"))
        with open(home.box.qemu, encoding="utf-8") as text:
            script = text.read()
        with open(home.box.qemu, "w", encoding="utf-8") as out:
            out.write(script.replace('*" --version "*) ', '*" --version "*) echo x >>"%s"; '
                                     '[ ! -p "%s" ] || read x <"%s"; ' % (asked, hold, hold)))
        os.mkfifo(hold)
        return hold, asked

    def release(self, hold):
        pipe = os.open(hold, os.O_RDWR)     # whoever waits for it gets a line
        os.write(pipe, b"\n" * 100)
        os.unlink(hold)
        return pipe

    def test_late_command_stays_in_its_view(self):
        home, s = self.page("The system on")
        s.click_text("Review")
        s.wait("8 Review of 8", gone="◐")
        hold, _ = self.slow_qemu(home)
        s.key("c")
        s.wait("starting QEMU")
        s.key("Esc")
        s.wait("The system on")
        self.addCleanup(os.close, self.release(hold))
        s.settle(500)
        self.assertFalse(s.has("QEMU's command line"), s.text())
        s.click_text("Review")
        s.wait("8 Review of 8")
        s.key("c")
        s.wait("QEMU's command line", "-no-user-config")
        s.key("Esc")
        self.quit(s)

    def test_typing_does_not_start_qemu_for_each_letter(self):
        home = self.world_home()
        s = self.screen(home, *walk.arguments(home), "--set", "machine.release=bookworm", columns=150)
        s.wait("Which machine", "guest=armhf-bookworm", gone="◐")
        hold, asked = self.slow_qemu(home)
        s.key("Tab", "C-u")
        s.type("abcdefgh")
        s.wait("name = abcdefgh", "guest=armhf-bookworm")   # until then the old one is shown
        self.addCleanup(os.close, self.release(hold))
        s.wait("guest=abcdefgh", gone="guest=armhf-bookworm")
        with open(asked, encoding="utf-8") as text:
            self.assertLessEqual(len(text.readlines()), 3)
        self.quit(s)

    def test_help_for_each_field(self):
        _, s = self.page("Disk of")
        s.key("F1")
        s.wait("Help", "In the file: [disk] size")
        s.key("Esc")
        s.wait("Disk of", gone="In the file")
        s.key("Down", "?")
        s.wait("Help", "In the file: [disk] bus")
        s.key("Enter")
        s.wait("Disk of", gone="In the file")
        self.quit(s)


if __name__ == "__main__":
    lib.main()
