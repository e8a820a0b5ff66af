/* SPDX-License-Identifier: MIT */
/* image/installer: kernel and initrd out of the installer's package, with debwiz's files; prepare/installer_text: what
 * it shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "host/file.h"
#include "image/installer.h"
#include "mkdeb.h"
#include "prepare/installer_text.h"

static char *tmp, *kernel, *initrd;

static int setup(void **state)
{
	char name[] = "/tmp/debwiz-test-XXXXXX";

	(void)state;
	tmp = xstrdup(mkdtemp(name));
	kernel = file_join(tmp, "vmlinuz");
	initrd = file_join(tmp, "initrd.img");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	file_remove_tree(tmp, NULL);
	free(tmp);
	free(kernel);
	free(initrd);
	return 0;
}

/* ---- the package ---- */

static int extract(const struct installer_medium *m, const atomic_bool *cancel, struct err *e)
{
	static const struct mk_entry control[] = {MK('f', "./control", "Package: di\n", 0644), MK_END};
	static const struct mk_entry data[] = {
		MK('d', "./usr", NULL, 0755),		MK('f', "./usr/other", "other", 0644),
		MK('f', "./usr/vmlinuz", "KERN", 0644), MK('f', "./usr/initrd.gz", "INITRD", 0644),
		MK('l', "./usr/link", "vmlinuz", 0777), MK_END,
	};
	struct buf deb;
	AUTO_FREE char *path = NULL;
	int fd, r;

	mk_deb(&deb, control, data, ".xz");
	path = mk_file(tmp, "di.deb", deb.data, deb.len);
	buf_fini(&deb);
	fd = file_open(path, FILE_READ);
	r = installer_extract(fd, m, kernel, initrd, cancel, e);
	close(fd);
	return r;
}

static struct installer_medium medium(bool guest_files)
{
	return (struct installer_medium){
		.name = "di",
		.kernel = "usr/vmlinuz",
		.initrd = "usr/initrd.gz",
		.preseed = "d-i a/b string c\n",
		.guest_files = guest_files,
	};
}

static bool in(const struct buf *b, const char *text)
{
	return memmem(b->data, b->len, text, strlen(text)) != NULL;
}

/* The initrd is the installer's, and behind it at a multiple of 4 an archive with the answers, the script of the end,
 * and, unless the system is another person's matter, the guest's files. */
static void test_extract(void **state)
{
	(void)state;
	for (int guest = 0; guest < 2; guest++) {
		struct installer_medium m = medium(guest);
		struct err e = ERR_INIT;
		struct buf text;

		if (extract(&m, NULL, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(file_read(kernel, 100, &text, &e), 0);
		assert_string_equal(text.data, "KERN");
		buf_fini(&text);
		assert_int_equal(file_read(initrd, 1 << 20, &text, &e), 0);
		assert_memory_equal(text.data, "INITRD\0\000070701", 14);
		assert_true(in(&text, "preseed.cfg"));
		assert_true(in(&text, "d-i a/b string c\n"));
		assert_true(in(&text, "debwiz/late.sh"));
		assert_int_equal(in(&text, "debwiz/files.list"), guest);
		assert_int_equal(in(&text, "debwiz/root/usr/local/lib/debwiz/firstboot"), guest);
		assert_int_equal(in(&text, "debwiz/root/etc/systemd/system/debwiz-firstboot.service"), guest);
		buf_fini(&text);
	}
}

static void test_refused(void **state)
{
	struct installer_medium m = medium(false);
	struct err e = ERR_INIT;
	atomic_bool cancel = true;

	(void)state;
	unlink(kernel);
	assert_int_equal(extract(&m, &cancel, &e), -1);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	err_fini(&e);
	m.kernel = "usr/link";
	assert_int_equal(extract(&m, NULL, &e), -1);
	assert_string_equal(e.id, "installer-files");
	assert_non_null(strstr(e.text, "usr/link"));
	err_fini(&e);
	m = medium(false);
	m.initrd = "usr/none";
	assert_int_equal(extract(&m, NULL, &e), -1);
	assert_non_null(strstr(e.text, "usr/none"));
	err_fini(&e);
	assert_false(file_exists(kernel));
}

/* ---- what it shows ---- */

static void on_step(const char *title, int percent, void *arg)
{
	if (percent < 0)
		buf_addf(arg, "[%s]", title);
	else
		buf_addf(arg, " %d", percent);
}

static void on_error(const char *text, void *arg)
{
	buf_addf(arg, "!%s!", text);
}

/* Feeds the whole text, and byte by byte. */
static void shows(const char *text, const char *expected)
{
	static const struct installer_text_ops ops = {.step = on_step, .error = on_error};
	size_t n = strlen(text);

	for (int each = 0; each < 2; each++) {
		struct installer_text t;
		struct buf got;

		buf_init(&got, 0);
		buf_adds(&got, "");
		installer_text_init(&t);
		for (size_t i = 0; i < n; i += each ? 1 : n)
			installer_text_feed(&t, text + i, each ? 1 : n, &ops, &got);
		installer_text_fini(&t);
		assert_string_equal(got.len ? got.data : "", expected);
		buf_fini(&got);
	}
}

static void test_text(void **state)
{
	(void)state;
	/* as bookworm's for armhf was seen to show it */
	shows("[   15.813016] Run /init as init process\r\nStarting system log daemon: syslogd, klogd.\r\n"
	      "/bin/fetch-url: line 2: mountmedia: not found\r\n"
	      "Detecting network hardware  ... 2%... 95%... 100%\r\n"
	      "Detecting link on enp0s2; please wait...  ... 0%\r\n"
	      "Configuring the network with DHCP  ... 4%... 12%... 100%\r\n",
	      "[Detecting network hardware] 2 95 100[Detecting link on enp0s2; please wait] 0"
	      "[Configuring the network with DHCP] 4 12 100");
	shows("[    9.7] pci 0000:00:02.0: 40% ... 3\r\n", "");
	shows("\nLoading additional components  ... 10%... 20%... 20%... 100%\n",
	      "[Loading additional components] 10 20 100");
	shows("Installing the base system  ... 0%\x1b[1m... 50%\n\nSelect and install software  ... 1%",
	      "[Installing the base system] 0 50[Select and install software] 1");
	shows("A  ... 300%... 7%... 5%\n", "[A] 7");
	/* a complaint counts when the installer waits; bookworm's, whose mirror lacked a package of the installer */
	shows("Loading additional components  \r\n"
	      "Download installer components\r\n-----------------------------\r\n\r\n"
	      "The installer failed to download a file from the mirror. This may be a problem \r\n"
	      "with your network, or with the mirror. You can choose to retry the download, \r\n"
	      "select a different mirror, or cancel and choose another installation method.\r\n"
	      "Downloading a file failed:\r\n  1: Retry [*],  2: Change mirror,      3: Cancel,    \r\n"
	      "Prompt: '?' for help, default=1> \r\n",
	      "!Download installer components: The installer failed to download a file from the mirror!");
	shows("!! ERROR: Bad archive mirror\n\nAn error has been detected\nwhile\n\nmore\n"
	      "[Press enter to continue]",
	      "!Bad archive mirror: An error has been detected while!");
	shows("---\n\n\nPrompt: ", "!it asks a question!");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_extract),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
