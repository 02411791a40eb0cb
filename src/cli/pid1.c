/* SPDX-License-Identifier: MIT */
#include "cli/pid1.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Wait for all that have ended. True: the work was among them. */
static bool reap(pid_t work, int *exit_status)
{
    bool over = false;
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != work) continue;
        over = true;
        *exit_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return over;
}

/* What a terminal sends goes to its whole foreground group, so the work has it already, and must
 * not take it for a second one. A hang-up goes to the first process of the session alone, which is
 * this one. */
static bool is_to_be_passed_on(const siginfo_t *info)
{
    return info->si_code != SI_KERNEL || info->si_signo == SIGHUP;
}

static int keep(pid_t work, const sigset_t *all)
{
    int exit_status = 0;
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(all, &info);
        if (number < 0) continue; /* EINTR: stopped and resumed */
        if (number == SIGCHLD) {
            if (reap(work, &exit_status)) return exit_status;
        } else if (is_to_be_passed_on(&info)) {
            kill(work, number);
        }
    }
}

int cli_pid1_stand_aside(void)
{
    sigset_t all, before;
    if (getpid() != 1) return -1;
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, &before) != 0) return -1;
    pid_t work = fork();
    if (work > 0) return keep(work, &all);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return -1;
}
