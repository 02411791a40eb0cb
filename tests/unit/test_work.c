/* SPDX-License-Identifier: MIT */
/* The messages between processes, and executors that cannot start; whole runs: tests/property,
 * tests/stress. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "work/check.h"
#include "work/timed_make.h"
#include "work/wire.h"
#include "work/work.h"

static void make_pair(int pair[2])
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

Test(wire, carries_messages_and_descriptors, .timeout = 120)
{
    int pair[2], fds[2], got[TH_WIRE_MAX_FDS];
    char text[16] = "";
    size_t n = TH_WIRE_MAX_FDS;
    make_pair(pair);
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(th_wire_send(pair[0], "hello", 6, fds, 2), 0);
    cr_assert_eq(th_wire_receive(pair[1], text, sizeof text, got, &n), 6);
    cr_assert_str_eq(text, "hello");
    cr_assert_eq(n, 2u);
    cr_assert_eq(write(got[1], "x", 1), 1);
    cr_assert_eq(read(fds[0], text, 1), 1, "the descriptors are those of the pipe");
    cr_assert(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
}

Test(wire, closes_descriptors_nobody_asked_for, .timeout = 120)
{
    int pair[2], fds[2];
    char text[16];
    size_t n = 0;
    make_pair(pair);
    cr_assert_eq(pipe(fds), 0);
    int next = dup(0);
    close(next); /* the lowest free number: a descriptor that is kept would take it */
    cr_assert_eq(th_wire_send(pair[0], "a", 1, fds, 2), 0);
    cr_assert_eq(th_wire_receive(pair[1], text, sizeof text, NULL, &n), 1);
    cr_assert_eq(n, 0u);
    int again = dup(0);
    cr_assert_eq(again, next);
}

Test(wire, refuses_what_is_too_long_and_sees_the_end, .timeout = 120)
{
    int pair[2];
    char text[4];
    make_pair(pair);
    cr_assert_eq(th_wire_send(pair[0], "too long", 8, NULL, 0), 0);
    cr_assert_eq(th_wire_receive(pair[1], text, sizeof text, NULL, NULL), -1);
    cr_assert_eq(errno, EMSGSIZE);
    close(pair[0]);
    cr_assert_eq(th_wire_receive(pair[1], text, sizeof text, NULL, NULL), 0);
    cr_assert_eq(th_wire_send(pair[1], "x", 1, NULL, 0), -1, "and no SIGPIPE");
}

Test(wire, a_reply_is_as_long_as_its_outputs)
{
    cr_assert_eq(th_wire_reply_size(1) - th_wire_reply_size(0), sizeof(struct th_image_output));
    cr_assert_leq(th_wire_reply_size(THUMBS_MAX_OUTPUTS), sizeof(struct th_wire_reply));
}

/* ---- what a worker says ---- */

/* Two sizes, of which the second has a free side, in the source's format. */
static const struct thumbs_image_options asked = {.n_sizes = 2,
                                                  .sizes = {{100, 80, false}, {50, 0, false}},
                                                  .n_formats = 1,
                                                  .formats = {THUMBS_FORMAT_KEEP},
                                                  .max_pixels = 10000};

/* An answer within the protocol; its length. */
static size_t answer(struct th_wire_reply *reply)
{
    *reply =
        (struct th_wire_reply){.id = 7, .result = {.width = 100, .height = 100, .n_outputs = 2}};
    reply->result.source_format = THUMBS_FORMAT_PNG;
    reply->result.outputs[0] = (struct th_image_output){
        .len = 30, .format = THUMBS_FORMAT_PNG, .sizes = 1, .width = 80, .height = 80};
    reply->result.outputs[1] = (struct th_image_output){.offset = 30,
                                                        .len = 12,
                                                        .format = THUMBS_FORMAT_PNG,
                                                        .sizes = 2,
                                                        .width = 50,
                                                        .height = 50};
    return th_wire_reply_size(2);
}

/* The same of a picture that is no larger than both sizes. */
static size_t answer_once(struct th_wire_reply *reply)
{
    answer(reply);
    reply->result.n_outputs = 1;
    reply->result.outputs[0].sizes = 3;
    reply->result.outputs[0].width = reply->result.outputs[0].height = 50;
    return th_wire_reply_size(1);
}

