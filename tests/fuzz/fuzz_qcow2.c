/* SPDX-License-Identifier: MIT */
/*
 * fuzz_qcow2: bytes as a machine's disk. It is refused by name, or each of its clusters is mapped to
 * bytes of the file, and no other file is opened.
 */
#include <string.h>

#include "../../src/image/qcow2.h"
#include "../../src/image/vdisk.h"
#include "input.h"

static void check_map(struct qcow2 *q, uint64_t pos)
{
	struct err e = ERR_INIT;
	enum qcow2_kind kind;
	uint64_t offset, length;

	if (qcow2_map(q, pos, &kind, &offset, &length, &e) < 0) {
		must_be_error(&e, ERR_FAILED);
		return;
	}
	must(pos < q->size && length > 0 && length <= q->size - pos);
	must(length <= UINT64_C(1) << q->cluster_bits);
	must(kind != QCOW2_DATA || offset < q->file_size);
}

static void check_tables(int fd, size_t size)
{
	struct err e = ERR_INIT;
	struct qcow2 q;
	uint64_t clusters;

	if (qcow2_open(&q, fd, "x.qcow2", &e) < 0) {
		must_be_error(&e, ERR_FAILED);
		return;
	}
	must(q.file_size == size && q.cluster_bits >= 9 && q.cluster_bits <= 21);
	must(strlen(q.backing) <= 1023);
	if (qcow2_check(&q, &clusters, &e) < 0)
		must_be_error(&e, ERR_FAILED);
	check_map(&q, q.size);
	for (uint64_t pos = 0; pos < q.size && pos < 64u << 20; pos += (UINT64_C(1) << q.cluster_bits) - 1)
		check_map(&q, pos);
	check_map(&q, q.size ? q.size - 1 : 0);
	qcow2_fini(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = ERR_INIT;
	char path[64], block[3000];
	int fd = fuzz_file(data, size, path);
	struct vdisk *d;

	check_tables(fd, size);
	close(fd);
	d = vdisk_open(path, "qcow2", &e);
	if (!d) {
		must_be_error(&e, ERR_FAILED);
	} else {
		for (uint64_t pos = 0; pos < 100000; pos += sizeof block)
			if (vdisk_read(d, pos, block, sizeof block, &e) < 0)
				must_be_error(&e, ERR_FAILED);
		vdisk_close(d);
	}
	unlink(path);
	return 0;
}
