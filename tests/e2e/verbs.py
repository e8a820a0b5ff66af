# SPDX-License-Identifier: MIT
"""
The verbs and options that no other check needs anyway, each on a real machine. Each check takes a running
world.Machine made from an example (a stopped one if its text says that), raises world.Failed, may return a text.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import builds
import reach
from world import BOOT, DEBWIZ, SRC, Failed, need, same, until

sys.path.insert(0, os.path.join(SRC, "tests", "tui"))
import lib                          # noqa: E402 the terminal of the tests

MINUTES = 60


def asked(m):
    """The verbs that only look, with each option that they take, while the machine runs."""
    log = os.path.join(m.world.home, "debug.log")
    for argv, word in (
            (("check", m.ini), ""),
            (("plan", "--verbose", "--json", m.ini), '"step"'),
            (("command", "--explain", m.ini), "machine.name"),
            (("command", "--json", m.ini), '"argv"'),
            (("list", "--json"), m.name),
            (("status", "--json", m.name), '"running"'),
            (("releases", "--json", "--log", log), m.release),
            (("releases", "--json", "--strict", "--mirror", mirror()), m.release),
            (("arches", "--json"), m.arch),
            (("doctor", "--json"), "qemu-img"),
            (("doctor", "--report"), "QEMU "),
            (("doctor", "--report", "--json"), "libuv"),
            (("--help",), "verbs:"),
            (("help", "ssh"), "--start"),
            (("--version",), "debwiz"),
    ):
        got = m.world.debwiz(*argv).ok()
        need(word in got.out, "%s does not say %s:\n%s", " ".join(argv), word, got.out[:500])
        if "--json" in argv:
            need(got.events(), "%s printed no JSON", " ".join(argv))
    need(os.path.getsize(log) > 0, "--log wrote nothing")
    same(m.debwiz("prepare").status, 7, "status of prepare on a running machine")
    m.world.use(["list", "--watch"])
    watched(m, ["list", "--watch", "--json"], 2)


def mirror():
    import fields
    return fields.archives()[0]


def watched(m, argv, lines):
    """A verb that continues until it is interrupted: it prints some lines, and ends by SIGINT."""
    child = subprocess.Popen([DEBWIZ, *argv], env=m.world.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(lines):
            need(child.stdout.readline(), "%s ended by itself", " ".join(argv))
    finally:
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=MINUTES)
    need(child.returncode in (0, 130, -signal.SIGINT), "%s ended with %d", " ".join(argv), child.returncode)


def logs(m):
    """The log of the serial console; with --follow, what the guest writes next."""
    need("login" in m.world.debwiz("logs", m.name).ok().out, "the log shows no login")
    m.world.use(["logs", "--follow", m.name])
    child = subprocess.Popen([DEBWIZ, "logs", "--follow", m.name], env=m.world.env,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
    try:
        m.sh("echo from-the-guest | sudo tee /dev/console")
        for line in child.stdout:
            if "from-the-guest" in line:
                break
        else:
            raise Failed("logs --follow ended without the line")
    finally:
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=MINUTES)


def edited(m):
    """The wizard's questions answered by --set: the file has the value, the running machine does not."""
    before = m.command()
    m.world.debwiz("edit", "--plain", "--yes", "--set", "boot.timeout=41m", m.ini).ok()
    need("timeout = 41m" in m.text(), "the file says:\n%s", m.text())
    same(m.command(), before, "the command line")
    m.set("timeout", BOOT)


def opened(m):
    """The machine's screen on a terminal, its console and back."""
    m.world.use(["open", m.ini])

    class Home:
        root = m.world.home
        env = dict(m.world.env, TERM="xterm-256color")
    s = lib.Screen(Home(), "open", m.ini)
    try:
        s.wait("● running", m.name, limit=MINUTES)
        s.key("c")
        s.wait("%s ●" % m.name, "^A", limit=MINUTES)
        s.key("C-a", "d")
        s.wait("Enter console", limit=MINUTES)
        s.key("C-q")
        same(s.wait_end(), 0, "status of the screens")
    except AssertionError as why:
        raise Failed(str(why)) from None
    finally:
        s.close()


