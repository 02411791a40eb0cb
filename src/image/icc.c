/* SPDX-License-Identifier: MIT */
#include "image/icc.h"

#include <lcms2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "image/cmyk_profile.h"
#include "image/icc_matrix.h"

enum {
    N_KEPT = 16,
    MAX_KEPT_BYTES = 4 << 20,
    MAX_PROFILE_BYTES = 16 << 20,
    /* Samples along each axis of the table that Little CMS makes of a conversion. Its own choice is
     * 33 and 17 (and it straightens curves for 30 ms more); these take 6 and 3 ms, and on photos
     * the difference stays below 1.3 of CIEDE for 99 of 100 pixels, 0.35 on average. Tables of CMYK
     * mostly have 9 or 17 points themselves. */
    RGB_GRID = 25,
    CMYK_GRID = 9,
    BANDS_OF_CMYK = 5, /* a count of bands that no other picture has, as key */
    OF_COLOURS = 16,   /* added to the bands: what is kept is no profile, but colours in numbers */
    CHUNK = 256,       /* pixels */
    CUBE = 9,
    N_PROBES = CUBE * CUBE * CUBE + 256
};

/* Ink that is lighter than this, in linear light, is no black that anything should be measured
 * from. */
#define MOST_BLACK 0.2

/* A profile that was met, and what it came to. */
struct kept {
    uint8_t *data;
    size_t len;
    uint32_t bands;
    enum th_icc_kind kind;
    /* Of kinds RGB and GREY one of the two. */
    struct th_icc_matrix *matrix;
    cmsHTRANSFORM transform;
    uint64_t last_read; /* by the count of reads; 0: free */
};

/* Mutable file-level state, but each thread's own: see the header for why. */
static _Thread_local struct kept kept[N_KEPT];
static _Thread_local uint64_t n_reads;
static _Thread_local struct th_icc_encoder *encoder;

static void drop(struct kept *k)
{
    free(k->matrix);
    if (k->transform) cmsDeleteTransform(k->transform);
    free(k->data);
    *k = (struct kept){0};
}

void th_icc_thread_finish(void)
{
    for (unsigned i = 0; i < N_KEPT; i++)
        drop(&kept[i]);
    free(encoder);
    encoder = NULL;
}

/* ---- by Little CMS ---- */

static uint32_t lcms_format(uint32_t bands)
{
    static const uint32_t formats[] = {0,          TYPE_GRAY_8, TYPE_GRAYA_8,
                                       TYPE_RGB_8, TYPE_RGBA_8, TYPE_CMYK_8};
    return bands <= BANDS_OF_CMYK ? formats[bands] : 0;
}

static cmsColorSpaceSignature space_of(uint32_t bands)
{
    return bands <= 2 ? cmsSigGrayData : bands == BANDS_OF_CMYK ? cmsSigCmykData : cmsSigRgbData;
}

/* By its header (ICC.1:2010 7.2). */
static bool is_for_rgb(const uint8_t *data, size_t len)
{
    return len >= 20 && memcmp(data + 16, "RGB ", 4) == 0;
}

static cmsUInt32Number flags_for(cmsHPROFILE from, uint32_t bands)
{
    /* No one-pixel cache: it would cost more than it saves on pictures. */
    cmsUInt32Number flags = cmsFLAGS_NOCACHE | cmsFLAGS_COPY_ALPHA;
    if (bands != BANDS_OF_CMYK) flags |= cmsFLAGS_BLACKPOINTCOMPENSATION;
    if (bands <= 2 || cmsIsMatrixShaper(from)) return flags;
    return flags | cmsFLAGS_FORCE_CLUT |
           cmsFLAGS_GRIDPOINTS(bands == BANDS_OF_CMYK ? CMYK_GRID : RGB_GRID);
}

/* Grey with the tone curve of sRGB (IEC 61966-2-1) and the white point that profiles are relative
 * to. */
