/* SPDX-License-Identifier: MIT */
/* wizard: pages, answers, switches of architecture and release, lists. */
#include "wizard_fake.h"

#include "wizard/firmware_notes.h"

static void test_defaults(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	char *ini = ini_of(w);

	(void)state;
	assert_string_equal(ini, "; debwiz machine; \"debwiz --help\" and the man page explain every key\n"
				 "\n[machine]\nformat = 1\nname = armhf-trixie\narch = armhf\nrelease = trixie\n"
				 "method = bootstrap\n\n[firmware]\nmode = uefi\n\n[cpu]\nmemory = 1G\n\n"
				 "[disk]\nsize = 128G\n\n[system]\n"
				 "user = build\ntimezone = Europe/Berlin\n");
	assert_false(wizard_dirty(w));
	for (enum wizard_page p = WIZARD_MACHINE; p < WIZARD_PAGE_COUNT; p++) {
		assert_null(wizard_page_wrong(w, p));
		assert_int_equal(wizard_page_state(w, p), p ? WIZARD_AHEAD : WIZARD_CURRENT);
	}
	free(ini);
	wizard_free(w);
	fake_free(f);
}

/* Every field of the table that a user may set has one question, with title and help. */
static void test_table(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	size_t asked = 0;

	(void)state;
	for (size_t i = 0; i < field_count; i++) {
		char *id = xasprintf("%s.%s", field_table[i].section, field_table[i].column.key);
		const struct wizard_question *q =
			wizard_question(w, !strcmp(id, "system.password_hash") ? "password" : id);

		if (strcmp(id, "machine.format")) {
			if (!q)
				fail_msg("%s is not asked", id);
			assert_ptr_equal(q->field, &field_table[i]);
			assert_true(*q->title && *q->help);
			asked++;
		}
		free(id);
	}
	assert_int_equal(asked, field_count - 1);
	wizard_free(w);
	fake_free(f);
}

/* A value other than the default for every question. */
static const struct {
	const char *id, *text;
} others[] = {
	{"machine.name", "box"},
	{"machine.release", "bookworm"},
	{"mirror.security", "no"},
	{"mirror.updates", "no"},
	{"mirror.url", "http://mirror.example.org/debian"},
	{"mirror.components", "main\ncontrib"},
	{"mirror.proxy", "http://proxy.example.org:3128"},
	{"firmware.mode", "direct"},
	{"firmware.initrd", "guest"},
	{"boot.cmdline", "quiet"},
	{"boot.timeout", "5m"},
	{"cpu.accel", "tcg"},
	{"cpu.model", "cortex-a7"},
	{"cpu.count", "3"},
	{"cpu.memory", "2G"},
	{"qemu.binary", "/usr/bin/true"},
	{"disk.size", "64G"},
	{"disk.standalone", "yes"},
	{"disk.bus", "scsi"},
	{"disk.cache", "none"},
	{"network.restrict", "yes"},
	{"network.lan", "lab"},
	{"network.forward", "127.0.0.1:2222:22\n127.0.0.1:8080:80"},
	{"devices.display", "vnc"},
	{"devices.console", "virtio"},
	{"devices.share", "path=/tmp,tag=tmp"},
	{"devices.usb", "yes"},
	{"devices.usb_device", "0403:6001\n1-4.2"},
	{"devices.audio", "yes"},
	{"devices.rng", "no"},
	{"devices.drive", "path=/tmp/x.img,format=raw"},
	{"qemu.extra", "-mem-prealloc"},
	{"system.user", "ann"},
	{"system.hostname", "host"},
	{"system.locale", "de_DE.UTF-8"},
	{"system.timezone", "Asia/Tokyo"},
	{"system.keyboard", "de"},
	{"system.profile", "base"},
	{"system.packages", "git\nvim"},
	{"build.jobs", "3"},
	{"build.profiles", "nocheck\nnodoc"},
	{"build.network", "yes"},
	{"build.silence", "5m"},
	{"build.distcc", "no"},
	{"build.distcc_hosts", "builder/8\n10.0.0.1:4000"},
	{"build.ccache", "yes"},
	{"build.ccache_size", "4G"},
	{"build.out", "/srv/results"},
};
#define OTHERS (sizeof(others) / sizeof(*others))

