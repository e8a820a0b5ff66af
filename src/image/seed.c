/* SPDX-License-Identifier: MIT */
/*
 * seed: writes the disk that sets up a new machine, readable only by its owner. libarchive collects the content in
 * an unnamed temporary file; our buffers are wiped.
 */
#include "image/seed.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/quote.h"
#include "host/file.h"
#include "seed_cloud.h"

#define LABEL "DEBWIZ"
#define CLOUD_LABEL "CIDATA" /* by which cloud-init finds it */
#define SEED_MAX (4u << 20)

static la_ssize_t seed_append(struct archive *a, void *arg, const void *p, size_t n)
{
	(void)a;
	return buf_add(arg, p, n) < 0 ? ARCHIVE_FATAL : (la_ssize_t)n;
}

static int seed_fail(struct archive *a, struct err *e)
{
	const char *why = archive_error_string(a);

	return err_set(e, ERR_FAILED, "seed", "cannot make the seed disk: %s", why ? why : "it became too large");
}

static int seed_add(struct archive *a, const char *name, const char *data, size_t n, struct err *e)
{
	struct archive_entry *entry = archive_entry_new();
	int r = 0;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_size(entry, (la_int64_t)n);
	archive_entry_set_mtime(entry, time(NULL), 0);
	if (archive_write_header(a, entry) != ARCHIVE_OK || (n && archive_write_data(a, data, n) != (la_ssize_t)n))
		r = seed_fail(a, e);
	archive_entry_free(entry);
	return r;
}

/* Rock Ridge's default would turn 0600 into 0444. */
static int seed_begin(struct archive *a, const char *label, struct buf *out, struct err *e)
{
	AUTO_FREE char *options = xasprintf("volume-id=%s,rockridge=strict,!joliet,!pad", label);

	if (archive_write_set_format_iso9660(a) != ARCHIVE_OK || archive_write_set_options(a, options) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(a, 0) != ARCHIVE_OK ||
	    archive_write_open(a, out, NULL, seed_append, NULL) != ARCHIVE_OK)
		return seed_fail(a, e);
	return 0;
}

/* Adds KEY='VALUE' for the guest's shell. */
static int seed_add_env(struct buf *b, const char *key, const char *value, struct err *e)
{
	if (strpbrk(value, "\r\n"))
		return err_set(e, ERR_USAGE, "seed-value", "%s must be a single line", key);
	buf_addf(b, "%s=", key);
	quote_always(b, value);
	buf_addc(b, '\n');
	return 0;
}

static int seed_add_number(struct buf *b, const char *key, unsigned value, struct err *e)
{
	AUTO_FREE char *text = value ? xasprintf("%u", value) : xstrdup("");

	return seed_add_env(b, key, text, e);
}

static int seed_make_env(const struct seed *s, struct buf *env, struct err *e)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{"HOSTNAME", s->hostname}, {"USER", s->user},	      {"PASSWORD_HASH", s->password_hash},
		{"LOCALE", s->locale},	   {"TIMEZONE", s->timezone}, {"KEYBOARD", s->keyboard},
		{"PROXY", s->proxy},	   {"TERM", s->term},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (seed_add_env(env, texts[i].key, texts[i].value, e) < 0)
			return -1;
	if (seed_add_number(env, "ROWS", s->rows, e) < 0)
		return -1;
	return seed_add_number(env, "COLUMNS", s->columns, e);
}

static int seed_add_host_keys(struct archive *a, const struct seed *s, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < s->host_key_count && !r; i++) {
		const struct seed_host_key *k = &s->host_keys[i];
		char *name = xasprintf("ssh_host_%s_key", k->type);
		char *pub = xasprintf("%s.pub", name);

		r = seed_add(a, name, k->private_key, strlen(k->private_key), e);
		if (!r)
			r = seed_add(a, pub, k->public_key, strlen(k->public_key), e);
		free(name);
		free(pub);
	}
	return r;
}

static void seed_wipe(struct buf *b)
{
	mem_wipe(b->data, b->size);
	buf_fini(b);
}

/* Fills the disk with zeros: the guest sees its size once, and that of a template is replaced by the machine's. */
static void seed_pad(struct buf *image)
{
	size_t more = (SEED_STEP - image->len % SEED_STEP) % SEED_STEP;
	AUTO_FREE char *zeros = xcalloc(1, more + 1);

	buf_add(image, zeros, more);
}

struct seed_disk {
	const char *path;
	struct archive *archive;
	struct buf image;
};

static int seed_disk_begin(struct seed_disk *d, const char *path, const char *label, struct err *e)
{
	d->path = path;
	d->archive = archive_write_new();
	buf_init(&d->image, SEED_MAX);
	buf_reserve(&d->image, SEED_STEP); /* so that growing leaves no copy behind */
	return seed_begin(d->archive, label, &d->image, e);
}

/* Writes the disk unless r says that making it has failed. */
static int seed_disk_end(struct seed_disk *d, int r, struct err *e)
{
	if (!r && archive_write_close(d->archive) != ARCHIVE_OK)
		r = seed_fail(d->archive, e);
	archive_write_free(d->archive);
	seed_pad(&d->image);
	if (!r)
		r = file_write(d->path, d->image.data, d->image.len, 0600, e);
	seed_wipe(&d->image);
	return r;
}

/* Without settings: the disk of seed_write_template. */
static int seed_write_disk(const char *path, const struct seed *s, const struct buf *env, struct err *e)
{
	struct seed_disk d;
	int r = seed_disk_begin(&d, path, LABEL, e);

	if (!r && s)
		r = seed_add(d.archive, "seed.env", env->data, env->len, e);
	if (!r && s)
		r = seed_add(d.archive, "authorized_keys", s->authorized_keys, strlen(s->authorized_keys), e);
	if (!r && s)
		r = seed_add(d.archive, s->deb822 ? "debian.sources" : "sources.list", s->sources, strlen(s->sources),
			     e);
	if (!r && s)
		r = seed_add_host_keys(d.archive, s, e);
	if (!r && !s)
		r = seed_add(d.archive, "template", "", 0, e);
	return seed_disk_end(&d, r, e);
}

int seed_write_cloud(const char *path, const struct seed *s, const char *instance, const char *console, struct err *e)
{
	struct buf user, meta;
	struct seed_disk d;
	int r;

	buf_init(&user, 0);
	buf_reserve(&user, 64u << 10);
	buf_init(&meta, 0);
	r = seed_cloud_user_data(s, console, &user, e);
	if (!r)
		r = seed_cloud_meta_data(s, instance, &meta, e);
	if (!r) {
		r = seed_disk_begin(&d, path, CLOUD_LABEL, e);
		if (!r)
			r = seed_add(d.archive, "user-data", user.data, user.len, e);
		if (!r)
			r = seed_add(d.archive, "meta-data", meta.data, meta.len, e);
		r = seed_disk_end(&d, r, e);
	}
	seed_wipe(&user);
	buf_fini(&meta);
	return r;
}

int seed_write(const char *path, const struct seed *s, struct err *e)
{
	struct buf env;
	int r;

	buf_init(&env, 0);
	buf_reserve(&env, 64u << 10); /* here as well */
	r = seed_make_env(s, &env, e);
	if (!r)
		r = seed_write_disk(path, s, &env, e);
	seed_wipe(&env);
	return r;
}

int seed_write_template(const char *path, struct err *e)
{
	return seed_write_disk(path, NULL, NULL, e);
}
