#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Writes hostile .debs to a folder, with an index of the expected result of each.

    hostile.py DIR        DIR/NAME.deb and DIR/index.json: a list of
        {name, file, kind, expect, extract, note}
expect: what a writer of a whole root (into an image) must do; extract: what a reader that takes
named regular files out (firmware, kernel; it requires ./boot/vmlinuz-1 and ./usr/share/fw/CODE.fd,
which all of them carry unless the note says otherwise) must do.  Each is
    refuse            a named error; nothing is written outside, nothing half-written is kept
    accept-confined   done, with every byte inside the target and no effect on the host
Both must hold within 2 s and 256 MiB.  Controls (kind "control") are sound and must be accepted.
Requires no privileges: all are bytes.
"""
import functools
import gzip
import io
import json
import lzma
import os
import struct
import sys
import tarfile
import zlib

from debfile import Entry, ar_bytes, ar_header, compress, deb_bytes, filler, tar_bytes

CONTROL = ("Package: hostile\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x.invalid>\n"
           "Description: hostile\n")
WANTED = [Entry("./boot/vmlinuz-1", b"kernel\n"), Entry("./usr/share/fw/CODE.fd", b"code\n")]
CASES = []
REFUSE, CONFINED = "refuse", "accept-confined"
DIR, LINK, HARD = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
CAP = 512 << 20                 # what bombs unpack to: far over the wanted members' size


def case(name, kind, expect, note, extract=None):
    """Registers a function that makes the bytes of one archive.  extract defaults to expect."""
    def add(maker):
        CASES.append((name, kind, expect, extract or expect, note, maker))
        return maker
    return add


def control_member():
    return "control.tar.xz", compress(tar_bytes([Entry("./control", CONTROL.encode())],
                                                raw=True), "xz")[1]


def with_data(data, suffix=".xz"):
    return ar_bytes([("debian-binary", b"2.0\n"), control_member(), ("data.tar" + suffix, data)])


def paths(name, kind, expect, note, entries, extract=None):
    """A case that is a list of tar entries with raw names after the wanted ones."""
    case(name, kind, expect, note, extract)(
        lambda: with_data(compress(tar_bytes(WANTED + entries, raw=True), "xz")[1]))


def link(path, target, kind=LINK):
    return Entry(path, kind=kind, mode=0o777, target=target)


# ---- names and links -----------------------------------------------------------------------
paths("control-plain", "control", CONFINED, "a sound archive", [])
paths("control-usr-merge", "control", CONFINED, "a link inside, then a file by way of it",
      [Entry("./usr/bin/", kind=DIR, mode=0o755), link("./bin", "usr/bin"),
       Entry("./bin/x", b"x", mode=0o755)])
paths("dotdot", "paths", REFUSE, "../ at the start of a name", [Entry("../escaped", b"x")])
paths("dotdot-inside", "paths", REFUSE, "../ further in", [Entry("./usr/../../escaped", b"x")])
paths("dotdot-end", "paths", REFUSE, "a directory named ./usr/..", [
    Entry("./usr/../", kind=DIR, mode=0o777)])
paths("absolute", "paths", REFUSE, "an absolute name", [Entry("/tmp/escaped", b"x")])
paths("absolute-double", "paths", REFUSE, "two leading slashes", [Entry("//tmp/escaped", b"x")])
paths("symlink-write-through", "paths", REFUSE, "a link to /tmp, then a file behind it",
      [link("./out", "/tmp"), Entry("./out/escaped", b"x")], REFUSE)
paths("symlink-dotdot-through", "paths", REFUSE, "a link to ../../.., then a file behind it",
      [link("./usr/out", "../../../../../../tmp"), Entry("./usr/out/escaped", b"x")])
paths("symlink-chain", "paths", REFUSE, "links that together lead out",
      [link("./a", "b"), link("./b", "c/.."), link("./c", "/"), Entry("./a/tmp/escaped", b"x")])
paths("symlink-loop", "paths", REFUSE, "a file behind a link to itself",
      [link("./loop", "loop"), Entry("./loop/x", b"x")])
paths("symlink-replaced", "paths", REFUSE, "a file with the name of a link to /tmp/escaped",
      [link("./boot/evil", "/tmp/escaped"), Entry("./boot/evil", b"x")])
paths("symlink-wanted", "paths", CONFINED, "a dangling link that points out; nothing goes through it",
      [link("./boot/initrd", "../../../../etc/shadow")])
case("wanted-is-symlink", "paths", CONFINED, "the wanted name itself is a link to /etc/passwd",
     REFUSE)(lambda: with_data(compress(tar_bytes([
         link("./boot/vmlinuz-1", "/etc/passwd"), link("./usr/share/fw/CODE.fd", "/etc/passwd")],
         raw=True), "xz")[1]))
case("wanted-is-directory", "paths", CONFINED, "the wanted name itself is a directory",
     REFUSE)(lambda: with_data(compress(tar_bytes([
         Entry("./boot/vmlinuz-1/", kind=DIR, mode=0o755),
         Entry("./usr/share/fw/CODE.fd/", kind=DIR, mode=0o755)], raw=True), "xz")[1]))
paths("hardlink-out", "paths", REFUSE, "a hard link to /etc/passwd",
      [link("./boot/evil", "/etc/passwd", HARD)])
paths("hardlink-dotdot", "paths", REFUSE, "a hard link to ../../../etc/passwd",
      [link("./boot/evil", "../../../../etc/passwd", HARD)])
paths("hardlink-missing", "paths", REFUSE, "a hard link to a name that never came",
      [link("./boot/evil", "./boot/nowhere", HARD)])
paths("hardlink-self", "paths", REFUSE, "a hard link to itself",
      [link("./boot/evil", "./boot/evil", HARD)])
paths("path-8k", "paths", REFUSE, "a name of 8 KiB (limit: 4096)",
      [Entry("./" + "d/" * 4096 + "x", b"x")])
paths("component-300", "paths", REFUSE, "one part of a name of 300 bytes (limit: 255)",
      [Entry("./" + "n" * 300, b"x")])
paths("link-target-8k", "paths", REFUSE, "a link target of 8 KiB", [link("./l", "t" * 8192)])
paths("empty-name", "paths", REFUSE, "an empty name", [Entry("", b"x")])
paths("newline-name", "paths", REFUSE, "a newline in a name: dpkg's file lists have one name a line",
      [Entry("./a\nb", b"x")], CONFINED)
paths("escape-name", "paths", CONFINED, "terminal escapes in a name: harmless if never printed raw",
      [Entry("./a\x1b]0;evil\x07\x1b[2J", b"x")])
paths("drive-letter", "paths", CONFINED, r"C:\evil: a plain name here, refused on a Windows host",
      [Entry("./C:\\evil", b"x")])
paths("device-name", "paths", CONFINED, "CON, NUL.txt: plain names here, refused on a Windows host",
      [Entry("./CON", b"x"), Entry("./NUL.txt", b"x")])
paths("backslash", "paths", CONFINED, r"..\..\evil: one plain name here (systemd has such names)",
      [Entry("./..\\..\\evil", b"x")])
paths("case-twins", "paths", CONFINED, "two names that differ in case alone: both must exist",
      [Entry("./etc/Twin", b"1"), Entry("./etc/twin", b"2")])
paths("same-file-twice", "paths", REFUSE, "one name twice, with other bytes",
      [Entry("./boot/twice", b"1"), Entry("./boot/twice", b"2")], CONFINED)
paths("wanted-twice", "paths", REFUSE, "the wanted name twice, with other bytes",
      [Entry("./boot/vmlinuz-1", b"evil\n"), Entry("./usr/share/fw/CODE.fd", b"evil\n")])
paths("file-then-directory", "paths", REFUSE, "a file, then something below it",
      [Entry("./boot/f", b"x"), Entry("./boot/f/g", b"x")])
paths("directory-then-file", "paths", REFUSE, "a full directory, then a file of its name",
      [Entry("./etc/d/x", b"x"), Entry("./etc/d", b"x")])

# ---- kinds and modes -----------------------------------------------------------------------
paths("device-block", "members", CONFINED, "a block device node", [
    Entry("./dev/sda", kind=tarfile.BLKTYPE, major=8, minor=0, mode=0o666)], REFUSE)
paths("device-char", "members", CONFINED, "a character device node", [
    Entry("./dev/mem", kind=tarfile.CHRTYPE, major=1, minor=1, mode=0o666)], REFUSE)
paths("fifo", "members", CONFINED, "a fifo (opening it would hang)", [
    Entry("./run/fifo", kind=tarfile.FIFOTYPE, mode=0o666)], REFUSE)
paths("setuid", "members", CONFINED, "setuid root, setgid, sticky", [
    Entry("./bin/suid", b"x", mode=0o4755), Entry("./bin/sgid", b"x", mode=0o2755),
    Entry("./tmp/", kind=DIR, mode=0o1777)], CONFINED)
paths("mode-000", "members", CONFINED, "a directory without any permission, and a file below", [
    Entry("./closed/", kind=DIR, mode=0), Entry("./closed/x", b"x", mode=0)])
paths("huge-ids", "members", CONFINED, "uid and gid of 2^31 + 1 (base-256 numbers)", [
    Entry("./owned", b"x", uid=(1 << 31) + 1, gid=(1 << 31) + 1)])
paths("xattr", "members", CONFINED, "a file capability and an ACL as PAX headers", [
    Entry("./bin/cap", b"x", mode=0o755, pax={
        "SCHILY.xattr.security.capability": "\x01\x00\x00\x02" + "\x20" * 16,
        "SCHILY.acl.access": "user::rwx,group::rwx,other::rwx,user:0:rwx,mask::rwx"})])
paths("pax-path", "paths", REFUSE, "a PAX header that renames a harmless member to ../escaped", [
    Entry("./fine", b"x", pax={"path": "../escaped"})])
paths("unknown-type", "members", REFUSE, "a tar member of type Z", [Entry("./z", kind=b"Z")], CONFINED)


@case("sparse", "members", CONFINED, "a GNU sparse file of 1 TiB with 512 bytes in it", REFUSE)
def sparse():
    def octal(number, width):
        return b"%0*o\0" % (width - 1, number)
    real = 1 << 40
    head = bytearray(512)
    head[0:9] = b"./sparse\0"
    head[100:108], head[108:116], head[116:124] = octal(0o644, 8), octal(0, 8), octal(0, 8)
    head[124:136], head[136:148] = octal(512, 12), octal(1, 12)
    head[156:157], head[257:265] = b"S", b"ustar  \0"
    head[386:398] = b"\x80" + (real - 512).to_bytes(11, "big")
    head[398:410] = octal(512, 12)
    head[483:495] = b"\x80" + real.to_bytes(11, "big")
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    tail = bytes(head) + b"s" * 512
    tar = tar_bytes(WANTED, raw=True).rstrip(b"\0")
    tar += b"\0" * (-len(tar) % 512)
    return with_data(compress(tar + tail + bytes(1024), "xz")[1])


# ---- sizes ---------------------------------------------------------------------------------
def big_tar(size, name="./bomb"):
    """The start of a tar whose last member claims size bytes of zeroes (which follow)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for entry in WANTED if name == "./bomb" else []:
            info = tarfile.TarInfo(entry.path)
            info.size = len(entry.data)
            tar.addfile(info, io.BytesIO(entry.data))
        info = tarfile.TarInfo(name)
        info.size = size
        head = info.tobuf(tarfile.GNU_FORMAT)
        return out.getvalue() + head


