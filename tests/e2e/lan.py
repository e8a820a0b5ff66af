# SPDX-License-Identifier: MIT
"""Two machines on a network of their own (network.lan), one of them with a SPICE screen."""
import re
import socket

from world import need


def card(m):
    """The link-local address of the card that the network has, and its name in the guest."""
    mac = next(re.search(r'"netdev":"lan","mac":"([0-9a-f:]+)"', w).group(1) for w in m.command() if '"lan"' in w and
               "mac" in w)
    name = next(line.split()[0] for line in m.sh("ip -br link").splitlines() if mac in line)
    return m.sh("ip -6 -br addr show dev %s scope link" % name).split()[2].partition("/")[0], name


def screen(m):
    """A SPICE server answers on a private socket: its link message begins with REDQ, after the client's."""
    path = re.search(r"addr=([^,]+)", next(w for w in m.command() if w.startswith("addr="))).group(1)
    hello = b"REDQ" + bytes((2, 0, 0, 0, 2, 0, 0, 0, 18, 0, 0, 0)) + bytes(4) + bytes((1, 0)) + bytes(8) + \
        bytes((18, 0, 0, 0))
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(60)
        s.connect(path)
        s.sendall(hello)
        need(s.recv(4) == b"REDQ", "no SPICE server at %s", path)
    need("com.redhat.spice.0" in m.sh("cat /sys/class/virtio-ports/*/name"), "the guest has no port for spice-vdagent")


def machines(world):
    """Each reaches the other by its link-local address; a machine without the network has no such card."""
    both = []
    for name in ("left", "right"):
        m = world.machine("armhf-bookworm-direct", name=name)
        text = m.text()
        if "lan =" not in text:
            text = text.replace("[network]\n", "[network]\nlan = lab\n", 1)
            if name == "left":
                text += "\n[devices]\ndisplay = spice\n"
            with open(m.ini, "w", encoding="utf-8") as file:
                file.write(text)
        m.up("--trust", wait="ssh")
        both.append(m)
    screen(both[0])
    (address, _), (_, name) = card(both[0]), card(both[1])
    both[1].sh("ping -6 -c 3 -w 60 %s%%%s" % (address, name))
    for m in both:
        world.debwiz("stop", m.name).ok()
    return "%s answers on %s" % (address, name)
