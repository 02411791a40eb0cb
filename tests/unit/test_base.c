/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/chars.h"
#include "base/content.h"
#include "base/error.h"
#include "base/hashmap.h"
#include "base/num.h"
#include "base/shorten.h"
#include "base/sys.h"

Test(num, parses_whole_numbers_within_range)
{
    uint64_t n = 7;
    cr_assert(th_parse_u64("0", 0, 10, &n) && n == 0);
    cr_assert(th_parse_u64("10", 0, 10, &n) && n == 10);
    cr_assert(th_parse_u64("18446744073709551615", 0, UINT64_MAX, &n) && n == UINT64_MAX);
    n = 7;
    const char *bad[] = {"",
                         "-1",
                         "+1",
                         " 1",
                         "1 ",
                         "1x",
                         "0x10",
                         "11",
                         "18446744073709551616",
                         "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_not(th_parse_u64(bad[i], 0, 10, &n), "%s", bad[i]);
        cr_assert_eq(n, 7u, "output changed on failure for '%s'", bad[i]);
    }
}

Test(num, sizes_take_units_and_never_wrap)
{
    uint64_t n = 0;
    cr_assert(th_parse_bytes("3", 0, UINT64_MAX, &n) && n == 3);
    cr_assert(th_parse_bytes("3K", 0, UINT64_MAX, &n) && n == 3072);
    cr_assert(th_parse_bytes("2m", 0, UINT64_MAX, &n) && n == 2u << 20);
    cr_assert(th_parse_bytes("1G", 0, UINT64_MAX, &n) && n == 1u << 30);
    const char *bad[] = {"K", "1KB", "1.5G", "1T", "17179869184G", "1 G"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(th_parse_bytes(bad[i], 0, UINT64_MAX, &n), "%s", bad[i]);
}

Test(num, checked_arithmetic_refuses_overflow)
{
    size_t s = 5;
    cr_assert(th_mul3_size(3, 4, 5, &s) && s == 60);
    cr_assert_not(th_mul3_size(SIZE_MAX / 2, 3, 1, &s));
    cr_assert_not(th_add_size(SIZE_MAX, 1, &s));
    cr_assert_eq(s, 60u);
}

Test(bytes, grow_truncate_and_steal)
{
    struct th_bytes b = {0};
    cr_assert_str_eq(th_bytes_str(&b), "");
    for (int i = 0; i < 1000; i++)
        th_bytes_addf(&b, "%03d,", i);
    cr_assert_eq(b.len, 4000u);
    cr_assert_eq(memcmp(b.data + 3996, "999,", 5), 0);
    th_bytes_truncate(&b, 4);
    th_bytes_add(&b, "a\0b", 3);
    cr_assert_eq(b.len, 7u);
    char *text = th_bytes_steal(&b);
    cr_assert_eq(memcmp(text, "000,a\0b", 8), 0);
    cr_assert_null(b.data);
    free(text);
    char *empty = th_bytes_steal(&b);
    cr_assert_str_eq(empty, "");
    free(empty);
}

Test(error, errno_decides_where_it_knows_better)
{
    struct thumbs_error e = {0};
    cr_assert_eq(th_error_os(&e, THUMBS_UNREADABLE, THUMBS_STAGE_LOAD, ENOENT, "cannot open"),
                 THUMBS_VANISHED);
    cr_assert_eq(th_error_os(&e, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, ENOSPC, "cannot write"),
                 THUMBS_NO_SPACE);
    cr_assert_eq(e.os_errno, ENOSPC);
    cr_assert_eq(
        th_error_os(&e, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, EACCES, "cannot write %s", "x"),
        THUMBS_NOT_WRITABLE);
    cr_assert_str_eq(e.message, "cannot write x: Permission denied");
    cr_assert_eq(th_error_os(NULL, THUMBS_UNREADABLE, THUMBS_STAGE_LOAD, EIO, "x"),
                 THUMBS_UNREADABLE);
}

Test(error, messages_are_one_line_and_cut)
{
    struct thumbs_error e = {0};
    char lengthy[1000];
    memset(lengthy, 'x', sizeof lengthy);
    lengthy[3] = '\n';
    lengthy[999] = '\0';
    th_error_set(&e, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "%s", lengthy);
    cr_assert_eq(strlen(e.message), sizeof e.message - 1);
    cr_assert_null(strchr(e.message, '\n'));
}

Test(error, every_code_stage_format_and_status_has_its_word)
{
    for (int i = 0; i < THUMBS_N_CODES; i++)
        cr_assert(*thumbs_code_name((enum thumbs_code)i));
    for (int i = 0; i < THUMBS_N_STAGES; i++)
        cr_assert(*thumbs_stage_name((enum thumbs_stage)i));
    for (int i = 0; i < THUMBS_N_STATUSES; i++)
        cr_assert(*thumbs_status_name((enum thumbs_status)i));
    for (int i = 0; i < THUMBS_N_FORMATS; i++)
        cr_assert(*thumbs_format_name((enum thumbs_format)i));
    cr_assert_str_eq(thumbs_code_name((enum thumbs_code)9999), "internal");
}

/* The hash decides which shard a file belongs to and what {hash} says: it must never change. */
Test(hash, is_stable)
{
    cr_expect_eq(th_hash64("", 0, 0), UINT64_C(0x4fbc9b82763edcdc), "%llx",
                 (unsigned long long)th_hash64("", 0, 0));
    cr_expect_eq(th_hash64("holiday/a.jpg", 13, 0), UINT64_C(0x51a9b6ee20ce4bf5), "%llx",
                 (unsigned long long)th_hash64("holiday/a.jpg", 13, 0));
    cr_assert_neq(th_hash64("a", 1, 0), th_hash64("a", 1, 1));
}

Test(cpus, at_least_one)
{
    cr_assert_geq(thumbs_cpus_usable(), 1u);
}

Test(shorten, keeps_both_ends_and_whole_characters)
{
    cr_expect_str_eq(th_shorten("a/b.jpg").text, "a/b.jpg");
    cr_expect_str_eq(th_shorten_to("0123456789abcdefghij", 20, 18).text, "01234...abcdefghij");
    char text[301];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 <= 300; i += 3)
            memcpy(text + i, "\u4e00", 3);
        const size_t len = shift + (300 - shift) / 3 * 3;
        for (size_t most = 16; most <= TH_SHORT_LEN; most++) {
            struct th_short s = th_shorten_to(text, len, most);
            const char *dots = strstr(s.text, "...");
            cr_assert_not_null(dots);
            cr_expect(strlen(s.text) <= most && strlen(s.text) + 4 >= most);
            cr_expect_eq((size_t)(dots - s.text - shift) % 3, 0u);
            cr_expect_eq(strlen(dots + 3) % 3, 0u);
        }
    }
    struct thumbs_error err = {0};
    text[300] = '\0';
    th_error_set(&err, THUMBS_CORRUPT, THUMBS_STAGE_LOAD, "%s", text);
    cr_expect_str_eq(err.message + strlen(err.message) - 3, "...");
    cr_expect_eq((strlen(err.message) - 3 - 3) % 3, 0u);
}

