# SPDX-License-Identifier: MIT
# The targets of the tests: check, check-e2e, lint, fuzz, bench and their parts; see tests/README.

UNIT_TESTS = \
	tests/unit/test_archive_cache \
	tests/unit/test_archive_http \
	tests/unit/test_archive_release \
	tests/unit/test_archive_solve \
	tests/unit/test_archive_trouble \
	tests/unit/test_archive_verify \
	tests/unit/test_argv \
	tests/unit/test_async_writer \
	tests/unit/test_buf \
	tests/unit/test_catalog \
	tests/unit/test_cells \
	tests/unit/test_change \
	tests/unit/test_check \
	tests/unit/test_console \
	tests/unit/test_control \
	tests/unit/test_crash \
	tests/unit/test_deb \
	tests/unit/test_depends \
	tests/unit/test_disk \
	tests/unit/test_disk_examine \
	tests/unit/test_disk_image \
	tests/unit/test_export \
	tests/unit/test_extfs \
	tests/unit/test_facts \
	tests/unit/test_file \
	tests/unit/test_firmware \
	tests/unit/test_folder \
	tests/unit/test_frame \
	tests/unit/test_gpt \
	tests/unit/test_image \
	tests/unit/test_image_io \
	tests/unit/test_ini \
	tests/unit/test_initrd \
	tests/unit/test_installer \
	tests/unit/test_link \
	tests/unit/test_lock \
	tests/unit/test_loop \
	tests/unit/test_outside \
	tests/unit/test_page_rows \
	tests/unit/test_password \
	tests/unit/test_paths \
	tests/unit/test_ports \
	tests/unit/test_preseed \
	tests/unit/test_probe \
	tests/unit/test_proc \
	tests/unit/test_progress \
	tests/unit/test_qmp \
	tests/unit/test_quote \
	tests/unit/test_root \
	tests/unit/test_root_odd \
	tests/unit/test_run \
	tests/unit/test_runner \
	tests/unit/test_screen \
	tests/unit/test_seed \
	tests/unit/test_session \
	tests/unit/test_shell \
	tests/unit/test_size \
	tests/unit/test_spec \
	tests/unit/test_store \
	tests/unit/test_suggest \
	tests/unit/test_table \
	tests/unit/test_supervisor \
	tests/unit/test_template \
	tests/unit/test_term \
	tests/unit/test_text \
	tests/unit/test_usb \
	tests/unit/test_vm_state \
	tests/unit/test_wizard_pages \
	tests/unit/test_wizard_save
if HAVE_CMOCKA
check_PROGRAMS = $(UNIT_TESTS) tests/tui/term tests/transcript/play $(FUZZ)
else
check_DATA = need-cmocka
need-cmocka:
	@echo 'The tests need cmocka, which configure did not find: sh assets/setup --test' >&2; exit 1
endif
LDADD = $(CORE_LIBS) $(CMOCKA_LIBS) $(MANIFEST)
tests_unit_test_cells_LDADD = libtui.a $(LDADD) $(CURSES_LIBS)
tests_unit_test_term_LDADD = libtui.a $(LDADD) $(CURSES_LIBS)
tests_unit_test_page_rows_LDADD = libtui.a $(LDADD) $(CURSES_LIBS)
TESTS = $(UNIT_TESTS) $(SCRIPT_TESTS)

# Unit tests of a build for Windows, by Wine (WINE=). tests/README says why the others cannot run there. Without its
# debugger, which would examine a test's crash for minutes.
UNIT_TESTS_WINE = \
	tests/unit/test_archive_http \
	tests/unit/test_archive_release \
	tests/unit/test_archive_verify \
	tests/unit/test_check \
	tests/unit/test_console \
	tests/unit/test_control \
	tests/unit/test_crash \
	tests/unit/test_depends \
	tests/unit/test_firmware \
	tests/unit/test_ini \
	tests/unit/test_initrd \
	tests/unit/test_loop \
	tests/unit/test_password \
	tests/unit/test_progress \
	tests/unit/test_qmp \
	tests/unit/test_runner \
	tests/unit/test_screen \
	tests/unit/test_seed \
	tests/unit/test_session \
	tests/unit/test_shell \
	tests/unit/test_size \
	tests/unit/test_store \
	tests/unit/test_suggest \
	tests/unit/test_table \
	tests/unit/test_text \
	tests/unit/test_vm_state
