/* SPDX-License-Identifier: MIT */
/*
 * private: the wizard within this folder: the table of questions, the answers, and the parts that one file each owns:
 * the file on the disk (save.c) and the lists that offers provide (lists.c).
 */
#ifndef WIZARD_PRIVATE_H
#define WIZARD_PRIVATE_H

#include "base/buf.h"
#include "wizard/wizard.h"

/* ---- questions.c ---- */

#define NO_TOPIC WIZARD_TOPIC_COUNT

/* A row of the table of questions. */
struct question_row {
	const char *id; /* "section.key" of the field, or a composed question's own */
	enum wizard_page page;
	enum wizard_widget widget;
	bool advanced;
	const char *title, *help; /* NULL: the field's */
	const char *key;	  /* composed: "section.key" of the field that it writes, or NULL */
	bool (*applies)(const struct wizard *w);
	void (*options)(struct wizard *w, struct choices *out); /* known without a request */
	bool lasting;		 /* the options depend on no answer, and there are many */
	enum wizard_topic topic; /* whose rows replace the options; NO_TOPIC: none */
	bool adapts;		 /* replaced by its default if the architecture or the release makes it impossible */
	/* The default of a new machine on this host; NULL: the field's own. */
	void (*initial)(struct wizard *w, struct strv *out);
	/* One line about the answer, for wizard_note; NULL: the note of the chosen option. */
	void (*note)(struct wizard *w, struct buf *out);
};

extern const struct question_row question_rows[];
extern const size_t question_count;

/* ---- wizard.c ---- */

struct answer {
	bool touched;	    /* given by a person or the file: `wanted` is used */
	bool yielded;	    /* `wanted` is impossible now */
	struct strv wanted; /* as in INI; a scalar has one item */
	char *draft;	    /* a text that the grammar refused, or NULL */
	char *draft_why;
	char *fault; /* the contradiction to other answers, or NULL */
	/* texts for display, made on request and dropped at the next change */
	char *text, *shown, *note;
	struct strv items;
	struct choices rows;
	bool has_rows;
};

struct wizard {
	struct wizard_conf conf;
	const struct wizard_offers *offers; /* of conf */
	struct wizard_question *questions;  /* as question_rows */
	struct answer *answers;		    /* as question_rows */
	enum wizard_page page;
	bool entered[WIZARD_PAGE_COUNT];
	struct spec spec; /* as answered */
	struct strv notices;
	char *heading;		/* of the page, NULL: not made yet */
	struct choices summary; /* empty: not made yet */
	struct wizard_file *file;
	struct wizard_lists *lists;
};

size_t question_index(const struct wizard *w, const struct wizard_question *q);
const struct question_row *question_row(const struct wizard *w, const struct wizard_question *q);
struct answer *question_answer(struct wizard *w, const struct wizard_question *q);
bool question_applies(const struct wizard *w, size_t i);
/* Drops all texts and rows for display. */
void wizard_forget_texts(struct wizard *w);
/* The architecture and release of the record; NULL if they are not in the catalogue. */
const struct catalog_arch *wizard_arch(const struct wizard *w);
const struct catalog_release *wizard_release(const struct wizard *w);
/* CPUs that cpu.count = auto gives on this host. */
unsigned wizard_auto_cpus(const struct wizard *w);
uint64_t wizard_memory(const struct wizard *w); /* bytes */

/* ---- recompute.c ---- */

/* Makes the record follow the answers and finds what is wrong. `cause`: the question that was answered, or NULL. */
void wizard_recompute(struct wizard *w, const struct wizard_question *cause);
/* Replaces `out` by the field's values as in INI. */
void field_values(const struct field *f, const struct spec *s, struct strv *out);
/* Sets a field from such values, which must be valid. */
void field_assign(const struct field *f, struct spec *s, const struct strv *values);

/* ---- lists.c ---- */

struct wizard_lists *wizard_lists_new(struct wizard *w);
/* Cancels all requests. */
void wizard_lists_free(struct wizard_lists *lists);
/* A list of the rows, whose current row is that of the answer (NULL: none). */
struct choice_list wizard_list_of(const struct choices *rows, enum choice_state state, const char *note,
				  const char *answer);

/* ---- save.c ---- */

struct wizard_file *wizard_file_new(void);
void wizard_file_free(struct wizard_file *file);
/* Reads a file and replaces all answers by its values. */
int wizard_load(struct wizard *w, const char *path, struct err *e);
/* Whether the wizard edits an existing file. */
bool wizard_is_edited(const struct wizard *w);
/* The record as it was read; of a new machine the defaults. */
const struct spec *wizard_baseline(const struct wizard *w);
/* Makes the present record the baseline. */
void wizard_set_baseline(struct wizard *w);
/* The machine that the edited file describes. */
const struct wizard_existing *wizard_existing(const struct wizard *w);
/* Sets where to save, absolute, and takes the path; NULL: the default by the machine's name. */
void wizard_set_path(struct wizard *w, char *path);
/* Drops the default path, which depends on the name. */
void wizard_forget_path(struct wizard *w);
/* Replaces the values of secret keys by "(not shown)" and removes carriage returns; takes the text. */
char *wizard_hide(char *text);

/* ---- review.c ---- */

/* Whether the machine will run accelerated, as far as known. */
bool wizard_accelerates(struct wizard *w);
/* What `auto` means for the CPU model. */
const char *wizard_auto_model(struct wizard *w);

#endif
