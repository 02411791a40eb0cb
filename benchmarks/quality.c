/* SPDX-License-Identifier: MIT */
/*
 * quality.c - how close thumbnails come to the best that could be made, and whether they are all
 * there.
 *
 *     bench_quality reference SIDE SOURCE REFERENCE          make reference pictures
 *     bench_quality compare SIDE SOURCE REFERENCE OUTPUT     judge OUTPUT/<stem>.jpg of each
 * SOURCE/<stem>.*
 *
 * SOURCE is one folder of pictures with different stems. The reference of a picture is made with
 * libvips: a full decode (no shrinking in the decoder), turned upright, to sRGB through the
 * embedded profile (relative colorimetric where it has that), alpha laid on white, luma of ITU-R
 * BT.601 in floating point, and reduced with Lanczos-3 to exactly the size of the output. What is
 * compared is luma of 8-bit scale:
 *
 *     PSNR   10 log10(255^2 / mean squared error), at most 99 dB
 *     SSIM   Wang, Bovik, Sheikh and Simoncelli 2004: Gaussian window of 11 x 11 pixels with
 * sigma 1.5, K1 0.01, K2 0.03, mean over all places where the window fits; one window over all for
 * a smaller picture
 *
 * `reference` lists in REFERENCE/unusable.txt what libvips cannot decode in full. `compare` prints
 * "key value" lines: files missing wrong_size undecodable far bytes bad psnr_mean psnr_worst
 * ssim_mean ssim_worst worst_file (by SSIM) worst_psnr_file. `bad` comes once for each of the first
 * 50 files that are not good. An output may differ from the exact size by one pixel each way, since
 * programs round differently; the reference is then made anew for that size. Far is below 12 dB;
 * only the others count in mean and worst. Exit status 0, or 2 if it could not work at all.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

#define MAX_PATH  4096
#define WINDOW    11
#define SIGMA     1.5
#define BEST_PSNR 99.0
#define FAR_PSNR  12.0 /* dB; another picture than the source */
#define MAX_BAD   50

struct plane {
    int width, height;
    float *data;
};

static void plane_finish(struct plane *p)
{
    g_free(p->data);
    *p = (struct plane){0};
}

/* ---- pictures to luma ------------------------------------------------------------------------ */

/* Replace *image by what an operation made of it; false if that failed. */
static bool step(VipsImage **image, int failed, VipsImage *made)
{
    if (failed) return false;
    g_object_unref(*image);
    *image = made;
    return true;
}

/* Does the profile have this tag? (ICC.1:2022, 7.3) */
static bool has_tag(const uint8_t *profile, size_t len, const char *tag)
{
    const size_t n = len >= 132 ? (size_t)profile[130] << 8 | profile[131] : 0;
    for (size_t i = 0; i < n && 132 + 12 * (i + 1) <= len; i++) {
        if (memcmp(profile + 132 + 12 * i, tag, 4) == 0) return true;
    }
    return false;
}

/* Relative colorimetric; for a profile whose only table is the perceptual one, that: libvips would
 * then do nothing. */
static VipsIntent intent_of(VipsImage *image)
{
    const void *profile;
    size_t len;
    if (vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &len) != 0)
        return VIPS_INTENT_RELATIVE;
    return has_tag(profile, len, "A2B0") && !has_tag(profile, len, "A2B1") ? VIPS_INTENT_PERCEPTUAL
                                                                           : VIPS_INTENT_RELATIVE;
}

