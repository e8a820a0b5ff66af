/* SPDX-License-Identifier: MIT */
/*
 * argv_golden: the cases of tests/golden/argv: CASE.ini with CASE.json gives CASE.args; and cases.txt, where
 * each case names one of those and what it changes of it, and has what that changes in the arguments:
 *
 *     [NAME]
 *     of CASE
 *     set SECTION.KEY=VALUE      as --set does
 *     fact NAME=JSON             of the host
 *     file NAME=JSON             of the machine
 *     port NUMBER                of the forwards, in order, in place of the case's
 *     unoffered                  the catalogue's row is not offered yet: the file is not checked
 *       -device                  the argument before what is changed
 *     - that went
 *     + that came
 */
#ifndef ARGV_GOLDEN_H
#define ARGV_GOLDEN_H

#include "../lib/check.h"

#include <dirent.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/strv.h"
#include "host/file.h"
#include "qemu/argv.h"
#include "qemu/cmdline.h"

#define ARGS_MAX 200

struct golden {
	char *name;
	struct spec spec;
	struct catalog *catalog;
	const struct catalog_arch *arch;
	json_t *json;
	struct qemu_facts facts;
	struct qemu_files files;
	uint16_t ports[8];
	char *append;
};

static char *golden_path(const char *name, const char *suffix)
{
	const char *srcdir = getenv("srcdir");

	return xasprintf("%s/tests/golden/argv/%s%s", srcdir ? srcdir : ".", name, suffix);
}

/* One case of cases.txt, as it is written. */
struct delta {
	char *name, *of;
	struct strv changes; /* "set a.b=c" ... */
	struct strv lines;   /* what they lead to */
};

static bool delta_has(const struct delta *d, const char *word)
{
	return d && strv_has(&d->changes, word);
}

/* "set X" gives X; NULL: another kind. */
static const char *delta_value(const char *change, const char *kind)
{
	size_t n = strlen(kind);

	return !strncmp(change, kind, n) && change[n] == ' ' ? change + n + 1 : NULL;
}

static void delta_json(json_t *all, const char *part, const char *assignment)
{
	char *name = xstrndup(assignment, strcspn(assignment, "="));
	json_t *value = json_loads(assignment + strlen(name) + 1, JSON_DECODE_ANY, NULL);

	if (!value)
		fail_msg("not JSON: %s", assignment);
	json_object_set_new(json_object_get(all, part), name, value);
	free(name);
}

static void delta_apply(const struct delta *d, struct spec *s, json_t *json)
{
	struct err e = ERR_INIT;
	json_t *ports = json_array();

	for (size_t i = 0; d && i < d->changes.len; i++) {
		const char *change = d->changes.items[i], *value;

		if ((value = delta_value(change, "set"))) {
			if (spec_set(s, value, &e) < 0)
				fail_msg("%s: %s", d->name, e.text);
		} else if ((value = delta_value(change, "fact"))) {
			delta_json(json, "facts", value);
		} else if ((value = delta_value(change, "file"))) {
			delta_json(json, "files", value);
		} else if ((value = delta_value(change, "port"))) {
			json_array_append_new(ports, json_integer(strtol(value, NULL, 10)));
		} else if (strcmp(change, "unoffered") != 0) {
			fail_msg("%s: %s", d->name, change);
		}
	}
	if (json_array_size(ports))
		json_object_set(json, "ports", ports);
	json_decref(ports);
}

