/* SPDX-License-Identifier: MIT */
/* plain: asks the questions in their order, and begins and ends the wizard line by line. */
#include "plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define STUCK_MAX 20 /* then no person is typing */

/* A question, or (question NULL) whether to ask the advanced ones of the page. */
struct stop {
	enum wizard_page page;
	const struct wizard_question *question;
};

static bool plain_has_advanced(struct plain *p, enum wizard_page page)
{
	const struct wizard_question *q = NULL;

	while ((q = wizard_question_next(p->wizard, page, q)))
		if (q->advanced)
			return true;
	return false;
}

/* Returns all stops as the answers are now; owned. */
static struct stop *plain_stops(struct plain *p, size_t *count)
{
	struct stop *all = NULL;
	size_t n = 0;

	for (enum wizard_page page = WIZARD_MACHINE; page < WIZARD_REVIEW; page++) {
		for (int advanced = 0; advanced < 2; advanced++) {
			const struct wizard_question *q = NULL;

			if (advanced && plain_has_advanced(p, page)) {
				all = xreallocarray(all, n + 1, sizeof(*all));
				all[n++] = (struct stop){page, NULL};
			}
			while ((q = wizard_question_next(p->wizard, page, q))) {
				if (q->advanced != (advanced == 1) || (advanced && !p->advanced[page]))
					continue;
				all = xreallocarray(all, n + 1, sizeof(*all));
				all[n++] = (struct stop){page, q};
			}
		}
	}
	*count = n;
	return all;
}

/* Parses yes or no; false: it is neither. */
static bool plain_take_yes(const char *line, bool *yes)
{
	bool y = !strcmp(line, "y") || !strcmp(line, "yes");

	if (!y && strcmp(line, "n") != 0 && strcmp(line, "no") != 0)
		return false;
	*yes = y;
	return true;
}

static enum plain_go plain_ask_advanced(struct plain *p, enum wizard_page page)
{
	const struct wizard_question *q = NULL;
	char *titles = xstrdup("");
	AUTO_FREE char *prompt = NULL;
	char *line;
	enum plain_go go = PLAIN_NEXT;

	while ((q = wizard_question_next(p->wizard, page, q))) {
		char *longer;

		if (!q->advanced)
			continue;
		longer = xasprintf("%s%s%s", titles, *titles ? ", " : "", q->title);
		free(titles);
		titles = longer;
	}
	plain_line("%s", "");
	prompt = xasprintf("Ask also for %s, yes or no [%s]", titles, p->advanced[page] ? "yes" : "no");
	for (int i = 0; i < STUCK_MAX; i++) {
		line = plain_read(p, prompt);
		go = !line ? PLAIN_END : !strcmp(line, "<") ? PLAIN_BACK : PLAIN_NEXT;
		if (go == PLAIN_NEXT && *line && !plain_take_yes(line, &p->advanced[page]))
			go = PLAIN_AGAIN;
		free(line);
		if (go != PLAIN_AGAIN)
			break;
		plain_line("  These are right for most as they are. yes asks them, no leaves them so.");
	}
	free(titles);
	return go == PLAIN_AGAIN ? PLAIN_END : go;
}

static void plain_begin_page(struct plain *p, enum wizard_page page)
{
	plain_line("\n%d of %d: %s. %s", page + 1, WIZARD_PAGE_COUNT, wizard_page_title(page),
		   wizard_page_heading(p->wizard, page));
}

/* Finds the stop again after answers may have changed the list. */
static size_t plain_find_stop(const struct stop *all, size_t n, const struct stop *at)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].page == at->page && all[i].question == at->question)
			return i;
	for (size_t i = 0; i < n; i++)
		if (all[i].page >= at->page)
			return i;
	return n;
}

/* Asks everything from a stop on. */
static enum plain_go plain_ask_all(struct plain *p, struct stop at)
{
	int page = -1;
	unsigned stuck = 0; /* times that the user went back from the first */