static void answer_all(struct wizard *w)
{
	struct err e = ERR_INIT;

	for (size_t i = 0; i < OTHERS; i++)
		if (wizard_set(w, wizard_question(w, others[i].id), others[i].text, &e) < 0)
			fail_msg("%s: %s", others[i].id, e.text);
}

static void check_all(struct wizard *w)
{
	for (size_t i = 0; i < OTHERS; i++)
		if (strcmp(text_of(w, others[i].id), others[i].text))
			fail_msg("%s: %s in place of %s", others[i].id, text_of(w, others[i].id), others[i].text);
}

/* Back and forth over all pages: no answer is lost. */
static void test_back_and_forth(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	const struct wizard_question *wrong;
	char *first, *second;

	(void)state;
	answer_all(w);
	first = ini_of(w);
	for (int round = 0; round < 2; round++) {
		for (int i = 1; i < WIZARD_PAGE_COUNT; i++) {
			if (!wizard_next(w, &wrong))
				fail_msg("%s: %s", wrong->id, wizard_wrong(w, wrong));
			assert_int_equal(wizard_page(w), i);
			check_all(w);
		}
		assert_true(wizard_next(w, &wrong)); /* the last stays */
		assert_int_equal(wizard_page(w), WIZARD_REVIEW);
		for (int i = WIZARD_REVIEW; i-- > 0;) {
			assert_true(wizard_back(w));
			assert_int_equal(wizard_page(w), i);
			assert_int_equal(wizard_page_state(w, WIZARD_REVIEW), WIZARD_DONE);
		}
		assert_false(wizard_back(w));
		check_all(w);
	}
	second = ini_of(w);
	assert_string_equal(first, second);
	free(first);
	free(second);
	wizard_free(w);
	fake_free(f);
}

static void test_wrong_text_is_kept(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	const struct wizard_question *wrong = NULL;
	struct err e = ERR_INIT;
	char *ini;

	(void)state;
	assert_int_equal(wizard_set(w, wizard_question(w, "cpu.memory"), "1000", &e), -1);
	assert_non_null(strstr(e.text, "a size with K, M, G or T"));
	assert_string_equal(text_of(w, "cpu.memory"), "1000");
	assert_string_equal(wrong_of(w, "cpu.memory"), e.text);
	assert_int_equal(wizard_spec(w)->memory, 1ULL << 30); /* not in the record */
	ini = ini_of(w);
	assert_non_null(strstr(ini, "memory = 1G\n"));
	free(ini);
	/* Forwards only over what is right; back always. */
	assert_false(wizard_go(w, WIZARD_REVIEW, &wrong));
	assert_int_equal(wizard_page(w), WIZARD_PROCESSOR);
	assert_string_equal(wrong->id, "cpu.memory");
	assert_int_equal(wizard_page_state(w, WIZARD_PROCESSOR), WIZARD_WRONG);
	assert_true(wizard_go(w, WIZARD_MACHINE, NULL));
	assert_string_equal(text_of(w, "cpu.memory"), "1000");
	/* Its own text again, from the wizard's memory. */
	assert_int_equal(answer(w, "cpu.memory", text_of(w, "cpu.memory")), -1);
	assert_int_equal(answer(w, "cpu.memory", "2G"), 0);
	assert_null(wrong_of(w, "cpu.memory"));
	assert_true(wizard_go(w, WIZARD_REVIEW, NULL));
	err_fini(&e);
	wizard_free(w);
	fake_free(f);
}

