/* SPDX-License-Identifier: MIT */
#include "image/estimate/jxl_header.h"

#include "image/estimate/estimators.h"

/* Bits from the lowest of each byte on; zeros behind the end. */
struct bits {
    struct th_view v;
    uint64_t at;
};

static uint32_t take(struct bits *b, unsigned n)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < n; i++, b->at++)
        value |= (uint32_t)(th_view_be(b->v, b->at / 8, 1) >> b->at % 8 & 1) << i;
    return value;
}

/* A number of one of four kinds: some bits, and what is added to them. */
struct kind {
    uint32_t base;
    unsigned n_bits;
};

static uint32_t take_kind(struct bits *b, const struct kind kinds[4])
{
    const struct kind *k = &kinds[take(b, 2)];
    return k->base + take(b, k->n_bits);
}

static uint32_t take_side(struct bits *b, bool small)
{
    static const struct kind kinds[4] = {{1, 9}, {1, 13}, {1, 18}, {1, 30}};
    return small ? (take(b, 5) + 1) * 8 : take_kind(b, kinds);
}

static void take_size(struct bits *b, uint32_t *width, uint32_t *height)
{
    static const uint8_t ratios[][2] = {{1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}};
    const bool small = take(b, 1);
    *height = take_side(b, small);
    const unsigned ratio = take(b, 3);
    *width = ratio ? (uint32_t)((uint64_t)*height * ratios[ratio - 1][0] / ratios[ratio - 1][1])
                   : take_side(b, small);
}

static void pass_preview(struct bits *b)
{
    static const struct kind eights[4] = {{16, 0}, {32, 0}, {1, 5}, {33, 9}},
                             ones[4] = {{1, 6}, {65, 8}, {321, 10}, {1345, 12}};
    const struct kind *kinds = take(b, 1) ? eights : ones;
    take_kind(b, kinds);
    if (!take(b, 3)) take_kind(b, kinds); /* no ratio */
}

static void pass_animation(struct bits *b)
{
    static const struct kind ticks[4] = {{100, 0}, {1000, 0}, {1, 10}, {1, 30}},
                             parts[4] = {{1, 0}, {1001, 0}, {1, 8}, {1, 10}},
                             loops[4] = {{0, 0}, {0, 3}, {0, 16}, {0, 32}};
    take_kind(b, ticks);
    take_kind(b, parts);
    take_kind(b, loops);
    take(b, 1); /* time codes */
}

static void take_samples(struct bits *b, struct th_jxl_header *out)
{
    static const struct kind whole[4] = {{8, 0}, {10, 0}, {12, 0}, {1, 6}},
                             floating[4] = {{32, 0}, {16, 0}, {24, 0}, {1, 6}};
    out->floating = take(b, 1);
    out->bits = take_kind(b, out->floating ? floating : whole);
    if (out->floating) take(b, 4); /* of the exponent */
    take(b, 1);                    /* which buffers are enough */
    out->colours_alone = take(b, 2) == 0;
}

bool th_jxl_header_read(struct th_view code, struct th_jxl_header *out)
{
    *out = (struct th_jxl_header){.bits = 8, .colours_alone = true};
    if (!TH_VIEW_HAS(code, 0, "\xff\x0a")) return false;
    struct bits b = {.v = code, .at = 16};
    uint32_t ignored[2];
    take_size(&b, &out->width, &out->height);
    if (take(&b, 1)) return true; /* all is as usual */
    if (take(&b, 1)) {
        take(&b, 3);                                              /* orientation */
        if (take(&b, 1)) take_size(&b, &ignored[0], &ignored[1]); /* another size meant */
        if (take(&b, 1)) pass_preview(&b);
        out->moves = take(&b, 1);
        if (out->moves) pass_animation(&b);
    }
    take_samples(&b, out);
    return true;
}

struct th_view th_jxl_code(struct th_view file)
{
    if (TH_VIEW_HAS(file, 0, "\xff\x0a")) return file;
    const struct th_view code = th_estimate_box(file, "jxlc", "jxlp");
    if (TH_VIEW_HAS(code, 0, "\xff\x0a") || code.len <= 4) return code;
    return (struct th_view){code.data + 4, code.len - 4}; /* a part has its number in front */
}
