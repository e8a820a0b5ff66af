/* SPDX-License-Identifier: MIT */
/*
 * deb: streaming reader of one Debian binary package (deb(5): an ar archive of debian-binary,
 * control.tar*, data.tar*; uncompressed, gz, xz or zst). It reads forward through a descriptor,
 * hashes every byte it reads, and writes nothing anywhere: what the bytes are for is the
 * caller's business.
 *
 * Hostile input is expected. Refused, with an error that names the package: a bad ar header, a
 * member larger than the file, missing, repeated or misplaced members, a compression inside the
 * compression, an xz dictionary over DEB_DICT_MAX, output over the caps, a path with a ".." part,
 * an empty part or over DEB_PATH_MAX bytes, a sparse file, an impossible device number. Only the
 * kinds of entries that a deb may hold come out.
 * Names are bytes; nothing is converted.
 *
 * A reader is used by one thread at a time. All calls block on the file and the CPU; none of them
 * uses the loop, so they may run inside loop_work.
 */
#ifndef IMAGE_DEB_H
#define IMAGE_DEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

#define DEB_PATH_MAX 4095
#define DEB_CONTROL_MAX (64u << 20) /* unpacked bytes of all of control.tar */
#define DEB_DATA_MAX (16ull << 30)  /* unpacked bytes of all of data.tar */
/* data.tar may also not unpack to more than so many bytes and so many times the package: xz gets
 * a few hundredfold out of real files and 7000 out of zeros. */
#define DEB_RATIO_FREE (256ull << 20)
#define DEB_RATIO_MAX 1000u
#define DEB_DICT_MAX (64u << 20) /* xz -9 */
#define DEB_ENTRIES_MAX 2000000u

struct deb;

enum deb_part {
	DEB_CONTROL,
	DEB_DATA,
};

enum deb_type {
	DEB_FILE,
	DEB_DIR,
	DEB_SYMLINK,
	DEB_HARDLINK,
	DEB_CHAR,
	DEB_BLOCK,
	DEB_FIFO,
};

/* One entry of a tar. The strings are borrowed and valid until the next deb_next. */
struct deb_entry {
	const char *path; /* "usr/bin/ls": no leading "./" or "/", no trailing "/"; "" is the root */
	enum deb_type type;
	unsigned mode; /* permission bits with set-id and sticky: & 07777 */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime;	  /* seconds since the epoch */
	uint64_t size;	  /* DEB_FILE: bytes; else 0 */
	const char *link; /* DEB_SYMLINK: target as packed. DEB_HARDLINK: path in the form above */
	unsigned major;	  /* DEB_CHAR, DEB_BLOCK */
	unsigned minor;
};

/* Life cycle */

/* Reads the head of the package at fd's start (the descriptor's own offset is not used or moved;
 * it is borrowed and must stay open). `name` is for messages, copied. NULL with e (ERR_VERIFY,
 * "deb-format", or ERR_FAILED on a read error) if it is not a package. */
struct deb *deb_open(int fd, const char *name, struct err *e);
/* Lowers the limit of the unpacked bytes of data.tar (default DEB_DATA_MAX). Call it before deb_enter. */
void deb_limit(struct deb *d, uint64_t max_output);
void deb_free(struct deb *d); /* NULL is fine; does not close fd */

/* Operations */

/* Goes to the first entry of a part. The control part comes first and may be skipped; the reader only moves forward.
 * Returns 0 or -1. */
int deb_enter(struct deb *d, enum deb_part part, struct err *e);
/* Goes to the next entry of the part, skipping the rest of the current one. Returns 1 with *out filled, 0 at the end
 * of the part, -1 on error. */
int deb_next(struct deb *d, struct deb_entry *out, struct err *e);
/* Reads the content of a DEB_FILE: n bytes, or up to its end. Returns the number of bytes, 0 at the end, -1 on error
 * (also if the file ends before its size). */
ssize_t deb_read(struct deb *d, void *p, size_t n, struct err *e);
/* Reads the rest of the package, so that it is checked and hashed too, and sets size and SHA-256 of the whole file
 * as it was read. Must be called once, last. */
int deb_finish(struct deb *d, uint8_t sha256[HASH_SIZE], uint64_t *size, struct err *e);
/* Returns the bytes of the file read so far, for progress. */
uint64_t deb_position(const struct deb *d);

/* Whole packages in one call, each with its own reader of fd */

/* Receives an entry, whose content deb_read(d, …) reads. Returns 0 to continue, 1 to stop without an error, -1 (with
 * e filled) to fail. */
typedef int (*deb_entry_fn)(struct deb *d, const struct deb_entry *entry, void *arg, struct err *e);
int deb_each(int fd, const char *name, enum deb_part part, deb_entry_fn fn, void *arg, struct err *e);

/* Reads one regular file of the data part of at most `cap` bytes. `path` may begin with "./" or "/". Follows hard
 * links within the package, but not symbolic links. Initializes `out`, which the caller frees on success. Missing:
 * error id "deb-member". */
int deb_extract_file(int fd, const char *name, const char *path, size_t cap, struct buf *out, struct err *e);
/* Reads the control file (deb-control(5)) as text; `out` as above. Checks only its size. */
int deb_read_control(int fd, const char *name, struct buf *out, struct err *e);
/* Returns the value of a field of a control stanza (its first line, without blanks around it), or NULL; the caller
 * frees it. */
char *deb_control_field(const char *stanza, const char *field);

#endif