Test(num, finds_a_number_behind_its_label)
{
    uint64_t n = 7;
    cr_assert(th_find_number("Name:\tx\nVmData:\t   1234 kB\nThreads:\t2\n", "\nVmData:", &n) &&
              n == 1234);
    cr_assert_not(th_find_number("VmData: 1", "VmSize:", &n));
    cr_assert_eq(n, 1234u, "output changed where there is no such label");
    cr_assert(th_find_number("memory.max: max", "memory.max:", &n) && n == 0);
}

Test(sys, reads_a_short_text_and_no_more_than_fits)
{
    char text[5] = "none";
    cr_assert_not(th_read_text("/proc/there-is-no-such-file", text, sizeof text));
    cr_assert_str_eq(text, "none");
    cr_assert(th_read_text("/proc/self/status", text, sizeof text));
    cr_assert_str_eq(text, "Name");
}

Test(budget, gives_no_more_than_there_is)
{
    struct th_budget b;
    th_budget_init(&b, 100);
    cr_assert(th_budget_try_take(&b, 60));
    cr_assert_not(th_budget_try_take(&b, 41));
    cr_assert(th_budget_try_take(&b, 40));
    cr_assert_not(th_budget_try_take(&b, 1));
    cr_assert(th_budget_try_take(&b, 0));
    th_budget_give(&b, 60);
    cr_assert(th_budget_take(&b, 60), "there is room again");
    cr_assert_not(th_budget_take(&b, 101), "what can never be had is not waited for");
    cr_assert_not(th_budget_take(&b, UINT64_MAX));
    th_budget_give(&b, 100);
    cr_assert_eq(atomic_load(&b.in_use), 0u);
    th_budget_finish(&b);
}

static void *take_all(void *arg)
{
    struct th_budget *b = arg;
    th_budget_take(b, 100);
    return NULL;
}

Test(budget, who_waits_is_not_overtaken, .timeout = 120)
{
    struct th_budget b;
    pthread_t thread;
    th_budget_init(&b, 100);
    cr_assert(th_budget_take(&b, 10));
    cr_assert_eq(th_thread_start(&thread, take_all, &b), 0);
    while (atomic_load(&b.n_waiting) == 0)
        usleep(1000);
    cr_assert_not(th_budget_try_take(&b, 10), "a giant waits: small ones stand behind it");
    th_budget_give(&b, 10);
    pthread_join(thread, NULL);
    cr_assert_eq(atomic_load(&b.in_use), 100u);
    th_budget_give(&b, 100);
    th_budget_finish(&b);
}

