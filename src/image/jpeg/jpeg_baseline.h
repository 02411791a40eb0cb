/* SPDX-License-Identifier: MIT */
/*
 * jpeg_baseline.h - planes to a baseline JPEG file, as libjpeg-turbo writes it, in a third of its
 * time.
 *
 * Its files take two passes for the sake of optimal codes, of which the first is plain C there.
 * Here coefficients that are 0 cost nothing in either. Thread-safe on different sinks.
 */
#ifndef TH_IMAGE_JPEG_BASELINE_H
#define TH_IMAGE_JPEG_BASELINE_H

#include "image/pixels.h"
#include "image/sink.h"
#include "thumbs/thumbs.h"

/* Append a JPEG (ITU-T T.81, JFIF 1.01) of `quality` 1 to 100 by libjpeg's scale of the tables of
 * T.81 K.1: byte for byte what libjpeg-turbo makes of the same planes. Planes as for
 * th_jpeg_write_planes(). On failure the sink keeps the length it had. Codes: MEMORY, TIMEOUT;
 * stage encode. */
enum thumbs_code th_jpeg_baseline_write(const struct th_pixels *planes, uint32_t n_planes,
                                        uint32_t quality, struct th_sink *sink,
                                        struct thumbs_error *err);

#endif
