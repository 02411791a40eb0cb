/* SPDX-License-Identifier: MIT */
/*
 * cmyk_profile.h - the profile of CMYK pictures that have none.
 *
 * cmyk.icc, compiled in. Made from the one that libvips has for the purpose, "Chemical proof" by
 * Graeme W. Gill, who put it into the public domain; its copyright tag says so and is kept:
 * "Created by Graeme W. Gill. Released into the public domain. No Warranty, Use at your own risk."
 * Modified: of its tables only A2B0 (CMYK to colours) is kept, unchanged; those for other intents
 * and back to CMYK nobody needs here: 54 KB instead of 940. To make it again:
 *
 *     cmake --build build --target thumbs_cut_cmyk && build/samples/thumbs_cut_cmyk src/image
 */
#ifndef TH_IMAGE_CMYK_PROFILE_H
#define TH_IMAGE_CMYK_PROFILE_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t th_cmyk_profile[];
extern const size_t th_cmyk_profile_len;

#endif
