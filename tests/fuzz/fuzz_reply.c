/* SPDX-License-Identifier: MIT */
/*
 * Replies of a worker as the parent checks them. An input is a question (options), and what to
 * change in the proper answer to it: the worker's memory may be in anybody's hands. Whatever is
 * taken must be safe for all that is done with it later, which is written down here a second time;
 * and the proper answer must be taken.
 *
 * Input: 8 bytes of options; then changes of 4 bytes or more: where (2), how many bytes (1), which
 * length to claim later (1), the bytes.
 */
#include "fuzz.h"
#include "report/report.h"
#include "work/check.h"

enum { MOST_CHANGES = 64 };

static void make_options(struct fuzz_input *in, struct thumbs_image_options *out)
{
    static const uint32_t formats[] = {THUMBS_FORMAT_JPEG, THUMBS_FORMAT_PNG, THUMBS_FORMAT_WEBP,
                                       THUMBS_FORMAT_KEEP};
    uint8_t counts = fuzz_u8(in), sides = fuzz_u8(in);
    *out = (struct thumbs_image_options){
        .n_sizes = 1 + (counts & 15), .quality = 80, .max_pixels = 500000000};
    out->n_formats = 1 + (counts >> 4 & 3);
    uint32_t side = 1 + fuzz_u8(in) * 64;
    for (uint32_t i = 0; i < out->n_sizes; i++) {
        out->sizes[i].width = (sides >> i % 4 & 1) ? 0 : side + i;
        out->sizes[i].height = (sides >> i % 4 & 0x10) && out->sizes[i].width ? 0 : side + 2 * i;
    }
    for (uint32_t i = 0; i < out->n_formats; i++)
        out->formats[i] = formats[i];
}

/* What a worker says that keeps to the protocol. */
static size_t answer_properly(const struct th_check *question, struct fuzz_input *in,
                              struct th_wire_reply *reply)
{
    const struct thumbs_image_options *image = question->image;
    uint8_t how = fuzz_u8(in);
    memset(reply, 0, sizeof *reply);
    reply->id = question->id;
    if (how & 1) {
        reply->error.code = THUMBS_CORRUPT;
        reply->error.stage = THUMBS_STAGE_DECODE;
        strcpy(reply->error.message, "file ends early");
        return th_wire_reply_size(0);
    }
    struct th_image_result *result = &reply->result;
    result->source_format = THUMBS_FORMAT_PNG;
    if (question->no_work) return th_wire_reply_size(0);
    result->width = 4000;
    result->height = 3000;
    result->damaged = how >> 1 & 1;
    if (result->damaged) strcpy(result->warning, "file ends early");
    uint64_t offset = 0;
    /* A picture that is smaller than all sizes. */
    const bool once = (how >> 2 & 1) && image->fit != THUMBS_FIT_CONTAIN && !image->enlarge;
    for (uint32_t i = 0; i < (once ? 1 : image->n_sizes) * image->n_formats; i++) {
        struct th_image_output *o = &result->outputs[result->n_outputs++];
        uint32_t format = image->formats[i % image->n_formats];
        *o = (struct th_image_output){.offset = offset, .len = 600 + i, .width = 1, .height = 1};
        o->sizes = once ? (UINT32_C(1) << image->n_sizes) - 1 : UINT32_C(1) << i / image->n_formats;
        o->format = format == THUMBS_FORMAT_KEEP ? THUMBS_FORMAT_PNG : format;
        offset += o->len;
    }
    return th_wire_reply_size(result->n_outputs);
}

/* False: nothing was changed. */
static bool change(struct fuzz_input *in, struct th_wire_reply *reply, size_t *size)
{
    bool changed = false;
    for (int i = 0; i < MOST_CHANGES && in->len >= 4; i++) {
        size_t at = (size_t)fuzz_number(in, 2) % sizeof *reply, n = fuzz_u8(in) & 31;
        uint8_t how = fuzz_u8(in);
        uint8_t *bytes = (uint8_t *)reply;
        for (; n > 0 && at < sizeof *reply && in->len > 0; n--, at++) {
            bytes[at] = fuzz_u8(in);
            changed = true;
        }
        if (how < 0xf0) continue;
        *size = how < 0xf8 ? th_wire_reply_size(how & 7)
                           : (size_t)fuzz_number(in, 2) % (sizeof *reply + 1);
        changed = true;
    }
    return changed;
}

static bool ends_within(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool is_one_line(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return false;
    }
    return true;
}

static void check_failure(const struct thumbs_error *error)
{
    fuzz_check(error->code < THUMBS_N_CODES && error->stage < THUMBS_N_STAGES);
    /* These say something about the run or about DEST, of which a worker knows nothing. */
    fuzz_check(error->code != THUMBS_NO_SPACE && error->code != THUMBS_NOT_WRITABLE &&
               error->code != THUMBS_STOPPED);
    fuzz_check(error->code != THUMBS_CRASHED && error->code != THUMBS_NAME_CLASH &&
               error->stage != THUMBS_STAGE_WRITE);
    fuzz_check(ends_within(error->message, sizeof error->message) && is_one_line(error->message));
}

