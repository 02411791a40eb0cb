/* SPDX-License-Identifier: MIT */
#include "commit/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"

#define TURN_FILE "lock"

/* Bytes of the file that are locked. What it holds has nothing to do with them. */
enum {
    DECIDING = 0, /* held for a moment by whoever takes a turn */
    ALL = 1,      /* from here on: by a run over all */
    FIRST_SHARD = 2
};

static bool lock(int fd, short type, off_t start, off_t len)
{
    struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    return fcntl(fd, F_OFD_SETLK, &range) == 0;
}

static bool is_taken(int os_errno)
{
    return os_errno == EAGAIN || os_errno == EACCES;
}

/* Is this the only run that has a turn? */
static bool is_alone(int fd)
{
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = ALL};
    return fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type == F_UNLCK;
}

static uint64_t read_job(int fd)
{
    char text[17] = "";
    char *end = NULL;
    if (lseek(fd, 0, SEEK_SET) < 0 || th_read_full(fd, text, 16) != 16) return 0;
    const uint64_t id = strtoull(text, &end, 16);
    return end == text + 16 ? id : 0;
}

/* Best effort: where it cannot be written, shards of one job take turns, too. */
static void write_job(int fd, uint64_t id)
{
    char text[18];
    if (read_job(fd) == id) return;
    const int len = snprintf(text, sizeof text, "%016llx\n", (unsigned long long)id);
    if (ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0)
        (void)th_write_full(fd, text, (size_t)len);
}

static enum th_turn take(int fd, const struct th_turn_job *job)
{
    const bool is_shard = job->n_shards > 1;
    const bool locked = is_shard ? lock(fd, F_WRLCK, FIRST_SHARD + (off_t)job->shard, 1)
                                 : lock(fd, F_WRLCK, ALL, 0);
    if (!locked) return is_taken(errno) ? TH_TURN_BUSY : TH_TURN_NO_LOCKS;
    if (!is_shard) return TH_TURN_TAKEN;
    if (!is_alone(fd)) return read_job(fd) == job->id ? TH_TURN_TAKEN : TH_TURN_BUSY;
    write_job(fd, job->id);
    return TH_TURN_TAKEN;
}

/* Others hold it for a few system calls only. */
static enum th_turn begin_deciding(int fd)
{
    for (int tries = 0; tries < 1000; tries++) {
        if (lock(fd, F_WRLCK, DECIDING, 1)) return TH_TURN_TAKEN;
        if (!is_taken(errno)) return TH_TURN_NO_LOCKS;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return TH_TURN_BUSY;
}

enum th_turn th_turn_take(int state_fd, const struct th_turn_job *job, int *out)
{
    int fd = th_openat(state_fd, TURN_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0) return TH_TURN_NO_LOCKS;
    enum th_turn turn = begin_deciding(fd);
    if (turn == TH_TURN_TAKEN) turn = take(fd, job);
    if (turn != TH_TURN_TAKEN) {
        th_close(fd);
        return turn;
    }
    lock(fd, F_UNLCK, DECIDING, 1);
    *out = fd;
    return turn;
}
