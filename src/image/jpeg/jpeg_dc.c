#include "image/jpeg/jpeg_dc.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"
#include "image/jpeg/jpeg_idct.h"

#define LOOK_BITS  12
#define LOOK_SIZE  (1u << LOOK_BITS)
#define MAX_SIDE   65500u /* of libjpeg */
#define SCAN_PAD   16
#define CHECK_ROWS 64 /* rows of blocks between two looks at the clock */

/* One DC code. An entry is bits taken | (value << 16), 0 where the careful path must look. */
struct code {
    uint32_t look[LOOK_SIZE];
    int32_t max_code[17];
    int32_t first_index[17];
    const uint8_t *symbols;
};

/* The bits of one scan or restart segment, stuffing removed. Behind `end` lie SCAN_PAD zero bytes. */
struct bits {
    uint64_t buf;
    unsigned n; /* valid bits of buf */
    const uint8_t *in, *end;
};

struct work {
    struct th_jpeg_header header; /* changes from scan to scan */
    const uint8_t *data;
    size_t len;
    int16_t *dc[3]; /* coefficients, block_width to a row */
    uint32_t block_width[3], block_height[3];
    int precision_left[3]; /* Al of the last DC scan of this component; -1: none yet */
    uint8_t *plain;        /* the present segment without stuffing */
    struct code codes[3];
    uint64_t deadline_ns;
};

/* ---- codes ---- */

static int32_t extend(uint32_t bits, unsigned size)
{
    return size && !(bits >> (size - 1)) ? (int32_t)bits - (int32_t)((1u << size) - 1) : (int32_t)bits;
}

static bool code_init(struct code *c, const struct th_jpeg_huff *h)
{
    if (!h->present) return false;
    memset(c->look, 0, sizeof c->look);
    c->symbols = h->symbols;
    int32_t code = 0, index = 0;
    for (unsigned len = 1; len <= 16; len++) {
        c->first_index[len] = index - code;
        for (unsigned i = 0; i < h->counts[len - 1]; i++, code++, index++) {
            unsigned size = h->symbols[index];
            if (size > 15 || code >= ((int32_t)1 << len) - 1) return false;
            if (size > 11 || len + size > LOOK_BITS) continue;
            unsigned left = LOOK_BITS - len - size;
            uint32_t *at = c->look + ((size_t)(unsigned)code << (LOOK_BITS - len));
            for (uint32_t v = 0; v < 1u << size; v++)
                for (uint32_t j = 0; j < 1u << left; j++)
                    *at++ = (uint32_t)extend(v, size) << 16 | (len + size);
        }
        c->max_code[len] = h->counts[len - 1] ? code - 1 : -1;
        code <<= 1;
    }
    return true;
}

/* ---- bits ---- */

static inline void refill(struct bits *b)
{
    while (b->n <= 56 && b->in < b->end + SCAN_PAD) {
        b->buf |= (uint64_t)*b->in++ << (56 - b->n);
        b->n += 8;
    }
}

static inline void take(struct bits *b, unsigned n)
{
    b->buf <<= n;
    b->n -= n;
}

/* A difference by the book; false: no such code, or no bits left. */
static bool slow_difference(struct bits *b, const struct code *c, int32_t *value)
{
    for (unsigned len = 1; len <= 16; len++) {
        int32_t code = (int32_t)(b->buf >> (64 - len));
        if (code > c->max_code[len]) continue;
        unsigned size = c->symbols[(unsigned)(c->first_index[len] + code) & 255];
        if (size > 11 || len + size > b->n) return false;
        take(b, len);
        *value = size ? extend((uint32_t)(b->buf >> (64 - size)), size) : 0;
        take(b, size);
        return true;
    }
    return false;
}

static inline bool difference(struct bits *b, const struct code *c, int32_t *value)
{
    if (b->n < 32) refill(b);
    uint32_t e = c->look[b->buf >> (64 - LOOK_BITS)];
    if (!e || (e & 63) > b->n) return slow_difference(b, c, value);
    *value = (int32_t)e >> 16;
    take(b, e & 63);
    return true;
}

/* Copy the segment at *pos without stuffing, up to its marker, which is returned (-1: none); *pos then is the
 * marker's. */
