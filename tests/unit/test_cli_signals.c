/* SPDX-License-Identifier: MIT */
/*
 * Signals of a terminal and of kill(1): which of them reach a run. The run is a child with a
 * pseudo-terminal of its own, so that a Ctrl-C is one, sent by the kernel to the whole foreground
 * group.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/signals.h"

TestSuite(cli_signals, .timeout = 120);

enum { READY = 'r', ASKED = 'u', FIRST = 'a', SECOND = 'b', PATIENCE_MS = 20000, QUIET_MS = 300 };

struct child {
    pid_t pid;
    int terminal; /* the side of who types */
    int news;     /* one byte for whatever happens, and one that says which signal */
};

static void tell(int fd, char what, int signal_number)
{
    const char message[2] = {what, (char)signal_number};
    if (write(fd, message, sizeof message) != (ssize_t)sizeof message) _exit(99);
}

static void on_first(void *user, int signal_number)
{
    tell(*(int *)user, FIRST, signal_number);
}

static void on_ask(void *user)
{
    tell(*(int *)user, ASKED, 0);
}

static void on_second(void *user, int signal_number)
{
    tell(*(int *)user, SECOND, signal_number);
}

static void live(int news, int ignored)
{
    struct cli_signals signals = {
        .on_ask = on_ask, .on_first = on_first, .on_second = on_second, .user = &news};
    for (int i = 1; i < 32; i++)
        signal(i, SIG_DFL);
    if (ignored) signal(ignored, SIG_IGN);
    if (cli_signals_init(&signals, NULL) != THUMBS_OK) _exit(98);
    tell(news, READY, 0);
    for (;;)
        pause();
}

/* A child that listens, with `ignored` (0: none) ignored from its beginning. */
static struct child begin(int ignored)
{
    int pipe_fds[2], slave;
    struct child child;
    cr_assert_eq(pipe(pipe_fds), 0);
    if (openpty(&child.terminal, &slave, NULL, NULL, NULL) != 0)
        cr_skip_test("no pseudo-terminal: %s", strerror(errno));
    child.pid = fork();
    if (child.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
        close(child.terminal);            /* so that it is hung up when the test closes it */
        if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) != 0 || tcsetpgrp(slave, getpid()) != 0)
            _exit(97);
        live(pipe_fds[1], ignored);
    }
    close(slave);
    close(pipe_fds[1]);
    child.news = pipe_fds[0];
    return child;
}

/* What is told within so many milliseconds, or 0. */
static int listen_to(const struct child *child, int timeout_ms, int *signal_number)
{
    struct pollfd ready = {.fd = child->news, .events = POLLIN};
    char message[2];
    if (poll(&ready, 1, timeout_ms) <= 0 || read(child->news, message, 2) != 2) return 0;
    *signal_number = message[1];
    return message[0];
}

static void expect(const struct child *child, int what, int signal_number)
{
    int got_signal = -1, got = listen_to(child, PATIENCE_MS, &got_signal);
    cr_assert_eq(got, what, "got '%c' instead of '%c'", got ? got : '0', what);
    cr_assert_eq(got_signal, signal_number);
}

static void expect_quiet(const struct child *child)
{
    int signal_number, got = listen_to(child, QUIET_MS, &signal_number);
    cr_assert_eq(got, 0, "got '%c' of signal %d", got, signal_number);
}

static void expect_end(const struct child *child, int exit_status)
{
    int status = 0;
    cr_assert_eq(waitpid(child->pid, &status, 0), child->pid);
    cr_assert(WIFEXITED(status), "status %d", status);
    cr_assert_eq(WEXITSTATUS(status), exit_status, "exit status %d", WEXITSTATUS(status));
    close(child->terminal);
    close(child->news);
}

static void press_ctrl_c(const struct child *child)
{
    cr_assert_eq(write(child->terminal, "\003", 1), 1);
}

Test(cli_signals, ctrl_c_once_and_twice)
{
    struct child child = begin(0);
    expect(&child, READY, 0);
    press_ctrl_c(&child);
    expect(&child, FIRST, SIGINT);
    press_ctrl_c(&child);
    expect(&child, SECOND, SIGINT);
    expect_end(&child, 128 + SIGINT);
}

Test(cli_signals, hang_up_of_the_terminal)
{
    struct child child = begin(0);
    expect(&child, READY, 0);
    close(child.terminal);
    expect(&child, FIRST, SIGHUP);
    kill(child.pid, SIGTERM);
    expect(&child, SECOND, SIGTERM);
    child.terminal = -1;
    expect_end(&child, 128 + SIGTERM);
}

/* A job that a script's shell put into the background: Ctrl-C is for the job in the foreground. */
Test(cli_signals, ctrl_c_is_not_for_a_job_in_the_background)
{
    struct child child = begin(SIGINT);
    expect(&child, READY, 0);
    press_ctrl_c(&child);
    press_ctrl_c(&child);
    expect_quiet(&child);
    kill(child.pid, SIGINT); /* this one is meant for it */
    expect(&child, FIRST, SIGINT);
    press_ctrl_c(&child);
    expect_quiet(&child);
    kill(child.pid, SIGINT);
    expect(&child, SECOND, SIGINT);
    expect_end(&child, 128 + SIGINT);
}

/* nohup */
Test(cli_signals, hang_up_stays_ignored)
{
    struct child child = begin(SIGHUP);
    expect(&child, READY, 0);
    kill(child.pid, SIGHUP);
    close(child.terminal);
    child.terminal = -1;
    kill(child.pid, SIGPIPE);
    expect_quiet(&child);
    kill(child.pid, SIGUSR1);
    expect(&child, ASKED, 0);
    kill(child.pid, SIGTERM);
    expect(&child, FIRST, SIGTERM);
    kill(child.pid, SIGTERM);
    expect(&child, SECOND, SIGTERM);
    expect_end(&child, 128 + SIGTERM);
}
