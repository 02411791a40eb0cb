/* SPDX-License-Identifier: MIT */
/*
 * thumbs_samples DIR: write the sample pictures of thumbs below DIR, over what is there.
 * What each file is for is told in samples/README.md; run it again after a change here.
 */
#include "generate.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vips/vips.h>

#define N_ITEMS(array) (sizeof(array) / sizeof(array)[0])

/* The usual size of a chart: no multiple of 8 or 16, and different in both directions. */
enum { CHART_WIDTH_PX = 141, CHART_HEIGHT_PX = 93 };

static void save_jpeg(const char *path, const struct gen_picture *picture,
                      const struct gen_jpeg_options *options)
{
    struct gen_bytes file = gen_jpeg(picture, options);

    gen_save(&file, "%s", path);
    gen_bytes_finish(&file);
}

static void save_png(const char *path, const struct gen_picture *picture,
                     const struct gen_png_options *options)
{
    struct gen_bytes file = gen_png(picture, options);

    gen_save(&file, "%s", path);
    gen_bytes_finish(&file);
}

static void save_vips(const char *path, const struct gen_picture *pages, int n_pages,
                      const struct gen_vips_options *options, const char *suffix)
{
    struct gen_bytes file = gen_vips(pages, n_pages, options, suffix);

    gen_save(&file, "%s", path);
    gen_bytes_finish(&file);
}

/* ---- photos ---- */

static void save_photo(const struct gen_photo *photo)
{
    struct gen_picture upright = gen_photo_render(photo);
    struct gen_picture stored = gen_picture_stored(&upright, photo->orientation);
    struct gen_bytes exif = gen_exif(GEN_BIG_ENDIAN, photo->orientation, NULL);
    struct gen_jpeg_options options = {
        .quality = 80, .sampling = {{2, 2}}, .progressive = photo->progressive, .exif = &exif};
    struct gen_bytes file = gen_jpeg(&stored, &options);

    gen_save(&file, "photos/%s.jpg", photo->name);
    gen_bytes_finish(&file);
    gen_bytes_finish(&exif);
    gen_picture_finish(&stored);
    gen_picture_finish(&upright);
}

static void make_photos(void)
{
    for (size_t i = 0; i < gen_n_photos; i++)
        save_photo(&gen_photos[i]);
}

/* ---- jpeg ---- */

struct jpeg_sample {
    const char *path;
    struct gen_jpeg_options options;
};

