# SPDX-License-Identifier: MIT
"""
What the fixture server can do wrong: rules that pick a mode for a request, and the modes.

A rule is a JSON object:
    {"match": "REGEX searched in the path (in the whole URL for proxied requests)",
     "mode": "NAME", "skip": N, "times": N, "method": "GET", "via": "direct|proxy|tls",
     ...the mode's own settings}
skip lets the first N matching requests pass; times ends the rule after N hits (0: never).  The
first live rule that matches decides; a request that none matches is served well.

A mode is a function (handler, rule, file) called when the request is parsed and the file (a
server.Served, or None where there is none) is known; it answers by the handler's raw output.
Settings, by mode:
  body     endless {framing: close|chunked|length}, no-length, wrong-length {delta}, gzip,
           slow {rate, after, pad}, stall-headers, stall-body {fraction}, reset {fraction},
           short {fraction}, close, close-empty, corrupt {at}, truncate {fraction}, garbage,
           one-chunk-error, headers-endless
  ranges   range-ignored, range-416, range-wrong, range-short, etag-new, longer {bytes}, no-etag
  status   status {code, retry_after, headers, reason}, login, redirect {to, code}, proxy-auth,
           auth {user, password}
  state    switch (to the next root, then serve), swap {path} (serve another file's bytes)
"to" of redirect may hold {http} {https} {path} {n}: base URLs of this server, path, hit number.
fraction is of what would have been sent.  Stalls end when the client leaves or the server stops.
"""
import base64
import gzip
import os
import re
import socket
import struct
import threading

LOGIN = (b"<!DOCTYPE html><html><head><title>Welcome to Free WiFi</title></head>"
         b"<body><form action=/login>Please log in</form></body></html>\n")


class Rules:
    """The list of rules with their counts; safe to change while requests run."""

    def __init__(self, rules=()):
        self.lock = threading.Lock()
        self.set(rules)

    def set(self, rules):
        rules = [dict(r, seen=0, hits=0) for r in rules]
        for rule in rules:
            re.compile(rule["match"])
            if rule["mode"] not in MODES:
                raise KeyError("unknown mode " + rule["mode"])
        with self.lock:
            self.rules = rules

    def pick(self, method, url, via):
        """The rule for a request, counted, as a copy; or None."""
        with self.lock:
            for rule in self.rules:
                if not re.search(rule["match"], url):
                    continue
                if rule.get("method", method) != method or rule.get("via", via) != via:
                    continue
                rule["seen"] += 1
                if rule["seen"] <= rule.get("skip", 0):
                    continue
                if rule.get("times", 0) and rule["hits"] >= rule["times"]:
                    continue
                rule["hits"] += 1
                return dict(rule)
        return None


MODES = {}
# Modes that need no file: they answer for paths that do not exist, too.
FILELESS = ("status", "login", "redirect", "proxy-auth", "auth", "switch", "swap", "stall-headers",
            "close-empty", "garbage", "headers-endless")


def mode(name):
    def add(function):
        MODES[name] = function
        return function
    return add


def part(rule, file, default=0.5):
    return int(len(file.body) * rule.get("fraction", default))


