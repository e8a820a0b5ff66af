/* SPDX-License-Identifier: MIT */
/* wizard: life cycle, pages and the questions of the table at run time. */
#include "wizard/wizard.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "machine/trust.h"
#include "private.h"
#include "qemu/argv.h"

/* ---- the table at run time ---- */

static const struct field *wizard_field_of(const char *id)
{
	const char *dot = id ? strchr(id, '.') : NULL;
	char *section;
	const struct field *f;

	if (!dot)
		return NULL;
	section = xstrndup(id, (size_t)(dot - id));
	f = field_find(section, dot + 1);
	free(section);
	return f;
}

static struct wizard_question *wizard_make_questions(void)
{
	struct wizard_question *all = xcalloc(question_count, sizeof(*all));

	for (size_t i = 0; i < question_count; i++) {
		const struct question_row *row = &question_rows[i];
		const struct field *f = wizard_field_of(row->key ? row->key : row->id);

		all[i] = (struct wizard_question){
			.id = row->id,
			.page = row->page,
			.widget = row->widget,
			.title = row->title ? row->title
				 : f	    ? f->title
					    : row->id,
			.help = row->help ? row->help
				: f	  ? f->help
					  : "",
			.field = f,
			.advanced = row->advanced,
		};
	}
	return all;
}

size_t question_index(const struct wizard *w, const struct wizard_question *q)
{
	return (size_t)(q - w->questions);
}

const struct question_row *question_row(const struct wizard *w, const struct wizard_question *q)
{
	return &question_rows[question_index(w, q)];
}

struct answer *question_answer(struct wizard *w, const struct wizard_question *q)
{
	return &w->answers[question_index(w, q)];
}

bool question_applies(const struct wizard *w, size_t i)
{
	return !question_rows[i].applies || question_rows[i].applies(w);
}

const struct wizard_question *wizard_question_next(struct wizard *w, enum wizard_page p,
						   const struct wizard_question *after)
{
	for (size_t i = after ? question_index(w, after) + 1 : 0; i < question_count; i++)
		if (w->questions[i].page == p && question_applies(w, i))
			return &w->questions[i];
	return NULL;
}

const struct wizard_question *wizard_question(struct wizard *w, const char *id)
{
	for (size_t i = 0; i < question_count; i++)
		if (!strcmp(w->questions[i].id, id))
			return &w->questions[i];
	return NULL;
}

bool wizard_is_list(const struct wizard_question *q)
{
	return q->widget == WIZARD_LIST || q->widget == WIZARD_SEARCH || q->widget == WIZARD_FILES;
}

/* ---- life cycle ---- */

static void wizard_forget_answer(struct answer *a)
{
	free(a->text);
	free(a->shown);
	free(a->note);
	a->text = a->shown = a->note = NULL;
	strv_fini(&a->items);
}

static void wizard_forget_rows(struct answer *a)
{
	choices_fini(&a->rows);
	a->has_rows = false;
}

void wizard_forget_texts(struct wizard *w)
{
	for (size_t i = 0; i < question_count; i++) {
		wizard_forget_answer(&w->answers[i]);
		if (!question_rows[i].lasting)
			wizard_forget_rows(&w->answers[i]);
	}
	wizard_forget_path(w);
	free(w->heading);
	w->heading = NULL;
	choices_fini(&w->summary);
}

static struct wizard *wizard_make(const struct wizard_conf *conf)
{
	struct wizard *w = xcalloc(1, sizeof(*w));

	w->conf = *conf;
	w->offers = conf->offers;
	w->questions = wizard_make_questions();
	w->file = wizard_file_new();
	w->lists = wizard_lists_new(w);
	w->answers = xcalloc(question_count, sizeof(*w->answers));
	w->entered[WIZARD_MACHINE] = true;
	spec_init(&w->spec);
	return w;
}

struct wizard *wizard_new(const struct wizard_conf *conf)
{
	struct wizard *w = wizard_make(conf);

	wizard_recompute(w, NULL);
	wizard_set_baseline(w);
	return w;
}

struct wizard *wizard_edit(const struct wizard_conf *conf, const char *path, struct err *e)
{
	struct wizard *w = wizard_make(conf);

	if (wizard_load(w, path, e) < 0) {
		wizard_free(w);
		return NULL;
	}
	for (size_t p = 0; p < WIZARD_PAGE_COUNT; p++)
		w->entered[p] = true;
	return w;
}

static void wizard_wipe(char *secret)
{
	if (secret)
		mem_wipe(secret, strlen(secret));
	free(secret);
}

void wizard_free(struct wizard *w)
{
	if (!w)
		return;
	wizard_forget_texts(w);
	for (size_t i = 0; i < question_count; i++) {
		struct answer *a = &w->answers[i];

		wizard_forget_rows(a);
		strv_fini(&a->wanted);
		wizard_wipe(a->draft);
		free(a->draft_why);
		free(a->fault);
	}
	wizard_file_free(w->file);
	wizard_lists_free(w->lists);
	strv_fini(&w->notices);
	spec_fini(&w->spec);
	free(w->questions);
	free(w->answers);
	free(w);
}

/* ---- facts about the machine and this host ---- */

const struct catalog_arch *wizard_arch(const struct wizard *w)
{
	return catalog_arch_find(w->conf.catalog, w->spec.arch);
}

const struct catalog_release *wizard_release(const struct wizard *w)
{
	return catalog_release_find(w->conf.catalog, w->spec.release);
}

unsigned wizard_auto_cpus(const struct wizard *w)
{
	return qemu_auto_cpus(w->offers->host->cpus, wizard_arch(w));
}

uint64_t wizard_memory(const struct wizard *w)
{
	return qemu_memory(&w->spec, wizard_arch(w), w->offers->host->cpus, w->offers->host->memory);
}

/* ---- pages ---- */

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

	free(w->heading);
	w->heading = at ? xasprintf("%.*s%s%s", (int)(at - form), form, name, at + 2) : xstrdup(form);
	return w->heading;
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
	if (w->entered[p] && wizard_page_wrong(w, p))
		return WIZARD_WRONG;
	return p == w->page ? WIZARD_CURRENT : w->entered[p] ? WIZARD_DONE : WIZARD_AHEAD;
}

enum wizard_page wizard_page(const struct wizard *w)
{
	return w->page;
}

bool wizard_go(struct wizard *w, enum wizard_page to, const struct wizard_question **wrong)
{
	if (wrong)
		*wrong = NULL;
	strv_fini(&w->notices);
	for (enum wizard_page p = WIZARD_MACHINE; p < to; p++) {
		const struct wizard_question *q = wizard_page_wrong(w, p);

		w->entered[p] = true;
		if (!q || to <= w->page)
			continue;
		w->page = p;
		if (wrong)
			*wrong = q;
		return false;
	}
	w->page = to;
	w->entered[to] = true;
	return true;
}

bool wizard_next(struct wizard *w, const struct wizard_question **wrong)
{
	enum wizard_page p = w->page;

	return wizard_go(w, p + 1 < WIZARD_PAGE_COUNT ? (enum wizard_page)(p + 1) : p, wrong);
}

bool wizard_back(struct wizard *w)
{
	if (w->page == WIZARD_MACHINE)
		return false;
	return wizard_go(w, (enum wizard_page)(w->page - 1), NULL);
}

const struct strv *wizard_notices(const struct wizard *w)
{
	return &w->notices;
}

const struct spec *wizard_spec(struct wizard *w)
{
	return &w->spec;
}
