/* SPDX-License-Identifier: MIT */
/*
 * Do pictures keep to what th_image_estimate() said they would need? Each file is made into
 * thumbnails in a process of its own, and the most memory that process ever held is compared with
 * the estimate. memory_estimates [-v] FOLDER-OR-FILE... memory_estimates [-v] --corpus what
 * $THUMBS_CORPUS names; exit status 77 without
 *
 * Two promises are checked. No picture, sound or broken, needs more than its estimate and
 * ALLOWANCE. And where a picture needs much, the estimate is not more than MOST_RATIO times that,
 * or a budget would keep workers idle. With -v every picture is shown, in a table that sorts
 * well. What is named is made with each set of options; of the corpus, since it is large, every
 * second file, chosen by name, with one of them (THUMBS_NIGHTLY=1: all files with all). Some
 * pictures that no program writes, but that decode, are made here.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jpeglib.h>

#include "../support/corpus.h"
#include "../support/picture.h"
#include "base/bytes.h"
#include "base/sys.h"
#include "image/formats.h"
#include "image/image.h"

/* For what estimates do not count: the counters of the kernel are not exact, code that is run for
 * the first time writes to its data, memory is counted in whole pages. */
#define ALLOWANCE ((int64_t)8 << 20)

/* What an encoder needs depends on what is in the picture: an alpha channel that is there but not
 * used, on a drawing of few colours, comes to 3.3. */
#define MUCH       ((int64_t)20 << 20)
#define MOST_RATIO 3.5

#define LONGEST_NS UINT64_C(20000000000)

struct memory {
    int64_t now, most, file_pages; /* resident bytes, of them pages of files */
};

struct outcome {
    int64_t bytes;
    enum thumbs_code code;
};

static bool verbose, sampling;
static unsigned n_made, n_decoded, n_wrong;

static int64_t status_line(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoll(at + strlen(name), NULL, 10) * 1024 : 0;
}

static struct memory memory_now(void)
{
    char text[8192];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (n < 0) _exit(3);
    text[n] = 0;
    close(fd);
    return (struct memory){.now = status_line(text, "VmRSS:"),
                           .most = status_line(text, "VmHWM:"),
                           .file_pages = status_line(text, "RssFile:")};
}

/* In the child: what making it took. Pages of libraries and of the source, which is mapped, are not
 * counted; once touched they stay, so they can be taken off at the end. */
static struct outcome make_here(const uint8_t *data, size_t len,
                                const struct thumbs_image_options *options)
{
    static struct th_image_result result;
    struct th_sink sink;
    struct thumbs_error err;
    /* A drawing may hold anything: what is said of it is a guess. */
    const struct th_image_limits limits = {.deadline_ns = th_now_ns() + LONGEST_NS,
                                           .sandboxed =
                                               th_image_sniff(data, len) != THUMBS_FORMAT_SVG};
    th_sink_init_heap(&sink);
    struct memory before = memory_now();
    enum thumbs_code code = th_image_make(data, len, options, &limits, &sink, &result, &err);
    struct memory after = memory_now();
    int64_t pages = after.file_pages - before.file_pages;
    return (struct outcome){.bytes = after.most - before.now - (pages > 0 ? pages : 0),
                            .code = code};
}

static bool make_apart(const uint8_t *data, size_t len, const struct thumbs_image_options *options,
                       struct outcome *outcome)
{
    int ends[2], status = 0;
    fflush(stdout);
    malloc_trim(0);
    if (pipe(ends) != 0) return false;
    pid_t pid = fork();
    if (pid == 0) {
        struct outcome mine = make_here(data, len, options);
        _exit(write(ends[1], &mine, sizeof mine) == sizeof mine ? 0 : 3);
    }
    close(ends[1]);
    bool ok = pid > 0 && read(ends[0], outcome, sizeof *outcome) == sizeof *outcome;
    close(ends[0]);
    if (pid > 0) waitpid(pid, &status, 0);
    return ok;
}

static double mb(int64_t bytes)
{
    return (double)bytes / (1 << 20);
}

static void try_with(const char *path, const uint8_t *data, size_t len,
                     const struct thumbs_image_options *options)
{
    struct outcome outcome = {0};
    uint64_t estimate = 0;
    bool known = th_image_estimate(data, len, options, &estimate);
    if (!make_apart(data, len, options, &outcome)) {
        printf("%s: its process died\n", path);
        n_wrong++;
        return;
    }
    n_made++;
    if (outcome.code == THUMBS_OK) n_decoded++;
    int64_t said = estimate > INT64_MAX ? INT64_MAX : (int64_t)estimate;
    const char *verdict = "";
    if (outcome.bytes > said && outcome.bytes - said > ALLOWANCE)
        verdict = "TOO LITTLE";
    else if (outcome.code == THUMBS_OK && outcome.bytes > MUCH &&
             (double)said > MOST_RATIO * (double)outcome.bytes)
        verdict = "TOO MUCH";
    if (*verdict) n_wrong++;
    if (verbose || *verdict)
        printf("%-5s %-11s %-7s %8.1f MB needed %8.1f said %5.1f x  %u sizes  %s %s\n",
               thumbs_format_name(th_image_sniff(data, len)), thumbs_code_name(outcome.code),
               known ? "known" : "unknown", mb(outcome.bytes), mb(said),
               outcome.bytes > 0 ? (double)said / (double)outcome.bytes : 0, options->n_sizes, path,
               verdict);
}

