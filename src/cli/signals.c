/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"

static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* The signals to catch. SIGHUP stays ignored where it is (nohup). */
static void fill_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGUSR1);
    if (!is_ignored(SIGHUP)) sigaddset(set, SIGHUP);
}

/* A script's shell starts its background jobs with SIGINT ignored, so that a Ctrl-C, which the
 * terminal sends to the whole group, does not reach them: that is kept. One that somebody sends to
 * this very process by kill(1) is meant for it all the same. */
static bool is_for_others(const struct cli_signals *signals, const struct signalfd_siginfo *info)
{
    return info->ssi_signo == SIGINT && info->ssi_code == SI_KERNEL && signals->int_ignored;
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
        if (is_for_others(signals, &info)) continue;
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
    signals->int_ignored = is_ignored(SIGINT);
    fill_set(&set);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGUSR1, &ignore,
              NULL); /* blocked, it comes all the same; the fork server inherits this */
    sigaction(SIGTTOU, &ignore,
              NULL); /* a word from the background does not stop it ("stty tostop") */
    sigaction(SIGXFSZ, &ignore, NULL); /* past ulimit -f a write then fails instead of killing */
    failed = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (failed)
        return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, failed, "cannot block signals");
    /* Close-on-exec, and read only when poll() says so. */
    signals->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    signals->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (signals->signal_fd < 0 || signals->stop_fd < 0)
        return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, errno,
                           "cannot listen for signals");
    failed = th_thread_start(&signals->thread, signal_loop, signals);
    if (failed)
        return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, failed,
                           "cannot start the thread for signals");
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
