/* SPDX-License-Identifier: MIT */
/* curl_loop: libcurl's multi interface, driven by the loop's descriptors and timers. */
#ifndef ARCHIVE_CURL_LOOP_H
#define ARCHIVE_CURL_LOOP_H

#include <curl/curl.h>

#include "base/loop.h"

struct curl_loop;

/* Ends the program if libcurl cannot be used. `acted` is called whenever libcurl has done something, so that transfers
 * may have ended (curl_multi_info_read); it must not free the curl_loop. */
struct curl_loop *curl_loop_new(struct loop *l, void (*acted)(void *arg), void *arg);
/* After all transfers were removed. */
void curl_loop_free(struct curl_loop *c);
/* Returns the handle, to which transfers are added and from which they are removed; owned by c. */
CURLM *curl_loop_multi(const struct curl_loop *c);

#endif
