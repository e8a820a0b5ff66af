/* SPDX-License-Identifier: MIT */
/*
 * job_keys: makes the ssh keys of a machine: the key that logs in to it, which stays in its folder, and the guest's
 * host keys, which an emulated guest would need long for. The seed alone takes the host keys to the guest; known_hosts
 * has their public halves before the guest starts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/proc.h"
#include "job_keys.h"
#include "machine/hostkeys.h"

#define KEY_MAX 16384
#define KNOWN_HOSTS_MAX 65536

/* Makes one key in `path` and `pub`, in place of existing files. */
static int job_keys_keygen(const char *type, const char *comment, const char *path, const char *pub, struct err *e)
{
	char *argv[] = {"ssh-keygen",	 "-q", "-t",	     (char *)type, "-N", "", "-C",
			(char *)comment, "-f", (char *)path, NULL};
	int r;

	unlink(path);
	unlink(pub);
	r = proc_run(argv, 4096, NULL, e);
	if (r < 0 && e && !strcmp(e->id, "exec-missing")) {
		AUTO_FREE char *hint = host_install_hint("ssh-keygen");

		err_hint(e, "%s", hint ? hint : "install OpenSSH's client");
	}
	return r;
}

int job_make_key(const struct job *j, struct err *e)
{
	AUTO_FREE char *path = job_file(j, "id_ed25519");
	AUTO_FREE char *part = job_file(j, "id_ed25519.part");
	AUTO_FREE char *part_pub = job_file(j, "id_ed25519.part.pub");
	AUTO_FREE char *pub = job_file(j, "id_ed25519.pub");
	AUTO_FREE char *comment = xasprintf("debwiz-%s", j->spec->name);
	int r = 0;

	if (!file_exists(path) || !file_exists(pub)) {
		r = job_keys_keygen("ed25519", comment, part, part_pub, e);
		/* the public half first: if the private one exists, both do */
		if (!r)
			r = file_rename(part_pub, pub, e);
		if (!r)
			r = file_rename(part, path, e);
	}
	return r;
}

/* Removes a private key, or fails: it must not stay on disk. */
static int job_keys_remove_key(const char *path, struct err *e)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(e, errno, "unlink", "cannot remove %s", path);
	return 0;
}

static int job_keys_make_host_key(const struct job *j, const char *type, struct job_host_key *k, struct err *e)
{
	AUTO_FREE char *part = job_file(j, "host_key.part");
	AUTO_FREE char *part_pub = job_file(j, "host_key.part.pub");
	AUTO_FREE char *comment = xasprintf("root@%s", spec_hostname(j->spec));
	int r = job_keys_keygen(type, comment, part, part_pub, e);

	k->type = type;
	buf_init(&k->private_key, 0);
	buf_init(&k->public_key, 0);
	if (!r)
		r = file_read(part, KEY_MAX, &k->private_key, e);
	if (!r)
		r = file_read(part_pub, KEY_MAX, &k->public_key, e);
	if (job_keys_remove_key(part, r ? NULL : e) < 0 || job_keys_remove_key(part_pub, r ? NULL : e) < 0)
		r = -1;
	return r;
}

int job_make_host_keys(const struct job *j, struct job_host_key keys[JOB_HOST_KEYS], struct err *e)
{
	static const char *const types[JOB_HOST_KEYS] = {"ed25519", "ecdsa"};
	int r = 0;

	memset(keys, 0, JOB_HOST_KEYS * sizeof(*keys));
	for (size_t i = 0; i < JOB_HOST_KEYS && !r; i++)
		r = job_keys_make_host_key(j, types[i], &keys[i], e);
	return r;
}

/* Adds "TYPE BASE64 COMMENT" to the known hosts, under the machine's name. */
static void job_keys_know(struct buf *text, const char *name, const char *line)
{
	AUTO_STRV struct strv words = STRV_INIT;

	strv_split(&words, line, " \n");
	if (words.len >= 2)
		hostkeys_set(text, name, words.items[0], words.items[1]);
}

int job_know_host_keys(const struct job *j, const struct job_host_key keys[JOB_HOST_KEYS], struct err *e)
{
	AUTO_FREE char *path = job_file(j, "known_hosts");
	struct buf text;
	int r;

	buf_init(&text, 0);
	if (file_exists(path)) /* an unreadable file is replaced */
		(void)file_read(path, KNOWN_HOSTS_MAX, &text, NULL);
	hostkeys_forget(&text, j->spec->name);
	for (size_t i = 0; i < JOB_HOST_KEYS; i++)
		job_keys_know(&text, j->spec->name, keys[i].public_key.data);
	r = file_write(path, text.data, text.len, 0600, e);
	buf_fini(&text);
	return r;
}

void job_host_keys_fini(struct job_host_key keys[JOB_HOST_KEYS])
{
	for (size_t i = 0; i < JOB_HOST_KEYS; i++) {
		if (!keys[i].type)
			continue;
		mem_wipe(keys[i].private_key.data, keys[i].private_key.size);
		buf_fini(&keys[i].private_key);
		buf_fini(&keys[i].public_key);
	}
}
