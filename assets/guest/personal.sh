#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154
#
# Functions of configure.sh: find what packages generated for this one system (keys, identifiers, certificates, database
# clusters), so that the machines of one base do not share it. This requires no list of packages:
#
# 1. Candidates are files that no package owns, created by maintainer scripts, that others may not read or that
# contain a private key, a UUID, a certificate for this host's name, or that name.
# 2. dpkg's log has the package that was being configured when a candidate was created. The candidate is moved away and
#    the package's postinst runs again as at a first installation, with another host name: a file with different content
#    is personal, an equal one is not.
#
# Personal files are removed. /var/lib/debwiz/renew has a file NUMBER.PACKAGE for each package that creates such
# files, in the order in which they were configured, with the paths; the program renew runs these packages at a
# machine's first boot. Reads run, log; $run/mark is older than all files of maintainer scripts. PERSONAL_ROOT is ""
# except in tests.

root=${PERSONAL_ROOT:-}
renew=$root/var/lib/debwiz/renew
# Accounts, and the databases of package management: the same in each base.
not_personal="^$root/(etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|var/lib/(dpkg|apt|ucf|pam|systemd|debwiz)/)"

places="etc var/lib usr/local opt srv"

# personal_owned: prints the paths that packages own in these folders
personal_owned()
{
	cat "$root"/var/lib/dpkg/info/*.list | grep -E "^/($(echo $places | tr ' ' '|'))(/|\$)" | sed "s|^|$root|"
}

# personal_made: prints the files that no package owns and that are newer than the mark, as "open PATH" if others may
# read them, else "closed PATH"
personal_made()
{
	{
		personal_owned | sed 's/^/owned /'
		for place in $places; do
			[ -d "$root/$place" ] || continue
			find "$root/$place" -xdev -type d ! -perm -o=x -printf 'folder %p/\n'
			find "$root/$place" -xdev -type f -size +0 -cnewer "$run/mark" -printf '%m %p\n'
		done
	} | awk -v skip="$not_personal" '
		{ word = $1; path = substr($0, length(word) + 2) }
		word == "owned" { owned[path] = 1; next }
		word == "folder" { folders[++n] = path; next }
		path in owned || path ~ skip { next }
		{
			closed = int(word % 10 / 4) == 0
			for (i = 1; i <= n && !closed; i++)
				closed = index(path, folders[i]) == 1
			print (closed ? "closed " : "open ") path
		}'
}

# personal_candidates: prints the candidates among them
personal_candidates()
{
	name=$(hostname)
	personal_made >"$run/made"
	sed -n 's/^closed //p' "$run/made"
	sed -n 's/^open //p' "$run/made" | tr '\n' '\0' | xargs -0 -r grep -lsE \
		'PRIVATE KEY-----|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
	sed -n "s|^open \($root/etc/\)|\1|p" "$run/made" | tr '\n' '\0' | xargs -0 -r grep -lswI "$name"
	sed -n 's/^open //p' "$run/made" | tr '\n' '\0' | xargs -0 -r grep -ls -e '-----BEGIN CERTIFICATE-----' |
		while read -r path; do
			case $(openssl x509 -noout -subject -in "$path" 2>/dev/null) in
			*"$name"*) echo "$path" ;;
			esac
		done
}

# personal_tops: reads paths, prints "SECONDS PATH": what is removed as a unit, a file or the topmost folder that no
# package owns, and when its first file was created
personal_tops()
{
	personal_owned >"$run/owned"
	sort -u | tr '\n' '\0' | xargs -0 -r stat -c '%Z %n' | awk -v owned="$run/owned" -v top="$root" '
		BEGIN { while ((getline line <owned) > 0) is_owned[line] = 1 }
		{
			path = substr($0, length($1) + 2)
			while ((up = path) && sub("/[^/]*$", "", up) && up != top && !(up in is_owned))
				path = up
			if (!(path in first) || $1 < first[path])
				first[path] = $1
		}
		END { for (path in first) print first[path], path }' | sort -k 2
}

# personal_makers SECONDS PATH: prints the packages that may have created it, as "LINE PACKAGE" of dpkg's log, the most
# likely first: those with a postinst whose configuration began before that second ended. Packages that were configured
# in that second come first, then those that own its folder, mention it in the postinst, or have their name in the path;
# then the latest.
personal_makers()
{
	path=${2#"$root"}
	info=$root/var/lib/dpkg/info
	{
		printf '%s\n' "$info"/*.postinst | sed 's/^/has /'
		grep -lxF "${path%/*}" "$info"/*.list | sed 's/^/related /'
		{
			grep -lF -e "${path%/*}/" "$info"/*.postinst
			# a number, such as a version, occurs in any postinst
			case ${path##*/} in
			*[!0-9.]*) grep -lF -e "${path##*/}" "$info"/*.postinst ;;
			esac
		} | sort -u | sed 's/^/related /'
		awk '$3 == "configure" { print "log", $4, NR, $1, $2 }' "$root/var/log/dpkg.log"
	} | awk -v path="$path" -v date="$(date -d "@$1" '+%Y-%m-%d %H:%M:%S')" '
		$1 != "log" { sub(/.*\//, "", $2); sub(/\.[^.]*$/, "", $2) }
		{ sub(/:.*/, "", $2) }
		$1 == "has" { has[$2] = 1 }
		$1 == "related" { score[$2]++ }
		$1 == "log" && $4 " " $5 <= date {
			if ($4 " " $5 == date)
				busy[last] = 1
			last = $2
		}
		$1 == "log" && has[$2] && $4 " " $5 <= date {
			if (!($2 in line) && index(path, "/" $2))
				score[$2] += 2
			line[$2] = $3
		}
		END {
			busy[last] = 1
			for (name in line) print score[name] + (name in busy ? 4 : 0), line[name], name
		}' | sort -k 1,1nr -k 2,2nr | cut -d ' ' -f 2-
}

