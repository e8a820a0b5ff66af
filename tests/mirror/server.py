#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
A threaded HTTP/1.1 server on the loopback for tests, with faults on request (faults.py).

    server.py --root DIR [--next DIR] [--rules FILE] [--tls KIND --certs DIR] [--ipv6]
              [--log FILE] [--stdin]
Prints one line for each thing a test must know, then "ready":
    http PORT / https PORT / closed PORT (refuses) / blackhole PORT (never answers a SYN)
--next is the folder that mode "switch" goes over to; --stdin ends the server when standard input
ends, so that it cannot outlive a test that was killed.  No time is read but for Date.

Serves files with keep-alive, ETag, Last-Modified, Range, If-Range, If-Modified-Since, HEAD; lists
no folders.  As a proxy (http_proxy): a request for http://ANY.HOST/path is answered from the
same root; CONNECT ANY.HOST:443 is tunnelled to this server's own https port.

Control (always well-behaved; direct only):
    POST /_control   {"rules": [...], "root": "first"|"next", "clear_log": true}: each is optional
    GET  /_log       JSON lines: n, method, path, url, via, host, range, if_range, mode, status,
                     bytes, done
    GET  /_state     {"root": ..., "rules": [...with counts...]}
From Python: Server(root, ...) with start/stop (or "with"), url, tls_url, rules(), log().
"""
import argparse
import email.utils
import hashlib
import http.server
import json
import os
import select
import socket
import ssl
import sys
import threading
import time
import urllib.parse

import certs as certmod
import faults


class Served:
    """A file as one request gets it: data is the file, body what this answer carries."""

    def __init__(self, data, mtime, asked, etag=None):
        self.data, self.mtime, self.asked = data, mtime, asked
        self.etag = etag or '"%s"' % hashlib.sha256(data).hexdigest()[:24]
        self.modified = email.utils.formatdate(mtime, usegmt=True)
        self.status, self.start, self.body = 200, 0, data
        self.select()

    def range_asked(self):
        return self.asked.get("Range", "").startswith("bytes=")

    def select(self):
        """Apply Range and If-Range (RFC 9110, section 14): one range, else the whole file."""
        unless = self.asked.get("If-Range")
        if not self.range_asked() or (unless and unless not in (self.etag, self.modified)):
            return
        first, _, last = self.asked["Range"][6:].partition("-")
        if "," in last or not (first + last).isdigit():
            return
        total = len(self.data)
        start = int(first) if first else max(0, total - int(last))
        end = min(int(last), total - 1) if first and last else total - 1
        if start > end:
            self.status, self.body = 416, b""
            return
        self.status, self.start, self.body = 206, start, self.data[start:end + 1]

    def headers(self):
        out = {"Content-Length": str(len(self.body)), "ETag": self.etag,
               "Last-Modified": self.modified, "Accept-Ranges": "bytes",
               "Content-Type": "application/octet-stream"}
        if self.status == 206:
            end = self.start + len(self.body) - 1
            out["Content-Range"] = f"bytes {self.start}-{end}/{len(self.data)}"
        elif self.status == 416:
            out["Content-Range"] = f"bytes */{len(self.data)}"
        return out

    def with_body(self, body):
        other = Served(self.data, self.mtime, self.asked, self.etag)
        other.body = body
        return other

    def with_data(self, data):
        return Served(data, self.mtime, self.asked, self.etag)

    def fresh(self, etag):
        return Served(self.data, self.mtime + 1, self.asked, etag)

    def whole(self):
        return Served(self.data, self.mtime, {}, self.etag)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    via = "direct"

    def setup(self):
        if isinstance(self.request, ssl.SSLSocket):
            self.via = "tls"
            self.request.do_handshake()
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_):
        pass

    # ---- output that modes use -------------------------------------------------------------
    # written before the client has the bytes, so that a test can read the log immediately
    entry = None

    def send(self, data):
        self.count(len(data))
        try:
            self.wfile.write(data)
        except OSError:
            self.count(-len(data))
            raise

    def count(self, number):
        if self.entry is not None:
            self.entry["bytes"] += number

    def head(self, status, headers, reason=None):
        if self.entry is not None:
            self.entry["status"] = status
        reason = reason or http.server.BaseHTTPRequestHandler.responses.get(status, ("Fault",))[0]
        lines = [f"HTTP/1.1 {status} {reason}", "Date: " + email.utils.formatdate(usegmt=True),
                 "Server: fixture"] + [f"{k}: {v}" for k, v in headers.items()]
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape"))
        if headers.get("Connection") == "close":
            self.close_connection = True

    def plain(self, status, body, headers=None, reason=None):
        self.head(status, {"Content-Length": str(len(body)), **(headers or {})}, reason)
        if self.command != "HEAD":
            self.send(body)

    def serve(self, file):
        self.head(file.status, file.headers())
        if self.command != "HEAD":
            self.send(file.body)

    @staticmethod
    def chunk(data):
        return b"%x\r\n" % len(data) + data + b"\r\n"

    def stopping(self):
        return self.server.owner.ended.is_set()

    def wait(self, seconds):
        """Waits. Returns True if the server ends before."""
        return self.server.owner.ended.wait(seconds)

    def hold(self):
        """Say nothing until the client hangs up or the server ends."""
        self.close_connection = True
        while not self.stopping():
            ready, _, _ = select.select([self.connection], [], [], 0.05)
            if ready and not self.connection.recv(4096):
                return

    # ---- requests ------------------------------------------------------------------------------
    def find(self, path):
        clean = os.path.normpath("/" + urllib.parse.unquote(path.split("?")[0]))
        name = self.server.owner.root + clean
        if not os.path.isfile(name):
            return None
        with open(name, "rb") as body:
            return Served(body.read(), int(os.stat(name).st_mtime), self.headers)

    def serve_path(self, path=None):
        file = self.find(path or self.path)
        if file is None:
            self.plain(404, b"not found\n")
        elif "If-Modified-Since" in self.headers and not file.range_asked() and \
                self.headers["If-Modified-Since"] == file.modified:
            self.plain(304, b"", {"ETag": file.etag, "Last-Modified": file.modified})
        else:
            self.serve(file)

    def do_GET(self):
        owner = self.server.owner
        url, via = self.path, self.via
        if url.startswith(("http://", "https://")):
            via = "proxy"
            self.path = "/" + url.split("/", 3)[3] if url.count("/") > 2 else "/"
        elif self.path.startswith("/_"):
            self.control()
            return
        rule = owner.rule_list.pick(self.command, url, via)
        self.entry = owner.note(self, url, via, rule)
        try:
            file = self.find(self.path)
            if rule is None or (file is None and rule["mode"] not in faults.FILELESS):
                self.serve_path()
            else:
                faults.MODES[rule["mode"]](self, rule, file)
        except (OSError, ValueError):
            self.close_connection = True
        finally:
            self.entry["done"] = True
            owner.write_log(self.entry)

    do_HEAD = do_GET

    def do_POST(self):
        self.control()

    def do_CONNECT(self):
        """Tunnels to our own https port, for any host."""
        owner = self.server.owner
        self.close_connection = True
        rule = owner.rule_list.pick("CONNECT", self.path, "proxy")
        self.entry = owner.note(self, self.path, "proxy", rule)
        try:
            if rule is not None:
                faults.MODES[rule["mode"]](self, rule, Served(b"", 0, {}))
            elif owner.tls is None:
                self.plain(502, b"no https here\n")
            else:
                self.head(200, {}, "Connection established")
                self.tunnel(owner.tls.server_address[1])
        except (OSError, ValueError):
            pass
        finally:
            self.entry["done"] = True
            owner.write_log(self.entry)

    def tunnel(self, port):
        with socket.create_connection(("127.0.0.1", port)) as far:
            ends = {self.connection: far, far: self.connection}
            while not self.stopping():
                ready, _, _ = select.select(list(ends), [], [], 0.05)
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)
                    self.count(len(data))

    def control(self):
        owner, self.entry = self.server.owner, None
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/_log":
            self.plain(200, "".join(json.dumps(e) + "\n" for e in owner.log()).encode())
        elif self.path == "/_state":
            which = "next" if owner.root == owner.next_root else "first"
            self.plain(200, json.dumps({"root": which, "rules": owner.rule_list.rules}).encode())
        elif self.path == "/_control" and self.command == "POST":
            try:
                owner.control(json.loads(body))
                self.plain(200, b"ok\n")
            except (ValueError, KeyError, TypeError, AttributeError) as bad:
                self.plain(400, f"{bad!r}\n".encode())
        else:
            self.plain(404, b"no such control\n")


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *args):
        self.last, self.busy, self.lock = None, 0, threading.Lock()
        super().__init__(*args)

    def process_request(self, request, client_address):
        with self.lock:
            self.last, self.busy = client_address, self.busy + 1
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.lock:
                self.busy -= 1

    def settle(self, seconds):
        """Wait until all that connected before has been served or has hung up."""
        end = time.monotonic() + seconds
        # Connections are taken in their order: when ours was, those before it were.
        with socket.create_connection(self.server_address[:2], seconds) as own:
            name = own.getsockname()
        while self.last != name or self.busy:
            if time.monotonic() > end:
                raise AssertionError("clients are still connected after %d s" % seconds)
            time.sleep(0.005)

    def handle_error(self, request, client_address):
        pass                    # clients that hang up, or refuse our certificate, are the point


class Listener6(Listener):
    address_family = socket.AF_INET6


class Server:
    """The server as a Python object; every argument but root is optional."""

    def __init__(self, root, next_root=None, rules=(), tls=None, certs=None, log_file=None,
                 ipv6=False):
        self.first_root = os.path.abspath(root)
        self.next_root = os.path.abspath(next_root) if next_root else None
        self.root = self.first_root
        self.rule_list = faults.Rules(rules)
        self.entries, self.lock = [], threading.Lock()
        self.log_file, self.ended = log_file, threading.Event()
        host, kind = ("::1", Listener6) if ipv6 else ("127.0.0.1", Listener)
        self.plain = kind((host, 0), Handler)
        self.port = self.plain.server_address[1]
        self.url = f"http://{'[::1]' if ipv6 else host}:{self.port}"
        self.tls, self.tls_url = None, None
        if tls:
            certmod.make(certs)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(certs, tls + ".pem"))
            self.tls = kind((host, 0), Handler)
            # The handshake is done in the request's own thread, so a silent client blocks no one.
            self.tls.socket = context.wrap_socket(self.tls.socket, server_side=True,
                                                  do_handshake_on_connect=False)
            self.tls_url = f"https://localhost:{self.tls.server_address[1]}"
        for listener in self.listeners():
            listener.owner = self

    def listeners(self):
        return [l for l in (self.plain, self.tls) if l is not None]

    def start(self):
        for listener in self.listeners():
            threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        self.ended.set()
        for listener in self.listeners():
            listener.shutdown()
            listener.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def rules(self, *rules):
        self.rule_list.set(rules)

    def use_next(self):
        self.root = self.next_root or self.first_root

    def control(self, wanted):
        if "rules" in wanted:
            self.rule_list.set(wanted["rules"])
        if wanted.get("root") == "next":
            self.use_next()
        elif wanted.get("root") == "first":
            self.root = self.first_root
        if wanted.get("clear_log"):
            with self.lock:
                self.entries = []

    def note(self, handler, url, via, rule):
        with self.lock:
            entry = {"n": len(self.entries) + 1, "method": handler.command, "path": handler.path,
                     "url": url, "via": via, "host": handler.headers.get("Host", ""),
                     "range": handler.headers.get("Range", ""),
                     "if_range": handler.headers.get("If-Range", ""),
                     "mode": rule["mode"] if rule else "", "status": 0, "bytes": 0, "done": False}
            self.entries.append(entry)
        return entry

    def write_log(self, entry):
        if self.log_file:
            with self.lock, open(self.log_file, "a", encoding="utf-8") as out:
                out.write(json.dumps(entry) + "\n")

    def log(self):
        with self.lock:
            return [dict(e) for e in self.entries]

    def fresh_log(self):
        """Empty the log, when what clients that have ended still had under way is in it."""
        for listener in self.listeners():
            listener.settle(20)
        self.control({"clear_log": True})


def closed_port(family=socket.AF_INET):
    """A bound socket without listen(): connections are refused while it exists."""
    keep = socket.socket(family)
    keep.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    return keep, keep.getsockname()[1]


def black_hole(address="127.0.0.1", port=0):
    """Sockets whose listener has a full backlog: further connects get no answer (Linux)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    hole = socket.socket(family)
    hole.bind((address, port))
    hole.listen(0)
    keep = [hole]
    for _ in range(4):
        client = socket.socket(family)
        client.setblocking(False)
        client.connect_ex(hole.getsockname())
        keep.append(client)
    return keep, hole.getsockname()[1]


def main():
    parser = argparse.ArgumentParser(description="fixture HTTP server")
    parser.add_argument("--root", required=True)
    parser.add_argument("--next")
    parser.add_argument("--rules")
    parser.add_argument("--tls", choices=certmod.KINDS)
    parser.add_argument("--certs")
    parser.add_argument("--log")
    parser.add_argument("--ipv6", action="store_true")
    parser.add_argument("--stdin", action="store_true")
    args = parser.parse_args()
    if args.tls and not args.certs:
        parser.error("--tls needs --certs DIR")
    rules = []
    if args.rules:
        with open(args.rules, encoding="utf-8") as text:
            rules = json.load(text)
    server = Server(args.root, args.next, rules, args.tls, args.certs, args.log, args.ipv6).start()
    closed, hole = closed_port(), black_hole()
    print("http", server.port)
    if server.tls:
        print("https", server.tls.server_address[1])
    print("closed", closed[1])
    print("blackhole", hole[1])
    print("ready", flush=True)
    try:
        if args.stdin:
            while sys.stdin.buffer.read(4096):
                pass
        else:
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        pass
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
