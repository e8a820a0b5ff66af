/* SPDX-License-Identifier: MIT */
/* near: names like one that is not there, for a message. */
#include <solv/pool.h>
#include <solv/repo.h>
#include <stdlib.h>
#include <string.h>

#include "archive/solve.h"
#include "base/buf.h"

#define NEAR_MAX 3
#define NAME_CAP 64 /* longer ones are not compared */
#define FAR 100

/* Levenshtein distance, FAR when it is over `limit`. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m, unsigned limit)
{
	unsigned row[NAME_CAP + 1];

	if ((n > m ? n - m : m - n) > limit)
		return FAR;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned before = row[0];
		unsigned least = row[0] = (unsigned)i;

		for (size_t j = 1; j <= m; j++) {
			unsigned cost = before + (a[i - 1] != b[j - 1]);

			before = row[j];
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			row[j] = cost;
			if (cost < least)
				least = cost;
		}
		if (least > limit)
			return FAR;
	}
	return row[m] > limit ? FAR : row[m];
}

struct near {
	const char *name;
	unsigned away;
};

/* Keeps the list sorted by distance, then name, without doubles. */
static void take(struct near *list, size_t *len, const char *name, unsigned away)
{
	size_t at = 0;

	for (size_t i = 0; i < *len; i++)
		if (!strcmp(list[i].name, name))
			return;
	while (at < *len && (list[at].away < away ||
			     (list[at].away == away && strcmp(list[at].name, name) < 0)))
		at++;
	if (at == NEAR_MAX)
		return;
	if (*len < NEAR_MAX)
		(*len)++;
	memmove(&list[at + 1], &list[at], (*len - at - 1) * sizeof(*list));
	list[at] = (struct near){.name = name, .away = away};
}

char *solve_near_names(struct s_Pool *pool, const char *name)
{
	size_t n = strlen(name);
	unsigned limit = n < 4 ? 1 : n < 8 ? 2 : 3;
	struct near list[NEAR_MAX];
	struct buf b;
	size_t len = 0;
	Solvable *s;
	Repo *repo;
	Id p;
	int i;

	buf_init(&b, 0);
	if (!n || n > NAME_CAP)
		return buf_steal(&b);
	FOR_REPOS(i, repo) {
		FOR_REPO_SOLVABLES(repo, p, s) {
			const char *other = pool_id2str(pool, s->name);
			size_t m = strlen(other);
			unsigned away;

			if (m > NAME_CAP)
				continue;
			away = distance(name, n, other, m, limit);
			if (away == FAR && n >= 3 && !strncmp(other, name, n))
				away = limit + 1; /* what was typed is a beginning of it */
			if (away != FAR)
				take(list, &len, other, away);
		}
	}
	for (size_t k = 0; k < len; k++)
		buf_addf(&b, "%s%s", !k ? "" : k + 1 == len ? " or " : ", ", list[k].name);
	return buf_steal(&b);
}