Test(sys, what_a_descriptor_is_open_for)
{
    const int reads = open("/dev/null", O_RDONLY), writes = open("/dev/null", O_WRONLY);
    const int both = open("/dev/null", O_RDWR), neither = open("/", O_PATH);
    cr_assert(reads >= 0 && writes >= 0 && both >= 0 && neither >= 0);
    cr_expect(th_fd_is_open_for(reads, O_RDONLY) && !th_fd_is_open_for(reads, O_WRONLY));
    cr_expect(!th_fd_is_open_for(writes, O_RDONLY) && th_fd_is_open_for(writes, O_WRONLY));
    cr_expect(th_fd_is_open_for(both, O_RDONLY) && th_fd_is_open_for(both, O_WRONLY));
    cr_expect(!th_fd_is_open_for(neither, O_RDONLY) && !th_fd_is_open_for(neither, O_WRONLY));
    close(reads);
    cr_expect_not(th_fd_is_open_for(reads, O_RDONLY));
    close(writes), close(both), close(neither);
}

/* ---- arrays that grow ---- */

Test(grow, doubles_and_keeps_what_is_there)
{
    uint32_t *items = NULL;
    size_t cap = 0, n_moves = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        const size_t before = cap;
        items = th_grow(items, &cap, i + 1, sizeof *items);
        cr_assert_not_null(items);
        cr_assert_gt(cap, i);
        n_moves += cap != before;
        items[i] = i;
    }
    cr_expect_leq(n_moves, 12, "not once an item");
    for (uint32_t i = 0; i < 5000; i++)
        cr_assert_eq(items[i], i);
    cr_expect_eq(th_grow(items, &cap, 1, sizeof *items), items, "there is room already");
    free(items);
}

Test(grow, refuses_what_cannot_be)
{
    size_t cap = 0;
    uint32_t *items = th_grow(NULL, &cap, 4, sizeof *items);
    const size_t before = cap;
    items[3] = 42;
    cr_expect_null(th_grow(items, &cap, SIZE_MAX, sizeof *items), "no power of two is as large");
    cr_expect_null(th_grow(items, &cap, SIZE_MAX / 2, sizeof *items),
                   "more bytes than a size can say");
    cr_expect_eq(cap, before);
    cr_expect_eq(items[3], 42);
    free(items);
}

/* ---- bytes of a message ---- */

Test(chars, a_message_becomes_one_line)
{
    char text[] = "a\nb\tc\x1b[1m\x7f \xc3\xa9";
    th_make_one_line(text);
    cr_expect_str_eq(text, "a?b?c?[1m? \xc3\xa9");
}

Test(clock, a_wait_ends_by_the_clock)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond;
    const uint64_t until_ns = th_now_ns() + 20000000;
    th_cond_init(&cond);
    pthread_mutex_lock(&lock);
    while (th_now_ns() < until_ns)
        th_cond_wait_until(&cond, &lock, until_ns);
    th_cond_wait_until(&cond, &lock, 0); /* long past: at once */
    pthread_mutex_unlock(&lock);
    pthread_cond_destroy(&cond);
}

Test(content, parts_give_the_hash_of_the_whole)
{
    static char data[70000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7 + i / 251);
    for (size_t len = 0; len < sizeof data; len = len * 2 + 1) {
        struct th_content content;
        th_content_begin(&content);
        for (size_t at = 0, step = 1; at < len; at += step, step = step * 3) {
            if (step > len - at) step = len - at;
            th_content_add(&content, data + at, step);
        }
        cr_expect_eq(th_content_end(&content), th_content_hash(data, len), "%zu bytes", len);
        if (len > 0) cr_expect_neq(th_content_hash(data, len), th_content_hash(data, len - 1));
    }
    /* It stands in manifests, so it must not change: XXH3 of nothing, as its authors give it. */
    cr_expect_eq(th_content_hash("", 0), UINT64_C(0x2d06800538d394c2));
}

Test(hashmap, keeps_the_first_value_of_each_key)
{
    struct th_hashmap map = {0};
    bool is_new;
    cr_expect_null(th_hashmap_find(&map, 7));
    for (uint64_t i = 0; i < 5000; i++) { /* 0 too, and keys that want the same cell */
        cr_assert(th_hashmap_put(&map, i << 40, i, &is_new));
        cr_expect(is_new);
    }
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t *value = th_hashmap_put(&map, i << 40, 1, &is_new);
        cr_assert(value && !is_new);
        cr_expect_eq(*value, i);
        cr_expect_eq(th_hashmap_find(&map, i << 40), value);
    }
    cr_expect_null(th_hashmap_find(&map, 7));
    th_hashmap_clear(&map);
    cr_expect_null(th_hashmap_find(&map, UINT64_C(9) << 40));
    cr_assert(th_hashmap_put(&map, UINT64_C(9) << 40, 3, &is_new));
    cr_expect(is_new);
    th_hashmap_finish(&map);
}
