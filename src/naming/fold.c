/* SPDX-License-Identifier: MIT */
#include "naming/fold.h"

#include <stdlib.h>
#include <string.h>

#ifdef THUMBS_UTF8PROC
#include <utf8proc.h>

/* False: it is not UTF-8, or there is no memory. */
static bool add_folded(struct th_bytes *out, const char *path, unsigned how)
{
    utf8proc_uint8_t *folded = NULL;
    int options = UTF8PROC_STABLE;
    if (how & TH_FOLD_CASE) options |= UTF8PROC_CASEFOLD;
    if (how & TH_FOLD_FORM) options |= UTF8PROC_DECOMPOSE;
    const utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)path, (utf8proc_ssize_t)strlen(path), &folded,
                     (utf8proc_option_t)options);
    if (len >= 0) th_bytes_add(out, folded, (size_t)len);
    free(folded);
    return len >= 0;
}
#else
static bool add_folded(struct th_bytes *out, const char *path, unsigned how)
{
    (void)out, (void)path, (void)how;
    return false;
}
#endif

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void th_fold_path(struct th_bytes *out, const char *path, unsigned how)
{
    if (how != 0 && add_folded(out, path, how)) return;
    for (; *path; path++)
        th_bytes_addc(out, how & TH_FOLD_CASE ? lower(*path) : *path);
}