static void check_outputs(const struct th_image_result *result,
                          const struct thumbs_image_options *image, uint64_t sink_bytes)
{
    uint32_t sizes = 0;
    for (uint32_t i = 0; i < result->n_outputs; i++) {
        const struct th_image_output *o = &result->outputs[i];
        uint32_t wanted = image->formats[i % image->n_formats];
        fuzz_check(o->sizes != 0 && th_image_output_size(o) < image->n_sizes);
        fuzz_check(!(sizes & o->sizes) || i % image->n_formats);
        sizes |= o->sizes;
        fuzz_check(o->format == THUMBS_FORMAT_JPEG || o->format == THUMBS_FORMAT_PNG ||
                   o->format == THUMBS_FORMAT_WEBP);
        fuzz_check(wanted == THUMBS_FORMAT_KEEP || o->format == wanted);
        fuzz_check(o->width >= 1 && o->width <= THUMBS_MAX_SIDE && o->height >= 1 &&
                   o->height <= THUMBS_MAX_SIDE);
        for (uint32_t s = 0; s < image->n_sizes; s++) {
            const struct thumbs_size *box = &image->sizes[s];
            if (!(o->sizes >> s & 1)) continue;
            fuzz_check(!box->width || o->width <= box->width);
            fuzz_check(!box->height || o->height <= box->height);
        }
        fuzz_check((uint64_t)o->width * o->height <= image->max_pixels);
        /* What is written to DEST for it is bounded by the picture. */
        fuzz_check(o->len <= (UINT64_C(1) << 20) + UINT64_C(8) * o->width * o->height);
        fuzz_check(o->len >= 1 && o->offset <= sink_bytes && o->len <= sink_bytes - o->offset);
    }
    fuzz_check(!result->n_outputs || sizes == (UINT32_C(1) << image->n_sizes) - 1);
}

/* As the run does: fill an event, make a line of it. */
static void check_event(const struct th_wire_reply *reply)
{
    struct thumbs_event event = {
        .source = "a", .status = THUMBS_STATUS_FAILED, .error = &reply->error};
    struct thumbs_error error = {.code = THUMBS_CORRUPT, .stage = THUMBS_STAGE_DECODE};
    if (reply->error.code == THUMBS_OK) {
        const struct th_image_result *result = &reply->result;
        event.status = result->damaged ? THUMBS_STATUS_DAMAGED : THUMBS_STATUS_DONE;
        event.error = NULL;
        event.format = (enum thumbs_format)result->source_format;
        event.width = result->width;
        event.height = result->height;
        event.times = (struct thumbs_times){
            .decode = result->decode_ns, .resize = result->resize_ns, .encode = result->encode_ns};
        if (result->damaged) {
            strcpy(error.message, result->warning);
            event.error = &error;
        }
    }
    struct th_bytes line = {0};
    th_report_event_json(&line, &event);
    fuzz_check(!th_bytes_failed(&line) && strchr(line.data, '\n') == line.data + line.len - 1);
    th_bytes_finish(&line);
}

static void check_taken(const struct th_check *question, const struct th_wire_reply *reply,
                        size_t size, uint64_t sink_bytes)
{
    const struct th_image_result *result = &reply->result;
    const struct thumbs_image_options *image = question->image;
    fuzz_check(reply->id == question->id);
    if (reply->error.code != THUMBS_OK) {
        fuzz_check(size == th_wire_reply_size(0) && sink_bytes == 0);
        check_failure(&reply->error);
    } else {
        fuzz_check(result->n_outputs ==
                   (question->no_work ? 0 : image->n_sizes * image->n_formats));
        fuzz_check(size == th_wire_reply_size(result->n_outputs) &&
                   result->n_outputs <= THUMBS_MAX_OUTPUTS);
        fuzz_check(result->source_format < THUMBS_N_FORMATS && result->damaged <= 1);
        fuzz_check(ends_within(result->warning, sizeof result->warning) &&
                   is_one_line(result->warning));
        fuzz_check((uint64_t)result->width * result->height <= image->max_pixels);
        check_outputs(result, image, sink_bytes);
    }
    check_event(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    struct thumbs_image_options image;
    make_options(&in, &image);
    struct th_check question = {
        .image = &image, .no_work = fuzz_u8(&in) & 1, .id = 1 + fuzz_number(&in, 3)};
    struct th_wire_reply *reply = malloc(sizeof *reply);
    if (!reply) abort();
    uint64_t sink_bytes = UINT64_MAX;
    size_t size = answer_properly(&question, &in, reply);
    bool proper = !change(&in, reply, &size);
    /* Only what came, so that a sanitizer sees when more is looked at; the supervisor has room for
     * a whole reply. */
    struct th_wire_reply *came = fuzz_copy(reply, size);
    bool taken = th_check_reply(&question, came, size, &sink_bytes);
    if (proper) fuzz_check(taken);
    if (taken) {
        memcpy(reply, came, size);
        check_taken(&question, reply, size, sink_bytes);
    } else {
        fuzz_check(sink_bytes == UINT64_MAX);
    }
    free(came);
    free(reply);
    return 0;
}
