/* SPDX-License-Identifier: MIT */
#include "commit/folding.h"

#include <fcntl.h>
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

/* The same letter as one character, and as a letter with an accent behind it. The file stays, so
 * that the next run need not make it, and a dry run can look at it. */
static bool folds_form(int dest_fd, bool make)
{
    static const char one[] = TH_STATE_DIR "/names-\xc3\xa9",
                      two[] = TH_STATE_DIR "/names-e\xcc\x81";
    struct stat st;
    if (make && fstatat(dest_fd, one, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        int fd = openat(dest_fd, one, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd >= 0) close(fd);
    }
    return is_one(dest_fd, one, two);
}

unsigned th_folding_probe(int dest_fd, bool make)
{
    unsigned how = 0;
    if (th_fault(TH_FAULT_FOLDS)) return TH_FOLD_CASE | TH_FOLD_FORM;
    if (is_one(dest_fd, TH_STATE_DIR, ".THUMBS")) how |= TH_FOLD_CASE;
    if (folds_form(dest_fd, make)) how |= TH_FOLD_FORM;
    return how;
}
