/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "buffers/buffers.h"
#include "load/load.h"

static char folder[] = "/tmp/thumbs-test-load-XXXXXX";
static int dirfd_;
static struct th_buffers *buffers;

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    dirfd_ = open(folder, O_RDONLY | O_DIRECTORY);
    cr_assert_eq(th_buffers_create(2, 1 << 30, false, &buffers, NULL), THUMBS_OK);
}

static void tear_down(void)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) cr_log_warn("%s stays", folder);
    close(dirfd_);
    th_buffers_destroy(buffers);
}

TestSuite(load, .init = set_up, .fini = tear_down, .timeout = 120);

static void write_file(const char *name, size_t len)
{
    int fd = openat(dirfd_, name, O_WRONLY | O_CREAT, 0600);
    char *data = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        data[i] = (char)(i * 31 + i / 251);
    cr_assert_eq(write(fd, data, len), (ssize_t)len);
    free(data);
    close(fd);
}

static enum thumbs_code load(const struct th_loader *loader, const char *name,
                             struct th_buffer **buffer, struct thumbs_error *err)
{
    struct stat st;
    return th_load_file(loader, dirfd_, name, buffer, &st, err);
}

Test(load, reads_every_length_whole)
{
    struct th_loader loader = {.buffers = buffers, .max_bytes = 1 << 30};
    static const size_t lengths[] = {
        0, 1, TH_LOAD_PEEK - 1, TH_LOAD_PEEK, TH_LOAD_PEEK + 1, 65536, 5000001};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct th_buffer *buffer = NULL;
        struct thumbs_error err = {0};
        write_file("f", lengths[i]);
        cr_assert_eq(load(&loader, "f", &buffer, &err), THUMBS_OK, "%s", err.message);
        cr_assert_eq(buffer->len, lengths[i]);
        for (size_t k = 0; k < lengths[i]; k++)
            cr_assert_eq(buffer->data[k], (uint8_t)(k * 31 + k / 251));
        th_buffers_give(buffers, buffer);
        unlinkat(dirfd_, "f", 0);
    }
}

/* What a test's loader asks: a function of the test says yes or no. */
static bool (*worth_loading)(const uint8_t *data, size_t len);

static enum thumbs_code judge(void *user, const char *name, const uint8_t *data, size_t len,
                              struct thumbs_error *err)
{
    (void)user;
    (void)name;
    if (worth_loading(data, len)) return THUMBS_OK;
    return th_error_set(err, THUMBS_NOT_IMAGE, THUMBS_STAGE_LOAD, "is not wanted");
}

static bool never(const uint8_t *data, size_t len)
{
    (void)data;
    (void)len;
    return false;
}

Test(load, says_why_not)
{
    struct th_loader loader = {.buffers = buffers, .max_bytes = 1000};
    struct th_buffer *buffer = NULL;
    struct thumbs_error err = {0};
    write_file("big", 1001);
    write_file("text", 10);
    cr_assert_eq(symlinkat("text", dirfd_, "link"), 0);
    cr_assert_eq(mkfifoat(dirfd_, "fifo", 0600), 0);
    cr_assert_eq(mkdirat(dirfd_, "dir", 0700), 0);

    cr_expect_eq(load(&loader, "missing", &buffer, &err), THUMBS_VANISHED);
    cr_expect_eq(load(&loader, "big", &buffer, &err), THUMBS_TOO_LARGE);
    cr_expect_not_null(strstr(err.message, "1001"));
    cr_expect_not_null(strstr(err.message, "1000"));
    cr_expect_eq(load(&loader, "link", &buffer, &err), THUMBS_UNREADABLE);
    cr_expect_eq(load(&loader, "fifo", &buffer, &err), THUMBS_VANISHED,
                 "must not wait for a writer");
    cr_expect_eq(load(&loader, "dir", &buffer, &err), THUMBS_VANISHED);
    cr_expect_eq(err.stage, THUMBS_STAGE_LOAD);
    cr_expect_null(buffer);

    loader.follow = true;
    cr_expect_eq(load(&loader, "link", &buffer, &err), THUMBS_OK);
    th_buffers_give(buffers, buffer);
    worth_loading = never;
    loader.judge = judge;
    buffer = NULL;
    cr_expect_eq(load(&loader, "text", &buffer, &err), THUMBS_NOT_IMAGE);
    cr_expect_null(buffer);
    cr_expect_eq(th_buffers_in_use_bytes(buffers), 0u);
}

