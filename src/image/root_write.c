/* SPDX-License-Identifier: MIT */
/*
 * root_write: writes a root image: the partition table, the file system with the content of all packages, and
 * dpkg's database. One thread writes everything, in the order of the chunks.
 */
#include "root_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strv.h"
#include "dpkgdb.h"
#include "image.h"
#include "image/extfs.h"

#define EXTRA_FOLDER "var/cache/debwiz"
/* Higher than that of every package, so that our files stay. */
#define OUR_RANK (UINT32_MAX - 1)

/* State of the lane's current package. */
struct place {
	size_t job;
	bool is_open;
	struct dpkgdb_package *package;
	bool is_checked; /* its control part is complete */
	struct image_file *file;
	struct buf control; /* the control file that is being read */
	char *control_name;
	unsigned control_mode;
	uint64_t left; /* bytes of the file or control file still to come */
};

struct writer {
	const struct root_content *from;
	struct image *image;
	struct dpkgdb *db;
	struct place places[ROOT_LANES];
};

static struct image_attr root_write_entry_attr(const struct place *at, const struct deb_entry *entry)
{
	return (struct image_attr){
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
		.mtime = entry->mtime,
		.rank = (unsigned)at->job,
	};
}

static void root_write_begin_job(struct writer *w, struct place *at, size_t job)
{
	at->job = job;
	at->is_open = true;
	at->is_checked = false;
	at->package = root_lanes_job(w->from->lanes, job)->is_extra ? NULL : dpkgdb_add(w->db);
	atomic_store(w->from->current, job + 1);
}

static int root_write_end_content(struct place *at, struct err *e)
{
	struct image_file *f = at->file;

	if (at->left > 0)
		return 0;
	if (at->control_name) {
		dpkgdb_control(at->package, at->control_name, at->control_mode, &at->control);
		free(at->control_name);
		at->control_name = NULL;
	}
	at->file = NULL;
	return f ? image_file_end(f, e) : 0;
}

static int root_write_begin_control(struct place *at, const struct deb_entry *entry, struct err *e)
{
	if (entry->type == DEB_DIR && *entry->path == '\0')
		return 0;
	/* with a dot it could become a file of another package: "python3" and "11.list" */
	if (entry->type != DEB_FILE || strpbrk(entry->path, "/."))
		return err_set(e, ERR_VERIFY, "deb-format", "/%s does not belong into the control part of a package",
			       entry->path);
	buf_init(&at->control, 0);
	at->control_name = xstrdup(entry->path);
	at->control_mode = entry->mode;
	at->left = entry->size;
	return root_write_end_content(at, e);
}

static int root_write_check_control(struct writer *w, struct place *at, struct err *e)
{
	const struct root_deb *deb = root_lanes_job(w->from->lanes, at->job)->deb;

	if (at->is_checked)
		return 0;
	at->is_checked = true;
	return dpkgdb_check(at->package, deb->name, deb->version, deb->arch, e);
}

static int root_write_begin_file(struct writer *w, struct place *at, const char *path, const struct deb_entry *entry,
				 struct err *e)
{
	struct image_attr attr = root_write_entry_attr(at, entry);

	at->file = image_file_begin(w->image, path, entry->size, &attr, e);
	if (!at->file)
		return -1;
	at->left = entry->size;
	return root_write_end_content(at, e);
}

static int write_link(struct writer *w, struct place *at, const char *path, const struct deb_entry *entry,
		      struct err *e)
{
	char *target;
	int r;

	if (dpkgdb_is_conffile(at->package, entry->link))
		target = xasprintf("%s.dpkg-new", entry->link);
	else
		target = xstrdup(entry->link);
	r = image_link(w->image, path, target, (unsigned)at->job, e);
	free(target);
	return r;
}

static int write_as(struct writer *w, struct place *at, const char *path, const struct deb_entry *entry, struct err *e)
{
	struct image_attr attr = root_write_entry_attr(at, entry);
	enum image_node_type type = IMAGE_FIFO;

	switch (entry->type) {
	case DEB_FILE:
		return root_write_begin_file(w, at, path, entry, e);
	case DEB_DIR:
		return image_mkdir(w->image, path, &attr, e);
	case DEB_SYMLINK:
		return image_symlink(w->image, path, entry->link, &attr, e);
	case DEB_HARDLINK:
		return write_link(w, at, path, entry, e);
	case DEB_CHAR:
		type = IMAGE_CHAR;
		break;
	case DEB_BLOCK:
		type = IMAGE_BLOCK;
		break;
	case DEB_FIFO:
		break;
	}
	return image_node(w->image, path, type, entry->major, entry->minor, &attr, e);
}

static int write_extra(struct writer *w, struct place *at, const struct deb_entry *entry, struct err *e)
{
	struct deb_entry file = *entry;
	AUTO_FREE char *path = xasprintf("%s/%s.deb", EXTRA_FOLDER, root_lanes_job(w->from->lanes, at->job)->deb->name);
	int r;

	file.mode = 0644;
	file.mtime = w->from->req->epoch;
	r = root_write_begin_file(w, at, path, &file, e);
	return r;
}

static int write_entry(struct writer *w, struct place *at, const struct deb_entry *entry, struct err *e)
{
	char *path;
	int r;

	if (!at->package)
		return write_extra(w, at, entry, e);
	if (root_write_check_control(w, at, e))
		return -1;
	dpkgdb_path(at->package, entry->path);
	if (entry->type == DEB_DIR || !dpkgdb_is_conffile(at->package, entry->path))
		return write_as(w, at, entry->path, entry, e);
	path = xasprintf("%s.dpkg-new", entry->path);
	r = write_as(w, at, path, entry, e);
	free(path);
	return r;
}

