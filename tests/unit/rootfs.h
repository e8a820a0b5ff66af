/* SPDX-License-Identifier: MIT */
/*
 * rootfs: a disk for tests as debwiz makes them (GPT, one ext4 partition named debwiz-root), with
 * two kernels, made-up modules and a few files to stumble over.
 */
#ifndef TESTS_UNIT_ROOTFS_H
#define TESTS_UNIT_ROOTFS_H

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "image/gpt.h"
#include "image/image.h"

#define ROOTFS_SIZE (256u << 20)
#define ROOTFS_START (2u << 20)
#define ROOTFS_VERSION "6.1.0-9-test"
#define ROOTFS_BIG (3u * 1024 * 1024 + 777)

static const struct image_attr rootfs_plain = {.mode = 0644, .mtime = 1700000000};

static inline void rootfs_big(char *to)
{
	for (size_t i = 0; i < ROOTFS_BIG; i++)
		to[i] = (char)(i * 2654435761u >> 13);
}

static inline void rootfs_int(unsigned char *p, uint64_t v, int bytes, int big)
{
	for (int i = 0; i < bytes; i++)
		p[big ? bytes - 1 - i : i] = (unsigned char)(v >> (8 * i));
}

/* The smallest ELF file with a .modinfo section: no section, names, modinfo. */
static inline struct buf rootfs_module(const char *name, const char *depends, int bits, int big)
{
	static const char names[] = "\0.shstrtab\0.modinfo";
	size_t head = bits == 64 ? 64 : 52, each = bits == 64 ? 64 : 40;
	struct buf info, b;
	unsigned char *p;
	size_t at;

	buf_init(&info, 0);
	buf_init(&b, 0);
	buf_add(&info, "license=GPL", 12); /* with its NUL, as all of them */
	buf_addf(&info, "depends=%s", depends);
	buf_addc(&info, '\0');
	buf_addf(&info, "name=%s", name);
	buf_addc(&info, '\0');
	at = head + sizeof(names) + info.len;
	p = (unsigned char *)buf_reserve(&b, at + 3 * each);
	memset(p, 0, at + 3 * each);
	memcpy(p, "\177ELF", 4);
	p[4] = bits == 64 ? 2 : 1;
	p[5] = big ? 2 : 1;
	rootfs_int(p + (bits == 64 ? 40 : 32), at, bits / 8, big);
	rootfs_int(p + (bits == 64 ? 58 : 46), each, 2, big);
	rootfs_int(p + (bits == 64 ? 60 : 48), 3, 2, big);
	rootfs_int(p + (bits == 64 ? 62 : 50), 1, 2, big);
	memcpy(p + head, names, sizeof(names));
	memcpy(p + head + sizeof(names), info.data, info.len);
	for (int i = 1; i < 3; i++) {
		unsigned char *s = p + at + (size_t)i * each;

		rootfs_int(s, i == 1 ? 1 : 11, 4, big);
		rootfs_int(s + (bits == 64 ? 24 : 16), i == 1 ? head : head + sizeof(names), bits / 8, big);
		rootfs_int(s + (bits == 64 ? 32 : 20), i == 1 ? sizeof(names) : info.len, bits / 8, big);
	}
	b.len = at + 3 * each;
	buf_fini(&info);
	return b;
}

static inline struct buf rootfs_xz(const struct buf *plain)
{
	size_t room = lzma_stream_buffer_bound(plain->len), n = 0;
	struct buf b;

	buf_init(&b, 0);
	if (lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, (uint8_t *)plain->data, plain->len,
				    (uint8_t *)buf_reserve(&b, room), &n, room) != LZMA_OK)
		abort();
	b.len = n;
	return b;
}

static inline la_ssize_t rootfs_append(struct archive *a, void *arg, const void *p, size_t n)
{
	(void)a;
	buf_add(arg, p, n);
	return (la_ssize_t)n;
}

static inline struct buf rootfs_gzip(const void *p, size_t n)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	struct buf b;

	buf_init(&b, 0);
	archive_write_add_filter_gzip(a);
	archive_write_set_format_raw(a);
	archive_write_set_bytes_per_block(a, 0);
	archive_write_open(a, &b, NULL, rootfs_append, NULL);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_write_header(a, entry);
	archive_write_data(a, p, n);
	archive_entry_free(entry);
	archive_write_free(a);
	return b;
}

static inline void rootfs_put(struct image *im, const char *path, const void *data, size_t n)
{
	struct err e = ERR_INIT;

	if (image_put(im, path, data, n, &rootfs_plain, &e) < 0) {
		fprintf(stderr, "%s: %s\n", path, e.text);
		abort();
	}
}

static inline void rootfs_puts(struct image *im, const char *path, const char *text)
{
	rootfs_put(im, path, text, strlen(text));
}

static inline void rootfs_link(struct image *im, const char *path, const char *target)
{
	struct image_attr attr = {.mode = 0777};

	if (image_symlink(im, path, target, &attr, NULL) < 0)
		abort();
}

