/* SPDX-License-Identifier: MIT */
#include "image/png/png_inflate.h"

#include <stdlib.h>

#include <zlib.h>
#ifdef THUMBS_ISAL
#include <isa-l/igzip_lib.h>
#endif

#include "base/sys.h"

#define HEADER_LEN  2
#define TRAILER_LEN 4

struct th_png_inflate {
    enum th_png_engine engine;
    const uint8_t *in;
    size_t in_len;
    uint8_t header[HEADER_LEN];
    unsigned n_header;  /* bytes of it that have come */
    unsigned n_trailer; /* bytes of the checksum that have come */
    bool ended, broken; /* the deflate stream */
    bool zlib_open;
    z_stream zlib;
#ifdef THUMBS_ISAL
    struct inflate_state isal; /* last: 100 KB */
#endif
};

enum th_png_engine th_png_engine_best(void)
{
#ifdef THUMBS_ISAL
    return TH_PNG_ISAL;
#else
    return TH_PNG_ZLIB;
#endif
}

struct th_png_inflate *th_png_inflate_create(enum th_png_engine engine)
{
#ifndef THUMBS_ISAL
    if (engine == TH_PNG_ISAL) return NULL;
#endif
    struct th_png_inflate *z = th_alloc(sizeof *z);
    if (!z) return NULL;
    z->engine = engine;
    z->in = NULL;
    z->in_len = 0;
    z->n_header = z->n_trailer = 0;
    z->ended = z->broken = z->zlib_open = false;
    z->zlib = (z_stream){0};
#ifdef THUMBS_ISAL
    if (engine == TH_PNG_ISAL) isal_inflate_init(&z->isal);
#endif
    if (engine == TH_PNG_ZLIB) {
        z->zlib_open = inflateInit2(&z->zlib, -MAX_WBITS) == Z_OK;
        if (!z->zlib_open) {
            free(z);
            return NULL;
        }
    }
    return z;
}

void th_png_inflate_destroy(struct th_png_inflate *z)
{
    if (!z) return;
    if (z->zlib_open) inflateEnd(&z->zlib);
    free(z);
}

void th_png_inflate_input(struct th_png_inflate *z, const uint8_t *data, size_t len)
{
    z->in = data;
    z->in_len = len;
}

/* Deflate, a window that exists, a right check, no dictionary. */
static bool header_fits(const uint8_t h[HEADER_LEN])
{
    return (h[0] & 15) == 8 && h[0] >> 4 <= 7 && (h[0] << 8 | h[1]) % 31 == 0 && !(h[1] & 0x20);
}

/* ---- the engines: from z->in into `to`, both moved on ---- */

static size_t run_zlib(struct th_png_inflate *z, uint8_t *to, size_t room)
{
    z->zlib.next_in = (Bytef *)z->in;
    z->zlib.avail_in = (uInt)z->in_len;
    z->zlib.next_out = to;
    z->zlib.avail_out = (uInt)room;
    const int result = inflate(&z->zlib, Z_SYNC_FLUSH);
    z->in = z->zlib.next_in;
    z->in_len = z->zlib.avail_in;
    z->ended = result == Z_STREAM_END;
    z->broken = result != Z_STREAM_END && result != Z_OK && result != Z_BUF_ERROR;
    return room - z->zlib.avail_out;
}

#ifdef THUMBS_ISAL
static size_t run_isal(struct th_png_inflate *z, uint8_t *to, size_t room)
{
    struct inflate_state *s = &z->isal;
    s->next_in = (uint8_t *)z->in;
    s->avail_in = (uint32_t)z->in_len;
    s->next_out = to;
    s->avail_out = (uint32_t)room;
    const int result = isal_inflate(s);
    z->in = s->next_in;
    z->in_len = s->avail_in;
    z->broken = result < 0;
    z->ended = !z->broken && s->block_state == ISAL_BLOCK_FINISH;
    /* It reads ahead, up to eight bytes, of which the last may be those of the checksum. */
    if (z->ended) z->n_trailer = (unsigned)s->read_in_length / 8;
    return room - s->avail_out;
}
#endif

static size_t run_engine(struct th_png_inflate *z, uint8_t *to, size_t room)
{
#ifdef THUMBS_ISAL
    if (z->engine == TH_PNG_ISAL) return run_isal(z, to, room);
#endif
    return run_zlib(z, to, room);
}

/* ---- the whole stream ---- */

static bool take_header(struct th_png_inflate *z)
{
    for (; z->n_header < HEADER_LEN && z->in_len; z->in++, z->in_len--)
        z->header[z->n_header++] = *z->in;
    if (z->n_header < HEADER_LEN) return false;
    z->broken = z->broken || !header_fits(z->header);
    return true;
}

static void take_trailer(struct th_png_inflate *z)
{
    while (z->n_trailer < TRAILER_LEN && z->in_len) {
        z->n_trailer++;
        z->in++;
        z->in_len--;
    }
}

enum th_png_flow th_png_inflate_run(struct th_png_inflate *z, uint8_t *to, size_t room,
                                    size_t *made)
{
    *made = 0;
    if (!take_header(z)) return TH_PNG_HUNGRY;
    if (z->broken) return TH_PNG_BROKEN;
    if (!z->ended) *made = run_engine(z, to, room);
    if (z->broken) return TH_PNG_BROKEN;
    if (z->ended) {
        take_trailer(z);
        return z->n_trailer < TRAILER_LEN ? TH_PNG_HUNGRY : TH_PNG_ENDED;
    }
    if (*made == room) return TH_PNG_FULL;
    /* Input that is left though there is room: no engine should do that. */
    z->broken = z->in_len > 0;
    return z->broken ? TH_PNG_BROKEN : TH_PNG_HUNGRY;
}
