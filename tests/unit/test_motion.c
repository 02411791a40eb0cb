/* SPDX-License-Identifier: MIT */
/* Moving pictures: what a thumbnail shows at every moment is held against what its source shows, as
 * libvips composes both (libnsgif, libwebpdemux). Files are made here, their codes not compressed.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "base/view.h"
#include "image/image.h"
#include "support/made.h"
#include "support/picture.h"
#include "support/read_png.h"

enum { WIDTH = 60, HEIGHT = 40 };

/* ---- sources ---- */

static void add_le(struct th_bytes *b, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        th_bytes_addc(b, (char)(v >> 8 * i));
}

/* A rectangle of one colour (1 to 3; 0 is clear), with a hole in its middle if it has one. */
struct frame {
    uint32_t x, y, width, height;
    unsigned colour, delay_cs, disposal;
    bool hole;
};

static unsigned place_at(const struct frame *f, uint32_t x, uint32_t y)
{
    const bool in_x = x >= f->width / 4 && x < f->width - f->width / 4;
    const bool in_y = y >= f->height / 4 && y < f->height - f->height / 4;
    return f->hole && in_x && in_y ? 0 : f->colour;
}

/* Codes of 4 bits, two to a byte; a clear code before the table has grown keeps them so. */
static void add_pixels(struct th_bytes *b, const struct frame *f)
{
    enum { CLEAR = 8, END = 9, PIECE = 4, BLOCK = 200 };
    struct th_bytes codes = {0};
    const uint32_t n = f->width * f->height;
    for (uint32_t i = 0; i < n; i++) {
        if (i % PIECE == 0) th_bytes_addc(&codes, CLEAR);
        th_bytes_addc(&codes, (char)place_at(f, i % f->width, i / f->width));
    }
    th_bytes_addc(&codes, END);
    th_bytes_addc(&codes, 0);
    th_bytes_addc(b, 3);
    for (size_t at = 0; at + 1 < codes.len; at += 2) {
        const size_t left = (codes.len - at) / 2;
        if (at % (2 * BLOCK) == 0) th_bytes_addc(b, (char)(left < BLOCK ? left : BLOCK));
        th_bytes_addc(b, (char)(codes.data[at] | codes.data[at + 1] << 4));
    }
    th_bytes_addc(b, 0);
    th_bytes_finish(&codes);
}

static void add_frame(struct th_bytes *b, const struct frame *f)
{
    add_le(b, 0x04F921, 3);
    add_le(b, f->disposal << 2 | 1, 1);
    add_le(b, f->delay_cs, 2);
    add_le(b, 0, 2);
    add_le(b, 0x2C, 1);
    add_le(b, f->x, 2);
    add_le(b, f->y, 2);
    add_le(b, f->width, 2);
    add_le(b, f->height, 2);
    add_le(b, 0, 1);
    add_pixels(b, f);
}

/* loops: what Netscape's block says, or -1: there is none. */
static const uint8_t colours[8][3] = {{0}, {220, 30, 30}, {30, 200, 60}, {250, 250, 250}};

static struct th_bytes begin_gif(uint32_t width, uint32_t height, int loops)
{
    struct th_bytes b = {0};
    th_bytes_adds(&b, "GIF89a");
    add_le(&b, width, 2);
    add_le(&b, height, 2);
    add_le(&b, 0x82, 3);
    th_bytes_add(&b, colours, sizeof colours);
    if (loops >= 0) {
        th_bytes_adds(&b, "!\xff\x0bNETSCAPE2.0\x03\x01");
        add_le(&b, (unsigned)loops, 3);
    }
    return b;
}

static struct th_bytes gif(const struct frame *frames, size_t n, int loops)
{
    struct th_bytes b = begin_gif(WIDTH, HEIGHT, loops);
    for (size_t i = 0; i < n; i++)
        add_frame(&b, &frames[i]);
    th_bytes_addc(&b, 0x3B);
    return b;
}

/* The same frames as a PNG, with that palette. */
static void add_be(struct th_bytes *b, uint64_t v, unsigned n)
{
    uint8_t bytes[8];
    th_number_put(bytes, v, n, true);
    th_bytes_add(b, bytes, n);
}

static void add_chunk(struct th_bytes *b, const char *name, const struct th_bytes *body)
{
    const size_t begin = b->len + 4;
    add_be(b, body->len, 4);
    th_bytes_adds(b, name);
    if (body->len) th_bytes_add(b, body->data, body->len);
    add_be(b, crc32(0, (const Bytef *)b->data + begin, (uInt)(b->len - begin)), 4);
}

/* A chunk of numbers, each in so many bytes; the body is emptied. */
static void end_chunk(struct th_bytes *b, const char *name, struct th_bytes *body)
{
    add_chunk(b, name, body);
    th_bytes_finish(body);
    *body = (struct th_bytes){0};
}

