/* SPDX-License-Identifier: MIT */
/* grammar: checks plain values; item.c checks those with parts. */
#include "spec/grammar.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/size.h"
#include "spec/spec.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

/* Whether the value has only characters of `set`, min to max of them. */
static bool grammar_only(const char *v, const char *set, size_t min, size_t max)
{
	size_t n = strspn(v, set);

	return !v[n] && n >= min && n <= max;
}

static int grammar_bad(struct err *e, const char *text)
{
	return err_set(e, ERR_USAGE, "value-bad", "%s", text);
}

static bool grammar_is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

int grammar_name(const char *v, struct err *e)
{
	if (spec_name_ok(v))
		return 0;
	return grammar_bad(e, "is not a machine name; that is a-z, 0-9 and -, beginning with a letter or "
			      "digit, at most 31 characters");
}

int grammar_word(const char *v, struct err *e)
{
	if (grammar_only(v, LOWER DIGIT "-_", 1, 31)) /* _: for x86_64, an alias in the catalogue */
		return 0;
	return grammar_bad(e, "is not a name of the catalogue; allowed are a-z, 0-9, - and _");
}

int grammar_lan(const char *v, struct err *e)
{
	if (grammar_only(v, LOWER DIGIT "-", 0, 31))
		return 0;
	return grammar_bad(e, "is not a name of a network; allowed are a-z, 0-9 and -, at most 31");
}

int grammar_build_profile(const char *v, struct err *e)
{
	if (grammar_only(v, LOWER DIGIT "-.+", 1, 63) && v[0] != '-')
		return 0;
	return grammar_bad(e, "is not a build profile; allowed are a-z, 0-9, -, . and +");
}

int grammar_hostname(const char *v, struct err *e)
{
	size_t n = strlen(v);

	if (!n)
		return 0;
	if (grammar_only(v, LOWER UPPER DIGIT "-", 1, 63) && v[0] != '-' && v[n - 1] != '-')
		return 0;
	return grammar_bad(e, "is not a host name; that is letters, digits and -, no - at its ends, no dot, "
			      "at most 63 characters (empty: the machine's name)");
}

/* Users and groups that base-passwd and the first packages create: useradd would fail. */
static const char *const system_names[] = {
	"_apt",	  "_chrony", "_ssh",	"adm",	    "audio",   "backup",  "bin",   "cdrom",	 "crontab",
	"daemon", "dialout", "dip",	"disk",	    "fax",     "floppy",  "games", "gnats",	 "input",
	"irc",	  "kmem",    "kvm",	"list",	    "lp",      "mail",	  "man",   "messagebus", "netdev",
	"news",	  "nobody",  "nogroup", "operator", "plugdev", "polkitd", "proxy", "render",	 "root",
	"sasl",	  "sgx",     "shadow",	"src",	    "sshd",    "staff",	  "sudo",  "sync",	 "sys",
	"tape",	  "tty",     "users",	"utmp",	    "uucp",    "video",	  "voice", "www-data",
};

int grammar_user(const char *v, struct err *e)
{
	if (!grammar_only(v, LOWER DIGIT "_-", 1, 31) || !strchr(LOWER "_", v[0]))
		return grammar_bad(e, "is not a user name; that is a-z, 0-9, _ and -, beginning with a letter "
				      "or _, at most 31 characters");
	for (size_t i = 0; i < ARRAY_SIZE(system_names); i++)
		if (!strcmp(v, system_names[i]))
			return grammar_bad(e, "is an account or group of the system; choose another name");
	if (!strncmp(v, "systemd-", 8))
		return grammar_bad(e, "is an account of the system; choose another name");
	return 0;
}

/* language[_TERRITORY][.charset][@modifier], C or POSIX (locale.gen(5)) */
int grammar_locale(const char *v, struct err *e)
{
	const char *p = v;
	size_t n = strspn(p, LOWER);

	if (!strncmp(p, "C", 1) && !strchr(UPPER LOWER, p[1] ? p[1] : '.'))
		p += 1;
	else if (!strncmp(p, "POSIX", 5))
		p += 5;
	else if (n == 2 || n == 3)
		p += n + (p[n] == '_' && strspn(p + n + 1, UPPER) == 2 ? 3 : 0);
	else
		p = "?";
	if (*p == '.' && (n = strspn(p + 1, UPPER LOWER DIGIT "-")) > 0)
		p += n + 1;
	if (*p == '@' && (n = strspn(p + 1, LOWER DIGIT)) > 0)
		p += n + 1;
	if (!*p && *v && strlen(v) <= 40)
		return 0;
	return grammar_bad(e, "is not a locale; examples are C.UTF-8, en_US.UTF-8, de_DE.UTF-8");
}

