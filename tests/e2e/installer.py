# SPDX-License-Identifier: MIT
"""Machines that Debian's installer installs. It loads most of itself from the mirror (packages .udeb), which not every
mirror has: then the check shows that the installer came so far, and that debwiz reports why it failed."""
import os
import signal
import subprocess

from world import DEBWIZ, HOUR, need, same


def console(world):
    """What the installer of a machine has shown so far."""
    bases = os.path.join(world.data, "bases")
    for name in os.listdir(bases):
        path = os.path.join(bases, name, "console.log")
        if "-installer-" in name and os.path.exists(path):
            with open(path, "rb") as file:
                return file.read().decode("utf-8", "replace")
    return ""


def automatic(world):
    """To its login if the mirror has the installer's packages. Returns how far it came."""
    m = world.machine("amd64-trixie-direct", name="installed", method="installer", release="bookworm")
    result = m.debwiz("boot", "--json", "--wait=ssh")
    errors = [e for e in result.events() if e.get("event") == "error"]
    if errors and errors[-1].get("id") == "installer-udebs":
        return "not begun: " + errors[-1]["text"]
    if errors and errors[-1].get("id") == "installer-failed":
        shown = console(world)
        need("Debian" in shown or "mirror" in shown, "the installer did not start: %s", shown[-1500:])
        return "until it loads its packages: " + errors[-1]["text"]
    need(result.status == 0, "status %d: %s", result.status, result.err[-1500:] + console(world)[-1500:])
    same(m.sh("hostname; sudo -n id -u").split(), [m.name, "0"], "host name, sudo")
    need("root=UUID=" in m.sh("cat /proc/cmdline"), "it was not started by QEMU's kernel")
    world.debwiz("stop", m.name).ok()
    return "to its login"


def manual(world):
    """The installer's first question is on the console; debwiz, interrupted, leaves nothing of it."""
    m = world.machine("amd64-trixie-direct", name="by-hand", method="installer", release="bookworm")
    world.use(["prepare", "--set", "machine.installer=manual", m.ini])
    child = subprocess.Popen([DEBWIZ, "prepare", "--json", "--set", "machine.installer=manual", m.ini], env=world.env,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    world.children.add(child)
    m.await_text(lambda: console(world), "language", child)
    child.send_signal(signal.SIGINT)
    out = child.communicate(timeout=HOUR)[0]
    world.children.discard(child)
    same(child.returncode, 130, "the status of the interrupted command")
    need("debwiz console by-hand" in out, "it does not say where the installer is: %s", out[-1500:])
    need(not os.path.exists(os.path.join(m.folder, "disk.qcow2")), "there is a disk of an unfinished installation")


def machines(world):
    """By itself, and by hand."""
    far = automatic(world)
    manual(world)
    return far
