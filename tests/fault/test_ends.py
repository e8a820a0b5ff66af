#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Failures of a running machine, by the verbs: a QEMU that does not start, dies or does not exit; clients,
supervisors and hosts that disappear; and the disk afterwards. Each cause is what `status` reports.
(tests/fake/qmp has single dialogues with the monitor.)
"""
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

import lib

UP = """up
serial m login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae
"""
FULL = 'E BLOCK_IO_ERROR {"device": "", "node-name": "disk", "operation": "write", "action": "stop", ' \
       '"nospace": true, "reason": "No space left on device"}\nE STOP\n' \
       'C query-status\nR {"status": "io-error", "running": false}\n'
SERVES = UP + "serve\n"
OBEYS = UP + 'C system_powerdown\nR\nE SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n'


class Ends(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        # qemu-img check prints what the test requires and records its arguments
        real = os.path.join(world.bin, "qemu-img")
        if os.path.exists(real):
            os.rename(real, real + "-real")
        else:
            os.symlink(shutil.which("qemu-img"), real + "-real")
        world.script("qemu-img", 'if [ "$1" = check ] && [ -e "$CHECK/rc" ]; then\n'
                     '\techo "$*" >>"$CHECK/asked"\n\tcat "$CHECK/says"\n\texit "$(cat "$CHECK/rc")"\n'
                     'fi\nexec "%s-real" "$@"' % real)
        return world

    def made(self, **settings):
        box = self.box(warm=True, alone=True, **settings)
        self.recovers(box)
        box.env["CHECK"] = box.root
        self.addCleanup(self.quiet, box)
        self.addCleanup(box.run, "kill", "m")
        return box

    def boot(self, box, script=SERVES, *more, **how):
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(script)
        return box.run("boot", box.ini, *box.settings(), *more, **how)

    def booted(self, box, script=SERVES, *more):
        result = self.boot(box, script, *more)
        self.assertEqual(result.status, 0, str(result))
        return result

    def status(self, box):
        return box.run("status", "m").events[0]

    def ends_as(self, box, state, cause_id, *words):
        """What `status` and `list` report, also as text."""
        lib.poll(lambda: self.status(box)["state"] == state)
        status = self.status(box)
        self.assertEqual((status["cause_id"], status["alive"]), (cause_id, False), status)
        for word in words:
            self.assertIn(word, status["detail"])
        self.assertEqual(box.run("list").events[0]["detail"], status["detail"])
        self.assertIn(status["detail"][:40], box.run("status", "m", json_events=False).out)
        self.quiet(box)

    # ---- its clock ----------------------------------------------------------------------------
    def test_clock(self):
        """A guest that was paused hears what time it is as soon as it is resumed, and not before it listens."""
        paused = 'C stop\nE STOP\nR\nC query-status\nR {"status": "paused", "running": false}\n' \
                 'C cont\nE RESUME\nR\n'
        box = self.made()
        early = "up\nserial m login:\\x20\n"
        self.booted(box, early + paused + "progress 1 ready kernel=6.1\n" + paused +
                    "hear host 1 clock epoch=1\nprogress 1 setting name=heard state=applied\nserve\n")
        for _ in range(2):
            for verb in ("pause", "resume"):
                result = box.run(verb, "m")
                self.assertEqual(result.status, 0, str(result))
            lib.poll(lambda: json.loads(lib.read(os.path.join(box.machine, "run.json")))["ready"])
        lib.poll(lambda: self.status(box)["settings"])
        self.assertEqual([s["name"] for s in self.status(box)["settings"]], ["heard"])

    # ---- its settings -------------------------------------------------------------------------
    FAILED = "progress 1 setting name=user state=failed text=docker%20is%20an%20account%20of%20the%20system\n" \
             "progress 1 setting name=time-zone state=warned text=this%20system%20has%20no%20time%20zone%20Mars/Phobos\n" \
             "progress 1 seed-failed text=user:%20docker%20is%20an%20account%20of%20the%20system\n"

    def test_settings_fail(self):
        """A guest that does not let the user log in is a failure, at this and every later call."""
        box = self.made()
        result = self.boot(box, self.FAILED + SERVES)
        self.assertEqual((result.status, result.id), (1, "seed-failed"), str(result))
        self.assertIn("docker is an account of the system", result.error["text"])
        self.assertIn("debwiz logs m", result.error["hint"])
        self.assertFalse([e for e in result.events if e.get("event") == "up"], str(result))
        self.assertIn("no time zone Mars/Phobos", json.dumps(result.events))
        status = self.status(box)
        self.assertEqual((status["state"], status["cause_id"], status["seed"]), ("running", "seed-failed", "failed"))
        self.assertEqual([(s["name"], s["state"]) for s in status["settings"]],
                         [("user", "failed"), ("time-zone", "warned")])
        words = box.run("status", "m", json_events=False).out
        self.assertIn("docker is an account of the system", words)
        self.assertIn("time zone: this system has no time zone Mars/Phobos", words)
        again = box.run("up", box.ini, *box.settings())
        self.assertEqual((again.status, again.id), (1, "seed-failed"), str(again))
        self.assertTrue(os.path.exists(os.path.join(box.machine, "seed.iso")), "the next boot needs it")

    def test_settings_warn(self):
        """A setting that could not be applied is reported; the others are applied, and the machine is up."""
        box = self.made()
        result = self.booted(box, "progress 1 setting name=user state=applied\n"
                             "progress 1 setting name=time-zone state=warned text=no%20Mars/Phobos\n"
                             "progress 1 setting name=security state=warned text=pending\n"
                             "progress 1 setting name=security state=applied\n"
                             "progress 1 setting name=No state=warned text=x\n"
                             "progress 1 setting name=user state=odd text=x\n"
                             "progress 1 seed-applied\n" + SERVES)
        warnings = [e["text"] for e in result.events if e.get("event") == "warning"]
        self.assertEqual(warnings, ["time zone: no Mars/Phobos"], str(result))
        status = self.status(box)
        self.assertEqual((status["cause_id"], status["seed"]), ("", "applied"))
        self.assertEqual([(s["name"], s["state"]) for s in status["settings"]],
                         [("user", "applied"), ("time-zone", "warned"), ("security", "applied")])
        self.assertIn("; time zone: no Mars/Phobos", status["detail"])
        self.assertNotIn("security", status["detail"])
        self.assertFalse(os.path.exists(os.path.join(box.machine, "seed.iso")))
        again = box.run("up", box.ini, *box.settings(), json_events=False)
        self.assertEqual(again.status, 0, str(again))
        self.assertIn("time zone: no Mars/Phobos", again.err + again.out)

    def test_settings_not_reported(self):
        """A login prompt alone does not prove that the settings were applied."""
        result = self.booted(self.made())
        warnings = [e["text"] for e in result.events if e.get("event") == "warning"]
        self.assertEqual(warnings, ["the guest did not report whether it applied its settings"], str(result))

    # ---- its ssh ------------------------------------------------------------------------------
    def ssh_port(self, box):
        with open(os.path.join(box.machine, "ports.json"), encoding="utf-8") as file:
            return next(iter(json.load(file).values()))

    def test_ssh_is_awaited(self):
        """A guest shows its prompt before its ssh server answers: `ssh` waits, and reports it."""
        box = self.made(network_forward="127.0.0.1:auto:22")
        box.world.script("ssh", 'echo "ssh ran: $*"')
        self.booted(box)
        with socket.create_server(("127.0.0.1", self.ssh_port(box))) as server:
            def guest():
                with contextlib.suppress(OSError):      # no client connects now
                    for word in (b"", b"", b"SSH-2.0-test\r\n"):
                        client = server.accept()[0]
                        client.sendall(word)
                        client.close()
                        heard.append(word)
            heard = []
            thread = threading.Thread(target=guest)
            thread.start()
            result = box.run("ssh", "m", "--", "true", json_events=False)
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
        self.assertEqual(len(heard), 3)
        self.assertEqual(result.status, 0, str(result))
        self.assertIn("ssh ran: ", result.out)

    def test_ssh_by_default(self):
        """The shortest file has a forward; if the guest has no server, no command points there or waits."""
        box = self.made()
        result = self.boot(box, "progress 1 seed-applied\n" + SERVES, json_events=False)
        self.assertEqual(result.status, 0, str(result))
        self.assertIn("`debwiz ssh m` logs in (127.0.0.1 port %d)" % self.ssh_port(box), result.out)
        box.run("kill", "m")
        silent = "up\nserial m login:\\x20\nprogress 1 ready kernel=6.1 ssh=no\nwait 100\nserve\n"
        result = self.boot(box, silent, "--wait=ssh")
        self.assertEqual((result.status, result.id), (1, "no-ssh-server"), str(result))
        self.assertIn("debwiz console m", result.error["hint"])
        result = box.run("up", box.ini, *box.settings(), json_events=False)
        self.assertNotIn("debwiz ssh", result.out)
        self.assertIn("`debwiz console m`", result.out)

    def test_ssh_without_a_network(self):
        box = self.made(network_mode="none")
        result = self.boot(box, "progress 1 seed-applied\n" + SERVES, json_events=False)
        self.assertEqual(result.status, 0, str(result))
        self.assertNotIn("debwiz ssh", result.out)
        result = box.run("ssh", "m", "--", "true", json_events=False)
        self.assertEqual(result.status, 125, str(result))
        self.assertIn("the machine has no network", result.err)

    def test_ssh_of_a_machine_that_stops(self):
        box = self.made(network_forward="127.0.0.1:auto:22")
        self.booted(box, "progress 1 seed-applied\n" + UP + "wait 2500\nexit 0\n")
        result = box.run("ssh", "m", "--", "true", json_events=False)
        self.assertEqual(result.status, 125, str(result))
        self.assertIn("waiting until ssh of m answers", result.err)
        self.assertIn("m is not running", result.err)

    # ---- it does not start --------------------------------------------------------------
    def test_refuses(self):
        """It prints a megabyte, in colours; the first lines are reported, sanitized."""
        box = self.made()
        result = self.boot(box, "stderr 1 qemu: \\x1b[31mno such board\\x07\nstderr 20000 "
                           "and so on and so on and so on and so on and so on\nexit 1\n")
        self.assertEqual((result.status, result.id), (1, "guest-ended"), str(result))
        self.assertIn("no such board", result.error["text"])
        self.assertNotIn("\x1b", json.dumps(result.error) + result.err)
        self.assertLess(len(result.error["text"]), 1000)
        self.ends_as(box, "failed", "qemu-refused", "refused to start (status 1)", "no such board")

    def test_refuses_without_a_client(self):
        """Reported even if no client waits for a login."""
        box = self.made()
        result = self.boot(box, "stderr 1 qemu: no such board\nexit 1\n", "--wait=none")
        self.assertEqual((result.status, result.id), (1, "guest-ended"), str(result))
        self.assertIn("before its guest was resumed", result.error["text"])
        self.assertIn("no such board", result.error["text"])
        self.assertIn("debwiz command m", result.error["hint"])
        self.ends_as(box, "failed", "qemu-refused", "no such board")

    def test_start_is_not_waited_for(self):
        """Ctrl-C while QEMU does not let its guest go: it stays as it is."""
        box = self.made()
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("file go\n" + SERVES)
        child = box.start("boot", box.ini, *box.settings(), "--wait=none", stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
        lib.poll(lambda: self.status(box)["alive"])
        self.assertEqual(self.status(box)["state"], "starting")
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=lib.LIMIT)[1]
        self.assertEqual(child.returncode, 130, said)
        self.assertIn("the machine keeps running", said)
        with open(os.path.join(self.record(box)["runtime_dir"], "go"), "wb"):
            pass
        lib.poll(lambda: self.status(box)["state"] == "running")

    def test_without_a_sandbox(self):
        """A refused -sandbox is reported at each boot; QEMU's answer is kept until `doctor` runs."""
        box = self.made()
        mark = os.path.join(box.root, "refuses")
        with open(box.qemu, encoding="utf-8") as program:
            text = program.read()
        with open(box.qemu, "w", encoding="utf-8") as out:
            out.write(text.replace('*" -qmp stdio "*) exit 0', '*" -qmp stdio "*) [ ! -e "%s" ] || '
                                   '{ echo "no seccomp here" >&2; exit 1; }; exit 0' % mark))
        with open(mark, "wb"):
            pass
        for refused, words in ((True, None), (True, None), (False, "are probed again")):
            if words:
                self.assertIn(words, box.run("doctor", json_events=False).out)
            result = self.booted(box, "progress 1 seed-applied\n" + SERVES)
            argv = lib.read(os.path.join(box.machine, "request.json"))
            self.assertEqual("-sandbox" in argv, not refused)
            self.assertEqual(len(result.warnings), refused, result.warnings)
            if refused:
                self.assertIn("without its sandbox", result.warnings[0])
                self.assertIn("no seccomp here (`debwiz doctor`", result.warnings[0])
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(mark)
            box.run("kill", "m")

    def test_sound(self):
        """A sound driver is used if it works now; without one the guest's sound is discarded, which is reported."""
        box = self.made(devices_audio="yes")
        works = os.path.join(box.root, "works")
        with open(box.qemu, encoding="utf-8") as program:
            text = program.read()
        with open(box.qemu, "w", encoding="utf-8") as out:
            out.write(text.replace('*" -qmp stdio "*) exit 0', '*" -audiodev help "*) printf "pa\\nalsa\\nnone\\n"; exit 0 ;;\n'
                                   '*" -qmp stdio "*) case $* in *driver=none*) ;; *driver=*) '
                                   'for one in $(cat "%s"); do case $* in *driver=$one,*) exit 0;; esac; done; exit 1 ;; esac; '
                                   'exit 0' % works))
        for names, chosen in (("alsa", "alsa"), ("", "none"), ("pa alsa", "pa")):
            with open(works, "w", encoding="utf-8") as out:
                out.write(names)
            result = self.booted(box, "progress 1 seed-applied\n" + SERVES)
            self.assertIn("driver=%s,id=audio" % chosen, lib.read(os.path.join(box.machine, "request.json")))
            self.assertEqual([w for w in result.warnings if "is not heard" in w] != [], chosen == "none", result.warnings)
            box.run("kill", "m")

    def test_no_program(self):
        box = self.made()
        os.rename(box.qemu, box.qemu + "-away")
        result = self.boot(box)
        self.assertEqual(result.status, 3, str(result))
        self.assertIn("fakeqemu", result.error["text"])
        os.rename(box.qemu + "-away", box.qemu)
        self.booted(box)

    # ---- it ends in the middle ----------------------------------------------------------
    def test_dies(self):
        box = self.made()
        for number, cause_id, words in ((9, "qemu-killed", "signal 9"),
                                        (11, "qemu-crashed", "signal 11")):
            self.booted(box)
            os.kill(self.status(box)["qemu_pid"], number)
            self.ends_as(box, "failed", cause_id, words)

    def test_exits_silently(self):
        """It exits with 0 without a SHUTDOWN event; and as after a guest's power-off (the control)."""
        box = self.made()
        self.booted(box, UP + "wait 300\nexit 0\n", "--wait=none")
        self.ends_as(box, "failed", "no-reason", "without a reason")
        self.booted(box, UP + 'wait 300\nE SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n',
                    "--wait=none")
        self.ends_as(box, "off", "", "powered off")

    def test_resets_in_a_loop(self):
        box = self.made()
        reset = 'E RESET {"guest": true, "reason": "guest-reset"}\n'
        result = self.boot(box, "up\n" + reset * 8 + "C quit\nR\nexit 0\n")
        self.assertEqual(result.status, 1, str(result))
        self.ends_as(box, "failed", "reset-loop", "over and over")
        self.booted(box, "up\n" + reset * 3 + "serial m login:\\x20\nserve\n")     # the control

    def test_disk_full(self):
        """The guest is paused, which is reported, and resumes when there is space."""
        box = self.made()
        self.booted(box, UP + FULL + "C cont\nE RESUME\nR\n" + FULL + "C cont\nE RESUME\nR\nserve\n")
        lib.poll(lambda: self.status(box)["state"] == "paused")
        status = self.status(box)
        self.assertEqual((status["cause_id"], status["alive"]), ("disk-full", True))
        self.assertIn("the host's disk is full", status["detail"])
        result = box.run("resume", "m")                 # still no space
        self.assertEqual((result.status, result.id), (1, "disk-full"), str(result))
        self.assertIn("the host's disk is full", result.error["text"])
        self.assertEqual(box.run("resume", "m").status, 0)
        self.assertEqual(self.status(box)["state"], "running")

    def test_disk_full_in_a_boot(self):
        """`boot` reports why there is no login, and how to resume the machine."""
        box = self.made(boot_timeout="10s")
        result = self.boot(box, "up\nserial starting\\n\n" + FULL + "C cont\nE RESUME\nR\n" + UP[3:] + "serve\n")
        self.assertEqual((result.status, result.id), (8, "guest-paused"), str(result))
        self.assertIn("the host's disk is full", result.error["text"])
        self.assertIn("debwiz resume m", result.error["hint"])
        shown = [e["detail"] for e in result.events if e["event"] == "progress" and e["step"] == "login"]
        self.assertIn("it is paused: the host's disk is full; free disk space, then resume it", shown)
        self.assertEqual(box.run("resume", "m").status, 0)
        lib.poll(lambda: self.status(box)["state"] == "running")

    def test_accelerator_fails_after_resume(self):
        """An accelerator that fails after a suspension: the guest is lost, which is reported."""
        box = self.made()
        moved = "state\nC migrate-set-capabilities\nR\nC migrate-set-parameters\nR\n"
        self.booted(box, 'up\nC qom-get\nR "virt-7.2-machine"\nC stop\nE STOP\nR\n' + moved +
                    'C migrate\nfill 1000\nR\nE MIGRATION {"status": "completed"}\nC quit\nR\n'
                    'E SHUTDOWN {"guest": false, "reason": "host-qmp-quit"}\nexit 0\n', "--wait=none")
        self.assertEqual(box.run("suspend", "m").status, 0)
        path = os.path.join(box.machine, "suspend.json")
        with open(path, encoding="utf-8") as text:
            kept = json.load(text)
        kept["request"]["accel"] = "kvm"
        with open(path, "w", encoding="utf-8") as out:
            json.dump(kept, out)
        box.write_ini(mirror_updates="no", mirror_security="no", qemu_binary=box.qemu)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("caps\n" + moved + 'C migrate-incoming\nR\nE MIGRATION {"status": "completed"}\n'
                      "C cont\nE RESUME\nR\nstderr 1 KVM internal error. Suberror: 1\nE STOP\n"
                      'C query-status\nR {"status": "internal-error", "running": false}\nC quit\nR\nexit 0\n')
        result = box.run("boot", box.ini)
        self.assertEqual((result.status, result.id), (1, "guest-ended"), str(result))
        self.assertIn("KVM internal error", result.error["text"])

    def record(self, box):
        with open(os.path.join(box.machine, "run.json"), encoding="utf-8") as text:
            return json.load(text)

    def connects(self, box):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(lib.LIMIT)
        line.connect(os.path.join(self.record(box)["runtime_dir"], "control"))
        return line

    def asks(self, box, request):
        """By the control socket (include/machine/client.h); until it is answered."""
        data = json.dumps(request).encode()
        with self.connects(box) as line:
            line.sendall(struct.pack(">I", len(data) + 1) + b"J" + data)
            self.assertTrue(line.recv(1))

    def test_disk_full_while_it_configures(self):
        """No client can resume that run: it fails with a remedy and leaves no partial base."""
        box = self.box(alone=True)
        self.addCleanup(self.quiet, box)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write('up\nE BLOCK_IO_ERROR {"device": "", "node-name": "disk", "operation": "write", '
                      '"action": "stop", "nospace": true, "reason": "No space left on device"}\nE STOP\n'
                      'C query-status\nR {"status": "io-error", "running": false}\n'
                      'C quit\nR\nE SHUTDOWN {"guest": false, "reason": "host-qmp-quit"}\nexit 0\n')
        result = box.prepare()
        self.assertEqual((result.status, result.id), (1, "configure"), str(result))
        self.assertIn("the host's disk is full: free disk space", result.error["text"])
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(lib.CONFIGURED)
        self.recovers(box)

    # ---- it cannot be reached ----------------------------------------------------------------
    def test_runtime_folder_is_removed(self):
        """The end of a login session removes its runtime folder, and the machine runs on without a socket: the next
        client is served again, in the same folder or in another one."""
        box = self.made()
        self.booted(box)
        place = self.record(box)["runtime_dir"]
        self.assertTrue(place.startswith(box.run_dir), place)
        shutil.rmtree(place)
        for verb in ("pause", "resume", "kill"):
            result = box.run(verb, "m")
            self.assertEqual(result.status, 0, str(result))
            self.assertEqual(self.record(box)["runtime_dir"], place)
        self.ends_as(box, "off", "killed", "killed")

        self.booted(box, OBEYS)
        os.rename(box.run_dir, box.run_dir + "-away")
        self.addCleanup(shutil.rmtree, box.run_dir + "-away")
        result = box.run("stop", "m")
        self.assertEqual(result.status, 0, str(result))
        self.ends_as(box, "off", "", "stopped")
        self.assertFalse(self.record(box)["runtime_dir"].startswith(box.run_dir))
        os.mkdir(box.run_dir, 0o700)

    def test_unreachable(self):
        """A supervisor that accepts no clients: `stop` fails if the machine was not stopped, and `kill` still works."""
        box = self.made()
        self.booted(box, UP + "deaf\nhold\n")
        with contextlib.ExitStack() as stack:
            for _ in range(16):
                stack.enter_context(self.connects(box))
            for verb in ("stop", "pause", "boot"):
                result = box.run(verb, "m")
                self.assertEqual((result.status, result.id), (7, "busy"), str(result))
                self.assertIn("16 programs are connected", result.error["text"])
                self.assertTrue(result.error["hint"])
            self.assertTrue(self.status(box)["alive"])
            result = box.run("kill", "m")
            self.assertEqual(result.status, 0, str(result))
            self.assertEqual(self.holders(box), [])
        self.ends_as(box, "failed", "lost")

    # ---- it is frozen ------------------------------------------------------------------------
    def test_frozen(self):
        """QEMU was stopped by a signal: every order ends in time, with that reason; what was asked takes
        effect when QEMU continues; a stop and a kill end it."""
        box = self.made()
        box.env["DEBWIZ_DEADLINE"] = "300"
        self.booted(box, UP + "C stop\nE STOP\nR\nC query-status\nR {\"status\": \"paused\"}\ndeaf\nhold\n")
        pid = self.status(box)["qemu_pid"]
        os.kill(pid, signal.SIGSTOP)
        for words in (("pause", "m"), ("reset", "m"), ("snapshot", "m", "list"), ("snapshot", "m", "create"),
                      ("suspend", "m")):
            result = box.run(*words)
            self.assertIn((result.status, result.id), ((8, "qemu-silent"), (7, "busy")), str(result))
            if result.status == 8:
                self.assertIn("QEMU (pid %d) of m did not answer" % pid, result.error["text"])
                self.assertIn("kill -CONT %d" % pid, result.error["hint"])
            else:
                self.assertIn(words, (("snapshot", "m", "create"), ("suspend", "m")), str(result))
                self.assertIn("QEMU does not answer", result.error["text"])
        self.assertEqual(self.status(box)["cause_id"], "qemu-silent")
        self.assertEqual(box.run("kill", "m").status, 0)
        self.ends_as(box, "off", "killed", "killed")

    def test_frozen_for_a_while(self):
        box = self.made()
        box.env["DEBWIZ_DEADLINE"] = "300"
        self.booted(box, UP + "C stop\nE STOP\nR\nC query-status\nR {\"status\": \"paused\"}\n"
                    "C cont\nE RESUME\nR\nserve\n")
        pid = self.status(box)["qemu_pid"]
        os.kill(pid, signal.SIGSTOP)
        self.assertEqual(box.run("pause", "m").id, "qemu-silent")
        os.kill(pid, signal.SIGCONT)
        lib.poll(lambda: self.status(box)["state"] == "paused")
        self.assertEqual(self.status(box)["cause_id"], "paused")
        result = box.run("resume", "m")             # on a busy host the answer may be late, too
        self.assertIn((result.status, result.id), ((0, ""), (8, "qemu-silent")), str(result))
        lib.poll(lambda: self.status(box)["state"] == "running")

    def test_frozen_supervisor(self):
        """The same of what looks after it."""
        box = self.made()
        self.booted(box)
        supervisor = self.record(box)["supervisor_pid"]
        os.kill(supervisor, signal.SIGSTOP)
        box.env["DEBWIZ_DEADLINE"] = "600"
        for verb in ("pause", "stop", "suspend", "boot"):
            result = box.run(verb, "m", *(["--wait=ssh"] if verb == "boot" else []))
            self.assertEqual((result.status, result.id), (1, "unreachable"), str(result))
            self.assertIn("supervisor (pid %d) does not answer" % supervisor, result.error["text"])
        self.assertEqual(box.run("kill", "m").status, 0)
        self.assertEqual(self.holders(box), [])

    def test_boot_of_a_paused_machine(self):
        """Reports that, and how to resume it, for any --wait."""
        box = self.made(boot_timeout="60m")
        self.booted(box, UP + "C stop\nE STOP\nR\nC query-status\nR {\"status\": \"paused\"}\n"
                    "C cont\nE RESUME\nR\nserve\n")
        self.assertEqual(box.run("pause", "m").status, 0)
        for words in (("boot", box.ini), ("up", box.ini), ("boot", box.ini, "--wait=none")):
            result = box.run(*words, *box.settings())
            self.assertEqual((result.status, result.id), (1, "guest-paused"), str(result))
            self.assertIn("m is paused", result.error["text"])
            self.assertEqual(result.error["hint"], "debwiz resume m")
        self.assertEqual(box.run("resume", "m").status, 0)
        self.booted(box)

    def test_ini_file_is_invalid(self):
        """A running machine is reachable by name, whatever its file contains."""
        box = self.made()
        self.booted(box, UP + "C stop\nE STOP\nR\nC query-status\nR {\"status\": \"paused\"}\n"
                    "C cont\nE RESUME\nR\n" + OBEYS[len(UP):])
        with open(box.ini, "a", encoding="utf-8") as out:
            out.write("[cpu]\nmemory = lots\n")
        self.assertEqual(box.run("check", box.ini).status, 2)
        for verb in ("pause", "resume", "stop"):
            self.assertEqual(box.run(verb, "m").status, 0, verb)
        self.ends_as(box, "off", "", "stopped")
        self.assertEqual(box.run("stop", "nobody").id, "machine-unknown")

    # ---- it does not end ----------------------------------------------------------------
    def test_guest_and_qemu_do_not_answer(self):
        """Neither the guest nor QEMU answers, and each step has a deadline of a day; a signal to the supervisor starts
        the next step (tests/fake/qmp tests the deadlines)."""
        box = self.made()
        self.booted(box, UP + "deaf\nhold\n")
        pid = self.status(box)["qemu_pid"]
        self.asks(box, {"op": "stop", "powerdown_ms": 80000000, "quit_ms": 80000000})
        late = box.start("stop", "m", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lib.poll(lambda: select.select([late.stdout], [], [], 0)[0])
        self.assertIn(b"the power button is pressed; at most 22 h", late.stdout.readline())
        child = box.start("stop", "m", "--json", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        supervisor = self.record(box)["supervisor_pid"]
        lib.poll(lambda: self.status(box)["state"] == "stopping")
        end = time.monotonic() + lib.LIMIT
        while os.path.exists("/proc/%d" % pid) and time.monotonic() < end:
            os.kill(supervisor, signal.SIGTERM)         # on to the next rung
            select.select([], [], [], 0.2)
        out = child.communicate(timeout=lib.LIMIT)[0]
        self.assertEqual(child.returncode, 0, out)
        told = late.communicate(timeout=lib.LIMIT)[0].decode()
        for rung in ("QEMU is told to quit", "ended by a signal", "it is killed"):
            self.assertIn(rung, told)
        self.ends_as(box, "off", "killed", "killed")

    # ---- what looks after it goes away --------------------------------------------------
    def holders(self, box):
        """QEMUs of this machine."""
        return [p for p in box.processes() if "tests/fake/qemu.py" in
                lib.read("/proc/%d/cmdline" % p).replace("\0", " ")]

    def test_client_killed(self):
        """The client is killed while it waits for a login: the machine keeps running."""
        box = self.made()
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("up\nserve\n")
        child = box.start("boot", box.ini, *box.settings(), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
        lib.poll(lambda: self.status(box)["state"] == "booting")
        child.kill()
        child.wait()
        status = self.status(box)
        self.assertEqual((status["state"], status["supervised"]), ("booting", True))
        again = box.run("boot", box.ini, *box.settings(), "--wait=none")
        self.assertEqual(again.status, 0, str(again))
        self.assertEqual(self.holders(box), [status["qemu_pid"]])

    def test_supervisor_killed(self):
        """Whoever comes next gets a new one, ten at a time as well; never a second QEMU."""
        box = self.made()
        self.booted(box, UP + "again\ncaps\nC query-status\nR {\"status\": \"running\"}\nserve\n")
        pid = self.status(box)["qemu_pid"]
        os.kill(self.record(box)["supervisor_pid"], signal.SIGKILL)
        lib.poll(lambda: not self.status(box)["supervised"])
        self.assertEqual(self.status(box)["state"], "running")
        many = [box.start("boot", box.ini, *box.settings(), "--wait=none", stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
                for _ in range(10)]
        self.assertEqual([c.wait(lib.LIMIT) for c in many], [0] * 10)
        status = self.status(box)
        self.assertEqual((status["state"], status["supervised"], status["qemu_pid"]),
                         ("running", True, pid))
        self.assertEqual(self.holders(box), [pid])

    def test_stopped_during_takeover(self):
        """Nothing is done to a guest before its state is known: then its power button is pressed."""
        box = self.made()
        self.booted(box, UP + "again\nfile go\ncaps\nC query-status\nR {\"status\": \"running\"}\n" +
                    OBEYS[len(UP):])
        os.kill(self.record(box)["supervisor_pid"], signal.SIGKILL)
        lib.poll(lambda: not self.status(box)["supervised"])
        first = box.start("pause", "m", "--json", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lib.poll(lambda: self.status(box)["supervised"])
        self.assertEqual(self.status(box)["state"], "starting")
        self.asks(box, {"op": "stop"})
        os.kill(self.record(box)["supervisor_pid"], signal.SIGTERM)     # the same wish
        with open(os.path.join(self.record(box)["runtime_dir"], "go"), "w", encoding="ascii"):
            pass
        self.ends_as(box, "off", "", "stopped")
        self.assertNotIn("did not power off", self.status(box)["detail"])
        first.wait(lib.LIMIT)

    def test_everything_killed(self):
        """And the host restarted: what the record says then, and that the next boot needs no help."""
        box = self.made()
        record = os.path.join(box.machine, "run.json")
        for restarted in (False, True):
            self.booted(box)
            for pid in box.processes():
                os.kill(pid, signal.SIGKILL)
            self.quiet(box)
            if restarted:           # the mark of another boot is in the start times
                with open(record, encoding="utf-8") as text:
                    run = json.load(text)
                for key in ("supervisor_start", "qemu_start"):
                    run[key] ^= 1 << 44
                with open(record, "w", encoding="utf-8") as text:
                    json.dump(run, text)
            self.ends_as(box, "failed", "host-restarted" if restarted else "lost",
                         "this host was restarted" if restarted else "were killed")
        self.booted(box)

    # ---- the disk is another's ----------------------------------------------------------
    def test_locked(self):
        box = self.made()
        disk = os.path.join(box.machine, "disk.qcow2")
        with open(disk, "rb"):      # a holder: this test
            result = self.boot(box, 'stderr 1 qemu: -blockdev: Failed to get "write" lock\nexit 1\n')
        self.assertEqual((result.status, result.id), (1, "guest-ended"), str(result))
        self.assertIn("in use by another program", result.error["text"])
        self.assertIn("pid %d" % os.getpid(), result.error["text"])
        self.ends_as(box, "failed", "disk-locked", "in use by another program")
        for text in (result.out, lib.read(os.path.join(box.machine, "request.json"))):
            self.assertNotIn("force-share", text)

    # ---- the disk after that ------------------------------------------------------------
    def test_examined(self):
        """Each exit status of qemu-img check, at the boot behind a run that was cut off."""
        box = self.made()
        for status, says, starts, words in (
                (0, '{"check-errors": 0}', True, None), (63, "", True, None),
                (3, '{"leaks": 12, "check-errors": 0}', True, "12 clusters"),
                (2, '{"corruptions": 5, "check-errors": 0}', False, "damaged (5 errors)"),
                (1, "", False, "check")):
            with self.subTest(status=status):
                self.booted(box)
                os.kill(self.status(box)["qemu_pid"], signal.SIGKILL)
                self.ends_as(box, "failed", "qemu-killed")
                for name, text in (("rc", str(status)), ("says", says), ("asked", "")):
                    with open(os.path.join(box.root, name), "w", encoding="utf-8") as out:
                        out.write(text)
                result = self.boot(box)
                self.assertEqual(result.status == 0, starts, str(result))
                if words:
                    self.assertIn(words, str(result.warnings) if starts else result.text())
                if status == 2:
                    self.assertIn("copy it to a safe place first", result.error["hint"])
                asked = lib.read(os.path.join(box.root, "asked"))
                self.assertIn("check -f qcow2", asked)
                self.assertNotIn(" -r", asked)
                box.run("kill", "m")
                os.unlink(os.path.join(box.root, "rc"))
                self.booted(box, OBEYS)
                self.assertEqual(box.run("stop", "m").status, 0)
        # the control: behind an orderly end nothing is asked
        with open(os.path.join(box.root, "rc"), "w", encoding="utf-8") as out:
            out.write("2")
        os.unlink(os.path.join(box.root, "asked"))
        self.booted(box)
        self.assertFalse(os.path.exists(os.path.join(box.root, "asked")))


class Tcp(Ends):
    """Lines by loopback TCP, and what of the above has to do with lines."""

    def made(self, **settings):
        box = super().made(**settings)
        box.env["DEBWIZ_LINES"] = "tcp"
        return box

    def test_suspend_before_8_2(self):
        """A descriptor cannot be passed by TCP: refused with the reason, and the guest continues."""
        box = self.made()
        self.booted(box, UP + 'C qom-get\nR "virt-7.2-machine"\nC stop\nE STOP\nR\nC cont\nE RESUME\nR\nserve\n')
        result = box.run("suspend", "m")
        self.assertEqual((result.status, result.id), (1, "suspend-failed"), str(result))
        self.assertIn("QEMU 8.2", result.error["text"])
        self.assertEqual(result.error["hint"], "it keeps running; debwiz stop m powers it down instead")
        self.assertEqual((self.status(box)["state"], lib.parts(box.machine)), ("running", []))

    def test_suspend_and_resume(self):
        """From 8.2 on it is one file; the ports of the next start are new ones."""
        box = self.made()
        box.env["FAKE_QEMU_VERSION"] = "8.2"
        moved = "C migrate-set-capabilities\nR\nC migrate-set-parameters\nR\n"
        state = "file:" + os.path.join(box.machine, "suspend.state")
        self.booted(box, UP + 'C qom-get\nR "virt-8.2-machine"\nC stop\nE STOP\nR\n' + moved +
                    'C migrate\nhas ' + state + '.part\nfill 1000\nR\nE MIGRATION {"status": "completed"}\n'
                    'C quit\nR\nE SHUTDOWN {"guest": false, "reason": "host-qmp-quit"}\nexit 0\n')
        folder = self.record(box)["runtime_dir"]
        self.assertIn("qmp.port", os.listdir(folder))
        self.assertEqual(box.run("suspend", "m").status, 0)
        self.quiet(box)
        self.assertFalse([n for n in os.listdir(folder) if n.endswith((".port", ".psk"))])
        with open(os.path.join(box.machine, "suspend.json"), encoding="utf-8") as text:
            argv = " ".join(json.load(text)["request"]["argv"])
        self.assertEqual(argv.count("host=127.0.0.1,port=0,"), 4)
        del box.env["DEBWIZ_LINES"]         # how it was started counts
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("caps\n" + moved + "C migrate-incoming\nhas " + state + '\nR\n'
                      'E MIGRATION {"status": "completed"}\nC cont\nE RESUME\nR\nserve\n')
        result = box.run("resume", "m")
        self.assertEqual(result.status, 0, str(result))
        self.assertIn("qmp.port", os.listdir(folder))


def load_tests(loader, _standard, _pattern):
    lines = ("test_clock", "test_guest_and_qemu_do_not_answer", "test_supervisor_killed", "test_everything_killed",
             "test_suspend_before_8_2", "test_suspend_and_resume")
    return unittest.TestSuite([loader.loadTestsFromTestCase(Ends), *(Tcp(name) for name in lines)])


if __name__ == "__main__":
    lib.main()
