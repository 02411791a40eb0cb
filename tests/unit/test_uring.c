/* SPDX-License-Identifier: MIT */
/*
 * The event loop over io_uring: what it loads, what it says, and how it ends. Skipped where the
 * kernel refuses a ring.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "buffers/buffers.h"
#include "load/uring.h"

enum { MAX_FILES = 300 };

static char folder[] = "/tmp/thumbs-test-uring-XXXXXX";
static int dirfd_;

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    dirfd_ = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void tear_down(void)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) cr_log_warn("%s stays", folder);
    close(dirfd_);
}

TestSuite(uring, .init = set_up, .fini = tear_down, .timeout = 120);

static void write_file(const char *name, size_t len)
{
    int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    char *data = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        data[i] = (char)(i * 31 + i / 251);
    cr_assert_eq(write(fd, data, len), (ssize_t)len);
    free(data);
    close(fd);
}

/* Those of buffers stay with the buffers. */
static bool is_buffer(const char *fd)
{
    char path[300], target[8] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%s", fd);
    return readlink(path, target, sizeof target - 1) > 0 && strcmp(target, "/memfd:") == 0;
}

static size_t count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        n += !is_buffer(entry->d_name);
    closedir(dir);
    return n;
}

/* ---- a run over some names, and what became of each ---- */

struct fate {
    const char *name;
    size_t len;    /* what it should hold */
    unsigned told; /* how often its fate was told */
    bool settled, loaded;
    bool settle; /* say so when asked */
    struct stat st;
    struct thumbs_error error;
    uint64_t load_ns;
};

struct run {
    struct th_loader loader;
    atomic_bool waits; /* a file has come to wait for a buffer */
    struct fate fates[MAX_FILES];
    size_t n, next;
    bool keep_buffers; /* give them back later, from another thread */
    struct th_buffer *kept[MAX_FILES];
    atomic_size_t n_kept;
    size_t stop_after;  /* names asked for; 0: never */
    const char *change; /* rewritten when its state has been asked for */
};

static void *next(void *user, int *dirfd, const char **name)
{
    struct run *run = user;
    if (run->next == run->n) return NULL;
    struct fate *fate = &run->fates[run->next++];
    *dirfd = dirfd_;
    *name = fate->name;
    return fate;
}

static bool settled(void *user, void *file, const struct stat *st)
{
    struct run *run = user;
    struct fate *fate = file;
    fate->st = *st;
    if (run->change && strcmp(run->change, fate->name) == 0) write_file(fate->name, fate->len);
    if (!fate->settle) return false;
    fate->told++;
    fate->settled = true;
    return true;
}

static bool has_room(void *user)
{
    struct run *run = user;
    return run->next % 3 != 0; /* now and then not, so that waiting for room is passed too */
}

static void check_content(const struct fate *fate, const struct th_buffer *buffer)
{
    cr_assert_eq(buffer->len, fate->len, "%s: %zu instead of %zu bytes", fate->name, buffer->len,
                 fate->len);
    for (size_t k = 0; k < buffer->len; k++)
        cr_assert_eq(buffer->data[k], (uint8_t)(k * 31 + k / 251), "%s: byte %zu", fate->name, k);
}

static void loaded(void *user, void *file, struct th_buffer *buffer, const struct stat *st,
                   uint64_t load_ns)
{
    struct run *run = user;
    struct fate *fate = file;
    fate->told++;
    fate->loaded = true;
    fate->load_ns = load_ns;
    fate->st = *st;
    check_content(fate, buffer);
    if (!run->keep_buffers) {
        th_buffers_give(run->loader.buffers, buffer);
        return;
    }
    size_t i = atomic_load(&run->n_kept);
    run->kept[i] = buffer;
    atomic_store(&run->n_kept, i + 1);
}

static void failed(void *user, void *file, const struct stat *st, uint64_t load_ns,
                   const struct thumbs_error *error)
{
    struct fate *fate = file;
    (void)user, (void)load_ns;
    fate->told++;
    fate->st = *st;
    fate->error = *error;
}

