/* SPDX-License-Identifier: MIT */
#include "image/png/png_chunks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/sys.h"
#include "base/view.h"
#include "image/png/png_crc.h"

#define MOST_CHUNK   0x7FFFFFFFu
#define FRAME        12u      /* length, name and checksum around a chunk's body */
#define MOST_PROFILE 8000000u /* as libpng has it */
#define LEAST_ICC    132u     /* header and number of tags */

/* Most chunks before the pixels, and most bytes of one that is read, in a regular file: so that it
 * is soon known. */
#define MOST_CHUNKS (1u << 16)
/* Most of them in any file: an irregular one is still walked through up to its pixels. */
#define MOST_CHUNKS_ODD (1u << 20)
#define MOST_READ       8000000u

#define MOST_INTENT 3u /* of sRGB; libpng and browsers do not believe it with another */

/* What libpng believes of gAMA, about. */
#define LEAST_GAMMA 0.01
#define MOST_GAMMA  100.0
/* How close to 1/2.2 it means nothing, as libpng and browsers have it. */
#define GAMMA_THRESHOLD 0.05

/* Bytes that are summed and inflated at a time, so that they are still in a near cache. */
#define MOST_RUN ((size_t)32 << 10)

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)th_number(p, 4, true);
}

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)th_number(p, 2, true);
}

/* ---- before the pixels ---- */

struct chunk {
    const uint8_t *name, *body;
    uint32_t len;
};

/* A walk over the chunks before the pixels. */
struct walk {
    const uint8_t *data;
    size_t len, at;
    struct th_png_header *h;
    unsigned n_palette;
    bool has_srgb, has_palette, has_key, has_primaries, has_codes;
    bool odd;     /* irregular, but libpng may well take it */
    double gamma; /* of gAMA, 0: none */
    struct th_primaries primaries;
};

static bool is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The frame of the chunk at w->at. Whether all of the body is there matters to all but IDAT. */
static bool open_chunk(const struct walk *w, struct chunk *c)
{
    if (w->len - w->at < FRAME) return false;
    c->len = be32(w->data + w->at);
    c->name = w->data + w->at + 4;
    c->body = c->name + 4;
    for (unsigned i = 0; i < 4; i++)
        if (!is_letter(c->name[i])) return false;
    return c->len <= MOST_CHUNK;
}

static bool is(const struct chunk *c, const char name[5])
{
    return memcmp(c->name, name, 4) == 0;
}

static bool sum_is_right(const struct chunk *c)
{
    return th_png_sum_is_right(c->name, c->len);
}

static bool depth_fits(unsigned depth, unsigned colour)
{
    const bool small = depth == 1 || depth == 2 || depth == 4;
    switch (colour) {
    case TH_PNG_GREY:
        return small || depth == 8 || depth == 16;
    case TH_PNG_PALETTE:
        return small || depth == 8;
    case TH_PNG_RGB:
    case TH_PNG_GREY_ALPHA:
    case TH_PNG_RGB_ALPHA:
        return depth == 8 || depth == 16;
    default:
        return false;
    }
}

static bool read_ihdr(const struct chunk *c, struct th_png_header *h)
{
    if (!is(c, "IHDR") || c->len != 13 || !sum_is_right(c)) return false;
    h->width = be32(c->body);
    h->height = be32(c->body + 4);
    h->depth = c->body[8];
    h->colour = c->body[9];
    h->interlaced = c->body[12] == 1;
    if (h->width < 1 || h->width > MOST_CHUNK || h->height < 1 || h->height > MOST_CHUNK)
        return false;
    return depth_fits(h->depth, h->colour) && !c->body[10] && !c->body[11] && c->body[12] <= 1;
}

/* Beside a palette of pixels there is one that only suggests colours; libpng is strict with both.
 */
static bool read_plte(struct walk *w, const struct chunk *c)
{
    struct th_png_header *h = w->h;
    if (w->has_palette || !sum_is_right(c)) return false;
    w->has_palette = true;
    if (!(h->colour & 2)) return true; /* grey: it is not looked at */
    const bool fits = c->len > 0 && c->len % 3 == 0 && c->len <= 768;
    if (h->colour == TH_PNG_PALETTE && !fits) return false;
    if (fits) h->keyed = false; /* a tRNS in front is out of place, but remains the only one */
    if (h->colour != TH_PNG_PALETTE) return true;
    w->n_palette = c->len / 3;
    /* Entries that no pixel can ask for are not counted. */
    if (w->n_palette > 1u << h->depth) w->n_palette = 1u << h->depth;
    for (unsigned i = 0; i < w->n_palette; i++)
        memcpy(h->palette[i], c->body + 3 * i, 3);
    return true;
}

