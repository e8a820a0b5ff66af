# SPDX-License-Identifier: MIT
"""
Writes .deb files without any Debian tool: ar, tar, compression, and what goes into them.

Inputs: lists of Entry (one path each) and control texts.  Outputs: bytes, the same bytes for the
same input.  Must not read the clock, the environment or anything of the host but the zstd tool.

A file list is written in a small line language, one path a line:
    /usr/bin/busybox 0755           a file with a mode (0644 when none is given)
    /etc/issue conf                 a conffile
    /var/mail/ 2775 0:8             a directory, with mode and uid:gid
    /usr/bin/sh -> dash             a symbolic link
    /usr/bin/perl5.36 == /usr/bin/perl    a hard link to a path named before
    /usr/share/x size=4096          a file of that many bytes
A space in a path is written %20.
"""
import dataclasses
import gzip
import hashlib
import io
import lzma
import os
import shutil
import struct
import subprocess
import tarfile

EPOCH = 1700000000


@dataclasses.dataclass
class Entry:
    """One member of a data tar; kind is a tarfile type byte."""
    path: str
    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    kind: bytes = tarfile.REGTYPE
    target: str = ""
    conf: bool = False
    major: int = 0
    minor: int = 0
    pax: dict = dataclasses.field(default_factory=dict)


