#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The image that debwiz writes equals what apt and dpkg make of the same packages.

Prepares a base, makes an mmdebstrap root of exactly its packages and versions, and compares every
path: kind, mode, owner, group, size, target of links, hard links; the content below /etc and
/var/lib; users, groups, diversions, alternatives and the states of packages. ALLOWED below lists what may
differ, each with its reason; any other difference fails.

    compare.py [--arch ARCH] [--release NAME]
    --base DIR     compare this base image (made by debwiz before)
    --tar FILE     keep the mmdebstrap root there, or use the existing one

Inputs: environment DEBWIZ, srcdir. Exit status 0 equal, 1 not, 77 where mmdebstrap, debugfs or (for a
foreign architecture) qemu-user-static is missing. amd64 takes minutes, armhf a quarter of an hour.
"""
import argparse
import fnmatch
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

import image
from world import Failed, Machine, Tally, World, need, on_signals

HOOKS = "/usr/share/mmdebstrap/hooks/merged-usr"
FOREIGN = {"armhf": "arm", "arm64": "aarch64", "amd64": "x86_64"}

# Groups whose numbers base-passwd fixes although they are 100 or more.
FIXED = {"users"}

# (patterns of paths, in which they may differ, why). "ours": only in our image, "theirs": only in the
# other root, "content": size and content, "mode", "owner", "target".
ALLOWED = [
    ("/dev/* /run/lock /run/lock/*", "theirs", "made at each boot by the kernel and systemd"),
    ("/lost+found", "ours", "ext4 has one"),
    ("/boot/efi", "ours", "where the EFI system partition is mounted"),
    ("/usr/share/doc/usr-is-merged /usr/share/doc/usr-is-merged/* /usr/share/lintian/overrides/usr-is-merged "
     "/var/lib/dpkg/info/usr-is-merged.*", "theirs", "mmdebstrap's hook"),
    ("/var/lib/dpkg/status", "content", "compared package by package above"),
    ("/boot/grub/*", "ours", "a boot loader is installed"),
    ("/boot/initrd.img-*", "content", "debwiz's own initrd; the next kernel upgrade makes a usual one"),
    ("/etc/default/grub.d/debwiz.cfg /etc/initramfs-tools/conf.d/debwiz /etc/modprobe.d/debwiz.conf "
     "/etc/profile.d/debwiz.sh /etc/systemd/network/80-debwiz.network /etc/systemd/system.conf.d "
     "/etc/systemd/system.conf.d/debwiz.conf /etc/systemd/system/debwiz-* "
     "/etc/systemd/system/*.d /etc/systemd/system/*/debwiz* /usr/local/lib/debwiz "
     "/usr/local/lib/debwiz/* /var/lib/debwiz", "ours", "debwiz's own files: assets/guest"),
    ("/etc/initramfs-tools/modules", "content", "the modules that a machine of QEMU needs"),
    ("/etc/systemd/system/modprobe@*.service", "ours", "masked: modules nobody asked for"),
    ("/etc/systemd/system/dbus-org.freedesktop.network1.service "
     "/etc/systemd/system/*.wants/systemd-networkd* /etc/systemd/system/*.wants/systemd-network-* "
     "/etc/systemd/system/network-online.target.wants /etc/systemd/system/sockets.target.wants", "ours",
     "networkd is enabled, in place of ifupdown"),
    ("/etc/systemd/system/*.wants/e2scrub_reap.service /etc/systemd/system/*.wants/grub-common.service "
     "/etc/systemd/system/sleep.target.wants /etc/systemd/system/*hibernate.target.wants "
     "/etc/systemd/system/hybrid-sleep.target.wants /etc/systemd/system/suspend.target.wants", "theirs",
     "disabled: nothing to reap, no menu that remembers"),
    ("/etc/fstab", "content", "names the partitions of the image"),
    ("/etc/hostname /etc/hosts /etc/resolv.conf", "content mode",
     "mmdebstrap copies the host's; ours come with the seed"),
    ("/etc/machine-id", "mode", "empty in both; read-only as systemd makes it"),
    ("/etc/apt/sources.list", "theirs", "comes with the seed"),
    ("/etc/ssh/ssh_host_*", "theirs", "each machine makes its own at its first boot"),
    ("/etc/passwd /etc/group /etc/gshadow /etc/shadow", "content",
     "numbers and lines in the order of configuring; compared by name above"),
    ("/etc/passwd- /etc/group- /etc/gshadow- /etc/shadow- /etc/subuid- /etc/subgid-",
     "content ours theirs", "the state before the last change, which another package made"),
    ("/var/cache/apt/archives/lock /var/lib/apt/lists/lock /var/lib/dpkg/arch", "theirs",
     "left by apt and by mmdebstrap, of no use afterwards"),
    ("/var/cache/apt/archives/partial /var/lib/apt/lists/partial", "mode owner",
     "as the package has them; apt takes them over when it first runs"),
    ("/var/cache/debconf/tmp.ci", "theirs", "left by debconf"),
    ("/var/cache/debconf/*", "content", "a cache; templates of packages that ask at another moment"),
    ("/var/cache/ldconfig /var/cache/ldconfig/*", "ours", "a cache"),
    ("/var/lib/apt/extended_states", "content", "the kernel's own package is marked as automatic"),
    ("/var/lib/dpkg/available", "ours", "empty; dpkg --configure makes it"),
    ("/var/lib/dpkg/*-old /var/lib/ucf/*.[0-9]", "content ours theirs", "the state before the last change"),
    ("/var/lib/dpkg/diversions /var/lib/dpkg/triggers/File /var/lib/ucf/hashfile /var/lib/ucf/registry", "content",
     "the same lines in the order of configuring; compared without it above"),
]
# What mmdebstrap's hook for merged /usr adds to a root; newer releases come without it.
HOOK = {"usr-is-merged"}
# Files whose lines are compared without their order.
UNORDERED = ("/var/lib/dpkg/diversions", "/var/lib/dpkg/triggers/File", "/var/lib/ucf/hashfile", "/var/lib/ucf/registry")


def allowed(path, what):
    for patterns, kinds, _ in ALLOWED:
        if what in kinds.split():
            if any(fnmatch.fnmatchcase(path, p) for p in patterns.split()):
                return True
    return False


def merged(target):
    """A link to a unit below /lib leads to the same file: which of the two is taken depends on the moment."""
    return "/usr" + target if target and target.startswith("/lib/systemd/") else target


def differences(ours, theirs):
    """[(path, what differs, text)] of two {path: Entry}."""
    found = []
    for path in sorted(set(ours) | set(theirs)):
        a, b = ours.get(path), theirs.get(path)
        if not b:
            found.append((path, "ours", "only in our image: %s %o" % (a.kind, a.mode)))
            continue
        if not a:
            found.append((path, "theirs", "only in the other root: %s %o" % (b.kind, b.mode)))
            continue
        for what, got, wanted in (("kind", a.kind, b.kind), ("mode", oct(a.mode), oct(b.mode)),
                                  ("owner", (a.uid, a.gid), (b.uid, b.gid)),
                                  ("target", merged(a.target), merged(b.target)),
                                  ("links", a.links, b.links),
                                  ("content", (a.size, a.digest), (b.size, b.digest))):
            if what == "content" and a.kind != "f" or what == "links" and a.kind != "f":
                continue
            if got != wanted:
                found.append((path, what, "%s: %s, not %s" % (what, got, wanted)))
                if what == "kind":
                    break
    return found


def table(data, path):
    """The lines of a file as a sorted list, as their order does not matter."""
    return sorted(data.get(path, b"").decode().splitlines())


def states(data):
    """{package: (status, version, configuration files)} of dpkg's status file."""
    found = {}
    for block in data["/var/lib/dpkg/status"].decode().split("\n\n"):
        field = dict(re.findall(r"^(Package|Status|Version): (.*)$", block, re.M))
        if field:
            conffiles = re.search(r"^Conffiles:\n((?: .*\n?)*)", block, re.M)
            found[field["Package"]] = (field["Status"], field["Version"],
                                       sorted((conffiles.group(1) if conffiles else "").splitlines()))
    return found


