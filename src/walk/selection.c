/* SPDX-License-Identifier: MIT */
#include "walk/selection.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "base/path.h"
#include "walk/litter.h"

/* The folder of DEST that keeps what was made. It is never walked, wherever it lies. */
static const char own_folder[] = ".thumbs";

enum thumbs_code th_selection_init(struct th_selection *selection,
                                   const struct th_walk_options *options, struct th_stack *stack,
                                   struct thumbs_error *err)
{
    *selection = (struct th_selection){.options = options, .stack = stack};
    return th_rules_create(options, &selection->rules, err);
}

void th_selection_finish(struct th_selection *selection)
{
    th_rules_destroy(selection->rules);
}

const char *th_left_out_reason(enum th_left_out why)
{
    switch (why) {
    case TH_LEFT_OUT_AS_LITTER:
        return "litter, which --no-default-excludes takes";
    case TH_LEFT_OUT_BY_FILE:
        return "left out by " TH_IGNORE_FILE_NAME;
    case TH_LEFT_OUT_NO_MEDIA:
        return "its folder holds .nomedia";
    default:
        return "excluded";
    }
}

/* `path` is the stack's with the name behind it, `below_source` the part of it that globs are
 * about. All rules are asked, since a glob is to know whether it matches anything. */
static enum th_left_out judge(const struct th_selection *selection, char *path, char *below_source,
                              const char *name, bool folder)
{
    const struct th_walk_options *o = selection->options;
    if (o->n_globs && th_rules_exclude(selection->rules, below_source, folder))
        return TH_LEFT_OUT_BY_GLOB;
    if (!o->take_litter && th_litter_is(name)) return TH_LEFT_OUT_AS_LITTER;
    return th_ignores_leave_out(&selection->stack->ignores, path, folder) ? TH_LEFT_OUT_BY_FILE
                                                                          : TH_LEFT_OUT_NOT;
}

enum th_left_out th_selection_leaves_out(const struct th_selection *selection, const char *name,
                                         bool folder)
{
    struct th_stack *stack = selection->stack;
    size_t len = stack->path.len;
    /* th_stack_push_path() has made the room (for SOURCE files th_stack_init()): this cannot
     * fail. */
    if (len) th_bytes_addc(&stack->path, '/');
    th_bytes_adds(&stack->path, name);
    char *below_source = stack->path.data + (stack->root_len ? stack->root_len + 1 : 0);
    enum th_left_out why;
    if (stack->n)
        why = judge(selection, stack->path.data, below_source, name, folder);
    else /* who names a SOURCE wants it */
        why = th_rules_exclude(selection->rules, below_source, folder) ? TH_LEFT_OUT_BY_GLOB
                                                                       : TH_LEFT_OUT_NOT;
    th_bytes_truncate(&stack->path, len);
    return why;
}

static bool excludes(const struct th_selection *selection, const char *name, bool folder)
{
    return th_selection_leaves_out(selection, name, folder) != TH_LEFT_OUT_NOT;
}

static unsigned char type_of(mode_t mode)
{
    return S_ISREG(mode) ? DT_REG : S_ISDIR(mode) ? DT_DIR : S_ISLNK(mode) ? DT_LNK : DT_FIFO;
}

/* A file that a link leads to may stand in DEST just where its thumbnail belongs. */
static bool leads_file_into_dest(const struct th_selection *selection, int at, const char *name)
{
    const struct th_walk_options *o = selection->options;
    return o->skip_ino && th_path_file_lies_within(at, name, o->skip_dev, o->skip_ino);
}

bool th_selection_classify(const struct th_selection *selection, const char *name,
                           unsigned char type, enum th_name_kind *kind)
{
    const bool follow = selection->options->follow;
    const int fd = th_frame_fd(th_stack_last(selection->stack));
    struct stat st;
    bool broken = type == DT_UNKNOWN && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW);
    if (type == DT_UNKNOWN && !broken) type = type_of(st.st_mode);
    if (type == DT_LNK && follow) {
        broken = fstatat(fd, name, &st, 0);
        if (!broken) type = type_of(st.st_mode);
        if (type == DT_REG && leads_file_into_dest(selection, fd, name)) {
            *kind = TH_NAME_INTO_DEST;
            return true;
        }
    }
    if (broken) {
        *kind = excludes(selection, name, false) ? TH_NAME_EXCLUDED : TH_NAME_BROKEN;
        return true;
    }
    switch (type) {
    case DT_DIR:
        if (!strcmp(name, own_folder)) return false;
        *kind = excludes(selection, name, true) ? TH_NAME_FOLDER_EXCLUDED : TH_NAME_FOLDER;
        return true;
    case DT_REG:
        *kind = excludes(selection, name, false) ? TH_NAME_EXCLUDED : TH_NAME_FILE;
        return true;
    default:
        *kind = type == DT_LNK ? TH_NAME_LINK : TH_NAME_SPECIAL;
        return true;
    }
}

bool th_selection_reports(enum th_name_kind kind)
{
    return kind == TH_NAME_FILE || kind == TH_NAME_SPECIAL || kind == TH_NAME_BROKEN;
}

bool th_selection_is_dest(const struct th_selection *selection, const struct stat *st)
{
    const struct th_walk_options *o = selection->options;
    return o->skip_ino && st->st_dev == o->skip_dev && st->st_ino == o->skip_ino;
}

bool th_selection_lies_in_dest(const struct th_selection *selection, int fd)
{
    const struct th_walk_options *o = selection->options;
    return o->skip_ino && th_path_folder_lies_within(fd, o->skip_dev, o->skip_ino);
}

/* What thumbs keeps in each DEST tells it, whatever the run: thumbnails of thumbnails would be made
 * without end. */
bool th_selection_is_dest_of_a_run(int fd)
{
    struct stat st;
    return fstatat(fd, own_folder, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Only folders are compared: overlayfs gives files and folders of one file system different
 * numbers. */
bool th_selection_is_elsewhere(const struct th_selection *selection, const struct stat *st)
{
    return selection->options->one_file_system && st->st_dev != selection->stack->frames[0].dev;
}

bool th_selection_has_nomedia(int fd)
{
    struct stat st;
    return fstatat(fd, ".nomedia", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool th_selection_leads_into_own(const char *folder)
{
    const size_t own_len = sizeof own_folder - 1;
    for (const char *part = folder; *part;) {
        const size_t len = strcspn(part, "/");
        if (len == own_len && !memcmp(part, own_folder, len)) return true;
        part += len + (part[len] == '/');
    }
    return false;
}

enum th_left_out th_selection_leaves_out_folder(const struct th_selection *selection, char *path)
{
    const char *slash = strrchr(path, '/');
    return judge(selection, path, path, slash ? slash + 1 : path, true);
}