static void now_at(void *user, void *file, enum th_load_at at)
{
    struct run *run = user;
    (void)file;
    if (at == TH_LOAD_WAITS_FOR_BUFFER) atomic_store(&run->waits, true);
}

static bool stopped(void *user)
{
    struct run *run = user;
    return run->stop_after && run->next >= run->stop_after;
}

static void add(struct run *run, const char *name, size_t len)
{
    run->fates[run->n++] = (struct fate){.name = name, .len = len};
}

/* "f0", "f1", ... of growing and varied lengths. */
static void add_many(struct run *run, size_t n)
{
    static char names[MAX_FILES][24];
    for (size_t i = 0; i < n; i++) {
        size_t len = i % 7 == 0 ? i % 3 : i * 1009 % 70001;
        snprintf(names[i], sizeof names[i], "f%zu", i);
        write_file(names[i], len);
        add(run, names[i], len);
    }
}

static enum thumbs_code run_files(struct run *run, unsigned n_in_flight)
{
    struct th_uring *uring = NULL;
    struct thumbs_error err = {0};
    const struct th_uring_calls calls = {.next = next,
                                         .settled = settled,
                                         .has_room = has_room,
                                         .loaded = loaded,
                                         .failed = failed,
                                         .at = now_at,
                                         .stopped = stopped,
                                         .user = run};
    size_t n_descriptors = count_descriptors();
    if (th_uring_create(n_in_flight, &uring, &err) != THUMBS_OK)
        cr_skip_test("no io_uring here: %s", err.message);
    enum thumbs_code code = th_uring_run(uring, n_in_flight, &run->loader, &calls, &err);
    th_uring_destroy(uring);
    cr_assert_eq(count_descriptors(), n_descriptors, "a descriptor has leaked");
    for (size_t i = 0; i < run->next; i++)
        cr_assert_eq(run->fates[i].told, 1u, "%s: told %u times", run->fates[i].name,
                     run->fates[i].told);
    return code;
}

static struct th_buffers *make_buffers(unsigned n, uint64_t budget, bool shared)
{
    struct th_buffers *buffers = NULL;
    cr_assert_eq(th_buffers_create(n, budget, shared, &buffers, NULL), THUMBS_OK);
    return buffers;
}

static void expect_all_loaded(const struct run *run)
{
    cr_assert_eq(run->next, run->n);
    for (size_t i = 0; i < run->n; i++)
        cr_assert(run->fates[i].loaded, "%s: %s", run->fates[i].name, run->fates[i].error.message);
}

static void expect_buffers_back(struct th_buffers *buffers)
{
    cr_assert_eq(th_buffers_in_use_bytes(buffers), 0u);
    th_buffers_destroy(buffers);
}

/* ---- what is loaded ---- */

Test(uring, reads_every_length_whole)
{
    static const size_t lengths[] = {
        0, 1, TH_LOAD_PEEK - 1, TH_LOAD_PEEK, TH_LOAD_PEEK + 1, 65536, 5000001};
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
    for (int shared = 0; shared < 2; shared++) {
        for (unsigned n_in_flight = 1; n_in_flight < 10; n_in_flight += 4) {
            struct run *run = calloc(1, sizeof *run);
            run->loader = (struct th_loader){.buffers = make_buffers(8, 1 << 30, shared),
                                             .max_bytes = 1 << 30};
            for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
                write_file(names[i], lengths[i]);
                add(run, names[i], lengths[i]);
            }
            cr_assert_eq(run_files(run, n_in_flight), THUMBS_OK);
            expect_all_loaded(run);
            cr_assert_eq(run->fates[6].st.st_size, 5000001);
            cr_assert_neq(run->fates[6].st.st_mtim.tv_sec, 0);
            expect_buffers_back(run->loader.buffers);
            free(run);
        }
    }
}

Test(uring, plain_descriptors_do_as_well)
{
    struct run *run = calloc(1, sizeof *run);
    run->loader = (struct th_loader){
        .buffers = make_buffers(64, 1 << 30, false), .max_bytes = 1 << 30, .follow = true};
    add_many(run, 200);
    cr_assert_eq(symlinkat("f5", dirfd_, "link"), 0);
    add(run, "link", run->fates[5].len);
    cr_assert_eq(run_files(run, 64), THUMBS_OK);
    expect_all_loaded(run);
    expect_buffers_back(run->loader.buffers);
    free(run);
}