	for (;;) {
		size_t n, i;
		struct stop *all = plain_stops(p, &n);
		enum plain_go go;

		i = plain_find_stop(all, n, &at);
		if (i < n && (int)all[i].page != page)
			plain_begin_page(p, all[i].page);
		page = i < n ? (int)all[i].page : page;
		if (i == n) {
			free(all);
			return PLAIN_NEXT;
		}
		go = all[i].question ? plain_ask(p, all[i].question) : plain_ask_advanced(p, all[i].page);
		if (go == PLAIN_END) {
			free(all);
			return go;
		}
		at = all[i];
		free(all);
		all = plain_stops(p, &n); /* an answer may have added some */
		i = plain_find_stop(all, n, &at);
		if (go == PLAIN_BACK && !i && ++stuck >= STUCK_MAX) {
			free(all);
			return PLAIN_END;
		}
		if (go == PLAIN_BACK && i)
			i--;
		else if (go != PLAIN_BACK)
			i++;
		if (i >= n) {
			free(all);
			return PLAIN_NEXT;
		}
		at = all[i];
		free(all);
	}
}

/* Returns the last stop, to go back to from the review. */
static struct stop plain_last_stop(struct plain *p)
{
	size_t n;
	struct stop *all = plain_stops(p, &n);
	struct stop last = all[n - 1];

	free(all);
	return last;
}

/* Prints one answer as an option for a shell. */
static void plain_show_set(const struct field *f, const char *sign, const char *value)
{
	char *clean = text_clean(value, strlen(value), false);

	fprintf(stderr, " \\\n    --set '%s.%s%s", f->section, f->column.key, sign);
	for (const char *c = clean; *c; c++) {
		if (*c == '\'')
			fputs("'\\'", stderr);
		fputc(*c, stderr);
	}
	fputc('\'', stderr);
	free(clean);
}

static bool plain_is_changed(const struct wizard_question *q, const struct wizard_change *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c[i].question == q)
			return true;
	return false;
}

/* Prints the answers so far as options, so that nothing typed is lost; for an edited file, the changes. */
static void plain_show_draft(struct plain *p)
{
	const struct wizard_question *q = NULL;
	bool edits = p->cli->nargs > 0;
	struct wizard_change *c;
	size_t n = wizard_changes(p->wizard, &c);

	fprintf(stderr, "debwiz: the answers so far, to continue from:\n  debwiz %s%s%s --plain", p->cli->verb->name,
		edits ? " " : "", edits ? p->cli->args[0] : "");
	for (enum wizard_page page = WIZARD_MACHINE; page < WIZARD_REVIEW; page++)
		while ((q = wizard_question_next(p->wizard, page, q))) {
			const struct strv *items;

			if (!q->field || q->widget == WIZARD_PASSWORD || wizard_wrong(p->wizard, q) ||
			    (edits ? !plain_is_changed(q, c, n) : !wizard_touched(p->wizard, q)))
				continue;
			items = wizard_items(p->wizard, q);
			for (size_t i = 0; i < items->len; i++)
				plain_show_set(q->field, i ? "+=" : "=", items->items[i]);
			if (!items->len)
				plain_show_set(q->field, "=", wizard_is_list(q) ? "" : wizard_text(p->wizard, q));
		}
	fputc('\n', stderr);
	wizard_changes_free(c, n);
}

static int plain_end_early(struct plain *p)
{
	struct err e = ERR_INIT;

	fflush(stdout);
	if (p->interrupted)
		err_set(&e, ERR_INTERRUPTED, "interrupted", "interrupted; nothing was written");
	else
		err_set(&e, ERR_USAGE, "input-ended", "%s; nothing was written",
			p->ended ? "the input ended before the machine was saved" : "no right answer came");
	err_hint(&e, "--yes takes the default of every question, --set SECTION.KEY=VALUE answers one");
	if (!p->wizard)
		return cli_error(p->cli, &e);
	plain_show_draft(p);
	return cli_error(p->cli, &e);
}

