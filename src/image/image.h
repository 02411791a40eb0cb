/* SPDX-License-Identifier: MIT */
/*
 * image.h - one picture in memory to thumbnails in memory. The only room that includes vips,
 * jpeglib or png headers.
 *
 * Knows nothing of files, queues, processes or names: bytes in, bytes out. Every executor calls the
 * same th_image_make(), which is what makes their outputs byte-identical. Input is hostile: nothing
 * in it is trusted, every size computed from it is checked. Thread-safe.
 */
#ifndef TH_IMAGE_IMAGE_H
#define TH_IMAGE_IMAGE_H

#include "image/estimate/estimate.h"
#include "image/formats.h"
#include "image/result.h"
#include "image/sink.h"
#include "thumbs/thumbs.h"

/* What a call may use. */
struct th_image_limits {
    /* th_now_ns() past which to give up with TIMEOUT, as far as the decoder can be stopped; 0:
     * never. */
    uint64_t deadline_ns;
    /* A sandbox around this process holds: it can read no private file, write none and reach no
     * network. Formats whose decoders are not made for data from anywhere (SVG) are decoded only
     * then. True only in a worker process, for all of its calls: it opens a loader of libvips for
     * the whole process. */
    bool sandboxed;
};

/* USAGE, and why, for options that make no sense. th_image_make() asks it, too. */
enum thumbs_code th_image_check_options(const struct thumbs_image_options *options,
                                        struct thumbs_error *err);

/* Decode `data` once and append every size x format of `options` to `sink`, sizes in order, formats
 * in order within a size. Orientation is applied, colours are turned to sRGB, alpha is laid on the
 * background where the output has none; the fit is applied to the upright picture. On failure
 * sink->len is as before. Codes: NOT_IMAGE (no known magic), UNSUPPORTED, CORRUPT, TOO_LARGE,
 * TIMEOUT, MEMORY, INTERNAL; stage decode, resize or encode. After th_image_seal() also STOPPED. */
enum thumbs_code th_image_make(const uint8_t *data, size_t len,
                               const struct thumbs_image_options *options,
                               const struct th_image_limits *limits, struct th_sink *sink,
                               struct th_image_result *result, struct thumbs_error *err);

/* Load libraries (enum th_wants) ahead of time (a fork server does it once for all its
 * workers; before threads and before a sandbox). Idempotent. Without it the first picture that
 * needs one loads it. Those of formats that this build leaves to libvips are none. */
enum thumbs_code th_image_preload(unsigned wants, struct thumbs_error *err);

/* This process is about to be locked up: from now on th_image_make() loads nothing. What would need
 * libraries that th_image_preload() has not been asked for ends with STOPPED: not this source's
 * fault, to be done elsewhere. If they could not be loaded it is UNSUPPORTED, with the reason.
 * Cannot be undone. */
void th_image_seal(void);

/* Give back what a worker thread holds for its pictures (libvips per-thread caches). Call at the
 * end of each thread that called th_image_make(). */
void th_image_thread_finish(void);

#endif
