/* SPDX-License-Identifier: MIT */
/* The table of formats, and what is asked of it. */
#include "image/formats.h"

#include <string.h>
#include <strings.h>

#include "image/backend.h"
#include "image/camera/raw_names.h"
#include "image/heif/heif_metadata.h"
#include "image/jpeg/jpeg_embedded.h"
#include "image/jpeg/jpeg_metadata.h"
#include "image/metadata/tiff_metadata.h"
#include "image/motion.h"
#include "image/png/png_metadata.h"
#include "image/svg_root.h"
#include "image/webp/webp_metadata.h"

#define MAGIC(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

/* What only libvips reads is known, but not decoded, where that is left out. */
#if THUMBS_WITH_VIPS
#define VIPS_DECODER &th_backend_vips
#define VIPS_WANTS   TH_WANTS_VIPS
#else
#define VIPS_DECODER NULL
#define VIPS_WANTS   TH_WANTS_NOTHING
#endif
/* HEIC and AVIF go straight to the codecs where they are built in, and what that declines to
 * libvips. */
#if THUMBS_WITH_HEIF
#define HEIF_DECODERS                                                                              \
    {                                                                                              \
        &th_backend_heif, VIPS_DECODER                                                             \
    }
#define HEIC_WANTS TH_WANTS_HEVC
#define AVIF_WANTS TH_WANTS_AV1
#else
#define HEIF_DECODERS                                                                              \
    {                                                                                              \
        VIPS_DECODER                                                                               \
    }
#define HEIC_WANTS VIPS_WANTS
#define AVIF_WANTS VIPS_WANTS
#endif
/* WebP and GIF have decoders of rows where their libraries are built in, else libvips'. */
#ifdef THUMBS_WITH_WEBP
#define WEBP_DECODER &th_backend_webp
#define WEBP_WANTS   TH_WANTS_NOTHING
#define WEBP_MOTION  &th_motion_reader_webp
#else
#define WEBP_DECODER VIPS_DECODER
#define WEBP_WANTS   VIPS_WANTS
#define WEBP_MOTION  NULL
#endif
#if THUMBS_WITH_VIPS || defined THUMBS_WITH_WEBP
#define WEBP_ENCODER &th_encoder_webp
#else
#define WEBP_ENCODER NULL
#endif
#ifdef THUMBS_WITH_GIF
#define GIF_DECODER &th_backend_gif
#define GIF_WANTS   TH_WANTS_NOTHING
#define GIF_MOTION  &th_motion_reader_gif
#define GIF_ENCODER &th_encoder_gif
#else
#define GIF_DECODER VIPS_DECODER
#define GIF_WANTS   VIPS_WANTS
#define GIF_MOTION  NULL
#define GIF_ENCODER NULL
#endif

#ifdef THUMBS_WITH_AVIF
#define AVIF_ENCODER &th_encoder_avif
#else
#define AVIF_ENCODER NULL
#endif
#ifdef THUMBS_WITH_JXL
#define JXL_ENCODER &th_encoder_jxl
#else
#define JXL_ENCODER NULL
#endif

/* Of a camera's raw file the preview is shown, which LibRaw finds. */
#ifdef THUMBS_WITH_RAW
#define RAW_DECODER &th_backend_raw
#define RAW_WANTS   TH_WANTS_RAW
#else
#define RAW_DECODER NULL
#define RAW_WANTS   TH_WANTS_NOTHING
#endif

