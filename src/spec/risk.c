/* SPDX-License-Identifier: MIT */
/* risk: see include/spec/risk.h. */
#include "spec/risk.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/ini.h"
#include "base/mem.h"
#include "base/text.h"
#include "extra.h"
#include "spec/field.h"

/* How a record remembers one. */
static char *risk_label(const struct risk *r)
{
	return xasprintf("%s.%s=%s", r->section, r->key, r->value);
}

/* Takes value, path and words. `index`: of the item in its list. */
static void risk_add(struct risks *out, const struct spec *s, struct risk r, size_t index)
{
	const struct field *f = field_find(r.section, r.key);
	char *label = risk_label(&r);

	r.state = !strv_has(&s->from_file, label) ? RISK_OWN : strv_has(&s->agreed, label) ? RISK_AGREED : RISK_FOREIGN;
	free(label);
	if (r.state != RISK_OWN)
		r.line = f->column.type != COLUMN_LIST ? s->lines[f - field_table]
			 : s->doc		       ? ini_doc_line(s->doc, r.section, r.key, index)
						       : 0;
	out->items = xreallocarray(out->items, out->len + 1, sizeof(*out->items));
	out->items[out->len++] = r;
}

static void risk_add_keyring(struct risks *out, const struct spec *s)
{
	char *path = *s->keyring ? spec_path(s, s->keyring) : NULL;

	if (path)
		risk_add(out, s,
			 (struct risk){.section = "mirror",
				       .key = "keyring",
				       .value = xstrdup(s->keyring),
				       .path = path,
				       .effect = xasprintf("installs packages that the keys in %s have "
							   "signed",
							   path)},
			 0);
}

static void risk_add_image(struct risks *out, const struct spec *s)
{
	char *path = *s->image && !spec_image_is_url(s) ? spec_path(s, s->image) : NULL;

	if (path)
		risk_add(out, s,
			 (struct risk){.section = "disk",
				       .key = "image",
				       .value = xstrdup(s->image),
				       .path = path,
				       .effect = xasprintf("gives the guest %s the file %s of this host",
							   s->image_copy ? "a copy of" : "what is in", path)},
			 0);
}

static void risk_add_forwards(struct risks *out, const struct spec *s)
{
	struct spec_forward f;

	for (size_t i = 0; i < s->forwards.len; i++) {
		const char *item = s->forwards.items[i];
		char *port;

		if (spec_forward_parse(item, &f, NULL) < 0 || !strncmp(f.host, "127.", 4))
			continue;
		port = f.host_port ? xasprintf("port %u", (unsigned)f.host_port) : xstrdup("a port");
		risk_add(out, s,
			 (struct risk){.section = "network",
				       .key = "forward",
				       .value = xstrdup(item),
				       .effect = xasprintf("opens %s of this host to the network (%s)", port, f.host)},
			 i);
		free(port);
	}
}

static void risk_add_lan(struct risks *out, const struct spec *s)
{
	if (*s->lan)
		risk_add(out, s,
			 (struct risk){
				 .section = "network",
				 .key = "lan",
				 .value = xstrdup(s->lan),
				 .effect = xasprintf("connects the guest to your machines on the network %s", s->lan)},
			 0);
}

static void risk_add_distcc_hosts(struct risks *out, const struct spec *s)
{
	for (size_t i = 0; i < s->build_distcc_hosts.len; i++)
		risk_add(out, s,
			 (struct risk){.section = "build",
				       .key = "distcc_hosts",
				       .value = xstrdup(s->build_distcc_hosts.items[i]),
				       .effect = xasprintf("lets %s compile what is built, and read its source",
							   s->build_distcc_hosts.items[i])},
			 i);
}

static void risk_add_build_out(struct risks *out, const struct spec *s)
{
	char *path = *s->build_out ? spec_path(s, s->build_out) : NULL;

	if (path)
		risk_add(out, s,
			 (struct risk){.section = "build",
				       .key = "out",
				       .value = xstrdup(s->build_out),
				       .path = path,
				       .effect = xasprintf("writes the packages that are built to %s", path)},
			 0);
}

static void risk_add_usb_devices(struct risks *out, const struct spec *s)
{
	for (size_t i = 0; i < s->usb_devices.len; i++)
		risk_add(out, s,
			 (struct risk){.section = "devices",
				       .key = "usb_device",
				       .value = xstrdup(s->usb_devices.items[i]),
				       .effect = xasprintf("gives the guest the USB device %s of this host",
							   s->usb_devices.items[i])},
			 i);
}

