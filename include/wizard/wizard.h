/* SPDX-License-Identifier: MIT */
/*
 * wizard: the pages and questions from which a machine's INI file is made, as data. Both faces ask
 * them: the screens (src/tui) and `debwiz new --plain` (src/cli). It knows no terminal, and nothing
 * in it blocks: what takes time comes from the offers (include/wizard/offers.h) and `changed` tells
 * that it has arrived.
 *
 * An answer is never lost. A text that the grammar refuses is kept, with the reason, until it is
 * mended. An answer that another one makes impossible (a CPU model, after the architecture was
 * changed) gives way to a default, which a notice says, and comes back when it is possible again.
 *
 * All `const char *` and `const struct *` results are borrowed and good until the next call that
 * is not a plain look (wizard_set, wizard_go, …) or until `changed` was called.
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
	const struct store *store;	    /* likewise: keeps what was agreed to (machine/trust.h); NULL: nothing is */
	/* An answer of the offers has arrived: look again. Called on the loop. May be NULL. */
	void (*changed)(void *arg);
	void *arg;
};

/* ---- life cycle ---- */

/* For a new machine, with defaults that are right for most on this host. */
struct wizard *wizard_new(const struct wizard_conf *conf);
/* For an existing file; every page may be entered. NULL on error (those of spec_read). */
struct wizard *wizard_edit(const struct wizard_conf *conf, const char *path, struct err *e);
/* Ends open requests. NULL is fine. */
void wizard_free(struct wizard *w);
/* Applies `section.key=value` as --set does (+= appends, empty empties); it counts as an answer. */
int wizard_assign(struct wizard *w, const char *assignment, struct err *e);
/* Once all are applied: -1 with the reason where the question of this one does not apply, so that
 * its answer would not be written (it is kept, and comes back with the question). */
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
	WIZARD_DONE,  /* was entered, nothing wrong */
	WIZARD_WRONG, /* an answer on it is wrong (the current page too) */
	WIZARD_CURRENT,
};

const char *wizard_page_title(enum wizard_page p); /* "Start-up" */
/* A heading for the page's body: "Debian release for armhf". */
const char *wizard_page_heading(struct wizard *w, enum wizard_page p);
enum wizard_page_state wizard_page_state(struct wizard *w, enum wizard_page p);
enum wizard_page wizard_page(const struct wizard *w);
/* To a page. Backwards always; forwards only over pages that are right: else false, the page with
 * the wrong answer becomes the current one and *wrong (may be NULL) the question. */
bool wizard_go(struct wizard *w, enum wizard_page to, const struct wizard_question **wrong);
bool wizard_next(struct wizard *w, const struct wizard_question **wrong); /* stays on the last */
bool wizard_back(struct wizard *w);					  /* false on the first page */
/* First wrong question of the page, NULL: it is right. */
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
	WIZARD_LIST,	 /* items; the options, if there are any, are suggestions for one */
	WIZARD_SEARCH,	 /* a list whose suggestions are found by typing: wizard_search */
	WIZARD_FILE,	 /* path of a file, to be chosen */
	WIZARD_FILES,	 /* list of such paths; the options are suggestions */
	WIZARD_PASSWORD, /* a text that is not shown, wanted twice; its answer is "" or "set" */
};

struct wizard_question {
	const char *id; /* "machine.arch"; composed ones "password", "save" */
	enum wizard_page page;
	enum wizard_widget widget;
	const char *title;	   /* a few words */
	const char *help;	   /* one to three sentences for F1 and `?` */
	const struct field *field; /* NULL: composed */
	bool advanced;		   /* may be folded away while it has its default */
};

/* The questions of a page that apply now, in their order: *after NULL is the first; NULL: no more.
 */
const struct wizard_question *wizard_question_next(struct wizard *w, enum wizard_page p,
						   const struct wizard_question *after);
/* By id, whether it applies or not; NULL: no such. */
const struct wizard_question *wizard_question(struct wizard *w, const char *id);
bool wizard_is_list(const struct wizard_question *q); /* LIST, SEARCH or FILES */

/* The answer as it is edited; lists: one item a line; password: "" or "set". */
const char *wizard_text(struct wizard *w, const struct wizard_question *q);
/* The items of a list. */
const struct strv *wizard_items(struct wizard *w, const struct wizard_question *q);
/* The answer for a person: "auto (2 CPUs)", "none", "~/.ssh/id_ed25519.pub". */
const char *wizard_shown(struct wizard *w, const struct wizard_question *q);
/* One line for the field under the cursor: what the answer means here. "" when there is nothing. */
const char *wizard_note(struct wizard *w, const struct wizard_question *q);
/* Why the answer is wrong (its grammar, then the rules between fields), or NULL. */
const char *wizard_wrong(struct wizard *w, const struct wizard_question *q);
/* Whether a person gave this answer, or it is another than the default. */
bool wizard_touched(struct wizard *w, const struct wizard_question *q);

/* Gives an answer; may be called at every key. 0, or -1 with the reason: then the text is kept all
 * the same (a CHOICE, BOOL, PASSWORD and "save" stay as they were) and the page is wrong. An answer
 * that only contradicts another one returns 0: wizard_wrong says so, here or at the other question.
 * A list is replaced by the text's lines. */
