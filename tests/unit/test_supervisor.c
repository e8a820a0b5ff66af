/* SPDX-License-Identifier: MIT */
/*
 * supervisor: a real one, over a real control socket, with a QEMU that plays tests/fake/qmp/NAME.txt.
 * The script has the expected result, on lines that begin with "#: ":
 *
 *     expect STATE ID      how it ends; ID "-": none
 *     cause TEXT           is part of the cause
 *     complaint TEXT       is part of what is kept of QEMU's standard error
 *     reached N            bytes of a snapshot were reported at the end
 *     progress STATE       was reported | unreported STATE: was not
 *     known_hosts LINE     is in that file afterwards
 *     within MS            from start to end
 *     configuring | login_timeout MS | start_timeout MS | accel NAME
 *     deadline MS          of QEMU's answers, and of the guest's to its power button
 *     rung NAME MS         the stop ladder reported that rung
 *                        with at most that long
 *     ask STATE OP ID [TAG]  when in STATE, and after the asks before it: what comes of it, "-": done
 *     last ID                (ID "-": none) once the last ask was answered that is the record's cause; it is killed
 *     stop-at-last           then it is stopped
 *     paused ID              while it is paused that is the record's cause
 *     cancel                 cancels a suspension after its first progress report
 *     netdev                 it has a network
 *     resume                 it was suspended before, past its login
 *     seed_size N            and it had been given a seed of that size; seed-gone: which it had applied
 *     snapshot TAG           it is started in that one
 *     noted TAG              it is noted of that snapshot how it was run
 *     kept                   its suspended state is on disk afterwards
 *     stop STATE MS MS     ask to stop when in STATE | kill STATE | signal STATE NUMBER (to QEMU)
 *
 * This program also serves as the `self` that vm_start starts again with the verb supervise.
 */
#include "../lib/check.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/size.h"
#include "host/line.h"
#include "host/lock.h"
#include "host/proc.h"
#include "machine/attach.h"
#include "machine/client.h"
#include "machine/snapshot_meta.h"
#include "machine/suspended.h"
#include "supervisor/supervisor.h"

#define AT_ONCE 4 /* plays */
#define PLAYS_MAX 200
#define STUCK_S 300	    /* what waits for something that never comes is ended */
#ifdef __SANITIZE_ADDRESS__ /* keeps what was freed */
#define SANITIZED true
#else
#define SANITIZED false
#endif
#define RSS_MAX_KIB (64 * 1024)

struct play {
	struct loop *loop;
	struct vm_client *client;
	struct vm_request request;
	char *dir, *script, *top;
	struct buf text;      /* of the script */
	struct strv reported; /* progress states */
	struct err error;
	enum vm_state state;
	char *cause;
	bool asked, ended;
	bool listens; /* to the supervisor */
	enum vm_state now;
	size_t asks;		 /* how many were made */
	bool waits;		 /* for the answer of the last */
	bool leave;		 /* go away and come back when it runs */
	struct play *rival;	 /* is to be started when we are */
	struct play *stopped;	 /* to be stopped when we were refused */
	bool told_state, marked; /* takeover: `now` is known; a '!' was on the console */
	struct lock *its_lock;	 /* takeover: the killed one's, until the timer */
	struct loop_timer *dying;
	struct proc_id first, qemu; /* takeover: the supervisor that was killed, its QEMU */
	unsigned long peak_kib;
	size_t console;
	uint64_t reached; /* of a snapshot that is loaded */
};

/* Rest of the n-th line "#: WORD ..." (owned), NULL when there is none. */
static char *directive(const struct play *p, const char *word, size_t n)
{
	struct strv lines = STRV_INIT;
	char *mark = xasprintf("#: %s", word);
	size_t len = strlen(mark);
	char *found = NULL;

	strv_split(&lines, p->text.data, "\n");
	for (size_t i = 0; i < lines.len && !found; i++) {
		const char *l = lines.items[i];

		if (!strncmp(l, mark, len) && (!l[len] || l[len] == ' ') && n-- == 0)
			found = xstrdup(l[len] ? l + len + 1 : "");
	}
	free(mark);
	strv_fini(&lines);
	return found;
}

static uint64_t number(const char *s)
{
	uint64_t n = 0;

	if (number_parse(s, 0, 1000000, &n, NULL) < 0)
		fail_msg("not a number: %s", s);
	return n;
}

static uint64_t directive_number(const struct play *p, const char *word, uint64_t fallback)
{
	char *s = directive(p, word, 0);
	uint64_t n = s ? number(s) : fallback;

	free(s);
	return n;
}

/* The words of "stop STATE ..." when that is the state now. */
static bool asked_for(const struct play *p, const char *word, enum vm_state s, struct strv *out)
{
	char *rest = directive(p, word, 0);
	bool yes;

	if (rest)
		strv_split(out, rest, " ");
	free(rest);
	yes = out->len && !strcmp(out->items[0], vm_state_name(s));
	if (!yes) {
		strv_fini(out);
		*out = (struct strv)STRV_INIT;
	}
	return yes;
}

