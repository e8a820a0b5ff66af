/* SPDX-License-Identifier: MIT */
/*
 * gpt: writes a partition table (UEFI specification, chapter 5): protective MBR, header and 128
 * entries at both ends of the disk, CRC-32 over each. Sectors are 512 bytes.
 */
#ifndef IMAGE_GPT_H
#define IMAGE_GPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define GPT_SECTOR 512u
#define GPT_ENTRIES 128u

/* Partition types, as gpt_guid_parse reads them */
#define GPT_TYPE_ESP "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
#define GPT_TYPE_LINUX "0FC63DAF-8483-4772-8E79-3D69D8477DE4"

struct gpt_guid {
	uint8_t b[16]; /* as text has them, first digit first; stored mixed-endian on disk */
};

struct gpt_part {
	struct gpt_guid type;
	struct gpt_guid id;
	uint64_t first; /* sectors, both inclusive */
	uint64_t last;
	const char *name; /* ASCII, at most 36 characters */
};

/* Return the sectors that partitions may use on a disk of that many. */
uint64_t gpt_first_usable(void);
uint64_t gpt_last_usable(uint64_t disk_sectors);

/* Writes the table for a disk of `disk_sectors` into fd (first 34 and last 33 sectors). Parts become entries 1, 2,
 * …; they must be in the usable range and must not overlap, else -1. Blocks. */
int gpt_write(int fd, uint64_t disk_sectors, const struct gpt_guid *disk_id, const struct gpt_part *parts, size_t count,
	      struct err *e);

/* Parses "C12A7328-…" in either case. Returns -1 if it is not a GUID. */
int gpt_guid_parse(const char *text, struct gpt_guid *out);
/* Creates a version 4 GUID from 16 bytes, random ones or a digest. */
void gpt_guid_make(const uint8_t bytes[16], struct gpt_guid *out);

/* Computes the CRC-32 that GPT uses (reflected polynomial 0xEDB88320). */
uint32_t gpt_crc32(const void *p, size_t n);

#endif
