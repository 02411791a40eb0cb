/* SPDX-License-Identifier: MIT */
/* HEIF containers put together from parts: what is shown of them, and what is refused. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "image/backend.h"
#include "image/heif/heif_picture.h"
#include "image/image.h"
#include "image/jpeg/jpeg_parse.h"
#include "image/rowmake.h"
#include "image/steps.h"
#include "support/av1_file.h"
#include "support/corpus.h"
#include "support/file_bytes.h"
#include "support/heif_file.h"
#include "support/pace.h"
#include "support/picture.h"

/* ---- pictures ---- */

struct made {
    enum thumbs_code code;
    struct th_image_result result;
    struct thumbs_error err;
    uint8_t *pixels; /* RGBA */
    uint32_t width, height;
};

static void take_pixels(struct made *m, const struct th_sink *sink)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    cr_assert(png_image_begin_read_from_memory(&png, sink->data, sink->len), "%s", png.message);
    png.format = PNG_FORMAT_RGBA;
    m->pixels = malloc(PNG_IMAGE_SIZE(png));
    cr_assert(png_image_finish_read(&png, NULL, m->pixels, 0, NULL), "%s", png.message);
    m->width = png.width;
    m->height = png.height;
}

static struct made make_with(const void *data, size_t len, const struct thumbs_image_options *o,
                             const struct th_image_limits *limits)
{
    struct made m = {0};
    struct th_sink sink;
    th_sink_init_heap(&sink);
    m.code = th_image_make(data, len, o, limits, &sink, &m.result, &m.err);
    if (m.code == THUMBS_OK) take_pixels(&m, &sink);
    th_sink_finish_heap(&sink);
    return m;
}

static struct made make(const void *data, size_t len)
{
    struct thumbs_image_options o = test_picture_options(512, THUMBS_FORMAT_PNG);
    return make_with(data, len, &o, NULL);
}

static struct made make_file(struct heif_file *f)
{
    struct heif_bytes b = heif_write(f);
    struct made m = make(b.data, b.len);
    free(b.data);
    return m;
}

static struct test_file sample(const char *name)
{
    static char path[512];
    struct test_file file;
    snprintf(path, sizeof path, "%s/%s", TEST_SAMPLES, name);
    cr_assert(test_file_read(path, &file), "%s", path);
    return file;
}

static struct made make_sample(const char *name)
{
    struct test_file file = sample(name);
    struct made m = make(file.data, file.len);
    cr_assert_eq(m.code, THUMBS_OK, "%s: %s", name, m.err.message);
    test_file_finish(&file);
    return m;
}

static void expect_same(struct made *a, struct made *b, const char *what)
{
    cr_assert_eq(a->code, THUMBS_OK, "%s: %s", what, a->err.message);
    cr_assert_eq(b->code, THUMBS_OK, "%s: %s", what, b->err.message);
    cr_assert(a->width == b->width && a->height == b->height, "%s: %ux%u %ux%u", what, a->width,
              a->height, b->width, b->height);
    cr_expect_arr_eq(a->pixels, b->pixels, (size_t)a->width * a->height * 4, "%s", what);
}

/* Mean difference of the colours of two pictures of one size, in steps. */
static double difference(const struct made *a, const struct made *b)
{
    uint64_t sum = 0;
    size_t n = (size_t)a->width * a->height;
    cr_assert(a->width == b->width && a->height == b->height);
    for (size_t i = 0; i < 4 * n; i++)
        sum += i % 4 == 3 ? 0 : (uint64_t)abs(a->pixels[i] - b->pixels[i]);
    return (double)sum / (3.0 * (double)n);
}

static void expect_failure(struct made *m, enum thumbs_code code, const char *message)
{
    cr_expect_eq(m->code, code, "%s: %s", thumbs_code_name(m->code), m->err.message);
    cr_expect(strstr(m->err.message, message), "%s", m->err.message);
    free(m->pixels);
}

/* ---- a file of one coded item, to be changed ---- */

static struct heif_coded coded;
static struct test_file seed;

static struct heif_item *begin(struct heif_file *f, const char *name)
{
    seed = sample(name);
    cr_assert(heif_coded_find(seed.data, seed.len, &coded));
    *f = (struct heif_file){.brand = coded.type[0] == 'h' ? "heic" : "avif", .primary = 1};
    struct heif_item *item = heif_add(f, 1, coded.type, coded.data, coded.data_len);
    heif_has(item, heif_size(f, 141, 93));
    heif_has(item, heif_config(f, &coded));
    return item;
}

static void finish(struct heif_file *f)
{
    heif_file_finish(f);
    test_file_finish(&seed);
}

/* Does the reader itself take the file? Else its message. */
static const char *verdict(struct heif_file *f)
{
    static struct thumbs_error err;
    struct heif_bytes b = heif_write(f);
    struct th_heif_meta meta;
    struct th_heif_picture picture;
    err = (struct thumbs_error){0};
    enum thumbs_code code = th_heif_meta_read(&meta, b.data, b.len, &err);
    if (code == THUMBS_OK) code = th_heif_picture_read(&meta, &picture, &err);
    th_heif_meta_finish(&meta);
    free(b.data);
    return code == THUMBS_OK ? "" : err.message;
}

