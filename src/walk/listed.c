/* SPDX-License-Identifier: MIT */
#include "walk/listed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/path.h"
#include "base/sys.h"

#define N_WALKED 4096u

static const char link_on_the_way[] =
    "a folder on the way is a symbolic link, which only --follow follows";

enum thumbs_code th_listed_open(struct th_listed *listed, struct th_tree *tree,
                                struct thumbs_error *err)
{
    const struct th_walk_options *o = tree->options;
    *listed = (struct th_listed){.tree = tree};
    return th_list_open(o->list, o->list_null, o->sources[0], &listed->list, err);
}

void th_listed_close(struct th_listed *listed)
{
    th_list_close(listed->list);
    free(listed->walked);
}

/* ---- the folder of a name ------------------------------------------------------------------ */

static const char *name_of(const struct th_list_item *item)
{
    return item->path + item->dir_len + (item->dir_len > 0);
}

static bool is_link(int at, const char *name)
{
    struct stat st;
    return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* Open the next folder on the way to a name; without `follow` no link, whenever it was put there.
 * -1 and *error. */
static int open_part(const struct th_tree *tree, int at, const char *part, int access,
                     struct thumbs_error *error)
{
    const bool follow = tree->options->follow;
    int fd = th_openat(at, part, access | O_DIRECTORY | (follow ? 0 : O_NOFOLLOW), 0);
    int os_errno = errno;
    if (fd < 0 && !follow && is_link(at, part))
        th_error_set(error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, "%s", link_on_the_way);
    else if (fd < 0)
        th_error_os(error, os_errno == ENOTDIR ? THUMBS_VANISHED : THUMBS_UNREADABLE,
                    THUMBS_STAGE_WALK, os_errno, "cannot open its folder");
    return fd;
}

/* What is found out on the way to a folder. */
struct way {
    bool in_dest;              /* one of its parts is the DEST of a run */
    enum th_left_out left_out; /* one of its parts, and so all of it, is left out */
};

/* Look at a folder on the way, whose path below SOURCE has path_len bytes. False: what lies in it
 * is left out, or *error. */
static bool pass_through(struct th_tree *tree, int fd, size_t path_len, struct way *way,
                         struct thumbs_error *error)
{
    if (th_selection_is_dest_of_a_run(fd)) way->in_dest = true;
    if (th_selection_has_nomedia(fd)) {
        way->left_out = TH_LEFT_OUT_NO_MEDIA;
        return false;
    }
    return th_stack_enter_ignores(tree->stack, fd, path_len, tree->options->follow, error) ==
           THUMBS_OK;
}

/* Open a folder below SOURCE, part by part, each under the rules of those above it. (openat2()
 * could do it in one call, but not for paths of any length, nor on every kernel.) -1, and
 * way->left_out or *error. `path` is changed only meanwhile. */
static int open_folder(struct th_tree *tree, char *path, struct way *way,
                       struct thumbs_error *error)
{
    const int root = tree->stack->frames[0].dir->fd;
    int at = root;
    for (char *part = path;;) {
        char *end = strchrnul(part, '/');
        const char was = *end;
        int fd = -1;
        *end = '\0';
        way->left_out = th_selection_leaves_out_folder(tree->selection, path);
        if (!way->left_out) fd = open_part(tree, at, part, was ? O_PATH : O_RDONLY, error);
        if (at != root) th_close(at);
        if (fd >= 0 && !pass_through(tree, fd, (size_t)(end - path), way, error)) {
            th_close(fd);
            fd = -1;
        }
        *end = was;
        if (fd < 0 || !was) return fd;
        at = fd;
        part = end + 1;
    }
}

static bool is_last_folder(const struct th_stack *stack, const struct th_list_item *item)
{
    return stack->path.len == item->dir_len &&
           (item->dir_len == 0 || !memcmp(stack->path.data, item->path, item->dir_len));
}

/* Why a name is not handed out: it is left out, kept out for another reason, or has failed. */
struct refusal {
    enum th_left_out left_out;
    const char *why;
    struct thumbs_error error;
};

/* Why an open folder of a name is kept out, or NULL. */
static const char *why_kept_out(const struct th_tree *tree, int fd, const struct stat *st,
                                const struct way *way)
{
    if (th_selection_lies_in_dest(tree->selection, fd)) return "lies in DEST";
    if (way->in_dest) return "lies in the DEST of a run, since that holds .thumbs";
    return th_selection_is_elsewhere(tree->selection, st) ? "on another file system" : NULL;
}

/* Push the folder of a name. False: see *refusal. */
static bool push_folder(struct th_tree *tree, char *folder, struct refusal *refusal)
{
    struct th_stack *stack = tree->stack;
    struct way way = {0};
    struct stat st;
    if (th_selection_leads_into_own(folder)) {
        refusal->why = "in a folder of thumbs' own";
        return false;
    }
    int fd = open_folder(tree, folder, &way, &refusal->error);
    refusal->left_out = way.left_out;
    if (fd < 0) return false;
    if (fstat(fd, &st)) {
        th_emit_set_folder_error(&refusal->error, errno);
    } else if ((refusal->why = why_kept_out(tree, fd, &st, &way))) {
        /* told by the caller */
    } else if (th_stack_push_path(stack, folder) && th_stack_push(stack, fd, &st)) {
        th_stack_last(stack)->listing = true;
        return true;
    } else {
        th_bytes_truncate(&stack->path, 0);
        th_error_set(&refusal->error, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for its folder");
    }
    th_close(fd);
    return false;
}

/* A listed name that a rule leaves out. What the command line says is known to who wrote it; the
 * rest is told in the end. */
static void note_left_out(struct th_listed *listed, enum th_left_out why)
{
    if (why != TH_LEFT_OUT_BY_GLOB) listed->n_left_out++;
}

/* Hand out a name whose folder is not open. */
static void emit_unopened(struct th_listed *listed, struct th_walk_entry *entry,
                          const struct th_list_item *item, const struct refusal *refusal)
{
    struct th_emit *emit = listed->tree->emit;
    const char *name = name_of(item);
    struct th_dir *dir = th_dir_create(-1, item->path, item->dir_len, 0);
    if (!dir) {
        th_emit_no_memory(emit, entry, NULL, name);
    } else if (refusal->left_out) {
        note_left_out(listed, refusal->left_out);
        th_emit_excluded(emit, entry, dir, name, th_left_out_reason(refusal->left_out));
    } else if (refusal->why) {
        th_emit_skipped(emit, entry, dir, name, refusal->why);
    } else {
        th_emit_failed(emit, entry, dir, name, &refusal->error);
    }
    th_dir_unref(dir);
}

/* Make the folder of a name the last frame. False: an entry was made of the name. */
static bool enter_folder(struct th_listed *listed, struct th_walk_entry *entry,
                         const struct th_list_item *item)
{
    struct th_tree *tree = listed->tree;
    struct refusal refusal = {0};
    bool entered = false;
    if (is_last_folder(tree->stack, item)) return true;
    while (tree->stack->n > 1)
        th_stack_pop(tree->stack);
    listed->has_names = false;
    if (item->dir_len == 0) return true;

    char *folder = th_alloc(item->dir_len + 1);
    if (folder) {
        memcpy(folder, item->path, item->dir_len);
        folder[item->dir_len] = '\0';
        entered = push_folder(tree, folder, &refusal);
    } else {
        th_error_set(&refusal.error, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for its folder");
    }
    if (!entered) {
        th_ignores_truncate(&tree->stack->ignores, tree->stack->frames[0].n_ignores);
        emit_unopened(listed, entry, item, &refusal);
    }
    free(folder);
    return entered;
}

/* ---- a file -------------------------------------------------------------------------------- */

/* Read the part of the last frame's folder that a name belongs to. Where the folder is too large to
 * be held as a whole the part begins with the group of the name, or at the latest with the name. */
static void read_part_of(struct th_listed *listed, const char *name, bool from_start)
{
    struct th_folder *folder = listed->tree->folder;
    struct th_frame *frame = th_stack_last(listed->tree->stack);
    char stem[TH_NAME_MAX + 1];
    if (from_start) {
        th_folder_begin(folder);
        /* Once, before the first file is out, since others read it then. */
        if (!frame->is_read) frame->dir->has_folders = th_folder_has_subfolders(folder);
        frame->is_read = listed->has_names = true;
        if (th_folder_covers(folder, false, name)) return;
    }
    size_t len = th_naming_stem_len(name, strlen(name));
    memcpy(stem, name, len);
    stem[len] = '\0';
    th_folder_read_from_file(folder, stem);
    /* There is much between a stem and its dot. */
    if (!th_folder_covers(folder, false, name)) th_folder_read_from_file(folder, name);
}

/* The folder does not list the name. Where it could not be read, that is the reason, and is
 * reported of this name instead. */
static void emit_unlisted(struct th_tree *tree, struct th_walk_entry *entry, const char *name)
{
    struct thumbs_error error = tree->folder->failure;
    if (!error.code)
        th_error_set(&error, THUMBS_VANISHED, THUMBS_STAGE_WALK,
                     "its folder does not list it under this name");
    tree->folder->failure = (struct thumbs_error){0};
    th_stack_last(tree->stack)->reported = false;
    th_emit_failed(tree->emit, entry, th_stack_last(tree->stack)->dir, name, &error);
}

/* A regular file of the last frame's folder. Whether its output keeps the extension is decided as
 * in a walk: by the names that the folder holds. A name that the folder does not list was made just
 * now, or is spelled in another way by a file system that does not care about case: then it is
 * listed under its true name, and would get a second output. */
static void emit_file(struct th_listed *listed, struct th_walk_entry *entry, const char *name)
{
    struct th_tree *tree = listed->tree;
    struct th_folder *folder = tree->folder;
    size_t i = SIZE_MAX;
    if (listed->has_names && th_folder_covers(folder, false, name))
        i = th_names_find(&folder->names, name, strlen(name));
    if (i == SIZE_MAX) {
        read_part_of(listed, name, !listed->has_names || th_folder_is_whole(folder));
        i = th_names_find(&folder->names, name, strlen(name));
    }
    if (i == SIZE_MAX) {
        emit_unlisted(tree, entry, name);
        return;
    }
    struct th_naming_rule rule = th_folder_rule(folder);
    th_emit_name(tree->emit, entry, &folder->names, i, th_stack_last(tree->stack)->dir, &rule);
}

/* ---- a folder ------------------------------------------------------------------------------ */

/* SOURCE itself is in the list: walk it. */
static bool enter_source(struct th_tree *tree, struct th_walk_entry *entry)
{
    struct th_dir *source = tree->stack->frames[0].dir;
    struct thumbs_error error = {0};
    struct stat st;
    int fd = th_dir_open(source, ".", O_RDONLY | O_DIRECTORY);
    if (fd < 0 || fstat(fd, &st) != 0)
        th_error_os(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno, "cannot open the folder");
    else if (!th_tree_begin(tree, fd, &st, &error))
        return false;
    if (fd >= 0) th_close(fd);
    th_emit_failed(tree->emit, entry, source, "", &error);
    return true;
}

/* The folder that was entered for a name is walked from here on. Where the place in the table is
 * taken, or there is no memory, some names may come twice. */
static void note_walked(struct th_listed *listed)
{
    const struct th_stack *stack = listed->tree->stack;
    if (th_stack_last(stack)->listing) return; /* it was not entered, it may be DEST */
    if (!listed->walked) listed->walked = th_calloc(N_WALKED, sizeof *listed->walked);
    if (!listed->walked) return;
    uint64_t hash = th_hash64(stack->path.len ? stack->path.data : "", stack->path.len, 0);
    listed->walked[hash % N_WALKED] = hash;
}

static bool has_hidden_part(const char *path)
{
    return path[0] == '.' || strstr(path, "/.");
}

/* Has a name come already, with a folder above it that was in the list too ("find ." lists both)? A
 * walk passes over what is hidden. */
static bool has_come(const struct th_listed *listed, const char *path)
{
    if (!listed->walked) return false;
    for (size_t len = 0;;) {
        uint64_t hash = th_hash64(path, len, 0);
        const char *rest = path + len + (path[len] == '/');
        if (listed->walked[hash % N_WALKED] == hash)
            return listed->tree->options->hidden || !has_hidden_part(rest);
        if (!path[len]) return false;
        len = (size_t)(rest - path) + strcspn(rest, "/");
    }
}

/* ---- one name ------------------------------------------------------------------------------ */

static void emit_left_out(struct th_listed *listed, struct th_walk_entry *entry, const char *name,
                          bool folder)
{
    struct th_tree *tree = listed->tree;
    const enum th_left_out why = th_selection_leaves_out(tree->selection, name, folder);
    note_left_out(listed, why);
    th_tree_emit_left_out(tree, entry, name, why);
}

/* What a name of the last frame's folder stands for, if it is no folder. */
static void emit_name(struct th_listed *listed, struct th_walk_entry *entry, enum th_name_kind kind,
                      const char *name)
{
    struct th_tree *tree = listed->tree;
    struct th_dir *dir = th_stack_last(tree->stack)->dir;
    struct thumbs_error error = {0};
    if (kind == TH_NAME_FILE) {
        emit_file(listed, entry, name);
    } else if (kind == TH_NAME_EXCLUDED || kind == TH_NAME_FOLDER_EXCLUDED) {
        emit_left_out(listed, entry, name, kind == TH_NAME_FOLDER_EXCLUDED);
    } else if (kind == TH_NAME_LINK) {
        th_error_set(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK,
                     "is a symbolic link, which only --follow follows");
        th_emit_failed(tree->emit, entry, dir, name, &error);
    } else {
        th_emit_other(tree->emit, entry, kind, dir, name);
    }
    entry->named = th_selection_reports(kind);
}

/* A name whose folder is the last frame. */
static bool step_name(struct th_listed *listed, struct th_walk_entry *entry, const char *path,
                      const char *name)
{
    struct th_tree *tree = listed->tree;
    enum th_name_kind kind = TH_NAME_FOLDER;
    if (*name && !th_selection_classify(tree->selection, name, DT_UNKNOWN, &kind)) {
        th_emit_skipped(tree->emit, entry, th_stack_last(tree->stack)->dir, name,
                        "a folder of thumbs' own");
        return true;
    }
    /* One that is not there is reported all the same. */
    if (*name && kind != TH_NAME_BROKEN && has_come(listed, path)) return false;
    if (kind != TH_NAME_FOLDER) {
        emit_name(listed, entry, kind, name);
        return true;
    }
    listed->has_names = false;
    bool made = *name ? th_tree_enter(tree, entry, name) : enter_source(tree, entry);
    if (!made) note_walked(listed);
    if (made && entry->excluded) note_left_out(listed, TH_LEFT_OUT_NO_MEDIA);
    return made;
}

bool th_listed_step(struct th_listed *listed, struct th_walk_entry *entry)
{
    struct th_tree *tree = listed->tree;
    const struct th_walk_options *o = tree->options;
    struct thumbs_error error = {0};
    struct th_list_item item;
    th_tree_announce(tree, "", strcmp(o->list, "-") == 0 ? "standard input" : o->list);
    switch (th_list_next(listed->list, o->stopped, o->user, &item)) {
    case TH_LIST_ITEM:
        break;
    case TH_LIST_FAILED:
        th_error_os(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno,
                    "cannot read the list to its end");
        th_emit_failed(tree->emit, entry, NULL, o->list, &error);
        return true;
    case TH_LIST_STOPPED:
    case TH_LIST_END:
        while (tree->stack->n)
            th_stack_pop(tree->stack);
        return false;
    }
    if (item.refused) {
        th_error_set(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, "%s", item.refused);
        th_emit_failed(tree->emit, entry, NULL, item.path, &error);
        return true;
    }
    if (!enter_folder(listed, entry, &item)) return true;
    return step_name(listed, entry, item.path, name_of(&item));
}
