@echo off
rem Starts the machine amd64-console in QEMU on Windows, without debwiz. Written by
rem `debwiz export amd64-console --as bat`. It lies in a copy of the machine's folder; the disk is first made
rem independent of its base image by `debwiz flatten amd64-console`, or base.raw is copied as well.
rem Its console is this window: end the machine by `sudo poweroff`. Ctrl-A X ends QEMU like
rem pulling the plug, Ctrl-A C changes to QEMU's monitor and back, Ctrl-A H lists further keys.
rem Further arguments are passed to QEMU. MACHINE=FOLDER and QEMU=PROGRAM replace the usual ones.
setlocal DisableDelayedExpansion
chcp 65001 >nul
set "ARCH_QEMU=qemu-system-x86_64.exe"
if not defined MACHINE set "MACHINE=%~dp0"
cd /d "%MACHINE%" || exit /b 1
if not exist disk.qcow2 >&2 echo There is no disk.qcow2 in this folder& exit /b 1
if exist suspend.json >&2 echo amd64-console is suspended: resume and stop it by debwiz first& exit /b 7
if defined QEMU goto start
set "QEMU=%ProgramFiles%\qemu\%ARCH_QEMU%"
if not exist "%QEMU%" set "QEMU=%ARCH_QEMU%"
:start
"%QEMU%" ^
 -no-user-config ^
 -nodefaults ^
 -name guest=amd64-console ^
 -msg guest-name=on ^
 -machine q35,pflash0=code,pflash1=vars ^
 -cpu max ^
 -accel tcg,tb-size=512 ^
 -smp 4 ^
 -m 1024M ^
 -blockdev ^"{\^"driver\^":\^"raw\^",\^"node-name\^":\^"code\^",\^"read-only\^":true,\^"file\^":{\^"driver\^":\^"file\^",\^"filename\^":\^"QEMU_EFI-pflash.raw\^"}}^" ^
 -blockdev ^"{\^"driver\^":\^"raw\^",\^"node-name\^":\^"vars\^",\^"read-only\^":false,\^"file\^":{\^"driver\^":\^"file\^",\^"filename\^":\^"QEMU_VARS-pflash.raw\^"}}^" ^
 -blockdev ^"{\^"driver\^":\^"qcow2\^",\^"node-name\^":\^"disk\^",\^"read-only\^":false,\^"discard\^":\^"unmap\^",\^"cache\^":{\^"direct\^":false,\^"no-flush\^":false},\^"file\^":{\^"driver\^":\^"file\^",\^"filename\^":\^"disk.qcow2\^",\^"discard\^":\^"unmap\^",\^"cache\^":{\^"direct\^":false,\^"no-flush\^":false}}}^" ^
 -device ^"{\^"driver\^":\^"virtio-blk-pci\^",\^"drive\^":\^"disk\^",\^"id\^":\^"disk-device\^",\^"bootindex\^":1}^" ^
 -blockdev ^"{\^"driver\^":\^"raw\^",\^"node-name\^":\^"seed\^",\^"read-only\^":true,\^"discard\^":\^"ignore\^",\^"cache\^":{\^"direct\^":false,\^"no-flush\^":false},\^"file\^":{\^"driver\^":\^"file\^",\^"filename\^":\^"seed.iso\^",\^"discard\^":\^"ignore\^",\^"cache\^":{\^"direct\^":false,\^"no-flush\^":false}}}^" ^
 -device ^"{\^"driver\^":\^"virtio-blk-pci\^",\^"drive\^":\^"seed\^",\^"id\^":\^"seed-device\^"}^" ^
 -netdev user,id=net,hostfwd=tcp:127.0.0.1:40022-:22 ^
 -device ^"{\^"driver\^":\^"virtio-net-pci\^",\^"netdev\^":\^"net\^",\^"mac\^":\^"52:54:00:46:cb:59\^",\^"romfile\^":\^"\^"}^" ^
 -object ^"{\^"qom-type\^":\^"rng-builtin\^",\^"id\^":\^"rng\^"}^" ^
 -device ^"{\^"driver\^":\^"virtio-rng-pci\^",\^"rng\^":\^"rng\^"}^" ^
 -chardev stdio,id=serial,mux=on,signal=off ^
 -serial null ^
 -device ^"{\^"driver\^":\^"virtio-serial-pci\^",\^"id\^":\^"ports\^"}^" ^
 -device ^"{\^"driver\^":\^"virtconsole\^",\^"bus\^":\^"ports.0\^",\^"chardev\^":\^"serial\^"}^" ^
 -mon chardev=serial,mode=readline ^
 -display none %*
exit /b %ERRORLEVEL%
