/* SPDX-License-Identifier: MIT */
/*
 * guest: the guest's side of the supervisor: the serial line, which is always drained into the log, and the progress
 * port. What a guest reports is trusted about itself alone.
 */
#include "guest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "clock.h"
#include "host/file.h"
#include "life.h"
#include "machine/conlog.h"
#include "machine/deadline.h"
#include "machine/hostkeys.h"
#include "machine/link.h"
#include "machine/pending.h"
#include "machine/reported.h"
#include "monitor.h"
#include "progress.h"
#include "prompt.h"
#include "snapshot.h"
#include "sup.h"

#define KNOWN_HOSTS_MAX 65536
/* A guest that reported its outcome powers off next; one that panicked may reset itself. */
#define FAILED_GRACE_MS 30000
#define CONFIGURED_GRACE_MS 120000
#define PANIC_GRACE_MS 10000
#define SILENT_MS 120000 /* an accelerated guest of ours writes its first line within seconds */
#define RESETS_MAX 5

struct sup_guest {
	struct vm_link *serial, *progress;
	struct conlog log;
	struct prompt prompt;
	struct progress_reader reader;
	struct loop_timer *login_timer;
	struct loop_timer *grace_timer; /* the guest is about to exit by itself, or is given up */
	unsigned resets;		/* since the last login */
	bool heard;			/* it wrote or reported something */
	struct buf known_hosts;
	bool keys_learnt; /* in this run; those of an earlier one are dropped */
};

struct sup_guest *sup_guest_new(void)
{
	struct sup_guest *g = xcalloc(1, sizeof(*g));

	g->log.fd = -1;
	return g;
}

void sup_guest_free(struct sup_guest *g)
{
	free(g);
}

static void guest_stop_grace_timer(struct sup *s)
{
	loop_timer_stop(s->guest->grace_timer);
	s->guest->grace_timer = NULL;
}

static void guest_on_grace(void *arg)
{
	struct sup *s = arg;

	guest_stop_grace_timer(s);
	if (s->end.configured)
		sup_set_failure(s, VM_CAUSE_NO_POWEROFF, "the configured guest did not power off");
	sup_event(s, VM_EV_FATAL);
}

static void guest_await_end(struct sup *s, uint64_t ms)
{
	guest_stop_grace_timer(s);
	s->guest->grace_timer = loop_timer_start(s->loop, ms, 0, guest_on_grace, s);
}

void sup_guest_stop_login_timer(struct sup *s)
{
	loop_timer_stop(s->guest->login_timer);
	s->guest->login_timer = NULL;
}

/* Whether a guest that has not written anything yet means that its accelerator starts it, but cannot run it. */
static bool guest_may_be_stuck(const struct sup *s)
{
	return s->req.configuring && !s->guest->heard && *s->req.accel && strcmp(s->req.accel, "tcg") != 0;
}

static void guest_on_login_timeout(void *arg)
{
	struct sup *s = arg;
	AUTO_FREE char *text = NULL;
	char limit[SIZE_TEXT];

	sup_guest_stop_login_timer(s);
	if (!s->req.configuring) {
		sup_event(s, VM_EV_TIMEOUT);
		return;
	}
	if (guest_may_be_stuck(s)) {
		text = xasprintf("the accelerator %s started the guest, but in %s the guest wrote nothing",
				 s->req.accel, duration_human(vm_deadline(SILENT_MS), limit));
		sup_fail(s, VM_CAUSE_ACCEL_SILENT, text);
		return;
	}
	text = xasprintf("the guest reported nothing for %llu s while it configured its packages",
			 (unsigned long long)(s->req.login_timeout / 1000));
	sup_fail(s, VM_CAUSE_TIMEOUT, text);
}

