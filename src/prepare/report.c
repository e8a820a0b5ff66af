/* SPDX-License-Identifier: MIT */
/* report: facts of this host, one a line (include/prepare/report.h). */
#include "prepare/report.h"

#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "base/loop.h"
#include "base/mem.h"
#include "host/facts.h"
#include "host/paths.h"
#include "machine/run.h"
#include "prepare/doctor.h"
#include "qemu/probe.h"
#include "spec/spec.h"

/* Appends "NAME: TEXT", the home folder in the text as ~. */
static void report_line(struct buf *out, const char *name, const char *text)
{
	AUTO_FREE char *home = host_home(NULL);
	size_t n = home ? strlen(home) : 0;
	const char *at;

	buf_addf(out, "%-12s ", name);
	while (n > 1 && (at = strstr(text, home))) {
		buf_add(out, text, (size_t)(at - text));
		buf_addc(out, '~');
		text = at + n;
	}
	buf_addf(out, "%s\n", text);
}

static void report_versions(struct buf *out)
{
	AUTO_FREE char *libraries = xasprintf("libuv/%s %s", loop_library_version(), archive_libraries());

	report_line(out, "debwiz", PACKAGE_VERSION);
	report_line(out, "libraries", libraries);
}

static void report_facts(struct buf *out)
{
	struct host_facts f;
	AUTO_FREE char *text = NULL;

	host_facts_get(&f);
	text = xasprintf("%s %s, %s; %u CPUs, %.1f G of memory; locale %s; packages by %s%s", f.os, f.kernel, f.machine,
			 f.cpus, (double)f.memory / (1 << 30), f.locale,
			 *f.package_manager ? f.package_manager : "none", host_is_root() ? "; as root" : "");
	report_line(out, "host", text);
	host_facts_fini(&f);
}

static void report_folders(const struct store *store, struct buf *out)
{
	struct strv names = STRV_INIT;
	AUTO_FREE char *config = host_config_dir(), *folders = NULL, *machines = NULL;
	size_t alive = 0;

	store_machines(store, &names);
	for (size_t i = 0; i < names.len; i++) {
		AUTO_FREE char *dir = store_machine_dir(store, names.items[i]);
		struct vm_run run = {0};

		if (vm_run_read(dir, &run, NULL) == 0)
			alive += run.alive;
		vm_run_fini(&run);
	}
	folders = xasprintf("%s, %s, %s", config, store->data_dir, store->cache_dir);
	machines = xasprintf("%zu, running: %zu", names.len, alive);
	report_line(out, "folders", folders);
	report_line(out, "machines", machines);
	strv_fini(&names);
}

static void report_doctor(const struct catalog *c, const struct store *store, struct buf *out)
{
	static const char *const states[] = {
		[DOCTOR_FINE] = "ok",
		[DOCTOR_MISSING] = "missing",
		[DOCTOR_ABSENT] = "absent",
		[DOCTOR_LOW] = "low",
	};
	struct doctor d;

	doctor_check(c, store, &d);
	for (size_t i = 0; i < d.len; i++) {
		const struct doctor_row *r = &d.rows[i];
		AUTO_FREE char *text = xasprintf("%s: %s", r->name, r->found ? r->found : r->what);

		report_line(out, states[r->state], text);
	}
	doctor_fini(&d);
}

/* What QEMU does with each architecture: its version, and the accelerator that a trial found. */
static void report_qemu(const struct catalog *c, const struct store *store, struct buf *out)
{
	const struct catalog_arch *a;

	for (size_t i = 0; (a = catalog_arch_next(c, &i));) {
		AUTO_ERR struct err e = ERR_INIT;
		struct qemu_probe probe;
		struct spec spec;
		AUTO_FREE char *path = *a->not_offered ? NULL : host_which(a->qemu);
		AUTO_FREE char *text = NULL;

		if (!path)
			continue;
		spec_init(&spec);
		spec.firmware = SPEC_DIRECT;
		if (qemu_probe(&spec, a, store->cache_dir, &probe, &e) == 0) {
			text = xasprintf("QEMU %s, %s%s%s%s%s", probe.version_text, probe.accel, *probe.why ? ": " : "",
					 probe.why, *probe.sandbox_why ? "; no sandbox: " : "", probe.sandbox_why);
			qemu_probe_fini(&probe);
		}
		report_line(out, a->name, text ? text : e.text);
		spec_fini(&spec);
	}
}

void report_host(const struct catalog *c, const struct store *store, struct buf *out)
{
	report_versions(out);
	report_facts(out);
	report_folders(store, out);
	report_doctor(c, store, out);
	report_qemu(c, store, out);
}
