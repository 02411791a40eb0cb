/* SPDX-License-Identifier: MIT */
#include "image/png/png_metadata.h"

#include <stdlib.h>

#include <zlib.h>

#include "base/sys.h"
#include "image/png/png_crc.h"

#define SIGNATURE_LEN 8
#define FRAME         12u /* length, name and checksum around a chunk's body */
#define MOST_CHUNKS   (1u << 16)

/* The keyword of XMP, and whether it is compressed and how; a language and a keyword in it follow,
 * both empty here. */
#define XMP_KEYWORD "XML:com.adobe.xmp"
#define XMP_HEAD    XMP_KEYWORD "\0\0\0\0"

/* ---- found ---- */

/* Inflate what is no longer than XMP may be; what is longer, or broken, is none. False: no memory.
 */
static bool inflate_xmp(struct th_view from, struct th_metadata_found *out)
{
    out->memory = th_alloc(TH_METADATA_MOST_XMP);
    if (!out->memory) return false;
    uLongf len = TH_METADATA_MOST_XMP;
    if (uncompress(out->memory, &len, from.data, from.len) == Z_OK)
        out->xmp = (struct th_view){out->memory, len};
    return true;
}

/* Behind the keyword: compressed or not, the method, a language, the keyword in it. */
static bool read_itxt(struct th_view body, struct th_metadata_found *out)
{
    size_t at = sizeof XMP_KEYWORD + 2;
    if (out->memory || !th_view_has(body, 0, XMP_KEYWORD, sizeof XMP_KEYWORD)) return true;
    if (body.len < at || body.data[at - 1] != 0) return true;
    for (unsigned texts = 0; texts < 2; texts++) {
        const uint8_t *end = at < body.len ? memchr(body.data + at, 0, body.len - at) : NULL;
        if (!end) return true;
        at = (size_t)(end - body.data) + 1;
    }
    const struct th_view text = {body.data + at, body.len - at};
    if (body.data[sizeof XMP_KEYWORD] == 1) return inflate_xmp(text, out);
    out->xmp = text;
    return true;
}

bool th_png_metadata(struct th_view file, struct th_metadata_found *out)
{
    size_t at = SIGNATURE_LEN;
    for (unsigned i = 0; i < MOST_CHUNKS && at < file.len && file.len - at >= FRAME; i++) {
        const size_t len = (size_t)th_view_be(file, at, 4);
        const struct th_view body = {file.data + at + 8, len};
        if (len > file.len - at - FRAME) break;
        const bool exif = !out->exif.len && th_view_has(file, at + 4, "eXIf", 4);
        const bool text = !out->xmp.len && th_view_has(file, at + 4, "iTXt", 4);
        const bool right = (exif || text) && th_png_sum_is_right(file.data + at + 4, len);
        if (exif && right) out->exif = body;
        if (text && right && !read_itxt(body, out)) return false;
        at += FRAME + len;
    }
    return true;
}

/* ---- written ---- */

bool th_png_pack_profile(struct th_view icc, uint8_t **body, size_t *len)
{
    static const char head[] = "icc\0"; /* a name, and the method of compression */
    uLongf room = compressBound(icc.len);
    uint8_t *out = th_alloc(sizeof head + room);
    if (!out) return false;
    memcpy(out, head, sizeof head);
    if (compress(out + sizeof head, &room, icc.data, icc.len) != Z_OK) {
        free(out);
        return false;
    }
    *body = out;
    *len = sizeof head + room;
    return true;
}

static void put(png_structp png, const char *name, const char *head, size_t head_len,
                struct th_view body)
{
    png_write_chunk_start(png, (png_const_bytep)name, (png_uint_32)(head_len + body.len));
    if (head_len) png_write_chunk_data(png, (png_const_bytep)head, head_len);
    png_write_chunk_data(png, body.data, body.len);
    png_write_chunk_end(png);
}

void th_png_write_metadata(png_structp png, const struct th_metadata *m, struct th_view profile)
{
    if (profile.len) put(png, "iCCP", "", 0, profile);
    if (!m) return;
    if (m->exif.len) put(png, "eXIf", "", 0, m->exif);
    if (m->xmp.len) put(png, "iTXt", XMP_HEAD, sizeof XMP_HEAD, m->xmp);
}