static const struct vm_client_ops client_ops;

static void ask_next(struct play *p);

/* The record has that cause, immediately or soon. */
static void check_cause(const struct play *p, const char *id)
{
	struct vm_run run;
	const int turns = CHECK_LIMIT_MS / 5;
	bool same = false;

	for (int i = 0; i < turns && !same; i++) {
		assert_int_equal(vm_run_read(p->dir, &run, NULL), 0);
		same = !strcmp(vm_cause_name(run.cause_id), id);
		if (!same && i == turns - 1)
			fail_msg("%s: the cause is \"%s\": %s", p->script, vm_cause_name(run.cause_id), run.cause);
		vm_run_fini(&run);
		if (!same)
			poll(NULL, 0, 5);
	}
}

static void check_last(struct play *p)
{
	char *more = directive(p, "ask", p->asks);
	char *id = directive(p, "last", 0);
	char *stop = directive(p, "stop-at-last", 0);

	if (!more && stop)
		vm_client_stop(p->client, 3000, 3000);
	free(stop);

	if (!more && id) {
		check_cause(p, strcmp(id, "-") ? id : "");
		vm_client_kill(p->client);
	}
	free(more);
	free(id);
}

/* For the script's command "file answered-N": the N-th ask has its answer. */
static void tell_answered(const struct play *p)
{
	char *path = xasprintf("%s/answered-%zu", p->dir, p->asks);

	assert_int_equal(file_write(path, "", 0, 0600, NULL), 0);
	free(path);
}

/* The ask's line is OP ID [TAG] behind its state. */
static void on_answer(const struct err *e, const json_t *answer, void *arg)
{
	struct play *p = arg;
	char *line = directive(p, "ask", p->asks - 1);
	struct strv words = STRV_INIT;

	strv_split(&words, line, " ");
	if (strcmp(e ? e->id : "-", words.items[2]) != 0)
		fail_msg("%s: \"%s\" was answered with %s: %s", p->script, line, e ? e->id : "-", e ? e->text : "");
	assert_true(e || json_bool(answer, "ok", false));
	strv_fini(&words);
	free(line);
	p->waits = false;
	tell_answered(p);
	check_last(p);
	ask_next(p);
}

static void ask(struct play *p, const char *op, const char *tag)
{
	if (!strcmp(op, "pause"))
		vm_client_pause(p->client, on_answer, p);
	else if (!strcmp(op, "resume"))
		vm_client_resume(p->client, on_answer, p);
	else if (!strcmp(op, "reset"))
		vm_client_reset(p->client, on_answer, p);
	else if (!strcmp(op, "suspend"))
		vm_client_suspend(p->client, on_answer, p);
	else if (!strcmp(op, "create"))
		vm_client_snapshot(p->client, VM_SNAPSHOT_CREATE, tag, on_answer, p);
	else if (!strcmp(op, "revert"))
		vm_client_snapshot(p->client, VM_SNAPSHOT_REVERT, tag, on_answer, p);
	else if (!strcmp(op, "delete"))
		vm_client_snapshot(p->client, VM_SNAPSHOT_DELETE, tag, on_answer, p);
	else if (!strcmp(op, "forward") || !strcmp(op, "unforward"))
		vm_client_ask(p->client, "forward", json_pack("{s:s, s:b}", "rule", tag, "on", *op == 'f'), on_answer,
			      p);
	else if (!strcmp(op, "list"))
		vm_client_snapshots(p->client, on_answer, p);
	else
		fail_msg("ask what? %s", op);
}

static void ask_next(struct play *p)
{
	char *line = p->waits || !p->client ? NULL : directive(p, "ask", p->asks);
	struct strv words = STRV_INIT;

	if (!line)
		return;
	strv_split(&words, line, " ");
	if (!strcmp(words.items[0], vm_state_name(p->now))) {
		p->asks++;
		p->waits = true;
		ask(p, words.items[1], words.len > 3 ? words.items[3] : "");
	}
	strv_fini(&words);
	free(line);
}

/* For the script's command "client": what it plays from now on reaches us. */
static void tell_listening(struct play *p)
{
	char *path = file_join(p->dir, "client");

	assert_int_equal(file_write(path, "", 0, 0600, NULL), 0);
	free(path);
	p->listens = true;
}

static void on_state(enum vm_state s, void *arg)
{
	struct play *p = arg;
	struct strv words = STRV_INIT;
	char *id = NULL;
	struct vm_run run;

	if (!p->listens)
		tell_listening(p);
	p->now = s;
	ask_next(p);
	if (p->leave) {
		p->leave = false;
		assert_int_equal(vm_run_read(p->dir, &run, NULL), 0);
		assert_true(run.alive);
		kill((pid_t)run.supervisor_pid, SIGHUP);
		vm_run_fini(&run);
		vm_client_close(p->client);
		p->client = vm_connect(p->loop, p->dir, p->dir, false, &client_ops, p);
		return;
	}
	if (s == VM_PAUSED && (id = directive(p, "paused", 0)))
		check_cause(p, id);
	free(id);
	if (p->asked)
		return;
	if (asked_for(p, "stop", s, &words)) {
		p->asked = true;
		vm_client_stop(p->client, number(words.items[1]), number(words.items[2]));
	} else if (asked_for(p, "kill", s, &words)) {
		p->asked = true;
		vm_client_kill(p->client);
	} else if (asked_for(p, "signal", s, &words)) {
		p->asked = true;
		assert_int_equal(vm_run_read(p->dir, &run, NULL), 0);
		assert_true(run.qemu_pid > 0);
		kill((pid_t)run.qemu_pid, (int)number(words.items[1]));
		vm_run_fini(&run);
	}
	strv_fini(&words);
}

