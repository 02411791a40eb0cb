/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_told.h"

#include "image/heif/heif_picture.h"

bool th_heif_told(struct th_view file, struct th_heif_told *out)
{
    struct th_heif_meta meta = {0};
    struct th_heif_picture p = {0};
    *out = (struct th_heif_told){0};
    const enum thumbs_code code = th_heif_meta_read(&meta, file.data, file.len, NULL);
    if (code == THUMBS_OK) th_heif_picture_told(&meta, &p);
    out->premultiplied = p.premultiplied;
    out->has_colours = p.has_nclx;
    if (p.has_nclx) {
        out->matrix = p.nclx.matrix;
        th_colours_from_codes(&out->colours, p.nclx.primaries, p.nclx.transfer);
    }
    th_heif_meta_finish(&meta);
    return code != THUMBS_MEMORY;
}
