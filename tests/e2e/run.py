#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
End to end, for real: from nothing to a machine and back, on the archive that this host uses, in QEMU.

    run.py                the first example with everything, and a second machine on its base
    run.py --all          that, and every other example
    run.py EXAMPLE...     these examples, with everything that concerns one machine
    --home DIR            keep everything in DIR, and reuse what exists
    --quick               for further examples: login, ssh, units, packages, disk, compiler; no downloads;
                          then a machine by the wizard's screens, on the last one's base
    --wizard              only what the wizard does: machines by its screens and by its lines
    --life [EXAMPLE]      only the part about a running machine
    --packages [few]      only machines with packages that are hard to install; few: those that .ci/run uses
    --full                only a full disk of the host; seconds
    --offered             only the fields of the INI and the verbs that no other part uses (fields.py, verbs.py)
    --only REGEX          with --offered: only the checks whose titles match. Select the checks that they depend on,
                          too: 'flatten|recreate'
    --root                run although this is root

Inputs: environment DEBWIZ (the program), srcdir. Requires an ordinary user, QEMU, ssh, a mirror.
Creates a private home under TMPDIR and removes it. Exit status 0 if every check passed.
"""
import argparse
import glob
import os
import sys

import fields
import full
import guest
import host
import images
import installer
import lan
import life
import offered as table
import packages
import screens
import trusted
import verbs
import wizard
from world import EXAMPLES, Machine, Tally, World, on_signals

FIRST, SECOND = "armhf-bookworm", "armhf-bookworm-direct"
SMALL = ("hostname",)                # a program of one file; hello's configure takes minutes


def inside(t, m):
    """What holds in a machine that has just come up, without a network."""
    t.run("%s: its console has logged in automatically" % m.name, guest.console, m)
    t.run("%s: ssh with its key and the pinned host key" % m.name, guest.ssh, m)
    t.run("%s: a changed host key is refused" % m.name, guest.host_key, m)
    t.run("%s: no failed unit" % m.name, guest.units, m)
    t.run("%s: dpkg and apt report no problem" % m.name, guest.packages, m)
    t.run("%s: disk and file system have the requested size" % m.name, guest.disk, m)
    t.run("%s: each setting is applied and reported" % m.name, guest.settings, m)
    t.run("%s: swap in compressed memory, /tmp on the disk" % m.name, guest.swap, m)
    t.run("%s: gcc builds and runs a program" % m.name, guest.compiler, m)


def network(t, m, sources):
    """Apt at work, on the real archive."""
    t.run("%s: a package with a changed conffile upgrades without a question" % m.name,
          guest.conffile, m)
    t.run("%s: each suite once in apt's sources" % m.name, guest.sources, m)
    if not t.run("%s: apt-get update" % m.name, guest.apt_update, m):
        return
    t.run("%s: a package installs" % m.name, guest.install, m)
    t.run("%s: a package with conffiles is reinstalled without a question" % m.name,
          guest.reinstall, m)
    t.run("%s: a package builds from source" % m.name, guest.source_package, m, *sources)
    t.run("%s: dpkg and apt still report no problem" % m.name, guest.packages, m)


def first_machine(t, m):
    if not t.run("%s: up, from nothing to the login prompt" % m.name, host.up, m):
        return None
    inside(t, m)
    t.run("%s: a time zone that the guest lacks, and an unreadable seed" % m.name, host.bad_settings, m)
    ids = {}
    t.run("%s: keys and ids of its own" % m.name, host.identity, m, ids)
    t.run("%s: the disk of a running machine is not changed" % m.name, host.busy, m)
    network(t, m, SMALL)
    t.run("%s: reboot" % m.name, guest.reboot, m)
    before = host.kept_files(m)
    t.run("%s: poweroff in the guest gives state off" % m.name, host.power_off, m)
    t.run("%s: memory and forwards edited: only the command line changes" % m.name, host.edited, m)
    t.run("%s: the disk grows" % m.name, host.grow, m, "160G")
    if t.run("%s: a second up prepares nothing" % m.name, host.nothing_made, m, before):
        t.run("%s: ssh again" % m.name, guest.ssh, m)
        t.run("%s: the guest has the edited memory and the disk's content" % m.name, host.edited_boot, m)
        t.run("%s: the file system has grown" % m.name, guest.disk, m, "160G")
        t.run("%s: stop powers the guest down" % m.name, host.stop, m)
    return ids


def second_machine(t, world, first, ids):
    key = os.path.join(world.home, "alice-key")
    if not os.path.exists(key):
        world.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]).ok()
    m = world.machine(SECOND, name="second", user="alice", ssh_key=key + ".pub")
    if not t.run("second: up with another name, user and key, direct, offline", host.up, m,
                 "--offline"):
        return
    t.run("second: shares the base", host.shared_base, first, m)
    inside(t, m)
    t.run("second: has host keys and machine-id of its own", host.own_identity, first, m, ids)
    t.run("second: opens with the key of its file", host.own_key, m, key)
    t.run("second: gc keeps a base in use", host.gc, m)
    t.run("second: apt-get update", guest.apt_update, m)
    version = []
    if t.run("second: another kernel is installed", lambda: version.append(guest.other_kernel(m))):
        t.run("second: poweroff", host.power_off, m)
        if t.run("second: up again", host.up, m):
            t.run("second: ssh again", guest.ssh, m)
            t.run("second: direct boot uses the other kernel", host.kernel, m, version[0])
    t.run("second: QEMU killed: status shows why", host.killed, m)
    if t.run("second: up after that", host.up, m):
        t.run("second: stop powers the guest down", host.stop, m)


def full_disk(t, world):
    t.run("the host's disk is full: paused, reported, and resumed when there is space", full.disk, world)


def by_screens(t, world):
    t.run("by the screens: wizard, prompt, console, stop, delete", screens.made, world)


def offered(t, world):
    """What offered.py names and no other part exercises."""
    fields.every(t, world)
    verbs.every(t, world.machine(SECOND, name="verbs"))
    t.choose("secure boot, TPM", trusted.machine, world)
    t.choose("machines of an image, by UEFI from a file, by direct boot from a server", images.machines, world)
    t.choose("a machine over an image that is not copied", images.itself, world)
    t.choose("Debian's installer, by itself and by hand, as far as the mirror has its packages", installer.machines, world)
    t.choose("two machines on a network of their own, a SPICE screen", lan.machines, world)


def hard_packages(t, world, few):
    packages.every(t, world, packages.FEW if few else packages.MANY, "base" if few else "build")


def third_machine(t, world):
    if not t.run("third: by the wizard's lines, from the first question to the login prompt",
                 wizard.by_lines, world):
        return
    if t.run("third: not changed while it runs, or without its name", wizard.refused, world):
        t.run("third: cloned, renamed, deleted", wizard.changed, world)


def example(t, m, quick):
    if not t.run("%s: up, from nothing to the login prompt" % m.name, host.up, m):
        return
    inside(t, m)
    if not quick:
        t.run("%s: keys and ids of its own" % m.name, host.identity, m, {})
        t.run("%s: a second machine is created offline, on its base" % m.name, host.sibling, m)
        network(t, m, ("hello", *SMALL) if m.arch == "armhf" else SMALL)
        t.run("%s: reboot" % m.name, guest.reboot, m)
        before = host.kept_files(m)
        t.run("%s: poweroff in the guest gives state off" % m.name, host.power_off, m)
        t.run("%s: memory and forwards edited: only the command line changes" % m.name, host.edited, m)
        if not t.run("%s: a second up prepares nothing" % m.name, host.nothing_made, m, before):
            return
        t.run("%s: ssh again" % m.name, guest.ssh, m)
        t.run("%s: the guest has the edited memory and the disk's content" % m.name, host.edited_boot, m)
        t.run("%s: a guest that ignores the power button is stopped" % m.name, host.stop_deaf, m)
    else:
        t.run("%s: stop powers the guest down" % m.name, host.stop, m)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--all", action="store_true")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--wizard", action="store_true")
    p.add_argument("--life", action="store_true")
    p.add_argument("--full", action="store_true")
    p.add_argument("--offered", action="store_true")
    p.add_argument("--only", metavar="REGEX")
    p.add_argument("--packages", choices=("few", "many"), nargs="?", const="many")
    p.add_argument("--root", action="store_true")
    p.add_argument("--home")
    p.add_argument("examples", nargs="*")
    args = p.parse_args()
    if args.only and not args.offered:
        p.error("--only goes with --offered")
    if os.geteuid() == 0 and not args.root:
        print("run.py: the end-to-end checks want an ordinary user (--root runs them all the same)",
              file=sys.stderr)
        return 2
    names = sorted(os.path.basename(n)[:-4] for n in glob.glob(os.path.join(EXAMPLES, "*.ini")))
    unknown = [n for n in args.examples if n not in names]
    if unknown:
        print("run.py: no example %s; there are %s" % (unknown[0], ", ".join(names)), file=sys.stderr)
        return 2
    t = Tally(args.only)
    world = on_signals(World(t, args.home))
    try:
        if args.full:
            full_disk(t, world)
        elif args.wizard:
            by_screens(t, world)
            third_machine(t, world)
        elif args.life:
            full_disk(t, world)
            life.lived(t, world, *args.examples[:1])
        elif args.offered:
            offered(t, world)
        elif args.packages:
            hard_packages(t, world, args.packages == "few")
        elif not args.examples:
            m = Machine(world, FIRST)
            ids = first_machine(t, m)
            if ids:
                second_machine(t, world, m, ids)
                by_screens(t, world)
                third_machine(t, world)
                full_disk(t, world)
                life.lived(t, world)
                offered(t, world)
                hard_packages(t, world, False)
        rest = [n for n in names if n != FIRST] if args.all else [] if args.life or args.full or args.offered or \
            args.packages else args.examples
        for name in rest:
            example(t, Machine(world, name), args.quick)
        if args.quick and rest:
            by_screens(t, world)
        part = args.examples or args.wizard or args.life or args.full or args.packages or args.only
        t.offers(() if part else ("fields", "verbs", "reach", "builds", "trusted", "images", "installer",
                                "lan") if args.offered else
                 {check.split(".")[0] for _, check in table.rows()})
    finally:
        world.close()
    return t.close()


if __name__ == "__main__":
    sys.exit(main())
