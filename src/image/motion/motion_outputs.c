/* SPDX-License-Identifier: MIT */
#include "image/motion/motion_outputs.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/encode_fit.h"
#include "image/formats.h"
#include "image/motion/motion_pass.h"

struct th_motion {
    struct th_make *make;
    const struct th_motion_reader *reader;
    uint32_t n;
    struct th_motion_output outputs[THUMBS_MAX_OUTPUTS];
    struct th_sink sinks[THUMBS_MAX_OUTPUTS];
};

/* (What reads frames writes the same format, so KEEP does not ask for alpha.) */
static void choose_outputs(struct th_motion *m)
{
    const struct thumbs_image_options *options = m->make->options;
    for (uint32_t i = 0; i < options->n_sizes; i++)
        for (uint32_t k = 0; k < options->n_formats; k++) {
            const enum thumbs_format format = th_image_output_format(
                (enum thumbs_format)options->formats[k], m->make->format, false);
            const struct th_encoder *encoder = th_format(format)->encoder;
            if (!encoder || !encoder->motion) continue;
            th_sink_init_heap(&m->sinks[m->n]);
            m->sinks[m->n].deadline_ns = m->make->deadline_ns;
            m->outputs[m->n] =
                (struct th_motion_output){.encoder = encoder,
                                          .format = format,
                                          .i_size = i,
                                          .quality = th_image_quality(options, format),
                                          .sink = &m->sinks[m->n]};
            m->n++;
        }
}

void th_motion_destroy(struct th_motion *m)
{
    if (!m) return;
    for (uint32_t k = 0; k < m->n; k++)
        th_sink_finish_heap(&m->sinks[k]);
    free(m);
}

enum thumbs_code th_motion_make(struct th_make *make, struct th_motion **out,
                                struct thumbs_error *err)
{
    const struct th_motion_reader *reader = th_format(make->format)->motion;
    *out = NULL;
    if (make->options->pages != THUMBS_PAGES_ALL || !reader) return THUMBS_OK;
    struct th_motion *m = th_calloc(1, sizeof *m);
    if (!m)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                            "no memory for moving thumbnails");
    m->make = make;
    m->reader = reader;
    choose_outputs(m);
    enum thumbs_code code = THUMBS_OK;
    make->declined = m->n == 0;
    if (m->n) code = th_motion_pass(make, reader, m->outputs, m->n, err);
    if (code == THUMBS_OK && !make->declined)
        *out = m;
    else
        th_motion_destroy(m);
    return code;
}

struct asked {
    const struct th_motion *motion;
    const struct th_motion_output *output;
};

/* In the quality that it has been made in, or made once more in another. */
static enum thumbs_code write_again(const void *picture, const struct th_encode_how *how,
                                    struct th_sink *sink, struct thumbs_error *err)
{
    const struct asked *a = picture;
    if (how->quality == a->output->quality) {
        if (th_sink_add(sink, a->output->sink->data, a->output->sink->len)) return THUMBS_OK;
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                            "no memory for a moving thumbnail");
    }
    struct th_motion_output other = *a->output;
    const size_t len_before = sink->len;
    other.quality = how->quality;
    other.sink = sink;
    enum thumbs_code code = th_motion_pass(a->motion->make, a->motion->reader, &other, 1, err);
    if (code != THUMBS_OK) sink->len = len_before;
    return code;
}

enum thumbs_code th_motion_write(struct th_make *make, enum thumbs_format format, uint32_t sizes,
                                 uint32_t *width, uint32_t *height, struct thumbs_error *err)
{
    struct asked asked = {.motion = make->motion};
    *width = *height = 0;
    for (uint32_t k = 0; asked.motion && k < asked.motion->n; k++) {
        const struct th_motion_output *o = &asked.motion->outputs[k];
        if (o->format == format && o->width && (sizes >> o->i_size & 1)) asked.output = o;
    }
    if (!asked.output) return THUMBS_OK;
    *width = asked.output->width;
    *height = asked.output->height;
    return th_encode_fit(make, format, write_again, &asked, err);
}
