/* SPDX-License-Identifier: MIT */
/*
 * modern_module.h - what the program and the modules that write AVIF and JPEG XL ask of each other.
 *
 * Their libraries bring a dozen others each, which a run that writes neither must not pay for. So
 * each stands in a module of its own, loaded when an output first needs it. A module uses nothing
 * of the program.
 */
#ifndef TH_IMAGE_MODERN_MODULE_H
#define TH_IMAGE_MODERN_MODULE_H

#include "image/encode.h"

#define TH_MODERN_MODULE_ENTRY   "thumbs_modern_module"
#define TH_MODERN_MODULE_VERSION 3u

/* Where the bytes go. */
struct th_modern_out {
    bool (*emit)(void *user, const void *data, size_t len); /* false: no room for them */
    bool (*late)(void *user);                               /* it is to give up */
    void *user;
};

struct th_modern_module {
    uint32_t version;
    /* Encode a picture of any bands, in the calling thread alone. Codes: TIMEOUT, MEMORY, INTERNAL;
     * *why is then a clause that stays. */
    enum thumbs_code (*encode)(const struct th_pixels *p, const struct th_encode_how *how,
                               const struct th_modern_out *out, const char **why);
    const char *(*library)(void); /* "libjxl 0.7.0" */
};

/* The one entry point of a module, of this type under TH_MODERN_MODULE_ENTRY. */
typedef const struct th_modern_module *th_modern_module_fn(void);

#endif
