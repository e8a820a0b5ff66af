# SPDX-License-Identifier: MIT
# Builds a source in a machine that exists for that, as root by `sh build.sh KIND STEM NETWORK [COMMAND]` in the folder
# that has the source: the .dsc and its files, or the folder `source`. The build runs as an ordinary user that has no
# rights beyond its own folder, without a network unless NETWORK is yes. What it makes is moved to the folder `out`, with
# the log. BUILD_ARTIFACTS: patterns of further files below the source's folder, a line each, which are copied to
# out/STEM.artifacts. BUILD_JOBS: parallel jobs. BUILD_SILENCE: seconds without output after which the build is killed.
# BUILD_LINTIAN=yes: checks the result, whose findings are part of the log. BUILD_DISTCC: compiles outside, by distcc.sh.
# BUILD_STAYS: the machine is a user's own: one build at a time, which ends with its connection; what a failed one leaves
# in /build stays until the next one. BUILD_DEPENDS: installs that first, by apt-get satisfy. BUILD_REPRODUCIBLE: builds
# twice and compares, by again.sh. BUILD_CCACHE: compiles through ccache, by ccache.sh. BUILD_TOP, BUILD_USER: instead of /build and builder. The file `reason` records why a
# build failed, as far as that is known: "memory PROGRAM", "full", "silence COMMAND", what again.sh says, or why none
# began: "busy", "taken FOLDER", "dependencies"; then with BUILD_DISTCC how many objects were compiled outside the
# machine, "outside COUNT", and in it, "inside COUNT REASON", and with BUILD_CCACHE what ccache.sh says. Exits with the build's status.
set -eu
kind=$1
stem=$2
network=$3
command=${4-}
here=$(pwd)
user=${BUILD_USER-builder}
top=${BUILD_TOP-/build}
log=out/$stem.build
stays=${BUILD_STAYS-}

# Prints the pid of each process of the build, in their order.
processes()
{
	find /proc -maxdepth 1 -name '[0-9]*' -user "$user" 2>/dev/null | sed 's,/proc/,,' | sort -n
}

kill_all()
{
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		pids=$(processes)
		[ -n "$pids" ] || return 0
		# shellcheck disable=SC2086 # words
		kill -KILL $pids 2>/dev/null || :
		sleep "0.$attempt"
	done
}

# Prints the pid of the sshd whose command this is.
connection()
{
	pid=$$
	while [ "${pid:-0}" -gt 1 ]; do
		case $(cat "/proc/$pid/comm") in
		sshd*)
			echo "$pid"
			break
			;;
		esac
		pid=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$pid/status")
	done
}

# Ends the build when the connection is lost.
watch_connection()
{
	while [ -d "/proc/$1" ]; do
		sleep 5
	done
	kill_all
}

# Runs a command with its output in the log, too; returns its status.
logged()
{
	{
		code=0
		"$@" </dev/null 2>&1 9>&- || code=$?
		echo "$code" >"$here/.status"
	} | tee -a "$here/$log"
	return "$(cat "$here/.status")"
}

# refuse STATUS REASON TEXT: ends before the build.
refuse()
{
	echo "$2" >reason
	echo "debwiz: $3" | tee -a "$log"
	exit "$1"
}

# Makes the place for the build in a user's own machine, after what an earlier build left.
clear_place()
{
	exec 9>"${BUILD_LOCK-/run/debwiz-build.lock}"
	flock -n 9 || refuse 125 busy 'another build runs in this machine'
	[ ! -e "$top" ] || [ "$(stat -c %U "$top")" = "$user" ] || refuse 125 "taken $top" "$top does not belong to a build"
	kill_all
	rm -rf --one-file-system "$top" "$top.again"
	find .. -maxdepth 1 -name '.debwiz-build-*' -mmin +1440 -exec rm -rf --one-file-system {} +
}

satisfy()
{
	DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=600 \
		satisfy "$BUILD_DEPENDS"
}

# Without lists of packages, or with old ones, the first attempt fails. One archive that cannot be read does not count
# if the others have what is needed.
install_depends()
{
	satisfy || {
		apt-get -q update || :
		satisfy
	}
}

