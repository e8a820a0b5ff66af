# SPDX-License-Identifier: MIT
"""
Checks of what debwiz does around a machine, from the outside: states, re-runs, bases, stopping.
Each takes a world.Machine (and what else it names), raises world.Failed, may return a text.
"""
import json
import os
import re
import shutil
import signal
import time

from world import EXAMPLES, Failed, need, same

# Steps that make a machine; the others are done at every boot.
MAKING = ("release", "packages", "download", "firmware", "unpack", "configure", "base", "seed", "disk")


def inode(m, name):
    info = os.stat(os.path.join(m.folder, name))
    return info.st_dev, info.st_ino


def up(m, *args):
    steps = m.up(*args)
    status = m.status()
    same((status["state"], status["alive"]), ("running", True), "state, alive")
    m.await_login()         # on a slow host the guest's own word that it is up comes first
    for name, step in steps.items():
        if step.get("took_ms", 0) >= 500:
            m.world.tally.note("%-12s %6.1f s  %s" % (name, step["took_ms"] / 1000, step["detail"]))
    return None


def nothing_made(m, before):
    """A second `up` prepares nothing: its steps report that, and the disk is the same file."""
    begin = time.monotonic()
    steps = m.up()
    took = time.monotonic() - begin
    made = {n: s["state"] for n, s in steps.items() if n in MAKING and s["state"] != "unchanged"}
    need(not made, "steps that did something: %r", made)
    same({n: inode(m, n) for n in before}, before, "the machine's files")
    making = sum(s.get("took_ms", 0) for n, s in steps.items() if n not in ("login", "ssh"))
    return "%.1f s to the login prompt, %.2f s of it before QEMU runs" % (took, making / 1000)


def kept_files(m):
    names = ("disk.qcow2", "base.raw", "id_ed25519", "QEMU_VARS-pflash.raw")
    return {n: inode(m, n) for n in names if os.path.exists(os.path.join(m.folder, n))}


def edited(m):
    """Memory and forwards changed in the file: the next command line has them; no step is undone."""
    before, plan = m.command(), m.plan()
    m.set("memory", "1536M")
    m.set("forward", "127.0.0.1:auto:22\nforward = 127.0.0.1:auto:8080")
    after = m.command()
    gone = [a for a in before if a not in after]
    new = [a for a in after if a not in before]
    need(any("1536M" in a for a in new), "no argument has the new memory: %r", new)
    need(any(re.search(r"hostfwd.*-:8080", a) for a in new), "no argument has the new forward: %r",
         new)
    need(len(gone) == len(new) == 2, "arguments that changed: %r to %r", gone, new)
    same(m.plan(), plan, "the plan")


def edited_boot(m):
    total = int(re.search(r"(\d+)", m.sh("grep MemTotal /proc/meminfo")).group(1)) >> 10
    need(1300 < total < 1536, "the guest has %d MiB", total)
    same(m.sh("cat marker"), "kept", "a file of the first boot")
    return "%d MiB" % total


def grow(m, size):
    m.world.debwiz("grow", m.ini, size).ok()
    need("size = " + size in m.text(), "the file still asks for another size:\n%s", m.text())
    refused = m.world.debwiz("grow", m.ini, "64G")
    need(refused.status in (1, 2), "growing to less than there is: status %d", refused.status)


def power_off(m):
    status = m.power_off()
    need(not status["alive"] and status["qemu_pid"] == 0, "after poweroff: %r", status)
    return status["detail"]


def shared_base(first, second):
    same(inode(second, "base.raw"), inode(first, "base.raw"), "inode of the base")


def sibling(m):
    """Another machine of this kind, with another user: made offline, on the same base, with a key of
    its own; gone again without the base."""
    other = m.world.machine(m.example, name=m.name + "-2", user="alice")
    begin = time.monotonic()
    other.debwiz("prepare", "--offline").ok()
    took = time.monotonic() - begin
    same(inode(other, "base.raw"), inode(m, "base.raw"), "inode of the base")
    with open(os.path.join(other.folder, "id_ed25519.pub"), encoding="utf-8") as ours, \
            open(os.path.join(m.folder, "id_ed25519.pub"), encoding="utf-8") as theirs:
        need(ours.read().split()[1] != theirs.read().split()[1], "both have the same key")
    m.world.debwiz("delete", other.ini, "--yes").ok()
    need(not os.path.exists(other.folder), "%s is still there", other.folder)
    m.world.debwiz("gc").ok()
    need(os.path.exists(os.path.join(m.folder, "base.raw")), "the base is gone with the other machine")
    return "%.2f s" % took