@functools.cache
def xz_bomb():
    """One xz stream (dpkg reads no second one)."""
    packer, zeroes = lzma.LZMACompressor(preset=0), bytes(1 << 20)
    parts = [packer.compress(big_tar(CAP))]
    parts += [packer.compress(zeroes) for _ in range(CAP >> 20)]
    return b"".join(parts) + packer.compress(bytes(10240)) + packer.flush()


def gzip_bomb(name="./bomb"):
    """One gzip member; the flushed deflate blocks of 1 MiB of zeroes are used many times."""
    head, zeroes, end = big_tar(CAP, name), bytes(1 << 20), bytes(10240)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = deflate.compress(head) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(zeroes) + deflate.flush(zlib.Z_FULL_FLUSH)
    crc = zlib.crc32(head)
    for _ in range(CAP >> 20):
        crc = zlib.crc32(zeroes, crc)
    crc = zlib.crc32(end, crc)
    size = (len(head) + CAP + len(end)) & 0xFFFFFFFF
    return (b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + start + block * (CAP >> 20) +
            deflate.compress(end) + deflate.flush() + struct.pack("<II", crc, size))


BOMB = ("512 MiB of zeroes in little: refuse at a cap of 256 MiB; "
        "who stops at the wanted names may not see it")


@case("bomb-wanted", "sizes", REFUSE, "the wanted ./boot/vmlinuz-1 itself unpacks to 512 MiB, gzip")
def bomb_wanted():
    return with_data(gzip_bomb("./boot/vmlinuz-1"), ".gz")


