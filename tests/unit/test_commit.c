/* SPDX-License-Identifier: MIT */
/* The commit room: whole files or none, stale temporaries, and what is remembered between runs. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
size_t __sanitizer_get_current_allocated_bytes(void); /* gcc 12 installs no header for it */
#endif

#include "base/sys.h"
#include "commit/dest.h"
#include "commit/dest_internal.h"
#include "commit/failures.h"
#include "commit/manifest.h"
#include "commit/output_folder.h"
#include "commit/own_output.h"
#include "commit/recorded.h"
#include "commit/write.h"
#include "naming/safe_path.h"
#include "naming/template.h"

#define TIME_SEC  1600000001
#define TIME_NSEC 123456789

/* ---- helpers ---- */

static char scratch[64]; /* a folder of this test alone; each test is a process of its own */
static char dest_path[96];

static void run_rm(const char *path)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", "--", path, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

static void setup(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%.30s/thumbs-commit-XXXXXX",
             tmp && strlen(tmp) <= 30 ? tmp : "/tmp");
    cr_assert(mkdtemp(scratch));
    snprintf(dest_path, sizeof dest_path, "%s/dest", scratch);
    umask(022);
}

static void teardown(void)
{
    umount2(dest_path, MNT_DETACH); /* see mount_dest() */
    run_rm(scratch);
}

TestSuite(commit, .init = setup, .fini = teardown, .timeout = 120);

static struct th_dest *open_dest(uint64_t fingerprint)
{
    struct th_dest *dest = NULL;
    struct thumbs_error err = {0};
    const struct th_dest_options options = {.path = dest_path, .fingerprint = fingerprint};
    cr_assert_eq(th_dest_create(&options, &dest, &err), THUMBS_OK, "%s", err.message);
    return dest;
}

static struct th_output_folder *open_folder(struct th_dest *dest, const char *dir)
{
    struct th_output_folder *place = th_output_folder_create(dest, dir);
    cr_assert(place);
    return place;
}

static void below(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", dest_path, name);
}

static void put_file(const char *name, const char *text)
{
    char path[1024];
    below(path, sizeof path, name);
    FILE *f = fopen(path, "w");
    cr_assert(f, "%s: %s", path, strerror(errno));
    fputs(text, f);
    fclose(f);
}

static void put_folder(const char *name)
{
    char path[1024];
    below(path, sizeof path, name);
    cr_assert(mkdir(path, 0777) == 0 || errno == EEXIST, "%s", path);
}

static bool exists(const char *name)
{
    char path[1024];
    struct stat st;
    below(path, sizeof path, name);
    return lstat(path, &st) == 0;
}

/* What commit_one() writes before the text: the first bytes of a JPEG, and thumbs' mark in them. */
#define HEAD_LEN 22

static bool holds(const char *name, const char *text)
{
    char path[1024], content[4096] = "";
    below(path, sizeof path, name);
    FILE *f = fopen(path, "r");
    if (!f) return false;
    size_t n = fread(content, 1, sizeof content, f);
    fclose(f);
    size_t head = n >= HEAD_LEN && memcmp(content, "\xff\xd8\xff\xfe", 4) == 0 ? HEAD_LEN : 0;
    return n - head == strlen(text) && memcmp(content + head, text, n - head) == 0;
}

