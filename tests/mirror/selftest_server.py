# SPDX-License-Identifier: MIT
"""
The fixture server's modes, each used once and looked at byte by byte.  Run by selftest.py.
"""
import gzip
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

import faults
import server

BODY = bytes(range(256)) * 40
LIMIT = 300         # seconds; ends only what hangs
SEEN = set()


class Modes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.mkdtemp(prefix="dwserver")
        for root, body in (("one", BODY), ("two", BODY[::-1])):
            os.makedirs(os.path.join(cls.tmp, root))
            with open(os.path.join(cls.tmp, root, "f"), "wb") as out:
                out.write(body)
        cls.server = server.Server(os.path.join(cls.tmp, "one"), os.path.join(cls.tmp, "two"),
                                   tls="good", certs=os.path.join(cls.tmp, "certs")).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        shutil.rmtree(cls.tmp)

    def setUp(self):
        self.server.control({"rules": [], "root": "first", "clear_log": True})

    def rule(self, mode, **more):
        SEEN.add(mode)
        self.server.rules(dict({"match": "/f", "mode": mode}, **more))

    def get(self, path="/f", method="GET", body=None, **headers):
        """One well-behaved request: (status, headers, body)."""
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=LIMIT)
        try:
            link.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            reply = link.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            link.close()

    def raw(self, limit=1 << 30, text=None, stalls=None):
        """The bytes the server sends, and how it ended: eof, reset, limit, or timeout where nothing came
        after stalls(bytes) was true."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=LIMIT) as link:
            link.sendall(text or b"GET /f HTTP/1.1\r\nHost: x\r\n\r\n")
            got = b""
            try:
                while len(got) < limit:
                    if stalls and stalls(got):
                        link.settimeout(0.3)
                    data = link.recv(65536)
                    if not data:
                        return got, "eof"
                    got += data
                return got, "limit"
            except ConnectionResetError:
                return got, "reset"
            except socket.timeout:
                return got, "timeout"

    # ---- served well -----------------------------------------------------------------------
    def test_plain_and_conditions(self):
        status, headers, body = self.get()
        self.assertEqual((200, BODY), (status, body))
        tag = headers["ETag"]
        self.assertEqual(304, self.get(If_Modified_Since=headers["Last-Modified"])[0])
        status, ranged, body = self.get(Range="bytes=100-199", If_Range=tag)
        self.assertEqual((206, BODY[100:200]), (status, body))
        self.assertEqual(f"bytes 100-199/{len(BODY)}", ranged["Content-Range"])
        self.assertEqual(BODY[-5:], self.get(Range="bytes=-5")[2])
        self.assertEqual(200, self.get(Range="bytes=100-", If_Range='"other"')[0])
        self.assertEqual(416, self.get(Range=f"bytes={len(BODY)}-")[0])
        self.assertEqual((200, b""), self.get(method="HEAD")[::2])
        self.assertEqual(404, self.get("/none")[0])
        self.assertEqual(404, self.get("/../one/../../etc/passwd")[0])

    def test_keep_alive(self):
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=LIMIT)
        ports = set()
        for _ in range(3):
            link.request("GET", "/f")
            self.assertEqual(BODY, link.getresponse().read())
            ports.add(link.sock.getsockname()[1])
        self.assertEqual(1, len(ports))
        link.close()

    def test_control_and_log(self):
        wanted = {"rules": [{"match": "/f", "mode": "status", "code": 503, "retry_after": 7}]}
        self.assertEqual(200, self.get("/_control", "POST", json.dumps(wanted))[0])
        SEEN.add("status")
        status, headers, _ = self.get(Range="bytes=5-")
        self.assertEqual((503, "7"), (status, headers["Retry-After"]))
        log = [json.loads(l) for l in self.get("/_log")[2].decode().splitlines()]
        self.assertEqual([("/f", "bytes=5-", 503, "status")],
                         [(e["path"], e["range"], e["status"], e["mode"]) for e in log])
        self.assertEqual(1, json.loads(self.get("/_state")[2])["rules"][0]["hits"])
        self.assertEqual(400, self.get("/_control", "POST", '{"rules": [{"match": "x", '
                                       '"mode": "no-such"}]}')[0])

    def test_skip_and_times(self):
        self.rule("status", code=500, skip=1, times=2)
        self.assertEqual([200, 500, 500, 200], [self.get()[0] for _ in range(4)])

    # ---- bodies -----------------------------------------------------------------------------
    def test_endless(self):
        for framing in ("close", "chunked", "length"):
            self.rule("endless", framing=framing)
            got, how = self.raw(limit=1 << 20)
            self.assertEqual("limit", how)
            self.assertEqual(framing == "length", b"Content-Length" in got)
        self.rule("headers-endless")
        got, how = self.raw(limit=1 << 20)
        self.assertEqual("limit", how)
        self.assertNotIn(b"\r\n\r\n", got)

    def test_lengths(self):
        self.rule("no-length")
        got, how = self.raw()
        self.assertEqual((BODY, "eof"), (got.split(b"\r\n\r\n", 1)[1], how))
        self.assertNotIn(b"Content-Length", got)
        for delta in (50, -50):
            self.rule("wrong-length", delta=delta)
            got, how = self.raw()
            self.assertIn(b"Content-Length: %d" % (len(BODY) + delta), got)
            self.assertTrue(got.endswith(BODY) and how == "eof")
        self.rule("short")
        got, how = self.raw()
        self.assertEqual((BODY[:len(BODY) // 2], "eof"), (got.split(b"\r\n\r\n", 1)[1], how))
        self.rule("truncate", fraction=0.25)
        self.assertEqual(BODY[:len(BODY) // 4], self.get()[2])
        self.rule("corrupt")
        self.assertEqual(1, sum(a != b for a, b in zip(BODY, self.get()[2])))

    def test_gzip(self):
        self.rule("gzip")
        _, headers, body = self.get()
        self.assertEqual("gzip", headers["Content-Encoding"])
        self.assertEqual(BODY, gzip.decompress(body))

    def test_slow_and_stalls(self):
        self.rule("slow", rate=50, after=10)
        got, how = self.raw(limit=300)
        self.assertTrue(10 <= len(got.split(b"\r\n\r\n", 1)[1]) < 100 and how == "limit", got)
        self.rule("stall-headers")
        self.assertEqual((b"", "timeout"), self.raw(stalls=lambda _: True))
        self.rule("stall-body", fraction=0.5)

        def half(got):
            return len(got.partition(b"\r\n\r\n")[2]) >= len(BODY) // 2
        got, how = self.raw(stalls=half)
        self.assertEqual((len(BODY) // 2, "timeout"), (len(got.split(b"\r\n\r\n", 1)[1]), how))

    def test_cuts(self):
        self.rule("reset")
        got, how = self.raw()
        self.assertEqual("reset", how)
        self.rule("close")
        got, how = self.raw()
        self.assertTrue(got.endswith(BODY) and how == "eof" and b"Connection: close" not in got)
        self.rule("close-empty")
        self.assertEqual((b"", "eof"), self.raw())
        self.rule("garbage")
        self.assertTrue(self.raw(stalls=bool)[0].startswith(b"SSH-"))
        self.rule("one-chunk-error")
        self.assertIn(b"not-a-number", self.raw(stalls=lambda got: b"not-a-number" in got)[0])

    # ---- ranges -------------------------------------------------------------------------------
    def test_ranges(self):
        for mode, want in (("range-ignored", 200), ("range-416", 416), ("range-wrong", 206),
                           ("range-short", 206), ("no-etag", 206)):
            self.rule(mode)
            self.assertEqual(200, self.get()[0], mode)
            status, headers, body = self.get(Range="bytes=100-")
            self.assertEqual(want, status, mode)
            if mode == "range-wrong":
                self.assertTrue(headers["Content-Range"].startswith("bytes 93-"))
            if mode == "no-etag":
                self.assertNotIn("ETag", headers)
        tag = self.get()[1].get("ETag")
        self.rule("etag-new")
        status, headers, body = self.get(Range="bytes=100-", If_Range=tag or '"x"')
        self.assertEqual((200, '"new-1"', BODY), (status, headers["ETag"], body))
        self.rule("longer", bytes=5)
        self.assertEqual(BODY + b"L" * 5, self.get()[2])

    # ---- statuses, redirects, state ----------------------------------------------------------
    def test_redirects(self):
        for to in ("file:///etc/passwd", "ftp://x/", "{http}/f?{n}", "{https}{path}",
                   "/f%0aInjected:x"):
            self.rule("redirect", to=to)
            status, headers, _ = self.get()
            self.assertEqual(302, status)
            self.assertNotIn("{", headers["Location"])
        self.rule("login")
        status, headers, body = self.get("/f/none")
        self.assertEqual((200, "text/html"), (status, headers["Content-Type"]))
        self.rule("swap", path="/none")
        self.assertEqual(404, self.get()[0])

    def test_switch(self):
        self.rule("switch", skip=2, times=1)
        self.assertEqual([BODY, BODY, BODY[::-1], BODY[::-1]], [self.get()[2] for _ in range(4)])

    def test_auth(self):
        self.rule("auth", user="ann", password="secret")
        self.assertEqual(401, self.get()[0])
        self.assertEqual(401, self.get(Authorization="Basic YW5uOm90aGVy")[0])
        self.assertEqual(BODY, self.get(Authorization="Basic YW5uOnNlY3JldA==")[2])

    # ---- proxy and TLS ------------------------------------------------------------------------
    def test_proxy(self):
        self.assertEqual(BODY, self.get("http://deb.example.invalid/f")[2])
        entry = self.server.log()[-1]
        self.assertEqual(("proxy", "http://deb.example.invalid/f"), (entry["via"], entry["url"]))
        self.rule("proxy-auth", via="proxy")
        self.assertEqual(407, self.get("http://deb.example.invalid/f")[0])
        self.assertEqual(200, self.get()[0])
        self.server.rules({"match": "example", "mode": "proxy-auth", "via": "proxy"})
        got, _ = self.raw(text=b"CONNECT deb.example.invalid:443 HTTP/1.1\r\nHost: x\r\n\r\n",
                          stalls=lambda got: b" 407 " in got)
        self.assertIn(b" 407 ", got)

    def tls_get(self, url_port, tunnel=False, host="localhost"):
        context = ssl.create_default_context(cafile=os.path.join(self.tmp, "certs", "ca.pem"))
        port = self.server.port if tunnel else url_port
        with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as plain:
            if tunnel:
                plain.sendall(b"CONNECT mirror.test:443 HTTP/1.1\r\nHost: mirror.test\r\n\r\n")
                self.assertIn(b" 200 ", plain.recv(4096))
            with context.wrap_socket(plain, server_hostname=host) as link:
                link.sendall(b"GET /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                got = b""
                while data := link.recv(65536):
                    got += data
                return got

    def test_tls(self):
        port = self.server.tls.server_address[1]
        self.assertTrue(self.tls_get(port).endswith(BODY))
        self.assertTrue(self.tls_get(port, tunnel=True, host="mirror.test").endswith(BODY))
        for kind, why in (("expired", "expired"), ("wrong-host", "Hostname mismatch"),
                          ("self-signed", "self-signed")):
            with server.Server(os.path.join(self.tmp, "one"), tls=kind,
                               certs=os.path.join(self.tmp, "certs")) as bad:
                with self.assertRaises(ssl.SSLCertVerificationError) as caught:
                    self.tls_get(bad.tls.server_address[1])
                self.assertIn(why, str(caught.exception).replace("self signed", "self-signed"))

    # ---- helpers and the command ---------------------------------------------------------------
    def test_ports_without_answer(self):
        keep, port = server.closed_port()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        keep.close()
        holes, port = server.black_hole()
        with self.assertRaises(socket.timeout):
            socket.create_connection(("127.0.0.1", port), timeout=0.3)
        for hole in holes:
            hole.close()

    def test_command(self):
        log = os.path.join(self.tmp, "log")
        cmd = [sys.executable, os.path.abspath(server.__file__),
               "--root", os.path.join(self.tmp, "one"), "--stdin", "--log", log,
               "--tls", "good", "--certs", os.path.join(self.tmp, "certs")]
        with subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            lines = {}
            for line in child.stdout:
                if line == b"ready\n":
                    break
                name, port = line.split()
                lines[name] = int(port)
            self.assertEqual({b"http", b"https", b"closed", b"blackhole"}, set(lines))
            link = http.client.HTTPConnection("127.0.0.1", lines[b"http"], timeout=LIMIT)
            link.request("GET", "/f")
            self.assertEqual(BODY, link.getresponse().read())
            link.close()
            child.stdin.close()
            self.assertEqual(0, child.wait(LIMIT))
        with open(log, encoding="utf-8") as text:
            self.assertEqual(len(BODY), json.loads(text.readline())["bytes"])

    def test_zz_every_mode_was_used(self):
        self.assertEqual(set(faults.MODES), SEEN)