void sup_guest_await_login(struct sup *s)
{
	uint64_t ms = guest_may_be_stuck(s) ? vm_deadline(SILENT_MS) : s->req.login_timeout;

	sup_guest_stop_login_timer(s);
	if (ms)
		s->guest->login_timer = loop_timer_start(s->loop, ms, 0, guest_on_login_timeout, s);
}

static void guest_was_heard(struct sup *s)
{
	bool first = !s->guest->heard;

	s->guest->heard = true;
	if (first && s->req.configuring && s->guest->login_timer)
		sup_guest_await_login(s);
}

static void guest_came_up(struct sup *s)
{
	if (s->req.configuring)
		return;
	sup_guest_stop_login_timer(s);
	guest_stop_grace_timer(s);
	sup_clear_failure(s, VM_CAUSE_PANIC);
	s->guest->resets = 0;
	sup_save(s);
	sup_event(s, VM_EV_LOGIN);
}

void sup_guest_reset_by_request(struct sup *s)
{
	s->guest->resets = 0;
	s->run.login = s->run.ready = false;
	sup_clear_failure(s, VM_CAUSE_PANIC);
	guest_stop_grace_timer(s);
	sup_snapshot_clear_partial(s);
	sup_event(s, VM_EV_RESET);
	sup_save(s);
}

void sup_guest_reset_by_itself(struct sup *s)
{
	s->run.login = s->run.ready = false;
	sup_clear_failure(s, VM_CAUSE_PANIC); /* the guest handles its panic itself */
	guest_stop_grace_timer(s);
	if (++s->guest->resets > RESETS_MAX)
		sup_fail(s, VM_CAUSE_RESET_LOOP, "the guest resets itself over and over and never comes up");
	else
		sup_event(s, VM_EV_RESET);
}

/* Serial line */

static void guest_on_login(void *arg)
{
	struct sup *s = arg;

	if (s->run.login)
		return;
	s->run.login = !s->req.configuring;
	guest_came_up(s);
}

static void guest_on_panic(const char *text, void *arg)
{
	struct sup *s = arg;
	AUTO_FREE char *words = xasprintf("the guest's kernel panicked: %s", text);

	/* After a login such a line may be a log that the user reads. */
	if (s->run.state == VM_BOOTING) {
		sup_set_failure(s, VM_CAUSE_PANIC, words);
		guest_await_end(s, s->req.configuring ? PANIC_GRACE_MS / 10 : PANIC_GRACE_MS);
		sup_send_progress(s, "panic", json_pack("{s:s}", "text", text));
	}
}

static const struct prompt_ops prompt_ops = {.login = guest_on_login, .panic = guest_on_panic};

static void guest_on_serial(const char *p, size_t n, void *arg)
{
	struct sup *s = arg;

	guest_was_heard(s);
	conlog_write(&s->guest->log, p, n);
	control_console(s->control, p, n);
	sup_screen_feed(s->screen, p, n);
	s->guest->prompt.host = s->req.hostname;
	prompt_feed(&s->guest->prompt, p, n, &prompt_ops, s);
}

/* Progress port */

static void guest_set(char **to, const json_t *values, const char *key)
{
	const char *value = json_str(values, key, NULL);

	if (!value)
		return;
	free(*to);
	*to = xstrdup(value);
}

static void guest_on_configured(struct sup *s, const json_t *values)
{
	if (!s->req.configuring || s->end.fatal_id)
		return;
	s->end.configured = true;
	guest_set(&s->run.kernel, values, "kernel");
	sup_guest_stop_login_timer(s);
	guest_await_end(s, CONFIGURED_GRACE_MS);
	sup_save(s);
}

static void guest_on_guest_failed(struct sup *s, const json_t *values)
{
	AUTO_FREE char *text = xasprintf("%s: %s", json_str(values, "step", "configure"),
					 json_str(values, "text", "the guest gave no reason"));

	if (!s->req.configuring)
		return;
	s->end.configured = false;
	sup_set_failure(s, VM_CAUSE_GUEST_FAILED, text);
	sup_guest_stop_login_timer(s);
	guest_await_end(s, FAILED_GRACE_MS);
}

