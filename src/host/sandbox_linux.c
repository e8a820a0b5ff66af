/* SPDX-License-Identifier: MIT */
/*
 * sandbox: by user, mount, pid, network, IPC and UTS name spaces (namespaces(7)). This process makes them and forks
 * once: the child is their init, which starts the server and passes connections on to it. The kernel kills everything
 * in a pid name space when its init ends, so nothing can outlive it; it ends with this process, and that with its
 * parent.
 */
#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"

#define USER 1000	 /* in the name space: not root, so that a program has no capabilities there */
#define START "/tmp"	 /* where the new root is mounted: a folder that every host has */
#define HOST "/.host"	 /* the host's root, while the new one is built */
#define MOST 64		 /* limit of connections at the same time */
#define WAIT_MS 20	 /* between two attempts to connect to a server that starts */
#define WAITS 1000	 /* their number */
#define MEMORY_SCORE 500 /* the kernel ends these before others if memory runs out */

/* What the child reports: 0, or the errno of what failed. A pipe transfers it whole. */
struct sandbox_report {
	int failed;
	bool server; /* it is the server that failed */
	char what[120];
};

struct sandbox_server {
	const struct sandbox *conf;
	int listener, log, alive; /* alive: a pipe that ends with this program's process */
	pid_t server, children[MOST];
	unsigned running;
};

/* Returns -1. */
static int sandbox_report(int fd, int failed, const char *what, const char *path)
{
	struct sandbox_report r = {.failed = failed};

	snprintf(r.what, sizeof(r.what), "%s%s", what, path);
	if (write(fd, &r, sizeof(r)) != sizeof(r))
		_exit(1);
	return -1;
}

/* ---- the new root ------------------------------------------------------------------------- */

/* Writes one line to a file of /proc. 0, or the errno. */
static int sandbox_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int failed = n < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return failed;
}

/* Maps this user to an ordinary one of the name space. Returns 0, or the errno. */
static int sandbox_map_user(uid_t uid, gid_t gid)
{
	char text[64];
	int failed = sandbox_put("/proc/self/setgroups", "deny");

	if (failed && failed != ENOENT)
		return failed;
	snprintf(text, sizeof(text), "%d %lu 1", USER, (unsigned long)uid);
	failed = sandbox_put("/proc/self/uid_map", text);
	snprintf(text, sizeof(text), "%d %lu 1", USER, (unsigned long)gid);
	return failed ? failed : sandbox_put("/proc/self/gid_map", text);
}

/* Creates the folders above a path. */
static void sandbox_mkdirs(const char *path)
{
	AUTO_FREE char *part = xstrdup(path);

	for (char *p = part + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(part, 0755);
		*p = '/';
	}
}

/* Shows a file or folder of the host in the new root, under the name `path`. 0, or the errno. */
static int sandbox_show_as(const char *host_path, const char *path, bool writable)
{
	AUTO_FREE char *from = xasprintf(HOST "%s", host_path);
	unsigned long flags = MS_REMOUNT | MS_BIND | MS_NOSUID | (writable ? 0 : MS_RDONLY);
	struct statvfs now;
	struct stat st;
	int fd;

	if (stat(from, &st) < 0)
		return errno;
	sandbox_mkdirs(path);
	if (S_ISDIR(st.st_mode)) {
		mkdir(path, 0755);
	} else {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			return errno;
		close(fd);
	}
	if (mount(from, path, NULL, MS_BIND | MS_REC, NULL) < 0 || statvfs(path, &now) < 0)
		return errno;
	/* what the host has forbidden there cannot be allowed by a name space, and must be repeated */
	flags |= (now.f_flag & ST_NODEV ? MS_NODEV : 0) | (now.f_flag & ST_NOEXEC ? MS_NOEXEC : 0) |
		 (now.f_flag & ST_NOATIME ? MS_NOATIME : 0) | (now.f_flag & ST_NODIRATIME ? MS_NODIRATIME : 0) |
		 (now.f_flag & ST_RELATIME ? MS_RELATIME : 0) | (now.f_flag & ST_RDONLY ? MS_RDONLY : 0);
	return mount(NULL, path, NULL, flags, NULL) < 0 ? errno : 0;
}

