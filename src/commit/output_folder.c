/* SPDX-License-Identifier: MIT */
/* The counterpart in DEST of one source folder: its beginning and its end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "commit/output_folder_internal.h"

static void sign_place_in(struct th_place *place)
{
    struct th_dest *dest = place->dest;
    pthread_mutex_lock(&dest->places_lock);
    place->next = dest->places;
    dest->places = place;
    pthread_mutex_unlock(&dest->places_lock);
}

struct th_place *th_place_create(struct th_dest *dest, const char *dir)
{
    struct th_place *place = th_calloc(1, sizeof *place);
    if (!place) return NULL;
    place->dest = dest;
    place->dir_hash = th_hash64(dir, strlen(dir), 0);
    snprintf(place->key, sizeof place->key, "%016llx", (unsigned long long)dest->fingerprint);
    atomic_init(&place->own_fd, -1);
    th_safe_path_add(&place->folder, dir, strlen(dir), false);
    if (th_bytes_failed(&place->folder) || !th_manifest_init(&place->manifest, dest, dir)) {
        th_bytes_finish(&place->folder);
        free(place);
        return NULL;
    }
    pthread_mutex_init(&place->lock, NULL);
    th_folder_own(place, false, NULL);
    sign_place_in(place);
    return place;
}

void th_place_ignore_inodes(struct th_place *place)
{
    place->inodes_change = true;
}

/* Leave the list; true if no other place writes the same manifest. */
static bool sign_place_out(struct th_place *place)
{
    bool alone = true;
    for (struct th_place **link = &place->dest->places; *link;) {
        if (*link == place) {
            *link = place->next;
            continue;
        }
        alone &= (*link)->dir_hash != place->dir_hash;
        link = &(*link)->next;
    }
    return alone;
}

void th_place_destroy(void *object)
{
    struct th_place *place = object;
    if (!place) return;
    struct th_dest *dest = place->dest;
    /* The lock is held to the end, so that no new place reads or appends to a manifest that is about to be replaced. */
    pthread_mutex_lock(&dest->places_lock);
    bool alone = sign_place_out(place);
    if (alone && !dest->dry_run && th_manifest_is_bloated(&place->manifest) && !th_dest_has_other_runs(dest))
        th_manifest_compact(&place->manifest, dest);
    pthread_mutex_unlock(&dest->places_lock);
    th_manifest_finish(&place->manifest);
    size_t n_folders = atomic_load(&place->n_folders);
    for (size_t i = 0; i < n_folders; i++) {
        th_close(place->folders[i].fd);
        free(place->folders[i].path);
    }
    atomic_fetch_sub(&dest->n_spare_folders, (int)n_folders);
    int own = atomic_load(&place->own_fd);
    if (own >= 0) th_close(own);
    pthread_mutex_destroy(&place->lock);
    th_bytes_finish(&place->folder);
    free(place);
}
