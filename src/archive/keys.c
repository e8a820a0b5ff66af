/* SPDX-License-Identifier: MIT */
/* keys: collects the pinned keys. */
#include "keys.h"

#include <stdlib.h>

#include "base/asset.h"
#include "base/log.h"
#include "host/facts.h"
#include "host/file.h"

#define RING_CAP (4 * 1024 * 1024)

static int keys_add_file(struct keys *k, const char *path, struct strv *primaries, struct err *e)
{
	struct buf ring;
	int r;

	if (file_read(path, RING_CAP, &ring, e) < 0)
		return -1;
	r = verify_keys_add(k->rings, ring.data, ring.len, path, primaries, e);
	buf_fini(&ring);
	return r;
}

int keys_gather(const char *keyring, struct keys *out, struct err *e)
{
	char *host_ring = host_debian_keyring();
	const struct asset *a;
	size_t i = 0;

	*out = (struct keys){.rings = verify_keys_new()};
	/* the host's first: it usually has all of ours, which then add nothing */
	if (host_ring)
		(void)keys_add_file(out, host_ring, &out->host, NULL);
	free(host_ring);
	while ((a = asset_next("keys/", &i)))
		if (verify_keys_add(out->rings, a->data, a->len, a->name, &out->built_in, NULL) < 0)
			log_msg("verify", "%s is not a key ring", a->name);
	if (*keyring && keys_add_file(out, keyring, &out->user, e) < 0)
		return err_prefix(e, "mirror.keyring");
	return 0;
}

void keys_fini(struct keys *k)
{
	verify_keys_free(k->rings);
	strv_fini(&k->built_in);
	strv_fini(&k->host);
	strv_fini(&k->user);
	*k = (struct keys){0};
}

static void keys_add_missing(struct strv *out, const struct strv *from)
{
	for (size_t i = 0; i < from->len; i++)
		if (!strv_has(out, from->items[i]))
			strv_add(out, from->items[i]);
}

void keys_pinned(const struct keys *k, const struct strv *of_release, struct strv *debian, struct strv *pinned)
{
	strv_copy(debian, of_release->len ? of_release : &k->built_in);
	keys_add_missing(debian, &k->host);
	strv_copy(pinned, debian);
	keys_add_missing(pinned, &k->user);
}
