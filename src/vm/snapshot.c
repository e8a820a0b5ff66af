/* SPDX-License-Identifier: MIT */
/* snapshot: names of snapshots; see include/vm/client.h. */
#include <string.h>

#include "vm/client.h"

#define TAG_MAX 63

bool vm_snapshot_tag_ok(const char *tag)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char more[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(tag);

	/* qemu-img takes a number for the id that QEMU gave to some snapshot */
	return n && n <= TAG_MAX && strchr(letters, *tag) && !tag[strspn(tag, more)];
}
