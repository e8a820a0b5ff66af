#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
`debwiz build` on a host without a cross compiler: debwiz gets one, with distccd, from the archive, for this host's
architecture, into a folder of its own. distccd is a static program that says what it sees.
"""
import json
import os
import platform
import shutil
import subprocess
import tempfile
import unittest

import lib
import packages                     # lies where lib says
import test_build
import test_distcc

SERVER = r"""
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	char text[512], where[256] = "";

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "--port=", 7))
			to.sin_port = htons((unsigned short)atoi(argv[i] + 7));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&to, sizeof(to)) || listen(listener, 5))
		return 1;
	for (;;) {
		int client = accept(listener, NULL, NULL);
		FILE *list = fopen(getenv("DISTCC_CMDLIST"), "r");

		if (!list || !fgets(text, sizeof(text), list))
			return 2;
		fclose(list);
		text[strcspn(text, "\n")] = 0;
		where[readlink(text, where, sizeof(where) - 1)] = 0;
		snprintf(text, sizeof(text), "{\"gcc\": \"%s\", \"exists\": %d, \"host\": %d, \"merged\": %d}\n", where,
			 !access(where, X_OK), !access("/usr/bin/env", F_OK), !access("/lib/of-tools", F_OK));
		if (read(client, where, sizeof(where)) > 0)
			write(client, text, strlen(text));
		close(client);
	}
}
"""
GNU = "arm-linux-gnueabihf"


def static_program():
    """The bytes of the server; None: this host cannot link such a program."""
    folder = tempfile.mkdtemp(prefix="dw-")
    try:
        path = os.path.join(folder, "server")
        done = subprocess.run(["cc", "-static", "-xc", "-o", path, "-"], input=SERVER.encode(), stderr=subprocess.DEVNULL,
                              check=False)
        if done.returncode:
            return None
        with open(path, "rb") as file:
            return file.read()
    finally:
        shutil.rmtree(folder)


@unittest.skipUnless(lib.can_mount() and platform.machine() == "x86_64", "no user name spaces with a tmpfs, or no x86_64")
class Tools(test_build.Case):
    @staticmethod
    def make():
        program = static_program()
        if not program:
            raise unittest.SkipTest("no static libc")
        row, = [p for p in packages.TABLE if p.name == "distcc"]
        row.contents["/usr/bin/distccd"] = program
        row.files += ("/lib/of-tools", "/usr/share/doc/distcc/copyright")
        for language in ("gcc", "g++"):
            packages.pkg("%s-12-%s" % (language, GNU), "12.2.0-14cross1", ["/usr/bin/%s-%s-12 0755" % (GNU, language)],
                         arch="amd64", section="devel", depends="libc6 (>= 2.34)")
        world = lib.World(("bookworm",), more=("amd64",))
        world.script("sudo", test_build.SUDO.replace("mkdir package/out", '%s "%s/ask.py" "$GUEST"\nmkdir package/out' % (
            test_distcc.PYTHON, world.bin), 1))
        world.script("ssh", test_build.SSH)
        world.script("scp", "exit 1")
        with open(os.path.join(world.bin, "ask.py"), "w", encoding="utf-8") as out:
            out.write(test_distcc.ASK)
        return world

    def machine(self):
        """This host has no distccd and no compilers, whatever is installed."""
        box = self.layered(build_distcc="yes")
        folder = os.path.join(box.root, "path")
        os.mkdir(folder)
        for top in ("/usr/bin", "/bin", "/usr/sbin", "/sbin"):
            for name in os.listdir(top):
                if name != "distccd" and not name.startswith(GNU) and not os.path.lexists(os.path.join(folder, name)):
                    os.symlink(os.path.join(top, name), os.path.join(folder, name))
        box.env["PATH"] = self.world.bin + ":" + folder
        self.write(os.path.join(box.root, "why"), "outside 7\n")
        return box

    def tools(self, box):
        folder = os.path.join(box.data, "tools")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def reply(self, box):
        path = os.path.join(box.root, "reply")
        text = lib.read(path)
        os.unlink(path)
        return json.loads(text)

    def test_made_and_used(self):
        """The first build downloads and unpacks them, later ones need no archive for that; gc removes old ones."""
        box = self.machine()
        status, _, err = self.build(box, self.tree(box))
        self.assertEqual(status, 0, err)
        key, = self.tools(box)
        self.assertEqual(key, "bookworm-amd64-%s-12.2.0" % GNU)
        sees = {"gcc": "/usr/bin/%s-gcc-12" % GNU, "exists": 1, "host": 0, "merged": 1}
        self.assertEqual(self.reply(box), sees)
        top = os.path.join(box.data, "tools", key)
        self.assertEqual(sorted(os.listdir(top)), ["lock", "manifest.json", "usr"])
        with open(os.path.join(top, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        self.assertEqual(manifest["packages"]["g++-12-" + GNU], "12.2.0-14cross1")
        self.assertFalse(os.path.exists(os.path.join(top, "usr/share")))
        before = lib.tree(top)
        self.world.server.fresh_log()
        status, _, err = self.build(box, self.tree(box))
        self.assertEqual((status, self.reply(box)), (0, sees), err)
        self.assertEqual([e for e in self.world.server.log() if "binary-amd64" in e["path"]], [])
        self.assertEqual(lib.tree(top), before)
        os.utime(os.path.join(top, "lock"), (1, 1))
        result = box.run("gc", json_events=False)
        self.assertEqual(result.status, 0, str(result))
        self.assertIn("compilers that were not used for long", result.out)
        self.assertEqual(self.tools(box), [])
        status, _, err = self.build(box, self.tree(box), "--offline")
        self.assertEqual(status, 0, err)
        self.assertIn("compiles in the emulated machine: this host has no distccd, and none could be downloaded: the "
                      "compilers of Debian bookworm were not downloaded yet", err)

    def test_not_there(self):
        """Where the mirror lacks a package the build compiles inside, with the reason; nothing of the folder stays."""
        box = self.machine()
        self.world.server.rules({"match": "/pool/.*%s" % GNU, "mode": "status", "code": 404})
        status, _, err = self.build(box, self.tree(box))
        self.world.server.rules()
        self.assertEqual(status, 0, err)
        self.assertRegex(err, "compiles in the emulated machine: this host has no distccd, and none could be downloaded")
        self.assertEqual(self.tools(box), [])

    def test_killed(self):
        """What a killed debwiz left is removed by the next one, which makes the folder again."""
        box = self.machine()
        part = os.path.join(box.data, "tools", "bookworm-amd64-%s-12.2.0.part" % GNU)
        self.write(os.path.join(part, "usr/bin/distccd"), "half")
        self.write(os.path.join(os.path.dirname(part), "other.part", "usr/x"), "half")
        status, _, err = self.build(box, self.tree(box))
        self.assertEqual(status, 0, err)
        self.assertEqual(self.reply(box)["exists"], 1)
        self.assertEqual(box.run("gc", json_events=False).status, 0)
        self.assertEqual(len(self.tools(box)), 1)


if __name__ == "__main__":
    lib.main()
