# SPDX-License-Identifier: MIT
"""
How programs of this host connect to a machine: ssh with its options, a stopped machine, copies, and OpenSSH's
programs with `ssh-config`. Each check takes a running world.Machine, raises world.Failed, may return a text.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from world import BOOT, DEBWIZ, EXAMPLES, HOUR, need, same, until

MINUTES = 60


def agent(m):
    """An agent of the host: its environment, and its pid."""
    said = m.world.run(["ssh-agent", "-s"]).ok().out
    env = dict(re.findall(r"^(SSH_\w+)=([^;]+);", said, re.M))
    return env, int(env.pop("SSH_AGENT_PID"))


def add_keys(m, env, keys):
    for number in range(keys):
        path = os.path.join(m.world.home, "agent-key-%d" % number)
        if not os.path.exists(path):
            m.world.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path]).ok()
        subprocess.run(["ssh-add", "-q", path], env=dict(m.world.env, **env), check=True, stdin=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)


def options(m):
    """An agent with more keys than a server lets one try; forwards both ways; a terminal; a setting."""
    env, pid = agent(m)
    try:
        add_keys(m, env, 7)
        m.world.env.update(env)
        same(m.sh("id -un"), m.user, "user, by an agent with seven keys")
        got = m.world.debwiz("ssh", "--forward-agent", m.name, "--", "test -S $SSH_AUTH_SOCK && echo forwarded")
        same(got.ok().out.strip(), "forwarded", "the agent in the guest")
    finally:
        m.world.env.pop("SSH_AUTH_SOCK", None)
        os.kill(pid, signal.SIGTERM)
    same(m.world.debwiz("ssh", m.name, "--", "test", "two words", "=", "two words").status, 0, "quoted words")
    got = m.world.debwiz("ssh", "--tty", "--tty", m.name, "--", "tty").ok()
    need(got.out.startswith("/dev/pts/"), "--tty gave %r", got.out)
    got = m.world.debwiz("ssh", "--ssh-option=SetEnv=LC_TEST=seen", m.name, "--", "echo $LC_TEST").ok()
    same(got.out.strip(), "seen", "a setting by --ssh-option")


def answers(port, socks=False):
    """Whether an ssh server answers behind that port of this host, by SOCKS 5 if that is what listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as s:
            s.settimeout(10)
            if socks:
                s.sendall(b"\5\1\0")
                if s.recv(2, socket.MSG_WAITALL) != b"\5\0":
                    return False
                s.sendall(b"\5\1\0\1\x7f\0\0\1\0\x16")
                s.recv(10, socket.MSG_WAITALL)
            return s.recv(4, socket.MSG_WAITALL) == b"SSH-"
    except OSError:
        return False


def forwards(m):
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        local, dynamic = one.getsockname()[1], two.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as server:
        argv = ["ssh", "--local-forward=%d:127.0.0.1:22" % local, "--dynamic-forward=%d" % dynamic,
                "--remote-forward=18222:127.0.0.1:%d" % server.getsockname()[1], "--no-command", m.name]
        m.world.use(argv)
        child = subprocess.Popen([DEBWIZ, *argv], env=m.world.env, stdin=subprocess.DEVNULL)
        try:
            until(lambda: answers(local), 2 * MINUTES, "nothing answers through --local-forward", 1)
            until(lambda: answers(dynamic, True), 2 * MINUTES, "nothing answers through --dynamic-forward", 1)
            m.sh("exec 3<>/dev/tcp/127.0.0.1/18222")
            server.settimeout(MINUTES)
            server.accept()[0].close()
        finally:
            child.terminate()
            child.wait(MINUTES)


