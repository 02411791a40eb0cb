/* SPDX-License-Identifier: MIT */
/*
 * vips_load.h - the libvips module, loaded when it is first needed.
 */
#ifndef TH_IMAGE_VIPS_LOAD_H
#define TH_IMAGE_VIPS_LOAD_H

#include "image/vips/vips_module.h"

/* The module's functions, libvips initialised; loaded once for the process. UNSUPPORTED if it
 * cannot be loaded, STOPPED if it must not be any more. Thread-safe. */
enum thumbs_code th_vips_load(const struct th_vips_ops **ops, struct thumbs_error *err);

/* The same, NULL if nothing has loaded it yet. */
const struct th_vips_ops *th_vips_if_loaded(void);

#endif