/* The steps that must be reported, and the time that each is given. */
static void note_rung(struct play *p, const char *rung, uint64_t ms)
{
	char *line;

	for (size_t i = 0; (line = directive(p, "rung", i)); i++) {
		struct strv words = STRV_INIT;

		strv_split(&words, line, " ");
		if (!strcmp(words.items[0], rung) && ms > number(words.items[1]))
			fail_msg("%s: rung %s has %llu ms", p->script, rung, (unsigned long long)ms);
		strv_fini(&words);
		free(line);
	}
	strv_take(&p->reported, xasprintf("rung %s", rung));
}

static void on_progress(const char *state, const json_t *values, void *arg)
{
	struct play *p = arg;

	char *cancel = directive(p, "cancel", 0);

	assert_true(json_is_object(values));
	if (!strcmp(state, "suspending") && !strv_has(&p->reported, state)) {
		assert_string_equal(json_str(values, "done", ""), "600");
		assert_string_equal(json_str(values, "total", ""), "1000");
		if (cancel)
			vm_client_suspend_cancel(p->client);
	}
	if (!strcmp(state, "reverting")) {
		assert_string_equal(json_str(values, "total", ""), "1000000");
		p->reached = number(json_str(values, "done", ""));
	}
	if (!strcmp(state, "stopping"))
		note_rung(p, json_str(values, "rung", ""), number(json_str(values, "deadline_ms", "")));
	strv_add(&p->reported, state);
	free(cancel);
}

static void on_console(const char *bytes, size_t n, void *arg)
{
	struct play *p = arg;

	assert_non_null(bytes);
	p->console += n;
}

/* Peak of the supervisor's memory; 0 where /proc does not say. */
static unsigned long peak_of(int64_t pid)
{
	char *path = xasprintf("/proc/%lld/status", (long long)pid);
	unsigned long kib = 0;
	struct buf b;
	char *at;

	if (file_read(path, 65536, &b, NULL) == 0) {
		at = strstr(b.data, "VmHWM:");
		kib = at ? strtoul(at + 6, NULL, 10) : 0;
		buf_fini(&b);
	}
	free(path);
	return kib;
}

static void on_ended(enum vm_state s, const char *cause, void *arg)
{
	struct play *p = arg;
	struct vm_run run;

	if (vm_run_read(p->dir, &run, NULL) == 0) {
		p->peak_kib = peak_of(run.supervisor_pid);
		vm_run_fini(&run);
	}
	p->state = s;
	p->cause = xstrdup(cause);
	p->ended = true;
	vm_client_close(p->client);
	p->client = NULL;
}

static const struct vm_client_ops client_ops = {
	.state = on_state,
	.progress = on_progress,
	.console = on_console,
	.ended = on_ended,
};

static void on_started(const struct err *e, void *arg)
{
	struct play *p = arg;

	unsetenv("DEBWIZ_DEADLINE"); /* meant for the supervisor, which has it: it answers us late on a slow host */
	if (e) {
		err_set(&p->error, e->kind, e->id, "%s", e->text);
		if (p->stopped)
			vm_client_stop(p->stopped->client, 2000, 2000);
		return;
	}
	p->client = vm_connect(p->loop, p->dir, p->dir, true, &client_ops, p);
	if (p->rival)
		vm_start(p->loop, &p->rival->request, on_started, p->rival);
}

/* Commas are doubled in QEMU's options. */
static char *option_value(const char *s)
{
	struct buf b;

	buf_init(&b, 0);
	for (; *s; s++)
		buf_adds(&b, *s == ',' ? ",," : (char[]){*s, '\0'});
	return buf_steal(&b);
}

/* Adds an option and its value, which is taken; NULL: none. */
static void add_option(struct strv *argv, const char *option, char *value)
{
	if (value) {
		strv_add(argv, option);
		strv_take(argv, value);
	}
}

