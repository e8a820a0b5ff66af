#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck shell=dash
#
# Functions of configure.sh, and of install.sh of a layer: install packages by apt, since their preinst scripts and their
# order may matter, and find in a log why packages failed. Reads run, log, EXTRA_AUTO.

# log_cause FILE: prints why the last phase in this log failed, as one line: the first package that dpkg or apt could
# not configure, with its script's last output and exit status; else apt's first error; else the last line.
log_cause()
{
	tail -n 400 "$1" | tr '\t' ' ' | awk '
		{ sub(/\r+$/, ""); sub(/.*\r/, ""); sub(/^ +/, ""); sub(/ +$/, "") }
		/^=== / { last = said = package = how = apt = ""; next }
		$0 == "" { next }
		package != "" && how == "" { how = $0; next }
		package == "" && /^dpkg: error processing (package|archive) / {
			package = $0
			sub(/^dpkg: error processing (package|archive) /, "", package)
			sub(/ \(.*/, "", package)
			said = last
			next
		}
		apt == "" && /^E: / { apt = substr($0, 4) }
		{ last = $0 }
		END {
			sub(/.*installed [^ ]+ package /, "", how)
			if (said ~ /^(Setting up|Unpacking|Preparing to|Processing triggers|Selecting|\(Reading)/)
				said = ""
			if (package != "")
				print "package " package ": " how (said != "" ? " (" said ")" : "")
			else
				print apt != "" ? apt : last
		}' | cut -c 1-300
}

# follow_apt: turns apt's status lines on standard input, pmstatus:PACKAGE:PERCENT:TEXT, into progress lines
follow_apt()
{
	while IFS=: read -r word name percent rest; do
		[ "$word:${name%-exec}" = "pmstatus:$name" ] || continue
		percent=${percent%%.*}
		progress "installing n=${percent:-0} total=100 package=${name%%:*}"
	done
}

# install_extras FOLDER: installs the debs in it and marks dependencies as installed automatically
install_extras()
{
	for deb in "$1"/*.deb; do
		deb=${deb##*/}
		echo "${deb%.deb}"
	done >$run/extras
	mkfifo $run/apt-status
	follow_apt <$run/apt-status &
	follower=$!
	exec 8>$run/apt-status
	# apt would give dpkg a PATH without the replacements
	apt-get -q -y -o DPkg::Path="$PATH" --no-install-recommends -o APT::Status-Fd=8 -o APT::Keep-Fds::=8 \
		-o Dpkg::Options::=--force-unsafe-io -o Dpkg::Use-Pty=0 -o Dir::Etc::SourceList=/dev/null \
		-o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User=root install "$1"/*.deb \
		>>$log 2>&1 </dev/null 9>&-
	code=$?
	exec 8>&-
	wait $follower
	[ $code -eq 0 ] || fail "apt-get install ended with status $code" "$(log_cause $log)"
	# shellcheck disable=SC2086 # names of packages, separated by blanks
	[ -z "$EXTRA_AUTO" ] || must apt-mark auto $EXTRA_AUTO
}
