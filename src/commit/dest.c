/* SPDX-License-Identifier: MIT */
/*
 * DEST: its open folder, the sign-in of this run, and what other runs have left behind.
 *
 * A run is alive as long as it holds the lock on its marker DEST/.thumbs/run-<id>. The lock belongs to the open file
 * (F_OFD_SETLK), so the kernel drops it whatever kills the process, and it reaches other machines where the file
 * system does. Process ids would say nothing there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit/commit_internal.h"

#define MARKER_NAME_MAX 32 /* prefix, run id, NUL */
#define FOLDER          (O_RDONLY | O_DIRECTORY)
#define STEPPING_STONE  (O_PATH | O_DIRECTORY) /* a folder on the way: needs no right to list it */

/* ---- errors ---- */

static void add_bytes(struct th_bytes *text, uint64_t blocks, uint64_t block_size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    uint64_t n;
    size_t i = 0;
    if (__builtin_mul_overflow(blocks, block_size, &n)) n = UINT64_MAX;
    for (; n >= 10240 && i + 1 < sizeof units / sizeof *units; i++)
        n /= 1024;
    th_bytes_addf(text, "%llu %s", (unsigned long long)n, units[i]);
}

/* What is left where the disk, or what it has for files, or a quota is used up. Nothing if that cannot be told. */
static void add_free_space(struct th_bytes *text, int fd, int os_errno)
{
    struct statvfs fs;
    if (fstatvfs(fd, &fs) < 0) return;
    th_bytes_adds(text, " (");
    if (os_errno == EDQUOT)
        th_bytes_adds(text, "the quota is used up; on the disk: ");
    else if (fs.f_files > 0 && fs.f_favail == 0)
        th_bytes_addf(text, "no inodes free of %llu; ", (unsigned long long)fs.f_files);
    add_bytes(text, fs.f_bavail, fs.f_frsize);
    th_bytes_adds(text, " free of ");
    add_bytes(text, fs.f_blocks, fs.f_frsize);
    th_bytes_adds(text, ")");
}

/* fd: anything on the file system that was to be written. */
static enum thumbs_code write_error(struct thumbs_error *err, int fd, int os_errno, const char *what)
{
    struct th_bytes text = {0};
    th_bytes_adds(&text, what);
    if (os_errno == ENOSPC || os_errno == EDQUOT) add_free_space(&text, fd, os_errno);
    enum thumbs_code code = th_error_os(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, os_errno, "%s",
                                        th_bytes_failed(&text) ? what : th_bytes_str(&text));
    th_bytes_finish(&text);
    return code;
}

/* ---- opening folders part by part ---- */

/* One part. Makes it if missing and wanted; *made says so. */
static int open_part(int at, const char *name, int flags, bool make, bool *made)
{
    *made = false;
    int fd = th_openat(at, name, flags, 0);
    if (fd < 0 && errno == ENOENT && make) {
        if (th_mkdirat(at, name, 0777) == 0)
            *made = true;
        else if (errno != EEXIST) /* another run was faster */
            return -1;
        fd = th_openat(at, name, flags, 0);
    }
    /* A folder that may be written but not listed is of use all the same: just not to sweep it. */
    if (fd < 0 && errno == EACCES && !(flags & O_PATH)) fd = th_openat(at, name, flags | O_PATH, 0);
    return fd;
}

static void folder_error(struct thumbs_error *err, int at, const char *name, int os_errno)
{
    if (!err) return;
    struct stat st;
    bool is_wrong_kind = os_errno == ENOTDIR || os_errno == ELOOP;
    if (is_wrong_kind && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        const char *what = S_ISLNK(st.st_mode) ? "is a symbolic link" : "is not a folder";
        th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, "'%.120s' %s", name, what);
        err->os_errno = os_errno;
    } else {
        char what[128];
        snprintf(what, sizeof what, "cannot make or open the folder '%.80s'", name);
        write_error(err, at, os_errno, what);
    }
}

