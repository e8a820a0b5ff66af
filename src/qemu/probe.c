/* SPDX-License-Identifier: MIT */
/*
 * probe: which QEMU and which accelerator work here (include/qemu/probe.h). A trial starts a QEMU that runs nothing
 * (paused) and sends it quit over QMP: the only way to learn whether an accelerator, a CPU or an option really works.
 * Verdicts are kept in CACHE/accelerators.json under a key of everything that the outcome depends on: the host, its
 * kernel, the program and its age, what was tried.
 */
#include "qemu/probe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/facts.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/proc.h"
#include "spec/risk.h"

#define OUTPUT_MAX 65536
#define TRIAL_MS 15000
#define COMPLAINT_MAX 4096
#define ENTRIES_MAX 200
#define PASSING_S 3600
#define PART_MAX 99u

/* ---- trials ---- */

struct trial {
	struct proc *proc;
	struct loop_timer *timer;
	struct buf complaint;
	bool late;
	int64_t status;
	int signal;
};

static void probe_trial_on_output(int fd, const char *p, size_t n, void *arg)
{
	struct trial *t = arg;
	size_t room = COMPLAINT_MAX - t->complaint.len;

	if (fd == 2 && n)
		buf_add(&t->complaint, p, n < room ? n : room);
}

static void probe_trial_stop_timer(struct trial *t)
{
	loop_timer_stop(t->timer);
	t->timer = NULL;
}

static void probe_trial_on_ended(int64_t status, int signal, void *arg)
{
	struct trial *t = arg;

	t->status = status;
	t->signal = signal;
	probe_trial_stop_timer(t);
}

static void probe_trial_on_late(void *arg)
{
	struct trial *t = arg;

	t->late = true;
	probe_trial_stop_timer(t);
	proc_kill(t->proc);
}

/* Returns the first line that is not a warning; owned. */
static char *probe_trial_first_complaint(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = text_clean(text, n, false);

		if (n && !strstr(line, "warning: "))
			return line;
		free(line);
		text += n + (text[n] == '\n');
	}
	return xstrdup("");
}

/* Returns whether a complaint of QEMU's is about the host's present state: busy, out of memory or files. */
static bool probe_is_passing(const char *complaint)
{
	/* strerror(3) of EBUSY, ENOMEM, EAGAIN and EMFILE, as QEMU writes them */
	static const char *const words[] = {"resource busy", "Cannot allocate memory",
					    "Resource temporarily unavailable", "Too many open files"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(complaint, words[i]))
			return true;
	return false;
}

static char *probe_trial_explain(const struct trial *t, bool *passing)
{
	char *said = probe_trial_first_complaint(t->complaint.data);
	char *why;

	*passing = t->late || t->signal || !*said || probe_is_passing(said);
	if (*said)
		return said;
	free(said);
	if (t->late)
		why = xstrdup("it did not answer within 15 s");
	else if (t->signal)
		why = xasprintf("it crashed (signal %d)", t->signal);
	else
		why = xasprintf("it exited with status %d and no message", (int)t->status);
	return why;
}

/* Starts QEMU with options beside the ones that make it silent, isolated and paused. True if it started and quit; else
 * *why is its complaint or how it exited, owned, and *passing says whether that may differ the next time: QEMU did not
 * exit by itself with a complaint, or that is about the host's present state. Blocks, 15 s at most. */
static bool probe_trial(const char *binary, const struct strv *args, char **why, bool *passing)
{
	static const char input[] = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n";
	struct loop *l = loop_new();
	struct trial t = {.status = -1};
	AUTO_STRV struct strv argv = STRV_INIT;
	AUTO_ERR struct err e = ERR_INIT;
	bool ok;

	strv_add(&argv, binary);
	strv_split(&argv, "-no-user-config -nodefaults -display none -S -qmp stdio", " ");
	for (size_t i = 0; i < args->len; i++)
		strv_add(&argv, args->items[i]);
	buf_init(&t.complaint, 0);
	t.proc = proc_start(l,
			    &(struct proc_conf){.argv = strv_argv(&argv),
						.output = probe_trial_on_output,
						.ended = probe_trial_on_ended,
						.arg = &t,
						.stdin_text = true,
						.input = input,
						.input_len = sizeof(input) - 1},
			    &e);
	if (t.proc)
		t.timer = loop_timer_start(l, TRIAL_MS, 0, probe_trial_on_late, &t);
	loop_run(l);
	loop_free(l);
	ok = t.proc && !t.late && !t.signal && !t.status;
	*passing = !t.proc;
	if (!ok)
		*why = t.proc ? probe_trial_explain(&t, passing) : xstrdup(e.text);
	buf_fini(&t.complaint);
	return ok;
}

