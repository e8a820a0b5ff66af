/* SPDX-License-Identifier: MIT */
/*
 * save: the INI file as it would be written, its difference to the file on the disk, and writing it. An existing file
 * is overwritten only after its difference was shown, and only if it is still the file that was compared.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/ini.h"
#include "base/mem.h"
#include "diff.h"
#include "host/file.h"
#include "machine/trust.h"
#include "recompute.h"
#include "save.h"
#include "state.h"

/* How a file was when it was read. */
struct save_seen {
	bool exists;
	struct timespec mtime;
	off_t size;
	ino_t inode;
	char digest[65];
};

struct wizard_file {
	char *original;		     /* its text as read, NULL: a new machine */
	struct spec was;	     /* as read, or with the defaults */
	struct save_seen seen;	     /* the file as read */
	char *path;		     /* where to save, NULL: default_path */
	char *default_path;	     /* by the name; NULL: not known yet */
	struct wizard_existing made; /* the machine that the file describes */
};

struct wizard_file *wizard_file_new(void)
{
	struct wizard_file *file = xcalloc(1, sizeof(*file));

	spec_init(&file->was);
	return file;
}

static void save_wipe(char *text)
{
	if (text)
		mem_wipe(text, strlen(text));
	free(text);
}

void wizard_file_free(struct wizard_file *file)
{
	save_wipe(file->original);
	spec_fini(&file->was);
	free(file->path);
	free(file->default_path);
	free(file);
}

bool wizard_is_edited(const struct wizard *w)
{
	return w->file->original != NULL;
}

const struct spec *wizard_baseline(const struct wizard *w)
{
	return &w->file->was;
}

void wizard_set_baseline(struct wizard *w)
{
	spec_fini(&w->file->was);
	spec_copy(&w->file->was, &w->spec);
}

const struct wizard_existing *wizard_existing(const struct wizard *w)
{
	return &w->file->made;
}

void wizard_set_path(struct wizard *w, char *path)
{
	free(w->file->path);
	w->file->path = path;
}

void wizard_forget_path(struct wizard *w)
{
	free(w->file->default_path);
	w->file->default_path = NULL;
}

const char *wizard_path(struct wizard *w)
{
	if (w->file->path)
		return w->file->path;
	if (!w->file->default_path)
		w->file->default_path = w->offers->save_path(w->offers->arg, w->spec.name);
	return w->file->default_path;
}

static bool save_is_idle(const struct wizard *w, const struct field *f)
{
	for (size_t i = 0; i < question_count; i++)
		if (w->questions[i].field == f)
			return !question_applies(w, i);
	return false;
}

struct save_idle {
	struct wizard *w;
	struct spec *s;
};

/* Removes a key that does not apply if the rules refuse it. */
static void save_on_fault(unsigned line, const char *section, const char *key, const char *message, void *arg)
{
	const struct save_idle *r = arg;

	(void)line;
	(void)message;
	if (save_is_idle(r->w, field_find(section, key)))
		spec_unset(r->s, section, key);
}

static int save_record(struct wizard *w, struct spec *out, struct err *e)
{
	struct strv values = STRV_INIT;
	struct save_idle record;

	if (!w->file->original) {
		spec_copy(out, &w->spec);
		return 0;
	}
	if (spec_read_text(out, wizard_path(w), w->file->original, strlen(w->file->original), e) < 0)
		return -1;
	strv_copy(&out->agreed, &w->file->was.agreed);
	for (size_t i = 0; i < field_count; i++) {
		const struct field *f = &field_table[i];

		if (column_equal(&f->column, out, &w->spec))
			continue;
		if (save_is_idle(w, f)) {
			spec_unset(out, f->section, f->column.key);
			continue;
		}
		field_values(f, &w->spec, &values);
		field_assign(f, out, &values);
		strv_fini(&values);
	}
	record = (struct save_idle){w, out};
	spec_check_each(out, w->conf.catalog, save_on_fault, &record);
	return 0;
}