/* `d`: what to change of the case, or NULL. */
static void golden_open_delta(struct golden *g, const char *name, const struct delta *d)
{
	char *ini = golden_path(name, ".ini");
	char *json = golden_path(name, ".json");
	const json_t *facts, *files, *ports;
	struct err e = ERR_INIT;

	memset(g, 0, sizeof(*g));
	g->catalog = catalog_new(&e);
	assert_non_null(g->catalog);
	g->name = xstrdup(d ? d->name : name);
	g->json = json_read(json, &e);
	if (!g->json || spec_read(&g->spec, ini, &e) < 0)
		fail_msg("%s", e.text);
	delta_apply(d, &g->spec, g->json);
	if (!delta_has(d, "unoffered") && spec_check(&g->spec, g->catalog, &e) < 0)
		fail_msg("%s: %s", g->name, e.text);
	free(g->spec.path);
	g->spec.path = xstrdup("/ini/machine.ini"); /* the same wherever the tests lie */
	setenv("HOME", "/home/me", 1);
	g->arch = catalog_arch_find(g->catalog, g->spec.arch);
	assert_non_null(g->arch);
	facts = json_object_get(g->json, "facts");
	files = json_object_get(g->json, "files");
	ports = json_object_get(g->json, "ports");
	g->facts = (struct qemu_facts){
		.binary = json_str(facts, "binary", "/usr/bin/qemu"),
		.version = (unsigned)json_int(facts, "version", 70222),
		.accel = json_str(facts, "accel", "tcg"),
		.accel_why = json_str(facts, "accel_why", "no reason"),
		.host_cpus = (unsigned)json_int(facts, "host_cpus", 4),
		.host_memory = (uint64_t)json_int(facts, "host_memory", 8LL << 30),
		.sandbox = json_bool(facts, "sandbox", false),
		.audio = json_str(facts, "audio", NULL),
		.tpm = json_str(facts, "tpm", NULL),
		.virtiofsd = json_str(facts, "virtiofsd", NULL),
		.root = json_bool(facts, "root", false),
	};
	for (size_t i = 0; i < json_array_size(ports) && i < 8; i++)
		g->ports[i] = (uint16_t)json_integer_value(json_array_get(ports, i));
	g->files = (struct qemu_files){
		.disk = json_str(files, "disk", "/m/disk.qcow2"),
		.disk_format = json_str(files, "disk_format", "qcow2"),
		.pflash_code = json_str(files, "pflash_code", NULL),
		.pflash_vars = json_str(files, "pflash_vars", NULL),
		.kernel = json_str(files, "kernel", NULL),
		.initrd = json_str(files, "initrd", NULL),
		.seed = json_str(files, "seed", NULL),
		.volume = json_str(files, "volume", NULL),
		.runtime_dir = json_str(files, "runtime_dir", "/run/m"),
		.forward_ports = g->ports,
		.configuring = json_bool(files, "configuring", false),
		.installing = json_bool(files, "installing", false),
		.alone = json_bool(files, "alone", false),
	};
	g->append = g->files.installing
			    ? qemu_installer_cmdline(g->arch, false, NULL)
			    : qemu_cmdline(&g->spec, g->arch, NULL, g->files.configuring, 100, 30, "xterm-256color");
	if (g->files.kernel)
		g->files.append = g->append;
	free(json);
	free(ini);
}

static void golden_open(struct golden *g, const char *name)
{
	golden_open_delta(g, name, NULL);
}

static void golden_close(struct golden *g)
{
	free(g->append);
	free(g->name);
	json_decref(g->json);
	spec_fini(&g->spec);
	catalog_free(g->catalog);
}

static inline void build(struct golden *g, struct qemu_argv *v)
{
	struct err e = ERR_INIT;

	if (qemu_argv_build(&g->spec, g->arch, &g->facts, &g->files, v, &e) < 0)
		fail_msg("%s", e.text);
}

/* An element a line: a line end within one is written as \n. */
static inline char *as_text(const struct qemu_argv *v)
{
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < v->len; i++) {
		for (const char *p = v->items[i].text; *p; p++) {
			if (*p == '\n')
				buf_adds(&b, "\\n");
			else
				buf_addc(&b, *p);
		}
		buf_addc(&b, '\n');
	}
	return buf_steal(&b);
}

/* ---- differences of arguments ---- */

/* Appends what turns the one list into the other, by their longest common subsequence. */
static inline void diff_args(const struct strv *was, const struct strv *is, struct strv *out)
{
	static unsigned short common[ARGS_MAX + 1][ARGS_MAX + 1];
	size_t i = 0, k = 0;
	bool begun = false;

	assert_true(was->len < ARGS_MAX && is->len < ARGS_MAX);
	for (size_t a = was->len + 1; a-- > 0;)
		for (size_t b = is->len + 1; b-- > 0;)
			common[a][b] = a == was->len || b == is->len ? 0
				       : !strcmp(was->items[a], is->items[b])
					       ? (unsigned short)(common[a + 1][b + 1] + 1)
				       : common[a + 1][b] >= common[a][b + 1] ? common[a + 1][b]
									      : common[a][b + 1];
	while (i < was->len || k < is->len) {
		bool same = i < was->len && k < is->len && !strcmp(was->items[i], is->items[k]);

		if (!same && !begun && i)
			strv_addf(out, "  %s", was->items[i - 1]);
		begun = !same;
		if (same) {
			i++;
			k++;
		} else if (k == is->len || (i < was->len && common[i + 1][k] >= common[i][k + 1])) {
			strv_addf(out, "- %s", was->items[i++]);
		} else {
			strv_addf(out, "+ %s", is->items[k++]);
		}
	}
}

