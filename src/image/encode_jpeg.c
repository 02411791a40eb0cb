/* libjpeg-turbo, writing straight into the sink's free room. */
#include <setjmp.h>
#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>

#include "base/error.h"
#include "image/encode.h"

struct encoder {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    struct th_sink *sink;
    bool sink_full;
    jmp_buf fail;
};

static void offer_room(struct encoder *e)
{
    e->destination.next_output_byte = e->sink->data + e->sink->len;
    e->destination.free_in_buffer = e->sink->cap - e->sink->len;
}

static void make_room(struct encoder *e)
{
    if (!e->sink->grow(e->sink, e->sink->cap + 16384)) {
        e->sink_full = true;
        longjmp(e->fail, 1);
    }
    offer_room(e);
}

static void on_start(j_compress_ptr jpeg)
{
    struct encoder *e = jpeg->client_data;
    if (e->sink->len == e->sink->cap)
        make_room(e);
    else
        offer_room(e);
}

/* libjpeg says that the whole room is used, whatever free_in_buffer holds. */
static boolean on_full(j_compress_ptr jpeg)
{
    struct encoder *e = jpeg->client_data;
    e->sink->len = e->sink->cap;
    make_room(e);
    return TRUE;
}

static void on_end(j_compress_ptr jpeg)
{
    struct encoder *e = jpeg->client_data;
    e->sink->len = e->sink->cap - e->destination.free_in_buffer;
}

static void on_error(j_common_ptr jpeg)
{
    struct encoder *e = jpeg->client_data;
    longjmp(e->fail, 1);
}

static void on_message(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void write_rows(struct encoder *e, const struct th_pixels *p, uint32_t quality)
{
    struct jpeg_compress_struct *jpeg = &e->jpeg;
    jpeg_create_compress(jpeg);
    jpeg->dest = &e->destination;
    jpeg->image_width = p->width;
    jpeg->image_height = p->height;
    jpeg->input_components = (int)p->bands;
    jpeg->in_color_space = p->bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, (int)quality, TRUE);
    jpeg->optimize_coding = TRUE;
    jpeg_start_compress(jpeg, TRUE);
    size_t stride = (size_t)p->width * p->bands;
    while (jpeg->next_scanline < jpeg->image_height) {
        /* libjpeg's prototype lacks a const; it does not write here. */
        JSAMPROW row = (JSAMPROW)(p->data + jpeg->next_scanline * stride);
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
}

/* The only frame that longjmp returns to: nothing here lives in a register across it. */
static bool try_write(struct encoder *e, const struct th_pixels *p, uint32_t quality)
{
    if (setjmp(e->fail)) return false;
    write_rows(e, p, quality);
    return true;
}

enum thumbs_code th_encode_jpeg(const struct th_pixels *p, uint32_t quality, struct th_sink *sink,
                                struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    size_t len_before = sink->len;
    struct encoder e = {.sink = sink};
    e.destination = (struct jpeg_destination_mgr){
        .init_destination = on_start, .empty_output_buffer = on_full, .term_destination = on_end};
    e.jpeg.err = jpeg_std_error(&e.errors);
    e.jpeg.client_data = &e;
    e.errors.error_exit = on_error;
    e.errors.output_message = on_message;

    if (!try_write(&e, p, quality)) {
        char text[JMSG_LENGTH_MAX] = "";
        bool memory = e.sink_full || e.errors.msg_code == JERR_OUT_OF_MEMORY;
        if (!e.sink_full) e.errors.format_message((j_common_ptr)&e.jpeg, text);
        code = memory ? th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoded JPEG")
                      : th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE, "libjpeg: %s", text);
        sink->len = len_before;
    }
    jpeg_destroy_compress(&e.jpeg);
    return code;
}