/* How the installer is answered is asked if it is used. */
static void test_installer(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	const struct wizard_question *q = wizard_question(w, "machine.installer"), *at = NULL;

	(void)state;
	for (int asked = 0; asked < 2; asked++) {
		size_t seen = 0;

		assert_int_equal(answer(w, "machine.method", asked ? "installer" : "bootstrap"), 0);
		while ((at = wizard_question_next(w, WIZARD_STARTUP, at)))
			seen += at == q;
		assert_int_equal(seen, asked);
	}
	assert_int_equal(answer(w, "machine.installer", "manual"), 0);
	assert_int_equal(wizard_spec(w)->installer, SPEC_MANUAL);
	wizard_free(w);
	fake_free(f);
}

/* The image is asked for if the machine begins as one. */
static void test_image(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	const struct wizard_question *wrong = NULL, *q = wizard_question(w, "disk.image");
	const struct wizard_question *at = NULL;
	size_t seen = 0;

	(void)state;
	assert_int_equal(answer(w, "machine.method", "image"), 0);
	assert_false(wizard_go(w, WIZARD_REVIEW, &wrong));
	assert_ptr_equal(wrong, q);
	assert_int_equal(answer(w, "disk.image", "/some/image.qcow2"), 0);
	assert_int_equal(answer(w, "disk.image_copy", "no"), 0);
	assert_false(wizard_spec(w)->image_copy);
	if (!wizard_go(w, WIZARD_REVIEW, &wrong))
		fail_msg("%s: %s", wrong->id, wizard_wrong(w, wrong));
	assert_string_equal(wizard_spec(w)->image, "/some/image.qcow2");
	while ((at = wizard_question_next(w, WIZARD_DISK, at)))
		seen += at == q;
	assert_int_equal(seen, 1);
	wizard_free(w);
	fake_free(f);
}

/* In a dialog: a refused text leaves what was there, a draft or an answer. */
static void test_a_try_changes_nothing(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	const struct wizard_question *q = wizard_question(w, "system.timezone");
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(wizard_try(w, q, "../x", &e), -1);
	assert_non_null(e.text);
	err_fini(&e);
	assert_string_equal(wizard_text(w, q), "Europe/Berlin");
	assert_false(wizard_touched(w, q));
	assert_false(wizard_dirty(w));
	assert_int_equal(wizard_set(w, q, "no zone", NULL), -1);
	assert_int_equal(wizard_try(w, q, "../x", NULL), -1);
	assert_string_equal(wizard_text(w, q), "no zone");
	assert_int_equal(wizard_try(w, q, "Asia/Tokyo", NULL), 0);
	assert_string_equal(wizard_text(w, q), "Asia/Tokyo");
	assert_null(wizard_wrong(w, q));
	wizard_free(w);
	fake_free(f);
}

/* id, a text, a part of the reason. */
static const struct {
	const char *id, *text, *why;
} bad[] = {
	{"machine.name", "Box", "a-z"},
	{"machine.name", "", "a-z"},
	{"mirror.url", "ftp://example.org", "http"},
	{"mirror.snapshot", "yesterday", "20"},
	{"boot.timeout", "5", "duration"},
	{"cpu.count", "many", "auto or a whole number"},
	{"cpu.memory", "1M", "256M"},
	{"disk.size", "1G", "8G"},
	{"network.forward", "22", "ADDRESS:PORT"},
	{"devices.share", "path=/tmp", "tag"},
	{"devices.drive", "format=raw", "path"},
	{"system.user", "root", "root"},
	{"system.hostname", "a_b", ""},
	{"system.locale", "german", ""},
	{"system.timezone", "../x", ""},
	{"system.keyboard", "d e", ""},
	{"system.packages", "Git", ""},
	{"save", "/tmp/x.conf", ".ini"},
};

static void test_every_grammar(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	char *before = ini_of(w);
	char *after;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const struct wizard_question *q = wizard_question(w, bad[i].id);
		struct err e = ERR_INIT;

		if (wizard_set(w, q, bad[i].text, &e) == 0)
			fail_msg("%s takes \"%s\"", bad[i].id, bad[i].text);
		if (!strstr(e.text, bad[i].why))
			fail_msg("%s: %s", bad[i].id, e.text);
		err_fini(&e);
		wizard_reset(w, q);
		assert_null(wizard_wrong(w, q));
	}
	after = ini_of(w);
	assert_string_equal(before, after);
	free(before);
	free(after);
	wizard_free(w);
	fake_free(f);
}