static int write_bytes(struct place *at, const struct root_op *op, struct err *e)
{
	int r = 0;

	if (at->control_name)
		buf_add(&at->control, op->data, op->len);
	else
		r = image_file_write(at->file, op->data, op->len, e);
	at->left -= op->len;
	return r ? r : root_write_end_content(at, e);
}

static int root_write_apply(struct writer *w, struct place *at, const struct root_op *op, struct err *e)
{
	switch (op->type) {
	case OP_CONTROL:
		return root_write_begin_control(at, &op->entry, e);
	case OP_ENTRY:
		return write_entry(w, at, &op->entry, e);
	case OP_BYTES:
		return write_bytes(at, op, e);
	case OP_END:
		at->is_open = false;
		return at->package ? root_write_check_control(w, at, e) : 0;
	}
	return 0;
}

static int write_chunks(struct writer *w, struct err *e)
{
	struct root_chunk *c;
	int r = 0;

	while (r == 0 && (c = root_lanes_take(w->from->lanes))) {
		struct place *at = &w->places[c->lane];

		if (!at->is_open)
			root_write_begin_job(w, at, c->job);
		for (size_t i = 0; r == 0 && i < c->count; i++)
			r = root_write_apply(w, at, &c->ops[i], e);
		if (r)
			err_prefix(e, "package %s", root_lanes_job(w->from->lanes, c->job)->deb->name);
		root_chunk_free(c);
	}
	return r;
}

static int root_write_put_file(struct writer *w, const struct root_file *f, struct err *e)
{
	struct image_attr attr = {
		.mode = f->link ? 0777 : f->mode,
		.mtime = w->from->req->epoch,
		.rank = OUR_RANK,
	};
	const char *path = f->path + strspn(f->path, "/");

	return f->link ? image_symlink(w->image, path, f->link, &attr, e)
		       : image_put(w->image, path, f->data, f->len, &attr, e);
}

/* Creates the folder first, so that packages find the link's target. */
static int root_write_put_merged_link(struct writer *w, const struct root_file *f, struct err *e)
{
	struct image_attr attr = {
		.mode = 0755,
		.mtime = w->from->req->epoch,
		.rank = UINT32_MAX,
	};

	if (image_mkdir(w->image, f->link + strspn(f->link, "/"), &attr, e))
		return -1;
	attr.mode = 0777;
	attr.rank = 0; /* any package may ship its own */
	return image_symlink(w->image, f->path + strspn(f->path, "/"), f->link, &attr, e);
}

static const char *root_write_label(const struct root_request *req)
{
	return req->label ? req->label : EXTFS_ROOT_PARTITION;
}

static int write_gpt(const struct root_request *req, int fd, struct err *e)
{
	uint64_t sectors = req->size / GPT_SECTOR;
	struct gpt_part parts[2] = {
		{.id = req->esp_id, .name = "ESP"},
		{.id = req->root_id, .name = root_write_label(req)},
	};

	gpt_guid_parse(GPT_TYPE_ESP, &parts[0].type);
	gpt_guid_parse(GPT_TYPE_LINUX, &parts[1].type);
	parts[0].first = ROOT_START / GPT_SECTOR;
	parts[0].last = parts[0].first + ROOT_ESP_SIZE / GPT_SECTOR - 1;
	parts[1].first = parts[0].last + 1;
	parts[1].last = gpt_last_usable(sectors);
	return gpt_write(fd, sectors, &req->disk_id, parts, 2, e);
}

static int root_write_create_image(struct writer *w, struct err *e)
{
	const struct root_request *req = w->from->req;
	uint64_t start = ROOT_START + ROOT_ESP_SIZE;
	struct image_spec spec = {
		.offset = start,
		.length = (gpt_last_usable(req->size / GPT_SECTOR) + 1) * GPT_SECTOR - start,
		.label = root_write_label(req),
		.epoch = req->epoch,
	};

	memcpy(spec.uuid, req->fs_uuid, sizeof spec.uuid);
	w->image = image_create(w->from->fd, &spec, e);
	return w->image ? 0 : -1;
}

static int root_write_all(struct writer *w, struct err *e)
{
	const struct root_content *from = w->from;
	const struct root_request *req = from->req;

	if (root_write_create_image(w, e))
		return -1;
	for (size_t i = 0; i < req->link_count; i++)
		if (root_write_put_merged_link(w, &req->links[i], e))
			return -1;
	if (write_chunks(w, e) || root_lanes_failed(from->lanes))
		return -1;
	for (size_t i = 0; i < from->listed_count; i++)
		if (root_write_put_file(w, &from->listed[i], e))
			return -1;
	for (size_t i = 0; i < req->file_count; i++)
		if (root_write_put_file(w, &req->files[i], e))
			return -1;
	if (dpkgdb_write(w->db, w->image, OUR_RANK, req->epoch, e))
		return -1;
	if (image_close(w->image, e)) {
		w->image = NULL;
		return -1;
	}
	w->image = NULL;
	return write_gpt(req, from->fd, e);
}

int root_write(const struct root_content *from, struct err *e)
{
	struct writer w = {.from = from, .db = dpkgdb_new()};
	int r = root_write_all(&w, e);

	image_abandon(w.image);
	for (size_t i = 0; i < ROOT_LANES; i++) {
		buf_fini(&w.places[i].control);
		free(w.places[i].control_name);
	}
	dpkgdb_free(w.db);
	return r;
}
