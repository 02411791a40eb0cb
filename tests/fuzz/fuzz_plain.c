/* SPDX-License-Identifier: MIT */
/*
 * Bitmaps, icons and Netpbm: any bytes as one. What a header says is within its bounds, pictures of
 * an icon lie within the file and come largest first, and a thumbnail made twice is the same twice.
 */
#include "base/sys.h"
#include "fuzz.h"
#include "image/bmp/ico.h"
#include "image/image.h"
#include "image/pnm/pnm_head.h"

enum { MAX_PIXELS = 1 << 20 };

static void check_headers(struct th_view v)
{
    struct th_bmp b;
    struct th_pnm p;
    bool unsupported;
    const char *why;
    if (th_bmp_parse_file(v, &b, &unsupported, &why) ||
        th_bmp_parse_icon(v, &b, &unsupported, &why))
        fuzz_check(b.width > 0 && b.height > 0 && b.bits >= 1 && b.bits <= 32);
    if (th_pnm_parse(v, &p, &unsupported, &why))
        fuzz_check(p.width > 0 && p.height > 0 && p.bands >= 1 && p.bands <= 4);
}

static void check_icon(struct th_view v)
{
    struct th_ico_entry entries[TH_ICO_MOST];
    const size_t n = th_ico_list(v, entries);
    fuzz_check(n <= TH_ICO_MOST);
    for (size_t i = 0; i < n; i++) {
        const struct th_ico_entry *e = &entries[i];
        fuzz_check(e->v.data >= v.data && e->v.data + e->v.len <= v.data + v.len);
        fuzz_check(i == 0 || (uint64_t)e->width * e->height <=
                                 (uint64_t)entries[i - 1].width * entries[i - 1].height);
    }
}

static enum thumbs_code make(struct th_view v, struct th_sink *sink)
{
    static struct th_image_result result;
    const struct thumbs_image_options options = {.n_sizes = 1,
                                                 .sizes = {{64, 64, true}},
                                                 .n_formats = 1,
                                                 .formats = {THUMBS_FORMAT_PNG},
                                                 .quality = 80,
                                                 .max_pixels = MAX_PIXELS};
    struct thumbs_error error = {0};
    th_sink_init_heap(sink);
    enum thumbs_code code = th_image_make(v.data, v.len, &options, NULL, sink, &result, &error);
    if (code == THUMBS_OK)
        fuzz_check((uint64_t)result.width * result.height <= MAX_PIXELS);
    else
        fuzz_check(sink->len == 0 && error.message[0]);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t *exact = fuzz_copy(data, len);
    const struct th_view v = {exact, len};
    const enum thumbs_format format = th_image_sniff(exact, len);
    struct th_sink one, two;
    check_headers(v);
    check_icon(v);
    if (format == THUMBS_FORMAT_BMP || format == THUMBS_FORMAT_PNM || format == THUMBS_FORMAT_ICO) {
        fuzz_check(make(v, &one) == make(v, &two));
        fuzz_check(one.len == two.len &&
                   (one.len == 0 || memcmp(one.data, two.data, one.len) == 0));
        th_sink_finish_heap(&one);
        th_sink_finish_heap(&two);
    }
    free(exact);
    return 0;
}