static int plain_converse(struct plain *p)
{
	struct stop at = {WIZARD_MACHINE, wizard_question_next(p->wizard, WIZARD_MACHINE, NULL)};
	const struct wizard_question *wrong;
	int status = ERR_FAILED;

	plain_line("%s Enter takes the answer in brackets, ? explains, < goes back. Of choices with "
		   "numbers the number or the name is an answer. Ctrl-C leaves; nothing is written "
		   "before you confirm it at the end.",
		   p->begin);
	for (;;) {
		enum plain_go go = plain_ask_all(p, at);

		if (go == PLAIN_END)
			return plain_end_early(p);
		if (!wizard_go(p->wizard, WIZARD_REVIEW, &wrong)) {
			plain_line("\n  Wrong: %s: %s", wrong->title, wizard_wrong(p->wizard, wrong));
			p->advanced[wrong->page] |= wrong->advanced;
			at = (struct stop){wrong->page, wrong};
			continue;
		}
		go = plain_review(p, &status);
		if (go == PLAIN_END)
			return plain_end_early(p);
		if (go == PLAIN_NEXT)
			return status;
		at = plain_last_stop(p);
	}
}

/* Checks that the release has the named packages; warns if its list cannot be read. */
static int plain_check_packages(struct plain *p, struct err *e)
{
	struct choice_list l = {.state = CHOICE_READY};
	AUTO_FREE char *text = NULL;

	if (!wizard_spec(p->wizard)->packages.len)
		return 0;
	while ((l = wizard_estimate(p->wizard)).state == CHOICE_LOADING)
		loop_run(p->cli->loop);
	if (l.state != CHOICE_FAILED)
		return 0;
	if (l.failed == ERR_USAGE)
		return err_set(e, ERR_USAGE, "packages-wrong", "system.packages: %s", l.note);
	text = xasprintf("whether there are such packages is not known: %s", l.note);
	cli_warn(p->cli, text);
	return 0;
}

/* Saves without a question; a wrong value of --set is an error. */
static int plain_save_defaults(struct plain *p, bool edits, struct err *e)
{
	const struct wizard_question *wrong;

	if (!wizard_go(p->wizard, WIZARD_REVIEW, &wrong))
		return err_set(e, ERR_USAGE, "wizard-wrong", "%s: %s", wrong->id, wizard_wrong(p->wizard, wrong));
	if (plain_check_packages(p, e) < 0)
		return -1;
	return plain_save(p, edits, e);
}

static void plain_on_changed(void *arg)
{
	loop_stop(arg);
}

/* Runs the verb with the file as its argument; --set is in it already. */
static int plain_carry_on(struct cli *cli, int (*verb)(struct cli *cli), char *path)
{
	char *args[] = {path, NULL};
	char **was = cli->args;
	size_t count = cli->nargs;
	int status;

	strv_fini(&cli->sets);
	cli->mirror = NULL;
	cli->args = args;
	cli->nargs = 1;
	fflush(stdout);
	status = verb(cli);
	cli->args = was;
	cli->nargs = count;
	return status;
}

int plain_run(struct cli *cli, const char *path)
{
	struct plain p = {.cli = cli, .begin = path ? "A machine's file." : "A new Debian machine."};
	struct session_conf options = cli_session_conf(cli);
	struct host_offers_conf offers = {cli->loop, cli->catalog, &cli->store, cli->offline};
	struct wizard_conf conf = {.catalog = cli->catalog, .store = &cli->store};
	struct err e = ERR_INIT;
	int status = 0;

	p.offers = host_offers_new(&offers);
	conf.offers = host_offers_get(p.offers);
	conf.changed = plain_on_changed;
	conf.arg = cli->loop;
	p.wizard = path ? wizard_edit(&conf, path, &e) : wizard_new(&conf);
	if (!p.wizard || session_answer_options(&options, p.wizard, &e) < 0 ||
	    session_check_answers(&options, p.wizard, &e) < 0)
		status = cli_error(cli, &e);
	else if (cli->yes || cli->json)
		status = plain_save_defaults(&p, path != NULL, &e) < 0 ? cli_error(cli, &e) : 0;
	else
		status = plain_converse(&p);
	wizard_free(p.wizard);
	host_offers_free(p.offers);
	loop_run(cli->loop); /* until the work of a thread has ended */
	if (p.then)
		status = plain_carry_on(cli, p.then, p.path);
	free(p.path);
	return status;
}
