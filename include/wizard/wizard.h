/* SPDX-License-Identifier: MIT */
/*
 * wizard: the pages and questions that create or edit a machine's INI file, as data. The screens (src/tui) and
 * `debwiz new --plain` (src/cli) use it. It uses no terminal and does not block: results that take time come from the
 * offers (include/wizard/offers.h), and `changed` is called when they arrive.
 *
 * An answer is never lost. A text that the grammar refuses is kept, with the reason, until it is corrected. An answer
 * that another one makes impossible (a CPU model, after the architecture was changed) is replaced by a default, which a
 * notice reports, and is restored when it is possible again.
 *
 * All `const char *` and `const struct *` results are borrowed and valid until the next call that changes something
 * (wizard_set, wizard_go, …) or until `changed` is called.
 */
#ifndef WIZARD_WIZARD_H
#define WIZARD_WIZARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strv.h"
#include "catalog/catalog.h"
#include "spec/field.h"
#include "spec/spec.h"
#include "wizard/offers.h"

struct wizard;
struct wizard_question;

struct wizard_conf {
	const struct catalog *catalog;	    /* borrowed, as long as the wizard */
	const struct wizard_offers *offers; /* likewise */
	const struct store *store;	    /* likewise: for agreements (machine/trust.h); NULL: none are kept */
	/* Called on the loop when a result of the offers has arrived: display again. May be NULL. */
	void (*changed)(void *arg);
	void *arg;
};

/* ---- life cycle ---- */

/* Makes a wizard for a new machine, with the defaults for this host. */
struct wizard *wizard_new(const struct wizard_conf *conf);
/* Makes a wizard for an existing file; every page may be entered. NULL on error, as spec_read. */
struct wizard *wizard_edit(const struct wizard_conf *conf, const char *path, struct err *e);
/* Cancels open requests. NULL is fine. */
void wizard_free(struct wizard *w);
/* Applies `section.key=value` as --set does (+= appends, an empty value empties), as an answer. */
int wizard_assign(struct wizard *w, const char *assignment, struct err *e);
/* After all are applied: -1 with the reason if the question of this one does not apply, so that its answer would not
 * be written. The answer is kept and restored with the question. */
int wizard_assigned(struct wizard *w, const char *assignment, struct err *e);

/* ---- pages ---- */

enum wizard_page {
	WIZARD_MACHINE,
	WIZARD_RELEASE,
	WIZARD_STARTUP,
	WIZARD_PROCESSOR,
	WIZARD_DISK,
	WIZARD_DEVICES,
	WIZARD_SYSTEM,
	WIZARD_REVIEW,
	WIZARD_PAGE_COUNT,
};

enum wizard_page_state {
	WIZARD_AHEAD, /* not entered yet */
	WIZARD_DONE,  /* was entered, all answers are valid */
	WIZARD_WRONG, /* an answer on it is invalid (also if it is the current page) */
	WIZARD_CURRENT,
};

const char *wizard_page_title(enum wizard_page p); /* "Start-up" */
/* Returns a heading for the page: "Debian release for armhf". */
const char *wizard_page_heading(struct wizard *w, enum wizard_page p);
enum wizard_page_state wizard_page_state(struct wizard *w, enum wizard_page p);
enum wizard_page wizard_page(const struct wizard *w);
/* Goes to a page. Forwards only over pages without invalid answers: else returns false, makes the page with the invalid
 * answer the current one and sets *wrong (may be NULL) to its question. */
bool wizard_go(struct wizard *w, enum wizard_page to, const struct wizard_question **wrong);
bool wizard_next(struct wizard *w, const struct wizard_question **wrong); /* stays on the last */
bool wizard_back(struct wizard *w);					  /* false on the first page */
/* Returns the first question of the page with an invalid answer, or NULL. */
const struct wizard_question *wizard_page_wrong(struct wizard *w, enum wizard_page p);

/* ---- questions ---- */

enum wizard_widget {
	WIZARD_TEXT,	 /* a line of text */
	WIZARD_CHOICE,	 /* one of the options and nothing else */
	WIZARD_COMBO,	 /* a line of text, the options are suggestions */
	WIZARD_BOOL,	 /* yes or no */
	WIZARD_NUMBER,	 /* a whole number, or the field's word for 0 ("auto") */
	WIZARD_SIZE,	 /* number with K M G T */
	WIZARD_DURATION, /* number with s or m */
	WIZARD_LIST,	 /* items; options are suggestions */
	WIZARD_SEARCH,	 /* a list whose suggestions are found by wizard_search */
	WIZARD_FILE,	 /* path of a file */
	WIZARD_FILES,	 /* list of such paths; the options are suggestions */
	WIZARD_PASSWORD, /* a hidden text, typed twice; wizard_text gives "" or "set" */
};

struct wizard_question {
	const char *id; /* "machine.arch"; composed ones "password", "save" */
	enum wizard_page page;
	enum wizard_widget widget;
	const char *title;	   /* a few words */
	const char *help;	   /* one to three sentences for F1 and `?` */
	const struct field *field; /* NULL: composed */
	bool advanced;		   /* may be hidden while it has its default */
};

/* Returns the next question of a page that applies now; after NULL the first; NULL: no more. */
const struct wizard_question *wizard_question_next(struct wizard *w, enum wizard_page p,
						   const struct wizard_question *after);
/* Finds a question by id, whether it applies or not; NULL: none. */
const struct wizard_question *wizard_question(struct wizard *w, const char *id);
bool wizard_is_list(const struct wizard_question *q); /* LIST, SEARCH or FILES */

