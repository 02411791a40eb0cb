/* SPDX-License-Identifier: MIT */
/* HEIC and AVIF: as libheif writes them through libvips, and put together from what it coded. */
#include "generate.h"

#include <stdlib.h>
#include <string.h>

#include "../tests/support/heif_file.h"

#define HEIC ".heic[compression=hevc,Q=80,strip]"
#define AVIF ".avif[compression=av1,Q=80,strip]"

enum { TILE = 64, COLUMNS = 3, ROWS = 2, WIDTH = 141, HEIGHT = 93 };

static const struct gen_vips_options rgb = {.bands = 3, .depth_bits = 8};

static void save(const char *name, const struct gen_picture *picture,
                 const struct gen_vips_options *options, const char *suffix)
{
    struct gen_bytes file = gen_vips(picture, 1, options, suffix);
    gen_save(&file, "heif/%s", name);
    gen_bytes_finish(&file);
}

static void save_file(const char *name, struct heif_file *f)
{
    struct heif_bytes written = heif_write(f);
    struct gen_bytes file = {0};
    gen_bytes_put(&file, written.data, written.len);
    gen_save(&file, "%s", name);
    gen_bytes_finish(&file);
    free(written.data);
    heif_file_finish(f);
}

/* The part of a picture from (left, top) on; beyond its edges they repeat. */
static struct gen_picture part(const struct gen_picture *whole, int left, int top, int width,
                               int height)
{
    struct gen_picture p = gen_picture_make(width, height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int from_x = left + x < whole->width_px ? left + x : whole->width_px - 1;
            int from_y = top + y < whole->height_px ? top + y : whole->height_px - 1;
            p.pixels[y * width + x] = whole->pixels[from_y * whole->width_px + from_x];
        }
    }
    return p;
}

static struct heif_coded coded_in(const struct gen_bytes *file)
{
    struct heif_coded coded;
    if (!heif_coded_find(file->data, file->len, &coded))
        gen_fatal("libheif wrote a file of another kind");
    return coded;
}

/* ---- grids ---- */

struct tiles {
    struct gen_bytes files[ROWS * COLUMNS];
    uint8_t grid[HEIF_GRID_LEN];
};

static void code_tiles(struct tiles *t, const struct gen_picture *chart)
{
    heif_grid(t->grid, ROWS, COLUMNS, WIDTH, HEIGHT);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        struct gen_picture p = part(chart, i % COLUMNS * TILE, i / COLUMNS * TILE, TILE, TILE);
        t->files[i] = gen_vips(&p, 1, &rgb, HEIC);
        gen_picture_finish(&p);
    }
}

/* Items `first` and on are tiles; item `id` is the grid, in idat as phones have it. */
static struct heif_item *add_grid(struct heif_file *f, const struct tiles *t, uint32_t id,
                                  uint32_t first)
{
    unsigned config = 0, size = heif_size(f, TILE, TILE);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        struct heif_coded c = coded_in(&t->files[i]);
        struct heif_item *tile = heif_add(f, first + (uint32_t)i, c.type, c.data, c.data_len);
        if (!config) config = heif_config(f, &c);
        tile->hidden = true;
        heif_has(tile, size);
        heif_has(tile, config);
        heif_refer(f, "dimg", id, first + (uint32_t)i);
    }
    struct heif_item *grid = heif_add(f, id, "grid", t->grid, sizeof t->grid);
    grid->construction = 1;
    heif_has(grid, heif_size(f, WIDTH, HEIGHT));
    return grid;
}

/* Whole, and without the last tiles. */
static void make_grid(const struct tiles *t)
{
    struct heif_bytes written;
    struct gen_bytes file = {0};
    struct heif_file f = {.brand = "heic", .primary = 20};
    add_grid(&f, t, 20, 1);
    written = heif_write(&f);
    gen_bytes_put(&file, written.data, written.len * 3 / 5);
    gen_save(&file, "broken/grid-cut.heic");
    save_file("heif/grid.heic", &f);
    gen_bytes_finish(&file);
    free(written.data);
}

/* As phones write them since 2024: a gain map, which is a grid itself, an item for tone mapping
 * that is the picture's alternative, a block of EXIF that describes both, and a preview, here in
 * grey. */
