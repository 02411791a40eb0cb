/* SPDX-License-Identifier: MIT */
/*
 * bench_stages.c - single stages of work on a picture, in one thread, over the internal headers.
 *
 *     bench_stages [--repeat=N] FILE...
 *
 * For each file: decode, resize and encode as th_image_make() times them (the fastest and the
 * median of N), and the rate in source pixels. Then pieces on their own, on made-up pixels:
 * reduction by rows and by planes, and each encoder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "base/sys.h"
#include "bench/statistics.h"
#include "bench/texttable.h"
#include "image/encode.h"
#include "image/image.h"
#include "image/resample.h"
#include "image/rowscale.h"

enum { MAX_REPEAT = 1000, THUMB_WIDTH = 256, THUMB_HEIGHT = 192 };

struct samples {
    double values[MAX_REPEAT]; /* ms */
    size_t n;
};

static void add_sample(struct samples *s, uint64_t ns)
{
    if (s->n < MAX_REPEAT) s->values[s->n++] = (double)ns / 1e6;
}

/* ---- whole pictures -------------------------------------------------------------------------- */

static bool read_file(const char *path, uint8_t **data, size_t *len)
{
    struct stat st;
    const int fd = th_openat(AT_FDCWD, path, O_RDONLY, 0);
    bool done = false;
    *data = NULL;
    if (fd < 0) return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
        (*data = th_alloc((size_t)st.st_size))) {
        const ssize_t n = th_read_full(fd, *data, (size_t)st.st_size);
        *len = n > 0 ? (size_t)n : 0;
        done = n > 0;
    }
    close(fd);
    return done;
}

static void add_stage(struct th_table *t, const char *name, struct samples *s)
{
    (void)name;
    const struct th_spread spread = th_bench_spread(s->values, s->n);
    th_table_add(t, "%.3f", spread.min);
    th_table_add(t, "(%.3f)", spread.median);
}

static bool time_file(const char *path, unsigned repeat, struct th_table *t)
{
    static struct samples decode, resize, encode, total;
    struct thumbs_options options;
    struct thumbs_error err = {0};
    struct th_image_limits limits = {0};
    struct th_image_result result;
    struct th_sink sink;
    uint8_t *data;
    size_t len;
    decode.n = resize.n = encode.n = total.n = 0;
    thumbs_options_init(&options);
    if (!read_file(path, &data, &len)) {
        fprintf(stderr, "bench_stages: %s: %s\n", path, strerror(errno));
        free(data);
        return false;
    }
    th_sink_init_heap(&sink);
    enum thumbs_code code = THUMBS_OK;
    for (unsigned i = 0; i <= repeat && code == THUMBS_OK; i++) { /* the first one warms up */
        sink.len = 0;
        const uint64_t start_ns = th_now_ns();
        code = th_image_make(data, len, &options.image, &limits, &sink, &result, &err);
        if (code != THUMBS_OK || i == 0) continue;
        add_sample(&total, th_now_ns() - start_ns);
        add_sample(&decode, result.decode_ns);
        add_sample(&resize, result.resize_ns);
        add_sample(&encode, result.encode_ns);
    }
    if (code == THUMBS_OK) {
        const char *slash = strrchr(path, '/');
        th_table_add(t, "%s", slash ? slash + 1 : path);
        th_table_add(t, "%ux%u", result.width, result.height);
        add_stage(t, "decode", &decode);
        add_stage(t, "resize", &resize);
        add_stage(t, "encode", &encode);
        add_stage(t, "total", &total);
        th_table_add(t, "%.1f",
                     (double)result.width * result.height / 1e3 /
                         th_bench_spread(total.values, total.n).min);
    } else {
        fprintf(stderr, "bench_stages: %s: %s\n", path, err.message);
    }
    th_sink_finish_heap(&sink);
    free(data);
    return code == THUMBS_OK;
}

