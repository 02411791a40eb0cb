/* SPDX-License-Identifier: MIT */
#include "image/gif/gif_frame.h"

#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

#include "base/num.h"
#include "base/sys.h"

#define CHECK_BLOCKS 4096 /* between two looks at the clock */
#define CHECK_LINES  64

struct th_gif {
    const uint8_t *data;
    size_t len, at;
    bool (*late)(void *user);
    void *user;
    GifFileType *gif;
    struct th_gif_header header;
    int transparent; /* of the frame that comes */
    /* While pixels are read: they lie in blocks, each behind its length. */
    bool in_pixels, cut;
    int block_left;
    uint8_t *lines; /* one, or all of an interlaced frame */
    uint32_t n_decoded, n_given;
    bool filled;      /* all lines of an interlaced frame that can be had are there: */
    uint32_t n_there; /* so many from the top */
    const char *damage;
};

/* ---- bytes for giflib ---- */

/* The length of a block of pixels: where the file ends before it, it is as long as the file goes;
 * and behind that stands the end of all blocks. So giflib makes the most of what there is. */
static uint8_t block_len(struct th_gif *g)
{
    if (g->at == g->len) {
        g->cut = true;
        return 0;
    }
    size_t n = g->data[g->at++];
    if (n > g->len - g->at) {
        g->cut = true;
        n = g->len - g->at;
    }
    g->block_left = (int)n;
    return (uint8_t)n;
}

static int on_read(GifFileType *gif, GifByteType *to, int n)
{
    struct th_gif *g = gif->UserData;
    if (n <= 0) return 0;
    if (g->in_pixels && g->block_left == 0 && n == 1) {
        *to = block_len(g);
        return 1;
    }
    const size_t there = g->len - g->at, take = (size_t)n < there ? (size_t)n : there;
    memcpy(to, g->data + g->at, take);
    g->at += take;
    if (g->in_pixels) g->block_left -= (int)take;
    return (int)take;
}

/* ---- up to the pixels ---- */

static enum th_gif_code why(const struct th_gif *g)
{
    return g->gif && g->gif->Error == D_GIF_ERR_NOT_ENOUGH_MEM ? TH_GIF_MEMORY : TH_GIF_BROKEN;
}

/* What is said of the frame that comes. */
static void read_control(struct th_gif *g, const GifByteType *block)
{
    GraphicsControlBlock control;
    if (DGifExtensionToGCB(block[0], block + 1, &control) != GIF_OK) return;
    g->transparent = control.TransparentColor;
    g->header.delay_cs = (uint32_t)control.DelayTime;
    g->header.disposal = (unsigned)control.DisposalMode;
}

static bool tells_loops(int kind, const GifByteType *block)
{
    return kind == APPLICATION_EXT_FUNC_CODE && block[0] == 11 &&
           (memcmp(block + 1, "NETSCAPE2.0", 11) == 0 || memcmp(block + 1, "ANIMEXTS1.0", 11) == 0);
}

/* It is told how often to go back to the beginning, which is once less than it is shown. */
static void read_loops(struct th_gif *g, const GifByteType *block)
{
    if (block[0] < 3 || block[1] != 1) return;
    const uint32_t loops = block[2] | (uint32_t)block[3] << 8;
    g->header.plays = loops ? loops + 1 : 0;
}

static enum th_gif_code read_extension(struct th_gif *g)
{
    int kind;
    GifByteType *block;
    if (DGifGetExtension(g->gif, &kind, &block) == GIF_ERROR) return why(g);
    if (block && kind == GRAPHICS_EXT_FUNC_CODE) read_control(g, block);
    const bool loops = block && tells_loops(kind, block);
    for (unsigned i = 1; block; i++) {
        if (i % CHECK_BLOCKS == 0 && g->late && g->late(g->user)) return TH_GIF_LATE;
        if (DGifGetExtensionNext(g->gif, &block) == GIF_ERROR) return why(g);
        if (block && loops && i == 1) read_loops(g, block);
    }
    return TH_GIF_OK;
}