static int sandbox_show(const char *path, bool writable)
{
	return sandbox_show_as(path, path, writable);
}

/* Shows /lib and the like: a link into /usr as that link, a folder of a host that has no merged /usr as it is; of
 * another /usr, which is merged, links to what it has. */
static int sandbox_show_top(const struct sandbox *s, const char *path)
{
	AUTO_FREE char *merged = xasprintf("usr%s", path);
	AUTO_FREE char *from = xasprintf(HOST "%s", path);
	char to[256];
	ssize_t n;

	if (s->usr)
		return access(merged, F_OK) == 0 && symlink(merged, path) < 0 ? errno : 0;
	n = readlink(from, to, sizeof(to) - 1);
	if (n < 0)
		return access(from, F_OK) == 0 ? sandbox_show(path, false) : 0;
	to[n] = '\0';
	return symlink(to, path) < 0 ? errno : 0;
}

/* Builds the root and moves there; everything else of the host is out of sight then. Returns 0, or -1
 * after a report. */
static int sandbox_make_root(const struct sandbox *s, int report)
{
	static const char *const tops[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
	static const char *const optional[] = {"/etc/ld.so.cache", "/etc/alternatives"};
	int failed;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return sandbox_report(report, errno, "cannot separate the mounts", "");
	if (mount("tmpfs", START, "tmpfs", MS_NOSUID | MS_NODEV, "size=25%,mode=0755") < 0)
		return sandbox_report(report, errno, "cannot mount a tmpfs", "");
	if (mkdir(START HOST, 0700) < 0 || syscall(SYS_pivot_root, START, START HOST) < 0 || chdir("/") < 0)
		return sandbox_report(report, errno, "cannot change the root", "");
	failed = sandbox_show_as(s->usr ? s->usr : "/usr", "/usr", false);
	if (failed)
		return sandbox_report(report, failed, "cannot show ", "/usr");
	for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
		failed = sandbox_show_top(s, tops[i]);
		if (failed)
			return sandbox_report(report, failed, "cannot show ", tops[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(optional) && !s->usr; i++)
		sandbox_show(optional[i], false);
	failed = sandbox_show("/dev/null", true);
	if (failed)
		return sandbox_report(report, failed, "cannot show ", "/dev/null");
	for (size_t i = 0; i < s->show->len; i++) {
		failed = sandbox_show(s->show->items[i], false);
		if (failed)
			return sandbox_report(report, failed, "cannot show ", s->show->items[i]);
	}
	mkdir("/tmp", 0700);
	if (umount2(HOST, MNT_DETACH) < 0 || rmdir(HOST) < 0 || chdir("/tmp") < 0)
		return sandbox_report(report, errno, "cannot leave the old root", "");
	return 0;
}

/* ---- the server --------------------------------------------------------------------------- */

/* Brings the loopback of the name space up. 0, or the errno. */
static int sandbox_loopback_up(void)
{
	struct ifreq request = {.ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int failed;

	memcpy(request.ifr_name, "lo", sizeof("lo"));
	failed = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return failed;
}

static void sandbox_on_child(int number)
{
	(void)number; /* poll returns */
}

/* Resets what init has changed of the signals, for a child of it. */
static void sandbox_reset_signals(void)
{
	struct sigaction fresh = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int n = 1; n < SIGRTMIN; n++)
		sigaction(n, &fresh, NULL); /* signals that cannot be set stay unchanged */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Becomes the server; never returns. */
static void sandbox_become(const struct sandbox_server *v)
{
	int null = open("/dev/null", O_RDONLY);

	sandbox_reset_signals();
	setsid();
	if (dup2(null, 0) >= 0 && dup2(v->log, 1) >= 0 && dup2(v->log, 2) >= 0) {
		for (int fd = 3; fd < 256; fd++)
			close(fd);
		execve(v->conf->argv[0], v->conf->argv, v->conf->env);
	}
	_exit(127);
}

/* Connects to the server; -1 with errno. */
static int sandbox_connect(const struct sandbox_server *v)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(v->conf->port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1, failed;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		return fd;
	}
	failed = errno;
	if (fd >= 0)
		close(fd);
	errno = failed;
	return -1;
}

/* Passes on what can be read now; false at the end. */
static bool sandbox_pass(int from, int to)
{
	static char chunk[65536];
	ssize_t n = read(from, chunk, sizeof(chunk));

	for (ssize_t at = 0, put; at < n; at += put) {
		put = write(to, chunk + at, (size_t)(n - at));
		if (put < 0)
			return false;
	}
	return n > 0;
}

/* Connects a client with the server until both have finished; never returns. */
static void sandbox_relay(const struct sandbox_server *v, int client)
{
	struct pollfd fds[2] = {{.fd = client, .events = POLLIN}, {.fd = sandbox_connect(v), .events = POLLIN}};
	int ends[2] = {client, fds[1].fd};

	sandbox_reset_signals(); /* SIGPIPE ends this */
	while (ends[1] >= 0 && (fds[0].fd >= 0 || fds[1].fd >= 0)) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			break;
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd < 0 || !fds[i].revents || sandbox_pass(ends[i], ends[1 - i]))
				continue;
			fds[i].fd = -1;
			shutdown(ends[1 - i], SHUT_WR);
		}
	}
	_exit(0);
}

