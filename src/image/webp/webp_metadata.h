/* SPDX-License-Identifier: MIT */
/* webp_metadata.h - metadata in the chunks of a WebP file (RFC 9649): found in one, added to one.
 */
#ifndef TH_IMAGE_WEBP_METADATA_H
#define TH_IMAGE_WEBP_METADATA_H

#include "image/metadata/metadata.h"
#include "image/sink.h"

/* EXIF and XMP. */
th_metadata_fn th_webp_metadata;

/* Add profile, EXIF and XMP to the WebP file that the sink holds from `begin` on, which then has
 * the extended format, if there are any; WebP has no place for IPTC. On failure (MEMORY, INTERNAL;
 * stage encode) the sink is cut back to `begin`. */
enum thumbs_code th_webp_add_metadata(struct th_sink *sink, size_t begin,
                                      const struct th_metadata *m, struct thumbs_error *err);

#endif
