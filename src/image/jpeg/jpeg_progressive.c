/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_progressive.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"
#include "image/jpeg/jpeg_band.h"
#include "image/jpeg/jpeg_idct.h"
#include "image/jpeg/jpeg_zigzag.h"

#define MAX_COMPONENTS 4
#define MAX_SIDE       65500u /* of libjpeg */
#define MAX_BLOCKS     10     /* of an MCU, T.81 B.2.3 */
#define MAX_AL         13     /* of libjpeg */
#define ALIGN          64

#define STRING(x)  STRING_(x)
#define STRING_(x) #x

static const char too_many[] = "it has more than " STRING(TH_JPEG_MAX_SCANS) " scans";
static const char bad_marker[] = "the data between its scans cannot be read";
static const char bad_scan[] = "a scan of it has impossible parameters";
static const char bad_code[] = "a scan of it has no usable Huffman table";
static const char bad_sum[] = "its DC coefficients are out of range";
static const char cut_off[] = "the file ends before the picture does";
static const char damaged_data[] = "its data are damaged";

/* The zigzag index of the last coefficient that n x n samples need. */
static unsigned need_of(unsigned n)
{
    return n == 1 ? 0 : n == 2 ? 4 : n == 4 ? 24 : 63;
}

/* A scan as its header says. */
struct plan {
    size_t begin, end;                         /* its data */
    struct th_jpeg_huff codes[MAX_COMPONENTS]; /* those it uses, in the order of its components */
    uint32_t interval;
    uint8_t n_components, components[MAX_COMPONENTS];
    uint8_t ss, se, ah, al;
    bool needed;
};

struct work {
    struct th_jpeg_header header; /* changes from scan to scan */
    const uint8_t *data;
    size_t len;
    const struct th_jpeg_plane *planes;
    uint64_t deadline_ns;
    const char *damage, *corrupt;

    bool dc_only;
    struct plan *plans; /* of all scans, or those of DC */
    size_t n_plans, cap_plans;
    struct plan unwanted;                 /* a scan that is not among them */
    int8_t precision[MAX_COMPONENTS][64]; /* Al of the last scan of each coefficient, -1: none */
    bool seen[MAX_COMPONENTS];            /* a scan of it has come, which settles its quantisers */
    uint16_t quant[MAX_COMPONENTS][64];

    struct th_jpeg_band *bands;
    size_t n_bands;
    uint8_t *codes;                                  /* one behind the other */
    struct th_jpeg_band_blocks rows[MAX_COMPONENTS]; /* all blocks of a row of MCUs */
    uint8_t *memory;                                 /* of the rows */
    size_t row_bytes;
    uint32_t mcu_rows;
    uint32_t across[MAX_COMPONENTS], down[MAX_COMPONENTS]; /* blocks that show picture */
};

static uint32_t ceil_div(uint64_t a, uint64_t b)
{
    return (uint32_t)((a + b - 1) / b);
}

/* ---- the scans of the file ---- */

/* Note Al of each coefficient; libjpeg-turbo warns where it does not follow from the scans before.
 */
static void note_precision(struct work *w, const struct plan *p)
{
    for (unsigned i = 0; i < p->n_components; i++) {
        int8_t *precision = w->precision[p->components[i]];
        bool in_order = !p->ss || precision[0] >= 0;
        for (unsigned k = p->ss; k <= p->se; k++) {
            in_order = in_order && p->ah == (precision[k] < 0 ? 0 : precision[k]);
            precision[k] = (int8_t)p->al;
        }
        if (!in_order) w->damage = damaged_data;
    }
}

static bool scan_possible(const struct th_jpeg_header *h)
{
    if (h->ah && h->al != h->ah - 1) return false;
    if (h->al > MAX_AL || h->scan_components > h->n_components) return false;
    for (unsigned i = 0; i < h->scan_components; i++)
        for (unsigned j = 0; j < i; j++)
            if (h->scan_index[i] == h->scan_index[j]) return false;
    return h->ss ? h->ss <= h->se && h->se < 64 && h->scan_components == 1 : h->se == 0;
}

