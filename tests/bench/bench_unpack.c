/* SPDX-License-Identifier: MIT */
/*
 * bench_unpack: unpacks packages into a disk image as the step "unpack" does. `bench_unpack IMAGE`
 * reads lines `deb NAME VERSION ARCH SIZE SHA256 PATH` (as bench_solve prints) from standard input.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/mem.h"
#include "image/root.h"

#define LINE_MAX_BYTES 8192
#define MAX_DEBS 4096

static int status;

static void on_done(const struct err *error, void *arg)
{
	(void)arg;
	if (!error)
		return;
	fprintf(stderr, "bench_unpack: %s\n", error->text);
	status = 1;
}

static bool read_deb(char *line, struct root_deb *d)
{
	char *word[7] = {NULL};
	char *at = line;

	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < 7; i++) {
		word[i] = at;
		at += strcspn(at, " ");
		if (*at)
			*at++ = '\0';
	}
	if (strcmp(word[0], "deb") != 0 || !*word[6] || strlen(word[5]) != HASH_HEX - 1)
		return false;
	*d = (struct root_deb){
		.name = xstrdup(word[1]),
		.version = xstrdup(word[2]),
		.arch = xstrdup(word[3]),
		.path = xstrdup(word[6]),
		.size = strtoull(word[4], NULL, 10),
	};
	for (size_t i = 0; i < HASH_SIZE; i++) {
		char two[3] = {word[5][2 * i], word[5][2 * i + 1], '\0'};

		d->sha256[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return true;
}

int main(int argc, char **argv)
{
	static const struct root_file links[] = {
		{.path = "/bin", .link = "usr/bin"},
		{.path = "/sbin", .link = "usr/sbin"},
		{.path = "/lib", .link = "usr/lib"},
	};
	struct root_deb *debs = xcalloc(MAX_DEBS, sizeof(*debs));
	char *line = xmalloc(LINE_MAX_BYTES);
	struct root_request request = {
		.size = 8ull << 30,
		.epoch = 1,
		.fs_uuid = {1},
		.disk_id = {{1}},
		.esp_id = {{2}},
		.root_id = {{3}},
		.debs = debs,
		.links = links,
		.link_count = sizeof(links) / sizeof(*links),
		.file_list = "guest/files.list",
	};
	struct err e = ERR_INIT;
	struct loop *l;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_unpack IMAGE <LIST\n");
		return 2;
	}
	request.output = argv[1];
	while (request.deb_count < MAX_DEBS && fgets(line, LINE_MAX_BYTES, stdin))
		request.deb_count += read_deb(line, &debs[request.deb_count]);
	l = loop_new();
	if (!root_build_start(l, &request, NULL, on_done, NULL, &e)) {
		fprintf(stderr, "bench_unpack: %s\n", e.text);
		status = 1;
	}
	loop_run(l);
	loop_free(l);
	for (size_t i = 0; i < request.deb_count; i++) {
		free((char *)debs[i].name);
		free((char *)debs[i].version);
		free((char *)debs[i].arch);
		free((char *)debs[i].path);
	}
	free(debs);
	free(line);
	err_fini(&e);
	return status;
}
