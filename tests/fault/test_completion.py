#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Completion for bash: what a person is offered who presses Tab, by the real bash and the real program."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import lib

SCRIPT = os.path.join(lib.SRC, "assets", "completion", "debwiz")
# What bash's own reader would set, for a line that is typed to its end.
TAB = """
. "$1"
line=$2
COMP_LINE=$line COMP_POINT=${#line}
read -ra COMP_WORDS <<<"${line//=/ = }"
COMP_WORDS[0]=$3
[[ $line != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMPREPLY=()
_debwiz "$3" "${COMP_WORDS[COMP_CWORD]}" 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="dw-")
        self.addCleanup(shutil.rmtree, self.home)
        folder = os.path.join(self.home, ".config", "debwiz", "machines")
        os.makedirs(folder)
        for name in ("farm-one", "farm-two"):
            with open(os.path.join(folder, name + ".ini"), "w", encoding="ascii") as file:
                file.write("[machine]\nname = %s\narch = armhf\nrelease = bookworm\n" % name)
        for name in ("field.ini", "field.txt", "field.debwiz"):
            with open(os.path.join(self.home, name), "w", encoding="ascii"):
                pass

    def offered(self, line):
        env = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
        env["HOME"] = self.home
        got = subprocess.run(["bash", "-c", TAB, "tab", SCRIPT, line, lib.DEBWIZ], env=env,
                             cwd=self.home, capture_output=True, text=True, timeout=lib.LIMIT, check=True)
        return sorted(got.stdout.split())

    def test_verbs_and_options(self):
        self.assertEqual(self.offered("debwiz sta"), ["status"])
        self.assertEqual(self.offered("debwiz --json re"),
                         ["recreate", "releases", "rename", "reset", "resume"])
        self.assertEqual(self.offered("debwiz up --of"), ["--offline"])
        self.assertEqual(self.offered("debwiz up --wait="), ["login", "none", "ssh"])
        self.assertNotIn("supervise", self.offered("debwiz "))
        self.assertEqual(self.offered("debwiz help snap"), ["snapshot"])

    def test_bundles(self):
        self.assertEqual(self.offered("debwiz import f"), ["field.debwiz"])
        self.assertEqual(self.offered("debwiz export --as=sy"), ["systemd"])

    def test_keys(self):
        for line in ("debwiz up --set machine.ar", "debwiz up --set=machine.ar"):
            self.assertEqual(self.offered(line), ["machine.arch="], line)

    def test_machines_and_files(self):
        self.assertEqual(self.offered("debwiz up f"), ["farm-one", "farm-two", "field.ini"])
        self.assertEqual(self.offered("debwiz releases f"), [])
        self.assertEqual(self.offered("debwiz ssh farm-one -- f"), [])


if __name__ == "__main__":
    if not shutil.which("bash"):
        sys.exit(77)
    unittest.main()
