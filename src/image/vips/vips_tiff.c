/* SPDX-License-Identifier: MIT */
#include "image/vips/vips_tiff.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "image/vips/tiff_samples.h"
#include "image/vips/vips_text.h"

enum {
    MAX_SIDE = 1 << 27,
    MAX_SAMPLES = 10000,
    SUBSAMPLED_MOST = 4,
    /* How much longer than the file a strip may be and still be tried (estimate_tiff.c knows it).
     */
    MOST_MISSING = 4
};

/* Bytes in memory as libtiff reads them. */
struct bytes {
    const uint8_t *data;
    size_t len;
    /* Where strips or tiles end. Behind the data come zeros up to here, or libtiff would not decode
     * the part of a strip that is there. */
    uint64_t end;
    uint64_t at;
    char *why;   /* the first complaint, 120 bytes */
    bool harmed; /* libjpeg had to pass over damage */
};

struct th_vips_tiff {
    struct bytes bytes;
    enum thumbs_code verdict; /* of a header that was refused, and why */
    char why[120];
    /* The first is open as long as the object. Where each sample has a plane of its own, each plane
     * is read by one: libtiff would else begin a strip anew for every row. */
    TIFF *planes[TH_TIFF_MAX_CHANNELS];
    struct th_tiff_meaning meaning;
    uint32_t width, height;
    unsigned orientation;
    uint32_t samples;                        /* of a pixel */
    uint32_t n_channels;                     /* that are looked at, alpha included */
    uint32_t channels[TH_TIFF_MAX_CHANNELS]; /* which of the samples they are */
    bool separate;
    bool one_plane; /* said to be in planes, and has one: libvips mistakes that */
    bool tiled;
    uint32_t part_width, part_height; /* of tiles and of strips that are read whole, else 0 */
    uint32_t rows_per_strip;
    uint32_t sub_x, sub_y; /* colours for so many pixels; 1 unless it is raw YCbCr */
    bool logarithms, plain;
    bool beyond; /* strips or tiles lie beyond the end of the file */
    const uint8_t *icc;
    uint32_t icc_len;
    uint8_t *encoded;
};

/* ---- libtiff's way to the bytes ---- */

static tmsize_t on_read(thandle_t user, void *to, tmsize_t wanted)
{
    struct bytes *b = user;
    const uint64_t left = b->at < b->end ? b->end - b->at : 0;
    const size_t n = (uint64_t)wanted < left ? (size_t)wanted : (size_t)left;
    const size_t there = b->at < b->len ? VIPS_MIN(n, b->len - (size_t)b->at) : 0;
    if (there) memcpy(to, b->data + b->at, there);
    memset((uint8_t *)to + there, 0, n - there);
    b->at += n;
    return (tmsize_t)n;
}

static tmsize_t on_write(thandle_t user, void *from, tmsize_t n)
{
    (void)user, (void)from, (void)n;
    return -1;
}

static toff_t on_seek(thandle_t user, toff_t offset, int whence)
{
    struct bytes *b = user;
    b->at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? b->at + offset : b->end + offset;
    return b->at;
}

static int on_close(thandle_t user)
{
    (void)user;
    return 0;
}

static toff_t on_size(thandle_t user)
{
    return ((const struct bytes *)user)->end;
}

/* What is complete need not be copied. */
static int on_map(thandle_t user, void **base, toff_t *size)
{
    const struct bytes *b = user;
    if (b->end != b->len) return 0;
    *base = (void *)b->data;
    *size = b->len;
    return 1;
}

static void on_unmap(thandle_t user, void *base, toff_t size)
{
    (void)user, (void)base, (void)size;
}

/* libtiff's own way would be to tell libvips, which gathers what all threads say. */
static int on_error(TIFF *tif, void *user, const char *module, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));
static int on_error(TIFF *tif, void *user, const char *module, const char *format, va_list args)
{
    struct bytes *b = user;
    char text[200];
    (void)tif, (void)module;
    vsnprintf(text, sizeof text, format, args);
    if (!b->why[0]) th_vips_text_clause(b->why, 120, text);
    return 1;
}

/* Most are about tags, but what libjpeg says is about pixels. */
static int on_warning(TIFF *tif, void *user, const char *module, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));
static int on_warning(TIFF *tif, void *user, const char *module, const char *format, va_list args)
{
    struct bytes *b = user;
    const bool by_libjpeg = !strcmp(module, "JPEGLib") || !strcmp(module, "LibJpeg");
    if (!by_libjpeg) return 1;
    b->harmed = true;
    return on_error(tif, user, module, format, args);
}

