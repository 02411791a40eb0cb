/* SPDX-License-Identifier: MIT */
/*
 * One loop decodes everything, DC and AC, without a branch on where blocks end: each step looks up
 * the next bits in the table of the present state and moves on by what it finds. Where blocks end
 * is as good as random, so a loop per block costs a wrong guess per block, which is more than the
 * three or four steps a block needs here. A value behind the index is taken from the buffer, which
 * is then filled again. What the tables cannot say in one entry is left to slow_step(), one symbol
 * at a time.
 */
#include "image/jpeg/jpeg_stream.h"

#include <string.h>

#include "base/view.h"

#define PAST_NEED (64u << 8) /* the bit of a biased position that says so */
#define HIDE_OUTCOME(c)                                                                            \
    __builtin_expect_with_probability((c), 1, 0.5) /* asks for a conditional move */

/* Past the record lies the DC value of the next block, which is written after all that may be
 * dropped there. */
#define NO2 8
#define NO4 32
static const struct th_jpeg_reduction reduce_1 = {
    .need = 0, .record_len = 1, .bias = 0, .limit = 63};
static const struct th_jpeg_reduction reduce_2 = {
    .need = 4,
    .record_len = 4,
    .bias = 60,
    .limit = 63 + 60,
    .slot_bytes = {0,   2,   4,   NO2, 6,   NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2,
                   NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2,
                   NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2,
                   NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2, NO2},
};
static const struct th_jpeg_reduction reduce_4 = {
    .need = 24,
    .record_len = 16,
    .bias = 40,
    .limit = 63 + 40,
    .slot_bytes = {0,   2,   8,   16,  10,  4,   6,   12,  18,  24,  NO4, 26,  20,  14,  NO4, NO4,
                   NO4, 22,  28,  NO4, NO4, NO4, NO4, NO4, 30,  NO4, NO4, NO4, NO4, NO4, NO4, NO4,
                   NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4,
                   NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4, NO4},
};
static const struct th_jpeg_reduction reduce_none = {
    .need = 63,
    .record_len = 64,
    .bias = 1,
    .limit = 63 + 1,
    .slot_bytes = {0,   2,   16,  32,  18,  4,   6,  20, 34,  48,  64,  50,  36, 22,  8,   10,
                   24,  38,  52,  66,  80,  96,  82, 68, 54,  40,  26,  12,  14, 28,  42,  56,
                   70,  84,  98,  112, 114, 100, 86, 72, 58,  44,  30,  46,  60, 74,  88,  102,
                   116, 118, 104, 90,  76,  62,  78, 92, 106, 120, 122, 108, 94, 110, 124, 126},
};

/* Fill buf to at least 56 bits, without a branch. Reads 8 bytes at `in`, moves it by 7 at most. */
static inline __attribute__((always_inline)) void refill(struct th_jpeg_stream *s)
{
    s->buf |= th_load_be64(s->in) >> (s->n & 63);
    s->in += ~s->n >> 3 & 7;
    s->n |= 56;
}

static inline void take_bits(struct th_jpeg_stream *s, unsigned n)
{
    s->buf <<= n;
    s->n -= n;
}

/* The next symbol by the book; -1: no such code. */
static int decode_symbol(struct th_jpeg_stream *s, const struct th_jpeg_code *c)
{
    unsigned at = (unsigned)(s->buf >> (64 - TH_JPEG_TABLE_BITS));
    if (c->length[at]) {
        take_bits(s, c->length[at]);
        return c->symbol[at];
    }
    for (unsigned len = TH_JPEG_TABLE_BITS + 1; len <= 16; len++) {
        int32_t code = (int32_t)(s->buf >> (64 - len));
        if (code > c->max_code[len]) continue;
        take_bits(s, len);
        return c->symbols[(unsigned)(c->first_index[len] + code) & 255];
    }
    return -1;
}

static int32_t decode_value(struct th_jpeg_stream *s, unsigned size)
{
    if (!size) return 0;
    uint32_t bits = (uint32_t)(s->buf >> (64 - size));
    take_bits(s, size);
    return th_jpeg_extend(bits, size);
}

static inline void store16(uint8_t *p, int32_t value)
{
    int16_t v = (int16_t)value;
    memcpy(p, &v, sizeof v);
}