/* ---- cases.txt ---- */

struct deltas {
	struct strv top; /* comments before the first */
	struct delta *items;
	size_t len;
};

static void deltas_line(struct deltas *all, const char *line)
{
	struct delta *d = all->len ? &all->items[all->len - 1] : NULL;

	if (*line == '[') {
		all->items = xreallocarray(all->items, all->len + 1, sizeof(*all->items));
		all->items[all->len] = (struct delta){.name = xstrndup(line + 1, strcspn(line + 1, "]"))};
		for (size_t i = 0; i < all->len; i++)
			assert_string_not_equal(all->items[i].name, all->items[all->len].name);
		all->len++;
	} else if (!d) {
		strv_add(&all->top, line);
	} else if (delta_value(line, "of")) {
		d->of = xstrdup(line + 3);
	} else if (strchr(" +-", *line)) {
		strv_add(&d->lines, line);
	} else {
		strv_add(&d->changes, line);
	}
}

static void deltas_read(struct deltas *all)
{
	char *path = golden_path("cases", ".txt");
	struct err e = ERR_INIT;
	struct buf text;

	memset(all, 0, sizeof(*all));
	if (file_read(path, 1 << 20, &text, &e) < 0)
		fail_msg("%s", e.text);
	for (char *p = text.data, *end; *p; p = end + 1) {
		end = strchr(p, '\n');
		assert_non_null(end);
		*end = '\0';
		if (*p)
			deltas_line(all, p);
	}
	buf_fini(&text);
	free(path);
}

static inline void deltas_write(const struct deltas *all)
{
	char *path = golden_path("cases", ".txt");
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < all->top.len; i++)
		buf_addf(&b, "%s\n", all->top.items[i]);
	for (size_t i = 0; i < all->len; i++) {
		const struct delta *d = &all->items[i];

		buf_addf(&b, "\n[%s]\nof %s\n", d->name, d->of);
		for (size_t k = 0; k < d->changes.len; k++)
			buf_addf(&b, "%s\n", d->changes.items[k]);
		for (size_t k = 0; k < d->lines.len; k++)
			buf_addf(&b, "%s\n", d->lines.items[k]);
	}
	assert_int_equal(file_write(path, b.data, b.len, 0644, NULL), 0);
	buf_fini(&b);
	free(path);
}

static void deltas_fini(struct deltas *all)
{
	for (size_t i = 0; i < all->len; i++) {
		free(all->items[i].name);
		free(all->items[i].of);
		strv_fini(&all->items[i].changes);
		strv_fini(&all->items[i].lines);
	}
	free(all->items);
	strv_fini(&all->top);
}

/* Calls fn for each case of either kind; there must be as many as were promised. */
static inline void each_case(void (*fn)(struct golden *g))
{
	char *dir = golden_path("", "");
	DIR *d = opendir(dir);
	struct dirent *entry;
	struct deltas all;
	struct golden g;
	size_t count = 0;

	assert_non_null(d);
	while ((entry = readdir(d))) {
		size_t n = strlen(entry->d_name);
		char *name;

		if (n < 5 || strcmp(entry->d_name + n - 4, ".ini") != 0)
			continue;
		name = xstrndup(entry->d_name, n - 4);
		golden_open(&g, name);
		fn(&g);
		golden_close(&g);
		free(name);
		count++;
	}
	closedir(d);
	free(dir);
	deltas_read(&all);
	for (size_t i = 0; i < all.len; i++) {
		golden_open_delta(&g, all.items[i].of, &all.items[i]);
		fn(&g);
		golden_close(&g);
	}
	assert_true(count >= 6);
	assert_true(count + all.len >= 100);
	deltas_fini(&all);
}

#endif
