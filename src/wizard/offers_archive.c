/* SPDX-License-Identifier: MIT */
/* offers_archive: lists releases, firmware and packages, as the mirror or the cache has them. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "firmware_notes.h"
#include "prepare/job.h"
#include "request.h"

#define FOUND_MAX 50

/* ---- releases ---- */

static void offers_archive_add_release(struct wizard_request *r, const struct archive_release *found)
{
	const struct catalog *c = r->o->conf.catalog;
	const struct catalog_release *row = catalog_release_find(c, found->codename);
	const struct catalog_arch *a = catalog_arch_find(c, r->spec.arch);
	struct choice *out = choices_add(&r->rows, found->codename, NULL);
	struct tm tm;
	char day[32] = "";
	char *text;

	if (found->suite.date) {
		gmtime_r(&found->suite.date, &tm);
		strftime(day, sizeof(day), "%d %b %Y", &tm);
	}
	choice_text(&out->columns[0], found->suite.version && *found->suite.version ? found->suite.version
				      : row					    ? row->version
										    : "");
	choice_text(&out->columns[1], row ? row->state : "");
	choice_text(&out->columns[2], day);
	if (row && *row->not_offered) {
		choice_text(&out->why_not, row->not_offered);
	} else if (a && !catalog_has_kernel(a, found->codename)) {
		out->why_not = xasprintf("no kernel for %s", a->name);
	} else if (found->err.kind == ERR_VERIFY) {
		choice_text(&out->why_not, found->err.text);
	} else if (found->err.kind) {
		choice_text(&out->note, found->err.text);
	} else if (!strv_has(&found->suite.architectures, r->spec.arch)) {
		out->why_not = xasprintf("not built for %s", r->spec.arch);
	} else {
		char *signers = archive_signers_text(&found->suite);

		const char *version = found->suite.version ? found->suite.version : "";

		text = xasprintf("%s%s%s of %s, signature verified: %s.", found->codename, *version ? " " : "", version,
				 day, signers);
		choice_text(&out->note, text);
		free(text);
		free(signers);
	}
}

/* The values that the releases depend on; owned. */
static char *offers_archive_releases_key(const struct spec *s)
{
	return xasprintf("%s\n%s\n%s\n%s\n%s", s->mirror, s->security_mirror, s->snapshot, s->keyring, s->proxy);
}

void offers_releases_forget(struct host_offers *o)
{
	free(o->releases.key);
	archive_releases_free(o->releases.rows, o->releases.count);
	o->releases = (struct known_releases){.key = NULL};
}

/* Remembers the answer and takes the rows. */
static void offers_archive_keep(struct wizard_request *r, struct archive_release *rows, size_t count)
{
	offers_releases_forget(r->o);
	r->o->releases = (struct known_releases){offers_archive_releases_key(&r->spec), rows, count};
}

/* Sets the note about the list: how many of the releases that debwiz offers could be verified. */
static void offers_archive_add_note(struct wizard_request *r, const struct archive_release *rows, size_t count)
{
	size_t verified = 0, refused = 0;

	for (size_t i = 0; i < count; i++) {
		const struct catalog_release *row = catalog_release_find(r->o->conf.catalog, rows[i].codename);

		if (row && *row->not_offered)
			continue;
		verified += !rows[i].err.kind;
		refused += rows[i].err.kind == ERR_VERIFY;
	}
	r->rows.provisional = r->again || refused || !verified;
	if (!verified)
		r->rows.note = xstrdup("no release could be verified");
	else if (refused)
		r->rows.note = xasprintf("%zu of %zu releases could be verified", verified, verified + refused);
	else
		r->rows.note = xstrdup(r->again		    ? "no mirror answers: from the cache"
				       : r->o->conf.offline ? "offline: from the cache"
							    : "signatures verified");
}

static void offers_archive_add_releases(struct wizard_request *r, const struct archive_release *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		offers_archive_add_release(r, &rows[i]);
	offers_archive_add_note(r, rows, count);
}

static bool offers_archive_none_answered(const struct archive_release *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].err.kind != ERR_NETWORK)
			return false;
	return true;
}

