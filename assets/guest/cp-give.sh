# SPDX-License-Identifier: MIT
# The guest's side of `debwiz cp M:PATH... FOLDER`, run by `sh -c TEXT cp MARK PATH...` in the home folder: prints the
# mark on a line, then a tar archive for each path. Members of the Nth archive begin with N/. A path that does not exist
# is a pattern. A path that is a link is followed; links in a folder stay links.
set -u
mark=$1
shift
number=0

fail()
{
	printf '%s\n' "$1" >&2
	exit 1
}

# status 1 of tar: a file changed while it was read, the archive is complete
pack()
{
	tar --format=posix --pax-option=delete=atime,delete=ctime --sparse --warning=no-file-changed \
		-C "$1" --transform "s,^$2,$3,S" -c -f - "$4" || [ $? -eq 1 ] || exit 2
}

give()
{
	path=$1
	case $path in
	/*) ;;
	*) path=./$path ;;
	esac
	while [ "$path" != / ] && [ "${path%/}" != "$path" ]; do
		path=${path%/}
	done
	name=${path##*/}
	case $name in
	'' | . | ..) pack "$path" '\.' "$number" . ;;
	*)
		real=$path
		[ ! -L "$path" ] || real=$(readlink -f -- "$path")
		[ -e "$real" ] || fail "$1: No such file or directory"
		as=$(printf %s "$name" | sed 's/[\\&,]/\\&/g')
		folder=${real%/*}
		pack "${folder:-/}" '\./[^/]*' "$number/$as" "./${real##*/}"
		;;
	esac
}

printf '%s\n' "$mark"
for one; do
	if [ -e "$one" ] || [ -L "$one" ]; then
		give "$one"
	else
		found=
		IFS=
		for each in $one; do
			if [ -e "$each" ] || [ -L "$each" ]; then
				found=1
				give "$each"
			fi
		done
		unset IFS
		[ "$found" ] || fail "$one: No such file or directory"
	fi
	number=$((number + 1))
done