/* Rules between fields are reported at the field that breaks them. */
static void test_cross_field(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	static const char private[] = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n";
	char *key = file_join(f->dir, "key");

	(void)state;
	assert_int_equal(file_write(key, private, sizeof(private) - 1, 0600, NULL), 0);
	assert_int_equal(answer(w, "cpu.memory", "4G"), 0);
	assert_non_null(strstr(wrong_of(w, "cpu.memory"), "3071M"));
	assert_int_equal(answer(w, "firmware.mode", "direct"), 0);
	assert_null(wrong_of(w, "cpu.memory"));
	assert_int_equal(answer(w, "cpu.count", "9"), 0);
	assert_non_null(strstr(wrong_of(w, "cpu.count"), "at most 8"));
	assert_int_equal(answer(w, "cpu.count", "auto"), 0);
	assert_int_equal(answer(w, "cpu.model", "nonsense"), 0);
	assert_non_null(strstr(wrong_of(w, "cpu.model"), "not a CPU"));
	assert_int_equal(answer(w, "cpu.model", "auto"), 0);
	assert_int_equal(answer(w, "network.forward", "127.0.0.1:80:80\n127.0.0.1:80:81"), 0);
	assert_non_null(strstr(wrong_of(w, "network.forward"), "twice"));
	wizard_reset(w, wizard_question(w, "network.forward"));
	assert_int_equal(answer(w, "system.ssh_key", "/nowhere/key.pub"), 0);
	assert_non_null(strstr(wrong_of(w, "system.ssh_key"), "cannot be read"));
	assert_int_equal(answer(w, "system.ssh_key", key), 0);
	assert_non_null(strstr(wrong_of(w, "system.ssh_key"), "holds a private key"));
	assert_non_null(strstr(wrong_of(w, "system.ssh_key"), "key.pub"));
	assert_int_equal(answer(w, "system.ssh_key", ""), 0);
	/* An impossible choice is refused with the reason, and nothing changes. */
	assert_int_equal(answer(w, "cpu.accel", "kvm"), -1); /* x86 does not run ARM */
	assert_int_equal(answer(w, "disk.format", "raw"), -1);
	assert_int_equal(answer(w, "network.mode", "bridge"), -1);
	assert_int_equal(answer(w, "machine.release", "sid"), -1);
	assert_string_equal(text_of(w, "machine.release"), "trixie");
	strv_add(&f->taken, "used");
	assert_int_equal(answer(w, "machine.name", "used"), 0);
	assert_non_null(strstr(wrong_of(w, "machine.name"), "already exists"));
	free(key);
	wizard_free(w);
	fake_free(f);
}

static bool noticed(struct wizard *w, const char *part)
{
	const struct strv *v = wizard_notices(w);

	for (size_t i = 0; i < v->len; i++)
		if (strstr(v->items[i], part))
			return true;
	return false;
}

static void test_switch_arch(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);

	(void)state;
	answer(w, "cpu.model", "cortex-a15");
	answer(w, "cpu.memory", "2G");
	assert_int_equal(answer(w, "machine.arch", "arm64"), 0);
	assert_string_equal(text_of(w, "machine.name"), "arm64-trixie");
	assert_string_equal(text_of(w, "cpu.model"), "auto");
	assert_string_equal(text_of(w, "cpu.memory"), "2G");
	assert_true(noticed(w, "CPU model is now auto: \"cortex-a15\" is not a CPU"));
	assert_true(noticed(w, "Name is now arm64-trixie"));
	assert_null(wizard_page_wrong(w, WIZARD_PROCESSOR));
	/* Back again: the answer is restored. */
	assert_int_equal(answer(w, "machine.arch", "armhf"), 0);
	assert_string_equal(text_of(w, "cpu.model"), "cortex-a15");
	assert_true(noticed(w, "CPU model is now cortex-a15"));
	/* A name that was given stays. */
	answer(w, "machine.name", "mine");
	answer(w, "machine.arch", "arm64");
	answer(w, "machine.release", "bookworm");
	assert_string_equal(text_of(w, "machine.name"), "mine");
	/* More memory than 32 bit take. */
	answer(w, "cpu.memory", "64G");
	assert_null(wrong_of(w, "cpu.memory"));
	answer(w, "machine.arch", "armhf");
	assert_string_equal(text_of(w, "cpu.memory"), "1G");
	assert_true(noticed(w, "Memory is now 1G"));
	answer(w, "machine.arch", "arm64");
	assert_string_equal(text_of(w, "cpu.memory"), "64G");
	wizard_free(w);
	fake_free(f);
}

