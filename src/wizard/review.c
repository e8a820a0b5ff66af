/* SPDX-License-Identifier: MIT */
/* review: describes the machine, its changes and its warnings. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/facts.h"
#include "lists.h"
#include "review.h"
#include "save.h"
#include "spec/risk.h"
#include "state.h"

static void review_add(struct choices *out, const char *label, struct buf *text)
{
	choices_add(out, text->data, label);
	buf_fini(text);
}

static void review_add_machine(struct wizard *w, struct choices *out)
{
	const struct catalog_profile *p = catalog_profile_find(w->conf.catalog, w->spec.profile);
	const struct catalog_release *r = wizard_release(w);
	struct choice_list l = wizard_options(w, wizard_question(w, "machine.release"));
	const char *version = l.current < l.len ? l.rows[l.current].columns[0] : "";
	struct buf b;

	if (!*version && r)
		version = r->version; /* the mirror's point release is not known (yet) */
	buf_init(&b, 0);
	buf_addf(&b, "%s: Debian %s%s%s", w->spec.name, w->spec.release, *version ? " " : "", version);
	buf_addf(&b, ", %s", w->spec.arch);
	if (p) /* of "Build machine: compiler, ..." the part before the colon */
		buf_addf(&b, ", %c%.*s", tolower((unsigned char)*p->title), (int)strcspn(p->title + 1, ":"),
			 p->title + 1);
	review_add(out, "Machine", &b);
}

bool wizard_accelerates(struct wizard *w)
{
	const struct catalog_arch *a = wizard_arch(w);
	struct choice_list l = wizard_options(w, wizard_question(w, "machine.arch"));

	if (strcmp(w->spec.accel, "auto"))
		return strcmp(w->spec.accel, "tcg") != 0;
	if (l.current < l.len && *l.rows[l.current].columns[1]) /* QEMU has reported it */
		return strncmp(l.rows[l.current].columns[1], "accelerated", 11) == 0;
	return a && strv_has(&a->native_hosts, w->offers->host->machine);
}

const char *wizard_auto_model(struct wizard *w)
{
	const struct catalog_arch *a = wizard_arch(w);

	return wizard_accelerates(w) || !a ? "this host's CPU" : a->cpu_tcg;
}

static void review_add_runs(struct wizard *w, struct choices *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	struct choice_list l = wizard_options(w, wizard_question(w, "machine.arch"));
	unsigned cpus = w->spec.cpu_count ? w->spec.cpu_count : wizard_auto_cpus(w);
	const char *model = w->spec.cpu_model;
	char text[SIZE_TEXT];
	struct buf b;

	buf_init(&b, 0);
	if (strcmp(w->spec.accel, "auto"))
		buf_adds(&b, w->spec.accel);
	else if (l.current < l.len && *l.rows[l.current].columns[1])
		buf_adds(&b, l.rows[l.current].columns[1]);
	else
		buf_adds(&b, wizard_accelerates(w) ? "accelerated if possible" : "emulated");
	if (!strcmp(model, "auto") && a)
		model = wizard_accelerates(w) ? "of this host's kind" : a->cpu_tcg;
	buf_addf(&b, "; %s %s, ", count_human(cpus, "CPU", text), model);
	buf_adds(&b, size_human(wizard_memory(w), text));
	review_add(out, "Runs here", &b);
}

static void review_add_start(struct wizard *w, struct choices *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	struct choice_list l;
	struct buf b;

	buf_init(&b, 0);
	if (w->spec.firmware == SPEC_UEFI) {
		l = wizard_options(w, wizard_question(w, "firmware.mode"));
		buf_addf(&b, "UEFI, two pflash devices, %s",
			 l.current < l.len && *l.rows[l.current].columns[0] ? l.rows[l.current].columns[0]
			 : a && a->firmware.len				    ? a->firmware.items[0]
									    : "Debian's firmware");
	} else {
		buf_addf(&b, "direct, the kernel from the disk%s%s",
			 w->spec.initrd == SPEC_INITRD_OWN ? ", a small initrd" : ", Debian's initrd",
			 *w->spec.cmdline ? ", additional kernel parameters" : "");
	}
	review_add(out, "Starts by", &b);
}

static void review_add_disk(struct wizard *w, struct choices *out)
{
	AUTO_FREE char *dir = NULL;
	uint64_t room = w->offers->free_space(w->offers->arg, &dir);
	char text[SIZE_TEXT];
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "%s %s%s, grows as used", size_human(w->spec.disk_size, text), w->spec.disk_format,
		 w->spec.standalone ? ", stand-alone" : "");
	if (room)
		buf_addf(&b, "; %s free here", size_human(room, text));
	review_add(out, "Disk", &b);
}

