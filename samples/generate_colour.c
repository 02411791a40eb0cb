/* SPDX-License-Identifier: MIT */
/*
 * Colour spaces and ICC profiles, built from their primaries.
 * Standards: ICC.1:2001-04 (version 2.4), ICC.1:2010 (4.3), IEC 61966-2-1 (sRGB), Adobe RGB (1998).
 */
#include "generate.h"

#include <math.h>
#include <string.h>

const struct gen_space gen_srgb = {"sRGB", {{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}}, 0.0, 4};
const struct gen_space gen_display_p3 = {
    "Display P3 (sample)", {{0.68, 0.32}, {0.265, 0.69}, {0.15, 0.06}}, 0.0, 4};
const struct gen_space gen_adobe_rgb = {
    "Adobe RGB compatible (sample)", {{0.64, 0.33}, {0.21, 0.71}, {0.15, 0.06}}, 563.0 / 256.0, 2};
const struct gen_space gen_swapped = {
    "Red and blue exchanged", {{0.15, 0.06}, {0.30, 0.60}, {0.64, 0.33}}, 0.0, 2};
const struct gen_space gen_gamma_18 = {
    "Gamma 1.8", {{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}}, 1.8, 2};

/* White points as XYZ: D65 from x 0.3127, y 0.3290; D50 as the ICC rounds it. */
static const double D65[3] = {0.3127 / 0.3290, 1.0, (1.0 - 0.3127 - 0.3290) / 0.3290};
static const double D50[3] = {63190.0 / 65536.0, 1.0, 54061.0 / 65536.0};

/* ---- three by three matrices ---- */

struct matrix {
    double at[3][3];
};

static struct matrix matrix_times(struct matrix a, struct matrix b)
{
    struct matrix product = {0};

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 3; k++)
                product.at[i][j] += a.at[i][k] * b.at[k][j];
    return product;
}

static void matrix_apply(struct matrix m, const double in[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = m.at[i][0] * in[0] + m.at[i][1] * in[1] + m.at[i][2] * in[2];
}

/* By cofactors; the matrices here are far from singular. */
static struct matrix matrix_inverse(struct matrix m)
{
    struct matrix inverse;
    double determinant = 0.0;

    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            int r0 = (j + 1) % 3, r1 = (j + 2) % 3, c0 = (i + 1) % 3, c1 = (i + 2) % 3;

            inverse.at[i][j] = m.at[r0][c0] * m.at[r1][c1] - m.at[r0][c1] * m.at[r1][c0];
        }
    }
    for (int j = 0; j < 3; j++)
        determinant += m.at[0][j] * inverse.at[j][0];
    for (int i = 0; i < 9; i++)
        inverse.at[i / 3][i % 3] /= determinant;
    return inverse;
}

/* Linear RGB to XYZ under D65: the primaries, scaled so that they add up to white. */
static struct matrix rgb_to_xyz(const struct gen_space *space)
{
    struct matrix m;
    double scale[3];

    for (int i = 0; i < 3; i++) {
        double x = space->primaries_xy[i][0], y = space->primaries_xy[i][1];

        m.at[0][i] = x / y;
        m.at[1][i] = 1.0;
        m.at[2][i] = (1.0 - x - y) / y;
    }
    matrix_apply(matrix_inverse(m), D65, scale);
    for (int i = 0; i < 9; i++)
        m.at[i / 3][i % 3] *= scale[i % 3];
    return m;
}

