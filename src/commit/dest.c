/* SPDX-License-Identifier: MIT */
#include "commit/dest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit/dest_internal.h"
#include "commit/folding.h"
#include "commit/open_folder.h"
#include "naming/safe_path.h"

#define MADE_DIR "made" /* in DEST/.thumbs: the manifests */

/* ---- folders below it ---- */

int th_dest_open_folder(struct th_dest *dest, const char *path, size_t len, bool make, bool *made,
                        struct thumbs_error *err)
{
    bool ignored;
    return th_open_below(dest->fd, path, len, make, made ? made : &ignored, err);
}

int th_dest_open_made(struct th_dest *dest, bool make)
{
    bool is_new = false, ignored;
    int state = th_open_state(dest->fd, make, &is_new);
    if (state < 0) return -1;
    if (is_new) th_run_lock_take(&dest->run, state);
    int made = th_open_part(state, MADE_DIR, TH_OPEN_FOLDER | O_NOFOLLOW, make, &ignored);
    int os_errno = errno;
    th_close(state);
    errno = os_errno;
    return made;
}

bool th_dest_has_other_runs(struct th_dest *dest)
{
    int state = th_open_state(dest->fd, false, NULL);
    if (state < 0) return true;
    bool alive = th_run_lock_others(&dest->run, state, false);
    th_close(state);
    return alive;
}

void th_dest_sweep(struct th_dest *dest, int folder_fd, const char *path, size_t len)
{
    if (!dest->dry_run) th_run_lock_sweep_once(&dest->run, folder_fd, path, len);
}

enum thumbs_code th_dest_write_error(const struct th_dest *dest, struct thumbs_error *err,
                                     int os_errno, const char *what)
{
    return th_open_write_error(err, dest->fd, os_errno, what);
}

/* ---- creating ---- */

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

static enum th_turn take_turn(struct th_dest *dest, int state)
{
    char who[TH_RUN_SIGN_MAX];
    if (dest->job.id == 0) return TH_TURN_TAKEN;
    const enum th_turn turn = th_turn_take(state, &dest->job, &dest->turn_fd);
    dest->waits = turn == TH_TURN_BUSY;
    dest->unlocked = turn == TH_TURN_NO_LOCKS;
    if (turn != TH_TURN_BUSY) {
        th_run_lock_sign(&dest->run);
        return turn;
    }
    th_run_lock_find_signed(&dest->run, state, who);
    snprintf(dest->waits_for, sizeof dest->waits_for, "another run%s%s%s is at work on DEST",
             *who ? " (" : "", who, *who ? ")" : "");
    return turn;
}

/* Before anything of the state is touched: a run that has to go must leave no trace. A run that was
 * killed may hold its turn for some milliseconds more, by a child that has yet to become another
 * program. */
static enum thumbs_code begin_turn(struct th_dest *dest, int state, bool wait,
                                   struct thumbs_error *err)
{
    enum th_turn turn = take_turn(dest, state);
    for (int tries = 0; turn == TH_TURN_BUSY && !wait && tries < 50; tries++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        turn = take_turn(dest, state);
    }
    if (turn != TH_TURN_BUSY || wait) return THUMBS_OK;
    return th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE,
                        "%s; --wait waits for its end", dest->waits_for);
}

const char *th_dest_waits_for(const struct th_dest *dest)
{
    return dest->waits ? dest->waits_for : NULL;
}

bool th_dest_is_unlocked(const struct th_dest *dest)
{
    return dest->unlocked;
}

bool th_dest_has_newer(const struct th_dest *dest)
{
    return atomic_load(&dest->has_newer);
}

