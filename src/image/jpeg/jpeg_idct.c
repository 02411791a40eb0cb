/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_idct.h"

#include <string.h>

#include "image/jpeg/jpeg_block.h"
#include "image/jpeg/jpeg_dc.h"
#include "image/jpeg/jpeg_zigzag.h"

/* Sanitizers cannot run before the dynamic linker has chosen. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("default", "avx2")))
#else
#define CLONES
#endif

/* Blocks are transformed CHUNK at a time, coefficient by coefficient, which lets the compiler use
 * whole vectors. */
#define CHUNK 64

struct chunk {
    int16_t in[16][CHUNK];                  /* [coefficient of the corner, row by row][block] */
    _Alignas(64) uint8_t out[4][4 * CHUNK]; /* rows of samples */
};

static inline int32_t clamp(int32_t v, int32_t low, int32_t high)
{
    return v < low ? low : v > high ? high : v;
}

static inline int32_t dequantise(int16_t v, int32_t q)
{
    return clamp(v * q, -16384, 16383); /* what a whole picture holds lies within +-2048 */
}

/* Two and four samples as they lie in memory. */
static inline uint16_t pack2(int32_t a, int32_t b)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (uint16_t)(a | b << 8);
#else
    return (uint16_t)(b | a << 8);
#endif
}

static inline uint32_t pack4(int32_t a, int32_t b, int32_t c, int32_t d)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (uint32_t)a | (uint32_t)b << 8 | (uint32_t)c << 16 | (uint32_t)d << 24;
#else
    return (uint32_t)d | (uint32_t)c << 8 | (uint32_t)b << 16 | (uint32_t)a << 24;
#endif
}

CLONES static void samples_1(const int16_t *restrict dc, size_t n, uint16_t quantiser,
                             uint8_t *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = th_jpeg_dc_sample(dc[i], quantiser);
}

CLONES static void transform_2(struct chunk *c, const int32_t q[4])
{
    int32_t q0 = q[0], q1 = q[1], q2 = q[2], q3 = q[3];
    uint16_t *restrict out0 = (uint16_t *)(void *)c->out[0], *restrict out1 =
                                                                 (uint16_t *)(void *)c->out[1];
    for (unsigned i = 0; i < CHUNK; i++) {
        int32_t level = dequantise(c->in[0][i], q0) + 4 + 128 * 8,
                across = dequantise(c->in[1][i], q1);
        int32_t down = dequantise(c->in[2][i], q2), both = dequantise(c->in[3][i], q3);
        int32_t top = level + down, bottom = level - down, top_slope = across + both,
                bottom_slope = across - both;
        out0[i] =
            pack2(clamp((top + top_slope) >> 3, 0, 255), clamp((top - top_slope) >> 3, 0, 255));
        out1[i] = pack2(clamp((bottom + bottom_slope) >> 3, 0, 255),
                        clamp((bottom - bottom_slope) >> 3, 0, 255));
    }
}

/* One dimension of the 4-point transform, times sqrt(8), in place; constants have 8 fractional bits
 * and so does the result on top of those of the input. */
static inline void butterfly_4(int32_t *a, int32_t *b, int32_t *c, int32_t *d)
{
    int32_t even0 = (*a + *c) * 256, even1 = (*a - *c) * 256;
    int32_t odd0 = *b * 334 + *d * 139, odd1 = *b * 139 - *d * 334;
    *a = even0 + odd0;
    *b = even1 + odd1;
    *c = even1 - odd1;
    *d = even0 - odd0;
}

CLONES static void transform_4(struct chunk *c, const int32_t q[16])
{
    int32_t v[4][4][CHUNK];
    for (unsigned x = 0; x < 4; x++) {
        for (unsigned i = 0; i < CHUNK; i++) {
            int32_t a = dequantise(c->in[x][i], q[x]), b = dequantise(c->in[4 + x][i], q[4 + x]);
            int32_t d = dequantise(c->in[8 + x][i], q[8 + x]),
                    e = dequantise(c->in[12 + x][i], q[12 + x]);
            butterfly_4(&a, &b, &d, &e);
            v[0][x][i] = (a + 8) >> 4;
            v[1][x][i] = (b + 8) >> 4;
            v[2][x][i] = (d + 8) >> 4;
            v[3][x][i] = (e + 8) >> 4;
        }
    }
    for (unsigned y = 0; y < 4; y++) {
        uint32_t *restrict out = (uint32_t *)(void *)c->out[y];
        const int32_t(*restrict row)[CHUNK] = v[y];
        for (unsigned i = 0; i < CHUNK; i++) {
            int32_t a = row[0][i], b = row[1][i], d = row[2][i], e = row[3][i];
            const int32_t half = (1 << 14) + (128 << 15);
            butterfly_4(&a, &b, &d, &e);
            out[i] = pack4(clamp((a + half) >> 15, 0, 255), clamp((b + half) >> 15, 0, 255),
                           clamp((d + half) >> 15, 0, 255), clamp((e + half) >> 15, 0, 255));
        }
    }
}

/* Of the 4 x 4 corner, row by row. */
static const uint8_t zigzag[16] = {0, 1, 5, 6, 2, 4, 7, 13, 3, 8, 12, 17, 9, 11, 18, 24};

