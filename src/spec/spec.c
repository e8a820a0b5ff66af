/* SPDX-License-Identifier: MIT */
/* spec: reads and writes a machine's INI file by the table of fields. */
#include "spec/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "faults.h"
#include "hint.h"
#include "host/file.h"
#include "host/paths.h"
#include "spec/field.h"
#include "spec/risk.h"

#define LOCK_MS 1000 /* another process writes a small file */

#define WARNINGS_MAX 50

void spec_init(struct spec *s)
{
	memset(s, 0, sizeof(*s));
	s->lines = xcalloc(field_count, sizeof(*s->lines));
	for (size_t i = 0; i < field_count; i++)
		column_reset(&field_table[i].column, s);
}

void spec_fini(struct spec *s)
{
	if (s->password_hash)
		mem_wipe(s->password_hash, strlen(s->password_hash));
	for (size_t i = 0; i < field_count; i++)
		column_fini(&field_table[i].column, s);
	free(s->path);
	free(s->shown);
	ini_doc_free(s->doc);
	strv_fini(&s->warnings);
	strv_fini(&s->from_file);
	strv_fini(&s->agreed);
	free(s->lines);
	memset(s, 0, sizeof(*s));
}

bool spec_name_ok(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return !name[n] && n >= 1 && n <= 31 && name[0] != '-';
}

const char *spec_hostname(const struct spec *s)
{
	return *s->hostname ? s->hostname : s->name;
}

bool spec_has_locale(const struct spec *s)
{
	static const char *const everywhere[] = {"C", "POSIX", "C.UTF-8", "C.utf8"};

	for (size_t i = 0; i < ARRAY_SIZE(everywhere); i++)
		if (!strcmp(s->locale, everywhere[i]))
			return false;
	return true;
}

bool spec_has_keyboard(const struct spec *s)
{
	return strcmp(s->keyboard, "us") != 0;
}

bool spec_is_foreign(const struct spec *s)
{
	return s->method == SPEC_IMAGE || (s->method == SPEC_INSTALLER && s->installer == SPEC_MANUAL);
}

bool spec_image_is_url(const struct spec *s)
{
	return strstr(s->image, "://") != NULL;
}

char *spec_path(const struct spec *s, const char *value)
{
	char *dir;
	char *path;

	if (value[0] == '~')
		return host_expand(value);
	if (file_is_absolute(value) || !s->path)
		return file_absolute(value);
	dir = file_dirname(s->path);
	path = file_join(dir, value);
	free(dir);
	return path;
}

void spec_copy(struct spec *to, const struct spec *from)
{
	spec_init(to);
	for (size_t i = 0; i < field_count; i++) {
		const struct field *f = &field_table[i];
		struct strv values = STRV_INIT;

		column_format(&f->column, from, &values);
		if (f->column.type == COLUMN_LIST)
			column_fini(&f->column, to);
		for (size_t k = 0; k < values.len; k++)
			(void)field_parse(f, to, values.items[k], NULL); /* valid, as it was read */
		if (f->secret && values.len)
			mem_wipe(values.items[0], strlen(values.items[0]));
		strv_fini(&values);
	}
	strv_copy(&to->from_file, &from->from_file);
	strv_copy(&to->agreed, &from->agreed);
	to->path = xstrdup(from->path);
	to->shown = xstrdup(from->shown);
}

void spec_unset(struct spec *s, const char *section, const char *key)
{
	const struct field *f = field_find(section, key);

	column_reset(&f->column, s);
	s->lines[f - field_table] = 0;
	if (s->doc)
		(void)ini_doc_set(s->doc, section, key, NULL, 0, NULL);
}

bool spec_equal(const struct spec *a, const struct spec *b)
{
	for (size_t i = 0; i < field_count; i++)
		if (!column_equal(&field_table[i].column, a, b))
			return false;
	return true;
}

/* Returns the file's name without folder and .ini; owned. */
static char *spec_stem(const char *path)
{
	char *s = xstrdup(file_basename(path));
	size_t n = strlen(s);

	if (n > 4 && !strcmp(s + n - 4, ".ini"))
		s[n - 4] = '\0';
	return s;
}

