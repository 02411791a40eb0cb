/* SPDX-License-Identifier: MIT */
#include "commit/maker_mark.h"

#include <string.h>
#include <unistd.h>

#include "base/content.h"
#include "base/sys.h"
#include "base/view.h"

#define JPEG_HEAD 20 /* SOI and APP0 as encoders write it */
#define PNG_HEAD  33 /* signature and IHDR */
#define WEBP_HEAD 12 /* RIFF header */
#define GIF_HEAD  13 /* signature and screen */

/* Where a mark may stand: tools that add to a file put theirs before it. */
#define LOOK_BYTES 4096

static const uint8_t jpeg_mark[] = "\xff\xfe\x00\x10made by thumbs";
static const uint8_t png_mark[] = "\x00\x00\x00\x0ftEXtSoftware\0thumbs\x6a\xc4\x0d\xbe";
static const uint8_t webp_mark[] = "THMB\x06\x00\x00\x00thumbs";
static const uint8_t gif_mark[] = "!\xfe\x0emade by thumbs";
static const uint8_t box_mark[] = "\0\0\0\x16"
                                  "freemade by thumbs";
#define LEN_OF(mark) (sizeof mark - 1)

static bool begins_with(const uint8_t *data, size_t len, const char *text, size_t text_len)
{
    return len >= text_len && memcmp(data, text, text_len) == 0;
}

static bool is_jpeg(const uint8_t *data, size_t len)
{
    return begins_with(data, len, "\xff\xd8\xff", 3);
}

