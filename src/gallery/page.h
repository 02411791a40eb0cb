/* SPDX-License-Identifier: MIT */
/* page.h - what every gallery begins and ends with, compiled in; inside gallery only. Made of
 * page.html, page.css and page.js. */
#ifndef TH_GALLERY_PAGE_H
#define TH_GALLERY_PAGE_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t th_page_head[];
extern const size_t th_page_head_len;
extern const uint8_t th_page_tail[];
extern const size_t th_page_tail_len;

#endif
