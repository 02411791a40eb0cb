/* SPDX-License-Identifier: MIT */
/*
 * list.h - a list of names (--files-from), read as a stream. Inner to the walk room (and its
 * tests).
 *
 * What is there to be read is taken as one batch of names: sorted by folder and name, each once, so
 * that a folder with many of them is looked at once however the list mixes them. (A name that
 * stands in two batches comes twice.) A full batch is not waited for: names from a pipe are handed
 * out as they come. Memory is one buffer and what it takes to sort the names in it, however long
 * the list.
 *
 * One owner, not thread-safe.
 */
#ifndef TH_WALK_LIST_H
#define TH_WALK_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "thumbs/thumbs.h"

/* Bytes of names read at one time, and the longest name there may be, its end counted. */
#define TH_LIST_BYTES ((size_t)256 << 10)

struct th_list;

/* One name of the list. */
struct th_list_item {
    /* Below SOURCE, without empty and "." parts, "" for SOURCE itself; borrowed until the next
     * call. Where `refused` is set: as it was given, or the beginning of it. */
    const char *path;
    /* The folder it lies in is so much of path; the name begins behind the slash, if there is
     * one. */
    size_t dir_len;
    const char *refused; /* NULL, or why it names nothing below SOURCE: one clause */
};

enum th_list_state {
    TH_LIST_ITEM,    /* *item is set */
    TH_LIST_END,     /* there are no more */
    TH_LIST_STOPPED, /* stopped() said so while more was waited for */
    TH_LIST_FAILED   /* it cannot be read on; errno. Then comes END. */
};

/* Open the list `file`; "-" is standard input. Names end in a newline, or with `null` in a NUL
 * byte; the last may lack its end, empty ones count for nothing. `source` is SOURCE as it was
 * given; below.h tells which names lie in it. Lists from other systems: a carriage return at the
 * end of a line and a byte order mark before the first are left out, unless there is a file of just
 * the name that has them; not with `null`. UNREADABLE, VANISHED, MEMORY. */
enum thumbs_code th_list_open(const char *file, bool null, const char *source, struct th_list **out,
                              struct thumbs_error *err);
/* What was left out so far, one clause; NULL: nothing. */
const char *th_list_note(const struct th_list *list);
void th_list_close(struct th_list *list); /* NULL is fine */

/* The next name. stopped (may be NULL) is asked a few times a second while nothing comes. */
enum th_list_state th_list_next(struct th_list *list, bool (*stopped)(void *user), void *user,
                                struct th_list_item *item);

#endif