static TIFF *open_handle(struct bytes *b)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, b);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, b);
    b->at = 0;
    TIFF *tif = TIFFClientOpenExt("it", "r", b, on_read, on_write, on_seek, on_close, on_size,
                                  on_map, on_unmap, options);
    TIFFOpenOptionsFree(options);
    return tif;
}

/* ---- the header ---- */

static bool refuse(struct th_vips_tiff *t, const char *why)
{
    t->verdict = THUMBS_UNSUPPORTED;
    th_vips_text_clause(t->why, sizeof t->why, why);
    return false;
}

/* No reader could make sense of it. */
static bool contradicts(struct th_vips_tiff *t, const char *why)
{
    refuse(t, why);
    t->verdict = THUMBS_CORRUPT;
    return false;
}

/* Logarithms of light, which libtiff turns into 8 bits of grey or RGB, as its own tools show them.
 */
static void take_logarithms(struct th_vips_tiff *t, TIFF *tif)
{
    uint16_t photometric = 0;
    TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &photometric);
    t->logarithms = photometric == PHOTOMETRIC_LOGL || photometric == PHOTOMETRIC_LOGLUV;
    if (t->logarithms) TIFFSetField(tif, TIFFTAG_SGILOGDATAFMT, SGILOGDATAFMT_8BIT);
}

static bool read_type(struct th_vips_tiff *t, TIFF *tif)
{
    uint16_t bits = 1, format = SAMPLEFORMAT_UINT;
    TIFFGetFieldDefaulted(tif, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLEFORMAT, &format);
    t->meaning.type = format == SAMPLEFORMAT_IEEEFP ? TH_TIFF_FLOAT
                      : format == SAMPLEFORMAT_INT  ? TH_TIFF_SIGNED
                                                    : TH_TIFF_UNSIGNED;
    t->meaning.bits = bits;
    if (t->logarithms) t->meaning.type = TH_TIFF_UNSIGNED;
    if (format == SAMPLEFORMAT_COMPLEXINT || format == SAMPLEFORMAT_COMPLEXIEEEFP)
        return refuse(t, "its samples are complex numbers");
    if (!th_tiff_takes(t->meaning.type, bits)) return refuse(t, "samples of that size are unknown");
    return true;
}

/* Where a float says what its white is, that holds. */
static void read_range(struct th_vips_tiff *t, TIFF *tif)
{
    double *values = NULL;
    t->meaning.black = 0;
    t->meaning.white = 1;
    if (t->meaning.type != TH_TIFF_FLOAT) return;
    TIFFSetField(tif, TIFFTAG_PERSAMPLE, PERSAMPLE_MULTI);
    double black = 0, white = 1;
    if (TIFFGetField(tif, TIFFTAG_SMINSAMPLEVALUE, &values) && values) black = values[0];
    if (TIFFGetField(tif, TIFFTAG_SMAXSAMPLEVALUE, &values) && values) white = values[0];
    TIFFSetField(tif, TIFFTAG_PERSAMPLE, PERSAMPLE_MERGED);
    if (!(white - black > 1e-30 && white - black < 1e30)) return;
    t->meaning.black = black;
    t->meaning.white = white;
}

/* Entries have 16 bits. Where none needs more than 8, the file is by one of those who took them to
 * have 8: so libtiff's tools have it. */
static bool read_palette(struct th_vips_tiff *t, TIFF *tif)
{
    struct th_tiff_meaning *m = &t->meaning;
    if (m->type == TH_TIFF_FLOAT) return refuse(t, "its palette is asked by floating point");
    m->type = TH_TIFF_UNSIGNED;
    if (m->bits > 16) return refuse(t, "its palette is too large");
    if (!TIFFGetField(tif, TIFFTAG_COLORMAP, &m->palette[0], &m->palette[1], &m->palette[2]))
        return contradicts(t, "it lacks its palette");
    m->palette_white = UINT8_MAX;
    for (uint32_t i = 0; i < 3u << m->bits; i++)
        if (m->palette[i % 3][i / 3] > UINT8_MAX) m->palette_white = UINT16_MAX;
    t->plain = t->plain && m->palette_white == UINT16_MAX;
    return true;
}

/* What the colours are. A picture that does not say it is grey or RGB, by the number of samples, as
 * most readers take it. */