/* In a folder of that name within one that is new; "": in that itself. */
static void open_play_in(struct play *p, const char *name, const char *folder)
{
	char *value, *top;
	static const char *const lines[] = {"serial", "progress", "qmp"};
	const char *srcdir = getenv("srcdir");
	char *base = file_absolute(srcdir ? srcdir : "."); /* the supervisor works in / */
	char *fake = file_join(base, "tests/fake/qemu.py");

	memset(p, 0, sizeof(*p));
	top = check_tmpdir();
	p->top = xstrdup(top);
	p->dir = *folder ? file_join(top, folder) : xstrdup(top);
	free(top);
	mkdir(p->dir, 0700);
	chmod(p->dir, 0700);
	p->script = xasprintf("%s/tests/fake/%s", base, name);
	assert_int_equal(file_read(p->script, 1 << 20, &p->text, NULL), 0);
	p->loop = loop_new();
	value = directive(p, "deadline", 0);
	if (value)
		setenv("DEBWIZ_DEADLINE", value, 1);
	free(value);
	p->request = (struct vm_request){
		.name = xstrdup("play"),
		.dir = xstrdup(p->dir),
		.runtime_dir = xstrdup(p->dir),
		.what = xstrdup("running"),
		.accel = directive(p, "accel", 0),
		.seed = file_join(p->dir, "seed.iso"),
		.known_hosts = file_join(p->dir, "known_hosts"),
		.ssh_host = xstrdup("[127.0.0.1]:2222"),
		.snapshot = directive(p, "snapshot", 0),
		.login_timeout = directive_number(p, "login_timeout", 0),
		.start_timeout = directive_number(p, "start_timeout", 0),
	};
	if (!p->request.accel)
		p->request.accel = xstrdup("tcg");
	p->request.configuring = strstr(p->text.data, "#: configuring") != NULL;
	strv_add(&p->request.argv, getenv("PYTHON") ? getenv("PYTHON") : "python3");
	strv_add(&p->request.argv, "-I"); /* starts quicker */
	strv_add(&p->request.argv, "-S");
	strv_add(&p->request.argv, fake);
	strv_add(&p->request.argv, p->script);
	value = option_value(p->dir);
	add_option(&p->request.argv, "-object", host_lines_object(value));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		AUTO_FREE char *path = file_join(value, lines[i]);

		add_option(&p->request.argv, "-chardev", host_line_chardev(lines[i], path));
	}
	if (strstr(p->text.data, "#: netdev\n")) {
		strv_add(&p->request.argv, "-netdev");
		strv_add(&p->request.argv, "user,id=net,restrict=on");
	}
	free(value);
	free(base);
	free(fake);
}

static void open_play(struct play *p, const char *name)
{
	open_play_in(p, name, "");
}

static void close_play(struct play *p)
{
	loop_free(p->loop);
	vm_request_fini(&p->request);
	buf_fini(&p->text);
	strv_fini(&p->reported);
	err_fini(&p->error);
	free(p->script);
	free(p->cause);
	free(p->dir);
	check_rmdir(p->top);
}

/* Nothing is left: no process, no socket, no pipe, no request. */
static void check_clean(const struct play *p, const struct vm_run *run)
{
	struct proc_id supervisor = {run->supervisor_pid, run->supervisor_start};
	struct proc_id qemu = {run->qemu_pid, run->qemu_start};
	struct dirent *entry;
	struct buf log;
	char *path;
	DIR *d;

	for (int i = 0; i < CHECK_LIMIT_MS / 5 && proc_alive(&supervisor); i++)
		poll(NULL, 0, 5); /* it ends after it reported so; there is nothing to wait on */
	assert_false(proc_alive(&supervisor));
	assert_false(qemu.pid && proc_alive(&qemu));
	path = file_join(p->dir, "supervisor.log");
	if (file_read(path, 1 << 20, &log, NULL) == 0) { /* it has nothing to say there */
		assert_string_equal(log.data, "");
		buf_fini(&log);
	}
	free(path);
	d = opendir(p->dir);
	assert_non_null(d);
	while ((entry = readdir(d))) {
		struct stat st;

		path = file_join(p->dir, entry->d_name);
		assert_int_equal(lstat(path, &st), 0);
		assert_false(S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode));
		assert_true(S_ISDIR(st.st_mode) || (st.st_mode & 077) == 0);
		assert_null(strstr(entry->d_name, ".part"));
		assert_null(strstr(entry->d_name, "start-"));
		free(path);
	}
	closedir(d);
}

