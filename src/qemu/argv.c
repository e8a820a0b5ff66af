/* SPDX-License-Identifier: MIT */
/*
 * argv: builds QEMU's command line (include/qemu/argv.h). Block devices and virtio devices are given as JSON, which
 * needs no escaping; what has no JSON form goes through argv_value. No argument may start a program, open the monitor
 * or a port to others, or let QEMU guess a format.
 */
#include "qemu/argv.h"

#include <stdlib.h>
#include <string.h>

#include "argv_devices.h"
#include "argv_option.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/size.h"

#define MIB (1024 * 1024ULL)
#define TB_MIN 64
#define TB_MAX 1024
#define AUTO_CPUS_MAX 8
#define GIB (1ULL << 30)
#define CPU_MEMORY (GIB / 2) /* enough for a compiler or two */
#define LARGE_HOST (15 * GIB)

/* ---- the machine ---- */

static bool argv_is_tcg(const struct argv_in *in)
{
	return !strcmp(in->facts->accel, "tcg");
}

static void argv_add_basics(const struct argv_in *in, struct qemu_argv *v)
{
	argv_add(v, xstrdup(in->facts->binary), "qemu.binary", "the emulator for this architecture");
	argv_add(v, xstrdup("-no-user-config"), "", "nothing comes from configuration files");
	argv_add(v, xstrdup("-nodefaults"), "", "no device that is not named here");
	argv_pair(v, "-name", xasprintf("guest=%s", in->s->name), "machine.name", "shown in the process's messages");
	argv_pair(v, "-msg", xstrdup("guest-name=on"), "", "QEMU's messages say which machine they are of");
	if (in->facts->sandbox && in->s->display == SPEC_DISPLAY_NONE)
		argv_pair(v, "-sandbox",
			  xstrdup("on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
				  "resourcecontrol=deny"),
			  "", "QEMU may not start programs or gain rights, whatever a guest makes of it");
}

static uint64_t argv_memory(const struct argv_in *in)
{
	return qemu_memory(in->s, in->arch, in->facts->host_cpus, in->facts->host_memory);
}

bool qemu_has_smm(const struct spec *s, const struct catalog_arch *arch, const struct qemu_files *files)
{
	return files->pflash_code && (arch->firmware_smm || (s->secure_boot && arch->secure_smm));
}

static void argv_add_machine(const struct argv_in *in, struct qemu_argv *v)
{
	bool flash = in->files->pflash_code != NULL;
	bool small = argv_memory(in) <= in->arch->small_memory;

	argv_pair(v, "-machine",
		  xasprintf("%s%s%s%s%s", in->arch->machine, in->arch->machine_opts, small ? in->arch->small_opts : "",
			    qemu_has_smm(in->s, in->arch, in->files) ? ",smm=on" : "",
			    flash ? ",pflash0=code,pflash1=vars" : ""),
		  "machine.arch",
		  flash ? "the board; its two flash chips hold the firmware and its variables" : "the board");
}

unsigned qemu_auto_cpus(unsigned host_cpus, const struct catalog_arch *arch)
{
	unsigned n = host_cpus < AUTO_CPUS_MAX ? host_cpus : AUTO_CPUS_MAX;

	if (arch && n > arch->max_cpus)
		n = arch->max_cpus;
	return n ? n : 1;
}

uint64_t qemu_memory(const struct spec *s, const struct catalog_arch *arch, unsigned host_cpus, uint64_t host_memory)
{
	unsigned cpus = s->cpu_count ? s->cpu_count : qemu_auto_cpus(host_cpus, arch);
	uint64_t least = host_memory >= LARGE_HOST ? 2 * GIB : GIB;
	uint64_t size = cpus * CPU_MEMORY;
	uint64_t half = host_memory / 2 / CPU_MEMORY * CPU_MEMORY;

	if (s->memory)
		return s->memory;
	if (size < least)
		size = least;
	if (host_memory && size > half)
		size = half > CPU_MEMORY ? half : CPU_MEMORY;
	if (arch && arch->max_memory && size > arch->max_memory)
		size = arch->max_memory;
	if (arch && s->firmware == SPEC_UEFI && arch->firmware_max_memory && size > arch->firmware_max_memory)
		size = arch->firmware_max_memory;
	return size;
}

