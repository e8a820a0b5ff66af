/* SPDX-License-Identifier: MIT */
/* ssh_keys: finds and checks public SSH keys of the user. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/facts.h"
#include "host/file.h"
#include "host/paths.h"

#define KEY_MAX (64 * 1024)

/* sshd(8), AUTHORIZED_KEYS FILE FORMAT: options, type, key, comment. A key begins with the length of its type's name
 * in 4 bytes, which is "AAAA" in base64. */
static bool ssh_keys_is_key_line(const char *line)
{
	static const char *const types[] = {"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-sha2-"};
	AUTO_STRV struct strv words = STRV_INIT;
	bool is = false;

	strv_split(&words, line, " \t");
	for (size_t i = 0; i + 1 < words.len && !is; i++)
		for (size_t k = 0; k < ARRAY_SIZE(types); k++)
			is |= !strncmp(words.items[i], types[k], strlen(types[k])) &&
			      !strncmp(words.items[i + 1], "AAAA", 4);
	return is;
}

static bool ssh_keys_is_key_file(const struct buf *text)
{
	AUTO_STRV struct strv lines = STRV_INIT;
	bool is = strlen(text->data) == text->len;

	strv_split(&lines, text->data, "\r\n");
	for (size_t i = 0; i < lines.len && is; i++) {
		const char *line = lines.items[i] + strspn(lines.items[i], " \t");

		is = !*line || *line == '#' || ssh_keys_is_key_line(line);
	}
	return is;
}

static int ssh_keys_check_keys(const char *path, const struct buf *text, struct err *e)
{
	if (strstr(text->data, "PRIVATE KEY-----") || strstr(text->data, "PuTTY-User-Key-File")) {
		err_set(e, ERR_USAGE, "key-private", "%s holds a private key, which stays on this host", path);
		return err_hint(e, "name its public half: %s.pub", path);
	}
	if (ssh_keys_is_key_file(text))
		return 0;
	err_set(e, ERR_USAGE, "key-bad", "%s holds more than public ssh keys", path);
	return err_hint(e, "name a file that ssh-keygen wrote and that ends in .pub");
}

int host_ssh_key_read(const char *path, struct buf *out, struct err *e)
{
	struct buf text;
	int r;

	if (file_read(path, KEY_MAX, &text, e) < 0)
		return -1;
	r = ssh_keys_check_keys(path, &text, e);
	if (!r && out) {
		*out = text;
	} else {
		mem_wipe(text.data, text.size);
		buf_fini(&text);
	}
	return r;
}

static bool ssh_keys_is_public_name(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && !strcmp(name + n - 4, ".pub") && !strstr(name, "-cert.pub");
}

static bool ssh_keys_is_public_key(const char *path)
{
	return access(path, R_OK) == 0 && host_ssh_key_read(path, NULL, NULL) == 0;
}

void host_ssh_keys(struct strv *out)
{
	static const char *const best[] = {"id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub"};
	AUTO_STRV struct strv others = STRV_INIT;
	AUTO_FREE char *dir = host_expand("~/.ssh");
	DIR *d = opendir(dir);
	struct dirent *entry;
	char *path;

	for (size_t i = 0; i < ARRAY_SIZE(best); i++) {
		path = file_join(dir, best[i]);
		if (ssh_keys_is_public_key(path))
			strv_add(out, path);
		free(path);
	}
	while (d && (entry = readdir(d))) {
		path = file_join(dir, entry->d_name);
		if (ssh_keys_is_public_name(entry->d_name) && !strv_has(out, path) && ssh_keys_is_public_key(path))
			strv_add(&others, path);
		free(path);
	}
	if (d)
		closedir(d);
	strv_sort(&others);
	for (size_t i = 0; i < others.len; i++)
		strv_add(out, others.items[i]);
}
