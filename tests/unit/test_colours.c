/* SPDX-License-Identifier: MIT */
/* What a PNG says of its colours, which of it counts, and profiles that do not fit. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/bytes.h"
#include "image/colours.h"
#include "image/image.h"
#include "support/picture.h"
#include "support/read_png.h"

#define SIDE 8

/* ---- a PNG of one colour ---- */

struct chunk {
    const char *name; /* NULL: no more */
    const void *body;
    size_t len;
};

static void add_be(struct th_bytes *b, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        th_bytes_addc(b, (char)(v >> shift));
}

static void add_chunk(struct th_bytes *b, const char *name, const void *body, size_t len)
{
    uLong crc = crc32(crc32(0, (const Bytef *)name, 4), body, (uInt)len);
    add_be(b, (uint32_t)len);
    th_bytes_adds(b, name);
    if (len) th_bytes_add(b, body, len);
    add_be(b, (uint32_t)(len ? crc : crc32(0, (const Bytef *)name, 4)));
}

/* bands: 1 or 3. Samples of 16 bits where `deep`. */
static void make_png(struct th_bytes *b, const uint8_t colour[3], unsigned bands, bool deep,
                     const struct chunk *chunks)
{
    const uint8_t header[] = {0, 0, 0, SIDE, 0, 0, 0, SIDE, deep ? 16 : 8, bands == 1 ? 0 : 2,
                              0, 0, 0};
    uint8_t rows[SIDE * (1 + SIDE * 6)], packed[1000];
    size_t n = 0;
    for (unsigned y = 0; y < SIDE; y++) {
        rows[n++] = 0;
        for (unsigned x = 0; x < SIDE * bands; x++)
            for (unsigned i = 0; i < (deep ? 2u : 1u); i++)
                rows[n++] = colour[x % bands];
    }
    uLongf packed_len = sizeof packed;
    cr_assert_eq(compress(packed, &packed_len, rows, n), Z_OK);
    th_bytes_add(b, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(b, "IHDR", header, sizeof header);
    for (; chunks->name; chunks++)
        add_chunk(b, chunks->name, chunks->body, chunks->len);
    add_chunk(b, "IDAT", packed, packed_len);
    add_chunk(b, "IEND", NULL, 0);
}

/* The body of a sample's iCCP; free(). */
static void *profile_of(const char *sample, size_t *len)
{
    char path[500];
    uint8_t *file = malloc(1 << 20);
    snprintf(path, sizeof path, "%s/icc/%s", TEST_SAMPLES, sample);
    FILE *in = fopen(path, "rb");
    cr_assert(in && file, "%s", path);
    const size_t n = fread(file, 1, 1 << 20, in);
    fclose(in);
    for (size_t at = 8; at + 12 <= n;) {
        const uint32_t l = (uint32_t)file[at] << 24 | (uint32_t)file[at + 1] << 16 |
                           (uint32_t)file[at + 2] << 8 | file[at + 3];
        if (memcmp(file + at + 4, "iCCP", 4) == 0) {
            memmove(file, file + at + 8, l);
            *len = l;
            return file;
        }
        at += 12 + l;
    }
    cr_assert_fail("%s has no profile", path);
    return NULL;
}

/* ---- what comes out ---- */

struct wanted {
    int rgb[3];
    bool warns;
};

static void expect(const char *what, const struct th_bytes *b, const struct wanted *want)
{
    const struct thumbs_image_options o = test_picture_options(SIDE, THUMBS_FORMAT_PNG);
    static struct th_image_result result;
    struct th_sink sink;
    struct thumbs_error err = {0};
    struct th_pixels p = {0};
    th_sink_init_heap(&sink);
    cr_assert_eq(th_image_make((const uint8_t *)b->data, b->len, &o, NULL, &sink, &result, &err),
                 THUMBS_OK, "%s: %s", what, err.message);
    cr_assert(test_read_png(sink.data, sink.len, &p));
    const uint8_t *got = test_pixel(&p, 0.5, 0.5);
    for (int k = 0; k < 3; k++)
        cr_expect_leq(abs(got[k] - want->rgb[k]), 2, "%s: %u,%u,%u and not %d,%d,%d", what, got[0],
                      got[1], got[2], want->rgb[0], want->rgb[1], want->rgb[2]);
    cr_expect_eq(result.damaged, 0u, "%s", what);
    cr_expect_eq(result.warning[0] != 0, want->warns, "%s: %s", what, result.warning);
    th_pixels_finish(&p);
    th_sink_finish_heap(&sink);
}

static const uint8_t red[3] = {200, 40, 40};
#define AS_IT_IS                                                                                   \
    {                                                                                              \
        200, 40, 40                                                                                \
    }
#define LINEAR                                                                                     \
    {                                                                                              \
        229, 110, 110                                                                              \
    }
#define P3                                                                                         \
    {                                                                                              \
        218, 0, 26                                                                                 \
    }
#define P3_POWER                                                                                   \
    {                                                                                              \
        220, 0, 18                                                                                 \
    }
#define EXCHANGED                                                                                  \
    {                                                                                              \
        40, 40, 200                                                                                \
    }

static const uint8_t gama_1[] = {0, 1, 0x86, 0xA0}, gama_srgb[] = {0, 0, 0xB1, 0x8F},
                     gama_0[4] = {0};
static const uint8_t srgb[] = {0}, cicp_p3[] = {12, 13, 0, 1}, cicp_linear[] = {1, 8, 0, 1},
                     cicp_ycc[] = {12, 13, 1, 1}, cicp_narrow[] = {1, 13, 0, 0},
                     cicp_pq[] = {1, 16, 0, 1};
/* Hundred thousandths: white D65, then red, green and blue of Display P3; and all in one place. */
static const uint8_t chrm_p3[] = {0,    0,    0x7A, 0x26, 0,    0,    0x80, 0x84, 0,    1,   0x09,
                                  0xA0, 0,    0,    0x7D, 0x00, 0,    0,    0x67, 0x84, 0,   1,
                                  0x0D, 0x88, 0,    0,    0x3A, 0x98, 0,    0,    0x17, 0x70};
static const uint8_t chrm_flat[32] = {0};

#define CHUNK(name, body)                                                                          \
    {                                                                                              \
        name, body, sizeof(body)                                                                   \
    }

Test(colours, of_a_png_by_precedence)
{
    size_t len, other_len;
    void *profile = profile_of("red-blue-exchanged.png", &len);
    void *grey = profile_of("grey-gamma-1.8.png", &other_len);
    const struct chunk icc = {"iCCP", profile, len}, wrong = {"iCCP", grey, other_len},
                       broken = {"iCCP", profile, len / 2};
    const struct {
        const char *what;
        struct chunk chunks[4];
        struct wanted want;
    } cases[] = {
        {"nothing", {{0}}, {AS_IT_IS, false}},
        {"gAMA", {CHUNK("gAMA", gama_1)}, {LINEAR, false}},
        {"gAMA of sRGB", {CHUNK("gAMA", gama_srgb)}, {AS_IT_IS, false}},
        {"gAMA of nothing", {CHUNK("gAMA", gama_0)}, {AS_IT_IS, false}},
        {"cHRM alone", {CHUNK("cHRM", chrm_p3)}, {AS_IT_IS, false}},
        {"gAMA and cHRM", {CHUNK("gAMA", gama_srgb), CHUNK("cHRM", chrm_p3)}, {P3_POWER, false}},
        {"cHRM and gAMA", {CHUNK("cHRM", chrm_p3), CHUNK("gAMA", gama_srgb)}, {P3_POWER, false}},
        {"cHRM without sense", {CHUNK("cHRM", chrm_flat), CHUNK("gAMA", gama_1)}, {LINEAR, false}},
        {"sRGB before gAMA", {CHUNK("gAMA", gama_1), CHUNK("sRGB", srgb)}, {AS_IT_IS, false}},
        {"iCCP", {icc}, {EXCHANGED, false}},
        {"iCCP before gAMA", {CHUNK("gAMA", gama_1), icc}, {EXCHANGED, false}},
        {"iCCP before sRGB", {icc, CHUNK("sRGB", srgb)}, {EXCHANGED, false}},
        {"iCCP before sRGB, the other way", {CHUNK("sRGB", srgb), icc}, {EXCHANGED, false}},
        {"broken iCCP", {broken}, {AS_IT_IS, true}},
        {"broken iCCP, gAMA", {broken, CHUNK("gAMA", gama_1)}, {LINEAR, true}},
        {"iCCP for grey", {wrong}, {AS_IT_IS, true}},
        {"cICP", {CHUNK("cICP", cicp_p3)}, {P3, false}},
        {"cICP, linear", {CHUNK("cICP", cicp_linear)}, {LINEAR, false}},
        {"cICP before all", {CHUNK("gAMA", gama_1), icc, CHUNK("cICP", cicp_p3)}, {P3, false}},
        {"cICP before broken iCCP", {broken, CHUNK("cICP", cicp_p3)}, {P3, false}},
        {"cICP of YCbCr is none", {CHUNK("cICP", cicp_ycc)}, {AS_IT_IS, false}},
        {"cICP, narrow range", {CHUNK("cICP", cicp_narrow)}, {{214, 28, 28}, false}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned deep = 0; deep < 2; deep++) {
            struct th_bytes b = {0};
            make_png(&b, red, 3, deep, cases[i].chunks);
            expect(cases[i].what, &b, &cases[i].want);
            th_bytes_finish(&b);
        }
    free(profile);
    free(grey);
}

/* Grey follows the same, and stays grey. */
Test(colours, of_a_grey_png)
{
    const uint8_t grey[3] = {100};
    const struct chunk linear[] = {CHUNK("gAMA", gama_1), {0}},
                       p3[] = {CHUNK("cICP", cicp_p3), {0}};
    struct th_bytes b = {0};
    make_png(&b, grey, 1, false, linear);
    expect("grey, linear", &b, &(struct wanted){{167, 167, 167}, false});
    th_bytes_truncate(&b, 0);
    make_png(&b, grey, 1, false, p3);
    expect("grey, P3", &b, &(struct wanted){{100, 100, 100}, false});
    th_bytes_finish(&b);
}

/* 58 % of PQ is 203 cd/m2, which is white of SDR, compressed to a little below it. */
Test(colours, hdr_is_mapped)
{
    const uint8_t white[3] = {148, 148, 148};
    const struct chunk pq[] = {CHUNK("cICP", cicp_pq), {0}};
    struct th_bytes b = {0};
    make_png(&b, white, 3, false, pq);
    expect("PQ", &b, &(struct wanted){{241, 241, 241}, false});
    th_bytes_finish(&b);
}

Test(colours, primaries_that_make_no_sense)
{
    static const struct th_primaries fine = {{0.64, 0.33}, {0.3, 0.6}, {0.15, 0.06}, {0.31, 0.33}};
    struct th_primaries p = fine;
    cr_expect(th_primaries_make_sense(&p));
    p.white = (struct th_xy){0.7, 0.2};
    cr_expect_not(th_primaries_make_sense(&p), "white outside");
    p = fine;
    p.red = p.green;
    cr_expect_not(th_primaries_make_sense(&p), "a line");
    p = fine;
    p.white.y = 0;
    cr_expect_not(th_primaries_make_sense(&p), "white without light");
}
