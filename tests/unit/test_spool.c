/* SPDX-License-Identifier: MIT */
/* Report room: texts in order, more of them than memory may hold. */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/spool.h"

struct seen {
    unsigned long n;
    char last[64];
    bool in_order;
};

static void look(void *user, const char *text, size_t len)
{
    struct seen *seen = user;
    char now[64] = {0};
    cr_assert_lt(len, sizeof now);
    memcpy(now, text, len);
    if (seen->n > 0 && strcmp(seen->last, now) >= 0) seen->in_order = false;
    strcpy(seen->last, now);
    seen->n++;
}

static unsigned long next(unsigned long *state)
{
    *state = *state * 6364136223846793005ul + 1442695040888963407ul;
    return *state >> 33;
}

/* Of n keys, many of them twice, each comes once, and the text is that of the first. */
static void check(unsigned long n, size_t memory_bytes)
{
    struct th_spool *spool = th_spool_create(-1, memory_bytes);
    struct seen seen = {.in_order = true};
    unsigned long state = 42, n_distinct = 0;
    bool *known = calloc(n, 1);
    cr_assert(spool && known);
    for (unsigned long i = 0; i < 2 * n; i++) {
        char key[32], text[64];
        const unsigned long k = next(&state) % n;
        snprintf(key, sizeof key, "%08lu", k);
        snprintf(text, sizeof text, "%s%s", key, known[k] ? " again" : "");
        n_distinct += !known[k];
        known[k] = true;
        cr_assert_eq(th_spool_add(spool, key, strlen(key), text, strlen(text), NULL), THUMBS_OK);
    }
    cr_assert_eq(th_spool_each(spool, look, &seen, NULL), THUMBS_OK);
    cr_expect(seen.in_order);
    cr_expect_eq(seen.n, n_distinct);
    cr_expect(!strstr(seen.last, "again"));
    th_spool_destroy(spool);
    free(known);
}

Test(spool, in_memory)
{
    check(1, 0);
    check(1000, 0);
}

/* Some 800 runs: of three levels. */
Test(spool, through_a_temporary)
{
    check(20000, 2048);
    check(20000, 1); /* each text a run of its own */
}

Test(spool, of_nothing)
{
    struct th_spool *spool = th_spool_create(-1, 0);
    struct seen seen = {0};
    cr_expect_eq(th_spool_each(spool, look, &seen, NULL), THUMBS_OK);
    cr_expect_eq(seen.n, 0u);
    th_spool_destroy(spool);
    th_spool_destroy(NULL);
}

/* Keys are bytes; a key that is the beginning of another comes before it. */
Test(spool, keys_are_bytes)
{
    static const struct {
        const char *key, *text;
        size_t len;
    } given[] = {{"b", "5", 1}, {"a\xff", "4", 2}, {"", "1", 0}, {"a", "2", 1}, {"a\0b", "3", 3}};
    for (size_t memory_bytes = 0; memory_bytes < 2; memory_bytes++) {
        struct th_spool *spool = th_spool_create(-1, memory_bytes);
        struct seen seen = {.in_order = true};
        for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
            th_spool_add(spool, given[i].key, given[i].len, given[i].text, 1, NULL);
        cr_assert_eq(th_spool_each(spool, look, &seen, NULL), THUMBS_OK);
        cr_expect(seen.in_order);
        cr_expect_eq(seen.n, 5u);
        th_spool_destroy(spool);
    }
}

static void count(void *user, const char *text, size_t len)
{
    size_t *sum = user;
    (void)text;
    *sum += len;
}

/* A record may be larger than what is read at a time, and than all memory that texts may take. */
Test(spool, large_texts)
{
    enum { LEN = 300000 };
    char *text = calloc(LEN, 1);
    struct th_spool *spool = th_spool_create(-1, 1000);
    size_t sum = 0;
    for (unsigned i = 0; i < 40; i++) {
        const char key = (char)('A' + i);
        cr_assert_eq(th_spool_add(spool, &key, 1, text, LEN, NULL), THUMBS_OK);
    }
    cr_assert_eq(th_spool_each(spool, count, &sum, NULL), THUMBS_OK);
    cr_expect_eq(sum, 40u * LEN);
    th_spool_destroy(spool);
    free(text);
}

struct adder {
    struct th_spool *spool;
    unsigned first;
};

static void *add_many(void *arg)
{
    const struct adder *adder = arg;
    for (unsigned i = adder->first; i < 40000; i += 4) {
        char key[16];
        snprintf(key, sizeof key, "%06u", i);
        th_spool_add(adder->spool, key, strlen(key), key, strlen(key), NULL);
    }
    return NULL;
}

Test(spool, from_many_threads)
{
    struct th_spool *spool = th_spool_create(-1, 4096);
    struct seen seen = {.in_order = true};
    struct adder adders[4];
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++) {
        adders[i] = (struct adder){spool, i};
        cr_assert_eq(pthread_create(&threads[i], NULL, add_many, &adders[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(th_spool_each(spool, look, &seen, NULL), THUMBS_OK);
    cr_expect(seen.in_order);
    cr_expect_eq(seen.n, 40000u);
    th_spool_destroy(spool);
}

/* Where there is no place for a temporary all is lost, and said to be, once and for all. */
Test(spool, no_temporary)
{
    char folder[] = "/tmp/thumbs-spool-XXXXXX";
    struct thumbs_error error = {0};
    struct seen seen = {0};
    cr_assert(mkdtemp(folder));
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(rmdir(folder), 0); /* nothing can be made in a folder that is gone */
    struct th_spool *spool = th_spool_create(fd, 1);
    cr_expect_eq(th_spool_add(spool, "a", 1, "a", 1, NULL), THUMBS_OK);
    cr_expect_neq(th_spool_add(spool, "b", 1, "b", 1, &error), THUMBS_OK);
    cr_expect(error.message[0]);
    cr_expect_neq(th_spool_add(spool, "c", 1, "c", 1, NULL), THUMBS_OK);
    cr_expect_neq(th_spool_each(spool, look, &seen, NULL), THUMBS_OK);
    cr_expect_eq(seen.n, 0u);
    th_spool_destroy(spool);
    close(fd);

    spool = th_spool_create(-1, 0);
    th_spool_add(spool, "a", 1, "a", 1, NULL);
    th_spool_lose(spool);
    cr_expect_eq(th_spool_each(spool, look, &seen, NULL), THUMBS_MEMORY);
    th_spool_destroy(spool);
}
