#include "cli/bench_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "bench/results.h"
#include "cli/session.h"
#include "report/report.h"

/* Of the process, since that is what a signal handler can reach. There are no threads here (a run is a child that is
 * forked), so the handler needs no more than a flag. */
static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    if (stop_signal) _exit(128 + number);
    stop_signal = number;
}

static void catch_signals(void)
{
    const struct sigaction catch = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    struct sigaction hup;
    sigaction(SIGINT, &catch, NULL);
    sigaction(SIGTERM, &catch, NULL);
    if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler != SIG_IGN) sigaction(SIGHUP, &catch, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* ---- words --------------------------------------------------------------------------------------------------- */

static void print(int fd, const char *before, const char *text, const char *after)
{
    struct th_bytes line = {0};
    th_bytes_adds(&line, before);
    th_bytes_adds(&line, text);
    th_bytes_adds(&line, after);
    if (!th_bytes_failed(&line)) th_progress_print(NULL, fd, line.data, line.len);
    th_bytes_finish(&line);
}

static void complain(const char *what, const char *why)
{
    struct th_bytes line = {0};
    if (what) {
        th_report_add_escaped(&line, what, true);
        th_bytes_adds(&line, ": ");
    }
    th_report_add_escaped(&line, why, true);
    print(STDERR_FILENO, "thumbs: ", th_bytes_str(&line), "\n");
    th_bytes_finish(&line);
}

static void show_progress(void *user, const char *what)
{
    (void)user;
    print(STDERR_FILENO, "\r", what, "\033[K");
}

static void print_notes(const struct th_bench_result *result)
{
    const char *note = th_bytes_str(&result->notes);
    while (*note) {
        struct th_bytes line = {0};
        const size_t len = strcspn(note, "\n");
        th_bytes_add(&line, note, len);
        complain(NULL, th_bytes_str(&line));
        th_bytes_finish(&line);
        note += len + (note[len] == '\n');
    }
}

/* ---- files --------------------------------------------------------------------------------------------------- */

typedef void format_fn(const struct th_bench_result *result, struct th_bytes *b);

/* A file to write: opened before the first run, so that a wrong name costs no time, and
 * changed only when there is something to write. */
struct output {
    const char *name; /* NULL: not wanted */
    format_fn *format;
    int fd;
};

static bool open_output(struct output *output)
{
    output->fd = -1;
    if (!output->name) return true;
    if (strcmp(output->name, "-") == 0) {
        output->fd = STDOUT_FILENO;
        return true;
    }
    output->fd = th_openat(AT_FDCWD, output->name, O_WRONLY | O_CREAT, 0666);
    if (output->fd < 0) complain(output->name, strerror(errno));
    return output->fd >= 0;
}

static bool write_output(struct output *output, const struct th_bench_result *result)
{
    struct th_bytes text = {0};
    bool done = false;
    if (!output->name) return true;
    output->format(result, &text);
    const bool owned = output->fd != STDOUT_FILENO;
    if (th_bytes_failed(&text)) complain(output->name, "no memory");
    /* What is no file, a pipe or a device, cannot be cut. */
    else if (owned && ftruncate(output->fd, 0) != 0 && errno != EINVAL)
        complain(output->name, strerror(errno));
    else if (th_write_full(output->fd, text.data, text.len) != 0)
        complain(owned ? output->name : "standard output", strerror(errno));
    else
        done = true;
    th_bytes_finish(&text);
    return done;
}

static bool close_output(struct output *output)
{
    if (!output->name || output->fd <= STDERR_FILENO) return true;
    if (th_close(output->fd) == 0) return true;
    complain(output->name, strerror(errno));
    return false;
}

/* ---- the command --------------------------------------------------------------------------------------------- */

static int status_of(enum thumbs_code code)
{
    switch (code) {
    case THUMBS_USAGE:
    case THUMBS_UNREADABLE:
    case THUMBS_VANISHED:
        return CLI_EXIT_USAGE;
    default:
        return CLI_EXIT_ABORTED;
    }
}

static int run(const struct cli_settings *settings, struct output *outputs, size_t n_outputs)
{
    struct th_bench_config config = settings->bench;
    struct th_bench_result result = {0};
    struct thumbs_error err = {0};
    const char *tmpdir = getenv("TMPDIR");
    const bool bar = !settings->quiet && isatty(STDERR_FILENO);
    bool written = true, to_stdout = false;
    config.options.worker_program = "/proc/self/exe";
    config.scratch_parent = tmpdir && *tmpdir ? tmpdir : "/tmp";
    config.stop = &stop_signal;
    config.progress = bar ? show_progress : NULL;

    const enum thumbs_code code = th_bench_run_all(&config, &result, &err);
    if (bar) print(STDERR_FILENO, "\r", "", "\033[K");
    if (stop_signal) {
        if (code == THUMBS_OK) th_bench_result_finish(&result);
        return 128 + (int)stop_signal;
    }
    if (code != THUMBS_OK) {
        complain(NULL, err.message);
        return status_of(code);
    }
    if (!settings->quiet) print_notes(&result);
    for (size_t i = 0; i < n_outputs; i++) {
        if (outputs[i].name && outputs[i].fd == STDOUT_FILENO) to_stdout = true;
        written = write_output(&outputs[i], &result) && written;
    }
    struct output table = {.name = "-", .format = th_bench_table, .fd = to_stdout ? STDERR_FILENO : STDOUT_FILENO};
    if (!to_stdout || !settings->quiet) written = write_output(&table, &result) && written;
    const bool identical = result.identical;
    if (!identical) complain("outputs differ", result.difference);
    th_bench_result_finish(&result);
    if (!written) return CLI_EXIT_ABORTED;
    return identical ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

int cli_bench_run(const struct cli_settings *settings)
{
    struct output outputs[] = {{settings->bench_json, th_bench_json, -1},
                               {settings->bench_csv, th_bench_csv, -1},
                               {settings->bench_svg, th_bench_svg, -1}};
    const size_t n_outputs = sizeof outputs / sizeof *outputs;
    bool good = true;
    int status = CLI_EXIT_ABORTED;
    catch_signals();
    for (size_t i = 0; i < n_outputs; i++)
        good = open_output(&outputs[i]) && good;
    if (good) status = run(settings, outputs, n_outputs);
    for (size_t i = 0; i < n_outputs; i++) {
        if (!close_output(&outputs[i]) && status == CLI_EXIT_OK) status = CLI_EXIT_ABORTED;
    }
    return status;
}