/* One symbol, with all checks. False: the data is irregular. Refills once. */
static bool slow_step(struct th_jpeg_stream *s, const struct th_jpeg_reduction *r)
{
    s->n &= 63;
    refill(s);
    const struct th_jpeg_tables *t = s->node->tables;
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
    if (symbol < 0 || !th_jpeg_ac_meaning((uint8_t)symbol, &adv, &size)) return false;
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
        s->table = s->node->ac + (r->need && k >= r->need ? TH_JPEG_TABLE_SIZE : 0);
    }
    return true;
}

/* To the next block where entry e ends one, by conditional moves: where blocks end cannot be
 * guessed. Compilers turn some of them into branches if they may. */
static inline __attribute__((always_inline)) void next_if_ends(struct th_jpeg_stream *s, uint32_t e,
                                                               uint32_t k_start)
{
#if defined(__x86_64__)
    const uint32_t *table = s->table;
    const struct th_jpeg_node *node = s->node;
    uint32_t k = s->k;
    __asm__("testb %[ends], %b[e]\n\t"
            "cmovne %[next_dc], %[table]\n\t"
            "cmovne %[next], %[node]\n\t"
            "cmovne %[k_start], %[k]"
            : [table] "+&r"(table), [node] "+&r"(node), [k] "+&r"(k)
            : [e] "q"(e), [ends] "i"(TH_JPEG_ENTRY_ENDS), [next_dc] "m"(s->node->next_dc),
              [next] "m"(s->node->next), [k_start] "rm"(k_start)
            : "cc");
    s->table = table;
    s->node = node;
    s->k = k;
#else
    bool ends = e & TH_JPEG_ENTRY_ENDS;
    const uint32_t *next_dc = s->node->next_dc;
    const struct th_jpeg_node *next = s->node->next;
    s->table = HIDE_OUTCOME(ends) ? next_dc : s->table;
    s->node = HIDE_OUTCOME(ends) ? next : s->node;
    s->k = HIDE_OUTCOME(ends) ? k_start : s->k;
#endif
}

/* One lookup. False: slow_step() must take it. */
static inline __attribute__((always_inline)) bool step(struct th_jpeg_stream *s,
                                                       const struct th_jpeg_reduction *r)
{
    uint32_t e = s->table[s->buf >> (64 - TH_JPEG_TABLE_BITS)];
    uint32_t k = s->k + (e & TH_JPEG_ADVANCE_MASK);
    if (__builtin_expect(k >= r->limit << 8, 0)) return false;
    const uint64_t buf = s->buf;
    s->buf <<= e & 63;
    s->n -= e;
    int32_t value = (int32_t)e >> 16;
    if (__builtin_expect(e & TH_JPEG_ENTRY_LONG, 0)) {
        value = th_jpeg_extend((uint32_t)(buf << ((e - (unsigned)value) & 63) >> (64 - value)),
                               (unsigned)value);
        s->n &= 63;
        refill(s);
    }
    const uint32_t *ac = s->node->ac;
    if (r->need) {
        store16(s->out + r->slot_bytes[(size_t)(k >> 8) - r->bias], value);
        ac += (k & PAST_NEED) / (PAST_NEED / TH_JPEG_TABLE_SIZE);
    } else {
        s->sum += (uint32_t)value;
        store16(s->out, (int32_t)s->sum);
    }
    s->table = ac;
    s->k = k;
    next_if_ends(s, e, r->bias << 8);
    s->out += (e / TH_JPEG_ENTRY_ENDS & 1) * (r->record_len * sizeof(int16_t));
    return true;
}

/* Decode until one of these. Every pass of the first loop ends at most three blocks and refills at
 * most four times, so it moves `in` by at most 28 bytes and reads at most 29 from where it was; the
 * second loop takes the blocks that are left one step at a time. */
static inline __attribute__((always_inline)) enum th_jpeg_run_end
run(struct th_jpeg_stream *stream, uint8_t *out_end, const uint8_t *in_limit,
    const struct th_jpeg_reduction *r)
{
    struct th_jpeg_stream s = *stream;
    const ptrdiff_t record = (ptrdiff_t)(r->record_len * sizeof(int16_t));
    enum th_jpeg_run_end end = TH_JPEG_RUN_IRREGULAR;
    while (out_end - s.out >= 3 * record && s.in <= in_limit) {
        refill(&s);
        if (__builtin_expect(step(&s, r) && step(&s, r) && step(&s, r), 1)) continue;
        struct th_jpeg_stream copy = s; /* so that s itself can live in registers */
        bool ok = slow_step(&copy, r);
        s = copy;
        if (!ok) goto out;
    }
    while (s.out != out_end && s.in <= in_limit) {
        refill(&s);
        if (step(&s, r)) continue;
        struct th_jpeg_stream copy = s;
        bool ok = slow_step(&copy, r);
        s = copy;
        if (!ok) goto out;
    }
    end = s.out == out_end ? TH_JPEG_RUN_DONE : TH_JPEG_RUN_HUNGRY;
out:
    *stream = s;
    return end;
}

