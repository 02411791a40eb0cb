/* SPDX-License-Identifier: MIT */
#include "image/vips/jp2k_palette.h"

#include "image/heif/heif_box.h"

bool th_jp2k_has_palette(struct th_view file)
{
    struct th_heif_cursor boxes = {.data = file.data, .len = file.len};
    struct th_heif_box box, palette;
    while (th_heif_next(&boxes, &box))
        if (box.type == TH_FOURCC('j', 'p', '2', 'h') &&
            th_heif_find(&box.body, TH_FOURCC('p', 'c', 'l', 'r'), &palette))
            return true;
    return false;
}