def named(tree, data):
    """The same tree with the owners' names: numbers that postinst scripts are given follow their order."""
    names = [{int(line.split(":")[2]): line.split(":")[0] for line in table(data, path)}
             for path in ("/etc/passwd", "/etc/group")]
    return {p: e._replace(uid=names[0].get(e.uid, e.uid), gid=names[1].get(e.gid, e.gid))
            for p, e in tree.items()}


def accounts(data, path):
    """{name: the rest}; a number from 100 to 999 was given in order and is only said to be such a one."""
    found = {}
    for line in table(data, path):
        fields = line.split(":")
        found[fields[0]] = [("system" if x.isdigit() and 100 <= int(x) < 1000 and
                             fields[0] not in FIXED else x) for x in fields[1:]]
    return found


def passwords(data, path):
    """Lines without the day of the last change."""
    return [re.sub(r"^([^:]*:[^:]*):\d+:", r"\1:day:", line) for line in table(data, path)]


def equal(what, got, wanted):
    more = [x for x in got if x not in wanted]
    less = [x for x in wanted if x not in got]
    need(not more and not less, "%s\nonly ours: %s\nonly theirs: %s", what, more[:20], less[:20])
    return "%d" % len(wanted)


def compare(t, disk, tar):
    (tree, data), (other, other_data) = disk.entries(), image.tar_entries(tar)
    tree, other = named(tree, data), named(other, other_data)
    for what, path in (("users", "/etc/passwd"), ("groups", "/etc/group")):
        t.run(what, lambda w=what, p=path: equal(w, accounts(data, p).items(),
                                                 accounts(other_data, p).items()))
    for path in ("/etc/shadow", "/etc/gshadow"):
        t.run(path, lambda p=path: equal(p, passwords(data, p), passwords(other_data, p)))
    for path in UNORDERED:
        t.run(path, lambda p=path: equal(p, table(data, p), table(other_data, p)))
    t.run("overrides of modes", lambda: equal("statoverride", table(data, "/var/lib/dpkg/statoverride"),
                                              table(other_data, "/var/lib/dpkg/statoverride")))
    caps = image.tar_capabilities(tar)
    t.run("capabilities of programs", lambda: equal("capabilities", disk.capabilities(caps).items(),
                                                    caps.items()))
    links = [{p: e.target for p, e in x.items() if p.startswith("/etc/alternatives/")}
             for x in (tree, other)]
    t.run("alternatives", lambda: equal("alternatives", links[0].items(), links[1].items()))
    mine, his = states(data), states(other_data)
    his = {p: s for p, s in his.items() if p in mine or p not in HOOK}
    t.run("packages, versions, states, configuration files",
          lambda: equal("packages", mine.items(), his.items()))

    def paths():
        odd = [d for d in differences(tree, other) if not allowed(d[0], d[1])]
        need(not odd, "%d differences\n%s", len(odd), "\n".join("%s: %s" % (p, s) for p, _, s in odd[:60]))
        return "%d paths" % len(other)
    t.run("paths, kinds, modes, owners, links, sizes, contents", paths)
    used = {i for p, what, _ in differences(tree, other) for i, a in enumerate(ALLOWED)
            if what in a[1].split() and any(fnmatch.fnmatchcase(p, q) for q in a[0].split())}
    for i, (patterns, kinds, why) in enumerate(ALLOWED):
        t.note("%s %s (%s): %s" % ("allowed" if i in used else "not seen", patterns, kinds, why))


