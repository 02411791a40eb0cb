/* What a file is, by its first bytes. Every comparison goes through has(), so nothing past the end is ever read. */
#include <string.h>

#include "image/image.h"
#include "image/svg_root.h"

struct view {
    const uint8_t *data;
    size_t len;
};

static bool has(struct view v, size_t at, const char *bytes, size_t n)
{
    return at <= v.len && n <= v.len - at && memcmp(v.data + at, bytes, n) == 0;
}

#define HAS(view, at, text) has(view, at, text, sizeof(text) - 1)

static uint32_t be32(struct view v, size_t at)
{
    if (at > v.len || v.len - at < 4) return 0;
    const uint8_t *p = v.data + at;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t le32(struct view v, size_t at)
{
    return __builtin_bswap32(be32(v, at));
}

/* ---- plain magic numbers ---- */

struct magic {
    const char *bytes;
    uint8_t len;
    uint8_t format; /* enum thumbs_format */
};
#define MAGIC(text, format)                                                                                            \
    {                                                                                                                  \
        text, sizeof(text) - 1, format                                                                                 \
    }

static const struct magic magics[] = {
    MAGIC("\xff\xd8\xff", THUMBS_FORMAT_JPEG),
    MAGIC("\x89PNG\r\n\x1a\n", THUMBS_FORMAT_PNG),
    MAGIC("GIF87a", THUMBS_FORMAT_GIF),
    MAGIC("GIF89a", THUMBS_FORMAT_GIF),
    MAGIC("II*\0", THUMBS_FORMAT_TIFF),
    MAGIC("MM\0*", THUMBS_FORMAT_TIFF),
    MAGIC("II+\0", THUMBS_FORMAT_TIFF), /* BigTIFF */
    MAGIC("MM\0+", THUMBS_FORMAT_TIFF),
    MAGIC("\xff\x0a", THUMBS_FORMAT_JXL),
    MAGIC("\0\0\0\x0cJXL \r\n\x87\n", THUMBS_FORMAT_JXL),
    MAGIC("\0\0\0\x0cjP  \r\n\x87\n", THUMBS_FORMAT_JP2K),
    MAGIC("\xff\x4f\xff\x51", THUMBS_FORMAT_JP2K),
    MAGIC("%PDF-", THUMBS_FORMAT_PDF),
    MAGIC("8BPS\0\x01", THUMBS_FORMAT_OTHER),       /* Photoshop */
    MAGIC("8BPS\0\x02", THUMBS_FORMAT_OTHER),       /* Photoshop, large */
    MAGIC("#?RADIANCE", THUMBS_FORMAT_OTHER),       /* Radiance HDR */
    MAGIC("#?RGBE", THUMBS_FORMAT_OTHER),           /* the same */
    MAGIC("\x76\x2f\x31\x01", THUMBS_FORMAT_OTHER), /* OpenEXR */
    MAGIC("SIMPLE  =", THUMBS_FORMAT_OTHER),        /* FITS */
    MAGIC("DDS |\0\0\0", THUMBS_FORMAT_OTHER),      /* DirectDraw surface */
    MAGIC("qoif", THUMBS_FORMAT_OTHER),             /* QOI */
    MAGIC("gimp xcf ", THUMBS_FORMAT_OTHER),        /* GIMP */
    MAGIC("/* XPM */", THUMBS_FORMAT_OTHER),        /* X pixmap */
    MAGIC("icns", THUMBS_FORMAT_OTHER),             /* Apple icons */
    MAGIC("farbfeld", THUMBS_FORMAT_OTHER),         /* farbfeld */
    MAGIC("II\xbc\x01", THUMBS_FORMAT_OTHER),       /* JPEG XR */
    MAGIC("FUJIFILMCCD-RAW ", THUMBS_FORMAT_OTHER), /* Fuji raw */
    MAGIC("IIRO\x08\0\0\0", THUMBS_FORMAT_OTHER),   /* Olympus raw */
    MAGIC("IIU\0", THUMBS_FORMAT_OTHER),            /* Panasonic raw */
    MAGIC("\x08\xf2\xa6\xb6", THUMBS_FORMAT_OTHER), /* libvips */
    MAGIC("\xb6\xa6\xf2\x08", THUMBS_FORMAT_OTHER), /* libvips, other byte order */
};

/* ---- formats that need a closer look ---- */

/* ISO/IEC 14496-12 file type box: the brands tell HEIF (ISO/IEC 23008-12) from AVIF, and both from video. The major
 * brand may be the general "mif1", so all are looked at and AVIF wins. */
static enum thumbs_format sniff_ftyp(struct view v)
{
    static const char heif[][5] = {"heic", "heix", "heim", "heis", "hevc", "hevx",
                                   "hevm", "hevs", "mif1", "msf1", "mif2", "miaf"};
    if (!HAS(v, 4, "ftyp")) return THUMBS_FORMAT_NONE;
    if (HAS(v, 8, "crx ")) return THUMBS_FORMAT_OTHER; /* Canon raw */

    size_t box_len = be32(v, 0);
    size_t end = box_len < v.len ? box_len : v.len;
    enum thumbs_format found = THUMBS_FORMAT_NONE;
    for (size_t at = 8; at + 4 <= end; at += 4) {
        if (at == 12) continue; /* the minor version stands between */
        if (HAS(v, at, "avif") || HAS(v, at, "avis")) return THUMBS_FORMAT_AVIF;
        for (size_t i = 0; i < sizeof heif / sizeof *heif; i++)
            if (has(v, at, heif[i], 4)) found = THUMBS_FORMAT_HEIF;
    }
    return found;
}

/* "BM" alone begins too many texts; the length of the second header has few values. */
static bool is_bmp(struct view v)
{
    static const uint32_t header_lens[] = {12, 16, 40, 52, 56, 64, 108, 124};
    if (!HAS(v, 0, "BM") || v.len < 18) return false;
    for (size_t i = 0; i < sizeof header_lens / sizeof *header_lens; i++)
        if (le32(v, 14) == header_lens[i]) return true;
    return false;
}

/* Windows icon or cursor: type 1 or 2, a few entries, the first with a zero in its reserved byte. */
static bool is_ico(struct view v)
{
    if (!HAS(v, 0, "\0\0\1\0") && !HAS(v, 0, "\0\0\2\0")) return false;
    return v.len >= 22 && v.data[4] != 0 && v.data[5] == 0 && v.data[9] == 0 && le32(v, 18) >= 22;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Netpbm: P1 to P7, PF and Pf, then white space and a number, a comment or (P7) a keyword. */
static bool is_netpbm(struct view v)
{
    if (v.len < 4 || v.data[0] != 'P' || !is_blank(v.data[2])) return false;
    if (!(v.data[1] >= '1' && v.data[1] <= '7') && v.data[1] != 'F' && v.data[1] != 'f') return false;
    uint8_t next = v.data[3];
    return is_blank(next) || next == '#' || (next >= '0' && next <= '9') || (v.data[1] == '7' && next == 'W');
}

enum thumbs_format th_image_sniff(const uint8_t *data, size_t len)
{
    struct view v = {data, len < TH_SNIFF_LEN ? len : TH_SNIFF_LEN};
    if (len == 0) return THUMBS_FORMAT_NONE;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (has(v, 0, magics[i].bytes, magics[i].len)) return magics[i].format;
    if (HAS(v, 0, "RIFF") && HAS(v, 8, "WEBP")) return THUMBS_FORMAT_WEBP;

    enum thumbs_format boxed = sniff_ftyp(v);
    if (boxed != THUMBS_FORMAT_NONE) return boxed;
    if (is_bmp(v)) return THUMBS_FORMAT_BMP;
    if (is_ico(v) || is_netpbm(v)) return THUMBS_FORMAT_OTHER;
    if (th_svg_sniff(v.data, v.len)) return THUMBS_FORMAT_SVG;
    return THUMBS_FORMAT_NONE;
}
