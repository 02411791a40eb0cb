/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"
#include "image/jpeg/jpeg_dc.h"
#include "image/jpeg/jpeg_idct.h"
#include "image/jpeg/jpeg_segments.h"

#define MAX_NODES 10     /* blocks of an MCU, T.81 B.2.3 */
#define MAX_SIDE  65500u /* of libjpeg */
#define N_CACHED  6      /* pairs of tables kept */

#define WINDOW_BYTES ((size_t)64 * 1024) /* of scan without stuffing in memory at one time */
#define WINDOW_PAD   64
#define WINDOW_LEAST (WINDOW_BYTES / 4) /* what is worth decoding by two streams */
#define RECORDS_BLOCKS                                                                             \
    ((size_t)16 * 1024) /* blocks between two inverse transforms, at least, ... */
#define RECORDS_BYTES ((size_t)512 * 1024) /* ... if they take no more than this */

struct th_jpeg_scan {
    struct th_jpeg_tables *cache[N_CACHED];
    uint64_t clock;
    uint8_t *window; /* WINDOW_BYTES + WINDOW_PAD */
    uint8_t *records;
    size_t records_cap;
    struct th_jpeg_segments segments;
};

/* ---- tables ---- */

static bool huff_equal(const struct th_jpeg_huff *a, const struct th_jpeg_huff *b)
{
    return a->n == b->n && !memcmp(a->counts, b->counts, sizeof a->counts) &&
           !memcmp(a->symbols, b->symbols, a->n);
}

/* The tables for a component, from the cache or built in place of those used longest ago. */
static enum th_jpeg_scan_end tables_get(struct th_jpeg_scan *scan, const struct th_jpeg_huff *dc,
                                        const struct th_jpeg_huff *ac,
                                        const struct th_jpeg_reduction *reduction,
                                        const struct th_jpeg_tables **out)
{
    unsigned oldest = 0;
    for (unsigned i = 0; i < N_CACHED; i++) {
        struct th_jpeg_tables *t = scan->cache[i];
        if (t && t->reduction == reduction && huff_equal(&t->dc_key, dc) &&
            huff_equal(&t->ac_key, ac)) {
            t->used = ++scan->clock;
            *out = t;
            return TH_JPEG_SCAN_OK;
        }
        if (!scan->cache[oldest]) continue;
        if (!t || t->used < scan->cache[oldest]->used) oldest = i;
    }
    if (!scan->cache[oldest]) {
        /* 64-byte lines; th_alloc promises 16. */
        if (th_fault(TH_FAULT_ALLOC)) return TH_JPEG_SCAN_NO_MEMORY;
        scan->cache[oldest] = aligned_alloc(64, (sizeof(struct th_jpeg_tables) + 63) / 64 * 64);
        if (!scan->cache[oldest]) return TH_JPEG_SCAN_NO_MEMORY;
    }
    struct th_jpeg_tables *t = scan->cache[oldest];
    t->used = ++scan->clock;
    if (!th_jpeg_tables_build(t, dc, ac, reduction)) return TH_JPEG_SCAN_GAVE_UP;
    *out = t;
    return TH_JPEG_SCAN_OK;
}

/* ---- the scan as a sequence of segments between restart markers, without stuffing ---- */

struct source {
    const uint8_t *at, *end; /* what is still to be copied */
    int marker;              /* that ended the segment; -1: none yet, -2: the data ended */
};

/* Copy up to `cap` bytes, each FF 00 as FF, until a marker. */
static size_t source_read(struct source *src, uint8_t *to, size_t cap)
{
    size_t done = 0;
    while (done < cap && src->marker == -1) {
        size_t left = (size_t)(src->end - src->at), n = left < cap - done ? left : cap - done;
        const uint8_t *ff = n ? memchr(src->at, 0xFF, n) : NULL;
        size_t plain = ff ? (size_t)(ff - src->at) : n;
        memcpy(to + done, src->at, plain);
        done += plain;
        src->at += plain;
        if (!ff) {
            if (n == left) src->marker = -2;
            continue;
        }
        if (src->end - src->at < 2) {
            src->marker = -2;
        } else if (src->at[1]) {
            src->marker = src->at[1];
            src->at += 2;
        } else {
            to[done++] = 0xFF;
            src->at += 2;
        }
    }
    return done;
}