static struct th_bytes begin_png(uint32_t n_frames, uint32_t plays)
{
    struct th_bytes b = {0}, body = {0};
    th_bytes_add(&b, "\x89PNG\r\n\x1a\n", 8);
    add_be(&body, WIDTH, 4);
    add_be(&body, HEIGHT, 4);
    add_be(&body, 0x0803000000, 5);
    end_chunk(&b, "IHDR", &body);
    add_be(&body, n_frames, 4);
    add_be(&body, plays, 4);
    end_chunk(&b, "acTL", &body);
    th_bytes_add(&body, colours, sizeof colours);
    end_chunk(&b, "PLTE", &body);
    add_be(&body, 0, 1);
    end_chunk(&b, "tRNS", &body);
    return b;
}

enum blend { REPLACE, OVER };

static void add_fctl(struct th_bytes *b, const struct frame *f, unsigned *sequence,
                     enum blend blend)
{
    static const uint8_t disposals[] = {0, 0, 1, 2}; /* of what GIF calls them */
    struct th_bytes body = {0};
    add_be(&body, (*sequence)++, 4);
    add_be(&body, f->width, 4);
    add_be(&body, f->height, 4);
    add_be(&body, f->x, 4);
    add_be(&body, f->y, 4);
    add_be(&body, f->delay_cs, 2);
    add_be(&body, f->delay_cs % 2 ? 100 : 0, 2); /* 0 means 100 */
    add_be(&body, disposals[f->disposal], 1);
    add_be(&body, blend, 1);
    end_chunk(b, "fcTL", &body);
}

static struct th_bytes compressed(const struct frame *f)
{
    struct th_bytes raw = {0}, z = {0};
    for (uint32_t y = 0; y < f->height; y++) {
        th_bytes_addc(&raw, 0);
        for (uint32_t x = 0; x < f->width; x++)
            th_bytes_addc(&raw, (char)place_at(f, x, y));
    }
    uLongf len = compressBound(raw.len);
    Bytef *to = malloc(len);
    cr_assert_eq(compress(to, &len, (const Bytef *)raw.data, raw.len), Z_OK);
    th_bytes_add(&z, to, len);
    th_bytes_finish(&raw);
    free(to);
    return z;
}

static void add_idat(struct th_bytes *b, const struct frame *f)
{
    struct th_bytes z = compressed(f);
    end_chunk(b, "IDAT", &z);
}

/* In two chunks with a word between them. */
static void add_fdat(struct th_bytes *b, const struct frame *f, unsigned *sequence)
{
    struct th_bytes z = compressed(f), body = {0};
    add_be(&body, (*sequence)++, 4);
    th_bytes_add(&body, z.data, z.len / 2);
    end_chunk(b, "fdAT", &body);
    th_bytes_add(&body, "a\0b", 3);
    end_chunk(b, "tEXt", &body);
    add_be(&body, (*sequence)++, 4);
    th_bytes_add(&body, z.data + z.len / 2, z.len - z.len / 2);
    end_chunk(b, "fdAT", &body);
    th_bytes_finish(&z);
}

static void end_png(struct th_bytes *b)
{
    add_chunk(b, "IEND", &(struct th_bytes){0});
}

/* The first frame covers all, and is the picture that stands still. */
static struct th_bytes png(const struct frame *frames, size_t n, uint32_t plays)
{
    unsigned sequence = 0;
    struct th_bytes b = begin_png((uint32_t)n, plays);
    for (size_t i = 0; i < n; i++) {
        add_fctl(&b, &frames[i], &sequence, OVER);
        if (i == 0)
            add_idat(&b, &frames[i]);
        else
            add_fdat(&b, &frames[i], &sequence);
    }
    end_png(&b);
    return b;
}

/* Rings that move over the canvas; their disposal is that of each, or of all kinds in turn. */
enum { N_MOVES = 9, IN_TURN = 99 };

static void moves(struct frame out[N_MOVES], unsigned disposal)
{
    for (unsigned i = 0; i < N_MOVES; i++)
        out[i] = (struct frame){.x = 4 * i,
                                .y = 3 * i,
                                .width = 28,
                                .height = 20,
                                .colour = 1 + i % 3,
                                .delay_cs = 5 + i,
                                .disposal = disposal == IN_TURN ? i % 4 : disposal,
                                .hole = true};
}

/* ---- thumbnails ---- */

static struct thumbs_image_options options(uint32_t side, enum thumbs_format format)
{
    struct thumbs_image_options o = test_picture_options(side, format);
    o.pages = THUMBS_PAGES_ALL;
    o.quality = 95;
    return o;
}

static struct test_made make_well(const struct th_bytes *b, const struct thumbs_image_options *o)
{
    struct test_made m = test_make(b->data, b->len, o);
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    return m;
}

/* ---- what is shown ---- */

struct movie {
    uint8_t *pixels; /* RGBA, multiplied in */
    int width, height, n, plays;
    int delays_ms[100];
};