static bool read_model(struct th_vips_tiff *t, TIFF *tif, uint16_t compression)
{
    uint16_t photometric = t->samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK, ink = 0;
    const bool told = TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &photometric);
    struct th_tiff_meaning *m = &t->meaning;
    t->plain = told;
    switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
        m->model = photometric == PHOTOMETRIC_MINISWHITE ? TH_TIFF_GREY_INVERTED : TH_TIFF_GREY;
        return true;
    case PHOTOMETRIC_RGB:
        m->model = TH_TIFF_RGB;
        return t->samples >= 3 || contradicts(t, "it has too few samples for its colours");
    case PHOTOMETRIC_PALETTE:
        m->model = TH_TIFF_PALETTE;
        return read_palette(t, tif);
    case PHOTOMETRIC_SEPARATED:
        m->model = TH_TIFF_CMYK;
        if (t->samples < 4 || (TIFFGetField(tif, TIFFTAG_INKSET, &ink) && ink == INKSET_MULTIINK))
            return refuse(t, "its inks are not cyan, magenta, yellow and black");
        return true;
    case PHOTOMETRIC_YCBCR:
        m->model = compression == COMPRESSION_JPEG ? TH_TIFF_RGB : TH_TIFF_YCBCR;
        /* libjpeg converts. */
        if (m->model == TH_TIFF_RGB) TIFFSetField(tif, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        t->plain = t->plain && m->model == TH_TIFF_RGB;
        return t->samples >= 3 || contradicts(t, "it has too few samples for its colours");
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
        m->model = photometric == PHOTOMETRIC_CIELAB ? TH_TIFF_CIELAB : TH_TIFF_ICCLAB;
        t->plain = false;
        if (m->type != TH_TIFF_FLOAT && m->bits != 8 && m->bits != 16)
            return refuse(t, "Lab of that many bits is unknown");
        return t->samples >= 3 || contradicts(t, "it has too few samples for its colours");
    case PHOTOMETRIC_LOGL:
    case PHOTOMETRIC_LOGLUV:
        m->model = photometric == PHOTOMETRIC_LOGL ? TH_TIFF_GREY : TH_TIFF_RGB;
        t->plain = false;
        return true;
    default:
        return refuse(t, "its kind of colours is not known");
    }
}

/* Which samples are looked at. The first of the extra ones that is alpha counts; what is no alpha
 * and no colour does not. A sample more than colours that the file says nothing of is alpha to most
 * readers. */
static void read_channels(struct th_vips_tiff *t, TIFF *tif)
{
    struct th_tiff_meaning *m = &t->meaning;
    uint16_t n_extra = 0, *extra = NULL;
    const bool told = TIFFGetField(tif, TIFFTAG_EXTRASAMPLES, &n_extra, &extra) && n_extra;
    /* Three samples of grey are colours. */
    if (m->model == TH_TIFF_GREY && t->samples == 3 && !told) m->model = TH_TIFF_RGB;
    const uint32_t n = th_tiff_channels(m->model);
    for (uint32_t k = 0; k < n; k++)
        t->channels[k] = k;
    t->n_channels = n;
    m->alpha = TH_TIFF_OPAQUE;
    if (!told && t->samples == n + 1 && m->model != TH_TIFF_PALETTE && m->model != TH_TIFF_CMYK)
        m->alpha = TH_TIFF_STRAIGHT;
    uint32_t at = n;
    for (uint16_t i = 0; told && i < n_extra && m->alpha == TH_TIFF_OPAQUE; i++) {
        if (extra[i] == EXTRASAMPLE_UNSPECIFIED || n + i >= t->samples) continue;
        m->alpha = extra[i] == EXTRASAMPLE_ASSOCALPHA ? TH_TIFF_PREMULTIPLIED : TH_TIFF_STRAIGHT;
        at = n + i;
    }
    if (m->alpha != TH_TIFF_OPAQUE) t->channels[t->n_channels++] = at;
    /* libvips takes any sample behind the colours for alpha. */
    const bool all_used = t->samples == t->n_channels;
    t->plain = t->plain && all_used && !(m->model == TH_TIFF_CMYK && t->n_channels > 4) &&
               !(m->model == TH_TIFF_PALETTE && m->alpha != TH_TIFF_OPAQUE);
}

