/* SPDX-License-Identifier: MIT */
/* The file of a manifest: loading, appending, rewriting. */
#include "commit/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "commit/dest_internal.h"

#define FD_NOT_OPEN (-1)
#define FD_GIVEN_UP (-2)

/* ---- loading ---- */

static void load(struct th_manifest *m, struct th_dest *dest)
{
    char *data = NULL;
    struct stat st;
    ssize_t len;
    int fd = -1, made = th_dest_open_made(dest, false);
    m->unread = made < 0 && errno != ENOENT;
    if (made < 0) return;
    fd = th_openat(made, m->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    bool is_there = fd >= 0 || errno != ENOENT;
    m->unread = is_there;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) goto out;
    if (st.st_size > TH_MANIFEST_MAX) m->broken = true;
    if (st.st_size > TH_MANIFEST_MAX) goto out;
    data = th_alloc((size_t)st.st_size);
    if (!data) goto out;
    len = th_read_full(fd, data, (size_t)st.st_size);
    if (len < 0) goto out;
    m->unread = false;
    m->unread = !th_manifest_adopt(m, data, (size_t)len);
    if (m->newer) atomic_store(&dest->has_newer, true);
    data = NULL;
out:
    free(data);
    if (fd >= 0) th_close(fd);
    th_close(made);
}

/* The name of the file; its number. */
static uint64_t name_file(char name[17], const char *dir, size_t dir_len)
{
    const uint64_t hash = th_hash64(dir, dir_len, 0);
    snprintf(name, 17, "%016llx", (unsigned long long)hash);
    return hash;
}

bool th_manifest_begin(struct th_manifest *m, uint64_t hash_seed, const char *dir)
{
    size_t dir_len = strlen(dir);
    m->seed = name_file(m->file, dir, dir_len);
    m->hash_seed = hash_seed;
    atomic_init(&m->fd, FD_NOT_OPEN);
    pthread_mutex_init(&m->lock, NULL);
    th_bytes_adds(&m->header, TH_MANIFEST_MAGIC);
    th_manifest_add_name(&m->header, dir, dir_len);
    th_bytes_addc(&m->header, '\n');
    if (!th_bytes_failed(&m->header)) return true;
    th_manifest_finish(m);
    return false;
}

bool th_manifest_init(struct th_manifest *m, struct th_dest *dest, const char *dir)
{
    if (!th_manifest_begin(m, dest->run.seed, dir)) return false;
    load(m, dest);
    return true;
}

bool th_manifest_reload(struct th_manifest *m, struct th_dest *dest)
{
    th_manifest_drop(m);
    load(m, dest);
    return !m->unread;
}

bool th_manifest_dir(const struct th_manifest *m, struct th_bytes *dir)
{
    return th_manifest_decode_header(m->header.data, m->header.len - 1, dir);
}

bool th_manifest_read_dir(int made, const char *file, struct th_bytes *dir)
{
    char part[4096], name[17];
    struct th_bytes first = {0};
    const char *end = NULL;
    ssize_t n;
    int fd = th_openat(made, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0) return false;
    while (!end && first.len < TH_MANIFEST_MAX && (n = th_read(fd, part, sizeof part)) > 0) {
        th_bytes_add(&first, part, (size_t)n);
        end = th_bytes_failed(&first) ? NULL : memchr(first.data, '\n', first.len);
    }
    th_close(fd);
    bool good = end && th_manifest_decode_header(first.data, (size_t)(end - first.data), dir);
    th_bytes_finish(&first);
    if (!good) return false;
    name_file(name, th_bytes_str(dir), dir->len);
    return strcmp(name, file) == 0;
}

void th_manifest_finish(struct th_manifest *m)
{
    int fd = atomic_load(&m->fd);
    if (fd >= 0) th_close(fd);
    pthread_mutex_destroy(&m->lock);
    th_manifest_drop(m);
    th_bytes_finish(&m->header);
}

/* ---- rewriting ---- */

