/* SPDX-License-Identifier: MIT */
/*
 * webp_first.h - an animated WebP cut down to its first frame.
 *
 * libvips looks all frames up to learn how long they are shown, each from the start of the list: an
 * animation of 100,000 tiny frames keeps it busy for a minute where nothing can stop it. Part of
 * the module thumbs-vips.so. Pure.
 */
#ifndef TH_IMAGE_WEBP_FIRST_H
#define TH_IMAGE_WEBP_FIRST_H

#include <stddef.h>
#include <stdint.h>

/* If the `len` bytes at data are a whole animation (RFC 9649, 2.7) of several frames, return a copy
 * with the first of them alone, to be freed with free(), and set *out_len. NULL: it is no such
 * file, or no memory. */
uint8_t *th_webp_first_frame(const uint8_t *data, size_t len, void *(*alloc)(size_t size),
                             size_t *out_len);

#endif
