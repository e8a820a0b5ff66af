/* SPDX-License-Identifier: MIT */
/* near: names like one that is not there, for a message. */
#include <solv/pool.h>
#include <solv/repo.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/suggest.h"
#include "solve.h"

#define NEAR_MAX 3

struct near {
	const char *name;
	unsigned away;
};

/* Keeps the list sorted by distance, then name, without doubles. */
static void near_take(struct near *list, size_t *len, const char *name, unsigned away)
{
	size_t at = 0;

	for (size_t i = 0; i < *len; i++)
		if (!strcmp(list[i].name, name))
			return;
	while (at < *len && (list[at].away < away || (list[at].away == away && strcmp(list[at].name, name) < 0)))
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
	unsigned limit = suggest_limit(n);
	struct near list[NEAR_MAX];
	struct buf b;
	size_t len = 0;
	Solvable *s;
	Repo *repo;
	Id p;
	int i;

	buf_init(&b, 0);
	if (!n || n > SUGGEST_MAX)
		return buf_steal(&b);
	FOR_REPOS (i, repo) {
		FOR_REPO_SOLVABLES(repo, p, s)
		{
			const char *other = pool_id2str(pool, s->name);
			unsigned away;

			away = suggest_distance(name, other, limit);
			if (away == SUGGEST_FAR && n >= 3 && !strncmp(other, name, n))
				away = limit + 1; /* what was typed is a beginning of it */
			if (away != SUGGEST_FAR)
				near_take(list, &len, other, away);
		}
	}
	for (size_t k = 0; k < len; k++)
		buf_addf(&b, "%s%s", !k ? "" : k + 1 == len ? " or " : ", ", list[k].name);
	return buf_steal(&b);
}
