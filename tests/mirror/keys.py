# SPDX-License-Identifier: MIT
"""
Throw-away OpenPGP keys and the signatures made with them, by gpg, with no network.

Inputs: a build folder and a time.  Outputs: DIR/gnupg (private), DIR/keys/*.gpg (keyrings, binary)
and .asc.  The keys are new in each build and good for nothing but these tests.

Keys:  good     primary certifies only, a subkey signs, as the archive's own keys do
       other    a sound key that is not pinned
       expired  ended 35 days before the build's time
       late     as expired; used for signatures made after its end
       revoked  sound until its revocation is read
       weak     RSA, for SHA1 and MD5 signatures (elliptic curve keys refuse those)
Keyrings: one per key by its name, and
       pinned   all but other: what a test gives to the program as the pinned set
"""
import os
import re
import shutil
import subprocess
import tempfile
import time

DAY = 86400
NAMES = ("good", "other", "expired", "late", "revoked", "weak")


def stamp(when):
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime(when))


class Home:
    """A GNUPGHOME behind a short link, since its sockets' paths are limited to 107 bytes."""

    def __init__(self, folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.short = tempfile.mkdtemp(prefix="dwk")
        self.home = os.path.join(self.short, "g")
        os.symlink(os.path.abspath(folder), self.home)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        env = dict(os.environ, GNUPGHOME=self.home)
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=env, stderr=subprocess.DEVNULL,
                       check=False)
        shutil.rmtree(self.short, ignore_errors=True)

    def run(self, *args, when=None, data=None):
        cmd = ["gpg", "--batch", "--yes", "--no-tty", "--quiet", "--pinentry-mode", "loopback",
               "--passphrase", ""]
        if when is not None:
            cmd += ["--faked-system-time", stamp(when) + "!"]
        env = dict(os.environ, GNUPGHOME=self.home, LC_ALL="C")
        for _ in range(10):
            done = subprocess.run(cmd + list(args), input=data, env=env, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False)
            # the agent of the last home may still listen while it exits
            if done.returncode == 0 or b"Connection reset by peer" not in done.stderr:
                break
        if done.returncode != 0:
            raise RuntimeError("gpg %s: %s" % (" ".join(args), done.stderr.decode()))
        return done.stdout

    def fingerprint(self, name):
        listing = self.run("--list-keys", "--with-colons", name + "@").decode()
        return re.search(r"^fpr:+([0-9A-F]+):", listing, re.M).group(1)


class Keys:
    """The keys of a build folder; made when they are not there yet."""

    def __init__(self, root, now):
        self.root, self.now = os.path.abspath(root), int(now)
        self.gnupg = os.path.join(self.root, "gnupg")
        self.folder = os.path.join(self.root, "keys")
        self.made = self.now - 400 * DAY
        if not os.path.exists(os.path.join(self.folder, "pinned.gpg")):
            self._make()

    def ring(self, name):
        return os.path.join(self.folder, name + ".gpg")

    def fingerprints(self):
        """Primary fingerprints by key name."""
        with open(os.path.join(self.folder, "fingerprints"), encoding="ascii") as text:
            return dict(line.split() for line in text)

    def _make(self):
        os.makedirs(self.folder, exist_ok=True)
        prints = {}
        with Home(self.gnupg) as home, tempfile.TemporaryDirectory(prefix="dwp") as tmp:
            for name in NAMES:
                kind = "rsa2048" if name == "weak" else "ed25519"
                usage = "cert" if name == "good" else "sign"
                home.run("--quick-generate-key", f"Fixture {name} <{name}@fixture.invalid>",
                         kind, usage, "never", when=self.made)
                prints[name] = home.fingerprint(name)
            home.run("--quick-add-key", prints["good"], "ed25519", "sign", "never", when=self.made)
            with Home(os.path.join(tmp, "public")) as public:
                public.run("--import", data=home.run("--export"))
                public.run("--import", data=self._revocation(prints["revoked"]))
                self._export(public, ("good", "other", "weak", "revoked"), prints)
            with Home(os.path.join(tmp, "ended")) as ended:
                ended.run("--import-options", "restore", "--import",
                          data=home.run("--export-secret-keys", prints["expired"],
                                        prints["late"]))
                for name in ("expired", "late"):
                    ended.run("--quick-set-expire", prints[name], "365d",
                              when=self.made + 60)
                self._export(ended, ("expired", "late"), prints)
        with open(os.path.join(self.folder, "fingerprints"), "w", encoding="ascii") as out:
            out.writelines(f"{n} {prints[n]}\n" for n in NAMES)
        with open(self.ring("pinned"), "wb") as out:
            for name in NAMES:
                if name != "other":
                    with open(self.ring(name), "rb") as ring:
                        out.write(ring.read())

    def _revocation(self, fpr):
        """gpg's own ready-made certificate, with the colon taken off that keeps it from use."""
        path = os.path.join(self.gnupg, "openpgp-revocs.d", fpr + ".rev")
        with open(path, encoding="utf-8") as text:
            body = text.read()
        return body[body.index(":-----BEGIN") + 1:].encode()

    def _export(self, home, names, prints):
        for name in names:
            for suffix, more in ((".gpg", []), (".asc", ["--armor"])):
                with open(os.path.join(self.folder, name + suffix), "wb") as out:
                    out.write(home.run(*more, "--export", prints[name]))

    def sign(self, text, keys=("good",), digest="SHA256", when=None, expire=None, mode="clear"):
        """
        Sign text (bytes) by each of keys, in that order.  mode: clear (InRelease), detached
        (Release.gpg), binary (an armored signed message, not clear-signed) or literal (an
        armored message with no signature at all).  when: the signature's time; expire: how
        long it holds, as gpg writes it ("1d").
        """
        with Home(self.gnupg) as home:
            args = ["--digest-algo", digest, "--allow-weak-digest-algos", "--armor"]
            if expire:
                args += ["--default-sig-expire", expire]
            for key in keys:
                args += ["-u", f"{key}@fixture.invalid"]
            verb = {"clear": ["--clearsign"], "detached": ["--detach-sign"], "binary": ["--sign"],
                    "literal": ["--store"]}[mode]
            return home.run(*args, *verb, when=self.now if when is None else when, data=text)
