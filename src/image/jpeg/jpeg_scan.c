/*
 * One loop decodes everything, DC and AC, without a branch that depends on the data: each pass looks up the next bits
 * in the table of the present state and moves on by what it finds. Where blocks end is as good as random, so a loop
 * per block costs a wrong guess per block, which is more than the three or four passes a block needs here. What the
 * tables cannot say in one entry is left to slow_step(), one symbol at a time.
 */
#include "image/jpeg/jpeg_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"

#define TABLE_BITS 12
#define TABLE_SIZE (1u << TABLE_BITS)

/* An entry: bits 0 to 5 how many bits it takes, bit 6 whether the block ends, bits 8 to 15 how far the position in
 * the block moves, bits 16 to 31 a value to store (signed). An entry whose advance is ADVANCE_SLOW pushes the position
 * over its limit, which is the one test the loop makes. */
#define ENTRY_ENDS   0x40u
#define ADVANCE_MASK 0xFF00u
#define ADVANCE_SLOW 0x80u

/* The longest entry. Three of them fit into the 56 bits that a refill leaves at least. Bits that are only skipped need
 * not lie within the table's index, so this is more than TABLE_BITS. */
#define ENTRY_MAX_BITS 18
#define MAX_NODES      10     /* blocks of an MCU, T.81 B.2.3 */
#define MAX_SIDE       65500u /* of libjpeg */
#define N_CACHED       6      /* pairs of tables kept */

#define WINDOW_BYTES   ((size_t)64 * 1024) /* of scan without stuffing in memory at one time */
#define WINDOW_PAD     64
#define RECORDS_BLOCKS ((size_t)8 * 1024) /* blocks between two inverse transforms, at least */

#define PAST_NEED       (64u << 8)                                     /* the bit of a biased position that says so */
#define HIDE_OUTCOME(c) __builtin_expect_with_probability((c), 1, 0.5) /* asks for a conditional move */

/* How many coefficients a reduction keeps. The position k within a block is held biased, so that "k is past the last
 * coefficient wanted" is one bit of it (64), which then selects the table. */
struct reduction {
    unsigned need;          /* zigzag index of the last coefficient wanted */
    unsigned record_len;    /* int16 for one block */
    unsigned bias;          /* 64 - need; 0 where no AC coefficient is wanted */
    unsigned limit;         /* biased position from which the careful path takes over: k >= 63 */
    uint8_t slot_bytes[64]; /* where a coefficient goes within the record, in bytes; past the record if not wanted */
};

/* Past the record lies the DC value of the next block, which is written after all that may be dropped there. */
#define NO2 8
#define NO4 32
static const struct reduction reduce_1 = {.need = 0, .record_len = 1, .bias = 0, .limit = 63};
static const struct reduction reduce_2 = {
    .need = 4,
    .record_len = 4,
    .bias = 60,
    .limit = 63 + 60,
    .slot_bytes = {0,   2,   4,   NO2, 6,   NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2,
                   NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2,
                   NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2,
                   NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2},
};
static const struct reduction reduce_4 = {
    .need = 24,
    .record_len = 16,
    .bias = 40,
    .limit = 63 + 40,
    .slot_bytes = {0,   2,   8,   16,  10,  4,   6,   12,  18,  24,  NO4, 26,  20,  14,  NO4, NO4,
                   NO4, 22,  28,  NO4, NO4, NO4, NO4, NO4, 30,  NO4, NO4, NO4, NO4, NO4, NO4, NO4,
                   NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4,
                   NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4},
};

/* One Huffman code, for the careful path and for building tables. */
struct code {
    int32_t max_code[17];    /* the largest code of each length, -1: none */
    int32_t first_index[17]; /* index of its symbol is this plus the code */
    uint8_t symbols[256];
    uint8_t length[TABLE_SIZE]; /* of the code that begins with these bits, 0: longer than TABLE_BITS or none */
    uint8_t symbol[TABLE_SIZE];
};

/* The tables of one kind of block (a component's DC and AC code) under one reduction. */
struct tables {
    struct th_jpeg_huff dc_key, ac_key;
    const struct reduction *reduction; /* NULL: unused */
    uint64_t used;
    struct code dc_code, ac_code;
    _Alignas(64) uint32_t dc[TABLE_SIZE];
    uint32_t ac[2][TABLE_SIZE]; /* [0] coefficients wanted: one symbol with its value. [1] skip */
};

