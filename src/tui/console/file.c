/* SPDX-License-Identifier: MIT */
/* console_file: what is saved to a file, and a file that is typed into the guest; see console.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "pane.h"
#include "tui/toolkit/app.h"

#define SEND_MAX (1024 * 1024)
#define CHUNK 512
#define RETRY_MS 100

/* A write is on its way on another thread; it outlives the pane where that is left. */
struct saving {
	struct screen *screen;
	struct app *app;
	char *path;
	struct buf text;
	struct err e;
};

static void file_save_work(void *arg)
{
	struct saving *s = arg;

	file_write(s->path, s->text.data, s->text.len, 0600, &s->e);
}

static void file_save_end(void *arg)
{
	struct saving *s = arg;
	struct pane *p = pane_find(s->app, s->screen);

	if (p && s->e.kind)
		pane_say(p, ROLE_BAD, "%s", s->e.text);
	else if (p)
		pane_say(p, ROLE_GOOD, "Saved: %s", s->path);
	err_fini(&s->e);
	buf_fini(&s->text);
	free(s->path);
	free(s);
}

static void file_save_done(struct pane *p, const char *name)
{
	char *path = name && *name ? file_absolute(name) : NULL;
	struct saving *s;

	if (path && file_exists(path)) {
		pane_say(p, ROLE_WARN, "%s already exists: nothing was written", name);
	} else if (path) {
		s = xcalloc(1, sizeof(*s));
		s->screen = p->screen;
		s->app = p->screen->app;
		s->path = path;
		path = NULL;
		buf_init(&s->text, 0);
		buf_adds(&s->text, p->to_save);
		loop_work(app_loop(s->app), file_save_work, file_save_end, s);
	}
	free(path);
	free(p->to_save);
	p->to_save = NULL;
}

static void file_ask_name(struct pane *p, const char *what)
{
	char *name = xasprintf("%s-%s.txt", p->name, what);

	free(p->to_save);
	p->to_save = buf_steal(&p->gather.text);
	pane_ask(p, "Save to: ", name, NULL, file_save_done);
	free(name);
}

void pane_save_text(struct pane *p)
{
	file_ask_name(p, "part");
}

static void file_on_screen(struct pane *p)
{
	file_ask_name(p, "screen");
}

static void file_on_log(struct pane *p)
{
	file_ask_name(p, "log");
}

void pane_save_screen(struct pane *p)
{
	const struct view *v = attach_view(p->attach);
	uint64_t from = p->looking ? p->top : v->end;
	uint64_t rows = p->looking ? (uint64_t)pane_rows(p) : (uint64_t)v->rows;

	pane_gather(p, (struct pane_place){from, 0}, (struct pane_place){from + rows, 0}, file_on_screen);
}

void pane_save_log(struct pane *p)
{
	const struct view *v = attach_view(p->attach);

	pane_gather(p, (struct pane_place){v->first, 0}, (struct pane_place){v->end + (uint64_t)v->rows, 0},
		    file_on_log);
}

/* Sending */

struct pane_sender {
	struct screen *screen;
	struct app *app;
	char *path;
	struct buf text;
	size_t at, some; /* sent; in the piece that is on its way */
	struct err e;
	struct loop_timer *timer;
	bool stopped; /* the pane wants no more of it */
};

static void file_sender_free(struct pane_sender *s)
{
	loop_timer_stop(s->timer);
	err_fini(&s->e);
	buf_fini(&s->text);
	free(s->path);
	free(s);
}

static void file_send_next(struct pane *p);

static void file_on_retry(void *arg)
{
	struct pane *p = arg;

	loop_timer_stop(p->sender->timer);
	p->sender->timer = NULL;
	file_send_next(p);
}

static void file_on_sent(const struct err *e, const json_t *answer, void *arg)
{
	struct pane *p = arg;
	struct pane_sender *s = p->sender;

	(void)answer;
	if (!s)
		return;
	if (!e) {
		s->at += s->some;
		file_send_next(p);
	} else if (!strcmp(e->id, "not-taken")) { /* the guest is slower than we are */
		s->timer = loop_timer_start(app_loop(s->app), RETRY_MS, 0, file_on_retry, p);
	} else {
		pane_say(p, ROLE_BAD, "%s was sent up to byte %zu: %s", s->path, s->at, e->text);
		pane_send_stop(p);
	}
}

static void file_send_next(struct pane *p)
{
	struct pane_sender *s = p->sender;

	s->some = s->text.len - s->at < CHUNK ? s->text.len - s->at : CHUNK;
	while (s->at + s->some < s->text.len && s->some > 1 &&
	       ((unsigned char)s->text.data[s->at + s->some] & 0xc0) == 0x80)
		s->some--;
	if (!s->some) {
		pane_say(p, ROLE_GOOD, "Sent: %s, %zu bytes", s->path, s->at);
		pane_send_stop(p);
		return;
	}
	pane_say(p, ROLE_WORK, "Sending %s: %zu of %zu bytes", s->path, s->at, s->text.len);
	attach_paste(p->attach, s->text.data + s->at, s->some, file_on_sent, p);
}

static void file_read_work(void *arg)
{
	struct pane_sender *s = arg;

	file_read(s->path, SEND_MAX, &s->text, &s->e);
}

static void file_read_end(void *arg)
{
	struct pane_sender *s = arg;
	struct pane *p = s->stopped ? NULL : pane_find(s->app, s->screen);

	if (!p || p->cause || p->sender) {
		file_sender_free(s);
	} else if (s->e.kind) {
		pane_say(p, ROLE_BAD, "%s", s->e.text);
		file_sender_free(s);
	} else {
		p->sender = s;
		file_send_next(p);
	}
}

static struct pane_sender *file_sender_new(struct pane *p, char *path)
{
	struct pane_sender *s = xcalloc(1, sizeof(*s));

	s->screen = p->screen;
	s->app = p->screen->app;
	s->path = path;
	buf_init(&s->text, 0);
	return s;
}

static void file_send_done(struct pane *p, const char *name)
{
	if (name && *name)
		loop_work(app_loop(p->screen->app), file_read_work, file_read_end,
			  file_sender_new(p, file_absolute(name)));
}

static bool file_is_sending(struct pane *p)
{
	if (p->sender)
		pane_say(p, ROLE_WARN, "%s is being sent still; Esc gives it up", p->sender->path);
	return p->sender != NULL;
}

void pane_send_file(struct pane *p)
{
	if (!file_is_sending(p))
		pane_ask(p, "Type a file into the guest: ", "", NULL, file_send_done);
}

void pane_send_text(struct pane *p, const char *what, const char *text)
{
	if (file_is_sending(p))
		return;
	p->sender = file_sender_new(p, xstrdup(what));
	buf_adds(&p->sender->text, text);
	file_send_next(p);
}

void pane_send_stop(struct pane *p)
{
	if (p->sender)
		file_sender_free(p->sender);
	p->sender = NULL;
}
