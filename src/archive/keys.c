/* SPDX-License-Identifier: MIT */
/* keys: see include/archive/keys.h. */
#include "archive/keys.h"

#include "base/asset.h"
#include "base/file.h"
#include "base/log.h"

#define RING_CAP (4 * 1024 * 1024)

/* Where Debian and its kin install the package debian-archive-keyring; absent elsewhere. */
static const char *const host_rings[] = {
	"/usr/share/keyrings/debian-archive-keyring.gpg",
	"/usr/share/keyrings/debian-archive-keyring.pgp",
};

static int add_file(struct verify_keys *k, const char *path, struct err *e)
{
	struct buf ring;
	int r;

	if (file_read(path, RING_CAP, &ring, e) < 0)
		return -1;
	r = verify_keys_add(k, ring.data, ring.len, true, path, e);
	buf_fini(&ring);
	return r;
}

int keys_gather(const struct strv *pinned, const char *keyring, struct verify_keys *out,
		struct err *e)
{
	struct verify_keys k = {0};
	const struct asset *a;
	size_t i = 0;

	while ((a = asset_next("keys/", &i)))
		if (verify_keys_add(&k, a->data, a->len, !pinned->len, a->name, NULL) < 0)
			log_msg("verify", "%s is no key ring", a->name);
	for (i = 0; i < pinned->len; i++)
		verify_keys_pin(&k, pinned->items[i]);
	for (i = 0; i < sizeof(host_rings) / sizeof(*host_rings); i++)
		if (add_file(&k, host_rings[i], NULL) == 0)
			break;
	if (*keyring && add_file(&k, keyring, e) < 0) {
		verify_keys_fini(&k);
		return err_prefix(e, "mirror.keyring");
	}
	*out = k;
	return 0;
}