/* One block of the MCU: what follows what. */
struct node {
    const uint32_t *ac, *dc, *next_dc;
    const struct node *next;
    const struct tables *tables;
};

/* A reader of the scan. `buf` holds the next bits from the top; its number of valid bits is n modulo 64 (what lies
 * above is rubbish, since entries are subtracted whole). Bits of buf below the valid ones equal those at `in`. */
struct stream {
    uint64_t buf, n;
    const uint8_t *in;
    const uint32_t *table;
    const struct node *node;
    uint8_t *out; /* record of the present block */
    uint32_t k;   /* biased position, times 256 */
    uint32_t sum; /* n = 1: sum of all DC differences so far */
};

struct th_jpeg_scan {
    struct tables *cache[N_CACHED];
    uint64_t clock;
    uint8_t *window; /* WINDOW_BYTES + WINDOW_PAD */
    uint8_t *records;
    size_t records_cap;
};

/* ---- tables ---- */

/* False for what libjpeg does not accept either: too many codes, one that is all ones, a DC symbol over 15. */
static bool code_init(struct code *c, const struct th_jpeg_huff *h, bool is_dc)
{
    memset(c, 0, sizeof *c);
    memcpy(c->symbols, h->symbols, sizeof c->symbols);
    for (unsigned i = 0; is_dc && i < h->n; i++)
        if (h->symbols[i] > 15) return false;
    int32_t code = 0, index = 0;
    for (unsigned len = 1; len <= 16; len++) {
        c->first_index[len] = index - code;
        for (unsigned i = 0; i < h->counts[len - 1]; i++, code++, index++) {
            if (code >= ((int32_t)1 << len) - 1) return false;
            if (len > TABLE_BITS) continue;
            unsigned at = (unsigned)code << (TABLE_BITS - len), n = 1u << (TABLE_BITS - len);
            memset(c->length + at, (int)len, n);
            memset(c->symbol + at, h->symbols[index], n);
        }
        c->max_code[len] = h->counts[len - 1] ? code - 1 : -1;
        code <<= 1;
    }
    return true;
}

/* T.81 F.2.2.1: the value that `size` extra bits stand for. */
static int32_t extend(uint32_t bits, unsigned size)
{
    return size && !(bits >> (size - 1)) ? (int32_t)bits - (int32_t)((1u << size) - 1) : (int32_t)bits;
}

static uint32_t entry(unsigned bits, bool ends, unsigned advance, int32_t value)
{
    return bits | (ends ? ENTRY_ENDS : 0) | advance << 8 | (uint32_t)value << 16;
}

/* What an AC symbol does: false if it is none of baseline. An advance of 0 is the end of the block. */
static bool ac_meaning(uint8_t symbol, unsigned *advance, unsigned *size)
{
    unsigned run = symbol >> 4;
    *size = symbol & 15;
    *advance = *size ? run + 1 : run == 15 ? 16 : 0;
    return *size <= 10;
}

/* Append to an entry that has taken `used` bits of `index` as many AC symbols as can be told from the rest, without
 * looking at their values. */
static uint32_t append_skips(const struct code *ac, unsigned index, unsigned used, bool is_dc, int32_t value)
{
    bool ends = false;
    unsigned advance = 0;
    while (used < TABLE_BITS && !ends) {
        unsigned at = index << used & (TABLE_SIZE - 1), len = ac->length[at], adv, size;
        if (!len || len > TABLE_BITS - used) break;
        if (!ac_meaning(ac->symbol[at], &adv, &size)) break;
        if (used + len + size > ENTRY_MAX_BITS || advance + adv > 63) break;
        used += len + size;
        advance += adv;
        ends = !adv;
    }
    if (!used) return entry(0, false, ADVANCE_SLOW, 0);
    /* An end of block alone must not store its value over the coefficient before it. */
    if (!advance && !is_dc) advance = 1;
    return entry(used, ends, advance, value);
}

/* Append an end of block if it follows, and nothing else. */
static uint32_t append_end(const struct code *ac, unsigned index, unsigned used, unsigned advance, int32_t value)
{
    unsigned at = index << used & (TABLE_SIZE - 1), adv, size;
    unsigned len = used < TABLE_BITS ? ac->length[at] : 0;
    if (len && len <= TABLE_BITS - used && ac_meaning(ac->symbol[at], &adv, &size) && !adv)
        return entry(used + len, true, advance, value);
    return entry(used, false, advance, value);
}

