/* SPDX-License-Identifier: MIT */
/* questions: the table of all questions, as constants. */
#ifndef WIZARD_QUESTIONS_H
#define WIZARD_QUESTIONS_H

#include "base/buf.h"
#include "wizard/wizard.h"

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

#endif