/* One that does not fit is left out, as libpng does it. */
static void read_trns(struct walk *w, const struct chunk *c)
{
    struct th_png_header *h = w->h;
    if (w->has_key || !sum_is_right(c)) return;
    if (h->colour == TH_PNG_PALETTE) {
        if (!w->has_palette || c->len == 0 || c->len > w->n_palette) return;
        for (unsigned i = 0; i < c->len; i++)
            h->palette[i][3] = c->body[i];
    } else {
        const unsigned n = h->colour == TH_PNG_GREY ? 1 : 3;
        if ((h->colour != TH_PNG_GREY && h->colour != TH_PNG_RGB) || c->len != 2 * n) return;
        for (unsigned i = 0; i < n; i++)
            h->key[i] = be16(c->body + 2 * i);
    }
    w->has_key = h->keyed = true;
}

/* Of two of a kind the first counts. Behind a palette they are out of place, and libpng does not
 * look at them either. */
static bool counts(const struct walk *w, const struct chunk *c, bool seen)
{
    return !seen && !w->has_palette && sum_is_right(c);
}

static void read_iccp(struct walk *w, const struct chunk *c)
{
    if (!counts(w, c, w->h->icc)) return;
    w->h->icc = c->body;
    w->h->icc_len = c->len;
}

static void read_srgb(struct walk *w, const struct chunk *c)
{
    if (c->len == 1 && c->body[0] <= MOST_INTENT && counts(w, c, w->has_srgb)) w->has_srgb = true;
}

/* A number of gAMA and cHRM. */
static double read_fixed(const uint8_t *p)
{
    return be32(p) / 100000.0;
}

static void read_gama(struct walk *w, const struct chunk *c)
{
    if (c->len == 4 && counts(w, c, w->gamma > 0)) w->gamma = read_fixed(c->body);
}

static void read_chrm(struct walk *w, const struct chunk *c)
{
    if (c->len != 32 || !counts(w, c, w->has_primaries)) return;
    struct th_xy *const to[] = {&w->primaries.white, &w->primaries.red, &w->primaries.green,
                                &w->primaries.blue};
    for (unsigned i = 0; i < 4; i++)
        *to[i] = (struct th_xy){read_fixed(c->body + 8 * i), read_fixed(c->body + 8 * i + 4)};
    w->has_primaries = true;
}

/* RGB it must be, and of codes that mean something: else, as in browsers, the next chunk counts. */
static void read_cicp(struct walk *w, const struct chunk *c)
{
    if (c->len != 4 || !counts(w, c, w->has_codes) || c->body[2] != 0 || c->body[3] > 1) return;
    if (!th_colours_are_codes(c->body[0], c->body[1])) return;
    w->has_codes = true;
    th_colours_from_codes(&w->h->colours, c->body[0], c->body[1]);
    w->h->colours.narrow = c->body[3] == 0;
}

/* PNG (third edition) 4.3: each of these only where the one before it is not there. */
static void settle_colours(struct walk *w)
{
    struct th_png_header *h = w->h;
    const bool sane = w->gamma >= LEAST_GAMMA && w->gamma <= MOST_GAMMA;
    if (w->has_codes) {
        h->told = TH_PNG_BY_CODES;
    } else if (w->has_srgb) {
        h->told = TH_PNG_SRGB;
    } else if (sane) {
        const bool whole = w->has_primaries && th_primaries_make_sense(&w->primaries);
        /* Browsers take it for sRGB's, unless primaries show that somebody meant it. */
        if (!whole && fabs(w->gamma * 2.2 - 1) < GAMMA_THRESHOLD) return;
        h->told = TH_PNG_BY_POWER;
        th_colours_from_power(&h->colours, whole ? &w->primaries : NULL, 1 / w->gamma);
    }
}

static void read_exif(struct walk *w, const struct chunk *c)
{
    if (w->h->exif || !sum_is_right(c)) return;
    w->h->exif = c->body;
    w->h->exif_len = c->len;
}

/* The pixels that follow are those of a picture that stands still, or of the first frame. */
static void read_actl(struct walk *w, const struct chunk *c)
{
    if (c->len != 8 || !sum_is_right(c)) return;
    w->h->frames = be32(c->body);
    w->h->plays = be32(c->body + 4);
}