/* ---- verdicts ---- */

/* Returns the key of a trial of `what` with that program; owned. */
static char *probe_verdict_key(const char *binary, const char *what)
{
	struct stat st = {.st_size = 0};
	struct host_facts host;
	char *key;

	host_facts_get(&host);
	(void)stat(binary, &st); /* a missing program has no age */
	key = xasprintf("%s %s %s, %s %lld %lld: %s", host.os, host.machine, host.kernel, binary,
			(long long)st.st_mtime, (long long)st.st_size, what);
	host_facts_fini(&host);
	return key;
}

static char *probe_verdicts_file(const char *cache_dir)
{
	return file_join(cache_dir, "accelerators.json");
}

static json_t *probe_verdicts_read_all(const char *cache_dir)
{
	char *path = probe_verdicts_file(cache_dir);
	json_t *all = json_read(path, NULL);

	free(path);
	if (json_is_object(all) && json_object_size(all) < ENTRIES_MAX)
		return all;
	json_decref(all);
	return json_object();
}

/* Returns whether it still holds; one with an end later than any is of a clock that was wrong. */
static bool probe_verdicts_holds(const json_t *one)
{
	json_int_t until = json_int(one, "until", 0), now = (json_int_t)time(NULL);

	return !until || (now < until && until - now <= PASSING_S);
}

/* Finds a verdict that holds: sets *ok and *why (owned). */
static bool probe_verdict_get(const char *cache_dir, const char *key, bool *ok, char **why)
{
	json_t *all = probe_verdicts_read_all(cache_dir);
	const json_t *one = json_object_get(all, key);
	bool known = json_is_object(one) && probe_verdicts_holds(one);

	if (known) {
		*ok = json_bool(one, "ok", false);
		*why = xstrdup(json_str(one, "why", ""));
	}
	json_decref(all);
	return known;
}

static int probe_verdicts_write_all(const char *cache_dir, const json_t *all, struct err *e)
{
	AUTO_FREE char *path = probe_verdicts_file(cache_dir);
	int r = file_mkdirs(cache_dir, e);

	if (!r)
		r = json_write(path, all, e);
	return r;
}

/* Records a verdict, or replaces it. A `passing` one holds for an hour. */
static int probe_verdict_put(const char *cache_dir, const char *key, bool ok, const char *why, bool passing,
			     struct err *e)
{
	json_t *all = probe_verdicts_read_all(cache_dir);
	json_t *one = json_pack("{s:b, s:s}", "ok", (int)ok, "why", why);
	int r;

	if (passing)
		json_object_set_new(one, "until", json_integer((json_int_t)time(NULL) + PASSING_S));
	json_object_set_new(all, key, one);
	r = probe_verdicts_write_all(cache_dir, all, e);
	json_decref(all);
	return r;
}

/* Forgets every refusal. 1: there were some, 0: none, -1: they cannot be forgotten. */
static int probe_verdict_forget_refusals(const char *cache_dir, struct err *e)
{
	json_t *all = probe_verdicts_read_all(cache_dir);
	size_t before = json_object_size(all);
	const char *key;
	json_t *one;
	void *next;
	int r = 0;

	json_object_foreach_safe(all, next, key, one) if (!json_bool(one, "ok", false)) json_object_del(all, key);
	if (json_object_size(all) != before)
		r = probe_verdicts_write_all(cache_dir, all, e) < 0 ? -1 : 1;
	json_decref(all);
	return r;
}

/* ---- versions ---- */

/* Reads one number of the version; moves *p behind it. */
static bool probe_version_part(const char **p, unsigned *out)
{
	unsigned n = 0;
	const char *s = *p;

	while (*s >= '0' && *s <= '9') {
		n = n * 10 + (unsigned)(*s++ - '0');
		if (n > PART_MAX)
			return false;
	}
	if (s == *p)
		return false;
	*p = s;
	*out = n;
	return true;
}

