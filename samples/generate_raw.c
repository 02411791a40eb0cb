/* SPDX-License-Identifier: MIT */
/*
 * Raw files as cameras write them, as far as finding their preview goes: TIFF with a tiny page in
 * front, and below it what the sensor saw and a JPEG.
 * Standards: TIFF 6.0, TIFF/EP (ISO 12234-2), DNG 1.4.
 */
#include "generate.h"

#include <stdlib.h>
#include <string.h>

enum { TYPE_BYTE = 1, TYPE_ASCII = 2, TYPE_SHORT = 3, TYPE_LONG = 4 };
enum { RGB = 2, YCC = 6, CFA = 32803, NIKON_PACKED = 34713 };
enum { RAW_WIDTH_PX = 240, RAW_HEIGHT_PX = 160, TINY_WIDTH_PX = 24, TINY_HEIGHT_PX = 16 };
enum { MAX_ENTRIES = 24, MAX_BELOW = 2, ENTRY_LEN = 12 };

/* ---- directories ---- */

struct entry {
    uint16_t tag;
    struct gen_bytes bytes; /* as it stands in the file */
};

/* What does not fit into an entry is put into the file at once, before the directory. */
struct directory {
    struct gen_bytes *file;
    enum gen_order order;
    struct entry entries[MAX_ENTRIES];
    size_t n;
};

/* Where it lies. */
static uint32_t put_even(struct gen_bytes *file, const void *data, size_t len)
{
    gen_bytes_put_zeros(file, file->len & 1);
    gen_bytes_put(file, data, len);
    return (uint32_t)(file->len - len);
}

static void add_bytes(struct directory *d, uint16_t tag, uint16_t type, uint32_t count,
                      const void *data, size_t len)
{
    struct entry *e = &d->entries[d->n++];
    *e = (struct entry){.tag = tag};
    gen_bytes_put_u16(&e->bytes, d->order, tag);
    gen_bytes_put_u16(&e->bytes, d->order, type);
    gen_bytes_put_u32(&e->bytes, d->order, count);
    if (len > 4) {
        gen_bytes_put_u32(&e->bytes, d->order, put_even(d->file, data, len));
        return;
    }
    gen_bytes_put(&e->bytes, data, len);
    gen_bytes_put_zeros(&e->bytes, 4 - len);
}

static void add_numbers(struct directory *d, uint16_t tag, uint16_t type, const uint32_t *values,
                        uint32_t count)
{
    struct gen_bytes data = {0};
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t byte = (uint8_t)values[i];
        if (type == TYPE_BYTE)
            gen_bytes_put(&data, &byte, 1);
        else if (type == TYPE_SHORT)
            gen_bytes_put_u16(&data, d->order, (uint16_t)values[i]);
        else
            gen_bytes_put_u32(&data, d->order, values[i]);
    }
    add_bytes(d, tag, type, count, data.data, data.len);
    gen_bytes_finish(&data);
}

static void add_number(struct directory *d, uint16_t tag, uint16_t type, uint32_t value)
{
    add_numbers(d, tag, type, &value, 1);
}

static void add_text(struct directory *d, uint16_t tag, const char *text)
{
    add_bytes(d, tag, TYPE_ASCII, (uint32_t)strlen(text) + 1, text, strlen(text) + 1);
}

static int by_tag(const void *a, const void *b)
{
    return ((const struct entry *)a)->tag - ((const struct entry *)b)->tag;
}

/* Put it into the file, its entries in order: where it lies. */
static uint32_t finish(struct directory *d)
{
    struct gen_bytes own = {0};
    qsort(d->entries, d->n, sizeof d->entries[0], by_tag);
    gen_bytes_put_u16(&own, d->order, (uint16_t)d->n);
    for (size_t i = 0; i < d->n; i++) {
        gen_bytes_put(&own, d->entries[i].bytes.data, ENTRY_LEN);
        gen_bytes_finish(&d->entries[i].bytes);
    }
    gen_bytes_put_u32(&own, d->order, 0);
    const uint32_t at = put_even(d->file, own.data, own.len);
    gen_bytes_finish(&own);
    return at;
}

/* ---- pictures in them ---- */

