# SPDX-License-Identifier: MIT
# Written by `make sources` from the files of src and include.

ARCHIVE = \
	include/archive/archive.h \
	include/archive/cache.h \
	include/archive/download.h \
	include/archive/http_fault.h \
	include/archive/sources.h \
	src/archive/archive.c \
	src/archive/cache.c \
	src/archive/curl_loop.c \
	src/archive/curl_loop.h \
	src/archive/download.c \
	src/archive/env.h \
	src/archive/fetch.c \
	src/archive/fetch.h \
	src/archive/floor.c \
	src/archive/floor.h \
	src/archive/http.c \
	src/archive/http.h \
	src/archive/http_fault.c \
	src/archive/http_sink.c \
	src/archive/http_sink.h \
	src/archive/index.c \
	src/archive/index.h \
	src/archive/keys.c \
	src/archive/keys.h \
	src/archive/open.c \
	src/archive/release.c \
	src/archive/release.h \
	src/archive/releases.c \
	src/archive/ring.c \
	src/archive/ring.h \
	src/archive/search.c \
	src/archive/solve.c \
	src/archive/solve.h \
	src/archive/sources.c \
	src/archive/state.h \
	src/archive/suite.c \
	src/archive/suite.h \
	src/archive/unpack.c \
	src/archive/unpack.h \
	src/archive/verify.c \
	src/archive/verify.h \
	src/archive/verify_form.c

BASE = \
	include/base/asset.h \
	include/base/base64.h \
	include/base/buf.h \
	include/base/choice.h \
	include/base/err.h \
	include/base/hash.h \
	include/base/ini.h \
	include/base/json.h \
	include/base/line_reader.h \
	include/base/log.h \
	include/base/loop.h \
	include/base/mem.h \
	include/base/psk.h \
	include/base/quote.h \
	include/base/sha_crypt.h \
	include/base/size.h \
	include/base/strv.h \
	include/base/suggest.h \
	include/base/table.h \
	include/base/text.h \
	src/base/asset.c \
	src/base/base64.c \
	src/base/buf.c \
	src/base/choice.c \
	src/base/err.c \
	src/base/hash.c \
	src/base/ini.c \
	src/base/ini_doc.c \
	src/base/json.c \
	src/base/line_reader.c \
	src/base/log.c \
	src/base/loop.c \
	src/base/mem.c \
	src/base/psk.c \
	src/base/quote.c \
	src/base/sha_crypt.c \
	src/base/size.c \
	src/base/stream.c \
	src/base/strv.c \
	src/base/suggest.c \
	src/base/table.c \
	src/base/text.c

BUILD = \
	include/build/ccache.h \
	include/build/depends.h \
	include/build/outside.h \
	include/build/phase.h \
	include/build/reason.h \
	include/build/results.h \
	include/build/revision.h \
	include/build/source.h \
	include/build/stage.h \
	include/build/tools.h \
	src/build/ccache.c \
	src/build/depends.c \
	src/build/outside.c \
	src/build/phase.c \
	src/build/reason.c \
	src/build/results.c \
	src/build/revision.c \
	src/build/source.c \
	src/build/stage.c \
	src/build/tools.c

CATALOG = \
	include/catalog/catalog.h \
	src/catalog/catalog.c