static void offers_archive_on_releases(struct archive_release *rows, size_t count, const struct err *e, void *arg);

static void offers_archive_ask_releases(struct wizard_request *r)
{
	struct host_offers *o = r->o;

	r->op = job_releases(o->conf.loop, o->conf.catalog, o->conf.store, &r->spec, o->conf.offline || r->again,
			     offers_archive_on_releases, r);
}

static void offers_archive_on_releases(struct archive_release *rows, size_t count, const struct err *e, void *arg)
{
	struct wizard_request *r = arg;
	bool network = rows ? offers_archive_none_answered(rows, count) : e->kind == ERR_NETWORK;
	bool offline = r->o->conf.offline || r->again;

	r->op = NULL;
	if (network && !offline && !r->cancelled && !r->o->ending) {
		archive_releases_free(rows, count);
		r->again = true; /* try the cache */
		offers_archive_ask_releases(r);
		return;
	}
	if (!rows)
		err_copy(&r->err, e);
	else if (network)
		err_set(&r->err, ERR_NETWORK, "releases", "%s",
			offline && !r->again ? "the cache has no releases"
					     : "no mirror answers, and the cache has no releases");
	if (!r->err.kind && !r->cancelled) {
		offers_archive_add_releases(r, rows, count);
		if (!r->rows.provisional) {
			offers_archive_keep(r, rows, count);
			rows = NULL;
		}
	}
	archive_releases_free(rows, count);
	request_end(r);
}

void offers_releases(struct wizard_request *r)
{
	AUTO_FREE char *key = offers_archive_releases_key(&r->spec);

	if (r->o->releases.key && !strcmp(r->o->releases.key, key)) {
		offers_archive_add_releases(r, r->o->releases.rows, r->o->releases.count);
		request_end_later(r);
	} else {
		offers_archive_ask_releases(r);
	}
}

/* ---- with the open archive ---- */

static char *offers_archive_with_version(struct archive *a, const char *package)
{
	const char *version = archive_version(a, package);

	return version ? xasprintf("%s %s", package, version) : xstrdup(package);
}

void offers_firmware_serve(struct wizard_request *r, struct archive *a)
{
	const struct catalog_arch *arch = catalog_arch_find(r->o->conf.catalog, r->spec.arch);
	const char *firmware = archive_first(a, &arch->firmware);
	struct choice *row;
	char *text;

	row = choices_add(&r->rows, "uefi", "UEFI");
	free(row->note);
	row->note = firmware_note(arch, r->spec.release, true);
	if (!arch->firmware.len) {
		row->why_not = xasprintf("Debian has no UEFI firmware for %s", arch->name);
	} else if (!catalog_has_firmware(arch, r->spec.release)) {
		row->why_not = xasprintf("Debian %s has no UEFI firmware for %s", r->spec.release, arch->name);
	} else if (!firmware) {
		row->why_not = xasprintf("%s has no %s", r->spec.release, arch->firmware.items[0]);
	} else {
		text = offers_archive_with_version(a, firmware);
		choice_text(&row->columns[0], text);
		free(text);
	}
	row = choices_add(&r->rows, "direct", "direct");
	free(row->note);
	row->note = firmware_note(arch, r->spec.release, false);
	text = offers_archive_with_version(a, arch->kernel);
	choice_text(&row->columns[0], text);
	free(text);
	request_end(r);
}

static void offers_archive_add_found(const char *name, const char *version, const char *summary, void *arg)
{
	struct choice *row = choices_add(arg, name, NULL);

	choice_text(&row->columns[0], version);
	choice_text(&row->columns[1], summary);
}

void offers_packages_serve(struct wizard_request *r, struct archive *a)
{
	size_t all = archive_search(a, r->query, FOUND_MAX, offers_archive_add_found, &r->rows);

	r->rows.note = all > FOUND_MAX ? xasprintf("%d of %zu matches: type more", FOUND_MAX, all)
		       : all	       ? xasprintf("%zu found", all)
				       : xasprintf("no package of %s has a name with this text", r->spec.release);
	request_end(r);
}
