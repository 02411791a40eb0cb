/* SPDX-License-Identifier: MIT */
/* The seam for decoders: how far they may reduce, and what is done for one that hands over rows. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "image/colours.h"
#include "image/image.h"
#include "image/rowfeed.h"
#include "image/rowmake.h"

static void set_up(struct thumbs_image_options *image)
{
    struct thumbs_options o;
    thumbs_options_init(&o);
    *image = o.image;
}

/* ---- reduction ---- */

/* What is left to the filter on each axis of each size if a decoder divides by `by`, at least. */
static bool leaves_enough(const struct th_targets *targets, uint64_t by, bool fast)
{
    uint64_t halves = fast ? 3 : 4;
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct th_geometry *g = &targets->sizes[i];
        if (2 * (uint64_t)g->cut_width < halves * by * g->scaled_width) return false;
        if (2 * (uint64_t)g->cut_height < halves * by * g->scaled_height) return false;
    }
    return true;
}

static void check_reduction(struct thumbs_image_options *o, uint32_t width, uint32_t height,
                            bool turned)
{
    struct th_targets targets;
    th_targets_fit(&targets, width, height, turned ? 6 : 1, o, o->enlarge != 0);
    uint32_t sizes = 0;
    for (uint32_t i = 0; i < targets.n; i++) {
        cr_assert_leq(targets.sizes[i].cut_width, width);
        cr_assert_leq(targets.sizes[i].cut_height, height);
        cr_assert_eq(sizes & targets.stands_for[i], 0u);
        sizes |= targets.stands_for[i];
    }
    cr_assert_eq(sizes, (1u << o->n_sizes) - 1);
    cr_assert(targets.n == o->n_sizes || !o->enlarge);
    for (int fast = 0; fast <= 1; fast++) {
        uint32_t most = th_reduction_most(&targets, fast);
        cr_assert_geq(most, 1u);
        cr_assert(most == 1 || leaves_enough(&targets, most, fast), "%ux%u fit %u", width, height,
                  o->fit);
        cr_assert_not(leaves_enough(&targets, (uint64_t)most + 1, fast), "%ux%u fit %u", width,
                      height, o->fit);
    }
    /* Drawn at that scale, no target is more than what there is of it. */
    double scale = th_reduction_draw_scale(&targets, width, height, UINT64_MAX);
    for (uint32_t i = 0; i < targets.n; i++) {
        cr_assert_geq(scale * targets.sizes[i].cut_width * (1 + 1e-9),
                      targets.sizes[i].scaled_width);
        cr_assert_geq(scale * targets.sizes[i].cut_height * (1 + 1e-9),
                      targets.sizes[i].scaled_height);
    }
}

Test(reduction, keeps_enough_for_every_size_and_no_more)
{
    struct thumbs_image_options o;
    srand(7);
    set_up(&o);
    for (unsigned round = 0; round < 20000; round++) {
        o.n_sizes = 1 + (uint32_t)(rand() % 3);
        for (uint32_t i = 0; i < o.n_sizes; i++)
            o.sizes[i] = (struct thumbs_size){.width = 1 + (uint32_t)(rand() % 600),
                                              .height = 1 + (uint32_t)(rand() % 600)};
        o.fit = THUMBS_FIT_INSIDE + round % 4;
        o.enlarge = round / 4 % 2;
        check_reduction(&o, 1 + (uint32_t)(rand() % 9000), 1 + (uint32_t)(rand() % 9000),
                        round / 8 % 2);
    }
}

Test(reduction, is_told_by_the_part_that_is_shown)
{
    static const struct {
        enum thumbs_fit fit;
        bool turned;
        uint32_t width, height, most, fast;
    } cases[] = {
        {THUMBS_FIT_INSIDE, false, 4000, 1000, 20, 26},  /* to 100 x 25 */
        {THUMBS_FIT_CONTAIN, false, 4000, 1000, 20, 26}, /* the same, padded */
        {THUMBS_FIT_COVER, false, 4000, 1000, 5, 6},     /* 1000 x 1000 of it to 100 x 100 */
        {THUMBS_FIT_FILL, false, 4000, 1000, 5, 6},      /* all of it to 100 x 100 */
        {THUMBS_FIT_COVER, true, 1000, 4000, 5, 6},      /* lies on its side */
        {THUMBS_FIT_COVER, false, 90, 4000, 1, 1},       /* 90 x 100 of it, not reduced */
    };
    struct thumbs_image_options o;
    struct th_targets targets;
    set_up(&o);
    o.sizes[0] = (struct thumbs_size){.width = 100, .height = 100};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        o.fit = cases[i].fit;
        th_targets_fit(&targets, cases[i].width, cases[i].height, cases[i].turned ? 6 : 1, &o,
                       false);
        cr_expect_eq(th_reduction_most(&targets, false), cases[i].most, "case %zu", i);
        cr_expect_eq(th_reduction_most(&targets, true), cases[i].fast, "case %zu", i);
    }
}

