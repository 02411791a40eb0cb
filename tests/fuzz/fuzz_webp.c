/* SPDX-License-Identifier: MIT */
/*
 * The chunks of a WebP file: any bytes. What is found lies within the file, the plan for it has
 * pixels, and a file that goes on behind its RIFF says the same. Frames lie one behind the other,
 * and are as many as are told.
 */
#include "fuzz.h"
#include "image/webp/webp_size.h"

static void check_within(struct th_view v, const uint8_t *data, size_t len)
{
    fuzz_check(v.len <= len && (v.len == 0 || (v.data >= data && v.data + v.len <= data + len)));
}

static void check_plan(const struct th_webp *w, uint32_t most_shrink)
{
    const struct th_webp_plan p = th_webp_plan(w, most_shrink);
    fuzz_check(p.width > 0 && p.height > 0 && p.frame_width > 0 && p.frame_height > 0);
    fuzz_check(p.frame_width <= w->frame_width && p.frame_height <= w->frame_height);
    fuzz_check(p.bands == (th_webp_has_alpha(w) ? 4u : 3u));
    fuzz_check(p.placed ? p.width == w->width && p.shrink == 1 : p.width == p.frame_width);
    fuzz_check(th_webp_decoder_size(w, &p) > (uint64_t)p.frame_width * p.frame_height * p.bands);
}

static void check_frames(const uint8_t *data, size_t len)
{
    const struct th_view file = {data, len};
    struct th_webp_motion motion;
    struct th_webp_frame f;
    enum th_webp_found found;
    uint64_t at = 0, last = 0, n = 0;
    th_webp_motion(file, UINT64_MAX, &motion);
    while ((found = th_webp_next_frame(file, &at, &f)) != TH_WEBP_END) {
        fuzz_check(at > last);
        last = at;
        n++;
        if (found != TH_WEBP_FRAME) continue;
        fuzz_check(f.picture.frame_width && f.picture.frame_height);
        check_within(f.picture.pixels, data, len);
    }
    fuzz_check(motion.left > 0 || n == motion.n_frames);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct th_webp w, again;
    uint8_t *exact = fuzz_copy(data, len);
    const bool found = th_webp_parse((struct th_view){exact, len}, &w);
    fuzz_check(th_webp_parse((struct th_view){exact, len}, &again) == found);
    if (found) {
        fuzz_check(w.width && w.height && w.frame_width && w.frame_height);
        fuzz_check(w.frame_width <= 16384 && w.frame_height <= 16384);
        check_within(w.pixels, exact, len);
        check_within(w.icc, exact, len);
        check_within(w.exif, exact, len);
        check_within(w.xmp, exact, len);
        check_plan(&w, 1);
        check_plan(&w, 1 + exact[len - 1]);
        check_plan(&w, UINT32_MAX);
    }
    check_frames(exact, len);
    free(exact);
    return 0;
}
