#!/bin/sh
# Starts the machine amd64-console in QEMU, without debwiz. Written by `debwiz export amd64-console --as script`.
# Its console is this terminal: log in there, and end the machine by `sudo poweroff`. Ctrl-A X ends QEMU
# like pulling the plug, Ctrl-A C changes to QEMU's monitor and back, Ctrl-A H lists further keys.
# Further arguments are passed to QEMU. MACHINE=FOLDER and QEMU=PROGRAM replace the two below.
set -eu
machine=/m
qemu=/usr/bin/qemu-system-x86_64
cd "${MACHINE:-$machine}"
if [ -e suspend.json ]; then
	echo 'amd64-console is suspended: resume it and stop it by debwiz first' >&2
	exit 7
fi
# The lock of debwiz, so that it neither starts nor changes the machine in the meantime.
if command -v flock >/dev/null; then
	exec 9>>lock
	flock -n 9 || { echo 'amd64-console is in use' >&2; exit 7; }
fi
exec "${QEMU:-$qemu}" \
	-no-user-config \
	-nodefaults \
	-name guest=amd64-console \
	-msg guest-name=on \
	-machine q35,pflash0=code,pflash1=vars \
	-cpu host \
	-accel kvm \
	-smp 4 \
	-m 1024M \
	-blockdev '{"driver":"raw","node-name":"code","read-only":true,"file":{"driver":"file","filename":"QEMU_EFI-pflash.raw"}}' \
	-blockdev '{"driver":"raw","node-name":"vars","read-only":false,"file":{"driver":"file","filename":"QEMU_VARS-pflash.raw"}}' \
	-blockdev '{"driver":"qcow2","node-name":"disk","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false},"file":{"driver":"file","filename":"disk.qcow2","discard":"unmap","cache":{"direct":false,"no-flush":false}}}' \
	-device '{"driver":"virtio-blk-pci","drive":"disk","id":"disk-device","bootindex":1}' \
	-blockdev '{"driver":"raw","node-name":"seed","read-only":true,"discard":"ignore","cache":{"direct":false,"no-flush":false},"file":{"driver":"file","filename":"seed.iso","discard":"ignore","cache":{"direct":false,"no-flush":false}}}' \
	-device '{"driver":"virtio-blk-pci","drive":"seed","id":"seed-device"}' \
	-netdev user,id=net,hostfwd=tcp:127.0.0.1:40022-:22 \
	-device '{"driver":"virtio-net-pci","netdev":"net","mac":"52:54:00:46:cb:59","romfile":""}' \
	-object '{"qom-type":"rng-builtin","id":"rng"}' \
	-device '{"driver":"virtio-rng-pci","rng":"rng"}' \
	-chardev stdio,id=serial,mux=on,signal=off \
	-serial null \
	-device '{"driver":"virtio-serial-pci","id":"ports"}' \
	-device '{"driver":"virtconsole","bus":"ports.0","chardev":"serial"}' \
	-mon chardev=serial,mode=readline \
	-display none \
	"$@"