static void review_add_network(struct wizard *w, struct choices *out)
{
	const struct strv *items = &w->spec.forwards;
	struct spec_forward f;
	struct buf b;

	buf_init(&b, 0);
	if (w->spec.net == SPEC_NET_NONE) {
		buf_adds(&b, "none");
	} else {
		buf_adds(&b, w->spec.restrict_net ? "isolated" : "user");
		for (size_t i = 0; i < items->len; i++) {
			if (spec_forward_parse(items->items[i], &f, NULL) < 0)
				continue;
			if (f.guest_port == 22 && !f.udp)
				buf_addf(&b, "; SSH on %s", f.host);
			else
				buf_addf(&b, "; %sport %u on %s", f.udp ? "UDP " : "", (unsigned)f.guest_port, f.host);
			if (f.host_port)
				buf_addf(&b, ":%u", (unsigned)f.host_port);
			else
				buf_adds(&b, ", a free port");
		}
	}
	review_add(out, "Network", &b);
}

static void review_add_devices(struct wizard *w, struct choices *out)
{
	const struct spec *s = &w->spec;
	char count[SIZE_TEXT];
	struct buf b;

	buf_init(&b, 0);
	if (s->display != SPEC_DISPLAY_NONE)
		buf_addf(&b, ", %s",
			 s->display == SPEC_DISPLAY_GTK	  ? "a window"
			 : s->display == SPEC_DISPLAY_VNC ? "a VNC screen"
							  : "a SPICE screen");
	if (s->usb)
		buf_adds(&b, ", USB");
	if (s->usb_devices.len)
		buf_addf(&b, ", %s of this host", count_human(s->usb_devices.len, "USB device", count));
	if (s->audio)
		buf_adds(&b, ", sound");
	if (s->shares.len)
		buf_addf(&b, ", %s", count_human(s->shares.len, "shared folder", count));
	if (s->drives.len)
		buf_addf(&b, ", %s", count_human(s->drives.len, "further drive", count));
	if (!b.len) {
		buf_fini(&b);
		return;
	}
	buf_drop(&b, 2);
	review_add(out, "Devices", &b);
}

static void review_add_you(struct wizard *w, struct choices *out)
{
	const struct spec *s = &w->spec;
	struct choice_list found = wizard_options(w, wizard_question(w, "system.ssh_key"));
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "user %s", s->user);
	if (spec_forwards_ssh(s))
		buf_addf(&b, "; ssh by %s",
			 s->ssh_keys.len ? "the listed keys"
			 : found.len	 ? "your own keys"
					 : "a key that debwiz creates");
	else
		buf_adds(&b, "; no ssh, only the console");
	buf_adds(&b, *s->password_hash ? "; a password" : "");
	review_add(out, "You", &b);
	if (!s->packages.len)
		return;
	buf_init(&b, 0);
	for (size_t i = 0; i < s->packages.len; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", s->packages.items[i]);
	review_add(out, "Packages", &b);
}

static void review_summary(struct wizard *w, struct choices *out)
{
	review_add_machine(w, out);
	review_add_runs(w, out);
	review_add_start(w, out);
	review_add_disk(w, out);
	review_add_network(w, out);
	review_add_devices(w, out);
	review_add_you(w, out);
}

struct choice_list wizard_summary(struct wizard *w)
{
	if (!w->summary.len)
		review_summary(w, &w->summary);
	return wizard_list_of(&w->summary, CHOICE_READY, NULL, NULL);
}

/* ---- changes ---- */

static char *review_in_words(const struct field *f, const struct spec *s)
{
	AUTO_STRV struct strv values = STRV_INIT;
	char *text;

	column_format(&f->column, s, &values);
	if (f->secret)
		text = xstrdup(values.len && *values.items[0] ? "set" : "none");
	else
		text = strv_join(&values, ", ");
	return text;
}

static const char *review_effect_words(const struct wizard *w, enum field_effect effect)
{
	if (!wizard_existing(w)->disk)
		return "takes effect when the machine is prepared";
	switch (effect) {
	case FIELD_NEXT_BOOT:
		return "takes effect at the next boot";
	case FIELD_APPLIED:
		return "takes effect at the next boot, or by `debwiz forward M apply`";
	case FIELD_GROW_ONLY:
		return "grows at the next boot; cannot shrink";
	case FIELD_NEW_ONLY:
		return "only for new machines: takes effect here when the machine is recreated";
	}
	return "";
}

