#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
`debwiz build` with objects compiled outside the machine. distccd is a server that reports what it sees and knows, the
cross compiler a program that knows its version; the guest, which is this host, asks through the socket that ssh would
forward to it.
"""
import json
import os
import signal
import subprocess
import unittest

import lib
import test_build

# Answers each client with what a compiler that it starts could see.
DISTCCD = r"""
import json, os, socket, sys
port = int([a for a in sys.argv if a.startswith("--port=")][0][7:])
server = socket.create_server(("127.0.0.1", port))
def attempt(what):
    try:
        return what()
    except OSError as error:
        return type(error).__name__
def beyond():
    try:
        socket.create_connection(("127.0.0.1", OTHER), 5).close()
        return "reached"
    except OSError as error:
        return type(error).__name__
while True:
    client = server.accept()[0]
    names = {}
    for path in open(os.environ["DISTCC_CMDLIST"]).read().split():
        names[os.path.basename(path)] = os.path.realpath(path)
    said = {"argv": sys.argv[1:], "names": names, "top": sorted(os.listdir("/")), "pid": os.getpid(),
            "secret": attempt(lambda: open(SECRET).read()), "write": attempt(lambda: open("/usr/x", "w").close()),
            "tmp": attempt(lambda: open("/tmp/x", "w").close()), "net": beyond(), "home": os.environ["HOME"]}
    try:
        client.recv(100)
        client.sendall(json.dumps(said).encode() + b"\n")
    except OSError:
        pass
    client.close()
"""

ASK = r"""
import json, socket, sys
for line in open(sys.argv[1] + "/argv").read().split("\n"):
    if line.startswith("-R/tmp/debwiz-distcc-"):
        path = line.partition(":")[2]
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)
        client.sendall(b"x")
        with open(sys.argv[1] + "/reply", "w") as out:
            out.write(client.makefile().readline())
