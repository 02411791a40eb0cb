/* SPDX-License-Identifier: MIT */
/*
 * emit.h - entries made and handed out.
 *
 * Each call fills *entry, which is the caller's from then on; `dir` is borrowed, the entry takes a
 * reference of its own. Where there is no memory for one, the entry says so instead (FAILED,
 * MEMORY): no name is lost in silence.
 *
 * One owner, not thread-safe. Inner to the walk room.
 */
#ifndef TH_WALK_EMIT_H
#define TH_WALK_EMIT_H

#include <stdbool.h>

#include "walk/entry.h"
#include "walk/names.h"
#include "walk/stack.h"

struct th_emit {
    const struct th_stack *stack; /* borrowed */
    bool follow;                  /* links are followed */
    char *reserve; /* an empty name, for when there is no memory to make one; owned */
    bool ended;    /* and none to make that one anew: the walk is over */
};

/* False: no memory. */
bool th_emit_init(struct th_emit *emit, const struct th_stack *stack, bool follow);
void th_emit_finish(struct th_emit *emit); /* zeroed is fine */

/* The last resort: an entry for which no memory is needed. `dir` may be NULL, then the SOURCE
 * stands in. `what` is what memory was lacking for. */
void th_emit_no_memory(struct th_emit *emit, struct th_walk_entry *entry, struct th_dir *dir,
                       const char *what);
void th_emit_skipped(struct th_emit *emit, struct th_walk_entry *entry, struct th_dir *dir,
                     const char *name, const char *why);
/* The same for what a rule leaves out. */
void th_emit_excluded(struct th_emit *emit, struct th_walk_entry *entry, struct th_dir *dir,
                      const char *name, const char *why);
/* dir may be NULL: see th_walk_entry. */
void th_emit_failed(struct th_emit *emit, struct th_walk_entry *entry, struct th_dir *dir,
                    const char *name, const struct thumbs_error *error);
/* A FAILED entry for the folder that the stack's path names, which has no open th_dir. */
void th_emit_path_failed(struct th_emit *emit, struct th_walk_entry *entry,
                         const struct thumbs_error *error);
/* A name that is no candidate. */
void th_emit_other(struct th_emit *emit, struct th_walk_entry *entry, enum th_name_kind kind,
                   struct th_dir *dir, const char *name);
/* The i-th of the names, which is no folder, whatever it is. */
void th_emit_name(struct th_emit *emit, struct th_walk_entry *entry, const struct th_names *names,
                  size_t i, struct th_dir *dir, const struct th_naming_rule *rule);

/* Why a folder could not be opened that was there when its parent was read, and now is not, or is
 * something else. */
void th_emit_set_folder_error(struct thumbs_error *err, int os_errno);

#endif
