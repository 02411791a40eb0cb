/* SPDX-License-Identifier: MIT */
/* machine.h - what a measurement was made on, as far as it matters to whoever repeats it.
 * Thread-safe. */
#ifndef TH_BENCH_MACHINE_H
#define TH_BENCH_MACHINE_H

#include <stdint.h>

#include "bench/jsonwriter.h"

struct th_machine {
    char cpu[128];           /* model name; "unknown" where the kernel gives none */
    unsigned n_cpus, usable; /* online; and those this process may use */
    uint64_t memory_bytes;
    char kernel[160];
    char when[32]; /* UTC, ISO 8601 */
};

void th_machine_read(struct th_machine *m);
/* The member "machine" of an object, and "thumbs": version and compiler. */
void th_machine_json(const struct th_machine *m, struct th_json *j);

/* The kind of file system that `path` lies on: "ext4", "tmpfs"... or its magic number in
 * hexadecimal. Never NULL; the text is `buf` or constant. */
const char *th_machine_filesystem(const char *path, char buf[24]);

#endif
