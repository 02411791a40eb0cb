/* SPDX-License-Identifier: MIT */
/*
 * outfile_rules.h - what the name of an outfile stands for, and whether it may be written over;
 * inside report only, below outfile.h. Thread-safe, since it changes nothing on disk.
 */
#ifndef TH_REPORT_OUTFILE_RULES_H
#define TH_REPORT_OUTFILE_RULES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "thumbs/thumbs.h"

/* What must not be written over. All borrowed, and the strings must outlive the files. */
struct th_outfile_guard {
    const char *const *sources;
    size_t n_sources;
    const char *list; /* as thumbs_options.files_from */
    const char *dest; /* may lie in a source and is no part of it; NULL: none */
    bool overwrite;   /* a file that thumbs did not write may be replaced */
};

enum th_outfile_kind {
    TH_OUTFILE_NONE = 0,
    TH_OUTFILE_DESCRIPTOR,
    TH_OUTFILE_STREAM,
    TH_OUTFILE_REGULAR
};

struct th_outfile {
    const char *name; /* as given, borrowed */
    const char *what; /* "report": for messages, borrowed */
    bool (*is_ours)(const char *head, size_t len);
    const struct th_outfile_guard *guard;

    enum th_outfile_kind kind;
    int number; /* DESCRIPTOR: which of ours it is, like 1 for "-" */
    int fd;     /* what to write to once it is open, else -1; closed by commit and finish */
    /* of regular files */
    int folder_fd; /* where it will stand; -1: not there yet */
    char last[NAME_MAX + 1], part[NAME_MAX + 1];
    bool has_part;
    bool exists; /* there is something to be replaced, of this mode, device and inode */
    mode_t mode;
    dev_t dev;
    ino_t ino;
};

/* Is what is open for reading empty, or the beginning of such a file that thumbs wrote? */
bool th_outfile_is_leftover(const struct th_outfile *file, int fd);

/* The descriptor that a name stands for: 1 for "-" and /dev/stdout, N for /dev/fd/N; -1 for other
 * names. */
int th_outfile_descriptor(const char *name);
/* NOT_WRITABLE, and why the system said no. */
enum thumbs_code th_outfile_cannot(struct thumbs_error *err, int os_errno);
/* Does what is written there reach a source or the list? st: what would be written to. USAGE. */
enum thumbs_code th_outfile_check_target(const struct th_outfile_guard *guard,
                                         const struct stat *st, struct thumbs_error *err);
/* Find out what the name stands for: sets kind, last, folder_fd, exists and what goes with it. A
 * folder that is missing is fine if may_miss; folder_fd is then -1. USAGE, NOT_WRITABLE. */
enum thumbs_code th_outfile_look(struct th_outfile *file, bool may_miss, struct thumbs_error *err);

#endif
