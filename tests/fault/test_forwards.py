#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Ports of this host that lead to a machine: added and removed while it runs (QEMU's hostfwd_add), in its file, in
what a takeover and a resume start from, and what becomes of it where QEMU refuses.
"""
import json
import os
import signal

import lib

UP = "up\nserial m login:\\x20\nprogress 1 ready kernel=6.1.0-1-armmp-lpae\n"
ADDED = 'C human-monitor-command\nhas hostfwd_add net %s\nR ""\n'
REMOVED = 'C human-monitor-command\nhas hostfwd_remove net %s\nR "host forwarding rule for x removed\\r\\n"\n'
RULE = "tcp:127.0.0.1:%d-:80"


class Forwards(lib.Case):
    suites = ("bookworm",)

    def made(self, **settings):
        box = self.box(warm=True, alone=True, **settings)
        self.recovers(box)
        self.addCleanup(self.quiet, box)
        self.addCleanup(box.run, "kill", "m")
        self.port = lib.free_port()
        self.item = "127.0.0.1:%d:80" % self.port
        return box

    def booted(self, box, script=""):
        return super().booted(box, UP + script)

    def forward(self, box, *words):
        return box.run("forward", box.ini, *words)

    def forwards(self, box, *words):
        return self.ran(box, "forward", box.ini, *words).events

    def listed(self, box):
        return {e["item"]: e["active"] for e in self.forwards(box, "list")}

    def file(self, box):
        return lib.read(box.ini)

    def argv(self, box, name="request.json"):
        with open(os.path.join(box.machine, name), encoding="utf-8") as text:
            return json.load(text)["argv"]

    def rules(self, box):
        return [w for w in self.argv(box) if w.startswith("user,id=net")][0].split(",hostfwd=")[1:]

    def test_added_and_removed(self):
        """Immediately in QEMU, in the file and in what a takeover starts from; and no longer."""
        box = self.made()
        rule = RULE % self.port
        self.booted(box, ADDED % rule + "again\ncaps\nC query-status\nR {\"status\": \"running\"}\n" +
                    REMOVED % rule.split("-")[0] + "serve\n")
        before = self.rules(box)
        added = self.forwards(box, "add", self.item)[-1]
        self.assertEqual((added["event"], added["port"], added["guest_port"], added["active"]),
                         ("forward-added", self.port, 80, True))
        self.assertIn("forward = " + self.item, self.file(box))
        lib.poll(lambda: self.rules(box) == before + [rule])
        self.assertTrue(self.listed(box)[self.item])
        self.assertEqual(self.forward(box, "add", self.item).id, "forward-exists")
        os.kill(json.loads(lib.read(os.path.join(box.machine, "run.json")))["supervisor_pid"], signal.SIGKILL)
        self.forwards(box, "remove", str(self.port))
        self.assertNotIn(self.item, self.file(box))
        lib.poll(lambda: self.rules(box) == before)
        self.assertNotIn(self.item, self.listed(box))
        self.assertEqual(self.forward(box, "remove", self.item).id, "forward-missing")

    def test_refused(self):
        """A forward that QEMU refuses is not saved; a port in use is reported before QEMU is called."""
        box = self.made()
        self.booted(box, 'C human-monitor-command\nR "Could not set up host forwarding rule \'x\'\\r\\n"\nserve\n')
        before = self.file(box)
        result = self.forward(box, "add", self.item)
        self.assertEqual((result.status, result.id), (1, "qemu-refused"), str(result))
        self.assertIn("Could not set up", result.error["text"])
        with lib.listener() as port:
            result = self.forward(box, "add", "127.0.0.1:%d:80" % port)
            self.assertEqual((result.status, result.id), (7, "port-busy"), str(result))
        for item, ids in (("80", "spec-bad"), ("127.0.0.1:x:80", "spec-bad")):
            result = self.forward(box, "add", item)
            self.assertEqual(result.status, 2, str(result))
            self.assertTrue(result.error["text"], ids)
        self.assertEqual(self.file(box), before)
        for words in (("add",), ("remove",), ("list", "x"), ("drop", "x")):
            self.assertEqual(self.forward(box, *words).id, "usage")

    def test_off(self):
        """Of a stopped machine only the file changes, and the output says when that takes effect."""
        box = self.made()
        added = self.forwards(box, "add", self.item)[-1]
        self.assertFalse(added["active"])
        self.assertIn("forward = " + self.item, self.file(box))
        self.assertFalse(self.listed(box)[self.item])
        self.assertIn("at the next boot", box.run("forward", box.ini, "list", json_events=False).out)
        self.booted(box, "serve\n")
        self.assertTrue(self.listed(box)[self.item])
        self.assertIn(RULE % self.port, self.rules(box))

    def test_applied(self):
        """An edited file takes effect immediately with `apply`."""
        box = self.made()
        rule = RULE % self.port
        self.booted(box, ADDED % rule + REMOVED % rule.split("-")[0] + "serve\n")
        before = self.file(box)
        other = "".join("forward = %s\n" % i for i in ("127.0.0.1:auto:22", self.item))
        with open(box.ini, "a", encoding="utf-8") as out:
            out.write("\n[network]\n" + other)
        self.assertFalse(self.listed(box)[self.item])
        self.forwards(box, "apply")
        self.assertTrue(self.listed(box)[self.item])
        self.assertEqual(self.forwards(box, "apply"), [])
        with open(box.ini, "w", encoding="utf-8") as out:
            out.write(before)
        gone = next(e for e in self.forwards(box, "list") if e["port"] == self.port)
        self.assertEqual((gone["item"], gone["active"]), ("", True))
        self.forwards(box, "apply")
        self.assertNotIn(rule, self.rules(box))

    def foreign(self, box, *items):
        """Forwards of the file that the user has not agreed to."""
        with open(box.ini, "a", encoding="utf-8") as out:
            out.write("\n[network]\n" + "".join("forward = %s\n" % i for i in items))

    def test_add_agrees_to_itself_alone(self):
        """What a person adds is agreed to; what the file said before is not, by that."""
        box = self.made()
        self.foreign(box, "0.0.0.0:auto:22")
        self.forwards(box, "add", "0.0.0.0:%d:80" % self.port)
        risks = {e["text"]: e["agreed"] for e in box.run("check", box.ini).events if e["event"] == "risk"}
        self.assertEqual(risks, {"opens a port of this host to the network (0.0.0.0)": False,
                                 "opens port %d of this host to the network (0.0.0.0)" % self.port: True})
        self.forwards(box, "remove", str(self.port))
        risks = [e["agreed"] for e in box.run("check", box.ini).events if e["event"] == "risk"]
        self.assertEqual(risks, [False])

    def test_apply_asks_first(self):
        """A port that a changed file opens to the network is not opened before that was agreed to."""
        box = self.made()
        item = "0.0.0.0:%d:80" % self.port
        self.booted(box, ADDED % ("tcp:%s:%d-:80" % ("0.0.0.0", self.port)) + "serve\n")
        before = self.rules(box)
        self.foreign(box, "127.0.0.1:auto:22", item)
        result = self.forward(box, "apply")
        self.assertEqual((result.status, result.id), (2, "file-not-agreed"), str(result))
        self.assertEqual(self.rules(box), before)
        self.assertEqual([e["active"] for e in self.forwards(box, "apply", "--trust")], [True])
        self.assertTrue(self.listed(box)[item])

    def test_suspended(self):
        """The forward exists again when the machine resumes."""
        box = self.made()
        moved = "state\nC migrate-set-capabilities\nR\nC migrate-set-parameters\nR\n"
        self.booted(box, ADDED % (RULE % self.port) + 'C qom-get\nR "virt-7.2-machine"\nC stop\nE STOP\nR\n' + moved +
                    'C migrate\nfill 1000\nR\nE MIGRATION {"status": "completed"}\nC quit\nR\n'
                    'E SHUTDOWN {"guest": false, "reason": "host-qmp-quit"}\nexit 0\n')
        self.forwards(box, "add", self.item)
        self.assertEqual(box.run("suspend", "m").status, 0)
        with open(os.path.join(box.machine, "suspend.json"), encoding="utf-8") as text:
            self.assertIn(",hostfwd=" + RULE % self.port, " ".join(json.load(text)["request"]["argv"]))


if __name__ == "__main__":
    lib.main()