def filler(seed, size):
    """size bytes that compress somewhat, and depend on seed alone."""
    block = hashlib.sha512(seed.encode("utf-8", "surrogateescape")).hexdigest().encode() + b"\n"
    return (block * (size // len(block) + 1))[:size]


def parse_files(lines, seed="", contents=None):
    """Turn the line language above into entries; contents maps a path to its bytes."""
    contents = contents or {}
    entries = []
    for line in lines:
        if " -> " in line:
            path, target = line.split(" -> ")
            entries.append(Entry(path, mode=0o777, kind=tarfile.SYMTYPE, target=target))
            continue
        if " == " in line:
            path, target = line.split(" == ")
            entries.append(Entry(path, kind=tarfile.LNKTYPE, target="." + target))
            continue
        path, *words = line.split(" ")
        path = path.replace("%20", " ")
        entry = Entry(path)
        size = 0
        if path.endswith("/"):
            entry.kind, entry.mode = tarfile.DIRTYPE, 0o755
        for word in words:
            if word == "conf":
                entry.conf = True
            elif word.startswith("size="):
                size = int(word[5:])
            elif ":" in word:
                entry.uid, entry.gid = (int(n) for n in word.split(":"))
            else:
                entry.mode = int(word, 8)
        if entry.kind == tarfile.REGTYPE:
            text = f"{path} of {seed}\n"
            entry.data = filler(text, size) if size else text.encode("utf-8", "surrogateescape")
            entry.data = contents.get(path, entry.data)
        entries.append(entry)
    return entries


def with_parents(entries):
    """Add the directories that no entry names, each before what lies in it, as dpkg-deb does."""
    named = {e.path.rstrip("/"): e for e in entries if e.kind == tarfile.DIRTYPE}
    out, seen = [Entry("/", mode=0o755, kind=tarfile.DIRTYPE)], {""}
    for entry in entries:
        parts = entry.path.rstrip("/").split("/")[1:-1]
        for depth in range(1, len(parts) + 1):
            folder = "/" + "/".join(parts[:depth])
            if folder not in seen:
                seen.add(folder)
                out.append(named.get(folder) or
                           Entry(folder + "/", mode=0o755, kind=tarfile.DIRTYPE))
        if entry.path.rstrip("/") not in seen:
            seen.add(entry.path.rstrip("/"))
            out.append(entry)
    return out


def tar_info(entry, when=EPOCH, raw_name=None):
    """The header of one entry; raw_name replaces the ./path form (hostile archives)."""
    info = tarfile.TarInfo(raw_name if raw_name is not None else "." + entry.path.rstrip("/"))
    info.mode, info.uid, info.gid, info.mtime = entry.mode, entry.uid, entry.gid, when
    info.type, info.linkname = entry.kind, entry.target
    info.uname = "root" if entry.uid == 0 else ""
    info.gname = "root" if entry.gid == 0 else ""
    info.devmajor, info.devminor = entry.major, entry.minor
    if entry.kind == tarfile.REGTYPE:
        info.size = len(entry.data)
    if entry.pax:
        info.pax_headers = dict(entry.pax)
    return info


def tar_bytes(entries, when=EPOCH, raw=False):
    """A GNU tar (PAX where an entry has pax headers) of entries, in their order."""
    out = io.BytesIO()
    style = tarfile.PAX_FORMAT if any(e.pax for e in entries) else tarfile.GNU_FORMAT
    with tarfile.open(fileobj=out, mode="w", format=style, encoding="utf-8",
                      errors="surrogateescape") as tar:
        for entry in entries:
            info = tar_info(entry, when, entry.path if raw else None)
            tar.addfile(info, io.BytesIO(entry.data) if info.size else None)
    return out.getvalue()


def have_zstd():
    return shutil.which("zstd") is not None


def compress(data, kind):
    """kind is gz, xz, zst or none.  Returns (member suffix, bytes); xz where zstd is not here."""
    if kind == "zst" and have_zstd():
        done = subprocess.run(["zstd", "-q", "-3", "-c", "--no-progress"], input=data,
                              stdout=subprocess.PIPE, check=True)
        return ".zst", done.stdout
    if kind == "gz":
        return ".gz", gzip.compress(data, 6, mtime=0)
    if kind == "none":
        return "", data
    return ".xz", lzma.compress(data, check=lzma.CHECK_CRC64, preset=0)


def ar_header(name, size, when=EPOCH):
    return b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name.encode(), when, 0, 0, b"100644", size)


def ar_bytes(members, when=EPOCH):
    """An ar file of (name, bytes) pairs, padded to even offsets."""
    out = [b"!<arch>\n"]
    for name, data in members:
        out.append(ar_header(name, len(data), when) + data + b"\n" * (len(data) % 2))
    return b"".join(out)


def control_tar(control, entries, scripts, triggers, when):
    members = [Entry("/", mode=0o755, kind=tarfile.DIRTYPE)]
    conffiles = "".join(e.path + "\n" for e in entries if e.conf)
    if conffiles:
        members.append(Entry("/conffiles", conffiles.encode()))
    members.append(Entry("/control", control.encode()))
    sums = b"".join(b"%s  %s\n" % (hashlib.md5(e.data).hexdigest().encode(),
                                   os.fsencode(e.path.lstrip("/")))
                    for e in entries if e.kind == tarfile.REGTYPE and not e.conf)
    if sums:
        members.append(Entry("/md5sums", sums))
    for name in sorted(scripts):
        members.append(Entry("/" + name, scripts[name].encode(), mode=0o755))
    if triggers:
        members.append(Entry("/triggers", triggers.encode()))
    return tar_bytes(members, when)


def deb_bytes(control, entries, scripts=None, triggers="", control_kind="xz", data_kind="xz",
              when=EPOCH):
    """A whole .deb.  control is the text of the control file."""
    csuffix, cdata = compress(control_tar(control, entries, scripts or {}, triggers, when),
                              control_kind)
    dsuffix, ddata = compress(tar_bytes(with_parents(entries), when), data_kind)
    return ar_bytes([("debian-binary", b"2.0\n"), ("control.tar" + csuffix, cdata),
                     ("data.tar" + dsuffix, ddata)], when)


def kernel_module(name, depends, vermagic, machine, bits):
    """A minimal relocatable ELF with a .modinfo section, which is all that modinfo and we read."""
    fields = ["license=GPL", "depends=" + ",".join(depends), "retpoline=Y", "intree=Y",
              "name=" + name, f"vermagic={vermagic} SMP mod_unload "]
    info = b"".join(f.encode() + b"\0" for f in fields)
    names = b"\0.modinfo\0.shstrtab\0"
    head_len, sect_len = (64, 64) if bits == 64 else (52, 40)
    info_at = head_len
    names_at = info_at + len(info)
    table_at = (names_at + len(names) + 7) & ~7

    def section(name_at, kind, flags, offset, size, align):
        if bits == 64:
            return struct.pack("<IIQQQQIIQQ", name_at, kind, flags, 0, offset, size, 0, 0,
                               align, 0)
        return struct.pack("<10I", name_at, kind, flags, 0, offset, size, 0, 0, align, 0)

    ident = b"\x7fELF" + bytes([2 if bits == 64 else 1, 1, 1]) + bytes(9)
    form = "<HHIQQQIHHHHHH" if bits == 64 else "<HHIIIIIHHHHHH"
    flags = 0x5000000 if machine == 40 else 0
    head = ident + struct.pack(form, 1, machine, 1, 0, 0, table_at, flags, head_len, 0, 0,
                               sect_len, 3, 2)
    body = (head + info + names).ljust(table_at, b"\0")
    return (body + section(0, 0, 0, 0, 0, 0) + section(1, 1, 2, info_at, len(info), 1) +
            section(10, 3, 0, names_at, len(names), 1))
