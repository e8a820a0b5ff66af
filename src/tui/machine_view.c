/* SPDX-License-Identifier: MIT */
/* machine_view: texts, signs and roles for the state of a machine, and the list of its facts. */
#include "tui/machine_view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/paths.h"
#include "machine/forward.h"
#include "machine/installing.h"
#include "machine/pending.h"
#include "qemu/argv.h"

static const struct {
	const char *state;
	enum glyph sign;
	enum role role;
	const char *word;
} states[] = {
	{"running", GLYPH_RUNNING, ROLE_GOOD, "running"},	{"starting", GLYPH_WORKING, ROLE_WORK, "starting"},
	{"booting", GLYPH_WORKING, ROLE_WORK, "booting"},	{"paused", GLYPH_PAUSED, ROLE_WARN, "paused"},
	{"suspending", GLYPH_WORKING, ROLE_WORK, "suspending"}, {"stopping", GLYPH_WORKING, ROLE_WORK, "stopping"},
	{"preparing", GLYPH_WORKING, ROLE_WORK, "preparing"},	{"off", GLYPH_READY, ROLE_TEXT, "ready"},
	{"suspended", GLYPH_PAUSED, ROLE_TEXT, "suspended"},	{"failed", GLYPH_FAILED, ROLE_BAD, "failed"},
	{"new", GLYPH_READY, ROLE_DIM, "not prepared yet"},
};

/* "12 min", "2 h 14", "3 days" */
static char *machine_view_duration(int64_t seconds)
{
	if (seconds < 3600)
		return xasprintf("%d min", (int)(seconds / 60));
	if (seconds < 48 * 3600)
		return xasprintf("%d h %02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
	return xasprintf("%d days", (int)(seconds / 86400));
}

static char *machine_view_session_text(const struct session *t)
{
	if (t->question)
		return xstrdup("has a question");
	if (t->state == SESSION_CANCELLING)
		return xstrdup("stopping work");
	return xasprintf("%s %d %%", t->job.options.goal == JOB_PREPARED ? "preparing" : "starting",
			 (int)(t->share * 100));
}

struct state_label state_label(const struct overview *l, const struct session *t)
{
	struct state_label look = {GLYPH_READY, ROLE_TEXT, NULL};
	const char *word = l->state ? l->state : "?";

	if (t && session_is_busy(t))
		return (struct state_label){GLYPH_WORKING, t->question ? ROLE_WARN : ROLE_WORK,
					    machine_view_session_text(t)};
	if (t && t->state == SESSION_FAILED && !l->run.alive)
		return (struct state_label){GLYPH_FAILED, ROLE_BAD, xstrdup("failed")};
	if (l->wrong && !l->run.alive)
		return (struct state_label){GLYPH_FAILED, ROLE_BAD, xstrdup("invalid file")};
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (strcmp(states[i].state, word))
			continue;
		look.sign = states[i].sign;
		look.role = states[i].role;
		word = states[i].word;
	}
	if (l->run.alive && l->run.state == VM_RUNNING && l->run.started &&
	    (int64_t)time(NULL) - l->run.started >= 60) {
		AUTO_FREE char *age = machine_view_duration((int64_t)time(NULL) - l->run.started);

		look.text = xasprintf("%s %s", word, age);
	} else {
		look.text = xstrdup(word);
	}
	return look;
}

char *disk_text(const struct canvas *c, const struct overview *l, int width)
{
	double size = (double)l->disk_size / (1 << 30);

	if (!l->has_disk)
		return xstrdup(canvas_glyph(c, GLYPH_DASH));
	if (!l->disk_size)
		return xasprintf("%.1f G", (double)l->disk_used / (1 << 30));
	return xasprintf("%.1f of %*.0f G", (double)l->disk_used / (1 << 30), width, size);
}

/* ---- facts ---- */

static int machine_view_rows_of(const struct canvas *c, int row, const char *label, int most, enum role role,
				const char *text)
{
	canvas_put(c, row, FACTS_LEFT, ROLE_DIM, label);
	return canvas_wrap(c, row, FACTS_LEFT + FACTS_LABEL, c->columns - FACTS_LEFT - FACTS_LABEL - 2, most, role,
			   text);
}