static bool to_srgb(VipsImage **image)
{
    VipsImage *made = NULL;
    /* CMYK without a profile gets the one that libvips has for it, compensated alike. */
    const bool cmyk = (*image)->Type == VIPS_INTERPRETATION_CMYK;
    if (cmyk || vips_image_get_typeof(*image, VIPS_META_ICC_NAME)) {
        const int failed = vips_icc_transform(
            *image, &made, "srgb", "embedded", TRUE, "input_profile", cmyk ? "cmyk" : "srgb",
            "intent", intent_of(*image), "black_point_compensation", TRUE, "depth", 8, NULL);
        if (!failed) return step(image, failed, made);
        vips_error_clear(); /* a profile of another kind than the picture: as if there were none */
        made = NULL;
    }
    const int failed = vips_colourspace(*image, &made, VIPS_INTERPRETATION_sRGB, NULL);
    return step(image, failed, made);
}

/* Load a picture upright as sRGB of three bands. NULL: it cannot be decoded. */
static VipsImage *load(const char *path)
{
    VipsImage *image = vips_image_new_from_file(path, "access", VIPS_ACCESS_RANDOM, NULL),
              *made = NULL;
    if (!image) return NULL;
    int failed = vips_autorot(image, &made, NULL);
    if (!step(&image, failed, made)) goto fail;
    made = NULL;
    if (!to_srgb(&image)) goto fail;
    if (vips_image_hasalpha(image)) {
        double white[] = {255, 255, 255};
        VipsArrayDouble *background = vips_array_double_new(white, 3);
        failed = vips_flatten(image, &made, "background", background, NULL);
        vips_area_unref(VIPS_AREA(background));
        if (!step(&image, failed, made)) goto fail;
    }
    return image;
fail:
    g_object_unref(image);
    return NULL;
}

static bool to_luma(VipsImage **image)
{
    double bt601[] = {0.299, 0.587, 0.114};
    VipsImage *matrix = vips_image_new_matrix_from_array(3, 1, bt601, 3), *made = NULL;
    if (!matrix) return false;
    const int failed = vips_recomb(*image, &made, matrix, NULL);
    g_object_unref(matrix);
    return step(image, failed, made);
}

/* All pixels of a picture of one float band. */
static bool take_plane(VipsImage *image, struct plane *out)
{
    size_t size;
    if (image->Bands != 1 || image->BandFmt != VIPS_FORMAT_FLOAT) return false;
    float *data = vips_image_write_to_memory(image, &size);
    if (!data) return false;
    *out = (struct plane){.width = image->Xsize, .height = image->Ysize, .data = data};
    return true;
}

/* Luma of a picture as it is. */
static bool read_luma(const char *path, struct plane *out)
{
    VipsImage *image = load(path);
    const bool done = image && to_luma(&image) && take_plane(image, out);
    if (image) g_object_unref(image);
    return done;
}

static void expected_size(int width, int height, int side, int *out_width, int *out_height)
{
    double scale = fmin((double)side / width, (double)side / height);
    if (scale > 1) scale = 1;
    *out_width = (int)fmax(1, floor(width * scale + 0.5));
    *out_height = (int)fmax(1, floor(height * scale + 0.5));
}

/* ---- references ------------------------------------------------------------------------------ */

/* prefix "": the reference of the size that is expected; "other-": of one that a program rounded
 * to. */
static void reference_path(char *path, const char *folder, const char *prefix, const char *name,
                           int width, int height)
{
    snprintf(path, MAX_PATH, "%s/%s%s.%dx%d.luma", folder, prefix, name, width, height);
}

static bool write_plane(const char *path, const struct plane *p)
{
    FILE *file = fopen(path, "wb");
    if (!file) return false;
    const size_t n = (size_t)p->width * (size_t)p->height;
    const bool done = fwrite(p->data, sizeof *p->data, n, file) == n;
    return fclose(file) == 0 && done;
}

static bool read_plane(const char *path, int width, int height, struct plane *out)
{
    FILE *file = fopen(path, "rb");
    const size_t n = (size_t)width * (size_t)height;
    if (!file) return false;
    float *data = g_malloc(n * sizeof *data);
    const bool done = fread(data, sizeof *data, n, file) == n;
    fclose(file);
    if (!done) {
        g_free(data);
        return false;
    }
    *out = (struct plane){.width = width, .height = height, .data = data};
    return true;
}

