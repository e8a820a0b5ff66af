# SPDX-License-Identifier: MIT
# Read by build.sh: lets ccache keep what the compiler makes on the volume, the disk of the serial number debwiz-volume,
# as much as BUILD_CCACHE MiB. A build gets the folder of its source package there, and no other one: what it leaves is used
# by later builds of that name alone. The file .ccache records for `reason` what came of it: "cached HITS MISSES",
# "uncached REASON", and "remade" if the volume's file system was damaged.
volume=${BUILD_VOLUME-/run/debwiz-volume} # only root may enter it
cache=${BUILD_CACHE-/var/cache/debwiz-ccache}

# ccache_refuse TEXT: the build does without it.
ccache_refuse()
{
	echo "uncached $1" >>.ccache
	echo "debwiz: no compiler cache: $1" | tee -a "$log"
	return 1
}

# Without discard the host would keep the space of everything that was ever there.
ccache_mount()
{
	e2fsck -p "$1" >/dev/null 2>&1 || [ $? = 1 ] || return 1
	mount -t ext4 -o nodev,nosuid,noexec,noatime,discard,noinit_itable "$1" "$volume/files"
}

ccache_format()
{
	mkfs.ext4 -q -F -m 0 -J size=32 -E lazy_itable_init=1,lazy_journal_init=1 "$1"
}

# Mounts the volume; makes its file system if it is new, or damaged.
ccache_mount_volume()
{
	if cmp -s -n 65536 "$1" /dev/zero; then
		ccache_format "$1"
	elif ccache_mount "$1"; then
		return 0
	else
		echo remade >>.ccache
		echo 'debwiz: the compiler cache is damaged, and is made again' | tee -a "$log"
		ccache_format "$1"
	fi
	ccache_mount "$1"
}

ccache_open()
{
	rm -f .ccache
	command -v ccache >/dev/null || {
		ccache_refuse 'this machine has no ccache'
		return
	}
	device=
	for device in "${BUILD_DISKS-/dev/disk/by-id}"/*debwiz-volume; do
		break
	done
	[ -e "$device" ] || {
		ccache_refuse 'the volume is not there'
		return
	}
	install -d -m 0700 "$volume"
	mkdir -p "$volume/files" "$cache"
	ccache_mount_volume "$device" || {
		ccache_refuse 'the volume cannot be mounted'
		return
	}
	mkdir -p "$volume/files/${stem%%_*}"
	touch "$volume/files/${stem%%_*}"
	chown -R "$user:$user" "$volume/files/${stem%%_*}" # its number differs by what else is installed
	mount --bind "$volume/files/${stem%%_*}" "$cache" || {
		umount "$volume/files"
		ccache_refuse 'the volume cannot be mounted'
		return
	}
	printf 'cache_dir = %s\nmax_size = %sMi\n' "$cache" "$BUILD_CCACHE" >"${BUILD_CCACHE_CONF-/etc/ccache.conf}"
	runuser -u "$user" -- ccache -z >/dev/null || ccache_refuse "ccache does not run"
}

# Removes what was kept for other packages, those first that were not built for longest, until the rest is small enough.
ccache_shrink()
{
	while [ "$(df -k --output=used "$volume/files" | tail -n 1)" -gt $((BUILD_CCACHE * 1024)) ]; do
		# shellcheck disable=SC2012 # names of packages
		oldest=$(ls -1tr "$volume/files" | grep -vx -e "${stem%%_*}" -e 'lost+found' | head -n 1)
		[ -n "$oldest" ] || break
		rm -rf "${volume:?}/files/$oldest"
	done
}

ccache_close()
{
	runuser -u "$user" -- ccache --print-stats 2>/dev/null | awk '
		$1 ~ /^(direct|preprocessed)_cache_hit$/ { hits += $2 }
		$1 == "cache_miss" { misses += $2 }
		END { print "cached " hits + 0 " " misses + 0 }' >>.ccache
	sed -n 's/^cached \(.*\) \(.*\)/debwiz: from the compiler cache: \1, compiled: \2/p' .ccache | tee -a "$log"
	ccache_shrink
	# a process that the build left keeps it in use; the journal keeps it sound
	umount "$cache" "$volume/files" || {
		sync -f "$volume/files"
		umount -l "$cache" "$volume/files"
	}
}
