/* SPDX-License-Identifier: MIT */
#include "image/pixels.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"

bool th_pixels_init(struct th_pixels *p, uint32_t width, uint32_t height, uint32_t bands)
{
    size_t len;
    if (!th_mul3_size(width, height, bands, &len) || len == 0) return false;
    uint8_t *data = th_alloc(len);
    if (!data) return false;
    *p = (struct th_pixels){.data = data, .width = width, .height = height, .bands = bands};
    return true;
}

void th_pixels_finish(struct th_pixels *p)
{
    free(p->data);
    *p = (struct th_pixels){0};
}

bool th_pixels_copy(const struct th_pixels *p, struct th_pixels *out)
{
    struct th_pixels copy = {0};
    if (!th_pixels_init(&copy, p->width, p->height, p->bands)) return false;
    copy.cmyk = p->cmyk;
    memcpy(copy.data, p->data, (size_t)p->width * p->height * p->bands);
    *out = copy;
    return true;
}

/* Where the pixel at (0, 0) of the upright picture lies in the stored one, and how far one step
 * right or down in the upright picture moves there, in pixels. Each orientation is one such walk.
 */
struct walk {
    ptrdiff_t start, right, down;
};

static struct walk walk_for(unsigned orientation, uint32_t width, uint32_t height)
{
    ptrdiff_t w = width;
    ptrdiff_t h = height;
    ptrdiff_t last_row = (h - 1) * w;
    switch (orientation) {
    case 2: /* mirrored left to right */
        return (struct walk){w - 1, -1, w};
    case 3: /* upside down */
        return (struct walk){last_row + w - 1, -1, -w};
    case 4: /* mirrored top to bottom */
        return (struct walk){last_row, 1, -w};
    case 5: /* transposed */
        return (struct walk){0, w, 1};
    case 6: /* to be turned clockwise */
        return (struct walk){last_row, -w, 1};
    case 7: /* transposed over the other diagonal */
        return (struct walk){last_row + w - 1, -w, -1};
    case 8: /* to be turned counter-clockwise */
        return (struct walk){w - 1, w, -1};
    default:
        return (struct walk){0, 1, w};
    }
}

bool th_pixels_orient(struct th_pixels *p, unsigned orientation)
{
    if (orientation < 2 || orientation > 8) return true;

    bool swap = th_orientation_swaps(orientation);
    struct th_pixels turned = {0};
    if (!th_pixels_init(&turned, swap ? p->height : p->width, swap ? p->width : p->height,
                        p->bands))
        return false;
    turned.cmyk = p->cmyk;

    struct walk walk = walk_for(orientation, p->width, p->height);
    const size_t bands = p->bands;
    uint8_t *to = turned.data;
    for (uint32_t y = 0; y < turned.height; y++) {
        ptrdiff_t from = walk.start + (ptrdiff_t)y * walk.down;
        for (uint32_t x = 0; x < turned.width; x++, from += walk.right) {
            const uint8_t *pixel = p->data + (size_t)from * bands;
            for (size_t i = 0; i < bands; i++)
                *to++ = pixel[i];
        }
    }
    th_pixels_finish(p);
    *p = turned;
    return true;
}

/* colour * alpha + under * (255 - alpha), over 255, rounded. */
static uint8_t blend(unsigned colour, unsigned under, unsigned alpha)
{
    return (uint8_t)((colour * alpha + under * (255 - alpha) + 127) / 255);
}

bool th_pixels_flatten(const struct th_pixels *p, const uint8_t background[3],
                       struct th_pixels *out)
{
    if (!th_pixels_has_alpha(p)) return th_pixels_copy(p, out);
    const uint32_t colours = p->bands - 1;
    bool grey_background = background[0] == background[1] && background[1] == background[2];
    bool spread = colours == 1 && !grey_background;

    struct th_pixels flat = {0};
    if (!th_pixels_init(&flat, p->width, p->height, spread ? 3 : colours)) return false;
    const size_t n = (size_t)p->width * p->height;
    const uint8_t *from = p->data;
    uint8_t *to = flat.data;
    for (size_t i = 0; i < n; i++, from += p->bands, to += flat.bands)
        for (uint32_t band = 0; band < flat.bands; band++)
            to[band] = blend(from[spread ? 0 : band], background[band], from[colours]);
    *out = flat;
    return true;
}

bool th_pixels_pad(const struct th_pixels *p, uint32_t width, uint32_t height,
                   const uint8_t colour[4], struct th_pixels *out)
{
    const bool alpha = th_pixels_has_alpha(p), clear = alpha && colour[3] == 0,
               coloured = !clear && (colour[0] != colour[1] || colour[1] != colour[2]);
    const uint32_t from_colours = p->bands - alpha, colours = coloured ? 3 : from_colours;
    struct th_pixels padded = {0};
    if (!th_pixels_init(&padded, width, height, colours + alpha)) return false;
    const uint32_t left = (width - p->width) / 2, top = (height - p->height) / 2;
    uint8_t *to = padded.data;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++, to += padded.bands) {
            const bool inside = x - left < p->width && y - top < p->height;
            const uint8_t *from =
                inside ? p->data + ((size_t)(y - top) * p->width + x - left) * p->bands : NULL;
            for (uint32_t i = 0; i < colours; i++)
                to[i] = from ? from[from_colours == 1 ? 0 : i] : clear ? 0 : colour[i];
            if (alpha) to[colours] = from ? from[from_colours] : colour[3];
        }
    }
    *out = padded;
    return true;
}

bool th_pixels_is_opaque(const struct th_pixels *p)
{
    if (!th_pixels_has_alpha(p)) return true;
    size_t n = (size_t)p->width * p->height;
    for (size_t i = 0; i < n; i++)
        if (p->data[i * p->bands + p->bands - 1] != 255) return false;
    return true;
}

void th_pixels_drop_alpha(struct th_pixels *p)
{
    if (!th_pixels_has_alpha(p)) return;
    uint32_t colours = p->bands - 1;
    size_t n = (size_t)p->width * p->height;
    for (size_t i = 0; i < n; i++)
        memmove(p->data + i * colours, p->data + i * p->bands, colours);
    p->bands = colours;
}