static void check_expectations(const struct play *p, const struct vm_run *run, const char *name)
{
	struct strv expect = STRV_INIT;
	char *line = directive(p, "expect", 0);
	char *want;

	assert_non_null(line);
	strv_split(&expect, line, " ");
	assert_int_equal(expect.len, 2);
	if (strcmp(vm_state_name(p->state), expect.items[0]) != 0 || run->state != p->state)
		fail_msg("%s: ended as %s (record: %s): %s", name, vm_state_name(p->state), vm_state_name(run->state),
			 p->cause);
	if (strcmp(vm_cause_name(run->cause_id), strcmp(expect.items[1], "-") ? expect.items[1] : "") != 0)
		fail_msg("%s: cause id \"%s\": %s", name, vm_cause_name(run->cause_id), run->cause);
	assert_string_equal(run->cause, p->cause);
	free(line);
	strv_fini(&expect);
	for (size_t i = 0; (want = directive(p, "cause", i)); i++) {
		if (!strstr(run->cause, want))
			fail_msg("%s: cause is: %s", name, run->cause);
		free(want);
	}
	for (size_t i = 0; (want = directive(p, "complaint", i)); i++) {
		if (!strstr(run->complaint, want))
			fail_msg("%s: complaint is: %s", name, run->complaint);
		free(want);
	}
	for (size_t i = 0; (want = directive(p, "progress", i)); i++) {
		if (!strv_has(&p->reported, want))
			fail_msg("%s: progress %s was not reported", name, want);
		free(want);
	}
	for (size_t i = 0; (want = directive(p, "rung", i)); i++) {
		char *reported = xasprintf("rung %.*s", (int)strcspn(want, " "), want);

		if (!strv_has(&p->reported, reported))
			fail_msg("%s: %s was not reported", p->script, reported);
		free(reported);
		free(want);
	}
	for (size_t i = 0; (want = directive(p, "unreported", i)); i++) {
		if (strv_has(&p->reported, want))
			fail_msg("%s: progress %s was reported", name, want);
		free(want);
	}
	for (size_t i = 0; (want = directive(p, "noted", i)); i++) {
		struct suspended_state then;

		if (snapshot_meta_read(p->dir, want, &then, NULL) < 0)
			fail_msg("%s: nothing is noted of %s", name, want);
		suspended_fini(&then);
		free(want);
	}
	if (p->reached < directive_number(p, "reached", 0))
		fail_msg("%s: only %llu were reported", name, (unsigned long long)p->reached);
	want = directive(p, "ask", p->asks);
	if (want || p->waits)
		fail_msg("%s: was not asked or not answered: %s", name, want ? want : "the last");
	for (const char *s = run->cause; *s; s++)
		assert_true((unsigned char)*s >= ' ' && *s != 0x7f);
}

/* Makes it one that was suspended. */
static void suspend_before(struct play *p)
{
	uint64_t seed_size = directive_number(p, "seed_size", 0);
	struct suspended_state k = {.request = p->request, .login = true, .kernel = "6.1", .ip = ""};
	char *part = suspended_part_path(p->dir);

	assert_int_equal(file_write(part, "state", 5, 0600, NULL), 0);
	k.request.seed_size = seed_size;
	assert_int_equal(suspended_commit(p->dir, &k, NULL), 0);
	p->request.resume = true;
	p->request.seed_size = seed_size;
	if (strstr(p->text.data, "#: seed-gone\n"))
		assert_int_equal(unlink(p->request.seed), 0);
	free(part);
}

static void check_kept(const struct play *p, const char *name)
{
	char *kept = directive(p, "kept", 0);
	struct suspended_state k;

	if (suspended_exists(p->dir) != (kept != NULL))
		fail_msg("%s: its suspended state is %s", name, kept ? "gone" : "there");
	if (kept) {
		assert_int_equal(suspended_read(p->dir, &k, NULL), 0);
		assert_true(k.request.resume);
		assert_true(strv_equal(&k.request.argv, &p->request.argv));
		suspended_fini(&k);
	}
	free(kept);
}

/* The seed goes when the guest says that it was applied, and only then. */
static void check_files(const struct play *p, const char *name)
{
	bool applied = strstr(p->text.data, "\nprogress 1 seed-applied\n") || strstr(p->text.data, "#: seed-gone\n");
	struct buf b;
	char *want;

	if (file_exists(p->request.seed) == applied)
		fail_msg("%s: the seed is %s", name, applied ? "still there" : "gone");
	for (size_t i = 0; (want = directive(p, "known_hosts", i)); i++) {
		assert_int_equal(file_read(p->request.known_hosts, 65536, &b, NULL), 0);
		if (!strstr(b.data, want))
			fail_msg("%s: known_hosts is: %s", name, b.data);
		buf_fini(&b);
		free(want);
	}
}

static void play(const char *name)
{
	struct vm_run run;
	struct play p;

	/* TCP loses what QEMU wrote last if it exits before it has read all that was sent, as it may in a flood. */
	if (getenv("DEBWIZ_LINES") && strstr(name, "events-many"))
		return;
	open_play(&p, name);
	assert_int_equal(file_write(p.request.seed, "settings", 8, 0600, NULL), 0);
	if (strstr(p.text.data, "#: resume\n"))
		suspend_before(&p);
	vm_start(p.loop, &p.request, on_started, &p);
	loop_run(p.loop);
	if (p.error.kind)
		fail_msg("%s: not started: %s", name, p.error.text);
	assert_true(p.ended);
	assert_int_equal(vm_run_read(p.dir, &run, NULL), 0);
	check_expectations(&p, &run, name);
	check_files(&p, name);
	check_kept(&p, name);
	if (p.peak_kib > RSS_MAX_KIB && !SANITIZED)
		fail_msg("%s: the supervisor took %lu KiB", name, p.peak_kib);
	check_clean(&p, &run);
	vm_run_fini(&run);
	close_play(&p);
}

static pid_t apart[PLAYS_MAX]; /* by the place of their names */

