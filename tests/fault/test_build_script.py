#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
assets/guest/build.sh on this host: stand-ins take the place of what only root of a guest may do. What a silent build is
killed by needs a second account, so that part is skipped unless root runs the tests.
"""
import os
import subprocess
import unittest

import lib

SCRIPT = os.path.join(lib.SRC, "assets/guest/build.sh")
STUBS = {
    "useradd": "exit 0",
    "chown": "exit 0",
    "install": 'for last; do :; done\nmkdir -p "$last"',
    "unshare": 'shift 2\nexec "$@"',
    "ip": "exit 0",
    "runuser": 'shift 3\nexec "$@"',
    "lintian": "echo W: pack: finding; exit 2",
    "dpkg-buildpackage": 'echo "options: $DEB_BUILD_OPTIONS"\necho deb >../pack_1.0_armhf.deb\n: >../pack.changes',
}


class Script(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.stubs = os.path.join(world.tmp, "stubs")
        os.mkdir(world.stubs)
        for name, body in STUBS.items():
            os.rename(world.script(name, body), os.path.join(world.stubs, name))
        return world

    def run_script(self, command, *prefix, kind="plain", path=True, **env):
        """Returns the folder, the status and the log."""
        here = os.path.join(self.world.tmp, "g%d" % next(self.world.count))
        os.makedirs(os.path.join(here, "source/debian"))
        os.chmod(here, 0o755)
        os.chmod(self.world.tmp, 0o755)
        with open(os.path.join(here, "source/debian/rules"), "w", encoding="utf-8"):
            pass
        env = {"BUILD_TOP": here + ".top", **env}
        env["PATH"] = (self.world.stubs + ":" if path else "") + os.environ["PATH"]
        # `env -i` of the script would lose the stand-ins
        with open(SCRIPT, encoding="utf-8") as file:
            text = file.read().replace("PATH=/usr/local/bin:", "PATH=%s:/usr/local/bin:" % self.world.stubs)
        with open(os.path.join(here, "build.sh"), "w", encoding="utf-8") as out:
            out.write(text)
        done = subprocess.run([*prefix, "sh", "build.sh", kind, "pack_1.0_armhf", "no", *command], cwd=here,
                              env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              timeout=lib.LIMIT)
        self.assertTrue(os.path.exists(os.path.join(here, "out")), done.stdout.decode())
        self.assertEqual(lib.read(os.path.join(here, "out/pack_1.0_armhf.build")), done.stdout.decode())
        return here, done.returncode, lib.read(os.path.join(here, "out/pack_1.0_armhf.build"))

    @staticmethod
    def reason(here):
        return lib.read(os.path.join(here, "reason")).strip()

    def test_package(self):
        here, status, log = self.run_script((), kind="debian", BUILD_JOBS="3", BUILD_LINTIAN="yes",
                                            DEB_BUILD_OPTIONS="nocheck parallel=9")
        self.assertEqual((status, self.reason(here)), (0, ""), log)
        self.assertIn("options: nocheck parallel=3\n", log)
        self.assertIn("W: pack: finding\nlintian exited with 2\n", log)
        self.assertEqual(sorted(os.listdir(os.path.join(here, "out"))),
                         ["pack.changes", "pack_1.0_armhf.build", "pack_1.0_armhf.deb"])

    def test_artifacts(self):
        """Those that exist, with their folders, of a build that failed, too."""
        here, status, log = self.run_script(("mkdir -p a/b; echo x >a/b/one.log; echo y >'two words'; ln -s none l; exit 7",),
                                            BUILD_ARTIFACTS="a/*/*.log\ntwo words\nl\nnothing*")
        self.assertEqual((status, self.reason(here)), (7, ""), log)
        top = os.path.join(here, "out/pack_1.0_armhf.artifacts")
        self.assertEqual(sorted(lib.tree(top)), ["a", "a/b", "a/b/one.log", "l", "two words"])

    def test_full(self):
        here, status, log = self.run_script(("echo cp: /x: No space left on device; exit 1",))
        self.assertEqual((status, self.reason(here)), (1, "full"), log)
        here, status, log = self.run_script(("echo No space left on device",))
        self.assertEqual((status, self.reason(here)), (0, ""), log)

    def test_silent(self):
        """A silent build is killed, with all that it started; one that prints is not."""
        words = ("unshare", "-mpf", "--mount-proc")
        if os.geteuid() or subprocess.run([*words, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
            self.skipTest("needs a second account and a name space of processes")
        os.unlink(os.path.join(self.world.stubs, "runuser"))
        os.unlink(os.path.join(self.world.stubs, "chown"))
        os.unlink(os.path.join(self.world.stubs, "install"))
        here, status, log = self.run_script(("for i in 1 2 3 4 5 6; do sleep 1; echo $i; done",), *words, BUILD_SILENCE="3",
                                            BUILD_USER="daemon")
        self.assertEqual((status, self.reason(here)), (0, ""), log)
        here, status, log = self.run_script(("echo begun; (sleep 4711 & sleep 4712)",), *words, BUILD_SILENCE="3",
                                            BUILD_USER="daemon")
        self.assertEqual(status, 137, log)
        self.assertRegex(self.reason(here), "^silence sleep 471[12]$")
        self.assertIn("debwiz: nothing was printed for 3 seconds; killed while it ran: sleep 471", log)


if __name__ == "__main__":
    lib.main()
