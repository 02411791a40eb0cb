/* SPDX-License-Identifier: MIT */
/*
 * vips_module.h - what the program and the module thumbs-vips.so ask of each other.
 *
 * The module is the only code that is linked with libvips. It is loaded with dlopen() when the
 * first picture needs it: the dynamic linking of libvips and of the hundred libraries behind it
 * takes about 17 ms of CPU and its start 25 ms more, which a run over plain JPEGs must not pay. The
 * module uses nothing of the program but struct th_vips_host.
 */
#ifndef TH_IMAGE_VIPS_MODULE_H
#define TH_IMAGE_VIPS_MODULE_H

#include "image/pixels.h"
#include "thumbs/thumbs.h"

#define TH_VIPS_MODULE         "thumbs-vips.so"
#define TH_VIPS_MODULE_ENTRY   "thumbs_vips_module"
#define TH_VIPS_MODULE_VERSION 6u

/* What the program lends to the module; outlives it. */
struct th_vips_host {
    void *(*alloc)(size_t size); /* freed with free() */
    uint64_t (*now_ns)(void);
    enum thumbs_code (*error_set)(struct thumbs_error *err, enum thumbs_code code,
                                  enum thumbs_stage stage, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
    const char *(*format_name)(enum thumbs_format format);
};

/* What is to be decoded. */
struct th_vips_input {
    const uint8_t *data; /* borrowed until close */
    size_t len;
    enum thumbs_format format;
    const char *loader;   /* libvips' operation for it, that of the table of formats; a constant */
    uint64_t deadline_ns; /* 0: never */
    uint32_t white; /* the largest sample there may be; 0: samples fill the range of their type */
};

/* A source whose header has been read. */
struct th_vips_source;

struct th_vips_header {
    uint32_t width, height; /* as stored, at full size */
    unsigned orientation;   /* EXIF 1 to 8, still to be applied */
    uint32_t bands;         /* of the rows that will come, 1 to 4; 5 for ink and alpha */
    bool alpha, cmyk;
    const uint8_t *icc; /* embedded profile for these bands, borrowed from the source, or NULL */
    size_t icc_len;
};

/* Who gets the decoded rows. */
struct th_vips_rows {
    /* Decoding begins (anew, if this was called before): width x height pixels will come, of which
     * span_x x span_y are covered by the picture. False stops with the consumer's own reason. */
    bool (*begin)(void *user, uint32_t width, uint32_t height, double span_x, double span_y);
    /* The next n rows, 8-bit samples, borrowed until return. False as above. */
    bool (*rows)(void *user, const uint8_t *rows, size_t stride, uint32_t n);
    void *user;
};

struct th_vips_ops {
    uint32_t version;

    /* Start libvips. Idempotent, thread-safe; the calls below need it. */
    enum thumbs_code (*start)(const struct th_vips_host *host, struct thumbs_error *err);
    /* Give back what the calling thread holds. */
    void (*thread_finish)(void);

    /* The version of libvips, "8.14.1". Is there a loader of that name, blocked or not for want of
     * a sandbox? */
    const char *(*library)(void);
    bool (*has_loader)(const char *loader);

    /* Let the loader for this format be used though libvips calls it unfit for data from anywhere:
     * those of SVG, JPEG XL, JPEG 2000 and PDF. For the whole process and for good, so only where a
     * sandbox holds. Idempotent; not while another thread is in here. False if there is no such
     * loader. */
    bool (*unlock)(const char *loader);

    /* Read the header. Past the deadline this and read() end with TIMEOUT, as far as the decoder
     * can be stopped: see ARCHITECTURE. Codes: UNSUPPORTED if this libvips has no such loader or
     * blocks it, CORRUPT, TOO_LARGE, TIMEOUT. */
    enum thumbs_code (*open)(const struct th_vips_input *input, struct th_vips_source **out,
                             struct th_vips_header *header, struct thumbs_error *err);
    void (*close)(struct th_vips_source *source); /* NULL is fine */

    /* Decode from top to bottom, reduced while decoding by up to most_shrink (at least 1) if the
     * format can do that. A format that is drawn (SVG, PDF) comes at draw_scale times the size in
     * the header instead. damaged: false on entry; set, with a clause in `warning`, if the data
     * decodes only in part; begin() may then come twice. Codes: CORRUPT; TIMEOUT; STOPPED if the
     * consumer stopped it. */
    enum thumbs_code (*read)(struct th_vips_source *source, uint32_t most_shrink, double draw_scale,
                             const struct th_vips_rows *rows, bool *damaged, char warning[200],
                             struct thumbs_error *err);

    /* Cut a small picture in sRGB to width x height, not larger than it is: the part that draws
     * the eye, or the one with most detail. *p is replaced; false, *p untouched, on failure. */
    bool (*choose)(struct th_pixels *p, uint32_t width, uint32_t height, bool attention);

    /* Encode as lossy WebP and hand the bytes to emit(). Codes: INTERNAL; TIMEOUT past deadline_ns
     * (0: never); MEMORY if emit() returned false. */
    enum thumbs_code (*webp)(const struct th_pixels *p, uint32_t quality, uint64_t deadline_ns,
                             bool (*emit)(void *user, const void *data, size_t len), void *user,
                             struct thumbs_error *err);
};

/* The module's one entry point, of this type under TH_VIPS_MODULE_ENTRY. */
typedef const struct th_vips_ops *th_vips_module_fn(void);

#endif