int wizard_set(struct wizard *w, const struct wizard_question *q, const char *text, struct err *e);
/* The same of a whole text, as a dialog has it: a refused one changes nothing. */
int wizard_try(struct wizard *w, const struct wizard_question *q, const char *text, struct err *e);
/* Items of a list. A refused item changes nothing. `at` counts from 0; adding at the end. */
int wizard_item_add(struct wizard *w, const struct wizard_question *q, const char *item, struct err *e);
int wizard_item_set(struct wizard *w, const struct wizard_question *q, size_t at, const char *item, struct err *e);
void wizard_item_remove(struct wizard *w, const struct wizard_question *q, size_t at);
/* Back to the default. */
void wizard_reset(struct wizard *w, const struct wizard_question *q);

/* What the last answer changed elsewhere, a sentence each ("CPU model is auto again: …"). */
const struct strv *wizard_notices(const struct wizard *w);

/* ---- lists ---- */

enum wizard_list_state {
	WIZARD_NO_LIST, /* the question has none */
	WIZARD_LOADING, /* what is known already is in the rows */
	WIZARD_READY,
	WIZARD_FAILED, /* note says why; what is known anyway is in the rows */
};

struct wizard_list {
	enum wizard_list_state state;
	const struct wizard_row *rows;
	size_t len;
	size_t current;	      /* row of the answer, len: none */
	const char *note;     /* one line about the list: "asking the mirror", the failure, or "" */
	bool provisional;     /* WIZARD_READY, but asked again it may be better */
	enum err_kind failed; /* WIZARD_FAILED, asked of an offer: of what kind */
};

/* Options of a question; asking for them begins what must be asked for. */
struct wizard_list wizard_options(struct wizard *w, const struct wizard_question *q);
/* What is found for a beginning or part of a name (WIZARD_SEARCH). "" finds nothing. */
struct wizard_list wizard_search(struct wizard *w, const struct wizard_question *q, const char *text);
/* Whether asking again for this list may bring a better one. */
bool wizard_can_retry(struct wizard_list l);
/* Asks again for what failed, and for what may have a better answer by now. */
void wizard_retry(struct wizard *w);

/* ---- the record and its file ---- */

/* The record as answered (a wrong text is not in it). Borrowed, changes with the answers. */
const struct spec *wizard_spec(struct wizard *w);
/* Differs from what was read, or a new one was answered at all. */
bool wizard_dirty(struct wizard *w);
/* The INI text as it would be written, with "(not shown)" for a secret value; owned. The lines that
 * q's field writes are *first (from 1) and *count of them, 0 where it writes none; q, first and
 * count may be NULL. NULL on error. */
char *wizard_ini(struct wizard *w, const struct wizard_question *q, unsigned *first, unsigned *count, struct err *e);
/* Where it will be saved. */
const char *wizard_path(struct wizard *w);

/* ---- review ---- */

/* The machine in words: label and value of each row are "Starts by" and "UEFI, two pflash …". */
struct wizard_list wizard_summary(struct wizard *w);
/* What is to be done: label and value ("To do", "download 144 M, unpack, …"), columns[0] its time.
 */
struct wizard_list wizard_estimate(struct wizard *w);
/* QEMU's arguments: value is one option with its argument, label the key, note the reason. While
 * they are asked for anew, those of the answers before. */
struct wizard_list wizard_command(struct wizard *w);
/* What a person should know and what is no error, a sentence each; appended to out. */
void wizard_warnings(struct wizard *w, enum wizard_page p, struct strv *out);

/* A changed field of a machine that exists. */
struct wizard_change {
	const struct wizard_question *question;
	char *from, *to;
	enum field_effect effect;
	const char *words;   /* "counts from the next boot" */
	const char *refused; /* why it cannot be, or NULL */
};
/* What differs from the file as it was read; returns the number. Owned array: wizard_changes_free.
 */
size_t wizard_changes(struct wizard *w, struct wizard_change **out);
void wizard_changes_free(struct wizard_change *c, size_t n);

/* ---- saving ---- */

enum wizard_mark { WIZARD_SAME = ' ', WIZARD_ADDED = '+', WIZARD_REMOVED = '-' };

struct wizard_diff_line {
	enum wizard_mark mark;
	char *text; /* a secret value is "(not shown)" */
};

/* What saving would do to the file that is there now. */
struct wizard_diff {
	bool exists;  /* there is a file */
	bool foreign; /* it is not as we read it: another wrote it meanwhile */
	bool other;   /* it was never read: another file is in the way of a new one */
	bool same;    /* nothing would change */
	struct wizard_diff_line *lines;
	size_t len;
	char seen[65]; /* digest of the file as compared */
};

int wizard_diff(struct wizard *w, struct wizard_diff *out, struct err *e);
void wizard_diff_fini(struct wizard_diff *d);
/* The file was changed by somebody else since it was read (looks at time, size and then content).
 */
bool wizard_file_changed(struct wizard *w);
/* Writes the file. An existing one only after its difference was shown: `shown` is that diff, NULL:
 * none was. Error ids: "wizard-wrong" (an answer is wrong), "save-unseen" (there is a file: show
 * the diff), "save-changed" (it was changed after the diff was made: show it again). */
int wizard_save(struct wizard *w, const struct wizard_diff *shown, struct err *e);

#endif
