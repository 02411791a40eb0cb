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
 * - Content decides. The ending of a name counts in two cases: a name that promises a picture of
 *   ours over content that is none has failed, and raw files of cameras that are TIFF inside are
 *   told by their ending where their content leaves it open.
 *
 * Hostile data: nothing past `len` is read. Pure functions, thread-safe.
 */
#ifndef TH_IMAGE_JUDGE_H
#define TH_IMAGE_JUDGE_H

#include "thumbs/thumbs.h"

/* OK: worth decoding. NOT_IMAGE: to be passed over, the message says what it is ("is a PDF
 * document"). UNSUPPORTED: a picture, but not for this build. `name` may be NULL; the first
 * TH_SNIFF_LEN bytes are enough for most files. */
enum thumbs_code th_image_judge(const char *name, const uint8_t *data, size_t len,
                                enum thumbs_stage stage, struct thumbs_error *err);

/* Does this ending (without the dot, any case, len bytes) belong to what is passed over? */
bool th_foreign_ending(const char *ext, size_t len);
/* Does it belong to a camera's raw file? */
bool th_raw_ending(const char *ext, size_t len);

/* What a file is that is no picture for us: "a PDF document"; NULL: nothing that is known. `format`
 * is what th_image_sniff() says of it. */
const char *th_foreign_name(enum thumbs_format format, const uint8_t *data, size_t len);

/* Which kind of camera raw a file is by its content alone: "Fujifilm RAF"; NULL: none. */
const char *th_raw_name(const uint8_t *data, size_t len);
/* The same for TIFF containers, whose directories tell: those that lie within `len` bytes. */
const char *th_raw_in_tiff(const uint8_t *data, size_t len);

#endif
