# SPDX-License-Identifier: MIT
"""
How programs of this host connect to a machine: ssh with its options, a stopped machine, copies, and OpenSSH's
programs with `ssh-config`. Each check takes a running world.Machine, raises world.Failed, may return a text.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from world import BOOT, DEBWIZ, need, same, until

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


RUNNING = (("ssh: an agent's keys, words, options", options), ("ssh: forwards", forwards),
           ("cp: links, holes, times", copies), ("ssh-config, for OpenSSH itself", config),
           ("ssh --start", started), ("run", temporary), ("warm start", warm), ("run --keep", kept))