bool qemu_version_parse(const char *output, unsigned *number, char **text)
{
	static const char mark[] = "QEMU emulator version ";
	const char *at = strstr(output, mark);
	unsigned major, minor, patch = 0;
	const char *p;

	if (!at)
		return false;
	at += sizeof(mark) - 1;
	p = at;
	if (!probe_version_part(&p, &major) || *p++ != '.' || !probe_version_part(&p, &minor))
		return false;
	if (*p == '.') {
		p++;
		if (!probe_version_part(&p, &patch))
			return false;
	}
	*number = major * 10000 + minor * 100 + patch;
	*text = text_clean(at, strcspn(at, "\r\n"), false);
	return true;
}

/* ---- programs and accelerators ---- */

/* Returns the path of the program; NULL with e. The only way to a program that a file names. */
static char *probe_find_binary(const struct spec *s, const char *name, struct err *e)
{
	bool own = strcmp(s->qemu_binary, "auto") != 0;
	char *wanted, *path, *hint;

	if (own && risks_check(s, "qemu", "binary", e) < 0)
		return NULL;
	wanted = own ? spec_path(s, s->qemu_binary) : xstrdup(name);
	path = host_which(wanted);
	if (!path) {
		err_set(e, ERR_MISSING, "qemu-missing", "%sthere is no %s on this host", own ? "qemu.binary: " : "",
			wanted);
		hint = own ? NULL : host_install_hint(name);
		if (hint)
			err_hint(e, "%s", hint);
		free(hint);
	}
	free(wanted);
	return path;
}

/* Fails if that version does not run the architecture, or its firmware if the machine boots by it. */
static int probe_check_version(const struct spec *s, const struct catalog_arch *arch, const struct qemu_probe *p,
			       struct err *e)
{
	bool uefi = s->firmware == SPEC_UEFI && *arch->firmware_qemu_min;
	const char *least = uefi ? arch->firmware_qemu_min : arch->qemu_min;

	if (p->version >= catalog_version(least))
		return 0;
	err_set(e, ERR_MISSING, "qemu-old", "%s is version %s; %s%s needs at least %s", p->binary, p->version_text,
		arch->name, uefi ? " with mode = uefi" : "", least);
	return err_hint(e, "install a newer QEMU, or name one with qemu.binary%s",
			uefi ? "; mode = direct (QEMU loads the kernel itself) runs with this one" : "");
}

static int probe_read_version(const char *binary, struct qemu_probe *p, struct err *e)
{
	char *argv[] = {(char *)binary, "--version", NULL};
	struct buf out;
	int r = 0;

	if (proc_run(argv, OUTPUT_MAX, &out, e) < 0)
		return err_prefix(e, "%s does not run", binary);
	if (!qemu_version_parse(out.data, &p->version, &p->version_text)) {
		r = err_set(e, ERR_MISSING, "qemu-strange", "%s does not print its version: is it QEMU?", binary);
	} else if (p->version < QEMU_VERSION_MIN) {
		r = err_set(e, ERR_MISSING, "qemu-old", "%s is version %s; debwiz needs at least 7.2", binary,
			    p->version_text);
		err_hint(e, "install a newer QEMU, or name one with qemu.binary");
	}
	buf_fini(&out);
	return r;
}

static void probe_add_remedy(char **why)
{
	AUTO_FREE char *said = *why;

	*why = xasprintf("%s (`debwiz doctor` probes it again)", said);
}

/* Tries once per host, program and options. True if it works; *why is owned. */
static bool probe_try_options(const char *cache_dir, const char *binary, const struct strv *args, char **why)
{
	AUTO_FREE char *what = strv_join(args, " ");
	AUTO_FREE char *key = probe_verdict_key(binary, what);
	bool ok, passing;

	if (!probe_verdict_get(cache_dir, key, &ok, why)) {
		*why = NULL;
		ok = probe_trial(binary, args, why, &passing);
		if (ok)
			*why = xstrdup("");
		log_msg("qemu", "tried %s: %s", what, ok ? "works" : *why);
		probe_verdict_put(cache_dir, key, ok, *why, passing, NULL); /* without a record, it is retried */
	}
	if (!ok)
		probe_add_remedy(why);
	return ok;
}