static void make_gain_map(const struct tiles *t, const struct gen_bytes *preview)
{
    static const char exif[] = "\0\0\0\6Exif\0\0MM\0*\0\0\0\10\0\0\0\0\0";
    static const uint8_t tone_map[] = {0, 0, 0, 0, 0};
    static const char gain_map[] = "\0\0\0\0urn:com:apple:photo:2020:aux:hdrgainmap";
    struct heif_file f = {.brand = "heic", .primary = 20, .alternatives = {67, 20}};
    struct heif_coded c = coded_in(preview);
    add_grid(&f, t, 20, 1);
    struct heif_item *gain = add_grid(&f, t, 40, 30);
    gain->hidden = true;
    heif_has(gain, heif_property(&f, "auxC", gain_map, sizeof gain_map));
    struct heif_item *small = heif_add(&f, 50, c.type, c.data, c.data_len);
    heif_has(small, heif_size(&f, WIDTH, HEIGHT));
    heif_has(small, heif_config(&f, &c));
    heif_add(&f, 65, "Exif", exif, sizeof exif - 1)->hidden = true;
    heif_add(&f, 67, "tmap", tone_map, sizeof tone_map)->construction = 1;
    heif_refer(&f, "thmb", 50, 20);
    heif_refer(&f, "auxl", 40, 20);
    heif_refer(&f, "cdsc", 65, 20);
    heif_refer(&f, "cdsc", 65, 67);
    heif_refer(&f, "dimg", 67, 20);
    heif_refer(&f, "dimg", 67, 40);
    save_file("heif/grid-gain-map.heic", &f);
}

/* Shown: what the crop leaves of the mirrored and turned picture, which is an upright F. */
static void make_turned(const struct gen_picture *chart)
{
    /* 80 x 100 pixels from (6, 24) on, then a quarter turn anticlockwise. */
    static const int32_t crop[] = {80, 1, 100, 1, -1, 2, 7, 2};
    struct gen_picture stored = gen_picture_stored(chart, 8);
    struct gen_bytes file = gen_vips(&stored, 1, &rgb, HEIC);
    struct heif_coded c = coded_in(&file);
    struct heif_file f = {.brand = "heic", .primary = 1};
    struct heif_bytes clap = {0};
    struct heif_item *item = heif_add(&f, 1, c.type, c.data, c.data_len);
    heif_has(item, heif_size(&f, (uint32_t)stored.width_px, (uint32_t)stored.height_px));
    heif_has(item, heif_config(&f, &c));
    for (size_t i = 0; i < 8; i++)
        heif_put_be(&clap, (uint32_t)crop[i], 4);
    heif_has(item, heif_property(&f, "clap", clap.data, clap.len));
    heif_has(item, heif_property(&f, "irot", "\1", 1));
    save_file("heif/cropped-turned.heic", &f);
    free(clap.data);
    gen_bytes_finish(&file);
    gen_picture_finish(&stored);
}

/* ---- AVIF ---- */

static void premultiply(struct gen_picture *p)
{
    for (int i = 0; i < p->width_px * p->height_px; i++) {
        struct gen_colour *c = &p->pixels[i];
        *c = (struct gen_colour){c->r * c->a, c->g * c->a, c->b * c->a, c->a};
    }
}

/* Alpha is a picture in grey. */
static struct gen_picture alpha_of(const struct gen_picture *p)
{
    struct gen_picture alpha = gen_picture_make(p->width_px, p->height_px);
    for (int i = 0; i < p->width_px * p->height_px; i++) {
        float a = p->pixels[i].a;
        alpha.pixels[i] = (struct gen_colour){a, a, a, 1};
    }
    return alpha;
}

