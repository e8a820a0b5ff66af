#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Configures a root whose packages are unpacked. Runs once, as root, chrooted, in the guest, started by debwiz's
# initrd (init), with /proc, /sys, /dev and a tmpfs on /run mounted.
#
# In: /run/debwiz/run.sh, packages.sh and personal.sh (functions), /run/debwiz/config.env (KERNEL_VERSION KERNEL_IMAGE
# KERNEL_ARCH ARCH CONSOLE INITRD_MODULES GRUB_TARGET GRUB_PACKAGE ROOT_UUID ESP_UUID EXTRA_DEBS EXTRA_AUTO SEED_EPOCH),
# /run/debwiz/busybox, extra debs in
# /var/cache/debwiz, debwiz's initrd in /boot/initrd.img-VERSION, the progress port on descriptor 9 if
# /run/debwiz/port exists. Out: progress lines; the last line in /run/debwiz/result, which init sends after the disk
# is unmounted; status 0 on success.
#
# Slow work that does not depend on dpkg (depmod, the boot loader) runs in parallel on the second processor. Commands
# that maintainer scripts would run in vain (for an existing initramfs, GRUB's menu) are replaced by PATH, so that no
# change of the root remains.

. /run/debwiz/run.sh
exec 2>>$log
. $run/config.env
. $run/packages.sh
. $run/personal.sh
. /usr/local/lib/debwiz/again.sh
export LC_ALL=C DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true
umask 022
plain_path=$PATH

# ---- requirements of the first postinst scripts

now=$(date +%s)
[ "${SEED_EPOCH:-0}" -le "$now" ] || date -s "@$SEED_EPOCH" >>$log

phase prepare
# files that packages derive from the host name must not contain the machine's
must $run/busybox hostname localhost
# some packages look up this machine's addresses, and fail if there are none
must $run/busybox ip link set dev lo up
must cp /usr/share/base-passwd/passwd.master /etc/passwd
must cp /usr/share/base-passwd/group.master /etc/group
[ -e /usr/bin/awk ] || must ln -s mawk /usr/bin/awk
must ldconfig
mkdir -p $run/bin /etc/initramfs-tools/conf.d /boot/efi /var/lib/debwiz
[ -z "$KERNEL_ARCH" ] || must dpkg --add-architecture "$KERNEL_ARCH"
[ ! -e $run/initrd.img ] || must cp $run/initrd.img "/boot/initrd.img-$KERNEL_VERSION"
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d

{
	echo "# <device> <mount point> <type> <options> <dump> <pass>"
	echo "UUID=$ROOT_UUID / ext4 errors=remount-ro 0 1"
	[ -z "$GRUB_TARGET" ] || echo "UUID=$ESP_UUID /boot/efi vfat umask=0077,nofail 0 0"
} >/etc/fstab

# For an initramfs that the guest generates after an upgrade: only the modules for QEMU's devices, since MODULES=most
# takes minutes under emulation.
echo MODULES=list >/etc/initramfs-tools/conf.d/debwiz
{
	echo "# Modules of the initramfs: what a QEMU machine needs to see its disk."
	for module in $INITRD_MODULES virtio_net virtio_rng; do
		echo $module
	done
} >/etc/initramfs-tools/modules

# The kernel's preinst creates this file; without it the links /vmlinuz and /initrd.img are not created.
: >"/lib/modules/$KERNEL_VERSION/.fresh-install"

# ---- in parallel to dpkg: modules.dep, and the boot loader

grub_install()
{
	# grub-install and update-grub search for the names that udev would create
	mkdir -p /dev/disk/by-uuid
	root_device=$(awk '$2 == "/" && $1 ~ /^\/dev\// { print $1 }' /proc/mounts)
	ln -sf "$root_device" "/dev/disk/by-uuid/$ROOT_UUID"
	# the first partition of the root's disk
	esp_device=${root_device%[0-9]}1
	mkfs.vfat -n ESP -i "$(echo "$ESP_UUID" | tr -d -)" "$esp_device" || return
	while [ ! -e $run/depmod.done ]; do $run/busybox usleep 100000; done
	for module in vfat nls_cp437 nls_ascii nls_utf8; do
		modprobe $module
	done
	mount -t vfat -o umask=0077 "$esp_device" /boot/efi || return
	grub-install --target="$GRUB_TARGET" --efi-directory=/boot/efi --removable --no-nvram
}