def bad_settings(m):
    """A time zone that is refused first; one that only the guest lacks: `up` warns, and the user exists
    nevertheless; a seed that the guest cannot read: `up` fails with the reason, and a corrected one works."""
    other = m.world.machine(m.example, name=m.name + "-bad", timezone="Mars/Phobos")
    got = other.debwiz("check")
    need(got.status == 2 and "Mars/Phobos" in got.out + got.err, "check of Mars/Phobos: %d %s", got.status,
         got.out + got.err)
    assets = os.path.join(m.world.home, "assets")
    if not os.path.exists(assets):
        shutil.copytree(os.path.dirname(EXAMPLES), assets)
        with open(os.path.join(assets, "catalog", "zones.ini"), "a", encoding="utf-8") as file:
            file.write("link = Mars/Phobos Mars/Phobos\n")
    m.world.env["DEBWIZ_ASSETS"] = assets
    try:
        other.up("--offline")
        told = [s for s in other.status()["settings"] if s["state"] == "warned"]
        need([s["name"] for s in told] == ["time-zone"] and "Mars/Phobos" in told[0]["text"], "told: %r", told)
        other.await_ssh()
        same(other.sh("id -un"), other.user, "user")
        m.world.debwiz("stop", other.name).ok()
        m.world.debwiz("recreate", other.ini, "--offline", "--yes", "--confirm", other.name).ok()
        other.debwiz("prepare", "--offline").ok()
        seed = os.path.join(other.folder, "seed.iso")
        with open(seed, "rb") as file:
            good = file.read()
        with open(seed, "wb") as file:
            file.write(bytes(len(good)))
        got = other.debwiz("up", "--json", "--offline")
        end = got.events()[-1]
        same((got.status, end.get("id")), (1, "seed-failed"), "status and error of up: %s" % got.err[-500:])
        need("DEBWIZ" in end["text"], "the reason: %s", end["text"])
        same(other.status()["seed"], "failed", "the seed")
        m.world.debwiz("kill", other.name).ok()
        with open(seed, "wb") as file:
            file.write(good)
        other.up("--offline")
        same(other.status()["seed"], "applied", "the seed")
        m.world.debwiz("kill", other.name).ok()
        m.world.debwiz("delete", other.ini, "--yes", "--confirm", other.name).ok()
    finally:
        del m.world.env["DEBWIZ_ASSETS"]


IDENTITY = {
    "machine-id": "cat /etc/machine-id",
    "host key": "cat /etc/ssh/ssh_host_ed25519_key.pub",
    "random seed": "sudo sha256sum /var/lib/systemd/random-seed",
}


def identity(m, ids):
    """Fills `ids`; leaves a file that must still be there later."""
    for what, command in IDENTITY.items():
        ids[what] = m.sh(command)
        need(ids[what], "no %s", what)
    m.sh("echo kept >marker")


def own_identity(first, second, ids):
    """Host keys, machine-id, name and user are the second machine's own; `ids` are the first's."""
    for what, command in IDENTITY.items():
        got = second.sh(command)
        need(got and got != ids[what], "%s of both machines: %s", what, got)
    same(second.sh("hostname"), second.name, "hostname")
    same(second.sh("id -un"), second.user, "user")
    need(second.ssh("id " + first.user).status != 0, "the first machine's user is there")


def own_key(m, key):
    """The key that the file names opens the machine, without debwiz."""
    with open(os.path.join(m.folder, "ports.json"), encoding="utf-8") as file:
        port = next(p for forward, p in json.load(file).items() if forward.endswith(":22"))
    got = m.world.run(["ssh", "-F/dev/null", "-oBatchMode=yes", "-oIdentitiesOnly=yes",
                       "-oStrictHostKeyChecking=yes", "-oHostKeyAlias=" + m.name,
                       "-oUserKnownHostsFile=" + os.path.join(m.folder, "known_hosts"),
                       "-i", key, "-p", str(port), m.user + "@127.0.0.1", "id -un"])
    same(got.ok("ssh with the named key").out.strip(), m.user, "user")


def gc(m):
    """A base in use is kept; an unused one is removed (the control)."""
    bases = os.path.join(m.world.data, "bases")
    used = m.world.bases()
    unused = used[0][:-14] + "20000101000000"
    os.mkdir(os.path.join(bases, unused), 0o700)
    with open(os.path.join(bases, used[0], "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    for name, text in (("disk.raw", "empty"), ("manifest.json", json.dumps(manifest))):
        with open(os.path.join(bases, unused, name), "w", encoding="utf-8") as file:
            file.write(text)
    m.world.debwiz("gc").ok()
    same(m.world.bases(), used, "bases")
    need(os.path.exists(os.path.join(m.folder, "base.raw")), "the machine's base is gone")


def killed(m):
    os.kill(m.status()["qemu_pid"], signal.SIGKILL)
    status = m.await_state(("failed", "off"))
    same(status["state"], "failed", "state after kill -9")
    need("signal 9" in status["detail"], "cause: %s", status["detail"])
    return status["detail"]


def stop(m):
    pid = m.status()["qemu_pid"]
    m.world.debwiz("stop", m.name).ok()
    status = m.status()
    same((status["state"], status["alive"]), ("off", False), "state, alive")
    same(status["detail"].partition(";")[0], "stopped", "cause")     # it may lack updates of a late mirror, too
    need(not os.path.exists("/proc/%d" % pid), "QEMU still runs")
    need("Power" in m.log()[-3000:], "the guest did not power down by itself:\n%s", m.log()[-500:])


def stop_deaf(m):
    """A guest that does not hear the power button: the ladder's next rung ends it, and is named."""
    m.sh("sudo systemctl mask --runtime --now systemd-logind.service 2>&1")
    got = m.world.debwiz("stop", m.name).ok()
    status = m.status()
    same(status["state"], "off", "state")
    need("did not power off" in status["detail"], "cause: %s", status["detail"])
    return (got.err.strip().splitlines() or [""])[-1]


def kernel(m, version):
    same(m.sh("uname -r"), version, "the kernel that runs")
    same(m.status()["kernel"], version, "the kernel in `status`")


def busy(m):
    """While it runs, what would change its disk is refused, by its holder's name."""
    for verb in (("grow", "999G"), ("flatten",), ("prepare",)):
        got = m.debwiz(*verb)
        same(got.status, 7, "status of %s on a running machine" % verb[0])
        if not got.err.strip():
            raise Failed("%s is refused without a word" % verb[0])
