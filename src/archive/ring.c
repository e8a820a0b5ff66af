/* SPDX-License-Identifier: MIT */
/* ring: lists the packets of a key ring by librnp. */
#include "ring.h"

#include <ctype.h>
#include <rnp/rnp.h>
#include <rnp/rnp_err.h>
#include <string.h>

#include "base/json.h"

/* Tags, RFC 4880, section 4.3. */
#define PUBLIC_KEY 6
#define PUBLIC_SUBKEY 14

/* Reads one packet: {"header": {"tag": 6, "length": 525, …}, "raw": "0460…", "fingerprint": "1f89…"}. `key` is that
 * of the last key packet. */
static int ring_take(const json_t *packet, const char **key, struct ring *out)
{
	const json_t *header = json_object_get(packet, "header");
	const char *raw = json_str(packet, "raw", "");
	json_int_t tag = json_int(header, "tag", 0);

	if (json_int(header, "length", -1) * 2 != (json_int_t)strlen(raw))
		return -1; /* librnp shows only the first part of a long one */
	if (tag == PUBLIC_KEY || tag == PUBLIC_SUBKEY)
		*key = json_str(packet, "fingerprint", "");
	strv_addf(&out->packets, "%s %d %s", *key, (int)tag, raw);
	if (tag == PUBLIC_KEY) {
		strv_add(&out->primaries, *key);
		for (char *c = out->primaries.items[out->primaries.len - 1]; *c; c++)
			*c = (char)toupper((unsigned char)*c);
	}
	return 0;
}

int ring_read(const void *p, size_t n, struct ring *out)
{
	rnp_input_t in = NULL;
	json_t *packets = NULL;
	const json_t *packet;
	const char *key = "";
	char *text = NULL;
	int r = -1;
	size_t i;

	*out = (struct ring){.packets = STRV_INIT};
	if (rnp_input_from_memory(&in, p, n, false) == RNP_SUCCESS &&
	    rnp_dump_packets_to_json(in, RNP_JSON_DUMP_RAW | RNP_JSON_DUMP_GRIP, &text) == RNP_SUCCESS)
		packets = json_parse(text, strlen(text), "key ring", NULL);
	if (json_is_array(packets)) {
		r = 0;
		json_array_foreach (packets, i, packet) {
			if (r == 0)
				r = ring_take(packet, &key, out);
		}
	}
	strv_sort(&out->packets);
	json_decref(packets);
	rnp_buffer_destroy(text);
	rnp_input_destroy(in);
	return r;
}

void ring_fini(struct ring *r)
{
	strv_fini(&r->packets);
	strv_fini(&r->primaries);
}

bool ring_is_within(const struct ring *r, const struct strv *known)
{
	size_t at = 0;

	for (size_t i = 0; i < r->packets.len; i++) {
		while (at < known->len && strcmp(known->items[at], r->packets.items[i]) < 0)
			at++;
		if (at == known->len || strcmp(known->items[at], r->packets.items[i]) != 0)
			return false;
	}
	return r->packets.len > 0;
}
