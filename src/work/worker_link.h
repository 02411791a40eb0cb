/* SPDX-License-Identifier: MIT */
/*
 * worker_link.h - a supervisor's worker process and the socket to it.
 *
 *   th_link_start()                 a new process, with empty shared memory
 *   th_link_send()                  files, as many as may be on their way
 *   th_link_end()                   it is gone, and how
 *
 * Answers come in by answer.h. Only the supervisor's own thread calls.
 */
#ifndef TH_WORK_WORKER_LINK_H
#define TH_WORK_WORKER_LINK_H

#include "work/supervision.h"

/* Ask the fork server for a worker, more than once where the machine is short of something. Codes
 * MEMORY, INTERNAL. */
enum thumbs_code th_link_start(struct th_supervisor *supervisor, struct thumbs_error *err);

/* Send a file to the worker. One that cannot be sent goes to the next worker. */
void th_link_send(struct th_supervisor *supervisor, struct th_sent *sent);

/* Kill the worker, unless it has hung up and ends by itself. True: *end, if asked for, is how it
 * had ended or now ended. */
bool th_link_end(struct th_supervisor *supervisor, bool hung_up, struct th_worker_end *end);

#endif
