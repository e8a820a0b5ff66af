#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
assets/build/build.sh on this host: stand-ins take the place of what only root of a guest may do. What a silent build is
killed by needs a second account, so that part is skipped unless root runs the tests.
"""
import os
import shutil
import socket
import subprocess
import unittest

import lib

SCRIPT = os.path.join(lib.SRC, "assets/build/build.sh")
STUBS = {
    "useradd": "exit 0",
    "chown": "exit 0",
    "install": 'for last; do :; done\nmkdir -p "$last"',
    "unshare": 'shift 2\nexec "$@"',
    "ip": "exit 0",
    "runuser": 'shift 3\nexec "$@"',
    "dpkg-parsechangelog": "echo 4711",
    "apt-get": 'case $* in\n*nowhere*) exit 100 ;;\n*satisfy*) [ -e updated ] && echo "has $*" ;;\n*) : >updated; exit 100 ;;\nesac',
    "lintian": "echo W: pack: finding; exit 2",
    "dpkg-buildpackage": 'echo "options: $DEB_BUILD_OPTIONS"\necho deb >../pack_1.0_armhf.deb\n: >../pack.changes',
}


class Script(lib.Case):
    @staticmethod
    def make():
        world = lib.World(("bookworm",))
        world.stubs = os.path.join(world.tmp, "stubs")
        os.mkdir(world.stubs)
        for name, body in STUBS.items():
            os.rename(world.script(name, body), os.path.join(world.stubs, name))
        return world

    def run_script(self, command, *prefix, kind="plain", path=True, more=None, **env):
        """Returns the folder, the status and the log."""
        here = os.path.join(self.world.tmp, "g%d" % next(self.world.count))
        os.makedirs(os.path.join(here, "source/debian"))
        os.chmod(here, 0o755)
        os.chmod(self.world.tmp, 0o755)
        with open(os.path.join(here, "source/debian/rules"), "w", encoding="utf-8"):
            pass
        env = {"BUILD_TOP": here + ".top", **env}
        env["PATH"] = (self.world.stubs + ":" if path else "") + os.environ["PATH"]
        # `env -i` of the script would lose the stand-ins
        with open(SCRIPT, encoding="utf-8") as file:
            text = file.read().replace("PATH=/usr/local/bin:", "PATH=%s:/usr/local/bin:" % self.world.stubs)
        with open(os.path.join(here, "build.sh"), "w", encoding="utf-8") as out:
            out.write(text)
        for name, content in (more or {}).items():
            with open(os.path.join(here, name), "w", encoding="utf-8") as out:
                out.write(content)
        done = subprocess.run([*prefix, "sh", "build.sh", kind, "pack_1.0_armhf", "no", *command], cwd=here,
                              env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              timeout=lib.LIMIT)
        self.assertTrue(os.path.exists(os.path.join(here, "out")), done.stdout.decode())
        self.assertEqual(lib.read(os.path.join(here, "out/pack_1.0_armhf.build")), done.stdout.decode())
        return here, done.returncode, lib.read(os.path.join(here, "out/pack_1.0_armhf.build"))

    @staticmethod
    def reason(here):
        return lib.read(os.path.join(here, "reason")).strip()

    def test_package(self):
        here, status, log = self.run_script((), kind="debian", BUILD_JOBS="3", BUILD_LINTIAN="yes",
                                            DEB_BUILD_OPTIONS="nocheck parallel=9")
        self.assertEqual((status, self.reason(here)), (0, ""), log)
        self.assertIn("options: nocheck parallel=3\n", log)
        self.assertIn("W: pack: finding\nlintian exited with 2\n", log)
        self.assertEqual(sorted(os.listdir(os.path.join(here, "out"))),
                         ["pack.changes", "pack_1.0_armhf.build", "pack_1.0_armhf.deb"])

    def test_depends(self):
        """A machine's own apt gets its lists if it lacks them; one archive that cannot be read does not count."""
        here, status, log = self.run_script(("echo ran",), BUILD_DEPENDS="fixture (>= 1), b")
        self.assertEqual((status, self.reason(here)), (0, ""), log)
        self.assertRegex(log, "has .* satisfy fixture \\(>= 1\\), b\ndebwiz: builds pack_1.0_armhf\nran\n")
        here, status, log = self.run_script(("echo ran",), BUILD_DEPENDS="nowhere")
        self.assertEqual((status, self.reason(here)), (124, "dependencies"), log)
        self.assertNotIn("ran\n", log)

    def test_stays(self):
        """In a user's own machine: one build at a time, and no folder of another user."""
        lock, top = (os.path.join(self.world.tmp, name) for name in ("one.lock", "theirs"))
        env = {"BUILD_STAYS": "yes", "BUILD_LOCK": lock}
        here, status, log = self.run_script(("echo ran",), **env)
        self.assertEqual((status, self.reason(here), os.path.exists(here + ".top")), (0, "", False), log)
        os.mkdir(top)
        here, status, log = self.run_script(("echo ran",), BUILD_TOP=top, **env)
        self.assertEqual((status, self.reason(here)), (125, "taken " + top), log)
        self.assertTrue(os.path.exists(top))
        here, status, log = self.run_script(("echo ran",), "flock", lock, **env)
        self.assertEqual((status, self.reason(here)), (125, "busy"), log)
        self.assertNotIn("ran\n", log)

    TWICE = """case $(umask)${TZ-}$LC_ALL in
*22C.UTF-8) what=first ;;
*02FAR-14C) what=second ;;
*) exit 9 ;;
esac
[ ! -e ../left ] && [ ! -e left ] && [ "$PWD" = "$HOME/source" ] || exit 8
touch left ../left
mkdir -p made
echo same >made/equal
echo same >../equal.deb
[ "$SOURCE_DATE_EPOCH" = 4711 ] || exit 7
"""

    def twice(self, more="", **env):
        return self.run_script((self.TWICE + more,), BUILD_REPRODUCIBLE="yes",
                               BUILD_ARTIFACTS="made/*", more=self.again(), **env)

    @staticmethod
    def again():
        return {"again.sh": lib.read(os.path.join(lib.SRC, "assets/build/again.sh")), "source/debian/changelog": "x"}

    def test_again(self):
        """The second build begins with the same source in the same folder, in another environment; what both make is compared."""
        here, status, log = self.twice()
        self.assertEqual((status, self.reason(here)), (0, ""), log)
        self.assertIn("both builds made the same", log)
        self.assertEqual(sorted(os.listdir(os.path.join(here, "out"))), ["equal.deb", "pack_1.0_armhf.artifacts", "pack_1.0_armhf.build"])
        here, status, log = self.twice("echo $what >made/other; echo $what >../pack.deb; [ $what = first ] || echo x >../more.deb\n"
                                       "mkdir -p tree/DEBIAN tree/usr; echo 1 >tree/usr/one; echo $what >tree/usr/two\n"
                                       "printf 'Package: p\\nVersion: 1\\nArchitecture: all\\nMaintainer: a\\n' >tree/DEBIAN/control\n"
                                       "chmod -R go-w tree; SOURCE_DATE_EPOCH=0 dpkg-deb --root-owner-group -b tree ../real.deb\n")
        self.assertEqual(status, 123, log)
        self.assertEqual(self.reason(here).splitlines(), [
            "differs more.deb made by one of the two builds", "differs pack.deb", "differs pack_1.0_armhf.artifacts/made/other",
            "differs real.deb ./usr/two"], log)
        self.assertIn("debwiz: the second build made another real.deb: ./usr/two\n", log)
        second = os.path.join(here, "out/pack_1.0_armhf.second")
        self.assertEqual(sorted(lib.tree(second)), ["more.deb", "pack.deb", "pack_1.0_armhf.artifacts", "pack_1.0_armhf.artifacts/made",
                                                    "pack_1.0_armhf.artifacts/made/other", "real.deb"])
        self.assertEqual(lib.read(os.path.join(here, "out/pack.deb")), "first\n")
        here, status, log = self.twice("[ $what = first ] || exit 5\n")
        self.assertEqual((status, self.reason(here)), (5, "second"), log)

    LOG = """distcc[10] compile from a.c to a.o
distcc[11] compile from b.c to b.o
distcc[10] exec on 127.0.0.1:3632/3,lzo: /usr/bin/x-gcc-12 -c a.c -o a.o
distcc[11] exec on 127.0.0.1:3632/3,lzo: /usr/bin/x-gcc-12 -c b.c -o b.o
distcc[10] cpp a.c on localhost completed ok
distcc[10] compile a.c on 127.0.0.1:3632/3,lzo completed ok
distcc[10] elapsed compilation time 0.134583s
distcc[11] ERROR: compile b.c on 127.0.0.1:3632/3,lzo failed
distcc[11] (dcc_build_somewhere) Warning: remote compilation of 'b.c' failed, retrying locally
distcc[11] Warning: failed to distribute b.c to 127.0.0.1:3632/3,lzo, running locally instead
distcc[11] exec on localhost: /usr/bin/x-gcc-12 -c b.c -o b.o
distcc[12] (dcc_scan_args) compiler will emit/use profile info; must be local
distcc[12] exec on localhost: /usr/bin/x-gcc-12 -fprofile-use -c c.c -o c.o
distcc[10] (dcc_scan_args) compiler apparently called not for compile
distcc[10] exec on localhost: /usr/bin/x-gcc-12 -o a a.o
distcc[13] exec on localhost: /usr/bin/x-gcc-12 -c d.c -o d.o
"""

    def test_objects(self):
        """Objects are counted by distcc's log, with the reasons of those that were compiled in the machine."""
        top = os.path.join(self.world.tmp, "objects")
        os.makedirs(os.path.join(top, ".distcc"))
        with open(os.path.join(top, ".distcc/log"), "w", encoding="utf-8") as out:
            out.write(self.LOG)
        here, status, log = self.run_script(("echo in; exit 3",), more={"distcc.sh": 'echo before; "$@"'}, BUILD_TOP=top,
                                            BUILD_DISTCC="x-gcc-12")
        self.assertEqual(status, 3, log)
        self.assertEqual(self.reason(here).splitlines()[0], "outside 1")
        self.assertEqual(sorted(self.reason(here).splitlines()[1:]),
                         ["inside 1 compiler will emit/use profile info; must be local", "inside 1 failed outside",
                          "inside 1 no host was free"])
        self.assertIn("before\nin\ndebwiz: objects compiled outside: 1\ndebwiz: in this machine: 1: ", log)

    LISTENER = """#!/usr/bin/env python3
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[2].partition(":")[2])))
while True:
    server.accept()[0].close()
"""
    # What the compiler of a host makes, by the host's name, which is that of its socket here.
    DISTCC = r"""
for last; do :; done
name=$(sed -n "s/^${DISTCC_HOSTS%%/*} //p" "$ROOT/by-port")
case $name in
good) printf '\177ELFarm-relocatable-GCC: (Debian 12.2.0-14) 12.2.0' >"$last" ;;
x86) printf '\177ELFx86-relocatable-GCC: (Debian 12.2.0-14) 12.2.0' >"$last" ;;
old) printf '\177ELFarm-relocatable-GCC: (Debian 11.2.0-14) 11.2.0' >"$last" ;;
*) echo "distcc[1] (dcc_connect) ERROR: no answer" >>"$DISTCC_LOG"; exit 1 ;;
esac
"""

    def distcc(self, names, **more):
        """Runs distcc.sh with hosts of these names; returns its folder, the number of its first port, status and lines."""
        root = os.path.join(self.world.tmp, "hosts%d" % next(self.world.count))
        for folder in ("bin", "lib/arm-x", "build"):
            os.makedirs(os.path.join(root, folder))
        with open(os.path.join(root, "lib/arm-x/crt1.o"), "w", encoding="utf-8") as out:
            out.write("\177ELFarm-relocatable-")
        for name in ("arm-x-gcc-12", "arm-x-g++-12", "clang"):
            os.rename(self.world.script(name, 'echo "local: $0 $*"'), os.path.join(root, "bin", name))
        for name, to in (("gcc-12", "arm-x-gcc-12"), ("gcc", "gcc-12"), ("cc", "clang"), ("g++", "arm-x-g++-12"), ("c++", "g++")):
            os.symlink(to, os.path.join(root, "bin", name))
        os.rename(self.world.script("distcc", self.DISTCC), os.path.join(root, "bin/distcc"))
        with open(os.path.join(root, "bin/systemd-socket-activate"), "w", encoding="utf-8") as out:
            out.write(self.LISTENER)
        os.chmod(out.name, 0o755)
        with open(os.path.join(lib.SRC, "assets/build/distcc.sh"), encoding="utf-8") as file:
            text = file.read()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        text = text.replace("/usr/bin/", root + "/bin/").replace("/usr/lib/", root + "/lib/").replace(
            "PATH=/usr/bin:", "ROOT=%s PATH=%s/bin:/usr/bin:" % (root, root)).replace("port=3632", "port=%d" % port)
        lines, sockets = [], []
        with open(os.path.join(root, "by-port"), "w", encoding="utf-8") as out:
            for number, name in enumerate(names):
                path = os.path.join(root, name)
                lines.append("%s,%d,the %s" % (path, number + 1, name))
                out.write("127.0.0.1:%d %s\n" % (port + number, name))
                if name != "gone":
                    sockets.append(socket.socket(socket.AF_UNIX))
                    sockets[-1].bind(path)
        with open(os.path.join(root, "distcc.sh"), "w", encoding="utf-8") as out:
            out.write(text)
        env = {**os.environ, "PATH": "%s/bin:%s:%s" % (root, self.world.stubs, os.environ["PATH"]), "BUILD_DISTCC_VERSION": "12.2.0",
               "BUILD_DISTCC": "arm-x-gcc-12 arm-x-g++-12", "BUILD_DISTCC_HOSTS": "\n".join(lines), **more}
        done = subprocess.run(["sh", os.path.join(root, "distcc.sh"), "sh", "-c", "echo it runs; exit 4"],
                              cwd=os.path.join(root, "build"), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              timeout=lib.LIMIT)
        for one in sockets:
            one.close()
        return root, port, done.returncode, done.stdout.decode().splitlines()

    def test_hosts(self):
        """Hosts that compile for another architecture, by another version or not at all are not used, with the reason; the
        compilers are wrapped for those that are left."""
        root, port, status, lines = self.distcc(("gone", "x86", "old", "dead", "good"))
        self.assertEqual((status, lines), (4, [
            "debwiz: the gone does not compile: ssh did not forward its socket",
            "debwiz: the x86 does not compile: its objects are for another architecture",
            "debwiz: the old does not compile: its compiler is not version 12.2.0",
            "debwiz: the dead does not compile: no answer",
            "debwiz: compiling by distcc: the good", "it runs"]))
        state = os.path.join(root, "build/.distcc")
        self.assertEqual(lib.read(os.path.join(state, "bin/gcc")).count("exec distcc %s/bin/arm-x-gcc-12" % root), 1)
        self.assertEqual(sorted(os.listdir(os.path.join(state, "bin"))), ["arm-x-g++-12", "arm-x-gcc-12", "c++", "g++", "gcc", "gcc-12"])
        shown = subprocess.run([os.path.join(state, "bin/gcc"), "-o", "a b", "x.o"], stdout=subprocess.PIPE, check=True).stdout.decode()
        self.assertEqual(shown, "local: %s/bin/arm-x-gcc-12 -o a b x.o\n" % root)
        with open(os.path.join(state, "bin/g++"), encoding="utf-8") as file:
            self.assertIn("DISTCC_HOSTS='127.0.0.1:%d/5,lzo'" % (port + 4), file.read())

    def test_hosts_cached(self):
        """With a compiler cache the compilers are started by ccache, which starts distcc; nothing else uses these objects."""
        root, _, status, lines = self.distcc(("good",), BUILD_CCACHE="1")
        self.assertEqual((status, lines), (4, ["debwiz: compiling by distcc: the good", "it runs"]))
        state = os.path.join(root, "build/.distcc")
        self.assertIn("CCACHE_PREFIX=distcc CCACHE_EXTRAFILES='%s/compiler' exec ccache %s/bin/arm-x-gcc-12 \"$@\"\n" % (state, root),
                      lib.read(os.path.join(state, "bin/gcc")))
        self.assertEqual(lib.read(os.path.join(state, "compiler")), "compiled outside by version 12.2.0\n")

    # A file is the disk; what is mounted is a link.
    CACHE = {
        "e2fsck": 'for last; do :; done\necho checked >>"$SAID"\ngrep -q made "$last" || exit 8',
        "mkfs.ext4": 'for last; do :; done\necho made >"$last"\necho formatted >>"$SAID"',
        "mount": 'for last; do :; done\n[ ! -e "$SAID.unmountable" ] || exit 32\n[ "$1" = --bind ] || case $* in *,discard,*) exit 0 ;; *) exit 32 ;; esac\nrmdir "$last"\nln -s "$2" "$last"',
        "umount": 'echo "unmounted $# $(readlink "$1")" >>"$SAID"',
        "df": 'for last; do :; done\nprintf "Used\\n%d\\n" $(($(ls "$last" | wc -l) * 40 * 1024))',
        "ccache": 'case $1 in\n-z) [ -w "$BUILD_CACHE" ] ;;\n--print-stats) printf "%s\\t%s\\n" direct_cache_hit 2 cache_miss 1 other 9 preprocessed_cache_hit 1 ;;\nesac',
    }

    def with_cache(self, command="case $PATH in */usr/lib/ccache:*) echo cached ;; esac", content=b"", without=(), **env):
        """Returns the reason, the log, what the stand-ins did, and the folder of the run; a disk of zeros by default."""
        root = os.path.join(self.world.tmp, "cache%d" % next(self.world.count))
        os.makedirs(os.path.join(root, "disks"))
        with open(os.path.join(root, "disks/virtio-debwiz-volume"), "wb") as out:
            out.write(content or bytes(1 << 16))
        for name, body in self.CACHE.items():
            if name not in without:
                os.rename(self.world.script(name, body), os.path.join(self.world.stubs, name))
        env = {"SAID": os.path.join(root, "said"), "BUILD_DISKS": os.path.join(root, "disks"), "BUILD_VOLUME": os.path.join(root, "volume"),
               "BUILD_CACHE": os.path.join(root, "cache"), "BUILD_CCACHE_CONF": os.path.join(root, "conf"), "BUILD_CCACHE": "100", **env}
        with open(env["SAID"], "w", encoding="utf-8"):
            pass
        try:
            here, status, log = self.run_script((command,), more={"ccache.sh": lib.read(os.path.join(lib.SRC, "assets/build/ccache.sh"))},
                                                **env)
        finally:
            for name in self.CACHE:
                if os.path.exists(os.path.join(self.world.stubs, name)):
                    os.unlink(os.path.join(self.world.stubs, name))
        self.assertEqual(status, 0, log)
        return self.reason(here), log, lib.read(env["SAID"]).splitlines(), root

    def test_cache(self):
        """A new volume gets a file system, a sound one is used, a damaged one is made again; the build gets a folder of it."""
        own = "unmounted 2 %s/volume/files/pack"
        reason, log, said, root = self.with_cache()
        self.assertEqual((reason, said), ("cached 3 1", ["formatted", "checked", own % root]), log)
        self.assertEqual(lib.read(os.path.join(root, "conf")), "cache_dir = %s/cache\nmax_size = 100Mi\n" % root)
        self.assertIn("cached\ndebwiz: from the compiler cache: 3, compiled: 1\n", log)
        reason, log, said, root = self.with_cache(content=b"made")
        self.assertEqual((reason, said), ("cached 3 1", ["checked", own % root]), log)
        reason, log, said, root = self.with_cache(content=b"broken")
        self.assertEqual((reason, said), ("remade\ncached 3 1", ["checked", "formatted", "checked", own % root]), log)
        self.assertIn("debwiz: the compiler cache is damaged, and is made again\n", log)

    def test_cache_missing(self):
        """Without a volume that can be mounted, or without ccache, the build runs without a cache."""
        with open(os.path.join(self.world.tmp, "not.unmountable"), "w", encoding="utf-8"):
            pass
        for env, why in (({"BUILD_DISKS": "/nowhere"}, "the volume is not there"),
                         ({"SAID": os.path.join(self.world.tmp, "not")}, "the volume cannot be mounted"),
                         ({"without": ("ccache",), "PATH": ""}, "this machine has no ccache")):
            if shutil.which("ccache") and "without" in env:
                continue
            reason, log, _, _ = self.with_cache("case $PATH in */usr/lib/ccache*) ;; *) echo plain ;; esac", **env)
            self.assertEqual(reason, "uncached " + why, log)
            self.assertIn("debwiz: no compiler cache: %s\ndebwiz: builds pack_1.0_armhf\nplain\n" % why, log)

    def test_cache_shrinks(self):
        """The packages that were not built for longest go first, and never the one of this build."""
        top = os.path.join(self.world.tmp, "kept/volume/files")
        for age, name in enumerate(("pack", "newer", "older", "oldest")):
            os.makedirs(os.path.join(top, name, "0"))
            os.utime(os.path.join(top, name), (1000 - age, 1000 - age))
        _, log, _, _ = self.with_cache(BUILD_VOLUME=os.path.dirname(top))
        self.assertEqual(sorted(os.listdir(top)), ["newer", "pack"], log)

    def test_jobs(self):
        """Two jobs for each CPU while another compiles; without one as before."""
        show = ("echo $DEB_BUILD_OPTIONS; command -v cc",)
        here, _, log = self.run_script(show, more={"distcc.sh": 'mkdir -p .distcc/bin; : >.distcc/on; "$@"'}, BUILD_DISTCC="x",
                                       HOME="/nowhere")
        cpus = len(os.sched_getaffinity(0))
        self.assertIn("parallel=%d\n" % (2 * cpus), log)
        _, _, log = self.run_script(show, more={"distcc.sh": '"$@"'}, BUILD_DISTCC="x")
        self.assertIn("parallel=%d\n" % cpus, log)

    def test_artifacts(self):
        """Those that exist, with their folders, of a build that failed, too."""
        here, status, log = self.run_script(("mkdir -p a/b; echo x >a/b/one.log; echo y >'two words'; ln -s none l; exit 7",),
                                            BUILD_ARTIFACTS="a/*/*.log\ntwo words\nl\nnothing*")
        self.assertEqual((status, self.reason(here)), (7, ""), log)
        top = os.path.join(here, "out/pack_1.0_armhf.artifacts")
        self.assertEqual(sorted(lib.tree(top)), ["a", "a/b", "a/b/one.log", "l", "two words"])

    def test_full(self):
        here, status, log = self.run_script(("echo cp: /x: No space left on device; exit 1",))
        self.assertEqual((status, self.reason(here)), (1, "full"), log)
        here, status, log = self.run_script(("echo No space left on device",))
        self.assertEqual((status, self.reason(here)), (0, ""), log)

    def test_silent(self):
        """A silent build is killed, with all that it started; one that prints is not."""
        words = ("unshare", "-mpf", "--mount-proc")
        if os.geteuid() or subprocess.run([*words, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
            self.skipTest("needs a second account and a name space of processes")
        for path in (os.path.join(self.world.stubs, name) for name in ("runuser", "chown", "install")):
            os.rename(path, path + ".off")
            self.addCleanup(os.rename, path + ".off", path)
        here, status, log = self.run_script(("for i in 1 2 3 4 5 6; do sleep 1; echo $i; done",), *words, BUILD_SILENCE="3",
                                            BUILD_USER="daemon")
        self.assertEqual((status, self.reason(here)), (0, ""), log)
        here, status, log = self.run_script(("echo begun; (sleep 4711 & sleep 4712)",), *words, BUILD_SILENCE="3",
                                            BUILD_USER="daemon")
        self.assertEqual(status, 137, log)
        self.assertRegex(self.reason(here), "^silence sleep 471[12]$")
        self.assertIn("debwiz: nothing was printed for 3 seconds; killed while it ran: sleep 471", log)


if __name__ == "__main__":
    lib.main()
