# SPDX-License-Identifier: MIT
"""
Everything that debwiz offers, and the check that exercises it on a real guest: a row for each field of the
INI, each verb and each option. A value is MODULE.FUNCTION below tests/e2e, or "-" and the reason why no
check of a real guest can exercise it.

tests/lint/offered.py compares the rows with what the program offers. run.py watches which verbs, options
and fields each check really used, and the full run fails where a row's check did not run, did not pass, or
did not use what the row says.
"""

FIELDS = {
    "machine.format": "fields.up",
    "machine.name": "fields.names",
    "machine.arch": "fields.processor",
    "machine.release": "fields.names",
    "machine.method": "fields.up",
    "machine.installer": "installer.machines",
    "mirror.url": "fields.sources",
    "mirror.security": "fields.sources",
    "mirror.updates": "fields.sources",
    "mirror.security_url": "fields.archive",
    "mirror.snapshot": "- the service is not a mirror and not reachable from every host: tests/fault/test_mirrors.py",
    "mirror.keyring": "fields.archive",
    "mirror.proxy": "fields.archive",
    "mirror.components": "fields.sources",
    "firmware.mode": "fields.kernel_line",
    "firmware.initrd": "fields.initrd",
    "firmware.secure_boot": "trusted.machine",
    "firmware.tpm": "trusted.machine",
    "cpu.accel": "fields.processor",
    "cpu.model": "fields.processor",
    "cpu.count": "fields.processor",
    "cpu.memory": "fields.processor",
    "disk.image": "images.machines",
    "disk.image_digest": "images.machines",
    "disk.image_copy": "images.itself",
    "disk.size": "fields.disk",
    "disk.format": "fields.disk",
    "disk.standalone": "fields.disk",
    "disk.bus": "fields.disk",
    "disk.cache": "fields.disk",
    "network.mode": "fields.no_network",
    "network.lan": "lan.machines",
    "network.restrict": "fields.restricted",
    "network.forward": "fields.forwards",
    "devices.display": "fields.display",
    "devices.console": "fields.console",
    "devices.rng": "fields.devices",
    "devices.usb": "fields.devices",
    "devices.usb_device": "- needs a USB device of the host: tests/unit/test_usb.c, golden/argv/cases.txt",
    "devices.audio": "fields.devices",
    "devices.drive": "fields.drives",
    "devices.share": "fields.shares",
    "system.hostname": "fields.names",
    "system.user": "fields.account",
    "system.password_hash": "fields.account",
    "system.ssh_key": "fields.account",
    "system.locale": "fields.language",
    "system.timezone": "fields.language",
    "system.keyboard": "fields.language",
    "system.profile": "fields.packages",
    "system.packages": "fields.packages",
    "boot.cmdline": "fields.kernel_line",
    "boot.timeout": "fields.timeout",
    "boot.warm": "reach.warm",
    "build.jobs": "builds.built",
    "build.profiles": "builds.built",
    "build.network": "builds.built",
    "build.silence": "builds.built",
    "build.distcc": "builds.outside",
    "build.ccache": "builds.cached",
    "build.ccache_size": "builds.cached",
    "build.out": "builds.built",
    "build.distcc_hosts": "- a second host: tests/fault/test_distcc.py, test_build_script.py",
    "qemu.binary": "fields.emulator",
    "qemu.extra": "fields.emulator",
}