static bool is_png(const uint8_t *data, size_t len)
{
    return len > PNG_HEAD && begins_with(data, len, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
}

static bool is_webp(const uint8_t *data, size_t len)
{
    return len >= WEBP_HEAD && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0;
}

/* Without a palette for all frames, as our encoder writes it: extensions follow at once. */
static bool is_gif(const uint8_t *data, size_t len)
{
    return len > GIF_HEAD && memcmp(data, "GIF89a", 6) == 0 && !(data[10] & 0x80);
}

/* A file of boxes: AVIF (ISO/IEC 14496-12), or JPEG XL in its container. */
static bool is_boxes(const uint8_t *data, size_t len)
{
    return len >= 12 && (memcmp(data + 4, "ftypavi", 7) == 0 ||
                         memcmp(data, "\0\0\0\x0cJXL \r\n\x87\n", 12) == 0);
}

/* ---- making ---- */

static void put_front(struct th_mark *out, const uint8_t *data, size_t head_len,
                      const uint8_t *mark, size_t mark_len)
{
    memcpy(out->front, data, head_len);
    if (mark_len) memcpy(out->front + head_len, mark, mark_len);
    out->front_len = head_len + mark_len;
    out->skip = head_len;
}

static void put_back(struct th_mark *out, const uint8_t *mark, size_t mark_len)
{
    memcpy(out->back, mark, mark_len);
    out->back_len = mark_len;
}

/* APP0 must stay the first segment. */
static void mark_jpeg(const uint8_t *data, size_t len, struct th_mark *out)
{
    bool has_app0 = len > JPEG_HEAD && data[3] == 0xe0 && data[4] == 0 && data[5] == JPEG_HEAD - 4;
    if (has_app0 || data[3] != 0xe0)
        put_front(out, data, has_app0 ? JPEG_HEAD : 2, jpeg_mark, LEN_OF(jpeg_mark));
}

static void mark_webp(const uint8_t *data, size_t len, struct th_mark *out)
{
    uint32_t riff_len = (uint32_t)th_number(data + 4, 4, false);
    if (riff_len % 2 != 0 || riff_len > UINT32_MAX - 64 || len != (size_t)riff_len + 8) return;
    put_front(out, data, WEBP_HEAD, NULL, 0);
    riff_len += (uint32_t)LEN_OF(webp_mark);
    th_number_put(out->front + 4, riff_len, 4, false);
    put_back(out, webp_mark, LEN_OF(webp_mark));
}

void th_mark_make(const uint8_t *data, size_t len, struct th_mark *out)
{
    out->front_len = out->back_len = out->skip = 0;
    if (is_jpeg(data, len) && len > 4)
        mark_jpeg(data, len, out);
    else if (is_png(data, len))
        put_front(out, data, PNG_HEAD, png_mark, LEN_OF(png_mark));
    else if (is_webp(data, len))
        mark_webp(data, len, out);
    else if (is_gif(data, len))
        put_front(out, data, GIF_HEAD, gif_mark, sizeof gif_mark);
    else if (is_boxes(data, len))
        put_back(out, box_mark, LEN_OF(box_mark));
}

size_t th_mark_len(const uint8_t *data, size_t len)
{
    struct th_mark mark;
    th_mark_make(data, len, &mark);
    return len - mark.skip + mark.front_len + mark.back_len;
}

uint64_t th_mark_content(const uint8_t *data, size_t len)
{
    struct th_mark mark;
    struct th_content content;
    th_mark_make(data, len, &mark);
    th_content_begin(&content);
    th_content_add(&content, mark.front, mark.front_len);
    th_content_add(&content, data + mark.skip, len - mark.skip);
    th_content_add(&content, mark.back, mark.back_len);
    return th_content_end(&content);
}

/* ---- removing ---- */

static size_t remove_front(uint8_t *data, size_t len, const uint8_t *mark, size_t mark_len)
{
    uint8_t *at = memmem(data, len < LOOK_BYTES ? len : LOOK_BYTES, mark, mark_len);
    if (!at) return len;
    const size_t begin = (size_t)(at - data);
    memmove(at, at + mark_len, len - begin - mark_len);
    return len - mark_len;
}

static bool ends_with(const uint8_t *data, size_t len, const uint8_t *mark, size_t mark_len)
{
    return len >= mark_len && memcmp(data + len - mark_len, mark, mark_len) == 0;
}

size_t th_mark_remove(uint8_t *data, size_t len)
{
    if (is_jpeg(data, len)) return remove_front(data, len, jpeg_mark, LEN_OF(jpeg_mark));
    if (is_png(data, len)) return remove_front(data, len, png_mark, LEN_OF(png_mark));
    if (is_gif(data, len)) return remove_front(data, len, gif_mark, sizeof gif_mark);
    if (is_webp(data, len) && ends_with(data, len, webp_mark, LEN_OF(webp_mark))) {
        th_number_put(data + 4, th_number(data + 4, 4, false) - LEN_OF(webp_mark), 4, false);
        return len - LEN_OF(webp_mark);
    }
    if (is_boxes(data, len) && ends_with(data, len, box_mark, LEN_OF(box_mark)))
        return len - LEN_OF(box_mark);
    return len;
}

/* ---- finding ---- */

static bool is_at(const uint8_t *data, size_t len, size_t at, const uint8_t *mark, size_t mark_len)
{
    return at <= len && len - at >= mark_len && memcmp(data + at, mark, mark_len) == 0;
}

/* Along the segments, up to the first that is none. */
static bool is_in_jpeg(const uint8_t *data, size_t len)
{
    for (size_t at = 2; len - at >= 4 && data[at] == 0xff && data[at + 1] != 0xda;) {
        if (is_at(data, len, at, jpeg_mark, LEN_OF(jpeg_mark))) return true;
        at += 2 + ((size_t)data[at + 2] << 8 | data[at + 3]);
        if (at > len) return false;
    }
    return false;
}

static bool is_in_png(const uint8_t *data, size_t len)
{
    for (size_t at = 8; len - at >= 12 && memcmp(data + at + 4, "IDAT", 4) != 0;) {
        if (is_at(data, len, at, png_mark, LEN_OF(png_mark))) return true;
        size_t chunk = (size_t)th_number(data + at, 4, true);
        if (chunk > len || chunk + 12 > len - at) return false;
        at += chunk + 12;
    }
    return false;
}

static bool is_at_end(int fd, uint64_t size, const uint8_t *mark, size_t mark_len)
{
    uint8_t last[TH_MARK_BACK];
    if (size < mark_len) return false;
    ssize_t n = pread(fd, last, mark_len, (off_t)(size - mark_len));
    return n == (ssize_t)mark_len && memcmp(last, mark, mark_len) == 0;
}

bool th_mark_is_in(int fd, uint64_t size)
{
    uint8_t first[LOOK_BYTES];
    ssize_t n = th_read_full(fd, first, sizeof first);
    if (n < 4) return false;
    size_t len = (size_t)n;
    if (is_jpeg(first, len)) return is_in_jpeg(first, len);
    if (is_png(first, len)) return is_in_png(first, len);
    if (is_gif(first, len)) return is_at(first, len, GIF_HEAD, gif_mark, sizeof gif_mark);
    if (is_webp(first, len)) return is_at_end(fd, size, webp_mark, LEN_OF(webp_mark));
    return is_boxes(first, len) && is_at_end(fd, size, box_mark, LEN_OF(box_mark));
}
