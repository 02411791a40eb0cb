/* SPDX-License-Identifier: MIT */
/*
 * raw_module.h - what the program and the module thumbs-raw ask of each other.
 *
 * LibRaw finds the preview in a camera's raw file. It decodes nothing for us, since developing what
 * a sensor saw takes seconds and looks different from what the camera shows. The module uses
 * nothing of the program.
 */
#ifndef TH_IMAGE_RAW_MODULE_H
#define TH_IMAGE_RAW_MODULE_H

#include "thumbs/thumbs.h"

#define TH_RAW_MODULE         "thumbs-raw.so"
#define TH_RAW_MODULE_ENTRY   "thumbs_raw_module"
#define TH_RAW_MODULE_VERSION 1u

/* The largest preview, as far as LibRaw knows, and the picture that it stands for. */
struct th_raw_preview {
    bool jpeg;           /* a JPEG file; else 8-bit RGB, row by row */
    const uint8_t *data; /* len bytes, until close */
    size_t len;
    uint32_t width, height;         /* if not a JPEG: its pixels */
    uint32_t raw_width, raw_height; /* pixels of the picture, as stored; 0 where it is not told */
    unsigned orientation;           /* of both, as in EXIF: 1 to 8 */
};

struct th_raw_module {
    uint32_t version;
    /* `data` is borrowed until close. On success *state is to be closed. UNSUPPORTED: a kind that
     * LibRaw does not know, or a file without preview. CORRUPT, MEMORY. *why is then a clause that
     * stays. Nothing stops it on its way. */
    enum thumbs_code (*open)(const uint8_t *data, size_t len, void **state,
                             struct th_raw_preview *out, const char **why);
    void (*close)(void *state);
    const char *(*library)(void); /* "LibRaw 0.20.2" */
};

/* The one symbol of the module. */
typedef const struct th_raw_module *th_raw_module_fn(void);

#endif