CLI = \
	include/cli/cli.h \
	src/cli/agree.c \
	src/cli/builds.c \
	src/cli/builds.h \
	src/cli/ccache.c \
	src/cli/ccache.h \
	src/cli/connection.c \
	src/cli/connection.h \
	src/cli/differing.c \
	src/cli/differing.h \
	src/cli/help.c \
	src/cli/interrupt.c \
	src/cli/interrupt.h \
	src/cli/main.c \
	src/cli/options.c \
	src/cli/outside.c \
	src/cli/outside.h \
	src/cli/plain.c \
	src/cli/plain.h \
	src/cli/plain_ask.c \
	src/cli/plain_io.c \
	src/cli/plain_review.c \
	src/cli/rebuild.c \
	src/cli/rebuild.h \
	src/cli/running.c \
	src/cli/running.h \
	src/cli/temporary.h \
	src/cli/terminal.c \
	src/cli/verb_build.c \
	src/cli/verb_change.c \
	src/cli/verb_cp.c \
	src/cli/verb_disk.c \
	src/cli/verb_exec.c \
	src/cli/verb_export.c \
	src/cli/verb_face.c \
	src/cli/verb_file.c \
	src/cli/verb_forward.c \
	src/cli/verb_host.c \
	src/cli/verb_import.c \
	src/cli/verb_life.c \
	src/cli/verb_logs.c \
	src/cli/verb_power.c \
	src/cli/verb_prepare.c \
	src/cli/verb_run.c \
	src/cli/verb_snapshot.c \
	src/cli/verb_ssh.c \
	src/cli/verb_state.c \
	src/cli/verb_virt.c \
	src/cli/verbs.c \
	src/cli/verbs.h \
	src/cli/view.c \
	src/cli/view.h \
	src/cli/work.c \
	src/cli/work.h

CONSOLE = \
	include/console/cell.h \
	include/console/console.h \
	include/console/find.h \
	include/console/history.h \
	include/console/row.h \
	include/console/view.h \
	src/console/combining.c \
	src/console/combining.h \
	src/console/console.c \
	src/console/find.c \
	src/console/grid.c \
	src/console/grid.h \
	src/console/history.c \
	src/console/input_filter.c \
	src/console/input_filter.h \
	src/console/keys.c \
	src/console/keys.h \
	src/console/osc.c \
	src/console/osc.h \
	src/console/row.c \
	src/console/view.c

EXPORT = \
	include/export/bundle.h \
	include/export/export.h \
	src/export/bundle.c \
	src/export/import.c \
	src/export/libvirt.c \
	src/export/manifest.c \
	src/export/manifest.h \
	src/export/note.h \
	src/export/script.c \
	src/export/unit.c

HOST = \
	include/host/char_width.h \
	include/host/clock.h \
	include/host/facts.h \
	include/host/fatal.h \
	include/host/fdpass.h \
	include/host/fifo.h \
	include/host/file.h \
	include/host/line.h \
	include/host/lock.h \
	include/host/memory.h \
	include/host/password.h \
	include/host/paths.h \
	include/host/proc.h \
	include/host/proc_stream.h \
	include/host/random.h \
	include/host/sandbox.h \
	include/host/signals.h \
	include/host/terminal.h \
	include/host/tty.h \
	include/host/usb.h \
	src/host/apt_sources.c \
	src/host/apt_sources.h \
	src/host/facts.c \
	src/host/facts_priv.h \
	src/host/file.c \
	src/host/file_priv.h \
	src/host/install.c \
	src/host/line.c \
	src/host/line_priv.h \
	src/host/lock.c \
	src/host/password.c \
	src/host/password_priv.h \
	src/host/paths.c \
	src/host/paths_priv.h \
	src/host/places.c \
	src/host/proc.c \
	src/host/proc_priv.h \
	src/host/proc_watch.c \
	src/host/ssh_keys.c \
	src/host/usb.c

HOST_BSD = \
	src/host/facts_bsd.c \
	src/host/proc_bsd.c

HOST_CLOCK_NONE = \
	src/host/clock_none.c

HOST_DARWIN = \
	src/host/clock_darwin.c \
	src/host/facts_darwin.c \
	src/host/memory_darwin.c \
	src/host/posix_darwin.h \
	src/host/proc_darwin.c

HOST_KQUEUE = \
	src/host/proc_kqueue.c

HOST_LINUX = \
	src/host/clock_linux.c \
	src/host/facts_linux.c \
	src/host/memory_linux.c \
	src/host/proc_linux.c \
	src/host/sandbox_linux.c \
	src/host/usb_linux.c

