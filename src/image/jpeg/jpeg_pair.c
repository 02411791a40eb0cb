/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_pair.h"

#include <string.h>

/* Streams fall into step after 11 blocks on average. */
#define MOST_TRIES 16 /* places to start from */
#if defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
/* Inputs of a fuzzer are small, and are to go this way as well. */
#define N_STEPS      8
#define LEAST_BYTES  ((size_t)128)
#define LEAST_BLOCKS 24
#else
#define N_STEPS      48
/* Less than that is not worth a second stream. */
#define LEAST_BYTES  ((size_t)4 * 1024)
#define LEAST_BLOCKS 256
#endif

/* The first stream's part, so that it is more often the second that is left with some of its own.
 */
#define FIRST_PERCENT 94

#define LOOK_AHEAD 32 /* bytes by which a stream may be ahead of its bits, and more */

/* Where the second stream was behind each of its first blocks. */
struct trace {
    const uint8_t *origin;
    size_t bits[N_STEPS];
    const struct th_jpeg_node *nodes[N_STEPS];
};

static size_t bit_position(const struct th_jpeg_stream *s, const uint8_t *origin)
{
    return (size_t)(s->in - origin) * 8 - (s->n & 63);
}

static size_t record_bytes(const struct th_jpeg_pair *p)
{
    return p->loops->reduction->record_len * sizeof(int16_t);
}

static size_t spare_blocks(const struct th_jpeg_pair *p, const struct th_jpeg_stream *b)
{
    return (size_t)(b->out - p->spare) / record_bytes(p);
}

/* Records must be zero before they are used. */
static void spare_clear(const struct th_jpeg_pair *p, const struct th_jpeg_stream *b)
{
    memset(p->spare, 0, (size_t)(b->out - p->spare) + 2 * record_bytes(p));
}

/* The first blocks from `at`, as if one of the MCU began there. False: they are none. */
static bool try_start(const struct th_jpeg_pair *p, struct th_jpeg_stream *b, const uint8_t *at,
                      const uint8_t *limit, struct trace *trace)
{
    *b = (struct th_jpeg_stream){.in = at,
                                 .table = p->first->dc,
                                 .node = p->first,
                                 .out = p->spare,
                                 .k = p->loops->reduction->bias << 8};
    for (unsigned i = 0; i < N_STEPS; i++) {
        if (p->loops->run(b, b->out + record_bytes(p), limit) != TH_JPEG_RUN_DONE) {
            spare_clear(p, b);
            return false;
        }
        trace->bits[i] = bit_position(b, trace->origin);
        trace->nodes[i] = b->node;
    }
    return true;
}

static bool start_blind(const struct th_jpeg_pair *p, struct th_jpeg_stream *b, const uint8_t *at,
                        const uint8_t *limit, struct trace *trace)
{
    for (unsigned i = 0; i < MOST_TRIES; i++)
        if (try_start(p, b, at + i, limit, trace)) return true;
    return false;
}

/* Decode blocks of *s until it is in step with the trace; *i_step is then where. */
static enum th_jpeg_run_end fall_into_step(const struct th_jpeg_pair *p, struct th_jpeg_stream *s,
                                           const uint8_t *out_end, const uint8_t *limit,
                                           const struct trace *trace, unsigned *i_step)
{
    for (*i_step = 0; s->out < out_end;) {
        enum th_jpeg_run_end end = p->loops->run(s, s->out + record_bytes(p), limit);
        if (end != TH_JPEG_RUN_DONE) return end;
        size_t bits = bit_position(s, trace->origin);
        while (*i_step < N_STEPS && trace->bits[*i_step] < bits)
            ++*i_step;
        if (*i_step == N_STEPS) break;
        if (trace->bits[*i_step] == bits && trace->nodes[*i_step] == s->node)
            return TH_JPEG_RUN_DONE;
    }
    return TH_JPEG_RUN_HUNGRY;
}

/* Go on from where *b is, with its blocks from the `from`-th behind those of *s. */
static void join(const struct th_jpeg_pair *p, struct th_jpeg_stream *s,
                 const struct th_jpeg_stream *b, size_t from)
{
    size_t n = spare_blocks(p, b) - from, record = record_bytes(p);
    uint8_t *out = s->out;
    memcpy(out, p->spare + from * record, (n + 1) * record); /* the last is not complete */
    uint32_t sum = b->sum;
    if (!p->loops->reduction->need) { /* running sums of DC */
        int16_t before, *sums = (int16_t *)(void *)out;
        memcpy(&before, p->spare + (from - 1) * record, sizeof before);
        uint32_t shift = s->sum - (uint32_t)before;
        for (size_t i = 0; i <= n; i++)
            sums[i] = (int16_t)(sums[i] + (int16_t)shift);
        sum += shift;
    }
    *s = *b;
    s->out = out + n * record;
    s->sum = sum;
}

enum th_jpeg_run_end th_jpeg_pair_decode(const struct th_jpeg_pair *p, struct th_jpeg_stream *s,
                                         const uint8_t *end, size_t n_blocks, size_t block_bits)
{
    size_t half_bytes = (size_t)(end - s->in) / 2, half_blocks = n_blocks / 2;
    if (half_blocks > p->n_spare) half_blocks = p->n_spare;
    if (half_bytes > half_blocks * block_bits / 8) half_bytes = half_blocks * block_bits / 8;
    if (half_bytes < LEAST_BYTES / 2 || half_blocks < LEAST_BLOCKS) return TH_JPEG_RUN_DONE;
    const size_t record = record_bytes(p);
    const uint8_t *middle = s->in + half_bytes * FIRST_PERCENT / 100, *limit = end - LOOK_AHEAD;
    uint8_t *out_end = s->out + (n_blocks - half_blocks) * record, *begin = s->out;
    struct trace trace = {.origin = s->in - 8};
    struct th_jpeg_stream b;
    if (!start_blind(p, &b, middle, limit, &trace)) return TH_JPEG_RUN_DONE;
    p->loops->run_pair(s, &b, out_end, p->spare + half_blocks * record, middle - LOOK_AHEAD, limit);
    enum th_jpeg_run_end how = p->loops->run(s, out_end, middle - LOOK_AHEAD);
    unsigned i_step = 0;
    bool arrived = how == TH_JPEG_RUN_HUNGRY;
    if (arrived) how = fall_into_step(p, s, out_end, limit, &trace, &i_step);
    if (arrived && how == TH_JPEG_RUN_DONE) {
        size_t n_first = (size_t)(s->out - begin) / record,
               n_second = spare_blocks(p, &b) - (i_step + 1);
        if (n_second <= n_blocks - n_first) join(p, s, &b, i_step + 1);
    }
    spare_clear(p, &b);
    return how == TH_JPEG_RUN_IRREGULAR ? how : TH_JPEG_RUN_DONE;
}
