# SPDX-License-Identifier: MIT
"""
The fixture archive's packages, as one table.  To add a name, add a row.

Relations, priorities and paths look like Debian's; bodies are a few bytes.  A row says what a
package is on every suite and architecture; what differs by architecture (kernels) or is a newer
version (updates, security, a push) is said in the small tables at the end.
"""
import dataclasses
import lzma

from debfile import filler, kernel_module, parse_files

ARCHES = {  # name: ELF machine, bits, kernel flavour, multiarch triplet, what virtio is built in
    "armhf": (40, 32, "armmp-lpae", "arm-linux-gnueabihf", True),
    "arm64": (183, 64, "arm64", "aarch64-linux-gnu", False),
    "amd64": (62, 64, "amd64", "x86_64-linux-gnu", False),
}
KERNELS = {"bookworm": "6.1.0-1", "trixie": "6.12.1+deb13"}


@dataclasses.dataclass
class Package:
    name: str
    versions: tuple                 # (bookworm, trixie), or one for both
    arch: tuple = ("any",)          # any, all, or names of architectures
    prio: str = "optional"
    section: str = "utils"
    source: str = ""
    essential: bool = False
    fields: dict = dataclasses.field(default_factory=dict)
    files: tuple = ()
    contents: dict = dataclasses.field(default_factory=dict)
    scripts: dict = dataclasses.field(default_factory=dict)
    triggers: str = ""
    kinds: tuple = ("xz", "xz")     # compression of control and data
    short: str = ""                 # first line of the description

    def version(self, release):
        return self.versions[-1] if release == "trixie" else self.versions[0]


TABLE = []


def pkg(name, version, files=(), trixie=None, prio="optional", arch="any", depends="", pre="",
        recommends="", provides="", conflicts="", breaks="", replaces="", ma="", control="xz",
        data="xz", **more):
    """Add a row; relations that are empty are left out of the control file."""
    fields = {"Multi-Arch": ma, "Provides": provides, "Pre-Depends": pre, "Depends": depends,
              "Recommends": recommends, "Conflicts": conflicts, "Breaks": breaks,
              "Replaces": replaces}
    TABLE.append(Package(name, (version, trixie or version),
                         (arch,) if isinstance(arch, str) else tuple(arch), prio,
                         fields={k: v for k, v in fields.items() if v}, files=tuple(files),
                         kinds=(control, data), **more))


def script(body):
    return "#!/bin/sh\nset -e\n" + body + "\nexit 0\n"


LDCONFIG = "activate-noawait ldconfig\n"
PASSWD = "".join(f"{n}:*:{u}:{g}:{n}:{h}:{s}\n" for n, u, g, h, s in [
    ("root", 0, 0, "/root", "/bin/bash"), ("daemon", 1, 1, "/usr/sbin", "/usr/sbin/nologin"),
    ("man", 6, 12, "/var/cache/man", "/usr/sbin/nologin"),
    ("mail", 8, 8, "/var/mail", "/usr/sbin/nologin"),
    ("nobody", 65534, 65534, "/nonexistent", "/usr/sbin/nologin")]).encode()
GROUP = "".join(f"{n}:*:{g}:\n" for n, g in [
    ("root", 0), ("daemon", 1), ("tty", 5), ("disk", 6), ("mail", 8), ("sudo", 27),
    ("shadow", 42), ("utmp", 43), ("staff", 50), ("nogroup", 65534)]).encode()

# ---- essential and required ---------------------------------------------------------------------
R = {"prio": "required"}
E = {"prio": "required", "essential": True}
pkg("base-files", "12.4+deb12u12", [
    "/bin/", "/lib/", "/sbin/", "/boot/", "/dev/", "/etc/debian_version conf", "/etc/issue conf",
    "/etc/host.conf conf", "/etc/os-release -> ../usr/lib/os-release", "/home/", "/proc/",
    "/root/ 0700", "/run/", "/sys/", "/tmp/ 1777", "/usr/lib/os-release", "/var/tmp/ 1777",
    "/var/local/ 2775 0:50", "/var/lock -> /run/lock", "/var/run -> /run", "/var/log/",
    "/usr/share/base-files/motd"], trixie="13.8", **E, section="admin", pre="awk",
    replaces="base, miscutils", provides="base", breaks="debian-security-support (<< 2019.04.25)",
    scripts={"postinst": script("install -d /etc/opt")},
    triggers="interest-noawait /usr/share/common-licenses\n",
    contents={"/etc/debian_version": b"12.12\n"})
pkg("base-passwd", "3.6.1", ["/usr/sbin/update-passwd 0755",
    "/usr/share/base-passwd/passwd.master", "/usr/share/base-passwd/group.master"],
    trixie="3.6.7", **E, section="admin", pre="libc6 (>= 2.34), libdebconfclient0 (>= 0.145)",
    recommends="debconf (>= 0.5) | debconf-2.0", contents={
        "/usr/share/base-passwd/passwd.master": PASSWD,
        "/usr/share/base-passwd/group.master": GROUP},
    scripts={"preinst": script(":"), "postinst": script("update-passwd --dry-run")})
pkg("bash", "5.2.15-2", ["/bin/bash 0755", "/bin/rbash -> bash", "/etc/bash.bashrc conf",
    "/etc/skel/.bashrc conf", "/etc/skel/.profile conf"], trixie="5.2.37-2", **E,
    section="shells", pre="libc6 (>= 2.36)",
    depends="base-files (>= 2.1.12), debianutils (>= 5.6-0.1)",
    conflicts="bash-completion (<< 20060301-0)", replaces="bash-completion (<< 20060301-0)")
