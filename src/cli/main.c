/* SPDX-License-Identifier: MIT */
/* main.c - the program `thumbs`: a thin layer over libthumbs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/sys.h"
#include "cli/bench_command.h"
#include "cli/merge_command.h"
#include "cli/options.h"
#include "cli/pid1.h"
#include "cli/pipe_command.h"
#include "cli/print_options.h"
#include "cli/session.h"
#include "report/report.h"

/* A file that is opened where one of the first three is closed would get its number, and then every
 * message. What takes the place of a closed one fails as it would: it cannot be read where one
 * reads, nor written where one writes. */
static void occupy_standard_fds(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) continue;
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) open("/", O_PATH);
    }
}

static void complain(const char *what, const char *why)
{
    struct th_bytes line = {0};
    th_bytes_addf(&line, "thumbs: %s%s\n", what, why);
    if (!th_bytes_failed(&line)) th_progress_print(NULL, STDERR_FILENO, line.data, line.len);
    th_bytes_finish(&line);
}

/* Help, version and options are results: to standard output, and it matters whether they got there.
 */
static int answer(const struct cli_settings *settings)
{
    struct th_bytes text = {0};
    int status = CLI_EXIT_OK;
    if (settings->action == CLI_ACTION_RUN)
        cli_print_options(&text, settings);
    else if (settings->action == CLI_ACTION_VERSION)
        cli_version(&text, settings->verbose);
    else
        cli_help(&text, settings->command, settings->action == CLI_ACTION_BRIEF_HELP);
    if (th_bytes_failed(&text)) {
        complain("", "no memory");
        status = CLI_EXIT_ABORTED;
    } else if (th_write_full(STDOUT_FILENO, text.data, text.len) != 0) {
        complain("standard output: ",
                 errno == EBADF ? "is closed, or not open for writing" : strerror(errno));
        status = CLI_EXIT_ABORTED;
    }
    th_bytes_finish(&text);
    return status;
}

static int refuse(enum thumbs_code code, const char *message)
{
    static const char pointer[] = "Try 'thumbs --help'.\n";
    complain("", message);
    if (code != THUMBS_USAGE) return CLI_EXIT_ABORTED;
    th_progress_print(NULL, STDERR_FILENO, pointer, strlen(pointer));
    return CLI_EXIT_USAGE;
}

/* Sockets and shared memory of many workers need more than the 1024 descriptors that a shell
 * usually gives. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int work(const struct cli_settings *settings)
{
    int status = cli_pid1_stand_aside();
    if (status >= 0) return status; /* the child has done it */
    if (settings->command == CLI_COMMAND_MERGE) return cli_merge_run(settings);
    if (settings->command == CLI_COMMAND_BENCH) return cli_bench_run(settings);
    return settings->is_pipe ? cli_pipe_run(settings) : cli_session_run(settings);
}

int main(int argc, char **argv)
{
    struct cli_settings settings;
    struct th_bytes message = {0};
    enum thumbs_code code;
    int status;

    if (argc > 1 && strcmp(argv[1], THUMBS_WORKER_ARG) == 0) return thumbs_worker_main();

    th_heap_stay_warm();
    occupy_standard_fds();
    raise_descriptor_limit();
    signal(SIGUSR1,
           SIG_IGN); /* a question (see watch.h) that comes too early or too late must not kill */
    signal(SIGCHLD,
           SIG_DFL); /* ignored, as some parents leave it, dead workers could not be waited for */
    code = cli_parse(argc, argv, &settings, &message);
    if (code != THUMBS_OK)
        status = refuse(code, th_bytes_str(&message));
    else if (settings.action != CLI_ACTION_RUN || settings.print_options)
        status = answer(&settings);
    else
        status = work(&settings);
    cli_settings_finish(&settings);
    th_bytes_finish(&message);
    return status;
}
