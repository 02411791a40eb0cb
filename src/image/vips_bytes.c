#include "image/vips_bytes.h"

#include <errno.h>
#include <string.h>

struct bytes {
    VipsSource parent;
    struct th_vips_bytes_plan plan;
    size_t at;
    bool late;
};

struct bytes_class {
    VipsSourceClass parent;
};

static gint64 on_read(VipsSource *source, void *to, size_t wanted)
{
    struct bytes *b = (struct bytes *)source;
    if (b->plan.deadline_ns && b->plan.now_ns() >= b->plan.deadline_ns) {
        b->late = true;
        errno = ETIME;
        return -1;
    }
    size_t n = b->plan.len - b->at;
    if (n > wanted) n = wanted;
    if (n) memcpy(to, b->plan.data + b->at, n);
    b->at += n;
    return (gint64)n;
}

/* As lseek() does it, but a place behind the end is refused, as libvips does it for memory. */
static gint64 on_seek(VipsSource *source, gint64 offset, int whence)
{
    struct bytes *b = (struct bytes *)source;
    gint64 len = (gint64)b->plan.len;
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
        const GTypeInfo info = {
            .class_size = sizeof(struct bytes_class), .class_init = class_init, .instance_size = sizeof(struct bytes)};
        g_once_init_leave(&id, g_type_register_static(VIPS_TYPE_SOURCE, "ThumbsBytes", &info, (GTypeFlags)0));
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