static const struct th_format formats[THUMBS_N_FORMATS] = {
    [THUMBS_FORMAT_NONE] = {.name = "none", .ext = ""},
    [THUMBS_FORMAT_JPEG] = {.name = "jpeg",
                            .ext = "jpg",
                            .endings = {"jpg", "jpeg", "jpe", "jfif", "jif"},
                            .magics = {MAGIC("\xff\xd8\xff")},
                            .decoders = {&th_backend_jpeg, VIPS_DECODER},
                            .vips_loader = "jpegload_source",
                            .estimate = th_estimate_jpeg,
                            .embedded = th_jpeg_embedded,
                            .metadata = th_jpeg_metadata,
                            .encoder = &th_encoder_jpeg},
    [THUMBS_FORMAT_PNG] = {.name = "png",
                           .ext = "png",
                           .endings = {"png", "apng"},
                           .magics = {MAGIC("\x89PNG\r\n\x1a\n")},
                           .decoders = {&th_backend_png, VIPS_DECODER},
                           .vips_loader = "pngload_source",
                           .estimate = th_estimate_png,
                           .motion = &th_motion_reader_png,
                           .metadata = th_png_metadata,
                           .encoder = &th_encoder_png},
    [THUMBS_FORMAT_WEBP] = {.name = "webp",
                            .ext = "webp",
                            .endings = {"webp"},
                            .sniff = th_sniff_webp,
                            .decoders = {WEBP_DECODER},
                            .decode_wants = WEBP_WANTS,
                            .vips_loader = "webpload_buffer",
                            .estimate = th_estimate_webp,
                            .motion = WEBP_MOTION,
                            .metadata = th_webp_metadata,
                            .encoder = WEBP_ENCODER},
    [THUMBS_FORMAT_AVIF] = {.name = "avif",
                            .ext = "avif",
                            .endings = {"avif", "avifs"},
                            .sniff = th_sniff_avif,
                            .decoders = HEIF_DECODERS,
                            .decode_wants = AVIF_WANTS,
                            .vips_loader = "heifload_buffer",
                            .estimate = th_estimate_heif,
                            .metadata = th_heif_metadata,
                            .encoder = AVIF_ENCODER},
    [THUMBS_FORMAT_JXL] = {.name = "jxl",
                           .ext = "jxl",
                           .endings = {"jxl"},
                           .magics = {MAGIC("\xff\x0a"), MAGIC("\0\0\0\x0cJXL \r\n\x87\n")},
                           .decoders = {VIPS_DECODER},
                           .decode_wants = VIPS_WANTS,
                           .sandboxed = "JPEG XL",
                           .vips_loader = "jxlload_buffer",
                           .estimate = th_estimate_jxl,
                           .encoder = JXL_ENCODER},
    [THUMBS_FORMAT_GIF] = {.name = "gif",
                           .ext = "gif",
                           .endings = {"gif"},
                           .magics = {MAGIC("GIF87a"), MAGIC("GIF89a")},
                           .decoders = {GIF_DECODER},
                           .decode_wants = GIF_WANTS,
                           .vips_loader = "gifload_buffer",
                           .estimate = th_estimate_gif,
                           .motion = GIF_MOTION,
                           .encoder = GIF_ENCODER},
    [THUMBS_FORMAT_KEEP] = {.name = "keep", .ext = ""},
    [THUMBS_FORMAT_HEIF] = {.name = "heif",
                            .ext = "heic",
                            .endings = {"heic", "heif", "hif"},
                            .sniff = th_sniff_heif,
                            .decoders = HEIF_DECODERS,
                            .decode_wants = HEIC_WANTS,
                            .vips_loader = "heifload_buffer",
                            .estimate = th_estimate_heif,
                            .metadata = th_heif_metadata},
    [THUMBS_FORMAT_TIFF] = {.name = "tiff",
                            .ext = "tif",
                            .endings = {"tif", "tiff"},
                            .magics = {MAGIC("II*\0"), MAGIC("MM\0*"), MAGIC("II+\0"), /* BigTIFF */
                                       MAGIC("MM\0+")},
                            .decoders = {VIPS_DECODER},
                            .decode_wants = VIPS_WANTS,
                            .vips_loader = "tiffload_source",
                            .estimate = th_estimate_tiff,
                            .metadata = th_tiff_metadata},
    [THUMBS_FORMAT_JP2K] = {.name = "jp2k",
                            .ext = "jp2",
                            .endings = {"jp2", "j2k", "jpf", "jpx", "j2c", "jpc"},
                            .magics = {MAGIC("\0\0\0\x0cjP  \r\n\x87\n"),
                                       MAGIC("\xff\x4f\xff\x51")},
                            .decoders = {VIPS_DECODER},
                            .decode_wants = VIPS_WANTS,
                            .sandboxed = "JPEG 2000",
                            .vips_loader = "jp2kload_buffer",
                            .estimate = th_estimate_jp2k},
    [THUMBS_FORMAT_SVG] = {.name = "svg",
                           .ext = "svg",
                           .endings = {"svg", "svgz"},
                           .sniff = th_svg_sniff,
                           .decoders = {VIPS_DECODER},
                           .decode_wants = VIPS_WANTS,
                           .sandboxed = "SVG",
                           .vips_loader = "svgload_buffer",
                           .estimate = th_estimate_svg},
    [THUMBS_FORMAT_PDF] = {.name = "pdf",
                           .ext = "pdf",
                           .endings = {"pdf"},
                           .magics = {MAGIC("%PDF-")},
                           .decoders = {VIPS_DECODER},
                           .decode_wants = VIPS_WANTS,
                           .sandboxed = "PDF",
                           .untrusted = true,
                           .vips_loader = "pdfload_buffer",
                           .estimate = th_estimate_pdf},
    [THUMBS_FORMAT_BMP] = {.name = "bmp",
                           .ext = "bmp",
                           .endings = {"bmp", "dib"},
                           .sniff = th_sniff_bmp,
                           .decoders = {&th_backend_bmp},
                           .estimate = th_estimate_bmp},
    [THUMBS_FORMAT_PNM] = {.name = "pnm",
                           .ext = "pnm",
                           .endings = {"pnm", "pbm", "pgm", "ppm", "pam", "pfm"},
                           .sniff = th_sniff_pnm,
                           .decoders = {&th_backend_pnm},
                           .estimate = th_estimate_pnm},
    [THUMBS_FORMAT_ICO] = {.name = "ico",
                           .ext = "ico",
                           .endings = {"ico", "cur"},
                           .sniff = th_sniff_ico,
                           .decoders = {&th_backend_ico},
                           .estimate = th_estimate_ico},
    [THUMBS_FORMAT_RAW] = {.name = "raw",
                           .ext = "",
                           /* (Not "raw", which anything may be called.) */
                           .endings = {"3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf",
                                       "fff", "gpr", "iiq", "k25", "kdc", "mef", "mos", "mrw",
                                       "nef", "nrw", "orf", "ori", "pef", "ptx", "raf", "rw2",
                                       "rwl", "sr2", "srf", "srw", "x3f"},
                           .sniff = th_sniff_raw,
                           .decoders = {RAW_DECODER},
                           .decode_wants = RAW_WANTS,
                           .sandboxed = "a camera's raw file",
                           .estimate = th_estimate_raw},
    /* The rest is not decoded: libvips' loaders for it are not made for data from anywhere. */
    [THUMBS_FORMAT_OTHER] = {.name = "other",
                             .ext = "",
                             .endings = {"psd", "psb", "hdr", "exr", "fits", "qoi", "dds", "xcf"},
                             .magics =
                                 {
                                     MAGIC("8BPS\0\x01"),       /* Photoshop */
                                     MAGIC("8BPS\0\x02"),       /* Photoshop, large */
                                     MAGIC("#?RADIANCE"),       /* Radiance HDR */
                                     MAGIC("#?RGBE"),           /* the same */
                                     MAGIC("\x76\x2f\x31\x01"), /* OpenEXR */
                                     MAGIC("SIMPLE  ="),        /* FITS */
                                     MAGIC("DDS |\0\0\0"),      /* DirectDraw surface */
                                     MAGIC("qoif"),             /* QOI */
                                     MAGIC("gimp xcf "),        /* GIMP */
                                     MAGIC("/* XPM */"),        /* X pixmap */
                                     MAGIC("icns"),             /* Apple icons */
                                     MAGIC("farbfeld"),         /* farbfeld */
                                     MAGIC("II\xbc\x01"),       /* JPEG XR */
                                     MAGIC("\x08\xf2\xa6\xb6"), /* libvips */
                                     MAGIC("\xb6\xa6\xf2\x08"), /* libvips, other byte order */
                                 }},
};

