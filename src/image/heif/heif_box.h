/* SPDX-License-Identifier: MIT */
/*
 * heif_box.h - boxes of the ISO base media file format (ISO/IEC 14496-12), read from memory.
 *
 * A cursor walks over borrowed bytes and never leaves them. A read beyond the end sets `failed` and
 * gives 0, and so does every read after it. So a parser may read a whole structure and look at
 * `failed` once. Pure functions, thread-safe on different cursors.
 */
#ifndef TH_IMAGE_HEIF_BOX_H
#define TH_IMAGE_HEIF_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TH_FOURCC(a, b, c, d)                                                                      \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* Most boxes that are looked at side by side: files hold a few dozen, hostile ones millions. */
#define TH_HEIF_MAX_BOXES (1u << 16)

struct th_heif_cursor {
    const uint8_t *data;
    size_t len, at;
    uint32_t n_boxes; /* passed so far */
    bool failed;
};

struct th_heif_box {
    uint32_t type;
    struct th_heif_cursor body; /* behind the header (and behind the UUID of a 'uuid' box) */
};

static inline size_t th_heif_left(const struct th_heif_cursor *c)
{
    return c->failed ? 0 : c->len - c->at;
}

/* The next `n` bytes, big-endian; n is 0 to 8, and 0 bytes are the number 0. */
uint64_t th_heif_number(struct th_heif_cursor *c, unsigned n);
static inline uint8_t th_heif_u8(struct th_heif_cursor *c)
{
    return (uint8_t)th_heif_number(c, 1);
}
static inline uint16_t th_heif_u16(struct th_heif_cursor *c)
{
    return (uint16_t)th_heif_number(c, 2);
}
static inline uint32_t th_heif_u32(struct th_heif_cursor *c)
{
    return (uint32_t)th_heif_number(c, 4);
}

/* Pass over n bytes. */
void th_heif_skip(struct th_heif_cursor *c, uint64_t n);

/* Pass over a text that ends in a NUL byte. */
void th_heif_skip_text(struct th_heif_cursor *c);

/* Version and flags of a full box. */
struct th_heif_full {
    uint8_t version;
    uint32_t flags;
};
struct th_heif_full th_heif_full(struct th_heif_cursor *c);

/* The next box; the cursor goes behind it. A box that claims more than is left ends with what is
 * left: files are cut off in their last box. False at the end, and for a header that makes no
 * sense. */
bool th_heif_next(struct th_heif_cursor *c, struct th_heif_box *out);

/* The first box of this type among those that follow. The cursor is a copy: *c stays where it is.
 */
bool th_heif_find(const struct th_heif_cursor *c, uint32_t type, struct th_heif_box *out);

#endif