static const struct jpeg_sample jpeg_samples[] = {
    {"jpeg/baseline-444.jpg", {.quality = 0}},
    {"jpeg/baseline-422.jpg", {.sampling = {{2, 1}}}},
    {"jpeg/baseline-440.jpg", {.sampling = {{1, 2}}}},
    {"jpeg/baseline-420.jpg", {.sampling = {{2, 2}}}},
    {"jpeg/baseline-411.jpg", {.sampling = {{4, 1}}}},
    {"jpeg/baseline-410.jpg", {.sampling = {{4, 2}}}},
    {"jpeg/baseline-uneven-chroma.jpg", {.sampling = {{2, 2}, {1, 2}, {2, 1}}}},
    {"jpeg/baseline-low-luma.jpg", {.sampling = {{1, 1}, {2, 2}, {2, 2}}}},
    {"jpeg/baseline-quality-1.jpg", {.quality = 1, .sampling = {{2, 2}}}},
    {"jpeg/baseline-quality-100.jpg", {.quality = 100}},
    {"jpeg/extended-16-bit-tables.jpg", {.quality = 1, .wide_tables = true}},
    {"jpeg/separate-scans-420.jpg", {.sampling = {{2, 2}}, .separate_scans = true}},
    {"jpeg/separate-scans-444-restart.jpg", {.separate_scans = true, .restart_mcu = 5}},
    {"jpeg/progressive-420.jpg", {.sampling = {{2, 2}}, .progressive = true}},
    {"jpeg/progressive-444.jpg", {.progressive = true}},
    {"jpeg/progressive-422-restart.jpg",
     {.sampling = {{2, 1}}, .progressive = true, .restart_mcu = 3}},
    {"jpeg/progressive-grey.jpg", {.model = GEN_JPEG_GREY, .progressive = true}},
    {"jpeg/restart-every-mcu.jpg", {.sampling = {{2, 2}}, .restart_mcu = 1}},
    {"jpeg/restart-every-row.jpg",
     {.sampling = {{2, 2}}, .restart_mcu = (CHART_WIDTH_PX + 15) / 16}},
    {"jpeg/restart-every-7-mcu.jpg", {.restart_mcu = 7}},
    {"jpeg/arithmetic.jpg", {.sampling = {{2, 2}}, .arithmetic = true}},
    {"jpeg/arithmetic-progressive.jpg",
     {.sampling = {{2, 2}}, .arithmetic = true, .progressive = true}},
    {"jpeg/grey.jpg", {.model = GEN_JPEG_GREY}},
    {"jpeg/grey-sampling-2x2.jpg", {.model = GEN_JPEG_GREY, .sampling = {{2, 2}}}},
    {"jpeg/rgb-adobe-marker.jpg", {.model = GEN_JPEG_RGB}},
    {"jpeg/cmyk-adobe-marker.jpg", {.model = GEN_JPEG_CMYK}},
    {"jpeg/ycck-444.jpg", {.model = GEN_JPEG_YCCK}},
    {"jpeg/ycck-420.jpg", {.model = GEN_JPEG_YCCK, .sampling = {{2, 2}, {1, 1}, {1, 1}, {2, 2}}}},
    {"jpeg/ycck-progressive.jpg", {.model = GEN_JPEG_YCCK, .progressive = true}},
    {"jpeg/cmyk-no-marker.jpg", {.model = GEN_JPEG_CMYK, .no_file_marker = true}},
    {"jpeg/ycck-no-marker.jpg", {.model = GEN_JPEG_YCCK, .no_file_marker = true}},
    {"jpeg/no-file-marker.jpg", {.sampling = {{2, 2}}, .no_file_marker = true}},
    {"jpeg/long-comment.jpg", {.sampling = {{2, 2}}, .comment_len = 20000}},
};

/* Sizes at and around block borders, and very long ones. */
static void make_jpeg_sizes(void)
{
    static const int sizes_px[][2] = {{1, 1},   {2, 1},   {3, 5},   {7, 7},    {8, 8},   {9, 9},
                                      {15, 17}, {16, 16}, {17, 33}, {1, 3000}, {3000, 1}};

    for (size_t i = 0; i < N_ITEMS(sizes_px); i++) {
        struct gen_picture chart = gen_chart(sizes_px[i][0], sizes_px[i][1], GEN_OPAQUE, 0.0);
        struct gen_bytes file = gen_jpeg(&chart, &(struct gen_jpeg_options){.sampling = {{2, 2}}});

        gen_save(&file, "jpeg/size-%dx%d.jpg", sizes_px[i][0], sizes_px[i][1]);
        gen_bytes_finish(&file);
        gen_picture_finish(&chart);
    }
}

/* A preview as cameras make them: of good size, and not of the picture's own colours, so that its
 * use would show. */
static void make_jpeg_with_thumbnail(const struct gen_picture *chart)
{
    struct gen_picture preview = gen_chart(480, 320, GEN_OPAQUE, 0.5);
    struct gen_bytes thumbnail, exif;

    gen_picture_desaturate(&preview);
    thumbnail = gen_jpeg(&preview, &(struct gen_jpeg_options){.quality = 90});
    exif = gen_exif(GEN_LITTLE_ENDIAN, 1, &thumbnail);
    save_jpeg("jpeg/large-exif-thumbnail.jpg", chart, &(struct gen_jpeg_options){.exif = &exif});
    gen_bytes_finish(&exif);
    gen_bytes_finish(&thumbnail);
    gen_picture_finish(&preview);
}