struct strip {
    uint32_t subfile, width, height, samples, bits, compression, photometric;
    const struct gen_bytes *data;
};

static void add_strip(struct directory *d, const struct strip *s)
{
    const uint32_t bits[] = {s->bits, s->bits, s->bits};
    add_number(d, 254, TYPE_LONG, s->subfile);
    add_number(d, 256, TYPE_LONG, s->width);
    add_number(d, 257, TYPE_LONG, s->height);
    add_numbers(d, 258, TYPE_SHORT, bits, s->samples);
    add_number(d, 259, TYPE_SHORT, s->compression);
    add_number(d, 262, TYPE_SHORT, s->photometric);
    add_number(d, 273, TYPE_LONG, put_even(d->file, s->data->data, s->data->len));
    add_number(d, 277, TYPE_SHORT, s->samples);
    add_number(d, 278, TYPE_LONG, s->height);
    add_number(d, 279, TYPE_LONG, (uint32_t)s->data->len);
}

/* Red, green and blue side by side, as the filter before a sensor has them. */
static struct gen_bytes mosaic(const struct gen_picture *p)
{
    struct gen_bytes bytes = {0};
    for (int i = 0; i < p->width_px * p->height_px; i++) {
        const int x = i % p->width_px & 1, y = i / p->width_px & 1;
        const struct gen_colour c = p->pixels[i];
        const uint8_t sample = (uint8_t)gen_quantise(x + y == 0   ? c.r
                                                     : x + y == 2 ? c.b
                                                                  : c.g,
                                                     255);
        gen_bytes_put(&bytes, &sample, 1);
    }
    return bytes;
}

static struct gen_bytes samples_of(const struct gen_picture *p)
{
    struct gen_bytes bytes = {0};
    for (int i = 0; i < p->width_px * p->height_px; i++) {
        const struct gen_colour c = p->pixels[i];
        const uint8_t rgb[] = {(uint8_t)gen_quantise(c.r, 255), (uint8_t)gen_quantise(c.g, 255),
                               (uint8_t)gen_quantise(c.b, 255)};
        gen_bytes_put(&bytes, rgb, sizeof rgb);
    }
    return bytes;
}

/* ---- files ---- */

struct raw {
    const char *path, *make, *model;
    enum gen_order order;
    int orientation;
    int preview_width_px, preview_height_px; /* as the raw picture lies; 0: there is none */
    bool dng;       /* else as Nikon writes it, with the preview where EXIF has thumbnails */
    bool tiny_page; /* in front, uncompressed */
};

static struct gen_picture stored_chart(int width_px, int height_px, int orientation)
{
    const bool turned = orientation >= 5;
    struct gen_picture upright =
        gen_chart(turned ? height_px : width_px, turned ? width_px : height_px, GEN_OPAQUE, 0.0);
    struct gen_picture stored = gen_picture_stored(&upright, orientation);
    gen_picture_finish(&upright);
    return stored;
}

static uint32_t put_preview(struct gen_bytes *file, const struct raw *r)
{
    struct directory d = {.file = file, .order = r->order};
    struct gen_picture p = stored_chart(r->preview_width_px, r->preview_height_px, r->orientation);
    struct gen_bytes jpeg = gen_jpeg(&p, &(struct gen_jpeg_options){.sampling = {{2, 2}}});
    if (r->dng) {
        add_strip(&d, &(struct strip){.subfile = 1,
                                      .width = (uint32_t)p.width_px,
                                      .height = (uint32_t)p.height_px,
                                      .samples = 3,
                                      .bits = 8,
                                      .compression = 7,
                                      .photometric = YCC,
                                      .data = &jpeg});
    } else {
        add_number(&d, 254, TYPE_LONG, 1);
        add_number(&d, 259, TYPE_SHORT, 6);
        add_number(&d, 513, TYPE_LONG, put_even(file, jpeg.data, jpeg.len));
        add_number(&d, 514, TYPE_LONG, (uint32_t)jpeg.len);
    }
    gen_bytes_finish(&jpeg);
    gen_picture_finish(&p);
    return finish(&d);
}

