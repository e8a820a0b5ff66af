/* SPDX-License-Identifier: MIT */
/* wizard_fake: offers of a made-up host, which answer when the test calls for it. */
#ifndef TESTS_UNIT_WIZARD_FAKE_H
#define TESTS_UNIT_WIZARD_FAKE_H

#include "../lib/check.h"

#include "base/mem.h"
#include "wizard/wizard.h"

struct wizard_request {
	enum wizard_topic topic;
	char *query;
	wizard_answer_fn done;
	void *done_arg;
};

struct fake {
	struct wizard_offers offers;
	struct host_facts host;
	struct catalog *catalog;
	struct wizard_conf conf;
	char *dir;
	struct strv taken;	     /* names */
	struct wizard_existing made; /* every machine */
	uint16_t busy_port;
	uint64_t room;
	struct wizard_request *open[WIZARD_TOPIC_COUNT];
	unsigned asked[WIZARD_TOPIC_COUNT], cancelled;
	unsigned changed;
};

static bool fake_taken(void *arg, const char *name)
{
	return strv_has(&((struct fake *)arg)->taken, name);
}

static char *fake_path(void *arg, const char *name)
{
	return xasprintf("%s/%s.ini", ((struct fake *)arg)->dir, name);
}

static void fake_keys(void *arg, struct choices *out)
{
	(void)arg;
	choices_add(out, "~/.ssh/id_ed25519.pub", NULL);
}

static void fake_usb_devices(void *arg, struct choices *out)
{
	(void)arg;
	choices_add(out, "0403:6001", "FTDI FT232R USB UART");
}

static void fake_words(void *arg, struct choices *out)
{
	(void)arg;
	choices_add(out, "Etc/UTC", NULL);
	choices_add(out, "Europe/Berlin", NULL);
}

static bool fake_port(void *arg, const char *ip, uint16_t port)
{
	(void)ip;
	return port != ((struct fake *)arg)->busy_port;
}

static uint64_t fake_space(void *arg, char **dir)
{
	*dir = xstrdup("/data");
	return ((struct fake *)arg)->room;
}

static void fake_made(void *arg, const char *name, struct wizard_existing *out)
{
	(void)name;
	*out = ((struct fake *)arg)->made;
}

static void fake_end(struct fake *f, struct wizard_request *r)
{
	if (f->open[r->topic] == r)
		f->open[r->topic] = NULL;
	free(r->query);
	free(r);
}

static struct wizard_request *fake_ask(void *arg, enum wizard_topic topic, const struct spec *s, const char *query,
				       wizard_answer_fn done, void *done_arg)
{
	struct fake *f = arg;
	struct wizard_request *r = xcalloc(1, sizeof(*r));

	(void)s;
	*r = (struct wizard_request){topic, xstrdup(query), done, done_arg};
	assert_null(f->open[topic]); /* one at a time */
	f->open[topic] = r;
	f->asked[topic]++;
	return r;
}

static void fake_cancel(void *arg, struct wizard_request *r)
{
	struct fake *f = arg;

	f->cancelled++;
	fake_end(f, r);
}

/* Answers an open request with one row of that value, or with an error (value NULL). */
static inline void fake_answer(struct fake *f, enum wizard_topic topic, const char *value, const char *why_not,
			       const char *note)
{
	struct wizard_request *r = f->open[topic];
	struct choices rows = {.items = NULL};
	struct err e = ERR_INIT;

	assert_non_null(r);
	f->open[topic] = NULL;
	if (value) {
		choice_text(&choices_add(&rows, value, NULL)->why_not, why_not);
		rows.note = xstrdup(note);
		r->done(&rows, NULL, r->done_arg);
		assert_null(rows.items); /* taken over */
	} else {
		err_set(&e, ERR_NETWORK, "http", "%s", note);
		r->done(NULL, &e, r->done_arg);
		err_fini(&e);
	}
	fake_end(f, r);
}

static void fake_changed(void *arg)
{
	((struct fake *)arg)->changed++;
}

static inline struct fake *fake_new(void)
{
	struct fake *f = xcalloc(1, sizeof(*f));

	f->dir = check_tmpdir();
	f->host = (struct host_facts){.os = "Linux",
				      .machine = "x86_64",
				      .kernel = "6.1",
				      .cpus = 2,
				      .memory = 8ULL << 30,
				      .user = "ann",
				      .timezone = "Europe/Berlin",
				      .locale = "C.UTF-8",
				      .package_manager = "apt"};
	f->room = 80ULL << 30;
	f->catalog = catalog_new(NULL);
	f->offers = (struct wizard_offers){
		.host = &f->host,
		.arg = f,
		.name_taken = fake_taken,
		.save_path = fake_path,
		.ssh_keys = fake_keys,
		.usb_devices = fake_usb_devices,
		.timezones = fake_words,
		.locales = fake_words,
		.port_free = fake_port,
		.free_space = fake_space,
		.made = fake_made,
		.ask = fake_ask,
		.cancel = fake_cancel,
	};
	f->conf = (struct wizard_conf){.catalog = f->catalog, .offers = &f->offers, .changed = fake_changed, .arg = f};
	return f;
}

static inline void fake_free(struct fake *f)
{
	for (size_t i = 0; i < WIZARD_TOPIC_COUNT; i++)
		assert_null(f->open[i]);
	strv_fini(&f->taken);
	catalog_free(f->catalog);
	check_rmdir(f->dir);
	free(f);
}

/* ---- what tests ask ---- */

static inline const char *text_of(struct wizard *w, const char *id)
{
	const struct wizard_question *q = wizard_question(w, id);

	assert_non_null(q);
	return wizard_text(w, q);
}

static inline int answer(struct wizard *w, const char *id, const char *text)
{
	return wizard_set(w, wizard_question(w, id), text, NULL);
}

static inline const char *wrong_of(struct wizard *w, const char *id)
{
	return wizard_wrong(w, wizard_question(w, id));
}

static inline bool applies(struct wizard *w, const char *id)
{
	const struct wizard_question *want = wizard_question(w, id);
	const struct wizard_question *q = NULL;

	while ((q = wizard_question_next(w, want->page, q)))
		if (q == want)
			return true;
	return false;
}

/* The record must read back as it is. */
static inline char *ini_of(struct wizard *w)
{
	struct err e = ERR_INIT;
	char *text = wizard_ini(w, NULL, NULL, NULL, &e);

	if (!text)
		fail_msg("%s", e.text);
	return text;
}

#endif
