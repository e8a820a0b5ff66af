/* SPDX-License-Identifier: MIT */
/*
 * step seed: makes the machine's own ssh key, and the seed disk with its personal settings and host keys. Until the
 * guest has applied the seed, a changed setting makes it again. The supervisor removes it when the guest reports that.
 * An image with cloud-init gets a seed in cloud-init's form, another one none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "archive/http_fault.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "host/file.h"
#include "image/seed.h"
#include "job_keys.h"
#include "job_steps.h"
#include "prepare/steps.h"
#include "qemu/cmdline.h"

#define STAMP "seed"

struct seeding {
	struct step_run *run;
	struct job *job;
	struct err error;
	int result;
};

/* ---- keys ---- */

static int step_seed_add_key_file(const struct job *j, struct buf *keys, const char *path, struct err *e)
{
	AUTO_FREE char *whole = spec_path(j->spec, path);
	struct buf text;
	int r = host_ssh_key_read(whole, &text, e);

	if (r < 0) {
		err_prefix(e, "system.ssh_key");
		e->kind = ERR_USAGE;
	} else {
		buf_add(keys, text.data, text.len);
		if (text.len && text.data[text.len - 1] != '\n')
			buf_addc(keys, '\n');
		buf_fini(&text);
	}
	return r;
}

/* Collects the machine's key and the user's: those that the file names, else those of this host. */
static int step_seed_gather_keys(const struct job *j, struct buf *keys, struct err *e)
{
	AUTO_STRV struct strv found = STRV_INIT;
	const struct strv *paths = &j->spec->ssh_keys;
	AUTO_FREE char *own = job_file(j, "id_ed25519.pub");
	int r = step_seed_add_key_file(j, keys, own, e);

	if (!paths->len) {
		host_ssh_keys(&found);
		paths = &found;
	}
	for (size_t i = 0; i < paths->len && !r; i++)
		r = step_seed_add_key_file(j, keys, paths->items[i], e);
	return r;
}

/* ---- apt's sources ---- */

/* Returns the URL that this run opened a suite at; "": it did not. */
static const char *step_seed_opened_url(const struct job *j, const char *suite)
{
	size_t count = 0;
	const struct archive_suite *s = j->archive ? archive_suites(j->archive, &count) : NULL;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(s[i].suite, suite) || !strcmp(s[i].codename, suite))
			return s[i].base;
	return "";
}

/* Returns the URL of a suite for the guest (owned): the opened one, else the one that the file `named`, else the
 * base's, this host's, Debian's. A snapshot has a URL of its own. */
static char *step_seed_guest_url(const struct job *j, const char *suite, const char *named, const struct strv *host,
				 const struct strv *debian)
{
	const char *url = step_seed_opened_url(j, suite);

	if (!*url && !*j->spec->snapshot && strcmp(named, "auto") != 0)
		url = named;
	if (!*url)
		url = json_str(job_base_suite(j, suite), "url", "");
	if (!*url && host->len)
		url = host->items[0];
	return seed_guest_url(*url ? url : debian->items[0], debian->items[0]);
}

void job_guest_mirrors(const struct job *j, char **mirror, char **security)
{
	struct strv host = STRV_INIT, host_security = STRV_INIT;

	host_mirrors(&host, &host_security);
	*mirror = step_seed_guest_url(j, j->spec->release, j->spec->mirror, &host, catalog_mirrors(j->catalog));
	*security = step_seed_guest_url(j, j->release->security_suite, j->spec->security_mirror, &host_security,
					catalog_security_mirrors(j->catalog));
	strv_fini(&host);
	strv_fini(&host_security);
}

