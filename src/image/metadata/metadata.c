/* SPDX-License-Identifier: MIT */
#include "image/metadata/metadata.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/sys.h"
#include "image/metadata/xmp_clean.h"

void th_metadata_found_finish(struct th_metadata_found *found)
{
    free(found->memory);
    *found = (struct th_metadata_found){0};
}

void th_metadata_finish(struct th_metadata *m)
{
    free(m->memory);
    *m = (struct th_metadata){0};
}

/* A copy of `from` at *at, which moves on; nothing of what is longer than `most`. */
static struct th_view copy(uint8_t **at, struct th_view from, size_t most)
{
    const struct th_view to = {*at, from.len <= most ? from.len : 0};
    if (to.len) memcpy(*at, from.data, to.len);
    *at += to.len;
    return to;
}

static struct th_view shorter(struct th_view v, size_t len)
{
    return (struct th_view){v.data, v.len < len ? v.len : len};
}

/* A block of EXIF that is too long may still hold what counts: the thumbnail stands last. */
static void clean(struct th_metadata *m, struct th_view exif, uint8_t *room, uint8_t *marks)
{
    if (exif.len) memcpy(room, exif.data, exif.len);
    m->exif = (struct th_view){room, th_exif_clean(room, exif.len, marks, &m->sides)};
    if (!m->exif.len) m->sides.n = 0;
    m->xmp.len = th_xmp_clean((uint8_t *)m->xmp.data, m->xmp.len);
}

bool th_metadata_keep(const struct th_metadata_found *found, struct th_view icc,
                      struct th_metadata *out)
{
    const struct th_view exif = shorter(found->exif, TH_METADATA_MOST_EXIF);
    /* Each is bounded before it is added up, and no sum overflows. */
    const size_t sum = shorter(icc, TH_METADATA_MOST_ICC).len +
                       shorter(found->xmp, TH_METADATA_MOST_XMP).len +
                       shorter(found->iptc, TH_METADATA_MOST_IPTC).len + 2 * exif.len;
    *out = (struct th_metadata){0};
    if (sum == 0) return true;
    uint8_t *at = out->memory = th_alloc(sum);
    if (!at) return false;
    out->icc = copy(&at, icc, TH_METADATA_MOST_ICC);
    out->xmp = copy(&at, found->xmp, TH_METADATA_MOST_XMP);
    out->iptc = copy(&at, found->iptc, TH_METADATA_MOST_IPTC);
    clean(out, exif, at, at + exif.len);
    if (!out->icc.len && !out->exif.len && !out->xmp.len && !out->iptc.len) th_metadata_finish(out);
    return true;
}

void th_metadata_set_sides(struct th_metadata *m, uint32_t width, uint32_t height)
{
    if (m->exif.len)
        th_exif_set_sides(m->memory + (m->exif.data - m->memory), &m->sides, width, height);
}

uint64_t th_metadata_most(const struct thumbs_image_options *options, uint64_t file_len)
{
    /* A block may be compressed in the file, by a thousand at best. */
    const uint64_t there = th_mul_sat(file_len, 1024);
    uint64_t most = 0;
    if (options->metadata != THUMBS_METADATA_NONE) most += TH_METADATA_MOST_ICC;
    if (options->metadata == THUMBS_METADATA_ALL)
        most += 2 * TH_METADATA_MOST_EXIF + TH_METADATA_MOST_XMP + TH_METADATA_MOST_IPTC;
    return th_min_u64(most, there);
}
