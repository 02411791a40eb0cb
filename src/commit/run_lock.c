/* SPDX-License-Identifier: MIT */
#include "commit/run_lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "commit/open_folder.h"
#include "naming/safe_path.h"

#define LOCK_PREFIX   "run-"
#define LOCK_NAME_MAX 32 /* prefix, run id, NUL */

/* ---- who is alive ---- */

static bool take_lock(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static void lock_name(char name[LOCK_NAME_MAX], const char *run_id)
{
    snprintf(name, LOCK_NAME_MAX, LOCK_PREFIX "%.*s", TH_RUN_ID_LEN, run_id);
}

/* Is somebody holding this lock? Where that cannot be told, yes: a live run must not be robbed. One
 * that nobody holds is removed if wished, while we hold it: its owner may have made it this very
 * moment, see make_lock(). */
static bool is_held(int state_fd, const char *name, bool remove)
{
    int fd = th_openat(state_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0) return errno != ENOENT;
    bool held = !take_lock(fd);
    if (!held && remove) unlinkat(state_fd, name, 0);
    th_close(fd);
    return held;
}

static bool names_file(int at, const char *name, int fd)
{
    struct stat by_name, by_fd;
    return fstatat(at, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &by_fd) == 0 &&
           by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

/* Make and lock the file of this run: a file descriptor, or -1 and errno. Between the two steps
 * another run that clears away dead locks may look at ours; so wait for its lock to go, and begin
 * again if the file went too. Where locks do not work the file stands unlocked, and is_held() takes
 * it for held. */
static int make_lock(const struct th_run_lock *run, int state_fd)
{
    char name[LOCK_NAME_MAX];
    lock_name(name, run->id);
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
    int fd = th_openat(folder_fd, ".", TH_OPEN_FOLDER, 0);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list && fd >= 0) th_close(fd);
    return list;
}

static bool is_run_id(const char *text)
{
    return strspn(text, "0123456789abcdef") >= TH_RUN_ID_LEN;
}

/* The name of the next lock of another run in the list; NULL: no more. */
static const char *next_other(const struct th_run_lock *run, DIR *list)
{
    const size_t prefix_len = strlen(LOCK_PREFIX);
    for (struct dirent *entry; (entry = readdir(list));) {
        const char *id = entry->d_name + prefix_len;
        if (strncmp(entry->d_name, LOCK_PREFIX, prefix_len) == 0 && is_run_id(id) &&
            !id[TH_RUN_ID_LEN] && memcmp(id, run->id, TH_RUN_ID_LEN) != 0)
            return entry->d_name;
    }
    return NULL;
}

bool th_run_lock_others(const struct th_run_lock *run, int state_fd, bool remove)
{
    DIR *list = open_list(state_fd);
    if (!list) return true;
    bool alive = false;
    for (const char *name; (name = next_other(run, list));)
        alive |= is_held(state_fd, name, remove);
    closedir(list);
    return alive;
}

/* ---- who they are ---- */

void th_run_lock_sign(struct th_run_lock *run)
{
    char text[TH_RUN_SIGN_MAX], host[64] = "";
    if (gethostname(host, sizeof host - 1) != 0) *host = '\0';
    const int len = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(),
                             *host ? host : "some machine");
    pthread_mutex_lock(&run->lock);
    if (run->fd >= 0) (void)th_write_full(run->fd, text, (size_t)len);
    pthread_mutex_unlock(&run->lock);
}