static bool read_ycbcr(struct th_vips_tiff *t, TIFF *tif)
{
    struct th_tiff_meaning *m = &t->meaning;
    uint16_t sub[2] = {2, 2};
    float *values = NULL;
    t->sub_x = t->sub_y = 1;
    if (m->model != TH_TIFF_YCBCR) return true;
    TIFFGetFieldDefaulted(tif, TIFFTAG_YCBCRSUBSAMPLING, &sub[0], &sub[1]);
    t->sub_x = sub[0];
    t->sub_y = sub[1];
    const bool known = sub[0] >= 1 && sub[0] <= SUBSAMPLED_MOST && sub[1] >= 1 &&
                       sub[1] <= SUBSAMPLED_MOST && sub[0] != 3 && sub[1] != 3;
    const bool subsampled = sub[0] > 1 || sub[1] > 1;
    if (!known || m->type == TH_TIFF_FLOAT) return refuse(t, "its YCbCr is of an unknown kind");
    if (subsampled && (m->bits != 8 || t->samples != 3 || t->separate))
        return refuse(t, "subsampled YCbCr in planes, with more samples or of other than 8 bits");
    const float luma[] = {0.299f, 0.587f, 0.114f};
    memcpy(m->luma, luma, sizeof luma);
    if (TIFFGetField(tif, TIFFTAG_YCBCRCOEFFICIENTS, &values) && values && values[1] > 0.01f)
        memcpy(m->luma, values, sizeof luma);
    const float most = (float)(((uint64_t)1 << m->bits) - 1),
                middle = (float)((uint64_t)1 << (m->bits - 1));
    const float reference[] = {0, most, middle, most, middle, most};
    memcpy(m->reference, reference, sizeof reference);
    if (TIFFGetField(tif, TIFFTAG_REFERENCEBLACKWHITE, &values) && values)
        memcpy(m->reference, values, sizeof reference);
    return true;
}

/* How the samples lie in the file. */
static bool read_layout(struct th_vips_tiff *t, TIFF *tif)
{
    uint16_t planar = PLANARCONFIG_CONTIG, orientation = 1;
    TIFFGetFieldDefaulted(tif, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(tif, TIFFTAG_ORIENTATION, &orientation);
    t->separate = planar == PLANARCONFIG_SEPARATE && t->samples > 1;
    t->one_plane = planar == PLANARCONFIG_SEPARATE && t->samples == 1;
    t->orientation = orientation;
    t->rows_per_strip = t->height;
    t->tiled = TIFFIsTiled(tif);
    if (!t->tiled) {
        TIFFGetFieldDefaulted(tif, TIFFTAG_ROWSPERSTRIP, &t->rows_per_strip);
        t->rows_per_strip = VIPS_CLIP(1, t->rows_per_strip, t->height);
        return true;
    }
    TIFFGetField(tif, TIFFTAG_TILEWIDTH, &t->part_width);
    TIFFGetField(tif, TIFFTAG_TILELENGTH, &t->part_height);
    return (t->part_width && t->part_height) || contradicts(t, "its tiles have no size");
}

static bool is_shared(const struct th_vips_tiff *t)
{
    return t->sub_x > 1 || t->sub_y > 1;
}

/* Rows of these kinds cannot be had one by one; of old-style JPEG libtiff gives the first alone. */
static void choose_parts(struct th_vips_tiff *t, uint16_t compression)
{
    if (t->tiled || !(is_shared(t) || compression == COMPRESSION_OJPEG)) return;
    t->part_width = t->width;
    t->part_height = t->rows_per_strip;
}

/* libvips refuses compressed samples of other sizes, or reads numbers of other types as it likes.
 */
static bool is_plain_type(const struct th_tiff_meaning *m)
{
    return m->type == TH_TIFF_UNSIGNED &&
           (m->bits == 1 || m->bits == 2 || m->bits == 4 || m->bits == 8 || m->bits == 16);
}

static bool read_header(struct th_vips_tiff *t)
{
    TIFF *tif = t->planes[0];
    uint16_t compression = COMPRESSION_NONE, samples = 1;
    TIFFGetField(tif, TIFFTAG_IMAGEWIDTH, &t->width);
    TIFFGetField(tif, TIFFTAG_IMAGELENGTH, &t->height);
    TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tif, TIFFTAG_COMPRESSION, &compression);
    t->samples = samples;
    if (!t->width || !t->height || t->width > MAX_SIDE || t->height > MAX_SIDE || !samples ||
        samples > MAX_SAMPLES)
        return contradicts(t, "it has no pixels, or too many");
    if (!TIFFIsCODECConfigured(compression)) return refuse(t, "its compression is not known");
    take_logarithms(t, tif);
    if (!read_type(t, tif) || !read_layout(t, tif) || !read_model(t, tif, compression) ||
        !read_ycbcr(t, tif))
        return false;
    choose_parts(t, compression);
    read_range(t, tif);
    read_channels(t, tif);
    /* libvips decodes JPEG in tiles itself, and knows no JPEG of two samples. */
    const bool odd_jpeg =
        compression == COMPRESSION_OJPEG || (compression == COMPRESSION_JPEG && t->samples == 2);
    t->plain = t->plain && is_plain_type(&t->meaning) && !t->separate && !t->one_plane && !odd_jpeg;
    const bool lab = t->meaning.model == TH_TIFF_CIELAB || t->meaning.model == TH_TIFF_ICCLAB;
    void *icc = NULL;
    if (!lab && t->meaning.model != TH_TIFF_YCBCR &&
        TIFFGetField(tif, TIFFTAG_ICCPROFILE, &t->icc_len, &icc))
        t->icc = icc;
    return true;
}

