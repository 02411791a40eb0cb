/* SPDX-License-Identifier: MIT */
/*
 * sink.h - where encoded thumbnails go: one growing run of bytes.
 *
 * Outputs lie behind one another at offsets. One thread at a time.
 */
#ifndef TH_IMAGE_SINK_H
#define TH_IMAGE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `grow` makes room for at least `need` bytes in all (may move data, updates data and cap) or
 * returns false; it keeps the len bytes in use. */
struct th_sink {
    uint8_t *data;
    size_t len, cap;
    bool (*grow)(struct th_sink *sink, size_t need);
    void *user;
    /* th_now_ns() past which encoders give up with TIMEOUT; 0: never. th_image_make() sets it for
     * the time of its call. */
    uint64_t deadline_ns;
};

/* Append; false if it cannot grow. */
bool th_sink_add(struct th_sink *sink, const void *data, size_t len);
/* Has its deadline passed? */
bool th_sink_late(const struct th_sink *sink);

/* A sink over malloc, for threads and for thumbs_make(). */
void th_sink_init_heap(struct th_sink *sink);
void th_sink_finish_heap(struct th_sink *sink);

#endif
