/* SPDX-License-Identifier: MIT */
#include "commit/output_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "commit/output_folder_internal.h"
#include "naming/safe_path.h"

/* ---- folders, opened once and kept open while there is room ---- */

void th_folder_release(struct th_folder_ref *ref)
{
    if (ref->owned) th_close(ref->fd);
    *ref = (struct th_folder_ref){.fd = -1};
}

bool th_folder_is_own(const struct th_output_folder *folder, const char *path, size_t len)
{
    return len == folder->path.len && memcmp(path, th_bytes_str(&folder->path), len) == 0;
}

/* Open afresh, and clear away what killed runs left in it. */
static int open_and_sweep(struct th_output_folder *folder, const char *path, size_t len, bool make,
                          struct thumbs_error *err)
{
    bool made = false;
    int fd = th_dest_open_folder(folder->dest, path, len, make, &made, err);
    if (fd >= 0 && !made) th_dest_sweep(folder->dest, fd, path, len);
    return fd;
}

int th_folder_own(struct th_output_folder *folder, bool make, struct thumbs_error *err)
{
    int fd = atomic_load_explicit(&folder->own_fd, memory_order_acquire);
    if (fd >= 0) return fd;
    pthread_mutex_lock(&folder->lock);
    fd = atomic_load(&folder->own_fd);
    if (fd < 0) {
        fd = open_and_sweep(folder, th_bytes_str(&folder->path), folder->path.len, make, err);
        if (fd >= 0) atomic_store_explicit(&folder->own_fd, fd, memory_order_release);
    }
    pthread_mutex_unlock(&folder->lock);
    return fd;
}

static int find_folder(const struct th_output_folder *folder, const char *path, size_t len)
{
    size_t n = atomic_load_explicit(&folder->n_folders, memory_order_acquire);
    for (size_t i = 0; i < n; i++) {
        const struct th_folder *kept = &folder->folders[i];
        if (kept->len == len && memcmp(kept->path, path, len) == 0) return kept->fd;
    }
    return -1;
}

/* Keep ref->fd open for the next output of this folder, if there is room.
 * "{size}/{dir}/{stem}.{ext}" has a folder per size, worth keeping; "{hash}/{stem}.{ext}" has one
 * per source, so the room is small. */
static void keep_folder(struct th_output_folder *folder, const char *path, size_t len,
                        struct th_folder_ref *ref)
{
    atomic_int *n_spare = &folder->dest->n_spare_folders;
    pthread_mutex_lock(&folder->lock);
    size_t n = atomic_load(&folder->n_folders);
    if (n < TH_KEPT_FOLDERS && find_folder(folder, path, len) < 0) {
        char *copy = atomic_fetch_add(n_spare, 1) < TH_SPARE_FOLDERS ? th_alloc(len + 1) : NULL;
        if (copy) {
            memcpy(copy, path, len);
            folder->folders[n] = (struct th_folder){.path = copy, .len = len, .fd = ref->fd};
            ref->owned = false;
            atomic_store_explicit(&folder->n_folders, n + 1, memory_order_release);
        } else {
            atomic_fetch_sub(n_spare, 1);
        }
    }
    pthread_mutex_unlock(&folder->lock);
}

bool th_folder_get(struct th_output_folder *folder, const char *path, size_t len, bool make,
                   struct th_folder_ref *ref, struct thumbs_error *err)
{
    bool own = th_folder_is_own(folder, path, len);
    ref->owned = false;
    ref->fd = own ? th_folder_own(folder, make, err) : find_folder(folder, path, len);
    if (own || ref->fd >= 0) return ref->fd >= 0;
    ref->fd = open_and_sweep(folder, path, len, make, err);
    if (ref->fd < 0) return false;
    ref->owned = true;
    keep_folder(folder, path, len, ref);
    return true;
}

/* ---- beginning and end ---- */

static void enter(struct th_output_folder *folder)
{
    struct th_dest *dest = folder->dest;
    pthread_mutex_lock(&dest->folders_lock);
    folder->next = dest->folders;
    dest->folders = folder;
    pthread_mutex_unlock(&dest->folders_lock);
}

struct th_output_folder *th_output_folder_create(struct th_dest *dest, const char *dir)
{
    struct th_output_folder *folder = th_calloc(1, sizeof *folder);
    if (!folder) return NULL;
    folder->dest = dest;
    folder->dir_hash = th_hash64(dir, strlen(dir), 0);
    folder->key = dest->key;
    atomic_init(&folder->own_fd, -1);
    th_safe_path_add(&folder->path, dir, strlen(dir), false);
    if (th_bytes_failed(&folder->path) || !th_manifest_init(&folder->manifest, dest, dir)) {
        th_bytes_finish(&folder->path);
        free(folder);
        return NULL;
    }
    pthread_mutex_init(&folder->lock, NULL);
    pthread_mutex_init(&folder->renewing, NULL);
    th_folder_own(folder, false, NULL);
    enter(folder);
    return folder;
}

void th_output_folder_ignore_inodes(struct th_output_folder *folder)
{
    folder->inodes_change = true;
}

/* Leave the list; true if no other output folder writes the same manifest. */
static bool leave(struct th_output_folder *folder)
{
    bool alone = true;
    for (struct th_output_folder **link = &folder->dest->folders; *link;) {
        if (*link == folder) {
            *link = folder->next;
            continue;
        }
        alone &= (*link)->dir_hash != folder->dir_hash;
        link = &(*link)->next;
    }
    return alone;
}

void th_output_folder_destroy(void *object)
{
    struct th_output_folder *folder = object;
    if (!folder) return;
    struct th_dest *dest = folder->dest;
    /* The lock is held to the end, so that nobody new reads or appends to a manifest that is about
     * to be replaced. */
    pthread_mutex_lock(&dest->folders_lock);
    bool alone = leave(folder);
    if (alone && !dest->dry_run && th_manifest_is_bloated(&folder->manifest) &&
        !th_dest_has_other_runs(dest))
        th_manifest_compact(&folder->manifest, dest);
    pthread_mutex_unlock(&dest->folders_lock);
    th_manifest_finish(&folder->manifest);
    size_t n_folders = atomic_load(&folder->n_folders);
    for (size_t i = 0; i < n_folders; i++) {
        th_close(folder->folders[i].fd);
        free(folder->folders[i].path);
    }
    atomic_fetch_sub(&dest->n_spare_folders, (int)n_folders);
    int own = atomic_load(&folder->own_fd);
    if (own >= 0) th_close(own);
    pthread_mutex_destroy(&folder->lock);
    pthread_mutex_destroy(&folder->renewing);
    th_hashmap_finish(&folder->renewed);
    th_bytes_finish(&folder->path);
    free(folder);
}
