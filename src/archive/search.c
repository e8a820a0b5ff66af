/* SPDX-License-Identifier: MIT */
/* search: finds packages by a part of their name (archive_search), and names similar to a misspelled one. */
#include <solv/evr.h>
#include <solv/pool.h>
#include <solv/repo.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "solve.h"
#include "state.h"

struct found {
	const char *name;
	Solvable *s;
	int rank; /* 0: the name itself, 1: its beginning, 2: a part of it */
};

static int search_by_rank(const void *a, const void *b)
{
	const struct found *x = a;
	const struct found *y = b;

	if (x->rank != y->rank)
		return x->rank - y->rank;
	return strcmp(x->name, y->name);
}

static int search_rank_of(const char *name, const char *text, size_t n)
{
	if (!strncmp(name, text, n))
		return name[n] ? 1 : 0;
	return strstr(name, text) ? 2 : -1;
}

/* Finds all matches, sorted, with only the newest of each name. Returns their number. */
static size_t search_find(Pool *pool, const char *text, struct found **out)
{
	struct found *all = NULL;
	size_t len = 0, kept = 0, size = 0, n = strlen(text);
	Solvable *s;
	Repo *repo;
	Id p;
	int i;

	FOR_REPOS (i, repo) {
		FOR_REPO_SOLVABLES(repo, p, s)
		{
			const char *name = pool_id2str(pool, s->name);
			int rank = search_rank_of(name, text, n);

			if (rank < 0)
				continue;
			if (len == size) {
				size = size ? size * 2 : 64;
				all = xreallocarray(all, size, sizeof(*all));
			}
			all[len++] = (struct found){name, s, rank};
		}
	}
	mem_sort(all, len, sizeof(*all), search_by_rank);
	for (size_t k = 0; k < len; k++) {
		if (!kept || strcmp(all[kept - 1].name, all[k].name))
			all[kept++] = all[k];
		else if (pool_evrcmp(pool, all[k].s->evr, all[kept - 1].s->evr, EVRCMP_COMPARE) > 0)
			all[kept - 1] = all[k];
	}
	*out = all;
	return kept;
}

size_t archive_search(struct archive *a, const char *text, size_t most,
		      void (*found)(const char *name, const char *version, const char *summary, void *arg), void *arg)
{
	struct found *all = NULL;
	size_t len = *text ? search_find(a->pool, text, &all) : 0;

	for (size_t i = 0; i < len && i < most; i++) {
		const char *summary = solvable_lookup_str(all[i].s, SOLVABLE_SUMMARY);

		found(all[i].name, pool_id2str(a->pool, all[i].s->evr), summary ? summary : "", arg);
	}
	free(all);
	return len;
}

/* ---- Similar names */

char *search_similar_names(struct s_Pool *pool, const char *name)
{
	struct suggest_list list;
	Solvable *s;
	Repo *repo;
	Id p;
	int i;

	suggest_list_begin(&list, name);
	FOR_REPOS (i, repo) {
		FOR_REPO_SOLVABLES(repo, p, s)
		{
			suggest_list_offer(&list, pool_id2str(pool, s->name));
		}
	}
	return suggest_list_text(&list);
}
