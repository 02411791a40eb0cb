/* SPDX-License-Identifier: MIT */
/* A search for the quality that fills the room there is. */
#include "image/encode_fit.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/num.h"
#include "image/formats.h"

/* Encodes between the lowest quality and the one asked for. */
#define MOST_STEPS 6

/* Room that stays empty for the sake of which nothing is encoded again. */
#define FULL_ENOUGH(most) ((most) - (most) / 16)

struct search {
    struct th_make *make;
    th_encode_fit_fn *write;
    const void *picture;
    struct th_encode_how how;
    size_t offset; /* where the output begins */
    uint64_t most;
    /* Qualities that are known to be small enough, and too large, and the lengths they gave. */
    uint32_t low, high;
    uint64_t low_len, high_len;
};

/* Encode behind what there is. */
static enum thumbs_code try(struct search *s, uint32_t quality, uint64_t *len,
                            struct thumbs_error *err)
{
    struct th_sink *sink = s->make->sink;
    const size_t before = sink->len;
    s->how.quality = quality;
    enum thumbs_code code = s->write(s->picture, &s->how, sink, err);
    *len = sink->len - before;
    return code;
}

/* Sizes grow the faster the higher the quality, so the straight line between two of them leads to
 * one that fits; it may be far too low, so every second guess is the middle. */
static uint32_t guess(const struct search *s, unsigned i)
{
    const uint32_t gap = s->high - s->low;
    uint32_t step = gap / 2;
    if (i % 2 == 0 && s->high_len > s->low_len)
        step = (uint32_t)((double)gap * (double)(s->most - s->low_len) /
                          (double)(s->high_len - s->low_len));
    if (step < 1) step = 1;
    return s->low + (step < gap ? step : gap - 1);
}

/* The output at low stands in the sink; put a better one in its place as long as there may be one.
 */
static enum thumbs_code improve(struct search *s, struct thumbs_error *err)
{
    struct th_sink *sink = s->make->sink;
    for (unsigned i = 0; i < MOST_STEPS && s->high - s->low > 1; i++) {
        if (s->low_len >= FULL_ENOUGH(s->most)) break;
        const size_t before = sink->len;
        const uint32_t quality = guess(s, i);
        uint64_t len;
        enum thumbs_code code = try(s, quality, &len, err);
        if (code != THUMBS_OK) return code;
        const bool fits = len <= s->most;
        if (fits) memmove(sink->data + s->offset, sink->data + before, (size_t)len);
        sink->len = fits ? s->offset + (size_t)len : before;
        *(fits ? &s->low : &s->high) = quality;
        *(fits ? &s->low_len : &s->high_len) = len;
    }
    return THUMBS_OK;
}

static enum thumbs_code too_large(const struct search *s, enum thumbs_format format, uint64_t len,
                                  struct thumbs_error *err)
{
    len += TH_MOST_MARK_LEN; /* as the limit counts it */
    if (!th_format(format)->encoder->has_quality)
        return th_error_set(err, THUMBS_TOO_LARGE, THUMBS_STAGE_ENCODE,
                            "the %s takes %" PRIu64 " bytes, over the %" PRIu64
                            " allowed, and has no quality to lower",
                            thumbs_format_name(format), len, s->make->options->max_size);
    return th_error_set(
        err, THUMBS_TOO_LARGE, THUMBS_STAGE_ENCODE,
        "the %s takes %" PRIu64 " bytes even at quality %u, over the %" PRIu64 " allowed",
        thumbs_format_name(format), len, s->how.quality, s->make->options->max_size);
}

static enum thumbs_code search(struct search *s, enum thumbs_format format,
                               struct thumbs_error *err)
{
    const uint32_t asked = s->how.quality;
    s->low = asked < THUMBS_LEAST_QUALITY ? asked : THUMBS_LEAST_QUALITY;
    s->high = asked;
    enum thumbs_code code = try(s, asked, &s->high_len, err);
    if (code != THUMBS_OK || s->high_len <= s->most) return code;
    s->make->sink->len = s->offset;
    if (!th_format(format)->encoder->has_quality || s->low == s->high)
        return too_large(s, format, s->high_len, err);
    code = try(s, s->low, &s->low_len, err);
    if (code != THUMBS_OK) return code;
    return s->low_len <= s->most ? improve(s, err) : too_large(s, format, s->low_len, err);
}

enum thumbs_code th_encode_fit(struct th_make *make, enum thumbs_format format,
                               th_encode_fit_fn *write, const void *picture,
                               struct thumbs_error *err)
{
    const struct thumbs_image_options *options = make->options;
    struct search s = {.make = make,
                       .write = write,
                       .picture = picture,
                       .how = {.quality = th_image_quality(options, format),
                               .progressive = options->progressive != 0,
                               .metadata = &make->kept},
                       .offset = make->sink->len};
    /* The mark that is put into outputs when they are written counts, too. */
    const uint64_t most = options->max_size;
    s.most = most ? most - th_min_u64(most, TH_MOST_MARK_LEN) : UINT64_MAX;
    enum thumbs_code code = search(&s, format, err);
    if (code != THUMBS_OK) make->sink->len = s.offset;
    return code;
}
