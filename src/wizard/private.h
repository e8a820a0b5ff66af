/* SPDX-License-Identifier: MIT */
/* private: what the files of src/wizard share. */
#ifndef WIZARD_PRIVATE_H
#define WIZARD_PRIVATE_H

#include <sys/stat.h>

#include "base/buf.h"
#include "wizard/wizard.h"

#define NO_TOPIC WIZARD_TOPIC_COUNT

/* A row of the table of questions; see questions.c. */
struct question_row {
	const char *id; /* "section.key" of the field, or a composed question's own */
	enum wizard_page page;
	enum wizard_widget widget;
	bool more;
	const char *title, *help; /* NULL: the field's */
	const char *key;	  /* composed: "section.key" of the field that it writes, or NULL */
	bool (*applies)(const struct wizard *w);
	/* What is known at once of its options. */
	void (*options)(struct wizard *w, struct wizard_rows *out);
	bool lasting;		 /* they hang on no answer, and there are many */
	enum wizard_topic topic; /* whose answer takes their place; NO_TOPIC: none */
	bool adapts;		 /* gives way when the architecture or the release makes it impossible */
	/* The default of a new machine here; NULL: the field's own. */
	void (*initial)(struct wizard *w, struct strv *out);
	/* One line about the answer, for wizard_note. */
	void (*note)(struct wizard *w, struct buf *out);
};

extern const struct question_row question_rows[];
extern const size_t question_count;

struct answer {
	bool touched;	    /* a person or the file gave it: `wanted` counts */
	bool yielded;	    /* what is wanted is impossible now */
	struct strv wanted; /* as in INI; a scalar has one item */
	char *draft;	    /* a text that the grammar refused, or NULL */
	char *draft_why;
	char *fault; /* what contradicts other answers, or NULL */
	/* looks, made when asked for and forgotten at the next change */
	char *text, *shown, *note;
	struct strv items;
	struct wizard_rows rows;
	bool has_rows;
};

/* What was asked for of one topic. */
struct asked {
	struct wizard *w;
	char *key; /* what the answer depends on, NULL: never asked */
	enum wizard_list_state state;
	struct wizard_rows rows;
	char *failure;
	enum err_kind kind;		/* of the failure */
	struct wizard_request *request; /* while it loads */
};

/* How a file was when it was read. */
struct seen {
	bool exists;
	struct timespec mtime;
	off_t size;
	ino_t inode;
	char digest[65];
};

struct wizard {
	struct wizard_conf conf;
	const struct wizard_offers *offers; /* of conf */
	struct wizard_question *questions;  /* as question_rows */
	struct answer *answers;
	enum wizard_page page;
	bool entered[WIZARD_PAGE_COUNT];
	struct spec spec; /* as answered */
	struct strv notices;
	/* the file */
	char *original;		 /* its text as read, NULL: a new machine */
	struct spec was;	 /* as read, or with the defaults */
	struct seen seen;	 /* of the file as read */
	char *path;		 /* where to save; NULL: derived from the name */
	struct wizard_made made; /* what there is of the machine */
	/* looks */
	char *save_path;
	char *heading;
	struct wizard_rows summary;
	bool has_summary;
	struct asked asked[WIZARD_TOPIC_COUNT];
};

/* wizard.c */
size_t question_index(const struct wizard *w, const struct wizard_question *q);
const struct question_row *question_row(const struct wizard *w, const struct wizard_question *q);
struct answer *question_answer(struct wizard *w, const struct wizard_question *q);
bool question_applies(const struct wizard *w, size_t i);
/* Forgets all looks. */
void wizard_forget_texts(struct wizard *w);
/* Takes what a file says for answers. */
void wizard_load(struct wizard *w);

/* What the file said and nobody has agreed to stays so in the answers. */
void wizard_take_risks(struct wizard *w);

/* recompute.c: makes the record follow the answers, and finds what is wrong. `cause` is the question
 * that was answered, or NULL. */
void wizard_recompute(struct wizard *w, const struct wizard_question *cause);
/* The field's values as in INI. */
void field_values(const struct field *f, const struct spec *s, struct strv *out);
/* Sets a field from such values; they are known to be good. */
void field_assign(const struct field *f, struct spec *s, const struct strv *values);

/* ask.c */
struct asked *wizard_ask(struct wizard *w, enum wizard_topic topic, const char *query);
void wizard_unask(struct wizard *w);
/* A list of the rows, whose current row is that of the answer (NULL: none). */
struct wizard_list wizard_list_of(const struct wizard_rows *rows, enum wizard_list_state state, const char *note,
				  const char *answer);

/* ini.c: the record with the document that it is to be written as; fails as spec_read_text does. */
int wizard_record(struct wizard *w, struct spec *out, struct err *e);
/* The text as it is written, secrets and all; owned, to be wiped. NULL on error. */
char *wizard_written(struct wizard *w, struct err *e);
char *wizard_hide(char *text);

/* save.c */
int seen_look(const char *path, struct seen *out, struct buf *text, struct err *e);

/* The architecture and release of the record; NULL where they are not in the catalogue. */
const struct catalog_arch *wizard_arch(const struct wizard *w);
const struct catalog_release *wizard_release(const struct wizard *w);
/* CPUs that cpu.count = auto gives here. */
unsigned wizard_auto_cpus(const struct wizard *w);
uint64_t wizard_memory(const struct wizard *w); /* bytes */
/* review.c: whether it will run accelerated, as far as that is known; what `auto` means for the CPU's
 * model. */
bool wizard_accelerates(struct wizard *w);
const char *wizard_auto_model(struct wizard *w);

#endif
