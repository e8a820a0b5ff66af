/* SPDX-License-Identifier: MIT */
/*
 * verify_form: checks the form of an InRelease before its signatures. Stricter than RFC 4880, because libraries
 * differ in what they ignore or keep around and inside the block.
 */
#include <string.h>

#include "verify.h"

#define LINE_CAP 16384 /* a line of a Release file is some 200 bytes */

struct lines {
	const char *p, *end;
};

/* Returns the next line without its newline, or NULL if there is none or it does not end with one. */
static const char *verify_form_next_line(struct lines *l, size_t *n)
{
	const char *line = l->p;
	const char *nl = l->p < l->end ? memchr(l->p, '\n', (size_t)(l->end - l->p)) : NULL;

	if (!nl)
		return NULL;
	*n = (size_t)(nl - line);
	l->p = nl + 1;
	return line;
}

static bool verify_form_line_is(const char *line, size_t n, const char *text)
{
	return n == strlen(text) && !memcmp(line, text, n);
}

static bool verify_form_all_of(const char *p, size_t n, const char *set)
{
	for (size_t i = 0; i < n; i++)
		if (!p[i] || !strchr(set, p[i]))
			return false;
	return true;
}

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static int verify_form_refuse(struct err *e, const char *id, const char *text)
{
	err_set(e, ERR_VERIFY, id, "%s", text);
	return err_hint(e, "try again later or name another mirror");
}

static int verify_form_truncated(struct err *e)
{
	return verify_form_refuse(e, "inrelease-truncated", "the release file is cut off");
}

/* Refuses control characters other than newline and tab, and extremely long lines. */
static int verify_form_check_characters(const char *p, size_t n, struct err *e)
{
	size_t column = 0;

	for (size_t i = 0; i < n; i++, column++) {
		unsigned char c = (unsigned char)p[i];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return verify_form_refuse(e, "inrelease-characters",
						  "the release file holds control characters");
		if (c == '\n')
			column = 0;
		if (column > LINE_CAP)
			return verify_form_refuse(e, "inrelease-line",
						  "the release file holds a line of absurd length");
	}
	return 0;
}

static int verify_form_check_signature_armor(struct lines *l, struct err *e)
{
	const char *line;
	size_t n;
	size_t count = 0;

	line = verify_form_next_line(l, &n);
	if (!line)
		return verify_form_truncated(e);
	if (n)
		return verify_form_refuse(e, "inrelease-armor",
					  "the signature of the release file has unexpected headers");
	while ((line = verify_form_next_line(l, &n))) {
		if (verify_form_line_is(line, n, "-----END PGP SIGNATURE-----"))
			break;
		if (!n || n > 76 || !verify_form_all_of(line, n, ALNUM "+/="))
			return verify_form_refuse(e, "inrelease-armor", "the signature of the release file is damaged");
		count++;
	}
	if (!line)
		return verify_form_truncated(e);
	if (!count)
		return verify_form_refuse(e, "inrelease-unsigned", "the release file has an empty signature");
	if (l->p != l->end)
		return verify_form_refuse(e, "inrelease-junk", "there is something behind the signed release file");
	return 0;
}

int verify_form(const char *p, size_t n, struct err *e)
{
	struct lines l = {p, p + n};
	const char *line;
	size_t len;

	if (!n)
		return verify_form_refuse(e, "inrelease-empty", "the release file is empty");
	if (n > VERIFY_CAP)
		return verify_form_refuse(e, "inrelease-large", "the release file is larger than 4 MiB");
	if (verify_form_check_characters(p, n, e) < 0)
		return -1;
	line = verify_form_next_line(&l, &len);
	if (!line || !verify_form_line_is(line, len, "-----BEGIN PGP SIGNED MESSAGE-----")) {
		size_t i = 0;

		while (i < n && strchr(" \n\t", p[i]))
			i++;
		if (i < n && p[i] == '<') {
			err_set(e, ERR_VERIFY, "inrelease-html",
				"a web page came instead of the release file: a login page or a proxy?");
			return err_hint(e, "open any page in a browser on this host and log in there");
		}
		if (memmem(p, n, "-----BEGIN PGP SIGNED MESSAGE-----", 34))
			return verify_form_refuse(e, "inrelease-junk",
						  "there is something before the signed release file");
		return verify_form_refuse(e, "inrelease-unsigned", "the release file is not signed");
	}
	while ((line = verify_form_next_line(&l, &len)) && len) {
		if (len < 7 || memcmp(line, "Hash: ", 6) || !verify_form_all_of(line + 6, len - 6, ALNUM ",- "))
			return verify_form_refuse(e, "inrelease-armor",
						  "the release file has headers that do not belong there");
	}
	while (line && (line = verify_form_next_line(&l, &len))) {
		if (verify_form_line_is(line, len, "-----BEGIN PGP SIGNATURE-----"))
			return verify_form_check_signature_armor(&l, e);
		if (len && line[0] == '-' && (len < 2 || line[1] != ' '))
			return verify_form_refuse(e, "inrelease-armor",
						  "the release file holds another armour line in its text");
	}
	return verify_form_truncated(e);
}