/* All frames, in both formats that move, one of them or both. */
static void try_moving(const char *path, const uint8_t *data, size_t len)
{
    struct thumbs_image_options o = test_picture_options(300, THUMBS_FORMAT_GIF);
    o.pages = THUMBS_PAGES_ALL;
    try_with(path, data, len, &o);
    o.formats[0] = THUMBS_FORMAT_WEBP;
    try_with(path, data, len, &o);
    o.n_sizes = 2;
    o.sizes[1] = (struct thumbs_size){640, 640, true};
    o.n_formats = 3;
    o.formats[1] = THUMBS_FORMAT_GIF;
    o.formats[2] = THUMBS_FORMAT_JPEG;
    try_with(path, data, len, &o);
}

/* One small JPEG; and several sizes in all formats. While sampling only one of both, and not of
 * every file. */
static void try_file(const char *path, const uint8_t *data, size_t len)
{
    struct thumbs_image_options o = test_picture_options(256, THUMBS_FORMAT_JPEG);
    const char *last = strrchr(path, '/');
    uint64_t name = th_hash64(last ? last : path, strlen(last ? last : path), 0);
    if (sampling && !test_is_sampled(path, 2)) return;
    if (!sampling || name % 2) try_with(path, data, len, &o);
    if (!sampling && th_format(th_image_sniff(data, len))->motion) try_moving(path, data, len);
    if (sampling && name % 2) return;
    o.n_sizes = 2;
    o.sizes[0] = (struct thumbs_size){1280, 1280, true};
    o.sizes[1] = (struct thumbs_size){320, 320, true};
    o.n_formats = 3;
    o.formats[1] = THUMBS_FORMAT_PNG;
    o.formats[2] = THUMBS_FORMAT_WEBP;
    try_with(path, data, len, &o);
}

/* A GIF of noise, each frame of which is new. */
static void try_motion(uint32_t side, unsigned n_frames)
{
    enum { CLEAR = 128, PIECE = 100 };
    struct th_bytes b = {0};
    uint32_t random = 1;
    th_bytes_adds(&b, "GIF89a");
    for (int i = 0; i < 2; i++)
        th_bytes_addf(&b, "%c%c", (int)(side & 0xff), (int)(side >> 8));
    th_bytes_add(&b, "\xf6\0\0", 3);
    for (int i = 0; i < 128 * 3; i++)
        th_bytes_addc(&b, (char)(i * 37));
    for (unsigned f = 0; f < n_frames; f++) {
        th_bytes_add(&b, "\x2c\0\0\0\0", 5);
        for (int i = 0; i < 2; i++)
            th_bytes_addf(&b, "%c%c", (int)(side & 0xff), (int)(side >> 8));
        th_bytes_add(&b, "\0\x07", 2);
        for (uint32_t at = 0; at < side * side; at += PIECE) {
            const uint32_t n = side * side - at < PIECE ? side * side - at : PIECE;
            th_bytes_addc(&b, (char)(n + 1));
            th_bytes_addc(&b, (char)CLEAR);
            for (uint32_t i = 0; i < n; i++)
                th_bytes_addc(&b, (char)((random = random * 1103515245 + 12345) >> 24 & 127));
        }
        th_bytes_add(&b, "\1\x81\0", 3);
    }
    th_bytes_addc(&b, ';');
    try_moving("noise that moves", (uint8_t *)b.data, b.len);
    th_bytes_finish(&b);
}

static void visit(const struct test_file *file, void *user)
{
    (void)user;
    if (file->len == 0 || th_image_sniff(file->data, file->len) == THUMBS_FORMAT_NONE) return;
    try_file(file->path, file->data, file->len);
}

/* ---- TIFFs of one strip, in codecs that keep it whole ---- */

#define SIDE 3000

static void add_jpeg(struct th_bytes *b)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long len = 0;
    static uint8_t row[SIDE * 3];
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &len);
    jpeg.image_width = jpeg.image_height = SIDE;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_colorspace(&jpeg, JCS_RGB);
    jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (unsigned y = 0; y < SIDE; y++) {
        for (unsigned x = 0; x < SIDE * 3; x++)
            row[x] = (uint8_t)(x / 3 * (x % 3 + 1) / 40 + y / 20);
        JSAMPROW rows = row;
        jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    th_bytes_add(b, data, len);
    free(data);
}