/* ---- where data lies ---- */

Test(heif, finds_data_wherever_it_lies)
{
    struct made plain = make_sample("heif/still.heic");
    for (unsigned construction = 0; construction <= 2; construction++) {
        for (unsigned n_extents = 1; n_extents <= 7; n_extents += 3) {
            struct heif_file f;
            struct heif_item *item = begin(&f, "heif/still.heic");
            struct heif_bytes store = {0};
            heif_put(&store, "before", 6);
            heif_put(&store, coded.data, coded.data_len);
            heif_put(&store, "behind", 6);
            item->construction = construction;
            item->n_extents = n_extents;
            item->within = 2;
            struct heif_item *outer = heif_add(&f, 2, "mime", store.data, store.len);
            outer->n_extents = n_extents;
            outer->construction = n_extents > 4;
            if (construction == 2) heif_refer(&f, "iloc", 1, 2);
            struct made m = make_file(&f);
            expect_same(&m, &plain, "construction");
            free(m.pixels);
            free(store.data);
            finish(&f);
        }
    }
    free(plain.pixels);
}

Test(heif, refuses_data_that_is_not_there)
{
    struct heif_file f;
    begin(&f, "heif/still.heic")->elsewhere = true;
    struct made m = make_file(&f);
    expect_failure(&m, THUMBS_UNSUPPORTED, "another file");
    finish(&f);
    begin(&f, "heif/still.heic")->encrypted = true;
    m = make_file(&f);
    expect_failure(&m, THUMBS_UNSUPPORTED, "encrypted");
    finish(&f);
    struct heif_item *item = begin(&f, "heif/still.heic");
    heif_add(&f, 2, "mime", item->data, item->len)->construction = 2;
    f.items[1].within = 1;
    item->construction = 2; /* each in the other */
    item->within = 2;
    heif_refer(&f, "iloc", 1, 2);
    heif_refer(&f, "iloc", 2, 1);
    m = make_file(&f);
    expect_failure(&m, THUMBS_CORRUPT, "does not lie in the file");
    finish(&f);
}

/* ---- kinds of items ---- */

Test(heif, a_gain_map_and_a_preview_change_nothing)
{
    struct made grid = make_sample("heif/grid.heic"),
                phone = make_sample("heif/grid-gain-map.heic");
    struct made still = make_sample("heif/still.heic");
    expect_same(&phone, &grid, "gain map");
    cr_expect_leq(difference(&grid, &still), 1.5);
    free(grid.pixels);
    free(phone.pixels);
    free(still.pixels);
}

Test(heif, says_what_it_does_not_take)
{
    struct heif_file f;
    begin(&f, "heif/still.heic")->type = "iovl";
    cr_expect(strstr(verdict(&f), "of the kind 'iovl'"), "%s", verdict(&f));
    f.items[0].type = "\x01vc1";
    cr_expect(strstr(verdict(&f), "of the kind '?vc1'"), "%s", verdict(&f));
    f.items[0].type = "hvc1";
    cr_expect_str_empty(verdict(&f));
    f.primary = 9;
    cr_expect(strstr(verdict(&f), "which picture"), "%s", verdict(&f));
    f.primary = 1;
    heif_has(&f.items[0], heif_property(&f, "warp", "", 0));
    cr_expect(strstr(verdict(&f), "'warp'"), "%s", verdict(&f));
    finish(&f);
}

/* Tiles of the size of the sample; the grid is item 9. */
static void begin_grid(struct heif_file *f, uint8_t grid[HEIF_GRID_LEN], unsigned rows,
                       unsigned columns, unsigned width, unsigned height)
{
    begin(f, "heif/still.heic");
    heif_grid(grid, rows, columns, width, height);
    heif_has(heif_add(f, 9, "grid", grid, HEIF_GRID_LEN), heif_size(f, width, height));
    for (unsigned i = 0; i < rows * columns; i++)
        heif_refer(f, "dimg", 9, 1);
    f->primary = 9;
}

