/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ini: bytes as a machine file. It is refused with a reason, or it is written back to the
 * byte and reads to the same record; the rules and --set run over it without a fault.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "catalog/catalog.h"
#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct catalog *catalog;
	struct err e = ERR_INIT;
	struct spec s;
	struct spec back;
	char *line;
	char *text;

	if (!catalog)
		catalog = catalog_new(NULL);
	must(catalog != NULL);
	if (spec_read_text(&s, "box.ini", (const char *)data, size, &e) < 0) {
		must(e.kind == ERR_USAGE && e.text && !strncmp(e.text, "box.ini:", 8));
		err_fini(&e);
		return 0;
	}
	text = spec_text(&s, &e);
	must(text && strlen(text) == size && !memcmp(text, data, size));
	free(text);
	if (spec_check(&s, catalog, &e) < 0)
		must(e.kind == ERR_USAGE);
	err_fini(&e);

	/* Its bytes as a --set: what is taken can be written, or is refused by name. */
	line = xstrndup((const char *)data, size);
	if (!spec_set(&s, line + strcspn(line, "\n") + (strchr(line, '\n') ? 1 : 0), &e)) {
		text = spec_text(&s, &e);
		if (text) {
			must(!spec_read_text(&back, "box.ini", text, strlen(text), &e));
			must(spec_equal(&s, &back));
			spec_fini(&back);
			free(text);
		}
	}
	err_fini(&e);
	free(line);
	spec_fini(&s);
	return 0;
}
