/* SPDX-License-Identifier: MIT */
/* wizard: life cycle, and the questions of the table at run time. */
#include "wizard/wizard.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "format.h"
#include "host/file.h"
#include "lists.h"
#include "machine/trust.h"
#include "pages.h"
#include "qemu/argv.h"
#include "recompute.h"
#include "save.h"
#include "state.h"

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

void wizard_forget_texts(struct wizard *w)
{
	wizard_texts_forget(w->texts);
	wizard_lists_forget(w->lists);
	wizard_forget_path(w);
	choices_fini(&w->summary);
}

static struct wizard *wizard_make(const struct wizard_conf *conf)
{
	struct wizard *w = xcalloc(1, sizeof(*w));

	w->conf = *conf;
	w->offers = conf->offers;
	w->questions = wizard_make_questions();
	w->answers = xcalloc(question_count, sizeof(*w->answers));
	w->pages = wizard_pages_new();
	w->texts = wizard_texts_new();
	w->lists = wizard_lists_new(w);
	w->file = wizard_file_new();
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
	wizard_pages_enter_all(w->pages);
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

		strv_fini(&a->wanted);
		wizard_wipe(a->draft);
		free(a->draft_why);
		free(a->fault);
	}
	wizard_file_free(w->file);
	wizard_lists_free(w->lists);
	wizard_texts_free(w->texts);
	wizard_pages_free(w->pages);
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

const struct strv *wizard_notices(const struct wizard *w)
{
	return &w->notices;
}

const struct spec *wizard_spec(struct wizard *w)
{
	return &w->spec;
}
