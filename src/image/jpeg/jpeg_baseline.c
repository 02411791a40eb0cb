/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_baseline.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/jpeg/jpeg_codes.h"
#include "image/jpeg/jpeg_fdct.h"
#include "image/jpeg/jpeg_zigzag.h"

enum {
    MAX_PLANES = 3,
    ZERO_RUN = 0xF0, /* sixteen zeros */
    END_OF_BLOCK = 0,
    MCU_ROOM = 6 * 64 * 27 / 8 * 2 + 8, /* six blocks of the longest symbols, each byte stuffed */
    ROOM = 4 * MCU_ROOM,
    HEADER_ROOM = 1024
};

/* T.81 K.1, row by row. */
static const uint8_t base_tables[2][64] = {
    {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
     14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
     18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
     49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99},
    {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
     99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99},
};

struct component {
    const struct th_pixels *plane;
    uint32_t across, down; /* blocks */
    uint32_t side;         /* blocks of an MCU, each way */
    unsigned i_table;
    int16_t *levels;    /* the DC coefficient of each block */
    uint64_t *set;      /* which AC coefficients of each block are not 0, by zigzag index */
    int16_t *values;    /* of those, block by block */
    size_t *row_starts; /* in values, of each row of blocks */
    size_t n_values;
};

/* The codes of a table: DC and AC. */
struct tables {
    uint8_t quantisers[64]; /* in zigzag order */
    uint32_t counts[2][256];
    struct th_jpeg_codes codes[2];
};

struct writer {
    uint32_t n_components;
    struct component components[MAX_PLANES];
    struct tables tables[2];
    struct th_jpeg_fdct fdct;
    uint32_t mcus_across, mcus_down;
    void *memory;
    struct th_sink *sink;
    uint8_t room[ROOM];
};

/* ---- what there is ---- */

/* libjpeg's jpeg_quality_scaling(). */
static void set_quantisers(struct tables *t, const uint8_t base[64], uint32_t quality)
{
    const uint32_t percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    for (unsigned k = 0; k < 64; k++) {
        const uint32_t q = (base[th_jpeg_zigzag[k]] * percent + 50) / 100;
        t->quantisers[k] = (uint8_t)(q < 1 ? 1 : q > 255 ? 255 : q);
    }
}

static void set_components(struct writer *w, const struct th_pixels *planes)
{
    const uint32_t factor = w->n_components == 1 ? 1 : 2;
    for (uint32_t i = 0; i < w->n_components; i++) {
        struct component *c = &w->components[i];
        c->plane = &planes[i];
        c->across = (planes[i].width + 7) / 8;
        c->down = (planes[i].height + 7) / 8;
        c->side = i == 0 ? factor : 1;
        c->i_table = i > 0;
    }
    w->mcus_across = (planes[0].width + 8 * factor - 1) / (8 * factor);
    w->mcus_down = (planes[0].height + 8 * factor - 1) / (8 * factor);
}

/* Room for noise, of which nothing but what is used is touched. */
static bool component_bytes(const struct component *c, size_t *bytes)
{
    size_t n_blocks, rows;
    return th_mul_size(c->across, c->down, &n_blocks) &&
           th_mul_size(n_blocks, sizeof *c->set + 64 * sizeof(int16_t), bytes) &&
           th_mul_size(c->down, sizeof *c->row_starts, &rows) && th_add_size(*bytes, rows, bytes);
}

static bool writer_alloc(struct writer *w)
{
    size_t total = 0, bytes;
    for (uint32_t i = 0; i < w->n_components; i++)
        if (!component_bytes(&w->components[i], &bytes) || !th_add_size(total, bytes, &total))
            return false;
    uint8_t *at = w->memory = th_alloc(total);
    if (!at) return false;
    for (uint32_t i = 0; i < w->n_components; i++) {
        struct component *c = &w->components[i];
        c->set = (uint64_t *)(void *)at;
        at += (size_t)c->across * c->down * sizeof *c->set;
        c->row_starts = (size_t *)(void *)at;
        at += c->down * sizeof *c->row_starts;
        c->levels = (int16_t *)(void *)at;
        c->values = c->levels + (size_t)c->across * c->down;
        at = (uint8_t *)(c->values + (size_t)c->across * c->down * 63); /* whole units again */
    }
    return true;
}

