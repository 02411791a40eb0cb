/* SPDX-License-Identifier: MIT */
/*
 * bench_jpeg - our scan decoder against libjpeg-turbo's scaled decode, from files in memory to
 * planes.
 *
 *   bench_jpeg [--runs=N] [--progressive] [--scale=N] [--side=N] FOLDER...
 *
 * Takes the files of each folder (not of folders below) that our decoder takes, and decodes all of
 * them in turn: ours at 1/8, libjpeg-turbo at 1/8 (raw planes, no colour conversion), ours at 2/8,
 * ...; at 6/8, which it does not do well, libjpeg-turbo decodes at 8/8. Prints the median of CPU
 * seconds, their least and most, and the ratio of the medians. One thread. Luma at 1/8 and 8/8 is
 * checked to be equal first. Baseline files, or with --progressive those instead.
 *
 * With --scale=N, of 1, 2, 4, 6 and 8, only N/8 is measured.
 *
 * With --side=N it takes all JPEG files of each folder that can be decoded, and compares what a
 * thumbnail of N x N costs in all, from a file in memory to a JPEG in memory, with its decode
 * alone: to planes, each reduced as the program chooses.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "image/image.h"
#include "image/jpeg/jpeg_hot.h"
#include "image/jpeg/jpeg_planes.h"
#include "image/jpeg/jpeg_progressive.h"

#define MAX_RUNS 101

struct file {
    uint8_t *data;
    size_t len;
    struct th_jpeg_header header;
};

struct files {
    struct file *items;
    size_t n, cap;
    double bytes, pixels;
};

struct samples {
    double seconds[MAX_RUNS];
    unsigned n;
};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

enum which { ALL, BASELINE, PROGRESSIVE };

static bool is_of(const struct th_jpeg_header *h, enum which which)
{
    if (which == ALL) return true;
    return which == BASELINE ? th_jpeg_scan_takes(h) : th_jpeg_progressive_takes(h);
}

static bool load(const char *path, enum which which, struct file *out)
{
    FILE *in = fopen(path, "rb");
    if (!in) return false;
    bool ok = false;
    uint8_t *data = NULL;
    if (fseek(in, 0, SEEK_END) == 0) {
        long len = ftell(in);
        rewind(in);
        data = len > 0 && len < 1L << 30 ? malloc((size_t)len) : NULL;
        if (data && fread(data, 1, (size_t)len, in) == (size_t)len) {
            *out = (struct file){.data = data, .len = (size_t)len};
            ok = th_jpeg_parse(data, (size_t)len, &out->header) && is_of(&out->header, which);
        }
    }
    fclose(in);
    if (!ok) free(data);
    return ok;
}

static bool add(struct files *files, const struct file *file)
{
    if (files->n == files->cap) {
        size_t cap = files->cap ? 2 * files->cap : 64;
        struct file *items = realloc(files->items, cap * sizeof *items);
        if (!items) return false;
        files->items = items;
        files->cap = cap;
    }
    files->items[files->n++] = *file;
    files->bytes += (double)file->len;
    files->pixels += (double)file->header.width * file->header.height;
    return true;
}

static bool load_folder(const char *folder, enum which which, struct files *files)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        perror(folder);
        return false;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        char path[4096];
        struct file file;
        if (e->d_name[0] == '.' ||
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path)
            continue;
        if (load(path, which, &file) && !add(files, &file)) free(file.data);
    }
    closedir(dir);
    return files->n > 0;
}

/* Does each side decode the file at n/8, without a word of damage? At 1/8 and 8/8 luma must
 * then be equal. */
static bool both_decode(const struct file *f, struct th_jpeg_scan *scan, uint8_t n, bool *differ)
{
    const uint8_t ns[TH_JPEG_MAX_PLANES] = {n, n, n, n};
    struct th_jpeg_planes own = {0}, turbo = {0};
    bool ok =
        !th_jpeg_planes_decode(scan, &f->header, f->data, f->len, ns, 0, &own, NULL) && own.own;
    ok = ok && !own.damaged &&
         !th_jpeg_planes_decode_turbo(&f->header, f->data, f->len, n, 0, &turbo, NULL);
    for (uint32_t y = 0; ok && n != 4 && y < own.planes[0].height; y++)
        if (memcmp(own.planes[0].data + y * own.planes[0].stride,
                   turbo.planes[0].data + y * turbo.planes[0].stride, own.planes[0].width))
            *differ = true;
    th_jpeg_planes_finish(&own);
    th_jpeg_planes_finish(&turbo);
    return ok;
}

