/* SPDX-License-Identifier: MIT */
/*
 * The generator of the sample pictures: what its files share.
 *
 * A picture is drawn by own code, encoded into memory, perhaps damaged there, and written below the
 * current folder. Everything is a pure function of fixed seeds: the same libraries give the same
 * bytes on every run. This is a tool, so the first thing that goes wrong ends it with a message;
 * nothing here returns an error. Single-threaded.
 */
#ifndef THUMBS_SAMPLES_GENERATE_H
#define THUMBS_SAMPLES_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- generate_base.c: bytes and files ---- */

/* A growing buffer. All zero is an empty one; the holder frees it with gen_bytes_finish(). */
struct gen_bytes {
    uint8_t *data;
    size_t len;
    size_t capacity;
};

enum gen_order { GEN_BIG_ENDIAN, GEN_LITTLE_ENDIAN };

/* Print the message on standard error and exit with status 1. */
_Noreturn void gen_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Zeroed memory for `count` items, never NULL; released with free(). */
void *gen_alloc(size_t count, size_t item_len);

void gen_bytes_put(struct gen_bytes *bytes, const void *data, size_t len);
void gen_bytes_put_text(struct gen_bytes *bytes, const char *text);
void gen_bytes_put_zeros(struct gen_bytes *bytes, size_t len);
void gen_bytes_put_u16(struct gen_bytes *bytes, enum gen_order order, uint16_t value);
void gen_bytes_put_u32(struct gen_bytes *bytes, enum gen_order order, uint32_t value);

/* Overwrite four bytes at `offset`, which must exist. */
void gen_bytes_set_u32(struct gen_bytes *bytes, size_t offset, enum gen_order order,
                       uint32_t value);

/* A copy of the first `len` bytes, or of all of them if there are fewer. */
struct gen_bytes gen_bytes_head(const struct gen_bytes *bytes, size_t len);

void gen_bytes_finish(struct gen_bytes *bytes);

/* Write the bytes to the path that the format gives, below the current folder; folders on the way
 * are made. */
