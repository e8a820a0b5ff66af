/* SPDX-License-Identifier: MIT */
/* agree: shows what a file would run or expose, and starts the work if the user agrees. */
#include "agree.h"

#include <stdlib.h>

#include "base/mem.h"
#include "machine/trust.h"
#include "session/words.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"

struct agreement {
	struct app *app;
	char *ref;
	struct spec spec; /* as it was shown: only that is agreed to, whatever the file contains by then */
	enum progress_goal goal;
};

static void agree_free(void *arg)
{
	struct agreement *a = arg;

	spec_fini(&a->spec);
	free(a->ref);
	free(a);
}

static void agree_on_agreed(size_t choice, void *arg)
{
	struct agreement *a = arg;
	AUTO_ERR struct err e = ERR_INIT;

	if (choice == 1 &&
	    (trust_agree(app_store(a->app), &a->spec, &e) < 0 || !screen_progress(a->app, a->ref, a->goal, &e)))
		dialog_error(a->app, "Not possible", &e);
	agree_free(a);
}

struct screen *agree_ask(struct app *app, const char *ref, enum progress_goal goal, struct err *e)
{
	static const char *const choices[] = {"No", "Agree"};
	struct agreement *a = xcalloc(1, sizeof(*a));
	struct dialog_question q = {
		.title = "Another user's file?",
		.choices = choices,
		.count = 2,
		.role = ROLE_WARN,
		.answer = agree_on_agreed,
		.gone = agree_free,
		.arg = a,
	};
	struct screen *s;
	char *words;

	err_fini(e);
	*a = (struct agreement){.app = app, .ref = xstrdup(ref), .goal = goal};
	if (session_read(app_sessions(app)->conf, ref, &a->spec, e) < 0) {
		agree_free(a);
		return NULL;
	}
	words = words_agreement(&a->spec);
	q.text = words;
	s = dialog_ask(app, &q);
	free(words);
	return s;
}