static int take_plain(struct work *w, size_t *pos, struct bits *b)
{
    const uint8_t *at = w->data + *pos, *end = w->data + w->len;
    uint8_t *to = w->plain;
    int marker = -1;
    for (;;) {
        const uint8_t *ff = at < end ? memchr(at, 0xFF, (size_t)(end - at)) : NULL;
        if (!ff || end - ff < 2) return -1;
        memcpy(to, at, (size_t)(ff - at));
        to += ff - at;
        at = ff;
        if (ff[1]) {
            marker = ff[1];
            break;
        }
        *to++ = 0xFF;
        at += 2;
    }
    memset(to, 0, SCAN_PAD);
    *b = (struct bits){.in = w->plain, .end = to};
    *pos = (size_t)(at - w->data);
    return marker;
}

/* Were all bits used but the padding of the last byte, and no more? */
static bool used_up(const struct bits *b)
{
    int64_t left = (b->end - b->in) * 8 + (int64_t)b->n;
    return left >= 0 && left < 8;
}

/* ---- scans ---- */

/* One block of component c at (x, y). */
static inline bool block(struct work *w, struct bits *b, unsigned c, size_t x, size_t y, uint32_t predictions[3])
{
    int16_t *dc = &w->dc[c][y * w->block_width[c] + x];
    if (w->header.ah) {
        if (b->n < 1) refill(b);
        if (b->n < 1) return false;
        if (b->buf >> 63) *dc = (int16_t)(*dc | 1 << w->header.al);
        take(b, 1);
        return true;
    }
    int32_t value;
    if (!difference(b, &w->codes[c], &value)) return false;
    predictions[c] += (uint32_t)value;
    *dc = (int16_t)(predictions[c] << w->header.al);
    return true;
}

/* All blocks of one MCU. */
static inline bool mcu(struct work *w, struct bits *b, uint32_t mx, uint32_t my, uint32_t predictions[3])
{
    const struct th_jpeg_header *h = &w->header;
    if (h->scan_components == 1) return block(w, b, h->scan_index[0], mx, my, predictions);
    for (unsigned c = 0; c < h->n_components; c++) {
        unsigned ch = h->components[c].h, cv = h->components[c].v;
        for (unsigned y = 0; y < cv; y++)
            for (unsigned x = 0; x < ch; x++)
                if (!block(w, b, c, (size_t)mx * ch + x, (size_t)my * cv + y, predictions)) return false;
    }
    return true;
}

/* MCUs of the scan: blocks of the component where it is alone. */
static void scan_size(const struct th_jpeg_header *h, uint32_t *columns, uint32_t *rows)
{
    *columns = th_ceil_div(h->width, 8u * h->h_max);
    *rows = th_ceil_div(h->height, 8u * h->v_max);
    if (h->scan_components != 1) return;
    const struct th_jpeg_component *c = &h->components[h->scan_index[0]];
    *columns = th_ceil_div(th_ceil_div((uint64_t)h->width * c->h, h->h_max), 8);
    *rows = th_ceil_div(th_ceil_div((uint64_t)h->height * c->v, h->v_max), 8);
}

/* Is this DC scan one that may follow the ones before? */
static bool scan_fits(struct work *w)
{
    const struct th_jpeg_header *h = &w->header;
    if (h->se != 0 || h->al > 13) return false;
    if (h->scan_components != 1 && h->scan_components != h->n_components) return false;
    for (unsigned i = 0; i < h->scan_components; i++) {
        unsigned c = h->scan_index[i];
        if (h->scan_components > 1 && c != i) return false;
        if (h->ah ? w->precision_left[c] != h->ah || h->al != h->ah - 1 : w->precision_left[c] != -1) return false;
        if (!h->ah && !code_init(&w->codes[c], &h->dc[h->components[c].dc_table])) return false;
        w->precision_left[c] = h->al;
    }
    return true;
}

/* Decode one DC scan whose data begins at *pos; *pos then is the marker behind it. */
static enum th_jpeg_scan_end dc_scan(struct work *w, size_t *pos)
{
    if (!scan_fits(w)) return TH_JPEG_SCAN_GAVE_UP;
    uint32_t columns, rows, interval = w->header.restart_interval, until_restart = interval;
    uint32_t predictions[3] = {0}, n_restarts = 0;
    scan_size(&w->header, &columns, &rows);
    struct bits b;
    int marker = take_plain(w, pos, &b);
    for (uint32_t y = 0; y < rows; y++) {
        if (w->deadline_ns && y % CHECK_ROWS == 0 && th_now_ns() > w->deadline_ns) return TH_JPEG_SCAN_TIMEOUT;
        for (uint32_t x = 0; x < columns; x++) {
            if (interval && !until_restart--) {
                if (marker != 0xD0 + (int)(n_restarts++ & 7) || !used_up(&b)) return TH_JPEG_SCAN_GAVE_UP;
                *pos += 2;
                marker = take_plain(w, pos, &b);
                memset(predictions, 0, sizeof predictions);
                until_restart = interval - 1;
            }
            if (marker < 0 || !mcu(w, &b, x, y, predictions)) return TH_JPEG_SCAN_GAVE_UP;
        }
        /* Far before the sums overflow, which stops libjpeg, they are no picture. */
        for (unsigned c = 0; c < 3; c++)
            if ((int32_t)predictions[c] > 1 << 16 || (int32_t)predictions[c] < -(1 << 16)) return TH_JPEG_SCAN_GAVE_UP;
    }
    bool ends = marker >= 0 && !(marker >= 0xD0 && marker <= 0xD7) && marker != 0xFF;
    return ends && used_up(&b) ? TH_JPEG_SCAN_OK : TH_JPEG_SCAN_GAVE_UP;
}

