/* SPDX-License-Identifier: MIT */
/* outside: finds the tools, starts and ends distccd, reads what it was used for. */
#include "build/outside.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/text.h"
#include "build/reason.h"
#include "host/facts.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/proc.h"
#include "host/sandbox.h"

#define PORT 3632 /* on a loopback of its own */
#define VERSION_MAX 256
#define ANSWER_MAX 1024
#define NAMES_MAX 65536

/* ---- versions ----------------------------------------------------------------------------- */

char *outside_upstream(const char *version)
{
	const char *colon = strchr(version, ':');
	const char *begin = colon ? colon + 1 : version;
	const char *dash = strrchr(begin, '-');

	return dash ? xstrndup(begin, (size_t)(dash - begin)) : xstrdup(begin);
}

bool outside_compiler(const char *gnu, const char *gcc_version, struct outside_compiler *out)
{
	AUTO_FREE char *version = outside_upstream(gcc_version);
	size_t digits = strspn(version, "0123456789");

	*out = (struct outside_compiler){.gnu = gnu};
	if (!*gnu || !digits || version[digits] != '.')
		return false;
	out->major = xstrndup(version, digits);
	out->version = mem_take(&version);
	return true;
}

void outside_compiler_fini(struct outside_compiler *c)
{
	free(c->major);
	free(c->version);
	*c = (struct outside_compiler){.gnu = NULL};
}

char *outside_name(const struct outside_compiler *c, const char *language)
{
	return xasprintf("%s-%s-%s", c->gnu, language, c->major);
}

/* ---- what this host has ------------------------------------------------------------------- */

/* Names of packages have no _. */
char *outside_package(const struct outside_compiler *c, const char *language)
{
	char *name = xasprintf("%s-%s-%s", language, c->major, c->gnu);

	for (char *p = name; (p = strchr(p, '_')); p++)
		*p = '-';
	return name;
}

/* Returns the compiler's path, owned; NULL with e if there is none, or if it has another version. */
static char *outside_find_compiler(const struct outside_compiler *c, const char *language, struct err *e)
{
	AUTO_FREE char *name = outside_name(c, language);
	AUTO_FREE char *package = outside_package(c, language);
	AUTO_FREE char *path = host_which(name);
	char *argv[] = {path, "-dumpfullversion", NULL};
	AUTO_BUF struct buf version = {0};

	if (!path) {
		err_set(e, ERR_MISSING, "compiler-missing", "this host has no %s", name);
		err_hint(e, "install it (Debian's package is %s)", package);
		return NULL;
	}
	if (proc_run(argv, VERSION_MAX, &version, e) < 0)
		return NULL;
	if (version.len && version.data[version.len - 1] == '\n')
		version.data[--version.len] = '\0';
	if (strcmp(version.data, c->version) != 0) {
		AUTO_FREE char *theirs = text_plain(version.data, version.len);

		err_set(e, ERR_MISSING, "compiler-version", "%s of this host is version %s, that of the machine %s",
			name, theirs, c->version);
		err_hint(e, "install the package %s of the machine's Debian release", package);
		return NULL;
	}
	return mem_take(&path);
}

int outside_find(const struct outside_compiler *c, struct outside_tools *out, struct err *e)
{
	char *cc, *cxx;

	*out = (struct outside_tools){.distccd = host_which("distccd")};
	if (!out->distccd) {
		AUTO_FREE char *hint = host_install_hint("distccd");

		err_set(e, ERR_MISSING, "distccd-missing", "this host has no distccd");
		return err_hint(e, "%s", hint ? hint : "install distcc");
	}
	cc = outside_find_compiler(c, "gcc", e);
	cxx = cc ? outside_find_compiler(c, "g++", NULL) : NULL;
	if (cc)
		strv_take(&out->compilers, cc);
	if (cxx)
		strv_take(&out->compilers, cxx);
	if (!cc)
		outside_tools_fini(out);
	return cc ? 0 : -1;
}

void outside_tools_in(const struct outside_compiler *c, const char *usr, struct outside_tools *out)
{
	static const char *const languages[] = {"gcc", "g++"};

	*out = (struct outside_tools){.usr = xstrdup(usr), .distccd = xstrdup("/usr/bin/distccd")};
	for (size_t i = 0; i < ARRAY_SIZE(languages); i++) {
		AUTO_FREE char *name = outside_name(c, languages[i]);

		strv_addf(&out->compilers, "/usr/bin/%s", name);
	}
}

