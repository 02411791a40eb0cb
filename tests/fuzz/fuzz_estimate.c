/* SPDX-License-Identifier: MIT */
/*
 * The memory a picture will need, told from its header: any bytes as a picture file, walked in
 * bounded steps. Numbers that overflow end at the largest, so a picture that asks for more never
 * seems to need less: neither does one of which a second thumbnail is made.
 */
#include <time.h>

#include "fuzz.h"
#include "image/image.h"

/* Of the processor, for eight walks. One takes a millisecond; a sanitizer, a fuzzer's counters and
 * a busy machine stretch that, but what is quadratic takes minutes. */
#define MOST_NS 2000000000

static int64_t used_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* Most that one decoder holds beyond another for a picture of any size. */
#define OTHER_TABLES ((uint64_t)8 << 20)

static uint64_t estimate(const uint8_t *data, size_t len,
                         const struct thumbs_image_options *options, bool *found)
{
    uint64_t bytes = 0, again = 1;
    *found = th_image_estimate(data, len, options, &bytes);
    fuzz_check(th_image_estimate(data, len, options, &again) == *found && again == bytes);
    fuzz_check(bytes > 0);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct thumbs_image_options options = {.n_sizes = 1,
                                           .sizes = {{256, 256, true}, {100, 0, false}},
                                           .n_formats = 1,
                                           .formats = {THUMBS_FORMAT_JPEG, THUMBS_FORMAT_KEEP},
                                           .quality = 80,
                                           .max_pixels = 500000000};
    bool found[4];
    int64_t began_ns = used_ns();
    uint64_t one = estimate(data, len, &options, &found[0]);
    if (th_image_sniff(data, len) == THUMBS_FORMAT_NONE) fuzz_check(!found[0]);
    options.n_sizes = 2;
    uint64_t two = estimate(data, len, &options, &found[1]);
    options.n_formats = 2;
    uint64_t more = estimate(data, len, &options, &found[2]);
    /* More takes more, but another size may lead to another decoder, with tables of its own. */
    fuzz_check(found[0] == found[1] && found[1] == found[2]);
    fuzz_check(one <= two + OTHER_TABLES && two <= more);
    /* What is refused at its header needs next to nothing. */
    options.max_pixels = 0;
    uint64_t refused = estimate(data, len, &options, &found[3]);
    fuzz_check(found[3] == found[0] && refused <= one && refused <= 16 << 20);
    fuzz_check(used_ns() - began_ns < MOST_NS);
    return 0;
}
