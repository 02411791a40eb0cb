/* SPDX-License-Identifier: MIT */
/* own_output.h - did thumbs make the file that has the name of an output? Any thread. Not for other
 * rooms. */
#ifndef TH_COMMIT_OWN_OUTPUT_H
#define TH_COMMIT_OWN_OUTPUT_H

#include <sys/stat.h>

#include "commit/history.h"

/* path: the output below DEST, which is called `name` in the open folder fd; st: what stands there;
 * id: its source, as it is now or was last. An empty file holds nothing to lose, and a power cut
 * may leave such. Editors keep our mark in what they save: it does not count where the file was
 * written since. */
bool th_own_output_is(const struct th_output_folder *folder, const char *path, int fd,
                      const char *name, const struct stat *st, const struct th_source_id *id);

/* May an output have this path? Expanded templates always are so; a mistake of ours, or a manifest
 * that somebody edited, must not lead elsewhere. */
bool th_own_output_may_be_called(const char *path);

#endif
