/* SPDX-License-Identifier: MIT */
/*
 * argv: see include/qemu/argv.h. Block devices and virtio devices are given as JSON, which needs no
 * escaping; what has no JSON form goes through opt_value. Nothing may be written here that starts
 * a program, opens the monitor or a port to others, or lets QEMU guess a format.
 */
#include "qemu/argv.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "devices.h"
#include "host/file.h"
#include "opt.h"

#define MIB (1024 * 1024ULL)
#define TB_MIN 64
#define TB_MAX 1024
#define AUTO_CPUS_MAX 8
#define GIB (1ULL << 30)
#define CPU_MEMORY (GIB / 2) /* a compiler or two */
#define LARGE_HOST (15 * GIB)

static bool argv_is_tcg(const struct argv_in *in)
{
	return !strcmp(in->facts->accel, "tcg");
}

static void argv_add_basics(const struct argv_in *in, struct qemu_argv *v)
{
	opt_add(v, xstrdup(in->facts->binary), "qemu.binary", "the emulator for this architecture");
	opt_add(v, xstrdup("-no-user-config"), "", "nothing comes from configuration files");
	opt_add(v, xstrdup("-nodefaults"), "", "no device that is not named here");
	opt_pair(v, "-name", xasprintf("guest=%s", in->s->name), "machine.name", "shown in the process's messages");
	opt_pair(v, "-msg", xstrdup("guest-name=on"), "", "QEMU's messages say which machine they are of");
	if (in->facts->sandbox && in->s->display == SPEC_DISPLAY_NONE)
		opt_pair(v, "-sandbox",
			 xstrdup("on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
				 "resourcecontrol=deny"),
			 "", "QEMU may not start programs or gain rights, whatever a guest makes of it");
}

static uint64_t argv_memory(const struct argv_in *in)
{
	return qemu_memory(in->s, in->arch, in->facts->host_cpus, in->facts->host_memory);
}

