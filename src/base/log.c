/* SPDX-License-Identifier: MIT */
/* log: writes messages for maintainers to a file or stderr. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strv.h"
#include "host/file.h"

static struct strv topics;
static int sink = -1;

void log_init(void)
{
	const char *wanted = getenv("DEBWIZ_DEBUG");

	if (wanted)
		strv_split(&topics, wanted, ", ");
}

int log_open(const char *path, struct err *e)
{
	int fd = file_open(path, FILE_ENSURE | FILE_APPEND);

	if (fd < 0)
		return err_errno(e, errno, "log-open", "cannot write the log %s", path);
	log_close();
	sink = fd;
	return 0;
}

void log_close(void)
{
	if (sink >= 0)
		close(sink);
	sink = -1;
}

bool log_has(const char *topic)
{
	return sink >= 0 || strv_has(&topics, topic) || strv_has(&topics, "all");
}

void log_msg(const char *topic, const char *fmt, ...)
{
	struct timespec now;
	struct tm tm;
	va_list ap;
	char *text;
	char *line;
	int fd;

	if (!log_has(topic))
		return;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	line = xasprintf("%02d:%02d:%02d.%03ld %s: %s\n", tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000,
			 topic, text);
	fd = sink >= 0 ? sink : STDERR_FILENO;
	if (write(fd, line, strlen(line)) < 0)
		log_close(); /* a failure to write the log must not stop the work */
	free(line);
	free(text);
}
