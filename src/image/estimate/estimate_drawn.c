/* SPDX-License-Identifier: MIT */
/* What is drawn. SVG: the one format whose header does not tell what it takes. librsvg makes
 * objects of all elements: drawings that consist of paths took 12 to 40 times the length of the
 * file, icons a megabyte; but empty elements 280 times, and one long line of text 60 MB. What is
 * usual is foreseen here, not the worst: who goes past it must be stopped. */
#include "image/estimate/estimators.h"

#define FILE_COPIES   48
#define LIBRARY_BYTES ((uint64_t)24 << 20)

/* PDF: what a page takes is told by its objects, any of which may be compressed. Documents of text
 * took no more than an empty drawing of SVG; a picture on the page is held whole, which is not
 * foreseen. */
#define PDF_FILE_COPIES   4
#define PDF_LIBRARY_BYTES ((uint64_t)32 << 20)
/* libvips has it drawn in tiles so large that a thumbnail is one or two, of four bytes a pixel. */
#define PDF_DRAWINGS 2

/* It is drawn at the size that is wanted; its shape is not known. */
static void set_sides(const struct thumbs_image_options *options, struct th_estimate *out)
{
    uint32_t side = 1;
    for (uint32_t i = 0; i < options->n_sizes && i < THUMBS_MAX_SIZES; i++) {
        const struct thumbs_size *size = &options->sizes[i];
        side = (uint32_t)th_max_u64(
            side, th_min_u64(th_max_u64(size->width, size->height), THUMBS_MAX_SIDE));
    }
    out->width = out->height = side;
}

bool th_estimate_svg(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    set_sides(options, out);
    out->decoder = th_add_sat(LIBRARY_BYTES, th_mul_sat(v.len, FILE_COPIES));
    return true;
}

bool th_estimate_pdf(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    if (!options->allow_untrusted) return false;
    set_sides(options, out);
    out->bands = 3;
    const uint64_t drawings = th_mul3_sat(out->width, out->height, 4 * PDF_DRAWINGS);
    out->decoder =
        th_add_sat(th_add_sat(PDF_LIBRARY_BYTES, drawings), th_mul_sat(v.len, PDF_FILE_COPIES));
    return true;
}