/* Full decode, reduced to exactly width x height; with width 0 to the size expected for `side`. */
static bool make_reference(const char *path, int side, int width, int height, struct plane *out)
{
    VipsImage *image = load(path), *made = NULL;
    bool done = false;
    if (!image || !to_luma(&image)) goto out;
    if (width == 0) expected_size(image->Xsize, image->Ysize, side, &width, &height);
    if (image->Xsize != width || image->Ysize != height) {
        const int failed =
            vips_reduce(image, &made, (double)image->Xsize / width, (double)image->Ysize / height,
                        "kernel", VIPS_KERNEL_LANCZOS3, NULL);
        if (!step(&image, failed, made)) goto out;
    }
    if (image->Xsize != width || image->Ysize != height) goto out;
    done = take_plane(image, out);
    for (size_t i = 0; done && i < (size_t)width * (size_t)height; i++)
        out->data[i] = fminf(fmaxf(out->data[i], 0), 255); /* as any output is */
out:
    if (image) g_object_unref(image);
    return done;
}

/* ---- measures -------------------------------------------------------------------------------- */

static double psnr_of(const struct plane *a, const struct plane *b)
{
    const size_t n = (size_t)a->width * (size_t)a->height;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double d = (double)a->data[i] - (double)b->data[i];
        sum += d * d;
    }
    const double mse = sum / (double)n;
    if (!(mse > 0)) return BEST_PSNR;
    return fmin(10 * log10(255.0 * 255.0 / mse), BEST_PSNR);
}

/* SSIM from the moments of one window: means, means of squares, mean of products. */
static double ssim_at(double a, double b, double aa, double bb, double ab)
{
    const double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
    const double var_a = aa - a * a, var_b = bb - b * b, covariance = ab - a * b;
    return (2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (var_a + var_b + c2));
}

static double ssim_whole(const struct plane *a, const struct plane *b)
{
    const size_t n = (size_t)a->width * (size_t)a->height;
    double m[5] = {0};
    for (size_t i = 0; i < n; i++) {
        const double x = (double)a->data[i], y = (double)b->data[i];
        const double terms[5] = {x, y, x * x, y * y, x * y};
        for (int k = 0; k < 5; k++)
            m[k] += terms[k] / (double)n;
    }
    return ssim_at(m[0], m[1], m[2], m[3], m[4]);
}

static double ssim_of(const struct plane *a, const struct plane *b)
{
    const int width = a->width, height = a->height, n_x = width - WINDOW + 1,
              n_y = height - WINDOW + 1;
    double weights[WINDOW], total = 0, sum = 0;
    if (n_x < 1 || n_y < 1) return ssim_whole(a, b);
    for (int i = 0; i < WINDOW; i++) {
        const double d = i - WINDOW / 2;
        weights[i] = exp(-d * d / (2 * SIGMA * SIGMA));
        total += weights[i];
    }
    for (int i = 0; i < WINDOW; i++)
        weights[i] /= total;
    /* The window is separable: rows first, for every row; then columns. */
    double *rows = g_malloc(sizeof(double) * 5 * (size_t)n_x * (size_t)height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < n_x; x++) {
            double m[5] = {0};
            for (int i = 0; i < WINDOW; i++) {
                const size_t at = (size_t)y * (size_t)width + (size_t)(x + i);
                const double p = (double)a->data[at], q = (double)b->data[at], w = weights[i];
                m[0] += w * p, m[1] += w * q, m[2] += w * p * p, m[3] += w * q * q,
                    m[4] += w * p * q;
            }
            memcpy(rows + 5 * ((size_t)y * (size_t)n_x + (size_t)x), m, sizeof m);
        }
    }
    for (int y = 0; y < n_y; y++) {
        for (int x = 0; x < n_x; x++) {
            double m[5] = {0};
            for (int i = 0; i < WINDOW; i++) {
                const double *row = rows + 5 * ((size_t)(y + i) * (size_t)n_x + (size_t)x);
                for (int k = 0; k < 5; k++)
                    m[k] += weights[i] * row[k];
            }
            sum += ssim_at(m[0], m[1], m[2], m[3], m[4]);
        }
    }
    g_free(rows);
    return sum / ((double)n_x * n_y);
}

