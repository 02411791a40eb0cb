/* SPDX-License-Identifier: MIT */
/*
 * present.h - which sources there are, as far as the question is which of them have gone.
 *
 *   th_present_init()
 *   th_present_note()              each entry of a walk
 *   th_present_is_...(), _look()   about the folder that the walk is in, or any other
 *   th_present_finish()
 *
 * It holds the names of the folder that the walk is in, 16 to 32 bytes for each, and as much for
 * each folder that it has left. One thread.
 */
#ifndef TH_RUN_PRESENT_H
#define TH_RUN_PRESENT_H

#include <sys/stat.h>

#include "base/bytes.h"
#include "base/hashmap.h"
#include "walk/walk.h"

enum th_presence {
    TH_PRESENCE_THERE,   /* something is called so */
    TH_PRESENCE_GONE,    /* nothing is, but its SOURCE is there */
    TH_PRESENCE_UNKNOWN, /* a folder on the way cannot be opened now, or could not be read before */
    TH_PRESENCE_ELSEWHERE /* it lies in none of these SOURCEs */
};

/* Zero-initialise. */
struct th_present {
    const struct th_walk *walk; /* of the run: knows the SOURCEs; borrowed */
    uint64_t seed;
    uint64_t n_files; /* candidates that were noted */

    struct th_dir *dir;        /* the folder of the last candidate; one reference */
    struct th_hashmap taken;   /* names of its candidates */
    struct th_hashmap visited; /* folders of candidates, that one among them */
    struct th_bytes unread;    /* paths of what could not be read, a NUL behind each */
    uint32_t n_unread;

    struct th_bytes place; /* the folder that was looked into last */
    int place_fd, place_errno;
};

void th_present_init(struct th_present *present, const struct th_walk *walk, uint64_t seed);
void th_present_finish(struct th_present *present);

/* Is the entry a candidate in another folder than the one before? Then that one is complete, and
 * what is to be asked about it is to be asked before this entry is noted. */
bool th_present_is_next_folder(const struct th_present *present, const struct th_walk_entry *entry);
/* False: no memory, or more could not be read than can be kept in mind. */
bool th_present_note(struct th_present *present, const struct th_walk_entry *entry);

/* Is it a candidate of the last folder? */
bool th_present_is_taken(const struct th_present *present, const char *name);
bool th_present_was_visited(const struct th_present *present, const char *dir);
/* What there is now of a source, if it could be read. */
enum th_presence th_present_look(struct th_present *present, const char *dir, const char *name);
/* The state of a source that is there. False: it cannot be had. */
bool th_present_stat(struct th_present *present, const char *dir, const char *name, bool follow,
                     struct stat *st);
/* The same as th_present_look() for a folder. */
enum th_presence th_present_look_at_folder(struct th_present *present, const char *dir);

#endif
