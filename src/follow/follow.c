/* SPDX-License-Identifier: MIT */
#include "follow/follow.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "follow/changes.h"
#include "follow/watched.h"

static const uint64_t calm_ns = 300 * UINT64_C(1000000), most_ns = 5 * UINT64_C(1000000000);

struct th_follow {
    struct th_follow_options options;
    struct th_watched watched;
    struct th_changes changes; /* since the last th_follow_wait() */
    int inotify_fd, stop_fd;
};

/* Take what the kernel has told so far. Has anything changed by now? */
static bool read_events(struct th_follow *f)
{
    _Alignas(struct inotify_event) char buf[65536];
    for (ssize_t n; (n = th_read(f->inotify_fd, buf, sizeof buf)) > 0;) {
        for (const char *p = buf; p < buf + n;) {
            const struct inotify_event *event = (const struct inotify_event *)p;
            th_changes_take(&f->changes, &f->watched, event, &f->options);
            p += sizeof *event + event->len;
        }
    }
    return f->changes.any;
}

/* Until there is something to read, or that time has come (UINT64_MAX: never). STOPPED. */
static enum thumbs_code wait_for_events(const struct th_follow *f, uint64_t until_ns)
{
    struct pollfd fds[] = {{.fd = f->stop_fd, .events = POLLIN},
                           {.fd = f->inotify_fd, .events = POLLIN}};
    for (;;) {
        const uint64_t now = th_now_ns();
        const int ms = until_ns == UINT64_MAX ? -1
                       : until_ns > now       ? (int)((until_ns - now) / 1000000 + 1)
                                              : 0;
        const int n = poll(fds, 2, ms);
        if (n < 0 && errno == EINTR) continue;
        return fds[0].revents ? THUMBS_STOPPED : THUMBS_OK;
    }
}

/* Something has changed: wait until it is over. */
static enum thumbs_code settle(struct th_follow *f)
{
    const uint64_t end_ns = th_now_ns() + most_ns;
    uint64_t calm_at_ns = th_now_ns() + calm_ns;
    while (th_now_ns() < calm_at_ns) {
        if (wait_for_events(f, calm_at_ns) != THUMBS_OK) return THUMBS_STOPPED;
        f->changes.any = false;
        if (read_events(f)) calm_at_ns = th_now_ns() + calm_ns;
        if (calm_at_ns > end_ns) calm_at_ns = end_ns;
    }
    return THUMBS_OK;
}

static enum thumbs_code renew(struct th_follow *f, struct thumbs_error *err)
{
    struct thumbs_error why = {0};
    if (th_watched_renew(&f->watched, f->inotify_fd, &f->options, &why)) return THUMBS_OK;
    if (err) *err = why;
    return why.code;
}

/* What is there by now is watched, so that nothing is missed from here on. */
static enum thumbs_code watch_new(struct th_follow *f, struct thumbs_error *err)
{
    struct thumbs_error why = {0};
    if (f->watched.ambiguous || f->changes.all) return renew(f, err);
    if (!th_changes_settle(&f->changes, &f->watched, f->inotify_fd, &f->options, &why)) {
        if (err) *err = why;
        return why.code;
    }
    return f->changes.all ? renew(f, err) : THUMBS_OK;
}

enum thumbs_code th_follow_wait(struct th_follow *f, const struct thumbs_changes **changes,
                                struct thumbs_error *err)
{
    enum thumbs_code code;
    th_changes_begin(&f->changes);
    do {
        code = wait_for_events(f, UINT64_MAX);
    } while (code == THUMBS_OK && !read_events(f));
    if (code == THUMBS_OK) code = settle(f);
    if (code == THUMBS_STOPPED)
        return th_error_set(err, THUMBS_STOPPED, THUMBS_STAGE_NONE, "it was stopped");
    code = watch_new(f, err);
    *changes = th_changes_told(&f->changes);
    return code;
}

void th_follow_stop(struct th_follow *f)
{
    const uint64_t one = 1;
    while (write(f->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

enum thumbs_code th_follow_create(const struct th_follow_options *options, struct th_follow **out,
                                  struct thumbs_error *err)
{
    struct th_follow *f = th_calloc(1, sizeof *f);
    if (!f) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory to watch");
    f->options = *options;
    f->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    const int os_errno = errno;
    f->stop_fd = eventfd(0, EFD_CLOEXEC);
    enum thumbs_code code = THUMBS_OK;
    if (f->inotify_fd < 0)
        code = th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, os_errno,
                           os_errno == EMFILE ? "this user has no more watches: raise "
                                                "fs.inotify.max_user_instances"
                                              : "the kernel cannot watch folders");
    else if (f->stop_fd < 0)
        code = th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, errno, "cannot watch");
    else
        code = renew(f, err);
    if (code == THUMBS_OK)
        *out = f;
    else
        th_follow_destroy(f);
    return code;
}

void th_follow_destroy(struct th_follow *f)
{
    if (!f) return;
    th_watched_finish(&f->watched);
    th_changes_finish(&f->changes);
    if (f->inotify_fd >= 0) close(f->inotify_fd);
    if (f->stop_fd >= 0) close(f->stop_fd);
    free(f);
}