Test(heif, checks_grids)
{
    static const struct {
        unsigned rows, columns, width, height;
        const char *verdict;
    } cases[] = {
        {1, 1, 141, 93, ""},
        {1, 1, 1, 1, ""},
        {2, 3, 400, 150, ""},
        {1, 1, 142, 93, "do not make up"},
        {2, 1, 141, 93, "do not make up"}, /* a row that is not seen */
        {1, 2, 141, 93, "do not make up"},
        {1, 1, 0, 93, "makes no sense"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heif_file f;
        uint8_t grid[HEIF_GRID_LEN];
        begin_grid(&f, grid, cases[i].rows, cases[i].columns, cases[i].width, cases[i].height);
        cr_expect(strstr(verdict(&f), cases[i].verdict) && !*verdict(&f) == !*cases[i].verdict,
                  "case %zu: %s", i, verdict(&f));
        finish(&f);
    }
}

Test(heif, leaves_odd_grids_to_others)
{
    struct heif_file f;
    uint8_t grid[HEIF_GRID_LEN];
    begin_grid(&f, grid, 1, 1, 141, 93);
    heif_has(&f.items[0], heif_property(&f, "irot", "\1", 1)); /* a tile that is turned */
    cr_expect(strstr(verdict(&f), "'grid'"), "%s", verdict(&f));
    finish(&f);
    static const char alpha[] = "\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
    begin_grid(&f, grid, 1, 1, 141, 93);
    struct heif_item *second = heif_add(&f, 2, coded.type, coded.data, coded.data_len);
    heif_has(second, heif_property(&f, "auxC", alpha, sizeof alpha));
    heif_refer(&f, "auxl", 2, 1); /* alpha of a tile */
    cr_expect(strstr(verdict(&f), "'grid'"), "%s", verdict(&f));
    finish(&f);
}

/* The sample has an odd width, so that the chroma of one tile would lie on two. */
Test(heif, tiles_of_odd_sides_fail)
{
    struct heif_file f;
    uint8_t grid[HEIF_GRID_LEN];
    begin_grid(&f, grid, 1, 2, 282, 93);
    struct made m = make_file(&f);
    expect_failure(&m, THUMBS_CORRUPT, "not have the size");
    finish(&f);
}

/* ---- orientation and crop ---- */

static const uint8_t *pixel(const struct made *m, uint32_t x, uint32_t y)
{
    return m->pixels + 4 * ((size_t)y * m->width + x);
}

/* Pixel (x, y) of what is shown comes from here: the mirror is undone first, as it comes last. */
static const uint8_t *pixel_before(const struct made *plain, int quarters, int mirror, uint32_t x,
                                   uint32_t y)
{
    uint32_t width = quarters % 2 ? plain->height : plain->width,
             height = quarters % 2 ? plain->width : plain->height;
    if (mirror == 0) y = height - 1 - y;
    if (mirror == 1) x = width - 1 - x;
    switch (quarters) { /* anticlockwise */
    case 1:
        return pixel(plain, plain->width - 1 - y, x);
    case 2:
        return pixel(plain, width - 1 - x, height - 1 - y);
    case 3:
        return pixel(plain, y, plain->height - 1 - x);
    default:
        return pixel(plain, x, y);
    }
}

static void check_turned(const struct made *plain, int quarters, int mirror)
{
    struct heif_file f;
    struct heif_item *item = begin(&f, "heif/still.heic");
    uint8_t irot = (uint8_t)quarters, imir = (uint8_t)mirror;
    unsigned wrong = 0;
    heif_has(item, heif_property(&f, "irot", &irot, 1));
    if (mirror >= 0) heif_has(item, heif_property(&f, "imir", &imir, 1));
    struct made m = make_file(&f);
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    cr_assert_eq(m.width, quarters % 2 ? plain->height : plain->width);
    cr_assert_eq(m.result.width, m.width);
    for (uint32_t y = 0; y < m.height; y++) {
        for (uint32_t x = 0; x < m.width; x++)
            wrong += memcmp(pixel(&m, x, y), pixel_before(plain, quarters, mirror, x, y), 4) != 0;
    }
    cr_expect_eq(wrong, 0, "irot %d imir %d: %u pixels", quarters, mirror, wrong);
    free(m.pixels);
    finish(&f);
}

Test(heif, turns_and_mirrors)
{
    struct made plain = make_sample("heif/still.heic");
    for (int quarters = 0; quarters < 4; quarters++) {
        for (int mirror = -1; mirror <= 1; mirror++)
            check_turned(&plain, quarters, mirror);
    }
    free(plain.pixels);
}

static unsigned clap(struct heif_file *f, const int32_t body[8])
{
    struct heif_bytes b = {0};
    for (int i = 0; i < 8; i++)
        heif_put_be(&b, (uint32_t)body[i], 4);
    unsigned number = heif_property(f, "clap", b.data, b.len);
    free(b.data);
    return number;
}

Test(heif, crops)
{
    static const struct {
        int32_t body[8];
        uint32_t x, y, width, height; /* width 0: makes no sense */
    } cases[] = {
        {{141, 1, 93, 1, 0, 1, 0, 1}, 0, 0, 141, 93},
        {{41, 1, 33, 1, -50, 1, -30, 1}, 0, 0, 41, 33},
        {{41, 1, 33, 1, 50, 1, 30, 1}, 100, 60, 41, 33},
        {{1, 1, 1, 1, 0, 1, 0, 1}, 70, 46, 1, 1},
        {{282, 2, 93, 1, 0, 1, 0, 1}, 0, 0, 141, 93},
        {{143, 1, 93, 1, 0, 1, 0, 1}, 0, 0, 0, 0},
        {{41, 1, 33, 1, 52, 1, 0, 1}, 0, 0, 0, 0},
        {{41, 1, 33, 1, -52, 1, 0, 1}, 0, 0, 0, 0},
        {{0, 1, 33, 1, 0, 1, 0, 1}, 0, 0, 0, 0},
        {{-41, 1, 33, 1, 0, 1, 0, 1}, 0, 0, 0, 0},
        {{41, 0, 33, 1, 0, 1, 0, 1}, 0, 0, 0, 0},
        {{INT32_MAX, 1, INT32_MAX, 1, INT32_MIN, 1, INT32_MIN, 1}, 0, 0, 0, 0},
    };
    struct made plain = make_sample("heif/still.heic");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heif_file f;
        struct heif_item *item = begin(&f, "heif/still.heic");
        heif_has(item, clap(&f, cases[i].body));
        cr_expect_eq(*verdict(&f) != 0, cases[i].width == 0, "case %zu: %s", i, verdict(&f));
        if (cases[i].width) {
            struct made m = make_file(&f);
            cr_assert(m.width == cases[i].width && m.height == cases[i].height, "case %zu: %ux%u",
                      i, m.width, m.height);
            cr_expect_arr_eq(pixel(&m, 0, 0), pixel(&plain, cases[i].x, cases[i].y), 4, "case %zu",
                             i);
            free(m.pixels);
        }
        finish(&f);
    }
    free(plain.pixels);
}