HOST_MEMORY_NONE = \
	src/host/memory_none.c

HOST_POSIX = \
	src/host/char_width_posix.c \
	src/host/facts_posix.c \
	src/host/fatal_posix.c \
	src/host/fdpass_posix.c \
	src/host/fifo_posix.c \
	src/host/file_posix.c \
	src/host/line_posix.c \
	src/host/password_posix.c \
	src/host/paths_posix.c \
	src/host/proc_detach_posix.c \
	src/host/proc_foreground_posix.c \
	src/host/proc_id_posix.c \
	src/host/proc_posix.c \
	src/host/proc_stream_posix.c \
	src/host/random_posix.c \
	src/host/signals_posix.c \
	src/host/terminal_posix.c \
	src/host/tty_posix.c \
	src/host/wait_posix.c

HOST_SANDBOX_NONE = \
	src/host/sandbox_none.c

HOST_USB_NONE = \
	src/host/usb_none.c

HOST_WIN = \
	src/host/char_width_win.c \
	src/host/facts_win.c \
	src/host/fatal_win.c \
	src/host/fdpass_win.c \
	src/host/fifo_win.c \
	src/host/file_win.c \
	src/host/line_win.c \
	src/host/memory_win.c \
	src/host/password_win.c \
	src/host/paths_win.c \
	src/host/posix_win.c \
	src/host/posix_win.h \
	src/host/proc_stream_win.c \
	src/host/proc_win.c \
	src/host/proc_win.h \
	src/host/random_win.c \
	src/host/signals_win.c \
	src/host/terminal_win.c \
	src/host/tty_win.c \
	src/host/wait_win.c \
	src/host/win.h

IMAGE = \
	include/image/copy.h \
	include/image/disk.h \
	include/image/extfs.h \
	include/image/firmware.h \
	include/image/folder.h \
	include/image/gpt.h \
	include/image/initrd.h \
	include/image/installer.h \
	include/image/kernel.h \
	include/image/preseed.h \
	include/image/root.h \
	include/image/seed.h \
	include/image/tarball.h \
	src/image/ar.c \
	src/image/ar.h \
	src/image/copy.c \
	src/image/copy_pack.c \
	src/image/copy_private.h \
	src/image/copy_unpack.c \
	src/image/deb.c \
	src/image/deb.h \
	src/image/deb_extract.c \
	src/image/disk.c \
	src/image/disk_base.c \
	src/image/disk_image.c \
	src/image/disk_original.c \
	src/image/disk_original.h \
	src/image/disk_snapshot.c \
	src/image/disk_tool.c \
	src/image/disk_tool.h \
	src/image/dpkgdb.c \
	src/image/dpkgdb.h \
	src/image/elf.c \
	src/image/elf.h \
	src/image/extfs.c \
	src/image/firmware.c \
	src/image/folder.c \
	src/image/gpt.c \
	src/image/image.c \
	src/image/image.h \
	src/image/image_dir.c \
	src/image/image_dir.h \
	src/image/image_ext2.c \
	src/image/image_ext2.h \
	src/image/image_file.c \
	src/image/image_io.c \
	src/image/image_io.h \
	src/image/image_names.c \
	src/image/image_names.h \
	src/image/image_private.h \
	src/image/initrd.c \
	src/image/installer.c \
	src/image/kernel.c \
	src/image/modules.c \
	src/image/modules.h \
	src/image/packed.c \
	src/image/packed.h \
	src/image/preseed.c \
	src/image/qcow2.c \
	src/image/qcow2.h \
	src/image/root.c \
	src/image/root_lane.c \
	src/image/root_lane.h \
	src/image/root_write.c \
	src/image/root_write.h \
	src/image/seed.c \
	src/image/seed_cloud.c \
	src/image/seed_cloud.h \
	src/image/sources.c \
	src/image/tarball.c \
	src/image/vdisk.c \
	src/image/vdisk.h