Test(uring, what_is_settled_is_not_read)
{
    struct run *run = calloc(1, sizeof *run);
    run->loader =
        (struct th_loader){.buffers = make_buffers(64, 1 << 30, false), .max_bytes = 1 << 30};
    add_many(run, 100);
    for (size_t i = 0; i < 100; i++)
        run->fates[i].settle = i % 2;
    cr_assert_eq(run_files(run, 16), THUMBS_OK);
    for (size_t i = 0; i < 100; i++) {
        cr_expect_eq(run->fates[i].settled, i % 2 == 1);
        cr_expect_eq(run->fates[i].loaded, i % 2 == 0);
        cr_expect_eq((size_t)run->fates[i].st.st_size, run->fates[i].len);
    }
    expect_buffers_back(run->loader.buffers);
    free(run);
}

/* ---- it says what th_load_file() says ---- */

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

static bool is_not_text(const uint8_t *data, size_t len)
{
    return len > 0 && data[0] != 't';
}

static void compare_with_load_file(bool follow)
{
    static const char *const names[] = {"missing", "big",  "link",   "dangling", "fifo", "dir",
                                        "text",    "none", "locked", "good",     ""};
    struct run *run = calloc(1, sizeof *run);
    run->loader = (struct th_loader){.buffers = make_buffers(4, 1 << 20, false),
                                     .max_bytes = 1000,
                                     .follow = follow,
                                     .judge = judge};
    worth_loading = is_not_text;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add(run, names[i], 900);
    run->fates[2].len = 900; /* the link leads to the good one */
    cr_assert_eq(run_files(run, 4), THUMBS_OK);
    for (size_t i = 0; i < run->n; i++) {
        struct fate *fate = &run->fates[i];
        struct th_buffer *buffer = NULL;
        struct thumbs_error err = {0};
        struct stat st;
        enum thumbs_code code = th_load_file(&run->loader, dirfd_, fate->name, &buffer, &st, &err);
        cr_expect_eq(fate->loaded, code == THUMBS_OK, "%s", fate->name);
        cr_expect_eq(fate->error.code, err.code, "%s: %s instead of %s", fate->name,
                     fate->error.message, err.message);
        cr_expect_eq(fate->error.stage, err.stage, "%s", fate->name);
        cr_expect_eq(fate->error.os_errno, err.os_errno, "%s", fate->name);
        cr_expect_str_eq(fate->error.message, err.message, "%s", fate->name);
        th_buffers_give(run->loader.buffers, buffer);
    }
    expect_buffers_back(run->loader.buffers);
    free(run);
}

Test(uring, says_why_not_in_the_same_words)
{
    write_file("big", 1001);
    write_file("good", 900);
    write_file("locked", 900);
    cr_assert_eq(fchmodat(dirfd_, "locked", 0, 0), 0);
    write_file("none", 0);
    int fd = openat(dirfd_, "text", O_WRONLY | O_CREAT, 0600);
    cr_assert_eq(write(fd, "text", 4), 4);
    close(fd);
    cr_assert_eq(symlinkat("good", dirfd_, "link"), 0);
    cr_assert_eq(symlinkat("nowhere", dirfd_, "dangling"), 0);
    cr_assert_eq(mkfifoat(dirfd_, "fifo", 0600), 0);
    cr_assert_eq(mkdirat(dirfd_, "dir", 0700), 0);
    compare_with_load_file(false);
    compare_with_load_file(true);
}

/* ---- files in flux ---- */

Test(uring, what_changed_once_is_read_again)
{
    struct run *run = calloc(1, sizeof *run);
    run->loader =
        (struct th_loader){.buffers = make_buffers(4, 1 << 30, false), .max_bytes = 1 << 30};
    write_file("f", 2000);
    add(run, "f", 3000);
    run->change = "f"; /* after its state was taken: now it has 3000 bytes */
    cr_assert_eq(run_files(run, 4), THUMBS_OK);
    expect_all_loaded(run);
    cr_expect_eq(run->fates[0].st.st_size, 3000);
    expect_buffers_back(run->loader.buffers);
    free(run);
}

