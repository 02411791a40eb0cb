/* SPDX-License-Identifier: MIT */
#include "image/module.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"

/* State of the process, as loaded libraries are. */
static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static bool sealed; /* under the lock */

const void *th_module_if_loaded(const struct th_module *m)
{
    return atomic_load_explicit(&m->ops, memory_order_acquire);
}

/* The folder beside the program ($ORIGIN) is not known to the loader where there is no /proc. */
static void *open_file(const char *file)
{
    char installed[256];
    void *object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (object || access("/proc/self/exe", F_OK) == 0) return object;
    snprintf(installed, sizeof installed, "%s/%s", THUMBS_INSTALLED_MODULES, file);
    return dlopen(installed, RTLD_NOW | RTLD_LOCAL);
}

/* A library that has begun may not be fit to be unloaded, as those with GLib types are not: it
 * stays. */
static enum thumbs_code open_module(struct th_module *m, struct thumbs_error *err)
{
    void *object = open_file(m->file);
    if (!object) {
        const char *why = dlerror();
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "the %s module cannot be loaded: %s", m->what,
                            why ? why : "no reason given");
    }
    /* POSIX promises that the pointer may be called; ISO C has no cast for it. */
    union {
        void *object;
        void (*function)(void);
    } symbol = {.object = dlsym(object, m->entry)};
    const void *ops = NULL;
    if (!symbol.object) {
        dlclose(object);
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "%s is not a module of thumbs", m->file);
    }
    enum thumbs_code code = m->start(symbol.function, &ops, err);
    if (code == THUMBS_OK) atomic_store_explicit(&m->ops, ops, memory_order_release);
    return code;
}

static enum thumbs_code load_locked(struct th_module *m, struct thumbs_error *err)
{
    if (th_module_if_loaded(m)) return THUMBS_OK;
    if (!sealed) {
        m->failed = (struct thumbs_error){0};
        open_module(m, &m->failed);
    } else if (m->failed.code == THUMBS_OK) {
        return th_error_set(err, THUMBS_STOPPED, THUMBS_STAGE_DECODE,
                            "it needs libraries that are not loaded here");
    }
    if (m->failed.code != THUMBS_OK && err) *err = m->failed;
    return m->failed.code;
}

void th_module_seal(void)
{
    pthread_mutex_lock(&load_lock);
    sealed = true;
    pthread_mutex_unlock(&load_lock);
}

enum thumbs_code th_module_load(struct th_module *m, const void **ops, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    if (!th_module_if_loaded(m)) {
        pthread_mutex_lock(&load_lock);
        code = load_locked(m, err);
        pthread_mutex_unlock(&load_lock);
    }
    if (code == THUMBS_OK) *ops = th_module_if_loaded(m);
    return code;
}
