/* SPDX-License-Identifier: MIT */
/* raw_hot.h - the backend of cameras' raw files, as far as others than the table of formats ask. */
#ifndef TH_IMAGE_RAW_HOT_H
#define TH_IMAGE_RAW_HOT_H

#include "thumbs/thumbs.h"

/* Load LibRaw; see module.h for the codes. Thread-safe. */
enum thumbs_code th_raw_load(struct thumbs_error *err);

#endif
