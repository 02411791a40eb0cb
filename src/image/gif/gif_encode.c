/* SPDX-License-Identifier: MIT */
/* A picture to a GIF file of one frame. */
#include "base/error.h"
#include "image/encode.h"
#include "image/gif/gif_write.h"
#include "image/motion.h"

/* As RGBA. False: no memory. */
static bool widen(const struct th_pixels *p, struct th_pixels *out)
{
    const size_t n = (size_t)p->width * p->height;
    if (!th_pixels_init(out, p->width, p->height, 4)) return false;
    const bool grey = p->bands <= 2;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *from = p->data + i * p->bands;
        uint8_t *to = out->data + 4 * i;
        to[0] = from[0];
        to[1] = from[grey ? 0 : 1];
        to[2] = from[grey ? 0 : 2];
        to[3] = p->bands % 2 ? 255 : from[p->bands - 1];
    }
    return true;
}

static bool write_file(const struct th_pixels *p, struct th_sink *sink)
{
    static const struct th_gif_place place;
    struct th_gif_writer *writer = NULL;
    if (!th_gif_writer_create(p->width, p->height, 1, sink, &writer)) return false;
    th_gif_writer_add(writer, p, &place);
    return th_gif_writer_close(writer);
}

static enum thumbs_code encode(const struct th_pixels *p, const struct th_encode_how *how,
                               struct th_sink *sink, struct thumbs_error *err)
{
    (void)how;
    const size_t len_before = sink->len;
    struct th_pixels wide = {0};
    const bool ok = widen(p, &wide) && write_file(&wide, sink);
    th_pixels_finish(&wide);
    if (ok) return THUMBS_OK;
    sink->len = len_before;
    if (th_sink_late(sink))
        return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE, "it took longer than it may");
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoded GIF");
}

/* Two copies as RGBA and the places in the palette; the tables for the colours are part of what all
 * pictures need. */
static struct th_encode_cost cost(uint32_t bands, uint32_t quality)
{
    (void)bands;
    (void)quality;
    return (struct th_encode_cost){.working = 9, .encoded = 2};
}

const struct th_encoder th_encoder_gif = {.encode = encode,
                                          .cost = cost,
                                          .keeps_alpha = true,
                                          .motion = &th_motion_writer_gif,
                                          .about = th_about_gif};
