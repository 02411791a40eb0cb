/*
 * inks.h - the profile of CMYK pictures that have none.
 *
 * The one that libvips has for the purpose, "Chemical proof" (Graeme W. Gill; in the public domain), with its table to
 * colours and without those back to inks, which nobody needs here: 54 KB instead of 940. inks.icc, compiled in.
 */
#ifndef TH_IMAGE_INKS_H
#define TH_IMAGE_INKS_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t th_inks_profile[];
extern const size_t th_inks_profile_len;

#endif
