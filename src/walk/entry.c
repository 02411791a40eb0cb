/* SPDX-License-Identifier: MIT */
#include "walk/entry.h"

#include <stdlib.h>

void th_walk_entry_finish(struct th_walk_entry *entry)
{
    th_dir_unref(entry->dir);
    free(entry->name);
    *entry = (struct th_walk_entry){0};
}
