/* SPDX-License-Identifier: MIT */
/*
 * load_internal.h - what the two ways to read a file (load.c: one call after the other; uring.c:
 * requests to the kernel) have in common, so that both say the same of the same file. For
 * src/load/ only. All functions are thread-safe.
 */
#ifndef TH_LOAD_LOAD_INTERNAL_H
#define TH_LOAD_LOAD_INTERNAL_H

#include <sys/stat.h>

#include "load/loader.h"

/* What a read of a file in flux looks like, beside enum thumbs_code; never leaves this room.
 * ODD_LENGTH: nobody changed it, yet it does not hold as many bytes as its state says. So it is
 * with the files that a kernel makes up (/proc), and for a moment with one that is truncated and
 * filled again. */
enum { TH_LOAD_CHANGED = THUMBS_N_CODES, TH_LOAD_ODD_LENGTH };

/* Flags to open a source with, without O_CLOEXEC. */
int th_load_open_flags(const struct th_loader *loader);

/* The same file, of the same size and time of change of its content? */
bool th_load_same_state(const struct stat *a, const struct stat *b);

/* What an opened file's state and first bytes say, before more of it is read: OK, or why it is not
 * loaded. */
enum thumbs_code th_load_check_kind(const struct stat *st, struct thumbs_error *err);
enum thumbs_code th_load_check_size(const struct th_loader *loader, const struct stat *st,
                                    struct thumbs_error *err);
enum thumbs_code th_load_check_first(const struct th_loader *loader, const char *name,
                                     const uint8_t *first, size_t n_first,
                                     struct thumbs_error *err);

/* System calls that failed, in words; each returns the code. */
enum thumbs_code th_load_cannot_open(struct thumbs_error *err, int os_errno);
enum thumbs_code th_load_cannot_stat(struct thumbs_error *err, int os_errno);
enum thumbs_code th_load_cannot_read(struct thumbs_error *err, int os_errno);
/* Is that one of the two above? Then the file is read once more. */
bool th_load_is_in_flux(int code);
/* The second read came to such a code as well: what it has failed for. */
enum thumbs_code th_load_give_up(int code, struct thumbs_error *err);

#endif