/* Called when the first bytes have been read, in each try. */
static bool replace_it(const uint8_t *data, size_t len)
{
    (void)data, (void)len;
    write_file("new", 2000);
    return renameat(dirfd_, "new", dirfd_, "f") == 0;
}

static bool replace_and_refuse(const uint8_t *data, size_t len)
{
    return !replace_it(data, len);
}

static bool truncate_it(const uint8_t *data, size_t len)
{
    (void)data, (void)len;
    write_file("f", 600);
    write_file("f", 1000); /* at first it was longer, then it is rewritten in place */
    return true;
}

static void expect_keeps_changing(bool (*change)(const uint8_t *data, size_t len))
{
    struct run *run = calloc(1, sizeof *run);
    run->loader = (struct th_loader){
        .buffers = make_buffers(4, 1 << 30, false), .max_bytes = 1 << 30, .judge = judge};
    worth_loading = change;
    write_file("f", 200000);
    add(run, "f", 200000);
    cr_assert_eq(run_files(run, 4), THUMBS_OK);
    cr_expect_not(run->fates[0].loaded);
    cr_expect_eq(run->fates[0].error.code, THUMBS_VANISHED, "%s", run->fates[0].error.message);
    cr_expect_str_eq(run->fates[0].error.message, "keeps changing while it is read");
    expect_buffers_back(run->loader.buffers);
    free(run);
}

Test(uring, what_keeps_being_replaced_has_vanished)
{
    expect_keeps_changing(replace_it);
}

Test(uring, what_is_replaced_meanwhile_is_not_called_no_image)
{
    expect_keeps_changing(replace_and_refuse);
}

Test(uring, what_keeps_being_rewritten_has_vanished)
{
    expect_keeps_changing(truncate_it);
}

static bool grow_it(const uint8_t *data, size_t len)
{
    int fd = openat(dirfd_, "f", O_WRONLY | O_APPEND);
    (void)len;
    cr_assert_eq(write(fd, data, 100), 100);
    close(fd);
    return true;
}

Test(uring, what_grows_for_ever_has_vanished)
{
    expect_keeps_changing(grow_it);
}

static bool exchange_it(const uint8_t *data, size_t len)
{
    struct stat st;
    (void)data, (void)len;
    cr_assert_eq(fstatat(dirfd_, "f", &st, 0), 0);
    write_file("new", (size_t)st.st_size);
    const struct timespec times[2] = {st.st_atim, st.st_mtim};
    cr_assert_eq(utimensat(dirfd_, "new", times, 0), 0);
    return renameat(dirfd_, "new", dirfd_, "f") == 0;
}

Test(uring, another_file_of_the_same_size_and_time_is_noticed)
{
    expect_keeps_changing(exchange_it);
}

/* Files that the kernel makes up have no size, or a wrong one; the words are those of
 * th_load_file(). */
static void expect_odd_length(const char *dir, const char *name, bool follow)
{
    int kept = dirfd_, odd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (odd < 0) return;
    struct run *run = calloc(1, sizeof *run);
    run->loader = (struct th_loader){
        .buffers = make_buffers(4, 1 << 30, false), .max_bytes = 1 << 30, .follow = follow};
    add(run, name, 0);
    dirfd_ = odd;
    cr_assert_eq(run_files(run, 4), THUMBS_OK);
    dirfd_ = kept;
    cr_expect_eq(run->fates[0].error.code, THUMBS_UNREADABLE, "%s: %s", name,
                 run->fates[0].error.message);
    cr_expect_str_eq(run->fates[0].error.message, "its length is not what the file system says");
    expect_buffers_back(run->loader.buffers);
    free(run);
    close(odd);
}

Test(uring, a_length_that_is_not_so_is_told)
{
    for (int follow = 0; follow < 2; follow++) {
        expect_odd_length("/proc", "version", follow);
        expect_odd_length("/sys/kernel/mm/transparent_hugepage", "enabled", follow);
    }
}