static void argv_add_machine(const struct argv_in *in, struct qemu_argv *v)
{
	bool flash = in->files->pflash_code != NULL;
	bool small = argv_memory(in) <= in->arch->small_memory;

	opt_pair(v, "-machine",
		 xasprintf("%s%s%s%s", in->arch->machine, in->arch->machine_opts, small ? in->arch->small_opts : "",
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
	opt_pair(v, "-cpu", xstrdup(model), "cpu.model",
		 strcmp(s->cpu_model, "auto") ? "the model asked for" : "the model that works best here");
	if (argv_is_tcg(in)) {
		buffer = in->facts->host_memory / 16 / MIB;
		buffer = buffer < TB_MIN ? TB_MIN : buffer > TB_MAX ? TB_MAX : buffer;
		why = xasprintf("emulation, a thread for each CPU: %s", in->facts->accel_why);
		opt_pair(v, "-accel", xasprintf("tcg,thread=multi,tb-size=%llu", (unsigned long long)buffer),
			 "cpu.accel", why);
	} else {
		why = xstrdup(in->facts->accel_why);
		opt_pair(v, "-accel", xstrdup(in->facts->accel), "cpu.accel", why);
	}
	free(why);
	if (!count)
		count = qemu_auto_cpus(in->facts->host_cpus, in->arch);
	opt_pair(v, "-smp", xasprintf("%u", count), "cpu.count",
		 s->cpu_count ? "as many as asked for" : "as many as this host has, at most 8");
	opt_pair(v, "-m", xasprintf("%lluM", (unsigned long long)(argv_memory(in) / MIB)), "cpu.memory",
		 s->memory ? "memory of the machine" : "by the number of CPUs, at most half of this host's");
	return 0;
}

static char *argv_flash(const char *name, const char *path, bool read_only)
{
	return opt_json(json_pack("{s:s, s:s, s:b, s:{s:s, s:s}}", "driver", "raw", "node-name", name, "read-only",
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
	opt_pair(v, "-blockdev", code, "firmware.mode", "the firmware, read-only");
	opt_pair(v, "-blockdev", vars, "firmware.mode", "this machine's own firmware variables");
	return 0;
}

static void argv_add_kernel(const struct argv_in *in, struct qemu_argv *v)
{
	const struct qemu_files *f = in->files;

	if (!f->kernel)
		return;
	opt_pair(v, "-kernel", xstrdup(f->kernel), "firmware.mode", "the kernel that the disk holds");
	if (f->initrd)
		opt_pair(v, "-initrd", xstrdup(f->initrd), "firmware.initrd",
			 "what finds the disk and starts the system on it");
	if (f->append)
		opt_pair(v, "-append", xstrdup(f->append), "boot.cmdline",
			 "console, root file system and the words asked for");
}

/* A character device at a path of its name, with what else it needs. */
static char *argv_chardev(const struct argv_in *in, const char *kind, const char *name, const char *more)
{
	AUTO_FREE char *path = file_join(in->files->runtime_dir, name);
	AUTO_FREE char *value = opt_value(path);
	char *text = xasprintf("%s,id=%s,path=%s%s", kind, name, value, more);

	return text;
}

static char *argv_listener(const struct argv_in *in, const char *name)
{
	return argv_chardev(in, "socket", name, ",server=on,wait=off");
}

/* The lines to the supervisor: pipes and sockets in a folder that is ours alone. The guest writes its
 * console a byte at a time, and a socket has room for few of such writes only. */
static void argv_add_lines(const struct argv_in *in, struct qemu_argv *v)
{
	opt_pair(v, "-chardev", argv_chardev(in, "pipe", "serial", ""), "",
		 "the serial line, drained by the supervisor");
	opt_pair(v, "-serial", xstrdup("chardev:serial"), "", "the machine's console");
	opt_pair(v, "-chardev", argv_listener(in, "progress"), "", "what the guest reports about itself");
	argv_device(in, v, "", "carries the progress port",
		    json_pack("{s:o, s:s}", "driver", argv_virtio(in, "virtio-serial"), "id", "ports"));
	argv_device(in, v, "", "the port debwiz.progress in the guest",
		    json_pack("{s:s, s:s, s:s, s:s}", "driver", "virtserialport", "bus", "ports.0", "chardev",
			      "progress", "name", "debwiz.progress"));
	if (!in->files->configuring) {
		opt_pair(v, "-chardev", argv_listener(in, "host"), "", "the current time, sent to the guest");
		argv_device(in, v, "", "the port debwiz.host in the guest",
			    json_pack("{s:s, s:s, s:s, s:s}", "driver", "virtserialport", "bus", "ports.0", "chardev",
				      "host", "name", "debwiz.host"));
	}
	opt_pair(v, "-chardev", argv_listener(in, "qmp"), "", "QEMU's monitor, for the supervisor alone");
	opt_pair(v, "-mon", xstrdup("chardev=qmp,mode=control"), "", "speaks QMP there");
	opt_add(v, xstrdup("-S"), "", "waits until the supervisor listens to everything");
}

static void argv_add_display(const struct argv_in *in, struct qemu_argv *v)
{
	static const char *const none = "the serial line is all there is";
	char *path, *value;

	if (in->s->display == SPEC_DISPLAY_NONE || in->files->configuring) {
		opt_pair(v, "-display", xstrdup("none"), "devices.display", none);
		return;
	}
	if (in->s->display == SPEC_DISPLAY_GTK) {
		opt_pair(v, "-display", xstrdup("gtk"), "devices.display", "a window");
	} else {
		path = qemu_vnc_socket(in->files->runtime_dir);
		value = opt_value(path);
		opt_pair(v, "-display", xasprintf("vnc=unix:%s", value), "devices.display",
			 "a screen for a VNC viewer of this user alone");
		free(value);
		free(path);
	}
	argv_device(in, v, "devices.display", "the screen's hardware",
		    json_pack("{s:o}", "driver", argv_virtio(in, "virtio-gpu")));
}

char *qemu_vnc_socket(const char *runtime_dir)
{
	return file_join(runtime_dir, "vnc");
}

static int argv_build(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	bool personal = !in->files->configuring;

	argv_add_basics(in, v);
	argv_add_machine(in, v);
	if (argv_add_processor(in, v, e) < 0 || argv_add_firmware(in, v, e) < 0)
		return -1;
	argv_add_kernel(in, v);
	if (argv_disk(in, v, e) < 0 || (personal && argv_drives(in, v, e) < 0) ||
	    (personal && argv_network(in, v, e) < 0))
		return -1;
	argv_rng(in, v);
	argv_add_lines(in, v);
	argv_add_display(in, v);
	if (personal && (argv_extras(in, v, e) < 0 || argv_shares(in, v, e) < 0))
		return -1;
	if (in->files->configuring)
		opt_add(v, xstrdup("-no-reboot"), "", "a guest that resets has failed");
	for (size_t i = 0; personal && i < in->s->qemu_extra.len; i++)
		opt_add(v, xstrdup(in->s->qemu_extra.items[i]), "qemu.extra",
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

/* A word of the kernel's command line: anything else could bring further words in. */
static bool argv_is_term(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._";

	return s && *s && strlen(s) < 64 && !s[strspn(s, plain)];
}

char *qemu_cmdline(const struct spec *s, const struct catalog_arch *arch, bool configuring, unsigned columns,
		   unsigned rows, const char *term)
{
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "console=%s root=PARTLABEL=debwiz-root", arch->console);
	if (configuring) {
		buf_adds(&b, " debwiz.configure panic=-1");
		return buf_steal(&b);
	}
	buf_adds(&b, " ro");
	if (argv_is_term(term))
		buf_addf(&b, " TERM=%s", term);
	if (columns && rows)
		buf_addf(&b, " debwiz.rows=%u debwiz.columns=%u", rows, columns);
	if (*s->cmdline)
		buf_addf(&b, " %s", s->cmdline);
	return buf_steal(&b);
}

char *qemu_console_elsewhere(const struct spec *s, const struct catalog_arch *arch)
{
	const char *word = s->cmdline, *last = NULL;
	char *name;

	while (*word) {
		word += strspn(word, " ");
		if (!strncmp(word, "console=", 8))
			last = word + 8;
		word += strcspn(word, " ");
	}
	name = last ? xstrndup(last, strcspn(last, " ,")) : NULL;
	if (name && (!*name || !strcmp(name, arch->console))) {
		free(name);
		name = NULL;
	}
	return name;
}
