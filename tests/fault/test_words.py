#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a command line answers: help, suggestions for what is misspelt, and output that cannot be written."""
import os
import shutil
import subprocess
import tempfile
import unittest

import lib


class Words(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="dw-")
        self.addCleanup(shutil.rmtree, self.home)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "DEBWIZ"))}
        self.env.update(HOME=self.home, LC_ALL="C.UTF-8", TERM="dumb")
        folder = os.path.join(self.home, ".config", "debwiz", "machines")
        os.makedirs(folder)
        for number in range(40):
            name = "farm-%d" % number
            with open(os.path.join(folder, name + ".ini"), "w", encoding="ascii") as file:
                file.write("[machine]\nname = %s\narch = armhf\nrelease = bookworm\n" % name)

    def run_it(self, *words, before=""):
        done = subprocess.run(["sh", "-c", 'exec "$@" ' + before, "sh", lib.DEBWIZ, *words], env=self.env,
                              cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=lib.LIMIT, check=False)
        return done.returncode, done.stdout, done.stderr

    # ---- output that is lost ------------------------------------------------------------------
    PRINTS = (("list",), ("list", "--json"), ("status", "farm-1"), ("status", "--json", "farm-1"), ("help",),
              ("--help",), ("--version",), ("help", "ssh"), ("man",), ("words",), ("arches",), ("check", "farm-1"))

    def lost(self, before, words):
        for argv in self.PRINTS:
            status, _, err = self.run_it(*argv, before=before)
            self.assertEqual(status, 1, "%s %s: %s" % (argv, before, err))
            self.assertIn("cannot write to standard output: " + words, err, argv)
            self.assertIn("->", err)

    def test_full(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("there is no /dev/full")
        self.lost(">/dev/full", "No space left on device")

    def test_closed(self):
        self.lost(">&-", "Bad file descriptor")

    def test_reader_exits_or_disk_fills(self):
        """A reader that has exited is not an error; a full disk is."""
        status, _, err = self.run_it("list", "--json", before="| head -n 1 >/dev/null")
        self.assertEqual((status, err), (0, ""))
        done = subprocess.run(["bash", "-c", 'ulimit -f 1; exec "$1" man >out', "bash", lib.DEBWIZ], env=self.env,
                              cwd=self.home, stderr=subprocess.PIPE, text=True, timeout=lib.LIMIT, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("cannot write to standard output: File too large", done.stderr)

    # ---- misspelt -----------------------------------------------------------------------------
    def test_suggestions(self):
        for words, meant in ((("lsit",), "`debwiz list`"), (("stat",), "`debwiz status`"), (("shh", "m"), "`debwiz ssh`"),
                             (("help", "snapshto"), "`debwiz snapshot`"), (("list", "--jsno"), "--json"),
                             (("up", "--ofline", "m"), "--offline"), (("up", "--mirrors=x", "m"), "--mirror"),
                             (("--hepl",), "--help"),
                             (("ssh-confg", "m"), "`debwiz ssh-config`")):
            status, out, err = self.run_it(*words)
            self.assertEqual((status, out), (2, ""), words)
            self.assertIn("did you mean %s?" % meant, err, words)
        for words in (("xyzzy",), ("list", "--xyzzy"), ("list", "-?"), ("superv",)):
            status, _, err = self.run_it(*words)
            self.assertEqual(status, 2, words)
            self.assertNotIn("did you mean", err, words)
            self.assertIn("debwiz --help", err, words)

    # ---- help ---------------------------------------------------------------------------------
    def test_help(self):
        listed = self.run_it("--help")
        self.assertEqual((listed[0], listed[2]), (0, ""))
        self.assertEqual(self.run_it("help"), listed)
        verbs = [line.split()[1] for line in self.run_it("words")[1].splitlines()
                 if line.split()[0] in ("verb", "lone")]
        self.assertIn("help", verbs)
        self.assertGreater(len(verbs), 30)
        for verb in verbs:
            status, out, err = self.run_it("help", verb)
            self.assertEqual((status, err), (0, ""), verb)
            self.assertTrue(out.startswith("usage: debwiz %s" % verb), out)
            self.assertIn("--json", out)
            self.assertEqual(self.run_it(verb, "--help")[1], out)
        self.assertEqual("--confirm" in self.run_it("help", "delete")[1], True)
        self.assertEqual("--confirm" in self.run_it("help", "list")[1], False)
        self.assertIn("--local-forward", self.run_it("help", "ssh")[1])
        self.assertNotIn("--local-forward", self.run_it("help", "cp")[1])
        self.assertEqual(self.run_it("help", "supervise")[0], 2)


if __name__ == "__main__":
    unittest.main()
