/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/remove_tree.h"
#include "base/sys.h"
#include "bench/one_run.h"

enum { DEFAULT_IO_JOBS = 4, DEFAULT_URING_JOBS = 64 }; /* of the library, to be shown */

/* ---- the rows ---- */

static void add_row(struct th_bench_result *r, enum thumbs_mode mode, enum thumbs_io io,
                    unsigned jobs, unsigned io_jobs)
{
    if (!io_jobs && mode != THUMBS_MODE_SYNC)
        io_jobs = io == THUMBS_IO_URING ? DEFAULT_URING_JOBS : DEFAULT_IO_JOBS;
    r->rows[r->n_rows++] =
        (struct th_bench_row){.mode = mode, .io = io, .jobs = jobs, .io_jobs = io_jobs};
}

/* USAGE: more rows than there is room for. */
static enum thumbs_code make_rows(struct th_bench_result *r, struct thumbs_error *err)
{
    const struct th_bench_config *c = &r->config;
    const size_t n_each = c->n_ios * c->n_jobs * c->n_io_jobs;
    if (c->n_modes * n_each > TH_BENCH_MAX_ROWS)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE,
                            "at most %d combinations are possible", TH_BENCH_MAX_ROWS);
    for (size_t m = 0; m < c->n_modes; m++) {
        if (c->modes[m] == THUMBS_MODE_SYNC) {
            add_row(r, THUMBS_MODE_SYNC, THUMBS_IO_THREADS, 1, 0);
            continue;
        }
        for (size_t i = 0; i < n_each; i++)
            add_row(r, c->modes[m], c->ios[i / (c->n_jobs * c->n_io_jobs)],
                    c->jobs[i / c->n_io_jobs % c->n_jobs], c->io_jobs[i % c->n_io_jobs]);
    }
    for (size_t i = 0; i < r->n_rows; i++) {
        r->rows[i].runs = th_calloc(c->n_runs, sizeof *r->rows[i].runs);
        if (!r->rows[i].runs)
            return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for the runs");
    }
    return THUMBS_OK;
}

/* ---- runs and their outputs ---- */

struct benchmark {
    struct th_bench_result *result;
    char *scratch, *dest,
        *reference; /* reference: the outputs of the first run, once there are any */
    bool has_reference;
    uint64_t by_status[THUMBS_N_STATUSES]; /* of the first run */
};

static void note(struct th_bench_result *r, const char *text)
{
    th_bytes_adds(&r->notes, text);
    th_bytes_addc(&r->notes, '\n');
}

/* One run of a row into s->dest. */
static enum thumbs_code run_once(struct benchmark *s, const struct th_bench_row *row, bool warm_up,
                                 struct th_bench_reply *reply, struct thumbs_error *err)
{
    const struct th_bench_config *c = &s->result->config;
    struct thumbs_options options = c->options;
    if (warm_up) options.io_latency_ms = 0; /* it fills caches, which no latency helps */
    return th_bench_run_once(row, &options, c->source, s->dest, c->stop, reply, err);
}

static enum thumbs_code cannot_compare(const char *what, struct thumbs_error *err)
{
    return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, errno, "%s", what);
}

/* Where the outputs of this run are not those of the first. */
static void describe_difference(struct benchmark *s, const struct th_bench_row *row,
                                const struct th_bench_reply *reply)
{
    struct th_bench_result *r = s->result;
    struct th_bytes label = {0};
    th_bench_row_label(r->rows, r->n_rows, row, &label);
    for (size_t i = 0; i < THUMBS_N_STATUSES; i++) {
        if (s->by_status[i] == reply->run.by_status[i]) continue;
        snprintf(r->difference, sizeof r->difference,
                 "%.100s: %llu sources are %s, in the first run %llu", th_bytes_str(&label),
                 (unsigned long long)reply->run.by_status[i],
                 thumbs_status_name((enum thumbs_status)i), (unsigned long long)s->by_status[i]);
    }
    char *path = th_bench_first_difference(s->reference, s->dest);
    if (path)
        snprintf(r->difference, sizeof r->difference,
                 "%.100s: %.260s differs from that of the first run", th_bytes_str(&label), path);
    if (!r->difference[0])
        snprintf(r->difference, sizeof r->difference, "%.100s", th_bytes_str(&label));
    free(path);
    th_bytes_finish(&label);
}