int spec_strict(const struct spec *s, struct err *e)
{
	char *all;

	if (!s->warnings.len)
		return 0;
	all = strv_join(&s->warnings, "\n");
	err_set(e, ERR_USAGE, "spec-unknown", "%s", all);
	free(all);
	return err_hint(e, "correct or remove these keys, or leave out --strict");
}

struct spec_reading {
	struct spec *s;
	struct faults faults;
	size_t unknown;
};

static bool spec_is_later_key(const char *section, const char *key)
{
	for (size_t i = 0; field_later[i][0]; i++)
		if (!strcmp(field_later[i][0], section) && !strcmp(field_later[i][1], key))
			return true;
	return false;
}

/* Warns of an unknown key, which stays in the document. */
static void spec_warn_unknown(struct spec_reading *r, const char *section, const char *key, unsigned line)
{
	const struct field *meant = hint_field(section, key);

	if (meant)
		strv_addf(&r->s->warnings, "%s:%u: %s.%s: ignored; did you mean %s.%s?", r->faults.name, line, section,
			  key, meant->section, meant->column.key);
	else
		strv_addf(&r->s->warnings, "%s:%u: %s.%s: ignored; unknown key", r->faults.name, line, section, key);
}

static int spec_on_entry(const char *section, const char *key, const char *value, unsigned line, void *arg,
			 struct err *unused)
{
	struct spec_reading *r = arg;
	const struct field *f = field_find(section, key);
	struct err e = ERR_INIT;
	unsigned *seen;

	(void)unused;
	if (spec_is_later_key(section, key)) {
		faults_add(&r->faults, line, section, key, "not supported yet");
		return 0;
	}
	if (!f) {
		if (r->unknown++ < WARNINGS_MAX)
			spec_warn_unknown(r, section, key, line);
		return 0;
	}
	seen = &r->s->lines[f - field_table];
	if (*seen && f->column.type != COLUMN_LIST) {
		faults_add(&r->faults, line, section, key, "given twice, first on line %u; keep one of the two", *seen);
		return 0;
	}
	if (!*seen && f->column.type == COLUMN_LIST) /* replaces the default */
		column_fini(&f->column, r->s);
	if (!*seen)
		*seen = line;
	/* no text for faults that are not shown */
	if (field_parse(f, r->s, value, r->faults.count < FAULTS_MAX ? &e : NULL) < 0)
		faults_add(&r->faults, line, section, key, "%s", e.text ? e.text : "");
	err_fini(&e);
	return 0;
}

static void spec_on_bad_line(unsigned line, const char *message, void *arg)
{
	struct spec_reading *r = arg;

	faults_add(&r->faults, line, NULL, NULL, "%s", message);
}

/* Uses the file's stem as the name if the file has no name=. */
static void spec_name_by_stem(struct spec_reading *r, const char *path)
{
	const struct field *f = field_find("machine", "name");
	AUTO_FREE char *name = spec_stem(path);

	if (spec_name_ok(name))
		(void)field_parse(f, r->s, name, NULL);
	else
		faults_add(&r->faults, 0, "machine", "name",
			   "is missing, and \"%.60s\" (the file's name) is not valid: add name = of a-z, "
			   "0-9 and -, at most 31 characters",
			   name);
}

int spec_read_text(struct spec *s, const char *path, const char *text, size_t n, struct err *e)
{
	struct spec_reading r = {.s = s};

	spec_init(s);
	s->path = file_absolute(path);
	s->shown = xstrdup(path);
	faults_init(&r.faults, path);
	(void)ini_scan(text, n, spec_on_entry, spec_on_bad_line, &r, e);
	if (r.unknown > WARNINGS_MAX)
		strv_addf(&s->warnings, "%s: and %zu more unknown keys, ignored", path, r.unknown - WARNINGS_MAX);
	if (!s->lines[field_find("machine", "name") - field_table])
		spec_name_by_stem(&r, path);
	if (faults_report(&r.faults, "spec-bad", e) < 0)
		goto fail;
	s->doc = ini_doc_parse(path, text, n, e);
	if (!s->doc)
		goto fail;
	risks_are_of_file(s);
	return 0;
fail:
	spec_fini(s);
	return -1;
}