mkdir -p out
: >reason
: >"$log"
[ -z "$stays" ] || clear_place
[ -z "${BUILD_DEPENDS-}" ] || logged install_depends ||
	refuse 124 dependencies 'the build dependencies cannot be installed'
id "$user" >/dev/null 2>&1 || useradd --system --user-group --home-dir "$top" --shell /bin/sh "$user"
install -d -m 0755 -o "$user" -g "$user" "$top"
find . -mindepth 1 -maxdepth 1 ! -name build.sh ! -name distcc.sh ! -name ccache.sh ! -name again.sh ! -name out ! -name reason \
	! -name .status -exec mv -t "$top" {} +
chown -hR "$user:$user" "$top"

# The parallel jobs are the guest's CPUs, unless BUILD_JOBS or the options say otherwise.
options=
jobs=${BUILD_JOBS-}
for word in ${DEB_BUILD_OPTIONS-}; do
	case $word in
	parallel=*) jobs=${jobs:-${word#parallel=}} ;;
	*) options="$options$word " ;;
	esac
done
cpus=$(nproc)
cat >"$top/.run" <<'RUN'
set -eu
umask "$mask"
if [ -e "$HOME/.distcc/on" ]; then
	PATH=$HOME/.distcc/bin:$PATH
	: "${jobs:=$((2 * cpus))}" # while one compiles outside, another is preprocessed
elif [ -n "$cached" ]; then
	PATH=/usr/lib/ccache:$PATH
fi
DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS}parallel=${jobs:-$cpus}"
case $kind in
dsc)
	dpkg-source -x -- *.dsc source
	;;
esac
cd source
if [ -n "$dated" ] && [ -e debian/changelog ]; then
	SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -S Timestamp)
	export SOURCE_DATE_EPOCH
fi
if [ -n "$command" ]; then
	eval "$command"
