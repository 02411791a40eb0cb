/* SPDX-License-Identifier: MIT */
#include "base/remove_tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int th_remove_tree(const char *path)
{
    enum { MOST_OPEN = 16 };
    if (nftw(path, remove_entry, MOST_OPEN, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0) return 0;
    return errno == ENOENT ? 0 : -1;
}
