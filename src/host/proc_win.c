/* SPDX-License-Identifier: MIT */
/*
 * proc_win: processes by CreateProcess and their handles. Windows has no signals between processes: TERM and KILL end
 * the process, and orders to our own supervisor go through its control socket instead.
 */
#include <windows.h>

#include <psapi.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/proc.h"
#include "proc_priv.h"
#include "proc_win.h"
#include "win.h"

/* Appends an argument as the C runtime of the other program takes the command line apart. */
static void proc_win_quote(struct buf *line, const char *arg)
{
	size_t slashes = 0;

	if (line->len)
		buf_addc(line, ' ');
	if (*arg && !strpbrk(arg, " \t\n\v\"")) {
		buf_adds(line, arg);
		return;
	}
	buf_addc(line, '"');
	for (; *arg; arg++) {
		if (*arg == '\\') {
			slashes++;
			continue;
		}
		for (size_t n = *arg == '"' ? 2 * slashes + 1 : slashes; n; n--)
			buf_addc(line, '\\');
		slashes = 0;
		buf_addc(line, *arg);
	}
	for (size_t n = 2 * slashes; n; n--)
		buf_addc(line, '\\');
	buf_addc(line, '"');
}

int proc_win_create(char *const *argv, const struct proc_win_conf *conf, struct proc_win *out, struct err *e)
{
	AUTO_FREE char *file = host_which(argv[0]);
	AUTO_FREE wchar_t *wide = NULL, *command = NULL;
	AUTO_BUF struct buf line = {0};
	SIZE_T size = 0;
	HANDLE inherited[3] = {conf->in, conf->out, conf->err};
	STARTUPINFOEXW start = {.StartupInfo = {.cb = sizeof(start),
						.dwFlags = STARTF_USESTDHANDLES,
						.hStdInput = conf->in,
						.hStdOutput = conf->out,
						.hStdError = conf->err}};
	PROCESS_INFORMATION made;
	size_t count = 0;
	BOOL ok;

	if (!file)
		return proc_missing(argv[0], e);
	buf_init(&line, 0);
	for (char *const *arg = argv; *arg; arg++)
		proc_win_quote(&line, *arg);
	wide = win_wide(file);
	command = win_wide(line.data);
	/* each handle once, and only these: another thread may be starting a program, too */
	for (size_t i = 0; i < ARRAY_SIZE(inherited); i++) {
		bool again = !inherited[i] || inherited[i] == INVALID_HANDLE_VALUE;

		for (size_t k = 0; k < count; k++)
			again |= inherited[k] == inherited[i];
		if (!again) {
			SetHandleInformation(inherited[i], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
			inherited[count++] = inherited[i];
		}
	}
	InitializeProcThreadAttributeList(NULL, 1, 0, &size);
	start.lpAttributeList = xcalloc(1, size);
	InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &size);
	if (count)
		UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited,
					  count * sizeof(HANDLE), NULL, NULL);
	ok = CreateProcessW(wide, command, NULL, NULL, count > 0, conf->flags | EXTENDED_STARTUPINFO_PRESENT, NULL,
			    NULL, &start.StartupInfo, &made);
	if (!ok)
		err_errno(e, win_errno(GetLastError()), "exec-failed", "cannot start %s", file);
	DeleteProcThreadAttributeList(start.lpAttributeList);
	free(start.lpAttributeList);
	if (!ok)
		return -1;
	CloseHandle(made.hThread);
	*out = (struct proc_win){.process = made.hProcess, .pid = made.dwProcessId};
	return 0;
}