static bool time_files(char **paths, int n, unsigned repeat)
{
    static const char *const head[] = {"file",      "pixels",   "decode ms", "(median)",
                                       "resize ms", "(median)", "encode ms", "(median)",
                                       "all ms",    "(median)", "Mpx/s"};
    struct th_table t;
    struct th_bytes b = {0};
    bool done = true;
    if (n == 0) return true;
    th_table_init(&t, sizeof head / sizeof *head);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        th_table_add(&t, "%s", head[i]);
    for (int i = 0; i < n; i++)
        done = time_file(paths[i], repeat, &t) && done;
    th_table_print(&t, "lrrrrrrrrrr", &b);
    printf("%s\n", th_bytes_str(&b));
    th_bytes_finish(&b);
    th_table_finish(&t);
    th_image_thread_finish();
    return done;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

/* Soft shapes with some grain: neither flat nor noise. */
static void paint(uint8_t *p, uint32_t width, uint32_t height, uint32_t bands)
{
    uint32_t random = 1;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            for (uint32_t band = 0; band < bands; band++) {
                random = random * 1664525 + 1013904223;
                const uint32_t wave = (x * (band + 1) / 8 + y / 4 + (x * y) / 4096) % 512;
                *p++ = (uint8_t)((wave < 256 ? wave : 511 - wave) * 7 / 8 + (random >> 28));
            }
        }
    }
}

struct piece {
    const char *name;
    double pixels; /* that one pass takes in */
    bool (*pass)(void *user);
    void *user;
};

static bool time_piece(const struct piece *piece, unsigned repeat, struct th_table *t)
{
    static struct samples s;
    s.n = 0;
    for (unsigned i = 0; i <= repeat; i++) {
        const uint64_t start_ns = th_now_ns();
        if (!piece->pass(piece->user)) {
            fprintf(stderr, "bench_stages: %s failed\n", piece->name);
            return false;
        }
        if (i > 0) add_sample(&s, th_now_ns() - start_ns);
    }
    const struct th_spread spread = th_bench_spread(s.values, s.n);
    th_table_add(t, "%s", piece->name);
    th_table_add(t, "%.3f", spread.min);
    th_table_add(t, "(%.3f)", spread.median);
    th_table_add(t, "%.2f", spread.min * 1e6 / piece->pixels);
    th_table_add(t, "%.1f", piece->pixels / 1e3 / spread.min);
    return true;
}

struct reduction {
    struct th_pixels in;
    struct th_resample resample;
    uint8_t out[THUMB_WIDTH * THUMB_HEIGHT];
};

static bool pass_rows(void *user)
{
    const struct reduction *r = user;
    const struct th_rowscale_plan plan = {.in_width = r->in.width,
                                          .in_height = r->in.height,
                                          .span_x = r->in.width,
                                          .span_y = r->in.height,
                                          .out_width = THUMB_WIDTH,
                                          .out_height = THUMB_HEIGHT,
                                          .bands = r->in.bands};
    struct th_pixels out = {0};
    struct th_rowscale *rows = th_rowscale_create(&plan);
    if (!rows) return false;
    th_rowscale_feed(rows, r->in.data, (size_t)r->in.width * r->in.bands, r->in.height);
    const bool done = th_rowscale_take(rows, &out);
    th_rowscale_destroy(rows);
    th_pixels_finish(&out);
    return done;
}

static bool pass_plane(void *user)
{
    struct reduction *r = user;
    const struct th_resample_axis x = {
        .in = r->in.width, .out = THUMB_WIDTH, .scale = (double)r->in.width / THUMB_WIDTH};
    const struct th_resample_axis y = {
        .in = r->in.height, .out = THUMB_HEIGHT, .scale = (double)r->in.height / THUMB_HEIGHT};
    return th_resample_plane(&r->resample, r->in.data, r->in.width, &x, &y, r->out, THUMB_WIDTH);
}

static bool time_reduction(const char *name, bool (*pass)(void *), uint32_t width, uint32_t height,
                           uint32_t bands, unsigned repeat, struct th_table *t)
{
    struct reduction *r = th_calloc(1, sizeof *r);
    bool done = false;
    if (r && th_pixels_init(&r->in, width, height, bands)) {
        paint(r->in.data, width, height, bands);
        const struct piece piece = {
            .name = name, .pixels = (double)width * height, .pass = pass, .user = r};
        done = time_piece(&piece, repeat, t);
        th_resample_finish(&r->resample);
        th_pixels_finish(&r->in);
    }
    free(r);
    return done;
}