static char *step_seed_guest_sources(const struct job *j)
{
	bool security = j->spec->security && j->release->security;
	bool updates = j->spec->updates && j->release->updates;
	AUTO_FREE char *updates_suite = xasprintf("%s-updates", j->spec->release);
	AUTO_FREE char *mirror = NULL;
	AUTO_FREE char *security_mirror = NULL;
	char *text;

	job_guest_mirrors(j, &mirror, &security_mirror);
	text = seed_sources(&(struct seed_archive){
		.mirror = mirror,
		.security = security ? security_mirror : "",
		.release = j->spec->release,
		.updates_suite = updates ? updates_suite : "",
		.security_suite = security ? j->release->security_suite : "",
		.components = job_components(j),
		.deb822 = !strcmp(j->release->sources_style, "deb822"),
		.undated = *j->spec->snapshot,
	});
	return text;
}

/* Returns whether no_proxy of the environment, which libcurl obeys too, names the server or its domain. */
static bool step_seed_is_direct(const char *url)
{
	const char *list = getenv("no_proxy");
	const char *host = strstr(url, "://");
	AUTO_STRV struct strv names = STRV_INIT;
	bool direct = false;
	size_t n;

	if (!list || !*list)
		list = getenv("NO_PROXY");
	strv_split(&names, list ? list : "", " ,");
	host = host ? host + 3 : url;
	n = strcspn(host, ":/");
	for (size_t i = 0; i < names.len; i++) {
		const char *name = names.items[i] + (names.items[i][0] == '.');
		size_t m = strlen(name);

		if (!strcmp(name, "*") ||
		    (m && m <= n && !strncasecmp(host + n - m, name, m) && (m == n || host[n - m - 1] == '.')))
			direct = true;
	}
	return direct;
}

char *job_guest_proxy(const struct job *j)
{
	const struct strv *debian = catalog_mirrors(j->catalog);
	const char *url = step_seed_opened_url(j, j->spec->release);
	AUTO_FREE char *named = NULL;
	char *proxy;

	if (!*url)
		url = debian->items[0];
	if (j->spec->net == SPEC_NET_USER && !j->spec->restrict_net && !step_seed_is_direct(url))
		named = http_proxy_named(j->spec->proxy, url);
	proxy = seed_guest_proxy(named ? named : "");
	return proxy;
}

/* ---- the seed ---- */

/* Returns a digest of everything that the seed is made from; owned. It does not reveal the password hash. */
static char *seed_key(const struct seed *s)
{
	const char *const parts[] = {s->hostname,	 s->user,     s->password_hash,
				     s->locale,		 s->timezone, s->keyboard,
				     s->authorized_keys, s->sources,  s->proxy};
	struct hash *h = hash_new();
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		hash_add(h, parts[i], strlen(parts[i]) + 1);
	hash_end(h, digest);
	hash_hex(digest, hex);
	return xstrdup(hex);
}

/* Writes what cloud-init reads. The name of the instance is new, so that an image which cloud-init has set up before
 * gets these settings as well. */
static int step_seed_write_cloud(const struct job *j, const char *path, const struct seed *s, struct err *e)
{
	AUTO_FREE char *instance = xasprintf("debwiz-%s-%lld", j->spec->name, (long long)time(NULL));
	int r = seed_write_cloud(path, s, instance, qemu_console(j->spec, j->arch), e);

	return r;
}

/* Writes the seed with new host keys, and then known_hosts. */
static int step_seed_write_with_host_keys(const struct job *j, const char *path, struct seed *s, struct err *e)
{
	struct job_host_key keys[JOB_HOST_KEYS];
	struct seed_host_key given[JOB_HOST_KEYS];
	int r = job_make_host_keys(j, keys, e);

	if (!r) {
		for (size_t i = 0; i < JOB_HOST_KEYS; i++)
			given[i] = (struct seed_host_key){.type = keys[i].type,
							  .private_key = keys[i].private_key.data,
							  .public_key = keys[i].public_key.data};
		s->host_keys = given;
		s->host_key_count = JOB_HOST_KEYS;
		r = job_is_foreign(j) ? step_seed_write_cloud(j, path, s, e) : seed_write(path, s, e);
		s->host_keys = NULL;
		s->host_key_count = 0;
	}
	if (!r)
		r = job_know_host_keys(j, keys, e);
	job_host_keys_fini(keys);
	return r;
}

