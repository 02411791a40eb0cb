/* SPDX-License-Identifier: MIT */
/*
 * make_tiny.c - COUNT different JPEGs of 64x64 pixels in a new folder, 500 to
 * a sub-folder: a workload that is all overhead.
 *
 *     bench_make_tiny OUT [COUNT]
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jpeglib.h>

enum { SIDE = 64, PER_FOLDER = 500, DEFAULT_COUNT = 20000, QUALITY = 85 };

/* A smooth pattern that no two numbers share. */
static void paint(uint8_t *pixels, unsigned number)
{
    for (unsigned y = 0; y < SIDE; y++) {
        for (unsigned x = 0; x < SIDE; x++) {
            uint8_t *p = pixels + 3 * (y * SIDE + x);
            p[0] = (uint8_t)(x * 4 + number);
            p[1] = (uint8_t)(y * 4 + number / 256 * 7);
            p[2] = (uint8_t)((x ^ y) * 2 + number * 3);
        }
    }
}

static int write_jpeg(const char *path, const uint8_t *pixels)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "wb");
    if (!file) return -1;
    jpeg.err = jpeg_std_error(&errors); /* ends the program, which is right for a tool like this */
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = jpeg.image_height = SIDE;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, QUALITY, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < SIDE) {
        JSAMPROW row = (JSAMPROW)(pixels + 3 * SIDE * jpeg.next_scanline);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return fclose(file);
}

int main(int argc, char **argv)
{
    static uint8_t pixels[3 * SIDE * SIDE];
    const long count = argc > 2 ? strtol(argv[2], NULL, 10) : DEFAULT_COUNT;
    char path[4096];
    if (argc < 2 || argc > 3 || count < 1 || count > 10000000) {
        fputs("usage: bench_make_tiny OUT [COUNT]\n", stderr);
        return 2;
    }
    if (mkdir(argv[1], 0777) != 0 && errno != EEXIST) goto fail;
    for (long i = 0; i < count; i++) {
        if (i % PER_FOLDER == 0) {
            snprintf(path, sizeof path, "%s/%05ld", argv[1], i / PER_FOLDER);
            if (mkdir(path, 0777) != 0 && errno != EEXIST) goto fail;
        }
        snprintf(path, sizeof path, "%s/%05ld/%07ld.jpg", argv[1], i / PER_FOLDER, i);
        paint(pixels, (unsigned)i);
        if (write_jpeg(path, pixels) != 0) goto fail;
    }
    return 0;
fail:
    fprintf(stderr, "bench_make_tiny: %s: %s\n", argv[1], strerror(errno));
    return 3;
}
