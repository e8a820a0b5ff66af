/* SPDX-License-Identifier: MIT */
/*
 * What the two halves of the deb reader share: deb_source.c brings a member's unpacked bytes,
 * deb.c finds members and reads the tar in them. Not for others.
 */
#ifndef IMAGE_DEB_PRIVATE_H
#define IMAGE_DEB_PRIVATE_H

#include <archive.h>
#include <lzma.h>

#include "deb.h"

#define DEB_BUFFER (64u << 10)

enum deb_packing {
	DEB_PLAIN,
	DEB_GZIP,
	DEB_XZ,
	DEB_ZSTD,
};

struct deb {
	int fd;
	char *name;
	uint64_t size; /* of the file */
	uint64_t pos;  /* bytes read and hashed so far */
	struct hash *hash;
	uint64_t max_output;

	/* the member that is read */
	uint64_t left;	  /* bytes of it not read yet */
	bool odd;	  /* a padding byte follows it */
	bool has_control; /* its member was passed */
	bool has_data;
	enum deb_part part;

	/* its unpacked bytes */
	struct archive *tar;
	lzma_stream xz;
	bool has_xz;
	bool xz_ended;
	unsigned char in[DEB_BUFFER];
	unsigned char out[DEB_BUFFER];
	struct err source_err; /* why the source failed, kept while libarchive unwinds */

	/* its entries */
	uint64_t entries;
	uint64_t output;    /* bytes that the entries so far declare */
	uint64_t file_left; /* of the current file */
	char *path;	    /* normalised names of the current entry */
	char *link;
};

/* Reads n bytes at the position, hashed. */
int deb_read_raw(struct deb *d, void *p, size_t n, struct err *e);
/* Opens the tar of the member whose first byte is at the position. */
int deb_source_open(struct deb *d, enum deb_packing packing, struct err *e);
void deb_source_close(struct deb *d);
/* The reason of a libarchive failure. Returns -1. */
int deb_source_error(struct deb *d, struct err *e);

#endif
