#include "image/jpeg_write.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "base/error.h"
#include "base/sys.h"

#define MCU_ROWS   16
#define ROOM_BYTES ((size_t)16 * 1024)

struct encoder {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    struct th_sink *sink;
    bool sink_full;
    jmp_buf fail;
    const struct th_pixels *planes;
    uint8_t *rows; /* one row of MCUs, filled up to whole blocks */
};

/* libjpeg writes straight into the sink. */
static void offer_room(struct encoder *e)
{
    if (e->sink->cap == e->sink->len && !e->sink->grow(e->sink, e->sink->len + ROOM_BYTES)) {
        e->sink_full = true;
        longjmp(e->fail, 1);
    }
    e->destination.next_output_byte = e->sink->data + e->sink->len;
    e->destination.free_in_buffer = e->sink->cap - e->sink->len;
}

static void on_start(j_compress_ptr jpeg)
{
    offer_room(jpeg->client_data);
}

/* Called with the room used to its end, whatever free_in_buffer says. */
static boolean on_full(j_compress_ptr jpeg)
{
    struct encoder *e = jpeg->client_data;
    e->sink->len = e->sink->cap;
    offer_room(e);
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

static uint32_t round_up(uint32_t v, uint32_t to)
{
    return (v + to - 1) / to * to;
}

/* Copy one row of a plane, its last sample repeated to the end of the block; rows behind the last repeat it. */
static void copy_row(const struct th_pixels *plane, uint32_t y, uint8_t *to, uint32_t padded)
{
    const uint8_t *from = plane->data + (size_t)(y < plane->height ? y : plane->height - 1) * plane->width;
    memcpy(to, from, plane->width);
    memset(to + plane->width, from[plane->width - 1], padded - plane->width);
}

static void write_planes(struct encoder *e)
{
    struct jpeg_compress_struct *jpeg = &e->jpeg;
    JSAMPROW rows[3][MCU_ROWS];
    JSAMPARRAY arrays[3] = {rows[0], rows[1], rows[2]};
    uint32_t padded[3];
    uint8_t *at = e->rows;
    unsigned n_planes = (unsigned)jpeg->num_components, factor = n_planes == 1 ? 1 : 2;
    for (unsigned c = 0; c < n_planes; c++) {
        padded[c] = round_up(e->planes[c].width, 8);
        for (unsigned y = 0; y < MCU_ROWS; y++, at += padded[c])
            rows[c][y] = at;
    }
    for (uint32_t top = 0; top < jpeg->image_height; top += 8 * factor) {
        for (unsigned c = 0; c < n_planes; c++) {
            unsigned n = c == 0 ? 8 * factor : 8;
            for (unsigned y = 0; y < n; y++)
                copy_row(&e->planes[c], (c == 0 ? top : top / 2) + y, rows[c][y], padded[c]);
        }
        jpeg_write_raw_data(jpeg, arrays, 8 * factor);
    }
}

static void write_file(struct encoder *e, uint32_t n_planes, uint32_t quality)
{
    struct jpeg_compress_struct *jpeg = &e->jpeg;
    jpeg_create_compress(jpeg);
    jpeg->dest = &e->destination;
    jpeg->image_width = e->planes[0].width;
    jpeg->image_height = e->planes[0].height;
    jpeg->input_components = (int)n_planes;
    jpeg->in_color_space = n_planes == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
    jpeg_set_defaults(jpeg); /* 4:2:0 for colour */
    jpeg_set_quality(jpeg, (int)quality, TRUE);
    jpeg->optimize_coding = TRUE;
    jpeg->raw_data_in = TRUE;
    jpeg_start_compress(jpeg, TRUE);
    write_planes(e);
    jpeg_finish_compress(jpeg);
}

/* The only frame that longjmp returns to: nothing here lives in a register across it. */
static bool try_write(struct encoder *e, uint32_t n_planes, uint32_t quality)
{
    if (setjmp(e->fail)) return false;
    write_file(e, n_planes, quality);
    return true;
}

enum thumbs_code th_jpeg_write_planes(const struct th_pixels *planes, uint32_t n_planes, uint32_t quality,
                                      struct th_sink *sink, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    size_t len_before = sink->len;
    struct encoder e = {.sink = sink, .planes = planes};
    e.destination = (struct jpeg_destination_mgr){
        .init_destination = on_start, .empty_output_buffer = on_full, .term_destination = on_end};
    e.jpeg.err = jpeg_std_error(&e.errors);
    e.jpeg.client_data = &e;
    e.errors.error_exit = on_error;
    e.errors.output_message = on_message;
    /* Sides are THUMBS_MAX_SIDE at most, so this does not overflow. */
    e.rows = th_alloc((size_t)MCU_ROWS * 3 * round_up(planes[0].width, 8));
    if (!e.rows) {
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoder");
    } else if (!try_write(&e, n_planes, quality)) {
        char text[JMSG_LENGTH_MAX] = "";
        if (!e.sink_full) e.errors.format_message((j_common_ptr)&e.jpeg, text);
        bool memory = e.sink_full || e.errors.msg_code == JERR_OUT_OF_MEMORY;
        code = memory ? th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoded JPEG")
                      : th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE, "libjpeg: %s", text);
        sink->len = len_before;
    }
    jpeg_destroy_compress(&e.jpeg);
    free(e.rows);
    return code;
}
