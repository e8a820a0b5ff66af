/* SPDX-License-Identifier: MIT */
/*
 * preseed: writes the answers for Debian's installer (Debian's Installation Guide, appendix B). Users, passwords and
 * keys are not among them: the installed system takes them from the seed at the machine's first boot, as every other.
 */
#include "image/preseed.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* Adds "d-i NAME TYPE VALUE". */
static int preseed_add(struct buf *b, const char *name, const char *type, const char *value, struct err *e)
{
	if (strpbrk(value, "\r\n"))
		return err_set(e, ERR_USAGE, "preseed-value", "%s must be a single line", name);
	buf_addf(b, "d-i %s %s%s%s\n", name, type, *value ? " " : "", value);
	return 0;
}

struct preseed_answer {
	const char *name, *type, *value;
};

static int preseed_add_all(struct buf *b, const struct preseed_answer *answers, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (preseed_add(b, answers[i].name, answers[i].type, answers[i].value, e) < 0)
			return -1;
	return 0;
}

/* A URL in the parts that the installer asks for. */
struct preseed_url {
	char *protocol, *host, *folder;
};

static void preseed_url_fini(struct preseed_url *u)
{
	free(u->protocol);
	free(u->host);
	free(u->folder);
}

static int preseed_split(const char *url, struct preseed_url *out, struct err *e)
{
	const char *host = strstr(url, "://"), *folder;
	size_t n = host ? (size_t)(host - url) : 0;

	*out = (struct preseed_url){.protocol = NULL};
	if (!host || (strncmp(url, "http", n) != 0 && strncmp(url, "https", n) != 0) || n < 4)
		return err_set(e, ERR_USAGE, "preseed-mirror", "%s is not an address of http or https", url);
	host += 3;
	folder = host + strcspn(host, "/");
	out->protocol = xstrndup(url, n);
	out->host = xstrndup(host, (size_t)(folder - host));
	n = strlen(folder);
	while (n && folder[n - 1] == '/')
		n--;
	out->folder = n ? xstrndup(folder, n) : xstrdup("/");
	return 0;
}

static int preseed_mirror(struct buf *b, const struct preseed *p, struct err *e)
{
	struct preseed_url u;
	AUTO_FREE char *host = NULL, *folder = NULL, *proxy = NULL;
	int r = preseed_split(p->mirror, &u, e);

	if (!r) {
		host = xasprintf("mirror/%s/hostname", u.protocol);
		folder = xasprintf("mirror/%s/directory", u.protocol);
		proxy = xasprintf("mirror/%s/proxy", u.protocol);
		const struct preseed_answer answers[] = {
			{"mirror/protocol", "string", u.protocol},
			{"mirror/country", "string", "manual"},
			{host, "string", u.host},
			{folder, "string", u.folder},
			{proxy, "string", p->proxy},
		};

		r = preseed_add_all(b, answers, ARRAY_SIZE(answers), e);
	}
	preseed_url_fini(&u);
	return r;
}

/* Which suites and components the installed packages come from. */
static int preseed_sources(struct buf *b, const struct preseed *p, struct err *e)
{
	const char *const names[] = {"contrib", "non-free", "non-free-firmware"};
	struct preseed_url u = {.protocol = NULL};
	AUTO_FREE char *suites = xasprintf("%s%s%s", *p->security ? "security" : "",
					   *p->security && p->updates ? ", " : "", p->updates ? "updates" : "");
	int r = preseed_add(b, "apt-setup/services-select", "multiselect", suites, e);

	for (size_t i = 0; i < ARRAY_SIZE(names) && !r; i++) {
		AUTO_FREE char *name = xasprintf("apt-setup/%s", names[i]);

		r = preseed_add(b, name, "boolean", strv_has(p->components, names[i]) ? "true" : "false", e);
	}
	if (!r && *p->security)
		r = preseed_split(p->security, &u, e);
	if (!r && *p->security) {
		const struct preseed_answer answers[] = {
			{"apt-setup/security_protocol", "string", u.protocol},
			{"apt-setup/security_host", "string", u.host},
			{"apt-setup/security_path", "string", u.folder},
		};

		r = preseed_add_all(b, answers, ARRAY_SIZE(answers), e);
	}
	preseed_url_fini(&u);
	return r;
}

/* One root file system, the last partition, so that it grows with the disk, and the boot loader's if there is one. The
 * recipe's numbers are the least size, a priority and the greatest size, in MB. */