/* ---- a folder -------------------------------------------------------------------------------- */

struct names {
    char **list;
    int n;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool list_folder(const char *folder, struct names *out)
{
    DIR *dir = opendir(folder);
    GPtrArray *array;
    if (!dir) return false;
    array = g_ptr_array_new();
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] != '.') g_ptr_array_add(array, g_strdup(entry->d_name));
    }
    closedir(dir);
    out->n = (int)array->len;
    out->list = (char **)g_ptr_array_free(array, FALSE);
    qsort(out->list, (size_t)out->n, sizeof *out->list, compare_names);
    return true;
}

static int make_references(const char *source, const char *reference, int side,
                           const struct names *names)
{
    char path[MAX_PATH];
    int status = 0;
    snprintf(path, sizeof path, "%s/unusable.txt", reference);
    FILE *unusable = fopen(path, "w");
    if (!unusable) return 2;
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < names->n; i++) {
        char from[MAX_PATH], to[MAX_PATH];
        struct plane plane = {0};
        snprintf(from, sizeof from, "%s/%s", source, names->list[i]);
        const bool made = make_reference(from, side, 0, 0, &plane);
        if (made) reference_path(to, reference, "", names->list[i], plane.width, plane.height);
        const bool written = made && write_plane(to, &plane);
#pragma omp critical
        {
            if (!made) fprintf(unusable, "%s\n", names->list[i]);
            if (made && !written) status = 2;
        }
        plane_finish(&plane);
        vips_error_clear();
        vips_thread_shutdown();
    }
    if (fclose(unusable) != 0) status = 2;
    return status;
}

enum verdict { GOOD, MISSING, WRONG_SIZE, UNDECODABLE, FAR, N_VERDICTS };

struct judged {
    enum verdict verdict;
    double psnr, ssim;
    uint64_t bytes;
};

/* The size that was expected of `name`, found in the name of its first reference; false: it is
 * unusable. */
