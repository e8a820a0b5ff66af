/* SPDX-License-Identifier: MIT */
/* unit: writes a unit of a user's systemd that boots a machine by debwiz and stops it. */
#include "base/buf.h"
#include "base/mem.h"
#include "export/export.h"

/* Appends the word as systemd reads it (systemd.service(5), COMMAND LINES; systemd.syntax(7)): in quotation marks, with
 * the signs of specifiers and variables doubled. */
static void unit_word(struct buf *b, const char *word, bool variables)
{
	buf_addc(b, '"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			buf_addc(b, '\\');
		if (*word == '%' || (*word == '$' && variables))
			buf_addc(b, *word);
		buf_addc(b, *word);
	}
	buf_addc(b, '"');
}

static void unit_command(struct buf *b, const char *key, const struct export_machine *m, const char *verb)
{
	buf_addf(b, "%s=", key);
	unit_word(b, m->program, false); /* the program's path has no variables */
	buf_addf(b, " %s --plain ", verb);
	unit_word(b, m->ref, true);
	buf_addc(b, '\n');
}

/* The processes of a oneshot unit that remains after its start stay in its control group: the supervisor and QEMU. A
 * forking unit would end with the supervisor, and take QEMU with it, which another supervisor could take over. */
char *export_unit(const struct export_machine *m, struct strv *notes, struct err *e)
{
	const char *name = m->s->name;
	struct buf b;

	(void)notes;
	(void)e;
	buf_init(&b, 0);
	buf_addf(&b,
		 "# Written by `debwiz export %s --as systemd`. To boot the machine when you log in:\n"
		 "#     mv debwiz-%s.service ~/.config/systemd/user/\n"
		 "#     systemctl --user enable --now debwiz-%s\n"
		 "# and already when this host boots: loginctl enable-linger\n"
		 "# If the machine powers off by itself the unit stays active: `systemctl --user restart` boots it.\n"
		 "[Unit]\n"
		 "Description=Debian machine %s\n"
		 "Documentation=man:debwiz(1)\n"
		 "\n"
		 "[Service]\n"
		 "Type=oneshot\n"
		 "RemainAfterExit=yes\n",
		 name, name, name, name);
	for (size_t i = 0; m->env && i < m->env->len; i++) {
		buf_adds(&b, "Environment=");
		unit_word(&b, m->env->items[i], false);
		buf_addc(&b, '\n');
	}
	unit_command(&b, "ExecStart", m, "boot");
	unit_command(&b, "ExecStop", m, "stop");
	buf_adds(&b, "# debwiz has limits of its own: boot.timeout, and those of `debwiz stop`.\n"
		     "TimeoutStartSec=infinity\n"
		     "TimeoutStopSec=10min\n"
		     "\n"
		     "[Install]\n"
		     "WantedBy=default.target\n");
	return buf_steal(&b);
}
