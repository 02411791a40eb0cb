/* SPDX-License-Identifier: MIT */
/* What libvips does with finished thumbnails: the part that draws the eye, WebP. */
#include <stdlib.h>
#include <string.h>

#include "image/vips/vips_internal.h"
#include "image/vips/vips_text.h"

/* A libvips image over the picture's memory. */
static VipsImage *wrap(const struct th_pixels *p)
{
    VipsImage *image =
        vips_image_new_from_memory(p->data, (size_t)p->width * p->height * p->bands, (int)p->width,
                                   (int)p->height, (int)p->bands, VIPS_FORMAT_UCHAR);
    if (!image) return NULL;
    image->Type = p->bands <= 2 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    return image;
}

struct copy {
    uint8_t *to;
    size_t row_len;
};

static bool copy_rows(void *user, const uint8_t *rows, size_t stride, uint32_t n)
{
    struct copy *c = user;
    for (uint32_t i = 0; i < n; i++, c->to += c->row_len)
        memcpy(c->to, rows + i * stride, c->row_len);
    return true;
}

/* Store an 8-bit image in the place of *p. */
static bool replace_pixels(struct th_pixels *p, VipsImage *image)
{
    if (image->BandFmt != VIPS_FORMAT_UCHAR || image->Bands < 1 || image->Bands > 4) return false;
    const size_t row_len = VIPS_IMAGE_SIZEOF_LINE(image);
    struct copy copy = {.to = th_vips_lent->alloc(row_len * (size_t)image->Ysize),
                        .row_len = row_len};
    if (!copy.to) return false;
    uint8_t *data = copy.to;
    const struct th_vips_rows to = {.rows = copy_rows, .user = &copy};
    if (th_vips_pull(image, &to, false) != TH_VIPS_DONE) {
        free(data);
        return false;
    }
    free(p->data);
    p->data = data;
    p->width = (uint32_t)image->Xsize;
    p->height = (uint32_t)image->Ysize;
    p->bands = (uint32_t)image->Bands;
    p->cmyk = false;
    return true;
}

bool th_vips_choose(struct th_pixels *p, uint32_t width, uint32_t height, bool attention)
{
    th_vips_text_enter();
    VipsImage *in = wrap(p), *out = NULL;
    const VipsInteresting by = attention ? VIPS_INTERESTING_ATTENTION : VIPS_INTERESTING_ENTROPY;
    bool ok = in && vips_smartcrop(in, &out, (int)width, (int)height, "interesting", by, NULL) == 0;
    ok = ok && out->Xsize == (int)width && out->Ysize == (int)height && replace_pixels(p, out);
    vips_error_clear();
    g_clear_object(&out);
    g_clear_object(&in);
    th_vips_text_leave();
    return ok;
}

struct encoding {
    uint64_t deadline_ns;
    bool late;
};

/* libwebp asks now and then whether to go on: libvips passes that on as progress. */
static void on_eval(VipsImage *image, VipsProgress *progress, gpointer user)
{
    (void)progress;
    struct encoding *e = user;
    if (!e->deadline_ns || th_vips_lent->now_ns() < e->deadline_ns) return;
    e->late = true;
    vips_image_set_kill(image, TRUE);
}

enum thumbs_code th_vips_webp(const struct th_pixels *p, uint32_t quality, uint64_t deadline_ns,
                              bool (*emit)(void *user, const void *data, size_t len), void *user,
                              struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    void *data = NULL;
    size_t len = 0;
    struct encoding encoding = {.deadline_ns = deadline_ns};
    th_vips_text_enter();
    VipsImage *image = wrap(p);
    if (image) {
        vips_image_set_progress(image, TRUE);
        g_signal_connect(image, "eval", G_CALLBACK(on_eval), &encoding);
    }
    if (!image ||
        vips_webpsave_buffer(image, &data, &len, "Q", (int)quality, "strip", TRUE, NULL) != 0) {
        char hint[120];
        th_vips_text_take(hint, sizeof hint);
        code = encoding.late ? th_vips_lent->error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE,
                                                       "it took longer than it may")
                             : th_vips_lent->error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE,
                                                       "the WebP encoder failed: %s", hint);
    } else if (!emit(user, data, len)) {
        code = th_vips_lent->error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                                       "no memory for the encoded WebP");
    }
    g_free(data);
    g_clear_object(&image);
    th_vips_text_leave();
    return code;
}
