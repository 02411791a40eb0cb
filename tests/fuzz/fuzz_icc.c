/* SPDX-License-Identifier: MIT */
/*
 * Colour profiles: any bytes as one, bare or put together from the segments of a JPEG, for one to
 * four bands, used on a few pixels. Whatever they are, the pixels stay within their memory, alpha
 * is left alone, and a profile that was met before is judged as it was then.
 *
 * A bare input: one byte for the bands and the number of profiles, then that many, of equal
 * lengths.
 */
#include "fuzz.h"
#include "image/icc.h"
#include "image/jpeg/jpeg_parse.h"

enum { MAX_PARTS = 4, WIDTH = 7, HEIGHT = 3 };

static void check_apply(const struct th_icc *icc, uint32_t bands)
{
    struct th_pixels p = {.width = WIDTH, .height = HEIGHT, .bands = bands};
    size_t n = (size_t)WIDTH * HEIGHT * bands;
    uint8_t before[WIDTH * HEIGHT * 4];
    p.data = malloc(n);
    if (!p.data) abort();
    for (size_t i = 0; i < n; i++)
        p.data[i] = before[i] = (uint8_t)(i * 37);
    th_icc_apply(icc, &p);
    bool untouched = icc->kind == TH_ICC_OTHER || icc->kind == TH_ICC_SRGB;
    for (size_t i = 0; i < n; i++) {
        bool alpha = bands % 2 == 0 && i % bands == bands - 1;
        if (untouched || alpha) fuzz_check(p.data[i] == before[i]);
    }
    free(p.data);
}

static enum th_icc_kind check_profile(const uint8_t *data, size_t len, uint32_t bands)
{
    struct th_icc icc;
    uint8_t *exact = fuzz_copy(data, len);
    fuzz_check(th_icc_read(&icc, exact, len, bands));
    free(exact); /* the cache must have its own copy */
    fuzz_check((icc.kind == TH_ICC_RGB || icc.kind == TH_ICC_GREY) ==
               (icc.transform != NULL || icc.matrix != NULL));
    fuzz_check(!icc.transform || !icc.matrix);
    if (icc.kind == TH_ICC_RGB) fuzz_check(bands >= 3);
    if (icc.kind == TH_ICC_GREY) fuzz_check(bands <= 2);
    check_apply(&icc, bands);
    return icc.kind;
}

/* CMYK, for which there is always a conversion; what was a sample of ink is then one of light. */
static void check_cmyk(const uint8_t *data, size_t len)
{
    struct th_icc icc;
    struct th_pixels p = {.cmyk = true};
    uint8_t *exact = fuzz_copy(data, len);
    fuzz_check(th_icc_read_cmyk(&icc, exact, len));
    free(exact);
    fuzz_check(icc.kind == TH_ICC_CMYK && icc.transform != NULL);
    if (!th_pixels_init(&p, WIDTH, HEIGHT, 4)) abort();
    p.cmyk = true;
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * 4; i++)
        p.data[i] = (uint8_t)(i * 37);
    th_icc_apply(&icc, &p);
    fuzz_check(p.bands == 3 && !p.cmyk && p.width == WIDTH && p.height == HEIGHT);
    th_pixels_finish(&p);
}

static void check_bare(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    uint8_t how = fuzz_u8(&in);
    uint32_t bands = 1 + (how & 3), n_parts = 1 + (how >> 2 & 3);
    size_t part = in.len / n_parts;
    enum th_icc_kind kinds[MAX_PARTS];
    for (uint32_t i = 0; i < n_parts; i++)
        kinds[i] = check_profile(in.data + i * part, part, bands);
    if (bands == 4) check_cmyk(in.data, part);
    for (uint32_t i = n_parts; i-- > 0;)
        fuzz_check(check_profile(in.data + i * part, part, bands) == kinds[i]);
}

static void check_jpeg(const uint8_t *data, size_t len)
{
    struct th_jpeg_header header;
    if (!th_jpeg_parse(data, len, &header)) return;
    size_t n = th_jpeg_icc_collect(data, len, NULL, 0);
    if (n == 0) return;
    fuzz_check(n <= len);
    uint8_t *profile = malloc(n);
    if (!profile) abort();
    fuzz_check(th_jpeg_icc_collect(data, len, profile, n) == n);
    check_profile(profile, n, 3);
    check_profile(profile, n, 1);
    free(profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_jpeg(data, len);
    if (len > 1) check_bare(data, len);
    th_icc_thread_finish(); /* so that an input stands for itself */
    return 0;
}