static cmsHPROFILE grey_like_srgb(void)
{
    const cmsFloat64Number srgb[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve *curve = cmsBuildParametricToneCurve(NULL, 4, srgb);
    cmsHPROFILE profile = curve ? cmsCreateGrayProfile(cmsD50_xyY(), curve) : NULL;
    if (curve) cmsFreeToneCurve(curve);
    return profile;
}

/* sRGB whose black is `black`, in linear light: what is that dark becomes 0. NULL: no memory. */
static cmsHPROFILE srgb_above(const double black[3])
{
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    cmsToneCurve *curves[3] = {NULL, NULL, NULL};
    for (unsigned k = 0; k < 3; k++) {
        /* The curve of sRGB, squeezed: light is black + (1 - black) * light of sRGB. */
        const double left = 1 - black[k], root = pow(left, 1 / 2.4);
        const cmsFloat64Number curve[7] = {
            2.4, root / 1.055, root * 0.055 / 1.055, left / 12.92, 0.04045, black[k], black[k]};
        curves[k] = cmsBuildParametricToneCurve(NULL, 5, curve);
    }
    cmsHPROFILE profile = curves[0] && curves[1] && curves[2]
                              ? cmsCreateRGBProfile(&white, &primaries, curves)
                              : NULL;
    for (unsigned k = 0; k < 3; k++)
        if (curves[k]) cmsFreeToneCurve(curves[k]);
    return profile;
}

/* How light a profile's full ink is: black of the paper. Little CMS looks for that in the tables
 * back to ink, which ours has not, and takes it for neutral, which leaves prints blue. */
static cmsHPROFILE srgb_above_ink(cmsHPROFILE from)
{
    const uint8_t ink[4] = {255, 255, 255, 255};
    double rgb[3] = {0};
    cmsHPROFILE srgb = cmsCreate_sRGBProfile();
    cmsHTRANSFORM transform =
        srgb ? cmsCreateTransform(from, TYPE_CMYK_8, srgb, TYPE_RGB_DBL,
                                  INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE)
             : NULL;
    if (srgb) cmsCloseProfile(srgb);
    if (!transform) return NULL;
    cmsDoTransform(transform, ink, rgb, 1);
    cmsDeleteTransform(transform);
    for (unsigned k = 0; k < 3; k++) {
        const double v = rgb[k] > 0 ? rgb[k] : 0;
        rgb[k] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
        if (!(rgb[k] < MOST_BLACK)) return cmsCreate_sRGBProfile();
    }
    return srgb_above(rgb);
}

/* sRGB, or grey that goes with it. */
static cmsHPROFILE target_for(cmsHPROFILE from, uint32_t bands)
{
    if (bands == BANDS_OF_CMYK) return srgb_above_ink(from);
    return bands <= 2 ? grey_like_srgb() : cmsCreate_sRGBProfile();
}

/* NULL if the profile is broken or for pictures of another kind. */
static cmsHTRANSFORM open_transform(const uint8_t *data, size_t len, uint32_t bands)
{
    cmsHTRANSFORM transform = NULL;
    cmsHPROFILE from = cmsOpenProfileFromMem(data, (cmsUInt32Number)len);
    cmsHPROFILE to = NULL;
    if (from && cmsGetColorSpace(from) == space_of(bands)) to = target_for(from, bands);
    if (to)
        transform = cmsCreateTransform(from, lcms_format(bands), to,
                                       bands == BANDS_OF_CMYK ? TYPE_RGB_8 : lcms_format(bands),
                                       INTENT_RELATIVE_COLORIMETRIC, flags_for(from, bands));
    if (to) cmsCloseProfile(to);
    if (from) cmsCloseProfile(from);
    return transform;
}

/* ---- what a profile comes to ---- */

static void apply(const struct th_icc *icc, uint8_t *pixels, uint32_t n, uint32_t bands)
{
    if (icc->matrix)
        th_icc_matrix_apply(icc->matrix, encoder, pixels, n, bands);
    else
        cmsDoTransform(icc->transform, pixels, pixels, n);
}

/* Colours from all over the cube, and all greys, in `bands` bands. */
static void fill_probes(uint8_t *probes, uint32_t bands)
{
    uint32_t colours = bands <= 2 ? 1 : 3;
    for (uint32_t i = 0; i < N_PROBES; i++) {
        uint32_t cell = i - 256;
        uint32_t steps[3] = {cell % CUBE, cell / CUBE % CUBE, cell / CUBE / CUBE};
        for (uint32_t k = 0; k < bands; k++) {
            uint8_t sample = i < 256 ? (uint8_t)i : (uint8_t)(steps[k % 3] * 255 / (CUBE - 1));
            probes[i * bands + k] = k < colours ? sample : 255;
        }
    }
}

/* Would it change anything that can be seen? Most profiles say sRGB in one way or another. */
static bool changes_nothing(const struct th_icc *icc, uint32_t bands)
{
    uint8_t before[N_PROBES * 4], after[N_PROBES * 4];
    fill_probes(before, bands);
    memcpy(after, before, sizeof after);
    apply(icc, after, N_PROBES, bands);
    for (size_t i = 0; i < (size_t)N_PROBES * bands; i++) {
        if (abs(before[i] - after[i]) > 1) return false;
    }
    return true;
}

static struct kept *find(const uint8_t *data, size_t len, uint32_t bands)
{
    for (unsigned i = 0; i < N_KEPT; i++) {
        struct kept *k = &kept[i];
        if (k->data && k->len == len && k->bands == bands && memcmp(k->data, data, len) == 0)
            return k;
    }
    return NULL;
}

static struct kept *least_recently_read(void)
{
    struct kept *oldest = &kept[0];
    for (unsigned i = 1; i < N_KEPT; i++) {
        if (kept[i].last_read < oldest->last_read) oldest = &kept[i];
    }
    return oldest;
}

/* Profiles may be as large as a hostile file likes; what is kept of them is bounded. The newest
 * stays, as it is in use. */
static void keep_within_bounds(const struct kept *newest)
{
    for (;;) {
        size_t sum = 0;
        struct kept *oldest = NULL;
        for (unsigned i = 0; i < N_KEPT; i++) {
            struct kept *k = &kept[i];
            sum += k->len;
            if (k != newest && k->data && (!oldest || k->last_read < oldest->last_read)) oldest = k;
        }
        if (sum <= MAX_KEPT_BYTES || !oldest) return;
        drop(oldest);
    }
}

static bool have_encoder(void)
{
    if (encoder) return true;
    encoder = th_alloc(sizeof *encoder);
    if (encoder) th_icc_encoder_init(encoder);
    return encoder;
}

/* Understand a profile of curves and a matrix: *out is the caller's, NULL if it is none. False: no
 * memory. */
static bool read_matrix(const uint8_t *data, size_t len, bool grey, struct th_icc_matrix **out)
{
    struct th_icc_matrix matrix;
    *out = NULL;
    if (!th_icc_matrix_read(&matrix, data, len, grey)) return true;
    if (!have_encoder()) return false;
    *out = th_alloc(sizeof **out);
    if (*out) **out = matrix;
    return *out;
}

static enum th_icc_kind kind_of(uint32_t bands)
{
    return bands <= 2 ? TH_ICC_GREY : bands == BANDS_OF_CMYK ? TH_ICC_CMYK : TH_ICC_RGB;
}

/* The grey that becomes this one, as light: the curve of sRGB read backwards. */
static int16_t light_of(uint8_t sample)
{
    int32_t low = 0, high = TH_ICC_UNIT;
    while (low < high) {
        const int32_t middle = (low + high) / 2;
        if (encoder->samples[middle] < sample)
            low = middle + 1;
        else
            high = middle;
    }
    return (int16_t)low;
}

/* A grey picture with a profile for RGB means equal parts of red, green and blue. What those become
 * is grey or close to it; its luma is taken. *k has been read as one for RGB, and is for grey
 * afterwards. False: no memory. */
static bool turn_to_grey(struct kept *k)
{
    uint8_t greys[256 * 3];
    for (unsigned i = 0; i < sizeof greys; i++)
        greys[i] = (uint8_t)(i / 3);
    const struct th_icc icc = {.kind = k->kind, .matrix = k->matrix, .transform = k->transform};
    apply(&icc, greys, 256, 3);
    if (k->transform) cmsDeleteTransform(k->transform);
    k->transform = NULL;
    if (!k->matrix) k->matrix = th_alloc(sizeof *k->matrix);
    if (!k->matrix || !have_encoder()) return false;
    memset(k->matrix, 0, sizeof *k->matrix);
    k->matrix->grey = true;
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t *rgb = greys + (size_t)3 * i;
        const unsigned luma = (299u * rgb[0] + 587u * rgb[1] + 114u * rgb[2] + 500) / 1000;
        k->matrix->linear[0][i] = light_of((uint8_t)luma);
    }
    k->kind = TH_ICC_GREY;
    return true;
}