/* Everything about the scan being decoded. */
struct work {
    struct th_jpeg_scan *scan;
    const struct th_jpeg_header *header;
    const struct th_jpeg_plane *planes;
    const struct th_jpeg_loops *loops;
    struct th_jpeg_pair pair;
    struct source source;
    size_t window_len;
    struct th_jpeg_node nodes[MAX_NODES];
    uint8_t component_of_node[MAX_NODES];
    unsigned n_nodes;
    bool dc_alone;
    uint32_t mcu_columns, mcu_rows, i_row;
    size_t row_blocks; /* of one row of MCUs */
    size_t record_bytes;
    uint8_t *records, *records_end;
    uint32_t until_restart; /* MCUs until predictions are reset */
    uint32_t predictions[3];
    int16_t sum_before; /* n = 1: what the record before the first one held */
    uint64_t deadline_ns;
};

/* One row of blocks of a component, whose first record is `records`. */
static void transform_row(const struct work *w, const struct th_jpeg_plane *plane,
                          const uint16_t *quant, const int16_t *records, unsigned group,
                          size_t i_block_row)
{
    const struct th_jpeg_idct_row row = {.records = records,
                                         .n_blocks = (size_t)w->mcu_columns * group,
                                         .stride =
                                             (size_t)w->n_nodes * w->loops->reduction->record_len,
                                         .group = group,
                                         .record_len = w->loops->reduction->record_len};
    th_jpeg_idct(&row, plane->n, quant, plane->data + i_block_row * plane->n * plane->stride,
                 plane->stride);
}

/* Turn the DC differences of one row of MCUs into values, in place. */
static void add_up_dc(struct work *w)
{
    unsigned len = w->loops->reduction->record_len;
    int16_t *r = (int16_t *)(void *)w->records, before = r[-(ptrdiff_t)len];
    for (uint32_t m = 0; m < w->mcu_columns; m++) {
        if (w->header->restart_interval && !w->until_restart--) {
            memset(w->predictions, 0, sizeof w->predictions);
            before = 0;
            w->until_restart = w->header->restart_interval - 1;
        }
        for (unsigned i = 0; i < w->n_nodes; i++, r += len) {
            uint32_t *prediction = &w->predictions[w->component_of_node[i]];
            int16_t now = r[0];
            *prediction += (uint32_t)(len == 1 ? (int16_t)(now - before) : now);
            before = now;
            r[0] = (int16_t)*prediction;
        }
    }
    w->sum_before = before;
}

/* Does DC alone make the samples, of MCUs that jpeg_dc takes? */
static bool is_dc_alone(const struct work *w)
{
    const uint8_t *of = w->component_of_node;
    const unsigned n = w->n_nodes;
    if (w->loops->reduction->need || !th_jpeg_dc_takes(n)) return false;
    return n == 1 || (of[n - 3] == 0 && of[n - 2] == 1);
}

/* The first row of MCUs among the records to samples, where DC is all there is to them. */
static void emit_dc_row(struct work *w)
{
    const struct th_jpeg_header *h = w->header;
    const int16_t *sums = (const int16_t *)(const void *)w->records;
    struct th_jpeg_dc dc = {.n_blocks = w->n_nodes, .luma_step = 1, .before = sums[-1]};
    unsigned i_block = 0;
    for (unsigned i = 0; i < h->n_components; i++) {
        const struct th_jpeg_component *c = &h->components[i];
        const struct th_jpeg_plane *p = &w->planes[i];
        const unsigned across = w->n_nodes == 1 ? 1 : c->h, down = w->n_nodes == 1 ? 1 : c->v;
        for (unsigned y = 0; y < down; y++)
            for (unsigned x = 0; x < across; x++)
                dc.out[i_block++] = p->data + ((size_t)w->i_row * down + y) * p->stride + x;
        if (i == 0) dc.luma_step = (uint8_t)across;
        dc.quant[i] = h->quant[c->quant][0];
    }
    memcpy(dc.predictions, w->predictions, sizeof dc.predictions);
    for (uint32_t left = w->mcu_columns, n; left; left -= n, sums += (size_t)n * w->n_nodes) {
        if (h->restart_interval && !w->until_restart) {
            memset(dc.predictions, 0, sizeof dc.predictions);
            dc.before = 0;
            w->until_restart = h->restart_interval;
        }
        n = h->restart_interval && w->until_restart < left ? w->until_restart : left;
        th_jpeg_dc_mcus(&dc, sums, n);
        w->until_restart -= h->restart_interval ? n : 0;
    }
    memcpy(w->predictions, dc.predictions, sizeof dc.predictions);
    w->sum_before = dc.before;
}

