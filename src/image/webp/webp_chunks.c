/* SPDX-License-Identifier: MIT */
#include "image/webp/webp_chunks.h"

#include <string.h>

#include "base/num.h"

#define HEAD_LEN       8  /* of a chunk: its name and length */
#define RIFF_LEN       12 /* in front of the first chunk */
#define FRAME_HEAD_LEN 16 /* of a chunk ANMF */
#define MOST_CHUNKS    (1u << 16)

/* One chunk, cut where the file ends. */
struct chunk {
    uint64_t at;         /* of its name */
    uint64_t len;        /* as it says */
    struct th_view body; /* as much as there is */
};

/* The chunk at *at, which moves on to the next. False at the end. */
static bool next_chunk(struct th_view v, uint64_t *at, struct chunk *c)
{
    if (*at > v.len || v.len - *at < HEAD_LEN) return false;
    c->at = *at;
    c->len = th_view_le(v, *at + 4, 4);
    const uint64_t there = v.len - *at - HEAD_LEN;
    c->body = (struct th_view){v.data + *at + HEAD_LEN, (size_t)th_min_u64(c->len, there)};
    *at += HEAD_LEN + c->len + (c->len & 1);
    return true;
}

static bool is(struct th_view v, const struct chunk *c, const char *name)
{
    return th_view_has(v, c->at, name, 4);
}

static bool is_whole(const struct chunk *c)
{
    return c->body.len == c->len;
}

/* ---- the picture ---- */

static bool read_lossy(struct th_view body, struct th_webp *out)
{
    if (body.len < 10 || !th_view_has(body, 3, "\x9d\x01\x2a", 3)) return false;
    out->frame_width = (uint32_t)th_view_le(body, 6, 2) & 0x3FFF;
    out->frame_height = (uint32_t)th_view_le(body, 8, 2) & 0x3FFF;
    out->lossless = false;
    return true;
}

static bool read_lossless(struct th_view body, struct th_webp *out)
{
    if (body.len < 5 || body.data[0] != 0x2F) return false;
    const uint32_t bits = (uint32_t)th_view_le(body, 1, 4);
    out->frame_width = (bits & 0x3FFF) + 1;
    out->frame_height = (bits >> 14 & 0x3FFF) + 1;
    out->alpha = bits >> 28 & 1;
    out->lossless = true;
    return true;
}

/* A picture begins with this chunk of v: the chunk itself, or ALPH and others up to the one with
 * colours. */
static bool read_picture(struct th_view v, struct chunk c, struct th_webp *out)
{
    const uint64_t begin = c.at;
    uint64_t at = begin;
    for (unsigned i = 0; i < MOST_CHUNKS && next_chunk(v, &at, &c); i++) {
        bool lossy = is(v, &c, "VP8 "), lossless = is(v, &c, "VP8L");
        if (is(v, &c, "ALPH")) out->alpha = true;
        if (!lossy && !lossless) continue;
        out->pixels = (struct th_view){v.data + begin, (size_t)(th_min_u64(at, v.len) - begin)};
        return lossy ? read_lossy(c.body, out) : read_lossless(c.body, out);
    }
    return false;
}

/* RFC 9649, 2.7.1.1: offsets are stored halved. */
static bool read_frame(struct th_view body, struct th_webp *out)
{
    struct chunk c;
    uint64_t at = FRAME_HEAD_LEN;
    if (body.len < FRAME_HEAD_LEN) return false;
    out->x = 2 * (uint32_t)th_view_le(body, 0, 3);
    out->y = 2 * (uint32_t)th_view_le(body, 3, 3);
    for (unsigned i = 0; i < MOST_CHUNKS && next_chunk(body, &at, &c); i++)
        if (is(body, &c, "ALPH") || is(body, &c, "VP8 ") || is(body, &c, "VP8L"))
            return read_picture(body, c, out);
    return false;
}

/* ---- the file ---- */

/* Some writers leave the name in front that EXIF has in a JPEG. */
static struct th_view without_name(struct th_view exif)
{
    if (!th_view_has(exif, 0, "Exif\0\0", 6)) return exif;
    return (struct th_view){exif.data + 6, exif.len - 6};
}

