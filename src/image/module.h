/* SPDX-License-Identifier: MIT */
/*
 * module.h - parts of thumbs in shared objects of their own, loaded when a picture first needs
 * them.
 *
 * What links with large libraries costs time at every start, so it stands in a module. A module has
 * one symbol, a function that gives its table of operations. Each module is one static struct
 * th_module, which holds the state of the process: loaded once, never taken back. Thread-safe.
 */
#ifndef TH_IMAGE_MODULE_H
#define TH_IMAGE_MODULE_H

#include <stdatomic.h>

#include "thumbs/thumbs.h"

struct th_module {
    const char *file;  /* found by the run path of the program */
    const char *entry; /* its symbol */
    const char *what;  /* "libvips", for messages */
    /* Call the entry, check its version, begin. OK: *ops is its table. Once, under a lock. */
    enum thumbs_code (*start)(void (*entry)(void), const void **ops, struct thumbs_error *err);

    _Atomic(const void *) ops;  /* NULL: not loaded */
    struct thumbs_error failed; /* under the lock of all modules: how the last attempt went */
};

/* The table of the module, loaded if it is not yet. UNSUPPORTED: it cannot be loaded. STOPPED:
 * nothing may be loaded any more. */
enum thumbs_code th_module_load(struct th_module *module, const void **ops,
                                struct thumbs_error *err);

/* The same, NULL if nothing has loaded it yet. */
const void *th_module_if_loaded(const struct th_module *module);

/* From now on nothing is loaded, in the whole process. */
void th_module_seal(void);

#endif