MACHINE = \
	include/machine/attach.h \
	include/machine/cause.h \
	include/machine/change.h \
	include/machine/client.h \
	include/machine/conlog.h \
	include/machine/deadline.h \
	include/machine/forward.h \
	include/machine/frame.h \
	include/machine/hostkeys.h \
	include/machine/installing.h \
	include/machine/link.h \
	include/machine/overview.h \
	include/machine/pending.h \
	include/machine/reported.h \
	include/machine/run.h \
	include/machine/sanitize.h \
	include/machine/shell.h \
	include/machine/snapshot_disk.h \
	include/machine/snapshot_meta.h \
	include/machine/ssh.h \
	include/machine/store.h \
	include/machine/suspended.h \
	include/machine/template.h \
	include/machine/temporary.h \
	include/machine/trust.h \
	src/machine/attach.c \
	src/machine/cause.c \
	src/machine/change.c \
	src/machine/change_examine.c \
	src/machine/change_examine.h \
	src/machine/client.c \
	src/machine/conlog.c \
	src/machine/deadline.c \
	src/machine/forward.c \
	src/machine/frame.c \
	src/machine/hostkeys.c \
	src/machine/installing.c \
	src/machine/link.c \
	src/machine/overview.c \
	src/machine/pending.c \
	src/machine/reported.c \
	src/machine/run.c \
	src/machine/sanitize.c \
	src/machine/shell.c \
	src/machine/snapshot_disk.c \
	src/machine/snapshot_meta.c \
	src/machine/ssh.c \
	src/machine/start.c \
	src/machine/store.c \
	src/machine/suspended.c \
	src/machine/template.c \
	src/machine/temporary.c \
	src/machine/trust.c

PREPARE = \
	include/prepare/doctor.h \
	include/prepare/estimate.h \
	include/prepare/job.h \
	include/prepare/report.h \
	include/prepare/runner.h \
	include/prepare/snapshot.h \
	include/prepare/step.h \
	include/prepare/steps.h \
	include/prepare/usage.h \
	src/prepare/doctor.c \
	src/prepare/estimate.c \
	src/prepare/installer_text.c \
	src/prepare/installer_text.h \
	src/prepare/job.c \
	src/prepare/job_archive.c \
	src/prepare/job_base.c \
	src/prepare/job_boot.c \
	src/prepare/job_boot.h \
	src/prepare/job_image.c \
	src/prepare/job_keys.c \
	src/prepare/job_keys.h \
	src/prepare/job_steps.h \
	src/prepare/job_template.c \
	src/prepare/job_usb.c \
	src/prepare/recipe.c \
	src/prepare/report.c \
	src/prepare/root_writing.c \
	src/prepare/root_writing.h \
	src/prepare/runner.c \
	src/prepare/snapshot.c \
	src/prepare/step_accelerator.c \
	src/prepare/step_base.c \
	src/prepare/step_configure.c \
	src/prepare/step_disk.c \
	src/prepare/step_download.c \
	src/prepare/step_examine.c \
	src/prepare/step_firmware.c \
	src/prepare/step_image.c \
	src/prepare/step_installer.c \
	src/prepare/step_kernel.c \
	src/prepare/step_login.c \
	src/prepare/step_medium.c \
	src/prepare/step_packages.c \
	src/prepare/step_pflash.c \
	src/prepare/step_release.c \
	src/prepare/step_seed.c \
	src/prepare/step_start.c \
	src/prepare/step_template.c \
	src/prepare/step_udebs.c \
	src/prepare/step_unpack.c \
	src/prepare/usage.c

QEMU = \
	include/qemu/argv.h \
	include/qemu/argv_edit.h \
	include/qemu/cmdline.h \
	include/qemu/hostfwd.h \
	include/qemu/probe.h \
	src/qemu/argv.c \
	src/qemu/argv_devices.c \
	src/qemu/argv_devices.h \
	src/qemu/argv_edit.c \
	src/qemu/argv_option.c \
	src/qemu/argv_option.h \
	src/qemu/cmdline.c \
	src/qemu/hostfwd.c \
	src/qemu/probe.c \
	src/qemu/trial.c \
	src/qemu/trial.h \
	src/qemu/verdict.c \
	src/qemu/verdict.h

