/* SPDX-License-Identifier: MIT */
/* error.h - filling in struct thumbs_error. Knows no other room. Thread-safe. */
#ifndef TH_BASE_ERROR_H
#define TH_BASE_ERROR_H

#include "thumbs/thumbs.h"

/* Fill *err (if not NULL) and return `code`. The message is one clause, cut to fit, control
 * characters replaced. */
enum thumbs_code th_error_set(struct thumbs_error *err, enum thumbs_code code,
                              enum thumbs_stage stage, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a failed system call: the text of os_errno is added to the message, os_errno is
 * recorded. `code` is what to say unless os_errno knows better: ENOENT/ESTALE for a source ->
 * VANISHED (only if code is UNREADABLE), ENOSPC/EDQUOT -> NO_SPACE, ENOMEM -> MEMORY. */
enum thumbs_code th_error_os(struct thumbs_error *err, enum thumbs_code code,
                             enum thumbs_stage stage, int os_errno, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* How several things went, each of which is to be tried: the first failure counts. */
static inline enum thumbs_code th_error_first(enum thumbs_code first, enum thumbs_code then)
{
    return first != THUMBS_OK ? first : then;
}

#endif
