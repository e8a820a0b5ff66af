/* SPDX-License-Identifier: MIT */
/* proc_darwin: the process table by libproc (libproc.h) of macOS. */
#include <sys/types.h>

#define proc_terminate libproc_terminate /* not ours (host/proc.h) */
#include <libproc.h>
#undef proc_terminate
#include <mach/mach_time.h>
#include <stdlib.h>
#include <string.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "host/proc.h"
#include "proc_priv.h"

size_t proc_boot_id(char *id, size_t size)
{
	return sysctlbyname("kern.bootsessionuuid", id, &size, NULL, 0) == 0 ? size : 0;
}

bool proc_identify(int64_t pid, struct proc_id *out)
{
	struct proc_bsdinfo info;

	if (proc_pidinfo((int)pid, PROC_PIDTBSDINFO, 0, &info, sizeof(info)) != (int)sizeof(info) ||
	    info.pbi_status == SZOMB)
		return false;
	out->pid = pid;
	out->start = proc_start_now(info.pbi_start_tvsec * 1000 + info.pbi_start_tvusec / 1000);
	return true;
}

static bool proc_darwin_read(int64_t pid, struct rusage_info_v2 *out)
{
	return proc_pid_rusage((int)pid, RUSAGE_INFO_V2, (rusage_info_t *)out) == 0;
}

/* Times are in ticks of mach_absolute_time, which are nanoseconds on Intel's processors alone. */
bool proc_usage(int64_t pid, uint64_t *cpu_ms, uint64_t *rss)
{
	mach_timebase_info_data_t tick;
	struct rusage_info_v2 used;
	struct proc_id id;

	if (!proc_identify(pid, &id) || !proc_darwin_read(pid, &used) || mach_timebase_info(&tick) != 0)
		return false;
	*cpu_ms = (uint64_t)((double)(used.ri_user_time + used.ri_system_time) * tick.numer / tick.denom / 1e6);
	*rss = used.ri_resident_size;
	return true;
}

bool proc_io(int64_t pid, uint64_t *bytes)
{
	struct rusage_info_v2 used;
	bool known = proc_darwin_read(pid, &used);

	*bytes = known ? used.ri_diskio_bytesread + used.ri_diskio_byteswritten : 0;
	return known;
}

bool proc_read(int64_t pid, uint64_t *bytes)
{
	(void)pid;
	*bytes = 0;
	return false;
}

char *proc_using_file(const char *path)
{
	AUTO_FREE char *text = NULL;
	char name[2 * MAXCOMLEN + 1] = "";
	pid_t pid;

	if (proc_listpidspath(PROC_UID_ONLY, geteuid(), path, PROC_LISTPIDSPATH_EXCLUDE_EVTONLY, &pid, sizeof(pid)) <
	    (int)sizeof(pid))
		return NULL;
	proc_name(pid, name, sizeof(name));
	text = text_clean(name, strlen(name), false);
	return xasprintf("%s, pid %ld", *text ? text : "a process", (long)pid);
}