size_t wizard_changes(struct wizard *w, struct wizard_change **out)
{
	struct wizard_change *all = xcalloc(question_count, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; wizard_is_edited(w) && i < question_count; i++) {
		const struct wizard_question *q = &w->questions[i];

		if (!q->field || column_equal(&q->field->column, wizard_baseline(w), &w->spec))
			continue;
		all[n++] = (struct wizard_change){
			.question = q,
			.from = review_in_words(q->field, wizard_baseline(w)),
			.to = review_in_words(q->field, &w->spec),
			.effect = q->field->effect,
			.words = review_effect_words(w, q->field->effect),
			.refused = wizard_wrong(w, q),
		};
	}
	*out = all;
	return n;
}

void wizard_changes_free(struct wizard_change *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(c[i].from);
		free(c[i].to);
	}
	free(c);
}

/* ---- warnings ---- */

static void review_warn_processor(struct wizard *w, struct strv *out)
{
	const struct host_facts *host = w->offers->host;

	if (host->memory && wizard_memory(w) > host->memory)
		strv_add(out, "this host has less memory: it would swap, or the machine would not start");
	else if (host->memory && wizard_memory(w) > host->memory / 4 * 3)
		strv_add(out, "the memory is more than three quarters of this host's");
	if (host->cpus && w->spec.cpu_count > host->cpus)
		strv_addf(out, "more CPUs than this host's %u make the machine slower", host->cpus);
}

static void review_warn_disk(struct wizard *w, struct strv *out)
{
	AUTO_FREE char *dir = NULL;
	uint64_t room = w->offers->free_space(w->offers->arg, &dir);
	char text[SIZE_TEXT];

	if (room && room < (4ULL << 30))
		strv_addf(out,
			  "only %s are free at %s; a machine uses about 2 G at first, and more while "
			  "it is prepared",
			  size_human(room, text), dir);
	else if (room && room < w->spec.disk_size && w->spec.standalone)
		strv_addf(out, "%s are free at %s: a full disk of this size does not fit", size_human(room, text), dir);
	if (w->spec.cache == SPEC_CACHE_UNSAFE)
		strv_add(out, "cache = unsafe: a power cut may destroy the machine");
}

static void review_warn_devices(struct wizard *w, struct strv *out)
{
	static const char *const lists[] = {"devices.drive", "devices.share"};
	struct spec_forward f;

	for (size_t i = 0; i < w->spec.forwards.len; i++) {
		if (spec_forward_parse(w->spec.forwards.items[i], &f, NULL) < 0)
			continue;
		if (f.host_port && !f.udp && !wizard_existing(w)->running &&
		    !w->offers->port_free(w->offers->arg, f.host, f.host_port))
			strv_addf(out, "port %u of %s is in use on this host now", (unsigned)f.host_port, f.host);
		if (strcmp(f.host, "127.0.0.1"))
			strv_addf(out, "%s: others on your network can reach this port", w->spec.forwards.items[i]);
	}
	for (size_t k = 0; k < 2; k++) {
		const struct strv *items = wizard_items(w, wizard_question(w, lists[k]));

		for (size_t i = 0; i < items->len; i++) {
			char *value = spec_item_get(items->items[i], "path");
			char *path = value ? spec_path(&w->spec, value) : NULL;

			if (path && access(path, F_OK) < 0)
				strv_addf(out, "%s does not exist: the machine would not start", value);
			free(path);
			free(value);
		}
	}
}

static void review_warn_system(struct wizard *w, struct strv *out)
{
	if (!*w->spec.password_hash)
		strv_addf(out, "no password: the console logs %s in automatically, sudo requires no password",
			  w->spec.user);
}

/* Warns of values of the file that the user has not agreed to. */
static void review_warn_risks(struct wizard *w, struct strv *out)
{
	struct risks all;

	risks_find(&w->spec, &all);
	for (size_t i = 0; i < all.len; i++)
		if (all.items[i].state == RISK_FOREIGN)
			strv_addf(out, "%s.%s of this file requires your agreement: it %s", all.items[i].section,
				  all.items[i].key, all.items[i].effect);
	risks_fini(&all);
}

void wizard_warnings(struct wizard *w, enum wizard_page p, struct strv *out)
{
	for (size_t i = 0; p == WIZARD_REVIEW && i < wizard_baseline(w)->warnings.len; i++)
		strv_add(out, wizard_baseline(w)->warnings.items[i]);
	if (p == WIZARD_REVIEW)
		review_warn_risks(w, out);
	if (p == WIZARD_PROCESSOR || p == WIZARD_REVIEW)
		review_warn_processor(w, out);
	if (p == WIZARD_DISK || p == WIZARD_REVIEW)
		review_warn_disk(w, out);
	if (p == WIZARD_DEVICES || p == WIZARD_REVIEW)
		review_warn_devices(w, out);
	if (p == WIZARD_SYSTEM || p == WIZARD_REVIEW)
		review_warn_system(w, out);
}
