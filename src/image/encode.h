/*
 * encode.h - small pictures to encoded files, appended to a sink.
 *
 * On failure the sink keeps the length it had. Thread-safe on different sinks. Codes: TIMEOUT past the sink's deadline,
 * MEMORY, INTERNAL, UNSUPPORTED; stage encode.
 */
#ifndef TH_IMAGE_ENCODE_H
#define TH_IMAGE_ENCODE_H

#include "image/image.h"
#include "image/pixels.h"

/* Baseline JPEG (ITU-T T.81) with optimised Huffman tables, 4:2:0; grey stays one component. p has no alpha and is
 * not CMYK. quality is 1 to 100. */
enum thumbs_code th_encode_jpeg(const struct th_pixels *p, uint32_t quality, struct th_sink *sink,
                                struct thumbs_error *err);

/* PNG (ISO/IEC 15948), 8 bits a sample, of whatever bands there are. */
enum thumbs_code th_encode_png(const struct th_pixels *p, struct th_sink *sink, struct thumbs_error *err);

/* WebP (RFC 9649), lossy, through the libvips module. */
enum thumbs_code th_encode_webp(const struct th_pixels *p, uint32_t quality, struct th_sink *sink,
                                struct thumbs_error *err);

/* Encode *p, the thumbnail of options->sizes[i_size], in every format of `options`, and record the outputs in
 * *result. Alpha is laid on the background where a format has none. source_alpha: whether any thumbnail of this
 * source has pixels that are not opaque, which decides what KEEP becomes. */
enum thumbs_code th_encode_outputs(const struct th_pixels *p, uint32_t i_size, enum thumbs_format source,
                                   bool source_alpha, const struct thumbs_image_options *options, struct th_sink *sink,
                                   struct th_image_result *result, struct thumbs_error *err);

#endif
