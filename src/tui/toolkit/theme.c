/* SPDX-License-Identifier: MIT */
/* theme: the style of each role: attributes, and colours for each kind of background. */
#include "tui/toolkit/theme.h"

#include <string.h>

#define NONE (-1)

enum { BOLD = 1, DIM = 2, UNDERLINE = 4, REVERSE = 8 };
enum { RED = 1, GREEN, YELLOW, BLUE, MAGENTA, CYAN }; /* the eight colours of every terminal */

struct role_style {
	unsigned mono;		 /* attributes without colour */
	unsigned attributes;	 /* with colour */
	short dark, light;	 /* foreground of the eight colours, NONE: the terminal's own */
	short dark256, light256; /* foreground of 256 colours */
	short both256;		 /* for a background that is not known: readable on either */
	short dark_bg, light_bg; /* background of 256, NONE: the terminal's own */
};

static const struct role_style role_styles[ROLE_COUNT] = {
	[ROLE_TEXT] = {0, 0, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
	[ROLE_STRONG] = {BOLD, BOLD, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
	[ROLE_DIM] = {DIM, DIM, NONE, NONE, 245, 242, 243, NONE, NONE},
	[ROLE_HEADER] = {REVERSE | BOLD, BOLD, NONE, NONE, 255, 16, 255, 237, 253},
	[ROLE_HEADER_DIM] = {REVERSE, 0, NONE, NONE, 250, 238, 250, 237, 253},
	[ROLE_HEADING] = {BOLD, BOLD, CYAN, BLUE, 80, 24, 31, NONE, NONE},
	[ROLE_FOCUS] = {REVERSE, REVERSE, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
	[ROLE_FOCUS_DIM] = {REVERSE | DIM, REVERSE | DIM, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
	[ROLE_FIELD] = {UNDERLINE, UNDERLINE, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
	[ROLE_GOOD] = {0, 0, GREEN, GREEN, 114, 28, 29, NONE, NONE},
	[ROLE_WORK] = {0, 0, CYAN, BLUE, 80, 24, 31, NONE, NONE},
	[ROLE_WARN] = {BOLD, 0, YELLOW, MAGENTA, 221, 130, 130, NONE, NONE},
	[ROLE_BAD] = {BOLD, BOLD, RED, RED, 210, 160, 161, NONE, NONE},
	[ROLE_MARK] = {REVERSE, BOLD, YELLOW, MAGENTA, 221, 130, 130, NONE, NONE},
	[ROLE_BAR] = {0, 0, CYAN, BLUE, 80, 24, 31, NONE, NONE},
	[ROLE_BAR_REST] = {DIM, DIM, NONE, NONE, 240, 250, 243, NONE, NONE},
	[ROLE_FRAME] = {DIM, 0, NONE, NONE, 245, 245, 245, NONE, NONE},
	[ROLE_KEY] = {BOLD, BOLD, CYAN, BLUE, 80, 24, 31, NONE, NONE},
};

const char *const theme_names[] = {
	[THEME_AUTO] = "auto", [THEME_DARK] = "dark", [THEME_LIGHT] = "light", [THEME_MONO] = "mono", NULL,
};

static struct term_style theme_style(unsigned attributes, int fg, int bg)
{
	return (struct term_style){.fg = fg,
				   .bg = bg,
				   .bold = attributes & BOLD,
				   .dim = attributes & DIM,
				   .underline = attributes & UNDERLINE,
				   .reverse = attributes & REVERSE};
}

void theme_init(struct theme *t, const struct term_caps *caps, enum theme_kind kind)
{
	bool colour = caps->colours && kind != THEME_MONO;
	bool light = kind == THEME_LIGHT || (kind == THEME_AUTO && caps->light);
	bool dark = kind == THEME_DARK || (kind == THEME_AUTO && caps->dark);
	bool rich = caps->colours >= 256;

	for (int i = 0; i < ROLE_COUNT; i++) {
		const struct role_style *l = &role_styles[i];
		int fg = !rich ? (light ? l->light : l->dark) : light ? l->light256 : dark ? l->dark256 : l->both256;
		int bg = rich ? (light ? l->light_bg : l->dark_bg) : NONE;
		unsigned attributes = l->attributes;

		if (!colour) {
			t->roles[i] = theme_style(l->mono, NONE, NONE);
			continue;
		}
		/* with only eight colours the header is in reverse */
		if (!rich && l->dark_bg != NONE)
			attributes |= REVERSE;
		if (rich && (i == ROLE_DIM || i == ROLE_BAR_REST))
			attributes &= ~(unsigned)DIM;
		t->roles[i] = theme_style(attributes, fg, bg);
	}
}
