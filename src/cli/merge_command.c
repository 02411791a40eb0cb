/* SPDX-License-Identifier: MIT */
#include "cli/merge_command.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "cli/session.h"
#include "merge/stream.h"
#include "report/report.h"

struct merge {
    const struct cli_settings *settings;
    struct th_verdict verdict;
    bool escape;
    int os_errno; /* of the first failure to write the joined report */
};

static void print_line(struct th_bytes *line)
{
    th_bytes_addc(line, '\n');
    if (!th_bytes_failed(line)) th_progress_print(NULL, STDERR_FILENO, line->data, line->len);
    th_bytes_finish(line);
}

static void complain(struct merge *m, const char *what, const char *why)
{
    struct th_bytes line = {0};
    th_bytes_adds(&line, "thumbs: ");
    th_report_add_name(&line, what, m->escape);
    th_bytes_adds(&line, ": ");
    th_report_add_escaped(&line, why, m->escape);
    print_line(&line);
}

static void put(struct merge *m, const char *text, size_t len)
{
    if (!m->os_errno && th_write_full(STDOUT_FILENO, text, len) != 0) m->os_errno = errno;
}

static void on_failure(void *user, const struct th_line *line, const char *text, size_t len)
{
    struct merge *m = user;
    const struct thumbs_event event = {
        .source = line->source, .status = line->status, .error = &line->error};
    struct th_bytes words = {0};
    th_report_event_text(&words, &event, TH_TEXT_PROBLEM, m->escape);
    if (words.len) th_progress_print(NULL, STDERR_FILENO, words.data, words.len);
    th_bytes_finish(&words);
    put(m, text, len);
    put(m, "\n", 1);
}

static void on_flaw(void *user, const char *name, uint64_t n_line, const char *why)
{
    struct merge *m = user;
    struct th_bytes what = {0};
    th_bytes_adds(&what, name);
    if (n_line) th_bytes_addf(&what, ":%llu", (unsigned long long)n_line);
    complain(m, th_bytes_str(&what), why);
    th_bytes_finish(&what);
}

static void read_report(struct merge *m, const char *name)
{
    const struct th_stream_sink sink = {.on_failure = on_failure, .on_flaw = on_flaw, .user = m};
    const bool is_stdin = strcmp(name, "-") == 0;
    const int fd = is_stdin ? STDIN_FILENO : th_openat(AT_FDCWD, name, O_RDONLY | O_NOCTTY, 0);
    if (fd < 0) {
        m->verdict.is_flawed = true;
        complain(m, name, strerror(errno));
        return;
    }
    th_stream_read(&m->verdict, fd, is_stdin ? "standard input" : name, &sink);
    if (!is_stdin) close(fd);
}

static void tell_missing(struct merge *m, bool incomplete, const char *what)
{
    struct th_bytes list = {0};
    th_verdict_add_missing(&m->verdict, incomplete, &list);
    if (list.len) complain(m, what, th_bytes_str(&list));
    th_bytes_finish(&list);
}

static void tell(struct merge *m)
{
    struct th_bytes text = {0};
    tell_missing(m, false, "no report of");
    tell_missing(m, true, "did not finish");
    th_verdict_json(&m->verdict, &text);
    put(m, text.data, text.len);
    th_bytes_clear(&text);
    if (!m->settings->quiet) {
        th_bytes_addf(&text, "%lu of %lu shards: ", (unsigned long)m->verdict.n_there,
                      (unsigned long)m->verdict.n_shards);
        th_report_summary_text(&text, &m->verdict.totals, false, NULL, false);
        th_progress_print(NULL, STDERR_FILENO, text.data, text.len);
    }
    th_bytes_finish(&text);
}

int cli_merge_run(const struct cli_settings *settings)
{
    struct merge m = {.settings = settings, .escape = isatty(STDERR_FILENO)};
    if (!th_fd_is_open_for(STDOUT_FILENO, O_WRONLY)) {
        complain(&m, "standard output", "is closed, or not open for writing");
        return CLI_EXIT_ABORTED;
    }
    th_verdict_init(&m.verdict, settings->merge_expect);
    for (size_t i = 0; i < settings->n_operands && !m.os_errno; i++)
        read_report(&m, settings->operands[i]);
    if (!m.os_errno) tell(&m);
    const bool is_good = th_verdict_is_good(&m.verdict);
    th_verdict_finish(&m.verdict);
    if (m.os_errno) {
        complain(&m, "standard output", strerror(m.os_errno));
        return CLI_EXIT_ABORTED;
    }
    return is_good ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}
