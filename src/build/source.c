/* SPDX-License-Identifier: MIT */
/* source: recognizes source packages and folders. */
#include "build/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"

#define CONTROL_MAX (4u << 20)

/* ---- fields ------------------------------------------------------------------------------- */

/* Appends the value of the field in the first paragraph that has it; a folded one as one text of lines. */
static bool source_field(const char *text, const char *field, struct buf *out)
{
	size_t n = strlen(field);
	bool found = false;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t len = strcspn(line, "\n");

		if (*line == '#')
			continue;
		if (found && *line != ' ' && *line != '\t')
			return true;
		if (found) {
			buf_add(out, line, len);
			buf_addc(out, '\n');
		} else if (!strncasecmp(line, field, n) && line[n] == ':') {
			found = true;
			buf_add(out, line + n + 1, len - n - 1);
			buf_addc(out, '\n');
		}
	}
	return found;
}

/* The value without blanks around it, or NULL; owned. */
static char *source_text(const char *text, const char *field)
{
	struct buf b;
	char *value = NULL;

	buf_init(&b, 0);
	if (source_field(text, field, &b)) {
		const char *p = b.data + strspn(b.data, " \t\r\n");
		size_t n = strlen(p);

		while (n && strchr(" \t\r\n", p[n - 1]))
			n--;
		value = xstrndup(p, n);
	}
	buf_fini(&b);
	return value;
}

static char *source_depends(const char *text)
{
	static const char *const fields[] = {"Build-Depends", "Build-Depends-Arch", "Build-Depends-Indep"};
	struct strv all = STRV_INIT;
	char *joined;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char *one = source_text(text, fields[i]);

		if (one && *one)
			strv_add(&all, one);
		free(one);
	}
	joined = strv_join(&all, ",\n");
	strv_fini(&all);
	return joined;
}

static bool source_name_ok(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+.-")] == '\0';
}

