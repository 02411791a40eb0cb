/* SPDX-License-Identifier: MIT */
#include "walk/emit.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/shorten.h"
#include "base/sys.h"

bool th_emit_init(struct th_emit *emit, const struct th_stack *stack, bool follow)
{
    *emit = (struct th_emit){.stack = stack, .follow = follow, .reserve = th_calloc(1, 1)};
    return emit->reserve;
}

void th_emit_finish(struct th_emit *emit)
{
    free(emit->reserve);
}

void th_emit_no_memory(struct th_emit *emit, struct th_walk_entry *entry, struct th_dir *dir,
                       const char *what)
{
    if (!dir && emit->stack->n) dir = emit->stack->frames[0].dir;
    *entry = (struct th_walk_entry){
        .kind = TH_WALK_FAILED, .dir = dir ? th_dir_ref(dir) : NULL, .name = emit->reserve};
    emit->reserve = th_calloc(1, 1);
    if (!emit->reserve) emit->ended = true;
    th_error_set(&entry->error, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for %s%s",
                 th_shorten(what).text, emit->ended ? "; the walk ends here" : "");
}

static void make(struct th_emit *emit, struct th_walk_entry *entry, enum th_walk_kind kind,
                 struct th_dir *dir, const char *name)
{
    char *copy = th_strdup(name);
    if (!copy) {
        th_emit_no_memory(emit, entry, dir, *name ? name : "a folder");
        return;
    }
    *entry =
        (struct th_walk_entry){.kind = kind, .dir = dir ? th_dir_ref(dir) : NULL, .name = copy};
}

void th_emit_skipped(struct th_emit *emit, struct th_walk_entry *entry, struct th_dir *dir,
                     const char *name, const char *why)
{
    make(emit, entry, TH_WALK_SKIPPED, dir, name);
    if (entry->kind == TH_WALK_SKIPPED)
        th_error_set(&entry->error, THUMBS_OK, THUMBS_STAGE_WALK, "%s", why);
}

void th_emit_excluded(struct th_emit *emit, struct th_walk_entry *entry, struct th_dir *dir,
                      const char *name, const char *why)
{
    th_emit_skipped(emit, entry, dir, name, why);
    entry->excluded = entry->kind == TH_WALK_SKIPPED;
}

void th_emit_failed(struct th_emit *emit, struct th_walk_entry *entry, struct th_dir *dir,
                    const char *name, const struct thumbs_error *error)
{
    make(emit, entry, TH_WALK_FAILED, dir, name);
    if (entry->error.code == THUMBS_OK) entry->error = *error;
}

void th_emit_path_failed(struct th_emit *emit, struct th_walk_entry *entry,
                         const struct thumbs_error *error)
{
    const struct th_stack *stack = emit->stack;
    struct th_dir *dir = th_dir_create(-1, stack->path.data, stack->path.len, stack->root_len);
    if (dir)
        th_emit_failed(emit, entry, dir, "", error);
    else
        th_emit_no_memory(emit, entry, th_stack_last(stack)->dir, "a folder");
    th_dir_unref(dir);
}

void th_emit_set_folder_error(struct thumbs_error *err, int os_errno)
{
    bool other = os_errno == ENOTDIR || os_errno == ELOOP;
    th_error_os(err, other ? THUMBS_VANISHED : THUMBS_UNREADABLE, THUMBS_STAGE_WALK, os_errno,
                "cannot open the folder");
}

/* Hand out a name that cannot be looked at, as it is now. */
static void emit_broken(struct th_emit *emit, struct th_walk_entry *entry, struct th_dir *dir,
                        const char *name)
{
    struct stat st;
    int os_errno = th_dir_stat(dir, name, emit->follow, &st) ? errno : ENOENT;
    if (os_errno == ELOOP) {
        th_emit_skipped(emit, entry, dir, name, "loop of links");
        return;
    }
    struct thumbs_error error;
    th_error_os(&error, os_errno == ENOTDIR ? THUMBS_VANISHED : THUMBS_UNREADABLE,
                THUMBS_STAGE_WALK, os_errno, "cannot look at it");
    th_emit_failed(emit, entry, dir, name, &error);
}

void th_emit_other(struct th_emit *emit, struct th_walk_entry *entry, enum th_name_kind kind,
                   struct th_dir *dir, const char *name)
{
    switch (kind) {
    case TH_NAME_LINK:
        th_emit_skipped(emit, entry, dir, name, "symbolic link");
        break;
    case TH_NAME_EXCLUDED:
    case TH_NAME_FOLDER_EXCLUDED:
        th_emit_excluded(emit, entry, dir, name, "excluded");
        break;
    case TH_NAME_INTO_DEST:
        th_emit_skipped(emit, entry, dir, name, "link into DEST");
        break;
    case TH_NAME_BROKEN:
        emit_broken(emit, entry, dir, name);
        break;
    default:
        th_emit_skipped(emit, entry, dir, name, "not a regular file");
    }
}

void th_emit_name(struct th_emit *emit, struct th_walk_entry *entry, const struct th_names *names,
                  size_t i, struct th_dir *dir, const struct th_naming_rule *rule)
{
    const char *name = th_names_get(names, i);
    const struct th_naming_names files = th_names_files(names);
    if (th_names_kind(names, i) != TH_NAME_FILE) {
        th_emit_other(emit, entry, th_names_kind(names, i), dir, name);
        return;
    }
    make(emit, entry, TH_WALK_FILE, dir, name);
    if (entry->kind == TH_WALK_FILE)
        entry->keep_extension = th_naming_keeps_extension(&files, i, rule);
}
