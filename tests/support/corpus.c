/* SPDX-License-Identifier: MIT */
#include "corpus.h"

#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *test_corpus(void)
{
    const char *path = getenv("THUMBS_CORPUS");
    return path && *path ? path : NULL;
}

bool test_nightly(void)
{
    const char *value = getenv("THUMBS_NIGHTLY");
    return value && *value;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool test_is_sampled(const char *path, unsigned n)
{
    uint32_t hash = 2166136261u; /* FNV-1a; its upper bits are the good ones */
    for (const char *p = name_of(path); *p; p++)
        hash = (hash ^ (uint8_t)*p) * 16777619u;
    return test_nightly() || (hash >> 16) % n == 0;
}

static void die(const char *what, const char *path)
{
    fprintf(stderr, "test support: %s: ", what);
    perror(path);
    abort();
}

static bool read_all(int fd, uint8_t *data, size_t len)
{
    for (size_t n = 0; n < len;) {
        ssize_t got = read(fd, data + n, len - n);
        if (got <= 0) return false;
        n += (size_t)got;
    }
    return true;
}

bool test_file_read(const char *path, struct test_file *file)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    *file = (struct test_file){.path = path, .name = name_of(path)};
    bool ok = fstat(fd, &st) == 0 &&
              (file->data = malloc(st.st_size > 0 ? (size_t)st.st_size : 1)) &&
              read_all(fd, file->data, (size_t)st.st_size);
    if (ok) file->len = (size_t)st.st_size;
    close(fd);
    if (!ok) test_file_finish(file);
    return ok;
}

void test_file_finish(struct test_file *file)
{
    free(file->data);
    *file = (struct test_file){0};
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

size_t test_each_file(const char *path, void (*visit)(const struct test_file *file, void *user),
                      void *user)
{
    char *roots[] = {(char *)path, NULL};
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    size_t n = 0;
    if (!fts) die("cannot walk", path);
    for (FTSENT *e; (e = fts_read(fts));) {
        struct test_file file;
        if (e->fts_info == FTS_NS || e->fts_info == FTS_DNR || e->fts_info == FTS_ERR)
            die("cannot walk", e->fts_path);
        if (e->fts_level > 0 && e->fts_name[0] == '.') {
            fts_set(fts, e, FTS_SKIP);
            continue;
        }
        if (e->fts_info != FTS_F) continue;
        if (!test_file_read(e->fts_path, &file)) die("cannot read", e->fts_path);
        visit(&file, user);
        test_file_finish(&file);
        n++;
    }
    fts_close(fts);
    return n;
}

size_t test_each_corpus_file(const char *name,
                             void (*visit)(const struct test_file *file, void *user), void *user)
{
    char *path = NULL;
    if (!test_corpus()) return 0;
    if (asprintf(&path, "%s/%s", test_corpus(), name) < 0) die("no memory", name);
    size_t n = test_each_file(path, visit, user);
    free(path);
    return n;
}
