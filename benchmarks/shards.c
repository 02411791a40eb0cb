/* SPDX-License-Identifier: MIT */
/*
 * shards.c - how evenly --shard splits a million files, told in Markdown.
 *
 *     bench_shards [FOLDER]...
 *
 * Paths are made as cameras and archives make them. Sizes are drawn from the files that lie in each
 * FOLDER (not below it). A part is what the program itself takes for it. Without FOLDER only the
 * counts are told. The tables are the same on each machine.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "run/shard.h"

enum {
    N_FILES = 1000000,
    PER_FOLDER = 400,
    MOST_FOLDERS = 4,
    MOST_SHARDS = 4096,
    NODES = 64,
    SLOW_ONE_IN = 10,
    ONE_IN = 1000,   /* of the files of the last column so many are scans, */
    SCAN_TIMES = 200 /* so many times as large */
};

struct column {
    const char *name;
    uint64_t *bytes; /* of each file */
};

static uint64_t state = 1;

/* splitmix64: the same numbers everywhere. */
static uint64_t draw(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void *claim(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    if (!memory) {
        fprintf(stderr, "bench_shards: no memory\n");
        exit(1);
    }
    return memory;
}

static int path_of(char *path, size_t room, uint32_t i_file)
{
    const uint32_t i_folder = i_file / PER_FOLDER;
    return snprintf(path, room, "%u/%02u/%03u-day/IMG_%04u.JPG", 2000 + i_folder / 100,
                    i_folder % 12 + 1, i_folder, i_file % 10000);
}

/* The sizes of the files in a folder; how many. */
static size_t read_sizes(const char *folder, uint64_t **sizes)
{
    size_t n = 0, room = 0;
    *sizes = NULL;
    DIR *dir = opendir(folder);
    if (!dir) {
        perror(folder);
        exit(1);
    }
    struct stat st;
    for (struct dirent *e; (e = readdir(dir));) {
        if (fstatat(dirfd(dir), e->d_name, &st, 0) != 0 || !S_ISREG(st.st_mode)) continue;
        if (n == room) {
            room = 2 * room + 64;
            *sizes = realloc(*sizes, room * sizeof **sizes);
            if (!*sizes) exit(1);
        }
        (*sizes)[n++] = (uint64_t)st.st_size;
    }
    closedir(dir);
    return n;
}

static struct column drawn_from(const char *folder)
{
    uint64_t *sizes;
    const size_t n = read_sizes(folder, &sizes);
    if (n == 0) {
        fprintf(stderr, "bench_shards: %s: no files\n", folder);
        exit(1);
    }
    const char *slash = strrchr(folder, '/');
    struct column c = {slash ? slash + 1 : folder, claim(N_FILES, sizeof *c.bytes)};
    for (uint32_t i = 0; i < N_FILES; i++)
        c.bytes[i] = sizes[draw() % n];
    free(sizes);
    return c;
}

/* The files of another column, of which a few are large scans. */
static struct column with_scans(const struct column *of)
{
    struct column c = {"with scans", claim(N_FILES, sizeof *c.bytes)};
    for (uint32_t i = 0; i < N_FILES; i++)
        c.bytes[i] = of->bytes[i] * (draw() % ONE_IN == 0 ? SCAN_TIMES : 1);
    return c;
}

/* The load of each of n parts; their sum. */
static uint64_t add_up(const struct column *c, uint32_t n, uint64_t *loads)
{
    uint64_t sum = 0;
    char path[64];
    memset(loads, 0, n * sizeof *loads);
    for (uint32_t i = 0; i < N_FILES; i++) {
        const int len = path_of(path, sizeof path, i);
        const uint64_t bytes = c->bytes ? c->bytes[i] : 1;
        loads[th_shard_of(path, (size_t)len, n)] += bytes;
        sum += bytes;
    }
    return sum;
}

static uint64_t most(const uint64_t *loads, uint32_t n)
{
    uint64_t best = 0;
    for (uint32_t i = 0; i < n; i++)
        if (loads[i] > best) best = loads[i];
    return best;
}

/* Each node takes the next part when it has done one; when is the last one done? One node in
 * slow_one_in (0: none) takes twice as long for everything. */
static uint64_t finish(const uint64_t *loads, uint32_t n, uint32_t nodes, uint32_t slow_one_in)
{
    uint64_t until[NODES] = {0};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t first = 0;
        for (uint32_t k = 1; k < nodes; k++)
            if (until[k] < until[first]) first = k;
        bool slow = slow_one_in && first % slow_one_in == 0;
        until[first] += loads[i] * (slow ? 2 : 1);
    }
    return most(until, nodes);
}

