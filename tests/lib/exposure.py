# SPDX-License-Identifier: MIT
"""
What a running machine exposes: the listening sockets of its processes, as the kernel lists them
(/proc/PID/net), and the modes of its files. Changes nothing. Linux only.
"""
import os
import stat

LISTENS = 0x0A                      # TCP_LISTEN in the column `st`
ACCEPTS = 0x10000                   # __SO_ACCEPTCON in the column `Flags`
LOOPBACK = ("0100007F", "00000000000000000000000001000000")


def inodes(pid):
    """Numbers of the sockets that a process has open."""
    found = set()
    folder = "/proc/%d/fd" % pid
    for name in os.listdir(folder):
        try:
            link = os.readlink(os.path.join(folder, name))
        except OSError:
            continue
        if link.startswith("socket:["):
            found.add(link[8:-1])
    return found


def rows(pid, name):
    try:
        with open("/proc/%d/net/%s" % (pid, name), encoding="utf-8") as table:
            return [line.split() for line in table][1:]
    except OSError:
        return []


def inet(pid, own, udp):
    """Listeners of TCP, and with `udp` unconnected ones of UDP, that others could reach."""
    bad, good = [], []
    for name in ("tcp", "tcp6") + (("udp", "udp6") if udp else ()):
        for row in rows(pid, name):
            local, remote, state, inode = row[1], row[2], int(row[3], 16), row[9]
            connected = name.startswith("udp") and int(remote.partition(":")[2], 16)
            if inode in own and not connected and (state == LISTENS or name.startswith("udp")):
                text = "pid %d listens on %s %s" % (pid, name, local)
                (good if local.partition(":")[0] in LOOPBACK else bad).append(text)
    return bad, good


def private(path, mode=0o077):
    """What is wrong with a file, or None."""
    info = os.lstat(path)
    if info.st_uid != os.geteuid():
        return "%s belongs to %d" % (path, info.st_uid)
    if not stat.S_ISLNK(info.st_mode) and info.st_mode & mode:
        return "%s has mode %o" % (path, stat.S_IMODE(info.st_mode))
    return None


def unix(pid, own):
    bad, good = [], []
    for row in rows(pid, "unix"):
        if row[6] not in own or not int(row[3], 16) & ACCEPTS:
            continue
        path = row[7] if len(row) > 7 else ""
        if not path.startswith("/"):
            bad.append("pid %d listens on the unix socket %r, which has no file" % (pid, path))
            continue
        wrong = [w for w in (private(path), private(os.path.dirname(path))) if w]
        bad += wrong
        good += [] if wrong else [path]
    return bad, good


def listeners(pids, udp=True):
    """(what others could reach, a line each; what listens as it should)."""
    bad, good = [], []
    for pid in pids:
        own = inodes(pid)
        for some in (inet(pid, own, udp), unix(pid, own)):
            bad += some[0]
            good += some[1]
    return bad, good


def files(*folders):
    """What of these folders others could read, a line each, but for public keys; how many files were
    looked at."""
    bad, count = [], 0
    for top in folders:
        for folder, _, leaves in os.walk(top):
            for path in [folder] + [os.path.join(folder, n) for n in leaves]:
                count += 1
                wrong = private(path)
                if wrong and not path.endswith(".pub"):
                    bad.append(wrong)
    return bad, count