WINE = wine
check-wine: $(UNIT_TESTS_WINE:=$(EXEEXT)) debwiz$(EXEEXT)
	@passed=0; failed=0; srcdir='$(srcdir)'; DEBWIZ_LINES=local; WINEDLLOVERRIDES=winedbg.exe=d; \
	export srcdir DEBWIZ_LINES WINEDLLOVERRIDES; \
	for test in $(UNIT_TESTS_WINE); do \
		if WINEDEBUG=-all $(WINE) $$test$(EXEEXT) >$$test.log 2>&1 </dev/null; then \
			echo "PASS: $$test"; passed=$$((passed + 1)); \
		else \
			echo "FAIL: $$test ($$test.log)"; failed=$$((failed + 1)); \
		fi; \
	done; \
	echo "$$passed passed, $$failed failed"; test $$failed = 0
# The bridge by which programs under Wine start those of this host (tests/README); needs no build for Windows.
check-bridge:
	$(AM_TESTS_ENVIRONMENT) WINE='$(WINE)' $(PYTHON) $(srcdir)/tests/wine/test_bridge.py
# Real machines by debwiz.exe; DEBWIZ_LINUX, a debwiz of this host: the image that it unpacks is compared.
check-wine-guests: debwiz$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) DEBWIZ='$(abs_builddir)/debwiz$(EXEEXT)' WINE='$(WINE)' DEBWIZ_LINUX='$(DEBWIZ_LINUX)' \
		$(PYTHON) $(srcdir)/tests/wine/guests.py $(WINE_ARGS)
# The full screens of debwiz.exe, on a terminal that this host's compiler and libvterm make.
CC_FOR_BUILD = cc
check-wine-screens: debwiz$(EXEEXT)
	@$(MKDIR_P) tests/wine
	$(CC_FOR_BUILD) -O1 -o tests/wine/term $(srcdir)/tests/tui/term.c -lvterm
	$(AM_TESTS_ENVIRONMENT) DEBWIZ='$(abs_builddir)/debwiz$(EXEEXT)' TUI_TERM='$(abs_builddir)/tests/wine/term' WINE='$(WINE)' \
		$(PYTHON) $(srcdir)/tests/wine/test_screens.py $(WINE_ARGS) || test $$? = 77
CLEANFILES += tests/wine/term
.PHONY: check-wine check-bridge check-wine-screens check-wine-guests
# Unit tests of a build for a host of the other byte order, by QEMU's user mode emulation. s390x/root is kept.
check-s390x:
	@$(MKDIR_P) s390x
	$(MAKE) $(AM_MAKEFLAGS) distdir distdir=s390x/src
	$(SHELL) $(srcdir)/tests/cross/s390x.sh s390x $(S390X_ARGS)
.PHONY: check-s390x
TEST_EXTENSIONS = .py .sh
PY_LOG_COMPILER = $(PYTHON)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = srcdir='$(abs_srcdir)'; export srcdir; DEBWIZ='$(abs_builddir)/debwiz'; export DEBWIZ; \
	PLAY='$(abs_builddir)/tests/transcript/play'; export PLAY; \
	TUI_TERM='$(abs_builddir)/tests/tui/term'; export TUI_TERM; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE;
SCRIPT_TESTS = \
	$(PERSON) \
	$(TRANSCRIPT) \
	$(FAULT) \
	$(LINT)
check_SCRIPTS =