struct way {
    int base; /* where the path begins; borrowed */
    bool make, follow;
    bool *made; /* of the last part */
};

/* The folder at the end of `path`, which has at least one part. */
static int open_way(const struct way *way, const char *path, size_t len, struct thumbs_error *err)
{
    int at = way->base, nofollow = way->follow ? 0 : O_NOFOLLOW;
    for (;;) {
        const char *slash = memchr(path, '/', len);
        size_t part_len = slash ? (size_t)(slash - path) : len;
        char name[NAME_MAX + 1] = "";
        int fd = -1;
        bool is_last = !slash;
        memcpy(name, path, part_len < sizeof name ? part_len : sizeof name - 1);
        /* ".." could lead out of DEST, which no name of ours ever holds. */
        if (!way->follow && (part_len == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
            errno = EINVAL;
        else if (part_len > NAME_MAX)
            errno = ENAMETOOLONG;
        else
            fd = open_part(at, part_len ? name : ".", (is_last ? FOLDER : STEPPING_STONE) | nofollow, way->make,
                           way->made);
        int os_errno = errno;
        if (fd < 0) folder_error(err, at, name, os_errno);
        if (at != way->base) th_close(at);
        errno = os_errno;
        if (fd < 0 || is_last) return fd;
        at = fd;
        path += part_len + 1;
        len -= part_len + 1;
    }
}

int th_dest_open_folder(const struct th_dest *dest, const char *path, size_t len, bool make, bool *made,
                        struct thumbs_error *err)
{
    bool ignored;
    struct way way = {.base = dest->fd, .make = make, .made = made ? made : &ignored};
    *way.made = false;
    if (dest->fd < 0) {
        errno = ENOENT;
        folder_error(err, dest->fd, "", errno);
        return -1;
    }
    if (len > 0) return open_way(&way, path, len, err);
    int fd = open_part(dest->fd, ".", FOLDER, false, way.made);
    int os_errno = errno;
    if (fd < 0) folder_error(err, dest->fd, ".", os_errno);
    errno = os_errno;
    return fd;
}

/* DEST itself: it is the user's choice what it is, so its path may lead through symbolic links. Without `make` *out may
 * become -1. err is not NULL. */
static enum thumbs_code open_root(const char *path, bool make, int *out, struct thumbs_error *err)
{
    bool made, is_absolute = *path == '/';
    int fd = open_part(AT_FDCWD, path, FOLDER, false, &made), os_errno = errno;
    if (fd < 0 && os_errno == ENOTDIR) {
        th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, "'%.120s' is not a folder", path);
        err->os_errno = os_errno;
        return err->code;
    }
    th_error_os(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, os_errno, "cannot open the folder '%.80s'", path);
    if (fd < 0 && *path && (os_errno == ENAMETOOLONG || (os_errno == ENOENT && make))) {
        int base = is_absolute ? th_openat(AT_FDCWD, "/", STEPPING_STONE, 0) : AT_FDCWD;
        struct way way = {.base = base, .make = make, .follow = true, .made = &made};
        fd = open_way(&way, path + is_absolute, strlen(path) - is_absolute, err);
        os_errno = errno;
        if (base >= 0) th_close(base);
    }
    if (fd < 0 && (make || os_errno != ENOENT)) return err->code;
    *err = (struct thumbs_error){0};
    *out = fd;
    return THUMBS_OK;
}

/* ---- markers of runs ---- */

static bool take_lock(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static void marker_name(char name[MARKER_NAME_MAX], const char *run_id)
{
    snprintf(name, MARKER_NAME_MAX, TH_MARKER_PREFIX "%.*s", TH_RUN_ID_LEN, run_id);
}

/* Is somebody holding this marker? Where that cannot be told, yes: a live run must not be robbed. A marker nobody holds
 * is removed if wished, while we hold it: its owner may have made it this very moment, see make_marker(). */
static bool is_held(int state_fd, const char *marker, bool remove)
{
    int fd = th_openat(state_fd, marker, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0) return errno != ENOENT;
    bool held = !take_lock(fd);
    if (!held && remove) unlinkat(state_fd, marker, 0);
    th_close(fd);
    return held;
}

static bool names_file(int at, const char *name, int fd)
{
    struct stat by_name, by_fd;
    return fstatat(at, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &by_fd) == 0 &&
           by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

/* Make and lock the marker of this run: a file descriptor, or -1 and errno. Between the two steps another run that
 * clears away dead markers may look at ours; so wait for its lock to go, and begin again if the file went too. Where
 * locks do not work the marker stands unlocked, and is_held() takes it for held. */
static int make_marker(const struct th_dest *dest, int state_fd)
{
    char name[MARKER_NAME_MAX];
    marker_name(name, dest->run_id);
    for (int tries = 0; tries < 100; tries++) {
        int fd = th_openat(state_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW, 0666);
        if (fd < 0) return -1;
        bool locked = take_lock(fd);
        bool busy = !locked && (errno == EAGAIN || errno == EACCES);
        if (!busy && (!locked || names_file(state_fd, name, fd))) return fd;
        th_close(fd);
        if (busy) nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    errno = EAGAIN;
    return -1;
}

static DIR *open_list(int folder_fd)
{
    int fd = th_openat(folder_fd, ".", FOLDER, 0);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list && fd >= 0) th_close(fd);
    return list;
}

static bool is_run_id(const char *text)
{
    return strspn(text, "0123456789abcdef") >= TH_RUN_ID_LEN;
}

/* Look at the markers of all other runs; remove those of dead ones if wished. True if one is alive. */
static bool look_at_markers(const struct th_dest *dest, int state_fd, bool remove)
{
    DIR *list = open_list(state_fd);
    if (!list) return true;
    bool alive = false;
    const size_t prefix_len = strlen(TH_MARKER_PREFIX);
    for (struct dirent *entry; (entry = readdir(list));) {
        const char *id = entry->d_name + prefix_len;
        if (strncmp(entry->d_name, TH_MARKER_PREFIX, prefix_len) != 0 || !is_run_id(id) || id[TH_RUN_ID_LEN]) continue;
        if (memcmp(id, dest->run_id, TH_RUN_ID_LEN) != 0) alive |= is_held(state_fd, entry->d_name, remove);
    }
    closedir(list);
    return alive;
}

static int open_state(const struct th_dest *dest, bool make, bool *made)
{
    bool ignored;
    return open_part(dest->fd, TH_STATE_DIR, FOLDER | O_NOFOLLOW, make, made ? made : &ignored);
}

bool th_dest_has_other_runs(struct th_dest *dest)
{
    int state = open_state(dest, false, NULL);
    if (state < 0) return true;
    bool alive = look_at_markers(dest, state, false);
    th_close(state);
    return alive;
}

int th_dest_open_made(struct th_dest *dest, bool make)
{
    bool is_new = false, ignored;
    int state = open_state(dest, make, &is_new);
    if (state < 0) return -1;
    if (is_new) {
        pthread_mutex_lock(&dest->lock);
        int marker = make_marker(dest, state);
        if (marker >= 0) {
            if (dest->marker_fd >= 0) th_close(dest->marker_fd);
            dest->marker_fd = marker;
        }
        pthread_mutex_unlock(&dest->lock);
    }
    int made = open_part(state, TH_MADE_DIR, FOLDER | O_NOFOLLOW, make, &ignored);
    int os_errno = errno;
    th_close(state);
    errno = os_errno;
    return made;
}

/* ---- stale temporaries ---- */

/* Called with the lock held. */
static void remember_live(struct th_dest *dest, const char *id)
{
    if (dest->n_live == dest->cap_live) {
        size_t cap = dest->cap_live ? dest->cap_live * 2 : 16;
        void *live = th_realloc(dest->live, cap * sizeof *dest->live);
        if (!live) return; /* it is looked at again next time */
        dest->live = live;
        dest->cap_live = cap;
    }
    memcpy(dest->live[dest->n_live++], id, TH_RUN_ID_LEN);
}

/* Every run signs in before its first temporary, so an id that was never seen is looked up then and there. Only live
 * ones are remembered: files of dead ones are gone after the first look. */
static bool is_live_run(struct th_dest *dest, const char *id)
{
    if (memcmp(id, dest->run_id, TH_RUN_ID_LEN) == 0) return true;
    bool alive = false;
    pthread_mutex_lock(&dest->lock);
    for (size_t i = 0; i < dest->n_live && !alive; i++)
        alive = memcmp(dest->live[i], id, TH_RUN_ID_LEN) == 0;
    if (!alive) {
        char name[MARKER_NAME_MAX];
        marker_name(name, id);
        int state = open_state(dest, false, NULL);
        alive = state >= 0 ? is_held(state, name, false) : errno != ENOENT;
        if (state >= 0) th_close(state);
        if (alive) remember_live(dest, id);
    }
    pthread_mutex_unlock(&dest->lock);
    return alive;
}

static bool is_regular(int at, const struct dirent *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN) return entry->d_type == DT_REG;
    return fstatat(at, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* Just the names that temporaries have; a user may well call a file ".thumbs-notes". */
static bool is_temporary_id(const char *id)
{
    if (!is_run_id(id) || id[TH_RUN_ID_LEN] != '-') return false;
    const char *number = id + TH_RUN_ID_LEN + 1;
    return *number && number[strspn(number, "0123456789")] == '\0';
}

static void sweep_folder(struct th_dest *dest, int folder_fd)
{
    DIR *list = open_list(folder_fd);
    if (!list) return;
    const size_t prefix_len = strlen(TH_TEMP_PREFIX);
    for (struct dirent *entry; (entry = readdir(list));) {
        if (strncmp(entry->d_name, TH_TEMP_PREFIX, prefix_len) != 0) continue;
        const char *id = entry->d_name + prefix_len;
        if (!is_temporary_id(id) || !is_regular(folder_fd, entry) || is_live_run(dest, id)) continue;
        unlinkat(folder_fd, entry->d_name, 0);
    }
    closedir(list);
}

void th_dest_sweep(struct th_dest *dest, int folder_fd, const char *path, size_t len)
{
    if (dest->dry_run) return;
    uint64_t hash = th_hash64(path, len, dest->hash_seed) | 1;
    _Atomic uint64_t *slot = &dest->swept[(hash >> 1) % TH_SWEPT_SLOTS];
    if (atomic_exchange_explicit(slot, hash, memory_order_relaxed) != hash) sweep_folder(dest, folder_fd);
}

/* ---- creating ---- */

static void make_run_id(struct th_dest *dest)
{
    uint64_t random[2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        /* Only has to differ from that of other runs. */
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        uint64_t seed[4] = {(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec, (uint64_t)getpid(), (uint64_t)(uintptr_t)dest};
        random[0] = th_hash64(seed, sizeof seed, 0);
        random[1] = th_hash64(seed, sizeof seed, 1);
    }
    snprintf(dest->run_id, sizeof dest->run_id, "%016llx", (unsigned long long)random[0]);
    dest->hash_seed = random[1];
}

static void look_at_file_system(struct th_dest *dest)
{
    static const uint32_t networks[] = {
        NFS_SUPER_MAGIC,         SMB_SUPER_MAGIC,       0xff534d42 /* CIFS */,
        0xfe534d42 /* SMB2 */,   CEPH_SUPER_MAGIC,      V9FS_MAGIC,
        AFS_SUPER_MAGIC,         OCFS2_SUPER_MAGIC,     FUSE_SUPER_MAGIC,
        0x0bd00bd3 /* Lustre */, 0x47504653 /* GPFS */,
    };
    struct statfs fs;
    if (fstatfs(dest->fd, &fs) < 0) return;
    uint32_t type = (uint32_t)fs.f_type;
    dest->two_second_times = type == MSDOS_SUPER_MAGIC;
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        dest->remote |= type == networks[i];
}

/* Making the marker is the real test of whether DEST can be written: rights, read-only mounts and full disks all
 * show. */
static enum thumbs_code sign_in(struct th_dest *dest, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    int made = -1, state = open_state(dest, true, NULL), os_errno = errno;
    if (state < 0 && (os_errno == ENOTDIR || os_errno == ELOOP)) {
        folder_error(err, dest->fd, TH_STATE_DIR, os_errno);
        return THUMBS_NOT_WRITABLE;
    }
    if (state >= 0) {
        dest->marker_fd = make_marker(dest, state);
        os_errno = errno;
    }
    if (dest->marker_fd < 0) {
        code = th_dest_write_error(dest, err, os_errno, "the output folder cannot be written");
        goto out;
    }
    look_at_markers(dest, state, true);
    made = th_openat(state, TH_MADE_DIR, FOLDER | O_NOFOLLOW, 0);
    if (made >= 0) sweep_folder(dest, made);
    th_dest_sweep(dest, dest->fd, "", 0);
out:
    if (made >= 0) th_close(made);
    if (state >= 0) th_close(state);
    return code;
}

/* ---- the layout of trees ---- */

static const char *const layout_words[] = {[TH_LAYOUT_ONE] = "one\n", [TH_LAYOUT_SEVERAL] = "several\n"};

static enum th_layout read_layout(int state)
{
    char text[16] = "";
    int fd = th_openat(state, TH_LAYOUT_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0) return TH_LAYOUT_ANY;
    ssize_t n = th_read_full(fd, text, sizeof text - 1);
    th_close(fd);
    if (n < 0) return TH_LAYOUT_ANY;
    return strcmp(text, layout_words[TH_LAYOUT_ONE]) == 0       ? TH_LAYOUT_ONE
           : strcmp(text, layout_words[TH_LAYOUT_SEVERAL]) == 0 ? TH_LAYOUT_SEVERAL
                                                                : TH_LAYOUT_ANY;
}

static void write_layout(int state, enum th_layout layout)
{
    int fd = th_openat(state, TH_LAYOUT_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0) return;
    (void)th_write_full(fd, layout_words[layout], strlen(layout_words[layout]));
    th_close(fd);
}

/* Best effort: it is for a note to the user. */
static void look_at_layout(struct th_dest *dest, enum th_layout layout)
{
    int state = layout == TH_LAYOUT_ANY || dest->fd < 0 ? -1 : open_state(dest, false, NULL);
    if (state < 0) return;
    enum th_layout last = read_layout(state);
    if (last != layout && last != TH_LAYOUT_ANY) dest->other_layout = last;
    if (last != layout && !dest->dry_run) write_layout(state, layout);
    th_close(state);
}

enum th_layout th_dest_other_layout(const struct th_dest *dest)
{
    return dest->other_layout;
}

enum thumbs_code th_dest_create(const struct th_dest_options *options, struct th_dest **out, struct thumbs_error *err)
{
    /* Errors are built here even if the caller does not want them: the code is among them. */
    struct thumbs_error ignored = {0};
    if (!err) err = &ignored;
    struct th_dest *dest = th_calloc(1, sizeof *dest);
    if (!dest) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WRITE, "no memory for the output folder");
    dest->fd = dest->marker_fd = -1;
    dest->dry_run = options->dry_run;
    dest->overwrite = options->overwrite;
    dest->fingerprint = options->fingerprint;
    pthread_mutex_init(&dest->lock, NULL);
    pthread_mutex_init(&dest->places_lock, NULL);
    make_run_id(dest);
    enum thumbs_code code = open_root(options->path, !options->dry_run, &dest->fd, err);
    if (code) goto out;
    if (dest->fd >= 0) {
        struct stat st;
        if (fstat(dest->fd, &st) < 0) {
            code = th_error_os(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, errno, "cannot look at the output folder");
            goto out;
        }
        dest->dev = st.st_dev;
        dest->ino = st.st_ino;
        look_at_file_system(dest);
    }
    if (!dest->dry_run) code = sign_in(dest, err);
    if (code) goto out;
    look_at_layout(dest, options->layout);
    *out = dest;
    return THUMBS_OK;
out:
    th_dest_destroy(dest);
    return code;
}

void th_dest_destroy(struct th_dest *dest)
{
    if (!dest) return;
    if (dest->marker_fd >= 0) {
        char name[MARKER_NAME_MAX];
        marker_name(name, dest->run_id);
        int state = open_state(dest, false, NULL);
        if (state >= 0) {
            unlinkat(state, name, 0);
            th_close(state);
        }
        th_close(dest->marker_fd);
    }
    if (dest->fd >= 0) th_close(dest->fd);
    pthread_mutex_destroy(&dest->lock);
    pthread_mutex_destroy(&dest->places_lock);
    free(dest->live);
    free(dest);
}

bool th_dest_identity(const struct th_dest *dest, uint64_t *dev, uint64_t *ino)
{
    if (dest->fd < 0) return false;
    *dev = dest->dev;
    *ino = dest->ino;
    return true;
}

/* ---- writing ---- */

void th_dest_temp_name(struct th_dest *dest, char name[TH_TEMP_NAME_MAX])
{
    unsigned long long n = atomic_fetch_add_explicit(&dest->n_temps, 1, memory_order_relaxed);
    snprintf(name, TH_TEMP_NAME_MAX, TH_TEMP_PREFIX "%s-%llu", dest->run_id, n);
}

enum thumbs_code th_dest_write_error(const struct th_dest *dest, struct thumbs_error *err, int os_errno,
                                     const char *what)
{
    return write_error(err, dest->fd, os_errno, what);
}

/* ---- the end of DEST ---- */

static bool is_gone(const struct th_dest *dest)
{
    struct stat st;
    return fstat(dest->fd, &st) == 0 && st.st_nlink == 0;
}

/* Errors of a device or of the way to it. Others (a folder closed to us, a name too long) are of one output. */
static bool may_strike_all(int os_errno)
{
    static const int such[] = {EIO,       ENXIO,       ENODEV,       EROFS,     ESTALE,    ENOTCONN, ECONNRESET,
                               EHOSTDOWN, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, EREMOTEIO, ENOLINK};
    bool is = false;
    for (size_t i = 0; i < sizeof such / sizeof *such; i++)
        is |= such[i] == os_errno;
    return is;
}

/* Can a file still be made, filled and given a name in DEST? Tried with what would be removed as a temporary should we
 * be killed meanwhile. */
static bool can_be_written(struct th_dest *dest)
{
    char name[TH_TEMP_NAME_MAX], other[TH_TEMP_NAME_MAX];
    th_dest_temp_name(dest, name);
    th_dest_temp_name(dest, other);
    int fd = th_openat(dest->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    if (fd < 0) return false;
    bool done = !th_fault(TH_FAULT_DEST) && th_write_full(fd, "?", 1) == 0;
    done &= th_close(fd) == 0;
    done = done && th_renameat(dest->fd, name, dest->fd, other) == 0;
    unlinkat(dest->fd, done ? other : name, 0);
    return done;
}

bool th_dest_is_lost(struct th_dest *dest, int os_errno)
{
    if (dest->fd < 0) return false;
    return is_gone(dest) || (may_strike_all(os_errno) && !can_be_written(dest));
}
