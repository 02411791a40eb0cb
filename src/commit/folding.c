/* SPDX-License-Identifier: MIT */
#include "commit/folding.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "naming/fold.h"
#include "naming/safe_path.h"

static bool is_one(int at, const char *a, const char *b)
{
    struct stat x, y;
    return fstatat(at, a, &x, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(at, b, &y, AT_SYMLINK_NOFOLLOW) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* The same letter as one character, and as a letter with an accent behind it. The name is that of a
 * temporary of this run, so that it is swept should the run die here. */
static bool folds_form(int state_fd, const char *run_id)
{
    char one[64], two[64];
    if (state_fd < 0) return false;
    snprintf(one, sizeof one, TH_TEMP_PREFIX "%s-\xc3\xa9", run_id);
    snprintf(two, sizeof two, TH_TEMP_PREFIX "%s-e\xcc\x81", run_id);
    int fd = openat(state_fd, one, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) return false;
    close(fd);
    bool is = is_one(state_fd, one, two);
    unlinkat(state_fd, one, 0);
    return is;
}

unsigned th_folding_probe(int dest_fd, const char *run_id, bool make)
{
    unsigned how = 0;
    if (th_fault(TH_FAULT_FOLDS)) return TH_FOLD_CASE | TH_FOLD_FORM;
    if (is_one(dest_fd, TH_STATE_DIR, ".THUMBS")) how |= TH_FOLD_CASE;
    if (!make) return how;
    int state_fd = openat(dest_fd, TH_STATE_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folds_form(state_fd, run_id)) how |= TH_FOLD_FORM;
    if (state_fd >= 0) close(state_fd);
    return how;
}
