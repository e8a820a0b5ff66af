/* SPDX-License-Identifier: MIT */
/* verb_export: writes a machine in the form of another program or as a bundle. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "export/bundle.h"
#include "export/export.h"
#include "host/file.h"
#include "host/paths.h"
#include "machine/suspended.h"
#include "prepare/job.h"
#include "qemu/probe.h"
#include "spec/risk.h"
#include "verbs.h"
#include "work.h"

/* A form: its name after --as, and how its file is called and written. */
static const struct export_form {
	const char *name, *prefix, *suffix;
	mode_t mode;
	char *(*text)(const struct export_machine *m, struct strv *notes, struct err *e); /* NULL: a bundle */
} export_forms[] = {
	{"script", "", ".sh", 0755, export_sh},	       {"bat", "", ".bat", 0644, export_bat},
	{"libvirt", "", ".xml", 0644, export_libvirt}, {"systemd", "debwiz-", ".service", 0644, export_unit},
	{"bundle", "", ".debwiz", 0600, NULL},
};

static const struct export_form *export_find_form(const char *name, struct err *e)
{
	AUTO_STRV struct strv names = STRV_INIT;
	AUTO_FREE char *all = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(export_forms); i++) {
		if (name && !strcmp(export_forms[i].name, name))
			return &export_forms[i];
		strv_add(&names, export_forms[i].name);
	}
	all = strv_join(&names, ", ");
	if (name)
		err_set(e, ERR_USAGE, "option-value", "--as=%s is not known; it is one of %s", name, all);
	else
		err_set(e, ERR_USAGE, "option-value", "export needs --as, one of %s", all);
	return NULL;
}

/* Returns the path that is written (owned), which must not exist; NULL with e. "-" is standard output. */
static char *export_path(const struct cli *cli, const char *name, const struct export_form *form, struct err *e)
{
	const char *out = cli->out ? cli->out : ".";
	AUTO_FREE char *path = NULL;
	struct stat st;

	if (!strcmp(out, "-") && form->text)
		return xstrdup(out);
	if (!strcmp(out, "-")) {
		err_set(e, ERR_USAGE, "usage", "a bundle is written to a file");
		return NULL;
	}
	if (stat(out, &st) == 0 && S_ISDIR(st.st_mode))
		path = xasprintf("%s/%s%s%s", out, form->prefix, name, form->suffix);
	else
		path = xstrdup(out);
	if (!file_exists(path))
		return mem_take(&path);
	err_set(e, ERR_USAGE, "file-exists", "%s already exists", path);
	err_hint(e, "remove it, or name another file by --out");
	return NULL;
}

static int export_write(const char *path, const struct export_form *form, const char *text, struct err *e)
{
	if (!strcmp(path, "-"))
		return fputs(text, stdout) < 0 ? err_set(e, ERR_FAILED, "file-write", "cannot write the output") : 0;
	return file_write(path, text, strlen(text), form->mode, e);
}

static void export_print_done(const struct cli *cli, const char *name, const struct export_form *form, const char *path)
{
	if (!strcmp(path, "-"))
		return;
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:o}", "event", "exported", "name", name, "as", form->name,
					 "file", cli_json_text(path)));
	else
		printf("%s: %s\n", name, path);
}

/* Adds the variables that say where debwiz finds its files: a unit has another environment. */
static void export_environment(struct strv *out)
{
	static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			strv_addf(out, "%s=%s", names[i], value);
	}
}

/* Returns the argument that names the machine from any folder; borrowed. */
static const char *export_ref(const struct cli *cli, const struct spec *s)
{
	AUTO_FREE char *saved = store_saved_ini(&cli->store, s->name);

	return !strcmp(saved, s->path) ? s->name : s->path;
}

static int export_text(struct cli *cli, struct job *j, const struct export_form *form, const char *path, struct err *e)
{
	AUTO_STRV struct strv notes = STRV_INIT, env = STRV_INIT;
	AUTO_FREE char *program = host_self(e);
	struct export_machine m = {
		.s = j->spec, .arch = j->arch, .dir = j->machine_dir, .program = program, .env = &env};
	AUTO_FREE char *text = NULL;
	struct job_qemu q;

	export_environment(&env);
	m.ref = export_ref(cli, j->spec);
	if (!program || qemu_probe(j->spec, j->arch, cli->store.cache_dir, &j->probe, e) < 0 ||
	    job_qemu_gather(j, false, &q, e) < 0)
		return -1;
	m.facts = q.facts;
	m.files = q.files;
	text = form->text(&m, &notes, e);
	job_qemu_fini(&q);
	if (!text || export_write(path, form, text, e) < 0)
		return -1;
	for (size_t i = 0; i < notes.len; i++)
		cli_warn(cli, notes.items[i]);
	return 0;
}

/* ---- bundles ---- */

struct bundling {
	struct job *job;
	const char *path;
	struct strv notes;
};

static int export_bundle_work(const atomic_bool *cancel, struct cli_progress *p, void *arg, struct err *e)
{
	struct bundling *b = arg;
	struct bundle_work w = {.cancel = cancel, .progress = cli_progress_percent, .arg = p};

	return bundle_write(b->job->spec, b->job->machine_dir, b->path, &w, &b->notes, e);
}

static int export_bundle(struct cli *cli, struct job *j, const char *path, struct err *e)
{
	struct bundling b = {.job = j, .path = path};
	struct cli_work work = {
		.name = j->spec->name, .doing = "writing the bundle", .fn = export_bundle_work, .arg = &b};
	int r;

	if (job_is_running(j)) {
		err_set(e, ERR_BUSY, "busy", "%s is running", j->spec->name);
		return err_hint(e, "stop it first: debwiz stop %s", j->spec->name);
	}
	r = job_lock_disk(j, "exporting it", e);
	if (!r)
		r = cli_work(cli, &work, e);
	for (size_t i = 0; !r && i < b.notes.len; i++)
		cli_warn(cli, b.notes.items[i]);
	strv_fini(&b.notes);
	return r;
}

/* ---- the verb ---- */

/* What the file runs or exposes would be in the exported form, too, so the user has to agree to it first. */
static int export_agree(struct cli *cli, struct spec *s, struct err *e)
{
	return risks_check(s, NULL, NULL, e) < 0 ? cli_agree(cli, s, e) : 0;
}

int verb_export(struct cli *cli)
{
	struct job_options o = {.goal = JOB_PREPARED};
	struct err e = ERR_INIT;
	const struct export_form *form = export_find_form(cli->as, &e);
	struct session *s = form ? cli_open(cli, cli->args[0], &o, &e) : NULL;
	AUTO_FREE char *path = s ? export_path(cli, s->spec.name, form, &e) : NULL;
	int r = path ? job_require_disk(&s->job, &e) : -1;

	if (!r)
		r = export_agree(cli, &s->spec, &e);
	if (!r && form->text && form->text != export_unit)
		r = suspended_refuse(s->job.machine_dir, s->spec.name, &e);
	if (!r)
		r = form->text ? export_text(cli, &s->job, form, path, &e) : export_bundle(cli, &s->job, path, &e);
	if (!r)
		export_print_done(cli, s->spec.name, form, path);
	session_free(s);
	return r < 0 ? cli_error(cli, &e) : 0;
}
