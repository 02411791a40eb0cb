/* SPDX-License-Identifier: MIT */
#include "image/webp/webp_metadata.h"

#include "base/error.h"
#include "image/webp/webp_chunks.h"

#define RIFF_LEN   12
#define HEAD_LEN   8 /* of a chunk */
#define CANVAS_LEN 10

/* Flags of VP8X. */
enum { HAS_XMP = 0x04, HAS_EXIF = 0x08, HAS_ALPHA = 0x10, HAS_ICC = 0x20, HAS_ANIMATION = 0x02 };

bool th_webp_metadata(struct th_view file, struct th_metadata_found *out)
{
    struct th_webp w;
    if (!th_webp_parse(file, &w)) return true;
    out->exif = w.exif;
    out->xmp = w.xmp;
    return true;
}

static void put_le(uint8_t *to, uint64_t v, unsigned n)
{
    th_number_put(to, v, n, false);
}

/* Filled up to an even length. */
static bool add_chunk(struct th_sink *sink, const char *name, struct th_view v)
{
    static const uint8_t zero;
    uint8_t head[HEAD_LEN];
    if (!v.len) return true;
    memcpy(head, name, 4);
    put_le(head + 4, v.len, 4);
    return th_sink_add(sink, head, sizeof head) && th_sink_add(sink, v.data, v.len) &&
           (v.len % 2 == 0 || th_sink_add(sink, &zero, 1));
}

static size_t chunk_len(struct th_view v)
{
    return v.len ? HEAD_LEN + v.len + (v.len & 1) : 0;
}

/* The chunk VP8X for this file, which may have one. */
static void describe(struct th_view file, const struct th_webp *w, const struct th_metadata *m,
                     uint8_t out[CANVAS_LEN])
{
    memset(out, 0, CANVAS_LEN);
    if (th_view_has(file, RIFF_LEN, "VP8X", 4)) out[0] = file.data[RIFF_LEN + HEAD_LEN];
    out[0] = (uint8_t)(out[0] & (HAS_ALPHA | HAS_ANIMATION));
    if (w->alpha) out[0] |= HAS_ALPHA;
    if (m->icc.len) out[0] |= HAS_ICC;
    if (m->exif.len) out[0] |= HAS_EXIF;
    if (m->xmp.len) out[0] |= HAS_XMP;
    put_le(out + 4, w->width - 1, 3);
    put_le(out + 7, w->height - 1, 3);
}

/* Make room for `n` bytes at `at`. */
static bool open_gap(struct th_sink *sink, size_t at, size_t n)
{
    const size_t len = sink->len;
    if (sink->cap - len < n && !sink->grow(sink, len + n)) return false;
    memmove(sink->data + at + n, sink->data + at, len - at);
    sink->len = len + n;
    return true;
}

/* VP8X and ICCP go in front of the pictures, EXIF and XMP behind them. */
static bool rewrite(struct th_sink *sink, size_t begin, const struct th_webp *w,
                    const struct th_metadata *m)
{
    const struct th_view file = {sink->data + begin, sink->len - begin};
    const bool extended = th_view_has(file, RIFF_LEN, "VP8X", 4);
    const size_t at = begin + RIFF_LEN, canvas_len = HEAD_LEN + CANVAS_LEN;
    const size_t gap = (extended ? 0 : canvas_len) + chunk_len(m->icc);
    uint8_t canvas[CANVAS_LEN];
    describe(file, w, m, canvas);
    if (!open_gap(sink, extended ? at + canvas_len : at, gap)) return false;
    /* Written over the gap and, where there was one, the old VP8X. */
    const size_t end = sink->len;
    sink->len = at;
    (void)add_chunk(sink, "VP8X", (struct th_view){canvas, CANVAS_LEN});
    (void)add_chunk(sink, "ICCP", m->icc);
    sink->len = end;
    if (!add_chunk(sink, "EXIF", m->exif) || !add_chunk(sink, "XMP ", m->xmp)) return false;
    put_le(sink->data + begin + 4, sink->len - begin - HEAD_LEN, 4);
    return true;
}

enum thumbs_code th_webp_add_metadata(struct th_sink *sink, size_t begin,
                                      const struct th_metadata *m, struct thumbs_error *err)
{
    struct th_webp w;
    if (!m || (!m->icc.len && !m->exif.len && !m->xmp.len)) return THUMBS_OK;
    enum thumbs_code code = THUMBS_OK;
    if (!th_webp_parse((struct th_view){sink->data + begin, sink->len - begin}, &w))
        code = th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE,
                            "the WebP encoder wrote an invalid file");
    else if (!rewrite(sink, begin, &w, m))
        code =
            th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoded WebP");
    if (code != THUMBS_OK) sink->len = begin;
    return code;
}
