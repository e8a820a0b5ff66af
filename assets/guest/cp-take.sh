# SPDX-License-Identifier: MIT
# The guest's side of `debwiz cp FILE... M:PATH`, run by `sh -c TEXT cp PATH MANY` in the home folder: extracts a tar
# archive from standard input into a folder beside the target, and moves it when it is complete. Members are N/NAME, or
# Nc/ for the content of a folder; the last one is `end`. MANY: PATH must be a folder.
set -eu
target=${1:-.}
many=$2

fail()
{
	printf '%s\n' "$1" >&2
	exit 1
}

is_folder()
{
	[ -d "$1" ] && [ ! -L "$1" ]
}

case $target in
/*) ;;
*) target=./$target ;;
esac
name=
folder=$target
if [ ! -d "$target" ]; then
	[ ! "$many" ] || fail "$1: is not a folder"
	case $target in
	*/) fail "$1: is not a folder" ;;
	esac
	[ ! -e "$target" ] || [ -f "$target" ] || fail "$1: is neither a file nor a folder"
	name=${target##*/}
	folder=${target%/*}
	folder=${folder:-/}
	[ -d "$folder" ] || fail "$folder: No such file or directory"
fi

part=$(mktemp -d -- "$folder/.debwiz-cp.part.XXXXXX")
trap 'chmod -R u+rwX "$part"; rm -rf "$part"' EXIT
trap 'exit 1' HUP INT TERM PIPE
tar --warning=no-unknown-keyword -x -p --no-same-owner --delay-directory-restore -C "$part" -f -
[ -e "$part/end" ] || fail 'the copy was cut off'

# A folder's parent is stored in the folder: a read-only one cannot be moved.
put()
{
	if is_folder "$1" && is_folder "$2"; then
		cp -alfT -- "$1" "$2" 2>/dev/null || cp -afT -- "$1" "$2"
	elif is_folder "$1" && [ ! -w "$1" ]; then
		mode=$(stat -c %a -- "$1")
		chmod u+w -- "$1"
		mv -fT -- "$1" "$2"
		chmod "$mode" -- "$2"
	else
		mv -fT -- "$1" "$2"
	fi
}

for group in "$part"/[0-9]*; do
	case $name,$group in
	,*c)
		put "$group" "$folder"
		continue
		;;
	*c)
		put "$group" "$folder/$name"
		continue
		;;
	esac
	for one in "$group"/* "$group"/.[!.]* "$group"/..?*; do
		if [ -e "$one" ] || [ -L "$one" ]; then
			put "$one" "$folder/${name:-${one##*/}}"
		fi
	done
done