def abort(handler):
    """End with RST instead of FIN."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    os.close(handler.connection.detach())


# ---- bodies -------------------------------------------------------------------------------------
@mode("endless")
def endless(handler, rule, file):
    framing = rule.get("framing", "close")
    headers = file.headers()
    if framing != "length":
        del headers["Content-Length"]
    if framing == "chunked":
        headers["Transfer-Encoding"] = "chunked"
    headers["Connection"] = "close"
    handler.head(file.status, headers)
    handler.send(handler.chunk(file.body) if framing == "chunked" else file.body)
    block = b"x" * 65536
    while not handler.stopping():
        handler.send(handler.chunk(block) if framing == "chunked" else block)


@mode("no-length")
def no_length(handler, _rule, file):
    headers = file.headers()
    del headers["Content-Length"]
    handler.head(file.status, dict(headers, Connection="close"))
    handler.send(file.body)
    handler.close_connection = True


@mode("wrong-length")
def wrong_length(handler, rule, file):
    length = max(0, len(file.body) + rule.get("delta", 100))
    handler.head(file.status, dict(file.headers(), **{"Content-Length": str(length),
                                                      "Connection": "close"}))
    handler.send(file.body)
    handler.close_connection = True


@mode("gzip")
def gzipped(handler, _rule, file):
    body = gzip.compress(file.body, mtime=0)
    handler.head(200, dict(file.headers(), **{"Content-Encoding": "gzip",
                                              "Content-Length": str(len(body))}))
    handler.send(body)


@mode("slow")
def slow(handler, rule, file):
    rate, after = rule.get("rate", 1), rule.get("after", 0)
    if rule.get("pad"):
        file = file.with_body(file.body + b"\n" * rule["pad"])
    handler.head(file.status, file.headers())
    handler.send(file.body[:after])
    step = max(1, rate // 10)
    for at in range(after, len(file.body), step):
        if handler.wait(step / rate):
            return
        handler.send(file.body[at:at + step])


@mode("stall-headers")
def stall_headers(handler, _rule, _file):
    handler.hold()


@mode("stall-body")
def stall_body(handler, rule, file):
    handler.head(file.status, file.headers())
    handler.send(file.body[:part(rule, file)])
    handler.hold()


@mode("headers-endless")
def headers_endless(handler, _rule, _file):
    handler.send(b"HTTP/1.1 200 OK\r\n")
    while not handler.stopping():
        handler.send(b"X-Pad: " + b"a" * 1000 + b"\r\n")


@mode("reset")
def reset(handler, rule, file):
    handler.head(file.status, file.headers())
    handler.send(file.body[:part(rule, file)])
    handler.wait(0.05)          # let the client read what came before, RST drops the rest
    abort(handler)


@mode("short")
def short(handler, rule, file):
    handler.head(file.status, file.headers())
    handler.send(file.body[:part(rule, file)])
    handler.close_connection = True


@mode("one-chunk-error")
def chunk_error(handler, _rule, file):
    headers = file.headers()
    del headers["Content-Length"]
    handler.head(200, dict(headers, **{"Transfer-Encoding": "chunked"}))
    handler.send(handler.chunk(file.body[:100]) + b"not-a-number\r\n")
    handler.close_connection = True


@mode("truncate")
def truncate(handler, rule, file):
    handler.serve(file.with_body(file.body[:part(rule, file)]))


@mode("corrupt")
def corrupt(handler, rule, file):
    body = bytearray(file.body)
    if body:
        body[min(rule.get("at", len(body) // 2), len(body) - 1)] ^= 1
    handler.serve(file.with_body(bytes(body)))


@mode("close")
def close(handler, _rule, file):
    """Serve well and promise to stay, then hang up."""
    handler.serve(file)
    handler.close_connection = True


@mode("close-empty")
def close_empty(handler, _rule, _file):
    handler.close_connection = True


@mode("garbage")
def garbage(handler, _rule, _file):
    handler.send(b"SSH-2.0-NotHTTP\r\n" + bytes(range(256)))
    handler.close_connection = True


# ---- ranges -------------------------------------------------------------------------------------
@mode("range-ignored")
def range_ignored(handler, _rule, file):
    handler.serve(file.whole())


@mode("range-416")
def range_416(handler, _rule, file):
    if file.range_asked():
        handler.plain(416, b"", {"Content-Range": f"bytes */{len(file.data)}"})
    else:
        handler.serve(file)


@mode("range-wrong")
def range_wrong(handler, _rule, file):
    """206 whose Content-Range names another start than was asked, with bytes to match."""
    headers = file.headers()
    if file.status == 206:
        start = max(0, file.start - 7)
        headers["Content-Range"] = f"bytes {start}-{len(file.data) - 1}/{len(file.data)}"
        file = file.with_body(file.data[start:])
        headers["Content-Length"] = str(len(file.body))
    handler.head(file.status, headers)
    handler.send(file.body)


@mode("range-short")
def range_short(handler, _rule, file):
    """206 that says a total other than the file's."""
    headers = file.headers()
    if file.status == 206:
        end = len(file.data) - 1
        headers["Content-Range"] = f"bytes {file.start}-{end}/{len(file.data) * 2}"
    handler.head(file.status, headers)
    handler.send(file.body)


@mode("etag-new")
def etag_new(handler, rule, file):
    handler.serve(file.fresh(f'"new-{rule["hits"]}"'))


@mode("no-etag")
def no_etag(handler, _rule, file):
    headers = file.headers()
    for name in ("ETag", "Last-Modified"):
        headers.pop(name, None)
    handler.head(file.status, headers)
    handler.send(file.body)


@mode("longer")
def longer(handler, rule, file):
    handler.serve(file.with_data(file.data + b"L" * rule.get("bytes", 1000)))


# ---- statuses -----------------------------------------------------------------------------------
@mode("status")
def status(handler, rule, _file):
    headers = dict(rule.get("headers", {}))
    if "retry_after" in rule:
        headers["Retry-After"] = str(rule["retry_after"])
    handler.plain(rule.get("code", 500), rule.get("body", "fault\n").encode(), headers,
                  rule.get("reason"))


@mode("login")
def login(handler, _rule, _file):
    handler.plain(200, LOGIN, {"Content-Type": "text/html"})


@mode("redirect")
def redirect(handler, rule, _file):
    base = handler.server.owner
    to = rule["to"]
    for key, value in (("{http}", base.url), ("{https}", base.tls_url or ""),
                       ("{path}", handler.path), ("{n}", str(rule["hits"]))):
        to = to.replace(key, value)
    handler.plain(rule.get("code", 302), b"moved\n", {"Location": to})


@mode("proxy-auth")
def proxy_auth(handler, _rule, _file):
    handler.plain(407, b"login\n", {"Proxy-Authenticate": 'Basic realm="fixture"'})


@mode("auth")
def auth(handler, rule, _file):
    """Serve well to whoever has the password."""
    words = base64.b64encode(("%s:%s" % (rule["user"], rule["password"])).encode()).decode()
    if handler.headers.get("Authorization") == "Basic " + words:
        handler.serve_path()
    else:
        handler.plain(401, b"login\n", {"WWW-Authenticate": 'Basic realm="fixture"'})


# ---- state --------------------------------------------------------------------------------------
@mode("switch")
def switch(handler, _rule, _file):
    handler.server.owner.use_next()
    handler.serve_path()


@mode("swap")
def swap(handler, rule, _file):
    handler.serve_path(rule["path"])
