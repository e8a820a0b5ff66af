/* SPDX-License-Identifier: MIT */
/*
 * fuzz_gpt: bytes as a raw disk with a partition table. A partition is found within the disk, or its
 * absence is an error.
 */
#include "../../src/image/vdisk.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"debwiz-root", "ESP", "", "a name of thirty-six characters at m"};
	struct err e = ERR_INIT;
	char path[64];
	struct vdisk *d;

	close(fuzz_file(data, size, path));
	d = vdisk_open(path, "raw", &e);
	must(d != NULL && vdisk_size(d) == size);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		uint64_t start, length;

		if (vdisk_find_partition(d, names[i], &start, &length, &e) < 0)
			must_be_error(&e, ERR_FAILED);
		else
			must(start >= 1024 && length > 0 && start < size && length <= size - start);
	}
	vdisk_close(d);
	unlink(path);
	return 0;
}
