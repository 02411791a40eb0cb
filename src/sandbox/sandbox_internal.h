/* SPDX-License-Identifier: MIT */
/* sandbox_internal.h - between the files of this room. */
#ifndef TH_SANDBOX_SANDBOX_INTERNAL_H
#define TH_SANDBOX_SANDBOX_INTERNAL_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Runtimes of sanitizers read their own maps to report, and reserve more memory than any limit
 * allows. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TH_SANDBOX_SANITIZED 1
#else
#define TH_SANDBOX_SANITIZED 0
#endif

enum { TH_FILTER_MAX = 1024, TH_FILTER_MAX_PATCHES = 8 };

/* A seccomp program, and which of its constants stand for the process that enters. */
struct th_filter {
    struct sock_filter *code; /* n instructions, owned */
    uint16_t n;
    uint16_t n_patches;
    uint16_t patches[TH_FILTER_MAX_PATCHES];
};

/* Build the program. with_files: files may be opened for reading, which ones is for Landlock to
 * say; else nothing is opened at all. 0 or an errno value. */
int th_filter_build(struct th_filter *filter, bool with_files);
void th_filter_finish(struct th_filter *filter);
/* Install it for the calling thread, whose process is `pid`: 0 or an errno value. Allocates
 * nothing. */
int th_filter_install(const struct th_filter *filter, pid_t pid);

/* A Landlock ruleset: its descriptor, or minus an errno value. read_paths as in th_sandbox_options;
 * *abi is set to the version of the interface it uses. */
int th_landlock_create(const char *const *read_paths, uint32_t *abi);
/* Restrict the calling thread: 0 or an errno value. */
int th_landlock_enter(int ruleset);

#endif
