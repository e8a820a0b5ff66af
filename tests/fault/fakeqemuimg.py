#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
A qemu-img for hosts that have none: as much of it as preparing a machine asks for.

    create -q -f qcow2 -F raw -b BASE FILE BYTES     an empty overlay (docs/interop/qcow2.txt)
    resize -q -f qcow2 FILE BYTES                    a larger one; only empty ones
It knows no other words and ends with status 1 on them.
"""
import os
import struct
import sys

CLUSTER = 16                        # bits: 64 KiB


def create(path, base, size):
    cluster = 1 << CLUSTER
    entries = -(-size // (cluster * (cluster // 8)))
    l1_clusters = -(-entries * 8 // cluster)
    # header, refcount table, one refcount block, then the L1 table
    l1_at = 3 * cluster
    used = 3 + l1_clusters
    head = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, 0, 0, CLUSTER, size, 0, entries, l1_at,
                       cluster, 1, 0, 0)
    head += struct.pack(">QQQII", 0, 0, 0, 4, 104)
    head += struct.pack(">II8s", 0xE2792ACA, 3, b"raw") + struct.pack(">II", 0, 0)
    name = base.encode()
    at = len(head)
    head = head[:8] + struct.pack(">QI", at, len(name)) + head[20:] + name
    if os.path.exists(path):
        os.unlink(path)
    with open(path, "wb") as out:
        out.write(head.ljust(cluster, b"\0"))
        out.write(struct.pack(">Q", 2 * cluster).ljust(cluster, b"\0"))
        out.write((struct.pack(">H", 1) * used).ljust(cluster, b"\0"))
        out.write(bytes(l1_clusters * cluster))


def read(path):
    with open(path, "rb") as disk:
        head = disk.read(1 << CLUSTER)
    at, length = struct.unpack(">QI", head[8:20])
    return head[at:at + length].decode()


def main():
    words = [w for w in sys.argv[1:] if w != "-q"]
    if words[:5] == ["create", "-f", "qcow2", "-F", "raw"] and words[5] == "-b":
        create(words[7], words[6], int(words[8]))
    elif words[:3] == ["resize", "-f", "qcow2"]:
        create(words[3], read(words[3]), int(words[4]))
    else:
        print("fake qemu-img: cannot " + " ".join(words), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
