/* SPDX-License-Identifier: MIT */
/* link.h - from one folder to another, as a relative URL. Thread-safe. */
#ifndef TH_GALLERY_LINK_H
#define TH_GALLERY_LINK_H

#include "base/bytes.h"
#include "thumbs/thumbs.h"

/* Append what leads from the folder `from` to the folder `to`, links resolved: "", "out/",
 * "../../a%20b/". Folders at the end of `to` may be missing. UNREADABLE: it cannot be told. */
enum thumbs_code th_link_add_way(struct th_bytes *b, const char *from, const char *to,
                                 struct thumbs_error *err);

#endif
