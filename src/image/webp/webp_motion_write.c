/* SPDX-License-Identifier: MIT */
/* Pictures to a WebP that moves, by libwebpmux: it finds what is new in each. */
#include <limits.h>
#include <stdlib.h>

#include <webp/encode.h>
#include <webp/mux.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/encode.h"
#include "image/motion.h"
#include "image/webp/webp_metadata.h"

#define MOST_FRAME_MS ((1 << 24) - 1)
#define MOST_PLAYS    UINT16_MAX

struct writing {
    struct th_sink *sink;
    const struct th_metadata *metadata;
    WebPAnimEncoder *encoder;
    WebPConfig config;
    int at_ms; /* when the next frame begins */
};

static enum thumbs_code no_memory(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoded WebP");
}

static void close_writing(void *state)
{
    struct writing *w = state;
    if (!w) return;
    WebPAnimEncoderDelete(w->encoder);
    free(w);
}

static enum thumbs_code create(struct writing *w, const struct th_motion_header *h,
                               uint32_t quality, struct thumbs_error *err)
{
    WebPAnimEncoderOptions options;
    if (!WebPConfigPreset(&w->config, WEBP_PRESET_DEFAULT, (float)quality) ||
        !WebPAnimEncoderOptionsInit(&options))
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE,
                            "libwebp is of another version");
    if (h->width > WEBP_MAX_DIMENSION || h->height > WEBP_MAX_DIMENSION)
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE,
                            "WebP has no sides longer than %d pixels", WEBP_MAX_DIMENSION);
    options.anim_params.bgcolor = 0;
    options.anim_params.loop_count = (int)th_min_u64(h->plays, MOST_PLAYS);
    w->encoder = WebPAnimEncoderNew((int)h->width, (int)h->height, &options);
    return w->encoder ? THUMBS_OK : no_memory(err);
}

static enum thumbs_code open_writing(const struct th_motion_header *h,
                                     const struct th_encode_how *how, struct th_sink *sink,
                                     void **state, struct thumbs_error *err)
{
    struct writing *w = th_calloc(1, sizeof *w);
    if (!w) return no_memory(err);
    w->sink = sink;
    w->metadata = how->metadata;
    *state = w;
    return create(w, h, how->quality, err);
}

static enum thumbs_code failed(const struct writing *w, struct thumbs_error *err)
{
    if (th_sink_late(w->sink))
        return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE, "it took longer than it may");
    return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE, "the WebP encoder failed: %s",
                        WebPAnimEncoderGetError(w->encoder));
}

static enum thumbs_code add(void *state, const struct th_pixels *p, uint32_t duration_ms,
                            struct thumbs_error *err)
{
    struct writing *w = state;
    WebPPicture picture;
    if (!WebPPictureInit(&picture)) return failed(w, err);
    picture.use_argb = 1;
    picture.width = (int)p->width;
    picture.height = (int)p->height;
    enum thumbs_code code = THUMBS_OK;
    if (!WebPPictureImportRGBA(&picture, p->data, (int)p->width * 4))
        code = no_memory(err);
    else if (!WebPAnimEncoderAdd(w->encoder, &picture, w->at_ms, &w->config))
        code = picture.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY ? no_memory(err) : failed(w, err);
    WebPPictureFree(&picture);
    const uint64_t until = (uint64_t)w->at_ms + th_min_u64(duration_ms, MOST_FRAME_MS);
    w->at_ms = (int)th_min_u64(until, INT_MAX);
    return code;
}

static enum thumbs_code end(void *state, struct thumbs_error *err)
{
    struct writing *w = state;
    const size_t len_before = w->sink->len;
    WebPData file;
    WebPDataInit(&file);
    if (!WebPAnimEncoderAdd(w->encoder, NULL, w->at_ms, NULL) ||
        !WebPAnimEncoderAssemble(w->encoder, &file))
        return failed(w, err);
    const bool added = th_sink_add(w->sink, file.bytes, file.size);
    WebPDataClear(&file);
    return added ? th_webp_add_metadata(w->sink, len_before, w->metadata, err) : no_memory(err);
}

/* As libwebp's for a picture with alpha (webp_encode.c), and beside that the picture that comes,
 * the two before it, and two candidates for the next frame. Frames are held until the end, which
 * then copies all of them. */
const struct th_motion_writer th_motion_writer_webp = {.open = open_writing,
                                                       .add = add,
                                                       .end = end,
                                                       .close = close_writing,
                                                       .cost = {.working = 46 + 20, .encoded = 4}};
