/* SPDX-License-Identifier: MIT */
/*
 * item: parses values with parts: forwards (ADDRESS:PORT:PORT) and structured items (a=b,c=d with doubled commas).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/size.h"
#include "spec/grammar.h"
#include "spec/item.h"
#include "spec/spec.h"

#define DISTCC_PORT 3632
#define DISTCC_JOBS 4
#define FORWARD_FORM "write ADDRESS:PORT:GUESTPORT, like 127.0.0.1:8080:80, or auto as the port"

/* Whether the text is four decimal numbers up to 255 without leading zeros. */
static bool item_is_ipv4(const char *s)
{
	AUTO_STRV struct strv parts = STRV_INIT;
	uint64_t n;
	bool ok;

	strv_split(&parts, s, ".");
	ok = parts.len == 4 && strspn(s, "0123456789.") == strlen(s) && !strstr(s, "..") && s[0] != '.' &&
	     s[strlen(s) - 1] != '.';
	for (size_t i = 0; ok && i < 4; i++) {
		const char *part = parts.items[i];

		ok = !number_parse(part, 0, 255, &n, NULL) && (*part != '0' || !part[1]);
	}
	return ok;
}

#define USB_FORM                                                                                                       \
	"it is VENDOR:PRODUCT as lsusb shows them (0403:6001), or BUS-PORT (1-4.2) for what is plugged in there"

static int item_usb_bad(struct err *e)
{
	return err_set(e, ERR_USAGE, "value-bad", "is not a USB device; " USB_FORM);
}

/* Parses four hexadecimal digits. */
static bool item_hex16(const char *p, uint16_t *out)
{
	char digits[5];

	if (strspn(p, "0123456789abcdefABCDEF") < 4)
		return false;
	snprintf(digits, sizeof(digits), "%.4s", p);
	*out = (uint16_t)strtoul(digits, NULL, 16);
	return true;
}

/* Whether the text is a port or several, from 1 to 255, with dots between them. */
static bool item_usb_port_ok(const char *text)
{
	AUTO_STRV struct strv ports = STRV_INIT;
	size_t n = strlen(text);
	uint64_t number;

	if (!n || text[0] == '.' || text[n - 1] == '.' || strstr(text, ".."))
		return false;
	strv_split(&ports, text, ".");
	for (size_t i = 0; i < ports.len; i++)
		if (number_parse(ports.items[i], 1, 255, &number, NULL) < 0)
			return false;
	return true;
}

int spec_usb_device_parse(const char *item, struct spec_usb_device *out, struct err *e)
{
	struct spec_usb_device d = {.vendor = 0};
	const char *dash = strchr(item, '-');
	uint64_t bus;

	if (!dash) {
		if (strlen(item) != 9 || item[4] != ':' || !item_hex16(item, &d.vendor) ||
		    !item_hex16(item + 5, &d.product) || !d.vendor)
			return item_usb_bad(e);
	} else {
		AUTO_FREE char *number = xstrndup(item, (size_t)(dash - item));

		if (number_parse(number, 1, 255, &bus, NULL) < 0 || strlen(dash + 1) >= sizeof(d.port) ||
		    !item_usb_port_ok(dash + 1))
			return item_usb_bad(e);
		d.bus = (unsigned)bus;
		snprintf(d.port, sizeof(d.port), "%s", dash + 1);
	}
	if (out)
		*out = d;
	return 0;
}

int spec_forward_parse(const char *item, struct spec_forward *out, struct err *e)
{
	struct spec_forward f = {.udp = false};
	char text[96];
	char *guest;
	char *port;
	char *proto;
	uint64_t n;

	if ((size_t)snprintf(text, sizeof(text), "%s", item) >= sizeof(text))
		return err_set(e, ERR_USAGE, "value-bad", "is too long for a forward; " FORWARD_FORM);
	proto = strchr(text, '/');
	if (proto) {
		*proto++ = '\0';
		if (strcmp(proto, "udp"))
			return err_set(e, ERR_USAGE, "value-bad", "is not a forward; only /udp may follow the port");
		f.udp = true;
	}
	guest = strrchr(text, ':');
	if (!guest)
		return err_set(e, ERR_USAGE, "value-bad", "is not a forward; " FORWARD_FORM);
	*guest++ = '\0';
	port = strrchr(text, ':');
	if (!port)
		return err_set(e, ERR_USAGE, "value-bad",
			       "is not a forward; the address is missing (127.0.0.1: this host "
			       "alone); " FORWARD_FORM);
	*port++ = '\0';
	if (!item_is_ipv4(text) || strlen(text) >= sizeof(f.host))
		return err_set(e, ERR_USAGE, "value-bad",
			       "is not a forward; its address is not an IPv4 address like 127.0.0.1");
	snprintf(f.host, sizeof(f.host), "%.15s", text);
	if (strcmp(port, "auto")) {
		if (number_parse(port, 1, 65535, &n, NULL) < 0)
			return err_set(e, ERR_USAGE, "value-bad",
				       "is not a forward; the port on this host is 1 to 65535, or "
				       "auto");
		f.host_port = (uint16_t)n;
	}
	if (number_parse(guest, 1, 65535, &n, NULL) < 0)
		return err_set(e, ERR_USAGE, "value-bad", "is not a forward; the port in the guest is 1 to 65535");
	f.guest_port = (uint16_t)n;
	if (out)
		*out = f;
	return 0;
}

