/* SPDX-License-Identifier: MIT */
/* fatal_win: by the filter for exceptions that nothing handles, and abort's signal. */
#include <signal.h>
#include <windows.h>

#include "base/mem.h"
#include "host/fatal.h"

static const struct {
	DWORD code;
	const char *name;
} fatal_win_exceptions[] = {
	{EXCEPTION_ACCESS_VIOLATION, "an access violation"},
	{EXCEPTION_STACK_OVERFLOW, "a stack overflow"},
	{EXCEPTION_ILLEGAL_INSTRUCTION, "an illegal instruction"},
	{EXCEPTION_INT_DIVIDE_BY_ZERO, "a division by zero"},
};

static void (*fatal_win_fn)(const char *name);

static LONG WINAPI fatal_win_on_exception(EXCEPTION_POINTERS *info)
{
	const char *name = "an exception";

	for (size_t i = 0; i < ARRAY_SIZE(fatal_win_exceptions); i++)
		if (fatal_win_exceptions[i].code == info->ExceptionRecord->ExceptionCode)
			name = fatal_win_exceptions[i].name;
	fatal_win_fn(name);
	return EXCEPTION_CONTINUE_SEARCH; /* the default action follows */
}

/* After it, abort ends the program. */
static void fatal_win_on_abort(int number)
{
	(void)number;
	fatal_win_fn("SIGABRT");
}

void fatal_handle(void (*fn)(const char *name))
{
	fatal_win_fn = fn;
	SetUnhandledExceptionFilter(fn ? fatal_win_on_exception : NULL);
	signal(SIGABRT, fn ? fatal_win_on_abort : SIG_DFL);
}
