/* SPDX-License-Identifier: MIT */
/*
 * probe: which QEMU and which accelerator work here (include/qemu/probe.h), by trials (trial.c) whose verdicts are kept
 * (verdict.c).
 */
#include "qemu/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/facts.h"
#include "host/paths.h"
#include "host/proc.h"
#include "spec/risk.h"
#include "trial.h"
#include "verdict.h"

#define OUTPUT_MAX 65536
#define PART_MAX 99u

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
	AUTO_FREE char *key = verdict_key(binary, what);
	bool ok, passing;

	if (!verdict_get(cache_dir, key, &ok, why)) {
		*why = NULL;
		ok = trial_run(binary, args, why, &passing);
		if (ok)
			*why = xstrdup("");
		log_msg("qemu", "tried %s: %s", what, ok ? "works" : *why);
		verdict_put(cache_dir, key, ok, *why, passing, NULL); /* without a record, it is retried */
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
	ok = trial_run(binary, &args, &why, &passing);
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
	p.virtiofsd = spec_count_virtiofs(s) ? host_find_virtiofsd() : NULL;
	p.virtiofsd = p.virtiofsd ? p.virtiofsd : xstrdup("");
	p.audio = s->audio ? probe_find_audio(p.binary) : xstrdup("");
	*out = p;
	return 0;
fail:
	qemu_probe_fini(&p);
	return -1;
}

int qemu_check_installed(const struct catalog_arch *arch, struct err *e)
{
	AUTO_FREE char *native = host_which(probe_native_name(arch));
	AUTO_FREE char *binary = NULL;
	struct host_facts host;
	struct spec s;
	bool accelerates;

	host_facts_get(&host);
	accelerates = strv_has(&arch->native_hosts, host.machine);
	host_facts_fini(&host);
	if (native && accelerates)
		return 0;
	spec_init(&s);
	binary = probe_find_binary(&s, arch->qemu, e);
	spec_fini(&s);
	return binary ? 0 : -1;
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
	free(p->virtiofsd);
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
	key = verdict_key(binary, what);
	r = verdict_put(cache_dir, key, false, why, trial_is_passing(why), e);
	free(key);
	free(what);
	return r;
}

int qemu_probe_retry(const char *cache_dir, struct err *e)
{
	return verdict_forget_refusals(cache_dir, e);
}