static bool replace_file(const struct th_manifest *m, struct th_dest *dest, int made,
                         const char *content, size_t len)
{
    char temp[TH_TEMP_NAME_MAX];
    th_run_lock_temp_name(&dest->run, temp);
    int fd = th_openat(made, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    if (fd < 0) return false;
    bool ok = th_write_full(fd, content, len) == 0;
    ok = th_close(fd) == 0 && ok;
    ok = ok && th_renameat(made, temp, made, m->file) == 0;
    if (!ok) unlinkat(made, temp, 0);
    return ok;
}

static bool next_is(int fd, const char *text, size_t len)
{
    char piece[256];
    for (size_t n; len > 0; text += n, len -= n) {
        n = len < sizeof piece ? len : sizeof piece;
        if (th_read_full(fd, piece, n) != (ssize_t)n || memcmp(piece, text, n) != 0) return false;
    }
    return true;
}

/* Is it a file by now that begins with this text? *st is what it is then. Takes no memory: to have
 * none must not look like an answer. */
static bool begins_with(const struct th_manifest *m, int made, const char *text, size_t len,
                        struct stat *st)
{
    int fd = th_openat(made, m->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0) return false;
    bool does = fstat(fd, st) == 0 && S_ISREG(st->st_mode) && next_is(fd, text, len);
    th_close(fd);
    return does;
}

/* May it be appended to as it stands? Not if it is of version 1, unless another run has replaced it
 * since. */
static bool is_fit(const struct th_manifest *m, int made)
{
    struct stat st;
    return !m->old || !begins_with(m, made, TH_MANIFEST_MAGIC_1, strlen(TH_MANIFEST_MAGIC_1), &st);
}

/* Has what was no manifest been replaced by one since? Another run may do so, and this one, where
 * it comes to a source folder in two ways. */
static bool is_mended(const struct th_manifest *m, int made)
{
    struct stat st;
    return begins_with(m, made, m->header.data, m->header.len, &st) &&
           st.st_size <= TH_MANIFEST_MAX;
}

/* Two machines appending through a network file system overwrite each other unless they take
 * turns. */
static void set_file_lock(int fd, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    while (fcntl(fd, F_OFD_SETLKW, &lock) < 0 && errno == EINTR)
        continue;
}

/* Has it other names? Those belong to a copy of DEST that was made of links, which must keep what
 * it has. */
static bool is_shared(int fd, struct stat *st)
{
    return fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_nlink > 1;
}

/* Put a copy in its place, of what it holds by now: another run may have it open. Runs that find
 * the same do so in turn, and the second finds the first one's copy. */
static bool stop_sharing(const struct th_manifest *m, struct th_dest *dest, int made)
{
    struct stat st, now;
    char *data = NULL;
    ssize_t len = -1;
    int fd = th_openat(made, m->file, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0) return errno == ENOENT;
    bool done = !is_shared(fd, &st);
    if (done) goto out;
    set_file_lock(fd, F_WRLCK);
    done = fstatat(made, m->file, &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_ino != st.st_ino;
    if (done || fstat(fd, &st) < 0 || st.st_size > TH_MANIFEST_MAX) goto out;
    data = th_alloc((size_t)st.st_size + 1);
    if (data) len = th_read_full(fd, data, (size_t)st.st_size);
    done = len >= 0 && replace_file(m, dest, made, data, (size_t)len);
out:
    free(data);
    th_close(fd);
    return done;
}

/* ---- appending ---- */

/* What an append to the file at fd must begin with: the header if it is empty, a newline if its
 * last line is torn. */
static bool begin_file(const struct th_manifest *m, int fd, struct th_bytes *lines)
{
    off_t size = lseek(fd, 0, SEEK_END);
    if (size == 0) {
        th_bytes_add(lines, m->header.data, m->header.len);
        return true;
    }
    char last;
    if (size < 0 || lseek(fd, -1, SEEK_END) < 0 || th_read(fd, &last, 1) != 1) return false;
    if (last != '\n') th_bytes_addc(lines, '\n');
    return true;
}

/* After an append that failed half-way the next line must not run into its remains. */
static bool write_lines(struct th_manifest *m, int fd, const char *lines, size_t len)
{
    bool torn =
        atomic_load_explicit(&m->torn, memory_order_relaxed) && atomic_exchange(&m->torn, false);
    if ((!torn || th_write_full(fd, "\n", 1) == 0) && th_write_full(fd, lines, len) == 0)
        return true;
    atomic_store(&m->torn, true);
    return false;
}

/* Open for appending and write the first lines, all before another thread sees the descriptor:
 * whoever writes into an empty file must write its header in the same write. Called with the lock
 * held. */
static int open_and_write(struct th_manifest *m, struct th_dest *dest, const char *lines,
                          size_t len)
{
    struct th_bytes first = {0};
    bool done = false;
    int fd = -1, made = th_dest_open_made(dest, true);
    if (made < 0) goto out;
    if (m->broken && !is_mended(m, made)) unlinkat(made, m->file, 0);
    if (!is_fit(m, made) && !replace_file(m, dest, made, m->data, m->len)) goto out;
    if (!stop_sharing(m, dest, made)) goto out;
    fd = th_openat(made, m->file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0) goto out;
    if (dest->remote) set_file_lock(fd, F_WRLCK);
    if (begin_file(m, fd, &first)) {
        th_bytes_add(&first, lines, len);
        done = !th_bytes_failed(&first) && th_write_full(fd, first.data, first.len) == 0;
    }
    if (dest->remote) set_file_lock(fd, F_UNLCK);
out:
    th_bytes_finish(&first);
    if (!done && fd >= 0) th_close(fd);
    if (made >= 0) th_close(made);
    return done ? fd : FD_GIVEN_UP;
}

static bool append_locked(struct th_manifest *m, struct th_dest *dest, const char *lines,
                          size_t len)
{
    pthread_mutex_lock(&m->lock);
    int fd = atomic_load(&m->fd);
    bool done = false;
    if (fd == FD_NOT_OPEN) {
        fd = open_and_write(m, dest, lines, len);
        done = fd >= 0;
        atomic_store_explicit(&m->fd, fd, memory_order_release);
    } else if (fd >= 0) {
        if (dest->remote) set_file_lock(fd, F_WRLCK);
        done = write_lines(m, fd, lines, len);
        if (dest->remote) set_file_lock(fd, F_UNLCK);
    }
    pthread_mutex_unlock(&m->lock);
    return done;
}

bool th_manifest_append(struct th_manifest *m, struct th_dest *dest, bool known, const char *line,
                        size_t len)
{
    int fd = atomic_load_explicit(&m->fd, memory_order_acquire);
    if (m->foreign || fd == FD_GIVEN_UP) return false;
    atomic_fetch_add_explicit(known ? &m->n_old : &m->n_new, 1, memory_order_relaxed);
    return fd >= 0 && !dest->remote ? write_lines(m, fd, line, len)
                                    : append_locked(m, dest, line, len);
}

void th_manifest_remove(struct th_manifest *m, struct th_dest *dest)
{
    int made = m->foreign ? -1 : th_dest_open_made(dest, false);
    if (made < 0) return;
    unlinkat(made, m->file, 0);
    th_close(made);
}

/* ---- compacting ---- */

bool th_manifest_is_bloated(const struct th_manifest *m)
{
    size_t n_new = atomic_load(&m->n_new), n_old = atomic_load(&m->n_old);
    return m->n_lines + n_new + n_old > 2 * (m->n_live + n_new) + 64;
}

void th_manifest_compact(struct th_manifest *m, struct th_dest *dest)
{
    struct th_bytes content = {0};
    int made = th_manifest_reload(m, dest) && m->records.n > 0 && th_manifest_collect(m, &content)
                   ? th_dest_open_made(dest, false)
                   : -1;
    if (made >= 0) {
        replace_file(m, dest, made, content.data, content.len);
        th_close(made);
    }
    th_bytes_finish(&content);
}
