/* PNG (ISO/IEC 15948), as libpng reads it for libvips: row by row, or interlaced into a picture in memory. */
#include "image/estimate.h"

#define ZLIB_BYTES ((uint64_t)64 << 10)

/* libpng refuses chunks that are, or inflate to, more. */
#define MOST_CHUNK_BYTES ((uint64_t)8000000)
/* Of deflate. */
#define MOST_INFLATION 1032

/* How often the bytes of a profile are held: by libpng, libvips, us (twice) and lcms, whose tables are wider. */
#define PROFILE_COPIES 7
/* libpng grows the text while it inflates, keeps it, libvips copies it. */
#define TEXT_COPIES 3

enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGB_ALPHA = 6 };

/* What the chunks need that libpng keeps whole, and what mending a file that breaks off needs: a copy of it. */
static uint64_t chunks(struct th_view v)
{
    uint64_t sum = 0, at = 8;
    for (unsigned i = 0; i < TH_ESTIMATE_STEPS; i++) {
        if (v.len < at || v.len - at < 12) return th_add_sat(sum, v.len);
        uint64_t n = th_view_be(v, at, 4);
        if (n > v.len - at - 12) return th_add_sat(sum, v.len);
        const uint8_t *name = v.data + at + 4;
        if (memcmp(name, "IEND", 4) == 0) return sum;
        if (memcmp(name, "iCCP", 4) == 0)
            sum = th_add_sat(sum, PROFILE_COPIES * th_min_u64(MOST_INFLATION * n, MOST_CHUNK_BYTES));
        else if (memcmp(name, "zTXt", 4) == 0 || memcmp(name, "iTXt", 4) == 0)
            sum = th_add_sat(sum, TEXT_COPIES * th_min_u64(MOST_INFLATION * n, MOST_CHUNK_BYTES));
        else if (memcmp(name, "IDAT", 4) != 0)
            sum = th_add_sat(sum, TEXT_COPIES * th_min_u64(n, MOST_CHUNK_BYTES));
        at += 12 + n;
    }
    return th_add_sat(sum, v.len);
}

bool th_estimate_png(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    (void)options;
    if (!th_view_has(v, 12, "IHDR", 4) || v.len < 33) return false;
    out->width = (uint32_t)th_view_be(v, 16, 4);
    out->height = (uint32_t)th_view_be(v, 20, 4);
    unsigned depth = v.data[24], type = v.data[25];
    bool interlaced = v.data[28] != 0;
    /* Transparency of a chunk is made a band. */
    out->bands = type == GREY || type == GREY_ALPHA ? 2 : 4;
    out->pixel_bytes = (uint64_t)out->bands * (depth > 8 ? 2 : 1);
    out->decoder = th_add_sat(ZLIB_BYTES, chunks(v));
    out->decoder = th_add_sat(out->decoder, th_mul3_sat(out->width, 8, 4)); /* libpng's rows */
    if (interlaced) out->decoder = th_add_sat(out->decoder, th_mul3_sat(out->width, out->height, out->pixel_bytes));
    return true;
}