/* The container turns, mirrors and cuts; what EXIF says of that was true of the camera's sensor. */
Test(heif, the_orientation_of_exif_does_not_count)
{
    static const char exif[] = "\0\0\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0";
    static const int32_t cut[8] = {41, 1, 33, 1, -20, 1, 10, 1};
    struct made made[2];
    for (unsigned i = 0; i < 2; i++) {
        struct heif_file f;
        struct heif_item *item = begin(&f, "heif/still.heic");
        heif_has(item, clap(&f, cut));
        heif_has(item, heif_property(&f, "irot", "\1", 1));
        heif_has(item, heif_property(&f, "imir", "\1", 1));
        if (i) {
            heif_add(&f, 9, "Exif", exif, sizeof exif - 1)->hidden = true;
            heif_refer(&f, "cdsc", 9, 1);
        }
        made[i] = make_file(&f);
        finish(&f);
    }
    expect_same(&made[0], &made[1], "with EXIF");
    cr_expect(made[0].width == 33 && made[0].height == 41);
    free(made[0].pixels);
    free(made[1].pixels);
}

static struct made make_coloured(const struct th_bytes *profile, bool profile_first,
                                 unsigned primaries, unsigned matrix)
{
    struct heif_file f;
    struct heif_item *item = begin(&f, "heif/still.avif");
    const unsigned numbers = heif_nclx(&f, primaries, 13, matrix, true),
                   told = heif_property(&f, "colr", profile->data, profile->len);
    heif_has(item, profile_first ? told : numbers);
    heif_has(item, profile_first ? numbers : told);
    struct made m = make_file(&f);
    finish(&f);
    return m;
}

/* Of a profile and numbers, in any order, the profile says what colours are, the numbers how they
 * come out of luma and chroma. */
Test(heif, a_profile_counts_more_than_numbers)
{
    struct th_bytes sample = test_read_sample("icc/red-blue-exchanged.jpg"), profile = {0};
    uint8_t *icc;
    size_t len;
    bool unfit;
    cr_assert(th_jpeg_icc_copy((const uint8_t *)sample.data, sample.len, &icc, &len, &unfit));
    th_bytes_adds(&profile, "prof");
    th_bytes_add(&profile, icc, len);
    struct made plain = make_sample("heif/still.avif"), first = make_coloured(&profile, true, 1, 6),
                last = make_coloured(&profile, false, 1, 6),
                wide = make_coloured(&profile, false, 9, 6),
                other = make_coloured(&profile, true, 1, 1);
    expect_same(&first, &last, "order");
    expect_same(&first, &wide, "primaries");
    cr_expect_gt(difference(&first, &plain), 20);
    cr_expect_gt(difference(&first, &other), 2);
    struct made *all[] = {&plain, &first, &last, &wide, &other};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]->pixels);
    free(icc);
    th_bytes_finish(&profile);
    th_bytes_finish(&sample);
}

/* ---- sizes that lie ---- */

static struct made make_of_size(const char *name, uint32_t width, uint32_t height, bool cropped)
{
    static const int32_t small[8] = {1, 1, 1, 1, 0, 1, 0, 1};
    struct heif_file f;
    struct heif_item *item = begin(&f, name);
    item->properties[0] = heif_size(&f, width, height);
    if (cropped) heif_has(item, clap(&f, small));
    struct made m = make_file(&f);
    finish(&f);
    return m;
}

