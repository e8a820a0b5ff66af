# SPDX-License-Identifier: MIT
"""
States of a suite that a verifier must refuse or accept, as one table.

Inputs: an Archive and the name of a suite.  Outputs: the suite's files under ROOT/www changed in
place; "good" restores the published state.  expect is what a program that pins keys/pinned.gpg
must do: refuse, accept, warn (accept with a warning) or keep (continue with the newer one it has).
"""
import base64
import dataclasses
import os
import shutil
import typing

from archive import DAY, HOUR, edit, http_date, write

OTHER_SUITE = {"bookworm": "trixie", "trixie": "bookworm"}
BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----"
SIG = b"-----BEGIN PGP SIGNATURE-----"


@dataclasses.dataclass
class Variant:
    kind: str
    expect: str
    note: str
    make: typing.Callable


VARIANTS = {}


def variant(name, kind, expect, note):
    def add(function):
        VARIANTS[name] = Variant(kind, expect, note, function)
        return function
    return add


def signed(name, kind, expect, note, **how):
    """A variant that differs only in how the good text is signed; times are offsets from now."""
    def make(a, suite):
        args = dict(how)
        if "when" in args:
            args["when"] = a.now + args["when"]
        a.resign(suite, **args)
    VARIANTS[name] = Variant(kind, expect, note, make)


def edited(name, kind, expect, note, changes):
    """A variant whose text is changed and properly signed again."""
    def make(a, suite):
        text = a.good_text(suite)
        for field, value in changes(a):
            text = edit(text, field, value)
        a.resign(suite, text)
    VARIANTS[name] = Variant(kind, expect, note, make)


def armor(packet, kind=b"MESSAGE"):
    """OpenPGP ASCII armor with its CRC24 (RFC 4880, section 6)."""
    crc = 0xB704CE
    for byte in packet:
        crc ^= byte << 16
        for _ in range(8):
            crc = (crc << 1) ^ (0x1864CFB if crc & 0x800000 else 0)
    body = base64.encodebytes(packet)
    check = base64.b64encode((crc & 0xFFFFFF).to_bytes(3, "big"))
    return (b"-----BEGIN PGP " + kind + b"-----\n\n" + body + b"=" + check + b"\n-----END PGP " +
            kind + b"-----\n")


def literal(text):
    """A literal data packet, new format, five-byte length: no signature anywhere."""
    body = b"b\0" + bytes(4) + text
    return bytes([0xC0 | 11, 0xFF]) + len(body).to_bytes(4, "big") + body


# ---- who signed, and how -------------------------------------------------------------
signed("good", "control", "accept", "as published; undoes any other variant")
signed("good+other", "keys", "accept", "two signatures, the second by an unknown key",
       keys=("good", "other"))
signed("other+good", "keys", "accept", "two signatures, the first by an unknown key",
       keys=("other", "good"))
signed("good+expired", "validity", "accept", "a good signature beside one by an expired key",
       keys=("good", "late"))
signed("sha512", "validity", "accept", "digest SHA-512", digest="SHA512")
signed("unknown-key", "keys", "refuse", "signed by a key that nobody pinned", keys=("other",))
signed("expired-key", "validity", "refuse",
       "made while its key was valid, which ended since (gpgv refuses, sqv accepts)",
       keys=("expired",), when=-300 * DAY)
signed("expired-key-late", "validity", "refuse", "made after the end of its key", keys=("late",))
signed("revoked-key", "validity", "refuse", "the pinned keyring holds the key's revocation",
       keys=("revoked",))
signed("expired-signature", "validity", "refuse", "held one day, made three days ago", when=-3 * DAY,
       expire="1d")
signed("sha1", "validity", "refuse", "digest SHA-1 by a pinned key", keys=("weak",), digest="SHA1")
signed("md5", "validity", "refuse", "digest MD5 by a pinned key", keys=("weak",), digest="MD5")
signed("future-signature", "dates", "refuse", "signature made two days from now", when=2 * DAY)


@variant("unsigned", "unsigned", "refuse", "Release without any signature, no InRelease")
def unsigned(a, suite):
    a.resign(suite)
    for name in ("InRelease", "Release.gpg"):
        os.unlink(a.dists(suite, name))


@variant("detached-only", "unsigned", "refuse", "Release and a good Release.gpg, no InRelease")
def detached_only(a, suite):
    a.resign(suite)
    os.unlink(a.dists(suite, "InRelease"))


@variant("plain-text", "unsigned", "refuse", "InRelease is the bare Release text")
def plain_text(a, suite):
    a.put_inrelease(suite, a.good_text(suite).encode())


