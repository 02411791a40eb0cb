/* SPDX-License-Identifier: MIT */
#include "image/modern/modern_encode.h"

#include "base/error.h"
#include "image/encode.h"
#include "image/modern/modern_module.h"
#include "image/module.h"

static enum thumbs_code start(void (*entry)(void), const void **out, struct thumbs_error *err)
{
    const struct th_modern_module *found = ((th_modern_module_fn *)entry)();
    if (!found || found->version != TH_MODERN_MODULE_VERSION)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_ENCODE,
                            "a module that writes it is of another version");
    *out = found;
    return THUMBS_OK;
}

static bool emit(void *user, const void *data, size_t len)
{
    return th_sink_add(user, data, len);
}

static bool is_late(void *user)
{
    return th_sink_late(user);
}

static enum thumbs_code encode(struct th_module *module, const struct th_pixels *p,
                               const struct th_encode_how *how, struct th_sink *sink,
                               struct thumbs_error *err)
{
    const void *loaded = NULL;
    enum thumbs_code code = th_module_load(module, &loaded, err);
    if (code != THUMBS_OK) return code;
    const struct th_modern_module *ops = loaded;
    const struct th_modern_out out = {.emit = emit, .late = is_late, .user = sink};
    const size_t len_before = sink->len;
    const char *why = "no reason given";
    code = is_late(sink) ? THUMBS_TIMEOUT : ops->encode(p, how, &out, &why);
    /* It is not stopped on the way: what comes too late is not taken. */
    if (code == THUMBS_OK && is_late(sink)) code = THUMBS_TIMEOUT;
    if (code == THUMBS_OK) return code;
    sink->len = len_before;
    if (code == THUMBS_TIMEOUT) why = "it took longer than it may";
    return th_error_set(err, code, THUMBS_STAGE_ENCODE, "%s", why);
}

static void add_library(struct th_module *module, struct th_bytes *text)
{
    const void *loaded;
    if (th_module_load(module, &loaded, NULL) != THUMBS_OK) return;
    th_bytes_adds(text, ((const struct th_modern_module *)loaded)->library());
}

#ifdef THUMBS_WITH_AVIF
static struct th_module avif = {
    .file = "thumbs-avif.so", .entry = TH_MODERN_MODULE_ENTRY, .what = "AVIF", .start = start};

static enum thumbs_code encode_avif(const struct th_pixels *p, const struct th_encode_how *how,
                                    struct th_sink *sink, struct thumbs_error *err)
{
    return encode(&avif, p, how, sink, err);
}

static void about_avif(enum thumbs_format format, struct th_bytes *text)
{
    (void)format;
    add_library(&avif, text);
}

/* Measured over noise, at the speeds that the modules ask for, and rounded up. */
static struct th_encode_cost avif_cost(uint32_t bands, uint32_t quality)
{
    (void)quality;
    return (struct th_encode_cost){.working = 28 + (bands % 2 == 0 ? 6 : 0), .encoded = 3};
}

const struct th_encoder th_encoder_avif = {.encode = encode_avif,
                                           .cost = avif_cost,
                                           .keeps_alpha = true,
                                           .keeps_profile = true,
                                           .has_quality = true,
                                           .wants = TH_WANTS_AVIF,
                                           .about = about_avif};
#endif

#ifdef THUMBS_WITH_JXL
static struct th_module jxl = {
    .file = "thumbs-jxl.so", .entry = TH_MODERN_MODULE_ENTRY, .what = "JPEG XL", .start = start};

static enum thumbs_code encode_jxl(const struct th_pixels *p, const struct th_encode_how *how,
                                   struct th_sink *sink, struct thumbs_error *err)
{
    return encode(&jxl, p, how, sink, err);
}

static void about_jxl(enum thumbs_format format, struct th_bytes *text)
{
    (void)format;
    add_library(&jxl, text);
}

/* libjxl works in floating point, on several copies of the picture. */
static struct th_encode_cost jxl_cost(uint32_t bands, uint32_t quality)
{
    (void)quality;
    return (struct th_encode_cost){.working = 72 + (bands % 2 == 0 ? 20 : 0), .encoded = 4};
}

const struct th_encoder th_encoder_jxl = {.encode = encode_jxl,
                                          .cost = jxl_cost,
                                          .keeps_alpha = true,
                                          .keeps_profile = true,
                                          .has_quality = true,
                                          .wants = TH_WANTS_JXL,
                                          .about = about_jxl};
#endif

enum thumbs_code th_modern_load(unsigned wants, struct thumbs_error *err)
{
    const void *ignored;
    enum thumbs_code first = THUMBS_OK;
    (void)wants;
    (void)err;
    (void)ignored;
#ifdef THUMBS_WITH_AVIF
    if (wants & TH_WANTS_AVIF) first = th_module_load(&avif, &ignored, err);
#endif
#ifdef THUMBS_WITH_JXL
    if (wants & TH_WANTS_JXL)
        first =
            th_error_first(first, th_module_load(&jxl, &ignored, first == THUMBS_OK ? err : NULL));
#endif
    return first;
}
