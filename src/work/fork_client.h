/* SPDX-License-Identifier: MIT */
/*
 * fork_client.h - this side of the fork server: start it, ask it for workers, have it reap them.
 *
 *   th_fork_client_create()         by the thread that lives longest
 *   th_fork_client_keep()           by the same, while supervisors, in any thread, call ...
 *   th_fork_client_spawn(), _reap() ... for each worker, and
 *   th_fork_client_leave()          at their end
 *   th_fork_client_destroy()
 *
 * The server may die at any time (a user's kill, the system out of memory); its workers die with
 * it. It is then started again by the thread that sits in th_fork_client_keep(), because a child is
 * told to die with the thread that started it (PR_SET_PDEATHSIG), and supervisors come and go
 * before that one. Requests wait for that and go on.
 */
#ifndef TH_WORK_FORK_CLIENT_H
#define TH_WORK_FORK_CLIENT_H

#include "work/executor.h"
#include "work/wire.h"

struct th_fork_client;

/* Start the server program. The calling thread must be the one that calls th_fork_client_keep().
 * most_threads: that a worker may have, for which its limits leave room. */
enum thumbs_code th_fork_client_create(const struct th_work *work, unsigned most_threads,
                                       struct th_fork_client **out, struct thumbs_error *err);
/* Restart the server whenever it dies, until *n_users, guarded by the client's lock, is 0 (see
 * th_fork_client_leave()). */
void th_fork_client_keep(struct th_fork_client *client, unsigned *n_users);
/* One user fewer. */
void th_fork_client_leave(struct th_fork_client *client, unsigned *n_users);
/* Ends the server and with it all workers. NULL is fine. */
void th_fork_client_destroy(struct th_fork_client *client);

/* A worker process. */
struct th_worker_id {
    pid_t pid;           /* 0: none */
    uint64_t generation; /* of the server that is its parent */
};

/* Start a worker with these descriptors (socket, status page, sinks; still the caller's). preload:
 * with these libraries (enum th_wants), which the server loads once for all workers after. A worker
 * without answers that it needs them. Codes MEMORY, INTERNAL. Any thread. */
enum thumbs_code th_fork_client_spawn(struct th_fork_client *client, const int *fds, size_t n_fds,
                                      uint32_t preload, struct th_worker_id *worker,
                                      struct thumbs_error *err);
/* How a worker ended. */
struct th_worker_end {
    int status;  /* as from waitpid() */
    bool killed; /* it lived until it was killed here: the status says nothing of it */
};

/* Kill the worker if it still lives; one that has hung up is given a second to end by itself. True:
 * *end, if asked for, is how. False: unknown, it went down with its server. Either way it is gone.
 * Any thread. */
bool th_fork_client_reap(struct th_fork_client *client, const struct th_worker_id *worker,
                         bool hung_up, struct th_worker_end *end);

#endif
