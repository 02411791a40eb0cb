/* SPDX-License-Identifier: MIT */
/*
 * The scan decoder against libjpeg-turbo: whatever ours accepts, libjpeg-turbo must decode without a warning and to the
 * same coefficients, from which the samples at 1/8, 2/8 and 4/8 are computed here a second time, in the plainest way.
 * At 1/8 luma is also compared with what libjpeg-turbo itself puts out. Progressive files at 1/8 likewise, but there
 * ours may accept what libjpeg-turbo warns about, since it jumps over scans. All other parsers of JPEG bytes run along.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "image/exif.h"
#include "image/jpeg/jpeg_dc.h"
#include "image/jpeg/jpeg_planes.h"
#include "image/jpeg/jpeg_scan.h"

#define MAX_BLOCKS 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf fail;
};

static void on_error(j_common_ptr jpeg)
{
    struct reader *r = jpeg->client_data;
    longjmp(r->fail, 1);
}

static void on_output(j_common_ptr jpeg)
{
    (void)jpeg;
}

/* An unknown version of JFIF changes nothing. */
static void on_message(j_common_ptr jpeg, int level)
{
    if (level < 0 && jpeg->err->msg_code != JWRN_JFIF_MAJOR) jpeg->err->num_warnings++;
}

static void fail(const char *what)
{
    fprintf(stderr, "difference: %s\n", what);
    abort();
}

