/* SPDX-License-Identifier: MIT */
/* The module thumbs-vips: libvips and the hundred libraries behind it. */
#include "image/vips/vips_load.h"

#include "base/error.h"
#include "base/sys.h"
#include "image/module.h"

static const struct th_vips_host host = {.alloc = th_alloc,
                                         .now_ns = th_now_ns,
                                         .error_set = th_error_set,
                                         .format_name = thumbs_format_name};

static enum thumbs_code start(void (*entry)(void), const void **out, struct thumbs_error *err)
{
    const struct th_vips_ops *ops = ((th_vips_module_fn *)entry)();
    if (!ops || ops->version != TH_VIPS_MODULE_VERSION)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "%s is of another version", TH_VIPS_MODULE);
    *out = ops;
    return ops->start(&host, err);
}

static struct th_module module = {
    .file = TH_VIPS_MODULE, .entry = TH_VIPS_MODULE_ENTRY, .what = "libvips", .start = start};

const struct th_vips_ops *th_vips_if_loaded(void)
{
    return th_module_if_loaded(&module);
}

enum thumbs_code th_vips_load(const struct th_vips_ops **ops, struct thumbs_error *err)
{
    const void *loaded;
    enum thumbs_code code = th_module_load(&module, &loaded, err);
    if (code == THUMBS_OK) *ops = loaded;
    return code;
}
