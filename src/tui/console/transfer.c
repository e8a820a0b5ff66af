/* SPDX-License-Identifier: MIT */
/* transfer: writes and reads files on a pool thread, and sends in pieces that the guest takes. */
#include "transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "scrollback.h"

#define SEND_MAX (1024 * 1024)
#define CHUNK 512
#define RETRY_MS 100

struct transfer {
	struct pane *pane;
	struct transfer_sender *sender; /* NULL: nothing is being sent */
	char *to_save;			/* a text that waits for a file's name */
};

struct transfer *transfer_new(struct pane *p)
{
	struct transfer *t = xcalloc(1, sizeof(*t));

	t->pane = p;
	return t;
}

/* ---- saving ---- */

/* A write on another thread, which outlives the pane if that is left. */
struct transfer_save {
	struct screen *screen;
	struct app *app;
	char *path;
	struct buf text;
	struct err e;
};

static void transfer_save_work(void *arg)
{
	struct transfer_save *s = arg;

	file_write(s->path, s->text.data, s->text.len, 0600, &s->e);
}

static void transfer_save_end(void *arg)
{
	struct transfer_save *s = arg;
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

static void transfer_save_done(struct pane *p, const char *name)
{
	struct transfer *t = pane_transfer(p);
	char *path = name && *name ? file_absolute(name) : NULL;
	struct transfer_save *s;

	if (path && file_exists(path)) {
		pane_say(p, ROLE_WARN, "%s already exists: nothing was written", name);
	} else if (path) {
		s = xcalloc(1, sizeof(*s));
		s->screen = pane_screen(p);
		s->app = pane_app(p);
		s->path = path;
		path = NULL;
		buf_init(&s->text, 0);
		buf_adds(&s->text, t->to_save);
		loop_work(app_loop(s->app), transfer_save_work, transfer_save_end, s);
	}
	free(path);
	free(t->to_save);
	t->to_save = NULL;
}

static void transfer_ask_name(struct pane *p, const char *what, char *text)
{
	struct transfer *t = pane_transfer(p);
	AUTO_FREE char *name = xasprintf("%s-%s.txt", pane_name(p), what);

	free(t->to_save);
	t->to_save = text;
	pane_ask(p, "Save to: ", name, NULL, transfer_save_done);
}

void transfer_save_text(struct pane *p, char *text)
{
	transfer_ask_name(p, "part", text);
}

static void transfer_on_screen(struct pane *p, char *text)
{
	transfer_ask_name(p, "screen", text);
}

static void transfer_on_log(struct pane *p, char *text)
{
	transfer_ask_name(p, "log", text);
}

void transfer_save_screen(struct pane *p)
{
	const struct view *v = attach_view(pane_attach(p));
	struct scrollback *s = pane_scrollback(p);
	bool open = scrollback_is_open(s);
	uint64_t from = open ? scrollback_top(s) : v->end;
	uint64_t rows = open ? (uint64_t)pane_rows(p) : (uint64_t)v->rows;

	scrollback_read(s, (struct scrollback_place){from, 0}, (struct scrollback_place){from + rows, 0},
			transfer_on_screen);
}

void transfer_save_log(struct pane *p)
{
	const struct view *v = attach_view(pane_attach(p));

	scrollback_read(pane_scrollback(p), (struct scrollback_place){v->first, 0},
			(struct scrollback_place){v->end + (uint64_t)v->rows, 0}, transfer_on_log);
}

/* ---- sending ---- */

struct transfer_sender {
	struct screen *screen;
	struct app *app;
	char *path;
	struct buf text;
	size_t at, piece; /* bytes sent; of the piece that is on its way */
	struct err e;
	struct loop_timer *timer;
};

static void transfer_free_sender(struct transfer_sender *s)
{
	loop_timer_stop(s->timer);
	err_fini(&s->e);
	buf_fini(&s->text);
	free(s->path);
	free(s);
}

static void transfer_send_next(struct pane *p);

static void transfer_on_retry(void *arg)
{
	struct pane *p = arg;
	struct transfer_sender *s = pane_transfer(p)->sender;

	loop_timer_stop(s->timer);
	s->timer = NULL;
	transfer_send_next(p);
}

static void transfer_on_sent(const struct err *e, const json_t *answer, void *arg)
{
	struct pane *p = arg;
	struct transfer_sender *s = pane_transfer(p)->sender;

	(void)answer;
	if (!s)
		return;
	if (!e) {
		s->at += s->piece;
		transfer_send_next(p);
	} else if (!strcmp(e->id, "not-taken")) { /* the guest is slower than we are */
		s->timer = loop_timer_start(app_loop(s->app), RETRY_MS, 0, transfer_on_retry, p);
	} else {
		pane_say(p, ROLE_BAD, "%s was sent up to byte %zu: %s", s->path, s->at, e->text);
		transfer_stop(pane_transfer(p));
	}
}

static void transfer_send_next(struct pane *p)
{
	struct transfer_sender *s = pane_transfer(p)->sender;
	char bytes[SIZE_TEXT];

	s->piece = s->text.len - s->at < CHUNK ? s->text.len - s->at : CHUNK;
	while (s->at + s->piece < s->text.len && s->piece > 1 &&
	       ((unsigned char)s->text.data[s->at + s->piece] & 0xc0) == 0x80)
		s->piece--;
	if (!s->piece) {
		pane_say(p, ROLE_GOOD, "Sent: %s, %s", s->path, count_human(s->at, "byte", bytes));
		transfer_stop(pane_transfer(p));
		return;
	}
	pane_say(p, ROLE_WORK, "Sending %s: %zu of %s", s->path, s->at, count_human(s->text.len, "byte", bytes));
	attach_paste(pane_attach(p), s->text.data + s->at, s->piece, transfer_on_sent, p);
}

static void transfer_read_work(void *arg)
{
	struct transfer_sender *s = arg;

	file_read(s->path, SEND_MAX, &s->text, &s->e);
}

static void transfer_read_end(void *arg)
{
	struct transfer_sender *s = arg;
	struct pane *p = pane_find(s->app, s->screen);

	if (!p || pane_has_exited(p) || pane_transfer(p)->sender) {
		transfer_free_sender(s);
	} else if (s->e.kind) {
		pane_say(p, ROLE_BAD, "%s", s->e.text);
		transfer_free_sender(s);
	} else {
		pane_transfer(p)->sender = s;
		transfer_send_next(p);
	}
}

static struct transfer_sender *transfer_new_sender(struct pane *p, char *path)
{
	struct transfer_sender *s = xcalloc(1, sizeof(*s));

	s->screen = pane_screen(p);
	s->app = pane_app(p);
	s->path = path;
	buf_init(&s->text, 0);
	return s;
}

static void transfer_send_done(struct pane *p, const char *name)
{
	if (name && *name)
		loop_work(app_loop(pane_app(p)), transfer_read_work, transfer_read_end,
			  transfer_new_sender(p, file_absolute(name)));
}

/* Whether something is being sent, which a message says. */
static bool transfer_is_busy(struct pane *p)
{
	const struct transfer_sender *s = pane_transfer(p)->sender;

	if (s)
		pane_say(p, ROLE_WARN, "%s is still being sent; Esc stops it", s->path);
	return s;
}

void transfer_send_file(struct pane *p)
{
	if (!transfer_is_busy(p))
		pane_ask(p, "Type a file into the guest: ", "", NULL, transfer_send_done);
}

void transfer_send_text(struct pane *p, const char *what, const char *text)
{
	struct transfer_sender *s;

	if (transfer_is_busy(p))
		return;
	s = transfer_new_sender(p, xstrdup(what));
	buf_adds(&s->text, text);
	pane_transfer(p)->sender = s;
	transfer_send_next(p);
}

bool transfer_is_sending(const struct transfer *t)
{
	return t->sender;
}

void transfer_stop(struct transfer *t)
{
	if (t->sender)
		transfer_free_sender(t->sender);
	t->sender = NULL;
}

void transfer_free(struct transfer *t)
{
	transfer_stop(t);
	free(t->to_save);
	free(t);
}