char *wizard_hide(char *text)
{
	struct buf b;

	buf_init(&b, 0);
	for (const char *at = text + ini_mark_len(text, strlen(text)); *at;) {
		size_t n = strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
		size_t shown = strcspn(at, "\r\n");
		size_t key = strcspn(at, " \t=");
		bool secret = false;

		for (size_t i = 0; i < field_count && !secret; i++)
			secret = field_table[i].secret && strlen(field_table[i].column.key) == key &&
				 !strncmp(at, field_table[i].column.key, key);
		if (secret)
			buf_addf(&b, "%.*s = (not shown)%s", (int)key, at, at[n - 1] == '\n' ? "\n" : "");
		else if (at[shown] == '\r' && (!at[shown + 1] || at[shown + 1] == '\n'))
			buf_addf(&b, "%.*s%s", (int)shown, at, at[shown + 1] ? "\n" : "");
		else
			buf_add(&b, at, n);
		at += n;
	}
	mem_wipe(text, strlen(text));
	free(text);
	return buf_steal(&b);
}

/* Finds the lines of the field's key. */
static void save_find_lines(const char *text, const struct field *f, unsigned *first, unsigned *count)
{
	struct ini_doc *d = ini_doc_parse("", text, strlen(text), NULL);

	if (!d)
		return;
	*first = ini_doc_line(d, f->section, f->column.key, 0);
	while (ini_doc_line(d, f->section, f->column.key, *count))
		++*count;
	ini_doc_free(d);
}

static char *save_written(struct wizard *w, struct err *e)
{
	struct spec s;
	char *text;

	if (save_record(w, &s, e) < 0)
		return NULL;
	text = spec_text(&s, e);
	spec_fini(&s);
	return text;
}

char *wizard_ini(struct wizard *w, const struct wizard_question *q, unsigned *first, unsigned *count, struct err *e)
{
	unsigned none[2];
	char *text;

	first = first ? first : &none[0];
	count = count ? count : &none[1];
	*first = *count = 0;
	text = save_written(w, e);
	if (text && q && q->field)
		save_find_lines(text, q->field, first, count);
	return text ? wizard_hide(text) : NULL;
}

bool wizard_dirty(struct wizard *w)
{
	for (size_t i = 0; i < question_count; i++)
		if (w->answers[i].draft || (!w->file->original && w->answers[i].touched))
			return true;
	return !spec_equal(&w->spec, &w->file->was);
}

/* ---- comparing and writing ---- */

static void save_digest(const struct buf *text, char out[65])
{
	struct hash *h = hash_new();
	uint8_t bytes[HASH_SIZE];
	char hex[HASH_HEX];

	hash_add(h, text->data, text->len);
	hash_end(h, bytes);
	hash_hex(bytes, hex);
	memcpy(out, hex, sizeof(hex) < 65 ? sizeof(hex) : 65);
}

static void save_note_stat(const struct stat *st, struct save_seen *out)
{
	out->exists = true;
	out->mtime = st->st_mtim;
	out->size = st->st_size;
	out->inode = st->st_ino;
}

static int save_look(const char *path, struct save_seen *out, struct buf *text, struct err *e)
{
	struct stat st;

	*out = (struct save_seen){.exists = false};
	if (stat(path, &st) == 0) /* before reading, so that a later change is seen as one */
		save_note_stat(&st, out);
	if (spec_read_file(path, text, e) < 0)
		return -1;
	save_digest(text, out->digest);
	return 0;
}

bool wizard_file_changed(struct wizard *w)
{
	struct save_seen now;
	struct buf text;
	struct stat st;

	if (!w->file->original)
		return false;
	if (stat(w->file->path, &st) == 0 && st.st_size == w->file->seen.size && st.st_ino == w->file->seen.inode &&
	    st.st_mtim.tv_sec == w->file->seen.mtime.tv_sec && st.st_mtim.tv_nsec == w->file->seen.mtime.tv_nsec)
		return false;
	if (save_look(w->file->path, &now, &text, NULL) < 0)
		return true;
	buf_fini(&text);
	if (strcmp(now.digest, w->file->seen.digest))
		return true;
	w->file->seen = now; /* written again with the same content */
	return false;
}

int wizard_diff(struct wizard *w, struct wizard_diff *out, struct err *e)
{
	const char *path = wizard_path(w);
	char *ini = save_written(w, e);
	struct save_seen now;
	struct buf text;

	*out = (struct wizard_diff){.exists = file_exists(path)};
	if (!ini)
		return -1;
	buf_init(&text, 0);
	if (out->exists && save_look(path, &now, &text, e) < 0) {
		free(ini);
		return -1;
	}
	diff_lines(text.data, ini, out);
	if (out->exists) {
		memcpy(out->seen, now.digest, sizeof(out->seen));
		out->other = !w->file->original;
		out->foreign = w->file->original && strcmp(now.digest, w->file->seen.digest) != 0;
	} else {
		out->same = false;
	}
	mem_wipe(ini, strlen(ini));
	free(ini);
	buf_fini(&text);
	return 0;
}