"""


PYTHON = "/usr/bin/python3"     # below /usr, which is all that the sandbox shows


@unittest.skipUnless(lib.can_mount() and os.path.exists(PYTHON), "no user name spaces with a tmpfs, or no " + PYTHON)
class Outside(test_build.Case):
    @staticmethod
    def make():
        world = test_build.Case.make()
        world.script("arm-linux-gnueabihf-gcc-12", 'cat "$(dirname "$0")/version"')
        for name in ("g++-12", "gcc-14"):
            world.script("arm-linux-gnueabihf-" + name, "echo 12.2.0")
        with open(os.path.join(world.bin, "ask.py"), "w", encoding="utf-8") as out:
            out.write(ASK)
        with open(os.path.join(world.bin, "server.py"), "w", encoding="utf-8") as out:
            out.write("OTHER = %d\nSECRET = %r\n" % (world.server.port, os.path.join(world.tmp, "secret")) + DISTCCD)
        with open(os.path.join(world.tmp, "secret"), "w", encoding="utf-8") as out:
            out.write("secret")
        world.script("sudo", test_build.SUDO.replace("mkdir package/out", '%s "%s/ask.py" "$GUEST"\nmkdir package/out' % (
            PYTHON, world.bin), 1))
        return world

    def setUp(self):
        super().setUp()
        self.version("12.2.0")
        self.world.script("distccd", 'exec %s "$(dirname "$0")/server.py" "$@"' % PYTHON)

    def version(self, text):
        with open(os.path.join(self.world.bin, "version"), "w", encoding="utf-8") as out:
            out.write(text + "\n")

    def machine(self, **settings):
        return self.layered(build_distcc="yes", **settings)

    def reply(self, box):
        return json.loads(lib.read(os.path.join(box.root, "reply")))

    def servers(self):
        """The processes that serve compilers of this test's world."""
        words = "serve-compilers %s/|%s/bin/server.py" % (self.world.tmp, self.world.tmp)
        done = subprocess.run(["pgrep", "-f", words], stdout=subprocess.PIPE, check=False)
        return done.stdout.split()

    def variables(self, box):
        """What the guest's script got, without what every build gets."""
        return [w for w in self.said(box, "sudo") if w.startswith("BUILD_DISTCC") or w.startswith("/tmp/debwiz")]

    def test_outside(self):
        """The guest reaches a confined distccd that knows compilers for its architecture alone; it ends with the build."""
        box = self.machine()
        self.write(os.path.join(box.root, "why"), "outside 7\ninside 2 a \33[2Jreason\ninside 1 b\n")
        status, out, err = self.build(box, self.tree(box), "--json")
        self.assertEqual(status, 0, err)
        event = json.loads(out.splitlines()[-1])
        self.assertEqual(event["compiled"], {"outside": 7, "inside": 3, "reasons": ["2: a reason", "1: b"]}, out)
        layer, = self.layers(box)
        manifest = json.loads(lib.read(os.path.join(layer, "manifest.json")))
        self.assertEqual(manifest["added"], ["distcc"])
        variables = self.variables(box)
        self.assertEqual(variables[:2], ["BUILD_DISTCC=arm-linux-gnueabihf-gcc-12 arm-linux-gnueabihf-g++-12",
                                         "BUILD_DISTCC_VERSION=12.2.0"])
        self.assertRegex(variables[2], "^BUILD_DISTCC_HOSTS=/tmp/debwiz-distcc-build-[0-9]+-0,[0-9]+,this host$")
        said = self.reply(box)
        cross = os.path.join(self.world.bin, "arm-linux-gnueabihf-")
        self.assertEqual(said["names"], {**{n: cross + "gcc-12" for n in (
            "gcc", "cc", "gcc-12", "arm-linux-gnueabihf-gcc", "arm-linux-gnueabihf-gcc-12")}, **{n: cross + "g++-12" for n in (
                "g++", "c++", "g++-12", "arm-linux-gnueabihf-g++", "arm-linux-gnueabihf-g++-12")}})
        self.assertEqual((said["secret"], said["write"], said["net"], said["tmp"], said["home"]),
                         ("FileNotFoundError", "OSError", "ConnectionRefusedError", None, "/tmp"), said)
        self.assertFalse({"home", "root", "proc", "sys", "run"} & set(said["top"]), said)
        self.assertIn("--allow=127.0.0.1", said["argv"])
        self.assertLess(said["pid"], 10, "a pid of its own name space")
        lib.poll(lambda: not self.servers())
        self.assertEqual(self.left(box), [])

    def native(self, box, word, *words):
        """A build that compiles in the machine, with the reason."""
        status, _, err = self.build(box, self.tree(box), *words)
        self.assertEqual(status, 0, err)
        self.assertEqual(self.variables(box), [])
        self.assertEqual(self.layers(box), [])
        self.assertFalse(os.path.exists(os.path.join(box.root, "reply")))
        lines = [line for line in err.splitlines() if "compiles in the emulated machine" in line]
        self.assertEqual(len(lines), 1 if word else 0, err)
        self.assertIn(word, "".join(lines))
        self.assertEqual(self.servers(), [])

    def test_declined(self):
        self.native(self.machine(), "", "--native")
        self.native(self.machine(), "", "--set", "build.distcc=no")

    def test_missing(self):
        """What this host lacks is said with the package; the build is made all the same."""
        self.version("12.3.0")
        self.native(self.machine(), "arm-linux-gnueabihf-gcc-12 of this host is version 12.3.0, that of the machine 12.2.0")
        self.version("12.2.0")
        os.unlink(os.path.join(self.world.bin, "arm-linux-gnueabihf-gcc-12"))
        try:
            if not lib.shutil.which("arm-linux-gnueabihf-gcc-12"):
                self.native(self.machine(), "no arm-linux-gnueabihf-gcc-12; install it (Debian's package is "
                            "gcc-12-arm-linux-gnueabihf)")
        finally:
            self.world.script("arm-linux-gnueabihf-gcc-12", 'cat "$(dirname "$0")/version"')

    def test_doctor(self):
        """It says what a build could use."""
        box = self.box()
        path = os.path.join(self.world.bin, "distccd")
        row = [line for line in self.say(box, "doctor").out.splitlines() if " distccd " in line]
        self.assertEqual([line.split() for line in row], [["ok", "distccd", path]])

    def test_server_fails(self):
        """A distccd that does not start does not fail the build."""
        self.world.script("distccd", "echo no; exit 3")
        self.native(self.machine(), "distccd")

    @staticmethod
    def append(box, *hosts):
        with open(box.ini, "a", encoding="utf-8") as out:
            out.write("[build]\n" + "".join("distcc_hosts = %s\n" % h for h in hosts))

    def test_hosts(self):
        """Further hosts of the file are agreed to, and reached through ssh alone."""
        box = self.machine()
        self.append(box, "builder.example:4000/8", "[fd00::1]")
        self.write(os.path.join(box.root, "why"), "outside 1\n")
        top = self.tree(box)
        result = self.say(box, "build", "--json", box.ini, top, *box.settings())
        self.assertEqual((result.status, result.id), (125, "file-not-agreed"), str(result))
        status, _, err = self.build(box, top)
        self.assertEqual(status, 0, err)
        self.assertIn("pack: 1 object compiled outside the machine, 0 in it", err)
        self.assertEqual([v.partition("-build-")[2].partition("-")[2] for v in self.variables(box)[3:]],
                         ["1,8,builder.example", "2,4,[fd00::1]"])
        forwards = [a for a in self.said(box, "argv") if a.startswith("-R")]
        self.assertEqual(forwards, [])          # the last ssh copies results
        box = self.machine()
        self.append(box, "a b")
        result = self.say(box, "build", "--json", box.ini, self.tree(box), "--trust", *box.settings())
        self.assertIn("is not a host for distcc", result.error["text"], str(result))

    def ends(self, number, killed):
        box = self.machine()
        self.answer_soon(box)
        self.write(os.path.join(box.root, "hangs"), "")
        child = box.start("build", box.ini, self.tree(box), "--trust", *box.settings(), "--out",
                          os.path.join(box.root, "results"), stderr=subprocess.DEVNULL)
        lib.poll(lambda: os.path.exists(os.path.join(box.root, "reply")))
        self.assertTrue(self.servers())
        if killed:
            box.kill(child)
        else:
            os.killpg(child.pid, number)
        child.wait(lib.LIMIT)
        lib.poll(lambda: not self.servers())
        if killed:
            self.assertEqual(self.say(box, "gc").status, 0)
        self.assertEqual(self.left(box), [])

    def test_interrupted(self):
        self.ends(signal.SIGINT, False)

    def test_terminated(self):
        self.ends(signal.SIGTERM, False)

    def test_killed(self):
        """It ends with a debwiz that was killed."""
        self.ends(signal.SIGKILL, True)

    def test_server_killed(self):
        """The processes of a killed server end with it, wherever in their order the kill comes."""
        box = self.machine()
        self.answer_soon(box)
        self.write(os.path.join(box.root, "hangs"), "")
        child = box.start("build", box.ini, self.tree(box), "--trust", *box.settings(), "--out",
                          os.path.join(box.root, "results"), stderr=subprocess.DEVNULL)
        lib.poll(lambda: os.path.exists(os.path.join(box.root, "reply")))
        os.kill(int(self.servers()[0]), signal.SIGKILL)
        lib.poll(lambda: not self.servers())
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(lib.LIMIT)
        self.assertEqual(self.left(box), [])


if __name__ == "__main__":
    lib.main()
