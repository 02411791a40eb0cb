/* SPDX-License-Identifier: MIT */
/* WebP output: the encoder that libvips lends. */
#include "image/encode.h"
#include "image/vips/vips_load.h"
#include "image/webp/webp_metadata.h"

static bool emit(void *user, const void *data, size_t len)
{
    return th_sink_add(user, data, len);
}

enum thumbs_code th_encode_webp(const struct th_pixels *p, const struct th_encode_how *how,
                                struct th_sink *sink, struct thumbs_error *err)
{
    const struct th_vips_ops *ops = NULL;
    enum thumbs_code code = th_vips_load(&ops, err);
    if (code != THUMBS_OK) return code;
    const size_t len_before = sink->len;
    code = ops->webp(p, how->quality, sink->deadline_ns, emit, sink, err);
    return code == THUMBS_OK ? th_webp_add_metadata(sink, len_before, how->metadata, err) : code;
}

/* libwebp is the worst encoder by far: it needs the more the less even the picture is, and the
 * higher the quality. */
static struct th_encode_cost cost(uint32_t bands, uint32_t quality)
{
    uint64_t working = (quality > 90 ? 28 : 18) + (bands % 2 == 0 ? 18 : 0);
    return (struct th_encode_cost){.working = working, .encoded = 2};
}

static void about(enum thumbs_format format, struct th_bytes *text)
{
    const struct th_encoder th_encoder_webp = {.encode = th_encode_webp,
                                               .cost = cost,
                                               .keeps_alpha = true,
                                               .keeps_profile = true,
                                               .has_quality = true,
                                               .wants = TH_WANTS_VIPS,
                                               .about = about};
