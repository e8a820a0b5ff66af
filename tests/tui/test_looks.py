# SPDX-License-Identifier: MIT
"""How it looks and what the mouse does: contrast of each colour on its ground, themes, clicks, the
wheel, pastes where nothing can be typed."""
import os
import re

import lib

STEPS = (0, 95, 135, 175, 215, 255)


def rgb(index):
    """Of the 256 colours of xterm, of which only those from 16 on are the same everywhere."""
    if index >= 232:
        return (8 + 10 * (index - 232),) * 3
    index -= 16
    return STEPS[index // 36], STEPS[index // 6 % 6], STEPS[index % 6]


def luminance(colour):
    def part(value):
        value /= 255
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
    red, green, blue = map(part, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """WCAG 2.1, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


BLACK, WHITE = (0, 0, 0), (255, 255, 255)


class Looks(lib.Case):
    def themed(self, theme, **env):
        home = self.home(**env)
        folder = os.path.join(home.root, "config", "debwiz")
        os.makedirs(folder, 0o700, exist_ok=True)
        with open(os.path.join(folder, "debwiz.ini"), "w", encoding="utf-8") as out:
            out.write("[face]\ntheme = %s\n" % theme)
        home.machine("alpha")
        home.machine("broken", text="[machine]\nname = broken\narch = none\n")
        return home

    def pictures(self, s, look):
        s.wait("debwiz · machines", "alpha", "broken")
        look(s)
        s.key("?")
        s.wait("Help")
        look(s)
        s.key("Esc")
        s.wait("alpha", gone="Help")
        s.key("D")
        s.wait("Cancel")
        look(s)
        s.key("Esc", "n")
        s.wait("Which machine", gone="Cancel")
        s.key("End", "Tab")
        s.type("No Good")
        s.wait("✗")
        look(s)
        s.key("C-u")
        s.type("good")
        s.click_text("Devices")
        s.wait("Network and devices")
        look(s)
        s.key("C-q", "Right", "Enter")
        s.wait_end()

    def colours(self, s):
        """(text, foreground, background) of all letters on the screen that have a colour."""
        s.settle()
        found = set()
        for line, row in zip(s.lines(), s.attrs()):
            for column, (_, foreground, background) in row.items():
                if column < len(line) and line[column].isalnum():
                    found.add((foreground, background))
        return found

    def test_contrast(self):
        for theme, env, grounds, least in (
                ("dark", {}, (BLACK,), 4.5), ("light", {}, (WHITE,), 4.5),
                ("auto", {"COLORFGBG": "15;0"}, (BLACK,), 4.5),
                ("auto", {"COLORFGBG": "0;15"}, (WHITE,), 4.5),
                ("auto", {}, (BLACK, WHITE), 4.0)):
            with self.subTest(theme=theme, **env):
                seen = set()
                s = self.screen(self.themed(theme, **env), "--offline")
                self.pictures(s, lambda s, seen=seen: seen.update(self.colours(s)))
                self.assertGreater(len(seen), 3, "there are no colours")
                for foreground, background in seen:
                    for ground in grounds:
                        ink = {BLACK: WHITE, WHITE: BLACK}[ground]
                        pair = [rgb(int(c)) if c.isdigit() else plain
                                for c, plain in ((foreground, ink), (background, ground))]
                        self.assertGreaterEqual(contrast(*pair), least,
                                                "%s on %s" % (foreground, background))

    def test_control_of_contrast(self):
        self.assertAlmostEqual(contrast(BLACK, WHITE), 21)
        self.assertLess(contrast(rgb(226), WHITE), 1.2)
        self.assertEqual(rgb(160), (215, 0, 0))

    def test_themes(self):
        for theme, env, coloured in (("mono", {}, False), ("dark", {"NO_COLOR": "1"}, False),
                                     ("light", {}, True)):
            with self.subTest(theme):
                s = self.screen(self.themed(theme, **env), "--offline")
                self.pictures(s, lambda s: s.settle())
                found = re.search(rb"\033\[[0-9;]*[34][0-8][;m]", s.raw()) is not None
                self.assertEqual(found, coloured)
        s = self.screen(self.themed("gaudy"))
        self.assertEqual(s.wait_end(), 2)
        self.assertIn("gaudy", s.text())
        self.assertIn("dark", s.text())

    def test_wheel(self):
        home = self.home()
        for i in range(40):
            home.machine("machine-%02d" % i)
        s = self.screen(home)
        s.wait("▸ machine-00")
        s.wheel(5, 10)
        s.wait("▸ machine-03")
        s.wheel(5, 10)
        s.wheel(5, 10, up=True)
        s.wait("▸ machine-03")
        s.key("?")
        s.wait("Lines 1 to")
        s.wheel(8, 10)
        s.wait(re.compile("Lines [2-9] to"))
        s.wheel(8, 10, up=True)
        s.wait("Lines 1 to")
        s.key("Esc")
        s.key("Enter")
        s.wait("debwiz · machine-03")
        self.leave(s)

    def test_clicks(self):
        home = self.themed("dark")
        s = self.screen(home, "--offline")
        s.wait("debwiz · machines")
        s.click_text("Enter open")
        s.wait("debwiz · alpha", "C clone")
        s.click_text("C clone")
        s.wait("Clone alpha: the copy's name")
        s.key("C-u")
        s.type("copy")
        s.click_text("Enter accept")
        s.wait("debwiz · alpha", gone="Clone alpha")
        s.click_text("D delete")
        s.wait("Cancel", "Delete it")
        s.click_text("Cancel")
        s.wait("debwiz · alpha", gone="Cancel")
        s.click(0, 5)                   # nothing is there
        s.click_text("D delete")
        s.click_text("Delete it")
        s.wait("copy", gone="alpha")
        self.assertFalse(os.path.exists(os.path.join(home.machines, "alpha.ini")))
        s.click_text("n new")
        s.wait("Which machine")
        s.click_text("arm64")
        s.wait("▸ (•) arm64")
        s.click_text("Disk")
        s.wait("Disk of")
        s.click_text("‹virtio›")
        s.wait("scsi", "Enter accept")
        s.click_text("scsi")
        s.wait(re.compile("▸ scsi|‹scsi›"))
        if s.has("Enter accept"):
            s.key("Enter")
        s.wait("‹scsi›", gone="Enter accept")
        s.click_text("F10 leave")
        s.wait("have not been saved")
        s.key("Right", "Enter")
        s.wait_end()

    def test_pastes_are_no_keys(self):
        home = self.themed("dark")
        s = self.screen(home, "--offline")
        s.wait("▸ alpha")
        before = s.settle()
        s.paste("D\nn\nq\r\x1b[Bb")
        self.assertEqual(s.settle(), before)
        s.key("D")
        s.wait("Cancel")
        s.paste("\r\n")
        s.settle()
        self.assertTrue(s.has("Cancel"))
        s.key("Esc", "/")
        s.paste("bro\nken")
        s.wait("▸ broken")
        s.key("Esc", "C")
        s.wait("Clone broken")
        s.key("Esc")
        s.settle()
        self.leave(s)


if __name__ == "__main__":
    lib.main()
