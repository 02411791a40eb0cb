/* SPDX-License-Identifier: MIT */
/*
 * What becomes of every file in samples/, against what is written down in thumbnails.txt: the
 * verdict, the sizes, and the mean colours of a grid of 4 x 4 fields of the thumbnail. Colours may
 * differ by a few steps, so that another version of a decoder does not fail the test; a picture
 * that lies on its side, has its colours exchanged or lost its alpha does.
 *
 * THUMBS_GOLDEN_UPDATE=1 in the environment writes the file anew: look at the pictures first.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <png.h>

#include "base/bytes.h"
#include "image/image.h"
#include "support/picture.h"

#define GRID      4
#define TOLERANCE 5 /* steps of a mean colour */
#define GOLDEN    TEST_SAMPLES "/../tests/golden/thumbnails.txt"

/* A line is "path format code whole|damaged WxH", then, if a thumbnail was made, its "WxH" and GRID
 * * GRID fields of RRGGBBAA. */

/* ---- what is made now ---- */

/* Mean colours of the fields of a PNG, colours weighted by alpha. */
static void append_grid(struct th_bytes *line, const uint8_t *data, size_t len)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    cr_assert(png_image_begin_read_from_memory(&png, data, len), "%s", png.message);
    png.format = PNG_FORMAT_RGBA;
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(png));
    cr_assert(png_image_finish_read(&png, NULL, pixels, 0, NULL), "%s", png.message);
    for (uint32_t field = 0; field < GRID * GRID; field++) {
        uint32_t left = field % GRID * png.width / GRID,
                 right = (field % GRID + 1) * png.width / GRID;
        uint32_t top = field / GRID * png.height / GRID,
                 bottom = (field / GRID + 1) * png.height / GRID;
        if (right == left) right = left + 1;
        if (bottom == top) bottom = top + 1;
        uint64_t sum[4] = {0}, n = (uint64_t)(right - left) * (bottom - top);
        for (uint32_t y = top; y < bottom; y++)
            for (uint32_t x = left; x < right; x++) {
                const uint8_t *p = pixels + ((size_t)y * png.width + x) * 4;
                for (int i = 0; i < 3; i++)
                    sum[i] += (uint64_t)p[i] * p[3];
                sum[3] += p[3];
            }
        uint64_t alpha = sum[3] ? sum[3] : 1;
        th_bytes_addf(line, " %02x%02x%02x%02x", (unsigned)(sum[0] / alpha),
                      (unsigned)(sum[1] / alpha), (unsigned)(sum[2] / alpha),
                      (unsigned)(sum[3] / n));
    }
    free(pixels);
}

static void describe(struct th_bytes *line, const char *path, const uint8_t *data, size_t len)
{
    struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_PNG);
    struct th_sink sink;
    struct th_image_result *result = calloc(1, sizeof *result);
    struct thumbs_error err = {0};
    th_sink_init_heap(&sink);
    const struct th_image_limits limits = {.sandboxed = true};
    enum thumbs_code code = th_image_make(data, len, &o, &limits, &sink, result, &err);
    th_bytes_addf(line, "%s %s %s %s %ux%u", path,
                  thumbs_format_name((enum thumbs_format)result->source_format),
                  thumbs_code_name(code), result->damaged ? "damaged" : "whole", result->width,
                  result->height);
    if (code == THUMBS_OK) {
        th_bytes_addf(line, " %ux%u", result->outputs[0].width, result->outputs[0].height);
        append_grid(line, sink.data, sink.len);
    }
    free(result);
    th_sink_finish_heap(&sink);
}

static void describe_file(struct th_bytes *out, const char *path)
{
    struct th_bytes name = {0};
    th_bytes_addf(&name, "%s/%s", TEST_SAMPLES, path);
    FILE *in = fopen(th_bytes_str(&name), "rb");
    cr_assert_not_null(in, "%s", th_bytes_str(&name));
    fseek(in, 0, SEEK_END);
    size_t len = (size_t)ftell(in);
    rewind(in);
    uint8_t *data = malloc(len + 1);
    cr_assert_eq(fread(data, 1, len, in), len);
    fclose(in);
    describe(out, path, data, len);
    th_bytes_addc(out, '\n');
    free(data);
    th_bytes_finish(&name);
}