static void read_sign(int state_fd, const char *name, char who[TH_RUN_SIGN_MAX])
{
    int fd = th_openat(state_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    ssize_t n = fd >= 0 ? th_read_full(fd, who, TH_RUN_SIGN_MAX - 1) : 0;
    if (fd >= 0) th_close(fd);
    who[n > 0 ? n : 0] = '\0';
    for (char *c = who;; c++) {
        if (*c > 0x1f && *c < 0x7f) continue;
        *c = '\0';
        return;
    }
}

void th_run_lock_find_signed(const struct th_run_lock *run, int state_fd, char who[TH_RUN_SIGN_MAX])
{
    DIR *list = open_list(state_fd);
    *who = '\0';
    if (!list) return;
    for (const char *name; !*who && (name = next_other(run, list));) {
        if (is_held(state_fd, name, false)) read_sign(state_fd, name, who);
    }
    closedir(list);
}

/* ---- that of this run ---- */

bool th_run_lock_take(struct th_run_lock *run, int state_fd)
{
    pthread_mutex_lock(&run->lock);
    int fd = make_lock(run, state_fd);
    if (fd >= 0) {
        if (run->fd >= 0) th_close(run->fd);
        run->fd = fd;
    }
    pthread_mutex_unlock(&run->lock);
    return fd >= 0;
}

/* ---- stale temporaries ---- */

/* Called with the lock held. */
static void remember_live(struct th_run_lock *run, const char *id)
{
    if (run->n_live == run->cap_live) {
        size_t cap = run->cap_live ? run->cap_live * 2 : 16;
        void *live = th_realloc(run->live, cap * sizeof *run->live);
        if (!live) return; /* it is looked at again next time */
        run->live = live;
        run->cap_live = cap;
    }
    memcpy(run->live[run->n_live++], id, TH_RUN_ID_LEN);
}

/* Every run takes its lock before its first temporary, so an id that was never seen is looked up
 * then and there. Only live ones are remembered: files of dead ones are gone after the first
 * look. */
static bool is_live_run(struct th_run_lock *run, const char *id)
{
    if (memcmp(id, run->id, TH_RUN_ID_LEN) == 0) return true;
    bool alive = false;
    pthread_mutex_lock(&run->lock);
    for (size_t i = 0; i < run->n_live && !alive; i++)
        alive = memcmp(run->live[i], id, TH_RUN_ID_LEN) == 0;
    if (!alive) {
        char name[LOCK_NAME_MAX];
        lock_name(name, id);
        int state = th_open_state(run->dest_fd, false, NULL);
        alive = state >= 0 ? is_held(state, name, false) : errno != ENOENT;
        if (state >= 0) th_close(state);
        if (alive) remember_live(run, id);
    }
    pthread_mutex_unlock(&run->lock);
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

void th_run_lock_sweep(struct th_run_lock *run, int folder_fd)
{
    DIR *list = open_list(folder_fd);
    if (!list) return;
    const size_t prefix_len = strlen(TH_TEMP_PREFIX);
    for (struct dirent *entry; (entry = readdir(list));) {
        if (strncmp(entry->d_name, TH_TEMP_PREFIX, prefix_len) != 0) continue;
        const char *id = entry->d_name + prefix_len;
        if (!is_temporary_id(id) || !is_regular(folder_fd, entry) || is_live_run(run, id)) continue;
        unlinkat(folder_fd, entry->d_name, 0);
    }
    closedir(list);
}

void th_run_lock_sweep_once(struct th_run_lock *run, int folder_fd, const char *path, size_t len)
{
    uint64_t hash = th_hash64(path, len, run->seed) | 1;
    _Atomic uint64_t *cell = &run->swept[(hash >> 1) % TH_SWEPT_FOLDERS];
    if (atomic_exchange_explicit(cell, hash, memory_order_relaxed) != hash)
        th_run_lock_sweep(run, folder_fd);
}

/* ---- beginning and end ---- */

static void make_id(struct th_run_lock *run)
{
    uint64_t random[2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        /* Only has to differ from that of other runs. */
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        uint64_t seed[4] = {(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec, (uint64_t)getpid(),
                            (uint64_t)(uintptr_t)run};
        random[0] = th_hash64(seed, sizeof seed, 0);
        random[1] = th_hash64(seed, sizeof seed, 1);
    }
    snprintf(run->id, sizeof run->id, "%016llx", (unsigned long long)random[0]);
    run->seed = random[1];
}

void th_run_lock_init(struct th_run_lock *run)
{
    run->fd = run->dest_fd = -1;
    pthread_mutex_init(&run->lock, NULL);
    make_id(run);
}

void th_run_lock_finish(struct th_run_lock *run)
{
    if (run->fd >= 0) {
        char name[LOCK_NAME_MAX];
        lock_name(name, run->id);
        int state = th_open_state(run->dest_fd, false, NULL);
        if (state >= 0) {
            unlinkat(state, name, 0);
            th_close(state);
        }
        th_close(run->fd);
    }
    pthread_mutex_destroy(&run->lock);
    free(run->live);
}

void th_run_lock_temp_name(struct th_run_lock *run, char name[TH_TEMP_NAME_MAX])
{
    unsigned long long n = atomic_fetch_add_explicit(&run->n_temps, 1, memory_order_relaxed);
    snprintf(name, TH_TEMP_NAME_MAX, TH_TEMP_PREFIX "%s-%llu", run->id, n);
}