#define PRESEED_ESP "512 512 512 free $iflabel{ gpt } $reusemethod{ } method{ efi } format{ } . "
#define PRESEED_ROOT                                                                                                   \
	"2000 10000 -1 ext4 method{ format } format{ } use_filesystem{ } filesystem{ ext4 } mountpoint{ / } ."

static int preseed_disk(struct buf *b, const struct preseed *p, struct err *e)
{
	const struct preseed_answer answers[] = {
		{"partman-partitioning/choose_label", "select", "gpt"},
		{"partman-partitioning/default_label", "string", "gpt"},
		{"partman-auto/method", "string", "regular"},
		{"partman-auto/expert_recipe", "string",
		 p->efi ? "debwiz :: " PRESEED_ESP PRESEED_ROOT : "debwiz :: " PRESEED_ROOT},
		{"partman-basicfilesystems/no_swap", "boolean", "false"},
		{"partman-partitioning/confirm_write_new_label", "boolean", "true"},
		{"partman/choose_partition", "select", "finish"},
		{"partman/confirm", "boolean", "true"},
		{"partman/confirm_nooverwrite", "boolean", "true"},
		{"partman/mount_style", "select", "uuid"},
		/* without firmware QEMU loads the kernel */
		{"grub-installer/skip", "boolean", p->efi ? "false" : "true"},
		{"grub-installer/only_debian", "boolean", "true"},
		{"grub-installer/bootdev", "string", "default"},
		{"grub-installer/force-efi-extra-removable", "boolean", "true"},
	};

	return preseed_add_all(b, answers, ARRAY_SIZE(answers), e);
}

static int preseed_system(struct buf *b, const struct preseed *p, struct err *e)
{
	AUTO_FREE char *layout = xstrndup(p->keyboard, strcspn(p->keyboard, ":"));
	const char *variant = p->keyboard + strlen(layout);
	AUTO_FREE char *packages = strv_join(p->packages, " ");
	const struct preseed_answer answers[] = {
		/* its words are read; the first boot sets the locale */
		{"debian-installer/locale", "string", "C.UTF-8"},
		{"keyboard-configuration/xkb-keymap", "select", layout},
		{"keyboard-configuration/layoutcode", "string", layout},
		{"keyboard-configuration/variantcode", "string", variant + (*variant == ':')},
		{"netcfg/choose_interface", "select", "auto"},
		{"netcfg/get_hostname", "string", p->hostname},
		{"netcfg/hostname", "string", p->hostname},
		{"netcfg/get_domain", "string", ""},
		{"hw-detect/load_firmware", "boolean", "false"},
		/* no account: the first boot makes the user, root stays locked */
		{"passwd/root-login", "boolean", "true"},
		{"passwd/root-password-crypted", "password", "!"},
		{"passwd/make-user", "boolean", "false"},
		{"clock-setup/utc", "boolean", "true"},
		{"clock-setup/ntp", "boolean", "false"},
		{"time/zone", "string", p->timezone},
		{"base-installer/kernel/image", "string", p->kernel},
		{"base-installer/install-recommends", "boolean", "false"},
		{"pkgsel/include", "string", packages},
		{"pkgsel/upgrade", "select", "safe-upgrade"},
		{"pkgsel/update-policy", "select", "none"},
		{"finish-install/reboot_in_progress", "note", ""},
		{"debian-installer/exit/poweroff", "boolean", "true"},
	};

	if (preseed_add_all(b, answers, ARRAY_SIZE(answers), e) < 0)
		return -1;
	buf_adds(b, "tasksel tasksel/first multiselect\n");
	buf_adds(b, "popularity-contest popularity-contest/participate boolean false\n");
	return 0;
}

char *preseed_text(const struct preseed *p, struct err *e)
{
	struct buf b;
	int r = 0;

	buf_init(&b, 0);
	buf_adds(&b, "# written by debwiz\n");
	if (!p->manual)
		r = preseed_mirror(&b, p, e) < 0 || preseed_sources(&b, p, e) < 0 || preseed_disk(&b, p, e) < 0 ||
				    preseed_system(&b, p, e) < 0
			    ? -1
			    : 0;
	if (!r)
		return buf_addf(&b, "d-i preseed/late_command string sh /%s\n", PRESEED_LATE), buf_steal(&b);
	buf_fini(&b);
	return NULL;
}
