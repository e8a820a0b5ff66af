/* SPDX-License-Identifier: MIT */
/* offers: the offers of this host and its mirror: immediate ones, and the life cycle of requests. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/usb.h"
#include "image/disk.h"
#include "machine/run.h"
#include "request.h"
#include "spec/risk.h"

/* ---- immediate ---- */

static bool offers_name_taken(void *arg, const char *name)
{
	struct host_offers *o = arg;
	AUTO_FREE char *dir = store_machine_dir(o->conf.store, name);
	AUTO_FREE char *ini = store_saved_ini(o->conf.store, name);
	bool taken = file_exists(dir) || file_exists(ini);

	return taken;
}

static char *offers_save_path(void *arg, const char *name)
{
	const struct host_offers *o = arg;

	return store_saved_ini(o->conf.store, name);
}

/* Lists the keys, with ~ for the home folder so that the INI file is also valid on other hosts. */
static void offers_ssh_keys(void *arg, struct choices *out)
{
	AUTO_STRV struct strv keys = STRV_INIT;
	AUTO_FREE char *home = host_expand("~/");

	(void)arg;
	host_ssh_keys(&keys);
	for (size_t i = 0; i < keys.len; i++) {
		size_t n = strlen(home);
		bool below = n > 1 && !strncmp(keys.items[i], home, n);
		char *value = xasprintf("%s%s", below ? "~/" : "", keys.items[i] + (below ? n : 0));

		choices_add(out, value, NULL);
		free(value);
	}
}

static void offers_usb_devices(void *arg, struct choices *out)
{
	struct host_usb u;

	(void)arg;
	host_usb_list("", &u);
	for (size_t i = 0; i < u.len; i++) {
		const struct host_usb_device *d = &u.items[i];
		AUTO_FREE char *value = xasprintf("%04x:%04x", (unsigned)d->vendor, (unsigned)d->product);
		AUTO_FREE char *place = xasprintf("at %s", d->place);
		struct choice *row = choices_add(out, value, *d->name ? d->name : NULL);

		choice_text(&row->columns[0], place);
		if (!d->permitted)
			choice_text(&row->note,
				    "You may not use it yet: at the start debwiz reports the udev rule that "
				    "permits it.");
	}
	host_usb_fini(&u);
}

static void offers_add_all(struct strv *list, struct choices *out)
{
	for (size_t i = 0; i < list->len; i++)
		choices_add(out, list->items[i], NULL);
	strv_fini(list);
}

static void offers_timezones(void *arg, struct choices *out)
{
	struct strv list = STRV_INIT;

	(void)arg;
	host_timezones(&list);
	offers_add_all(&list, out);
}

static void offers_locales(void *arg, struct choices *out)
{
	struct strv list = STRV_INIT;

	(void)arg;
	host_locales(&list);
	offers_add_all(&list, out);
}

static bool offers_port_free(void *arg, const char *ip, uint16_t port)
{
	(void)arg;
	return host_port_free(ip, port);
}

static uint64_t offers_free_space(void *arg, char **dir)
{
	const struct host_offers *o = arg;
	uint64_t room = 0;

	*dir = xstrdup(o->conf.store->data_dir);
	return host_free_space(o->conf.store->data_dir, &room, NULL) < 0 ? 0 : room;
}

static void offers_made(void *arg, const char *name, struct wizard_existing *out)
{
	const struct host_offers *o = arg;
	AUTO_FREE char *dir = store_machine_dir(o->conf.store, name);
	AUTO_FREE char *disk = file_join(dir, "disk.qcow2");
	struct disk_info info;
	struct vm_run run;

	*out = (struct wizard_existing){.disk = 0};
	if (file_exists(disk)) {
		out->disk = 1; /* exists, and is broken */
		if (disk_check(disk, &info, NULL) == 0) {
			out->disk = info.size;
			out->snapshots = info.snapshots;
		}
	}
	if (vm_run_read(dir, &run, NULL) == 0) {
		out->running = run.alive;
		out->suspended = run.state == VM_SUSPENDED;
	}
	vm_run_fini(&run);
}

/* ---- requests ---- */

static void offers_free_if_idle(struct host_offers *o)
{
	if (!o->ending || o->pending || !open_archive_is_idle(o->archive))
		return;
	open_archive_free(o->archive);
	offers_releases_forget(o);
	host_facts_fini(&o->host);
	free(o);
}

void request_end(struct wizard_request *r)
{
	struct host_offers *o = r->o;

	if (!r->cancelled)
		r->done(r->err.kind ? NULL : &r->rows, r->err.kind ? &r->err : NULL, r->done_arg);
	loop_timer_stop(r->timer);
	choices_fini(&r->rows);
	err_fini(&r->err);
	spec_fini(&r->spec);
	free(r->query);
	free(r->key);
	free(r);
	o->pending--;
	open_archive_step(o);
	offers_free_if_idle(o);
}

static void offers_end_now(void *arg)
{
	request_end(arg);
}

void request_end_later(struct wizard_request *r)
{
	r->timer = loop_timer_start(r->o->conf.loop, 0, 0, offers_end_now, r);
}

static struct wizard_request *offers_ask(void *arg, enum wizard_topic topic, const struct spec *s, const char *query,
					 wizard_answer_fn done, void *done_arg)
{
	static void (*const starts[WIZARD_TOPIC_COUNT])(struct wizard_request * r) = {
		[WIZARD_ARCHES] = offers_arches,	  [WIZARD_RELEASES] = offers_releases,
		[WIZARD_FIRMWARE] = open_archive_request, [WIZARD_PACKAGES] = open_archive_request,
		[WIZARD_ESTIMATE] = offers_estimate,	  [WIZARD_COMMAND] = offers_command,
	};
	struct host_offers *o = arg;
	struct wizard_request *r = xcalloc(1, sizeof(*r));

	r->o = o;
	r->topic = topic;
	spec_copy(&r->spec, s);
	/* keys that the user has not agreed to must not verify anything yet */
	if (risks_check(&r->spec, "mirror", "keyring", NULL) < 0)
		choice_text(&r->spec.keyring, "");
	r->query = xstrdup(query);
	r->done = done;
	r->done_arg = done_arg;
	o->pending++;
	starts[topic](r);
	return r;
}

static void offers_cancel(void *arg, struct wizard_request *r)
{
	(void)arg;
	r->cancelled = true;
	if (r->op)
		archive_cancel(r->op); /* the callback ends it soon */
	else if (open_archive_withdraw(r))
		request_end(r);
}

struct host_offers *host_offers_new(const struct host_offers_conf *conf)
{
	struct host_offers *o = xcalloc(1, sizeof(*o));

	o->conf = *conf;
	host_facts_get(&o->host);
	o->archive = open_archive_new(o);
	o->offers = (struct wizard_offers){
		.host = &o->host,
		.arg = o,
		.name_taken = offers_name_taken,
		.save_path = offers_save_path,
		.ssh_keys = offers_ssh_keys,
		.usb_devices = offers_usb_devices,
		.timezones = offers_timezones,
		.locales = offers_locales,
		.port_free = offers_port_free,
		.free_space = offers_free_space,
		.made = offers_made,
		.ask = offers_ask,
		.cancel = offers_cancel,
	};
	return o;
}

const struct wizard_offers *host_offers_get(const struct host_offers *o)
{
	return &o->offers;
}

void host_offers_free(struct host_offers *o)
{
	if (!o)
		return;
	o->ending = true;
	open_archive_cancel(o->archive);
	offers_free_if_idle(o);
}