/* Adds drives or shared folders. */
static void risk_add_items(struct risks *out, const struct spec *s, const char *key, const struct strv *items,
			   const char *what)
{
	for (size_t i = 0; i < items->len; i++) {
		char *written = spec_item_get(items->items[i], "path");
		char *mode = spec_item_get(items->items[i], "readonly");
		char *path = spec_path(s, written ? written : "");

		risk_add(out, s,
			 (struct risk){
				 .section = "devices",
				 .key = key,
				 .value = xstrdup(items->items[i]),
				 .path = path,
				 .effect = xasprintf("gives the guest the %s %s of this host, %s", what, path,
						     mode && !strcmp(mode, "on") ? "to read" : "to read and write")},
			 i);
		free(mode);
		free(written);
	}
}

static void risk_add_binary(struct risks *out, const struct spec *s)
{
	char *path = strcmp(s->qemu_binary, "auto") != 0 ? spec_path(s, s->qemu_binary) : NULL;

	if (path)
		risk_add(out, s,
			 (struct risk){.section = "qemu",
				       .key = "binary",
				       .value = xstrdup(s->qemu_binary),
				       .path = path,
				       .program = true,
				       .effect = xasprintf("runs the program %s", path)},
			 0);
}

static void risk_add_extra(struct risks *out, const struct spec *s)
{
	const struct strv *items = &s->qemu_extra;

	for (size_t i = 0; i < items->len; i += extra_len(items, i)) {
		bool two = extra_len(items, i) == 2;
		char *value = xasprintf("%s%s%s", items->items[i], two ? " " : "", two ? items->items[i + 1] : "");

		risk_add(out, s,
			 (struct risk){.section = "qemu",
				       .key = "extra",
				       .value = value,
				       .effect = xasprintf("gives QEMU the arguments %s", value)},
			 i);
	}
}

void risks_find(const struct spec *s, struct risks *out)
{
	*out = (struct risks){.items = NULL};
	risk_add_keyring(out, s);
	risk_add_image(out, s);
	risk_add_forwards(out, s);
	risk_add_lan(out, s);
	risk_add_usb_devices(out, s);
	risk_add_items(out, s, "drive", &s->drives, "file");
	risk_add_items(out, s, "share", &s->shares, "folder");
	risk_add_distcc_hosts(out, s);
	risk_add_build_out(out, s);
	risk_add_binary(out, s);
	risk_add_extra(out, s);
}

void risks_fini(struct risks *r)
{
	for (size_t i = 0; i < r->len; i++) {
		free(r->items[i].value);
		free(r->items[i].path);
		free(r->items[i].effect);
	}
	free(r->items);
	*r = (struct risks){.items = NULL};
}

char *risk_line(const struct spec *s, const struct risk *r)
{
	const char *file = s->shown ? s->shown : s->name;
	AUTO_FREE char *effect = text_clean(r->effect, strlen(r->effect), false);

	if (!r->line)
		return xasprintf("%s: %s.%s: %s", file, r->section, r->key, effect);
	return xasprintf("%s:%u: %s.%s: %s", file, r->line, r->section, r->key, effect);
}

void risk_agree(struct spec *s, const struct risk *r)
{
	AUTO_FREE char *label = risk_label(r);

	if (!strv_has(&s->agreed, label))
		strv_add(&s->agreed, label);
}

void risks_are_of_file(struct spec *s)
{
	struct risks all;

	strv_fini(&s->from_file);
	strv_fini(&s->agreed);
	risks_find(s, &all);
	for (size_t i = 0; i < all.len; i++)
		strv_take(&s->from_file, risk_label(&all.items[i]));
	risks_fini(&all);
}

void risks_are_own(struct spec *s)
{
	strv_fini(&s->from_file);
}

void risks_forget(struct spec *s, const char *section, const char *key)
{
	AUTO_FREE char *begin = xasprintf("%s.%s=", section, key);
	struct strv rest = STRV_INIT;

	for (size_t i = 0; i < s->from_file.len; i++)
		if (strncmp(s->from_file.items[i], begin, strlen(begin)) != 0)
			strv_add(&rest, s->from_file.items[i]);
	strv_fini(&s->from_file);
	s->from_file = rest;
}

int risks_check(const struct spec *s, const char *section, const char *key, struct err *e)
{
	struct risks all;
	size_t found = 0;
	struct buf b;

	risks_find(s, &all);
	buf_init(&b, 0);
	buf_addf(&b,
		 "%s: nothing of it runs before you have agreed to what can run programs or expose "
		 "this host:",
		 s->shown ? s->shown : s->name);
	for (size_t i = 0; i < all.len; i++) {
		const struct risk *r = &all.items[i];
		char *line;

		if (r->state != RISK_FOREIGN || (key && (strcmp(r->key, key) != 0 || strcmp(r->section, section) != 0)))
			continue;
		line = risk_line(s, r);
		buf_addf(&b, "\n%s", line);
		free(line);
		found++;
	}
	if (found) {
		err_set(e, ERR_USAGE, RISK_ERROR, "%s", b.data);
		err_hint(e, "to agree, run the same command on a terminal, or add --trust");
	}
	buf_fini(&b);
	risks_fini(&all);
	return found ? -1 : 0;
}
