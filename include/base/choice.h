/* SPDX-License-Identifier: MIT */
/*
 * choice: the rows of which a person chooses one, and the list of them as it is shown while more of it is loading.
 */
#ifndef BASE_CHOICE_H
#define BASE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define CHOICE_COLUMNS 3

/* One row, owned by its list. Texts are not NULL unless noted. They may come from outside and must be
 * sanitized (base/text.h) before they are displayed. */
struct choice {
	char *value;		       /* what is taken if the row is chosen */
	char *label;		       /* first column */
	char *columns[CHOICE_COLUMNS]; /* further ones, may be "" */
	char *note;		       /* a sentence, may be "" */
	char *why_not;		       /* why the row cannot be chosen; NULL: it can */
};

struct choices {
	struct choice *items;
	size_t len;
	char *note;	  /* about the list as a whole ("signatures verified"), or NULL */
	bool provisional; /* a new request may improve it; the note has the reason */
};

/* Frees and empties; rows begin as all zero. */
void choices_fini(struct choices *r);
/* Adds a row with copies of value and label (NULL: the value); the other texts are "" and may be set by
 * choice_text. Returns the row, valid until the next one is added. */
struct choice *choices_add(struct choices *r, const char *value, const char *label);
/* Replaces a text of a row, its member *slot, by a copy; NULL clears. */
void choice_text(char **slot, const char *text);

enum choice_state {
	CHOICE_NONE,	/* there is no list */
	CHOICE_LOADING, /* the rows have what is known without the result */
	CHOICE_READY,
	CHOICE_FAILED, /* the note has the reason; the rows as above */
};

/* Borrowed from whoever returned it. */
struct choice_list {
	enum choice_state state;
	const struct choice *rows;
	size_t len;
	size_t current;	      /* the row of the answer, len: none */
	const char *note;     /* one line about the list: progress, failure, or "" */
	bool provisional;     /* CHOICE_READY, but another request may improve it */
	enum err_kind failed; /* CHOICE_FAILED: kind of the error */
};

/* Whether another request may improve the list. */
bool choice_can_retry(struct choice_list l);

#endif
