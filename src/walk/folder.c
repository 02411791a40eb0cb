/* SPDX-License-Identifier: MIT */
#include "walk/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"

#define DEFAULT_NAMES_BYTES ((size_t)8 << 20)
#define READ_BYTES          ((size_t)64 << 10)

bool th_folder_init(struct th_folder *folder, const struct th_walk_options *options,
                    struct th_stack *stack, const struct th_selection *selection)
{
    size_t bytes = options->names_bytes ? options->names_bytes : DEFAULT_NAMES_BYTES;
    if (bytes < TH_NAMES_MIN_BYTES) bytes = TH_NAMES_MIN_BYTES;
    folder->options = options;
    folder->stack = stack;
    folder->selection = selection;
    folder->read_buf = th_alloc(READ_BYTES);
    return folder->read_buf && th_names_init(&folder->names, bytes);
}

void th_folder_finish(struct th_folder *folder)
{
    th_names_finish(&folder->names);
    free(folder->read_buf);
}

/* ---- what a part holds --------------------------------------------------------------------- */

bool th_folder_covers(const struct th_folder *folder, bool is_folder, const char *name)
{
    const struct th_cut *lower = &folder->lower, *upper = &folder->upper;
    return (!lower->set || th_cut_compare(lower, is_folder, name) >= 0) &&
           (!upper->set || th_cut_compare(upper, is_folder, name) < 0);
}

bool th_folder_is_whole(const struct th_folder *folder)
{
    return !folder->lower.set && !folder->upper.set;
}

bool th_folder_has_more_files(const struct th_folder *folder)
{
    return folder->upper.set && folder->names.n == folder->names.n_files;
}

bool th_folder_has_subfolders(const struct th_folder *folder)
{
    return folder->upper.set || folder->names.n > folder->names.n_files;
}

/* ---- reading ------------------------------------------------------------------------------- */

typedef void name_fn(struct th_folder *folder, const char *name, size_t len, unsigned char type);

/* Add a name to the part if it belongs there; where the arena is full, the part becomes smaller. */
static void collect_name(struct th_folder *folder, const char *name, size_t len, unsigned char type)
{
    struct th_names *names = &folder->names;
    enum th_name_kind kind;
    /* Most names of a folder read in parts are turned away here, before they cost a system call or
     * a match. */
    if (!(type != DT_DIR && th_folder_covers(folder, false, name)) &&
        !(type != DT_REG && th_folder_covers(folder, true, name)))
        return;
    if (!th_selection_classify(folder->selection, name, type, &kind)) return;
    bool is_folder = th_name_is_folder(kind);
    if (!th_folder_covers(folder, is_folder, name) || th_names_add(names, kind, name, len)) return;
    do {
        th_names_sort(names); /* drops doubles too: that may be room enough */
        if (th_names_add(names, kind, name, len)) return;
        th_names_cut(names, &folder->upper);
    } while (th_folder_covers(folder, is_folder, name) && !th_names_add(names, kind, name, len));
}

/* Call `on_name` for each name of the last frame's folder that is not hidden (or may have been
 * listed all the same; as no stem is shared by hidden names and others, that changes no output's
 * name). False and errno: what came up to then was right, the rest is missing. */
static bool each_name(struct th_folder *folder, name_fn *on_name)
{
    const struct th_frame *frame = th_stack_last(folder->stack);
    int fd = th_frame_fd(frame);
    const bool hidden = folder->options->hidden || frame->listing;
    int bad_name = 0;
    if (lseek(fd, 0, SEEK_SET) < 0) return false;
    for (;;) {
        ssize_t n;
        do {
            n = th_fault(TH_FAULT_READ) ? -1 : getdents64(fd, folder->read_buf, READ_BYTES);
        } while (n < 0 && errno == EINTR);
        if (n < 0) return false;
        if (n == 0) {
            errno = bad_name;
            return !bad_name;
        }
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *d =
                (const struct dirent64 *)(const void *)(folder->read_buf + at);
            at += d->d_reclen;
            const char *name = d->d_name;
            if (name[0] == '.' && (!hidden || !name[1] || (name[1] == '.' && !name[2]))) continue;
            size_t len = strlen(name);
            if (len == 0 || len > TH_NAME_MAX) {
                bad_name = ENAMETOOLONG;
                continue;
            }
            on_name(folder, name, len, d->d_type);
        }
    }
}

