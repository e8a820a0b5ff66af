/* SPDX-License-Identifier: MIT */
/* image/gpt: the bytes on disk, read back by the specification's layout. */
#include <fcntl.h>
#include <sys/stat.h>

#include "../lib/check.h"
#include "image/gpt.h"

#define SECTORS 409600ull /* 200 MiB */

static uint64_t get(const uint8_t *p, int n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static void knows_crc32(void **state)
{
	(void)state;
	assert_int_equal(gpt_crc32("123456789", 9), 0xcbf43926);
	assert_int_equal(gpt_crc32("", 0), 0);
}

static void knows_guids(void **state)
{
	static const char *const bad[] = {
		"",
		"C12A7328",
		"C12A7328-F81F-11D2-BA4B-00A0C93EC93",
		"C12A7328-F81F-11D2-BA4B-00A0C93EC93BB",
		"C12A7328-F81F-11D2-BA4B-00A0C93EC93G",
		"C12A7328F81F11D2BA4B00A0C93EC93BAAAA",
		"C12A7328-F81F-11D2-BA4B00A0C93EC93B-",
	};
	static const uint8_t ones[16] = {255, 255, 255, 255, 255, 255, 255, 255,
					 255, 255, 255, 255, 255, 255, 255, 255};
	struct gpt_guid g, low;

	(void)state;
	assert_int_equal(gpt_guid_parse(GPT_TYPE_ESP, &g), 0);
	assert_int_equal(g.b[0], 0xc1);
	assert_int_equal(g.b[15], 0x3b);
	assert_int_equal(gpt_guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", &low), 0);
	assert_memory_equal(&g, &low, sizeof g);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(gpt_guid_parse(bad[i], &g), -1);
	gpt_guid_make(ones, &g);
	assert_int_equal(g.b[6] >> 4, 4);
	assert_int_equal(g.b[8] >> 6, 2);
}

static void check_header(const uint8_t *h, uint64_t self, uint64_t other, uint64_t table, const uint8_t *entries)
{
	uint8_t copy[92];

	assert_memory_equal(h, "EFI PART", 8);
	assert_int_equal(get(h + 8, 4), 0x10000);
	assert_int_equal(get(h + 12, 4), 92);
	assert_int_equal(get(h + 24, 8), self);
	assert_int_equal(get(h + 32, 8), other);
	assert_int_equal(get(h + 40, 8), 34);
	assert_int_equal(get(h + 48, 8), SECTORS - 34);
	assert_int_equal(get(h + 72, 8), table);
	assert_int_equal(get(h + 80, 4), 128);
	assert_int_equal(get(h + 84, 4), 128);
	assert_int_equal(get(h + 88, 4), gpt_crc32(entries, 128 * 128));
	memcpy(copy, h, sizeof copy);
	memset(copy + 16, 0, 4);
	assert_int_equal(get(h + 16, 4), gpt_crc32(copy, sizeof copy));
}

static const struct gpt_part two[] = {
	{.first = 2048, .last = 133119, .name = "ESP"},
	{.first = 133120, .last = SECTORS - 34, .name = "debwiz-root"},
};

static void writes_both_tables(void **state)
{
	static const uint8_t esp[16] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
					0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};
	static uint8_t disk[SECTORS * 512];
	char *dir = check_tmpdir();
	char *path = file_join(dir, "disk");
	struct gpt_part parts[2] = {two[0], two[1]};
	struct gpt_guid id;
	struct stat st;
	const uint8_t *p;
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	(void)state;
	gpt_guid_parse(GPT_TYPE_ESP, &parts[0].type);
	gpt_guid_parse(GPT_TYPE_LINUX, &parts[1].type);
	gpt_guid_parse("00112233-4455-4677-8899-aabbccddeeff", &id);
	parts[0].id = id;
	assert_int_equal(ftruncate(fd, (off_t)sizeof disk), 0);
	assert_int_equal(pwrite(fd, "keep", 4, 34 * 512), 4);
	assert_int_equal(pwrite(fd, "keep", 4, (off_t)(SECTORS - 33) * 512 - 4), 4);
	assert_int_equal(gpt_write(fd, SECTORS, &id, parts, 2, NULL), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, sizeof disk);
	assert_int_equal(pread(fd, disk, sizeof disk, 0), sizeof disk);

	assert_int_equal(get(disk + 510, 2), 0xaa55);
	assert_int_equal(disk[446 + 4], 0xee);
	assert_int_equal(get(disk + 446 + 8, 4), 1);
	assert_int_equal(get(disk + 446 + 12, 4), SECTORS - 1);
	check_header(disk + 512, 1, SECTORS - 1, 2, disk + 1024);
	check_header(disk + (SECTORS - 1) * 512, SECTORS - 1, 1, SECTORS - 33, disk + (SECTORS - 33) * 512);
	assert_memory_equal(disk + 1024, disk + (SECTORS - 33) * 512, 128 * 128);
	p = disk + 512 + 56;
	assert_memory_equal(p, "\x33\x22\x11\x00\x55\x44\x77\x46\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
	p = disk + 1024;
	assert_memory_equal(p, esp, 16);
	assert_memory_equal(p + 16, disk + 512 + 56, 16);
	assert_int_equal(get(p + 32, 8), 2048);
	assert_int_equal(get(p + 40, 8), 133119);
	assert_memory_equal(p + 56, "E\0S\0P\0\0", 8);
	assert_memory_equal(p + 128 + 56, "d\0e\0b\0w\0i\0z\0-\0r\0o\0o\0t\0\0", 24);
	assert_int_equal(get(p + 2 * 128, 8), 0);
	assert_memory_equal(disk + 34 * 512, "keep", 4);
	assert_memory_equal(disk + (SECTORS - 33) * 512 - 4, "keep", 4);
	close(fd);
	free(path);
	check_rmdir(dir);
}

static void refuses_layouts(void **state)
{
	static const struct {
		uint64_t first, last, first2, last2, sectors;
	} bad[] = {
		{33, 100, 200, 300, SECTORS},	       {40, 39, 200, 300, SECTORS},  {40, 100, 100, 300, SECTORS},
		{40, 400, 100, 300, SECTORS},	       {100, 200, 40, 100, SECTORS}, {100, 200, 40, 300, SECTORS},
		{40, 100, 200, SECTORS - 33, SECTORS}, {34, 34, 35, 35, 67},
	};
	struct gpt_guid id = {{0}};
	struct gpt_part parts[2] = {two[0], two[1]};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		parts[0].first = bad[i].first;
		parts[0].last = bad[i].last;
		parts[1].first = bad[i].first2;
		parts[1].last = bad[i].last2;
		assert_int_equal(gpt_write(-1, bad[i].sectors, &id, parts, 2, &e), -1);
		assert_string_equal(e.id, "gpt-layout");
	}
	parts[0] = two[0];
	parts[0].name = "1234567890123456789012345678901234567";
	assert_int_equal(gpt_write(-1, SECTORS, &id, parts, 1, &e), -1);
	assert_string_equal(e.id, "gpt-layout");
	parts[0].name = "fits";
	assert_int_equal(gpt_write(-1, SECTORS, &id, parts, 1, &e), -1);
	assert_string_equal(e.id, "gpt-write");
	err_fini(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_crc32),
		cmocka_unit_test(knows_guids),
		cmocka_unit_test(writes_both_tables),
		cmocka_unit_test(refuses_layouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
