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
    enum { FINE, BAD_SUM, BEHIND_PIXELS } fault;
};

static void add_be(struct th_bytes *b, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        th_bytes_addc(b, (char)(v >> shift));
}

static void add_chunk(struct th_bytes *b, const struct chunk *c)
{
    uLong crc = crc32(0, (const Bytef *)c->name, 4);
    if (c->len) crc = crc32(crc, c->body, (uInt)c->len);
    add_be(b, (uint32_t)c->len);
    th_bytes_adds(b, c->name);
    if (c->len) th_bytes_add(b, c->body, c->len);
    add_be(b, (uint32_t)crc ^ (c->fault == BAD_SUM));
}

static void add_chunks(struct th_bytes *b, const struct chunk *chunks, bool behind)
{
    for (; chunks->name; chunks++)
        if ((chunks->fault == BEHIND_PIXELS) == behind) add_chunk(b, chunks);
}

#define ALPHA 128

/* How its pixels are stored. */
enum kind { GREY, GREY_ALPHA, RGB, RGB_ALPHA, PALETTE };
static const struct {
    uint8_t type, samples, colours;
} kinds[] = {[GREY] = {0, 1, 1},
             [GREY_ALPHA] = {4, 2, 1},
             [RGB] = {2, 3, 3},
             [RGB_ALPHA] = {6, 4, 3},
             [PALETTE] = {3, 1, 0}};

