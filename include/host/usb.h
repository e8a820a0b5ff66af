/* SPDX-License-Identifier: MIT */
/*
 * usb: the USB devices that are connected to this host.
 */
#ifndef HOST_USB_H
#define HOST_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_usb_device {
	uint16_t vendor, product;
	char *place;	/* the bus and the ports on the way to it, as the kernel names it: "1-4.2" */
	char *name;	/* as the device reports it: "FTDI FT232R USB UART"; may be empty */
	char *node;	/* the file by which programs use it */
	bool permitted; /* this user may use it */
};

struct host_usb {
	struct host_usb_device *items; /* by place */
	size_t len;
};

/* Lists devices except for hubs; none on a host where they cannot be listed (only on Linux they can: sysfs, see
 * Documentation/ABI/testing/sysfs-bus-usb). `root`: the folder with sys and dev, "" for this host's own. Does not
 * block. Free with host_usb_fini. */
void host_usb_list(const char *root, struct host_usb *out);
void host_usb_fini(struct host_usb *u);

#endif
