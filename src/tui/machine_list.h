/* SPDX-License-Identifier: MIT */
/* machine_list: the machines of this host, and those whose preparation runs or has failed here; kept up to date. */
#ifndef TUI_MACHINE_LIST_H
#define TUI_MACHINE_LIST_H

#include "machine/overview.h"
#include "tui/toolkit/app.h"

struct machine_list;

/* An empty one. `changed`: files of it have changed, so that machine_list_refresh is due. */
struct machine_list *machine_list_new(struct app *app, void (*changed)(void *arg), void *arg);
void machine_list_free(struct machine_list *l);
/* Reads it again. Blocks for a few small files of each machine. */
void machine_list_refresh(struct machine_list *l);
size_t machine_list_count(const struct machine_list *l);
/* The machine at that place, sorted by name; NULL beyond the end. Borrowed until the next refresh. */
const struct overview *machine_list_at(const struct machine_list *l, size_t at);

#endif
