/* SPDX-License-Identifier: MIT */
/* screen_stack: the screens of a program, painted with the lines around them. */
#ifndef TUI_TOOLKIT_SCREEN_STACK_H
#define TUI_TOOLKIT_SCREEN_STACK_H

#include "tui/toolkit/screen.h"
#include "tui/toolkit/theme.h"

struct screen_stack;

/* An empty one; `term` is borrowed. */
struct screen_stack *screen_stack_new(struct term *term, enum theme_kind theme);
/* Of an empty one. */
void screen_stack_free(struct screen_stack *stack);
/* Closes all screens, the uppermost first. */
void screen_stack_close(struct screen_stack *stack);
/* The stack of a program; app.c has it. */
struct screen_stack *app_stack(const struct app *app);

struct screen *screen_stack_top(const struct screen_stack *stack); /* NULL: it is empty */
/* Closes the screens that were taken off. */
void screen_stack_close_removed(struct screen_stack *stack);
/* Whether the terminal has too little space for the uppermost screen. */
bool screen_stack_is_cramped(const struct screen_stack *stack);
/* Paints what is in sight and sends it to the terminal. */
void screen_stack_paint(struct screen_stack *stack);
/* Whether this row of the terminal is the line of keys; *code: the key at this column, 0: none. */
bool screen_stack_key_at(const struct screen_stack *stack, int row, int column, uint32_t *code);

#endif
