/*
 * siblings.h - who else in a folder gets an output's name, where content is not what names promise.
 *
 * With --format=keep the walk can only go by endings. A file whose content is something else gets
 * its whole name in front of the new ending: `a.webp` that holds a JPEG becomes `a.webp.jpg`. That
 * name may belong to a file beside it whose name up to the last dot is `a.webp`. Both functions tell
 * this from names and first bytes alone, so it does not matter which of the two comes first.
 *
 * They look at a number of names that does not grow with the folder: a scan for each such file would
 * take the square of the time where a whole folder of pictures bears the wrong ending. Thread-safe.
 */
#ifndef TH_NAMING_SIBLINGS_H
#define TH_NAMING_SIBLINGS_H

#include "thumbs/thumbs.h"

/* Is there a file with the image ending of some format, in any mix of upper and lower case, behind
 * the whole of `name`, which leads to an output in format `output`? Then that name is its own. */
bool th_siblings_take(int dirfd, const char *name, const struct thumbs_image_options *image, enum thumbs_format output);

/* The other side, for a file whose ending is no image ending, where there are too many to look for:
 * is the file that bears `name` up to its last dot an image that gets its whole name, and an output
 * in format `output`? Then the name is left to that one. A symbolic link is one only with `follow`. */
bool th_siblings_need(int dirfd, const char *name, bool follow, const struct thumbs_image_options *image,
                      enum thumbs_format output);

/* What stands behind the last dot of a name, unless that is its first byte; "" if there is none. */
const char *th_siblings_ending_of(const char *name);
/* The format that the ending of a name promises; NONE if it has none that is known. */
enum thumbs_format th_siblings_format_of(const char *name);

#endif