int grammar_timezone(const char *v, struct err *e)
{
	const char *p = v;
	unsigned parts = 0;

	while (parts < 3) {
		size_t n = strspn(p, UPPER LOWER DIGIT "_+-");

		if (!n || !strchr(UPPER LOWER, *p))
			break;
		p += n;
		parts++;
		if (*p != '/')
			break;
		p++;
	}
	if (parts && !*p && p[-1] != '/' && strlen(v) <= 60)
		return 0;
	return grammar_bad(e, "is not a time zone; examples are Etc/UTC, Europe/Berlin, America/New_York");
}

int grammar_keyboard(const char *v, struct err *e)
{
	if (grammar_only(v, LOWER DIGIT "_", 2, 20) && strchr(LOWER, v[0]))
		return 0;
	return grammar_bad(e, "is not a keyboard layout; examples are us, de, fr, latam");
}

/* crypt(5): $id$params-and-salt$hash. Weak methods (DES, MD5) are refused. */
int grammar_password_hash(const char *v, struct err *e)
{
	static const char *const ids[] = {"$y$", "$gy$", "$7$", "$6$", "$5$", "$2b$", "$2y$", "$2a$"};
	const char *last = strrchr(v, '$');

	if (!*v)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		size_t n = strlen(ids[i]);

		if (strncmp(v, ids[i], n) || !grammar_only(v, UPPER LOWER DIGIT "./$=,", 30, 170))
			continue;
		/* a salt between the method and the hash, and a hash after the last $ */
		if (last > v + n && strlen(last + 1) >= 22)
			return 0;
	}
	return grammar_bad(e, "is not a password hash of crypt(5) ($y$, $6$, $5$, $2b$ ...); make one with "
			      "mkpasswd or openssl passwd -6");
}

static bool grammar_is_port(const char *p, const char *end)
{
	char text[6] = "";
	uint64_t port;

	if (end - p < 1 || end - p > 5)
		return false;
	memcpy(text, p, (size_t)(end - p));
	return !number_parse(text, 1, 65535, &port, NULL);
}

/* HOST[:PORT][/PATH]; host is a name, an IPv4 address or an IPv6 address in brackets. */
static bool grammar_is_authority_and_path(const char *p, bool path)
{
	const char *end;
	const char *slash = p + strcspn(p, "/");

	if (*p == '[') {
		end = p + 1 + strspn(p + 1, DIGIT "abcdefABCDEF:.");
		if (*end != ']' || end - p < 3)
			return false;
		end++;
	} else {
		end = p + strspn(p, UPPER LOWER DIGIT ".-");
		if (end == p || *p == '-' || *p == '.')
			return false;
	}
	if (*end == ':') {
		if (!grammar_is_port(end + 1, slash))
			return false;
		end = slash;
	}
	if (end != slash)
		return false;
	if (!path)
		return !*slash || !strcmp(slash, "/");
	return !slash[strspn(slash, UPPER LOWER DIGIT "/._~+%@:=,-")] && !strstr(slash, "/../");
}

static bool grammar_has_credentials(const char *v)
{
	const char *p = strstr(v, "://");

	if (!p)
		return strchr(v, '@') != NULL;
	p += 3;
	return memchr(p, '@', strcspn(p, "/")) != NULL;
}

/* The id of this error keeps the caller from showing the value. */
static int grammar_bad_credentials(struct err *e)
{
	return err_set(e, ERR_USAGE, "value-secret",
		       "has a user name or password, which does not belong in this file; use "
		       "~/.netrc or the proxy variables of the environment");
}

int grammar_mirror(const char *v, struct err *e)
{
	if (!strcmp(v, "auto"))
		return 0;
	if (grammar_has_credentials(v))
		return grammar_bad_credentials(e);
	if ((!strncmp(v, "http://", 7) && grammar_is_authority_and_path(v + 7, true)) ||
	    (!strncmp(v, "https://", 8) && grammar_is_authority_and_path(v + 8, true)))
		return 0;
	return grammar_bad(e, "is not a mirror; write auto, or a URL like https://HOST/debian");
}

int grammar_proxy(const char *v, struct err *e)
{
	static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://"};

	if (!*v)
		return 0;
	if (grammar_has_credentials(v))
		return grammar_bad_credentials(e);
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (!strncmp(v, schemes[i], strlen(schemes[i])) &&
		    grammar_is_authority_and_path(v + strlen(schemes[i]), false))
			return 0;
	return grammar_bad(e, "is not a proxy; write http://HOST:PORT (or https, socks5, socks5h)");
}

