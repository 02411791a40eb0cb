#include "cli/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"

/* The signals to catch. SIGHUP stays ignored where it is (nohup). SIGINT does not, though shells start background jobs
 * of scripts that way: a signal that is sent to a run by its number is meant for it. */
static void fill_set(sigset_t *set)
{
    struct sigaction hup;
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGUSR1);
    if (sigaction(SIGHUP, NULL, &hup) != 0 || hup.sa_handler != SIG_IGN) sigaddset(set, SIGHUP);
}

static void *signal_loop(void *arg)
{
    struct cli_signals *signals = arg;
    bool first = true;
    for (;;) {
        struct pollfd fds[] = {{.fd = signals->stop_fd, .events = POLLIN},
                               {.fd = signals->signal_fd, .events = POLLIN}};
        struct signalfd_siginfo info;
        if (poll(fds, 2, -1) < 0 && errno != EINTR) break;
        if (fds[0].revents) break;
        if (!(fds[1].revents & POLLIN)) continue;
        if (th_read(signals->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info)) continue;
        if (info.ssi_signo == SIGUSR1) {
            signals->on_ask(signals->user);
        } else if (first) {
            first = false;
            signals->on_first(signals->user, (int)info.ssi_signo);
        } else {
            signals->on_second(signals->user, (int)info.ssi_signo);
            _exit(128 + (int)info.ssi_signo);
        }
    }
    return NULL;
}

enum thumbs_code cli_signals_init(struct cli_signals *signals, struct thumbs_error *err)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t set;
    int failed;
    signals->started = false;
    signals->signal_fd = signals->stop_fd = -1;
    fill_set(&set);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGUSR1, &ignore, NULL); /* blocked, it comes all the same; the fork server inherits this */
    sigaction(SIGXFSZ, &ignore, NULL); /* past ulimit -f a write then fails instead of killing */
    failed = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (failed) return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, failed, "cannot block signals");
    /* Close-on-exec, and read only when poll() says so. */
    signals->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    signals->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (signals->signal_fd < 0 || signals->stop_fd < 0)
        return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, errno, "cannot listen for signals");
    failed = th_thread_start(&signals->thread, signal_loop, signals);
    if (failed)
        return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, failed, "cannot start the thread for signals");
    signals->started = true;
    return THUMBS_OK;
}

void cli_signals_finish(struct cli_signals *signals)
{
    const uint64_t one = 1;
    if (signals->started) {
        /* Cannot fail: the counter is far from full. */
        while (write(signals->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
            continue;
        pthread_join(signals->thread, NULL);
        signals->started = false;
    }
    if (signals->signal_fd >= 0) th_close(signals->signal_fd);
    if (signals->stop_fd >= 0) th_close(signals->stop_fd);
    signals->signal_fd = signals->stop_fd = -1;
}
