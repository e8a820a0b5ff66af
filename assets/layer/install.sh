#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs the packages of a layer into a root that is configured. Runs once, as root, chrooted, in the guest, started by
# debwiz's initrd (init) as configure.sh is for a base.
#
# In: /run/debwiz/run.sh, packages.sh and personal.sh (functions), /run/debwiz/config.env (KERNEL_VERSION ARCH EXTRA_AUTO
# SEED_EPOCH), /run/debwiz/busybox, the debs in var/cache/debwiz of the partition debwiz-debs, which is read-only, the
# progress port on descriptor 9 if /run/debwiz/port exists. Out: progress lines; the last line in /run/debwiz/result.

. /run/debwiz/run.sh
exec 2>>$log
. $run/config.env
. $run/packages.sh
. $run/personal.sh
. /usr/local/lib/debwiz/again.sh
export LC_ALL=C DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true
umask 022
plain_path=$PATH

# find_debs: prints the device of the partition with the packages
find_debs()
{
	for event in /sys/class/block/*/uevent; do
		grep -qx PARTNAME=debwiz-debs "$event" || continue
		event=${event%/uevent}
		echo "/dev/${event##*/}"
		return
	done
}

now=$(date +%s)
[ "${SEED_EPOCH:-0}" -le "$now" ] || date -s "@$SEED_EPOCH" >>$log

phase prepare
must $run/busybox hostname localhost
must $run/busybox ip link set dev lo up
mkdir -p $run/bin $run/debs
device=$(find_debs)
[ -n "$device" ] || fail "there is no disk with the packages"
must mount -t ext4 -o ro,noload "$device" $run/debs
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d

# The base has its initramfs and boot loader, no service must be started; the index of manual pages takes long, and a
# machine that builds reads none.
for name in update-initramfs update-grub grub-install invoke-rc.d; do
	ln -s /bin/true $run/bin/$name
done
shadow ssh-keygen <<-END
	case "\$*" in
	*/etc/ssh/ssh_host_*) exit 0 ;;
	esac
	exec env PATH=$plain_path ssh-keygen "\$@"
END
export PATH="$run/bin:$plain_path"
echo "man-db man-db/auto-update boolean false" | debconf-set-selections >>$log 2>&1

: >$run/mark
phase packages
install_extras $run/debs/var/cache/debwiz

# ---- files that packages generated for this one system

phase personal
personal_remove
export PATH="$plain_path"
if [ -d "$renew" ]; then
	personal_units
	must systemctl enable debwiz-renew.service
fi

phase check
dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' | grep -v '^ii ' >$run/odd
must_not_say "packages that are not installed: $(wc -l <$run/odd)"
dpkg --audit >$run/odd 2>&1
must_not_say "dpkg --audit has complaints"

phase clean
umount $run/debs
rm -f /usr/sbin/policy-rc.d /etc/ssh/ssh_host_* /var/lib/systemd/random-seed /var/lib/systemd/credential.secret \
	/var/lib/dbus/machine-id /var/log/*.log /var/log/apt/* /etc/resolv.conf.dpkg-*
rm -rf /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /var/log/journal/* /tmp/* /var/tmp/*
: >/etc/machine-id
chmod 0444 /etc/machine-id
sync
phase end
grep '^===' $log
echo "configured kernel=$KERNEL_VERSION" >$run/result
exit 0