static unsigned grammar_two(const char *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

int grammar_snapshot(const char *v, struct err *e)
{
	if (!*v)
		return 0;
	if (strlen(v) == 16 && strspn(v, DIGIT) == 8 && v[8] == 'T' && strspn(v + 9, DIGIT) == 6 && v[15] == 'Z' &&
	    grammar_two(v) >= 19 && grammar_two(v + 4) >= 1 && grammar_two(v + 4) <= 12 && grammar_two(v + 6) >= 1 &&
	    grammar_two(v + 6) <= 31 && grammar_two(v + 9) < 24 && grammar_two(v + 11) < 60 && grammar_two(v + 13) < 60)
		return 0;
	return grammar_bad(e, "is not a point in time; write it in UTC like 20250801T120000Z");
}

int grammar_component(const char *v, struct err *e)
{
	static const char *const known[] = {"main", "contrib", "non-free", "non-free-firmware"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(v, known[i]))
			return 0;
	return grammar_bad(e, "is not a component; allowed are main, contrib, non-free, non-free-firmware");
}

int grammar_path(const char *v, struct err *e)
{
	for (const char *p = v; *p; p++)
		if (grammar_is_control(*p))
			return grammar_bad(e, "is not a path; it has a control character");
	if (!*v || !strcmp(v, "~"))
		return grammar_bad(e, "is not the path of a file");
	if (v[0] == '~' && v[1] != '/')
		return grammar_bad(e, "is not a path; only ~/ (your own home folder) is supported");
	return 0;
}

int grammar_path_or_none(const char *v, struct err *e)
{
	return *v ? grammar_path(v, e) : 0;
}

int grammar_image(const char *v, struct err *e)
{
	const char *name = strrchr(v, '/');

	if (!strstr(v, "://"))
		return grammar_path_or_none(v, e);
	if (grammar_has_credentials(v))
		return grammar_bad_credentials(e);
	if (name[1] && ((!strncmp(v, "http://", 7) && grammar_is_authority_and_path(v + 7, true)) ||
			(!strncmp(v, "https://", 8) && grammar_is_authority_and_path(v + 8, true))))
		return 0;
	return grammar_bad(e, "is not an image; write a path, or a URL like https://HOST/NAME.qcow2");
}

int grammar_digest(const char *v, struct err *e)
{
	size_t n = strspn(v, "0123456789abcdefABCDEF");

	if (!v[n] && (!n || n == HASH_HEX - 1 || n == HASH_HEX_512 - 1))
		return 0;
	return grammar_bad(e, "is not a digest; write the 64 digits of SHA-256 or the 128 of SHA-512");
}

int grammar_binary(const char *v, struct err *e)
{
	if (!strcmp(v, "auto") || (strchr(v, '/') && !grammar_path(v, NULL)))
		return 0;
	return grammar_bad(e, "is not a program; write auto, or a path with a /");
}

int grammar_cpu_model(const char *v, struct err *e)
{
	const char *p = v;
	size_t n = strspn(p, UPPER LOWER DIGIT "._-");

	if (!n || *p == '-')
		goto no;
	for (p += n; *p == ','; p += n) {
		p++;
		n = strspn(p, UPPER LOWER DIGIT "._-");
		if (!n || p[n] != '=')
			goto no;
		p += n + 1;
		n = strspn(p, UPPER LOWER DIGIT "._-");
		if (!n)
			goto no;
	}
	if (!*p && !(strncmp(v, "auto", 4) == 0 && v[4] == ','))
		return 0;
no:
	return grammar_bad(e, "is not a CPU model; write auto, or MODEL, or MODEL,FEATURE=on");
}

/* deb-control(5), Package */
int grammar_package(const char *v, struct err *e)
{
	if (grammar_only(v, LOWER DIGIT "+.-", 2, 128) && strchr(LOWER DIGIT, v[0]))
		return 0;
	return grammar_bad(e, "is not the name of a package; one name a line, of a-z, 0-9, +, - and .");
}

int grammar_cmdline(const char *v, struct err *e)
{
	if (v[strspn(v, UPPER LOWER DIGIT " ._,:=/@%+-")])
		return grammar_bad(e, "is not a kernel command line; allowed are letters, digits, blanks and "
				      ". _ , : = / @ % + -");
	if (!strncmp(v, "debwiz.", 7) || strstr(v, " debwiz."))
		return grammar_bad(e, "has a word that begins with debwiz., which debwiz sets itself");
	return 0;
}

int grammar_qemu_extra(const char *v, struct err *e)
{
	for (const char *p = v; *p; p++)
		if (grammar_is_control(*p))
			return grammar_bad(e, "is not an argument for QEMU; it has a control character");
	return *v ? 0 : grammar_bad(e, "is not an argument for QEMU; it is empty");
}
