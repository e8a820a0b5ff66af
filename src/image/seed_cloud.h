/* SPDX-License-Identifier: MIT */
/*
 * seed_cloud: what cloud-init reads of a seed (its data source NoCloud): user-data and meta-data. Both are JSON, which
 * is YAML as well and needs no other quoting.
 */
#ifndef IMAGE_SEED_CLOUD_H
#define IMAGE_SEED_CLOUD_H

#include "base/buf.h"
#include "image/seed.h"

/* Append the text of the file; they cannot fail but for values that are not UTF-8 ("seed-value"). */
int seed_cloud_user_data(const struct seed *s, const char *console, struct buf *out, struct err *e);
int seed_cloud_meta_data(const struct seed *s, const char *instance, struct buf *out, struct err *e);

#endif