static void start_vips(void)
{
    cr_assert_eq(VIPS_INIT("test_motion"), 0);
}

static void read_delays(VipsImage *image, struct movie *m)
{
    int *delays = NULL, n = 0;
    if (vips_image_get_array_int(image, "delay", &delays, &n) != 0) n = 0;
    for (int i = 0; i < m->n && i < n; i++)
        m->delays_ms[i] = delays[i];
}

/* (Of a GIF libvips tells how often it goes back, -1 for a still.) */
static int read_plays(VipsImage *image)
{
    int loop = 0;
    vips_image_get_int(image, "loop", &loop);
    return loop;
}

static struct movie read_movie(const void *data, size_t len)
{
    struct movie m = {0};
    VipsImage *image = vips_image_new_from_buffer(data, len, "[n=-1]", NULL), *wide = NULL;
    cr_assert(image, "%s", vips_error_buffer());
    size_t size;
    m.width = image->Xsize;
    m.height = vips_image_get_page_height(image);
    m.n = image->Ysize / m.height;
    cr_assert_leq(m.n, 100);
    if (m.n > 1) read_delays(image, &m);
    m.plays = read_plays(image);
    if (image->Bands == 3)
        cr_assert_eq(vips_addalpha(image, &wide, NULL), 0);
    else
        wide = g_object_ref(image);
    m.pixels = vips_image_write_to_memory(wide, &size);
    cr_assert(m.pixels && size == (size_t)m.width * (size_t)image->Ysize * 4);
    for (size_t i = 0; i < size; i += 4)
        for (int k = 0; k < 3; k++)
            m.pixels[i + (size_t)k] = (uint8_t)(m.pixels[i + (size_t)k] * m.pixels[i + 3] / 255);
    g_object_unref(wide);
    g_object_unref(image);
    return m;
}

static int end_of(const struct movie *m)
{
    int sum = 0;
    for (int i = 0; i < m->n; i++)
        sum += m->delays_ms[i];
    return sum;
}

static const uint8_t *at_moment(const struct movie *m, int ms)
{
    int i = 0;
    for (int end = m->delays_ms[0]; i + 1 < m->n && end <= ms; i++)
        end += m->delays_ms[i + 1];
    return m->pixels + (size_t)i * (size_t)m->width * (size_t)m->height * 4;
}

/* Both of the same size. */
static void expect_same(const struct movie *want, const struct movie *got, double most,
                        const char *what)
{
    cr_assert(want->width == got->width && want->height == got->height, "%s", what);
    cr_expect_eq(want->plays, got->plays, "%s: %d, not %d times", what, got->plays, want->plays);
    cr_expect_leq(abs(end_of(want) - end_of(got)), 5, "%s: %d ms, not %d", what, end_of(got),
                  end_of(want));
    const int n = want->width * want->height * 4;
    for (int ms = 5; ms < end_of(want); ms += 10) {
        const uint8_t *a = at_moment(want, ms), *b = at_moment(got, ms);
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += abs(a[i] - b[i]);
        cr_assert_leq(sum / n, most, "%s: %.2f levels at %d ms", what, sum / n, ms);
    }
}

/* At full size a GIF is exact where its colours are few, and a WebP nearly. */
static void expect_kept(struct th_bytes *b, const char *what)
{
    static const enum thumbs_format formats[] = {THUMBS_FORMAT_GIF, THUMBS_FORMAT_WEBP};
    static const double most[] = {0, 6};
    struct movie want = read_movie(b->data, b->len);
    for (int i = 0; i < 2; i++) {
        struct thumbs_image_options o = options(200, formats[i]);
        struct test_made m = make_well(b, &o);
        struct movie got = read_movie(m.sink.data, m.sink.len);
        /* libvips tells what stands in a file: of a GIF one less, of one without it, 1. */
        if (i == 1 && want.plays > 0) got.plays--;
        if (i == 1 && want.plays == 1 && got.plays == 0) got.plays = 1;
        cr_expect_not(m.result.damaged, "%s", what);
        expect_same(&want, &got, most[i], what);
        g_free(got.pixels);
        th_sink_finish_heap(&m.sink);
    }
    g_free(want.pixels);
    th_bytes_finish(b);
}

Test(motion, every_disposal_is_composed_as_browsers_do, .init = start_vips)
{
    static const struct frame whole = {
        .width = WIDTH, .height = HEIGHT, .colour = 1, .delay_cs = 10, .disposal = 1};
    static const unsigned disposals[] = {0, 1, 2, 3, IN_TURN};
    for (size_t i = 0; i < sizeof disposals / sizeof *disposals; i++) {
        char what[64];
        struct frame frames[1 + N_MOVES] = {whole};
        moves(frames + 1, disposals[i]);
        snprintf(what, sizeof what, "disposal %u over a whole frame", disposals[i]);
        struct th_bytes b = gif(frames, 1 + N_MOVES, 0);
        expect_kept(&b, what);
        snprintf(what, sizeof what, "disposal %u over nothing", disposals[i]);
        b = gif(frames + 1, N_MOVES, 0);
        expect_kept(&b, what);
    }
}