/* Do strips or tiles lie beyond the end of the file? Then behind it come zeros, as far as a file of
 * this length can be believed. */
static bool find_end(TIFF *tif, struct bytes *b)
{
    const uint32_t n = TIFFIsTiled(tif) ? TIFFNumberOfTiles(tif) : TIFFNumberOfStrips(tif);
    const uint64_t most = (uint64_t)b->len * MOST_MISSING;
    bool beyond = false;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t from = TIFFGetStrileOffset(tif, i), count = TIFFGetStrileByteCount(tif, i);
        beyond = beyond || from > b->len || count > b->len - from;
        if (from < b->len && count <= most) b->end = VIPS_MAX(b->end, from + count);
    }
    return beyond;
}

enum thumbs_code th_vips_tiff_open(const uint8_t *data, size_t len, struct th_vips_tiff **out,
                                   char why[120])
{
    why[0] = '\0';
    struct th_vips_tiff *t = th_vips_lent->alloc(sizeof *t);
    if (!t) return THUMBS_MEMORY;
    *t = (struct th_vips_tiff){.bytes = {.data = data, .len = len, .end = len}};
    t->bytes.why = t->why;
    t->planes[0] = open_handle(&t->bytes);
    t->beyond = t->planes[0] && find_end(t->planes[0], &t->bytes);
    if (t->bytes.end != len) { /* libtiff has asked for the length */
        TIFFClose(t->planes[0]);
        t->planes[0] = open_handle(&t->bytes);
    }
    if (t->planes[0] && read_header(t)) {
        *out = t;
        return THUMBS_OK;
    }
    const enum thumbs_code code = t->planes[0] ? t->verdict : THUMBS_CORRUPT;
    memcpy(why, t->why, sizeof t->why);
    th_vips_tiff_close(t);
    return code;
}

void th_vips_tiff_close(struct th_vips_tiff *t)
{
    if (!t) return;
    for (uint32_t k = 0; k < TH_TIFF_MAX_CHANNELS; k++)
        if (t->planes[k]) TIFFClose(t->planes[k]);
    free(t->encoded);
    free(t);
}

bool th_vips_tiff_is_plain(const struct th_vips_tiff *t)
{
    return t->plain;
}

void th_vips_tiff_header(const struct th_vips_tiff *t, struct th_vips_header *header)
{
    const bool alpha = t->meaning.alpha != TH_TIFF_OPAQUE;
    *header = (struct th_vips_header){.width = t->width,
                                      .height = t->height,
                                      .orientation = t->orientation,
                                      .bands = th_tiff_bands(t->meaning.model) + alpha,
                                      .alpha = alpha,
                                      .cmyk = t->meaning.model == TH_TIFF_CMYK,
                                      .icc = t->icc,
                                      .icc_len = t->icc_len};
}

/* ---- rows ---- */

/* Memory of one reading. */
struct reading {
    struct th_vips_tiff *t;
    const struct th_vips_rows *to;
    uint8_t *stored; /* a row of a strip, a strip that is subsampled, or a row of tiles */
    size_t part_len; /* of stored: bytes of a tile */
    float *numbers;  /* of a row */
    uint8_t *row;    /* as it is handed over */
    size_t row_len;
    uint32_t good; /* rows of which anything came */
    bool bad;      /* something did not come */
};

