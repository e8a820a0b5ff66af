/* SPDX-License-Identifier: MIT */
/*
 * check: the rules between fields and against the catalogue. Each message has the reason and what is allowed. grammar.c
 * checks single values; prepare and qemu check what this host has.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/suggest.h"
#include "extra.h"
#include "faults.h"
#include "host/facts.h"
#include "spec/field.h"
#include "spec/spec.h"

struct check {
	const struct spec *s;
	const struct catalog *c;
	const struct catalog_arch *arch;       /* NULL: unknown */
	const struct catalog_release *release; /* likewise */
	spec_fault_fn fault;
	void *arg;
};

static unsigned check_line_of(const struct check *k, const char *section, const char *key)
{
	return k->s->lines[field_find(section, key) - field_table];
}

/* Returns the line of a list's item; 0 if the list is not from the file. */
static unsigned check_item_line(const struct check *k, const char *section, const char *key, size_t i)
{
	if (!k->s->doc || !check_line_of(k, section, key))
		return 0;
	return ini_doc_line(k->s->doc, section, key, i);
}

static void check_fault(const struct check *k, unsigned line, const char *section, const char *key, const char *fmt,
			...) __attribute__((format(printf, 5, 6)));
static void check_fault(const struct check *k, unsigned line, const char *section, const char *key, const char *fmt,
			...)
{
	va_list ap;
	AUTO_FREE char *message = NULL;

	va_start(ap, fmt);
	message = xvasprintf(fmt, ap);
	va_end(ap);
	k->fault(line, section, key, message, k->arg);
}

#define FAULT(k, section, key, ...) check_fault(k, check_line_of(k, section, key), section, key, __VA_ARGS__)

static void check_add_word(struct buf *b, const char *word)
{
	buf_addf(b, "%s%s", b->len ? ", " : "", word);
}

/* "; did you mean amd64? Choose " or "; choose "; owned. */
static char *check_guess_words(const char *meant)
{
	return meant ? xasprintf("; did you mean %s? Choose", meant) : xstrdup("; choose");
}

static char *check_guess_arch(const struct check *k)
{
	const struct catalog_arch *a;
	struct suggest near;

	suggest_begin(&near, k->s->arch);
	for (size_t i = 0; (a = catalog_arch_next(k->c, &i));) {
		if (*a->not_offered)
			continue;
		if (strv_has(&a->aliases, k->s->arch))
			return check_guess_words(a->name);
		suggest_offer(&near, a->name);
	}
	return check_guess_words(near.best);
}

static char *check_guess_release(const struct check *k)
{
	const struct catalog_release *r;
	struct suggest near;

	suggest_begin(&near, k->s->release);
	for (size_t i = 0; (r = catalog_release_next(k->c, &i));) {
		if (*r->not_offered)
			continue;
		if (!strcmp(r->version, k->s->release) || !strcmp(r->state, k->s->release))
			return check_guess_words(r->codename);
		suggest_offer(&near, r->codename);
	}
	return check_guess_words(near.best);
}

static char *check_guess_profile(const struct check *k)
{
	const struct catalog_profile *p;
	struct suggest near;

	suggest_begin(&near, k->s->profile);
	for (size_t i = 0; (p = catalog_profile_next(k->c, &i));)
		if (!p->hidden)
			suggest_offer(&near, p->name);
	return check_guess_words(near.best);
}

static void check_arch(struct check *k)
{
	const struct catalog_arch *a;
	struct buf b;
	char *guess;

	k->arch = catalog_arch_find(k->c, k->s->arch);
	if (k->arch && !*k->arch->not_offered)
		return;
	buf_init(&b, 0);
	for (size_t i = 0; (a = catalog_arch_next(k->c, &i));)
		if (!*a->not_offered)
			check_add_word(&b, a->name);
	if (k->arch)
		FAULT(k, "machine", "arch", "\"%s\" is %s; choose %s", k->s->arch, k->arch->not_offered, b.data);
	guess = k->arch ? NULL : check_guess_arch(k);
	if (guess)
		FAULT(k, "machine", "arch", "\"%s\" is not an architecture of Debian%s %s", k->s->arch, guess, b.data);
	free(guess);
	buf_fini(&b);
	k->arch = NULL;
}

