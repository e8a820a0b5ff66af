/* SPDX-License-Identifier: MIT */
/*
 * step packages: solves for the packages to install: the profile's, the architecture's kernel and boot loader, the
 * user's, and the package that has the firmware. With the installer: finds its package.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "base/strv.h"
#include "job_steps.h"
#include "prepare/steps.h"

/* A search in the release's other components for names that no opened one has, for the message. */
struct search {
	struct step_run *run;
	struct strv unknown;
	struct err error; /* of the solver; the step fails with it */
	struct archive_op *op;
};

/* Returns "non-free" for "pool/non-free/n/nvidia/nvidia_1_armhf.deb" and "pool/updates/non-free/..."; owned. */
static char *step_packages_component_of(const char *filename)
{
	const char *p = !strncmp(filename, "pool/", 5) ? filename + 5 : filename;

	if (!strncmp(p, "updates/", 8))
		p += 8;
	return xstrndup(p, strcspn(p, "/"));
}

/* Adds to the hint which components have the names that were found, and what mirror.components must name for them;
 * keeps the hint for the other names. */
static void step_packages_add_hint(struct search *s, struct archive *a)
{
	struct job *j = step_job(s->run);
	struct strv found = STRV_INIT, rest = STRV_INIT, still = STRV_INIT, components = STRV_INIT;
	AUTO_ERR struct err e = ERR_INIT;

	strv_copy(&components, job_components(j));
	for (size_t i = 0; i < s->unknown.len; i++) {
		const char *name = s->unknown.items[i];
		struct package_set set = {.items = NULL};
		AUTO_FREE char *component = NULL;

		if (archive_find(a, name, &set, NULL) < 0) {
			strv_add(&rest, name);
			continue;
		}
		component = step_packages_component_of(set.items[0].filename);
		strv_addf(&found, "%s is in component %s", name, component);
		if (!strv_has(&components, component))
			strv_add(&components, component);
		package_set_fini(&set);
	}
	if (found.len) {
		AUTO_FREE char *where = strv_join(&found, ", ");
		AUTO_FREE char *names = strv_join(&components, ", ");

		archive_unknown(j->archive, &rest, &still, &e);
		err_hint(&s->error, "%s: mirror.components must name %s%s%s", where, names, e.hint ? "; " : "",
			 e.hint ? e.hint : "");
	}
	strv_fini(&found);
	strv_fini(&rest);
	strv_fini(&still);
	strv_fini(&components);
}

static void step_packages_on_searched(struct archive *a, const struct err *e, void *arg)
{
	struct search *s = arg;
	struct step_run *run = s->run;
	struct err error = ERR_INIT;

	if (a)
		step_packages_add_hint(s, a);
	archive_close(a);
	if (e && e->kind == ERR_INTERRUPTED)
		err_copy(&error, e);
	else
		err_move(&error, &s->error);
	step_set_state(run, NULL);
	strv_fini(&s->unknown);
	err_fini(&s->error);
	free(s);
	step_fail(run, &error);
}

static void step_packages_fail(struct step_run *run, struct job *j, struct err *e)
{
	AUTO_STRV struct strv others = STRV_INIT;
	struct search *s;

	if (!strcmp(e->id, "package-unknown"))
		archive_other_components(j->archive, &others);
	if (!others.len) {
		step_fail(run, e);
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->run = run;
	archive_unknown(j->archive, &j->spec->packages, &s->unknown, NULL);
	err_move(&s->error, e);
	step_text(run, "looking for packages in other components");
	step_set_state(run, s);
	s->op = job_begin_components(j, &others, step_packages_on_searched, s);
}

static bool step_packages_is_chosen(const char *package, const void *arg)
{
	const struct job *j = arg;
	const struct package_set *sets[] = {&j->packages, &j->layer_packages};

	for (size_t k = 0; k < ARRAY_SIZE(sets); k++)
		for (size_t i = 0; i < sets[k]->len; i++)
			if (!strcmp(sets[k]->items[i].name, package))
				return true;
	return false;
}

/* Refuses a user name that a package, also one that is only depended on, makes for itself. */
static int step_packages_check_user(const struct job *j, struct err *e)
{
	const struct catalog_account *a = spec_user_taken(j->spec, j->catalog, step_packages_is_chosen, j);

	if (!a)
		return 0;
	return err_set(e, ERR_USAGE, "user-taken",
		       "system.user: package %s, which is to be installed, creates a user or group %s; "
		       "choose another name for the user",
		       a->package, j->spec->user);
}

static void step_packages_start(struct step_run *run, void *job)
{
	struct job *j = job;
	struct err e = ERR_INIT;
	const struct package_set *sets[] = {&j->packages, &j->layer_packages};
	char size[SIZE_TEXT], count[SIZE_TEXT];
	uint64_t bytes = 0;
	AUTO_FREE char *summary = NULL;

	if (job_solve(j, &e) < 0 || step_packages_check_user(j, &e) < 0) {
		step_packages_fail(run, j, &e);
		return;
	}
	for (size_t k = 0; k < ARRAY_SIZE(sets); k++)
		for (size_t i = 0; i < sets[k]->len; i++)
			bytes += sets[k]->items[i].size;
	summary = job_is_installer(j) ? xasprintf("%s %s", j->installer.items[0].name, j->installer.items[0].version)
		  : job_is_image(j)
			  ? xstrdup(j->firmware.len ? "the firmware alone" : "none")
			  : xasprintf("%s, %s", count_human(j->packages.len + j->layer_packages.len, "package", count),
				      size_human(bytes, size));
	step_done(run, summary);
}

static void step_packages_cancel(struct step_run *run, void *job)
{
	struct search *s = step_state(run);

	(void)job;
	if (s)
		archive_cancel(s->op);
}

const struct step_ops step_packages = {
	.id = "packages",
	.title = "Packages",
	.about = "Which packages and versions make the system, solved over the verified lists.",
	.is_done = job_has_layer,
	.start = step_packages_start,
	.cancel = step_packages_cancel,
};