Test(heif, sizes_that_lie_are_found_out)
{
    static const char *const names[] = {"heif/still.heic", "heif/still.avif"};
    for (int i = 0; i < 2; i++) {
        struct made m = make_of_size(names[i], 150, 93, false);
        expect_failure(&m, THUMBS_CORRUPT, "not have the size");
        m = make_of_size(names[i], 10, 10, false);
        cr_expect_eq(m.code, THUMBS_OK, "%s: %s", names[i],
                     m.err.message); /* the rest is not shown */
        free(m.pixels);
        m = make_of_size(names[i], 60000, 60000, true); /* shown is one pixel */
        expect_failure(&m, THUMBS_TOO_LARGE, "60000 x 60000");
    }
}

Test(heif, a_tile_has_a_limit)
{
    struct heif_file f;
    uint8_t grid[HEIF_GRID_LEN];
    begin_grid(&f, grid, 1, 1, 100, 50);
    f.items[0].properties[0] = heif_size(&f, UINT32_MAX, UINT32_MAX);
    struct made m = make_file(&f);
    expect_failure(&m, THUMBS_TOO_LARGE, "4294967295 x 4294967295");
    finish(&f);
}

/* ---- alpha ---- */

static void begin_alpha(struct heif_file *f, uint32_t width, uint32_t height,
                        struct test_file *grey)
{
    static const char name[] = "\0\0\0\0urn:mpeg:hevc:2015:auxid:1";
    struct heif_coded second;
    begin(f, "heif/still.heic");
    *grey = sample("heif/grey.avif");
    cr_assert(heif_coded_find(grey->data, grey->len, &second));
    struct heif_item *alpha = heif_add(f, 2, second.type, second.data, second.data_len);
    heif_has(alpha, heif_size(f, width, height));
    heif_has(alpha, heif_config(f, &second));
    heif_has(alpha, heif_property(f, "auxC", name, sizeof name));
    heif_refer(f, "auxl", 2, 1);
}

Test(heif, alpha_may_be_coded_otherwise)
{
    struct heif_file f;
    struct test_file grey;
    begin_alpha(&f, 141, 93, &grey);
    struct made m = make_file(&f), mask = make_sample("heif/grey.avif");
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    for (uint32_t i = 0; i < 141 * 93; i++)
        cr_assert_eq(m.pixels[4 * i + 3], mask.pixels[4 * i], "pixel %u", i);
    free(m.pixels);
    free(mask.pixels);
    test_file_finish(&grey);
    finish(&f);
}

/* Of another size it is scaled to the colours: here to more than its own pixels. */
Test(heif, alpha_may_be_smaller)
{
    struct heif_file f;
    struct test_file grey;
    begin_alpha(&f, 47, 31, &grey);
    struct made m = make_file(&f), mask = make_sample("heif/grey.avif");
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    for (uint32_t y = 0; y < 93; y++) {
        for (uint32_t x = 0; x < 141; x++)
            cr_assert_eq(pixel(&m, x, y)[3], pixel(&mask, x / 3, y / 3)[0], "%u,%u", x, y);
    }
    free(m.pixels);
    free(mask.pixels);
    test_file_finish(&grey);
    finish(&f);
}

Test(heif, alpha_that_does_not_decode_fails)
{
    struct heif_file f;
    struct test_file grey;
    begin_alpha(&f, 141, 93, &grey);
    f.items[1].data = "nothing";
    f.items[1].len = 7;
    struct made m = make_file(&f);
    expect_failure(&m, THUMBS_CORRUPT, "AV1");
    test_file_finish(&grey);
    finish(&f);
}

/* ---- damage ---- */

Test(heif, what_is_cut_off_is_grey)
{
    struct test_file file = sample("heif/grid.heic");
    unsigned n_damaged = 0, n_whole = 0;
    for (size_t len = 1; len <= file.len; len += len < file.len - 40 ? 13 : 1) {
        uint8_t *exact = malloc(len); /* a read past the end is seen */
        memcpy(exact, file.data, len);
        struct made m = make(exact, len);
        if (m.code == THUMBS_OK) {
            cr_expect(m.result.damaged || len == file.len, "%zu of %zu bytes", len, file.len);
            cr_expect(m.width == 141 && m.height == 93);
            n_damaged += m.result.damaged;
            n_whole += !m.result.damaged;
        }
        free(m.pixels);
        free(exact);
    }
    cr_expect_eq(n_whole, 1);
    cr_expect_gt(n_damaged, 10);
    struct made m = make(file.data, file.len - 1);
    cr_expect(m.code == THUMBS_OK && m.result.warning[0]);
    free(m.pixels);
    test_file_finish(&file);
}

Test(heif, a_grid_without_a_good_tile_fails)
{
    struct test_file file = sample("heif/grid.heic");
    struct heif_coded c;
    cr_assert(heif_coded_find(file.data, file.len, &c));
    memset(file.data + (c.data - file.data), 0xA5, c.data_len);
    struct made m = make(file.data, file.len);
    expect_failure(&m, THUMBS_CORRUPT, "HEVC");
    test_file_finish(&file);
}

/* ---- one way alone ---- */