@case("bomb-xz", "sizes", REFUSE, BOMB + ", xz", CONFINED)
def bomb_xz():
    return with_data(xz_bomb())


@case("bomb-gzip", "sizes", REFUSE, BOMB + ", gzip", CONFINED)
def bomb_gzip():
    return with_data(gzip_bomb(), ".gz")


@case("bomb-zstd", "sizes", REFUSE, BOMB + ", zstd: one RLE block repeated", CONFINED)
def bomb_zstd():
    return with_data(zstd_frame(big_tar(CAP), CAP + 10240), ".zst")


def zstd_frame(head, zeroes):
    """A zstd frame by hand (RFC 8878): head as a raw block, then RLE blocks of zeroes."""
    out = [b"\x28\xb5\x2f\xfd", b"\x00", b"\x58"]          # no content size, 2 MiB window
    out.append(struct.pack("<I", len(head) << 3)[:3] + head)
    left = zeroes
    while left:
        size = min(left, 128 << 10)
        left -= size
        out.append(struct.pack("<I", size << 3 | 1 << 1 | (left == 0))[:3] + b"\0")
    return b"".join(out)


@case("bomb-control", "sizes", REFUSE, "512 MiB in the control member", CONFINED)
def bomb_control():
    return ar_bytes([("debian-binary", b"2.0\n"), ("control.tar.xz", xz_bomb()),
                     ("data.tar.xz", compress(tar_bytes(WANTED, raw=True), "xz")[1])])


