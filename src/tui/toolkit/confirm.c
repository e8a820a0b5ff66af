/* SPDX-License-Identifier: MIT */
/* confirm: a question, and if data is lost a picker for the name. */
#include "tui/toolkit/confirm.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/picker.h"

struct confirmation {
	struct app *app;
	char *name;
	bool typed;
	void (*answer)(bool agreed, void *arg);
	void *arg;
};

static void confirm_end(struct confirmation *a, bool agreed)
{
	a->answer(agreed, a->arg);
	free(a->name);
	free(a);
}

static int confirm_take_name(const char *value, char **more, void *arg, struct err *e)
{
	struct confirmation *a = arg;

	(void)more;
	if (strcmp(value, a->name) != 0)
		return err_set(e, ERR_USAGE, "not-confirmed", "that is not its name: %s", a->name);
	a->typed = true;
	return 0;
}

static void confirm_on_typed(void *arg)
{
	struct confirmation *a = arg;

	confirm_end(a, a->typed && !app_has_ended(a->app));
}

static void confirm_on_unanswered(void *arg)
{
	confirm_end(arg, false);
}

static void confirm_on_first(size_t choice, void *arg)
{
	struct confirmation *a = arg;
	struct picker_conf conf = {.title = "Type the machine's name to continue",
				   .types = true,
				   .take = confirm_take_name,
				   .gone = confirm_on_typed,
				   .arg = a};
	char *about;

	if (choice != 1 || !a->name) {
		confirm_end(a, choice == 1);
		return;
	}
	about = xasprintf("Its name is %s. What is lost cannot be restored.", a->name);
	conf.about = about;
	picker_open(a->app, &conf);
	free(about);
}

void confirm_ask(struct app *app, const struct confirm *c)
{
	const char *const choices[] = {"Cancel", c->button};
	struct confirmation *a = xcalloc(1, sizeof(*a));
	struct dialog_question q = {.title = c->title,
				    .text = c->text,
				    .choices = choices,
				    .count = 2,
				    .role = ROLE_WARN,
				    .answer = confirm_on_first,
				    .gone = confirm_on_unanswered,
				    .arg = a};

	*a = (struct confirmation){.app = app, .name = xstrdup(c->name), .answer = c->answer, .arg = c->arg};
	dialog_ask(app, &q);
}
