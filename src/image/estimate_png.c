/* PNG (ISO/IEC 15948), as libpng reads it for libvips: row by row, or interlaced into a picture in memory. */
#include "image/estimate.h"

#define ZLIB_BYTES ((uint64_t)64 << 10)

/* libpng refuses chunks that are, or inflate to, more. */
#define MOST_CHUNK_BYTES ((uint64_t)8000000)
/* Of deflate. */
#define MOST_INFLATION 1032

/* How often the bytes of a profile are held: by libpng, libvips, us (twice) and lcms, whose tables are wider. */
#define PROFILE_COPIES 7
/* Of text, that libpng keeps. */
#define MOST_KEPT_CHUNKS 1000
/* libpng grows the text while it inflates, keeps it, libvips copies it. */
#define TEXT_COPIES 3

/* Colour types; the others are RGB and palettes, which become RGB. */
enum { GREY = 0, GREY_ALPHA = 4, RGB_ALPHA = 6 };

/* Chunks that are not looked at, in the last `len` bytes: before the pixels text and a profile, each as large as it may
 * be; behind them only one at a time is held. */
static uint64_t unseen_chunks(uint64_t len, bool pixels)
{
    uint64_t inflated = th_mul_sat(len, MOST_INFLATION), most = (pixels ? 1 : MOST_KEPT_CHUNKS) * MOST_CHUNK_BYTES;
    uint64_t profile = pixels ? 0 : PROFILE_COPIES * th_min_u64(inflated, MOST_CHUNK_BYTES);
    return th_add_sat(profile, TEXT_COPIES * th_min_u64(inflated, most));
}

/* What the chunks need that libpng keeps whole, and what mending a file that breaks off needs: a copy of it. All of
 * that is held to the end. */
static uint64_t chunks(struct th_view v, bool *transparency)
{
    uint64_t sum = 0, at = 8;
    bool pixels = false;
    for (unsigned i = 0; i < TH_ESTIMATE_STEPS; i++) {
        if (v.len < at || v.len - at < 12) return th_add_sat(sum, v.len);
        uint64_t n = th_view_be(v, at, 4);
        if (n > v.len - at - 12) return th_add_sat(sum, v.len);
        const uint8_t *name = v.data + at + 4;
        if (memcmp(name, "IEND", 4) == 0) return sum;
        if (memcmp(name, "tRNS", 4) == 0) *transparency = true;
        if (memcmp(name, "iCCP", 4) == 0)
            sum = th_add_sat(sum, PROFILE_COPIES * th_min_u64(MOST_INFLATION * n, MOST_CHUNK_BYTES));
        else if (memcmp(name, "zTXt", 4) == 0 || memcmp(name, "iTXt", 4) == 0)
            sum = th_add_sat(sum, TEXT_COPIES * th_min_u64(MOST_INFLATION * n, MOST_CHUNK_BYTES));
        else if (memcmp(name, "IDAT", 4) == 0)
            pixels = true;
        else
            sum = th_add_sat(sum, TEXT_COPIES * th_min_u64(n, MOST_CHUNK_BYTES));
        at += 12 + n;
    }
    *transparency = *transparency || !pixels;
    return th_add_sat(th_add_sat(sum, unseen_chunks(v.len - at, pixels)), v.len);
}

bool th_estimate_png(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    (void)options;
    if (!th_view_has(v, 12, "IHDR", 4) || v.len < 33) return false;
    out->width = (uint32_t)th_view_be(v, 16, 4);
    out->height = (uint32_t)th_view_be(v, 20, 4);
    unsigned depth = v.data[24], type = v.data[25];
    bool interlaced = v.data[28] != 0;
    bool transparency = false;
    out->held = chunks(v, &transparency);
    bool alpha = transparency || type == GREY_ALPHA || type == RGB_ALPHA;
    out->bands = (type == GREY || type == GREY_ALPHA ? 1 : 3) + alpha;
    out->pixel_bytes = (uint64_t)out->bands * (depth > 8 ? 2 : 1);
    out->decoder = th_add_sat(ZLIB_BYTES, th_mul3_sat(out->width, 8, 4)); /* libpng's rows */
    if (interlaced) out->decoder = th_add_sat(out->decoder, th_mul3_sat(out->width, out->height, out->pixel_bytes));
    return true;
}
