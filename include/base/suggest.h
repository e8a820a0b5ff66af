/* SPDX-License-Identifier: MIT */
/*
 * suggest: finds the known word that a misspelt one resembles.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

#define SUGGEST_MAX 64	 /* longer words are not compared */
#define SUGGEST_FAR 1000 /* no distance that counts */

/* How far a word of n characters may be from what it means. */
unsigned suggest_limit(size_t n);
/* Returns how many letters of a word are wrong, missing, superfluous or exchanged with the next (optimal string
 * alignment), SUGGEST_FAR where it is over `limit`, which a word longer than SUGGEST_MAX
 * always is. */
unsigned suggest_distance(const char *a, const char *b, unsigned limit);

/* The nearest of the candidates that were offered; the first one of several. */
struct suggest {
	const char *word; /* borrowed */
	const char *best; /* borrowed from a candidate; NULL: none resembles the word */
	unsigned away;
};

void suggest_begin(struct suggest *s, const char *word);
/* A candidate that begins with the word (of three characters or more) is as near as one with a letter wrong. */
void suggest_offer(struct suggest *s, const char *candidate);

#endif
