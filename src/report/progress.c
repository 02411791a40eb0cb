/* SPDX-License-Identifier: MIT */
/*
 * progress.c - how far the run has come, redrawn by a thread of its own.
 *
 * One lock covers what stands on the terminal: the bar and the messages that go past it. Totals are
 * asked for outside the lock, so that a message never waits for them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "report/format.h"
#include "report/report.h"

#define REDRAW_NS       100000000ull   /* bar */
#define PLAIN_NS        10000000000ull /* lines in a log */
#define SMOOTH_SECONDS  5.0 /* over about this long the pace is averaged that predicts the end */
#define MAX_BAR         40u
#define MIN_BAR         10u
#define DEFAULT_COLUMNS 80u

/* The cursor stays at the beginning of the bar. When the terminal gets narrower and wraps the bar,
 * it is still there, so that all of the bar is behind it; and a terminal that cuts lines instead
 * loses nothing. */
#define ERASE_BAR "\r\033[J"

struct th_progress {
    int fd;
    bool terminal;
    void (*read)(void *user, struct thumbs_totals *out);
    void *user;

    pthread_t thread;
    bool ended;           /* the thread; of its owner alone */
    pthread_mutex_t lock; /* covers all below */
    pthread_cond_t wake;
    bool stop;
    bool shown;           /* the bar is on the terminal, the cursor at its beginning */
    struct th_bytes line; /* the bar as last drawn */

    /* of the thread alone */
    double pace; /* settled sources per second, smoothed */
    double last_seconds;
    uint64_t last_settled;
};

