/* SPDX-License-Identifier: MIT */
/*
 * jpeg_pair.h - one scan from two places at once: Huffman streams find back into step by
 * themselves.
 *
 * A second stream starts blind, further on in the data. When the first one arrives there, the two
 * are compared at the ends of blocks; where bit position and place in the MCU agree, all that
 * follows is the same, and what the second has decoded is taken over. Where they never agree it is
 * thrown away, so the result is that of one stream in every case.
 */
#ifndef TH_IMAGE_JPEG_PAIR_H
#define TH_IMAGE_JPEG_PAIR_H

#include "image/jpeg/jpeg_stream.h"

struct th_jpeg_pair {
    const struct th_jpeg_loops *loops;
    const struct th_jpeg_node *first; /* block of the MCU */
    uint8_t *spare;                   /* zeroed records for n_spare blocks and two more */
    size_t n_spare;
};

/* Decode on from *s, whose data goes up to `end`: as much as two streams can do, which may be
 * nothing, and at most n_blocks. A block takes about block_bits. IRREGULAR: as one stream would
 * find, too; else DONE. */
enum th_jpeg_run_end th_jpeg_pair_decode(const struct th_jpeg_pair *p, struct th_jpeg_stream *s,
                                         const uint8_t *end, size_t n_blocks, size_t block_bits);

#endif
