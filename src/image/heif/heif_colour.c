/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_colour.h"

#include <math.h>

#include "base/error.h"
#include "image/colours.h"

/* ---- Y'CbCr to R'G'B' ---- */

enum {
    MATRIX_IDENTITY = 0,
    MATRIX_BT709 = 1,
    MATRIX_FCC = 4,
    MATRIX_SMPTE240 = 7,
    MATRIX_YCGCO = 8,
    MATRIX_BT2020 = 9,
    MATRIX_BT2020_CL = 10,
    MATRIX_YDZDX = 11,
    MATRIX_DERIVED = 12, /* from the primaries */
    MATRIX_DERIVED_CL = 13,
    MATRIX_ICTCP = 14,
    MATRIX_YCGCO_RO = 17, /* between them: IPT, and the other lossless YCgCo */
};

enum thumbs_code th_heif_matrix_check(unsigned matrix, struct thumbs_error *err)
{
    if (matrix != MATRIX_YDZDX && (matrix < MATRIX_ICTCP || matrix > MATRIX_YCGCO_RO))
        return THUMBS_OK;
    return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                        "its colours use matrix %u of ITU-T H.273, which is not supported", matrix);
}

static void derived_weights(unsigned primaries, double *kr, double *kb)
{
    double weights[3];
    struct th_colours colours;
    th_colours_from_codes(&colours, primaries, TH_HEIF_UNSPECIFIED);
    th_primaries_luminance(&colours.primaries, weights);
    *kr = weights[0];
    *kb = weights[2];
}

/* Constant luminance is hardly used; its weights are the same. */
static void luma_weights(const struct th_heif_nclx *nclx, double *kr, double *kb)
{
    switch (nclx->matrix) {
    case MATRIX_BT709:
        *kr = 0.2126, *kb = 0.0722;
        break;
    case MATRIX_FCC:
        *kr = 0.30, *kb = 0.11;
        break;
    case MATRIX_SMPTE240:
        *kr = 0.212, *kb = 0.087;
        break;
    case MATRIX_BT2020:
    case MATRIX_BT2020_CL:
        *kr = 0.2627, *kb = 0.0593;
        break;
    case MATRIX_DERIVED:
    case MATRIX_DERIVED_CL:
        derived_weights(nclx->primaries, kr, kb);
        break;
    default: /* BT.601, as in sRGB's own Y'CbCr */
        *kr = 0.299, *kb = 0.114;
    }
}

static int32_t fixed(double v)
{
    return (int32_t)lround(v * 65536);
}

void th_heif_matrix_init(struct th_heif_matrix *out, const struct th_heif_nclx *nclx)
{
    double kr = 0, kb = 0, luma = nclx->full_range ? 1 : 255.0 / 219,
           chroma = nclx->full_range ? 1 : 255.0 / 224;
    struct th_heif_matrix m = {.identity = nclx->matrix == MATRIX_IDENTITY,
                               .is_ycgco = nclx->matrix == MATRIX_YCGCO,
                               .luma = fixed(luma),
                               .luma_offset = nclx->full_range ? 0 : 16};
    if (!m.identity && !m.is_ycgco) luma_weights(nclx, &kr, &kb);
    double kg = 1 - kr - kb;
    m.r_cr = fixed(chroma * 2 * (1 - kr));
    m.b_cb = fixed(chroma * 2 * (1 - kb));
    m.g_cr = fixed(chroma * 2 * (1 - kr) * kr / kg);
    m.g_cb = fixed(chroma * 2 * (1 - kb) * kb / kg);
    if (m.is_ycgco) m.r_cr = fixed(chroma);
    *out = m;
}

static inline uint8_t to_byte(int32_t v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static inline int32_t luma_of(const struct th_heif_matrix *m, uint8_t y)
{
    return ((int32_t)y - m->luma_offset) * m->luma + 32768;
}

void th_heif_to_grey(const struct th_heif_matrix *m, const uint8_t *y, size_t n, uint8_t *grey)
{
    for (size_t i = 0; i < n; i++)
        grey[i] = to_byte(luma_of(m, y[i]) >> 16);
}

static void identity_to_rgb(const struct th_heif_matrix *m, const uint8_t *g, const uint8_t *b,
                            const uint8_t *r, size_t n, uint8_t *rgb)
{
    for (size_t i = 0; i < n; i++) {
        rgb[3 * i] = to_byte(luma_of(m, r[i]) >> 16);
        rgb[3 * i + 1] = to_byte(luma_of(m, g[i]) >> 16);
        rgb[3 * i + 2] = to_byte(luma_of(m, b[i]) >> 16);
    }
}

/* H.273, equations 57 to 60: t = Y - Cg, G = Y + Cg, B = t - Co, R = t + Co. */
static void ycgco_to_rgb(const struct th_heif_matrix *m, const uint8_t *y, const uint8_t *cg,
                         const uint8_t *co, size_t n, uint8_t *rgb)
{
    for (size_t i = 0; i < n; i++) {
        int32_t l = luma_of(m, y[i]), g = ((int32_t)cg[i] - 128) * m->r_cr,
                o = ((int32_t)co[i] - 128) * m->r_cr;
        rgb[3 * i] = to_byte((l - g + o) >> 16);
        rgb[3 * i + 1] = to_byte((l + g) >> 16);
        rgb[3 * i + 2] = to_byte((l - g - o) >> 16);
    }
}

void th_heif_to_rgb(const struct th_heif_matrix *m, const uint8_t *y, const uint8_t *cb,
                    const uint8_t *cr, size_t n, uint8_t *rgb)
{
    if (m->identity) {
        identity_to_rgb(m, y, cb, cr, n, rgb);
        return;
    }
    if (m->is_ycgco) {
        ycgco_to_rgb(m, y, cb, cr, n, rgb);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t l = luma_of(m, y[i]), b = (int32_t)cb[i] - 128, r = (int32_t)cr[i] - 128;
        rgb[3 * i] = to_byte((l + m->r_cr * r) >> 16);
        rgb[3 * i + 1] = to_byte((l - m->g_cb * b - m->g_cr * r) >> 16);
        rgb[3 * i + 2] = to_byte((l + m->b_cb * b) >> 16);
    }
}
