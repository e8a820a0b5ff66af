/* SPDX-License-Identifier: MIT */
/*
 * fuzz_deb: bytes as a Debian package (ar, and tar in its members). It is refused by name, or its
 * entries are what deb.h promises: clean names, sizes within the caps, as many bytes as announced.
 */
#include <string.h>

#include "base/mem.h"
#include "image/deb.h"
#include "input.h"

#define LIMIT (8u << 20)

static void check_path(const char *p)
{
	must(strlen(p) <= DEB_PATH_MAX && !strchr(p, '\n'));
	while (*p) {
		size_t n = strcspn(p, "/");

		must(n > 0 && n <= 255);
		must(!(n == 1 && *p == '.') && !(n == 2 && !memcmp(p, "..", 2)));
		p += n;
		if (*p == '/')
			must(*++p != '\0');
	}
}

static void check_entry(const struct deb_entry *it)
{
	check_path(it->path);
	must((it->mode & ~07777u) == 0);
	must(it->type == DEB_FILE || it->size == 0);
	must((it->link != NULL) == (it->type == DEB_SYMLINK || it->type == DEB_HARDLINK));
	if (it->type == DEB_HARDLINK)
		check_path(it->link);
	if (it->type == DEB_SYMLINK)
		must(*it->link && strlen(it->link) <= DEB_PATH_MAX);
	must(it->major <= 4095 && it->minor <= 0xfffff);
}

/* All entries of the part; 0, or -1 with e filled. */
static int read_part(struct deb *d, enum deb_part part, struct err *e)
{
	struct deb_entry it;
	uint64_t total = 0;
	char p[5000];
	int r;

	if (deb_enter(d, part, e) < 0)
		return -1;
	while ((r = deb_next(d, &it, e)) > 0) {
		uint64_t left = it.size;
		ssize_t n = 1;

		check_entry(&it);
		total += it.size;
		must(total <= (part == DEB_CONTROL ? DEB_CONTROL_MAX : LIMIT));
		while (left && n > 0) {
			n = deb_read(d, p, sizeof p, e);
			must(n <= (ssize_t)sizeof p && (n < 0 || (uint64_t)n <= left));
			left -= n > 0 ? (uint64_t)n : 0;
		}
		if (n < 0)
			return -1;
		must(left == 0);
	}
	return r;
}

static void read_whole(int fd, size_t size)
{
	struct err e = ERR_INIT;
	struct deb *d = deb_open(fd, "x.deb", &e);
	uint8_t sha[HASH_SIZE], want[HASH_SIZE];
	uint64_t got;

	if (d)
		deb_limit(d, LIMIT);
	if (!d || read_part(d, DEB_CONTROL, &e) < 0 || read_part(d, DEB_DATA, &e) < 0 ||
	    deb_finish(d, sha, &got, &e) < 0) {
		must_be_error(&e, ERR_VERIFY);
	} else {
		must(got == size && hash_fd(fd, want, NULL, &e) == 0 && !memcmp(sha, want, HASH_SIZE));
	}
	deb_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = ERR_INIT;
	struct buf out;
	char path[64];
	int fd = fuzz_file(data, size, path);

	read_whole(fd, size);
	if (deb_read_control(fd, "x.deb", &out, &e) == 0) {
		free(deb_control_field(out.data, "Package"));
		buf_fini(&out);
	} else {
		must_be_error(&e, ERR_VERIFY);
	}
	if (deb_extract_file(fd, "x.deb", "./usr/bin/tool", 4096, &out, &e) == 0) {
		must(out.len <= 4096);
		buf_fini(&out);
	} else {
		must_be_error(&e, ERR_VERIFY);
	}
	close(fd);
	unlink(path);
	return 0;
}