Test(motion, all_that_was_there_may_go, .init = start_vips)
{
    static const struct frame frames[] = {
        {.width = WIDTH, .height = HEIGHT, .colour = 1, .delay_cs = 10, .disposal = 2},
        {.x = 20, .y = 10, .width = 8, .height = 8, .colour = 2, .delay_cs = 10, .disposal = 2},
        {.x = 30, .y = 10, .width = 8, .height = 8, .colour = 2, .delay_cs = 10, .disposal = 2}};
    struct th_bytes b = gif(frames, 3, 0);
    expect_kept(&b, "away");
}

Test(motion, a_frame_that_sticks_out_is_cut_off, .init = start_vips)
{
    static const struct frame frames[] = {
        {.width = WIDTH, .height = HEIGHT, .colour = 1, .delay_cs = 10},
        {.x = 50, .y = 30, .width = 28, .height = 20, .colour = 2, .delay_cs = 7},
        {.x = 200, .y = 300, .width = 28, .height = 20, .colour = 3, .delay_cs = 7},
        {.x = 5, .y = 5, .width = 5, .height = 5, .colour = 3, .delay_cs = 7}};
    struct th_bytes b = gif(frames, 4, 0);
    expect_kept(&b, "beyond");
}

static int plays_of(const uint8_t *data, size_t len, bool *told)
{
    const uint8_t *at = memmem(data, len, "NETSCAPE2.0\x03\x01", 13);
    *told = at;
    return at ? at[13] | at[14] << 8 : 0;
}

/* A GIF says how often to go back, a WebP how often to play. */
Test(motion, it_is_shown_as_often)
{
    static const struct {
        int gif;
        unsigned webp;
    } loops[] = {{-1, 1}, {0, 0}, {1, 2}, {2, 3}, {65534, 65535}, {65535, 65535}};
    struct frame frames[N_MOVES];
    moves(frames, 1);
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        struct th_bytes b = gif(frames, N_MOVES, loops[i].gif);
        struct thumbs_image_options o = options(30, THUMBS_FORMAT_GIF);
        struct test_made m = make_well(&b, &o);
        bool told;
        const int loop = plays_of(m.sink.data, m.sink.len, &told);
        cr_expect(told == (loops[i].gif >= 0), "%d", loops[i].gif);
        if (told) cr_expect_eq(loop, loops[i].gif);
        th_sink_finish_heap(&m.sink);
        o.formats[0] = THUMBS_FORMAT_WEBP;
        m = make_well(&b, &o);
        const uint8_t *anim = memmem(m.sink.data, m.sink.len, "ANIM", 4);
        cr_assert(anim);
        cr_expect_eq(anim[12] | (unsigned)anim[13] << 8, loops[i].webp);
        /* And back. */
        o.formats[0] = THUMBS_FORMAT_GIF;
        struct test_made back = test_make(m.sink.data, m.sink.len, &o);
        cr_assert_eq(back.code, THUMBS_OK);
        const int again = plays_of(back.sink.data, back.sink.len, &told);
        cr_expect(told == (loops[i].gif >= 0));
        if (told) cr_expect_eq(again, loops[i].gif == 65535 ? 65534 : loops[i].gif);
        th_sink_finish_heap(&back.sink);
        th_sink_finish_heap(&m.sink);
        th_bytes_finish(&b);
    }
}

/* Pictures that look alike are one that shows for longer: what is too short to be seen counts as
 * browsers show it. A frame alone keeps its time whatever that is. */
