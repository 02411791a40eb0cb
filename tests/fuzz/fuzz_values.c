/* SPDX-License-Identifier: MIT */
/*
 * Numbers, sizes and durations as they stand on a command line, against a second reading of them
 * with wider types: the same texts are accepted, with the same value.
 */
#include <math.h>

#include "base/num.h"
#include "cli/option_table.h"
#include "fuzz.h"

typedef unsigned __int128 u128;

/* Digits at *text, capped far beyond 64 bits. False: none. */
static bool read_digits(const char **text, u128 *out)
{
    const char *p = *text;
    u128 v = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        v = v * 10 + (unsigned)(*p - '0');
        if (v >> 90) v = (u128)1 << 90;
    }
    bool any = p != *text;
    *text = p;
    *out = v;
    return any;
}

static void check_numbers(const char *text, uint64_t min, uint64_t max)
{
    for (int with_unit = 0; with_unit < 2; with_unit++) {
        uint64_t want = 0, got = 42;
        static const char units[] = "KkMmGg";
        bool expected = false;
        /* The unit's place in the list tells its power. */
        const char *p = text;
        u128 v;
        if (read_digits(&p, &v)) {
            const char *unit = with_unit && *p ? strchr(units, *p) : NULL;
            if (unit) {
                v <<= 10 * ((unit - units) / 2 + 1);
                p++;
            }
            expected = !*p && v >= min && v <= max;
            want = (uint64_t)v;
        }
        bool taken =
            with_unit ? th_parse_bytes(text, min, max, &got) : th_parse_u64(text, min, max, &got);
        fuzz_check(taken == expected);
        fuzz_check(got == (expected ? want : 42));
    }
}

/* "256", "256x192", "256x", "x192" */
static bool expect_size(const char *text, size_t len, struct thumbs_size *out)
{
    char copy[64];
    u128 width = 0, height = 0;
    if (len >= sizeof copy)
        return false; /* 65500 may stand behind many zeros, but not in what this target sends */
    memcpy(copy, text, len);
    copy[len] = '\0';
    const char *p = copy;
    bool has_width = read_digits(&p, &width), has_height = false, square = !*p;
    if (has_width && !square && *p != 'x') return false;
    if (!square) {
        if (*p++ != 'x') return false;
        has_height = read_digits(&p, &height);
        if (*p || (!has_width && !has_height)) return false;
    } else if (!has_width) {
        return false;
    }
    if (square) height = width;
    if ((has_width && width == 0) || (has_height && height == 0)) return false;
    if (width > THUMBS_MAX_SIDE || height > THUMBS_MAX_SIDE) return false;
    *out = (struct thumbs_size){
        .width = (uint32_t)width, .height = (uint32_t)height, .square = square};
    return true;
}

static const struct cli_option *find(const char *name)
{
    for (size_t i = 0; i < cli_n_options; i++) {
        if (strcmp(cli_options[i].name, name) == 0) return &cli_options[i];
    }
    return NULL;
}

static void check_sizes(const char *list)
{
    struct cli_settings settings = {0};
    struct cli_problem problem = {0};
    struct thumbs_size want[THUMBS_MAX_SIZES + 1];
    uint32_t n = 0;
    bool expected = true;
    const char *rest = list, *item;
    size_t len;
    while (expected && cli_next_item(&rest, &item, &len)) {
        struct thumbs_size size;
        expected = expect_size(item, len, &size) && n < THUMBS_MAX_SIZES;
        for (uint32_t i = 0; expected && i < n; i++)
            expected = want[i].width != size.width || want[i].height != size.height;
        if (expected) want[n++] = size;
    }
    bool taken = cli_target_set(&find("size")->to, &settings, list, &problem);
    fuzz_check(taken == expected);
    if (!taken) return;
    fuzz_check(settings.options.image.n_sizes == n);
    for (uint32_t i = 0; i < n; i++) {
        const struct thumbs_size *got = &settings.options.image.sizes[i];
        fuzz_check(got->width == want[i].width && got->height == want[i].height &&
                   got->square == want[i].square);
    }
}

/* Items and commas make the list again. */
static void check_items(const char *list)
{
    const char *rest = list, *item, *at = list;
    size_t len;
    while (cli_next_item(&rest, &item, &len)) {
        fuzz_check(item == at && !memchr(item, ',', len));
        at += len;
        fuzz_check(*at == (rest ? ',' : '\0'));
        if (rest) fuzz_check(rest == ++at);
    }
    fuzz_check(*at == '\0');
}

static void check_timeout(const char *text)
{
    struct cli_settings settings = {0};
    struct cli_problem problem = {0};
    if (!cli_target_set(&find("timeout")->to, &settings, text, &problem)) return;
    double got = settings.options.timeout_seconds, want = strtod(text, NULL); /* of the C locale */
    fuzz_check(got > 0 && got <= 1e6);
    fuzz_check(fabs(got - want) <= want * 1e-9 + 1e-300);
    fuzz_check(!text[strspn(text, "0123456789.")]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    uint8_t how = fuzz_u8(&in);
    uint64_t min = fuzz_number(&in, how & 7),
             max = how & 0x40 ? UINT64_MAX : fuzz_number(&in, how >> 3 & 7);
    char *text = fuzz_string(&in, 62);
    check_numbers(text, min, max);
    check_sizes(text);
    check_items(text);
    check_timeout(text);
    free(text);
    return 0;
}
