/* SPDX-License-Identifier: MIT */
/*
 * state: a wizard: the answers, the record that follows from them, and the parts that one file each owns: the pages
 * (pages.c), the file on the disk (save.c), texts for display (format.c) and rows to choose from (lists.c).
 */
#ifndef WIZARD_STATE_H
#define WIZARD_STATE_H

#include "questions.h"

struct answer {
	bool touched;	    /* given by a person or the file: `wanted` is used */
	bool yielded;	    /* `wanted` is impossible now */
	struct strv wanted; /* as in INI; a scalar has one item */
	char *draft;	    /* a text that the grammar refused, or NULL */
	char *draft_why;
	char *fault; /* the contradiction to other answers, or NULL */
};

struct wizard {
	struct wizard_conf conf;
	const struct wizard_offers *offers; /* of conf */
	struct wizard_question *questions;  /* as question_rows */
	struct answer *answers;		    /* as question_rows */
	struct spec spec;		    /* as answered */
	struct strv notices;
	struct choices summary; /* empty: not made yet */
	struct wizard_pages *pages;
	struct wizard_texts *texts;
	struct wizard_lists *lists;
	struct wizard_file *file;
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

#endif
