/* SPDX-License-Identifier: MIT */
#include "image/exif.h"

#include <stdbool.h>
#include <string.h>

#include "base/view.h"

static uint32_t get(const uint8_t *p, unsigned n, bool big)
{
    return (uint32_t)th_number(p, n, big);
}

unsigned th_exif_orientation(const uint8_t *data, size_t len)
{
    enum { TAG_ORIENTATION = 0x0112, TYPE_BYTE = 1, TYPE_SHORT = 3, TYPE_LONG = 4 };
    if (len < 14) return 1;
    bool big = !memcmp(data, "MM\0*", 4);
    if (!big && memcmp(data, "II*\0", 4)) return 1;
    size_t at = get(data + 4, 4, big);
    if (at > len - 2) return 1;
    uint32_t n = get(data + at, 2, big);
    at += 2;
    for (uint32_t i = 0; i < n && len - at >= 12; i++, at += 12) {
        if (get(data + at, 2, big) != TAG_ORIENTATION) continue;
        uint32_t type = get(data + at + 2, 2, big), count = get(data + at + 4, 4, big), value = 0;
        if (count != 1) return 1;
        if (type == TYPE_SHORT)
            value = get(data + at + 8, 2, big);
        else if (type == TYPE_LONG)
            value = get(data + at + 8, 4, big);
        else if (type == TYPE_BYTE)
            value = data[at + 8];
        return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}