/* A chunk between the header and the pixels. False: irregular. */
static bool read_chunk(struct walk *w, const struct chunk *c)
{
    const bool critical = !(c->name[0] & 0x20);
    if (is(c, "PLTE")) return read_plte(w, c);
    if (critical) return false;
    if (c->len > MOST_READ) {
        w->odd = is(c, "iCCP") || is(c, "eXIf");
        return !w->odd;
    }
    if (is(c, "tRNS")) read_trns(w, c);
    if (is(c, "eXIf")) read_exif(w, c);
    if (is(c, "iCCP")) read_iccp(w, c);
    if (is(c, "sRGB")) read_srgb(w, c);
    if (is(c, "gAMA")) read_gama(w, c);
    if (is(c, "cHRM")) read_chrm(w, c);
    if (is(c, "cICP")) read_cicp(w, c);
    if (is(c, "acTL")) read_actl(w, c);
    return true;
}

/* Is each chunk whole, from here up to the pixels? libpng takes memory for the length that one
 * states before it sees that the file has less. */
static bool is_whole(struct walk *w)
{
    struct chunk c;
    for (unsigned i = 0; i < MOST_CHUNKS_ODD && open_chunk(w, &c); i++) {
        if (is(&c, "IDAT")) return true;
        if (c.len > w->len - w->at - FRAME) return false;
        w->at += FRAME + (size_t)c.len;
    }
    return false;
}

/* Up to the first IDAT. */
static bool read_chunks(struct walk *w)
{
    struct chunk c;
    struct th_png_header *h = w->h;
    for (unsigned i = 0; open_chunk(w, &c); i++) {
        if (w->at > 8 && is(&c, "IDAT")) {
            h->pixels = w->at;
            settle_colours(w);
            return h->colour != TH_PNG_PALETTE || w->has_palette;
        }
        /* The header must come first, but libpng passes over what is not critical in front. */
        w->odd = i >= MOST_CHUNKS || (i == 0 && c.name[0] & 0x20);
        if (w->odd || c.len > w->len - w->at - FRAME) return false;
        if (w->at == 8 ? !read_ihdr(&c, h) : !read_chunk(w, &c)) return false;
        w->at += FRAME + (size_t)c.len;
    }
    return false;
}

bool th_png_parse(const uint8_t *data, size_t len, struct th_png_header *out)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    struct walk w = {.data = data, .len = len, .at = 8, .h = out};
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < 256; i++)
        out->palette[i][3] = 255;
    const bool regular = len >= 8 && memcmp(data, signature, 8) == 0 && read_chunks(&w);
    out->broken = !regular && !(w.odd && is_whole(&w));
    return regular;
}

unsigned th_png_channels(const struct th_png_header *h)
{
    static const uint8_t channels[7] = {1, 0, 3, 1, 2, 0, 4};
    return channels[h->colour];
}

const struct th_colours *th_png_colours(const struct th_png_header *h)
{
    return h->told == TH_PNG_BY_CODES || h->told == TH_PNG_BY_POWER ? &h->colours : NULL;
}

bool th_png_profile_counts(const struct th_png_header *h)
{
    return h->told != TH_PNG_BY_CODES;
}

/* ---- the profile ---- */

/* Do the tags lie within the profile? */
static bool tags_fit(const uint8_t *icc, size_t len)
{
    const uint32_t n = be32(icc + 128);
    if (n > (len - LEAST_ICC) / 12) return false;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *tag = icc + LEAST_ICC + (size_t)12 * i;
        const uint32_t at = be32(tag + 4), size = be32(tag + 8);
        if (at > len || size > len - at) return false;
    }
    return true;
}

/* What libpng asks of a profile before it hands it out. */
static bool profile_fits(const struct th_png_header *h, const uint8_t *icc, size_t len)
{
    if (len % 4 && icc[8] > 3) return false;
    if (memcmp(icc + 36, "acsp", 4) != 0 || be32(icc + 64) >= 0xFFFF) return false;
    if (memcmp(icc + 16, h->colour & 2 ? "RGB " : "GRAY", 4) != 0) return false;
    if (!memcmp(icc + 12, "abst", 4) || !memcmp(icc + 12, "link", 4)) return false;
    if (memcmp(icc + 20, "XYZ ", 4) != 0 && memcmp(icc + 20, "Lab ", 4) != 0) return false;
    return tags_fit(icc, len);
}

/* Inflate up to n bytes; how many came. */
static size_t inflate_some(const uint8_t *from, size_t len, uint8_t *to, size_t n)
{
    z_stream z = {
        .next_in = (Bytef *)from, .avail_in = (uInt)len, .next_out = to, .avail_out = (uInt)n};
    if (inflateInit(&z) != Z_OK) return 0;
    inflate(&z, Z_SYNC_FLUSH);
    inflateEnd(&z);
    return n - z.avail_out;
}

