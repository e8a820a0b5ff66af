# SPDX-License-Identifier: MIT
"""
Packages that are hard to install, on the real archive: with a preinst, questions by debconf, a service, alternatives,
a diversion, a trigger, and files generated for one machine, which two machines of one base must not share.

Each check takes a world.Machine, raises world.Failed, may return a text.
"""
import os
import re

import host
import image
from world import Machine, need, same

# postfix: preinst, questions, alternatives, a service; man-db: questions, a trigger; molly-guard: a diversion. The
# locale is not C: locales' questions and the first boot's work.
FEW = ("openssh-server", "postfix", "man-db", "molly-guard", "ssl-cert", "bind9", "tree")
MANY = (*FEW, "git", "tzdata", "ca-certificates-java",
        "default-jre-headless", "postgresql", "dropbear", "munge", "nvme-cli")
LOCALE = "de_DE.UTF-8"

# What packages generate: the package, the command that prints what only this machine may have, the path.
GENERATED = (
    ("ssl-cert", "sudo sha256sum /etc/ssl/private/ssl-cert-snakeoil.key", "/etc/ssl/private/ssl-cert-snakeoil.key"),
    ("bind9", "sudo sha256sum /etc/bind/rndc.key", "/etc/bind/rndc.key"),
    ("openssh-server", "sudo sh -c 'sha256sum /etc/ssh/ssh_host_*_key'", "/etc/ssh/ssh_host_ed25519_key"),
    ("dropbear", "sudo sh -c 'sha256sum /etc/dropbear/dropbear_*_host_key'", "/etc/dropbear/dropbear_ed25519_host_key"),
    ("munge", "sudo sha256sum /etc/munge/munge.key", "/etc/munge/munge.key"),
    ("nvme-cli", "cat /etc/nvme/hostnqn /etc/nvme/hostid", "/etc/nvme/hostnqn"),
    ("postgresql", "sudo sh -c 'LC_ALL=C /usr/lib/postgresql/*/bin/pg_controldata /var/lib/postgresql/*/main' | "
                   "sed -n 's/^Database system identifier: *//p'", "/var/lib/postgresql/15/main/PG_VERSION"),
)
# The command that shows that a package's service works.
SERVICES = (
    ("bind9", "sudo rndc status | grep -x 'server is up and running'"),
    ("postfix", "systemctl is-active postfix.service && /usr/sbin/postconf -h myhostname | grep -x \"$(hostname)\""),
    ("postgresql", "sudo -u postgres psql -Atc 'select 6*7' | grep -x 42"),
    ("dropbear", "systemctl is-active dropbear.service"),
    ("munge", "sudo -u munge munge -n | sudo -u munge unmunge | grep '^STATUS: *Success'"),
    ("ssl-cert", "sudo openssl x509 -noout -checkend 0 -in /etc/ssl/certs/ssl-cert-snakeoil.pem"),
)


def machine(world, name, wanted, profile):
    """A machine of the small example with these packages."""
    m = Machine(world, "armhf-bookworm-direct", name=name, profile=profile, locale=LOCALE)
    m.set("packages", "\npackages = ".join(wanted))
    m.wanted = wanted
    return m


def settled(m):
    """What the first boot does after the login prompt is done, too."""
    m.await_ssh()
    m.sh("systemctl is-system-running --wait || true")
    if "dropbear" in m.wanted:      # ssh has its port: it gets another one, as one would do by hand
        m.sh("sudo mkdir -p /etc/systemd/system/dropbear.service.d && printf '[Service]\\nExecStart=\\n"
             "ExecStart=/usr/sbin/dropbear -EF -p 2222\\n' | sudo tee /etc/systemd/system/dropbear.service.d/port.conf &&"
             "sudo systemctl daemon-reload && sudo systemctl restart dropbear.service")
    state = m.sh("systemctl is-system-running || true")
    failed = m.sh("systemctl --failed --plain --no-legend")
    need(not failed, "failed units:\n%s\n%s", failed, m.sh("sudo journalctl -b --no-pager -p warning | tail -n 40"))
    same(state, "running", "systemctl is-system-running")
    need(m.ssh("test -e /var/lib/debwiz/renew").status != 0, "there is still something to generate")


def healthy(m):
    for command in ("dpkg --audit", "sudo dpkg -V", "grep ' newconffile$' /var/lib/dpkg/status || true",
                    "cat /var/lib/dpkg/triggers/Unincorp",
                    "dpkg-query -W -f='${db:Status-Abbrev} ${Package}\\n' | grep -v '^ii ' || true",
                    "ls /usr/sbin/policy-rc.d /var/cache/debwiz /run/debwiz 2>/dev/null || true"):
        out = m.sh(command)
        need(not out, "%s:\n%s", command, out)
    m.sh("sudo apt-get check")
    return m.sh("dpkg-query -W | wc -l") + " packages"


