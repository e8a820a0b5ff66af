/* SPDX-License-Identifier: MIT */
/*
 * proc_linux: the process table by /proc (proc(5)).
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/file.h"
#include "host/proc.h"
#include "proc_priv.h"

/* Fields of /proc/PID/stat, counted from 3 (state), the first one after the name in brackets. */
enum { STAT_STATE = 3, STAT_UTIME = 14, STAT_STIME = 15, STAT_THREADS = 20, STAT_START = 22, STAT_RSS = 24 };
#define STAT_FIELDS 25

struct stat_line {
	char state;
	uint64_t field[STAT_FIELDS];
};

static bool proc_linux_read_stat(int64_t pid, struct stat_line *out)
{
	AUTO_FREE char *path = xasprintf("/proc/%lld/stat", (long long)pid);
	struct buf text;
	char *p = NULL;
	int n = STAT_STATE;

	if (file_read(path, 4096, &text, NULL) == 0) {
		p = strrchr(text.data, ')'); /* the name may contain blanks and brackets */
		if (p && p[1] == ' ' && p[2]) {
			out->state = p[2];
			for (p += 3; *p && ++n < STAT_FIELDS;)
				out->field[n] = strtoull(p, &p, 10);
		}
		buf_fini(&text);
	}
	return n == STAT_FIELDS;
}

/*
 * Returns whether the process has exited. Its state is that of its first thread, which may be a zombie while the others
 * still run, or still exit after SIGKILL: until then they hold the files and locks of the process.
 */
static bool proc_linux_has_exited(const struct stat_line *s)
{
	return s->state == 'X' || (s->state == 'Z' && s->field[STAT_THREADS] <= 1);
}

size_t proc_boot_id(char *id, size_t size)
{
	struct buf text;
	size_t n;

	if (file_read("/proc/sys/kernel/random/boot_id", size, &text, NULL) < 0)
		return 0;
	n = text.len;
	memcpy(id, text.data, n);
	buf_fini(&text);
	return n;
}

bool proc_identify(int64_t pid, struct proc_id *out)
{
	struct stat_line s;

	if (!proc_linux_read_stat(pid, &s) || proc_linux_has_exited(&s))
		return false;
	out->pid = pid;
	out->start = proc_start_now(s.field[STAT_START]);
	return true;
}

int proc_end_fd(int64_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, (pid_t)pid, 0u); /* close-on-exec; Linux 5.3 */
#else
	(void)pid;
	return -1;
#endif
}

bool proc_usage(int64_t pid, uint64_t *cpu_ms, uint64_t *rss)
{
	struct stat_line s;
	long hz = sysconf(_SC_CLK_TCK);
	long page = sysconf(_SC_PAGESIZE);

	if (!proc_linux_read_stat(pid, &s) || proc_linux_has_exited(&s))
		return false;
	*cpu_ms = (s.field[STAT_UTIME] + s.field[STAT_STIME]) * 1000 / (uint64_t)(hz > 0 ? hz : 100);
	*rss = s.field[STAT_RSS] * (uint64_t)(page > 0 ? page : 4096);
	return true;
}

/* Returns the number of a line "NAME: NUMBER" of /proc/PID/io (proc(5)). */
static uint64_t proc_linux_io_line(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* Reads the I/O counters of the process as text; false if they are not available. */
static bool proc_linux_read_io(int64_t pid, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%lld/io", (long long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return true;
}

bool proc_io(int64_t pid, uint64_t *bytes)
{
	char text[1024];
	bool known = proc_linux_read_io(pid, text, sizeof(text));

	*bytes = known ? proc_linux_io_line(text, "\nread_bytes: ") + proc_linux_io_line(text, "\nwrite_bytes: ") : 0;
	return known;
}

bool proc_read(int64_t pid, uint64_t *bytes)
{
	char text[1024];
	bool known = proc_linux_read_io(pid, text, sizeof(text));

	*bytes = known ? proc_linux_io_line(text, "rchar: ") : 0;
	return known;
}

/* Returns whether one of its descriptors is that file. */
static bool proc_linux_has_open(const char *pid, const struct stat *file)
{
	AUTO_FREE char *dir = xasprintf("/proc/%s/fd", pid);
	DIR *d = opendir(dir); /* available only for our own processes */
	struct dirent *entry;
	bool found = false;
	struct stat st;

	while (d && !found && (entry = readdir(d))) {
		found = fstatat(dirfd(d), entry->d_name, &st, 0) == 0 && st.st_ino == file->st_ino &&
			st.st_dev == file->st_dev;
	}
	if (d)
		closedir(d);
	return found;
}

static char *proc_linux_name_of(const char *pid)
{
	AUTO_FREE char *path = xasprintf("/proc/%s/comm", pid);
	char *name = NULL;
	struct buf text;

	if (file_read(path, 256, &text, NULL) == 0) {
		text.data[strcspn(text.data, "\n")] = '\0';
		name = text_clean(text.data, strlen(text.data), false);
		buf_fini(&text);
	}
	return name ? name : xstrdup("a process");
}

char *proc_using_file(const char *path)
{
	char *found = NULL, *name;
	struct dirent *entry;
	struct stat file;
	DIR *d;

	if (stat(path, &file) < 0)
		return NULL;
	d = opendir("/proc");
	while (d && !found && (entry = readdir(d))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9' || !proc_linux_has_open(entry->d_name, &file))
			continue;
		name = proc_linux_name_of(entry->d_name);
		found = xasprintf("%s, pid %s", name, entry->d_name);
		free(name);
	}
	if (d)
		closedir(d);
	return found;
}