void outside_tools_fini(struct outside_tools *t)
{
	free(t->usr);
	free(t->distccd);
	strv_fini(&t->compilers);
	*t = (struct outside_tools){.distccd = NULL};
}

/* ---- distccd ------------------------------------------------------------------------------ */

struct outside {
	struct loop *loop;
	struct proc *proc; /* NULL once it has ended */
	struct buf answer; /* its first line */
	bool waited;	   /* outside_start or outside_end runs the loop */
};

/* Gives a compiler one of its names. */
static int outside_link(const char *folder, const char *compiler, const char *name, struct buf *list, struct err *e)
{
	AUTO_FREE char *path = file_join(folder, name);

	if (symlink(compiler, path) < 0)
		return err_errno(e, errno, "outside", "cannot create %s", path);
	buf_addf(list, "%s\n", path);
	return 0;
}

/* Creates the folder `bin`, in which each name that a build may use for its compiler is the cross compiler, and the
 * file `list` of them: distccd starts no others. */
static int outside_write_names(const struct outside_compiler *c, const struct outside_tools *t, const char *folder,
			       struct err *e)
{
	static const char *const names[][2] = {{"gcc", "cc"}, {"g++", "c++"}};
	AUTO_FREE char *bin = file_join(folder, "bin");
	AUTO_FREE char *path = file_join(folder, "list");
	AUTO_BUF struct buf list = {0};
	int r = file_mkdirs(bin, e);

	buf_init(&list, 0);
	for (size_t i = 0; i < t->compilers.len && !r; i++) {
		const char *language = names[i][0];
		char *all[] = {xstrdup(language), xstrdup(names[i][1]), xasprintf("%s-%s", language, c->major),
			       xasprintf("%s-%s", c->gnu, language), outside_name(c, language)};

		for (size_t k = 0; k < ARRAY_SIZE(all); k++) {
			r = r ? r : outside_link(bin, t->compilers.items[i], all[k], &list, e);
			free(all[k]);
		}
	}
	return r ? r : file_write(path, list.data, list.len, 0600, e);
}

static void outside_on_output(int fd, const char *p, size_t n, void *arg)
{
	struct outside *o = arg;

	if (fd == 1 && n)
		buf_add(&o->answer, p, n < ANSWER_MAX - o->answer.len ? n : ANSWER_MAX - o->answer.len);
	if (fd == 1 && n && memchr(p, '\n', n) && o->waited)
		loop_stop(o->loop);
}

static void outside_on_ended(int64_t status, int signal, void *arg)
{
	struct outside *o = arg;

	(void)status;
	(void)signal;
	o->proc = NULL;
	if (o->waited)
		loop_stop(o->loop);
}

struct outside *outside_start(struct loop *l, const struct outside_compiler *c, const struct outside_tools *t,
			      const char *folder, const char *socket, struct err *e)
{
	AUTO_FREE char *self = host_self(e);
	AUTO_FREE char *pid = xasprintf("%ld", (long)getpid());
	char *argv[] = {self, "serve-compilers",    t->distccd, (char *)folder, (char *)socket,
			pid,  t->usr ? t->usr : "", NULL};
	const char *answer;
	struct outside *o;
	struct proc_conf conf = {.argv = argv,
				 .output = outside_on_output,
				 .ended = outside_on_ended,
				 .new_session = true}; /* Ctrl-C is ours alone */

	if (!self || outside_write_names(c, t, folder, e) < 0)
		return NULL;
	o = xcalloc(1, sizeof(*o));
	o->loop = l;
	o->waited = true;
	buf_init(&o->answer, 0);
	conf.arg = o;
	o->proc = proc_start(l, &conf, e);
	if (!o->proc) {
		outside_end(o);
		return NULL;
	}
	loop_run(l);
	o->waited = false;
	answer = o->answer.data ? o->answer.data : "";
	if (!strncmp(answer, OUTSIDE_READY "\n", strlen(OUTSIDE_READY "\n")))
		return o;
	if (*answer) {
		AUTO_FREE char *why = text_plain(answer, strcspn(answer, "\n"));

		err_set(e, ERR_FAILED, "outside", "%s", why);
	} else {
		err_set(e, ERR_FAILED, "outside", "distccd did not start");
	}
	outside_end(o);
	return NULL;
}

