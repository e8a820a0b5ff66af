# SPDX-License-Identifier: MIT
"""
The host's disk gets full under a machine that writes: a real QEMU with debwiz's own command line, in a
file system that is small (a tmpfs in a mount namespace of an ordinary user's). No Debian is needed: the
guest is a boot sector that writes by the PC's BIOS and reports it on its serial line.
"""
import json
import os
import subprocess

from world import DEBWIZ, Failed, need, same, until

NAME = "full"
SIZE = 24 << 20         # of the file system
ROOM = 6 << 20          # what the machine finds free of it
WRITES = 200            # each takes a cluster of its own
CLUSTER = 65536
# What it is, for as(1), at 0x7c00; dl is the drive that it was read from:
#   start: xor ax,ax; mov ds,ax; mov es,ax; mov ss,ax; mov sp,0x7c00
#          mov di,0x8000; mov cx,0x4000; mov ax,0x5a5a; cld; rep stosw    what is written
#          mov si,banner; call puts; push dx; mov dx,0x3fd
#   0:     in al,dx; test al,1; jz 0b; pop dx; mov bp,200                   waits for a key
#   1:     mov ah,0x43; mov al,0; mov si,packet; push dx; int 0x13; pop dx
#          mov al,'E'; jc 2f; mov al,'.'; 2: call putc
#          add word ptr [lba],128; dec bp; jnz 1b; mov si,done; call puts
#          mov dx,0x604; mov ax,0x2000; out dx,ax; 3: hlt; jmp 3b         powers off
#   puts:  lodsb; test al,al; jz 4f; call putc; jmp puts
#   putc:  push dx; mov dx,0x3f8; out dx,al; pop dx; 4: ret
#   banner: "\r\nm login: ", 0; done: "done\r\n", 0
#   packet: 16, 0; 64 sectors to 0:0x8000; lba: 128
SECTOR = bytes.fromhex(
    "31c08ed88ec08ed0bc007cbf0080b90040b85a5afcf3abbe687ce83a0052bafd03eca80174fb5abdc800b443b000be7c"
    "7c52cd135ab0457202b02ee823008106847c80004d75e3be747ce80a00ba0406b80020eff4ebfdac84c0740be80200eb"
    "f652baf803ee5ac30d0a6d206c6f67696e3a2000646f6e650d0a009010004000008000008000").ljust(510, b"\0") + b"\x55\xaa"
OTHER = ("-kernel", "-initrd", "-append")       # with its value: this guest has its own


