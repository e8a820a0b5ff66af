# SPDX-License-Identifier: MIT
"""The Build screen: which source, its log as it grows, how it ended, stopped, again. The guest is this host: ssh runs
the command in a folder of the test, sudo leaves what the script build.sh would."""
import contextlib
import glob
import json
import os
import re
import socket
import threading

import lib
import world

SSH = """
while [ "$1" != 127.0.0.1 ]; do shift; done
shift
cd "$GUEST/home" || exit 255
HOME=$GUEST/home exec sh -c "$*"
"""
SUDO = """
mkdir -p package/out
: >package/reason
echo log >package/out/x.build
i=0
while [ $i -lt 60 ]; do i=$((i + 1)); echo "compiles $i"; done
if [ -e "$GUEST/hangs" ]; then printf '   dh_auto_test\n'; touch "$GUEST/began"; exec sleep 1000; fi
if [ -e "$GUEST/fails" ]; then echo "memory cc1plus" >package/reason; printf 'one\n\nthree\n10 %%\r20 %%\n'; exit 3; fi
echo deb >package/out/x.deb
"""
CONTROL = "Source: pack\nMaintainer: A <a@example.org>\nBuild-Depends: %s\n\nPackage: pack\nArchitecture: any\n"
LOG = "pack (1.0) unstable; urgency=low\n\n  * x\n\n -- A <a@example.org>  Thu, 01 Jan 2026 00:00:00 +0000\n"


