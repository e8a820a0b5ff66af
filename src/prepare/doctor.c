/* SPDX-License-Identifier: MIT */
/* doctor: looks for programs, accelerators and disk space that machines require. */
#include "prepare/doctor.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/facts.h"
#include "host/paths.h"

#define SPACE_ENOUGH (4ULL << 30)

static const struct {
	const char *program;
	const char *what;
	bool must;
} needs[] = {
	{"qemu-img", "makes and grows disks", true},
	{"ssh-keygen", "makes the key of a machine", true},
	{"ssh", "`debwiz ssh`", false},
	{"distccd", "compiles for `debwiz build`, else downloaded", false},
};

static struct doctor_row *doctor_add(struct doctor *d, enum doctor_kind kind, const char *name)
{
	d->rows = xreallocarray(d->rows, d->len + 1, sizeof(*d->rows));
	d->rows[d->len] = (struct doctor_row){.kind = kind, .name = xstrdup(name)};
	return &d->rows[d->len++];
}

static void doctor_check_program(struct doctor *d, const char *program, char *what, bool must)
{
	struct doctor_row *row = doctor_add(d, DOCTOR_PROGRAM, program);

	row->what = what;
	row->must = must;
	row->found = host_which(program);
	row->state = row->found ? DOCTOR_FINE : must ? DOCTOR_MISSING : DOCTOR_ABSENT;
	row->install = row->found ? NULL : host_install_hint(program);
}

static void doctor_check_qemu(struct doctor *d, const struct catalog *c)
{
	const struct catalog_arch *a;
	AUTO_STRV struct strv seen = STRV_INIT;

	for (size_t i = 0; (a = catalog_arch_next(c, &i));) {
		if (*a->not_offered || strv_has(&seen, a->qemu))
			continue;
		strv_add(&seen, a->qemu);
		doctor_check_program(d, a->qemu, xasprintf("runs %s", a->name), false);
	}
}

static void doctor_check_accelerators(struct doctor *d)
{
	AUTO_STRV struct strv accels = STRV_INIT;

	host_accelerators(&accels);
	for (size_t i = 0; i < accels.len; i++) {
		struct doctor_row *row = doctor_add(d, DOCTOR_ACCELERATOR, accels.items[i]);
		char *why = NULL;

		if (host_accelerator_usable(accels.items[i], &why)) {
			free(why);
			why = xstrdup("may be used; debwiz tests it first");
		} else {
			row->state = DOCTOR_ABSENT;
		}
		row->what = why ? why : xstrdup("");
	}
}

static void doctor_check_space(struct doctor *d, const struct store *store)
{
	struct doctor_row *row;
	uint64_t space;

	if (host_free_space(store->data_dir, &space, NULL) < 0)
		return;
	row = doctor_add(d, DOCTOR_SPACE, "disk");
	row->state = space > SPACE_ENOUGH ? DOCTOR_FINE : DOCTOR_LOW;
	row->what = xasprintf("%.1f G free; a machine takes about 2 G at first", (double)space / (1 << 30));
}

void doctor_check(const struct catalog *c, const struct store *store, struct doctor *out)
{
	*out = (struct doctor){.len = 0};
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		doctor_check_program(out, needs[i].program, xstrdup(needs[i].what), needs[i].must);
	doctor_check_qemu(out, c);
	doctor_check_accelerators(out);
	doctor_check_space(out, store);
}

bool doctor_is_fine(const struct doctor *d)
{
	bool qemu = false;

	for (size_t i = 0; i < d->len; i++) {
		if (d->rows[i].state == DOCTOR_MISSING)
			return false;
		qemu |= d->rows[i].found && !strncmp(d->rows[i].name, "qemu-system-", 12);
	}
	return qemu;
}

void doctor_fini(struct doctor *d)
{
	for (size_t i = 0; i < d->len; i++) {
		free(d->rows[i].name);
		free(d->rows[i].what);
		free(d->rows[i].found);
		free(d->rows[i].install);
	}
	free(d->rows);
	*d = (struct doctor){.len = 0};
}