pkg("bsdutils", "1:2.38.1-5", ["/usr/bin/logger 0755", "/usr/bin/wall 2755 0:5"],
    trixie="1:2.41-5", **E, pre="libc6 (>= 2.34)", source="util-linux")
pkg("coreutils", "9.1-1", ["/bin/cat 0755", "/bin/ls 0755", "/bin/dir == /bin/ls",
    "/bin/vdir == /bin/ls", "/usr/bin/[ 0755", "/usr/bin/md5sum.textutils -> md5sum",
    "/usr/bin/md5sum 0755"], trixie="9.7-3", **E, pre="libc6 (>= 2.34)")
pkg("dash", "0.5.12-2", ["/bin/dash 0755", "/bin/sh -> dash"], trixie="0.5.12-12", **E,
    section="shells", pre="libc6 (>= 2.34)", depends="debianutils (>= 5.6-0.1)")
pkg("debianutils", "5.7-0.5", ["/bin/run-parts 0755", "/usr/bin/which.debianutils 0755"],
    trixie="5.23.2", **E, pre="libc6 (>= 2.34)")
pkg("diffutils", "1:3.8-4", ["/usr/bin/diff 0755"], trixie="1:3.10-4", **E, pre="libc6 (>= 2.34)")
pkg("dpkg", "1.21.22", ["/usr/bin/dpkg 0755", "/usr/bin/dpkg-deb 0755", "/var/lib/dpkg/info/",
    "/var/lib/dpkg/updates/", "/etc/dpkg/dpkg.cfg conf", "/etc/dpkg/dpkg.cfg.d/",
    "/etc/logrotate.d/dpkg conf", "/sbin/start-stop-daemon 0755"], trixie="1.22.21", **E,
    section="admin", pre="libc6 (>= 2.34), zlib1g (>= 1:1.1.4)", depends="tar (>= 1.28-1)",
    breaks="libapt-pkg5.0 (<< 1.7~b)", control="gz")
pkg("findutils", "4.9.0-4", ["/usr/bin/find 0755", "/usr/bin/xargs 0755"], trixie="4.10.0-3",
    **E, pre="libc6 (>= 2.34)")
pkg("grep", "3.8-5", ["/bin/grep 0755", "/bin/egrep 0755"], trixie="3.11-4", **E,
    pre="libc6 (>= 2.34)", provides="rgrep")
pkg("gzip", "1.12-1", ["/bin/gzip 0755", "/bin/gunzip == /bin/gzip"], trixie="1.13-1", **E,
    pre="libc6 (>= 2.34)", depends="dpkg (>= 1.15.4) | install-info")
pkg("hostname", "3.23+nmu1", ["/bin/hostname 0755", "/bin/domainname -> hostname"],
    trixie="3.25", **E, section="admin", pre="libc6 (>= 2.34)", data="gz", control="gz")
pkg("init-system-helpers", "1.65.2", ["/usr/sbin/service 0755", "/usr/bin/deb-systemd-helper 0755"],
    trixie="1.69", arch="all", **E, section="admin", ma="foreign",
    depends="usrmerge | usr-is-merged")
pkg("libc-bin", "2.36-9+deb12u10", ["/sbin/ldconfig 0755", "/usr/bin/getent 0755",
    "/etc/ld.so.conf conf", "/etc/nsswitch.conf", "/etc/bindresvport.blacklist conf"],
    trixie="2.41-12", **E, section="libs", source="glibc", ma="foreign",
    depends="libc6 (>> 2.36), libc6 (<< 2.42)", triggers="interest-noawait ldconfig\n",
    scripts={"postinst": script("ldconfig || true")})
pkg("login", "1:4.13+dfsg1-1", ["/bin/login 0755", "/bin/su 4755", "/etc/login.defs conf",
    "/etc/pam.d/login conf"], trixie="1:4.16.0-2+really2.41-5", **E, section="admin",
    pre="libc6 (>= 2.34), libpam0g (>= 0.99.7.1), libpam-runtime")
pkg("ncurses-base", "6.4-4", ["/lib/terminfo/v/vt100", "/lib/terminfo/x/xterm"],
    trixie="6.5+20250216-2", arch="all", **E, section="misc", ma="foreign")
pkg("ncurses-bin", "6.4-4", ["/usr/bin/tput 0755", "/usr/bin/reset -> tset", "/usr/bin/tset 0755"],
    trixie="6.5+20250216-2", **E, pre="libc6 (>= 2.34)", source="ncurses")
pkg("perl-base", "5.36.0-7", ["/usr/bin/perl 0755", "/usr/bin/perl5.36.0 == /usr/bin/perl"],
    trixie="5.40.1-6", **E, section="perl", source="perl", data="zst",
    pre="libc6 (>= 2.35), libcrypt1 (>= 1:4.1.0)", provides="perlapi-5.36.0, libfile-path-perl")
pkg("sed", "4.9-1", ["/bin/sed 0755"], trixie="4.9-2", **E, pre="libc6 (>= 2.34)")
pkg("sysvinit-utils", "3.06-4", ["/bin/pidof 0755", "/lib/init/vars.sh"], trixie="3.14-4", **E,
    section="admin", pre="libc6 (>= 2.34)", source="sysvinit", provides="lsb-base (= 11.1.0)")