int spec_read_file(const char *path, struct buf *text, struct err *e)
{
	AUTO_ERR struct err why = ERR_INIT;

	if (file_read(path, INI_FILE_MAX, text, &why) == 0)
		return 0;
	if (!strcmp(why.id, "file-missing"))
		return err_set(e, ERR_USAGE, "ini-missing", "%s", why.text);
	if (why.kind == ERR_FAILED)
		why.kind = ERR_USAGE;
	return err_copy(e, &why);
}

int spec_read(struct spec *s, const char *path, struct err *e)
{
	struct buf text;
	struct stat st;
	int r;

	memset(s, 0, sizeof(*s));
	if (spec_read_file(path, &text, e) < 0)
		return -1;
	r = spec_read_text(s, path, text.data, text.len, e);
	mem_wipe(text.data, text.len);
	buf_fini(&text);
	if (r < 0)
		return -1;
	if (*s->password_hash && (stat(path, &st) < 0 || (st.st_mode & 077))) {
		unsigned line = s->lines[field_find("system", "password_hash") - field_table];

		spec_fini(s);
		err_set(e, ERR_USAGE, "spec-secret",
			"%s:%u: system.password_hash: other users can read the file, which has a "
			"password hash",
			path, line);
		return err_hint(e, "run: chmod 600 %s", path);
	}
	return 0;
}

/* Replaces or extends a list if the new item is valid. */
static int spec_set_list(const struct field *f, struct spec *s, const char *value, bool append, struct err *e)
{
	struct spec scratch;
	int r;

	spec_init(&scratch);
	r = field_parse(f, &scratch, value, e);
	spec_fini(&scratch);
	if (r < 0)
		return -1;
	if (!append)
		column_fini(&f->column, s);
	return field_parse(f, s, value, e);
}

static int spec_set_field(const struct field *f, struct spec *s, const char *value, bool append, struct err *e)
{
	if (append && f->column.type != COLUMN_LIST)
		return err_set(e, ERR_USAGE, "set-append", "is not a list; use = instead of +=");
	if (append && !*value)
		return err_set(e, ERR_USAGE, "set-append", "there is no value after +=");
	if (f->column.type == COLUMN_LIST)
		return spec_set_list(f, s, value, append, e);
	if (!field_parse(f, s, value, e))
		return 0;
	/* an empty value is invalid: restore the default, if there is one */
	if (*value || !*f->column.initial)
		return -1;
	column_reset(&f->column, s);
	err_fini(e);
	return 0;
}

static int spec_refuse_unknown(const char *section, const char *key, struct err *e)
{
	const struct field *meant = hint_field(section, key);

	if (!meant)
		return err_set(e, ERR_USAGE, "set-unknown", "unknown key");
	return err_set(e, ERR_USAGE, "set-unknown", "unknown key; did you mean %s.%s?", meant->section,
		       meant->column.key);
}

int spec_set(struct spec *s, const char *assignment, struct err *e)
{
	const char *eq = strchr(assignment, '=');
	const char *dot = strchr(assignment, '.');
	bool append = eq && eq > assignment && eq[-1] == '+';
	const struct field *f;
	char *section;
	char *key;
	int r;

	if (!eq || !dot || dot > eq)
		return err_set(e, ERR_USAGE, "set-bad",
			       "--set: write SECTION.KEY=VALUE, SECTION.KEY+=VALUE or SECTION.KEY=");
	section = xstrndup(assignment, (size_t)(dot - assignment));
	key = xstrndup(dot + 1, (size_t)(eq - dot - 1 - (append ? 1 : 0)));
	f = field_find(section, key);
	if (spec_is_later_key(section, key))
		r = err_set(e, ERR_USAGE, "value-later", "not supported yet");
	else if (!f)
		r = spec_refuse_unknown(section, key, e);
	else
		r = spec_set_field(f, s, eq + 1, append, e);
	if (r < 0)
		err_prefix(e, "--set: %s.%s", section, key);
	else if (!append)
		s->lines[f - field_table] = 0;
	if (!r && !append)
		risks_forget(s, section, key);
	free(section);
	free(key);
	return r;
}

static int spec_write_field(struct ini_doc *d, const struct field *f, const struct spec *s, struct err *e)
{
	AUTO_STRV struct strv values = STRV_INIT;
	int r;

	column_format(&f->column, s, &values);
	if (!values.len && f->column.type == COLUMN_LIST && f->column.initial)
		strv_add(&values, ""); /* else the default would be read */
	r = ini_doc_set(d, f->section, f->column.key, (const char *const *)values.items, values.len, e);
	return r;
}

