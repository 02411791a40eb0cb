/* SPDX-License-Identifier: MIT */
/*
 * The PNG rows against libpng's; every row that both make must be the same, bit for bit, by each
 * engine that inflates, and both must agree where a file breaks. An input is a file, whose
 * checksums are set right first, or else a recipe: a header, then bytes to be compressed or a
 * compressed stream as it is. Frames of an animation lie within the picture and the file.
 */
#include <setjmp.h>
#include <zlib.h>

#include <png.h>

#include "fuzz.h"
#include "image/png/png_adam7.h"
#include "image/png/png_frames.h"
#include "image/png/png_rows.h"

#ifdef THUMBS_FUZZ
#define MOST_PIXELS ((uint64_t)1 << 16)
#else
#define MOST_PIXELS ((uint64_t)1 << 25)
#endif
#define MOST_WIDTH 100000u
/* For one block of libpng's, which asks for what a chunk says is its length. */
#define MOST_BLOCK ((size_t)64 << 20)

struct bytes {
    uint8_t *data;
    size_t len;
};

static void put_be(uint8_t *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t get_be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- inputs ---- */

static void set_sums_right(struct bytes *b)
{
    for (size_t at = 8; at <= b->len && b->len - at >= 12;) {
        const size_t n = get_be(b->data + at);
        if (n > b->len - at - 12) return;
        put_be(b->data + at + 8 + n, (uint32_t)crc32(0, b->data + at + 4, (uInt)n + 4));
        at += 12 + n;
    }
}

static void add_chunk(struct bytes *b, const char *name, const uint8_t *body, size_t n)
{
    b->data = realloc(b->data, b->len + n + 12);
    if (!b->data) abort();
    uint8_t *to = b->data + b->len;
    put_be(to, (uint32_t)n);
    memcpy(to + 4, name, 4);
    if (n) memcpy(to + 8, body, n);
    put_be(to + 8 + n, (uint32_t)crc32(0, to + 4, (uInt)n + 4));
    b->len += n + 12;
}

/* The rest of the input compressed with these settings. */
static struct bytes compressed(const struct fuzz_input *in, unsigned settings)
{
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE};
    z_stream z = {0};
    if (deflateInit2(&z, (int)(settings & 7), Z_DEFLATED, 9 + (int)(settings >> 3 & 3) * 2, 8,
                     strategies[settings >> 5 & 3]) != Z_OK)
        abort();
    struct bytes b = {.len = 2 * in->len + 4096};
    b.data = malloc(b.len);
    if (!b.data) abort();
    z.next_in = (Bytef *)in->data;
    z.avail_in = (uInt)in->len;
    z.next_out = b.data;
    z.avail_out = (uInt)b.len;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) abort();
    b.len -= z.avail_out;
    deflateEnd(&z);
    return b;
}

