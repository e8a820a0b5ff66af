/* SPDX-License-Identifier: MIT */
/* defaults: what is right for most, of a new machine on this host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "private.h"
#include "qemu/argv.h"
#include "spec/grammar.h"

const struct catalog_arch *wizard_arch(const struct wizard *w)
{
	return catalog_arch_find(w->conf.catalog, w->spec.arch);
}

const struct catalog_release *wizard_release(const struct wizard *w)
{
	return catalog_release_find(w->conf.catalog, w->spec.release);
}

unsigned wizard_auto_cpus(const struct wizard *w)
{
	return qemu_auto_cpus(w->offers->host->cpus, wizard_arch(w));
}

uint64_t wizard_memory(const struct wizard *w)
{
	return qemu_memory(&w->spec, wizard_arch(w), w->offers->host->cpus, w->offers->host->memory);
}

/* ARCH-RELEASE, with a number behind it where that is taken. */
void default_name(struct wizard *w, struct strv *out)
{
	char name[64];

	snprintf(name, sizeof(name), "%.12s-%.12s", w->spec.arch, w->spec.release);
	for (unsigned n = 2; n < 1000 && w->offers->name_taken(w->offers->arg, name); n++)
		snprintf(name, sizeof(name), "%.12s-%.12s-%u", w->spec.arch, w->spec.release, n);
	strv_add(out, name);
}

/* The newest stable one that has the architecture; the catalogue is sorted so. */
void default_release(struct wizard *w, struct strv *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	const struct catalog_release *r;
	size_t i = 0;

	while ((r = catalog_release_next(w->conf.catalog, &i)))
		if (!*r->not_offered && (!a || !a->releases.len || strv_has(&a->releases, r->codename))) {
			strv_add(out, r->codename);
			return;
		}
	strv_add(out, field_find("machine", "release")->column.initial);
}

/* By firmware where there is one, as hardware does. */
void default_firmware(struct wizard *w, struct strv *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	bool has = a && *a->firmware && (!a->firmware_releases.len || strv_has(&a->firmware_releases, w->spec.release));

	strv_add(out, has ? "uefi" : "direct");
}

void default_memory(struct wizard *w, struct strv *out)
{
	const struct host_facts *host = w->offers->host;
	struct spec s = {.cpu_count = w->spec.cpu_count, .firmware = w->spec.firmware};
	char text[SIZE_TEXT];

	strv_add(out, size_format(qemu_memory(&s, wizard_arch(w), host->cpus, host->memory), text));
}

void default_timezone(struct wizard *w, struct strv *out)
{
	const char *zone = w->offers->host->timezone;

	/* by its present name, which every release has */
	zone = zone ? catalog_zone(w->conf.catalog, zone) : NULL;
	strv_add(out, zone ? zone : "Etc/UTC");
}
