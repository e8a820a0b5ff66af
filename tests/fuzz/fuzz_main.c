/* SPDX-License-Identifier: MIT */
/* fuzz_main: plays files, and the files of folders, to a fuzz target; for builds without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static unsigned count;

static int play(const char *path)
{
	struct err e = ERR_INIT;
	struct buf b;

	if (file_read(path, 16 << 20, &b, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		err_fini(&e);
		return -1;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)b.data, b.len);
	buf_fini(&b);
	count++;
	return 0;
}

static int play_all(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	int r = 0;

	if (!d)
		return play(path);
	while ((entry = readdir(d))) {
		char *file = file_join(path, entry->d_name);

		if (entry->d_name[0] != '.' && play(file) < 0)
			r = -1;
		free(file);
	}
	closedir(d);
	return r;
}

int main(int argc, char **argv)
{
	int r = 0;

	for (int i = 1; i < argc; i++) {
		if (play_all(argv[i]) < 0)
			r = 1;
	}
	printf("%u files played\n", count);
	return r || !count ? 1 : 0;
}
