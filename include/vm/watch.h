/* SPDX-License-Identifier: MIT */
/*
 * watch: reads a serial line along for what it says about the guest: a login prompt, a kernel
 * panic. Bytes in, findings out; escape sequences are skipped. What is found is a guest's word.
 */
#ifndef VM_WATCH_H
#define VM_WATCH_H

#include <stdbool.h>
#include <stddef.h>

struct watch_ops {
	void (*login)(void *arg); /* at each prompt */
	/* The kernel's reason as it stands behind "Kernel panic - not syncing: ", neutralised. */
	void (*panic)(const char *text, void *arg);
};

struct watch {
	char line[256]; /* start of the line being read, without escape sequences */
	size_t len;
	int escape;	   /* position in an escape sequence, 0: in none */
	bool login_told;   /* of this line */
};

void watch_feed(struct watch *w, const char *p, size_t n, const struct watch_ops *ops, void *arg);

#endif
