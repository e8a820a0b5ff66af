/* SPDX-License-Identifier: MIT */
/*
 * installer: takes kernel and initrd out of the installer's package in one pass, and appends an archive of debwiz's own
 * to the initrd: the kernel unpacks one behind the other.
 */
#include "image/installer.h"

#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/buf.h"
#include "base/mem.h"
#include "deb.h"
#include "host/file.h"
#include "image/initrd.h"
#include "image/preseed.h"

#define FILE_MAX (512u << 20) /* of kernel or initrd */
#define CHUNK (256u << 10)
#define GUEST_ROOT "guest/root/"

struct taking_out {
	const struct installer_medium *medium;
	const atomic_bool *cancel;
	struct buf kernel, initrd;
	bool has_kernel, has_initrd;
};

static int installer_read(struct taking_out *t, struct deb *d, const struct deb_entry *entry, struct buf *out,
			  struct err *e)
{
	ssize_t n = 1;

	if (entry->size > FILE_MAX)
		return err_set(e, ERR_VERIFY, "installer-files", "%s: %s is too large", t->medium->name, entry->path);
	while (n > 0) {
		if (t->cancel && atomic_load(t->cancel))
			return err_set(e, ERR_INTERRUPTED, "interrupted", "interrupted");
		n = deb_read(d, buf_reserve(out, CHUNK), CHUNK, e);
		if (n > 0)
			out->len += (size_t)n;
	}
	return n < 0 ? -1 : 0;
}

static int installer_entry(struct deb *d, const struct deb_entry *entry, void *arg, struct err *e)
{
	struct taking_out *t = arg;
	int r = 0;

	if (t->cancel && atomic_load(t->cancel))
		return err_set(e, ERR_INTERRUPTED, "interrupted", "interrupted");
	if (entry->type != DEB_FILE)
		return 0;
	if (!t->has_kernel && !strcmp(entry->path, t->medium->kernel)) {
		r = installer_read(t, d, entry, &t->kernel, e);
		t->has_kernel = true;
	} else if (!t->has_initrd && !strcmp(entry->path, t->medium->initrd)) {
		r = installer_read(t, d, entry, &t->initrd, e);
		t->has_initrd = true;
	}
	return r < 0 ? -1 : t->has_kernel && t->has_initrd;
}

/* Appends the files of debwiz. */
static int installer_add_files(const struct installer_medium *m, struct buf *initrd, struct err *e)
{
	const struct asset *late = asset_get("installer/late.sh", e);
	const struct asset *list = m->guest_files ? asset_get("guest/files.list", e) : NULL, *a;
	struct initrd_file *files = NULL;
	AUTO_STRV struct strv paths = STRV_INIT;
	size_t n = 0;
	int r;

	if (!late || (m->guest_files && !list))
		return -1;
	for (size_t i = 0; m->guest_files && (a = asset_next(GUEST_ROOT, &i));)
		strv_addf(&paths, "debwiz/root/%s", a->name + strlen(GUEST_ROOT));
	files = xcalloc(paths.len + 3, sizeof(*files));
	files[n++] = (struct initrd_file){"preseed.cfg", 0644, m->preseed, strlen(m->preseed)};
	files[n++] = (struct initrd_file){PRESEED_LATE, 0755, late->data, late->len};
	if (list)
		files[n++] = (struct initrd_file){"debwiz/files.list", 0644, list->data, list->len};
	for (size_t i = 0, k = 0; k < paths.len && (a = asset_next(GUEST_ROOT, &i)); k++)
		files[n++] = (struct initrd_file){paths.items[k], 0644, a->data, a->len};
	r = initrd_add(initrd, files, n, e);
	free(files);
	return r;
}

int installer_extract(int fd, const struct installer_medium *m, const char *kernel_path, const char *initrd_path,
		      const atomic_bool *cancel, struct err *e)
{
	struct taking_out t = {.medium = m, .cancel = cancel};
	int r;

	buf_init(&t.kernel, 0);
	buf_init(&t.initrd, 0);
	r = deb_each(fd, m->name, DEB_DATA, installer_entry, &t, e);
	if (!r && !(t.has_kernel && t.has_initrd))
		r = err_set(e, ERR_FAILED, "installer-files", "%s has no file %s", m->name,
			    t.has_kernel ? m->initrd : m->kernel);
	if (!r)
		r = installer_add_files(m, &t.initrd, e);
	if (!r)
		r = file_write(kernel_path, t.kernel.data, t.kernel.len, 0600, e);
	if (!r)
		r = file_write(initrd_path, t.initrd.data, t.initrd.len, 0600, e);
	buf_fini(&t.kernel);
	buf_fini(&t.initrd);
	return r;
}