static struct made make_by(const struct th_backend *way, const struct test_file *file,
                           const struct thumbs_image_options *o, uint64_t deadline_ns,
                           bool *declined)
{
    struct made m = {0};
    struct th_sink sink;
    struct th_make job = {.data = file->data,
                          .len = file->len,
                          .format = th_image_sniff(file->data, file->len),
                          .options = o,
                          .deadline_ns = deadline_ns,
                          .sink = &sink,
                          .result = &m.result};
    th_sink_init_heap(&sink);
    m.code = way->rows ? th_rowmake(&job, way->rows, &m.err) : way->make(&job, &m.err);
    *declined = job.declined;
    if (m.code == THUMBS_OK && !job.declined) take_pixels(&m, &sink);
    th_sink_finish_heap(&sink);
    return m;
}

Test(heif, the_deadline_is_looked_at_between_tiles)
{
    bool declined;
    struct test_file file = sample("heif/grid.heic");
    struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_PNG);
    struct made m = make_by(&th_backend_heif, &file, &o, 1, &declined);
    expect_failure(&m, THUMBS_TIMEOUT, "longer");
    cr_expect_not(declined);
    test_file_finish(&file);
}

static struct made make_by_heif(const struct heif_file *f, bool *declined)
{
    struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_PNG);
    struct heif_bytes b = heif_write(f);
    const struct test_file file = {.data = b.data, .len = b.len};
    struct made m = make_by(&th_backend_heif, &file, &o, 0, declined);
    free(b.data);
    return m;
}

Test(heif, declines_what_libvips_may_know)
{
    struct heif_file f;
    bool declined;
    begin(&f, "heif/still.heic")->type = "iovl";
    struct made m = make_by_heif(&f, &declined);
    cr_expect(declined);
    cr_expect_eq(m.result.n_outputs, 0);
    finish(&f);
}

/* An overlay of one picture, which libheif decodes. */
static void lay_over(struct heif_file *f, uint8_t body[18])
{
    memset(body, 0, 18);
    memset(body + 8, 0xff, 2); /* the canvas is opaque */
    body[11] = 141;
    body[13] = 93;
    struct heif_item *overlay = heif_add(f, 2, "iovl", body, 18);
    heif_has(overlay, heif_size(f, 141, 93));
    heif_refer(f, "dimg", 2, 1);
    f->primary = 2;
}

/* libvips takes all colours for sRGB: what the container says of them is applied to what comes. */
Test(heif, colours_of_what_libvips_decodes)
{
    struct heif_file f;
    uint8_t body[18];
    begin(&f, "heif/display-p3-nclx.avif");
    lay_over(&f, body);
    heif_has(&f.items[0], heif_nclx(&f, 12, 13, 6, true));
    struct made got = make_file(&f), want = make_sample("heif/display-p3-nclx.avif");
    cr_assert_eq(got.code, THUMBS_OK, "%s", got.err.message);
    cr_expect_lt(difference(&got, &want), 3, "%.2f", difference(&got, &want));
    free(got.pixels);
    free(want.pixels);
    heif_has(&f.items[1], heif_nclx(&f, 12, 13, 14, true));
    got = make_file(&f);
    expect_failure(&got, THUMBS_UNSUPPORTED, "matrix 14");
    finish(&f);
}

/* Data that cannot be decoded shows that the refusal comes first. */
Test(heif, refuses_matrices_before_it_decodes)
{
    struct heif_file f;
    bool declined;
    struct heif_item *item = begin(&f, "heif/still.heic");
    heif_has(item, heif_nclx(&f, 9, 16, 14, true));
    item->data = "nothing";
    item->len = 7;
    struct made m = make_by_heif(&f, &declined);
    cr_expect_not(declined);
    expect_failure(&m, THUMBS_UNSUPPORTED, "matrix 14");
    finish(&f);
}

/* A file around an AV1 picture of this shape; both buffers are the caller's. */
static void begin_av1(struct heif_file *f, const struct av1_shape *shape,
                      struct heif_bytes buffers[2])
{
    buffers[0] = av1_config();
    buffers[1] = av1_item(shape);
    const struct heif_coded picture = {.type = "av01",
                                       .config = buffers[0].data,
                                       .config_len = buffers[0].len,
                                       .data = buffers[1].data,
                                       .data_len = buffers[1].len};
    *f = (struct heif_file){.brand = "avif", .primary = 1};
    struct heif_item *item = heif_add(f, 1, picture.type, picture.data, picture.data_len);
    heif_has(item, heif_size(f, shape->width, shape->height));
    heif_has(item, heif_config(f, &picture));
}

static void finish_av1(struct heif_file *f, struct heif_bytes buffers[2])
{
    heif_file_finish(f);
    free(buffers[0].data);
    free(buffers[1].data);
}

/* Grey is luma, whatever the matrix. */
Test(heif, grey_needs_no_matrix)
{
    struct heif_file f;
    struct heif_bytes buffers[2];
    begin_av1(&f, &(struct av1_shape){.width = 64, .height = 48}, buffers);
    struct made plain = make_file(&f);
    heif_has(&f.items[0], heif_nclx(&f, 1, 13, 14, true));
    struct made m = make_file(&f);
    expect_same(&m, &plain, "grey");
    free(m.pixels);
    free(plain.pixels);
    finish_av1(&f, buffers);
}

