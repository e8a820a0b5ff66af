# SPDX-License-Identifier: MIT
# Builds a source in a machine that exists for that, as root by `sh build.sh KIND STEM NETWORK [COMMAND]` in the folder
# that has the source: the .dsc and its files, or the folder `source`. The build runs as an ordinary user that has no
# rights beyond its own folder, without a network unless NETWORK is yes. What it makes is moved to the folder `out`, with
# the log. BUILD_ARTIFACTS: patterns of further files below the source's folder, a line each, which are copied to
# out/STEM.artifacts. Exits with the build's status.
set -eu
kind=$1
stem=$2
network=$3
command=${4-}
here=$(pwd)
user=builder
top=/build

useradd --system --user-group --home-dir "$top" --shell /bin/sh "$user"
install -d -m 0755 -o "$user" -g "$user" "$top"
find . -mindepth 1 -maxdepth 1 ! -name build.sh ! -name out -exec mv -t "$top" {} +
chown -hR "$user:$user" "$top"
mkdir -p out

# The parallel jobs are the guest's CPUs, unless the options say otherwise.
options=${DEB_BUILD_OPTIONS-}
case " $options " in
*" parallel="*) ;;
*) options="${options:+$options }parallel=$(nproc)" ;;
esac
cat >"$top/.run" <<'RUN'
set -eu
case $kind in
dsc)
	dpkg-source -x -- *.dsc source
	;;
esac
cd source
if [ -n "$command" ]; then
	eval "$command"
else
	chmod +x debian/rules
	dpkg-buildpackage -us -uc -b
fi
RUN
run="env -i HOME=$top PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games LC_ALL=C.UTF-8 USER=$user LOGNAME=$user"
inside()
{
	# shellcheck disable=SC2086 # words
	set -- runuser -u "$user" -- $run DEB_BUILD_OPTIONS="$options" DEB_BUILD_PROFILES="${DEB_BUILD_PROFILES-}" \
		kind="$kind" command="$command" sh "$top/.run"
	cd "$top"
	if [ "$network" = yes ]; then
		"$@"
	else
		# a network of its own that holds lo alone
		# shellcheck disable=SC2016 # for the inner shell
		unshare --net -- sh -c 'ip link set lo up; exec "$@"' sh "$@"
	fi
}
{
	status=0
	inside </dev/null 2>&1 || status=$?
	echo "$status" >"$top/.status"
} | tee "out/$stem.build"
status=$(cat "$top/.status")
find "$top" -mindepth 1 -maxdepth 1 -type f \( -name '*.deb' -o -name '*.udeb' -o -name '*.ddeb' -o -name '*.changes' \
	-o -name '*.buildinfo' \) -exec mv -t "$here/out" {} +
cd "$top/source" 2>/dev/null || cd "$top"
artifacts=$here/out/$stem.artifacts
IFS='
'
# shellcheck disable=SC2086 # patterns, a line each
for file in ${BUILD_ARTIFACTS-}; do
	[ ! -e "$file" ] && [ ! -L "$file" ] && continue
	mkdir -p "$artifacts"
	cp -a --parents -- "$file" "$artifacts"
done
unset IFS
cd "$here"
chmod -R a+rX out
exit "$status"
