/* SPDX-License-Identifier: MIT */
/* The module thumbs-jxl: pictures to JPEG XL files, by libjxl. */
#include <jxl/encode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/modern/modern_module.h"

/* Of libjxl, 1 (fast) to 9. Measured over photos at 320 pixels: 7 takes 23 ms a picture and 4 a
 * third of that, but 7 gives 1 dB more in smaller files. */
#define EFFORT 7

#define ROOM 16384

/* What libjxl's own tools make of a quality: its distance is 1 where a difference begins to show.
 */
static float distance_of(uint32_t quality)
{
    const float q = (float)quality;
    if (quality >= 100) return 0.1f;
    if (quality >= 30) return 0.1f + (100 - q) * 0.09f;
    return 53.0f / 3000 * q * q - 23.0f / 20 * q + 25;
}

static bool describe(JxlEncoder *encoder, const struct th_pixels *p, const struct th_metadata *m)
{
    JxlBasicInfo info;
    JxlColorEncoding colours;
    const bool grey = p->bands <= 2, alpha = p->bands % 2 == 0;
    JxlEncoderInitBasicInfo(&info);
    info.xsize = p->width;
    info.ysize = p->height;
    info.bits_per_sample = 8;
    info.num_color_channels = grey ? 1 : 3;
    info.num_extra_channels = alpha ? 1 : 0;
    info.alpha_bits = alpha ? 8 : 0;
    info.uses_original_profile = JXL_FALSE;
    JxlColorEncodingSetToSRGB(&colours, grey);
    if (JxlEncoderSetBasicInfo(encoder, &info) != JXL_ENC_SUCCESS) return false;
    if (m && m->icc.len)
        return JxlEncoderSetICCProfile(encoder, m->icc.data, m->icc.len) == JXL_ENC_SUCCESS;
    return JxlEncoderSetColorEncoding(encoder, &colours) == JXL_ENC_SUCCESS;
}

static bool add_frame(JxlEncoder *encoder, const struct th_pixels *p,
                      const struct th_encode_how *how)
{
    const JxlPixelFormat format = {
        .num_channels = p->bands, .data_type = JXL_TYPE_UINT8, .endianness = JXL_NATIVE_ENDIAN};
    JxlEncoderFrameSettings *frame = JxlEncoderFrameSettingsCreate(encoder, NULL);
    return frame &&
           JxlEncoderSetFrameDistance(frame, distance_of(how->quality)) == JXL_ENC_SUCCESS &&
           JxlEncoderFrameSettingsSetOption(frame, JXL_ENC_FRAME_SETTING_EFFORT, EFFORT) ==
               JXL_ENC_SUCCESS &&
           JxlEncoderAddImageFrame(frame, &format, p->data,
                                   (size_t)p->width * p->height * p->bands) == JXL_ENC_SUCCESS;
}

/* In front of the TIFF bytes stands how many bytes lie between. */
static bool add_exif(JxlEncoder *encoder, const uint8_t *data, size_t len)
{
    uint8_t *box = malloc(4 + len);
    if (!box) return false;
    memset(box, 0, 4);
    memcpy(box + 4, data, len);
    const bool ok = JxlEncoderAddBox(encoder, "Exif", box, 4 + len, JXL_FALSE) == JXL_ENC_SUCCESS;
    free(box);
    return ok;
}

static bool add_metadata(JxlEncoder *encoder, const struct th_metadata *m)
{
    if (!m || (!m->exif.len && !m->xmp.len)) return true;
    if (JxlEncoderUseBoxes(encoder) != JXL_ENC_SUCCESS) return false;
    if (m->exif.len && !add_exif(encoder, m->exif.data, m->exif.len)) return false;
    return !m->xmp.len ||
           JxlEncoderAddBox(encoder, "xml ", m->xmp.data, m->xmp.len, JXL_FALSE) == JXL_ENC_SUCCESS;
}

static enum thumbs_code drain(JxlEncoder *encoder, const struct th_modern_out *out,
                              const char **why)
{
    uint8_t room[ROOM];
    JxlEncoderStatus status;
    do {
        uint8_t *next = room;
        size_t left = sizeof room;
        if (out->late(out->user)) return THUMBS_TIMEOUT;
        status = JxlEncoderProcessOutput(encoder, &next, &left);
        if (!out->emit(out->user, room, sizeof room - left)) {
            *why = "no memory for the encoded JPEG XL";
            return THUMBS_MEMORY;
        }
    } while (status == JXL_ENC_NEED_MORE_OUTPUT);
    return status == JXL_ENC_SUCCESS ? THUMBS_OK : THUMBS_INTERNAL;
}

static enum thumbs_code encode(const struct th_pixels *p, const struct th_encode_how *how,
                               const struct th_modern_out *out, const char **why)
{
    JxlEncoder *encoder = JxlEncoderCreate(NULL);
    enum thumbs_code code = THUMBS_INTERNAL;
    *why = "the JPEG XL encoder failed";
    if (!encoder) return THUMBS_MEMORY;
    /* In boxes, so that the mark of its maker can stand behind. */
    if (JxlEncoderUseContainer(encoder, JXL_TRUE) == JXL_ENC_SUCCESS &&
        describe(encoder, p, how->metadata) && add_metadata(encoder, how->metadata) &&
        add_frame(encoder, p, how)) {
        JxlEncoderCloseInput(encoder);
        code = drain(encoder, out, why);
    }
    JxlEncoderDestroy(encoder);
    return code;
}

static const char *library(void)
{
    static char text[40];
    const unsigned v = JxlEncoderVersion();
    snprintf(text, sizeof text, "libjxl %u.%u.%u", v / 1000000, v / 1000 % 1000, v % 1000);
    return text;
}

static const struct th_modern_module module = {
    .version = TH_MODERN_MODULE_VERSION, .encode = encode, .library = library};

th_modern_module_fn thumbs_modern_module;

__attribute__((visibility("default"))) const struct th_modern_module *thumbs_modern_module(void)
{
    return &module;
}
