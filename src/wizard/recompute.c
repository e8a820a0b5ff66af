/* SPDX-License-Identifier: MIT */
/*
 * recompute: makes the record follow the answers. A question that does not apply has its default, a given answer is
 * used, any other question has the default for this host. Then the rules between fields are checked.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/facts.h"
#include "host/file.h"
#include "recompute.h"
#include "save.h"
#include "state.h"

#define ROUNDS 3 /* one default may cause another fault */

void field_values(const struct field *f, const struct spec *s, struct strv *out)
{
	strv_fini(out);
	column_format(&f->column, s, out);
}

void field_assign(const struct field *f, struct spec *s, const struct strv *values)
{
	if (f->column.type == COLUMN_LIST)
		column_fini(&f->column, s);
	for (size_t i = 0; i < values->len; i++)
		if (field_parse(f, s, values->items[i], NULL) < 0)
			column_reset(&f->column, s); /* an empty text that is only valid as a default */
}

/* The value of a question without an answer. */
static void recompute_initial(struct wizard *w, size_t i, struct strv *out)
{
	const struct question_row *row = &question_rows[i];
	const struct field *f = w->questions[i].field;

	if (!wizard_is_edited(w) && row->initial)
		row->initial(w, out);
	else if (f->column.type != COLUMN_LIST || f->column.initial)
		strv_add(out, !strcmp(row->id, "machine.name") ? wizard_baseline(w)->name : f->column.initial);
}

/* Sets the value that the answers give. */
static void recompute_apply(struct wizard *w, size_t i)
{
	const struct answer *a = &w->answers[i];
	struct strv values = STRV_INIT;

	if (!w->questions[i].field)
		return;
	if (!question_applies(w, i)) {
		column_reset(&w->questions[i].field->column, &w->spec);
		return;
	}
	if (a->touched && !a->yielded)
		strv_copy(&values, &a->wanted);
	else
		recompute_initial(w, i, &values);
	field_assign(w->questions[i].field, &w->spec, &values);
	strv_fini(&values);
}

static void recompute_add_fault(struct wizard *w, const char *id, const char *message)
{
	const struct wizard_question *q = wizard_question(w, id);
	struct answer *a;

	if (!q)
		return;
	a = question_answer(w, q);
	if (!a->fault)
		a->fault = xstrdup(message);
}

static void recompute_on_fault(unsigned line, const char *section, const char *key, const char *message, void *arg)
{
	AUTO_FREE char *id = xasprintf("%s.%s", section, key);

	(void)line;
	recompute_add_fault(arg, id, message);
}

/* The suspended state can only be resumed with the same devices. */
static void recompute_check_suspended(struct wizard *w)
{
	for (size_t i = 0; i < question_count; i++) {
		const struct field *f = w->questions[i].field;

		if (f && f->effect != FIELD_NEW_ONLY && !column_equal(&f->column, wizard_baseline(w), &w->spec))
			recompute_add_fault(w, w->questions[i].id,
					    "the machine is suspended; resume it before this changes");
	}
}

/* Refuses what cannot change in an existing machine. */
static void recompute_check_existing(struct wizard *w)
{
	char has[SIZE_TEXT];
	char *text;

	if (!wizard_existing(w)->disk)
		return;
	if (wizard_existing(w)->suspended)
		recompute_check_suspended(w);
	if (strcmp(w->spec.arch, wizard_baseline(w)->arch)) {
		text = xasprintf("this machine's disk holds a system for %s; create a new machine for %s",
				 wizard_baseline(w)->arch, w->spec.arch);
		recompute_add_fault(w, "machine.arch", text);
		free(text);
	}
	/* a file that was not changed may be behind a disk that `debwiz grow` has just enlarged */
	if (w->spec.disk_size < wizard_existing(w)->disk && w->spec.disk_size != wizard_baseline(w)->disk_size) {
		text = xasprintf("the disk has %s already and only grows", size_format(wizard_existing(w)->disk, has));
		recompute_add_fault(w, "disk.size", text);
		free(text);
	} else if (w->spec.disk_size > wizard_existing(w)->disk && wizard_existing(w)->snapshots) {
		text = xasprintf("the disk has %s and cannot grow until they are deleted",
				 count_human(wizard_existing(w)->snapshots, "snapshot", has));
		recompute_add_fault(w, "disk.size", text);
		free(text);
	}
}

static void recompute_check_key(struct wizard *w, const char *value)
{
	AUTO_FREE char *path = spec_path(&w->spec, value);
	AUTO_ERR struct err e = ERR_INIT;
	AUTO_FREE char *text = NULL;

	if (access(path, R_OK) < 0)
		text = xasprintf("%s cannot be read; name a file with a public key, or remove it", value);
	else if (host_ssh_key_read(path, NULL, &e) < 0)
		text = xasprintf("%s%s%s", e.text, e.hint ? "; " : "", e.hint ? e.hint : "");
	if (text)
		recompute_add_fault(w, "system.ssh_key", text);
}