/* libjpeg keeps the quantisers that a component has when its first scan comes. */
static bool keep_quantisers(struct work *w, const struct plan *p)
{
    for (unsigned i = 0; i < p->n_components; i++) {
        unsigned c = p->components[i], q = w->header.components[c].quant;
        if (w->seen[c]) continue;
        if (!w->header.has_quant[q]) return false;
        memcpy(w->quant[c], w->header.quant[q], sizeof w->quant[c]);
        w->seen[c] = true;
    }
    return true;
}

static struct plan *plan_append(struct work *w)
{
    if (w->n_plans == w->cap_plans) {
        size_t cap = w->cap_plans ? 2 * w->cap_plans : 16;
        struct plan *plans = th_alloc(cap * sizeof *plans);
        if (!plans) return NULL;
        if (w->n_plans) memcpy(plans, w->plans, w->n_plans * sizeof *plans);
        free(w->plans);
        w->plans = plans;
        w->cap_plans = cap;
    }
    return &w->plans[w->n_plans++];
}

/* Take in the scan whose header has been read. */
static enum th_jpeg_scan_end plan_scan(struct work *w, size_t begin)
{
    const struct th_jpeg_header *h = &w->header;
    bool wanted = !w->dc_only || !h->ss;
    w->corrupt = wanted && w->n_plans == TH_JPEG_MAX_SCANS ? too_many
                 : !scan_possible(h)                       ? bad_scan
                                                           : NULL;
    if (w->corrupt) return TH_JPEG_SCAN_CORRUPT;
    struct plan *p = wanted ? plan_append(w) : &w->unwanted;
    if (!p) return TH_JPEG_SCAN_NO_MEMORY;
    *p = (struct plan){.begin = begin, .end = w->len, .interval = h->restart_interval};
    p->n_components = h->scan_components;
    memcpy(p->components, h->scan_index, sizeof p->components);
    p->ss = h->ss;
    p->se = h->se;
    p->ah = h->ah;
    p->al = h->al;
    for (unsigned i = 0; i < p->n_components; i++) {
        const struct th_jpeg_component *c = &h->components[p->components[i]];
        p->codes[i] = p->ss ? h->ac[c->ac_table] : h->dc[c->dc_table];
    }
    w->corrupt = keep_quantisers(w, p) ? NULL : bad_scan;
    note_precision(w, p);
    return w->corrupt ? TH_JPEG_SCAN_CORRUPT : TH_JPEG_SCAN_OK;
}

/* All scans of the file. Where DC alone is wanted, what comes behind its last scan does not matter,
 * unless it cannot even be told what it is. */
static enum th_jpeg_scan_end plan_scans(struct work *w)
{
    enum th_jpeg_next next = TH_JPEG_NEXT_SCAN;
    const char *damage_of_dc = NULL;
    bool dc_is_last = false;
    size_t pos = w->header.scan_offset;
    memset(w->precision, -1, sizeof w->precision);
    while (next == TH_JPEG_NEXT_SCAN) {
        enum th_jpeg_scan_end end = plan_scan(w, pos);
        if (end == TH_JPEG_SCAN_CORRUPT) break;
        if (end) return end;
        dc_is_last = !w->header.ss;
        if (dc_is_last) damage_of_dc = w->damage;
        struct plan *p = w->dc_only && !dc_is_last ? &w->unwanted : &w->plans[w->n_plans - 1];
        next = th_jpeg_next_scan(w->data, w->len, &pos, &w->header, &p->end);
        if (w->header.odd) w->damage = damaged_data;
    }
    if (next == TH_JPEG_NEXT_CUT) w->damage = cut_off;
    if (next == TH_JPEG_NEXT_BAD) w->corrupt = bad_marker;
    if (!w->dc_only || !w->n_plans) return w->corrupt ? TH_JPEG_SCAN_CORRUPT : TH_JPEG_SCAN_OK;
    if (!dc_is_last) w->damage = damage_of_dc;
    if (w->corrupt) w->damage = w->corrupt;
    w->corrupt = NULL;
    return TH_JPEG_SCAN_OK;
}

/* Which scans are to be decoded: those that touch what is wanted. A refinement must know of every
 * coefficient of its band whether it is zero, so for it the whole band is wanted of the scans
 * before. */