/* Compare what the run made with what the first run made, and clear it away. */
static enum thumbs_code check_outputs(struct benchmark *s, const struct th_bench_row *row,
                                      const struct th_bench_reply *reply, struct thumbs_error *err)
{
    struct th_bench_result *r = s->result;
    struct th_digest digest;
    if (th_bench_digest_tree(s->dest, &digest) != 0)
        return cannot_compare("cannot read the outputs of a run", err);
    if (!s->has_reference) {
        if (rename(s->dest, s->reference) != 0)
            return cannot_compare("cannot keep the outputs of a run", err);
        s->has_reference = true;
        r->outputs = digest;
        memcpy(s->by_status, reply->run.by_status, sizeof s->by_status);
        if (reply->first_failure[0]) {
            char text[400];
            snprintf(text, sizeof text, "%llu of the sources failed, the first was %s",
                     (unsigned long long)s->by_status[THUMBS_STATUS_FAILED], reply->first_failure);
            note(r, text);
        }
        return THUMBS_OK;
    }
    const bool same = th_bench_digests_equal(&digest, &r->outputs) &&
                      memcmp(s->by_status, reply->run.by_status, sizeof s->by_status) == 0;
    if (!same && r->identical) {
        r->identical = false;
        describe_difference(s, row, reply);
    }
    if (th_remove_tree(s->dest) != 0) return cannot_compare("cannot clear the scratch folder", err);
    return THUMBS_OK;
}

static void say(const struct th_bench_result *r, const struct th_bench_row *row, unsigned i_run)
{
    struct th_bytes text = {0};
    if (!r->config.progress) return;
    if (i_run > 0)
        th_bytes_addf(&text, "run %u of %u: ", i_run, r->config.n_runs);
    else
        th_bytes_adds(&text, "warm-up: ");
    th_bench_row_label(r->rows, r->n_rows, row, &text);
    r->config.progress(r->config.user, th_bytes_str(&text));
    th_bytes_finish(&text);
}

/* What this row lacks, its mode or its I/O, other rows lack too: all of them are left out, with one
 * note. */
static size_t leave_out(struct th_bench_result *r, const struct th_bench_row *row, const char *why)
{
    const bool uring = row->mode != THUMBS_MODE_SYNC && row->io == THUMBS_IO_URING;
    char text[300];
    size_t n = 0;
    for (size_t i = 0; i < r->n_rows; i++) {
        struct th_bench_row *other = &r->rows[i];
        const bool other_uring = other->mode != THUMBS_MODE_SYNC && other->io == THUMBS_IO_URING;
        if (other->left_out || (uring ? !other_uring : other->mode != row->mode)) continue;
        other->left_out = true;
        n++;
    }
    if (uring)
        snprintf(text, sizeof text, "io_uring is left out: %s", why);
    else
        snprintf(text, sizeof text, "mode %s is left out: %s", th_bench_mode_name(row->mode), why);
    note(r, text);
    return n;
}

/* Each row once: fills the page cache, loads programs and libraries, and shows what cannot run
 * here. */
static enum thumbs_code warm_up(struct benchmark *s, struct thumbs_error *err)
{
    struct th_bench_result *r = s->result;
    size_t n_left = r->n_rows;
    for (size_t i = 0; i < r->n_rows; i++) {
        struct th_bench_row *row = &r->rows[i];
        struct th_bench_reply reply = {0};
        struct thumbs_error why = {0};
        if (row->left_out) continue;
        say(r, row, 0);
        enum thumbs_code code = run_once(s, row, true, &reply, &why);
        if (code == THUMBS_USAGE) {
            n_left -= leave_out(r, row, why.message);
            if (n_left > 0) continue;
        }
        if (code != THUMBS_OK && err) *err = why;
        if (code == THUMBS_OK) code = check_outputs(s, row, &reply, err);
        if (code != THUMBS_OK) return code;
    }
    if (s->by_status[THUMBS_STATUS_DONE] + s->by_status[THUMBS_STATUS_DAMAGED] == 0)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE,
                            "there is no picture below %.150s that can be timed", r->config.source);
    return THUMBS_OK;
}

static enum thumbs_code run_in_turn(struct benchmark *s, struct thumbs_error *err)
{
    struct th_bench_result *r = s->result;
    for (unsigned i_run = 0; i_run < r->config.n_runs; i_run++) {
        for (size_t i = 0; i < r->n_rows; i++) {
            struct th_bench_row *row = &r->rows[i];
            struct th_bench_reply reply = {0};
            if (row->left_out) continue;
            say(r, row, i_run + 1);
            enum thumbs_code code = run_once(s, row, false, &reply, err);
            if (code == THUMBS_OK) code = check_outputs(s, row, &reply, err);
            if (code != THUMBS_OK) return code;
            row->runs[row->n_runs++] = reply.run;
        }
    }
    return THUMBS_OK;
}

