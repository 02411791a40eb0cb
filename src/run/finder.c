/* SPDX-License-Identifier: MIT */
#include "run/finder.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit/output_folder.h"
#include "run/file.h"
#include "run/reporter.h"
#include "run/shard.h"
#include "run/stop.h"

/* The next entry of the walk that is this run's, counted. */
static bool next_entry(struct thumbs_batch *batch, struct th_walk_entry *entry)
{
    uint64_t start_ns = th_now_ns(), n_others = 0;
    th_walk_flight_begin(th_inflight_walk(batch->inflight, TH_WALK_SOURCES));
    bool more;
    while ((more = !th_stop_asked(batch) && th_walk_next(batch->walk, entry)) &&
           !th_shard_takes(&batch->options, entry)) {
        th_walk_entry_finish(entry);
        n_others++;
    }
    th_counters_other_shards(batch->counters, n_others);
    th_counters_found(batch->counters, more ? 1 : 0, th_now_ns() - start_ns);
    return more;
}

/* FAT has no inode numbers of its own, and what FUSE tells is mostly made up: both differ from
 * mount to mount. */
static bool keeps_inodes(int fd)
{
    struct statfs fs;
    if (fstatfs(fd, &fs) != 0) return true;
    uint32_t type = (uint32_t)fs.f_type;
    return type != MSDOS_SUPER_MAGIC && type != FUSE_SUPER_MAGIC && type != 0x2011bab0 /* exFAT */;
}

/* The folder's counterpart in DEST, made before any file of the folder is out, so no other thread
 * can be making it too. */
static bool has_output_folder(struct thumbs_batch *batch, struct th_dir *dir)
{
    if (atomic_load(&dir->place)) return true;
    struct th_output_folder *folder = th_output_folder_create(batch->dest, dir->path);
    if (folder && !keeps_inodes(th_dir_fd(dir))) th_output_folder_ignore_inodes(folder);
    dir->place_free = th_output_folder_destroy;
    atomic_store(&dir->place, folder);
    return folder != NULL;
}

/* A candidate as a file on its way, or NULL with its status reported. Takes the entry over. */
static struct th_file *begin_file(struct thumbs_batch *batch, struct th_walk_entry *entry)
{
    struct thumbs_error error = {0};
    struct th_file *file = NULL;
    if (entry->kind != TH_WALK_FILE) {
        th_reporter_entry(batch, entry);
    } else if (!has_output_folder(batch, entry->dir) || !(file = th_file_create(batch, entry))) {
        th_error_set(&error, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for its name");
        th_reporter_failure(batch, entry, &error);
    }
    th_walk_entry_finish(entry);
    return file;
}

/* The only caller of th_walk_next() of the run itself. */
struct th_file *th_finder_next(struct thumbs_batch *batch)
{
    struct th_walk_entry entry = {0};
    struct th_file *file = NULL;
    while (!file && next_entry(batch, &entry))
        file = begin_file(batch, &entry);
    th_walk_flight_end(th_inflight_walk(batch->inflight, TH_WALK_SOURCES));
    return file;
}