Test(motion, times_are_kept, .init = start_vips)
{
    static const struct {
        unsigned colours[3], cs[3];
        int n, ms[3];
    } rows[] = {{{1, 2, 3}, {5, 0, 300}, 3, {50, 0, 3000}},
                {{1, 2, 3}, {1, 2, 65535}, 3, {10, 20, 655350}},
                {{1, 1, 3}, {5, 7, 9}, 2, {120, 90}},
                {{1, 1, 3}, {5, 0, 9}, 2, {150, 90}},
                {{1, 2, 2}, {5, 1, 1}, 2, {50, 200}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int webp = 0; webp < 2; webp++) {
            struct th_bytes b = begin_gif(WIDTH, HEIGHT, 0);
            for (int k = 0; k < 3; k++)
                add_frame(&b, &(struct frame){.width = WIDTH,
                                              .height = HEIGHT,
                                              .colour = rows[i].colours[k],
                                              .delay_cs = rows[i].cs[k]});
            struct thumbs_image_options o =
                options(20, webp ? THUMBS_FORMAT_WEBP : THUMBS_FORMAT_GIF);
            struct test_made m = make_well(&b, &o);
            struct movie got = read_movie(m.sink.data, m.sink.len);
            cr_expect_eq(got.n, rows[i].n, "row %zu: %d frames", i, got.n);
            for (int k = 0; k < rows[i].n; k++)
                cr_expect_eq(got.delays_ms[k], rows[i].ms[k], "row %zu: %d ms", i,
                             got.delays_ms[k]);
            g_free(got.pixels);
            th_sink_finish_heap(&m.sink);
            th_bytes_finish(&b);
        }
}

/* ---- WebP in ---- */

static uint8_t *read_sample(const char *name, size_t *len)
{
    char path[512];
    gchar *data = NULL;
    gsize size = 0;
    snprintf(path, sizeof path, "%s/%s", TEST_SAMPLES, name);
    cr_assert(g_file_get_contents(path, &data, &size, NULL), "%s", path);
    *len = size;
    return (uint8_t *)data;
}

Test(motion, samples_keep_what_they_show, .init = start_vips)
{
    static const char *const names[] = {"webp/animated.webp", "webp/animated-alpha.webp",
                                        "gif/animated.gif", "gif/animated-transparent.gif"};
    static const enum thumbs_format formats[] = {THUMBS_FORMAT_WEBP, THUMBS_FORMAT_GIF};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int k = 0; k < 2; k++) {
            size_t len;
            uint8_t *data = read_sample(names[i], &len);
            struct thumbs_image_options o = options(200, formats[k]);
            struct test_made m = test_make(data, len, &o);
            cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
            struct movie want = read_movie(data, len);
            struct movie got = read_movie(m.sink.data, m.sink.len);
            /* Alpha that is neither is one or the other in a GIF. */
            expect_same(&want, &got, 6, names[i]);
            cr_expect_eq(want.n, got.n);
            g_free(want.pixels);
            g_free(got.pixels);
            g_free(data);
            th_sink_finish_heap(&m.sink);
        }
}

/* ---- PNG ---- */

/* Of those that move so many lie within the picture, as they have to in a PNG. */
enum { N_WITHIN = 7 };

static const struct frame whole_frame = {
    .width = WIDTH, .height = HEIGHT, .colour = 1, .delay_cs = 10, .disposal = 1};

/* What a GIF of the same frames comes to. */
static void expect_like_gif(struct th_bytes *of_png, struct th_bytes *of_gif, const char *what)
{
    struct thumbs_image_options o = options(200, THUMBS_FORMAT_GIF);
    struct test_made a = make_well(of_png, &o), b = make_well(of_gif, &o);
    cr_expect_not(a.result.damaged, "%s", what);
    cr_expect(a.sink.len == b.sink.len && !memcmp(a.sink.data, b.sink.data, a.sink.len), "%s",
              what);
    th_sink_finish_heap(&a.sink);
    th_sink_finish_heap(&b.sink);
    th_bytes_finish(of_png);
    th_bytes_finish(of_gif);
}

Test(motion, frames_of_a_png_are_composed_as_those_of_a_gif)
{
    static const unsigned disposals[] = {0, 1, 2, 3, IN_TURN};
    for (size_t i = 0; i < sizeof disposals / sizeof *disposals; i++) {
        char what[64];
        struct frame frames[1 + N_MOVES] = {whole_frame};
        frames[0].disposal = disposals[i] == IN_TURN ? 3 : disposals[i];
        frames[0].hole = i % 2;
        moves(frames + 1, disposals[i]);
        snprintf(what, sizeof what, "disposal %u", disposals[i]);
        struct th_bytes of_png = png(frames, 1 + N_WITHIN, 2);
        struct th_bytes of_gif = gif(frames, 1 + N_WITHIN, 1);
        expect_like_gif(&of_png, &of_gif, what);
    }
}

/* With no fcTL in front of it the picture that stands still is not among the frames. */
Test(motion, the_still_picture_of_a_png_may_be_another)
{
    struct frame frames[1 + N_MOVES] = {whole_frame}, other = whole_frame;
    unsigned sequence = 0;
    moves(frames + 1, 0);
    other.colour = 3;
    struct th_bytes b = begin_png(1 + N_WITHIN, 0), of_gif = gif(frames, 1 + N_WITHIN, 0);
    add_idat(&b, &other);
    for (size_t i = 0; i <= N_WITHIN; i++) {
        add_fctl(&b, &frames[i], &sequence, OVER);
        add_fdat(&b, &frames[i], &sequence);
    }
    end_png(&b);
    struct thumbs_image_options o = options(200, THUMBS_FORMAT_PNG);
    struct test_made m = make_well(&b, &o);
    struct th_pixels p = {0};
    cr_assert(test_read_png(m.sink.data, m.sink.len, &p));
    cr_expect_arr_eq(p.data, colours[3], 3);
    th_pixels_finish(&p);
    th_sink_finish_heap(&m.sink);
    expect_like_gif(&b, &of_gif, "apart");
}

