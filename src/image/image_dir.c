/* SPDX-License-Identifier: MIT */
/*
 * image_dir: writes the folders of an image, each once, when every name in them is known. In: the
 * tree of names. Out: directory blocks and the inodes' sizes and link counts. A folder of more than
 * one block gets a hash index (Documentation/filesystems/ext4/directory.rst in Linux), so that
 * neither this writer nor the guest searches a large folder from its beginning.
 */
#include "image_dir.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ENTRY_HEAD 8u /* of a directory entry, before its name */
#define DOT_SIZE 12u
#define LOST_FOUND_BLOCKS 4u
#define TAIL_SIZE ((unsigned)sizeof(struct ext2_dir_entry_tail))
#define LEAF_SIZE (IMAGE_BLOCK_SIZE - TAIL_SIZE)
/* Leaves keep some free space, or the guest's next names would split them all. */
#define LEAF_FILL (LEAF_SIZE * 4 / 5)
#define ROOT_HEAD (2 * DOT_SIZE + (unsigned)sizeof(struct ext2_dx_root_info))
#define INDEX_ENTRIES(head)                                                                                            \
	((IMAGE_BLOCK_SIZE - (head) - (unsigned)sizeof(struct ext2_dx_tail)) / (unsigned)sizeof(struct ext2_dx_entry))
#define ROOT_ENTRIES INDEX_ENTRIES(ROOT_HEAD)
#define NODE_ENTRIES INDEX_ENTRIES(ENTRY_HEAD)

struct name {
	const struct node *node;
	ext2_dirhash_t hash, minor;
};

/* A run of names in one block. */
struct leaf {
	size_t first, count; /* in names */
	uint32_t hash;	     /* lower bound of its names' hashes */
};

struct dir_writer {
	ext2_filsys fs;
	const struct node *dir;
	struct name *names;
	size_t count, subdirs;
	struct leaf *leaves;
	size_t leaf_count;
	size_t nodes; /* blocks of the index below its root; 0 with a single level */
	bool is_indexed;
	struct image_extents extents;
	uint64_t written; /* blocks */
	size_t extent;	  /* that the next block belongs to */
	uint64_t inner;	  /* blocks of it written */
	char block[IMAGE_BLOCK_SIZE];
	unsigned used; /* bytes of the block */
	struct ext2_dir_entry *last;
};

static unsigned image_dir_entry_size(size_t name_len)
{
	return (ENTRY_HEAD + (unsigned)name_len + 3) & ~3u;
}

/* Blocks in memory */

static void image_dir_block_begin(struct dir_writer *w)
{
	memset(w->block, 0, sizeof w->block);
	w->used = 0;
	w->last = NULL;
}

static void image_dir_block_add(struct dir_writer *w, const char *name, ext2_ino_t ino, int type)
{
	struct ext2_dir_entry *entry = (void *)(w->block + w->used);
	size_t n = strlen(name);

	entry->inode = ino;
	entry->rec_len = (uint16_t)image_dir_entry_size(n);
	ext2fs_dirent_set_name_len(entry, (int)n);
	ext2fs_dirent_set_file_type(entry, type);
	memcpy(entry->name, name, n);
	w->used += entry->rec_len;
	w->last = entry;
}

/* Extends the last entry, or an unused one, to the end of the block. */
static void image_dir_block_end(struct dir_writer *w)
{
	if (!w->last)
		w->last = (void *)w->block;
	w->last->rec_len = (uint16_t)(LEAF_SIZE - (unsigned)((char *)w->last - w->block));
	ext2fs_initialize_dirent_tail(w->fs, (void *)(w->block + LEAF_SIZE));
}

static errcode_t image_dir_block_write(struct dir_writer *w)
{
	const struct image_extent *x = &w->extents.items[w->extent];
	errcode_t rc = ext2fs_write_dir_block4(w->fs, x->start + w->inner, w->block, 0, w->dir->ino);

	w->written++;
	if (++w->inner == x->len) {
		w->extent++;
		w->inner = 0;
	}
	return rc;
}

static void image_dir_block_add_dots(struct dir_writer *w)
{
	image_dir_block_add(w, ".", w->dir->ino, EXT2_FT_DIR);
	image_dir_block_add(w, "..", w->dir->parent->ino, EXT2_FT_DIR);
}