#define MOST_WEBP ((size_t)16 << 20)

struct webp {
    size_t len;
    uint8_t data[MOST_WEBP];
};

/* In the child. */
static void make_webp(struct webp *webp)
{
    struct th_bytes jpeg = {0};
    static struct th_image_result result;
    struct thumbs_image_options o = {.n_sizes = 1,
                                     .n_formats = 1,
                                     .fit = THUMBS_FIT_INSIDE,
                                     .quality = 80,
                                     .max_pixels = SIDE * SIDE};
    const struct th_image_limits limits = {0};
    struct th_sink sink;
    struct thumbs_error err;
    o.sizes[0] = (struct thumbs_size){SIDE, SIDE, true};
    o.formats[0] = THUMBS_FORMAT_WEBP;
    add_jpeg(&jpeg);
    th_sink_init_heap(&sink);
    if (th_image_make((uint8_t *)jpeg.data, jpeg.len, &o, &limits, &sink, &result, &err) !=
        THUMBS_OK)
        return;
    if (sink.len > MOST_WEBP) return;
    memcpy(webp->data, sink.data, sink.len);
    webp->len = sink.len;
}

/* In a process of its own: libvips' threads, once started, would be missing in all that is forked
 * later. */
static bool add_webp(struct th_bytes *b)
{
    struct webp *webp =
        mmap(NULL, sizeof *webp, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (webp == MAP_FAILED) return false;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        make_webp(webp);
        _exit(0);
    }
    if (pid > 0) waitpid(pid, NULL, 0);
    bool ok = webp->len > 0;
    th_bytes_add(b, webp->data, webp->len);
    munmap(webp, sizeof *webp);
    return ok;
}

static void add_le(struct th_bytes *b, uint64_t value, unsigned n)
{
    for (; n--; value >>= 8)
        th_bytes_addc(b, (char)value);
}

/* RGB, or YCbCr, which libvips does not read by the row. A file that does not decode proves
 * nothing. */
static void try_tiff(const char *name, unsigned compression, unsigned photometric,
                     const struct th_bytes *strip)
{
    const uint32_t tags[][4] = {
        {256, 4, 1, SIDE},        {257, 4, 1, SIDE}, {258, 3, 3, 134}, {259, 3, 1, compression},
        {262, 3, 1, photometric}, {273, 4, 1, 140},  {277, 3, 1, 3},   {278, 4, 1, SIDE},
        {279, 4, 1, strip->len},  {284, 3, 1, 1}};
    struct th_bytes b = {0};
    th_bytes_add(&b, "II*\0\x08\0\0\0\x0a\0", 10);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        add_le(&b, tags[i][0] | tags[i][1] << 16, 4);
        add_le(&b, tags[i][2], 4);
        add_le(&b, tags[i][3], 4);
    }
    add_le(&b, 0, 4);
    add_le(&b, 0x000800080008, 6);
    th_bytes_add(&b, strip->data, strip->len);
    unsigned n_before = n_decoded;
    try_file(name, (uint8_t *)b.data, b.len);
    if (n_decoded != n_before + 2) {
        printf("%s: not decoded\n", name);
        n_wrong++;
    }
    th_bytes_finish(&b);
}

static void try_whole_strips(void)
{
    struct th_bytes jpeg = {0}, webp = {0};
    add_jpeg(&jpeg);
    try_tiff("progressive JPEG in a TIFF", 7, 2, &jpeg);
    try_tiff("progressive JPEG in a TIFF, YCbCr", 7, 6, &jpeg);
    if (add_webp(&webp)) {
        try_tiff("WebP in a TIFF", 50001, 2, &webp);
    } else {
        printf("no WebP was made\n");
        n_wrong++;
    }
    th_bytes_finish(&jpeg);
    th_bytes_finish(&webp);
}

static int try_corpus(void)
{
    if (!test_corpus()) {
        puts("SKIPPED: THUMBS_CORPUS names no folder");
        return 77;
    }
    sampling = !test_nightly();
    test_each_file(test_corpus(), visit, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    struct thumbs_error err;
    int first = 1, status = 0;
    verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    if (verbose) first = 2;
    /* As in a worker that has met its first picture. */
    if (th_image_preload(TH_WANTS_ALL, &err) != THUMBS_OK) {
        printf("libvips cannot be loaded: %s\n", err.message);
        return 1;
    }
    if (argc == first + 1 && strcmp(argv[first], "--corpus") == 0) {
        status = try_corpus();
        if (status) return status;
    } else {
        for (int i = first; i < argc; i++)
            test_each_file(argv[i], visit, NULL);
        try_whole_strips();
        try_motion(400, 40);
    }
    printf("%u pictures made, %u of them against their estimate\n", n_made, n_wrong);
    return n_made == 0 || n_wrong != 0;
}
