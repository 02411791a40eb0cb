/* SPDX-License-Identifier: MIT */
#include "image/libraries.h"

#include <lcms2.h>
#include <png.h>
#include <stdio.h> /* jpeglib.h needs it */
#include <zlib.h>

#include <jpeglib.h>
#ifdef THUMBS_ISAL
#include <isa-l.h>
#endif
#ifdef THUMBS_WITH_WEBP
#include <webp/decode.h>
#include <webp/encode.h>
#endif
#ifdef THUMBS_WITH_GIF
#include <gif_lib.h>
#endif

void th_about_jpeg_writer(enum thumbs_format format, struct th_bytes *text)
{
    const unsigned n = LIBJPEG_TURBO_VERSION_NUMBER;
    (void)format;
    th_bytes_addf(text, "libjpeg-turbo %u.%u.%u", n / 1000000, n / 1000 % 1000, n % 1000);
}

void th_about_jpeg_reader(enum thumbs_format format, struct th_bytes *text)
{
    th_bytes_adds(text, "own code, ");
    th_about_jpeg_writer(format, text);
}

void th_about_png_reader(enum thumbs_format format, struct th_bytes *text)
{
    (void)format;
    th_bytes_adds(text, "own code, ");
#ifdef THUMBS_ISAL
    th_bytes_addf(text, "ISA-L %d.%d.%d, ", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION,
                  ISAL_PATCH_VERSION);
#endif
    th_bytes_addf(text, "zlib %s", zlibVersion());
}

void th_about_png_writer(enum thumbs_format format, struct th_bytes *text)
{
    (void)format;
    th_bytes_addf(text, "libpng %s", png_get_libpng_ver(NULL));
}

#ifdef THUMBS_WITH_WEBP
static void add_webp(int version, struct th_bytes *text)
{
    const unsigned v = (unsigned)version;
    th_bytes_addf(text, "libwebp %u.%u.%u", v >> 16 & 255, v >> 8 & 255, v & 255);
}

void th_about_webp_reader(enum thumbs_format format, struct th_bytes *text)
{
    (void)format;
    add_webp(WebPGetDecoderVersion(), text);
}

void th_about_webp_writer(enum thumbs_format format, struct th_bytes *text)
{
    (void)format;
    add_webp(WebPGetEncoderVersion(), text);
}
#endif

#ifdef THUMBS_WITH_GIF
void th_about_gif(enum thumbs_format format, struct th_bytes *text)
{
    (void)format;
    th_bytes_addf(text, "giflib %d.%d.%d", GIFLIB_MAJOR, GIFLIB_MINOR, GIFLIB_RELEASE);
}
#endif

void th_libraries_of_colours(struct th_bytes *text)
{
    const int v = cmsGetEncodedCMMversion(); /* 2140 */
    th_bytes_addf(text, "own code, Little CMS %d.%d", v / 1000, v / 10 % 100);
}