static int within(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

static int coefficient(const JCOEF *block, const uint16_t *quant_zigzag, unsigned row, unsigned column)
{
    static const uint8_t zigzag[4][4] = {{0, 1, 5, 6}, {2, 4, 7, 13}, {3, 8, 12, 17}, {9, 11, 18, 24}};
    return within(block[row * 8 + column] * quant_zigzag[zigzag[row][column]], -16384, 16383);
}

/* 4-point inverse transform as documented: 8 fractional bits. */
static void four(const int in[4], int out[4])
{
    int even0 = (in[0] + in[2]) * 256, even1 = (in[0] - in[2]) * 256;
    int odd0 = in[1] * 334 + in[3] * 139, odd1 = in[1] * 139 - in[3] * 334;
    out[0] = even0 + odd0, out[1] = even1 + odd1, out[2] = even1 - odd1, out[3] = even0 - odd0;
}

static void expected(const JCOEF *block, const uint16_t *quant, unsigned n, uint8_t out[4][4])
{
    if (n == 1) {
        int v = (block[0] * quant[0] + 4) >> 3;
        v = (int)((unsigned)v & 1023);
        out[0][0] = (uint8_t)within((v < 512 ? v : v - 1024) + 128, 0, 255);
        return;
    }
    if (n == 2) {
        for (int y = 0; y < 2; y++)
            for (int x = 0; x < 2; x++) {
                int sum = coefficient(block, quant, 0, 0) + (x ? -1 : 1) * coefficient(block, quant, 0, 1) +
                          (y ? -1 : 1) * coefficient(block, quant, 1, 0) +
                          (x == y ? 1 : -1) * coefficient(block, quant, 1, 1);
                out[y][x] = (uint8_t)within((sum + 4 + 1024) >> 3, 0, 255);
            }
        return;
    }
    int middle[4][4];
    for (unsigned x = 0; x < 4; x++) {
        int in[4], to[4];
        for (unsigned y = 0; y < 4; y++)
            in[y] = coefficient(block, quant, y, x);
        four(in, to);
        for (unsigned y = 0; y < 4; y++)
            middle[y][x] = (to[y] + 8) >> 4;
    }
    for (unsigned y = 0; y < 4; y++) {
        int to[4];
        four(middle[y], to);
        for (unsigned x = 0; x < 4; x++)
            out[y][x] = (uint8_t)within((to[x] + (1 << 14) + (128 << 15)) >> 15, 0, 255);
    }
}

/* Compare one component at n/8 with what the coefficients say. */
static void compare(struct reader *r, jvirt_barray_ptr *arrays, const struct th_jpeg_header *h, unsigned c,
                    const struct th_jpeg_plane *plane)
{
    const jpeg_component_info *info = &r->jpeg.comp_info[c];
    for (JDIMENSION row = 0; row < info->height_in_blocks; row++) {
        JBLOCKARRAY blocks = r->jpeg.mem->access_virt_barray((j_common_ptr)&r->jpeg, arrays[c], row, 1, FALSE);
        for (JDIMENSION column = 0; column < info->width_in_blocks; column++) {
            uint8_t want[4][4];
            expected(blocks[0][column], h->quant[h->components[c].quant], plane->n, want);
            for (unsigned y = 0; y < plane->n; y++)
                if (memcmp(plane->data + (row * plane->n + y) * plane->stride + column * plane->n, want[y], plane->n))
                    fail("samples");
        }
    }
}

/* Compare all planes that were decoded. False: libjpeg-turbo refuses the file or warns about it. */
static bool check(struct reader *r, const uint8_t *data, size_t len, const struct th_jpeg_header *h,
                  const struct th_jpeg_plane planes[3][3], bool only_if_clean)
{
    if (setjmp(r->fail)) return false;
    jpeg_create_decompress(&r->jpeg);
    jpeg_mem_src(&r->jpeg, data, len);
    jpeg_read_header(&r->jpeg, TRUE);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(&r->jpeg);
    if (!only_if_clean || !r->errors.num_warnings)
        for (unsigned i = 0; i < 3; i++)
            for (unsigned c = 0; c < h->n_components; c++)
                if (planes[i][c].data) compare(r, arrays, h, c, &planes[i][c]);
    jpeg_finish_decompress(&r->jpeg);
    return !r->errors.num_warnings;
}

static bool check_with_turbo(const uint8_t *data, size_t len, const struct th_jpeg_header *h,
                             const struct th_jpeg_plane planes[3][3], bool only_if_clean)
{
    struct reader r;
    memset(&r, 0, sizeof r);
    r.jpeg.err = jpeg_std_error(&r.errors);
    r.errors.error_exit = on_error;
    r.errors.output_message = on_output;
    r.errors.emit_message = on_message;
    r.jpeg.client_data = &r;
    bool clean = check(&r, data, len, h, planes, only_if_clean);
    jpeg_destroy_decompress(&r.jpeg);
    return clean;
}

/* Against libjpeg-turbo's own output at 1/8, where it gives a component at 1/8. */
static void check_eighth(const uint8_t *data, size_t len, const struct th_jpeg_header *h,
                         const struct th_jpeg_plane planes[3], bool must)
{
    struct th_jpeg_planes turbo = {0};
    if (th_jpeg_planes_decode_turbo(h, data, len, 1, 0, &turbo, NULL)) {
        if (must) fail("libjpeg-turbo refuses it at 1/8");
        return;
    }
    if (must && turbo.damaged) fail("libjpeg-turbo warns at 1/8");
    for (unsigned c = 0; c < h->n_components && (must || !turbo.damaged); c++)
        for (unsigned y = 0; y < planes[c].height && turbo.planes[c].n == 1; y++)
            if (memcmp(turbo.planes[c].data + y * turbo.planes[c].stride, planes[c].data + y * planes[c].stride,
                       planes[c].width))
                fail("samples at 1/8");
    th_jpeg_planes_finish(&turbo);
}

static void make_plane(const struct th_jpeg_header *h, unsigned c, unsigned n, struct th_jpeg_plane *p)
{
    uint32_t width, height;
    p->n = n;
    th_jpeg_scan_size(h, c, n, &p->width, &p->height, &width, &height);
    p->stride = width;
    p->rows = height;
    p->data = malloc((size_t)width * height); /* exactly, so that ASan sees a step too far */
    if (!p->data) abort();
}

static void drop_planes(struct th_jpeg_plane planes[3])
{
    for (unsigned c = 0; c < 3; c++) {
        free(planes[c].data);
        planes[c].data = NULL;
    }
}

static void run_progressive(const struct th_jpeg_header *h, const uint8_t *data, size_t len)
{
    struct th_jpeg_plane planes[3][3];
    memset(planes, 0, sizeof planes);
    for (unsigned c = 0; c < h->n_components; c++)
        make_plane(h, c, 1, &planes[0][c]);
    if (th_jpeg_dc_decode(h, data, len, planes[0], 0) == TH_JPEG_SCAN_OK) {
        check_with_turbo(data, len, h, planes, true);
        check_eighth(data, len, h, planes[0], false);
    }
    drop_planes(planes[0]);
}

static void run_sequential(const struct th_jpeg_header *h, const uint8_t *data, size_t len)
{
    static struct th_jpeg_scan *scan; /* kept: its cache of tables is part of what is tested */
    if (!scan) scan = th_jpeg_scan_create();
    struct th_jpeg_plane planes[3][3];
    memset(planes, 0, sizeof planes);
    bool any = false;
    for (unsigned i = 0; i < 3; i++) {
        /* chroma one step smaller every other time, as 4:4:4 sources have it */
        for (unsigned c = 0; c < h->n_components; c++)
            make_plane(h, c, 1u << (c && i && (data[len / 2] & 1) ? i - 1 : i), &planes[i][c]);
        if (th_jpeg_scan_decode(scan, h, data, len, planes[i], 0) == TH_JPEG_SCAN_OK)
            any = true;
        else
            drop_planes(planes[i]);
    }
    /* Whether a file is regular does not depend on n. */
    for (unsigned i = 1; i < 3; i++)
        if (!planes[i][0].data != !planes[0][0].data) fail("accepted at one n and not at another");
    if (any && !check_with_turbo(data, len, h, planes, false)) fail("libjpeg-turbo refuses it or warns");
    if (any) check_eighth(data, len, h, planes[0], true);
    for (unsigned i = 0; i < 3; i++)
        drop_planes(planes[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct th_jpeg_header h;
    if (!th_jpeg_parse(data, len, &h)) return 0;
    th_exif_orientation(h.exif, h.exif_len);
    uint8_t profile[4096];
    th_jpeg_icc_collect(data, len, profile, sizeof profile);
    uint32_t until, all;
    th_jpeg_count_scans(data, len, &h, &until, &all);
    if ((uint64_t)h.width * h.height > MAX_BLOCKS * 64) return 0;
    if (th_jpeg_scan_takes(&h)) run_sequential(&h, data, len);
    if (th_jpeg_dc_takes(&h)) run_progressive(&h, data, len);
    return 0;
}
