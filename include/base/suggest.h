/* SPDX-License-Identifier: MIT */
/*
 * suggest: finds the known words that are most similar to a misspelled one.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

#define SUGGEST_MAX 64	 /* longer words are not compared */
#define SUGGEST_FAR 1000 /* over the limit */

/* Returns how many letters of a word of n characters may differ from the word that is meant. */
unsigned suggest_limit(size_t n);
/* Returns how many letters of a word are wrong, missing, additional or exchanged with the next (optimal string
 * alignment), or SUGGEST_FAR if that exceeds `limit`, which a word longer than SUGGEST_MAX always does. */
unsigned suggest_distance(const char *a, const char *b, unsigned limit);

/* The most similar of the candidates; the first of several equal ones. */
struct suggest {
	const char *word; /* borrowed */
	const char *best; /* borrowed from a candidate; NULL: none is similar */
	unsigned away;
};

void suggest_begin(struct suggest *s, const char *word);
/* Adds a candidate. One that begins with the word (of three characters or more) is as similar as one with a wrong
 * letter. */
void suggest_offer(struct suggest *s, const char *candidate);

#define SUGGEST_LIST 3

/* Up to three of the candidates that are similar, the most similar first. */
struct suggest_list {
	const char *word; /* borrowed */
	unsigned limit;
	size_t len;
	struct {
		const char *name; /* borrowed */
		unsigned away;
	} items[SUGGEST_LIST];
};

void suggest_list_begin(struct suggest_list *l, const char *word);
/* Adds a candidate that is similar, or that begins with the word if that has at least three characters; ignores
 * duplicates. */
void suggest_list_offer(struct suggest_list *l, const char *candidate);
/* Returns "a, b or c", or "" if there are none; the caller frees it. */
char *suggest_list_text(const struct suggest_list *l);

#endif
