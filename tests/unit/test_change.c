/* SPDX-License-Identifier: MIT */
/* change: clone, rename, delete and recreate of machines that are but files. */
#include "../lib/check.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "host/lock.h"
#include "host/paths.h"
#include "image/disk.h"
#include "machine/change.h"
#include "machine/snapshot_meta.h"
#include "machine/suspended.h"
#include "spec/spec.h"

struct fixture {
	char *top;
	struct store store;
};

static char *path_of(struct fixture *f, const char *name)
{
	return file_join(f->top, name);
}

static void put(struct fixture *f, const char *name, const char *text)
{
	char *path = path_of(f, name);
	char *dir = file_dirname(path);

	assert_int_equal(file_mkdirs(dir, NULL), 0);
	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
	free(dir);
	free(path);
}

static bool there(struct fixture *f, const char *name)
{
	char *path = path_of(f, name);
	bool yes = file_exists(path);

	free(path);
	return yes;
}

static void assert_text(struct fixture *f, const char *name, const char *want)
{
	char *path = path_of(f, name);
	struct buf b;

	assert_int_equal(file_read(path, 65536, &b, NULL), 0);
	if (!strstr(b.data, want))
		fail_msg("%s: \"%s\" is not in \"%s\"", name, want, b.data);
	buf_fini(&b);
	free(path);
}

#define INI "; mine\n[machine]\nname = box\narch = armhf\nrelease = bookworm\n[system]\nhostname = box\n"

/* c/debwiz/machines/box.ini and d/debwiz/machines/box with a disk. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	static const char *const names[][2] = {
		{"XDG_CONFIG_HOME", "c"}, {"XDG_DATA_HOME", "d"}, {"XDG_CACHE_HOME", "k"}};
	char *ini;

	assert_non_null(f);
	f->top = check_tmpdir();
	for (size_t i = 0; i < 3; i++) {
		char *dir = path_of(f, names[i][1]);

		setenv(names[i][0], dir, 1);
		free(dir);
	}
	assert_int_equal(store_open(&f->store, NULL), 0);
	put(f, "c/debwiz/machines/box.ini", INI);
	ini = path_of(f, "c/debwiz/machines/box.ini\n");
	put(f, "d/debwiz/machines/box/ini", ini);
	free(ini);
	put(f, "d/debwiz/machines/box/disk.qcow2", "a disk");
	put(f, "d/debwiz/machines/box/base.raw", "a base");
	put(f, "d/debwiz/machines/box/QEMU_VARS-pflash.raw", "variables");
	put(f, "d/debwiz/machines/box/id_ed25519", "a key");
	put(f, "d/debwiz/machines/box/known_hosts", "box ssh-ed25519 AAAA\nboxer ssh-rsa BBBB\n");
	put(f, "d/debwiz/machines/box/console.log", "log");
	put(f, "d/debwiz/machines/box/ports.json", "{}");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_fini(&f->store);
	check_rmdir(f->top);
	free(f);
	return 0;
}

static void done(struct fixture *f, enum change_kind kind, const char *ref, const char *to)
{
	struct err e = ERR_INIT;
	struct change c;

	if (change_examine(&f->store, kind, ref, to, &c, &e) < 0 || change_do(&f->store, &c, NULL, NULL, NULL, &e) < 0)
		fail_msg("%s", e.text);
	change_fini(&c);
}

static void refused(struct fixture *f, enum change_kind kind, const char *ref, const char *to, const char *id)
{
	struct err e = ERR_INIT;
	struct change c;

	assert_int_equal(change_examine(&f->store, kind, ref, to, &c, &e), -1);
	assert_string_equal(e.id, id);
	change_fini(&c);
	err_fini(&e);
}

static bool says(const struct strv *v, const char *part)
{
	for (size_t i = 0; i < v->len; i++)
		if (strstr(v->items[i], part))
			return true;
	return false;
}

static void clones(void **state)
{
	struct fixture *f = *state;

	put(f, "d/debwiz/machines/box/updates-pending", "bookworm-security\n");
	done(f, CHANGE_CLONE, "box", "two");
	assert_text(f, "d/debwiz/machines/two/updates-pending", "bookworm-security\n");
	assert_text(f, "c/debwiz/machines/two.ini", "name = two\n");
	assert_text(f, "c/debwiz/machines/two.ini", "; mine\n");
	assert_text(f, "d/debwiz/machines/two/disk.qcow2", "a disk");
	assert_text(f, "d/debwiz/machines/two/base.raw", "a base");
	assert_text(f, "d/debwiz/machines/two/id_ed25519", "a key");
	assert_text(f, "d/debwiz/machines/two/ini", "machines/two.ini\n");
	/* Not its own: learnt again, or of the first alone. */
	assert_false(there(f, "d/debwiz/machines/two/known_hosts"));
	assert_false(there(f, "d/debwiz/machines/two/console.log"));
	assert_false(there(f, "d/debwiz/machines/two/ports.json"));
	assert_false(there(f, "d/debwiz/machines/two.part"));
	assert_false(there(f, "d/debwiz/machines/two.lock"));
	/* The host name was the name: it follows. */
	{
		struct spec s;
		char *path = path_of(f, "c/debwiz/machines/two.ini");

		assert_int_equal(spec_read(&s, path, NULL), 0);
		assert_string_equal(spec_hostname(&s), "two");
		spec_fini(&s);
		free(path);
	}
	/* The first is as it was. */
	assert_text(f, "c/debwiz/machines/box.ini", INI);
	assert_true(there(f, "d/debwiz/machines/box/known_hosts"));
	refused(f, CHANGE_CLONE, "box", "two", "name-taken");
	refused(f, CHANGE_CLONE, "box", "box", "name-taken");
	refused(f, CHANGE_CLONE, "box", "No", "name-bad");
	refused(f, CHANGE_CLONE, "nobody", "three", "machine-unknown");
}

