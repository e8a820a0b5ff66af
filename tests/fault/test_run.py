#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
`debwiz run`: a machine that exists for one command. The guest is this host, as in test_ssh.
"""
import glob
import json
import os
import signal
import subprocess
import threading

import lib
import test_ssh


OBEYS = test_ssh.SERVES.replace("serve\n", "until system_powerdown {}\nR\n"
                                'E SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n')


class Case(test_ssh.Case):
    @staticmethod
    def obeys(box):
        """Its guest powers off when it is asked to."""
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(OBEYS)

    def temporary(self, box, name="*"):
        return glob.glob(os.path.join(box.data, "temporary", name))

    def left(self, box):
        """Everything that a temporary machine consists of, but for empty folders."""
        top = os.path.join(box.data, "temporary")
        return [path for path in lib.tree(top) if not os.path.isdir(os.path.join(top, path)) and "agreed/" not in path]

    def answer_soon(self, box):
        """Its guest answers as soon as its port is known. Returns a function that ends it before the test's end."""
        def ports():
            return glob.glob(os.path.join(box.data, "temporary/machines/*/ports.json"))

        def answer():
            lib.poll(lambda: ports() or done.is_set())
            if done.is_set():
                return
            with open(ports()[0], encoding="utf-8") as file:
                guests.append(test_ssh.Guest(next(iter(json.load(file).values()))))
        guests, done = [], threading.Event()
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()

        def end():
            done.set()
            thread.join(lib.LIMIT)
            while guests:
                guests.pop().close()
        self.addCleanup(end)
        return end

    def begin(self, box, *words):
        self.answer_soon(box)
        return box.start("run", box.ini, "--trust", *box.settings(), *words, cwd=box.root,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ended(self, child):
        out, err = child.communicate(timeout=lib.LIMIT)
        return child.returncode, out, err



class Run(Case):
    def test_command(self):
        """Its output and status are the command's; nothing of the machine stays, and the other one was not touched."""
        box = self.made()
        before = lib.tree(box.machine)
        status, out, err = self.ended(self.begin(box, "--", "echo", "two  words", ";", "exit", "42"))
        self.assertEqual((status, out), (0, "two  words ; exit 42\n"), err)
        status, out, err = self.ended(self.begin(box, "--", "exit 42"))
        self.assertEqual((status, out), (42, ""), err)
        self.assertEqual(self.left(box), [])
        self.assertEqual(lib.tree(box.machine), before)
        self.assertEqual(box.processes(), [])

    def test_files(self):
        """Files go in before and come out afterwards, of a command that failed, too."""
        box = self.made()
        with open(os.path.join(box.root, "me.pub"), "w", encoding="utf-8") as out:
            out.write("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpForATest me@here\n")
        with open(box.ini, encoding="utf-8") as file:
            text = file.read()
        with open(box.ini, "w", encoding="utf-8") as out:     # a relative path counts from this file
            out.write(text.replace("[system]\n", "[system]\nssh_key = me.pub\n"))
        os.makedirs(os.path.join(box.root, "in/below"))
        with open(os.path.join(box.root, "in/below/file"), "w", encoding="utf-8") as out:
            out.write("content")
        status, _, err = self.ended(self.begin(box, "--put", "in", "--get", "*.txt", "--out", ".", "--",
                                               "cat in/below/file >a.txt; exit 3"))
        self.assertEqual(status, 3, err)
        self.assertEqual(lib.read(os.path.join(box.root, "a.txt")), "content")
        self.assertEqual(self.left(box), [])

    def test_keep(self):
        """--keep makes a machine of the user's of it."""
        box = self.made()
        self.obeys(box)
        status, out, err = self.ended(self.begin(box, "--keep", "--", "echo", "it ran"))
        self.assertEqual((status, out), (0, "it ran\n"), err)
        name, = set(os.listdir(os.path.join(box.data, "machines"))) - {"m", "m.lock"}
        self.assertIn("kept as " + name, err)
        self.assertEqual(self.left(box), [])
        self.assertIn(name, self.say(box, "list").out)

    def test_refused(self):
        box = self.made()
        result = self.say(box, "run", "--json", box.ini, "--arch", "armhf", "--", "true")
        self.assertEqual((result.status, result.id), (125, "usage"), str(result))
        result = self.say(box, "run", "--json", "--arch", "z80", "--", "true")
        self.assertEqual(result.status, 125, str(result))
        self.assertIn("z80", result.error["text"])
        self.assertEqual(self.left(box), [])

    def test_fails_to_start(self):
        """A machine that does not come up leaves nothing, either; the reason is reported."""
        box = self.made()
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("exit 1 no such machine type\n")
        result = self.say(box, "run", "--json", box.ini, "--trust", *box.settings(), "--", "true")
        self.assertEqual(result.status, 125, str(result))
        self.assertEqual(self.left(box), [])
        self.assertEqual(box.processes(), [])

    def test_terminated(self):
        """SIGTERM ends the command and the machine."""
        box = self.made()
        child = self.begin(box, "--", "touch started; exec sleep 1000")
        lib.poll(lambda: os.path.exists(os.path.join(box.guest, "started")))
        child.send_signal(signal.SIGTERM)
        status, _, err = self.ended(child)
        self.assertIn(status, (128 + signal.SIGTERM, 143), err)
        self.assertEqual(self.left(box), [])

    def test_killed(self):
        """The next run removes what a killed one left, including its QEMU; a running one is kept."""
        box = self.made()
        child = self.begin(box, "--", "touch started; exec sleep 1000")
        lib.poll(lambda: os.path.exists(os.path.join(box.guest, "started")))
        other = self.say(box, "gc")
        self.assertEqual(other.status, 0, str(other))
        self.assertTrue(self.temporary(box, "*.owner"), "it has an owner")
        box.kill(child)
        child.communicate(timeout=lib.LIMIT)
        self.assertTrue(self.left(box))
        self.assertEqual(self.say(box, "gc").status, 0)
        self.assertEqual(self.left(box), [])
        lib.poll(lambda: not box.processes())


if __name__ == "__main__":
    lib.main()
