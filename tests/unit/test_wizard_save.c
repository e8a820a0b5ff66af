/* SPDX-License-Identifier: MIT */
/* wizard: editing existing files, differences, effects, and saving without overwriting unseen. */
#include "wizard_fake.h"

#include <sys/stat.h>

#include "../../src/wizard/diff.h"

static const char old_text[] = "; mine\n"
			       "[machine]\n"
			       "format = 1\n"
			       "name = box\n"
			       "arch = armhf\n"
			       "release = bookworm\n"
			       "method = bootstrap\n"
			       "[firmware]\n"
			       "mode = direct\n"
			       "initrd = guest ; slow\n"
			       "[cpu]\n"
			       "memory = 1G  ; enough\n"
			       "[disk]\n"
			       "size = 64G\n"
			       "[system]\n"
			       "user = ann\n"
			       "[other]\n"
			       "strange = kept\n";

static char *write_old(struct fake *f)
{
	char *path = file_join(f->dir, "box.ini");

	assert_int_equal(file_write(path, old_text, strlen(old_text), 0644, NULL), 0);
	return path;
}

static struct wizard *edit(struct fake *f, const char *path)
{
	struct err e = ERR_INIT;
	struct wizard *w = wizard_edit(&f->conf, path, &e);

	if (!w)
		fail_msg("%s", e.text);
	return w;
}

static void test_edit_keeps_the_file(void **state)
{
	struct fake *f = fake_new();
	char *path = write_old(f);
	struct wizard *w = edit(f, path);
	struct wizard_diff d;
	char *ini = ini_of(w);

	(void)state;
	/* Nothing of a new machine's defaults slips in: no forward, no time zone. */
	assert_string_equal(ini, old_text);
	free(ini);
	assert_false(wizard_dirty(w));
	assert_int_equal(wizard_diff(w, &d, NULL), 0);
	assert_true(d.exists && d.same && !d.foreign);
	wizard_diff_fini(&d);
	assert_int_equal(answer(w, "cpu.memory", "2G"), 0);
	assert_true(wizard_dirty(w));
	ini = ini_of(w);
	assert_non_null(strstr(ini, "memory = 2G  ; enough\n"));
	assert_non_null(strstr(ini, "strange = kept\n"));
	free(ini);
	answer(w, "cpu.memory", "1G");
	assert_false(wizard_dirty(w));
	/* What no longer applies must be removed, or the file would be refused. */
	answer(w, "firmware.mode", "uefi");
	ini = ini_of(w);
	assert_null(strstr(ini, "initrd"));
	free(ini);
	answer(w, "firmware.mode", "direct");
	ini = ini_of(w);
	assert_string_equal(ini, old_text);
	free(ini);
	wizard_free(w);
	free(path);
	fake_free(f);
}

/* What does not apply stays as long as the rules bear it; a keyboard without a display counts. */
/* A file with a byte order mark and CR LF stays one; neither is shown. */
static void test_edit_of_other_systems(void **state)
{
	static const char was[] = "\xef\xbb\xbf; mine\r\n[machine]\r\nname = box\r\n[cpu]\r\nmemory = 1G\r\n";
	static const char is[] = "\xef\xbb\xbf; mine\r\n[machine]\r\nname = box\r\n[cpu]\r\nmemory = 2G\r\n";
	struct fake *f = fake_new();
	char *path = file_join(f->dir, "box.ini");
	struct wizard_diff d;
	struct err e = ERR_INIT;
	struct wizard *w;
	struct buf text;
	char *ini;

	(void)state;
	assert_int_equal(file_write(path, was, strlen(was), 0644, NULL), 0);
	w = edit(f, path);
	answer(w, "cpu.memory", "2G");
	ini = ini_of(w);
	assert_string_equal(ini, "; mine\n[machine]\nname = box\n[cpu]\nmemory = 2G\n");
	free(ini);
	assert_int_equal(wizard_diff(w, &d, &e), 0);
	for (size_t i = 0; i < d.len; i++)
		assert_null(strchr(d.lines[i].text, '\r'));
	assert_int_equal(wizard_save(w, &d, &e), 0);
	wizard_diff_fini(&d);
	assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
	assert_string_equal(text.data, is);
	buf_fini(&text);
	wizard_free(w);
	free(path);
	fake_free(f);
}

