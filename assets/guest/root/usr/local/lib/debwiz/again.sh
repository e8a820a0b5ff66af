# SPDX-License-Identifier: MIT
# shellcheck shell=dash
#
# For the configuring boot and for renew: makes a package generate again what it generated when it was installed.

# configure_again PACKAGE: runs its postinst as dpkg does at a first installation, without starting services. The caller
# starts them, and runs the triggers that are pending.
configure_again()
(
	script=$(dpkg-query --control-path "$1" postinst) && [ -x "$script" ] || return
	DPKG_MAINTSCRIPT_PACKAGE=${1%%:*}
	DPKG_MAINTSCRIPT_NAME=postinst
	DPKG_MAINTSCRIPT_ARCH=$(dpkg-query -W -f '${Architecture}' "$1") || return
	DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1
	DPKG_ROOT=''
	DPKG_ADMINDIR=/var/lib/dpkg
	DEBIAN_FRONTEND=noninteractive
	DEBCONF_NONINTERACTIVE_SEEN=true
	export DPKG_MAINTSCRIPT_PACKAGE DPKG_MAINTSCRIPT_NAME DPKG_MAINTSCRIPT_ARCH DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT \
		DPKG_ROOT DPKG_ADMINDIR DEBIAN_FRONTEND DEBCONF_NONINTERACTIVE_SEEN
	umask 022
	cd / && exec "$script" configure '' </dev/null
)

# run_triggers: runs the triggers that configure_again left pending
run_triggers()
{
	[ ! -s /var/lib/dpkg/triggers/Unincorp ] || dpkg --triggers-only -a </dev/null
}
