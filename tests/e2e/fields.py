# SPDX-License-Identifier: MIT
"""
One machine whose INI file has a value other than the default for every field, and a check for each that looks
from inside the guest, or at QEMU, whether the value arrived. Three boots: what cannot be had together (no
network, a restricted one) counts from the next boot.

Each check takes a Fields, raises world.Failed, may return a text.
"""
import hashlib
import http.client
import http.server
import os
import re
import socket
import subprocess
import threading
import urllib.parse

import host
from world import BOOT, DEBWIZ, Machine, need, same, until

NAME = "fields"
PASSWORD = "correct horse"
WORD = "e2e.word=yes"


def archives():
    """(main, security) as this host's apt is configured; None if apt does not use it."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(SUITE) $(CODENAME)"],
                            stdout=subprocess.PIPE, text=True, check=True).stdout
    uris = [line.split() for line in listed.splitlines()]
    main = next((u[0] for u in uris if "security" not in u[0] + "".join(u[1:])), None)
    security = next((u[0] for u in uris if "security" in u[0]), None)
    need(main, "this host's apt uses no Debian archive: %r", listed[:200])
    return main.rstrip("/"), security and security.rstrip("/")


class Proxy(http.server.BaseHTTPRequestHandler):
    """Forwards GET and HEAD to any http server, and notes which hosts were asked for."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        self.server.hosts.append(url.hostname)
        far = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=60)
        try:
            headers = {k: v for k, v in self.headers.items()
                       if k.lower() not in ("host", "connection", "proxy-connection")}
            far.request(self.command, url.path + ("?" + url.query if url.query else ""), headers=headers)
            answer = far.getresponse()
            self.send_response_only(answer.status, answer.reason)
            for key, value in answer.getheaders():
                if key.lower() not in ("connection", "transfer-encoding"):
                    self.send_header(key, value)
            self.send_header("Connection", "close")
            self.end_headers()
            while True:
                data = answer.read(1 << 16)
                if not data:
                    break
                self.wfile.write(data)
        except OSError:
            pass
        finally:
            far.close()
            self.close_connection = True

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Fields:
    """The machine, and what its file names on this host."""

    def __init__(self, world):
        self.world = world
        self.folder = os.path.join(world.home, NAME)
        os.makedirs(os.path.join(self.folder, "ro"), exist_ok=True)
        os.makedirs(os.path.join(self.folder, "rw"), exist_ok=True)
        self.proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        self.proxy.hosts = []
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
        self.key = os.path.join(self.folder, "key")
        if not os.path.exists(self.key):
            world.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key]).ok()
        self.raw = os.path.join(self.folder, "drive.raw")
        with open(self.raw, "wb") as file:
            file.write(b"debwiz" * 1024 + bytes(1 << 20))
        self.q2 = os.path.join(self.folder, "drive.qcow2")
        world.run(["qemu-img", "create", "-q", "-f", "qcow2", self.q2, "32M"]).ok()
        with open(os.path.join(self.folder, "ro", "note"), "w", encoding="utf-8") as file:
            file.write("from the host\n")
        self.main, self.security = archives()
        self.hash = world.run(["openssl", "passwd", "-6", "-salt", "debwiz", PASSWORD]).ok().out.strip()
        ini = os.path.join(world.inis, NAME + ".ini")
        with open(os.open(ini, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(self.text())
        self.m = Machine(world, NAME)
        self.m.hostname = "other-name"
        self.changed_initrd = None

    def text(self):
        port = self.proxy.server_address[1]
        security = "security_url = %s\n" % self.security if self.security else ""
        return f"""[machine]
format = 1
name = {NAME}
arch = armhf
release = bookworm
method = bootstrap
[mirror]
url = {self.main}
{security}updates = no
security = yes
keyring = /usr/share/keyrings/debian-archive-keyring.gpg
proxy = http://127.0.0.1:{port}
components = main
components = contrib
[firmware]
mode = direct
initrd = guest
[cpu]
accel = tcg
model = cortex-a7
count = 2
memory = 1280M
[disk]
size = 9G
format = qcow2
standalone = yes
bus = scsi
cache = unsafe
[network]
mode = user
restrict = no
forward = 127.0.0.1:auto:22
forward = 127.0.0.1:auto:8080
[devices]
display = vnc
console = serial
rng = yes
usb = yes
audio = yes
drive = path={self.raw},format=raw,readonly=on
drive = path={self.q2},format=qcow2
share = path={self.folder}/ro,tag=ro,readonly=on
share = path={self.folder}/rw,tag=rw
[system]
hostname = other-name
user = carol
password_hash = {self.hash}
ssh_key = {self.key}.pub
locale = de_DE.UTF-8
timezone = Europe/Berlin
keyboard = de
profile = base
packages = openssh-server
packages = tree
packages = gdisk
[boot]
cmdline = {WORD}
timeout = {BOOT}
[qemu]
binary = /usr/bin/qemu-system-arm
extra = -name
extra = guest={NAME},process={NAME}-e2e
"""

    def close(self):
        self.proxy.shutdown()
        self.proxy.server_close()


def up(f):
    """The file is agreed to once: its owner wrote it."""
    return host.up(f.m, "--trust")


def sudo(f, command):
    return f.m.sh("echo '%s' | sudo -S -p '' sh -c '%s'" % (PASSWORD, command))


def names(f):
    f.m.await_ssh()
    same(f.m.sh("hostname"), "other-name", "hostname")
    need("VERSION_CODENAME=bookworm" in f.m.sh("cat /etc/os-release"), "another release")
    need(f.m.folder.endswith("/" + NAME) and os.path.isdir(f.m.folder), "its folder is not %s", NAME)


def account(f):
    """The user's password, the key that the file names and no other way in."""
    same(f.m.sh("id -un"), "carol", "user")
    need(f.m.ssh("sudo -n true").status != 0, "sudo asks for no password")
    same(sudo(f, "id -u"), "0", "sudo with the password")
    same(sudo(f, "getent shadow carol").split(":")[1], f.hash, "password hash")
    with open(f.key + ".pub", encoding="utf-8") as file:
        key = file.read().split()[1]
    need(key in f.m.sh("cat ~/.ssh/authorized_keys"), "the key is not authorized")
    host.own_key(f.m, f.key)
    need("automatic login" not in f.m.log(), "the console logged in by itself")


def language(f):
    same(f.m.sh("date +%Z").strip() in ("CET", "CEST"), True, "zone is CET or CEST")
    same(f.m.sh("cat /etc/timezone"), "Europe/Berlin", "/etc/timezone")
    need("LANG=de_DE.UTF-8" in f.m.sh("cat /etc/default/locale /etc/locale.conf 2>/dev/null || true"),
         "LANG is another")
    need("de_DE.utf8" in f.m.sh("locale -a"), "the locale was not generated")
    need('XKBLAYOUT="de"' in f.m.sh("cat /etc/default/keyboard"), "another keyboard layout")


def processor(f):
    same(f.m.sh("nproc"), "2", "CPUs")
    same(f.m.sh("dpkg --print-architecture"), "armhf", "architecture")
    need("0xc07" in f.m.sh("grep 'CPU part' /proc/cpuinfo"), "the CPU is no Cortex-A7")
    total = int(re.search(r"(\d+)", f.m.sh("grep MemTotal /proc/meminfo")).group(1)) >> 10
    need(1100 < total < 1280, "the guest has %d MiB", total)
    same(f.m.record()["accel"], "tcg", "accelerator")


def disk(f):
    root = f.m.sh("lsblk -no PKNAME $(findmnt -no SOURCE /)")      # Linux does not number SCSI disks by their place
    need(root.startswith("sd"), "the root is on %s, not on a SCSI disk", root)
    same(int(f.m.sh("lsblk -bdno SIZE /dev/" + root)), 9 << 30, "size of the disk")
    info = f.world.run(["qemu-img", "info", "-U", os.path.join(f.m.folder, "disk.qcow2")]).ok().out
    need("file format: qcow2" in info and "backing file" not in info, "the disk is not independent:\n%s", info)
    words = " ".join(f.m.command())
    need('"no-flush":true' in words.replace(" ", ""), "the cache is not unsafe: %s", words)


def kernel_line(f):
    line = f.m.sh("cat /proc/cmdline")
    need(WORD in line, "the word is not on the kernel's command line: %s", line)
    need(not os.path.exists("/sys/firmware/efi") or f.m.ssh("test -d /sys/firmware/efi").status != 0,
         "a direct boot has EFI")


def initrd_of(f):
    """Digest of the initrd that QEMU loads."""
    with open(os.path.join(f.m.folder, "initrd.img"), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def initrd(f):
    """QEMU loads the initrd that is on the guest's disk, also after the guest changed it. Stops the machine."""
    need(os.path.join(f.m.folder, "initrd.img") in f.m.command(), "QEMU loads another initrd")
    path = "/boot/initrd.img-" + f.m.sh("uname -r")
    same(initrd_of(f), sudo(f, "sha256sum " + path).split()[0], "digest of the initrd")
    changed = sudo(f, "head -c 512 /dev/zero >>%s; sha256sum %s; sync" % (path, path)).split()[0]
    f.world.debwiz("stop", NAME).ok()
    f.world.debwiz("kernel", f.m.ini).ok()
    same(initrd_of(f), changed, "digest of the initrd that the guest changed")
    f.changed_initrd = changed


def sources(f):
    out = f.m.sh("cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true")
    need(f.main in out, "another mirror:\n%s", out)
    need("bookworm-updates" not in out, "the updates suite is there:\n%s", out)
    need("bookworm-security" in out, "the security suite is missing:\n%s", out)
    need("contrib" in out, "contrib is missing:\n%s", out)


def archive(f):
    """What the preparation fetched came by the proxy, from both archives."""
    asked = set(f.proxy.hosts)
    need(urllib.parse.urlsplit(f.main).hostname in asked, "the proxy was asked for %r", asked)
    if f.security:
        need(urllib.parse.urlsplit(f.security).hostname in asked, "the proxy was asked for %r", asked)
    need('Acquire::http::Proxy "http://10.0.2.2:%d";' % f.proxy.server_address[1] in f.m.sh("apt-config dump"),
         "the guest's apt does not know the proxy")
    before = len(f.proxy.hosts)
    f.m.sh("/usr/lib/apt/apt-helper download-file %s/dists/bookworm/Release /tmp/Release && grep -q Suite /tmp/Release"
           % f.main)
    need(len(f.proxy.hosts) > before, "the guest's apt fetched a file, and not by the proxy")
    f.m.debwiz("plan").ok()
    return "%d requests" % len(f.proxy.hosts)


def packages(f):
    """The wanted packages, marked as wanted, and nothing broken."""
    manual = f.m.sh("apt-mark showmanual").split()
    for name in ("openssh-server", "tree", "gdisk"):
        need(name in manual, "%s is not marked manual: %r", name, manual)
    need(f.m.ssh("command -v gcc").status != 0, "profile base has a compiler")
    for command in ("dpkg --audit", "systemctl --failed --plain --no-legend"):
        out = f.m.sh(command)
        need(not out, "%s:\n%s", command, out)
    out = sudo(f, "dpkg -V")
    need(not out, "dpkg -V:\n%s", out)


def devices(f):
    need("virtio" in f.m.sh("cat /sys/class/misc/hw_random/rng_available"), "no virtio rng")
    usb = f.m.sh("cat /sys/bus/usb/devices/*/product")
    need("QEMU USB Keyboard" in usb and "QEMU USB Tablet" in usb, "USB has %s", usb)
    classes = f.m.sh("cat /sys/bus/pci/devices/*/class")
    need("0x0403" in classes or "0x0401" in classes, "no sound device: %s", classes)


def display(f):
    """A VNC server answers on a private socket."""
    words = f.m.command()
    path = re.search(r"unix:([^,]+)", next(w for w in words if w.startswith("vnc="))).group(1)
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(60)
        s.connect(path)
        need(s.recv(12).startswith(b"RFB "), "no VNC server at %s", path)
    need(f.m.sh("ls /dev/dri 2>/dev/null || ls /sys/class/drm || true"), "the guest sees no display")


def drives(f):
    found = dict(line.split()[:2] for line in f.m.sh("lsblk -bdnro NAME,SIZE").splitlines())
    raw = next((n for n, s in found.items() if int(s) == os.path.getsize(f.raw)), None)
    q2 = next((n for n, s in found.items() if int(s) == 32 << 20), None)
    need(raw and q2, "the guest sees %r", found)
    with open(f.raw, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    same(sudo(f, "sha256sum /dev/" + raw).split()[0], digest, "digest of the raw drive")
    same(f.m.sh("cat /sys/block/%s/ro" % raw), "1", "raw drive is read-only")
    sudo(f, "echo written | dd of=/dev/%s conv=fsync status=none" % q2)
    same(sudo(f, "head -c 7 /dev/" + q2), "written", "what the qcow2 drive holds")


def shares(f):
    sudo(f, "modprobe 9pnet_virtio; mkdir -p /mnt/ro /mnt/rw;"
            "mount -t 9p -o trans=virtio,ro ro /mnt/ro; mount -t 9p -o trans=virtio rw /mnt/rw")
    same(f.m.sh("cat /mnt/ro/note"), "from the host", "the host's file")
    need(f.m.ssh("echo x >/mnt/ro/note").status != 0, "a read-only share was written")
    sudo(f, "cd /mnt/rw && echo from-the-guest >file && ln -s file link && chmod 0751 file")
    same(sudo(f, "stat -c %a /mnt/rw/file; readlink /mnt/rw/link").split(), ["751", "file"],
         "mode and link as the guest sees them")
    with open(os.path.join(f.folder, "rw", "file"), encoding="utf-8") as file:
        same(file.read(), "from-the-guest\n", "what the host reads")
        if os.geteuid() != 0:       # under root they are in attributes
            same(oct(os.fstat(file.fileno()).st_mode & 0o7777), "0o751", "the mode on the host")
            same(os.readlink(os.path.join(f.folder, "rw", "link")), "file", "the link on the host")


def serve(f):
    """A server on the guest's port 8080, without a network: perl-base's sockets."""
    f.m.sh("cat >serve.pl <<'END'\nuse IO::Socket::INET;\n"
           "my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die $!;\n"
           "while (my $c = $s->accept) { print $c \"hello from the guest\\n\"; close $c }\nEND\n"
           "nohup perl serve.pl >/dev/null 2>&1 &")


def forwards(f):
    serve(f)
    port = next(int(p) for w in f.m.command()
                for p in re.findall(r"hostfwd=tcp:127\.0\.0\.1:(\d+)-:8080", w))

    def told():
        """QEMU accepts the connection, also before the guest's server listens."""
        with socket.create_connection(("127.0.0.1", port), 60) as s:
            return s.makefile().read().strip()
    same(until(told, 300, "the guest's server does not answer"), "hello from the guest", "what the guest's server says")


def emulator(f):
    pid = f.m.status()["qemu_pid"]
    with open("/proc/%d/cmdline" % pid, encoding="utf-8") as file:
        words = file.read().split("\0")
    same(words[0], "/usr/bin/qemu-system-arm", "program")
    need("guest=%s,process=%s-e2e" % (NAME, NAME) in words, "the extra argument is missing: %r", words[-4:])


def stop(f):
    if f.m.status()["alive"]:
        f.world.debwiz("stop", NAME).ok()


def timeout(f):
    """A boot that may take ten seconds is given up: status 8, and the machine still runs or is stopped."""
    stop(f)
    got = f.world.debwiz("boot", "--set", "boot.timeout=10s", f.m.ini)
    same(got.status, 8, "status of a boot that may take 10 s: %s" % (got.err or got.out)[-300:])
    f.world.debwiz("kill", NAME)
    f.m.await_state(("off", "failed"))


def restricted(f):
    """The next boot: neither the host nor the world is reached, what is forwarded still works."""
    stop(f)
    f.m.set("restrict", "yes")
    f.m.set("initrd", "own")
    f.m.up()
    need(initrd_of(f) != f.changed_initrd, "QEMU loads the guest's initrd still")
    f.m.await_ssh()
    got = f.m.ssh("perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(PeerAddr => \"10.0.2.2:%d\", "
                  "Timeout => 10) ? 0 : 9)'" % f.proxy.server_address[1])
    same(got.status, 9, "status of a connection to the host")
    f.world.debwiz("stop", NAME).ok()


def console(f):
    """The boot after that: kernel, login prompt and `debwiz console` use the virtio console."""
    stop(f)
    f.m.set("console", "virtio")
    f.m.up()
    f.m.await_ssh()
    same(f.m.sh("cat /sys/class/tty/console/active").split()[-1], "hvc0", "the kernel's console")
    same(f.m.sh("systemctl is-active serial-getty@hvc0").strip(), "active", "its login prompt")
    f.m.await_log(r"login:")
    f.world.debwiz("stop", NAME).ok()
    f.m.set("console", "serial")


def virtiofs(f):
    """The boot after that: a folder by virtiofs, whose program ends with QEMU."""
    folders = "/usr/libexec" + (":/usr/lib/qemu" if os.geteuid() == 0 else "")      # the latter is for root alone
    if f.world.run(["sh", "-c", "PATH=$PATH:%s; command -v virtiofsd" % folders]).status:
        return "skipped: there is no virtiofsd that this user may start"
    path = os.path.join(f.folder, "rw")
    text = f.m.text()
    need("path=%s,tag=rw\n" % path in text, "the file has no such share")
    with open(f.m.ini, "w", encoding="utf-8") as file:
        file.write(text.replace("path=%s,tag=rw\n" % path, "path=%s,tag=rw,driver=virtiofs\n" % path))
    stop(f)
    f.m.up("--trust")
    f.m.await_ssh()
    sudo(f, "mkdir -p /mnt/fs; mount -t virtiofs rw /mnt/fs")
    sudo(f, "cd /mnt/fs && echo by-virtiofs >fs && ln fs hard && chmod 0751 fs")
    with open(os.path.join(path, "hard"), encoding="utf-8") as file:
        same(file.read(), "by-virtiofs\n", "what the host reads")
        same(oct(os.fstat(file.fileno()).st_mode & 0o7777), "0o751", "the mode on the host")
    running = ["pgrep", "-f", "virtiofsd .*" + re.escape(path)]
    same(f.world.run(running).status, 0, "status of pgrep while it runs")
    f.world.debwiz("stop", NAME).ok()
    same(f.world.run(running).status, 1, "status of pgrep after the stop")
    return None


def no_network(f):
    """The boot after that: QEMU has no network card, and the guest still comes up."""
    stop(f)
    text = re.sub(r"^(forward|restrict) = .*\n", "", f.m.text(), flags=re.M)
    text = re.sub(r"^mode = user$", "mode = none", text, flags=re.M)
    text = re.sub(r"^password_hash = .*\n", "", text, flags=re.M)
    with open(f.m.ini, "w", encoding="utf-8") as file:
        file.write(text)
    f.m.up()
    need(not any(a.startswith("user,") for a in f.m.command()), "QEMU has a network")
    f.m.await_log(r"login:")
    f.world.debwiz("kill", NAME).ok()


STEPS = (
    ("names and release", names), ("account", account), ("locale, zone, keyboard", language),
    ("CPU and memory", processor), ("disk", disk), ("kernel's command line", kernel_line),
    ("apt's sources", sources), ("archives, keyring, proxy", archive),
    ("packages", packages), ("devices", devices), ("display", display), ("drives", drives),
    ("shares", shares), ("forwards", forwards), ("emulator and extra arguments", emulator),
    ("initrd", initrd), ("time-out", timeout), ("restricted network", restricted), ("virtio console", console),
    ("virtiofs", virtiofs), ("no network", no_network),
)


def every(t, world):
    f = Fields(world)
    try:
        if t.chosen("fields: " + title for title, _ in STEPS) and \
                t.run("fields: up, with a value for every field", up, f):
            for title, check in STEPS:
                t.choose("fields: " + title, check, f)
    finally:
        f.close()
        world.run([DEBWIZ, "kill", NAME])
