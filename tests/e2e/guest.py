# SPDX-License-Identifier: MIT
"""
Checks on a running machine, from the inside: each takes a world.Machine, raises world.Failed, and
may return a text for the line that is printed. They change the guest, never the host.
"""
import os
import re
import time

from world import GIB, Failed, need, same, until

TRIPLETS = {"armhf": "arm-linux-gnueabihf", "arm64": "aarch64-linux-gnu", "amd64": "x86_64-linux-gnu",
            "i386": "i686-linux-gnu", "riscv64": "riscv64-linux-gnu", "ppc64el": "powerpc64le-linux-gnu",
            "s390x": "s390x-linux-gnu", "armel": "arm-linux-gnueabi", "mips64el": "mips64el-linux-gnuabi64"}
SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
QUIET = "sudo env DEBIAN_FRONTEND=noninteractive "

# A package with one configuration file, made from nothing: "$1" is its version, "$2" the file's text.
CONFFILE = r"""
set -eu
cd "$(mktemp -d)"
make()
{
	mkdir -p "$1/DEBIAN" "$1/etc"
	echo "$2" >"$1/etc/debwiz-e2e.conf"
	echo /etc/debwiz-e2e.conf >"$1/DEBIAN/conffiles"
	printf 'Package: debwiz-e2e\nVersion: %s\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: a file\n' "$1" >"$1/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$1" "$1.deb"
}
make 1 one
make 2 two
make 3 three
sudo dpkg -i 1.deb </dev/null
sudo dpkg -i 2.deb </dev/null
grep -qx two /etc/debwiz-e2e.conf
# the control: a file changed here as well does raise the question, which nobody answers
echo mine | sudo tee /etc/debwiz-e2e.conf
if sudo env DEBIAN_FRONTEND=noninteractive dpkg -i 3.deb </dev/null; then exit 9; fi
sudo dpkg -P debwiz-e2e
"""

PROGRAM = r"""
set -eu
cd "$(mktemp -d)"
cat >a.c <<'END'
#include <math.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	(void)argv;
	return printf("%d %zu\n", (int)sqrt(1764.0 * argc), sizeof(void *)) < 0;
}
END
gcc -O2 -Wall -Werror -o a a.c -lm
./a
gcc -dumpmachine
"""


def console(m):
    m.await_log(r"%s@%s:~\$ " % (m.user, m.hostname), 300)    # units that start later may write behind it
    need(re.search(r"%s login: %s \(automatic login\)" % (m.hostname, m.user), m.log()),
         "no automatic login on the console:\n%s", m.log()[-800:])


def ssh(m):
    m.await_ssh()
    same(m.sh("id -un"), m.user, "user")
    same(m.sh("hostname"), m.hostname, "hostname")
    same(m.sh("sudo -n id -u"), "0", "sudo's user")
    same(m.ssh("exit 42").status, 42, "status of a command")
    same(m.ssh("cat", stdin="a\nb").out, "a\nb", "what cat got")


def clock(m, seconds=120):
    """The guest's clock equals the host's; after a pause it may be slow for a moment."""
    def agrees():
        before = time.time()
        there = float(m.sh("date +%s.%N"))
        off[:] = [max(0.0, before - there, there - time.time())]
        return off[0] <= 2
    off = [0.0]
    until(agrees, seconds, "the guest's clock is off by more than 2 s")
    return "clock within %.1f s" % off[0]


def settings(m):
    """What was asked for was applied, and the host knows."""
    status = m.status()
    same(status["seed"], "applied", "the seed")
    same([s for s in status["settings"] if s["state"] != "applied"], [], "settings that were not applied")
    names = {s["name"] for s in status["settings"]}
    wanted = {"user", "sudo", "ssh-keys", "ssh-host-keys", "groups", "host-name", "time-zone", "locale",
              "sources", "console"}
    need(wanted <= names, "not reported: %s", ", ".join(sorted(wanted - names)))
    return "%d settings" % len(names)


