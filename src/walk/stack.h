/* SPDX-License-Identifier: MIT */
/*
 * stack.h - the way down: the folders from a SOURCE to where the walk is.
 *
 *     th_stack_push_path(stack, name);        the path first, ...
 *     th_stack_push(stack, fd, &st);          ... then its folder
 *     th_stack_ensure_open(stack);            before the last one is used after a pop
 *     th_stack_pop(stack);
 *
 * However deep the tree, only the SOURCE and the last 32 folders are kept open. Others are opened
 * again on the way back, and count only if they are the same folder as before.
 *
 * One owner, not thread-safe. Inner to the walk room.
 */
#ifndef TH_WALK_STACK_H
#define TH_WALK_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "thumbs/thumbs.h"
#include "walk/dir.h"
#include "walk/ignores.h"
#include "walk/names.h"

struct th_frame {
    struct th_dir *dir; /* one reference; NULL while the folder is closed, or open as fd only */
    int fd;             /* opened again, not (yet) handed to a th_dir; else -1; owned */
    dev_t dev;
    ino_t ino;
    size_t path_len; /* its path is so much of the stack's */
    bool in_folders; /* its files are done; `folders` holds subfolders, i_folder is the next */
    struct th_names folders; /* owned */
    size_t i_folder;
    size_t n_ignores;          /* .thumbsignore files that hold in it */
    char *resume;              /* where to go on behind `folders`, or NULL; owned */
    enum thumbs_change change; /* ALL, unless told otherwise */
    bool reported; /* that it cannot be read as a whole: once is enough, however often it is read */

    /* It is not walked: names of it are in the list. It is not closed to save descriptors. */
    bool listing;
    bool is_read; /* listing: its names have been read, so has_folders is set */
};

struct th_stack {
    struct th_frame *frames;
    size_t n, cap;
    struct th_bytes path;      /* of the last frame */
    struct th_ignores ignores; /* that hold in the last frame; how many, each frame says */
    size_t root_len;           /* so much of it is the SOURCE's own name; 0 with one source */
};

bool th_stack_init(struct th_stack *stack);   /* false: no memory */
void th_stack_finish(struct th_stack *stack); /* zeroed is fine */

/* Append a name to the path, and make room for one name more: th_selection_excludes() relies on
 * that. False: no memory, the path is as it was. */
bool th_stack_push_path(struct th_stack *stack, const char *name);
/* Begin a folder, whose path stack->path is; the .thumbsignore files that were entered on the way
 * to it hold as long as it is there. Owns fd from now on. False: no memory, and fd is still the
 * caller's. */
bool th_stack_push(struct th_stack *stack, int fd, const struct stat *st);
/* Let the .thumbsignore of an open folder hold from now on, whose path has path_len bytes: see
 * th_ignores_enter(), whose codes these are. */
enum thumbs_code th_stack_enter_ignores(struct th_stack *stack, int fd, size_t path_len,
                                        bool follow, struct thumbs_error *err);
/* Leave the last frame. Its folder is the way back to its parent, if that was closed. */
void th_stack_pop(struct th_stack *stack);
/* Make sure that the folder of the last frame is open. False and errno: it is not to be found. */
bool th_stack_ensure_open(struct th_stack *stack);
/* The process is out of descriptors: give up those kept only to save time. */
void th_stack_close_spare(struct th_stack *stack);

static inline struct th_frame *th_stack_last(const struct th_stack *stack)
{
    return &stack->frames[stack->n - 1];
}
/* The folder of the last frame, which is open; borrowed. NULL: no memory. */
struct th_dir *th_stack_dir(struct th_stack *stack);
/* Is this folder one of those on the way down? */
bool th_stack_holds(const struct th_stack *stack, const struct stat *st);

static inline int th_frame_fd(const struct th_frame *frame)
{
    return frame->dir ? frame->dir->fd : frame->fd;
}
bool th_frame_has_work(const struct th_frame *frame);
void th_frame_drop_work(struct th_frame *frame); /* subfolders that are left are not visited */

#endif
