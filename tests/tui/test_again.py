# SPDX-License-Identifier: MIT
"""What did not come, or came from elsewhere: it is said what is amiss, and asked again by a key where
it is shown."""
import os
import re

import lib
import walk
import world


class Again(world.Case):
    def setUp(self):
        self.addCleanup(self.world.server.rules)

    def start(self, home, *more):
        s = self.screen(home, *walk.arguments(home), *more)
        s.wait("Which machine", "(•) armhf", gone="◐")
        return s

    def release(self, home, *more):
        s = self.start(home, *more)
        s.key("Enter")
        s.wait("Debian release for armhf", gone="◐")
        return s

    def gone(self):
        """No server answers from now on."""
        self.world.server.rules({"match": "/", "mode": "close-empty"})

    def chosen(self):
        return ["--set", "machine.release=bookworm", "--set", "mirror.updates=no",
                "--set", "mirror.security=no", "--set", "system.profile=base"]

    def test_no_signature_is_called_verified(self):
        home = self.world_home()
        s = self.release(home)
        s.wait("signatures verified", gone="F5")
        fine = s.look("signatures verified")
        self.leave(s, "C-q", "Right", "Enter")
        s = self.release(home, "--set", "mirror.keyring=")      # Debian's keys, which it was not signed by
        s.wait(re.compile(r"bookworm .*sign"), "no release could be verified", gone="signatures verified")
        self.assertNotEqual(s.look("no release could"), fine)
        s.key("Down")
        s.wait("F5 ask again")
        self.leave(s, "C-q", "Right", "Enter")

    def test_the_mirror_comes_back(self):
        home = self.world_home()
        self.leave(self.release(home), "C-q", "Right", "Enter")
        self.gone()
        s = self.release(home)
        s.wait("no mirror answers: from the cache", "F5 ask again")
        self.world.server.rules()
        s.key("F5")
        s.wait("signatures verified", gone=("no mirror", "was cut", "F5"))
        self.leave(s, "C-q", "Right", "Enter")

    def test_the_review_asks_again(self):
        home = self.world_home()
        self.gone()
        s = self.start(home, *self.chosen())
        s.click_text("Review")
        s.wait("8 Review of 8", re.compile("Estimate +the connection .* was cut"), "F5 ask again")
        self.world.server.rules()
        s.key("F5")
        s.wait("Next time", "←→ choose", gone=("Estimate", "F5"))
        self.leave(s, "C-q", "Right", "Enter")

    def test_the_search_for_packages_asks_again(self):
        home = self.world_home()
        self.gone()
        s = self.start(home, *self.chosen())
        s.click_text("System")
        s.wait("The system on")
        s.click_text("Further packages")
        s.wait("Enter accept")
        s.type("locale")
        s.wait("was cut", "F5 ask again")
        self.world.server.rules()
        s.key("F5")
        s.wait(re.compile(r"│ +locales "), "↑↓ choose", gone=("no mirror", "was cut", "F5"))
        self.leave(s, "Esc", "C-q", "Right", "Enter")

    def test_qemu_is_installed_later(self):
        home = self.world_home()
        late = os.path.join(home.root, "late")
        s = self.start(home, "--set", "qemu.binary=" + late)
        s.wait(re.compile(r"armhf .*QEMU is missing"))
        s.key("Tab", "BackTab")
        s.wait("F5 ask again")
        os.symlink(home.box.qemu, late)
        s.key("F5")
        s.wait(re.compile(r"armhf .*emulated"), gone=("missing", "F5"))
        self.leave(s, "C-q", "Right", "Enter")


if __name__ == "__main__":
    lib.main()
