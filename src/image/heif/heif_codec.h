/* SPDX-License-Identifier: MIT */
/*
 * heif_codec.h - one coded item of a HEIF file to its planes: HEVC by libde265, AV1 by dav1d.
 *
 * Both decode in the calling thread and start none. A decoder is kept from tile to tile, so that
 * its memory stays warm. Not thread-safe; one decoder a thread.
 */
#ifndef TH_IMAGE_HEIF_CODEC_H
#define TH_IMAGE_HEIF_CODEC_H

#include "image/heif/heif_picture.h"
#include "image/libraries.h"

enum { TH_HEIF_MAX_PLANES = 3 };

/* A coded picture may be larger than what is shown of it: codecs work in blocks. */
enum { TH_HEIF_CODED_MARGIN = 128 };

/* A plane as the codec stores it: 8 bits a sample in bytes, more in 16-bit words of the machine's
 * order. */
struct th_heif_plane {
    const uint8_t *data;
    size_t stride; /* bytes */
    uint32_t width, height;
    unsigned bits;
};

/* Y, Cb, Cr, or Y alone. Borrowed until the next call on the decoder. */
struct th_heif_frame {
    unsigned n_planes; /* 1 or 3 */
    struct th_heif_plane planes[TH_HEIF_MAX_PLANES];
    struct th_heif_nclx nclx; /* what the coded picture says of its colours; 2: unspecified */
    bool damaged;
};

struct th_heif_decoder;

/* Load what these (enum th_wants) need, the one codec if the other cannot be had, too: a worker of
 * mode processes loads nothing later. See module.h for the codes. Thread-safe. */
enum thumbs_code th_heif_load(unsigned wants, struct thumbs_error *err);

/* The library (enum th_wants) of a codec. */
unsigned th_heif_codec_wants(enum th_heif_codec codec);

/* Whose code decodes HEIF or AVIF; nothing where the library is not there. */
th_about_fn th_heif_about;

/* How a decoder is to work. */
struct th_heif_plan {
    uint64_t max_pixels; /* a coded picture with more is refused before memory is taken for it */
    bool skip_filters;   /* a codec may leave out the filters in its coding loop, where what they
                            smooth is averaged away anyway */
    unsigned max_frames; /* AV1: of one item; with more it is refused */
    /* Asked between the pieces of an item's data, since one item may hold any number of frames
     * that are not shown: is it time to give up? */
    bool (*is_late)(void *user);
    void *user;
};

/* MEMORY, or why its library is not there. */
enum thumbs_code th_heif_decoder_create(enum th_heif_codec codec, const struct th_heif_plan *plan,
                                        struct th_heif_decoder **out, struct thumbs_error *err);
void th_heif_decoder_destroy(struct th_heif_decoder *decoder); /* NULL is fine */

/* Decode one item: `config` is its hvcC or av1C, `item` its data. CORRUPT, UNSUPPORTED, TOO_LARGE,
 * MEMORY, TIMEOUT; stage decode. A picture that decodes in part comes with `damaged` set. */
enum thumbs_code th_heif_decoder_run(struct th_heif_decoder *decoder,
                                     const struct th_heif_cursor *config,
                                     const struct th_heif_cursor *item, struct th_heif_frame *out,
                                     struct thumbs_error *err);

/* ---- the modules, each of which alone is linked with its library ---- */

/* What a codec offers. It calls nothing of thumbs, so a failure comes with a clause that stays. */
struct th_heif_codec_ops {
    void *(*create)(const struct th_heif_plan *plan);
    void (*destroy)(void *state);
    enum thumbs_code (*run)(void *state, const struct th_heif_cursor *config,
                            const struct th_heif_cursor *item, struct th_heif_frame *out,
                            const char **why);
    const char *(*library)(void); /* "dav1d 1.0.0" */
};

#define TH_HEIF_MODULE_VERSION 5u
struct th_heif_module {
    unsigned version;
    const struct th_heif_codec_ops *ops;
};
/* The one symbol of each. */
typedef const struct th_heif_module *th_heif_module_fn(void);
#define TH_HEIF_MODULE_ENTRY "thumbs_heif_module"

#endif
