#!/bin/sh
# Starts the machine amd64-everything in QEMU, without debwiz. Written by `debwiz export amd64-everything --as script`.
# Its console is this terminal: log in there, and end the machine by `sudo poweroff`. Ctrl-A X ends QEMU
# like pulling the plug, Ctrl-A C changes to QEMU's monitor and back, Ctrl-A H lists further keys.
# Further arguments are passed to QEMU. MACHINE=FOLDER and QEMU=PROGRAM replace the two below.
set -eu
machine=/m
qemu=/usr/bin/qemu-system-x86_64
cd "${MACHINE:-$machine}"
if [ -e suspend.json ]; then
	echo 'amd64-everything is suspended: resume it and stop it by debwiz first' >&2
	exit 7
fi
# The lock of debwiz, so that it neither starts nor changes the machine in the meantime.
if command -v flock >/dev/null; then
	exec 9>>lock
	flock -n 9 || { echo 'amd64-everything is in use' >&2; exit 7; }
fi
exec "${QEMU:-$qemu}" \
	-no-user-config \
	-nodefaults \
	-name guest=amd64-everything \
	-msg guest-name=on \
	-machine q35 \
	-cpu Haswell,avx2=off \
	-accel tcg,tb-size=512 \
	-smp 3 \
	-m 1536M \
	-kernel vmlinuz \
	-initrd initrd.img \
	-append 'console=ttyS0 root=PARTLABEL=debwiz-root ro TERM=xterm-256color debwiz.rows=30 debwiz.columns=100 quiet loglevel=3' \
	-device '{"driver":"virtio-scsi-pci","id":"scsi"}' \
	-blockdev '{"driver":"qcow2","node-name":"disk","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":true},"file":{"driver":"file","filename":"disk.qcow2","discard":"unmap","cache":{"direct":false,"no-flush":true}}}' \
	-device '{"driver":"scsi-hd","bus":"scsi.0","drive":"disk","id":"disk-device","bootindex":1}' \
	-blockdev '{"driver":"raw","node-name":"drive0","read-only":true,"discard":"ignore","cache":{"direct":false,"no-flush":true},"file":{"driver":"file","filename":"/t/a,b=c:d.raw","discard":"ignore","cache":{"direct":false,"no-flush":true}}}' \
	-device '{"driver":"scsi-hd","bus":"scsi.0","drive":"drive0","id":"drive0-device"}' \
	-blockdev '{"driver":"qcow2","node-name":"drive1","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":true},"file":{"driver":"file","filename":"/t/second \"disk\".qcow2","discard":"unmap","cache":{"direct":false,"no-flush":true}}}' \
	-device '{"driver":"scsi-hd","bus":"scsi.0","drive":"drive1","id":"drive1-device"}' \
	-blockdev '{"driver":"raw","node-name":"drive2","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":true},"file":{"driver":"file","filename":"/home/me/third.raw","discard":"unmap","cache":{"direct":false,"no-flush":true}}}' \
	-device '{"driver":"scsi-hd","bus":"scsi.0","drive":"drive2","id":"drive2-device"}' \
	-blockdev '{"driver":"raw","node-name":"drive3","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":true},"file":{"driver":"file","filename":"/ini/disks/fourth.raw","discard":"unmap","cache":{"direct":false,"no-flush":true}}}' \
	-device '{"driver":"scsi-hd","bus":"scsi.0","drive":"drive3","id":"drive3-device"}' \
	-netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=udp:127.0.0.1:40053-:53 \
	-device '{"driver":"virtio-net-pci","netdev":"net","mac":"52:54:00:a0:7a:c8","romfile":""}' \
	-chardev stdio,id=serial,mux=on,signal=off \
	-serial chardev:serial \
	-mon chardev=serial,mode=readline \
	-display vnc=unix:vnc.socket \
	-device '{"driver":"virtio-gpu-pci"}' \
	-device '{"driver":"qemu-xhci","id":"usb","p2":15,"p3":15}' \
	-device '{"driver":"usb-kbd","bus":"usb.0"}' \
	-device '{"driver":"usb-tablet","bus":"usb.0"}' \
	-device '{"driver":"usb-host","bus":"usb.0","vendorid":1027,"productid":24577}' \
	-device '{"driver":"usb-host","bus":"usb.0","hostbus":1,"hostport":"4.2"}' \
	-audiodev driver=pa,id=audio \
	-device '{"driver":"intel-hda","id":"sound"}' \
	-device '{"driver":"hda-output","bus":"sound.0","audiodev":"audio"}' \
	-fsdev local,id=share0,path=/home/me,,you,security_model=none \
	-device '{"driver":"virtio-9p-pci","fsdev":"share0","mount_tag":"home"}' \
	-fsdev local,id=share1,path=/srv,security_model=mapped-xattr,readonly=on \
	-device '{"driver":"virtio-9p-pci","fsdev":"share1","mount_tag":"srv"}' \
	-fsdev local,id=share2,path=/ini/src,security_model=none \
	-device '{"driver":"virtio-9p-pci","fsdev":"share2","mount_tag":"src"}' \
	-device edu,id=a \
	"$@"
