/* SPDX-License-Identifier: MIT */
/*
 * EXIF, XMP and IPTC in any file: they are found within it, and what is kept of them is short
 * enough for a JPEG segment, upright, without a second directory, and stays the same when it is
 * cleaned again. The input is taken as a file of each format, and as the blocks themselves.
 */
#include "fuzz.h"
#include "image/exif.h"
#include "image/formats.h"

static uint32_t get(const struct th_view *v, size_t at, unsigned n)
{
    const bool big = v->data[0] == 'M';
    return (uint32_t)(big ? th_view_be(*v, at, n) : th_view_le(*v, at, n));
}

static void check_exif(struct th_view exif)
{
    if (!exif.len) return;
    fuzz_check(exif.len <= TH_METADATA_MOST_EXIF);
    fuzz_check(th_exif_orientation(exif.data, exif.len) == 1);
    const uint32_t at = get(&exif, 4, 4), n = get(&exif, at, 2);
    fuzz_check(get(&exif, at + 2 + 12 * (size_t)n, 4) == 0);
}

static void check_same(struct th_view a, struct th_view b)
{
    fuzz_check(a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0));
}

static void check_kept(const struct th_metadata_found *found)
{
    static const uint8_t icc[200000];
    struct th_metadata m, again;
    fuzz_check(th_metadata_keep(found, (struct th_view){icc, sizeof icc}, &m));
    check_exif(m.exif);
    fuzz_check(m.xmp.len <= TH_METADATA_MOST_XMP && m.iptc.len <= TH_METADATA_MOST_IPTC);
    fuzz_check(m.xmp.len == 0 || !memchr(m.xmp.data, 0, m.xmp.len));
    fuzz_check(m.icc.len == sizeof icc);
    const struct th_metadata_found cleaned = {.exif = m.exif, .xmp = m.xmp, .iptc = m.iptc};
    fuzz_check(th_metadata_keep(&cleaned, m.icc, &again));
    check_same(m.xmp, again.xmp);
    check_same(m.iptc, again.iptc);
    th_metadata_set_sides(&m, 70000, 1);
    th_metadata_finish(&again);
    th_metadata_finish(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t *exact = fuzz_copy(data, len);
    const struct th_view file = {exact, len};
    for (enum thumbs_format f = 0; f < THUMBS_N_FORMATS; f++) {
        struct th_metadata_found found = {0};
        if (!th_format(f)->metadata) continue;
        fuzz_check(th_format(f)->metadata(file, &found));
        check_kept(&found);
        th_metadata_found_finish(&found);
    }
    check_kept(&(struct th_metadata_found){.exif = file, .xmp = file, .iptc = file});
    free(exact);
    return 0;
}
