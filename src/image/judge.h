/* SPDX-License-Identifier: MIT */
/*
 * judge.h - the rule for what is a picture for us, what has failed, and what is passed over.
 *
 * - A picture that a camera, a phone, a scanner or a browser deals in is ours, and so is any other
 *   file that holds a finished picture (BMP, Netpbm, icons, QOI, a camera's raw file). Where
 *   this build cannot decode it, it has failed as `unsupported`: a picture is missing in DEST.
 * - Everything else that lies beside photos is passed over, as a film is: documents (PDF, EPS), the
 *   working files of editors (PSD, XCF), scenes and measurements (EXR, Radiance, FITS, DICOM),
 *   textures, sound, fonts, archives. Nobody waits for a thumbnail of it.
 * - Documents of one kind, PDF, are ours where the options admit them (`allow_untrusted`), and so
 *   are names that promise one.
 * - Content decides. The ending of a name counts in two cases: a name that promises a picture of
 *   ours over content that is none has failed, and so has one that promises a camera's raw file
 * over a TIFF that is none: its pages may be anything, but not the picture that was taken.
 *
 * Hostile data: nothing past `len` is read. Pure functions, thread-safe.
 */
#ifndef TH_IMAGE_JUDGE_H
#define TH_IMAGE_JUDGE_H

#include "thumbs/thumbs.h"

/* OK: worth decoding. NOT_IMAGE: to be passed over, the message says what it is ("is a Photoshop
 * file"). UNSUPPORTED: a picture, but not for this build. The first TH_SNIFF_LEN bytes are
 * enough for most files; stage load says that there may be more. */
enum thumbs_code th_image_judge(const struct thumbs_image_options *options, const uint8_t *data,
                                size_t len, enum thumbs_stage stage, struct thumbs_error *err);

/* Is a whole file what its name promises, as far as that counts? OK or UNSUPPORTED. */
enum thumbs_code th_image_judge_name(const char *name, const uint8_t *data, size_t len,
                                     enum thumbs_stage stage, struct thumbs_error *err);

/* Is a format that is passed over otherwise taken under these options? */
bool th_image_is_admitted(const struct thumbs_image_options *options, enum thumbs_format format);

/* Does this ending (without the dot, any case, len bytes) belong to what is passed over, whatever
 * the options admit? */
bool th_foreign_ending(const char *ext, size_t len);

/* What a file is that is no picture for us: "a PDF document"; NULL: nothing that is known. `format`
 * is what th_image_sniff() says of it. */
const char *th_foreign_name(enum thumbs_format format, const uint8_t *data, size_t len);

#endif