static uint32_t dc_entry(const struct tables *t, unsigned index)
{
    unsigned len = t->dc_code.length[index], size = t->dc_code.symbol[index];
    if (!len || size > 11 || len + size > TABLE_BITS) return entry(0, false, ADVANCE_SLOW, 0);
    uint32_t bits = index >> (TABLE_BITS - len - size) & ((1u << size) - 1);
    int32_t value = extend(bits, size);
    if (!t->reduction->need) return append_skips(&t->ac_code, index, len + size, true, value);
    return append_end(&t->ac_code, index, len + size, 0, value);
}

/* An AC symbol that may be wanted: with its value, unless it lands behind all that are wanted. */
static uint32_t wanted_entry(const struct tables *t, unsigned index)
{
    unsigned len = t->ac_code.length[index], adv, size;
    if (!len || !ac_meaning(t->ac_code.symbol[index], &adv, &size)) return entry(0, false, ADVANCE_SLOW, 0);
    if (!adv) return entry(len, true, t->reduction->need + 1, 0); /* to where nothing is stored */
    if (adv > t->reduction->need) return append_skips(&t->ac_code, index, 0, false, 0);
    if (len + size > TABLE_BITS) return entry(0, false, ADVANCE_SLOW, 0);
    uint32_t bits = index >> (TABLE_BITS - len - size) & ((1u << size) - 1);
    return append_end(&t->ac_code, index, len + size, adv, extend(bits, size));
}

static bool tables_build(struct tables *t, const struct th_jpeg_huff *dc, const struct th_jpeg_huff *ac,
                         const struct reduction *reduction)
{
    t->reduction = NULL; /* unused until complete */
    if (!code_init(&t->dc_code, dc, true) || !code_init(&t->ac_code, ac, false)) return false;
    t->dc_key = *dc;
    t->ac_key = *ac;
    t->reduction = reduction;
    for (unsigned i = 0; i < TABLE_SIZE; i++) {
        t->dc[i] = dc_entry(t, i);
        t->ac[0][i] = wanted_entry(t, i);
        t->ac[1][i] = append_skips(&t->ac_code, i, 0, false, 0);
    }
    return true;
}

static bool huff_equal(const struct th_jpeg_huff *a, const struct th_jpeg_huff *b)
{
    return a->n == b->n && !memcmp(a->counts, b->counts, sizeof a->counts) && !memcmp(a->symbols, b->symbols, a->n);
}