static void recompute_check_files(struct wizard *w)
{
	const struct strv *keys = &w->spec.ssh_keys;
	char *path;

	for (size_t i = 0; i < keys->len; i++)
		recompute_check_key(w, keys->items[i]);
	if (*w->spec.keyring) {
		path = spec_path(&w->spec, w->spec.keyring);
		if (access(path, R_OK) < 0)
			recompute_add_fault(w, "mirror.keyring",
					    "cannot be read; name a file of OpenPGP keys, or leave this "
					    "empty");
		free(path);
	}
}

/* Whether the new name is that of the file, and no machine exists: a wrong name in a file may be corrected. */
static bool recompute_is_named_by_file(struct wizard *w)
{
	AUTO_FREE char *path = w->offers->save_path(w->offers->arg, w->spec.name);
	bool named = !wizard_existing(w)->disk && !strcmp(path, wizard_path(w));

	return named;
}

/* Refuses another name: the file and the machine's folder have it, too. */
static void recompute_check_name(struct wizard *w)
{
	AUTO_FREE char *text = NULL;

	if (wizard_is_edited(w) && strcmp(w->spec.name, wizard_baseline(w)->name) && !recompute_is_named_by_file(w))
		text = xasprintf("the machine keeps its name here; `debwiz rename %s %s` renames it",
				 wizard_baseline(w)->name, w->spec.name);
	else if (!wizard_is_edited(w) && w->offers->name_taken(w->offers->arg, w->spec.name))
		text = xasprintf("a machine named %s already exists; choose another name", w->spec.name);
	if (text)
		recompute_add_fault(w, "machine.name", text);
}

static void recompute_check(struct wizard *w)
{
	for (size_t i = 0; i < question_count; i++) {
		free(w->answers[i].fault);
		w->answers[i].fault = NULL;
	}
	recompute_check_existing(w); /* first: these reasons cannot be corrected */
	spec_check_each(&w->spec, w->conf.catalog, recompute_on_fault, w);
	recompute_check_name(w);
	recompute_check_files(w);
}

static void recompute_apply_all(struct wizard *w)
{
	/* twice: whether a question applies, and its default, may depend on a later answer */
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < question_count; i++)
			recompute_apply(w, i);
	recompute_check(w);
}

/* Replaces answers that a new architecture or release makes impossible by defaults. */
static void recompute_adapt(struct wizard *w, const struct wizard_question *cause, char **reasons)
{
	for (size_t i = 0; i < question_count; i++)
		w->answers[i].yielded = false;
	recompute_apply_all(w);
	for (int round = 0; round < ROUNDS; round++) {
		bool changed = false;

		for (size_t i = 0; i < question_count; i++) {
			struct answer *a = &w->answers[i];

			if (!a->fault || !question_rows[i].adapts || !a->touched || a->yielded ||
			    &w->questions[i] == cause)
				continue;
			free(reasons[i]);
			reasons[i] = xstrdup(a->fault);
			a->yielded = changed = true;
		}
		if (!changed)
			return;
		recompute_apply_all(w);
	}
}

static char *recompute_joined(const struct field *f, const struct spec *s)
{
	AUTO_STRV struct strv values = STRV_INIT;
	char *text;

	column_format(&f->column, s, &values);
	text = strv_join(&values, ", ");
	return text;
}

static bool recompute_is_cause_of_change(const struct wizard_question *q)
{
	return q && (!strcmp(q->id, "machine.arch") || !strcmp(q->id, "machine.release"));
}

/* Adds a notice for each other question whose value has changed. */
static void recompute_add_notices(struct wizard *w, const struct wizard_question *cause, const struct spec *before,
				  char **reasons)
{
	for (size_t i = 0; i < question_count; i++) {
		const struct wizard_question *q = &w->questions[i];
		char *text;

		if (!q->field || q == cause || q->field->secret || column_equal(&q->field->column, before, &w->spec) ||
		    (!recompute_is_cause_of_change(cause) && !w->answers[i].touched))
			continue;
		if (!question_applies(w, i)) {
			strv_addf(&w->notices, "%s does not apply now; its answer is kept", q->title);
			continue;
		}
		text = recompute_joined(q->field, &w->spec);
		strv_addf(&w->notices, "%s is now %s%s%s", q->title, *text ? text : "empty", reasons[i] ? ": " : "",
			  reasons[i] ? reasons[i] : "");
		free(text);
	}
}

void wizard_recompute(struct wizard *w, const struct wizard_question *cause)
{
	char **reasons = xcalloc(question_count, sizeof(*reasons));
	struct spec before;

	spec_copy(&before, &w->spec);
	wizard_forget_texts(w);
	strv_fini(&w->notices);
	if (recompute_is_cause_of_change(cause))
		recompute_adapt(w, cause, reasons);
	else
		recompute_apply_all(w);
	free(w->spec.path);
	w->spec.path = file_absolute(wizard_path(w));
	if (cause)
		recompute_add_notices(w, cause, &before, reasons);
	for (size_t i = 0; i < question_count; i++)
		free(reasons[i]);
	free(reasons);
	spec_fini(&before);
}