{
	depmod "$KERNEL_VERSION" && : >$run/depmod.ok
	: >$run/depmod.done
} >>$run/depmod.log 2>&1 9>&- &

if [ -n "$GRUB_TARGET" ]; then
	{
		grub_install
		echo $? >$run/grub.code
		read -r up rest </proc/uptime
		echo "grub-install ended at $up s"
		: >$run/grub.done
	} >$run/grub.log 2>&1 9>&- &
fi

# Work that no other depends on is queued, in order, for the second processor.
work_queue()
{
	set -f
	while read -r line; do
		[ "$line" != end ] || break
		# dpkg would set the package's name; the tools only check that dpkg calls them
		# shellcheck disable=SC2086
		env PATH="$plain_path" DPKG_MAINTSCRIPT_PACKAGE=debwiz DPKG_MAINTSCRIPT_NAME=postinst $line </dev/null ||
			echo "$line: status $?" >>$run/queue.failed
		case $line in
		deb-systemd-helper*) rm -f "$run/pending/${line##* }" ;;
		esac
	done
	read -r up rest </proc/uptime
	echo "queue ended at $up s"
}

mkdir $run/pending
mkfifo $run/queue
exec 7<>$run/queue
work_queue <&7 >$run/queue.log 2>&1 8>&- 9>&- &
worker=$!

shadow depmod <<-END
	[ "\$*" = "$KERNEL_VERSION" ] || exec env PATH=$plain_path depmod "\$@"
	while [ ! -e $run/depmod.done ]; do $run/busybox usleep 100000; done
	[ -e $run/depmod.ok ]
END

# The initramfs exists, the boot loader follows later, keys would be discarded, no service must be started, and
# dpkg-maintscript-helper has nothing to do after a first installation.
for name in update-initramfs update-grub grub-install ssh-keygen invoke-rc.d dpkg-maintscript-helper; do
	ln -s /bin/true $run/bin/$name
done

shadow update-rc.d <<-END
	echo "update-rc.d \$*" >$run/queue
END
shadow systemd-hwdb <<-END
	echo "systemd-hwdb \$*" >$run/queue
END
# called by the package and again by its trigger
shadow update-ca-certificates <<-END
	mkdir $run/certificates 2>/dev/null || exit 0
	echo "update-ca-certificates" >$run/queue
END
# Queries about a unit that was never enabled or masked have a fixed answer, for which perl takes long.
shadow deb-systemd-helper <<-END
	state=/var/lib/systemd/deb-systemd-helper
	for unit; do :; done
	while [ -e $run/pending/\$unit ]; do $run/busybox usleep 50000; done
	case "\$*" in
	--user*) ;;
	"enable \$unit")
		: >"$run/pending/\$unit"
		echo "deb-systemd-helper \$*" >$run/queue
		exit 0 ;;
	"unmask \$unit")
		[ -L "/etc/systemd/system/\$unit" ] || exit 0 ;;
	"--quiet was-enabled \$unit")
		[ -e "\$state-enabled/\$unit.dsh-also" ] || exit 0 ;;
	esac
	exec env PATH=$plain_path deb-systemd-helper "\$@"
END
export PATH="$run/bin:$plain_path"

# ---- diversions: the preinst scripts have not run, and at a first installation nearly all of them do nothing. Those of
# trixie that protect files during the move from /lib to /usr/lib divert them: dpkg-divert does the same afterwards.
# Without perl they ask no debconf questions.

ln -s /bin/false $run/bin/perl
for script in $(grep -l 'dpkg-divert .*--no-rename' /var/lib/dpkg/info/*.preinst); do
	package=${script##*/}
	package=${package%.preinst}
	must env DPKG_MAINTSCRIPT_NAME=preinst DPKG_MAINTSCRIPT_PACKAGE="${package%%:*}" DPKG_MAINTSCRIPT_ARCH="$ARCH" \
		DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 DPKG_ROOT='' "$script" install </dev/null