/* The tables for a component, from the cache or built in place of those used longest ago. */
static enum th_jpeg_scan_end tables_get(struct th_jpeg_scan *scan, const struct th_jpeg_huff *dc,
                                        const struct th_jpeg_huff *ac, const struct reduction *reduction,
                                        const struct tables **out)
{
    unsigned oldest = 0;
    for (unsigned i = 0; i < N_CACHED; i++) {
        struct tables *t = scan->cache[i];
        if (t && t->reduction == reduction && huff_equal(&t->dc_key, dc) && huff_equal(&t->ac_key, ac)) {
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
        scan->cache[oldest] = aligned_alloc(64, (sizeof(struct tables) + 63) / 64 * 64);
        if (!scan->cache[oldest]) return TH_JPEG_SCAN_NO_MEMORY;
    }
    struct tables *t = scan->cache[oldest];
    t->used = ++scan->clock;
    if (!tables_build(t, dc, ac, reduction)) return TH_JPEG_SCAN_GAVE_UP;
    *out = t;
    return TH_JPEG_SCAN_OK;
}

/* ---- the loop ---- */

static inline uint64_t load_be64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* Fill buf to at least 56 bits, without a branch. Reads 8 bytes at `in`, moves it by 7 at most. */
static inline __attribute__((always_inline)) void refill(struct stream *s)
{
    s->buf |= load_be64(s->in) >> (s->n & 63);
    s->in += ~s->n >> 3 & 7;
    s->n |= 56;
}

static inline void take_bits(struct stream *s, unsigned n)
{
    s->buf <<= n;
    s->n -= n;
}

/* The next symbol by the book; -1: no such code. */
static int decode_symbol(struct stream *s, const struct code *c)
{
    unsigned at = (unsigned)(s->buf >> (64 - TABLE_BITS));
    if (c->length[at]) {
        take_bits(s, c->length[at]);
        return c->symbol[at];
    }
    for (unsigned len = TABLE_BITS + 1; len <= 16; len++) {
        int32_t code = (int32_t)(s->buf >> (64 - len));
        if (code > c->max_code[len]) continue;
        take_bits(s, len);
        return c->symbols[(unsigned)(c->first_index[len] + code) & 255];
    }
    return -1;
}

static int32_t decode_value(struct stream *s, unsigned size)
{
    if (!size) return 0;
    uint32_t bits = (uint32_t)(s->buf >> (64 - size));
    take_bits(s, size);
    return extend(bits, size);
}

static inline void store16(uint8_t *p, int32_t value)
{
    int16_t v = (int16_t)value;
    memcpy(p, &v, sizeof v);
}

/* One symbol, with all checks. False: the data is irregular. Refills once. */
static bool slow_step(struct stream *s, const struct reduction *r)
{
    s->n &= 63;
    refill(s);
    const struct tables *t = s->node->tables;
    if (s->table == s->node->dc) {
        int size = decode_symbol(s, &t->dc_code);
        if (size < 0 || size > 11) return false;
        int32_t value = decode_value(s, (unsigned)size);
        s->sum += (uint32_t)value;
        store16(s->out, r->need ? value : (int32_t)s->sum);
        s->table = s->node->ac;
        s->k = r->bias << 8;
        return true;
    }
    int symbol = decode_symbol(s, &t->ac_code);
    unsigned adv, size;
    if (symbol < 0 || !ac_meaning((uint8_t)symbol, &adv, &size)) return false;
    unsigned k = (s->k >> 8) - r->bias + adv;
    if (k > 63) return false;
    int32_t value = decode_value(s, size);
    if (r->need && adv) store16(s->out + r->slot_bytes[k], value);
    if (!adv || k == 63) {
        s->out += r->record_len * sizeof(int16_t);
        s->table = s->node->next_dc;
        s->node = s->node->next;
        s->k = r->bias << 8;
    } else {
        s->k = (k + r->bias) << 8;
        s->table = s->node->ac + (r->need && k >= r->need ? TABLE_SIZE : 0);
    }
    return true;
}

/* One lookup. False: slow_step() must take it. */
static inline __attribute__((always_inline)) bool step(struct stream *s, const struct reduction *r)
{
    uint32_t e = s->table[s->buf >> (64 - TABLE_BITS)];
    uint32_t k = s->k + (e & ADVANCE_MASK);
    if (__builtin_expect(k >= r->limit << 8, 0)) return false;
    s->buf <<= e & 63;
    s->n -= e;
    int32_t value = (int32_t)e >> 16;
    const uint32_t *ac = s->node->ac;
    if (r->need) {
        store16(s->out + r->slot_bytes[(size_t)(k >> 8) - r->bias], value);
        ac += (k & PAST_NEED) / (PAST_NEED / TABLE_SIZE);
    } else {
        s->sum += (uint32_t)value;
        store16(s->out, (int32_t)s->sum);
    }
    bool ends = e & ENTRY_ENDS;
    const uint32_t *next_dc = s->node->next_dc;
    const struct node *next = s->node->next;
    s->table = HIDE_OUTCOME(ends) ? next_dc : ac;
    s->node = HIDE_OUTCOME(ends) ? next : s->node;
    s->k = HIDE_OUTCOME(ends) ? r->bias << 8 : k;
    s->out += (e / ENTRY_ENDS & 1) * (r->record_len * sizeof(int16_t));
    return true;
}

enum run_end {
    RUN_DONE, /* out reached out_end */
    RUN_HUNGRY /* in went past in_limit */,
    RUN_IRREGULAR
};

/* Decode until one of these. Every pass of the first loop ends at most three blocks, moves `in` by at most 14 bytes and
 * reads 8 bytes there; the second loop takes the blocks that are left one step at a time. */
static inline __attribute__((always_inline)) enum run_end run(struct stream *stream, uint8_t *out_end,
                                                              const uint8_t *in_limit, const struct reduction *r)
{
    struct stream s = *stream;
    const ptrdiff_t record = (ptrdiff_t)(r->record_len * sizeof(int16_t));
    enum run_end end = RUN_IRREGULAR;
    while (out_end - s.out >= 3 * record && s.in <= in_limit) {
        refill(&s);
        if (__builtin_expect(step(&s, r) && step(&s, r) && step(&s, r), 1)) continue;
        struct stream copy = s; /* so that s itself can live in registers */
        bool ok = slow_step(&copy, r);
        s = copy;
        if (!ok) goto out;
    }
    while (s.out != out_end && s.in <= in_limit) {
        refill(&s);
        if (step(&s, r)) continue;
        struct stream copy = s;
        bool ok = slow_step(&copy, r);
        s = copy;
        if (!ok) goto out;
    }
    end = s.out == out_end ? RUN_DONE : RUN_HUNGRY;
out:
    *stream = s;
    return end;
}

typedef enum run_end run_fn(struct stream *s, uint8_t *out_end, const uint8_t *in_limit);

#define RUN_VARIANT(name, reduction, attributes)                                                                       \
    attributes static enum run_end name(struct stream *s, uint8_t *out_end, const uint8_t *in_limit)                   \
    {                                                                                                                  \
        return run(s, out_end, in_limit, &(reduction));                                                                \
    }
RUN_VARIANT(run_1, reduce_1, )
RUN_VARIANT(run_2, reduce_2, )
RUN_VARIANT(run_4, reduce_4, )
#if defined(__x86_64__)
/* Shifts by a variable count are one operation instead of three there. */
#define BMI2 __attribute__((target("bmi,bmi2")))
RUN_VARIANT(run_1_bmi2, reduce_1, BMI2)
RUN_VARIANT(run_2_bmi2, reduce_2, BMI2)
RUN_VARIANT(run_4_bmi2, reduce_4, BMI2)
#endif

static run_fn *pick_run(unsigned n)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
        return n == 1 ? run_1_bmi2 : n == 2 ? run_2_bmi2 : run_4_bmi2;
#endif
    return n == 1 ? run_1 : n == 2 ? run_2 : run_4;
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
    const struct reduction *reduction;
    run_fn *run;
    struct source source;
    size_t window_len;
    struct node nodes[MAX_NODES];
    uint8_t component_of_node[MAX_NODES];
    unsigned n_nodes;
    uint32_t mcu_columns, mcu_rows, i_row;
    size_t row_blocks; /* of one row of MCUs */
    size_t record_bytes;
    uint8_t *records, *records_end;
    uint32_t until_restart; /* MCUs until predictions are reset */
    uint32_t predictions[3];
    int16_t sum_before; /* n = 1: what the record before the first one held */
    uint32_t last_sum;
    uint64_t deadline_ns;
};

