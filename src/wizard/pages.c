/* SPDX-License-Identifier: MIT */
/* pages: the way through the pages: forwards only over valid answers. */
#include "pages.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "state.h"

struct wizard_pages {
	enum wizard_page current;
	bool entered[WIZARD_PAGE_COUNT];
	char *heading; /* as returned last, or NULL */
};

struct wizard_pages *wizard_pages_new(void)
{
	struct wizard_pages *pages = xcalloc(1, sizeof(*pages));

	pages->entered[WIZARD_MACHINE] = true;
	return pages;
}

void wizard_pages_free(struct wizard_pages *pages)
{
	free(pages->heading);
	free(pages);
}

void wizard_pages_enter_all(struct wizard_pages *pages)
{
	for (size_t p = 0; p < WIZARD_PAGE_COUNT; p++)
		pages->entered[p] = true;
}

const char *wizard_page_title(enum wizard_page p)
{
	static const char *const titles[WIZARD_PAGE_COUNT] = {
		[WIZARD_MACHINE] = "Machine",	  [WIZARD_RELEASE] = "Release", [WIZARD_STARTUP] = "Start-up",
		[WIZARD_PROCESSOR] = "Processor", [WIZARD_DISK] = "Disk",	[WIZARD_DEVICES] = "Devices",
		[WIZARD_SYSTEM] = "System",	  [WIZARD_REVIEW] = "Review",
	};

	return titles[p];
}

const char *wizard_page_heading(struct wizard *w, enum wizard_page p)
{
	static const char *const forms[WIZARD_PAGE_COUNT] = {
		[WIZARD_MACHINE] = "Which machine, and how it runs here",
		[WIZARD_RELEASE] = "Debian release for %s",
		[WIZARD_STARTUP] = "How %s starts",
		[WIZARD_PROCESSOR] = "Processor and memory of %s",
		[WIZARD_DISK] = "Disk of %s",
		[WIZARD_DEVICES] = "Network and devices of %s",
		[WIZARD_SYSTEM] = "The system on %s",
		[WIZARD_REVIEW] = "%s",
	};
	const char *form = forms[p];
	const char *name = p == WIZARD_RELEASE ? w->spec.arch : w->spec.name;
	const char *at = strstr(form, "%s");

	free(w->pages->heading);
	w->pages->heading = at ? xasprintf("%.*s%s%s", (int)(at - form), form, name, at + 2) : xstrdup(form);
	return w->pages->heading;
}

const struct wizard_question *wizard_page_wrong(struct wizard *w, enum wizard_page p)
{
	const struct wizard_question *q = NULL;

	while ((q = wizard_question_next(w, p, q)))
		if (wizard_wrong(w, q))
			return q;
	return NULL;
}

enum wizard_page_state wizard_page_state(struct wizard *w, enum wizard_page p)
{
	if (w->pages->entered[p] && wizard_page_wrong(w, p))
		return WIZARD_WRONG;
	return p == w->pages->current ? WIZARD_CURRENT : w->pages->entered[p] ? WIZARD_DONE : WIZARD_AHEAD;
}

enum wizard_page wizard_page(const struct wizard *w)
{
	return w->pages->current;
}

bool wizard_go(struct wizard *w, enum wizard_page to, const struct wizard_question **wrong)
{
	if (wrong)
		*wrong = NULL;
	strv_fini(&w->notices);
	for (enum wizard_page p = WIZARD_MACHINE; p < to; p++) {
		const struct wizard_question *q = wizard_page_wrong(w, p);

		w->pages->entered[p] = true;
		if (!q || to <= w->pages->current)
			continue;
		w->pages->current = p;
		if (wrong)
			*wrong = q;
		return false;
	}
	w->pages->current = to;
	w->pages->entered[to] = true;
	return true;
}

bool wizard_next(struct wizard *w, const struct wizard_question **wrong)
{
	enum wizard_page p = w->pages->current;

	return wizard_go(w, p + 1 < WIZARD_PAGE_COUNT ? (enum wizard_page)(p + 1) : p, wrong);
}

bool wizard_back(struct wizard *w)
{
	if (w->pages->current == WIZARD_MACHINE)
		return false;
	return wizard_go(w, (enum wizard_page)(w->pages->current - 1), NULL);
}