struct encoding {
    struct th_pixels in;
    struct th_sink sink;
};

static bool pass_jpeg(void *user)
{
    struct encoding *e = user;
    e->sink.len = 0;
    return th_encode_jpeg(&e->in, &(struct th_encode_how){.quality = 80}, &e->sink, NULL) ==
           THUMBS_OK;
}

static bool pass_png(void *user)
{
    struct encoding *e = user;
    e->sink.len = 0;
    return th_encode_png(&e->in, &(struct th_encode_how){.quality = 80}, &e->sink, NULL) ==
           THUMBS_OK;
}

static bool pass_webp(void *user)
{
    struct encoding *e = user;
    e->sink.len = 0;
    return th_encode_webp(&e->in, &(struct th_encode_how){.quality = 80}, &e->sink, NULL) ==
           THUMBS_OK;
}

static bool time_encoders(unsigned repeat, struct th_table *t)
{
    static const struct {
        const char *name;
        bool (*pass)(void *user);
    } encoders[] = {{"encode JPEG 256x192", pass_jpeg},
                    {"encode PNG 256x192", pass_png},
                    {"encode WebP 256x192", pass_webp}};
    struct encoding e = {0};
    bool done = th_pixels_init(&e.in, THUMB_WIDTH, THUMB_HEIGHT, 3);
    if (done) paint(e.in.data, THUMB_WIDTH, THUMB_HEIGHT, 3);
    th_sink_init_heap(&e.sink);
    for (size_t i = 0; done && i < sizeof encoders / sizeof *encoders; i++) {
        const struct piece piece = {.name = encoders[i].name,
                                    .pixels = (double)THUMB_WIDTH * THUMB_HEIGHT,
                                    .pass = encoders[i].pass,
                                    .user = &e};
        done = time_piece(&piece, repeat, t);
    }
    th_sink_finish_heap(&e.sink);
    th_pixels_finish(&e.in);
    return done;
}

static bool time_pieces(unsigned repeat)
{
    static const char *const head[] = {"piece", "ms", "(median)", "ns/pixel", "Mpx/s"};
    struct th_table t;
    struct th_bytes b = {0};
    th_table_init(&t, sizeof head / sizeof *head);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        th_table_add(&t, "%s", head[i]);
    bool done =
        time_reduction("rows RGB 4000x3000 to 256x192", pass_rows, 4000, 3000, 3, repeat, &t);
    done =
        time_reduction("rows RGB 1024x768 to 256x192", pass_rows, 1024, 768, 3, repeat, &t) && done;
    done =
        time_reduction("plane 1000x750 to 256x192", pass_plane, 1000, 750, 1, repeat, &t) && done;
    done = time_reduction("plane 500x375 to 256x192", pass_plane, 500, 375, 1, repeat, &t) && done;
    done = time_encoders(repeat, &t) && done;
    th_table_print(&t, "lrrrr", &b);
    fputs(th_bytes_str(&b), stdout);
    th_bytes_finish(&b);
    th_table_finish(&t);
    return done;
}

int main(int argc, char **argv)
{
    uint64_t repeat = 20;
    int first = 1;
    if (argc > 1 && strncmp(argv[1], "--repeat=", 9) == 0) {
        if (!th_parse_u64(argv[1] + 9, 1, MAX_REPEAT - 1, &repeat)) repeat = 0;
        first = 2;
    }
    if (repeat == 0 || (argc > first && argv[first][0] == '-')) {
        fputs("usage: bench_stages [--repeat=N] FILE...\n", stderr);
        return 2;
    }
    const bool files = time_files(argv + first, argc - first, (unsigned)repeat);
    const bool pieces = time_pieces((unsigned)repeat);
    return files && pieces ? 0 : 3;
}
