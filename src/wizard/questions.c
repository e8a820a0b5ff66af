/* SPDX-License-Identifier: MIT */
/*
 * questions: the table of questions, page by page in the order in which they are asked, with the options, the default
 * and the note of each. Titles, help and grammar come from the table of fields (src/spec/fields.c) if a row has none.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "firmware_notes.h"
#include "host/facts.h"
#include "host/paths.h"
#include "qemu/argv.h"
#include "spec/grammar.h"
#include "state.h"

/* ---- options ---- */

static struct choice *questions_add_option(struct choices *out, const char *value, const char *label, const char *note)
{
	struct choice *row = choices_add(out, value, label);

	choice_text(&row->note, note);
	return row;
}

static void questions_add_unsupported(struct choices *out, const char *value, const char *label, const char *note)
{
	choice_text(&questions_add_option(out, value, label, note)->why_not, "not supported yet");
}

static void questions_options_arch(struct wizard *w, struct choices *out)
{
	const struct catalog_arch *a;

	for (size_t i = 0; (a = catalog_arch_next(w->conf.catalog, &i));) {
		struct choice *row = a->ports ? NULL : choices_add(out, a->name, NULL);

		if (row)
			choice_text(&row->columns[0], a->title);
		if (row && *a->not_offered)
			choice_text(&row->why_not, a->not_offered);
	}
}

static void questions_options_release(struct wizard *w, struct choices *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	const struct catalog_release *r;

	for (size_t i = 0; (r = catalog_release_next(w->conf.catalog, &i));) {
		struct choice *row = choices_add(out, r->codename, NULL);

		choice_text(&row->columns[0], r->version);
		choice_text(&row->columns[1], r->state);
		if (*r->not_offered) {
			choice_text(&row->why_not, r->not_offered);
		} else if (a && !catalog_has_kernel(a, r->codename)) {
			row->why_not = xasprintf("no kernel for %s", a->name);
		}
	}
}

static void questions_options_method(struct wizard *w, struct choices *out)
{
	(void)w;
	questions_add_option(out, "bootstrap", "bootstrap",
			     "debwiz unpacks the packages and the machine configures them: no installer.");
	questions_add_option(out, "installer", "installer",
			     "Debian's installer, in the machine: slower, from a mirror with its own packages.");
	questions_add_option(out, "image", "image", "An existing image, which the page Disk asks for.");
}

static void questions_options_installer(struct wizard *w, struct choices *out)
{
	(void)w;
	questions_add_option(out, "automatic", "automatic", "The installer gets these answers and asks nothing.");
	questions_add_option(out, "manual", "by hand", "You answer the installer's questions, in the console.");
}

static void questions_options_firmware(struct wizard *w, struct choices *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	struct choice *row;

	row = choices_add(out, "uefi", "UEFI");
	free(row->note);
	row->note = firmware_note(a, w->spec.release, true);
	if (a && !a->firmware.len)
		row->why_not = xasprintf("Debian has no UEFI firmware for %s", a->name);
	else if (a && !catalog_has_firmware(a, w->spec.release))
		row->why_not = xasprintf("Debian %s has no UEFI firmware for %s", w->spec.release, a->name);
	else if (a)
		choice_text(&row->columns[0], a->firmware.items[0]);
	row = choices_add(out, "direct", "direct");
	free(row->note);
	row->note = firmware_note(a, w->spec.release, false);
	if (a)
		choice_text(&row->columns[0], a->kernel);
}

static void questions_options_initrd(struct wizard *w, struct choices *out)
{
	(void)w;
	questions_add_option(out, "own", "own", "A small one that debwiz builds from the kernel's modules: faster.");
	questions_add_option(out, "guest", "guest", "Debian's own on the disk.");
}

static void questions_options_warm(struct wizard *w, struct choices *out)
{
	(void)w;
	questions_add_option(out, "auto", "auto", "For machines that exist only for one command (run, build).");
	questions_add_option(out, "yes", "yes", "Also for this machine's first start.");
	questions_add_option(out, "no", "no", "Every machine boots.");
}

