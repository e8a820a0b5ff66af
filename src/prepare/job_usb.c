/* SPDX-License-Identifier: MIT */
/* job_usb: USB devices of this host that the guest is to get. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "host/usb.h"
#include "prepare/job.h"

/* Returns the device that QEMU would open for an item, or NULL. */
static const struct host_usb_device *job_usb_find(const struct host_usb *u, const char *item)
{
	struct spec_usb_device d;
	AUTO_FREE char *place = NULL;

	(void)spec_usb_device_parse(item, &d, NULL); /* checked when it was read */
	place = xasprintf("%u-%s", d.bus, d.port);
	for (size_t i = 0; i < u->len; i++)
		if (d.vendor ? u->items[i].vendor == d.vendor && u->items[i].product == d.product
			     : !strcmp(u->items[i].place, place))
			return &u->items[i];
	return NULL;
}

int job_check_usb_devices(const struct spec *s, const char *root, struct err *e)
{
	struct host_usb u = {.items = NULL};
	int r = 0;

	if (s->usb_devices.len)
		host_usb_list(root, &u);
	for (size_t i = 0; i < s->usb_devices.len && !r; i++) {
		const struct host_usb_device *d = job_usb_find(&u, s->usb_devices.items[i]);

		if (!d || d->permitted)
			continue;
		r = err_set(e, ERR_MISSING, "usb-denied", "this user may not use the USB device %s (%s), %s",
			    s->usb_devices.items[i], *d->name ? d->name : "without a name", d->node);
		err_hint(e,
			 "as root, write into /etc/udev/rules.d/70-debwiz.rules: SUBSYSTEM==\"usb\", "
			 "ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\", TAG+=\"uaccess\"; "
			 "then plug the device in again",
			 (unsigned)d->vendor, (unsigned)d->product);
	}
	host_usb_fini(&u);
	return r;
}
