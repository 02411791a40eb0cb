/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_codec.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/module.h"
#include "image/wants.h"

struct th_heif_decoder {
    const struct th_heif_codec_ops *ops;
    void *state;
};

static enum thumbs_code start(void (*entry)(void), const void **out, struct thumbs_error *err)
{
    const struct th_heif_module *found = ((th_heif_module_fn *)entry)();
    if (!found || found->version != TH_HEIF_MODULE_VERSION)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "the module of its codec is of another version");
    *out = found->ops;
    return THUMBS_OK;
}

/* Two, since libde265 brings the library of C++, which costs more to load than all else. */
static struct th_module modules[] = {
    [TH_HEIF_HEVC] = {.file = "thumbs-hevc.so",
                      .entry = TH_HEIF_MODULE_ENTRY,
                      .what = "HEVC",
                      .start = start},
    [TH_HEIF_AV1] = {
        .file = "thumbs-av1.so", .entry = TH_HEIF_MODULE_ENTRY, .what = "AV1", .start = start}};

unsigned th_heif_codec_wants(enum th_heif_codec codec)
{
    return codec == TH_HEIF_HEVC ? TH_WANTS_HEVC : TH_WANTS_AV1;
}

enum thumbs_code th_heif_load(unsigned wants, struct thumbs_error *err)
{
    enum thumbs_code first = THUMBS_OK;
    const void *ignored;
    for (unsigned i = 0; i < sizeof modules / sizeof *modules; i++) {
        if (!(wants & th_heif_codec_wants(i))) continue;
        first = th_error_first(
            first, th_module_load(&modules[i], &ignored, first == THUMBS_OK ? err : NULL));
    }
    return first;
}

void th_heif_about(enum thumbs_format format, struct th_bytes *text)
{
    const void *loaded;
    const enum th_heif_codec codec = format == THUMBS_FORMAT_AVIF ? TH_HEIF_AV1 : TH_HEIF_HEVC;
    if (th_module_load(&modules[codec], &loaded, NULL) != THUMBS_OK) return;
    const struct th_heif_codec_ops *ops = loaded;
    th_bytes_addf(text, "own code, %s", ops->library());
}

enum thumbs_code th_heif_decoder_create(enum th_heif_codec codec, const struct th_heif_plan *plan,
                                        struct th_heif_decoder **out, struct thumbs_error *err)
{
    const void *loaded = NULL;
    enum thumbs_code code = th_module_load(&modules[codec], &loaded, err);
    if (code != THUMBS_OK) return code;
    struct th_heif_decoder *d = th_calloc(1, sizeof *d);
    if (d) {
        d->ops = loaded;
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