static void set_time_of(const char *name, time_t sec)
{
    char path[1024];
    below(path, sizeof path, name);
    struct timespec times[2] = {{.tv_sec = sec}, {.tv_sec = sec}};
    cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Files in a folder below DEST whose names begin so. */
static int count_files(const char *folder, const char *prefix)
{
    char path[1024];
    below(path, sizeof path, folder);
    DIR *list = opendir(path);
    int n = 0;
    for (struct dirent *e; list && (e = readdir(list));)
        n +=
            strncmp(e->d_name, prefix, strlen(prefix)) == 0 && strcmp(e->d_name, TH_STATE_DIR) != 0;
    if (list) closedir(list);
    return n;
}

static const struct th_source_id source = {.size = 1000,
                                           .mtime_sec = TIME_SEC,
                                           .mtime_nsec = TIME_NSEC,
                                           .ctime_sec = TIME_SEC + 1,
                                           .ctime_nsec = 2,
                                           .inode = 3};
/* The same in a line, from size to whole. */
#define SOURCE_WORDS "1000 1600000001.123456789 1600000002.000000002 3 0"

static enum thumbs_code commit_one(struct th_output_folder *place, const char *name,
                                   const char *path, const char *text, struct thumbs_error *err)
{
    struct th_bytes data = {0};
    th_bytes_adds(&data, "\xff\xd8\xff\xdb");
    th_bytes_adds(&data, text);
    const struct th_commit_output output = {
        .path = path, .data = (const uint8_t *)data.data, .len = data.len};
    enum thumbs_code code = th_write_outputs(place, name, false, &source, &output, 1, err);
    th_bytes_finish(&data);
    return code;
}

/* A whole little run that makes one output, in folder "a". */
static void run_once(uint64_t fingerprint, const char *name, const char *path, const char *text)
{
    struct th_dest *dest = open_dest(fingerprint);
    struct th_output_folder *place = open_folder(dest, "a");
    struct thumbs_error err = {0};
    cr_assert_eq(commit_one(place, name, path, text, &err), THUMBS_OK, "%s", err.message);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* What a run with this fingerprint would know about a source in folder "a". */
static enum th_known ask(uint64_t fingerprint, const char *name, bool keep_extension,
                         const struct th_source_id *id)
{
    struct th_dest *dest = open_dest(fingerprint);
    struct th_output_folder *place = open_folder(dest, "a");
    enum th_known known = th_history_lookup(place, name, keep_extension, id);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    return known;
}

/* The manifest of folder "a". */
static void manifest_name(char name[64])
{
    snprintf(name, 64, ".thumbs/made/%016llx", (unsigned long long)th_hash64("a", 1, 0));
}

static void append_to_manifest(const char *text)
{
    char name[64], path[1024];
    manifest_name(name);
    below(path, sizeof path, name);
    FILE *f = fopen(path, "a");
    cr_assert(f);
    fputs(text, f);
    fclose(f);
}

/* A line that is right but for what it says. */
static void append_sealed(const char *text)
{
    struct th_bytes line = {0};
    th_bytes_adds(&line, text);
    th_manifest_end_line(&line, 0, th_hash64("a", 1, 0));
    append_to_manifest(th_bytes_str(&line));
    th_bytes_finish(&line);
}

static int count_manifest_lines(void)
{
    char name[64], path[1024];
    manifest_name(name);
    below(path, sizeof path, name);
    FILE *f = fopen(path, "r");
    int n = 0;
    for (int c; f && (c = getc(f)) != EOF;)
        n += c == '\n';
    if (f) fclose(f);
    return n;
}

/* Mounts of this process only, gone with it. Skips the test where that is not allowed. */
static void mount_dest(const char *options)
{
    mkdir(dest_path, 0777);
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", dest_path, "tmpfs", 0, options) < 0) {
        int os_errno = errno;
        teardown(); /* skipping jumps over it */
        cr_skip_test("mounting a tmpfs is not allowed here: %s", strerror(os_errno));
    }
}

/* ---- opening DEST ---- */

static enum thumbs_code try_dest(const char *path, bool dry_run, struct thumbs_error *err)
{
    struct th_dest *dest = NULL;
    const struct th_dest_options options = {.path = path, .dry_run = dry_run};
    enum thumbs_code code = th_dest_create(&options, &dest, err);
    cr_assert_eq(dest != NULL, code == THUMBS_OK);
    th_dest_destroy(dest);
    return code;
}

Test(commit, makes_dest_with_its_parents)
{
    snprintf(dest_path, sizeof dest_path, "%s/x//y/./z/", scratch);
    struct th_dest *dest = open_dest(1);
    struct stat st;
    uint64_t dev, ino;
    cr_assert_eq(stat(dest_path, &st), 0);
    cr_assert(th_dest_identity(dest, &dev, &ino));
    cr_expect(dev == st.st_dev && ino == st.st_ino);
    cr_expect_eq(count_files(".thumbs", "run-"), 1);
    th_dest_destroy(dest);
    cr_expect_eq(count_files(".thumbs", "run-"), 0);
    th_dest_destroy(NULL);
}

Test(commit, dest_may_be_relative_and_a_link)
{
    cr_assert_eq(chdir(scratch), 0);
    cr_assert_eq(mkdir("real", 0777), 0);
    cr_assert_eq(symlink("real", "link"), 0);
    struct thumbs_error err = {0};
    cr_expect_eq(try_dest("link", false, &err), THUMBS_OK, "%s", err.message);
    cr_expect_eq(try_dest("link/deeper/still", false, &err), THUMBS_OK, "%s", err.message);
    cr_expect_eq(access("real/deeper/still/.thumbs", F_OK), 0);
}

Test(commit, dest_that_is_no_folder_is_refused)
{
    mkdir(dest_path, 0777);
    put_file("file", "x");
    char path[128];
    const char *const names[] = {"file", "file/below", "file/below/more"};
    for (int i = 0; i < 3; i++) {
        struct thumbs_error err = {0};
        below(path, sizeof path, names[i]);
        for (int dry_run = 0; dry_run < 2; dry_run++) {
            cr_expect_eq(try_dest(path, dry_run, &err), THUMBS_NOT_WRITABLE);
            cr_expect(strstr(err.message, "is not a folder"), "%s", err.message);
            cr_expect_eq(err.stage, THUMBS_STAGE_WRITE);
        }
    }
    struct thumbs_error err = {0};
    cr_expect_eq(try_dest("", false, &err), THUMBS_NOT_WRITABLE);
    cr_expect_eq(try_dest("/proc/thumbs-cannot-be-made", false, &err), THUMBS_NOT_WRITABLE);
    cr_expect(err.os_errno != 0 && strlen(err.message) > 20);
    cr_expect_eq(try_dest("/proc/thumbs-cannot-be-made", false, NULL), THUMBS_NOT_WRITABLE);
}

Test(commit, state_folder_that_is_a_link_is_refused)
{
    mkdir(dest_path, 0777);
    char link[128];
    below(link, sizeof link, ".thumbs");
    cr_assert_eq(symlink("/tmp", link), 0);
    struct thumbs_error err = {0};
    cr_expect_eq(try_dest(dest_path, false, &err), THUMBS_NOT_WRITABLE);
    cr_expect(strstr(err.message, "is a symbolic link"), "%s", err.message);
}

Test(commit, read_only_dest_is_refused_at_once)
{
    mount_dest("size=1m");
    cr_assert_eq(mount("tmpfs", dest_path, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    struct thumbs_error err = {0};
    cr_expect_eq(try_dest(dest_path, false, &err), THUMBS_NOT_WRITABLE);
    cr_expect_eq(err.os_errno, EROFS);
    cr_expect(strstr(err.message, "Read-only file system"), "%s", err.message);
    cr_expect_eq(try_dest(dest_path, true, &err), THUMBS_OK);
}

Test(commit, dest_beyond_path_max)
{
    char *path = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&path, &len);
    fputs(scratch, f);
    for (int i = 0; i < 30; i++)
        fprintf(f, "/%0200d", i);
    fclose(f);
    cr_assert_gt(len, 4096);
    struct th_dest *dest = NULL;
    struct thumbs_error err = {0};
    const struct th_dest_options options = {.path = path};
    cr_assert_eq(th_dest_create(&options, &dest, &err), THUMBS_OK, "%s", err.message);
    th_dest_destroy(dest);
    const struct th_dest_options dry = {.path = path, .dry_run = true};
    cr_assert_eq(th_dest_create(&dry, &dest, &err), THUMBS_OK, "%s", err.message);
    uint64_t dev, ino;
    cr_expect(th_dest_identity(dest, &dev, &ino));
    th_dest_destroy(dest);
    free(path);
}

Test(commit, dry_run_makes_nothing_but_knows)
{
    struct th_dest *dest = NULL;
    struct thumbs_error err = {0};
    uint64_t dev, ino;
    const struct th_dest_options options = {.path = dest_path, .dry_run = true, .fingerprint = 1};
    cr_assert_eq(th_dest_create(&options, &dest, &err), THUMBS_OK, "%s", err.message);
    cr_expect_not(th_dest_identity(dest, &dev, &ino));
    struct th_output_folder *place = open_folder(dest, "a");
    cr_expect_eq(th_history_lookup(place, "x.png", false, &source), TH_KNOWN_NOTHING);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_expect_eq(access(dest_path, F_OK), -1);

    run_once(1, "x.png", "a/x.jpg", "text");
    put_file("a/.thumbs-0123456789abcdef-1", "stale");
    cr_assert_eq(th_dest_create(&options, &dest, &err), THUMBS_OK, "%s", err.message);
    place = open_folder(dest, "a");
    cr_expect_eq(th_history_lookup(place, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(commit_one(place, "y.png", "a/y.jpg", "text", &err), THUMBS_INTERNAL);
    th_output_folder_destroy(place);
    cr_expect_eq(count_files(".thumbs", "run-"), 0);
    cr_expect(exists("a/.thumbs-0123456789abcdef-1"));
    th_dest_destroy(dest);
}

/* ---- committing ---- */

Test(commit, makes_and_replaces)
{
    struct th_dest *dest = open_dest(1);
    struct th_output_folder *place = open_folder(dest, "a/b");
    struct thumbs_error err = {0};
    cr_expect_eq(commit_one(place, "x.png", "a/b/x.jpg", "one", &err), THUMBS_OK, "%s",
                 err.message);
    cr_expect(holds("a/b/x.jpg", "one"));
    cr_expect_eq(commit_one(place, "x.png", "a/b/x.jpg", "two!", NULL), THUMBS_OK);
    cr_expect(holds("a/b/x.jpg", "two!"));
    char path[128];
    struct stat st;
    below(path, sizeof path, "a/b/x.jpg");
    cr_assert_eq(stat(path, &st), 0);
    cr_expect(st.st_mtim.tv_sec == TIME_SEC && st.st_mtim.tv_nsec == TIME_NSEC);
    cr_expect_eq(st.st_mode & 07777, 0644);
    cr_expect_eq(count_files("a/b", ".thumbs-"), 0);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

Test(commit, outputs_in_many_folders)
{
    struct th_dest *dest = open_dest(1);
    struct th_output_folder *place = open_folder(dest, "");
    struct th_commit_output outputs[20];
    char paths[20][32], texts[20][8];
    for (unsigned i = 0; i < 20; i++) {
        snprintf(paths[i], sizeof paths[i], i % 5 == 4 ? "top-%u" : "%u/deep/er/x.jpg", i);
        snprintf(texts[i], sizeof texts[i], "%u", i);
        outputs[i] = (struct th_commit_output){
            .path = paths[i], .data = (uint8_t *)texts[i], .len = strlen(texts[i])};
    }
    /* Twice, so that kept folders are used too; and more folders than are kept. */
    dest->overwrite = true;
    struct thumbs_error err = {0};
    for (int round = 0; round < 2; round++)
        cr_expect_eq(th_write_outputs(place, "x", true, &source, outputs, 20, &err), THUMBS_OK,
                     "%s", err.message);
    for (int i = 0; i < 20; i++)
        cr_expect(holds(paths[i], texts[i]), "%s", paths[i]);
    th_output_folder_destroy(place);
    place = open_folder(dest, "");
    cr_expect_eq(th_history_lookup(place, "x", true, &source), TH_KNOWN_UP_TO_DATE);
    char path[128];
    below(path, sizeof path, "3/deep/er/x.jpg");
    unlink(path);
    cr_expect_eq(th_history_lookup(place, "x", true, &source), TH_KNOWN_NOTHING);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

Test(commit, paths_beyond_path_max)
{
    struct th_dest *dest = open_dest(1);
    char *dir = NULL, *path = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&dir, &len);
    for (int i = 0; i < 25; i++)
        fprintf(f, "%s%0250d", i ? "/" : "", i);
    fclose(f);
    cr_assert(asprintf(&path, "%s/x.jpg", dir) > 4096);
    struct thumbs_error err = {0};
    struct th_output_folder *place = open_folder(dest, dir);
    cr_expect_eq(commit_one(place, "x.png", path, "far", &err), THUMBS_OK, "%s", err.message);
    th_output_folder_destroy(place);
    place = open_folder(dest, dir);
    cr_expect_eq(th_history_lookup(place, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    free(dir);
    free(path);
}

Test(commit, symbolic_links_below_dest_are_not_followed)
{
    char link[128], outside[128];
    snprintf(outside, sizeof outside, "%s/outside", scratch);
    cr_assert_eq(mkdir(outside, 0777), 0);
    struct th_dest *dest = open_dest(1);
    below(link, sizeof link, "a");
    cr_assert_eq(symlink(outside, link), 0);
    put_folder("b");
    below(link, sizeof link, "b/dangling");
    cr_assert_eq(symlink("nowhere", link), 0);
    put_file("b/file", "x");

    static const struct {
        const char *dir, *path, *message;
    } cases[] = {
        {"a", "a/x.jpg", "'a' is a symbolic link"},
        {"", "a/x.jpg", "'a' is a symbolic link"},
        {"a/c", "a/c/x.jpg", "'a' is a symbolic link"},
        {"b/dangling", "b/dangling/x.jpg", "'dangling' is a symbolic link"},
        {"b/file", "b/file/x.jpg", "'file' is not a folder"},
        {"b/file/c", "b/file/c/x.jpg", "'file' is not a folder"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct thumbs_error err = {0};
        struct th_output_folder *place = open_folder(dest, cases[i].dir);
        cr_expect_eq(commit_one(place, "x.png", cases[i].path, "text", &err), THUMBS_NOT_WRITABLE);
        cr_expect(strstr(err.message, cases[i].message), "%zu: %s", i, err.message);
        cr_expect_eq(err.stage, THUMBS_STAGE_WRITE);
        th_output_folder_destroy(place);
    }
    cr_expect_eq(rmdir(outside), 0, "something was written outside");
    th_dest_destroy(dest);
}

/* Neither a link under the very name of an output nor what it points to is touched, unless that is
 * wished. */
Test(commit, output_that_is_a_link_is_not_ours)
{
    struct thumbs_error err = {0};
    struct th_dest *dest = open_dest(1);
    put_folder("a");
    put_file("precious", "mine");
    char link[128];
    struct stat st;
    below(link, sizeof link, "a/x.jpg");
    cr_assert_eq(symlink("../precious", link), 0);
    struct th_output_folder *place = open_folder(dest, "a");
    cr_expect_eq(commit_one(place, "x.png", "a/x.jpg", "text", &err), THUMBS_NOT_OURS);
    cr_expect(strstr(err.message, "--overwrite"), "%s", err.message);
    cr_expect(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    dest->overwrite = true;
    cr_expect_eq(commit_one(place, "x.png", "a/x.jpg", "text", NULL), THUMBS_OK);
    cr_expect(holds("precious", "mine"));
    cr_expect(holds("a/x.jpg", "text"));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

Test(commit, folder_under_the_name_of_an_output)
{
    struct th_dest *dest = open_dest(1);
    put_folder("a");
    put_folder("a/x.jpg");
    struct th_output_folder *place = open_folder(dest, "a");
    struct thumbs_error err = {0};
    cr_expect_eq(commit_one(place, "x.png", "a/x.jpg", "text", &err), THUMBS_NOT_WRITABLE);
    cr_expect(strstr(err.message, "is a folder"), "%s", err.message);
    cr_expect_eq(count_files("a", ".thumbs-"), 0);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* Several threads that want the folder at the same moment: one of them removes the file, and none
 * takes that for a failure. */
#define WANTING 4

struct wanting {
    struct th_output_folder *place;
    pthread_barrier_t *start;
    char path[48];
    enum thumbs_code code;
    struct thumbs_error err;
};

static void *want_folder(void *arg)
{
    struct wanting *w = arg;
    pthread_barrier_wait(w->start);
    w->code = commit_one(w->place, strrchr(w->path, '/') + 1, w->path, "new", &w->err);
    return NULL;
}

Test(commit, output_gives_way_to_several_at_once)
{
    run_once(1, "y.png", "a/y.jpg", "old"); /* makes DEST */
    for (int round = 0; round < 100; round++) {
        char old[32];
        snprintf(old, sizeof old, "a/y%d.jpg", round);
        run_once(1, old + 2, old, "old");
        pthread_barrier_t start;
        pthread_t threads[WANTING];
        struct wanting wanting[WANTING] = {0};
        pthread_barrier_init(&start, NULL, WANTING);
        struct th_dest *dest = open_dest(1);
        for (int i = 0; i < WANTING; i++) {
            struct wanting *w = &wanting[i];
            *w = (struct wanting){.place = open_folder(dest, old), .start = &start};
            snprintf(w->path, sizeof w->path, "%s/%d", old, i);
            cr_assert_eq(pthread_create(&threads[i], NULL, want_folder, w), 0);
        }
        for (int i = 0; i < WANTING; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < WANTING; i++) {
            cr_expect_eq(wanting[i].code, THUMBS_OK, "%s", wanting[i].err.message);
            cr_expect(holds(wanting[i].path, "new"));
            th_output_folder_destroy(wanting[i].place);
        }
        th_dest_destroy(dest);
        pthread_barrier_destroy(&start);
    }
}

/* Somebody who clears up removes empty folders, also such as were made this very moment. */
static void *remove_empty_folders(void *stop)
{
    static const char *const folders[] = {"b/c/d", "b/c", "b"};
    char path[1024];
    while (!atomic_load((atomic_bool *)stop)) {
        for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
            below(path, sizeof path, folders[i]);
            rmdir(path);
        }
    }
    return NULL;
}

Test(commit, folders_are_made_while_they_are_removed)
{
    struct th_dest *dest = open_dest(1);
    atomic_bool stop = false;
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, remove_empty_folders, &stop), 0);
    for (int i = 0; i < 3000; i++) {
        struct thumbs_error err = {0};
        int fd = th_dest_open_folder(dest, "b/c/d", 5, true, NULL, &err);
        cr_expect_geq(fd, 0, "%d: %s", i, err.message);
        cr_expect_eq(err.code, THUMBS_OK);
        if (fd < 0) break;
        close(fd);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    th_dest_destroy(dest);
}

/* Between a look at what stands there and a look into it, another thread may have put there the new
 * one of an output that sources share. */
Test(commit, what_is_replaced_while_it_is_looked_at_is_ours)
{
    static const uint8_t boxes[] = "\0\0\0\x0c"
                                   "ftypavif of which the mark stands at the end";
    const struct th_commit_output output = {.path = "b/x.avif", .data = boxes, .len = sizeof boxes};
    struct th_dest *dest = open_dest(1);
    struct th_output_folder *maker = open_folder(dest, "a"), *other = open_folder(dest, "b");
    struct thumbs_error err = {0};
    char path[1024];
    struct stat before;
    cr_assert_eq(th_write_outputs(maker, "x.png", false, &source, &output, 1, &err), THUMBS_OK);
    below(path, sizeof path, "b/x.avif");
    cr_assert_eq(stat(path, &before), 0);
    before.st_size -= 7;
    int fd = th_dest_open_folder(dest, "b", 1, false, NULL, NULL);
    cr_assert_geq(fd, 0);
    cr_expect(th_own_output_is(other, "b/x.avif", fd, "x.avif", &before, &source));
    put_file("b/x.avif", "somebody else's");
    cr_expect_not(th_own_output_is(other, "b/x.avif", fd, "x.avif", &before, &source));
    unlink(path);
    cr_expect(th_own_output_is(other, "b/x.avif", fd, "x.avif", &before, &source), "nobody's");
    close(fd);
    th_output_folder_destroy(maker);
    th_output_folder_destroy(other);
    th_dest_destroy(dest);
}

Test(commit, paths_that_lead_astray_are_refused)
{
    struct th_dest *dest = open_dest(1);
    struct th_output_folder *place = open_folder(dest, "");
    static const char *const paths[] = {"../x", "a/../../x", "/x", "",          "a//x",
                                        "a/",   ".",         "..", ".thumbs/x", ".thumbs"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct thumbs_error err = {0};
        cr_expect_eq(commit_one(place, "x.png", paths[i], "text", &err), THUMBS_INTERNAL, "%s",
                     paths[i]);
        cr_expect_eq(err.code, THUMBS_INTERNAL);
    }
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* "-f keep,jpeg" on a JPEG: both outputs are the same. */
Test(commit, equal_outputs_of_one_source)
{
    struct th_dest *dest = open_dest(1);
    struct th_output_folder *place = open_folder(dest, "a");
    struct thumbs_error err = {0};
    struct th_commit_output outputs[2] = {
        {.path = "a/x.jpg", .data = (const uint8_t *)"same", .len = 4},
        {.path = "a/x.jpg", .data = (const uint8_t *)"same", .len = 4}};
    cr_expect_eq(th_write_outputs(place, "x", false, &source, outputs, 2, &err), THUMBS_OK, "%s",
                 err.message);
    cr_expect(holds("a/x.jpg", "same"));
    outputs[1].data = (const uint8_t *)"else";
    cr_expect_eq(th_write_outputs(place, "x", false, &source, outputs, 2, &err), THUMBS_NAME_CLASH);
    cr_expect(holds("a/x.jpg", "same"));
    cr_expect_eq(count_files("a", ".thumbs-"), 0);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* The second cannot be written, so the first must not get its name either. */
Test(commit, one_bad_output_of_several_leaves_none)
{
    struct th_dest *dest = open_dest(1);
    struct th_output_folder *place = open_folder(dest, "a");
    put_file("block", "x");
    struct thumbs_error err = {0};
    const struct th_commit_output outputs[2] = {
        {.path = "a/x.jpg", .data = (const uint8_t *)"one", .len = 3},
        {.path = "block/x.jpg", .data = (const uint8_t *)"two", .len = 3}};
    cr_expect_eq(th_write_outputs(place, "x", false, &source, outputs, 2, &err),
                 THUMBS_NOT_WRITABLE);
    cr_expect_not(exists("a/x.jpg"));
    cr_expect_eq(count_files("a", ".thumbs-"), 0);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

Test(commit, folder_deleted_during_the_run_is_made_again)
{
    struct th_dest *dest = open_dest(1);
    struct th_output_folder *place = open_folder(dest, "a");
    struct thumbs_error err = {0};
    char folder[128];
    below(folder, sizeof folder, "a");
    cr_expect_eq(commit_one(place, "x.png", "a/x.jpg", "text", &err), THUMBS_OK);
    run_rm(folder);
    const struct th_commit_output outputs[2] = {
        {.path = "a/x.jpg", .data = (const uint8_t *)"one", .len = 3},
        {.path = "a/y.jpg", .data = (const uint8_t *)"two", .len = 3}};
    cr_expect_eq(th_write_outputs(place, "x", false, &source, outputs, 2, &err), THUMBS_OK, "%s",
                 err.message);
    cr_expect(holds("a/x.jpg", "one"));
    cr_expect(holds("a/y.jpg", "two"));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

Test(commit, full_disk)
{
    mount_dest("size=64k");
    struct th_dest *dest = open_dest(1);
    struct th_output_folder *place = open_folder(dest, "a");
    struct thumbs_error err = {0};
    char *big = malloc(100001);
    memset(big, 'x', 100000);
    big[100000] = '\0';
    cr_expect_eq(commit_one(place, "x.png", "a/x.jpg", "old", &err), THUMBS_OK, "%s", err.message);
    cr_expect_eq(commit_one(place, "x.png", "a/x.jpg", big, &err), THUMBS_NO_SPACE);
    cr_expect_eq(err.os_errno, ENOSPC);
    cr_expect(strstr(err.message, " free of 64 KiB)"), "%s", err.message);
    cr_expect(holds("a/x.jpg", "old"));
    cr_expect_eq(count_files("a", ".thumbs-"), 0);
    free(big);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

Test(commit, disk_full_of_files)
{
    mount_dest("nr_inodes=5");
    struct th_dest *dest = open_dest(1);
    struct th_output_folder *place = open_folder(dest, "a/b/c/d/e/f");
    struct thumbs_error err = {0};
    cr_expect_eq(commit_one(place, "x.png", "a/b/c/d/e/f/x.jpg", "text", &err), THUMBS_NO_SPACE);
    cr_expect(strstr(err.message, "no inodes free of 5; "), "%s", err.message);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* ---- what other runs leave ---- */

Test(commit, sweeps_what_killed_runs_left)
{
    mkdir(dest_path, 0777);
    put_folder("a");
    put_folder("all");
    put_folder(".thumbs");
    put_folder(".thumbs/made");
    static const char *const stale[] = {
        ".thumbs-0123456789abcdef-0", "a/.thumbs-0123456789abcdef-17",
        ".thumbs/run-0123456789abcdef", ".thumbs/made/.thumbs-0123456789abcdef-3",
        "all/.thumbs-0123456789abcdef-200"};
    static const char *const kept[] = {
        "a/.thumbsx", "a/.thumbs-notes.txt", "a/.thumbs-0123", "a/.thumbs-0123456789abcdef-1x",
        "a/thumbs-1", ".thumbs/run-mine",    "a/x.thumbs-1"};
    for (size_t i = 0; i < sizeof stale / sizeof stale[0]; i++)
        put_file(stale[i], "stale");
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        put_file(kept[i], "kept");
    put_folder("a/.thumbs-folder");
    char link[128];
    below(link, sizeof link, "a/.thumbs-link");
    cr_assert_eq(symlink("x", link), 0);

    struct th_dest *dest = open_dest(1);
    struct th_output_folder *place = open_folder(dest, "a");
    /* A folder of a template is swept when the first output goes there. */
    cr_expect_eq(commit_one(place, "x.png", "all/x.jpg", "text", NULL), THUMBS_OK);
    for (size_t i = 0; i < sizeof stale / sizeof stale[0]; i++)
        cr_expect_not(exists(stale[i]), "%s", stale[i]);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        cr_expect(exists(kept[i]), "%s", kept[i]);
    cr_expect(exists("a/.thumbs-folder"));
    cr_expect(exists("a/.thumbs-link"));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* The run id in the one marker that is not `mine`. */
static void other_run_id(char id[17], const char *mine)
{
    char path[128];
    below(path, sizeof path, ".thumbs");
    DIR *list = opendir(path);
    cr_assert(list);
    id[0] = '\0';
    for (struct dirent *e; (e = readdir(list));) {
        if (strncmp(e->d_name, "run-", 4) == 0 && strcmp(e->d_name + 4, mine) != 0)
            snprintf(id, 17, "%.16s", e->d_name + 4);
    }
    closedir(list);
    cr_assert_eq(strlen(id), 16);
}

/* A child that signs in at DEST and stays until it is killed. */
static pid_t start_other_run(void)
{
    int ready[2];
    char byte = 0;
    cr_assert_eq(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct th_dest *dest = NULL;
        const struct th_dest_options options = {.path = dest_path};
        if (th_dest_create(&options, &dest, NULL) != THUMBS_OK || write(ready[1], "x", 1) != 1)
            _exit(1);
        alarm(50);
        for (;;)
            pause();
    }
    close(ready[1]);
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

Test(commit, does_not_sweep_a_live_run)
{
    mkdir(dest_path, 0777);
    put_folder("a");
    pid_t pid = start_other_run();
    char id[17], temp[64], marker[64];
    other_run_id(id, "");
    snprintf(temp, sizeof temp, "a/.thumbs-%s-5", id);
    snprintf(marker, sizeof marker, ".thumbs/run-%s", id);
    put_file(temp, "being written");

    struct th_dest *dest = open_dest(1);
    struct th_output_folder *place = open_folder(dest, "a");
    cr_expect(exists(temp));
    cr_expect(exists(marker));
    cr_expect(th_dest_has_other_runs(dest));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    cr_expect_not(th_dest_has_other_runs(dest));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);

    dest = open_dest(1);
    place = open_folder(dest, "a");
    cr_expect_not(exists(temp));
    cr_expect_not(exists(marker));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* Another run begins after this one: its id is not among those first seen. */
Test(commit, looks_again_for_a_run_it_does_not_know)
{
    mkdir(dest_path, 0777);
    put_folder("a");
    struct th_dest *dest = open_dest(1);
    pid_t pid = start_other_run();
    char id[17], temp[64];
    other_run_id(id, dest->run.id);
    snprintf(temp, sizeof temp, "a/.thumbs-%s-5", id);
    put_file(temp, "being written");
    struct th_output_folder *place = open_folder(dest, "a");
    cr_expect(exists(temp));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Many runs sign in and out at once while others clear dead markers away: each must keep its own.
 */
Test(commit, signing_in_at_the_same_time)
{
    mkdir(dest_path, 0777);
    enum { N = 8 };
    pid_t pids[N];
    for (int i = 0; i < N; i++) {
        pids[i] = fork();
        if (pids[i] != 0) continue;
        bool ok = true;
        for (int round = 0; round < 30 && ok; round++) {
            struct th_dest *dest = NULL;
            const struct th_dest_options options = {.path = dest_path};
            char marker[64];
            ok = th_dest_create(&options, &dest, NULL) == THUMBS_OK;
            if (!ok) break;
            snprintf(marker, sizeof marker, ".thumbs/run-%s", dest->run.id);
            ok = exists(marker);
            th_dest_destroy(dest);
        }
        _exit(ok ? 0 : 1);
    }
    for (int i = 0; i < N; i++) {
        int status = -1;
        waitpid(pids[i], &status, 0);
        cr_expect_eq(status, 0);
    }
    cr_expect_eq(count_files(".thumbs", "run-"), 0);
}

/* ---- what is remembered ---- */

Test(commit, second_run_finds_all_up_to_date)
{
    static const char *const names[] = {"x.png",
                                        "with space.png",
                                        "new\nline.png",
                                        "\xff\xfe.png",
                                        "100%.png",
                                        "\x7f\x01 ;",
                                        ";",
                                        "-",
                                        "a",
                                        "ü€.png"};
    struct th_dest *dest = open_dest(77);
    struct th_output_folder *place = open_folder(dest, "a");
    char path[64];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "a/%s", names[i]);
        cr_expect_eq(commit_one(place, names[i], path, "text", NULL), THUMBS_OK);
    }
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect_eq(ask(77, names[i], false, &source), TH_KNOWN_UP_TO_DATE, "%s", names[i]);
    cr_expect_eq(ask(77, "other", false, &source), TH_KNOWN_NOTHING);
    cr_expect_eq(ask(77, "", false, &source), TH_KNOWN_NOTHING);
}

Test(commit, folders_with_odd_names_are_remembered)
{
    static const char *const dirs[] = {"",        "d d",       "d\nd",    "\xff",
                                       ".thumbs", ".thumbs-x", "deep/er", "%41"};
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        for (int round = 0; round < 2; round++) {
            struct th_dest *dest = open_dest(7);
            struct th_output_folder *place = open_folder(dest, dirs[i]);
            const struct thumbs_image_options image = {.n_sizes = 1, .n_formats = 1};
            struct th_template *t = NULL;
            cr_assert_eq(th_template_create(NULL, &image, &t, NULL), THUMBS_OK);
            const struct th_name_parts parts = {
                .dir = dirs[i], .name = "x.png", .format = THUMBS_FORMAT_JPEG};
            char *path = th_template_expand(t, &parts);
            cr_expect_eq(th_history_lookup(place, "x.png", false, &source),
                         round ? TH_KNOWN_UP_TO_DATE : TH_KNOWN_NOTHING, "%s", dirs[i]);
            if (!round) cr_expect_eq(commit_one(place, "x.png", path, "text", NULL), THUMBS_OK);
            free(path);
            th_template_destroy(t);
            th_output_folder_destroy(place);
            th_dest_destroy(dest);
        }
    }
    cr_expect(exists("_.thumbs/x.jpg"));
    cr_expect(exists("_.thumbs-x/x.jpg"));
}

Test(commit, any_change_makes_it_unknown)
{
    run_once(5, "x.png", "a/x.jpg", "text");
    cr_assert_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(ask(6, "x.png", false, &source), TH_KNOWN_NOTHING, "other options");
    cr_expect_eq(ask(5, "x.png", true, &source), TH_KNOWN_NOTHING, "other keep_extension");
    struct th_source_id id = source;
    id.size++;
    cr_expect_eq(ask(5, "x.png", false, &id), TH_KNOWN_NOTHING, "other size");
    id = source;
    id.mtime_sec++;
    cr_expect_eq(ask(5, "x.png", false, &id), TH_KNOWN_NOTHING, "other second");
    id = source;
    id.mtime_nsec++;
    cr_expect_eq(ask(5, "x.png", false, &id), TH_KNOWN_NOTHING, "other nanosecond");
    id = source;
    id.ctime_sec--;
    cr_expect_eq(ask(5, "x.png", false, &id), TH_KNOWN_NOTHING, "edited by what keeps the mtime");
    id = source;
    id.ctime_nsec--;
    cr_expect_eq(ask(5, "x.png", false, &id), TH_KNOWN_NOTHING, "the same, at once");
    id = source;
    id.inode++;
    cr_expect_eq(ask(5, "x.png", false, &id), TH_KNOWN_NOTHING, "another file in its place");
}

Test(commit, output_that_was_touched_is_unknown)
{
    run_once(5, "x.png", "a/x.jpg", "text");
    set_time_of("a/x.jpg", TIME_SEC - 1);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING);
    /* A file system that keeps seconds only. */
    set_time_of("a/x.jpg", TIME_SEC);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    put_file("a/x.jpg", "");
    set_time_of("a/x.jpg", TIME_SEC);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING, "empty");
    char path[128];
    below(path, sizeof path, "a/x.jpg");
    unlink(path);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING, "deleted");
    put_file("x.jpg", "text");
    set_time_of("x.jpg", TIME_SEC);
    cr_assert_eq(symlink("../x.jpg", path), 0);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING, "a link");
    run_rm(dest_path);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING, "DEST deleted");
}

Test(commit, times_before_1970)
{
    const struct th_source_id old = {.size = 0, .mtime_sec = -5, .mtime_nsec = 999999999};
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = open_folder(dest, "a");
    const struct th_commit_output output = {
        .path = "a/x.jpg", .data = (const uint8_t *)"x", .len = 1};
    cr_expect_eq(th_write_outputs(place, "x.png", false, &old, &output, 1, NULL), THUMBS_OK);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_expect_eq(ask(5, "x.png", false, &old), TH_KNOWN_UP_TO_DATE);
}

Test(commit, what_is_no_image_is_remembered)
{
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = open_folder(dest, "a");
    th_history_remember_not_image(place, "x.png", &source);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_expect_not(exists("a"), "nothing was made, so no folder either");
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOT_IMAGE);
    cr_expect_eq(ask(6, "x.png", true, &source), TH_KNOWN_NOT_IMAGE, "whatever the options");
    struct th_source_id id = source;
    id.mtime_nsec = 0;
    cr_expect_eq(ask(5, "x.png", false, &id), TH_KNOWN_NOTHING);
    append_sealed("n v99.7 " SOURCE_WORDS " y.png");
    cr_expect_eq(ask(5, "y.png", false, &source), TH_KNOWN_NOTHING, "another version");
    /* Now it became one. */
    run_once(5, "x.png", "a/x.jpg", "text");
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
}

/* ---- sources that did harm ---- */

#define SECOND_NS UINT64_C(1000000000)

static void remember_failure(uint64_t fingerprint, const char *name, enum thumbs_code code,
                             uint64_t timeout_ns, const char *message)
{
    struct th_dest *dest = open_dest(fingerprint);
    struct th_output_folder *place = open_folder(dest, "a");
    struct thumbs_error error = {.code = code, .stage = THUMBS_STAGE_DECODE};
    snprintf(error.message, sizeof error.message, "%s", message);
    const struct th_failure_limits limits = {.timeout_ns = timeout_ns};
    th_history_remember_failure(place, name, &source, &limits, &error);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

static bool recall(uint64_t fingerprint, const char *name, const struct th_source_id *id,
                   uint64_t timeout_ns, struct thumbs_error *error)
{
    struct th_dest *dest = open_dest(fingerprint);
    struct th_output_folder *place = open_folder(dest, "a");
    const struct th_failure_limits limits = {.timeout_ns = timeout_ns};
    bool known = th_history_recall_failure(place, name, id, &limits, error);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    return known;
}

Test(commit, what_crashed_is_remembered)
{
    struct thumbs_error error = {0};
    remember_failure(5, "x y\n%.png", THUMBS_CRASHED, SECOND_NS,
                     "the worker died of signal 11 (Segmentation fault)");
    cr_expect_not(exists("a"), "nothing was made, so no folder either");
    cr_assert(recall(5, "x y\n%.png", &source, SECOND_NS, &error));
    cr_expect_eq(error.code, THUMBS_CRASHED);
    cr_expect_eq(error.stage, THUMBS_STAGE_DECODE);
    cr_expect_str_eq(error.message,
                     "crashed last time (the worker died of signal 11 (Segmentation fault)); "
                     "--retry-failed tries it again");
    cr_expect(recall(5, "x y\n%.png", &source, 60 * SECOND_NS, &error),
              "time has nothing to do with it");
    cr_expect_not(recall(6, "x y\n%.png", &source, SECOND_NS, &error), "other options");
    cr_expect_not(recall(5, "x.png", &source, SECOND_NS, &error), "another source");
    for (int i = 0; i < 3; i++) {
        struct th_source_id id = source;
        if (i == 0) id.size++;
        if (i == 1) id.mtime_sec++;
        if (i == 2) id.mtime_nsec++;
        cr_expect_not(recall(5, "x y\n%.png", &id, SECOND_NS, &error), "it has changed");
    }
    cr_expect_eq(ask(5, "x y\n%.png", false, &source), TH_KNOWN_NOTHING, "it is not up to date");
    /* The longest message there can be is told as far as there is room. */
    char longest[sizeof error.message];
    memset(longest, 'm', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    remember_failure(5, "long.png", THUMBS_CRASHED, SECOND_NS, longest);
    cr_assert(recall(5, "long.png", &source, SECOND_NS, &error));
    cr_expect(strstr(error.message, "mmm); --retry-failed tries it again"), "%s", error.message);
    remember_failure(5, "mute.png", THUMBS_CRASHED, SECOND_NS, "");
    cr_expect(recall(5, "mute.png", &source, SECOND_NS, &error));
}

Test(commit, what_took_too_long_is_given_more_time)
{
    static const struct {
        uint64_t then_ns, now_ns;
        bool known;
    } cases[] = {{SECOND_NS, SECOND_NS, true},
                 {SECOND_NS, SECOND_NS / 2, true},
                 {SECOND_NS, SECOND_NS + 1, false},
                 {SECOND_NS, 0, false},
                 {0, SECOND_NS, true},
                 {0, 0, true}};
    struct thumbs_error error = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        remember_failure(5, "x.png", THUMBS_TIMEOUT, cases[i].then_ns, "took longer than 1 s");
        cr_expect_eq(recall(5, "x.png", &source, cases[i].now_ns, &error), cases[i].known, "%zu",
                     i);
    }
    cr_expect_eq(error.code, THUMBS_TIMEOUT);
    cr_expect_str_eq(error.message,
                     "timed out last time (took longer than 1 s); --retry-failed tries it again");
}

Test(commit, failure_is_replaced_by_what_comes_after_it)
{
    struct thumbs_error error = {0};
    /* Success, ... */
    remember_failure(5, "x.png", THUMBS_CRASHED, 0, "why");
    run_once(5, "x.png", "a/x.jpg", "text");
    cr_expect_not(recall(5, "x.png", &source, 0, &error));
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    /* ... which harm under other options does not change, ... */
    remember_failure(6, "x.png", THUMBS_CRASHED, 0, "why");
    cr_expect(recall(6, "x.png", &source, 0, &error));
    cr_expect_not(recall(5, "x.png", &source, 0, &error));
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE,
                 "its output stands all the same");
    /* ... or a failure of another kind. */
    struct th_dest *dest = open_dest(6);
    struct th_output_folder *place = open_folder(dest, "a");
    th_history_forget_failure(place, "x.png");
    th_history_forget_failure(place, "never-seen.png");
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_expect_not(recall(6, "x.png", &source, 0, &error));
    int n_lines = count_manifest_lines();
    run_once(6, "y.png", "a/y.jpg", "text");
    dest = open_dest(6);
    place = open_folder(dest, "a");
    th_history_forget_failure(place, "y.png");
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_expect_eq(ask(6, "y.png", false, &source), TH_KNOWN_UP_TO_DATE, "success is not forgotten");
    cr_expect_eq(count_manifest_lines(), n_lines + 1);
}

/* A retry that was killed after its outputs had got their names, before it could say so. */
Test(commit, half_a_retry_leaves_no_memory_of_failure)
{
    struct thumbs_error error = {0};
    remember_failure(5, "x.png", THUMBS_CRASHED, 0, "why");
    put_folder("a");
    put_folder("a/y.jpg");
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = open_folder(dest, "a");
    const struct th_commit_output outputs[2] = {
        {.path = "a/x.jpg", .data = (const uint8_t *)"x", .len = 1},
        {.path = "a/y.jpg", .data = (const uint8_t *)"y", .len = 1}};
    cr_expect_eq(th_write_outputs(place, "x.png", false, &source, outputs, 2, NULL),
                 THUMBS_NOT_WRITABLE);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_expect_not(recall(5, "x.png", &source, 0, &error));
}

Test(commit, malformed_memories_of_failure_are_none)
{
    static const char state[] = "x 0000000000000005 " SOURCE_WORDS " x.png";
    static const char *const words[] = {"",
                                        " crashed decode 0",
                                        " crashed decode 0 why more",
                                        " crashed decode 0 %00",
                                        " crashed decode -1 why",
                                        " crashed decode 99999999999999999999999 why",
                                        " crashed nowhere 0 why",
                                        " memory decode 0 why",
                                        " nonsense decode 0 why",
                                        " %",
                                        "  crashed decode 0 why"};
    char line[256];
    struct thumbs_error error = {0};
    run_once(5, "y.png", "a/y.jpg", "text");
    snprintf(line, sizeof line, "%s crashed decode 0 w%%0ahy", state);
    append_sealed(line);
    cr_assert(recall(5, "x.png", &source, 0, &error), "else this test tests nothing");
    cr_expect_null(strchr(error.message, '\n'));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        snprintf(line, sizeof line, "%s%s", state, words[i]);
        append_sealed(line);
        cr_expect_not(recall(5, "x.png", &source, 0, &error), "'%s'", words[i]);
        cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING, "'%s'", words[i]);
    }
}

Test(commit, failures_survive_compaction)
{
    struct thumbs_error error = {0};
    remember_failure(5, "x.png", THUMBS_CRASHED, 0, "why");
    for (int i = 0; i < 80; i++)
        run_once(5, "y.png", "a/y.jpg", "text");
    cr_expect_lt(count_manifest_lines(), 75, "it was not compacted");
    cr_expect(recall(5, "x.png", &source, 0, &error));
    cr_expect_eq(ask(5, "y.png", false, &source), TH_KNOWN_UP_TO_DATE);
}

Test(commit, dry_run_remembers_no_failure)
{
    struct thumbs_error error = {
        .code = THUMBS_CRASHED, .stage = THUMBS_STAGE_DECODE, .message = "why"};
    remember_failure(5, "x.png", THUMBS_CRASHED, 0, "why");
    int n_lines = count_manifest_lines();
    struct th_dest *dest = NULL;
    const struct th_dest_options options = {.path = dest_path, .dry_run = true, .fingerprint = 5};
    cr_assert_eq(th_dest_create(&options, &dest, NULL), THUMBS_OK);
    struct th_output_folder *place = open_folder(dest, "a");
    cr_expect(th_history_recall_failure(place, "x.png", &source, 0, &error));
    th_history_remember_failure(place, "y.png", &source, 0, &error);
    th_history_forget_failure(place, "x.png");
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_expect_eq(count_manifest_lines(), n_lines);
}

/* Options A, then B, then A again, all with the same output name: what stands there is B's. */
Test(commit, other_options_in_between_are_noticed)
{
    run_once(0xa, "x.png", "a/x.jpg", "made with A");
    run_once(0xb, "x.png", "a/x.jpg", "made with B");
    cr_expect_eq(ask(0xa, "x.png", false, &source), TH_KNOWN_NOTHING);
    cr_expect_eq(ask(0xb, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
}

/* As above, but run B could rename only one of its two outputs. */
Test(commit, half_a_commit_with_other_options_is_noticed)
{
    run_once(0xa, "x.png", "a/x.jpg", "made with A");
    put_folder("a/y.jpg");
    struct th_dest *dest = open_dest(0xb);
    struct th_output_folder *place = open_folder(dest, "a");
    const struct th_commit_output outputs[2] = {
        {.path = "a/x.jpg", .data = (const uint8_t *)"made with B", .len = 11},
        {.path = "a/y.jpg", .data = (const uint8_t *)"made with B", .len = 11}};
    cr_expect_eq(th_write_outputs(place, "x.png", false, &source, outputs, 2, NULL),
                 THUMBS_NOT_WRITABLE);
    cr_expect(holds("a/x.jpg", "made with B"));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_expect_eq(ask(0xa, "x.png", false, &source), TH_KNOWN_NOTHING);
}

Test(commit, torn_lines_are_ignored_and_do_no_harm)
{
    run_once(5, "x.png", "a/x.jpg", "text");
    append_to_manifest("m 0000000000000005 " SOURCE_WORDS " x.png 4:elsewhe");
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    run_once(5, "y.png", "a/y.jpg", "text");
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(ask(5, "y.png", false, &source), TH_KNOWN_UP_TO_DATE);
    /* Two that ran together, and other rubbish. */
    append_to_manifest("n v0.1 " SOURCE_WORDS " x.n v0.1 " SOURCE_WORDS " y.png =01234567\n");
    append_to_manifest("\n\n =01234567\n=\n      =\nx =\n1 2 3 4 5 =89abcdef\n%zz %\n");
    static const char *const odd[] = {
        "", " ", "m", "m k", "m k 1 2.3 4.5", "m k 1 2.3 4.5 6 0 ", "f  1 2.3 4.5 6 0 x.png"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        append_sealed(odd[i]);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(ask(5, "y.png", false, &source), TH_KNOWN_UP_TO_DATE);
    append_sealed("m 0000000000000005 " SOURCE_WORDS " x.png 26:x.jpg");
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE,
                 "else this test tests nothing");
    /* Malformed outputs under a good state. */
    static const char *const outputs[] = {"",
                                          " ",
                                          " %",
                                          " 26:%",
                                          " 26:%4",
                                          " 26:%00",
                                          " 26:/../../x",
                                          " 26://x",
                                          " 26:..",
                                          " 26:/a//x.jpg",
                                          " 26:%zz",
                                          " 26:x%2fy",
                                          " 26:/",
                                          " 26:",
                                          " x.jpg",
                                          " :x.jpg",
                                          " -4:x.jpg",
                                          " 0:x.jpg",
                                          " 25:x.jpg",
                                          " 26:x.jpg ",
                                          " 26:x.jpg  26:x.jpg",
                                          " 26:/.thumbs/../a/x.jpg",
                                          " 99999999999999999999999999:x.jpg"};
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        char line[160];
        snprintf(line, sizeof line, "m 0000000000000005 " SOURCE_WORDS " x.png%s", outputs[i]);
        append_sealed(line);
        cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING, "%s", outputs[i]);
    }
}

/* Texts in place of a manifest that are worth nothing, and give way to one. */
static void expect_replaced(const char *const *texts, size_t n)
{
    run_once(5, "x.png", "a/x.jpg", "text");
    char name[64];
    manifest_name(name);
    for (size_t i = 0; i < n; i++) {
        put_file(name, texts[i]);
        cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING);
        run_once(5, "x.png", "a/x.jpg", "text");
        cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE, "%zu", i);
    }
}

Test(commit, manifest_of_rubbish_is_replaced)
{
    static const char *const rubbish[] = {
        "", "\n", "no manifest", "\x01\x02\n\n\n", "thumbs-manifest 1 /a", "thumbs-manifest 2 /a"};
    expect_replaced(rubbish, sizeof rubbish / sizeof rubbish[0]);
}

/* Two that found the same rubbish: the second does not remove what the first has put in its place.
 */
Test(commit, manifest_of_rubbish_is_replaced_once)
{
    char name[64];
    run_once(5, "x.png", "a/x.jpg", "text");
    manifest_name(name);
    put_file(name, "no manifest\n");
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *first = open_folder(dest, "a"), *second = open_folder(dest, "a");
    struct thumbs_error err = {0};
    cr_assert_eq(commit_one(first, "x.png", "a/x.jpg", "text", &err), THUMBS_OK);
    cr_assert_eq(commit_one(second, "y.png", "a/y.jpg", "text", &err), THUMBS_OK);
    th_output_folder_destroy(first);
    th_output_folder_destroy(second);
    th_dest_destroy(dest);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(ask(5, "y.png", false, &source), TH_KNOWN_UP_TO_DATE);
}

/* That its hash is the same cannot be tried. */
Test(commit, manifest_of_another_folder_is_not_believed)
{
    static const char *const texts[] = {
        "thumbs-manifest 1 /b\n0000000000000005 1000 1600000001.123456789 m 0 x.png x.jpg ;\n",
        "thumbs-manifest 2 /b\nm 0000000000000005 " SOURCE_WORDS " x.png 4:x.jpg =00000000\n",
        "thumbs-manifest 0 /a\n",
        "thumbs-manifest 3",
        "thumbs-manifest \n",
        "thumbs-manifest 3\n"};
    expect_replaced(texts, sizeof texts / sizeof texts[0]);
}

Test(commit, manifest_of_a_newer_version_is_left_alone)
{
    static const char *const texts[] = {"thumbs-manifest 3 /a\nof a later version\n",
                                        "thumbs-manifest 12 what it says is not known\n"};
    run_once(5, "x.png", "a/x.jpg", "text");
    char name[64];
    manifest_name(name);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put_file(name, texts[i]);
        cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING);
        run_once(5, "x.png", "a/x.jpg", "text");
        cr_expect(holds(name, texts[i]));
    }
}

Test(commit, state_folder_deleted_during_a_run)
{
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *a = open_folder(dest, "a"), *b = open_folder(dest, "b");
    struct thumbs_error err = {0};
    char state[128];
    below(state, sizeof state, ".thumbs");
    cr_expect_eq(commit_one(a, "x.png", "a/x.jpg", "text", &err), THUMBS_OK);
    run_rm(state);
    cr_expect_eq(commit_one(a, "y.png", "a/y.jpg", "text", &err), THUMBS_OK, "%s", err.message);
    cr_expect_eq(commit_one(b, "z.png", "b/z.jpg", "text", &err), THUMBS_OK, "%s", err.message);
    cr_expect_eq(count_files(".thumbs", "run-"), 1, "signed in again");
    th_output_folder_destroy(a);
    th_output_folder_destroy(b);
    b = open_folder(dest, "b");
    cr_expect_eq(th_history_lookup(b, "z.png", false, &source), TH_KNOWN_UP_TO_DATE);
    th_output_folder_destroy(b);
    th_dest_destroy(dest);
    cr_expect_eq(count_files(".thumbs", "run-"), 0);
    cr_expect(holds("a/y.jpg", "text"));
}

/* The memory cannot be written at all: the outputs are made all the same. */
Test(commit, files_do_not_fail_for_the_memory)
{
    struct th_dest *dest = open_dest(5);
    put_file(".thumbs/made", "not a folder");
    struct th_output_folder *place = open_folder(dest, "a");
    struct thumbs_error err = {0};
    for (int i = 0; i < 2; i++)
        cr_expect_eq(commit_one(place, "x.png", "a/x.jpg", "text", &err), THUMBS_OK, "%s",
                     err.message);
    th_history_remember_not_image(place, "y", &source);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING);
}

Test(commit, bloated_manifest_is_compacted)
{
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = open_folder(dest, "a");
    char name[32], path[48];
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "%d.png", i);
        snprintf(path, sizeof path, "a/%d.jpg", i);
        cr_assert_eq(commit_one(place, name, path, "text", NULL), THUMBS_OK);
    }
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_assert_eq(count_manifest_lines(), 11);
    for (int i = 0; i < 100; i++) {
        append_sealed("m 0000000000000005 1 2.000000003 4.5 6 0 3.png 4:3.jpg");
        append_sealed("f 0000000000000005 0 0.000000000 0.000000000 0 0 4.png");
    }
    append_to_manifest("torn");

    /* Not while another run may be writing it. */
    pid_t pid = start_other_run();
    cr_expect_eq(ask(5, "1.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(count_manifest_lines(), 211);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    /* Nor while another place of this run does. */
    dest = open_dest(5);
    place = open_folder(dest, "a");
    struct th_output_folder *twin = open_folder(dest, "a");
    th_output_folder_destroy(twin);
    cr_expect_eq(count_manifest_lines(), 211);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);

    cr_expect_eq(count_manifest_lines(), 10, "header, 0 to 9, without 4");
    cr_expect_eq(count_files(".thumbs/made", ".thumbs-"), 0);
    cr_expect_eq(ask(5, "1.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(ask(5, "3.png", false, &source), TH_KNOWN_NOTHING);
    cr_expect_eq(ask(5, "4.png", false, &source), TH_KNOWN_NOTHING);
    run_once(5, "4.png", "a/4.jpg", "text");
    cr_expect_eq(ask(5, "4.png", false, &source), TH_KNOWN_UP_TO_DATE);
}

/* ---- removal ---- */

/* What to remove, and what was seen. */
struct removal {
    const char *path;
    char seen[256];
    enum thumbs_code code;
};

static bool remove_path(void *user, struct th_output_folder *place, const struct th_recorded *r)
{
    struct removal *removal = user;
    size_t len = strlen(removal->seen);
    snprintf(removal->seen + len, sizeof removal->seen - len, "%s<%s/%s%s ", r->path, r->dir,
             r->name, th_recorded_is_stale(place, r) ? " stale" : "");
    if (removal->path && strcmp(removal->path, r->path) == 0)
        removal->code = th_recorded_remove(place, r, NULL);
    return true;
}

static struct removal remove_output(uint64_t fingerprint, const char *path)
{
    struct removal removal = {.path = path};
    struct th_dest *dest = open_dest(fingerprint);
    struct th_output_folder *place = open_folder(dest, "a");
    cr_expect(th_recorded_each(place, remove_path, &removal));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    return removal;
}

static bool note_dir(void *user, const char *dir)
{
    strcat(user, dir);
    strcat(user, ";");
    return true;
}

Test(commit, removed_output_is_on_record_no_more)
{
    char dirs[64] = "";
    run_once(5, "x.png", "a/x.jpg", "text");
    run_once(5, "y.png", "a/y.jpg", "text");
    cr_expect_str_eq(remove_output(5, NULL).seen, "a/x.jpg<a/x.png a/y.jpg<a/y.png ");
    struct th_dest *dest = open_dest(5);
    cr_expect(th_recorded_each_folder(dest, note_dir, dirs));
    cr_expect_str_eq(dirs, "a;");
    th_dest_destroy(dest);
    cr_expect_eq(remove_output(5, "a/x.jpg").code, THUMBS_OK);
    cr_expect(!exists("a/x.jpg"));
    cr_expect_str_eq(remove_output(5, NULL).seen, "a/y.jpg<a/y.png ");
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING);
    cr_expect_eq(ask(5, "y.png", false, &source), TH_KNOWN_UP_TO_DATE);
    /* What a run that died has removed, and not told. */
    char path[1024];
    below(path, sizeof path, "a/y.jpg");
    unlink(path);
    cr_expect_eq(remove_output(5, "a/y.jpg").code, THUMBS_OK);
    cr_expect_str_eq(remove_output(5, NULL).seen, "");
}

Test(commit, output_that_is_not_ours_is_not_removed)
{
    run_once(5, "x.png", "a/x.jpg", "text");
    put_file("a/x.jpg", "somebody else's");
    cr_expect_eq(remove_output(5, "a/x.jpg").code, THUMBS_NOT_OURS);
    cr_expect(holds("a/x.jpg", "somebody else's"));
}

/* The name of an output may change with its source: the old one is known as long as it is there,
 * however often the manifest is rewritten. */
Test(commit, outputs_of_before_survive_compaction)
{
    run_once(5, "x.png", "a/x-1.jpg", "text");
    run_once(5, "x.png", "a/x-2.jpg", "text");
    cr_expect_str_eq(remove_output(5, NULL).seen, "a/x-1.jpg<a/x.png stale a/x-2.jpg<a/x.png ");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 100; i++)
            append_sealed("f 0000000000000007 0 0.000000000 0.000000000 0 0 z.png");
        cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
        cr_expect_lt(count_manifest_lines(), 10, "it was not compacted");
    }
    cr_expect_eq(remove_output(5, "a/x-1.jpg").code, THUMBS_OK);
    cr_expect(!exists("a/x-1.jpg"));
    cr_expect(exists("a/x-2.jpg"));
    cr_expect_str_eq(remove_output(5, NULL).seen, "a/x-2.jpg<a/x.png ");
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    for (int i = 0; i < 100; i++)
        append_sealed("f 0000000000000007 0 0.000000000 0.000000000 0 0 z.png");
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(count_manifest_lines(), 2, "header and x.png");
}