VERBS = {
    "new": "wizard.by_lines",
    "edit": "verbs.edited",
    "open": "verbs.opened",
    "up": "fields.up",
    "check": "verbs.asked",
    "plan": "verbs.asked",
    "command": "verbs.asked",
    "prepare": "verbs.asked",
    "boot": "wizard.by_lines",
    "list": "verbs.asked",
    "status": "verbs.asked",
    "console": "life.logs_in",
    "logs": "verbs.logs",
    "ssh": "guest.ssh",
    "ssh-config": "reach.config",
    "cp": "verbs.copied",
    "exec": "verbs.executed",
    "run": "reach.temporary",
    "build": "builds.built",
    "virt-server": "builds.autopkgtest",
    "stop": "host.stop",
    "kill": "verbs.killed",
    "reset": "verbs.reset",
    "pause": "verbs.paused",
    "resume": "verbs.paused",
    "suspend": "life.suspended",
    "snapshot": "life.reverted",
    "forward": "verbs.forwarded",
    "kernel": "verbs.flattened",
    "grow": "host.grow",
    "flatten": "verbs.flattened",
    "export": "verbs.exported",
    "import": "verbs.exported",
    "clone": "wizard.changed",
    "rename": "wizard.changed",
    "delete": "wizard.changed",
    "recreate": "verbs.recreated",
    "gc": "host.gc",
    "releases": "verbs.asked",
    "arches": "verbs.asked",
    "doctor": "verbs.asked",
    "help": "verbs.asked",
}

OPTIONS = {
    "--plain": "wizard.by_lines",
    "--json": "verbs.asked",
    "--set": "wizard.by_lines",
    "--mirror": "verbs.asked",
    "--offline": "verbs.recreated",
    "--strict": "verbs.asked",
    "--trust": "fields.up",
    "--yes": "verbs.recreated",
    "--confirm": "wizard.changed",
    "--fresh": "verbs.fresh",
    "--wait": "wizard.by_lines",
    "--attach": "verbs.attached",
    "--explain": "verbs.asked",
    "--follow": "verbs.logs",
    "--watch": "verbs.asked",
    "--report": "verbs.asked",
    "--verbose": "verbs.asked",
    "--log": "verbs.asked",
    "--start": "reach.started",
    "--install": "reach.config",
    "--arch": "reach.temporary",
    "--release": "reach.temporary",
    "--network": "builds.built",
    "--native": "builds.outside",
    "--in": "builds.built_in",
    "--keep": "reach.kept",
    "--reproducible": "builds.twice",
    "--artifact": "builds.built",
    "--jobs": "builds.built",
    "--silence": "builds.built",
    "--lintian": "- hundreds of packages under emulation: tests/fault/test_build.py, test_build_script.py",
    "--shell-on-failure": "- needs a terminal: by hand",
    "--put": "reach.temporary",
    "--get": "reach.temporary",
    "--out": "reach.temporary",
    "--as": "verbs.exported",
    "--name": "verbs.exported",
    "--ssh-option": "reach.options",
    "--local-forward": "reach.forwards",
    "--remote-forward": "reach.forwards",
    "--dynamic-forward": "reach.forwards",
    "--forward-agent": "reach.options",
    "--tty": "reach.options",
    "--no-command": "reach.forwards",
    "--help": "verbs.asked",
    "--version": "verbs.asked",
}


def rows():
    """(what is offered, its check or reason), in the order above."""
    for table in (FIELDS, VERBS, OPTIONS):
        yield from table.items()


class Seen:
    """What the checks of a run used, and how they ended."""

    def __init__(self):
        self.used = {}      # check -> names of what it used
        self.passed = {}    # check -> whether it passed, each time
        self.check = None   # which one runs

    def begin(self, check):
        self.check = check

    def end(self, passed):
        if self.check:
            self.passed[self.check] = self.passed.get(self.check, True) and passed
        self.check = None

    def use(self, names):
        if self.check:
            self.used.setdefault(self.check, set()).update(names)

    def state(self, name, check):
        """"reason", "ok", "FAILED", "not run" or "NOT USED", which is a fault of the row."""
        if check.startswith("-"):
            return "reason"
        if check not in self.passed:
            return "not run"
        if not self.passed[check]:
            return "FAILED"
        return "ok" if name in self.used.get(check, ()) else "NOT USED"

    def table(self):
        """Lines for a person, and how many rows are in each state."""
        lines, count = [], {}
        for name, check in rows():
            state = self.state(name, check)
            count[state] = count.get(state, 0) + 1
            lines.append("%-22s %-9s %s" % (name, state, check))
        return lines, count
