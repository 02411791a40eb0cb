/* SPDX-License-Identifier: MIT */
#include "image/gif/gif_failed.h"

#include "base/error.h"

bool th_gif_is_late(void *make)
{
    return th_make_check_deadline(make, THUMBS_STAGE_DECODE, NULL) != THUMBS_OK;
}

enum thumbs_code th_gif_failed(const struct th_make *make, enum th_gif_code code,
                               struct thumbs_error *err)
{
    switch (code) {
    case TH_GIF_OK:
    case TH_GIF_END:
        return THUMBS_OK;
    case TH_GIF_LATE:
        return th_make_check_deadline(make, THUMBS_STAGE_DECODE, err);
    case TH_GIF_MEMORY:
        return th_make_no_memory(err);
    case TH_GIF_BROKEN:
        break;
    }
    return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                        "it has no frame whose header can be read");
}
