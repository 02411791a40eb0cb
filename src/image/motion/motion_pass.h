/* SPDX-License-Identifier: MIT */
/*
 * motion_pass.h - all frames of a source, one at a time, to several animations: reduced, turned,
 * cut and padded as a still picture is, and encoded.
 */
#ifndef TH_IMAGE_MOTION_PASS_H
#define TH_IMAGE_MOTION_PASS_H

#include "image/encode.h"
#include "image/motion.h"
#include "image/steps.h"

struct th_motion_output {
    const struct th_encoder *encoder; /* it has a writer of what moves */
    enum thumbs_format format;
    uint32_t i_size;
    uint32_t quality;
    uint32_t width, height; /* set by the pass; 0: the output of a size before is this one, too */
    struct th_sink *sink;   /* gets the bytes of this one; what was there before stays */
};

/* Read make->data from the first frame to the last, and write every output. Frames that look like
 * the one before are one with it, and it is shown for longer. make->kept is filled in, and times
 * are added to make->result. Where the source does not move make->declined is set instead. On
 * failure sinks may hold anything. Codes as of th_image_make(); TOO_LARGE if the frames of a
 * thumbnail have more pixels together than a source may have. */
enum thumbs_code th_motion_pass(struct th_make *make, const struct th_motion_reader *reader,
                                struct th_motion_output *outputs, uint32_t n_outputs,
                                struct thumbs_error *err);

#endif