/* Is a row of the picture to be empty? Hand it over. */
static bool emit(struct reading *r, bool empty)
{
    if (empty) {
        memset(r->row, 0, r->row_len);
        r->bad = true;
    } else {
        th_tiff_convert(&r->t->meaning, r->numbers, r->t->width, r->row);
        r->good++;
    }
    return r->to->rows(r->to->user, r->row, r->row_len, 1);
}

/* Numbers of n pixels of one stored row, from pixel x on: of all channels or, where these lie in
 * planes, of one. */
static void unpack(const struct reading *r, const uint8_t *row, uint32_t x, uint32_t n,
                   uint32_t plane)
{
    const struct th_vips_tiff *t = r->t;
    const uint32_t channels = t->n_channels;
    float *to = r->numbers + (size_t)x * channels;
    if (t->separate) {
        th_tiff_unpack(&t->meaning, row, 0, 1, n, to + plane, channels);
        return;
    }
    for (uint32_t k = 0; k < channels; k++)
        th_tiff_unpack(&t->meaning, row, t->channels[k], t->samples, n, to + k, channels);
}

static uint32_t n_planes(const struct th_vips_tiff *t)
{
    return t->separate ? t->n_channels : 1;
}

/* One row of strips: what does not decode ends its strip. */
static bool read_scanlines(struct reading *r)
{
    struct th_vips_tiff *t = r->t;
    uint32_t good_from = 0; /* no row before this one is tried */
    for (uint32_t y = 0; y < t->height; y++) {
        bool empty = y < good_from;
        for (uint32_t k = 0; k < n_planes(t) && !empty; k++) {
            const uint16_t sample = t->separate ? (uint16_t)t->channels[k] : 0;
            empty = TIFFReadScanline(t->planes[k], r->stored, y, sample) != 1;
            if (!empty) unpack(r, r->stored, 0, t->width, k);
        }
        if (empty && y >= good_from) good_from = (y / t->rows_per_strip + 1) * t->rows_per_strip;
        if (!emit(r, empty)) return false;
    }
    return true;
}

/* The tile or whole strip at (x, y), empty and false if it does not decode. */
static bool read_part(const struct reading *r, uint32_t x, uint32_t y, uint16_t sample,
                      uint8_t *part)
{
    TIFF *tif = r->t->planes[0];
    const tmsize_t len = (tmsize_t)r->part_len;
    memset(part, 0, r->part_len);
    const tmsize_t n =
        r->t->tiled ? TIFFReadEncodedTile(tif, TIFFComputeTile(tif, x, y, 0, sample), part, len)
                    : TIFFReadEncodedStrip(tif, TIFFComputeStrip(tif, y, sample), part, len);
    if (n < 0) memset(part, 0, r->part_len);
    return n >= 0;
}

/* Row y of a strip or tile whose colours are shared by sub_x times sub_y pixels: first the lumas
 * of these, then the two colours (TIFF 6.0 section 21). */
static void unpack_shared(const struct reading *r, const uint8_t *part, uint32_t part_width,
                          uint32_t x, uint32_t y)
{
    const struct th_vips_tiff *t = r->t;
    const uint32_t n = VIPS_MIN(part_width, t->width - x);
    const size_t unit = (size_t)t->sub_x * t->sub_y + 2;
    const size_t across = (part_width + t->sub_x - 1) / t->sub_x;
    const uint8_t *units = part + y / t->sub_y * across * unit;
    float *to = r->numbers + (size_t)x * 3;
    for (uint32_t i = 0; i < n; i++, to += 3) {
        const uint8_t *u = units + i / t->sub_x * unit;
        to[0] = u[(size_t)(y % t->sub_y) * t->sub_x + i % t->sub_x];
        to[1] = u[unit - 2];
        to[2] = u[unit - 1];
    }
}

/* Row y of part i of those that lie side by side, each once for every plane. */
static void unpack_part(const struct reading *r, uint32_t i, uint32_t y)
{
    const struct th_vips_tiff *t = r->t;
    const uint32_t planes = n_planes(t), x = i / planes * t->part_width;
    const uint8_t *part = r->stored + i * r->part_len;
    if (is_shared(t))
        unpack_shared(r, part, t->part_width, x, y);
    else
        unpack(r, part + y * (r->part_len / t->part_height), x,
               VIPS_MIN(t->part_width, t->width - x), i % planes);
}

