/* SPDX-License-Identifier: MIT */
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
#include "cli/complain.h"
#include "cli/self.h"
#include "cli/session.h"
#include "report/outfile.h"
#include "report/report.h"

/* Of the process, since that is what a signal handler can reach. There are no threads here (a run
 * is a child that is forked), so the handler needs no more than a flag. */
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
    if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &catch, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGTTOU, &ignore,
              NULL); /* a word from the background does not stop it ("stty tostop") */
    sigaction(SIGXFSZ, &ignore, NULL); /* past ulimit -f a write fails instead of killing */
}

/* ---- words ----------------------------------------------------------------------------------- */

static void print(int fd, const char *before, const char *text, const char *after)
{
    struct th_bytes line = {0};
    th_bytes_adds(&line, before);
    th_bytes_adds(&line, text);
    th_bytes_adds(&line, after);
    if (!th_bytes_failed(&line)) th_progress_print(NULL, fd, line.data, line.len);
    th_bytes_finish(&line);
}

static void show_progress(void *user, const char *what)
{
    (void)user;
    if (th_progress_is_in_foreground(STDERR_FILENO)) print(STDERR_FILENO, "\r", what, "\033[K");
}

static void print_notes(const struct th_bench_result *result)
{
    const char *note = th_bytes_str(&result->notes);
    while (*note) {
        struct th_bytes line = {0};
        const size_t len = strcspn(note, "\n");
        th_bytes_add(&line, note, len);
        cli_complain(NULL, th_bytes_str(&line));
        th_bytes_finish(&line);
        note += len + (note[len] == '\n');
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

/* What is written by name: found writable before the first run, so that a wrong name costs no
 * time. */
struct figures_file {
    const char *name; /* NULL: not wanted */
    const char *what;
    void (*format)(const struct th_bench_result *result, struct th_bytes *b);
    bool (*is_ours)(const char *head, size_t len);
    struct th_outfile file;
};

static const char stdout_name[] = "standard output";

static bool goes_to_stdout(const struct figures_file *output)
{
    return output->file.kind == TH_OUTFILE_DESCRIPTOR && output->file.number == STDOUT_FILENO;
}

static void complain_of(const struct figures_file *output, const char *why)
{
    cli_complain(goes_to_stdout(output) ? stdout_name : output->name, why);
}

static enum thumbs_code plan_output(struct figures_file *outputs, size_t i,
                                    const struct th_outfile_guard *guard)
{
    struct figures_file *output = &outputs[i];
    struct thumbs_error err = {0};
    if (!output->name) return THUMBS_OK;
    enum thumbs_code code =
        th_outfile_plan(&output->file, output->name, output->what, output->is_ours, guard, &err);
    for (size_t k = 0; k < i && code == THUMBS_OK; k++) {
        if (th_outfile_is_same(&outputs[k].file, &output->file))
            code = th_error_set(&err, THUMBS_USAGE, THUMBS_STAGE_NONE, "is to be written twice");
    }
    if (code != THUMBS_OK) complain_of(output, err.message);
    return code;
}

static enum thumbs_code open_output(struct figures_file *output)
{
    struct thumbs_error err = {0};
    const enum thumbs_code code = output->name ? th_outfile_open(&output->file, &err) : THUMBS_OK;
    if (code != THUMBS_OK) complain_of(output, err.message);
    return code;
}

static bool write_text(const struct figures_file *output, int fd,
                       const struct th_bench_result *result)
{
    struct th_bytes text = {0};
    output->format(result, &text);
    const bool failed = th_bytes_failed(&text);
    const bool written = !failed && th_write_full(fd, text.data, text.len) == 0;
    if (!written) complain_of(output, failed ? "no memory" : strerror(errno));
    th_bytes_finish(&text);
    return written;
}

static bool write_output(struct figures_file *output, const struct th_bench_result *result)
{
    struct thumbs_error err = {0};
    if (!output->name) return true;
    if (!write_text(output, output->file.fd, result)) return false;
    if (th_outfile_commit(&output->file, &err) == THUMBS_OK) return true;
    cli_complain(output->name, err.message);
    return false;
}

/* ---- the command ----------------------------------------------------------------------------- */

enum { N_OUTPUTS = 3 };

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

static struct th_bench_config configure(const struct cli_settings *settings, bool bar)
{
    struct th_bench_config config = settings->bench;
    const char *tmpdir = getenv("TMPDIR");
    config.options.worker_program = cli_self_program();
    config.scratch_parent = tmpdir && *tmpdir ? tmpdir : "/tmp";
    config.stop = &stop_signal;
    config.progress = bar ? show_progress : NULL;
    return config;
}

/* The files, and the table where it is not in the way of one of them. */
static bool write_all(const struct cli_settings *settings, struct figures_file *outputs,
                      bool to_stdout, const struct th_bench_result *result)
{
    bool written = true;
    for (size_t i = 0; i < N_OUTPUTS; i++)
        written = write_output(&outputs[i], result) && written;
    const struct figures_file table = {.name = to_stdout ? "standard error" : stdout_name,
                                       .format = th_bench_table};
    if (to_stdout && settings->quiet) return written;
    return write_text(&table, to_stdout ? STDERR_FILENO : STDOUT_FILENO, result) && written;
}

static int run(const struct cli_settings *settings, struct figures_file *outputs, bool to_stdout)
{
    struct th_bench_result result = {0};
    struct thumbs_error err = {0};
    const bool bar = !settings->quiet && isatty(STDERR_FILENO);
    const struct th_bench_config config = configure(settings, bar);

    const enum thumbs_code code = th_bench_run_all(&config, &result, &err);
    if (bar) show_progress(NULL, "");
    if (stop_signal) {
        if (code == THUMBS_OK) th_bench_result_finish(&result);
        return 128 + (int)stop_signal;
    }
    if (code != THUMBS_OK) {
        cli_complain(NULL, err.message);
        return status_of(code);
    }
    if (!settings->quiet) print_notes(&result);
    const bool written = write_all(settings, outputs, to_stdout, &result);
    const bool identical = result.identical;
    if (!identical) cli_complain("outputs differ", result.difference);
    th_bench_result_finish(&result);
    if (!written) return CLI_EXIT_ABORTED;
    return identical ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

/* Look at all names before anything is opened, since /dev/fd/N means a descriptor that was given to
 * the process. */
static int prepare(struct figures_file *outputs, const struct th_outfile_guard *guard,
                   bool *to_stdout)
{
    enum thumbs_code code = THUMBS_OK;
    for (size_t i = 0; i < N_OUTPUTS && code == THUMBS_OK; i++) {
        code = plan_output(outputs, i, guard);
        *to_stdout = *to_stdout || goes_to_stdout(&outputs[i]);
    }
    if (code == THUMBS_OK && !*to_stdout && !th_fd_is_open_for(STDOUT_FILENO, O_WRONLY)) {
        cli_complain(stdout_name, "is closed, or not open for writing");
        return CLI_EXIT_ABORTED;
    }
    for (size_t i = 0; i < N_OUTPUTS && code == THUMBS_OK; i++)
        code = open_output(&outputs[i]);
    return code == THUMBS_OK ? CLI_EXIT_OK : status_of(code);
}

int cli_bench_run(const struct cli_settings *settings)
{
    struct figures_file outputs[N_OUTPUTS] = {
        {settings->bench_json, "JSON of a benchmark", th_bench_json, th_bench_is_json, {0}},
        {settings->bench_csv, "CSV of a benchmark", th_bench_csv, th_bench_is_csv, {0}},
        {settings->bench_svg, "chart of a benchmark", th_bench_svg, th_bench_is_svg, {0}}};
    const char *source = settings->operands[0];
    const struct th_outfile_guard guard = {
        .sources = &source, .n_sources = 1, .overwrite = settings->options.overwrite};
    bool to_stdout = false;
    catch_signals();
    int status = prepare(outputs, &guard, &to_stdout);
    if (status == CLI_EXIT_OK) status = run(settings, outputs, to_stdout);
    for (size_t i = 0; i < N_OUTPUTS; i++)
        th_outfile_finish(&outputs[i].file);
    return status;
}
