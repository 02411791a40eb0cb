/* The module thumbs-vips.so: libvips is started and kept quiet; what the module offers. */
#include <pthread.h>
#include <string.h>

#include <vips/vips.h>

#include <vips/vector.h> /* needs the one above */

#include "image/vips/vips_internal.h"

const struct th_vips_host *th_vips_lent;

/* libvips and GLib report to the terminal what a batch must report itself. What JPEG files have to be blamed for
 * reaches us only as such a warning, so the first of this thread since it was emptied is kept. */
_Thread_local char th_vips_first_warning[TH_VIPS_WARNING_LEN];

void th_vips_copy_clause(char *to, size_t size, const char *from)
{
    size_t n = 0;
    for (; from && from[n] && from[n] != '\n' && n + 1 < size; n++)
        to[n] = (unsigned char)from[n] < 0x20 || from[n] == 0x7f ? '?' : from[n];
    to[n] = 0;
}

static void on_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer user)
{
    (void)domain;
    (void)user;
    if ((level & G_LOG_LEVEL_WARNING) && th_vips_first_warning[0] == 0)
        th_vips_copy_clause(th_vips_first_warning, sizeof th_vips_first_warning, message);
}

void th_vips_silence(const char *domain)
{
    g_log_set_handler(domain, (GLogLevelFlags)(G_LOG_LEVEL_MASK & ~G_LOG_LEVEL_ERROR), on_log, NULL);
}

static int start_result;

static void start_once(void)
{
    th_vips_silence("VIPS");
    th_vips_silence("GLib");
    th_vips_silence("GLib-GObject");

    start_result = VIPS_INIT("thumbs");
    if (start_result != 0) return;
    vips_leak_set(FALSE);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    vips_block_untrusted_set(TRUE);
    /* Code made at run time needs memory that a sandboxed worker does not get, and it rounds otherwise: outputs of the
     * modes would differ. */
    vips_vector_set_enabled(FALSE);
}

/* What libvips complained about, as a hint for people and never as a reason to branch: the buffer is one for all
 * threads. Its last line says most about why it gave up; some decoders only warn. */
void th_vips_take_hint(char *hint, size_t size)
{
    char *text = vips_error_buffer_copy();
    g_strchomp(text);
    const char *last = strrchr(text, '\n');
    th_vips_copy_clause(hint, size, last ? last + 1 : text);
    if (hint[0] == 0) th_vips_copy_clause(hint, size, th_vips_first_warning);
    if (hint[0] == 0) th_vips_copy_clause(hint, size, "no reason given");
    /* "VipsJpeg: Premature end": who says it does not matter to who reads it. */
    const char *text_behind = strstr(hint, ": ");
    if (text_behind && text_behind[2] && strcspn(hint, " ") > (size_t)(text_behind - hint))
        memmove(hint, text_behind + 2, strlen(text_behind + 2) + 1);
    th_vips_first_warning[0] = 0;
    g_free(text);
}

static enum thumbs_code start(const struct th_vips_host *h, struct thumbs_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    th_vips_lent = h;
    pthread_once(&once, start_once);
    if (start_result == 0) return THUMBS_OK;
    char hint[120];
    th_vips_take_hint(hint, sizeof hint);
    return h->error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "libvips does not start: %s", hint);
}

static void thread_finish(void)
{
    vips_thread_shutdown();
}

/* ---- entry ---- */

static const struct th_vips_ops ops = {.version = TH_VIPS_MODULE_VERSION,
                                       .start = start,
                                       .thread_finish = thread_finish,
                                       .unlock = th_vips_source_unlock,
                                       .open = th_vips_source_open,
                                       .close = th_vips_source_close,
                                       .read = th_vips_source_read,
                                       .to_srgb = th_vips_to_srgb,
                                       .webp = th_vips_webp};

th_vips_module_fn thumbs_vips_module;

__attribute__((visibility("default"))) const struct th_vips_ops *thumbs_vips_module(void)
{
    return &ops;
}
