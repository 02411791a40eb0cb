/* SPDX-License-Identifier: MIT */
#include "image/vips/vips_bytes.h"

#include <errno.h>
#include <string.h>

#include "base/view.h"

struct bytes {
    VipsSource parent;
    struct th_vips_bytes_plan plan;
    size_t at;
    bool late;
};

struct bytes_class {
    VipsSourceClass parent;
};

/* ---- what is shown ---- */

static bool is_text(const uint8_t kind[4])
{
    return !memcmp(kind, "tEXt", 4) || !memcmp(kind, "zTXt", 4) || !memcmp(kind, "iTXt", 4);
}

void th_vips_bytes_skip_texts(struct th_vips_bytes_plan *plan)
{
    enum { LONG_TEXT = 1 << 20, MAX_CHUNKS = 1000000 };
    size_t at = 8;
    for (unsigned i = 0; i < MAX_CHUNKS && plan->n_holes < TH_VIPS_MAX_HOLES; i++) {
        size_t left = plan->len > at ? plan->len - at : 0;
        if (left < 12) return;
        size_t len = (size_t)th_number(plan->data + at, 4, true);
        if (len > left - 12) return;
        if (len > LONG_TEXT && is_text(plan->data + at + 4))
            plan->holes[plan->n_holes++] = (struct th_vips_hole){at, len + 12};
        at += len + 12;
    }
}

void th_vips_bytes_cut_pages(struct th_vips_bytes_plan *plan)
{
    if (plan->len < 16) return;
    const uint8_t *p = plan->data;
    bool big_endian = p[0] == 'M', wide = th_number(p + 2, 2, big_endian) == 43;
    unsigned count_len = wide ? 8 : 2, entry_len = wide ? 20 : 12, link_len = wide ? 8 : 4;
    uint64_t at = wide ? th_number(p + 8, 8, big_endian) : th_number(p + 4, 4, big_endian);
    if (at > plan->len - count_len) return;
    uint64_t n = th_number(p + at, count_len, big_endian), left = plan->len - at - count_len;
    if (n > left / entry_len || left - n * entry_len < link_len) return;
    plan->zeros = (struct th_vips_hole){(size_t)(at + count_len + n * entry_len), link_len};
}

static size_t shown_len(const struct th_vips_bytes_plan *plan)
{
    size_t len = plan->len;
    for (unsigned i = 0; i < plan->n_holes; i++)
        len -= plan->holes[i].len;
    return len;
}

/* Copy up to `wanted` bytes from place `at` of what is shown; returns how many, 0 only at its end.
 */
static size_t show(const struct th_vips_bytes_plan *plan, size_t at, uint8_t *to, size_t wanted)
{
    size_t end = plan->len;
    for (unsigned i = 0; i < plan->n_holes; i++) {
        const struct th_vips_hole *hole = &plan->holes[i];
        if (at < hole->at) {
            end = hole->at;
            break;
        }
        at += hole->len;
    }
    size_t n = end - at < wanted ? end - at : wanted;
    if (n) memcpy(to, plan->data + at, n);
    const struct th_vips_hole *zeros = &plan->zeros;
    for (size_t i = zeros->at; i < zeros->at + zeros->len; i++)
        if (i >= at && i - at < n) to[i - at] = 0;
    return n;
}

/* ---- the source ---- */

static gint64 on_read(VipsSource *source, void *to, size_t wanted)
{
    struct bytes *b = (struct bytes *)source;
    if (b->plan.deadline_ns && b->plan.now_ns() >= b->plan.deadline_ns) {
        b->late = true;
        errno = ETIME;
        return -1;
    }
    size_t n = show(&b->plan, b->at, to, wanted);
    b->at += n;
    return (gint64)n;
}

/* As lseek() does it, but a place behind the end is refused, as libvips does it for memory. */
static gint64 on_seek(VipsSource *source, gint64 offset, int whence)
{
    struct bytes *b = (struct bytes *)source;
    gint64 len = (gint64)shown_len(&b->plan);
    gint64 base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (gint64)b->at : len;
    gint64 at;
    if (__builtin_add_overflow(base, offset, &at) || at < 0 || at > len) {
        errno = EINVAL;
        return -1;
    }
    b->at = (size_t)at;
    return at;
}

static void class_init(gpointer class, gpointer data)
{
    (void)data;
    VIPS_SOURCE_CLASS(class)->read = on_read;
    VIPS_SOURCE_CLASS(class)->seek = on_seek;
}

static GType type(void)
{
    static gsize id;
    if (g_once_init_enter(&id)) {
        const GTypeInfo info = {.class_size = sizeof(struct bytes_class),
                                .class_init = class_init,
                                .instance_size = sizeof(struct bytes)};
        g_once_init_leave(
            &id, g_type_register_static(VIPS_TYPE_SOURCE, "ThumbsBytes", &info, (GTypeFlags)0));
    }
    return (GType)id;
}

VipsSource *th_vips_bytes_new(const struct th_vips_bytes_plan *plan)
{
    struct bytes *b = g_object_new(type(), NULL);
    b->plan = *plan;
    if (vips_object_build(VIPS_OBJECT(b)) != 0) {
        g_object_unref(b);
        return NULL;
    }
    return VIPS_SOURCE(b);
}

bool th_vips_bytes_late(const VipsSource *source)
{
    return ((const struct bytes *)source)->late;
}
