/* SPDX-License-Identifier: MIT */
/* Bitmaps, icons and Netpbm: rows come from the file itself, so that little is held but a row, the
 * places in the palette of a packed bitmap, and what the PNG in an icon takes. */
#include "image/bmp/bmp_head.h"
#include "image/bmp/ico.h"
#include "image/estimate/estimators.h"
#include "image/pnm/pnm_head.h"

/* Of a profile: opened by lcms with wider tables, kept. */
#define PROFILE_COPIES 5

static void add_bitmap(const struct th_bmp *b, uint32_t bands, struct th_estimate *out)
{
    out->width = b->width;
    out->height = b->height;
    out->bands = bands;
    out->direct = true;
    out->decoder = th_add_sat((uint64_t)b->width * bands, th_bmp_unpacked_size(b));
    out->held = PROFILE_COPIES * (uint64_t)b->icc.len;
}

bool th_estimate_bmp(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    struct th_bmp b;
    bool unsupported;
    const char *why;
    (void)options;
    if (!th_bmp_parse_file(v, &b, &unsupported, &why)) return false;
    add_bitmap(&b, b.masks[3].bits && b.bits >= 16 ? 4 : 3, out);
    return true;
}

static bool add_entry(const struct th_ico_entry *e, const struct thumbs_image_options *options,
                      struct th_estimate *out)
{
    struct th_bmp b;
    bool unsupported;
    const char *why;
    if (e->png) return th_estimate_png(e->v, options, out);
    if (!th_bmp_parse_icon(e->v, &b, &unsupported, &why)) return false;
    add_bitmap(&b, 4, out);
    return true;
}

/* The first is the largest; another, tried after it, may be of the kind that holds more. */
bool th_estimate_ico(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    struct th_ico_entry entries[TH_ICO_MOST];
    const size_t n = th_ico_list(v, entries);
    const struct th_estimate usual = *out;
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        struct th_estimate e = usual;
        if (!add_entry(&entries[i], options, &e)) continue;
        if (!found) *out = e;
        found = true;
        out->decoder = th_max_u64(out->decoder, e.decoder);
        out->held = th_max_u64(out->held, e.held);
        out->direct = out->direct && e.direct;
    }
    out->bands = 4;
    return found;
}

bool th_estimate_pnm(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    struct th_pnm p;
    bool unsupported;
    const char *why;
    (void)options;
    if (!th_pnm_parse(v, &p, &unsupported, &why)) return false;
    out->width = p.width;
    out->height = p.height;
    out->bands = p.bands;
    out->direct = true;
    out->decoder = th_mul_sat(p.width, p.bands);
    return true;
}
