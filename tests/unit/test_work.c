/* The messages between processes, and executors that cannot start; whole runs: tests/property, tests/stress. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "work/wire.h"
#include "work/work.h"

static void make_pair(int pair[2])
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

Test(wire, carries_messages_and_descriptors, .timeout = 10)
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

Test(wire, closes_descriptors_nobody_asked_for, .timeout = 10)
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

Test(wire, refuses_what_is_too_long_and_sees_the_end, .timeout = 10)
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

static void never(void *user, struct th_item *item, const struct th_outcome *outcome)
{
    (void)user;
    (void)item;
    (void)outcome;
    cr_assert_fail("there was no item");
}

static enum thumbs_code run_without_files(enum thumbs_mode mode, const char *program, struct thumbs_error *err)
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

Test(work, ends_where_there_is_nothing_to_do, .timeout = 30)
{
    struct thumbs_error err = {0};
    cr_expect_eq(run_without_files(THUMBS_MODE_PROCESSES, TEST_PROGRAM, &err), THUMBS_OK, "%s", err.message);
    cr_expect_eq(run_without_files(THUMBS_MODE_THREADS, NULL, &err), THUMBS_OK, "%s", err.message);
}

Test(work, says_which_worker_program_is_missing, .timeout = 30)
{
    struct thumbs_error err = {0};
    cr_expect_neq(run_without_files(THUMBS_MODE_PROCESSES, "/nowhere/thumbs", &err), THUMBS_OK);
    cr_expect_not_null(strstr(err.message, "/nowhere/thumbs"), "%s", err.message);
    /* A program that is not ours does not answer. */
    cr_expect_neq(run_without_files(THUMBS_MODE_PROCESSES, "/bin/true", &err), THUMBS_OK);
    cr_expect_not_null(strstr(err.message, "does not answer"), "%s", err.message);
}