/* Lawful oddities that the library does not write by itself. */
static void make_jpeg_oddities(const struct gen_picture *chart)
{
    static const uint8_t fill[] = {0xFF, 0xFF, 0xFF};
    struct gen_bytes plain = gen_jpeg(chart, &(struct gen_jpeg_options){.sampling = {{2, 2}}});
    size_t scan = gen_jpeg_find(&plain, 0xDA);
    struct gen_bytes odd = gen_bytes_head(&plain, scan);

    gen_bytes_put(&odd, fill, sizeof fill);
    gen_bytes_put(&odd, plain.data + scan, plain.len - scan);
    gen_save(&odd, "jpeg/fill-bytes-before-marker.jpg");
    gen_bytes_finish(&odd);

    odd = gen_bytes_head(&plain, plain.len);
    gen_bytes_put_zeros(&odd, 2000);
    gen_bytes_put(&odd, plain.data, plain.len);
    gen_save(&odd, "jpeg/second-picture-after-end.jpg");
    gen_bytes_finish(&odd);
    gen_bytes_finish(&plain);
}

static void make_jpegs(void)
{
    struct gen_picture chart = gen_chart(CHART_WIDTH_PX, CHART_HEIGHT_PX, GEN_OPAQUE, 0.0);

    for (size_t i = 0; i < N_ITEMS(jpeg_samples); i++)
        save_jpeg(jpeg_samples[i].path, &chart, &jpeg_samples[i].options);
    make_jpeg_sizes();
    make_jpeg_with_thumbnail(&chart);
    make_jpeg_oddities(&chart);
    gen_picture_finish(&chart);
}

/* ---- png ---- */

struct png_kind {
    const char *name;
    enum gen_png_model model;
    int depth_bits;
};

static const struct png_kind png_kinds[] = {
    {"grey-1", GEN_PNG_GREY, 1},       {"grey-2", GEN_PNG_GREY, 2},
    {"grey-4", GEN_PNG_GREY, 4},       {"grey-8", GEN_PNG_GREY, 8},
    {"grey-16", GEN_PNG_GREY, 16},     {"rgb-8", GEN_PNG_RGB, 8},
    {"rgb-16", GEN_PNG_RGB, 16},       {"palette-1", GEN_PNG_PALETTE, 1},
    {"palette-2", GEN_PNG_PALETTE, 2}, {"palette-4", GEN_PNG_PALETTE, 4},
    {"palette-8", GEN_PNG_PALETTE, 8}, {"grey-alpha-8", GEN_PNG_GREY_ALPHA, 8},
    {"rgba-8", GEN_PNG_RGBA, 8},       {"grey-alpha-16", GEN_PNG_GREY_ALPHA, 16},
    {"rgba-16", GEN_PNG_RGBA, 16},
};

/* Every kind, plain and interlaced, and those that can with a tRNS chunk. */
static void make_png_kinds(void)
{
    struct gen_picture chart = gen_chart(71, 47, GEN_HOLES, 0.0);

    for (size_t i = 0; i < 4 * N_ITEMS(png_kinds); i++) {
        const struct png_kind *kind = &png_kinds[i / 4];
        struct gen_png_options options = {.model = kind->model,
                                          .depth_bits = kind->depth_bits,
                                          .interlaced = i & 1,
                                          .transparent = i & 2};
        struct gen_bytes file;

        if (options.transparent && kind->model >= GEN_PNG_GREY_ALPHA) continue;
        file = gen_png(&chart, &options);
        gen_save(&file, "png/%s%s%s.png", kind->name, options.transparent ? "-trns" : "",
                 options.interlaced ? "-adam7" : "");
        gen_bytes_finish(&file);
    }
    gen_picture_finish(&chart);
}