pkg("tar", "1.34+dfsg-1.2", ["/bin/tar 0755", "/etc/rmt"], trixie="1.35+dfsg-3", **E,
    pre="libc6 (>= 2.34)", conflicts="cpio (<= 2.4.2-38)")
pkg("util-linux", "2.38.1-5", ["/bin/dmesg 0755", "/sbin/getty -> agetty", "/sbin/agetty 0755"],
    trixie="2.41-5", **E, pre="libc6 (>= 2.34), zlib1g (>= 1:1.1.4)", depends="sysvinit-utils")
pkg("libc6", "2.36-9+deb12u10", ["/lib/TRIPLET/libc.so.6 0755", "/lib/TRIPLET/libm.so.6",
    "/usr/lib/TRIPLET/gconv/gconv-modules", "/etc/ld.so.conf.d/TRIPLET.conf conf",
    "/usr/share/doc/libc6/copyright"], trixie="2.41-12", section="libs", source="glibc",
    ma="same", depends="libgcc-s1", recommends="libidn2-0 (>= 2.0.5~)", triggers=LDCONFIG,
    scripts={"postinst": script(":"), "preinst": script(":")})
pkg("gcc-12-base", "12.2.0-14", ["/usr/share/doc/gcc-12-base/README.Debian.TRIPLET.gz"],
    trixie="14.2.0-19", **R, section="libs", source="gcc-12", ma="same")
pkg("libgcc-s1", "12.2.0-14", ["/lib/TRIPLET/libgcc_s.so.1"], trixie="14.2.0-19", section="libs",
    source="gcc-12", ma="same", depends="gcc-12-base, libc6 (>= 2.35)", triggers=LDCONFIG)
for lib, ver, new, so, prio in [
        ("libcrypt1", "1:4.4.33-2", "1:4.4.38-1", "libcrypt.so.1.1.0", "optional"),
        ("zlib1g", "1:1.2.13.dfsg-1", "1:1.3.dfsg+really1.3.1-1", "libz.so.1.2.13", "required"),
        ("libpam0g", "1.5.2-6+deb12u1", "1.7.0-5", "libpam.so.0.85.1", "optional"),
        ("libdebconfclient0", "0.270", "0.280", "libdebconfclient.so.0.0.0", "optional"),
        ("libext2fs2", "1.47.0-2", "1.47.2-3", "libext2fs.so.2.4", "optional"),
        ("libsystemd0", "252.39-1~deb12u1", "257.8-1~deb13u2", "libsystemd.so.0.35.0", "optional")]:
    short = so.split(".so.")[0] + ".so." + so.split(".so.")[1].split(".")[0]
    pkg(lib, ver, [f"/lib/TRIPLET/{so}", f"/lib/TRIPLET/{short} -> {so}"], trixie=new, prio=prio,
        section="libs", ma="same", depends="libc6 (>= 2.34)", triggers=LDCONFIG)
pkg("libpam-runtime", "1.5.2-6+deb12u1", ["/etc/pam.conf conf", "/usr/sbin/pam-auth-update 0755"],
    trixie="1.7.0-5", arch="all", **R, section="admin", ma="foreign",
    depends="debconf (>= 0.5) | debconf-2.0")
pkg("debconf", "1.5.82", ["/etc/debconf.conf conf", "/usr/bin/debconf 0755",
    "/usr/share/debconf/confmodule"], trixie="1.5.91", arch="all", **R, section="admin",
    provides="debconf-2.0", pre="perl-base (>= 5.20.1-3~)", ma="foreign",
    conflicts="cdebconf (<< 0.96)", scripts={"config": script(":"), "postinst": script(":")})
pkg("mawk", "1.3.4.20200120-3.1", ["/usr/bin/mawk 0755"], trixie="1.3.4.20250131-1", **R,
    section="interpreters", pre="libc6 (>= 2.34)", provides="awk", scripts={"postinst": script(
        "update-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5")})
pkg("mount", "2.38.1-5", ["/bin/mount 4755", "/bin/umount 4755"], trixie="2.41-5", **R,
    section="admin", source="util-linux", pre="libc6 (>= 2.34)")
pkg("passwd", "1:4.13+dfsg1-1", ["/usr/bin/passwd 4755", "/usr/bin/chage 2755 0:42",
    "/usr/sbin/useradd 0755", "/etc/pam.d/passwd conf"], trixie="1:4.17.4-2", **R, section="admin",
    source="shadow", depends="base-passwd (>= 3.6.4) | base-files, libpam-runtime, libc6 (>= 2.34)")
pkg("apt", "2.6.1", ["/usr/bin/apt-get 0755", "/var/cache/apt/archives/partial/ 0700",
    "/etc/apt/trusted.gpg.d/", "/etc/apt/apt.conf.d/01autoremove conf"], trixie="3.0.3", **R,
    section="admin", provides="apt-transport-https (= 2.6.1)", breaks="aptitude (<< 0.8.10)",
    depends="adduser, gpgv | gpgv2, debian-archive-keyring, libc6 (>= 2.34)")
pkg("e2fsprogs", "1.47.0-2", ["/sbin/resize2fs 0755", "/sbin/mke2fs 0755",
    "/sbin/mkfs.ext4 -> mke2fs", "/etc/mke2fs.conf conf"], trixie="1.47.2-3", **R,
    section="admin", pre="libext2fs2, libc6 (>= 2.34)")