/* ---- scarce things ---- */

static void *give_back_later(void *arg)
{
    struct run *run = arg;
    for (size_t i = 0; i < run->n; i++) {
        while (atomic_load(&run->n_kept) == i)
            usleep(100);
        usleep(500);
        th_buffers_give(run->loader.buffers, run->kept[i]);
    }
    return NULL;
}

static void run_with_few_buffers(unsigned n_buffers, uint64_t budget, bool follow)
{
    struct run *run = calloc(1, sizeof *run);
    pthread_t thread;
    run->loader = (struct th_loader){
        .buffers = make_buffers(n_buffers, budget, false), .max_bytes = 1 << 30, .follow = follow};
    run->keep_buffers = true;
    add_many(run, 150);
    pthread_create(&thread, NULL, give_back_later, run);
    cr_assert_eq(run_files(run, 32), THUMBS_OK);
    pthread_join(thread, NULL);
    expect_all_loaded(run);
    expect_buffers_back(run->loader.buffers);
    free(run);
}

Test(uring, few_buffers_and_little_budget_do_not_lock_up)
{
    run_with_few_buffers(1, 1 << 30, false);
    run_with_few_buffers(40, 1, false);
    run_with_few_buffers(2, 100000, false);
}

Test(uring, few_descriptors_are_waited_for)
{
    struct rlimit limit = {.rlim_cur = 20, .rlim_max = 20};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    run_with_few_buffers(1, 1 << 30,
                         true); /* files wait for the one buffer, each with its descriptor */
}

/* ---- time ---- */

Test(uring, waits_overlap)
{
    struct run *run = calloc(1, sizeof *run);
    run->loader = (struct th_loader){
        .buffers = make_buffers(64, 1 << 30, false), .max_bytes = 1 << 30, .latency_ms = 50};
    add_many(run, 128);
    uint64_t start_ns = th_now_ns();
    cr_assert_eq(run_files(run, 64), THUMBS_OK);
    uint64_t took_ms = (th_now_ns() - start_ns) / 1000000;
    expect_all_loaded(run);
    cr_expect_geq(took_ms, 100u, "two rounds of 64 files, 50 ms each, took %llu ms",
                  (unsigned long long)took_ms);
    cr_expect_lt(took_ms, 128 * 50u * 3 / 4, "%llu ms", (unsigned long long)took_ms);
    expect_buffers_back(run->loader.buffers);
    free(run);
}

struct lent {
    struct run *run;
    struct th_buffer *buffer;
};

/* A second after it is waited for. */
static void *give_back_late(void *lent_)
{
    const struct lent *lent = lent_;
    while (!atomic_load(&lent->run->waits))
        usleep(1000);
    sleep(1);
    th_buffers_give(lent->run->loader.buffers, lent->buffer);
    return NULL;
}

Test(uring, waiting_for_a_buffer_is_not_loading)
{
    struct run *run = calloc(1, sizeof *run);
    struct th_buffers *buffers = make_buffers(1, 1 << 30, false);
    struct lent lent = {.run = run};
    pthread_t thread;
    run->loader = (struct th_loader){.buffers = buffers, .max_bytes = 1 << 30};
    add_many(run, 1);
    cr_assert_eq(th_buffers_take(buffers, 1, &lent.buffer, NULL), THUMBS_OK);
    cr_assert_eq(pthread_create(&thread, NULL, give_back_late, &lent), 0);
    const uint64_t start_ns = th_now_ns();
    cr_assert_eq(run_files(run, 1), THUMBS_OK);
    const uint64_t took_ns = th_now_ns() - start_ns;
    pthread_join(thread, NULL);
    expect_all_loaded(run);
    cr_expect_leq(run->fates[0].load_ns + 900000000, took_ns, "%llu of %llu ns",
                  (unsigned long long)run->fates[0].load_ns, (unsigned long long)took_ns);
    expect_buffers_back(buffers);
    free(run);
}

