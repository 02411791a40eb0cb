/* SPDX-License-Identifier: MIT */
/*
 * below.h - names of a list, brought to the form of paths below SOURCE. Inner to the walk room (and
 * its tests).
 *
 * A relative name is one below SOURCE. An absolute one is taken if it begins with SOURCE as it was
 * given, or if a folder on its way is SOURCE: so it may be spelled through other links than SOURCE
 * was, and SOURCE may be relative. Parts that say nothing (empty ones, ".") are left out. ".."
 * below SOURCE is refused, since it could lead out.
 *
 * One owner, not thread-safe.
 */
#ifndef TH_WALK_BELOW_H
#define TH_WALK_BELOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum th_refusal {
    TH_NAME_TAKEN,
    TH_NAME_NOT_BELOW,
    TH_NAME_LEADS_UP,
    TH_NAME_TOO_LONG,
    TH_NAME_HOLDS_NUL,
    TH_NAME_UTF_16
};

/* SOURCE as names may be spelled. */
struct th_below {
    int fd;    /* SOURCE (O_PATH), or -1 if it cannot be opened; owned */
    dev_t dev; /* with fd */
    ino_t ino;
    char *given; /* SOURCE without parts that say nothing; owned */
    char *alias; /* another beginning that has proved to be SOURCE, or NULL; owned */
};

/* False: no memory. */
bool th_below_init(struct th_below *below, const char *source);
void th_below_finish(struct th_below *below); /* zeroed is fine */

/* Make *name, NUL-terminated, the path below SOURCE, in place; *dir_len is the length of its
 * folder. Where it is refused, the name stays as it was but for parts that say nothing. */
enum th_refusal th_below_clean(struct th_below *below, char *name, size_t *dir_len);

/* Is there anything of this path below SOURCE? */
bool th_below_exists(const struct th_below *below, const char *path);

#endif