void gen_save(const struct gen_bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- generate_chart.c: pictures, and the test chart ---- */

/* Encoded sRGB unless a picture was converted; every part 0 to 1; alpha is not premultiplied. */
struct gen_colour {
    float r, g, b, a;
};

/* Rows from the top. The holder frees it with gen_picture_finish(). */
struct gen_picture {
    int width_px;
    int height_px;
    struct gen_colour *pixels;
};

/* A transparent black picture. */
struct gen_picture gen_picture_make(int width_px, int height_px);

void gen_picture_finish(struct gen_picture *picture);

/* Replace every colour by its luma, so that it looks the same in a grey file and in an RGB one. */
void gen_picture_desaturate(struct gen_picture *picture);

/* A copy stored the way a camera with this EXIF orientation (1 to 8) stores what looks upright in
 * `upright`. */
struct gen_picture gen_picture_stored(const struct gen_picture *upright, int orientation);

/* How much of the chart is see-through. */
enum gen_alpha { GEN_OPAQUE, GEN_HOLES };

/*
 * The test chart: an F, colour bars, gradients, a disc. No symmetry maps it to itself, so that a
 * wrong turn shows. `phase` from 0 to 1 moves the disc, for animations. With GEN_HOLES there is a
 * hole with a soft rim.
 */
struct gen_picture gen_chart(int width_px, int height_px, enum gen_alpha alpha, double phase);

/* A value from 0 to 1 as an integer from 0 to `max`, rounded; what lies outside is clipped. */
unsigned gen_quantise(float value, unsigned max);

/* Rec. 601 luma, the grey that JPEG and PNG tools use. */
float gen_luma(struct gen_colour colour);

/* ---- generate_photo.c: what looks like photographs ---- */

/* A synthetic photograph: name, upright size, and how it is stored. */
struct gen_photo {
    const char *name;
    int width_px;
    int height_px;
    int orientation; /* EXIF, 1 to 8 */
    bool progressive;
    struct gen_colour (*scene)(double x, double y);
};

extern const struct gen_photo gen_photos[];
extern const size_t gen_n_photos;

/* Render one, upright, with the softness, falling light and grain of a camera. */
struct gen_picture gen_photo_render(const struct gen_photo *photo);

/* ---- generate_colour.c: colour spaces and ICC profiles ---- */

/* A matrix and curve RGB space with a D65 white. */
struct gen_space {
    const char *name;
    double primaries_xy[3][2];
    double gamma;          /* 0 stands for the curve of sRGB */
    int icc_major_version; /* 2 or 4 */
};

extern const struct gen_space gen_srgb;
extern const struct gen_space gen_display_p3;
extern const struct gen_space gen_adobe_rgb;
extern const struct gen_space
    gen_swapped; /* sRGB with red and blue exchanged: ignoring the profile is seen at once */
extern const struct gen_space gen_gamma_18; /* sRGB primaries, gamma 1.8 */

/* Turn an sRGB picture into the same colours in `space`. */
void gen_picture_convert(struct gen_picture *picture, const struct gen_space *space);

/* A minimal valid display profile (ICC.1 2.4 or 4.3) for the space. */
struct gen_bytes gen_icc_rgb(const struct gen_space *space);

/* The same for a grey file with the curve of the space. */
struct gen_bytes gen_icc_grey(const struct gen_space *space);

/* ---- generate_exif.c: EXIF, and TIFF, which has the same structure ---- */

/* An EXIF block without the "Exif\0\0" that JPEG puts before it. `thumbnail`, a JPEG file, may be
 * NULL. */
struct gen_bytes gen_exif(enum gen_order order, int orientation, const struct gen_bytes *thumbnail);

/* Where in such a block the offset of the second directory stands. */
enum { GEN_EXIF_NEXT_OFFSET = 22 };

/* An 8-bit grey TIFF in one uncompressed strip. */
struct gen_bytes gen_tiff_grey(const struct gen_picture *picture, enum gen_order order);

/* A TIFF whose one strip is a Y'CbCr JPEG of the picture, in the old style of TIFF 6.0. */
struct gen_bytes gen_tiff_old_jpeg(const struct gen_picture *picture, const struct gen_bytes *jpeg);

/* ---- generate_jpeg.c ---- */

enum gen_jpeg_model { GEN_JPEG_YCC, GEN_JPEG_GREY, GEN_JPEG_RGB, GEN_JPEG_CMYK, GEN_JPEG_YCCK };

/* All zero is a plain baseline 4:4:4 JFIF file of quality 85. */
struct gen_jpeg_options {
    int quality; /* 1 to 100, 0 for 85 */
    enum gen_jpeg_model model;
    uint8_t sampling[4][2]; /* horizontal and vertical factor of each component; 0 stands for 1 */
    bool progressive;
    bool arithmetic;
    bool separate_scans;  /* sequential, one scan a component */
    bool wide_tables;     /* 16-bit quantisation tables where the quality asks for them */
    bool no_file_marker;  /* neither JFIF nor Adobe */
    unsigned restart_mcu; /* restart interval in MCUs, 0 for none */
    unsigned comment_len;
    const struct gen_bytes *exif;
    const struct gen_bytes *icc;
    size_t icc_chunk_len; /* longest part of the profile in one APP2, 0 for as much as fits */
};

struct gen_bytes gen_jpeg(const struct gen_picture *picture,
                          const struct gen_jpeg_options *options);

/* Offset of the 0xFF of the first segment with this marker byte; there must be one before the first
 * scan's data. */
size_t gen_jpeg_find(const struct gen_bytes *jpeg, uint8_t marker);

/* ---- generate_png.c ---- */

enum gen_png_model { GEN_PNG_GREY, GEN_PNG_RGB, GEN_PNG_PALETTE, GEN_PNG_GREY_ALPHA, GEN_PNG_RGBA };

struct gen_png_options {
    enum gen_png_model model;
    int depth_bits;
    bool interlaced;
    bool transparent;    /* a tRNS chunk: holes get the key colour or a transparent palette entry */
    int filter;          /* one of PNG_FILTER_*, 0 for what libpng thinks best */
    size_t idat_len;     /* longest IDAT, 0 for the default */
    double gamma;        /* gAMA, 0 for none */
    bool srgb;           /* an sRGB chunk */
    const char *comment; /* a compressed text chunk, may be NULL */
    const struct gen_bytes *exif;
    const struct gen_bytes *icc;
};

struct gen_bytes gen_png(const struct gen_picture *picture, const struct gen_png_options *options);

/* The same for several pictures of one size, shown one after the other for ever, each instead of
 * the one before it. */
struct gen_bytes gen_animated_png(const struct gen_picture *frames, int n, int delay_ms,
                                  const struct gen_png_options *options);

/* Append the eight bytes every PNG begins with. */
void gen_png_put_signature(struct gen_bytes *bytes);

/* Append one chunk, its CRC included. `type` is four letters. */
void gen_png_put_chunk(struct gen_bytes *bytes, const char *type, const void *data, size_t len);

/* Offset of the length field of the first chunk of this type; there must be one. */
size_t gen_png_find(const struct gen_bytes *png, const char *type);

/* Make the CRC of the chunk at `offset` right again after a change. */
void gen_png_fix_crc(struct gen_bytes *png, size_t offset);

/* ---- generate_vips.c: WebP, GIF and TIFF by libvips ---- */

struct gen_vips_options {
    int bands;       /* 1, 3 or 4 */
    int depth_bits;  /* 8 or 16 */
    int orientation; /* 0 for none */
    int delay_ms;    /* between pages of an animation */
    const struct gen_bytes *icc;
};

/* Pages of one size into one file. `suffix` names the format and its options as libvips writes
 * them: ".webp[Q=50]". */
struct gen_bytes gen_vips(const struct gen_picture *pages, int n_pages,
                          const struct gen_vips_options *options, const char *suffix);

/* ---- generate_heif.c ---- */

/* Write the HEIC and AVIF files. */
void gen_make_heif(void);

/* ---- generate_tiff.c ---- */

/* Write the TIFF files of rare kinds. */
void gen_make_tiff_kinds(void);

/* ---- generate_plain.c ---- */

/* Write bitmaps, Netpbm files, icons, JPEG XL and JPEG 2000. */
void gen_make_plain(void);

/* ---- generate_raw.c ---- */

/* Write the cameras' raw files. */
void gen_make_raws(void);

/* ---- generate_broken.c ---- */

/* Write the files that are damaged, and the files that are not what they say. */
void gen_make_broken(void);
void gen_make_lying(void);

#endif