/* Steps of two streams do not wait for each other: what one takes to look up its next entry the
 * other uses. A stream that needs a careful step gets it, and the rest of the pass is left out. */
static inline __attribute__((always_inline)) void
run_pair(struct th_jpeg_stream *first, struct th_jpeg_stream *second, const uint8_t *a_out_end,
         const uint8_t *b_out_end, const uint8_t *a_in_limit, const uint8_t *b_in_limit,
         const struct th_jpeg_reduction *r)
{
    struct th_jpeg_stream a = *first, b = *second,
                          copy; /* the copy, so that they can live in registers */
    const ptrdiff_t record = (ptrdiff_t)(r->record_len * sizeof(int16_t));
    while (a_out_end - a.out >= 3 * record && b_out_end - b.out >= 3 * record &&
           a.in <= a_in_limit && b.in <= b_in_limit) {
        refill(&a);
        refill(&b);
        for (unsigned i = 0; i < 3; i++) {
            if (!step(&a, r)) goto careful_a;
            if (!step(&b, r)) goto careful_b;
        }
        continue;
    careful_a:
        copy = a;
        if (!slow_step(&copy, r)) break;
        a = copy;
        continue;
    careful_b:
        copy = b;
        if (!slow_step(&copy, r)) break;
        b = copy;
    }
    *first = a;
    *second = b;
}

#define RUN_VARIANT(name, reduction, attributes)                                                   \
    attributes static enum th_jpeg_run_end name(struct th_jpeg_stream *s, uint8_t *out_end,        \
                                                const uint8_t *in_limit)                           \
    {                                                                                              \
        return run(s, out_end, in_limit, &(reduction));                                            \
    }                                                                                              \
    attributes static void name##_pair(struct th_jpeg_stream *a, struct th_jpeg_stream *b,         \
                                       const uint8_t *a_out_end, const uint8_t *b_out_end,         \
                                       const uint8_t *a_in_limit, const uint8_t *b_in_limit)       \
    {                                                                                              \
        run_pair(a, b, a_out_end, b_out_end, a_in_limit, b_in_limit, &(reduction));                \
    }
RUN_VARIANT(run_1, reduce_1, )
RUN_VARIANT(run_2, reduce_2, )
RUN_VARIANT(run_4, reduce_4, )
RUN_VARIANT(run_8, reduce_none, )
#if defined(__x86_64__)
/* Shifts by a variable count are one operation instead of three there. */
#define BMI2 __attribute__((target("bmi,bmi2")))
RUN_VARIANT(run_1_bmi2, reduce_1, BMI2)
RUN_VARIANT(run_2_bmi2, reduce_2, BMI2)
RUN_VARIANT(run_4_bmi2, reduce_4, BMI2)
RUN_VARIANT(run_8_bmi2, reduce_none, BMI2)
#endif

const struct th_jpeg_loops *th_jpeg_loops_pick(unsigned n)
{
    static const struct th_jpeg_loops plain[] = {{&reduce_1, run_1, run_1_pair},
                                                 {&reduce_2, run_2, run_2_pair},
                                                 {&reduce_4, run_4, run_4_pair},
                                                 {&reduce_none, run_8, run_8_pair}};
    const unsigned i = n == 1 ? 0 : n == 2 ? 1 : n == 4 ? 2 : 3;
#if defined(__x86_64__)
    static const struct th_jpeg_loops bmi2[] = {{&reduce_1, run_1_bmi2, run_1_bmi2_pair},
                                                {&reduce_2, run_2_bmi2, run_2_bmi2_pair},
                                                {&reduce_4, run_4_bmi2, run_4_bmi2_pair},
                                                {&reduce_none, run_8_bmi2, run_8_bmi2_pair}};
    if (__builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) return &bmi2[i];
#endif
    return &plain[i];
}