/* In a process of its own, since they mostly wait; a failure there is reported and ends it. */
static pid_t play_apart(void (*one)(const char *name), const char *name)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child)
		return child;
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	alarm(STUCK_S);
	one(name);
	fflush(NULL);
	_exit(0);
}

/* Returns whether it passed. Some are awaited before their turn and some after: all are counted. */
static bool await_one(const struct strv *names)
{
	bool good = true;

	int status;
	pid_t ended;

	do
		ended = waitpid(-1, &status, 0);
	while (ended < 0 && errno == EINTR);
	for (size_t i = 0; i < names->len && ended > 0; i++) {
		if (apart[i] == ended && status) {
			print_error("%s: %s\n", names->items[i],
				    WTERMSIG(status) == SIGALRM ? "it is stuck" : "it failed, see above");
			good = false;
		}
	}
	return good;
}

/* Plays every script of a folder below tests/fake. */
static void play_all(const char *folder, void (*one)(const char *name), size_t least)
{
	const char *srcdir = getenv("srcdir");
	const char *only = getenv("DEBWIZ_TEST_SCRIPT");
	char *dir = xasprintf("%s/tests/fake/%s", srcdir ? srcdir : ".", folder);
	struct strv names = STRV_INIT;
	size_t failed = 0, plays;
	struct dirent *entry;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((entry = readdir(d))) {
		char *path = xasprintf("%s/%s", folder, entry->d_name);

		if (strstr(entry->d_name, ".txt") && (!only || strstr(path, only)))
			strv_take(&names, path);
		else
			free(path);
	}
	closedir(d);
	strv_sort(&names);
	assert_true(names.len <= PLAYS_MAX);
	for (size_t i = 0; i < names.len + AT_ONCE; i++) {
		if (i >= AT_ONCE)
			failed += !await_one(&names);
		if (i < names.len)
			apart[i] = play_apart(one, names.items[i]);
	}
	plays = names.len;
	strv_fini(&names);
	free(dir);
	assert_int_equal(failed, 0);
	assert_true(only || plays >= least);
}

static void test_scripts(void **state)
{
	(void)state;
	play_all("qmp", play, 40);
}

/* Two starts of one machine: the second is refused and names the first; the first continues. */
static void test_busy(void **state)
{
	struct play first, second;

	(void)state;
	open_play(&first, "qmp/stop-powerdown.txt");
	open_play(&second, "qmp/stop-powerdown.txt");
	free(second.request.dir);
	second.request.dir = xstrdup(first.dir);
	first.asked = true; /* it is not stopped before the second has tried */
	first.rival = &second;
	second.stopped = &first;
	vm_start(first.loop, &first.request, on_started, &first);
	loop_run(first.loop);
	assert_int_equal(second.error.kind, ERR_BUSY);
	assert_non_null(strstr(second.error.text, "pid "));
	assert_int_equal(first.state, VM_OFF);
	close_play(&second);
	close_play(&first);
}

/* The one that started it goes away, its terminal hangs up: the machine does not notice. */
static void test_client_goes(void **state)
{
	struct play p;

	(void)state;
	open_play(&p, "qmp/stop-powerdown.txt");
	p.leave = true;
	vm_start(p.loop, &p.request, on_started, &p);
	loop_run(p.loop);
	assert_false(p.leave);
	assert_int_equal(p.state, VM_OFF);
	assert_string_equal(p.cause, "stopped");
	close_play(&p);
}

/* ---- takeover ---- */

/* Runs a play whose supervisor is killed as soon as the machine is in the state of its line
 * "#: orphan STATE", or "#: orphan STATE !" and a '!' is on the console, and connects again. */
static void kill_supervisor(struct play *p, enum vm_state now)
{
	struct proc_id id;
	struct vm_run run;

	assert_int_equal(vm_run_read(p->dir, &run, NULL), 0);
	assert_int_equal(run.state, now); /* what a client gets is written */
	p->first = (struct proc_id){run.supervisor_pid, run.supervisor_start};
	p->qemu = (struct proc_id){run.qemu_pid, run.qemu_start};
	id = p->first;
	kill((pid_t)id.pid, SIGKILL);
	while (proc_alive(&id))
		poll(NULL, 0, 5);
	vm_run_fini(&run);
	assert_int_equal(vm_run_read(p->dir, &run, NULL), 0);
	assert_true(run.alive && run.orphan);
	vm_run_fini(&run);
}

static void on_dead(void *arg)
{
	struct play *p = arg;

	loop_timer_stop(p->dying);
	p->dying = NULL;
	lock_release(p->its_lock);
}

/* A process that was killed holds its lock until its last thread is gone. */
static void die_slowly(struct play *p)
{
	char *path = file_join(p->dir, "lock");

	while (!(p->its_lock = lock_take(path, "running", NULL)))
		poll(NULL, 0, 5); /* QEMU does so without a command */
	p->dying = loop_timer_start(p->loop, 400, 0, on_dead, p);
	free(path);
}