/* Sizes of which some Adam7 passes are empty. */
static void make_png_sizes(void)
{
    static const int sizes_px[][2] = {{1, 1}, {2, 3}, {4, 4}, {5, 5}, {1, 300}, {300, 1}};

    for (size_t i = 0; i < N_ITEMS(sizes_px); i++) {
        struct gen_picture chart = gen_chart(sizes_px[i][0], sizes_px[i][1], GEN_OPAQUE, 0.0);
        struct gen_bytes file = gen_png(
            &chart,
            &(struct gen_png_options){.model = GEN_PNG_RGB, .depth_bits = 8, .interlaced = true});

        gen_save(&file, "png/size-%dx%d-adam7.png", sizes_px[i][0], sizes_px[i][1]);
        gen_bytes_finish(&file);
        gen_picture_finish(&chart);
    }
}

static void make_png_extras(void)
{
    static const struct {
        const char *path;
        struct gen_png_options options;
    } extras[] = {
        {"png/filter-none.png", {.model = GEN_PNG_RGB, .depth_bits = 8, .filter = PNG_FILTER_NONE}},
        {"png/filter-sub.png", {.model = GEN_PNG_RGB, .depth_bits = 8, .filter = PNG_FILTER_SUB}},
        {"png/filter-up.png", {.model = GEN_PNG_RGB, .depth_bits = 8, .filter = PNG_FILTER_UP}},
        {"png/filter-average.png",
         {.model = GEN_PNG_RGB, .depth_bits = 8, .filter = PNG_FILTER_AVG}},
        {"png/filter-paeth.png",
         {.model = GEN_PNG_RGB, .depth_bits = 8, .filter = PNG_FILTER_PAETH}},
        {"png/small-idats.png", {.model = GEN_PNG_RGB, .depth_bits = 8, .idat_len = 32}},
        {"png/srgb-chunk.png", {.model = GEN_PNG_RGB, .depth_bits = 8, .srgb = true}},
        {"png/gamma-1.0.png", {.model = GEN_PNG_RGB, .depth_bits = 8, .gamma = 1.0}},
        {"png/compressed-text.png",
         {.model = GEN_PNG_RGB, .depth_bits = 8, .comment = "A text chunk that is compressed."}},
    };
    struct gen_picture chart = gen_chart(71, 47, GEN_OPAQUE, 0.0);

    for (size_t i = 0; i < N_ITEMS(extras); i++)
        save_png(extras[i].path, &chart, &extras[i].options);
    gen_picture_finish(&chart);
}

static void make_pngs(void)
{
    make_png_kinds();
    make_png_sizes();
    make_png_extras();
}

/* ---- webp, gif, tiff ---- */

enum { N_FRAMES = 6 };

static void make_frames(struct gen_picture frames[N_FRAMES], enum gen_alpha alpha)
{
    for (int i = 0; i < N_FRAMES; i++)
        frames[i] = gen_chart(CHART_WIDTH_PX, CHART_HEIGHT_PX, alpha, i / (double)N_FRAMES);
}

static void finish_frames(struct gen_picture frames[N_FRAMES])
{
    for (int i = 0; i < N_FRAMES; i++)
        gen_picture_finish(&frames[i]);
}

static void save_animated_png(const char *path, const struct gen_picture frames[N_FRAMES],
                              enum gen_png_model model)
{
    struct gen_bytes file = gen_animated_png(
        frames, N_FRAMES, 120, &(struct gen_png_options){.model = model, .depth_bits = 8});

    gen_save(&file, "%s", path);
    gen_bytes_finish(&file);
}