Test(uring, ends_at_once_with_requests_under_way)
{
    for (int follow = 0; follow < 2; follow++) {
        struct run *run = calloc(1, sizeof *run);
        run->loader = (struct th_loader){.buffers = make_buffers(64, 1 << 30, true),
                                         .max_bytes = 1 << 30,
                                         .latency_ms = 30000,
                                         .follow = follow};
        add_many(run, 60);
        run->stop_after = 60;
        uint64_t start_ns = th_now_ns();
        cr_assert_eq(run_files(run, 64), THUMBS_OK);
        cr_expect_lt((th_now_ns() - start_ns) / 1000000, 20000u, "the requests were not cancelled");
        for (size_t i = 0; i < run->n; i++)
            cr_expect_eq(run->fates[i].error.code, THUMBS_STOPPED);
        expect_buffers_back(run->loader.buffers);
        free(run);
    }
}

Test(uring, ends_anywhere_without_leaks)
{
    for (size_t stop_after = 1; stop_after < 200; stop_after += 9) {
        struct run *run = calloc(1, sizeof *run);
        run->loader = (struct th_loader){.buffers = make_buffers(8, 200000, stop_after % 2),
                                         .max_bytes = 1 << 30,
                                         .follow = stop_after % 3 == 0};
        add_many(run, 200);
        run->stop_after = stop_after;
        cr_assert_eq(run_files(run, 32), THUMBS_OK);
        expect_buffers_back(run->loader.buffers);
        free(run);
    }
}

/* ---- faults ---- */

/* Criterion runs each test in a process of its own, and a process reads its plan once. */
static void plan_fault(const char *plan)
{
#ifdef THUMBS_FAULTS
    cr_assert_eq(setenv("THUMBS_FAULT", plan, 1), 0);
#else
    (void)plan;
    cr_skip_test("this build has no fault injection (THUMBS_FAULTS)");
#endif
}

/* Faults that are no fault of the file's leave no trace. */
static void expect_unharmed(const char *plan, bool follow)
{
    struct run *run = calloc(1, sizeof *run);
    plan_fault(plan);
    run->loader = (struct th_loader){.buffers = make_buffers(16, 1 << 30, false),
                                     .max_bytes = 1 << 30,
                                     .follow = follow,
                                     .latency_ms = 1};
    add_many(run, 40);
    cr_assert_eq(run_files(run, 8), THUMBS_OK);
    expect_all_loaded(run);
    expect_buffers_back(run->loader.buffers);
    free(run);
}

Test(uring, short_reads_go_on)
{
    expect_unharmed("uring_short:*", false);
}

Test(uring, short_reads_go_on_with_plain_descriptors)
{
    expect_unharmed("uring_short:*", true);
}

struct plan {
    char point[16];
    unsigned n;
    bool follow;
};

ParameterizedTestParameters(uring, odd_ends_are_tried_again)
{
    static struct plan plans[60];
    static const char points[][16] = {"uring_again", "uring_intr", "uring_cancel"};
    for (unsigned k = 0; k < 60; k++) {
        plans[k] = (struct plan){.n = 1 + k * 3 / 2, .follow = k % 2};
        memcpy(plans[k].point, points[k % 3], sizeof plans[k].point);
    }
    return cr_make_param_array(struct plan, plans, 60);
}

ParameterizedTest(struct plan *plan, uring, odd_ends_are_tried_again)
{
    char text[32];
    snprintf(text, sizeof text, "%s:%u", plan->point, plan->n);
    expect_unharmed(text, plan->follow);
}

static void expect_all_fail(const char *plan, enum thumbs_code code, const char *message)
{
    struct run *run = calloc(1, sizeof *run);
    plan_fault(plan);
    run->loader =
        (struct th_loader){.buffers = make_buffers(16, 1 << 30, false), .max_bytes = 1 << 30};
    add_many(run, 20);
    cr_assert_eq(run_files(run, 8), THUMBS_OK);
    for (size_t i = 0; i < run->n; i++) {
        cr_expect_eq(run->fates[i].error.code, code, "%s: %s", run->fates[i].name,
                     run->fates[i].error.message);
        cr_expect_not_null(strstr(run->fates[i].error.message, message), "%s",
                           run->fates[i].error.message);
    }
    expect_buffers_back(run->loader.buffers);
    free(run);
}

