# SPDX-License-Identifier: MIT
# Lets what build.sh builds compile outside this machine. Run as root, in the build's network, by `sh distcc.sh COMMAND...`
# in the folder $BUILD_TOP: connects distcc with the sockets of BUILD_DISTCC_HOSTS (a line each: SOCKET,JOBS,NAME),
# tries each, puts compilers that use it into .distcc/bin, and runs the command. The compilers of BUILD_DISTCC are asked
# for by their full names, so that whoever compiles has to have the one for this architecture; their version is
# BUILD_DISTCC_VERSION. Nothing but these sockets becomes reachable.
set -u
top=$PWD
state=$top/.distcc
user=${BUILD_USER-builder}
first=${BUILD_DISTCC%% *}
relay=${BUILD_RELAY-/lib/systemd/systemd-socket-proxyd}
port=3632
hosts=''
names=''
relays=''

# Whether something listens on that port of the loopback.
listens()
{
	grep -qi "^ *[0-9]*: 0100007F:$(printf %04X "$1") 00000000:0000 0A " /proc/net/tcp
}

# relay_start SOCKET: passes connections to the port on to the socket.
relay_start()
{
	systemd-socket-activate -l "127.0.0.1:$port" "$relay" "$1" </dev/null >/dev/null 2>&1 &
	relays="$relays $!"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		listens "$port" && return 0
		sleep 0.5
	done
	return 1
}

# Prints why the host of $1 cannot be used: its object is not like those of this machine. Nothing: it can.
try()
{
	rm -f "$state"/probe.*
	echo 'int debwiz;' >"$state/probe.c"
	if ! runuser -u "$user" -- env -i PATH=/usr/bin:/bin TMPDIR="$state" DISTCC_DIR="$state/probe" DISTCC_HOSTS="$1" \
		DISTCC_FALLBACK=0 DISTCC_IO_TIMEOUT=60 DISTCC_LOG="$state/probe.log" \
		distcc "/usr/bin/$first" -c "$state/probe.c" -o "$state/probe.o" 2>/dev/null; then
		sed -n 's/^distcc[^ ]* //; s/^([a-z_]*) //; s/^ERROR: //p' "$state/probe.log" 2>/dev/null | head -n 1 | grep . ||
			echo 'it did not compile'
		return
	fi
	# the first bytes of an ELF file: its kind and its machine
	if ! head -c 20 "$state/probe.o" | cmp -s - "$state/like"; then
		echo 'its objects are for another architecture'
	elif ! grep -aq "GCC: ([^)]*) $BUILD_DISTCC_VERSION" "$state/probe.o"; then
		echo "its compiler is not version $BUILD_DISTCC_VERSION"
	fi
}

# wrap COMPILER NAME...: writes a compiler of each name that is COMPILER here.
wrap()
{
	real=/usr/bin/$1
	[ -x "$real" ] || return 0
	shift
	for name; do
		[ "$(readlink -f "/usr/bin/$name")" = "$(readlink -f "$real")" ] || continue
		cat >"$state/bin/$name" <<-END
			#!/bin/sh
			case " \$* " in
			*" -c "* | *" -S "*)
				export DISTCC_HOSTS='${hosts# }' DISTCC_DIR='$state/lib' DISTCC_LOG='$state/log'
				$through $real "\$@"
				;;
			esac
			exec $real "\$@"
		END
		chmod 0755 "$state/bin/$name"
	done
}

mkdir -p "$state/bin" "$state/lib" "$state/probe"
: >"$state/log"
head -c 20 "/usr/lib/${first%-gcc-*}/crt1.o" >"$state/like"
chown -R "$user:$user" "$state/lib" "$state/probe" "$state/log" "$state"
IFS='
'
for line in $BUILD_DISTCC_HOSTS; do
	name=${line##*,}
	socket=${line%%,*}
	jobs=${line#*,}
	jobs=${jobs%%,*}
	host=127.0.0.1:$port/$jobs,lzo
	if [ ! -S "$socket" ]; then
		why='ssh did not forward its socket'
	elif ! relay_start "$socket"; then
		why="nothing listens on port $port"
	else
		why=$(try "$host")
	fi
	if [ -z "$why" ]; then
		hosts="$hosts $host"
		names="$names${names:+, }$name"
	else
		echo "debwiz: $name does not compile: $why"
	fi
	port=$((port + 1))
done
unset IFS
through='exec distcc'
if [ -n "${BUILD_CCACHE-}" ]; then
	# objects compiled outside are not used where the build compiles inside
	echo "compiled outside by version $BUILD_DISTCC_VERSION" >"$state/compiler"
	through="CCACHE_PREFIX=distcc CCACHE_EXTRAFILES='$state/compiler' exec ccache"
fi
if [ -n "$hosts" ]; then
	echo "debwiz: compiling by distcc: $names"
	for compiler in $BUILD_DISTCC; do
		gnu=${compiler%-g*-*}
		short=${compiler#"$gnu-"}
		plain=${short%-*}
		case $plain in
		gcc) wrap "$compiler" "$compiler" "$gnu-$plain" "$short" "$plain" cc ;;
		g++) wrap "$compiler" "$compiler" "$gnu-$plain" "$short" "$plain" c++ ;;
		esac
	done
	: >"$state/on"
fi
status=0
"$@" || status=$?
# shellcheck disable=SC2086 # words
kill $relays 2>/dev/null
echo "$BUILD_DISTCC_HOSTS" | sed 's/,.*//' | xargs rm -f --
exit "$status"
