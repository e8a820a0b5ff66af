# SPDX-License-Identifier: MIT
"""A machine with Secure Boot and a TPM: what its kernel says of them, also after a suspension."""
from world import need, same

PCRS = "sudo cat /sys/class/tpm/tpm0/pcr-sha256/[047]"


def seen(m, pcrs=None):
    """The firmware's word, the kernel's, and registers that only a TPM which answers has; returns these."""
    same(m.sh("mokutil --sb-state").strip(), "SecureBoot enabled", "mokutil")
    need("secureboot: Secure boot enabled" in m.sh("sudo dmesg"), "the kernel does not say that Secure Boot is enabled")
    need("[integrity]" in m.sh("sudo cat /sys/kernel/security/lockdown"), "the kernel is not locked down")
    same(m.sh("cat /sys/class/tpm/tpm0/tpm_version_major").strip(), "2", "version of the TPM")
    now = m.sh(PCRS).split()
    same(len(now), 3, "registers of the TPM")
    need(all(int(word, 16) for word in now), "the firmware measured nothing: %r", now)
    if pcrs:
        same(now, pcrs, "registers of the TPM")
    return now


def refused(m):
    """A module without Debian's signature."""
    text = m.sh("f=$(find /lib/modules/$(uname -r)/ -name 'dummy.ko*' | head -n 1)\n"
                "case $f in *.xz) xz -dc $f ;; *) cat $f ;; esac >x.ko && printf x >>x.ko && sudo /sbin/insmod ./x.ko 2>&1; true")
    need("Key was rejected" in text or "not permitted" in text or "Required key" in text, "insmod: %s", text)


def machine(world):
    """Started by shim, GRUB and kernel as Debian signed them, with a TPM, which a suspension keeps."""
    m = world.machine("amd64-trixie", name="trusted")
    if "secure_boot" not in m.text():
        text = m.text().replace("[firmware]\n", "[firmware]\nsecure_boot = yes\ntpm = yes\n", 1)
        with open(m.ini, "w", encoding="utf-8") as file:
            file.write(text)
    m.up()
    pcrs = seen(m)
    refused(m)
    world.debwiz("suspend", m.name).ok()
    world.debwiz("boot", m.ini).ok()
    seen(m, pcrs)
    world.debwiz("stop", m.name).ok()
    return "the registers of its TPM are the same after suspend and resume"
