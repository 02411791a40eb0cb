/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_codec.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/module.h"

struct th_heif_decoder {
    const struct th_heif_codec_ops *ops;
    void *state;
};

static enum thumbs_code start(void (*entry)(void), const void **out, struct thumbs_error *err)
{
    const struct th_heif_module *found = ((th_heif_module_fn *)entry)();
    if (!found || found->version != TH_HEIF_MODULE_VERSION)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "%s is of another version", TH_HEIF_MODULE);
    *out = found;
    return THUMBS_OK;
}

static struct th_module module = {
    .file = TH_HEIF_MODULE, .entry = TH_HEIF_MODULE_ENTRY, .what = "HEIF", .start = start};

enum thumbs_code th_heif_load(struct thumbs_error *err)
{
    const void *ignored;
    return th_module_load(&module, &ignored, err);
}

void th_heif_about(enum thumbs_format format, struct th_bytes *text)
{
    const void *loaded;
    if (th_module_load(&module, &loaded, NULL) != THUMBS_OK) return;
    const struct th_heif_module *codecs = loaded;
    const bool av1 = format == THUMBS_FORMAT_AVIF;
    th_bytes_addf(text, "own code, %s", (av1 ? codecs->av1 : codecs->hevc)->library());
}

enum thumbs_code th_heif_decoder_create(enum th_heif_codec codec, const struct th_heif_plan *plan,
                                        struct th_heif_decoder **out, struct thumbs_error *err)
{
    const void *loaded = NULL;
    enum thumbs_code code = th_module_load(&module, &loaded, err);
    if (code != THUMBS_OK) return code;
    const struct th_heif_module *codecs = loaded;
    struct th_heif_decoder *d = th_calloc(1, sizeof *d);
    if (d) {
        d->ops = codec == TH_HEIF_HEVC ? codecs->hevc : codecs->av1;
        d->state = d->ops->create(plan);
    }
    if (!d || !d->state) {
        free(d);
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory for a decoder");
    }
    *out = d;
    return THUMBS_OK;
}

void th_heif_decoder_destroy(struct th_heif_decoder *d)
{
    if (!d) return;
    d->ops->destroy(d->state);
    free(d);
}

enum thumbs_code th_heif_decoder_run(struct th_heif_decoder *d, const struct th_heif_cursor *config,
                                     const struct th_heif_cursor *item, struct th_heif_frame *out,
                                     struct thumbs_error *err)
{
    struct th_heif_frame frame = {.nclx = {.primaries = 2, .transfer = 2, .matrix = 2}};
    const char *why = "it does not decode";
    enum thumbs_code code = d->ops->run(d->state, config, item, &frame, &why);
    if (code != THUMBS_OK) return th_error_set(err, code, THUMBS_STAGE_DECODE, "%s", why);
    *out = frame;
    return THUMBS_OK;
}
