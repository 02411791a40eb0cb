/* SPDX-License-Identifier: MIT */
#include "follow/changes.h"

#include <string.h>

#include "base/sys.h"
#include "follow/busy.h"

static uint64_t key_of_folder(uint64_t dev, uint64_t ino)
{
    const uint64_t id[] = {dev, ino};
    return th_hash64(id, sizeof id, 0);
}

static uint64_t key_of_file(uint64_t dev, uint64_t ino, const char *name)
{
    return th_hash64(name, strlen(name), key_of_folder(dev, ino));
}

/* ---- noting ---------------------------------------------------------------------------------- */

/* A folder, and the way to it. Without memory for that, all is looked at. */
static void note_folder(struct th_changes *changes, const struct th_watched *watched, size_t i,
                        enum thumbs_change change)
{
    for (; i != TH_WATCHED_NONE; i = watched->all[i].parent, change = THUMBS_CHANGE_BELOW) {
        const struct th_watch *watch = &watched->all[i];
        bool is_new;
        uint64_t *now = th_hashmap_put(&changes->folders, key_of_folder(watch->dev, watch->ino),
                                       change, &is_new);
        if (!now) changes->all = true;
        if (!now || (!is_new && *now >= (uint64_t)change)) return;
        *now = change;
        if (!is_new) return; /* the way to it is known */
    }
}

static void note_file(struct th_changes *changes, const struct th_watched *watched, size_t i,
                      const char *name)
{
    const struct th_watch *watch = &watched->all[i];
    note_folder(changes, watched, i, THUMBS_CHANGE_FILES);
    if (!th_hashmap_put(&changes->files, key_of_file(watch->dev, watch->ino, name), 0, NULL))
        changes->all = true;
}

static void note_new_folder(struct th_changes *changes, const struct th_watched *watched, size_t i,
                            const char *name)
{
    /* Its name may be that of an output of a file beside it. */
    note_folder(changes, watched, i, THUMBS_CHANGE_ALL);
    th_bytes_add(&changes->new_folders, &i, sizeof i);
    th_bytes_add(&changes->new_folders, name, strlen(name) + 1);
    changes->all |= th_bytes_failed(&changes->new_folders);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* These change what is taken, though they are hidden. */
static bool is_rule(const char *name)
{
    return strcmp(name, ".thumbsignore") == 0 || strcmp(name, ".nomedia") == 0;
}

/* A name that no run looks at; what thumbs itself writes beside a report is one. */
static bool is_of_no_account(const struct inotify_event *event,
                             const struct th_follow_options *options)
{
    if (event->mask & (IN_Q_OVERFLOW | IN_UNMOUNT)) return false;
    if (event->mask & IN_IGNORED) return true; /* the end of a watch that we let go */
    if (event->len == 0 || event->name[0] != '.') return false;
    if (strncmp(event->name, ".thumbs-", strlen(".thumbs-")) == 0) return true;
    return !options->hidden && !is_rule(event->name);
}

static void take_folder(struct th_changes *changes, const struct th_watched *watched, size_t i,
                        const struct inotify_event *event)
{
    if (event->mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB))
        note_new_folder(changes, watched, i, event->name);
    else
        changes->all = true; /* what was in it is gone, or has other names */
}

static void take_file(struct th_changes *changes, const struct th_watched *watched, size_t i,
                      const struct inotify_event *event)
{
    if (event->mask & (IN_DELETE | IN_MOVED_FROM)) {
        /* What was kept from having its name may have it now. */
        note_folder(changes, watched, i, THUMBS_CHANGE_ALL);
        changes->told.gone = true;
    } else {
        note_file(changes, watched, i, event->name);
    }
}

void th_changes_take(struct th_changes *changes, const struct th_watched *watched,
                     const struct inotify_event *event, const struct th_follow_options *options)
{
    static const uint32_t whole = IN_Q_OVERFLOW | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF;
    if (is_of_no_account(event, options)) return;
    changes->any = true;
    const size_t i = event->mask & whole ? TH_WATCHED_NONE : th_watched_find(watched, event->wd);
    if (i == TH_WATCHED_NONE || watched->ambiguous)
        changes->all = true;
    else if (event->len == 0)
        note_folder(changes, watched, i, THUMBS_CHANGE_ALL);
    else if (is_rule(event->name))
        changes->all = true;
    else if (event->mask & IN_ISDIR)
        take_folder(changes, watched, i, event);
    else
        take_file(changes, watched, i, event);
}

bool th_changes_settle(struct th_changes *changes, struct th_watched *watched, int inotify_fd,
                       const struct th_follow_options *options, struct thumbs_error *err)
{
    const char *at = th_bytes_str(&changes->new_folders), *end = at + changes->new_folders.len;
    while (at < end && !changes->all) {
        size_t parent, first = watched->n;
        memcpy(&parent, at, sizeof parent);
        const char *name = at + sizeof parent;
        if (!th_watched_add(watched, inotify_fd, options, parent, name, err)) return false;
        for (size_t i = first; i < watched->n; i++)
            note_folder(changes, watched, i, THUMBS_CHANGE_ALL);
        at = name + strlen(name) + 1;
    }
    changes->all |= watched->ambiguous;
    return true;
}

/* ---- telling --------------------------------------------------------------------------------- */

static enum thumbs_change tell_folder(void *user, uint64_t dev, uint64_t ino)
{
    const struct th_changes *changes = user;
    const uint64_t *change = th_hashmap_find(&changes->folders, key_of_folder(dev, ino));
    return change ? (enum thumbs_change) * change : THUMBS_CHANGE_NONE;
}

static bool tell_file(void *user, uint64_t dev, uint64_t ino, const char *name)
{
    const struct th_changes *changes = user;
    return th_hashmap_find(&changes->files, key_of_file(dev, ino, name)) != NULL;
}

static bool tell_busy(void *user, int dirfd, const char *name)
{
    (void)user;
    return th_busy_is(dirfd, name);
}

void th_changes_begin(struct th_changes *changes)
{
    changes->told = (struct thumbs_changes){
        .folder = tell_folder, .file = tell_file, .is_busy = tell_busy, .user = changes};
    th_hashmap_clear(&changes->folders);
    th_hashmap_clear(&changes->files);
    th_bytes_clear(&changes->new_folders);
    changes->any = changes->all = false;
}

const struct thumbs_changes *th_changes_told(struct th_changes *changes)
{
    return changes->all ? NULL : &changes->told;
}

void th_changes_finish(struct th_changes *changes)
{
    th_hashmap_finish(&changes->folders);
    th_hashmap_finish(&changes->files);
    th_bytes_finish(&changes->new_folders);
}
