/* SPDX-License-Identifier: MIT */
/* fatal_posix: by sigaction(2). */
#include <signal.h>
#include <stddef.h>

#include "base/mem.h"
#include "host/fatal.h"

static const struct {
	int number;
	const char *name;
} fatal_posix_signals[] = {
	{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},	   {SIGABRT, "SIGABRT"}, {SIGILL, "SIGILL"},
	{SIGFPE, "SIGFPE"},   {SIGTRAP, "a fatal signal"}, {SIGSYS, "SIGSYS"},
};

static void (*fatal_posix_fn)(const char *name);

static void fatal_posix_on_signal(int number)
{
	const char *name = "a fatal signal";

	for (size_t i = 0; i < ARRAY_SIZE(fatal_posix_signals); i++)
		if (fatal_posix_signals[i].number == number)
			name = fatal_posix_signals[i].name;
	fatal_posix_fn(name);
	raise(number); /* SA_RESETHAND: the default action follows */
}

void fatal_handle(void (*fn)(const char *name))
{
	struct sigaction act = {.sa_handler = fn ? fatal_posix_on_signal : SIG_DFL,
				.sa_flags = fn ? (int)SA_RESETHAND | SA_NODEFER : 0};

	fatal_posix_fn = fn;
	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(fatal_posix_signals); i++)
		sigaction(fatal_posix_signals[i].number, &act, NULL);
}