def host_key(m):
    path = os.path.join(m.folder, "known_hosts")
    with open(path, encoding="utf-8") as file:
        pinned = file.read()
    here = {tuple(line.split()[1:3]) for line in pinned.splitlines()}
    there = {tuple(line.split()[:2]) for line in m.sh("cat /etc/ssh/ssh_host_*_key.pub").splitlines()}
    need(here and here == there, "known_hosts has %r, the guest %r", here, there)
    other = os.path.join(m.world.home, "other-host-key")
    if not os.path.exists(other):
        m.world.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other]).ok()
    with open(other + ".pub", encoding="utf-8") as file:
        wrong = " ".join([pinned.split()[0]] + file.read().split()[:2]) + "\n"
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(wrong)
        refused = m.ssh("echo reached")
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(pinned)
    need(refused.status == 255 and "reached" not in refused.out, "a changed host key: status %d\n%s",
         refused.status, refused.out + refused.err)
    need("verification failed" in refused.err, "a changed host key: %s", refused.err)
    same(m.sh("echo reached"), "reached", "answer with the right key again")


def units(m):
    state = m.ssh("systemctl is-system-running --wait").out.strip()
    failed = m.sh("systemctl --failed --plain --no-legend")
    need(not failed, "failed units:\n%s", failed)
    same(state, "running", "systemctl is-system-running")


def packages(m):
    for command in ("dpkg --audit", "sudo dpkg -V", "grep ' newconffile$' /var/lib/dpkg/status || true",
                    "dpkg-query -W -f='${db:Status-Abbrev} ${Package}\\n' | grep -v '^ii ' || true"):
        out = m.sh(command)
        need(not out, "%s:\n%s", command, out)
    m.sh("sudo apt-get check")
    return m.sh("dpkg-query -W | wc -l") + " packages"


def conffile(m):
    m.sh(CONFFILE)


def swap(m):
    """It comes after the login prompt."""
    m.sh("sudo systemctl start debwiz-swap.service")
    rows = [(line.split()[0], int(line.split()[2]) << 10) for line in m.sh("tail -n +2 /proc/swaps").splitlines()]
    total = int(re.search(r"(\d+)", m.sh("grep MemTotal /proc/meminfo")).group(1)) << 10
    need(len(rows) == 1 and rows[0][0].startswith("/dev/zram"), "swap: %r", rows)
    need(abs(rows[0][1] - min(total, 8 * GIB)) < 1 << 20, "swap of %s for %d of memory", rows[0][1], total)
    same(m.sh("findmnt -no TARGET --target /tmp"), "/", "file system of /tmp")
    return "%d MiB" % (rows[0][1] >> 20)


def compiler(m):
    lines = m.sh(PROGRAM).splitlines()
    same(lines[0], "42 %d" % (4 if m.arch == "armhf" else 8), "what the program says")
    same(lines[-1], TRIPLETS[m.arch], "gcc -dumpmachine")


def apt_update(m):
    """The updates and security suites of a mirror are at times out of step: they alone may fail, for
    that reason, and it is said."""
    got = m.ssh("sudo apt-get update")
    text = got.out + got.err
    if got.status == 0 and "\nW: " not in text and "\nE: " not in text:
        return None
    faults = [line for line in text.splitlines()
              if line.startswith(("E: ", "W: ")) and "Some index files failed" not in line]
    late = {match.group(1) for match in (re.search(r"/dists/(\S+-(?:updates|security))/", line)
                                         for line in faults if "Mirror sync in progress" in line) if match}
    need(late and all(any(suite in line for suite in late) for line in faults),
         "apt-get update: status %d\n%s", got.status, text)
    names = "|".join(sorted(late))
    m.sh("mkdir -p main.list.d && cd main.list.d && rm -f * &&"
         "if [ -e /etc/apt/sources.list.d/debian.sources ]; then"
         "  sed -E '/^Suites:/s/ (%s)( |$)/\\2/g' /etc/apt/sources.list.d/debian.sources |"
         "  awk -v RS= -v ORS='\\n\\n' '!/Suites:[ \\t]*(\\n|$)/' >a.sources;"
         "else grep -vE ' (%s) ' /etc/apt/sources.list >a.list; fi;"
         "printf 'Dir::Etc::sourcelist \"/dev/null\";\\nDir::Etc::sourceparts \"%%s\";\\n' \"$PWD\" |"
         "sudo tee /etc/apt/apt.conf.d/99debwiz-e2e" % (names, names))
    m.sh("sudo apt-get update")
    return "the mirror is out of step, done without " + names


