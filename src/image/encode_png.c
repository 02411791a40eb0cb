/* A picture to a PNG file: libpng, its chunks appended to the sink as they come. */
#include <setjmp.h>

#include <png.h>

#include "base/error.h"
#include "image/encode.h"

#define CHECK_ROWS 16 /* between two looks at the clock */

struct encoder {
    png_structp png;
    png_infop info;
    struct th_sink *sink;
    bool sink_full, late;
    char text[120];
};

static void on_write(png_structp png, png_bytep data, size_t len)
{
    struct encoder *e = png_get_io_ptr(png);
    if (!th_sink_add(e->sink, data, len)) {
        e->sink_full = true;
        png_error(png, "no room");
    }
}

static void on_flush(png_structp png)
{
    (void)png;
}

static void on_error(png_structp png, png_const_charp text)
{
    struct encoder *e = png_get_error_ptr(png);
    size_t i = 0;
    for (; text[i] && i + 1 < sizeof e->text; i++)
        e->text[i] = text[i];
    e->text[i] = 0;
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void write_rows(struct encoder *e, const struct th_pixels *p)
{
    static const int colour_types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                       PNG_COLOR_TYPE_RGB_ALPHA};
    png_set_write_fn(e->png, e, on_write, on_flush);
    png_set_IHDR(e->png, e->info, p->width, p->height, 8, colour_types[p->bands], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_set_compression_level(e->png, 6);
    png_set_filter(e->png, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS);
    png_write_info(e->png, e->info);
    size_t stride = (size_t)p->width * p->bands;
    for (uint32_t y = 0; y < p->height; y++) {
        e->late = y % CHECK_ROWS == 0 && th_sink_late(e->sink);
        if (e->late) png_error(e->png, "late");
        png_write_row(e->png, p->data + y * stride);
    }
    png_write_end(e->png, NULL);
}

/* The only frame that longjmp returns to: nothing here lives in a register across it. */
static bool try_write(struct encoder *e, const struct th_pixels *p)
{
    if (setjmp(png_jmpbuf(e->png))) return false;
    write_rows(e, p);
    return true;
}

enum thumbs_code th_encode_png(const struct th_pixels *p, uint32_t quality, struct th_sink *sink,
                               struct thumbs_error *err)
{
    (void)quality;
    enum thumbs_code code = THUMBS_OK;
    size_t len_before = sink->len;
    struct encoder e = {.sink = sink};
    e.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &e, on_error, on_warning);
    if (e.png) e.info = png_create_info_struct(e.png);

    if (!e.info) {
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory to encode a PNG");
    } else if (!try_write(&e, p)) {
        code = e.late        ? th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE, "it took longer than it may")
               : e.sink_full ? th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoded PNG")
                             : th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE, "libpng: %s", e.text);
        sink->len = len_before;
    }
    if (e.png) png_destroy_write_struct(&e.png, &e.info);
    return code;
}

/* What libpng holds are a few rows. */
static struct th_encode_cost cost(uint32_t bands, uint32_t quality)
{
    (void)quality;
    return (struct th_encode_cost){.encoded = bands};
}

const struct th_encoder th_encoder_png = {.encode = th_encode_png, .cost = cost, .keeps_alpha = true};
