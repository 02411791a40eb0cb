/* SPDX-License-Identifier: MIT */
/*
 * steps.h - one picture on its way: what a call of th_image_make() is about, and the steps that all
 * backends take before they decode.
 */
#ifndef TH_IMAGE_STEPS_H
#define TH_IMAGE_STEPS_H

#include "image/metadata/metadata.h"
#include "image/reduction.h"
#include "image/result.h"
#include "image/sink.h"
#include "thumbs/thumbs.h"

struct th_motion;

/* One call of th_image_make(), options checked, format sniffed, result zeroed but for its format.
 * All borrowed. */
struct th_make {
    const uint8_t *data;
    size_t len;
    enum thumbs_format format; /* of data; result->source_format is that of the file */
    unsigned orientation;      /* that holds, whatever data says; 0: what it says */
    const struct thumbs_image_options *options;
    uint64_t deadline_ns;        /* 0: never */
    bool sandboxed;              /* see struct th_image_limits */
    const struct th_make *whole; /* what data is a small copy of, or NULL */
    struct th_sink *sink;
    struct th_image_result *result;
    /* What outputs keep of the source (keep.h): filled in by a backend before it writes, given back
     * by the dispatcher. */
    struct th_metadata kept;
    /* Outputs that move, made before those that do not; or NULL. */
    const struct th_motion *motion;
    /* Set by a backend that finds, before it wrote anything, that this picture is not for it: the
     * next one is asked. If it returns CORRUPT with that, the file is broken for certain, which is
     * the verdict where there is no next one. */
    bool declined;
};

/* How a source lies in its file. */
struct th_make_source {
    uint32_t width, height; /* as stored */
    unsigned orientation;   /* EXIF 1 to 8 */
    bool sizeless;          /* see struct th_row_header */
};

/* With the header of a source known: check its size against the limits, record the upright size in
 * the result and find the targets. Codes: CORRUPT (a side of 0), TOO_LARGE. */
enum thumbs_code th_make_targets(struct th_make *make, const struct th_make_source *source,
                                 struct th_targets *out, struct thumbs_error *err);

/* Note damage in the result (the first note stays), or fail with CORRUPT if the options say so. */
enum thumbs_code th_make_damaged(struct th_make *make, const char *what, struct thumbs_error *err);

/* Note that a picture is whole, but that its colour profile is not used. */
void th_make_profile_ignored(struct th_make *make);

/* Note that a picture moves in its file, and that its last picture is what was decoded. */
void th_make_is_last_picture(struct th_make *make);

/* MEMORY: a decoder got none for its work. */
enum thumbs_code th_make_no_memory(struct thumbs_error *err);

/* TIMEOUT if the deadline has passed. */
enum thumbs_code th_make_check_deadline(const struct th_make *make, enum thumbs_stage stage,
                                        struct thumbs_error *err);

#endif
