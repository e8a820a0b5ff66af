/* SPDX-License-Identifier: MIT */
/*
 * image_tree: the names in an image, in memory, and the resolution of paths. It creates only missing folders.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image_private.h"

#define LINKS_MAX 40	    /* as the kernel has it */
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

static uint32_t image_tree_hash_name(const struct node *parent, const char *name, size_t n)
{
	uint32_t h = 2166136261u ^ (parent ? parent->ino : 0);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return h;
}

struct node *node_find(struct image *im, const struct node *parent, const char *name, size_t n)
{
	uint32_t h = image_tree_hash_name(parent, name, n);
	struct node *it = im->names->chains[h & (im->names->chain_count - 1)];

	while (it && (it->hash != h || it->parent != parent || strncmp(it->name, name, n) != 0 || it->name[n] != '\0'))
		it = it->next;
	return it;
}

static void image_tree_grow_chains(struct image_names *t)
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

struct node *node_add(struct image *im, struct node *parent, const char *name, size_t n, int type, ext2_ino_t ino,
		      unsigned rank)
{
	struct node *it = xcalloc(1, sizeof *it + n + 1);
	struct image_names *t = im->names;
	struct node **chain;

	if (t->node_count >= t->chain_count)
		image_tree_grow_chains(t);
	it->parent = parent;
	it->type = (uint8_t)type;
	it->ino = ino;
	it->rank = rank;
	it->hash = image_tree_hash_name(parent, name, n);
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

static int image_tree_walk(struct image *im, struct node *at, const char *path, size_t n, bool make, int *links,
			   struct node **out, struct err *e);

/* Resolves one part of a path, from folder *at. */
static int image_tree_step(struct image *im, struct node **at, const char *name, size_t n, bool make, int *links,
			   struct err *e)
{
	static const struct image_attr plain = {.mode = 0755, .rank = UINT32_MAX};
	struct node *child;

	if (n == 0 || (n == 1 && name[0] == '.'))
		return 0;
	if (n == 2 && name[0] == '.' && name[1] == '.') {
		*at = (*at)->parent;
		return 0;
	}
	child = node_find(im, *at, name, n);
	if (!child && make) {
		struct image_attr attr = plain;

		attr.mtime = im->epoch;
		if (image_make_dir(im, *at, name, n, &attr, &child, e))
			return -1;
		child->is_implied = true;
	}
	if (child && child->type == EXT2_FT_SYMLINK) {
		if (--*links < 0)
			return err_set(e, ERR_VERIFY, "image-clash",
				       "the symbolic link %s in the image leads to itself", child->name);
		return image_tree_walk(im, *at, child->target, strlen(child->target), make, links, at, e);
	}
	if (child && child->type != EXT2_FT_DIR)
		return err_set(e, ERR_VERIFY, "image-clash", "%s in the image is not a folder", child->name);
	*at = child;
	return 0;
}

static int image_tree_walk(struct image *im, struct node *at, const char *path, size_t n, bool make, int *links,
			   struct node **out, struct err *e)
{
	const char *end = path + n;

	if (n > 0 && *path == '/')
		at = im->root;
	while (at && path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		const char *stop = slash ? slash : end;

		if (image_tree_step(im, &at, path, (size_t)(stop - path), make, links, e))
			return -1;
		path = slash ? slash + 1 : end;
	}
	*out = at;
	return 0;
}

int image_walk(struct image *im, struct node *from, const char *path, size_t n, bool make, struct node **out,
	       struct err *e)
{
	int links = LINKS_MAX;

	return image_tree_walk(im, from, path, n, make, &links, out, e);
}

int image_split(struct image *im, const char *path, struct node **parent, const char **leaf, struct err *e)
{
	const char *slash = strrchr(path, '/');

	*leaf = slash ? slash + 1 : path;
	if (**leaf == '\0' || strcmp(*leaf, ".") == 0 || strcmp(*leaf, "..") == 0 || strlen(*leaf) > EXT2_NAME_LEN)
		return err_set(e, ERR_VERIFY, "image-path", "\"%s\" is not the path of a file", path);
	return image_walk(im, im->root, path, slash ? (size_t)(slash - path) : 0, true, parent, e);
}
