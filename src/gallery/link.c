/* SPDX-License-Identifier: MIT */
#include "gallery/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/path.h"
#include "report/format.h"

/* The name of a folder without links, ended by a slash; what is missing at its end stays as it is
 * written. False with errno. */
static bool add_real_name(struct th_bytes *b, const char *path)
{
    size_t len, end = strlen(path);
    char *real = realpath(path, NULL);
    struct th_bytes there = {0};
    while (!real && errno == ENOENT) {
        th_bytes_clear(&there);
        th_bytes_add(&there, path, end);
        end = th_path_last_part(th_bytes_str(&there), &len);
        th_bytes_truncate(&there, end);
        if (len == 0) break;
        real = realpath(end ? th_bytes_str(&there) : ".", NULL);
    }
    th_bytes_finish(&there);
    if (!real) return false;
    th_bytes_adds(b, real);
    free(real);
    if (path[end] && b->data[b->len - 1] != '/') th_bytes_addc(b, '/');
    th_bytes_adds(b, path + end);
    if (b->len && b->data[b->len - 1] != '/') th_bytes_addc(b, '/');
    return true;
}

/* Both end in a slash: how much of them is the same, in whole parts. */
static size_t shared_len(const char *a, const char *b)
{
    size_t len = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '/') len = i + 1;
    return len;
}

enum thumbs_code th_link_add_way(struct th_bytes *b, const char *from, const char *to,
                                 struct thumbs_error *err)
{
    struct th_bytes here = {0}, there = {0};
    enum thumbs_code code = THUMBS_OK;
    if (!add_real_name(&here, from) || !add_real_name(&there, to))
        code = th_error_set(err, THUMBS_UNREADABLE, THUMBS_STAGE_NONE,
                            "its path relative to DEST cannot be found: %s", strerror(errno));
    if (code == THUMBS_OK && (th_bytes_failed(&here) || th_bytes_failed(&there)))
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for a name");
    if (code == THUMBS_OK) {
        const size_t shared = shared_len(here.data, there.data);
        for (const char *c = here.data + shared; *c; c++)
            if (*c == '/') th_bytes_adds(b, "../");
        th_report_add_url(b, there.data + shared);
    }
    th_bytes_finish(&here);
    th_bytes_finish(&there);
    return code;
}