Test(heif, a_matrix_that_means_nothing_is_that_of_sRGB)
{
    struct heif_file f;
    bool declined;
    struct made plain = make_sample("heif/still.heic");
    struct heif_item *item = begin(&f, "heif/still.heic");
    heif_has(item, heif_nclx(&f, 1, 13, 255, true));
    struct made m = make_file(&f);
    expect_same(&m, &plain, "matrix 255");
    free(m.pixels);
    m = make_by_heif(&f, &declined);
    cr_expect(m.code == THUMBS_OK && !declined);
    free(m.pixels);
    free(plain.pixels);
    finish(&f);
}

/* Hidden frames come before the one that is shown, as many as a file likes: here they take six
 * seconds. They are decoded one by one. */
Test(heif, hidden_frames_end_with_the_deadline, .timeout = 120)
{
    const uint64_t ms = 1000000;
    struct heif_file f;
    struct heif_bytes buffers[2];
    struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_PNG);
    const struct av1_shape few = {.width = 4096, .height = 64, .n_hidden = 3};
    const struct av1_shape many = {.width = 4096, .height = 64, .n_hidden = 150000};
    begin_av1(&f, &few, buffers);
    struct made m = make_file(&f);
    cr_expect(m.code == THUMBS_OK && !m.result.damaged, "%s", m.err.message);
    free(m.pixels);
    finish_av1(&f, buffers);
    begin_av1(&f, &many, buffers);
    struct heif_bytes b = heif_write(&f);
    const uint64_t start_ns = test_thread_cpu_ns();
    m = make_with(b.data, b.len, &o,
                  &(struct th_image_limits){.deadline_ns = th_now_ns() + 30 * ms});
    const double cpu_ms = (double)(test_thread_cpu_ns() - start_ns) / (double)ms;
    expect_failure(&m, THUMBS_TIMEOUT, "longer");
    cr_expect_lt(cpu_ms, 1000 * test_slower(), "%.0f ms", cpu_ms);
    free(b.data);
    finish_av1(&f, buffers);
}

static uint64_t estimate_of(const struct heif_file *f)
{
    uint64_t bytes = 0;
    struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_PNG);
    struct heif_bytes b = heif_write(f);
    cr_assert(th_image_estimate(b.data, b.len, &o, &bytes));
    free(b.data);
    return bytes;
}

/* A decoder keeps up to eight of them, each as large as the picture: 4224 x 192 samples with their
 * margins, and more for notes. */
Test(heif, hidden_frames_count_as_memory)
{
    uint64_t bytes[3];
    const unsigned n_hidden[3] = {0, 1, 40};
    for (int i = 0; i < 3; i++) {
        struct heif_file f;
        struct heif_bytes buffers[2];
        const struct av1_shape shape = {.width = 4096, .height = 64, .n_hidden = n_hidden[i]};
        begin_av1(&f, &shape, buffers);
        bytes[i] = estimate_of(&f);
        finish_av1(&f, buffers);
    }
    const uint64_t one = 4224 * 192;
    cr_expect_geq(bytes[1], bytes[0] + one);
    cr_expect_geq(bytes[2], bytes[0] + 8 * one);
    cr_expect_leq(bytes[2], bytes[0] + 8 * 4 * one);
}

/* What memory is estimated by holds for all tiles. */
Test(heif, a_tile_with_more_frames_than_the_first_is_damage)
{
    struct heif_file f;
    uint8_t grid[HEIF_GRID_LEN];
    struct heif_bytes buffers[2];
    begin_av1(&f, &(struct av1_shape){.width = 64, .height = 64}, buffers);
    struct heif_bytes second =
        av1_item(&(struct av1_shape){.width = 64, .height = 64, .n_hidden = 1});
    struct heif_item *tile = heif_add(&f, 2, "av01", second.data, second.len);
    memcpy(tile->properties, f.items[0].properties, sizeof tile->properties);
    heif_grid(grid, 1, 2, 128, 64);
    heif_has(heif_add(&f, 9, "grid", grid, HEIF_GRID_LEN), heif_size(&f, 128, 64));
    heif_refer(&f, "dimg", 9, 1);
    heif_refer(&f, "dimg", 9, 1);
    f.primary = 9;
    struct made m = make_file(&f);
    cr_expect(m.code == THUMBS_OK && !m.result.damaged, "%s", m.err.message);
    free(m.pixels);
    f.references[0].to[1] = 2;
    m = make_file(&f);
    cr_expect(m.code == THUMBS_OK && m.result.damaged, "%s", m.err.message);
    free(m.pixels);
    free(second.data);
    finish_av1(&f, buffers);
}