/* Leave out what one side does not take, so that both do the same work, and check the rest. */
static bool keep_regular(struct files *files, struct th_jpeg_scan *scan)
{
    size_t n = 0;
    bool differ = false;
    for (size_t i = 0; i < files->n; i++) {
        struct file *f = &files->items[i];
        if (both_decode(f, scan, 1, &differ) && both_decode(f, scan, 4, &differ) &&
            both_decode(f, scan, 8, &differ)) {
            files->items[n++] = *f;
        } else {
            files->bytes -= (double)f->len;
            files->pixels -= (double)f->header.width * f->header.height;
            free(f->data);
        }
    }
    files->n = n;
    return n > 0 && !differ;
}

static bool time_all(const struct files *files, struct th_jpeg_scan *scan, unsigned n, bool turbo,
                     struct samples *out)
{
    const uint8_t ns[TH_JPEG_MAX_PLANES] = {(uint8_t)n, (uint8_t)n, (uint8_t)n, (uint8_t)n};
    double start = cpu_seconds();
    for (size_t i = 0; i < files->n; i++) {
        const struct file *f = &files->items[i];
        struct th_jpeg_planes planes = {0};
        enum thumbs_code code =
            turbo ? th_jpeg_planes_decode_turbo(&f->header, f->data, f->len, n, 0, &planes, NULL)
                  : th_jpeg_planes_decode(scan, &f->header, f->data, f->len, ns, 0, &planes, NULL);
        bool ok = code == THUMBS_OK && planes.own == !turbo;
        th_jpeg_planes_finish(&planes);
        if (!ok) return false;
    }
    out->seconds[out->n++] = cpu_seconds() - start;
    return true;
}

/* ---- a thumbnail and its decode ---- */

static struct thumbs_image_options options_for(uint32_t side)
{
    struct thumbs_image_options o = {
        .n_sizes = 1, .n_formats = 1, .quality = 80, .max_pixels = UINT64_MAX};
    o.sizes[0] = (struct thumbs_size){side, side, true};
    o.formats[0] = THUMBS_FORMAT_JPEG;
    return o;
}

/* To planes and no further, reduced as the program would; false: it cannot be decoded. Profiles are
 * taken for sRGB. */
static bool decode_only(const struct file *f, struct th_jpeg_scan *scan,
                        const struct thumbs_image_options *o)
{
    struct th_image_result result = {0};
    struct th_make make = {.options = o, .result = &result};
    struct th_targets targets;
    struct th_jpeg_planes planes = {0};
    uint8_t n[TH_JPEG_MAX_PLANES] = {1, 1, 1, 1};
    const struct th_make_source source = {
        .width = f->header.width, .height = f->header.height, .orientation = 1};
    if (th_make_targets(&make, &source, &targets, NULL)) return false;
    th_jpeg_hot_pick(&f->header, &targets, f->header.n_components < 4, false, n);
    bool ok =
        th_jpeg_planes_decode(scan, &f->header, f->data, f->len, n, 0, &planes, NULL) == THUMBS_OK;
    th_jpeg_planes_finish(&planes);
    return ok;
}

