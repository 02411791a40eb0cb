/* SPDX-License-Identifier: MIT */
/*
 * heif_obu.h - what an AV1 item is made of: open bitstream units (AV1 Bitstream
 * Specification, 5.3).
 *
 * Hostile data: nothing past the cursor's bytes is read. Pure functions; thread-safe.
 */
#ifndef TH_IMAGE_HEIF_OBU_H
#define TH_IMAGE_HEIF_OBU_H

#include "image/heif/heif_box.h"

struct th_heif_obu {
    const uint8_t *data; /* with its header */
    size_t len;
    bool begins_frame;
};

/* leb128 (AV1, 4.10.5). */
static inline uint64_t th_heif_leb128(struct th_heif_cursor *c)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned byte = th_heif_u8(c);
        value |= (uint64_t)(byte & 0x7F) << 7 * i;
        if (!(byte & 0x80)) break;
    }
    return value;
}

/* The next one, and the cursor behind it; false: there is none. One without a size, or with one
 * that makes no sense, takes all that is left: the codec has the last word on it. */
static inline bool th_heif_obu_next(struct th_heif_cursor *c, struct th_heif_obu *out)
{
    enum { FRAME_HEADER = 3, FRAME = 6 };
    struct th_heif_cursor at = *c;
    const size_t left = th_heif_left(c);
    if (c->failed || left == 0) return false;
    const unsigned header = th_heif_u8(&at), type = header >> 3 & 15;
    if (header & 4) th_heif_u8(&at);                               /* obu_extension_header */
    const uint64_t body = header & 2 ? th_heif_leb128(&at) : left; /* obu_has_size_field */
    const bool fits = !at.failed && body <= th_heif_left(&at);
    out->data = c->data + c->at;
    out->len = fits ? at.at - c->at + (size_t)body : left;
    out->begins_frame = type == FRAME_HEADER || type == FRAME;
    th_heif_skip(c, out->len);
    return true;
}

#endif
