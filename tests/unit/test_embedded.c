/* SPDX-License-Identifier: MIT */
/* Small copies that a file holds beside its picture. Here pictures are red and copies blue, so that
 * a thumbnail tells what it was made of. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/file_bytes.h"
#include "support/made.h"
#include "support/picture.h"
#include "support/read_png.h"

enum { WIDTH = 1200, HEIGHT = 800 };
static const uint8_t red[3] = {200, 20, 20}, blue[3] = {20, 20, 200};

/* A JPEG file of one colour. */
static struct th_bytes jpeg(uint32_t width, uint32_t height, const uint8_t colour[3],
                            bool progressive)
{
    struct th_bytes ppm = {0}, out = {0};
    struct thumbs_image_options o = test_picture_options(WIDTH, THUMBS_FORMAT_JPEG);
    o.progressive = progressive;
    th_bytes_addf(&ppm, "P6\n%u %u\n255\n", width, height);
    for (uint32_t i = 0; i < width * height; i++)
        th_bytes_add(&ppm, colour, 3);
    struct test_made m = test_make(ppm.data, ppm.len, &o);
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    th_bytes_add(&out, m.sink.data, m.sink.len);
    th_sink_finish_heap(&m.sink);
    th_bytes_finish(&ppm);
    return out;
}

static void add_entry(struct th_bytes *b, unsigned tag, unsigned type, uint32_t value)
{
    test_add_be(b, tag, 2);
    test_add_be(b, type, 2);
    test_add_be(b, 1, 4);
    test_add_be(b, type == 3 ? value << 16 : value, 4);
}

/* Orientations: 0 tells nothing. */
static void add_exif(struct th_bytes *b, unsigned orientation, unsigned of_copy,
                     const struct th_bytes *copy, int more_offset, int more_len)
{
    const uint32_t second = 8 + 2 + 12 + 4, at = second + 2 + 3 * 12 + 4;
    test_add_be(b, 0xFFE1, 2);
    test_add_be(b, 2 + 6 + at + copy->len, 2);
    th_bytes_add(b, "Exif\0\0MM\0*", 10);
    test_add_be(b, 8, 4);
    test_add_be(b, 1, 2);
    add_entry(b, orientation ? 0x0112 : 0x0100, 3, orientation ? orientation : 1);
    test_add_be(b, second, 4);
    test_add_be(b, 3, 2);
    add_entry(b, of_copy ? 0x0112 : 0x0103, 3, of_copy ? of_copy : 6);
    add_entry(b, 0x0201, 4, at + (uint32_t)more_offset);
    add_entry(b, 0x0202, 4, (uint32_t)(copy->len + (size_t)more_len));
    test_add_be(b, 0, 4);
    th_bytes_add(b, copy->data, copy->len);
}

struct recipe {
    uint32_t width, height; /* of the copy */
    unsigned orientation, of_copy;
    bool progressive;
    int more_offset, more_len, cut; /* lies of its directory; bytes that are broken at its end */
};

static struct th_bytes with_exif(const struct recipe *r)
{
    struct th_bytes whole = jpeg(WIDTH, HEIGHT, red, false), b = {0},
                    copy = jpeg(r->width, r->height, blue, r->progressive);
    copy.len -= (size_t)r->cut;
    test_add_be(&b, 0xFFD8, 2);
    add_exif(&b, r->orientation, r->of_copy, &copy, r->more_offset, r->more_len);
    th_bytes_add(&b, whole.data + 2, whole.len - 2);
    th_bytes_finish(&whole);
    th_bytes_finish(&copy);
    return b;
}

static struct thumbs_image_options options(uint32_t side)
{
    struct thumbs_image_options o = test_picture_options(side, THUMBS_FORMAT_PNG);
    o.embedded = 1;
    return o;
}

/* Is the thumbnail made of the copy? What is told agrees, and the source's sides are the whole's.
 */
static bool is_of_copy(const struct th_bytes *b, const struct thumbs_image_options *o, bool turned)
{
    struct test_made m = test_make(b->data, b->len, o);
    struct th_pixels p;
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    cr_assert(test_read_png(m.sink.data, m.sink.len, &p));
    const uint8_t *c = test_pixel(&p, 0.5, 0.5);
    const bool copy = c[2] > 150 && c[0] < 60;
    cr_expect(copy || (c[0] > 150 && c[2] < 60), "neither: %d %d %d", c[0], c[1], c[2]);
    cr_expect_eq(m.result.from, copy ? THUMBS_FROM_EMBEDDED : THUMBS_FROM_PICTURE);
    cr_expect_eq(m.result.width, turned ? HEIGHT : WIDTH);
    cr_expect_eq(m.result.height, turned ? WIDTH : HEIGHT);
    cr_expect_eq(m.result.n_outputs, 1u);
    cr_expect_not(m.result.damaged);
    cr_expect_eq(p.width > p.height, !turned);
    th_pixels_finish(&p);
    th_sink_finish_heap(&m.sink);
    return copy;
}