pkg("tzdata", "2024a-0+deb12u1", ["/usr/share/zoneinfo/UTC",
    "/usr/share/zoneinfo/Etc/UTC -> ../UTC",
    "/usr/share/zoneinfo/Zulu == /usr/share/zoneinfo/UTC"], trixie="2025a-2", arch="all", **R,
    section="localization", provides="tzdata-trixie", depends="debconf (>= 0.5) | debconf-2.0",
    ma="foreign")

# ---- important ----------------------------------------------------------------------------------
I = {"prio": "important"}
pkg("adduser", "3.134", ["/usr/sbin/adduser 0755", "/usr/sbin/addgroup -> adduser",
    "/etc/adduser.conf conf"], trixie="3.152", arch="all", **I, section="admin", ma="foreign",
    depends="passwd (>= 1:4.13)")
pkg("usr-is-merged", "37~deb12u1", trixie="39+nmu2", arch="all", source="usrmerge",
    section="oldlibs", conflicts="usrmerge")
pkg("usrmerge", "37~deb12u1", ["/usr/lib/usrmerge/convert-usrmerge 0755"], trixie="39+nmu2",
    arch="all", depends="perl", provides="usr-is-merged", conflicts="usr-is-merged")
pkg("perl", "5.36.0-7", ["/usr/bin/perl5.36-main 0755"], trixie="5.40.1-6", prio="standard",
    section="perl", pre="dpkg (>= 1.17.17)", depends="perl-base")
pkg("tasksel", "3.73", ["/usr/bin/tasksel 0755"], trixie="3.81", arch="all", **I,
    section="admin", depends="debconf (>= 0.5) | debconf-2.0, tasksel-data")
pkg("tasksel-data", "3.73", ["/usr/share/tasksel/descs/debian-tasks.desc"], trixie="3.81",
    arch="all", **I, section="admin", source="tasksel")
pkg("dhcpcd-base", "9.4.1-24~deb12u4", ["/usr/sbin/dhcpcd 0755", "/etc/dhcpcd.conf conf"],
    trixie="1:10.1.0-11+deb13u1", **I, section="net", source="dhcpcd", provides="dhcp-client",
    depends="adduser, libc6 (>= 2.34)")
pkg("isc-dhcp-common", "4.4.3-P1-2", ["/usr/bin/omshell 0755"], trixie="4.4.3-P1-8", **I,
    section="net", source="isc-dhcp", depends="debianutils")
pkg("debian-archive-keyring", "2023.3+deb12u2", [
    "/usr/share/keyrings/debian-archive-keyring.gpg", "/etc/apt/trusted.gpg.d/debian.asc conf"],
    trixie="2025.1", arch="all", **I, section="misc", ma="foreign")
pkg("gpgv", "2.2.40-1.1", ["/usr/bin/gpgv 0755"], trixie="2.4.7-21", **I, source="gnupg2",
    depends="libc6 (>= 2.34)")
pkg("init", "1.65.2", [], trixie="1.69", **I, section="metapackages", essential=False,
    pre="systemd-sysv | sysvinit-core | runit-init", source="init-system-helpers")
pkg("systemd", "252.39-1~deb12u1", ["/lib/systemd/systemd 0755", "/etc/systemd/system.conf conf",
    r"/lib/systemd/system/systemd\x2dcryptsetup.slice",
    r"/lib/systemd/system/system-systemd\x2dveritysetup.slice",
    "/lib/systemd/system/serial-getty@.service", "/var/log/journal/ 2755",
    "/etc/systemd/system/getty.target.wants/getty@tty1.service -> "
    "/lib/systemd/system/getty@.service"],
    trixie="257.8-1~deb13u2", **I, section="admin", data="zst", control="zst",
    pre="libsystemd0, libc6 (>= 2.34)", depends="mount, default-dbus-system-bus | dbus-system-bus",
    triggers="interest-noawait /lib/systemd/system\n")
pkg("systemd-sysv", "252.39-1~deb12u1", ["/sbin/init -> /lib/systemd/systemd",
    "/sbin/poweroff -> /bin/systemctl"], trixie="257.8-1~deb13u2", **I, section="admin",
    source="systemd", pre="systemd", conflicts="sysvinit-core, runit-init",
    replaces="sysvinit-core")
pkg("sysvinit-core", "3.06-4", ["/sbin/init 0755", "/etc/inittab.example"], trixie="3.14-4",
    section="admin", source="sysvinit", conflicts="systemd-sysv", depends="sysvinit-utils")
pkg("udev", "252.39-1~deb12u1", ["/lib/systemd/systemd-udevd -> /bin/udevadm",
    "/bin/udevadm 0755", "/etc/udev/udev.conf conf"], trixie="257.8-1~deb13u2", **I,
    section="admin", source="systemd", depends="libc6 (>= 2.34), adduser | systemd-sysusers")
pkg("kmod", "30+20221128-1", ["/bin/kmod 0755", "/sbin/depmod -> /bin/kmod",
    "/sbin/modprobe -> /bin/kmod"], trixie="34.2-2", **I, section="admin",
    depends="libc6 (>= 2.34)")
pkg("iproute2", "6.1.0-3", ["/bin/ip 0755", "/sbin/ip -> /bin/ip"], trixie="6.15.0-1", **I,
    section="net", depends="libc6 (>= 2.34)")
