/* SPDX-License-Identifier: MIT */
#include "follow/watched.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/path.h"
#include "base/shorten.h"
#include "base/sys.h"

/* What may make a thumbnail wrong. Not IN_MODIFY: a file counts when who writes it is done. */
#define EVENTS                                                                                     \
    (IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |            \
     IN_DELETE_SELF | IN_MOVE_SELF)

static enum thumbs_code cannot(const char *path, int os_errno, struct thumbs_error *err)
{
    const char *name = th_shorten_to(path, strlen(path), 80).text;
    if (os_errno == ENOSPC)
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_WALK,
                            "the kernel watches no more folders for this user (at %s): raise "
                            "fs.inotify.max_user_watches",
                            name);
    return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, os_errno, "cannot watch %s",
                       name);
}

static uint64_t key_of(int wd)
{
    return th_hash64(&wd, sizeof wd, 0);
}

size_t th_watched_find(const struct th_watched *watched, int wd)
{
    const uint64_t *i = th_hashmap_find(&watched->by_wd, key_of(wd));
    return i ? (size_t)*i : TH_WATCHED_NONE;
}

/* What there is to say of a folder that is about to be watched. */
struct place {
    const char *path; /* where it is now */
    const char *name; /* in its parent; of a SOURCE, its path */
    size_t parent;
    uint64_t dev, ino;
};

static bool note(struct th_watched *watched, int wd, const struct place *place)
{
    struct th_watch *all = th_grow(watched->all, &watched->cap, watched->n + 1, sizeof *all);
    if (!all) return false;
    watched->all = all;
    all[watched->n] = (struct th_watch){.wd = wd,
                                        .parent = place->parent,
                                        .name = watched->names.len,
                                        .dev = place->dev,
                                        .ino = place->ino};
    th_bytes_add(&watched->names, place->name, strlen(place->name) + 1);
    if (th_bytes_failed(&watched->names) ||
        !th_hashmap_put(&watched->by_wd, key_of(wd), watched->n, NULL))
        return false;
    watched->n++;
    return true;
}

static bool is_at(const struct th_watched *watched, size_t i, const struct place *place)
{
    const struct th_watch *watch = &watched->all[i];
    return watch->parent == place->parent &&
           strcmp(watched->names.data + watch->name, place->name) == 0;
}

/* Its number into *out, or NONE if it cannot be watched, but that is no reason to end. */
static bool add(struct th_watched *watched, int inotify_fd, const struct place *place, size_t *out,
                struct thumbs_error *err)
{
    const int wd = inotify_add_watch(inotify_fd, place->path, EVENTS | IN_ONLYDIR);
    const bool is_source = place->parent == TH_WATCHED_NONE;
    const bool is_fatal = errno == ENOSPC || errno == ENOMEM || errno == ENOSYS || is_source;
    *out = TH_WATCHED_NONE;
    if (wd < 0) return is_fatal ? cannot(place->path, errno, err) == THUMBS_OK : true;
    *out = th_watched_find(watched, wd);
    if (*out != TH_WATCHED_NONE) {
        watched->ambiguous |= !is_at(watched, *out, place);
        return true;
    }
    *out = watched->n;
    if (note(watched, wd, place)) return true;
    th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory to watch folders");
    return false;
}

/* ---- which folders --------------------------------------------------------------------------- */

/* Does it hold .thumbs, so that it is the DEST of a run? SOURCE may be one, since it was named. */
static bool is_dest_of_a_run(const char *path)
{
    struct th_bytes name = {0};
    th_bytes_addf(&name, "%s/.thumbs", path);
    const bool is = !th_bytes_failed(&name) && access(name.data, F_OK) == 0;
    th_bytes_finish(&name);
    return is;
}

/* What is watched, and by what rules. */
struct search {
    struct th_watched *watched;
    int inotify_fd;
    const struct th_follow_options *options;
    struct stat dest; /* zeroed: there is none */
    struct thumbs_error *err;
};

static void begin_search(struct search *search)
{
    if (stat(search->options->dest, &search->dest) != 0) search->dest = (struct stat){0};
}

static bool is_wanted(const struct search *search, const FTSENT *entry, size_t parent)
{
    if (entry->fts_level == FTS_ROOTLEVEL && parent == TH_WATCHED_NONE) return true;
    if (entry->fts_name[0] == '.' && !search->options->hidden) return false;
    const struct stat *st = entry->fts_statp;
    if (st->st_dev == search->dest.st_dev && st->st_ino == search->dest.st_ino) return false;
    return !is_dest_of_a_run(entry->fts_path);
}

/* The folder that fts has come to; the number of each stands in its fts_number. */
static bool add_entry(const struct search *search, FTSENT *entry, const char *root, size_t parent)
{
    const bool is_root = entry->fts_level == FTS_ROOTLEVEL;
    const struct place place = {.path = entry->fts_path,
                                .name =
                                    is_root && parent == TH_WATCHED_NONE ? root : entry->fts_name,
                                .parent = is_root ? parent : (size_t)entry->fts_parent->fts_number,
                                .dev = entry->fts_statp->st_dev,
                                .ino = entry->fts_statp->st_ino};
    size_t number;
    if (!add(search->watched, search->inotify_fd, &place, &number, search->err)) return false;
    entry->fts_number = (long)number;
    return true;
}