static void test_names_are_unique(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w;

	(void)state;
	strv_add(&f->taken, "armhf-trixie");
	strv_add(&f->taken, "armhf-trixie-2");
	w = wizard_new(&f->conf);
	assert_string_equal(text_of(w, "machine.name"), "armhf-trixie-3");
	assert_int_equal(answer(w, "machine.release", "bookworm"), 0);
	assert_string_equal(text_of(w, "machine.name"), "armhf-bookworm");
	wizard_free(w);
	fake_free(f);
}

/* What does not apply is not asked, not written, and not forgotten. */
static void test_applies(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	char *ini;

	(void)state;
	assert_false(applies(w, "firmware.initrd"));
	assert_false(applies(w, "system.keyboard"));
	assert_true(applies(w, "network.forward"));
	answer(w, "firmware.mode", "direct");
	answer(w, "firmware.initrd", "guest");
	answer(w, "boot.cmdline", "quiet");
	answer(w, "network.forward", "127.0.0.1:2222:22");
	answer(w, "network.mode", "none");
	assert_true(noticed(w, "Forwarded ports does not apply now"));
	assert_false(applies(w, "network.forward"));
	answer(w, "firmware.mode", "uefi");
	ini = ini_of(w);
	assert_null(strstr(ini, "initrd"));
	assert_null(strstr(ini, "quiet"));
	assert_null(strstr(ini, "forward"));
	free(ini);
	assert_true(wizard_go(w, WIZARD_REVIEW, NULL));
	answer(w, "firmware.mode", "direct");
	answer(w, "network.mode", "user");
	assert_string_equal(text_of(w, "firmware.initrd"), "guest");
	assert_string_equal(text_of(w, "boot.cmdline"), "quiet");
	assert_string_equal(text_of(w, "network.forward"), "127.0.0.1:2222:22");
	wizard_free(w);
	fake_free(f);
}

static void test_lists(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	const struct wizard_question *q = wizard_question(w, "system.packages");

	(void)state;
	assert_true(wizard_is_list(q));
	assert_int_equal(wizard_item_add(w, q, "git", NULL), 0);
	assert_int_equal(wizard_item_add(w, q, "vim", NULL), 0);
	assert_int_equal(wizard_item_add(w, q, "git", NULL), -1);
	assert_int_equal(wizard_item_add(w, q, "no such", NULL), -1);
	assert_int_equal(wizard_items(w, q)->len, 2);
	assert_string_equal(wizard_shown(w, q), "git, vim");
	assert_int_equal(wizard_item_set(w, q, 1, "nano", NULL), 0);
	assert_int_equal(wizard_item_set(w, q, 1, "NANO", NULL), -1);
	assert_string_equal(text_of(w, "system.packages"), "git\nnano");
	wizard_item_remove(w, q, 0);
	assert_string_equal(text_of(w, "system.packages"), "nano");
	wizard_item_remove(w, q, 0);
	assert_string_equal(wizard_shown(w, q), "none");
	/* The default forward can be removed. */
	q = wizard_question(w, "network.forward");
	wizard_item_remove(w, q, 0);
	assert_int_equal(wizard_items(w, q)->len, 0);
	wizard_free(w);
	fake_free(f);
}