pkg("ifupdown", "0.8.41", ["/sbin/ifup 0755", "/etc/network/interfaces.d/"], trixie="0.8.44", **I,
    section="admin", depends="iproute2, adduser")
pkg("isc-dhcp-client", "4.4.3-P1-2", ["/sbin/dhclient 0755", "/etc/dhcp/dhclient.conf conf"],
    trixie="4.4.3-P1-8", **I, section="net", provides="dhcp-client", depends="debianutils")
pkg("netbase", "6.4", ["/etc/protocols conf", "/etc/services conf"], trixie="6.5", arch="all",
    **I, section="admin", ma="foreign")
pkg("less", "590-2.1~deb12u2", ["/usr/bin/less 0755"], trixie="668-1", **I, section="text",
    depends="libc6 (>= 2.34)")
pkg("nano", "7.2-1+deb12u1", ["/bin/nano 0755", "/bin/rnano -> nano", "/etc/nanorc conf"],
    trixie="8.4-1", **I, section="editors", depends="libc6 (>= 2.34)")
pkg("fdisk", "2.38.1-5", ["/sbin/fdisk 0755", "/sbin/sfdisk 0755"], trixie="2.41-5", **I,
    source="util-linux", depends="libc6 (>= 2.34)")

# ---- what profiles ask for ----------------------------------------------------------------------
pkg("dbus", "1.14.10-1~deb12u1", ["/usr/bin/dbus-send 0755", "/etc/default/dbus conf",
    "/usr/lib/dbus-1.0/dbus-daemon-launch-helper 4754 0:27"], trixie="1.16.2-2", prio="standard",
    section="admin", depends="libc6 (>= 2.34)", ma="foreign",
    provides="default-dbus-system-bus, dbus-system-bus")
pkg("openssh-server", "1:9.2p1-2+deb12u6", ["/usr/sbin/sshd 0755", "/etc/ssh/sshd_config.d/",
    "/etc/pam.d/sshd conf", "/etc/default/ssh conf", "/lib/systemd/system/ssh.service"],
    trixie="1:10.0p1-7", section="net", source="openssh", provides="ssh-server",
    pre="debconf (>= 1.2.0) | debconf-2.0",
    depends="adduser, openssh-client, openssh-sftp-server, libpam0g, "
            "init-system-helpers (>= 1.54~)",
    conflicts="ssh-nonfree", recommends="default-logind | logind | libpam-systemd")
pkg("openssh-client", "1:9.2p1-2+deb12u6", ["/usr/bin/ssh 0755", "/etc/ssh/ssh_config conf",
    "/usr/bin/ssh-agent 2755 0:43"], trixie="1:10.0p1-7", section="net", source="openssh",
    depends="passwd, zlib1g, libc6 (>= 2.34)")
pkg("openssh-sftp-server", "1:9.2p1-2+deb12u6", ["/usr/lib/openssh/sftp-server 0755"],
    trixie="1:10.0p1-7", section="net", source="openssh", depends="libc6 (>= 2.34)")
pkg("sudo", "1.9.13p3-1+deb12u2", ["/usr/bin/sudo 4755", "/usr/bin/sudoedit -> sudo",
    "/etc/sudoers 0440 conf", "/etc/sudoers.d/ 0750", "/etc/sudoers.d/README 0440 conf"],
    trixie="1.9.16p2-3", section="admin", conflicts="sudo-ldap",
    depends="libpam0g, libc6 (>= 2.34)")
pkg("fakeroot", "1.31-1.2", ["/usr/bin/fakeroot-sysv"], trixie="1.37.1.1-1", section="utils",
    depends="libc6 (>= 2.33)")
pkg("build-essential", "12.9", ["/usr/share/doc/build-essential/list"], trixie="12.12",
    section="devel", depends="libc6-dev | libc-dev, gcc (>= 4:12.2), make, dpkg-dev (>= 1.17.11)")
pkg("gcc", "4:12.2.0-3", ["/usr/bin/gcc 0755", "/usr/bin/TRIPLET-gcc -> gcc"], trixie="4:14.2.0-1",
    section="devel", source="gcc-defaults", provides="c-compiler", depends="libc6 (>= 2.34)")
pkg("gcc-12", "12.2.0-14+deb12u1", ["/usr/bin/TRIPLET-gcc-12 0755"], section="devel",
    depends="libc6 (>= 2.34)")
pkg("ccache", "4.7.5-1", ["/usr/bin/ccache 0755"], section="devel", short="compiler cache")
pkg("distcc", "3.4+really3.4-3", ["/usr/bin/distcc 0755", "/usr/bin/distccd 0755"], section="devel",
    depends="libc6 (>= 2.34)")
pkg("libc6-dev", "2.36-9+deb12u10", ["/usr/include/stdio.h"], trixie="2.41-12", section="libdevel",
    source="glibc", ma="same", provides="libc-dev", depends="libc6 (>= 2.36)")
pkg("make", "4.3-4.1", ["/usr/bin/make 0755", "/usr/bin/gmake -> make"], trixie="4.4.1-2",
    section="devel", depends="libc6 (>= 2.34)", conflicts="make-guile")
pkg("dpkg-dev", "1.21.22", ["/usr/bin/dpkg-buildpackage 0755"], trixie="1.22.21", arch="all",
    section="devel", source="dpkg", depends="perl-base, make, tar (>= 1.28-1)", ma="foreign")