/* Writes an index block: a count and a limit in place of the first entry's hash, then entries. The i-th names block
 * `block + i` and the lowest hash in the `step` leaves from `leaf` on. */
static void image_dir_block_add_index(struct dir_writer *w, unsigned limit, size_t count, size_t leaf, size_t step,
				      size_t block)
{
	struct ext2_dx_entry *entries = (void *)(w->block + w->used);
	struct ext2_dx_countlimit *head = (void *)entries;

	for (size_t i = 0; i < count; i++) {
		entries[i].hash = ext2fs_cpu_to_le32(w->leaves[leaf + i * step].hash);
		entries[i].block = ext2fs_cpu_to_le32((uint32_t)(block + i));
	}
	head->limit = ext2fs_cpu_to_le16((uint16_t)limit);
	head->count = ext2fs_cpu_to_le16((uint16_t)count);
}

/* Layout */

static int image_dir_by_hash(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->minor != y->minor)
		return x->minor < y->minor ? -1 : 1;
	return strcmp(x->node->name, y->node->name);
}

static void image_dir_list_names(struct dir_writer *w)
{
	unsigned size = 2 * DOT_SIZE;

	for (const struct node *it = w->dir->children; it; it = it->sibling)
		w->count++;
	w->names = xcalloc(w->count + 1, sizeof *w->names);
	w->count = 0;
	for (const struct node *it = w->dir->children; it; it = it->sibling) {
		w->names[w->count++].node = it;
		w->subdirs += it->type == EXT2_FT_DIR;
		if (!w->is_indexed)
			size += image_dir_entry_size(strlen(it->name));
		w->is_indexed = size > LEAF_SIZE;
	}
}

static errcode_t image_dir_hash_names(struct dir_writer *w)
{
	struct ext2_super_block *s = w->fs->super;
	errcode_t rc = 0;

	for (size_t i = 0; !rc && i < w->count; i++) {
		struct name *n = &w->names[i];

		rc = ext2fs_dirhash2(s->s_def_hash_version, n->node->name, (int)strlen(n->node->name), NULL, 0,
				     s->s_hash_seed, &n->hash, &n->minor);
	}
	mem_sort(w->names, w->count, sizeof *w->names, image_dir_by_hash);
	return rc;
}

static errcode_t image_dir_cut_leaves(struct dir_writer *w)
{
	struct leaf *leaf = NULL;
	unsigned used = 0;
	size_t allocated = 0;

	for (size_t i = 0; i < w->count; i++) {
		unsigned size = image_dir_entry_size(strlen(w->names[i].node->name));

		if (!leaf || used + size > LEAF_FILL) {
			bool shares = leaf && w->names[i - 1].hash == w->names[i].hash;

			if (w->leaf_count == allocated) {
				allocated = allocated ? allocated * 2 : 64;
				w->leaves = xreallocarray(w->leaves, allocated, sizeof *w->leaves);
			}
			leaf = &w->leaves[w->leaf_count++];
			/* the lowest bit: names of this hash begin in the previous leaf */
			*leaf = (struct leaf){.first = i, .hash = w->names[i].hash | shares};
			used = 0;
		}
		leaf->count++;
		used += size;
	}
	if (w->leaf_count > ROOT_ENTRIES)
		w->nodes = (w->leaf_count + NODE_ENTRIES - 1) / NODE_ENTRIES;
	return w->nodes > ROOT_ENTRIES ? EXT2_ET_DIR_NO_SPACE : 0;
}

/* Writing */