/* ---- inverse transforms ---- */

/* Sanitizers cannot run before the dynamic linker has chosen. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("default", "avx2")))
#else
#define CLONES
#endif

/* Blocks are transformed CHUNK at a time, coefficient by coefficient, which lets the compiler use whole vectors. */
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

/* With the wrap-around of wild values that libjpeg's table of limits has. */
CLONES void th_jpeg_scan_dc_samples(const int16_t *restrict dc, size_t n, uint16_t quantiser, uint8_t *restrict out)
{
    int32_t q = quantiser;
    for (size_t i = 0; i < n; i++) {
        uint32_t v = (uint32_t)((dc[i] * q + 4) >> 3);
        int32_t wrapped = (int32_t)(v << 22) >> 22;
        out[i] = (uint8_t)clamp(wrapped + 128, 0, 255);
    }
}

CLONES static void transform_2(struct chunk *c, const int32_t q[4])
{
    int32_t q0 = q[0], q1 = q[1], q2 = q[2], q3 = q[3];
    uint16_t *restrict out0 = (uint16_t *)(void *)c->out[0], *restrict out1 = (uint16_t *)(void *)c->out[1];
    for (unsigned i = 0; i < CHUNK; i++) {
        int32_t level = dequantise(c->in[0][i], q0) + 4 + 128 * 8, across = dequantise(c->in[1][i], q1);
        int32_t down = dequantise(c->in[2][i], q2), both = dequantise(c->in[3][i], q3);
        int32_t top = level + down, bottom = level - down, top_slope = across + both, bottom_slope = across - both;
        out0[i] = pack2(clamp((top + top_slope) >> 3, 0, 255), clamp((top - top_slope) >> 3, 0, 255));
        out1[i] = pack2(clamp((bottom + bottom_slope) >> 3, 0, 255), clamp((bottom - bottom_slope) >> 3, 0, 255));
    }
}

