/* SPDX-License-Identifier: MIT */
/* kernel: finds a machine's kernel and initrd, and extracts them. */
#include "image/kernel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "host/file.h"
#include "packed.h"

#define KERNEL_MAX (256u << 20)
#define INITRD_MAX (512u << 20)

/* Names of Debian's kernels, links first. */
static const char *const links[] = {"/vmlinuz", "/vmlinux", "/boot/vmlinuz", "/boot/vmlinux"};
static const char *const prefixes[] = {"vmlinuz-", "vmlinux-"};
#define MODULES "/usr/lib/modules"
#define VERSION_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+~_-"

static bool kernel_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* `~` sorts before the end, letters before all else. */
static int kernel_weight(char c)
{
	if (c == '~')
		return -1;
	if (c == '\0' || kernel_is_digit(c))
		return 0;
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return c;
	return (unsigned char)c + 256;
}

int kernel_version_compare(const char *a, const char *b)
{
	while (*a || *b) {
		size_t na, nb;
		int d;

		while ((*a && !kernel_is_digit(*a)) || (*b && !kernel_is_digit(*b))) {
			d = kernel_weight(*a) - kernel_weight(*b);
			if (d)
				return d;
			a += *a != '\0';
			b += *b != '\0';
		}
		a += strspn(a, "0");
		b += strspn(b, "0");
		na = strspn(a, "0123456789");
		nb = strspn(b, "0123456789");
		if (na != nb)
			return na < nb ? -1 : 1;
		d = strncmp(a, b, na);
		if (d)
			return d;
		a += na;
		b += nb;
	}
	return 0;
}

/* Returns whether it is a version as packages have it: the guest chooses names, and this one reaches the host's
 * terminal. */
static bool kernel_is_version(const char *text)
{
	return *text && !text[strspn(text, VERSION_CHARS)];
}

/* Returns the version in a kernel's path, /boot/vmlinuz-VERSION or /usr/lib/modules/VERSION/vmlinuz; owned. NULL: it is
 * not a kernel. */
static char *kernel_version_of(const char *path)
{
	const char *name = file_basename(path);

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (!strncmp(name, prefixes[i], n) && kernel_is_version(name + n))
			return xstrdup(name + n);
		if (!strncmp(name, prefixes[i], n - 1) && !name[n - 1]) {
			AUTO_FREE char *folder = file_dirname(path);
			AUTO_FREE char *above = file_dirname(folder);

			if (!strcmp(above, MODULES) && kernel_is_version(file_basename(folder)))
				return xstrdup(file_basename(folder));
		}
	}
	return NULL;
}

static bool kernel_look(struct extfs *fs, const char *path, struct kernel_file *out)
{
	struct extfs_stat st;
	char *real;

	if (extfs_resolve(fs, path, &real, &st, NULL) < 0)
		return false;
	if (!S_ISREG(st.mode) || !st.size) {
		free(real);
		return false;
	}
	*out = (struct kernel_file){.path = real, .ino = st.ino, .size = st.size, .mtime = st.mtime};
	return true;
}

static bool kernel_find_by_link(struct extfs *fs, struct kernel *k)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (!kernel_look(fs, links[i], &k->image))
			continue;
		k->version = kernel_version_of(k->image.path);
		if (k->version)
			return true;
		free(k->image.path);
		k->image.path = NULL;
	}
	return false;
}

/* Takes the file if it is a kernel, and newer than the one that was found before. */
static void kernel_consider(struct extfs *fs, const char *path, struct kernel *k)
{
	struct kernel_file image;
	char *version = kernel_version_of(path);

	if (!version || (k->version && kernel_version_compare(version, k->version) <= 0) ||
	    !kernel_look(fs, path, &image)) {
		free(version);
		return;
	}
	kernel_fini(k);
	k->version = version;
	k->image = image;
}