/* "0:21", "12:05", "3:00:00" */
static void add_clock(struct th_bytes *b, double seconds)
{
    const unsigned long long s =
        seconds < 3.6e9 ? (unsigned long long)(seconds + 0.5) : 3600000000ull;
    if (s >= 3600)
        th_bytes_addf(b, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    else
        th_bytes_addf(b, "%llu:%02llu", s / 60, s % 60);
}

/* How many sources there will be; 0: not known yet. A count made ahead may be off where the tree
 * changes meanwhile. */
static uint64_t total_of(const struct thumbs_totals *totals)
{
    if (totals->walk_done) return totals->found;
    return totals->expected > totals->found ? totals->expected : 0;
}

/* The part behind the bar. */
static void add_facts(struct th_bytes *b, const struct thumbs_totals *totals, double pace)
{
    const uint64_t settled = th_report_settled(totals);
    const uint64_t failed = totals->by_status[THUMBS_STATUS_FAILED];
    const uint64_t total = total_of(totals);
    if (total > 0 || totals->walk_done)
        th_bytes_addf(b, "%llu/%llu", (unsigned long long)settled, (unsigned long long)total);
    else
        th_bytes_addf(b, "%llu/%llu+", (unsigned long long)settled,
                      (unsigned long long)totals->found); /* so far */
    if (total > 0)
        th_bytes_addf(b, " %u %%",
                      settled < total ? (unsigned)((double)settled * 100 / (double)total) : 100);
    th_report_add_rate(b, " ", totals);
    if (settled < total && pace > 0) {
        th_bytes_adds(b, " ETA ");
        add_clock(b, (double)(total - settled) / pace);
    }
    if (failed) th_bytes_addf(b, " %llu failed", (unsigned long long)failed);
}

static void add_bar(struct th_bytes *b, const struct thumbs_totals *totals, unsigned width)
{
    const uint64_t settled = th_report_settled(totals);
    unsigned filled = 0; /* empty while nobody knows how much there is */
    const uint64_t total = total_of(totals);
    if (total > 0)
        filled = settled < total ? (unsigned)((double)settled * width / (double)total) : width;
    if (total == 0 && totals->walk_done) filled = width;
    th_bytes_addc(b, '[');
    for (unsigned i = 0; i < width; i++)
        th_bytes_addc(b, i < filled ? '#' : '.');
    th_bytes_adds(b, "] ");
}

void th_report_progress_line(struct th_bytes *b, const struct thumbs_totals *totals,
                             double settled_per_second, unsigned columns)
{
    struct th_bytes facts = {0};
    const size_t start = b->len;
    add_facts(&facts, totals, settled_per_second);
    if (facts.len + MIN_BAR + 3 <= columns) {
        const size_t room = columns - facts.len - 3;
        add_bar(b, totals, room < MAX_BAR ? (unsigned)room : MAX_BAR);
    }
    th_bytes_adds(b, th_bytes_str(&facts));
    if (columns > 0 && b->len - start > columns) th_bytes_truncate(b, start + columns);
    th_bytes_finish(&facts);
}

/* How long a bar may be: one column less than there are, since in the last one some terminals wrap,
 * and the bar would climb. */
static unsigned room_on(int fd)
{
    struct winsize size;
    memset(&size, 0, sizeof(size));
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return DEFAULT_COLUMNS - 1;
    return size.ws_col > 1 ? size.ws_col - 1u : 1;
}

static void update_pace(struct th_progress *p, const struct thumbs_totals *totals)
{
    const uint64_t settled = th_report_settled(totals);
    const double passed = totals->seconds - p->last_seconds;
    if (passed <= 0) return;
    const double now = (double)(settled - p->last_settled) / passed;
    /* The first sample stands for all that was before it. */
    p->pace = p->last_seconds > 0 ? p->pace + (now - p->pace) * (passed / (SMOOTH_SECONDS + passed))
                                  : now;
    p->last_seconds = totals->seconds;
    p->last_settled = settled;
}

/* What cannot be drawn is lost without a message: the run does not depend on it. */
static void write_line(struct th_progress *p, const char *before, const char *after)
{
    struct th_bytes b = {0};
    th_bytes_adds(&b, before);
    th_bytes_adds(&b, th_bytes_str(&p->line));
    th_bytes_adds(&b, after);
    if (!th_bytes_failed(&b)) (void)th_write_full(p->fd, b.data, b.len);
    th_bytes_finish(&b);
}

bool th_progress_is_in_foreground(int fd)
{
    const pid_t group = tcgetpgrp(
        fd); /* -1: not the terminal of this session, so nobody else is in its foreground */
    return group < 0 || group == getpgrp();
}

/* Under the lock: may the line of the bar be touched? A job in the background leaves it to the
 * prompt, also when it was put there while the bar stood; in the foreground again it draws anew. */
static bool has_terminal(struct th_progress *p)
{
    if (!p->terminal || th_progress_is_in_foreground(p->fd)) return true;
    p->shown = false;
    return false;
}

/* Under the lock. */
static void draw(struct th_progress *p, const struct thumbs_totals *totals)
{
    th_bytes_clear(&p->line);
    if (p->terminal) {
        th_report_progress_line(&p->line, totals, p->pace, room_on(p->fd));
        write_line(p, "\r", "\033[J\r");
        p->shown = true;
    } else {
        th_report_progress_line(&p->line, totals, p->pace, 0);
        write_line(p, "thumbs: ", "\n");
    }
}

/* Under the lock: behind a message. The terminal may have become narrower. */
static void draw_again(struct th_progress *p)
{
    const unsigned room = room_on(p->fd);
    if (p->line.len > room) th_bytes_truncate(&p->line, room);
    write_line(p, "", "\r");
}

/* Under the lock: wait until `until_ns` or the end. */
static void wait_until(struct th_progress *p, uint64_t until_ns)
{
    while (!p->stop && th_now_ns() < until_ns)
        th_cond_wait_until(&p->wake, &p->lock, until_ns);
}

static void *draw_loop(void *arg)
{
    struct th_progress *p = arg;
    const uint64_t period_ns = p->terminal ? REDRAW_NS : PLAIN_NS;
    for (;;) {
        struct thumbs_totals totals;
        bool stop;
        pthread_mutex_lock(&p->lock);
        wait_until(p, th_now_ns() + period_ns);
        stop = p->stop;
        pthread_mutex_unlock(&p->lock);
        if (stop && p->terminal) break;

        memset(&totals, 0, sizeof(totals));
        p->read(p->user, &totals);
        update_pace(p, &totals);
        pthread_mutex_lock(&p->lock);
        if (has_terminal(p)) draw(p, &totals);
        pthread_mutex_unlock(&p->lock);
        if (stop) break;
    }
    return NULL;
}

enum thumbs_code th_progress_create(int fd, bool terminal,
                                    void (*read)(void *user, struct thumbs_totals *out), void *user,
                                    struct th_progress **out, struct thumbs_error *err)
{
    struct th_progress *p = th_calloc(1, sizeof(*p));
    if (!p)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE,
                            "no memory for the progress display");
    p->fd = fd;
    p->terminal = terminal;
    p->read = read;
    p->user = user;
    pthread_mutex_init(&p->lock, NULL);
    th_cond_init(&p->wake);
    const int failed = th_thread_start(&p->thread, draw_loop, p);
    if (failed) {
        pthread_cond_destroy(&p->wake);
        pthread_mutex_destroy(&p->lock);
        free(p);
        return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, failed,
                           "cannot start a thread for the progress display");
    }
    *out = p;
    return THUMBS_OK;
}

void th_progress_print(struct th_progress *p, int fd, const char *text, size_t len)
{
    if (!p) {
        (void)th_write_full(fd, text, len);
        return;
    }
    pthread_mutex_lock(&p->lock);
    if (has_terminal(p) && p->shown) (void)th_write_full(p->fd, ERASE_BAR, strlen(ERASE_BAR));
    (void)th_write_full(fd, text, len);
    if (p->shown) draw_again(p);
    pthread_mutex_unlock(&p->lock);
}

void th_progress_end(struct th_progress *p)
{
    if (!p || p->ended) return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    p->ended = true;
    pthread_mutex_lock(&p->lock);
    if (has_terminal(p) && p->shown) (void)th_write_full(p->fd, ERASE_BAR, strlen(ERASE_BAR));
    p->shown = false;
    pthread_mutex_unlock(&p->lock);
}

void th_progress_destroy(struct th_progress *p)
{
    if (!p) return;
    th_progress_end(p);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    th_bytes_finish(&p->line);
    free(p);
}
