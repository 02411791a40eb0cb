/* SPDX-License-Identifier: MIT */
#include "image/vips/webp_first.h"

#include <stdbool.h>
#include <string.h>

#include "base/view.h"

static size_t le32(const uint8_t *p)
{
    return (size_t)th_number(p, 4, false);
}

static bool is(const uint8_t *chunk, const char *kind)
{
    return memcmp(chunk, kind, 4) == 0;
}

/* Copy to `to` (NULL: only count) all chunks that the first frame needs; they end at `end`. Returns
 * their length, 0 if the chunks do not fit or there are not several frames. */
static size_t copy_chunks(const uint8_t *data, size_t end, uint8_t *to)
{
    size_t len = 12;
    size_t n_frames = 0;
    for (size_t at = 12, chunk_len; at < end; at += chunk_len) {
        const uint8_t *chunk = data + at;
        if (end - at < 8 || le32(chunk + 4) > end - at - 8) return 0;
        chunk_len = 8 + le32(chunk + 4);
        chunk_len += chunk_len & 1; /* the last one may lack its padding */
        if (chunk_len > end - at) chunk_len = end - at;
        bool frame = is(chunk, "ANMF");
        n_frames += frame;
        if (frame ? n_frames > 1
                  : !is(chunk, "VP8X") && !is(chunk, "ICCP") && !is(chunk, "ANIM") &&
                        !is(chunk, "EXIF"))
            continue;
        if (to) memcpy(to + len, chunk, chunk_len);
        len += chunk_len;
    }
    return n_frames > 1 ? len : 0;
}

uint8_t *th_webp_first_frame(const uint8_t *data, size_t len, void *(*alloc)(size_t size),
                             size_t *out_len)
{
    if (len < 30 || !is(data, "RIFF") || !is(data + 8, "WEBP") || !is(data + 12, "VP8X"))
        return NULL;
    size_t riff_len = le32(data + 4);
    if (riff_len > len - 8 || riff_len < 22) return NULL;
    size_t first_len = copy_chunks(data, 8 + riff_len, NULL);
    if (first_len == 0) return NULL;
    uint8_t *first = alloc(first_len);
    if (!first) return NULL;
    memcpy(first, data, 12);
    copy_chunks(data, 8 + riff_len, first);
    for (int i = 0; i < 4; i++)
        first[4 + i] = (uint8_t)((first_len - 8) >> (8 * i));
    *out_len = first_len;
    return first;
}