/* ---- samples to coefficients ---- */

/* Block (bx, by) to lane i; behind the edge of the plane its last samples repeat. */
static void gather(struct th_jpeg_fdct *f, const struct th_pixels *p, uint32_t bx, uint32_t by,
                   uint32_t i)
{
    for (uint32_t y = 0; y < 8; y++) {
        const uint32_t row = 8 * by + y < p->height ? 8 * by + y : p->height - 1;
        const uint8_t *from = p->data + (size_t)row * p->width + 8 * bx;
        const uint32_t n = p->width - 8 * bx < 8 ? p->width - 8 * bx : 8;
        for (uint32_t x = 0; x < 8; x++)
            f->samples[8 * y + x][i] = (int16_t)(from[x < n ? x : n - 1] - 128);
    }
}

/* Of the magnitude; 0 has none. */
static inline unsigned bits_of(int32_t v)
{
    const uint32_t magnitude = (uint32_t)(v < 0 ? -v : v);
    return 31 - (unsigned)__builtin_clz(magnitude * 2 + 1);
}

/* Keep what lane i holds as the component's next block, and count its AC symbols. */
static void take_block(struct component *c, const struct th_jpeg_fdct *f, uint32_t i, size_t block,
                       uint32_t counts[256])
{
    c->levels[block] = f->coefficients[0][i];
    c->set[block] = f->set[i] & ~(uint64_t)1;
    unsigned before = 0;
    for (uint64_t left = c->set[block]; left; left &= left - 1) {
        const unsigned k = (unsigned)__builtin_ctzll(left);
        const int16_t v = f->coefficients[k][i];
        unsigned run = k - before - 1;
        for (; run > 15; run -= 16)
            counts[ZERO_RUN]++;
        counts[run << 4 | bits_of(v)]++;
        c->values[c->n_values++] = v;
        before = k;
    }
    if (before != 63) counts[END_OF_BLOCK]++;
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector) && __has_builtin(__builtin_convertvector)
#define CAN_INTERLEAVE
#endif
#endif

#ifdef CAN_INTERLEAVE
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int16_t words16 __attribute__((vector_size(32)));
#define LOW(a, b)                                                                                  \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(a, b)                                                                                 \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

static inline void put_two(int16_t (*to)[TH_JPEG_FDCT_BLOCKS], uint32_t i, bytes16 v)
{
    const words16 words = __builtin_convertvector(v, words16) - 128;
    memcpy(&to[0][i], &words, 16);
    memcpy(&to[1][i], (const char *)&words + 16, 16);
}

/* The eight blocks from (bx, by) on, which all have whole rows, to the lanes from i on. */
static void gather_eight(struct th_jpeg_fdct *f, const struct th_pixels *p, uint32_t bx,
                         uint32_t by, uint32_t i)
{
    for (uint32_t y = 0; y < 8; y++) {
        bytes16 v[4];
        memcpy(v, p->data + (size_t)(8 * by + y) * p->width + 8 * bx, sizeof v);
        /* Three times one half of the blocks between those of the other. */
        const bytes16 a0 = LOW(v[0], v[2]), a1 = HIGH(v[0], v[2]), a2 = LOW(v[1], v[3]),
                      a3 = HIGH(v[1], v[3]);
        const bytes16 b0 = LOW(a0, a2), b1 = HIGH(a0, a2), b2 = LOW(a1, a3), b3 = HIGH(a1, a3);
        put_two(&f->samples[8 * y], i, LOW(b0, b2));
        put_two(&f->samples[8 * y + 2], i, HIGH(b0, b2));
        put_two(&f->samples[8 * y + 4], i, LOW(b1, b3));
        put_two(&f->samples[8 * y + 6], i, HIGH(b1, b3));
    }
}
#endif

