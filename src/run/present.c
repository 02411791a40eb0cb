/* SPDX-License-Identifier: MIT */
#include "run/present.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "run/found.h"

/* Each is compared with sources that seem to be gone. Where more cannot be read, something larger
 * is wrong. */
#define MOST_UNREAD 1000

void th_present_init(struct th_present *present, const struct th_walk *walk, uint64_t seed)
{
    *present = (struct th_present){.walk = walk, .seed = seed, .place_fd = -1};
}

static void forget_place(struct th_present *present)
{
    if (present->place_fd >= 0) th_close(present->place_fd);
    present->place_fd = -1;
    th_bytes_finish(&present->place);
}

void th_present_finish(struct th_present *present)
{
    forget_place(present);
    th_dir_unref(present->dir);
    th_hashmap_finish(&present->taken);
    th_hashmap_finish(&present->visited);
    th_bytes_finish(&present->unread);
    *present = (struct th_present){.place_fd = -1};
}

static uint64_t hash_of(const struct th_present *present, const char *text)
{
    return th_hash64(text, strlen(text), present->seed);
}

/* ---- noting ---- */

bool th_present_is_next_folder(const struct th_present *present, const struct th_walk_entry *entry)
{
    return entry->kind == TH_WALK_FILE && present->dir && present->dir != entry->dir;
}

static bool note_file(struct th_present *present, const struct th_walk_entry *entry)
{
    if (present->dir != entry->dir) {
        th_hashmap_clear(&present->taken);
        th_dir_unref(present->dir);
        present->dir = th_dir_ref(entry->dir);
        if (!th_hashmap_put(&present->visited, hash_of(present, entry->dir->path), 0, NULL))
            return false;
    }
    present->n_files++;
    return th_hashmap_put(&present->taken, hash_of(present, entry->name), 0, NULL);
}

/* What is in there, or whether it is there, is not known. */
static bool note_unread(struct th_present *present, const struct th_walk_entry *entry)
{
    if (!entry->dir || entry->error.code == THUMBS_MEMORY || present->n_unread++ == MOST_UNREAD)
        return false;
    th_found_add_path(&present->unread, entry);
    th_bytes_addc(&present->unread, '\0');
    return !th_bytes_failed(&present->unread);
}

bool th_present_note(struct th_present *present, const struct th_walk_entry *entry)
{
    if (entry->kind == TH_WALK_FILE) return note_file(present, entry);
    return entry->kind != TH_WALK_FAILED || note_unread(present, entry);
}

/* ---- asking ---- */

bool th_present_is_taken(const struct th_present *present, const char *name)
{
    return th_hashmap_find(&present->taken, hash_of(present, name));
}

bool th_present_was_visited(const struct th_present *present, const char *dir)
{
    return th_hashmap_find(&present->visited, hash_of(present, dir));
}

/* Is this path what could not be read, or below that? "." is SOURCE itself. */
static bool lies_in(const char *dir, const char *name, const char *unread)
{
    const size_t dir_len = strlen(dir), len = strlen(unread);
    if (strcmp(unread, ".") == 0) return true;
    if (len <= dir_len) return memcmp(dir, unread, len) == 0 && (dir[len] == '/' || !dir[len]);
    if (dir_len == 0) return strcmp(unread, name) == 0;
    return memcmp(dir, unread, dir_len) == 0 && unread[dir_len] == '/' &&
           strcmp(unread + dir_len + 1, name) == 0;
}

static bool is_unread(const struct th_present *present, const char *dir, const char *name)
{
    const char *text = th_bytes_str(&present->unread), *end = text + present->unread.len;
    for (; text < end; text += strlen(text) + 1) {
        if (lies_in(dir, name, text)) return true;
    }
    return false;
}

static enum th_presence presence_of(int os_errno)
{
    if (os_errno == EXDEV) return TH_PRESENCE_ELSEWHERE;
    return os_errno == ENOENT || os_errno == ENOTDIR ? TH_PRESENCE_GONE : TH_PRESENCE_UNKNOWN;
}

/* Open the folder, unless it was the last one that was asked for. */
static enum th_presence go_to(struct th_present *present, const char *dir)
{
    const bool is_there = present->place.data && strcmp(present->place.data, dir) == 0;
    if (!is_there) {
        forget_place(present);
        th_bytes_adds(&present->place, dir);
        present->place_fd = th_walk_open_folder(present->walk, dir);
        present->place_errno = errno;
    }
    return present->place_fd >= 0 ? TH_PRESENCE_THERE : presence_of(present->place_errno);
}

enum th_presence th_present_look_at_folder(struct th_present *present, const char *dir)
{
    const enum th_presence folder = go_to(present, dir);
    return folder != TH_PRESENCE_ELSEWHERE && is_unread(present, dir, "") ? TH_PRESENCE_UNKNOWN
                                                                          : folder;
}

bool th_present_stat(struct th_present *present, const char *dir, const char *name, bool follow,
                     struct stat *st)
{
    return go_to(present, dir) == TH_PRESENCE_THERE &&
           fstatat(present->place_fd, name, st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0;
}

enum th_presence th_present_look(struct th_present *present, const char *dir, const char *name)
{
    struct stat st;
    const enum th_presence folder = go_to(present, dir);
    if (folder == TH_PRESENCE_ELSEWHERE) return folder;
    if (is_unread(present, dir, name)) return TH_PRESENCE_UNKNOWN;
    if (folder != TH_PRESENCE_THERE ||
        fstatat(present->place_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return folder;
    return presence_of(errno);
}