# The full screens, as a person sees them: on a pseudo-terminal, read through libvterm.
PERSON = \
	tests/tui/test_everywhere.py \
	tests/tui/test_widgets.py \
	tests/tui/readme.py \
	tests/tui/test_screens.py \
	tests/tui/test_manage.py \
	tests/tui/test_snapshots.py \
	tests/tui/test_looks.py \
	tests/tui/test_again.py \
	tests/tui/test_build.py \
	tests/tui/test_foreign.py \
	tests/tui/test_clock.py \
	tests/tui/test_console.py \
	tests/tui/test_lines.py \
	tests/tui/test_first_run.py \
	tests/tui/test_terminal.py
tests_tui_term_CPPFLAGS = $(AM_CPPFLAGS) $(VTERM_CFLAGS)
tests_tui_term_LDADD = $(VTERM_LIBS)

# Byte streams of guests and the screens that they must give.
TRANSCRIPT = \
	tests/transcript/console.py \
	tests/transcript/hostile.py \
	tests/fuzz/replay.py
tests_transcript_play_LDADD = $(CORE_LIBS)

# A fuzzer a parser. `make check` replays what was found before; `make fuzz-NAME` runs
# one with clang for FUZZ_SECONDS, `make fuzz` all of them.
FUZZ = \
	tests/fuzz/fuzz_console \
	tests/fuzz/fuzz_control \
	tests/fuzz/fuzz_deb \
	tests/fuzz/fuzz_extfs \
	tests/fuzz/fuzz_gpt \
	tests/fuzz/fuzz_ini \
	tests/fuzz/fuzz_packages \
	tests/fuzz/fuzz_qcow2 \
	tests/fuzz/fuzz_qmp \
	tests/fuzz/fuzz_release
tests_fuzz_fuzz_console_SOURCES = tests/fuzz/fuzz_console.c tests/fuzz/fuzz_main.c
tests_fuzz_fuzz_console_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz_control.c tests/fuzz/fuzz_main.c
tests_fuzz_fuzz_control_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_deb_SOURCES = tests/fuzz/fuzz_deb.c tests/fuzz/fuzz_main.c tests/fuzz/input.h
tests_fuzz_fuzz_deb_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_extfs_SOURCES = tests/fuzz/fuzz_extfs.c tests/fuzz/fuzz_main.c tests/fuzz/input.h
tests_fuzz_fuzz_extfs_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_gpt_SOURCES = tests/fuzz/fuzz_gpt.c tests/fuzz/fuzz_main.c tests/fuzz/input.h
tests_fuzz_fuzz_gpt_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_ini_SOURCES = tests/fuzz/fuzz_ini.c tests/fuzz/fuzz_main.c
tests_fuzz_fuzz_ini_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_packages_SOURCES = tests/fuzz/fuzz_packages.c tests/fuzz/fuzz_main.c tests/fuzz/input.h
tests_fuzz_fuzz_packages_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_qcow2_SOURCES = tests/fuzz/fuzz_qcow2.c tests/fuzz/fuzz_main.c tests/fuzz/input.h
tests_fuzz_fuzz_qcow2_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_qmp_SOURCES = tests/fuzz/fuzz_qmp.c tests/fuzz/fuzz_main.c
tests_fuzz_fuzz_qmp_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_release_SOURCES = tests/fuzz/fuzz_release.c tests/fuzz/fuzz_main.c tests/fuzz/input.h
tests_fuzz_fuzz_release_LDADD = $(CORE_LIBS)
FUZZ_SECONDS = 60
fuzz: $(FUZZ:tests/fuzz/fuzz_%=fuzz-%)
.PHONY: fuzz
FUZZ_CC = clang $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) -std=c11 -g -O1
FUZZ_CORE = $(patsubst %.c,fuzz/core/%.o,$(filter %.c,$(libcore_a_SOURCES)) src/assets.c)
fuzz/core/%.o: %.c libcore.a
	@$(MKDIR_P) $(@D)
	$(FUZZ_CC) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<
fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_CORE)
	$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(filter-out libcore.a,$(CORE_LIBS))
fuzz-%: fuzz/fuzz_%
	@$(MKDIR_P) fuzz/$* && $(PYTHON) $(srcdir)/tests/fuzz/replay.py --seed $* fuzz/$*
	cd fuzz && ./fuzz_$* -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=5 -rss_limit_mb=512 $*
.PRECIOUS: fuzz/core/%.o fuzz/fuzz_%

# README's screens, taken from the program; a test compares them.
readme-screens: debwiz$(EXEEXT) tests/tui/term$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(srcdir)/tests/tui/readme.py --write
.PHONY: readme-screens

# Faults of mirrors, networks, disks and files, against the program; the longest first.
FAULT = \
	tests/fault/test_planted.py \
	tests/fault/test_hostile.py \
	tests/fault/test_hostile2.py \
	tests/fault/test_export.py \
	tests/fault/test_exposure.py \
	tests/fault/test_firmware.py \
	tests/fault/test_memory.py \
	tests/fault/test_limits.py \
	tests/fault/test_ends.py \
	tests/fault/test_forwards.py \
	tests/fault/test_races.py \
	tests/fault/test_snapshots.py \
	tests/fault/test_homes.py \
	tests/fault/test_disk_trouble.py \
	tests/fault/test_disk_errors.py \
	tests/fault/test_verify.py \
	tests/fault/test_virtiofs.py \
	tests/fault/test_waiting.py \
	tests/fault/test_transfer.py \
	tests/fault/test_build.py \
	tests/fault/test_build_script.py \
	tests/fault/test_ccache.py \
	tests/fault/test_distcc.py \
	tests/fault/test_tools.py \
	tests/fault/test_run.py \
	tests/fault/test_hints.py \
	tests/fault/test_gitlab.py \
	tests/fault/test_virt.py \
	tests/fault/test_ssh.py \
	tests/fault/test_template.py \
	tests/fault/test_copy.py \
	tests/fault/test_words.py \
	tests/fault/test_targets.py \
	tests/fault/test_trust.py \
	tests/fault/test_mirrors.py \
	tests/fault/test_index.py \
	tests/fault/test_security.py \
	tests/fault/test_network.py \
	tests/fault/test_image.py \
	tests/fault/test_installer.py \
	tests/fault/test_images.py \
	tests/fault/test_guest.py \
	tests/fault/test_made.py \
	tests/fault/test_plain.py \
	tests/fault/test_bundle.py \
	tests/fault/test_completion.py \
	tests/fault/test_values.py \
	tests/fault/test_accelerator.py \
	tests/fault/test_dates.py

# A run is ended before each call that changes a file, and each such call fails; disks of every size:
# an hour. DEBWIZ_SWEEP=N takes every Nth.
check-long: debwiz$(EXEEXT) tests/tui/term$(EXEEXT) tests/transcript/play$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) CC='$(CC)'; DEBWIZ_SWEEP=$${DEBWIZ_SWEEP:-1}; DEBWIZ_ROUNDS=100; \
	export CC DEBWIZ_SWEEP DEBWIZ_ROUNDS; \
	for t in sweep.py test_disk_errors.py 'test_disk_trouble.py Full.test_sizes' \
		'test_planted.py Planted.test_many_rounds'; do \
		$(PYTHON) $(srcdir)/tests/fault/$$t; r=$$?; test $$r = 0 || test $$r = 77 || exit 1; \
	done; \
	DEBWIZ_FLOOD=1024 $(PYTHON) $(srcdir)/tests/tui/test_console.py Console.test_flood

# A sample of the sweep that every continuous integration runs, another one at each commit (without git: each
# day); it prints which, and what repeats it.
check-sweep: debwiz$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) CC='$(CC)'; DEBWIZ_SWEEP=$${DEBWIZ_SWEEP:-20}; \
	DEBWIZ_SWEEP_TURN=$${DEBWIZ_SWEEP_TURN:-$$(git -C '$(srcdir)' rev-list --count HEAD 2>/dev/null || \
		expr $$(date +%s) / 86400)}; \
	export CC DEBWIZ_SWEEP DEBWIZ_SWEEP_TURN; \
	$(PYTHON) $(srcdir)/tests/fault/sweep.py; r=$$?; test $$r = 0 || test $$r = 77
