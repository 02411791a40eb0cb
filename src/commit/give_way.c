/* SPDX-License-Identifier: MIT */
#include "commit/give_way.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "commit/dest_internal.h"
#include "commit/history.h"
#include "commit/output_folder.h"

/* Is the output `path` on record for a source in the folder of its own path? With a template that
 * puts it elsewhere it is not found, and stays. */
static bool is_on_record(struct th_dest *dest, const char *path, size_t parent_len,
                         const struct stat *st)
{
    struct th_bytes parent = {0};
    th_bytes_add(&parent, path, parent_len);
    struct th_output_folder *folder =
        th_bytes_failed(&parent) ? NULL : th_output_folder_create(dest, th_bytes_str(&parent));
    bool is = folder && th_history_made(folder, path, st);
    th_output_folder_destroy(folder);
    th_bytes_finish(&parent);
    return is;
}

/* `path` ends where a part does that may be no folder. True: it was none, and is gone. */
static bool remove_output(struct th_dest *dest, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const size_t parent_len = slash ? (size_t)(slash - path) : 0;
    struct stat st;
    int fd = th_dest_open_folder(dest, path, parent_len, false, NULL, NULL);
    if (fd < 0) return false;
    bool gone = fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
                is_on_record(dest, path, parent_len, &st) &&
                (unlinkat(fd, name, 0) == 0 || errno == ENOENT);
    th_close(fd);
    return gone;
}

void th_give_way(struct th_dest *dest, const char *path, size_t len)
{
    struct th_bytes part = {0};
    bool gone = false;
    for (size_t end = 1; end <= len && !gone; end++) {
        if (end < len && path[end] != '/') continue;
        th_bytes_clear(&part);
        th_bytes_add(&part, path, end);
        gone = !th_bytes_failed(&part) && remove_output(dest, part.data);
    }
    th_bytes_finish(&part);
}
