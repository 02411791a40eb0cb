/* SPDX-License-Identifier: MIT */
/* promise.h - what the name of a file says of its content. Pure functions, thread-safe. */
#ifndef TH_NAMING_PROMISE_H
#define TH_NAMING_PROMISE_H

#include <stdbool.h>

#include "thumbs/thumbs.h"

/* What stands behind the last dot of a name, unless that is its first byte; "" if there is none. */
const char *th_promise_ending(const char *name);
/* The format that the ending of a name promises; NONE if it has none that is known. */
enum thumbs_format th_promise_format(const char *name);
/* Does the ending promise a picture that this program is for (see image/judge.h)? */
bool th_promise_is_image(const struct thumbs_image_options *image, const char *name);
/* Does it promise what other options than these would admit, and these do not? */
bool th_promise_is_withheld(const struct thumbs_image_options *image, const char *name);
/* A small number, below 32, that is equal for names whose outputs get the same ending: always 0
 * unless the only format is keep. */
unsigned th_promise_class(const struct thumbs_image_options *image, const char *name);

#endif