static bool source_version_ok(const char *version)
{
	return *version >= '0' && *version <= '9' &&
	       version[strspn(version, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-~:")] == '\0';
}

bool source_is_path(const char *word)
{
	size_t n = strlen(word);

	return strchr(word, '/') || !strcmp(word, ".") || !strcmp(word, "..") || !strncmp(word, ".@", 2) ||
	       !strncmp(word, "..@", 3) || (n > 4 && !strcmp(word + n - 4, ".dsc"));
}

int source_split(const char *word, char **name, char **version, struct err *e)
{
	const char *equals = strchr(word, '=');

	*name = xstrndup(word, equals ? (size_t)(equals - word) : strlen(word));
	*version = equals ? xstrdup(equals + 1) : NULL;
	if (source_name_ok(*name) && (!*version || source_version_ok(*version)))
		return 0;
	free(*name);
	free(*version);
	*name = *version = NULL;
	err_set(e, ERR_USAGE, "source-name", "%s is not the name of a source package, nor NAME=VERSION", word);
	return err_hint(e, "write a folder of this host as a path: ./%s", word);
}

/* ---- .dsc --------------------------------------------------------------------------------- */

static int source_check_file(const char *dir, const char *dsc, const char *name, const char *hex, uint64_t size,
			     struct err *e)
{
	char *path = file_join(dir, name);
	uint8_t want[HASH_SIZE], got[HASH_SIZE];
	uint64_t bytes = 0;
	int fd = file_open(path, FILE_READ | FILE_FOLLOW);
	int r;

	if (fd < 0)
		r = err_errno(e, errno, "source-missing", "cannot open %s, which %s lists", path, dsc);
	else
		r = hash_fd(fd, got, &bytes, e);
	if (!r && (!hash_from_hex(hex, want) || bytes != size || memcmp(want, got, HASH_SIZE) != 0)) {
		r = err_set(e, ERR_VERIFY, "source-digest", "%s is not the file that %s lists: its %s is another", path,
			    dsc, bytes != size ? "size" : "SHA-256");
		err_hint(e, "download it again");
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return r;
}

/* Lines "HEX SIZE NAME" of Checksums-Sha256. */
static int source_read_files(struct source *s, const char *text, struct err *e)
{
	char *list = source_text(text, "Checksums-Sha256");
	struct strv lines = STRV_INIT;
	int r = 0;

	strv_split(&lines, list ? list : "", "\n");
	for (size_t i = 0; i < lines.len && !r; i++) {
		struct strv words = STRV_INIT;
		uint64_t size;

		strv_split(&words, lines.items[i], " \t\r");
		if (words.len != 3 || strchr(words.items[2], '/') || words.items[2][0] == '.' ||
		    number_parse(words.items[1], 0, UINT64_MAX, &size, NULL) < 0)
			r = err_set(e, ERR_USAGE, "source-bad", "%s: Checksums-Sha256: line %zu is not HEX SIZE NAME",
				    s->path, i + 1);
		else
			r = source_check_file(s->dir, s->path, words.items[2], words.items[0], size, e);
		if (!r)
			strv_add(&s->files, words.items[2]);
		strv_fini(&words);
	}
	if (!r && !s->files.len)
		r = err_set(e, ERR_USAGE, "source-bad", "%s: Checksums-Sha256 is missing", s->path);
	strv_fini(&lines);
	free(list);
	return r;
}

static int source_check_names(const struct source *s, const char *file, struct err *e)
{
	if (!s->name || !source_name_ok(s->name))
		return err_set(e, ERR_USAGE, "source-bad", "%s: Source: \"%s\" is not a package name", file,
			       s->name ? s->name : "");
	if (!s->version || !source_version_ok(s->version))
		return err_set(e, ERR_USAGE, "source-bad", "%s: \"%s\" is not a version", file,
			       s->version ? s->version : "");
	return 0;
}

static int source_open_dsc(struct source *s, struct err *e)
{
	struct buf text;
	int r;

	if (file_read(s->path, CONTROL_MAX, &text, e) < 0)
		return -1;
	s->kind = SOURCE_DSC;
	s->name = source_text(text.data, "Source");
	s->version = source_text(text.data, "Version");
	s->depends = source_depends(text.data);
	r = source_check_names(s, s->path, e);
	if (!r)
		r = source_read_files(s, text.data, e);
	buf_fini(&text);
	return r;
}

/* ---- folders ------------------------------------------------------------------------------ */

/* "hello (2.10-3) unstable; urgency=medium" */
static char *source_changelog_version(const char *text)
{
	const char *open = strchr(text, '(');
	size_t n = open ? strcspn(open + 1, ")\n") : 0;

	return open && open < text + strcspn(text, "\n") ? xstrndup(open + 1, n) : NULL;
}

static char *source_without_epoch(const char *version)
{
	const char *colon = strchr(version, ':');

	return xstrdup(colon ? colon + 1 : version);
}

char *source_stem(const struct source *s)
{
	char *version = source_without_epoch(s->version);
	char *stem = *version ? xasprintf("%s_%s", s->name, version) : xstrdup(s->name);

	free(version);
	return stem;
}

/* hello_2.10.orig.tar.gz beside the folder, where the version has a revision. */
static void source_find_orig(struct source *s)
{
	static const char *const endings[] = {"gz", "xz", "bz2", "zst", "lzma"};
	char *version = source_without_epoch(s->version);
	char *dash = strrchr(version, '-');

	if (dash)
		*dash = '\0';
	for (size_t i = 0; dash && i < ARRAY_SIZE(endings); i++) {
		char *name = xasprintf("%s_%s.orig.tar.%s", s->name, version, endings[i]);
		char *path = file_join(s->dir, name);

		if (file_exists(path))
			strv_add(&s->files, name);
		free(path);
		free(name);
	}
	free(version);
}

static int source_open_debian(struct source *s, const char *control, struct err *e)
{
	char *changelog = file_join(s->path, "debian/changelog");
	struct buf text = {.data = NULL}, log = {.data = NULL};
	int r = file_read(control, CONTROL_MAX, &text, e);

	if (!r)
		r = file_read(changelog, CONTROL_MAX, &log, e);
	if (!r) {
		s->kind = SOURCE_DEBIAN;
		s->name = source_text(text.data, "Source");
		s->version = source_changelog_version(log.data);
		s->depends = source_depends(text.data);
		r = source_check_names(s, s->name && source_name_ok(s->name) ? changelog : control, e);
	}
	if (!r)
		source_find_orig(s);
	if (log.data)
		buf_fini(&log);
	if (text.data)
		buf_fini(&text);
	free(changelog);
	return r;
}

static int source_open_plain(struct source *s, bool command, struct err *e)
{
	const char *name = file_basename(s->path);

	if (!command) {
		err_set(e, ERR_USAGE, "source-none", "%s is not a Debian source: it has no debian/control", s->path);
		return err_hint(e, "name the command that builds it: debwiz build %s -- make", s->path);
	}
	s->kind = SOURCE_PLAIN;
	s->name = xstrdup(*name && strcmp(name, "/") ? name : "source");
	s->version = xstrdup("");
	s->depends = xstrdup("");
	return 0;
}

int source_open(struct source *s, const char *path, const char *beside, bool command, struct err *e)
{
	char *control;
	struct stat st;
	int r;

	*s = (struct source){.path = file_absolute(path)};
	s->dir = beside ? xstrdup(beside) : file_dirname(s->path);
	control = file_join(s->path, "debian/control");
	if (stat(s->path, &st) < 0)
		r = err_errno(e, errno, "source-missing", "cannot open %s", path);
	else if (!S_ISDIR(st.st_mode))
		r = source_open_dsc(s, e);
	else if (file_exists(control))
		r = source_open_debian(s, control, e);
	else
		r = source_open_plain(s, command, e);
	free(control);
	if (r < 0)
		source_fini(s);
	return r;
}

void source_fini(struct source *s)
{
	free(s->path);
	free(s->dir);
	free(s->name);
	free(s->version);
	free(s->depends);
	strv_fini(&s->files);
	*s = (struct source){.path = NULL};
}
