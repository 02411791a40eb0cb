/* SPDX-License-Identifier: MIT */
/* The module thumbs-vips.so: libvips is started and kept quiet; what the module offers. */
#include <pthread.h>

#include <vips/vips.h>

#include <vips/vector.h> /* needs the one above */

#include "image/vips/vips_internal.h"
#include "image/vips/vips_text.h"

const struct th_vips_host *th_vips_lent;

static int start_result;

static void start_once(void)
{
    th_vips_text_silence("VIPS");
    th_vips_text_silence("GLib");
    th_vips_text_silence("GLib-GObject");

    start_result = VIPS_INIT("thumbs");
    if (start_result != 0) return;
    vips_leak_set(FALSE);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    vips_block_untrusted_set(TRUE);
    /* Code made at run time needs memory that a sandboxed worker does not get, and it rounds
     * otherwise: outputs of the modes would differ. */
    vips_vector_set_enabled(FALSE);
}

static enum thumbs_code start(const struct th_vips_host *h, struct thumbs_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    th_vips_lent = h;
    pthread_once(&once, start_once);
    if (start_result == 0) return THUMBS_OK;
    char hint[120];
    th_vips_text_take(hint, sizeof hint);
    return h->error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "libvips does not start: %s",
                        hint);
}

static void thread_finish(void)
{
    vips_thread_shutdown();
}

static const char *library(void)
{
    static char text[40];
    snprintf(text, sizeof text, "%d.%d.%d", vips_version(0), vips_version(1), vips_version(2));
    return text;
}

/* ---- entry ---- */

static const struct th_vips_ops ops = {.version = TH_VIPS_MODULE_VERSION,
                                       .start = start,
                                       .thread_finish = thread_finish,
                                       .library = library,
                                       .has_loader = th_vips_source_has_loader,
                                       .unlock = th_vips_source_unlock,
                                       .open = th_vips_source_open,
                                       .close = th_vips_source_close,
                                       .read = th_vips_source_read,
                                       .choose = th_vips_choose,
                                       .webp = th_vips_webp};

th_vips_module_fn thumbs_vips_module;

__attribute__((visibility("default"))) const struct th_vips_ops *thumbs_vips_module(void)
{
    return &ops;
}
