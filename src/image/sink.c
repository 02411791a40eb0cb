/* SPDX-License-Identifier: MIT */
/* A run of bytes that grows as encoders append to it. */
#include "image/sink.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"

bool th_sink_add(struct th_sink *sink, const void *data, size_t len)
{
    size_t need;
    if (len == 0) return true;
    if (!th_add_size(sink->len, len, &need)) return false;
    if (need > sink->cap && !sink->grow(sink, need)) return false;
    memcpy(sink->data + sink->len, data, len);
    sink->len = need;
    return true;
}

bool th_sink_late(const struct th_sink *sink)
{
    return sink->deadline_ns && th_now_ns() >= sink->deadline_ns;
}

static bool grow_heap(struct th_sink *sink, size_t need)
{
    if (need <= sink->cap) return true;
    size_t cap = sink->cap > SIZE_MAX / 2 ? need : sink->cap * 2;
    if (cap < need) cap = need;
    if (cap < 16384) cap = 16384;
    uint8_t *data = th_realloc(sink->data, cap);
    if (!data) return false;
    sink->data = data;
    sink->cap = cap;
    return true;
}

void th_sink_init_heap(struct th_sink *sink)
{
    *sink = (struct th_sink){.grow = grow_heap};
}

void th_sink_finish_heap(struct th_sink *sink)
{
    free(sink->data);
    *sink = (struct th_sink){0};
}
