/* SPDX-License-Identifier: MIT */
#include "walk/litter.h"

#include <stddef.h>

#include "walk/glob.h"

/* The help of --no-default-excludes lists the same. */
static const char *const globs[] = {
    "@eaDir",       /* Synology: thumbnails and indices of each folder */
    "#recycle",     /* its waste bin */
    ".Trash*",      /* waste bins of desktops, on each disk */
    "Thumbs.db",    /* Windows: thumbnails of a folder */
    "__MACOSX",     /* in ZIP files from a Mac: */
    "._*",          /* what a Mac knows of the file whose name follows */
    "$RECYCLE.BIN", /* Windows: waste bin of a disk */
    ".thumbnails",  /* Android, and old desktops */
};

bool th_litter_is(const char *name)
{
    for (size_t i = 0; i < sizeof globs / sizeof globs[0]; i++)
        if (th_glob_match(globs[i], name)) return true;
    return false;
}
