/* SPDX-License-Identifier: MIT */
/* EXIF and XMP are cleaned: blocks made here, in both byte orders. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "image/exif.h"
#include "image/metadata/metadata.h"

/* A block of EXIF that is being made. */
struct made {
    struct th_bytes b;
    bool big;
};

static void add(struct made *m, uint32_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        th_bytes_addc(&m->b, (char)(v >> 8 * (m->big ? n - 1 - i : i)));
}

static void add_entry(struct made *m, uint32_t tag, uint32_t type, uint32_t count, uint32_t value)
{
    const bool short_one = type == 3 && count == 1;
    add(m, tag, 2);
    add(m, type, 2);
    add(m, count, 4);
    add(m, value, short_one ? 2 : 4);
    if (short_one) add(m, 0, 2);
}

/* Offsets of what is in it. */
enum { IFD0 = 8, NAME = 80, EXIF = 90, GPS = 140, IFD1 = 170, THUMBNAIL = 200, END = 230 };

static void fill_to(struct made *m, size_t at)
{
    cr_assert_leq(m->b.len, at);
    while (m->b.len < at)
        th_bytes_addc(&m->b, '#');
}

static void make_block(struct made *m)
{
    th_bytes_add(&m->b, m->big ? "MM\0*" : "II*\0", 4);
    add(m, IFD0, 4);
    add(m, 5, 2);
    add_entry(m, 0x010F, 2, 8, NAME);      /* maker */
    add_entry(m, 0x0112, 3, 1, 6);         /* orientation */
    add_entry(m, 0x014A, 4, 1, THUMBNAIL); /* more directories */
    add_entry(m, 0x8769, 4, 1, EXIF);
    add_entry(m, 0x8825, 4, 1, GPS);
    add(m, IFD1, 4);
    fill_to(m, NAME);
    th_bytes_add(&m->b, "Acme Ca", 8);
    fill_to(m, EXIF);
    add(m, 3, 2);
    add_entry(m, 0x9286, 7, 1000, 10); /* a comment that lies beyond the end */
    add_entry(m, 0xA002, 4, 1, 4000);
    add_entry(m, 0xA003, 3, 1, 3000);
    add(m, 0, 4);
    fill_to(m, GPS);
    add(m, 1, 2);
    add_entry(m, 1, 2, 2, 0x4E004E00); /* north */
    add(m, 0, 4);
    fill_to(m, IFD1);
    add(m, 1, 2);
    add_entry(m, 0x0201, 4, 1, THUMBNAIL);
    add(m, 0, 4);
    fill_to(m, THUMBNAIL);
    th_bytes_add(&m->b, "\xff\xd8 secret \xff\xd9", 12);
    fill_to(m, END);
}

static void keep(struct th_view exif, const char *xmp, struct th_metadata *out)
{
    const struct th_metadata_found found = {.exif = exif,
                                            .xmp = {(const uint8_t *)xmp, xmp ? strlen(xmp) : 0}};
    cr_assert(th_metadata_keep(&found, (struct th_view){0}, out));
}

static uint32_t get(struct th_view v, size_t at, unsigned n, bool big)
{
    return (uint32_t)(big ? th_view_be(v, at, n) : th_view_le(v, at, n));
}

static struct th_view block_of(const struct made *m)
{
    return (struct th_view){(const uint8_t *)m->b.data, m->b.len};
}

Test(metadata, exif_is_upright_without_its_thumbnail)
{
    for (int big = 0; big <= 1; big++) {
        struct made m = {.big = big};
        struct th_metadata kept;
        make_block(&m);
        cr_assert_eq(th_exif_orientation((const uint8_t *)m.b.data, m.b.len), 6);
        keep(block_of(&m), NULL, &kept);
        const struct th_view v = kept.exif;
        cr_assert_eq(v.len, GPS + 2 + 12 + 4, "%zu bytes are left", v.len);
        cr_expect_eq(th_exif_orientation(v.data, v.len), 1);
        cr_expect_eq(get(v, IFD0, 2, big), 4, "the directories elsewhere have gone");
        cr_expect_eq(get(v, IFD0 + 2 + 4 * 12, 4, big), 0, "no second directory");
        cr_expect(!memmem(v.data, v.len, "secret", 6));
        cr_expect(!memchr(v.data, '#', v.len), "what nothing refers to is cleared");
        cr_expect(memcmp(v.data + NAME, "Acme Ca", 8) == 0, "what is referred to has not moved");
        cr_expect_eq(get(v, EXIF, 2, big), 2, "what lies beyond the end has gone");
        th_metadata_finish(&kept);
        th_bytes_finish(&m.b);
    }
}

