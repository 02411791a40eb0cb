/* SPDX-License-Identifier: MIT */
/*
 * pid1.h - what the first process of a container has to do besides its work.
 *
 * The kernel gives process 1 every orphan of the container to wait for, and lets no signal with its
 * default action through to it. A run knows only its own children; so the run is made a child, and
 * process 1 does nothing but pass signals on and wait.
 */
#ifndef THUMBS_CLI_PID1_H
#define THUMBS_CLI_PID1_H

/* To be called before any thread exists. In any other process, and in the child, which is to do the
 * work, it returns -1; in process 1 the exit status of the work once that is over (128 + signal if
 * one has killed it). The kernel then ends what is left in the container. Where no child can be
 * made, process 1 is to do the work itself: -1. */
int cli_pid1_stand_aside(void);

#endif
