/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_box.h"

uint64_t th_heif_number(struct th_heif_cursor *c, unsigned n)
{
    uint64_t value = 0;
    if (n > 8 || th_heif_left(c) < n) {
        c->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < n; i++)
        value = value << 8 | c->data[c->at++];
    return value;
}

void th_heif_skip(struct th_heif_cursor *c, uint64_t n)
{
    if (th_heif_left(c) < n)
        c->failed = true;
    else
        c->at += (size_t)n;
}

void th_heif_skip_text(struct th_heif_cursor *c)
{
    while (th_heif_u8(c) != 0) {
    }
}

struct th_heif_full th_heif_full(struct th_heif_cursor *c)
{
    uint32_t word = th_heif_u32(c);
    return (struct th_heif_full){.version = (uint8_t)(word >> 24), .flags = word & 0xFFFFFF};
}

/* Bytes of the box's body by its header, or false. A size of 0 means up to the end. */
static bool body_size(uint64_t size, uint64_t header, size_t left, uint64_t *out)
{
    if (size == 0) {
        *out = left;
        return true;
    }
    if (size < header) return false;
    *out = size - header < left ? size - header : left;
    return true;
}

bool th_heif_next(struct th_heif_cursor *c, struct th_heif_box *out)
{
    uint64_t header = 8, len;
    if (th_heif_left(c) < header || c->n_boxes++ >= TH_HEIF_MAX_BOXES) return false;
    uint64_t size = th_heif_u32(c);
    uint32_t type = th_heif_u32(c);
    if (size == 1) {
        size = th_heif_number(c, 8);
        header += 8;
    }
    if (type == TH_FOURCC('u', 'u', 'i', 'd')) {
        th_heif_skip(c, 16);
        header += 16;
    }
    if (c->failed || !body_size(size, header, th_heif_left(c), &len)) {
        c->failed = true;
        return false;
    }
    out->type = type;
    out->body = (struct th_heif_cursor){.data = c->data + c->at, .len = (size_t)len};
    c->at += (size_t)len;
    return true;
}

bool th_heif_find(const struct th_heif_cursor *c, uint32_t type, struct th_heif_box *out)
{
    struct th_heif_cursor rest = *c;
    struct th_heif_box box;
    while (th_heif_next(&rest, &box)) {
        if (box.type != type) continue;
        *out = box;
        return true;
    }
    return false;
}