/* Adds no, and yes with the reason why not, if there is one (owned or NULL, taken). */
static void questions_options_no_yes(struct choices *out, char *why_not)
{
	questions_add_option(out, "no", "no", "");
	choices_add(out, "yes", "yes")->why_not = why_not;
}

static void questions_options_secure_boot(struct wizard *w, struct choices *out)
{
	const struct catalog_arch *a = wizard_arch(w);

	questions_options_no_yes(
		out, a && !a->secure_boot.len ? xasprintf("Debian signs no boot loader for %s", a->name) : NULL);
}

static void questions_options_tpm(struct wizard *w, struct choices *out)
{
	const struct catalog_arch *a = wizard_arch(w);

	questions_options_no_yes(out, a && !*a->tpm ? xasprintf("Debian's kernel for %s has no driver for it", a->name)
						    : NULL);
}

static void questions_options_mirror(struct wizard *w, struct choices *out)
{
	const struct strv *list = catalog_mirrors(w->conf.catalog);

	questions_add_option(out, "auto", "auto",
			     "The mirror of this host if it is a Debian mirror, else one of a built-in list.");
	for (size_t i = 0; i < list->len; i++)
		choices_add(out, list->items[i], NULL);
}

static void questions_options_component(struct wizard *w, struct choices *out)
{
	(void)w;
	questions_add_option(out, "main", "main", "Debian itself.");
	questions_add_option(out, "contrib", "contrib", "Free software that requires non-free software.");
	questions_add_option(out, "non-free", "non-free", "Non-free software.");
	questions_add_option(out, "non-free-firmware", "non-free-firmware", "Non-free firmware of devices.");
}

static void questions_options_accel(struct wizard *w, struct choices *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	const char *const *words = field_find("cpu", "accel")->column.choices;
	const char *machine = w->offers->host->machine;
	bool native = a && machine && strv_has(&a->native_hosts, machine);

	questions_add_option(out, "auto", "auto", "The one that works on this host; debwiz tests it first.");
	questions_add_option(out, "tcg", "tcg (emulation)", "Works everywhere, but slower.");
	for (size_t i = 2; words[i]; i++) {
		struct choice *row;

		if (!a || !strv_has(&a->accels, words[i]))
			continue;
		row = questions_add_option(out, words[i], words[i], "");
		if (!native)
			row->why_not = xasprintf("this host's processor (%s) cannot run %s",
						 machine ? machine : "unknown", a->name);
	}
}

static void questions_options_cpu(struct wizard *w, struct choices *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	char *note = a ? xasprintf("%s under emulation, this host's CPU if accelerated.", a->cpu_tcg) : xstrdup("");

	questions_add_option(out, "auto", "auto", note);
	free(note);
	for (size_t i = 0; a && i < a->cpu_models.len; i++)
		choices_add(out, a->cpu_models.items[i], NULL);
}

static void questions_options_bus(struct wizard *w, struct choices *out)
{
	(void)w;
	questions_add_option(out, "virtio", "virtio", "virtio-blk, faster; vda in the guest.");
	questions_add_option(out, "scsi", "scsi", "virtio-scsi; sda in the guest.");
}

static void questions_options_cache(struct wizard *w, struct choices *out)
{
	(void)w;
	questions_add_option(out, "writeback", "writeback", "Safe and quick.");
	questions_add_option(out, "none", "none", "Bypasses this host's page cache.");
	questions_add_option(out, "unsafe", "unsafe",
			     "Never flushes to the disk: a power cut may destroy the machine.");
}

static void questions_options_format(struct wizard *w, struct choices *out)
{
	(void)w;
	questions_add_option(out, "qcow2", "qcow2",
			     "Only written blocks take space; the second machine is ready immediately.");
	questions_add_unsupported(out, "raw", "raw", "");
}

static void questions_options_network(struct wizard *w, struct choices *out)
{
	(void)w;
	questions_add_option(out, "user", "user", "The machine connects through this host, without root.");
	questions_add_option(out, "none", "none", "No network at all.");
	questions_add_unsupported(out, "bridge", "bridge", "");
	questions_add_unsupported(out, "tap", "tap", "");
}