static void orphan(struct play *p)
{
	char *now = xasprintf("%s%s", vm_state_name(p->now), p->marked ? " !" : "");
	char *wanted = directive(p, "orphan", 0);

	if (!strcmp(wanted, now)) {
		vm_client_close(p->client);
		kill_supervisor(p, p->now);
		if (strstr(p->text.data, "#: dies-slowly\n"))
			die_slowly(p);
		p->client = vm_connect(p->loop, p->dir, "/nowhere", true, &client_ops, p);
		p->told_state = false; /* the new supervisor's first reply may be the same state */
	}
	free(wanted);
	free(now);
}

/* A client that gets a change finds it in the record. */
static void check_recorded(const struct play *p, enum vm_state before)
{
	struct vm_run run;

	assert_int_equal(vm_run_read(p->dir, &run, NULL), 0);
	assert_int_not_equal(run.state, before);
	vm_run_fini(&run);
}

static void on_orphan_state(enum vm_state st, void *arg)
{
	struct play *p = arg;
	char *tag = NULL;

	if (!p->listens)
		tell_listening(p);
	if (p->told_state)
		check_recorded(p, p->now);
	p->told_state = true;
	p->now = st;
	if (st == VM_RUNNING && strstr(p->text.data, "#: suspend-first\n"))
		vm_client_suspend(p->client, NULL, NULL);
	if (st == VM_RUNNING && (tag = directive(p, "revert-first", 0)))
		vm_client_snapshot(p->client, VM_SNAPSHOT_REVERT, tag, NULL, NULL);
	free(tag);
	orphan(p);
}

static void on_orphan_console(const char *bytes, size_t n, void *arg)
{
	struct play *p = arg;

	if (memchr(bytes, '!', n)) {
		p->marked = true;
		orphan(p);
	}
}

static const struct vm_client_ops orphan_ops = {
	.state = on_orphan_state,
	.console = on_orphan_console,
	.ended = on_ended,
};

static void on_orphan_started(const struct err *e, void *arg)
{
	struct play *p = arg;

	assert_null(e);
	p->client = vm_connect(p->loop, p->dir, p->dir, true, &orphan_ops, p);
}

static void takeover(const char *name)
{
	struct vm_run run;
	struct play p;

	open_play(&p, name);
	assert_int_equal(file_write(p.request.seed, "settings", 8, 0600, NULL), 0);
	vm_start(p.loop, &p.request, on_orphan_started, &p);
	loop_run(p.loop);
	assert_true(p.ended);
	assert_true(p.first.pid);
	assert_int_equal(vm_run_read(p.dir, &run, NULL), 0);
	check_expectations(&p, &run, name);
	assert_true(run.supervisor_pid != p.first.pid);
	assert_int_equal(run.qemu_pid, p.qemu.pid); /* the same one to the end */
	assert_false(suspended_exists(p.dir));
	check_clean(&p, &run);
	vm_run_fini(&run);
	close_play(&p);
}

static void test_takeover(void **state)
{
	(void)state;
	play_all("takeover", takeover, 6);
}

/* ---- who can get at it ---- */

