/* SPDX-License-Identifier: MIT */
/* request: the files by which a supervisor was started, and by which another one takes QEMU over. */
#ifndef SUPERVISOR_REQUEST_H
#define SUPERVISOR_REQUEST_H

#include "base/err.h"

struct sup;

/* Returns the path of DIR/request.json; owned. */
char *sup_request_file(const char *dir);
/* Writes that file before the start, with the seed prepared; a configuring run has none. Blocks. */
int sup_request_save(struct sup *s, struct err *e);
/* Writes it again after the request was changed, later and off the loop. */
void sup_request_update(struct sup *s);
/* Writes PATH.error for the client that waits for the start: why there is no machine. */
void sup_request_write_error(const char *path, const struct err *e);

#endif