@variant("unsigned-literal", "form", "refuse", "an armored literal packet: no signature at all")
def unsigned_literal(a, suite):
    a.put_inrelease(suite, armor(literal(a.good_text(suite).encode())))


@variant("unsigned-compressed", "form", "refuse", "gpg --store: a compressed literal, no signature")
def unsigned_compressed(a, suite):
    a.put_inrelease(suite, a.keys.sign(a.good_text(suite).encode(), mode="literal"))


@variant("signed-message", "form", "refuse", "well signed, but not a clear-signed text")
def signed_message(a, suite):
    a.put_inrelease(suite, a.keys.sign(a.good_text(suite).encode(), mode="binary"))


@variant("malformed-signature", "form", "refuse", "one byte in the middle of the signature changed")
def malformed_signature(a, suite):
    a.resign(suite)
    data = a.inrelease(suite)
    start = data.index(b"\n\n", data.index(SIG)) + 2
    end = data.index(b"\n=", start) if b"\n=" in data[start:] else data.rindex(b"\n-----END")
    packet = bytearray(base64.b64decode(data[start:end]))
    packet[len(packet) // 2] ^= 0x40
    a.put_inrelease(suite, data[:data.index(SIG)] + armor(bytes(packet), b"SIGNATURE"))


@variant("empty-signature", "form", "refuse", "a signature block that holds no packet")
def empty_signature(a, suite):
    a.resign(suite)
    data = a.inrelease(suite)
    a.put_inrelease(suite, data[:data.index(SIG)] + SIG + b"\n\n-----END PGP SIGNATURE-----\n")


@variant("text-changed", "form", "refuse", "one letter of the signed text changed")
def text_changed(a, suite):
    a.resign(suite)
    a.put_inrelease(suite, a.inrelease(suite).replace(b"Components: main", b"Components: mein"))


# ---- dates, and what it claims to be ----------------------------------------------------
edited("valid-until-past", "dates", "refuse", "Valid-Until one hour ago, Date a week ago", lambda a: [
    ("Valid-Until", http_date(a.now - HOUR)), ("Date", http_date(a.now - 7 * DAY))])
edited("date-future", "dates", "refuse", "Date twelve hours from now",
       lambda a: [("Date", http_date(a.now + 12 * HOUR))])
edited("date-older", "dates", "keep", "Date two days before the good one",
       lambda a: [("Date", http_date(a.date - 2 * DAY))])
edited("no-date", "dates", "warn", "no Date", lambda a: [("Date", None)])
edited("bad-date", "dates", "refuse", "a Date that is none", lambda a: [("Date", "yesterday, 99:99")])
edited("version-lower", "fields", "refuse", "a Version below the one seen before, Date newer",
       lambda a: [("Version", "11.1"), ("Date", http_date(a.date + 60))])
edited("wrong-codename", "fields", "refuse", "signed, but names another suite and codename",
       lambda a: [("Suite", "experimental"), ("Codename", "rc-buggy")])
edited("no-armhf", "fields", "refuse", "armhf is not among Architectures",
       lambda a: [("Architectures", "all amd64 arm64")])


@variant("no-sha256", "fields", "refuse", "no SHA256 list")
def no_sha256(a, suite):
    text = a.good_text(suite)
    a.resign(suite, text[:text.index("SHA256:")])


@variant("other-suite", "fields", "refuse", "another suite's own InRelease at this path")
def other_suite(a, suite):
    a.resign(suite, a.good_text(OTHER_SUITE.get(suite, "bookworm")))


# ---- indices that disagree with their Release -----------------------------------------------
def each_index(a, suite):
    for arch in a.arches + ["all"]:
        for suffix in (".xz", ".gz"):
            yield a.dists(suite, f"main/binary-{arch}", "Packages" + suffix)


def no_hash_names(a, suite):
    for arch in a.arches + ["all"]:
        shutil.rmtree(a.dists(suite, f"main/binary-{arch}", "by-hash"), ignore_errors=True)


@variant("mismatch", "indices", "refuse", "Packages of another snapshot (other size), by-hash is 404")
def mismatch(a, suite):
    a.resign(suite)
    no_hash_names(a, suite)
    for path in each_index(a, suite):
        with open(path, "rb") as body:
            write(path, body.read() + b"other snapshot")


@variant("same-size-mismatch", "indices", "refuse", "Packages with the right size and wrong bytes")
def same_size(a, suite):
    a.resign(suite)
    no_hash_names(a, suite)
    for path in each_index(a, suite):
        with open(path, "rb") as body:
            data = bytearray(body.read())
        data[len(data) // 2] ^= 1
        write(path, bytes(data))


@variant("no-by-hash", "indices", "accept", "by-hash is promised and 404; the canonical name is right")
def no_by_hash(a, suite):
    a.resign(suite)
    no_hash_names(a, suite)


@variant("by-hash-only", "indices", "accept", "by-hash is right, the canonical name is stale")
def by_hash_only(a, suite):
    a.resign(suite)
    for path in each_index(a, suite):
        write(path, b"stale")


@variant("push", "update", "accept", "the archive's next state: newer debs, later Date, old debs gone")
def push(a, suite):
    a.push(suite)


def apply(a, suite, name):
    """Bring a suite into the state of a variant.  KeyError for an unknown name."""
    chosen = VARIANTS[name]
    mark = os.path.join(a.state, suite + ".variant")
    last = ""
    if os.path.exists(mark):
        with open(mark, encoding="ascii") as text:
            last = text.read()
    if last == "push":
        a.publish(suite, a.indices(suite))      # the old debs must be made again
    elif last:
        for path, data in a.good_files(suite).items():
            a.place(suite, path, data)
        a.resign(suite)
    write(mark, name.encode())
    chosen.make(a, suite)


# ---- the same file, damaged -----------------------------------------------------------------
def mutations(good, second, text):
    """
    Yield (name, expect, bytes) over a good InRelease.  second: another good one (a whole block);
    text: the signed text.  expect "either": both are fine as long as the bytes used are text.
    """
    head, rest = good.split(b"\n\n", 1)
    body_at = len(head) + 2
    sig_at = good.index(SIG)
    body, tail = good[body_at:sig_at], good[sig_at:]
    evil = b"Origin: Evil\nSuite: oldstable\nCodename: bookworm\n"
    yield "control", "accept", good
    yield "junk-before", "refuse", evil + good
    yield "junk-line-before", "refuse", b"\n" + good
    yield "junk-after", "refuse", good + evil
    yield "spaces-after", "refuse", good + b"   \n\n"
    yield "junk-between", "refuse", good[:sig_at] + SIG + b"\n" + evil + tail[len(SIG) + 1:]
    yield "junk-in-armor-header", "refuse", head + b"\n" + evil + b"\n" + rest
    yield "two-blocks", "refuse", good + second
    yield "block-in-block", "refuse", good[:body_at] + second + body + tail
    yield "unsigned-block-first", "refuse", BEGIN + b"\nHash: SHA256\n\n" + evil + good
    yield "literal-before", "refuse", armor(literal(evil)) + good
    yield "literal-after", "refuse", good + armor(literal(evil))
    yield "literal-instead", "refuse", armor(literal(text))
    yield "binary-literal", "refuse", literal(text)
    yield "form-feed-line", "refuse", good.replace(b"\nSuite:", b"\n\fSuite: evil\nSuite:", 1)
    yield "form-feed-before-end", "refuse", good.replace(SIG, b"\f" + SIG, 1)
    yield "nul-in-text", "refuse", good.replace(b"Origin: Debian", b"Origin: Deb\0an", 1)
    yield "nul-after", "refuse", good + b"\0"
    yield "crlf", "refuse", good.replace(b"\n", b"\r\n")
    yield "long-line", "refuse", good[:body_at] + b"X: " + b"a" * (1 << 20) + b"\n" + body + tail
    yield "long-line-after", "refuse", good + b"a" * (1 << 20) + b"\n"
    yield "dash-escape-extra", "either", good.replace(b"\nSuite:", b"\n- Suite:", 1)
    yield "dash-unescaped-line", "refuse", good[:body_at] + b"-evil: 1\n" + body + tail
    yield "trailing-blanks", "either", good.replace(b"Origin: Debian\n", b"Origin: Debian  \t\n", 1)
    yield "line-added", "refuse", good[:body_at] + b"X-Evil: 1\n" + body + tail
    yield "line-dropped", "refuse", good[:body_at] + body.split(b"\n", 1)[1] + tail
    yield "hash-header-changed", "refuse", good.replace(b"Hash: SHA256", b"Hash: SHA1", 1)
    yield "no-begin", "refuse", good[body_at:]
    yield "no-end", "refuse", good[:good.rindex(b"-----END")]
    yield "empty", "refuse", b""
    yield "html", "refuse", b"<!DOCTYPE html><html><body>Please log in</body></html>\n"
    step = max(64, len(good) // 40)
    for size in range(step, len(good), step):
        yield f"truncated-{size}", "refuse", good[:size]
