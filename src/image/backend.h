/*
 * backend.h - the seam between the dispatcher and the ways to decode.
 *
 * A backend takes bytes of some formats all the way to encoded thumbnails, in whatever working format suits it
 * (interleaved rows, planes); what backends share are geometry, pixels, icc and encode. image.c asks them in order;
 * the first that takes a picture and does not decline makes it.
 */
#ifndef TH_IMAGE_BACKEND_H
#define TH_IMAGE_BACKEND_H

#include "image/geometry.h"
#include "image/image.h"
#include "image/pixels.h"

/* One call of th_image_make(), options checked, format sniffed, result zeroed but for its format. All borrowed. */
struct th_make {
    const uint8_t *data;
    size_t len;
    enum thumbs_format format;
    const struct thumbs_image_options *options;
    uint64_t deadline_ns; /* 0: never */
    bool sandboxed;       /* see struct th_image_limits */
    /* Set by a backend before it finds its targets: the source has a shape but no size (a drawing that fills what it
     * is put into). It becomes as large as asked for, `enlarge` or not. */
    bool sizeless;
    struct th_sink *sink;
    struct th_image_result *result;
    /* Set by a backend that finds, before it wrote anything, that this picture is not for it: the next one is
     * asked. */
    bool declined;
};

struct th_backend {
    const char *name;
    bool (*takes)(enum thumbs_format format);
    /* Append all outputs to the sink and fill the result; on failure the caller cuts the sink back. Thread-safe. */
    enum thumbs_code (*make)(struct th_make *make, struct thumbs_error *err);
};

extern const struct th_backend th_backend_vips;

/* ---- steps that every backend takes ---- */

/* What becomes of one source: its geometry for each size, as stored (before orientation). */
struct th_targets {
    uint32_t n;
    struct th_geometry sizes[THUMBS_MAX_SIZES];
};

/* With the header of a source known (stored width x height, EXIF orientation): check both against the limits,
 * record the upright size in the result and find the targets. Codes: CORRUPT (a side of 0), TOO_LARGE. */
enum thumbs_code th_make_targets(struct th_make *make, uint32_t width, uint32_t height, unsigned orientation,
                                 struct th_targets *out, struct thumbs_error *err);

/* Turn and encode the finished pictures, one per size, as stored: consumed either way. */
enum thumbs_code th_make_outputs(struct th_make *make, struct th_pixels *pictures, uint32_t n, unsigned orientation,
                                 struct thumbs_error *err);

/* Note damage in the result (the first note stays), or fail with CORRUPT if the options say so. */
enum thumbs_code th_make_damaged(struct th_make *make, const char *what, struct thumbs_error *err);

/* TIMEOUT if the deadline has passed. */
enum thumbs_code th_make_check_deadline(const struct th_make *make, enum thumbs_stage stage, struct thumbs_error *err);

/* ---- the libvips module, loaded when first needed ---- */

struct th_vips_ops;
/* The module's functions, libvips initialised; loaded once per process. UNSUPPORTED if it cannot be loaded.
 * Thread-safe. */
enum thumbs_code th_vips_load(const struct th_vips_ops **ops, struct thumbs_error *err);
/* The same, NULL if nothing has loaded it yet. */
const struct th_vips_ops *th_vips_if_loaded(void);

#endif
