/* SPDX-License-Identifier: MIT */
/*
 * vips_internal.h - what the files of the module thumbs-vips.so share. Nothing of the program
 * includes it.
 */
#ifndef TH_IMAGE_VIPS_INTERNAL_H
#define TH_IMAGE_VIPS_INTERNAL_H

#include <vips/vips.h>

#include "image/vips/vips_module.h"

/* What the program lends: set once by start(), before anything else is called. */
extern const struct th_vips_host *th_vips_lent;

/* ---- a picture: vips_source.c ---- */

struct th_vips_source {
    const uint8_t *data;
    size_t len;
    enum thumbs_format format;
    const char *loader;
    uint32_t white; /* as of the input; 0: samples fill their type */
    uint64_t deadline_ns;
    VipsSource *bytes; /* what `image` is read from; NULL if it is read from memory */
    VipsImage *image;  /* opened at full size, rows as in the header, nothing decoded yet; NULL once
                          it was used up */
    struct th_vips_tiff *tiff; /* if it is one that libtiff can open */
    bool by_libtiff;           /* libvips would read it wrongly */
    bool lenient;              /* the strict attempt failed */
    char damage[120];          /* why */
    struct th_vips_header header;
    uint8_t *icc;      /* what header.icc points to */
    uint8_t *repaired; /* what data points to, if it is a changed copy */
};

/* How a picture is read: reduced by a whole number or, if it is drawn, at any scale; the other of
 * the two is 1. */
struct th_vips_reduction {
    uint32_t shrink;
    double draw_scale;
};

bool th_vips_source_has_loader(const char *loader);
bool th_vips_source_unlock(const char *loader);
enum thumbs_code th_vips_source_open(const struct th_vips_input *in, struct th_vips_source **out,
                                     struct th_vips_header *header, struct thumbs_error *err);
void th_vips_source_close(struct th_vips_source *s);

/* Has it no pixels of its own, so that it is drawn at any scale? */
bool th_vips_is_drawn(enum thumbs_format format);
/* The picture, of which no more than the header has been read; NULL on failure. */
VipsImage *th_vips_source_load(struct th_vips_source *s, struct th_vips_reduction by,
                               VipsFailOn fail_on);
/* Decoded rows as the header promises them. Takes over `image`; NULL on failure. */
VipsImage *th_vips_source_prepare(const struct th_vips_source *s, VipsImage *image,
                                  struct th_vips_header *header);
/* At which errors its decoder is to stop. */
VipsFailOn th_vips_source_strictness(const struct th_vips_source *s);
/* The strict attempt failed: remember why, take what can be had. */
void th_vips_source_go_lenient(struct th_vips_source *s);
/* Did the decoder run dry because time was up? */
bool th_vips_source_is_late(const struct th_vips_source *s);
enum thumbs_code th_vips_source_too_late(struct thumbs_error *err);

/* ---- its rows: vips_rows.c ---- */

/* TH_VIPS_PART: the data broke off, black was put in its place. */
enum th_vips_outcome { TH_VIPS_DONE, TH_VIPS_PART, TH_VIPS_STOPPED, TH_VIPS_BROKEN };

/* Hand over all rows of an image. `lenient`: black in place of what is missing at the end. */
enum th_vips_outcome th_vips_pull(VipsImage *image, const struct th_vips_rows *to, bool lenient);
enum thumbs_code th_vips_source_read(struct th_vips_source *s, uint32_t most_shrink,
                                     double draw_scale, const struct th_vips_rows *to,
                                     bool *damaged, char warning[200], struct thumbs_error *err);

/* ---- small pictures: vips_small.c ---- */

bool th_vips_choose(struct th_pixels *p, uint32_t width, uint32_t height, bool attention);
enum thumbs_code th_vips_webp(const struct th_pixels *p, uint32_t quality, uint64_t deadline_ns,
                              bool (*emit)(void *user, const void *data, size_t len), void *user,
                              struct thumbs_error *err);

#endif
