/* SPDX-License-Identifier: MIT */
/* safe_path.h - any bytes to a path that may stand below DEST. Pure, thread-safe. */
#ifndef TH_NAMING_SAFE_PATH_H
#define TH_NAMING_SAFE_PATH_H

#include "base/bytes.h"

/* What thumbs keeps to itself below DEST: its state, and files that are not finished. */
#define TH_STATE_DIR   ".thumbs"
#define TH_TEMP_PREFIX ".thumbs-"

/* Append to *out the path `raw` as it may stand below DEST: no empty parts, '_' before "." and
 * "..", before parts that begin like a temporary and before the state folder at the top, and no
 * part over NAME_MAX bytes. Two raw paths that differ (but for slashes) stay different: '_' is also
 * put before what already is such a name behind underscores. is_file: the last part is a file name,
 * whose ending survives a cut. Memory failure is left in *out. */
void th_safe_path_add(struct th_bytes *out, const char *raw, size_t len, bool is_file);

#endif
