# SPDX-License-Identifier: MIT
"""
TLS certificates for the fixture server, made by openssl at run time.

Output: DIR/ca.pem (give it to the client as its CA bundle) and DIR/KIND.pem (key and certificate
together) for each KIND:
    good         signed by the fixture CA, for localhost, mirror.test, 127.0.0.1 and ::1
    expired      the same, but ended yesterday
    wrong-host   the same, but for elsewhere.test alone
    self-signed  for the right names, signed by itself
Nothing else is touched; no certificate outlives ten days.
"""
import os
import subprocess
import time

KINDS = ("good", "expired", "wrong-host", "self-signed")
NAMES = "DNS:localhost,DNS:mirror.test,IP:127.0.0.1,IP:::1"
CONFIG = """
[ca]
default_ca = fixture
[fixture]
new_certs_dir = .
database = index.txt
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
[req]
distinguished_name = dn
prompt = no
[dn]
CN = fixture
[leaf]
basicConstraints = CA:FALSE
subjectAltName = %s
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
"""


def asn1(when):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(when))


def openssl(folder, *args):
    done = subprocess.run(["openssl", *args], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise RuntimeError("openssl %s: %s" % (args[0], done.stderr.decode()))


def make(folder):
    """Makes the CA and every kind of certificate in folder, unless they exist."""
    if os.path.exists(os.path.join(folder, KINDS[-1] + ".pem")):
        return
    os.makedirs(folder, exist_ok=True)
    open(os.path.join(folder, "index.txt"), "w", encoding="ascii").close()
    for name, alt in (("ca", NAMES), ("leaf", NAMES), ("else", "DNS:elsewhere.test")):
        with open(os.path.join(folder, name + ".cnf"), "w", encoding="ascii") as out:
            out.write(CONFIG % alt)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(folder, "req", "-x509", *curve, "-config", "ca.cnf", "-extensions", "root",
            "-subj", "/CN=fixture CA", "-days", "10", "-keyout", "ca.key", "-out", "ca.pem")
    now = time.time()
    for kind in KINDS:
        config = "else.cnf" if kind == "wrong-host" else "leaf.cnf"
        key, crt = kind + ".key", kind + ".crt"
        if kind == "self-signed":
            openssl(folder, "req", "-x509", *curve, "-config", config, "-extensions", "leaf",
                    "-subj", "/CN=localhost", "-days", "10", "-keyout", key, "-out", crt)
        else:
            end = now - 86400 if kind == "expired" else now + 10 * 86400
            openssl(folder, "req", "-new", *curve, "-config", config, "-subj", "/CN=localhost",
                    "-keyout", key, "-out", kind + ".csr")
            openssl(folder, "ca", "-batch", "-notext", "-config", config, "-keyfile", "ca.key",
                    "-cert", "ca.pem", "-startdate", asn1(now - 5 * 86400), "-enddate", asn1(end),
                    "-in", kind + ".csr", "-out", crt)
        with open(os.path.join(folder, kind + ".pem"), "wb") as out:
            for part in (key, crt):
                with open(os.path.join(folder, part), "rb") as body:
                    out.write(body.read())
