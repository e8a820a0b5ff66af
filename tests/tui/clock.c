/* SPDX-License-Identifier: MIT */
/*
 * clock: preloaded into a program under test, lets its wall clock jump: the file that TEST_CLOCK names
 * holds by how many seconds, as a decimal number, and may be changed at any time. The monotonic clock
 * is left alone.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static time_t offset(void)
{
	const char *path = getenv("TEST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char text[32];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return (time_t)strtoll(text, NULL, 10);
}

time_t time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}

int clock_gettime(clockid_t which, struct timespec *t)
{
	int r = REAL(clock_gettime)(which, t);

	if (!r && which == CLOCK_REALTIME)
		t->tv_sec += offset();
	return r;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	int r = REAL(gettimeofday)(t, zone);

	if (!r)
		t->tv_sec += offset();
	return r;
}