/* ---- what the runs say ---- */

static void summarise(struct th_bench_result *r)
{
    struct th_bench_row *sync_row = NULL;
    for (size_t i = 0; i < r->n_rows && !sync_row; i++) {
        if (r->rows[i].mode == THUMBS_MODE_SYNC) sync_row = &r->rows[i];
    }
    if (sync_row) th_bench_row_summarise(sync_row, NULL);
    for (size_t i = 0; i < r->n_rows; i++) {
        r->rows[i].peak_bytes = 0;
        th_bench_row_summarise(&r->rows[i], sync_row);
    }
    th_bench_advise(r->rows, r->n_rows, r->machine.usable, &r->advice);
}

/* ---- begin and end ---- */

/* The reference lies beside DEST, so the walk would find it if the scratch folder lay in SOURCE. */
static enum thumbs_code check_place(const char *source, const char *scratch,
                                    struct thumbs_error *err)
{
    char *real_source = realpath(source, NULL), *real_scratch = realpath(scratch, NULL);
    enum thumbs_code code = THUMBS_OK;
    if (!real_source) {
        code = th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_NONE, errno, "%.100s", source);
    } else if (real_scratch) {
        const size_t len = strcmp(real_source, "/") == 0 ? 0 : strlen(real_source);
        if (strncmp(real_scratch, real_source, len) == 0 && real_scratch[len] == '/')
            code = th_error_set(
                err, THUMBS_USAGE, THUMBS_STAGE_NONE,
                "the scratch folder %.60s would be in SOURCE; set TMPDIR to another folder",
                scratch);
    }
    free(real_source);
    free(real_scratch);
    return code;
}

static char *join(const char *folder, const char *name)
{
    struct th_bytes path = {0};
    th_bytes_addf(&path, "%s/%s", folder, name);
    return th_bytes_steal(&path);
}

static enum thumbs_code open_scratch(struct benchmark *s, struct thumbs_error *err)
{
    struct th_bench_result *r = s->result;
    char buf[24];
    char *path = join(r->config.scratch_parent, "thumbs-bench.XXXXXX");
    if (!path) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for a path");
    if (!mkdtemp(path)) {
        const int os_errno = errno;
        free(path);
        return th_error_os(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_NONE, os_errno,
                           "cannot make a scratch folder in %.100s", r->config.scratch_parent);
    }
    s->scratch = path;
    s->dest = join(path, "run");
    s->reference = join(path, "reference");
    if (!s->dest || !s->reference)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for a path");
    snprintf(r->scratch_filesystem, sizeof r->scratch_filesystem, "%s",
             th_machine_filesystem(path, buf));
    return check_place(r->config.source, path, err);
}

static void close_scratch(struct benchmark *s)
{
    if (s->scratch && th_remove_tree(s->scratch) != 0) {
        char text[400];
        snprintf(text, sizeof text, "the scratch folder %.200s could not be removed: %s",
                 s->scratch, strerror(errno));
        note(s->result, text);
    }
    free(s->scratch);
    free(s->dest);
    free(s->reference);
}

void th_bench_result_finish(struct th_bench_result *result)
{
    for (size_t i = 0; i < result->n_rows; i++)
        free(result->rows[i].runs);
    th_bytes_finish(&result->notes);
    *result = (struct th_bench_result){0};
}

enum thumbs_code th_bench_run_all(const struct th_bench_config *config, struct th_bench_result *out,
                                  struct thumbs_error *err)
{
    struct th_bench_result *r = out;
    struct benchmark s = {.result = r};
    char buf[24];
    *r = (struct th_bench_result){.config = *config, .identical = true};
    th_machine_read(&r->machine);
    snprintf(r->source_filesystem, sizeof r->source_filesystem, "%s",
             th_machine_filesystem(config->source, buf));
    enum thumbs_code code = make_rows(r, err);
    if (code == THUMBS_OK) code = open_scratch(&s, err);
    if (code == THUMBS_OK) code = warm_up(&s, err);
    if (code == THUMBS_OK) code = run_in_turn(&s, err);
    close_scratch(&s);
    if (code == THUMBS_OK)
        summarise(r);
    else
        th_bench_result_finish(r);
    return code;
}
