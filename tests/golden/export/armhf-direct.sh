#!/bin/sh
# Starts the machine armhf-direct in QEMU, without debwiz. Written by `debwiz export armhf-direct --as script`.
# Its console is this terminal: log in there, and end the machine by `sudo poweroff`. Ctrl-A X ends QEMU
# like pulling the plug, Ctrl-A C changes to QEMU's monitor and back, Ctrl-A H lists further keys.
# Further arguments are passed to QEMU. MACHINE=FOLDER and QEMU=PROGRAM replace the two below.
set -eu
machine=/m
qemu=/usr/bin/qemu-system-arm
cd "${MACHINE:-$machine}"
if [ -e suspend.json ]; then
	echo 'armhf-direct is suspended: resume it and stop it by debwiz first' >&2
	exit 7
fi
# The lock of debwiz, so that it neither starts nor changes the machine in the meantime.
if command -v flock >/dev/null; then
	exec 9>>lock
	flock -n 9 || { echo 'armhf-direct is in use' >&2; exit 7; }
fi
exec "${QEMU:-$qemu}" \
	-no-user-config \
	-nodefaults \
	-name guest=armhf-direct \
	-msg guest-name=on \
	-machine virt,highmem=off \
	-cpu cortex-a15 \
	-accel tcg,tb-size=512 \
	-smp 4 \
	-m 1024M \
	-kernel vmlinuz \
	-initrd initrd.img \
	-append 'console=ttyAMA0 root=PARTLABEL=debwiz-root ro TERM=xterm-256color debwiz.rows=30 debwiz.columns=100 quiet' \
	-blockdev '{"driver":"qcow2","node-name":"disk","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false},"file":{"driver":"file","filename":"disk.qcow2","discard":"unmap","cache":{"direct":false,"no-flush":false}}}' \
	-device '{"driver":"virtio-blk-pci","drive":"disk","id":"disk-device","bootindex":1}' \
	-netdev user,id=net,hostfwd=tcp:127.0.0.1:40022-:22 \
	-device '{"driver":"virtio-net-pci","netdev":"net","mac":"52:54:00:d5:f4:d5","romfile":""}' \
	-object '{"qom-type":"rng-builtin","id":"rng"}' \
	-device '{"driver":"virtio-rng-pci","rng":"rng"}' \
	-chardev stdio,id=serial,mux=on,signal=off \
	-serial chardev:serial \
	-mon chardev=serial,mode=readline \
	-display none \
	"$@"