# personal_host: sets another host name, and restores it
personal_host()
{
	if [ -e "$run/hosts" ]; then
		mv "$run/hosts" "$root/etc/hosts"
		mv "$run/hostname" "$root/etc/hostname"
	else
		cp "$root/etc/hostname" "$run/hostname"
		cp "$root/etc/hosts" "$run/hosts"
		echo "127.0.1.1 elsewhere" >>"$root/etc/hosts"
		echo elsewhere >"$root/etc/hostname"
	fi
	hostname "$(cat "$root/etc/hostname")"
}

# personal_group PACKAGE: prints "SECONDS PATH" of what the package may have created and whose creator is not known yet.
# All of it was created after the package was first configured, which therefore does not depend on it.
personal_group()
{
	awk -v package="$1" -v found="$run/found" '
		BEGIN { while ((getline line <found) > 0) is_found[line] = 1 }
		$3 == package { sub(/^[^ ]+ [^ ]+ [^ ]+ /, ""); path = $0; sub(/^[^ ]+ /, "", path); if (!(path in is_found)) print }
	' "$run/makers"
}

# personal_try PACKAGE: moves the files of $run/group away and configures the package again. If a file has different
# content, all that were created again are removed and noted for renew. Files that were not are moved back; found ones
# are listed in $run/found.
personal_try()
{
	aside=$root/var/lib/debwiz/aside
	mkdir -p "$aside"
	n=0
	while read -r seconds top; do
		n=$((n + 1))
		mv "$top" "$aside/$n"
	done <"$run/group"
	echo "personal? $1: $(cut -d ' ' -f 2- "$run/group" | tr '\n' ' ')" >>"$log"
	configure_again "$1" >>"$log" 2>&1 || echo "status $?" >>"$log"
	n=0
	differs=''
	: >"$run/again"
	while read -r seconds top; do
		n=$((n + 1))
		if [ -n "$(find "$top" ! -type d -print -quit 2>/dev/null)" ]; then # ignore empty folders
			printf '%s\n' "$top" >>"$run/again"
			diff -r --no-dereference "$aside/$n" "$top" >/dev/null 2>&1 || differs=1
		else
			rm -rf "$top"
			mv "$aside/$n" "$top"
		fi
	done <"$run/group"
	rm -rf "$aside"
	cat "$run/again" >>"$run/found"
	[ -n "$differs" ] || return 0
	while read -r top; do
		printf 'personal: %s\n' "$top" >>"$log"
		rm -rf "$top"
	done <"$run/again"
	cat "$run/again" >>"$renew/$(awk -v package="$1" '$3 == package { printf "%06d", $2; exit }' "$run/makers").$1"
}

