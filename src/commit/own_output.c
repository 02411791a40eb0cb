/* SPDX-License-Identifier: MIT */
#include "commit/own_output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "commit/maker_mark.h"
#include "naming/safe_path.h"

/* *st: of the file that was looked at, since another may bear the name by now: of an output that
 * several sources share, another thread may have put the new one there. One that has gone is nobody
 * else's. */
static bool bears_mark(int folder_fd, const char *name, struct stat *st)
{
    int fd = th_openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0) return errno == ENOENT;
    bool is = fstat(fd, st) == 0 && S_ISREG(st->st_mode) &&
              (st->st_size == 0 || th_mark_is_in(fd, (uint64_t)st->st_size));
    th_close(fd);
    return is;
}

bool th_own_output_is(const struct th_output_folder *folder, const char *path, int fd,
                      const char *name, const struct stat *st, const struct th_source_id *id)
{
    if (!S_ISREG(st->st_mode)) return false;
    if (st->st_size == 0 || th_history_made(folder, path, st)) return true;
    struct stat now = *st;
    return bears_mark(fd, name, &now) && !th_history_edited(folder, path, &now, id);
}

bool th_own_output_may_be_called(const char *path)
{
    const size_t state_len = strlen(TH_STATE_DIR);
    if (strncmp(path, TH_STATE_DIR, state_len) == 0 && (path[state_len] == '/' || !path[state_len]))
        return false;
    for (;; path++) {
        size_t len = strcspn(path, "/");
        if (len == 0 || (len == 1 && path[0] == '.') ||
            (len == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        path += len;
        if (!*path) return true;
    }
}