static void test_password(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	const struct wizard_question *q = wizard_question(w, "password");
	struct strv warnings = STRV_INIT;

	(void)state;
	wizard_warnings(w, WIZARD_SYSTEM, &warnings);
	assert_int_equal(warnings.len, 1); /* no password */
	strv_fini(&warnings);
	assert_int_equal(wizard_set(w, q, "a secret", NULL), 0);
	assert_string_equal(wizard_text(w, q), "set");
	assert_string_equal(wizard_shown(w, q), "set");
	assert_memory_equal(wizard_spec(w)->password_hash, "$6$", 3);
	assert_null(strstr(wizard_spec(w)->password_hash, "secret"));
	wizard_warnings(w, WIZARD_SYSTEM, &warnings);
	assert_int_equal(warnings.len, 0);
	assert_int_equal(wizard_set(w, q, "", NULL), 0);
	assert_string_equal(wizard_spec(w)->password_hash, "");
	wizard_free(w);
	fake_free(f);
}

static void test_assign(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(wizard_assign(w, "cpu.memory=2G", &e), 0);
	assert_int_equal(wizard_assign(w, "system.packages=git", &e), 0);
	assert_int_equal(wizard_assign(w, "system.packages+=vim", &e), 0);
	assert_int_equal(wizard_assign(w, "network.forward=", &e), 0);
	assert_int_equal(wizard_assign(w, "machine.arch=arm64", &e), 0);
	assert_string_equal(text_of(w, "system.packages"), "git\nvim");
	assert_string_equal(text_of(w, "cpu.memory"), "2G");
	assert_string_equal(text_of(w, "network.forward"), "");
	assert_string_equal(text_of(w, "machine.name"), "arm64-trixie");
	assert_int_equal(wizard_assign(w, "cpu.memory=2", &e), -1);
	assert_int_equal(wizard_assign(w, "cpu.nonsense=2", &e), -1);
	assert_string_equal(text_of(w, "cpu.memory"), "2G");
	err_fini(&e);
	wizard_free(w);
	fake_free(f);
}

/* An answer to what is not asked: why it has no use, for as long as that is so. */
static void test_assigned_in_vain(void **state)
{
	static const struct {
		const char *set, *other, *why;
	} all[] = {
		{"boot.cmdline=quiet", "firmware.mode=direct", "write mode = direct"},
		{"firmware.initrd=guest", "firmware.mode=direct", "write mode = direct"},
		{"network.restrict=yes", "network.mode=user", "mode = none"},
		{"network.forward+=127.0.0.1:80:80", "network.mode=user", "mode = none"},
		{"mirror.security_url=http://example.org/s", "mirror.security=yes", "security = no"},
	};
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(wizard_assign(w, "network.mode=none", NULL), 0);
	assert_int_equal(wizard_assign(w, "mirror.security=no", NULL), 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		assert_int_equal(wizard_assign(w, all[i].set, &e), 0);
		assert_int_equal(wizard_assigned(w, all[i].set, &e), -1);
		assert_non_null(strstr(e.text, all[i].why));
		err_fini(&e);
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		assert_int_equal(wizard_assign(w, all[i].other, &e), 0);
		assert_int_equal(wizard_assigned(w, all[i].set, &e), 0);
	}
	assert_string_equal(text_of(w, "boot.cmdline"), "quiet");
	/* What is nothing else than the default is not lost. */
	assert_int_equal(wizard_assign(w, "firmware.mode=uefi", &e), 0);
	assert_int_equal(wizard_assign(w, "boot.cmdline=", &e), 0);
	assert_int_equal(wizard_assigned(w, "boot.cmdline=", &e), 0);
	/* A keyboard counts without a display. */
	assert_int_equal(wizard_assign(w, "system.keyboard=de", &e), 0);
	assert_int_equal(wizard_assigned(w, "system.keyboard=de", &e), 0);
	assert_string_equal(text_of(w, "system.keyboard"), "de");
	wizard_free(w);
	fake_free(f);
}