/* Samples of 16 bits where `deep`. A palette stands behind the other chunks. */
static void make_png(struct th_bytes *b, const uint8_t colour[3], enum kind kind, bool deep,
                     const struct chunk *chunks)
{
    const uint8_t header[] = {0, 0, 0, SIDE, 0, 0, 0, SIDE, deep ? 16 : 8, kinds[kind].type,
                              0, 0, 0};
    uint8_t rows[SIDE * (1 + SIDE * 8)], packed[1000];
    size_t n = 0;
    for (unsigned y = 0; y < SIDE; y++) {
        rows[n++] = 0;
        for (unsigned x = 0; x < SIDE; x++)
            for (unsigned i = 0; i < kinds[kind].samples * (deep ? 2u : 1u); i++) {
                const unsigned k = deep ? i / 2 : i;
                rows[n++] = kind == PALETTE ? 0 : k < kinds[kind].colours ? colour[k] : ALPHA;
            }
    }
    uLongf packed_len = sizeof packed;
    cr_assert_eq(compress(packed, &packed_len, rows, n), Z_OK);
    th_bytes_add(b, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(b, &(struct chunk){"IHDR", header, sizeof header, FINE});
    add_chunks(b, chunks, false);
    if (kind == PALETTE) add_chunk(b, &(struct chunk){"PLTE", colour, 3, FINE});
    add_chunk(b, &(struct chunk){"IDAT", packed, packed_len, FINE});
    add_chunks(b, chunks, true);
    add_chunk(b, &(struct chunk){"IEND", NULL, 0, FINE});
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
                     cicp_pq[] = {1, 16, 0, 1}, cicp_srgb[] = {1, 13, 0, 1},
                     cicp_untold[] = {2, 2, 0, 1}, cicp_reserved[] = {1, 99, 0, 1},
                     cicp_no_primaries[] = {3, 13, 0, 1}, cicp_range[] = {12, 13, 0, 2},
                     cicp_short[] = {12, 13, 0}, srgb_9[] = {9}, srgb_long[] = {0, 0},
                     plte[] = {200, 40, 40}, plte_odd[] = {200, 40, 40, 1},
                     plte_long[3 * 257] = {0};
/* Hundred thousandths: white D65, then red, green and blue of Display P3; and all in one place. */
static const uint8_t chrm_p3[] = {0,    0,    0x7A, 0x26, 0,    0,    0x80, 0x84, 0,    1,   0x09,
                                  0xA0, 0,    0,    0x7D, 0x00, 0,    0,    0x67, 0x84, 0,   1,
                                  0x0D, 0x88, 0,    0,    0x3A, 0x98, 0,    0,    0x17, 0x70};
static const uint8_t chrm_flat[32] = {0};

#define CHUNK(name, body) FAULTY(name, body, FINE)
#define FAULTY(name, body, fault)                                                                  \
    {                                                                                              \
        name, body, sizeof(body), fault                                                            \
    }

Test(colours, of_a_png_by_precedence)
{
    size_t len, other_len;
    void *profile = profile_of("red-blue-exchanged.png", &len);
    void *grey = profile_of("grey-gamma-1.8.png", &other_len);
    const struct chunk icc = {"iCCP", profile, len, FINE}, wrong = {"iCCP", grey, other_len, FINE},
                       broken = {"iCCP", profile, len / 2, FINE},
                       bad_sum = {"iCCP", profile, len, BAD_SUM},
                       behind = {"iCCP", profile, len, BEHIND_PIXELS};
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
        /* Each with each of those that it comes before, in both orders. */
        {"cICP, iCCP", {CHUNK("cICP", cicp_p3), icc}, {P3, false}},
        {"cICP, sRGB", {CHUNK("cICP", cicp_p3), CHUNK("sRGB", srgb)}, {P3, false}},
        {"sRGB, cICP", {CHUNK("sRGB", srgb), CHUNK("cICP", cicp_p3)}, {P3, false}},
        {"cICP, gAMA", {CHUNK("cICP", cicp_srgb), CHUNK("gAMA", gama_1)}, {AS_IT_IS, false}},
        {"cICP, gAMA and cHRM",
         {CHUNK("gAMA", gama_1), CHUNK("cICP", cicp_srgb), CHUNK("cHRM", chrm_p3)},
         {AS_IT_IS, false}},
        {"iCCP, gAMA and cHRM",
         {CHUNK("cHRM", chrm_p3), icc, CHUNK("gAMA", gama_1)},
         {EXCHANGED, false}},
        {"sRGB, gAMA and cHRM",
         {CHUNK("cHRM", chrm_p3), CHUNK("gAMA", gama_1), CHUNK("sRGB", srgb)},
         {AS_IT_IS, false}},
        {"broken iCCP, sRGB, gAMA",
         {broken, CHUNK("sRGB", srgb), CHUNK("gAMA", gama_1)},
         {AS_IT_IS, true}},
        {"iCCP for grey, gAMA", {wrong, CHUNK("gAMA", gama_1)}, {LINEAR, true}},
        /* What means nothing is passed over. */
        {"cICP that tells nothing, iCCP", {CHUNK("cICP", cicp_untold), icc}, {EXCHANGED, false}},
        {"cICP of no transfer, iCCP", {icc, CHUNK("cICP", cicp_reserved)}, {EXCHANGED, false}},
        {"cICP of no transfer, gAMA",
         {CHUNK("cICP", cicp_reserved), CHUNK("gAMA", gama_1)},
         {LINEAR, false}},
        {"cICP of no primaries, cICP",
         {CHUNK("cICP", cicp_no_primaries), CHUNK("cICP", cicp_p3)},
         {P3, false}},
        {"cICP of no range, iCCP", {CHUNK("cICP", cicp_range), icc}, {EXCHANGED, false}},
        {"cICP of three bytes, iCCP", {CHUNK("cICP", cicp_short), icc}, {EXCHANGED, false}},
        {"sRGB of no intent, gAMA",
         {CHUNK("sRGB", srgb_9), CHUNK("gAMA", gama_1)},
         {LINEAR, false}},
        {"sRGB of two bytes, gAMA",
         {CHUNK("sRGB", srgb_long), CHUNK("gAMA", gama_1)},
         {LINEAR, false}},
        /* Of two the first counts, that makes sense. */
        {"gAMA, gAMA", {CHUNK("gAMA", gama_srgb), CHUNK("gAMA", gama_1)}, {AS_IT_IS, false}},
        {"gAMA of nothing, gAMA", {CHUNK("gAMA", gama_0), CHUNK("gAMA", gama_1)}, {LINEAR, false}},
        {"cICP, cICP", {CHUNK("cICP", cicp_p3), CHUNK("cICP", cicp_srgb)}, {P3, false}},
        {"iCCP, broken iCCP", {icc, broken}, {EXCHANGED, false}},
        {"broken iCCP, iCCP", {broken, icc}, {AS_IT_IS, true}},
        /* A wrong checksum: as if it were not there. */
        {"gAMA, wrong sum", {FAULTY("gAMA", gama_1, BAD_SUM)}, {AS_IT_IS, false}},
        {"gAMA, wrong sum, gAMA",
         {FAULTY("gAMA", gama_srgb, BAD_SUM), CHUNK("gAMA", gama_1)},
         {LINEAR, false}},
        {"sRGB, wrong sum, gAMA",
         {FAULTY("sRGB", srgb, BAD_SUM), CHUNK("gAMA", gama_1)},
         {LINEAR, false}},
        {"cICP, wrong sum, iCCP", {FAULTY("cICP", cicp_p3, BAD_SUM), icc}, {EXCHANGED, false}},
        {"iCCP, wrong sum, gAMA", {bad_sum, CHUNK("gAMA", gama_1)}, {LINEAR, false}},
        {"iCCP, wrong sum, iCCP", {bad_sum, icc}, {EXCHANGED, false}},
        /* Behind the pixels: the same. */
        {"gAMA, late", {FAULTY("gAMA", gama_1, BEHIND_PIXELS)}, {AS_IT_IS, false}},
        {"iCCP, late", {behind}, {AS_IT_IS, false}},
        {"gAMA, late sRGB",
         {CHUNK("gAMA", gama_1), FAULTY("sRGB", srgb, BEHIND_PIXELS)},
         {LINEAR, false}},
        {"iCCP, late cICP", {icc, FAULTY("cICP", cicp_p3, BEHIND_PIXELS)}, {EXCHANGED, false}},
    };
    static const enum kind of_kinds[] = {RGB, RGB_ALPHA, PALETTE};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned k = 0; k < 5; k++) {
            struct th_bytes b = {0};
            char what[100];
            snprintf(what, sizeof what, "%s, kind %u", cases[i].what, k);
            make_png(&b, red, of_kinds[k % 3], k > 2, cases[i].chunks);
            expect(what, &b, &cases[i].want);
            th_bytes_finish(&b);
        }
    free(profile);
    free(grey);
}

