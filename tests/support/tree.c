/* SPDX-License-Identifier: MIT */
#include "support/tree.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

static void die(const char *what, const char *path)
{
    fprintf(stderr, "test support: %s: ", what);
    perror(path);
    abort();
}

char *test_folder_make(void)
{
    const char *base = getenv("TMPDIR");
    char *path = test_path(base && *base ? base : "/tmp", "thumbs-test-XXXXXX");
    if (!mkdtemp(path)) die("cannot make", path);
    return path;
}

char *test_path(const char *folder, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) die("no memory", name);
    return path;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void walk(const char *folder,
                 void (*visit)(const FTSENT *entry, size_t root_len, void *user), void *user)
{
    char *roots[] = {(char *)folder, NULL};
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    if (!fts) die("cannot walk", folder);
    for (FTSENT *e; (e = fts_read(fts));)
        visit(e, strlen(folder), user);
    fts_close(fts);
}

static void remove_entry(const FTSENT *e, size_t root_len, void *user)
{
    (void)root_len;
    (void)user;
    if (e->fts_info == FTS_DP) {
        rmdir(e->fts_path);
    } else if (e->fts_info != FTS_D) {
        unlink(e->fts_path);
    }
}

void test_folder_remove(char *path)
{
    walk(path, remove_entry, NULL);
    free(path);
}

struct tree {
    uint64_t hash;
    size_t n_files, n_temporaries;
};

static uint64_t file_hash(const char *path, uint64_t seed)
{
    static char buffer[1 << 16];
    FILE *f = fopen(path, "rb");
    size_t n;
    if (!f) die("cannot read", path);
    while ((n = fread(buffer, 1, sizeof buffer, f)) > 0)
        seed = th_hash64(buffer, n, seed);
    fclose(f);
    return seed;
}

static void add_entry(const FTSENT *e, size_t root_len, void *user)
{
    struct tree *tree = user;
    const char *below = e->fts_path + root_len;
    if (e->fts_info != FTS_F) return;
    if (strncmp(e->fts_name, ".thumbs-", 8) == 0) tree->n_temporaries++;
    if (strncmp(below, "/.thumbs/", 9) == 0) return;
    tree->hash = th_hash64(below, strlen(below), tree->hash);
    tree->hash = file_hash(e->fts_path, tree->hash);
    tree->n_files++;
}

uint64_t test_tree_hash(const char *folder, size_t *n_files)
{
    struct tree tree = {0};
    walk(folder, add_entry, &tree);
    if (n_files) *n_files = tree.n_files;
    return tree.hash;
}

size_t test_count_temporaries(const char *folder)
{
    struct tree tree = {0};
    walk(folder, add_entry, &tree);
    return tree.n_temporaries;
}
