# SPDX-License-Identifier: MIT
"""
What the fault tests share: a fixture archive behind the fault server, private homes, the real
program, and the checks that every test makes afterwards.

Inputs: environment DEBWIZ (the program, default ./debwiz), srcdir (default: two folders up).
A test file is a program: unittest, exit 0, 1, or 77 when the host lacks what all of it needs.
Must not need the network, root, QEMU, a fixed port or a fixed sleep.
"""
import atexit
import contextlib
import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.abspath(os.environ.get("srcdir") or os.path.join(HERE, "..", ".."))
DEBWIZ = os.path.abspath(os.environ.get("DEBWIZ") or "./debwiz")
sys.path.insert(0, os.path.join(SRC, "tests", "mirror"))

import archive as archmod           # noqa: E402 the fixture's own modules
import server as servermod          # noqa: E402

# Folders of the tests have the modes that debwiz would use, with any umask (002 is usual, too).
os.umask(0o022)

LIMIT = 300                         # seconds after which a run counts as hung, on a busy host, too
MIB = 1 << 20


def is_sanitized():
    with open(DEBWIZ, "rb") as program:
        return b"__asan_init" in program.read()


def compiler():
    """Its words: CC may be one with a launcher before it."""
    return (os.environ.get("CC") or "cc").split()


def memory_limit():
    """Bytes that debwiz may take: 256 MiB; AddressSanitizer keeps freed memory and needs more."""
    return (1024 if is_sanitized() else 256) * MIB


INI = {
    "machine": {"format": "1", "name": "m", "arch": "armhf", "release": "bookworm",
                "method": "bootstrap"},
    "mirror": {"components": "main"},
    "firmware": {"mode": "uefi"},
    "disk": {"size": "16G"},
    "system": {"hostname": "m", "user": "build", "profile": "base"},
}
# What the guest says in a configuring boot that goes well; see tests/fake/qemu.py.
CONFIGURED = """up
progress 1 phase name=configure
progress 1 configuring n=1 total=2 package=dpkg
progress 1 configured kernel=6.1.0-1-armmp-lpae
E SHUTDOWN {"guest": true, "reason": "guest-shutdown"}
exit 0
"""
# Written once and rewritten whole later; everything else that was there stays byte for byte.
REWRITTEN = re.compile(r"(^|/)(stamps\.json|ports\.json|ini|run\.json|known_hosts)$")
PASSING = re.compile(r"(\.part(/|$)|(^|/)lock$|\.lock$)")


