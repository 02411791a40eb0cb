/* SPDX-License-Identifier: MIT */
/*
 * svg_root.h - the first element of an SVG document, without an XML parser.
 *
 * Pure functions of bytes, which may be hostile; thread-safe.
 */
#ifndef TH_IMAGE_SVG_ROOT_H
#define TH_IMAGE_SVG_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Do the bytes begin an XML document whose first element is svg? Byte order mark, declaration,
 * comments and document type may stand before it; "<!DOCTYPE svg" is enough. */
bool th_svg_sniff(const uint8_t *data, size_t len);

/* Does the drawing say how large it is? (SVG 2, 8.2 and 8.9; CSS Images 3, 4.1) It does with a
 * width and a height, or with one of them and a viewBox for the shape. It does not if they are
 * missing, `auto` or percentages: then it fills whatever it is put into, and a viewBox alone is its
 * shape and no size. A style attribute counts; style sheets are not looked at. True where it cannot
 * be told. */
bool th_svg_has_size(const uint8_t *data, size_t len);

#endif
