/* SPDX-License-Identifier: MIT */
/* The module thumbs-raw: previews of cameras' raw files, by LibRaw. */
#include <libraw/libraw.h>
#include <stdio.h>
#include <string.h>

#include "image/camera/raw_module.h"

/* LibRaw turns by three bits: 1 mirrors left and right, 2 top and bottom, 4 exchanges the axes
 * after that. */
static unsigned orientation_of(int flip)
{
    static const uint8_t exif[] = {1, 2, 4, 3, 5, 8, 6, 7};
    return flip >= 0 && flip < 8 ? exif[flip] : 1;
}

static enum thumbs_code judge(int result, const char **why)
{
    switch (result) {
    case LIBRAW_SUCCESS:
        return THUMBS_OK;
    case LIBRAW_FILE_UNSUPPORTED:
        *why = "a camera's raw file of a kind that LibRaw does not know";
        return THUMBS_UNSUPPORTED;
    case LIBRAW_NO_THUMBNAIL:
    case LIBRAW_REQUEST_FOR_NONEXISTENT_IMAGE:
        *why = "a camera's raw file without a preview";
        return THUMBS_UNSUPPORTED;
    case LIBRAW_UNSUPPORTED_THUMBNAIL:
        *why = "a camera's raw file whose preview is of an unknown kind";
        return THUMBS_UNSUPPORTED;
    case LIBRAW_UNSUFFICIENT_MEMORY:
    case LIBRAW_MEMPOOL_OVERFLOW:
        *why = "no memory for the preview of a raw file";
        return THUMBS_MEMORY;
    default:
        *why = "the camera's raw file is cut or damaged";
        return THUMBS_CORRUPT;
    }
}

/* The length of what LibRaw says is a picture of 8-bit RGB counts, not its word. */
static enum thumbs_code take(const libraw_data_t *raw, struct th_raw_preview *out, const char **why)
{
    const libraw_thumbnail_t *t = &raw->thumbnail;
    *out = (struct th_raw_preview){.jpeg = t->tformat == LIBRAW_THUMBNAIL_JPEG,
                                   .data = (const uint8_t *)t->thumb,
                                   .len = t->tlength,
                                   .width = t->twidth,
                                   .height = t->theight,
                                   .raw_width = raw->sizes.width,
                                   .raw_height = raw->sizes.height,
                                   .orientation = orientation_of(raw->sizes.flip)};
    if (!out->data || out->len == 0) return judge(LIBRAW_NO_THUMBNAIL, why);
    if (out->jpeg) return THUMBS_OK;
    if (t->tformat != LIBRAW_THUMBNAIL_BITMAP || t->tcolors != 3 || !t->twidth || !t->theight ||
        (uint64_t)t->twidth * t->theight * 3 > out->len)
        return judge(LIBRAW_UNSUPPORTED_THUMBNAIL, why);
    return THUMBS_OK;
}

static enum thumbs_code open_raw(const uint8_t *data, size_t len, void **state,
                                 struct th_raw_preview *out, const char **why)
{
    libraw_data_t *raw =
        libraw_init(LIBRAW_OPIONS_NO_MEMERR_CALLBACK | LIBRAW_OPIONS_NO_DATAERR_CALLBACK);
    if (!raw) return judge(LIBRAW_UNSUFFICIENT_MEMORY, why);
    /* It does not write there. */
    int result = libraw_open_buffer(raw, (void *)(uintptr_t)data, len);
    if (result == LIBRAW_SUCCESS) result = libraw_unpack_thumb(raw);
    enum thumbs_code code = judge(result, why);
    if (code == THUMBS_OK) code = take(raw, out, why);
    if (code == THUMBS_OK)
        *state = raw;
    else
        libraw_close(raw);
    return code;
}

static void close_raw(void *state)
{
    libraw_close(state);
}

static const char *library(void)
{
    static char text[40];
    const unsigned v = (unsigned)libraw_versionNumber();
    snprintf(text, sizeof text, "LibRaw %u.%u.%u", v >> 16 & 255, v >> 8 & 255, v & 255);
    return text;
}

__attribute__((visibility("default"))) th_raw_module_fn thumbs_raw_module;

const struct th_raw_module *thumbs_raw_module(void)
{
    static const struct th_raw_module module = {
        .version = TH_RAW_MODULE_VERSION, .open = open_raw, .close = close_raw, .library = library};
    return &module;
}
