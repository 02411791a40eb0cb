/* SPDX-License-Identifier: MIT */
/*
 * The decoder of progressive files against libjpeg-turbo: sound or damaged, whatever libjpeg-turbo
 * reads must give the same coefficients here, and what it has nothing against must not be called
 * damaged. Ours may take more: it passes over scans.
 */
#include "image/jpeg/jpeg_progressive.h"
#include "jpeg_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* All components at 1 << i eighths, or chroma one step smaller. False: there is no picture. */
static bool decode(const struct th_jpeg_header *h, const uint8_t *data, size_t len, unsigned i,
                   struct th_jpeg_plane planes[4], const char **what)
{
    static struct th_jpeg_scan *scan; /* kept, as workers do */
    if (!scan) scan = th_jpeg_scan_create();
    for (unsigned c = 0; c < h->n_components; c++)
        make_plane(h, c, scales[c && i && (data[len / 2] & 1) ? i - 1 : i], &planes[c]);
    enum th_jpeg_scan_end end = th_jpeg_progressive_decode(scan, h, data, len, planes, 0, what);
    if (end != TH_JPEG_SCAN_OK && end != TH_JPEG_SCAN_CORRUPT) fail("it gave up");
    if (end == TH_JPEG_SCAN_CORRUPT && !*what) fail("it does not say why");
    return end == TH_JPEG_SCAN_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct th_jpeg_header h;
    if (!th_jpeg_parse(data, len, &h) || !th_jpeg_progressive_takes(&h)) return 0;
    if ((uint64_t)h.width * h.height > MAX_BLOCKS * 64) return 0;
    struct th_jpeg_plane planes[N_SCALES][4];
    memset(planes, 0, sizeof planes);
    bool ok[N_SCALES], damaged = false;
    for (unsigned i = 0; i < N_SCALES; i++) {
        const char *what;
        ok[i] = decode(&h, data, len, i, planes[i], &what);
        damaged |= ok[i] && what;
        if (!ok[i]) drop_planes(planes[i]);
    }
    enum verdict verdict = check_with_turbo(data, len, planes, false);
    for (unsigned i = 0; i < N_SCALES; i++)
        if (verdict != REFUSED && !ok[i]) fail("libjpeg-turbo takes it");
    if (verdict == CLEAN && damaged) fail("libjpeg-turbo sees no damage");
    for (unsigned i = 0; i < N_SCALES; i++)
        drop_planes(planes[i]);
    return 0;
}
