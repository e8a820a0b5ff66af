/* SPDX-License-Identifier: MIT */
/* agree: shows what a file would run or expose, and starts the work if the user agrees. */
#include "agree.h"

#include <stdlib.h>

#include "base/mem.h"
#include "machine/trust.h"
#include "session/words.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"

struct agreeing {
	struct app *app;
	char *ref;
	struct spec spec; /* as it was shown: that alone is agreed to, whatever the file holds by then */
	enum progress_goal goal;
};

static void agree_agreeing_free(void *arg)
{
	struct agreeing *a = arg;

	spec_fini(&a->spec);
	free(a->ref);
	free(a);
}

static void agree_on_agreed(size_t choice, void *arg)
{
	struct agreeing *a = arg;
	struct err e = ERR_INIT;

	if (choice == 1 &&
	    (trust_agree(app_store(a->app), &a->spec, &e) < 0 || !screen_progress(a->app, a->ref, a->goal, &e)))
		dialog_error(a->app, "Not possible", &e);
	err_fini(&e);
	agree_agreeing_free(a);
}

struct screen *agree_ask(struct app *app, const char *ref, enum progress_goal goal, struct err *e)
{
	static const char *const choices[] = {"No", "Agree"};
	struct agreeing *a = xcalloc(1, sizeof(*a));
	struct dialog_question q = {
		.title = "Another user's file?",
		.choices = choices,
		.count = 2,
		.role = ROLE_WARN,
		.answer = agree_on_agreed,
		.gone = agree_agreeing_free,
		.arg = a,
	};
	struct screen *s;
	char *words;

	err_fini(e);
	*a = (struct agreeing){.app = app, .ref = xstrdup(ref), .goal = goal};
	if (session_read(app_sessions(app)->conf, ref, &a->spec, e) < 0) {
		agree_agreeing_free(a);
		return NULL;
	}
	words = words_agreement(&a->spec);
	q.text = words;
	s = dialog_ask(app, &q);
	free(words);
	return s;
}