Test(motion, a_frame_of_a_png_may_replace_what_it_covers, .init = start_vips)
{
    struct frame ring = {.width = 28, .height = 20, .colour = 2, .delay_cs = 9, .hole = true};
    unsigned sequence = 0;
    struct th_bytes b = begin_png(2, 0);
    add_fctl(&b, &whole_frame, &sequence, REPLACE);
    add_idat(&b, &whole_frame);
    add_fctl(&b, &ring, &sequence, REPLACE);
    add_fdat(&b, &ring, &sequence);
    end_png(&b);
    struct thumbs_image_options o = options(200, THUMBS_FORMAT_GIF);
    struct test_made m = make_well(&b, &o);
    struct movie got = read_movie(m.sink.data, m.sink.len);
    const uint8_t *second = at_moment(&got, 150);
    cr_expect_eq(second[(10 * WIDTH + 14) * 4 + 3], 0, "the hole is not clear");
    cr_expect_arr_eq(second, colours[2], 3);
    cr_expect_arr_eq(second + 39 * WIDTH * 4, colours[1], 3);
    g_free(got.pixels);
    th_sink_finish_heap(&m.sink);
    th_bytes_finish(&b);
}

/* Thirds of a second: each is rounded so that their sum is right. */
Test(motion, times_of_a_png_add_up, .init = start_vips)
{
    struct th_bytes b = begin_png(7, 0);
    unsigned sequence = 0;
    for (unsigned i = 0; i < 7; i++) {
        struct frame f = whole_frame;
        f.colour = 1 + i % 3;
        const size_t at = b.len;
        add_fctl(&b, &f, &sequence, OVER);
        th_number_put((uint8_t *)b.data + at + 8 + 20, 1, 2, true);
        th_number_put((uint8_t *)b.data + at + 8 + 22, 3, 2, true);
        const uLong sum = crc32(0, (const Bytef *)b.data + at + 4, 4 + 26);
        th_number_put((uint8_t *)b.data + at + 8 + 26, sum, 4, true);
        if (i == 0)
            add_idat(&b, &f);
        else
            add_fdat(&b, &f, &sequence);
    }
    end_png(&b);
    struct thumbs_image_options o = options(20, THUMBS_FORMAT_WEBP);
    struct test_made m = make_well(&b, &o);
    struct movie got = read_movie(m.sink.data, m.sink.len);
    cr_expect_eq(got.n, 7);
    cr_expect_eq(end_of(&got), 2333);
    for (int i = 0; i < got.n; i++)
        cr_expect_leq(abs(got.delays_ms[i] - 333), 1);
    g_free(got.pixels);
    th_sink_finish_heap(&m.sink);
    th_bytes_finish(&b);
}

/* Pixels of all kinds: the same picture twice is one, if its frame is read as the picture is. */
Test(motion, frames_of_a_png_have_pixels_of_every_kind, .init = start_vips)
{
    static const char *const names[] = {
        "rgb-8",     "rgb-16-trns",         "rgba-8-adam7", "grey-1",
        "grey-16",   "grey-4-trns-adam7",   "rgba-16",      "palette-2",
        "palette-8", "palette-4-trns-adam7"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        size_t len;
        snprintf(name, sizeof name, "png/%s.png", names[i]);
        uint8_t *data = read_sample(name, &len);
        const struct th_view v = {data, len};
        const struct frame f = {.width = (uint32_t)th_view_be(v, 16, 4),
                                .height = (uint32_t)th_view_be(v, 20, 4),
                                .delay_cs = 10,
                                .disposal = 1};
        const uint8_t *pixels = memmem(data, len, "IDAT", 4);
        const size_t at = (size_t)(pixels - data) - 4, n = (size_t)th_view_be(v, at, 4);
        unsigned sequence = 0;
        struct th_bytes b = {0}, body = {0};
        th_bytes_add(&b, data, at);
        add_be(&body, 2, 4);
        add_be(&body, 0, 4);
        end_chunk(&b, "acTL", &body);
        add_fctl(&b, &f, &sequence, REPLACE);
        th_bytes_add(&b, data + at, n + 12);
        add_fctl(&b, &f, &sequence, REPLACE);
        add_be(&body, sequence++, 4);
        th_bytes_add(&body, pixels + 4, n);
        end_chunk(&b, "fdAT", &body);
        end_png(&b);
        struct thumbs_image_options o = options(200, THUMBS_FORMAT_GIF);
        struct test_made m = make_well(&b, &o);
        struct movie got = read_movie(m.sink.data, m.sink.len);
        cr_expect_not(m.result.damaged, "%s: %s", name, m.result.warning);
        cr_expect_eq(got.n, 1, "%s: %d pictures", name, got.n);
        g_free(got.pixels);
        th_sink_finish_heap(&m.sink);
        th_bytes_finish(&b);
        g_free(data);
    }
}