/* Collects what has exited; ends with the server. */
static void sandbox_reap(struct sandbox_server *v)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		if (pid == v->server)
			_exit(1);
		for (unsigned i = 0; i < v->running; i++)
			if (v->children[i] == pid) {
				v->children[i] = v->children[--v->running];
				break;
			}
	}
}

static void sandbox_accept(struct sandbox_server *v)
{
	int client = accept4(v->listener, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid = client < 0 ? -1 : fork();

	if (pid == 0)
		sandbox_relay(v, client);
	if (pid > 0)
		v->children[v->running++] = pid;
	if (client >= 0)
		close(client);
}

/* Starts the server and waits until it answers. 0, or the errno. */
static int sandbox_start_server(struct sandbox_server *v)
{
	struct timespec pause = {.tv_nsec = WAIT_MS * 1000000L};
	int fd = -1;

	v->server = fork();
	if (v->server == 0)
		sandbox_become(v);
	for (int i = 0; i < WAITS && v->server > 0 && fd < 0; i++) {
		if (waitpid(v->server, NULL, WNOHANG) == v->server)
			return ECHILD;
		fd = sandbox_connect(v);
		if (fd < 0)
			ppoll(NULL, 0, &pause, NULL);
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : ETIMEDOUT;
}

/* Passes connections on until this program's process ends; never returns. */
static void sandbox_run(struct sandbox_server *v)
{
	struct sigaction note = {.sa_handler = sandbox_on_child};
	unsigned most = v->conf->most && v->conf->most < MOST ? v->conf->most : MOST;
	sigset_t child, none;

	sigemptyset(&note.sa_mask);
	sigaction(SIGCHLD, &note, NULL);
	sigemptyset(&none);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	for (;;) {
		bool full = v->running >= most;
		struct pollfd fds[] = {{.fd = v->alive, .events = POLLIN},
				       {.fd = full ? -1 : v->listener, .events = POLLIN}};

		sandbox_reap(v);
		if (ppoll(fds, ARRAY_SIZE(fds), NULL, &none) < 0)
			continue;
		if (fds[0].revents)
			_exit(0);
		if (fds[1].revents)
			sandbox_accept(v);
	}
}

/* Is the first process of the name spaces; never returns. */
static void sandbox_init(struct sandbox_server *v, int report)
{
	struct sandbox_report r = {.server = true};
	int failed;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		sandbox_report(report, errno, "cannot limit the programs", "");
		_exit(1);
	}
	if (sandbox_make_root(v->conf, report) < 0)
		_exit(1);
	failed = sandbox_loopback_up();
	if (failed) {
		sandbox_report(report, failed, "cannot use a loopback of its own", "");
		_exit(1);
	}
	r.failed = sandbox_start_server(v);
	if (write(report, &r, sizeof(r)) != sizeof(r) || r.failed)
		_exit(1);
	close(report);
	sandbox_run(v);
}

/* Creates the socket where clients connect; -1 with e. */
static int sandbox_listen(const char *path, struct err *e)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd, failed;
	mode_t mask;

	if (strlen(path) >= sizeof(name.sun_path))
		return err_set(e, ERR_FAILED, "sandbox", "the path %s is too long for a socket", path);
	memcpy(name.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(e, errno, "sandbox", "cannot create a socket");
	unlink(path);
	mask = umask(077);
	failed = bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 || listen(fd, MOST) < 0 ? errno : 0;
	umask(mask);
	if (!failed)
		return fd;
	close(fd);
	return err_errno(e, failed, "sandbox", "cannot listen on %s", path);
}

static int sandbox_refused(int failed, const char *what, struct err *e)
{
	err_errno(e, failed, "sandbox", "this host does not let its users confine programs: %s", what);
	return err_hint(e, "allow unprivileged user name spaces (sysctl user.max_user_namespaces, "
			   "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)");
}

/* Makes the name spaces. The child that is forked next is the first process in them. */
static int sandbox_separate(struct err *e)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char score[16];
	int failed;

	snprintf(score, sizeof(score), "%d", MEMORY_SCORE);
	sandbox_put("/proc/self/oom_score_adj", score);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return sandbox_refused(errno, "cannot create name spaces", e);
	failed = sandbox_map_user(uid, gid);
	return failed ? sandbox_refused(failed, "cannot map this user", e) : 0;
}

