# SPDX-License-Identifier: MIT
"""Machines of an existing image: one that has cloud-init, made of a machine's disk."""
import functools
import hashlib
import http.server
import os
import threading

from world import need, same


def image_of(world, path):
    """Debian with cloud-init, its identity removed as in a published image."""
    m = world.machine("amd64-trixie", name="donor", release="bookworm", profile="base", packages="cloud-init")
    m.up()
    # an empty file, as images have it: of a missing one systemd makes none while the root is read-only
    m.sh("sudo cloud-init clean 2>&1; sudo truncate -s 0 /etc/machine-id; sudo rm -f /etc/ssh/ssh_host_*; sync")
    world.debwiz("stop", m.name).ok()       # by its button: without host keys there is no ssh any longer
    world.run(["qemu-img", "convert", "-c", "-f", "qcow2", "-O", "qcow2", os.path.join(m.folder, "disk.qcow2"),
               path]).ok()


def seen(m, user):
    """Account, key, host name and host keys are those of its file."""
    same(m.sh("id -un; hostname; sudo -n id -u").split(), [user, m.name, "0"], "user, host name, sudo")
    same(m.sh("cloud-init query v1.platform").strip(), "nocloud", "cloud-init's source")
    with open(os.path.join(m.folder, "known_hosts"), encoding="ascii") as file:
        known = [line.split()[2] for line in file]
    need(m.sh("sudo cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub") in known, "it has other host keys")


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def with_disk(m, lines):
    text = m.text()
    if "image = " not in text:
        with open(m.ini, "w", encoding="utf-8") as file:
            file.write(text.replace("[disk]\n", "[disk]\n" + lines, 1))


def donated(world):
    """The folder and the path of the image, made once."""
    folder = os.path.join(world.home, "images")
    path = os.path.join(folder, "cloud.qcow2")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        image_of(world, path)
    return folder, path


def machines(world):
    """By UEFI from a file with a digest, and by direct boot from a server with SHA512SUMS."""
    folder, path = donated(world)
    with open(path, "rb") as file:
        digest = hashlib.sha512(file.read()).hexdigest()
    with open(os.path.join(folder, "SHA512SUMS"), "w", encoding="ascii") as file:
        file.write("%s  cloud.qcow2\n" % digest)
    m = world.machine("amd64-trixie", name="cloud-uefi", method="image", release="bookworm", user="carol")
    with_disk(m, "image = %s\nimage_digest = %s\n" % (path, digest))
    m.up("--trust", wait="ssh")
    seen(m, "carol")
    need("root=UUID" not in " ".join(m.command()), "QEMU gives it a kernel")
    world.debwiz("stop", m.name).ok()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        m = world.machine("amd64-trixie-direct", name="cloud-direct", method="image", release="bookworm", user="dave")
        with_disk(m, "image = http://127.0.0.1:%d/cloud.qcow2\n" % server.server_port)
        m.up("--trust", wait="ssh")
    finally:
        server.shutdown()
    seen(m, "dave")
    need("root=UUID=" in m.sh("cat /proc/cmdline"), "it was not started by QEMU's kernel")
    world.debwiz("stop", m.name).ok()
    return "%d MiB of image" % (os.path.getsize(path) >> 20)


def itself(world):
    """The image as the backing file: no copy is made, the guest writes to its overlay alone."""
    folder, cloud = donated(world)
    path = os.path.join(folder, "cloud.raw")
    world.run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", cloud, path]).ok()
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha512").hexdigest()
    before = os.stat(path)
    m = world.machine("amd64-trixie", name="cloud-itself", method="image", release="bookworm", user="erin")
    with_disk(m, "image = %s\nimage_copy = no\n" % path)
    m.up("--trust", wait="ssh")
    seen(m, "erin")
    m.sh("echo changed | sudo tee /etc/motd; sync")
    world.debwiz("stop", m.name).ok()
    need(os.path.samefile(os.path.join(m.folder, "base.raw"), path), "its base is another file")
    after = os.stat(path)
    same((after.st_size, after.st_mtime_ns, after.st_mode, after.st_nlink),
         (before.st_size, before.st_mtime_ns, before.st_mode, 2), "size, time, mode and links of the image")
    with open(path, "rb") as file:
        same(hashlib.file_digest(file, "sha512").hexdigest(), digest, "content of the image")
    return "no copy of %d MiB" % (after.st_blocks * 512 >> 20)
