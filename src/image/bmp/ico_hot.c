/* SPDX-License-Identifier: MIT */
/* Icons and cursors: the largest picture, or the next where that does not decode. */
#include "base/error.h"
#include "image/bmp/bmp_hot.h"
#include "image/bmp/ico.h"
#include "image/dispatch.h"
#include "image/rowmake.h"

static enum thumbs_code make_bitmap(const struct th_make *make, const struct th_ico_entry *e,
                                    struct thumbs_error *err)
{
    struct th_make own = *make;
    const size_t len_before = make->sink->len;
    own.data = e->v.data;
    own.len = e->v.len;
    enum thumbs_code code = th_rowmake(&own, &th_bmp_icon_decoder, err);
    if (code != THUMBS_OK) {
        make->sink->len = len_before;
        make->result->n_outputs = 0;
    }
    return code;
}

static enum thumbs_code make_entry(const struct th_make *make, const struct th_ico_entry *e,
                                   struct thumbs_error *err)
{
    const struct th_inner inner = {.data = e->v.data, .len = e->v.len, .format = THUMBS_FORMAT_PNG};
    return e->png ? th_dispatch_inner(make, &inner, err) : make_bitmap(make, e, err);
}

static bool is_its_own_fault(enum thumbs_code code)
{
    return code == THUMBS_CORRUPT || code == THUMBS_UNSUPPORTED;
}

static enum thumbs_code make_ico(struct th_make *make, struct thumbs_error *err)
{
    struct th_ico_entry entries[TH_ICO_MOST];
    const struct th_view v = {make->data, make->len};
    const size_t n = th_ico_list(v, entries);
    struct thumbs_error first = {0};
    if (n == 0)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "it has no picture whose header can be read");
    enum thumbs_code code = make_entry(make, &entries[0], &first);
    for (size_t i = 1; i < n && is_its_own_fault(code); i++) {
        if (make->options->on_damage == THUMBS_DAMAGE_FAIL) break;
        code = make_entry(make, &entries[i], NULL);
        if (code == THUMBS_OK)
            return th_make_damaged(make, "its largest picture does not decode", err);
    }
    if (code != THUMBS_OK && err) *err = first;
    return code == THUMBS_OK ? code : first.code;
}

const struct th_backend th_backend_ico = {.name = "ico", .make = make_ico};