def copied(m):
    """A folder to the guest and back: names with blanks, modes, links, and content as it was."""
    there, back = os.path.join(m.world.home, "cp-there"), os.path.join(m.world.home, "cp-back")
    for folder in (there, back):
        os.makedirs(folder, exist_ok=True)
    with open(os.path.join(there, "two words"), "wb") as file:
        file.write(os.urandom(100000))
    os.chmod(os.path.join(there, "two words"), 0o750)
    if not os.path.islink(os.path.join(there, "link")):
        os.symlink("two words", os.path.join(there, "link"))
    m.world.debwiz("cp", there, m.name + ":").ok()
    m.world.debwiz("cp", m.name + ":cp-there", back).ok()
    got = os.path.join(back, "cp-there")
    with open(os.path.join(there, "two words"), "rb") as one, \
            open(os.path.join(got, "two words"), "rb") as two:
        need(one.read() == two.read(), "the content differs")
    same(oct(os.stat(os.path.join(got, "two words")).st_mode & 0o777), "0o750", "mode")
    need(os.path.islink(os.path.join(got, "link")), "the link became a file")


def executed(m):
    """A command by the serial console, with its status."""
    got = m.world.debwiz("exec", m.name, "--", "echo over-serial; exit 3")
    same(got.status, 3, "status of the command: %s" % got.err)
    need("over-serial" in got.out, "it printed %r", got.out)


def paused(m):
    """The guest's clock does not advance in a pause, and its uptime shows it."""
    m.world.debwiz("pause", m.name).ok()
    status = m.status()
    same((status["state"], status["alive"]), ("paused", True), "state, alive")
    m.world.debwiz("resume", m.name).ok()
    same(m.await_state(("running",))["state"], "running", "state")
    same(m.sh("echo back"), "back", "answer after resume")


def boot_id(m):
    return m.ssh_try("cat /proc/sys/kernel/random/boot_id")


def reset(m):
    before = m.sh("cat /proc/sys/kernel/random/boot_id")
    m.world.debwiz("reset", m.name).ok()
    until(lambda: boot_id(m) not in (None, before), 30 * MINUTES, "no other boot answers", 2)


def banner(port):
    """What answers at that port of this host; None: nothing listens."""
    try:
        with socket.create_connection(("127.0.0.1", port), 60) as s:
            return s.recv(4)
    except ConnectionRefusedError:
        return None