Test(uring, what_never_ends_well_fails)
{
    expect_all_fail("uring_again:*", THUMBS_UNREADABLE, "cannot open");
}

Test(uring, opens_that_fail)
{
    expect_all_fail("open:*", THUMBS_UNREADABLE, "cannot open");
}

Test(uring, reads_that_fail)
{
    expect_all_fail("read:*", THUMBS_UNREADABLE, "cannot read");
}

Test(uring, one_failed_read_costs_one_file)
{
    size_t n_failed = 0;
    struct run *run = calloc(1, sizeof *run);
    plan_fault("read:7");
    run->loader =
        (struct th_loader){.buffers = make_buffers(16, 1 << 30, false), .max_bytes = 1 << 30};
    add_many(run, 20);
    cr_assert_eq(run_files(run, 8), THUMBS_OK);
    for (size_t i = 0; i < run->n; i++)
        n_failed += !run->fates[i].loaded;
    cr_expect_eq(n_failed, 1u);
    expect_buffers_back(run->loader.buffers);
    free(run);
}

Test(uring, no_memory_for_a_buffer_costs_one_file)
{
    size_t n_failed = 0;
    struct run *run = calloc(1, sizeof *run);
    plan_fault("mmap:3");
    run->loader =
        (struct th_loader){.buffers = make_buffers(16, 1 << 30, false), .max_bytes = 1 << 30};
    add_many(run, 20);
    cr_assert_eq(run_files(run, 8), THUMBS_OK);
    for (size_t i = 0; i < run->n; i++)
        n_failed += run->fates[i].error.code == THUMBS_MEMORY;
    cr_expect_eq(n_failed, 1u);
    expect_buffers_back(run->loader.buffers);
    free(run);
}

Test(uring, a_refused_ring_says_why)
{
    struct th_uring *uring = NULL;
    struct thumbs_error err = {0};
    plan_fault("uring_setup:1");
    cr_expect_neq(th_uring_create(4, &uring, &err), THUMBS_OK);
    cr_expect_null(uring);
    cr_expect_not_null(strstr(err.message, strerror(EPERM)), "%s", err.message);
}

/* As containers do. */
static void forbid_rings(int os_errno)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)os_errno),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        cr_skip_test("seccomp is not there: %s", strerror(errno));
}

static void expect_fallback(int os_errno)
{
    const char *source = TEST_SAMPLES "/jpeg";
    struct thumbs_options options;
    struct thumbs_batch *batch = NULL;
    struct thumbs_totals totals;
    struct thumbs_error err = {0};
    forbid_rings(os_errno);
    thumbs_options_init(&options);
    options.worker_program = TEST_PROGRAM;
    options.io = THUMBS_IO_URING;
    cr_assert_eq(thumbs_batch_create(&options, &source, 1, folder, &batch, &err), THUMBS_OK, "%s",
                 err.message);
    cr_assert_not_null(thumbs_batch_note(batch));
    cr_expect_not_null(strstr(thumbs_batch_note(batch), strerror(os_errno)), "%s",
                       thumbs_batch_note(batch));
    cr_expect_eq(thumbs_batch_run(batch, NULL, NULL, &err), THUMBS_OK, "%s", err.message);
    thumbs_batch_totals(batch, &totals);
    cr_expect_gt(totals.found, 0u);
    cr_expect_eq(totals.by_status[THUMBS_STATUS_DONE], totals.found);
    thumbs_batch_destroy(batch);
}

Test(uring, a_batch_where_rings_are_forbidden_uses_threads)
{
    expect_fallback(EPERM);
}

Test(uring, a_batch_where_there_are_no_rings_uses_threads)
{
    expect_fallback(ENOSYS);
}

Test(uring, a_batch_without_memory_for_a_ring_uses_threads)
{
    expect_fallback(ENOMEM);
}

Test(uring, no_memory_says_so)
{
    struct th_uring *uring = NULL;
    struct thumbs_error err = {0};
    plan_fault("alloc:*");
    cr_expect_eq(th_uring_create(4, &uring, &err), THUMBS_MEMORY);
    cr_expect_null(uring);
}