static void check_release(struct check *k)
{
	const struct catalog_release *r;
	struct buf b;
	char *guess;

	k->release = catalog_release_find(k->c, k->s->release);
	if (k->release && !*k->release->not_offered)
		return;
	buf_init(&b, 0);
	for (size_t i = 0; (r = catalog_release_next(k->c, &i));)
		if (!*r->not_offered)
			check_add_word(&b, r->codename);
	if (k->release)
		FAULT(k, "machine", "release", "\"%s\" is %s; choose %s", k->s->release, k->release->not_offered,
		      b.data);
	guess = k->release ? NULL : check_guess_release(k);
	if (guess)
		FAULT(k, "machine", "release", "\"%s\" is not a known release%s %s", k->s->release, guess, b.data);
	free(guess);
	buf_fini(&b);
	k->release = NULL;
}

static void check_pair(struct check *k)
{
	char *all;

	if (!k->arch || !k->release || catalog_has_kernel(k->arch, k->release->codename))
		return;
	all = strv_join(&k->arch->releases, ", ");
	FAULT(k, "machine", "release", "Debian %s has no kernel for %s; choose one of %s", k->release->codename,
	      k->arch->name, all);
	free(all);
}

static void check_profile(struct check *k)
{
	const struct catalog_profile *p = catalog_profile_find(k->c, k->s->profile);
	struct buf b;
	char *guess;

	if (p && !p->hidden)
		return;
	buf_init(&b, 0);
	for (size_t i = 0; (p = catalog_profile_next(k->c, &i));)
		if (!p->hidden)
			check_add_word(&b, p->name);
	guess = check_guess_profile(k);
	FAULT(k, "system", "profile", "\"%s\" is not a set of packages%s %s", k->s->profile, guess, b.data);
	free(guess);
	buf_fini(&b);
}

static void check_secure_boot(struct check *k)
{
	if (k->s->firmware == SPEC_DIRECT)
		FAULT(k, "firmware", "secure_boot",
		      "with mode = direct QEMU loads the kernel without a firmware that could check it; write no, or "
		      "mode = uefi");
	else if (k->arch && !k->arch->secure_boot.len)
		FAULT(k, "firmware", "secure_boot", "Debian signs no boot loader for %s; write no", k->arch->name);
}

static void check_firmware(struct check *k)
{
	const struct spec *s = k->s;

	if (s->secure_boot)
		check_secure_boot(k);
	if (s->tpm && k->arch && !*k->arch->tpm)
		FAULT(k, "firmware", "tpm", "Debian's kernel for %s has no driver for a TPM of QEMU; write no",
		      k->arch->name);
	if (s->firmware == SPEC_DIRECT)
		return;
	if (k->arch && !k->arch->firmware.len)
		FAULT(k, "firmware", "mode",
		      "Debian has no UEFI firmware for %s; write direct (QEMU loads the kernel "
		      "itself)",
		      k->arch->name);
	else if (k->arch && k->release && !catalog_has_firmware(k->arch, k->release->codename))
		FAULT(k, "firmware", "mode",
		      "Debian %s has no UEFI firmware for %s (%s); write direct (QEMU loads the kernel itself)",
		      k->release->codename, k->arch->name, k->arch->firmware.items[0]);
	if (s->initrd != SPEC_INITRD_OWN || check_line_of(k, "firmware", "initrd"))
		FAULT(k, "firmware", "initrd",
		      "with mode = uefi the machine loads its own initrd from its disk; remove "
		      "this "
		      "key, or write mode = direct");
	if (*s->cmdline)
		FAULT(k, "boot", "cmdline",
		      "with mode = uefi GRUB in the machine sets the kernel's command line; leave "
		      "this empty, or write mode = direct");
}

/* An image that machines use as it is. */
static void check_image_itself(struct check *k, bool image)
{
	if (!image)
		FAULT(k, "disk", "image_copy", "only used with method = image in [machine]");
	else if (spec_image_is_url(k->s))
		FAULT(k, "disk", "image_copy", "a download is always copied; write yes, or image = FILE of this host");
	else if (k->s->standalone)
		FAULT(k, "disk", "image_copy", "a stand-alone disk is a copy; write yes, or standalone = no");
}

/* What an image has, nothing of the file adds to it. */
static void check_image(struct check *k)
{
	const struct spec *s = k->s;
	bool image = s->method == SPEC_IMAGE;

	if (image && !*s->image)
		FAULT(k, "disk", "image", "method = image needs the image; write image = FILE in [disk]");
	else if (!image && *s->image)
		FAULT(k, "disk", "image", "only used with method = image in [machine]");
	if (!image && *s->image_digest)
		FAULT(k, "disk", "image_digest", "only used with method = image in [machine]");
	if (!s->image_copy)
		check_image_itself(k, image);
	if (!image)
		return;
	if (s->firmware == SPEC_DIRECT && s->initrd == SPEC_INITRD_OWN && check_line_of(k, "firmware", "initrd"))
		FAULT(k, "firmware", "initrd", "an image starts with its own initrd; write guest, or remove this key");
	if (s->secure_boot)
		FAULT(k, "firmware", "secure_boot", "not supported with method = image; write no");
	if (s->packages.len)
		FAULT(k, "system", "packages", "an image has its own packages; install others in the machine");
	if (s->warm == SPEC_WARM_YES)
		FAULT(k, "boot", "warm", "not supported with method = image; write no");
}

