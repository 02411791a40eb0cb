/* SPDX-License-Identifier: MIT */
/* Reduced pictures are turned, cut by what they show, and padded. */
#include "image/finish_picture.h"

#include <string.h>

#include "base/error.h"
#include "image/sharpen.h"
#include "image/vips/vips_load.h"

static enum thumbs_code no_memory(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_RESIZE, "no memory to finish a thumbnail");
}

/* The part of it that draws the eye, or has most detail. */
static enum thumbs_code choose_part(const struct th_make *make, uint32_t width, uint32_t height,
                                    struct th_pixels *p, struct thumbs_error *err)
{
#if THUMBS_WITH_VIPS
    const bool attention = make->options->gravity == THUMBS_GRAVITY_ATTENTION;
    const struct th_vips_ops *ops = NULL;
    enum thumbs_code code = th_vips_load(&ops, err);
    if (code != THUMBS_OK) return code;
    if (ops->choose(p, width, height, attention)) return THUMBS_OK;
    return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_RESIZE,
                        "libvips does not choose a part of it");
#else
    (void)make, (void)width, (void)height, (void)p;
    return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_RESIZE,
                        "this build cannot look for the part to show");
#endif
}

/* Where a part of p lies that was cut out of it: the first place that looks like it. */
static void find_part(const struct th_pixels *p, const struct th_pixels *part,
                      struct th_finish_part *out)
{
    const size_t row = (size_t)p->width * p->bands, part_row = (size_t)part->width * p->bands;
    for (uint32_t y = 0; y <= p->height - part->height; y++)
        for (uint32_t x = 0; x <= p->width - part->width; x++) {
            const uint8_t *at = p->data + y * row + (size_t)x * p->bands;
            uint32_t same = 0;
            while (same < part->height &&
                   memcmp(at + same * row, part->data + same * part_row, part_row) == 0)
                same++;
            if (same < part->height) continue;
            *out = (struct th_finish_part){.chosen = true, .x = x, .y = y};
            return;
        }
}

static enum thumbs_code cut(const struct th_finish_part *part, uint32_t width, uint32_t height,
                            struct th_pixels *p, struct thumbs_error *err)
{
    struct th_pixels out = {0};
    if (!th_pixels_init(&out, width, height, p->bands)) return no_memory(err);
    const size_t row = (size_t)width * p->bands;
    for (uint32_t y = 0; y < height; y++)
        memcpy(out.data + y * row,
               p->data + (((size_t)part->y + y) * p->width + part->x) * p->bands, row);
    th_pixels_finish(p);
    *p = out;
    return THUMBS_OK;
}

/* The same part of all pictures that belong together. */
static enum thumbs_code choose_once(const struct th_make *make, uint32_t width, uint32_t height,
                                    struct th_finish_part *part, struct th_pixels *p,
                                    struct thumbs_error *err)
{
    if (part->chosen) return cut(part, width, height, p, err);
    struct th_pixels chosen = {0};
    if (!th_pixels_copy(p, &chosen)) return no_memory(err);
    enum thumbs_code code = choose_part(make, width, height, &chosen, err);
    if (code == THUMBS_OK && chosen.bands == p->bands) find_part(p, &chosen, part);
    th_pixels_finish(&chosen);
    if (code == THUMBS_OK && !part->chosen)
        code = th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_RESIZE,
                            "the part that libvips chose is not found again");
    return code == THUMBS_OK ? cut(part, width, height, p, err) : code;
}

/* In the middle of the canvas. A picture that is opaque gets opaque padding. */
static enum thumbs_code pad(const struct th_make *make, uint32_t width, uint32_t height,
                            struct th_pixels *p, struct thumbs_error *err)
{
    const uint8_t *b = make->options->background;
    const uint8_t colour[4] = {b[0], b[1], b[2], th_pixels_is_opaque(p) ? 255 : b[3]};
    struct th_pixels padded = {0};
    if (!th_pixels_pad(p, width, height, colour, &padded)) return no_memory(err);
    th_pixels_finish(p);
    *p = padded;
    return THUMBS_OK;
}

bool th_finish_sharpens(const struct th_make *make, const struct th_geometry *target)
{
    return make->options->sharpen &&
           (target->scaled_width < target->cut_width || target->scaled_height < target->cut_height);
}

enum thumbs_code th_finish_picture(const struct th_make *make, const struct th_geometry *target,
                                   unsigned orientation, struct th_finish_part *part,
                                   struct th_pixels *p, struct thumbs_error *err)
{
    const bool swaps = th_orientation_swaps(orientation);
    const uint32_t width = swaps ? target->canvas_height : target->canvas_width;
    const uint32_t height = swaps ? target->canvas_width : target->canvas_height;
    enum thumbs_code code = th_pixels_orient(p, orientation) ? THUMBS_OK : no_memory(err);
    if (code == THUMBS_OK && (p->width > width || p->height > height))
        code = part ? choose_once(make, width, height, part, p, err)
                    : choose_part(make, width, height, p, err);
    if (code == THUMBS_OK && th_finish_sharpens(make, target) &&
        !th_sharpen(p, make->options->sharpen))
        code = no_memory(err);
    if (code == THUMBS_OK && (p->width < width || p->height < height))
        code = pad(make, width, height, p, err);
    return code;
}