static bool read_parts(struct reading *r)
{
    struct th_vips_tiff *t = r->t;
    const uint32_t planes = n_planes(t),
                   n = (t->width + t->part_width - 1) / t->part_width * planes;
    for (uint32_t top = 0; top < t->height; top += t->part_height) {
        uint32_t n_bad = 0;
        for (uint32_t i = 0; i < n; i++)
            n_bad += !read_part(r, i / planes * t->part_width, top,
                                t->separate ? (uint16_t)t->channels[i % planes] : 0,
                                r->stored + i * r->part_len);
        r->bad = r->bad || n_bad;
        for (uint32_t y = 0; y < t->part_height && top + y < t->height; y++) {
            for (uint32_t i = 0; i < n; i++)
                unpack_part(r, i, y);
            if (!emit(r, n_bad == n)) return false;
        }
    }
    return true;
}

/* Enough memory for what libtiff writes: never less than what is looked at. */
static bool reserve(struct reading *r)
{
    struct th_vips_tiff *t = r->t;
    TIFF *tif = t->planes[0];
    const uint64_t bits = (uint64_t)t->meaning.bits * (t->separate ? 1 : t->samples);
    uint64_t parts = 1, needed;
    r->part_len = (size_t)(t->tiled        ? TIFFTileSize64(tif)
                           : t->part_width ? TIFFStripSize64(tif)
                                           : TIFFScanlineSize64(tif));
    if (!t->part_width) {
        needed = (t->width * bits + 7) / 8;
    } else {
        parts = ((uint64_t)t->width + t->part_width - 1) / t->part_width * n_planes(t);
        needed = (t->part_width * bits + 7) / 8 * t->part_height;
    }
    if (is_shared(t))
        needed = ((uint64_t)t->part_width + t->sub_x - 1) / t->sub_x *
                 (((uint64_t)t->part_height + t->sub_y - 1) / t->sub_y) * (t->sub_x * t->sub_y + 2);
    uint64_t all;
    if (r->part_len == 0 || r->part_len < needed ||
        __builtin_mul_overflow(parts, (uint64_t)r->part_len, &all) || all > SIZE_MAX / 2)
        return false;
    r->stored = th_vips_lent->alloc((size_t)all);
    r->numbers = th_vips_lent->alloc((size_t)t->width * t->n_channels * sizeof *r->numbers);
    r->row_len = (size_t)t->width *
                 (th_tiff_bands(t->meaning.model) + (t->meaning.alpha != TH_TIFF_OPAQUE ? 1 : 0));
    r->row = th_vips_lent->alloc(r->row_len);
    return r->stored && r->numbers && r->row;
}

/* One more handle for each plane. */
static bool open_planes(struct th_vips_tiff *t)
{
    for (uint32_t k = 1; k < n_planes(t) && !t->part_width; k++) {
        if (!t->planes[k]) t->planes[k] = open_handle(&t->bytes);
        if (!t->planes[k]) return false;
    }
    return true;
}

static bool prepare_lights(struct th_vips_tiff *t)
{
    if (!th_tiff_wants_lights(&t->meaning) || t->encoded) return true;
    t->encoded = th_vips_lent->alloc(TH_TIFF_LIGHTS);
    if (!t->encoded) return false;
    th_tiff_fill_lights(t->encoded);
    t->meaning.encoded = t->encoded;
    return true;
}

enum th_vips_outcome th_vips_tiff_read(struct th_vips_tiff *t, const struct th_vips_rows *to,
                                       char why[120])
{
    struct reading r = {.t = t, .to = to};
    bool whole = false;
    t->why[0] = '\0';
    enum th_vips_outcome outcome = TH_VIPS_BROKEN;
    if (open_planes(t) && prepare_lights(t) && reserve(&r)) {
        if (!to->begin(to->user, t->width, t->height, t->width, t->height))
            outcome = TH_VIPS_STOPPED;
        else
            whole = t->part_width ? read_parts(&r) : read_scanlines(&r);
        if (!whole)
            outcome = TH_VIPS_STOPPED;
        else if (r.good)
            outcome = r.bad || t->beyond || t->bytes.harmed ? TH_VIPS_PART : TH_VIPS_DONE;
    }
    free(r.stored);
    free(r.numbers);
    free(r.row);
    if (!t->why[0] && t->beyond) th_vips_text_clause(t->why, sizeof t->why, "it is cut off");
    memcpy(why, t->why, sizeof t->why);
    return outcome;
}