SESSION = \
	include/session/conf.h \
	include/session/session.h \
	include/session/words.h \
	src/session/conf.c \
	src/session/session.c \
	src/session/words.c

SPEC = \
	include/spec/field.h \
	include/spec/grammar.h \
	include/spec/item.h \
	include/spec/risk.h \
	include/spec/spec.h \
	src/spec/check.c \
	src/spec/extra.c \
	src/spec/extra.h \
	src/spec/faults.c \
	src/spec/faults.h \
	src/spec/field.c \
	src/spec/fields.c \
	src/spec/grammar.c \
	src/spec/hint.c \
	src/spec/hint.h \
	src/spec/item.c \
	src/spec/risk.c \
	src/spec/spec.c

SUPERVISOR = \
	include/supervisor/supervisor.h \
	src/supervisor/adopt.c \
	src/supervisor/adopt.h \
	src/supervisor/async_writer.c \
	src/supervisor/async_writer.h \
	src/supervisor/clock.c \
	src/supervisor/clock.h \
	src/supervisor/control.c \
	src/supervisor/control.h \
	src/supervisor/deadline.c \
	src/supervisor/deadline.h \
	src/supervisor/guest.c \
	src/supervisor/guest.h \
	src/supervisor/life.c \
	src/supervisor/life.h \
	src/supervisor/monitor.c \
	src/supervisor/monitor.h \
	src/supervisor/orders.c \
	src/supervisor/orders.h \
	src/supervisor/process.c \
	src/supervisor/process.h \
	src/supervisor/progress.c \
	src/supervisor/progress.h \
	src/supervisor/prompt.c \
	src/supervisor/prompt.h \
	src/supervisor/qmp.c \
	src/supervisor/qmp.h \
	src/supervisor/request.c \
	src/supervisor/request.h \
	src/supervisor/screen.c \
	src/supervisor/screen.h \
	src/supervisor/seed.c \
	src/supervisor/seed.h \
	src/supervisor/share.c \
	src/supervisor/share.h \
	src/supervisor/snapshot.c \
	src/supervisor/snapshot.h \
	src/supervisor/state.c \
	src/supervisor/state.h \
	src/supervisor/stop.c \
	src/supervisor/stop.h \
	src/supervisor/sup.h \
	src/supervisor/supervisor.c \
	src/supervisor/suspend.c \
	src/supervisor/suspend.h \
	src/supervisor/tpm.c \
	src/supervisor/tpm.h