/* A lock that is waited for in the kernel could not be given up when the run is stopped. */
bool th_dest_wait(struct th_dest *dest, bool (*stopped)(void *user), void *user)
{
    while (dest->waits && !stopped(user)) {
        int state = th_open_state(dest->fd, true, NULL);
        if (state >= 0) take_turn(dest, state);
        if (state < 0) dest->waits = false; /* then writing will say why */
        if (state >= 0) th_close(state);
        if (dest->waits) nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    return !dest->waits;
}

/* Taking the run lock is the real test of whether DEST can be written: rights, read-only mounts and
 * full disks all show. */
static enum thumbs_code lock_run(struct th_dest *dest, bool wait, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    int made = -1, state = th_open_state(dest->fd, true, NULL), os_errno = errno;
    if (state < 0 && (os_errno == ENOTDIR || os_errno == ELOOP)) {
        th_open_error(err, dest->fd, TH_STATE_DIR, os_errno);
        return THUMBS_NOT_WRITABLE;
    }
    bool locked = state >= 0 && th_run_lock_take(&dest->run, state);
    if (state >= 0) os_errno = errno;
    if (!locked) {
        code = th_dest_write_error(dest, err, os_errno, "the output folder cannot be written");
        goto out;
    }
    code = begin_turn(dest, state, wait, err);
    if (code) goto out;
    th_run_lock_others(&dest->run, state, true);
    made = th_openat(state, MADE_DIR, TH_OPEN_FOLDER | O_NOFOLLOW, 0);
    if (made >= 0) th_run_lock_sweep(&dest->run, made);
    th_dest_sweep(dest, dest->fd, "", 0);
out:
    if (made >= 0) th_close(made);
    if (state >= 0) th_close(state);
    return code;
}

/* Best effort: it is for a note to the user. */
static void look_at_layout(struct th_dest *dest, enum th_layout layout)
{
    int state = layout == TH_LAYOUT_ANY || dest->fd < 0 ? -1 : th_open_state(dest->fd, false, NULL);
    if (state < 0) return;
    enum th_layout last = th_layout_read(state);
    if (last != layout && last != TH_LAYOUT_ANY) dest->other_layout = last;
    if (last != layout && !dest->dry_run) th_layout_write(state, layout);
    th_close(state);
}

unsigned th_dest_folding(const struct th_dest *dest)
{
    return dest->folding;
}

uint64_t th_dest_seed(const struct th_dest *dest)
{
    return dest->run.seed;
}

enum th_layout th_dest_other_layout(const struct th_dest *dest)
{
    return dest->other_layout;
}

enum thumbs_code th_dest_create(const struct th_dest_options *options, struct th_dest **out,
                                struct thumbs_error *err)
{
    /* Errors are built here even if the caller does not want them: the code is among them. */
    struct thumbs_error ignored = {0};
    if (!err) err = &ignored;
    struct th_dest *dest = th_calloc(1, sizeof *dest);
    if (!dest)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WRITE,
                            "no memory for the output folder");
    dest->fd = dest->turn_fd = -1;
    dest->job = options->job;
    dest->dry_run = options->dry_run;
    dest->overwrite = options->overwrite;
    dest->output_mode = options->output_mode;
    snprintf(dest->key, sizeof dest->key, "%016llx", (unsigned long long)options->fingerprint);
    pthread_mutex_init(&dest->folders_lock, NULL);
    pthread_mutex_init(&dest->sharing, NULL);
    th_run_lock_init(&dest->run);
    enum thumbs_code code = th_open_root(options->path, !options->dry_run, &dest->fd, err);
    if (code) goto out;
    dest->run.dest_fd = dest->fd;
    if (dest->fd >= 0) {
        struct stat st;
        if (fstat(dest->fd, &st) < 0) {
            code = th_error_os(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, errno,
                               "cannot look at the output folder");
            goto out;
        }
        dest->dev = st.st_dev;
        dest->ino = st.st_ino;
        look_at_file_system(dest);
    }
    if (!dest->dry_run) code = lock_run(dest, options->wait, err);
    if (code) goto out;
    look_at_layout(dest, options->layout);
    if (dest->fd >= 0) dest->folding = th_folding_probe(dest->fd, !dest->dry_run);
    *out = dest;
    return THUMBS_OK;
out:
    th_dest_destroy(dest);
    return code;
}

void th_dest_destroy(struct th_dest *dest)
{
    if (!dest) return;
    th_run_lock_finish(&dest->run);
    if (dest->turn_fd >= 0) th_close(dest->turn_fd);
    if (dest->fd >= 0) th_close(dest->fd);
    pthread_mutex_destroy(&dest->folders_lock);
    pthread_mutex_destroy(&dest->sharing);
    free(dest);
}

bool th_dest_identity(const struct th_dest *dest, uint64_t *dev, uint64_t *ino)
{
    if (dest->fd < 0) return false;
    *dev = dest->dev;
    *ino = dest->ino;
    return true;
}

/* ---- the end of DEST ---- */

static bool is_gone(const struct th_dest *dest)
{
    struct stat st;
    return fstat(dest->fd, &st) == 0 && st.st_nlink == 0;
}

/* Errors of a device or of the way to it. Others (a folder closed to us, a name too long) are of
 * one output. */
static bool may_strike_all(int os_errno)
{
    static const int such[] = {EIO,       ENXIO,      ENODEV,    EROFS,       ESTALE,
                               ENOTCONN,  ECONNRESET, EHOSTDOWN, ENETUNREACH, EHOSTUNREACH,
                               ETIMEDOUT, EREMOTEIO,  ENOLINK};
    bool is = false;
    for (size_t i = 0; i < sizeof such / sizeof *such; i++)
        is |= such[i] == os_errno;
    return is;
}

/* Can a file still be made, filled and given a name in DEST? Tried with what would be removed as a
 * temporary should we be killed meanwhile. */
static bool can_be_written(struct th_dest *dest)
{
    char name[TH_TEMP_NAME_MAX], other[TH_TEMP_NAME_MAX];
    th_run_lock_temp_name(&dest->run, name);
    th_run_lock_temp_name(&dest->run, other);
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
