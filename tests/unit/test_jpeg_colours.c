/* SPDX-License-Identifier: MIT */
/* What the markers of a JPEG say of its colours: a profile in parts, and what its components are.
 * On both ways, since libvips has ideas of its own: with `linear` it decodes. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "image/jpeg/jpeg_parse.h"
#include "support/file_bytes.h"
#include "support/picture.h"
#include "support/read_png.h"

enum { SIDE = 60 };

/* A thumbnail as RGBA; the caller finishes it. Is there a warning? */
static struct th_pixels make(const struct th_bytes *file, bool linear, bool *warns)
{
    static struct th_image_result result;
    struct thumbs_image_options o = test_picture_options(SIDE, THUMBS_FORMAT_PNG);
    struct th_sink sink;
    struct thumbs_error err = {0};
    struct th_pixels p = {0};
    o.linear = linear;
    th_sink_init_heap(&sink);
    const enum thumbs_code code =
        th_image_make((const uint8_t *)file->data, file->len, &o, NULL, &sink, &result, &err);
    cr_assert_eq(code, THUMBS_OK, "%s", err.message);
    cr_assert(test_read_png(sink.data, sink.len, &p));
    *warns = result.warning[0];
    th_sink_finish_heap(&sink);
    return p;
}

static double distance(const struct th_pixels *a, const struct th_pixels *b)
{
    double sum = 0;
    const size_t n = (size_t)a->width * a->height * 4;
    cr_assert(a->width == b->width && a->height == b->height);
    for (size_t i = 0; i < n; i++)
        sum += abs(a->data[i] - b->data[i]);
    return sum / (double)n;
}

/* ---- a profile ---- */

/* Part `number` of `total`: one third of the profile, or all of it. */
struct part {
    uint8_t number, total, third; /* number and total 0: no more */
};
enum { ALL = 3 };

static void add_part(struct th_bytes *b, const struct part *p, const uint8_t *profile, size_t len)
{
    const size_t from = p->third == ALL ? 0 : len * p->third / 3,
                 to = p->third == ALL ? len : len * (p->third + 1u) / 3;
    test_add_be(b, 0xFFE2, 2);
    test_add_be(b, 2 + 14 + to - from, 2);
    th_bytes_add(b, "ICC_PROFILE", 12);
    th_bytes_addc(b, (char)p->number);
    th_bytes_addc(b, (char)p->total);
    th_bytes_add(b, profile + from, to - from);
}

Test(jpeg_colours, a_profile_in_parts)
{
    static const struct {
        const char *what;
        struct part parts[5];
        bool counts;
    } cases[] = {
        {"whole", {{1, 1, ALL}}, true},
        {"in three", {{1, 3, 0}, {2, 3, 1}, {3, 3, 2}}, true},
        {"out of order", {{3, 3, 2}, {1, 3, 0}, {2, 3, 1}}, true},
        {"twice", {{1, 1, ALL}, {1, 1, ALL}}, true},
        {"a part twice", {{1, 3, 0}, {2, 3, 1}, {2, 3, 1}, {3, 3, 2}}, true},
        {"the first is missing", {{2, 3, 1}, {3, 3, 2}}, false},
        {"the last is missing", {{1, 3, 0}, {2, 3, 1}}, false},
        {"one between is missing", {{1, 3, 0}, {3, 3, 2}}, false},
        {"one more is announced", {{1, 4, 0}, {2, 4, 1}, {3, 4, 2}}, false},
        {"one less is announced", {{1, 2, 0}, {2, 2, 1}, {3, 2, 2}}, false},
        {"none is announced", {{1, 0, ALL}}, false},
        {"counted from 0", {{0, 3, 0}, {1, 3, 1}, {2, 3, 2}}, false},
        {"two of a number", {{1, 3, 0}, {1, 3, 1}, {2, 3, 1}, {3, 3, 2}}, false},
        {"not of one mind", {{1, 2, 0}, {2, 3, 1}, {3, 3, 2}}, false},
    };
    struct th_bytes with = test_read_sample("icc/red-blue-exchanged.jpg"),
                    without = test_read_sample("icc/without-profile.jpg");
    uint8_t *profile;
    size_t len;
    bool unfit, warns;
    cr_assert(th_jpeg_icc_copy((const uint8_t *)with.data, with.len, &profile, &len, &unfit));
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct th_bytes file = {0};
        const bool linear = i % 2, counts = cases[i / 2].counts;
        struct th_pixels plain = make(&without, linear, &warns);
        th_bytes_add(&file, without.data, 2);
        for (const struct part *p = cases[i / 2].parts; p->number || p->total; p++)
            add_part(&file, p, profile, len);
        th_bytes_add(&file, without.data + 2, without.len - 2);
        struct th_pixels p = make(&file, linear, &warns);
        cr_expect_eq(distance(&p, &plain) > 20, counts, "%s, linear %d: %.1f", cases[i / 2].what,
                     linear, distance(&p, &plain));
        cr_expect_neq(warns, counts, "%s, linear %d", cases[i / 2].what, linear);
        th_pixels_finish(&p);
        th_pixels_finish(&plain);
        th_bytes_finish(&file);
    }
    free(profile);
    th_bytes_finish(&with);
    th_bytes_finish(&without);
}

