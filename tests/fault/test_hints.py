#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a person reads at a first try that goes wrong: names that are not there, settings that cannot work, a folder
that cannot be written to; and what the machine is called afterwards."""
import os
import unittest

import lib


class Hints(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def box(self, **how):
        return super().box(alone=True, **how)

    def test_all_unknown_packages(self):
        """All wrong names in one run, each with what is similar."""
        wrong = ("gzpi", "no-such-thing", "bahs")
        result = self.box().prepare(*(w for name in wrong for w in ("--set", "system.packages+=" + name)))
        self.assertEqual((result.status, result.id), (2, "package-unknown"), str(result))
        self.assertRegex(result.error["text"], "gzpi, no-such-thing, bahs")
        self.assertIn("gzip", result.error["hint"])
        self.assertIn("bash", result.error["hint"])

    def test_failed_is_not_new(self):
        """A file whose preparation failed leaves no machine in the list that was never prepared ("new")."""
        for rule, status in (({"match": "bookworm/InRelease", "mode": "status", "code": 404}, 4),
                             ({"match": "/bash_", "mode": "status", "code": 404}, 4)):
            box = self.box()
            self.world.server.rules(rule)
            self.assertEqual(box.prepare().status, status)
            self.world.server.rules()
            listed = box.run("list", json_events=False)
            self.assertEqual(listed.status, 0, str(listed))
            self.assertNotRegex(listed.out, r"(?m)^m\s.*\bnew\b")

    def test_base_has_it(self):
        """A package that the profile brings does not conflict."""
        result = self.box(system_packages="bash").prepare()
        self.assertEqual(result.status, 0, str(result))

    def test_clone_of_an_unwritten_disk(self):
        """A disk that nothing was written to holds no host key that two machines would share."""
        box = self.box()
        self.assertEqual(box.prepare().status, 0)
        said = box.run("clone", box.ini, "two", json_events=False)
        self.assertEqual(said.status, 0, str(said))
        self.assertNotIn("host key", said.out + said.err)
        self.assertIn("nothing was written to its disk yet", said.out + said.err)

    def test_zone_of_the_host(self):
        """An old name of the host's time zone becomes its present one, which every release has."""
        box = self.box()
        box.env["TZ"] = "US/Eastern"
        made = box.run("new", "--plain", "--yes", *box.settings(), "--set", "machine.name=east", "--set",
                       "machine.release=trixie", json_events=False)
        self.assertEqual(made.status, 0, str(made))
        path = os.path.join(box.home, "config", "debwiz", "machines", "east.ini")
        self.assertIn("timezone = America/New_York\n", lib.read(path))
        self.assertEqual(box.run("check", path).status, 0)

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_config_folder_is_closed(self):
        """The remedy names the folder that was refused, not another one."""
        box = self.box()
        folder = os.path.join(box.home, "config")
        os.mkdir(folder, 0o500)
        made = box.run("new", "--plain", "--yes", *box.settings(), "--set", "machine.name=one", json_events=False)
        self.assertEqual(made.status, 1, str(made))
        self.assertIn(folder, made.err)
        self.assertIn("permission", made.err.lower())

    def test_tables_in_any_locale(self):
        """Scripts read tables: a point, whatever the locale writes."""
        box = self.box()
        self.assertEqual(box.prepare().status, 0)
        plain = box.run("list", json_events=False).out
        box.env["LC_ALL"] = "de_DE.UTF-8"
        self.assertEqual(box.run("list", json_events=False).out, plain)


if __name__ == "__main__":
    lib.main()