static size_t refuse(struct th_wire_reply *reply)
{
    *reply = (struct th_wire_reply){
        .id = 7, .error = {.code = THUMBS_CORRUPT, .stage = THUMBS_STAGE_DECODE}};
    strcpy(reply->error.message, "file ends early");
    return th_wire_reply_size(0);
}

static bool is_taken(struct th_wire_reply *reply, size_t size, uint64_t *sink_bytes)
{
    struct th_check expected = {.image = &asked, .id = 7};
    *sink_bytes = 999;
    return th_check_reply(&expected, reply, size, sink_bytes);
}

Test(check, takes_what_keeps_to_the_protocol)
{
    struct th_wire_reply reply;
    uint64_t sink_bytes;
    size_t size = answer(&reply);
    cr_expect(is_taken(&reply, size, &sink_bytes));
    cr_expect_eq(sink_bytes, 42u);
    size = answer_once(&reply);
    cr_expect(is_taken(&reply, size, &sink_bytes));
    cr_expect_eq(sink_bytes, 30u);
    struct thumbs_image_options enlarged = asked;
    enlarged.enlarge = 1;
    struct th_check apart = {.image = &enlarged, .id = 7};
    cr_expect_not(th_check_reply(&apart, &reply, size, &sink_bytes));
    size = refuse(&reply);
    cr_expect(is_taken(&reply, size, &sink_bytes));
    cr_expect_eq(sink_bytes, 0u);
    struct th_check nothing = {.image = &asked, .no_work = true, .id = 7};
    reply.error.code = THUMBS_OK;
    cr_expect(th_check_reply(&nothing, &reply, size, &sink_bytes));
}