/* Up to n blocks from (bx, by) on, of one row, to the lanes from i on. Returns how many. */
static uint32_t gather_some(struct th_jpeg_fdct *f, const struct th_pixels *p, uint32_t bx,
                            uint32_t by, uint32_t i, uint32_t n)
{
#ifdef CAN_INTERLEAVE
    if (n >= 8 && p->width / 8 >= 8 && bx <= p->width / 8 - 8 && by < p->height / 8) {
        gather_eight(f, p, bx, by, i);
        return 8;
    }
#endif
    (void)n;
    gather(f, p, bx, by, i);
    return 1;
}

static void analyse(struct writer *w, struct component *c)
{
    struct tables *t = &w->tables[c->i_table];
    const size_t n_blocks = (size_t)c->across * c->down;
    uint32_t bx = 0, by = 0;
    th_jpeg_fdct_init(&w->fdct, t->quantisers);
    for (size_t done = 0; done < n_blocks;) {
        const uint32_t n = n_blocks - done < TH_JPEG_FDCT_BLOCKS ? (uint32_t)(n_blocks - done)
                                                                 : TH_JPEG_FDCT_BLOCKS;
        for (uint32_t i = 0; i < n;) {
            const uint32_t taken = gather_some(&w->fdct, c->plane, bx, by, i, n - i);
            i += taken;
            bx += taken;
            by += bx == c->across;
            if (bx == c->across) bx = 0;
        }
        th_jpeg_fdct_run(&w->fdct, n);
        for (uint32_t i = 0; i < n; i++, done++) {
            if (done % c->across == 0) c->row_starts[done / c->across] = c->n_values;
            take_block(c, &w->fdct, i, done, t->counts[1]);
        }
    }
}

/* ---- the scan ---- */

/* The level of a block of the scan. Those behind the edges have no picture, and the level that
 * costs the least: that of the block before. */
static int32_t level_at(const struct component *c, uint32_t bx, uint32_t by)
{
    if (by >= c->down) {
        by = c->down - 1;
        bx |= c->side - 1;
    }
    return c->levels[(size_t)by * c->across + (bx < c->across ? bx : c->across - 1)];
}

/* The blocks of the scan in their order. */
struct walk {
    int32_t levels_before[MAX_PLANES];
};
typedef void block_fn(struct writer *w, struct component *c, uint32_t bx, uint32_t by,
                      int32_t difference, void *user);

static inline __attribute__((always_inline)) void
walk_mcu(struct writer *w, struct walk *walk, uint32_t mx, uint32_t my, block_fn *each, void *user)
{
    for (uint32_t i = 0; i < w->n_components; i++) {
        struct component *c = &w->components[i];
        for (uint32_t y = 0; y < c->side; y++) {
            for (uint32_t x = 0; x < c->side; x++) {
                const uint32_t bx = mx * c->side + x, by = my * c->side + y;
                const int32_t level = level_at(c, bx, by);
                each(w, c, bx, by, level - walk->levels_before[i], user);
                walk->levels_before[i] = level;
            }
        }
    }
}

static void count_level(struct writer *w, struct component *c, uint32_t bx, uint32_t by,
                        int32_t difference, void *user)
{
    (void)user;
    struct tables *t = &w->tables[c->i_table];
    t->counts[0][bits_of(difference)]++;
    if (bx >= c->across || by >= c->down) t->counts[1][END_OF_BLOCK]++;
}

static void count_levels(struct writer *w)
{
    struct walk walk = {0};
    for (uint32_t my = 0; my < w->mcus_down; my++)
        for (uint32_t mx = 0; mx < w->mcus_across; mx++)
            walk_mcu(w, &walk, mx, my, count_level, NULL);
}