static int argv_add_processor(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct spec *s = in->s;
	const char *model = s->cpu_model;
	unsigned count = s->cpu_count;
	uint64_t buffer;
	char *why;

	if (!strcmp(model, "auto"))
		model = argv_is_tcg(in) ? in->arch->cpu_tcg : in->arch->cpu_native;
	if (argv_is_tcg(in) && (!strcmp(model, "host") || !strncmp(model, "host,", 5)))
		return err_set(e, ERR_USAGE, "cpu-host",
			       "cpu.model: host is this host's own CPU, which emulation does not have "
			       "(%s); write auto or max",
			       in->facts->accel_why);
	argv_pair(v, "-cpu", xstrdup(model), "cpu.model",
		  strcmp(s->cpu_model, "auto") ? "the model asked for" : "the model that works best here");
	if (argv_is_tcg(in)) {
		buffer = in->facts->host_memory / 16 / MIB;
		buffer = buffer < TB_MIN ? TB_MIN : buffer > TB_MAX ? TB_MAX : buffer;
		/* QEMU itself chooses whether CPUs get threads of their own: thread=multi would be an error for a
		 * 64-bit guest on a 32-bit host, and wrong for a PC on hosts with weaker memory ordering. */
		why = xasprintf("emulation: %s", in->facts->accel_why);
		argv_pair(v, "-accel", xasprintf("tcg,tb-size=%llu", (unsigned long long)buffer), "cpu.accel", why);
	} else {
		why = xstrdup(in->facts->accel_why);
		argv_pair(v, "-accel", xstrdup(in->facts->accel), "cpu.accel", why);
	}
	free(why);
	if (!count)
		count = qemu_auto_cpus(in->facts->host_cpus, in->arch);
	argv_pair(v, "-smp", xasprintf("%u", count), "cpu.count",
		  s->cpu_count ? "as many as asked for" : "as many as this host has, at most 8");
	argv_pair(v, "-m", xasprintf("%lluM", (unsigned long long)(argv_memory(in) / MIB)), "cpu.memory",
		  s->memory ? "memory of the machine" : "by the number of CPUs, at most half of this host's");
	if (!in->files->configuring && !in->files->alone && spec_count_virtiofs(s)) {
		argv_pair(v, "-object",
			  argv_json(json_pack("{s:s, s:s, s:I, s:b}", "qom-type", "memory-backend-memfd", "id",
					      "memory", "size", (json_int_t)argv_memory(in), "share", 1)),
			  "devices.share", "memory that virtiofsd can reach");
		argv_pair(v, "-machine", xstrdup("memory-backend=memory"), "devices.share", "in place of its own");
	}
	return 0;
}

static char *argv_flash(const char *name, const char *path, bool read_only)
{
	return argv_json(json_pack("{s:s, s:s, s:b, s:{s:s, s:s}}", "driver", "raw", "node-name", name, "read-only",
				   (int)read_only, "file", "driver", "file", "filename", path));
}

static int argv_add_firmware(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct qemu_files *f = in->files;
	char *code, *vars;

	if (!f->pflash_code)
		return 0;
	code = argv_flash("code", f->pflash_code, true);
	vars = argv_flash("vars", f->pflash_vars, false);
	if (!code || !vars) {
		free(code);
		free(vars);
		return argv_bad_path(e, "firmware.mode", f->pflash_code);
	}
	argv_pair(v, "-blockdev", code, "firmware.mode", "the firmware, read-only");
	argv_pair(v, "-blockdev", vars, "firmware.mode", "this machine's own firmware variables");
	if (qemu_has_smm(in->s, in->arch, in->files))
		argv_pair(v, "-global", xstrdup("driver=cfi.pflash01,property=secure,value=on"), "firmware.mode",
			  "only the firmware's system management mode writes the variables, which it requires");
	return 0;
}

static void argv_add_kernel(const struct argv_in *in, struct qemu_argv *v)
{
	const struct qemu_files *f = in->files;

	if (!f->kernel)
		return;
	argv_pair(v, "-kernel", xstrdup(f->kernel), "firmware.mode", "the kernel that the disk holds");
	if (f->initrd)
		argv_pair(v, "-initrd", xstrdup(f->initrd), "firmware.initrd",
			  "what finds the disk and starts the system on it");
	if (f->append)
		argv_pair(v, "-append", xstrdup(f->append), "boot.cmdline",
			  "console, root file system and the configured words");
}

/* ---- the whole ---- */

static int argv_build(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	bool personal = !in->files->configuring;

	argv_add_basics(in, v);
	argv_add_machine(in, v);
	if (argv_add_processor(in, v, e) < 0 || argv_add_firmware(in, v, e) < 0)
		return -1;
	argv_add_kernel(in, v);
	if (argv_add_devices(in, v, e) < 0)
		return -1;
	if (in->files->configuring)
		argv_add(v, xstrdup("-no-reboot"), "",
			 in->files->installing ? "the installation ends by a reset" : "a guest that resets has failed");
	for (size_t i = 0; personal && i < in->s->qemu_extra.len; i++)
		argv_add(v, xstrdup(in->s->qemu_extra.items[i]), "qemu.extra",
			 in->s->qemu_extra.items[i][0] == '-' ? "asked for" : NULL);
	return 0;
}

int qemu_argv_build(const struct spec *s, const struct catalog_arch *arch, const struct qemu_facts *facts,
		    const struct qemu_files *files, struct qemu_argv *out, struct err *e)
{
	struct argv_in in = {.s = s, .arch = arch, .facts = facts, .files = files};
	struct qemu_argv v = {.items = NULL};

	if (argv_build(&in, &v, e) < 0) {
		qemu_argv_fini(&v);
		return -1;
	}
	*out = v;
	return 0;
}

void qemu_argv_memory(const struct catalog_arch *arch, uint64_t bytes, const char *path, bool shared, struct strv *out)
{
	strv_add(out, "-object");
	strv_take(out, argv_json(json_pack("{s:s, s:s, s:I, s:s, s:b, s:b}", "qom-type", "memory-backend-file", "id",
					   arch->ram, "size", (json_int_t)bytes, "mem-path", path, "share", (int)shared,
					   "x-use-canonical-path-for-ramblock-id", 0)));
	strv_add(out, "-machine");
	strv_take(out, xasprintf("memory-backend=%s", arch->ram));
}