static void on_look(enum vm_state s, void *arg)
{
	struct play *p = arg;
	struct dirent *entry;
	unsigned sockets = 0, pipes = 0;
	struct stat st;
	bool tcp;
	DIR *d;

	if (s != VM_BOOTING || p->asked)
		return;
	p->asked = true;
	assert_int_equal(stat(p->dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	d = opendir(p->dir);
	while ((entry = readdir(d))) {
		char *path = file_join(p->dir, entry->d_name);

		if (lstat(path, &st) < 0) { /* a .part that was renamed since */
			assert_int_equal(errno, ENOENT);
			free(path);
			continue;
		}
		sockets += S_ISSOCK(st.st_mode);
		pipes += S_ISFIFO(st.st_mode);
		if (!S_ISDIR(st.st_mode) && st.st_mode & 077)
			fail_msg("%s has mode %o", path, (unsigned)st.st_mode & 0777);
		free(path);
	}
	closedir(d);
	tcp = getenv("DEBWIZ_LINES") != NULL;
	assert_int_equal(sockets, tcp ? 1 : 2 + 1); /* QEMU's two, and control */
	assert_int_equal(pipes, tcp ? 0 : 2);
	vm_client_stop(p->client, 2000, 2000);
}

static const struct vm_client_ops look_ops = {.state = on_look, .ended = on_ended};

static void on_look_started(const struct err *e, void *arg)
{
	struct play *p = arg;

	assert_null(e);
	p->client = vm_connect(p->loop, p->dir, p->dir, false, &look_ops, p);
}

/* Whatever the caller's umask, and whatever the folder's name: sockets, pipes and files are the user's alone. */
static void test_exposure(void **state)
{
	static const char *const folders[] = {
		"plain", "a b", "a,b", "a:b=c", "a'b\"c", "100%s", "new\nline", "\xc3\xa4\xe4\xbd\xa0", "-S", "$(id)"};
	mode_t old = umask(0);

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		struct play p;

		open_play_in(&p, "qmp/stop-powerdown.txt", folders[i]);
		vm_start(p.loop, &p.request, on_look_started, &p);
		loop_run(p.loop);
		if (!p.ended || p.state != VM_OFF)
			fail_msg("in \"%s\": %s", folders[i], p.cause ? p.cause : "not started");
		close_play(&p);
	}
	umask(old);
}

/* ---- the screen of one that was suspended ---- */

struct resumed {
	struct play p;
	struct attach *attach;
	char *seen; /* the screen's first row */
};

static void on_resumed_screen(void *arg)
{
	struct resumed *r = arg;
	const struct view *v = attach_view(r->attach);
	struct buf b;

	if (!v->rows || r->seen)
		return;
	buf_init(&b, 0);
	for (int col = 0; col < v->cols && view_row(v, 0)[col].chars[0]; col++)
		buf_addc(&b, (char)view_row(v, 0)[col].chars[0]);
	r->seen = buf_steal(&b);
	vm_client_stop(attach_client(r->attach), 2000, 2000);
}

static void on_resumed_state(enum vm_state s, void *arg)
{
	(void)s;
	(void)arg;
}

static void on_resumed_progress(const char *state, const json_t *values, void *arg)
{
	(void)state;
	(void)values;
	(void)arg;
}

static void on_resumed_ended(enum vm_state s, const char *cause, void *arg)
{
	struct resumed *r = arg;

	(void)cause;
	r->p.state = s;
	attach_free(r->attach);
	r->attach = NULL;
}

static const struct attach_ops resumed_ops = {
	.changed = on_resumed_screen,
	.state = on_resumed_state,
	.progress = on_resumed_progress,
	.ended = on_resumed_ended,
};

static void on_resumed_started(const struct err *e, void *arg)
{
	struct resumed *r = arg;

	assert_null(e);
	r->attach = attach_new(r->p.loop, r->p.dir, r->p.dir, false, &resumed_ops, r);
}

static void write_in(const struct play *p, const char *name, const char *text)
{
	char *path = file_join(p->dir, name);

	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
	free(path);
}

/* What stood there when it was suspended, not what a run before that left; a new start has neither. */
static void test_resumed_screen(void **state)
{
	static const struct {
		const char *script, *row;
	} runs[] = {{"qmp/resume.txt", "the last run"}, {"qmp/stop-powerdown.txt", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
		struct resumed r = {.attach = NULL};

		open_play(&r.p, runs[i].script);
		write_in(&r.p, "console.log", "the last run");
		write_in(&r.p, "console.log.1", "the run before it");
		if (!i)
			suspend_before(&r.p);
		vm_start(r.p.loop, &r.p.request, on_resumed_started, &r);
		loop_run(r.p.loop);
		assert_int_equal(r.p.state, VM_OFF);
		assert_string_equal(r.seen, runs[i].row);
		free(r.seen);
		close_play(&r.p);
	}
}

/* What a start that was killed has left does not matter to one that has its number. */
static void test_error_of_another(void **state)
{
	char *name = xasprintf("start-%ld.json.error", (long)getpid());
	struct play p;

	(void)state;
	open_play(&p, "qmp/stop-powerdown.txt");
	write_in(&p, name, "{\"kind\": 1, \"id\": \"old\", \"text\": \"of another\"}");
	alarm(STUCK_S);
	vm_start(p.loop, &p.request, on_started, &p);
	loop_run(p.loop);
	alarm(0);
	assert_int_equal(p.error.kind, 0);
	assert_int_equal(p.state, VM_OFF);
	free(name);
	close_play(&p);
}

static void test_no_program(void **state)
{
	struct play p;

	(void)state;
	open_play(&p, "qmp/stop-powerdown.txt");
	free(p.request.argv.items[0]);
	p.request.argv.items[0] = xstrdup("/nonexistent/qemu-system-arm");
	vm_start(p.loop, &p.request, on_started, &p);
	loop_run(p.loop);
	assert_int_equal(p.error.kind, ERR_MISSING);
	assert_non_null(strstr(p.error.text, "/nonexistent/qemu-system-arm"));
	close_play(&p);
}

/* ---- lines by TCP, with a QEMU that opens the suspended state itself ---- */

static int setup_tcp(void **state)
{
	(void)state;
	setenv("DEBWIZ_LINES", "tcp", 1);
	setenv("FAKE_QEMU_VERSION", "8.2", 1);
	return 0;
}

static int teardown_tcp(void **state)
{
	(void)state;
	unsetenv("DEBWIZ_LINES");
	unsetenv("FAKE_QEMU_VERSION");
	return 0;
}

#define T_TCP(fn)                                                                                                      \
	{                                                                                                              \
#fn "_tcp", fn, setup_tcp, teardown_tcp, NULL                                                          \
	}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T_TCP(test_scripts),
		T_TCP(test_takeover),
		T_TCP(test_exposure),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_client_goes),
		cmocka_unit_test(test_takeover),
		cmocka_unit_test(test_exposure),
		cmocka_unit_test(test_resumed_screen),
		cmocka_unit_test(test_error_of_another),
		cmocka_unit_test(test_no_program),
	};

	if (argc == 3 && !strcmp(argv[1], "supervise"))
		return vm_supervise(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
