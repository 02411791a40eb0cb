/* SPDX-License-Identifier: MIT */
/*
 * metadata.h - what outputs keep of their source beside the pixels: colour profile, EXIF, XMP,
 * IPTC.
 *
 * Each format's own reader finds the blocks in a file (th_metadata_fn). Here they are cleaned, so
 * that they tell the truth about a thumbnail, and bounded, so that every output format has room for
 * them. Encoders put them into files. Blocks are hostile data; a broken one is left out.
 * Thread-safe on different structs.
 */
#ifndef TH_IMAGE_METADATA_H
#define TH_IMAGE_METADATA_H

#include "base/view.h"
#include "image/metadata/exif_clean.h"
#include "thumbs/thumbs.h"

/* What one segment of a JPEG file (ITU-T T.81: 65,533 bytes) holds behind the name of each. */
#define TH_METADATA_MOST_EXIF TH_EXIF_MOST
#define TH_METADATA_MOST_XMP  65504u
#define TH_METADATA_MOST_IPTC 65506u

/* A larger profile is not kept: it would weigh more than the thumbnail by far. */
#define TH_METADATA_MOST_ICC (512u << 10)

/* As they stand in a file: TIFF bytes of EXIF without a name before them, one packet of XMP,
 * records of IPTC-IIM (without Photoshop's frame). Zeros: none. */
struct th_metadata_found {
    struct th_view exif, xmp, iptc;
    uint8_t *memory; /* what does not lie in the file; freed by th_metadata_found_finish() */
};

/* Look for all but the profile, which comes with the colours. False: no memory. */
typedef bool th_metadata_fn(struct th_view file, struct th_metadata_found *out);
void th_metadata_found_finish(struct th_metadata_found *found);

/* Cleaned, and good until th_metadata_finish(). */
struct th_metadata {
    struct th_view icc, exif, xmp, iptc;
    uint8_t *memory; /* all of them, in one piece */
    struct th_exif_sides sides;
};

/* Fill *out. EXIF: upright, without its thumbnail; XMP: the same, and without a word of parts that
 * lie elsewhere. icc is kept as it is. False: no memory. */
bool th_metadata_keep(const struct th_metadata_found *found, struct th_view icc,
                      struct th_metadata *out);
void th_metadata_finish(struct th_metadata *m); /* back to zero; zeroed is fine */

/* Let EXIF tell these sides, of the output that is to be written next. */
void th_metadata_set_sides(struct th_metadata *m, uint32_t width, uint32_t height);

static inline bool th_metadata_is_empty(const struct th_metadata *m)
{
    return !m->memory;
}

/* Bytes that one output takes for them at most. */
uint64_t th_metadata_most(const struct thumbs_image_options *options, uint64_t file_len);

#endif
