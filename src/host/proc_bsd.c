/* SPDX-License-Identifier: MIT */
/* proc_bsd: the process table by sysctl(3), kern.proc of FreeBSD and OpenBSD and kern.proc2 of NetBSD. */
#include <sys/param.h>
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>
#include <sys/proc.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#ifdef __FreeBSD__
#include <sys/user.h>
#endif
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "host/proc.h"
#include "proc_priv.h"

/* What is used of a process that has not exited. */
struct proc_bsd_info {
	uint64_t start_ms, cpu_ms; /* of proc_bsd_start; used so far */
	uint64_t pages;		   /* resident */
	char name[32];
};

/* Returns when a process started, in ms from a time that does not change: NetBSD reports the time of day at that
 * moment, FreeBSD and OpenBSD the time since the boot, to which they add that of the boot, which follows a clock that
 * is set. */
static uint64_t proc_bsd_start(uint64_t seconds, uint64_t micro)
{
	uint64_t start = seconds * 1000000 + micro;
#ifndef __NetBSD__
	const int name[] = {CTL_KERN, KERN_BOOTTIME};
	struct timeval boot;
	size_t n = sizeof(boot);

	if (sysctl(name, ARRAY_SIZE(name), &boot, &n, NULL, 0) == 0)
		start -= (uint64_t)boot.tv_sec * 1000000 + (uint64_t)boot.tv_usec;
#endif
	return start / 1000;
}

#ifdef __FreeBSD__

size_t proc_boot_id(char *id, size_t size)
{
	return sysctlbyname("kern.boot_id", id, &size, NULL, 0) == 0 ? size : 0;
}

static bool proc_bsd_read(int64_t pid, struct proc_bsd_info *out)
{
	int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid};
	struct kinfo_proc k;
	size_t n = sizeof(k);

	if (sysctl(name, ARRAY_SIZE(name), &k, &n, NULL, 0) < 0 || n != sizeof(k) || k.ki_stat == SZOMB)
		return false;
	*out = (struct proc_bsd_info){
		.start_ms = proc_bsd_start((uint64_t)k.ki_start.tv_sec, (uint64_t)k.ki_start.tv_usec),
		.cpu_ms = k.ki_runtime / 1000,
		.pages = (uint64_t)k.ki_rssize,
	};
	memcpy(out->name, k.ki_comm, MIN(sizeof(k.ki_comm), sizeof(out->name) - 1));
	return true;
}

#else

/* kern.boottime does not serve, see proc_bsd_start. */
size_t proc_boot_id(char *id, size_t size)
{
	(void)id;
	(void)size;
	return 0;
}

#ifdef __NetBSD__
#define KERN_PROC_TABLE KERN_PROC2
#define KINFO kinfo_proc2
#else
#define KERN_PROC_TABLE KERN_PROC
#define KINFO kinfo_proc
#endif

static bool proc_bsd_read(int64_t pid, struct proc_bsd_info *out)
{
	struct KINFO k;
	int name[] = {CTL_KERN, KERN_PROC_TABLE, KERN_PROC_PID, (int)pid, sizeof(k), 1};
	size_t n = sizeof(k);

	/* one that has exited, or is being created, has no valid times */
	if (sysctl(name, ARRAY_SIZE(name), &k, &n, NULL, 0) < 0 || n != sizeof(k) || !k.p_uvalid)
		return false;
	*out = (struct proc_bsd_info){
		.start_ms = proc_bsd_start((uint64_t)k.p_ustart_sec, (uint64_t)k.p_ustart_usec),
		.cpu_ms = (uint64_t)k.p_rtime_sec * 1000 + (uint64_t)k.p_rtime_usec / 1000,
		.pages = (uint64_t)k.p_vm_rssize,
	};
	memcpy(out->name, k.p_comm, MIN(sizeof(k.p_comm), sizeof(out->name) - 1));
	return true;
}

#endif

bool proc_identify(int64_t pid, struct proc_id *out)
{
	struct proc_bsd_info info;

	if (!proc_bsd_read(pid, &info))
		return false;
	out->pid = pid;
	out->start = proc_start_now(info.start_ms);
	return true;
}

bool proc_usage(int64_t pid, uint64_t *cpu_ms, uint64_t *rss)
{
	struct proc_bsd_info info;

	if (!proc_bsd_read(pid, &info))
		return false;
	*cpu_ms = info.cpu_ms;
	*rss = info.pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

/* Of a process these hosts count operations, not bytes. */
bool proc_io(int64_t pid, uint64_t *bytes)
{
	(void)pid;
	*bytes = 0;
	return false;
}

bool proc_read(int64_t pid, uint64_t *bytes)
{
	return proc_io(pid, bytes);
}

#ifdef __FreeBSD__

/* Reads what a name of sysctl has, with some space for what comes in between. NULL: nothing; the caller frees it. */
static char *proc_bsd_table(const int *name, unsigned parts, size_t *n)
{
	char *table;

	if (sysctl(name, parts, NULL, n, NULL, 0) < 0 || !*n)
		return NULL;
	*n += *n / 4;
	table = xmalloc(*n);
	if (sysctl(name, parts, table, n, NULL, 0) == 0)
		return table;
	free(table);
	return NULL;
}

/* Returns whether one of its descriptors is that file. */
static bool proc_bsd_has_open(pid_t pid, const struct stat *file)
{
	const int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_FILEDESC, pid};
	struct kinfo_file k;
	bool found = false;
	size_t n = 0;
	AUTO_FREE char *table = proc_bsd_table(name, ARRAY_SIZE(name), &n);

	/* records end after the name of a file, so they have different sizes */
	for (size_t at = 0; table && !found && at + sizeof(k.kf_structsize) <= n; at += (size_t)k.kf_structsize) {
		memset(&k, 0, sizeof(k));
		memcpy(&k, table + at, MIN(sizeof(k), n - at));
		if (k.kf_structsize <= 0)
			break;
		found = k.kf_type == KF_TYPE_VNODE && k.kf_fd >= 0 && k.kf_un.kf_file.kf_file_fsid == file->st_dev &&
			k.kf_un.kf_file.kf_file_fileid == file->st_ino;
	}
	return found;
}

char *proc_using_file(const char *path)
{
	const int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_UID, (int)geteuid()};
	struct stat file;
	size_t n = 0;
	AUTO_FREE char *table = stat(path, &file) < 0 ? NULL : proc_bsd_table(name, ARRAY_SIZE(name), &n);
	const struct kinfo_proc *all = (const struct kinfo_proc *)(const void *)table;

	for (size_t i = 0; table && i < n / sizeof(*all); i++) {
		AUTO_FREE char *text = NULL;

		if (!proc_bsd_has_open(all[i].ki_pid, &file))
			continue;
		text = text_clean(all[i].ki_comm, strlen(all[i].ki_comm), false);
		return xasprintf("%s, pid %ld", text, (long)all[i].ki_pid);
	}
	return NULL;
}

#else

/* Their tables of open files do not say which file it is in a way that every user may read. */
char *proc_using_file(const char *path)
{
	(void)path;
	return NULL;
}

#endif