/* Bradford adaptation of XYZ from D65 to D50, which profiles refer to. */
static struct matrix d65_to_d50(void)
{
    static const struct matrix cone = {
        {{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}};
    struct matrix gain = {0};
    double from[3], to[3];

    matrix_apply(cone, D65, from);
    matrix_apply(cone, D50, to);
    for (int i = 0; i < 3; i++)
        gain.at[i][i] = to[i] / from[i];
    return matrix_times(matrix_inverse(cone), matrix_times(gain, cone));
}

/* ---- converting pictures ---- */

static double srgb_to_linear(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double linear_to_space(const struct gen_space *space, double v)
{
    if (v <= 0.0) return 0.0;
    if (space->gamma > 0.0) return pow(v, 1.0 / space->gamma);
    return v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1.0 / 2.4) - 0.055;
}

void gen_picture_convert(struct gen_picture *picture, const struct gen_space *space)
{
    struct matrix m = matrix_times(matrix_inverse(rgb_to_xyz(space)), rgb_to_xyz(&gen_srgb));
    size_t n_pixels = (size_t)picture->width_px * (size_t)picture->height_px;

    for (size_t i = 0; i < n_pixels; i++) {
        struct gen_colour *pixel = &picture->pixels[i];
        double from[3] = {srgb_to_linear(pixel->r), srgb_to_linear(pixel->g),
                          srgb_to_linear(pixel->b)};
        double to[3];

        matrix_apply(m, from, to);
        pixel->r = (float)linear_to_space(space, to[0]);
        pixel->g = (float)linear_to_space(space, to[1]);
        pixel->b = (float)linear_to_space(space, to[2]);
    }
}

/* ---- profiles ---- */

static void put_u32(struct gen_bytes *bytes, uint32_t value)
{
    gen_bytes_put_u32(bytes, GEN_BIG_ENDIAN, value);
}

static void put_u16(struct gen_bytes *bytes, uint16_t value)
{
    gen_bytes_put_u16(bytes, GEN_BIG_ENDIAN, value);
}

/* A signed number with 16 bits before and 16 after the point. */
static void put_fixed(struct gen_bytes *bytes, double value)
{
    put_u32(bytes, (uint32_t)(int32_t)lround(value * 65536.0));
}

/* Four letters that name what follows, then the reserved zero that every tag has. */
static void put_type(struct gen_bytes *bytes, const char *type)
{
    gen_bytes_put(bytes, type, 4);
    put_u32(bytes, 0);
}

/* A text for people: a description in version 2, unless it is the copyright, and one localised
 * string in version 4. */
static void put_text_tag(struct gen_bytes *bytes, const struct gen_space *space, bool description,
                         const char *text)
{
    uint32_t len = (uint32_t)strlen(text);

    if (space->icc_major_version >= 4) {
        put_type(bytes, "mluc");
        put_u32(bytes, 1);
        put_u32(bytes, 12);
        gen_bytes_put_text(bytes, "enUS");
        put_u32(bytes, 2 * len);
        put_u32(bytes, 28);
        for (uint32_t i = 0; i < len; i++)
            put_u16(bytes, (uint8_t)text[i]);
        return;
    }
    put_type(bytes, description ? "desc" : "text");
    if (description) put_u32(bytes, len + 1);
    gen_bytes_put(bytes, text, len + 1);
    /* Neither a Unicode nor a Macintosh version of the description. */
    if (description) gen_bytes_put_zeros(bytes, 4 + 4 + 2 + 1 + 67);
}

static void put_xyz_tag(struct gen_bytes *bytes, double x, double y, double z)
{
    put_type(bytes, "XYZ ");
    put_fixed(bytes, x);
    put_fixed(bytes, y);
    put_fixed(bytes, z);
}

static void put_curve_tag(struct gen_bytes *bytes, const struct gen_space *space)
{
    if (space->gamma > 0.0) {
        put_type(bytes, "curv");
        put_u32(bytes, 1);
        put_u16(bytes, (uint16_t)lround(space->gamma * 256.0));
    } else if (space->icc_major_version >= 4) {
        put_type(bytes, "para");
        put_u16(bytes, 3);
        put_u16(bytes, 0);
        put_fixed(bytes, 2.4);
        put_fixed(bytes, 1.0 / 1.055);
        put_fixed(bytes, 0.055 / 1.055);
        put_fixed(bytes, 1.0 / 12.92);
        put_fixed(bytes, 0.04045);
    } else {
        enum { N = 256 };

        put_type(bytes, "curv");
        put_u32(bytes, N);
        for (int i = 0; i < N; i++)
            put_u16(bytes, (uint16_t)lround(65535.0 * srgb_to_linear(i / (N - 1.0))));
    }
}

/* One tag: its name, and where its data lies in the bytes that follow the table. */
struct tag {
    char name[5];
    size_t offset, len;
};

/* Note a tag whose data begins at `offset` and ends where `data` ends now; then align for the next.
 */
static void close_tag(struct tag *tag, const char *name, struct gen_bytes *data, size_t offset)
{
    memcpy(tag->name, name, sizeof tag->name);
    tag->offset = offset;
    tag->len = data->len - offset;
    gen_bytes_put_zeros(data, (4 - data->len % 4) % 4);
}

static void put_header(struct gen_bytes *profile, const struct gen_space *space,
                       const char *colours, size_t len)
{
    static const uint16_t date[6] = {2024, 1, 1, 0, 0, 0};

    put_u32(profile, (uint32_t)len);
    put_u32(profile, 0);
    put_u32(profile, space->icc_major_version >= 4 ? 0x04300000 : 0x02400000);
    gen_bytes_put_text(profile, "mntr");
    gen_bytes_put_text(profile, colours);
    gen_bytes_put_text(profile, "XYZ ");
    for (int i = 0; i < 6; i++)
        put_u16(profile, date[i]);
    gen_bytes_put_text(profile, "acsp");
    gen_bytes_put_zeros(profile, 28);
    for (int i = 0; i < 3; i++)
        put_fixed(profile, D50[i]);
    gen_bytes_put_zeros(profile, 48);
}

static struct gen_bytes assemble(const struct gen_space *space, const char *colours,
                                 const struct tag *tags, size_t n_tags, struct gen_bytes *data)
{
    struct gen_bytes profile = {0};
    size_t data_offset = 128 + 4 + 12 * n_tags;

    put_header(&profile, space, colours, data_offset + data->len);
    put_u32(&profile, (uint32_t)n_tags);
    for (size_t i = 0; i < n_tags; i++) {
        gen_bytes_put(&profile, tags[i].name, 4);
        put_u32(&profile, (uint32_t)(data_offset + tags[i].offset));
        put_u32(&profile, (uint32_t)tags[i].len);
    }
    gen_bytes_put(&profile, data->data, data->len);
    gen_bytes_finish(data);
    return profile;
}

/* The tags every profile has: description, copyright, white. Returns how many. */
static size_t put_common_tags(const struct gen_space *space, struct tag *tags,
                              struct gen_bytes *data)
{
    put_text_tag(data, space, true, space->name);
    close_tag(&tags[0], "desc", data, 0);

