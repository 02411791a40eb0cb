/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h - locking up the calling process: a worker that turns bytes into bytes.
 *
 * What the process has when it enters it keeps: its memory, its descriptors, its threads to come.
 * From then on it can open nothing for writing, read no files but fonts and the modules of
 * decoders, start no process, make no socket, signal and trace nobody else. It is meant for a
 * process that decodes hostile data and may be taken over by it.
 *
 * Five layers, each of which may be missing on an older kernel or in a container; state says which
 * hold, and why not. None needs a privilege, a user namespace or a helper. See
 * docs/design/sandbox.md for what is covered.
 */
#ifndef TH_SANDBOX_SANDBOX_H
#define TH_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thumbs/thumbs.h"

enum th_sandbox_layer {
    TH_SANDBOX_NO_NEW_PRIVS, /* no set-user-id program gives it rights; the two below need this */
    TH_SANDBOX_CAPABILITIES, /* none left, which matters where it runs as root; not dumpable */
    TH_SANDBOX_LANDLOCK,     /* files, TCP, abstract sockets, signals: landlock(7) */
    TH_SANDBOX_LIMITS,       /* resource limits */
    TH_SANDBOX_SECCOMP,      /* a list of system calls: seccomp(2) */
    TH_SANDBOX_N_LAYERS
};
#define TH_SANDBOX_BIT(layer) (1u << (layer))

struct th_sandbox_options {
    uint32_t
        without; /* TH_SANDBOX_BIT() of layers to leave out, as if the kernel had none (tests) */
    const char *const
        *read_paths; /* further files and folders to be readable, ends in NULL; NULL: none */
};

/* 0: as it is now, for each. The first two are ignored in builds with a sanitizer, which reserve
 * terabytes. Where the process cannot read /proc, constants that are more than enough stand for
 * what it has: 256 MiB of private memory and 1 GiB of address space. */
struct th_sandbox_limits {
    uint64_t data_bytes;  /* private memory beyond what the process has when it enters; stacks of
                           * threads count whole,  memory that is written and then made read-only no
                           * longer counts */
    uint64_t space_bytes; /* address space beyond what the process has when it enters: memory of
                           * every kind, mapped files and sinks, and what is only reserved, such as
                           * arenas of the C library (up to 128 MiB for each thread). Bounds page
                           * tables and what data_bytes does not count. */
    uint64_t file_bytes;  /* size that a file (a sink, too) may be made to grow to: EFBIG beyond, no
                             signal */
    uint32_t n_files;     /* open descriptors: numbers below this one can be had */
};

/* How it went. Plain data without pointers. */
struct th_sandbox_state {
    uint32_t held; /* TH_SANDBOX_BIT() of layers */
    uint32_t
        landlock_abi; /* version of Landlock's interface that is used; 0: Landlock does not hold */
    int32_t os_errno[TH_SANDBOX_N_LAYERS]; /* of layers that do not hold: why; ECANCELED: left out
                                              by option */
};

struct th_sandbox;

/* Do ahead what need not be done by each worker: the filters as bytes, the Landlock ruleset as a
 * descriptor (close-on-exec). What the system does not have is no error but shows in the state of
 * those who enter. Codes MEMORY.
 *
 * The fork server calls this once, before it loads decoders and forks: it changes the environment
 * (ORC_CODE=emulate), so that Orc, with which libvips compiles loops while it runs, does not ask
 * for executable memory; it would end the process where it gets none. For the same reason it must
 * not be called while other threads run. */
enum thumbs_code th_sandbox_prepare(const struct th_sandbox_options *options,
                                    struct th_sandbox **out, struct thumbs_error *err);
/* NULL is fine. Those who have entered stay inside; they must not call it, since their part is
 * closed already. */
void th_sandbox_destroy(struct th_sandbox *sandbox);

/* Lock up the calling process for good. It must have one thread only, since half of the layers hold
 * for the calling thread and those it starts later. Allocates nothing. Closes the descriptor of the
 * Landlock ruleset in this process, since nobody inside has a use for it; other processes, forked
 * before or after, keep theirs. Some dozens of microseconds. */
void th_sandbox_enter(const struct th_sandbox *sandbox, const struct th_sandbox_limits *limits,
                      struct th_sandbox_state *state);

/* Is this what --sandbox=require asks for: do seccomp and Landlock hold? Each closes what the other
 * cannot. */
bool th_sandbox_is_whole(const struct th_sandbox_state *state);

/* One clause, such as "seccomp, Landlock (ABI 7), no new privileges, no capabilities, limits" or
 * "seccomp, no new privileges, no capabilities, limits; no Landlock (not permitted here)". Always
 * ends in NUL, cut to fit `size`; 400 bytes are enough for any. */
void th_sandbox_describe(const struct th_sandbox_state *state, char *out, size_t size);

#endif
