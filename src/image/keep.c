/* SPDX-License-Identifier: MIT */
#include "image/keep.h"

#include "base/error.h"
#include "image/formats.h"

bool th_keep_profile(const struct th_make *make, const struct th_icc *icc, size_t icc_len,
                     uint32_t bands)
{
    if (make->options->metadata == THUMBS_METADATA_NONE || bands < 3) return false;
    if (icc_len == 0 || icc_len > TH_METADATA_MOST_ICC) return false;
    return icc->kind == TH_ICC_RGB || icc->kind == TH_ICC_SRGB;
}

enum thumbs_code th_keep(struct th_make *make, struct th_view icc, struct thumbs_error *err)
{
    struct th_metadata_found found = {0};
    bool ok = true;
    if (make->options->metadata == THUMBS_METADATA_NONE) return THUMBS_OK;
    const struct th_make *from = make->whole ? make->whole : make;
    th_metadata_fn *find = th_format(from->format)->metadata;
    if (make->options->metadata == THUMBS_METADATA_ALL && find)
        ok = find((struct th_view){from->data, from->len}, &found);
    th_metadata_finish(&make->kept);
    ok = ok && th_metadata_keep(&found, icc, &make->kept);
    th_metadata_found_finish(&found);
    if (ok) return THUMBS_OK;
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory for its metadata");
}

bool th_kept_to_srgb(const struct th_make *make, struct th_pixels *p)
{
    const struct th_view profile = make->kept.icc;
    struct th_icc icc;
    if (!profile.len) return true;
    if (!th_icc_read(&icc, profile.data, profile.len, p->bands)) return false;
    th_icc_apply(&icc, p);
    return true;
}

bool th_kept_in_srgb(const struct th_make *make, const struct th_pixels *p, struct th_pixels *out)
{
    return th_pixels_copy(p, out) && th_kept_to_srgb(make, out);
}