/* A clone is reported as the same machine if it copies what a guest has written, and only there. */
static void tells_what_a_clone_is(void **state)
{
	struct fixture *f = *state;
	char *disk = path_of(f, "d/debwiz/machines/box/disk.qcow2");
	char *tool = host_which("qemu-img");
	struct err e = ERR_INIT;
	struct change c;

	assert_int_equal(change_examine(&f->store, CHANGE_CLONE, "box", "two", &c, &e), 0);
	assert_true(says(&c.notes, "the same machine"));
	assert_true(says(&c.notes, "ssh host keys"));
	change_fini(&c);
	if (!tool) {
		free(disk);
		skip();
	}
	free(tool);
	assert_int_equal(unlink(disk), 0);
	put(f, "d/debwiz/machines/box/base.raw", "a base of some size");
	if (disk_create(disk, DISK_BASE_NAME, 1 << 30, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(change_examine(&f->store, CHANGE_CLONE, "box", "two", &c, &e), 0);
	assert_false(says(&c.notes, "ssh host keys"));
	assert_true(says(&c.notes, "a machine of its own"));
	change_fini(&c);
	done(f, CHANGE_CLONE, "box", "two");
	assert_true(there(f, "c/debwiz/machines/two.ini"));
	assert_false(there(f, "d/debwiz/machines/two/disk.qcow2"));
	free(disk);
}

/* What a killed clone left does no harm, and gc finds it. */
static void clones_over_a_part(void **state)
{
	struct fixture *f = *state;
	struct strv parts = STRV_INIT;

	put(f, "d/debwiz/machines/two.part/disk.qcow2", "half");
	store_parts(&f->store, &parts);
	assert_int_equal(parts.len, 1);
	assert_non_null(strstr(parts.items[0], "machines/two.part"));
	strv_fini(&parts);
	done(f, CHANGE_CLONE, "box", "two");
	assert_text(f, "d/debwiz/machines/two/disk.qcow2", "a disk");
	assert_false(there(f, "d/debwiz/machines/two.part"));
}

static void clones_a_file(void **state)
{
	struct fixture *f = *state;
	char *path = path_of(f, "elsewhere/other.ini");

	put(f, "elsewhere/other.ini", "[machine]\narch = armhf\n");
	done(f, CHANGE_CLONE, path, "two");		       /* nothing is made: the file alone */
	assert_text(f, "elsewhere/two.ini", "arch = armhf\n"); /* its name is the file's */
	refused(f, CHANGE_CLONE, path, "two", "name-taken");
	assert_false(there(f, "d/debwiz/machines/two"));
	free(path);
}

static void renames(void **state)
{
	struct fixture *f = *state;

	done(f, CHANGE_RENAME, "box", "two");
	assert_false(there(f, "c/debwiz/machines/box.ini"));
	assert_false(there(f, "d/debwiz/machines/box"));
	assert_text(f, "c/debwiz/machines/two.ini", "name = two\n");
	assert_text(f, "d/debwiz/machines/two/disk.qcow2", "a disk");
	assert_text(f, "d/debwiz/machines/two/ini", "machines/two.ini\n");
	assert_true(there(f, "d/debwiz/machines/two/console.log"));
	assert_text(f, "d/debwiz/machines/two/known_hosts", "two ssh-ed25519 AAAA\nboxer ssh-rsa BBBB\n");
	refused(f, CHANGE_RENAME, "box", "three", "machine-unknown");
}

#define MOVED "; mine\n[machine]\nname = two\narch = armhf\nrelease = bookworm\n"

/* A rename that was cut off is finished by the same call, wherever it was. */
static void renames_after_a_cut(void **state)
{
	struct fixture *f = *state;
	char *from = path_of(f, "d/debwiz/machines/box");
	char *to = path_of(f, "d/debwiz/machines/two");

	put(f, "c/debwiz/machines/two.ini", MOVED "[cpu]\nmemory = 3G\n");
	refused(f, CHANGE_RENAME, "box", "two", "name-taken"); /* that is another machine */
	put(f, "c/debwiz/machines/two.ini", MOVED);
	assert_int_equal(rename(from, to), 0);
	done(f, CHANGE_RENAME, "box", "two");
	assert_false(there(f, "c/debwiz/machines/box.ini"));
	assert_text(f, "d/debwiz/machines/two/disk.qcow2", "a disk");

	put(f, "c/debwiz/machines/box.ini", INI); /* and earlier: the folder has not moved yet */
	assert_int_equal(rename(to, from), 0);
	done(f, CHANGE_RENAME, "box", "two");
	assert_false(there(f, "c/debwiz/machines/box.ini"));
	assert_text(f, "d/debwiz/machines/two/disk.qcow2", "a disk");
	assert_text(f, "d/debwiz/machines/two/ini", "machines/two.ini\n");
	free(from);
	free(to);
}

/* How a machine in `dir` was run, with a path in each form that QEMU's arguments have. */
static void how_it_was_run(const char *dir, struct suspended_state *k)
{
	char *blockdev = xasprintf("{\"driver\":\"qcow2\",\"node-name\":\"disk\",\"file\":"
				   "{\"filename\":\"%s/disk.qcow2\",\"driver\":\"file\"}}",
				   dir);

	*k = (struct suspended_state){.request = {.name = xstrdup("box"),
						  .dir = xstrdup(dir),
						  .runtime_dir = xstrdup("/run/debwiz/box"),
						  .seed = file_join(dir, "seed.iso"),
						  .known_hosts = file_join(dir, "known_hosts"),
						  .ssh_host = xstrdup("box")}};
	strv_add(&k->request.argv, "/usr/bin/qemu-system-arm");
	strv_add(&k->request.argv, "-name");
	strv_add(&k->request.argv, "guest=box");
	strv_add(&k->request.argv, "-blockdev");
	strv_take(&k->request.argv, blockdev);
	strv_add(&k->request.argv, "-kernel");
	strv_addf(&k->request.argv, "%s/vmlinuz", dir);
	strv_add(&k->request.argv, "-blockdev"); /* a user's drive beside it is not touched */
	strv_addf(&k->request.argv, "{\"driver\":\"raw\",\"file\":\"%ser/data.raw\"}", dir);
}

static void assert_moved(struct fixture *f, const struct vm_request *r)
{
	char *dir = path_of(f, "d/debwiz/machines/two");
	char *old = path_of(f, "d/debwiz/machines/box");
	char *disk = xasprintf("{\"driver\":\"qcow2\",\"node-name\":\"disk\",\"file\":"
			       "{\"filename\":\"%s/disk.qcow2\",\"driver\":\"file\"}}",
			       dir);
	char *beside = xasprintf("{\"driver\":\"raw\",\"file\":\"%ser/data.raw\"}", old);
	char *kernel = file_join(dir, "vmlinuz"), *seed = file_join(dir, "seed.iso");
	char *known_hosts = file_join(dir, "known_hosts");

	assert_string_equal(r->name, "two");
	assert_string_equal(r->ssh_host, "two");
	assert_string_equal(r->dir, dir);
	assert_string_equal(r->seed, seed);
	assert_string_equal(r->known_hosts, known_hosts);
	assert_string_equal(r->runtime_dir, "/run/debwiz/box"); /* that is suspended_move_sockets' */
	assert_string_equal(r->argv.items[2], "guest=two");
	assert_string_equal(r->argv.items[4], disk);
	assert_string_equal(r->argv.items[6], kernel);
	assert_string_equal(r->argv.items[8], beside);
	free(known_hosts);
	free(seed);
	free(kernel);
	free(beside);
	free(disk);
	free(old);
	free(dir);
}

/* Snapshots and the suspended state are found again: they say how it was run, and where. */
static void renames_what_was_kept(void **state)
{
	struct fixture *f = *state;
	char *dir = path_of(f, "d/debwiz/machines/box");
	char *to = path_of(f, "d/debwiz/machines/two");
	struct suspended_state k;

	how_it_was_run(dir, &k);
	put(f, "d/debwiz/machines/box/suspend.state.part", "memory");
	assert_int_equal(snapshot_meta_write(dir, "early", &k, NULL), 0);
	assert_int_equal(suspended_commit(dir, &k, NULL), 0);
	put(f, "d/debwiz/machines/box/run.json", "{\"state\": \"suspended\"}");
	suspended_fini(&k);
	refused(f, CHANGE_CLONE, "box", "two", "suspended"); /* it can continue only once */
	done(f, CHANGE_RENAME, "box", "two");
	assert_true(suspended_exists(to));
	assert_int_equal(suspended_read(to, &k, NULL), 0);
	assert_moved(f, &k.request);
	suspended_fini(&k);
	assert_int_equal(snapshot_meta_read(to, "early", &k, NULL), 0);
	assert_moved(f, &k.request);
	suspended_fini(&k);
	free(to);
	free(dir);
}

/* The next boot's sockets may lie elsewhere: a login session's folder is another than a job's. */
static void moves_its_sockets(void **state)
{
	static const char *const before[] = {
		"pipe,id=serial,path=/run/user/7/debwiz/box/serial",
		"socket,id=qmp,path=/run/user/7/debwiz/box/qmp,server=on,wait=off",
		"vnc=unix:/run/user/7/debwiz/box/vnc",
		"addr=/run/user/7/debwiz/box/spice,unix=on",
		"console=ttyAMA0 path=/run/user/7/debwiz/box/serial", /* the guest's own words */
	};
	static const char *const after[] = {
		"pipe,id=serial,path=/tmp/debwiz-7/box/serial",
		"socket,id=qmp,path=/tmp/debwiz-7/box/qmp,server=on,wait=off",
		"vnc=unix:/tmp/debwiz-7/box/vnc",
		"addr=/tmp/debwiz-7/box/spice,unix=on",
		"console=ttyAMA0 path=/run/user/7/debwiz/box/serial",
	};
	struct vm_request r = {.runtime_dir = xstrdup("/run/user/7/debwiz/box")};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		strv_add(&r.argv, before[i]);
	suspended_move_sockets(&r, "/tmp/debwiz-7/box");
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(r.argv.items[i], after[i]);
	assert_string_equal(r.runtime_dir, "/tmp/debwiz-7/box");
	vm_request_fini(&r);
}

/* The same of a file that stays where it is. */
static void renames_in_place_after_a_cut(void **state)
{
	struct fixture *f = *state;
	char *from = path_of(f, "d/debwiz/machines/mine");
	char *to = path_of(f, "d/debwiz/machines/two");
	char *file = path_of(f, "mine.ini");
	char *note = xasprintf("%s\n", file);

	put(f, "mine.ini", "[machine]\nname = mine\narch = armhf\nrelease = bookworm\n");
	put(f, "d/debwiz/machines/mine/disk.qcow2", "my disk");
	put(f, "d/debwiz/machines/mine/ini", note);
	assert_int_equal(rename(from, to), 0); /* cut off behind this */
	put(f, "d/debwiz/machines/two/ini", "/another.ini\n");
	refused(f, CHANGE_RENAME, file, "two", "name-taken"); /* that is another machine */
	put(f, "d/debwiz/machines/two/ini", note);
	done(f, CHANGE_RENAME, file, "two");
	assert_text(f, "mine.ini", "name = two\n");
	assert_text(f, "d/debwiz/machines/two/disk.qcow2", "my disk");
	assert_false(there(f, "d/debwiz/machines/mine"));

	put(f, "d/debwiz/machines/six/ini", note); /* its old folder exists: six is another one */
	refused(f, CHANGE_RENAME, file, "six", "name-taken");
	free(note);
	free(file);
	free(to);
	free(from);
}

static void renames_in_place(void **state)
{
	struct fixture *f = *state;
	char *path = path_of(f, "elsewhere/other.ini");

	put(f, "elsewhere/other.ini", "[machine]\nname = other\narch = armhf\n");
	done(f, CHANGE_RENAME, path, "two"); /* another's file keeps its place */
	assert_text(f, "elsewhere/other.ini", "name = two\n");
	free(path);
}

static void assert_users(struct fixture *f, const char *base, uint64_t want)
{
	char *path = path_of(f, base);
	uint64_t users;

	assert_int_equal(disk_base_users(path, &users, NULL), 0);
	assert_int_equal(users, want);
	free(path);
}

/* Machines on a file system of their own hold their base by references, which name their folders. */
static void moves_far_from_the_base(void **state)
{
	struct fixture *f = *state;
	char far[] = "/dev/shm/debwiz-test-XXXXXX";
	char *base = path_of(f, "d/debwiz/bases/b/disk.raw");
	char *machines = path_of(f, "d/debwiz/machines");
	char *link = path_of(f, "d/debwiz/machines/box/base.raw");
	struct stat here, there, st;

	if (!mkdtemp(far))
		skip();
	assert_int_equal(stat(f->top, &here), 0);
	assert_int_equal(stat(far, &there), 0);
	if (here.st_dev == there.st_dev) {
		rmdir(far);
		skip();
	}
	assert_int_equal(file_remove_tree(machines, NULL), 0);
	assert_int_equal(symlink(far, machines), 0);
	put(f, "d/debwiz/bases/b/disk.raw", "a base");
	put(f, "d/debwiz/machines/box/disk.qcow2", "a disk");
	put(f, "d/debwiz/machines/box/stamps.json", "{\"base\": \"b\"}");
	assert_int_equal(disk_link_base(base, link, NULL), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_users(f, "d/debwiz/bases/b/disk.raw", 1);

	done(f, CHANGE_RENAME, "box", "two");
	assert_users(f, "d/debwiz/bases/b/disk.raw", 1);
	done(f, CHANGE_CLONE, "two", "six");
	assert_users(f, "d/debwiz/bases/b/disk.raw", 2);
	done(f, CHANGE_DELETE, "two", NULL);
	assert_users(f, "d/debwiz/bases/b/disk.raw", 1);
	file_remove_tree(far, NULL);
	assert_users(f, "d/debwiz/bases/b/disk.raw", 0);
	unlink(machines);
	free(link);
	free(machines);
	free(base);
}

static void deletes(void **state)
{
	struct fixture *f = *state;
	struct change c;

	assert_int_equal(change_examine(&f->store, CHANGE_DELETE, "box", NULL, &c, NULL), 0);
	assert_true(c.loses_data);
	assert_true(says(&c.lost, "its disk"));
	assert_true(says(&c.lost, "firmware's variables"));
	assert_true(says(&c.lost, "ssh host keys"));
	assert_true(says(&c.lost, "console log"));
	assert_true(says(&c.lost, "ssh key that debwiz made"));
	assert_true(says(&c.lost, "machines/box.ini"));
	assert_true(says(&c.notes, "base image"));
	assert_true(there(f, "d/debwiz/machines/box/disk.qcow2")); /* looking does nothing */
	assert_int_equal(change_do(&f->store, &c, NULL, NULL, NULL, NULL), 0);
	change_fini(&c);
	assert_false(there(f, "d/debwiz/machines/box"));
	assert_false(there(f, "c/debwiz/machines/box.ini"));
	refused(f, CHANGE_DELETE, "box", NULL, "machine-unknown");
}

/* What is broken can be deleted all the same, and another's file is left alone. */
static void deletes_what_is_broken(void **state)
{
	struct fixture *f = *state;
	char *path = path_of(f, "elsewhere/other.ini");
	char *note = xasprintf("%s\n", path);

	put(f, "c/debwiz/machines/box.ini", "[cpu]\nmemory = nonsense\n");
	done(f, CHANGE_DELETE, "box", NULL);
	assert_false(there(f, "d/debwiz/machines/box"));
	put(f, "elsewhere/other.ini", "[machine]\nname = other\n");
	put(f, "d/debwiz/machines/other/ini", note);
	done(f, CHANGE_DELETE, path, NULL);
	assert_false(there(f, "d/debwiz/machines/other"));
	assert_true(there(f, "elsewhere/other.ini"));
	put(f, "d/debwiz/machines/lone/disk.qcow2", "its file is gone");
	done(f, CHANGE_DELETE, "lone", NULL);
	assert_false(there(f, "d/debwiz/machines/lone"));
	free(note);
	free(path);
}

static void recreates(void **state)
{
	struct fixture *f = *state;

	done(f, CHANGE_RECREATE, "box", NULL);
	assert_false(there(f, "d/debwiz/machines/box/disk.qcow2"));
	assert_false(there(f, "d/debwiz/machines/box/QEMU_VARS-pflash.raw"));
	assert_true(there(f, "d/debwiz/machines/box/id_ed25519"));
	assert_text(f, "c/debwiz/machines/box.ini", INI);
	refused(f, CHANGE_RECREATE, "box", NULL, "not-made");
}

/* Another process works on it. */
static void busy(void **state)
{
	struct fixture *f = *state;
	char *path = path_of(f, "d/debwiz/machines/box/lock");
	struct lock *lock = lock_take(path, "preparing", NULL);

	assert_non_null(lock);
	for (enum change_kind k = CHANGE_CLONE; k <= CHANGE_RECREATE; k++) {
		struct err e = ERR_INIT;
		struct change c;

		assert_int_equal(change_examine(&f->store, k, "box", k < CHANGE_DELETE ? "two" : NULL, &c, &e), 0);
		assert_int_equal(change_do(&f->store, &c, NULL, NULL, NULL, &e), -1);
		assert_int_equal(e.kind, ERR_BUSY);
		change_fini(&c);
		err_fini(&e);
	}
	assert_true(there(f, "d/debwiz/machines/box/disk.qcow2"));
	assert_false(there(f, "c/debwiz/machines/two.ini"));
	lock_release(lock);
	free(path);
}

/* ---- two in parallel ---- */

/* Both look, then both do it: the second gets an error, and changes nothing. */
static void too_late(struct fixture *f, enum change_kind first, const char *to_first, enum change_kind second,
		     const char *to_second)
{
	struct err e = ERR_INIT;
	struct change a, b;

	assert_int_equal(change_examine(&f->store, first, "box", to_first, &a, NULL), 0);
	assert_int_equal(change_examine(&f->store, second, "box", to_second, &b, NULL), 0);
	if (change_do(&f->store, &a, NULL, NULL, NULL, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(change_do(&f->store, &b, NULL, NULL, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_BUSY);
	assert_string_equal(e.id, "busy");
	assert_non_null(e.hint);
	err_fini(&e);
	change_fini(&b);
	change_fini(&a);
}

static void renamed_and_deleted(void **state)
{
	struct fixture *f = *state;

	too_late(f, CHANGE_RENAME, "two", CHANGE_DELETE, NULL);
	assert_text(f, "c/debwiz/machines/two.ini", "name = two\n");
	assert_text(f, "d/debwiz/machines/two/disk.qcow2", "a disk");
	assert_false(there(f, "d/debwiz/machines/box"));
}

static void deleted_and_renamed(void **state)
{
	struct fixture *f = *state;

	too_late(f, CHANGE_DELETE, NULL, CHANGE_RENAME, "two");
	assert_false(there(f, "c/debwiz/machines/two.ini"));
	assert_false(there(f, "d/debwiz/machines/box") || there(f, "d/debwiz/machines/box.part"));
}

static void renamed_twice(void **state)
{
	struct fixture *f = *state;

	too_late(f, CHANGE_RENAME, "two", CHANGE_RENAME, "three");
	assert_false(there(f, "c/debwiz/machines/three.ini"));
}

static void cloned_twice(void **state)
{
	struct fixture *f = *state;

	too_late(f, CHANGE_CLONE, "two", CHANGE_CLONE, "two");
	assert_text(f, "d/debwiz/machines/two/disk.qcow2", "a disk");
}

static void deleted_twice(void **state)
{
	too_late(*state, CHANGE_DELETE, NULL, CHANGE_DELETE, NULL);
}

static void recreated_twice(void **state)
{
	too_late(*state, CHANGE_RECREATE, NULL, CHANGE_RECREATE, NULL);
}

/* While another command has the name, or the file, nothing is done. */
static void names_are_locked(void **state)
{
	static const char *const names[] = {"box", "two"};
	struct fixture *f = *state;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < 2; i++) {
		struct lock *k = store_lock_name(&f->store, names[i], "preparing", NULL);
		struct change c;

		assert_non_null(k);
		assert_int_equal(change_examine(&f->store, CHANGE_RENAME, "box", "two", &c, NULL), 0);
		assert_int_equal(change_do(&f->store, &c, NULL, NULL, NULL, &e), -1);
		assert_int_equal(e.kind, ERR_BUSY);
		assert_non_null(strstr(e.text, "preparing"));
		lock_remove(k);
		change_fini(&c);
		err_fini(&e);
	}
	assert_text(f, "c/debwiz/machines/box.ini", "name = box\n");
	assert_false(there(f, "c/debwiz/machines/two.ini"));
	assert_false(there(f, "d/debwiz/machines/two.lock"));
	done(f, CHANGE_RENAME, "box", "two"); /* and it is no longer */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(clones, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_what_a_clone_is, setup, teardown),
		cmocka_unit_test_setup_teardown(clones_over_a_part, setup, teardown),
		cmocka_unit_test_setup_teardown(clones_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(renames, setup, teardown),
		cmocka_unit_test_setup_teardown(renames_after_a_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(renames_what_was_kept, setup, teardown),
		cmocka_unit_test(moves_its_sockets),
		cmocka_unit_test_setup_teardown(renames_in_place, setup, teardown),
		cmocka_unit_test_setup_teardown(renames_in_place_after_a_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(moves_far_from_the_base, setup, teardown),
		cmocka_unit_test_setup_teardown(deletes, setup, teardown),
		cmocka_unit_test_setup_teardown(deletes_what_is_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(recreates, setup, teardown),
		cmocka_unit_test_setup_teardown(busy, setup, teardown),
		cmocka_unit_test_setup_teardown(renamed_and_deleted, setup, teardown),
		cmocka_unit_test_setup_teardown(deleted_and_renamed, setup, teardown),
		cmocka_unit_test_setup_teardown(renamed_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(cloned_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(deleted_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(recreated_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(names_are_locked, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