/* Note that names of the last frame are missing: once for each folder, however often it is read. */
static void note_unread(struct th_folder *folder, int os_errno)
{
    struct th_frame *frame = th_stack_last(folder->stack);
    if (frame->reported) return;
    frame->reported = true;
    th_error_os(&folder->failure, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, os_errno,
                "cannot read the whole folder");
}

/* Read the part of the last frame's folder that begins at the lower cut. */
static void read_part(struct th_folder *folder)
{
    folder->upper.set = false;
    folder->i_name = 0;
    th_names_clear(&folder->names);

    if (!each_name(folder, collect_name)) note_unread(folder, errno);
    th_names_sort(&folder->names);
}

void th_folder_begin(struct th_folder *folder)
{
    th_folder_read_from_file(folder, NULL);
}

void th_folder_read_next(struct th_folder *folder)
{
    if (folder->upper.set)
        folder->lower = folder->upper;
    else
        folder->lower.set = false;
    read_part(folder);
}

void th_folder_read_from_file(struct th_folder *folder, const char *name)
{
    if (name)
        th_cut_set(&folder->lower, false, name);
    else
        folder->lower.set = false;
    read_part(folder);
}

void th_folder_read_from_resume(struct th_folder *folder)
{
    th_cut_set(&folder->lower, true, th_stack_last(folder->stack)->resume);
    read_part(folder);
}

void th_folder_keep_subfolders(struct th_folder *folder)
{
    struct th_frame *frame = th_stack_last(folder->stack);
    const struct th_names *names = &folder->names;
    frame->in_folders = true;
    frame->i_folder = 0;
    th_names_finish(&frame->folders);
    free(frame->resume);
    frame->resume = NULL;

    size_t n_folders = names->n - names->n_files;
    bool ok =
        !n_folders || th_names_copy(names, names->n_files, names->cap_bytes / 4, &frame->folders);
    const char *resume = NULL;
    if (ok && frame->folders.n < n_folders)
        resume = th_names_get(names, names->n_files + frame->folders.n);
    else if (ok && folder->upper.set)
        resume = folder->upper.edge.name;
    if (resume) ok = (frame->resume = th_strdup(resume)) != NULL;
    if (!ok)
        th_error_set(&folder->failure, THUMBS_MEMORY, THUMBS_STAGE_WALK,
                     "no memory for the subfolders");
}

/* ---- output names -------------------------------------------------------------------------- */

static bool ask_content(void *asked, const char *name)
{
    const struct th_folder *folder = asked;
    const struct th_walk_options *o = folder->options;
    return !o->is_image ||
           o->is_image(o->user, th_frame_fd(th_stack_last(folder->stack)), name, o->follow);
}

static void learn_name(struct th_folder *folder, const char *name, size_t len, unsigned char type)
{
    (void)len;
    enum th_name_kind kind;
    if (!th_naming_edge_concerns(folder->learning, name) ||
        !th_selection_classify(folder->selection, name, type, &kind) || kind != TH_NAME_FILE)
        return;
    struct th_naming_rule rule = th_folder_rule(folder);
    th_naming_edge_learn(folder->learning, name, &rule);
}

/* Read the last frame's folder for the groups that an edge parts. */
static void learn_edge(void *asked, struct th_naming_edge *edge)
{
    struct th_folder *folder = asked;
    folder->learning = edge;
    if (!each_name(folder, learn_name)) note_unread(folder, errno);
    folder->learning = NULL;
}

/* Output names are a matter of files, which come before folders: a cut among those parts none. */
static struct th_naming_edge *edge_of(struct th_cut *cut)
{
    return cut->set && !cut->folder ? &cut->edge : NULL;
}

struct th_naming_rule th_folder_rule(struct th_folder *folder)
{
    return (struct th_naming_rule){.always = folder->options->whole_names,
                                   .output_class = folder->options->output_class,
                                   .user = folder->options->user,
                                   .asked = folder,
                                   .ask = ask_content,
                                   .learn = learn_edge,
                                   .lower = edge_of(&folder->lower),
                                   .upper = edge_of(&folder->upper)};
}
