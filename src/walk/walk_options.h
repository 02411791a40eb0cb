/* SPDX-License-Identifier: MIT */
/*
 * walk_options.h - what is walked, what is left out, and whom the walk asks.
 */
#ifndef TH_WALK_WALK_OPTIONS_H
#define TH_WALK_WALK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "naming/short_names.h"
#include "thumbs/thumbs.h"

/* Asked about names whose output would clash only if their content counts: is this file (name in
 * dirfd) an image by content? Where it is a link (by now) it is to be followed only with `follow`.
 * Called from within th_walk_next(), at most a few times for one name. */
typedef bool th_walk_is_image_fn(void *user, int dirfd, const char *name, bool follow);

/* Borrowed, as all that it points to, from th_walk_create() to th_walk_destroy(). */
struct th_walk_options {
    const char *const *sources;
    size_t n_sources;
    /* As thumbs_options.globs, see rules.h. The last that matches wins; a file that none matches is
     * left out if there is an include. A folder whose last match is an exclude is not entered.
     * SOURCE files are matched by their names, SOURCE folders not at all. */
    const char *const *globs;
    size_t n_globs;
    bool hidden, follow;
    bool take_litter;     /* else what litter.h knows is left out, where it is no SOURCE */
    bool whole_names;     /* the outputs of all keep their extension */
    bool one_file_system; /* enter no folder that lies on another file system than its SOURCE */
    /* Not NULL: a file with names below SOURCE, which must be one folder; see th_list_open(). Files
     * and folders that are named so are taken though they are hidden, but not if the globs leave
     * them out. Nothing is reached through a symbolic link without `follow`: such a name is
     * FAILED. */
    const char *list;
    bool list_null;
    /* Asked while the list is waited for: true ends the walk. May be NULL. */
    bool (*stopped)(void *user);
    /* A folder never entered (DEST), wherever it is met; skip_ino 0: none. */
    dev_t skip_dev;
    ino_t skip_ino;
    /* Not NULL: only these are handed out, and only folders on the way to them entered. */
    const struct thumbs_changes *changes;
    bool whole_folders; /* of a folder in which files have changed, all are */
    /* Called for each folder in which files have changed, when it is entered. May be NULL. */
    void (*on_changed)(void *on_changed_user, const char *path);
    void *on_changed_user;
    th_walk_is_image_fn *is_image;    /* NULL: all are */
    th_output_class_fn *output_class; /* NULL: all names alike */
    void *user;
    /* Called before a folder is opened or read (`name` in the folder whose path is `parent`, "" for
     * that itself; for a SOURCE its name as it was given), so that one that cannot be read for long
     * can be named. May be NULL. */
    void (*on_folder)(void *on_folder_user, const char *parent, const char *name);
    void *on_folder_user;
    /* Most memory for the names of the folder being read; 0: 8 MB, never less than 4 KB. Each
     * folder on the way down holds up to a quarter of it on top, for the subfolders to visit. */
    size_t names_bytes;
};

#endif