/* Reads the next `key=value`; false at the end. Empty key: malformed. */
static bool item_next_part(const char **p, char **key, char **value)
{
	struct buf b;
	const char *eq;

	if (!*p)
		return false;
	buf_init(&b, 0);
	while (**p && (**p != ',' || (*p)[1] == ',')) {
		buf_addc(&b, **p);
		*p += **p == ',' ? 2 : 1;
	}
	*p = **p ? *p + 1 : NULL;
	eq = strchr(b.data, '=');
	*key = eq ? xstrndup(b.data, (size_t)(eq - b.data)) : xstrdup("");
	*value = xstrdup(eq ? eq + 1 : b.data);
	buf_fini(&b);
	return true;
}

char *spec_item_get(const char *item, const char *key)
{
	const char *p = item;
	char *found = NULL;
	char *k;
	char *v;

	while (!found && item_next_part(&p, &k, &v)) {
		if (!strcmp(k, key))
			found = v;
		else
			free(v);
		free(k);
	}
	return found;
}

static int item_check_part(const struct item_part *part, const char *value, struct err *e)
{
	struct err why = ERR_INIT;

	if (part->check && part->check(value, &why) < 0) {
		err_set(e, ERR_USAGE, "value-bad", "has a bad %s: it %s", part->key, why.text);
		err_fini(&why);
		return -1;
	}
	if (!part->words)
		return 0;
	for (size_t i = 0; part->words[i]; i++)
		if (!strcmp(part->words[i], value))
			return 0;
	return err_set(e, ERR_USAGE, "value-bad", "has a bad %s; allowed are %s%s%s", part->key, part->words[0],
		       part->words[1] ? ", " : "", part->words[1] ? part->words[1] : "");
}

static size_t item_find_part(const struct item_part *parts, const char *key)
{
	size_t i = 0;

	while (parts[i].key && strcmp(parts[i].key, key))
		i++;
	return i;
}

/* Checks an item; `form` is its syntax for messages. */
static int item_check_item(const char *v, const struct item_part *parts, const char *form, struct err *e)
{
	const char *p = v;
	unsigned seen = 0;
	char *key;
	char *value;

	while (item_next_part(&p, &key, &value)) {
		size_t i = item_find_part(parts, key);
		int r;

		if (!parts[i].key)
			r = err_set(e, ERR_USAGE, "value-bad",
				    "has an unknown part; write %s (a comma within a value "
				    "is doubled)",
				    form);
		else if (seen & (1U << i))
			r = err_set(e, ERR_USAGE, "value-bad", "has %s twice", key);
		else
			r = item_check_part(&parts[i], value, e);
		seen |= parts[i].key ? 1U << i : 0;
		free(key);
		free(value);
		if (r < 0)
			return -1;
	}
	for (size_t i = 0; parts[i].key; i++)
		if (parts[i].required && !(seen & (1U << i)))
			return err_set(e, ERR_USAGE, "value-bad", "lacks %s=; write %s", parts[i].key, form);
	return 0;
}

