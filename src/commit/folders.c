/* SPDX-License-Identifier: MIT */
/* The folders that the outputs of a place go to: opened once, kept open while there is room. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "commit/output_folder_internal.h"

void th_folder_release(struct th_folder_ref *ref)
{
    if (ref->owned) th_close(ref->fd);
    *ref = (struct th_folder_ref){.fd = -1};
}

bool th_folder_is_own(const struct th_place *place, const char *path, size_t len)
{
    return len == place->folder.len && memcmp(path, th_bytes_str(&place->folder), len) == 0;
}

/* Open afresh, and clear away what killed runs left in it. */
static int open_and_sweep(struct th_place *place, const char *path, size_t len, bool make, struct thumbs_error *err)
{
    bool made = false;
    int fd = th_dest_open_folder(place->dest, path, len, make, &made, err);
    if (fd >= 0 && !made) th_dest_sweep(place->dest, fd, path, len);
    return fd;
}

int th_folder_own(struct th_place *place, bool make, struct thumbs_error *err)
{
    int fd = atomic_load_explicit(&place->own_fd, memory_order_acquire);
    if (fd >= 0) return fd;
    pthread_mutex_lock(&place->lock);
    fd = atomic_load(&place->own_fd);
    if (fd < 0) {
        fd = open_and_sweep(place, th_bytes_str(&place->folder), place->folder.len, make, err);
        if (fd >= 0) atomic_store_explicit(&place->own_fd, fd, memory_order_release);
    }
    pthread_mutex_unlock(&place->lock);
    return fd;
}

static int find_folder(const struct th_place *place, const char *path, size_t len)
{
    size_t n = atomic_load_explicit(&place->n_folders, memory_order_acquire);
    for (size_t i = 0; i < n; i++) {
        const struct th_folder *folder = &place->folders[i];
        if (folder->len == len && memcmp(folder->path, path, len) == 0) return folder->fd;
    }
    return -1;
}

/* Keep ref->fd open for the next output of this folder, if there is room. "{size}/{dir}/{stem}.{ext}" has a folder per
 * size, worth keeping; "{hash}/{stem}.{ext}" has one per source, so the room is small. */
static void keep_folder(struct th_place *place, const char *path, size_t len, struct th_folder_ref *ref)
{
    atomic_int *n_spare = &place->dest->n_spare_folders;
    pthread_mutex_lock(&place->lock);
    size_t n = atomic_load(&place->n_folders);
    if (n < TH_PLACE_FOLDERS && find_folder(place, path, len) < 0) {
        char *copy = atomic_fetch_add(n_spare, 1) < TH_SPARE_FOLDERS ? th_alloc(len + 1) : NULL;
        if (copy) {
            memcpy(copy, path, len);
            place->folders[n] = (struct th_folder){.path = copy, .len = len, .fd = ref->fd};
            ref->owned = false;
            atomic_store_explicit(&place->n_folders, n + 1, memory_order_release);
        } else {
            atomic_fetch_sub(n_spare, 1);
        }
    }
    pthread_mutex_unlock(&place->lock);
}

bool th_folder_get(struct th_place *place, const char *path, size_t len, bool make, struct th_folder_ref *ref,
                   struct thumbs_error *err)
{
    bool own = th_folder_is_own(place, path, len);
    ref->owned = false;
    ref->fd = own ? th_folder_own(place, make, err) : find_folder(place, path, len);
    if (own || ref->fd >= 0) return ref->fd >= 0;
    ref->fd = open_and_sweep(place, path, len, make, err);
    if (ref->fd < 0) return false;
    ref->owned = true;
    keep_folder(place, path, len, ref);
    return true;
}