/* Lists that come later: loading, ready, failed, asked again; what depends on an answer is requested again. */
static void test_offers(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	const struct wizard_question *q = wizard_question(w, "machine.release");
	struct choice_list l = wizard_options(w, q);

	(void)state;
	assert_int_equal(l.state, CHOICE_LOADING);
	assert_true(l.len > 2); /* what the catalogue knows */
	assert_string_equal(l.rows[l.current].value, "trixie");
	l = wizard_options(w, q);
	assert_int_equal(f->asked[WIZARD_RELEASES], 1);
	fake_answer(f, WIZARD_RELEASES, NULL, NULL, "no mirror answers");
	assert_int_equal(f->changed, 1);
	l = wizard_options(w, q);
	assert_int_equal(l.state, CHOICE_FAILED);
	assert_string_equal(l.note, "no mirror answers");
	assert_true(l.len > 2);
	wizard_retry(w);
	l = wizard_options(w, q);
	assert_int_equal(l.state, CHOICE_LOADING);
	assert_int_equal(f->asked[WIZARD_RELEASES], 2);
	fake_answer(f, WIZARD_RELEASES, "bookworm", "its signature is bad", "signature verified");
	l = wizard_options(w, q);
	assert_int_equal(l.state, CHOICE_READY);
	assert_int_equal(l.len, 1);
	assert_string_equal(l.note, "signature verified");
	assert_int_equal(answer(w, "machine.release", "bookworm"), -1); /* the row says no */
	/* The same question with another mirror: requested again. */
	answer(w, "mirror.url", "http://mirror.example.org/debian");
	l = wizard_options(w, q);
	assert_int_equal(l.state, CHOICE_LOADING);
	assert_int_equal(f->asked[WIZARD_RELEASES], 3);
	answer(w, "mirror.url", "http://other.example.org/debian");
	l = wizard_options(w, q);
	assert_int_equal(f->cancelled, 1);
	fake_answer(f, WIZARD_RELEASES, "bookworm", NULL, "");
	/* Typing finds packages; an older search is withdrawn. */
	q = wizard_question(w, "system.packages");
	assert_int_equal(wizard_search(w, q, "").len, 0);
	assert_int_equal(f->asked[WIZARD_PACKAGES], 0);
	assert_int_equal(wizard_search(w, q, "gi").state, CHOICE_LOADING);
	assert_int_equal(wizard_search(w, q, "git").state, CHOICE_LOADING);
	assert_int_equal(f->cancelled, 2);
	assert_string_equal(f->open[WIZARD_PACKAGES]->query, "git");
	fake_answer(f, WIZARD_PACKAGES, "git", NULL, "");
	l = wizard_search(w, q, "git");
	assert_int_equal(l.state, CHOICE_READY);
	assert_string_equal(l.rows[0].value, "git");
	/* What is open when the wizard ends is cancelled: fake_free checks. */
	wizard_estimate(w);
	wizard_command(w);
	wizard_free(w);
	assert_int_equal(f->cancelled, 4);
	fake_free(f);
}

/* QEMU is started once at a time, whatever is answered until then, and then for the newest answers. */
static void test_command_is_asked_one_at_a_time(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	struct choice_list l = wizard_command(w);

	(void)state;
	assert_int_equal(l.state, CHOICE_LOADING);
	assert_int_equal(l.len, 0);
	answer(w, "machine.name", "b");
	answer(w, "machine.name", "bo");
	assert_int_equal(wizard_command(w).state, CHOICE_LOADING);
	assert_int_equal(f->asked[WIZARD_COMMAND], 1);
	fake_answer(f, WIZARD_COMMAND, "-name b", NULL, "");
	l = wizard_command(w);
	assert_int_equal(l.state, CHOICE_LOADING);
	assert_int_equal(l.len, 1); /* the one before, until then */
	assert_string_equal(l.rows[0].value, "-name b");
	assert_int_equal(f->asked[WIZARD_COMMAND], 2);
	assert_int_equal(f->cancelled, 0);
	fake_answer(f, WIZARD_COMMAND, "-name bo", NULL, "");
	l = wizard_command(w);
	assert_int_equal(l.state, CHOICE_READY);
	assert_string_equal(l.rows[0].value, "-name bo");
	/* So are the architectures. */
	assert_int_equal(wizard_options(w, wizard_question(w, "machine.arch")).state, CHOICE_LOADING);
	answer(w, "qemu.binary", "/x");
	assert_int_equal(wizard_options(w, wizard_question(w, "machine.arch")).state, CHOICE_LOADING);
	assert_int_equal(f->asked[WIZARD_ARCHES], 1);
	assert_int_equal(f->cancelled, 0);
	wizard_free(w);
	assert_int_equal(f->cancelled, 1);
	fake_free(f);
}

