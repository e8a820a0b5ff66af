/* SPDX-License-Identifier: MIT */
/* job_image: what the existing image has that a machine begins as, and whether it can start as the file asks for. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "job_steps.h"

bool job_is_image(const void *job)
{
	return ((const struct job *)job)->spec->method == SPEC_IMAGE;
}

bool job_is_bootstrap(const void *job)
{
	return ((const struct job *)job)->spec->method == SPEC_BOOTSTRAP;
}

bool job_is_installer(const void *job)
{
	return ((const struct job *)job)->spec->method == SPEC_INSTALLER;
}

bool job_is_foreign(const struct job *j)
{
	return spec_is_foreign(j->spec);
}

/* Returns the architecture of the catalogue that has such programs, NULL: none. */
static const struct catalog_arch *job_image_arch(const struct catalog *c, const char *elf)
{
	const struct catalog_arch *a;

	for (size_t i = 0; (a = catalog_arch_next(c, &i));)
		if (!strcmp(a->elf, elf))
			return a;
	return NULL;
}

/* Sets the error for an image of another architecture. Returns -1. */
static int job_image_foreign(const struct job *j, const char *path, const char *elf, struct err *e)
{
	const struct catalog_arch *has = job_image_arch(j->catalog, elf);

	err_set(e, ERR_USAGE, "image-arch", "machine.arch: %s is a system for %s, not for %s", path,
		has ? has->name : "another architecture", j->arch->name);
	if (has)
		return err_hint(e, "write arch = %s in [machine]", has->name);
	return err_hint(e, "choose an image for %s", j->arch->name);
}

int job_check_image(const struct job *j, const char *path, const struct disk_image *image, struct err *e)
{
	if (image->elf && strcmp(image->elf, j->arch->elf) != 0)
		return job_image_foreign(j, path, image->elf, e);
	if (j->spec->firmware == SPEC_UEFI && !image->efi) {
		err_set(e, ERR_FAILED, "image-no-efi", "%s does not start by UEFI: it has no EFI system partition",
			path);
		return err_hint(e, image->root ? "write mode = direct in [firmware]"
					       : "choose an image with a GPT partition table");
	}
	if (j->spec->firmware == SPEC_DIRECT && !image->root) {
		err_set(e, ERR_FAILED, "image-no-root",
			"%s has no root file system of the kind ext4 in a GPT partition", path);
		return err_hint(e, "write mode = uefi in [firmware]: its own boot loader finds its root");
	}
	return 0;
}

json_t *job_image_manifest(const struct job *j)
{
	const struct disk_image *i = &j->image;

	return json_pack("{s:b, s:s, s:s, s:b}", "efi", i->efi, "root", i->root ? i->root : "", "elf",
			 i->elf ? i->elf : "", "cloud_init", i->cloud_init);
}

/* Returns a text of the manifest, NULL for an empty one; owned. */
static char *job_image_text(const json_t *image, const char *key)
{
	const char *text = json_str(image, key, "");

	return *text ? xstrdup(text) : NULL;
}

void job_image_of_base(const struct job *j, struct disk_image *out)
{
	const json_t *image = json_object_get(j->base.found.manifest, "image");

	/* bases of earlier versions have only images that start by UEFI */
	*out = (struct disk_image){
		.efi = !image || json_is_true(json_object_get(image, "efi")),
		.root = job_image_text(image, "root"),
		.elf = job_image_text(image, "elf"),
		.cloud_init = json_is_true(json_object_get(image, "cloud_init")),
	};
}