const struct th_format *th_format(enum thumbs_format format)
{
    return &formats[(unsigned)format < THUMBS_N_FORMATS ? format : THUMBS_FORMAT_NONE];
}

unsigned th_image_abilities(void)
{
    const struct th_backend *const optional[] = {VIPS_DECODER, WEBP_DECODER, GIF_DECODER,
                                                 THUMBS_WITH_HEIF ? &th_backend_heif : NULL,
                                                 RAW_DECODER};
    unsigned bits = 1;
    for (unsigned i = 0; i < sizeof optional / sizeof *optional; i++)
        bits |= optional[i] ? 2u << i : 0;
    return bits;
}

const char *thumbs_format_name(enum thumbs_format format)
{
    return th_format(format)->name;
}

const char *thumbs_format_ext(enum thumbs_format format)
{
    return th_format(format)->ext;
}

bool thumbs_format_is_output(enum thumbs_format format)
{
    return format == THUMBS_FORMAT_KEEP || th_image_is_writable(format);
}

static bool begins(const struct th_magic *magic, const uint8_t *data, size_t len)
{
    return magic->len <= len && memcmp(data, magic->bytes, magic->len) == 0;
}

enum thumbs_format th_image_sniff(const uint8_t *data, size_t len)
{
    if (len == 0) return THUMBS_FORMAT_NONE;
    if (len > TH_SNIFF_LEN) len = TH_SNIFF_LEN;
    /* Before TIFF, which some of them begin like. */
    if (th_sniff_raw(data, len)) return THUMBS_FORMAT_RAW;
    for (unsigned f = 0; f < THUMBS_N_FORMATS; f++)
        for (unsigned i = 0; i < TH_FORMAT_MAX_MAGICS && formats[f].magics[i].len; i++)
            if (begins(&formats[f].magics[i], data, len)) return (enum thumbs_format)f;
    for (unsigned f = 0; f < THUMBS_N_FORMATS; f++)
        if (formats[f].sniff && formats[f].sniff(data, len)) return (enum thumbs_format)f;
    return THUMBS_FORMAT_NONE;
}

