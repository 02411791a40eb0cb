/* SPDX-License-Identifier: MIT */
#include "image/gif/gif_write.h"

#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

#include "base/sys.h"
#include "image/gif/gif_colours.h"

#define CHECK_LINES 64 /* between two looks at the clock */

struct th_gif_writer {
    GifFileType *gif;
    struct th_sink *sink;
    bool failed;
};

static int on_write(GifFileType *gif, const GifByteType *data, int len)
{
    struct th_gif_writer *w = gif->UserData;
    return th_sink_add(w->sink, data, (size_t)len) ? len : -1;
}

/* Of Netscape, as everybody reads it: how often to go back to the beginning, 0 for ever. What is
 * shown once says nothing. */
static bool put_loops(GifFileType *gif, uint32_t plays)
{
    const uint32_t n_loops = plays > UINT16_MAX ? UINT16_MAX : plays ? plays - 1 : 0;
    if (plays == 1) return true;
    const uint8_t sub[3] = {1, (uint8_t)n_loops, (uint8_t)(n_loops >> 8)};
    return EGifPutExtensionLeader(gif, APPLICATION_EXT_FUNC_CODE) == GIF_OK &&
           EGifPutExtensionBlock(gif, 11, "NETSCAPE2.0") == GIF_OK &&
           EGifPutExtensionBlock(gif, sizeof sub, sub) == GIF_OK &&
           EGifPutExtensionTrailer(gif) == GIF_OK;
}

bool th_gif_writer_create(uint32_t width, uint32_t height, uint32_t plays, struct th_sink *sink,
                          struct th_gif_writer **out)
{
    int ignored;
    struct th_gif_writer *w = th_calloc(1, sizeof *w);
    if (!w) return false;
    w->sink = sink;
    w->gif = EGifOpen(w, on_write, &ignored);
    if (w->gif) EGifSetGifVersion(w->gif, true);
    /* Without a palette for all: the mark of its maker then follows right behind. */
    w->failed = !w->gif ||
                EGifPutScreenDesc(w->gif, (int)width, (int)height, 8, 0, NULL) != GIF_OK ||
                !put_loops(w->gif, plays);
    if (w->failed) {
        th_gif_writer_close(w);
        return false;
    }
    *out = w;
    return true;
}

static bool put_control(GifFileType *gif, const struct th_gif_colours *colours,
                        const struct th_gif_place *place)
{
    if (!place->moves && !colours->transparent) return true;
    const GraphicsControlBlock control = {
        .DisposalMode = !place->moves  ? DISPOSAL_UNSPECIFIED
                        : place->clear ? DISPOSE_BACKGROUND
                                       : DISPOSE_DO_NOT,
        .DelayTime = place->moves ? (int)place->delay_cs : 0,
        .TransparentColor = colours->transparent ? TH_GIF_TRANSPARENT : NO_TRANSPARENT_COLOR};
    uint8_t block[4];
    return EGifGCBToExtension(&control, block) == sizeof block &&
           EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, sizeof block, block) == GIF_OK;
}

/* A palette has 2, 4, ... 256 places. */
static ColorMapObject *map_of(const struct th_gif_colours *colours)
{
    GifColorType map[256];
    int n = 2;
    while (n < (int)colours->n)
        n *= 2;
    memset(map, 0, sizeof map);
    for (unsigned i = 0; i < colours->n; i++)
        map[i] =
            (GifColorType){colours->colours[i][0], colours->colours[i][1], colours->colours[i][2]};
    return GifMakeMapObject(n, map);
}

static bool put_lines(struct th_gif_writer *w, const struct th_pixels *p, uint8_t *places)
{
    for (uint32_t y = 0; y < p->height; y++) {
        if (y % CHECK_LINES == 0 && th_sink_late(w->sink)) return false;
        if (EGifPutLine(w->gif, places + (size_t)y * p->width, (int)p->width) != GIF_OK)
            return false;
    }
    return true;
}

bool th_gif_writer_add(struct th_gif_writer *w, const struct th_pixels *p,
                       const struct th_gif_place *place)
{
    struct th_gif_colours colours = {0};
    if (w->failed || !th_gif_colours_find(&colours, p, place->clear)) return !(w->failed = true);
    ColorMapObject *map = map_of(&colours);
    w->failed = !map || !put_control(w->gif, &colours, place) ||
                EGifPutImageDesc(w->gif, (int)place->x, (int)place->y, (int)p->width,
                                 (int)p->height, false, map) != GIF_OK ||
                !put_lines(w, p, colours.places);
    if (map) GifFreeMapObject(map);
    free(colours.places);
    return !w->failed;
}

bool th_gif_writer_close(struct th_gif_writer *w)
{
    int ignored;
    if (!w) return false;
    bool ok = !w->failed;
    if (w->gif) ok = EGifCloseFile(w->gif, &ignored) == GIF_OK && ok;
    free(w);
    return ok;
}
