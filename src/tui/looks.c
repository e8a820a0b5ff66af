/* SPDX-License-Identifier: MIT */
/* looks: see looks.h. */
#include "looks.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "host/paths.h"

static const struct {
	const char *state;
	enum glyph sign;
	enum role role;
	const char *word;
} states[] = {
	{"running", GLYPH_RUNNING, ROLE_GOOD, "running"},
	{"starting", GLYPH_WORKING, ROLE_WORK, "starting"},
	{"booting", GLYPH_WORKING, ROLE_WORK, "booting"},
	{"paused", GLYPH_PAUSED, ROLE_WARN, "paused"},
	{"suspending", GLYPH_WORKING, ROLE_WORK, "suspending"},
	{"stopping", GLYPH_WORKING, ROLE_WORK, "stopping"},
	{"preparing", GLYPH_WORKING, ROLE_WORK, "preparing"},
	{"off", GLYPH_READY, ROLE_TEXT, "ready"},
	{"suspended", GLYPH_PAUSED, ROLE_TEXT, "suspended"},
	{"failed", GLYPH_FAILED, ROLE_BAD, "failed"},
	{"new", GLYPH_READY, ROLE_DIM, "not made yet"},
};

/* "12 min", "2 h 14", "3 days" */
static char *since(int64_t seconds)
{
	if (seconds < 3600)
		return xasprintf("%d min", (int)(seconds / 60));
	if (seconds < 48 * 3600)
		return xasprintf("%d h %02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
	return xasprintf("%d days", (int)(seconds / 86400));
}

static char *words_of_task(const struct task *t)
{
	if (t->question)
		return xstrdup("has a question");
	if (t->state == TASK_CANCELLING)
		return xstrdup("stopping work");
	return xasprintf("%s %d %%", t->goal == JOB_PREPARED ? "preparing" : "starting",
			 (int)(t->share * 100));
}

struct state_look state_look(const struct machine_look *l, const struct task *t)
{
	struct state_look look = {GLYPH_READY, ROLE_TEXT, NULL};
	const char *word = l->state ? l->state : "?";

	if (t && task_is_busy(t))
		return (struct state_look){GLYPH_WORKING, t->question ? ROLE_WARN : ROLE_WORK,
					   words_of_task(t)};
	if (t && t->state == TASK_FAILED && !l->run.alive)
		return (struct state_look){GLYPH_FAILED, ROLE_BAD, xstrdup("failed")};
	if (l->wrong && !l->run.alive)
		return (struct state_look){GLYPH_FAILED, ROLE_BAD, xstrdup("file is wrong")};
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		if (strcmp(states[i].state, word))
			continue;
		look.sign = states[i].sign;
		look.role = states[i].role;
		word = states[i].word;
	}
	if (l->run.alive && l->run.state == VM_RUNNING && l->run.started &&
	    (int64_t)time(NULL) - l->run.started >= 60) {
		char *age = since((int64_t)time(NULL) - l->run.started);

		look.words = xasprintf("%s %s", word, age);
		free(age);
	} else {
		look.words = xstrdup(word);
	}
	return look;
}

char *disk_words(const struct canvas *c, const struct machine_look *l, int width)
{
	double size = (double)l->disk_size / (1 << 30);

	if (!l->made)
		return xstrdup(canvas_glyph(c, GLYPH_DASH));
	if (!l->disk_size)
		return xasprintf("%.1f G", (double)l->disk_used / (1 << 30));
	return xasprintf("%.1f of %*.0f G", (double)l->disk_used / (1 << 30), width, size);
}

uint16_t machine_ssh_port(struct app *app, struct spec *s)
{
	struct job_options options = {.goal = JOB_STARTED};
	struct job job;
	uint16_t port;

	if (job_init(&job, app_loop(app), app_catalog(app), app_store(app), s, &options, NULL) < 0)
		return 0;
	port = job_ssh_port(&job, (char[64]){0}, NULL);
	job_fini(&job);
	return port;
}