def poll(what, seconds=LIMIT, every=0.01):
    """Wait until what() is true and return that; AssertionError when it never is."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError("waited %d s in vain for %r" % (seconds, what))
        time.sleep(every)


def content(path):
    """Digest of a file's data, holes left out (images of 8 GiB are nearly empty)."""
    digest = hashlib.sha256()
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        size, at = os.fstat(fd).st_size, 0
        digest.update(b"%d;" % size)
        while at < size:
            try:
                at = os.lseek(fd, at, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(fd, at, os.SEEK_HOLE)
            while at < end:
                block = os.pread(fd, min(end - at, MIB), at)
                if block.strip(b"\0"):
                    digest.update(b"%d:" % at + block)
                at += len(block)
    finally:
        os.close(fd)
    return digest.hexdigest()


def read(path):
    with open(path, encoding="utf-8", errors="replace") as text:
        return text.read()


def tree(top):
    """{path below top: (kind, mode, digest)} without what is under way (.part) and locks."""
    out = {}
    for folder, names, files in os.walk(top):
        names[:] = [n for n in names if not n.endswith(".part")]
        for name in files + names:
            path = os.path.join(folder, name)
            rel = os.path.relpath(path, top)
            if PASSING.search(rel):
                continue
            info = os.lstat(path)
            kind = stat.S_IFMT(info.st_mode)
            what = ""
            if stat.S_ISREG(info.st_mode):
                what = content(path)
            elif stat.S_ISLNK(info.st_mode):
                what = os.readlink(path)
            out[rel] = (kind, stat.S_IMODE(info.st_mode), what)
    return out


def parts(top):
    """Every file or folder that says it is under way."""
    found = []
    for folder, names, files in os.walk(top):
        found += [os.path.join(folder, n) for n in names + files if n.endswith(".part")]
    return found


def marked(start):
    """Pids of processes that a box started whose folder begins so; a NUL ends the name."""
    mark = ("DEBWIZ_TEST_BOX=" + start).encode()
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open("/proc/%s/environ" % name, "rb") as env:
                if mark in env.read():
                    found.append(int(name))
        except OSError:
            pass
    return found


class Result:
    """What a run said and how it ended."""

    def __init__(self, status, out, err, took, rss):
        self.status, self.out, self.err, self.took, self.rss = status, out, err, took, rss
        self.events = []
        for line in out.split("\n"):
            if line.startswith("{"):
                with contextlib.suppress(ValueError):
                    self.events.append(json.loads(line))
        self.error = next((e for e in reversed(self.events) if e.get("event") == "error"), {})
        self.id = self.error.get("id", "")
        self.warnings = [e["text"] for e in self.events if e.get("event") == "warning"]

    def steps(self):
        """{step: last state}"""
        return {e["step"]: e["state"] for e in self.events if e.get("event") == "step"}

    def failed_step(self):
        return next((s for s, state in self.steps().items() if state == "failed"), None)

    def text(self):
        return json.dumps(self.error) or self.err

    def __str__(self):
        return "status %s, %s\n%s" % (self.status, self.error, self.err[-2000:])


class World:
    """One per test file: a fixture archive and a server on it, both fresh."""

    def __init__(self, suites=("bookworm", "bookworm-updates", "bookworm-security"), arch="armhf", more=()):
        """`more`: further architectures of the archive."""
        # Sockets have short names: not below a deep TMPDIR.
        self.tmp = tempfile.mkdtemp(prefix="dwf")
        self.server = None
        atexit.register(self.close)
        self.bin = os.path.join(self.tmp, "bin")
        os.mkdir(self.bin)
        self.tools()
        self.archive = archmod.build(os.path.join(self.tmp, "a"), suites=list(suites),
                                     arches=[arch, *more])
        self.arch = arch
        self.server = servermod.Server(self.archive.www).start()
        self.suites = suites
        self.count = itertools.count(1)
        self.template = None

    def close(self):
        """Also at the end of a test that was interrupted: nothing of it stays."""
        atexit.unregister(self.close)
        if self.server:
            self.server.stop()
        for pid in marked(self.tmp + "/"):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for folder, names, _ in os.walk(self.tmp):
            for name in names:
                with contextlib.suppress(OSError):
                    if not os.path.islink(os.path.join(folder, name)):       # what it leads to is not ours
                        os.chmod(os.path.join(folder, name), 0o700)
        shutil.rmtree(self.tmp, ignore_errors=True)

    def tools(self):
        """Stand-ins for programs that this host lacks, or that a test asks to be faked."""
        if not shutil.which("qemu-img") or os.environ.get("DEBWIZ_FAKE_QEMU_IMG"):
            self.script("qemu-img", 'exec "%s" "%s/fakeqemuimg.py" "$@"' % (sys.executable, HERE))
        if not shutil.which("ssh-keygen"):
            self.script("ssh-keygen", 'for last; do :; done\n(umask 077; echo key >"$last")\n'
                        'echo "ssh-ed25519 AAAA fake" >"$last.pub"')

    def script(self, name, body):
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\n" + body + "\n")
        os.chmod(path, 0o755)
        return path

    def box(self, warm=False, alone=False, **settings):
        """warm: with the cache and the base of a run that went well.  alone: the release's own
        suite, without updates and security."""
        number = next(self.count)
        if alone:
            settings = dict({"mirror_updates": "no", "mirror_security": "no"}, **settings)
        box = Box(self, os.path.join(self.tmp, "b%d" % number), **settings)
        box.alone = alone
        if warm:
            box.fill(self.warm_template())
        return box

    def warm_template(self):
        """A box whose run went well: made once, for its cache and its base."""
        if not self.template:
            box = self.box(alone=len(self.suites) == 1)
            done = box.prepare()
            assert done.status == 0, str(done)
            self.template = box
        return self.template


class Box:
    """A private home with one machine's INI, in which debwiz runs."""

    def __init__(self, world, root, **settings):
        self.world, self.root = world, root
        self.home = os.path.join(root, "h")
        self.run_dir = os.path.join(root, "r")
        for folder in (root, self.home, self.run_dir):
            os.mkdir(folder, 0o700)
        self.cache = os.path.join(self.home, "cache", "debwiz")
        self.data = os.path.join(self.home, "data", "debwiz")
        self.machine = os.path.join(self.data, "machines", "m")
        self.ini = os.path.join(root, "m.ini")
        self.url = world.server.url
        self.env = {}
        self.alone = False
        self.write_ini(**settings)
        self.script = os.path.join(root, "script")
        self.play(CONFIGURED)
        self.qemu = os.path.join(root, "fakeqemu")
        with open(self.qemu, "w", encoding="utf-8") as out:
            out.write('#!/bin/sh\ncase " $* " in\n'
                      '*" --version "*) echo "QEMU emulator version 7.2.0 (fake)"; exit 0 ;;\n'
                      '*" -qmp stdio "*) exit 0 ;;\nesac\n'
                      'exec "%s" "%s/tests/fake/qemu.py" "%s" "$@"\n'
                      % (sys.executable, SRC, self.script))
        os.chmod(self.qemu, 0o755)

    def write_ini(self, text=None, mode=0o600, **settings):
        """settings: section_key=value (None takes the key out)."""
        if text is None:
            table = {s: dict(k) for s, k in INI.items()}
            table["machine"]["arch"] = self.world.arch
            for name, value in settings.items():
                section, key = name.split("_", 1)
                table.setdefault(section, {})[key] = value
            text = "".join("[%s]\n%s" % (s, "".join(
                "%s = %s\n" % (k, v) for k, v in keys.items() if v is not None))
                for s, keys in table.items())
        data = text if isinstance(text, bytes) else text.encode()
        with open(self.ini, "wb") as out:
            out.write(data)
        os.chmod(self.ini, mode)

    def fill(self, other, what=("cache", "data")):
        """Take over another box's cache and bases, but not its machine."""
        if "cache" in what:
            shutil.copytree(os.path.join(other.home, "cache"), os.path.join(self.home, "cache"))
        if "data" in what:
            bases = os.path.join("data", "debwiz", "bases")
            os.makedirs(os.path.join(self.home, "data", "debwiz"), 0o700)
            shutil.copytree(os.path.join(other.home, bases), os.path.join(self.home, bases),
                            copy_function=os.link, ignore=shutil.ignore_patterns("lock", "*.lock"))

    def environment(self):
        env = {"HOME": self.home, "XDG_CACHE_HOME": os.path.join(self.home, "cache"),
               "XDG_DATA_HOME": os.path.join(self.home, "data"),
               "XDG_CONFIG_HOME": os.path.join(self.home, "config"),
               "XDG_RUNTIME_DIR": self.run_dir, "LC_ALL": "C.UTF-8", "TERM": "dumb",
               "PATH": self.world.bin + ":" + os.environ.get("PATH", "/usr/bin:/bin"),
               "DEBWIZ_TEST_BOX": self.root}
        env.update({k: v for k, v in os.environ.items()
                    if k.startswith(("ASAN_", "UBSAN_", "LSAN_"))})
        env.update(self.env)
        return env

    def settings(self):
        words = ["--mirror", self.url + "/debian",
                 "--set", "mirror.keyring=" + self.world.archive.keys.ring("pinned"),
                 "--set", "qemu.binary=" + self.qemu]
        if not self.alone:
            words += ["--set", "mirror.security_url=" + self.url + "/debian-security"]
        return words

    def start(self, *args, wrap=(), cwd=None, **popen):
        """Popen of debwiz in a session of its own; wrap: words before the program."""
        popen.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen([*wrap, DEBWIZ, *args], env=self.environment(),
                                cwd=cwd or self.root, start_new_session=True, **popen)

    def run(self, *args, wrap=(), limit=LIMIT, json_events=True, on_start=None, pipe=False):
        """Run to the end; a run beyond limit seconds is killed and fails.  pipe: what it says
        does not go straight into a file, which a limit on files would cut."""
        args = list(args) + (["--json"] if json_events else [])
        out = os.path.join(self.root, "out")
        err = os.path.join(self.root, "err")
        begin = time.monotonic()
        with open(out, "wb") as o, open(err, "wb") as e:
            child = self.start(*args, wrap=wrap, stdout=subprocess.PIPE if pipe else o, stderr=e)
            if pipe:
                reader = threading.Thread(target=shutil.copyfileobj, args=(child.stdout, o))
                reader.start()
            timer = threading.Timer(limit, self.kill, (child,))
            timer.start()
            try:
                if on_start:
                    on_start(child)
            finally:
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
                timer.cancel()
            if pipe:
                reader.join()
                child.stdout.close()
        took = time.monotonic() - begin
        with open(out, encoding="utf-8", errors="replace") as o, \
                open(err, encoding="utf-8", errors="replace") as e:
            result = Result(child.returncode, o.read(), e.read(), took, usage.ru_maxrss * 1024)
        if took >= limit:
            raise AssertionError("no end within %d s: %s" % (limit, result))
        return result

    @staticmethod
    def kill(child):
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)

    def play(self, script):
        """What the fake QEMU plays from now on."""
        with open(self.script, "w", encoding="utf-8") as out:
            out.write(script)

    def prepare(self, *more, **how):
        return self.run("prepare", self.ini, *self.settings(), *more, **how)

    # ---- inspection -----------------------------------------------------------------------
    def processes(self):
        """Pids of what this box started and still runs."""
        return marked(self.root + "\0")

    def listening(self):
        """Unix sockets below this box with a listener."""
        with open("/proc/net/unix", encoding="utf-8") as table:
            rows = [line.split() for line in table][1:]
        return [r[7] for r in rows if len(r) > 7 and r[7].startswith(self.root + "/") and
                int(r[3], 16) & 0x10000]

    def state(self):
        return tree(self.data)

    def cached(self, deb=None):
        """Paths of cache entries; deb: the one whose bytes are those of that pool file."""
        if deb:
            with open(deb, "rb") as body:
                name = hashlib.sha256(body.read()).hexdigest()
            return os.path.join(self.cache, "sha256", name[:2], name)
        top = os.path.join(self.cache, "sha256")
        return [os.path.join(f, n) for f, _, names in os.walk(top) for n in names]

    def bases(self):
        top = os.path.join(self.data, "bases")
        if not os.path.isdir(top):
            return []
        return [os.path.join(top, n) for n in os.listdir(top)
                if os.path.isdir(os.path.join(top, n)) and not n.endswith(".part")]