/* The review says what of another person's file requires agreement; new answers do not. */
static void test_edit_of_a_foreign_file(void **state)
{
	static const char text[] = "[machine]\nname = box\n[devices]\nshare = path=/,tag=all\n[qemu]\nbinary = /q\n";
	struct fake *f = fake_new();
	char *path = file_join(f->dir, "box.ini");
	struct strv warnings = STRV_INIT;
	struct wizard *w;
	char *all;

	(void)state;
	assert_int_equal(file_write(path, text, strlen(text), 0644, NULL), 0);
	w = edit(f, path);
	wizard_warnings(w, WIZARD_REVIEW, &warnings);
	all = strv_join(&warnings, "\n");
	assert_non_null(strstr(all, "devices.share of this file requires your agreement: it gives the guest"));
	assert_non_null(strstr(all, "qemu.binary of this file requires your agreement: it runs the program /q"));
	free(all);
	strv_fini(&warnings);
	answer(w, "qemu.binary", "/other");
	answer(w, "devices.share", "");
	wizard_warnings(w, WIZARD_REVIEW, &warnings);
	all = strv_join(&warnings, "\n");
	assert_null(strstr(all, "agreement"));
	free(all);
	strv_fini(&warnings);
	wizard_free(w);
	free(path);
	fake_free(f);
}

static void test_keeps_what_is_idle(void **state)
{
	static const char text[] = "[machine]\n"
				   "name = box\n"
				   "arch = armhf\n"
				   "release = bookworm\n"
				   "[mirror]\n"
				   "security = no\n"
				   "security_url = auto\n"
				   "[firmware]\n"
				   "mode = uefi\n"
				   "[network]\n"
				   "mode = none\n"
				   "restrict = no\n"
				   "[system]\n"
				   "keyboard = de\n"
				   "[boot]\n"
				   "cmdline = \n";
	struct fake *f = fake_new();
	char *path = file_join(f->dir, "box.ini");
	struct wizard *w;
	char *ini;

	(void)state;
	assert_int_equal(file_write(path, text, strlen(text), 0644, NULL), 0);
	w = edit(f, path);
	assert_false(wizard_dirty(w));
	assert_true(applies(w, "system.keyboard"));
	assert_string_equal(wizard_spec(w)->keyboard, "de");
	ini = ini_of(w);
	assert_string_equal(ini, text);
	free(ini);
	answer(w, "cpu.memory", "2G");
	ini = ini_of(w);
	assert_non_null(strstr(ini, "security_url = auto\n"));
	assert_non_null(strstr(ini, "restrict = no\n"));
	assert_non_null(strstr(ini, "keyboard = de\n"));
	free(ini);
	wizard_free(w);
	/* No key is named. */
	w = wizard_new(&f->conf);
	assert_false(applies(w, "system.keyboard"));
	wizard_free(w);
	free(path);
	fake_free(f);
}

static const char *mark_of(const struct wizard_diff *d, const char *text)
{
	for (size_t i = 0; i < d->len; i++)
		if (!strcmp(d->lines[i].text, text))
			return d->lines[i].mark == WIZARD_ADDED ? "+" : d->lines[i].mark == WIZARD_REMOVED ? "-" : " ";
	return "";
}

