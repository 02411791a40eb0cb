/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_codes.h"

#include <string.h>

/* Counts below 2^40 give no code longer than that: its lengths grow with Fibonacci numbers. */
#define LONGEST  60
#define RESERVED 256 /* a value that is never written: it takes the code of all ones */

/* A forest that grows together. The trees are in the order of the values of their roots. */
struct forest {
    uint32_t n;
    uint64_t weights[257]; /* 0: a part of another tree by now */
    uint16_t nodes[257];   /* the top of each */
    uint16_t parents[2 * 257];
};

/* The lightest tree but `not_this`; of equal ones the last. n: there is none. */
static uint32_t lightest(const struct forest *f, uint32_t not_this)
{
    uint32_t best = f->n;
    for (uint32_t i = 0; i < f->n; i++)
        if (f->weights[i] && i != not_this && (best == f->n || f->weights[i] <= f->weights[best]))
            best = i;
    return best;
}

/* The depths of the n first nodes, which are the leaves. */
static void grow(struct forest *f, uint8_t *depths)
{
    uint8_t all[2 * 257];
    uint16_t n_nodes = (uint16_t)f->n;
    for (;; n_nodes++) {
        const uint32_t a = lightest(f, f->n), b = lightest(f, a);
        if (b == f->n) break;
        f->parents[f->nodes[a]] = f->parents[f->nodes[b]] = n_nodes;
        f->nodes[a] = n_nodes;
        f->weights[a] += f->weights[b];
        f->weights[b] = 0;
    }
    all[n_nodes - 1] = 0;
    for (uint32_t i = n_nodes - 1u; i-- > 0;)
        all[i] = (uint8_t)(all[f->parents[i]] + 1);
    memcpy(depths, all, f->n);
}

/* Codes beyond 16 bits become shorter, others longer for it (T.81 figure K.3). */
static void shorten(uint32_t n_of_length[LONGEST + 1])
{
    for (unsigned i = LONGEST; i > 16; i--) {
        while (n_of_length[i]) {
            unsigned j = i - 2;
            while (!n_of_length[j])
                j--;
            n_of_length[i] -= 2;
            n_of_length[i - 1]++;
            n_of_length[j + 1] += 2;
            n_of_length[j]--;
        }
    }
    unsigned longest = 16;
    while (!n_of_length[longest])
        longest--;
    n_of_length[longest]--; /* that of RESERVED */
}

/* Codes in their order (T.81 C.2). */
static void assign(struct th_jpeg_codes *c)
{
    uint32_t code = 0, at = 0;
    for (unsigned length = 1; length <= 16; length++, code <<= 1) {
        for (unsigned i = 0; i < c->n_of_length[length]; i++, at++, code++) {
            c->codes[c->values[at]] = code << TH_JPEG_CODE_LENGTH_BITS | length;
        }
    }
}

void th_jpeg_codes_make(const uint32_t counts[256], struct th_jpeg_codes *out)
{
    struct forest f = {0};
    uint16_t values[257];
    uint8_t depths[257];
    uint32_t n_of_length[LONGEST + 1] = {0};
    for (uint32_t v = 0; v <= RESERVED; v++) {
        if (v < RESERVED && !counts[v]) continue;
        f.nodes[f.n] = (uint16_t)f.n;
        f.weights[f.n] = v < RESERVED ? counts[v] : 1;
        values[f.n++] = (uint16_t)v;
    }
    *out = (struct th_jpeg_codes){0};
    if (f.n == 1) return;
    grow(&f, depths);
    for (uint32_t i = 0; i < f.n; i++)
        n_of_length[depths[i]]++;
    for (unsigned length = 1; length <= LONGEST; length++)
        for (uint32_t i = 0; i + 1 < f.n; i++)
            if (depths[i] == length) out->values[out->n_values++] = (uint8_t)values[i];
    shorten(n_of_length);
    for (unsigned length = 1; length <= 16; length++)
        out->n_of_length[length] = (uint8_t)n_of_length[length];
    assign(out);
}

uint8_t *th_jpeg_bits_stuff(uint8_t *out, uint32_t bytes)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        const uint8_t byte = (uint8_t)(bytes >> shift);
        *out++ = byte;
        if (byte == 0xFF) *out++ = 0;
    }
    return out;
}

void th_jpeg_bits_end(struct th_jpeg_bits *b)
{
    const unsigned fill = -b->n & 7;
    b->pending = b->pending << fill | ((1u << fill) - 1);
    b->n += fill;
    while (b->n) {
        b->n -= 8;
        const uint8_t byte = (uint8_t)(b->pending >> b->n);
        *b->out++ = byte;
        if (byte == 0xFF) *b->out++ = 0;
    }
}