TUI = \
	include/tui/machine_view.h \
	include/tui/screens.h \
	include/tui/sessions.h \
	include/tui/toolkit/app.h \
	include/tui/toolkit/canvas.h \
	include/tui/toolkit/confirm.h \
	include/tui/toolkit/dialog.h \
	include/tui/toolkit/file_watch.h \
	include/tui/toolkit/folder.h \
	include/tui/toolkit/key.h \
	include/tui/toolkit/picker.h \
	include/tui/toolkit/screen.h \
	include/tui/toolkit/settings.h \
	include/tui/toolkit/term.h \
	include/tui/toolkit/theme.h \
	include/tui/toolkit/widget_list.h \
	include/tui/toolkit/widget_text.h \
	include/tui/toolkit/widget_viewer.h \
	include/tui/toolkit/width.h \
	include/tui/tui.h \
	src/tui/agree.c \
	src/tui/agree.h \
	src/tui/change_dialog.c \
	src/tui/change_dialog.h \
	src/tui/console/keys.c \
	src/tui/console/menu.c \
	src/tui/console/osc_requests.c \
	src/tui/console/osc_requests.h \
	src/tui/console/paint.c \
	src/tui/console/pane.c \
	src/tui/console/pane.h \
	src/tui/console/scrollback.c \
	src/tui/console/scrollback.h \
	src/tui/console/transfer.c \
	src/tui/console/transfer.h \
	src/tui/machine_list.c \
	src/tui/machine_list.h \
	src/tui/machine_view.c \
	src/tui/page.h \
	src/tui/page_answer.c \
	src/tui/page_answer.h \
	src/tui/page_form.c \
	src/tui/page_form.h \
	src/tui/page_review.c \
	src/tui/page_review.h \
	src/tui/page_rows.c \
	src/tui/page_rows.h \
	src/tui/page_save.c \
	src/tui/page_save.h \
	src/tui/page_side.c \
	src/tui/page_side.h \
	src/tui/picker_item.c \
	src/tui/picker_item.h \
	src/tui/screen_build.c \
	src/tui/screen_home.c \
	src/tui/screen_log.c \
	src/tui/screen_log.h \
	src/tui/screen_machine.c \
	src/tui/screen_page.c \
	src/tui/screen_progress.c \
	src/tui/screen_snapshots.c \
	src/tui/snapshot_job.c \
	src/tui/snapshot_job.h \
	src/tui/toolkit/app.c \
	src/tui/toolkit/backend.h \
	src/tui/toolkit/canvas.c \
	src/tui/toolkit/cells.c \
	src/tui/toolkit/cells.h \
	src/tui/toolkit/confirm.c \
	src/tui/toolkit/dialog.c \
	src/tui/toolkit/dialog_text.c \
	src/tui/toolkit/dialog_work.c \
	src/tui/toolkit/file_watch.c \
	src/tui/toolkit/folder.c \
	src/tui/toolkit/picker.c \
	src/tui/toolkit/picker_file.c \
	src/tui/toolkit/screen_stack.c \
	src/tui/toolkit/screen_stack.h \
	src/tui/toolkit/settings.c \
	src/tui/toolkit/term.c \
	src/tui/toolkit/term_fatal.c \
	src/tui/toolkit/term_fatal.h \
	src/tui/toolkit/term_input.c \
	src/tui/toolkit/term_input.h \
	src/tui/toolkit/term_seq.c \
	src/tui/toolkit/term_seq.h \
	src/tui/toolkit/theme.c \
	src/tui/toolkit/widget_list.c \
	src/tui/toolkit/widget_text.c \
	src/tui/toolkit/widget_viewer.c \
	src/tui/toolkit/width.c \
	src/tui/tui.c

TUI_CURSES = \
	src/tui/toolkit/backend_curses.c

TUI_VT = \
	src/tui/toolkit/backend_vt.c

WIZARD = \
	include/wizard/host_offers.h \
	include/wizard/offers.h \
	include/wizard/wizard.h \
	src/wizard/answers.c \
	src/wizard/diff.c \
	src/wizard/diff.h \
	src/wizard/firmware_notes.c \
	src/wizard/firmware_notes.h \
	src/wizard/format.c \
	src/wizard/format.h \
	src/wizard/lists.c \
	src/wizard/lists.h \
	src/wizard/offers.c \
	src/wizard/offers_archive.c \
	src/wizard/offers_estimate.c \
	src/wizard/offers_host.c \
	src/wizard/open_archive.c \
	src/wizard/pages.c \
	src/wizard/pages.h \
	src/wizard/questions.c \
	src/wizard/questions.h \
	src/wizard/recompute.c \
	src/wizard/recompute.h \
	src/wizard/request.h \
	src/wizard/review.c \
	src/wizard/review.h \
	src/wizard/save.c \
	src/wizard/save.h \
	src/wizard/state.h \
	src/wizard/wizard.c

CORE = $(ARCHIVE) $(BASE) $(BUILD) $(CATALOG) $(CONSOLE) $(EXPORT) $(HOST) $(IMAGE) $(MACHINE) $(PREPARE) $(QEMU) $(SESSION) $(SPEC) $(SUPERVISOR) $(WIZARD)