static void guest_on_hostkey(struct sup *s, const json_t *values)
{
	if (!*s->req.known_hosts || !*s->req.ssh_host)
		return;
	if (!s->guest->keys_learnt)
		hostkeys_forget(&s->guest->known_hosts, s->req.ssh_host);
	s->guest->keys_learnt = true;
	if (s->guest->known_hosts.len < KNOWN_HOSTS_MAX &&
	    hostkeys_set(&s->guest->known_hosts, s->req.ssh_host, json_str(values, "type", ""),
			 json_str(values, "key", "")))
		async_writer_put(s->writer, s->req.known_hosts, xstrdup(s->guest->known_hosts.data));
}

static void guest_remove_pending(void *arg)
{
	const struct sup *s = arg;
	AUTO_FREE char *path = file_join(s->req.dir, VM_PENDING_NAME);

	unlink(path);
}

/* Records the suites whose updates the guest lacks: none once it has caught up, some again after its disk was
 * reverted. */
static void guest_on_pending(struct sup *s, const char *suites)
{
	AUTO_FREE char *known = NULL;
	AUTO_FREE char *path = NULL;

	if (s->req.configuring || !suites || !vm_pending_ok(suites))
		return;
	path = file_join(s->req.dir, VM_PENDING_NAME);
	known = vm_pending_read(s->req.dir);
	if (!*suites)
		async_writer_then(s->writer, guest_remove_pending, s); /* a write of it may be in progress */
	else if (!known || strcmp(known, suites))
		async_writer_put(s->writer, path, xasprintf("%s\n", suites));
}

static void guest_on_guest_ready(struct sup *s, const json_t *values)
{
	if (s->req.configuring)
		return;
	s->run.ready = true;
	guest_set(&s->run.ip, values, "ip");
	guest_set(&s->run.kernel, values, "kernel");
	guest_set(&s->run.ssh, values, "ssh");
	guest_on_pending(s, json_str(values, "pending", NULL));
	guest_came_up(s);
}

static void guest_on_caught_up(struct sup *s, const json_t *values)
{
	(void)values;
	guest_on_pending(s, "");
}

static void guest_seed_is(struct sup *s, const char *word)
{
	free(s->run.seed);
	s->run.seed = xstrdup(word);
}

static void guest_on_seed_applied(struct sup *s, const json_t *values)
{
	(void)values;
	if (*s->req.seed)
		unlink(s->req.seed); /* it held a password's hash; QEMU keeps its own descriptor */
	guest_seed_is(s, "applied");
	if (s->run.cause_id == VM_CAUSE_SEED_FAILED)
		sup_set_cause(s, VM_CAUSE_NONE, "");
	else
		sup_save(s);
}

static void guest_on_seed_failed(struct sup *s, const json_t *values)
{
	AUTO_FREE char *text =
		xasprintf("the guest could not apply its settings: %s", json_str(values, "text", "it gave no reason"));

	guest_seed_is(s, "failed");
	sup_set_cause(s, VM_CAUSE_SEED_FAILED, text);
}

static void guest_on_setting(struct sup *s, const json_t *values)
{
	if (!s->run.settings)
		s->run.settings = json_array();
	if (reported_put(s->run.settings, json_str(values, "name", ""), json_str(values, "state", ""),
			 json_str(values, "text", "")))
		sup_save(s);
}

static const struct {
	const char *state;
	void (*fn)(struct sup *s, const json_t *values);
} reports[] = {
	{"caught-up", guest_on_caught_up},     {"configured", guest_on_configured},
	{"failed", guest_on_guest_failed},     {"hostkey", guest_on_hostkey},
	{"ready", guest_on_guest_ready},       {"seed-applied", guest_on_seed_applied},
	{"seed-failed", guest_on_seed_failed}, {"setting", guest_on_setting},
};

