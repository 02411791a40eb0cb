/* SPDX-License-Identifier: MIT */
#include "walk/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/sys.h"

/* Ancestors kept open below the SOURCE: enough that going up and down near the leaves opens nothing
 * twice. */
#define MAX_OPEN_LEVELS 32u

bool th_stack_init(struct th_stack *stack)
{
    return th_bytes_reserve(&stack->path, TH_NAME_MAX + 1); /* for a SOURCE file's name */
}

bool th_stack_push_path(struct th_stack *stack, const char *name)
{
    size_t len = strlen(name);
    if (!th_bytes_reserve(&stack->path, len + 1 + TH_NAME_MAX + 1)) {
        stack->path.failed = false; /* what is there is whole; another folder may still fit */
        return false;
    }
    if (stack->path.len && len) th_bytes_addc(&stack->path, '/');
    th_bytes_add(&stack->path, name, len);
    return true;
}

struct th_dir *th_stack_dir(struct th_stack *stack)
{
    struct th_frame *frame = th_stack_last(stack);
    if (!frame->dir) {
        frame->dir = th_dir_create(frame->fd, stack->path.data, frame->path_len, stack->root_len);
        if (frame->dir) frame->fd = -1;
    }
    return frame->dir;
}

/* Close the folder of an ancestor (files in flight may keep it open for longer). */
static void close_frame(struct th_frame *frame)
{
    th_dir_unref(frame->dir);
    frame->dir = NULL;
    if (frame->fd >= 0) th_close(frame->fd);
    frame->fd = -1;
}

static void finish_frame(struct th_frame *frame)
{
    close_frame(frame);
    th_names_finish(&frame->folders);
    free(frame->resume);
}

bool th_frame_has_work(const struct th_frame *frame)
{
    return !frame->in_folders || frame->i_folder < frame->folders.n || frame->resume;
}

void th_frame_drop_work(struct th_frame *frame)
{
    frame->i_folder = frame->folders.n;
    free(frame->resume);
    frame->resume = NULL;
}

static bool is_same(int fd, const struct th_frame *frame)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_dev == frame->dev && st.st_ino == frame->ino;
}

/* Open a closed ancestor again as seen from `at`. False: it is not to be found there, and errno. */
static bool reopen_as(struct th_frame *frame, int at, const char *path, size_t len)
{
    int access = th_frame_has_work(frame) ? O_RDONLY : O_PATH;
    int fd = th_path_open(at, path, len, access | O_DIRECTORY);
    if (fd < 0) return false;
    if (!is_same(fd, frame)) {
        th_close(fd);
        errno = ENOENT;
        return false;
    }
    frame->fd = fd;
    return true;
}

void th_stack_pop(struct th_stack *stack)
{
    struct th_frame *frame = th_stack_last(stack);
    struct th_frame *parent = stack->n > 1 ? frame - 1 : NULL;
    if (parent && th_frame_fd(parent) < 0 && th_frame_fd(frame) >= 0)
        (void)reopen_as(parent, th_frame_fd(frame), "..", 2);
    finish_frame(frame);
    stack->n--;
    th_ignores_truncate(&stack->ignores, parent ? parent->n_ignores : 0);
    th_bytes_truncate(&stack->path, parent ? parent->path_len : 0);
}

/* A parent that ".." did not lead to (a link was followed, or the tree was moved about) is looked
 * for by its path from the SOURCE. */
bool th_stack_ensure_open(struct th_stack *stack)
{
    struct th_frame *frame = th_stack_last(stack);
    if (th_frame_fd(frame) >= 0) return true;
    const struct th_frame *root = &stack->frames[0];
    size_t skip = root->path_len ? root->path_len + 1 : 0;
    return reopen_as(frame, root->dir->fd, stack->path.data + skip, frame->path_len - skip);
}

static bool grow(struct th_stack *stack)
{
    struct th_frame *frames = th_grow(stack->frames, &stack->cap, stack->n + 1, sizeof *frames);
    if (frames) stack->frames = frames;
    return frames != NULL;
}

bool th_stack_push(struct th_stack *stack, int fd, const struct stat *st)
{
    if (!grow(stack)) return false;
    struct th_dir *dir = th_dir_create(fd, stack->path.data, stack->path.len, stack->root_len);
    if (!dir) return false;
    stack->frames[stack->n++] = (struct th_frame){.dir = dir,
                                                  .fd = -1,
                                                  .dev = st->st_dev,
                                                  .ino = st->st_ino,
                                                  .path_len = stack->path.len,
                                                  .change = THUMBS_CHANGE_ALL,
                                                  .n_ignores = stack->ignores.n};
    if (stack->n > MAX_OPEN_LEVELS + 1) {
        struct th_frame *far = &stack->frames[stack->n - 1 - MAX_OPEN_LEVELS];
        if (!far->listing) close_frame(far);
    }
    return true;
}

enum thumbs_code th_stack_enter_ignores(struct th_stack *stack, int fd, size_t path_len,
                                        bool follow, struct thumbs_error *err)
{
    struct thumbs_error error = {0};
    enum thumbs_code code = th_ignores_enter(&stack->ignores, fd, path_len, follow, &error);
    if (error.os_errno == EMFILE || error.os_errno == ENFILE) {
        th_stack_close_spare(stack);
        code = th_ignores_enter(&stack->ignores, fd, path_len, follow, &error);
    }
    if (code) *err = error;
    return code;
}

void th_stack_close_spare(struct th_stack *stack)
{
    for (size_t i = 1; i + 1 < stack->n; i++) {
        if (!stack->frames[i].listing) close_frame(&stack->frames[i]);
    }
}

bool th_stack_holds(const struct th_stack *stack, const struct stat *st)
{
    for (size_t i = 0; i < stack->n; i++) {
        if (stack->frames[i].dev == st->st_dev && stack->frames[i].ino == st->st_ino) return true;
    }
    return false;
}

void th_stack_finish(struct th_stack *stack)
{
    while (stack->n)
        finish_frame(&stack->frames[--stack->n]);
    free(stack->frames);
    th_ignores_finish(&stack->ignores);
    th_bytes_finish(&stack->path);
}
