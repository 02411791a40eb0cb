/* The module thumbs-vips.so is opened when the first picture needs it, once for the process. */
#include "image/vips/vips_load.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"

static const struct th_vips_host host = {
    .alloc = th_alloc, .now_ns = th_now_ns, .error_set = th_error_set, .format_name = thumbs_format_name};

/* State of the process, as a loaded library is: set once under the lock, never taken back. */
static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(const struct th_vips_ops *) loaded;
static bool sealed;                     /* under the lock: nothing may be loaded any more */
static struct thumbs_error load_failed; /* under the lock: how the last attempt went */

const struct th_vips_ops *th_vips_if_loaded(void)
{
    return atomic_load_explicit(&loaded, memory_order_acquire);
}

static enum thumbs_code open_module(struct thumbs_error *err)
{
    void *module = dlopen(TH_VIPS_MODULE, RTLD_NOW | RTLD_LOCAL);
    /* The folder beside the program ($ORIGIN) is not known to the loader where there is no /proc. */
    if (!module && access("/proc/self/exe", F_OK) != 0)
        module = dlopen(THUMBS_INSTALLED_MODULES "/" TH_VIPS_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        const char *why = dlerror();
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "the libvips module cannot be loaded: %s",
                            why ? why : "no reason given");
    }
    /* POSIX promises that the pointer may be called; ISO C has no cast for it. */
    union {
        void *object;
        th_vips_module_fn *entry;
    } symbol = {.object = dlsym(module, TH_VIPS_MODULE_ENTRY)};
    const struct th_vips_ops *ops = symbol.object ? symbol.entry() : NULL;
    if (!ops || ops->version != TH_VIPS_MODULE_VERSION) {
        dlclose(module);
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "%s is of another version", TH_VIPS_MODULE);
    }
    enum thumbs_code code = ops->start(&host, err);
    /* A library with GLib types in it cannot be unloaded: a module that did not start stays. */
    if (code == THUMBS_OK) atomic_store_explicit(&loaded, ops, memory_order_release);
    return code;
}

static enum thumbs_code load_locked(struct thumbs_error *err)
{
    if (th_vips_if_loaded()) return THUMBS_OK;
    if (!sealed) {
        load_failed = (struct thumbs_error){0};
        open_module(&load_failed);
    } else if (load_failed.code == THUMBS_OK) {
        return th_error_set(err, THUMBS_STOPPED, THUMBS_STAGE_DECODE, "it needs libraries that are not loaded here");
    }
    if (load_failed.code != THUMBS_OK && err) *err = load_failed;
    return load_failed.code;
}

void th_vips_seal(void)
{
    pthread_mutex_lock(&load_lock);
    sealed = true;
    pthread_mutex_unlock(&load_lock);
}

enum thumbs_code th_vips_load(const struct th_vips_ops **ops, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    if (!th_vips_if_loaded()) {
        pthread_mutex_lock(&load_lock);
        code = load_locked(err);
        pthread_mutex_unlock(&load_lock);
    }
    if (code == THUMBS_OK) *ops = th_vips_if_loaded();
    return code;
}