/* One dimension of the 4-point transform, times sqrt(8), in place; constants have 8 fractional bits and so does the
 * result on top of those of the input. */
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
            int32_t d = dequantise(c->in[8 + x][i], q[8 + x]), e = dequantise(c->in[12 + x][i], q[12 + x]);
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

static void transform(struct chunk *c, unsigned n, const uint16_t *quant)
{
    static const uint8_t zigzag[16] = {0, 1, 5, 6, 2, 4, 7, 13, 3, 8, 12, 17, 9, 11, 18, 24};
    int32_t q[16];
    if (n == 1) {
        th_jpeg_scan_dc_samples(c->in[0], CHUNK, quant[0], c->out[0]);
    } else if (n == 2) {
        q[0] = quant[0], q[1] = quant[1], q[2] = quant[2], q[3] = quant[4];
        transform_2(c, q);
    } else {
        for (unsigned i = 0; i < 16; i++)
            q[i] = quant[zigzag[i]];
        transform_4(c, q);
    }
}

/* Copy the coefficients of `n_blocks` blocks, `record_len` int16 each, into the lines of a chunk. Blocks come in
 * groups of `group`, and from one group to the next it is `stride` int16. */
static inline __attribute__((always_inline)) void gather(const int16_t *records, size_t n_blocks, unsigned group,
                                                         size_t stride, unsigned record_len, unsigned n,
                                                         struct chunk *c)
{
    static const uint8_t corner_of_4[4] = {0, 1, 4, 5};
    for (size_t i = 0; i < n_blocks; i += group, records += stride)
        for (unsigned x = 0; x < group; x++)
            for (unsigned j = 0; j < n * n; j++)
                c->in[j][i + x] = records[x * record_len + (n == 2 && record_len == 16 ? corner_of_4[j] : j)];
}

static void gather_any(const int16_t *records, size_t n_blocks, unsigned group, size_t stride, unsigned record_len,
                       unsigned n, struct chunk *c)
{
#define GATHER(len_, n_)                                                                                               \
    if (record_len == len_ && n == n_) {                                                                               \
        if (group == 1)                                                                                                \
            gather(records, n_blocks, 1, stride, len_, n_, c);                                                         \
        else if (group == 2)                                                                                           \
            gather(records, n_blocks, 2, stride, len_, n_, c);                                                         \
        else                                                                                                           \
            gather(records, n_blocks, 4, stride, len_, n_, c);                                                         \
        return;                                                                                                        \
    }
    GATHER(1, 1)
    GATHER(4, 1)
    GATHER(4, 2)
    GATHER(16, 1)
    GATHER(16, 2)
    GATHER(16, 4)
#undef GATHER
}

/* One row of blocks of a component, whose first record is `records`. */
static void transform_row(const struct work *w, const struct th_jpeg_plane *plane, const uint16_t *quant,
                          const int16_t *records, unsigned group, size_t i_block_row)
{
    unsigned len = w->reduction->record_len, n = plane->n;
    size_t stride = (size_t)w->n_nodes * len, left = (size_t)w->mcu_columns * group;
    uint8_t *out = plane->data + i_block_row * n * plane->stride;
    struct chunk c;
    memset(&c, 0, sizeof c);
    while (left) {
        size_t now = left < CHUNK ? left : CHUNK;
        gather_any(records, now, group, stride, len, n, &c);
        transform(&c, n, quant);
        for (unsigned y = 0; y < n; y++)
            memcpy(out + y * plane->stride, c.out[y], now * n);
        out += now * n;
        records += now / group * stride;
        left -= now;
    }
}

