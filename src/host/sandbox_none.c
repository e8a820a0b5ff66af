/* SPDX-License-Identifier: MIT */
/* sandbox_none: hosts without anything like name spaces that every user may use. */
#include "host/sandbox.h"

int sandbox_exists(struct err *e)
{
	return err_set(e, ERR_FAILED, "sandbox", "this host cannot confine programs as Linux does");
}

int sandbox_serve(const struct sandbox *s, void (*ready)(void *arg), void *arg, struct err *e)
{
	(void)s;
	(void)ready;
	(void)arg;
	return sandbox_exists(e);
}