/* Starts the first process of the name spaces and waits until it serves; -1 with e. */
static int sandbox_start(struct sandbox_server *v, const int report[2], const int alive[2], pid_t *pid, struct err *e)
{
	struct sandbox_report r = {.failed = ECHILD, .what = "it ended"};

	*pid = fork();
	if (*pid < 0)
		return err_errno(e, errno, "sandbox", "cannot start a process");
	if (*pid == 0) {
		close(report[0]);
		close(alive[1]);
		sandbox_init(v, report[1]);
	}
	close(report[1]);
	while (read(report[0], &r, sizeof(r)) < 0 && errno == EINTR)
		;
	if (r.failed && r.server)
		return err_set(e, ERR_FAILED, "sandbox", "%s does not start", v->conf->argv[0]);
	return r.failed ? sandbox_refused(r.failed, r.what, e) : 0;
}

int sandbox_exists(struct err *e)
{
	(void)e;
	return 0;
}

int sandbox_serve(const struct sandbox *s, void (*ready)(void *arg), void *arg, struct err *e)
{
	struct sandbox_server v = {.conf = s};
	int report[2], alive[2], status;
	pid_t pid = -1;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != (pid_t)s->parent)
		return err_set(e, ERR_FAILED, "sandbox", "the process that asked for it has ended");
	v.log = file_open(s->log, FILE_APPEND | FILE_ENSURE);
	v.listener = v.log < 0 ? -1 : sandbox_listen(s->socket, e);
	if (v.log < 0)
		return err_errno(e, errno, "sandbox", "cannot write %s", s->log);
	if (v.listener < 0 || sandbox_separate(e) < 0)
		return -1;
	if (pipe2(report, O_CLOEXEC) < 0 || pipe2(alive, O_CLOEXEC) < 0)
		return err_errno(e, errno, "sandbox", "cannot create a pipe");
	v.alive = alive[0];
	if (sandbox_start(&v, report, alive, &pid, e) < 0)
		return -1;
	ready(arg);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return err_set(e, ERR_FAILED, "sandbox", "%s has ended", s->argv[0]);
}
