#!/bin/sh
# SPDX-License-Identifier: MIT
#
# s390x: compiles debwiz for big-endian s390x and runs the unit tests with QEMU's user mode emulation. An ordinary
# user suffices. Needs gcc-s390x-linux-gnu, libc6-dev-s390x-cross, mmdebstrap and qemu-user-static (qemu-user-binfmt
# from Debian 13 on), whose binfmt_misc entry starts programs of s390x.
#   tests/cross/s390x.sh FOLDER [ARGUMENT OF make]...
# FOLDER/src has the sources of `make distdir`. FOLDER/root gets the libraries of this host's Debian release for s390x,
# only unpacked; they are downloaded once, from the mirror of the host's apt.
set -eu
dir=$(cd "$1" && pwd)
shift
root=$dir/root
host=s390x-linux-gnu

for tool in $host-gcc mmdebstrap; do
	command -v "$tool" >/dev/null || {
		echo "s390x: $tool is missing; install gcc-$host libc6-dev-s390x-cross mmdebstrap" >&2
		exit 1
	}
done
if [ ! -e "$root" ]; then
	suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # apt expands it
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $suite" | head -n 1)
	libraries=$(sed -n "/^build='/,/'\$/p; /^tests='/,/'\$/p" "$dir/src/assets/setup" |
		grep -o '[a-z0-9+.-]*-dev' | paste -sd, -)
	rm -rf "$root.part"
	# libc-bin has the locale C.UTF-8, whose files differ by byte order
	mmdebstrap --quiet --mode=chrootless --variant=extract --architectures=s390x --include="libc-bin,$libraries" "$suite" \
		"$root.part" "$mirror"
	mv "$root.part" "$root"
fi
export QEMU_LD_PREFIX="$root"
export PKG_CONFIG_SYSROOT_DIR="$root"
export PKG_CONFIG_LIBDIR="$root/usr/lib/$host/pkgconfig:$root/usr/share/pkgconfig"
rm -rf "$dir/build"
mkdir "$dir/build"
cd "$dir/build"
../src/configure --quiet --host=$host CC="${CC_S390X-$host-gcc} --sysroot=$root"
make "$@" debwiz
./debwiz --version >/dev/null || {
	echo 's390x: programs of s390x do not start here; install qemu-user-static, or qemu-user-binfmt' >&2
	exit 1
}
make "$@" check TESTS="\$(UNIT_TESTS)"
