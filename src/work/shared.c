/* SPDX-License-Identifier: MIT */
#include "work/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/filelimit.h"
#include "base/sys.h"
#include "work/executor.h"

enum {
    SINK_BYTES = 1 << 20, /* at the beginning; sparse, and the worker makes it grow */
    BLOCK_BYTES = 512     /* st_blocks counts in these */
};

static bool make_sink(struct th_shared_sink *sink)
{
    sink->fd =
        th_fault(TH_FAULT_MMAP) ? -1 : memfd_create("thumbs-out", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    uint64_t most = th_file_limit(); /* below that of a sink no output could be written either */
    size_t len = most < SINK_BYTES ? (size_t)most : SINK_BYTES;
    if (len == 0) errno = EFBIG;
    if (sink->fd < 0 || len == 0 || ftruncate(sink->fd, (off_t)len) != 0) return false;
    if (fcntl(sink->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) != 0) return false;
    void *data = mmap(NULL, len, PROT_READ, MAP_SHARED, sink->fd, 0);
    if (data == MAP_FAILED) return false;
    sink->data = data;
    sink->len = len;
    return true;
}

static bool make_status_page(struct th_shared *shared)
{
    shared->status_fd = memfd_create("thumbs-status", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (th_file_limit() < sizeof *shared->status) return false;
    if (shared->status_fd < 0 || ftruncate(shared->status_fd, sizeof *shared->status) != 0)
        return false;
    if (fcntl(shared->status_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return false;
    void *page = mmap(NULL, sizeof *shared->status, PROT_READ | PROT_WRITE, MAP_SHARED,
                      shared->status_fd, 0);
    if (page == MAP_FAILED) return false;
    shared->status = page;
    return true;
}

bool th_shared_init(struct th_shared *shared)
{
    *shared = (struct th_shared){.status_fd = -1};
    for (int i = 0; i < TH_WIRE_N_SINKS; i++)
        shared->sinks[i].fd = -1;
    if (!make_status_page(shared)) return false;
    for (int i = 0; i < TH_WIRE_N_SINKS; i++) {
        if (!make_sink(&shared->sinks[i])) return false;
    }
    return true;
}

void th_shared_finish(struct th_shared *shared)
{
    if (shared->status) munmap(shared->status, sizeof *shared->status);
    if (shared->status_fd >= 0) close(shared->status_fd);
    for (int i = 0; i < TH_WIRE_N_SINKS; i++) {
        if (shared->sinks[i].data) munmap((void *)shared->sinks[i].data, shared->sinks[i].len);
        if (shared->sinks[i].fd >= 0) close(shared->sinks[i].fd);
    }
}

void th_shared_fds(const struct th_shared *shared, int *fds)
{
    *fds++ = shared->status_fd;
    for (int i = 0; i < TH_WIRE_N_SINKS; i++)
        *fds++ = shared->sinks[i].fd;
}

bool th_shared_cover(struct th_shared *shared, unsigned i_sink, uint64_t need)
{
    struct th_shared_sink *sink = &shared->sinks[i_sink];
    struct stat st;
    if (need <= sink->len) return true;
    if (fstat(sink->fd, &st) != 0 || st.st_size < 0 || (uint64_t)st.st_size < need) return false;
    void *data = mremap((void *)sink->data, sink->len, (size_t)st.st_size, MREMAP_MAYMOVE);
    if (data == MAP_FAILED) return false;
    sink->data = data;
    sink->len = (size_t)st.st_size;
    return true;
}

static uint64_t held_bytes(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_blocks > 0 ? (uint64_t)st.st_blocks * BLOCK_BYTES : 0;
}

uint64_t th_shared_held_bytes(const struct th_shared *shared)
{
    uint64_t sum = 0;
    for (int i = 0; i < TH_WIRE_N_SINKS; i++)
        sum += held_bytes(shared->sinks[i].fd);
    return sum;
}

/* Give back what lies behind the beginning of a sink. */
static void empty(const struct th_shared_sink *sink)
{
    struct stat st;
    if (fstat(sink->fd, &st) != 0 || (uint64_t)st.st_size <= TH_WORK_SINK_KEEP_BYTES) return;
    (void)fallocate(sink->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    (off_t)TH_WORK_SINK_KEEP_BYTES, st.st_size - (off_t)TH_WORK_SINK_KEEP_BYTES);
}

void th_shared_trim(struct th_shared *shared, unsigned i_sink)
{
    if (shared->sinks[i_sink].len > TH_WORK_SINK_KEEP_BYTES) empty(&shared->sinks[i_sink]);
}

void th_shared_reset(struct th_shared *shared)
{
    atomic_store(&shared->status->begun, 0);
    atomic_store(&shared->status->out_of_memory, 0);
    for (int i = 0; i < TH_WIRE_N_SINKS; i++)
        empty(&shared->sinks[i]);
}
