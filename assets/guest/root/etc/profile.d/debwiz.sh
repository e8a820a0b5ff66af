# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# A serial line has no window size: use the size that the host passed on the kernel's command line (debwiz.rows,
# debwiz.columns) or on the seed disk. ssh and graphical consoles have their own.
case $(tty) in
/dev/ttyAMA*|/dev/ttyS*|/dev/hvc*|/dev/ttysclp*)
	if [ -r /etc/debwiz/console.env ]; then
		debwiz_rows=$(sed -n 's/.*debwiz\.rows=\([0-9]*\).*/\1/p' /proc/cmdline)
		debwiz_columns=$(sed -n 's/.*debwiz\.columns=\([0-9]*\).*/\1/p' /proc/cmdline)
		[ -n "$debwiz_rows" ] || debwiz_rows=$(sed -n "s/^DEBWIZ_ROWS='\([0-9]*\)'$/\1/p" /etc/debwiz/console.env)
		[ -n "$debwiz_columns" ] ||
			debwiz_columns=$(sed -n "s/^DEBWIZ_COLUMNS='\([0-9]*\)'$/\1/p" /etc/debwiz/console.env)
		stty rows "${debwiz_rows:-24}" columns "${debwiz_columns:-80}"
		unset debwiz_rows debwiz_columns
	fi ;;
esac