static void make_webps_gifs_and_animations(void)
{
    struct gen_picture opaque[N_FRAMES], holes[N_FRAMES];
    struct gen_vips_options rgb = {.bands = 3, .depth_bits = 8, .delay_ms = 120};
    struct gen_vips_options rgba = {.bands = 4, .depth_bits = 8, .delay_ms = 120};

    make_frames(opaque, GEN_OPAQUE);
    make_frames(holes, GEN_HOLES);
    save_vips("webp/lossy.webp", opaque, 1, &rgb, ".webp[Q=80]");
    save_vips("webp/lossy-alpha.webp", holes, 1, &rgba, ".webp[Q=80]");
    save_vips("webp/lossless.webp", opaque, 1, &rgb, ".webp[lossless]");
    save_vips("webp/lossless-alpha.webp", holes, 1, &rgba, ".webp[lossless]");
    save_vips("webp/animated.webp", opaque, N_FRAMES, &rgb, ".webp[Q=60]");
    save_vips("webp/animated-alpha.webp", holes, N_FRAMES, &rgba, ".webp[Q=60]");
    save_vips("gif/still.gif", opaque, 1, &rgb, ".gif[effort=7]");
    save_vips("gif/still-interlaced.gif", opaque, 1, &rgb, ".gif[effort=7,interlace]");
    save_vips("gif/still-transparent.gif", holes, 1, &rgba, ".gif[effort=7]");
    save_vips("gif/still-two-colours.gif", opaque, 1, &rgb, ".gif[effort=7,bitdepth=1,dither=0]");
    save_vips("gif/animated.gif", opaque, N_FRAMES, &rgb, ".gif[effort=7,dither=0]");
    save_vips("gif/animated-transparent.gif", holes, N_FRAMES, &rgba, ".gif[effort=7,dither=0]");
    save_animated_png("png/animated.png", opaque, GEN_PNG_RGB);
    save_animated_png("png/animated-alpha.png", holes, GEN_PNG_RGBA);
    finish_frames(holes);
    finish_frames(opaque);
}

static void make_tiffs(void)
{
    struct gen_picture pages[N_FRAMES],
        holes = gen_chart(CHART_WIDTH_PX, CHART_HEIGHT_PX, GEN_HOLES, 0.0);
    struct gen_vips_options grey = {.bands = 1, .depth_bits = 8},
                            rgb = {.bands = 3, .depth_bits = 8};
    struct gen_vips_options rgb16 = {.bands = 3, .depth_bits = 16},
                            rgba = {.bands = 4, .depth_bits = 8};
    struct gen_bytes big_endian;

    make_frames(pages, GEN_OPAQUE);
    save_vips("tiff/strip.tif", pages, 1, &rgb, ".tif[compression=none]");
    save_vips("tiff/strip-lzw.tif", pages, 1, &rgb, ".tif[compression=lzw,predictor=horizontal]");
    save_vips("tiff/strip-deflate.tif", pages, 1, &rgb, ".tif[compression=deflate]");
    save_vips("tiff/strip-packbits.tif", pages, 1, &grey, ".tif[compression=packbits]");
    save_vips("tiff/strip-jpeg.tif", pages, 1, &rgb, ".tif[compression=jpeg,Q=85]");
    save_vips("tiff/tiled-lzw.tif", pages, 1, &rgb,
              ".tif[compression=lzw,tile,tile-width=32,tile-height=32]");
    save_vips("tiff/rgb-16-lzw.tif", pages, 1, &rgb16,
              ".tif[compression=lzw,predictor=horizontal]");
    save_vips("tiff/rgba-lzw.tif", &holes, 1, &rgba, ".tif[compression=lzw]");
    save_vips("tiff/grey-1-fax.tif", pages, 1, &grey, ".tif[compression=ccittfax4,bitdepth=1]");
    save_vips("tiff/multi-page.tif", pages, N_FRAMES, &rgb, ".tif[compression=lzw]");
    save_vips("tiff/pyramid.tif", pages, 1, &rgb,
              ".tif[compression=lzw,tile,tile-width=32,tile-height=32,pyramid]");
    save_vips("tiff/big-tiff.tif", pages, 1, &rgb, ".tif[compression=lzw,bigtiff]");

    big_endian = gen_tiff_grey(&pages[0], GEN_BIG_ENDIAN);
    gen_save(&big_endian, "tiff/big-endian-grey.tif");
    gen_bytes_finish(&big_endian);
    finish_frames(pages);
    gen_picture_finish(&holes);
    gen_make_tiff_kinds();
}

