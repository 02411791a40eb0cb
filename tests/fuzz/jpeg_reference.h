/* SPDX-License-Identifier: MIT */
/*
 * jpeg_reference.h - what libjpeg-turbo makes of a JPEG, for the fuzz targets that compare our
 * decoders with it.
 *
 * Samples at each scale are computed a second time from libjpeg-turbo's coefficients, in the
 * plainest way (whole blocks by our own code for any CPU, which test_jpeg_block.c looks after). For
 * one source file a program.
 */
#ifndef TH_TESTS_JPEG_REFERENCE_H
#define TH_TESTS_JPEG_REFERENCE_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "image/jpeg/jpeg_block.h"
#include "image/jpeg/jpeg_planes.h"

#ifndef MAX_BLOCKS
#define MAX_BLOCKS 4096 /* larger pictures are left alone */
#endif

/* Scales of a decoder, in eighths. */
static const uint8_t scales[] = {1, 2, 4, 6, 8};
enum { N_SCALES = sizeof scales };

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

static int coefficient(const JCOEF *block, const uint16_t *quant, unsigned row, unsigned column)
{
    return within(block[row * 8 + column] * quant[row * 8 + column], -16384, 16383);
}

/* 4-point inverse transform as documented: 8 fractional bits. */
static void four(const int in[4], int out[4])
{
    int even0 = (in[0] + in[2]) * 256, even1 = (in[0] - in[2]) * 256;
    int odd0 = in[1] * 334 + in[3] * 139, odd1 = in[1] * 139 - in[3] * 334;
    out[0] = even0 + odd0, out[1] = even1 + odd1, out[2] = even1 - odd1, out[3] = even0 - odd0;
}

static void expected(const JCOEF *block, const uint16_t *quant, unsigned n, uint8_t out[8][8])
{
    if (n > 4) {
        uint8_t samples[8][2 * 8 + TH_JPEG_BLOCK_SPILL];
        int16_t q[64];
        for (unsigned k = 0; k < 64; k++)
            q[k] = (int16_t)quant[k];
        th_jpeg_block_plain(n)(block, block, q, samples[0], sizeof samples[0]);
        for (unsigned y = 0; y < n; y++)
            memcpy(out[y], samples[y], n);
        return;
    }
    if (n == 1) {
        int v = (block[0] * quant[0] + 4) >> 3;
        v = (int)((unsigned)v & 1023);
        out[0][0] = (uint8_t)within((v < 512 ? v : v - 1024) + 128, 0, 255);
        return;
    }
    if (n == 2) {
        for (int y = 0; y < 2; y++)
            for (int x = 0; x < 2; x++) {
                int sum = coefficient(block, quant, 0, 0) +
                          (x ? -1 : 1) * coefficient(block, quant, 0, 1) +
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
static void compare(struct reader *r, jvirt_barray_ptr *arrays, unsigned c,
                    const struct th_jpeg_plane *plane)
{
    static const uint16_t none[64];
    const jpeg_component_info *info = &r->jpeg.comp_info[c];
    const uint16_t *quant =
        info->quant_table ? info->quant_table->quantval : none; /* no scan of it has come */
    for (JDIMENSION row = 0; row < info->height_in_blocks; row++) {
        JBLOCKARRAY blocks =
            r->jpeg.mem->access_virt_barray((j_common_ptr)&r->jpeg, arrays[c], row, 1, FALSE);
        for (JDIMENSION column = 0; column < info->width_in_blocks; column++) {
            uint8_t want[8][8];
            expected(blocks[0][column], quant, plane->n, want);
            for (unsigned y = 0; y < plane->n; y++)
                if (memcmp(plane->data + (row * plane->n + y) * plane->stride + column * plane->n,
                           want[y], plane->n))
                    fail("samples");
        }
    }
}

/* Bytes that it passed over it warns of when it looks for a marker the next time. Here it does. */
static void warn_of_the_last(struct reader *r)
{
    static const JOCTET end[] = {0xFF, JPEG_EOI};
    r->jpeg.src->next_input_byte = end;
    r->jpeg.src->bytes_in_buffer = sizeof end;
    r->jpeg.unread_marker = 1; /* none that may stand there, so another one is looked for */
    jpeg_resync_to_restart(&r->jpeg, 0);
    r->errors.num_warnings--; /* of that one */
}

enum verdict { REFUSED, WARNED, CLEAN };

/* What libjpeg-turbo says of the file. Planes that have data are compared unless it refuses, or,
 * with only_if_clean, warns. */
static enum verdict check(struct reader *r, const uint8_t *data, size_t len,
                          const struct th_jpeg_plane planes[N_SCALES][4], bool only_if_clean)
{
    if (setjmp(r->fail)) return REFUSED;
    jpeg_create_decompress(&r->jpeg);
    jpeg_mem_src(&r->jpeg, data, len);
    jpeg_read_header(&r->jpeg, TRUE);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(&r->jpeg);
    if (!only_if_clean || !r->errors.num_warnings)
        for (unsigned i = 0; i < N_SCALES; i++)
            for (unsigned c = 0; c < (unsigned)r->jpeg.num_components; c++)
                if (planes[i][c].data) compare(r, arrays, c, &planes[i][c]);
    warn_of_the_last(r);
    jpeg_finish_decompress(&r->jpeg);
    return r->errors.num_warnings ? WARNED : CLEAN;
}

static enum verdict check_with_turbo(const uint8_t *data, size_t len,
                                     const struct th_jpeg_plane planes[N_SCALES][4],
                                     bool only_if_clean)
{
    struct reader r;
    memset(&r, 0, sizeof r);
    r.jpeg.err = jpeg_std_error(&r.errors);
    r.errors.error_exit = on_error;
    r.errors.output_message = on_output;
    r.errors.emit_message = on_message;
    r.jpeg.client_data = &r;
    enum verdict verdict = check(&r, data, len, planes, only_if_clean);
    jpeg_destroy_decompress(&r.jpeg);
    return verdict;
}

static void make_plane(const struct th_jpeg_header *h, unsigned c, unsigned n,
                       struct th_jpeg_plane *p)
{
    uint32_t width, height;
    p->n = n;
    th_jpeg_scan_size(h, c, n, &p->width, &p->height, &width, &height);
    p->stride = width;
    p->rows = height;
    p->data = malloc((size_t)width * height); /* exactly, so that ASan sees a step too far */
    if (!p->data) abort();
}

static void drop_planes(struct th_jpeg_plane planes[4])
{
    for (unsigned c = 0; c < 4; c++) {
        free(planes[c].data);
        planes[c].data = NULL;
    }
}

#endif