/* Make a place for the profile among those kept. One that cannot be used is not kept: *k is then
 * free. False: no memory. */
static bool learn(struct kept *k, const uint8_t *data, size_t len, uint32_t bands)
{
    drop(k);
    uint8_t *copy = th_alloc(len);
    if (!copy) return false;
    memcpy(copy, data, len);
    const bool turns = bands <= 2 && is_for_rgb(data, len);
    const uint32_t as = turns ? 3 : bands;
    *k = (struct kept){.data = copy, .len = len, .bands = bands, .kind = kind_of(as)};
    if (as != BANDS_OF_CMYK && !read_matrix(copy, len, as <= 2, &k->matrix)) {
        drop(k);
        return false;
    }
    if (!k->matrix) k->transform = open_transform(copy, len, as);
    if (turns && (k->matrix || k->transform) && !turn_to_grey(k)) {
        drop(k);
        return false;
    }
    const struct th_icc icc = {.kind = k->kind, .matrix = k->matrix, .transform = k->transform};
    if (!icc.matrix && !icc.transform) {
        drop(k);
    } else if (bands != BANDS_OF_CMYK && changes_nothing(&icc, bands)) {
        if (k->transform) cmsDeleteTransform(k->transform);
        free(k->matrix);
        k->transform = NULL;
        k->matrix = NULL;
        k->kind = TH_ICC_SRGB;
    }
    keep_within_bounds(k);
    return true;
}

