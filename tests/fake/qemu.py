#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A QEMU that plays a script instead of a machine.

    qemu.py SCRIPT [QEMU's own arguments]

It opens the pipes PATH.in and PATH.out of each `-chardev pipe,id=NAME,path=PATH` that it is given,
listens on the socket of each `-chardev socket,id=NAME,path=PATH,...`, or on the TCP port of each `-chardev
socket,id=NAME,host=127.0.0.1,port=N,...`, takes one client on each, and obeys the script, a command a line (# begins a comment):

    listen NAME...         listen on these sockets only (without it: all, immediately)
    greet                  QEMU's greeting on qmp
    caps                   greet, and answer qmp_capabilities
    up                     caps, and answer cont
    S TEXT                 a line on qmp, as it is; {id} is the last command's id
    bytes N TEXT           N times TEXT on qmp, without a line end
    lines N TEXT           N times TEXT as lines on qmp
    C NAME                 the next command must be NAME, else exit 99
    has TEXT               its line must hold that text, else exit 99
    until NAME JSON        answer each command with {"return": JSON} until NAME is one
    R [JSON]               answer the last command with {"return": JSON or {}}
    X TEXT                 answer the last command with an error
    E NAME [JSON]          an event with that data
    serial TEXT            on the serial line; \\n \\r \\x1b as in Python
    flood N TEXT           N times TEXT on the serial line
    progress TEXT          a line on the progress port
    hear NAME TEXT         the next line that comes on that connection must begin so, else exit 99
    stderr N TEXT          N times TEXT as lines on standard error
    wait MS                do nothing for that long
    client                 wait until the test listens: for a file of that name beside the sockets
    file NAME              wait for a file of that name beside the sockets
    deaf                   SIGTERM does nothing from now on
    read N                 read N bytes of /dev/zero
    state                  take the file of a guest's state: by getfd, or from 8.2 on not before migrate
    fill N                 write N bytes into the file that was handed over or named last
    disk PATH              that file's content is what the guest has written to its disk
    again                  wait until all clients have gone; take the next ones
    close NAME             close that connection
    hold                   read commands and answer nothing, until the end comes from outside
    serve                  answer each command with {}, until one is quit
    lose                   on TCP lines: end with status 1, with the monitor's port taken; the next start continues
    argv                   print the arguments as JSON on standard error
    exit N | kill N        end with that status, or by that signal

FAKE_QEMU_VERSION in the environment is its version (7.2).
"""
import json
import os
import select
import signal
import socket
import subprocess
import sys


VERSION = tuple(int(n) for n in os.environ.get("FAKE_QEMU_VERSION", "7.2").split("."))


class Fake:
    def __init__(self, argv):
        self.argv = argv
        self.paths = {}         # of sockets; a number is a TCP port
        self.folder = None      # of the lines
        self.pipes = {}
        for option, value in zip(argv, argv[1:]):
            if option == "-chardev":
                pairs = dict(p.split("=", 1) for p in value.replace(",,", "\0").split(",") if "=" in p)
                path = pairs.get("path", "").replace("\0", ",")
                if "fd" in pairs:       # a TPM: reports it there
                    os.write(int(pairs["fd"]), b"QEMU")
                elif "port" in pairs:
                    self.paths[pairs["id"]] = int(pairs["port"])
                elif value.startswith("pipe,"):
                    self.pipes[pairs["id"]] = [os.open(path + end, os.O_RDWR) for end in (".in", ".out")]
                else:
                    self.paths[pairs["id"]] = path
                    self.folder = os.path.dirname(path)
            elif option == "-object" and value.startswith("tls-creds-psk,"):
                self.folder = value.partition(",dir=")[2].replace(",,", ",")
        self.servers = {}
        self.clients = {}
        self.pending = b""
        self.last = None
        self.fds = []

    def listen(self, names):
        for name in names:
            if isinstance(self.paths[name], int):
                sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
                import psk      # loads OpenSSL
                self.servers[name] = psk.Server(self.paths[name], self.folder)
                continue
            server = socket.socket(socket.AF_UNIX)
            server.bind(self.paths[name])
            server.listen(1)
            self.servers[name] = server

    def client(self, name):
        if not self.servers:
            self.listen(self.paths)
        if name not in self.clients:
            self.clients[name] = self.servers[name].accept()[0]
        return self.clients[name]

    def put(self, name, data):
        try:
            if name in self.pipes:
                os.write(self.pipes[name][1], data)
            else:
                self.client(name).sendall(data)
        except OSError:
            pass

    def say(self, value):
        self.put("qmp", json.dumps(value).encode() + b"\r\n")

    def read(self):
        if self.servers and "qmp" not in self.servers:
            return None
        while b"\n" not in self.pending:
            client = self.client("qmp")
            if isinstance(client, socket.socket):
                data, fds = socket.recv_fds(client, 65536, 4)[:2]
                self.fds += fds
            else:
                data = client.recv(65536)
            if not data:
                return None
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        self.last = json.loads(line)
        return self.last["execute"]

    def expect(self, name):
        got = self.read()
        if got != name:
            print("fake: wanted %s, got %s" % (name, got), file=sys.stderr)
            os._exit(99)

    def answer(self, value):
        self.say({"return": value, "id": self.last["id"]})

    def do(self, word, rest):
        if word == "listen":
            self.listen(rest.split())
        elif word == "greet":
            self.say({"QMP": {"version": {"qemu": {"major": VERSION[0], "minor": VERSION[1], "micro": 0}},
                              "capabilities": ["oob"], "surprise": None}})
        elif word == "caps":
            self.do("greet", "")
            self.expect("qmp_capabilities")
            self.answer({})
        elif word == "up":
            self.do("caps", "")
            self.expect("cont")
            self.answer({})
        elif word == "S":
            last = self.last["id"] if self.last else 0
            self.put("qmp", text(rest).replace(b"{id}", str(last).encode()) + b"\r\n")
        elif word in ("bytes", "lines", "flood", "stderr"):
            count, what = rest.split(" ", 1)
            end = b"" if word in ("bytes", "flood") else b"\n"
            self.many("serial" if word == "flood" else word, int(count), text(what) + end)
        elif word == "C":
            self.expect(rest)
        elif word == "has":
            if rest not in json.dumps(self.last):
                print("fake: %s is not in %s" % (rest, json.dumps(self.last)), file=sys.stderr)
                os._exit(99)
        elif word == "until":
            name, _, value = rest.partition(" ")
            while self.read() not in (name, None):
                self.answer(json.loads(value))
        elif word == "R":
            self.answer(json.loads(rest or "{}"))
        elif word == "X":
            self.say({"error": {"class": "GenericError", "desc": rest}, "id": self.last["id"]})
        elif word == "E":
            name, _, data = rest.partition(" ")
            event = {"event": name, "timestamp": {"seconds": 1, "microseconds": 2}}
            if data:
                event["data"] = json.loads(data)
            self.say(event)
        elif word == "serial":
            self.put("serial", text(rest))
        elif word == "progress":
            self.put("progress", text(rest) + b"\n")
        elif word == "hear":
            name, _, wanted = rest.partition(" ")
            line = b""
            while not line.endswith(b"\n"):
                line += self.client(name).recv(1) or b"(the end)\n"
            if not line.startswith(wanted.encode()):
                print("fake: wanted %s, heard %r" % (wanted, line), file=sys.stderr)
                os._exit(99)
        elif word == "wait":
            select.select([], [], [], int(rest) / 1000)
        elif word in ("client", "file"):
            mark = os.path.join(self.folder, rest or "client")
            while not os.path.exists(mark):
                select.select([], [], [], 0.005)
        elif word == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        elif word == "read":
            with open("/dev/zero", "rb", 0) as zero:
                left = int(rest)
                while left:
                    left -= len(zero.read(min(left, 65536)))
        elif word == "fill":
            uri = self.last.get("arguments", {}).get("uri", "")
            if uri.startswith("file:"):
                self.fds.append(os.open(uri[5:], os.O_WRONLY | os.O_TRUNC))
            os.write(self.fds[-1], b"x" * int(rest))
        elif word == "state":
            if VERSION < (8, 2):
                self.expect("getfd")
                self.answer({})
        elif word == "disk":
            nodes = [json.loads(v) for o, v in zip(self.argv, self.argv[1:]) if o == "-blockdev"]
            disk = next(n["file"]["filename"] for n in nodes if n["node-name"] == "disk")
            subprocess.run(["cp", "--sparse=always", rest, disk], check=True)
        elif word == "again":
            for name in self.servers:
                try:
                    while self.client(name).recv(65536):
                        pass
                except ConnectionResetError:    # it was killed before it read the last answer
                    pass
                self.clients.pop(name).close()
            self.pending = b""
        elif word == "close":
            self.client(rest).close()
        elif word == "hold":
            while True:
                if self.read() is None:
                    signal.pause()
        elif word == "serve":
            while self.read() not in ("quit", None):
                self.answer({})
            self.answer({})
            self.do("E", 'SHUTDOWN {"guest": false, "reason": "host-qmp-quit"}')
        elif word == "lose":
            self.lose()
        elif word == "argv":
            print(json.dumps(self.argv), file=sys.stderr, flush=True)
        elif word == "exit":
            sys.stderr.flush()
            os._exit(int(rest))
        elif word == "kill":
            signal.signal(int(rest), signal.SIG_DFL) if int(rest) != 9 else None
            os.kill(os.getpid(), int(rest))
        else:
            raise ValueError(word)

    def lose(self):
        """A child has the port until the next start."""
        won = os.path.join(self.folder, "won")
        if not isinstance(self.paths.get("qmp"), int):
            return
        if os.path.exists(won + ".lost"):
            open(won, "w", encoding="utf-8").close()
            return
        other = socket.socket()
        other.bind(("127.0.0.1", self.paths["qmp"]))
        other.listen(1)
        open(won + ".lost", "w", encoding="utf-8").close()
        if os.fork():
            print("qemu: Failed to bind socket: Address already in use", file=sys.stderr, flush=True)
            os._exit(1)
        os.closerange(0, 3)     # the supervisor reads them to their end
        for _ in range(600):
            if os.path.exists(won):
                break
            select.select([], [], [], 0.1)
        os._exit(0)

    def many(self, where, count, piece):
        block = max(1, 65536 // len(piece))
        while count:
            some = min(block, count)
            if where == "stderr":
                os.write(2, piece * some)
            else:
                self.put("serial" if where == "serial" else "qmp", piece * some)
            count -= some


def text(s):
    return s.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1")


def main():
    fake = Fake(sys.argv[2:])
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    with open(sys.argv[1], encoding="utf-8") as script:
        lines = [line.rstrip("\n") for line in script]
    for line in lines:
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            fake.do(word, rest)
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
