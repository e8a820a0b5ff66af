#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Redirects, login pages and proxies, TLS."""
import os
import re
import socket
import unittest

import lib
import server as servermod

NAMED = "http://mirror.test"        # a public name: it is only ever asked of our proxy


class Network(lib.Case):
    @staticmethod
    def make():
        return lib.World(("bookworm",))

    def proxied(self, *rules, **how):
        """A box that asks for a public name by way of its own server."""
        box = self.own(*rules, **how)
        box.env["http_proxy"] = box.server.url
        box.url = NAMED
        return box

    def refuse(self, box, ids, status=4, **how):
        result = box.prepare()
        self.z(box, result, ids, status, **how)
        self.assertEqual(result.failed_step(), "release")
        self.assertEqual(box.cached(), [])
        return result

    # ---- redirects
    def test_redirects_refused(self):
        def to(target, make=self.own, **how):
            return lambda: self.refuse(make({"match": "/debian/", "mode": "redirect",
                                             "to": target, "code": 301}, **how), "http-redirect")
        lib.together(
            to("{http}{path}", tls="good"),
            to("file:///etc/passwd"), to("ftp://mirror.test{path}"),
            to("http://127.0.0.1:1{path}", self.proxied),
            to("http://[::1]:1{path}", self.proxied),
            to("http://localhost{path}", self.proxied))
        # "%0a" would end a line of another protocol's request
        self.refuse(self.own({"match": "/debian/", "mode": "redirect",
                              "to": "{http}/x%0aSET%20evil"}), "http-redirect")

    def test_redirect_loop(self):
        box = self.own({"match": "/debian/", "mode": "redirect", "to": "{http}/debian/loop{n}"})
        self.refuse(box, "http-redirect")
        self.assertEqual(len(box.server.log()), 6, "the first and five more")

    def test_redirects_followed(self):
        """The control: to another path, to another name, and from http to https."""
        box = self.own({"match": r"/debian/pool/.*bash_", "mode": "redirect",
                        "to": "{http}/debian/../{path}", "times": 1},
                       {"match": r"InRelease", "mode": "redirect", "to": "{https}{path}",
                        "via": "direct"}, tls="good")
        box.url = box.server.url
        self.good(box, box.prepare())
        box = self.proxied({"match": r"mirror\.test/", "mode": "redirect",
                            "to": "http://other.test{path}"})
        self.good(box, box.prepare())

    # ---- a login page instead of the mirror
    def test_login_page(self):
        self.refuse(self.own({"match": "InRelease", "mode": "login"}), "http-login-page")
        box = self.own({"match": "binary-armhf", "mode": "login"})
        self.assertIn(box.prepare().id, ("http-login-page", "mirror-updating"))
        box = self.own({"match": "bash_", "mode": "login"})
        result = box.prepare()
        self.assertEqual(result.status, 4, str(result))
        self.assertFalse(os.path.exists(box.cached(self.pool("bash"))))
        box.server.rules()
        self.recovers(box)

    def test_password(self):
        """A mirror that requires a password gets it from ~/.netrc; it is nowhere else."""
        box = self.own({"match": "/debian/", "mode": "auth", "user": "ann", "password": "geheim"})
        error = self.refuse(box, "http-status").error
        self.assertIn("401", error["text"])
        self.assertIn("~/.netrc", error["hint"])
        netrc = os.path.join(box.home, ".netrc")
        with open(netrc, "w", encoding="utf-8") as out:
            out.write("machine 127.0.0.1 login ann password geheim\n")
        os.chmod(netrc, 0o600)
        result = box.prepare()
        self.good(box, result)
        self.assertNotIn("geheim", result.out + result.err)
        with open(os.path.join(box.machine, "seed.iso"), "rb") as seed:
            self.assertNotIn(b"geheim", seed.read())

    def test_proxies(self):
        texts = []

        def wants_login():
            error = self.refuse(self.proxied({"match": "InRelease", "mode": "proxy-auth"}),
                                "http-proxy-auth").error
            self.assertRegex(error["hint"], "http_proxy.*https_proxy")  # mirror.proxy takes none
            texts.append(error["text"])

        def refused():
            keep, port = servermod.closed_port()
            self.addCleanup(keep.close)
            box = self.own()
            box.url, box.env["http_proxy"] = NAMED, "http://user:geheim@127.0.0.1:%d" % port
            result = self.refuse(box, "http-proxy")
            self.assertNotIn("geheim", result.out + result.err, "no password in a message")
            texts.append(result.error["text"])

        def cuts():
            texts.append(self.refuse(self.proxied({"match": "InRelease", "mode": "close-empty"}),
                                     "http-cut").error["text"])

        def no_name():
            box = self.own()
            box.url = "http://nothing.invalid"
            texts.append(self.refuse(box, "http-dns").error["text"])

        def closed():
            keep, port = servermod.closed_port()
            self.addCleanup(keep.close)
            box = self.own()
            box.url = "http://127.0.0.1:%d" % port
            texts.append(self.refuse(box, "http-refused").error["text"])

        def around():
            """NO_PROXY: the same dead proxy, but not for this host."""
            keep, port = servermod.closed_port()
            self.addCleanup(keep.close)
            box = self.own()
            box.env.update(http_proxy="http://127.0.0.1:%d" % port, no_proxy="127.0.0.1")
            self.good(box, box.prepare())
        lib.together(wants_login, refused, cuts, no_name, closed, around)
        self.assertEqual(len({re.sub(r"\d+", "", t) for t in texts}), 5,
                         "five faults, five messages: %s" % texts)

    def test_proxy_control(self):
        box = self.proxied()
        self.good(box, box.prepare())
        self.assertEqual({e["via"] for e in box.server.log()}, {"proxy"})
        other = self.own(mirror_proxy=self.world.server.url)
        other.url = NAMED
        self.good(other, other.prepare())

    @unittest.skipUnless(lib.can_mount(), "no user name spaces here: a name of two addresses")
    def test_dead_ipv6(self):
        """A name that is ::1 first, without a listener or an answer: IPv4 is used."""
        def look(addresses, silent=False):
            box = self.own()
            port = int(box.url.rpartition(":")[2])
            if silent:
                keep, _ = servermod.black_hole("::1", port)
                self.addCleanup(lambda: [s.close() for s in keep])
            hosts = os.path.join(box.root, "hosts")
            with open(hosts, "w", encoding="ascii") as out:
                out.write("".join("%s both.test\n" % a for a in addresses))
            box.url = "http://both.test:%d" % port
            box.env["DEBWIZ_STALL"] = "600"     # longer than a run may take: only the other address helps
            return box, box.prepare(wrap=("unshare", "-Urm", "sh", "-c", 'mount --bind "$1" /etc/hosts'
                                          ' && shift && exec "$@"', "sh", hosts))

        def works(*how):
            box, result = look(*how)
            self.good(box, result)

        def alone():
            box, result = look(["::1"])
            self.z(box, result, "http-refused", 4)
        try:
            servermod.closed_port(socket.AF_INET6)[0].close()
        except OSError as e:
            raise unittest.SkipTest("no IPv6 on this host's loopback") from e
        lib.together(lambda: works(["127.0.0.1"]), alone, lambda: works(["::1", "127.0.0.1"]),
                     lambda: works(["::1", "127.0.0.1"], True))

    # ---- TLS
    def test_tls(self):
        def kind(name):
            return lambda: self.refuse(self.own(tls=name), "tls-certificate")

        def no_bundle():
            box = self.own(tls="good")
            box.env["SSL_CERT_FILE"] = os.path.join(box.root, "none.pem")
            self.refuse(box, "tls-ca", 3)

        def control():
            box = self.own(tls="good")
            self.good(box, box.prepare())
        lib.together(control, kind("expired"), kind("wrong-host"), kind("self-signed"), no_bundle)

    def test_nothing_turns_verification_off(self):
        for folder, _, files in os.walk(os.path.join(lib.SRC, "src")):
            for name in (n for n in files if n.endswith((".c", ".h"))):
                with open(os.path.join(folder, name), encoding="utf-8") as text:
                    self.assertNotRegex(text.read(), r"SSL_VERIFY(PEER|HOST)", name)


if __name__ == "__main__":
    lib.main()