/* Its colours are then what numbers say, or sRGB; and that is told. */
Test(heif, a_broken_profile_is_passed_over)
{
    struct heif_file f;
    bool declined;
    struct heif_item *item = begin(&f, "heif/still.heic");
    heif_has(item, heif_property(&f, "colr", "profnonsense", 12));
    struct made m = make_by_heif(&f, &declined);
    cr_expect_not(declined);
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    cr_expect_eq(m.result.damaged, 0u);
    cr_expect(strstr(m.result.warning, "profile"), "%s", m.result.warning);
    free(m.pixels);
    finish(&f);
}

/* ---- against libvips' way ---- */

static unsigned n_compared;

static void compare_ways(const struct test_file *file, void *user)
{
    bool declined;
    const struct thumbs_image_options *o = user;
    enum thumbs_format format = th_image_sniff(file->data, file->len);
    if (format != THUMBS_FORMAT_HEIF && format != THUMBS_FORMAT_AVIF) return;
    struct made theirs = make_by(&th_backend_vips, file, o, 0, &declined);
    if (theirs.code == THUMBS_OK) {
        struct made ours = make_by(&th_backend_heif, file, o, 0, &declined);
        cr_assert(ours.code == THUMBS_OK && !declined, "%s: %s", file->path, ours.err.message);
        cr_expect_lt(difference(&ours, &theirs), 1.5, "%s: %f", file->path,
                     difference(&ours, &theirs));
        free(ours.pixels);
        n_compared++;
    }
    free(theirs.pixels);
}

/* Not the one that libheif shows in another way: it rounds the halves in a crop. */
static void compare_as_samples(const struct test_file *file, void *user)
{
    if (!strstr(file->name, "cropped")) compare_ways(file, user);
}

/* Numbers beside the coded picture, whatever that says: its matrix and range are taken as libheif
 * takes them, its primaries and transfer the same on both ways. */
Test(heif, numbers_are_taken_as_libvips_takes_them)
{
    static const unsigned primaries[] = {1, 9, 12}, matrices[] = {1, 5, 6, 9};
    const struct thumbs_image_options o = test_picture_options(60, THUMBS_FORMAT_PNG);
    for (unsigned i = 0; i < 24; i++) {
        struct heif_file f;
        struct heif_item *item = begin(&f, i % 2 ? "heif/still.avif" : "heif/still-444.avif");
        heif_has(item, heif_nclx(&f, primaries[i % 3], 13, matrices[i / 2 % 4], i < 12));
        struct heif_bytes b = heif_write(&f);
        struct test_file file = {.path = "made up", .data = b.data, .len = b.len};
        compare_ways(&file, (void *)&o);
        free(b.data);
        finish(&f);
    }
    cr_expect_eq(n_compared, 24, "%u", n_compared);
}

Test(heif, samples_come_out_as_libvips_has_them, .timeout = 120)
{
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_PNG);
    test_each_file(TEST_SAMPLES "/heif", compare_as_samples, &o);
    cr_expect_geq(n_compared, 8);
}

Test(heif, real_pictures_come_out_as_libvips_has_them, .timeout = 300)
{
    TEST_NEED_CORPUS();
    struct thumbs_image_options o = test_picture_options(256, THUMBS_FORMAT_PNG);
    test_each_corpus_file("formats", compare_ways, &o);
    cr_expect_geq(n_compared, 1);
}

#if defined(__GLIBC__)
/* Make a damaged file with all fresh memory set to one value. */
static struct made make_in_memory_of(int value, const uint8_t *data, size_t len)
{
    mallopt(M_PERTURB, value);
    struct made m = make(data, len);
    mallopt(M_PERTURB, 0);
    return m;
}

/* Where coded data is missing, a picture must not show what was in memory before: that is somebody
 * else's, and another time something else. */
Test(heif, what_is_missing_is_not_taken_from_memory, .timeout = 120)
{
    static const char *const samples[] = {"heif/still.heic", "heif/still-10-bit.heic",
                                          "heif/grid.heic", "heif/still.avif"};
    unsigned n_damaged = 0;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        for (unsigned part = 1; part < 10; part++) {
            struct test_file file = sample(samples[i]);
            uint8_t *data = malloc(file.len);
            memcpy(data, file.data, file.len);
            const uint8_t *box = memmem(data, file.len, "mdat", 4);
            cr_assert(box);
            const size_t begin = (size_t)(box - data) + 4, n = file.len - begin;
            memset(data + begin + n * part / 10, 0, n / 10);
            struct made a = make_in_memory_of(0x55, data, file.len),
                        b = make_in_memory_of(0xAA, data, file.len);
            cr_assert_eq(a.code, b.code);
            n_damaged += a.code == THUMBS_OK && a.result.damaged;
            if (a.code == THUMBS_OK)
                cr_expect_arr_eq(a.pixels, b.pixels, (size_t)a.width * a.height * 4, "%s, part %u",
                                 samples[i], part);
            free(a.pixels);
            free(b.pixels);
            free(data);
            test_file_finish(&file);
        }
    }
    cr_expect_gt(n_damaged, 5);
}
#endif