/* A manifest is no way out of DEST. */
Test(commit, edited_manifest_leads_nowhere_else)
{
    char path[1024];
    run_once(5, "x.png", "a/x.jpg", "text");
    below(path, sizeof path, "../victim");
    FILE *f = fopen(path, "w");
    fclose(f);
    append_sealed("m 0000000000000005 " SOURCE_WORDS " y.png 4:/../victim");
    append_sealed("m 0000000000000005 " SOURCE_WORDS " z.png 4:/.thumbs/layout");
    append_sealed("m 0000000000000005 " SOURCE_WORDS " w.png 4:..");
    cr_expect_str_eq(remove_output(5, "../victim").seen, "a/x.jpg<a/x.png ");
    cr_expect_eq(access(path, F_OK), 0);
}

/* A copy of DEST that was made of hard links keeps what it has, also while other runs are alive;
 * and what those have written meanwhile is not lost. */
Test(commit, copy_made_of_links_is_left_alone)
{
    char name[64], path[1024], copy[1024];
    run_once(5, "x.png", "a/x.jpg", "text");
    manifest_name(name);
    below(path, sizeof path, name);
    below(copy, sizeof copy, "../copy");
    cr_assert_eq(link(path, copy), 0);
    pid_t pid = start_other_run();
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = open_folder(dest, "a");
    append_sealed("m 0000000000000007 " SOURCE_WORDS " z.png 4:z.jpg");
    struct stat before, after;
    cr_assert_eq(stat(copy, &before), 0);
    cr_assert_eq(commit_one(place, "y.png", "a/y.jpg", "text", NULL), THUMBS_OK);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    cr_assert_eq(stat(copy, &after), 0);
    cr_expect_eq(before.st_size, after.st_size);
    cr_expect_eq(after.st_nlink, 1);
    cr_expect_eq(count_manifest_lines(), 4, "header, x, z, y");
    cr_expect_eq(ask(5, "y.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
}

/* Where contents are known, they count: a state can be forged. */
Test(commit, failure_of_another_content_is_not_recalled)
{
    struct thumbs_error error = {0};
    struct th_source_id id = source;
    id.content = 7;
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = open_folder(dest, "a");
    const struct thumbs_error why = {
        .code = THUMBS_CORRUPT, .stage = THUMBS_STAGE_DECODE, .message = "why"};
    const struct th_failure_limits limits = {0};
    th_history_remember_failure(place, "x.png", &id, &limits, &why);
    th_output_folder_destroy(place);
    place = open_folder(dest, "a");
    cr_expect(th_history_recall_failure(place, "x.png", &id, &limits, &error));
    id.content = 0;
    cr_expect(th_history_recall_failure(place, "x.png", &id, &limits, &error));
    id.content = 8;
    cr_expect_not(th_history_recall_failure(place, "x.png", &id, &limits, &error));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* Runs of different machines share one file: here two of one machine, that lock for each append. */
Test(commit, appends_of_several_runs_are_all_kept)
{
    enum { N_RUNS = 4, N_FILES = 40 };
    pid_t pids[N_RUNS];
    mkdir(dest_path, 0777);
    for (int run = 0; run < N_RUNS; run++) {
        pids[run] = fork();
        if (pids[run] != 0) continue;
        struct th_dest *dest = NULL;
        const struct th_dest_options options = {.path = dest_path, .fingerprint = 5};
        if (th_dest_create(&options, &dest, NULL) != THUMBS_OK) _exit(1);
        dest->remote = run % 2;
        struct th_output_folder *place = th_output_folder_create(dest, "a");
        int failed = !place;
        for (int i = 0; i < N_FILES && !failed; i++) {
            char name[32], path[48];
            snprintf(name, sizeof name, "%d-%d.png", run, i);
            snprintf(path, sizeof path, "a/%d-%d.jpg", run, i);
            failed = commit_one(place, name, path, "text", NULL) != THUMBS_OK;
        }
        th_output_folder_destroy(place);
        th_dest_destroy(dest);
        _exit(failed);
    }
    for (int run = 0; run < N_RUNS; run++) {
        int status = -1;
        waitpid(pids[run], &status, 0);
        cr_expect_eq(status, 0);
    }
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = open_folder(dest, "a");
    for (int run = 0; run < N_RUNS; run++) {
        for (int i = 0; i < N_FILES; i++) {
            char name[32];
            snprintf(name, sizeof name, "%d-%d.png", run, i);
            cr_expect_eq(th_history_lookup(place, name, false, &source), TH_KNOWN_UP_TO_DATE, "%s",
                         name);
        }
    }
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* Any bytes whatever: no crash, no read outside (the sanitizer build watches). */
Test(commit, manifest_parser_takes_any_bytes)
{
    static const char *const lines[] = {
        "m 0000000000000005 " SOURCE_WORDS " x.png 4:x.jpg 9:/b/x.jpg",
        "n v0.1 10 1.000000000 2.3 4 0 y%20.png", "f * 1 2.3 4.5 6 0 z"};
    uint64_t random = 88172645463325252u, seed = th_hash64("a", 1, 0);
    for (int round = 0; round < 20000; round++) {
        struct th_manifest m = {0};
        struct th_bytes text = {0};
        cr_assert(th_manifest_begin(&m, 1, "a"));
        th_bytes_add(&text, m.header.data, m.header.len);
        size_t header_len = text.len;
        for (size_t i = 0; i < 3; i++) {
            size_t from = text.len;
            th_bytes_adds(&text, lines[i]);
            /* Damage before the line is sealed is the harder kind. */
            for (int k = 0; k < 2; k++) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                if (random % 3)
                    text.data[from + (random >> 8) % (text.len - from)] =
                        " =\n%0x/m:"[(random >> 40) % 9];
            }
            th_manifest_end_line(&text, from, seed);
        }
        if (random % 16 == 0) text.len = header_len + (random >> 44) % (text.len - header_len);
        size_t len = text.len;
        th_manifest_adopt(&m, th_bytes_steal(&text), len);
        static const char *const names[] = {"x.png", "y .png", "z", "", "%"};
        for (int i = 0; i < 5; i++) {
            struct th_manifest_record record;
            th_manifest_find_made(&m, names[i], &record);
            if (!th_manifest_find(&m, names[i], i == 1 ? "v0.1" : "0000000000000005", &record))
                continue;
            const char *word;
            size_t word_len;
            int n = 0;
            while (th_manifest_next_word(&record.outputs, &record.outputs_len, &word, &word_len))
                n++;
            cr_assert_leq(n, 60);
        }
        th_manifest_finish(&m);
    }
}

Test(commit, large_manifest_loads_fast)
{
    run_once(5, "x.png", "a/x.jpg", "text");
    char name[64], path[1024];
    manifest_name(name);
    below(path, sizeof path, name);
    FILE *f = fopen(path, "a");
    for (int i = 0; i < 20000; i++) {
        char line[160];
        snprintf(line, sizeof line,
                 "m 0000000000000005 " SOURCE_WORDS " IMG_%06d.png 4:IMG_%06d.jpg", i, i);
        struct th_bytes sealed = {0};
        th_bytes_adds(&sealed, line);
        th_manifest_end_line(&sealed, 0, th_hash64("a", 1, 0));
        fputs(th_bytes_str(&sealed), f);
        th_bytes_finish(&sealed);
    }
    fclose(f);
    struct th_dest *dest = open_dest(5);
    uint64_t before_ns = th_now_ns();
    struct th_output_folder *place = open_folder(dest, "a");
    uint64_t load_ns = th_now_ns() - before_ns;
    cr_log_info("20000 lines loaded in %.1f ms", (double)load_ns / 1e6);
    /* Some 4 ms; a table that degrades to a list would take many seconds. */
    cr_expect_lt(load_ns, UINT64_C(2000000000));
    cr_expect_eq(th_history_lookup(place, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(th_history_lookup(place, "IMG_019999.png", false, &source), TH_KNOWN_NOTHING);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* ---- each system call fails once ---- */

#ifdef THUMBS_FAULTS

static int count_fds(void)
{
    DIR *list = opendir("/proc/self/fd");
    int n = 0;
    while (list && readdir(list))
        n++;
    if (list) closedir(list);
    return n;
}

enum { CHILD_DONE = 0, CHILD_BEYOND = 5, CHILD_FAILED = 10, CHILD_LEAKS = 20, CHILD_LIES = 30 };

/* The plan of faults is read once in a process, so whatever touches the library goes to a child. */
static int in_child(int (*run)(enum th_fault point, int n), enum th_fault point, int n)
{
    pid_t pid = fork();
    if (pid == 0) _exit(run(point, n));
    int status = -1;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int old_run(enum th_fault point, int n)
{
    (void)point;
    (void)n;
    struct th_dest *dest = NULL;
    const struct th_dest_options options = {.path = dest_path, .fingerprint = 5};
    if (th_dest_create(&options, &dest, NULL) != THUMBS_OK) return CHILD_FAILED;
    struct th_output_folder *place = th_output_folder_create(dest, "a");
    enum thumbs_code code =
        place ? commit_one(place, "x.png", "a/x.jpg", "old", NULL) : THUMBS_MEMORY;
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    put_file("a/.thumbs-0123456789abcdef-1", "stale");
    return code ? CHILD_FAILED : CHILD_DONE;
}

/* What the memory says after a faulty run must be true of what stands there. */
static int check_memory(enum th_fault point, int n)
{
    (void)point;
    (void)n;
    if (ask(5, "x.png", false, &source) == TH_KNOWN_UP_TO_DATE && !holds("a/x.jpg", "old"))
        return CHILD_LIES;
    if (ask(6, "x.png", false, &source) == TH_KNOWN_UP_TO_DATE &&
        (!holds("a/x.jpg", "new") || !holds("other/y.jpg", "new") || !holds("a/sub/z.jpg", "new")))
        return CHILD_LIES;
    return CHILD_DONE;
}

static const struct {
    const char *name;
    bool may_fail; /* a short write is no failure, and only the memory is ever read */
} points[TH_N_FAULTS] = {
    [TH_FAULT_ALLOC] = {"alloc", true}, [TH_FAULT_OPEN] = {"open", true},
    [TH_FAULT_READ] = {"read", false},  [TH_FAULT_WRITE] = {"write", true},
    [TH_FAULT_CLOSE] = {"close", true}, [TH_FAULT_RENAME] = {"rename", true},
    [TH_FAULT_MKDIR] = {"mkdir", true}, [TH_FAULT_SHORT] = {"short", false},
};

/* In a child: replace one output and make two more, with the n-th pass of `point` failing. Failing
 * is fine, but not leaking, nor saying it was done when it was not. */
static int faulty_run(enum th_fault point, int n)
{
    char plan[64];
    snprintf(plan, sizeof plan, "%s:%d", points[point].name, n);
    setenv("THUMBS_FAULT", plan, 1);
    int fds_before = count_fds();
#if defined(__SANITIZE_ADDRESS__)
    size_t bytes_before = __sanitizer_get_current_allocated_bytes();
#endif
    struct th_dest *dest = NULL;
    struct th_output_folder *place = NULL;
    struct thumbs_error err = {0};
    const struct th_dest_options options = {.path = dest_path, .fingerprint = 6};
    const struct th_commit_output outputs[] = {
        {.path = "a/x.jpg", .data = (const uint8_t *)"new", .len = 3},
        {.path = "other/y.jpg", .data = (const uint8_t *)"new", .len = 3},
        {.path = "a/sub/z.jpg", .data = (const uint8_t *)"new", .len = 3}};
    enum thumbs_code code = th_dest_create(&options, &dest, &err);
    if (!code) {
        place = th_output_folder_create(dest, "a");
        code = place ? th_write_outputs(place, "x.png", false, &source, outputs, 3, &err)
                     : THUMBS_MEMORY;
        if (place) th_history_lookup(place, "x.png", false, &source);
    }
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    if (count_fds() != fds_before) return CHILD_LEAKS;
#if defined(__SANITIZE_ADDRESS__)
    if (__sanitizer_get_current_allocated_bytes() != bytes_before) return CHILD_LEAKS;
#endif
    bool made =
        holds("a/x.jpg", "new") && holds("other/y.jpg", "new") && holds("a/sub/z.jpg", "new");
    if (!code && !made) return CHILD_LIES;
    if (code && place && err.code != code) return CHILD_LIES;
    if (code) return CHILD_FAILED;
    /* Is the fault yet to come? */
    for (int i = 0; i < 1000; i++) {
        if (th_fault(point)) return CHILD_BEYOND;
    }
    return CHILD_DONE;
}

static void check_faulty_run(enum th_fault point, int n, int result)
{
    const char *name = points[point].name;
    cr_expect(result == CHILD_DONE || result == CHILD_FAILED || result == CHILD_BEYOND, "%s:%d: %d",
              name, n, result);
    cr_expect(holds("a/x.jpg", "old") || holds("a/x.jpg", "new"), "%s:%d", name, n);
    cr_expect(!exists("other/y.jpg") || holds("other/y.jpg", "new"), "%s:%d", name, n);
    cr_expect(!exists("a/sub/z.jpg") || holds("a/sub/z.jpg", "new"), "%s:%d", name, n);
    /* The stale one may stand if the folder could not be listed. */
    int n_temps = count_files("a", ".thumbs-") - exists("a/.thumbs-0123456789abcdef-1");
    n_temps += count_files("other", ".thumbs-") + count_files("a/sub", ".thumbs-") +
               count_files("", ".thumbs-");
    n_temps += count_files(".thumbs/made", ".thumbs-");
    cr_expect_eq(n_temps, 0, "%s:%d leaves %d temporaries", name, n, n_temps);
    cr_expect_eq(in_child(check_memory, point, n), CHILD_DONE, "%s:%d", name, n);
}

Test(commit, each_call_failing_once)
{
    for (enum th_fault point = 0; point < TH_N_FAULTS; point++) {
        if (!points[point].name) continue;
        int n_failed = 0, n = 1, result;
        do {
            run_rm(dest_path);
            cr_assert_eq(in_child(old_run, point, n), CHILD_DONE);
            result = in_child(faulty_run, point, n);
            check_faulty_run(point, n, result);
            n_failed += result == CHILD_FAILED;
        } while (result != CHILD_BEYOND && n++ < 1000);
        cr_log_info("%s: %d passes, %d runs failed", points[point].name, n - 1, n_failed);
        cr_expect_eq(result, CHILD_BEYOND, "%s never came to an end", points[point].name);
        cr_expect_gt(n, 2, "%s was never passed", points[point].name);
        cr_expect_eq(n_failed > 0, points[point].may_fail, "%s", points[point].name);
    }
}

/* A rename that finds its temporary gone (swept by a run that did not see us alive) writes it once
 * more. */
Test(commit, temporary_that_vanished_is_written_again)
{
    setenv("THUMBS_FAULT", "rename:1:2", 1); /* ENOENT */
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = open_folder(dest, "a");
    struct thumbs_error err = {0};
    cr_expect_eq(commit_one(place, "x.png", "a/x.jpg", "text", &err), THUMBS_OK, "%s", err.message);
    cr_expect(holds("a/x.jpg", "text"));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* The next append must not run into what a failed one left. */
Test(commit, append_that_fails_half_way)
{
    /* Writes: x, header and line, y, one byte of its line, the rest of it. One byte is never cut
     * short. */
    setenv("THUMBS_FAULT", "short:4,write:5:28", 1);
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = open_folder(dest, "a");
    struct thumbs_error err = {0};
    cr_expect_eq(commit_one(place, "x.png", "a/x.jpg", "x", &err), THUMBS_OK, "%s", err.message);
    cr_expect_eq(commit_one(place, "y.png", "a/y.jpg", "y", &err), THUMBS_OK, "%s", err.message);
    cr_expect_eq(commit_one(place, "z.png", "a/z.jpg", "z", &err), THUMBS_OK, "%s", err.message);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(ask(5, "y.png", false, &source), TH_KNOWN_NOTHING);
    cr_expect_eq(ask(5, "z.png", false, &source), TH_KNOWN_UP_TO_DATE);
}

/* Only a look at DEST itself tells an error of one file from one of the disk. */
static int probe_dest(const char *plan, int os_errno)
{
    pid_t child = fork();
    if (child == 0) {
        setenv("THUMBS_FAULT", plan, 1);
        struct th_dest *dest = open_dest(5);
        bool lost = th_dest_is_lost(dest, os_errno);
        if (count_files("", ".thumbs-") != 0) _exit(2);
        th_dest_destroy(dest);
        _exit(lost);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

Test(commit, probe_tells_a_broken_disk_from_a_broken_file)
{
    cr_expect_eq(probe_dest("", EIO), 0, "the disk works: the error was one file's");
    cr_expect_eq(probe_dest("dest:*", EIO), 1);
    cr_expect_eq(probe_dest("dest:*", EROFS), 1);
    cr_expect_eq(probe_dest("dest:*", EACCES), 0, "not an error of a disk");
    cr_expect_eq(probe_dest("dest:*", 0), 0);
    struct th_dest *dest = open_dest(5);
    cr_expect_not(th_dest_is_lost(dest, EIO));
    run_rm(dest_path);
    cr_expect(th_dest_is_lost(dest, ENOENT), "DEST is gone");
    cr_expect(th_dest_is_lost(dest, 0));
    th_dest_destroy(dest);
}

/* Network file systems tell only at close that the quota is reached. */
Test(commit, quota_reached_shows_at_close)
{
    char plan[32];
    snprintf(plan, sizeof plan, "close:*:%d", EDQUOT);
    setenv("THUMBS_FAULT", plan, 1);
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = open_folder(dest, "a");
    struct thumbs_error err = {0};
    cr_expect_eq(commit_one(place, "x.png", "a/x.jpg", "text", &err), THUMBS_NO_SPACE);
    cr_expect_eq(err.os_errno, EDQUOT);
    cr_expect(strstr(err.message, "the quota is used up"), "%s", err.message);
    cr_expect_not(exists("a/x.jpg"));
    cr_expect_eq(count_files("a", ".thumbs-"), 0);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

#endif