# personal_links: removes links to removed files, such as the hash names in /etc/ssl/certs
personal_links()
{
	find "$root/etc" "$root/var/lib" -xdev -type l -xtype l -cnewer "$run/mark" | while read -r path; do
		target=$(readlink -m "$path")
		if cat "$renew"/* | grep -qxF "$target"; then rm "$path"; fi
	done
}

# personal_remove: removes personal files and notes them for renew. Files that no package creates again stay, and are
# logged. $run/makers has "RANK LINE PACKAGE SECONDS PATH" for the four most likely creators of each; a package runs
# once, with all that it may have created, since a file may be created only if another one is missing, too.
personal_remove()
{
	mkdir -p "$renew"
	personal_candidates | personal_tops >"$run/tops"
	while read -r seconds top; do
		rank=0
		personal_makers "$seconds" "$top" | head -n 4 | while read -r line package; do
			rank=$((rank + 1))
			printf '%s\n' "$rank $line $package $seconds $top"
		done
	done <"$run/tops" >"$run/makers"
	: >"$run/found"
	[ ! -s "$run/tops" ] || personal_host
	# shellcheck disable=SC2013 # names of packages
	for package in $(sort -k 1,1n -k 2,2n "$run/makers" | awk '!seen[$3]++ { print $3 }'); do
		personal_group "$package" >"$run/group"
		[ ! -s "$run/group" ] || personal_try "$package"
	done
	[ ! -e "$run/hosts" ] || personal_host
	cut -d ' ' -f 2- "$run/tops" | grep -vxF -f "$run/found" | sed 's/^/nothing makes again: /' >>"$log"
	run_triggers >>"$log" 2>&1
	rmdir "$renew" 2>/dev/null || personal_links
}

# personal_units: makes the services of the user's packages wait for renew, which starts them, since they may require
# what renew generates. Early services cannot wait; ssh does not have to, its keys are separate.
personal_units()
{
	while read -r package; do
		cat "$root/var/lib/dpkg/info/$package.list" "$root/var/lib/dpkg/info/$package:$ARCH.list" 2>/dev/null
	done <"$run/extras" | sed -nE 's|^(/usr)?/lib/systemd/system/([^/@]+\.service)$|\2|p; s|^/etc/init\.d/([^/]+)$|\1.service|p' |
		sort -u | while read -r unit; do
		[ "$unit" != ssh.service ] && ! grep -qs '^DefaultDependencies=no' "$root/lib/systemd/system/$unit" || continue
		echo "$unit"
	done >"$run/units"
	[ -s "$run/units" ] || return 0
	mkdir -p "$root/etc/systemd/system/debwiz-renew.service.d"
	{
		echo "# the services of the packages that the user asked for"
		echo "[Unit]"
		sed 's/^/Before=/' "$run/units"
	} >"$root/etc/systemd/system/debwiz-renew.service.d/units.conf"
	while read -r unit; do
		for link in "$root"/etc/systemd/system/*.wants/"$unit" "$root"/etc/rc2.d/S[0-9][0-9]"${unit%.service}"; do
			[ -L "$link" ] || continue
			echo "$unit"
			break
		done
	done <"$run/units" >"$renew.units"
}