@case("xz-dictionary-4g", "sizes", REFUSE, "xz whose block asks for a 4 GiB dictionary")
def xz_dictionary():
    return with_data(xz_with_dictionary(compress(tar_bytes(WANTED, raw=True), "xz")[1], 40))


def xz_with_dictionary(data, code):
    """Rewrite the LZMA2 dictionary size of the first block header, with its CRC."""
    size = (data[12] + 1) * 4
    head = bytearray(data[12:12 + size - 4])
    at = head.index(b"\x21\x01") + 2
    head[at] = code
    return data[:12] + bytes(head) + struct.pack("<I", zlib.crc32(head)) + data[12 + size:]


@case("zstd-window-2g", "sizes", REFUSE, "zstd frame that asks for a window of 2 GiB")
def zstd_window():
    tar = tar_bytes(WANTED, raw=True)
    frame = zstd_frame(tar, 1024)
    return with_data(frame[:5] + bytes([21 << 3]) + frame[6:], ".zst")


@case("gzip-nested", "sizes", REFUSE, "gzip in gzip, 1000 deep: one level is taken off, no tar in it")
def nested():
    data = tar_bytes(WANTED, raw=True)
    for _ in range(1000):
        data = gzip.compress(data, 1, mtime=0)
    return with_data(data, ".gz")


@case("tar-in-xz-in-gz", "sizes", REFUSE, "data.tar.gz that holds an xz stream: a second filter")
def double_filter():
    return with_data(gzip.compress(compress(tar_bytes(WANTED, raw=True), "xz")[1], mtime=0), ".gz")


@case("deep-directories", "sizes", CONFINED, "1000 directories in one another (2 KB name)")
def deep():
    entries = [Entry("./" + "d/" * n, kind=DIR, mode=0o755) for n in range(1, 1001)]
    return with_data(compress(tar_bytes(WANTED + entries, raw=True), "xz")[1])


@case("size-lie", "sizes", REFUSE, "a tar member that claims 8 EiB")
def size_lie():
    return with_data(compress(big_tar((1 << 63) - 1), "xz")[1])


@case("size-negative", "sizes", REFUSE, "a tar member whose size is negative (base-256)")
def size_negative():
    head = bytearray(big_tar(0))
    at = len(head) - 512
    head[at + 124:at + 136] = b"\xff" * 12
    head[at + 148:at + 156] = b" " * 8
    head[at + 148:at + 156] = b"%06o\0 " % sum(head[at:])
    return with_data(compress(bytes(head) + bytes(1024), "xz")[1])


# ---- the ar file itself --------------------------------------------------------------------
def good():
    return deb_bytes(CONTROL, [Entry("/boot/vmlinuz-1", b"kernel\n"),
                               Entry("/usr/share/fw/CODE.fd", b"code\n")])


def member_at(data, number):
    at = 8
    for _ in range(number):
        size = int(data[at + 48:at + 58])
        at += 60 + size + size % 2
    return at


def last_member(data):
    """The bytes of the third member, data.tar."""
    at = member_at(data, 2)
    return data[at + 60:at + 60 + int(data[at + 48:at + 58])]