static bool uses(const struct recipe *r, uint32_t side)
{
    struct th_bytes b = with_exif(r);
    const struct thumbs_image_options o = options(side);
    const bool copy = is_of_copy(&b, &o, th_orientation_swaps(r->orientation));
    th_bytes_finish(&b);
    return copy;
}

Test(embedded, a_copy_that_agrees_is_used)
{
    cr_expect(uses(&(struct recipe){.width = 300, .height = 200}, 100));
    cr_expect(uses(&(struct recipe){.width = 300, .height = 200}, 300), "just as large");
    cr_expect(uses(&(struct recipe){.width = 160, .height = 107}, 100), "rounded");
    cr_expect(uses(&(struct recipe){.width = 299, .height = 200}, 100), "rounded down");
    cr_expect(uses(&(struct recipe){.width = 300, .height = 200, .orientation = 6}, 100));
    cr_expect(
        uses(&(struct recipe){.width = 300, .height = 200, .orientation = 6, .of_copy = 6}, 100));
    cr_expect(uses(&(struct recipe){.width = 300, .height = 200, .of_copy = 1}, 100));
}

Test(embedded, a_copy_that_does_not_agree_is_not)
{
    cr_expect_not(uses(&(struct recipe){.width = 300, .height = 200}, 301), "too small");
    cr_expect_not(uses(&(struct recipe){.width = 160, .height = 106}, 100), "66 rows, not 67");
    cr_expect_not(uses(&(struct recipe){.width = 160, .height = 120}, 64), "other shape");
    cr_expect_not(uses(&(struct recipe){.width = 200, .height = 300}, 64), "turned already");
    cr_expect_not(uses(&(struct recipe){.width = 200, .height = 300, .orientation = 6}, 64),
                  "turned already");
    cr_expect_not(
        uses(&(struct recipe){.width = 300, .height = 200, .orientation = 6, .of_copy = 1}, 64),
        "says that it is upright");
    cr_expect_not(uses(&(struct recipe){.width = 300, .height = 200, .of_copy = 3}, 64));
    cr_expect_not(uses(&(struct recipe){.width = 300, .height = 200, .progressive = true}, 64));
}

/* As if there were none. */
Test(embedded, a_copy_that_is_broken_is_passed_over)
{
    static const int cuts[] = {2, 20, 100};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        cr_expect_not(uses(&(struct recipe){.width = 300, .height = 200, .cut = cuts[i]}, 64) &&
                          cuts[i] > 2,
                      "%d", cuts[i]);
    cr_expect_not(uses(&(struct recipe){.width = 300, .height = 200, .more_offset = 3}, 64));
    cr_expect_not(uses(&(struct recipe){.width = 300, .height = 200, .more_len = 1000000}, 64));
    cr_expect_not(uses(&(struct recipe){.width = 300, .height = 200, .more_offset = -1000}, 64));
}

static void expect_of_picture(const struct th_bytes *b, const struct thumbs_image_options *o,
                              uint32_t n_outputs)
{
    struct test_made m = test_make(b->data, b->len, o);
    cr_expect_eq(m.result.from, THUMBS_FROM_PICTURE);
    cr_expect_eq(m.result.n_outputs, n_outputs);
    th_sink_finish_heap(&m.sink);
}

Test(embedded, it_must_be_asked_for_and_large_enough_for_every_size)
{
    struct th_bytes b = with_exif(&(struct recipe){.width = 300, .height = 200});
    struct thumbs_image_options o = options(100);
    o.embedded = 0;
    cr_expect_not(is_of_copy(&b, &o, false));
    o.embedded = 1;
    cr_expect(is_of_copy(&b, &o, false));
    o.sizes[0] = (struct thumbs_size){200, 200, true};
    o.fit = THUMBS_FIT_COVER;
    struct test_made m = test_make(b.data, b.len, &o);
    cr_expect_eq(m.result.from, THUMBS_FROM_EMBEDDED);
    th_sink_finish_heap(&m.sink);
    o.sizes[0] = (struct thumbs_size){201, 201, true};
    m = test_make(b.data, b.len, &o);
    cr_expect_eq(m.result.from, THUMBS_FROM_PICTURE, "a crop shows more than the copy has");
    th_sink_finish_heap(&m.sink);
    o.fit = THUMBS_FIT_INSIDE;
    o.n_sizes = 2;
    o.sizes[1] = (struct thumbs_size){400, 400, true};
    expect_of_picture(&b, &o, 2);
    /* A copy that is just as large as one size, and smaller than those behind it. */
    o = options(300);
    o.n_sizes = 3;
    o.sizes[1] = (struct thumbs_size){400, 400, true};
    o.sizes[2] = (struct thumbs_size){500, 500, true};
    expect_of_picture(&b, &o, 3);
    /* Limits are those of the whole. */
    o = options(100);
    o.max_pixels = WIDTH * HEIGHT - 1;
    m = test_make(b.data, b.len, &o);
    cr_expect_eq(m.code, THUMBS_TOO_LARGE);
    th_sink_finish_heap(&m.sink);
    th_bytes_finish(&b);
}

/* ---- multi-picture files ---- */

