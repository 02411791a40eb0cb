/* SPDX-License-Identifier: MIT */
/* What every backend does before it decodes: limits, targets, the deadline, a note of damage. */
#include "image/steps.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/formats.h"
#include "image/pixels.h"

enum thumbs_code th_make_no_memory(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory to decode");
}

enum thumbs_code th_make_check_deadline(const struct th_make *make, enum thumbs_stage stage,
                                        struct thumbs_error *err)
{
    if (make->deadline_ns == 0 || th_now_ns() < make->deadline_ns) return THUMBS_OK;
    return th_error_set(err, THUMBS_TIMEOUT, stage, "it took longer than it may");
}

enum thumbs_code th_make_damaged(struct th_make *make, const char *what, struct thumbs_error *err)
{
    if (!what[0]) what = "the data is damaged";
    if (make->options->on_damage == THUMBS_DAMAGE_FAIL)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "damaged: %s", what);
    struct th_image_result *result = make->result;
    if (!result->damaged) {
        result->damaged = 1;
        memset(result->warning, 0, sizeof result->warning);
        strncpy(result->warning, what, sizeof result->warning - 1);
    }
    return THUMBS_OK;
}

/* The first note stays. */
static void note(struct th_make *make, const char *what)
{
    struct th_image_result *result = make->result;
    if (!result->warning[0]) strncpy(result->warning, what, sizeof result->warning - 1);
}

void th_make_profile_ignored(struct th_make *make)
{
    note(make, "its colour profile is ignored: it is broken, or for other colours");
}

void th_make_is_last_picture(struct th_make *make)
{
    note(make, "it moves, and libvips may give its last picture only");
}

/* A thumbnail has its limit too: a strip of one pixel, enlarged, may outgrow any source. */
static enum thumbs_code check_canvas(uint64_t most, const struct th_geometry *g,
                                     struct thumbs_error *err)
{
    uint64_t canvas = (uint64_t)g->canvas_width * g->canvas_height;
    uint64_t scaled = (uint64_t)g->scaled_width * g->scaled_height;
    if (canvas <= most && scaled <= most) return THUMBS_OK;
    return th_error_set(err, THUMBS_TOO_LARGE, THUMBS_STAGE_RESIZE,
                        "its thumbnail has %u x %u pixels, more than the %" PRIu64 " allowed",
                        g->scaled_width, g->scaled_height, most);
}

static enum thumbs_code check_source(uint64_t most, const struct th_make_source *s,
                                     struct thumbs_error *err)
{
    uint64_t pixels = (uint64_t)s->width * s->height;
    if (pixels == 0)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "it has no pixels");
    if (pixels <= most) return THUMBS_OK;
    return th_error_set(err, THUMBS_TOO_LARGE, THUMBS_STAGE_DECODE,
                        "%u x %u are %" PRIu64 " pixels, more than the %" PRIu64 " allowed",
                        s->width, s->height, pixels, most);
}

enum thumbs_code th_make_targets(struct th_make *make, const struct th_make_source *source,
                                 struct th_targets *out, struct thumbs_error *err)
{
    const struct thumbs_image_options *options = make->options;
    enum thumbs_code code = check_source(options->max_pixels, source, err);
    if (code != THUMBS_OK) return code;
    bool turned = th_orientation_swaps(source->orientation);
    make->result->width = turned ? source->height : source->width;
    make->result->height = turned ? source->width : source->height;
    struct th_targets targets;
    bool enlarge = options->enlarge != 0 || source->sizeless;
    th_targets_fit(&targets, source->width, source->height, source->orientation, options, enlarge);
    for (uint32_t i = 0; i < targets.n && code == THUMBS_OK; i++)
        code = check_canvas(options->max_pixels, &targets.sizes[i], err);
    if (code == THUMBS_OK) *out = targets;
    return code;
}