/* Returns the answer as text for editing; of a list one item a line; of a password "" or "set". */
const char *wizard_text(struct wizard *w, const struct wizard_question *q);
/* Returns the items of a list. */
const struct strv *wizard_items(struct wizard *w, const struct wizard_question *q);
/* Returns the answer for display: "auto (2 CPUs)", "none", "~/.ssh/id_ed25519.pub". */
const char *wizard_shown(struct wizard *w, const struct wizard_question *q);
/* Returns one line about what the answer means on this host, or "". */
const char *wizard_note(struct wizard *w, const struct wizard_question *q);
/* Returns why the answer is invalid (its grammar, then the rules between fields), or NULL. */
const char *wizard_wrong(struct wizard *w, const struct wizard_question *q);
/* Whether the user or the file gave this answer. */
bool wizard_touched(struct wizard *w, const struct wizard_question *q);

/* Sets an answer; may be called at every key. -1 with the reason if the text is invalid: then the text is kept
 * nevertheless (except for CHOICE, BOOL, PASSWORD and "save", which are unchanged) and the page is invalid. Returns 0
 * for an answer that contradicts another one: wizard_wrong reports that, at this or the other question. A list is
 * replaced by the lines of the text. */
int wizard_set(struct wizard *w, const struct wizard_question *q, const char *text, struct err *e);
/* The same for the text of a dialog: an invalid one changes nothing. */
int wizard_try(struct wizard *w, const struct wizard_question *q, const char *text, struct err *e);
/* Change the items of a list; an invalid item changes nothing. `at` counts from 0; new items are last. */
int wizard_item_add(struct wizard *w, const struct wizard_question *q, const char *item, struct err *e);
int wizard_item_set(struct wizard *w, const struct wizard_question *q, size_t at, const char *item, struct err *e);
void wizard_item_remove(struct wizard *w, const struct wizard_question *q, size_t at);
/* Restores the default. */
void wizard_reset(struct wizard *w, const struct wizard_question *q);

/* Returns what the last answer changed at other questions, a sentence each ("CPU model is now auto: …"). */
const struct strv *wizard_notices(const struct wizard *w);

/* ---- lists ---- */

/* Returns the options of a question; the first call starts the requests for them. */
struct choice_list wizard_options(struct wizard *w, const struct wizard_question *q);
/* Returns the matches of a part of a name (WIZARD_SEARCH); "" has none. */
struct choice_list wizard_search(struct wizard *w, const struct wizard_question *q, const char *text);
/* Retries the requests that failed or whose result is provisional. */
void wizard_retry(struct wizard *w);

/* ---- the record and its file ---- */

/* Returns the record with the answers, without invalid texts. Borrowed, changes with the answers. */
const struct spec *wizard_spec(struct wizard *w);
/* Whether the record differs from the file, or any question of a new machine was answered. */
bool wizard_dirty(struct wizard *w);
/* Returns the INI text as it would be written, with "(not shown)" for a secret value; owned, NULL on error. Sets *first
 * to the first line (from 1) of q's field and *count to the number of its lines, 0: none; q, first and count may be
 * NULL. */
char *wizard_ini(struct wizard *w, const struct wizard_question *q, unsigned *first, unsigned *count, struct err *e);
/* Returns the path to be saved to. */
const char *wizard_path(struct wizard *w);

/* ---- review ---- */

/* Returns a description of the machine: label and value of a row are "Starts by" and "UEFI, two pflash …". */
struct choice_list wizard_summary(struct wizard *w);
/* Returns the estimate: label and value ("To do", "download 144 M, unpack, …"), columns[0] the time. */
struct choice_list wizard_estimate(struct wizard *w);
/* Returns QEMU's arguments: value is one option with its argument, label the key, note the reason. While a new request
 * runs, those of the last one. */
struct choice_list wizard_command(struct wizard *w);
/* Appends warnings, a sentence each, to out. */
void wizard_warnings(struct wizard *w, enum wizard_page p, struct strv *out);

/* A changed field of an existing machine. */
struct wizard_change {
	const struct wizard_question *question;
	char *from, *to;
	enum field_effect effect;
	const char *words;   /* "takes effect at the next boot" */
	const char *refused; /* why it is impossible, or NULL */
};
/* Lists the differences to the file as it was read; returns their number. Free with wizard_changes_free. */
size_t wizard_changes(struct wizard *w, struct wizard_change **out);
void wizard_changes_free(struct wizard_change *c, size_t n);

/* ---- saving ---- */

enum wizard_mark { WIZARD_SAME = ' ', WIZARD_ADDED = '+', WIZARD_REMOVED = '-' };

struct wizard_diff_line {
	enum wizard_mark mark;
	char *text; /* a secret value is "(not shown)" */
};

/* The difference that saving would make to the present file. */
struct wizard_diff {
	bool exists;  /* the file exists */
	bool foreign; /* another program changed it after we read it */
	bool other;   /* it was never read: a new machine would replace it */
	bool same;    /* nothing would change */
	struct wizard_diff_line *lines;
	size_t len;
	char seen[65]; /* digest of the compared file */
};

int wizard_diff(struct wizard *w, struct wizard_diff *out, struct err *e);
void wizard_diff_fini(struct wizard_diff *d);
/* Whether another program has changed the file since it was read (compares time, size and then content). */
bool wizard_file_changed(struct wizard *w);
/* Writes the file. An existing one requires that its difference was shown: `shown` is that diff, NULL: none. Error ids:
 * "wizard-wrong" (an answer is invalid), "save-unseen" (the file exists: show the diff), "save-changed" (it was changed
 * after the diff was made: show it again). */
int wizard_save(struct wizard *w, const struct wizard_diff *shown, struct err *e);

#endif