/* The same in general. */
static void emit_block_rows(struct work *w)
{
    add_up_dc(w);
    const int16_t *records = (const int16_t *)(const void *)w->records;
    for (unsigned i = 0; i < w->header->n_components; i++) {
        const struct th_jpeg_component *c = &w->header->components[i];
        unsigned h = w->n_nodes == 1 ? 1 : c->h, v = w->n_nodes == 1 ? 1 : c->v;
        for (unsigned y = 0; y < v; y++) {
            transform_row(w, &w->planes[i], w->header->quant[c->quant], records, h,
                          (size_t)w->i_row * v + y);
            records += h * w->loops->reduction->record_len;
        }
    }
}

/* Turn the first row of MCUs among the records into samples. False: irregular. */
static bool emit_row(struct work *w)
{
    if (w->dc_alone)
        emit_dc_row(w);
    else
        emit_block_rows(w);
    w->i_row++;
    /* libjpeg adds up in 32 bits and stops where that would overflow; far before that we leave it
     * to it. */
    for (unsigned i = 0; i < w->header->n_components; i++)
        if ((int32_t)w->predictions[i] > 1 << 30 || (int32_t)w->predictions[i] < -(1 << 30))
            return false;
    return true;
}

/* Emit the whole rows among the records before `out`; what is left of them moves to the front.
 * Returns where the next record goes, NULL: irregular. */
static uint8_t *emit_rows(struct work *w, uint8_t *out)
{
    uint8_t *const start = w->records;
    size_t row_bytes = w->row_blocks * w->record_bytes;
    bool ok = true;
    for (; ok && (size_t)(out - w->records) >= row_bytes; w->records += row_bytes) {
        if (w->loops->reduction->need == 0)
            memcpy(w->records - w->record_bytes, &w->sum_before, w->record_bytes);
        ok = emit_row(w);
    }
    size_t left = (size_t)(out - w->records);
    if (w->records != start) {
        memmove(start, w->records, left);
        if (w->loops->reduction->need && w->i_row < w->mcu_rows)
            memset(start + left, 0, (size_t)(out - start) - left + w->record_bytes);
    }
    w->records = start;
    return ok ? start + left : NULL;
}

/* ---- the scan ---- */

static void window_fill(struct work *w, struct th_jpeg_stream *s)
{
    uint8_t *window = w->scan->window;
    size_t used = s->in ? (size_t)(s->in - window) : 0;
    if (used > w->window_len) used = w->window_len;
    memmove(window, window + used, w->window_len - used);
    w->window_len -= used;
    w->window_len += source_read(&w->source, window + w->window_len, WINDOW_BYTES - w->window_len);
    memset(window + w->window_len, 0, WINDOW_PAD);
    s->in = window;
}

/* How long a block is on average, of those that are left of the segment. */
static size_t block_bits(const struct work *w, const struct th_jpeg_stream *s, uint64_t n_blocks)
{
    size_t bytes = (size_t)(w->scan->window + w->window_len - s->in);
    if (w->source.marker == -1 && !w->header->restart_interval)
        bytes += (size_t)(w->source.end - w->source.at);
    return (size_t)(bytes * 8 / n_blocks);
}

/* Up to n blocks of what is in the window: by two streams as far as they come and to the end of the
 * block after that, or by one. */
static enum th_jpeg_run_end decode_blocks(struct work *w, struct th_jpeg_stream *s, size_t n,
                                          const uint8_t *limit, size_t bits)
{
    const uint8_t *start = s->out, *end = w->scan->window + w->window_len;
    uint8_t *out_end = s->out + n * w->record_bytes;
    if (th_jpeg_pair_decode(&w->pair, s, end, n, bits) == TH_JPEG_RUN_IRREGULAR)
        return TH_JPEG_RUN_IRREGULAR;
    if (s->out != start && s->out != out_end) out_end = s->out + w->record_bytes;
    return w->loops->run(s, out_end, limit);
}

