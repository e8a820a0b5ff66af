/* SPDX-License-Identifier: MIT */
/*
 * fuzz_release: bytes as an InRelease. Its form is accepted or refused by name, and its text (or all
 * of it, if there is no armour) is read as a Release file: each file that it lists is found again.
 * Signatures are librnp's.
 */
#include <string.h>

#include "archive/release.h"
#include "archive/verify.h"
#include "input.h"

static const char begin[] = "-----BEGIN PGP SIGNED MESSAGE-----\n";
static const char end[] = "\n-----BEGIN PGP SIGNATURE-----\n";

/* What a form that was accepted promises. */
static void check_form(const char *p, size_t n)
{
	must(n > sizeof begin && !memcmp(p, begin, sizeof begin - 1));
	must(memmem(p, n, end, sizeof end - 1) != NULL);
	must(!memchr(p, '\0', n) && p[n - 1] == '\n');
}

static void read_text(const char *p, size_t n)
{
	struct release_want want = {.suite = "bookworm", .arch = "armhf", .now = 1700000000};
	struct strv warnings = STRV_INIT;
	struct err e = ERR_INIT;
	struct release r;
	char text[RELEASE_TIME];

	if (release_parse(p, n, &r, &e) < 0) {
		must_be_error(&e, ERR_VERIFY);
		return;
	}
	must(r.len > 0 && r.date >= 0 && r.valid_until >= 0);
	for (size_t i = 0; i < r.len; i++) {
		const struct release_file *f = release_find(&r, r.files[i].name);

		must(f && !strcmp(f->name, r.files[i].name) && f->size <= UINT64_C(1) << 40);
	}
	must(!release_find(&r, "a name"));
	release_time(r.date, text);
	must(strlen(text) < sizeof text);
	must(release_version_cmp(r.version, r.version) == 0);
	must(release_version_cmp(r.version, r.codename) * release_version_cmp(r.codename, r.version) <= 0);
	if (release_check(&r, &want, &warnings, &e) < 0)
		must_be_error(&e, ERR_VERIFY);
	strv_fini(&warnings);
	release_fini(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct err e = ERR_INIT;
	const char *text, *stop;

	if (verify_form(p, size, &e) < 0)
		must_be_error(&e, ERR_VERIFY);
	else
		check_form(p, size);
	text = memmem(p, size, "\n\n", 2);
	text = size > sizeof begin && !memcmp(p, begin, sizeof begin - 1) && text ? text + 2 : p;
	stop = memmem(text, (size_t)(p + size - text), end, sizeof end - 1);
	read_text(text, (size_t)((stop ? stop + 1 : p + size) - text));
	return 0;
}