/* What the installer cannot be asked for, and what it cannot do without. */
static void check_installer(struct check *k)
{
	const struct spec *s = k->s;
	bool manual = s->installer == SPEC_MANUAL;
	AUTO_FREE char *package = NULL;

	if (s->method != SPEC_INSTALLER) {
		if (manual)
			FAULT(k, "machine", "installer", "only used with method = installer");
		return;
	}
	if (k->arch && k->release) {
		package = catalog_installer(k->release, k->arch->installer);
		if (!package)
			FAULT(k, "machine", "method", "debwiz knows no installer of Debian %s for %s; write bootstrap",
			      k->release->codename, k->arch->name);
	}
	if (s->net != SPEC_NET_USER)
		FAULT(k, "network", "mode", "the installer downloads packages; write mode = user");
	if (s->restrict_net)
		FAULT(k, "network", "restrict", "the installer downloads packages; write no");
	if (*s->snapshot)
		FAULT(k, "mirror", "snapshot", "not supported with method = installer; remove this key");
	if (s->secure_boot)
		FAULT(k, "firmware", "secure_boot", "not supported with method = installer; write no");
	if (s->warm == SPEC_WARM_YES)
		FAULT(k, "boot", "warm", "not supported with method = installer; write no");
	if (manual && s->packages.len)
		FAULT(k, "system", "packages",
		      "you choose the packages in the installer; remove them, or write installer = automatic");
	if (manual && s->firmware == SPEC_DIRECT && s->initrd == SPEC_INITRD_OWN &&
	    check_line_of(k, "firmware", "initrd"))
		FAULT(k, "firmware", "initrd",
		      "a system installed by hand starts with its own initrd; write guest, or remove this key");
}

static void check_cpu(struct check *k)
{
	const struct catalog_arch *a = k->arch;
	const struct spec *s = k->s;
	char text[SIZE_TEXT];
	char most[SIZE_TEXT];
	char whole[SIZE_TEXT];
	char *words;
	char *model;

	if (!a)
		return;
	if (s->cpu_count > a->max_cpus)
		FAULT(k, "cpu", "count", "%u CPUs are too many for %s: at most %u, %s", s->cpu_count, a->name,
		      a->max_cpus, a->cpu_limit_why);
	if (s->memory > a->max_memory)
		FAULT(k, "cpu", "memory", "%s is too much for %s: at most %s, %s", size_format(s->memory, text),
		      a->name, size_format(a->max_memory, most), a->memory_limit_why);
	else if (s->firmware == SPEC_UEFI && a->firmware_max_memory && s->memory > a->firmware_max_memory)
		FAULT(k, "cpu", "memory",
		      "%s is too much for %s with mode = uefi: at most %s, %s; mode = direct takes "
		      "%s",
		      size_format(s->memory, text), a->name, size_format(a->firmware_max_memory, most),
		      a->firmware_memory_why, size_format(a->max_memory, whole));
	if (strcmp(s->accel, "auto") && strcmp(s->accel, "tcg") && !strv_has(&a->accels, s->accel)) {
		words = strv_join(&a->accels, ", ");
		FAULT(k, "cpu", "accel", "%s cannot run %s; write auto, tcg%s%s", s->accel, a->name, *words ? ", " : "",
		      words);
		free(words);
	}
	model = xstrndup(s->cpu_model, strcspn(s->cpu_model, ","));
	if (strcmp(model, "auto") && !strv_has(&a->cpu_models, model)) {
		words = strv_join(&a->cpu_models, ", ");
		FAULT(k, "cpu", "model", "\"%s\" is not a CPU model of QEMU's %s machine for %s; write auto, %s", model,
		      a->machine, a->name, words);
		free(words);
	} else if (!strcmp(model, "host") && !strcmp(s->accel, "tcg")) {
		FAULT(k, "cpu", "model",
		      "host is this host's own CPU, which emulation (accel = tcg) does not have; "
		      "write auto or max");
	}
	free(model);
}

static bool check_same_port(const struct spec_forward *a, const struct spec_forward *b)
{
	return a->host_port && a->host_port == b->host_port && a->udp == b->udp &&
	       (!strcmp(a->host, b->host) || !strcmp(a->host, "0.0.0.0") || !strcmp(b->host, "0.0.0.0"));
}