done
rm $run/bin/perl

# ---- configure

: >$run/mark
phase configure
total=$(grep -c '^Status: install ok unpacked' /var/lib/dpkg/status)

# dpkg's status lines on standard input become progress lines; the first error is kept
follow_dpkg()
{
	while read -r word what name rest; do
		case $word$what in
		again) rm -f $run/broken ;;
		processing:configure:)
			n=$((n + 1))
			progress "configuring n=$n total=$total package=${name%%:*}"
			if [ -n "$timing" ]; then read -r up rest </proc/uptime; echo "$up $name" >>$run/timing; fi ;;
		processing:trigproc:)
			if [ -n "$timing" ]; then read -r up rest </proc/uptime; echo "$up trigger $name" >>$run/timing; fi ;;
		status:*)
			case $name in
			:) [ -s $run/broken ] || echo "${what%%:*}" >$run/broken ;;
			esac ;;
		esac
	done
}

timing=''
[ ! -e $run/timing ] || timing=1
# login has login.defs, whose account ageing passwd uses when it creates /etc/shadow
first="base-passwd base-files dpkg libc6 perl-base mawk debconf login"
mkfifo $run/status
n=0
follow_dpkg <$run/status &
follower=$!
exec 8>$run/status
code=0
for name in $first; do
	# too early for some of their dependencies: the next call repeats what fails here
	dpkg --force-all --status-fd 8 --configure "$name" >>$log 2>&1 </dev/null 9>&-
done
echo again >&8
dpkg --force-unsafe-io --status-fd 8 --configure -a >>$log 2>&1 </dev/null 9>&- || code=$?
exec 8>&-
echo end >&7
wait $follower
if [ $code -ne 0 ]; then
	broken=
	[ ! -s $run/broken ] || read -r broken <$run/broken
	fail "dpkg ended with status $code${broken:+ on $broken}" "$(log_cause $log)"
fi

# After the last package the files no longer change. Digests take long under emulation: most of them are checked in
# parallel to the next steps, the rest on the other processor afterwards.
share_out()
{
	dpkg-query -W -f='${Installed-Size} ${binary:Package}\n' | sort -rn |
		awk -v run=$run '{ if (2 * rest > beside) { beside += $1; print $2 >(run "/verify.beside") }
			else { rest += $1; print $2 >(run "/verify.rest") } }'
}

# verify NAME: verifies the listed packages; writes differences, and the status if dpkg fails
verify()
{
	xargs dpkg --verify <$run/verify.$1 >$run/verify.$1.said 2>&1 || echo "status $?" >>$run/verify.$1.said
	: >$run/verify.$1.done
}

wait $worker
cat $run/queue.log >>$log
[ ! -s $run/queue.failed ] || { cat $run/queue.failed >>$log; fail "work beside dpkg went wrong" "$(log_cause $log)"; }
exec 7>&-

# ---- packages that the user asked for

# The scripts of these packages run the real programs: only the replacements for initramfs and boot loader stay. ssh's
# host keys are generated for each machine.
rm -f $run/bin/depmod $run/bin/ssh-keygen $run/bin/dpkg-maintscript-helper $run/bin/update-rc.d $run/bin/systemd-hwdb \
	$run/bin/update-ca-certificates $run/bin/deb-systemd-helper
shadow ssh-keygen <<-END
	case "\$*" in
	*/etc/ssh/ssh_host_*) exit 0 ;;
	esac
	exec env PATH=$plain_path ssh-keygen "\$@"
END
: >$run/extras
if [ "${EXTRA_DEBS:-}" = 1 ]; then
	phase packages
	install_extras /var/cache/debwiz
	rm -rf /var/cache/debwiz
fi

# ---- files that packages generated for this one system

phase personal
personal_remove
export PATH="$plain_path"
[ ! -d $renew ] || personal_units
share_out
verify beside 9>&- &
must apt-mark auto "linux-image-$KERNEL_VERSION${KERNEL_ARCH:+:$KERNEL_ARCH}"

