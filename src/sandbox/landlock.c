/* SPDX-License-Identifier: MIT */
/*
 * Landlock by its system calls (the C library has no wrappers, and older headers know fewer rights
 * than the kernel may have). Definitions are those of include/uapi/linux/landlock.h of Linux 6.15.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sandbox_internal.h"

#ifndef SYS_landlock_create_ruleset /* the same numbers on all architectures */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

enum {
    CREATE_RULESET_VERSION = 1 << 0,
    RULE_PATH_BENEATH = 1,

    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_ABI_1 = (1 << 13) - 1, /* from execute to make_sym */
    FS_REFER = 1 << 13,       /* ABI 2 */
    FS_TRUNCATE = 1 << 14,    /* ABI 3 */
    FS_IOCTL_DEV = 1 << 15,   /* ABI 5 */
    NET_TCP = 3,              /* ABI 4: bind and connect */
    SCOPE = 3,                /* ABI 6: abstract sockets and signals, of and to those outside */

    NEWEST_ABI = 7, /* changes only what is logged */
};

struct ruleset {
    uint64_t handled_fs;
    uint64_t handled_net;
    uint64_t scoped;
};

struct path_beneath {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

/* What decoders open after they were loaded, as traced. Most of it is for text that is drawn.
 * What is not there is left out, symbolic links are followed; nothing here is private to anybody.
 */
static const char *const readable[] = {
    "/etc/fonts",
    "/usr/share/fontconfig",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/var/cache/fontconfig",
    "/var/lib/ghostscript/fonts",
    "/usr/share/ghostscript/fonts",
    /* character collections of fonts that a PDF document names and does not hold */
    "/usr/share/poppler",
    /* the types and loader modules of gdk-pixbuf, for pictures in SVG pictures */
    "/usr/share/mime",
    "/usr/lib/gdk-pixbuf-2.0",
    "/usr/lib64/gdk-pixbuf-2.0",
#ifdef TH_SANDBOX_MULTIARCH
    "/usr/lib/" TH_SANDBOX_MULTIARCH "/gdk-pixbuf-2.0",
    "/usr/lib/" TH_SANDBOX_MULTIARCH "/gconv",
#endif
    /* character sets of the C library, for XML that is not in Unicode */
    "/usr/lib/gconv",
    "/usr/lib64/gconv",
    /* how many CPUs there are, for decoders that start threads */
    "/sys/devices/system/cpu/online",
    "/sys/devices/system/cpu/possible",
    /* libtiff and others ask for the time of day */
    "/etc/localtime",
#if TH_SANDBOX_SANITIZED
    "/proc",
#endif
    NULL,
};

/* Fonts that a user has installed for herself, below her home or where the XDG variables point. */
static const struct {
    const char *variable, *otherwise, *below;
} of_user[] = {
    {"XDG_DATA_HOME", ".local/share", "fonts"},
    {"XDG_CONFIG_HOME", ".config", "fontconfig"},
    {"XDG_CACHE_HOME", ".cache", "fontconfig"},
    {NULL, ".", ".fonts"},
    {NULL, ".", ".fonts.conf"},
    {NULL, ".", ".fonts.conf.d"},
};

static void let_read(int ruleset, const char *path)
{
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) return;
    if (fstat(fd, &st) == 0) {
        struct path_beneath rule = {.allowed = FS_READ_FILE, .parent_fd = fd};
        if (S_ISDIR(st.st_mode)) rule.allowed |= FS_READ_DIR;
        /* A failure leaves the path closed, which is the safe side; fonts are then missing, as on a
         * bare system. */
        (void)syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    }
    close(fd);
}

static void let_read_users_fonts(int ruleset)
{
    const char *home = getenv("HOME");
    char path[1024];
    for (size_t i = 0; i < sizeof of_user / sizeof *of_user; i++) {
        const char *base = of_user[i].variable ? getenv(of_user[i].variable) : NULL;
        int n = 0;
        if (base && base[0] == '/')
            n = snprintf(path, sizeof path, "%s/%s", base, of_user[i].below);
        else if (home && home[0] == '/')
            n = snprintf(path, sizeof path, "%s/%s/%s", home, of_user[i].otherwise,
                         of_user[i].below);
        if (n > 0 && (size_t)n < sizeof path) let_read(ruleset, path);
    }
}

static struct ruleset rights_of(long abi, size_t *size)
{
    struct ruleset r = {.handled_fs = FS_ABI_1};
    *size = sizeof r.handled_fs;
    if (abi >= 2) r.handled_fs |= FS_REFER;
    if (abi >= 3) r.handled_fs |= FS_TRUNCATE;
    if (abi >= 4) {
        r.handled_net = NET_TCP;
        *size += sizeof r.handled_net;
    }
    if (abi >= 5) r.handled_fs |= FS_IOCTL_DEV;
    if (abi >= 6) {
        r.scoped = SCOPE;
        *size += sizeof r.scoped;
    }
    return r;
}

int th_landlock_create(const char *const *read_paths, uint32_t *abi)
{
    long newest = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    if (newest < 1) return newest < 0 ? -errno : -ENOSYS;
    if (newest > NEWEST_ABI) newest = NEWEST_ABI;

    size_t size;
    struct ruleset rights = rights_of(newest, &size);
    int fd =
        (int)syscall(SYS_landlock_create_ruleset, &rights, size, 0); /* close-on-exec by itself */
    if (fd < 0) return -errno;
    for (const char *const *path = readable; *path; path++)
        let_read(fd, *path);
    let_read_users_fonts(fd);
    for (const char *const *path = read_paths; path && *path; path++)
        let_read(fd, *path);
    *abi = (uint32_t)newest;
    return fd;
}

int th_landlock_enter(int ruleset)
{
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? 0 : errno;
}
