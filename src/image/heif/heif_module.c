/* SPDX-License-Identifier: MIT */
/* The module thumbs-heif: libde265 and dav1d, loaded when the first picture needs them. Linking
 * them with the program itself would cost each run more than a millisecond at its start, twice in
 * mode processes. */
#include "image/heif/heif_codec.h"

__attribute__((visibility("default"))) th_heif_module_fn thumbs_heif_module;

const struct th_heif_module *thumbs_heif_module(void)
{
    static const struct th_heif_module module = {
        .version = TH_HEIF_MODULE_VERSION, .hevc = &th_heif_hevc, .av1 = &th_heif_av1};
    return &module;
}