def patched(number, offset, new):
    data = bytearray(good())
    at = member_at(data, number) + offset
    data[at:at + len(new)] = new
    return bytes(data)


def data_member():
    return compress(tar_bytes(WANTED, raw=True), "xz")[1]


for _name, _note, _maker in [
        ("ar-magic", "another magic", lambda: b"!<arcx>\n" + good()[8:]),
        ("ar-empty", "no bytes at all", lambda: b""),
        ("ar-magic-only", "the magic and nothing else", lambda: b"!<arch>\n"),
        ("ar-thin", "a thin archive", lambda: b"!<thin>\n" + good()[8:]),
        ("ar-header-end", "a member header without its end mark",
         lambda: patched(1, 58, b"xx")),
        ("ar-size-letters", "a size that is no number", lambda: patched(2, 48, b"12ab      ")),
        ("ar-size-negative", "a size of -1", lambda: patched(2, 48, b"-1        ")),
        ("ar-size-over", "a size beyond the end of the file",
         lambda: patched(2, 48, b"9999999999")),
        ("ar-name-unterminated", "a BSD long name longer than its member",
         lambda: patched(2, 0, b"#1/99999999     ")),
        ("ar-name-table", "a name by reference to a table that is not there",
         lambda: patched(2, 0, b"/123            ")),
        ("no-debian-binary", "debian-binary is missing",
         lambda: ar_bytes([control_member(), ("data.tar.xz", data_member())])),
        ("debian-binary-last", "debian-binary is not first", lambda: ar_bytes([
            control_member(), ("data.tar.xz", data_member()), ("debian-binary", b"2.0\n")])),
        ("debian-binary-3", "format 3.0", lambda: ar_bytes([
            ("debian-binary", b"3.0\n"), control_member(), ("data.tar.xz", data_member())])),
        ("no-control", "no control member",
         lambda: ar_bytes([("debian-binary", b"2.0\n"), ("data.tar.xz", data_member())])),
        ("no-data", "no data member",
         lambda: ar_bytes([("debian-binary", b"2.0\n"), control_member()])),
        ("two-data", "two data members", lambda: ar_bytes([
            ("debian-binary", b"2.0\n"), control_member(), ("data.tar.xz", data_member()),
            ("data.tar.gz", compress(tar_bytes([], raw=True), "gz")[1])])),
        ("data-unknown", "a compression that nobody knows",
         lambda: with_data(data_member(), ".lz9")),
        ("data-wrong-suffix", "data.tar.zst that is no zstd",
         lambda: with_data(b"not zstd at all" * 9, ".zst")),
        ("cut-header", "cut in the third member's header",
         lambda: good()[:member_at(good(), 2) + 30]),
        ("cut-data", "cut in the middle of the data member",
         lambda: good()[:member_at(good(), 2) + 60 + 50]),
        ("cut-tar", "a data tar cut in the middle of a member, well compressed",
         lambda: with_data(compress(tar_bytes(WANTED + [Entry("./big", filler("x", 5000))],
                                              raw=True)[:3000], "xz")[1])),
        ("xz-flipped", "one bit of the compressed data changed: the xz check fails",
         lambda: patched(2, 60 + 40, b"\xa5")),
        ("tar-checksum", "a tar header whose checksum is wrong", lambda: with_data(compress(
            tar_bytes(WANTED, raw=True).replace(b"./boot/vmlinuz-1", b"./boot/vmlinuz-2"),
            "xz")[1]))]:
    case(_name, "broken", REFUSE, _note)(_maker)
case("no-wanted", "broken", CONFINED, "sound, but without the wanted members", REFUSE)(
    lambda: deb_bytes(CONTROL, [Entry("/usr/share/doc/x", b"x")]))
case("ar-extra-member", "broken", CONFINED, "sound, with a member _extra that dpkg ignores")(
    lambda: good() + ar_header("_extra", 2) + b"x\n")


def write_all(folder):
    """Write every case and the index; returns the index."""
    os.makedirs(folder, exist_ok=True)
    index = []
    for name, kind, expect, extract, note, maker in CASES:
        with open(os.path.join(folder, name + ".deb"), "wb") as out:
            out.write(maker())
        index.append({"name": name, "file": name + ".deb", "kind": kind, "expect": expect,
                      "extract": extract, "note": note})
    with open(os.path.join(folder, "index.json"), "w", encoding="utf-8") as out:
        json.dump(index, out, indent=1)
    return index


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: hostile.py DIR")
    print(len(write_all(sys.argv[1])), "archives")