static struct th_icc of_kept(struct kept *k)
{
    k->last_read = ++n_reads;
    return (struct th_icc){.kind = k->kind, .matrix = k->matrix, .transform = k->transform};
}

static bool read_profile(struct th_icc *out, const uint8_t *data, size_t len, uint32_t bands)
{
    *out = (struct th_icc){.kind = TH_ICC_OTHER, .ignored = len != 0};
    if (len == 0 || len > MAX_PROFILE_BYTES) return true;
    struct kept *k = find(data, len, bands);
    if (!k) {
        k = least_recently_read();
        if (!learn(k, data, len, bands)) return false;
    }
    if (k->data) *out = of_kept(k);
    return true;
}

/* ---- colours in numbers ---- */

/* False: numbers that do not fit into those of a matrix. */
static bool fill_matrix(struct th_icc_matrix *out, const struct th_colours *colours, bool grey)
{
    double linear[256], m[3][3];
    th_colours_in_light(colours, linear, m);
    out->grey = grey;
    for (unsigned i = 0; i < 256; i++)
        for (unsigned k = 0; k < 3; k++)
            out->linear[k][i] = (int16_t)lround(fmin(linear[i], 1) * TH_ICC_UNIT);
    for (unsigned i = 0; i < 3; i++) {
        double row = 0;
        for (unsigned k = 0; k < 3; k++) {
            row += fabs(m[i][k]);
            out->matrix[i][k] = (int32_t)lround(m[i][k] * TH_ICC_UNIT);
        }
        if (!(row < TH_ICC_MAX_ROW)) return false;
    }
    return true;
}

