/* SPDX-License-Identifier: MIT */
/* trust: the digests of what was agreed to (include/machine/trust.h). */
#include "machine/trust.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "host/file.h"
#include "spec/risk.h"

/* Adds a text with its NUL, so that no two lists of texts are alike. */
static void trust_add_text(struct hash *h, const char *text)
{
	hash_add(h, text, strlen(text) + 1);
}

static void trust_add_content(struct hash *h, const char *path)
{
	uint8_t digest[HASH_SIZE] = {0};
	uint64_t size;
	int fd = file_open(path, FILE_READ | FILE_FOLLOW);

	if (fd >= 0) {
		(void)hash_fd(fd, digest, &size, NULL);
		close(fd);
	}
	hash_add(h, digest, sizeof(digest));
}

/* Returns whether a file is in the INI file's folder, and may have been replaced along with it. */
static bool trust_lies_with(const char *path, const char *ini)
{
	AUTO_FREE char *dir = file_dirname(ini);
	AUTO_FREE char *real = realpath(dir, NULL);
	size_t n = real ? strlen(real) : 0;
	bool with = n && !strncmp(path, real, n) && (path[n] == '/' || n == 1);

	return with;
}

/* Returns a path without links, also of what does not exist yet in a folder that does; owned. */
static char *trust_real_path(const char *path)
{
	AUTO_FREE char *plain = xstrdup(path);
	AUTO_FREE char *folder = NULL, *real = NULL;
	char *whole = realpath(path, NULL);
	size_t n = strlen(plain);

	if (whole)
		return whole;
	while (n > 1 && (plain[n - 1] == '/' || (n > 2 && plain[n - 1] == '.' && plain[n - 2] == '/')))
		plain[--n] = '\0';
	folder = file_dirname(plain);
	real = realpath(folder, NULL);
	return real ? file_join(real, file_basename(plain)) : xstrdup(path);
}

static void trust_risk_digest(const struct risk *r, const char *ini, char out[HASH_HEX])
{
	AUTO_FREE char *real = r->path ? trust_real_path(r->path) : NULL;
	struct hash *h = hash_new();
	uint8_t digest[HASH_SIZE];

	trust_add_text(h, "debwiz agreement 1");
	trust_add_text(h, ini);
	trust_add_text(h, r->section);
	trust_add_text(h, r->key);
	trust_add_text(h, r->value);
	trust_add_text(h, real ? real : "");
	if (real && (!strcmp(r->key, "keyring") || (r->program && trust_lies_with(real, ini))))
		trust_add_content(h, real);
	hash_end(h, digest);
	hash_hex(digest, out);
}

static char *trust_agreed_file(const struct store *store, const char *digest)
{
	return xasprintf("%s/agreed/%s", store->data_dir, digest);
}

static int trust_keep(const struct store *store, const struct risk *r, const char *ini, struct err *e)
{
	char digest[HASH_HEX];
	AUTO_FREE char *dir = file_join(store->data_dir, "agreed");
	char *path, *text;
	int result = 0;

	trust_risk_digest(r, ini, digest);
	path = trust_agreed_file(store, digest);
	if (!file_exists(path)) {
		text = xasprintf("%s: %s.%s: %s\n", ini, r->section, r->key, r->effect);
		result = file_mkdirs(dir, e);
		if (!result)
			result = file_write(path, text, strlen(text), 0600, e);
		free(text);
	}
	free(path);
	return result;
}

static int trust_adopt_value(const struct store *store, const struct spec *s, const char *path, struct err *e)
{
	struct risks all;
	int r = 0;

	risks_find(s, &all);
	for (size_t i = 0; i < all.len && !r; i++)
		if (all.items[i].state != RISK_FOREIGN)
			r = trust_keep(store, &all.items[i], path, e);
	risks_fini(&all);
	return r;
}

/* Agrees to the present file of a machine that was created before agreements were kept, if the file is among the
 * user's saved ones. */
static void trust_adopt_made(const struct store *store, const char *name)
{
	AUTO_FREE char *dir = store_machine_dir(store, name);
	AUTO_FREE char *disk = file_join(dir, "disk.qcow2");
	AUTO_FREE char *ini = store_saved_ini(store, name);
	AUTO_FREE char *claimed = store_claimed_ini(store, name);
	struct spec s;

	if (claimed && !strcmp(claimed, ini) && file_exists(disk) && spec_read(&s, ini, NULL) == 0) {
		risks_are_own(&s);
		(void)trust_adopt_value(store, &s, ini, NULL); /* the user is asked then */
		spec_fini(&s);
	}
}

/* Does so once for a user of an earlier version: the folder exists afterwards. */
static void trust_adopt_earlier(const struct store *store)
{
	AUTO_FREE char *dir = file_join(store->data_dir, "agreed");
	struct strv names = STRV_INIT;

	if (!file_exists(dir)) {
		store_machines(store, &names);
		for (size_t i = 0; i < names.len; i++)
			trust_adopt_made(store, names.items[i]);
		(void)file_mkdirs(dir, NULL);
		strv_fini(&names);
	}
}

void trust_load(const struct store *store, struct spec *s)
{
	struct risks all;

	if (s->from_file.len)
		trust_adopt_earlier(store);
	risks_find(s, &all);
	for (size_t i = 0; i < all.len; i++) {
		char digest[HASH_HEX];
		AUTO_FREE char *path = NULL;

		if (all.items[i].state != RISK_FOREIGN || !s->path)
			continue;
		trust_risk_digest(&all.items[i], s->path, digest);
		path = trust_agreed_file(store, digest);
		if (file_exists(path))
			risk_agree(s, &all.items[i]);
	}
	risks_fini(&all);
}

int trust_agree(const struct store *store, struct spec *s, struct err *e)
{
	struct risks all;
	int r = 0;

	trust_adopt_earlier(store);
	risks_find(s, &all);
	for (size_t i = 0; i < all.len && !r; i++) {
		if (all.items[i].state != RISK_FOREIGN)
			continue;
		r = s->path ? trust_keep(store, &all.items[i], s->path, e) : 0;
		if (!r)
			risk_agree(s, &all.items[i]);
	}
	risks_fini(&all);
	return r;
}

int trust_adopt(const struct store *store, const struct spec *s, const char *path, struct err *e)
{
	trust_adopt_earlier(store);
	return trust_adopt_value(store, s, path, e);
}
