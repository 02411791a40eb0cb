/* SPDX-License-Identifier: MIT */
/*
 * give_way.h - a folder is needed below DEST where an output stands: a source y.png, whose
 * thumbnail is y.jpg, has gone, and there is a folder y.jpg with pictures. No source beside that
 * folder gets the name of an output from it, so what stands there is out of date.
 */
#ifndef TH_COMMIT_GIVE_WAY_H
#define TH_COMMIT_GIVE_WAY_H

#include <stddef.h>

struct th_dest;

/* `path` (len bytes) is that of a folder below DEST that could not be made since it, or a part on
 * its way, is no folder. Remove that file if it is on record as an output of thumbs and stands as
 * it was made; it stays if it is another's or was changed since. Any thread: several may want the
 * same folder at a time, so whether it can be made now shows only when it is tried again. */
void th_give_way(struct th_dest *dest, const char *path, size_t len);

#endif