/* ---- icc ---- */

/* The chart in the colours of a space with its profile, as JPEG and PNG. */
static void make_icc_pair(const char *name, const struct gen_space *space)
{
    struct gen_picture chart = gen_chart(CHART_WIDTH_PX, CHART_HEIGHT_PX, GEN_OPAQUE, 0.0);
    struct gen_bytes icc = gen_icc_rgb(space), file;

    gen_picture_convert(&chart, space);
    file = gen_jpeg(&chart, &(struct gen_jpeg_options){.quality = 90, .icc = &icc});
    gen_save(&file, "icc/%s.jpg", name);
    gen_bytes_finish(&file);
    file = gen_png(&chart,
                   &(struct gen_png_options){.model = GEN_PNG_RGB, .depth_bits = 8, .icc = &icc});
    gen_save(&file, "icc/%s.png", name);
    gen_bytes_finish(&file);
    gen_bytes_finish(&icc);
    gen_picture_finish(&chart);
}

/* Other ways in which a profile is carried, and other formats. */
static void make_icc_carriers(void)
{
    struct gen_picture chart = gen_chart(CHART_WIDTH_PX, CHART_HEIGHT_PX, GEN_OPAQUE, 0.0);
    struct gen_bytes p3 = gen_icc_rgb(&gen_display_p3);

    /* The sRGB numbers read as Display P3: colours that sRGB cannot show. */
    save_jpeg("icc/display-p3-beyond-srgb.jpg", &chart,
              &(struct gen_jpeg_options){.quality = 90, .icc = &p3});
    gen_picture_convert(&chart, &gen_display_p3);
    save_jpeg(
        "icc/display-p3-in-six-parts.jpg", &chart,
        &(struct gen_jpeg_options){.quality = 90, .icc = &p3, .icc_chunk_len = (p3.len + 5) / 6});
    save_png("icc/display-p3-16-bit.png", &chart,
             &(struct gen_png_options){.model = GEN_PNG_RGB, .depth_bits = 16, .icc = &p3});
    save_vips("icc/display-p3.webp", &chart, 1,
              &(struct gen_vips_options){.bands = 3, .depth_bits = 8, .icc = &p3}, ".webp[Q=90]");
    save_vips("icc/display-p3.tif", &chart, 1,
              &(struct gen_vips_options){.bands = 3, .depth_bits = 8, .icc = &p3},
              ".tif[compression=lzw]");
    gen_bytes_finish(&p3);
    gen_picture_finish(&chart);
}

static void make_icc_greys(void)
{
    struct gen_picture chart = gen_chart(CHART_WIDTH_PX, CHART_HEIGHT_PX, GEN_OPAQUE, 0.0);
    struct gen_bytes icc = gen_icc_grey(&gen_gamma_18);

    gen_picture_desaturate(&chart);
    save_jpeg("icc/grey-without-profile.jpg", &chart,
              &(struct gen_jpeg_options){.quality = 90, .model = GEN_JPEG_GREY});
    gen_picture_convert(&chart, &gen_gamma_18);
    save_jpeg("icc/grey-gamma-1.8.jpg", &chart,
              &(struct gen_jpeg_options){.quality = 90, .model = GEN_JPEG_GREY, .icc = &icc});
    save_png("icc/grey-gamma-1.8.png", &chart,
             &(struct gen_png_options){.model = GEN_PNG_GREY, .depth_bits = 8, .icc = &icc});
    gen_bytes_finish(&icc);
    icc = gen_icc_rgb(&gen_gamma_18);
    save_jpeg("icc/grey-rgb-profile.jpg", &chart,
              &(struct gen_jpeg_options){.quality = 90, .model = GEN_JPEG_GREY, .icc = &icc});
    gen_bytes_finish(&icc);
    gen_picture_finish(&chart);
}