    size_t offset = data->len;
    put_text_tag(data, space, false, "No copyright, use freely");
    close_tag(&tags[1], "cprt", data, offset);

    offset = data->len;
    put_xyz_tag(data, D50[0], D50[1], D50[2]);
    close_tag(&tags[2], "wtpt", data, offset);
    return 3;
}

struct gen_bytes gen_icc_rgb(const struct gen_space *space)
{
    static const char *const colorants[3] = {"rXYZ", "gXYZ", "bXYZ"};
    static const char *const curves[3] = {"rTRC", "gTRC", "bTRC"};
    struct matrix adaptation = d65_to_d50();
    struct matrix m = matrix_times(adaptation, rgb_to_xyz(space));
    struct gen_bytes data = {0};
    struct tag tags[10];
    size_t n_tags = put_common_tags(space, tags, &data), offset;

    for (int i = 0; i < 3; i++) {
        offset = data.len;
        put_xyz_tag(&data, m.at[0][i], m.at[1][i], m.at[2][i]);
        close_tag(&tags[n_tags++], colorants[i], &data, offset);
    }
    /* The three curves are one and the same piece of data. */
    offset = data.len;
    put_curve_tag(&data, space);
    close_tag(&tags[n_tags], curves[0], &data, offset);
    for (int i = 1; i < 3; i++) {
        tags[n_tags + (size_t)i] = tags[n_tags];
        memcpy(tags[n_tags + (size_t)i].name, curves[i], sizeof tags->name);
    }
    n_tags += 3;
    if (space->icc_major_version >= 4) {
        offset = data.len;
        put_type(&data, "sf32");
        for (int i = 0; i < 9; i++)
            put_fixed(&data, adaptation.at[i / 3][i % 3]);
        close_tag(&tags[n_tags++], "chad", &data, offset);
    }
    return assemble(space, "RGB ", tags, n_tags, &data);
}

struct gen_bytes gen_icc_grey(const struct gen_space *space)
{
    struct gen_bytes data = {0};
    struct tag tags[4];
    size_t n_tags = put_common_tags(space, tags, &data);
    size_t offset = data.len;

    put_curve_tag(&data, space);
    close_tag(&tags[n_tags++], "kTRC", &data, offset);
    return assemble(space, "GRAY", tags, n_tags, &data);
}
