/* SPDX-License-Identifier: MIT */
/*
 * root_writing: a step that writes a disk image from packages in the folder of the new base or layer, and then works on
 * it: what the steps "unpack" and "medium" share.
 */
#ifndef PREPARE_ROOT_WRITING_H
#define PREPARE_ROOT_WRITING_H

#include "image/root.h"
#include "job_steps.h"

struct root_writing {
	/* set by the step */
	struct step_run *run;
	struct job *job;
	const char *then;				    /* text of the step during `work` */
	int (*work)(struct root_writing *w, struct err *e); /* on the complete image, on a pool thread */
	void (*end)(struct root_writing *w, struct err *e); /* ends the step; e is NULL on success */
	struct root_request request;			    /* but for output and epoch */
	/* set here */
	char *output;
	struct strv words;	  /* owned texts that the request points to */
	struct root_build *build; /* NULL after its end */
	bool cancelled;
	int result; /* of work */
	struct err error;
};

/* Keeps a text, which it takes, as long as the request. */
const char *root_writing_keep(struct root_writing *w, char *word);
/* Returns the request's entry for a package in the cache. */
struct root_deb root_writing_deb(struct root_writing *w, const struct package *p);
/* Begins to write the image, of that name in the new folder; calls `end` in any case. */
void root_writing_start(struct root_writing *w, const char *name);
/* Interrupts it if the image is being written; `end` is called all the same. */
void root_writing_cancel(struct root_writing *w);
void root_writing_fini(struct root_writing *w);

#endif
