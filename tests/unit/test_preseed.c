/* SPDX-License-Identifier: MIT */
/* image/preseed: the answers for Debian's installer, as texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "image/preseed.h"

static struct strv components, packages;

static int setup(void **state)
{
	(void)state;
	strv_add(&components, "main");
	strv_add(&components, "non-free-firmware");
	strv_add(&packages, "openssh-server");
	strv_add(&packages, "git");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	strv_fini(&components);
	strv_fini(&packages);
	return 0;
}

static struct preseed plain(void)
{
	return (struct preseed){
		.hostname = "box",
		.timezone = "Europe/Berlin",
		.keyboard = "de:nodeadkeys",
		.mirror = "http://mirror.example:8080/debian/",
		.security = "https://security.example/debian-security",
		.updates = true,
		.proxy = "http://10.0.2.2:3128",
		.kernel = "linux-image-armmp-lpae",
		.components = &components,
		.packages = &packages,
	};
}

static const char direct[] =
	"# written by debwiz\n"
	"d-i mirror/protocol string http\n"
	"d-i mirror/country string manual\n"
	"d-i mirror/http/hostname string mirror.example:8080\n"
	"d-i mirror/http/directory string /debian\n"
	"d-i mirror/http/proxy string http://10.0.2.2:3128\n"
	"d-i apt-setup/services-select multiselect security, updates\n"
	"d-i apt-setup/contrib boolean false\n"
	"d-i apt-setup/non-free boolean false\n"
	"d-i apt-setup/non-free-firmware boolean true\n"
	"d-i apt-setup/security_protocol string https\n"
	"d-i apt-setup/security_host string security.example\n"
	"d-i apt-setup/security_path string /debian-security\n"
	"d-i partman-partitioning/choose_label select gpt\n"
	"d-i partman-partitioning/default_label string gpt\n"
	"d-i partman-auto/method string regular\n"
	"d-i partman-auto/expert_recipe string debwiz :: 2000 10000 -1 ext4 method{ format } format{ } "
	"use_filesystem{ } filesystem{ ext4 } mountpoint{ / } .\n"
	"d-i partman-basicfilesystems/no_swap boolean false\n"
	"d-i partman-partitioning/confirm_write_new_label boolean true\n"
	"d-i partman/choose_partition select finish\n"
	"d-i partman/confirm boolean true\n"
	"d-i partman/confirm_nooverwrite boolean true\n"
	"d-i partman/mount_style select uuid\n"
	"d-i grub-installer/skip boolean true\n"
	"d-i grub-installer/only_debian boolean true\n"
	"d-i grub-installer/bootdev string default\n"
	"d-i grub-installer/force-efi-extra-removable boolean true\n"
	"d-i debian-installer/locale string C.UTF-8\n"
	"d-i keyboard-configuration/xkb-keymap select de\n"
	"d-i keyboard-configuration/layoutcode string de\n"
	"d-i keyboard-configuration/variantcode string nodeadkeys\n"
	"d-i netcfg/choose_interface select auto\n"
	"d-i netcfg/get_hostname string box\n"
	"d-i netcfg/hostname string box\n"
	"d-i netcfg/get_domain string\n"
	"d-i hw-detect/load_firmware boolean false\n"
	"d-i passwd/root-login boolean true\n"
	"d-i passwd/root-password-crypted password !\n"
	"d-i passwd/make-user boolean false\n"
	"d-i clock-setup/utc boolean true\n"
	"d-i clock-setup/ntp boolean false\n"
	"d-i time/zone string Europe/Berlin\n"
	"d-i base-installer/kernel/image string linux-image-armmp-lpae\n"
	"d-i base-installer/install-recommends boolean false\n"
	"d-i pkgsel/include string openssh-server git\n"
	"d-i pkgsel/upgrade select safe-upgrade\n"
	"d-i pkgsel/update-policy select none\n"
	"d-i finish-install/reboot_in_progress note\n"
	"d-i debian-installer/exit/poweroff boolean true\n"
	"tasksel tasksel/first multiselect\n"
	"popularity-contest popularity-contest/participate boolean false\n"
	"d-i preseed/late_command string sh /debwiz/late.sh\n";

/* The whole text of a machine that starts by direct boot. */
static void test_direct(void **state)
{
	struct preseed p = plain();
	struct err e = ERR_INIT;
	AUTO_FREE char *text = preseed_text(&p, &e);

	(void)state;
	assert_non_null(text);
	assert_string_equal(text, direct);
}

static void holds(const struct preseed *p, const char *line, bool has)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *text = preseed_text(p, &e);

	assert_non_null(text);
	if (!strstr(text, line) == has)
		fail_msg("%s \"%s\" in:\n%s", has ? "no" : "there is", line, text);
}

/* With firmware there is its partition, before the root, and GRUB. */
static void test_uefi(void **state)
{
	struct preseed p = plain();

	(void)state;
	p.efi = true;
	holds(&p, "debwiz :: 512 512 512 free $iflabel{ gpt } $reusemethod{ } method{ efi } format{ } . 2000 ", true);
	holds(&p, "d-i grub-installer/skip boolean false\n", true);
}

static void test_suites(void **state)
{
	struct preseed p = plain();

	(void)state;
	p.security = "";
	holds(&p, "d-i apt-setup/services-select multiselect updates\n", true);
	holds(&p, "security_host", false);
	p.updates = false;
	holds(&p, "d-i apt-setup/services-select multiselect\n", true);
	p.mirror = "https://mirror.example";
	p.keyboard = "us";
	holds(&p, "d-i mirror/https/hostname string mirror.example\nd-i mirror/https/directory string /\n", true);
	holds(&p, "d-i keyboard-configuration/layoutcode string us\nd-i keyboard-configuration/variantcode string\n",
	      true);
}

/* A person is asked everything; the end of the installation runs all the same. */
static void test_manual(void **state)
{
	struct preseed p = plain();
	struct err e = ERR_INIT;
	AUTO_FREE char *text = NULL;

	(void)state;
	p.manual = true;
	text = preseed_text(&p, &e);
	assert_string_equal(text, "# written by debwiz\nd-i preseed/late_command string sh /debwiz/late.sh\n");
}

/* No value may add a line, and with it an answer. */
static void test_refused(void **state)
{
	struct preseed p = plain();
	struct err e = ERR_INIT;

	(void)state;
	p.hostname = "box\nd-i preseed/early_command string reboot";
	assert_null(preseed_text(&p, &e));
	assert_string_equal(e.id, "preseed-value");
	err_fini(&e);
	p = plain();
	p.mirror = "ftp://mirror.example/debian";
	assert_null(preseed_text(&p, &e));
	assert_string_equal(e.id, "preseed-mirror");
	err_fini(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_direct), cmocka_unit_test(test_uefi),    cmocka_unit_test(test_suites),
		cmocka_unit_test(test_manual), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