/* One violation each: a field of an answer, set to something else. */
#define EXPECT_VIOLATION(make, field, value)                                                       \
    do {                                                                                           \
        struct th_wire_reply reply_;                                                               \
        uint64_t sink_bytes_;                                                                      \
        size_t size_ = make(&reply_);                                                              \
        reply_.field = (value);                                                                    \
        cr_expect_not(is_taken(&reply_, size_, &sink_bytes_), #field " = " #value);                \
        cr_expect_eq(sink_bytes_, 999u, #field " = " #value);                                      \
    } while (0)

Test(check, finds_violations_of_the_protocol)
{
    EXPECT_VIOLATION(answer, id, 8);
    EXPECT_VIOLATION(answer, error.stage, THUMBS_N_STAGES);
    EXPECT_VIOLATION(answer, result.n_outputs, 1);
    EXPECT_VIOLATION(answer, result.n_outputs, UINT32_MAX);
    EXPECT_VIOLATION(answer, result.source_format, THUMBS_N_FORMATS);
    EXPECT_VIOLATION(answer, result.damaged, 2);
    EXPECT_VIOLATION(answer, result.width, 101); /* more pixels than allowed */
    EXPECT_VIOLATION(answer, result.outputs[0].sizes, 2);
    EXPECT_VIOLATION(answer, result.outputs[1].sizes, 1);
    EXPECT_VIOLATION(answer, result.outputs[1].sizes, 0);
    EXPECT_VIOLATION(answer, result.outputs[1].sizes, 3);
    EXPECT_VIOLATION(answer, result.outputs[1].sizes, 6);
    EXPECT_VIOLATION(answer, result.outputs[1].sizes, UINT32_MAX);
    EXPECT_VIOLATION(answer_once, result.outputs[0].sizes, 1);
    EXPECT_VIOLATION(answer_once, result.outputs[0].width, 51); /* than the second size */
    EXPECT_VIOLATION(answer, result.outputs[0].format, THUMBS_FORMAT_KEEP);
    EXPECT_VIOLATION(answer, result.outputs[0].format, THUMBS_FORMAT_TIFF);
    EXPECT_VIOLATION(answer, result.outputs[0].width, 0);
    EXPECT_VIOLATION(answer, result.outputs[0].width, 101);
    EXPECT_VIOLATION(answer, result.outputs[0].height, 81);
    EXPECT_VIOLATION(answer, result.outputs[1].height, THUMBS_MAX_SIDE + 1);
    EXPECT_VIOLATION(answer, result.outputs[1].height, 201); /* more pixels than allowed */
    EXPECT_VIOLATION(answer, result.outputs[0].len, 0);
    EXPECT_VIOLATION(answer, result.outputs[0].len, 8 * 80 * 80 + (1 << 20) + 1);
    EXPECT_VIOLATION(answer, result.outputs[1].offset, UINT64_MAX - 11);
    /* A gap could be as large as a sink may be. */
    EXPECT_VIOLATION(answer, result.outputs[1].offset, 31);
    /* About DEST or the run a worker knows nothing. */
    EXPECT_VIOLATION(refuse, error.code, THUMBS_NO_SPACE);
    EXPECT_VIOLATION(refuse, error.code, THUMBS_STOPPED);
    EXPECT_VIOLATION(refuse, error.code, THUMBS_N_CODES);
    EXPECT_VIOLATION(refuse, error.stage, THUMBS_STAGE_WRITE);
}

Test(check, sees_wrong_lengths)
{
    struct th_wire_reply reply;
    uint64_t sink_bytes;
    size_t size = answer(&reply);
    cr_expect_not(is_taken(&reply, size - 1, &sink_bytes));
    cr_expect_not(is_taken(&reply, size + 1, &sink_bytes));
    cr_expect_not(is_taken(&reply, 0, &sink_bytes));
    size = refuse(&reply);
    cr_expect_not(is_taken(&reply, th_wire_reply_size(1), &sink_bytes));
    cr_expect_not(is_taken(&reply, size - 1, &sink_bytes));
}

Test(check, ends_texts_and_makes_them_one_line)
{
    struct th_wire_reply reply;
    uint64_t sink_bytes;
    size_t size = answer(&reply);
    memset(reply.result.warning, 'x', sizeof reply.result.warning);
    cr_expect(is_taken(&reply, size, &sink_bytes));
    cr_expect_eq(strlen(reply.result.warning), sizeof reply.result.warning - 1);
    size = refuse(&reply);
    strcpy(reply.error.message, "a\nthumbs: b");
    cr_expect(is_taken(&reply, size, &sink_bytes));
    cr_expect_str_eq(reply.error.message, "a?thumbs: b");
}

static void never(void *user, struct th_item *item, const struct th_outcome *outcome)
{
    (void)user;
    (void)item;
    (void)outcome;
    cr_assert_fail("there was no item");
}

static enum thumbs_code run_without_files(enum thumbs_mode mode, const char *program,
                                          struct thumbs_error *err)
{
    struct thumbs_options options;
    thumbs_options_init(&options);
    struct th_budget memory;
    th_budget_init(&memory, 1 << 30);
    struct th_work work = {.mode = mode,
                           .jobs = 2,
                           .image = &options.image,
                           .memory = &memory,
                           .queue = th_queue_create(2),
                           .worker_program = program,
                           .finish = never};
    th_queue_close(work.queue);
    enum thumbs_code code = th_work_run(&work, err);
    th_queue_destroy(work.queue);
    th_budget_finish(&memory);
    return code;
}

Test(work, ends_where_there_is_nothing_to_do, .timeout = 120)
{
    struct thumbs_error err = {0};
    cr_expect_eq(run_without_files(THUMBS_MODE_PROCESSES, TEST_PROGRAM, &err), THUMBS_OK, "%s",
                 err.message);
    cr_expect_eq(run_without_files(THUMBS_MODE_THREADS, NULL, &err), THUMBS_OK, "%s", err.message);
}

Test(work, says_which_worker_program_is_missing, .timeout = 120)
{
    struct thumbs_error err = {0};
    cr_expect_neq(run_without_files(THUMBS_MODE_PROCESSES, "/nowhere/thumbs", &err), THUMBS_OK);
    cr_expect_not_null(strstr(err.message, "/nowhere/thumbs"), "%s", err.message);
    /* A program that is not ours does not answer. */
    cr_expect_neq(run_without_files(THUMBS_MODE_PROCESSES, "/bin/true", &err), THUMBS_OK);
    cr_expect_not_null(strstr(err.message, "does not answer"), "%s", err.message);
}

/* ---- the time that a file may take ---- */

/* A sink that loses time when it grows: by doing nothing, as if the process had been stopped there,
 * or by working. */
struct slow_sink {
    struct th_sink sink; /* first */
    unsigned n_sleeps;   /* how often yet to lose it */
    uint64_t sleep_ns, work_ns;
    unsigned n_grown;
};

static bool lose_time(struct th_sink *sink, size_t need)
{
    struct slow_sink *slow = sink->user;
    struct timespec pause = {.tv_sec = (time_t)(slow->sleep_ns / 1000000000),
                             .tv_nsec = (long)(slow->sleep_ns % 1000000000)};
    slow->n_grown++;
    if (slow->n_sleeps > 0) {
        slow->n_sleeps--;
        nanosleep(&pause, NULL);
        struct timespec start, now;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
        do {
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        } while ((uint64_t)(now.tv_sec - start.tv_sec) * 1000000000 +
                     (uint64_t)(now.tv_nsec - start.tv_nsec) <
                 slow->work_ns);
    }
    if (need <= sink->cap) return true;
    uint8_t *data = realloc(sink->data, need);
    if (!data) return false;
    sink->data = data;
    sink->cap = need;
    return true;
}

static uint8_t *read_sample(const char *name, size_t *len)
{
    char path[500];
    snprintf(path, sizeof path, "%s/%s", TEST_SAMPLES, name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    uint8_t *data = malloc(1 << 22);
    *len = fread(data, 1, 1 << 22, file);
    fclose(file);
    return data;
}

/* The time is lost with one thumbnail and noticed before the next. */
static enum thumbs_code make_slowly(struct slow_sink *slow, uint64_t timeout_ns)
{
    static struct th_image_result result;
    struct thumbs_options options;
    struct thumbs_error err = {0};
    size_t len;
    uint8_t *data = read_sample("photos/dunes.jpg", &len);
    thumbs_options_init(&options);
    /* Each is more than the memory that the sink may have left of the try before. */
    options.image.n_sizes = 4;
    options.image.quality = 100;
    for (uint32_t i = 0; i < 4; i++)
        options.image.sizes[i] =
            (struct thumbs_size){.width = 500 - i, .height = 500 - i, .square = true};
    slow->sink = (struct th_sink){.grow = lose_time, .user = slow};
    enum thumbs_code code = th_work_make(data, len, &options.image, (struct th_image_limits){0},
                                         timeout_ns, &slow->sink, &result, &err);
    free(slow->sink.data);
    free(data);
    return code;
}

enum { MS = 1000000 };

Test(make, what_was_stopped_gets_its_time_once_more, .timeout = 120)
{
    struct slow_sink slow = {.n_sleeps = 1, .sleep_ns = UINT64_C(2500) * MS};
    cr_expect_eq(make_slowly(&slow, UINT64_C(2000) * MS), THUMBS_OK);
    slow = (struct slow_sink){.n_sleeps = 100, .sleep_ns = UINT64_C(700) * MS};
    cr_expect_eq(make_slowly(&slow, UINT64_C(500) * MS), THUMBS_TIMEOUT, "but not for ever");
}

Test(make, what_takes_too_long_does_not, .timeout = 120)
{
    struct slow_sink slow = {.n_sleeps = 1, .work_ns = UINT64_C(700) * MS};
    uint64_t start_ns = th_now_ns();
    enum thumbs_code code = make_slowly(&slow, UINT64_C(500) * MS);
    /* On a machine that gave it less than half of its time it is right to try again. */
    if (th_now_ns() - start_ns < UINT64_C(1300) * MS) cr_expect_eq(code, THUMBS_TIMEOUT);
    slow = (struct slow_sink){.n_sleeps = 1, .sleep_ns = UINT64_C(100) * MS};
    cr_expect_eq(make_slowly(&slow, 0), THUMBS_OK, "no time-out at all");
}