static void transform(struct chunk *c, unsigned n, const uint16_t *quant)
{
    int32_t q[16];
    if (n == 1) {
        samples_1(c->in[0], CHUNK, quant[0], c->out[0]);
    } else if (n == 2) {
        q[0] = quant[0], q[1] = quant[1], q[2] = quant[2], q[3] = quant[4];
        transform_2(c, q);
    } else {
        for (unsigned i = 0; i < 16; i++)
            q[i] = quant[zigzag[i]];
        transform_4(c, q);
    }
}

/* Where the j-th coefficient of the n x n corner lies in a record: 8 or 32 of them are in zigzag
 * order, others row by row. */
static inline unsigned place(unsigned j, unsigned n, unsigned record_len)
{
    static const uint8_t zigzag_2[4] = {0, 1, 2, 4}, corner_of_4[4] = {0, 1, 4, 5};
    if (record_len == 64) return j / n * 8 + j % n;
    if (record_len == 32) return zigzag[j];
    if (record_len == 8) return zigzag_2[j];
    return n == 2 && record_len == 16 ? corner_of_4[j] : j;
}

/* Copy the coefficients of `n_blocks` blocks, `record_len` int16 each, into the lines of a chunk.
 * Blocks come in groups of `group`, and from one group to the next it is `stride` int16. */
static inline __attribute__((always_inline)) void gather(const int16_t *records, size_t n_blocks,
                                                         unsigned group, size_t stride,
                                                         unsigned record_len, unsigned n,
                                                         struct chunk *c)
{
    for (size_t i = 0; i < n_blocks; i += group, records += stride)
        for (unsigned x = 0; x < group; x++)
            for (unsigned j = 0; j < n * n; j++)
                c->in[j][i + x] = records[x * record_len + place(j, n, record_len)];
}

static void gather_any(const int16_t *records, size_t n_blocks, unsigned group, size_t stride,
                       unsigned record_len, unsigned n, struct chunk *c)
{
#define GATHER(len_, n_)                                                                           \
    if (record_len == len_ && n == n_) {                                                           \
        if (group == 1)                                                                            \
            gather(records, n_blocks, 1, stride, len_, n_, c);                                     \
        else if (group == 2)                                                                       \
            gather(records, n_blocks, 2, stride, len_, n_, c);                                     \
        else                                                                                       \
            gather(records, n_blocks, 4, stride, len_, n_, c);                                     \
        return;                                                                                    \
    }
    GATHER(1, 1)
    GATHER(4, 1)
    GATHER(4, 2)
    GATHER(8, 2)
    GATHER(32, 4)
    GATHER(16, 1)
    GATHER(16, 2)
    GATHER(16, 4)
    GATHER(64, 1)
    GATHER(64, 2)
    GATHER(64, 4)
#undef GATHER
}

static void transform_last(th_jpeg_block_fn *blocks, const int16_t *a, const int16_t *b, unsigned n,
                           const int16_t quant[64], uint8_t *out, size_t stride, size_t width)
{
    uint8_t samples[8][2 * 8 + TH_JPEG_BLOCK_SPILL];
    blocks(a, b, quant, samples[0], sizeof samples[0]);
    for (unsigned y = 0; y < n; y++)
        memcpy(out + y * stride, samples[y], width);
}

/* Whole blocks, two at a time. What is written behind a pair the next one overwrites; the last
 * goes by way of a buffer. */
static void transform_blocks(const struct th_jpeg_idct_row *row, unsigned n, const uint16_t *quant,
                             uint8_t *out, size_t stride)
{
    th_jpeg_block_fn *blocks = th_jpeg_block_pick(n);
    const int16_t *group = row->records, *waiting = NULL;
    uint8_t *const end = out + row->n_blocks * n;
    int16_t q[64];
    for (unsigned i = 0; i < 64; i++)
        q[th_jpeg_zigzag[i]] = (int16_t)quant[i];
    for (size_t i = 0; i < row->n_blocks; i += row->group, group += row->stride) {
        for (unsigned x = 0; x < row->group; x++) {
            const int16_t *now = group + (size_t)x * row->record_len;
            if (!waiting) {
                waiting = now;
            } else if (end - out > 2 * (ptrdiff_t)n) {
                blocks(waiting, now, q, out, stride);
                out += 2 * (size_t)n;
                waiting = NULL;
            } else {
                transform_last(blocks, waiting, now, n, q, out, stride, 2 * (size_t)n);
                return;
            }
        }
    }
    if (waiting) transform_last(blocks, waiting, waiting, n, q, out, stride, n);
}

void th_jpeg_idct(const struct th_jpeg_idct_row *row, unsigned n, const uint16_t *quant,
                  uint8_t *out, size_t stride)
{
    const int16_t *records = row->records;
    size_t left = row->n_blocks;
    struct chunk c;
    if (n > 4) {
        transform_blocks(row, n, quant, out, stride);
        return;
    }
    memset(&c, 0, sizeof c);
    while (left) {
        size_t now = left < CHUNK ? left : CHUNK;
        gather_any(records, now, row->group, row->stride, row->record_len, n, &c);
        transform(&c, n, quant);
        for (unsigned y = 0; y < n; y++)
            memcpy(out + y * stride, c.out[y], now * n);
        out += now * n;
        records += now / row->group * row->stride;
        left -= now;
    }
}
