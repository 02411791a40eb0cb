/* SPDX-License-Identifier: MIT */
/*
 * What a file is: by its first bytes, which are all that may be looked at, and by the ending of its
 * name.
 */
#include "fuzz.h"
#include "image/image.h"
#include "image/judge.h"
#include "image/svg_root.h"

static void check_content(const uint8_t *data, size_t len)
{
    enum thumbs_format format = th_image_sniff(data, len);
    fuzz_check((unsigned)format < THUMBS_N_FORMATS && format != THUMBS_FORMAT_KEEP);
    size_t head = len < TH_SNIFF_LEN ? len : TH_SNIFF_LEN;
    uint8_t *exact = fuzz_copy(data, head);
    fuzz_check(th_image_sniff(exact, head) == format);
    free(exact);
    exact = fuzz_copy(data, len);
    fuzz_check(th_svg_has_size(exact, len) == th_svg_has_size(data, len));
    free(exact);
    /* What is not decoded needs nothing for it. */
    fuzz_check(!th_image_decode_wants(data, len) ||
               th_format(th_image_format_of(data, len))->decoders[0]);
    /* What is written for it can be written. */
    enum thumbs_format kept = th_image_output_format(THUMBS_FORMAT_KEEP, format, len & 1);
    fuzz_check(th_image_is_writable(kept) && thumbs_format_is_output(kept));
}

/* What is made of it, by all of its bytes and by the first alone. */
static void check_judgement(const uint8_t *data, size_t len)
{
    static const char *const names[] = {"", "a", "a.nef", "a.jpg"};
    uint8_t *exact = fuzz_copy(data, len);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct thumbs_error error = {0};
        const struct thumbs_image_options options = {.allow_untrusted = i & 1};
        enum thumbs_code code = th_image_judge(&options, exact, len, THUMBS_STAGE_LOAD, &error);
        if (code == THUMBS_OK)
            code = th_image_judge_name(names[i], exact, len, THUMBS_STAGE_LOAD, &error);
        fuzz_check(code == THUMBS_OK || code == THUMBS_NOT_IMAGE || code == THUMBS_UNSUPPORTED);
        fuzz_check(!error.message[0] == (code == THUMBS_OK));
        fuzz_check(code == THUMBS_NOT_IMAGE || th_image_sniff(exact, len) != THUMBS_FORMAT_NONE);
    }
    free(exact);
}

static void check_ending(const uint8_t *data, size_t len)
{
    size_t n = len < 16 ? len : 16;
    char *ext = fuzz_copy(data, n); /* not ended by a NUL */
    enum thumbs_format format = th_image_format_by_ext(ext, n);
    fuzz_check((unsigned)format < THUMBS_N_FORMATS && format != THUMBS_FORMAT_KEEP);
    for (size_t i = 0; i < n; i++) {
        if (ext[i] >= 'a' && ext[i] <= 'z') ext[i] = (char)(ext[i] - 'a' + 'A');
    }
    fuzz_check(th_image_format_by_ext(ext, n) == format);
    free(ext);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_content(data, len);
    check_judgement(data, len);
    check_ending(data, len);
    return 0;
}