def config(m):
    """OpenSSH's own ssh and scp by the machine's name: with the block that is printed, and with what is installed."""
    path = os.path.join(m.world.home, "ssh-config")
    with open(path, "w", encoding="utf-8") as file:
        file.write(m.world.debwiz("ssh-config", m.name).ok().out)
    same(m.world.run(["ssh", "-F", path, "-oBatchMode=yes", m.name, "id", "-un"]).ok().out.strip(), m.user, "user")
    m.world.debwiz("ssh-config", "--install", m.name).ok()
    own = os.path.join(m.world.home, ".ssh", "config")      # ssh looks in the passwd entry's home, not in HOME
    m.world.run(["scp", "-q", "-F", own, "-oBatchMode=yes", m.name + ":/etc/hostname", "ssh-hostname"]).ok()
    with open(os.path.join(m.world.home, "ssh-hostname"), encoding="utf-8") as file:
        same(file.read().strip(), m.hostname, "what scp copied")


def copies(m):
    """What a copy keeps, there and back; what fails is named, and leaves nothing."""
    one, back = (os.path.join(m.world.home, name) for name in ("copy-one", "copy-back"))
    for folder in (one, back):
        shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(one, "sub"))
    with open(os.path.join(one, "holes"), "wb") as file:
        file.truncate(1 << 30)
        file.seek(1 << 29)
        file.write(b"in the middle")
    os.link(os.path.join(one, "holes"), os.path.join(one, "sub", "hard"))
    os.symlink("../holes", os.path.join(one, "sub", "link"))
    os.utime(os.path.join(one, "holes"), ns=(0, 1600000000123456789))
    m.sh("rm -rf copy-one")
    m.world.debwiz("cp", one, m.name + ":").ok()
    same(m.sh("stat -c '%s %h %.9Y' copy-one/holes; readlink copy-one/sub/link").split(),
         ["1073741824", "2", "1600000000.123456789", "../holes"], "size, links and time in the guest")
    need(int(m.sh("stat -c %b copy-one/holes")) < 10000, "the hole was filled in the guest")
    m.world.debwiz("cp", m.name + ":copy-one", back).ok()
    got, hard = (os.stat(os.path.join(back, name)) for name in ("holes", "sub/hard"))
    same((got.st_size, got.st_mtime_ns, got.st_ino), (1 << 30, 1600000000123456789, hard.st_ino), "size, time, inode")
    need(got.st_blocks < 10000, "the hole was filled on the host")
    m.sh("sudo install -m 600 /dev/null copy-one/secret")
    failed = m.world.debwiz("cp", m.name + ":copy-one", back + "-2")
    same(failed.status, 125, "status of a copy of a file that may not be read")
    need("copy-one/secret: " in failed.err, "the message does not name the file: %s", failed.err)
    need(not os.path.exists(back + "-2"), "something half is there")


def started(m):
    """A stopped and a paused machine: a script is refused, --start starts or resumes it."""
    m.world.debwiz("pause", m.name).ok()
    same(m.ssh("true").status, 125, "status of ssh to a paused machine")
    same(m.world.debwiz("ssh", "--start", m.name, "--", "echo resumed").ok().out, "resumed\n", "output")
    m.world.debwiz("kill", m.name).ok()
    same(m.ssh("true").status, 125, "status of ssh to a machine that is off")
    same(m.world.debwiz("ssh", "--start", "--set", "boot.timeout=40m", m.ini, "--", "echo started").ok().out,
         "started\n", "output")


def temporary(m):
    """A machine for one command, like this one and by architecture and release: files in and out, its status, and
    nothing left."""
    def listed():
        return sorted(e["name"] for e in m.world.debwiz("list", "--json").ok().events())
    before = listed()
    given, back = (os.path.join(m.world.home, name) for name in ("run-given", "run-back"))
    os.makedirs(back, exist_ok=True)
    with open(given, "w", encoding="utf-8") as file:
        file.write("given\n")
    begin = time.monotonic()
    got = m.world.debwiz("run", m.ini, "--offline", "--set", "boot.timeout=" + BOOT, "--put", given, "--get", "out/*",
                         "--out", back, "--", "mkdir out && cp run-given out/a && hostname && exit 7")
    seconds = time.monotonic() - begin
    same(got.status, 7, "status of the command:\n%s" % got.err[-1500:])
    need(got.out.startswith("run-"), "host name %r", got.out)
    with open(os.path.join(back, "a"), encoding="utf-8") as file:
        same(file.read(), "given\n", "what came back")
    got = m.world.debwiz("run", "--arch", m.arch, "--release", m.release, "--set", "boot.timeout=" + BOOT,
                         "--", "uname", "-m").ok()
    need(got.out.strip(), "uname says nothing")
    same(listed(), before, "machines")
    kept = os.path.join(m.world.data, "temporary", "machines")
    same([name for name in os.listdir(kept) if not name.startswith(".")], [], "what is left of them")
    return "%.0f s" % seconds


