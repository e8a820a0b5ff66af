/* SPDX-License-Identifier: MIT */
/* outside: decides whether objects are compiled outside the machine, and connects it with who compiles. */
#include "outside.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/facts.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/sandbox.h"
#include "qemu/probe.h"
#include "verbs.h"

#define EMULATION "tcg"
/* Sockets in the guest; ssh forwards each to a socket or a port. */
#define GUEST_SOCKET "/tmp/debwiz-distcc-%s-%zu" /* the build's name, which no other build has; number of the host */
#define THIS_HOST "this host"

static void outside_on_ready(void *arg)
{
	(void)arg;
	puts(OUTSIDE_READY);
	fflush(stdout);
}

int verb_serve_compilers(struct cli *cli)
{
	AUTO_ERR struct err e = ERR_INIT;

	outside_serve(cli->args, outside_on_ready, NULL, &e);
	printf("%s\n", e.text);
	return (int)e.kind;
}

bool cli_outside_wanted(const struct cli *cli, const struct spec *s)
{
	const struct catalog_arch *arch = catalog_arch_find(cli->catalog, s->arch);
	struct qemu_probe probe;
	bool emulated;

	if (cli->native || !s->build_distcc || !arch || qemu_probe(s, arch, cli->store.cache_dir, &probe, NULL) < 0)
		return false;
	emulated = !strcmp(probe.accel, EMULATION);
	qemu_probe_fini(&probe);
	return emulated;
}

int cli_need_package(const struct cli *cli, struct archive *a, const char *arch, const char *name, struct err *e)
{
	struct package_set set;
	int fd;

	if (!archive_version(a, name))
		return err_set(e, ERR_FAILED, "outside", "the archive has no %s for %s", name, arch);
	if (!cli->offline)
		return 0;
	if (archive_find(a, name, &set, e) < 0)
		return -1;
	fd = archive_cache_open(cli->store.cache_dir, set.items[0].sha256, set.items[0].size, false, NULL);
	package_set_fini(&set);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	err_set(e, ERR_FAILED, "outside", "the package %s is not in the cache", name);
	return err_hint(e, "build once without --offline");
}

/* Finds out which compiler the machine has: that of the archive's newest packages, which a build gets. */
static int outside_choose(struct cli_outside *x, const struct catalog_arch *arch, struct archive *a, struct err *e)
{
	const char *gcc = archive_version(a, "gcc");
	AUTO_FREE char *package = NULL;
	const char *exact;

	if (!gcc || !outside_compiler(arch->gnu, gcc, &x->compiler))
		return err_set(e, ERR_FAILED, "outside", "the archive has no gcc for %s", arch->name);
	package = xasprintf("gcc-%s", x->compiler.major);
	exact = archive_version(a, package);
	if (!exact)
		return err_set(e, ERR_FAILED, "outside", "the archive has no %s for %s", package, arch->name);
	free(x->compiler.version);
	x->compiler.version = outside_upstream(exact);
	return 0;
}

/* Adds a host that compiles; ssh forwards a socket of the guest to `target`. */
static void outside_add_host(struct cli_outside *x, const struct temporary *t, const char *target, unsigned jobs,
			     const char *name)
{
	size_t n = x->hosts.len;

	strv_addf(&x->ssh, "-R" GUEST_SOCKET ":%s", t->name, n, target);
	strv_addf(&x->hosts, GUEST_SOCKET ",%u,%s", t->name, n, jobs, name);
}

static void outside_on_progress(const char *text, void *arg)
{
	cli_line_show(arg, text);
}

/* Finds the programs: this host's own, else those of the folder. An error says what both lack. */
static int outside_find_tools(struct cli_outside *x, const struct cli *cli, const struct spec *s, struct cli_line *line,
			      struct err *e)
{
	struct tools_wish wish = {.loop = cli->loop,
				  .catalog = cli->catalog,
				  .store = &cli->store,
				  .spec = s,
				  .compiler = &x->compiler,
				  .offline = cli->offline,
				  .progress = outside_on_progress,
				  .arg = line};

	AUTO_ERR struct err own = ERR_INIT, other = ERR_INIT;

	if (outside_find(&x->compiler, &x->tools, &own) == 0)
		return 0;
	if (tools_get(&wish, &x->fetched, &other) < 0) {
		err_set(e, other.kind, other.id, "%s, and none could be downloaded: %s", own.text, other.text);
		return err_hint(e, "%s", own.hint ? own.hint : other.hint ? other.hint : "");
	}
	outside_tools_in(&x->compiler, x->fetched.usr, &x->tools);
	return 0;
}

