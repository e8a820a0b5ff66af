#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The end of an installation by Debian's installer (debconf's preseed/late_command), with its busybox. If the initrd has
# debwiz's files for guests, they are copied to /target, and the system reads its seed at its first boot, as a system that
# debwiz has unpacked. Otherwise the system stays as it was installed. The mark is written last.

set -e
target=/target
here=/debwiz

# put MODE PATH: copies a file of the list, as the unpacking of a root does
put()
{
	mkdir -p "$target${2%/*}"
	rm -f "$target$2"
	cp "$here/root$2" "$target$2"
	chmod "$1" "$target$2"
}

enable_units()
{
	for unit in "$@"; do
		in-target systemctl enable "$unit"
	done
}

if [ -e $here/files.list ]; then
	while read -r mode path arrow to; do
		case $mode in
		'#'*|'') ;;
		*)
			if [ "$arrow" = '->' ]; then
				mkdir -p "$target${path%/*}"
				ln -sfn "$to" "$target$path"
			else
				put "$mode" "$path"
			fi ;;
		esac
	done <$here/files.list
	# networkd in place of ifupdown, as in every root of debwiz
	enable_units systemd-networkd.service debwiz-firstboot.service debwiz-grow.service debwiz-report.service \
		debwiz-host.service debwiz-settle.service debwiz-swap.service
	for unit in networking.service e2scrub_reap.service grub-common.service; do
		[ ! -e $target/lib/systemd/system/$unit ] || in-target systemctl disable $unit
	done
	[ ! -e $target/etc/network/interfaces ] ||
		printf '# The network is set up by systemd-networkd.\nauto lo\niface lo inet loopback\n' \
			>$target/etc/network/interfaces
	rm -f $target/etc/ssh/ssh_host_*
	: >$target/etc/machine-id
	if [ -x $target/usr/sbin/update-grub ]; then
		console=$(sed 's/.*console=\([^ ,]*\).*/\1/' /proc/cmdline)
		mkdir -p $target/etc/default/grub.d
		cat >$target/etc/default/grub.d/debwiz.cfg <<-END
			# The menu is shown for a second on the serial line, which is the kernel's console, too.
			GRUB_TIMEOUT=1
			GRUB_TERMINAL=console
			GRUB_CMDLINE_LINUX_DEFAULT=
			GRUB_CMDLINE_LINUX="console=$console"
			GRUB_DISABLE_OS_PROBER=true
		END
		in-target update-grub
	fi
fi
mkdir -p $target/var/lib/debwiz
date -u +%Y-%m-%dT%H:%M:%SZ >$target/var/lib/debwiz/installed
sync
