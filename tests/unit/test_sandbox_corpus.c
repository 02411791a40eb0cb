/* SPDX-License-Identifier: MIT */
/*
 * Decoders inside the sandbox make what they make outside, byte for byte: every picture of
 * $THUMBS_CORPUS but the broken ones, and the samples. A library that newly opens a file or makes a
 * system call is found here.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "image/formats.h"
#include "image/image.h"
#include "sandbox/sandbox.h"
#include "support/corpus.h"
#include "support/shared.h"

enum { MAX_FILES = 4096, NOBODY = 65534 };

struct file {
    char *path;
    const uint8_t *data;
    size_t len;
};

struct files {
    struct file file[MAX_FILES];
    size_t n;
};

/* What a child found out, in memory that is shared with it. */
struct outcome {
    bool tried;
    enum thumbs_code code;
    uint64_t hash;
    uint32_t source_format;
    char message[200];
};

struct outcomes {
    struct th_sandbox_state state;
    struct outcome of[MAX_FILES];
};

static void add_file(struct files *files, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert(fd >= 0 && fstat(fd, &st) == 0, "%s", path);
    if (S_ISREG(st.st_mode) && st.st_size > 0 && files->n < MAX_FILES) {
        void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        cr_assert_neq(data, MAP_FAILED, "%s", path);
        files->file[files->n++] =
            (struct file){.path = strdup(path), .data = data, .len = (size_t)st.st_size};
    }
    close(fd);
}

struct wanted {
    struct files *files;
    unsigned one_of; /* for a sample */
};

static void add_one(const struct test_file *file, void *user)
{
    const struct wanted *wanted = user;
    if (test_is_sampled(file->path, wanted->one_of)) add_file(wanted->files, file->path);
}

static void add_folder(struct files *files, const char *root, const char *name, unsigned one_of)
{
    char folder[PATH_MAX];
    struct wanted wanted = {.files = files, .one_of = one_of};
    snprintf(folder, sizeof folder, "%s/%s", root, name);
    test_each_file(folder, add_one, &wanted);
}

static void make_one(const struct file *file, struct outcome *out)
{
    /* The format as it came, where it can be written, and one whose encoder is libvips'. */
    const struct thumbs_image_options options = {
        .n_sizes = 2,
        .sizes = {{256, 256, true}, {48, 48, true}},
        .n_formats = 2,
        .formats = {THUMBS_FORMAT_KEEP, THUMBS_FORMAT_WEBP},
        .quality = 80,
        .background = {255, 255, 255, 0},
        .max_pixels = 500000000};
    const struct th_image_limits limits = {0};
    static struct th_image_result result;
    struct thumbs_error err = {0};
    struct th_sink sink;
    th_sink_init_heap(&sink);
    out->code = th_image_make(file->data, file->len, &options, &limits, &sink, &result, &err);
    out->source_format = out->code ? 0 : result.source_format;
    out->hash = th_hash64(sink.data, sink.len, 0);
    snprintf(out->message, sizeof out->message, "%s", out->code ? err.message : result.warning);
    out->tried = true;
    th_sink_finish_heap(&sink);
}

/* By a child: 0 or its status. sandbox NULL: outside. Preloaded as a worker is. */
static int make_all(const struct files *files, const struct th_sandbox *sandbox,
                    struct outcomes *out)
{
    int status;
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        const struct th_sandbox_limits limits = {.data_bytes = UINT64_C(4) << 30,
                                                 .space_bytes = UINT64_C(6) << 30,
                                                 .file_bytes = UINT64_C(1) << 30,
                                                 .n_files = 256};
        if (th_image_preload(TH_WANTS_ALL, NULL) != THUMBS_OK) _exit(90);
        if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0) _exit(91);
        if (sandbox) th_sandbox_enter(sandbox, &limits, &out->state);
        for (size_t i = 0; i < files->n; i++)
            make_one(&files->file[i], &out->of[i]);
        _exit(0);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return status;
}

static void compare(const struct files *files, uint32_t without)
{
    const struct th_sandbox_options options = {.without = without};
    struct th_sandbox *sandbox = NULL;
    struct outcomes *outside = test_shared(sizeof(struct outcomes)),
                    *inside = test_shared(sizeof(struct outcomes));
    cr_assert_eq(th_sandbox_prepare(&options, &sandbox, NULL), THUMBS_OK);
    cr_assert_eq(make_all(files, NULL, outside), 0);
    int status = make_all(files, sandbox, inside);
    size_t n_done = 0;
    for (size_t i = 0; i < files->n; i++) {
        const struct outcome *a = &outside->of[i], *b = &inside->of[i];
        cr_assert(b->tried, "%s: ended with status %x", files->file[i].path, (unsigned)status);
        cr_expect_eq(a->code, b->code, "%s: %d %s, outside %d %s", files->file[i].path,
                     (int)b->code, b->message, (int)a->code, a->message);
        cr_expect(a->hash == b->hash, "%s: other bytes", files->file[i].path);
        cr_expect_str_eq(a->message, b->message, "%s", files->file[i].path);
        n_done += a->code == THUMBS_OK;
    }
    cr_expect_eq(status, 0);
    cr_expect(n_done * 2 > files->n, "%zu of %zu are made at all", n_done, files->n);
    th_sandbox_destroy(sandbox);
    munmap(outside, sizeof *outside);
    munmap(inside, sizeof *inside);
}

static struct files files;

Test(sandbox_corpus, samples_are_made_alike, .timeout = 120)
{
    static const char *const folders[] = {"jpeg", "png",         "gif", "tiff",
                                          "webp", "orientation", "icc"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        add_folder(&files, TEST_SAMPLES, folders[i], 1);
    cr_assert(files.n > 20);
    compare(&files, 0);
    compare(&files, TH_SANDBOX_BIT(TH_SANDBOX_LANDLOCK));
}

Test(sandbox_corpus, every_format_is_made_alike, .timeout = 600)
{
    static const char *const folders[] = {"formats", "orientation", "png", "pngsuite", "photos"};
    /* A call that a library newly makes comes with a format, a codec or an option of it: all of
     * those are in "formats" and "pngsuite"; of photos, which are alike and large, a few do. A
     * sanitized worker is locked up only in part, so its turn is a smaller one. */
    static const unsigned few[] = {1, 4, 2, TEST_SANITIZED ? 4 : 1, TEST_SANITIZED ? 12 : 4};
    TEST_NEED_CORPUS();
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        add_folder(&files, test_corpus(), folders[i], few[i]);
    cr_assert(files.n > 100, "%zu", files.n);
    compare(&files, 0);
}

/* Where nothing can be opened at all: the filter of a kernel without Landlock. */
Test(sandbox_corpus, formats_need_no_files, .timeout = 600)
{
    TEST_NEED_CORPUS();
    add_folder(&files, test_corpus(), "formats", TEST_SANITIZED ? 4 : 1);
    compare(&files, TH_SANDBOX_BIT(TH_SANDBOX_LANDLOCK));
}
