/* SPDX-License-Identifier: MIT */
/* png_crc.h - the checksum of chunks (ISO/IEC 15948, annex D), by the fastest code that is linked.
 */
#ifndef TH_IMAGE_PNG_CRC_H
#define TH_IMAGE_PNG_CRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>
#ifdef THUMBS_ISAL
#include <isa-l/crc.h>
#endif

#include "base/view.h"

/* `crc` is that of the bytes before, 0 for none. */
static inline uint32_t th_png_crc(uint32_t crc, const uint8_t *data, size_t len)
{
#ifdef THUMBS_ISAL
    return crc32_gzip_refl(crc, data, len);
#else
    return (uint32_t)crc32_z(crc, data, len);
#endif
}

/* Of a chunk that is there to its end: its name is at `name`, its body has `len` bytes. */
static inline bool th_png_sum_is_right(const uint8_t *name, size_t len)
{
    return th_png_crc(0, name, len + 4) == th_number(name + 4 + len, 4, true);
}

#endif