pkg("initramfs-tools", "0.142+deb12u3", ["/usr/sbin/update-initramfs 0755",
    "/etc/initramfs-tools/initramfs.conf conf", "/etc/initramfs-tools/modules conf"],
    trixie="0.148.3", arch="all", provides="linux-initramfs-tool", ma="foreign",
    depends="kmod, udev, busybox-static | busybox (>= 1:1.22.0-17~)",
    triggers="interest-noawait update-initramfs\n")
pkg("busybox-static", "1:1.35.0-4+b3", ["/bin/busybox 0755 size=20000"], trixie="1:1.37.0-6+b3",
    source="busybox", provides="busybox", conflicts="busybox", replaces="busybox")
pkg("zstd", "1.5.4+dfsg2-5", ["/usr/bin/zstd 0755", "/usr/bin/unzstd -> zstd"],
    trixie="1.5.7+dfsg-1", depends="libc6 (>= 2.34)", data="zst")
pkg("ca-certificates", "20230311+deb12u1", ["/usr/sbin/update-ca-certificates 0755",
    "/usr/share/ca-certificates/mozilla/NetLock_Főtanúsítvány.crt", "/etc/ssl/certs/"],
    trixie="20250419", arch="all", prio="standard", section="misc", ma="foreign",
    depends="debconf (>= 0.5) | debconf-2.0",
    triggers="interest-noawait update-ca-certificates\n")
pkg("locales", "2.36-9+deb12u10", ["/usr/sbin/locale-gen 0755", "/etc/locale.alias conf"],
    trixie="2.41-12", arch="all", section="localization", source="glibc", ma="foreign",
    depends="libc-bin (>> 2.36), debconf (>= 0.5) | debconf-2.0")
for simple, ver, new, path in [
        ("git", "1:2.39.5-0+deb12u2", "1:2.47.3-0+deb13u1", "/usr/bin/git"),
        ("hello", "2.10-3", "2.10-5", "/usr/bin/hello"),
        ("dosfstools", "4.2-1", "4.2-1.2", "/sbin/mkfs.fat"),
        ("parted", "3.5-3", "3.6-5", "/sbin/parted"),
        ("cloud-guest-utils", "0.33-1", "0.33-2", "/usr/bin/growpart"),
        ("wget", "1.21.3-1+deb12u1", "1.25.0-2", "/usr/bin/wget"),
        ("curl", "7.88.1-10+deb12u14", "8.14.1-2", "/usr/bin/curl"),
        ("xz-utils", "5.4.1-1", "5.8.1-1", "/usr/bin/xz"),
        ("procps", "2:4.0.2-3", "2:4.0.4-9", "/bin/ps"),
        ("vim-tiny", "2:9.0.1378-2+deb12u2", "2:9.1.1230-2", "/usr/bin/vim.tiny"),
        ("systemd-timesyncd", "252.39-1~deb12u1", "257.8-1~deb13u2",
         "/lib/systemd/systemd-timesyncd"),
        ("systemd-resolved", "252.39-1~deb12u1", "257.8-1~deb13u2",
         "/lib/systemd/systemd-resolved"),
        ("console-setup", "1.221+deb12u1", "1.242", "/bin/setupcon"),
        ("keyboard-configuration", "1.221+deb12u1", "1.242", "/usr/share/console-setup/kbd")]:
    pkg(simple, ver, [path + " 0755", f"/usr/share/doc/{simple}/copyright"], trixie=new,
        depends="libc6 (>= 2.34)")
pkg("grub-common", "2.06-13+deb12u1", ["/usr/bin/grub-mkimage 0755", "/etc/default/grub.d/",
    "/etc/grub.d/00_header 0755 conf"], trixie="2.12-9", section="admin", source="grub2",
    depends="libc6 (>= 2.34)")
pkg("grub2-common", "2.06-13+deb12u1", ["/usr/sbin/grub-install 0755"], trixie="2.12-9",
    section="admin", source="grub2", depends="grub-common")
for grub, only, fmt in [("grub-efi-arm", "armhf", "arm-efi"),
                        ("grub-efi-arm64", "arm64", "arm64-efi"),
                        ("grub-efi-amd64", "amd64", "x86_64-efi")]:
    pkg(grub, "2.06-13+deb12u1", [f"/usr/share/doc/{grub}/copyright"], trixie="2.12-9",
        arch=[only], section="admin", source="grub2", conflicts="grub-pc",
        depends=f"debconf (>= 0.5) | debconf-2.0, {grub}-bin, grub2-common")
    if only != "armhf":         # Debian signs none
        pkg(grub + "-signed", "1+2.06+13+deb12u1", [f"/usr/lib/grub/{fmt}-signed/grub.efi.signed"], trixie="1+2.12+9",
            arch=[only], section="admin", source=grub + "-signed", depends="grub-common")
    pkg(grub + "-bin", "2.06-13+deb12u1", [f"/usr/lib/grub/{fmt}/moddep.lst"], trixie="2.12-9",
        arch=[only], section="admin", source="grub2", depends="grub-common")