static void choose_scans(struct work *w)
{
    uint64_t wanted[MAX_COMPONENTS];
    for (unsigned c = 0; c < w->header.n_components; c++)
        wanted[c] = (UINT64_C(2) << need_of(w->planes[c].n)) - 2;
    for (size_t i = w->n_plans; i-- > 0;) {
        struct plan *p = &w->plans[i];
        uint64_t band = ~UINT64_C(0) << p->ss & ~UINT64_C(0) >> (63 - p->se);
        p->needed = !p->ss || band & wanted[p->components[0]];
        w->n_bands += p->needed;
        if (p->needed && p->ss && p->ah) wanted[p->components[0]] |= band;
    }
}

/* The band of a scan, still without codes. */
static struct th_jpeg_band band_of(const struct work *w, const struct plan *p)
{
    struct th_jpeg_band b = {.bits = {.in = w->data + p->begin, .end = w->data + p->end},
                             .interval = p->interval,
                             .until_restart = p->interval,
                             .n_components = p->n_components,
                             .ss = p->ss,
                             .se = p->se,
                             .ah = p->ah,
                             .al = p->al};
    memcpy(b.components, p->components, sizeof b.components);
    return b;
}

/* Refinements of DC are single bits. */
static bool has_codes(const struct plan *p)
{
    return p->ss || !p->ah;
}

/* The codes of a scan to *at, which moves behind them; false: one of them is not to be used. */
static bool band_codes(struct th_jpeg_band *b, const struct plan *p, uint8_t **at)
{
    for (unsigned i = 0; i < p->n_components && has_codes(p); i++) {
        for (unsigned j = 0; j < i && !b->codes[i]; j++)
            if (!memcmp(&p->codes[i], &p->codes[j], sizeof p->codes[i])) b->codes[i] = b->codes[j];
        if (b->codes[i]) continue;
        struct th_jpeg_band_code *code = (struct th_jpeg_band_code *)(void *)*at;
        if (!th_jpeg_band_code_init(code, &p->codes[i], b)) return false;
        b->codes[i] = code;
        *at += th_jpeg_band_code_size(b);
    }
    return true;
}

static enum th_jpeg_scan_end make_bands(struct work *w)
{
    size_t bytes = 0, n = 0; /* at most 500 times 4 small codes */
    w->bands = th_calloc(w->n_bands, sizeof *w->bands);
    if (!w->bands) return TH_JPEG_SCAN_NO_MEMORY;
    for (size_t i = 0; i < w->n_plans; i++) {
        const struct plan *p = &w->plans[i];
        if (!p->needed) continue;
        w->bands[n] = band_of(w, p);
        if (has_codes(p)) bytes += p->n_components * th_jpeg_band_code_size(&w->bands[n]);
        n++;
    }
    uint8_t *at = w->codes = th_alloc(bytes + 1);
    if (!w->codes) return TH_JPEG_SCAN_NO_MEMORY;
    n = 0;
    for (size_t i = 0; i < w->n_plans; i++) {
        if (!w->plans[i].needed) continue;
        if (!band_codes(&w->bands[n++], &w->plans[i], &at)) {
            w->corrupt = bad_code;
            return TH_JPEG_SCAN_CORRUPT;
        }
    }
    return TH_JPEG_SCAN_OK;
}

/* ---- rows ---- */

/* Blocks of component i in a row of MCUs, across and down. A picture of one component has no MCUs.
 */
static void row_size(const struct th_jpeg_header *h, unsigned i, uint32_t *across, uint32_t *down)
{
    bool alone = h->n_components == 1;
    *across =
        alone ? ceil_div(h->width, 8) : ceil_div(h->width, 8u * h->h_max) * h->components[i].h;
    *down = alone ? 1 : h->components[i].v;
}

