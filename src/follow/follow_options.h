/* SPDX-License-Identifier: MIT */
/* follow_options.h - what is watched. */
#ifndef TH_FOLLOW_FOLLOW_OPTIONS_H
#define TH_FOLLOW_FOLLOW_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Borrowed until th_follow_destroy(). */
struct th_follow_options {
    const char *const *sources;
    size_t n_sources;
    const char *dest;                     /* not watched, where it lies in a SOURCE */
    bool hidden, follow, one_file_system; /* as in thumbs_options */
};

#endif