static void questions_options_add_forward(struct choices *out, const char *value, const char *label, const char *note)
{
	choice_text(&questions_add_option(out, value, label, note)->columns[0], value);
}

static void questions_options_forward(struct wizard *w, struct choices *out)
{
	uint16_t web = 8080;

	while (web < 8180 && !w->offers->port_free(w->offers->arg, "127.0.0.1", web))
		web++;
	questions_options_add_forward(out, "127.0.0.1:auto:22", "SSH",
				      "A free port of this host, chosen at each start.");
	if (w->offers->port_free(w->offers->arg, "127.0.0.1", 2222))
		questions_options_add_forward(out, "127.0.0.1:2222:22", "SSH on 2222",
					      "Always this port, which is free now.");
	if (web < 8180) {
		char *item = xasprintf("127.0.0.1:%u:80", (unsigned)web);

		questions_options_add_forward(out, item, "Web server",
					      "A free port of this host to the machine's port 80.");
		free(item);
	}
}

static void questions_options_console(struct wizard *w, struct choices *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	struct choice *row;

	questions_add_option(out, "serial", "serial", "The machine's serial port.");
	row = questions_add_option(out, "virtio", "virtio", "For an image that prints nothing on the serial port.");
	if (a && !strcmp(a->console, SPEC_VIRTIO_CONSOLE))
		row->why_not = xasprintf("the console of %s has its name already", a->name);
}

static void questions_options_display(struct wizard *w, struct choices *out)
{
	(void)w;
	questions_add_option(out, "none", "none", "The serial console only.");
	questions_add_option(out, "gtk", "gtk", "A window on this host.");
	questions_add_option(out, "vnc", "vnc", "A screen for a VNC viewer on this host.");
	questions_add_option(out, "spice", "spice", "A screen for a SPICE viewer on this host, with a clipboard.");
}

static void questions_options_keys(struct wizard *w, struct choices *out)
{
	w->offers->ssh_keys(w->offers->arg, out);
}

static void questions_options_usb_device(struct wizard *w, struct choices *out)
{
	w->offers->usb_devices(w->offers->arg, out);
}

static void questions_options_locale(struct wizard *w, struct choices *out)
{
	w->offers->locales(w->offers->arg, out);
}

static void questions_options_timezone(struct wizard *w, struct choices *out)
{
	w->offers->timezones(w->offers->arg, out);
}

static void questions_options_keyboard(struct wizard *w, struct choices *out)
{
	static const char *const layouts[][2] = {
		{"us", "English (US)"}, {"gb", "English (UK)"}, {"de", "German"},     {"fr", "French"},
		{"es", "Spanish"},	{"it", "Italian"},	{"pt", "Portuguese"}, {"br", "Portuguese (Brazil)"},
		{"nl", "Dutch"},	{"se", "Swedish"},	{"no", "Norwegian"},  {"dk", "Danish"},
		{"fi", "Finnish"},	{"pl", "Polish"},	{"cz", "Czech"},      {"ch", "Swiss"},
		{"ru", "Russian"},	{"jp", "Japanese"},
	};

	(void)w;
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		choice_text(&choices_add(out, layouts[i][0], NULL)->columns[0], layouts[i][1]);
}

static void questions_options_profile(struct wizard *w, struct choices *out)
{
	const struct catalog_profile *p;

	for (size_t i = 0; (p = catalog_profile_next(w->conf.catalog, &i));)
		if (!p->hidden)
			choice_text(&choices_add(out, p->name, NULL)->columns[0], p->title);
}

/* ---- defaults of a new machine on this host ---- */

/* ARCH-RELEASE, with a number if that name is taken. */
static void questions_default_name(struct wizard *w, struct strv *out)
{
	char name[64];

	snprintf(name, sizeof(name), "%.12s-%.12s", w->spec.arch, w->spec.release);
	for (unsigned n = 2; n < 1000 && w->offers->name_taken(w->offers->arg, name); n++)
		snprintf(name, sizeof(name), "%.12s-%.12s-%u", w->spec.arch, w->spec.release, n);
	strv_add(out, name);
}

