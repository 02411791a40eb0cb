/* SPDX-License-Identifier: MIT */
/*
 * sources.h - what the user named on the command line: files, and folders to be walked.
 *
 *     th_sources_check(sources, &tree, err);
 *     while (th_sources_has_file(sources)) th_sources_next_file(sources, entry);
 *     while (th_sources_has_folder(sources)) th_sources_begin_folder(sources, entry);
 *     th_sources_finish(sources);
 *
 * SOURCE files are treated like the files of one folder: sorted by their names, of which two must
 * not be equal, and with output names that do not clash.
 *
 * One owner, not thread-safe. Inner to the walk room.
 */
#ifndef TH_WALK_SOURCES_H
#define TH_WALK_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thumbs/thumbs.h"
#include "walk/names.h"
#include "walk/tree.h"

struct th_source_folder {
    uint32_t i_source;
    /* Where its path does not end in its name ("..", "."): its real path, owned; else NULL. */
    char *resolved;
};

struct th_sources {
    struct th_tree *tree; /* borrowed */
    struct th_source_folder *folders;
    size_t n_folders, i_folder; /* i_folder: the next to be walked */

    struct th_names files;
    uint32_t *given; /* the source behind the i-th of them */
    size_t i_file;
    struct th_dir *dir; /* the folder of the last one, which the next one often shares */
    const char *parent; /* its path: so much of a source */
    size_t parent_len;
};

/* Look at all of tree->options->sources. The codes of th_walk_create(); on failure there is nothing
 * to finish, but it may be. */
enum thumbs_code th_sources_check(struct th_sources *sources, struct th_tree *tree,
                                  struct thumbs_error *err);
/* Open (O_PATH) a folder by its path as th_dir.path has it. -1 with errno: ENOENT or ENOTDIR: its
 * SOURCE is there and it is not; EXDEV: it lies in none of these SOURCE folders; else it is not
 * known what is there. */
int th_sources_open_below(const struct th_sources *sources, const char *dir);
void th_sources_finish(struct th_sources *sources); /* zeroed is fine */

bool th_sources_has_file(const struct th_sources *sources);
void th_sources_next_file(struct th_sources *sources, struct th_walk_entry *entry);
bool th_sources_has_folder(const struct th_sources *sources);
/* Begin the next folder: make an entry that says why not (true), or push it (false); DEST is passed
 * over in silence. (One that holds .nomedia, or whose .thumbsignore cannot be read, is not begun.)
 * With a list it is not walked, but a frame that is `listing`. */
bool th_sources_begin_folder(struct th_sources *sources, struct th_walk_entry *entry);

#endif