bool th_png_profile(const struct th_png_header *h, uint8_t **profile, size_t *len)
{
    uint8_t begin[LEAST_ICC];
    *profile = NULL;
    *len = 0;
    /* A name of 1 to 79 bytes and its NUL, the method of compression, which is 0, and the stream.
     */
    size_t name = 0;
    while (name < 80 && name < h->icc_len && h->icc[name])
        name++;
    if (name < 1 || name > 79 || h->icc_len < name + 2 || h->icc[name + 1] != 0) return true;
    const uint8_t *from = h->icc + name + 2;
    const size_t n_from = h->icc_len - name - 2;
    if (inflate_some(from, n_from, begin, sizeof begin) != sizeof begin) return true;
    const size_t n = be32(begin);
    if (n < LEAST_ICC || n > MOST_PROFILE) return true;
    uint8_t *icc = th_alloc(n);
    if (!icc) return false;
    if (inflate_some(from, n_from, icc, n) != n || !profile_fits(h, icc, n)) {
        free(icc);
        return true;
    }
    *profile = icc;
    *len = n;
    return true;
}

/* ---- the compressed pixels ---- */

void th_png_pixels_init(struct th_png_pixels *p, const uint8_t *data, size_t len, size_t at,
                        bool apart)
{
    *p = (struct th_png_pixels){.data = data, .len = len, .at = at, .apart = apart};
}

/* Between chunks of a frame there may be others that are not critical. */
static void pass_others(struct th_png_pixels *p)
{
    while (p->len - p->at >= FRAME) {
        const uint8_t *frame = p->data + p->at;
        const size_t n = be32(frame);
        const bool critical = !(frame[4] & 0x20);
        if (critical || memcmp(frame + 4, "fdAT", 4) == 0 || memcmp(frame + 4, "fcTL", 4) == 0)
            return;
        if (n > p->len - p->at - FRAME) return;
        p->at += FRAME + n;
    }
}

/* The number of a chunk of a frame is no pixels. */
static bool enter_frame_chunk(struct th_png_pixels *p)
{
    if (p->left < 4) return false;
    if (p->len - p->at < 4) {
        p->cut = true;
        return false;
    }
    p->crc = th_png_crc(p->crc, p->data + p->at, 4);
    p->left -= 4;
    p->at += 4;
    return true;
}

/* Begin the next chunk of pixels. Those of IDAT follow each other without another between. */
static bool enter_chunk(struct th_png_pixels *p)
{
    if (p->apart) pass_others(p);
    const uint8_t *frame = p->data + p->at;
    if (p->len - p->at < 8) {
        p->cut = true;
        return false;
    }
    if (memcmp(frame + 4, p->apart ? "fdAT" : "IDAT", 4) != 0) return false;
    if (be32(frame) > MOST_CHUNK) return false;
    p->left = be32(frame);
    p->crc = th_png_crc(0, frame + 4, 4);
    p->at += 8;
    p->in_chunk = !p->apart || enter_frame_chunk(p);
    return p->in_chunk;
}

static void leave_chunk(struct th_png_pixels *p)
{
    p->in_chunk = false;
    if (p->len - p->at < 4) {
        p->cut = true;
        p->at = p->len;
        return;
    }
    if (be32(p->data + p->at) != p->crc) p->bad_sum = true;
    p->at += 4;
}

bool th_png_pixels_next(struct th_png_pixels *p, const uint8_t **run, size_t *n)
{
    while (!p->ended) {
        if (p->in_chunk && p->left == 0) leave_chunk(p);
        if (!p->in_chunk && !enter_chunk(p)) break;
        size_t there = p->len - p->at;
        if (there > p->left) there = p->left;
        if (there > MOST_RUN) there = MOST_RUN;
        if (there == 0 && p->left > 0) {
            p->cut = true;
            break;
        }
        if (there == 0) continue;
        *run = p->data + p->at;
        *n = there;
        p->crc = th_png_crc(p->crc, *run, there);
        p->at += there;
        p->left -= there;
        return true;
    }
    p->ended = true;
    return false;
}

void th_png_pixels_close(struct th_png_pixels *p)
{
    const uint8_t *run;
    size_t n;
    while (!p->ended && p->in_chunk && p->left > 0)
        if (!th_png_pixels_next(p, &run, &n)) return;
    if (!p->ended && p->in_chunk) leave_chunk(p);
    p->ended = true;
}
