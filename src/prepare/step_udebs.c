/* SPDX-License-Identifier: MIT */
/*
 * step udebs: makes sure, before Debian's installer is booted, that the mirror has the packages that it loads (.udeb):
 * gets some of them, which no installation does without. Many mirrors have none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job_steps.h"
#include "prepare/steps.h"

#define COMPONENT "main/debian-installer" /* where the archive lists them */
#define PROFILE "installer"		  /* the row of the catalogue that names some */

struct udebs {
	struct archive_op *op;
	struct archive *archive;
	struct package_set set;
};

static void step_udebs_leave(struct step_run *run)
{
	struct udebs *u = step_state(run);

	package_set_fini(&u->set);
	archive_close(u->archive);
	free(u);
	step_set_state(run, NULL);
}

/* Ends the step with what is wrong with the mirror; a person may choose another one in the installer. */
static void step_udebs_trouble(struct step_run *run, const struct err *error)
{
	const struct job *j = step_job(run);
	struct err e = ERR_INIT;

	if (error->kind == ERR_INTERRUPTED) {
		err_copy(&e, error);
	} else if (j->spec->installer == SPEC_MANUAL) {
		step_warn(run, "the mirror lacks packages that the installer loads; choose another one there: %s",
			  error->text);
	} else {
		err_set(&e, ERR_NETWORK, "installer-udebs",
			"the mirror lacks packages that Debian's installer loads (udebs): %s", error->text);
		err_hint(&e, "name a mirror that has them (url in [mirror]), or write method = bootstrap in [machine]");
	}
	step_udebs_leave(run);
	if (e.kind)
		step_fail(run, &e);
	else
		step_done(run, "the mirror lacks some");
}

static void step_udebs_on_fetched(const struct err *error, void *arg)
{
	struct step_run *run = arg;
	struct udebs *u = step_state(run);
	AUTO_FREE char *summary = NULL;

	if (error) {
		step_udebs_trouble(run, error);
		return;
	}
	summary = xasprintf("the mirror has the %zu that were looked for", u->set.len);
	step_udebs_leave(run);
	step_done(run, summary);
}

/* Moves the package of that name to the set. */
static int step_udebs_find(struct udebs *u, const char *name, struct err *e)
{
	struct package_set one = {.items = NULL};

	if (archive_find(u->archive, name, &one, e) < 0)
		return -1;
	u->set.items[u->set.len++] = one.items[0];
	one.len = 0;
	package_set_fini(&one);
	return 0;
}

static void step_udebs_on_opened(struct archive *a, const struct err *error, void *arg)
{
	struct step_run *run = arg;
	const struct job *j = step_job(run);
	const struct catalog_profile *p = catalog_profile_find(j->catalog, PROFILE);
	struct udebs *u = step_state(run);
	AUTO_ERR struct err e = ERR_INIT;
	int r = 0;

	if (error) {
		step_udebs_trouble(run, error);
		return;
	}
	u->archive = a;
	u->set.items = xcalloc((p ? p->packages.len : 0) + 1, sizeof(*u->set.items));
	for (size_t i = 0; p && i < p->packages.len && !r; i++)
		r = step_udebs_find(u, p->packages.items[i], &e);
	if (r < 0)
		step_udebs_trouble(run, &e);
	else
		u->op = archive_fetch(a, &u->set, job_archive_progress, step_udebs_on_fetched, run);
}

static void step_udebs_start(struct step_run *run, void *job)
{
	struct job *j = job;
	AUTO_STRV struct strv components = STRV_INIT;
	struct udebs *u;
	struct err e = ERR_INIT;

	if (j->options.offline) {
		err_set(&e, ERR_NETWORK, "installer-offline",
			"Debian's installer downloads packages, which --offline forbids");
		err_hint(&e, "run it once without --offline; the disk that it makes is kept");
		step_fail(run, &e);
		return;
	}
	u = xcalloc(1, sizeof(*u));
	step_set_state(run, u);
	strv_add(&components, COMPONENT);
	u->op = job_begin_components(j, &components, step_udebs_on_opened, run);
}

static void step_udebs_cancel(struct step_run *run, void *job)
{
	struct udebs *u = step_state(run);

	(void)job;
	archive_cancel(u->op);
}

const struct step_ops step_udebs = {
	.id = "udebs",
	.title = "Udebs",
	.about = "Whether the mirror has the packages that Debian's installer loads.",
	.applies = job_is_installer,
	.is_done = job_has_base,
	.start = step_udebs_start,
	.cancel = step_udebs_cancel,
};