/* The first release of the catalogue (sorted from the newest stable one) that has the architecture. */
static void questions_default_release(struct wizard *w, struct strv *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	const struct catalog_release *r;
	size_t i = 0;

	while ((r = catalog_release_next(w->conf.catalog, &i)))
		if (!*r->not_offered && (!a || catalog_has_kernel(a, r->codename))) {
			strv_add(out, r->codename);
			return;
		}
	strv_add(out, field_find("machine", "release")->column.initial);
}

/* UEFI if the architecture has firmware, as hardware starts, and if every QEMU that debwiz supports runs it. */
static void questions_default_firmware(struct wizard *w, struct strv *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	bool has = a && catalog_has_firmware(a, w->spec.release) && !*a->firmware_qemu_min;

	strv_add(out, has ? "uefi" : "direct");
}

static void questions_default_memory(struct wizard *w, struct strv *out)
{
	const struct host_facts *host = w->offers->host;
	struct spec s = {.cpu_count = w->spec.cpu_count, .firmware = w->spec.firmware};
	char text[SIZE_TEXT];

	strv_add(out, size_format(qemu_memory(&s, wizard_arch(w), host->cpus, host->memory), text));
}

static void questions_default_timezone(struct wizard *w, struct strv *out)
{
	const char *zone = w->offers->host->timezone;

	/* by its current name, which every release has */
	zone = zone ? catalog_zone(w->conf.catalog, zone) : NULL;
	strv_add(out, zone ? zone : "Etc/UTC");
}

/* ---- the line under a field: what its answer means on this host ---- */

static void questions_note_name(struct wizard *w, struct buf *out)
{
	AUTO_FREE char *path = host_short(wizard_path(w));

	buf_addf(out, "Its file is %s.", path);
}

static void questions_note_release(struct wizard *w, struct buf *out)
{
	struct choice_list l = wizard_options(w, wizard_question(w, "machine.release"));

	if (l.current < l.len && *l.rows[l.current].note)
		buf_adds(out, l.rows[l.current].note);
	else
		buf_adds(out, l.note);
}

static void questions_note_count(struct wizard *w, struct buf *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	unsigned host = w->offers->host->cpus;

	buf_addf(out, "This host has %u", host);
	if (a)
		buf_addf(out, "; %s supports at most %u", a->name, a->max_cpus);
	buf_addc(out, '.');
}

static void questions_note_memory(struct wizard *w, struct buf *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	char host[SIZE_TEXT];
	char most[SIZE_TEXT];
	uint64_t max = a ? a->max_memory : 0;

	if (a && w->spec.firmware == SPEC_UEFI && a->firmware_max_memory)
		max = a->firmware_max_memory;
	buf_addf(out, "This host has %s", size_human(w->offers->host->memory, host));
	if (max)
		buf_addf(out, "; %s%s supports at most %s", a->name,
			 w->spec.firmware == SPEC_UEFI && a->firmware_max_memory ? " by UEFI" : "",
			 size_format(max, most));
	buf_addc(out, '.');
}

static void questions_note_disk(struct wizard *w, struct buf *out)
{
	AUTO_FREE char *dir = NULL;
	uint64_t room = w->offers->free_space(w->offers->arg, &dir);
	AUTO_FREE char *place = room ? host_short(dir) : NULL;
	char text[SIZE_TEXT];

	if (room)
		buf_addf(out, "Uses about 2 G at first and grows with use; %s are free in %s.", size_human(room, text),
			 place);
}

static void questions_note_forward(struct wizard *w, struct buf *out)
{
	const struct strv *items = &w->spec.forwards;
	struct spec_forward f;

	for (size_t i = 0; i < items->len; i++)
		if (!spec_forward_parse(items->items[i], &f, NULL) && f.host_port && !f.udp &&
		    !w->offers->port_free(w->offers->arg, f.host, f.host_port)) {
			buf_addf(out, "Port %u of this host is in use now.", (unsigned)f.host_port);
			return;
		}
	if (!items->len)
		buf_adds(out, "Without a forward to port 22, `debwiz ssh` cannot connect to the machine.");
}

