/* SPDX-License-Identifier: MIT */
/*
 * entry.h - one thing the walk found, and what it already knows of it.
 */
#ifndef TH_WALK_ENTRY_H
#define TH_WALK_ENTRY_H

#include <stdbool.h>

#include "thumbs/thumbs.h"
#include "walk/dir.h"

enum th_walk_kind {
    TH_WALK_FILE,    /* a regular file (or, with follow, a link to one): a candidate */
    TH_WALK_SKIPPED, /* no regular file, a link not followed, excluded: error.message says which */
    TH_WALK_FAILED   /* a folder that cannot be read, a name that cannot be looked at: see error */
};

struct th_walk_entry {
    enum th_walk_kind kind;
    /* One reference owned by the entry; NULL only for a SOURCE that could not be opened. */
    struct th_dir *dir;
    /* Owned, never NULL; last name part. "" for the folder itself (kind FAILED); where dir is NULL
     * the SOURCE as it was given ("" if there was no memory for that). */
    char *name;
    /* It was named on the command line: if it is a link, it is followed whatever the options
     * say. */
    bool follow;
    /* The user named it (a SOURCE, a name of the list) and no rule keeps it out: if it is skipped,
     * that is to be reported. */
    bool named;
    /* SKIPPED: a rule keeps it out (of the options, as litter, of .thumbsignore or .nomedia), and
     * if it is a folder all that is in it. */
    bool excluded;
    /* Its output keeps its extension, since another file of this folder would get the same
     * output. */
    bool keep_extension;
    struct thumbs_error error; /* kinds SKIPPED (code OK, only the message) and FAILED */
};

void th_walk_entry_finish(struct th_walk_entry *entry); /* releases, zeroes; zeroed is fine */

#endif
