/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"

static bool complain(const struct th_outfile *file, const char *why)
{
    fprintf(stderr, "%s: %s\n", file->name, why);
    return false;
}

bool figures_plan(struct th_outfile *file, const char *name, const char *what,
                  bool (*is_ours)(const char *head, size_t len),
                  const struct th_outfile_guard *guard)
{
    struct thumbs_error err = {0};
    *file = (struct th_outfile){.fd = -1, .folder_fd = -1};
    if (!name) return true;
    return th_outfile_plan(file, name, what, is_ours, guard, &err) == THUMBS_OK ||
           complain(file, err.message);
}

bool figures_write(struct th_outfile *file, const struct th_bytes *text)
{
    struct thumbs_error err = {0};
    if (!file->name) return true;
    if (th_bytes_failed(text)) return complain(file, "no memory");
    if (th_outfile_open(file, &err) != THUMBS_OK) return complain(file, err.message);
    if (th_write_full(file->fd, text->data, text->len) != 0) return complain(file, strerror(errno));
    const char *name = file->name; /* a commit finishes the file */
    if (th_outfile_commit(file, &err) == THUMBS_OK) return true;
    fprintf(stderr, "%s: %s\n", name, err.message);
    return false;
}
