# SPDX-License-Identifier: MIT
"""Every screen at every size, locale and colour: nothing is cut, the keys are always shown, nothing depends on
colour; a terminal that is too small shows a message and loses nothing."""
import re
import signal

import lib
import walk
import world


class Screens(world.Case):
    def walk(self, look, utf8=True, rows=24, columns=80, **env):
        home = self.world_home()
        home.set(**env)
        s = self.screen(home, *walk.arguments(home), rows=rows, columns=columns)
        walk.questions(s, look, utf8)
        walk.work(home, s, look, utf8)
        self.leave(s)
        return s

    def neat(self, name, s):
        text = s.until(lambda text: re.search(r"\n  \S+.* \w[^\n]*\n\Z", text), name + " with its keys")
        lines = text.split("\n")[:-1]
        self.assertEqual(len(lines), s.rows)
        self.assertTrue(lines[0].startswith("  debwiz"), name)
        # a path may be as long as it likes
        foot = re.sub(r"/\S*…", "", " ".join(lines[-3:]))
        self.assertNotIn("…", foot, "%s: cut\n%s" % (name, text))

    def survives(self, name, s):
        """Too small for a while, and many sizes in a row."""
        if name in walk.HEADINGS:       # results of the mirror do not matter here
            s.wait(name, gone="◐")
        last, before = None, s.settle(300)
        while before != last:           # on a busy host a picture may come in pieces
            last, before = before, s.settle(300)
        s.signal(signal.SIGCONT)        # as after a stop: modes and screen are set up again
        s.resize(12, 40)
        s.wait("needs 80 x 24", "Ctrl-Q leaves")
        before_that = len(s.raw())
        s.key("Enter", "x", "Esc")          # no key has an effect while nothing is visible
        s.key("C-l")                        # once this is seen they were read, as long as it was too small
        s.until(lambda _: b"\033[2J" in s.raw()[before_that:], "painted again")
        # the program may have the last size before the last signal
        before_that = len(s.raw())
        for i in range(200):
            s.tell("resize %d %d" % (25 + i % 20, 80 + i % 60))
        s.resize(24, 80)
        if name in walk.HEADINGS:
            # except the help lines, which show new results
            s.until(lambda text: text.split("\n")[:-5] == before.split("\n")[:-5],
                    "%s as it was:\n%s\n" % (name, before))
        else:
            s.wait("debwiz", gone="needs 80")
        # it may change all rows again
        s.until(lambda _: re.findall(rb"\033\[\d*;?\d*r", s.raw()[before_that:])[-1:] == [b"\033[1;24r"],
                "%s: the scrolling region is all rows" % name)

    def test_80x24(self):
        def look(name, s):
            self.neat(name, s)
            if name in walk.HEADINGS:
                reverse = [a for row in s.attrs()[4:-3] for a in row.values() if "r" in a[0]]
                self.assertTrue(reverse, "%s: no focus\n%s" % (name, s.text()))
            self.survives(name, s)
        self.walk(look)

    def test_120x40_shows_the_ini_file(self):
        def look(name, s):
            self.neat(name, s)
            if name in walk.HEADINGS:
                s.wait(re.compile(r"│ *\[(machine|system)\]"), ".ini")
            if name == "review":
                s.resize(50, 160)
                s.wait("-nodefaults")
                self.neat(name, s)
        self.walk(look, rows=40, columns=120)

    def test_ascii_without_colour(self):
        def look(name, s):
            self.assertTrue(s.text().isascii(), "%s\n%s" % (name, s.text()))
        s = self.walk(look, utf8=False, LC_ALL="C", NO_COLOR="1")
        self.assertNotRegex(s.raw(), rb"\033\[[0-9;]*[34][0-9][;m]")

    def test_back_and_next_keep_answers(self):
        home = self.world_home()
        s = self.screen(home, *walk.arguments(home), rows=60)

        def written():
            s.key("i")
            text = s.wait("[machine]", "Esc close")
            s.key("Esc")
            s.wait("8 Review of 8", gone="Esc close")
            return text
        walk.questions(s, lambda name, s: None)
        review, ini = s.text(), written()
        self.assertIn("updates = no", ini)
        for heading in reversed(walk.HEADINGS):
            s.key("Esc")
            s.wait(heading)
        for heading in walk.HEADINGS[1:]:
            s.key("Enter")
            s.wait(heading)
        s.key("Enter")
        s.wait("8 Review of 8", "Next time")
        s.until(lambda text: text == review, "the review as it was", 10)
        self.assertEqual(written(), ini)
        s.key("C-c")
        s.wait("have not been saved")
        s.key("Esc")
        s.wait("8 Review", gone="have not been")
        s.signal(signal.SIGTERM)
        self.assertEqual(s.wait_end(), 130)
        self.assert_given_back(s)

    def test_invalid_answers_are_reported_immediately(self):
        home = self.world_home()
        s = self.screen(home, *walk.arguments(home))
        s.wait("Which machine")
        s.key("Tab")
        s.wait(re.compile("▸ Name"))
        s.type("No Good")
        s.wait("✗", re.compile("is not a (machine )?name|is not allowed|name"))
        s.key("Enter")
        s.wait("1 Machine of 8")
        s.key("C-u")
        s.type("good")
        s.wait(re.compile("▸ Name +good"))
        s.key("Enter")
        s.wait("2 Release of 8")
        s.key("C-q", "Right", "Enter")
        s.wait_end()

    def test_paste_and_editing(self):
        home = self.world_home()
        s = self.screen(home, *walk.arguments(home))
        s.wait("Which machine")
        s.key("Tab", "End")
        s.key("C-u")
        s.paste("from-a-paste\nand a second line")
        s.wait(re.compile("▸ Name +from-a-paste\n"))
        s.key("Home", "Delete", "Delete", "Delete", "Delete", "Delete", "End", "Backspace")
        s.wait(re.compile("▸ Name +a-past\n"))
        s.key("WordLeft")
        s.type("x")
        s.wait(re.compile("▸ Name +xa-past\n"))
        s.key("C-q", "Right", "Enter")
        s.wait_end()


if __name__ == "__main__":
    lib.main()