/* Refuses to overwrite a file that was not shown or has changed since. */
static int save_check_shown(const char *path, const struct wizard_diff *shown, struct err *e)
{
	struct save_seen now;
	struct buf text;

	if (!file_exists(path)) {
		if (!shown || !shown->exists)
			return 0;
		err_set(e, ERR_BUSY, "save-changed", "%s is gone since it was compared", path);
		return err_hint(e, "check what would be written, and save again");
	}
	if (!shown) {
		err_set(e, ERR_BUSY, "save-unseen", "%s already exists", path);
		return err_hint(e, "it is overwritten only after its difference was shown");
	}
	if (save_look(path, &now, &text, e) < 0)
		return -1;
	buf_fini(&text);
	if (strcmp(now.digest, shown->seen)) {
		err_set(e, ERR_BUSY, "save-changed", "%s was changed by another program", path);
		return err_hint(e, "check the difference again");
	}
	return 0;
}

static int save_check_right(struct wizard *w, struct err *e)
{
	for (enum wizard_page p = WIZARD_MACHINE; p < WIZARD_PAGE_COUNT; p++) {
		const struct wizard_question *q = wizard_page_wrong(w, p);

		if (q)
			return err_set(e, ERR_USAGE, "wizard-wrong", "%s: %s", q->title, wizard_wrong(w, q));
	}
	return 0;
}

/* Creates the folder of saved machines; other folders must exist. */
static int save_make_folder(struct wizard *w, struct err *e)
{
	char *dir;
	int r;

	if (w->file->path)
		return 0;
	dir = file_dirname(wizard_path(w));
	r = file_mkdirs(dir, e);
	free(dir);
	return r;
}

static void save_load_answers(struct wizard *w)
{
	for (size_t i = 0; i < question_count; i++) {
		const struct field *f = w->questions[i].field;
		struct answer *a = &w->answers[i];

		if (!f)
			continue;
		a->touched = w->file->was.lines[f - field_table] != 0;
		a->yielded = false;
		field_values(f, &w->file->was, &a->wanted);
	}
	w->offers->made(w->offers->arg, w->file->was.name, &w->file->made);
}

static void save_load_risks(struct wizard *w)
{
	if (w->conf.store)
		trust_load(w->conf.store, &w->file->was);
	strv_fini(&w->spec.from_file);
	strv_fini(&w->spec.agreed);
	strv_copy(&w->spec.from_file, &w->file->was.from_file);
	strv_copy(&w->spec.agreed, &w->file->was.agreed);
}

int wizard_load(struct wizard *w, const char *path, struct err *e)
{
	struct wizard_file *file = w->file;
	struct buf text;

	wizard_set_path(w, file_absolute(path));
	if (save_look(path, &file->seen, &text, e) < 0)
		return -1;
	save_wipe(file->original);
	file->original = xstrndup(text.data, text.len);
	mem_wipe(text.data, text.len);
	buf_fini(&text);
	spec_fini(&file->was);
	if (spec_read(&file->was, path, e) < 0)
		return -1;
	save_load_risks(w);
	save_load_answers(w);
	wizard_recompute(w, NULL);
	return 0;
}

int wizard_save(struct wizard *w, const struct wizard_diff *shown, struct err *e)
{
	AUTO_FREE char *path = file_absolute(wizard_path(w));
	struct lock *lock = NULL;
	struct spec s;
	int r = save_check_right(w, e);

	if (!r && !(lock = spec_lock(path, e)))
		r = -1;
	if (!r)
		r = save_check_shown(path, shown, e);
	if (!r)
		r = save_make_folder(w, e);
	if (!r)
		r = save_record(w, &s, e);
	if (!r) {
		/* the user agrees to his own answers */
		r = w->conf.store ? trust_adopt(w->conf.store, &s, path, e) : 0;
		if (!r)
			r = spec_write(&s, path, e);
		spec_fini(&s);
	}
	if (!r)
		r = wizard_load(w, path, e); /* before another command may rename or delete it */
	lock_remove(lock);
	return r;
}
