/* SPDX-License-Identifier: MIT */
/*
 * The lines of a GIF's first frame: any bytes. There are never more than the header says, and fewer
 * only with a reason; an interlaced frame has all or none; the same bytes give the same lines.
 */
#include "fuzz.h"
#include "image/gif/gif_frame.h"

#define MOST_PIXELS (UINT64_C(1) << 22)

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint64_t hashes[2] = {0};
    uint8_t *exact = fuzz_copy(data, len);
    for (int i = 0; i < 2; i++) {
        struct th_gif *gif = NULL;
        if (th_gif_open(exact, len, NULL, NULL, &gif) != TH_GIF_OK) continue;
        const struct th_gif_header *h = th_gif_header(gif);
        fuzz_check(h->x + h->frame_width <= h->width && h->y + h->frame_height <= h->height);
        const uint64_t pixels = (uint64_t)h->frame_width * h->frame_height;
        if (pixels && pixels <= MOST_PIXELS) hashes[i] = check_lines(gif);
        th_gif_close(gif);
    }
    fuzz_check(hashes[0] == hashes[1]);
    free(exact);
    return 0;
}
