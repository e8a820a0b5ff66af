/* SPDX-License-Identifier: MIT */
/*
 * initrd: builds the initial RAM disk of a kernel. It is not compressed: an emulated kernel takes longer to unpack
 * it than to load more bytes.
 */
#include "image/initrd.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/asset.h"
#include "base/mem.h"
#include "modules.h"

#define BUSYBOX_MAX (16u << 20)
#define INITRD_MAX (256u << 20)

/* busybox-static of bookworm and trixie */
static const char *const busybox_paths[] = {"/usr/bin/busybox", "/bin/busybox"};

struct writer {
	struct archive *archive;
	struct strv dirs; /* made so far */
	struct err *e;
};

static la_ssize_t initrd_append(struct archive *a, void *arg, const void *p, size_t n)
{
	(void)a;
	if (buf_add(arg, p, n) < 0)
		return ARCHIVE_FATAL;
	return (la_ssize_t)n;
}

static int initrd_fail(struct writer *w)
{
	const char *why = archive_error_string(w->archive);

	return err_set(w->e, ERR_FAILED, "initrd", "cannot write the initrd: %s", why ? why : "it became too large");
}

/* Starts an archive after the content of `out`. A segment must begin at a multiple of 4. */
static int initrd_begin(struct writer *w, struct buf *out)
{
	while (out->len % 4)
		if (buf_addc(out, '\0') < 0)
			return err_set(w->e, ERR_FAILED, "initrd", "the initrd became too large");
	w->archive = archive_write_new();
	archive_write_set_format_cpio_newc(w->archive);
	archive_write_set_bytes_per_block(w->archive, 0); /* no padding to tape blocks */
	if (archive_write_open(w->archive, out, NULL, initrd_append, NULL) != ARCHIVE_OK)
		return initrd_fail(w);
	return 0;
}

static int initrd_end(struct writer *w, int r)
{
	if (!r && archive_write_close(w->archive) != ARCHIVE_OK)
		r = initrd_fail(w);
	archive_write_free(w->archive);
	strv_fini(&w->dirs);
	return r;
}

/* newc requires a size of every entry; without one libarchive omits the entry */
static int initrd_add_entry(struct writer *w, const char *path, mode_t type, unsigned mode, dev_t device,
			    const void *data, size_t n)
{
	struct archive_entry *entry = archive_entry_new();
	int r = 0;

	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, mode);
	archive_entry_set_size(entry, (la_int64_t)n);
	archive_entry_set_nlink(entry, type == AE_IFDIR ? 2 : 1);
	archive_entry_set_mtime(entry, 0, 0);
	if (type == AE_IFCHR) {
		archive_entry_set_rdevmajor(entry, device >> 8);
		archive_entry_set_rdevminor(entry, device & 0xff);
	}
	if (archive_write_header(w->archive, entry) != ARCHIVE_OK ||
	    (n && archive_write_data(w->archive, data, n) != (la_ssize_t)n))
		r = initrd_fail(w);
	archive_entry_free(entry);
	return r;
}

static int initrd_add_dir(struct writer *w, const char *path)
{
	if (strv_has(&w->dirs, path))
		return 0;
	strv_add(&w->dirs, path);
	return initrd_add_entry(w, path, AE_IFDIR, 0755, 0, NULL, 0);
}

static int initrd_add_file(struct writer *w, const char *path, unsigned mode, const void *data, size_t n)
{
	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		char *dir = xstrndup(path, (size_t)(p - path));
		int r = initrd_add_dir(w, dir);

		free(dir);
		if (r < 0)
			return -1;
	}
	return initrd_add_entry(w, path, AE_IFREG, mode, 0, data, n);
}

static int initrd_read_busybox(struct extfs *fs, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(busybox_paths); i++)
		if (extfs_has(fs, busybox_paths[i]))
			return extfs_read(fs, busybox_paths[i], BUSYBOX_MAX, out, e);
	err_set(e, ERR_FAILED, "busybox-missing", "the image has no busybox");
	return err_hint(e, "install busybox-static in the guest, or use initrd = guest");
}

static int initrd_add_modules(struct writer *w, const struct modules *m)
{
	struct buf order;
	int r = initrd_add_dir(w, "modules");

	buf_init(&order, 0);
	for (size_t i = 0; i < m->count && !r; i++) {
		char *path = xasprintf("modules/%s", m->items[i].name);

		buf_addf(&order, "%s\n", m->items[i].name);
		r = initrd_add_file(w, path, 0644, m->items[i].data.data, m->items[i].data.len);
		free(path);
	}
	if (!r)
		r = initrd_add_file(w, "modules/order", 0644, order.data, order.len);
	buf_fini(&order);
	return r;
}

int initrd_build(struct extfs *fs, const char *version, const struct strv *modules, struct strv *unknown,
		 struct buf *out, struct err *e)
{
	const struct asset *init = asset_get("guest/init", e);
	struct writer w = {.e = e};
	struct modules m = {.items = NULL};
	struct buf busybox;
	int r;

	if (!init || initrd_read_busybox(fs, &busybox, e) < 0)
		return -1;
	buf_init(out, INITRD_MAX);
	r = modules_load(&m, fs, version, modules, unknown, e);
	if (!r) {
		r = initrd_begin(&w, out);
		/* the kernel opens /dev/console for init before anything is mounted */
		if (!r)
			r = initrd_add_dir(&w, "dev");
		if (!r)
			r = initrd_add_entry(&w, "dev/console", AE_IFCHR, 0600, 5 << 8 | 1, NULL, 0);
		if (!r)
			r = initrd_add_file(&w, "bin/busybox", 0755, busybox.data, busybox.len);
		if (!r)
			r = initrd_add_file(&w, "init", 0755, init->data, init->len);
		if (!r)
			r = initrd_add_modules(&w, &m);
		r = initrd_end(&w, r);
	}
	modules_fini(&m);
	buf_fini(&busybox);
	if (r < 0)
		buf_fini(out);
	return r;
}

int initrd_add(struct buf *initrd, const struct initrd_file *files, size_t count, struct err *e)
{
	struct writer w = {.e = e};
	int r = initrd_begin(&w, initrd);

	for (size_t i = 0; i < count && !r; i++)
		r = initrd_add_file(&w, files[i].path, files[i].mode, files[i].data, files[i].len);
	return initrd_end(&w, r);
}