.PHONY: check-sweep

# The compiler's command for each source, for editors and clang's tools.
compile_commands.json: Makefile
	$(AM_V_GEN)$(PYTHON) $(srcdir)/tests/lint/commands.py '$(abs_srcdir)' '$(abs_builddir)' \
		'$(CC) $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS)' >$@

# The list of the sources, after a file has come or gone.
sources:
	@$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(srcdir)/tests/lint/sources.py --write
.PHONY: sources

# What each source file is for, from its first comment.
map:
	@$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(srcdir)/tests/lint/map.py
.PHONY: map

# Rules about the tree itself. The quick ones are tests as well; `make lint` runs all.
LINT = \
	tests/lint/argv.py \
	tests/lint/calls.py \
	tests/lint/files.py \
	tests/lint/hardening.py \
	tests/lint/ladder.py \
	tests/lint/man.py \
	tests/lint/names.py \
	tests/lint/offered.py \
	tests/lint/readme.py \
	tests/lint/selftest.py \
	tests/lint/sources.py \
	tests/lint/statics.py \
	tests/lint/words.py
LINT_LONG = \
	tests/lint/format.sh \
	tests/lint/headers.sh \
	tests/lint/musl.sh \
	tests/lint/tidy.sh
lint: debwiz$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) CC='$(CC)'; CPPFLAGS='$(filter-out -include config.h,$(AM_CPPFLAGS)) $(CPPFLAGS)'; \
	export CC CPPFLAGS; failed=; \
	for t in $(LINT); do $(PYTHON) $(srcdir)/$$t || failed="$$failed $$t"; done; \
	for t in $(LINT_LONG); do $(SHELL) $(srcdir)/$$t || failed="$$failed $$t"; done; \
	if test -n "$$failed"; then echo "lint:$$failed failed"; exit 1; else echo 'lint: clean'; fi

check-valgrind: $(check_PROGRAMS)
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(UNIT_TESTS)' LOG_COMPILER=valgrind \
		LOG_FLAGS='-q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--child-silent-after-fork=yes --suppressions=$(abs_srcdir)/tests/lint/valgrind.supp'

# debwiz's figures beside those of its peers; BENCH="solve unpack ..." chooses some.
EXTRA_PROGRAMS = tests/bench/bench_solve tests/bench/bench_unpack
CLEANFILES += $(EXTRA_PROGRAMS)
bench: debwiz$(EXEEXT) $(EXTRA_PROGRAMS) tests/tui/term$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) BENCH_PROGRAMS=tests/bench $(PYTHON) $(srcdir)/tests/bench/run.py $(BENCH)
.PHONY: lint check-valgrind bench check-long

# Real machines on the real archive, as an ordinary user; minutes, and a mirror.
E2E = $(AM_TESTS_ENVIRONMENT) $(PYTHON) $(srcdir)/tests/e2e/run.py
check-e2e: debwiz$(EXEEXT) tests/tui/term$(EXEEXT)
	$(E2E) $(E2E_ARGS)
check-e2e-all: debwiz$(EXEEXT)
	$(E2E) --all
# The image beside what mmdebstrap makes of the same packages; skipped where that is not installed.
check-e2e-compare: debwiz$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(srcdir)/tests/e2e/compare.py
# Each offered kind of machine (architecture, release, way to boot), and a table of all. For one: TARGETS=riscv64/trixie/direct
check-targets: debwiz$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(srcdir)/tests/e2e/targets.py $(TARGETS_ARGS) $(TARGETS)
.PHONY: check-e2e check-e2e-all check-e2e-compare check-targets
