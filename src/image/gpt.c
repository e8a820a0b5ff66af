/* SPDX-License-Identifier: MIT */
/*
 * gpt: writes both copies of a partition table into a file; changes no other sector.
 */
#include "image/gpt.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "host/file.h"

#define ENTRY_SIZE 128u
#define TABLE_SECTORS (GPT_ENTRIES * ENTRY_SIZE / GPT_SECTOR)
#define HEADER_SIZE 92u
#define NAME_UNITS 36u

uint64_t gpt_first_usable(void)
{
	return 2 + TABLE_SECTORS;
}

uint64_t gpt_last_usable(uint64_t disk_sectors)
{
	return disk_sectors - TABLE_SECTORS - 2;
}

uint32_t gpt_crc32(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= b[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void gpt_put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void gpt_put32(uint8_t *p, uint32_t v)
{
	gpt_put16(p, v & 0xffff);
	gpt_put16(p + 2, v >> 16);
}

static void gpt_put64(uint8_t *p, uint64_t v)
{
	gpt_put32(p, (uint32_t)v);
	gpt_put32(p + 4, (uint32_t)(v >> 32));
}

/* The first three fields of a GUID are little-endian on disk. */
static void gpt_put_guid(uint8_t *p, const struct gpt_guid *g)
{
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

	for (int i = 0; i < 16; i++)
		p[i] = g->b[order[i]];
}

int gpt_guid_parse(const char *text, struct gpt_guid *out)
{
	struct gpt_guid g;

	for (int i = 0; i < 16; i++) {
		int hi, lo;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return -1;
		hi = text_hex_digit(text[0]);
		if (hi < 0)
			return -1;
		lo = text_hex_digit(text[1]);
		if (lo < 0)
			return -1;
		g.b[i] = (uint8_t)(hi << 4 | lo);
		text += 2;
	}
	if (*text)
		return -1;
	*out = g;
	return 0;
}

void gpt_guid_make(const uint8_t bytes[16], struct gpt_guid *out)
{
	memcpy(out->b, bytes, 16);
	out->b[6] = (uint8_t)((out->b[6] & 0x0f) | 0x40);
	out->b[8] = (uint8_t)((out->b[8] & 0x3f) | 0x80);
}

static int gpt_check_parts(uint64_t sectors, const struct gpt_part *parts, size_t count, struct err *e)
{
	if (sectors < 2 * gpt_first_usable() || count > GPT_ENTRIES)
		return err_set(e, ERR_FAILED, "gpt-layout", "the disk is too small for a GPT");
	for (size_t i = 0; i < count; i++) {
		const struct gpt_part *p = &parts[i];

		if (p->first < gpt_first_usable() || p->last < p->first || p->last > gpt_last_usable(sectors) ||
		    strlen(p->name) > NAME_UNITS)
			return err_set(e, ERR_FAILED, "gpt-layout", "partition %zu does not fit on the disk", i + 1);
		for (size_t k = 0; k < i; k++)
			if (p->first <= parts[k].last && parts[k].first <= p->last)
				return err_set(e, ERR_FAILED, "gpt-layout", "partitions %zu and %zu overlap", k + 1,
					       i + 1);
	}
	return 0;
}

static void gpt_make_mbr(uint8_t *s, uint64_t sectors)
{
	uint8_t *p = s + 446;

	memset(s, 0, GPT_SECTOR);
	p[2] = 2; /* from CHS 0/0/2, the second sector */
	p[4] = 0xee;
	memset(p + 5, 0xff, 3);
	gpt_put32(p + 8, 1);
	gpt_put32(p + 12, sectors - 1 > 0xffffffff ? 0xffffffff : (uint32_t)(sectors - 1));
	gpt_put16(s + 510, 0xaa55);
}

static void gpt_make_entries(uint8_t *t, const struct gpt_part *parts, size_t count)
{
	memset(t, 0, (size_t)GPT_ENTRIES * ENTRY_SIZE);
	for (size_t i = 0; i < count; i++, t += ENTRY_SIZE) {
		gpt_put_guid(t, &parts[i].type);
		gpt_put_guid(t + 16, &parts[i].id);
		gpt_put64(t + 32, parts[i].first);
		gpt_put64(t + 40, parts[i].last);
		for (size_t k = 0; parts[i].name[k]; k++)
			gpt_put16(t + 56 + 2 * k, (unsigned char)parts[i].name[k]);
	}
}

static void gpt_make_header(uint8_t *h, uint64_t self, uint64_t other, uint64_t table, uint64_t sectors,
			    const struct gpt_guid *disk_id, uint32_t entries_crc)
{
	memset(h, 0, GPT_SECTOR);
	memcpy(h, "EFI PART", 8);
	gpt_put32(h + 8, 0x00010000);
	gpt_put32(h + 12, HEADER_SIZE);
	gpt_put64(h + 24, self);
	gpt_put64(h + 32, other);
	gpt_put64(h + 40, gpt_first_usable());
	gpt_put64(h + 48, gpt_last_usable(sectors));
	gpt_put_guid(h + 56, disk_id);
	gpt_put64(h + 72, table);
	gpt_put32(h + 80, GPT_ENTRIES);
	gpt_put32(h + 84, ENTRY_SIZE);
	gpt_put32(h + 88, entries_crc);
	gpt_put32(h + 16, gpt_crc32(h, HEADER_SIZE));
}

int gpt_write(int fd, uint64_t sectors, const struct gpt_guid *disk_id, const struct gpt_part *parts, size_t count,
	      struct err *e)
{
	enum { START = 2 + TABLE_SECTORS, END = TABLE_SECTORS + 1 };
	uint8_t start[START * GPT_SECTOR], end[END * GPT_SECTOR];
	uint8_t *entries = start + 2 * (size_t)GPT_SECTOR;
	uint32_t crc;

	if (gpt_check_parts(sectors, parts, count, e))
		return -1;
	gpt_make_mbr(start, sectors);
	gpt_make_entries(entries, parts, count);
	crc = gpt_crc32(entries, (size_t)GPT_ENTRIES * ENTRY_SIZE);
	gpt_make_header(start + GPT_SECTOR, 1, sectors - 1, 2, sectors, disk_id, crc);
	memcpy(end, entries, (size_t)GPT_ENTRIES * ENTRY_SIZE);
	gpt_make_header(end + (size_t)TABLE_SECTORS * GPT_SECTOR, sectors - 1, 1, sectors - 1 - TABLE_SECTORS, sectors,
			disk_id, crc);
	if (file_write_at(fd, start, sizeof start, 0) < 0 ||
	    file_write_at(fd, end, sizeof end, (sectors - END) * GPT_SECTOR) < 0)
		return err_errno(e, errno, "gpt-write", "the partition table cannot be written");
	return 0;
}
