/* SPDX-License-Identifier: MIT */
/*
 * Raw files of cameras: any bytes as one. The walk through the directories of a TIFF ends and stays
 * within the file; what is raw gives the thumbnail of its preview, or fails in a line.
 *
 * Behind that stands LibRaw, in whose own code a fuzzer may find something, too.
 */
#include "base/sys.h"
#include "fuzz.h"
#include "image/camera/raw_names.h"
#include "image/image.h"

enum { MAX_PIXELS = 4 << 20 };

static void check_made(const struct th_image_result *result, const struct th_sink *sink)
{
    fuzz_check(result->n_outputs == 1 && result->from < THUMBS_N_FROMS);
    fuzz_check((uint64_t)result->width * result->height <= MAX_PIXELS);
    fuzz_check(th_image_sniff(sink->data, sink->len) == THUMBS_FORMAT_JPEG);
}

static void make(const uint8_t *data, size_t len)
{
    static struct th_image_result result;
    const struct thumbs_image_options options = {.n_sizes = 1,
                                                 .sizes = {{64, 64, true}},
                                                 .n_formats = 1,
                                                 .formats = {THUMBS_FORMAT_JPEG},
                                                 .quality = 80,
                                                 .max_pixels = MAX_PIXELS};
    const struct th_image_limits limits = {.deadline_ns = th_now_ns() + UINT64_C(1000000000),
                                           .sandboxed = true};
    struct thumbs_error error = {0};
    struct th_sink sink;
    th_sink_init_heap(&sink);
    if (th_image_make(data, len, &options, &limits, &sink, &result, &error) == THUMBS_OK)
        check_made(&result, &sink);
    else
        fuzz_check(sink.len == 0 && error.message[0] && !strpbrk(error.message, "\r\n"));
    th_sink_finish_heap(&sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t *exact = fuzz_copy(data, len);
    const char *name = th_raw_name(exact, len), *inside = th_raw_in_tiff(exact, len);
    const enum thumbs_format format = th_image_format_of(exact, len);
    fuzz_check((format == THUMBS_FORMAT_RAW) ==
               (name || (inside && th_image_sniff(exact, len) == THUMBS_FORMAT_TIFF)));
    if (format == THUMBS_FORMAT_RAW) make(exact, len);
    free(exact);
    return 0;
}