static void probe_accel_args(const struct spec *s, const struct catalog_arch *arch, const char *accel, struct strv *out)
{
	const char *model = strcmp(s->cpu_model, "auto") ? s->cpu_model : arch->cpu_native;

	strv_add(out, "-machine");
	strv_addf(out, "%s%s", arch->machine, arch->machine_opts);
	strv_add(out, "-cpu");
	strv_add(out, model);
	strv_add(out, "-accel");
	strv_add(out, accel);
	strv_add(out, "-m");
	strv_add(out, "256M");
}

static const char *probe_native_name(const struct catalog_arch *arch)
{
	return *arch->qemu_native ? arch->qemu_native : arch->qemu;
}

/* Returns whether that accelerator runs this architecture here; if so, sets p->binary if it needs another program.
 * *why is owned either way. */
static bool probe_accel_works(const struct spec *s, const struct catalog_arch *arch, const char *cache_dir,
			      const char *accel, const char *machine, struct qemu_probe *p, char **why)
{
	struct strv args = STRV_INIT;
	struct err e = ERR_INIT;
	AUTO_FREE char *binary = NULL;
	bool ok;

	if (!strv_has(&arch->native_hosts, machine)) {
		*why = xasprintf("this %s host cannot run %s itself", machine, arch->name);
		return false;
	}
	if (!strv_has(&arch->accels, accel)) {
		*why = xasprintf("%s does not run %s", accel, arch->name);
		return false;
	}
	if (!host_accelerator_usable(accel, why))
		return false;
	binary = probe_find_binary(s, probe_native_name(arch), &e);
	if (!binary) {
		*why = xstrdup(e.text);
		err_fini(&e);
		return false;
	}
	probe_accel_args(s, arch, accel, &args);
	ok = probe_try_options(cache_dir, binary, &args, why);
	strv_fini(&args);
	if (ok) {
		free(*why);
		*why = xasprintf("%s was tried and works", accel);
		free(p->binary);
		p->binary = xstrdup(binary);
	}
	return ok;
}

/* Fills accel, why and tried. */
static int probe_choose_accel(const struct spec *s, const struct catalog_arch *arch, const char *cache_dir,
			      struct qemu_probe *p, struct err *e)
{
	bool automatic = !strcmp(s->accel, "auto");
	struct host_facts host;
	struct strv candidates = STRV_INIT;
	char *why = NULL;

	host_facts_get(&host);
	if (automatic)
		host_accelerators(&candidates);
	else if (strcmp(s->accel, "tcg") != 0)
		strv_add(&candidates, s->accel);
	for (size_t i = 0; i < candidates.len && !p->accel; i++) {
		const char *accel = candidates.items[i];

		free(why);
		if (probe_accel_works(s, arch, cache_dir, accel, host.machine, p, &why)) {
			p->accel = xstrdup(accel);
			p->why = why;
			why = NULL;
		} else if (strv_has(&arch->native_hosts, host.machine)) {
			free(p->tried);
			p->tried = xstrdup(accel);
		}
	}
	strv_fini(&candidates);
	host_facts_fini(&host);
	if (!p->accel && !automatic && strcmp(s->accel, "tcg") != 0) {
		err_set(e, ERR_MISSING, "accel-missing", "cpu.accel: %s cannot be used: %s", s->accel, why);
		free(why);
		return err_hint(e, "write accel = auto, which falls back to emulation");
	}
	if (!p->accel) {
		p->accel = xstrdup("tcg");
		p->why = !automatic  ? xstrdup("emulation was asked for")
			 : *p->tried ? xasprintf("%s cannot be used: %s", p->tried, why)
			 : why	     ? xstrdup(why)
				     : xstrdup("this host has no accelerator");
	}
	free(why);
	return 0;
}

static bool probe_takes_sandbox(const char *binary, const char *cache_dir, char **why)
{
	AUTO_STRV struct strv args = STRV_INIT;
	bool ok;

	strv_split(&args,
		   "-machine none -sandbox "
		   "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
		   " ");
	ok = probe_try_options(cache_dir, binary, &args, why);
	return ok;
}

