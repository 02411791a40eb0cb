/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_sps.h"

enum { NAL_HEADER = 2, NAL_SPS = 33, CHROMA_444 = 3 };

/* Bits of general_profile_..., and of a sub-layer's profile and level. */
enum { PROFILE_BITS = 88, LEVEL_BITS = 8, MOST_SUB_LAYERS = 8 };

struct bits {
    const uint8_t *data;
    size_t len, at;
    unsigned left;  /* bits of data[at] that are still to be read, 0 to 8 */
    unsigned zeros; /* bytes of 0 before data[at] */
    bool failed;
};

/* Go to the next byte. After two bytes of 0 a byte of 3 stands only so that no start code arises.
 */
static void next_byte(struct bits *b)
{
    b->zeros = b->data[b->at] == 0 ? b->zeros + 1 : 0;
    b->at++;
    b->left = 8;
    if (b->at >= b->len || b->zeros < 2 || b->data[b->at] != 3) return;
    b->zeros = 0;
    b->at++;
}

static unsigned bit(struct bits *b)
{
    if (b->at < b->len && b->left == 0) next_byte(b);
    if (b->at >= b->len) {
        b->failed = true;
        return 0;
    }
    b->left--;
    return b->data[b->at] >> b->left & 1;
}

static unsigned number(struct bits *b, unsigned n_bits)
{
    unsigned value = 0;
    for (unsigned i = 0; i < n_bits; i++)
        value = value << 1 | bit(b);
    return value;
}

static void skip(struct bits *b, unsigned n_bits)
{
    while (n_bits--)
        (void)bit(b);
}

/* ue(v) of 9.2, up to 2^32 - 2. */
static uint32_t exp_golomb(struct bits *b)
{
    unsigned zeros = 0;
    while (!b->failed && zeros < 32 && !bit(b))
        zeros++;
    if (b->failed || zeros == 32) {
        b->failed = true;
        return 0;
    }
    return (uint32_t)((UINT64_C(1) << zeros) - 1) + number(b, zeros);
}

/* profile_tier_level() of 7.3.3. */
static void skip_profile(struct bits *b, unsigned n_sub_layers)
{
    bool profile[MOST_SUB_LAYERS] = {0}, level[MOST_SUB_LAYERS] = {0};
    skip(b, PROFILE_BITS + LEVEL_BITS);
    if (n_sub_layers == 0) return;
    for (unsigned i = 0; i < MOST_SUB_LAYERS; i++) {
        profile[i] = bit(b) && i < n_sub_layers;
        level[i] = bit(b) && i < n_sub_layers;
    }
    for (unsigned i = 0; i < n_sub_layers; i++)
        skip(b, (profile[i] ? PROFILE_BITS : 0) + (level[i] ? LEVEL_BITS : 0));
}

bool th_heif_is_sps(const uint8_t *nal, size_t len)
{
    return len >= NAL_HEADER && (nal[0] >> 1 & 0x3F) == NAL_SPS;
}

bool th_heif_sps_size(const uint8_t *nal, size_t len, uint32_t *width, uint32_t *height)
{
    struct bits b = {.data = nal, .len = len, .at = NAL_HEADER, .left = 8};
    number(&b, 4); /* sps_video_parameter_set_id */
    unsigned n_sub_layers = number(&b, 3);
    bit(&b); /* sps_temporal_id_nesting_flag */
    skip_profile(&b, n_sub_layers);
    exp_golomb(&b); /* sps_seq_parameter_set_id */
    if (exp_golomb(&b) == CHROMA_444) bit(&b);
    *width = exp_golomb(&b);
    *height = exp_golomb(&b);
    return !b.failed;
}
