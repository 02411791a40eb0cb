/* SPDX-License-Identifier: MIT */
/* Cameras' raw files: their preview is handed on as if it were the source, turned as the raw file
 * says. */
#include "image/camera/raw_hot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/backend.h"
#include "image/camera/raw_module.h"
#include "image/dispatch.h"
#include "image/jpeg/jpeg_parse.h"
#include "image/module.h"
#include "image/pixels.h"

/* ---- the module ---- */

static enum thumbs_code start(void (*entry)(void), const void **out, struct thumbs_error *err)
{
    const struct th_raw_module *found = ((th_raw_module_fn *)entry)();
    if (!found || found->version != TH_RAW_MODULE_VERSION)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "%s is of another version", TH_RAW_MODULE);
    *out = found;
    return THUMBS_OK;
}

static struct th_module module = {
    .file = TH_RAW_MODULE, .entry = TH_RAW_MODULE_ENTRY, .what = "LibRaw", .start = start};

enum thumbs_code th_raw_load(struct thumbs_error *err)
{
    const void *ignored;
    return th_module_load(&module, &ignored, err);
}

static void about(enum thumbs_format format, struct th_bytes *text)
{
    const void *loaded;
    (void)format;
    if (th_module_load(&module, &loaded, NULL) != THUMBS_OK) return;
    th_bytes_addf(text, "%s (in a sandbox)", ((const struct th_raw_module *)loaded)->library());
}

/* ---- the preview ---- */

/* Cameras cut the edges of the sensor off; that much of a side does not make a preview small. */
#define SENSOR_EDGE (1.0 / 16)

/* Cameras store the preview as the raw picture lies, and turn both alike. One that is upright in a
 * picture that lies on its side has been turned before. */
static unsigned orientation_of(const struct th_raw_preview *p, uint32_t width, uint32_t height)
{
    const bool lies_alike = (p->raw_width >= p->raw_height) == (width >= height);
    return th_orientation_swaps(p->orientation) && !lies_alike ? 1 : p->orientation;
}

/* As a PPM file, which the decoder for these takes. */
static enum thumbs_code make_bitmap(struct th_make *make, const struct th_raw_preview *p,
                                    struct thumbs_error *err)
{
    char head[48];
    const int head_len = snprintf(head, sizeof head, "P6\n%u %u\n255\n", p->width, p->height);
    const size_t pixels_len = (size_t)p->width * p->height * 3;
    uint8_t *file = th_alloc((size_t)head_len + pixels_len);
    if (!file)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory for its preview");
    memcpy(file, head, (size_t)head_len);
    memcpy(file + head_len, p->data, pixels_len);
    const struct th_inner inner = {.data = file,
                                   .len = (size_t)head_len + pixels_len,
                                   .format = THUMBS_FORMAT_PNM,
                                   .orientation = orientation_of(p, p->width, p->height)};
    enum thumbs_code code = th_dispatch_inner(make, &inner, err);
    free(file);
    return code;
}

/* Where the raw file says nothing of turning, what the JPEG itself says holds. */
static enum thumbs_code make_jpeg(struct th_make *make, const struct th_raw_preview *p,
                                  struct thumbs_error *err)
{
    struct th_jpeg_header header;
    struct th_inner inner = {.data = p->data, .len = p->len, .format = THUMBS_FORMAT_JPEG};
    if (p->orientation != 1 && th_jpeg_parse(p->data, p->len, &header))
        inner.orientation = orientation_of(p, header.width, header.height);
    return th_dispatch_inner(make, &inner, err);
}

static enum thumbs_code make_preview(struct th_make *make, const struct th_raw_preview *p,
                                     struct thumbs_error *err)
{
    struct th_image_result *result = make->result;
    struct th_targets targets;
    const struct th_make_source source = {
        .width = p->raw_width, .height = p->raw_height, .orientation = p->orientation};
    const bool is_known = p->raw_width && p->raw_height;
    enum thumbs_code code = is_known ? th_make_targets(make, &source, &targets, err) : THUMBS_OK;
    const uint32_t width = result->width, height = result->height;
    if (code == THUMBS_OK) code = p->jpeg ? make_jpeg(make, p, err) : make_bitmap(make, p, err);
    if (code != THUMBS_OK || !is_known) return code;
    if (th_targets_outgrow(make->options, width, height, result->width, result->height,
                           SENSOR_EDGE))
        result->from = THUMBS_FROM_PREVIEW;
    result->width = width;
    result->height = height;
    return THUMBS_OK;
}

static enum thumbs_code make_raw(struct th_make *make, struct thumbs_error *err)
{
    const void *loaded = NULL;
    enum thumbs_code code = th_module_load(&module, &loaded, err);
    if (code != THUMBS_OK) return code;
    const struct th_raw_module *libraw = loaded;
    struct th_raw_preview preview;
    void *state = NULL;
    const char *why = "no reason given";
    const uint64_t start_ns = th_now_ns();
    code = libraw->open(make->data, make->len, &state, &preview, &why);
    make->result->decode_ns += th_now_ns() - start_ns;
    if (code != THUMBS_OK) return th_error_set(err, code, THUMBS_STAGE_DECODE, "%s", why);
    code = make_preview(make, &preview, err);
    libraw->close(state);
    return code;
}

const struct th_backend th_backend_raw = {.name = "raw", .make = make_raw, .about = about};