static enum th_jpeg_scan_end all_scans(struct work *w)
{
    uint32_t until, all;
    th_jpeg_count_scans(w->data, w->len, &w->header, &until, &all);
    size_t pos = w->header.scan_offset;
    for (uint32_t i = 1;; i++) {
        if (w->header.ss == 0) {
            enum th_jpeg_scan_end end = dc_scan(w, &pos);
            if (end) return end;
        }
        if (i == until) break;
        if (!th_jpeg_parse_next_scan(w->data, w->len, &pos, &w->header) || w->header.odd) return TH_JPEG_SCAN_GAVE_UP;
    }
    for (unsigned c = 0; c < w->header.n_components; c++)
        if (w->precision_left[c] < 0) return TH_JPEG_SCAN_GAVE_UP;
    return TH_JPEG_SCAN_OK;
}

static bool side_taken(unsigned factor)
{
    return factor == 1 || factor == 2 || factor == 4;
}

bool th_jpeg_dc_takes(const struct th_jpeg_header *h)
{
    if (h->odd || h->sof != 0xC2 || h->precision != 8 || h->width > MAX_SIDE || h->height > MAX_SIDE) return false;
    if (h->n_components != 1 && h->n_components != 3) return false;
    unsigned n_blocks = 0;
    for (unsigned i = 0; i < h->n_components; i++) {
        const struct th_jpeg_component *c = &h->components[i];
        if (!side_taken(c->h) || !side_taken(c->v) || !h->has_quant[c->quant]) return false;
        for (unsigned k = 0; k < 64; k++)
            if (h->quant[c->quant][k] > INT16_MAX) return false; /* libjpeg-turbo holds them as short */
        n_blocks += (unsigned)c->h * c->v;
    }
    return n_blocks <= 10 || h->n_components == 1; /* T.81 B.2.3 */
}

enum th_jpeg_scan_end th_jpeg_dc_decode(const struct th_jpeg_header *header, const uint8_t *data, size_t len,
                                        const struct th_jpeg_plane *planes, uint64_t deadline_ns)
{
    if (!th_jpeg_dc_takes(header)) return TH_JPEG_SCAN_GAVE_UP;
    enum th_jpeg_scan_end end = TH_JPEG_SCAN_NO_MEMORY;
    struct work *w = th_calloc(1, sizeof *w);
    if (!w) goto out;
    w->header = *header;
    w->data = data;
    w->len = len;
    w->deadline_ns = deadline_ns;
    w->plain = th_alloc(len - header->scan_offset + SCAN_PAD);
    if (!w->plain) goto out;
    for (unsigned c = 0; c < header->n_components; c++) {
        uint32_t width, height;
        w->precision_left[c] = -1;
        th_jpeg_scan_size(header, c, 1, &width, &height, &w->block_width[c], &w->block_height[c]);
        w->dc[c] = th_calloc((size_t)w->block_width[c] * w->block_height[c], sizeof(int16_t));
        if (!w->dc[c]) goto out;
    }
    end = all_scans(w);
    if (end) goto out;
    for (unsigned c = 0; c < header->n_components; c++) {
        for (uint32_t y = 0; y < w->block_height[c]; y++) {
            const struct th_jpeg_idct_row row = {.records = w->dc[c] + (size_t)y * w->block_width[c],
                                                 .n_blocks = w->block_width[c],
                                                 .stride = 1,
                                                 .group = 1,
                                                 .record_len = 1};
            th_jpeg_idct(&row, 1, header->quant[header->components[c].quant],
                         planes[c].data + (size_t)y * planes[c].stride, planes[c].stride);
        }
    }
out:
    if (w) {
        for (unsigned c = 0; c < 3; c++)
            free(w->dc[c]);
        free(w->plain);
    }
    free(w);
    return end;
}
