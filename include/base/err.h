/* SPDX-License-Identifier: MIT */
/*
 * err: why something failed, as text for a person and as a kind for a program.
 *
 * Functions that can fail return 0 or -1 and take a `struct err *` last. The function that detects the failure
 * fills it; callers may prefix what they were doing. A caller that needs no reason passes NULL. err_set overwrites
 * a filled err.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/* The values are debwiz's exit statuses. */
enum err_kind {
	ERR_NONE = 0,
	ERR_FAILED = 1,
	ERR_USAGE = 2,	 /* bad usage or INI */
	ERR_MISSING = 3, /* something is missing on the host */
	ERR_NETWORK = 4,
	ERR_VERIFY = 5, /* signature or checksum */
	ERR_BUSY = 7,
	ERR_TIMEOUT = 8, /* the guest did not start in time */
	ERR_INTERRUPTED = 130,
};

struct err {
	enum err_kind kind;
	char id[32];  /* stable name of this error, for scripts: "inrelease-unsigned" */
	char *text;   /* one sentence, no newline at its end */
	char *hint;   /* what to do about it, or NULL */
	bool no_room; /* a disk is full, or a quota is exhausted */
};

#define ERR_INIT                                                                                                       \
	{                                                                                                              \
		.kind = ERR_NONE                                                                                       \
	}

/* Frees the content and empties the err. NULL is fine. */
void err_fini(struct err *e);

/* Frees a local err when its scope is left: AUTO_ERR struct err e = ERR_INIT. */
#define AUTO_ERR __attribute__((cleanup(err_fini)))

/* Fills `e` (which may be NULL). Always returns -1, so that `return err_set(...)` reads well. */
int err_set(struct err *e, enum err_kind kind, const char *id, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Does what err_set does and appends ": strerror(errnum)"; ENOSPC, EDQUOT and EROFS get a hint. */
int err_errno(struct err *e, int errnum, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Sets the hint: what to do about the error. Returns -1. */
int err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Inserts "PREFIX: " before the text. Returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Copies `from` to `to`. Returns -1. */
int err_copy(struct err *to, const struct err *from);

/* Moves the content of `from` to `to`; `from` is then empty. Returns -1. */
int err_move(struct err *to, struct err *from);

#endif