/* The codes of exceptions that nothing handled. */
int proc_status_signal(int64_t status)
{
	static const struct {
		DWORD code;
		int signum;
	} crashes[] = {
		{STATUS_ACCESS_VIOLATION, SIGSEGV},	 {STATUS_STACK_OVERFLOW, SIGSEGV},
		{STATUS_ILLEGAL_INSTRUCTION, SIGILL},	 {STATUS_PRIVILEGED_INSTRUCTION, SIGILL},
		{STATUS_INTEGER_DIVIDE_BY_ZERO, SIGFPE}, {STATUS_CONTROL_C_EXIT, SIGINT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		if ((DWORD)status == crashes[i].code)
			return crashes[i].signum;
	return 0;
}

void proc_before_spawn(void)
{
}

bool proc_standard_descriptors(void)
{
	for (int i = 0; i <= 2; i++)
		if (_get_osfhandle(i) == -1 && file_open_null(FILE_READ | FILE_WRITE) != i)
			return false;
	return true;
}

void proc_ignore_size_signal(void)
{
}

void proc_leave_no_core(void)
{
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
}

int proc_detach(char *const *argv, const char *log_path, int inherit, int64_t *pid, struct err *e)
{
	AUTO_CLOSE int null = file_open_null(FILE_READ | FILE_WRITE);
	AUTO_CLOSE int log = log_path ? file_open(log_path, FILE_APPEND | FILE_ENSURE) : file_dup(null, 0);
	struct proc_win_conf conf = {.flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | CREATE_BREAKAWAY_FROM_JOB};
	struct proc_win made;

	if (inherit >= 0) /* a descriptor's number says nothing to a program of another C library */
		return err_errno(e, ENOTSUP, "exec-failed", "cannot start %s with an inherited descriptor", argv[0]);
	if (null < 0 || log < 0)
		return err_errno(e, errno, "exec-log", "cannot write %s", log_path ? log_path : "NUL");
	conf.in = conf.out = (HANDLE)_get_osfhandle(null);
	conf.err = (HANDLE)_get_osfhandle(log);
	if (proc_win_create(argv, &conf, &made, NULL) < 0) {
		conf.flags &= ~(DWORD)CREATE_BREAKAWAY_FROM_JOB; /* the job allows none */
		if (proc_win_create(argv, &conf, &made, e) < 0)
			return -1;
	}
	CloseHandle(made.process);
	*pid = made.pid;
	return 0;
}

/* Windows has no such signals. */
int proc_foreground_signal(void)
{
	return 0;
}

int proc_foreground(char *const *argv, int *status, struct err *e)
{
	struct proc_win_conf conf = {.in = GetStdHandle(STD_INPUT_HANDLE),
				     .out = GetStdHandle(STD_OUTPUT_HANDLE),
				     .err = GetStdHandle(STD_ERROR_HANDLE)};
	struct proc_win made;
	DWORD code = 1;

	SetConsoleCtrlHandler(NULL, TRUE); /* Ctrl-C reaches only the child */
	if (proc_win_create(argv, &conf, &made, e) < 0) {
		SetConsoleCtrlHandler(NULL, FALSE);
		return -1;
	}
	WaitForSingleObject(made.process, INFINITE);
	GetExitCodeProcess(made.process, &code);
	CloseHandle(made.process);
	SetConsoleCtrlHandler(NULL, FALSE);
	*status = (int)code;
	return 0;
}

/* Windows cannot replace a process: this one waits for the other, and ends as it does. */
int proc_exec(char *const *argv, struct err *e)
{
	int status;

	if (proc_foreground(argv, &status, e) < 0)
		return -1;
	_exit(status);
}

static HANDLE proc_win_open(int64_t pid, DWORD rights)
{
	return pid > 0 && pid <= UINT32_MAX ? OpenProcess(rights, FALSE, (DWORD)pid) : NULL;
}

static uint64_t proc_win_ticks(FILETIME t)
{
	return (uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime;
}

/* The start is the time of day in 100 ns, which no two boots share. */
bool proc_identify(int64_t pid, struct proc_id *out)
{
	HANDLE h = proc_win_open(pid, PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE);
	FILETIME start, end, kernel, user;
	bool runs;

	if (!h)
		return false;
	runs = WaitForSingleObject(h, 0) == WAIT_TIMEOUT && GetProcessTimes(h, &start, &end, &kernel, &user);
	CloseHandle(h);
	if (!runs)
		return false;
	out->pid = pid;
	out->start = proc_win_ticks(start) >> 1; /* fits a signed number for a long time */
	return true;
}

bool proc_of_this_boot(const struct proc_id *id)
{
	FILETIME now;

	GetSystemTimeAsFileTime(&now);
	return !id->start || id->start >= (proc_win_ticks(now) - GetTickCount64() * 10000) >> 1;
}

void proc_signal_kill(const struct proc_id *id)
{
	HANDLE h = proc_alive(id) ? proc_win_open(id->pid, PROCESS_TERMINATE) : NULL;

	if (h) {
		TerminateProcess(h, 1);
		CloseHandle(h);
	}
}

void proc_signal_hangup(const struct proc_id *id)
{
	(void)id;
}

void proc_signal_terminate(const struct proc_id *id)
{
	proc_signal_kill(id);
}

char *proc_using_file(const char *path)
{
	(void)path;
	return NULL;
}

int proc_end_fd(int64_t pid)
{
	(void)pid;
	return -1;
}

bool proc_usage(int64_t pid, uint64_t *cpu_ms, uint64_t *rss)
{
	HANDLE h = proc_win_open(pid, PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE);
	FILETIME start, end, kernel, user;
	PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof(memory)};
	bool known;

	if (!h)
		return false;
	known = WaitForSingleObject(h, 0) == WAIT_TIMEOUT && GetProcessTimes(h, &start, &end, &kernel, &user) &&
		GetProcessMemoryInfo(h, &memory, sizeof(memory));
	CloseHandle(h);
	if (known) {
		*cpu_ms = (proc_win_ticks(kernel) + proc_win_ticks(user)) / 10000;
		*rss = memory.WorkingSetSize;
	}
	return known;
}

static bool proc_win_counters(int64_t pid, IO_COUNTERS *out)
{
	HANDLE h = proc_win_open(pid, PROCESS_QUERY_LIMITED_INFORMATION);
	bool known = h && GetProcessIoCounters(h, out);

	if (h)
		CloseHandle(h);
	return known;
}

bool proc_read(int64_t pid, uint64_t *bytes)
{
	IO_COUNTERS io;
	bool known = proc_win_counters(pid, &io);

	*bytes = known ? io.ReadTransferCount : 0;
	return known;
}

/* The counters have files, pipes and sockets alike. */
bool proc_io(int64_t pid, uint64_t *bytes)
{
	(void)pid;
	*bytes = 0;
	return false;
}
