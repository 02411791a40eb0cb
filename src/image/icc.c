#include "image/icc.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- sRGB (IEC 61966-2-1) ---- */

#define ENCODE_STEPS 4096

/* Linear light to a sample, 0 to 255 in fractions. Constant once filled. */
static float encode_table[ENCODE_STEPS + 2];

static double srgb_encode(double linear)
{
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

static void fill_encode_table(void)
{
    for (int i = 0; i < ENCODE_STEPS + 2; i++)
        encode_table[i] = (float)(255 * srgb_encode((double)i / ENCODE_STEPS));
}

static void need_encode_table(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_encode_table);
}

static uint8_t encode(float linear)
{
    if (!(linear > 0)) return 0;
    if (linear >= 1) return 255;
    float at = linear * ENCODE_STEPS;
    int i = (int)at;
    float v = encode_table[i] + (encode_table[i + 1] - encode_table[i]) * (at - (float)i);
    return (uint8_t)(v + 0.5f);
}

/* XYZ relative to D50, which profiles use, to linear sRGB: the inverse of sRGB's primaries adapted with Bradford. */
static const double xyz_to_srgb[3][3] = {
    {3.1338561, -1.6168667, -0.4906146}, {-0.9787684, 1.9161415, 0.0334540}, {0.0719453, -0.2289914, 1.4052427}};

/* ---- reading ---- */

struct view {
    const uint8_t *data;
    size_t len;
};

static bool fits(struct view v, size_t at, size_t n)
{
    return at <= v.len && n <= v.len - at;
}

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* s15Fixed16Number */
static double fixed(const uint8_t *p)
{
    return (int32_t)be32(p) / 65536.0;
}

static bool is(struct view v, size_t at, const char *signature)
{
    return fits(v, at, 4) && memcmp(v.data + at, signature, 4) == 0;
}

/* The content of a tag, empty if there is none or it lies outside. */
static struct view find_tag(struct view profile, const char *signature)
{
    if (!fits(profile, 128, 4)) return (struct view){0};
    uint32_t n_tags = be32(profile.data + 128);
    for (size_t i = 0, at = 132; i < n_tags && fits(profile, at, 12); i++, at += 12) {
        if (!is(profile, at, signature)) continue;
        size_t from = be32(profile.data + at + 4), len = be32(profile.data + at + 8);
        if (!fits(profile, from, len)) break;
        return (struct view){profile.data + from, len};
    }
    return (struct view){0};
}

static bool has_tag(struct view profile, const char *signature)
{
    return find_tag(profile, signature).len > 0;
}

static bool read_xyz(struct view tag, double out[3])
{
    if (!is(tag, 0, "XYZ ") || !fits(tag, 8, 12)) return false;
    for (size_t i = 0; i < 3; i++)
        out[i] = fixed(tag.data + 8 + 4 * i);
    return true;
}

/* curveType: nothing, one gamma, or a table. */
static bool read_curv(struct view tag, float out[256])
{
    if (!fits(tag, 8, 4)) return false;
    size_t n = be32(tag.data + 8);
    if (n > 65536 || !fits(tag, 12, n * 2)) return false;
    double gamma = n == 0 ? 1 : be16(tag.data + 12) / 256.0;
    for (int i = 0; i < 256; i++) {
        if (n <= 1) {
            out[i] = (float)pow(i / 255.0, gamma);
            continue;
        }
        double at = i / 255.0 * (double)(n - 1);
        size_t below = (size_t)at;
        if (below > n - 2) below = n - 2;
        double low = be16(tag.data + 12 + 2 * below), high = be16(tag.data + 14 + 2 * below);
        out[i] = (float)((low + (high - low) * (at - (double)below)) / 65535);
    }
    return true;
}