static int item_check_tag(const char *v, struct err *e)
{
	size_t n = strspn(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	if (!v[n] && n >= 1 && n <= 31)
		return 0;
	return err_set(e, ERR_USAGE, "value-bad", "is not a tag; that is letters, digits, _ . and -, at most 31");
}

static const char *const formats[] = {"raw", "qcow2", NULL};
static const char *const on_off[] = {"on", "off", NULL};
static const char *const share_drivers[] = {"9p", "virtiofs", NULL};
static const char *const share_models[] = {"none", "mapped-xattr", "mapped-file", NULL};

bool spec_forwards_ssh(const struct spec *s)
{
	struct spec_forward f;

	for (size_t i = 0; s->net == SPEC_NET_USER && i < s->forwards.len; i++)
		if (spec_forward_parse(s->forwards.items[i], &f, NULL) == 0 && !f.udp && f.guest_port == 22)
			return true;
	return false;
}

int spec_distcc_host_parse(const char *item, struct spec_distcc_host *out, struct err *e)
{
	AUTO_FREE char *text = xstrdup(item);
	struct spec_distcc_host h = {.port = DISTCC_PORT, .jobs = DISTCC_JOBS};
	char *jobs = strchr(text, '/'), *end, *port;
	uint64_t n;

	if (jobs) {
		*jobs++ = '\0';
		if (number_parse(jobs, 1, 512, &n, NULL) < 0)
			return err_set(e, ERR_USAGE, "value-bad", "is not a host for distcc; its jobs are 1 to 512");
		h.jobs = (unsigned)n;
	}
	end = *text == '[' ? strchr(text, ']') : NULL;
	port = strchr(end ? end : text, ':');
	if (port) {
		*port++ = '\0';
		if (number_parse(port, 1, 65535, &n, NULL) < 0)
			return err_set(e, ERR_USAGE, "value-bad", "is not a host for distcc; its port is 1 to 65535");
		h.port = (uint16_t)n;
	}
	n = strlen(text);
	if (!n || n >= sizeof(h.host) || *text == '-' ||
	    (end ? n < 3 || end[1] || strspn(text + 1, "0123456789abcdefABCDEF:.") != n - 2
		 : strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != n))
		return err_set(e, ERR_USAGE, "value-bad",
			       "is not a host for distcc; write HOST, HOST:PORT or HOST:PORT/JOBS, an IPv6 address in "
			       "brackets");
	memcpy(h.host, text, n + 1);
	if (out)
		*out = h;
	return 0;
}

int grammar_distcc_host(const char *v, struct err *e)
{
	return spec_distcc_host_parse(v, NULL, e);
}

bool spec_share_is_virtiofs(const char *item)
{
	AUTO_FREE char *driver = spec_item_get(item, "driver");

	return driver && !strcmp(driver, "virtiofs");
}

size_t spec_count_virtiofs(const struct spec *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->shares.len; i++)
		count += spec_share_is_virtiofs(s->shares.items[i]);
	return count;
}

int grammar_usb_device(const char *v, struct err *e)
{
	return spec_usb_device_parse(v, NULL, e);
}

int grammar_forward(const char *v, struct err *e)
{
	return spec_forward_parse(v, NULL, e);
}

/* The format is not detected from the content, which a guest could have changed. */
const struct item_part item_drive[] = {
	{"path", true, ITEM_FILE, NULL, grammar_path, "the image, a file of this host"},
	{"format", true, ITEM_WORD, formats, NULL, "the file's format, as qemu-img info prints it"},
	{"readonly", false, ITEM_WORD, on_off, NULL, "default: off"},
	{.key = NULL},
};

const struct item_part item_share[] = {
	{"path", true, ITEM_FOLDER, NULL, grammar_path, "the folder of this host"},
	{"tag", true, ITEM_TEXT, NULL, item_check_tag, "its name within the machine: a word"},
	{"readonly", false, ITEM_WORD, on_off, NULL, "default: off"},
	{"driver", false, ITEM_WORD, share_drivers, NULL,
	 "9p; virtiofs: faster, but nothing of the machine's memory is saved"},
	{"security_model", false, ITEM_WORD, share_models, NULL, "9p's; default: none; as root mapped-xattr"},
	{.key = NULL},
};

int grammar_drive(const char *v, struct err *e)
{
	return item_check_item(v, item_drive, "path=FILE,format=raw|qcow2[,readonly=on]", e);
}

int grammar_share(const char *v, struct err *e)
{
	return item_check_item(v, item_share,
			       "path=FOLDER,tag=WORD[,readonly=on][,driver=virtiofs][,security_model=MODEL]", e);
}

void item_end(const struct item_part *parts, const char *item, struct item_end *out)
{
	const char *p = item;
	const char *begin = item;
	char *key;
	char *value;

	*out = (struct item_end){.text = NULL};
	while (item_next_part(&p, &key, &value)) {
		size_t i = item_find_part(parts, key);
		bool known = parts[i].key != NULL;

		free(out->text);
		out->part = known ? &parts[i] : NULL;
		out->at = (size_t)(begin - item) + (known ? strlen(key) + 1 : 0);
		out->given |= known ? 1U << i : 0;
		out->complete = known && *value && item_check_part(&parts[i], value, NULL) == 0;
		out->text = value;
		free(key);
		begin = p;
	}
}

char *item_escape(const char *value)
{
	struct buf b;

	buf_init(&b, 0);
	for (const char *p = value; *p; p++)
		buf_adds(&b, *p == ',' ? ",," : (const char[]){*p, '\0'});
	return buf_steal(&b);
}
