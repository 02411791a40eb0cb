/* SPDX-License-Identifier: MIT */
/* corpus.h - the folder of real pictures that THUMBS_CORPUS names, file by file. For tests with
 * and without Criterion. */
#ifndef TEST_SUPPORT_CORPUS_H
#define TEST_SUPPORT_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sanitizers make everything several times slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SANITIZED 1
#else
#define TEST_SANITIZED 0
#endif

struct test_file {
    const char *path, *name; /* borrowed; the name is the path's end */
    uint8_t *data;           /* exactly len bytes, so that a read past the end is seen */
    size_t len;
};

/* What THUMBS_CORPUS names; NULL if it is not set or empty. */
const char *test_corpus(void);

/* THUMBS_NIGHTLY is set: there is time for all. */
bool test_nightly(void);

/* Is this file in a sample of one out of `n`? Its name decides, so it is the same at each run.
 * All are, nightly. */
bool test_is_sampled(const char *path, unsigned n);

/* The content of a file. False: it cannot be read; errno says why. */
bool test_file_read(const char *path, struct test_file *file);
void test_file_finish(struct test_file *file);

/* Call `visit` with every regular file at or below `path`, in the order of names; hidden ones are
 * left out. How many there were. What cannot be read ends the program with a message. */
size_t test_each_file(const char *path, void (*visit)(const struct test_file *file, void *user),
                      void *user);
/* The same below folder `name` of the corpus. Nothing, 0, without a corpus. */
size_t test_each_corpus_file(const char *name,
                             void (*visit)(const struct test_file *file, void *user), void *user);

/* For the beginning of a Criterion test. */
#define TEST_NEED_CORPUS()                                                                         \
    do {                                                                                           \
        if (!test_corpus()) cr_skip_test("THUMBS_CORPUS is not set");                              \
    } while (0)

#endif