static bool find_expected(const struct names *references, const char *name, int *width, int *height)
{
    const size_t len = strlen(name);
    for (int low = 0, high = references->n; low < high;) {
        const int middle = (low + high) / 2;
        const char *found = references->list[middle];
        const int order = strncmp(found, name, len);
        if (order == 0 && found[len] == '.' &&
            sscanf(found + len, ".%dx%d.luma", width, height) == 2)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static struct judged judge(const char *source, const char *reference, const char *output,
                           const char *name, int side, int width, int height)
{
    struct judged result = {.verdict = MISSING};
    struct plane got = {0}, wanted = {0};
    char path[MAX_PATH], ref[MAX_PATH];
    struct stat st;
    const char *dot = strrchr(name, '.');
    snprintf(path, sizeof path, "%s/%.*s.jpg", output,
             (int)(dot ? dot - name : (ptrdiff_t)strlen(name)), name);
    if (stat(path, &st) != 0 || st.st_size == 0) return result;
    result.bytes = (uint64_t)st.st_size;
    result.verdict = UNDECODABLE;
    if (!read_luma(path, &got)) return result;
    result.verdict = WRONG_SIZE;
    if (abs(got.width - width) > 1 || abs(got.height - height) > 1 || got.width > side ||
        got.height > side)
        goto out;
    const bool exact = got.width == width && got.height == height;
    reference_path(ref, reference, exact ? "" : "other-", name, got.width, got.height);
    if (!read_plane(ref, got.width, got.height, &wanted)) {
        snprintf(path, sizeof path, "%s/%s", source, name);
        if (!make_reference(path, side, got.width, got.height, &wanted)) goto out;
        write_plane(ref, &wanted); /* or it is made again next time */
    }
    result.verdict = GOOD;
    result.psnr = psnr_of(&got, &wanted);
    if (result.psnr < FAR_PSNR) result.verdict = FAR;
    result.ssim = ssim_of(&got, &wanted);
out:
    plane_finish(&got);
    plane_finish(&wanted);
    return result;
}

static int compare(const char *source, const char *reference, const char *output, int side,
                   const struct names *names)
{
    struct names references = {0};
    unsigned n[N_VERDICTS] = {0}, n_files = 0;
    double psnr_sum = 0, ssim_sum = 0, psnr_worst = BEST_PSNR, ssim_worst = 1;
    uint64_t bytes = 0;
    const char *worst_file = "", *worst_psnr_file = "";
    bool *bad = g_new0(bool, (gsize)names->n + 1);
    if (!list_folder(reference, &references)) {
        g_free(bad);
        return 2;
    }
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < names->n; i++) {
        int width, height;
        if (!find_expected(&references, names->list[i], &width, &height)) continue;
        const struct judged j =
            judge(source, reference, output, names->list[i], side, width, height);
#pragma omp critical
        {
            n_files++;
            n[j.verdict]++;
            bytes += j.bytes;
            bad[i] = j.verdict != GOOD;
            if (j.verdict == GOOD) {
                psnr_sum += j.psnr;
                ssim_sum += j.ssim;
                if (j.psnr <= psnr_worst) {
                    psnr_worst = j.psnr;
                    worst_psnr_file = names->list[i];
                }
                if (j.ssim <= ssim_worst) {
                    ssim_worst = j.ssim;
                    worst_file = names->list[i];
                }
            }
        }
        vips_error_clear();
        vips_thread_shutdown();
    }
    printf("files %u\nmissing %u\nwrong_size %u\nundecodable %u\nfar %u\nbytes %llu\n", n_files,
           n[MISSING], n[WRONG_SIZE], n[UNDECODABLE], n[FAR], (unsigned long long)bytes);
    for (int i = 0, n_bad = 0; i < names->n && n_bad < MAX_BAD; i++) {
        if (bad[i]) printf("bad %.40s\n", names->list[i]);
        n_bad += bad[i];
    }
    g_free(bad);
    if (n[GOOD] > 0)
        printf("psnr_mean %.4f\npsnr_worst %.4f\nssim_mean %.6f\nssim_worst %.6f\nworst_file "
               "%.200s\nworst_psnr_file "
               "%.200s\n",
               psnr_sum / n[GOOD], psnr_worst, ssim_sum / n[GOOD], ssim_worst, worst_file,
               worst_psnr_file);
    return fflush(stdout) == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
    struct names names = {0};
    const bool is_reference = argc == 5 && strcmp(argv[1], "reference") == 0;
    const bool is_compare = argc == 6 && strcmp(argv[1], "compare") == 0;
    const int side = argc > 2 ? atoi(argv[2]) : 0;
    if ((!is_reference && !is_compare) || side < 1 || side > 65500) {
        fputs("usage: bench_quality reference SIDE SOURCE REFERENCE\n"
              "       bench_quality compare SIDE SOURCE REFERENCE OUTPUT\n",
              stderr);
        return 2;
    }
    g_setenv("VIPS_WARNING", "0", TRUE); /* read by VIPS_INIT: no warnings about odd profiles */
    if (VIPS_INIT(argv[0]) != 0) return 2;
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    if (!list_folder(argv[3], &names)) {
        fprintf(stderr, "bench_quality: %s: %s\n", argv[3], strerror(errno));
        return 2;
    }
    return is_reference ? make_references(argv[3], argv[4], side, &names)
                        : compare(argv[3], argv[4], argv[5], side, &names);
}