static int machine_view_row_of(const struct canvas *c, int row, const char *label, const char *text)
{
	return machine_view_rows_of(c, row, label, 2, ROLE_TEXT, text);
}

static int machine_view_paint_wrong(const struct overview *l, const struct canvas *c, int row)
{
	AUTO_FREE char *text = host_short(l->wrong ? l->wrong : "cannot be read");

	row += machine_view_rows_of(c, row, "File", 6, ROLE_BAD, text);
	return row;
}

int machine_facts_paint(const struct machine_facts *m, const struct catalog *catalog, const struct canvas *c, int row)
{
	const struct spec *s = m->spec;
	const struct catalog_arch *arch = catalog_arch_find(catalog, s ? s->arch : "");
	const char *accel = m->overview->run.accel;
	unsigned cpus;
	char memory[SIZE_TEXT], count[SIZE_TEXT];
	char *disk = disk_text(c, m->overview, 0);
	char *text;

	if (!s) {
		free(disk);
		return machine_view_paint_wrong(m->overview, c, row);
	}
	text = xasprintf("Debian %s, %s, profile %s%s", s->release, s->arch, s->profile,
			 s->packages.len ? " and packages of your own" : "");
	row += machine_view_row_of(c, row, "System", text);
	free(text);
	text = xasprintf("%s%s%s", s->firmware == SPEC_UEFI ? "by UEFI" : "the kernel directly",
			 m->overview->run.kernel && *m->overview->run.kernel ? ", kernel " : "",
			 m->overview->run.kernel ? m->overview->run.kernel : "");
	row += machine_view_row_of(c, row, "Boots", text);
	free(text);
	cpus = s->cpu_count ? s->cpu_count : qemu_auto_cpus(m->cpus, arch);
	text = xasprintf("%s, %s memory%s%s", count_human(cpus, "CPU", count),
			 size_human(qemu_memory(s, arch, m->cpus, m->memory), memory), accel && *accel ? ", " : "",
			 !accel			? ""
			 : strcmp(accel, "tcg") ? accel
						: "emulated");
	row += machine_view_row_of(c, row, "Processor", text);
	free(text);
	row += machine_view_row_of(c, row, "Disk", disk);
	if (m->overview->pending) {
		text = vm_pending_text(m->overview->pending);
		row += machine_view_rows_of(c, row, "Updates", 2, ROLE_WARN, text);
		free(text);
	}
	text = m->ssh_port ? xasprintf("debwiz ssh %s   (user %s, 127.0.0.1 port %u)", m->name, s->user, m->ssh_port)
			   : xasprintf("on its console (user %s); no ssh", s->user);
	row += machine_view_row_of(c, row, "Log in", text);
	free(text);
	if (m->overview->run.alive && m->overview->run.seed && !strcmp(m->overview->run.seed, "failed"))
		row += machine_view_rows_of(c, row, "Failed", 3, ROLE_BAD, m->overview->run.cause);
	if (m->overview->run.alive && m->overview->warnings && *m->overview->warnings)
		row += machine_view_rows_of(c, row, "Warning", 3, ROLE_WARN, m->overview->warnings);
	text = host_short(m->path ? m->path : m->name);
	row += machine_view_row_of(c, row, "File", text);
	free(text);
	free(disk);
	return row;
}

bool machine_is_alive(struct app *app, const char *name)
{
	AUTO_FREE char *own = NULL, *dir = NULL, *runtime = NULL;
	bool alive;

	if (!spec_name_ok(name))
		return false;
	own = store_machine_dir(app_store(app), name);
	installing_place(own, name, &dir, &runtime);
	alive = vm_run_alive(dir);
	return alive;
}

uint16_t machine_ssh_port(struct app *app, struct spec *s)
{
	struct job_options options = {.goal = JOB_STARTED};
	struct job job;
	uint16_t port;

	if (job_init(&job, app_loop(app), app_catalog(app), app_store(app), s, &options, NULL) < 0)
		return 0;
	port = job_has_ssh_server(&job) ? forwards_ssh_port(job.spec, job.machine_dir, (char[64]){0}, NULL) : 0;
	job_fini(&job);
	return port;
}
