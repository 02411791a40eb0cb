/* SPDX-License-Identifier: MIT */
/*
 * session.c - runs a batch, and reports what comes of it.
 *
 * Order of the end: the run is over; the report is written out; the watch ends; the bar goes; the
 * summary, which is the last line; then signals are no longer listened to, and only then the batch
 * goes, so that a late Ctrl-C always finds what it stops.
 */
#include "cli/session.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "cli/output.h"
#include "cli/self.h"
#include "cli/signals.h"
#include "cli/watch.h"
#include "follow/follow.h"
#include "report/report.h"

struct session {
    const struct cli_settings *settings;
    bool escape; /* standard error is a terminal */
    struct cli_signals signals;
    struct cli_watch watch;
    struct cli_output output;
    struct th_progress *progress; /* changed under the lock, for the watch */
    bool bar;                     /* progress is drawn in place */
    bool again;                   /* not the first pass: what did not change was told before */
    const struct thumbs_changes *changes; /* that this pass is about; NULL: all */

    /* Covers all below; held while a batch is asked to stop, so that it is not destroyed
     * meanwhile. */
    pthread_mutex_t lock;
    struct thumbs_batch *batch;
    struct th_follow *follow; /* NULL: it does not watch */
    int signal;               /* the first that came, 0: none */
    bool broken;              /* report or listing could not be written */
};

/* ---- messages -------------------------------------------------------------------------------- */

static void print(struct session *s, const struct th_bytes *text)
{
    if (text->len > 0) th_progress_print(s->progress, STDERR_FILENO, text->data, text->len);
}

/* "thumbs: what: why" */
static void complain(struct session *s, const char *what, const char *why)
{
    struct th_bytes line = {0};
    th_bytes_adds(&line, "thumbs: ");
    if (what) {
        th_report_add_name(&line, what, s->escape);
        th_bytes_adds(&line, ": ");
    }
    th_report_add_escaped(&line, why, s->escape);
    th_bytes_addc(&line, '\n');
    print(s, &line);
    th_bytes_finish(&line);
}

static void on_complaint(void *user, const char *what, const char *why)
{
    complain(user, what, why);
}