/* Beside RGB a palette only suggests colours: what is wrong with it is nothing to the picture. What
 * stands behind it is out of place. */
Test(colours, of_a_png_with_a_palette_beside_it)
{
    const struct {
        const char *what;
        struct chunk chunks[3];
        struct wanted want;
    } cases[] = {
        {"gAMA, PLTE", {CHUNK("gAMA", gama_1), CHUNK("PLTE", plte)}, {LINEAR, false}},
        {"gAMA, odd PLTE", {CHUNK("gAMA", gama_1), CHUNK("PLTE", plte_odd)}, {LINEAR, false}},
        {"gAMA, long PLTE", {CHUNK("gAMA", gama_1), CHUNK("PLTE", plte_long)}, {LINEAR, false}},
        {"PLTE, gAMA", {CHUNK("PLTE", plte), CHUNK("gAMA", gama_1)}, {AS_IT_IS, false}},
        {"PLTE, cICP", {CHUNK("PLTE", plte), CHUNK("cICP", cicp_p3)}, {AS_IT_IS, false}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct th_bytes b = {0};
        make_png(&b, red, RGB, false, cases[i].chunks);
        expect(cases[i].what, &b, &cases[i].want);
        th_bytes_finish(&b);
    }
}

/* Grey follows the same, and stays grey. */
Test(colours, of_a_grey_png)
{
    size_t len, other_len;
    void *profile = profile_of("grey-gamma-1.8.png", &len);
    void *rgb = profile_of("red-blue-exchanged.png", &other_len);
    const uint8_t grey[3] = {100};
    const struct chunk icc = {"iCCP", profile, len, FINE}, wrong = {"iCCP", rgb, other_len, FINE};
    const struct {
        const char *what;
        struct chunk chunks[4];
        int sample;
        bool warns;
    } cases[] = {
        {"nothing", {{0}}, 100, false},
        {"linear", {CHUNK("gAMA", gama_1)}, 167, false},
        {"linear and cHRM", {CHUNK("cHRM", chrm_p3), CHUNK("gAMA", gama_1)}, 167, false},
        {"P3", {CHUNK("cICP", cicp_p3)}, 100, false},
        {"linear by cICP", {CHUNK("cICP", cicp_linear), icc}, 167, false},
        {"iCCP", {CHUNK("gAMA", gama_1), icc}, 119, false},
        {"cICP of nothing, iCCP", {CHUNK("cICP", cicp_reserved), icc}, 119, false},
        {"sRGB, gAMA", {CHUNK("gAMA", gama_1), CHUNK("sRGB", srgb)}, 100, false},
        {"iCCP of RGB", {wrong}, 100, true},
        {"iCCP of RGB, gAMA", {wrong, CHUNK("gAMA", gama_1)}, 167, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned k = 0; k < 4; k++) {
            struct th_bytes b = {0};
            const int v = cases[i].sample;
            make_png(&b, grey, k % 2 ? GREY_ALPHA : GREY, k > 1, cases[i].chunks);
            expect(cases[i].what, &b, &(struct wanted){{v, v, v}, cases[i].warns});
            th_bytes_finish(&b);
        }
    free(profile);
    free(rgb);
}

/* Transfers by their formulas in H.273, table 3. */
Test(colours, transfers_of_codes)
{
    static const struct {
        uint8_t code;
        int rgb[3];
    } cases[] = {{1, {200, 40, 40}},  {4, {201, 35, 35}},  {5, {189, 17, 17}},
                 {6, {200, 40, 40}},  {7, {206, 58, 58}},  {8, {229, 110, 110}},
                 {9, {164, 39, 39}},  {10, {146, 22, 22}}, {11, {200, 40, 40}},
                 {13, {200, 40, 40}}, {14, {200, 40, 40}}, {17, {200, 23, 23}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t codes[] = {1, cases[i].code, 0, 1};
        const struct chunk chunks[] = {CHUNK("cICP", codes), {0}};
        struct wanted want = {{0}, false};
        struct th_bytes b = {0};
        char what[20];
        snprintf(what, sizeof what, "transfer %u", cases[i].code);
        memcpy(want.rgb, cases[i].rgb, sizeof want.rgb);
        make_png(&b, red, RGB, false, chunks);
        expect(what, &b, &want);
        th_bytes_finish(&b);
    }
}

/* 58 % of PQ is 203 cd/m2, which is white of SDR, compressed to a little below it. */
Test(colours, hdr_is_mapped)
{
    const uint8_t white[3] = {148, 148, 148};
    const struct chunk pq[] = {CHUNK("cICP", cicp_pq), {0}};
    struct th_bytes b = {0};
    make_png(&b, white, RGB, false, pq);
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