static bool learn_colours(struct kept *k, const struct th_colours *colours, uint32_t bands)
{
    struct th_icc_matrix matrix = {0};
    drop(k);
    if (!fill_matrix(&matrix, colours, bands <= 2)) return true;
    uint8_t *copy = th_alloc(sizeof *colours);
    *k = (struct kept){.data = copy,
                       .len = sizeof *colours,
                       .bands = bands + OF_COLOURS,
                       .kind = kind_of(bands),
                       .matrix = th_alloc(sizeof matrix)};
    if (!copy || !k->matrix || !have_encoder()) {
        drop(k);
        return false;
    }
    memcpy(copy, colours, sizeof *colours);
    *k->matrix = matrix;
    return true;
}

bool th_icc_read_colours(struct th_icc *out, const struct th_colours *colours, uint32_t bands)
{
    *out = (struct th_icc){.kind = th_colours_are_srgb(colours) ? TH_ICC_SRGB : TH_ICC_OTHER};
    if (out->kind == TH_ICC_SRGB || th_colours_are_hdr(colours)) return true;
    struct kept *k = find((const uint8_t *)colours, sizeof *colours, bands + OF_COLOURS);
    if (!k) {
        k = least_recently_read();
        if (!learn_colours(k, colours, bands)) return false;
    }
    if (k->data) *out = of_kept(k);
    return true;
}

bool th_icc_read(struct th_icc *out, const uint8_t *data, size_t len, uint32_t bands)
{
    *out = (struct th_icc){.kind = TH_ICC_OTHER};
    return bands < 1 || bands > 4 || read_profile(out, data, len, bands);
}

bool th_icc_read_cmyk(struct th_icc *out, const uint8_t *data, size_t len)
{
    if (!read_profile(out, data, len, BANDS_OF_CMYK)) return false;
    if (out->kind == TH_ICC_CMYK) return true;
    const bool ignored = out->ignored;
    if (!read_profile(out, th_cmyk_profile, th_cmyk_profile_len, BANDS_OF_CMYK)) return false;
    out->ignored = ignored;
    return true;
}

/* What is read lies ahead of what is written, but not by a whole pixel at first; so in pieces, from
 * a copy. */
static void apply_cmyk(const struct th_icc *icc, struct th_pixels *p)
{
    uint8_t cmyk[4 * CHUNK];
    size_t n = (size_t)p->width * p->height;
    for (size_t at = 0, part; at < n; at += part) {
        part = n - at < CHUNK ? n - at : CHUNK;
        memcpy(cmyk, p->data + 4 * at, 4 * part);
        cmsDoTransform(icc->transform, cmyk, p->data + 3 * at, (cmsUInt32Number)part);
    }
    p->bands = 3;
    p->cmyk = false;
}

void th_icc_apply(const struct th_icc *icc, struct th_pixels *p)
{
    if (icc->kind == TH_ICC_CMYK) apply_cmyk(icc, p);
    if (icc->kind != TH_ICC_RGB && icc->kind != TH_ICC_GREY) return;
    /* Row by row: the count of a whole picture may not fit lcms' 32 bits. */
    for (uint32_t y = 0; y < p->height; y++) {
        uint8_t *row = p->data + (size_t)y * p->width * p->bands;
        apply(icc, row, p->width, p->bands);
    }
}

void th_icc_apply_or(const struct th_icc *icc, const struct th_colours *told, struct th_pixels *p)
{
    if (icc->kind != TH_ICC_OTHER)
        th_icc_apply(icc, p);
    else if (told)
        th_colours_to_srgb(told, p);
}