static int kernel_find_newest(struct extfs *fs, struct kernel *k, struct err *e)
{
	AUTO_STRV struct strv names = STRV_INIT;
	AUTO_STRV struct strv versions = STRV_INIT;

	if (extfs_list(fs, "/boot", &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		AUTO_FREE char *path = xasprintf("/boot/%s", names.items[i]);

		kernel_consider(fs, path, k);
	}
	(void)extfs_list(fs, MODULES, &versions, NULL);
	for (size_t i = 0; i < versions.len; i++) {
		for (size_t p = 0; p < ARRAY_SIZE(prefixes); p++) {
			AUTO_FREE char *path = xasprintf(MODULES "/%s/%.*s", versions.items[i],
							 (int)strlen(prefixes[p]) - 1, prefixes[p]);

			kernel_consider(fs, path, k);
		}
	}
	if (k->version)
		return 0;
	err_set(e, ERR_FAILED, "kernel-missing", "the image has no kernel in /boot or " MODULES);
	return err_hint(e, "boot it with firmware (mode = uefi), and install a kernel there");
}

int kernel_find(struct extfs *fs, struct kernel *out, struct err *e)
{
	struct kernel k = {.version = NULL};
	char *path;

	if (!kernel_find_by_link(fs, &k) && kernel_find_newest(fs, &k, e) < 0)
		return -1;
	path = xasprintf("/boot/initrd.img-%s", k.version);
	if (!kernel_look(fs, path, &k.initrd))
		k.initrd = (struct kernel_file){.path = NULL};
	free(path);
	*out = k;
	return 0;
}

void kernel_fini(struct kernel *k)
{
	free(k->version);
	free(k->image.path);
	free(k->initrd.path);
	*k = (struct kernel){.version = NULL};
}

static char *kernel_file_identity(const struct kernel_file *f)
{
	return f->path ? xasprintf("%s %lu %llu %lld", f->path, (unsigned long)f->ino, (unsigned long long)f->size,
				   (long long)f->mtime)
		       : xstrdup("none");
}

char *kernel_identity(const struct kernel *k, bool with_initrd)
{
	AUTO_FREE char *image = kernel_file_identity(&k->image);
	AUTO_FREE char *initrd = with_initrd ? kernel_file_identity(&k->initrd) : xstrdup("-");
	char *both = xasprintf("%s; %s", image, initrd);

	return both;
}

static uint32_t kernel_get_le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Unpacks gzip, or EFI zboot (Linux: drivers/firmware/efi/libstub/zboot-header.S), whose payload is followed by its
 * plain size unless it is gzip. */
static int kernel_unwrap(struct buf *b, const char *name, struct err *e)
{
	const unsigned char *p = (const unsigned char *)b->data;
	size_t start = 0, length = b->len;
	struct buf plain;

	if (b->len > 64 && !memcmp(p, "MZ", 2) && !memcmp(p + 4, "zimg", 4)) {
		start = kernel_get_le32(p + 8);
		length = kernel_get_le32(p + 12);
		if (memcmp(p + 24, "gzip", 4) != 0 && length >= 4)
			length -= 4;
		if (start > b->len || length > b->len - start)
			return err_set(e, ERR_FAILED, "kernel-broken", "%s is cut short", name);
	} else if (b->len < 2 || memcmp(p, "\037\213", 2) != 0) {
		return 0;
	}
	if (unpack_bytes(p + start, length, KERNEL_MAX, &plain, name, e) < 0)
		return -1;
	buf_fini(b);
	*b = plain;
	return 0;
}

int kernel_extract(struct extfs *fs, const struct kernel *k, const char *path, struct err *e)
{
	struct buf b;
	int r;

	if (extfs_read(fs, k->image.path, KERNEL_MAX, &b, e) < 0)
		return -1;
	r = kernel_unwrap(&b, k->image.path, e);
	if (!r)
		r = file_write(path, b.data, b.len, 0600, e);
	buf_fini(&b);
	return r;
}

int kernel_extract_initrd(struct extfs *fs, const struct kernel *k, const char *path, struct err *e)
{
	struct buf b;
	int r;

	if (!k->initrd.path) {
		err_set(e, ERR_FAILED, "initrd-missing", "the image has no initrd for the kernel %s", k->version);
		return err_hint(e, "update-initramfs -c -k %s in the guest makes one, or use initrd = own", k->version);
	}
	if (extfs_read(fs, k->initrd.path, INITRD_MAX, &b, e) < 0)
		return -1;
	r = file_write(path, b.data, b.len, 0600, e);
	buf_fini(&b);
	return r;
}
