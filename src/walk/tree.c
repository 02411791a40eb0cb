/* SPDX-License-Identifier: MIT */
#include "walk/tree.h"

#include <errno.h>
#include <fcntl.h>

#include "base/error.h"
#include "base/sys.h"

void th_tree_announce(const struct th_tree *tree, const char *parent, const char *name)
{
    const struct th_walk_options *o = tree->options;
    if (o->on_folder) o->on_folder(o->on_folder_user, parent, name);
}

/* The last folder itself is read (again). */
static void announce_last(const struct th_tree *tree)
{
    th_tree_announce(tree, th_bytes_str(&tree->stack->path), "");
}

/* ---- what is left out ---------------------------------------------------------------------- */

void th_tree_emit_left_out(struct th_tree *tree, struct th_walk_entry *entry, const char *name,
                           enum th_left_out why)
{
    struct th_dir *dir = th_stack_dir(tree->stack);
    if (dir)
        th_emit_excluded(tree->emit, entry, dir, name, th_left_out_reason(why));
    else
        th_emit_no_memory(tree->emit, entry, NULL, name);
}

static void emit_excluded(struct th_tree *tree, struct th_walk_entry *entry, const char *name,
                          bool folder)
{
    th_tree_emit_left_out(tree, entry, name,
                          th_selection_leaves_out(tree->selection, name, folder));
}

/* ---- what has changed ---------------------------------------------------------------------- */

static enum thumbs_change change_of(const struct th_tree *tree, const struct stat *st)
{
    const struct thumbs_changes *changes = tree->options->changes;
    return changes ? changes->folder(changes->user, st->st_dev, st->st_ino) : THUMBS_CHANGE_ALL;
}

/* The last folder was begun. */
static void note_change(struct th_tree *tree, const struct stat *st)
{
    const struct th_walk_options *o = tree->options;
    struct th_frame *frame = th_stack_last(tree->stack);
    frame->change = change_of(tree, st);
    if (frame->change == THUMBS_CHANGE_FILES && o->whole_folders) frame->change = THUMBS_CHANGE_ALL;
    if (frame->change >= THUMBS_CHANGE_FILES && o->on_changed)
        o->on_changed(o->on_changed_user, th_bytes_str(&tree->stack->path));
}

static bool is_changed(const struct th_tree *tree, const char *name)
{
    const struct thumbs_changes *changes = tree->options->changes;
    const struct th_frame *frame = th_stack_last(tree->stack);
    if (!changes || (tree->options->whole_folders && frame->change == THUMBS_CHANGE_ALL))
        return true;
    if (frame->change == THUMBS_CHANGE_NONE || frame->change == THUMBS_CHANGE_BELOW) return false;
    if (frame->change == THUMBS_CHANGE_FILES &&
        !changes->file(changes->user, frame->dev, frame->ino, name))
        return false;
    return !changes->is_busy(changes->user, th_frame_fd(frame), name);
}

/* ---- files --------------------------------------------------------------------------------- */

static bool step_files(struct th_tree *tree, struct th_walk_entry *entry)
{
    struct th_folder *folder = tree->folder;
    struct th_dir *dir = th_stack_last(tree->stack)->dir;
    if (folder->i_name < folder->names.n_files) {
        struct th_naming_rule rule = th_folder_rule(folder);
        /* Before the first file is out, since others read it then. */
        if (folder->i_name == 0 && !folder->lower.set)
            dir->has_folders = th_folder_has_subfolders(folder);
        const size_t i = folder->i_name++;
        if (!is_changed(tree, th_names_get(&folder->names, i))) return false;
        if (th_names_kind(&folder->names, i) == TH_NAME_EXCLUDED)
            emit_excluded(tree, entry, th_names_get(&folder->names, i), false);
        else
            th_emit_name(tree->emit, entry, &folder->names, i, dir, &rule);
        return true;
    }
    if (th_folder_has_more_files(folder)) {
        announce_last(tree);
        th_folder_read_next(folder);
    } else {
        th_folder_keep_subfolders(folder);
    }
    return false;
}

/* ---- subfolders ---------------------------------------------------------------------------- */

enum thumbs_code th_tree_begin(struct th_tree *tree, int fd, const struct stat *st,
                               struct thumbs_error *err)
{
    struct th_stack *stack = tree->stack;
    const size_t n_ignores = stack->ignores.n;
    enum thumbs_code code =
        th_stack_enter_ignores(stack, fd, stack->path.len, tree->options->follow, err);
    if (code) return code;
    if (!th_stack_push(stack, fd, st)) {
        th_ignores_truncate(&stack->ignores, n_ignores);
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the folder");
    }
    note_change(tree, st);
    th_folder_begin(tree->folder);
    return THUMBS_OK;
}

