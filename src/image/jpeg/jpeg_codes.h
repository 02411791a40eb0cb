/* SPDX-License-Identifier: MIT */
/*
 * jpeg_codes.h - Huffman codes for a JPEG scan: the shortest for what is to be written, and their
 * bits.
 *
 * Thread-safe on different memory.
 */
#ifndef TH_IMAGE_JPEG_CODES_H
#define TH_IMAGE_JPEG_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct th_jpeg_codes {
    uint8_t n_of_length[17]; /* codes of 1 to 16 bits */
    uint32_t n_values;
    uint8_t values[256]; /* by length, then by value: what a DHT segment holds */
    /* Of each value: its code, above TH_JPEG_CODE_LENGTH_BITS bits of length; 0: it has none. */
    uint32_t codes[256];
};
enum { TH_JPEG_CODE_LENGTH_BITS = 5 };

/* The code that writes values, each counts[value] times, in the fewest bits of those of at most 16
 * bits and none of all ones (ITU-T T.81 K.2; equal counts are treated as libjpeg treats them, so
 * that tables equal its). Counts add up to less than 2^40. */
void th_jpeg_codes_make(const uint32_t counts[256], struct th_jpeg_codes *out);

/* Bits to bytes, with a zero behind each byte of ones (T.81 F.1.2.3). */
struct th_jpeg_bits {
    uint64_t pending; /* the last n bits wait */
    unsigned n;       /* 31 at most between calls */
    uint8_t *out;     /* there must be room: two bytes for each eight bits, and eight */
};

/* Write four bytes of which some have all bits set. Returns the place behind them. */
uint8_t *th_jpeg_bits_stuff(uint8_t *out, uint32_t bytes);

static inline uint8_t *th_jpeg_bits_out(uint8_t *out, uint32_t bytes)
{
    const uint32_t inverse = ~bytes;
    if (__builtin_expect((inverse - 0x01010101u) & ~inverse & 0x80808080u, 0))
        return th_jpeg_bits_stuff(out, bytes);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    bytes = __builtin_bswap32(bytes);
#endif
    memcpy(out, &bytes, sizeof bytes);
    return out + sizeof bytes;
}

/* Append the low n bits of v, at most 27; those above are 0. */
static inline void th_jpeg_bits_put(struct th_jpeg_bits *b, uint32_t v, unsigned n)
{
    b->pending = b->pending << n | v;
    b->n += n;
    if (b->n < 32) return;
    b->n -= 32;
    b->out = th_jpeg_bits_out(b->out, (uint32_t)(b->pending >> b->n));
}

/* Append the code of `value` and the low n bits of `extra`, at most 11; those above are 0. */
static inline void th_jpeg_bits_put_code(struct th_jpeg_bits *b, const struct th_jpeg_codes *c,
                                         uint8_t value, uint32_t extra, unsigned n)
{
    const uint32_t code = c->codes[value];
    th_jpeg_bits_put(b, code >> TH_JPEG_CODE_LENGTH_BITS << n | extra,
                     (code & ((1u << TH_JPEG_CODE_LENGTH_BITS) - 1)) + n);
}

/* Ones up to the next byte, and what waits to *out. */
void th_jpeg_bits_end(struct th_jpeg_bits *b);

#endif
