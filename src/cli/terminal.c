/* SPDX-License-Identifier: MIT */
/* terminal: asks the terminal for its size and the user for answers, and reports lost output. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "host/terminal.h"

void cli_terminal_size(FILE *of, size_t *rows, size_t *columns)
{
	unsigned high = 0, wide = 0;
	bool told = host_terminal_size(fileno(of), &high, &wide);

	*rows = told && high > 3 ? high : 24;
	*columns = told && wide > 20 ? wide : 80;
}

void cli_put_cut(FILE *to, const char *line)
{
	size_t rows, width, shown = 0;

	cli_terminal_size(to, &rows, &width);
	for (; *line; line++) {
		if (((unsigned char)*line & 0xc0) != 0x80 && ++shown >= width)
			break;
		putc(*line, to);
	}
}

bool cli_can_ask(const struct cli *cli)
{
	return !cli->json && isatty(STDIN_FILENO);
}

bool cli_read_answer(char *line, size_t n, const char *prompt)
{
	fprintf(stderr, "%s", prompt);
	if (!fgets(line, (int)n, stdin)) {
		fputc('\n', stderr);
		return false;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

bool cli_ask_yes(const char *prompt, bool fallback)
{
	char line[64];

	if (!cli_read_answer(line, sizeof(line), prompt))
		return false;
	return *line ? !strcmp(line, "y") || !strcmp(line, "yes") : fallback;
}

/* Returns why an earlier write failed, which stdio does not keep: writes another byte after the lost output. */
static int terminal_lost_because(void)
{
	return write(STDOUT_FILENO, "\n", 1) < 0 ? errno : EIO;
}

int cli_flush(void)
{
	static int failed; /* errno of the first failure */
	int lost;

	errno = 0;
	if (!failed && fflush(stdout))
		failed = errno;
	if (!failed && ferror(stdout))
		failed = terminal_lost_because();
	lost = host_reader_lost(STDOUT_FILENO);
	return lost ? lost : failed;
}
