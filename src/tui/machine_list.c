/* SPDX-License-Identifier: MIT */
/* machine_list: reads what there is of each machine, and watches the folders that it comes from. */
#include "machine_list.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/strv.h"
#include "host/file.h"
#include "tui/sessions.h"
#include "tui/toolkit/file_watch.h"

struct machine_list {
	struct app *app;
	struct overview *machines;
	size_t count;
	struct file_watch watch;
};

struct machine_list *machine_list_new(struct app *app, void (*changed)(void *arg), void *arg)
{
	struct machine_list *l = xcalloc(1, sizeof(*l));

	l->app = app;
	file_watch_init(&l->watch, app_loop(app), changed, arg);
	return l;
}

static void machine_list_clear(struct machine_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		overview_fini(&l->machines[i]);
	free(l->machines);
	l->machines = NULL;
	l->count = 0;
	file_watch_clear(&l->watch);
}

void machine_list_free(struct machine_list *l)
{
	machine_list_clear(l);
	file_watch_fini(&l->watch);
	free(l);
}

/* Adds the machines of sessions that run or have failed: they may have left nothing in the store. */
static void machine_list_add_sessions(const struct machine_list *l, struct strv *names)
{
	for (const struct session *s = app_sessions(l->app)->first; s; s = s->next)
		if (s->state == SESSION_FAILED || s->state == SESSION_RUNNING)
			strv_add(names, s->name);
}

void machine_list_refresh(struct machine_list *l)
{
	const struct store *store = app_store(l->app);
	AUTO_STRV struct strv names = STRV_INIT;
	bool alive = false;

	machine_list_clear(l);
	file_watch_add(&l->watch, file_join(store->config_dir, "machines"));
	file_watch_add(&l->watch, file_join(store->data_dir, "machines"));
	store_machines(store, &names);
	machine_list_add_sessions(l, &names);
	strv_sort(&names);
	strv_uniq(&names);
	l->machines = xcalloc(names.len + 1, sizeof(*l->machines));
	for (size_t i = 0; i < names.len; i++) {
		struct overview *m = &l->machines[l->count];

		if (overview_read(store, app_catalog(l->app), names.items[i], m, NULL) < 0) {
			overview_fini(m);
			continue;
		}
		file_watch_add(&l->watch, store_machine_dir(store, names.items[i]));
		alive |= m->run.alive;
		l->count++;
	}
	file_watch_repeat(&l->watch, alive); /* how long it has run is shown */
}

size_t machine_list_count(const struct machine_list *l)
{
	return l->count;
}

const struct overview *machine_list_at(const struct machine_list *l, size_t at)
{
	return at < l->count ? &l->machines[at] : NULL;
}
