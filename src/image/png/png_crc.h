/* SPDX-License-Identifier: MIT */
/* png_crc.h - the checksum of chunks (ISO/IEC 15948, annex D), by the fastest code that is linked.
 */
#ifndef TH_IMAGE_PNG_CRC_H
#define TH_IMAGE_PNG_CRC_H

#include <stddef.h>
#include <stdint.h>

#include <zlib.h>
#ifdef THUMBS_ISAL
#include <isa-l/crc.h>
#endif

/* `crc` is that of the bytes before, 0 for none. */
static inline uint32_t th_png_crc(uint32_t crc, const uint8_t *data, size_t len)
{
#ifdef THUMBS_ISAL
    return crc32_gzip_refl(crc, data, len);
#else
    return (uint32_t)crc32_z(crc, data, len);
#endif
}

#endif
