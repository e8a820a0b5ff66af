/* SPDX-License-Identifier: MIT */
/* plain_review: shows the machine in words and what saving would change, and saves it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plain.h"
#include "verbs.h"

#define WAIT_ESTIMATE_S 90
#define TURNS_MAX 1000 /* then no person is typing */

static void plain_review_show_rows(const struct choice_list *l)
{
	for (size_t i = 0; i < l->len; i++) {
		const struct choice *r = &l->rows[i];

		plain_line("  %-16s%s%s%s", r->label, r->value, *r->columns[0] ? "; " : "", r->columns[0]);
	}
}

static struct choice_list plain_review_poll_estimate(struct plain *p, void *arg)
{
	(void)arg;
	return wizard_estimate(p->wizard);
}

static struct choice_list plain_review_poll_command(struct plain *p, void *arg)
{
	(void)arg;
	return wizard_command(p->wizard);
}

static void plain_review_show_machine(struct plain *p)
{
	AUTO_STRV struct strv warnings = STRV_INIT;
	struct choice_list l;

	plain_line("\nReview");
	l = wizard_summary(p->wizard);
	plain_review_show_rows(&l);
	plain_wait(p, plain_review_poll_estimate, NULL, WAIT_ESTIMATE_S);
	l = wizard_estimate(p->wizard);
	plain_review_show_rows(&l);
	if (l.state == CHOICE_FAILED)
		plain_line("  No estimate: %s", l.note);
	wizard_warnings(p->wizard, WIZARD_REVIEW, &warnings);
	for (size_t i = 0; i < warnings.len; i++)
		plain_line("  Note: %s.", warnings.items[i]);
}

/* Prints when each change of an existing machine takes effect. */
static void plain_review_show_changes(struct plain *p)
{
	struct wizard_change *c;
	size_t n = wizard_changes(p->wizard, &c);

	for (size_t i = 0; i < n; i++)
		plain_line("  %s: %s -> %s; %s", c[i].question->title, *c[i].from ? c[i].from : "none",
			   *c[i].to ? c[i].to : "none", c[i].refused ? c[i].refused : c[i].words);
	wizard_changes_free(c, n);
}

static void plain_review_show_ini(struct plain *p)
{
	AUTO_ERR struct err e = ERR_INIT;
	AUTO_FREE char *text = wizard_ini(p->wizard, NULL, NULL, NULL, &e);

	plain_line("%s", text ? text : e.text);
	if (text)
		mem_wipe(text, strlen(text));
}

static void plain_review_show_command(struct plain *p)
{
	struct choice_list l;

	plain_wait(p, plain_review_poll_command, NULL, WAIT_ESTIMATE_S);
	l = wizard_command(p->wizard);
	if (l.state == CHOICE_FAILED)
		plain_line("  %s", l.note);
	for (size_t i = 0; i < l.len; i++)
		plain_line("%s\n    %s%s%s", l.rows[i].value, l.rows[i].label, *l.rows[i].label ? ": " : "",
			   l.rows[i].note);
}

static void plain_review_show_diff(const struct wizard_diff *d, const char *path)
{
	plain_line("\n%s %s (- goes, + comes):", path,
		   d->other	? "is another file; saving replaces it"
		   : d->foreign ? "already exists, and was changed since it was read. Saving changes it as follows"
				: "already exists. Saving changes it as follows");
	for (size_t i = 0; i < d->len; i++)
		if (d->lines[i].mark != WIZARD_SAME)
			plain_line("%c %s", d->lines[i].mark, d->lines[i].text);
}

/* Returns 0: saved; 1: the user declined; -1: error. */
static int plain_review_save_asking(struct plain *p, struct err *e)
{
	AUTO_FREE char *path = xstrdup(wizard_path(p->wizard));
	struct wizard_diff d;
	int r = wizard_diff(p->wizard, &d, e);

	if (!r && d.exists && d.same) {
		plain_line("Nothing has changed in %s.", path);
	} else if (!r) {
		if (d.exists)
			plain_review_show_diff(&d, path);
		if (d.exists && !plain_yes(p, "Save it so", false))
			r = 1;
		if (!r)
			r = wizard_save(p->wizard, d.exists ? &d : NULL, e);
		if (!r)
			plain_line("Saved %s", wizard_path(p->wizard));
	}
	wizard_diff_fini(&d);
	return r;
}

/* Saves without asking, for --yes. A new machine's file must not exist; of an edited one the difference is shown. */
int plain_save(struct plain *p, bool edits, struct err *e)
{
	struct cli *cli = p->cli;
	const char *path = wizard_path(p->wizard);
	struct wizard_diff d = {.exists = false};
	int r = edits ? wizard_diff(p->wizard, &d, e) : 0;
	bool same = !r && edits && d.same;

	if (!r && d.foreign) { /* no one has seen what saving would undo */
		err_set(e, ERR_BUSY, "save-changed", "%s was changed by another program", path);
		r = err_hint(e, "run the command again");
	}
	if (!r && d.exists && !same && !cli->json) {
		plain_review_show_diff(&d, path);
		plain_review_show_changes(p);
	}
	if (!r && !same)
		r = wizard_save(p->wizard, edits ? &d : NULL, e);
	wizard_diff_fini(&d);
	if (r < 0)
		return -1;
	path = wizard_path(p->wizard);
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:o, s:b}", "event", "saved", "name", wizard_spec(p->wizard)->name,
					 "path", cli_json_text(path), "changed", !same));
	else
		plain_line("%s %s", same ? "Nothing has changed in" : "Saved", path);
	return 0;
}

static void plain_review_ask_path(struct plain *p)
{
	const struct wizard_question *q = wizard_question(p->wizard, "save");

	(void)plain_ask(p, q);
}

enum plain_go plain_review(struct plain *p, int *status)
{
	static int (*const verbs[])(struct cli * cli) = {NULL, verb_prepare, verb_up};
	unsigned turns = 0;
	struct err e = ERR_INIT;
	int r = 1;

	plain_review_show_machine(p);
	plain_review_show_changes(p);
	for (unsigned wrong = 0; wrong < 10 && turns < TURNS_MAX; turns++) {
		char *line;
		char word;

		plain_line("\n   1) Save as %s\n   2) Save and prepare\n   3) Save, prepare and boot\n"
			   "   i) Show the file\n   q) Show QEMU's command\n   p) Take another path\n"
			   "   <) Back to the questions\n   x) Leave, and save nothing",
			   wizard_path(p->wizard));
		line = plain_read(p, "What now [1]");
		if (!line)
			return PLAIN_END;
		if (!*line)
			word = '1';
		else
			word = (char)(line[1] ? '\0' : *line);
		free(line);
		switch (word) {
		case '1':
		case '2':
		case '3':
			r = plain_review_save_asking(p, &e);
			if (r < 0)
				*status = cli_error(p->cli, &e);
			if (!r) {
				p->then = verbs[word - '1'];
				p->path = xstrdup(wizard_path(p->wizard));
				*status = 0;
				return PLAIN_NEXT;
			}
			wrong++;
			break;
		case 'i':
			plain_review_show_ini(p);
			break;
		case 'q':
			plain_review_show_command(p);
			break;
		case 'p':
			plain_review_ask_path(p);
			break;
		case '<':
			return PLAIN_BACK;
		case 'x':
			plain_line("Nothing was written.");
			*status = 0;
			return PLAIN_NEXT;
		default:
			plain_line("  write 1, 2, 3, i, q, p, < or x");
			wrong++;
		}
	}
	return PLAIN_END;
}