/* Starts distccd on this host. */
static int outside_start_here(struct cli_outside *x, const struct cli *cli, const struct spec *s,
			      const struct temporary *t, struct cli_line *line, struct err *e)
{
	AUTO_FREE char *files = temporary_folder(t, e);
	AUTO_FREE char *folder = files ? file_join(files, "compilers") : NULL;
	AUTO_FREE char *runtime = files ? host_runtime_dir(t->name, e) : NULL;
	AUTO_FREE char *socket = runtime ? file_join(runtime, "distcc") : NULL;
	struct host_facts facts;

	if (sandbox_exists(e) < 0 || !socket || outside_find_tools(x, cli, s, line, e) < 0)
		return -1;
	x->server = outside_start(cli->loop, &x->compiler, &x->tools, folder, socket, e);
	if (!x->server)
		return -1;
	host_facts_get(&facts);
	outside_add_host(x, t, socket, facts.cpus + 1, THIS_HOST);
	host_facts_fini(&facts);
	return 0;
}

void cli_outside_begin(struct cli_outside *x, const struct cli *cli, const struct spec *s, struct archive *a,
		       const struct temporary *t, struct cli_line *line)
{
	if (outside_choose(x, catalog_arch_find(cli->catalog, s->arch), a, &x->why) < 0)
		return;
	if (cli_need_package(cli, a, s->arch, "distcc", &x->why) < 0)
		return;
	x->on = outside_start_here(x, cli, s, t, line, &x->why) == 0;
	for (size_t i = 0; i < s->build_distcc_hosts.len; i++) {
		struct spec_distcc_host h;
		AUTO_FREE char *target = NULL;

		if (spec_distcc_host_parse(s->build_distcc_hosts.items[i], &h, NULL) < 0)
			continue;
		target = xasprintf("%s:%u", h.host, (unsigned)h.port);
		outside_add_host(x, t, target, h.jobs, h.host);
		x->on = true;
	}
}

void cli_outside_variables(const struct cli_outside *x, struct strv *argv)
{
	AUTO_FREE char *hosts = strv_join(&x->hosts, "\n");
	AUTO_FREE char *cc = outside_name(&x->compiler, "gcc");
	AUTO_FREE char *cxx = outside_name(&x->compiler, "g++");
	bool both = !x->server || x->tools.compilers.len > 1;

	strv_addf(argv, "BUILD_DISTCC=%s%s%s", cc, both ? " " : "", both ? cxx : "");
	strv_addf(argv, "BUILD_DISTCC_VERSION=%s", x->compiler.version);
	strv_addf(argv, "BUILD_DISTCC_HOSTS=%s", hosts);
}

void cli_outside_read(struct cli_outside *x, const char *text)
{
	outside_counts_fini(&x->counts);
	outside_read_counts(text, &x->counts);
	x->counted = true;
}

void cli_outside_report(const struct cli_outside *x, const char *name)
{
	AUTO_FREE char *reasons = strv_join(&x->counts.reasons, "; ");
	char count[SIZE_TEXT];

	if (x->counted)
		fprintf(stderr, "debwiz: %s: %s compiled outside the machine, %u in it%s%s%s\n", name,
			count_human(x->counts.outside, "object", count), x->counts.inside, *reasons ? " (" : "",
			reasons, *reasons ? ")" : "");
	else if (x->why.kind)
		fprintf(stderr, "debwiz: %s: compiles in the emulated machine: %s%s%s\n", name, x->why.text,
			x->why.hint ? "; " : "", x->why.hint ? x->why.hint : "");
}

json_t *cli_outside_json(const struct cli_outside *x)
{
	json_t *reasons;

	if (!x->counted)
		return x->why.kind ? json_pack("{s:i, s:o}", "outside", 0, "why", cli_json_text(x->why.text)) : NULL;
	reasons = json_array();
	for (size_t i = 0; i < x->counts.reasons.len; i++)
		json_array_append_new(reasons, cli_json_text(x->counts.reasons.items[i]));
	return json_pack("{s:i, s:i, s:o}", "outside", (int)x->counts.outside, "inside", (int)x->counts.inside,
			 "reasons", reasons);
}

void cli_outside_end(struct cli_outside *x)
{
	outside_end(x->server);
	outside_tools_fini(&x->tools);
	tools_release(&x->fetched);
	outside_compiler_fini(&x->compiler);
	outside_counts_fini(&x->counts);
	strv_fini(&x->ssh);
	strv_fini(&x->hosts);
	err_fini(&x->why);
	*x = (struct cli_outside){.on = false};
}
