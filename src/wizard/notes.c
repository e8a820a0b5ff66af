/* SPDX-License-Identifier: MIT */
/* notes: the one line under a field: what its answer means on this host. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/facts.h"
#include "host/paths.h"
#include "private.h"

void note_row(struct wizard *w, struct buf *out, const char *id)
{
	struct wizard_list l = wizard_options(w, wizard_question(w, id));

	if (l.current < l.len)
		buf_adds(out, l.rows[l.current].note);
}

void note_name(struct wizard *w, struct buf *out)
{
	char *path = host_short(wizard_path(w));

	buf_addf(out, "Its file is %s.", path);
	free(path);
}

void note_arch(struct wizard *w, struct buf *out)
{
	note_row(w, out, "machine.arch");
}

void note_release(struct wizard *w, struct buf *out)
{
	struct wizard_list l = wizard_options(w, wizard_question(w, "machine.release"));

	if (l.current < l.len && *l.rows[l.current].note)
		buf_adds(out, l.rows[l.current].note);
	else
		buf_adds(out, l.note);
}

void note_firmware(struct wizard *w, struct buf *out)
{
	note_row(w, out, "firmware.mode");
}

void note_accel(struct wizard *w, struct buf *out)
{
	note_row(w, out, "cpu.accel");
}

void note_cpu(struct wizard *w, struct buf *out)
{
	note_row(w, out, "cpu.model");
}

void note_count(struct wizard *w, struct buf *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	unsigned host = w->offers->host->cpus;

	buf_addf(out, "This host has %u", host);
	if (a)
		buf_addf(out, "; %s takes at most %u", a->name, a->max_cpus);
	buf_addc(out, '.');
}

void note_memory(struct wizard *w, struct buf *out)
{
	const struct catalog_arch *a = wizard_arch(w);
	char host[SIZE_TEXT];
	char most[SIZE_TEXT];
	uint64_t max = a ? a->max_memory : 0;

	if (a && w->spec.firmware == SPEC_UEFI && a->firmware_max_memory)
		max = a->firmware_max_memory;
	buf_addf(out, "This host has %s", size_human(w->offers->host->memory, host));
	if (max)
		buf_addf(out, "; %s%s takes at most %s", a->name,
			 w->spec.firmware == SPEC_UEFI && a->firmware_max_memory ? " by UEFI" : "",
			 size_format(max, most));
	buf_addc(out, '.');
}

void note_disk(struct wizard *w, struct buf *out)
{
	char *dir = NULL;
	uint64_t room = w->offers->free_space(w->offers->arg, &dir);
	char *place = room ? host_short(dir) : NULL;
	char text[SIZE_TEXT];

	if (room)
		buf_addf(out, "Takes about 2 G at first and grows as it is used; %s are free in %s.",
			 size_human(room, text), place);
	free(place);
	free(dir);
}

void note_forward(struct wizard *w, struct buf *out)
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
		buf_adds(out, "Without a forward to port 22, `debwiz ssh` does not reach the machine.");
}

void note_password(struct wizard *w, struct buf *out)
{
	buf_adds(out, *w->spec.password_hash ? "The console and sudo ask for it; ssh takes keys and the password."
					     : "The console logs in by itself, and sudo asks for nothing.");
}

void note_keys(struct wizard *w, struct buf *out)
{
	struct wizard_list l = wizard_options(w, wizard_question(w, "system.ssh_key"));

	if (w->spec.ssh_keys.len)
		buf_addf(out, "%zu file%s, beside the key that debwiz makes.", w->spec.ssh_keys.len,
			 w->spec.ssh_keys.len == 1 ? "" : "s");
	else if (l.len)
		buf_addf(out, "All %zu found in ~/.ssh, beside the key that debwiz makes.", l.len);
	else
		buf_adds(out, "None found in ~/.ssh: the key that debwiz makes is the only one.");
}

void note_packages(struct wizard *w, struct buf *out)
{
	const struct catalog_profile *p = catalog_profile_find(w->conf.catalog, w->spec.profile);

	if (p)
		buf_addf(out, "Beside the %zu of %s, and what they need.", p->packages.len, p->name);
}

void note_hostname(struct wizard *w, struct buf *out)
{
	buf_addf(out, "The machine calls itself %s.", spec_hostname(&w->spec));
}

void note_save(struct wizard *w, struct buf *out)
{
	char *path = host_short(wizard_path(w));

	buf_addf(out, "Writes %s. Nothing outside your own folders is touched.", path);
	free(path);
}