/* What came before is kept, and the rest is told of. */
Test(motion, a_png_whose_frames_make_no_sense_is_damaged, .init = start_vips)
{
    static const struct {
        const char *what;
        unsigned at, n; /* of a number in the second fcTL, from its length on */
        uint32_t number;
    } cases[] = {{"sequence", 8, 4, 7},    {"width", 12, 4, WIDTH + 1}, {"no height", 16, 4, 0},
                 {"far away", 20, 4, ~0u}, {"disposal", 32, 1, 3},      {"blend", 33, 1, 2},
                 {"length", 0, 4, 25},     {"checksum", 34, 4, 0x1234}};
    struct frame frames[1 + N_MOVES] = {whole_frame};
    moves(frames + 1, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct th_bytes b = png(frames, 3, 0);
        uint8_t *second = memmem(b.data, b.len, "fcTL", 4);
        second = memmem(second + 4, b.len - (size_t)(second + 4 - (uint8_t *)b.data), "fcTL", 4);
        uint8_t *begin = second - 4;
        th_number_put(begin + cases[i].at, cases[i].number, cases[i].n, true);
        if (cases[i].at != 34) th_number_put(begin + 34, crc32(0, begin + 4, 4 + 26), 4, true);
        struct thumbs_image_options o = options(200, THUMBS_FORMAT_GIF);
        struct test_made m = make_well(&b, &o);
        struct movie got = read_movie(m.sink.data, m.sink.len);
        cr_expect(m.result.damaged, "%s", cases[i].what);
        cr_expect_eq(got.n, 1, "%s: %d pictures", cases[i].what, got.n);
        g_free(got.pixels);
        th_sink_finish_heap(&m.sink);
        th_bytes_finish(&b);
    }
}

/* ---- limits and damage ---- */

Test(motion, what_came_of_a_cut_file_is_shown, .init = start_vips)
{
    static const char *const names[] = {"webp/animated.webp", "webp/animated-alpha.webp",
                                        "gif/animated.gif", "png/animated.png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len;
        uint8_t *data = read_sample(names[i], &len);
        struct thumbs_image_options o = options(50, THUMBS_FORMAT_WEBP);
        struct test_made m = test_make(data, len * 2 / 3, &o);
        cr_assert_eq(m.code, THUMBS_OK, "%s: %s", names[i], m.err.message);
        cr_expect(m.result.damaged, "%s", names[i]);
        struct movie got = read_movie(m.sink.data, m.sink.len);
        cr_expect(got.n > 1 && got.n < 6, "%s: %d frames", names[i], got.n);
        g_free(got.pixels);
        th_sink_finish_heap(&m.sink);
        o.on_damage = THUMBS_DAMAGE_FAIL;
        m = test_make(data, len * 2 / 3, &o);
        cr_expect_eq(m.code, THUMBS_CORRUPT);
        th_sink_finish_heap(&m.sink);
        g_free(data);
    }
}

static void try_lengths(struct th_bytes *b)
{
    struct thumbs_image_options o = options(20, THUMBS_FORMAT_GIF);
    for (size_t len = 0; len < b->len; len += 7) {
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, b->data, len);
        struct test_made m = test_make(exact, len, &o);
        cr_expect(m.code == THUMBS_OK || m.code == THUMBS_CORRUPT || m.code == THUMBS_NOT_IMAGE,
                  "%zu: %s", len, m.err.message);
        th_sink_finish_heap(&m.sink);
        free(exact);
    }
    th_bytes_finish(b);
}

Test(motion, any_length_ends_in_order)
{
    struct frame frames[1 + N_MOVES] = {whole_frame};
    moves(frames + 1, IN_TURN);
    struct th_bytes of_gif = gif(frames, N_MOVES, 0), of_png = png(frames, N_MOVES, 0);
    try_lengths(&of_gif);
    try_lengths(&of_png);
}

/* As many pixels as a source may have, so an output is bounded whatever the number of frames. */
Test(motion, all_frames_together_have_a_limit)
{
    struct th_bytes b = begin_gif(WIDTH, HEIGHT, 0);
    for (unsigned i = 0; i < 100; i++)
        add_frame(&b,
                  &(struct frame){.x = i % WIDTH, .width = 1, .height = 1, .colour = 1 + i % 2});
    struct thumbs_image_options o = options(200, THUMBS_FORMAT_GIF);
    o.max_pixels = WIDTH * HEIGHT * 50;
    struct test_made m = test_make(b.data, b.len, &o);
    cr_expect_eq(m.code, THUMBS_TOO_LARGE);
    cr_expect(strstr(m.err.message, "frames"), "%s", m.err.message);
    th_sink_finish_heap(&m.sink);
    o.max_pixels *= 2;
    m = make_well(&b, &o);
    th_sink_finish_heap(&m.sink);
    th_bytes_finish(&b);
}