/* Makes the document of a new record: fields that are always written or differ from their default. */
static struct ini_doc *spec_doc_of_new(const struct spec *s, struct err *e)
{
	struct ini_doc *d = ini_doc_new();
	struct spec plain;
	int r = 0;

	ini_doc_comment(d, "debwiz machine; \"debwiz --help\" and the man page explain every key");
	spec_init(&plain);
	for (size_t i = 0; i < field_count && !r; i++)
		if (field_table[i].always || !column_equal(&field_table[i].column, s, &plain))
			r = spec_write_field(d, &field_table[i], s, e);
	spec_fini(&plain);
	if (r < 0) {
		ini_doc_free(d);
		return NULL;
	}
	return d;
}

/* Makes the document of a record that was read: its document with the changed fields. */
static struct ini_doc *spec_doc_of_read(const struct spec *s, const char *path, struct err *e)
{
	char *text = ini_doc_text(s->doc);
	size_t n = strlen(text);
	struct ini_doc *d = ini_doc_parse(path, text, n, e);
	struct spec was;
	int r = d ? spec_read_text(&was, path, text, n, e) : -1;

	if (!r) {
		for (size_t i = 0; i < field_count && !r; i++)
			if (!column_equal(&field_table[i].column, s, &was))
				r = spec_write_field(d, &field_table[i], s, e);
		spec_fini(&was);
	}
	free(text);
	if (r < 0) {
		ini_doc_free(d);
		return NULL;
	}
	return d;
}

static char *spec_render(const struct spec *s, const char *path, struct err *e)
{
	struct ini_doc *d = s->doc ? spec_doc_of_read(s, path, e) : spec_doc_of_new(s, e);
	struct spec back;
	char *text;
	int r;

	if (!d)
		return NULL;
	text = ini_doc_text(d);
	ini_doc_free(d);
	r = spec_read_text(&back, path, text, strlen(text), e);
	if (!r) {
		for (size_t i = 0; i < field_count && !r; i++)
			if (!column_equal(&field_table[i].column, s, &back))
				r = err_set(e, ERR_USAGE, "spec-write",
					    "%s.%s: the value cannot be written to an INI file", field_table[i].section,
					    field_table[i].column.key);
		spec_fini(&back);
	}
	if (r < 0) {
		free(text);
		return NULL;
	}
	return text;
}

char *spec_text(struct spec *s, struct err *e)
{
	return spec_render(s, s->path ? s->path : "machine.ini", e);
}

/* Returns the path of the lock of a file, which is not in the user's folder; owned. */
static char *spec_lock_path(const char *locks, const char *path)
{
	AUTO_FREE char *whole = file_absolute(path);
	AUTO_FREE char *dir = file_dirname(whole);
	AUTO_FREE char *real = realpath(dir, NULL);
	AUTO_FREE char *name = file_join(real ? real : dir, file_basename(whole));
	struct hash *h = hash_new();
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];

	hash_add(h, name, strlen(name));
	hash_end(h, digest);
	hash_hex(digest, hex);
	return xasprintf("%s/%.16s.lock", locks, hex);
}

struct lock *spec_lock(const char *path, struct err *e)
{
	AUTO_FREE char *data = host_data_dir();
	AUTO_FREE char *locks = file_join(data, "locks");
	AUTO_FREE char *name = spec_lock_path(locks, path);
	struct err why = ERR_INIT;
	struct lock *k = file_mkdirs(locks, &why) < 0 ? NULL : lock_wait(name, "writing a file", LOCK_MS, &why);

	if (!k) {
		err_move(e, &why);
		err_prefix(e, "%s", path);
	}
	return k;
}

int spec_write(struct spec *s, const char *path, struct err *e)
{
	char *text = spec_render(s, path, e);
	int r;

	if (!text)
		return -1;
	r = file_write(path, text, strlen(text), *s->password_hash ? 0600 : 0644, e);
	if (!r) {
		ini_doc_free(s->doc);
		s->doc = ini_doc_parse(path, text, strlen(text), e);
		free(s->path);
		free(s->shown);
		s->path = file_absolute(path);
		s->shown = xstrdup(path);
	}
	mem_wipe(text, strlen(text));
	free(text);
	return r;
}
