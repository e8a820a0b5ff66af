#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
assets/examples/gitlab-executor as GitLab Runner calls it. The guest is this host, as in test_ssh.
"""
import json
import os
import subprocess
import threading

import lib
import test_ssh

EXECUTOR = os.path.join(lib.SRC, "assets/examples/gitlab-executor")
JOB, SYSTEM = 3, 4                  # what the runner takes for a failed job, and for a failed machine


class Gitlab(lib.Case):
    @staticmethod
    def make():
        world = test_ssh.Case.make()
        world.script("debwiz", 'exec "%s" "$@"' % lib.DEBWIZ)
        return world

    def executor(self, *words):
        env = dict(self.here.environment(), CUSTOM_ENV_CI_JOB_ID="4711", BUILD_FAILURE_EXIT_CODE=str(JOB),
                   SYSTEM_FAILURE_EXIT_CODE=str(SYSTEM), DEBWIZ_JOBS=os.path.join(self.here.root, "jobs"))
        return subprocess.run([EXECUTOR, *words], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=lib.LIMIT, check=False)

    def ready(self, script):
        """A machine's file that names the fixture's archive and QEMU."""
        box = self.here = self.box(warm=True, alone=True)
        box.write_ini(mirror_updates="no", mirror_security="no", mirror_url=box.url + "/debian",
                      mirror_keyring=self.world.archive.keys.ring("pinned"), qemu_binary=box.qemu,
                      network_forward="127.0.0.1:auto:22")
        box.env["GUEST"] = box.root
        os.mkdir(os.path.join(box.root, "home"))
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(script)
        self.addCleanup(self.quiet, box)
        self.addCleanup(box.run, "kill", "ci-4711")
        return box

    def answer_soon(self, box):
        path, done = os.path.join(box.home, "data/debwiz/machines/ci-4711/ports.json"), threading.Event()

        def answer():
            lib.poll(lambda: os.path.exists(path) or done.is_set())
            if not done.is_set():
                with open(path, encoding="utf-8") as file:
                    guests.append(test_ssh.Guest(next(iter(json.load(file).values()))))
        guests, thread = [], threading.Thread(target=answer, daemon=True)
        thread.start()
        self.addCleanup(lambda: [guest.close() for guest in guests])
        self.addCleanup(thread.join, lib.LIMIT)
        self.addCleanup(done.set)

    def job(self, box, text):
        path = os.path.join(box.root, "script")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return self.executor("run", path, "build_script")

    def test_job(self):
        """Its parts, a job that fails, a connection that is lost; nothing of the machine stays."""
        box = self.ready(test_ssh.SERVES)
        self.answer_soon(box)
        got = self.executor("config")
        self.assertEqual(json.loads(got.stdout)["hostname"], "ci-4711")
        got = self.executor("prepare", box.ini)
        self.assertEqual(got.returncode, 0, got.stdout)
        got = self.job(box, "echo 'in the job'; pwd\n")
        self.assertEqual((got.returncode, got.stdout.split("\n")[0]), (0, "in the job"), got.stdout)
        self.assertEqual(self.job(box, "exit 1\n").returncode, JOB)
        self.assertEqual(self.job(box, "exit 255\n").returncode, SYSTEM)
        got = self.executor("cleanup")
        self.assertEqual(got.returncode, 0, got.stdout)
        self.assertFalse(os.path.exists(os.path.join(box.home, "data/debwiz/machines/ci-4711")))
        self.assertEqual(os.listdir(os.path.join(box.root, "jobs")), [])
        self.assertTrue(os.path.exists(box.ini), "the file that it was made from stays")
        self.assertEqual(self.executor("cleanup").returncode, 0, "again")

    def test_no_machine(self):
        """A machine that does not come up does not fail the job."""
        box = self.ready("stderr 1 no such board\nexit 1\n")
        got = self.executor("prepare", box.ini)
        self.assertEqual(got.returncode, SYSTEM, got.stdout)
        self.assertIn("no such board", got.stdout)
        self.assertEqual(self.executor("cleanup").returncode, 0)
        self.assertEqual(self.executor("fly").returncode, 1)


if __name__ == "__main__":
    lib.main()
