# SPDX-License-Identifier: MIT
# shellcheck shell=dash
#
# For the other scripts of this folder: sets the clock to the host's time.

rtc=/sys/class/rtc/rtc0/since_epoch

# set_clock epoch=SECONDS.MILLISECONDS: sets the clock if it differs by more than a second, and reports by how much.
# A busy machine may read the line seconds after it was sent. The hardware clock, which always follows the host's, is
# read immediately, and again after setting the clock; without one only the line is used.
set_clock()
{
	told=${1#epoch=}
	case $told in
	''|*[!0-9.]*) return ;;
	esac
	was=''
	for _ in 1 2 3 4 5; do
		now=$(date +%s)
		[ ! -r $rtc ] || read -r told <$rtc
		behind=$((${told%%.*} - now))
		# leave smaller differences to this machine's time service
		[ $behind -gt 1 ] || [ $behind -lt -1 ] || break
		date -s "@$told" >/dev/null
		: "${was:=$behind}"
		[ -r $rtc ] || break
	done
	[ -z "$was" ] || report "1 clock behind=$was"
}