/* ---- a decoder of rows ---- */

/* A decoder without a format: a gradient, handed over as a test wants it. */
static struct {
    struct th_row_header header;
    bool decline, planar, begin_twice, late;
    uint32_t missing, n_opened, n_decoded, n_closed;
} fake;

static enum thumbs_code fake_open(struct th_make *make, void **state, struct th_row_header *header,
                                  struct thumbs_error *err)
{
    (void)err;
    fake.n_opened++;
    make->declined = fake.decline;
    *header = fake.header;
    *state = &fake;
    return THUMBS_OK;
}

static void fake_close(void *state)
{
    cr_assert_eq(state, (void *)&fake);
    fake.n_closed++;
}

static enum thumbs_code fake_decode(void *state, const struct th_row_wish *wish,
                                    struct th_rowfeed *feed, struct thumbs_error *err)
{
    struct th_row_shape shape = {.width = fake.header.width,
                                 .height = fake.header.height,
                                 .span_x = fake.header.width,
                                 .span_y = fake.header.height,
                                 .colour = fake.header.colour,
                                 .alpha = fake.header.alpha,
                                 .layout = fake.planar ? TH_ROWS_PLANAR : TH_ROWS_INTERLEAVED,
                                 .bits = 8};
    size_t stride = shape.width * th_row_bands(shape.colour, shape.alpha);
    uint8_t *row = malloc(stride);
    cr_assert(row && state == &fake && wish->most_shrink >= 1);
    fake.n_decoded++;
    enum thumbs_code code = th_rowfeed_begin(feed, &shape, err);
    for (uint32_t y = 0; y < shape.height - fake.missing && code == THUMBS_OK; y++) {
        for (size_t x = 0; x < stride; x++)
            row[x] = (uint8_t)(x + y);
        const struct th_rows rows = {.planes = {row}, .strides = {stride}, .n = 1};
        if (fake.late && y == 5) feed->make->deadline_ns = 1;
        if (fake.begin_twice && y == 7) {
            fake.begin_twice = false;
            code = th_rowfeed_begin(feed, &shape, err);
            y = UINT32_MAX;
            continue;
        }
        code = th_rowfeed_rows(feed, &rows, err);
        cr_assert(code == THUMBS_OK || y == 5, "the clock is looked at after each band");
    }
    free(row);
    return code;
}

static const struct th_row_decoder decoder = {
    .open = fake_open, .decode = fake_decode, .close = fake_close};

struct outcome {
    enum thumbs_code code;
    bool declined;
    struct th_image_result result;
    struct th_sink sink;
    struct thumbs_error err;
};

static struct outcome run(const struct thumbs_image_options *o)
{
    struct outcome out = {0};
    th_sink_init_heap(&out.sink);
    struct th_make make = {
        .format = THUMBS_FORMAT_PNG, .options = o, .sink = &out.sink, .result = &out.result};
    out.code = th_rowmake(&make, &decoder, &out.err);
    out.declined = make.declined;
    cr_expect_eq(fake.n_opened, fake.n_closed);
    return out;
}

static void fake_init(struct thumbs_image_options *o)
{
    memset(&fake, 0, sizeof fake);
    fake.header =
        (struct th_row_header){.width = 60, .height = 40, .orientation = 1, .colour = TH_ROW_RGB};
    set_up(o);
    o->formats[0] = THUMBS_FORMAT_PNG;
    o->n_sizes = 2;
    o->sizes[0] = (struct thumbs_size){.width = 20, .height = 20};
    o->sizes[1] = (struct thumbs_size){.width = 9, .height = 9};
}

static bool same_output(const struct outcome *a, uint32_t i, const struct outcome *b, uint32_t k)
{
    const struct th_image_output *x = &a->result.outputs[i], *y = &b->result.outputs[k];
    return x->len == y->len && x->width == y->width &&
           memcmp(a->sink.data + x->offset, b->sink.data + y->offset, (size_t)x->len) == 0;
}

Test(rowfeed, several_sizes_from_one_decoding)
{
    struct thumbs_image_options o;
    fake_init(&o);
    struct outcome both = run(&o);
    cr_assert_eq(both.code, THUMBS_OK, "%s", both.err.message);
    cr_assert_eq(both.result.n_outputs, 2u);
    cr_expect_eq(fake.n_decoded, 1u);
    cr_expect_eq(both.result.outputs[0].width, 20u);
    cr_expect_eq(both.result.outputs[0].height, 13u);
    o.n_sizes = 1;
    for (uint32_t i = 0; i < 2; i++) {
        if (i) o.sizes[0] = o.sizes[1];
        struct outcome one = run(&o);
        cr_expect(same_output(&both, i, &one, 0));
        th_sink_finish_heap(&one.sink);
    }
    /* A second attempt starts from nothing. */
    fake_init(&o);
    fake.begin_twice = true;
    struct outcome again = run(&o);
    cr_expect(same_output(&both, 0, &again, 0) && same_output(&both, 1, &again, 1));
    th_sink_finish_heap(&again.sink);
    th_sink_finish_heap(&both.sink);
}

