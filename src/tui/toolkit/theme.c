/* SPDX-License-Identifier: MIT */
/* theme: see include/tui/toolkit/theme.h. One row a role: attributes, and colours for each kind of ground.
 */
#include "tui/toolkit/theme.h"

#include <string.h>

#include "term_priv.h"

#define NONE (-1)

struct look {
	uint64_t mono;		 /* without colour */
	uint64_t attr;		 /* with colour */
	short dark, light;	 /* foreground of the eight colours, NONE: the terminal's own */
	short dark256, light256; /* the same of 256 */
	short both256;		 /* for a ground that is not known: reads on either */
	short dark_bg, light_bg; /* background of 256, NONE: the terminal's own */
};

static const struct look looks[ROLE_COUNT] = {
	[ROLE_TEXT] = {0, 0, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
	[ROLE_STRONG] = {A_BOLD, A_BOLD, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
	[ROLE_DIM] = {A_DIM, A_DIM, NONE, NONE, 245, 242, 243, NONE, NONE},
	[ROLE_HEADER] = {A_REVERSE | A_BOLD, A_BOLD, NONE, NONE, 255, 16, 255, 237, 253},
	[ROLE_HEADER_DIM] = {A_REVERSE, 0, NONE, NONE, 250, 238, 250, 237, 253},
	[ROLE_HEADING] = {A_BOLD, A_BOLD, COLOR_CYAN, COLOR_BLUE, 80, 24, 31, NONE, NONE},
	[ROLE_FOCUS] = {A_REVERSE, A_REVERSE, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
	[ROLE_FOCUS_DIM] = {A_REVERSE | A_DIM, A_REVERSE | A_DIM, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
	[ROLE_FIELD] = {A_UNDERLINE, A_UNDERLINE, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
	[ROLE_GOOD] = {0, 0, COLOR_GREEN, COLOR_GREEN, 114, 28, 29, NONE, NONE},
	[ROLE_WORK] = {0, 0, COLOR_CYAN, COLOR_BLUE, 80, 24, 31, NONE, NONE},
	[ROLE_WARN] = {A_BOLD, 0, COLOR_YELLOW, COLOR_MAGENTA, 221, 130, 130, NONE, NONE},
	[ROLE_BAD] = {A_BOLD, A_BOLD, COLOR_RED, COLOR_RED, 210, 160, 161, NONE, NONE},
	[ROLE_MARK] = {A_REVERSE, A_BOLD, COLOR_YELLOW, COLOR_MAGENTA, 221, 130, 130, NONE, NONE},
	[ROLE_BAR] = {0, 0, COLOR_CYAN, COLOR_BLUE, 80, 24, 31, NONE, NONE},
	[ROLE_BAR_REST] = {A_DIM, A_DIM, NONE, NONE, 240, 250, 243, NONE, NONE},
	[ROLE_FRAME] = {A_DIM, 0, NONE, NONE, 245, 245, 245, NONE, NONE},
	[ROLE_KEY] = {A_BOLD, A_BOLD, COLOR_CYAN, COLOR_BLUE, 80, 24, 31, NONE, NONE},
};

bool theme_find(const char *name, enum theme_kind *out)
{
	static const char *const names[] = {
		[THEME_AUTO] = "auto",
		[THEME_DARK] = "dark",
		[THEME_LIGHT] = "light",
		[THEME_MONO] = "mono",
	};

	for (int i = 0; i <= THEME_MONO; i++) {
		if (!strcmp(names[i], name)) {
			*out = (enum theme_kind)i;
			return true;
		}
	}
	return false;
}

void theme_init(struct theme *t, const struct term_caps *caps, enum theme_kind kind)
{
	bool colour = caps->colours && kind != THEME_MONO;
	bool light = kind == THEME_LIGHT || (kind == THEME_AUTO && caps->light);
	bool dark = kind == THEME_DARK || (kind == THEME_AUTO && caps->dark);
	bool rich = caps->colours >= 256;

	for (int i = 0; i < ROLE_COUNT; i++) {
		const struct look *l = &looks[i];
		int fg = !rich ? (light ? l->light : l->dark) : light ? l->light256 : dark ? l->dark256 : l->both256;
		int bg = rich ? (light ? l->light_bg : l->dark_bg) : NONE;

		t->roles[i].attr = colour ? l->attr : l->mono;
		t->roles[i].pair = 0;
		if (!colour)
			continue;
		/* where there are only eight colours the header stands out by reverse */
		if (!rich && l->dark_bg != NONE)
			t->roles[i].attr |= A_REVERSE;
		if (rich && (i == ROLE_DIM || i == ROLE_BAR_REST))
			t->roles[i].attr &= ~(uint64_t)A_DIM;
		if (fg != NONE || bg != NONE) {
			t->roles[i].pair = i + 1;
			init_pair((short)(i + 1), (short)fg, (short)bg);
		}
	}
}
