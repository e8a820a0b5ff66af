# SPDX-License-Identifier: MIT
# shellcheck shell=dash
#
# For firstboot: a machine whose seed disk has the file `template` starts everything that needs no identity, and waits.
# The host saves it there, and resumes copies of it as new machines, each with a seed of its own. settle does the rest.

# On the disk of a template, until a copy has renewed what it must not share
template_mark=/var/lib/debwiz/template

# template_wait: prepares the template and waits; returns in a copy, once the host has resumed it
template_wait()
{
	mkdir -p ${template_mark%/*}
	: >$template_mark
	/usr/local/lib/debwiz/grow
	! modprobe -q zram || /usr/local/lib/debwiz/swap
	template_settle
	# timers would catch up with the time that passes until a copy is made
	timers=$(systemctl list-units --type=timer --state=active --plain --no-legend | cut -d ' ' -f 1)
	echo "$timers" >/run/debwiz-timers
	# shellcheck disable=SC2086 # names of units
	[ -z "$timers" ] || systemctl stop $timers
	rm -f /var/lib/systemd/timers/stamp-*
	sync
	find_port debwiz.host || return
	# the host saves the machine here, and a copy continues from here
	# shellcheck disable=SC2154
	from=$port
	report "1 waiting"
	while read -r version word epoch random; do
		[ "$version $word" != "1 begin" ] || break
	done <"$from"
	set_clock "$epoch"
	template_reseed "$random"
}

# template_settle: waits until no other unit is being started
template_settle()
{
	tries=600
	calm=0
	while [ $calm -lt 3 ] && [ $tries -gt 0 ]; do
		tries=$((tries - 1))
		calm=$((calm + 1))
		[ "$(systemctl list-jobs --plain --no-legend | grep -c ' running$')" -le 1 ] || calm=0
		sleep 0.5
	done
}

# template_reseed TEXT: gives the kernel random bytes of this copy alone. RNDRESEEDCRNG (two numbers, by architecture):
# it uses them now, not at its next reseeding.
template_reseed()
{
	printf '%s\n' "$1" | perl -e 'open U, "+<", "/dev/urandom" or die; sysread STDIN, $b, 512; syswrite U, $b;
		ioctl U, 0x5207, 0 or ioctl U, 0x20005207, 0 or die "$!\n"'
}

# template_renew: renews what all copies of a template have on their disks; in any other machine there is nothing to do
template_renew()
{
	[ -e $template_mark ] || return 0
	read -r was </etc/machine-id || was=''
	tr -d - </proc/sys/kernel/random/uuid >/run/debwiz-machine-id || return
	read -r id </run/debwiz-machine-id
	cat /run/debwiz-machine-id >/etc/machine-id || return
	[ ! -f /var/lib/dbus/machine-id ] || [ -L /var/lib/dbus/machine-id ] || cat /etc/machine-id >/var/lib/dbus/machine-id
	head -c 512 /dev/urandom >/var/lib/systemd/random-seed
	rm -f /var/lib/systemd/credential.secret
	for logs in /run/log/journal /var/log/journal; do
		[ -z "$was" ] || [ ! -d "$logs/$was" ] || mv "$logs/$was" "$logs/$id"
	done
	sync -f /etc/machine-id
	rm $template_mark
}
