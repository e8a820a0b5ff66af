# SPDX-License-Identifier: MIT
# What build.sh reads if BUILD_REPRODUCIBLE is set: builds the same source a second time, in the same folder but with
# another time zone, locale and umask, and compares what both made. A file that differs goes to out/STEM.second, and to
# the file `reason` as "differs NAME MEMBER, MEMBER". The .changes and the .buildinfo record when and where a build ran,
# and are not compared.
# shellcheck disable=SC2034,SC2154 # variables of build.sh

# Copies the source before it is built.
keep_source()
{
	rm -rf --one-file-system "$top.again"
	install -d -m 0700 "$top.again"
	cp -a "$top/." "$top.again"
}

# Puts the copy into the place of what the first build left.
restore_source()
{
	kill_all
	rm -rf --one-file-system "$top"
	mv "$top.again" "$top"
	chmod 0755 "$top"
	chown "$user:$user" "$top"
}

# Prints what a package contains, a line each: names with their rights, sizes and times, and with their digests.
describe()
{
	rm -rf .members
	dpkg-deb -c "$1" || return
	dpkg-deb -R "$1" .members || return
	(cd .members && find . -type f -exec sha256sum {} +)
}

# Prints the names of the members in which two packages differ, separated by commas.
members()
{
	describe "$1" | sort >.first
	describe "$2" | sort >.second
	comm -3 .first .second | sed 's/^\t//; s/^[0-9a-f]\{64\}  //; s/^[^ ]* [^ ]* *[0-9]* [0-9-]* [0-9:]* //' | sort -u |
		tr '\n' ',' | sed 's/,$//; s/,/, /g'
	rm -rf .members .first .second
}

# Prints the files to compare in a folder.
made()
{
	(cd "$1" 2>/dev/null && find . -type f \( -name '*.deb' -o -name '*.udeb' -o -name '*.ddeb' -o \
		-path "./$stem.artifacts/*" \) | sed 's,^\./,,')
}

# Compares out with out/STEM.second, which keeps what differs; returns whether all of it is equal.
compare()
{
	second=out/$stem.second
	{
		made out
		made "$second"
	} | grep -v "^$stem.second/" | sort -u >.names
	equal=yes
	while IFS= read -r name; do
		what=
		if [ ! -e "out/$name" ] || [ ! -e "$second/$name" ]; then
			what='made by one of the two builds'
		elif cmp -s "out/$name" "$second/$name"; then
			rm "$second/$name"
			continue
		else
			case $name in
			"$stem.artifacts/"*) ;;
			*) what=$(members "out/$name" "$second/$name" 2>/dev/null) ;;
			esac
		fi
		equal=
		echo "differs $name${what:+ }$what" >>reason
		echo "debwiz: the second build made another $name${what:+: }$what" | tee -a "$log"
	done <.names
	[ -s .names ] || echo 'debwiz: there are no packages to compare' | tee -a "$log"
	rm -f "$second"/*.changes "$second"/*.buildinfo .names
	[ ! -d "$second" ] || find "$second" -depth -type d -empty -delete
	[ -n "$equal" ]
}

# Builds again and compares; returns the status of the whole, 123 if something differs.
build_again()
{
	restore_source
	zone=FAR-14 locale=C mask=0002
	echo "debwiz: builds again with TZ=$zone, LC_ALL=$locale and the umask $mask" | tee -a "$log"
	BUILD_LINTIAN=
	if ! logged inside; then
		[ -s reason ] || echo second >reason
		return "$(cat .status)"
	fi
	collect "out/$stem.second"
	compare || return 123
	echo 'debwiz: both builds made the same' | tee -a "$log"
}
