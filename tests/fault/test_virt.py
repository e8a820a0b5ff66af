#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
`debwiz virt-server`: autopkgtest's protocol on standard input and output. The guest is this host, as in test_ssh; a
signal of the power button ends QEMU.
"""
import contextlib
import glob
import json
import os
import shutil
import signal
import subprocess
import threading
import urllib.parse

import lib
import test_run
import test_ssh

SERVES = test_ssh.SERVES.replace("serve\n", "until system_powerdown {}\nR\n"
                                 'E SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n')


class Client:
    """What autopkgtest does: a request a line, an answer a line."""

    def __init__(self, case, box, *words):
        self.case, self.box = case, box
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(SERVES)
        self.done, self.guests = threading.Event(), {}
        self.thread = threading.Thread(target=self.answer_each, daemon=True)
        self.thread.start()
        self.err = open(os.path.join(box.root, "virt.err"), "w+b")          # pylint: disable=consider-using-with
        self.server = box.start("virt-server", box.ini, "--trust", *box.settings(), *words, cwd=box.root,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.err, text=True)
        case.addCleanup(self.close)

    def answer_each(self):
        """An ssh server on the port of each machine."""
        while not self.done.wait(0.05):
            for path in glob.glob(os.path.join(self.box.data, "temporary/machines/*/ports.json")):
                with contextlib.suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
                    port = next(iter(json.load(file).values()))
                    if port not in self.guests:              # a boot chooses another one if this one is in use
                        self.guests[port] = test_ssh.Guest(port)

    def close(self):
        self.done.set()
        self.thread.join()
        for guest in self.guests.values():
            guest.close()
        if self.server.poll() is None:
            self.server.kill()
        self.server.wait()
        for file in (self.server.stdin, self.server.stdout, self.err):
            file.close()

    def told(self):
        return lib.read(self.err.name)

    def heard(self):
        """The words after ok."""
        line = self.server.stdout.readline()
        self.case.assertTrue(line.startswith("ok"), line + self.told())
        return line.split()[1:]

    def say(self, *words):
        self.server.stdin.write(" ".join([words[0], *map(urllib.parse.quote, words[1:])]) + "\n")
        self.server.stdin.flush()
        heard = self.heard()
        if words[0] in ("open", "revert"):                   # the guest's folder is one of this host
            self.case.addCleanup(shutil.rmtree, heard[0], True)
        return heard

    def run(self, *words):
        """A command in the guest: status and standard output."""
        answer = self.say("print-execute-command")[0]
        prefix = [urllib.parse.unquote(w) for w in answer.split(",")]
        twice = [urllib.parse.unquote(w) for w in urllib.parse.unquote(answer).split(",")]
        self.case.assertEqual(prefix, twice, "autopkgtest decodes twice")
        done = subprocess.run([*prefix, *words], env=self.box.environment(), stdout=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=lib.LIMIT, check=False)
        return done.returncode, done.stdout

    def ended(self):
        self.server.stdin.close()
        return self.server.wait(lib.LIMIT)


class Virt(test_run.Case):
    @staticmethod
    def make():
        world = test_run.Case.make()
        world.script("sudo", '[ "$1" = -n ] && shift\nexec "$@"')
        world.script("systemctl", "exit 1")                  # degraded, which is not a reason to refuse
        world.script("groupadd", 'for name do :; done\necho "$name" >"$GUEST/group"')
        return world

    def opened(self):
        box = self.made()
        client = Client(self, box)
        client.heard()
        return client

    def test_session(self):
        """Each request, in an order that a client uses."""
        client = self.opened()
        names = client.say("capabilities")
        self.assertLessEqual({"isolation-machine", "reboot", "revert", "revert-full-system", "root-on-testbed",
                              "suggested-normal-user=build"}, set(names))
        scratch = client.say("open")[0]
        self.assertEqual(os.stat(scratch).st_mode & 0o7777, 0o1777)
        self.assertEqual(lib.read(os.path.join(client.box.root, "group")), "sbuild\n", "the group of sbuild's files")
        first = self.temporary(client.box, "machines/virt-*.ini")
        words = ("two  words", "it's", "", "$HOME `id`", "line\n", "-n")
        status, out = client.run("printf", "%s|", *words)
        self.assertEqual((status, out.decode()), (0, "".join(w + "|" for w in words)))
        self.assertEqual(client.run("sh", "-c", "exit 7")[0], 7)
        self.assertEqual(client.run("sh", "-c", "exit 255")[0], 253, "255 is ssh's own")
        self.assertEqual(client.say("reboot"), [])
        self.assertTrue(os.path.isdir(scratch))
        self.assertEqual(client.run("true")[0], 0)
        self.assertEqual(self.temporary(client.box, "machines/virt-*.ini"), first, "reboot keeps the machine")
        other = client.say("revert")[0]
        self.assertNotEqual(other, scratch)
        self.assertEqual(client.run("true")[0], 0)
        self.assertEqual(client.say("close"), [])
        self.assertEqual(self.left(client.box), [])
        client.say("open")
        client.say("quit")
        self.assertEqual(client.ended(), 0, client.told())
        self.assertEqual(self.left(client.box), [])
        self.assertEqual(client.box.processes(), [])

    def test_copies(self):
        """A file and a folder's content, both ways, with names that need their encoding."""
        client = self.opened()
        scratch = client.say("open")[0]
        ours = os.path.join(client.box.root, "to copy, 100%")
        os.makedirs(os.path.join(ours, "below"))
        os.symlink("nowhere", os.path.join(ours, "link"))
        with open(os.path.join(ours, "below/it's"), "w", encoding="utf-8") as out:
            out.write("content")
        client.say("copydown", ours + "/", scratch + "/tree one/")
        self.assertEqual(lib.tree(ours), lib.tree(scratch + "/tree one"))
        client.say("copydown", ours + "/below/it's", scratch + "/file")
        self.assertEqual(lib.read(scratch + "/file"), "content")
        client.say("copyup", scratch + "/tree one/", ours + " back/")
        self.assertEqual(lib.tree(ours), lib.tree(ours + " back"))
        client.say("copyup", scratch + "/file", ours + " file")
        self.assertEqual(lib.read(ours + " file"), "content")
        self.assertEqual(client.ended(), 0, client.told())
        self.assertEqual(self.left(client.box), [])

    def test_leaves_a_process(self):
        """A process that the command leaves does not keep it from ending, and is ended; another one stays."""
        client = self.opened()
        client.say("open")
        other = subprocess.Popen(["sleep", "1000"], env=client.box.environment())  # pylint: disable=consider-using-with
        status, out = client.run("sh", "-c", "sleep 1000 & echo $!")
        self.assertEqual(status, 0)
        self.assertFalse(os.path.exists("/proc/%d/fd/1" % int(out)), "it has ended")
        self.assertIsNone(other.poll())
        other.kill()
        other.wait()
        self.assertEqual(client.ended(), 0, client.told())

    def test_refused(self):
        """What the protocol does not have, or not now: an error, and nothing stays."""
        for line, why in (("fly", "fly"), ("close", "closed"), ("copyup /a", "open"), ("copyup /%zz /b", "%zz"), ("", "")):
            client = self.opened()
            if line.startswith("copyup"):
                client.say("open")
            client.server.stdin.write(line + "\n")
            client.server.stdin.flush()
            self.assertEqual(client.server.stdout.read(), "", line)
            self.assertEqual(client.ended(), 2, client.told())
            self.assertIn(why if line != "copyup /a" else "takes 2", client.told())
            self.assertEqual(self.left(client.box), [])

    def test_does_not_start(self):
        box = self.made()
        client = Client(self, box)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("exit 1 no such machine type\n")
        client.heard()
        client.server.stdin.write("open\n")
        client.server.stdin.flush()
        self.assertEqual(client.server.stdout.read(), "")
        self.assertNotEqual(client.ended(), 0)
        self.assertEqual(self.left(box), [])

    def test_terminated(self):
        """A signal ends the machine, too."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            client = self.opened()
            client.say("open")
            client.server.send_signal(number)
            self.assertEqual(client.server.stdout.read(), "")
            client.server.wait(lib.LIMIT)
            self.assertEqual(self.left(client.box), [])
            self.assertEqual(client.box.processes(), [])


if __name__ == "__main__":
    lib.main()
