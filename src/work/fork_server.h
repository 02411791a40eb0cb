/* SPDX-License-Identifier: MIT */
/*
 * fork_server.h - the process that worker processes are forked from.
 *
 *   th_fork_client_create()         in the run: starts the program again, with THUMBS_WORKER_ARG
 *   th_fork_server_run()            in that: takes the run's settings, then requests, until the run
 * hangs up
 *
 * The server is this same program, started by exec, with one thread. It forks a worker in about a
 * millisecond. Once a picture has needed libvips and the hundred libraries behind it, the server
 * loads them as well, so that workers that come later share them; a run over JPEG files never pays
 * for them. Starting it by exec, not by fork, works from a process that has threads, at any time:
 * at the start of a run and when a server has died.
 */
#ifndef TH_WORK_FORK_SERVER_H
#define TH_WORK_FORK_SERVER_H

/* Returns the exit status. */
int th_fork_server_run(void);

#endif