/* ---- files in flux ---- */

/* A writer that is at the file "f" all the time while it is loaded. */
struct writer {
    void (*change)(unsigned i);
    atomic_bool stop;
    atomic_uint n_changes;
};

static void *writer_thread(void *arg)
{
    struct writer *writer = arg;
    while (!atomic_load(&writer->stop))
        writer->change(atomic_fetch_add(&writer->n_changes, 1));
    return NULL;
}

static void add_to_it(unsigned i)
{
    char some[512];
    memset(some, (int)i, sizeof some);
    int fd = openat(dirfd_, "f", O_WRONLY | O_CREAT | O_APPEND, 0600);
    cr_assert_eq(write(fd, some, sizeof some), (ssize_t)sizeof some);
    close(fd);
    usleep(20); /* else it soon is a file of gigabytes */
}

/* Whole files of one byte value each, of lengths that differ: what is loaded must be all of one. */
static void replace_it(unsigned i)
{
    char data[3000];
    size_t len = 1000 + i % 1999;
    memset(data, (int)(len % 251), sizeof data);
    int fd = openat(dirfd_, "new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert_eq(write(fd, data, len), (ssize_t)len);
    close(fd);
    cr_assert_eq(renameat(dirfd_, "new", dirfd_, "f"), 0);
}

static void truncate_it(unsigned i)
{
    int fd = openat(dirfd_, "f", O_WRONLY);
    cr_assert_eq(ftruncate(fd, i % 2 ? 100 : 3 << 20), 0);
    close(fd);
}

static void check_whole(const struct th_buffer *buffer)
{
    cr_assert_geq(buffer->len, 1000u);
    for (size_t k = 0; k < buffer->len; k++)
        cr_assert_eq(buffer->data[k], (uint8_t)(buffer->len % 251),
                     "byte %zu of %zu is of another file", k, buffer->len);
}

/* Load the file again and again while it is changed. */
static void load_against_writer(void (*change)(unsigned i), bool whole)
{
    struct th_loader loader = {.buffers = buffers, .max_bytes = 1 << 30};
    struct writer writer = {.change = change};
    pthread_t thread;
    write_file("f", 2000);
    cr_assert_eq(pthread_create(&thread, NULL, writer_thread, &writer), 0);
    while (atomic_load(&writer.n_changes) < 3)
        usleep(1000);
    for (int i = 0; i < 200; i++) {
        struct th_buffer *buffer = NULL;
        struct thumbs_error err = {0};
        enum thumbs_code code = load(&loader, "f", &buffer, &err);
        cr_assert(code == THUMBS_OK || code == THUMBS_VANISHED, "%s", err.message);
        if (code == THUMBS_OK && whole) check_whole(buffer);
        if (code == THUMBS_OK) th_buffers_give(buffers, buffer);
        cr_assert_eq(th_buffers_in_use_bytes(buffers), 0u);
    }
    atomic_store(&writer.stop, true);
    pthread_join(thread, NULL);
}

Test(load, a_file_that_grows_for_ever_comes_to_an_end)
{
    load_against_writer(add_to_it, false);
}

Test(load, a_file_that_is_replaced_all_the_time_is_whole_or_vanished)
{
    load_against_writer(replace_it, true);
}

Test(load, a_file_that_is_truncated_all_the_time_comes_to_an_end)
{
    load_against_writer(truncate_it, false);
}

/* The same on every read, not only when a thread is lucky: called when the first bytes have been
 * read, in each try. */
static unsigned n_tries;

static bool grow_at_peek(const uint8_t *data, size_t len)
{
    (void)data, (void)len;
    add_to_it(n_tries++);
    return true;
}

static bool shrink_at_peek(const uint8_t *data, size_t len)
{
    (void)data, (void)len;
    int fd = openat(dirfd_, "f", O_WRONLY);
    cr_assert_eq(ftruncate(fd, 1500 - 100 * (int)n_tries++), 0);
    close(fd);
    return true;
}

/* Another file of the same size and time: only the number of its inode tells. */
static bool exchange_at_peek(const uint8_t *data, size_t len)
{
    struct stat st;
    (void)data, (void)len;
    n_tries++;
    cr_assert_eq(fstatat(dirfd_, "f", &st, 0), 0);
    write_file("new", (size_t)st.st_size);
    const struct timespec times[2] = {st.st_atim, st.st_mtim};
    cr_assert_eq(utimensat(dirfd_, "new", times, 0), 0);
    cr_assert_eq(renameat(dirfd_, "new", dirfd_, "f"), 0);
    return true;
}

static bool exchange_once(const uint8_t *data, size_t len)
{
    return n_tries > 0 ? (n_tries++, true) : exchange_at_peek(data, len);
}

static bool exchange_and_refuse(const uint8_t *data, size_t len)
{
    return !exchange_at_peek(data, len);
}

static bool remove_at_peek(const uint8_t *data, size_t len)
{
    (void)data, (void)len;
    n_tries++;
    return unlinkat(dirfd_, "f", 0) == 0;
}

static enum thumbs_code load_changing(bool (*change)(const uint8_t *data, size_t len),
                                      struct thumbs_error *err)
{
    struct th_loader loader = {.buffers = buffers, .max_bytes = 1 << 30, .judge = judge};
    worth_loading = change;
    struct th_buffer *buffer = NULL;
    write_file("f", 2000);
    n_tries = 0;
    enum thumbs_code code = load(&loader, "f", &buffer, err);
    if (code == THUMBS_OK) th_buffers_give(buffers, buffer);
    cr_assert_eq(th_buffers_in_use_bytes(buffers), 0u);
    return code;
}

Test(load, what_changes_under_every_read_has_vanished_after_two)
{
    static bool (*const changes[])(const uint8_t *data, size_t len) = {
        grow_at_peek, shrink_at_peek, exchange_at_peek, exchange_and_refuse};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct thumbs_error err = {0};
        cr_expect_eq(load_changing(changes[i], &err), THUMBS_VANISHED, "%zu: %s", i, err.message);
        cr_expect_str_eq(err.message, "keeps changing while it is read");
        cr_expect_eq(n_tries, 2u);
    }
}

