/* SPDX-License-Identifier: MIT */
/*
 * image_names: every name in an image, in memory: a table by folder and name, and the tree of the folders.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image_names.h"

#define CHAINS_START 16384u /* a power of 2 */

/* The nodes by the hash of their names. */
struct image_names {
	struct node **chains;
	size_t chain_count; /* a power of 2 */
	size_t node_count;
};

struct image_names *image_names_new(void)
{
	struct image_names *t = xcalloc(1, sizeof(*t));

	t->chain_count = CHAINS_START;
	t->chains = xcalloc(t->chain_count, sizeof(struct node *));
	return t;
}

static uint32_t image_names_hash_name(const struct node *parent, const char *name, size_t n)
{
	uint32_t h = 2166136261u ^ (parent ? parent->ino : 0);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return h;
}

struct node *node_find(const struct image_names *t, const struct node *parent, const char *name, size_t n)
{
	uint32_t h = image_names_hash_name(parent, name, n);
	struct node *it = t->chains[h & (t->chain_count - 1)];

	while (it && (it->hash != h || it->parent != parent || strncmp(it->name, name, n) != 0 || it->name[n] != '\0'))
		it = it->next;
	return it;
}

static void image_names_grow_chains(struct image_names *t)
{
	size_t count = t->chain_count * 2;
	struct node **chains = xcalloc(count, sizeof(struct node *));

	for (size_t i = 0; i < t->chain_count; i++) {
		struct node *it = t->chains[i];

		while (it) {
			struct node *next = it->next;
			struct node **chain = &chains[it->hash & (count - 1)];

			it->next = *chain;
			*chain = it;
			it = next;
		}
	}
	free(t->chains);
	t->chains = chains;
	t->chain_count = count;
}

struct node *node_add(struct image_names *t, struct node *parent, const char *name, size_t n, int type, ext2_ino_t ino,
		      unsigned rank)
{
	struct node *it = xcalloc(1, sizeof *it + n + 1);
	struct node **chain;

	if (t->node_count >= t->chain_count)
		image_names_grow_chains(t);
	it->parent = parent;
	it->type = (uint8_t)type;
	it->ino = ino;
	it->rank = rank;
	it->hash = image_names_hash_name(parent, name, n);
	memcpy(it->name, name, n);
	if (parent && parent->last_child)
		parent->last_child->sibling = it;
	else if (parent)
		parent->children = it;
	if (parent)
		parent->last_child = it;
	chain = &t->chains[it->hash & (t->chain_count - 1)];
	it->next = *chain;
	*chain = it;
	t->node_count++;
	return it;
}

void image_names_free(struct image_names *t)
{
	for (size_t i = 0; i < t->chain_count; i++) {
		struct node *it = t->chains[i];

		while (it) {
			struct node *next = it->next;

			free(it->target);
			free(it);
			it = next;
		}
	}
	free(t->chains);
	free(t);
}