/* The bits that tell which of the values of n bits v is (T.81 F.1.2.1). */
static inline uint32_t extra_of(int32_t v, unsigned n)
{
    return (uint32_t)(v + (v >> 31)) & ((1u << n) - 1);
}

struct scan {
    struct th_jpeg_bits bits;
    /* The next value of each row of blocks in this row of MCUs. */
    const int16_t *next[MAX_PLANES][2];
};

static void put_block(struct writer *w, struct component *c, uint32_t bx, uint32_t by,
                      int32_t difference, void *user)
{
    struct scan *s = user;
    struct th_jpeg_bits bits = s->bits; /* so that they can live in registers */
    const struct tables *t = &w->tables[c->i_table];
    const struct th_jpeg_codes *ac = &t->codes[1];
    const unsigned n_level = bits_of(difference);
    th_jpeg_bits_put_code(&bits, &t->codes[0], (uint8_t)n_level, extra_of(difference, n_level),
                          n_level);
    const bool real = bx < c->across && by < c->down;
    const int16_t *next = s->next[c - w->components][by % c->side];
    unsigned before = 0;
    for (uint64_t left = real ? c->set[(size_t)by * c->across + bx] : 0; left; left &= left - 1) {
        const unsigned k = (unsigned)__builtin_ctzll(left);
        const int16_t v = *next++;
        unsigned run = k - before - 1;
        for (; run > 15; run -= 16)
            th_jpeg_bits_put_code(&bits, ac, ZERO_RUN, 0, 0);
        const unsigned n = bits_of(v);
        th_jpeg_bits_put_code(&bits, ac, (uint8_t)(run << 4 | n), extra_of(v, n), n);
        before = k;
    }
    if (before != 63) th_jpeg_bits_put_code(&bits, ac, END_OF_BLOCK, 0, 0);
    s->next[c - w->components][by % c->side] = next;
    s->bits = bits;
}

static void find_rows(struct writer *w, struct scan *s, uint32_t my)
{
    for (uint32_t i = 0; i < w->n_components; i++) {
        const struct component *c = &w->components[i];
        for (uint32_t y = 0; y < c->side; y++) {
            const uint32_t by = my * c->side + y;
            if (by < c->down) s->next[i][y] = c->values + c->row_starts[by];
        }
    }
}

static bool flush(struct writer *w, struct scan *s)
{
    const bool ok = th_sink_add(w->sink, w->room, (size_t)(s->bits.out - w->room));
    s->bits.out = w->room;
    return ok;
}

static enum thumbs_code no_memory(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoded JPEG");
}

static enum thumbs_code put_scan(struct writer *w, struct thumbs_error *err)
{
    struct scan s = {.bits.out = w->room};
    struct walk walk = {0};
    for (uint32_t my = 0; my < w->mcus_down; my++) {
        find_rows(w, &s, my);
        if (th_sink_late(w->sink))
            return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE,
                                "it took longer than it may");
        for (uint32_t mx = 0; mx < w->mcus_across; mx++) {
            walk_mcu(w, &walk, mx, my, put_block, &s);
            if (w->room + ROOM - s.bits.out < MCU_ROOM && !flush(w, &s)) return no_memory(err);
        }
    }
    th_jpeg_bits_end(&s.bits);
    *s.bits.out++ = 0xFF;
    *s.bits.out++ = 0xD9;
    return flush(w, &s) ? THUMBS_OK : no_memory(err);
}

/* ---- the segments before it ---- */

struct header {
    uint8_t bytes[HEADER_ROOM];
    size_t n;
};

static void put8(struct header *h, unsigned v)
{
    h->bytes[h->n++] = (uint8_t)v;
}

static void put16(struct header *h, unsigned v)
{
    put8(h, v >> 8);
    put8(h, v & 0xFF);
}

static void put_bytes(struct header *h, const void *bytes, size_t n)
{
    memcpy(h->bytes + h->n, bytes, n);
    h->n += n;
}

