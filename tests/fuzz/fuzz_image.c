/* SPDX-License-Identifier: MIT */
/*
 * The whole image room, in one process: any bytes as a picture, through whatever decoder takes
 * them, libvips included, to encoded thumbnails. What is made is what the parent of a worker would
 * take, it is a picture of the kind and size that it says, and on failure the sink is as it was.
 *
 * The options come from the last four bytes and the length, so that any picture file is an input as
 * it stands.
 */
#include <stdatomic.h>

#include "base/sys.h"
#include "fuzz.h"
#include "image/formats.h"
#include "image/image.h"
#include "work/check.h"

enum { MAX_PIXELS = 4 << 20 };

/* ---- how much heap is used, as far as a sanitizer can tell ---- */

/* For what libraries allocate once, when they first meet a format, and keep. */
#define SLACK_BYTES (INT64_C(32) << 20)

typedef void malloc_hook(const volatile void *, size_t);
typedef void free_hook(const volatile void *);
int __sanitizer_install_malloc_and_free_hooks(malloc_hook *, free_hook *) __attribute__((weak));
size_t __sanitizer_get_allocated_size(const volatile void *) __attribute__((weak));

static atomic_int_fast64_t used, peak; /* libraries may have threads */

static void on_malloc(const volatile void *p, size_t size)
{
    (void)p;
    int_fast64_t now = atomic_fetch_add(&used, (int_fast64_t)size) + (int_fast64_t)size,
                 most = atomic_load(&peak);
    while (now > most && !atomic_compare_exchange_weak(&peak, &most, now)) {
    }
}

static void on_free(const volatile void *p)
{
    if (p) atomic_fetch_sub(&used, (int_fast64_t)__sanitizer_get_allocated_size(p));
}

/* False without a sanitizer. */
static bool watch_heap(void)
{
    static int watched; /* 0: not asked yet */
    if (!watched) {
        watched = -1;
        if (__sanitizer_install_malloc_and_free_hooks && __sanitizer_get_allocated_size) {
            if (th_image_preload(TH_WANTS_ALL, NULL) == THUMBS_OK &&
                __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free))
                watched = 1;
        }
    }
    return watched > 0;
}

/* ---- the room ---- */

static void make_options(const uint8_t *data, size_t len, struct thumbs_image_options *out)
{
    static const struct thumbs_size boxes[] = {{256, 256, true}, {16, 16, true},  {1, 1, true},
                                               {100, 0, false},  {0, 100, false}, {600, 3, false},
                                               {3, 600, false},  {64, 48, false}};
    static const uint32_t formats[] = {THUMBS_FORMAT_JPEG, THUMBS_FORMAT_PNG, THUMBS_FORMAT_WEBP,
                                       THUMBS_FORMAT_KEEP};
    uint32_t bits = (uint32_t)len * 2654435761u;
    for (size_t i = len > 4 ? len - 4 : 0; i < len; i++)
        bits = (bits ^ data[i]) * 16777619u;
    bits ^= bits >> 15;
    *out = (struct thumbs_image_options){.n_sizes = 1 + (bits & 1),
                                         .n_formats = 1,
                                         .enlarge = bits >> 1 & 1,
                                         .pages = bits >> 28 & 1,
                                         .quality = 1 + (bits >> 2) % 100,
                                         .background = {255, (uint8_t)(bits >> 8), 255, 0},
                                         .on_damage = bits >> 16 & 1,
                                         .max_pixels = MAX_PIXELS};
    out->sizes[0] = boxes[bits >> 17 & 7];
    out->sizes[1] = boxes[bits >> 20 & 7];
    out->formats[0] = formats[bits >> 23 & 3];
    if (bits >> 25 & 1) out->formats[out->n_formats++] = formats[bits >> 26 & 3];
}

/* What a failure promises. */
static void check_failure(enum thumbs_code code, const struct thumbs_error *error,
                          const struct th_sink *sink)
{
    fuzz_check(error->code == code && sink->len == 3 && memcmp(sink->data, "abc", 3) == 0);
    fuzz_check(error->message[0] && !strpbrk(error->message, "\r\n"));
}

static void check_outputs(const struct th_wire_reply *reply, const struct th_sink *sink,
                          uint64_t sink_bytes)
{
    fuzz_check(sink_bytes + 3 == sink->len && memcmp(sink->data, "abc", 3) == 0);
    for (uint32_t i = 0; i < reply->result.n_outputs; i++) {
        const struct th_image_output *o = &reply->result.outputs[i];
        fuzz_check(th_image_sniff(sink->data + 3 + o->offset, (size_t)o->len) == o->format);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct thumbs_image_options options;
    make_options(data, len, &options);
    bool is_watched = watch_heap();
    uint64_t estimated;
    th_image_estimate(data, len, &options, &estimated);
    struct th_sink sink;
    th_sink_init_heap(&sink);
    if (!th_sink_add(&sink, "abc", 3)) abort();
    static struct th_wire_reply reply;
    memset(&reply, 0, sizeof reply);
    reply.id = 1;
    struct th_image_limits limits = {.deadline_ns = th_now_ns() + UINT64_C(1000000000)};
    int_fast64_t used_before = atomic_load(&used);
    atomic_store(&peak, used_before);
    enum thumbs_code code =
        th_image_make(data, len, &options, &limits, &sink, &reply.result, &reply.error);
    if (is_watched) {
        int_fast64_t taken = atomic_load(&peak) - used_before;
        if (taken > SLACK_BYTES && (uint64_t)(taken - SLACK_BYTES) > estimated) {
            fprintf(stderr, "%lld bytes of heap were used, %llu were estimated\n", (long long)taken,
                    (unsigned long long)estimated);
            fuzz_check(!"more heap was used than was estimated");
        }
    }
    reply.error.code = code;
    if (code != THUMBS_OK) {
        check_failure(code, &reply.error, &sink);
        reply.result.n_outputs = 0;
    }
    /* A worker's sink begins empty, this one with three bytes that must stay. */
    for (uint32_t i = 0; i < reply.result.n_outputs; i++)
        reply.result.outputs[i].offset -= 3;
    uint64_t sink_bytes;
    struct th_check question = {.image = &options, .id = 1};
    fuzz_check(
        th_check_reply(&question, &reply, th_wire_reply_size(reply.result.n_outputs), &sink_bytes));
    if (code == THUMBS_OK) check_outputs(&reply, &sink, sink_bytes);
    th_sink_finish_heap(&sink);
    return 0;
}

#ifdef THUMBS_FUZZ /* built for libFuzzer, not for replaying */

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max_len);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max_len, unsigned seed);

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* PNG annex D, bit by bit. */
static uint32_t crc_of(const uint8_t *p, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (; len > 0; len--) {
        crc ^= *p++;
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* Nearly every change to a PNG breaks a checksum, and no decoder looks further; so most of the time
 * they are mended. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max_len, unsigned seed)
{
    len = LLVMFuzzerMutate(data, len, max_len);
    if (seed % 8 == 0 || len < 8 || memcmp(data, "\x89PNG\r\n\x1a\n", 8) != 0) return len;
    for (size_t at = 8; len - at >= 12;) {
        size_t n = be32(data + at);
        if (n > len - at - 12) break;
        uint32_t crc = crc_of(data + at + 4, n + 4);
        for (unsigned i = 0; i < 4; i++)
            data[at + 8 + n + i] = (uint8_t)(crc >> (24 - 8 * i));
        at += n + 12;
    }
    return len;
}

#endif
