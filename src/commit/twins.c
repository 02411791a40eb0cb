/* SPDX-License-Identifier: MIT */
#include "commit/twins.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/content.h"
#include "base/hashmap.h"
#include "base/sys.h"
#include "commit/maker_mark.h"
#include "commit/output_folder.h"
#include "commit/recorded.h"
#include "commit/standing.h"

#define MOST_BYTES (UINT64_C(64) << 20) /* of an output; thumbnails are far smaller */

struct th_twins {
    struct th_dest *dest;
    pthread_mutex_t lock;      /* covers all below; an output folder takes its own inside it */
    bool is_read;              /* the manifests */
    struct th_hashmap folders; /* content -> the hash of the source folder it was in */

    uint64_t place_hash; /* the folder that was asked last, */
    struct th_output_folder *place;
    struct th_hashmap lines; /* content -> where its line begins in the manifest of that */
};

/* ---- what there is ---- */

/* Where contents of one manifest are collected. */
struct collection {
    const char *key; /* of the outputs that count */
    const struct th_manifest *manifest;
    struct th_hashmap *map;
    bool lines; /* note the place of each line, not the folder */
};

static bool collect(void *user, const struct th_manifest_record *record)
{
    struct collection *c = user;
    const uint64_t content = th_manifest_facts_of(record).content;
    if (content == 0 || !th_manifest_has_key(record, c->key) ||
        !th_manifest_is_current(c->manifest, record))
        return true;
    const uint64_t value =
        c->lines ? (uint64_t)(record->line - c->manifest->data) : c->manifest->seed;
    return c->map->n < TH_TWINS_MOST && th_hashmap_put(c->map, content, value, NULL);
}

static bool collect_folder(void *user, const char *dir)
{
    struct th_twins *twins = user;
    struct th_manifest manifest = {0};
    if (!th_manifest_init(&manifest, twins->dest, dir)) return false;
    struct collection collection = {
        .key = twins->dest->key, .manifest = &manifest, .map = &twins->folders};
    th_manifest_each_made(&manifest, collect, &collection);
    th_manifest_finish(&manifest);
    return twins->folders.n < TH_TWINS_MOST;
}

static void leave_place(struct th_twins *twins)
{
    th_output_folder_destroy(twins->place);
    th_hashmap_finish(&twins->lines);
    twins->place = NULL;
}

/* To the folder of this hash, which has a manifest. */
static bool go_to(struct th_twins *twins, uint64_t hash)
{
    char file[17];
    struct th_bytes dir = {0};
    if (twins->place && twins->place_hash == hash) return true;
    leave_place(twins);
    snprintf(file, sizeof file, "%016llx", (unsigned long long)hash);
    int made = th_dest_open_made(twins->dest, false);
    if (made >= 0 && th_manifest_read_dir(made, file, &dir))
        twins->place = th_output_folder_create(twins->dest, th_bytes_str(&dir));
    if (made >= 0) th_close(made);
    th_bytes_finish(&dir);
    if (!twins->place) return false;
    twins->place_hash = hash;
    struct collection collection = {.key = twins->dest->key,
                                    .manifest = &twins->place->manifest,
                                    .map = &twins->lines,
                                    .lines = true};
    th_manifest_each_made(&twins->place->manifest, collect, &collection);
    return true;
}

/* ---- its outputs ---- */

/* All of an output, if it is what was made; appended to *data without its mark. */
static bool read_output(int folder_fd, const char *name, uint64_t len, uint64_t content,
                        struct th_bytes *data, size_t *plain_len)
{
    bool good = false;
    int fd = th_openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0) return false;
    if (len > 0 && len <= MOST_BYTES && content != 0 && th_bytes_reserve(data, (size_t)len)) {
        uint8_t *bytes = (uint8_t *)data->data + data->len;
        good = th_read_full(fd, bytes, (size_t)len) == (ssize_t)len &&
               th_content_hash(bytes, (size_t)len) == content;
        /* What is written again must be the same, mark and all. */
        *plain_len = th_mark_remove(bytes, (size_t)len);
        good = good && th_mark_content(bytes, *plain_len) == content;
        if (good) data->len += *plain_len;
    }
    th_close(fd);
    return good;
}

static bool add_output(struct th_twins *twins, struct th_twin *twin, const char *word,
                       size_t word_len)
{
    struct th_twin_output *output = &twin->outputs[twin->n_outputs];
    const struct th_manifest_facts facts = th_manifest_read_facts(word, word_len);
    struct th_bytes name = {0};
    struct th_spot spot = {.ref = {.fd = -1}};
    const char *written;
    size_t written_len;
    uint64_t len;
    if (twin->n_outputs == THUMBS_MAX_OUTPUTS ||
        !th_manifest_read_output(word, word_len, &len, &written, &written_len))
        return false;
    *output = (struct th_twin_output){.format = facts.format,
                                      .width = facts.width,
                                      .height = facts.height,
                                      .sizes = facts.sizes,
                                      .offset = twin->data.len};
    bool good = facts.format != THUMBS_FORMAT_NONE &&
                th_manifest_decode(written, written_len, &name) &&
                th_standing_find(twins->place, th_bytes_str(&name), &spot) &&
                read_output(spot.ref.fd, spot.name, len, facts.content, &twin->data, &output->len);
    th_folder_release(&spot.ref);
    th_bytes_finish(&name);
    twin->n_outputs += good;
    return good;
}

static bool read_twin(struct th_twins *twins, const struct th_manifest_record *record,
                      struct th_twin *twin)
{
    const char *rest = record->outputs, *word;
    size_t rest_len = record->outputs_len, len;
    twin->id = th_manifest_source_of(record);
    while (th_manifest_next_word(&rest, &rest_len, &word, &len)) {
        if (!add_output(twins, twin, word, len)) return false;
    }
    return twin->n_outputs > 0 && rest_len == 0;
}

static bool find(struct th_twins *twins, uint64_t size, uint64_t content, struct th_twin *out)
{
    struct th_manifest_record record;
    if (!twins->is_read) th_recorded_each_folder(twins->dest, collect_folder, twins);
    twins->is_read = true;
    const uint64_t *hash = th_hashmap_find(&twins->folders, content);
    if (!hash || !go_to(twins, *hash)) return false;
    const uint64_t *offset = th_hashmap_find(&twins->lines, content);
    const struct th_manifest *m = &twins->place->manifest;
    const char *line = offset ? m->data + *offset : NULL,
               *end = line ? memchr(line, '\n', m->len - (size_t)*offset) : NULL;
    return end && th_manifest_read_line(line, (size_t)(end - line), &m->seed, &record) &&
           record.id.size == size && read_twin(twins, &record, out);
}

bool th_twins_find(struct th_twins *twins, uint64_t size, uint64_t content, struct th_twin *out)
{
    out->n_outputs = 0;
    out->data = (struct th_bytes){0};
    pthread_mutex_lock(&twins->lock);
    const bool found = find(twins, size, content, out);
    pthread_mutex_unlock(&twins->lock);
    return found;
}

void th_twin_finish(struct th_twin *twin)
{
    th_bytes_finish(&twin->data);
}

/* ---- beginning and end ---- */

struct th_twins *th_twins_create(struct th_dest *dest)
{
    struct th_twins *twins = th_calloc(1, sizeof *twins);
    if (!twins) return NULL;
    twins->dest = dest;
    pthread_mutex_init(&twins->lock, NULL);
    return twins;
}

void th_twins_destroy(struct th_twins *twins)
{
    if (!twins) return;
    leave_place(twins);
    th_hashmap_finish(&twins->folders);
    pthread_mutex_destroy(&twins->lock);
    free(twins);
}
