/*
 * bench_jpeg - our scan decoder against libjpeg-turbo's scaled decode, from files in memory to planes.
 *
 *   bench_jpeg [--runs=N] FOLDER...
 *
 * Takes the files of each folder (not of folders below) that our decoder takes, and decodes all of them in turn: ours
 * at 1/8, libjpeg-turbo at 1/8 (raw planes, no colour conversion), ours at 2/8, ... Prints the median of CPU seconds,
 * their least and most, and the ratio of the medians. One thread. Luma at 1/8 is checked to be equal first.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "image/jpeg_planes.h"

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

static bool load(const char *path, struct file *out)
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
            ok = th_jpeg_parse(data, (size_t)len, &out->header) && th_jpeg_scan_takes(&out->header);
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

static bool load_folder(const char *folder, struct files *files)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        perror(folder);
        return false;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        char path[4096];
        struct file file;
        if (e->d_name[0] == '.' || snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path)
            continue;
        if (load(path, &file) && !add(files, &file)) free(file.data);
    }
    closedir(dir);
    return files->n > 0;
}

/* Leave out what our decoder gives up on, so that both sides do the same work, and check the rest. */
static bool keep_regular(struct files *files, struct th_jpeg_scan *scan)
{
    static const uint8_t eighth[3] = {1, 1, 1};
    size_t n = 0;
    for (size_t i = 0; i < files->n; i++) {
        struct file *f = &files->items[i];
        struct th_jpeg_planes own = {0}, turbo = {0};
        bool ok = !th_jpeg_planes_decode(scan, &f->header, f->data, f->len, eighth, 0, &own, NULL) && own.own;
        if (ok && th_jpeg_planes_decode_turbo(&f->header, f->data, f->len, 1, 0, &turbo, NULL)) return false;
        for (uint32_t y = 0; ok && y < own.planes[0].height; y++)
            if (memcmp(own.planes[0].data + y * own.planes[0].stride, turbo.planes[0].data + y * turbo.planes[0].stride,
                       own.planes[0].width))
                return false;
        th_jpeg_planes_finish(&own);
        th_jpeg_planes_finish(&turbo);
        if (ok) {
            files->items[n++] = *f;
        } else {
            files->bytes -= (double)f->len;
            files->pixels -= (double)f->header.width * f->header.height;
            free(f->data);
        }
    }
    files->n = n;
    return n > 0;
}

static bool time_all(const struct files *files, struct th_jpeg_scan *scan, unsigned n, bool turbo, struct samples *out)
{
    const uint8_t ns[3] = {(uint8_t)n, (uint8_t)n, (uint8_t)n};
    double start = cpu_seconds();
    for (size_t i = 0; i < files->n; i++) {
        const struct file *f = &files->items[i];
        struct th_jpeg_planes planes = {0};
        enum thumbs_code code = turbo ? th_jpeg_planes_decode_turbo(&f->header, f->data, f->len, n, 0, &planes, NULL)
                                      : th_jpeg_planes_decode(scan, &f->header, f->data, f->len, ns, 0, &planes, NULL);
        bool ok = code == THUMBS_OK && planes.own == !turbo;
        th_jpeg_planes_finish(&planes);
        if (!ok) return false;
    }
    out->seconds[out->n++] = cpu_seconds() - start;
    return true;
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

static bool bench(const char *folder, unsigned runs)
{
    static const unsigned ns[] = {1, 2, 4};
    struct samples samples[3][2] = {{{{0}, 0}}};
    struct files files = {0};
    struct th_jpeg_scan *scan = th_jpeg_scan_create();
    bool ok = scan && load_folder(folder, &files) && keep_regular(&files, scan);
    for (unsigned run = 0; ok && run < runs; run++)
        for (unsigned i = 0; ok && i < 3; i++)
            for (unsigned turbo = 0; ok && turbo < 2; turbo++)
                ok = time_all(&files, scan, ns[i], turbo, &samples[i][turbo]);
    if (ok) {
        printf("%s: %zu files, %.1f MB, %.1f Mpx, %u runs\n", folder, files.n, files.bytes / 1e6, files.pixels / 1e6,
               runs);
        printf("  scale  ours s (min-max)         turbo s (min-max)        ratio  MB/s\n");
    }
    for (unsigned i = 0; ok && i < 3; i++) {
        struct samples *own = &samples[i][0], *turbo = &samples[i][1];
        double a = median(own), b = median(turbo);
        printf("  %u/8    %.4f (%.4f-%.4f)   %.4f (%.4f-%.4f)   %.2f   %.0f\n", ns[i], a, own->seconds[0],
               own->seconds[own->n - 1], b, turbo->seconds[0], turbo->seconds[turbo->n - 1], b / a,
               files.bytes / a / 1e6);
    }
    for (size_t i = 0; i < files.n; i++)
        free(files.items[i].data);
    free(files.items);
    th_jpeg_scan_destroy(scan);
    if (!ok) fprintf(stderr, "bench_jpeg: %s: nothing to measure, or the decoders differ\n", folder);
    return ok;
}

int main(int argc, char **argv)
{
    unsigned runs = 7;
    bool ok = true, any = false;
    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "--runs=", 7)) {
            runs = (unsigned)strtoul(argv[i] + 7, NULL, 10);
            if (runs < 1 || runs > MAX_RUNS) {
                fprintf(stderr, "bench_jpeg: --runs is 1 to %d\n", MAX_RUNS);
                return 2;
            }
            continue;
        }
        any = true;
        ok = bench(argv[i], runs) && ok;
    }
    if (!any) fprintf(stderr, "usage: bench_jpeg [--runs=N] FOLDER...\n");
    return !any ? 2 : !ok;
}