static void read_canvas(struct th_view body, struct th_webp *out)
{
    if (body.len < 10) return;
    out->width = (uint32_t)th_view_le(body, 4, 3) + 1;
    out->height = (uint32_t)th_view_le(body, 7, 3) + 1;
}

/* What a chunk tells that is no picture. Broken ones tell nothing. */
static void note(struct th_view v, const struct chunk *c, struct th_webp *out)
{
    if (!is_whole(c)) return;
    if (is(v, c, "VP8X") && !out->pixels.len)
        read_canvas(c->body, out);
    else if (is(v, c, "ICCP") && !out->icc.len)
        out->icc = c->body;
    else if (is(v, c, "EXIF") && !out->exif.len)
        out->exif = without_name(c->body);
    else if (is(v, c, "XMP ") && !out->xmp.len)
        out->xmp = c->body;
}

/* A still picture is its own canvas. */
static bool find(struct th_view v, struct th_webp *out)
{
    struct chunk c;
    uint64_t at = RIFF_LEN;
    bool found = false;
    for (unsigned i = 0; i < MOST_CHUNKS && next_chunk(v, &at, &c); i++) {
        const bool frame = is(v, &c, "ANMF");
        const bool still = is(v, &c, "ALPH") || is(v, &c, "VP8 ") || is(v, &c, "VP8L");
        if (found || (!frame && !still)) {
            note(v, &c, out);
            continue;
        }
        found = frame ? read_frame(c.body, out) : read_picture(v, c, out);
        if (!found) return false;
        if (frame && out->width) continue;
        out->width = out->x + out->frame_width;
        out->height = out->y + out->frame_height;
    }
    return found;
}

/* What belongs to the file; nothing if it is none. */
static struct th_view riff_of(struct th_view file)
{
    if (!th_view_has(file, 0, "RIFF", 4) || !th_view_has(file, 8, "WEBP", 4))
        return (struct th_view){0};
    const uint64_t riff_len = th_view_le(file, 4, 4) + HEAD_LEN;
    return (struct th_view){file.data, (size_t)th_min_u64(riff_len, file.len)};
}

bool th_webp_parse(struct th_view file, struct th_webp *out)
{
    *out = (struct th_webp){0};
    const struct th_view v = riff_of(file);
    return v.len && find(v, out) && out->frame_width && out->frame_height;
}

/* ---- what moves ---- */

void th_webp_motion(struct th_view file, uint64_t most_frames, struct th_webp_motion *out)
{
    const struct th_view v = riff_of(file);
    uint64_t at = RIFF_LEN;
    struct chunk c;
    *out = (struct th_webp_motion){0};
    for (unsigned i = 0; i < MOST_CHUNKS && out->n_frames < most_frames; i++) {
        if (!next_chunk(v, &at, &c)) return;
        if (is(v, &c, "ANMF")) out->n_frames++;
        if (is(v, &c, "ANIM")) out->plays = (uint32_t)th_view_le(c.body, 4, 2);
    }
    out->left = at < v.len ? v.len - at : 0;
}

/* RFC 9649, 2.7.1.1. */
enum { DURATION_AT = 12, FLAGS_AT = 15, CLEARS = 1, REPLACES = 2 };

enum th_webp_found th_webp_next_frame(struct th_view file, uint64_t *at, struct th_webp_frame *out)
{
    const struct th_view v = riff_of(file);
    struct chunk c;
    *out = (struct th_webp_frame){0};
    if (*at == 0) *at = RIFF_LEN;
    do {
        if (!next_chunk(v, at, &c)) return TH_WEBP_END;
    } while (!is(v, &c, "ANMF"));
    const unsigned flags = (unsigned)th_view_le(c.body, FLAGS_AT, 1);
    out->duration_ms = (uint32_t)th_view_le(c.body, DURATION_AT, 3);
    out->clears = flags & CLEARS;
    out->replaces = flags & REPLACES;
    out->whole = is_whole(&c);
    const struct th_webp *p = &out->picture;
    if (!read_frame(c.body, &out->picture) || !p->frame_width || !p->frame_height)
        return TH_WEBP_BROKEN;
    return TH_WEBP_FRAME;
}
