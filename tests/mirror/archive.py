#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Builds a small signed Debian archive in a folder.

Inputs: a folder, a time, which suites and architectures.  Outputs:
    ROOT/www/debian/{dists,pool}, ROOT/www/debian-security/{dists,pool}    what a server serves
    ROOT/keys/*.gpg, ROOT/keys/fingerprints                               keyrings (see keys.py)
    ROOT/gnupg, ROOT/state                                                private to these scripts
The same time and package table give the same debs and indices; keys and signatures are new.
Must not use the network, nor write outside ROOT (but for gpg's short-lived socket folder).

    archive.py build ROOT [--now N] [--suites a,b] [--arches a,b] [--variant V [--suite S]]
    archive.py copy ROOT NEW            a copy by hard links, to be changed on its own
    archive.py apply ROOT SUITE VARIANT see variants.py; "good" undoes it
    archive.py variants                 names, group, expectation, what each is
"""
import argparse
import dataclasses
import hashlib
import json
import os
import shutil
import sys
import time

import debfile
import keys as keymod
import packages as table

HOUR, DAY = 3600, 86400


@dataclasses.dataclass
class Suite:
    """How a suite presents itself in its Release file and where it lies."""
    base: str            # folder under www
    release: str
    suite: str
    version: str
    label: str = "Debian"
    valid_days: int = 0
    sums: tuple = ("MD5Sum", "SHA256")


SUITES = {
    "bookworm": Suite("debian", "bookworm", "oldstable", "12.12"),
    "bookworm-updates": Suite("debian", "bookworm", "oldstable-updates", "12-updates",
                              valid_days=7),
    "bookworm-security": Suite("debian-security", "bookworm", "oldstable-security", "12",
                               "Debian-Security", 7, ("SHA256",)),
    "trixie": Suite("debian", "trixie", "stable", "13.2"),
    "trixie-updates": Suite("debian", "trixie", "stable-updates", "13-updates", valid_days=7),
    "trixie-security": Suite("debian-security", "trixie", "stable-security", "13",
                             "Debian-Security", 7, ("SHA256",)),
}


def http_date(when):
    """A time as Release files write it."""
    return time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime(when))


def write(path, data, when=None):
    """Write by rename, so that a hard-linked copy of the archive keeps its own file."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "wb") as out:
        out.write(data)
    if when is not None:
        os.utime(path + ".new", (when, when))
    os.rename(path + ".new", path)


def edit(text, field, value):
    """Set a field of a Release text, or take it out (value None)."""
    lines = [l for l in text.split("\n") if not l.startswith(field + ":")]
    if value is not None:
        lines.insert(1, f"{field}: {value}")
    return "\n".join(lines)


class Archive:
    """A built archive.  now is the time of the test; Date and signature are one day older."""

    def __init__(self, root, now=None, suites=None, arches=None):
        self.root = os.path.abspath(root)
        self.www = os.path.join(self.root, "www")
        self.state = os.path.join(self.root, "state")
        conf = os.path.join(self.state, "build.json")
        if now is None and os.path.exists(conf):
            with open(conf, encoding="ascii") as text:
                saved = json.load(text)
            now, suites, arches = saved["now"], saved["suites"], saved["arches"]
        self.now = int(time.time() if now is None else now)
        self.suites = list(suites or SUITES)
        self.arches = list(arches or table.ARCHES)
        self.date = self.now - DAY      # published a day before the test runs, as on a mirror
        self.keys = keymod.Keys(self.root, self.date)
        write(conf, json.dumps({"now": self.now, "suites": self.suites,
                                "arches": self.arches}).encode())

    def dists(self, name, *more):
        return os.path.join(self.www, SUITES[name].base, "dists", name, *more)

    def build(self):
        for name in self.suites:
            self.publish(name, self.indices(name))
        return self

    # ---- packages and indices -------------------------------------------------------------------

    def deb(self, suite, package, version, arch, when):
        """Makes one deb in the pool, unless it exists, and returns its stanza for Packages."""
        info = SUITES[suite]
        arch = "all" if "all" in package.arch else arch
        source = package.source or package.name
        initial = source[:4] if source.startswith("lib") else source[0]
        prefix = "pool/updates/main" if info.base == "debian-security" else "pool/main"
        plain = version.split(":", 1)[-1]
        name = f"{prefix}/{initial}/{source}/{package.name}_{plain}_{arch}.deb"
        entries = table.entries(package, version, info.release, arch)
        size = sum(len(e.data) // 1024 + 1 for e in entries) + 10
        fields = {"Package": package.name}
        if package.source:
            fields["Source"] = source
        fields.update({"Version": version, "Architecture": arch})
        if package.essential:
            fields["Essential"] = "yes"
        fields["Maintainer"] = "Fixture Maintainers <nobody@fixture.invalid>"
        fields["Installed-Size"] = str(size)
        fields.update(package.fields)
        fields["Section"], fields["Priority"] = package.section, package.prio
        short = package.short or f"fixture of {package.name}"
        control = "".join(f"{k}: {v}\n" for k, v in fields.items())
        path = os.path.join(self.www, info.base, name)
        if not os.path.exists(path):
            long_text = " This package is made by the tests.\n .\n It does nothing.\n"
            write(path, debfile.deb_bytes(control + f"Description: {short}\n{long_text}", entries,
                                          package.scripts, package.triggers, *package.kinds,
                                          when=when), when)
        with open(path, "rb") as body:
            data = body.read()
        return control + (
            f"Description: {short}\n"
            f"Description-md5: {hashlib.md5((short + chr(10)).encode()).hexdigest()}\n"
            f"Filename: {name}\nSize: {len(data)}\nMD5sum: {hashlib.md5(data).hexdigest()}\n"
            f"SHA256: {hashlib.sha256(data).hexdigest()}\n")

    def stanzas(self, suite, arch, newer=None, when=None):
        """The text of Packages for one architecture; newer replaces versions."""
        release = SUITES[suite].release
        picked = table.NEWER.get(suite)
        out = []
        for package in sorted(table.packages(release, arch), key=lambda p: p.name):
            if picked is not None and package.name not in picked:
                continue
            version = (newer or {}).get(package.name) or (
                picked[package.name] if picked else package.version(release))
            if arch == "all" and "all" not in package.arch:
                continue
            out.append(self.deb(suite, package, version, arch, when or debfile.EPOCH))
        return "\n".join(out)

    def source(self, suite, source):
        """Writes the files of one source package to the pool and returns its stanza for Sources."""
        info = SUITES[suite]
        plain = source.version.split(":", 1)[-1]
        folder = f"pool/main/{source.name[0]}/{source.name}"
        fields = {"Binary": ", ".join(source.binaries), "Version": source.version,
                  "Maintainer": "Fixture Maintainers <nobody@fixture.invalid>",
                  "Architecture": "any", "Format": "3.0 (quilt)", "Build-Depends": source.depends}
        bodies = {f"{source.name}_{plain.rsplit('-', 1)[0]}.orig.tar.gz": b"orig of " + source.name.encode(),
                  f"{source.name}_{plain}.debian.tar.xz": b"debian of " + source.version.encode()}

        def sums():
            return "Checksums-Sha256:\n" + "".join(f" {hashlib.sha256(d).hexdigest()} {len(d)} {n}\n"
                                                   for n, d in bodies.items())
        text = "".join(f"{k}: {v}\n" for k, v in fields.items())
        bodies[f"{source.name}_{plain}.dsc"] = (f"Source: {source.name}\n{text}{sums()}").encode()
        for name, body in bodies.items():
            write(os.path.join(self.www, info.base, folder, name), body, debfile.EPOCH)
        return (f"Package: {source.name}\n{text.replace(', ', ',' + chr(10) + ' ')}" +
                ("Extra-Source-Only: yes\n" if source.extra else "") +
                f"{sums()}Directory: {folder}\nPriority: optional\nSection: misc\n")

    def indices(self, suite, newer=None, extra=None):
        """Write all indices of a suite; return {path: bytes} of what its Release must list."""
        text = "\n".join(self.source(suite, s) for s in table.SOURCES.get(suite, ())).encode()
        files = {"main/source/Sources.xz": debfile.compress(text, "xz")[1],
                 "main/source/Sources": text}
        for arch in self.arches + ["all"]:
            real = arch if arch != "all" else self.arches[0]
            text = self.stanzas(suite, real, newer)
            if arch == "all":
                text = "".join(s.strip("\n") + "\n\n" for s in text.split("\n\n")
                               if "\nArchitecture: all\n" in s)
            text = (text + (extra or {}).get(arch, "")).encode()
            folder = f"main/binary-{arch}"
            for suffix, kind in ((".xz", "xz"), (".gz", "gz")):
                files[f"{folder}/Packages{suffix}"] = debfile.compress(text, kind)[1]
            files[f"{folder}/Packages"] = text
            files[f"{folder}/Release"] = (
                f"Archive: {SUITES[suite].suite}\nOrigin: Debian\nLabel: {SUITES[suite].label}\n"
                f"Version: {SUITES[suite].version}\nAcquire-By-Hash: yes\nComponent: main\n"
                f"Architecture: {arch}\n").encode()
            text = "\n".join(self.udeb(suite, name, arch) for name in table.UDEBS
                             if suite == SUITES[suite].release and arch != "all").encode()
            files[f"main/debian-installer/binary-{arch}/Packages.xz"] = debfile.compress(text, "xz")[1]
            files[f"main/debian-installer/binary-{arch}/Packages"] = text
        for path, data in files.items():
            self.place(suite, path, data)
        return files

    def udeb(self, suite, name, arch):
        """Writes a package of the installer to the pool and returns its stanza."""
        path = f"pool/main/{name[0]}/{name}/{name}_1.0_{arch}.udeb"
        data = f"{name} of {suite} for {arch}\n".encode()
        write(os.path.join(self.www, SUITES[suite].base, path), data, debfile.EPOCH)
        return (f"Package: {name}\nVersion: 1.0\nArchitecture: {arch}\nMaintainer: Fixture Maintainers "
                f"<nobody@fixture.invalid>\nSection: debian-installer\nPriority: standard\nFilename: {path}\n"
                f"Size: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\nDescription: fixture of {name}\n")

    def place(self, suite, path, data, by_hash=True, canonical=True):
        """Put an index at its name and by hash.  As on real mirrors, Packages itself (and Sources) is
        listed in Release but lies nowhere."""
        if path.endswith(("/Packages", "/Sources")):
            return
        if canonical:
            write(self.dists(suite, path), data, self.date)
        if by_hash:
            for name, algo in (("MD5Sum", "md5"), ("SHA256", "sha256")):
                if name in SUITES[suite].sums:
                    write(self.dists(suite, os.path.dirname(path), "by-hash", name,
                                     hashlib.new(algo, data).hexdigest()), data, self.date)

    # ---- Release and its signature ------------------------------------------------------------

    def release_text(self, suite, files, date=None, version=None):
        """The text of a suite's Release over files ({path: bytes})."""
        info = SUITES[suite]
        date = self.date if date is None else date
        lines = ["Origin: Debian", f"Label: {info.label}", f"Suite: {info.suite}",
                 f"Version: {version or info.version}", f"Codename: {suite}",
                 f"Date: {http_date(date)}"]
        if info.valid_days:
            lines.append(f"Valid-Until: {http_date(date + info.valid_days * DAY)}")
        lines += ["Acquire-By-Hash: yes", "No-Support-for-Architecture-all: Packages",
                  "Architectures: all " + " ".join(sorted(self.arches)), "Components: main",
                  f"Description: Fixture of {suite}"]
        for name in info.sums:
            lines.append(name + ":")
            algo = {"MD5Sum": "md5", "SHA256": "sha256"}[name]
            lines += [f" {hashlib.new(algo, d).hexdigest()} {len(d):8d} {p}"
                      for p, d in sorted(files.items())]
        return "\n".join(lines) + "\n"

    def publish(self, suite, files, **more):
        """Write Release for files, remember both as the suite's good state, and sign it."""
        text = self.release_text(suite, files, **more)
        write(os.path.join(self.state, suite + ".Release"), text.encode())
        for path, data in files.items():
            write(os.path.join(self.state, suite, path), data)
        self.resign(suite)

    def good_text(self, suite):
        """The Release text as last published, without variants that were applied since."""
        with open(os.path.join(self.state, suite + ".Release"), encoding="utf-8") as text:
            return text.read()

    def good_files(self, suite):
        """The indices as last published, as indices() returned them."""
        top, out = os.path.join(self.state, suite), {}
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as body:
                    out[os.path.relpath(path, top)] = body.read()
        return out

    def resign(self, suite, text=None, **how):
        """Sign text (the good one when None) and put it at the suite's place; how: Keys.sign."""
        body = (self.good_text(suite) if text is None else text).encode()
        self.put(suite, "InRelease", self.keys.sign(body, **how))
        self.put(suite, "Release", body)
        self.put(suite, "Release.gpg", self.keys.sign(body, mode="detached", **how))

    def put(self, suite, name, data):
        """Writes a Release file, a second newer than the one it replaces, so that If-Modified-Since finds a change."""
        path, when = self.dists(suite, name), self.date
        if os.path.exists(path):
            when = int(os.stat(path).st_mtime) + 1
        write(path, data, when)

    def put_inrelease(self, suite, data):
        """Replace InRelease by raw bytes and take Release and Release.gpg away."""
        self.put(suite, "InRelease", data)
        for name in ("Release", "Release.gpg"):
            if os.path.exists(self.dists(suite, name)):
                os.unlink(self.dists(suite, name))

    def inrelease(self, suite):
        with open(self.dists(suite, "InRelease"), "rb") as body:
            return body.read()

    def add_deb(self, suite, path, arch, control):
        """Add a deb made elsewhere (a hostile one, say) to a suite and publish that.  control:
        the stanza's first fields, from Package on."""
        with open(path, "rb") as body:
            data = body.read()
        name = "pool/main/x/extra/" + os.path.basename(path)
        write(os.path.join(self.www, SUITES[suite].base, name), data, self.now)
        stanza = "\n" + control.strip() + (
            f"\nFilename: {name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n")
        self.publish(suite, self.indices(suite, extra={arch: stanza}))

    def push(self, suite="bookworm", hours=6, keep_old=False, version=None):
        """The archive's next state: newer packages, a later Date; old debs are gone, old by-hash
        names stay, as on a mirror after its push."""
        release = SUITES[suite].release
        old = {p.name: p.version(release) for p in table.TABLE}
        files = self.indices(suite, newer=table.PUSH)
        self.publish(suite, files, date=self.date + hours * HOUR, version=version)
        if keep_old:
            return
        pool = os.path.join(self.www, SUITES[suite].base, "pool", "main")
        for name in table.PUSH:
            plain = old[name].split(":", 1)[-1]
            for folder, _, names in os.walk(pool):
                for found in names:
                    if found.startswith(f"{name}_{plain}_"):
                        os.unlink(os.path.join(folder, found))

    def copy(self, new):
        """A copy by hard links at new; either may be changed without touching the other."""
        for part in ("www", "state", "keys"):
            shutil.copytree(os.path.join(self.root, part), os.path.join(new, part),
                            copy_function=os.link)
        shutil.copytree(os.path.join(self.root, "gnupg"), os.path.join(new, "gnupg"),
                        ignore=shutil.ignore_patterns("S.*", "*.lock", ".#*"))
        os.chmod(os.path.join(new, "gnupg"), 0o700)
        return Archive(new)


def build(root, now=None, suites=None, arches=None, variant="good", suite="bookworm"):
    """Build an archive under root (new or empty) and apply a variant to one suite of it."""
    import variants
    made = Archive(root, int(time.time()) if now is None else now, suites, arches).build()
    if variant != "good":
        variants.apply(made, suite, variant)
    return made


def main():
    import variants
    parser = argparse.ArgumentParser(description="fixture Debian archive")
    sub = parser.add_subparsers(dest="verb", required=True)
    make = sub.add_parser("build")
    make.add_argument("root")
    make.add_argument("--now", type=int, default=None)
    make.add_argument("--suites", default=",".join(SUITES))
    make.add_argument("--arches", default=",".join(table.ARCHES))
    make.add_argument("--variant", default="good")
    make.add_argument("--suite", default="bookworm")
    copy = sub.add_parser("copy")
    copy.add_argument("root")
    copy.add_argument("new")
    change = sub.add_parser("apply")
    change.add_argument("root")
    change.add_argument("suite")
    change.add_argument("variant")
    sub.add_parser("variants")
    args = parser.parse_args()
    if args.verb == "build":
        build(args.root, args.now, args.suites.split(","), args.arches.split(","), args.variant,
              args.suite)
    elif args.verb == "copy":
        Archive(args.root).copy(args.new)
    elif args.verb == "apply":
        variants.apply(Archive(args.root), args.suite, args.variant)
    else:
        for name, variant in variants.VARIANTS.items():
            print(f"{name:22} {variant.kind:8} {variant.expect:8} {variant.note}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