Test(metadata, exif_tells_the_sides_of_each_output)
{
    for (int big = 0; big <= 1; big++) {
        struct made m = {.big = big};
        struct th_metadata kept;
        make_block(&m);
        keep(block_of(&m), NULL, &kept);
        for (uint32_t side = 100; side <= 300; side += 200) {
            th_metadata_set_sides(&kept, side, side / 2);
            cr_expect_eq(get(kept.exif, EXIF + 2 + 8, 4, big), side);
            cr_expect_eq(get(kept.exif, EXIF + 2 + 12 + 8, 2, big), side / 2);
        }
        th_metadata_finish(&kept);
        th_bytes_finish(&m.b);
    }
}

/* Cut anywhere, with any byte changed: nothing is read or written beyond it (sanitizers see that),
 * and what is left is upright. */
Test(metadata, broken_exif_is_left_out_or_mended)
{
    struct made m = {.big = true};
    make_block(&m);
    for (size_t i = 0; i < m.b.len; i++) {
        for (unsigned change = 0; change < 3; change++) {
            const size_t len = change ? m.b.len : i;
            uint8_t *exact = malloc(len + 1);
            struct th_metadata kept;
            memcpy(exact, m.b.data, len);
            if (change) exact[i] = change == 1 ? 0xFF : exact[i] ^ 1;
            keep((struct th_view){exact, len}, NULL, &kept);
            cr_expect(kept.exif.len == 0 ||
                      th_exif_orientation(kept.exif.data, kept.exif.len) == 1);
            th_metadata_set_sides(&kept, 1, 1);
            th_metadata_finish(&kept);
            free(exact);
        }
    }
    th_bytes_finish(&m.b);
}

static void expect_xmp(const char *from, const char *want)
{
    struct th_metadata kept;
    keep((struct th_view){0}, from, &kept);
    cr_expect(kept.xmp.len == strlen(want) && memcmp(kept.xmp.data, want, kept.xmp.len) == 0,
              "%s became %.*s", from, (int)kept.xmp.len, (const char *)kept.xmp.data);
    th_metadata_finish(&kept);
}

Test(metadata, xmp_is_upright_and_whole)
{
    expect_xmp("<x a='b' tiff:Orientation=\"6\" c='d'>", "<x a='b' tiff:Orientation=\"1\" c='d'>");
    expect_xmp("<tiff:Orientation>8</tiff:Orientation>", "<tiff:Orientation>1</tiff:Orientation>");
    expect_xmp("<x tiff:Orientation = '6'><y tiff:Orientation='3'/></x>",
               "<x tiff:Orientation = '1'><y tiff:Orientation='1'/></x>");
    expect_xmp("<x xmpNote:HasExtendedXMP=\"0123\" y='z'>",
               "<x xmpNote:HasExtendedXMP=\"    \" y='z'>");
    expect_xmp("<x/>\n   \n   <?xpacket end='w'?>", "<x/>\n<?xpacket end='w'?>");
    expect_xmp("<x tiff:Orientation=\"6", "<x tiff:Orientation=\"6");
}

Test(metadata, what_has_no_room_is_left_out)
{
    struct th_metadata kept;
    uint8_t *large = calloc(1, TH_METADATA_MOST_ICC + 1);
    memset(large, 'x', TH_METADATA_MOST_ICC);
    struct th_metadata_found found = {.xmp = {large, TH_METADATA_MOST_XMP + 1},
                                      .iptc = {large, TH_METADATA_MOST_IPTC + 1}};
    cr_assert(th_metadata_keep(&found, (struct th_view){large, TH_METADATA_MOST_ICC + 1}, &kept));
    cr_expect(th_metadata_is_empty(&kept));
    found.xmp.len--;
    found.iptc.len--;
    cr_assert(th_metadata_keep(&found, (struct th_view){large, TH_METADATA_MOST_ICC}, &kept));
    cr_expect_eq(kept.xmp.len, TH_METADATA_MOST_XMP);
    cr_expect_eq(kept.iptc.len, TH_METADATA_MOST_IPTC);
    cr_expect_eq(kept.icc.len, TH_METADATA_MOST_ICC);
    th_metadata_finish(&kept);
    /* Text in UTF-16 is none in UTF-8. */
    found = (struct th_metadata_found){.xmp = {(const uint8_t *)"<\0x\0", 4}};
    cr_assert(th_metadata_keep(&found, (struct th_view){0}, &kept));
    cr_expect(th_metadata_is_empty(&kept));
    free(large);
}