def warm(m):
    """A machine for one command that resumes a template answers as one that boots; it has an identity of its own, and
    the template is the same afterwards."""
    def run(*words):
        begin = time.monotonic()
        got = m.world.debwiz("run", "--arch", m.arch, "--release", m.release, "--offline", "--set",
                             "boot.timeout=" + BOOT, *words, "--", IDENTITY)
        seconds = time.monotonic() - begin
        same(got.status, 0, "status of the command:\n%s" % got.err[-1500:])
        return seconds, got

    def files():
        return sorted((e.path, e.stat().st_mtime_ns) for d in os.scandir(os.path.join(m.world.data, "templates"))
                      if d.is_dir() for e in os.scandir(d) if e.name != "lock")
    cold, booted = run("--set", "boot.warm=no")
    _, made = run()
    need("boots cold" not in made.err + made.out, "it is not warm:\n%s", made.err[-1500:])
    before = files()
    seconds, again = run()
    same(files(), before, "files of the template")
    lines = [got.out.split("\n") for got in (booted, made, again)]
    for i, what in enumerate(("machine id", "random bytes", "host name", "host key")):
        need(len({said[i] for said in lines}) == 3, "%s: %r", what, [said[i] for said in lines])
    same([said[4] for said in lines], [lines[0][4]] * 3, "user, size of the disk, time zone")
    for said in lines:
        need(abs(int(said[5]) - time.time()) < 3600, "clock: %r", said)
    return "cold %.1f s, warm %.1f s: ratio %.1f" % (cold, seconds, cold / seconds)


IDENTITY = ("cat /etc/machine-id; head -c 16 /dev/urandom | od -An -tx1 | tr -d '\\n'; echo; hostname; "
            "cut -c 1-90 /etc/ssh/ssh_host_ed25519_key.pub; "
            "echo $(id -un) $(cat /sys/block/vda/size) $(date +%Z); date +%s")
SOURCE = {
    "debian/control": """Source: tiny
Maintainer: A Test <test@example.org>
Build-Depends: fakeroot, nowhere [sparc], nothing <cross>
Standards-Version: 4.6.2
Rules-Requires-Root: no

Package: tiny
Architecture: any
Description: a test
""",
    "debian/changelog": "tiny (1.0) unstable; urgency=low\n\n  * Test.\n\n"
                        " -- A Test <test@example.org>  Thu, 01 Jan 2026 00:00:00 +0000\n",
    "debian/rules": """#!/usr/bin/make -f
clean build build-arch build-indep:
\t! ip route | grep default
\t! sudo -n true
binary binary-arch:
\tmkdir -p debian/tiny/DEBIAN debian/tiny/usr/bin
\t$(CC) -o debian/tiny/usr/bin/tiny tiny.c
\tdpkg-gencontrol -ptiny -Pdebian/tiny
\tdpkg-deb --root-owner-group -b debian/tiny ..
""",
    "tiny.c": "int main(void) { return 0; }\n",
}


