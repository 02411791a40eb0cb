/* SPDX-License-Identifier: MIT */
/*
 * write.h - the commit step: finished bytes to files under DEST, whole or not at all.
 *
 * It is shielded: once begun it runs to its rename or removes its temporary file. See dest.h for
 * the calling sequence.
 */
#ifndef TH_COMMIT_WRITE_H
#define TH_COMMIT_WRITE_H

#include "commit/history.h"

/* One finished source: write all outputs, each with thumbs' mark in it (commit/maker_mark.h), by
 * temporary file, checked write and close, mtime of the source, rename; then remember it. What
 * stands under a name already is replaced if it is empty, was made by thumbs (the manifest or
 * the mark says so) or options.overwrite is set. The paths are below DEST, from
 * th_template_expand() (INTERNAL if they are not like that). Two outputs of one path and the
 * same bytes are one. A shared output that stands there with the same bytes is left as it is. On
 * failure outputs already renamed stay (each is whole), nothing is remembered. Codes NOT_OURS,
 * NO_SPACE, NOT_WRITABLE, MEMORY, NAME_CLASH (one path, other bytes); stage write. Any thread. */
enum thumbs_code th_write_outputs(struct th_output_folder *folder, const char *name,
                                  bool keep_extension, const struct th_source_id *id,
                                  const struct th_commit_output *outputs, size_t n_outputs,
                                  struct thumbs_error *err);

#endif