static enum th_gif_code find_frame(struct th_gif *g)
{
    g->transparent = NO_TRANSPARENT_COLOR;
    g->header.delay_cs = g->header.disposal = 0;
    for (unsigned i = 1;; i++) {
        GifRecordType type;
        if (i % CHECK_BLOCKS == 0 && g->late && g->late(g->user)) return TH_GIF_LATE;
        if (DGifGetRecordType(g->gif, &type) == GIF_ERROR) return why(g);
        if (type == IMAGE_DESC_RECORD_TYPE)
            return DGifGetImageDesc(g->gif) == GIF_ERROR ? why(g) : TH_GIF_OK;
        if (type == TERMINATE_RECORD_TYPE) return TH_GIF_END;
        if (type != EXTENSION_RECORD_TYPE) return TH_GIF_BROKEN;
        enum th_gif_code code = read_extension(g);
        if (code != TH_GIF_OK) return code;
    }
}

/* Colours that are not in the palette are black; without one there are black and white. */
static void read_palette(struct th_gif_header *h, const ColorMapObject *map, int transparent)
{
    const int n = map ? map->ColorCount : 0;
    h->grey = true;
    for (int i = 0; i < 256; i++) {
        uint8_t *to = h->palette[i];
        to[0] = to[1] = to[2] = !map && i == 1 ? 255 : 0;
        to[3] = 255;
        if (i >= n) continue;
        const GifColorType *c = &map->Colors[i];
        to[0] = c->Red, to[1] = c->Green, to[2] = c->Blue;
        if (i != transparent && (to[0] != to[1] || to[1] != to[2])) h->grey = false;
    }
    h->transparent = transparent >= 0 && transparent < 256;
    if (h->transparent) memset(h->palette[transparent], 0, 4);
}

static void read_frame(struct th_gif *g)
{
    const GifFileType *gif = g->gif;
    const GifImageDesc *i = &gif->Image;
    struct th_gif_header *h = &g->header;
    h->x = (uint32_t)i->Left;
    h->y = (uint32_t)i->Top;
    h->frame_width = (uint32_t)i->Width;
    h->frame_height = (uint32_t)i->Height;
    h->interlaced = i->Interlace;
    read_palette(h, i->ColorMap ? i->ColorMap : gif->SColorMap, g->transparent);
    g->in_pixels = true;
}

static void read_canvas(struct th_gif *g)
{
    const GifFileType *gif = g->gif;
    struct th_gif_header *h = &g->header;
    h->width = (uint32_t)th_max_u64((uint64_t)gif->SWidth, (uint64_t)h->x + h->frame_width);
    h->height = (uint32_t)th_max_u64((uint64_t)gif->SHeight, (uint64_t)h->y + h->frame_height);
}

static enum th_gif_code open_frame(struct th_gif *g)
{
    int error = 0;
    g->gif = DGifOpen(g, on_read, &error);
    if (!g->gif) return error == D_GIF_ERR_NOT_ENOUGH_MEM ? TH_GIF_MEMORY : TH_GIF_BROKEN;
    g->header.plays = 1;
    enum th_gif_code code = find_frame(g);
    if (code == TH_GIF_END) code = TH_GIF_BROKEN;
    if (code != TH_GIF_OK) return code;
    read_frame(g);
    read_canvas(g);
    return TH_GIF_OK;
}

/* giflib keeps a record of each frame, of which nobody makes use here. */
static void forget_frames(GifFileType *gif)
{
    GifFreeSavedImages(gif);
    gif->SavedImages = NULL;
    gif->ImageCount = 0;
}

enum th_gif_code th_gif_next(struct th_gif *g)
{
    if (g->damage) return TH_GIF_END;
    free(g->lines);
    g->lines = NULL;
    g->n_decoded = g->n_given = g->n_there = 0;
    g->in_pixels = g->filled = false;
    g->block_left = 0;
    forget_frames(g->gif);
    const bool ended = g->at == g->len;
    enum th_gif_code code = ended ? TH_GIF_END : find_frame(g);
    if (code == TH_GIF_OK) read_frame(g);
    return code;
}