/* ---- components ---- */

/* The same file without any APPn. */
static struct th_bytes without_apps(const struct th_bytes *file)
{
    struct th_bytes out = {0};
    const uint8_t *d = (const uint8_t *)file->data;
    th_bytes_add(&out, file->data, 2);
    size_t at = 2;
    while (d[at + 1] != 0xDA) {
        const size_t len = 2 + (size_t)(d[at + 2] << 8 | d[at + 3]);
        if (d[at + 1] < 0xE0 || d[at + 1] > 0xEF) th_bytes_add(&out, file->data + at, len);
        at += len;
    }
    th_bytes_add(&out, file->data + at, file->len - at);
    return out;
}

/* 'J': JFIF; a digit: Adobe's with this transform. */
static void add_marker(struct th_bytes *b, char what)
{
    if (what == 'J') {
        th_bytes_add(b, "\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 18);
    } else {
        th_bytes_add(b,
                     "\xff\xee\0\x0e"
                     "Adobe\0\x64\0\0\0\0",
                     15);
        th_bytes_addc(b, (char)(what - '0'));
    }
}

/* Each holds what its markers say. Others are told of it that change nothing, or that make
 * something else of it, as libjpeg, so every browser, has it: JFIF wins over Adobe, and of Adobe's
 * the last. */
Test(jpeg_colours, components_by_markers)
{
    static const struct {
        const char *sample, *same, *other; /* lists of markers, each between blanks */
    } cases[] = {
        {"jpeg/baseline-444.jpg", "J 1 2 J0 J1 J2 0J 1J 01", "0 10"},
        {"jpeg/rgb-adobe-marker.jpg", "0 10", "J 1 2 J0 0J 01"},
        {"jpeg/cmyk-adobe-marker.jpg", "0 J J0 0J 20", "1 2 J2"},
        {"jpeg/ycck-444.jpg", "2 1 J2 2J 02", "0 J J0 20"},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        const bool linear = i % 2;
        bool warns;
        struct th_bytes sample = test_read_sample(cases[i / 2].sample),
                        bare = without_apps(&sample);
        struct th_pixels want = make(&sample, linear, &warns);
        for (unsigned same = 0; same < 2; same++) {
            char lists[60], *at = lists, *list;
            snprintf(lists, sizeof lists, "%s", same ? cases[i / 2].same : cases[i / 2].other);
            while ((list = strsep(&at, " "))) {
                struct th_bytes file = {0};
                th_bytes_add(&file, bare.data, 2);
                for (const char *c = list; *c; c++)
                    add_marker(&file, *c);
                th_bytes_add(&file, bare.data + 2, bare.len - 2);
                struct th_pixels got = make(&file, linear, &warns);
                const double far = distance(&got, &want);
                cr_expect(same ? far < 1 : far > 10, "%s as %s, linear %d: %.1f",
                          cases[i / 2].sample, list, linear, far);
                th_pixels_finish(&got);
                th_bytes_finish(&file);
            }
        }
        th_pixels_finish(&want);
        th_bytes_finish(&bare);
        th_bytes_finish(&sample);
    }
}
