/* SPDX-License-Identifier: MIT */
/* phase: recognizes the beginnings of a build's parts. */
#include "build/phase.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

/* Beginnings of lines; debhelper's own have three blanks before. */
static const struct {
	const char *begin, *phase;
} phase_table[] = {
	{"debwiz: builds again", "builds again"},
	{"debwiz: builds", "builds"},
	{"dpkg-source: info: extracting", "unpacks the source"},
	{" fakeroot debian/rules clean", "cleans"},
	{" debian/rules clean", "cleans"},
	{" debian/rules build", "builds"},
	{"   dh_autoreconf", "runs autoreconf"},
	{"   dh_auto_configure", "configures"},
	{"   dh_auto_build", "compiles"},
	{"   dh_auto_test", "tests"},
	{" fakeroot debian/rules binary", "makes packages"},
	{" debian/rules binary", "makes packages"},
	{"   dh_auto_install", "installs"},
	{"   dh_install", "makes packages"},
	{"   dh_builddeb", "writes packages"},
	{" dpkg-genbuildinfo", "writes .buildinfo and .changes"},
};

const char *build_phase(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(phase_table); i++) {
		size_t n = strlen(phase_table[i].begin);

		if (!strncmp(line, phase_table[i].begin, n) && (!line[n] || line[n] == ' '))
			return phase_table[i].phase;
	}
	return NULL;
}
