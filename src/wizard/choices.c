/* SPDX-License-Identifier: MIT */
/* choices: the options that are known at once, from the catalogue, this host and the tables. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "private.h"

static struct wizard_row *choices_add(struct wizard_rows *out, const char *value, const char *label, const char *note)
{
	struct wizard_row *row = wizard_rows_add(out, value, label);

	wizard_row_text(&row->note, note);
	return row;
}

static void choices_add_later(struct wizard_rows *out, const char *value, const char *label, const char *note)
{
	wizard_row_text(&choices_add(out, value, label, note)->why_not, "not supported yet");
}

void choices_arch(struct wizard *w, struct wizard_rows *out)
{
	const struct catalog_arch *a;

	for (size_t i = 0; (a = catalog_arch_next(w->conf.catalog, &i));) {
		struct wizard_row *row = wizard_rows_add(out, a->name, NULL);

		wizard_row_text(&row->columns[0], a->title);
		if (*a->not_offered)
			wizard_row_text(&row->why_not, a->not_offered);
	}
}

void choices_release(struct wizard *w, struct wizard_rows *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	const struct catalog_release *r;

	for (size_t i = 0; (r = catalog_release_next(w->conf.catalog, &i));) {
		struct wizard_row *row = wizard_rows_add(out, r->codename, NULL);

		wizard_row_text(&row->columns[0], r->version);
		wizard_row_text(&row->columns[1], r->state);
		if (*r->not_offered) {
			wizard_row_text(&row->why_not, r->not_offered);
		} else if (a && a->releases.len && !strv_has(&a->releases, r->codename)) {
			row->why_not = xasprintf("no kernel for %s", a->name);
		}
	}
}

void choices_method(struct wizard *w, struct wizard_rows *out)
{
	(void)w;
	choices_add(out, "bootstrap", "bootstrap",
		    "Packages are unpacked here and configured by the machine itself: no installer.");
	choices_add_later(out, "installer", "installer", "The Debian Installer, by hand or by itself.");
	choices_add_later(out, "image", "image", "An existing image.");
}

void choices_firmware(struct wizard *w, struct wizard_rows *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	struct wizard_row *row;

	row = choices_add(out, "uefi", "UEFI",
			  "Firmware and GRUB start the kernel from the machine's own disk, as hardware does. "
			  "Kernel upgrades need nothing from this host.");
	if (a && !*a->firmware)
		row->why_not = xasprintf("there is no UEFI firmware for %s", a->name);
	else if (a && a->firmware_releases.len && !strv_has(&a->firmware_releases, w->spec.release))
		row->why_not = xasprintf("Debian %s no longer has UEFI firmware for %s", w->spec.release, a->name);
	else if (a)
		wizard_row_text(&row->columns[0], a->firmware);
	row = choices_add(out, "direct", "direct",
			  "QEMU loads the kernel that is on the disk. Faster to boot, above all under "
			  "emulation, and the kernel's command line is yours.");
	if (a)
		wizard_row_text(&row->columns[0], a->kernel);
}

void choices_initrd(struct wizard *w, struct wizard_rows *out)
{
	(void)w;
	choices_add(out, "own", "own", "A small one made by debwiz from the kernel's modules: quicker.");
	choices_add(out, "guest", "guest", "The one that Debian made on the disk.");
}

void choices_no_yet(struct wizard *w, struct wizard_rows *out)
{
	(void)w;
	choices_add(out, "no", "no", "");
	choices_add_later(out, "yes", "yes", "");
}

void choices_mirror(struct wizard *w, struct wizard_rows *out)
{
	const struct strv *list = catalog_mirrors(w->conf.catalog);

	choices_add(out, "auto", "auto", "What this host itself uses, where it is Debian's; else Debian's own.");
	for (size_t i = 0; i < list->len; i++)
		wizard_rows_add(out, list->items[i], NULL);
}

void choices_component(struct wizard *w, struct wizard_rows *out)
{
	(void)w;
	choices_add(out, "main", "main", "Debian itself.");
	choices_add(out, "contrib", "contrib", "Free software that needs something that is not.");
	choices_add(out, "non-free", "non-free", "Software that is not free.");
	choices_add(out, "non-free-firmware", "non-free-firmware", "Firmware of devices that is not free.");
}

void choices_accel(struct wizard *w, struct wizard_rows *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	const char *const *words = field_find("cpu", "accel")->column.choices;
	const char *machine = w->offers->host->machine;
	bool native = a && machine && strv_has(&a->native_hosts, machine);

	choices_add(out, "auto", "auto", "What works here: it is tried before it is trusted.");
	choices_add(out, "tcg", "tcg (emulation)", "Runs everywhere, and is slower.");
	for (size_t i = 2; words[i]; i++) {
		struct wizard_row *row;

		if (!a || !strv_has(&a->accels, words[i]))
			continue;
		row = choices_add(out, words[i], words[i], "");
		if (!native)
			row->why_not = xasprintf("this host's processor (%s) does not run %s",
						 machine ? machine : "unknown", a->name);
	}
}

void choices_cpu(struct wizard *w, struct wizard_rows *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	char *note =
		a ? xasprintf("%s under emulation, this host's own where it accelerates.", a->cpu_tcg) : xstrdup("");

	choices_add(out, "auto", "auto", note);
	free(note);
	for (size_t i = 0; a && i < a->cpu_models.len; i++)
		wizard_rows_add(out, a->cpu_models.items[i], NULL);
}

void choices_bus(struct wizard *w, struct wizard_rows *out)
{
	(void)w;
	choices_add(out, "virtio", "virtio", "The quick one; the guest calls it vda.");
	choices_add(out, "scsi", "scsi", "virtio-scsi; the guest calls it sda.");
}

void choices_cache(struct wizard *w, struct wizard_rows *out)
{
	(void)w;
	choices_add(out, "writeback", "writeback", "Safe and quick.");
	choices_add(out, "none", "none", "Past this host's page cache.");
	choices_add(out, "unsafe", "unsafe", "Does not wait for the disk: a power cut may cost the machine.");
}

void choices_format(struct wizard *w, struct wizard_rows *out)
{
	(void)w;
	choices_add(out, "qcow2", "qcow2", "Only written blocks take space; the second machine is ready immediately.");
	choices_add_later(out, "raw", "raw", "");
}

void choices_network(struct wizard *w, struct wizard_rows *out)
{
	(void)w;
	choices_add(out, "user", "user", "The machine reaches out through this host, without root.");
	choices_add(out, "none", "none", "No network at all.");
	choices_add_later(out, "bridge", "bridge", "");
	choices_add_later(out, "tap", "tap", "");
}

static void choices_add_forward(struct wizard_rows *out, const char *value, const char *label, const char *note)
{
	wizard_row_text(&choices_add(out, value, label, note)->columns[0], value);
}

void choices_forward(struct wizard *w, struct wizard_rows *out)
{
	uint16_t web = 8080;

	while (web < 8180 && !w->offers->port_free(w->offers->arg, "127.0.0.1", web))
		web++;
	choices_add_forward(out, "127.0.0.1:auto:22", "SSH", "A free port of this host, found at each start.");
	if (w->offers->port_free(w->offers->arg, "127.0.0.1", 2222))
		choices_add_forward(out, "127.0.0.1:2222:22", "SSH on 2222", "Always the same port; it is free now.");
	if (web < 8180) {
		char *item = xasprintf("127.0.0.1:%u:80", (unsigned)web);

		choices_add_forward(out, item, "Web server", "A free port of this host to the machine's port 80.");
		free(item);
	}
}

void choices_display(struct wizard *w, struct wizard_rows *out)
{
	(void)w;
	choices_add(out, "none", "none", "The serial console is all that a build machine needs.");
	choices_add(out, "gtk", "gtk", "A window on this host.");
	choices_add(out, "vnc", "vnc", "A screen for a VNC viewer on this host.");
	choices_add_later(out, "spice", "spice", "");
}

void choices_keys(struct wizard *w, struct wizard_rows *out)
{
	w->offers->ssh_keys(w->offers->arg, out);
}

void choices_locale(struct wizard *w, struct wizard_rows *out)
{
	w->offers->locales(w->offers->arg, out);
}

void choices_timezone(struct wizard *w, struct wizard_rows *out)
{
	w->offers->timezones(w->offers->arg, out);
}

void choices_keyboard(struct wizard *w, struct wizard_rows *out)
{
	static const char *const layouts[][2] = {
		{"us", "English (US)"}, {"gb", "English (UK)"}, {"de", "German"},     {"fr", "French"},
		{"es", "Spanish"},	{"it", "Italian"},	{"pt", "Portuguese"}, {"br", "Portuguese (Brazil)"},
		{"nl", "Dutch"},	{"se", "Swedish"},	{"no", "Norwegian"},  {"dk", "Danish"},
		{"fi", "Finnish"},	{"pl", "Polish"},	{"cz", "Czech"},      {"ch", "Swiss"},
		{"ru", "Russian"},	{"jp", "Japanese"},
	};

	(void)w;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		wizard_row_text(&wizard_rows_add(out, layouts[i][0], NULL)->columns[0], layouts[i][1]);
}

void choices_profile(struct wizard *w, struct wizard_rows *out)
{
	const struct catalog_profile *p;

	for (size_t i = 0; (p = catalog_profile_next(w->conf.catalog, &i));)
		if (!p->hidden)
			wizard_row_text(&wizard_rows_add(out, p->name, NULL)->columns[0], p->title);
}