/* Turn the DC differences of one row of MCUs into values, in place. */
static void add_up_dc(struct work *w)
{
    unsigned len = w->reduction->record_len;
    int16_t *r = (int16_t *)(void *)w->records, before = r[-(ptrdiff_t)len];
    for (uint32_t m = 0; m < w->mcu_columns; m++) {
        if (w->header->restart_interval && !w->until_restart--) {
            memset(w->predictions, 0, sizeof w->predictions);
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

/* Turn the first row of MCUs among the records into samples. False: irregular. */
static bool emit_row(struct work *w)
{
    add_up_dc(w);
    const int16_t *records = (const int16_t *)(const void *)w->records;
    for (unsigned i = 0; i < w->header->n_components; i++) {
        const struct th_jpeg_component *c = &w->header->components[i];
        unsigned h = w->n_nodes == 1 ? 1 : c->h, v = w->n_nodes == 1 ? 1 : c->v;
        for (unsigned y = 0; y < v; y++) {
            transform_row(w, &w->planes[i], w->header->quant[c->quant], records, h, (size_t)w->i_row * v + y);
            records += h * w->reduction->record_len;
        }
        /* libjpeg adds up in 32 bits and stops where that would overflow; far before that we leave it to it. */
        if ((int32_t)w->predictions[i] > 1 << 30 || (int32_t)w->predictions[i] < -(1 << 30)) return false;
    }
    w->i_row++;
    return true;
}

/* Emit the whole rows among the records before `out`; what is left of them moves to the front. Returns where the next
 * record goes, NULL: irregular. */
static uint8_t *emit_rows(struct work *w, uint8_t *out)
{
    uint8_t *const start = w->records;
    size_t row_bytes = w->row_blocks * w->record_bytes;
    bool ok = true;
    for (; ok && (size_t)(out - w->records) >= row_bytes; w->records += row_bytes) {
        if (w->reduction->need == 0) memcpy(w->records - w->record_bytes, &w->sum_before, w->record_bytes);
        ok = emit_row(w);
    }
    size_t left = (size_t)(out - w->records);
    if (w->records != start) {
        memmove(start, w->records, left);
        if (w->reduction->need) memset(start + left, 0, (size_t)(out - start) - left + w->record_bytes);
    }
    w->records = start;
    return ok ? start + left : NULL;
}

/* ---- the scan ---- */

static void window_fill(struct work *w, struct stream *s)
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

/* Decode `n_blocks`, up to the marker that ends this segment, behind *out. */
static enum th_jpeg_scan_end decode_segment(struct work *w, uint64_t n_blocks, uint8_t **out)
{
    struct stream s = {.table = w->nodes[0].dc, .node = &w->nodes[0], .k = w->reduction->bias << 8};
    s.sum = w->last_sum;
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
        /* Within the data no pass may see the padding, which more data will replace; at its end 16 bytes more let the
         * last bits of it be used up, and what was used is checked below. */
        bool last = w->source.marker != -1;
        const uint8_t *limit = last ? window + w->window_len + 8 : window + w->window_len - 24;
        enum run_end end = w->run(&s, s.out + n * w->record_bytes, limit);
        if (end == RUN_IRREGULAR) return TH_JPEG_SCAN_GAVE_UP;
        n_blocks -= (size_t)(s.out - start) / w->record_bytes;
        if (end == RUN_HUNGRY) {
            if (last) return TH_JPEG_SCAN_GAVE_UP;
            window_fill(w, &s);
        } else {
            s.out = emit_rows(w, s.out);
            if (!s.out) return TH_JPEG_SCAN_GAVE_UP;
        }
    }
    w->last_sum = s.sum;
    *out = s.out;
    /* All but the padding of the last byte must be used, and no more than all. */
    if (w->source.marker == -1) { /* the window ends before the segment does: at most a few bytes, if regular */
        window_fill(w, &s);
        if (w->source.marker == -1) return TH_JPEG_SCAN_GAVE_UP;
    }
    int64_t left = (int64_t)(w->window_len * 8) - ((s.in - window) * 8 - (int64_t)(s.n & 63));
    return left >= 0 && left < 8 ? TH_JPEG_SCAN_OK : TH_JPEG_SCAN_GAVE_UP;
}

static enum th_jpeg_scan_end decode_segments(struct work *w)
{
    uint64_t left = (uint64_t)w->mcu_columns * w->mcu_rows * w->n_nodes;
    uint64_t interval = (uint64_t)w->header->restart_interval * w->n_nodes;
    uint8_t *out = w->records;
    for (unsigned i = 0; left; i++) {
        uint64_t n = interval && interval < left ? interval : left;
        enum th_jpeg_scan_end end = decode_segment(w, n, &out);
        if (end) return end;
        left -= n;
        int want = left ? 0xD0 + (int)(i & 7) : 0xD9;
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
    if ((h->n_components != 1 && h->n_components != 3) || h->scan_components != h->n_components) return false;
    if (h->ss != 0 || h->se != 63 || h->ah || h->al) return false;
    unsigned n_blocks = 0;
    for (unsigned i = 0; i < h->n_components; i++) {
        const struct th_jpeg_component *c = &h->components[i];
        if (h->scan_index[i] != i || !side_taken(c->h) || !side_taken(c->v)) return false;
        if (!h->has_quant[c->quant] || !h->dc[c->dc_table].present || !h->ac[c->ac_table].present) return false;
        for (unsigned k = 0; k < 64; k++)
            if (h->quant[c->quant][k] > INT16_MAX) return false; /* libjpeg-turbo holds them as short */
        n_blocks += (unsigned)c->h * c->v;
    }
    return n_blocks <= MAX_NODES || h->n_components == 1;
}

static uint32_t ceil_div(uint64_t a, uint64_t b)
{
    return (uint32_t)((a + b - 1) / b);
}

void th_jpeg_scan_size(const struct th_jpeg_header *h, unsigned i_component, unsigned n, uint32_t *width,
                       uint32_t *height, uint32_t *block_width, uint32_t *block_height)
{
    const struct th_jpeg_component *c = &h->components[i_component];
    uint32_t cw = ceil_div((uint64_t)h->width * c->h, h->h_max), ch = ceil_div((uint64_t)h->height * c->v, h->v_max);
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
        const struct tables *t = NULL;
        enum th_jpeg_scan_end end = tables_get(w->scan, &h->dc[c->dc_table], &h->ac[c->ac_table], w->reduction, &t);
        if (end) return end;
        unsigned n = h->n_components == 1 ? 1 : (unsigned)c->h * c->v;
        for (; n; n--) {
            w->component_of_node[w->n_nodes] = (uint8_t)i;
            w->nodes[w->n_nodes++] = (struct node){.tables = t, .dc = t->dc, .ac = t->ac[w->reduction->need ? 0 : 1]};
        }
    }
    for (unsigned i = 0; i < w->n_nodes; i++) {
        w->nodes[i].next = &w->nodes[(i + 1) % w->n_nodes];
        w->nodes[i].next_dc = w->nodes[i].next->dc;
    }
    return TH_JPEG_SCAN_OK;
}

/* Room for `size` bytes in *p; what it held is lost. */
static bool buffer_reserve(void **p, size_t *cap, size_t size)
{
    if (*cap >= size) return true;
    free(*p);
    *cap = 0;
    *p = th_alloc(size);
    if (*p) *cap = size;
    return *p;
}

static bool work_buffers(struct work *w)
{
    struct th_jpeg_scan *scan = w->scan;
    if (!scan->window) scan->window = th_alloc(WINDOW_BYTES + WINDOW_PAD);
    /* A row may be left when the next begins; one record lies before the first and one behind the last. */
    size_t n_records = RECORDS_BLOCKS + w->row_blocks, bytes;
    if (!th_mul_size(n_records + 2, w->record_bytes, &bytes)) return false;
    void *records = scan->records;
    bool ok = buffer_reserve(&records, &scan->records_cap, bytes);
    scan->records = records;
    if (!ok || !scan->window) return false;
    memset(scan->records, 0, bytes);
    w->records = scan->records + w->record_bytes;
    w->records_end = w->records + n_records * w->record_bytes;
    return true;
}

enum th_jpeg_scan_end th_jpeg_scan_decode(struct th_jpeg_scan *scan, const struct th_jpeg_header *header,
                                          const uint8_t *data, size_t len, const struct th_jpeg_plane *planes,
                                          uint64_t deadline_ns)
{
    if (!th_jpeg_scan_takes(header)) return TH_JPEG_SCAN_GAVE_UP;
    unsigned n = 1;
    for (unsigned i = 0; i < header->n_components; i++)
        if (planes[i].n > n) n = planes[i].n;
    struct work w = {.scan = scan,
                     .header = header,
                     .planes = planes,
                     .reduction = n == 1   ? &reduce_1
                                  : n == 2 ? &reduce_2
                                           : &reduce_4,
                     .run = pick_run(n),
                     .source = {.at = data + header->scan_offset, .end = data + len},
                     .deadline_ns = deadline_ns};
    enum th_jpeg_scan_end end = work_nodes(&w);
    if (end) return end;
    bool alone = header->n_components == 1;
    w.mcu_columns = ceil_div(header->width, alone ? 8 : 8u * header->h_max);
    w.mcu_rows = ceil_div(header->height, alone ? 8 : 8u * header->v_max);
    w.row_blocks = (size_t)w.mcu_columns * w.n_nodes;
    w.record_bytes = w.reduction->record_len * sizeof(int16_t);
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