/* (Nikon packs what the sensor saw. Here it lies there as it is, since nobody develops it.) */
static uint32_t put_sensor(struct gen_bytes *file, const struct raw *r)
{
    static const uint32_t repeat[] = {2, 2}, pattern[] = {0, 1, 1, 2};
    struct directory d = {.file = file, .order = r->order};
    struct gen_picture p = stored_chart(RAW_WIDTH_PX, RAW_HEIGHT_PX, r->orientation);
    struct gen_bytes data = mosaic(&p);
    add_strip(&d, &(struct strip){.subfile = 0,
                                  .width = RAW_WIDTH_PX,
                                  .height = RAW_HEIGHT_PX,
                                  .samples = 1,
                                  .bits = r->dng ? 8 : 12,
                                  .compression = r->dng ? 1 : NIKON_PACKED,
                                  .photometric = CFA,
                                  .data = &data});
    add_numbers(&d, 33421, TYPE_SHORT, repeat, 2);
    add_numbers(&d, 33422, TYPE_BYTE, pattern, 4);
    gen_bytes_finish(&data);
    gen_picture_finish(&p);
    return finish(&d);
}

static void add_tiny_page(struct directory *d, const struct raw *r)
{
    struct gen_picture p = stored_chart(TINY_WIDTH_PX, TINY_HEIGHT_PX, r->orientation);
    struct gen_bytes data = samples_of(&p);
    add_strip(d, &(struct strip){.subfile = 1,
                                 .width = TINY_WIDTH_PX,
                                 .height = TINY_HEIGHT_PX,
                                 .samples = 3,
                                 .bits = 8,
                                 .compression = 1,
                                 .photometric = RGB,
                                 .data = &data});
    gen_bytes_finish(&data);
    gen_picture_finish(&p);
}

static void make_raw(const struct raw *r)
{
    static const uint32_t version[] = {1, 4, 0, 0};
    struct gen_bytes file = {0};
    struct directory d = {.file = &file, .order = r->order};
    uint32_t below[MAX_BELOW], n_below = 0;
    gen_bytes_put_text(&file, r->order == GEN_BIG_ENDIAN ? "MM" : "II");
    gen_bytes_put_u16(&file, r->order, 42);
    gen_bytes_put_u32(&file, r->order, 0);
    if (r->preview_width_px) below[n_below++] = put_preview(&file, r);
    below[n_below++] = put_sensor(&file, r);
    if (r->tiny_page) add_tiny_page(&d, r);
    add_text(&d, 271, r->make);
    add_text(&d, 272, r->model);
    add_number(&d, 274, TYPE_SHORT, (uint32_t)r->orientation);
    add_numbers(&d, 330, TYPE_LONG, below, n_below);
    if (r->dng) {
        add_numbers(&d, 50706, TYPE_BYTE, version, 4);
        add_text(&d, 50708, r->model);
    }
    gen_bytes_set_u32(&file, 4, r->order, finish(&d));
    gen_save(&file, "%s", r->path);
    gen_bytes_finish(&file);
}

void gen_make_raws(void)
{
    const struct raw raws[] = {
        {.path = "raw/preview.dng",
         .make = "Thumbs",
         .model = "Chart",
         .order = GEN_LITTLE_ENDIAN,
         .orientation = 1,
         .preview_width_px = 120,
         .preview_height_px = 80,
         .dng = true,
         .tiny_page = true},
        {.path = "raw/turned.nef",
         .make = "NIKON CORPORATION",
         .model = "NIKON D3",
         .order = GEN_BIG_ENDIAN,
         .orientation = 6,
         .preview_width_px = RAW_WIDTH_PX,
         .preview_height_px = RAW_HEIGHT_PX,
         .tiny_page = true},
        {.path = "raw/tiny-page-alone.dng",
         .make = "Thumbs",
         .model = "Chart",
         .order = GEN_BIG_ENDIAN,
         .orientation = 8,
         .dng = true,
         .tiny_page = true},
        {.path = "raw/without-preview.dng",
         .make = "Thumbs",
         .model = "Chart",
         .order = GEN_LITTLE_ENDIAN,
         .orientation = 1,
         .dng = true},
    };
    for (size_t i = 0; i < sizeof raws / sizeof raws[0]; i++)
        make_raw(&raws[i]);
}
