/* SPDX-License-Identifier: MIT */
#include "cli/lines.h"

#include <errno.h>
#include <time.h>

#include "base/sys.h"

/* So much is written without waiting for the flusher: memory stays bounded however fast lines come.
 */
#define FULL_LEN 65536u
#define FLUSH_NS 1000000000ull

/* Under the lock: note the first failure. True if this is it. */
static bool note_failure(struct cli_lines *lines, int os_errno)
{
    if (lines->os_errno) return false;
    lines->os_errno = os_errno ? os_errno : EIO;
    return true;
}

/* Under the lock. True if it failed for the first time. */
static bool flush(struct cli_lines *lines)
{
    bool failed = false;
    if (!lines->os_errno && lines->buffer.len > 0 &&
        th_write_full(lines->fd, lines->buffer.data, lines->buffer.len) != 0)
        failed = note_failure(lines, errno);
    th_bytes_clear(&lines->buffer);
    return failed;
}

static void report_error(struct cli_lines *lines)
{
    /* os_errno never changes once it is set. */
    if (lines->on_error) lines->on_error(lines->user, lines->os_errno);
}

static void *flush_loop(void *arg)
{
    struct cli_lines *lines = arg;
    pthread_mutex_lock(&lines->lock);
    while (!lines->stop) {
        th_cond_wait_until(&lines->wake, &lines->lock, th_now_ns() + FLUSH_NS);
        if (flush(lines)) {
            pthread_mutex_unlock(&lines->lock);
            report_error(lines);
            pthread_mutex_lock(&lines->lock);
        }
    }
    pthread_mutex_unlock(&lines->lock);
    return NULL;
}

void cli_lines_init(struct cli_lines *lines, int fd, bool owned,
                    void (*on_error)(void *user, int os_errno), void *user)
{
    *lines = (struct cli_lines){.fd = fd, .owned = owned, .on_error = on_error, .user = user};
    pthread_mutex_init(&lines->lock, NULL);
    th_cond_init(&lines->wake);
    lines->has_flusher = th_thread_start(&lines->flusher, flush_loop, lines) == 0;
}

void cli_lines_add(struct cli_lines *lines, const struct th_bytes *text)
{
    bool failed = false;
    pthread_mutex_lock(&lines->lock);
    if (!lines->os_errno) {
        th_bytes_add(&lines->buffer, th_bytes_str(text), text->len);
        if (th_bytes_failed(text) || th_bytes_failed(&lines->buffer))
            failed = note_failure(lines, ENOMEM); /* a line less would be a lie */
        else if (lines->buffer.len >= FULL_LEN || !lines->has_flusher)
            failed = flush(lines);
    }
    pthread_mutex_unlock(&lines->lock);
    if (failed) report_error(lines);
}

int cli_lines_finish(struct cli_lines *lines)
{
    bool failed;
    pthread_mutex_lock(&lines->lock);
    lines->stop = true;
    pthread_cond_signal(&lines->wake);
    pthread_mutex_unlock(&lines->lock);
    if (lines->has_flusher) pthread_join(lines->flusher, NULL);

    failed = flush(lines);
    /* Some file systems report a full disk only at close. */
    if (lines->owned && th_close(lines->fd) != 0 && note_failure(lines, errno)) failed = true;
    if (failed) report_error(lines);
    pthread_cond_destroy(&lines->wake);
    pthread_mutex_destroy(&lines->lock);
    th_bytes_finish(&lines->buffer);
    return lines->os_errno;
}
