/* SPDX-License-Identifier: MIT */
/* transfer: texts of the console to files, and files or long texts to the guest as if typed. */
#ifndef TUI_CONSOLE_TRANSFER_H
#define TUI_CONSOLE_TRANSFER_H

#include "pane.h"

struct transfer *transfer_new(struct pane *p);
void transfer_free(struct transfer *t);
void transfer_save_screen(struct pane *p);
void transfer_save_log(struct pane *p); /* the scrollback and the screen */
/* Asks for a file's name and writes the text there. Takes `text`. */
void transfer_save_text(struct pane *p, char *text);
/* Asks for a file and types it into the guest. */
void transfer_send_file(struct pane *p);
/* Types a text of up to 1 MiB into the guest, as fast as the guest takes it; `what` names it. */
void transfer_send_text(struct pane *p, const char *what, const char *text);
bool transfer_is_sending(const struct transfer *t);
void transfer_stop(struct transfer *t);

#endif
