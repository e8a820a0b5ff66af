/* SPDX-License-Identifier: MIT */
/*
 * grammar: checks the text of each kind of value, without facts about the host. Every function is the `check` of a
 * column: 0, or -1 with e's text the end of a sentence that begins with the value ("is not ...; allowed is ..."). The
 * sets of characters are allow lists: values are used in QEMU's arguments, on a kernel command line, in the guest's
 * files and in URLs.
 */
#ifndef SPEC_GRAMMAR_H
#define SPEC_GRAMMAR_H

#include "base/err.h"

int grammar_name(const char *v, struct err *e); /* machine name */
int grammar_word(const char *v, struct err *e); /* architecture, release, profile */
int grammar_build_profile(const char *v, struct err *e);
int grammar_distcc_host(const char *v, struct err *e); /* HOST[:PORT][/JOBS] */
int grammar_lan(const char *v, struct err *e);	       /* name of a network, or empty */
int grammar_hostname(const char *v, struct err *e);    /* one RFC 1123 label, or empty */
int grammar_user(const char *v, struct err *e);	       /* as useradd accepts; no system account */
int grammar_locale(const char *v, struct err *e);
int grammar_timezone(const char *v, struct err *e);
int grammar_keyboard(const char *v, struct err *e);	 /* an XKB layout */
int grammar_password_hash(const char *v, struct err *e); /* crypt(5), or empty */
int grammar_mirror(const char *v, struct err *e);	 /* auto, or http(s) URL without credentials */
int grammar_proxy(const char *v, struct err *e);	 /* empty, or a proxy URL */
int grammar_snapshot(const char *v, struct err *e);	 /* empty, or YYYYMMDDTHHMMSSZ */
int grammar_component(const char *v, struct err *e);
int grammar_path(const char *v, struct err *e);		/* a path */
int grammar_path_or_none(const char *v, struct err *e); /* a path, or empty */
int grammar_image(const char *v, struct err *e);	/* a path or an http(s) URL without credentials, or empty */
int grammar_digest(const char *v, struct err *e);	/* SHA-256 or SHA-512 in hexadecimal digits, or empty */
int grammar_binary(const char *v, struct err *e);	/* auto, or a path */
int grammar_cpu_model(const char *v, struct err *e);	/* auto, or MODEL[,FEATURE=VALUE] */
int grammar_package(const char *v, struct err *e);
int grammar_cmdline(const char *v, struct err *e);
int grammar_forward(const char *v, struct err *e);
int grammar_usb_device(const char *v, struct err *e);
int grammar_drive(const char *v, struct err *e);
int grammar_share(const char *v, struct err *e);
int grammar_qemu_extra(const char *v, struct err *e); /* the allowed options: src/spec/extra.h */

#endif
