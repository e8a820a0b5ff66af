# SPDX-License-Identifier: MIT
"""
Two ways to read a Debian root as a dictionary {path: Entry}: out of a disk image made by debwiz (by
debugfs, without mounting and as any user), and out of a tar file.

Contents are read where they say what was configured: /etc, /var/lib and /boot's text files.
"""
import collections
import hashlib
import os
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile

# kind: f d l c b p; size of files; target of links; number of names; digest where content is read
Entry = collections.namedtuple("Entry", "kind mode uid gid size target links digest")
READ = ("/etc/", "/var/lib/", "/boot/grub/")
# Where Debian has it; not in an ordinary user's PATH.
DEBUGFS = shutil.which("debugfs", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") or "debugfs"
KINDS = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFCHR: "c",
         stat.S_IFBLK: "b", stat.S_IFIFO: "p", stat.S_IFSOCK: "s"}


def wants(path):
    return path.startswith(READ)


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Image:
    """The root partition (the second) of a raw disk image."""

    def __init__(self, path):
        self.device = "%s?offset=%d" % (path, self.offset(path))

    @staticmethod
    def offset(path):
        """Start of GPT entry 2 (UEFI 2.10, 5.3): header in block 1, its entries from the block it names."""
        with open(path, "rb") as file:
            file.seek(512)
            header = file.read(92)
            if header[:8] != b"EFI PART":
                raise ValueError("%s has no GPT" % path)
            table, size = int.from_bytes(header[72:80], "little"), int.from_bytes(header[84:88], "little")
            file.seek(table * 512 + size)
            return int.from_bytes(file.read(size)[32:40], "little") * 512

    def debugfs(self, commands):
        with tempfile.NamedTemporaryFile("w", suffix=".debugfs") as script:
            script.write("".join(c + "\n" for c in commands))
            script.flush()
            return subprocess.run([DEBUGFS, "-f", script.name, self.device], check=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def listing(self):
        """{path: (inode, mode, uid, gid, size)}, one call a level of the tree."""
        found, level = {}, [("/", 2)]
        while level:
            out = self.debugfs(["ls -p <%d>" % inode for _, inode in level]).decode()
            tops, top = iter(level), None
            below = []
            for line in out.splitlines():
                if line.startswith("debugfs: "):
                    top = next(tops)[0]
                elif line.startswith("/"):
                    inode, mode, uid, gid, name, size = line[1:].split("/")[:6]
                    if name in (".", "..") or inode == "0":
                        continue
                    path = top.rstrip("/") + "/" + name
                    mode = int(mode, 8)
                    found[path] = (int(inode), mode, int(uid), int(gid), int(size or 0))
                    if stat.S_ISDIR(mode):
                        below.append((path, int(inode)))
            level = below
        return found

    def targets(self, inodes):
        """{inode: target} of symbolic links."""
        out = self.debugfs(["stat <%d>" % i for i in inodes]).decode()
        found, inode = {}, None
        for line in out.splitlines():
            if line.startswith("Inode: "):
                inode = int(line.split()[1])
            elif line.startswith("Fast link dest: "):
                found[inode] = line[len("Fast link dest: \""):-1]
        slow = [i for i in inodes if i not in found]
        found.update((i, self.contents([i])[i].decode()) for i in slow)
        return found

    def contents(self, inodes):
        with tempfile.TemporaryDirectory() as folder:
            self.debugfs(["dump <%d> %s/%d" % (i, folder, i) for i in inodes])
            found = {}
            for i in inodes:
                with open(os.path.join(folder, str(i)), "rb") as file:
                    found[i] = file.read()
            return found

    def capabilities(self, paths):
        """{path: value of security.capability} of those that have one."""
        found = {}
        for path in paths:
            out = self.debugfs(["ea_get -x %s security.capability" % path]).decode(errors="replace")
            value = re.search(r"security\.capability \(\d+\) = ((?:[0-9a-f]{2} ?)+)", out)
            if value:
                found[path] = bytes.fromhex(value.group(1))
        return found

    def entries(self):
        listing = self.listing()
        names = collections.Counter(v[0] for v in listing.values())
        target = self.targets([v[0] for v in listing.values() if stat.S_ISLNK(v[1])])
        read = {v[0] for p, v in listing.items() if stat.S_ISREG(v[1]) and wants(p)}
        data = self.contents(sorted(read))
        found = {}
        for path, (inode, mode, uid, gid, size) in listing.items():
            kind = KINDS[stat.S_IFMT(mode)]
            found[path] = Entry(kind, stat.S_IMODE(mode), uid, gid, size if kind == "f" else 0,
                                target.get(inode), names[inode] if kind == "f" else 1,
                                digest(data[inode]) if wants(path) and kind == "f" else None)
        return found, {p: data[v[0]] for p, v in listing.items() if v[0] in data and wants(p)}


def tar_capabilities(path):
    key = "SCHILY.xattr.security.capability"
    with tarfile.open(path) as archive:
        return {"/" + m.name.removeprefix("./"): m.pax_headers[key].encode("utf-8", "surrogateescape")
                for m in archive if key in m.pax_headers}


def tar_entries(path):
    """The same of a tar file, as mmdebstrap writes it."""
    found, data, first = {}, {}, {}
    names = collections.Counter()
    kinds = {tarfile.REGTYPE: "f", tarfile.DIRTYPE: "d", tarfile.SYMTYPE: "l", tarfile.CHRTYPE: "c",
             tarfile.BLKTYPE: "b", tarfile.FIFOTYPE: "p"}
    with tarfile.open(path) as archive:
        for member in archive:
            name = "/" + member.name.removeprefix("./").strip("/")
            if name in ("/", "/."):
                continue
            if member.islnk():
                first[name] = "/" + member.linkname.removeprefix("./").strip("/")
                names[first[name]] += 1
                continue
            kind = kinds[member.type]
            names[name] += 1
            if kind == "f" and wants(name):
                data[name] = archive.extractfile(member).read()
            found[name] = Entry(kind, member.mode & 0o7777, member.uid, member.gid,
                                member.size if kind == "f" else 0,
                                member.linkname if kind == "l" else None, 1,
                                digest(data[name]) if name in data else None)
    for name, whole in first.items():
        found[name] = found[whole]
        if whole in data:
            data[name] = data[whole]
    for name in list(found):
        if found[name].kind == "f":
            found[name] = found[name]._replace(links=names[first.get(name, name)])
    return found, data
