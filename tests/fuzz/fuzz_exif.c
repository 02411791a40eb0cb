/* SPDX-License-Identifier: MIT */
/*
 * Which way up: any bytes as EXIF, both bare and found in a JPEG; and well-formed directories made
 * from the input, in which the orientation must be found whatever stands before it. Small copies of
 * a picture lie within its file.
 */
#include "fuzz.h"
#include "image/exif.h"
#include "image/jpeg/jpeg_embedded.h"
#include "image/jpeg/jpeg_parse.h"

static void put(uint8_t *p, uint32_t v, unsigned n, bool big)
{
    for (unsigned i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> 8 * (big ? n - 1 - i : i));
}

/* A TIFF header, `gap` bytes, a directory with n entries of which the last says `orientation`. */
static void check_well_formed(struct fuzz_input in, unsigned orientation, bool big)
{
    enum { MOST = 32 };
    uint32_t gap = fuzz_u8(&in), n = 1 + fuzz_u8(&in) % MOST, type = 1 + 2 * (fuzz_u8(&in) & 1);
    size_t len = 8 + gap + 2 + 12 * (size_t)n;
    uint8_t *tiff = calloc(1, len), *at = tiff + 8 + gap;
    if (!tiff) abort();
    memcpy(tiff, big ? "MM\0*" : "II*\0", 4);
    put(tiff + 4, 8 + gap, 4, big);
    put(at, n, 2, big);
    at += 2;
    for (uint32_t i = 0; i + 1 < n; i++, at += 12) {
        for (unsigned k = 0; k < 12; k++)
            at[k] = fuzz_u8(&in);
        if (at[0] == 0x01 && at[1] == 0x12) at[0] = 2;
        if (at[0] == 0x12 && at[1] == 0x01) at[0] = 2;
    }
    put(at, 0x0112, 2, big);
    put(at + 2, type, 2, big);
    put(at + 4, 1, 4, big);
    put(at + 8, orientation, type == 1 ? 1 : 2, big);
    /* Too short for a directory of one entry and nothing else is what th_exif_orientation() calls
     * none. */
    fuzz_check(th_exif_orientation(tiff, len) == orientation);
    fuzz_check(th_exif_orientation(tiff, len - 1) == 1);
    free(tiff);
}

static void check_copies(const uint8_t *data, size_t len)
{
    enum { MOST = 5 };
    struct th_embedded_copy copies[MOST];
    uint8_t *exact = fuzz_copy(data, len);
    const size_t n = th_jpeg_embedded((struct th_view){exact, len}, copies, MOST);
    fuzz_check(n <= MOST);
    for (size_t i = 0; i < n; i++) {
        const struct th_view v = copies[i].data;
        fuzz_check(v.len && v.data >= exact && v.len <= len && v.data + v.len <= exact + len);
        fuzz_check(copies[i].orientation <= 8);
    }
    struct th_exif_thumbnail thumbnail;
    if (th_exif_thumbnail((struct th_view){exact, len}, &thumbnail))
        fuzz_check(thumbnail.jpeg.len && thumbnail.jpeg.data >= exact &&
                   thumbnail.jpeg.data + thumbnail.jpeg.len <= exact + len);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    unsigned bare = th_exif_orientation(len ? data : NULL, len);
    fuzz_check(bare >= 1 && bare <= 8);
    check_copies(data, len);
    struct th_jpeg_header header;
    if (th_jpeg_parse(data, len, &header) && header.exif) {
        fuzz_check(header.exif >= data && header.exif_len <= len &&
                   header.exif + header.exif_len <= data + len);
        uint8_t *exact = fuzz_copy(header.exif, header.exif_len);
        unsigned found = th_exif_orientation(exact, header.exif_len);
        fuzz_check(found >= 1 && found <= 8);
        free(exact);
    }
    if (len >= 3) {
        struct fuzz_input in = {data, len};
        uint8_t how = fuzz_u8(&in);
        check_well_formed(in, 1 + (how & 7), how & 8);
    }
    return 0;
}