static bool is_terminal(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

/* ---- reasons to stop ------------------------------------------------------------------------- */

static void on_first_signal(void *user, int signal_number)
{
    struct session *s = user;
    pthread_mutex_lock(&s->lock);
    s->signal = signal_number;
    if (s->batch) thumbs_batch_stop(s->batch);
    if (s->follow) th_follow_stop(s->follow);
    pthread_mutex_unlock(&s->lock);
}

static void on_second_signal(void *user, int signal_number)
{
    static const char line[] =
        "\nthumbs: a second signal: ended at once; what was under way is not "
        "made, the next run makes it\n";
    struct session *s = user;
    const bool bar = s->bar && th_progress_is_in_foreground(STDERR_FILENO);
    (void)signal_number;
    if (s->settings->quiet && !bar) return;
    /* Behind a bar the line begins anew; with --quiet the prompt of the shell has one of its own.
     * No lock: whoever holds it may be what hangs. */
    const char *const text = bar ? line : line + 1;
    if (write(STDERR_FILENO, text, s->settings->quiet ? 1 : strlen(text)) < 0) return;
}

static void on_ask(void *user)
{
    struct session *s = user;
    cli_watch_ask(&s->watch);
}

/* Also under --quiet: that a run hangs is no small talk. */
static void on_watch(void *user, const struct th_bytes *text)
{
    struct session *s = user;
    pthread_mutex_lock(&s->lock);
    struct th_progress *progress = s->progress;
    pthread_mutex_unlock(&s->lock);
    th_progress_print(progress, STDERR_FILENO, text->data,
                      text->len); /* it goes only after the watch */
}

static void on_broken(void *user)
{
    struct session *s = user;
    pthread_mutex_lock(&s->lock);
    s->broken = true;
    if (s->batch) thumbs_batch_stop(s->batch);
    if (s->follow) th_follow_stop(s->follow);
    pthread_mutex_unlock(&s->lock);
}

static int signal_so_far(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    const int number = s->signal;
    pthread_mutex_unlock(&s->lock);
    return number;
}

static bool is_broken(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    const bool broken = s->broken;
    pthread_mutex_unlock(&s->lock);
    return broken;
}

/* ---- events ---------------------------------------------------------------------------------- */

/* The line on standard error, if this event gets one. */
static void report_event(struct session *s, const struct thumbs_event *event, struct th_bytes *line)
{
    const struct cli_settings *settings = s->settings;
    const bool unwelcome = event->status == THUMBS_STATUS_SKIPPED && event->named;
    if (settings->quiet && event->status != THUMBS_STATUS_FAILED && !unwelcome) return;
    th_report_event_text(line, event, settings->verbose ? TH_TEXT_VERBOSE : TH_TEXT_PROBLEM,
                         s->escape);
    print(s, line);
}

/* Does it tell of a change? A file that went while it was looked at is told of by its end. */
static bool is_news(const struct thumbs_event *event)
{
    switch (event->status) {
    case THUMBS_STATUS_UP_TO_DATE:
    case THUMBS_STATUS_KNOWN:
    case THUMBS_STATUS_SKIPPED:
        return false;
    case THUMBS_STATUS_FAILED:
        return !event->error || event->error->code != THUMBS_VANISHED;
    default:
        return true;
    }
}

static void on_event(void *user, const struct thumbs_event *event)
{
    struct session *s = user;
    struct th_bytes line = {0};
    if (s->again && !is_news(event)) return;
    cli_output_add(&s->output, event);
    report_event(s, event, &line);
    th_bytes_finish(&line);
}

static void on_removal(void *user, const struct thumbs_removal *removal)
{
    struct session *s = user;
    struct th_bytes line = {0};
    cli_output_add_removal(&s->output, removal);
    if (s->settings->verbose && !removal->planned) {
        th_report_removal_text(&line, removal, s->escape);
        print(s, &line);
    }
    th_bytes_finish(&line);
}

static void read_totals(void *user, struct thumbs_totals *out)
{
    struct session *s = user;
    thumbs_batch_totals(s->batch, out); /* set before the display starts, cleared after it ended */
}

/* ---- begin, run, end ------------------------------------------------------------------------- */

/* The count ahead costs a second walk, so it is made only where somebody looks. */
static bool may_show_progress(const struct cli_settings *settings)
{
    if (settings->progress == CLI_PROGRESS_ALWAYS) return true;
    return settings->progress == CLI_PROGRESS_AUTO && !settings->quiet &&
           is_terminal(STDERR_FILENO);
}

static void start_progress(struct session *s)
{
    const bool terminal = is_terminal(STDERR_FILENO);
    struct thumbs_error err = {0};
    const bool torn = cli_output_is_on_terminal(&s->output);
    if (!may_show_progress(s->settings) || (s->settings->progress == CLI_PROGRESS_AUTO && torn))
        return;
    /* A run without its display is better than none. */
    struct th_progress *progress = NULL;
    if (th_progress_create(STDERR_FILENO, terminal, read_totals, s, &progress, &err) != THUMBS_OK) {
        complain(s, NULL, err.message);
        return;
    }
    pthread_mutex_lock(&s->lock);
    s->progress = progress;
    pthread_mutex_unlock(&s->lock);
    s->bar = terminal;
}

/* The status for a run that could not begin; why was said. */
static int refused(enum thumbs_code code)
{
    static const char pointer[] = "Try 'thumbs --help'.\n";
    switch (code) {
    case THUMBS_USAGE:
        th_progress_print(NULL, STDERR_FILENO, pointer, strlen(pointer));
        return CLI_EXIT_USAGE;
    case THUMBS_UNREADABLE:
    case THUMBS_VANISHED:
        return CLI_EXIT_USAGE; /* a SOURCE that is not there: nothing was done */
    default:
        return CLI_EXIT_ABORTED;
    }
}

static enum thumbs_code create_batch(struct session *s, struct thumbs_error *err)
{
    const struct cli_settings *settings = s->settings;
    struct thumbs_options options = settings->options;
    struct thumbs_batch *batch = NULL;
    enum thumbs_code code;
    options.count_ahead = may_show_progress(settings) && !s->again;
    options.wait |= settings->keep_in_step;
    options.changes = s->changes;
    if (s->again) options.force = options.retry_failed = false; /* the first pass has done it */
    options.worker_program = cli_self_program(); /* this program, also where it is not installed */
    code = thumbs_batch_create(&options, settings->sources, settings->n_sources, settings->dest,
                               &batch, err);
    if (code != THUMBS_OK) {
        err->code = code;
        return code;
    }
    pthread_mutex_lock(&s->lock);
    s->batch = batch;
    if (s->signal) thumbs_batch_stop(batch); /* it came while there was nothing to stop */
    pthread_mutex_unlock(&s->lock);
    cli_watch_set_batch(&s->watch, batch);
    return THUMBS_OK;
}

/* Why a run that ended ended early, before the summary. */
static void explain(struct session *s, enum thumbs_code code, const struct thumbs_error *err,
                    int signal_number)
{
    struct th_bytes why = {0};
    if (code != THUMBS_OK && code != THUMBS_STOPPED) {
        complain(s, thumbs_stage_name(err->stage), err->message);
    } else if (s->settings->quiet || code == THUMBS_OK || is_broken(s)) {
        return;
    } else if (signal_number) {
        const char *name = sigabbrev_np(signal_number);
        th_bytes_addf(&why, "stopped by SIG%s, the rest was not begun", name ? name : "?");
        complain(s, NULL, th_bytes_str(&why));
    } else if (s->settings->options.fail_fast) {
        complain(s, NULL, "stopped at the first failed file, the rest was not begun");
    }
    th_bytes_finish(&why);
}

/* A run that keeps in step may have lost its batch. */
static const char *removal_problem(struct session *s)
{
    return s->batch ? thumbs_batch_removal_problem(s->batch) : NULL;
}

/* How workers were locked up, for -v; NULL if there were none. If that is less than a user may
 * count on, a note says so in any case. */
static const char *describe_sandbox(struct session *s)
{
    bool whole;
    struct th_bytes line = {0};
    const char *how = s->batch ? thumbs_batch_sandbox(s->batch, &whole) : NULL;
    if (!how || s->settings->options.sandbox == THUMBS_SANDBOX_OFF) return how ? "off" : NULL;
    if (!whole && !s->settings->quiet) {
        th_bytes_addf(&line, "workers are locked up only in part: %s", how);
        complain(s, "note", th_bytes_str(&line));
        th_bytes_finish(&line);
    }
    return how;
}

static int exit_status(struct session *s, enum thumbs_code code, const struct thumbs_totals *totals,
                       int signal_number)
{
    if (is_broken(s)) return CLI_EXIT_ABORTED;
    if (code == THUMBS_USAGE && !s->again) return CLI_EXIT_USAGE; /* again: much was done before */
    if (code != THUMBS_OK && code != THUMBS_STOPPED) return CLI_EXIT_ABORTED;
    if (signal_number) return 128 + signal_number;
    if (removal_problem(s)) return CLI_EXIT_ABORTED;
    /* Stopped, but neither by a signal nor by --fail-fast: then something was left undone that
     * nobody asked for. */
    if (code == THUMBS_STOPPED && !s->settings->options.fail_fast) return CLI_EXIT_ABORTED;
    const bool all_well = totals->by_status[THUMBS_STATUS_FAILED] == 0 &&
                          totals->named_skipped == 0 &&
                          (totals->by_status[THUMBS_STATUS_KNOWN] == 0 || !s->settings->strict);
    return all_well ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

static void on_remark(void *user, const char *text)
{
    complain(user, "note", text);
}

static enum thumbs_code wait_for_turn(struct session *s, struct thumbs_error *err)
{
    struct th_bytes line = {0};
    const char *other = thumbs_batch_waits_for(s->batch);
    if (!other) return THUMBS_OK;
    if (!s->settings->quiet) {
        th_bytes_addf(&line, "%s, which is waited for", other);
        complain(s, "note", th_bytes_str(&line));
        th_bytes_finish(&line);
    }
    cli_watch_set_step(&s->watch, "waiting for another run on DEST");
    return thumbs_batch_wait(s->batch, err);
}

/* ---- keeping in step ------------------------------------------------------------------------- */

static void drop_batch(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    struct thumbs_batch *batch = s->batch;
    s->batch = NULL;
    pthread_mutex_unlock(&s->lock);
    thumbs_batch_destroy(batch);
}

/* What a later pass has changed; the rest was counted before. */
static void add_pass(struct thumbs_totals *sum, const struct thumbs_totals *pass)
{
    static const enum thumbs_status changes[] = {THUMBS_STATUS_DONE, THUMBS_STATUS_DAMAGED,
                                                 THUMBS_STATUS_FAILED};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        sum->by_status[changes[i]] += pass->by_status[changes[i]];
    sum->removed += pass->removed;
    sum->bytes += pass->bytes;
    sum->pixels += pass->pixels;
    sum->walk_ns += pass->walk_ns;
    sum->seconds += pass->seconds;
    const struct thumbs_times *t = &pass->times;
    sum->times.load += t->load;
    sum->times.wait += t->wait;
    sum->times.decode += t->decode;
    sum->times.resize += t->resize;
    sum->times.encode += t->encode;
    sum->times.write += t->write;
}

/* One more pass, over what has changed; its batch stays. */
static enum thumbs_code pass_again(struct session *s, struct thumbs_totals *sum,
                                   struct thumbs_error *err)
{
    struct thumbs_totals pass = {0};
    drop_batch(s);
    enum thumbs_code code = create_batch(s, err);
    if (code != THUMBS_OK) return code;
    code = wait_for_turn(s, err);
    cli_watch_set_step(&s->watch, NULL);
    if (code != THUMBS_OK) return code;
    thumbs_batch_on_removal(s->batch, on_removal, s);
    code = thumbs_batch_run(s->batch, on_event, s, err);
    thumbs_batch_totals(s->batch, &pass);
    add_pass(sum, &pass);
    if (removal_problem(s)) complain(s, "--delete", removal_problem(s));
    return code;
}

/* Until a signal, or until it cannot go on. A signal while nothing is to be done is a good end. */
static enum thumbs_code keep_in_step(struct session *s, struct thumbs_totals *sum,
                                     struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    /* Between two passes there is nothing to be drawn; the watch may be printing, though. */
    th_progress_end(s->progress);
    s->bar = false;
    s->again = true;
    if (!s->settings->quiet) complain(s, "note", "now keeps DEST in step until a signal");
    while (code == THUMBS_OK) {
        cli_watch_rest(&s->watch, "waits for changes in SOURCE");
        code = th_follow_wait(s->follow, &s->changes, err);
        if (code == THUMBS_STOPPED) return THUMBS_OK;
        if (code == THUMBS_OK) code = pass_again(s, sum, err);
    }
    return code;
}

/* Before the first pass, so that nothing is missed. */
static enum thumbs_code start_following(struct session *s, struct thumbs_error *err)
{
    const struct cli_settings *settings = s->settings;
    const struct th_follow_options options = {.sources = settings->sources,
                                              .n_sources = settings->n_sources,
                                              .dest = settings->dest,
                                              .hidden = settings->options.hidden,
                                              .follow = settings->options.follow,
                                              .one_file_system = settings->options.one_file_system};
    struct th_follow *follow = NULL;
    const enum thumbs_code code = th_follow_create(&options, &follow, err);
    pthread_mutex_lock(&s->lock);
    s->follow = follow;
    if (follow && s->signal) th_follow_stop(follow);
    pthread_mutex_unlock(&s->lock);
    return code;
}

/* The run itself and all that is said of it; the batch stands. */
static int run(struct session *s)
{
    struct thumbs_error err = {0};
    struct thumbs_totals totals = {0};
    struct th_bytes line = {0};
    enum thumbs_code code;
    int signal_number;

    code = cli_output_open(&s->output);
    if (code != THUMBS_OK) return refused(code);
    if (thumbs_batch_note(s->batch) && !s->settings->quiet)
        complain(s, "note", thumbs_batch_note(s->batch));
    if (s->settings->preset_found && !s->settings->quiet)
        complain(s, "note", "options are taken from thumbs.toml in the working folder");
    if (s->settings->keep_in_step && start_following(s, &err) != THUMBS_OK) {
        complain(s, "--watch", err.message);
        return CLI_EXIT_ABORTED;
    }
    code = wait_for_turn(s, &err);
    if (code == THUMBS_OK) start_progress(s);
    cli_watch_set_step(&s->watch, NULL);
    thumbs_batch_on_removal(s->batch, on_removal, s);
    code = thumbs_batch_run(s->batch, on_event, s, &err);
    thumbs_batch_totals(s->batch, &totals);
    if (s->follow && code == THUMBS_OK) code = keep_in_step(s, &totals, &err);
    cli_watch_set_step(&s->watch, "all is done, the report is being written");
    signal_number = signal_so_far(s);
    totals.incomplete = code != THUMBS_OK;

    cli_output_close(&s->output, &totals, signal_number);
    cli_watch_stop(&s->watch);
    th_progress_destroy(s->progress);
    s->progress = NULL;
    if (code == THUMBS_OK && !s->settings->quiet) thumbs_batch_remarks(s->batch, on_remark, s);
    if (removal_problem(s)) complain(s, "--delete", removal_problem(s));
    explain(s, code, &err, signal_number);
    const char *sandbox = describe_sandbox(s);
    if (!s->settings->quiet && !s->settings->no_summary) {
        th_report_summary_text(&line, &totals, s->settings->verbose, sandbox,
                               s->settings->options.dry_run);
        print(s, &line);
    }
    th_bytes_finish(&line);
    return exit_status(s, code, &totals, signal_number);
}

/* All there is to do once signals are heard and the output is planned. */
static int begin(struct session *s)
{
    struct thumbs_error err = {0};
    if (cli_signals_init(&s->signals, &err) != THUMBS_OK) {
        complain(s, NULL, err.message);
        return CLI_EXIT_ABORTED;
    }
    if (create_batch(s, &err) == THUMBS_OK) return run(s);
    complain(s, NULL, err.message);
    return refused(err.code);
}

/* The descriptor that the list is read from by that name; -1: a file. */
static int list_descriptor(const char *list)
{
    return strcmp(list, "-") == 0 ? STDIN_FILENO : th_outfile_descriptor(list);
}

/* Can the run begin? The status if not. */
static int plan(struct session *s)
{
    const char *list = s->settings->options.files_from;
    const int number = list ? list_descriptor(list) : -1;
    if (number >= 0 && !th_fd_is_open_for(number, O_RDONLY)) {
        complain(s, number ? list : "standard input", "is closed, or not open for reading");
        return CLI_EXIT_ABORTED;
    }
    const enum thumbs_code code = cli_output_plan(&s->output);
    return code == THUMBS_OK ? CLI_EXIT_OK : refused(code);
}

int cli_session_run(const struct cli_settings *settings)
{
    struct session s = {
        .settings = settings, .escape = isatty(STDERR_FILENO), .lock = PTHREAD_MUTEX_INITIALIZER};
    struct thumbs_error err = {0};

    s.output = (struct cli_output){
        .settings = settings, .complain = on_complaint, .on_broken = on_broken, .user = &s};
    int status = plan(&s);
    if (status != CLI_EXIT_OK) {
        cli_output_finish(&s.output);
        return status;
    }
    s.signals.on_first = on_first_signal;
    s.signals.on_second = on_second_signal;
    s.signals.on_ask = on_ask;
    s.signals.user = &s;
    s.watch.print = on_watch;
    s.watch.user = &s;
    s.watch.escape = s.escape;
    /* A run without its watch is better than none. */
    if (cli_watch_init(&s.watch, "SOURCE, DEST and the report are being opened", &err) != THUMBS_OK)
        complain(&s, NULL, err.message);
    status = begin(&s);
    cli_signals_finish(&s.signals);
    cli_watch_finish(&s.watch);
    thumbs_batch_destroy(s.batch);
    th_follow_destroy(s.follow);
    cli_output_finish(&s.output);
    pthread_mutex_destroy(&s.lock);
    return status;
}
