/* SPDX-License-Identifier: MIT */
/*
 * EXIF blocks and a plain TIFF: both are a header and directories of twelve-byte entries.
 * Standards: TIFF 6.0, Exif 2.3 (JEITA CP-3451C).
 */
#include "generate.h"

enum { TYPE_SHORT = 3, TYPE_LONG = 4 };

/* A directory entry with a single value, which is then stored in the entry itself. */
struct entry {
    uint16_t tag;
    uint16_t type;
    uint32_t value;
};

static uint32_t directory_len(size_t n_entries)
{
    return (uint32_t)(2 + 12 * n_entries + 4);
}

static void put_header(struct gen_bytes *bytes, enum gen_order order)
{
    gen_bytes_put_text(bytes, order == GEN_BIG_ENDIAN ? "MM" : "II");
    gen_bytes_put_u16(bytes, order, 42);
    gen_bytes_put_u32(bytes, order, 8);
}

static void put_directory(struct gen_bytes *bytes, enum gen_order order,
                          const struct entry *entries, size_t n_entries, uint32_t next_offset)
{
    gen_bytes_put_u16(bytes, order, (uint16_t)n_entries);
    for (size_t i = 0; i < n_entries; i++) {
        gen_bytes_put_u16(bytes, order, entries[i].tag);
        gen_bytes_put_u16(bytes, order, entries[i].type);
        gen_bytes_put_u32(bytes, order, 1);
        if (entries[i].type == TYPE_SHORT) {
            gen_bytes_put_u16(bytes, order, (uint16_t)entries[i].value);
            gen_bytes_put_u16(bytes, order, 0);
        } else {
            gen_bytes_put_u32(bytes, order, entries[i].value);
        }
    }
    gen_bytes_put_u32(bytes, order, next_offset);
}

struct gen_bytes gen_exif(enum gen_order order, int orientation, const struct gen_bytes *thumbnail)
{
    struct gen_bytes exif = {0};
    struct entry first[] = {{0x0112, TYPE_SHORT, (uint32_t)orientation}};
    uint32_t second_offset = 8 + directory_len(1);

    put_header(&exif, order);
    put_directory(&exif, order, first, 1, thumbnail ? second_offset : 0);
    if (thumbnail) {
        struct entry second[] = {
            {0x0103, TYPE_SHORT, 6}, /* compressed as JPEG */
            {0x0201, TYPE_LONG, second_offset + directory_len(3)},
            {0x0202, TYPE_LONG, (uint32_t)thumbnail->len},
        };

        put_directory(&exif, order, second, 3, 0);
        gen_bytes_put(&exif, thumbnail->data, thumbnail->len);
    }
    return exif;
}

struct gen_bytes gen_tiff_grey(const struct gen_picture *picture, enum gen_order order)
{
    uint32_t width = (uint32_t)picture->width_px, height = (uint32_t)picture->height_px;
    struct entry entries[] = {
        {256, TYPE_LONG, width},
        {257, TYPE_LONG, height},
        {258, TYPE_SHORT, 8},                   /* bits a sample */
        {259, TYPE_SHORT, 1},                   /* not compressed */
        {262, TYPE_SHORT, 1},                   /* grey, 0 is black */
        {273, TYPE_LONG, 8 + directory_len(9)}, /* where the strip is */
        {277, TYPE_SHORT, 1},                   /* samples a pixel */
        {278, TYPE_LONG, height},               /* rows a strip */
        {279, TYPE_LONG, width * height},       /* length of the strip */
    };
    struct gen_bytes tiff = {0};

    put_header(&tiff, order);
    put_directory(&tiff, order, entries, sizeof entries / sizeof entries[0], 0);
    for (size_t i = 0; i < (size_t)width * height; i++) {
        uint8_t grey = (uint8_t)gen_quantise(gen_luma(picture->pixels[i]), 255);

        gen_bytes_put(&tiff, &grey, 1);
    }
    return tiff;
}

struct gen_bytes gen_tiff_old_jpeg(const struct gen_picture *picture, const struct gen_bytes *jpeg)
{
    uint32_t height = (uint32_t)picture->height_px, at = 8 + directory_len(10);
    struct entry entries[] = {
        {256, TYPE_LONG, (uint32_t)picture->width_px},
        {257, TYPE_LONG, height},
        {258, TYPE_SHORT, 8}, /* bits a sample */
        {259, TYPE_SHORT, 6}, /* old-style JPEG */
        {262, TYPE_SHORT, 6}, /* Y'CbCr */
        {273, TYPE_LONG, at}, /* where the strip is */
        {277, TYPE_SHORT, 3}, /* samples a pixel */
        {278, TYPE_LONG, height},
        {279, TYPE_LONG, (uint32_t)jpeg->len},
        {513, TYPE_LONG, at}, /* where its tables are */
    };
    struct gen_bytes tiff = {0};

    put_header(&tiff, GEN_LITTLE_ENDIAN);
    put_directory(&tiff, GEN_LITTLE_ENDIAN, entries, sizeof entries / sizeof entries[0], 0);
    gen_bytes_put(&tiff, jpeg->data, jpeg->len);
    return tiff;
}
