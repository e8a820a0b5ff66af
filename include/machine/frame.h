/* SPDX-License-Identifier: MIT */
/*
 * frame: the frames of the control protocol: 4 bytes length (big-endian, of what follows), 1 byte type, payload. Type
 * 'J' is a JSON object; only the supervisor sends 'C', console bytes, 'S', an update of the screen (console/view.h),
 * and 'L', lines of the scrollback (console/row.h).
 */
#ifndef MACHINE_FRAME_H
#define MACHINE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

#define FRAME_PROTOCOL 1
#define FRAME_JSON 'J'
#define FRAME_CONSOLE 'C'
#define FRAME_SCREEN 'S'
#define FRAME_LINES 'L'
#define FRAME_REQUEST_MAX (64 * 1024)	   /* what a client may send */
#define FRAME_ANSWER_MAX (4 * 1024 * 1024) /* what a supervisor may send */

struct frame_reader {
	struct buf in;
	size_t max; /* most bytes of type and payload together */
};

/* Returns 0 to continue, -1 to stop (the stream is to be closed). `payload` has a NUL behind it. */
typedef int (*frame_fn)(uint8_t type, const char *payload, size_t n, void *arg);

void frame_init(struct frame_reader *r, size_t max);
void frame_fini(struct frame_reader *r);
/* Feeds bytes. -1 if a frame is empty or too long, or `fn` stopped: the stream is to be closed. */
int frame_feed(struct frame_reader *r, const char *p, size_t n, frame_fn fn, void *arg);
/* Appends one frame. */
void frame_put(struct buf *out, uint8_t type, const void *payload, size_t n);
void frame_put_json(struct buf *out, const json_t *v);

#endif