void outside_end(struct outside *o)
{
	if (!o)
		return;
	if (o->proc) {
		o->waited = true;
		proc_kill(o->proc);
		while (o->proc)
			loop_run(o->loop);
	}
	buf_fini(&o->answer);
	free(o);
}

/* Adds the folder of a program unless it is below /usr, which the sandbox shows anyway. */
static void outside_add_folder(struct strv *show, const char *program)
{
	AUTO_FREE char *real = realpath(program, NULL);
	AUTO_FREE char *dir = file_dirname(real ? real : program);

	if (strncmp(dir, "/usr/", strlen("/usr/")) != 0 && !strv_has(show, dir))
		strv_add(show, dir);
}

int outside_serve(char *const *args, void (*ready)(void *arg), void *arg, struct err *e)
{
	const char *distccd = args[0], *folder = args[1];
	AUTO_FREE char *log = xasprintf("%s.log", folder);
	AUTO_FREE char *path = xasprintf("PATH=%s/bin:/usr/bin:/bin", folder);
	AUTO_FREE char *list = xasprintf("DISTCC_CMDLIST=%s/list", folder);
	char *env[] = {path, list, "TMPDIR=/tmp", "HOME=/tmp", "LC_ALL=C", NULL};
	bool own = !*args[4]; /* this host's programs */
	AUTO_FREE char *real = own ? realpath(distccd, NULL) : xstrdup(distccd);
	AUTO_FREE char *port = xasprintf("--port=%d", PORT);
	AUTO_FREE char *jobs = NULL;
	char *argv[] = {real,
			port,
			"--daemon",
			"--no-detach",
			"--listen=127.0.0.1",
			"--allow=127.0.0.1",
			"--log-stderr",
			"--log-level=info",
			NULL,
			NULL};
	AUTO_STRV struct strv show = STRV_INIT, names = STRV_INIT;
	AUTO_BUF struct buf text = {0};
	struct host_facts facts;
	struct sandbox box = {.socket = args[2],
			      .log = log,
			      .argv = argv,
			      .env = env,
			      .port = PORT,
			      .usr = own ? NULL : args[4],
			      .show = &show};
	AUTO_FREE char *names_path = file_join(folder, "list");
	uint64_t parent;

	host_facts_get(&facts);
	jobs = xasprintf("--jobs=%u", facts.cpus + 1);
	argv[ARRAY_SIZE(argv) - 2] = jobs;
	box.most = 2 * (facts.cpus + 1);
	host_facts_fini(&facts);
	if (!real)
		return err_errno(e, errno, "outside", "cannot find %s", distccd);
	if (number_parse(args[3], 1, INT32_MAX, &parent, e) < 0 || file_read(names_path, NAMES_MAX, &text, e) < 0)
		return -1;
	box.parent = (int64_t)parent;
	strv_add(&show, folder);
	if (own)
		outside_add_folder(&show, real);
	strv_split(&names, text.data, "\n");
	for (size_t i = 0; i < names.len && own; i++)
		outside_add_folder(&show, names.items[i]);
	return sandbox_serve(&box, ready, arg, e);
}

/* ---- counts ------------------------------------------------------------------------------- */

void outside_read_counts(const char *text, struct outside_counts *out)
{
	AUTO_STRV struct strv lines = STRV_INIT;
	const char *rest;
	uint64_t n;

	*out = (struct outside_counts){.outside = 0};
	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.len; i++) {
		if (reason_read_count(lines.items[i], "outside", &n, &rest)) {
			out->outside += (unsigned)n;
		} else if (reason_read_count(lines.items[i], "inside", &n, &rest)) {
			AUTO_FREE char *reason = text_plain(rest, strlen(rest));

			out->inside += (unsigned)n;
			strv_addf(&out->reasons, "%u: %s", (unsigned)n, reason);
		}
	}
}

void outside_counts_fini(struct outside_counts *c)
{
	strv_fini(&c->reasons);
}