/* Lines that are common to the head and to the tail count once. */
static void test_diff_of_lines(void **state)
{
	static const struct {
		const char *old, *new, *diff;
	} cases[] = {
		{"", "", ""},
		{"a\n", "a\n", " a"},
		{"a\n", "a\na\n", " a+a"},
		{"a\na\n", "a\n", " a-a"},
		{"a\nb\n", "a\nb\nb\n", " a b+b"},
		{"a\nb\nb\n", "a\nb\n", " a b-b"},
		{"a\na\nb\n", "a\nb\n", " a-a b"},
		{"a\nb\nc\n", "a\nx\nc\n", " a-b+x c"},
		{"a\nb", "a\nb\n", " a-b+b"},
		{"a\nb\nc\nd\n", "b\nd\ne\n", "-a b-c d+e"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct wizard_diff d = {.lines = NULL};
		struct buf got;

		buf_init(&got, 0);
		diff_lines(cases[i].old, cases[i].new, &d);
		for (size_t k = 0; k < d.len; k++)
			buf_addf(&got, "%s%s",
				 d.lines[k].mark == WIZARD_ADDED     ? "+"
				 : d.lines[k].mark == WIZARD_REMOVED ? "-"
								     : " ",
				 d.lines[k].text);
		assert_string_equal(got.data, cases[i].diff);
		assert_int_equal(d.same, !strcmp(cases[i].old, cases[i].new));
		buf_fini(&got);
		wizard_diff_fini(&d);
	}
}

static void test_diff(void **state)
{
	struct fake *f = fake_new();
	char *path = write_old(f);
	struct wizard *w = edit(f, path);
	struct wizard_diff d;

	(void)state;
	answer(w, "cpu.memory", "2G");
	answer(w, "system.packages", "git");
	assert_int_equal(wizard_diff(w, &d, NULL), 0);
	assert_false(d.same);
	assert_string_equal(mark_of(&d, "memory = 1G  ; enough"), "-");
	assert_string_equal(mark_of(&d, "memory = 2G  ; enough"), "+");
	assert_string_equal(mark_of(&d, "packages = git"), "+");
	assert_string_equal(mark_of(&d, "; mine"), " ");
	assert_int_equal(d.len, 18 + 2);
	wizard_diff_fini(&d);
	wizard_free(w);
	free(path);
	fake_free(f);
}

static int save(struct wizard *w, const struct wizard_diff *shown, char id[32])
{
	struct err e = ERR_INIT;
	int r = wizard_save(w, shown, &e);

	snprintf(id, 32, "%s", e.id);
	err_fini(&e);
	return r;
}

/* A file changed by another program is never overwritten silently. */
static void test_changed_by_another(void **state)
{
	struct fake *f = fake_new();
	char *path = write_old(f);
	struct wizard *w = edit(f, path);
	struct wizard_diff d;
	struct buf text;
	char id[32];

	(void)state;
	assert_false(wizard_file_changed(w));
	answer(w, "cpu.memory", "2G");
	/* Nothing was shown. */
	assert_int_equal(save(w, NULL, id), -1);
	assert_string_equal(id, "save-unseen");
	/* Shown, then another writes. */
	assert_int_equal(wizard_diff(w, &d, NULL), 0);
	assert_false(d.foreign);
	assert_int_equal(file_write(path, "[machine]\nname = box\n", 21, 0644, NULL), 0);
	assert_true(wizard_file_changed(w));
	assert_int_equal(save(w, &d, id), -1);
	assert_string_equal(id, "save-changed");
	wizard_diff_fini(&d);
	assert_int_equal(file_read(path, 4096, &text, NULL), 0);
	assert_string_equal(text.data, "[machine]\nname = box\n");
	buf_fini(&text);
	/* The difference to the present file is shown, and then it may be. */
	assert_int_equal(wizard_diff(w, &d, NULL), 0);
	assert_true(d.foreign);
	assert_string_equal(mark_of(&d, "name = box"), " ");
	assert_int_equal(save(w, &d, id), 0);
	wizard_diff_fini(&d);
	assert_false(wizard_file_changed(w));
	assert_false(wizard_dirty(w));
	/* Written again with the same content: nothing happened. */
	assert_int_equal(file_read(path, 4096, &text, NULL), 0);
	assert_int_equal(file_write(path, text.data, text.len, 0644, NULL), 0);
	buf_fini(&text);
	assert_false(wizard_file_changed(w));
	/* Gone. */
	assert_int_equal(wizard_diff(w, &d, NULL), 0);
	unlink(path);
	assert_true(wizard_file_changed(w));
	assert_int_equal(save(w, &d, id), -1);
	assert_string_equal(id, "save-changed");
	wizard_diff_fini(&d);
	assert_int_equal(save(w, NULL, id), 0);
	wizard_free(w);
	free(path);
	fake_free(f);
}

static void test_save_new(void **state)
{
	struct fake *f = fake_new();
	struct wizard *w = wizard_new(&f->conf);
	char *path = file_join(f->dir, "armhf-trixie.ini");
	struct wizard_diff d;
	struct stat st;
	struct spec s;
	char id[32];

	(void)state;
	assert_int_equal(wizard_diff(w, &d, NULL), 0);
	assert_false(d.exists);
	wizard_diff_fini(&d);
	assert_int_equal(answer(w, "cpu.memory", "1"), -1);
	assert_int_equal(save(w, NULL, id), -1);
	assert_string_equal(id, "wizard-wrong");
	assert_int_equal(answer(w, "cpu.memory", "1G"), 0);
	assert_int_equal(answer(w, "password", "secret"), 0);
	assert_int_equal(save(w, NULL, id), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(spec_read(&s, path, NULL), 0);
	assert_int_equal(spec_check(&s, f->catalog, NULL), 0);
	assert_true(spec_equal(&s, wizard_spec(w)));
	spec_fini(&s);
	/* The wizard then edits that file. */
	assert_false(wizard_dirty(w));
	assert_string_equal(text_of(w, "network.forward"), "127.0.0.1:auto:22");
	assert_string_equal(text_of(w, "system.timezone"), "Europe/Berlin");
	assert_string_equal(wizard_path(w), path);
	wizard_free(w);
	free(path);
	fake_free(f);
}

static void test_other_file_in_the_way(void **state)
{
	struct fake *f = fake_new();
	char *path = write_old(f);
	struct wizard *w = wizard_new(&f->conf);
	struct wizard_diff d;
	char id[32];

	(void)state;
	assert_int_equal(answer(w, "save", path), 0);
	assert_int_equal(save(w, NULL, id), -1);
	assert_string_equal(id, "save-unseen");
	assert_int_equal(wizard_diff(w, &d, NULL), 0);
	assert_true(d.exists && d.other && !d.foreign);
	wizard_diff_fini(&d);
	assert_int_equal(answer(w, "save", "/nowhere/at/all.ini"), 0);
	assert_int_equal(save(w, NULL, id), -1);
	wizard_free(w);
	free(path);
	fake_free(f);
}

/* A saved file that says another name than its own has its own back, unless a machine has the other. */
static void test_its_own_name_again(void **state)
{
	struct fake *f = fake_new();
	char *path = file_join(f->dir, "lab.ini");
	struct wizard *w;

	(void)state;
	assert_int_equal(file_write(path, old_text, strlen(old_text), 0644, NULL), 0);
	strv_add(&f->taken, "lab");
	w = edit(f, path);
	answer(w, "machine.name", "lab");
	assert_null(wrong_of(w, "machine.name"));
	answer(w, "machine.name", "other");
	assert_non_null(wrong_of(w, "machine.name"));
	wizard_free(w);
	f->made.disk = 64ULL << 30;
	w = edit(f, path);
	answer(w, "machine.name", "lab");
	assert_non_null(strstr(wrong_of(w, "machine.name"), "debwiz rename box lab"));
	wizard_free(w);
	free(path);
	fake_free(f);
}

/* Two files of one name would claim one machine. */
static void test_stays_where_it_is(void **state)
{
	struct fake *f = fake_new();
	char *path = write_old(f);
	char *other = file_join(f->dir, "other.ini");
	struct wizard *w = edit(f, path);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(wizard_set(w, wizard_question(w, "save"), other, &e), -1);
	assert_non_null(strstr(e.text, "debwiz clone"));
	assert_string_equal(wizard_path(w), path);
	assert_false(wizard_file_changed(w));
	assert_false(wizard_dirty(w));
	assert_int_equal(answer(w, "save", path), 0);
	err_fini(&e);
	wizard_free(w);
	free(other);
	free(path);
	fake_free(f);
}

/* Where a new one is saved: ~ is the home folder, and what is refused changes nothing. */
static void test_save_as(void **state)
{
	struct fake *f = fake_new();
	char *home = xstrdup(getenv("HOME"));
	char *there = file_join(f->dir, "there.ini");
	char *here = getcwd(NULL, 0);
	char *mine = file_join(here, "mine.ini");
	struct wizard *w = wizard_new(&f->conf);
	const struct wizard_question *q = wizard_question(w, "save");
	char id[32];

	(void)state;
	assert_int_equal(setenv("HOME", f->dir, 1), 0);
	assert_int_equal(wizard_set(w, q, "mine.ini", NULL), 0);
	assert_string_equal(wizard_path(w), mine);
	assert_int_equal(wizard_set(w, q, "~/there.ini", NULL), 0);
	assert_string_equal(wizard_path(w), there);
	assert_int_equal(wizard_set(w, q, "foo", NULL), -1);
	assert_int_equal(wizard_set(w, q, "~/.ini", NULL), -1);
	assert_string_equal(wizard_text(w, q), there);
	assert_null(wizard_wrong(w, q));
	assert_int_equal(save(w, NULL, id), 0);
	assert_int_equal(access(there, F_OK), 0);
	if (home)
		setenv("HOME", home, 1);
	wizard_free(w);
	free(mine);
	free(here);
	free(there);
	free(home);
	fake_free(f);
}

static void test_effects(void **state)
{
	struct fake *f = fake_new();
	char *path = write_old(f);
	struct wizard_change *c;
	struct wizard *w;
	size_t n;

	(void)state;
	f->made.disk = 64ULL << 30;
	w = edit(f, path);
	answer(w, "cpu.memory", "2G");
	answer(w, "disk.size", "128G");
	answer(w, "system.packages", "git");
	n = wizard_changes(w, &c);
	assert_int_equal(n, 3);
	assert_int_equal(c[0].effect, FIELD_NEXT_BOOT);
	assert_string_equal(c[0].from, "1G");
	assert_string_equal(c[0].to, "2G");
	assert_non_null(strstr(c[0].words, "next boot"));
	assert_int_equal(c[1].effect, FIELD_GROW_ONLY);
	assert_null(c[1].refused);
	assert_int_equal(c[2].effect, FIELD_NEW_ONLY);
	assert_non_null(strstr(c[2].words, "only for new machines"));
	wizard_changes_free(c, n);
	/* What cannot be. */
	answer(w, "disk.size", "32G");
	assert_non_null(strstr(wrong_of(w, "disk.size"), "only grows"));
	answer(w, "disk.size", "64G");
	answer(w, "machine.name", "other");
	assert_non_null(strstr(wrong_of(w, "machine.name"), "debwiz rename box other"));
	answer(w, "machine.name", "box");
	assert_int_equal(answer(w, "machine.arch", "arm64"), -1);
	assert_string_equal(text_of(w, "machine.arch"), "armhf");
	assert_true(wizard_go(w, WIZARD_REVIEW, NULL));
	wizard_free(w);
	/* A file with a smaller size than its enlarged disk does not prevent other changes. */
	f->made.disk = 128ULL << 30;
	w = edit(f, path);
	answer(w, "cpu.memory", "2G");
	assert_true(wizard_go(w, WIZARD_REVIEW, NULL));
	wizard_free(w);
	f->made.disk = 64ULL << 30;
	/* Snapshots hold its size, a suspended state all of its devices. */
	f->made.snapshots = 2;
	w = edit(f, path);
	answer(w, "disk.size", "128G");
	assert_non_null(strstr(wrong_of(w, "disk.size"), "2 snapshots"));
	wizard_free(w);
	f->made.snapshots = 0;
	f->made.suspended = true;
	w = edit(f, path);
	assert_true(wizard_go(w, WIZARD_REVIEW, NULL));
	answer(w, "cpu.memory", "2G");
	assert_non_null(strstr(wrong_of(w, "cpu.memory"), "suspended"));
	answer(w, "system.packages", "git");
	assert_null(wrong_of(w, "system.packages"));
	wizard_free(w);
	/* Nothing is made yet: all of it may be, but for the name. */
	f->made = (struct wizard_existing){.disk = 0};
	w = edit(f, path);
	answer(w, "machine.name", "other");
	assert_non_null(strstr(wrong_of(w, "machine.name"), "debwiz rename box other"));
	answer(w, "machine.name", "box");
	assert_null(wrong_of(w, "machine.name"));
	answer(w, "disk.size", "32G");
	assert_null(wrong_of(w, "disk.size"));
	assert_int_equal(answer(w, "machine.arch", "arm64"), 0);
	n = wizard_changes(w, &c);
	assert_int_equal(n, 2);
	assert_non_null(strstr(c[0].words, "prepared"));
	wizard_changes_free(c, n);
	wizard_free(w);
	free(path);
	fake_free(f);
}

static void test_secret_is_not_shown(void **state)
{
	static const char text[] = "[machine]\nname = box\n[system]\npassword_hash = $6$abcdefgh$"
				   "0123456789012345678901234567890123456789012345678901234567890123456789012345"
				   "6789012345\n";
	struct fake *f = fake_new();
	char *path = file_join(f->dir, "box.ini");
	struct wizard_change *c;
	struct wizard_diff d;
	struct wizard *w;
	char *ini;
	size_t n;

	(void)state;
	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
	w = edit(f, path);
	assert_string_equal(text_of(w, "password"), "set");
	answer(w, "password", "other");
	ini = ini_of(w);
	assert_non_null(strstr(ini, "password_hash = (not shown)\n"));
	assert_null(strstr(ini, "$6$"));
	free(ini);
	assert_int_equal(wizard_diff(w, &d, NULL), 0);
	assert_false(d.same);
	assert_string_equal(mark_of(&d, "password_hash = (not shown)"), "-");
	for (size_t i = 0; i < d.len; i++)
		assert_null(strstr(d.lines[i].text, "$6$"));
	wizard_diff_fini(&d);
	n = wizard_changes(w, &c);
	assert_int_equal(n, 1);
	assert_string_equal(c[0].from, "set");
	assert_string_equal(c[0].to, "set");
	wizard_changes_free(c, n);
	wizard_free(w);
	free(path);
	fake_free(f);
}

static void test_edit_bad_file(void **state)
{
	struct fake *f = fake_new();
	char *path = file_join(f->dir, "box.ini");
	struct err e = ERR_INIT;

	(void)state;
	assert_null(wizard_edit(&f->conf, path, &e));
	assert_non_null(strstr(e.text, "box.ini"));
	assert_int_equal(file_write(path, "[cpu]\nmemory = 1\n", 17, 0644, NULL), 0);
	assert_null(wizard_edit(&f->conf, path, &e));
	assert_non_null(strstr(e.text, "box.ini:2: cpu.memory"));
	err_fini(&e);
	free(path);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edit_keeps_the_file),
		cmocka_unit_test(test_edit_of_other_systems),
		cmocka_unit_test(test_edit_of_a_foreign_file),
		cmocka_unit_test(test_keeps_what_is_idle),
		cmocka_unit_test(test_diff_of_lines),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_changed_by_another),
		cmocka_unit_test(test_save_new),
		cmocka_unit_test(test_other_file_in_the_way),
		cmocka_unit_test(test_its_own_name_again),
		cmocka_unit_test(test_stays_where_it_is),
		cmocka_unit_test(test_save_as),
		cmocka_unit_test(test_effects),
		cmocka_unit_test(test_secret_is_not_shown),
		cmocka_unit_test(test_edit_bad_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