static void questions_note_password(struct wizard *w, struct buf *out)
{
	buf_adds(out, *w->spec.password_hash ? "The console and sudo require it; ssh accepts keys and the password."
					     : "The console logs in automatically, and sudo requires no password.");
}

static void questions_note_keys(struct wizard *w, struct buf *out)
{
	struct choice_list l = wizard_options(w, wizard_question(w, "system.ssh_key"));
	char files[SIZE_TEXT];

	if (w->spec.ssh_keys.len)
		buf_addf(out, "%s, in addition to the key that debwiz creates.",
			 count_human(w->spec.ssh_keys.len, "file", files));
	else if (l.len)
		buf_addf(out, "All %zu found in ~/.ssh, in addition to the key that debwiz creates.", l.len);
	else
		buf_adds(out, "None found in ~/.ssh: only the key that debwiz creates.");
}

static void questions_note_packages(struct wizard *w, struct buf *out)
{
	const struct catalog_profile *p = catalog_profile_find(w->conf.catalog, w->spec.profile);

	if (p)
		buf_addf(out, "In addition to the %zu of %s and their dependencies.", p->packages.len, p->name);
}

static void questions_note_hostname(struct wizard *w, struct buf *out)
{
	buf_addf(out, "The host name is %s.", spec_hostname(&w->spec));
}

static void questions_note_save(struct wizard *w, struct buf *out)
{
	AUTO_FREE char *path = host_short(wizard_path(w));

	buf_addf(out, "Writes %s; changes nothing outside your own folders.", path);
}

/* ---- which questions apply ---- */

static bool questions_is_answered(const struct wizard *w, const char *id)
{
	size_t i = 0;

	while (strcmp(question_rows[i].id, id))
		i++;
	return w->answers[i].touched;
}

static bool questions_is_direct(const struct wizard *w)
{
	return w->spec.firmware == SPEC_DIRECT;
}

static bool questions_is_uefi(const struct wizard *w)
{
	return w->spec.firmware == SPEC_UEFI;
}

static bool questions_is_image(const struct wizard *w)
{
	return w->spec.method == SPEC_IMAGE;
}

static bool questions_is_installer(const struct wizard *w)
{
	return w->spec.method == SPEC_INSTALLER;
}

static bool questions_has_network(const struct wizard *w)
{
	return w->spec.net == SPEC_NET_USER;
}

/* The layout is also installed if a file has one and no display. */
static bool questions_has_keyboard(const struct wizard *w)
{
	return w->spec.display != SPEC_DISPLAY_NONE || questions_is_answered(w, "system.keyboard");
}

static bool questions_has_security(const struct wizard *w)
{
	return w->spec.security;
}

#define NONE .topic = NO_TOPIC
#define ADVANCED .advanced = true

