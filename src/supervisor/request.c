/* SPDX-License-Identifier: MIT */
/* request: the request as kept in DIR/request.json, and the error for the client that waits for the start. */
#include "request.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/file.h"
#include "seed.h"
#include "sup.h"

char *sup_request_file(const char *dir)
{
	return file_join(dir, "request.json");
}

int sup_request_save(struct sup *s, struct err *e)
{
	AUTO_FREE char *path = sup_request_file(s->req.dir);

	sup_seed_prepare(s);
	if (s->req.seed_size && !s->req.seed_empty) {
		free(s->run.seed);
		s->run.seed = xstrdup("pending");
	}
	return s->req.configuring ? file_remove_tree(path, e) : vm_request_write(&s->req, path, e);
}

void sup_request_update(struct sup *s)
{
	AUTO_FREE char *path = sup_request_file(s->req.dir);
	json_t *o = vm_request_json(&s->req);
	AUTO_FREE char *text = o ? json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;

	if (text)
		async_writer_put(s->writer, path, xasprintf("%s\n", text));
	json_decref(o);
}

void sup_request_write_error(const char *path, const struct err *e)
{
	AUTO_FREE char *name = xasprintf("%s.error", path);
	json_t *o = json_pack("{s:i, s:s, s:s, s:s}", "kind", (int)e->kind, "id", e->id, "text", e->text, "hint",
			      e->hint ? e->hint : "");

	if (o)
		json_write(name, o, NULL);
	json_decref(o);
}
