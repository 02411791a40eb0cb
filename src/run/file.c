/* SPDX-License-Identifier: MIT */
#include "run/file.h"

#include <stdlib.h>

#include "base/sys.h"
#include "run/found.h"

struct th_file *th_file_create(struct thumbs_batch *batch, struct th_walk_entry *entry)
{
    struct th_file *file = th_calloc(1, sizeof *file);
    if (!file) return NULL;
    file->entry = *entry;
    *entry = (struct th_walk_entry){0};
    th_inflight_add(batch->inflight, &file->flight, &file->entry);
    return file;
}

void th_file_destroy(struct thumbs_batch *batch, struct th_file *file)
{
    if (!file) return;
    th_inflight_remove(&file->flight);
    if (file->item.buffer) th_buffers_give(batch->buffers, file->item.buffer);
    th_walk_entry_finish(&file->entry);
    free(file);
}

struct th_output_folder *th_file_output_folder(const struct th_file *file)
{
    return atomic_load(&file->entry.dir->place);
}

struct th_naming_source th_file_source(const struct thumbs_batch *batch, const struct th_file *file)
{
    struct th_naming_source source = th_found_source(&file->entry, batch->options.follow);
    source.content = file->content;
    return source;
}

struct th_source_id th_file_id_of(const struct stat *st)
{
    return (struct th_source_id){.size = (uint64_t)st->st_size,
                                 .mtime_sec = st->st_mtim.tv_sec,
                                 .mtime_nsec = (int32_t)st->st_mtim.tv_nsec,
                                 .ctime_sec = st->st_ctim.tv_sec,
                                 .ctime_nsec = (int32_t)st->st_ctim.tv_nsec,
                                 .inode = (uint64_t)st->st_ino};
}

struct th_source_id th_file_id(const struct th_file *file)
{
    struct th_source_id id = th_file_id_of(&file->st);
    id.content = file->content;
    return id;
}

struct thumbs_event th_file_event(const struct th_file *file)
{
    const struct stat *st = &file->st;
    int64_t modified_ns = 0;
    if (__builtin_mul_overflow((int64_t)st->st_mtim.tv_sec, INT64_C(1000000000), &modified_ns) ||
        __builtin_add_overflow(modified_ns, (int64_t)st->st_mtim.tv_nsec, &modified_ns))
        modified_ns = 0;
    return (struct thumbs_event){.bytes = (uint64_t)st->st_size,
                                 .hash = file->content,
                                 .modified_ns = modified_ns,
                                 .times.load = file->load_ns};
}