Test(motion, the_deadline_is_seen_between_frames)
{
    struct th_bytes b = begin_gif(1000, 1000, 0);
    for (unsigned i = 0; i < 3000; i++)
        add_frame(&b, &(struct frame){.x = i % 1000, .width = 1, .height = 1, .colour = 1 + i % 2});
    struct thumbs_image_options o = options(500, THUMBS_FORMAT_GIF);
    const struct th_image_limits limits = {.deadline_ns = th_now_ns() + 100000000};
    struct test_made m = {0};
    th_sink_init_heap(&m.sink);
    const uint64_t begin_ns = th_now_ns();
    m.code = th_image_make((const uint8_t *)b.data, b.len, &o, &limits, &m.sink, &m.result, &m.err);
    cr_expect_eq(m.code, THUMBS_TIMEOUT, "%s", m.err.message);
    cr_expect_eq(m.sink.len, 0u);
    cr_expect_lt(th_now_ns() - begin_ns, UINT64_C(5000000000));
    th_sink_finish_heap(&m.sink);
    th_bytes_finish(&b);
}

Test(motion, the_estimate_counts_frames)
{
    struct frame frames[N_MOVES];
    moves(frames, 1);
    struct th_bytes few = gif(frames, 2, 0), many = gif(frames, N_MOVES, 0);
    struct thumbs_image_options o = options(200, THUMBS_FORMAT_WEBP);
    uint64_t first, of_few, of_many;
    o.enlarge = 1;
    cr_assert(th_image_estimate((const uint8_t *)few.data, few.len, &o, &of_few));
    cr_assert(th_image_estimate((const uint8_t *)many.data, many.len, &o, &of_many));
    cr_expect_geq(of_many - of_few, (uint64_t)(N_MOVES - 2) * 200 * 133);
    o.pages = THUMBS_PAGES_FIRST;
    cr_assert(th_image_estimate((const uint8_t *)many.data, many.len, &o, &first));
    cr_expect_lt(first, of_few);
    /* What does not move needs no more than ever. */
    o.pages = THUMBS_PAGES_ALL;
    o.formats[0] = THUMBS_FORMAT_JPEG;
    uint64_t still;
    cr_assert(th_image_estimate((const uint8_t *)many.data, many.len, &o, &still));
    cr_expect_leq(still, first);
    th_bytes_finish(&few);
    th_bytes_finish(&many);
    /* Those of a PNG, too. */
    o.formats[0] = THUMBS_FORMAT_WEBP;
    few = png(frames, 2, 0);
    many = png(frames, N_MOVES, 0);
    cr_assert(th_image_estimate((const uint8_t *)few.data, few.len, &o, &of_few));
    cr_assert(th_image_estimate((const uint8_t *)many.data, many.len, &o, &of_many));
    cr_expect_geq(of_many - of_few, (uint64_t)(N_MOVES - 2) * 200 * 133);
    th_bytes_finish(&few);
    th_bytes_finish(&many);
}

/* Chosen in the first frame, or the picture would jump. */
Test(motion, one_part_is_cut_out_of_all_frames, .init = start_vips)
{
    struct th_bytes b = begin_gif(WIDTH, HEIGHT, 0);
    add_frame(&b, &(struct frame){.width = WIDTH, .height = HEIGHT, .colour = 3, .delay_cs = 9});
    for (unsigned i = 0; i < 5; i++)
        add_frame(&b, &(struct frame){.x = i ? 10 * i : 45,
                                      .y = 10,
                                      .width = 10,
                                      .height = 20,
                                      .colour = 1,
                                      .delay_cs = 9,
                                      .disposal = i % 2 ? 1 : 3});
    th_bytes_addc(&b, 0x3B);
    struct thumbs_image_options o = options(40, THUMBS_FORMAT_GIF);
    o.fit = THUMBS_FIT_COVER;
    o.gravity = THUMBS_GRAVITY_ATTENTION;
    struct test_made m = make_well(&b, &o);
    struct movie got = read_movie(m.sink.data, m.sink.len);
    struct movie want = read_movie(b.data, b.len);
    cr_assert(got.width == 40 && got.height == 40 && end_of(&got) == end_of(&want));
    /* One shift explains what is shown at every moment. */
    int fits = 0;
    for (int shift = 0; shift <= WIDTH - 40; shift++) {
        bool same = true;
        for (int ms = 5; ms < end_of(&want); ms += 10)
            for (size_t y = 0; y < 40; y++)
                same = same &&
                       memcmp(at_moment(&got, ms) + y * 160,
                              at_moment(&want, ms) + (y * WIDTH + (size_t)shift) * 4, 160) == 0;
        fits += same;
    }
    cr_expect_eq(fits, 1);
    g_free(got.pixels);
    g_free(want.pixels);
    th_sink_finish_heap(&m.sink);
    th_bytes_finish(&b);
}
