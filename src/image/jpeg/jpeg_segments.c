/* SPDX-License-Identifier: MIT */
/*
 * Each of two streams takes the next segment that nobody has taken, as often as it has finished
 * one. What follows a segment in memory is the next one: a stream that reads on there has used more
 * than there is, which is seen at its end.
 */
#include "image/jpeg/jpeg_segments.h"

#include <string.h>

struct batch {
    const struct th_jpeg_pair *pair;
    const struct th_jpeg_segments *segments;
    uint8_t *out;
    const uint8_t *limit;
    size_t segment_bytes; /* of records */
    uint32_t taken;
};

/* A stream, in the segment i. */
struct runner {
    struct th_jpeg_stream stream;
    uint8_t *out_end;
    uint32_t i;
};

static bool take(struct batch *b, struct runner *r)
{
    if (b->taken == b->segments->n) return false;
    r->i = b->taken++;
    uint8_t *out = b->out + r->i * b->segment_bytes;
    r->out_end = out + b->segment_bytes;
    r->stream = (struct th_jpeg_stream){
        .in = b->segments->data + (r->i ? b->segments->ends[r->i - 1] : 0),
        .table = b->pair->first->dc,
        .node = b->pair->first,
        .out = out,
        .k = b->pair->loops->reduction->bias << 8,
    };
    return true;
}

/* To the end of the segment. A block drops what is not wanted where the DC value of the next one
 * goes. The last one may do that only here, since two streams together stop short of it. By then
 * the other stream may be past that next one, so its value is put back. */
static bool run_alone(struct batch *b, struct runner *r)
{
    int16_t next_dc;
    memcpy(&next_dc, r->out_end, sizeof next_dc);
    enum th_jpeg_run_end end = b->pair->loops->run(&r->stream, r->out_end, b->limit);
    memcpy(r->out_end, &next_dc, sizeof next_dc);
    return end == TH_JPEG_RUN_DONE;
}

/* All but the padding of the last byte must be used, and no more than all. */
static bool finish(struct batch *b, struct runner *r)
{
    if (!run_alone(b, r)) return false;
    const struct th_jpeg_stream *s = &r->stream;
    int64_t used = (s->in - b->segments->data) * 8 - (int64_t)(s->n & 63);
    int64_t left = (int64_t)b->segments->ends[r->i] * 8 - used;
    return left >= 0 && left < 8;
}

/* Until there is no segment left for one of them; *left is the other. */
static bool run_both(struct batch *b, struct runner *one, struct runner *other,
                     struct runner **left)
{
    for (;;) {
        b->pair->loops->run_pair(&one->stream, &other->stream, one->out_end, other->out_end,
                                 b->limit, b->limit);
        /* The one that is nearer to its end goes on alone to it. */
        bool swap = one->out_end - one->stream.out > other->out_end - other->stream.out;
        struct runner *r = swap ? other : one;
        *left = swap ? one : other;
        if (!finish(b, r)) return false;
        if (!take(b, r)) return true;
    }
}

bool th_jpeg_segments_decode(const struct th_jpeg_pair *p, const struct th_jpeg_segments *segments,
                             size_t n_blocks, uint8_t *out)
{
    struct batch b = {
        .pair = p,
        .segments = segments,
        .out = out,
        .limit = segments->data + segments->ends[segments->n - 1] + 8,
        .segment_bytes = n_blocks * p->loops->reduction->record_len * sizeof(int16_t),
    };
    struct runner one, other, *left = &one;
    if (!take(&b, &one)) return true;
    if (take(&b, &other) && !run_both(&b, &one, &other, &left)) return false;
    return finish(&b, left);
}
