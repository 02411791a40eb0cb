/* SPDX-License-Identifier: MIT */
/*
 * siblings.h - who else in a folder gets an output's name, where content is not what names promise.
 *
 * With --format=keep the walk can only go by endings. A file whose content is something else gets
 * its whole name in front of the new ending: `a.webp` that holds a JPEG becomes `a.webp.jpg`. That
 * name may belong to a file beside it whose name up to the last dot is `a.webp`. Both functions
 * tell this from names and first bytes alone, so it does not matter which of the two comes first.
 *
 * They look at a number of names that does not grow with the folder: a scan for each such file
 * would take the square of the time where a whole folder of pictures bears the wrong ending.
 * Thread-safe.
 */
#ifndef TH_NAMING_SIBLINGS_H
#define TH_NAMING_SIBLINGS_H

#include "naming/naming.h"

/* Is there a file with the image ending of some format, in any mix of upper and lower case, behind
 * the whole name of the source, which leads to an output in format `output`? Then that name is its
 * own. */
bool th_siblings_take(const struct th_naming *naming, const struct th_naming_source *source,
                      enum thumbs_format output);

/* The other side, for a file whose ending is no image ending, where there are too many to look for:
 * is the file that bears the source's name up to its last dot an image that gets its whole name,
 * and an output in format `output`? Then the name is left to that one. */
bool th_siblings_need(const struct th_naming *naming, const struct th_naming_source *source,
                      enum thumbs_format output);

#endif
