/* SPDX-License-Identifier: MIT */
/*
 * The scan decoder against libjpeg-turbo: whatever ours accepts, libjpeg-turbo must decode without
 * a warning and to the same coefficients. At 1/8 luma is also compared with what libjpeg-turbo
 * itself puts out. All other parsers of JPEG bytes run along.
 */
#include "image/exif.h"
#include "image/jpeg/jpeg_scan.h"
#include "jpeg_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Against libjpeg-turbo's own output at 1/8, where it gives a component at 1/8. */
static void check_eighth(const uint8_t *data, size_t len, const struct th_jpeg_header *h,
                         const struct th_jpeg_plane planes[4])
{
    struct th_jpeg_planes turbo = {0};
    if (th_jpeg_planes_decode_turbo(h, data, len, 1, 0, &turbo, NULL))
        fail("libjpeg-turbo refuses it at 1/8");
    if (turbo.damaged) fail("libjpeg-turbo warns at 1/8");
    for (unsigned c = 0; c < h->n_components; c++)
        for (unsigned y = 0; y < planes[c].height && turbo.planes[c].n == 1; y++)
            if (memcmp(turbo.planes[c].data + y * turbo.planes[c].stride,
                       planes[c].data + y * planes[c].stride, planes[c].width))
                fail("samples at 1/8");
    th_jpeg_planes_finish(&turbo);
}

static void run_sequential(const struct th_jpeg_header *h, const uint8_t *data, size_t len)
{
    static struct th_jpeg_scan *scan; /* kept: its cache of tables is part of what is tested */
    if (!scan) scan = th_jpeg_scan_create();
    struct th_jpeg_plane planes[N_SCALES][4];
    memset(planes, 0, sizeof planes);
    bool any = false;
    for (unsigned i = 0; i < N_SCALES; i++) {
        /* chroma one step smaller every other time, as 4:4:4 sources have it */
        for (unsigned c = 0; c < h->n_components; c++)
            make_plane(h, c, scales[c && i && (data[len / 2] & 1) ? i - 1 : i], &planes[i][c]);
        if (th_jpeg_scan_decode(scan, h, data, len, planes[i], 0) == TH_JPEG_SCAN_OK)
            any = true;
        else
            drop_planes(planes[i]);
    }
    /* Whether a file is regular does not depend on n. */
    for (unsigned i = 1; i < N_SCALES; i++)
        if (!planes[i][0].data != !planes[0][0].data) fail("accepted at one n and not at another");
    if (any && check_with_turbo(data, len, planes, false) != CLEAN)
        fail("libjpeg-turbo refuses it or warns");
    if (any) check_eighth(data, len, h, planes[0]);
    for (unsigned i = 0; i < N_SCALES; i++)
        drop_planes(planes[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct th_jpeg_header h;
    if (!th_jpeg_parse(data, len, &h)) return 0;
    th_exif_orientation(h.exif, h.exif_len);
    uint8_t profile[4096];
    th_jpeg_icc_collect(data, len, profile, sizeof profile);
    uint32_t until, all;
    th_jpeg_count_scans(data, len, &h, &until, &all);
    if ((uint64_t)h.width * h.height > MAX_BLOCKS * 64) return 0;
    if (th_jpeg_scan_takes(&h)) run_sequential(&h, data, len);
    return 0;
}
