/* SPDX-License-Identifier: MIT */
/*
 * plan.h - what a run may use of memory, open files, threads and processes, and how it is shared
 * out.
 *
 *   th_plan_tasks(), th_plan_share_memory(), th_plan_room()      in this order
 *
 * Where there is less than the options ask for, options are lowered, and a note says so: slower,
 * but nothing is lost.
 */
#ifndef TH_RUN_PLAN_H
#define TH_RUN_PLAN_H

#include "run/fit.h"
#include "run/notes.h"
#include "thumbs/thumbs.h"

struct th_plan {
    uint64_t memory_bytes; /* of the whole run */
    uint64_t queue_bytes;  /* loaded files */
    uint64_t file_bytes;   /* one file alone, which may be more than queue_bytes */
    uint64_t decode_bytes; /* pictures while they are decoded, all workers together */
    uint64_t warm_bytes;   /* what the heap of each worker may keep between files beyond its fixed
                              part; 0 where memory is short */
    uint64_t alone_bytes;  /* one picture alone, while all other workers are idle: those lend of
                              their fixed part */
    unsigned jobs;
};

/* Share out options->memory_bytes (0: three quarters of what this process may use): a fixed part
 * for the program and each worker, a quarter at most for loaded files (one that is larger than
 * queue_bytes is loaded when no other is), the rest for decoding. Where the fixed parts would take
 * over half, there are fewer jobs. Expects jobs and queue_bytes to be set. MEMORY: not enough for
 * one worker. */
enum thumbs_code th_plan_memory(const struct thumbs_options *options, struct th_plan *out,
                                struct thumbs_error *err);

/* The same, put into the options: jobs, queue_bytes, queue_items. */
enum thumbs_code th_plan_share_memory(struct thumbs_options *options, struct th_plan *out,
                                      struct th_notes *notes, struct thumbs_error *err);

/* How many files are on their way, so that few open files are enough. MEMORY: not even for one
 * job. */
enum thumbs_code th_plan_room(struct thumbs_options *options, bool with_ring, struct th_room *out,
                              struct th_notes *notes, struct thumbs_error *err);

/* Where threads and processes are limited (in a container, by ulimit -u), there are fewer of
 * them. */
void th_plan_tasks(struct thumbs_options *options, struct th_notes *notes);

#endif
