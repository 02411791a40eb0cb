/* SPDX-License-Identifier: MIT */
/* TIFF of kinds that libvips does not write: four fields of one colour each. */
#include "generate.h"

#include <stdlib.h>

#include "../tests/support/tiff_file.h"

enum { BLACK_IS_ZERO = 1, RGB, CMYK = 5, YCBCR, CIELAB = 8, ICCLAB };
enum { UNSPECIFIED, ASSOCIATED, UNASSOCIATED };

/* Red, green, blue and grey, the upper half transparent by a half where there is alpha. */
static const struct {
    const char *name;
    struct tiff_file file;
} kinds[] = {
    {"float-rgba", /* linear light */
     {.type = TIFF_FILE_FLOAT,
      .bits = 32,
      .photometric = RGB,
      .samples = 4,
      .n_extra = 1,
      .extra = UNASSOCIATED,
      .values = {{0.57758, 0.021219, 0.021219, 0.501961},
                 {0.021219, 0.456411, 0.045186, 0.501961},
                 {0.031896, 0.061246, 0.57758, 1},
                 {0.262251, 0.262251, 0.262251, 1}}}},
    {"float-grey",
     {.type = TIFF_FILE_FLOAT,
      .bits = 32,
      .photometric = BLACK_IS_ZERO,
      .samples = 1,
      .values = {{0.117647}, {0.392157}, {0.666667}, {0.941176}}}},
    {"signed-16-grey", /* half of the range */
     {.type = TIFF_FILE_SIGNED,
      .bits = 16,
      .photometric = BLACK_IS_ZERO,
      .samples = 1,
      .values = {{3840}, {12800}, {21760}, {30720}}}},
    {"12-bit",
     {.type = TIFF_FILE_UNSIGNED,
      .bits = 12,
      .photometric = RGB,
      .samples = 3,
      .values = {{3212, 642, 642}, {642, 2891, 964}, {803, 1124, 3212}, {2248, 2248, 2248}}}},
    {"associated-alpha",
     {.type = TIFF_FILE_UNSIGNED,
      .bits = 8,
      .photometric = RGB,
      .samples = 4,
      .n_extra = 1,
      .extra = ASSOCIATED,
      .values = {{100, 20, 20, 128}, {20, 90, 30, 128}, {50, 70, 200, 255}, {140, 140, 140, 255}}}},
    {"not-alpha", /* a fourth sample that is none, all 0 */
     {.type = TIFF_FILE_UNSIGNED,
      .bits = 8,
      .photometric = RGB,
      .samples = 4,
      .n_extra = 1,
      .extra = UNSPECIFIED,
      .values = {{200, 40, 40}, {40, 180, 60}, {50, 70, 200}, {140, 140, 140}}}},
    {"planes-in-tiles",
     {.type = TIFF_FILE_UNSIGNED,
      .bits = 16,
      .photometric = RGB,
      .samples = 3,
      .separate = true,
      .tiled = true,
      .big_endian = true,
      .values = {{51400, 10280, 10280},
                 {10280, 46260, 15420},
                 {12850, 17990, 51400},
                 {35980, 35980, 35980}}}},
    {"cmyk-alpha",
     {.type = TIFF_FILE_UNSIGNED,
      .bits = 8,
      .photometric = CMYK,
      .samples = 5,
      .n_extra = 1,
      .extra = UNASSOCIATED,
      .values = {{0, 200, 200, 0, 128},
                 {200, 0, 200, 0, 128},
                 {200, 180, 0, 0, 255},
                 {0, 0, 0, 140, 255}}}},
    {"lab-alpha",
     {.type = TIFF_FILE_UNSIGNED,
      .bits = 8,
      .photometric = CIELAB,
      .samples = 4,
      .n_extra = 1,
      .extra = UNASSOCIATED,
      .values = {{114, 62, 43, 128}, {163, 201, 47, 128}, {90, 28, 185, 255}, {149, 0, 0, 255}}}},
    {"icc-lab",
     {.type = TIFF_FILE_UNSIGNED,
      .bits = 8,
      .photometric = ICCLAB,
      .samples = 3,
      .values = {{114, 190, 171}, {163, 73, 175}, {90, 156, 57}, {149, 128, 128}}}},
    {"ycbcr-raw",
     {.type = TIFF_FILE_UNSIGNED,
      .bits = 8,
      .photometric = YCBCR,
      .samples = 3,
      .sub_x = 1,
      .sub_y = 1,
      .values = {{88, 101, 208}, {124, 92, 68}, {79, 196, 107}, {140, 128, 128}}}},
    {"ycbcr-420",
     {.type = TIFF_FILE_UNSIGNED,
      .bits = 8,
      .photometric = YCBCR,
      .samples = 3,
      .sub_x = 2,
      .sub_y = 2,
      .values = {{88, 101, 208}, {124, 92, 68}, {79, 196, 107}, {140, 128, 128}}}},
    {"one-strip-lost",
     {.type = TIFF_FILE_UNSIGNED,
      .bits = 8,
      .photometric = RGB,
      .samples = 3,
      .rows_per_strip = 8,
      .lost = 2,
      .values = {{200, 40, 40}, {40, 180, 60}, {50, 70, 200}, {140, 140, 140}}}},
};

static void make_old_jpeg(void)
{
    const struct gen_jpeg_options options = {.sampling = {{2, 2}}};
    struct gen_picture picture = gen_chart(141, 93, GEN_OPAQUE, 0);
    struct gen_bytes jpeg = gen_jpeg(&picture, &options), tiff = gen_tiff_old_jpeg(&picture, &jpeg);
    gen_save(&tiff, "tiff/kind-old-jpeg.tif");
    gen_bytes_finish(&tiff);
    gen_bytes_finish(&jpeg);
    gen_picture_finish(&picture);
}

void gen_make_tiff_kinds(void)
{
    make_old_jpeg();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct tiff_file_bytes written = tiff_file_make(&kinds[i].file);
        struct gen_bytes file = {0};
        gen_bytes_put(&file, written.data, written.len);
        gen_save(&file, "tiff/kind-%s.tif", kinds[i].name);
        gen_bytes_finish(&file);
        free(written.data);
    }
}
