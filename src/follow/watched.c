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

static bool add(struct th_watched *watched, int inotify_fd, const char *path, bool is_source,
                struct thumbs_error *err)
{
    const int wd = inotify_add_watch(inotify_fd, path, EVENTS | IN_ONLYDIR);
    const bool is_fatal = errno == ENOSPC || errno == ENOMEM || errno == ENOSYS || is_source;
    if (wd < 0) return is_fatal ? cannot(path, errno, err) == THUMBS_OK : true;
    int *wds = th_grow(watched->wds, &watched->cap, watched->n + 1, sizeof *wds);
    if (!wds) {
        th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory to watch folders");
        return false;
    }
    watched->wds = wds;
    watched->wds[watched->n++] = wd;
    return true;
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

static bool is_wanted(const FTSENT *entry, const struct th_follow_options *options,
                      const struct stat *dest)
{
    if (entry->fts_level == FTS_ROOTLEVEL) return true;
    if (entry->fts_name[0] == '.' && !options->hidden) return false;
    const struct stat *st = entry->fts_statp;
    if (st->st_dev == dest->st_dev && st->st_ino == dest->st_ino) return false;
    return !is_dest_of_a_run(entry->fts_path);
}

static bool add_tree(struct th_watched *watched, int inotify_fd, char *source,
                     const struct th_follow_options *options, const struct stat *dest,
                     struct thumbs_error *err)
{
    char *const roots[] = {source, NULL};
    /* A SOURCE that is a link is walked, so FTS_COMFOLLOW. */
    FTS *fts =
        fts_open(roots,
                 FTS_NOCHDIR | FTS_COMFOLLOW | (options->follow ? FTS_LOGICAL : FTS_PHYSICAL) |
                     (options->one_file_system ? FTS_XDEV : 0),
                 NULL);
    bool well = fts != NULL;
    if (!fts) cannot(source, errno, err);
    for (FTSENT *entry; well && (entry = fts_read(fts)) != NULL;) {
        if (entry->fts_info != FTS_D) continue;
        if (is_wanted(entry, options, dest))
            well =
                add(watched, inotify_fd, entry->fts_path, entry->fts_level == FTS_ROOTLEVEL, err);
        else
            fts_set(fts, entry, FTS_SKIP);
    }
    if (fts) fts_close(fts);
    return well;
}

/* A SOURCE that is a file: the folder that it lies in, for whoever writes it may replace it. */
static bool add_folder_of(struct th_watched *watched, int inotify_fd, const char *source,
                          struct thumbs_error *err)
{
    struct th_bytes folder = {0};
    size_t len;
    const size_t begin = th_path_last_part(source, &len);
    th_bytes_add(&folder, begin ? source : ".", begin ? begin : 1);
    const bool well = add(watched, inotify_fd, th_bytes_str(&folder), true, err);
    th_bytes_finish(&folder);
    return well;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void let_go(const struct th_watched *old, const struct th_watched *now, int inotify_fd)
{
    if (now->n) qsort(now->wds, now->n, sizeof *now->wds, compare);
    for (size_t i = 0; i < old->n; i++) {
        if (!now->n || !bsearch(&old->wds[i], now->wds, now->n, sizeof *now->wds, compare))
            (void)inotify_rm_watch(inotify_fd, old->wds[i]); /* it may be gone with its folder */
    }
}

bool th_watched_renew(struct th_watched *watched, int inotify_fd,
                      const struct th_follow_options *options, struct thumbs_error *err)
{
    struct th_watched now = {0};
    struct stat dest = {0}, st;
    bool well = true;
    if (stat(options->dest, &dest) != 0) dest = (struct stat){0};
    for (size_t i = 0; i < options->n_sources && well; i++) {
        char *source = th_strdup(options->sources[i]); /* fts_open() wants it so */
        if (!source) {
            th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for a name");
            well = false;
        } else if (stat(source, &st) == 0 && !S_ISDIR(st.st_mode)) {
            well = add_folder_of(&now, inotify_fd, source, err);
        } else {
            well = add_tree(&now, inotify_fd, source, options, &dest, err);
        }
        free(source);
    }
    if (well && now.n == 0) {
        th_error_set(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, "SOURCE is gone");
        well = false;
    }
    if (well) let_go(watched, &now, inotify_fd);
    if (well) {
        th_watched_finish(watched);
        *watched = now;
    } else {
        th_watched_finish(&now);
    }
    return well;
}

void th_watched_finish(struct th_watched *watched)
{
    free(watched->wds);
    *watched = (struct th_watched){0};
}
