/* SPDX-License-Identifier: MIT */
/* usb_linux: USB devices as sysfs lists them. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "host/file.h"
#include "host/usb.h"

#define ATTRIBUTE_MAX 4096
#define CLASS_HUB 9

/* Returns an attribute without its line end; "" if it does not exist. */
static char *usb_attribute(const char *dir, const char *name)
{
	AUTO_FREE char *path = file_join(dir, name);
	struct buf b;
	char *text;

	if (file_read(path, ATTRIBUTE_MAX, &b, NULL) < 0)
		return xstrdup("");
	while (b.len && (b.data[b.len - 1] == '\n' || b.data[b.len - 1] == ' '))
		b.len--;
	text = text_plain(b.data, b.len);
	buf_fini(&b);
	return text;
}

static unsigned usb_number(const char *dir, const char *name, int base)
{
	AUTO_FREE char *text = usb_attribute(dir, name);

	return (unsigned)strtoul(text, NULL, base);
}

/* Whether an entry is a device; others are interfaces (1-4:1.0) and root hubs (usb1). */
static bool usb_is_device(const char *name)
{
	return name[0] >= '1' && name[0] <= '9' && strchr(name, '-') && !strchr(name, ':');
}

static char *usb_name(const char *dir)
{
	AUTO_FREE char *maker = usb_attribute(dir, "manufacturer"), *product = usb_attribute(dir, "product");

	return xasprintf("%s%s%s", maker, *maker && *product ? " " : "", product);
}

static void usb_add(struct host_usb *out, const char *root, const char *dir, const char *place)
{
	struct host_usb_device d = {
		.vendor = (uint16_t)usb_number(dir, "idVendor", 16),
		.product = (uint16_t)usb_number(dir, "idProduct", 16),
	};

	if (!d.vendor || usb_number(dir, "bDeviceClass", 16) == CLASS_HUB)
		return;
	d.place = xstrdup(place);
	d.name = usb_name(dir);
	d.node = xasprintf("%s/dev/bus/usb/%03u/%03u", root, usb_number(dir, "busnum", 10),
			   usb_number(dir, "devnum", 10));
	d.permitted = access(d.node, R_OK | W_OK) == 0;
	out->items = xreallocarray(out->items, out->len + 1, sizeof(*out->items));
	out->items[out->len++] = d;
}

static int usb_compare(const void *a, const void *b)
{
	return strcmp(((const struct host_usb_device *)a)->place, ((const struct host_usb_device *)b)->place);
}

void host_usb_list(const char *root, struct host_usb *out)
{
	AUTO_FREE char *all = xasprintf("%s/sys/bus/usb/devices", root);
	DIR *dir = opendir(all);
	struct dirent *entry;

	*out = (struct host_usb){.items = NULL};
	while (dir && (entry = readdir(dir))) {
		AUTO_FREE char *path = file_join(all, entry->d_name);

		if (usb_is_device(entry->d_name))
			usb_add(out, root, path, entry->d_name);
	}
	if (dir)
		closedir(dir);
	mem_sort(out->items, out->len, sizeof(*out->items), usb_compare);
}