static void make_iccs(void)
{
    struct gen_picture chart = gen_chart(CHART_WIDTH_PX, CHART_HEIGHT_PX, GEN_OPAQUE, 0.0);

    save_jpeg("icc/without-profile.jpg", &chart, &(struct gen_jpeg_options){.quality = 90});
    save_png("icc/without-profile.png", &chart,
             &(struct gen_png_options){.model = GEN_PNG_RGB, .depth_bits = 8});
    make_icc_pair("srgb", &gen_srgb);
    make_icc_pair("display-p3", &gen_display_p3);
    make_icc_pair("adobe-rgb", &gen_adobe_rgb);
    make_icc_pair("red-blue-exchanged", &gen_swapped);
    make_icc_carriers();
    make_icc_greys();
    gen_picture_finish(&chart);
}

/* ---- orientation ---- */

static void make_orientation_jpeg(const struct gen_picture *upright, int orientation)
{
    struct gen_picture stored = gen_picture_stored(upright, orientation);
    struct gen_bytes exif =
        gen_exif(orientation % 2 ? GEN_LITTLE_ENDIAN : GEN_BIG_ENDIAN, orientation, NULL);
    struct gen_bytes file =
        gen_jpeg(&stored, &(struct gen_jpeg_options){.quality = 90, .exif = &exif});

    gen_save(&file, "orientation/orientation-%d.jpg", orientation);
    gen_bytes_finish(&file);
    gen_bytes_finish(&exif);
    gen_picture_finish(&stored);
}

static void make_orientations(void)
{
    struct gen_picture upright = gen_chart(240, 160, GEN_OPAQUE, 0.0),
                       stored = gen_picture_stored(&upright, 6);
    struct gen_vips_options turned = {.bands = 3, .depth_bits = 8, .orientation = 6};
    struct gen_bytes exif = gen_exif(GEN_BIG_ENDIAN, 6, NULL),
                     wrong = gen_exif(GEN_BIG_ENDIAN, 9, NULL);

    for (int orientation = 1; orientation <= 8; orientation++)
        make_orientation_jpeg(&upright, orientation);
    save_jpeg(
        "orientation/orientation-6-no-jfif-420.jpg", &stored,
        &(struct gen_jpeg_options){.sampling = {{2, 2}}, .no_file_marker = true, .exif = &exif});
    save_jpeg("orientation/orientation-9-means-nothing.jpg", &upright,
              &(struct gen_jpeg_options){.exif = &wrong});
    save_png("orientation/orientation-6.png", &stored,
             &(struct gen_png_options){.model = GEN_PNG_RGB, .depth_bits = 8, .exif = &exif});
    save_vips("orientation/orientation-6.webp", &stored, 1, &turned, ".webp[Q=85]");
    save_vips("orientation/orientation-6.tif", &stored, 1, &turned, ".tif[compression=lzw]");
    gen_bytes_finish(&wrong);
    gen_bytes_finish(&exif);
    gen_picture_finish(&stored);
    gen_picture_finish(&upright);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: thumbs_samples DIR\nWrite the sample pictures of thumbs below DIR.\n",
              stderr);
        return 2;
    }
    if (VIPS_INIT(argv[0])) gen_fatal("libvips does not start");
    if (chdir(argv[1]) != 0) {
        perror(argv[1]);
        return EXIT_FAILURE;
    }
    make_jpegs();
    make_pngs();
    make_webps_gifs_and_animations();
    make_tiffs();
    make_iccs();
    make_orientations();
    gen_make_heif();
    gen_make_raws();
    gen_make_plain();
    gen_make_broken();
    gen_make_lying();
    make_photos();
    vips_shutdown();
    return EXIT_SUCCESS;
}
