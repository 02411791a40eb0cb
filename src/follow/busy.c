/* SPDX-License-Identifier: MIT */
#include "follow/busy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "base/sys.h"

#define XFS_MAGIC 0x58465342
#define RECENT_S  600

/* Elsewhere a lease may be refused for other reasons: NFS has none without a delegation. */
static bool has_leases(int fd)
{
    static const uint32_t kinds[] = {EXT4_SUPER_MAGIC, XFS_MAGIC,        BTRFS_SUPER_MAGIC,
                                     TMPFS_MAGIC,      F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC};
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0) return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if ((uint32_t)fs.f_type == kinds[i]) return true;
    }
    return false;
}

/* A lease for reading is refused while anybody may write. Who comes to write just now waits until
 * it is given back, and the kernel tells us by a signal: one that is ignored if nobody handles
 * it. */
static bool is_open_for_writing(int fd)
{
    if (fcntl(fd, F_SETSIG, SIGURG) < 0) return false;
    if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0) return errno == EAGAIN && has_leases(fd);
    fcntl(fd, F_SETLEASE, F_UNLCK);
    return false;
}

bool th_busy_is(int dirfd, const char *name)
{
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
        time(NULL) - st.st_mtim.tv_sec > RECENT_S)
        return false;
    int fd = th_openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0) return false;
    const bool is = is_open_for_writing(fd);
    th_close(fd);
    return is;
}