static void check_forwards(struct check *k)
{
	const struct strv *items = &k->s->forwards;
	struct spec_forward *f = xcalloc(items->len + 1, sizeof(*f));

	for (size_t i = 0; i < items->len; i++) {
		(void)spec_forward_parse(items->items[i], &f[i], NULL); /* checked when it was read */
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(items->items[i], items->items[j])) { /* also with the port auto */
				check_fault(k, check_item_line(k, "network", "forward", i), "network", "forward",
					    "%s is given twice; remove one of them", items->items[i]);
				break;
			}
			if (check_same_port(&f[i], &f[j])) {
				check_fault(k, check_item_line(k, "network", "forward", i), "network", "forward",
					    "port %u of this host is forwarded twice (also by %s); "
					    "choose another port, or auto",
					    (unsigned)f[i].host_port, items->items[j]);
				break;
			}
		}
	}
	free(f);
}

/* Whether forwards other than the default are set. */
static bool check_has_own_forwards(const struct check *k)
{
	const struct field *f = field_find("network", "forward");
	const struct spec *s = k->s;

	if (check_line_of(k, "network", "forward"))
		return s->forwards.len;
	return s->forwards.len && !(s->forwards.len == 1 && !strcmp(s->forwards.items[0], f->column.initial));
}

static void check_network(struct check *k)
{
	const struct spec *s = k->s;

	if (s->net == SPEC_NET_NONE) {
		if (check_has_own_forwards(k))
			FAULT(k, "network", "forward",
			      "there is nothing to forward to with mode = none; remove the "
			      "forwards, or write mode = user");
		if (s->restrict_net)
			FAULT(k, "network", "restrict", "there is no network to restrict with mode = none");
	}
	check_forwards(k);
}

static void check_usb_devices(struct check *k)
{
	const struct strv *items = &k->s->usb_devices;

	for (size_t i = 0; i < items->len; i++) {
		bool twice = false;

		for (size_t j = 0; j < i && !twice; j++)
			twice = !strcasecmp(items->items[i], items->items[j]);
		if (twice)
			check_fault(k, check_item_line(k, "devices", "usb_device", i), "devices", "usb_device",
				    "%s is given twice; remove one of them", items->items[i]);
	}
	if (items->len > SPEC_USB_DEVICES_MAX)
		FAULT(k, "devices", "usb_device", "the USB controller has ports for %d devices of this host",
		      SPEC_USB_DEVICES_MAX);
}

static void check_console(struct check *k)
{
	if (k->s->console == SPEC_CONSOLE_VIRTIO && k->arch && !strcmp(k->arch->console, SPEC_VIRTIO_CONSOLE))
		FAULT(k, "devices", "console",
		      "the console of %s has that name already, " SPEC_VIRTIO_CONSOLE "; write serial", k->arch->name);
}

static void check_virtiofs(struct check *k)
{
	const struct strv *items = &k->s->shares;
	unsigned count = 0;

	for (size_t i = 0; i < items->len; i++) {
		AUTO_FREE char *only = spec_item_get(items->items[i], "readonly");
		AUTO_FREE char *model = spec_item_get(items->items[i], "security_model");
		AUTO_FREE char *path = spec_item_get(items->items[i], "path");
		unsigned line = check_item_line(k, "devices", "share", i);

		if (!spec_share_is_virtiofs(items->items[i]))
			continue;
		if (only && !strcmp(only, "on"))
			check_fault(k, line, "devices", "share",
				    "virtiofs has no readonly; remove driver=virtiofs or readonly=on");
		if (model)
			check_fault(k, line, "devices", "share",
				    "virtiofs has no security_model; remove driver=virtiofs or security_model");
		if (path && strchr(path, ','))
			check_fault(k, line, "devices", "share",
				    "virtiofsd takes no folder with a comma in its name; remove driver=virtiofs");
		if (++count == SPEC_VIRTIOFS_MAX + 1)
			check_fault(k, line, "devices", "share", "at most %d folders are shared by virtiofs",
				    SPEC_VIRTIOFS_MAX);
	}
}

static void check_mirror(struct check *k)
{
	const struct spec *s = k->s;

	if (!s->security && strcmp(s->security_mirror, "auto"))
		FAULT(k, "mirror", "security_url", "has no effect with security = no; remove one of the two");
	if (*s->snapshot && strcmp(s->mirror, "auto"))
		FAULT(k, "mirror", "snapshot",
		      "comes from Debian's snapshot service, not from the mirror that url names; "
		      "remove one of the two");
	if (s->components.len && !strv_has(&s->components, "main"))
		FAULT(k, "mirror", "components",
		      "main is missing, which every Debian system requires; add components = main");
}