else
	chmod +x debian/rules
	dpkg-buildpackage -us -uc -b
	if [ "$lintian" = yes ]; then
		lintian --no-tag-display-limit ../*.changes || echo "lintian exited with $?"
	fi
fi
RUN
run="env -i HOME=$top PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games USER=$user LOGNAME=$user"
zone='' locale=C.UTF-8 mask=0022 # of the build
inside()
{
	# shellcheck disable=SC2086 # words
	set -- runuser -u "$user" -- $run DEB_BUILD_OPTIONS="$options" DEB_BUILD_PROFILES="${DEB_BUILD_PROFILES-}" \
		LC_ALL="$locale" ${zone:+TZ="$zone"} mask="$mask" dated="${BUILD_REPRODUCIBLE-}" cached="${BUILD_CCACHE-}" cpus="$cpus" jobs="$jobs" \
		kind="$kind" command="$command" lintian="${BUILD_LINTIAN-}" sh "$top/.run"
	[ -z "${BUILD_DISTCC-}" ] || set -- sh "$here/distcc.sh" "$@"
	cd "$top"
	if [ "$network" = yes ]; then
		"$@"
	else
		# a network of its own that holds lo alone
		# shellcheck disable=SC2016 # for the inner shell
		unshare --net -- sh -c 'ip link set lo up; exec "$@"' sh "$@"
	fi
}

# Prints the command line of the newest process: what the build waits for.
newest()
{
	tr '\0' ' ' <"/proc/$(processes | tail -n 1)/cmdline" 2>/dev/null | cut -c1-200 | sed 's/ *$//'
}

# Kills a build whose log has not grown for so long.
watch_silence()
{
	seconds=0 size=
	step=$((BUILD_SILENCE / 10 < 1 ? 1 : BUILD_SILENCE / 10 > 60 ? 60 : BUILD_SILENCE / 10))
	while sleep "$step"; do
		now=$(stat -c %s "$log")
		[ "$now" = "$size" ] || seconds=0
		size=$now
		seconds=$((seconds + step))
		[ "$seconds" -le "$BUILD_SILENCE" ] && continue
		running=$(newest)
		echo "silence $running" >reason
		echo "debwiz: nothing was printed for $BUILD_SILENCE seconds; killed while it ran: $running" | tee -a "$log"
		kill_all
		break
	done
}

# Prints how many objects were compiled where, by distcc's log: of each process the line before it compiled here is why.
count_objects()
{
	awk '{
		at = index($0, "] ")
		pid = substr($0, 1, at)
		text = substr($0, at + 2)
		sub(/^\([a-z0-9_]*\) /, "", text)
		sub(/^(ERROR|Warning): /, "", text)
	}
	text ~ /^compile .* completed ok$/ { outside++; delete why[pid]; next }
	text ~ /^exec on localhost: / {
		if (text ~ / -[cS] / && text !~ / -E /)
			inside[pid in why ? why[pid] : "no host was free"]++
		delete why[pid]
		next
	}
	text ~ /^(exec on|compile from|cpp |elapsed|exit:|No authentication|child|no visible output file)/ { next }
	text ~ /times: user/ || text ~ /bytes from/ { next }
	text ~ /^failed to distribute/ { if (!(pid in why)) why[pid] = "no host was free"; next }
	text ~ /^remote compilation of .* failed/ || text ~ /^compile .* failed/ { why[pid] = "failed outside"; next }
	{ why[pid] = text }
	END {
		print "outside " outside + 0
		for (reason in inside)
			print "inside " inside[reason] " " reason
	}' "$top/.distcc/log" 2>/dev/null
}

killed_for_memory()
{
	sed -n 's/^oom_kill //p' /proc/vmstat 2>/dev/null
}

# Moves what a build made to the folder $1, and copies its artifacts.
collect()
{
	to=$here/$1
	mkdir -p "$to"
	find "$top" -mindepth 1 -maxdepth 1 -type f \( -name '*.deb' -o -name '*.udeb' -o -name '*.ddeb' -o \
		-name '*.changes' -o -name '*.buildinfo' \) -exec mv -t "$to" {} +
	cd "$top/source" 2>/dev/null || cd "$top"
	IFS='
'
	# shellcheck disable=SC2086 # patterns, a line each
	for file in ${BUILD_ARTIFACTS-}; do
		[ ! -e "$file" ] && [ ! -L "$file" ] && continue
		mkdir -p "$to/$stem.artifacts"
		cp -a --parents -- "$file" "$to/$stem.artifacts"
	done
	unset IFS
	cd "$here"
}

if [ -n "${BUILD_REPRODUCIBLE-}" ]; then
	# shellcheck source=assets/build/again.sh
	. ./again.sh
	keep_source || refuse 1 full 'the source cannot be copied for the second build'
fi
if [ -n "${BUILD_CCACHE-}" ]; then
	# shellcheck source=assets/build/ccache.sh
	. ./ccache.sh
	ccache_open || BUILD_CCACHE=
fi
echo "debwiz: builds $stem" | tee -a "$log"
killed=$(killed_for_memory)
watcher=
if [ "${BUILD_SILENCE:-0}" != 0 ]; then
	watch_silence 9>&- &
	watcher=$!
fi
lookout=
if [ -n "$stays" ] && serves=$(connection) && [ -n "$serves" ]; then
	watch_connection "$serves" 9>&- &
	lookout=$!
fi
status=0
logged inside || status=$?
collect out
if [ -n "${BUILD_REPRODUCIBLE-}" ] && [ "$status" = 0 ]; then
	build_again || status=$?
fi
# shellcheck disable=SC2086 # words
[ -z "$watcher$lookout" ] || kill $watcher $lookout 2>/dev/null || :
if [ "$status" != 0 ] && [ ! -s reason ]; then
	if [ "$(killed_for_memory)" != "$killed" ]; then
		program=$(dmesg 2>/dev/null | sed -n 's/.*Killed process [0-9]* (\(.*\)).*/\1/p' | tail -n 1)
		echo "memory ${program%%)*}" >reason
	elif tail -n 200 "$log" | grep -q 'No space left on device'; then
		echo full >reason
	fi
fi
if [ -n "${BUILD_DISTCC-}" ]; then
	count_objects >>reason
	sed -n 's/^outside \(.*\)/debwiz: objects compiled outside: \1/p; s/^inside \([0-9]*\) /debwiz: in this machine: \1: /p' \
		reason | tee -a "$log"
fi
[ -z "${BUILD_CCACHE-}" ] || ccache_close || :
[ ! -e .ccache ] || cat .ccache >>reason
chmod -R a+rX out
if [ -n "$stays" ] && [ "$status" = 0 ]; then
	rm -rf --one-file-system "$top"
fi
exit "$status"
