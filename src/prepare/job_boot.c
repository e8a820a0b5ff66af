/* SPDX-License-Identifier: MIT */
/* job_boot: extracts the kernel of a root, and builds the initrd that starts our scripts in it. */
#include "job_boot.h"

#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/mem.h"
#include "host/file.h"
#include "image/extfs.h"
#include "image/initrd.h"
#include "job_steps.h"

static int job_boot_take_script(const struct job_boot_script *s, struct initrd_file *out, struct err *e)
{
	const struct asset *a = asset_get(s->asset, e);

	if (!a)
		return -1;
	*out = (struct initrd_file){s->path, 0755, a->data, a->len};
	return 0;
}

static int job_boot_write_initrd(const struct job *j, const struct job_boot *boot, struct extfs *fs,
				 const struct kernel *k, struct err *e)
{
	AUTO_FREE char *path = job_part_file(j, JOB_BOOT_INITRD), *env = NULL;
	struct initrd_file *files = xcalloc(boot->script_count + 2, sizeof(*files));
	struct buf stays, whole;
	size_t n = 0;
	int r = 0;

	for (; n < boot->script_count && !r; n++)
		r = job_boot_take_script(&boot->scripts[n], &files[n], e);
	if (r || initrd_build(fs, k->version, &j->arch->initrd_modules, NULL, &stays, e) < 0) {
		free(files);
		return -1;
	}
	env = boot->env(k, boot->arg);
	files[n++] = (struct initrd_file){"debwiz/config.env", 0644, env, strlen(env)};
	if (boot->first)
		files[n++] = (struct initrd_file){"debwiz/initrd.img", 0644, stays.data, stays.len};
	buf_init(&whole, 0);
	buf_add(&whole, stays.data, stays.len);
	r = initrd_add(&whole, files, n, e);
	if (!r)
		r = file_write(path, whole.data, whole.len, 0600, e);
	buf_fini(&whole);
	buf_fini(&stays);
	free(files);
	return r;
}

int job_make_boot(const struct job *j, const struct job_boot *boot, char **version, struct err *e)
{
	AUTO_FREE char *path = job_part_file(j, JOB_BOOT_KERNEL);
	struct extfs *fs = extfs_open(boot->disk, "raw", EXTFS_ROOT_PARTITION, e);
	struct kernel k = {.version = NULL};
	int r = fs ? kernel_find(fs, &k, e) : -1;

	if (!r)
		r = kernel_extract(fs, &k, path, e);
	if (!r)
		r = job_boot_write_initrd(j, boot, fs, &k, e);
	if (!r)
		*version = xstrdup(k.version);
	kernel_fini(&k);
	extfs_close(fs);
	return r;
}