static struct th_bytes with_mpf(unsigned class, uint32_t offset_lie)
{
    struct th_bytes whole = jpeg(WIDTH, HEIGHT, red, false), b = {0},
                    copy = jpeg(600, 400, blue, false);
    const uint32_t entries = 8 + 2 + 12 + 4, segment = 4 + entries + 2 * 16;
    test_add_be(&b, 0xFFD8FFE2, 4);
    test_add_be(&b, 2 + segment, 2);
    th_bytes_add(&b, "MPF\0", 4);
    const size_t base = b.len, whole_len = base + entries + 32 + whole.len - 2;
    th_bytes_add(&b, "MM\0*", 4);
    test_add_be(&b, 8, 4);
    test_add_be(&b, 1, 2);
    test_add_be(&b, 0xB0020007, 4);
    test_add_be(&b, 32, 4);
    test_add_be(&b, entries, 4);
    test_add_be(&b, 0, 4);
    test_add_be(&b, 0x20030000, 4);
    test_add_be(&b, whole_len, 4);
    test_add_be(&b, 0, 8);
    test_add_be(&b, class << 16 | 1, 4);
    test_add_be(&b, copy.len, 4);
    test_add_be(&b, whole_len - base + offset_lie, 4);
    test_add_be(&b, 0, 4);
    th_bytes_add(&b, whole.data + 2, whole.len - 2);
    cr_assert_eq(b.len, whole_len);
    th_bytes_add(&b, copy.data, copy.len);
    th_bytes_finish(&whole);
    th_bytes_finish(&copy);
    return b;
}

Test(embedded, large_thumbnails_of_a_multi_picture_file_are_used)
{
    static const struct {
        unsigned class;
        uint32_t lie, side;
        bool used;
    } rows[] = {{1, 0, 500, true},  {1, 0, 601, false}, {2, 0, 500, false},
                {3, 0, 500, false}, {1, 1, 500, false}, {1, 0x7fffffff, 500, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th_bytes b = with_mpf(rows[i].class, rows[i].lie);
        const struct thumbs_image_options o = options(rows[i].side);
        cr_expect_eq(is_of_copy(&b, &o, false), rows[i].used, "row %zu", i);
        th_bytes_finish(&b);
    }
}

/* ---- colours ---- */

/* A copy without a profile of a picture that has one for other colours than sRGB. */
Test(embedded, other_colours_are_not_taken_for_srgb)
{
    static const struct {
        const char *name;
        unsigned metadata;
        bool used;
    } rows[] = {{"icc/display-p3.jpg", THUMBS_METADATA_NONE, false},
                {"icc/adobe-rgb.jpg", THUMBS_METADATA_NONE, false},
                {"icc/srgb.jpg", THUMBS_METADATA_NONE, true},
                {"icc/srgb.jpg", THUMBS_METADATA_ICC, false},
                {"icc/without-profile.jpg", THUMBS_METADATA_ALL, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th_bytes whole = test_read_sample(rows[i].name), b = {0};
        struct thumbs_image_options o = options(32);
        struct test_made m = test_make(whole.data, whole.len, &o);
        cr_assert_eq(m.code, THUMBS_OK);
        struct th_bytes copy = jpeg(m.result.width, m.result.height, blue, false);
        th_sink_finish_heap(&m.sink);
        test_add_be(&b, 0xFFD8, 2);
        add_exif(&b, 0, 0, &copy, 0, 0);
        th_bytes_add(&b, whole.data + 2, whole.len - 2);
        o.metadata = rows[i].metadata;
        m = test_make(b.data, b.len, &o);
        cr_expect_eq(m.code, THUMBS_OK);
        cr_expect_eq(m.result.from == THUMBS_FROM_EMBEDDED, rows[i].used, "row %zu", i);
        th_sink_finish_heap(&m.sink);
        th_bytes_finish(&whole);
        th_bytes_finish(&copy);
        th_bytes_finish(&b);
    }
}

/* ---- HEIC ---- */

#ifdef THUMBS_TEST_HEIF
Test(embedded, a_thumbnail_in_a_heic_is_used)
{
    struct th_bytes b = test_read_sample("heif/grid-gain-map.heic");
    struct thumbs_image_options o = options(64);
    struct test_made m = test_make(b.data, b.len, &o);
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    cr_expect_eq(m.result.from, THUMBS_FROM_EMBEDDED);
    o.embedded = 0;
    struct test_made whole = test_make(b.data, b.len, &o);
    cr_expect_eq(whole.result.from, THUMBS_FROM_PICTURE);
    cr_expect(m.result.width == whole.result.width && m.result.height == whole.result.height);
    struct th_pixels p, q;
    cr_assert(test_read_png(m.sink.data, m.sink.len, &p));
    cr_assert(test_read_png(whole.sink.data, whole.sink.len, &q));
    cr_assert(p.width == q.width && p.height == q.height);
    th_pixels_finish(&p);
    th_pixels_finish(&q);
    th_sink_finish_heap(&m.sink);
    th_sink_finish_heap(&whole.sink);
    th_bytes_finish(&b);
}
#endif