/* root: a path, which fts_open() wants to be no constant. */
static bool add_tree(const struct search *search, char *root, size_t parent)
{
    char *const roots[] = {root, NULL};
    const struct th_follow_options *options = search->options;
    /* A SOURCE that is a link is walked, so FTS_COMFOLLOW. */
    const int how = FTS_NOCHDIR | (parent == TH_WATCHED_NONE ? FTS_COMFOLLOW : 0) |
                    (options->follow ? FTS_LOGICAL : FTS_PHYSICAL) |
                    (options->one_file_system ? FTS_XDEV : 0);
    FTS *fts = fts_open(roots, how, NULL);
    bool well = fts != NULL;
    if (!fts) cannot(root, errno, search->err);
    for (FTSENT *entry; well && (entry = fts_read(fts)) != NULL;) {
        if (entry->fts_info != FTS_D) continue;
        if (is_wanted(search, entry, parent)) well = add_entry(search, entry, root, parent);
        /* What lies in a folder that cannot be watched cannot be either. */
        if (!is_wanted(search, entry, parent) || (size_t)entry->fts_number == TH_WATCHED_NONE)
            fts_set(fts, entry, FTS_SKIP);
    }
    if (fts) fts_close(fts);
    return well;
}

/* A SOURCE that is a file: the folder that it lies in, for whoever writes it may replace it. */
static bool add_folder_of(const struct search *search, const char *source)
{
    struct th_bytes folder = {0};
    size_t len, number;
    const size_t begin = th_path_last_part(source, &len);
    th_bytes_add(&folder, begin ? source : ".", begin ? begin : 1);
    const struct place place = {
        .path = th_bytes_str(&folder), .name = th_bytes_str(&folder), .parent = TH_WATCHED_NONE};
    const bool well = add(search->watched, search->inotify_fd, &place, &number, search->err);
    search->watched->ambiguous = true;
    th_bytes_finish(&folder);
    return well;
}

static bool add_source(const struct search *search, const char *source)
{
    struct stat st;
    if (stat(source, &st) == 0 && !S_ISDIR(st.st_mode)) return add_folder_of(search, source);
    char *path = th_strdup(source);
    if (!path) th_error_set(search->err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for a name");
    const bool well = path && add_tree(search, path, TH_WATCHED_NONE);
    free(path);
    return well;
}

/* ---- where one of them is -------------------------------------------------------------------- */

static void add_path(const struct th_watched *watched, size_t i, struct th_bytes *path)
{
    const struct th_watch *watch = &watched->all[i];
    if (watch->parent != TH_WATCHED_NONE) {
        add_path(watched, watch->parent, path);
        th_bytes_addc(path, '/');
    }
    th_bytes_adds(path, watched->names.data + watch->name);
}

bool th_watched_add(struct th_watched *watched, int inotify_fd,
                    const struct th_follow_options *options, size_t parent, const char *name,
                    struct thumbs_error *err)
{
    struct search search = {.watched = watched, .inotify_fd = inotify_fd, .options = options};
    struct thumbs_error why = {0};
    struct th_bytes path = {0};
    search.err = &why;
    add_path(watched, parent, &path);
    th_bytes_addc(&path, '/');
    th_bytes_adds(&path, name);
    if (th_bytes_failed(&path))
        th_error_set(&why, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for a name");
    begin_search(&search);
    const bool well = !why.code && add_tree(&search, path.data, parent);
    th_bytes_finish(&path);
    if (!well && err) *err = why;
    return well;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void let_go(const struct th_watched *old, const struct th_watched *now, int inotify_fd)
{
    for (size_t i = 0; i < old->n; i++) {
        if (th_watched_find(now, old->all[i].wd) == TH_WATCHED_NONE)
            (void)inotify_rm_watch(inotify_fd, old->all[i].wd); /* it may be gone with its folder */
    }
}

bool th_watched_renew(struct th_watched *watched, int inotify_fd,
                      const struct th_follow_options *options, struct thumbs_error *err)
{
    struct th_watched now = {.ambiguous = options->follow};
    struct search search = {
        .watched = &now, .inotify_fd = inotify_fd, .options = options, .err = err};
    bool well = true;
    begin_search(&search);
    for (size_t i = 0; i < options->n_sources && well; i++)
        well = add_source(&search, options->sources[i]);
    if (well && now.n == 0) {
        th_error_set(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, "SOURCE is gone");
        well = false;
    }
    if (!well) {
        th_watched_finish(&now);
        return false;
    }
    let_go(watched, &now, inotify_fd);
    th_watched_finish(watched);
    *watched = now;
    return true;
}

void th_watched_finish(struct th_watched *watched)
{
    free(watched->all);
    th_bytes_finish(&watched->names);
    th_hashmap_finish(&watched->by_wd);
    *watched = (struct th_watched){0};
}
