/* SPDX-License-Identifier: MIT */
/*
 * What libvips does inside the sandbox beyond loading the formats of test_sandbox_corpus.c: text in
 * SVG pictures, which needs fonts; pictures in SVG pictures and other character sets, which need
 * modules that are loaded then; operations for which it would compile code; encoders that start
 * threads. Outside and inside must agree byte for byte.
 */
#include <criterion/criterion.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vips/vips.h>

#include "base/sys.h"
#include "sandbox/sandbox.h"
#include "support/shared.h"

enum { MAX_TASKS = 8, TIME = 120 };

struct outcome {
    int failed;
    uint64_t hash;
    char message[200];
};

struct outcomes {
    struct th_sandbox_state state;
    struct outcome of[MAX_TASKS];
};

static const char svg_text[] = "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='60'>"
                               "<text x='5' y='40' font-family='serif'>H\xc3\xa4llo</text></svg>";
/* Latin-2 is not among the character sets that libxml2 and the C library have built in. */
static const char svg_latin_2[] = "<?xml version='1.0' encoding='ISO-8859-2'?>"
                                  "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='60'>"
                                  "<text x='5' y='40'>P\xf8"
                                  "\xedli\xb9</text></svg>";

/* An SVG picture that holds a GIF, whose loader is a module of gdk-pixbuf. Freed with g_free(). */
static char *svg_with_gif(void)
{
    gchar *data;
    gsize len;
    cr_assert(g_file_get_contents(TEST_SAMPLES "/gif/still.gif", &data, &len, NULL));
    gchar *text = g_base64_encode((const guchar *)data, len);
    char *svg = g_strdup_printf(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' "
        "width='100' height='100'><image width='100' height='100' "
        "xlink:href='data:image/gif;base64,%s'/></svg>",
        text);
    g_free(text);
    g_free(data);
    return svg;
}

static void keep(struct outcome *out, VipsImage *image, int failed)
{
    size_t len = 0;
    void *png = NULL;
    out->failed = failed || vips_pngsave_buffer(image, &png, &len, NULL) != 0;
    if (out->failed) snprintf(out->message, sizeof out->message, "%s", vips_error_buffer());
    out->hash = out->failed ? 0 : th_hash64(png, len, 0);
    vips_error_clear();
    g_free(png);
}

static VipsImage *picture(void)
{
    VipsImage *noise = NULL, *image = NULL;
    vips_gaussnoise(&noise, 300, 200, "seed", 1, NULL);
    vips_cast_uchar(noise, &image, NULL);
    g_object_unref(noise);
    return image;
}

static void load_text(struct outcome *out, const char *svg)
{
    VipsImage *image = NULL;
    int failed = vips_svgload_buffer((void *)svg, strlen(svg), &image, NULL);
    keep(out, image, failed);
    g_clear_object(&image);
}

static void crop_and_blur(struct outcome *out)
{
    VipsImage *image = picture(), *cropped = NULL, *blurred = NULL;
    int failed = vips_thumbnail_image(image, &cropped, 50, "height", 50, "crop",
                                      VIPS_INTERESTING_ATTENTION, NULL) ||
                 vips_gaussblur(cropped, &blurred, 2.0, NULL);
    keep(out, blurred, failed);
    g_clear_object(&blurred);
    g_clear_object(&cropped);
    g_object_unref(image);
}

static void encode_avif(struct outcome *out)
{
    VipsImage *image = picture();
    void *data = NULL;
    size_t len = 0;
    out->failed = vips_heifsave_buffer(image, &data, &len, "compression",
                                       VIPS_FOREIGN_HEIF_COMPRESSION_AV1, NULL);
    if (out->failed) snprintf(out->message, sizeof out->message, "%s", vips_error_buffer());
    out->hash = data ? th_hash64(data, len, 0) : 0;
    vips_error_clear();
    g_free(data);
    g_object_unref(image);
}

static int do_all(const struct th_sandbox *sandbox, struct outcomes *out)
{
    int status;
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        const struct th_sandbox_limits limits = {0};
        char *with_gif = svg_with_gif();
        if (VIPS_INIT("test") != 0) _exit(90);
        vips_concurrency_set(2);
        if (sandbox) th_sandbox_enter(sandbox, &limits, &out->state);
        load_text(&out->of[0], svg_text);
        load_text(&out->of[1], svg_latin_2);
        load_text(&out->of[2], with_gif);
        crop_and_blur(&out->of[3]);
        encode_avif(&out->of[4]);
        _exit(0);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return status;
}

Test(sandbox_vips, does_inside_what_it_does_outside, .timeout = TIME)
{
    static const char *const names[] = {"text", "Latin-2", "GIF in SVG", "crop and blur", "AVIF"};
    const struct th_sandbox_options options = {0};
    struct th_sandbox *sandbox = NULL;
    struct outcomes *outside = test_shared(sizeof(struct outcomes)),
                    *inside = test_shared(sizeof(struct outcomes));
    cr_assert_eq(th_sandbox_prepare(&options, &sandbox, NULL), THUMBS_OK);
    /* With the environment that prepare() leaves: code that libvips compiles blurs a little
     * differently. */
    cr_assert_eq(do_all(NULL, outside), 0);
    int status = do_all(sandbox, inside);
    cr_assert_eq(status, 0, "status %x", (unsigned)status);
    if (!th_sandbox_is_whole(&inside->state))
        cr_skip_test("fonts are out of reach without Landlock");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct outcome *a = &outside->of[i], *b = &inside->of[i];
        cr_expect_eq(a->failed, b->failed, "%s: %s", names[i], b->message);
        cr_expect(a->hash == b->hash, "%s: other bytes", names[i]);
    }
    cr_expect_neq(inside->of[0].hash, inside->of[1].hash);
    th_sandbox_destroy(sandbox);
}

/* Without Landlock nothing is opened, and that is survived. */
Test(sandbox_vips, survives_without_files, .timeout = TIME)
{
    const struct th_sandbox_options options = {.without = TH_SANDBOX_BIT(TH_SANDBOX_LANDLOCK)};
    struct th_sandbox *sandbox = NULL;
    struct outcomes *inside = test_shared(sizeof(struct outcomes));
    cr_assert_eq(th_sandbox_prepare(&options, &sandbox, NULL), THUMBS_OK);
    int status = do_all(sandbox, inside);
    cr_expect_eq(status, 0, "status %x", (unsigned)status);
    th_sandbox_destroy(sandbox);
}