# ---- made for tests alone -----------------------------------------------------------------------
pkg("fixture-empty", "1.0", arch="all")
pkg("fixture-odd-names", "1.0", ["/opt/odd/with%20space", "/opt/odd/caf\udce9", "/opt/odd/a,b=c",
    "/opt/odd/-dash", "/opt/odd/" + "n" * 200, "/opt/odd/closed/ 0000", "/opt/odd/closed/file 0000",
    "/opt/odd/dangling -> /nowhere", "/opt/odd/setgid 2755 0:8", "/opt/odd/empty",
    "/opt/odd/big size=300000"], arch="all", contents={"/opt/odd/empty": b""}, data="gz")
pkg("fixture-unsolvable", "1.0", arch="all", depends="no-such-package (>= 2)")
pkg("fixture-conflict", "1.0", arch="all", conflicts="hello")
pkg("fixture-versioned", "1.0", arch="all", depends="hello (>= 9)")

pkg("shim-signed", "1.44~1+deb12u1+15.8-1~deb12u1", ["/usr/lib/shim/shim.efi.signed"], trixie="1.47+15.8-1",
    arch=["amd64", "arm64"], section="admin", depends="mokutil")
pkg("mokutil", "0.6.0-2", ["/usr/bin/mokutil 0755"], trixie="0.7.2-1", arch=["amd64", "arm64"], section="admin")

# ---- firmware -----------------------------------------------------------------------------------
# package, folder, QEMU's name, machine, descriptors: (rank-name, features, code, vars)
FIRMWARE = [
    ("qemu-efi-arm", "AAVMF", "arm", "virt-*", [
        ("60-edk2-arm", ["verbose-static"], "AAVMF32_CODE.fd", "AAVMF32_VARS.fd")]),
    ("qemu-efi-aarch64", "AAVMF", "aarch64", "virt-*", [
        ("40-edk2-aarch64-secure-enrolled", ["enrolled-keys", "secure-boot", "verbose-static"],
         "AAVMF_CODE.fd", "AAVMF_VARS.ms.fd"),
        ("60-edk2-aarch64", ["verbose-static"], "AAVMF_CODE.fd", "AAVMF_VARS.fd")]),
    ("ovmf", "OVMF", "x86_64", "pc-q35-*", [
        ("40-edk2-x86_64-secure-enrolled", ["acpi-s3", "enrolled-keys", "requires-smm",
         "secure-boot", "verbose-dynamic"], "OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd"),
        ("60-edk2-x86_64", ["acpi-s3", "amd-sev", "verbose-dynamic"], "OVMF_CODE_4M.fd",
         "OVMF_VARS_4M.fd")]),
]


def descriptor(qemu, machine, features, code, nvram):
    import json
    return (json.dumps({
        "description": f"UEFI firmware for {qemu}", "interface-types": ["uefi"],
        "mapping": {"device": "flash", "executable": {"filename": code, "format": "raw"},
                    "nvram-template": {"filename": nvram, "format": "raw"}},
        "targets": [{"architecture": qemu, "machines": [machine]}],
        "features": features, "tags": []}, indent=4) + "\n").encode()


for name, folder, qemu, machine, rows in FIRMWARE:
    lines, contents = [], {}
    for rank, features, code, nvram in rows:
        code, nvram = f"/usr/share/{folder}/{code}", f"/usr/share/{folder}/{nvram}"
        for path in (code, nvram):
            if path not in contents:
                lines.append(path)
                contents[path] = filler(path, 6144 if "CODE" in path else 2048)
        desc = f"/usr/share/qemu/firmware/{rank}.json"
        lines.append(desc)
        contents[desc] = descriptor(qemu, machine, features, code, nvram)
    if name == "ovmf":
        lines.append("/usr/share/OVMF/OVMF_CODE_4M.ms.fd -> OVMF_CODE_4M.secboot.fd")
    pkg(name, "2022.11-6+deb12u2", lines, trixie="2025.02-8", arch="all", section="misc",
        source="edk2", contents=contents)

# ---- Debian's installer: its kernel and initrd by architecture
for arch, name in (("armhf", "vmlinuz"), ("arm64", "linux"), ("amd64", "linux")):
    for number, version in (("12", "20230607+deb12u12"), ("13", "20250803+deb13u2")):
        top = f"/usr/lib/debian-installer/images/{number}/{arch}/text"
        top = f"{top}/debian-installer/{arch}"
        pkg(f"debian-installer-{number}-netboot-{arch}", version, [f"{top}/{name}", f"{top}/initrd.gz"], arch="all",
            section="misc", source="debian-installer-netboot-images",
            contents={f"{top}/{name}": b"the installer's kernel\n", f"{top}/initrd.gz": b"the installer's initrd"})

# ---- kernels: by release and architecture -------------------------------------------------------
MODULES = {  # name: (folder, depends); what is built in on some architectures is marked with +
    "+virtio": ("drivers/virtio", []), "+virtio_ring": ("drivers/virtio", []),
    "virtio_pci": ("drivers/virtio", ["+virtio", "+virtio_ring", "virtio_pci_modern_dev"]),
    "virtio_pci_modern_dev": ("drivers/virtio", []),
    "virtio_mmio": ("drivers/virtio", ["+virtio", "+virtio_ring"]),
    "virtio_blk": ("drivers/block", ["+virtio", "+virtio_ring"]),
    "virtio_console": ("drivers/char", ["+virtio", "+virtio_ring"]),
    "virtio_net": ("drivers/net", ["net_failover", "+virtio", "+virtio_ring"]),
    "net_failover": ("drivers/net", ["failover"]), "failover": ("net/core", []),
    "virtio_scsi": ("drivers/scsi", ["scsi_mod", "+virtio", "+virtio_ring"]),
    "scsi_mod": ("drivers/scsi", []), "sd_mod": ("drivers/scsi", ["scsi_mod"]),
    "ext4": ("fs/ext4", ["jbd2", "mbcache", "crc16"]), "jbd2": ("fs/jbd2", []),
    "mbcache": ("fs", []), "crc16": ("lib", []), "crc32c_generic": ("crypto", []),
    "crc32_arm_ce": ("arch/arm/crypto", ["crc32c_generic"]),
    "virtio-rng": ("drivers/char/hw_random", ["+virtio"]),
}


