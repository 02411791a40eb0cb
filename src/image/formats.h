/* SPDX-License-Identifier: MIT */
/*
 * formats.h - the table of formats: all that the program knows of each, in one row.
 *
 * To add a format, add its row in formats.c: everything else asks here. Rows are constant, so any
 * thread may read them.
 */
#ifndef TH_IMAGE_FORMATS_H
#define TH_IMAGE_FORMATS_H

#include "base/limits.h"
#include "image/embedded_copy.h"
#include "image/encode.h"
#include "image/estimate/estimators.h"
#include "image/libraries.h"
#include "image/metadata/metadata.h"
#include "image/sniff.h"
#include "image/wants.h"
#include "thumbs/thumbs.h"

/* Bytes that sniffing needs to tell a type; fewer are fine for short files. */
#define TH_SNIFF_LEN TH_FIRST_BYTES

/* Most of each in one row. */
#define TH_FORMAT_MAX_ENDINGS  29
#define TH_FORMAT_MAX_MAGICS   22
#define TH_FORMAT_MAX_DECODERS 3

struct th_backend;
struct th_motion_reader;

/* How a file begins; the bytes may hold NULs. */
struct th_magic {
    const char *bytes;
    uint8_t len;
};

struct th_format {
    const char *name, *ext;                     /* "jpeg", "jpg": the usual ending */
    const char *endings[TH_FORMAT_MAX_ENDINGS]; /* that promise it, in lower case; then NULL */
    struct th_magic magics[TH_FORMAT_MAX_MAGICS];
    th_sniff_fn *sniff; /* where no magic number fits; NULL: there is no more to look at */
    /* Asked in this order until one does not decline. None: it is known, but not decoded. */
    const struct th_backend *decoders[TH_FORMAT_MAX_DECODERS + 1];
    unsigned decode_wants;    /* enum th_wants; a guess: a rare JPEG wants libvips, too */
    const char *sandboxed;    /* its name for people, if it is only decoded in a sandbox */
    bool untrusted;           /* passed over unless the options admit it: see judge.h */
    const char *vips_loader;  /* the operation that libvips decodes it with, or NULL */
    th_estimate_fn *estimate; /* of the memory to decode it; NULL: none is foreseen */
    const struct th_motion_reader *motion; /* of what moves in it; NULL: nothing is known to */
    th_embedded_fn *embedded;              /* finds small copies in a file, or NULL */
    th_metadata_fn *metadata;              /* finds EXIF and the like in a file, or NULL */
    const struct th_encoder *encoder;      /* NULL: it cannot be written */
};

/* The row of a format; that of NONE for a number that is none. Never NULL. */
const struct th_format *th_format(enum thumbs_format format);

/* The format by content (magic numbers), THUMBS_FORMAT_NONE if it is no image that is known. Never
 * reads past len. */
enum thumbs_format th_image_sniff(const uint8_t *data, size_t len);

/* The same for a whole file: many raw files of cameras are TIFF by their first bytes. */
enum thumbs_format th_image_format_of(const uint8_t *data, size_t len);

/* A bit for each library that this build decodes with and may be built without: with a bit more it
 * decodes more. */
unsigned th_image_abilities(void);

/* The format that a file ending promises ("jpg", "JPEG", without the dot, any case, len bytes);
 * THUMBS_FORMAT_NONE if it is no image ending. */
enum thumbs_format th_image_format_by_ext(const char *ext, size_t len);

/* Can files of this format be written? Not of KEEP, which stands for another. */
bool th_image_is_writable(enum thumbs_format format);

/* The quality that a format is to be written in. */
uint32_t th_image_quality(const struct thumbs_image_options *options, enum thumbs_format format);

/* Append what reads files of this format here, and what writes them; nothing where nothing does.
 * May load libraries. */
th_about_fn th_image_about_readers, th_image_about_writer;

/* The format that is written for `wanted` (one of options->formats) when the source is `source`:
 * resolves KEEP. has_alpha matters only for KEEP of a source that is not writable: PNG with alpha,
 * else JPEG. */
enum thumbs_format th_image_output_format(enum thumbs_format wanted, enum thumbs_format source,
                                          bool has_alpha);

/* Can each output of such a source be written from planes (encode.h)? */
bool th_image_takes_planes(const struct thumbs_image_options *options, enum thumbs_format source);

/* Which libraries (enum th_wants) decoding a picture like this will need: a guess by format. */
unsigned th_image_decode_wants(const uint8_t *data, size_t len);
/* The same, with what KEEP takes to write a format like it. */
unsigned th_image_wants(const struct thumbs_image_options *options, const uint8_t *data,
                        size_t len);
/* Those for writing these formats. KEEP is not counted, since it depends on the source. */
unsigned th_image_encode_wants(const struct thumbs_image_options *options);

#endif
