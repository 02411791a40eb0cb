/* SPDX-License-Identifier: MIT */
/*
 * encode.h - small pictures to encoded files, appended to a sink. An encoder is one file.
 *
 * On failure the sink keeps the length it had. Thread-safe on different sinks. Codes: TIMEOUT past
 * the sink's deadline, MEMORY, INTERNAL, UNSUPPORTED; stage encode.
 */
#ifndef TH_IMAGE_ENCODE_H
#define TH_IMAGE_ENCODE_H

#include "image/libraries.h"
#include "image/metadata/metadata.h"
#include "image/pixels.h"
#include "image/sink.h"
#include "image/wants.h"
#include "thumbs/thumbs.h"

/* How an output is written; formats pass over what they have no use for. */
struct th_encode_how {
    uint32_t quality;                   /* 1 to 100 */
    bool progressive;                   /* JPEG */
    const struct th_metadata *metadata; /* to be written, as far as there is a place; or NULL */
};

/* p is not CMYK, and has no alpha unless the encoder keeps it. */
typedef enum thumbs_code th_encode_fn(const struct th_pixels *p, const struct th_encode_how *how,
                                      struct th_sink *sink, struct thumbs_error *err);

/* planes[0] is luma (or grey with n_planes 1), planes[1] and [2] are Cb and Cr of BT.601 at half of
 * its sides, rounded up, each sample in the middle of its four pixels. Each plane is a picture of
 * one band, in the range that the encoder takes. */
typedef enum thumbs_code th_encode_planes_fn(const struct th_pixels *planes, uint32_t n_planes,
                                             const struct th_encode_how *how, struct th_sink *sink,
                                             struct thumbs_error *err);

/* Bytes for a pixel of a thumbnail, noise at worst. */
struct th_encode_cost {
    uint64_t working; /* in the encoder while it works */
    uint64_t encoded; /* in the sink */
};

struct th_motion_writer;

struct th_encoder {
    th_encode_fn *encode;
    th_encode_planes_fn *encode_planes; /* NULL: it wants pixels */
    bool narrow; /* planes are from 16 to 235, chroma to 240; else from 0 to 255, as in JFIF */
    /* What that takes for a picture of so many bands (2 and 4: with alpha). */
    struct th_encode_cost (*cost)(uint32_t bands, uint32_t quality);
    bool keeps_alpha;
    bool keeps_profile; /* else it gets sRGB always */
    bool has_quality;   /* a lower one gives a smaller file */
    unsigned wants;     /* libraries that it loads (enum th_wants), whatever the source is */
    const struct th_motion_writer *motion; /* writes what moves; NULL: it cannot */
    th_about_fn *about;
};

extern const struct th_encoder th_encoder_jpeg, th_encoder_png, th_encoder_webp, th_encoder_avif,
    th_encoder_jxl, th_encoder_gif;

/* JPEG (ITU-T T.81): baseline with optimised Huffman tables, 4:2:0; grey stays one component. PNG
 * (ISO/IEC 15948): 8 bits a sample, of whatever bands there are. WebP (RFC 9649): lossy, by
 * libwebp, or through the libvips module in a build without it. */
th_encode_fn th_encode_jpeg, th_encode_png, th_encode_webp;

#endif
