/* SPDX-License-Identifier: MIT */
/* A picture to a lossy WebP file: libwebp, its bytes appended to the sink as they come. */
#include <stdlib.h>
#include <string.h>

#include <webp/encode.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/encode.h"
#include "image/motion.h"
#include "image/webp/webp_metadata.h"

struct encoding {
    struct th_sink *sink;
    bool sink_full, late;
};

static int on_write(const uint8_t *data, size_t len, const WebPPicture *picture)
{
    struct encoding *e = picture->custom_ptr;
    if (!th_sink_add(e->sink, data, len)) e->sink_full = true;
    return !e->sink_full;
}

/* libwebp asks now and then whether to go on. */
static int on_progress(int percent, const WebPPicture *picture)
{
    (void)percent;
    struct encoding *e = picture->user_data;
    if (th_sink_late(e->sink)) e->late = true;
    return !e->late;
}

/* Grey, with or without alpha, as colours: WebP has nothing else. NULL: no memory. */
static uint8_t *coloured(const struct th_pixels *p)
{
    const size_t n = (size_t)p->width * p->height, bands = p->bands + 2;
    size_t size;
    uint8_t *out = th_mul_size(n, bands, &size) ? th_alloc(size) : NULL;
    if (!out) return NULL;
    for (size_t i = 0; i < n; i++) {
        uint8_t *to = out + i * bands;
        const uint8_t *from = p->data + i * p->bands;
        to[0] = to[1] = to[2] = from[0];
        if (bands == 4) to[3] = from[1];
    }
    return out;
}

/* The picture looks at the planes, which libwebp does not write to. Grey gets chroma in *memory,
 * which is the caller's. False: no memory. */
static bool import_planes(const struct th_pixels *planes, uint32_t n_planes, WebPPicture *picture,
                          uint8_t **memory)
{
    const size_t across = (planes[0].width + 1) / 2, down = (planes[0].height + 1) / 2;
    size_t n;
    picture->y = planes[0].data;
    picture->y_stride = (int)planes[0].width;
    picture->uv_stride = (int)across;
    if (n_planes > 1) {
        picture->u = planes[1].data;
        picture->v = planes[2].data;
        return true;
    }
    if (!th_mul_size(across, down, &n)) return false;
    *memory = th_alloc(n);
    if (!*memory) return false;
    memset(*memory, 128, n);
    picture->u = picture->v = *memory;
    return true;
}

/* False: no memory. */
static bool import(const struct th_pixels *p, WebPPicture *picture)
{
    const bool grey = p->bands <= 2;
    uint8_t *copy = grey ? coloured(p) : NULL;
    const uint8_t *from = grey ? copy : p->data;
    bool ok = false;
    if (from && p->bands % 2 == 0)
        ok = WebPPictureImportRGBA(picture, from, (int)p->width * 4);
    else if (from)
        ok = WebPPictureImportRGB(picture, from, (int)p->width * 3);
    free(copy);
    return ok;
}

static enum thumbs_code failed(const struct encoding *e, const WebPPicture *picture,
                               struct thumbs_error *err)
{
    if (e->late)
        return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE, "it took longer than it may");
    if (e->sink_full || picture->error_code == VP8_ENC_ERROR_OUT_OF_MEMORY ||
        picture->error_code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                            "no memory for the encoded WebP");
    if (picture->error_code == VP8_ENC_ERROR_BAD_DIMENSION)
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE,
                            "WebP has no sides longer than %d pixels", WEBP_MAX_DIMENSION);
    return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE,
                        "the WebP encoder failed: error %d", (int)picture->error_code);
}

/* What is to be encoded: pixels, or n_planes planes. */
struct source {
    const struct th_pixels *pictures;
    uint32_t n_planes; /* 0: pixels */
};

static enum thumbs_code encode(const struct source *source, const struct th_encode_how *how,
                               struct th_sink *sink, struct thumbs_error *err)
{
    const size_t len_before = sink->len;
    const uint32_t width = source->pictures->width, height = source->pictures->height;
    struct encoding e = {.sink = sink};
    uint8_t *memory = NULL;
    WebPConfig config;
    WebPPicture picture;
    if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, (float)how->quality) ||
        !WebPPictureInit(&picture))
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE,
                            "libwebp is of another version");
    picture.width = (int)width;
    picture.height = (int)height;
    picture.writer = on_write;
    picture.custom_ptr = &e;
    picture.progress_hook = on_progress;
    picture.user_data = &e;
    if (width > WEBP_MAX_DIMENSION || height > WEBP_MAX_DIMENSION)
        picture.error_code = VP8_ENC_ERROR_BAD_DIMENSION;
    else if (source->n_planes
                 ? !import_planes(source->pictures, source->n_planes, &picture, &memory)
                 : !import(source->pictures, &picture))
        picture.error_code = VP8_ENC_ERROR_OUT_OF_MEMORY;
    enum thumbs_code code = THUMBS_OK;
    if (picture.error_code != VP8_ENC_OK || !WebPEncode(&config, &picture)) {
        sink->len = len_before;
        code = failed(&e, &picture, err);
    }
    WebPPictureFree(&picture);
    free(memory);
    if (code == THUMBS_OK) code = th_webp_add_metadata(sink, len_before, how->metadata, err);
    return code;
}

enum thumbs_code th_encode_webp(const struct th_pixels *p, const struct th_encode_how *how,
                                struct th_sink *sink, struct thumbs_error *err)
{
    return encode(&(struct source){.pictures = p}, how, sink, err);
}

static enum thumbs_code encode_planes(const struct th_pixels *planes, uint32_t n_planes,
                                      const struct th_encode_how *how, struct th_sink *sink,
                                      struct thumbs_error *err)
{
    return encode(&(struct source){.pictures = planes, .n_planes = n_planes}, how, sink, err);
}

/* libwebp is the worst encoder by far: it needs the more the less even the picture is, and the
 * higher the quality. */
static struct th_encode_cost cost(uint32_t bands, uint32_t quality)
{
    uint64_t working = (quality > 90 ? 28 : 18) + (bands % 2 == 0 ? 18 : 0);
    return (struct th_encode_cost){.working = working, .encoded = 2};
}

const struct th_encoder th_encoder_webp = {.encode = th_encode_webp,
                                           .encode_planes = encode_planes,
                                           .narrow = true,
                                           .cost = cost,
                                           .keeps_alpha = true,
                                           .keeps_profile = true,
                                           .has_quality = true,
                                           .motion = &th_motion_writer_webp,
                                           .about = th_about_webp_writer};
