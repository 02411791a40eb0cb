/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_compress.h"

#include <setjmp.h>

#include <jerror.h>

#include "base/error.h"

enum { ROOM_BYTES = 16 * 1024 };

struct compressor {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    struct jpeg_progress_mgr progress;
    struct th_sink *sink;
    bool sink_full, late;
    jmp_buf fail;
};

static void offer_room(struct compressor *c)
{
    if (c->sink->len == c->sink->cap && !c->sink->grow(c->sink, c->sink->len + ROOM_BYTES)) {
        c->sink_full = true;
        longjmp(c->fail, 1);
    }
    c->destination.next_output_byte = c->sink->data + c->sink->len;
    c->destination.free_in_buffer = c->sink->cap - c->sink->len;
}

static void on_start(j_compress_ptr jpeg)
{
    offer_room(jpeg->client_data);
}

/* Called with the room used to its end, whatever free_in_buffer says. */
static boolean on_full(j_compress_ptr jpeg)
{
    struct compressor *c = jpeg->client_data;
    c->sink->len = c->sink->cap;
    offer_room(c);
    return TRUE;
}

static void on_end(j_compress_ptr jpeg)
{
    struct compressor *c = jpeg->client_data;
    c->sink->len = c->sink->cap - c->destination.free_in_buffer;
}

/* Called once for each row of MCUs, in each pass. */
static void on_progress(j_common_ptr jpeg)
{
    struct compressor *c = jpeg->client_data;
    c->late = th_sink_late(c->sink);
    if (c->late) longjmp(c->fail, 1);
}

static void on_error(j_common_ptr jpeg)
{
    struct compressor *c = jpeg->client_data;
    longjmp(c->fail, 1);
}

static void on_message(j_common_ptr jpeg)
{
    (void)jpeg;
}

/* The only frame that longjmp returns to: nothing here lives in a register across it. */
static bool try_write(struct compressor *c, th_jpeg_write_fn *write, void *user)
{
    if (setjmp(c->fail)) return false;
    jpeg_create_compress(&c->jpeg);
    c->jpeg.dest = &c->destination;
    c->jpeg.progress = &c->progress;
    write(&c->jpeg, user);
    return true;
}

static enum thumbs_code describe_failure(struct compressor *c, struct thumbs_error *err)
{
    char text[JMSG_LENGTH_MAX] = "";
    if (c->late)
        return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE, "it took longer than it may");
    if (c->sink_full || c->errors.msg_code == JERR_OUT_OF_MEMORY)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                            "no memory for the encoded JPEG");
    c->errors.format_message((j_common_ptr)&c->jpeg, text);
    return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE, "libjpeg: %s", text);
}

enum thumbs_code th_jpeg_compress(struct th_sink *sink, th_jpeg_write_fn *write, void *user,
                                  struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    size_t len_before = sink->len;
    struct compressor c = {.sink = sink};
    c.destination = (struct jpeg_destination_mgr){
        .init_destination = on_start, .empty_output_buffer = on_full, .term_destination = on_end};
    c.progress.progress_monitor = on_progress;
    c.jpeg.err = jpeg_std_error(&c.errors);
    c.jpeg.client_data = &c;
    c.errors.error_exit = on_error;
    c.errors.output_message = on_message;
    if (!try_write(&c, write, user)) {
        code = describe_failure(&c, err);
        sink->len = len_before;
    }
    jpeg_destroy_compress(&c.jpeg);
    return code;
}
