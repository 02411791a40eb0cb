/* SPDX-License-Identifier: MIT */
/*
 * Profiles of curves and a matrix, converted by ourselves: against Little CMS, which also makes the
 * profiles here.
 */
#include <criterion/criterion.h>
#include <lcms2.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/icc.h"
#include "image/icc_matrix.h"

enum { STEPS = 17, N_COLOURS = STEPS * STEPS * STEPS + 256 };

struct profile {
    uint8_t *data;
    size_t len;
};

/* Closes the profile. */
static struct profile saved(cmsHPROFILE profile, double version)
{
    cmsUInt32Number len = 0;
    cmsSetProfileVersion(profile, version);
    cr_assert(cmsSaveProfileToMem(profile, NULL, &len));
    struct profile p = {malloc(len), len};
    cr_assert(cmsSaveProfileToMem(profile, p.data, &len));
    cmsCloseProfile(profile);
    return p;
}

static void profile_finish(struct profile *p)
{
    free(p->data);
    *p = (struct profile){0};
}

static const cmsCIExyY D65 = {0.3127, 0.3290, 1}, D50 = {0.3457, 0.3585, 1};
static const cmsCIExyYTRIPLE srgb = {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
static const cmsCIExyYTRIPLE adobe = {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};
static const cmsCIExyYTRIPLE p3 = {{0.68, 0.32, 1}, {0.265, 0.69, 1}, {0.15, 0.06, 1}};
static const cmsCIExyYTRIPLE prophoto = {
    {0.7347, 0.2653, 1}, {0.1596, 0.8404, 1}, {0.0366, 0.0001, 1}};

/* Frees the curve. */
static struct profile rgb_profile(const cmsCIExyY *white, const cmsCIExyYTRIPLE *primaries,
                                  cmsToneCurve *curve, double version)
{
    cmsToneCurve *curves[3] = {curve, curve, curve};
    cmsHPROFILE profile = cmsCreateRGBProfile(white, primaries, curves);
    cmsFreeToneCurve(curve);
    cr_assert(profile);
    return saved(profile, version);
}

static cmsToneCurve *srgb_curve(void)
{
    const double p[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    return cmsBuildParametricToneCurve(NULL, 4, p);
}

static cmsToneCurve *table_curve(unsigned n, double gamma)
{
    uint16_t *table = malloc(n * sizeof *table);
    for (unsigned i = 0; i < n; i++)
        table[i] = (uint16_t)(65535 * pow((double)i / (n - 1), gamma) + 0.5);
    cmsToneCurve *curve = cmsBuildTabulatedToneCurve16(NULL, n, table);
    free(table);
    return curve;
}

static void fill_colours(uint8_t *to)
{
    for (unsigned i = 0; i < STEPS * STEPS * STEPS; i++, to += 3) {
        to[0] = (uint8_t)(i % STEPS * 255 / (STEPS - 1));
        to[1] = (uint8_t)(i / STEPS % STEPS * 255 / (STEPS - 1));
        to[2] = (uint8_t)(i / STEPS / STEPS * 255 / (STEPS - 1));
    }
    for (unsigned i = 0; i < 256; i++, to += 3)
        to[0] = to[1] = to[2] = (uint8_t)i;
}

/* By Little CMS, every pixel on its own in floating point or 16 bits: nothing precomputed. */
static void by_lcms(const struct profile *p, const uint8_t *in, uint8_t *out)
{
    cmsHPROFILE from = cmsOpenProfileFromMem(p->data, (cmsUInt32Number)p->len),
                to = cmsCreate_sRGBProfile();
    cr_assert(from);
    cmsHTRANSFORM t =
        cmsCreateTransform(from, TYPE_RGB_8, to, TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC,
                           cmsFLAGS_NOCACHE | cmsFLAGS_NOOPTIMIZE);
    cr_assert(t);
    cmsDoTransform(t, in, out, N_COLOURS);
    cmsDeleteTransform(t);
    cmsCloseProfile(from);
    cmsCloseProfile(to);
}

/* Every sample to one step. False: such a profile is left to Little CMS. */
static bool compare_with_lcms(const struct profile *p, const char *what, unsigned *differ)
{
    static uint8_t in[N_COLOURS * 3], ours[N_COLOURS * 3], theirs[N_COLOURS * 3];
    static struct th_icc_encoder encoder;
    struct th_icc_matrix matrix;
    th_icc_encoder_init(&encoder);
    fill_colours(in);
    memcpy(ours, in, sizeof in);
    if (!th_icc_matrix_read(&matrix, p->data, p->len, false)) return false;
    th_icc_matrix_apply(&matrix, &encoder, ours, N_COLOURS, 3);
    by_lcms(p, in, theirs);
    *differ = 0;
    for (unsigned i = 0; i < N_COLOURS * 3; i++) {
        cr_assert_leq(abs(ours[i] - theirs[i]), 1, "%s: %u %u %u: band %u is %u, %u by Little CMS",
                      what, in[i / 3 * 3], in[i / 3 * 3 + 1], in[i / 3 * 3 + 2], i % 3, ours[i],
                      theirs[i]);
        *differ += ours[i] != theirs[i];
    }
    return true;
}

/* Consumes the profile. */
static void check_against_lcms(struct profile p, const char *what)
{
    unsigned differ = 0;
    cr_assert(compare_with_lcms(&p, what, &differ), "%s", what);
    cr_expect_lt(differ, N_COLOURS * 3 / 50, "%s: %u samples are off by one", what, differ);
    profile_finish(&p);
}

Test(icc_matrix, equals_little_cms_to_one_step)
{
    check_against_lcms(rgb_profile(&D65, &adobe, cmsBuildGamma(NULL, 563.0 / 256), 2.1),
                       "Adobe RGB");
    check_against_lcms(rgb_profile(&D65, &p3, srgb_curve(), 4.3), "Display P3");
    check_against_lcms(rgb_profile(&D50, &prophoto, cmsBuildGamma(NULL, 1.8), 4.3), "ProPhoto RGB");
    check_against_lcms(rgb_profile(&D65, &srgb, cmsBuildGamma(NULL, 1), 4.3), "linear light");
    check_against_lcms(rgb_profile(&D65, &srgb, table_curve(1024, 2.2), 2.1), "a table of 1024");
    check_against_lcms(rgb_profile(&D65, &p3, table_curve(26, 2.1), 2.1), "a table of 26");
    check_against_lcms(rgb_profile(&D65, &p3, table_curve(2, 1), 2.1), "a table of 2");
    check_against_lcms(rgb_profile(&D65, &p3, table_curve(4096, 1.9), 4.3), "a table of 4096");
}

/* ICC.1:2010 10.15, all five kinds. */
Test(icc_matrix, parametric_curves_of_all_kinds)
{
    static const double p[5][7] = {{2.2},
                                   {2.4, 1 / 1.1, 0.1 / 1.1},
                                   {2.4, 0.9 / 1.1, 0.1 / 1.1, 0.03},
                                   {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045},
                                   {2.2, 0.95, 0.04, 0.2, 0.05, 0.01, 0.002}};
    for (int kind = 0; kind < 5; kind++) {
        char what[32];
        snprintf(what, sizeof what, "parametric curve %d", kind);
        check_against_lcms(
            rgb_profile(&D65, &adobe, cmsBuildParametricToneCurve(NULL, kind + 1, p[kind]), 4.3),
            what);
    }
    const double shifted[] = {2.0, 1.25, -0.25}; /* black up to 0.2 */
    check_against_lcms(rgb_profile(&D65, &srgb, cmsBuildParametricToneCurve(NULL, 2, shifted), 4.3),
                       "shifted");
}

static double between(double low, double high)
{
    return low + (high - low) * rand() / RAND_MAX;
}

static cmsToneCurve *random_curve(void)
{
    const double p[7] = {between(0.8, 3.2),   between(0.3, 1.1), between(-0.2, 0.2),
                         between(-0.1, 0.3),  between(0, 0.3),   between(-0.01, 0.05),
                         between(-0.01, 0.05)};
    switch (rand() % 3) {
    case 0:
        return cmsBuildGamma(NULL, p[0]);
    case 1:
        return table_curve(2 + (unsigned)rand() % 1000, p[0]);
    default:
        return cmsBuildParametricToneCurve(NULL, 1 + rand() % 5, p);
    }
}

/* Any white, any colorants, three curves of any kind: what is taken at all comes to one step, a
 * curve that dips below black among them. */
Test(icc_matrix, random_profiles_equal_little_cms_to_one_step, .timeout = 300)
{
    static const cmsTagSignature colorants[] = {cmsSigRedColorantTag, cmsSigGreenColorantTag,
                                                cmsSigBlueColorantTag};
    unsigned n_taken = 0, n_left = 0;
    srand(7);
    for (unsigned i = 0; i < 300; i++) {
        cmsToneCurve *curves[3];
        for (unsigned k = 0; k < 3; k++)
            curves[k] = random_curve();
        const cmsCIExyY white = {between(0.28, 0.38), between(0.3, 0.38), 1};
        cmsHPROFILE profile = cmsCreateRGBProfile(&white, &srgb, curves);
        cmsFreeToneCurveTriple(curves);
        cr_assert(profile);
        for (unsigned k = 0; k < 3; k++) {
            cmsCIEXYZ xyz = {between(-0.1, 0.9), between(-0.1, 0.9), between(-0.1, 0.9)};
            cr_assert(cmsWriteTag(profile, colorants[k], &xyz));
        }
        struct profile p = saved(profile, 4.3);
        char what[32];
        unsigned differ;
        snprintf(what, sizeof what, "random profile %u", i);
        if (compare_with_lcms(&p, what, &differ))
            n_taken++;
        else
            n_left++;
        profile_finish(&p);
    }
    cr_expect_gt(n_taken, 100, "%u", n_taken);
    cr_expect_gt(n_left, 20, "%u", n_left);
}

/* Lights below 0 are no matter of rounding: through the matrix they moved samples by up to seven
 * steps. */
Test(icc_matrix, curves_below_black_are_left)
{
    const double below[] = {2.2, 1, 0, 0.1, 0.05, 0, -0.0008},
                 rounded[] = {2.2, 1, 0, 0.1, 0.05, 0, -0.00002};
    struct th_icc_matrix matrix;
    struct profile p = rgb_profile(&D65, &srgb, cmsBuildParametricToneCurve(NULL, 5, below), 4.3);
    cr_expect_not(th_icc_matrix_read(&matrix, p.data, p.len, false));
    profile_finish(&p);
    p = rgb_profile(&D65, &srgb, cmsBuildParametricToneCurve(NULL, 5, rounded), 4.3);
    cr_expect(th_icc_matrix_read(&matrix, p.data, p.len, false));
    profile_finish(&p);
}

Test(icc_matrix, srgb_by_any_other_name_changes_nothing)
{
    struct profile names[] = {rgb_profile(&D65, &srgb, srgb_curve(), 4.3),
                              rgb_profile(&D65, &srgb, srgb_curve(), 2.1)};
    for (unsigned i = 0; i < 2; i++) {
        struct th_icc icc;
        for (uint32_t bands = 3; bands <= 4; bands++) {
            cr_assert(th_icc_read(&icc, names[i].data, names[i].len, bands));
            cr_expect_eq(icc.kind, TH_ICC_SRGB);
        }
        profile_finish(&names[i]);
    }
    th_icc_thread_finish();
}

/* What the probes of icc.c let pass as sRGB is below what an eye can see. */
Test(icc_matrix, almost_srgb_is_near)
{
    static uint8_t in[N_COLOURS * 3], out[N_COLOURS * 3];
    fill_colours(in);
    cmsHPROFILE lab = cmsCreateLab4Profile(NULL), rgb = cmsCreate_sRGBProfile();
    cmsHTRANSFORM to_lab =
        cmsCreateTransform(rgb, TYPE_RGB_8, lab, TYPE_Lab_DBL, INTENT_RELATIVE_COLORIMETRIC, 0);
    unsigned n_taken = 0, n_refused = 0;
    for (int i = -60; i <= 60; i++) {
        const double p[5] = {2.4 + i * 0.0005, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
        cmsCIExyYTRIPLE primaries = srgb;
        primaries.Red.x += i * 0.00005;
        struct profile profile =
            rgb_profile(&D65, &primaries, cmsBuildParametricToneCurve(NULL, 4, p), 4.3);
        struct th_icc icc;
        cr_assert(th_icc_read(&icc, profile.data, profile.len, 3));
        n_taken += icc.kind == TH_ICC_SRGB;
        n_refused += icc.kind != TH_ICC_SRGB;
        if (icc.kind == TH_ICC_SRGB) {
            by_lcms(&profile, in, out);
            double sum = 0;
            for (unsigned k = 0; k < N_COLOURS; k++) {
                cmsCIELab a, b;
                cmsDoTransform(to_lab, in + (size_t)3 * k, &a, 1);
                cmsDoTransform(to_lab, out + (size_t)3 * k, &b, 1);
                double e = cmsCIE2000DeltaE(&a, &b, 1, 1, 1);
                sum += e;
                cr_assert_lt(e, 1.0, "gamma %.4f: %.2f at %u %u %u", p[0], e, in[3 * k],
                             in[3 * k + 1], in[3 * k + 2]);
            }
            cr_assert_lt(sum / N_COLOURS, 0.3, "gamma %.4f", p[0]);
        }
        profile_finish(&profile);
    }
    cr_expect_gt(n_taken, 5);
    cr_expect_gt(n_refused, 20);
    cmsDeleteTransform(to_lab);
    cmsCloseProfile(lab);
    cmsCloseProfile(rgb);
    th_icc_thread_finish();
}

Test(icc_matrix, grey_has_one_curve)
{
    static struct th_icc_encoder encoder;
    struct th_icc_matrix matrix;
    cmsToneCurve *curve = cmsBuildGamma(NULL, 1.8);
    struct profile p = saved(cmsCreateGrayProfile(cmsD50_xyY(), curve), 2.1);
    cmsFreeToneCurve(curve);
    cr_assert(th_icc_matrix_read(&matrix, p.data, p.len, true));
    cr_assert_not(th_icc_matrix_read(&matrix, p.data, p.len, false),
                  "grey says nothing about colours");
    cr_assert(th_icc_matrix_read(&matrix, p.data, p.len, true));
    th_icc_encoder_init(&encoder);
    uint8_t pixels[512];
    for (unsigned i = 0; i < 256; i++)
        pixels[2 * i] = (uint8_t)i, pixels[2 * i + 1] = (uint8_t)(i ^ 85);
    th_icc_matrix_apply(&matrix, &encoder, pixels, 256, 2);
    for (unsigned i = 0; i < 256; i++) {
        double light = pow(i / 255.0, 1.8),
               value = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
        cr_expect_leq(fabs(pixels[2 * i] - 255 * value), 0.7, "%u is %u", i, pixels[2 * i]);
        cr_expect_eq(pixels[2 * i + 1], i ^ 85, "alpha is left alone");
    }
    profile_finish(&p);
}

/* A grey profile whose curve ends at `top` of full light. */
static struct profile grey_profile(double gamma, double top)
{
    uint16_t table[256];
    for (unsigned i = 0; i < 256; i++)
        table[i] = (uint16_t)(65535 * top * pow(i / 255.0, gamma) + 0.5);
    cmsToneCurve *curve = cmsBuildTabulatedToneCurve16(NULL, 256, table);
    struct profile p = saved(cmsCreateGrayProfile(cmsD50_xyY(), curve), 2.1);
    cmsFreeToneCurve(curve);
    return p;
}

/* Relative colorimetric: paper is white whatever light the profile says it has. */
Test(icc, white_of_grey_stays_white)
{
    static const double tops[] = {1, 0.9985, 0.996, 0.995, 0.97, 0.9, 0.5};
    for (unsigned i = 0; i < sizeof tops / sizeof *tops; i++) {
        struct profile profile = grey_profile(1.8, tops[i]);
        for (uint32_t bands = 1; bands <= 2; bands++) {
            struct th_icc icc;
            struct th_pixels p = {0};
            cr_assert(th_icc_read(&icc, profile.data, profile.len, bands));
            cr_assert_eq(icc.kind, TH_ICC_GREY);
            cr_expect_eq(icc.matrix != NULL, i < 3, "%g", tops[i]);
            cr_assert(th_pixels_init(&p, 256, 1, bands));
            for (unsigned k = 0; k < 256 * bands; k++)
                p.data[k] = (uint8_t)(k / bands);
            th_icc_apply(&icc, &p);
            cr_expect_eq(p.data[0], 0);
            cr_expect_eq(p.data[(size_t)255 * bands], 255, "white of %g is %u", tops[i],
                         p.data[(size_t)255 * bands]);
            th_pixels_finish(&p);
        }
        profile_finish(&profile);
    }
    th_icc_thread_finish();
}

/* Every value goes to itself where the profile is linear light, so the table itself is checked:
 * each sample's own light must come back as that sample. */
Test(icc_matrix, encoder_is_the_inverse_of_srgb)
{
    static struct th_icc_encoder encoder;
    th_icc_encoder_init(&encoder);
    for (unsigned v = 0; v < 256; v++) {
        double x = v / 255.0, light = x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
        cr_expect_eq(encoder.samples[(unsigned)(light * TH_ICC_UNIT + 0.5)], v);
    }
    for (unsigned i = 1; i <= TH_ICC_UNIT; i++)
        cr_assert_geq(encoder.samples[i], encoder.samples[i - 1]);
}

/* A general profile stands in for none, and for one that makes no sense: no ink is white, all of it
 * nearly black. */
Test(icc, cmyk_without_a_profile)
{
    static const uint8_t nonsense[200] = {1, 2, 3};
    const struct profile rgb = rgb_profile(&D65, &srgb, srgb_curve(), 2.1);
    const struct profile cases[] = {{NULL, 0}, {(uint8_t *)nonsense, sizeof nonsense}, rgb};
    for (unsigned i = 0; i < 3; i++) {
        struct th_icc icc;
        cr_assert(th_icc_read_cmyk(&icc, cases[i].data, cases[i].len));
        cr_assert_eq(icc.kind, TH_ICC_CMYK);
        struct th_pixels p = {0};
        cr_assert(th_pixels_init(&p, 300, 2, 4));
        memset(p.data, 0, (size_t)4 * 300);
        memset(p.data + (size_t)4 * 300, 255, (size_t)4 * 300);
        p.cmyk = true;
        th_icc_apply(&icc, &p);
        cr_assert(p.bands == 3 && !p.cmyk && p.width == 300 && p.height == 2);
        for (unsigned k = 0; k < 3 * 300; k++) {
            cr_assert_geq(p.data[k], 250, "case %u, sample %u: %u", i, k, p.data[k]);
            cr_assert_leq(p.data[3 * 300 + k], 60, "case %u, sample %u: %u", i, k,
                          p.data[3 * 300 + k]);
        }
        th_pixels_finish(&p);
    }
    free(rgb.data);
    th_icc_thread_finish();
}

static bool still_read(const struct profile *p, size_t at, const char *text)
{
    struct th_icc_matrix matrix;
    uint8_t before[8];
    size_t n = strlen(text);
    memcpy(before, p->data + at, n);
    memcpy(p->data + at, text, n);
    bool read = th_icc_matrix_read(&matrix, p->data, p->len, false);
    memcpy(p->data + at, before, n);
    return read;
}

Test(icc_matrix, leaves_what_is_not_plain)
{
    struct profile p = rgb_profile(&D65, &adobe, cmsBuildGamma(NULL, 2.2), 2.1);
    struct th_icc_matrix matrix;
    cr_assert(th_icc_matrix_read(&matrix, p.data, p.len, false));
    cr_expect_not(th_icc_matrix_read(&matrix, p.data, p.len, true));
    cr_expect(still_read(&p, 12, "scnr"));
    cr_expect_not(still_read(&p, 12, "link"));
    cr_expect_not(still_read(&p, 12, "nmcl"));
    cr_expect_not(still_read(&p, 16, "CMYK"));
    cr_expect_not(still_read(&p, 20, "Lab "));
    cr_expect_not(still_read(&p, 36, "ascp"));
    cr_expect_not(still_read(&p, 8, "\7"), "a version to come");
    uint32_t n_tags = p.data[131];
    for (uint32_t i = 0; i < n_tags; i++) {
        size_t at = 132 + 12 * (size_t)i;
        bool needed = strchr("rgb", p.data[at]) &&
                      (!memcmp(p.data + at + 1, "TRC", 3) || !memcmp(p.data + at + 1, "XYZ", 3));
        cr_expect_eq(still_read(&p, at, "zzzz"), !needed, "%.4s", (const char *)p.data + at);
        cr_expect_not(still_read(&p, at, "A2B0"), "tables win");
    }
    profile_finish(&p);
}

/* Cut anywhere and changed anywhere, nothing is read beyond its end (a sanitizer sees that) and the
 * sums stay whole. */
Test(icc_matrix, survives_damage)
{
    struct profile p = rgb_profile(&D65, &adobe, table_curve(64, 2.2), 2.1);
    static struct th_icc_encoder encoder;
    th_icc_encoder_init(&encoder);
    srand(11);
    for (unsigned i = 0; i < 20000; i++) {
        size_t len = i < p.len ? i : p.len;
        uint8_t *copy = malloc(len ? len : 1);
        memcpy(copy, p.data, len);
        for (unsigned k = 0; i >= p.len && k < 1 + i % 4; k++)
            copy[(size_t)rand() % len] = (uint8_t)rand();
        struct th_icc_matrix matrix;
        uint8_t pixels[] = {255, 255, 255, 0, 0, 0, 200, 100, 3};
        if (th_icc_matrix_read(&matrix, copy, len, false))
            th_icc_matrix_apply(&matrix, &encoder, pixels, 3, 3);
        free(copy);
    }
    profile_finish(&p);
}