/* Refuses two items with the same file or tag. */
static void check_unique(struct check *k, const char *key, const struct strv *items, const char *part)
{
	for (size_t i = 1; i < items->len; i++) {
		char *mine = spec_item_get(items->items[i], part);
		bool twice = false;

		for (size_t j = 0; j < i && !twice; j++) {
			char *other = spec_item_get(items->items[j], part);

			twice = mine && other && !strcmp(mine, other);
			free(other);
		}
		if (twice)
			check_fault(k, check_item_line(k, "devices", key, i), "devices", key, "%s=%s is given twice",
				    part, mine);
		free(mine);
	}
}

static void check_extra(struct check *k)
{
	const struct strv *items = &k->s->qemu_extra;

	for (size_t i = 0; i < items->len; i += extra_len(items, i)) {
		struct err e = ERR_INIT;
		size_t bad;

		if (extra_check(k->c, items, i, &bad, &e) < 0)
			check_fault(k, check_item_line(k, "qemu", "extra", bad), "qemu", "extra", "%s", e.text);
		err_fini(&e);
	}
}

/* Checks the time zone against Debian's tzdata; this host may know newer names than our list. */
static void check_time_zone(struct check *k)
{
	const char *zone = k->s->timezone, *now = catalog_zone(k->c, zone);
	const struct strv *zones = catalog_zones(k->c);
	const char *package = k->release ? k->release->old_zones : "";
	struct suggest near;

	if (!now && !host_timezone_known(zone)) {
		suggest_begin(&near, zone);
		for (size_t i = 0; i < zones->len; i++)
			suggest_offer(&near, zones->items[i]);
		FAULT(k, "system", "timezone", "\"%s\" is not a time zone of Debian's tzdata%s%s%s", zone,
		      near.best ? "; did you mean " : "; write one like Europe/Berlin or Etc/UTC",
		      near.best ? near.best : "", near.best ? "?" : "");
	} else if (now && strcmp(now, zone) != 0 && *package && !strv_has(&k->s->packages, package)) {
		FAULT(k, "system", "timezone",
		      "%s is an old name, which tzdata of Debian %s does not have; write %s, or add "
		      "packages = %s",
		      zone, k->release->codename, now, package);
	}
}

const struct catalog_account *spec_user_taken(const struct spec *s, const struct catalog *c,
					      bool (*has)(const char *package, const void *arg), const void *arg)
{
	const struct catalog_account *a;

	for (size_t i = 0; (a = catalog_account_next(c, &i));)
		if (strv_has(&a->names, s->user) && has(a->package, arg))
			return a;
	return NULL;
}

static bool check_is_listed(const char *package, const void *arg)
{
	return strv_has(arg, package);
}

static void check_user(struct check *k)
{
	const struct catalog_account *a = spec_user_taken(k->s, k->c, check_is_listed, &k->s->packages);

	if (a)
		FAULT(k, "system", "user", "package %s creates a user or group %s; choose another name for the user",
		      a->package, k->s->user);
}

static void check_system(struct check *k)
{
	const char *name = spec_hostname(k->s);

	if (*name && name[strlen(name) - 1] == '-')
		FAULT(k, "system", "hostname",
		      "\"%s\" (the machine's name) is not a valid host name because it ends in -; write "
		      "another one here",
		      name);
}

void spec_check_each(const struct spec *s, const struct catalog *c, spec_fault_fn fn, void *arg)
{
	struct check k = {.s = s, .c = c, .fault = fn, .arg = arg};

	check_arch(&k);
	check_release(&k);
	check_pair(&k);
	check_profile(&k);
	check_mirror(&k);
	check_firmware(&k);
	check_image(&k);
	check_installer(&k);
	check_cpu(&k);
	check_network(&k);
	check_unique(&k, "drive", &s->drives, "path");
	check_unique(&k, "share", &s->shares, "tag");
	check_virtiofs(&k);
	check_usb_devices(&k);
	check_console(&k);
	check_system(&k);
	check_time_zone(&k);
	check_user(&k);
	check_extra(&k);
}

static void check_gather(unsigned line, const char *section, const char *key, const char *message, void *arg)
{
	faults_add(arg, line, section, key, "%s", message);
}

int spec_check(const struct spec *s, const struct catalog *c, struct err *e)
{
	struct faults *f = xcalloc(1, sizeof(*f));
	int r;

	faults_init(f, s->shown ? s->shown : s->name);
	spec_check_each(s, c, check_gather, f);
	r = faults_report(f, "spec-check", e);
	free(f);
	return r;
}
