/* SPDX-License-Identifier: MIT */
/*
 * offers_host: reports how each architecture runs on this host, and QEMU's command line. Both start QEMU, on a pool
 * thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "prepare/job.h"
#include "qemu/probe.h"
#include "request.h"
#include "spec/risk.h"

static void offers_host_done(void *arg)
{
	request_end(arg);
}

/* ---- architectures ---- */

static void offers_host_add_arch(const struct wizard_request *r, const struct catalog_arch *a, struct choices *rows)
{
	struct choice *row = choices_add(rows, a->name, NULL);
	struct qemu_probe probe;
	struct err e = ERR_INIT;
	char *note;

	choice_text(&row->columns[0], a->title);
	if (*a->not_offered) {
		choice_text(&row->why_not, a->not_offered);
		return;
	}
	if (qemu_probe(&r->spec, a, r->o->conf.store->cache_dir, &probe, &e) < 0) {
		/* may be chosen anyway: QEMU can be installed later */
		note = xasprintf("%s%s%s", e.text, e.hint ? "; " : "", e.hint ? e.hint : "");
		choice_text(&row->columns[1], "QEMU is missing");
		rows->provisional = true;
	} else {
		bool native = strcmp(probe.accel, "tcg") != 0;
		char *how = native ? xasprintf("accelerated (%s)", probe.accel) : xstrdup("emulated");

		choice_text(&row->columns[1], how);
		choice_text(&row->columns[2], catalog_runs_firmware(a, probe.version) ? "UEFI, direct" : "direct");
		note = xasprintf("Runs on this host %s%s%s%s by QEMU %s.", how, *probe.why ? " (" : "", probe.why,
				 *probe.why ? ")" : "", probe.version_text);
		free(how);
		qemu_probe_fini(&probe);
	}
	choice_text(&row->note, note);
	free(note);
	err_fini(&e);
}

static void offers_host_probe_all(void *arg)
{
	struct wizard_request *r = arg;
	const struct catalog_arch *a;

	/* the record may require an accelerator that another architecture does not have */
	choice_text(&r->spec.accel, "auto");
	choice_text(&r->spec.cpu_model, "auto");
	r->spec.firmware = SPEC_DIRECT; /* which firmware fits is asked later */
	/* do not run a program that the user has not agreed to */
	if (risks_check(&r->spec, "qemu", "binary", NULL) < 0)
		choice_text(&r->spec.qemu_binary, "auto");
	for (size_t i = 0; (a = catalog_arch_next(r->o->conf.catalog, &i));)
		if (!a->ports)
			offers_host_add_arch(r, a, &r->rows);
}

void offers_arches(struct wizard_request *r)
{
	loop_work(r->o->conf.loop, offers_host_probe_all, offers_host_done, r);
}

/* ---- the command line ---- */

/* Adds a row for an option with its arguments. */
static void offers_host_add_option(const struct qemu_argv *v, size_t from, size_t to, struct choices *rows)
{
	const struct qemu_arg *first = &v->items[from];
	struct choice *row;
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = from; i < to; i++)
		buf_addf(&b, "%s%s", i > from ? " " : "", v->items[i].text);
	row = choices_add(rows, b.data, first->key);
	choice_text(&row->note, first->why ? first->why : "");
	buf_fini(&b);
}

static void offers_host_build_command(void *arg)
{
	struct wizard_request *r = arg;
	struct host_offers *o = r->o;
	struct qemu_argv v;

	if (job_command(o->conf.catalog, o->conf.store, &r->spec, &v, &r->err) == 0) {
		for (size_t i = 0; i < v.len;) {
			size_t to = i + 1;

			while (to < v.len && !v.items[to].why)
				to++;
			offers_host_add_option(&v, i, to, &r->rows);
			i = to;
		}
	}
	qemu_argv_fini(&v);
}

void offers_command(struct wizard_request *r)
{
	loop_work(r->o->conf.loop, offers_host_build_command, offers_host_done, r);
}
