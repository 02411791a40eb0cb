/* SPDX-License-Identifier: MIT */
/*
 * names.h - the names of one folder, packed tightly, in order. Inner to the walk room (and its
 * tests).
 *
 *     th_names_init(&names, bytes);
 *     th_names_add(&names, kind, name, len);     until it is full: then th_names_cut()
 *     th_names_sort(&names);
 *     th_names_get(&names, i);
 *     th_names_finish(&names);
 *
 * A million names of twelve bytes take 18 MB here: one arena holds, from its front, the names (a
 * tag byte, the name, a NUL) and, from its back, one 32-bit offset for each. The arena never grows.
 * When it is full the upper part of the order is given up and remembered as a cut (struct th_cut);
 * the walk reads the folder again for it later. That is what keeps memory bounded however many
 * names a folder has.
 *
 * One owner each, not thread-safe. What fails leaves things as they were.
 */
#ifndef TH_WALK_NAMES_H
#define TH_WALK_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "naming/short_names.h"

/* Smallest arena: a cut must always leave at least one name behind, or reading again would go on
 * for ever. */
#define TH_NAMES_MIN_BYTES (4u * (TH_NAME_MAX + 2u + 4u))

/* What a name is. Folders come after everything else in the order. */
enum th_name_kind {
    TH_NAME_FILE,           /* a candidate */
    TH_NAME_LINK,           /* a symbolic link that is not followed */
    TH_NAME_SPECIAL,        /* a device, socket, FIFO */
    TH_NAME_EXCLUDED,       /* a regular file that the globs leave out */
    TH_NAME_INTO_DEST,      /* a link to a file in DEST */
    TH_NAME_BROKEN,         /* cannot be looked at: a dangling link, ... */
    TH_NAME_FOLDER,         /* to be entered */
    TH_NAME_FOLDER_EXCLUDED /* a folder that the globs leave out */
};
static inline bool th_name_is_folder(enum th_name_kind kind)
{
    return kind >= TH_NAME_FOLDER;
}

struct th_names {
    unsigned char *arena; /* owned */
    size_t cap_bytes;     /* of arena */
    size_t len;           /* bytes in use at the front */
    size_t n;             /* names */
    size_t n_files;       /* of them not folders, so the first ones; right after th_names_sort() */
};

/* An arena of `bytes` (rounded down to a multiple of four, at most 4 GB), whose pages are touched
 * only when used. False: no memory. */
bool th_names_init(struct th_names *names, size_t bytes);
void th_names_finish(struct th_names *names); /* zeroes; zeroed is fine */
void th_names_clear(struct th_names *names);  /* empty again, keeps the arena */
/* False: full, nothing was added. Names have 1 to TH_NAME_MAX bytes and no NUL. */
bool th_names_add(struct th_names *names, enum th_name_kind kind, const char *name, size_t len);
/* Order by (folder or not, bytes), in place; of equal ones one stays. */
void th_names_sort(struct th_names *names);
/* The i-th name, NUL-terminated, borrowed until the next change. */
const char *th_names_get(const struct th_names *names, size_t i);
enum th_name_kind th_names_kind(const struct th_names *names, size_t i);
/* Sorted names but for folders, as the rule for output names takes them; borrowed until the next
 * change. Indices are the same. */
struct th_naming_names th_names_files(const struct th_names *names);
/* Index of the regular file (TH_NAME_FILE) of this name of len bytes in sorted names, or
 * SIZE_MAX. */
size_t th_names_find(const struct th_names *names, const char *name, size_t len);
/* Make *out an arena of its own, of just the right size, with the names from `first` on until
 * max_bytes are spent (at least one): sorted, if names is. Out of memory: false, *out untouched. */
bool th_names_copy(const struct th_names *names, size_t first, size_t max_bytes,
                   struct th_names *out);

/* A point in the order: names before it are in one part, it and those behind it in the next. */
struct th_cut {
    bool set; /* else the names begin, or end, where the folder does */
    bool folder;
    struct th_naming_edge edge; /* its name, and what is known of the groups it parts */
};

void th_cut_set(struct th_cut *cut, bool folder, const char *name);
/* Below, equal to or above zero as the name lies before, at or behind the cut. */
int th_cut_compare(const struct th_cut *cut, bool folder, const char *name);

/* Give up the upper quarter of the sorted names (n at least 2) and set *cut to the first of those;
 * or a little more, so that no group is parted. Some names are left, no longer sorted. */
void th_names_cut(struct th_names *names, struct th_cut *cut);

#endif
