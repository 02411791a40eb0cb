/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_metadata.h"

#include <string.h>

#include "image/jpeg/jpeg_parse.h"

/* The names that segments begin with, NULs included. */
#define EXIF_NAME      "Exif\0"
#define XMP_NAME       "http://ns.adobe.com/xap/1.0/"
#define PHOTOSHOP_NAME "Photoshop 3.0"
#define ICC_NAME       "ICC_PROFILE"

/* A resource of Photoshop: "8BIM", what it is, a name of no letters, its length. */
#define RESOURCE_HEAD 12
#define RESOURCE_IPTC "8BIM\x04\x04\0"

enum {
    APP1 = JPEG_APP0 + 1,
    APP2 = JPEG_APP0 + 2,
    APP13 = JPEG_APP0 + 13,
    SEGMENT_MOST = 65533,
    ICC_HEAD = sizeof ICC_NAME + 2,
    ICC_PART = SEGMENT_MOST - ICC_HEAD
};

/* ---- found ---- */

/* The segment behind its name; len 0 if it has another. */
static struct th_view behind(struct th_view s, const char *name, size_t n)
{
    if (!th_view_has(s, 0, name, n)) return (struct th_view){0};
    return (struct th_view){s.data + n, s.len - n};
}

/* Among Photoshop's resources: each has a name of any length, both are filled up to even. */
static struct th_view find_iptc(struct th_view v)
{
    size_t at = 0;
    while (v.len - at >= RESOURCE_HEAD && TH_VIEW_HAS(v, at, "8BIM")) {
        const uint64_t type = th_view_be(v, at + 4, 2);
        const size_t name = ((size_t)v.data[at + 6] + 2) & ~(size_t)1;
        if (v.len - at < 6 + name + 4) break;
        const size_t body = at + 6 + name + 4, len = (size_t)th_view_be(v, body - 4, 4);
        if (len > v.len - body) break;
        if (type == 0x0404) return (struct th_view){v.data + body, len};
        at = body + len + (len & 1);
        if (at > v.len) break;
    }
    return (struct th_view){0};
}

static void note_app1(struct th_view s, struct th_metadata_found *out)
{
    const struct th_view exif = behind(s, EXIF_NAME, sizeof EXIF_NAME),
                         xmp = behind(s, XMP_NAME, sizeof XMP_NAME);
    if (!out->exif.len) out->exif = exif;
    if (!out->xmp.len) out->xmp = xmp;
}

bool th_jpeg_metadata(struct th_view file, struct th_metadata_found *out)
{
    struct th_view s;
    int app;
    if (file.len < 2) return true;
    for (size_t pos = 2; (app = th_jpeg_next_app(file.data, file.len, &pos, &s)) >= 0;) {
        if (app == 1) note_app1(s, out);
        if (app == 13 && !out->iptc.len)
            out->iptc = find_iptc(behind(s, PHOTOSHOP_NAME, sizeof PHOTOSHOP_NAME));
    }
    return true;
}

/* ---- written ---- */

static void put(struct jpeg_compress_struct *jpeg, const void *data, size_t len)
{
    const uint8_t *from = data;
    for (size_t i = 0; i < len; i++)
        jpeg_write_m_byte(jpeg, from[i]);
}

static void put_named(struct jpeg_compress_struct *jpeg, int marker, const char *name, size_t n,
                      struct th_view v)
{
    if (!v.len || v.len > SEGMENT_MOST - n) return;
    jpeg_write_m_header(jpeg, marker, (unsigned)(n + v.len));
    put(jpeg, name, n);
    put(jpeg, v.data, v.len);
}

static void put_iptc(struct jpeg_compress_struct *jpeg, struct th_view v)
{
    const size_t n = sizeof PHOTOSHOP_NAME + RESOURCE_HEAD, fill = v.len & 1;
    if (!v.len || v.len > SEGMENT_MOST - n - fill) return;
    jpeg_write_m_header(jpeg, APP13, (unsigned)(n + v.len + fill));
    put(jpeg, PHOTOSHOP_NAME, sizeof PHOTOSHOP_NAME);
    put(jpeg, RESOURCE_IPTC, sizeof RESOURCE_IPTC);
    for (int shift = 24; shift >= 0; shift -= 8)
        jpeg_write_m_byte(jpeg, (int)(v.len >> shift & 0xFF));
    put(jpeg, v.data, v.len);
    if (fill) jpeg_write_m_byte(jpeg, 0);
}

static void put_icc(struct jpeg_compress_struct *jpeg, struct th_view v)
{
    const size_t n_parts = (v.len + ICC_PART - 1) / ICC_PART;
    for (size_t i = 0; i < n_parts; i++) {
        const size_t at = i * ICC_PART, left = v.len - at, n = left < ICC_PART ? left : ICC_PART;
        jpeg_write_m_header(jpeg, APP2, (unsigned)(ICC_HEAD + n));
        put(jpeg, ICC_NAME, sizeof ICC_NAME);
        jpeg_write_m_byte(jpeg, (int)i + 1);
        jpeg_write_m_byte(jpeg, (int)n_parts);
        put(jpeg, v.data + at, n);
    }
}

void th_jpeg_write_metadata(struct jpeg_compress_struct *jpeg, const struct th_metadata *m)
{
    if (!m) return;
    put_named(jpeg, APP1, EXIF_NAME, sizeof EXIF_NAME, m->exif);
    put_named(jpeg, APP1, XMP_NAME, sizeof XMP_NAME, m->xmp);
    put_icc(jpeg, m->icc);
    put_iptc(jpeg, m->iptc);
}
