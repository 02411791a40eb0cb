/* SPDX-License-Identifier: MIT */
#include "merge/stream.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sys.h"

#define CHUNK_BYTES 65536

struct stream {
    struct th_verdict *verdict;
    const char *name;
    const struct th_stream_sink *sink;
    uint64_t n_line;                     /* of the line at hand, from 1 */
    uint64_t counted[THUMBS_N_STATUSES]; /* in lines, since the last summary */
    bool is_open;                        /* there were lines since */
    bool is_bad;                         /* and one of them was none */
};

static void flaw(struct stream *s, uint64_t n_line, const char *why)
{
    s->verdict->is_flawed = true;
    s->sink->on_flaw(s->sink->user, s->name, n_line, why);
}

static void take_summary(struct stream *s, const struct th_line *line)
{
    char text[160];
    const char *why = NULL;
    if (memcmp(s->counted, line->by_status, sizeof s->counted) != 0)
        why = "the lines before this summary do not match its counts";
    else if (s->is_bad)
        why = "a line before this summary could not be read, so it does not count";
    else
        why = th_verdict_add(s->verdict, line, text);
    if (why) flaw(s, s->n_line, why);
    memset(s->counted, 0, sizeof s->counted);
    s->is_open = s->is_bad = false;
}

static void take_line(struct stream *s, const char *text, size_t len)
{
    struct th_line line;
    s->n_line++;
    th_line_read(&line, text, len);
    s->is_open = true;
    switch (line.kind) {
    case TH_LINE_SUMMARY:
        take_summary(s, &line);
        break;
    case TH_LINE_SOURCE:
        s->counted[line.status]++;
        if (line.status == THUMBS_STATUS_FAILED)
            s->sink->on_failure(s->sink->user, &line, text, len);
        break;
    case TH_LINE_REMOVAL:
        break;
    case TH_LINE_BAD:
        if (!s->is_bad) flaw(s, s->n_line, "this is not a line of a report");
        s->is_bad = true;
        break;
    }
    th_line_finish(&line);
}

/* Hand out all whole lines; what is left is the beginning of the next. */
static void take_lines(struct stream *s, struct th_bytes *b, size_t searched)
{
    size_t begin = 0;
    char *end;
    while ((end = memchr(b->data + searched, '\n', b->len - searched))) {
        const size_t at = (size_t)(end - b->data);
        take_line(s, b->data + begin, at - begin);
        begin = searched = at + 1;
    }
    if (begin == 0) return;
    memmove(b->data, b->data + begin, b->len - begin);
    th_bytes_truncate(b, b->len - begin);
}

static void end(struct stream *s, struct th_bytes *b)
{
    if (b->len > 0) {
        flaw(s, s->n_line + 1, "the file ends within this line");
    } else if (s->is_open) {
        flaw(s, 0, "it ends without a summary, so its run did not finish");
    } else if (s->n_line == 0) {
        flaw(s, 0, "it is empty");
    }
}

void th_stream_read(struct th_verdict *v, int fd, const char *name,
                    const struct th_stream_sink *sink)
{
    struct stream s = {.verdict = v, .name = name, .sink = sink};
    struct th_bytes b = {0};
    for (;;) {
        const size_t had = b.len;
        if (had > TH_LONGEST_LINE) {
            flaw(&s, s.n_line + 1, "this is not a line of a report");
            break;
        }
        if (!th_bytes_reserve(&b, CHUNK_BYTES)) {
            flaw(&s, s.n_line + 1, "no memory for this line");
            break;
        }
        const ssize_t n = th_read_full(fd, b.data + had, CHUNK_BYTES);
        if (n < 0) {
            flaw(&s, 0, strerror(errno));
            break;
        }
        if (n == 0) {
            end(&s, &b);
            break;
        }
        b.len += (size_t)n;
        take_lines(&s, &b, had);
    }
    th_bytes_finish(&b);
}