static bool make_whole(const struct file *f, struct th_sink *sink,
                       const struct thumbs_image_options *o)
{
    struct th_image_result result;
    sink->len = 0;
    return th_image_make(f->data, f->len, o, NULL, sink, &result, NULL) == THUMBS_OK;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(struct samples *s)
{
    qsort(s->seconds, s->n, sizeof *s->seconds, by_value);
    return s->seconds[s->n / 2];
}

static bool bench(const char *folder, unsigned runs, enum which which, unsigned scale)
{
    static const unsigned ns[] = {1, 2, 4, 6, 8};
    enum { N_SCALES = sizeof ns / sizeof *ns };
    struct samples samples[N_SCALES][2] = {{{{0}, 0}}};
    struct files files = {0};
    struct th_jpeg_scan *scan = th_jpeg_scan_create();
    bool ok = scan && load_folder(folder, which, &files) && keep_regular(&files, scan);
    for (unsigned run = 0; ok && run < runs; run++)
        for (unsigned i = 0; ok && i < N_SCALES; i++)
            for (unsigned turbo = 0; ok && turbo < 2 && (!scale || ns[i] == scale); turbo++)
                ok = time_all(&files, scan, ns[i], turbo, &samples[i][turbo]);
    if (ok) {
        printf("%s: %zu files, %.1f MB, %.1f Mpx, %u runs\n", folder, files.n, files.bytes / 1e6,
               files.pixels / 1e6, runs);
        printf("  scale  ours s (min-max)         turbo s (min-max)        ratio  MB/s\n");
    }
    for (unsigned i = 0; ok && i < N_SCALES; i++) {
        struct samples *own = &samples[i][0], *turbo = &samples[i][1];
        if (!own->n) continue;
        double a = median(own), b = median(turbo);
        printf("  %u/8    %.4f (%.4f-%.4f)   %.4f (%.4f-%.4f)   %.2f   %.0f\n", ns[i], a,
               own->seconds[0], own->seconds[own->n - 1], b, turbo->seconds[0],
               turbo->seconds[turbo->n - 1], b / a, files.bytes / a / 1e6);
    }
    for (size_t i = 0; i < files.n; i++)
        free(files.items[i].data);
    free(files.items);
    th_jpeg_scan_destroy(scan);
    if (!ok)
        fprintf(stderr, "bench_jpeg: %s: nothing to measure, or the decoders differ\n", folder);
    return ok;
}

static void keep_decodable(struct files *files, struct th_jpeg_scan *scan, struct th_sink *sink,
                           const struct thumbs_image_options *o)
{
    size_t n = 0;
    for (size_t i = 0; i < files->n; i++) {
        if (decode_only(&files->items[i], scan, o) && make_whole(&files->items[i], sink, o))
            files->items[n++] = files->items[i];
        else
            free(files->items[i].data);
    }
    files->n = n;
}

static bool bench_side(const char *folder, unsigned runs, uint32_t side)
{
    struct samples samples[2] = {{{0}, 0}};
    struct files files = {0};
    struct th_sink sink = {0};
    const struct thumbs_image_options o = options_for(side);
    struct th_jpeg_scan *scan = th_jpeg_scan_create();
    th_sink_init_heap(&sink);
    bool ok = scan && load_folder(folder, ALL, &files);
    if (ok) keep_decodable(&files, scan, &sink, &o);
    for (unsigned run = 0; ok && run < runs; run++) {
        for (unsigned whole = 0; whole < 2; whole++) {
            double start = cpu_seconds();
            for (size_t i = 0; ok && i < files.n; i++)
                ok = whole ? make_whole(&files.items[i], &sink, &o)
                           : decode_only(&files.items[i], scan, &o);
            samples[whole].seconds[samples[whole].n++] = cpu_seconds() - start;
        }
    }
    if (ok && files.n) {
        double decode = median(&samples[0]), whole = median(&samples[1]);
        printf("%s: %zu files, side %u, %u runs: decode %.4f s (%.4f-%.4f), whole %.4f s "
               "(%.4f-%.4f), ratio %.3f\n",
               folder, files.n, side, runs, decode, samples[0].seconds[0],
               samples[0].seconds[runs - 1], whole, samples[1].seconds[0],
               samples[1].seconds[runs - 1], whole / decode);
    }
    ok = ok && files.n;
    for (size_t i = 0; i < files.n; i++)
        free(files.items[i].data);
    free(files.items);
    th_sink_finish_heap(&sink);
    th_jpeg_scan_destroy(scan);
    th_image_thread_finish();
    if (!ok) fprintf(stderr, "bench_jpeg: %s: nothing to measure\n", folder);
    return ok;
}

int main(int argc, char **argv)
{
    uint32_t side = 0;
    unsigned runs = 7, scale = 0;
    bool ok = true, any = false;
    enum which which = BASELINE;
    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "--runs=", 7)) {
            runs = (unsigned)strtoul(argv[i] + 7, NULL, 10);
            if (runs < 1 || runs > MAX_RUNS) {
                fprintf(stderr, "bench_jpeg: --runs is 1 to %d\n", MAX_RUNS);
                return 2;
            }
            continue;
        }
        if (!strncmp(argv[i], "--side=", 7)) {
            side = (uint32_t)strtoul(argv[i] + 7, NULL, 10);
            continue;
        }
        if (!strncmp(argv[i], "--scale=", 8)) {
            scale = (unsigned)strtoul(argv[i] + 8, NULL, 10);
            continue;
        }
        if (!strcmp(argv[i], "--progressive")) {
            which = PROGRESSIVE;
            continue;
        }
        any = true;
        ok = (side ? bench_side(argv[i], runs, side) : bench(argv[i], runs, which, scale)) && ok;
    }
    if (!any)
        fprintf(stderr, "usage: bench_jpeg [--runs=N] [--progressive] [--scale=N] [--side=N] "
                        "FOLDER...\n");
    return !any ? 2 : !ok;
}