class Small:
    """A small file system as the home, visible only in its namespace."""

    def __init__(self, world):
        self.world = world
        self.home = os.path.join(world.home, NAME)
        os.makedirs(self.home, 0o700, exist_ok=True)
        self.holder = subprocess.Popen(
            ["unshare", "-Urm", "sh", "-c", "mount -t tmpfs -o size=%d,mode=0700 none '%s' && echo up && exec cat" %
             (SIZE, self.home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.up = self.holder.stdout.readline() == b"up\n"

    def why(self):
        return self.holder.communicate()[1].decode("utf-8", "replace").strip()

    def run(self, *argv):
        return self.world.run(["nsenter", "-t", str(self.holder.pid), "-U", "-m", "--preserve-credentials",
                               "env", "HOME=" + self.home, *argv])

    def debwiz(self, *args):
        return self.run(DEBWIZ, *args)

    def path(self, *names):
        """As it is seen from outside."""
        return os.path.join("/proc/%d/root" % self.holder.pid, self.home.lstrip("/"), *names)

    def write(self, data, *names):
        os.makedirs(os.path.dirname(self.path(*names)), 0o700, exist_ok=True)
        with open(os.open(self.path(*names), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:
            out.write(data)

    def free(self):
        room = os.statvfs(self.path())
        return room.f_bavail * room.f_frsize

    def fill(self, room=0):
        """A file that leaves that much."""
        with open(self.path("ballast"), "ab") as out:
            while self.free() > room:
                out.write(b"x" * min(1 << 20, self.free() - room))
                out.flush()

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()


def made(small):
    """A machine with a disk of its own and debwiz's command line, but for the kernel."""
    ini = "[machine]\nformat = 1\nname = %s\narch = amd64\nrelease = bookworm\n[firmware]\nmode = direct\n" \
          "[cpu]\naccel = tcg\ncount = 1\nmemory = 256M\n" % NAME
    small.write(ini.encode(), ".config", "debwiz", "machines", NAME + ".ini")
    said = small.debwiz("command", "--json", NAME).ok().events()[-1]["argv"]
    texts = [a["text"] for a in said]
    argv = [t for i, t in enumerate(texts) if t not in OTHER and (not i or texts[i - 1] not in OTHER)]
    folder = os.path.join(small.home, ".local", "share", "debwiz", "machines", NAME)
    runtime = os.path.join(small.world.runtime, "debwiz", NAME)
    need(any(folder in t for t in argv), "its disk is not in the command line: %r", argv)
    need(any(runtime in t for t in argv), "its sockets are not in the command line: %r", argv)
    os.makedirs(runtime, 0o700, exist_ok=True)
    small.write(SECTOR.ljust(CLUSTER, b"\0"), "raw")
    os.makedirs(small.path(os.path.relpath(folder, small.home)), 0o700)
    small.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", small.home + "/raw", folder + "/disk.qcow2").ok()
    small.run("qemu-img", "resize", "-f", "qcow2", folder + "/disk.qcow2", "64M").ok()
    os.unlink(small.path("raw"))
    request = {"format": 1, "name": NAME, "dir": folder, "runtime_dir": runtime, "what": "running", "accel": "tcg",
               "argv": argv}
    small.write(json.dumps(request).encode(), "start.json")
    return folder


def status(small):
    return small.debwiz("status", "--json", NAME).ok().events()[0]


def log(small, folder):
    try:
        with open(small.path(os.path.relpath(folder, small.home), "console.log"), encoding="latin-1") as file:
            return file.read()
    except OSError:
        return ""


def paused_and_resumed(small):
    folder = made(small)
    small.fill(ROOM)
    supervisor = subprocess.Popen(
        ["nsenter", "-t", str(small.holder.pid), "-U", "-m", "--preserve-credentials", "env",
         "HOME=" + small.home, DEBWIZ, "supervise", small.home + "/start.json"],
        env=small.world.env, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        until(lambda: supervisor.poll() is None and status(small)["state"] == "running", 600,
              lambda: "it does not come up: %r\n%s" % (status(small), log(small, folder)))
        small.fill()                # nothing is left for the record of it either
        with open(os.path.join(small.world.runtime, "debwiz", NAME, "serial.in"), "wb") as keys:
            keys.write(b"x")
        got = until(lambda: status(small)["state"] == "paused" and status(small), 30,
                    lambda: "it is not paused: %r\n%s" % (status(small), log(small, folder)))
        same((got["cause_id"], got["alive"]), ("disk-full", True), "cause, alive")
        need("disk is full" in got["detail"], "cause: %s", got["detail"])
        before = log(small, folder)
        need("E" not in before and "done" not in before, "the guest was told: %r", before)
        again = small.debwiz("resume", "--json", NAME)
        need(again.status == 1 and "disk-full" in again.out, "resumed with no room: %s", again.out + again.err)
        same(status(small)["cause_id"], "disk-full", "cause after that")
        os.unlink(small.path("ballast"))
        small.debwiz("resume", NAME).ok()
        until(lambda: not status(small)["alive"], 600, lambda: "it does not end:\n" + log(small, folder))
        got = status(small)
        same((got["state"], got["cause_id"]), ("off", ""), "state, cause at its end")
        text = log(small, folder)
        need("E" not in text and text.count(".") == WRITES and "done" in text, "the guest says: %r", text)
        small.run("qemu-img", "check", "-f", "qcow2", folder + "/disk.qcow2").ok()
        reads = [x for i in range(1, WRITES + 1) for x in ("-c", "read -P 0x5a %d %d" % (i * CLUSTER, CLUSTER // 2))]
        found = small.run("qemu-io", "-r", "-f", "qcow2", *reads, folder + "/disk.qcow2").ok().out
        need("failed" not in found and found.count("bytes at offset") == WRITES, "the disk holds:\n%s", found)
        return "paused after %d of %d writes" % (before.count("."), WRITES)
    finally:
        small.debwiz("kill", NAME)
        supervisor.wait(60)


def disk(world):
    """The machine is paused, which is reported, and resumes when there is space: the guest's data is complete."""
    small = Small(world)
    if not small.up:
        return "not looked at: an ordinary user may not mount here: " + small.why()
    try:
        return paused_and_resumed(small)
    except FileNotFoundError as why:
        raise Failed(str(why)) from None
    finally:
        small.close()