/* States that only the supervisor sends to subscribers (include/machine/client.h). */
static bool guest_is_ours(const char *state)
{
	static const char *const ours[] = {"panic",    "paused",       "resumed",    "reverting",
					   "stopping", "snapshotting", "suspending", "timeout"};

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (!strcmp(ours[i], state))
			return true;
	return false;
}

static void guest_on_line(const char *state, const json_t *values, void *arg)
{
	struct sup *s = arg;

	if (guest_is_ours(state))
		return;
	guest_was_heard(s);
	if (s->req.configuring && s->guest->login_timer)
		sup_guest_await_login(s); /* many packages take long; silence alone is a failure */
	sup_send_progress(s, state, json_deep_copy(values));
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
		if (!strcmp(reports[i].state, state))
			reports[i].fn(s, values);
	}
}

static void guest_on_progress(const char *p, size_t n, void *arg)
{
	struct sup *s = arg;

	progress_feed(&s->guest->reader, p, n, guest_on_line, s);
}

/* Both */

bool sup_guest_is_connected(const struct sup *s)
{
	return vm_link_is_up(s->guest->serial) && vm_link_is_up(s->guest->progress);
}

bool sup_guest_has_line(const struct sup *s)
{
	return vm_link_is_up(s->guest->serial) || vm_link_is_up(s->guest->progress);
}

static void guest_on_up(void *arg)
{
	sup_monitor_begin(arg);
}

static void guest_on_down(const char *error, void *arg)
{
	struct sup *s = arg;

	if (error && s->run.state == VM_STARTING && !s->end.adopted)
		sup_fail(s, VM_CAUSE_MONITOR, "QEMU does not open the guest's serial line and progress port");
	sup_link_down(s);
}

static void guest_on_serial_drained(void *arg)
{
	sup_screen_writable(((struct sup *)arg)->screen);
}

/* Bytes for the guest wait in the screen, which limits them, until the line has accepted earlier ones. */
bool sup_guest_write(const char *p, size_t n, void *arg)
{
	struct sup *s = arg;

	return !vm_link_queued(s->guest->serial) && vm_link_write(s->guest->serial, p, n) == 0;
}

static const struct vm_link_ops serial_ops = {
	.up = guest_on_up,
	.data = guest_on_serial,
	.down = guest_on_down,
	.drained = guest_on_serial_drained,
};
static const struct vm_link_ops progress_ops = {.up = guest_on_up, .data = guest_on_progress, .down = guest_on_down};

static void guest_read_known_hosts(struct sup *s)
{
	AUTO_ERR struct err ignored = ERR_INIT;

	buf_init(&s->guest->known_hosts, 0);
	/* a file that cannot be read is replaced */
	if (*s->req.known_hosts)
		file_read(s->req.known_hosts, KNOWN_HOSTS_MAX, &s->guest->known_hosts, &ignored);
}

void sup_guest_open(struct sup *s)
{
	const char *dir = s->req.runtime_dir;

	conlog_open(&s->guest->log, s->req.dir, s->end.adopted);
	progress_init(&s->guest->reader);
	guest_read_known_hosts(s);
	s->guest->serial = vm_link_open_line(s->loop, dir, "serial", SUP_CONNECT_MS, &serial_ops, s);
	s->guest->progress = vm_link_open_line(s->loop, dir, "progress", SUP_CONNECT_MS, &progress_ops, s);
	sup_clock_open(s);
}

void sup_guest_close(struct sup *s)
{
	sup_guest_stop_login_timer(s);
	guest_stop_grace_timer(s);
	sup_clock_close(s);
	vm_link_close(s->guest->serial);
	vm_link_close(s->guest->progress);
	s->guest->serial = s->guest->progress = NULL;
	conlog_close(&s->guest->log);
	progress_fini(&s->guest->reader);
	buf_fini(&s->guest->known_hosts);
}