enum th_gif_code th_gif_open(const uint8_t *data, size_t len, bool (*late)(void *user), void *user,
                             struct th_gif **out)
{
    struct th_gif *g = th_calloc(1, sizeof *g);
    if (!g) return TH_GIF_MEMORY;
    g->data = data;
    g->len = len;
    g->late = late;
    g->user = user;
    enum th_gif_code code = open_frame(g);
    if (code == TH_GIF_OK)
        *out = g;
    else
        th_gif_close(g);
    return code;
}

void th_gif_close(struct th_gif *g)
{
    int ignored;
    if (!g) return;
    if (g->gif) DGifCloseFile(g->gif, &ignored);
    free(g->lines);
    free(g);
}

const struct th_gif_header *th_gif_header(const struct th_gif *g)
{
    return &g->header;
}

/* ---- lines ---- */

/* False: the pixels end within this line, or before it. */
static bool decode_line(struct th_gif *g, uint8_t *to)
{
    if (DGifGetLine(g->gif, to, (int)g->header.frame_width) == GIF_ERROR) {
        g->damage = g->cut ? "its pixels end early" : "its compressed pixels are broken";
        return false;
    }
    g->n_decoded++;
    return true;
}

/* Behind the lines of an interlaced frame is room for the one that is being decoded. */
static bool allocate(struct th_gif *g)
{
    const struct th_gif_header *h = &g->header;
    size_t size;
    if (!th_mul_size(h->frame_width, h->interlaced ? (size_t)h->frame_height + 1 : 1, &size))
        return false;
    g->lines = th_calloc(1, size);
    return g->lines;
}

/* Every line below one that came is what stands above it, until a finer pass brings it. */
static void fill_below(const struct th_gif_header *h, uint8_t *lines, uint32_t y, uint32_t step)
{
    const uint8_t *from = lines + (size_t)y * h->frame_width;
    for (uint32_t i = 1; i < step && y + i < h->frame_height; i++)
        memcpy(lines + (size_t)(y + i) * h->frame_width, from, h->frame_width);
}

/* GIF89a, appendix E: four passes. */
static enum th_gif_code decode_interlaced(struct th_gif *g)
{
    static const struct {
        uint8_t first, step, stands_for;
    } passes[] = {{0, 8, 8}, {4, 8, 4}, {2, 4, 2}, {1, 2, 1}};
    const struct th_gif_header *h = &g->header;
    uint8_t *line = g->lines + (size_t)h->frame_height * h->frame_width;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        for (uint32_t y = passes[i].first; y < h->frame_height; y += passes[i].step) {
            if (g->n_decoded % CHECK_LINES == 0 && g->late && g->late(g->user)) return TH_GIF_LATE;
            if (!decode_line(g, line)) return TH_GIF_OK;
            memcpy(g->lines + (size_t)y * h->frame_width, line, h->frame_width);
            fill_below(h, g->lines, y, passes[i].stands_for);
            /* The first pass alone goes where nothing was. */
            if (i == 0) g->n_there = (uint32_t)th_min_u64(y + passes[0].step, h->frame_height);
        }
    }
    return TH_GIF_OK;
}

static const uint8_t *give_interlaced(struct th_gif *g, enum th_gif_code *code)
{
    if (!g->filled) *code = decode_interlaced(g);
    g->filled = true;
    if (*code != TH_GIF_OK || g->n_given == g->n_there) return NULL;
    return g->lines + (size_t)g->n_given++ * g->header.frame_width;
}

const uint8_t *th_gif_line(struct th_gif *g, enum th_gif_code *code)
{
    *code = TH_GIF_OK;
    if (g->n_given == g->header.frame_height) return NULL;
    if (!g->lines && !allocate(g)) {
        *code = TH_GIF_MEMORY;
        return NULL;
    }
    if (g->header.interlaced) return give_interlaced(g, code);
    if (g->damage || !decode_line(g, g->lines)) return NULL;
    g->n_given++;
    return g->lines;
}

const char *th_gif_damage(const struct th_gif *g)
{
    return g->damage;
}

uint32_t th_gif_decoded(const struct th_gif *g)
{
    return g->n_decoded;
}