/* Decode `n_blocks`, up to the marker that ends this segment, behind *out. */
static enum th_jpeg_scan_end decode_segment(struct work *w, uint64_t n_blocks, uint8_t **out)
{
    struct th_jpeg_stream s = {
        .table = w->nodes[0].dc, .node = &w->nodes[0], .k = w->loops->reduction->bias << 8};
    s.out = *out;
    w->window_len = 0;
    w->source.marker = -1;
    window_fill(w, &s);
    const uint8_t *window = w->scan->window;
    while (n_blocks) {
        if (w->deadline_ns && th_now_ns() > w->deadline_ns) return TH_JPEG_SCAN_TIMEOUT;
        size_t room = (size_t)(w->records_end - s.out) / w->record_bytes;
        size_t n = n_blocks < room ? (size_t)n_blocks : room;
        uint8_t *start = s.out;
        if (w->source.marker == -1 && (size_t)(window + w->window_len - s.in) < WINDOW_LEAST)
            window_fill(w, &s);
        /* Within the data no pass may see the padding, which more data will replace; at its end 16
         * bytes more let the last bits of it be used up, and what was used is checked below. */
        bool last = w->source.marker != -1;
        const uint8_t *limit = last ? window + w->window_len + 8 : window + w->window_len - 48;
        enum th_jpeg_run_end end = decode_blocks(w, &s, n, limit, block_bits(w, &s, n_blocks));
        if (end == TH_JPEG_RUN_IRREGULAR) return TH_JPEG_SCAN_GAVE_UP;
        n_blocks -= (size_t)(s.out - start) / w->record_bytes;
        if (end == TH_JPEG_RUN_HUNGRY) {
            if (last) return TH_JPEG_SCAN_GAVE_UP;
            window_fill(w, &s);
        } else {
            s.out = emit_rows(w, s.out);
            if (!s.out) return TH_JPEG_SCAN_GAVE_UP;
        }
    }
    *out = s.out;
    /* All but the padding of the last byte must be used, and no more than all. */
    if (w->source.marker ==
        -1) { /* the window ends before the segment does: at most a few bytes, if regular */
        window_fill(w, &s);
        if (w->source.marker == -1) return TH_JPEG_SCAN_GAVE_UP;
    }
    int64_t left = (int64_t)(w->window_len * 8) - ((s.in - window) * 8 - (int64_t)(s.n & 63));
    return left >= 0 && left < 8 ? TH_JPEG_SCAN_OK : TH_JPEG_SCAN_GAVE_UP;
}

/* Up to `most` whole segments, of which the first is the i-th, into the window. What does not end
 * with the restart marker that comes next is left. */
static void fill_segments(struct work *w, unsigned i, size_t most)
{
    struct th_jpeg_segments *segments = &w->scan->segments;
    uint8_t *window = w->scan->window;
    size_t len = 0;
    for (segments->n = 0; segments->n < most && segments->n < TH_JPEG_SEGMENTS_MAX; i++) {
        struct source source = w->source;
        source.marker = -1;
        len += source_read(&source, window + len, WINDOW_BYTES - len);
        if (source.marker != 0xD0 + (int)(i & 7)) break;
        segments->ends[segments->n++] = (uint32_t)len;
        w->source = source;
    }
    segments->data = window;
    if (segments->n) memset(window + segments->ends[segments->n - 1], 0, WINDOW_PAD);
}

/* Segments that are much smaller than the window, n_blocks each, by two streams: as many as there
 * is room for, but not the last of the picture. *n is how many, possibly none. */
static enum th_jpeg_scan_end decode_batch(struct work *w, unsigned i, uint64_t n_left,
                                          uint64_t n_blocks, uint8_t **out, size_t *n)
{
    size_t room = (size_t)(w->records_end - *out) / w->record_bytes;
    uint64_t most = n_left - 1 < room / n_blocks ? n_left - 1 : room / n_blocks;
    *n = 0;
    if (most < 2 || (uint64_t)(w->source.end - w->source.at) / n_left > WINDOW_BYTES / 8)
        return TH_JPEG_SCAN_OK;
    if (w->deadline_ns && th_now_ns() > w->deadline_ns) return TH_JPEG_SCAN_TIMEOUT;
    fill_segments(w, i, (size_t)most);
    *n = w->scan->segments.n;
    if (!*n) return TH_JPEG_SCAN_OK;
    if (!th_jpeg_segments_decode(&w->pair, &w->scan->segments, (size_t)n_blocks, *out))
        return TH_JPEG_SCAN_GAVE_UP;
    *out = emit_rows(w, *out + *n * (size_t)n_blocks * w->record_bytes);
    return *out ? TH_JPEG_SCAN_OK : TH_JPEG_SCAN_GAVE_UP;
}