static void make_premultiplied(void)
{
    static const char name[] = "\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
    struct gen_picture chart = gen_chart(WIDTH, HEIGHT, GEN_HOLES, 0.0), alpha = alpha_of(&chart);
    premultiply(&chart);
    struct gen_bytes colours = gen_vips(&chart, 1, &rgb, AVIF),
                     grey = gen_vips(&alpha, 1, &rgb, AVIF);
    struct heif_coded c = coded_in(&colours), a = coded_in(&grey);
    struct heif_file f = {.brand = "avif", .primary = 1};
    unsigned size = heif_size(&f, WIDTH, HEIGHT);
    struct heif_item *picture = heif_add(&f, 1, c.type, c.data, c.data_len);
    heif_has(picture, size);
    heif_has(picture, heif_config(&f, &c));
    struct heif_item *second = heif_add(&f, 2, a.type, a.data, a.data_len);
    heif_has(second, size);
    heif_has(second, heif_config(&f, &a));
    heif_has(second, heif_property(&f, "auxC", name, sizeof name));
    heif_refer(&f, "auxl", 2, 1);
    heif_refer(&f, "prem", 1, 2);
    save_file("heif/premultiplied.avif", &f);
    gen_bytes_finish(&colours);
    gen_bytes_finish(&grey);
    gen_picture_finish(&chart);
    gen_picture_finish(&alpha);
}

/* The same colours in Display P3, which 'colr' tells by numbers. */
static void make_p3(const struct gen_picture *chart)
{
    struct gen_picture wide = part(chart, 0, 0, WIDTH, HEIGHT);
    gen_picture_convert(&wide, &gen_display_p3);
    struct gen_bytes file = gen_vips(&wide, 1, &rgb, AVIF);
    struct heif_coded c = coded_in(&file);
    struct heif_file f = {.brand = "avif", .primary = 1};
    struct heif_item *item = heif_add(&f, 1, c.type, c.data, c.data_len);
    heif_has(item, heif_size(&f, WIDTH, HEIGHT));
    heif_has(item, heif_config(&f, &c));
    heif_has(item, heif_nclx(&f, 12, 13, 6, true));
    save_file("heif/display-p3-nclx.avif", &f);
    gen_bytes_finish(&file);
    gen_picture_finish(&wide);
}

void gen_make_heif(void)
{
    const struct gen_vips_options rgba = {.bands = 4, .depth_bits = 8},
                                  grey = {.bands = 1, .depth_bits = 8};
    const struct gen_vips_options deep = {.bands = 3, .depth_bits = 16};
    struct gen_picture chart = gen_chart(WIDTH, HEIGHT, GEN_OPAQUE, 0.0);
    struct gen_picture holes = gen_chart(WIDTH, HEIGHT, GEN_HOLES, 0.0);
    struct gen_picture swapped = gen_chart(WIDTH, HEIGHT, GEN_OPAQUE, 0.0);
    struct gen_picture grey_chart = gen_chart(WIDTH, HEIGHT, GEN_OPAQUE, 0.0);
    struct gen_bytes icc = gen_icc_rgb(&gen_swapped), preview;
    const struct gen_vips_options profile = {.bands = 3, .depth_bits = 8, .icc = &icc};
    struct tiles tiles;
    gen_picture_desaturate(&grey_chart);
    gen_picture_convert(&swapped, &gen_swapped);
    preview = gen_vips(&grey_chart, 1, &rgb, HEIC);
    code_tiles(&tiles, &chart);
    save("still.heic", &chart, &rgb, HEIC);
    save("still-10-bit.heic", &chart, &deep, ".heic[compression=hevc,Q=80,strip,bitdepth=10]");
    save("still.avif", &chart, &rgb, AVIF);
    save("still-444.avif", &chart, &rgb, ".avif[compression=av1,Q=80,strip,subsample_mode=off]");
    save("still-12-bit.avif", &chart, &deep,
         ".avif[compression=av1,Q=80,strip,bitdepth=12,subsample_mode=off]");
    save("grey.avif", &grey_chart, &grey, AVIF);
    save("alpha.avif", &holes, &rgba, AVIF);
    save("red-blue-exchanged.heic", &swapped, &profile, ".heic[compression=hevc,Q=80]");
    make_grid(&tiles);
    make_gain_map(&tiles, &preview);
    make_turned(&chart);
    make_premultiplied();
    make_p3(&chart);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        gen_bytes_finish(&tiles.files[i]);
    gen_bytes_finish(&preview);
    gen_bytes_finish(&icc);
    gen_picture_finish(&grey_chart);
    gen_picture_finish(&swapped);
    gen_picture_finish(&holes);
    gen_picture_finish(&chart);
}
