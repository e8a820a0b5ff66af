#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Runs programs of this host for bridge.exe, which takes their place under Wine (bridge.c has the frames).

Drive letters in arguments become folders of this host: Z: is /, others are what the Wine prefix has. Paths that a
program gets later, as QEMU by its monitor, it finds by links with such names in its working folder.
"""
import hmac
import os
import re
import secrets
import shutil
import socket
import struct
import subprocess
import tempfile
import threading

PROGRAMS = re.compile(r"qemu-(system-[a-z0-9_]+|img)|ssh(-keygen)?")
COMPILERS = ("x86_64-w64-mingw32ucrt-gcc", "x86_64-w64-mingw32-gcc-posix")
DRIVE = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]):(?=[/\\])")


def compile_to(path, source="bridge.c"):
    """Compiles a program of this folder with the cross compiler of this host; False if it has none."""
    compiler = next(filter(shutil.which, COMPILERS), None)
    if compiler:
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), source)
        subprocess.run([compiler, "-municode", "-O1", "-Wall", "-Wextra", "-Werror", "-static", "-o", path, source,
                        "-lws2_32"], check=True)
    return bool(compiler)


class Bridge:
    """Listens from its start until close()."""

    def __init__(self, prefix, programs=None, environment=None):
        """`programs`: paths by name, for those that are not to be found in PATH."""
        self.programs = programs or {}
        self.key = secrets.token_hex(16)
        self.devices = os.path.join(prefix, "dosdevices")
        self.environment = environment
        self.folder = tempfile.mkdtemp(prefix="bridge-")
        for name in os.listdir(self.devices):
            if re.fullmatch(r"[a-z]:", name):
                for link in (name, name.upper()):
                    os.symlink(os.path.realpath(os.path.join(self.devices, name)), os.path.join(self.folder, link))
        self.server = socket.create_server(("127.0.0.1", 0))
        self.ran = []                     # the argument lists
        self.alive = set()
        self.changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def place(self):
        """The value of DEBWIZ_BRIDGE."""
        return "%d:%s" % (self.server.getsockname()[1], self.key)

    def idle(self, seconds):
        """Waits until no program runs; False if one still does then."""
        with self.changed:
            return self.changed.wait_for(lambda: not self.alive, seconds)

    def close(self):
        self.server.close()
        for program in list(self.alive):
            program.kill()
        shutil.rmtree(self.folder)

    def here(self, text):
        """The text with its drive letters replaced."""
        return DRIVE.sub(lambda m: os.path.realpath(os.path.join(self.devices, m[1].lower() + ":")).rstrip("/"), text)

    def _accept(self):
        while True:
            try:
                line = self.server.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    @staticmethod
    def _frame(line):
        """One frame's type and bytes; None at the end."""
        def exactly(n):
            got = b""
            while len(got) < n:
                piece = line.recv(n - len(got))
                if not piece:
                    raise ConnectionError
                got += piece
            return got
        try:
            kind, length = struct.unpack("<cI", exactly(5))
            return kind, exactly(length)
        except OSError:
            return None, b""

    def _serve(self, line):
        kind, key = self._frame(line)
        argv = []
        if kind == b"k" and hmac.compare_digest(key, self.key.encode()):
            kind, data = self._frame(line)
            while kind == b"a":
                argv.append(self.here(data.decode()))
                kind, data = self._frame(line)
        if kind == b"g" and argv and PROGRAMS.fullmatch(argv[0]):
            self._run(line, argv)
        line.close()                          # bridge.exe reports that it got no answer

    def _run(self, line, argv):
        lock = threading.Lock()

        def send(kind, data):
            with lock:
                try:
                    line.sendall(struct.pack("<cI", kind, len(data)) + data)
                except OSError:
                    pass                      # it was ended: so is the program

        def output(kind, pipe):
            while True:
                data = os.read(pipe.fileno(), 32768)
                if not data:
                    return
                send(kind, data)

        argv[0] = self.programs.get(argv[0], argv[0])
        try:
            program = subprocess.Popen(argv, cwd=self.folder, env=self.environment, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        except OSError as fault:
            send(b"e", ("%s: %s\n" % (argv[0], fault.strerror)).encode())
            send(b"x", b"127")
            return
        self.ran.append(argv)
        with self.changed:
            self.alive.add(program)
        threads = [threading.Thread(target=output, args=pair, daemon=True)
                   for pair in ((b"o", program.stdout), (b"e", program.stderr))]
        for thread in threads:
            thread.start()

        def ended():
            for thread in threads:
                thread.join()
            status = program.wait()
            for pipe in (program.stdout, program.stderr):
                pipe.close()
            with self.changed:
                self.alive.discard(program)
                self.changed.notify_all()
            send(b"x", b"%d" % (status if status >= 0 else 128 - status))
        threading.Thread(target=ended, daemon=True).start()
        while True:
            kind, data = self._frame(line)
            if kind != b"i":
                break
            try:
                if data:
                    program.stdin.write(data)
                    program.stdin.flush()
                else:
                    program.stdin.close()
            except (OSError, ValueError):
                pass                          # the program has closed it
        if program.poll() is None:
            program.kill()
        try:
            program.stdin.close()
        except OSError:
            pass