static inline void rootfs_modules(struct image *im)
{
	static const char dir[] = "usr/lib/modules/" ROOTFS_VERSION "/";
	static const struct {
		const char *path, *depends;
		int bits, big;
	} modules[] = {
		{"kernel/a/virtio_pci.ko", "virtio-ring", 32, 0},
		{"kernel/a/virtio-ring.ko", "virtio", 64, 0},
		{"kernel/b/ext9.ko.xz", "mbc,virtio_ring,crc-nine", 32, 1},
		{"kernel/b/mbc.ko.gz", "", 64, 1},
		{"kernel/b/crc-nine.ko", "", 32, 0},
		{"kernel/b/loop-a.ko", "loop_b", 32, 0},
		{"kernel/b/loop-b.ko", "loop_a", 32, 0},
	};

	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
		char *path = xasprintf("%s%s", dir, modules[i].path);
		struct buf elf = rootfs_module(modules[i].path, modules[i].depends, modules[i].bits, modules[i].big);
		struct buf packed = strstr(path, ".xz")	  ? rootfs_xz(&elf)
				    : strstr(path, ".gz") ? rootfs_gzip(elf.data, elf.len)
							  : elf;

		rootfs_put(im, path, packed.data, packed.len);
		if (packed.data != elf.data)
			buf_fini(&packed);
		buf_fini(&elf);
		free(path);
	}
	rootfs_put(im, "usr/lib/modules/" ROOTFS_VERSION "/kernel/b/broken.ko", "no elf", 6);
	rootfs_puts(im, "usr/lib/modules/" ROOTFS_VERSION "/modules.order",
		    "kernel/b/ext9.ko\nkernel/b/mbc.ko\nkernel/a/virtio_pci.ko\nkernel/a/virtio-ring.ko\n"
		    "kernel/b/crc-nine.ko\nkernel/b/loop-a.ko\nkernel/b/loop-b.ko\nkernel/b/broken.ko\n"
		    "kernel/b/gone.ko\n");
	rootfs_puts(im, "usr/lib/modules/" ROOTFS_VERSION "/modules.builtin",
		    "kernel/c/virtio.ko\nkernel/c/virtio_mmio.ko\n");
}

static inline void rootfs_fill(struct image *im)
{
	char *big = xmalloc(ROOTFS_BIG);
	char *long_name = xasprintf("%0200d", 0);
	char *long_target = xasprintf("/%s/../boot", long_name);

	rootfs_link(im, "lib", "usr/lib");
	rootfs_puts(im, "usr/bin/busybox", "static");
	rootfs_puts(im, "boot/vmlinuz-" ROOTFS_VERSION, "kernel nine");
	rootfs_puts(im, "boot/vmlinuz-6.1.0-10-test", "kernel ten");
	rootfs_puts(im, "boot/config-6.1.0-99-test", "no kernel");
	rootfs_puts(im, "boot/initrd.img-" ROOTFS_VERSION, "initrd nine");
	rootfs_link(im, "vmlinuz", "boot/vmlinuz-" ROOTFS_VERSION);
	rootfs_big(big);
	rootfs_put(im, "srv/big", big, ROOTFS_BIG);
	rootfs_puts(im, "srv/empty", "");
	rootfs_link(im, "srv/up", "../../../../etc/passwd");
	rootfs_puts(im, "etc/passwd", "inside");
	rootfs_link(im, "srv/absolute", "/etc/passwd");
	rootfs_link(im, "srv/loop", "loop");
	rootfs_link(im, "srv/dangling", "/nowhere/x");
	rootfs_link(im, "srv/through-file", "/etc/passwd/x");
	image_mkdir(im, long_name, &(struct image_attr){.mode = 0755}, NULL);
	rootfs_link(im, "srv/long", long_target); /* a target that does not fit its inode */
	rootfs_modules(im);
	free(long_target);
	free(long_name);
	free(big);
}

/* Makes the disk at `path`, `more` puts what it likes into it. */
static inline void rootfs_make(const char *path, void (*more)(struct image *im))
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct image_spec spec = {.offset = ROOTFS_START,
				  .length = ROOTFS_SIZE - 2 * ROOTFS_START,
				  .label = "root",
				  .epoch = 1700000000,
				  .uuid = {1, 2, 3}};
	struct gpt_guid type, id = {{9}};
	struct gpt_part parts[2] = {
		{.id = id, .first = 2048, .last = ROOTFS_START / 512 - 1, .name = "ESP"},
		{.id = id,
		 .first = ROOTFS_START / 512,
		 .last = (ROOTFS_SIZE - ROOTFS_START) / 512 - 1,
		 .name = "debwiz-root"},
	};
	struct image *im;

	gpt_guid_parse(GPT_TYPE_LINUX, &type);
	parts[0].type = parts[1].type = type;
	if (fd < 0 || ftruncate(fd, ROOTFS_SIZE) < 0 || gpt_write(fd, ROOTFS_SIZE / 512, &id, parts, 2, NULL) < 0)
		abort();
	im = image_create(fd, &spec, NULL);
	if (!im)
		abort();
	more(im);
	if (image_close(im, NULL) < 0)
		abort();
	close(fd);
}

#endif