static void test_marks_ini_line(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	unsigned first, count, line = 0;
	char *ini, *at;

	(void)state;
	answer(w, "network.forward", "127.0.0.1:1:1\n127.0.0.1:2:2");
	ini = wizard_ini(w, wizard_question(w, "network.forward"), &first, &count, NULL);
	for (at = ini; *at && strncmp(at, "forward", 7); at++)
		line += *at == '\n';
	assert_int_equal(first, line + 1);
	assert_int_equal(count, 2);
	free(ini);
	ini = wizard_ini(w, wizard_question(w, "cpu.count"), &first, &count, NULL);
	assert_int_equal(first, 0);
	assert_int_equal(count, 0);
	free(ini);
	wizard_free(w);
	fake_free(f);
}

static void test_summary(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	struct choice_list l = wizard_summary(w);
	struct strv warnings = STRV_INIT;

	(void)state;
	assert_true(l.len >= 6);
	assert_string_equal(l.rows[0].label, "Machine");
	assert_non_null(strstr(l.rows[1].value, "2 CPUs cortex-a15, 1.0 G"));
	answer(w, "machine.arch", "amd64");
	l = wizard_summary(w);
	assert_non_null(strstr(l.rows[1].value, "; 2 CPUs of this host's kind, 1.0 G"));
	answer(w, "machine.arch", "armhf");
	f->room = 1ULL << 30;
	f->busy_port = 2222;
	answer(w, "network.forward", "0.0.0.0:2222:22");
	answer(w, "cpu.memory", "3G");
	answer(w, "cpu.count", "4");
	wizard_warnings(w, WIZARD_REVIEW, &warnings);
	assert_int_equal(warnings.len, 5); /* CPUs, disk, port, reach, password */
	strv_fini(&warnings);
	wizard_free(w);
	fake_free(f);
}

/* What a way to boot needs of QEMU, and that it was not tried, is beside it. */
static void test_firmware_notes(void **state)
{
	struct strv untried = STRV_INIT;
	struct catalog_arch a = {.name = (char *)"odd", .firmware_qemu_min = (char *)"8.1"};
	char *note;

	(void)state;
	strv_add(&untried, "trixie/direct");
	a.untried = untried;
	note = firmware_note(&a, "trixie", true);
	assert_non_null(strstr(note, " Requires QEMU 8.1 or newer."));
	assert_null(strstr(note, "Untried"));
	free(note);
	note = firmware_note(&a, "trixie", false);
	assert_null(strstr(note, "Requires QEMU"));
	assert_non_null(strstr(note, " Untried: no machine of trixie on odd by direct boot was watched yet"));
	free(note);
	note = firmware_note(NULL, "trixie", true);
	assert_null(strstr(note, "Requires"));
	free(note);
	strv_fini(&untried);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_installer),
		cmocka_unit_test(test_back_and_forth),
		cmocka_unit_test(test_wrong_text_is_kept),
		cmocka_unit_test(test_a_try_changes_nothing),
		cmocka_unit_test(test_every_grammar),
		cmocka_unit_test(test_cross_field),
		cmocka_unit_test(test_switch_arch),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_applies),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_assign),
		cmocka_unit_test(test_assigned_in_vain),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_command_is_asked_one_at_a_time),
		cmocka_unit_test(test_marks_ini_line),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_firmware_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
