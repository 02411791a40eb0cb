/* SPDX-License-Identifier: MIT */
/*
 * stress_commit.c - eight threads commit into a few shared folders at once. A plain main, so that
 * it can run under the thread sanitizer. Arguments: rounds (default 3) and files a thread and round
 * (default 300). Exit status 0: every output is whole, none is missing, no temporary is left, and a
 * second run knows them all.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "commit/dest.h"
#include "commit/output_folder.h"
#include "commit/write.h"

#define N_THREADS 8
#define N_FOLDERS 3
#define LEN       3000
#define MARK_LEN  18

static const char *const folders[N_FOLDERS] = {"", "a", "a/b"};

struct shared {
    struct th_output_folder *places[N_FOLDERS];
    unsigned n_files;
    atomic_uint n_bad;
};

struct member {
    struct shared *shared;
    unsigned index;
    pthread_t thread;
};

static const struct th_source_id id = {.size = 10, .mtime_sec = 1000000000, .mtime_nsec = 5};

static void bad(struct shared *shared, const char *what, const char *which)
{
    atomic_fetch_add(&shared->n_bad, 1);
    fprintf(stderr, "stress_commit: %s: %s\n", what, which);
}

/* Most names are this thread's own, each tenth is fought for by all: the last one wins, but whole.
 */
static void names_of(const struct member *m, unsigned i_file, char *name, char *path, char *second,
                     size_t size)
{
    unsigned owner = i_file % 10 == 0 ? 99 : m->index;
    const char *folder = folders[i_file % N_FOLDERS], *slash = *folder ? "/" : "";
    snprintf(name, size, "%u-%u.png", owner, i_file);
    snprintf(path, size, "%s%s%u-%u.jpg", folder, slash, owner, i_file);
    snprintf(second, size, "small/%u/%u-%u.jpg", i_file % 40, owner, i_file);
}

static void *run_member(void *arg)
{
    struct member *m = arg;
    struct shared *shared = m->shared;
    uint8_t data[LEN];
    memset(data, 'a' + (int)m->index, sizeof data);
    memcpy(data, "\xff\xd8\xff\xdb",
           4); /* enough of a JPEG to bear thumbs' mark, by which it may be replaced */
    for (unsigned i = 0; i < shared->n_files; i++) {
        char name[64], path[64], second[64];
        names_of(m, i, name, path, second, sizeof name);
        struct th_output_folder *place = shared->places[i % N_FOLDERS];
        const struct th_commit_output outputs[2] = {{.path = path, .data = data, .len = LEN},
                                                    {.path = second, .data = data, .len = LEN}};
        struct thumbs_error err = {0};
        th_history_lookup(place, name, false, &id);
        if (th_write_outputs(place, name, false, &id, outputs, 2, &err))
            bad(shared, path, err.message);
        if (i % 7 == 0) th_history_remember_not_image(place, "not-an-image", &id);
    }
    return NULL;
}

static void check_file(struct shared *shared, const char *dest, const char *path)
{
    char full[256];
    uint8_t data[LEN + MARK_LEN + 1], *text = data + 4 + MARK_LEN;
    snprintf(full, sizeof full, "%s/%s", dest, path);
    FILE *f = fopen(full, "rb");
    size_t len = f ? fread(data, 1, sizeof data, f) : 0;
    if (f) fclose(f);
    if (len != LEN + MARK_LEN || memcmp(text, text + 1, LEN - 5) != 0)
        bad(shared, "missing or not whole", path);
}

static void check_no_temporaries(struct shared *shared, const char *dest)
{
    char command[256];
    snprintf(command, sizeof command, "test -z \"$(find '%s' -name '.thumbs-*')\"", dest);
    if (system(command) != 0) bad(shared, "temporaries are left in", dest);
}

static void open_folders(struct shared *shared, struct th_dest *dest)
{
    for (int i = 0; i < N_FOLDERS; i++) {
        shared->places[i] = th_output_folder_create(dest, folders[i]);
        if (!shared->places[i]) abort();
    }
}

static void close_places(struct shared *shared)
{
    for (int i = 0; i < N_FOLDERS; i++)
        th_output_folder_destroy(shared->places[i]);
}

static void check_all(struct shared *shared, struct member *members, const char *dest)
{
    for (unsigned t = 0; t < N_THREADS; t++) {
        for (unsigned i = 0; i < shared->n_files; i++) {
            char name[64], path[64], second[64];
            names_of(&members[t], i, name, path, second, sizeof name);
            check_file(shared, dest, path);
            check_file(shared, dest, second);
            if (th_history_lookup(shared->places[i % N_FOLDERS], name, false, &id) !=
                TH_KNOWN_UP_TO_DATE)
                bad(shared, "not remembered", name);
        }
    }
    if (th_history_lookup(shared->places[0], "not-an-image", false, &id) != TH_KNOWN_NOT_IMAGE)
        bad(shared, "not remembered", "not-an-image");
    check_no_temporaries(shared, dest);
}

static struct th_dest *open_dest(const char *path)
{
    struct th_dest *dest = NULL;
    struct thumbs_error err = {0};
    const struct th_dest_options options = {.path = path, .fingerprint = 1};
    if (th_dest_create(&options, &dest, &err)) {
        fprintf(stderr, "stress_commit: %s\n", err.message);
        exit(1);
    }
    return dest;
}

static unsigned run_round(const char *path, unsigned n_files)
{
    struct shared shared = {.n_files = n_files};
    struct member members[N_THREADS];
    struct th_dest *dest = open_dest(path);
    open_folders(&shared, dest);
    for (unsigned t = 0; t < N_THREADS; t++) {
        members[t] = (struct member){.shared = &shared, .index = t};
        if (pthread_create(&members[t].thread, NULL, run_member, &members[t]) != 0) abort();
    }
    for (unsigned t = 0; t < N_THREADS; t++)
        pthread_join(members[t].thread, NULL);
    close_places(&shared);
    th_dest_destroy(dest);

    dest = open_dest(path);
    open_folders(&shared, dest);
    check_all(&shared, members, path);
    close_places(&shared);
    th_dest_destroy(dest);
    return atomic_load(&shared.n_bad);
}

int main(int argc, char **argv)
{
    uint64_t n_rounds = 3, n_files = 300;
    if ((argc > 1 && !th_parse_u64(argv[1], 1, 1000, &n_rounds)) ||
        (argc > 2 && !th_parse_u64(argv[2], 1, 100000, &n_files))) {
        fprintf(stderr, "usage: stress_commit [ROUNDS [FILES]]\n");
        return 2;
    }
    const char *tmp = getenv("TMPDIR");
    char scratch[128], command[160];
    snprintf(scratch, sizeof scratch, "%.64s/thumbs-stress-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(scratch)) {
        perror(scratch);
        return 1;
    }
    unsigned n_bad = 0;
    for (uint64_t i = 0; i < n_rounds; i++)
        n_bad += run_round(scratch, (unsigned)n_files);
    snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    if (system(command) != 0) n_bad++;
    printf("stress_commit: %u bad\n", n_bad);
    return n_bad ? 1 : 0;
}