/* All files below a folder of samples, in order. */
static void describe_tree(struct th_bytes *out, const char *path)
{
    struct th_bytes full = {0};
    th_bytes_addf(&full, "%s/%s", TEST_SAMPLES, path);
    struct dirent **names = NULL;
    int n = scandir(th_bytes_str(&full), &names, NULL, alphasort);
    cr_assert_geq(n, 0, "%s: %s", th_bytes_str(&full), strerror(errno));
    for (int i = 0; i < n; i++) {
        struct th_bytes below = {0};
        th_bytes_addf(&below, "%s%s%s", path, *path ? "/" : "", names[i]->d_name);
        struct stat st;
        th_bytes_truncate(&full, 0);
        th_bytes_addf(&full, "%s/%s", TEST_SAMPLES, th_bytes_str(&below));
        cr_assert_eq(lstat(th_bytes_str(&full), &st), 0);
        bool hidden = names[i]->d_name[0] == '.';
        if (!hidden && S_ISDIR(st.st_mode))
            describe_tree(out, th_bytes_str(&below));
        else if (!hidden && S_ISREG(st.st_mode) && *path) /* files at the top are the generator's */
            describe_file(out, th_bytes_str(&below));
        th_bytes_finish(&below);
        free(names[i]);
    }
    free(names);
    th_bytes_finish(&full);
}

/* ---- comparing ---- */

/* The next word of *at, or NULL at the end of the line. */
static char *next_word(char **at)
{
    return strsep(at, " ");
}

static int worst_step(const char *a, const char *b)
{
    unsigned long x = strtoul(a, NULL, 16), y = strtoul(b, NULL, 16);
    int worst = 0;
    /* Colours that cannot be seen do not count. */
    int n = (x & 255) < 8 && (y & 255) < 8 ? 1 : 4;
    for (int i = 0; i < n; i++, x >>= 8, y >>= 8) {
        int step = abs((int)(x & 255) - (int)(y & 255));
        if (step > worst) worst = step;
    }
    return worst;
}

/* Words up to the grid must be equal, fields of the grid close. */
static void compare_lines(const char *want_line, const char *got_line)
{
    char *want_copy = strdup(want_line), *got_copy = strdup(got_line), *want = want_copy,
         *got = got_copy;
    for (int i = 0;; i++) {
        const char *a = next_word(&want), *b = next_word(&got);
        if (!a && !b) break;
        bool same = a && b && (i < 6 ? strcmp(a, b) == 0 : worst_step(a, b) <= TOLERANCE);
        cr_expect(same, "written down: %s\n  made now:     %s", want_line, got_line);
        if (!same) break;
    }
    free(want_copy);
    free(got_copy);
}

/* Without the fast path of HEIF libvips makes something else of odd files. */
static bool is_left_to_libvips(const char *line)
{
    return !TEST_WITH_HEIF && (strncmp(line, "heif/", 5) == 0 || strstr(line, ".heic "));
}

/* Another libvips may have no loader for it. */
static bool is_left_out(const char *line)
{
    static const enum thumbs_format formats[] = {THUMBS_FORMAT_RAW, THUMBS_FORMAT_JXL,
                                                 THUMBS_FORMAT_JP2K};
    bool left_out = false;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const char *name = thumbs_format_name(formats[i]);
        struct th_bytes reader = {0};
        th_image_about_readers(formats[i], &reader);
        left_out |= reader.len == 0 && strncmp(line, name, strlen(name)) == 0;
        th_bytes_finish(&reader);
    }
    return left_out;
}

static char *read_golden(void)
{
    FILE *in = fopen(GOLDEN, "rb");
    cr_assert_not_null(in, "%s", GOLDEN);
    struct th_bytes text = {0};
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, in)) > 0;)
        th_bytes_add(&text, part, n);
    fclose(in);
    return th_bytes_steal(&text);
}

static void write_golden(const struct th_bytes *now)
{
    FILE *out = fopen(GOLDEN, "wb");
    cr_assert_not_null(out, "%s", GOLDEN);
    cr_assert_eq(fwrite(now->data, 1, now->len, out), now->len);
    cr_assert_eq(fclose(out), 0);
}

Test(golden, samples, .timeout = 300)
{
    struct th_bytes now = {0};
    describe_tree(&now, "");
    cr_assert_not(th_bytes_failed(&now));
    cr_assert_gt(now.len, 0u);
    if (getenv("THUMBS_GOLDEN_UPDATE")) {
        write_golden(&now);
        th_bytes_finish(&now);
        cr_skip_test("the golden file was written anew");
    }
    char *golden = read_golden(), *want = golden, *got = now.data;
    while (want && got && *want && *got) {
        const char *want_line = strsep(&want, "\n"), *got_line = strsep(&got, "\n");
        if (!is_left_to_libvips(want_line) && !is_left_out(want_line))
            compare_lines(want_line, got_line);
    }
    cr_expect(!want || !*want, "samples are missing, from here on: %.80s", want);
    cr_expect(!got || !*got, "samples that are not written down, from here on: %.80s", got);
    free(golden);
    th_bytes_finish(&now);
}
