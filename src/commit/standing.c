/* SPDX-License-Identifier: MIT */
#include "commit/standing.h"

#include <fcntl.h>
#include <string.h>

/* ---- times ---- */

struct timespec th_standing_source_time(const struct th_source_id *id)
{
    return (struct timespec){.tv_sec = id->mtime_sec, .tv_nsec = id->mtime_nsec};
}

struct timespec th_standing_time(const struct th_manifest_record *record)
{
    struct th_manifest_facts facts = th_manifest_facts_of(record);
    if (!facts.has_time) return th_standing_source_time(&record->id);
    return (struct timespec){.tv_sec = facts.time_sec, .tv_nsec = facts.time_nsec};
}

struct timespec th_standing_output_time(const struct th_manifest_record *record, const char *word,
                                        size_t len)
{
    struct th_manifest_facts facts = th_manifest_read_facts(word, len);
    if (!facts.has_time) return th_standing_time(record);
    return (struct timespec){.tv_sec = facts.time_sec, .tv_nsec = facts.time_nsec};
}

/* Some file systems keep only microseconds, seconds, or (FAT) even seconds. */
bool th_standing_is_time(const struct th_dest *dest, const struct timespec *output,
                         const struct timespec *time)
{
    static const int32_t steps_ns[] = {1, 100, 1000, 1000000, 10000000, 1000000000};
    if (dest->two_second_times && output->tv_nsec == 0 &&
        output->tv_sec == (time->tv_sec & ~INT64_C(1)))
        return true;
    if (output->tv_sec != time->tv_sec) return false;
    for (size_t i = 0; i < sizeof steps_ns / sizeof steps_ns[0]; i++) {
        if (output->tv_nsec == time->tv_nsec - time->tv_nsec % steps_ns[i]) return true;
    }
    return false;
}

/* ---- outputs ---- */

bool th_standing_find(struct th_output_folder *folder, const char *output, struct th_spot *out)
{
    *out = (struct th_spot){.ref = {.fd = -1}, .name = output};
    if (*output == '/') {
        const char *path = output + 1, *slash = strrchr(path, '/');
        out->name = slash ? slash + 1 : path;
        return th_folder_get(folder, path, slash ? (size_t)(slash - path) : 0, false, &out->ref,
                             NULL);
    }
    out->ref.fd = th_folder_own(folder, false, NULL);
    return out->ref.fd >= 0 && !strchr(output, '/');
}

bool th_standing_is_as_made(const struct th_output_folder *folder, const struct stat *st,
                            uint64_t len, const struct timespec *time)
{
    return S_ISREG(st->st_mode) && st->st_size > 0 && (len == 0 || (uint64_t)st->st_size == len) &&
           th_standing_is_time(folder->dest, &st->st_mtim, time);
}

/* word: as it is written, without its length. */
static bool output_stands(struct th_output_folder *folder, const char *word, size_t word_len,
                          uint64_t len, const struct timespec *time)
{
    struct th_bytes output = {0};
    struct th_spot spot = {.ref = {.fd = -1}};
    struct stat st;
    bool stands = len > 0 && th_manifest_decode(word, word_len, &output) &&
                  th_standing_find(folder, th_bytes_str(&output), &spot) &&
                  fstatat(spot.ref.fd, spot.name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                  th_standing_is_as_made(folder, &st, len, time);
    th_folder_release(&spot.ref);
    th_bytes_finish(&output);
    return stands;
}

/* The hash that a record has of an output, given as it is written without its length; 0: none. */
static uint64_t content_in(const struct th_manifest_record *record, const char *wanted, size_t len)
{
    const char *rest = record->outputs, *word, *name;
    size_t rest_len = record->outputs_len, word_len, name_len;
    uint64_t ignored;
    while (th_manifest_next_word(&rest, &rest_len, &word, &word_len)) {
        if (th_manifest_read_output(word, word_len, &ignored, &name, &name_len) &&
            name_len == len && memcmp(name, wanted, len) == 0)
            return th_manifest_read_facts(word, word_len).content;
    }
    return 0;
}

/* Does this output still belong to the record? Nobody has made it since, or who did made the same
 * bytes (and has not taken that back, to make others). */
static bool is_owner(const struct th_output_folder *folder, const struct th_manifest_record *record,
                     const char *word, size_t len)
{
    struct th_manifest_record owner;
    if (!th_manifest_find_owner(&folder->manifest, word, len, &owner)) return false;
    if (owner.line == record->line) return true;
    const uint64_t content = content_in(record, word, len);
    return content != 0 && content == content_in(&owner, word, len) &&
           th_manifest_is_current(&folder->manifest, &owner);
}

bool th_standing_outputs(struct th_output_folder *folder, const struct th_manifest_record *record)
{
    const char *rest = record->outputs, *word, *name;
    size_t rest_len = record->outputs_len, word_len, name_len, n = 0;
    uint64_t len;
    for (; th_manifest_next_word(&rest, &rest_len, &word, &word_len); n++) {
        const struct timespec time = th_standing_output_time(record, word, word_len);
        if (!th_manifest_read_output(word, word_len, &len, &name, &name_len) ||
            !is_owner(folder, record, name, name_len) ||
            !output_stands(folder, name, name_len, len, &time))
            return false;
    }
    return n > 0 && rest_len == 0;
}
