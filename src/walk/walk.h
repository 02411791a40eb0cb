/*
 * walk.h - sources on the command line to a stream of candidate files. Knows nothing of images.
 *
 * An iterator: th_walk_next() reads one folder at a time, so memory holds the names of the folder being read and of
 * the subfolders still to visit on the way down to it, however large the tree. Both are bounded (names_bytes): a folder
 * with more names is read several times, each time for the next part of them in order.
 *
 * Order: SOURCE files first, sorted by the bytes of their names, then SOURCE folders as given. Within a folder files
 * (and whatever else is no folder) come sorted by their bytes, then its subfolders, sorted likewise.
 *
 * With a list (options.list) SOURCE is not walked: what the list names below it is handed out, in the order of list.h,
 * and folders that it names are walked. A name handed out bears its whole name just as it would in a walk of all of
 * SOURCE: that is a matter of what its folder holds, not of what is listed.
 *
 * Everything is relative to open folders (openat), so paths have no length limit and a folder renamed in mid-walk does
 * no harm. However deep the tree, the walk keeps few folders open: the last 32 on the way down and the SOURCE. Others
 * are opened again on the way back, and are only gone on with if they are the same folder.
 *
 * One thread calls th_walk_next(); th_dir reference counts may be dropped from any thread.
 */
#ifndef TH_WALK_WALK_H
#define TH_WALK_WALK_H

#include <stdatomic.h>
#include <sys/types.h>

#include "naming/short_names.h"
#include "thumbs/thumbs.h"

/* An open source folder. Files in flight hold a reference, so their names can be opened relative to fd. */
struct th_dir {
    atomic_uint refs;
    int fd; /* O_PATH or O_RDONLY|O_DIRECTORY; owned; -1 for a folder that was not opened (kinds FAILED and SKIPPED) */
    char *path; /* path below SOURCE without a trailing slash, "" for SOURCE itself; with several sources it begins with
                   the source's last name part; "" for the folder of a SOURCE that is a file. Reports and outputs use
                   it. Owned. */
    size_t root_len;                 /* bytes of `path` that are that last name part; 0 with one source */
    bool has_folders;                /* it has subfolders, or may have */
    _Atomic(void *) place;           /* what the run keeps for this folder (its counterpart in DEST); see place_free */
    void (*place_free)(void *place); /* called when the last reference goes and place is not NULL */
};
struct th_dir *th_dir_ref(struct th_dir *dir); /* returns dir */
void th_dir_unref(struct th_dir *dir);         /* NULL is fine */

/* One thing the walk found, with the fate it already has, if any. */
enum th_walk_kind {
    TH_WALK_FILE,    /* a regular file (or, with follow, a link to one): a candidate */
    TH_WALK_SKIPPED, /* not a regular file, a link not followed, excluded: error.message says which */
    TH_WALK_FAILED   /* a folder that cannot be read, a name that cannot be looked at: error says why */
};
struct th_walk_entry {
    enum th_walk_kind kind;
    struct th_dir *dir; /* one reference owned by the entry; NULL only for a SOURCE that could not be opened */
    char *name;         /* owned, never NULL; last name part. "" for the folder itself (kind FAILED); where dir is NULL
                           the SOURCE as it was given ("" if there was no memory for that). */
    bool follow;        /* it was named on the command line: if it is a link, it is followed whatever the options say */
    /* The user named it (a SOURCE, a name of the list) and no rule keeps it out: if it is skipped,
     * that is to be told. */
    bool named;
    bool whole_name; /* its output bears its whole name, since another file of this folder would get the same output */
    struct thumbs_error error; /* kinds SKIPPED (code OK, only the message) and FAILED */
};
void th_walk_entry_finish(struct th_walk_entry *entry); /* releases, zeroes; zeroed is fine */

/* Asked about names whose output would clash only if their content counts: is this file (name in dirfd) an image by
 * content? Where it is a link (by now) it is to be followed only with `follow`. Called from within th_walk_next(), at
 * most a few times for one name. */
typedef bool th_walk_is_image_fn(void *user, int dirfd, const char *name, bool follow);
struct th_walk_options {
    const char *const *sources;
    size_t n_sources;
    /* As thumbs_options.globs, see rules.h. The last that matches wins; a file that none matches is left out if there
     * is an include. A folder whose last match is an exclude is not entered. SOURCE files are matched by their names,
     * SOURCE folders not at all. */
    const char *const *globs;
    size_t n_globs;
    bool hidden, follow;
    bool one_file_system; /* enter no folder that lies on another file system than its SOURCE */
    /* Not NULL: a file with names below SOURCE, which must be one folder; see th_list_open(). Files and folders that
     * are named so are taken though they are hidden, but not if the globs leave them out. Nothing is reached through a
     * symbolic link without `follow`: such a name is FAILED. */
    const char *list;
    bool list_null;
    bool (*stopped)(void *user); /* asked while the list is waited for: true ends the walk. May be NULL. */
    dev_t skip_dev; /* with skip_ino: a folder never entered (DEST), wherever it is met; skip_ino 0: none */
    ino_t skip_ino;
    th_walk_is_image_fn *is_image;
    th_output_class_fn *output_class;
    void *user;
    /* Called before a folder is opened or read (`name` in the folder whose path is `parent`, "" for that itself; for a
     * SOURCE its name as it was given), so that one that cannot be read for long can be named. May be NULL. */
    void (*on_folder)(void *on_folder_user, const char *parent, const char *name);
    void *on_folder_user;
    /* Most memory for the names of the folder being read; 0: 8 MB, never less than 4 KB. Each folder on the way down
     * holds up to a quarter of it on top, for the subfolders to visit. */
    size_t names_bytes;
};

struct th_walk;
/* Check the sources (options are borrowed until destroy). USAGE: two sources with equal last name parts,
 * a SOURCE folder that is the one to be skipped, a malformed glob. A source that does not exist or cannot
 * be opened is UNREADABLE or VANISHED here, with its path in the message. MEMORY. A SOURCE that is a
 * symbolic link is followed, with or without `follow`. */
enum thumbs_code th_walk_create(const struct th_walk_options *options, struct th_walk **out, struct thumbs_error *err);
/* The next entry: true and *entry (owned by the caller), or false at the end. Out of memory for a folder or a name: a
 * FAILED entry for that folder, code MEMORY; if there is none to go on with at all, its message says that the walk ends
 * there. */
bool th_walk_next(struct th_walk *walk, struct th_walk_entry *entry);
void th_walk_destroy(struct th_walk *walk); /* NULL is fine */

/* What came to light on the way, when it is over: one clause each, as that a glob has matched nothing. */
void th_walk_remarks(const struct th_walk *walk, void (*on_remark)(void *user, const char *text), void *user);

/* May th_walk_next() have to wait for more of this list? (It is a pipe, a terminal, ...) */
bool th_walk_list_may_wait(const char *list);

#endif
