# SPDX-License-Identifier: MIT
"""A person's first machine: from the questions over the saved file, its preparation and its boot to
its stop; then the file again. Against the fixture archive and a fake QEMU."""
import glob
import os
import re
import unittest

import lib
import world

EXPECTED = """; debwiz machine; "debwiz --help" and the man page explain every key

[machine]
format = 1
name = armhf-bookworm
arch = armhf
release = bookworm
method = bootstrap

[mirror]
url = URL
security = no
updates = no
keyring = KEYRING
components = main

[firmware]
mode = uefi

[cpu]
memory = MEMORY

[disk]
size = 16G

[system]
user = build
timezone = UTC
profile = base

[qemu]
binary = QEMU
"""
# Powers off when it is asked to.
BOOTED = """up
serial Debian GNU/Linux 12 m ttyAMA0\\n\\nm login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae
C system_powerdown
R
E SHUTDOWN {"guest": true, "reason": "guest-shutdown"}
exit 0
"""


# The same, and it does not come up before the test permits it.
SLOW_BOOT = BOOTED.replace("serial ", "serial The kernel says hello\\n\nfile go\nserial ", 1)


class FirstRun(world.Case):
    def answers(self, home):
        return ["new", *home.settings(), "--set", "mirror.components=main",
                "--set", "disk.size=16G"]

    def to_release(self, s):
        s.wait("Which machine", "(•) armhf")
        s.key("Enter")
        s.wait("Debian release for armhf", "signatures verified")

    def choose_bookworm(self, s):
        s.key("Down", "Space")
        s.wait(re.compile(r"▸ \(•\) bookworm +12"))
        for name in ("Security updates", "Stable updates"):
            s.key("Tab", "Space")
            s.wait(re.compile(r"▸ %s +\[ \]" % name))

    def to_review(self, s):
        """With the small set of packages, which is what the fixture holds."""
        for heading in ("How armhf-bookworm starts", "Processor and memory", "Disk of",
                        "Network and devices", "The system on"):
            s.key("Enter")
            s.wait(heading)
        s.key("Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Up", "Space")
        s.wait(re.compile(r"▸ \(•\) base"))
        s.key("Enter")
        s.wait("8 Review of 8", "Next time")

    def test_from_nothing_to_a_running_machine(self):
        home = self.world_home()
        s = self.screen(home, *self.answers(home))
        self.to_release(s)
        self.choose_bookworm(s)
        self.to_review(s)
        self.assert_neat(s)
        s.key("Right", "Enter")
        s.wait("armhf-bookworm is ready to boot.")
        ini = home.ini("armhf-bookworm")
        expected = EXPECTED.replace("URL", home.box.url + "/debian")
        expected = expected.replace("KEYRING", self.world.archive.keys.ring("pinned"))
        expected = expected.replace("QEMU", home.box.qemu)
        memory = re.search(r"memory = (\S+)", ini)
        self.assertEqual(ini, expected.replace("MEMORY", memory.group(1) if memory else ""))
        folder = os.path.join(home.box.data, "machines", "armhf-bookworm")
        self.assertTrue(world.faultlib.is_whole(os.path.join(folder, "disk.qcow2")))
        s.key("l")
        s.wait("armhf-bookworm · log", "all done")
        s.key("Esc")
        s.wait("is ready to boot")
        home.plays(BOOTED)
        s.key("Enter")
        s.wait("○ ready", "Enter boot")
        s.key("Enter")
        s.wait("armhf-bookworm is up.")
        s.key("Enter")
        s.wait("● running", "6.1.0-1-armmp-lpae")
        s.key("s")
        s.wait("○ ready", "Enter boot")
        s.key("Esc")
        s.wait("debwiz · machines", "○ ready")
        self.leave(s)

    def test_watching_a_boot(self):
        """The console is one key away from the moment that QEMU runs, on each screen that shows the machine; what was
        done before is one row there."""
        home = self.world_home()
        home.machine("m", mirror_components="main", mirror_security="no", mirror_updates="no",
                     disk_size="16G", system_profile="base")
        s = self.screen(home, "open", "m", *home.settings())
        s.wait("Enter prepare and boot")
        s.key("p")
        s.wait("✓ Release", "✓ Configure", "m is ready to boot.", gone=("Done before", "c console"))
        s.key("Enter")
        s.wait("Enter boot", gone="c console")
        home.plays(SLOW_BOOT)
        s.key("Enter")
        s.wait(re.compile(r"✓ Done before +\d+ steps +unchanged\n"), "◐ Boot", "c console",
               gone=("Release", "Configure", "Disk"))
        s.key("v")
        s.wait("✓ Release", "unchanged", gone="Done before")
        s.key("v")
        s.wait("Done before")
        s.key("c")
        s.wait("The kernel says hello", "^A ? keys")
        s.key("C-a", "d")
        s.wait("Done before", "c console")
        s.key("Esc")
        s.wait("debwiz · m", "Enter progress  c console")
        s.key("c")
        s.wait("The kernel says hello", "^A ? keys")
        s.key("C-a", "d")
        s.wait("debwiz · m", "Enter progress  c console")
        s.key("Esc")
        s.wait("debwiz · machines", "Enter progress", "c console")
        s.key("c")
        s.wait("The kernel says hello", "^A ? keys")
        s.key("C-a", "d")
        s.wait("debwiz · machines")
        s.key("Enter")
        s.wait("◐ Boot", "c console")
        with open(os.path.join(home.box.run_dir, "debwiz", "m", "go"), "w", encoding="ascii"):
            pass
        s.wait("m is up.", "Enter the machine  c console")
        s.key("c")
        s.wait("m login:", "^A ? keys")
        s.key("C-a", "d")
        s.wait("m is up.")
        s.key("Enter")
        s.wait("Enter console")
        s.key("s")
        s.wait("Enter boot", gone="c console")
        self.leave(s)

    def test_cancel_and_continue(self):
        home = self.world_home()
        home.plays("up\nwait 600000\n")
        s = self.screen(home, *self.answers(home))
        self.to_release(s)
        self.choose_bookworm(s)
        self.to_review(s)
        s.key("Right", "Enter")
        s.wait("◐ Configure")
        s.key("Esc")
        s.wait("debwiz · machines", "◐ preparing")
        s.key("C-q")
        s.wait("Work is under way")
        s.key("Esc")
        s.wait("◐ preparing", gone="Work is")
        s.key("Enter")
        s.wait("◐ Configure")
        s.key("C")
        s.wait("Stop the work")
        s.key("Right", "Enter")
        s.wait("Cancelled.", "r continue")
        home.plays(world.faultlib.CONFIGURED)
        before = len(self.world.server.log())
        self.assertTrue(self.pool(0))
        s.key("r")
        s.wait("is ready to boot.")
        self.assertEqual(self.pool(before), [], "what was downloaded is downloaded again")
        self.leave(s)

    def test_a_step_asks(self):
        """The updates are out of step: a dialog asks, and both answers work."""
        home = self.world_home()
        home.machine("m", mirror_components="main", mirror_security="no", disk_size="16G",
                     system_profile="base")
        s = self.screen(home, "open", "m", *home.settings())
        for answer in ("Stop here", "Continue without it"):
            s.wait("Enter prepare and boot")
            s.key("p")
            s.wait("bookworm-updates is left out", "▸  Continue without it     Stop here",
                   "waits for your answer", gone=" left\n")
            if answer == "Stop here":
                s.key("Esc")            # no answer: the work waits, here and wherever one goes
                s.wait("waits for your answer", "a answer", "is left out", gone="Continue without")
                s.key("a")
                s.wait("Continue without it", "Esc answer later")
                s.key("Esc", "Esc")
                s.wait("has a question", "Enter progress")
                s.key("Esc")
                s.wait("has a question", "The work waits", "Enter progress  n new", gone="b boot")
                s.key("Enter")
                s.wait("▸  Continue without it     Stop here")
                s.key("Right", "Enter")
                s.wait("✗ Release", "out of step", "r retry", gone="is left out")
                s.key("Enter")
                s.wait("✗ failed", "stopped: a suite of the mirror is out of step")
            else:
                s.key("Enter")
                s.wait("✓ Release", gone="waits for")
                s.wait("is ready to boot.")
        self.leave(s)

    def saved(self, s):
        s.click_text("Review")
        s.wait("8 Review of 8")
        s.key("Right", "Right", "Enter")

    def test_set_answers_only_the_first_wizard(self):
        home = self.world_home()
        home.machine("m", mirror_url=home.box.url + "/debian", mirror_components="main",
                     mirror_keyring=self.world.archive.keys.ring("pinned"), mirror_security="no",
                     mirror_updates="no", disk_size="16G", system_profile="base",
                     qemu_binary=home.box.qemu)
        # What was changed after it stays changed.
        s = self.screen(home, "new", "--offline", "--set", "cpu.memory=2G", "--set",
                        "machine.name=two")
        s.click_text("Processor")
        s.wait(re.compile("Memory +2G"))
        s.key("Down", "C-u")
        s.type("512M")
        s.wait(re.compile("▸ Memory +512M"))
        self.saved(s)
        s.wait("debwiz · two", "512.0 M", gone="2.0 G")
        s.key("Esc", "C-q")
        self.assertEqual(s.wait_end(), 0)
        # What was added is added once.
        s = self.screen(home, "edit", "m", "--offline", "--set", "network.forward+=127.0.0.1:8080:80")
        s.wait("m · edit")
        self.saved(s)
        s.wait("+ forward = 127.0.0.1:8080:80", "Write it")
        s.key("Enter")
        s.wait("debwiz · m", "Enter prepare and boot")
        s.key("Esc", "C-q")
        self.assertEqual(s.wait_end(), 0)
        # Another machine has nothing to do with it.
        s = self.screen(home, "new", "--set", "machine.name=x")
        s.wait("Which machine")
        s.key("Esc")
        s.wait("have not been saved")
        s.key("Right", "Enter")
        s.wait("debwiz · machines", "▸ m")
        s.key("Enter")
        s.wait("debwiz · m", "p prepare")
        s.key("p")
        s.wait("Nothing of it runs before you agree")   # no wizard wrote this file
        s.key("Right", "Enter")
        s.wait("m is ready to boot.")
        self.assertEqual(os.listdir(os.path.join(home.box.data, "machines")), ["m"])
        self.leave(s)

    def test_set_applies_to_the_opened_machine(self):
        home = self.home()
        for name in ("m", "n"):
            home.machine(name, cpu_memory="1G")
        s = self.screen(home, "open", "m", "--offline", "--set", "cpu.memory=2G")
        s.wait("debwiz · m", "2.0 G")
        s.key("e")
        s.wait("m · edit")
        s.click_text("Processor")
        s.wait(re.compile("Memory +1G"))
        s.key("F10")
        self.assertEqual(s.wait_end(), 0)
        s = self.screen(home, "open", "m", "--offline", "--set", "cpu.memory=2G")
        s.wait("debwiz · m", "2.0 G")
        s.key("Esc")
        s.wait("debwiz · machines", "▸ m")
        s.key("Down", "Enter")
        s.wait("debwiz · n", "1.0 G", gone="2.0 G")
        self.leave(s)
        # not on the list of saved machines
        s = self.screen(home, "--offline", "--set", "cpu.memory=2G")
        self.assertEqual(s.wait_end(), 2)
        self.assertIn("--set and --mirror are for one machine", s.text())

    def prepared(self):
        """A machine `m` on its own screen, ready to boot."""
        home = self.world_home()
        home.machine("m", mirror_components="main", mirror_security="no", mirror_updates="no",
                     disk_size="16G", system_profile="base")
        s = self.screen(home, "open", "m", *home.settings())
        s.wait("Enter prepare and boot")
        s.key("p")
        s.wait("is ready to boot.")
        home.plays(BOOTED)
        s.key("Enter")
        s.wait("○ ready", "Enter boot")
        return home, s

    def test_installed_by_hand(self):
        """The installer's console opens by itself; left, it is a key away; its end leads to what became of it."""
        home = self.world_home()
        home.machine("m", machine_method="installer", machine_installer="manual", firmware_mode="direct",
                     mirror_components="main", mirror_security="no", mirror_updates="no", disk_size="16G")
        home.plays('up\nserial Choose language\\n\nfile left\nE SHUTDOWN {"guest": true, "reason": "guest-reset"}\nexit 0\n')
        s = self.screen(home, "open", "m", *home.settings())
        s.wait("Enter prepare and boot")
        s.key("p")
        s.wait("Choose language", "^A ? keys")
        s.key("C-a", "d")
        s.wait("Installer", "waits for you", "c console", gone="Choose language")
        s.key("c")
        s.wait("Choose language")
        lines, = glob.glob(os.path.join(home.box.run_dir, "debwiz", "base-*"))
        with open(os.path.join(lines, "left"), "wb"):
            pass
        s.wait("Esc leaves")
        s.key("Esc")
        s.wait("stopped before the installation was finished")
        self.leave(s)

    def test_left_while_it_boots(self):
        """Its screen shows what has become of it, and its keys do what they say."""
        home, s = self.prepared()
        gate = os.path.join(home.root, "gate")
        with open(home.box.qemu, encoding="utf-8") as text:
            script = text.read()
        with open(home.box.qemu, "w", encoding="utf-8") as out:     # not before one has left
            out.write(script.replace("\n", "\nwhile [ ! -e '%s' ]; do sleep 0.05; done\n" % gate, 1))
        s.key("Enter")
        s.wait("back, work continues")
        s.key("Esc")
        s.wait("◐ starting", "Enter progress")
        with open(gate, "wb"):
            pass
        s.wait("● running", "6.1.0-1-armmp-lpae", "Enter console")
        s.key("s")
        s.wait("○ ready", "Enter boot")
        self.leave(s)

    def test_deleted_after_a_boot_here(self):
        """A machine that this program booted, stopped and deleted is no longer listed, and another one of its name is
        new: the finished work does not keep it."""
        home, s = self.prepared()
        s.key("Enter")
        s.wait("m is up.")
        s.key("Enter")
        s.wait("● running", "Enter console")
        s.key("s")
        s.wait("○ ready", "Enter boot")
        s.key("Esc")
        s.wait("debwiz · machines", "▸ m")
        s.key("D")
        s.wait("m loses for good", "Delete it")
        s.key("Right", "Enter")
        s.wait("debwiz · machines", "No machine yet", gone=("▸ m", "invalid file", "Delete it"))
        self.assertEqual(os.listdir(home.machines), [])
        home.machine("m", disk_size="16G")
        s.wait("▸ m", "not prepared yet", gone=("ready", "failed"))
        self.leave(s)

    def test_another_program_boots_it(self):
        home, s = self.prepared()
        result = home.box.run("boot", "m", *home.settings())
        self.assertEqual(result.status, 0, str(result))
        s.wait("● running", "Enter console")
        s.key("K")
        s.wait("─ Kill ─")
        s.key("Right", "Enter")
        s.wait("Enter boot", gone="running")
        self.leave(s)

    def test_another_program_prepares_it(self):
        """Also where there was no folder of machines."""
        home = self.world_home()
        home.machine("m", mirror_components="main", mirror_security="no", mirror_updates="no",
                     disk_size="16G", system_profile="base")
        s = self.screen(home, "open", "m", *home.settings())
        s.wait("Enter prepare and boot")
        result = home.box.run("prepare", "m", *home.settings())
        self.assertEqual(result.status, 0, str(result))
        s.wait("○ ready", "Enter boot")
        self.leave(s)

    def pool(self, since):
        return [line for line in self.world.server.log()[since:] if "/pool/" in str(line)]

    def test_failure_shows_cause_and_remedy(self):
        home = self.world_home()
        s = self.screen(home, *self.answers(home), "--set", "mirror.components+=contrib")
        self.to_release(s)
        self.choose_bookworm(s)
        for _ in range(6):
            s.key("Enter")
        s.wait("8 Review of 8")
        s.key("Right", "Enter")
        s.wait("✗ Release", "has no component contrib", "name the components", "r retry", "e edit")
        s.key("e")
        s.wait("armhf-bookworm · edit")
        s.key("Esc")
        s.wait("debwiz · machines", "✗ failed")
        asked = self.counted("/bookworm/InRelease")
        s.key("Enter")                  # what went wrong, and nothing begins by itself
        s.wait("✗ Release", "has no component contrib", "r retry")
        s.settle(500)
        self.assertEqual(asked, [])
        s.key("r")
        world.faultlib.poll(lambda: asked)
        s.wait("✗ Release", "r retry")
        s.key("Enter")
        s.wait("debwiz · armhf-bookworm", "Enter prepare and boot")
        self.leave(s)

    def test_failed_work_releases_its_locks(self):
        """While the failure is still shown, another debwiz prepares a machine of the same kind."""
        home = self.world_home()
        for name in "mn":
            home.machine(name, mirror_components="main", mirror_security="no", mirror_updates="no",
                         disk_size="16G", system_profile="base")
        home.plays("up\nexit 1\n")
        s = self.screen(home, "open", "m", *home.settings())
        s.wait("Enter prepare and boot")
        s.key("p")
        s.wait("✗ Configure", "r retry")
        home.plays(world.faultlib.CONFIGURED)
        done = home.box.run("prepare", "n", *home.settings())
        self.assertEqual(done.status, 0, str(done))
        s.wait("✗ Configure", "r retry")
        self.leave(s)


if __name__ == "__main__":
    lib.main()
