/* SPDX-License-Identifier: MIT */
/* ar: reads the members of a Debian package. */
#include "ar.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "host/file.h"

#define AR_MAGIC "!<arch>\n"
#define AR_HEADER 60
#define PIECE (32u << 10) /* bytes that are skipped at a time */

int ar_bad(const struct ar *a, struct err *e, const char *what)
{
	return err_set(e, ERR_VERIFY, "deb-format", "%s is not a valid Debian package: %s", a->name, what);
}

static int ar_read_raw(struct ar *a, void *p, size_t n, struct err *e)
{
	ssize_t got = file_read_at(a->fd, p, n, a->pos);

	if (got < 0)
		return err_errno(e, errno, "deb-read", "%s cannot be read", a->name);
	if ((size_t)got < n)
		return err_set(e, ERR_VERIFY, "deb-format", "%s ends too early", a->name);
	hash_add(a->hash, p, n);
	a->pos += n;
	return 0;
}

ssize_t ar_read(struct ar *a, void *p, size_t n, struct err *e)
{
	if (n > a->left)
		n = (size_t)a->left;
	if (n > 0 && ar_read_raw(a, p, n, e))
		return -1;
	a->left -= n;
	return (ssize_t)n;
}

int ar_open(struct ar *a, int fd, const char *name, struct err *e)
{
	char magic[sizeof AR_MAGIC - 1];
	struct stat st;

	*a = (struct ar){.fd = fd, .name = name, .hash = hash_new()};
	if (fstat(fd, &st))
		return err_errno(e, errno, "deb-read", "%s cannot be read", name);
	if (!S_ISREG(st.st_mode))
		return ar_bad(a, e, "it is not a regular file");
	a->size = (uint64_t)st.st_size;
	if (a->size < sizeof magic)
		return ar_bad(a, e, "it is too short");
	if (ar_read_raw(a, magic, sizeof magic, e))
		return -1;
	return memcmp(magic, AR_MAGIC, sizeof magic) == 0 ? 0 : ar_bad(a, e, "it is not an ar archive");
}

void ar_fini(struct ar *a)
{
	hash_free(a->hash);
	a->hash = NULL;
}

void ar_digest(struct ar *a, uint8_t sha256[HASH_SIZE])
{
	hash_end(a->hash, sha256);
	a->hash = NULL;
}

static int ar_skip_member(struct ar *a, struct err *e)
{
	char piece[PIECE];

	while (a->left > 0)
		if (ar_read(a, piece, sizeof piece, e) < 0)
			return -1;
	if (a->odd) {
		a->odd = false;
		/* some tools omit the padding of the last member */
		if (a->pos < a->size && ar_read_raw(a, piece, 1, e))
			return -1;
	}
	return 0;
}

/* Reads digits, followed only by blanks. */
static bool ar_parse_decimal(const char *p, size_t n, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		v = v * 10 + (uint64_t)(p[i] - '0');
	if (i == 0)
		return false;
	for (; i < n; i++)
		if (p[i] != ' ')
			return false;
	*out = v;
	return true;
}

int ar_next(struct ar *a, struct ar_member *m, struct err *e)
{
	char h[AR_HEADER];
	size_t n = 16;

	if (ar_skip_member(a, e))
		return -1;
	if (a->pos == a->size)
		return 0;
	if (a->size - a->pos < AR_HEADER)
		return ar_bad(a, e, "it ends in an ar header");
	if (ar_read_raw(a, h, sizeof h, e))
		return -1;
	if (h[58] != '`' || h[59] != '\n' || !ar_parse_decimal(h + 48, 10, &m->size))
		return ar_bad(a, e, "it has a bad ar header");
	if (m->size > a->size - a->pos)
		return ar_bad(a, e, "it has a member larger than the file");
	while (n > 0 && h[n - 1] == ' ')
		n--;
	if (n > 0 && h[n - 1] == '/')
		n--;
	if (n == 0 || memchr(h, '\0', n) || memchr(h, '/', n))
		return ar_bad(a, e, "it has a member without a proper name");
	memcpy(m->name, h, n);
	m->name[n] = '\0';
	a->left = m->size;
	a->odd = m->size & 1;
	return 1;
}
