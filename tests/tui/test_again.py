# SPDX-License-Identifier: MIT
"""What did not come, or came from elsewhere: it is said what is amiss."""
import re

import lib
import walk
import world


class Again(world.Case):
    def release(self, home, *more):
        s = self.screen(home, *walk.arguments(home), *more)
        s.wait("Which machine", "(•) armhf", gone="◐")
        s.key("Enter")
        s.wait("Debian release for armhf", gone="◐")
        return s

    def test_no_signature_is_called_verified(self):
        home = self.world_home()
        s = self.release(home)
        s.wait("signatures verified")
        fine = s.look("signatures verified")
        self.leave(s, "C-q", "Right", "Enter")
        s = self.release(home, "--set", "mirror.keyring=")      # Debian's keys, which it was not signed by
        s.wait(re.compile(r"bookworm .*sign"), "no release could be verified", gone="signatures verified")
        self.assertNotEqual(s.look("no release could"), fine)
        self.leave(s, "C-q", "Right", "Enter")


if __name__ == "__main__":
    lib.main()