class Build(world.Case):
    def setUp(self):
        for name, text in (("ssh", SSH), ("sudo", SUDO), ("qemu-system-aarch64", "exit 0")):
            self.world.script(name, text)
        self.done = threading.Event()
        self.addCleanup(self.done.set)

    def answer(self, box):
        """Each guest answers on its port as an ssh server does."""
        def serve(server):
            with contextlib.suppress(OSError), server:
                while not self.done.is_set():
                    client = server.accept()[0]
                    with contextlib.suppress(OSError):
                        client.sendall(b"SSH-2.0-test\r\n")
                    client.close()

        def watch():
            known = set()
            while not self.done.wait(0.05):
                for path in glob.glob(os.path.join(box.data, "temporary/machines/*/ports.json")):
                    if path in known:
                        continue
                    with contextlib.suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
                        port = next(iter(json.load(file).values()))
                        server = socket.create_server(("127.0.0.1", port))
                        server.settimeout(lib.LIMIT)
                        known.add(path)
                        threading.Thread(target=serve, args=(server,), daemon=True).start()
        threading.Thread(target=watch, daemon=True).start()

    def path(self, box):
        """PATH of a host with the stand-ins and no other QEMU."""
        folder = os.path.join(box.root, "path")
        os.mkdir(folder)
        for top in os.environ["PATH"].split(":"):
            for name in os.listdir(top) if os.path.isdir(top) else ():
                if not name.startswith("qemu-system-") and not os.path.lexists(os.path.join(folder, name)):
                    os.symlink(os.path.join(top, name), os.path.join(folder, name))
        return self.world.bin + ":" + folder

    def start(self, depends="fakeroot", other_qemu=True):
        home = self.world_home(warm=True, network_forward="127.0.0.1:auto:22", build_distcc="no", boot_warm="no",
                               system_packages="build-essential\npackages = fakeroot",
                               mirror_url=self.world.server.url + "/debian",
                               mirror_keyring=self.world.archive.keys.ring("pinned"))
        box = home.box
        with open(box.ini, encoding="utf-8") as file:
            text = file.read()
        os.makedirs(home.machines, 0o700, exist_ok=True)
        with open(os.path.join(home.machines, "m.ini"), "w", encoding="utf-8") as out:
            out.write(text + "[qemu]\nbinary = %s\n" % box.qemu)
        result = box.run("prepare", "m", "--trust")
        self.assertEqual(result.status, 0, str(result))
        home.plays(world.BOOTED)
        home.env["GUEST"] = box.root
        os.mkdir(os.path.join(box.root, "home"))
        self.folder = os.path.join(box.root, "work")
        for name, text in (("control", CONTROL % depends), ("changelog", LOG)):
            path = os.path.join(self.folder, "above", "pack-1.0", "debian", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        self.answer(box)
        if not other_qemu:
            home.env["PATH"] = self.path(box)
        s = self.screen(home, wrap=("/usr/bin/env", "-C", self.folder))
        s.wait("debwiz · machines", "▸ m", "q quit")
        return box, s

    def choose(self, s):
        """A folder without a source package is one to look into."""
        s.key("B")
        s.wait("Build in which machine", "▸ like m", "arm64 bookworm")
        s.key("Enter")
        s.wait("Build in a machine like m", "NAME=VERSION", "./")
        s.type("./above/")
        s.wait("pack-1.0/")
        s.key("Tab")
        s.wait("above/pack-1.0/")
        s.key("Enter")

    def test_built(self):
        box, s = self.start()
        self.choose(s)
        s.wait("debwiz · build pack-1.0", "✓ Built.", "x.deb  4 B", "compiles 60", "r build again")
        self.assertEqual(sorted(n for n in os.listdir(self.folder) if n != "above"), ["x.build", "x.deb"])
        self.assert_neat(s)
        s.key("/")
        s.type("compiles 7")
        s.key("Enter")
        s.wait("compiles 7", gone="compiles 60")
        s.key("End")
        s.wait("compiles 60")
        with open(os.path.join(box.root, "fails"), "wb"):
            pass
        s.key("r")
        s.wait("✗ the build of pack ran out of memory", re.compile(r"one *\n *\n *three"), "20 %", gone="10 %")
        s.key("Esc")
        s.wait("▸ m")
        self.leave(s, "q")
        self.assertEqual(glob.glob(os.path.join(box.data, "temporary/machines/*/disk.qcow2")), [])

    def test_machine(self):
        """By architecture and release; from a machine's screen like that one, without a question."""
        _, s = self.start()
        s.key("B")
        s.wait("Build in which machine")
        s.type("arm64 b")
        s.wait("▸ arm64 bookworm", gone="like m")
        self.assert_neat(s)
        s.key("Enter")
        s.wait("Build for arm64 bookworm")
        s.key("Esc")
        s.wait("▸ m", gone="Build for")
        s.key("Enter")
        s.wait("B build")
        s.key("B")
        s.wait("Build in a machine like m")
        s.key("Esc")
        s.wait("B build", gone="Build in")
        s.key("Esc")
        s.wait("▸ m")
        self.leave(s, "q")

    def test_missing(self):
        """An architecture without a QEMU on this host is shown as that, and cannot be chosen; a machine of its own can."""
        _, s = self.start(other_qemu=False)
        s.key("B")
        s.wait("Build in which machine", "▸ like m", re.compile("ppc64el bookworm +there is no qemu-system-ppc64 on this"),
               re.compile("arm64 bookworm +64-bit"))
        s.type("ppc64el b")
        s.wait("▸ ppc64el bookworm", "on this host", gone="like m")
        self.assert_neat(s)
        s.key("Enter")
        s.type("x")
        s.wait("Build in which machine", gone="ppc64el bookworm")
        s.key("Esc")
        s.wait("▸ m", gone="Build in")
        s.key("B")
        s.wait("▸ like m")
        s.key("Enter")
        s.wait("Build in a machine like m")
        s.key("Esc")
        s.wait("▸ m", gone="Build in")
        self.leave(s, "q")

    def test_stopped(self):
        box, s = self.start()
        with open(os.path.join(box.root, "hangs"), "wb"):
            pass
        self.choose(s)
        s.wait("compiles 60", "Esc stop", "The build tests.")
        s.key("Esc")
        s.wait("Stop the build?")
        s.key("Enter")
        s.wait("compiles 60", gone="Stop the build?")
        s.key("Esc", "Right", "Enter")
        s.wait("✗ Stopped")
        self.assertEqual(glob.glob(os.path.join(box.data, "temporary/machines/*/disk.qcow2")), [])
        s.key("Esc")
        s.wait("▸ m")
        self.leave(s, "q")

    def test_left(self):
        """The program's end asks, and ends the build with its machine."""
        box, s = self.start()
        with open(os.path.join(box.root, "hangs"), "wb"):
            pass
        self.choose(s)
        s.wait("compiles 60")
        s.key("F10")
        s.wait("Leaving stops that")
        s.key("Right", "Enter")
        self.assertEqual(s.wait_end(), 130)
        self.assertEqual(glob.glob(os.path.join(box.data, "temporary/machines/*/disk.qcow2")), [])

    def test_refused(self):
        _, s = self.start("nosuchthing")
        self.choose(s)
        s.wait("✗ cannot install nosuchthing: the archive has no such package", "r build again")
        s.key("Esc")
        self.leave(s, "q")


if __name__ == "__main__":
    lib.main()
