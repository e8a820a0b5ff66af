/* SPDX-License-Identifier: MIT */
/*
 * fuzz_console: any bytes into the emulator, in pieces, with changes of size between; then what
 * must hold. Also any bytes as an update of a view. With clang's -fsanitize=fuzzer it is a fuzzer;
 * else it plays the files of the folders it is given (fuzz_main.c).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "console/find.h"
#include "console/row.h"
#include "console/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_cells(const struct cell *cells, int cols)
{
	for (int i = 0; i < cols; i++) {
		if (cells[i].width == CELL_REST && (!i || cells[i - 1].width != CELL_DOUBLE))
			abort();
		for (int k = 0; k < CELL_CHARS && cells[i].chars[k]; k++) {
			if (!text_is_fit(cells[i].chars[k]))
				abort();
		}
	}
}

static void check(struct console *c, struct view *v, uint64_t *since)
{
	struct buf update;
	struct console_modes m;

	console_modes(c, &m);
	if (m.row < 0 || m.row >= console_rows(c) || m.col < 0 || m.col >= console_cols(c))
		abort();
	for (int i = 0; i < console_rows(c); i++)
		check_cells(console_row(c, i), console_cols(c));
	if (console_out(c)->len > CONSOLE_OUT)
		abort();
	buf_init(&update, 0);
	view_pack(&update, c, *since);
	*since = console_stamp(c);
	if (view_apply(v, update.data, update.len) < 0)
		abort();
	buf_fini(&update);
}

static void as_update(const char *p, size_t n)
{
	struct view v = {0};

	if (view_apply(&v, p, n) == 0) {
		for (int i = 0; i < v.rows; i++)
			check_cells(view_row(&v, i), v.cols);
	}
	view_fini(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct console *c = console_new(24, 80, 100);
	struct view v = {0};
	uint64_t since = 0;
	struct find_place at = {.line = UINT64_MAX};

	as_update((const char *)data, n);
	while (n) {
		/* a byte 1 at the head of a piece changes the size */
		size_t some = 1 + (*data & 0x3fu);

		if (*data == 1 && n > 3) {
			console_resize(c, data[1], data[2]);
			data += 3;
			n -= 3;
		}
		some = some < n ? some : n;
		console_feed(c, (const char *)data, some);
		check(c, &v, &since);
		data += some;
		n -= some;
	}
	console_find(c, "a", true, &at);
	console_free(c);
	view_fini(&v);
	return 0;
}