enum thumbs_format th_image_format_of(const uint8_t *data, size_t len)
{
    const enum thumbs_format format = th_image_sniff(data, len);
    if (format == THUMBS_FORMAT_TIFF && th_raw_in_tiff(data, len)) return THUMBS_FORMAT_RAW;
    return format;
}

/* Asked for every name of a walk and every known ending, so the first letter decides for most.
 * (Endings of the table are lower case.) */
static bool is_ending(const char *known, const char *ext, size_t len)
{
    return len > 0 && (ext[0] | 0x20) == known[0] && strncasecmp(known, ext, len) == 0 &&
           known[len] == '\0';
}

enum thumbs_format th_image_format_by_ext(const char *ext, size_t len)
{
    for (unsigned f = 0; f < THUMBS_N_FORMATS; f++)
        for (unsigned i = 0; i < TH_FORMAT_MAX_ENDINGS && formats[f].endings[i]; i++)
            if (is_ending(formats[f].endings[i], ext, len)) return (enum thumbs_format)f;
    return THUMBS_FORMAT_NONE;
}

bool th_image_is_writable(enum thumbs_format format)
{
    return th_format(format)->encoder != NULL;
}

uint32_t th_image_quality(const struct thumbs_image_options *options, enum thumbs_format format)
{
    const uint32_t own =
        (size_t)format < sizeof options->quality_of ? options->quality_of[format] : 0;
    return own ? own : options->quality;
}

enum thumbs_format th_image_output_format(enum thumbs_format wanted, enum thumbs_format source,
                                          bool has_alpha)
{
    if (wanted != THUMBS_FORMAT_KEEP) return wanted;
    if (th_image_is_writable(source)) return source;
    return has_alpha ? THUMBS_FORMAT_PNG : THUMBS_FORMAT_JPEG;
}

bool th_image_takes_planes(const struct thumbs_image_options *options, enum thumbs_format source)
{
    for (uint32_t i = 0; i < options->n_formats && i < THUMBS_MAX_FORMATS; i++) {
        const enum thumbs_format wanted = (enum thumbs_format)options->formats[i],
                                 format = th_image_output_format(wanted, source, false);
        const struct th_encoder *encoder = th_format(format)->encoder;
        if (!encoder || !encoder->encode_planes) return false;
    }
    return true;
}

unsigned th_image_decode_wants(const uint8_t *data, size_t len)
{
    return th_format(th_image_format_of(data, len))->decode_wants;
}

unsigned th_image_wants(const struct thumbs_image_options *options, const uint8_t *data, size_t len)
{
    const enum thumbs_format source = th_image_format_of(data, len);
    unsigned wants = th_format(source)->decode_wants;
    for (uint32_t i = 0; i < options->n_formats; i++) {
        const struct th_encoder *encoder = th_format(source)->encoder;
        if (options->formats[i] == THUMBS_FORMAT_KEEP && encoder) wants |= encoder->wants;
    }
    return wants;
}

unsigned th_image_encode_wants(const struct thumbs_image_options *options)
{
    unsigned wants = TH_WANTS_NOTHING;
    for (uint32_t i = 0; i < options->n_formats; i++) {
        const struct th_encoder *encoder =
            th_format((enum thumbs_format)options->formats[i])->encoder;
        if (encoder) wants |= encoder->wants;
    }
    if (options->gravity == THUMBS_GRAVITY_ATTENTION || options->gravity == THUMBS_GRAVITY_ENTROPY)
        wants |= TH_WANTS_VIPS;
    return wants;
}

void th_image_about_readers(enum thumbs_format format, struct th_bytes *text)
{
    const struct th_format *f = th_format(format);
    for (size_t i = 0; i < TH_FORMAT_MAX_DECODERS && f->decoders[i]; i++) {
        const size_t before = text->len;
        if (before > 0) th_bytes_adds(text, ", ");
        const size_t begin = text->len;
        if (f->decoders[i]->about)
            f->decoders[i]->about(format, text);
        else
            th_bytes_adds(text, "own code");
        if (text->len == begin) th_bytes_truncate(text, before);
    }
}

void th_image_about_writer(enum thumbs_format format, struct th_bytes *text)
{
    const struct th_encoder *encoder = th_format(format)->encoder;
    if (encoder && encoder->about) encoder->about(format, text);
}
