/* SPDX-License-Identifier: MIT */
/*
 * The lines of a GIF's frames: any bytes. There are never more than the header says, and fewer
 * only with a reason; an interlaced frame has all or none; no frame follows one that is damaged;
 * the same bytes give the same lines. Without decoding, no fewer frames are told.
 */
#include "fuzz.h"
#include "image/gif/gif_frame.h"
#include "image/gif/gif_outline.h"

#define MOST_PIXELS (UINT64_C(1) << 22)
#define MOST_FRAMES 50

static uint64_t check_lines(struct th_gif *gif)
{
    const struct th_gif_header *h = th_gif_header(gif);
    enum th_gif_code code;
    uint64_t hash = 0;
    uint32_t n = 0;
    for (const uint8_t *line; (line = th_gif_line(gif, &code)); n++)
        for (uint32_t x = 0; x < h->frame_width; x++)
            hash = hash * 31 + line[x];
    fuzz_check(code == TH_GIF_OK || code == TH_GIF_MEMORY);
    fuzz_check(n <= h->frame_height && th_gif_decoded(gif) <= h->frame_height);
    if (code == TH_GIF_OK && n < h->frame_height) fuzz_check(th_gif_damage(gif));
    if (h->interlaced) fuzz_check(n == 0 || n == h->frame_height);
    fuzz_check(!th_gif_line(gif, &code));
    return hash;
}

/* *n: how many frames have lines. */
static uint64_t check_frames(struct th_gif *gif, uint64_t *n)
{
    const struct th_gif_header *h = th_gif_header(gif);
    const uint32_t width = h->width, height = h->height;
    uint64_t hash = 0, pixels = 0;
    enum th_gif_code code = TH_GIF_OK;
    for (*n = 0; code == TH_GIF_OK && *n < MOST_FRAMES; code = th_gif_next(gif)) {
        const uint64_t frame = (uint64_t)h->frame_width * h->frame_height;
        pixels += frame;
        if (!frame || pixels > MOST_PIXELS) break;
        fuzz_check(h->width == width && h->height == height);
        const bool damaged = th_gif_damage(gif);
        fuzz_check(!damaged);
        hash = hash * 31 + check_lines(gif);
        hash = hash * 31 + h->delay_cs + h->disposal + h->plays;
        ++*n;
    }
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint64_t hashes[2] = {0};
    uint8_t *exact = fuzz_copy(data, len);
    for (int i = 0; i < 2; i++) {
        struct th_gif *gif = NULL;
        if (th_gif_open(exact, len, NULL, NULL, &gif) != TH_GIF_OK) continue;
        const struct th_gif_header *h = th_gif_header(gif);
        fuzz_check(h->x + h->frame_width <= h->width && h->y + h->frame_height <= h->height);
        struct th_gif_outline outline;
        uint64_t n;
        const bool outlined = th_gif_outline((struct th_view){exact, len}, UINT64_MAX, &outline);
        fuzz_check(outlined && outline.width == h->width && outline.height == h->height);
        hashes[i] = check_frames(gif, &n);
        fuzz_check(!outline.whole || outline.n_frames >= n);
        th_gif_close(gif);
    }
    fuzz_check(hashes[0] == hashes[1]);
    free(exact);
    return 0;
}
