/* SPDX-License-Identifier: MIT */
/* picker_item: a picker that writes a structured item (spec/item.h). */
#ifndef TUI_PICKER_ITEM_H
#define TUI_PICKER_ITEM_H

#include "spec/item.h"
#include "tui/toolkit/picker.h"

/* Writes an item of `parts`, which are borrowed: the list has what may follow, with the files of the typed
 * folder. take and gone as those of picker_file. */
struct screen *picker_item(struct app *app, const struct picker_conf *conf, const struct item_part *parts);

#endif