def sources(m):
    """Binary and source indices of every suite, each once, from one place alone."""
    out = m.sh("cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true")
    form = "$(CREATED_BY) $(RELEASE) $(COMPONENT) $(ARCHITECTURE)"
    kinds = m.sh("apt-get indextargets --no-release-info --format '%s' | sort | uniq -c" % form)
    for kind in ("Packages", "Sources"):
        counts = re.findall(r"^ *(\d+) %s (\S+)" % kind, kinds, re.M)
        need(m.release in {suite for _, suite in counts} and all(n == "1" for n, _ in counts),
             "indices and how often:\n%s\nfrom\n%s", kinds, out)
    # apt forgets a suite whose indices were out of step on the mirror when it asked last
    need(m.release + "-security" in out, "no security updates from:\n%s", out)
    need("@" not in out, "credentials in the sources:\n%s", out)


def install(m):
    m.sh(QUIET + "apt-get install -y --no-install-recommends bc </dev/null")
    same(m.sh("echo 6*7 | bc"), "42", "what bc says")


def reinstall(m):
    """A package of the base with configuration files comes again without a question."""
    name = m.sh("for p in cron adduser sudo; do "
                "[ -s /var/lib/dpkg/info/$p.conffiles ] && echo $p && break; done")
    m.sh(QUIET + "apt-get install -y --reinstall %s <&-" % name)
    out = m.sh("sudo dpkg -V " + name)
    need(not out, "dpkg -V %s: %s", name, out)
    return name


SAYS = {"hello": lambda m: "Hello, world!", "hostname": lambda m: m.hostname}


def source_package(m, *names):
    """A real package of the archive, built as its maintainer would, and the program in it: the first of
    `names` whose files the mirror has (what it lacks is said)."""
    m.sh("echo man-db man-db/auto-update boolean false | sudo debconf-set-selections")
    missing = []
    for name in names:
        m.sh(QUIET + "apt-get build-dep -y --no-install-recommends %s </dev/null" % name)
        got = m.ssh("mkdir -p src && cd src && apt-get source -q %s </dev/null" % name)
        if got.status == 0:
            break
        text = got.out + got.err
        need("404  Not Found" in text and name != names[-1], "apt-get source %s: status %d\n%s", name,
             got.status, text)
        missing.append(name)
    m.sh("cd src/%s-*/ && DEB_BUILD_OPTIONS='nocheck parallel=2' dpkg-buildpackage -us -uc -b" % name)
    m.sh("cd src && dpkg-deb -x %s_*_%s.deb out" % (name, m.arch))
    got = m.sh("cd src/out && $(find . -type f -path '*/bin/%s')" % name)
    same(got, SAYS[name](m), "what %s says" % name)
    return name + "".join(", for the mirror lacks files of " + other for other in missing)


def disk(m, size="128G"):
    wanted = int(size[:-1]) * SIZES[size[-1]]
    root = m.sh("findmnt -no SOURCE /")
    parent = m.sh("lsblk -no PKNAME " + root)
    same(int(m.sh("lsblk -bdno SIZE /dev/" + parent)), wanted, "size of the disk")
    part = int(m.sh("lsblk -bdno SIZE " + root))
    need(wanted - part < 70 * (1 << 20), "the root partition has %d of %d", part, wanted)
    fs = int(m.sh("df --output=size -B1 / | tail -n 1"))
    need(fs > part * 0.97 - GIB // 4, "the file system has %d of %d", fs, part)
    check = m.sh("sudo sfdisk --verify /dev/%s 2>&1" % parent)
    need("No errors detected" in check, "sfdisk --verify: %s", check)
    return "%s, file system %.1f GiB" % (size, fs / GIB)


def reboot(m):
    m.reboot_away()
    m.await_state(("running",))
    need(m.log().count("(automatic login)") >= 2, "the console shows no second login")
    units(m)


def other_kernel(m):
    """Installs another kernel package beside the running one; returns its version."""
    name = {"armhf": "linux-image-armmp", "arm64": "linux-image-cloud-arm64",
            "amd64": "linux-image-cloud-amd64"}[m.arch]
    running = m.sh("uname -r")
    m.sh(QUIET + "apt-get install -y --no-install-recommends %s </dev/null" % name)
    link = m.sh("readlink /vmlinuz")
    version = link.partition("vmlinuz-")[2]
    if not version or version == running:
        raise Failed("/vmlinuz is %s after %s was installed" % (link, name))
    m.sh("test -s /boot/initrd.img-%s" % version)
    return version