/* In the order of the walk, as many files for each part as come to its share of the bytes: the best
 * that is possible without looking at all sizes twice. */
static void split_by_bytes(const struct column *c, uint32_t n, uint64_t sum, uint64_t *loads)
{
    uint64_t before = 0;
    memset(loads, 0, n * sizeof *loads);
    for (uint32_t i = 0; i < N_FILES; i++) {
        const uint64_t bytes = c->bytes ? c->bytes[i] : 1;
        uint32_t part = (uint32_t)((double)before / (double)sum * n);
        loads[part < n ? part : n - 1] += bytes;
        before += bytes;
    }
}

static void tell_head(const char *first, const struct column *columns, size_t n_columns)
{
    printf("| %s |", first);
    for (size_t k = 0; k < n_columns; k++)
        printf(" %s |", columns[k].name);
    printf("\n| ---: |");
    for (size_t k = 0; k < n_columns; k++)
        printf(" ---: |");
    printf("\n");
}

static void tell_split(const struct column *columns, size_t n_columns, bool by_bytes)
{
    static uint64_t loads[MOST_SHARDS];
    tell_head("shards", columns, n_columns);
    for (uint32_t n = 2; n <= MOST_SHARDS; n *= 2) {
        printf("| %u |", n);
        for (size_t k = 0; k < n_columns; k++) {
            const uint64_t sum = add_up(&columns[k], n, loads);
            if (by_bytes) split_by_bytes(&columns[k], n, sum, loads);
            printf(" %.3f |", (double)most(loads, n) * n / (double)sum);
        }
        printf("\n");
    }
}

/* How many nodes of full speed these are as good as. */
static double strength(uint32_t nodes, uint32_t slow_one_in)
{
    uint32_t slow = slow_one_in ? (nodes + slow_one_in - 1) / slow_one_in : 0;
    return nodes - slow / 2.0;
}

static void tell_nodes(const struct column *columns, size_t n_columns, uint32_t nodes,
                       uint32_t slow_one_in)
{
    static uint64_t loads[MOST_SHARDS];
    tell_head("shards a node", columns, n_columns);
    for (uint32_t n = nodes; n <= MOST_SHARDS; n *= 2) {
        printf("| %u |", n / nodes);
        for (size_t k = 0; k < n_columns; k++) {
            const uint64_t sum = add_up(&columns[k], n, loads);
            printf(" %.3f |", (double)finish(loads, n, nodes, slow_one_in) *
                                  strength(nodes, slow_one_in) / (double)sum);
        }
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    struct column columns[MOST_FOLDERS + 2] = {{"files", NULL}};
    size_t n_columns = 1;
    for (int i = 1; i < argc && i <= MOST_FOLDERS; i++)
        columns[n_columns++] = drawn_from(argv[i]);
    if (n_columns > 1) {
        columns[n_columns] = with_scans(&columns[1]);
        n_columns++;
    }
    printf("Worst shard over mean, %d files:\n\n", N_FILES);
    tell_split(columns, n_columns, false);
    printf("\nThe same if files were dealt out by bytes:\n\n");
    tell_split(columns, n_columns, true);
    printf(
        "\nLast node over mean, %d nodes, each of which takes the next shard when it is free:\n\n",
        NODES);
    tell_nodes(columns, n_columns, NODES, 0);
    printf("\nThe same if one node in %d is half as fast:\n\n", SLOW_ONE_IN);
    tell_nodes(columns, n_columns, NODES, SLOW_ONE_IN);
    for (size_t k = 0; k < n_columns; k++)
        free(columns[k].bytes);
    return 0;
}