static enum th_jpeg_scan_end decode_segments(struct work *w)
{
    uint64_t left = (uint64_t)w->mcu_columns * w->mcu_rows * w->n_nodes;
    uint64_t interval = (uint64_t)w->header->restart_interval * w->n_nodes;
    uint8_t *out = w->records;
    for (unsigned i = 0; left;) {
        size_t n_batch = 0;
        enum th_jpeg_scan_end end = TH_JPEG_SCAN_OK;
        if (interval && left > interval)
            end = decode_batch(w, i, (left - 1) / interval + 1, interval, &out, &n_batch);
        i += (unsigned)n_batch;
        left -= n_batch * interval;
        if (end) return end;
        if (n_batch) continue;
        uint64_t n = interval && interval < left ? interval : left;
        end = decode_segment(w, n, &out);
        if (end) return end;
        left -= n;
        int want = left ? 0xD0 + (int)(i++ & 7) : 0xD9;
        if (w->source.marker != want) return TH_JPEG_SCAN_GAVE_UP;
    }
    return TH_JPEG_SCAN_OK;
}

static bool side_taken(unsigned factor)
{
    return factor == 1 || factor == 2 || factor == 4;
}

bool th_jpeg_scan_takes(const struct th_jpeg_header *h)
{
    if (h->width > MAX_SIDE || h->height > MAX_SIDE) return false;
    if (h->odd || (h->sof != 0xC0 && h->sof != 0xC1) || h->precision != 8) return false;
    if ((h->n_components != 1 && h->n_components != 3) || h->scan_components != h->n_components)
        return false;
    if (h->ss != 0 || h->se != 63 || h->ah || h->al) return false;
    unsigned n_blocks = 0;
    for (unsigned i = 0; i < h->n_components; i++) {
        const struct th_jpeg_component *c = &h->components[i];
        if (h->scan_index[i] != i || !side_taken(c->h) || !side_taken(c->v)) return false;
        if (!h->has_quant[c->quant] || !h->dc[c->dc_table].present || !h->ac[c->ac_table].present)
            return false;
        for (unsigned k = 0; k < 64; k++)
            if (h->quant[c->quant][k] > INT16_MAX)
                return false; /* libjpeg-turbo holds them as short */
        n_blocks += (unsigned)c->h * c->v;
    }
    return n_blocks <= MAX_NODES || h->n_components == 1;
}

static uint32_t ceil_div(uint64_t a, uint64_t b)
{
    return (uint32_t)((a + b - 1) / b);
}

void th_jpeg_scan_size(const struct th_jpeg_header *h, unsigned i_component, unsigned n,
                       uint32_t *width, uint32_t *height, uint32_t *block_width,
                       uint32_t *block_height)
{
    const struct th_jpeg_component *c = &h->components[i_component];
    uint32_t cw = ceil_div((uint64_t)h->width * c->h, h->h_max),
             ch = ceil_div((uint64_t)h->height * c->v, h->v_max);
    *width = ceil_div((uint64_t)cw * n, 8);
    *height = ceil_div((uint64_t)ch * n, 8);
    /* A scan of one component has no MCUs to fill up. */
    bool alone = h->n_components == 1;
    *block_width = (alone ? ceil_div(cw, 8) : ceil_div(h->width, 8u * h->h_max) * c->h) * n;
    *block_height = (alone ? ceil_div(ch, 8) : ceil_div(h->height, 8u * h->v_max) * c->v) * n;
}

