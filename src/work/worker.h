/* SPDX-License-Identifier: MIT */
/*
 * worker.h - the life of a worker process, from its fork to its end.
 *
 *   pid = fork()                    the fork server; the child sheds what is the server's
 *   th_worker_run(...)              in the child: map what is shared, lock up, take jobs until
 * there are no more _exit(status)
 *
 * A worker has no business with files: bytes come in through buffers that it maps read-only, go out
 * through its sinks. So once it has its sinks it is locked up (sandbox/), before it sees the first
 * byte of a picture.
 */
#ifndef TH_WORK_WORKER_H
#define TH_WORK_WORKER_H

#include "sandbox/sandbox.h"
#include "work/wire.h"

/* The descriptors of a new worker: its socket, its status page, its sinks. */
#define TH_WORKER_N_FDS (2 + TH_WIRE_N_SINKS)

/* Work until the socket ends. Call it once in a process. Returns the exit status. */
int th_worker_run(const struct th_wire_config *config, const struct th_sandbox *sandbox,
                  const int *fds);

#endif