def built(m):
    """A source folder built as packages, in a machine like this one, by a user without rights and a network; and a command
    with one."""
    top, out = (os.path.join(m.world.home, name) for name in ("tiny", "tiny-out"))
    for name, text in SOURCE.items():
        path = os.path.join(top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    begin = time.monotonic()
    m.world.debwiz("build", m.ini, top, "--offline", "--native", "--set", "boot.timeout=" + BOOT, "--out", out).ok()
    seconds = time.monotonic() - begin
    stem = "tiny_1.0_%s" % m.arch
    same(sorted(os.listdir(out)), [stem + end for end in (".build", ".buildinfo", ".changes", ".deb")], "results")
    need(" /usr/bin/tiny\n" in m.world.run(["dpkg-deb", "-c", os.path.join(out, stem + ".deb")]).ok().out
         .replace("./usr", "/usr"), "the package has no program")
    got = m.world.debwiz("build", m.ini, top, "--offline", "--network", "--set", "boot.timeout=" + BOOT, "--out", out,
                         "--artifact", "notes/*", "--artifact", "none", "--set", "build.jobs=2", "--",
                         "ip route | grep default && id -un && echo $DEB_BUILD_OPTIONS && mkdir notes && "
                         "echo note >notes/one && exit 5")
    same(got.status, 5, "status of the command:\n%s" % got.err[-1500:])
    with open(os.path.join(out, stem + ".artifacts/notes/one"), encoding="utf-8") as file:
        same(file.read(), "note\n", "an artifact")
    need("builder" in got.out, "its user: %s", got.out)
    need("parallel=2" in got.out, "jobs of the field: %s", got.out)
    got = m.world.debwiz("build", m.ini, top, "--offline", "--set", "boot.timeout=" + BOOT, "--set", "build.out=" + out, "--jobs", "3",
                         "--set", "build.profiles=nodoc", "--set", "build.network=yes", "--set", "build.silence=90s",
                         "--", "ip route | grep default && echo $DEB_BUILD_OPTIONS/$DEB_BUILD_PROFILES && sleep 4711")
    same(got.status, 137, "status of a silent build:\n%s" % got.err[-1500:])
    need("parallel=3/nodoc" in got.out, "jobs and profiles: %s", got.out)
    need("printed nothing for 90s and was killed; it ran sleep 4711" in got.err, "why: %s", got.err[-1500:])
    got = m.world.debwiz("build", m.ini, top, "--offline", "--set", "boot.timeout=" + BOOT, "--out", out, "--silence",
                         "never", "--", "tail /dev/zero & tail /dev/zero; r=$?; wait; exit $r")     # one has 3 GiB of addresses
    need(got.status and "ran out of memory: the guest's kernel killed tail" in got.err, "why: %s", got.err[-1500:])
    return "%.0f s" % seconds


def built_in(m):
    """The same source in this machine itself: its apt installs what is missing, and nothing else of it changes."""
    top, out = (os.path.join(m.world.home, name) for name in ("tiny-in", "tiny-in-out"))
    for name, text in SOURCE.items():
        path = os.path.join(top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("fakeroot,", "fakeroot, bc,"))
    m.world.debwiz("build", "--in", m.name, top, "--native", "--out", out).ok()
    stem = "tiny_1.0_%s" % m.arch
    same(sorted(os.listdir(out)), [stem + end for end in (".build", ".buildinfo", ".changes", ".deb")], "results")
    same(m.sh("ls -d /build .debwiz-* 2>/dev/null; bc --version >/dev/null && pgrep -u debwiz-build; echo ok").split(), ["ok"],
         "what is left of it")
    got = m.world.debwiz("build", "--in", m.name, top, "--native", "--out", out, "--", "touch left; id -un; exit 6")
    same(got.status, 6, "status of the command:\n%s" % got.err[-1500:])
    need("debwiz-build" in got.out, "its user: %s", got.out)
    m.sh("test -e /build/source/left")
    got = m.world.debwiz("build", "--in", m.name, top, "--native", "--json", "--out", out, "--set", "build.profiles=nodoc", "--",
                         "test ! -e left && sudo -n true")
    need(got.status not in (0, 125), "a build with rights: %d", got.status)
    return None


def kept(m):
    """A temporary machine that becomes one of the user's, is started again, and deleted."""
    got = m.world.debwiz("run", m.ini, "--keep", "--offline", "--set", "boot.timeout=" + BOOT, "--", "echo kept >note").ok()
    name = got.err.partition("is kept as ")[2].partition(":")[0]
    try:
        need(name in m.world.debwiz("list").ok().out, "not in the list: %s", name)
        same(m.world.debwiz("ssh", "--start", name, "--", "cat", "note").ok().out, "kept\n", "its disk")
        m.world.debwiz("stop", name).ok()
    finally:
        m.world.debwiz("delete", name, "--yes", "--confirm", name).ok()
    need(name not in m.world.debwiz("list").ok().out, "still in the list: %s", name)


def twice(m):
    """A source that gives the same twice, and one whose program has the umask and the time zone in it."""
    top, out = (os.path.join(m.world.home, name) for name in ("twice", "twice-out"))
    for name, text in SOURCE.items():
        path = os.path.join(top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("\tdpkg-gencontrol", "\tchmod -R go-w debian/tiny\n\tdpkg-gencontrol"))
    words = ["build", m.ini, top, "--offline", "--reproducible", "--set", "boot.timeout=" + BOOT, "--out", out, "--json"]
    got = m.world.debwiz(*words).ok()
    same(json.loads(got.out.splitlines()[-1])["differing"], [], "files that differ")
    with open(os.path.join(top, "debian/rules"), "a", encoding="utf-8") as file:
        file.write("\tdate -d @0 >debian/tiny/usr/bin/when; dpkg-deb --root-owner-group -b debian/tiny ..\n")
    got = m.world.debwiz(*words)
    event = json.loads(got.out.splitlines()[-1])
    same((got.status, event["id"]), (123, "build-differs"), "status:\n%s" % got.err[-1500:])
    same([(d["name"], "./usr/bin/when" in d["members"]) for d in event["differing"]], [("tiny_1.0_%s.deb" % m.arch, True)],
         "what differs")
    need(os.path.exists(os.path.join(out, "tiny_1.0_%s.second/tiny_1.0_%s.deb" % (m.arch, m.arch))), "no second package")
    return None


CROSS = """
clean build build-arch build-indep:
\t! ip route | grep default
\tfor i in 1 2 3; do $(CC) -O2 -g -DN=$$i -c -o part$$i.o tiny.c && $(CXX) -O2 -DN=$$i -c -o plus$$i.o more.cc; done
\treadelf -h part1.o plus1.o | grep Machine
"""


def compiled(m, name):
    """Writes a source whose objects are compiled separately; returns its folder and that of the results."""
    top, out = (os.path.join(m.world.home, word) for word in (name, name + "-out"))
    rules = SOURCE["debian/rules"].replace("\nclean build build-arch build-indep:\n\t! ip route | grep default\n", CROSS)
    for part, text in dict(SOURCE, **{"debian/rules": rules, "more.cc": "int more(int a) { return a + 1; }\n"}).items():
        path = os.path.join(top, part)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return top, out


def outside(m):
    """The same source compiled outside the machine and in it: objects are counted, and the packages are for its
    architecture."""
    top, out = compiled(m, "outside")
    counted = []
    for words in (["--set", "build.distcc=yes"], ["--native"]):
        got = m.world.debwiz("build", m.ini, top, "--json", "--set", "boot.timeout=" + BOOT, "--out", out, *words).ok()
        counted.append(json.loads(got.out.splitlines()[-1]).get("compiled"))
        need("%s" % m.arch in m.world.run(["dpkg-deb", "-f", os.path.join(out, "tiny_1.0_%s.deb" % m.arch), "Architecture"]).ok().out,
             "a package of another architecture")
    same(counted[1], None, "objects with --native")
    if not counted[0] or "why" in counted[0]:
        return "skipped: " + (counted[0] or {"why": "the machine is not emulated"})["why"]
    need(counted[0]["outside"] >= 3, "objects compiled outside: %s", counted[0])
    return "%d objects outside" % counted[0]["outside"]


def fetched(m):
    """On a host without distccd and cross compilers debwiz gets them into a folder of its own, which the next build uses."""
    top, out = compiled(m, "fetched")
    folder, tools = os.path.join(m.world.home, "path"), os.path.join(m.world.data, "tools")
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for where in os.environ["PATH"].split(":"):
        for name in os.listdir(where) if os.path.isdir(where) else ():
            if name != "distccd" and not re.match(".*-linux-gnu.*-(gcc|g[+][+])", name) and not os.path.lexists(os.path.join(folder, name)):
                os.symlink(os.path.join(where, name), os.path.join(folder, name))
    words = ["build", m.ini, top, "--json", "--set", "boot.timeout=" + BOOT, "--set", "build.distcc=yes", "--out", out]
    shutil.rmtree(tools, ignore_errors=True)
    m.world.use(words)
    inodes = []
    for _ in range(2):
        got = m.world.run(["env", "PATH=" + folder, DEBWIZ, *words]).ok()
        counted = json.loads(got.out.splitlines()[-1]).get("compiled")
        if not counted:
            return "skipped: the machine is not emulated"
        need(counted.get("outside", 0) >= 3, "objects compiled outside: %s", counted)
        key, = (name for name in os.listdir(tools) if os.path.isdir(os.path.join(tools, name)))
        inodes.append(os.stat(os.path.join(tools, key, "usr")).st_ino)
    same(inodes[1], inodes[0], "the folder of the second build")
    return "%s, %d objects outside" % (key, counted["outside"])


def watched(m):
    """Builds, waits, builds again after a change, and ends by Ctrl-C with nothing left of its machines."""
    top, out = compiled(m, "watched")
    told = os.path.join(m.world.home, "watched.log")
    words = ["build", "--watch", m.ini, top, "--offline", "--set", "boot.timeout=" + BOOT, "--out", out]

    def shown():
        with open(told, encoding="utf-8", errors="replace") as file:
            return file.read()
    m.world.use(words)
    with open(told, "w", encoding="utf-8") as log:
        child = subprocess.Popen([DEBWIZ, *words], env=m.world.env, cwd=m.world.home, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
    m.world.children.add(child)
    times = []
    try:
        for number in (1, 2):
            begin = time.monotonic()
            until(lambda n=number: shown().count("waits for a change") == n or child.poll() is not None, HOUR, shown)
            need(child.poll() is None, "it ended: %s", shown()[-1500:])
            times.append(time.monotonic() - begin)
            same(shown().count("tiny: built;"), number, "builds")
            if number == 1:
                with open(os.path.join(top, "tiny.c"), "a", encoding="utf-8") as file:
                    file.write("int changed;\n")
    finally:
        os.killpg(child.pid, signal.SIGINT)
        status = child.wait(600)
        m.world.children.discard(child)
    same(status, 130, "status:\n%s" % shown()[-1500:])
    kept = os.path.join(m.world.data, "temporary", "machines")
    same([name for name in os.listdir(kept) if not name.startswith(".")], [], "what is left of its machines")
    return "%.0f s, and after a change %.0f s" % tuple(times)


def cached(m):
    """The same source twice with a compiler cache: the second time nothing is compiled; then on a damaged volume."""
    top, out = compiled(m, "cached")
    volume = os.path.join(m.world.data, "ccache", "%s-%s.raw" % (m.release, m.arch))
    if os.path.exists(volume):
        os.unlink(volume)
    seen = []
    for _ in range(3):
        if len(seen) == 2:
            with open(volume, "r+b") as file:
                file.write(b"damaged" * 10000)
        got = m.world.debwiz("build", m.ini, top, "--json", "--set", "boot.timeout=" + BOOT, "--set", "build.ccache=yes",
                             "--set", "build.ccache_size=100M", "--out", out).ok()
        seen.append(json.loads(got.out.splitlines()[-1])["ccache"])
    same(seen[0]["misses"], 2, "compiled at first, each of the two sources once: %s" % seen[0])
    same(seen[1], {"hits": seen[0]["hits"] + seen[0]["misses"], "misses": 0}, "the second build")
    same(seen[2], dict(seen[0], remade=True), "on a damaged volume")
    return "%d objects, then none; the volume takes %.1f MB" % (seen[0]["misses"], os.stat(volume).st_blocks * 512 / 1e6)


TESTED = """#!/bin/sh
set -e
test "$(id -u)" = 0
sleep 1000 &
if [ -z "$AUTOPKGTEST_REBOOT_MARK" ]; then
	cat /proc/sys/kernel/random/boot_id >/root/before
	/tmp/autopkgtest-reboot again
fi
! cmp -s /proc/sys/kernel/random/boot_id /root/before
uname -m >"$AUTOPKGTEST_ARTIFACTS/machine"
"""


def autopkgtest(m):
    """autopkgtest with a package's test that needs root, reboots and leaves a process; then its artifacts."""
    top, out = (os.path.join(m.world.home, name) for name in ("tested", "tested-out"))
    files = dict(SOURCE, **{"debian/tests/smoke": TESTED, "debian/tests/control":
                            "Tests: smoke\nRestrictions: needs-root, needs-reboot\nDepends:\n"})
    for name, text in files.items():
        path = os.path.join(top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
    shutil.rmtree(out, ignore_errors=True)
    begin = time.monotonic()
    server = os.path.join(EXAMPLES, "..", "autopkgtest-virt-debwiz")
    m.world.use(["virt-server", "--offline"])
    got = m.world.run(["env", "PATH=" + os.path.dirname(DEBWIZ) + ":" + os.environ["PATH"], "autopkgtest",
                       "--no-built-binaries", "--output-dir", out, top, "--", server, m.ini, "--offline",
                       "--set", "boot.timeout=" + BOOT])
    seconds = time.monotonic() - begin
    same(got.status, 0, "status of autopkgtest:\n%s\n%s" % (got.out[-1500:], got.err[-1500:]))
    with open(os.path.join(out, "summary"), encoding="utf-8") as file:
        same(file.read().split(), ["smoke", "PASS"], "summary")
    with open(os.path.join(out, "artifacts/machine"), encoding="utf-8") as file:
        need(file.read().strip(), "an empty artifact")
    kept = os.path.join(m.world.data, "temporary", "machines")
    same([name for name in os.listdir(kept) if not name.startswith(".")], [], "what is left of them")
    return "%.0f s" % seconds


def layered(m):
    """What the base lacks is installed once, as an overlay of it, which another source with the same dependencies uses."""
    def layers():
        bases = os.path.join(m.world.data, "bases")
        return sorted(name for name in os.listdir(bases) if os.path.exists(os.path.join(bases, name, "layer.qcow2")))
    took, before = [], layers()
    for number in ("1", "2"):
        top = os.path.join(m.world.home, "layer" + number)
        for name, text in SOURCE.items():
            path = os.path.join(top, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("fakeroot,", "fakeroot, bc,").replace("\t! sudo -n true\n", "\techo 6*7 | bc | grep 42\n")
                           .replace("tiny", "tiny" + number))
        os.rename(os.path.join(top, "tiny.c"), os.path.join(top, "tiny%s.c" % number))
        begin = time.monotonic()
        m.world.debwiz("build", m.ini, top, "--set", "boot.timeout=" + BOOT, "--out", top + "-out").ok()
        took.append(time.monotonic() - begin)
    same(len(layers()) - len(before), 1, "layers")
    return "%.0f s, with the layer %.0f s" % tuple(took)


RUNNING = (("ssh: an agent's keys, words, options", options), ("ssh: forwards", forwards),
           ("cp: links, holes, times", copies), ("ssh-config, for OpenSSH itself", config),
           ("ssh --start", started), ("run", temporary), ("warm start", warm), ("build", built),
           ("build --in", built_in), ("run --keep", kept), ("build --reproducible", twice),
           ("build: a layer", layered), ("build: compiled outside", outside),
           ("build: a compiler cache", cached), ("build: compilers that this host lacks", fetched),
           ("build --watch", watched), ("virt-server, for autopkgtest itself", autopkgtest))
