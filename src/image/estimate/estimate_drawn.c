/* SPDX-License-Identifier: MIT */
/* What is drawn. SVG: the one format whose header does not tell what it takes. librsvg makes
 * objects of all elements: drawings that consist of paths took 12 to 40 times the length of the
 * file, icons a megabyte; but empty elements 280 times, and one long line of text 60 MB. What is
 * usual is foreseen here, not the worst: who goes past it must be stopped. */
#include "image/estimate/estimators.h"

#include <string.h>

#define FILE_COPIES   48
#define LIBRARY_BYTES ((uint64_t)24 << 20)

/* PDF: what a page takes is told by its objects, any of which may be compressed, but for the heads
 * of pictures. Documents of text took no more than an empty drawing of SVG; a picture on the page
 * is held whole, of which 24 megapixels took 76 to 90 MB. */
#define PDF_PIXEL_BYTES   4
#define PDF_LOOKED_AT     ((size_t)16 << 20) /* of a file, for such heads */
#define PDF_HEAD          1024               /* how far apart the sides may be told */
#define PDF_HEADS         4096
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

/* The number behind a word, 0 if there is none. */
static uint64_t number_at(struct th_view v, size_t at)
{
    uint64_t n = 0;
    while (at < v.len && (v.data[at] == ' ' || v.data[at] == '\n' || v.data[at] == '\r'))
        at++;
    for (; at < v.len && v.data[at] >= '0' && v.data[at] <= '9' && n < THUMBS_MAX_SIDE; at++)
        n = n * 10 + (v.data[at] - '0');
    return n;
}

/* The place behind a word in [from, to), 0 if it is not there. */
static size_t behind(struct th_view v, size_t from, size_t to, const char *word)
{
    const size_t n = strlen(word);
    const uint8_t *found = from < to ? memmem(v.data + from, to - from, word, n) : NULL;
    return found ? (size_t)(found - v.data) + n : 0;
}

/* Pixels of the largest picture in a PDF whose sides are told as numbers, side by side: every
 * stream has a head that is not compressed (ISO 32000-1, 7.5.7). What is on other pages counts,
 * too, and so does what lies, up to what may be decoded at all: only where there is less memory
 * than that they keep a file from being drawn. */
static uint64_t largest_picture(struct th_view v, uint64_t max_pixels)
{
    const size_t len = v.len < PDF_LOOKED_AT ? v.len : PDF_LOOKED_AT;
    uint64_t most = 0;
    size_t at = 0;
    for (unsigned i = 0; i < PDF_HEADS && (at = behind(v, at, len, "/Width")) != 0; i++) {
        const size_t from = at > PDF_HEAD ? at - PDF_HEAD : 0,
                     to = len - at > PDF_HEAD ? at + PDF_HEAD : len;
        /* Whose height it is is not asked: the largest one near by. */
        for (size_t height = from; (height = behind(v, height, to, "/Height")) != 0;)
            most = th_max_u64(most, th_mul_sat(number_at(v, at), number_at(v, height)));
    }
    return th_min_u64(most, max_pixels);
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
    out->decoder = th_add_sat(out->decoder,
                              th_mul_sat(largest_picture(v, options->max_pixels), PDF_PIXEL_BYTES));
    return true;
}
