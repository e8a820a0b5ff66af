#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
ssh, cp and ssh-config as a person uses them: what OpenSSH is asked for, how the words of a command arrive, what a
machine that does not run answers. The guest is this host: ssh is a program that notes its arguments and runs the
command in a folder of the test.
"""
import contextlib
import json
import os
import pty
import shutil
import socket
import subprocess
import threading

import lib

SERVES = "up\nserial m login:\\x20\nprogress 1 ready kernel=6.1.0-1-armmp-lpae\nserve\n"

# The last word that names an address ends ssh's own; what follows is the command.
SSH = """
printf '%s\\n' "$@" >"$GUEST/argv"
echo "$#" >>"$GUEST/logins"
while [ "$1" != 127.0.0.1 ]; do shift; done
shift
cd "$GUEST/home" || exit 255
[ $# -gt 0 ] || { echo 'a shell of the guest'; exit 0; }
HOME=$GUEST/home exec sh -c "$*"
"""


class Guest(threading.Thread):
    """Answers on the forwarded port as an ssh server does, until it is closed."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", port))
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.server.accept()[0]
                with contextlib.suppress(OSError):
                    client.sendall(b"SSH-2.0-test\r\n")
                client.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.join()


class Silent(Guest):
    """Takes the first connection and says nothing on it."""

    def run(self):
        with contextlib.suppress(OSError), self.server.accept()[0]:
            super().run()


