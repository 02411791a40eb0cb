#include "work/check.h"

static bool may_be_format(uint32_t wanted, uint32_t got)
{
    if (wanted != THUMBS_FORMAT_KEEP) return got == wanted;
    return got == THUMBS_FORMAT_JPEG || got == THUMBS_FORMAT_PNG || got == THUMBS_FORMAT_WEBP;
}

static bool fits_side(uint32_t side, uint32_t most)
{
    return side >= 1 && side <= (most ? most : THUMBS_MAX_SIDE);
}

/* Is this the i-th output that was asked for, and of a length that a picture of its size can have? */
static bool is_plausible_output(const struct thumbs_image_options *image, uint32_t i, const struct th_image_output *o,
                                uint64_t *sink_bytes)
{
    uint64_t end, most_bytes = UINT64_C(8) * o->width * o->height + (1 << 20);
    if (o->i_size != i / image->n_formats || !may_be_format(image->formats[i % image->n_formats], o->format))
        return false;
    if (!fits_side(o->width, image->sizes[o->i_size].width) || !fits_side(o->height, image->sizes[o->i_size].height))
        return false;
    if (o->len == 0 || o->len > most_bytes || __builtin_add_overflow(o->offset, o->len, &end)) return false;
    if (end > *sink_bytes) *sink_bytes = end;
    return true;
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

bool th_check_reply(const struct th_check *expected, struct th_wire_reply *reply, size_t size, uint64_t *sink_bytes)
{
    const struct thumbs_image_options *image = expected->image;
    uint64_t end = 0;
    if (size < th_wire_reply_size(0) || reply->id != expected->id) return false;
    if (reply->error.stage >= THUMBS_N_STAGES) return false;
    reply->error.message[sizeof reply->error.message - 1] = '\0';
    if (reply->error.code != THUMBS_OK) {
        if (!is_plausible_failure(reply->error.code) || size != th_wire_reply_size(0)) return false;
        *sink_bytes = 0;
        return true;
    }

    struct th_image_result *result = &reply->result;
    result->warning[sizeof result->warning - 1] = '\0';
    uint32_t n_expected = expected->no_work ? 0 : image->n_sizes * image->n_formats;
    if (result->n_outputs != n_expected || n_expected > THUMBS_MAX_OUTPUTS) return false;
    if (size != th_wire_reply_size(result->n_outputs) || result->source_format >= THUMBS_N_FORMATS) return false;
    for (uint32_t i = 0; i < result->n_outputs; i++) {
        if (!is_plausible_output(image, i, &result->outputs[i], &end)) return false;
    }
    *sink_bytes = end;
    return true;
}