static enum th_jpeg_scan_end work_nodes(struct work *w)
{
    const struct th_jpeg_header *h = w->header;
    for (unsigned i = 0; i < h->n_components; i++) {
        const struct th_jpeg_component *c = &h->components[i];
        const struct th_jpeg_tables *t = NULL;
        enum th_jpeg_scan_end end =
            tables_get(w->scan, &h->dc[c->dc_table], &h->ac[c->ac_table], w->loops->reduction, &t);
        if (end) return end;
        unsigned n = h->n_components == 1 ? 1 : (unsigned)c->h * c->v;
        for (; n; n--) {
            w->component_of_node[w->n_nodes] = (uint8_t)i;
            w->nodes[w->n_nodes++] = (struct th_jpeg_node){
                .tables = t, .dc = t->dc, .ac = t->ac[w->loops->reduction->need ? 0 : 1]};
        }
    }
    for (unsigned i = 0; i < w->n_nodes; i++) {
        w->nodes[i].next = &w->nodes[(i + 1) % w->n_nodes];
        w->nodes[i].next_dc = w->nodes[i].next->dc;
    }
    return TH_JPEG_SCAN_OK;
}

uint8_t *th_jpeg_scan_scratch(struct th_jpeg_scan *scan, size_t size)
{
    if (scan->records_cap >= size) return scan->records;
    free(scan->records);
    scan->records_cap = 0;
    scan->records = th_alloc(size);
    if (scan->records) scan->records_cap = size;
    return scan->records;
}

static bool work_buffers(struct work *w)
{
    struct th_jpeg_scan *scan = w->scan;
    if (!scan->window) scan->window = th_alloc(WINDOW_BYTES + WINDOW_PAD);
    /* A row may be left when the next begins; one record lies before the first and one behind the
     * last. */
    size_t all = (size_t)w->mcu_rows * w->row_blocks, most = RECORDS_BYTES / w->record_bytes, bytes;
    if (most > RECORDS_BLOCKS) most = RECORDS_BLOCKS;
    size_t n_records = (all < most ? all : most) + w->row_blocks, n_spare = n_records / 2;
    if (!th_mul_size(n_records + 2 + n_spare + 2, w->record_bytes, &bytes)) return false;
    if (!th_jpeg_scan_scratch(scan, bytes) || !scan->window) return false;
    memset(scan->records, 0, bytes);
    w->records = scan->records + w->record_bytes;
    w->records_end = w->records + n_records * w->record_bytes;
    w->pair = (struct th_jpeg_pair){.loops = w->loops,
                                    .first = w->nodes,
                                    .spare = w->records_end + w->record_bytes,
                                    .n_spare = n_spare};
    return true;
}

enum th_jpeg_scan_end th_jpeg_scan_decode(struct th_jpeg_scan *scan,
                                          const struct th_jpeg_header *header, const uint8_t *data,
                                          size_t len, const struct th_jpeg_plane *planes,
                                          uint64_t deadline_ns)
{
    if (!th_jpeg_scan_takes(header)) return TH_JPEG_SCAN_GAVE_UP;
    unsigned n = 1;
    for (unsigned i = 0; i < header->n_components; i++)
        if (planes[i].n > n) n = planes[i].n;
    struct work w = {.scan = scan,
                     .header = header,
                     .planes = planes,
                     .loops = th_jpeg_loops_pick(n),
                     .source = {.at = data + header->scan_offset, .end = data + len},
                     .deadline_ns = deadline_ns};
    enum th_jpeg_scan_end end = work_nodes(&w);
    if (end) return end;
    bool alone = header->n_components == 1;
    w.mcu_columns = ceil_div(header->width, alone ? 8 : 8u * header->h_max);
    w.mcu_rows = ceil_div(header->height, alone ? 8 : 8u * header->v_max);
    w.row_blocks = (size_t)w.mcu_columns * w.n_nodes;
    w.record_bytes = w.loops->reduction->record_len * sizeof(int16_t);
    w.dc_alone = is_dc_alone(&w);
    if (!work_buffers(&w)) return TH_JPEG_SCAN_NO_MEMORY;
    return decode_segments(&w);
}

struct th_jpeg_scan *th_jpeg_scan_create(void)
{
    return th_calloc(1, sizeof(struct th_jpeg_scan));
}

void th_jpeg_scan_destroy(struct th_jpeg_scan *scan)
{
    if (!scan) return;
    for (unsigned i = 0; i < N_CACHED; i++)
        free(scan->cache[i]);
    free(scan->window);
    free(scan->records);
    free(scan);
}
