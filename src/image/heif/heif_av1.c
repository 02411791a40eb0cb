/* SPDX-License-Identifier: MIT */
/* AV1 items, decoded by dav1d in the calling thread: the module thumbs-av1. */
#include <dav1d/dav1d.h>
#include <errno.h>
#include <stdlib.h>

#include "image/heif/heif_codec.h"
#include "image/heif/heif_obu.h"

static enum thumbs_code fail(const char **why, enum thumbs_code code, const char *what)
{
    *why = what;
    return code;
}

struct av1 {
    struct th_heif_plan plan;
    Dav1dContext *context;
    unsigned n_frames;    /* of this item */
    Dav1dPicture picture; /* data[0] NULL: none */
};

static void release(struct av1 *a)
{
    if (a->picture.data[0]) dav1d_picture_unref(&a->picture);
    a->picture = (Dav1dPicture){0};
}

static void av1_destroy(void *state)
{
    struct av1 *a = state;
    release(a);
    dav1d_close(&a->context);
    free(a);
}

/* The filters cost little, so they are not left out. */
static void *av1_create(const struct th_heif_plan *plan)
{
    struct av1 *a = calloc(1, sizeof *a);
    Dav1dSettings settings;
    if (!a) return NULL;
    a->plan = *plan;
    dav1d_default_settings(&settings);
    settings.n_threads = 1;
    settings.max_frame_delay = 1;
    settings.all_layers = 0;
    settings.frame_size_limit = plan->max_pixels < UINT32_MAX ? (unsigned)plan->max_pixels : 0;
    settings.logger.callback = NULL;
    if (dav1d_open(&a->context, &settings) == 0) return a;
    free(a);
    return NULL;
}

/* The bytes are the caller's and stay as long as they are needed. */
static void keep(const uint8_t *data, void *user)
{
    (void)data, (void)user;
}

/* One OBU. What is left when a picture is ready stays with dav1d and is not decoded: the first
 * picture is the one. */
static int send_obu(struct av1 *a, const uint8_t *data, size_t len)
{
    Dav1dData in = {0};
    int result = dav1d_data_wrap(&in, data, len, keep, NULL);
    if (result == 0) result = dav1d_send_data(a->context, &in);
    if (in.sz > 0) dav1d_data_unref(&in);
    return result;
}

/* OBUs one by one, since dav1d decodes all hidden frames that it is given at once, and keeps up to
 * eight of them. Sets *late if the time was up before the end. */
static int send(struct av1 *a, struct th_heif_cursor c, bool *late)
{
    int result = 0;
    struct th_heif_obu obu;
    while (result == 0 && th_heif_obu_next(&c, &obu)) {
        *late = a->plan.is_late(a->plan.user);
        if (*late) break;
        if (obu.begins_frame && a->n_frames++ >= a->plan.max_frames) return DAV1D_ERR(EINVAL);
        result = send_obu(a, obu.data, obu.len);
    }
    return result == DAV1D_ERR(EAGAIN) ? 0 : result;
}

static bool take_plane(const Dav1dPicture *p, unsigned i, struct th_heif_plane *out)
{
    bool half_across = i && p->p.layout != DAV1D_PIXEL_LAYOUT_I444;
    bool half_down = i && p->p.layout == DAV1D_PIXEL_LAYOUT_I420;
    out->data = p->data[i];
    out->stride = (size_t)p->stride[i > 0];
    out->width = ((uint32_t)p->p.w + half_across) >> half_across;
    out->height = ((uint32_t)p->p.h + half_down) >> half_down;
    out->bits = (unsigned)p->p.bpc;
    return out->data && p->stride[i > 0] > 0 && out->width > 0 && out->height > 0;
}

static bool take_frame(const Dav1dPicture *p, struct th_heif_frame *out)
{
    out->n_planes = p->p.layout == DAV1D_PIXEL_LAYOUT_I400 ? 1 : 3;
    for (unsigned i = 0; i < out->n_planes; i++) {
        if (!take_plane(p, i, &out->planes[i])) return false;
    }
    out->nclx = (struct th_heif_nclx){.primaries = (uint16_t)p->seq_hdr->pri,
                                      .transfer = (uint16_t)p->seq_hdr->trc,
                                      .matrix = (uint16_t)p->seq_hdr->mtrx,
                                      .full_range = p->seq_hdr->color_range != 0};
    return true;
}

static enum thumbs_code failure(int result, const char **why)
{
    if (result == DAV1D_ERR(ENOMEM))
        return fail(why, THUMBS_MEMORY, "no memory to decode its AV1 data");
    if (result == DAV1D_ERR(ERANGE))
        return fail(why, THUMBS_TOO_LARGE, "its coded picture is larger than its header says");
    return fail(why, THUMBS_CORRUPT, "its AV1 data does not decode");
}

/* av1C (AV1 Codec ISO Media File Format Binding, 2.3.3): four bytes, then OBUs that may be missing
 * in the item. */
static enum thumbs_code av1_run(void *state, const struct th_heif_cursor *config,
                                const struct th_heif_cursor *item, struct th_heif_frame *out,
                                const char **why)
{
    struct av1 *a = state;
    struct th_heif_cursor obus = *config;
    bool late = false;
    release(a);
    a->n_frames = 0;
    dav1d_flush(a->context);
    th_heif_skip(&obus, 4);
    int result = send(a, obus, &late);
    if (!late && (result == 0 || result == DAV1D_ERR(EINVAL))) result = send(a, *item, &late);
    if (late) return fail(why, THUMBS_TIMEOUT, "it took longer than it may");
    int got = dav1d_get_picture(a->context, &a->picture);
    if (got != 0) return failure(result != 0 ? result : got, why);
    out->damaged = result != 0;
    return take_frame(&a->picture, out) ? THUMBS_OK : failure(0, why);
}

static const char *av1_library(void)
{
    static char text[40];
    snprintf(text, sizeof text, "dav1d %s", dav1d_version());
    return text;
}

__attribute__((visibility("default"))) th_heif_module_fn thumbs_heif_module;

const struct th_heif_module *thumbs_heif_module(void)
{
    static const struct th_heif_codec_ops ops = {
        .create = av1_create, .destroy = av1_destroy, .run = av1_run, .library = av1_library};
    static const struct th_heif_module module = {.version = TH_HEIF_MODULE_VERSION, .ops = &ops};
    return &module;
}