/* A marker and the length of what follows its length. */
static void put_segment(struct header *h, unsigned marker, size_t len)
{
    put16(h, 0xFF00 | marker);
    put16(h, (unsigned)len + 2);
}

static void put_quantisers(struct header *h, const struct writer *w, unsigned i_table)
{
    put_segment(h, 0xDB, 65);
    put8(h, i_table);
    put_bytes(h, w->tables[i_table].quantisers, 64);
}

static void put_codes(struct header *h, const struct writer *w, unsigned i_table)
{
    for (unsigned ac = 0; ac < 2; ac++) {
        const struct th_jpeg_codes *c = &w->tables[i_table].codes[ac];
        put_segment(h, 0xC4, 17 + c->n_values);
        put8(h, ac << 4 | i_table);
        put_bytes(h, c->n_of_length + 1, 16);
        put_bytes(h, c->values, c->n_values);
    }
}

static void put_frame(struct header *h, const struct writer *w)
{
    put_segment(h, 0xC0, 6 + 3 * w->n_components);
    put8(h, 8);
    put16(h, w->components[0].plane->height);
    put16(h, w->components[0].plane->width);
    put8(h, w->n_components);
    for (unsigned i = 0; i < w->n_components; i++) {
        const struct component *c = &w->components[i];
        put8(h, i + 1);
        put8(h, c->side << 4 | c->side);
        put8(h, c->i_table);
    }
}

static void put_scan_header(struct header *h, const struct writer *w)
{
    put_segment(h, 0xDA, 4 + 2 * w->n_components);
    put8(h, w->n_components);
    for (unsigned i = 0; i < w->n_components; i++) {
        put8(h, i + 1);
        put8(h, w->components[i].i_table << 4 | w->components[i].i_table);
    }
    put8(h, 0);
    put8(h, 63);
    put8(h, 0);
}

static bool put_header(struct writer *w)
{
    static const uint8_t jfif[] = {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
    struct header h = {.n = 0};
    const unsigned n_tables = w->n_components == 1 ? 1 : 2;
    put16(&h, 0xFFD8);
    put_segment(&h, 0xE0, sizeof jfif);
    put_bytes(&h, jfif, sizeof jfif);
    for (unsigned i = 0; i < n_tables; i++)
        put_quantisers(&h, w, i);
    put_frame(&h, w);
    for (unsigned i = 0; i < n_tables; i++)
        put_codes(&h, w, i);
    put_scan_header(&h, w);
    return th_sink_add(w->sink, h.bytes, h.n);
}

/* ---- all of it ---- */

static enum thumbs_code write_file(struct writer *w, struct thumbs_error *err)
{
    for (uint32_t i = 0; i < w->n_components; i++) {
        if (th_sink_late(w->sink))
            return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE,
                                "it took longer than it may");
        analyse(w, &w->components[i]);
    }
    count_levels(w);
    for (unsigned i = 0; i < 2; i++)
        for (unsigned ac = 0; ac < 2; ac++)
            th_jpeg_codes_make(w->tables[i].counts[ac], &w->tables[i].codes[ac]);
    return put_header(w) ? put_scan(w, err) : no_memory(err);
}

enum thumbs_code th_jpeg_baseline_write(const struct th_pixels *planes, uint32_t n_planes,
                                        uint32_t quality, struct th_sink *sink,
                                        struct thumbs_error *err)
{
    const size_t len_before = sink->len;
    struct writer *w = th_calloc(1, sizeof *w);
    if (!w) return no_memory(err);
    w->n_components = n_planes;
    w->sink = sink;
    for (unsigned i = 0; i < 2; i++)
        set_quantisers(&w->tables[i], base_tables[i], quality);
    set_components(w, planes);
    enum thumbs_code code = writer_alloc(w) ? write_file(w, err) : no_memory(err);
    if (code != THUMBS_OK) sink->len = len_before;
    free(w->memory);
    free(w);
    return code;
}
