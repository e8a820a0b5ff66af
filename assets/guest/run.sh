#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck shell=dash
#
# Functions of the scripts that change a root in a boot of their own (configure.sh, and install.sh of a layer): phases and
# their reports, failing, checks. The last line for the host is in /run/debwiz/result.

run=/run/debwiz
log=$run/log
step=prepare
port=''
[ ! -e $run/port ] || port=1

progress()
{
	[ -z "$port" ] || printf '1 %s\n' "$*" >&9
}

# escape_stdin: prints standard input as one value for the progress port
escape_stdin()
{
	tr -c ' -~\n' '?' | sed 's/%/%25/g; s/ /%20/g' |
		$run/busybox awk '{ printf "%s%s", sep, $0; sep = "%0A" }'
}

phase()
{
	step=$1
	read -r up rest </proc/uptime
	echo "debwiz: $1 (${up%.*} s)"
	echo "=== $1 at $up s" >>$log
	progress "phase name=$1"
}

# fail TEXT [CAUSE]: ends the run. Reports both to the host as one sentence; prints the end of the log on the console,
# whose log the host keeps.
fail()
{
	cp $log /var/log/debwiz-configure.log
	sync
	echo "debwiz: $step failed: $1${2:+: $2}"
	tail -n 200 $log
	tail -n 40 $log | tr '\r' '\n' | cut -c 1-400 | while IFS= read -r line; do
		progress "log text=$(printf '%s\n' "$line" | escape_stdin)"
	done
	# a progress line has 4 KiB, and an escaped blank takes three bytes of it
	printf 'failed step=%s text=%s\n' "$step" "$(echo "$1${2:+: $2}" | head -c 1200 | escape_stdin)" >$run/result
	exit 1
}

# must COMMAND...: runs the command with its output in the log; fails if it does
must()
{
	"$@" >>$log 2>&1 || fail "$1 ended with status $?" "$(log_cause $log)"
}

# must_not_say TEXT: fails if $run/odd, the output of a check, is not empty
must_not_say()
{
	[ -s $run/odd ] || return 0
	cat $run/odd >>$log
	fail "$1" "$(head -n 1 $run/odd)"
}

# shadow NAME: replaces the program NAME by the shell commands on standard input while packages are configured
shadow()
{
	{ echo '#!/bin/sh'; cat; } >$run/bin/"$1"
	chmod 0755 $run/bin/"$1"
}
