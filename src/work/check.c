/* SPDX-License-Identifier: MIT */
#include "work/check.h"

#include "base/chars.h"

static bool may_be_format(uint32_t wanted, uint32_t got)
{
    if (wanted != THUMBS_FORMAT_KEEP) return got == wanted;
    return th_image_is_writable((enum thumbs_format)got);
}

static bool fits_pixels(uint32_t width, uint32_t height, uint64_t most)
{
    return (uint64_t)width * height <= most;
}

/* A text of a stranger that will stand in a line of the report: ended, and one line. */
static void tame(char *text, size_t size)
{
    text[size - 1] = '\0';
    th_make_one_line(text);
}

static bool fits_side(uint32_t side, uint32_t most)
{
    return side >= 1 && side <= (most ? most : THUMBS_MAX_SIDE);
}

/* Does it fit into that size? */
static bool fits_size(const struct thumbs_image_options *image, const struct thumbs_size *size,
                      const struct th_image_output *o)
{
    if (!fits_side(o->width, size->width) || !fits_side(o->height, size->height)) return false;
    /* Padding fills the box whatever the picture is. */
    return image->fit != THUMBS_FIT_CONTAIN ||
           (o->width == size->width && o->height == size->height);
}

/* Is the i-th output, of sizes that were asked for, in the format that was, and of a length that a
 * picture of its size can have? */
static bool is_plausible_output(const struct thumbs_image_options *image, uint32_t i,
                                const struct th_image_output *o, uint64_t *sink_bytes)
{
    uint64_t end, most_bytes = UINT64_C(8) * o->width * o->height + (1 << 20);
    if (!may_be_format(image->formats[i % image->n_formats], o->format)) return false;
    for (uint32_t s = 0; s < image->n_sizes; s++)
        if (o->sizes >> s & 1 && !fits_size(image, &image->sizes[s], o)) return false;
    if (!fits_pixels(o->width, o->height, image->max_pixels)) return false;
    if (o->len == 0 || o->len > most_bytes || __builtin_add_overflow(o->offset, o->len, &end))
        return false;
    /* One behind the other, from the beginning: what is copied is what was made. */
    if (o->offset != *sink_bytes) return false;
    *sink_bytes = end;
    return true;
}

static bool is_plausible_placeholder(const struct thumbs_image_options *image,
                                     const struct thumbs_placeholder *p)
{
    return p->thumbhash_len <= (image->placeholder ? sizeof p->thumbhash : 0) &&
           p->has_dominant <= (p->thumbhash_len > 0);
}

/* The codes that th_image_make() has. */
static bool is_plausible_failure(enum thumbs_code code)
{
    switch (code) {
    case THUMBS_NOT_IMAGE:
    case THUMBS_UNSUPPORTED:
    case THUMBS_CORRUPT:
    case THUMBS_TOO_LARGE:
    case THUMBS_TIMEOUT:
    case THUMBS_MEMORY:
    case THUMBS_INTERNAL:
        return true;
    default:
        return false;
    }
}

bool th_check_reply(const struct th_check *expected, struct th_wire_reply *reply, size_t size,
                    uint64_t *sink_bytes)
{
    const struct thumbs_image_options *image = expected->image;
    uint64_t end = 0;
    if (size < th_wire_reply_size(0) || reply->id != expected->id) return false;
    /* What a failed write may mean for a whole run is not a worker's to say. */
    if (reply->error.stage >= THUMBS_STAGE_WRITE) return false;
    tame(reply->error.message, sizeof reply->error.message);
    if (reply->error.code != THUMBS_OK) {
        if (!is_plausible_failure(reply->error.code) || size != th_wire_reply_size(0)) return false;
        *sink_bytes = 0;
        return true;
    }

    struct th_image_result *result = &reply->result;
    tame(result->warning, sizeof result->warning);
    if (result->n_outputs > (expected->no_work ? 0 : THUMBS_MAX_OUTPUTS)) return false;
    if (size != th_wire_reply_size(result->n_outputs) || result->source_format >= THUMBS_N_FORMATS)
        return false;
    if (result->damaged > 1 || result->from >= THUMBS_N_FROMS ||
        !fits_pixels(result->width, result->height, image->max_pixels))
        return false;
    if (!is_plausible_placeholder(image, &result->placeholder)) return false;
    uint64_t most_ns = expected->most_ns ? expected->most_ns : UINT64_MAX;
    if (result->decode_ns > most_ns || result->resize_ns > most_ns || result->encode_ns > most_ns)
        return false;
    if (!expected->no_work &&
        !th_image_outputs_are_whole(result->outputs, result->n_outputs, image))
        return false;
    for (uint32_t i = 0; i < result->n_outputs; i++) {
        if (!is_plausible_output(image, i, &result->outputs[i], &end)) return false;
    }
    *sink_bytes = end;
    return true;
}