def is_whole(path):
    """Whether a qcow2 of ours has its header, backing name and size."""
    with open(path, "rb") as disk:
        head = disk.read(512 * 128)
    return (head[:4] == b"QFI\xfb" and int.from_bytes(head[24:32], "big") == 16 << 30 and
            len(head) >= 104)


class Case(unittest.TestCase):
    """A test with Z, the oracle that every row shares."""
    maxDiff = 2000
    world = None
    suites = ("bookworm", "bookworm-updates", "bookworm-security")
    template = False    # whether boxes may begin as copies of a warm one
    plays = None    # the script of a boot that names none

    @classmethod
    def make(cls):
        world = World(cls.suites)
        if cls.template:
            world.warm_template()
        return world

    @classmethod
    def setUpClass(cls):
        cls.world = cls.make()
        cls.addClassCleanup(cls.world.close)

    def setUp(self):
        self.world.server.rules()
        self.world.server.fresh_log()

    def box(self, **how):
        return self.world.box(**how)

    def own(self, *rules, tls=None, **how):
        """A box with a server of its own, so that several may run and wait at the same time."""
        certs = os.path.join(self.world.tmp, "certs")
        server = servermod.Server(self.world.archive.www, rules=rules, tls=tls,
                                  certs=certs).start()
        self.addCleanup(server.stop)
        box = self.box(alone=True, **how)
        box.url, box.server = server.url, server
        if tls:
            box.url = server.tls_url
            box.env["SSL_CERT_FILE"] = os.path.join(certs, "ca.pem")
        return box

    def boot(self, box, script=None, *more, **how):
        box.play(script or self.plays)
        return box.run("boot", box.ini, *box.settings(), *more, **how)

    def booted(self, box, script=None, *more):
        result = self.boot(box, script, *more)
        self.assertEqual(result.status, 0, str(result))
        return result

    def ran(self, box, *words):
        result = box.run(*words)
        self.assertEqual(result.status, 0, str(result))
        return result

    def pool(self, name, base="debian"):
        """The fixture's file of a package."""
        for folder, _, files in os.walk(os.path.join(self.world.archive.www, base, "pool")):
            for file in files:
                if file.startswith(name + "_") and file.endswith(".deb"):
                    return os.path.join(folder, file)
        raise KeyError(name)

    # ---- Z -----------------------------------------------------------------------------------
    def sound(self, box):
        """Everything that has its final name is whole."""
        for path in box.cached():
            name = os.path.basename(path)
            if name.endswith(".part"):
                continue
            with open(path, "rb") as body:
                self.assertEqual(hashlib.sha256(body.read()).hexdigest(), name,
                                 "a cache entry is not what its name says")
        for base in box.bases():
            names = set(os.listdir(base))
            layer = "layer.qcow2" in names
            self.assertLessEqual({"layer.qcow2", "base.raw", "manifest.json"} if layer else
                                 {"disk.raw", "code.raw", "vars.raw", "manifest.json"}, names)
            with open(os.path.join(base, "manifest.json"), encoding="utf-8") as text:
                json.load(text)
            disk = os.path.join(base, "layer.qcow2" if layer else "disk.raw")
            if "original.json" not in names:    # else it is a user's file
                self.assertEqual(os.stat(disk).st_mode & 0o777, 0o400)
            if layer:
                continue
            with open(disk, "rb") as image:
                image.seek(512)
                self.assertEqual(image.read(8), b"EFI PART")
        for name in ("stamps.json", "run.json", "ports.json"):
            path = os.path.join(box.machine, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as text:
                    json.load(text)
        disk = os.path.join(box.machine, "disk.qcow2")
        if os.path.exists(disk):
            self.assertTrue(is_whole(disk), "a machine's disk is not whole")
            self.assertTrue(os.path.exists(os.path.join(box.machine, "base.raw")))
        for name, size in (("QEMU_EFI-pflash.raw", 64 * MIB), ("QEMU_VARS-pflash.raw", 64 * MIB)):
            path = os.path.join(box.machine, name)
            if os.path.exists(path) and self.world.arch != "amd64":   # that takes them as they are
                self.assertEqual(os.stat(path).st_size, size)
        seed = os.path.join(box.machine, "seed.iso")
        if os.path.exists(seed):
            with open(seed, "rb") as image:
                image.seek(32769)
                self.assertEqual(image.read(5), b"CD001")

    def quiet(self, box):
        """No process of the run is left and nothing listens."""
        poll(lambda: not box.processes())
        poll(lambda: not box.listening())        # a dying process loses its memory before its files

    def z(self, box, result, ids, status, before=None):
        """The run failed as it should: named, with a hint, and left nothing broken."""
        ids = (ids,) if isinstance(ids, str) else ids
        self.assertIn(result.id, ids, str(result))
        self.assertEqual(result.status, status, str(result))
        self.assertEqual(result.error.get("status"), status, str(result))
        self.assertTrue(result.error.get("text"), str(result))
        self.assertTrue(result.error.get("hint"), "the message does not say what to do: %s" % result)
        self.quiet(box)
        self.sound(box)
        if before is not None:
            after = box.state()
            for path, what in before.items():
                if not REWRITTEN.search(path):
                    self.assertEqual(after.get(path), what, path + " is not as it was")

    def refused_verified(self, box, result):
        """Nothing that was not verified was used or asked for."""
        asked = [e["path"] for e in self.world.server.log()]
        self.assertEqual([p for p in asked if "/pool/" in p or "Packages" in p], [])
        self.assertEqual(box.bases(), [])
        self.assertEqual([p for p in box.cached()], [])
        self.assertEqual(result.failed_step(), "release")

    def good(self, box, result, whole=True):
        """The run went well and left nothing under way."""
        self.assertEqual(result.status, 0, str(result))
        self.quiet(box)
        self.sound(box)
        self.assertEqual(parts(box.home), [])
        if whole:
            self.assertTrue(os.path.exists(os.path.join(box.machine, "disk.qcow2")))

    def recovers(self, box, *more):
        """The next run, without the fault, needs no help."""
        result = box.prepare(*more)
        self.good(box, result)
        return result


@contextlib.contextmanager
def listener():
    """A port of this host that is in use during the block."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port():
    """One that is free, and was a moment ago in use."""
    with listener() as port:
        return port


def together(*jobs):
    """Run callables at the same time; the first exception comes through.  For tests that wait."""
    errors = []

    def work(job):
        try:
            job()
        except BaseException as bad:        # pylint: disable=broad-except
            errors.append(bad)
    threads = [threading.Thread(target=work, args=(j,)) for j in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def can_trace():
    """Whether strace is here and may inject."""
    if not shutil.which("strace"):
        return False
    done = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e",
                           "inject=fsync:error=EIO", "true"], stderr=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def can_mount():
    """Whether this user may mount a tmpfs in a name space of its own."""
    done = subprocess.run(["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"],
                          stderr=subprocess.DEVNULL, check=False) if shutil.which("unshare") \
        else None
    return done is not None and done.returncode == 0


def inject(call, how):
    """strace's words for a fault at a system call: how is error=EIO:when=2, signal=KILL:when=5..."""
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call,
            "-e", "inject=%s:%s" % (call, how)]


def main():
    for tool in ("gpg", "openssl"):
        if not shutil.which(tool):
            print("skipped: there is no %s" % tool)
            sys.exit(77)
    if not os.access(DEBWIZ, os.X_OK):
        print("there is no program %s: set DEBWIZ" % DEBWIZ)
        sys.exit(1)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    for test, why in result.skipped:
        print("skipped: %s: %s" % (test.id(), why))
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if len(result.skipped) >= max(1, result.testsRun) else 0)