def marks(m):
    """What was asked for is manual, what came along is automatic and wanted by something."""
    manual, auto = (set(m.sh("apt-mark " + show).split()) for show in ("showmanual", "showauto"))
    missing = [name for name in m.wanted if name not in manual]
    need(not missing, "not marked manual: %r", missing)
    same(sorted(manual & auto), [], "manual and automatic at once")
    need(auto, "no package is marked automatic")
    out = m.sh("LC_ALL=C apt-get -s autoremove")
    need("0 to remove" in out, "apt-get autoremove would remove:\n%s", out)
    return "%d automatic" % len(auto)


def features(m):
    """The hard parts took effect: alternatives, the diversion, the locale, the databases of triggers."""
    if "postfix" in m.wanted:
        need("sendmail" in m.sh("command -v sendmail; ls /usr/sbin/sendmail"), "no sendmail")
    if "molly-guard" in m.wanted:
        need("molly-guard" in m.sh("dpkg-divert --list"), "no diversion")
        need("molly-guard" in m.sh("readlink -f /usr/sbin/shutdown /sbin/shutdown"), "the diversion leads elsewhere")
    if "man-db" in m.wanted:
        need("tree" in m.sh("man -w tree"), "no manual page")
    if "git" in m.wanted:
        m.sh("git init -q repo && cd repo && git -c user.name=n -c user.email=e commit -q --allow-empty -m first && git log -1")
    if "ca-certificates-java" in m.wanted:
        m.sh("test -s /etc/ssl/certs/java/cacerts")
    need("de_DE.utf8" in m.sh("locale -a"), "the locale was not generated")


def services(m):
    names = [package for package, _ in SERVICES if package in m.wanted]
    for package, command in SERVICES:
        if package in m.wanted:
            m.sh(command)
    return ", ".join(names)


def own_name(m):
    """Certificates carry the machine's own host name."""
    text = m.sh("openssl x509 -noout -subject -ext subjectAltName -in /etc/ssl/certs/ssl-cert-snakeoil.pem")
    need(re.search(r"CN *= *%s$" % m.hostname, text, re.M), "the certificate is for another host:\n%s", text)
    hashes = m.sh("sudo sh -c 'openssl x509 -noout -pubkey -in /etc/ssl/certs/ssl-cert-snakeoil.pem;"
                  "openssl pkey -pubout -in /etc/ssl/private/ssl-cert-snakeoil.key'").split("-----BEGIN PUBLIC KEY-----")
    same(hashes[1].strip(), hashes[2].strip(), "public key of the certificate, of the key")
    dangling = m.sh("find /etc/ssl/certs -xtype l")
    need(not dangling, "links that lead nowhere: %s", dangling)


def generated(m):
    """{package: what it generated} in this machine."""
    got = {}
    for package, command, _ in GENERATED:
        if package in m.wanted:
            got[package] = m.sh(command)
            need(got[package], "%s generated nothing", package)
    return got


def base_holds_none(m):
    """None of it is in the base image."""
    paths = [path for package, _, path in GENERATED if package in m.wanted]
    found = image.Image(os.path.join(m.folder, "base.raw")).listing()
    need("/etc/passwd" in found, "the image cannot be read")
    there = [path for path in paths if path in found]
    need(not there, "the base image has %r", there)
    need("/var/lib/debwiz/renew" in found, "the base image has nothing to generate")


def differ(first, second):
    for package, value in first.items():
        need(second[package] != value, "%s: both machines have %s", package, value)
        for line in value.splitlines():
            need(line.split()[0] not in second[package], "%s: both machines have %s", package, line)
    return ", ".join(first)


def kept(m, before):
    """A later boot generates nothing again."""
    m.world.debwiz("stop", m.name).ok()
    m.up()
    settled(m)
    same(generated(m), before, "what packages generated, after another boot")


def every(t, world, wanted, profile):
    m = machine(world, "pkg", wanted, profile)
    if not t.run("packages: up, with %s" % ", ".join(wanted), host.up, m):
        return
    held = {}
    t.run("packages: the machine settles, no failed unit", settled, m)
    t.run("packages: dpkg and apt report no problem", healthy, m)
    t.run("packages: marked as manual and automatic", marks, m)
    t.run("packages: alternatives, diversion, trigger, locale", features, m)
    t.run("packages: services work", services, m)
    t.run("packages: certificates have the machine's name", own_name, m)
    t.run("packages: the base has no key or identifier", base_holds_none, m)
    t.run("packages: keys and identifiers exist", lambda: held.update(generated(m)))
    other = machine(world, "pkg2", wanted, profile)
    if t.run("packages: a second machine, offline", host.up, other, "--offline"):
        t.run("packages: they share the base", host.shared_base, m, other)
        t.run("packages: the second machine settles", settled, other)
        t.run("packages: the second has keys and identifiers of its own",
              lambda: differ(held, generated(other)))
        t.run("packages: certificates have the second's name", own_name, other)
        t.run("packages: the second's services work", services, other)
        t.run("packages: stop", host.stop, other)
    t.run("packages: unchanged after another boot", kept, m, held)
    t.run("packages: stop again", host.stop, m)