static struct bytes file_of_recipe(struct fuzz_input *in)
{
    static const uint8_t shapes[][2] = {{1, 0},  {2, 0}, {4, 0},  {8, 0}, {16, 0}, {8, 2},
                                        {16, 2}, {1, 3}, {2, 3},  {4, 3}, {8, 3},  {8, 4},
                                        {16, 4}, {8, 6}, {16, 6}, {8, 6}};
    const unsigned flags = fuzz_u8(in), settings = fuzz_u8(in), split = fuzz_u8(in);
    const uint8_t *shape = shapes[flags & 15];
    uint8_t header[13] = {0}, extra[768];
    put_be(header, 1 + fuzz_u8(in));
    put_be(header + 4, 1 + fuzz_u8(in));
    header[8] = shape[0];
    header[9] = shape[1];
    header[12] = flags >> 4 & 1;
    struct bytes b = {.data = malloc(8), .len = 8};
    if (!b.data) abort();
    memcpy(b.data, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(&b, "IHDR", header, sizeof header);
    for (unsigned i = 0; i < sizeof extra; i++)
        extra[i] = (uint8_t)(i * 7 + split);
    if (shape[1] == 3) add_chunk(&b, "PLTE", extra, 3 * (1 + split % (1u << shape[0])));
    if (flags & 32) add_chunk(&b, "tRNS", extra, shape[1] == 3 ? 1 : shape[1] == 0 ? 2 : 6);
    struct bytes pixels = {.data = (uint8_t *)in->data, .len = in->len};
    if (!(flags & 64)) pixels = compressed(in, settings);
    const size_t piece = split ? (size_t)split * split : pixels.len;
    for (size_t at = 0; at < pixels.len; at += piece)
        add_chunk(&b, "IDAT", pixels.data + at, pixels.len - at < piece ? pixels.len - at : piece);
    if (!pixels.len) add_chunk(&b, "IDAT", NULL, 0);
    if (!(flags & 64)) free(pixels.data);
    add_chunk(&b, "IEND", NULL, 0);
    return b;
}

/* ---- libpng ---- */

struct reference {
    png_structp png;
    png_infop info;
    const uint8_t *data;
    size_t len, at;
    uint8_t *rows;
    bool *good; /* by row: libpng made it without an error */
    size_t row_len;
    uint32_t width, height;
    unsigned bands, sample_bytes;
    bool header, interlaced, failed, lost;
    char reason[100]; /* of the first error */
};

static void on_read(png_structp png, png_bytep to, size_t n)
{
    struct reference *r = png_get_io_ptr(png);
    if (n > r->len - r->at) png_error(png, "cut");
    memcpy(to, r->data + r->at, n);
    r->at += n;
}

static void on_error(png_structp png, png_const_charp text)
{
    struct reference *r = png_get_error_ptr(png);
    if (!r->failed) snprintf(r->reason, sizeof r->reason, "%s", text);
    r->failed = true;
    /* It can go on, but within a row it does so somewhere else. Only an unknown filter is between
     * rows. */
    r->lost = r->lost || !strstr(text, "filter");
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static png_voidp on_malloc(png_structp png, png_alloc_size_t n)
{
    (void)png;
    return n <= MOST_BLOCK ? malloc(n) : NULL;
}

static void on_free(png_structp png, png_voidp block)
{
    (void)png;
    free(block);
}

static void read_header(struct reference *r)
{
    if (setjmp(png_jmpbuf(r->png))) return;
    png_set_read_fn(r->png, r, on_read);
    png_set_user_limits(r->png, 0x7fffffff, 0x7fffffff);
    png_set_option(r->png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
#ifdef PNG_IGNORE_ADLER32
    png_set_option(r->png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
#endif
#ifdef PNG_SKIP_sRGB_CHECK_PROFILE
    png_set_option(r->png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
#endif
    png_set_crc_action(r->png, PNG_CRC_QUIET_USE, PNG_CRC_WARN_DISCARD);
    png_read_info(r->png, r->info);
    png_set_expand(r->png);
    png_set_swap(r->png);
    r->interlaced = png_get_interlace_type(r->png, r->info) != PNG_INTERLACE_NONE;
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    r->width = png_get_image_width(r->png, r->info);
    r->height = png_get_image_height(r->png, r->info);
    r->bands = png_get_channels(r->png, r->info);
    r->sample_bytes = png_get_bit_depth(r->png, r->info) == 16 ? 2 : 1;
    r->row_len = png_get_rowbytes(r->png, r->info);
    r->header = true;
}

static bool read_row(struct reference *r, uint32_t y)
{
    if (setjmp(png_jmpbuf(r->png))) return false;
    png_read_row(r->png, r->rows + (size_t)y * r->row_len, NULL);
    return true;
}

static void read_rows(struct reference *r)
{
    const unsigned passes = r->interlaced ? 7 : 1;
    r->rows = calloc(r->height, r->row_len);
    r->good = calloc(r->height, sizeof *r->good);
    if (!r->rows || !r->good) abort();
    for (unsigned pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < r->height; y++)
            r->good[y] = !r->lost && read_row(r, y);
}

static void reference_init(struct reference *r, const uint8_t *data, size_t len)
{
    *r = (struct reference){.data = data, .len = len};
    r->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, r, on_error, on_warning, NULL,
                                      on_malloc, on_free);
    r->info = png_create_info_struct(r->png);
    if (!r->info) abort();
    read_header(r);
}

static void reference_finish(struct reference *r)
{
    png_destroy_read_struct(&r->png, &r->info, NULL);
    free(r->rows);
    free(r->good);
}

/* ---- comparing ---- */

static unsigned sample(const uint8_t *row, size_t i, unsigned bytes)
{
    uint16_t wide;
    if (bytes == 1) return row[i];
    memcpy(&wide, row + 2 * i, 2);
    return wide;
}

/* A palette whose alpha is all opaque has none here. */
static void compare_row(const struct reference *r, uint32_t y, const uint8_t *ours, unsigned bands)
{
    const uint8_t *theirs = r->rows + (size_t)y * r->row_len;
    if (bands == r->bands) {
        fuzz_check(memcmp(theirs, ours, r->row_len) == 0);
        return;
    }
    fuzz_check(bands == 3 && r->bands == 4);
    for (size_t x = 0; x < r->width; x++) {
        for (unsigned k = 0; k < 3; k++)
            fuzz_check(sample(theirs, 4 * x + k, 1) == sample(ours, 3 * x + k, 1));
        fuzz_check(theirs[4 * x + 3] == 255);
    }
}

/* What came out at the end. */
struct outcome {
    enum th_png_step step;
    uint64_t decoded, of;
    const char *damage;
    uint32_t n_rows;
};

static struct outcome run(const struct reference *ref, const struct th_png_header *h, bool compare,
                          enum th_png_engine engine)
{
    const struct th_png_rows_plan plan = {
        .header = h, .data = ref->data, .len = ref->len, .engine = engine, .wide = true};
    struct th_png_rows *rows = th_png_rows_create(&plan);
    if (!rows) abort();
    const unsigned bands = th_png_rows_bands(rows);
    fuzz_check(th_png_rows_sample_bytes(rows) == ref->sample_bytes);
    struct outcome o = {0};
    const void *row;
    while ((o.step = th_png_rows_next(rows, &row)) < TH_PNG_DONE) {
        if (o.step == TH_PNG_WORKING) continue;
        fuzz_check(o.n_rows < h->height);
        if (compare && ref->good[o.n_rows]) compare_row(ref, o.n_rows, row, bands);
        o.n_rows++;
    }
    o.decoded = th_png_rows_decoded(rows, &o.of);
    o.damage = th_png_rows_damage(rows);
    th_png_rows_destroy(rows);
    return o;
}

static void compare_profiles(struct reference *ref, const struct th_png_header *h)
{
    uint8_t *ours = NULL;
    size_t len = 0;
    png_charp name;
    png_bytep theirs = NULL;
    png_uint_32 their_len = 0;
    int method;
    if (!th_png_profile(h, &ours, &len)) abort();
    const bool has = png_get_iCCP(ref->png, ref->info, &name, &method, &theirs, &their_len) != 0;
    fuzz_check(has == (ours != NULL));
    fuzz_check(!has || (their_len == len && memcmp(ours, theirs, len) == 0));
    free(ours);
}

/* Bytes of all filtered rows. */
static uint64_t bytes_of_rows(const struct th_png_header *h)
{
    const uint64_t pixel_bits = (uint64_t)th_png_channels(h) * h->depth;
    uint64_t n = 0;
    for (struct th_png_pass p = th_png_pass_first(h); p.width; p = th_png_pass_next(h, &p))
        n += (1 + (p.width * pixel_bits + 7) / 8) * p.height;
    return n;
}

/* Does the stream go on behind the last row, and break there, or for so long that our reader looks
 * away? libpng reads on and may meet an error there, or in what it takes for the next chunk, which
 * has lost nobody a pixel. */
static bool has_odd_surplus(const struct bytes *file, const struct th_png_header *h)
{
    struct th_png_pixels pixels;
    z_stream z = {0};
    uint8_t out[16384];
    const uint8_t *run;
    size_t n;
    int status = inflateInit2(&z, 15);
    if (status != Z_OK) abort();
    th_png_pixels_init(&pixels, file->data, file->len, h->pixels, false);
    while (status == Z_OK && th_png_pixels_next(&pixels, &run, &n)) {
        z.next_in = (Bytef *)run;
        z.avail_in = (uInt)n;
        do { /* what it still holds comes without input, too */
            z.next_out = out;
            z.avail_out = sizeof out;
            status = inflate(&z, Z_NO_FLUSH);
        } while (status == Z_OK && (z.avail_in > 0 || z.avail_out == 0));
        if (status == Z_BUF_ERROR) status = Z_OK;
    }
    const uint64_t made = z.total_out, rows = bytes_of_rows(h);
    const bool broke = status != Z_OK && status != Z_STREAM_END;
    inflateEnd(&z);
    return made >= rows + 65536 || (broke && made > rows);
}

/* Frames lie within the picture, their pixels within the file, one behind the other. */
static void check_frames(const struct bytes *file, const struct th_png_header *h)
{
    const struct th_view v = {file->data, file->len};
    struct th_png_frames walk;
    struct th_png_frame f;
    uint64_t n = 0, last = 0;
    th_png_frames_begin(&walk, v, h);
    while (th_png_frames_next(&walk, &f) == TH_PNG_FRAME) {
        n++;
        fuzz_check(f.area.width && f.area.height && f.per_second);
        fuzz_check((uint64_t)f.area.x + f.area.width <= h->width);
        fuzz_check((uint64_t)f.area.y + f.area.height <= h->height);
        fuzz_check(f.pixels > last && f.pixels + 8 <= file->len);
        fuzz_check(memcmp(file->data + f.pixels + 4, f.apart ? "fdAT" : "IDAT", 4) == 0);
        last = f.pixels;
    }
    fuzz_check(n == walk.n && n <= h->frames && n <= th_png_frames_most(v));
}

/* What is broken to us before its pixels has none for libpng. */
static void check_broken(struct reference *ref)
{
    if (!ref->header) return;
    read_rows(ref);
    for (uint32_t y = 0; y < ref->height; y++)
        fuzz_check(!ref->good[y]);
}

static void check(const struct bytes *file)
{
    struct th_png_header h;
    const bool ours = th_png_parse(file->data, file->len, &h);
    if (ours) check_frames(file, &h);
    if (!ours && !h.broken) return;
    if (h.width > MOST_WIDTH || (uint64_t)h.width * h.height > MOST_PIXELS) return;
    struct reference ref;
    reference_init(&ref, file->data, file->len);
    if (!ours) {
        check_broken(&ref);
        reference_finish(&ref);
        return;
    }
    /* What is regular to us is so to libpng. */
    fuzz_check(ref.header && ref.width == h.width && ref.height == h.height);
    compare_profiles(&ref, &h);
    read_rows(&ref);
    const bool odd = strstr(ref.reason, "filter");
    /* Of a broken interlaced picture libpng's rows say nothing once a filter was wrong. */
    struct outcome o = run(&ref, &h, !(odd && ref.interlaced), TH_PNG_ZLIB);
    fuzz_check(o.step == TH_PNG_DONE && o.decoded <= o.of);
    const bool looked_away = ref.failed && !o.damage && has_odd_surplus(file, &h);
    fuzz_check(!ref.failed || o.damage || looked_away);
    /* It does not always look for the end of the stream behind the last row, and is told not to
     * mind checksums. */
    fuzz_check(ref.failed || !o.damage || o.decoded == o.of);
    /* libpng asks for more input before it takes what zlib still holds, and drops a piece that is
     * cut: of a broken file it may give fewer rows, never more. */
    for (uint32_t y = 0; y < h.height && !ref.interlaced && !looked_away; y++)
        fuzz_check(ref.good[y] ? y < o.n_rows : y >= o.n_rows || o.damage);
    if (th_png_engine_best() == TH_PNG_ISAL) {
        struct outcome fast = run(&ref, &h, !(odd && ref.interlaced), TH_PNG_ISAL);
        fuzz_check(fast.step == TH_PNG_RETRY || fast.decoded == fast.of);
        if (fast.step == TH_PNG_DONE && o.decoded == o.of) fuzz_check(!fast.damage == !o.damage);
    }
    reference_finish(&ref);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    struct bytes file;
    if (len >= 8 && memcmp(data, "\x89PNG", 4) == 0) {
        file = (struct bytes){.data = fuzz_copy(data, len), .len = len};
        set_sums_right(&file);
    } else {
        file = file_of_recipe(&in);
    }
    check(&file);
    free(file.data);
    return 0;
}