def missing(arch):
    for tool in ("mmdebstrap", "debugfs"):
        if not shutil.which(tool):
            return tool
    host = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    if host.stdout.strip() != arch and not shutil.which("qemu-%s-static" % FOREIGN[arch]):
        return "qemu-user-static"
    return None


def make_base(world, arch, release):
    m = Machine(world, "amd64-trixie", name="compare", arch=arch, release=release)
    m.debwiz("prepare").ok()
    return glob.glob(os.path.join(world.data, "bases", "*", "manifest.json"))[0]


def make_root(manifest, tar):
    packages = ",".join("%s=%s" % item for item in sorted(manifest["packages"].items()))
    sources = ["deb %s %s main non-free-firmware" % (s["url"], s["suite"]) for s in manifest["suites"]]
    argv = ["mmdebstrap", "--quiet", "--variant=apt", "--architectures=" + manifest["arch"],
            "--include=" + packages, "--hook-dir=" + HOOKS, manifest["release"], tar] + sources
    got = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    need(got.returncode == 0, "mmdebstrap: status %d\n%s", got.returncode, got.stderr[-2500:])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--arch", default="amd64", choices=sorted(FOREIGN))
    p.add_argument("--release", default="bookworm")
    p.add_argument("--base")
    p.add_argument("--tar")
    args = p.parse_args()
    t = Tally()
    world = on_signals(World(t))
    try:
        path = os.path.join(args.base, "manifest.json") if args.base else None
        if not path:
            lack = missing(args.arch)
            if lack:
                print("compare.py: skipped, there is no %s here" % lack)
                return 77
            path = make_base(world, args.arch, args.release)
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
        lack = missing(manifest["arch"])
        if lack:
            print("compare.py: skipped, there is no %s here" % lack)
            return 77
        tar = args.tar or os.path.join(world.home, "root.tar")
        if not os.path.exists(tar):
            begin = time.monotonic()
            make_root(manifest, tar)
            t.note("mmdebstrap took %.0f s" % (time.monotonic() - begin))
        compare(t, image.Image(os.path.join(os.path.dirname(path), "disk.raw")), tar)
    except Failed as fault:
        t.failed += 1
        t.note(fault)
    finally:
        world.close()
    return t.close()


if __name__ == "__main__":
    sys.exit(main())
