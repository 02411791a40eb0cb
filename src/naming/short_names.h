/* SPDX-License-Identifier: MIT */
/*
 * short_names.h - which files of one folder get an output named after their stem, and which have to
 * keep their extension in it, so that no two of them get one output name.
 *
 *     struct th_naming_names names = {records, at, n};     the files of a folder, sorted
 *     struct th_naming_rule rule = {.ask = ..., ...};
 *     for each candidate i: keep = th_naming_keeps_extension(&names, i, &rule);
 *
 * `a.jpg` and `a.gif` would both become `a.jpg`: so both keep their extension. What decides is what
 * the folder holds, not the order in which names are asked about, nor which of them are asked
 * about.
 *
 * A folder too large to be held in memory is looked at in parts. Where a part ends, an edge (struct
 * th_naming_edge) holds what must be known of the names on both sides.
 *
 * Nothing is owned here: records and edges are the caller's, which are written into as answers are
 * found. One thread for each set of records. Nothing can fail.
 */
#ifndef TH_NAMING_SHORT_NAMES_H
#define TH_NAMING_SHORT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/path.h"

/* What output a name leads to, as far as a name tells: a small number (below 32) that is equal for
 * names whose outputs get the same ending (always 0 unless format is keep); and whether the ending
 * of the name is a known image ending. */
typedef unsigned th_output_class_fn(void *user, const char *name, bool *known_image);

/* Of the byte in front of each name these bits are the caller's, and are 0 for a candidate: a file
 * that may get an output. The others must be 0 at first. They keep what has been found out. */
#define TH_NAMING_KIND 7u

/* What a folder holds but for its subfolders, sorted by bytes. The record of the i-th name begins
 * at records + at[i]: a byte as said above, the name, a NUL. */
struct th_naming_names {
    unsigned char *records;
    const uint32_t *at;
    size_t n;
};

/* Length of the stem of a name of len bytes: up to its last dot, unless that is its first byte;
 * else the whole. */
size_t th_naming_stem_len(const char *name, size_t len);

/* Index of the candidate of this name of len bytes, or SIZE_MAX. */
size_t th_naming_find(const struct th_naming_names *names, const char *name, size_t len);

/* ---- edges --------------------------------------------------------------------------------- */

/* What is known of all candidates of the folder that share one stem. */
struct th_naming_row {
    uint64_t
        counts; /* two bits for each output class: how many images, 2 meaning "more than one" */
    bool exact; /* the stem itself is the name of an image ... */
    uint8_t exact_class; /* ... of this class */
};

/* A name that begins a part of the folder. A group of names that share a stem may lie on both
 * sides, but then its stem begins the name at the edge: one row for each of its lengths holds all
 * that must be known of such groups. */
struct th_naming_edge {
    bool learned; /* the rows hold; until then they are empty */
    size_t len;
    char name[TH_NAME_MAX + 1];
    struct th_naming_row rows[TH_NAME_MAX + 1]; /* by length of the stem */
};

void th_naming_edge_set(struct th_naming_edge *edge, const char *name); /* with empty rows */
/* Is the name one that th_naming_edge_learn() would count? */
bool th_naming_edge_concerns(const struct th_naming_edge *edge, const char *name);

/* ---- the rule ------------------------------------------------------------------------------ */

struct th_naming_rule {
    bool always;                                /* all keep their extension; nobody is asked */
    th_output_class_fn *output_class;           /* NULL: all names alike */
    void *user;                                 /* for output_class */
    void *asked;                                /* for the two below */
    bool (*ask)(void *asked, const char *name); /* is this file an image by content? */
    /* Give th_naming_edge_learn() each candidate of the folder that the edge concerns, once. */
    void (*learn)(void *asked, struct th_naming_edge *edge);
    /* Where the names begin and end; NULL: not cut there. Learned when needed, which is seldom:
     * only where a group lies on both sides. */
    struct th_naming_edge *lower, *upper;
};

/* Count a candidate of the folder, on whichever side of the edge, into its rows. */
void th_naming_edge_learn(struct th_naming_edge *edge, const char *name,
                          const struct th_naming_rule *rule);

/* Must the output of the i-th name, a candidate, keep its extension? Yes for an image whose stem is
 * shared by another image of the same class, and for one whose stem is itself the name of such an
 * image that keeps its own: `a.jpg.png` would get the output name that `a.jpg` has got because of
 * `a.gif`. Content is asked for only where it matters and the ending does not tell, once for each
 * name. */
bool th_naming_keeps_extension(const struct th_naming_names *names, size_t i,
                               const struct th_naming_rule *rule);

#endif
