/* SPDX-License-Identifier: MIT */
/* usb: what sysfs lists, how a file names a device of it, and what is refused before QEMU starts. */
#include "../lib/check.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "host/usb.h"
#include "prepare/job.h"
#include "spec/spec.h"

static char *root;

static int setup(void **state)
{
	(void)state;
	root = check_tmpdir();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	check_rmdir(root);
	return 0;
}

static void put(const char *path, const char *text)
{
	char *whole = file_join(root, path), *parent = file_dirname(whole);

	assert_int_equal(file_mkdirs(parent, NULL), 0);
	assert_int_equal(file_write(whole, text, strlen(text), 0644, NULL), 0);
	free(parent);
	free(whole);
}

/* An entry of sysfs; `node`: its file below dev, NULL: none, as if this user could not see it. */
static void plug(const char *place, const char *const attributes[][2], const char *node)
{
	for (size_t i = 0; attributes[i][0]; i++) {
		char *path = xasprintf("sys/bus/usb/devices/%s/%s", place, attributes[i][0]);

		put(path, attributes[i][1]);
		free(path);
	}
	if (node)
		put(node, "");
}

static void plug_all(void)
{
	plug("usb1", (const char *const[][2]){{"idVendor", "1d6b\n"}, {"idProduct", "0002\n"}, {NULL, NULL}}, NULL);
	plug("1-4",
	     (const char *const[][2]){{"idVendor", "05e3\n"},
				      {"idProduct", "0608\n"},
				      {"bDeviceClass", "09\n"},
				      {"busnum", "1\n"},
				      {"devnum", "4\n"},
				      {NULL, NULL}},
	     NULL);
	plug("1-4.2",
	     (const char *const[][2]){{"idVendor", "0403\n"},
				      {"idProduct", "6001\n"},
				      {"bDeviceClass", "00\n"},
				      {"busnum", "1\n"},
				      {"devnum", "17\n"},
				      {"manufacturer", "FTDI\n"},
				      {"product", "FT232R\033[31m USB UART\n"},
				      {NULL, NULL}},
	     "dev/bus/usb/001/017");
	plug("1-4.2:1.0", (const char *const[][2]){{"idVendor", "0403\n"}, {NULL, NULL}}, NULL);
	plug("2-1",
	     (const char *const[][2]){{"idVendor", "0781\n"},
				      {"idProduct", "5581\n"},
				      {"bDeviceClass", "00\n"},
				      {"busnum", "2\n"},
				      {"devnum", "3\n"},
				      {NULL, NULL}},
	     NULL);
}

static void test_list(void **state)
{
	struct host_usb u;

	(void)state;
	host_usb_list(root, &u);
	assert_int_equal(u.len, 0);
	host_usb_fini(&u);
	plug_all();
	host_usb_list(root, &u);
	assert_int_equal(u.len, 2); /* neither hubs nor interfaces */
	assert_string_equal(u.items[0].place, "1-4.2");
	assert_int_equal(u.items[0].vendor, 0x0403);
	assert_int_equal(u.items[0].product, 0x6001);
	assert_string_equal(u.items[0].name, "FTDI FT232R USB UART"); /* no escape sequence of a device's */
	assert_true(u.items[0].permitted);
	assert_string_equal(u.items[1].place, "2-1");
	assert_string_equal(u.items[1].name, "");
	assert_false(u.items[1].permitted);
	host_usb_fini(&u);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"",
					  "0403",
					  "0403:",
					  "0403:60010",
					  "403:6001",
					  "04g3:6001",
					  "0000:0001",
					  "0403-6001",
					  "1-",
					  "-1",
					  "0-1",
					  "256-1",
					  "1-0",
					  "1-.2",
					  "1-2.",
					  "1-2..3",
					  "1-256",
					  "1-2:1.0",
					  "1-1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
					  "usb1",
					  "0403:6001 "};
	struct spec_usb_device d;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(spec_usb_device_parse("04A3:00ff", &d, NULL), 0);
	assert_int_equal(d.vendor, 0x04a3);
	assert_int_equal(d.product, 0xff);
	assert_int_equal(spec_usb_device_parse("12-4.2", &d, NULL), 0);
	assert_int_equal(d.vendor, 0);
	assert_int_equal(d.bus, 12);
	assert_string_equal(d.port, "4.2");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (spec_usb_device_parse(bad[i], &d, &e) == 0)
			fail_msg("\"%s\" is taken for a USB device", bad[i]);
	assert_non_null(strstr(e.text, "VENDOR:PRODUCT"));
	err_fini(&e);
}

static int check_device(const char *name, struct err *e)
{
	char *assignment = xasprintf("devices.usb_device=%s", name);
	struct spec s;
	int r;

	spec_init(&s);
	assert_int_equal(spec_set(&s, assignment, NULL), 0);
	r = job_check_usb_devices(&s, root, e);
	spec_fini(&s);
	free(assignment);
	return r;
}

static void test_permission(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	plug_all();
	assert_int_equal(check_device("0403:6001", NULL), 0);
	assert_int_equal(check_device("1-4.2", NULL), 0);
	assert_int_equal(check_device("ffff:0001", NULL), 0); /* may be plugged in later */
	assert_int_equal(check_device("7-1", NULL), 0);
	assert_int_equal(check_device("0781:5581", &e), -1);
	assert_string_equal(e.id, "usb-denied");
	assert_int_equal(e.kind, ERR_MISSING);
	assert_non_null(strstr(e.hint, "ATTR{idVendor}==\"0781\", ATTR{idProduct}==\"5581\", TAG+=\"uaccess\""));
	err_fini(&e);
	assert_int_equal(check_device("2-1", &e), -1);
	assert_non_null(strstr(e.text, "/dev/bus/usb/002/003"));
	err_fini(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test(test_names),
		cmocka_unit_test_setup_teardown(test_permission, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
