#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The guest's scripts, as far as they can run here: what a failed phase gives as its cause; and what the host
hands to them.
"""
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import lib

GUEST = os.path.join(lib.SRC, "assets", "guest")
DPKG = """=== packages at 10 s
E: an earlier line that is none of apt's
=== packages at 40.21 s
Reading package lists...
(Reading database ... \r(Reading database ... 5%\r(Reading database ... 12345 files and directories currently installed.)\r
Preparing to unpack .../0-tree_2.1.0-1_armhf.deb ...\r
Setting up broken (1.0-1) ...\r
chown: invalid user: 'nobody-here'\r
dpkg: error processing package broken (--configure):\r
 installed broken package post-installation script subprocess returned error exit status 1\r
dpkg: dependency problems prevent configuration of other:\r
 other depends on broken.\r
dpkg: error processing package other (--configure):\r
 dependency problems - leaving unconfigured\r
Errors were encountered while processing:\r
 broken\r
 other\r
E: Sub-process /usr/bin/dpkg returned an error code (1)
"""
QUIET = """=== configure at 12 s
Setting up quiet (1.0-1) ...
dpkg: error processing package quiet (--configure):
 installed quiet package post-installation script subprocess returned error exit status 127
"""
APT = """=== packages at 40 s
Reading package lists...
E: Unable to locate package tree.deb
E: Couldn't find any package by glob 'tree.deb'
"""
LAST = """E: of another phase
=== bootloader at 9 s
Installing for arm-efi platform.
grub-install: error: cannot open /dev/vda1
"""
CAUSES = [
    (DPKG, "package broken: post-installation script subprocess returned error exit status 1 "
           "(chown: invalid user: 'nobody-here')"),
    (QUIET, "package quiet: post-installation script subprocess returned error exit status 127"),
    (APT, "Unable to locate package tree.deb"),
    (LAST, "grub-install: error: cannot open /dev/vda1"),
    ("=== check at 1 s\n", ""),
]


class Scripts(unittest.TestCase):
    def shell(self, script, *files):
        """What these files' functions print for a script, whose first line says what they read."""
        first, _, rest = script.partition("\n")
        sources = "".join(". '%s'\n" % os.path.join(GUEST, name) for name in files)
        done = subprocess.run(["sh", "-uc", "\n".join((first, sources, rest)) if rest else sources + script], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_cause(self):
        """One sentence, without the log and its carriage returns."""
        for log, cause in CAUSES:
            with tempfile.NamedTemporaryFile("w", newline="") as out:
                out.write(log)
                out.flush()
                said = self.shell("log_cause '%s'" % out.name, "packages.sh")
            self.assertEqual(said.rstrip("\n"), cause)
            self.assertNotIn("\r", said)


UUID = "0ecd1bb6-58c5-4d0c-9b5e-4d0e1bb658c5"
# What each package's postinst makes: ROOT, and a number that is another one at each run.
PACKAGES = {
    "keymaker": 'umask 077; [ -e ROOT/etc/keys/key ] || echo "secret NEW" >ROOT/etc/keys/key',
    "ids": 'echo "nqn:%s$(printf %%04d NEW)" >ROOT/etc/id' % UUID[:-4],
    "cluster": 'for d in etc var/lib; do mkdir -p ROOT/$d/cluster/1/main; done; echo port >ROOT/etc/cluster/1/main/conf;'
               'chmod 700 ROOT/var/lib/cluster/1/main; echo NEW >ROOT/var/lib/cluster/1/main/id;'
               'umask 077; echo trust >ROOT/etc/cluster/1/main/access',
    "generated": "umask 077; echo always >ROOT/etc/generated",
    "bystander": "echo open >ROOT/etc/plain",
    "named": 'echo "host $(hostname)" >ROOT/etc/named; echo here is localhost >ROOT/etc/always',
    "versions-common": "mkdir -p ROOT/var/lib/cluster/15; : since 15",
    "versions-15": 'c=cluster/${1#*-}; [ -e ROOT/etc/$c ] || { mkdir -p ROOT/etc/$c/main ROOT/var/lib/$c/main; umask 077;'
                   'echo trust >ROOT/etc/$c/main/access; echo NEW >ROOT/var/lib/$c/main/id; }',
    "vanished": "[ -e ROOT/etc/once ] || : ; umask 077",
}


class Personal(Scripts):
    """What packages generate is found by rule, and leaves the base."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="dw-")
        self.addCleanup(shutil.rmtree, self.top)
        self.root = os.path.join(self.top, "root")
        self.run_dir = os.path.join(self.top, "run")
        for name in ("etc/keys", "etc/cluster", "etc/ssl/certs", "var/lib/cluster", "var/lib/dpkg/info", "var/log", "run",
                     "root"):
            os.makedirs(os.path.join(self.root, name))
        os.makedirs(self.run_dir)
        self.put("var/lib/dpkg/info/base-files.list",
                 "/.\n/etc\n/etc/keys\n/etc/cluster\n/var\n/var/lib\n/var/lib/cluster\n/etc/owned.key\n/root\n")
        self.put("etc/hostname", "localhost\n")
        self.put("etc/hosts", "127.0.0.1 localhost\n")
        mark = os.path.join(self.run_dir, "mark")
        with open(mark, "w", encoding="utf-8"):
            pass
        before = os.stat(os.path.join(self.root, "etc/hosts")).st_ctime_ns
        os.utime(mark, ns=(before, before))

    def put(self, name, text, mode=0o644):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, mode)

    def there(self, name):
        return os.path.lexists(os.path.join(self.root, name))

    def script(self, *packages, more=""):
        """Configures these packages together, then searches for personal files; prints what renew would do."""
        lines = ["run=%s log=%s/log PERSONAL_ROOT=%s ARCH=armhf" % (self.run_dir, self.run_dir, self.root),
                 "hostname() { if [ $# = 1 ]; then echo \"$1\" >$run/name; else cat $run/name; fi; }; hostname localhost",
                 "run_triggers() { echo triggers >>$run/log; }",
                 "number=0; [ ! -e $run/number ] || read -r number <$run/number",
                 "configure_again() { number=$((number + 1)); echo $number >$run/number; echo \"ran $1\" >>$run/log; "
                 "( case $1 in %s esac ); }" % " ".join(
                     "%s) %s ;;" % (name, body.replace("ROOT", self.root).replace("NEW", "$number"))
                     for name, body in PACKAGES.items())]
        for package in packages:
            self.put("var/lib/dpkg/info/%s.postinst" % package, PACKAGES[package])
            lines += ["date '+%%Y-%%m-%%d %%H:%%M:%%S configure %s:armhf 1.0 <none>' >>%s/var/log/dpkg.log" % (package, self.root),
                      "configure_again %s" % package]
        return self.shell("\n".join([*lines, more, "personal_remove", "cd '%s'; [ ! -d var/lib/debwiz/renew ] || "
                                     "grep -r . var/lib/debwiz/renew | sort" % self.root]),
                          "personal.sh").replace(self.root, "").splitlines()

    def log(self):
        return lib.read(os.path.join(self.run_dir, "log")).replace(self.root, "")

    def test_nothing(self):
        """A base without such packages: nothing runs again, and the first boot has nothing to do."""
        self.put("etc/owned.key", "PRIVATE KEY-----\n", 0o600)
        self.put("etc/shadow", "root:*:\n", 0o640)
        self.put("etc/empty", "", 0o600)
        self.put("var/lib/apt/extended_states", UUID)
        self.assertEqual(self.script("bystander"), [])
        self.assertFalse(self.there("var/lib/debwiz/renew"))
        self.assertEqual(self.log().count("ran"), 1, self.log())

    def test_old_files(self):
        """What was there before maintainer scripts ran is none of theirs."""
        self.put("etc/fstab", "UUID=%s /\n" % UUID)
        ahead = time.time() + 3
        os.utime(os.path.join(self.run_dir, "mark"), (ahead, ahead))
        self.assertEqual(self.script("bystander"), [])
        self.assertTrue(self.there("etc/fstab"))

    def test_keys(self):
        got = self.script("keymaker", "bystander", "generated", "ids",
                          more="ln -s %s/etc/keys/key %s/etc/ssl/certs/hash; ln -s nowhere %s/etc/ssl/certs/other" %
                          ((self.root,) * 3))
        self.assertEqual(got, ["var/lib/debwiz/renew/000001.keymaker:/etc/keys/key", "var/lib/debwiz/renew/000004.ids:/etc/id"])
        for name in ("etc/keys/key", "etc/id", "etc/ssl/certs/hash", "var/lib/debwiz/aside"):
            self.assertFalse(self.there(name), name)
        for name in ("etc/keys", "etc/plain", "etc/generated", "etc/ssl/certs/other"):
            self.assertTrue(self.there(name), name)
        self.assertIn("triggers", self.log())

    def test_host_name(self):
        """What holds the host's name is made for each machine; the base keeps its neutral one."""
        self.assertEqual(self.script("named"), ["var/lib/debwiz/renew/000001.named:/etc/always",
                                                "var/lib/debwiz/renew/000001.named:/etc/named"])
        self.assertEqual(lib.read(os.path.join(self.root, "etc/hostname")), "localhost\n")
        self.assertEqual(lib.read(os.path.join(self.root, "etc/hosts")), "127.0.0.1 localhost\n")
        self.assertEqual(lib.read(os.path.join(self.run_dir, "name")), "localhost\n")

    def test_cluster(self):
        """Data and configuration go together, as whole folders, though only one of them differs."""
        self.assertEqual(self.script("cluster"), ["var/lib/debwiz/renew/000001.cluster:/etc/cluster/1",
                                                  "var/lib/debwiz/renew/000001.cluster:/var/lib/cluster/1"])
        self.assertFalse(self.there("etc/cluster/1"))
        self.assertFalse(self.there("var/lib/cluster/1"))
        self.assertTrue(self.there("var/lib/cluster"))

    def versions(self, early, more=""):
        """A cluster of version 15, among packages whose postinst has that number in it, too, or which own one of the
        folders and make it empty. Those named so are configured long before."""
        log = os.path.join(self.root, "var/log/dpkg.log")
        others = ("one", "two", "three", "four")
        for name in others:
            self.put("var/lib/dpkg/info/%s.postinst" % name, "# Automatically added by dh_installdeb/13.15\n")
        self.put("var/log/dpkg.log", "".join("2001-01-01 00:00:00 configure %s:armhf 1.0 <none>\n" % name for name in others))
        self.put("var/lib/dpkg/info/versions-common.list", "/.\n/etc\n/var/lib/cluster\n")
        self.assertEqual(self.script("versions-common", "bystander", "versions-15",
                                     more="sed -i '/%s/s/.* configure/2001-01-01 00:00:00 configure/' %s\n" % (early, log) + more),
                         ["var/lib/debwiz/renew/000007.versions-15:/etc/cluster/15",
                          "var/lib/debwiz/renew/000007.versions-15:/var/lib/cluster/15"])
        self.assertFalse(self.there("etc/cluster/15"))
        self.assertFalse(self.there("var/lib/cluster/15"))

    def test_cluster_of_a_version(self):
        """What was being configured at that time is tried first."""
        self.versions("common\\|bystander")
        self.assertEqual(self.log().count("ran versions-common"), 1, self.log())

    def test_cluster_changed_later(self):
        """The files' times are of the configuration of another package, which changed their modes."""
        self.put("var/lib/dpkg/info/later.postinst", "chmod")
        self.versions("versions", "{ echo 2001-01-01 00:00:00 configure four:armhf 1.0 '<none>'; "
                      "date '+%%Y-%%m-%%d %%H:%%M:%%S configure later:armhf 1.0 <none>'; } >>%s/var/log/dpkg.log" % self.root)

    def test_files_that_no_package_recreates(self):
        self.put("etc/once", "made by hand", 0o600)
        self.assertEqual(self.script("vanished", "bystander"), [])
        self.assertEqual(lib.read(os.path.join(self.root, "etc/once")), "made by hand")
        self.assertIn("nothing makes again: /etc/once", self.log())

    def test_units(self):
        """Ordinary services of the packages wait, and those that are enabled are started."""
        unit = "lib/systemd/system/%s.service"
        for name, text in (("plain", ""), ("early", "[Unit]\nDefaultDependencies=no\n"), ("ssh", ""), ("off", "")):
            self.put(unit % name, text)
        self.put("var/lib/dpkg/info/a.list", "".join("/" + unit % n + "\n" for n in ("plain", "early", "ssh", "off")))
        self.put("var/lib/dpkg/info/b:armhf.list", "/etc/init.d/old\n/lib/systemd/system/x@.service\n")
        for link in ("etc/systemd/system/multi-user.target.wants/plain.service", "etc/rc2.d/S01old"):
            self.put(link, "")
            os.unlink(os.path.join(self.root, link))
            os.symlink("x", os.path.join(self.root, link))
        self.put("../run/extras", "a\nb\n")
        self.put("var/lib/debwiz/x", "")
        self.shell("run=%s PERSONAL_ROOT=%s ARCH=armhf; . '%s/personal.sh'; personal_units" %
                   (self.run_dir, self.root, GUEST))
        self.assertEqual(lib.read(os.path.join(self.root, "etc/systemd/system/debwiz-renew.service.d/units.conf")),
                         "# the services of the packages that the user asked for\n[Unit]\nBefore=off.service\n"
                         "Before=old.service\nBefore=plain.service\n")
        self.assertEqual(lib.read(os.path.join(self.root, "var/lib/debwiz/renew.units")), "old.service\nplain.service\n")


class Renew(unittest.TestCase):
    """The first boot's program, with the machine's folders and systemctl elsewhere."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="dw-")
        self.addCleanup(shutil.rmtree, self.top)
        os.makedirs(os.path.join(self.top, "state", "renew"))
        os.makedirs(os.path.join(self.top, "lib"))
        self.write("lib/port.sh", 'report() { printf "%s\\n" "$1" >>TOP/told; }\n'
                                  'setting_line() { echo "$1 $2 ${3:-}"; }\n')
        self.write("lib/again.sh", 'configure_again() { echo "ran $1" >>TOP/ran; . "TOP/$1"; }\n'
                                   "run_triggers() { echo triggers >>TOP/ran; }\n")
        self.write("systemctl", '#!/bin/sh\necho "systemctl $*" >>TOP/ran\n')
        with open(os.path.join(GUEST, "root/usr/local/lib/debwiz/renew"), encoding="utf-8") as script:
            text = script.read()
        for ours, here in (("/var/lib/debwiz", "TOP/state"), ("/usr/local/lib/debwiz", "TOP/lib"),
                           ("/run/debwiz-renew", "TOP/run"), ("/bin/systemctl", "TOP/systemctl"),
                           ("/dev/console", "TOP/console")):
            self.assertIn(ours, text)
            text = text.replace(ours, here)
        self.write("renew", text)
        self.write("state/renew.units", "named.service\npostgresql.service\n")

    def write(self, name, text):
        path = os.path.join(self.top, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text.replace("TOP", self.top))
        os.chmod(path, 0o755)

    def read(self, name):
        path = os.path.join(self.top, name)
        return lib.read(path).replace(self.top, "TOP") if os.path.exists(path) else ""

    def renew(self):
        done = subprocess.run(["sh", os.path.join(self.top, "renew")], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr.replace(self.top, "TOP")

    def test_in_order(self):
        """Each package in turn, what a cut-off run left is gone before; then the services."""
        for number, name in ((9, "first"), (10, "second.1")):
            self.write("state/renew/%06d.%s" % (number, name), "TOP/%s.key\n" % name)
            self.write(name, "[ ! -e TOP/%s.key ] || return 3; echo new >TOP/%s.key\n" % (name, name))
        self.write("first.key", "half")
        self.assertEqual(self.renew(), (0, ""))
        self.assertEqual(self.read("first.key") + self.read("second.1.key"), "new\nnew\n")
        self.assertEqual(self.read("ran"), "ran first\nran second.1\ntriggers\nsystemctl daemon-reload\n"
                                           "systemctl --no-block start named.service postgresql.service\n")
        self.assertEqual(self.read("told"), "package-keys applied \n")
        self.assertFalse(os.path.exists(os.path.join(self.top, "state/renew")))

    def test_failed(self):
        """Failures are reported, the others are generated, and the next boot retries."""
        self.write("state/renew/000001.bad", "TOP/bad.key\n")
        self.write("state/renew/000002.lazy", "TOP/lazy.key\n")
        self.write("state/renew/000003.good", "TOP/good.key\n")
        self.write("bad", "echo 'no entropy'; return 4\n")
        self.write("lazy", ":\n")
        self.write("good", "echo new >TOP/good.key\n")
        status, said = self.renew()
        self.assertEqual(status, 1)
        self.assertIn("no entropy", said)
        self.assertIn("its postinst ended with status 4", self.read("told"))
        self.assertIn("lazy: there is no TOP/lazy.key", self.read("told"))
        self.assertTrue(self.read("told").startswith("package-keys warned bad: no entropy"), self.read("told"))
        self.assertEqual(self.read("good.key"), "new\n")
        self.assertEqual(sorted(os.listdir(os.path.join(self.top, "state/renew"))), ["000001.bad", "000002.lazy"])
        self.write("bad", "echo new >TOP/bad.key\n")
        self.write("lazy", "echo new >TOP/lazy.key\n")
        self.assertEqual(self.renew()[0], 0)

    def test_no_starts(self):
        """What a postinst would start waits until all is made, or it would wait for us for ever."""
        self.write("state/renew/000001.server", "TOP/key\n")
        self.write("server", "echo new >TOP/key; for verb in start try-restart reload daemon-reload stop 'enable --now'; do "
                             "systemctl --system $verb server.service; done; systemctl enable server.service;"
                             "invoke-rc.d server start; deb-systemd-invoke start server.service\n")
        self.write("state/renew.units", "")
        self.assertEqual(self.renew(), (0, ""))
        self.assertEqual(self.read("ran"), "ran server\nsystemctl enable server.service\ntriggers\n"
                                           "systemctl daemon-reload\n")


class FirstBoot(unittest.TestCase):
    """The program that applies the seed, with the machine's folders elsewhere and programs that note their calls."""
    SEED = {"HOSTNAME": "m", "USER": "build", "PASSWORD_HASH": "", "LOCALE": "C.UTF-8", "TIMEZONE": "Europe/Berlin",
            "KEYBOARD": "de", "PROXY": ""}
    # each notes its call; afterwards the body runs
    PROGRAMS = {
        "blkid": "[ -e TOP/no-disk ] || echo /dev/vdb",
        "mount": "cp TOP/seed/* TOP/run/debwiz-seed/",
        "umount": "rm -f TOP/run/debwiz-seed/*",
        "id": 'grep -q "^$2:" TOP/users || exit 1; sed -n "s/^$2://p" TOP/users',
        "useradd": 'for name; do :; done; echo "$name:1000" >>TOP/users',
        "getent": 'case $1 in passwd) echo "$2:x:1000:1000::TOP/home/$2:/bin/bash" ;; group) [ "$2" != docker ] ;; esac',
        "hostname": "[ ! -e TOP/no-hostname ] || { echo refused; exit 1; }",
        "install": 'for w; do shift; case $w in -o|-g) skip=1; continue ;; esac; [ -n "${skip:-}" ] && { skip=; continue; }; '
                   'set -- "$@" "$w"; done; exec /usr/bin/install "$@"',
        "usermod": "", "chpasswd": "", "locale": "", "locale-gen": "", "setupcon": "", "ssh-keygen": "", "sync": "",
        "sleep": "",
    }

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="dw-")
        self.addCleanup(shutil.rmtree, self.top)
        for folder in ("etc/default", "etc/apt/sources.list.d", "etc/apt/apt.conf.d", "etc/ssh", "etc/sudoers.d", "run",
                       "usr/share/zoneinfo/Europe", "var/lib", "home/build", "bin"):
            os.makedirs(os.path.join(self.top, folder))
        ours = os.path.join(GUEST, "root/usr/local/lib/debwiz")
        for name in ("firstboot", "port.sh", "clock.sh", "template.sh", "ended"):
            text = lib.read(os.path.join(ours, name))
            for place in ("/usr/local/lib/debwiz", "/usr/share/zoneinfo", "/dev/console", "/etc/", "/run/", "/var/lib/"):
                text = re.sub("(?<![A-Za-z0-9.])" + place, "TOP" + place, text)
            if name == "firstboot":
                self.assertIn("tries=300\n", text)
                text = text.replace("tries=300\n", "tries=3\n")
            text = text.replace(">TOP/dev/console", ">>TOP/dev/console")
            if name == "port.sh":
                text += 'report() { printf "%s\\n" "$*" >>TOP/told; }\n'
            self.put("usr/local/lib/debwiz/" + name, text)
        self.put("dev/console", "")
        self.put("users", "root:0\ndocker:101\n")
        self.put("usr/share/zoneinfo/Europe/Berlin", "")
        for name, body in self.PROGRAMS.items():
            self.put("bin/" + name, '#!/bin/sh\necho "%s $*" >>TOP/ran\n%s\n' % (name, body))
        self.put("seed/authorized_keys", "ssh-ed25519 AAAA me\n")
        for suffix in ("", ".pub"):
            self.put("seed/ssh_host_ed25519_key" + suffix, "host key\n")
        self.put("seed/sources.list", "deb http://m/debian bookworm main\n")

    def put(self, name, text):
        path = os.path.join(self.top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text.replace("TOP", self.top))
        os.chmod(path, 0o755)

    def has(self, name):
        path = os.path.join(self.top, name)
        return lib.read(path).replace(self.top, "TOP") if os.path.exists(path) else None

    def script(self, name, *words, **env):
        env = dict(os.environ, PATH=self.top + "/bin:" + os.environ["PATH"], **env)
        return subprocess.run(["/bin/sh", os.path.join(self.top, "usr/local/lib/debwiz", name), *words], env=env,
                              capture_output=True, text=True, check=False, timeout=lib.LIMIT)

    def apply(self, status=0, **seed):
        """Applies a seed; the states of its settings in their order, and the last line that was reported."""
        self.put("seed/seed.env", "".join("%s='%s'\n" % pair for pair in {**self.SEED, **seed}.items()))
        for name in ("told", "ran"):
            self.put(name, "")
        done = self.script("firstboot")
        self.assertEqual(done.returncode, status, done)
        self.assertEqual(self.has("ran").count("\nmount "), self.has("ran").count("\numount "), "it stays mounted")
        told = self.has("told").splitlines()
        return re.findall(r"^1 setting name=(\S+) state=(\S+)", self.has("told"), re.M), told[-1]

    def test_account_first(self):
        """The user and the keys come before everything else."""
        settings, last = self.apply()
        self.assertEqual(settings, [(name, "applied") for name in (
            "user", "sudo", "ssh-keys", "ssh-host-keys", "groups", "console", "host-name", "time-zone", "locale", "keyboard",
            "sources")])
        self.assertEqual(last, "1 seed-applied")
        self.assertTrue(self.has("var/lib/debwiz/seeded"))
        self.assertEqual(self.has("home/build/.ssh/authorized_keys"), "ssh-ed25519 AAAA me\n")
        self.assertEqual(os.stat(os.path.join(self.top, "home/build/.ssh/authorized_keys")).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(os.path.join(self.top, "etc/ssh/ssh_host_ed25519_key")).st_mode & 0o777, 0o600)
        self.assertIn("NOPASSWD", self.has("etc/sudoers.d/debwiz"))
        self.assertTrue(os.readlink(os.path.join(self.top, "etc/localtime")).endswith("/Europe/Berlin"))

    def test_settings_warn(self):
        """What cannot be set is a warning with its reason; the rest is set, and the seed is applied."""
        self.put("no-hostname", "")
        settings, last = self.apply(TIMEZONE="Mars/Phobos", LOCALE="de_DE.UTF-8")
        self.assertEqual([name for name, state in settings if state != "applied"], ["host-name", "time-zone", "locale"])
        self.assertEqual({state for _, state in settings}, {"applied", "warned"})
        self.assertEqual(settings[-1], ("sources", "applied"))
        self.assertIn("this%20system%20has%20no%20time%20zone%20Mars/Phobos", self.has("told"))
        self.assertIn("C.UTF-8%20is%20set%20in%20place%20of%20de_DE.UTF-8", self.has("told"))
        self.assertIn("Mars/Phobos", self.has("dev/console"))
        self.assertEqual(self.has("etc/default/locale"), "LANG=C.UTF-8\n")
        self.assertEqual(last, "1 seed-applied")
        self.assertTrue(self.has("home/build/.ssh/authorized_keys"))

    def test_account_fails(self):
        """Without its user the seed has failed, with the reason; the other settings are applied, and a later boot
        repeats it."""
        settings, last = self.apply(status=1, USER="docker")
        self.assertEqual(settings[0], ("user", "failed"))
        self.assertIn(("time-zone", "applied"), settings)
        self.assertTrue(last.startswith("1 seed-failed text=user:%20docker%20is%20an%20account%20of%20the%20system"), last)
        self.assertIsNone(self.has("var/lib/debwiz/seeded"))
        self.assertNotIn("useradd", self.has("ran"))
        settings, last = self.apply()
        self.assertEqual((settings[0], last), (("user", "applied"), "1 seed-applied"))
        self.assertEqual(self.has("ran").count("useradd"), 1)
        settings, last = self.apply()       # cut off before it was noted: the user exists
        self.assertEqual((settings[0], last), (("user", "applied"), "1 seed-applied"))
        self.assertNotIn("useradd", self.has("ran"))

    def test_password(self):
        """With a password sudo and the console ask for it."""
        settings, _ = self.apply(PASSWORD_HASH="$6$x$y")
        self.assertIn(("password", "applied"), settings)
        self.assertIsNone(self.has("etc/sudoers.d/debwiz"))
        self.assertNotIn("autologin", self.has("etc/debwiz/console.env"))
        self.put("etc/debwiz/console.env", "")
        self.apply()
        self.assertIn("AUTOLOGIN='--autologin build'", self.has("etc/debwiz/console.env"))

    def test_no_seed(self):
        self.put("no-disk", "")
        self.put("told", "")
        self.assertEqual(self.script("firstboot").returncode, 1)
        self.assertIn("1 seed-failed text=there%20is%20no%20disk", self.has("told"))

    def test_ended(self):
        """What a script that was killed could not report is reported for it."""
        for name, line in (("firstboot", "1 seed-failed text=firstboot%20ended%20early"),
                           ("grow", "1 setting name=disk-size state=warned text=grow%20ended%20early")):
            for result, code, status in (("success", "exited", "0"), ("exit-code", "exited", "1"), ("signal", "killed", "KILL"),
                                         ("exit-code", "exited", "127")):
                self.put("told", "")
                self.script("ended", name, SERVICE_RESULT=result, EXIT_CODE=code, EXIT_STATUS=status)
                self.assertEqual(self.has("told").startswith(line), status not in "01", (name, status, self.has("told")))

    def test_units(self):
        """Nothing that a slow machine does at its start has a time limit; the file system grows after the login prompt."""
        units = os.path.join(GUEST, "root/etc/systemd/system")
        text = {name: lib.read(os.path.join(units, name)) for name in os.listdir(units) if name.endswith(".service")}
        ones = [name for name in text if "Type=oneshot" in text[name]]
        self.assertGreater(len(ones), 5)
        for name in ones:
            self.assertIn("\nTimeoutStartSec=infinity\n", text[name], name)
        for name in ("firstboot", "grow"):
            self.assertIn("\nExecStopPost=/usr/local/lib/debwiz/ended %s\n" % name, text["debwiz-%s.service" % name])
        self.assertRegex(text["debwiz-firstboot.service"], r"(?m)^Before=.*\bssh\.service\b")
        self.assertRegex(text["debwiz-grow.service"], r"(?m)^After=.*\bgetty\.target\b.* debwiz-report\.service\b")


class Report(unittest.TestCase):
    """What the guest reports when it is up, and the name servers that it uses."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="dw-")
        self.addCleanup(shutil.rmtree, self.top)
        for folder in ("sys/class/net/eth0/device", "run/systemd/netif", "etc/ssh", "proc/net", "lib", "bin", "var/lib/debwiz"):
            os.makedirs(os.path.join(self.top, folder))
        self.put("lib/port.sh", "find_port() { :; }\nreport() { echo \"$*\" >%s/told; }\n"
                                "escape() { printf '%%s' \"$1\"; }\n" % self.top)
        text = re.sub("(?<=[ <>])(?=/(sys|run|etc|proc|var)/)", self.top,
                      lib.read(os.path.join(GUEST, "root/usr/local/lib/debwiz/report")))
        self.put("report", text.replace("/usr/local/lib/debwiz", self.top + "/lib"))   # last: the folder may be below /var
        self.put("bin/ip", "#!/bin/sh\necho '2: eth0    inet 10.0.2.15/24 brd'\n")
        os.chmod(os.path.join(self.top, "bin/ip"), 0o755)
        self.put("proc/net/tcp", "  0: 00000000:0016 00000000:0000 0A 0\n")
        self.put("proc/net/tcp6", "")

    def put(self, name, text):
        with open(os.path.join(self.top, name), "w", encoding="utf-8") as out:
            out.write(text)

    def has(self, name):
        return lib.read(os.path.join(self.top, name))

    def reports(self):
        env = dict(os.environ, PATH=self.top + "/bin:" + os.environ["PATH"])
        done = subprocess.run(["/bin/sh", os.path.join(self.top, "report")], env=env, capture_output=True, text=True, check=False,
                              timeout=lib.LIMIT)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return self.has("told")

    def test_ready(self):
        self.put("etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 AAAA root@m\n")
        told = self.reports()
        self.assertRegex(told, r"\A1 hostkey type=ssh-ed25519 key=AAAA\n1 ready ip=10\.0\.2\.15 kernel=\S+ ssh=yes pending=\n\Z")
        self.put("proc/net/tcp", "  0: 00000000:0016 0202000A:1234 01 0\n")    # a client of another host's server
        self.assertIn(" ssh=no ", self.reports())

    def test_name_servers(self):
        """QEMU answers by IPv4 or by IPv6, as the host's resolver does: both are used, unless DHCP names another one, or
        the file is another program's."""
        ours = "# written by debwiz\nnameserver 10.0.2.3\n"
        for dns, before, after in (
                ("DNS=10.0.2.3", ours, ours + "nameserver fec0::3\n"),
                ("DNS=10.0.2.3 fec0::3", ours, ours + "nameserver fec0::3\n"),
                ("DNS=192.0.2.1", ours, "# written by debwiz\nnameserver 192.0.2.1\n"),
                ("OPER_STATE=routable", ours, ours),
                ("DNS=10.0.2.3", "nameserver 192.0.2.9\n", "nameserver 192.0.2.9\n")):
            with self.subTest(dns, before=before):
                self.put("run/systemd/netif/state", dns + "\n")
                self.put("etc/resolv.conf", before)
                self.reports()
                self.assertEqual(self.has("etc/resolv.conf"), after)


class Handed(lib.Case):
    @staticmethod
    def make():
        return lib.World()

    def test_extra_packages(self):
        """The guest marks packages that the user did not name as automatic; the cause of a failure is the message."""
        box = self.box(system_packages="build-essential")
        cause = "apt-get install ended with status 100: package build-essential: it is broken"
        with open(box.script, "w", encoding="utf-8") as out:
            out.write("up\nprogress 1 phase name=packages\nprogress 1 failed step=packages text=%s\n"
                      'E SHUTDOWN {"guest": true, "reason": "guest-shutdown"}\nexit 0\n' % cause.replace(" ", "%20"))
        result = box.prepare()
        self.assertEqual((result.status, result.id), (1, "configure"), str(result))
        self.assertTrue(result.error["text"].endswith("could not be configured: packages: " + cause), str(result))
        parts = [n for n in os.listdir(os.path.join(box.data, "bases")) if n.endswith(".part")]
        with open(os.path.join(box.data, "bases", parts[0], "initrd-configure.img"), "rb") as image:
            initrd = image.read()
        for name in ("configure.sh", "packages.sh", "personal.sh"):
            with open(os.path.join(GUEST, name), "rb") as script:
                self.assertTrue(script.read() in initrd, name)
        line = next(x for x in initrd.split(b"\n") if x.startswith(b"EXTRA_AUTO="))
        names = line.decode().partition("=")[2].strip("'").split()
        self.assertIn("gcc", names)
        self.assertIn("libc6-dev", names)
        self.assertNotIn("build-essential", names)
        self.assertNotIn("libc6", names)        # it is of the base
        self.assertIn(b"EXTRA_DEBS='1'", initrd)


class Template(unittest.TestCase):
    """template.sh, with all its paths in a folder, and programs that note how they are called."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="dwguest")
        self.addCleanup(shutil.rmtree, self.top)
        for folder in ("bin", "etc", "run/log/journal/was", "var/log/journal/was", "var/lib/systemd/timers", "proc", "dev"):
            os.makedirs(os.path.join(self.top, folder))
        self.put("etc/machine-id", "was\n")
        self.put("var/lib/systemd/timers/stamp-daily", "")
        os.mkfifo(os.path.join(self.top, "dev/port"))
        self.program("systemctl", 'case $1 in\nlist-units) echo daily.timer x; echo other.timer y ;;\nesac')
        for name in ("modprobe", "sync", "grow", "swap", "sleep"):
            self.program(name, "")
        self.program("perl", "read -r hex\necho $hex >>%s/said" % self.top)
        path = os.path.join(GUEST, "root/usr/local/lib/debwiz/template.sh")
        places = {"/usr/local/lib/debwiz": "/bin", "/var/": "/var/", "/run/": "/run/", "/etc/": "/etc/"}
        self.put("template.sh", re.sub("|".join(places), lambda m: self.top + places[m.group()], lib.read(path)))

    def put(self, name, text):
        with open(os.path.join(self.top, name), "w", encoding="utf-8") as out:
            out.write(text)

    def has(self, name):
        return lib.read(os.path.join(self.top, name))

    def program(self, name, body):
        self.put("bin/" + name, '#!/bin/sh\necho "%s $*" >>%s/said\n%s\n' % (name, self.top, body))
        os.chmod(os.path.join(self.top, "bin", name), 0o755)

    def start(self, words):
        script = ("find_port() { port=%s/dev/port; }\nreport() { echo \"report $*\" >>%s/said; }\n"
                  "set_clock() { echo \"clock $*\" >>%s/said; }\n. %s/template.sh\n%s"
                  % (self.top, self.top, self.top, self.top, words))
        env = dict(os.environ, PATH=self.top + "/bin:" + os.environ["PATH"])
        return subprocess.Popen(["/bin/sh", "-c", script], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)

    def test_wait(self):
        """It is marked, prepared and quiet before it says that it waits; only the word to begin ends that."""
        child = self.start("template_wait && echo continued")
        with open(os.path.join(self.top, "dev/port"), "w", encoding="utf-8") as port:
            said = self.has("said").splitlines()
            self.assertEqual(said[-1], "report 1 waiting")
            for line in ("systemctl stop daily.timer other.timer", "grow ", "swap ", "sync "):
                self.assertLess(said.index(line), len(said) - 1)
            self.assertTrue(os.path.exists(os.path.join(self.top, "var/lib/debwiz/template")))
            self.assertEqual(self.has("run/debwiz-timers"), "daily.timer\nother.timer\n")
            self.assertEqual(os.listdir(os.path.join(self.top, "var/lib/systemd/timers")), [])
            port.write("1 clock epoch=5.000\n")
            port.flush()
            self.assertIsNone(child.poll())
            port.write("1 begin epoch=7.000 random=00ff\n")
        self.assertEqual(child.communicate(timeout=lib.LIMIT)[0], "continued\n")
        said = self.has("said").splitlines()
        self.assertIn("clock epoch=7.000", said)
        self.assertEqual(said[-1], "random=00ff")

    def test_renew(self):
        """What copies have in common on their disks is another one afterwards, once; a machine that is none keeps it."""
        child = self.start("template_renew")
        self.assertEqual((child.communicate(timeout=lib.LIMIT)[0], child.returncode), ("", 0))
        self.assertEqual(self.has("etc/machine-id"), "was\n")
        os.makedirs(os.path.join(self.top, "var/lib/debwiz"))
        self.put("var/lib/debwiz/template", "")
        child = self.start("template_renew")
        self.assertEqual((child.communicate(timeout=lib.LIMIT)[0], child.returncode), ("", 0))
        self.assertRegex(self.has("etc/machine-id"), "^[0-9a-f]{32}\n$")
        self.assertFalse(os.path.exists(os.path.join(self.top, "var/lib/debwiz/template")))
        for logs in ("run/log/journal", "var/log/journal"):
            self.assertEqual(os.listdir(os.path.join(self.top, logs)), [self.has("etc/machine-id").strip()])
        self.assertEqual(os.path.getsize(os.path.join(self.top, "var/lib/systemd/random-seed")), 512)


if __name__ == "__main__":
    unittest.main()