Test(rowfeed, turned_and_without_a_size)
{
    struct thumbs_image_options o;
    fake_init(&o);
    fake.header.orientation = 6;
    struct outcome turned = run(&o);
    cr_expect_eq(turned.result.width, 40u);
    cr_expect_eq(turned.result.outputs[0].width, 13u);
    cr_expect_eq(turned.result.outputs[0].height, 20u);
    th_sink_finish_heap(&turned.sink);
    fake_init(&o);
    fake.header.sizeless = true;
    o.sizes[0].width = o.sizes[0].height = 120;
    struct outcome large = run(&o);
    cr_expect_eq(large.result.outputs[0].width, 120u);
    th_sink_finish_heap(&large.sink);
}

Test(rowfeed, what_cannot_be_taken_is_an_error)
{
    struct thumbs_image_options o;
    fake_init(&o);
    fake.missing = 1;
    cr_expect_eq(run(&o).code, THUMBS_CORRUPT);
    fake_init(&o);
    fake.planar = true;
    cr_expect_eq(run(&o).code, THUMBS_INTERNAL);
    fake_init(&o);
    fake.header.colour = TH_ROW_YCBCR;
    cr_expect_eq(run(&o).code, THUMBS_INTERNAL);
    fake_init(&o);
    fake.late = true;
    cr_expect_eq(run(&o).code, THUMBS_TIMEOUT);
}

Test(rowfeed, limits_come_before_decoding)
{
    struct thumbs_image_options o;
    fake_init(&o);
    o.max_pixels = 60 * 40 - 1;
    cr_expect_eq(run(&o).code, THUMBS_TOO_LARGE);
    fake_init(&o);
    fake.header.height = 0;
    cr_expect_eq(run(&o).code, THUMBS_CORRUPT);
    cr_expect_eq(fake.n_decoded, 0u);
    fake_init(&o);
    fake.decline = true;
    struct outcome out = run(&o);
    cr_expect(out.declined && fake.n_decoded == 0 && out.sink.len == 0);
}

/* A profile that makes no sense costs nothing but a warning; what else is told then counts. */
Test(rowfeed, colours_that_are_not_understood)
{
    static const uint8_t rubbish[200] = "no profile";
    struct th_colours colours;
    struct thumbs_image_options o;
    fake_init(&o);
    struct outcome plain = run(&o);
    fake.header.icc = rubbish;
    fake.header.icc_len = sizeof rubbish;
    struct outcome out = run(&o);
    cr_expect_eq(out.code, THUMBS_OK);
    cr_expect(!out.declined && !out.result.damaged && out.result.warning[0]);
    cr_expect(same_output(&plain, 0, &out, 0));
    th_sink_finish_heap(&out.sink);
    th_colours_from_power(&colours, NULL, 1);
    fake.header.colours = &colours;
    out = run(&o);
    cr_expect_eq(out.code, THUMBS_OK);
    cr_expect(out.result.warning[0] && !same_output(&plain, 0, &out, 0));
    th_sink_finish_heap(&plain.sink);
    th_sink_finish_heap(&out.sink);
    th_image_thread_finish();
}

/* ---- the table ---- */

Test(formats, rows_are_whole)
{
    for (unsigned f = 0; f < THUMBS_N_FORMATS; f++) {
        const struct th_format *row = th_format((enum thumbs_format)f);
        cr_assert(row->name && row->ext, "format %u", f);
        cr_expect(!*row->ext || th_image_format_by_ext(row->ext, strlen(row->ext)) == f, "%s",
                  row->name);
        for (unsigned i = 0; i < TH_FORMAT_MAX_ENDINGS && row->endings[i]; i++)
            cr_expect_eq(th_image_format_by_ext(row->endings[i], strlen(row->endings[i])), f, "%s",
                         row->endings[i]);
        for (unsigned i = 0; i < TH_FORMAT_MAX_MAGICS && row->magics[i].len; i++)
            cr_expect_eq(th_image_sniff((const uint8_t *)row->magics[i].bytes, row->magics[i].len),
                         f, "%s", row->name);
        for (unsigned i = 0; row->decoders[i]; i++)
            cr_expect(!row->decoders[i]->make != !row->decoders[i]->rows, "%s", row->name);
        if (row->decoders[0]) cr_expect(row->magics[0].len || row->sniff, "%s", row->name);
        if (row->encoder)
            cr_expect(row->encoder->encode && row->encoder->cost && *row->ext, "%s", row->name);
        cr_expect_eq(thumbs_format_is_output((enum thumbs_format)f),
                     row->encoder || f == THUMBS_FORMAT_KEEP);
    }
    cr_expect_eq(th_format((enum thumbs_format)THUMBS_N_FORMATS), th_format(THUMBS_FORMAT_NONE));
}