def kernel(release, arch):
    """The kernel's meta package and image for one release and architecture."""
    machine, bits, flavour, _, built_in = ARCHES[arch]
    uname = f"{KERNELS[release]}-{flavour}"
    top = ("/usr" if release == "trixie" else "") + f"/lib/modules/{uname}"
    lines = [f"/boot/vmlinuz-{uname} size=9000", f"/boot/config-{uname}",
             f"/boot/System.map-{uname}", f"{top}/modules.order", f"{top}/modules.builtin",
             f"{top}/modules.builtin.modinfo"]
    contents, builtin = {}, []
    for name, (folder, needs) in MODULES.items():
        if folder.startswith("arch/arm/") and arch != "armhf":
            continue
        if name.startswith("+") and built_in:
            builtin.append(f"kernel/{folder}/{name[1:]}.ko\n")
            continue
        needs = [n.lstrip("+") for n in needs if not (n.startswith("+") and built_in)]
        path = f"{top}/kernel/{folder}/{name.lstrip('+')}.ko"
        body = kernel_module(name.lstrip("+").replace("-", "_"), needs, uname, machine, bits)
        if release == "trixie":
            path, body = path + ".xz", lzma.compress(body, check=lzma.CHECK_CRC32, preset=0)
        lines.append(path)
        contents[path] = body
    contents[f"{top}/modules.builtin"] = "".join(builtin).encode()
    version = "6.12.57-1" if release == "trixie" else "6.1.153-1"
    fields = {"Depends": "kmod, linux-base (>= 4.3~) | base-files, "
                         "initramfs-tools | linux-initramfs-tool"}
    image = Package(f"linux-image-{uname}", (version,), (arch,), section="kernel",
                    source="linux-signed" if arch != "armhf" else "linux", fields=fields,
                    files=tuple(lines), contents=contents,
                    scripts={"postinst": script("depmod " + uname)})
    metas = [flavour] + (["armmp"] if arch == "armhf" else []) + (
        ["cloud-amd64"] if arch == "amd64" else [])
    return [image] + [
        Package(f"linux-image-{meta}", (version,), (arch,), section="kernel", source="linux",
                fields={"Depends": f"linux-image-{uname} (= {version})",
                        "Provides": "linux-latest-modules-" + uname})
        for meta in metas]


# ---- newer versions: suite -> {package: version}; what a push brings ----------------------------
NEWER = {
    "bookworm-updates": {"tzdata": "2025b-0+deb12u2"},
    "bookworm-security": {"openssh-server": "1:9.2p1-2+deb12u7",
                          "openssh-client": "1:9.2p1-2+deb12u7",
                          "openssh-sftp-server": "1:9.2p1-2+deb12u7", "sudo": "1.9.13p3-1+deb12u3"},
    "trixie-updates": {"tzdata": "2025b-4+deb13u1"},
    "trixie-security": {"sudo": "1.9.16p2-3+deb13u1"},
}
PUSH = {"hello": "2.10-99", "libc6": "2.36-9+deb12u99", "libc-bin": "2.36-9+deb12u99",
        "libc6-dev": "2.36-9+deb12u99", "base-files": "12.4+deb12u99"}


@dataclasses.dataclass
class Source:
    name: str
    version: str
    binaries: tuple
    depends: str = "fakeroot"
    extra: bool = False             # only because others were built with it


# Packages of the installer, which lie in an index of their own.
UDEBS = ("base-installer", "bootstrap-base", "e2fsprogs-udeb", "finish-install", "partman-base")

SOURCES = {
    "bookworm": (Source("glibc", "2.36-9+deb12u10", ("libc6", "libc-bin", "libc6-dev")),
                 Source("grep", "3.8-5", ("grep",)),
                 Source("hello", "2.10-2", ("hello",), extra=True),
                 Source("hello", "2.10-3", ("hello", "hello-traditional")),
                 Source("hello-later", "1:2.0-1", ("hello-later",), "nowhere-dev (>= 2), fakeroot")),
    "bookworm-updates": (Source("hello", "2.10-3+deb12u1", ("hello",)),),
    "trixie": (Source("hello", "2.10-5", ("hello",)),),
}


def packages(release, arch):
    """Every package of a release for one architecture, those for all included."""
    rows = [p for p in TABLE if {"any", "all", arch} & set(p.arch)]
    return rows + kernel(release, arch)


def entries(package, version, release, arch):
    """The files of a package on one architecture."""
    triplet = ARCHES[arch][3] if arch in ARCHES else ""
    swap = [line.replace("TRIPLET", triplet) for line in package.files]
    contents = {k.replace("TRIPLET", triplet): v for k, v in package.contents.items()}
    return parse_files(swap, f"{package.name} {version} {arch} {release}", contents)