/* Tries a sound driver. The answer is not kept: a server of sounds comes and goes with a login session. */
static bool probe_audio_works(const char *binary, const char *driver)
{
	AUTO_STRV struct strv args = STRV_INIT;
	AUTO_FREE char *why = NULL;
	bool passing, ok;

	strv_split(&args, "-machine none -audiodev", " ");
	strv_addf(&args, "driver=%s,id=audio", driver);
	ok = probe_trial(binary, &args, &why, &passing);
	if (!ok)
		log_msg("qemu", "sound by %s: %s", driver, why);
	return ok;
}

/* Returns the best of the sound drivers that this QEMU names and that work now: QEMU_AUDIO_SILENT if only that does, ""
 * if there is none. */
static char *probe_find_audio(const char *binary)
{
	static const char *const best[] = {"pipewire", "pa",	"coreaudio", "dsound",	       "sdl",
					   "alsa",     "sndio", "oss",	     QEMU_AUDIO_SILENT};
	char *argv[] = {(char *)binary, "-audiodev", "help", NULL};
	AUTO_STRV struct strv words = STRV_INIT;
	struct buf out;
	char *found = NULL;

	if (proc_run(argv, OUTPUT_MAX, &out, NULL) < 0)
		return xstrdup("");
	strv_split(&words, out.data, " \r\n");
	for (size_t i = 0; i < ARRAY_SIZE(best) && !found; i++) {
		if (strv_has(&words, best[i]) && probe_audio_works(binary, best[i]))
			found = xstrdup(best[i]);
	}
	buf_fini(&out);
	return found ? found : xstrdup("");
}

int qemu_probe(const struct spec *s, const struct catalog_arch *arch, const char *cache_dir, struct qemu_probe *out,
	       struct err *e)
{
	struct qemu_probe p = {.tried = xstrdup("")};

	if (probe_choose_accel(s, arch, cache_dir, &p, e) < 0)
		goto fail;
	if (!p.binary)
		p.binary = probe_find_binary(s, arch->qemu, e);
	if (!p.binary || probe_read_version(p.binary, &p, e) < 0 || probe_check_version(s, arch, &p, e) < 0)
		goto fail;
	p.sandbox = probe_takes_sandbox(p.binary, cache_dir, &p.sandbox_why);
	p.tpm = s->tpm ? host_which("swtpm") : NULL;
	p.tpm = p.tpm ? p.tpm : xstrdup("");
	p.audio = s->audio ? probe_find_audio(p.binary) : xstrdup("");
	*out = p;
	return 0;
fail:
	qemu_probe_fini(&p);
	return -1;
}

int qemu_check_version(const struct spec *s, const struct catalog_arch *arch, struct err *e)
{
	struct qemu_probe p = {.binary = probe_find_binary(s, arch->qemu, NULL)};
	int r = 0;

	if (p.binary && probe_read_version(p.binary, &p, NULL) == 0)
		r = probe_check_version(s, arch, &p, e);
	qemu_probe_fini(&p);
	return r;
}

void qemu_probe_fini(struct qemu_probe *p)
{
	if (!p)
		return;
	free(p->binary);
	free(p->version_text);
	free(p->accel);
	free(p->why);
	free(p->tried);
	free(p->sandbox_why);
	free(p->audio);
	free(p->tpm);
	*p = (struct qemu_probe){0};
}

int qemu_probe_reject(const struct spec *s, const struct catalog_arch *arch, const char *cache_dir, const char *accel,
		      const char *why, struct err *e)
{
	AUTO_FREE char *binary = probe_find_binary(s, probe_native_name(arch), e);
	AUTO_STRV struct strv args = STRV_INIT;
	char *what, *key;
	int r;

	if (!binary)
		return -1;
	probe_accel_args(s, arch, accel, &args);
	what = strv_join(&args, " ");
	key = probe_verdict_key(binary, what);
	r = probe_verdict_put(cache_dir, key, false, why, probe_is_passing(why), e);
	free(key);
	free(what);
	return r;
}

int qemu_probe_retry(const char *cache_dir, struct err *e)
{
	return probe_verdict_forget_refusals(cache_dir, e);
}