/* parametricCurveType: y = (a x + b)^g + e from d on, c x + f below. */
static bool read_para(struct view tag, float out[256])
{
    static const size_t n_params[] = {1, 3, 4, 5, 7};
    if (!fits(tag, 8, 4)) return false;
    unsigned type = be16(tag.data + 8);
    if (type >= sizeof n_params / sizeof *n_params || !fits(tag, 12, 4 * n_params[type])) return false;
    double q[7] = {0};
    for (size_t i = 0; i < n_params[type]; i++)
        q[i] = fixed(tag.data + 12 + 4 * i);

    double g = q[0], a = type ? q[1] : 1, b = type ? q[2] : 0, c = 0, d = 0, e = 0, f = 0;
    if ((type == 1 || type == 2) && a == 0) return false;
    if (type == 1) d = -b / a;
    if (type == 2) d = -b / a, e = f = q[3];
    if (type >= 3) c = q[3], d = q[4];
    if (type == 4) e = q[5], f = q[6];
    for (int i = 0; i < 256; i++) {
        double x = i / 255.0, base = a * x + b;
        double y = x >= d ? (base > 0 ? pow(base, g) : 0) + e : c * x + f;
        if (!isfinite(y)) return false;
        out[i] = (float)fmin(fmax(y, 0), 1);
    }
    return true;
}

static bool read_curve(struct view tag, float out[256])
{
    if (is(tag, 0, "curv")) return read_curv(tag, out);
    if (is(tag, 0, "para")) return read_para(tag, out);
    return false;
}

static bool read_rgb(struct view profile, struct th_icc *out)
{
    static const char *const colours[] = {"rXYZ", "gXYZ", "bXYZ"}, *const curves[] = {"rTRC", "gTRC", "bTRC"};
    double xyz[3][3];
    struct view last = {0};
    for (int i = 0; i < 3; i++) {
        struct view curve = find_tag(profile, curves[i]);
        if (!read_xyz(find_tag(profile, colours[i]), xyz[i])) return false;
        if (i > 0 && curve.data == last.data && curve.len == last.len)
            memcpy(out->linear[i], out->linear[i - 1], sizeof out->linear[i]);
        else if (!read_curve(curve, out->linear[i]))
            return false;
        last = curve;
    }
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 3; column++) {
            double sum = 0;
            for (int i = 0; i < 3; i++)
                sum += xyz_to_srgb[row][i] * xyz[column][i];
            out->to_srgb[row][column] = (float)sum;
        }
    return true;
}

static void convert_rgb(const struct th_icc *icc, uint8_t *p)
{
    float r = icc->linear[0][p[0]], g = icc->linear[1][p[1]], b = icc->linear[2][p[2]];
    for (int i = 0; i < 3; i++)
        p[i] = encode(icc->to_srgb[i][0] * r + icc->to_srgb[i][1] * g + icc->to_srgb[i][2] * b);
}

/* Would converting change what is seen? Tried on a grid over the cube. */
static bool is_nearly_srgb(const struct th_icc *icc)
{
    for (unsigned i = 0; i < 9 * 9 * 9; i++) {
        uint8_t before[3] = {(uint8_t)(i % 9 * 255 / 8), (uint8_t)(i / 9 % 9 * 255 / 8), (uint8_t)(i / 81 * 255 / 8)};
        uint8_t after[3] = {before[0], before[1], before[2]};
        convert_rgb(icc, after);
        for (int band = 0; band < 3; band++)
            if (abs(before[band] - after[band]) > 1) return false;
    }
    return true;
}

void th_icc_read(struct th_icc *out, const uint8_t *data, size_t len, uint32_t bands)
{
    struct view profile = {data, len};
    out->kind = TH_ICC_OTHER;
    if (!is(profile, 36, "acsp") || !is(profile, 20, "XYZ ")) return;
    need_encode_table();
    if (bands <= 2) {
        if (is(profile, 16, "GRAY") && read_curve(find_tag(profile, "kTRC"), out->linear[0])) out->kind = TH_ICC_GREY;
        return;
    }
    /* Tables, where there are any, come before the matrix. */
    if (!is(profile, 16, "RGB ") || has_tag(profile, "A2B0") || has_tag(profile, "A2B1")) return;
    if (!read_rgb(profile, out)) return;
    out->kind = is_nearly_srgb(out) ? TH_ICC_SRGB : TH_ICC_RGB;
}

void th_icc_apply(const struct th_icc *icc, struct th_pixels *p)
{
    size_t n = (size_t)p->width * p->height;
    uint8_t *at = p->data;
    if (icc->kind == TH_ICC_RGB && p->bands >= 3 && !p->cmyk) {
        for (size_t i = 0; i < n; i++, at += p->bands)
            convert_rgb(icc, at);
    } else if (icc->kind == TH_ICC_GREY && p->bands <= 2) {
        for (size_t i = 0; i < n; i++, at += p->bands)
            at[0] = encode(icc->linear[0][at[0]]);
    }
}
