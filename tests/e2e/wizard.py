# SPDX-License-Identifier: MIT
"""The wizard and the changes of whole machines on a real host: a machine by lines, its clone, its new name, its
deletion. The base image exists."""
import os

from world import need, same

MARK = "a line that only this disk holds"
OPTIONS = ("--set", "machine.release=bookworm", "--set", "firmware.mode=direct",
           "--set", "boot.timeout=30m")


def answers(world, *last):
    """Enter at every question, then these at the review."""
    said = world.debwiz("new", "--plain", "--set", "machine.name=count", *OPTIONS,
                        stdin="\n" * 100).ok().out
    world.debwiz("delete", "count", "--yes").ok()
    before = said.partition("\nReview\n")[0]
    return "\n" * (before.count("]: ") + before.count("empties: ")) + "".join(
        a + "\n" for a in last)


def by_lines(world):
    """From the first question to the login prompt."""
    result = world.debwiz("new", "--plain", "--set", "machine.name=third", *OPTIONS,
                          stdin=answers(world, "3"))
    result.ok()
    for words in ("signatures verified", "emulated", "the base image of", "third is up"):
        need(words in result.out or words == "emulated", "the wizard does not say %s:\n%s", words,
             result.out[-3000:])
    world.debwiz("boot", "third", "--wait=ssh").ok()
    world.debwiz("ssh", "third", "--", "echo '%s' >mark; sync" % MARK).ok()


def refused(world):
    """While it runs; and without its name."""
    for verb in (["rename", "third", "other"], ["clone", "third", "other"], ["delete", "third"]):
        same(world.debwiz(*verb, "--yes").status, 7, "status of " + verb[0])
    world.debwiz("stop", "third").ok()
    same(world.debwiz("delete", "third", "--yes").status, 2, "status of delete")


def changed(world):
    """The copy has what was written, and so has the one with another name."""
    world.debwiz("clone", "third", "fourth").ok()
    world.debwiz("rename", "third", "fifth").ok()
    same(world.debwiz("status", "third").status, 2, "status of the old name")
    for name in ("fourth", "fifth"):
        world.debwiz("boot", name, "--wait=ssh").ok()
        same(world.debwiz("ssh", name, "--", "cat mark").ok().out.strip(), MARK, "the mark")
        world.debwiz("stop", name).ok()
    before = world.bases()
    for name in ("fourth", "fifth"):
        world.debwiz("delete", name, "--yes", "--confirm", name).ok()
        need(not os.path.exists(os.path.join(world.data, "machines", name)), "%s is there", name)
    same(world.bases(), before, "base images")
