# SPDX-License-Identifier: MIT
# shellcheck shell=dash
#
# For the other scripts of this folder: send lines to the host over the virtio-serial port debwiz.progress. Without a
# port or a reader at its other end they do nothing and do not wait long. The lines are listed in
# src/supervisor/progress.h.

# find_port [NAME]: prints the device of the port NAME (debwiz.progress), found in sysfs, since udev's name for it is
# late on a busy machine; fails if there is none
# shellcheck disable=SC2120
find_port()
{
	for class in /sys/class/virtio-ports/*; do
		[ -r "$class/name" ] && read -r name <"$class/name" && [ "$name" = "${1:-debwiz.progress}" ] || continue
		port=/dev/${class##*/}
		[ ! -c "$port" ] || return 0
	done
	return 1
}

# escape TEXT: prints one value, with blanks, percent signs and line ends as %XX
escape()
{
	printf '%s' "$*" | tr -c ' -~\n' '?' | sed 's/%/%25/g; s/ /%20/g' |
		awk '{ printf "%s%s", sep, $0; sep = "%0A" }' | cut -c 1-3900
}

# report LINES: sends lines, each already escaped. The port accepts one writer at a time, so a busy port is retried; a
# write that the host does not read is given up after three seconds.
report()
{
	tries=50
	# shellcheck disable=SC2119
	find_port || return 0
	# shellcheck disable=SC2016
	while ! timeout 3 sh -c 'exec >"$1" 2>/dev/null || exit 9; printf "%s\n" "$2"' sh "$port" "$*"; do
		[ $? -ne 124 ] && tries=$((tries - 1)) && [ $tries -gt 0 ] || return 0
		sleep 0.1
	done
}

# setting_line NAME STATE [TEXT]: prints the result of a setting as a line for report. STATE is applied, warned or
# failed.
setting_line()
{
	if [ -n "${3:-}" ]; then
		echo "1 setting name=$1 state=$2 text=$(escape "$3" | cut -c 1-600)"
	else
		echo "1 setting name=$1 state=$2"
	fi
}