Test(load, what_changed_once_is_read_again)
{
    struct thumbs_error err = {0};
    cr_expect_eq(load_changing(exchange_once, &err), THUMBS_OK, "%s", err.message);
    cr_expect_eq(n_tries, 2u);
}

Test(load, what_is_removed_under_the_read_has_vanished)
{
    struct thumbs_error err = {0};
    cr_expect_eq(load_changing(remove_at_peek, &err), THUMBS_VANISHED, "%s", err.message);
    cr_expect_eq(n_tries, 1u);
}

/* Files that the kernel makes up have no size, or a wrong one. */
Test(load, a_length_that_is_not_so_is_told)
{
    struct th_loader loader = {.buffers = buffers, .max_bytes = 1 << 30};
    static const char *const files[][2] = {{"/proc", "version"},
                                           {"/sys/kernel/mm/transparent_hugepage", "enabled"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct th_buffer *buffer = NULL;
        struct thumbs_error err = {0};
        struct stat st;
        int dir = open(files[i][0], O_RDONLY | O_DIRECTORY);
        if (dir < 0) continue;
        cr_expect_eq(th_load_file(&loader, dir, files[i][1], &buffer, &st, &err), THUMBS_UNREADABLE,
                     "%s", err.message);
        cr_expect_str_eq(err.message, "its length is not what the file system says");
        cr_expect_eq(th_buffers_in_use_bytes(buffers), 0u);
        close(dir);
    }
}

/* ---- the pool ---- */

static bool countdown(void *user)
{
    return atomic_fetch_sub((atomic_int *)user, 1) > 0;
}

Test(load, a_pool_steps_until_told_to_end)
{
    atomic_int left = 1000;
    struct th_pool *pool = NULL;
    cr_assert_eq(th_pool_create(4, countdown, &left, &pool, NULL), THUMBS_OK);
    th_pool_join(pool);
    cr_assert_eq(atomic_load(&left), -4);
}
