# SPDX-License-Identifier: MIT
# Runs a command for `debwiz virt-server`, by `sh -c TEXT virt COMMAND...` as root. Processes that the command leaves
# and that have its output open would keep the connection open for ever: they are ended. 255 is ssh's own status.
env "DEBWIZ_COMMAND=$$" "$@"
status=$?
# the names of pipes, such as pipe:[4711], are no patterns
out=$(readlink "/proc/$$/fd/1" | sed 's/[][*?\\]/\\&/g')
err=$(readlink "/proc/$$/fd/2" | sed 's/[][*?\\]/\\&/g')
for fd in $(find /proc/[0-9]*/fd -maxdepth 1 \( -lname "$out" -o -lname "$err" \) 2>/dev/null); do
	pid=${fd#/proc/}
	pid=${pid%%/*}
	! grep -qzs "^DEBWIZ_COMMAND=$$\$" "/proc/$pid/environ" || kill -9 "$pid" 2>/dev/null
done
[ "$status" -lt 254 ] || status=253
exit "$status"