static int open_subfolder(struct th_tree *tree, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | (tree->options->follow ? 0 : O_NOFOLLOW);
    int at = th_frame_fd(th_stack_last(tree->stack));
    int fd = th_openat(at, name, flags, 0);
    if (fd >= 0 || (errno != EMFILE && errno != ENFILE)) return fd;
    th_stack_close_spare(tree->stack);
    return th_openat(at, name, flags, 0);
}

static const char *why_not_entered(const struct th_tree *tree, int fd, const struct stat *st)
{
    const bool follow = tree->options->follow;
    if (follow && th_selection_lies_in_dest(tree->selection, fd)) return "link into DEST";
    /* A folder that is on the way down already, reached again through a link. */
    if (follow && th_stack_holds(tree->stack, st)) return "loop of links";
    if (th_selection_is_elsewhere(tree->selection, st)) return "on another file system";
    return th_selection_is_dest_of_a_run(fd) ? "is the DEST of a run, since it holds .thumbs"
                                             : NULL;
}

/* Hand out a subfolder of the last frame that is not entered. */
static void emit_passed_over(struct th_tree *tree, struct th_walk_entry *entry, const char *name,
                             const char *why)
{
    struct th_dir *dir = th_stack_dir(tree->stack);
    if (dir)
        th_emit_skipped(tree->emit, entry, dir, name, why);
    else
        th_emit_no_memory(tree->emit, entry, NULL, name);
}

/* Hand out a subfolder that could not be begun, under its own path if there is memory for that. */
static void emit_not_begun(struct th_tree *tree, struct th_walk_entry *entry, const char *name,
                           const struct thumbs_error *error)
{
    struct th_stack *stack = tree->stack;
    const size_t path_len = stack->path.len;
    if (th_stack_push_path(stack, name))
        th_emit_path_failed(tree->emit, entry, error);
    else
        th_emit_no_memory(tree->emit, entry, th_stack_last(stack)->dir, name);
    th_bytes_truncate(&stack->path, path_len);
}

bool th_tree_enter(struct th_tree *tree, struct th_walk_entry *entry, const char *name)
{
    struct th_stack *stack = tree->stack;
    const size_t path_len = stack->path.len;
    struct thumbs_error error;
    struct stat st;
    bool made = true;

    th_tree_announce(tree, th_bytes_str(&stack->path), name);
    int fd = open_subfolder(tree, name);
    if (fd < 0 || fstat(fd, &st)) {
        th_emit_set_folder_error(&error, errno);
        emit_not_begun(tree, entry, name, &error);
        goto out;
    }
    if (th_selection_is_dest(tree->selection, &st) || change_of(tree, &st) == THUMBS_CHANGE_NONE) {
        made = false;
        goto out;
    }
    const char *why = why_not_entered(tree, fd, &st);
    if (why) {
        emit_passed_over(tree, entry, name, why);
        goto out;
    }
    if (th_selection_has_nomedia(fd)) {
        th_tree_emit_left_out(tree, entry, name, TH_LEFT_OUT_NO_MEDIA);
        goto out;
    }
    if (th_stack_push_path(stack, name)) {
        if (!th_tree_begin(tree, fd, &st, &error)) return false;
        th_bytes_truncate(&stack->path, path_len);
    } else {
        th_error_set(&error, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the folder");
    }
    emit_not_begun(tree, entry, name, &error);
out:
    if (fd >= 0) th_close(fd);
    return made;
}

static bool step_folders(struct th_tree *tree, struct th_walk_entry *entry)
{
    struct th_frame *frame = th_stack_last(tree->stack);
    if (!th_frame_has_work(frame)) {
        th_stack_pop(tree->stack);
        return false;
    }
    if (th_frame_fd(frame) < 0) announce_last(tree);
    if (!th_stack_ensure_open(tree->stack)) {
        struct thumbs_error error;
        th_error_os(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno,
                    "cannot come back to the folder");
        th_emit_path_failed(tree->emit, entry, &error);
        th_frame_drop_work(frame);
        return true;
    }
    if (frame->i_folder == frame->folders.n) {
        announce_last(tree);
        th_folder_read_from_resume(tree->folder);
        th_folder_keep_subfolders(tree->folder);
        return false;
    }
    size_t i = frame->i_folder++;
    const char *name = th_names_get(&frame->folders, i);
    if (th_names_kind(&frame->folders, i) == TH_NAME_FOLDER)
        return th_tree_enter(tree, entry, name);
    emit_excluded(tree, entry, name, true);
    return true;
}

bool th_tree_step(struct th_tree *tree, struct th_walk_entry *entry)
{
    bool in_folders = th_stack_last(tree->stack)->in_folders;
    return in_folders ? step_folders(tree, entry) : step_files(tree, entry);
}