static size_t aligned(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

bool th_jpeg_progressive_row_bytes(const struct th_jpeg_header *h, const uint8_t *n, size_t *bytes)
{
    size_t sum = ALIGN;
    for (unsigned i = 0; i < h->n_components; i++) {
        uint32_t across, down;
        size_t blocks, size;
        row_size(h, i, &across, &down);
        if (!th_mul_size(across, down, &blocks)) return false;
        if (!th_mul_size(blocks,
                         (n[i] > 1 ? sizeof(uint64_t) : 0) + 2 * TH_JPEG_BAND_RECORD(need_of(n[i])),
                         &size))
            return false;
        if (!th_add_size(sum, size, &sum) || !th_add_size(sum, 2 * ALIGN, &sum)) return false;
    }
    *bytes = sum;
    return true;
}

/* Lay the rows into their memory. */
static void lay_rows(struct work *w)
{
    const struct th_jpeg_header *h = &w->header;
    uint8_t *at = w->memory;
    for (unsigned i = 0; i < h->n_components; i++) {
        struct th_jpeg_band_blocks *r = &w->rows[i];
        const struct th_jpeg_component *c = &h->components[i];
        uint32_t across, down;
        unsigned n = w->planes[i].n;
        row_size(h, i, &across, &down);
        r->stride = across;
        r->v = (uint8_t)down;
        r->h = h->n_components == 1 ? 1 : c->h;
        r->across = across / r->h;
        r->need = (uint8_t)need_of(n);
        r->masks = (uint64_t *)(void *)at;
        if (n > 1) at += aligned((size_t)across * down * sizeof *r->masks); /* DC scans need none */
        r->records = (int16_t *)(void *)at;
        at += aligned((size_t)across * down * TH_JPEG_BAND_RECORD(r->need) * sizeof *r->records);
        w->across[i] = ceil_div(ceil_div((uint64_t)h->width * c->h, h->h_max), 8);
        w->down[i] = ceil_div(ceil_div((uint64_t)h->height * c->v, h->v_max), 8);
    }
    w->mcu_rows = ceil_div(h->height, h->n_components == 1 ? 8 : 8u * h->v_max);
}

/* One scan's part of a row of MCUs. */
static void band_row(struct work *w, struct th_jpeg_band *b, uint32_t i_row)
{
    struct th_jpeg_band_blocks blocks[MAX_COMPONENTS];
    if (b->n_components > 1) {
        for (unsigned i = 0; i < b->n_components; i++)
            blocks[i] = w->rows[b->components[i]];
        th_jpeg_band_row(b, blocks);
        return;
    }
    /* A scan of one component knows no MCUs, and only the blocks that show picture. */
    unsigned c = b->components[0], v = w->rows[c].v;
    blocks[0] = w->rows[c];
    blocks[0].across = w->across[c];
    blocks[0].h = blocks[0].v = 1;
    for (unsigned y = 0; y < v && i_row * v + y < w->down[c]; y++) {
        th_jpeg_band_row(b, blocks);
        blocks[0].masks += blocks[0].stride;
        blocks[0].records += blocks[0].stride * TH_JPEG_BAND_RECORD(blocks[0].need);
    }
}

/* Whole blocks are transformed row by row; in place. */
static void to_natural_order(const struct th_jpeg_band_blocks *r)
{
    for (size_t i = 0, n = r->stride * r->v; i < n; i++) {
        int16_t *record = r->records + i * 64, zigzag[64];
        uint64_t left = r->masks[i] & ~UINT64_C(1);
        memcpy(zigzag, record, sizeof zigzag);
        memset(record + 1, 0, sizeof zigzag - sizeof *zigzag);
        for (; left; left &= left - 1) {
            const unsigned k = (unsigned)__builtin_ctzll(left);
            record[th_jpeg_zigzag[k]] = zigzag[k];
        }
    }
}

/* The row of MCUs as samples. */
static void emit_row(const struct work *w, uint32_t i_row)
{
    for (unsigned i = 0; i < w->header.n_components; i++) {
        const struct th_jpeg_band_blocks *r = &w->rows[i];
        const struct th_jpeg_plane *p = &w->planes[i];
        struct th_jpeg_idct_row row = {.records = r->records,
                                       .n_blocks = r->stride,
                                       .stride = TH_JPEG_BAND_RECORD(r->need),
                                       .group = 1,
                                       .record_len = TH_JPEG_BAND_RECORD(r->need)};
        if (r->need == 63) to_natural_order(r);
        for (unsigned y = 0; y < r->v; y++, row.records += r->stride * row.record_len)
            th_jpeg_idct(&row, p->n, w->quant[i],
                         p->data + ((size_t)i_row * r->v + y) * p->n * p->stride, p->stride);
    }
}

static enum th_jpeg_scan_end decode_rows(struct work *w)
{
    for (uint32_t y = 0; y < w->mcu_rows; y++) {
        memset(w->memory, 0, w->row_bytes);
        for (size_t i = 0; i < w->n_bands; i++) {
            if (w->deadline_ns && th_now_ns() > w->deadline_ns) return TH_JPEG_SCAN_TIMEOUT;
            band_row(w, &w->bands[i], y);
            if (w->bands[i].wild) w->corrupt = bad_sum;
        }
        if (w->corrupt) return TH_JPEG_SCAN_CORRUPT;
        emit_row(w, y);
    }
    for (size_t i = 0; i < w->n_bands; i++) {
        th_jpeg_band_end(&w->bands[i]);
        if (w->bands[i].damaged && !w->damage) w->damage = damaged_data;
    }
    return TH_JPEG_SCAN_OK;
}

static enum th_jpeg_scan_end work_run(struct work *w, struct th_jpeg_scan *scan)
{
    uint8_t n[MAX_COMPONENTS] = {0};
    unsigned most = 1;
    for (unsigned i = 0; i < w->header.n_components; i++) {
        n[i] = (uint8_t)w->planes[i].n;
        if (n[i] > most) most = n[i];
    }
    w->dc_only = most == 1;
    enum th_jpeg_scan_end end = plan_scans(w);
    if (end) return end;
    choose_scans(w);
    end = make_bands(w);
    if (end) return end;
    if (!th_jpeg_progressive_row_bytes(&w->header, n, &w->row_bytes)) return TH_JPEG_SCAN_NO_MEMORY;
    w->memory = th_jpeg_scan_scratch(scan, w->row_bytes);
    if (!w->memory) return TH_JPEG_SCAN_NO_MEMORY;
    lay_rows(w);
    return decode_rows(w);
}

static bool side_taken(unsigned factor)
{
    return factor == 1 || factor == 2 || factor == 4;
}

bool th_jpeg_progressive_takes(const struct th_jpeg_header *h)
{
    if (h->odd || h->sof != 0xC2 || h->precision != 8) return false;
    if (h->width > MAX_SIDE || h->height > MAX_SIDE || h->n_components == 2) return false;
    unsigned n_blocks = 0;
    for (unsigned i = 0; i < h->n_components; i++) {
        const struct th_jpeg_component *c = &h->components[i];
        if (!side_taken(c->h) || !side_taken(c->v) || !h->has_quant[c->quant]) return false;
        for (unsigned k = 0; k < 64; k++)
            if (h->quant[c->quant][k] > INT16_MAX)
                return false; /* libjpeg-turbo holds them as short */
        n_blocks += (unsigned)c->h * c->v;
    }
    return n_blocks <= MAX_BLOCKS || h->n_components == 1;
}

enum th_jpeg_scan_end th_jpeg_progressive_decode(struct th_jpeg_scan *scan,
                                                 const struct th_jpeg_header *header,
                                                 const uint8_t *data, size_t len,
                                                 const struct th_jpeg_plane *planes,
                                                 uint64_t deadline_ns, const char **what)
{
    *what = NULL;
    if (!th_jpeg_progressive_takes(header)) return TH_JPEG_SCAN_GAVE_UP;
    struct work *w = th_calloc(1, sizeof *w);
    if (!w) return TH_JPEG_SCAN_NO_MEMORY;
    w->header = *header;
    w->data = data;
    w->len = len;
    w->planes = planes;
    w->deadline_ns = deadline_ns;
    enum th_jpeg_scan_end end = work_run(w, scan);
    *what = end == TH_JPEG_SCAN_CORRUPT ? w->corrupt : end ? NULL : w->damage;
    free(w->plans);
    free(w->bands);
    free(w->codes);
    free(w);
    return end;
}
