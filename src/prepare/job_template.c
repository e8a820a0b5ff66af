/* SPDX-License-Identifier: MIT */
/*
 * job_template: whether a machine may resume a copy of a template (machine/template.h), and which: the key is a digest
 * of the command line of a neutral machine, of its QEMU and of its base image.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/mem.h"
#include "host/file.h"
#include "job_steps.h"
#include "qemu/cmdline.h"

/* To be raised when the host's part of a template changes. The guest's part belongs to the base image. */
#define TEMPLATE_VERSION "1"

const char *job_template_unfit(const struct job *j)
{
	const struct spec *s = j->spec;
	const struct {
		bool is;
		const char *why;
	} unfit[] = {
		{j->template.refused, "the template could not be used"},
		{!*j->arch->ram, "not tried with this architecture yet"},
		{s->secure_boot, "Secure Boot was not tried with a template"},
		{s->standalone, "disk.standalone is set"},
		{s->drives.len, "it has further drives"},
		{s->shares.len, "it has shared folders"},
		{s->display != SPEC_DISPLAY_NONE, "it has a screen"},
		{s->tpm, "it has a TPM"},
		{s->console == SPEC_CONSOLE_VIRTIO, "a virtio console was not tried with a template"},
		{s->usb || s->usb_devices.len || s->audio, "it has USB or sound"},
		{s->qemu_extra.len, "qemu.extra has further options"},
		{strcmp(j->probe.accel, "tcg") && strcmp(j->probe.accel, "kvm"), "this accelerator cannot save it"},
		{!j->base.found.dir, "its base image is gone"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++)
		if (unfit[i].is)
			return unfit[i].why;
	return NULL;
}

uint64_t job_template_memory(const struct job *j)
{
	return qemu_memory(j->spec, j->arch, j->host.cpus, j->host.memory);
}

uint64_t job_template_volume(const struct job *j)
{
	struct stat st;

	return j->options.volume && stat(j->options.volume, &st) == 0 ? (uint64_t)st.st_size : 0;
}

int job_template_argv(const struct job *j, const char *dir, const char *runtime_dir, struct strv *out, struct err *e)
{
	char name[] = "template";
	/* what only this host sees, or belongs to one machine, is not part of it */
	struct spec neutral = *j->spec;
	struct qemu_facts facts = job_qemu_facts(j);
	AUTO_FREE char *disk = file_join(dir, TEMPLATE_DISK), *seed = file_join(dir, "seed.iso");
	AUTO_FREE char *kernel = file_join(dir, "vmlinuz"), *initrd = file_join(dir, "initrd.img");
	AUTO_FREE char *code = file_join(dir, STORE_PFLASH_CODE), *vars = file_join(dir, STORE_PFLASH_VARS);
	AUTO_FREE char *volume = file_join(dir, JOB_TEMPLATE_VOLUME);
	AUTO_FREE char *append = qemu_cmdline(j->spec, j->arch, NULL, false, 0, 0, JOB_CONSOLE_TERM);
	bool uefi = j->spec->firmware == SPEC_UEFI;
	AUTO_FREE char *ram = file_join(dir, TEMPLATE_RAM);
	struct qemu_files files = {
		.disk = disk,
		.disk_format = "qcow2",
		.pflash_code = uefi ? code : NULL,
		.pflash_vars = uefi ? vars : NULL,
		.kernel = uefi ? NULL : kernel,
		.initrd = uefi ? NULL : initrd,
		.append = uefi ? NULL : append,
		.seed = seed,
		.volume = j->options.volume ? volume : NULL,
		.runtime_dir = runtime_dir,
	};
	struct qemu_argv built = {.items = NULL};
	int r;

	neutral.name = name;
	neutral.forwards = (struct strv)STRV_INIT;
	neutral.restrict_net = false;
	r = qemu_argv_build(&neutral, j->arch, &facts, &files, &built, e);
	if (!r) {
		qemu_argv_strv(&built, out);
		qemu_argv_memory(j->arch, job_template_memory(j), ram, true, out);
	}
	qemu_argv_fini(&built);
	return r;
}

static void job_template_hash_text(struct hash *h, const char *text)
{
	hash_add(h, text, strlen(text) + 1);
}

/* Another build of QEMU may have the same version. */
static void job_template_hash_binary(struct hash *h, const char *binary)
{
	AUTO_FREE char *text = NULL;
	struct stat st;

	if (stat(binary, &st) == 0)
		text = xasprintf("%lld %lld", (long long)st.st_size, (long long)st.st_mtim.tv_sec);
	job_template_hash_text(h, text ? text : "");
}

char *job_template_key(const struct job *j, struct err *e)
{
	AUTO_STRV struct strv argv = STRV_INIT;
	AUTO_FREE char *numbers = xasprintf("%u %llu %llu", j->probe.version, (unsigned long long)j->spec->disk_size,
					    (unsigned long long)job_template_volume(j));
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];
	struct hash *h;

	if (job_template_argv(j, "/template", "/run", &argv, e) < 0)
		return NULL;
	h = hash_new();
	job_template_hash_text(h, TEMPLATE_VERSION);
	job_template_hash_text(h, numbers);
	job_template_hash_text(h, job_below(j)->id);
	job_template_hash_binary(h, j->probe.binary);
	for (size_t i = 0; i < argv.len; i++)
		job_template_hash_text(h, argv.items[i]);
	hash_end(h, digest);
	hash_hex(digest, hex);
	return xasprintf("%s-%s-%s-%.12s", j->spec->release, j->spec->arch, j->spec->profile, hex);
}
