/* SPDX-License-Identifier: MIT */
/* seed_cloud: user-data and meta-data for cloud-init (its documentation: NoCloud, module reference). */
#include "seed_cloud.h"

#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strv.h"

/* Appends the document and a newline, and frees it; NULL: a value was not UTF-8. */
static int seed_cloud_add(json_t *o, struct buf *out, struct err *e)
{
	char *text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;

	json_decref(o);
	if (!text)
		return err_set(e, ERR_USAGE, "seed-value", "a value for the guest is not valid UTF-8");
	buf_addf(out, "%s\n", text);
	mem_wipe(text, strlen(text));
	free(text);
	return 0;
}

static json_t *seed_cloud_keys(const struct seed *s)
{
	AUTO_STRV struct strv lines = STRV_INIT;
	json_t *keys = json_array();

	strv_split(&lines, s->authorized_keys, "\n");
	for (size_t i = 0; i < lines.len; i++)
		json_array_append_new(keys, json_string(lines.items[i]));
	return keys;
}

static json_t *seed_cloud_user(const struct seed *s)
{
	bool password = *s->password_hash;
	json_t *user = json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "name", s->user, "shell", "/bin/bash", "groups",
				 "adm, sudo", "sudo", password ? "ALL=(ALL:ALL) ALL" : "ALL=(ALL:ALL) NOPASSWD:ALL",
				 "lock_passwd", !password, "ssh_authorized_keys", seed_cloud_keys(s));

	if (password)
		json_object_set_new(user, "hashed_passwd", json_string(s->password_hash));
	return user;
}

static json_t *seed_cloud_host_keys(const struct seed *s)
{
	json_t *keys = json_object();

	for (size_t i = 0; i < s->host_key_count; i++) {
		const struct seed_host_key *k = &s->host_keys[i];
		AUTO_FREE char *private_name = xasprintf("%s_private", k->type);
		AUTO_FREE char *public_name = xasprintf("%s_public", k->type);

		json_object_set_new(keys, private_name, json_string(k->private_key));
		json_object_set_new(keys, public_name, json_string(k->public_key));
	}
	return keys;
}

/* A file of debwiz's own systems, for later boots: systemd's generator may see no virtio console yet. */
#define RULE "/etc/udev/rules.d/80-debwiz-console.rules"

/* Consoles have a login prompt and log in automatically without a password, as on other machines. */
static int seed_cloud_set_login(json_t *data, const struct seed *s, const char *console, struct err *e)
{
	const struct asset *rule = asset_get("guest/root" RULE, e);
	AUTO_FREE char *unit = xasprintf("serial-getty@%s.service", console);
	AUTO_FREE char *text = xasprintf("[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin %s --noclear "
					 "--keep-baud 115200,57600,38400,9600 - $TERM\n",
					 s->user);
	bool automatic = !*s->password_hash;
	json_t *files;

	if (!rule)
		return -1;
	files = json_pack("[{s:s, s:s}]", "path", RULE, "content", (const char *)rule->data);
	if (automatic)
		json_array_append_new(files, json_pack("{s:s, s:s}", "path",
						       "/etc/systemd/system/serial-getty@.service.d/debwiz.conf",
						       "content", text));
	json_object_set_new(data, "write_files", files);
	json_object_set_new(data, "runcmd",
			    json_pack("[[s,s], [s,s,s,s]]", "systemctl", "daemon-reload", "systemctl", "--no-block",
				      automatic ? "restart" : "start", unit));
	return 0;
}

int seed_cloud_user_data(const struct seed *s, const char *console, struct buf *out, struct err *e)
{
	json_t *data = json_pack("{s:[o], s:b, s:b, s:o}", "users", seed_cloud_user(s), "ssh_pwauth",
				 *s->password_hash != '\0', "disable_root", 1, "ssh_keys", seed_cloud_host_keys(s));

	/* so that sudo can resolve the host's name */
	json_object_set_new(data, "manage_etc_hosts", json_string("localhost"));
	if (data && *s->timezone)
		json_object_set_new(data, "timezone", json_string(s->timezone));
	if (data && *s->locale)
		json_object_set_new(data, "locale", json_string(s->locale));
	if (data && seed_cloud_set_login(data, s, console, e) < 0) {
		json_decref(data);
		return -1;
	}
	buf_adds(out, "#cloud-config\n");
	return seed_cloud_add(data, out, e);
}

int seed_cloud_meta_data(const struct seed *s, const char *instance, struct buf *out, struct err *e)
{
	return seed_cloud_add(json_pack("{s:s, s:s}", "instance-id", instance, "local-hostname", s->hostname), out, e);
}
