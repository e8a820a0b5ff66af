/* SPDX-License-Identifier: MIT */
/*
 * revision: checks a tree out of a git repository. That may be foreign, and its configuration may name programs that a
 * checkout runs, so its objects are borrowed by an empty repository, which has no configuration but the user's own.
 */
#include "build/revision.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/proc.h"

#define TEXT_MAX (1u << 16)
#define LIST_MAX (256u << 20)
/* Outranks every .gitattributes. */
#define ATTRIBUTES "* -text -ident -filter -working-tree-encoding\n"
#define GITLINK "160000 " /* mode of a submodule */

static bool revision_is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool revision_split(const char *word, char **dir, char **rev)
{
	if (file_exists(word))
		return false;
	for (const char *at = strchr(word, '@'); at; at = strchr(at + 1, '@')) {
		char *name = xstrndup(word, (size_t)(at - word));

		if (at > word && revision_is_folder(name)) {
			*dir = name;
			*rev = xstrdup(at + 1);
			return true;
		}
		free(name);
	}
	return false;
}

/* Runs `git -C DIR rev-parse ...`; returns its line, owned, or NULL with e. */
static char *revision_ask(const char *dir, const char *option, const char *word, struct err *e)
{
	char *const argv[] = {"git", "-C", (char *)dir, "rev-parse", (char *)option, (char *)word, NULL};
	AUTO_BUF struct buf out = {0};

	if (proc_run(argv, TEXT_MAX, &out, e) < 0)
		return NULL;
	return xstrndup(out.data, strcspn(out.data, "\n"));
}

/* Returns the object name of the folder's tree; owned. */
static char *revision_tree(const char *dir, const char *rev, struct err *e)
{
	AUTO_FREE char *word = xasprintf("%s:./", rev);
	AUTO_ERR struct err own = ERR_INIT;
	char *tree = *rev && *rev != '-' ? revision_ask(dir, "--verify", word, &own) : NULL;

	if (tree)
		return tree;
	if (own.kind == ERR_MISSING) {
		err_move(e, &own);
		return NULL;
	}
	err_set(e, ERR_USAGE, "revision-unknown", "there is no revision \"%s\" of %s%s%s", rev, dir,
		own.kind ? ": " : "", own.kind ? own.text : "");
	err_hint(e, "`git -C %s log --oneline --all` lists revisions; the folder must be a part of them", dir);
	return NULL;
}

/* Creates the repository that borrows the objects. */
static int revision_borrow(const char *dir, const char *scratch, struct err *e)
{
	AUTO_FREE char *objects = revision_ask(dir, "--git-path", "objects", e);
	AUTO_FREE char *format = objects ? revision_ask(dir, "--show-object-format", "--", e) : NULL;
	AUTO_FREE char *format_option = format ? xasprintf("--object-format=%s", format) : NULL;
	AUTO_FREE char *below = objects && !file_is_absolute(objects) ? file_join(dir, objects) : NULL;
	AUTO_FREE char *absolute = objects ? file_absolute(below ? below : objects) : NULL;
	AUTO_FREE char *line = absolute ? xasprintf("%s\n", absolute) : NULL;
	AUTO_FREE char *alternates = file_join(scratch, "objects/info/alternates");
	AUTO_FREE char *info = file_join(scratch, "info");
	AUTO_FREE char *attributes = file_join(info, "attributes");
	char *const argv[] = {"git", "init", "-q", "--bare", "--template=", format_option, (char *)scratch, NULL};

	if (!line || !format || proc_run(argv, TEXT_MAX, NULL, e) < 0)
		return -1;
	if (file_write(alternates, line, strlen(line), 0600, e) < 0 || file_mkdirs(info, e) < 0)
		return -1;
	return file_write(attributes, ATTRIBUTES, strlen(ATTRIBUTES), 0600, e);
}

static int revision_submodules(const char *dir, const char *git_dir, const char *to, const char *scratch, struct err *e)
{
	char *const argv[] = {"git", (char *)git_dir, "ls-files", "-s", "-z", NULL};
	AUTO_BUF struct buf list = {0};
	size_t number = 0;
	int r = proc_run(argv, LIST_MAX, &list, e);

	for (const char *p = list.data, *end = p + list.len; !r && p < end; p += strlen(p) + 1) {
		const char *path = strchr(p, '\t');
		AUTO_FREE char *commit = NULL, *from = NULL, *dot = NULL, *place = NULL, *own = NULL;

		if (!path || strncmp(p, GITLINK, strlen(GITLINK)) != 0)
			continue;
		commit = xstrndup(p + strlen(GITLINK), strcspn(p + strlen(GITLINK), " "));
		from = file_join(dir, path + 1);
		dot = file_join(from, ".git");
		place = file_join(to, path + 1);
		own = xasprintf("%s.%zu", scratch, number++);
		if (file_exists(dot)) {
			r = revision_checkout(from, commit, place, own, e);
		} else {
			err_set(e, ERR_FAILED, "revision-submodule", "the submodule %s of %s is not checked out",
				path + 1, dir);
			r = err_hint(e, "git -C %s submodule update --init", dir);
		}
	}
	return r;
}

int revision_checkout(const char *dir, const char *rev, const char *to, const char *scratch, struct err *e)
{
	AUTO_FREE char *tree = revision_tree(dir, rev, e);
	AUTO_FREE char *git_dir = xasprintf("--git-dir=%s", scratch);
	AUTO_FREE char *work_tree = xasprintf("--work-tree=%s", to);
	char *const read[] = {"git", "-C", (char *)to, git_dir, work_tree, "read-tree", tree, NULL};
	char *const write[] = {"git", "-C", (char *)to, git_dir, work_tree, "checkout-index", "-a", "-q", NULL};

	if (!tree || file_mkdirs(to, e) < 0 || revision_borrow(dir, scratch, e) < 0 ||
	    proc_run(read, TEXT_MAX, NULL, e) < 0 || proc_run(write, TEXT_MAX, NULL, e) < 0)
		return -1;
	return revision_submodules(dir, git_dir, to, scratch, e);
}
