@echo off
rem Starts the machine amd64-everything in QEMU on Windows, without debwiz. Written by
rem `debwiz export amd64-everything --as bat`. It lies in a copy of the machine's folder; the disk is first made
rem independent of its base image by `debwiz flatten amd64-everything`, or base.raw is copied as well.
rem Its console is this window: end the machine by `sudo poweroff`. Ctrl-A X ends QEMU like
rem pulling the plug, Ctrl-A C changes to QEMU's monitor and back, Ctrl-A H lists further keys.
rem Further arguments are passed to QEMU. MACHINE=FOLDER and QEMU=PROGRAM replace the usual ones.
setlocal DisableDelayedExpansion
chcp 65001 >nul
set "ARCH_QEMU=qemu-system-x86_64.exe"
if not defined MACHINE set "MACHINE=%~dp0"
cd /d "%MACHINE%" || exit /b 1
if not exist disk.qcow2 >&2 echo There is no disk.qcow2 in this folder& exit /b 1
if exist suspend.json >&2 echo amd64-everything is suspended: resume and stop it by debwiz first& exit /b 7
if defined QEMU goto start
set "QEMU=%ProgramFiles%\qemu\%ARCH_QEMU%"
if not exist "%QEMU%" set "QEMU=%ARCH_QEMU%"
:start
"%QEMU%" ^
 -no-user-config ^
 -nodefaults ^
 -name guest=amd64-everything ^
 -msg guest-name=on ^
 -machine q35 ^
 -cpu Haswell,avx2=off ^
 -accel tcg,tb-size=512 ^
 -smp 3 ^
 -m 1536M ^
 -kernel vmlinuz ^
 -initrd initrd.img ^
 -append ^"console=ttyS0 root=PARTLABEL=debwiz-root ro TERM=xterm-256color debwiz.rows=30 debwiz.columns=100 quiet loglevel=3^" ^
 -device ^"{\^"driver\^":\^"virtio-scsi-pci\^",\^"id\^":\^"scsi\^"}^" ^
 -blockdev ^"{\^"driver\^":\^"qcow2\^",\^"node-name\^":\^"disk\^",\^"read-only\^":false,\^"discard\^":\^"unmap\^",\^"cache\^":{\^"direct\^":false,\^"no-flush\^":true},\^"file\^":{\^"driver\^":\^"file\^",\^"filename\^":\^"disk.qcow2\^",\^"discard\^":\^"unmap\^",\^"cache\^":{\^"direct\^":false,\^"no-flush\^":true}}}^" ^
 -device ^"{\^"driver\^":\^"scsi-hd\^",\^"bus\^":\^"scsi.0\^",\^"drive\^":\^"disk\^",\^"id\^":\^"disk-device\^",\^"bootindex\^":1}^" ^
 -netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=udp:127.0.0.1:40053-:53 ^
 -device ^"{\^"driver\^":\^"virtio-net-pci\^",\^"netdev\^":\^"net\^",\^"mac\^":\^"52:54:00:a0:7a:c8\^",\^"romfile\^":\^"\^"}^" ^
 -chardev stdio,id=serial,mux=on,signal=off ^
 -serial chardev:serial ^
 -mon chardev=serial,mode=readline ^
 -display gtk ^
 -device ^"{\^"driver\^":\^"virtio-gpu-pci\^"}^" ^
 -device ^"{\^"driver\^":\^"qemu-xhci\^",\^"id\^":\^"usb\^",\^"p2\^":15,\^"p3\^":15}^" ^
 -device ^"{\^"driver\^":\^"usb-kbd\^",\^"bus\^":\^"usb.0\^"}^" ^
 -device ^"{\^"driver\^":\^"usb-tablet\^",\^"bus\^":\^"usb.0\^"}^" ^
 -device ^"{\^"driver\^":\^"usb-host\^",\^"bus\^":\^"usb.0\^",\^"vendorid\^":1027,\^"productid\^":24577}^" ^
 -device ^"{\^"driver\^":\^"usb-host\^",\^"bus\^":\^"usb.0\^",\^"hostbus\^":1,\^"hostport\^":\^"4.2\^"}^" ^
 -audiodev driver=dsound,id=audio ^
 -device ^"{\^"driver\^":\^"intel-hda\^",\^"id\^":\^"sound\^"}^" ^
 -device ^"{\^"driver\^":\^"hda-output\^",\^"bus\^":\^"sound.0\^",\^"audiodev\^":\^"audio\^"}^" ^
 -device edu,id=a %*
exit /b %ERRORLEVEL%
