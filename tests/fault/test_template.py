#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Warm start: the first `debwiz run` makes a template, later ones resume copies of it; whatever goes wrong with the
template, the machine boots as without it. The guest is this host, as in test_ssh.
"""
import contextlib
import glob
import json
import os
import shutil
import signal
import threading

import lib
import test_run
import test_ssh

# What QEMU and the guest say while a template is made, up to the saved state.
WAITS = "up\nprogress 1 waiting\n"
SAVES = """C qom-get
R "virt-7.2-machine"
C stop
R
E STOP
C getfd
R
C migrate-set-capabilities
has x-ignore-shared
R
C migrate-set-parameters
R
C migrate
R
fill 1000
E MIGRATION {"status": "completed"}
C quit
R
E SHUTDOWN {"guest": false, "reason": "host-qmp-quit"}
exit 0
"""
LOADS = """caps
C getfd
R
C migrate-set-capabilities
has x-ignore-shared
R
C migrate-set-parameters
R
C migrate-incoming
R
"""
RESUMES = LOADS + """E MIGRATION {"status": "completed"}
C cont
R
hear host 1 begin epoch=
progress 1 seed-applied
serial m login:\\x20
progress 1 ready kernel=6.1.0-1-armmp-lpae
serve
"""


class Case(test_run.Case):
    def warm(self, saves=WAITS + SAVES, resumes=RESUMES, firmware="direct", warm="yes"):
        """A machine whose QEMU makes a template, resumes a copy of one, or boots, each by a script of its own, and
        adds a word to the file `starts`."""
        box = self.made(boot_warm=warm, firmware_mode=firmware)
        for name, text in (("saves", saves), ("resumes", resumes)):
            with open(os.path.join(box.root, name), "w", encoding="utf-8") as out:
                out.write(text)
        with open(box.qemu, encoding="utf-8") as file:
            text = file.read()
        choice = ('script=%s\ncase "$*" in\n'
                  '*\'"share":true\'*) script=%s/saves\n'
                  '    ram=${*#*\\"mem-path\\":\\"}; echo memory >"${ram%%%%\\"*}" ;;\n'
                  '*\'"share":false\'*) script=%s/resumes ;;\nesac\n'
                  '[ ! -e %s/saves ] || echo "${script##*/}" >>%s/starts\n'
                  % (box.script, box.root, box.root, box.root, box.root))
        with open(box.qemu, "w", encoding="utf-8") as out:
            out.write(text.replace("exec ", choice + "exec ").replace('"%s" "$@"' % box.script, '"$script" "$@"'))
        return box

    def answer_soon(self, box):
        """Its guest answers on each port that it gets: a machine that starts a second time finds the first one taken."""
        def answer():
            while not done.wait(0.05):
                for path in glob.glob(os.path.join(box.data, "temporary/machines/*/ports.json")):
                    with contextlib.suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
                        port = next(iter(json.load(file).values()))
                        if port not in guests:
                            guests[port] = test_ssh.Guest(port)
        guests, done = {}, threading.Event()
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        self.addCleanup(lambda: [g.close() for g in guests.values()])
        self.addCleanup(thread.join, lib.LIMIT)
        self.addCleanup(done.set)

    def starts(self, box):
        """How QEMU was started since the last call."""
        path = os.path.join(box.root, "starts")
        words = lib.read(path).split() if os.path.exists(path) else []
        if words:
            os.unlink(path)
        return words

    def templates(self, box, name="*"):
        return sorted(os.path.basename(p) for p in glob.glob(os.path.join(box.data, "templates", name)))

    def whole(self, box):
        return [name for name in self.templates(box) if "." not in name]

    def answers_run(self, box, status=7):
        got, out, err = self.ended(self.begin(box, "--", "echo answer; exit 7"))
        self.assertEqual((got, out), (status, "answer\n"), err)
        self.assertEqual(self.left(box), [])
        self.assertEqual(box.processes(), [])
        return err


class Template(Case):
    def test_made_and_resumed(self):
        """The first run makes it, the second finds it; both resume a copy, and the template does not change."""
        box = self.warm()
        self.answers_run(box)
        self.assertEqual(self.starts(box), ["saves", "resumes"])
        template, = self.whole(box)
        before = lib.tree(os.path.join(box.data, "templates", template))
        self.assertEqual(sorted(os.path.basename(p) for p in before),
                         ["disk.qcow2", "manifest.json", "ram", "suspend.state"])
        self.answers_run(box)
        self.assertEqual(self.starts(box), ["resumes"])
        self.assertEqual(lib.tree(os.path.join(box.data, "templates", template)), before)
        self.assertEqual(self.templates(box), [template])

    def test_auto(self):
        """Where nothing is written, a machine for one command is warm, and one that stays is not."""
        box = self.warm(warm="auto")
        self.answers_run(box)
        self.assertEqual(self.starts(box), ["saves", "resumes"])
        self.assertEqual(box.run("boot", box.ini, *box.settings(), "--wait=none").status, 0)
        self.assertEqual(self.starts(box), ["script"])

    def test_uefi(self):
        """The firmware's variables are in the state, and its template has no file of them."""
        box = self.warm(firmware="uefi")
        self.answers_run(box)
        self.assertEqual(self.starts(box), ["saves", "resumes"])
        template, = self.whole(box)
        self.assertEqual(sorted(os.listdir(os.path.join(box.data, "templates", template))),
                         ["disk.qcow2", "lock", "manifest.json", "ram", "suspend.state"])
        self.answers_run(box)
        self.assertEqual(self.starts(box), ["resumes"])

    def test_shape(self):
        """Another memory is another template; what cannot have one boots, with the reason."""
        box = self.warm()
        self.answers_run(box)
        self.starts(box)
        got, _, err = self.ended(self.begin(box, "--set", "cpu.memory=512M", "--", "exit 7"))
        self.assertEqual(got, 7, err)
        self.assertEqual(self.starts(box), ["saves", "resumes"])
        self.assertEqual(len(self.whole(box)), 2)
        got, _, err = self.ended(self.begin(box, "--set", "devices.usb=yes", "--", "exit 7"))
        self.assertEqual(got, 7, err)
        self.assertEqual(self.starts(box), ["script"])
        self.assertIn("boots cold: it has USB or sound", err)

    def test_broken(self):
        """A template whose files have changed is not used, and made again."""
        box = self.warm()
        self.answers_run(box)
        for name in ("ram", "suspend.state", "disk.qcow2", "manifest.json"):
            self.starts(box)
            path = os.path.join(box.data, "templates", self.whole(box)[0], name)
            with open(path, "r+b") as file:
                file.write(b"other")
            self.answers_run(box)
            self.assertEqual(self.starts(box), ["saves", "resumes"], name)

    def test_not_loaded(self):
        """QEMU refuses the state: the machine boots, and the template is not used again."""
        box = self.warm(resumes=LOADS + 'E MIGRATION {"status": "failed"}\nserve\n')
        err = self.answers_run(box)
        self.assertEqual(self.starts(box), ["saves", "resumes", "script"])
        self.assertIn("the template could not be used", err)
        self.assertEqual(self.whole(box), [])
        err = self.answers_run(box)
        self.assertEqual(self.starts(box), ["script"])
        self.assertIn("boots cold: the template could not be loaded", err)

    def test_not_made(self):
        """Its guest fails, or QEMU does: the machine boots, and nothing is left but the reason."""
        for saves, why in (("up\nprogress 1 seed-failed text=no%20port\nhold\n", "no port"),
                           (WAITS + SAVES[:SAVES.index("fill")] + 'E MIGRATION {"status": "failed"}\nC query-migrate\n'
                            'R {"error-desc": "no space"}\nhold\n', "no space"),
                           ("exit 1\n", "")):
            box = self.warm(saves=saves)
            err = self.answers_run(box)
            self.assertEqual(self.starts(box), ["saves", "script"], saves)
            self.assertIn("boots cold: ", err)
            self.assertIn(why, err)
            self.assertEqual([n for n in self.templates(box) if not n.endswith(".failed")], [])

    def test_interrupted(self):
        """SIGTERM, and a kill, while it is made: no half one stays, and the next run makes it."""
        box = self.warm(saves=WAITS + "wait 600000\n")
        child = self.begin(box, "--", "true")
        lib.poll(lambda: os.path.exists(os.path.join(box.root, "starts")))
        child.send_signal(signal.SIGTERM)
        self.assertNotEqual(self.ended(child)[0], 0)
        self.assertEqual((self.left(box), self.whole(box), self.templates(box, "*.part")), ([], [], []))
        self.starts(box)
        child = self.begin(box, "--", "true")
        lib.poll(lambda: os.path.exists(os.path.join(box.root, "starts")))
        box.kill(child)
        child.communicate(timeout=lib.LIMIT)
        self.assertEqual(self.whole(box), [])
        self.starts(box)
        with open(os.path.join(box.root, "saves"), "w", encoding="utf-8") as out:
            out.write(WAITS + SAVES)
        self.answers_run(box)
        self.assertEqual(self.starts(box), ["saves", "resumes"])

    def test_lasting_machine(self):
        """A machine that stays: suspended, its memory is its own, and its next start is not from the template; nor is
        any other after the first."""
        suspends = SAVES.replace("has x-ignore-shared\n", "").replace("fill 1000", "fill 2000")
        box = self.warm(resumes=RESUMES.replace("serve\n", "") + suspends)
        with open(box.script, "w", encoding="utf-8") as out:    # the suspended machine, and later boots
            out.write(LOADS.replace("has x-ignore-shared\n", "") + 'E MIGRATION {"status": "completed"}\n'
                      "C cont\nR\nserve\n")
        result = box.run("boot", box.ini, *box.settings())
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(self.starts(box), ["saves", "resumes"])
        self.assertFalse(os.path.exists(os.path.join(box.machine, "seed.iso")), "it was applied")
        result = box.run("suspend", "m")
        self.assertEqual(result.status, 0, str(result))
        with open(os.path.join(box.machine, "suspend.json"), encoding="utf-8") as file:
            kept = json.load(file)["request"]
        self.assertEqual((kept["template"], kept["memory"]), ("", []))
        self.assertNotIn("memory-backend", " ".join(kept["argv"]))
        template, = self.whole(box)
        shutil.rmtree(os.path.join(box.data, "templates"))
        result = box.run("boot", box.ini, "--wait=none")
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(self.starts(box), ["script"])
        self.assertEqual(box.run("kill", "m").status, 0)
        with open(box.script, "w", encoding="utf-8") as out:
            out.write(test_ssh.SERVES)
        result = box.run("boot", box.ini, *box.settings())
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(self.starts(box), ["script"])
        self.assertEqual((self.templates(box), bool(template)), ([], True))

    def test_collected(self):
        """gc keeps one that may be used, and removes one whose base is gone, or that was not used for long."""
        box = self.warm()
        self.answers_run(box)
        self.assertEqual(self.say(box, "gc").status, 0)
        template, = self.whole(box)
        os.utime(os.path.join(box.data, "templates", template, "lock"), (1, 1))
        result = self.say(box, "gc")
        self.assertEqual(result.status, 0, str(result))
        self.assertIn("a template that was not used for long", result.out)
        self.assertEqual(self.templates(box), [])


if __name__ == "__main__":
    lib.main()