# ---- units: networkd in place of ifupdown; there are no LVM snapshots to reap, and GRUB's record of a successful
# boot is for a menu that Debian does not have

must systemctl enable systemd-networkd.service debwiz-firstboot.service debwiz-grow.service debwiz-report.service \
	debwiz-host.service debwiz-settle.service debwiz-swap.service
[ ! -d $renew ] || must systemctl enable debwiz-renew.service
for unit in networking.service e2scrub_reap.service grub-common.service; do
	[ ! -e /lib/systemd/system/$unit ] || must systemctl disable $unit
done

# Modules that each boot would load in advance: the kernel loads them when they are required.
for unit in modprobe@drm.service modprobe@loop.service modprobe@dm_mod.service modprobe@efi_pstore.service; do
	must ln -sf /dev/null /etc/systemd/system/$unit
done

# /tmp on the disk, as in bookworm: trixie's tmpfs of half the memory is too small for builds, and uses memory.
[ ! -e /usr/lib/systemd/system/tmp.mount ] || must systemctl mask tmp.mount

# ---- boot loader

if [ -n "$GRUB_TARGET" ]; then
	phase bootloader
	while [ ! -e $run/grub.done ]; do $run/busybox usleep 100000; done
	cat $run/grub.log >>$log
	[ "$(cat $run/grub.code)" = 0 ] || fail "the EFI system partition or grub-install failed" "$(log_cause $log)"
	mkdir -p /etc/default/grub.d
	cat >/etc/default/grub.d/debwiz.cfg <<-END
		# The menu is shown for a second on the serial line, which is the kernel's console, too.
		GRUB_TIMEOUT=1
		GRUB_TERMINAL=console
		GRUB_CMDLINE_LINUX_DEFAULT=
		GRUB_CMDLINE_LINUX="console=$CONSOLE"
		GRUB_DISABLE_OS_PROBER=true
	END
	must update-grub
	debconf-set-selections >>$log 2>&1 <<-END || fail "debconf-set-selections failed"
		$GRUB_PACKAGE grub2/force_efi_extra_removable boolean true
		$GRUB_PACKAGE grub2/update_nvram boolean false
	END
	must umount /boot/efi
fi
while [ ! -e $run/depmod.done ]; do $run/busybox usleep 100000; done
cat $run/depmod.log >>$log
[ -e $run/depmod.ok ] || fail "depmod failed"

# ---- final checks

phase check
dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' | grep -v '^ii ' >$run/odd
must_not_say "packages that are not installed: $(wc -l <$run/odd)"
dpkg --audit >$run/odd 2>&1
must_not_say "dpkg --audit has complaints"
# dpkg never clears the flag of a file that an upgrade removes ("newconffile remove-on-upgrade")
grep ' newconffile$' /var/lib/dpkg/status >$run/odd
must_not_say "configuration files are still marked new"
must apt-get check
verify rest
while [ ! -e $run/verify.beside.done ]; do $run/busybox usleep 100000; done
cat $run/verify.beside.said $run/verify.rest.said >$run/odd
must_not_say "dpkg --verify has complaints"
for name in "$KERNEL_IMAGE" "/boot/initrd.img-$KERNEL_VERSION" \
	"/lib/modules/$KERNEL_VERSION/modules.dep"; do
	[ -s "$name" ] || fail "there is no $name"
done

# ---- remove personal data

phase clean
rm -f /usr/sbin/policy-rc.d /etc/ssh/ssh_host_* /var/lib/systemd/random-seed /var/lib/systemd/credential.secret \
	/var/lib/dbus/machine-id /var/log/*.log /var/log/apt/* /etc/resolv.conf.dpkg-*
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /var/log/journal/* /tmp/* /var/tmp/*
mkdir -p /var/lib/apt/lists/partial
: >/etc/machine-id
chmod 0444 /etc/machine-id
sync
phase end
[ -z "$timing" ] || cat $run/timing
grep '^===' $log
echo "configured kernel=$KERNEL_VERSION" >$run/result
exit 0