class Case(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.script("ssh", SSH)
        return world

    def made(self, **settings):
        """A machine that was prepared, with a guest's home folder; what it starts boots (test_template has the rest)."""
        settings.setdefault("boot_warm", "no")
        box = self.box(warm=True, alone=True, network_forward="127.0.0.1:auto:22", **settings)
        self.recovers(box)
        box.env["GUEST"] = box.root
        box.guest = os.path.join(box.root, "home")
        os.mkdir(box.guest)
        self.addCleanup(self.quiet, box)
        self.addCleanup(box.run, "kill", "m")
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(SERVES)
        return box

    def answers(self, box):
        guest = Guest(self.port(box))
        self.addCleanup(guest.close)

    def booted(self, **settings):
        box = self.made(**settings)
        result = box.run("boot", box.ini, *box.settings())
        self.assertEqual(result.status, 0, str(result))
        self.answers(box)
        return box

    @staticmethod
    def port(box):
        with open(os.path.join(box.machine, "ports.json"), encoding="utf-8") as file:
            return next(iter(json.load(file).values()))

    @staticmethod
    def argv(box):
        return lib.read(os.path.join(box.root, "argv")).splitlines()

    @staticmethod
    def say(box, *words):
        return box.run(*words, json_events=False)

    def at_terminal(self, box, answer, *words):
        """Runs with a terminal as standard input, on which `answer` is typed when a question is shown."""
        ours, theirs = pty.openpty()
        with open(os.path.join(box.root, "said"), "w+b") as said:
            child = box.start(*words, stdin=theirs, stdout=said, stderr=said)
            os.close(theirs)

            def shown():
                return lib.read(said.name)
            lib.poll(lambda: "?" in shown() or child.poll() is not None)
            with contextlib.suppress(OSError):
                os.write(ours, answer.encode())
            status = child.wait(lib.LIMIT)
            os.close(ours)
            return status, shown()


class Ssh(Case):
    def test_silent_server(self):
        """A connection without an answer is given up, and the next one made."""
        box = self.made()
        result = box.run("boot", box.ini, *box.settings())
        self.assertEqual(result.status, 0, str(result))
        guest = Silent(self.port(box))
        self.addCleanup(guest.close)
        box.env["DEBWIZ_DEADLINE"] = "1000"
        self.assertEqual(self.say(box, "ssh", "m", "--", "true").status, 0)

    def test_keys(self):
        """The machine's own key, and those that its file names; none that an agent has besides."""
        own = os.path.join(self.world.tmp, "own 100% \"\\key")
        other = os.path.join(self.world.tmp, "other")
        for path in (own, other):
            with open(path + ".pub", "w", encoding="utf-8") as out:
                out.write("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGNvbW1vbiBrZXkgb2YgYSB0ZXN0 me\n")
        with open(own, "w", encoding="utf-8") as out:
            out.write("private\n")
        box = self.booted(system_ssh_key="%s.pub\nssh_key = %s.pub" % (own, other))
        self.assertEqual(self.say(box, "ssh", "m", "--", "true").status, 0)
        argv = self.argv(box)
        self.assertIn("-oIdentitiesOnly=yes", argv)
        self.assertEqual([a for a in argv if a.startswith("-oIdentityFile=")],
                         ['-oIdentityFile="%s/id_ed25519"' % box.machine,
                          '-oIdentityFile="%s"' % own.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%"),
                          '-oIdentityFile="%s.pub"' % other])
        self.assertIn("-F/dev/null", argv, "what a person's own file says of all hosts does not count")
        self.assertIn("-oStrictHostKeyChecking=yes", argv)
        self.assertIn("-oHostKeyAlias=m", argv)

    def test_words(self):
        """Each word arrives as one; a single one is a line for the guest's shell, as with ssh itself."""
        box = self.booted()
        for words in (("test", "two words", "=", "two words"), ("test", "", "=", ""),
                      ("test", "it's $HOME", "=", "it's $HOME"), ("test", "a;b*", "=", "a;b*"),
                      ("[ 'two words' = 'two words' ] && true",)):
            result = self.say(box, "ssh", "m", "--", *words)
            self.assertEqual(result.status, 0, "%r: %s" % (words, result))
        self.assertEqual(self.say(box, "ssh", "m", "--", "echo x | tr x y; exit 42").out, "y\n")
        self.assertEqual(self.say(box, "ssh", "m", "--", "exit 42").status, 42)
        self.assertEqual(self.say(box, "ssh", "m", "--", "printf", "%s\\n", "a  b", "$c").out, "a  b\n$c\n")
        self.assertEqual(self.say(box, "ssh", "m").out, "a shell of the guest\n")
        self.assertEqual(self.say(box, "ssh", "m", "--").out, "a shell of the guest\n")

    def test_options(self):
        """What is for ssh is passed on, and in front: it takes the first of two."""
        box = self.booted()
        result = self.say(box, "ssh", "-L", "8080:localhost:80", "m", "-A", "-t", "--remote-forward=9:a:9", "-D1080",
                          "-o", "LogLevel=DEBUG", "--", "true")
        self.assertEqual(result.status, 0, str(result))
        argv = self.argv(box)
        self.assertEqual(argv[1:7], ["-L8080:localhost:80", "-A", "-t", "-R9:a:9", "-D1080", "-oLogLevel=DEBUG"])
        self.assertLess(argv.index("-oLogLevel=DEBUG"), argv.index("-oLogLevel=ERROR"))
        for words in (("list", "-L", "1:a:1"), ("boot", "m", "-t"), ("ssh", "m", "-Ax"), ("ssh", "m", "-L")):
            result = self.say(box, *words)
            self.assertEqual(result.status, 2, "%r: %s" % (words, result))

    # ---- a stopped machine ----------------------------------------------------------------
    def test_stopped(self):
        """It is not started by a script that does not ask for it."""
        box = self.made()
        for words in (("ssh", "m", "--", "true"), ("exec", "m", "--", "true"), ("cp", "m:a", ".")):
            result = self.say(box, words[0], "--json", *words[1:])
            self.assertEqual((result.status, result.id), (125, "not-running"), str(result))
            self.assertIn("debwiz %s --start" % words[0], result.error["hint"])
        self.assertFalse(os.path.exists(os.path.join(box.root, "argv")))

    def starts(self, box):
        """Its guest answers as soon as the port is known, which may be another one than before."""
        lib.poll(lambda: os.path.exists(os.path.join(box.machine, "ports.json")))
        self.answers(box)

    def test_start(self):
        """--start starts it; what that prints is not the command's output."""
        box = self.made()
        child = box.start("ssh", "--start", box.ini, *box.settings(), "--json", "--", "echo", "it ran",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.starts(box)
        out, err = child.communicate(timeout=lib.LIMIT)
        self.assertEqual((child.returncode, out), (0, "it ran\n"), err)
        self.assertIn("Boot", err)

    def test_asks(self):
        """On a terminal it asks: Enter means yes."""
        box = self.made()
        status, said = self.at_terminal(box, "no\n", "ssh", box.ini, *box.settings(), "--", "echo", "it ran")
        self.assertEqual(status, 125, said)
        self.assertIn("m is not running. Start it? [yes]", said)
        self.assertFalse(os.path.exists(os.path.join(box.root, "argv")))
        starter = threading.Thread(target=self.starts, args=(box,))
        starter.start()
        status, said = self.at_terminal(box, "\n", "ssh", box.ini, *box.settings(), "--", "echo", "it ran")
        starter.join()
        self.assertEqual(status, 0, said)
        self.assertIn("it ran", said)

    def test_paused(self):
        box = self.made()
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(SERVES.replace("serve\n", "C stop\nE STOP\nR\nC query-status\n"
                                     'R {"status": "paused", "running": false}\n'
                                     "C cont\nE RESUME\nR\nserve\n"))
        self.assertEqual(box.run("boot", box.ini, *box.settings()).status, 0)
        self.answers(box)
        self.assertEqual(box.run("pause", "m").status, 0)
        result = self.say(box, "ssh", "--json", "m", "--", "true")
        self.assertEqual((result.status, result.id), (125, "paused"), str(result))
        result = self.say(box, "ssh", "m", "--start", "--", "echo", "it ran")
        self.assertEqual((result.status, result.out), (0, "it ran\n"), str(result))
        self.assertEqual(box.run("status", "m").events[0]["state"], "running")


class Config(Case):
    """What other programs need to reach a machine."""

    def real_ssh(self, box, config):
        """What OpenSSH itself reads there for the host m."""
        ssh = shutil.which("ssh")
        if not ssh:
            self.skipTest("there is no ssh")
        done = subprocess.run([ssh, "-G", "-F", config, "m"], env=box.environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=lib.LIMIT, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        pairs = [line.split(" ", 1) for line in done.stdout.splitlines() if " " in line]
        return {k: [v for n, v in pairs if n == k] for k, _ in pairs}

    def check(self, box, read):
        self.assertEqual(read["hostname"], ["127.0.0.1"])
        self.assertEqual(read["port"], [str(self.port(box))])
        self.assertEqual(read["user"], ["build"])
        self.assertEqual(read["hostkeyalias"], ["m"])
        self.assertEqual(read["identitiesonly"], ["yes"])
        self.assertEqual(read["stricthostkeychecking"], ["true"])
        self.assertIn(os.path.join(box.machine, "id_ed25519"), read["identityfile"][0])
        self.assertIn(os.path.join(box.machine, "known_hosts"), read["userknownhostsfile"][0])

    def test_prints(self):
        box = self.made()
        result = box.run("ssh-config", "m")
        self.assertEqual((result.status, result.id), (1, "never-started"), str(result))
        self.assertEqual(box.run("boot", box.ini, *box.settings()).status, 0)
        shown = self.say(box, "ssh-config", "m")
        self.assertEqual(shown.status, 0, str(shown))
        self.assertTrue(shown.out.startswith("Host m\n"), shown.out)
        self.assertEqual(box.run("ssh-config", "m").events[0]["text"], shown.out)
        config = os.path.join(box.root, "config")
        with open(config, "w", encoding="utf-8") as out:
            out.write(shown.out)
        self.check(box, self.real_ssh(box, config))
        box.run("kill", "m")
        self.assertEqual(self.say(box, "ssh-config", "m").out, shown.out, "also while it does not run")

    def install(self, box):
        result = self.say(box, "ssh-config", "--install", "m")
        self.assertEqual(result.status, 0, str(result))
        self.assertIn("config includes it", result.out)

    def test_installs(self):
        """What a person's file has stays behind the line; a link to it stays a link; twice is as once."""
        box = self.made()
        self.assertEqual(box.run("boot", box.ini, *box.settings()).status, 0)
        folder, elsewhere = os.path.join(box.home, ".ssh"), os.path.join(box.root, "dotfiles")
        config = os.path.join(folder, "config")
        self.install(box)
        self.assertEqual([os.stat(p).st_mode & 0o777 for p in (folder, config)], [0o700, 0o600])
        self.check(box, self.real_ssh(box, config))
        os.unlink(config)
        mine = "Host *\n\tUser somebody\n\tPort 2222\n"
        os.mkdir(elsewhere)
        with open(os.path.join(elsewhere, "config"), "w", encoding="utf-8") as out:
            out.write(mine)
        os.chmod(os.path.join(elsewhere, "config"), 0o640)
        os.symlink(os.path.join(elsewhere, "config"), config)
        for _ in range(2):
            self.install(box)
            text = lib.read(config)
            self.assertTrue(text.endswith("\n\n" + mine), text)
            self.assertEqual(text.count("Include"), 1)
        self.assertTrue(os.path.islink(config))
        self.assertEqual(os.stat(config).st_mode & 0o777, 0o640)
        self.check(box, self.real_ssh(box, config))

    def test_follows_the_port(self):
        """A boot that takes another port records that there as well; what was not installed is not made."""
        box = self.made()
        self.assertEqual(box.run("boot", box.ini, *box.settings()).status, 0)
        block = os.path.join(box.machine, "ssh_config")
        self.assertFalse(os.path.exists(block))
        self.install(box)
        box.run("kill", "m")
        before = self.port(box)
        with socket.create_server(("127.0.0.1", before)):
            self.assertEqual(box.run("boot", box.ini, *box.settings()).status, 0)
        self.assertNotEqual(self.port(box), before)
        self.assertIn("Port %d\n" % self.port(box), lib.read(block))

    def test_cannot(self):
        box = self.made()
        self.assertEqual(box.run("boot", box.ini, *box.settings()).status, 0)
        os.mkdir(os.path.join(box.home, ".ssh"), 0o700)
        os.symlink("config", os.path.join(box.home, ".ssh", "config"))
        result = box.run("ssh-config", "--install", "m")
        self.assertEqual(result.status, 1, str(result))
        self.assertIn(".ssh/config", result.error["text"])


class Shares(Case):
    """A folder of this host that an earlier version shared, with links and modes for guests alone."""

    @staticmethod
    def told(result):
        return sum("security_model=mapped-xattr" in w for w in result.warnings)

    def test_mapped(self):
        folder = os.path.join(self.world.tmp, "shared")
        os.mkdir(folder)
        path = os.path.join(folder, "link")
        with open(path, "w", encoding="ascii") as out:
            out.write("where it leads")
        box = self.made()
        share = "devices.share=path=%s,tag=src" % folder
        result = box.run("boot", box.ini, "--set", share, *box.settings())
        self.assertEqual((result.status, self.told(result)), (0, 0), str(result))
        try:
            os.setxattr(path, "user.virtfs.mode", (0o120777).to_bytes(4, "little"))
        except OSError:
            self.skipTest("no extended attributes here")
        if os.geteuid() == 0:
            self.skipTest("root's shares are mapped without being told")
        for more, told in (("", 1), (",security_model=mapped-xattr", 0)):
            box.run("kill", "m")
            result = box.run("boot", box.ini, "--set", share + more, *box.settings())
            self.assertEqual(result.status, 0, str(result))
            self.assertEqual(self.told(result), told)


if __name__ == "__main__":
    lib.main()
