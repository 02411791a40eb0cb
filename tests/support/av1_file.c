/* SPDX-License-Identifier: MIT */
#include "av1_file.h"

#include <stdlib.h>

/* Bits of an OBU, the most significant first. */
struct bits {
    uint8_t data[64];
    unsigned n;
};

struct field {
    unsigned value, n_bits;
};

static void put_bits(struct bits *b, struct field f)
{
    while (f.n_bits--) {
        if (b->n == 8 * sizeof b->data) abort();
        if (f.value >> f.n_bits & 1) b->data[b->n / 8] |= (uint8_t)(0x80 >> b->n % 8);
        b->n++;
    }
}

static void put_all(struct bits *b, const struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_bits(b, fields[i]);
}

#define PUT_ALL(b, fields) put_all(b, fields, sizeof(fields) / sizeof *(fields))

/* OBU header with a size of one byte. */
static void put_obu(struct heif_bytes *out, unsigned type, const struct bits *b)
{
    const unsigned len = (b->n + 7) / 8;
    heif_put_be(out, type << 3 | 2, 1);
    heif_put_be(out, len, 1);
    heif_put(out, b->data, len);
}

enum { OBU_SEQUENCE_HEADER = 1, OBU_FRAME = 6 };

/* Every tool that can be switched off is. */
static void put_sequence_header(struct heif_bytes *out, const struct av1_shape *shape)
{
    struct bits b = {0};
    const struct field fields[] = {
        {0, 3},  /* seq_profile */
        {0, 2},  /* still_picture, reduced_still_picture_header: there may be hidden frames */
        {0, 2},  /* timing_info_present_flag, initial_display_delay_present_flag */
        {0, 5},  /* operating_points_cnt_minus_1 */
        {0, 12}, /* operating_point_idc */
        {5, 5},  /* seq_level_idx */
        {15, 4},
        {15, 4},                 /* frame_width_bits_minus_1, frame_height_bits_minus_1 */
        {shape->width - 1, 16},  /* max_frame_width_minus_1 */
        {shape->height - 1, 16}, /* max_frame_height_minus_1 */
        {0, 9},                  /* frame_id_numbers_present_flag to enable_order_hint */
        {0, 2},                  /* seq_choose_, seq_force_screen_content_tools */
        {0, 3},                  /* enable_superres, enable_cdef, enable_restoration */
        {0, 1},
        {1, 1},
        {0, 1}, /* high_bitdepth, mono_chrome, color_description_present_flag */
        {1, 1}, /* color_range */
        {0, 1}, /* film_grain_params_present */
        {1, 1}, /* trailing_one_bit */
    };
    PUT_ALL(&b, fields);
    put_obu(out, OBU_SEQUENCE_HEADER, &b);
}

static void put_frame(struct heif_bytes *out, bool shown)
{
    static const struct field kind[] = {{0, 1}, {0, 2}}; /* show_existing_frame, frame_type: key */
    static const struct field hidden[] = {
        {0, 1}, {0, 1}, {1, 1}}; /* show_frame, showable_frame, error_resilient_mode */
    static const struct field size[] = {{1, 1},  /* disable_cdf_update */
                                        {0, 1}}; /* frame_size_override_flag */
    static const struct field rest[] = {
        {0, 1},                   /* render_and_frame_size_different */
        {1, 1},   {0, 1}, {0, 1}, /* uniform tiles, one */
        {100, 8},                 /* base_q_idx */
        {0, 1},   {0, 1},         /* delta_coded, using_qmatrix */
        {0, 1},   {0, 1},         /* segmentation_enabled, delta_q_present */
        {0, 6},   {0, 6},         /* loop_filter_level */
        {0, 3},   {0, 1},         /* loop_filter_sharpness, loop_filter_delta_enabled */
        {0, 1},   {0, 1},         /* tx_mode_select, reduced_tx_set */
    };
    struct bits b = {0};
    PUT_ALL(&b, kind);
    if (shown)
        put_bits(&b, (struct field){1, 1});
    else
        PUT_ALL(&b, hidden);
    PUT_ALL(&b, size);
    if (!shown) put_bits(&b, (struct field){0xFF, 8}); /* refresh_frame_flags */
    PUT_ALL(&b, rest);
    b.n = (b.n + 7) / 8 * 8;
    /* Blocks: an arithmetic decoder makes some of whatever it gets. */
    for (unsigned i = 0; i < 16; i++)
        put_bits(&b, (struct field){i * 37 & 0xFF, 8});
    put_obu(out, OBU_FRAME, &b);
}

struct heif_bytes av1_config(void)
{
    struct heif_bytes b = {0};
    heif_put(&b, "\x81\x05\x1c\0", 4); /* monochrome, chroma of half the sides as that is told */
    return b;
}

struct heif_bytes av1_item(const struct av1_shape *shape)
{
    struct heif_bytes b = {0};
    put_sequence_header(&b, shape);
    for (unsigned i = 0; i < shape->n_hidden; i++)
        put_frame(&b, false);
    put_frame(&b, true);
    return b;
}