def forwarded(m):
    """A port is added to a running guest, exists after a takeover, and is removed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    item = "127.0.0.1:%d:22" % port
    got = m.world.debwiz("forward", m.ini, "add", item, "--json").ok().events()[-1]
    need(got["active"], "the added port: %r", got)
    same(banner(port), b"SSH-", "what the guest says at the added port")
    listed = m.world.debwiz("forward", m.ini, "list", "--json").ok().events()
    need(any(e["item"] == item and e["active"] for e in listed), "the list: %r", listed)
    m.world.debwiz("forward", m.ini, "remove", str(port)).ok()
    same(banner(port), None, "what answers at the removed port")
    same(m.world.debwiz("forward", m.ini, "apply", "--json").ok().events(), [], "what is left to apply")


def killed(m):
    pid = m.status()["qemu_pid"]
    m.world.debwiz("kill", m.name).ok()
    status = m.await_state(("off", "failed"))
    need(not status["alive"] and not os.path.exists("/proc/%d" % pid), "after kill: %r", status)


def attached(m):
    """A stopped machine: `boot --attach` shows its console while it boots."""
    m.world.use(["boot", "--attach", m.ini])

    class Home:
        root = m.world.home
        env = dict(m.world.env, TERM="xterm-256color")
    s = lib.Screen(Home(), "boot", "--attach", "--set", "boot.timeout=" + BOOT, m.ini)
    try:
        s.wait("%s ●" % m.name, "^A", limit=10 * MINUTES)
        s.wait(re.compile(r"login:|\$"), limit=40 * MINUTES)
        s.key("C-a", "d")
        same(s.wait_end(), 0, "status of boot --attach")
    except AssertionError as why:
        raise Failed(str(why)) from None
    finally:
        s.close()
    m.await_ssh()


def flattened(m):
    """A stopped machine of a direct boot: independent of its base, kernel taken out again, it still boots."""
    m.world.debwiz("kernel", m.ini).ok()
    m.debwiz("flatten").ok()
    info = m.world.run(["qemu-img", "info", os.path.join(m.folder, "disk.qcow2")]).ok().out
    need("backing file" not in info, "it still has a base:\n%s", info)
    m.world.run(["qemu-img", "check", "-q", os.path.join(m.folder, "disk.qcow2")]).ok()
    m.await_ssh()


def exported(m):
    """The script of a stopped machine boots it without debwiz to its login prompt, and powers it off. The other forms
    pass the programs that they are for, and an imported bundle boots."""
    folder = tempfile.mkdtemp(dir=m.world.home)     # a home may be kept, and no export replaces a file
    script = os.path.join(folder, m.name + ".sh")
    if m.status()["alive"]:
        m.world.debwiz("stop", m.name).ok()
    m.world.debwiz("export", m.ini, "--as", "script", "--out", folder).ok()
    for form, name, check in (("libvirt", "%s.xml", ["virt-xml-validate"]),
                              ("systemd", "debwiz-%s.service", ["systemd-analyze", "verify", "--user", "--man=no"])):
        m.world.debwiz("export", m.ini, "--as", form, "--out", folder).ok()
        if shutil.which(check[0]):
            m.world.run([*check, os.path.join(folder, name % m.name)]).ok()
    with subprocess.Popen(["sh", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as qemu:
        seen = b""
        while not re.search(rb"login:|\$ ", seen):
            piece = qemu.stdout.read(4096)
            need(piece, "it ended before its prompt:\n%s", seen[-2000:])
            seen += piece
        same(m.debwiz("grow", "999G").status, 7, "status of grow while the script runs the machine")
        qemu.stdin.write(b"\x01csystem_powerdown\n")
        while qemu.stdout.read(4096):
            pass
    same(qemu.returncode, 0, "status of the script")
    m.world.debwiz("export", m.ini, "--as", "bundle", "--out", folder).ok()
    m.world.debwiz("import", os.path.join(folder, m.name + ".debwiz"), "--name", "imported").ok()
    m.world.debwiz("boot", "imported", "--offline", "--trust", "--set", "boot.timeout=" + BOOT).ok()
    m.world.debwiz("kill", "imported").ok()
    m.world.debwiz("delete", "imported", "--yes", "--confirm", "imported").ok()


def recreated(m):
    """A stopped machine whose disk has no backing file: a new disk, offline, on the same base."""
    disk = os.path.join(m.folder, "disk.qcow2")
    bases = m.world.bases()
    need("backing file" not in m.world.run(["qemu-img", "info", disk]).ok().out, "it has a backing file")
    m.world.debwiz("recreate", m.ini, "--offline", "--yes", "--confirm", m.name).ok()
    m.debwiz("prepare", "--offline").ok()
    need("backing file" in m.world.run(["qemu-img", "info", disk]).ok().out, "the disk is the old one")
    same(m.world.bases(), bases, "base images")


def fresh(m):
    """A stopped machine: a new base image beside the old one."""
    before = m.world.bases()
    m.world.debwiz("recreate", m.ini, "--yes", "--confirm", m.name).ok()
    m.debwiz("prepare", "--fresh").ok()
    after = m.world.bases()
    need(set(after) - set(before), "there is no new base: %r", json.dumps(after))


RUNNING = (
    ("read-only verbs", asked), ("logs", logs), ("edit by --set", edited), ("open: screen and console", opened),
    ("cp", copied), *reach.RUNNING, *builds.RUNNING, ("exec", executed), ("pause and resume", paused), ("reset", reset),
    ("forward", forwarded), ("kill", killed),
)
STOPPED = (
    ("boot --attach", attached), ("kernel and flatten", flattened), ("export", exported), ("recreate", recreated),
    ("prepare --fresh", fresh),
)


def every(t, m):
    """On a machine of a direct boot; it is stopped at the end."""
    if not t.chosen("verbs: " + title for title, _ in RUNNING + STOPPED) or not t.run("verbs: ssh", m.await_ssh):
        return
    for title, check in RUNNING:
        t.choose("verbs: " + title, check, m)
    for title, check in STOPPED:
        m.world.debwiz("stop", m.name)
        t.choose("verbs: " + title, check, m)