static int step_seed_write_seed(struct job *j, struct err *e)
{
	AUTO_FREE char *path = job_file(j, "seed.iso");
	AUTO_FREE char *last = store_stamp(j->machine_dir, STAMP);
	AUTO_FREE char *sources = step_seed_guest_sources(j);
	AUTO_FREE char *proxy = job_guest_proxy(j);
	struct buf keys;
	struct seed s = {
		.hostname = spec_hostname(j->spec),
		.user = j->spec->user,
		.password_hash = j->spec->password_hash,
		.locale = j->spec->locale,
		.timezone = j->spec->timezone,
		.keyboard = j->spec->keyboard,
		.term = JOB_CONSOLE_TERM,
		.sources = sources,
		.proxy = proxy,
		.deb822 = !strcmp(j->release->sources_style, "deb822"),
	};
	AUTO_FREE char *key = NULL;
	int r;

	buf_init(&keys, 1024 * 1024);
	job_console_size(j, &s.rows, &s.columns);
	r = job_console_keep(j, e);
	if (!r)
		r = job_make_key(j, e);
	if (!r)
		r = step_seed_gather_keys(j, &keys, e);
	if (!r) {
		s.authorized_keys = keys.data;
		key = seed_key(&s);
		if (!last || !file_exists(path) || strcmp(last, key))
			r = step_seed_write_with_host_keys(j, path, &s, e);
		if (!r)
			r = store_set_stamp(j->machine_dir, STAMP, key, e);
	}
	buf_fini(&keys);
	return r;
}

/* Returns whether the guest has applied the seed: it was made and is gone. */
static bool step_seed_is_applied(const struct job *j)
{
	AUTO_FREE char *path = job_file(j, "seed.iso");
	AUTO_FREE char *last = store_stamp(j->machine_dir, STAMP);
	bool applied = last && !file_exists(path) && job_is_made(j);

	return applied;
}

/* Returns whether there is something in the machine's image that reads a seed. */
static bool step_seed_is_read(const struct job *j)
{
	struct disk_image image;
	bool is;

	if (!job_is_foreign(j))
		return true;
	job_image_of_base(j, &image);
	is = image.cloud_init;
	disk_image_fini(&image);
	return is;
}

static bool step_seed_is_done(void *job, char **why)
{
	const struct job *j = job;

	/* cloud-init reports nothing: its seed stays, and is made once */
	if (job_is_foreign(j) && job_is_made(j)) {
		*why = xstrdup("this machine has its own");
		return true;
	}
	if (!step_seed_is_applied(j))
		return false;
	*why = xstrdup("applied by the guest");
	return true;
}

static void step_seed_work(void *arg)
{
	struct seeding *s = arg;

	s->result = step_seed_write_seed(s->job, &s->error);
}

static void step_seed_done(void *arg)
{
	struct seeding *s = arg;
	char *summary =
		xasprintf("user %s on %s, %s", s->job->spec->user, spec_hostname(s->job->spec),
			  *s->job->spec->password_hash ? "with a password" : "the console logs in automatically");

	if (s->result < 0)
		step_fail(s->run, &s->error);
	else
		step_done(s->run, summary);
	free(summary);
	free(s);
}

static void step_seed_start(struct step_run *run, void *job)
{
	struct seeding *s;

	if (!step_seed_is_read(job)) {
		step_done(run, job_is_image(job) ? "the image has no cloud-init, and keeps its own"
						 : "a system installed by hand keeps its own");
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->run = run;
	s->job = job;
	loop_work(s->job->loop, step_seed_work, step_seed_done, s);
}

const struct step_ops step_seed = {
	.id = "seed",
	.title = "Settings",
	.about = "An ssh key for this machine, and a small disk with its personal settings.",
	.is_done = step_seed_is_done,
	.start = step_seed_start,
};