static errcode_t image_dir_write_index(struct dir_writer *w)
{
	size_t first_leaf = 1 + w->nodes;
	struct ext2_dx_root_info *info;
	errcode_t rc;

	image_dir_block_begin(w);
	image_dir_block_add_dots(w);
	w->last->rec_len = IMAGE_BLOCK_SIZE - DOT_SIZE;
	info = (void *)(w->block + w->used);
	info->hash_version = w->fs->super->s_def_hash_version;
	info->info_length = sizeof *info;
	info->indirect_levels = w->nodes > 0;
	w->used += sizeof *info;
	if (w->nodes)
		image_dir_block_add_index(w, ROOT_ENTRIES, w->nodes, 0, NODE_ENTRIES, 1);
	else
		image_dir_block_add_index(w, ROOT_ENTRIES, w->leaf_count, 0, 1, first_leaf);
	rc = image_dir_block_write(w);
	for (size_t i = 0; !rc && i < w->nodes; i++) {
		size_t at = i * NODE_ENTRIES;
		size_t count = w->leaf_count - at < NODE_ENTRIES ? w->leaf_count - at : NODE_ENTRIES;

		image_dir_block_begin(w);
		((struct ext2_dir_entry *)(void *)w->block)->rec_len = IMAGE_BLOCK_SIZE;
		w->used = ENTRY_HEAD;
		image_dir_block_add_index(w, NODE_ENTRIES, count, at, 1, first_leaf + at);
		rc = image_dir_block_write(w);
	}
	return rc;
}

static errcode_t image_dir_write_names(struct dir_writer *w, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		image_dir_block_add(w, w->names[i].node->name, w->names[i].node->ino, w->names[i].node->type);
	image_dir_block_end(w);
	return image_dir_block_write(w);
}

static errcode_t image_dir_write_blocks(struct dir_writer *w, uint64_t blocks)
{
	errcode_t rc;

	if (w->is_indexed) {
		rc = image_dir_write_index(w);
		for (size_t i = 0; !rc && i < w->leaf_count; i++) {
			image_dir_block_begin(w);
			rc = image_dir_write_names(w, w->leaves[i].first, w->leaves[i].count);
		}
		return rc;
	}
	image_dir_block_begin(w);
	image_dir_block_add_dots(w);
	rc = image_dir_write_names(w, 0, w->count);
	while (!rc && w->written < blocks) {
		image_dir_block_begin(w);
		rc = image_dir_write_names(w, 0, 0);
	}
	return rc;
}

static errcode_t image_dir_write_inode(struct dir_writer *w, uint64_t blocks)
{
	uint64_t links = w->subdirs + 2;
	union inode in;
	errcode_t rc = ext2fs_read_inode_full(w->fs, w->dir->ino, &in.small, sizeof in);

	if (rc)
		return rc;
	image_fill_extents(w->fs, &in, blocks * IMAGE_BLOCK_SIZE);
	if (w->is_indexed)
		in.small.i_flags |= EXT2_INDEX_FL;
	in.small.i_links_count = links > EXT2_LINK_MAX ? 1 : (uint16_t)links; /* dir_nlink */
	rc = ext2fs_write_inode_full(w->fs, w->dir->ino, &in.small, sizeof in);
	return rc ? rc : image_insert_extents(w->fs, w->dir->ino, &w->extents);
}

static errcode_t image_dir_write_dir(ext2_filsys fs, blk64_t *goal, const struct node *dir, uint64_t blocks)
{
	struct dir_writer w = {.fs = fs, .dir = dir};
	errcode_t rc = 0;

	image_dir_list_names(&w);
	if (w.is_indexed) {
		rc = image_dir_hash_names(&w);
		if (!rc)
			rc = image_dir_cut_leaves(&w);
		blocks = 1 + w.nodes + w.leaf_count;
	}
	if (!rc)
		rc = image_allocate(fs, goal, blocks, &w.extents);
	if (!rc)
		rc = image_dir_write_inode(&w, blocks);
	if (!rc)
		rc = image_dir_write_blocks(&w, blocks);
	free(w.extents.items);
	free(w.leaves);
	free(w.names);
	return rc;
}

/* Returns the next folder of the tree, parents before their content. */
static const struct node *image_dir_next_dir(const struct node *root, const struct node *it)
{
	do {
		if (it->children) {
			it = it->children;
		} else {
			while (it != root && !it->sibling)
				it = it->parent;
			it = it == root ? NULL : it->sibling;
		}
	} while (it && it->type != EXT2_FT_DIR);
	return it;
}

int image_write_dirs(ext2_filsys fs, blk64_t *goal, const struct node *root, const struct node *lost_found,
		     struct err *e)
{
	for (const struct node *it = root; it; it = image_dir_next_dir(root, it)) {
		errcode_t rc = image_dir_write_dir(fs, goal, it, it == lost_found ? LOST_FOUND_BLOCKS : 1);

		if (rc)
			return image_fail(rc, "cannot write the folder", it->name, e);
	}
	return 0;
}