const struct question_row question_rows[] = {
	{"machine.arch", WIZARD_MACHINE, WIZARD_CHOICE, .options = questions_options_arch, .topic = WIZARD_ARCHES},
	{"machine.name", WIZARD_MACHINE, WIZARD_TEXT, NONE, .initial = questions_default_name,
	 .note = questions_note_name,
	 .help = "The machine's name: letters a-z, digits and -. Its file, its folder "
		 "and its host name are the same."},

	{"machine.release", WIZARD_RELEASE, WIZARD_CHOICE, .options = questions_options_release,
	 .topic = WIZARD_RELEASES, .adapts = true, .initial = questions_default_release,
	 .note = questions_note_release},
	{"mirror.security", WIZARD_RELEASE, WIZARD_BOOL, NONE},
	{"mirror.updates", WIZARD_RELEASE, WIZARD_BOOL, NONE},
	{"mirror.url", WIZARD_RELEASE, WIZARD_COMBO, NONE, ADVANCED, .options = questions_options_mirror},
	{"mirror.security_url", WIZARD_RELEASE, WIZARD_TEXT, NONE, ADVANCED, .applies = questions_has_security},
	{"mirror.snapshot", WIZARD_RELEASE, WIZARD_TEXT, NONE, ADVANCED},
	{"mirror.components", WIZARD_RELEASE, WIZARD_LIST, NONE, ADVANCED, .options = questions_options_component},
	{"mirror.keyring", WIZARD_RELEASE, WIZARD_FILE, NONE, ADVANCED},
	{"mirror.proxy", WIZARD_RELEASE, WIZARD_TEXT, NONE, ADVANCED},

	{"firmware.mode", WIZARD_STARTUP, WIZARD_CHOICE, .options = questions_options_firmware,
	 .topic = WIZARD_FIRMWARE, .adapts = true, .initial = questions_default_firmware},
	{"machine.method", WIZARD_STARTUP, WIZARD_CHOICE, NONE, ADVANCED, .options = questions_options_method},
	{"machine.installer", WIZARD_STARTUP, WIZARD_CHOICE, NONE, ADVANCED, .options = questions_options_installer,
	 .applies = questions_is_installer},
	{"firmware.initrd", WIZARD_STARTUP, WIZARD_CHOICE, NONE, ADVANCED, .options = questions_options_initrd,
	 .applies = questions_is_direct},
	{"boot.cmdline", WIZARD_STARTUP, WIZARD_TEXT, NONE, ADVANCED, .applies = questions_is_direct},
	{"firmware.secure_boot", WIZARD_STARTUP, WIZARD_CHOICE, NONE, ADVANCED,
	 .options = questions_options_secure_boot, .applies = questions_is_uefi},
	{"boot.timeout", WIZARD_STARTUP, WIZARD_DURATION, NONE, ADVANCED},
	{"boot.warm", WIZARD_STARTUP, WIZARD_CHOICE, NONE, ADVANCED, .options = questions_options_warm},

	{"cpu.count", WIZARD_PROCESSOR, WIZARD_NUMBER, NONE, .adapts = true, .note = questions_note_count},
	{"cpu.memory", WIZARD_PROCESSOR, WIZARD_SIZE, NONE, .adapts = true, .initial = questions_default_memory,
	 .note = questions_note_memory},
	{"cpu.accel", WIZARD_PROCESSOR, WIZARD_CHOICE, NONE, .options = questions_options_accel, .adapts = true},
	{"cpu.model", WIZARD_PROCESSOR, WIZARD_COMBO, NONE, .options = questions_options_cpu, .adapts = true},
	{"qemu.binary", WIZARD_PROCESSOR, WIZARD_TEXT, NONE, ADVANCED},
	{"build.jobs", WIZARD_PROCESSOR, WIZARD_NUMBER, NONE, ADVANCED},
	{"build.profiles", WIZARD_PROCESSOR, WIZARD_LIST, NONE, ADVANCED},
	{"build.network", WIZARD_PROCESSOR, WIZARD_BOOL, NONE, ADVANCED},
	{"build.silence", WIZARD_PROCESSOR, WIZARD_DURATION, NONE, ADVANCED},
	{"build.distcc", WIZARD_PROCESSOR, WIZARD_BOOL, NONE, ADVANCED},
	{"build.distcc_hosts", WIZARD_PROCESSOR, WIZARD_LIST, NONE, ADVANCED},
	{"build.ccache", WIZARD_PROCESSOR, WIZARD_BOOL, NONE, ADVANCED},
	{"build.ccache_size", WIZARD_PROCESSOR, WIZARD_SIZE, NONE, ADVANCED},
	{"build.out", WIZARD_PROCESSOR, WIZARD_TEXT, NONE, ADVANCED},

	{"disk.size", WIZARD_DISK, WIZARD_SIZE, NONE, .note = questions_note_disk},
	{"disk.image", WIZARD_DISK, WIZARD_FILE, NONE, .applies = questions_is_image},
	{"disk.image_digest", WIZARD_DISK, WIZARD_TEXT, NONE, .applies = questions_is_image},
	{"disk.image_copy", WIZARD_DISK, WIZARD_BOOL, NONE, ADVANCED, .applies = questions_is_image},
	{"disk.bus", WIZARD_DISK, WIZARD_CHOICE, NONE, .options = questions_options_bus},
	{"disk.standalone", WIZARD_DISK, WIZARD_BOOL, NONE, ADVANCED},
	{"disk.format", WIZARD_DISK, WIZARD_CHOICE, NONE, ADVANCED, .options = questions_options_format},
	{"disk.cache", WIZARD_DISK, WIZARD_CHOICE, NONE, ADVANCED, .options = questions_options_cache},

	{"network.mode", WIZARD_DEVICES, WIZARD_CHOICE, NONE, .options = questions_options_network},
	{"network.forward", WIZARD_DEVICES, WIZARD_LIST, NONE, .options = questions_options_forward,
	 .applies = questions_has_network, .note = questions_note_forward},
	{"network.restrict", WIZARD_DEVICES, WIZARD_BOOL, NONE, ADVANCED, .applies = questions_has_network},
	{"network.lan", WIZARD_DEVICES, WIZARD_TEXT, NONE, ADVANCED},
	{"devices.display", WIZARD_DEVICES, WIZARD_CHOICE, NONE, .options = questions_options_display},
	{"devices.console", WIZARD_DEVICES, WIZARD_CHOICE, NONE, ADVANCED, .options = questions_options_console},
	{"devices.share", WIZARD_DEVICES, WIZARD_LIST, NONE},
	{"devices.usb", WIZARD_DEVICES, WIZARD_BOOL, NONE},
	{"devices.usb_device", WIZARD_DEVICES, WIZARD_LIST, NONE, ADVANCED, .options = questions_options_usb_device},
	{"devices.audio", WIZARD_DEVICES, WIZARD_BOOL, NONE},
	{"devices.rng", WIZARD_DEVICES, WIZARD_BOOL, NONE, ADVANCED},
	{"devices.drive", WIZARD_DEVICES, WIZARD_LIST, NONE, ADVANCED},
	{"firmware.tpm", WIZARD_DEVICES, WIZARD_CHOICE, NONE, ADVANCED, .options = questions_options_tpm},
	{"qemu.extra", WIZARD_DEVICES, WIZARD_LIST, NONE, ADVANCED},

	{"system.user", WIZARD_SYSTEM, WIZARD_TEXT, NONE},
	{"password", WIZARD_SYSTEM, WIZARD_PASSWORD, NONE, .key = "system.password_hash",
	 .help = "The user's password. Only its hash is saved, in the machine's file. Without one the "
		 "serial console logs in automatically, sudo requires none, ssh accepts keys only, and "
		 "root is locked.",
	 .note = questions_note_password},
	{"system.ssh_key", WIZARD_SYSTEM, WIZARD_FILES, NONE, .options = questions_options_keys,
	 .note = questions_note_keys},
	{"system.hostname", WIZARD_SYSTEM, WIZARD_TEXT, NONE, .note = questions_note_hostname},
	{"system.timezone", WIZARD_SYSTEM, WIZARD_COMBO, NONE, .options = questions_options_timezone, .lasting = true,
	 .initial = questions_default_timezone},
	{"system.locale", WIZARD_SYSTEM, WIZARD_COMBO, NONE, .options = questions_options_locale, .lasting = true},
	{"system.keyboard", WIZARD_SYSTEM, WIZARD_COMBO, NONE, .options = questions_options_keyboard,
	 .applies = questions_has_keyboard},
	{"system.profile", WIZARD_SYSTEM, WIZARD_CHOICE, NONE, .options = questions_options_profile},
	{"system.packages", WIZARD_SYSTEM, WIZARD_SEARCH, .topic = WIZARD_PACKAGES, .note = questions_note_packages},

	{"save", WIZARD_REVIEW, WIZARD_FILE, NONE, .title = "Save as",
	 .help = "The INI file that describes the machine. The same file creates it again, on this or "
		 "another host.",
	 .note = questions_note_save},
};
const size_t question_count = ARRAY_SIZE(question_rows);
